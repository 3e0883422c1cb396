/* SPDX-License-Identifier: MIT */
/** @file
 *  A recurrent network whose hidden state also sends a signal back to itself,
 *  forward and backward through time.
 *
 *      z_t = A x_t + U h_{t-1} + V c_{t-1} + b,   h_t = tanh(z_t)
 *      s_t = W_c h_t + b_c,                       c_t = sigmoid(s_t)
 *      y_t = P h_t + Q c_t + r
 *
 *  With V = 0 it is the network of the article, whose signal c influences
 *  nothing later; with V = 0 and Q = 0 it is an Elman network (Elman 1990).
 *  Letters: T time steps, D inputs, H hidden units, C width of the signal, M
 *  outputs. Vectors are columns. A sequence is stored a step a row: x[t-1] is
 *  x_t, y[t-1] is y_t, but h[t] is h_t and c[t] is c_t, since they begin with
 *  the start states h_0 and c_0. */
#ifndef HANDGRAD_RNN_H
#define HANDGRAD_RNN_H

#include "lib/real.h"

/** The parameters of a network, or the gradient by them: the sizes, and where
 *  each matrix begins. Nine matrices and nine gradients would make thirty
 *  arguments; so they come as two of these. */
typedef struct rnn {
    int D, H, C, M; /**< each >= 1 */
    real *A;        /**< (H,D)  from the input to the state */
    real *U;        /**< (H,H)  from the state to the next state */
    real *V;        /**< (H,C)  from the signal to the next state */
    real *b;        /**< (H)    bias of the state */
    real *W_c;      /**< (C,H)  from the state to the signal */
    real *b_c;      /**< (C)    bias of the signal */
    real *P;        /**< (M,H)  from the state to the output */
    real *Q;        /**< (M,C)  from the signal to the output */
    real *r;        /**< (M)    bias of the output */
} rnn;

/** How many parameters a network of these sizes has. */
int rnn_size(int D, int H, int C, int M);

/** A network whose parameters are the vector w of rnn_size(D, H, C, M) numbers:
 *  A, U, V, b, W_c, b_c, P, Q, r, each row by row. Copies nothing. */
rnn rnn_view(int D, int H, int C, int M, real w[]);

/** L = 1/2 sum_i (y[i] - target[i])^2 over n outputs, and its gradient dy[i] =
 *  y[i] - target[i] (this one is set, not added to): eqs. 7.5 and 7.6. */
real half_squares(int n, real dy[n], const real y[n], const real target[n]);

/** Runs the network over a sequence: eqs. 7.1 to 7.4.
 *  @param[in,out] h  (T+1,H)  states; h[0] is given, h[1] to h[T] are computed
 *  @param[in,out] c  (T+1,C)  signals; c[0] is given
 *  @param[out]    y  (T,M)    outputs
 *  @param[in]     x  (T,D)    inputs */
void rnn_forward(int T, const rnn *n, real h[T + 1][n->H], real c[T + 1][n->C],
                 real y[T][n->M], const real x[T][n->D]);

/** Backpropagation through time: adds the gradients by all parameters into d
 *  (of the sizes of n), by the inputs into dx (T,D) and by the start states
 *  into dh0 (H) and dc0 (C), given dy = dL/dy: eqs. 7.7 to 7.22. dx, dh0 and
 *  dc0 may be NULL. Needs the states h and c and the inputs; does not need y
 *  or z. */
void rnn_backward(int T, const rnn *n, const rnn *d, real (*dx)[n->D],
                  real *dh0, real *dc0, const real dy[T][n->M],
                  const real h[T + 1][n->H], const real c[T + 1][n->C],
                  const real x[T][n->D]);

/** The same, truncated: eq. 7.27. Every S steps the errors of the last S steps
 *  are sent back through the last K steps and no further; 1 <= S <= K. With
 *  S = 1 each error has a window of its own K steps; with S = K the sequence is
 *  cut into blocks. K >= T and S >= T is the whole gradient, as is K >= T with
 *  any S, up to rounding. (Williams and Peng 1990 call it BPTT(K; S).) */
void rnn_backward_truncated(int T, int K, int S, const rnn *n, const rnn *d,
                            const real dy[T][n->M], const real h[T + 1][n->H],
                            const real c[T + 1][n->C], const real x[T][n->D]);

/** Real-time recurrent learning (Williams and Zipser 1989): adds the gradient
 *  by all N = rnn_size(...) parameters, in the order of rnn_view, into dw. It
 *  goes forward only, and carries dh_t/dw and dc_t/dw along: eqs. 7.23 to 7.26.
 *  The start states do not depend on the parameters. */
void rnn_rtrl(int T, int N, const rnn *n, real dw[N], const real dy[T][n->M],
              const real h[T + 1][n->H], const real c[T + 1][n->C],
              const real x[T][n->D]);

/** One Jacobian of the state, J = dh_t/dh_{t-1}, the path through the signal
 *  c_{t-1} included: eq. 7.28.
 *  @param[in] h   (H)  h_t
 *  @param[in] c0  (C)  c_{t-1} */
void rnn_jacobian(const rnn *n, real J[n->H][n->H], const real h[n->H],
                  const real c0[n->C]);

#endif
