/* SPDX-License-Identifier: MIT */
/** @file
 *  The chapter's experiments: two places with one head and with two; induction
 *  heads with one layer and with two. */
#ifndef HANDGRAD_MULTI_HEAD_EXPERIMENT_H
#define HANDGRAD_MULTI_HEAD_EXPERIMENT_H

#include "chapters/13_multi_head/induction.h"
#include "lib/program.h"

/** How the induction networks are trained. */
typedef struct induction_training {
    induction_sizes sizes; /**< L is set by the experiment */
    int least, most; /**< the period is drawn between them, ends included */
    int batch, steps;
    double rate; /**< of Adam */
} induction_training;

/** Copying from two places: one head of the whole width, two of half of it. */
void experiment_two_places(program *p);

/** p->seeds networks with one layer and with two learn sequences that repeat
 *  themselves; then the attention of one of them. */
void experiment_induction(program *p, const induction_training *rule);

#endif
