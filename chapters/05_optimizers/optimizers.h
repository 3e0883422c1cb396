/* SPDX-License-Identifier: MIT */
/** @file
 *  Rules that move parameters against their gradient, and clipping.
 *  Letters: n parameters w with gradient dw (n); m, v running averages (n),
 *  zero before the first step; t the step's number, 1 for the first. A whole
 *  network is one such vector: put its parameters into one struct of reals. */
#ifndef HANDGRAD_OPTIMIZERS_H
#define HANDGRAD_OPTIMIZERS_H

#include "lib/real.h"

/** w -= rate dw. */
void gradient_descent(int n, real w[n], const real dw[n], double rate);

/** m = beta m + dw, w -= rate m (heavy ball, Polyak 1964). */
void momentum(int n, real w[n], real m[n], const real dw[n], double rate,
              double beta);

/** The settings of Adam; the usual ones are adam_usual(rate). */
typedef struct adam_rule {
    double rate, beta1, beta2, epsilon;
} adam_rule;

/** beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 (Kingma and Ba 2015, Alg. 1). */
adam_rule adam_usual(double rate);

/** One step of Adam (Kingma and Ba 2015, Alg. 1), t = 1, 2, ...:
 *  m = beta1 m + (1 - beta1) dw, v = beta2 v + (1 - beta2) dw^2,
 *  w -= rate mhat / (sqrt(vhat) + epsilon) with mhat = m / (1 - beta1^t),
 *  vhat = v / (1 - beta2^t). */
void adam(int n, real w[n], real m[n], real v[n], const real dw[n], int t,
          adam_rule rule);

/** Scales g so that its Euclidean norm is at most c > 0; its direction stays.
 *  Returns the norm before (Pascanu, Mikolov, Bengio 2013, Alg. 1). */
double clip_by_norm(int n, real g[n], double c);

/** Brings each g[i] into [-c, c]; this changes the direction. */
void clip_by_value(int n, real g[n], double c);

#endif
