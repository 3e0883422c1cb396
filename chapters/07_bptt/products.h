/* SPDX-License-Identifier: MIT */
/** @file
 *  The three products of a recurrent layer: with a matrix, with its transpose,
 *  and column times row. All of them add, because what they compute is one term
 *  of a sum: z_t = A x_t + U h_{t-1} + ..., or a gradient over all steps. (The
 *  layer of chapter 4 sets its output, and has a bias.)
 *  Letters: M outputs, N inputs. Vectors are columns. */
#ifndef HANDGRAD_PRODUCTS_H
#define HANDGRAD_PRODUCTS_H

#include "lib/real.h"

/** The memory at w, read as rows of `width` numbers. */
#define ROWS(width, w) ((real(*)[width])(w))

/** y += W x. */
void add_product(int M, int N, real y[M], const real W[M][N], const real x[N]);

/** dx += W^T dy, the gradient by x of y = W x. */
void add_transposed(int M, int N, real dx[N], const real W[M][N],
                    const real dy[M]);

/** dW += dy x^T, the gradient by W of y = W x. */
void add_outer(int M, int N, real dW[M][N], const real dy[M], const real x[N]);

/** y += x. */
void add(int N, real y[N], const real x[N]);

/** x = 0. */
void clear(int N, real x[N]);

#endif
