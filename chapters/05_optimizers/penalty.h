/* SPDX-License-Identifier: MIT */
/** @file
 *  A penalty on large weights, lambda ||W||^2, with two norms that are often
 *  written alike. Letters: W (M,N) a matrix of weights; lambda the strength, P
 *  the penalty; dP the gradient of what is minimised by P, 1 where P is simply
 *  added to the loss. Biases are not penalised: a bias only moves the output. */
#ifndef HANDGRAD_PENALTY_H
#define HANDGRAD_PENALTY_H

#include "lib/real.h"

/** lambda times the sum of all squares (the Frobenius norm, squared): eq. 5.22.
 *  A vector has one row or one column. */
real frobenius_forward(int M, int N, const real W[M][N], double lambda);

/** dW[m][n] += dP 2 lambda W[m][n]: eq. 5.23. */
void frobenius_backward(int M, int N, real dW[M][N], real dP,
                        const real W[M][N], double lambda);

/** Where power iteration begins: v becomes the longest row of W. The start must
 *  not be orthogonal to the vector that W stretches most; of two rows the
 *  longest never is, of more only by a rare chance. */
void longest_row(int M, int N, real v[N], const real W[M][N]);

/** lambda times the square of the largest singular value s (the spectral norm),
 *  by power iteration: eqs. 5.25 and 5.25a.
 *  @param[out] u      (M)  the unit vector that W makes of v, W v = s u
 *  @param[out] v      (N)  the unit vector that W stretches most
 *  @param[in]  steps  of the iteration; the error falls as (s_2/s_1)^(4 steps) */
real spectral_forward(int M, int N, real u[M], real v[N], const real W[M][N],
                      double lambda, int steps);

/** dW[m][n] += dP 2 lambda s u[m] v[n]: eq. 5.26. The largest singular value
 *  must be alone: where two are equal the norm has a kink. */
void spectral_backward(int M, int N, real dW[M][N], real dP, const real u[M],
                       const real v[N], const real W[M][N], double lambda);

#endif
