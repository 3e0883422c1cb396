/* SPDX-License-Identifier: MIT */
/** @file
 *  The LSTM cell with a forget gate (Hochreiter and Schmidhuber 1997; forget
 *  gate: Gers, Schmidhuber, Cummins 2000), forward and backward, one step and
 *  through time.
 *  Letters: D inputs (index d), H units (index j; k for the units of the step
 *  before, because h is the output), T steps (t = 1 .. T). x input, c cell
 *  state, h output, gate the four activations, a their net inputs.
 *
 *  The weights of the four gates stand one behind the other, in the order of
 *  lstm_gate: W[FORGET] is W_f (H,D), U[FORGET] is U_f (H,H), b[FORGET] is b_f.
 *  (Other programs take the gates in another order; only the order differs.)
 *
 *  Rows: x_t stands in row t-1 of x, since the first input is x_1; h and c have
 *  a row 0, the state before the first step. */
#ifndef HANDGRAD_LSTM_H
#define HANDGRAD_LSTM_H

#include "lib/real.h"

/** The order of the gates in W, U, b and gate. */
enum lstm_gate { FORGET, INPUT, CANDIDATE, OUTPUT, GATES };

/** One step: eqs. 8.1 to 8.7. c and h may not be c0 and h0.
 *  @param[out] c, h   (H)        the state after the step
 *  @param[out] gate   (GATES,H)  f, i, g, o; the backward needs them
 *  @param[in]  W      (GATES,H,D) @param[in] U (GATES,H,H)
 *  @param[in]  b      (GATES,H)
 *  @param[in]  x      (D)        @param[in] h0, c0 (H) the state before */
void lstm_step_forward(int D, int H, real c[H], real h[H], real gate[GATES][H],
                       const real W[GATES][H][D], const real U[GATES][H][H],
                       const real b[GATES][H], const real x[D],
                       const real h0[H], const real c0[H]);

/** Backward through one step: eqs. 8.8 to 8.18. dh and dc are dL/dh and dL/dc
 *  of all that comes *after* the step, without the path from h back to c, which
 *  eq. 8.8 adds. Everything else is added to. Needs the gates, c and c0; does
 *  not need h, and takes tanh(c) again instead of storing it. */
void lstm_step_backward(int D, int H, real dW[GATES][H][D],
                        real dU[GATES][H][H], real db[GATES][H], real dx[D],
                        real dh0[H], real dc0[H], const real dh[H],
                        const real dc[H], const real gate[GATES][H],
                        const real c[H], const real W[GATES][H][D],
                        const real U[GATES][H][H], const real x[D],
                        const real h0[H], const real c0[H]);

/** T steps: eq. 8.19. Rows 0 of c and h are read; rows 1 to T are written.
 *  @param[in,out] c, h  (T+1,H)    row 0 the state before the first step
 *  @param[out]    gate  (T,GATES,H) row t-1 belongs to step t
 *  @param[in]     x     (T,D)      row t-1 is x_t */
void lstm_forward(int T, int D, int H, real c[T + 1][H], real h[T + 1][H],
                  real gate[T][GATES][H], const real W[GATES][H][D],
                  const real U[GATES][H][H], const real b[GATES][H],
                  const real x[T][D]);

/** Backpropagation through T steps: eq. 8.20.
 *  @param[in,out] dh, dc  (T+1,H) in: what the loss says of h_t and c_t
 *                 directly; out: row t the gradient by the state (c_t, h_t) of
 *                 all that comes after step t; row 0 by the first state */
void lstm_backward(int T, int D, int H, real dW[GATES][H][D],
                   real dU[GATES][H][H], real db[GATES][H], real dx[T][D],
                   real dh[T + 1][H], real dc[T + 1][H],
                   const real gate[T][GATES][H], const real c[T + 1][H],
                   const real h[T + 1][H], const real W[GATES][H][D],
                   const real U[GATES][H][H], const real x[T][D]);

#endif
