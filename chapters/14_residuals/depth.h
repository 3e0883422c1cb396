/* SPDX-License-Identifier: MIT */
/** @file
 *  The experiment of chapter 14: how much of a gradient comes back through a
 *  deep stack. */
#ifndef HANDGRAD_DEPTH_H
#define HANDGRAD_DEPTH_H

#include <stdbool.h>

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

/** |dL/dx_0| / |dL/dx_depth| for a random input and a random dL/dx_depth, both
 *  drawn from g; 1 <= depth <= DEPTH_MOST. */
double depth_gradient_ratio(stack_kind kind, int depth, const double *weights,
                            rng *g);

#endif
