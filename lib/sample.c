/* SPDX-License-Identifier: MIT */
#include "lib/sample.h"

#include <stdlib.h>

void fill_normal(int n, real x[n], double size, rng *g)
{
    for (int i = 0; i < n; i++)
        x[i] = (real)(size * rng_normal(g));
}

void begin_with(real before, int n, real dw[n])
{
    for (int i = 0; i < n; i++)
        dw[i] = before;
}

void take_away(real before, int n, real dw[n])
{
    for (int i = 0; i < n; i++)
        dw[i] -= before;
}

void guard(real before, int n, const real behind[n], real *dw)
{
    for (int i = 0; i < n; i++)
        if (!(behind[i] == before)) /* (NaN too) */
            *dw = (real)NAN;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

spread spread_of(int n, double x[n])
{
    qsort(x, (size_t)n, sizeof *x, ascending);
    return (spread){x[0], (x[(n - 1) / 2] + x[n / 2]) / 2, x[n - 1]};
}
