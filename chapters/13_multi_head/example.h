/* SPDX-License-Identifier: MIT */
/** @file
 *  The worked examples of the chapter: two tokens and two heads, masks,
 *  positions, and what one head cannot do. */
#ifndef HANDGRAD_MULTI_HEAD_EXAMPLE_H
#define HANDGRAD_MULTI_HEAD_EXAMPLE_H

#include "lib/show.h"

/** Sizes of the example: tokens, width of a token, heads, width of a head. */
enum { EXAMPLE_T = 2, EXAMPLE_C = 4, EXAMPLE_H = 2, EXAMPLE_D = 2 };

/** The numbers of the example. Its biases are 0. */
typedef struct multi_head_example {
    real X[EXAMPLE_T][EXAMPLE_C];
    real W_q[EXAMPLE_H][EXAMPLE_D][EXAMPLE_C];
    real W_k[EXAMPLE_H][EXAMPLE_D][EXAMPLE_C];
    real W_v[EXAMPLE_H][EXAMPLE_D][EXAMPLE_C];
    real W_o[EXAMPLE_C][EXAMPLE_H * EXAMPLE_D];
    real dy[EXAMPLE_T][EXAMPLE_C]; /**< the gradient that comes in */
} multi_head_example;

/** Sections 13.1 and 13.2: forward and backward, every value. */
void example_two_heads(show *s, const multi_head_example *x);

/** Section 13.3: who sees whom. */
void example_masks(show *s, const multi_head_example *x);

/** Section 13.4: without positions order is invisible; sinusoids, learned
 *  rows. */
void example_positions(show *s, const multi_head_example *x);

/** Section 13.5: two places at once. */
void example_two_places(show *s);

/** How far y = A sum_n w_n x_n is from (first half of x_1, second half of x_2)
 *  at best: the mean squared error of a component, for tokens whose components
 *  are independent with variance 1, and N fixed weights w, not all 0: eq. 13.26. */
double one_head_error(int N, const double w[N]);

#endif
