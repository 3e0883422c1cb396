/* SPDX-License-Identifier: MIT */
/** @file
 *  Linear regression with dropout on its inputs, and what it is on average: a
 *  ridge regression (Srivastava et al. 2014, section 9.1).
 *  Letters: N cases, D inputs; X (N,D) the cases, one a row; y (N) their targets;
 *  w (D) weights; mask (N,D) what the entries of X are multiplied by: 0 with
 *  probability p, else 1/(1 - p) (dropout_draw of chapter 2); r (N) residuals;
 *  dL the gradient of what is minimised by the loss. */
#ifndef HANDGRAD_RIDGE_H
#define HANDGRAD_RIDGE_H

#include "lib/real.h"

/** sum_n (sum_d mask[n][d] X[n][d] w[d] - y[n])^2: eqs. 5.29 and 5.30.
 *  @param[out] r  (N)  the residuals; the backward needs them */
real dropout_regression_forward(int N, int D, real r[N], const real mask[N][D],
                                const real X[N][D], const real w[D],
                                const real y[N]);

/** Adds to dw, dX and dy: eqs. 5.31 to 5.31b. */
void dropout_regression_backward(int N, int D, real dw[D], real dX[N][D],
                                 real dy[N], real dL, const real r[N],
                                 const real mask[N][D], const real X[N][D],
                                 const real w[D]);

/** The mean of the above over all masks: the squared error without dropout, and
 *  a penalty on each w[d] by the size of its column: eq. 5.32.
 *  @param[in]  p  probability that an entry is dropped, in [0,1)
 *  @param[out] r  (N)  the residuals without dropout */
real ridge_forward(int N, int D, real r[N], double p, const real X[N][D],
                   const real w[D], const real y[N]);

/** Adds to dw, dX and dy: eqs. 5.33 to 5.33b. */
void ridge_backward(int N, int D, real dw[D], real dX[N][D], real dy[N],
                    real dL, double p, const real r[N], const real X[N][D],
                    const real w[D]);

#endif
