/* SPDX-License-Identifier: MIT */
/** @file
 *  Packing: a batch of sequences of different lengths, without a row of padding.
 *  Letters: B sequences (index b), T steps of the longest (t = 1 .. T), D inputs,
 *  H units.
 *
 *  The sequences are sorted, the longest first. Then those that still run at
 *  step t are the first active[t] of them, and the rows of all steps stand one
 *  behind the other: step 1 of each, step 2 of each that has one, and so on.
 *  States have B more rows in front, step 0: the states before the first step.
 *  Row first[t] + b of the states belongs to step t of sequence b; its input
 *  stands in row first[t] + b - B of x. */
#ifndef HANDGRAD_PACKING_H
#define HANDGRAD_PACKING_H

#include "chapters/08_lstm/lstm.h"

/** Sorts and counts: eqs. 10.10 and 10.11.
 *  @param[out] order   (B)    order[b] is which sequence stands in place b; equal
 *                             lengths keep their order
 *  @param[out] active  (T+1)  how many sequences run at step t; active[0] = B
 *  @param[out] first   (T+1)  the row of the states where step t begins
 *  @param[in]  length  (B)    each in [1,T]
 *  @return the number of rows of x: the sum of the lengths */
int pack_batch(int B, int T, int order[B], int active[T + 1], int first[T + 1],
               const int length[B]);

/** The LSTM over R packed rows: eq. 10.12.
 *  @param[in,out] c, h  (B+R,H)      rows 0 to B-1 are read, the others written
 *  @param[out]    gate  (R,GATES,H)
 *  @param[in]     x     (R,D) */
void packed_lstm_forward(int B, int T, int R, int D, int H, real c[B + R][H],
                         real h[B + R][H], real gate[R][GATES][H],
                         const int active[T + 1], const int first[T + 1],
                         const real W[GATES][H][D], const real U[GATES][H][H],
                         const real b[GATES][H], const real x[R][D]);

/** Its backward: eq. 10.13.
 *  @param[in,out] dh, dc (B+R,H) in: what the loss says of each state directly;
 *                 out: with all that comes after it; rows 0 to B-1 by the first
 *                 states */
void packed_lstm_backward(int B, int T, int R, int D, int H,
                          real dW[GATES][H][D], real dU[GATES][H][H],
                          real db[GATES][H], real dx[R][D], real dh[B + R][H],
                          real dc[B + R][H], const real gate[R][GATES][H],
                          const real c[B + R][H], const real h[B + R][H],
                          const int active[T + 1], const int first[T + 1],
                          const real W[GATES][H][D], const real U[GATES][H][H],
                          const real x[R][D]);

#endif
