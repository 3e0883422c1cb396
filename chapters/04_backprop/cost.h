/* SPDX-License-Identifier: MIT */
/** @file
 *  What a gradient costs: the passes of network.h once more, through a
 *  multiplication that counts. The results are the same to the bit. */
#ifndef HANDGRAD_COST_H
#define HANDGRAD_COST_H

#include <stdbool.h>

#include "chapters/04_backprop/network.h"

/** Operations whose two operands both depend on the parameters or the inputs, and
 *  functions such as tanh. Sums, and products with a constant, are free, as in
 *  Baur and Strassen 1983. */
typedef struct cost {
    long forward;  /**< for the loss: eq. 4.29 */
    long backward; /**< for its gradient, after that: eq. 4.30 */
} cost;

/** Half the squared error of one case, and its gradient, added to dw and dx (dx is
 *  NULL where nobody wants it). Returns the loss, and adds to the count. */
real counted_gradient(const network *n, cost *count, real dw[n->weights],
                      real dx[n->width[0]], const real w[n->weights],
                      const real x[n->width[0]], const real y[n->width[n->L]]);

/** The same counts by formula, eqs. 4.29 and 4.30. */
cost predicted_cost(const network *n, bool with_dx);

#endif
