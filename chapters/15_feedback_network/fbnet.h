/* SPDX-License-Identifier: MIT */
/** @file
 *  The network that the articles describe, put together: encode, attend, gate,
 *  add the residual, decode, and feed the output back. Forward, and backward
 *  through time.
 *
 *      z_t = A x_t + B f_{t-1} + b,   e_t = tanh(z_t)             encode
 *      q_t = Q e_t,                   a_t = sum_{j<=t} w_tj e_j    attend
 *      s_t = G e_t + K a_t + c,       u_t = sigmoid(s_t) a_t       gate
 *      r_t = e_t + u_t                                             residual
 *      y_t = P r_t + d                                             decode
 *      f_t = tanh(y_t)                                             feed back
 *
 *  Letters: T time steps, D inputs, H hidden units, M outputs. Vectors are
 *  columns. A sequence is stored a step a row: row t-1 of x, e, q, a, g, u, r
 *  and y is step t; row t of f is f_t, since it begins with the given f_0. */
#ifndef HANDGRAD_FEEDBACK_NETWORK_H
#define HANDGRAD_FEEDBACK_NETWORK_H

#include <stdbool.h>

#include "lib/real.h"

/** Which parts of the network are there, and what stands in the place of one
 *  that is not. */
typedef struct parts {
    bool feedback;  /**< or B f_{t-1} is left out */
    bool attention; /**< or a_t = e_t: a look at the own step only */
    bool gate;      /**< or u_t = a_t: the gate is 1 */
    bool residual;  /**< or r_t = u_t */
} parts;

/** The parameters of a network, or the gradient by them, as views of one vector
 *  of fbnet_size(D, H, M) numbers. */
typedef struct fbnet {
    int D, H, M; /**< each >= 1 */
    parts on;
    real *A; /**< (H,D)  encode: from the input */
    real *b; /**< (H)    encode: bias */
    real *B; /**< (H,M)  the loop: from the last output */
    real *Q; /**< (H,H)  attend: from the encoding to the query */
    real *G; /**< (H,H)  gate: from the encoding */
    real *K; /**< (H,H)  gate: from what attention found */
    real *c; /**< (H)    gate: bias */
    real *P; /**< (M,H)  decode */
    real *d; /**< (M)    decode: bias */
} fbnet;

/** The groups of parameters, in the order of the vector: what is frozen or
 *  trained as a whole. */
enum { ENCODE, LOOP, ATTEND, GATE, DECODE, GROUPS };

/** How many parameters a network of these sizes has. */
int fbnet_size(int D, int H, int M);

/** A network whose parameters are the vector w: A, b, B, Q, G, K, c, P, d, each
 *  row by row. Copies nothing. */
fbnet fbnet_view(int D, int H, int M, parts on, real w[]);

/** Where a group's parameters stand in the vector: *count of them, from the
 *  place that is returned on. */
int fbnet_group(const fbnet *n, int group, int *count);

/** What the forward pass leaves, as views of one vector. The backward needs all
 *  of it but u and y. */
typedef struct fbnet_trace {
    real *e; /**< (T,H)    encodings */
    real *q; /**< (T,H)    queries */
    real *w; /**< (T,T)    attention weights; row t-1 has t of them */
    real *a; /**< (T,H)    what attention found */
    real *g; /**< (T,H)    gates */
    real *u; /**< (T,H)    what passed the gate */
    real *r; /**< (T,H)    what is decoded */
    real *y; /**< (T,M)    outputs */
    real *f; /**< (T+1,M)  outputs as they are fed back; f_0 is given */
} fbnet_trace;

/** How many numbers a trace of T steps has. */
int fbnet_trace_size(int T, int H, int M);

/** A trace that is the vector v of fbnet_trace_size(T, H, M) numbers. */
fbnet_trace fbnet_trace_view(int T, int H, int M, real v[]);

/** Attention of one step over the steps up to its own: a = sum_j w_j e_j, with
 *  w = softmax_j(q.e_j / sqrt(H)) and q = Q e_t: eqs. 15.3 to 15.5.
 *  @param[out] a  (H)    the mean of the encodings
 *  @param[out] w  (t)    its weights
 *  @param[out] q  (H)    the query
 *  @param[in]  e  (t,H)  encodings of the steps 1 to t; the last one asks */
void fbnet_attend_forward(int t, int H, real a[H], real w[t], real q[H],
                          const real Q[H][H], const real e[t][H]);

/** Adds into dQ and into the encodings of all t steps, given da: eqs. 15.23 and
 *  15.24. Does not need a. */
void fbnet_attend_backward(int t, int H, real dQ[H][H], real de[t][H],
                           const real da[H], const real w[t], const real q[H],
                           const real Q[H][H], const real e[t][H]);

/** g = sigmoid(G e + K s + c), and u = g v entry by entry: eqs. 15.6 and 15.7. In
 *  the network s and v are both a_t; S3 prints it with its signal for s, and
 *  with v = e.
 *  @param[out] g  (H)  the gate; the backward needs it
 *  @param[in]  e  (H)  the encoding
 *  @param[in]  s  (C)  what else the gate looks at
 *  @param[in]  v  (H)  what shall pass */
void fbnet_gate_forward(int H, int C, real u[H], real g[H], const real G[H][H],
                        const real K[H][C], const real c[H], const real e[H],
                        const real s[C], const real v[H]);

/** Adds the gradients of a gate, given du: eqs. 15.19 to 15.22. de, ds and dv
 *  may be the same memory. Does not need u. */
void fbnet_gate_backward(int H, int C, real dG[H][H], real dK[H][C], real dc[H],
                         real de[H], real ds[C], real dv[H], const real du[H],
                         const real g[H], const real G[H][H],
                         const real K[H][C], const real e[H], const real s[C],
                         const real v[H]);

/** Runs the network over a sequence: eqs. 15.1 to 15.10.
 *  @param[in,out] s  f_0 is given, all else is computed
 *  @param[in]     x  (T,D)  inputs */
void fbnet_forward(int T, const fbnet *n, const fbnet_trace *s,
                   const real x[T][n->D]);

/** Adds the gradients by all parameters into those of d, by the inputs into dx
 *  (T,D) and by the start of the loop into df0 (M), given dy = dL/dy: eqs. 15.16
 *  to 15.27. dx and df0 may be NULL. A part that is off gets nothing. */
void fbnet_backward(int T, const fbnet *n, const fbnet *d, real (*dx)[n->D],
                    real *df0, const real dy[T][n->M], const fbnet_trace *s,
                    const real x[T][n->D]);

#endif
