/* SPDX-License-Identifier: MIT */
/** @file
 *  Losses of predictions that are given as such: squared error of numbers, and
 *  cross-entropy of probabilities. Where the probabilities come from a sigmoid
 *  or a softmax, cross_entropy.h is more accurate: it starts from the logits.
 *  Letters: N numbers or cases, n their index; B rows, C classes, b and c their
 *  indices; p what is predicted, y the label; natural logarithms throughout.
 *
 *  dloss is the gradient of what is minimised by this loss, 1 where the loss
 *  itself is minimised. A backward function adds; the caller clears. */
#ifndef HANDGRAD_LOSSES_H
#define HANDGRAD_LOSSES_H

#include "lib/real.h"

/** The mean of (p[n] - y[n])^2: eq. 3.1. */
real mse_forward(int N, const real p[N], const real y[N]);

/** Adds to dp and dy, eqs. 3.2 and 3.3. */
void mse_backward(int N, real dp[N], real dy[N], real dloss, const real p[N],
                  const real y[N]);

/** The mean of -(y log p + (1-y) log(1-p)), eqs. 3.6 and 3.7, in nats.
 *  @param[in] p  (N)  probabilities of the class 1, in (0,1); 0 is allowed
 *                     where y = 0, and 1 where y = 1
 *  @param[in] y  (N)  labels: 0, 1, or a probability in between */
real bce_forward(int N, const real p[N], const real y[N]);

/** Adds to dp and dy, eqs. 3.8 and 3.9. */
void bce_backward(int N, real dp[N], real dy[N], real dloss, const real p[N],
                  const real y[N]);

/** The second derivative of the loss of one case by p: eq. 3.18. */
real bce_curvature(real p, real y);

/** The mean over the rows of -sum_c y log p, eq. 3.24, in nats.
 *  @param[in] p  (B,C)  probabilities, positive where y is not 0
 *  @param[in] y  (B,C)  labels: one-hot rows, or any others */
real ce_forward(int B, int C, const real p[B][C], const real y[B][C]);

/** Adds to dp and dy, eqs. 3.25 and 3.26. The probabilities are treated as free
 *  numbers: that they sum to 1 is the business of the softmax before them. */
void ce_backward(int B, int C, real dp[B][C], real dy[B][C], real dloss,
                 const real p[B][C], const real y[B][C]);

/** The derivative of (sigmoid(z) - y)^2 by z: eq. 3.20. */
real mse_sigmoid_slope(real z, real y);

/** Its second derivative by z: eq. 3.21. */
real mse_sigmoid_curvature(real z, real y);

#endif
