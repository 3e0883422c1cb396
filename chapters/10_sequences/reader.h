/* SPDX-License-Identifier: MIT */
/** @file
 *  A network for sequences: embedding, LSTM, dense layer. What goes in and where
 *  the loss looks makes it many-to-many, many-to-one or one-to-many.
 *  Letters: T steps (t = 1 .. T), V tokens of the vocabulary, D width of an
 *  embedding, H units. E embeddings, W, U, b the LSTM, P and q the dense layer. */
#ifndef HANDGRAD_READER_H
#define HANDGRAD_READER_H

#include "chapters/08_lstm/lstm.h"
#include "lib/rng.h"

#include <stdbool.h>

/** A view of one row of numbers: the parameters, or their gradient. */
typedef struct reader {
    int V, D, H;
    real *E; /**< (V,D) */
    real *W; /**< (GATES,H,D) */
    real *U; /**< (GATES,H,H) */
    real *b; /**< (GATES,H) */
    real *P; /**< (V,H) */
    real *q; /**< (V) */
} reader;

/** How many numbers a network of these sizes has. */
int reader_size(int V, int D, int H);

/** The view of w, an array of reader_size(V, D, H) numbers. */
reader reader_view(int V, int D, int H, real *w);

/** Embeddings normal with variance 1, weights uniform in +-1/sqrt(H), biases 0
 *  but for the forget gates', which are 1. */
void reader_start(const reader *n, rng *g);

/** T steps for one sequence: eqs. 10.1, 10.8 and 10.19. Nothing is read of, or
 *  written for, a padded step but that its state is a copy.
 *  @param[out]    x     (T,D)
 *  @param[in,out] c, h  (T+1,H)     row 0 is read
 *  @param[out]    gate  (T,GATES,H)
 *  @param[out]    z     (T,V)       logits; row t-1 is z_t
 *  @param[in]     k     (T)         tokens, each in [0,V), in the padding too
 *  @param[in]     keep  (T)         1 for a real step, 0 for padding */
void reader_forward(int T, const reader *n, real x[T][n->D],
                    real c[T + 1][n->H], real h[T + 1][n->H],
                    real gate[T][GATES][n->H], real z[T][n->V], const int k[T],
                    const int keep[T]);

/** Its backward: eqs. 10.20, 10.9 and 10.2. Adds to the numbers that d views.
 *  @param[in,out] dx    (T,D)    zero before
 *  @param[in,out] dc, dh (T+1,H) what the loss says of the states directly
 *                 (usually zero); afterwards as after lstm_backward
 *  @param[in]     dz    (T,V)    not read where padded */
void reader_backward(int T, const reader *n, const reader *d, real dx[T][n->D],
                     real dc[T + 1][n->H], real dh[T + 1][n->H],
                     const real dz[T][n->V], const real x[T][n->D],
                     const real c[T + 1][n->H], const real h[T + 1][n->H],
                     const real gate[T][GATES][n->H], const int k[T],
                     const int keep[T]);

/** Runs freely from the state zero: the first input is the token `start`; then,
 *  with feedback, the network's own output (eq. 10.22), else `start` again.
 *  @param[out] out  (T)  the most likely token of each step */
void reader_generate(int T, const reader *n, int out[T], int start,
                     bool feedback);

/** The index of the largest of V numbers, the first where several are. */
int most_likely(int V, const real z[V]);

#endif
