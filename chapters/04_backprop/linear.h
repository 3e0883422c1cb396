/* SPDX-License-Identifier: MIT */
/** @file
 *  A dense (fully connected) layer y = W x + b, and how to start its weights.
 *  Letters: M outputs, N inputs. Vectors are columns; W has a row an output. */
#ifndef HANDGRAD_LINEAR_H
#define HANDGRAD_LINEAR_H

#include "lib/real.h"
#include "lib/rng.h"

/** y[m] = b[m] + sum_n W[m][n] x[n]. */
void linear_forward(int M, int N, real y[M], const real W[M][N],
                    const real b[M], const real x[N]);

/** The gradients of a layer, added into dW, db and dx:
 *  dW[m][n] += dy[m] x[n], db[m] += dy[m], dx[n] += sum_m W[m][n] dy[m].
 *  dx may be NULL: the first layer of a network needs none. y is not needed. */
void linear_backward(int M, int N, real dW[M][N], real db[M], real dx[N],
                     const real dy[M], const real W[M][N], const real x[N]);

/** W uniform in +-sqrt(6 / (N + M)): keeps the variance of activations and of
 *  gradients through tanh layers alike (Glorot and Bengio 2010, eq. 16). */
void glorot_uniform(int M, int N, real W[M][N], rng *g);

/** W normal with variance 2 / N: keeps the variance of activations through
 *  ReLU layers (He, Zhang, Ren, Sun 2015, eq. 10). */
void he_normal(int M, int N, real W[M][N], rng *g);

/** n values uniform in [-limit, limit). */
void uniform_fill(int n, real w[n], double limit, rng *g);

#endif
