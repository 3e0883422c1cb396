/* SPDX-License-Identifier: MIT */
/** @file
 *  Backpropagation through time that keeps few states: checkpoints.
 *  Letters: T steps, S steps from one checkpoint to the next (a segment; the last
 *  may be shorter), K = ceil(T / S) segments, D inputs, H units.
 *
 *  The loss sees the last state only (many-to-one). */
#ifndef HANDGRAD_CHECKPOINT_H
#define HANDGRAD_CHECKPOINT_H

#include "chapters/08_lstm/lstm.h"

/** ceil(T / S), T and S at least 1. */
int checkpoint_segments(int T, int S);

/** How many numbers the two functions below keep at one time, the weights and
 *  the inputs not counted: eq. 10.25. S = T is plain backpropagation through
 *  time with one state kept beside it. */
long checkpoint_numbers(int T, int S, int H);

/** T steps of the LSTM; the state before each segment is kept: eq. 10.27.
 *  @param[out]    kept_c, kept_h  (K,H)
 *  @param[in,out] c, h  (H)  in: the state before step 1; out: after step T */
void checkpointed_forward(int T, int S, int D, int H, real kept_c[][H],
                          real kept_h[][H], real c[H], real h[H],
                          const real W[GATES][H][D], const real U[GATES][H][H],
                          const real b[GATES][H], const real x[T][D]);

/** The gradients of lstm_backward, bit for bit, from the kept states: each
 *  segment is run forward once more and then backward, the last one first:
 *  eq. 10.28.
 *  @param[in,out] dc, dh (H)  in: by the state after step T; out: by the state
 *                 before step 1 */
void checkpointed_backward(int T, int S, int D, int H, real dW[GATES][H][D],
                           real dU[GATES][H][H], real db[GATES][H],
                           real dx[T][D], real dc[H], real dh[H],
                           const real kept_c[][H], const real kept_h[][H],
                           const real W[GATES][H][D], const real U[GATES][H][H],
                           const real b[GATES][H], const real x[T][D]);

#endif
