/* SPDX-License-Identifier: MIT */
/** @file
 *  A network of dense layers whose output is fed back to its input, pass after
 *  pass, while the input stays the same:
 *
 *      s_k = x + W3 y_{k-1} + b3
 *      h_k = tanh(W1 s_k + b1),   y_k = tanh(W2 h_k + b2)
 *
 *  forward and backward through K passes, and at the equilibrium that the passes
 *  lead to. Letters: D inputs, H hidden units, M outputs, K passes. Vectors are
 *  columns. */
#ifndef HANDGRAD_LOOP_NET_H
#define HANDGRAD_LOOP_NET_H

#include "lib/real.h"

/** The parameters of a network, or the gradient by them: the sizes, and where
 *  each matrix begins. */
typedef struct loop_net {
    int D, H, M; /**< each >= 1 */
    real *W1;    /**< (H,D)  from the input to the hidden units */
    real *b1;    /**< (H)    their bias */
    real *W2;    /**< (M,H)  from the hidden units to the output */
    real *b2;    /**< (M)    its bias */
    real *W3;    /**< (D,M)  from the output back to the input: the loop */
    real *b3;    /**< (D)    its bias */
} loop_net;

/** How many parameters a network of these sizes has. */
int loop_net_size(int D, int H, int M);

/** A network whose parameters are the vector w of loop_net_size(D, H, M)
 *  numbers: W1, b1, W2, b2, W3, b3, each row by row. Copies nothing. */
loop_net loop_net_view(int D, int H, int M, real w[]);

/** How many multiplications K passes cost: K (HD + MH + DM), eq. 6.28. */
long loop_net_cost(int K, int D, int H, int M);

/** One pass: eqs. 6.25 to 6.27.
 *  @param[out] s    (D)  what the first layer sees
 *  @param[out] h    (H)  hidden units
 *  @param[out] y    (M)  output; not the same memory as y0
 *  @param[in]  x    (D)  input
 *  @param[in]  y0   (M)  output of the pass before */
void loop_net_pass(const loop_net *n, real s[n->D], real h[n->H], real y[n->M],
                   const real x[n->D], const real y0[n->M]);

/** Backward through one pass: adds the gradients by all parameters into d, by
 *  the input into dx (D) and by the output before into dy0 (M): eqs. 6.29 to
 *  6.34. Needs s, h, y and y0; does not need x. dy0 is not the memory of dy;
 *  it may be NULL. */
void loop_net_pass_backward(const loop_net *n, const loop_net *d, real dx[n->D],
                            real *dy0, const real dy[n->M], const real s[n->D],
                            const real h[n->H], const real y[n->M],
                            const real y0[n->M]);

/** K passes; y[0] is given, y[K] is the result.
 *  @param[out]    s  (K,D)
 *  @param[out]    h  (K,H)
 *  @param[in,out] y  (K+1,M) */
void loop_net_forward(int K, const loop_net *n, real s[K][n->D],
                      real h[K][n->H], real y[K + 1][n->M], const real x[n->D]);

/** Backward through all K passes, for a loss that reads y[K] alone: adds into
 *  d, dx (D) and dy0 (M), the gradient by the start. */
void loop_net_backward(int K, const loop_net *n, const loop_net *d,
                       real dx[n->D], real dy0[n->M], const real dy[n->M],
                       const real s[K][n->D], const real h[K][n->H],
                       const real y[K + 1][n->M]);

/** Passes from the y that is given, K >= 1 of them, and keeps only the last.
 *  Returns the largest change of y in it: how far from an equilibrium. */
double loop_net_settle(int K, const loop_net *n, real s[n->D], real h[n->H],
                       real y[n->M], const real x[n->D]);

/** The Jacobian of one pass, J[i][j] = dy_k[i] / dy_{k-1}[j]: eq. 6.38. */
void loop_net_jacobian(const loop_net *n, real J[n->M][n->M],
                       const real h[n->H], const real y[n->M]);

/** The gradient of an equilibrium y = F(x, y), by the implicit function
 *  theorem: adds into d and dx. Eqs. 6.39 and 6.40. Needs the equilibrium only,
 *  not how it was found. I - J must be regular: it is where the passes
 *  converge. */
void loop_net_implicit(const loop_net *n, const loop_net *d, real dx[n->D],
                       const real dy[n->M], const real s[n->D],
                       const real h[n->H], const real y[n->M]);

/** Solves A x = b, b given in x, by elimination with pivots; A is lost. A must
 *  be regular. */
void solve_linear(int n, real x[n], real A[n][n]);

/** The largest |eigenvalue| of a real matrix with two rows. */
double spectral_radius_2(const real J[2][2]);

#endif
