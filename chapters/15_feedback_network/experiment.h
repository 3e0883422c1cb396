/* SPDX-License-Identifier: MIT */
/** @file
 *  The experiments of chapter 15: each part of the network switched off in
 *  turn, on two tasks; the auxiliary loss; training in stages. */
#ifndef HANDGRAD_FEEDBACK_EXPERIMENT_H
#define HANDGRAD_FEEDBACK_EXPERIMENT_H

#include "lib/program.h"

/** What the experiments are run with, beside their seeds. */
typedef struct rules {
    real rate;  /**< of Adam */
    real decay; /**< mu of eq. 15.13 */
} rules;

/** Runs all of them. */
void fbnet_experiments(program *p, rules rule);

#endif
