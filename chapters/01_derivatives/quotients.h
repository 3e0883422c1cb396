/* SPDX-License-Identifier: MIT */
/** @file
 *  Slopes from values of a function: difference quotients, Ridders'
 *  extrapolation, the complex step; and how good they can be.
 *  Letters: f the function, x the point, h the step, eps the relative error
 *  of one value. Every quotient divides by the difference of the points as
 *  memory holds them, and not by h: x + h is rounded too. */
#ifndef HANDGRAD_QUOTIENTS_H
#define HANDGRAD_QUOTIENTS_H

#include <float.h>

#include "chapters/01_derivatives/functions.h"

#if defined REAL_FLOAT
#define EPSILON ((double)FLT_EPSILON)
#else
#define EPSILON DBL_EPSILON /**< 2^-52: the gap between 1 and the next number */
#endif

#define NO_VALUE ((double)NAN) /**< an empty place in a table */

/** (f(x+h) - f(x)) / h: eq. 1.5. NaN where h is so small that x + h is x. */
real forward_quotient(function f, real x, real h);

/** (f(x+h) - f(x-h)) / 2h: eq. 1.6. */
real central_quotient(function f, real x, real h);

/** (f(x) - f(x-h)) / h, the slope on the left: eq. 1.37. */
real backward_quotient(function f, real x, real h);

/** The quotient of eq. 1.5 computed in float throughout. */
float forward_float(float (*f)(float x), float x, float h);

/** The quotient of eq. 1.6 computed in float throughout. */
float central_float(float (*f)(float x), float x, float h);

/** The most that the forward quotient may be wrong, truncation and rounding
 *  together: eq. 1.7. d holds f and its first three derivatives. */
double forward_error(const real d[4], double eps, double h);

/** The same for the central quotient: eq. 1.9. */
double central_error(const real d[4], double eps, double h);

/** The step at which forward_error is smallest: eq. 1.8. */
double forward_optimum(const real d[4], double eps);

/** The step at which central_error is smallest: eq. 1.10. */
double central_optimum(const real d[4], double eps);

enum { RIDDERS = 8 }; /**< rows of the extrapolation: steps h, h/2, ... h/128 */

/** Ridders' extrapolation of central quotients: eqs. 1.16 and 1.17.
 *  @param[out] a  (RIDDERS,RIDDERS)  column k of row j is the slope from the
 *                 steps h/2^(j-k) to h/2^j; only k <= j is written
 *  @param[out] error  an estimate of its error
 *  @return the entry of `a` whose estimate is smallest */
real ridders(real a[RIDDERS][RIDDERS], double *error, function f, real x,
             real h);

/** Im f(x + ih) / h: eq. 1.18. */
double complex_step(double complex (*f)(double complex x), double x, double h);

/** The standard deviation of the noise of one value of f, from the fourth
 *  differences of m values at the spacing h around x: eqs. 1.41 and 1.42. m is
 *  at least 5. h should be a power of two, so that the points are exact, and
 *  small, so that f itself has no fourth difference. */
double measured_noise(function f, int m, real x, real h);

#endif
