/* SPDX-License-Identifier: MIT */
/** @file
 *  The same functions as textbooks write them. In exact arithmetic they are
 *  right; in a computer they overflow, or lose their digits. They are here to
 *  be measured, and as a second witness where they are still exact.
 *  Letters as in activations.h. */
#ifndef HANDGRAD_NAIVE_H
#define HANDGRAD_NAIVE_H

#include "lib/real.h"

/** exp(z)/(1 + exp(z)): infinity over infinity where exp(z) overflows. */
real naive_sigmoid(real z);

/** (exp(z) - exp(-z))/(exp(z) + exp(-z)): NaN where exp(|z|) overflows, and for
 *  small z the difference has lost its digits. */
real naive_tanh(real z);

/** log(1 + exp(z)): infinite where exp(z) overflows, 0 where exp(z) is lost in
 *  1 + exp(z). */
real naive_softplus(real z);

/** z (1 + erf(z/sqrt(2)))/2: for z < 0 the sum cancels. */
real naive_gelu(real z);

/** exp(z[n])/sum_m exp(z[m]), with nothing taken off. */
void naive_softmax(int N, real p[N], const real z[N]);

/** log(sum_n exp(z[n])), with nothing taken off. */
real naive_log_sum_exp(int N, const real z[N]);

#endif
