/* SPDX-License-Identifier: MIT */
/** @file
 *  The chain rule on a small graph, in both directions.
 *  Letters: a, b, t the inputs; u, s, y, L what is computed from them, in this
 *  order. y and L are the outputs. a is used twice. */
#ifndef HANDGRAD_GRAPH_H
#define HANDGRAD_GRAPH_H

#include "lib/real.h"

/** Every value between the inputs and the outputs. */
typedef struct graph {
    real u; /**< a b */
    real s; /**< sigmoid(u) */
    real y; /**< a s */
    real L; /**< (y - t)^2 */
} graph;

/** Forward: eqs. 1.19 to 1.22. */
void graph_forward(graph *g, real a, real b, real t);

/** Reverse mode: adds to da, db, dt what the incoming gradients dy and dL of
 *  the two outputs bring back: eqs. 1.23 to 1.28. */
void graph_backward(real *da, real *db, real *dt, real dy, real dL,
                    const graph *g, real a, real b, real t);

/** Forward mode: how fast the outputs y and L change when the inputs a, b, t
 *  move with the speeds v: eqs. 1.29 to 1.32. */
void graph_tangent(real out[2], const real v[3], const graph *g, real a, real b,
                   real t);

/** J[o][i] = the derivative of output o (y, L) by input i (a, b, t): by three
 *  passes in forward mode, a column each. */
void graph_jacobian_forward(real J[2][3], const graph *g, real a, real b,
                            real t);

/** The same by two passes in reverse mode, a row each. */
void graph_jacobian_reverse(real J[2][3], const graph *g, real a, real b,
                            real t);

/** product[0] = <J v, w> by forward mode, product[1] = <v, J^T w> by reverse
 *  mode: equal, eq. 1.33. */
void graph_products(real product[2], const real v[3], const real w[2],
                    const graph *g, real a, real b, real t);

#endif
