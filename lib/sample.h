/* SPDX-License-Identifier: MIT */
/** @file
 *  Samples: filling an array with numbers, and what many runs gave. */
#ifndef HANDGRAD_SAMPLE_H
#define HANDGRAD_SAMPLE_H

#include "lib/real.h"
#include "lib/rng.h"

/** x[0..n-1] = size times normal numbers with mean 0 and variance 1; n >= 1. */
void fill_normal(int n, real x[n], double size, rng *g);

/** dw[0..n-1] = before: what a backward function finds, so that `=` for `+=`
 *  shows. A power of two costs hardly a digit. */
void begin_with(real before, int n, real dw[n]);

/** dw[0..n-1] -= before: what it has added. */
void take_away(real before, int n, real dw[n]);

/** behind[0..n-1] stands where a backward function must not write. Where one of
 *  them is not `before` any more, *dw becomes NaN, which passes no check. */
void guard(real before, int n, const real behind[n], real *dw);

/** The least, the median and the largest of some numbers. */
typedef struct spread {
    double least, median, most;
} spread;

/** The spread of n >= 1 numbers, which are sorted here; of an even number the median is the
 *  mean of the two in the middle. */
spread spread_of(int n, double x[n]);

#endif
