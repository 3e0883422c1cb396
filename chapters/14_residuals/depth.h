/* SPDX-License-Identifier: MIT */
/** @file
 *  The experiment of chapter 14: how much of a gradient comes back through a
 *  deep stack. */
#ifndef HANDGRAD_DEPTH_H
#define HANDGRAD_DEPTH_H

#include <stdbool.h>

#include "lib/real.h"
#include "lib/rng.h"

enum { DEPTH_WIDTH = 64, DEPTH_MOST = 100 };

/** A kind of stack: each layer is x -> phi(W x) where plain, and
 *  x -> lambda x + beta W2 phi(W1 x) where residual. The weights are normal; the
 *  variance of an entry of W (or W1) is gain / width, that of W2 is 1 / width. */
typedef struct stack_kind {
    const char *name;
    bool residual;
    bool relu;
    double gain;     /**< 1/3 standard, 1 Glorot, 2 He */
    double shortcut; /**< lambda */
    bool divide;     /**< beta = 1/sqrt(depth); else 1 */
} stack_kind;

/** Standard normal numbers for the weights of the deepest stack; every kind
 *  scales the same numbers. NULL where there is no memory; free() it. */
double *depth_weights(rng *g);

/** The stack forward: x (W) becomes its output; a[l] (W) is what layer l keeps for
 *  the backward. weights as from depth_weights, (depth,2,W,W). */
void depth_forward(stack_kind kind, int depth, real a[depth][DEPTH_WIDTH],
                   real x[DEPTH_WIDTH], const double *weights);

/** And backward: dx (W), the gradient behind the stack, becomes the one before it.
 *  The weights are fixed and have no gradient. */
void depth_backward(stack_kind kind, int depth, real dx[DEPTH_WIDTH],
                    const real a[depth][DEPTH_WIDTH], const double *weights);

/** |dL/dx_0| / |dL/dx_depth| for a random input and a random dL/dx_depth, both
 *  drawn from g; 1 <= depth <= DEPTH_MOST. */
double depth_gradient_ratio(stack_kind kind, int depth, const double *weights,
                            rng *g);

#endif
