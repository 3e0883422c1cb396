/* SPDX-License-Identifier: MIT */
/** @file
 *  Two functions of two numbers, to watch an optimizer move: a bowl that is k
 *  times as steep across as along, and the bent valley of Rosenbrock (1960). */
#ifndef HANDGRAD_LANDSCAPES_H
#define HANDGRAD_LANDSCAPES_H

#include "lib/real.h"

/** (w[0]^2 + k w[1]^2) / 2: eq. 5.83. */
real bowl_forward(const real w[2], double k);

/** dw += dL (w[0], k w[1]): eq. 5.83a. */
void bowl_backward(real dw[2], real dL, const real w[2], double k);

/** (1 - w[0])^2 + k (w[1] - w[0]^2)^2: eq. 5.87. Rosenbrock has k = 100. */
real valley_forward(const real w[2], double k);

/** Eqs. 5.87a and 5.87b. */
void valley_backward(real dw[2], real dL, const real w[2], double k);

#endif
