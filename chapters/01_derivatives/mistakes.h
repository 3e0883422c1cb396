/* SPDX-License-Identifier: MIT */
/** @file
 *  A softmax with its right backward and seven wrong ones, to try tests on.
 *  (Chapter 2 derives the softmax and has the pair that the course uses.)
 *  Letters: N classes, n their index; z logits, p probabilities. */
#ifndef HANDGRAD_MISTAKES_H
#define HANDGRAD_MISTAKES_H

#include "lib/real.h"

/** Which backward: the right one, or what is wrong with it. */
typedef enum mistake {
    RIGHT,      /**< nothing */
    SIGN,       /**< the sign */
    TWICE,      /**< a factor 2 */
    MISSING,    /**< zero: the gradient was never written */
    NO_WEIGHT,  /**< the factor p_n forgotten */
    PLAIN_MEAN, /**< the mean of dp over classes instead of the one under p */
    SHIFTED,    /**< the factor of the next class, p_{n+1} */
    DIAGONAL,   /**< p_n (1 - p_n) dp_n: the diagonal of the Jacobian only */
    MISTAKES    /**< how many there are, the right one with them */
} mistake;

/** What is wrong, in a few words. */
extern const char *const mistake_names[MISTAKES];

/** p[n] = exp(z[n]) / sum_m exp(z[m]): eq. 1.38. */
void softmax_of(int N, real p[N], const real z[N]);

/** The loss sum_n dp[n] p[n], whose gradient by p is dp: eq. 1.40. */
real softmax_loss(int N, const real z[N], const real dp[N]);

/** dz[n] += p[n] (dp[n] - sum_m p[m] dp[m]), eq. 1.39, or what the mistake
 *  makes of it. */
void softmax_mistake(mistake which, int N, real dz[N], const real dp[N],
                     const real p[N]);

#endif
