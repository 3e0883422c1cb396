/* SPDX-License-Identifier: MIT */
/** @file
 *  The chapter's experiments: how much of a text is recalled against its length,
 *  with the output fed back and withheld, and what teacher forcing hides. */
#ifndef HANDGRAD_SEQUENCES_EXPERIMENT_H
#define HANDGRAD_SEQUENCES_EXPERIMENT_H

#include "lib/program.h"

/** What a learner may change. */
typedef struct recall_plan {
    int hidden;  /**< units */
    int longest; /**< characters of the longest text; it is halved three times */
    int epochs;  /**< at most */
    double rate; /**< of Adam */
} recall_plan;

/** Recall against length: p->seeds networks for each length and kind. */
void experiment_recall(program *p, const recall_plan *plan);

/** All 1000 characters with the output fed back, one network: right answers
 *  under teacher forcing and freely, epoch by epoch. */
void experiment_thousand(program *p, int hidden);

#endif
