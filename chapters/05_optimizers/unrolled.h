/* SPDX-License-Identifier: MIT */
/** @file
 *  Training as one long function: T steps of gradient descent with momentum on a
 *  linear regression, and then the error on other data. It is differentiated by
 *  all that it depends on: by every learning rate, by the momentum, by the start,
 *  and by the data (Maclaurin, Duvenaud, Adams 2015; Baydin et al. 2018).
 *  Letters: T steps; B cases for training, V for validation, D inputs; X (B,D), y
 *  (B) and Xv (V,D), yv (V) the data; w[t] (D) the weights before step t, w[T]
 *  those after training; m[t+1] (D) the momentum that step t moves along, m[0] =
 *  0; r[t] (B) residuals, g[t] (D) gradient at w[t]; rate[t] and beta. */
#ifndef HANDGRAD_UNROLLED_H
#define HANDGRAD_UNROLLED_H

#include "lib/real.h"

/** Trains and returns F, half the sum of the squared errors on Xv, yv: eqs.
 *  5.55 to 5.58. w[0] is read, the rest of w, m, r and rv (V) are set. */
real unrolled_forward(int T, int B, int V, int D, real w[T + 1][D],
                      real m[T + 1][D], real r[T][B], real rv[V],
                      const real rate[T], real beta, const real X[B][D],
                      const real y[B], const real Xv[V][D], const real yv[V]);

/** The gradients of F, added: eqs. 5.59 to 5.68. dw (D) is that by w[0]. */
void unrolled_backward(int T, int B, int V, int D, real drate[T], real *dbeta,
                       real dw[D], real dX[B][D], real dy[B], real dXv[V][D],
                       real dyv[V], const real w[T + 1][D],
                       const real m[T + 1][D], const real r[T][B],
                       const real rv[V], const real rate[T], real beta,
                       const real X[B][D], const real Xv[V][D]);

#endif
