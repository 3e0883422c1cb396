/* SPDX-License-Identifier: MIT */
/** @file
 *  The simple recurrent network, with both of its classic loops:
 *
 *      z_t = W x_t + U h_{t-1} + B y_{t-1} + b,   h_t = sigmoid(z_t)
 *      r_t = V h_t + c,                           y_t = sigmoid(r_t)
 *
 *  With U = 0 it is Jordan's (output to input, 1986), with B = 0 Elman's (state
 *  to state, 1990).
 *  Letters: T time steps, D inputs, H hidden units, M outputs. Vectors are
 *  columns. A sequence is stored a step a row: x[t-1] is x_t, but h[t] is h_t
 *  and y[t] is y_t, since they begin with the start h_0 and y_0. */
#ifndef HANDGRAD_SIMPLE_NET_H
#define HANDGRAD_SIMPLE_NET_H

#include "lib/real.h"

/** The parameters of a network, or the gradient by them: the sizes, and where
 *  each matrix begins. */
typedef struct simple_net {
    int D, H, M; /**< each >= 1 */
    real *W;     /**< (H,D)  from the input to the state */
    real *U;     /**< (H,H)  from the state to the next state */
    real *B;     /**< (H,M)  from the output to the next state */
    real *b;     /**< (H)    bias of the state */
    real *V;     /**< (M,H)  from the state to the output */
    real *c;     /**< (M)    bias of the output */
} simple_net;

/** How many parameters a network of these sizes has. */
int simple_size(int D, int H, int M);

/** A network whose parameters are the vector w of simple_size(D, H, M) numbers:
 *  W, U, B, b, V, c, each row by row. Copies nothing. */
simple_net simple_view(int D, int H, int M, real w[]);

/** Runs the network over a sequence: eqs. 6.8 to 6.10.
 *  @param[in,out] h  (T+1,H)  states; h[0] is given
 *  @param[in,out] y  (T+1,M)  outputs; y[0] is given
 *  @param[in]     x  (T,D)    inputs */
void simple_forward(int T, const simple_net *n, real h[T + 1][n->H],
                    real y[T + 1][n->M], const real x[T][n->D]);

/** Backward through all T steps: adds the gradients by all parameters into d,
 *  by the inputs into dx (T,D), by the start into dh0 (H) and dy0 (M): eqs. 6.12
 *  to 6.24. dx, dh0 and dy0 may be NULL. Needs h, y and x; does not need z or r.
 *  With T = 1, called once a step, it is Elman's rule: the states before are
 *  taken as given.
 *  @param[in] e  (T,M)  e[t-1] is what the loss alone says of y_t, without the
 *                       way through later steps */
void simple_backward(int T, const simple_net *n, const simple_net *d,
                     real (*dx)[n->D], real *dh0, real *dy0,
                     const real e[T][n->M], const real h[T + 1][n->H],
                     const real y[T + 1][n->M], const real x[T][n->D]);

#endif
