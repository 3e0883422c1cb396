/* SPDX-License-Identifier: MIT */
/** @file
 *  The experiment of chapter 12: sequences said backwards, with attention and
 *  without. */
#ifndef HANDGRAD_ADDITIVE_EXPERIMENT_H
#define HANDGRAD_ADDITIVE_EXPERIMENT_H

#include "lib/program.h"

/** How the translators learn. */
typedef struct lesson {
    double rate; /**< learning rate of Adam */
    int batches; /**< how many, of eight sentences each */
    int longest; /**< the longest sentence of the training, in symbols */
} lesson;

/** Section 12.6: trains p->seeds pairs of translators and shows the accuracy
 *  against the length, and an alignment. */
void experiment_backwards(program *p, const lesson *how);

#endif
