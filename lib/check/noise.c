/* SPDX-License-Identifier: MIT */
#include "lib/check/checker.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

double hgi_epsilon(const run *u)
{
    return u->t->type == HG_FLOAT ? (double)FLT_EPSILON : DBL_EPSILON;
}

/* A loss that is exactly a float, from parameters that are, was computed in float. */
double hgi_rounding(const run *u, double f)
{
    int single = u->t->type == HG_FLOAT && f == (double)(float)f;
    return 0.3 * (single ? (double)FLT_EPSILON : DBL_EPSILON) * fabs(f);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Zeros say nothing: there the loss did not move by one unit of its rounding. A kink within a
 * stencil gives one far larger than the rest: those are left out. */
double hgi_noise_of(int n, double fourth[])
{
    for (int k = 0; k < n; k++)
        fourth[k] = fabs(fourth[k]);
    qsort(fourth, (size_t)n, sizeof *fourth, by_size);
    int zeros = 0;
    while (zeros < n && !(fourth[zeros] > 0))
        zeros++;
    double most = zeros < n ? 20 * fourth[zeros + (n - 1 - zeros) / 2] : 0, sum = 0;
    int used = 0;
    for (int k = zeros; k < n && fourth[k] <= most; k++, used++)
        sum += fourth[k] * fourth[k];
    return used ? sqrt(sum / used / 70) : 0;
}

levels hgi_levels(double epsilon)
{
    double fine = hgi_power_of_two(sqrt(epsilon)), coarse = hgi_power_of_two(sqrt(sqrt(epsilon)));
    return (levels){.h = fine, .fine = fine, .coarse = coarse};
}

int hgi_levels_go_on(const levels *v)
{
    return v->h <= v->coarse && (v->h <= 8 * v->fine || v->moved < (LINE - 4) / 2);
}

/* What grows as the step does, 8
 * times a level, is no noise but a kink among the values; along one entry, what grows more, too. */
void hgi_levels_take(levels *v, const double f[LINE])
{
    double fourth[LINE - 4];
    int n = 0;
    v->moved = 0;
    for (int k = 0; k + 4 < LINE; k++) {
        double d = f[k] - 4 * f[k + 1] + 6 * f[k + 2] - 4 * f[k + 3] + f[k + 4];
        if (isfinite(d))
            fourth[n++] = d;
        v->moved += isfinite(d) && d != 0;
    }
    double noise = hgi_noise_of(n, fourth);
    int grows = noise > 7 * v->last && (v->along_entry ? v->last > 0 : noise < 9 * v->last);
    if (!grows)
        v->noise = hgi_larger(v->noise, noise);
    if (!grows || !v->along_entry)
        v->last = noise;
    v->h *= 8;
}

int hgi_noise_along(run *u, int i, double scale, double *noise)
{
    double f[LINE], x;
    levels v = hgi_levels(hgi_epsilon(u));
    v.along_entry = 1;
    while (hgi_levels_go_on(&v)) {
        for (int k = 0; k < LINE; k++)
            if (hgi_at(u, i, (k - LINE / 2) * v.h * scale, &f[k], &x))
                return 1;
        hgi_levels_take(&v, f);
    }
    *noise = hgi_larger(*noise, v.noise);
    return 0;
}
