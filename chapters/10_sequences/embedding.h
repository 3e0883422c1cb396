/* SPDX-License-Identifier: MIT */
/** @file
 *  Embedding: a table with a row of numbers for each token.
 *  Letters: T positions (index t), V tokens in the vocabulary (index v), D width
 *  of a row (index d). E the table, k the tokens, x the rows that were looked
 *  up. */
#ifndef HANDGRAD_EMBEDDING_H
#define HANDGRAD_EMBEDDING_H

#include "lib/real.h"

/** Gather, eq. 10.1: x[t] is row k[t] of E.
 *  @param[out] x  (T,D)
 *  @param[in]  E  (V,D)
 *  @param[in]  k  (T)    tokens, each in [0,V); they may repeat */
void embedding_forward(int T, int V, int D, real x[T][D], const real E[V][D],
                       const int k[T]);

/** Scatter, eq. 10.2: row t of dx is *added* to row k[t] of dE. Needs the tokens
 *  and neither x nor E. Rows of tokens that do not occur are left alone. */
void embedding_backward(int T, int V, int D, real dE[V][D], const real dx[T][D],
                        const int k[T]);

#endif
