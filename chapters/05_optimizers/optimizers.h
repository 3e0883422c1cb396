/* SPDX-License-Identifier: MIT */
/** @file
 *  Rules that move parameters against their gradient, and clipping.
 *  Letters: n parameters w; g the gradient of the loss by w (n); m, v running
 *  averages (n), zero before the first step; t the step's number, 1 for the
 *  first. A whole network is one such vector: put its parameters into one struct
 *  of reals.
 *
 *  An update is a function like any other, from (w, m, v, g) to the new (w, m,
 *  v); so each has a backward, for a scalar F of what comes after it. dw, dm and
 *  dv are the gradients of F by w, m and v: those after the step when the
 *  function is called, those before the step when it returns. Into dg the
 *  gradient by g is added. m and v are those after the step. Where dw is const,
 *  it is the same before and after. */
#ifndef HANDGRAD_OPTIMIZERS_H
#define HANDGRAD_OPTIMIZERS_H

#include "lib/real.h"

/** w -= rate g: eq. 5.1. */
void gradient_descent(int n, real w[n], const real g[n], double rate);

/** dg -= rate dw: eq. 5.36. */
void gradient_descent_backward(int n, real dg[n], const real dw[n],
                               double rate);

/** m = beta m + g, w -= rate m (heavy ball, Polyak 1964): eqs. 5.2 and 5.3. */
void momentum(int n, real w[n], real m[n], const real g[n], double rate,
              double beta);

/** Eqs. 5.37 to 5.39. */
void momentum_backward(int n, real dm[n], real dg[n], const real dw[n],
                       double rate, double beta);

/** m = beta m + g, w -= rate (g + beta m), with the new m (Nesterov 1983, in the
 *  form of Sutskever et al. 2013 that PyTorch has): eqs. 5.2 and 5.4. */
void nesterov(int n, real w[n], real m[n], const real g[n], double rate,
              double beta);

/** Eqs. 5.38 to 5.41. */
void nesterov_backward(int n, real dm[n], real dg[n], const real dw[n],
                       double rate, double beta);

/** v = rho v + (1 - rho) g^2, w -= rate g / (sqrt(v) + epsilon) (Tieleman and
 *  Hinton 2012): eqs. 5.5 and 5.6. */
void rmsprop(int n, real w[n], real v[n], const real g[n], double rate,
             double rho, double epsilon);

/** Eqs. 5.42 to 5.45. v must be positive: where it is 0 the root has no slope. */
void rmsprop_backward(int n, real dv[n], real dg[n], const real dw[n],
                      const real v[n], const real g[n], double rate, double rho,
                      double epsilon);

/** The settings of Adam; the usual ones are adam_usual(rate). */
typedef struct adam_rule {
    double rate, beta1, beta2, epsilon;
} adam_rule;

/** beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 (Kingma and Ba 2015, Alg. 1). */
adam_rule adam_usual(double rate);

/** One step of Adam (Kingma and Ba 2015, Alg. 1), t = 1, 2, ...:
 *  m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2,
 *  w -= rate mhat / (sqrt(vhat) + epsilon) with mhat = m / (1 - beta1^t),
 *  vhat = v / (1 - beta2^t): eqs. 5.7 to 5.11. */
void adam(int n, real w[n], real m[n], real v[n], const real g[n], int t,
          adam_rule rule);

/** Eqs. 5.46 to 5.51. v must be positive. */
void adam_backward(int n, real dm[n], real dv[n], real dg[n], const real dw[n],
                   const real m[n], const real v[n], const real g[n], int t,
                   adam_rule rule);

/** Adam with mhat = m and vhat = v: without the corrections, eq. 5.13. */
void adam_uncorrected(int n, real w[n], real m[n], real v[n], const real g[n],
                      adam_rule rule);

/** AMSGrad (Reddi, Kale, Kumar 2018, Alg. 2): as adam_uncorrected, but divided
 *  by the root of the largest v so far: eqs. 5.14 and 5.15.
 *  @param[in,out] top  (n)  that largest v, zero before the first step */
void amsgrad(int n, real w[n], real m[n], real v[n], real top[n],
             const real g[n], adam_rule rule);

/** Eqs. 5.48 to 5.53. dtop is turned as dv is; top_before is top before the
 *  step. Where both are equal the slope of the old one is taken. */
void amsgrad_backward(int n, real dm[n], real dv[n], real dtop[n], real dg[n],
                      const real dw[n], const real m[n], const real v[n],
                      const real top_before[n], const real g[n],
                      adam_rule rule);

/** AdamW (Loshchilov and Hutter 2019): w -= rate decay w, then a step of Adam:
 *  eq. 5.28. decay is the lambda of that equation. */
void adamw(int n, real w[n], real m[n], real v[n], const real g[n], int t,
           adam_rule rule, double decay);

/** As adam_backward, then eq. 5.54. */
void adamw_backward(int n, real dw[n], real dm[n], real dv[n], real dg[n],
                    const real m[n], const real v[n], const real g[n], int t,
                    adam_rule rule, double decay);

/** Scales g so that its Euclidean norm is at most c > 0; its direction stays.
 *  Returns the norm before (Pascanu, Mikolov, Bengio 2013, Alg. 1): eq. 5.34. */
double clip_by_norm(int n, real g[n], double c);

/** Brings each g[i] into [-c, c]; this changes the direction: eq. 5.35. */
void clip_by_value(int n, real g[n], double c);

#endif
