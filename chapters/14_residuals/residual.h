/* SPDX-License-Identifier: MIT */
/** @file
 *  A residual block: a shortcut beside a branch of two dense layers.
 *  Letters: N inputs, H hidden units, M outputs (M = N for the identity
 *  shortcut); n, h, m their indices. Vectors are columns. */
#ifndef HANDGRAD_RESIDUAL_H
#define HANDGRAD_RESIDUAL_H

#include <stdbool.h>

#include "lib/real.h"

/** What a block is made of, apart from its weights. */
typedef struct residual_kind {
    bool relu; /**< the hidden units: ReLU, or tanh */
    double
        shortcut;  /**< lambda: factor of the identity shortcut, 1 as a rule */
    double branch; /**< beta: factor of the branch, 1 as a rule */
} residual_kind;

/** F = W2 a + b2 with a = tanh(W1 x + b1), or ReLU in place of tanh: eqs. 14.1
 *  and 14.2. a (H) is kept for the backward. */
void branch_forward(int M, int N, int H, real F[M], real a[H], bool relu,
                    const real W1[H][N], const real b1[H], const real W2[M][H],
                    const real b2[M], const real x[N]);

/** Adds the branch's gradients, given dF = dL/dF: eqs. 14.6 to 14.8. Needs the
 *  hidden a and the input x; does not need F. dx may be NULL. */
void branch_backward(int M, int N, int H, real dW1[H][N], real db1[H],
                     real dW2[M][H], real db2[M], real dx[N], const real dF[M],
                     bool relu, const real a[H], const real W1[H][N],
                     const real W2[M][H], const real x[N]);

/** y = lambda x + beta F(x), the identity shortcut: eq. 14.3. (He, Zhang, Ren,
 *  Sun 2016, CVPR, eq. 1, where lambda = beta = 1.) */
void residual_forward(int N, int H, real y[N], real a[H], residual_kind kind,
                      const real W1[H][N], const real b1[H],
                      const real W2[N][H], const real b2[N], const real x[N]);

/** Adds the gradients of the block, given dy: eqs. 14.5 to 14.9. Needs a and
 *  x; does not need y. */
void residual_backward(int N, int H, real dW1[H][N], real db1[H],
                       real dW2[N][H], real db2[N], real dx[N],
                       const real dy[N], residual_kind kind, const real a[H],
                       const real W1[H][N], const real W2[N][H],
                       const real x[N]);

/** y = Ws x + F(x), the linear shortcut, for widths that differ: eq. 14.4.
 *  (He, Zhang, Ren, Sun 2016, CVPR, eq. 2.) */
void projection_forward(int M, int N, int H, real y[M], real a[H], bool relu,
                        const real Ws[M][N], const real W1[H][N],
                        const real b1[H], const real W2[M][H], const real b2[M],
                        const real x[N]);

/** Adds the gradients of a block with a linear shortcut, given dy: eqs. 14.6 to
 *  14.8 and 14.10. */
void projection_backward(int M, int N, int H, real dWs[M][N], real dW1[H][N],
                         real db1[H], real dW2[M][H], real db2[M], real dx[N],
                         const real dy[M], bool relu, const real a[H],
                         const real Ws[M][N], const real W1[H][N],
                         const real W2[M][H], const real x[N]);

/** J = lambda I + beta W2 diag(a') W1, the Jacobian of an identity block: eq.
 *  14.11. For comparing; a backward pass never forms it. */
void residual_jacobian(int N, int H, real J[N][N], residual_kind kind,
                       const real a[H], const real W1[H][N],
                       const real W2[N][H]);

#endif
