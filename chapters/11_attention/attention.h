/* SPDX-License-Identifier: MIT */
/** @file
 *  Scaled dot-product attention (Vaswani et al. 2017, eq. 1), forward and
 *  backward, one query at a time.
 *  Letters: M queries, N keys and as many values, D the width of a query and of
 *  a key, E the width of a value; m, n, d, e their indices. Queries, keys and
 *  values are the rows of q, k and v. */
#ifndef HANDGRAD_ATTENTION_H
#define HANDGRAD_ATTENTION_H

#include "lib/real.h"

/** o[m] = sum_n w[m][n] v[n], with w[m] = softmax_n(scale q[m].k[n]): eqs.
 *  11.1 to 11.4.
 *  @param[out] o      (M,E)  outputs
 *  @param[out] w      (M,N)  weights, each row sums to 1; the backward needs it
 *  @param[in]  scale  1/sqrt(D) for scaled attention, 1 for the plain form
 *  @param[in]  q      (M,D)  queries
 *  @param[in]  k      (N,D)  keys
 *  @param[in]  v      (N,E)  values */
void attention_forward(int M, int N, int D, int E, real o[M][E], real w[M][N],
                       double scale, const real q[M][D], const real k[N][D],
                       const real v[N][E]);

/** Adds the gradients of the loss by q, k and v, given do_ = dL/do (M,E): eqs.
 *  11.7 to 11.11. Needs the weights w; does not need the output o. */
void attention_backward(int M, int N, int D, int E, real dq[M][D],
                        real dk[N][D], real dv[N][E], const real do_[M][E],
                        const real w[M][N], double scale, const real q[M][D],
                        const real k[N][D], const real v[N][E]);

#endif
