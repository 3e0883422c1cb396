/* SPDX-License-Identifier: MIT */
/** @file
 *  Cross-entropy from the logits: sigmoid or softmax and the logarithm in one
 *  function. It cannot overflow, and its gradient is p - y.
 *  Letters: B rows (the batch), C classes, b and c their indices; N cases with
 *  two classes, n their index; z logits, p probabilities, y labels. Natural
 *  logarithms.
 *
 *  dloss is the gradient of what is minimised by this loss, 1 where the loss
 *  itself is minimised. A backward function adds; the caller clears. */
#ifndef HANDGRAD_CROSS_ENTROPY_H
#define HANDGRAD_CROSS_ENTROPY_H

#include "lib/real.h"

/** The mean cross-entropy of softmax(z) against the target classes, in nats:
 *  eqs. 3.28 to 3.30.
 *  @param[out] p       (B,C)  the softmax, row by row; the backward needs it
 *  @param[in]  z       (B,C)  logits, finite
 *  @param[in]  target  (B)    classes, each in [0,C) */
real cross_entropy_forward(int B, int C, real p[B][C], const real z[B][C],
                           const int target[B]);

/** dz[b][c] += dloss (p[b][c] - [c = target[b]]) / B: eq. 3.31. Needs neither
 *  the logits nor the loss. */
void cross_entropy_backward(int B, int C, real dz[B][C], real dloss,
                            const real p[B][C], const int target[B]);

/** The mean over the rows of -sum_c y log softmax(z), in nats: eqs. 3.32 and
 *  3.33. The rows of y need not sum to 1.
 *  @param[out] p     (B,C)  the softmax, row by row
 *  @param[out] logp  (B,C)  its logarithm, finite where p is rounded to 0
 *  @param[in]  z     (B,C)  logits, finite
 *  @param[in]  y     (B,C)  labels */
real cross_entropy_dense_forward(int B, int C, real p[B][C], real logp[B][C],
                                 const real z[B][C], const real y[B][C]);

/** Adds to dz and dy, eqs. 3.34 to 3.36. */
void cross_entropy_dense_backward(int B, int C, real dz[B][C], real dy[B][C],
                                  real dloss, const real p[B][C],
                                  const real logp[B][C], const real y[B][C]);

/** The mean cross-entropy of sigmoid(z) against y, in nats: eqs. 3.12 and 3.7.
 *  @param[in] z  (N)  logits, finite
 *  @param[in] y  (N)  labels: 0, 1, or a probability in between */
real cross_entropy_binary_forward(int N, const real z[N], const real y[N]);

/** Adds to dz and dy, eqs. 3.13 and 3.14. */
void cross_entropy_binary_backward(int N, real dz[N], real dy[N], real dloss,
                                   const real z[N], const real y[N]);

/** The second derivative of the loss of one case by its logit, whatever the
 *  label is: eq. 3.19. */
real cross_entropy_binary_curvature(real z);

#endif
