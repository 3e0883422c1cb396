/* SPDX-License-Identifier: MIT */
/** @file
 *  The experiments of chapter 5, sections 5.11 to 5.17. */
#ifndef HANDGRAD_OPTIMIZERS_EXPERIMENT_H
#define HANDGRAD_OPTIMIZERS_EXPERIMENT_H

#include "lib/program.h"

/** All of them, in order. */
void experiment(program *p);

#endif
