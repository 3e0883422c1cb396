/* SPDX-License-Identifier: MIT */
/** @file
 *  The experiments of chapter 4 with handwritten digits: classifying them, and
 *  guessing pixels that were hidden. */
#ifndef HANDGRAD_DIGITS_EXPERIMENTS_H
#define HANDGRAD_DIGITS_EXPERIMENTS_H

#include "chapters/04_backprop/digits.h"
#include "chapters/04_backprop/network.h"
#include "lib/program.h"

/** The digits as inputs of a network. */
typedef struct digit_set {
    real x[DIGITS][DIGIT_PIXELS]; /**< grey values from 0 to 1 */
    int target[DIGITS];
} digit_set;

/** Fills a digit_set. */
void digits_load(digit_set *d);

/** How many of the digits from..to-1 the network puts into their class: the class
 *  with the largest logit. */
int digits_right(const network *n, const real w[n->weights], const digit_set *d,
                 int from, int to);

/** One epoch over the digits for training, in random order, in batches; returns the
 *  mean loss of the batches.
 *  @param dw  (weights)  room for the gradient */
double digits_epoch(const network *n, real w[n->weights], real dw[n->weights],
                    const digit_set *d, int batch, double rate, rng *g);

/** How a classifier is trained. */
typedef struct training {
    int epochs[2]; /**< of softmax regression; of the network */
    double rate;
} training;

void backprop_digits(program *p, training how); /**< section 4.17 */
void backprop_hidden(program *p);               /**< section 4.18 */

#endif
