/* SPDX-License-Identifier: MIT */
/** @file
 *  The experiments of chapter 4 with made-up data: XOR, initialisation, a linear
 *  network of two layers, the articles' random labels. Letters as in network.h. */
#ifndef HANDGRAD_BACKPROP_EXPERIMENTS_H
#define HANDGRAD_BACKPROP_EXPERIMENTS_H

#include "chapters/04_backprop/network.h"
#include "lib/program.h"

/** Which network learns XOR. */
typedef enum xor_kind {
    XOR_LAYERED, /**< 2-2-1: two hidden units */
    XOR_LINKS    /**< 2-1-1: one hidden unit, and links from input to output */
} xor_kind;

/** Trains one network on the four cases of XOR by plain gradient descent on the sum
 *  of their losses, from weights uniform in +-0.5. Returns the sweeps until every
 *  error is below 0.1, or -1 where `most` sweeps were not enough.
 *  @param[out] loss  (most+1)  before each sweep; NULL where nobody wants it */
int plain_xor_sweeps(xor_kind kind, double rate, int most, double *loss,
                     rng *g);

/** What a linear 3-3-3 network that starts balanced did, mode by mode. */
typedef struct modes {
    double error[3]; /**< largest |u - closed form| / s */
    int half[3];     /**< first step with u >= s/2; -1 where there is none */
    double off_diagonal; /**< largest |entry| of U'W_2 W_1 V off the diagonal */
} modes;

/** The strengths that the three modes shall reach. */
extern const double mode_goal[3];

/** Trains it from modes of strength u0, or, where u0 is 0, from small random
 *  weights.
 *  @param[out] u  (steps+1,3)  the strengths; NULL where nobody wants them */
modes train_modes(double rate, int steps, double u0, double (*u)[3], rng *g);

void backprop_xor(program *p, double rate, int most); /**< section 4.13 */
void backprop_start(program *p);                      /**< section 4.14 */
void backprop_modes(program *p, double rate);         /**< section 4.15 */
void backprop_labels(program *p);                     /**< section 4.16 */

#endif
