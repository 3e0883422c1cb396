/* SPDX-License-Identifier: MIT */
/** @file
 *  Logistic regression: one linear unit, a sigmoid, binary cross-entropy.
 *  Letters: N cases, D the width of an input; n and d their indices; w the
 *  weights, b the bias, z the logits, y the labels (0, 1, or between). */
#ifndef HANDGRAD_LOGISTIC_H
#define HANDGRAD_LOGISTIC_H

#include "lib/real.h"

/** The mean loss in nats: eqs. 3.10, 3.12 and 3.7.
 *  @param[out] z  (N)    logits; the backward needs them
 *  @param[in]  w  (D)    weights
 *  @param[in]  b         bias
 *  @param[in]  x  (N,D)  inputs, one a row
 *  @param[in]  y  (N)    labels */
real logistic_forward(int N, int D, real z[N], const real w[D], real b,
                      const real x[N][D], const real y[N]);

/** Adds to dw, db, dx and dy: eqs. 3.13 to 3.17. */
void logistic_backward(int N, int D, real dw[D], real *db, real dx[N][D],
                       real dy[N], real dloss, const real z[N], const real w[D],
                       const real x[N][D], const real y[N]);

/** One step of gradient descent: eq. 3.50. */
void logistic_step(int D, real w[D], real *b, double rate, const real dw[D],
                   real db);

/** The second derivatives of the mean loss by (w, b), the bias last: eq. 3.51.
 *  Not dependent on the labels. */
void logistic_hessian(int N, int D, real H[D + 1][D + 1], const real z[N],
                      const real x[N][D]);

/** v'Hv, the curvature along v, without the matrix H: eq. 3.52. */
real logistic_curvature(int N, int D, const real v[D + 1], const real z[N],
                        const real x[N][D]);

#endif
