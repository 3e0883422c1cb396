/* SPDX-License-Identifier: MIT */
/** @file
 *  Attention in which not every query sees every key: masks, and attention with
 *  a mask.
 *  Letters: M queries, N keys and as many values, D the width of a query and of
 *  a key, E the width of a value, T tokens that are queries and keys at once;
 *  m, n, d, e, t their indices. see[m][n] is true where query m sees key n. */
#ifndef HANDGRAD_MASKS_H
#define HANDGRAD_MASKS_H

#include <stdbool.h>

#include "lib/real.h"

/** The causal mask: token m sees the tokens up to itself, eq. 13.14. */
void mask_causal(int T, bool see[T][T]);

/** Takes the keys that are padding from everyone's sight, eq. 13.15.
 *  @param[in,out] see    (M,N)
 *  @param[in]     token  (N)  true for a token, false for padding */
void mask_padding(int M, int N, bool see[M][N], const bool token[N]);

/** Attention over the keys that a query sees: eqs. 13.16 and 13.17. Weights of
 *  the others are exactly 0, whatever their keys and values are. A query that
 *  sees no key gets the output 0. With see = NULL every query sees every key.
 *  @param[out] o      (M,E)  outputs
 *  @param[out] w      (M,N)  weights; a row sums to 1, or is 0 throughout
 *  @param[in]  scale  1/sqrt(D) for scaled attention
 *  @param[in]  see    (M,N), or NULL
 *  @param[in]  q      (M,D)  queries
 *  @param[in]  k      (N,D)  keys
 *  @param[in]  v      (N,E)  values
 *
 *  Its backward is attention_backward of chapter 11, which needs no mask: where
 *  w is 0 all that it adds is 0 (eq. 13.18), if keys and values are finite. */
void masked_attention_forward(int M, int N, int D, int E, real o[M][E],
                              real w[M][N], double scale, const bool (*see)[N],
                              const real q[M][D], const real k[N][D],
                              const real v[N][E]);

#endif
