/* SPDX-License-Identifier: MIT */
/** @file
 *  Additive attention (Bahdanau, Cho, Bengio 2015), forward and backward, one
 *  query at a time, as a decoder asks.
 *  Letters: N keys and as many values; D the width of a query, C of a key, E of
 *  a value, A of the hidden layer in which query and key meet; n, d, c, e, a
 *  their indices. Keys and values are the rows of k and v. */
#ifndef HANDGRAD_ADDITIVE_H
#define HANDGRAD_ADDITIVE_H

#include "lib/real.h"

/** p[n] = U k[n] + b, once for all queries: eq. 12.1.
 *  @param[out] p  (N,A)  projected keys
 *  @param[in]  U  (A,C)  @param[in] b (A)
 *  @param[in]  k  (N,C)  keys */
void additive_keys_forward(int N, int C, int A, real p[N][A],
                           const real U[A][C], const real b[A],
                           const real k[N][C]);

/** Adds the gradients by U, b and k, given dp (N,A), the sum over all queries:
 *  eqs. 12.16 to 12.18. Needs neither p nor b. */
void additive_keys_backward(int N, int C, int A, real dU[A][C], real db[A],
                            real dk[N][C], const real dp[N][A],
                            const real U[A][C], const real k[N][C]);

/** o = sum_n w[n] v[n], w = softmax_n(g . tanh(W q + p[n])): eqs. 12.2 to 12.6.
 *  @param[out] o  (E)    the output (Bahdanau's context)
 *  @param[out] w  (N)    weights, they sum to 1; the backward needs them
 *  @param[out] t  (N,A)  the hidden layer, in (-1,1); the backward needs it
 *  @param[in]  W  (A,D)  @param[in] g (A)
 *  @param[in]  q  (D)    the query
 *  @param[in]  p  (N,A)  projected keys, of additive_keys_forward
 *  @param[in]  v  (N,E)  values */
void additive_forward(int N, int D, int A, int E, real o[E], real w[N],
                      real t[N][A], const real W[A][D], const real g[A],
                      const real q[D], const real p[N][A], const real v[N][E]);

/** Adds the gradients by W, g, q, p and v, given do_ = dL/do (E): eqs. 12.7 to
 *  12.15. Needs the weights w and the hidden layer t; needs neither the output
 *  nor the scores nor p. */
void additive_backward(int N, int D, int A, int E, real dW[A][D], real dg[A],
                       real dq[D], real dp[N][A], real dv[N][E],
                       const real do_[E], const real w[N], const real t[N][A],
                       const real W[A][D], const real g[A], const real q[D],
                       const real v[N][E]);

#endif
