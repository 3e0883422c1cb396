/* SPDX-License-Identifier: MIT */
/** @file
 *  The smallest loops: two threshold units that compute parity, and one unit
 *  that is fed its own output, x <- tanh(w x + b).
 *  Letters: w the weight of the loop, b its bias, x its state, K passes. */
#ifndef HANDGRAD_UNIT_H
#define HANDGRAD_UNIT_H

#include "lib/real.h"

/** The next state of the parity network, for a state and a bit that are 0 or 1:
 *  [bit + s > 1/2] - [bit + s > 3/2], eqs. 6.1 and 6.2. */
int parity_step(int s, int bit);

/** The parity of n >= 1 bits, by that network from the state 0. */
int parity_of(int n, const int bit[n]);

/** One pass of the loop: tanh(w x + b), eq. 6.3. */
real unit_step(real w, real b, real x);

/** K passes from x. */
real unit_run(int K, real w, real b, real x);

/** The slope of one pass where its result is x: w (1 - x^2), eq. 6.4. */
real unit_slope(real w, real x);

/** The gradient of a fixed point x = tanh(w x + b), by the implicit function
 *  theorem: adds dx times dx/dw into dw and dx times dx/db into db; needs only
 *  w and x. Eqs. 6.36 and 6.37.
 *  @param[in] dx  dL/dx at the fixed point; unit_slope(w, x) must not be 1 */
void unit_implicit(real *dw, real *db, real dx, real w, real x);

/** The variance of x <- w x + noise in the long run, where that of the noise
 *  is 1: 1 / (1 - w^2), eq. 6.7; |w| < 1. */
double noise_gain(double w);

/** The same after K passes from a state without noise: sum_{k<K} w^2k. */
double noise_gain_after(int K, double w);

#endif
