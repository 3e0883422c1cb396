/* SPDX-License-Identifier: MIT */
/** @file
 *  The two functions on which the complex step was published, and their first
 *  three derivatives by hand.
 *  Letters: x the point, g = sin^3 x + cos^3 x, alpha the exponent of g;
 *  so both functions are exp(x) / g^alpha, alpha = 1 and 1/2. g is positive for
 *  x between -pi/4 and 3 pi/4. */
#ifndef HANDGRAD_FUNCTIONS_H
#define HANDGRAD_FUNCTIONS_H

#include "lib/real.h"

/** A function of one number. */
typedef real (*function)(real x);

/** exp(x) / (sin^3 x + cos^3 x): Squire and Trapp, SIAM Review 40:110 (1998);
 *  eq. 1.1. */
real squire_trapp(real x);

/** exp(x) / sqrt(sin^3 x + cos^3 x): Martins, Sturdza and Alonso, ACM Trans.
 *  Math. Softw. 29:245 (2003); eq. 1.2. */
real martins(real x);

/** squire_trapp in float, whatever `real` is. */
float squire_trapp_float(float x);

/** martins in float, whatever `real` is. */
float martins_float(float x);

/** squire_trapp in complex arithmetic, whatever `real` is. */
double complex squire_trapp_complex(double complex x);

/** martins in complex arithmetic, whatever `real` is. */
double complex martins_complex(double complex x);

/** One of the two, with everything that is known of it. */
typedef struct published {
    const char *name;                               /**< "f_1" or "f_2" */
    function of;                                    /**< in `real` */
    float (*of_float)(float x);                     /**< in float */
    double complex (*of_complex)(double complex x); /**< in complex */
    double alpha;                                   /**< the exponent of g */
    double slope; /**< f'(1.5) to 16 digits, as published */
} published;

/** f_1 (Squire and Trapp) and f_2 (Martins et al.). */
extern const published published_functions[2];

/** d[k] = the k-th derivative at x, k = 0 to 3, by hand: eqs. 1.3, 1.4 and 1.11
 *  to 1.15. */
void published_derivatives(real d[4], const published *f, real x);

/** x where x > 0, else 0: eq. 1.36. At the kink the slope 0 is taken. */
real relu_of(real x);

/** |x|. At the kink the slope +1 is taken, as real_abs does. */
real absolute_of(real x);

#endif
