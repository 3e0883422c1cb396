/* SPDX-License-Identifier: MIT */
/** @file
 *  The gated recurrent unit, forward and backward, one step and through time,
 *  in its two forms: the reset gate before the recurrent matrix (Cho and others
 *  2014) or after it (cuDNN, PyTorch, the default of Keras).
 *  Letters: D inputs (index d), H units (index j; k and l for the units of the
 *  step before), T steps (t = 1 .. T). x input, h state, r reset gate, z update
 *  gate, n candidate, a net inputs.
 *
 *  The update gate keeps: h = (1 - z) n + z h0. (Chung and others 2014 have z
 *  and 1 - z the other way round: the same network with W_z, U_z and b_z
 *  negated.)
 *
 *  The weights stand one behind the other in the order of gru_row: W[UPDATE] is
 *  W_z (H,D). The fourth row, INNER, has a bias and a value and no matrices of
 *  its own. In the form "after" they are b_q and q = U_n h0 + b_q; in the form
 *  "before" the value is p = r h0, and the bias is not used.
 *
 *  Rows: x_t stands in row t-1 of x, since the first input is x_1; h has a row
 *  0, the state before the first step. */
#ifndef HANDGRAD_GRU_H
#define HANDGRAD_GRU_H

#include "lib/real.h"

/** The order of the rows in W, U (GRU_GATES of them), b and v (GRU_ROWS). */
enum gru_row { RESET, UPDATE, NEW, GRU_GATES, INNER = GRU_GATES, GRU_ROWS };

/** Where the reset gate stands. */
typedef enum gru_form { RESET_BEFORE, RESET_AFTER } gru_form;

/** One step, reset before the matrix: eqs. 9.1 to 9.7. h may not be h0.
 *  @param[out] h   (H)           the state after the step
 *  @param[out] v   (GRU_ROWS,H)  r, z, n, p; the backward needs them
 *  @param[in]  W   (GRU_GATES,H,D)  @param[in] U (GRU_GATES,H,H)
 *  @param[in]  b   (GRU_ROWS,H)  row INNER is not used
 *  @param[in]  x   (D)           @param[in] h0 (H) the state before */
void gru_before_step_forward(int D, int H, real h[H], real v[GRU_ROWS][H],
                             const real W[GRU_GATES][H][D],
                             const real U[GRU_GATES][H][H],
                             const real b[GRU_ROWS][H], const real x[D],
                             const real h0[H]);

/** Backward through it: eqs. 9.8 to 9.19. dh is dL/dh of all that comes after
 *  the step; everything else is added to; row INNER of db is left alone. Needs
 *  v, x, h0, W, U; needs neither h nor the net inputs. */
void gru_before_step_backward(int D, int H, real dW[GRU_GATES][H][D],
                              real dU[GRU_GATES][H][H], real db[GRU_ROWS][H],
                              real dx[D], real dh0[H], const real dh[H],
                              const real v[GRU_ROWS][H],
                              const real W[GRU_GATES][H][D],
                              const real U[GRU_GATES][H][H], const real x[D],
                              const real h0[H]);

/** One step, reset after the matrix: eqs. 9.1 to 9.3, 9.20, 9.21, 9.6, 9.7.
 *  Shapes as above; v holds r, z, n, q, and row INNER of b is b_q. */
void gru_after_step_forward(int D, int H, real h[H], real v[GRU_ROWS][H],
                            const real W[GRU_GATES][H][D],
                            const real U[GRU_GATES][H][H],
                            const real b[GRU_ROWS][H], const real x[D],
                            const real h0[H]);

/** Backward through it: eqs. 9.8 to 9.10, 9.22 to 9.26, 9.14 to 9.18. */
void gru_after_step_backward(int D, int H, real dW[GRU_GATES][H][D],
                             real dU[GRU_GATES][H][H], real db[GRU_ROWS][H],
                             real dx[D], real dh0[H], const real dh[H],
                             const real v[GRU_ROWS][H],
                             const real W[GRU_GATES][H][D],
                             const real U[GRU_GATES][H][H], const real x[D],
                             const real h0[H]);

/** T steps: eq. 9.29. Row 0 of h is read; rows 1 to T are written.
 *  @param[in,out] h  (T+1,H)         row 0 the state before the first step
 *  @param[out]    v  (T,GRU_ROWS,H)  row t-1 belongs to step t
 *  @param[in]     x  (T,D)           row t-1 is x_t */
void gru_forward(int T, int D, int H, gru_form form, real h[T + 1][H],
                 real v[T][GRU_ROWS][H], const real W[GRU_GATES][H][D],
                 const real U[GRU_GATES][H][H], const real b[GRU_ROWS][H],
                 const real x[T][D]);

/** Backpropagation through T steps: eq. 9.30.
 *  @param[in,out] dh  (T+1,H) in: what the loss says of h_t directly; out: row
 *                 t the gradient by h_t of all that comes after step t */
void gru_backward(int T, int D, int H, gru_form form, real dW[GRU_GATES][H][D],
                  real dU[GRU_GATES][H][H], real db[GRU_ROWS][H], real dx[T][D],
                  real dh[T + 1][H], const real v[T][GRU_ROWS][H],
                  const real h[T + 1][H], const real W[GRU_GATES][H][D],
                  const real U[GRU_GATES][H][H], const real x[T][D]);

/** One Jacobian of the state, J = dh/dh0: eqs. 9.32 to 9.34. A second way to
 *  what the backward pass computes.
 *  @param[out] J   (H,H)         J[j][k] = dh[j]/dh0[k]
 *  @param[in]  v   (GRU_ROWS,H)  what the step's forward left */
void gru_jacobian(int H, gru_form form, real J[H][H], const real v[GRU_ROWS][H],
                  const real U[GRU_GATES][H][H], const real h0[H]);

#endif
