/* SPDX-License-Identifier: MIT */
/** @file
 *  Masks: real positions and padding in one array.
 *  Letters: N positions (index n, j), T steps (t = 1 .. T), D inputs, H units.
 *  keep[n] is 1 for a real position and 0 for padding.
 *
 *  Padding is *passed over* and never multiplied by zero: 0 times infinity is
 *  not a number, and what stands in padding may be anything. */
#ifndef HANDGRAD_MASKS_H
#define HANDGRAD_MASKS_H

#include "chapters/08_lstm/lstm.h"

/** keep[t] = 1 for the first `length` of T positions, else 0. */
void mask_fill(int T, int keep[T], int length);

/** The mean over the positions that are kept: eq. 10.4; 0 where none is. */
real masked_mean_forward(int N, const real l[N], const int keep[N]);

/** dl[n] += dloss / (how many are kept) where kept: eq. 10.5. Needs no l. */
void masked_mean_backward(int N, real dl[N], real dloss, const int keep[N]);

/** A softmax over the positions that are kept; the others get exactly 0, and so
 *  does every one where none is kept: eq. 10.6. The scores of the others are not
 *  read.
 *  @param[out] p  (N)  probabilities; the backward needs them
 *  @param[in]  z  (N)  scores, finite where kept */
void masked_softmax_forward(int N, real p[N], const real z[N],
                            const int keep[N]);

/** dz[n] += p[n] (dp[n] - sum_j p[j] dp[j]) where kept: eq. 10.7. */
void masked_softmax_backward(int N, real dz[N], const real dp[N],
                             const real p[N], const int keep[N]);

/** T steps of the LSTM of chapter 8; where keep[t - 1] is 0 the state waits:
 *  eq. 10.8. All as in lstm_forward; gate and x of a padded step are not used. */
void masked_lstm_forward(int T, int D, int H, real c[T + 1][H],
                         real h[T + 1][H], real gate[T][GATES][H],
                         const real W[GATES][H][D], const real U[GATES][H][H],
                         const real b[GATES][H], const real x[T][D],
                         const int keep[T]);

/** Backward through these steps: eq. 10.9; all as in lstm_backward. dx of a
 *  padded step is not touched. */
void masked_lstm_backward(int T, int D, int H, real dW[GATES][H][D],
                          real dU[GATES][H][H], real db[GATES][H],
                          real dx[T][D], real dh[T + 1][H], real dc[T + 1][H],
                          const real gate[T][GATES][H], const real c[T + 1][H],
                          const real h[T + 1][H], const real W[GATES][H][D],
                          const real U[GATES][H][H], const real x[T][D],
                          const int keep[T]);

#endif
