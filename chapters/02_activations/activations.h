/* SPDX-License-Identifier: MIT */
/** @file
 *  Activations and their derivatives, element by element; softmax and
 *  log-sum-exp. Each is written so that no finite input overflows.
 *  Letters: N how many elements, n and m their indices; z what goes in, a what
 *  comes out, p the probabilities of a softmax.
 *
 *  A backward function adds into dz; the caller clears it. Each says what it
 *  needs from the forward pass: sigmoid, tanh and softmax only their output.
 *  At a kink (z = 0) the slope of the left side is taken, everywhere.
 *
 *  Random activations have three functions: draw, forward, backward. Only draw
 *  takes random numbers, from the generator that it is given; what it drew is
 *  kept for the backward, and forward can be run again with it. */
#ifndef HANDGRAD_ACTIVATIONS_H
#define HANDGRAD_ACTIVATIONS_H

#include "lib/real.h"
#include "lib/rng.h"

/* ---- sigmoid and tanh ---------------------------------------------------- */

/** 1/(1 + exp(-z)), without overflow for any finite z: eqs. 2.1 and 2.2. */
real sigmoid(real z);

/** a[n] = sigmoid(z[n]). */
void sigmoid_forward(int N, real a[N], const real z[N]);

/** dz[n] += da[n] a[n] (1 - a[n]): eq. 2.3; needs the output a, not z. */
void sigmoid_backward(int N, real dz[N], const real da[N], const real a[N]);

/** a[n] = tanh(z[n]): eq. 2.4. */
void tanh_forward(int N, real a[N], const real z[N]);

/** dz[n] += da[n] (1 - a[n]^2): eq. 2.5; needs the output a, not z. */
void tanh_backward(int N, real dz[N], const real da[N], const real a[N]);

/** The sigmoid's slope from z, good to the last digits where a (1 - a) is not:
 *  eq. 2.35. */
real sigmoid_slope(real z);

/** The slope of tanh from z, good to the last digits where 1 - a^2 is not:
 *  eq. 2.36. */
real tanh_slope(real z);

/* ---- ReLU and its kin ---------------------------------------------------- */

/** a[n] = max(z[n], 0): eq. 2.8. */
void relu_forward(int N, real a[N], const real z[N]);

/** dz[n] += da[n] where z[n] > 0: eq. 2.9; at the kink z = 0 the slope 0 is
 *  taken. */
void relu_backward(int N, real dz[N], const real da[N], const real z[N]);

/** a[n] = z[n] where z[n] > 0, else slope z[n]: eq. 2.10.
 *  @param[in] slope  of the left side, usually 0.01 */
void leaky_relu_forward(int N, real a[N], double slope, const real z[N]);

/** dz[n] += da[n] or slope da[n]: eq. 2.11. */
void leaky_relu_backward(int N, real dz[N], const real da[N], double slope,
                         const real z[N]);

/** The slopes of a training step, uniform in [lo, hi), N draws: eq. 2.12.
 *  Usual: lo = 1/8, hi = 1/3, as in PyTorch. (Xu, Wang, Chen, Li 2015 divide
 *  instead, by numbers from 3 to 8.) */
void rrelu_draw(int N, real slope[N], double lo, double hi, rng *g);

/** a[n] = z[n] where z[n] > 0, else slope[n] z[n]: eq. 2.13. For evaluation
 *  use leaky_relu_forward with rrelu_mean_slope. */
void rrelu_forward(int N, real a[N], const real slope[N], const real z[N]);

/** dz[n] += da[n] or slope[n] da[n]: eq. 2.14; needs the slopes drawn. */
void rrelu_backward(int N, real dz[N], const real da[N], const real slope[N],
                    const real z[N]);

/** (lo + hi)/2, the slope of evaluation: eq. 2.15. */
double rrelu_mean_slope(double lo, double hi);

/* ---- dropout ------------------------------------------------------------- */

/** The mask of a training step, N draws: 0 with probability p, else 1/(1 - p):
 *  eq. 2.17. p in [0,1]. For evaluation there is nothing to do: a = z. */
void dropout_draw(int N, real mask[N], double p, rng *g);

/** a[n] = mask[n] z[n]: eq. 2.18. */
void dropout_forward(int N, real a[N], const real mask[N], const real z[N]);

/** dz[n] += mask[n] da[n]: eq. 2.19; needs the mask, not z. */
void dropout_backward(int N, real dz[N], const real da[N], const real mask[N]);

/* ---- softplus and GELU --------------------------------------------------- */

/** log(1 + exp(z)) = max(z, 0) + log(1 + exp(-|z|)): eq. 2.22. */
real softplus(real z);

/** a[n] = softplus(z[n]). */
void softplus_forward(int N, real a[N], const real z[N]);

/** dz[n] += da[n] sigmoid(z[n]): eq. 2.23; needs z. */
void softplus_backward(int N, real dz[N], const real da[N], const real z[N]);

/** The normal distribution function erfc(-z/sqrt(2))/2: eq. 2.24. In the
 *  complex build its slope is given (as those of lib/real.h are). */
real normal_cdf(real z);

/** a[n] = z[n] normal_cdf(z[n]): eq. 2.25 (Hendrycks and Gimpel 2016). */
void gelu_forward(int N, real a[N], const real z[N]);

/** dz[n] += da[n] (cdf(z[n]) + z[n] density(z[n])): eq. 2.26; needs z. */
void gelu_backward(int N, real dz[N], const real da[N], const real z[N]);

/** The tanh form: a[n] = z[n] (1 + tanh(u))/2 = z[n] sigmoid(2u) with
 *  u = sqrt(2/pi) (z + 0.044715 z^3): eqs. 2.27 and 2.28. */
void gelu_tanh_forward(int N, real a[N], const real z[N]);

/** Its gradient, eq. 2.29; needs z. It is not that of gelu_forward. */
void gelu_tanh_backward(int N, real dz[N], const real da[N], const real z[N]);

/* ---- softmax and log-sum-exp --------------------------------------------- */

/** p[n] = exp(z[n]) / sum_m exp(z[m]), with the largest z taken off first, so
 *  that no exponential overflows: eq. 2.30. p may not be z. */
void softmax_forward(int N, real p[N], const real z[N]);

/** dz[n] += p[n] (dp[n] - sum_m p[m] dp[m]): eq. 2.32; needs the output p, not
 *  z. */
void softmax_backward(int N, real dz[N], const real dp[N], const real p[N]);

/** The whole Jacobian J[m][n] = dp[m]/dz[n] = p[m] ([m = n] - p[n]): eq. 2.31.
 *  The backward does without it. */
void softmax_jacobian(int N, real J[N][N], const real p[N]);

/** Returns log(sum_n exp(z[n])): eq. 2.33.
 *  @param[out] p  (N)  the softmax of z; the backward needs it */
real log_sum_exp_forward(int N, real p[N], const real z[N]);

/** dz[n] += dy p[n]: eq. 2.34; needs the softmax p, not z. */
void log_sum_exp_backward(int N, real dz[N], real dy, const real p[N]);

#endif
