/* SPDX-License-Identifier: MIT */
/** @file
 *  A network with one hidden layer and direct links: the output sees the inputs
 *  beside the hidden units.
 *  Letters: N inputs x, H hidden units h, M outputs y; s = (x, h) is what the
 *  output sees. A and c lead to the hidden units, W and b to the outputs. */
#ifndef HANDGRAD_SKIP_H
#define HANDGRAD_SKIP_H

#include "chapters/04_backprop/network.h"

/** h = hidden(A x + c), s = (x, h), y = output(W s + b): eq. 4.18.
 *  @param[out] y  (M)
 *  @param[out] s  (N+H)  the inputs, then the hidden units; the backward needs it */
void skip_forward(int N, int H, int M, real y[M], real s[N + H], squash hidden,
                  squash output, const real A[H][N], const real c[H],
                  const real W[M][N + H], const real b[M], const real x[N]);

/** Adds to dA, dc, dW, db and dx: eq. 4.19. x is used twice, so dx is a sum.
 *  @param[in] dy  (M)  by the output y */
void skip_backward(int N, int H, int M, real dA[H][N], real dc[H],
                   real dW[M][N + H], real db[M], real dx[N], squash hidden,
                   squash output, const real dy[M], const real y[M],
                   const real s[N + H], const real A[H][N],
                   const real W[M][N + H]);

#endif
