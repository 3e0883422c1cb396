/* SPDX-License-Identifier: MIT */
/** @file
 *  The one scalar type of the course. The same source is built three ways:
 *
 *      real = double            what people read and run
 *      real = double complex    -DREAL_COMPLEX: derivatives by the complex step
 *      real = float             -DREAL_FLOAT: why checks are not done in float
 *
 *  Everything that a loss is computed with is written in `real` and with the
 *  functions of <tgmath.h>. Comparisons go through re(x): a complex number has
 *  no order, and a branch must depend on the value alone.
 *
 *  The complex step (Squire and Trapp, SIAM Review 40:110, 1998): for an
 *  analytic f, f(x + ih) = f(x) + ih f'(x) + O(h^2), so f'(x) = Im f(x + ih) /
 *  h. Nothing is subtracted, so h may be 1e-200 and the result is good to the
 *  last bit.
 *
 *  fabs, cabs, conj, creal, cimag and carg keep the value right and drop the
 *  derivative without a word; so they stay out of the mathematics (`make lint`
 *  holds it). */
#ifndef HANDGRAD_REAL_H
#define HANDGRAD_REAL_H

#include <complex.h>
#include <tgmath.h>
#undef I /* <complex.h> defines it; here I is free to be a size */

#if defined REAL_COMPLEX
typedef double complex real;
#define R(x) (x)
#elif defined REAL_FLOAT
typedef float real;
#define R(x) x##f
#else
typedef double real;
#define R(x) (x) /**< a constant of the type real: R(0.5) */
#endif

/** The value of x, for comparing and for printing; in the complex build its
 *  real part. */
static inline double re(real x)
{
    return (double)__real__ x;
}

/* What <tgmath.h> lacks for complex arguments. In the complex build
 * f(a + ib) = f(a) + i b f'(a), exact for b = 1e-200. Here f' is given and not
 * found, so such a function is no witness of its own derivative: finite
 * differences are. */
#if defined REAL_COMPLEX
static inline real real_lift(double value, double slope, real x)
{
    real y = value;
    __imag__ y = slope * __imag__ x;
    return y;
}
#else
#define real_lift(value, slope, x) ((real)(value))
#endif

/** erf(x); its slope is 2/sqrt(pi) exp(-x^2). */
static inline real real_erf(real x)
{
    return real_lift(erf(re(x)), 1.1283791670955126 * exp(-re(x) * re(x)), x);
}

/** log(1 + x), exact for small x too; x > -1; its slope is 1/(1 + x). */
static inline real real_log1p(real x)
{
    return real_lift(log1p(re(x)), 1 / (1 + re(x)), x);
}

/** exp(x) - 1, exact for small x too; its slope is exp(x). */
static inline real real_expm1(real x)
{
    return real_lift(expm1(re(x)), exp(re(x)), x);
}

/** The larger value, a where they are equal: at that kink the slope is a's. */
static inline real real_max(real a, real b)
{
    return re(a) >= re(b) ? a : b;
}

/** The smaller value, a where they are equal: at that kink the slope is a's. */
static inline real real_min(real a, real b)
{
    return re(a) <= re(b) ? a : b;
}

/** |x|; at x = 0 the slope +1 is taken. */
static inline real real_abs(real x)
{
    return re(x) < 0 ? -x : x;
}

#endif
