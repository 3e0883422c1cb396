/* SPDX-License-Identifier: MIT */
/** @file
 *  The experiments of chapter 2, and the descent towards a target: letters as
 *  in activations.h, and w one weight, y its target, L the loss (tanh w - y)^2,
 *  t the number of steps. */
#ifndef HANDGRAD_ACTIVATIONS_EXPERIMENT_H
#define HANDGRAD_ACTIVATIONS_EXPERIMENT_H

#include "lib/program.h"

/** Adds dL/dw into dw and returns L = (tanh w - y)^2: eqs. 2.38 and 2.39. */
real reach_loss(real *dw, double y, real w);

/** The weight after t steps of gradient descent towards y > 1: eq. 2.40.
 *  @param[in] rate  step size of gradient descent */
double reach_weight(double y, double rate, double t);

/** How far the loss then lies above (y - 1)^2: eq. 2.41. */
double reach_excess(double rate, double t);

/** sinh(z)^2: how often the relative error of the slope 1 - tanh(z)^2 is as
 *  large as the machine's eps: eq. 2.37. */
double tanh_condition(double z);

/** Curves of all activations, of their slopes, and of the two GELUs. */
void experiment_shapes(program *p);

/** Mean and variance over many draws of RReLU and dropout at one x.
 *  @param[in] lo,hi    the slopes of RReLU
 *  @param[in] dropped  the probability of dropout, below 1 */
void experiment_draws(program *p, double x, double lo, double hi,
                      double dropped);

/** Relative errors of the naive and of the stable forms. */
void experiment_digits(program *p);

/** Gradient descent towards a target that tanh cannot reach, y > 1. */
void experiment_reach(program *p, double y, double rate);

#endif
