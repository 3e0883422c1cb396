/* SPDX-License-Identifier: MIT */
/** @file
 *  What a classifier with two classes got right: counts, and the four numbers
 *  made of them. A quotient with the denominator 0 is undefined: NaN. */
#ifndef HANDGRAD_METRICS_H
#define HANDGRAD_METRICS_H

#include "lib/real.h"

/** The four counts: predicted positive or negative, rightly (true) or wrongly
 *  (false). */
typedef struct confusion {
    int tp; /**< positive, predicted positive */
    int fp; /**< negative, predicted positive: a false alarm */
    int fn; /**< positive, predicted negative: a miss */
    int tn; /**< negative, predicted negative */
} confusion;

/** Counts N cases; p > 1/2 is a prediction of the positive class, y > 1/2 is a
 *  positive case. */
confusion confusion_count(int N, const real p[N], const real y[N]);

double accuracy(confusion c);  /**< eq. 3.53 */
double precision(confusion c); /**< eq. 3.54 */
double recall(confusion c);    /**< eq. 3.55 */
double f1_score(confusion c);  /**< eq. 3.56 */

#endif
