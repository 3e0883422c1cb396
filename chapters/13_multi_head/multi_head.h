/* SPDX-License-Identifier: MIT */
/** @file
 *  Multi-head attention (Vaswani et al. 2017, section 3.2.2), with biases.
 *  Letters: M queries, N keys and as many values, C the width of a token, H
 *  heads, D the width of a head's queries and keys, E of its values; m, n, c,
 *  h, d, e their indices. Usual is D = E = C/H. Tokens are rows, and a matrix
 *  of weights has a row for each output, as in chapter 4.
 *
 *  The three inputs: xq (M,C) makes the queries, xk (N,C) the keys, xv (N,C)
 *  the values. In self-attention all three are one array x (M = N), and so may
 *  be their gradients: everything is added. */
#ifndef HANDGRAD_MULTI_HEAD_H
#define HANDGRAD_MULTI_HEAD_H

#include <stdbool.h>

#include "lib/real.h"

/** The weights of all heads, or the gradient by them: the sizes, and where each
 *  array begins. */
typedef struct multi_head {
    int C, H, D, E;  /**< each >= 1 */
    real *W_q, *b_q; /**< (H,D,C), (H,D)  queries */
    real *W_k, *b_k; /**< (H,D,C), (H,D)  keys */
    real *W_v, *b_v; /**< (H,E,C), (H,E)  values */
    real *W_o, *b_o; /**< (C,H*E), (C)    from the heads to the output */
} multi_head;

/** What the backward needs from the forward pass. */
typedef struct multi_head_kept {
    real *q, *k, *v; /**< (H,M,D), (H,N,D), (H,N,E) */
    real *w;         /**< (H,M,N)  attention weights */
    real *o;         /**< (H,M,E)  outputs of the heads */
    real *a;         /**< (M,H*E)  the same, the heads side by side */
} multi_head_kept;

/** How many weights there are: 2 H D (C + 1) + H E (C + 1) + C H E + C. */
int multi_head_size(int C, int H, int D, int E);

/** A view of the vector w of so many numbers as weights, in the order of the
 *  struct: so an optimizer sees a single vector. Copies nothing. */
multi_head multi_head_view(int C, int H, int D, int E, real w[]);

/** How many numbers the backward needs, for M queries and N keys. */
int multi_head_kept_size(int M, int N, const multi_head *n);

/** A view of a vector of so many numbers. */
multi_head_kept multi_head_kept_view(int M, int N, const multi_head *n,
                                     real w[]);

/** q[h][t] = W[h] x[t] + b[h] for every head and token: eqs. 13.1 to 13.3. */
void heads_project_forward(int T, int C, int H, int D, real q[H][T][D],
                           const real W[H][D][C], const real b[H][D],
                           const real x[T][C]);

/** Adds to dW, db and dx (T,C), given dq: eqs. 13.10 to 13.12. dx may be NULL. */
void heads_project_backward(int T, int C, int H, int D, real dW[H][D][C],
                            real db[H][D], real (*dx)[C],
                            const real dq[H][T][D], const real W[H][D][C],
                            const real x[T][C]);

/** The heads' outputs side by side, then a linear layer: eqs. 13.5 and 13.6.
 *  @param[out] y  (M,C)
 *  @param[out] a  (M,H*E)  head h has the columns h*E to h*E + E-1 */
void heads_join_forward(int M, int C, int H, int E, real y[M][C],
                        real a[M][H * E], const real W_o[C][H * E],
                        const real b_o[C], const real o[H][M][E]);

/** Adds to dW_o, db_o and do_ (H,M,E), given dy: eqs. 13.7 and 13.8. */
void heads_join_backward(int M, int C, int H, int E, real dW_o[C][H * E],
                         real db_o[C], real do_[H][M][E], const real dy[M][C],
                         const real W_o[C][H * E], const real a[M][H * E]);

/** Multi-head attention with the weights n: eqs. 13.1 to 13.6. The scale is
 *  1/sqrt(D).
 *  @param[out] y     (M,C)
 *  @param[out] kept  all of its arrays are written
 *  @param[in]  see   (M,N) the mask, or NULL: every query sees every key
 *  @param[in]  xq, xk, xv  (M,C), (N,C), (N,C) */
void multi_head_forward(int M, int N, const multi_head *n, real y[M][n->C],
                        const multi_head_kept *kept, const bool (*see)[N],
                        const real xq[M][n->C], const real xk[N][n->C],
                        const real xv[N][n->C]);

/** Adds the gradients by all weights into g (of the sizes of n) and by the three
 *  inputs into dxq, dxk, dxv (each may be NULL), given dy (M,C): eqs. 13.7 to
 *  13.12. Needs no mask: the attention weights kept are 0 where it hides a key. */
void multi_head_backward(int M, int N, const multi_head *n, const multi_head *g,
                         real (*dxq)[n->C], real (*dxk)[n->C],
                         real (*dxv)[n->C], const real dy[M][n->C],
                         const multi_head_kept *kept, const real xq[M][n->C],
                         const real xk[N][n->C], const real xv[N][n->C]);

#endif
