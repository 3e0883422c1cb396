/* SPDX-License-Identifier: MIT */
#include "chapters/10_sequences/scan.h"

/* [recurrence] */
void recurrence_forward(int T, real h[T + 1], const real a[T], const real b[T])
{
    for (int t = 1; t <= T; t++)
        h[t] = a[t - 1] * h[t - 1] + b[t - 1];                     /* (10.29) */
}

void recurrence_backward(int T, real da[T], real db[T], real dh[T + 1],
                         const real a[T], const real h[T + 1])
{
    for (int t = T; t >= 1; t--) {
        da[t - 1] += dh[t] * h[t - 1];                             /* (10.33) */
        db[t - 1] += dh[t];                                        /* (10.32) */
        dh[t - 1] += a[t - 1] * dh[t];                             /* (10.31) */
    }
}
/* [recurrence] */

/* [recurrence_scan] */
int recurrence_scan(int T, real a[T], real b[T])
{
    int rounds = 0;
    for (int step = 1; step < T; step *= 2, rounds++)
        for (int t = T - 1; t >= step; t--) { /* t - step is still old */
            b[t] = a[t] * b[t - step] + b[t];
            a[t] = a[t] * a[t - step];                             /* (10.30) */
        }
    return rounds;
}
/* [recurrence_scan] */
