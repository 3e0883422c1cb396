/* SPDX-License-Identifier: MIT */
#include "lib/check/checker.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

/* The last digit that is set in a finite f that is not 0: what it is worth. */
static double last_digit(double f)
{
    int exponent;
    int64_t digits = (int64_t)ldexp(frexp(fabs(f), &exponent), DBL_MANT_DIG);
    return ldexp((double)(digits & -digits), exponent - DBL_MANT_DIG);
}

double hgi_unit(double unit, double f)
{
    if (!isfinite(f) || !(unit > 0x1p-80) || f / unit == floor(f / unit))
        return unit;
    return hgi_larger(0x1p-80, last_digit(f));
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* As a rule there are few: those are put in their places one by one. */
static void sort_by_size(int n, double fourth[])
{
    for (int k = 0; k < n; k++)
        fourth[k] = fabs(fourth[k]);
    if (n > 2 * LINE) {
        qsort(fourth, (size_t)n, sizeof *fourth, by_size);
        return;
    }
    for (int k = 1; k < n; k++) {
        double x = fourth[k];
        int to = k;
        for (; to > 0 && fourth[to - 1] > x; to--)
            fourth[to] = fourth[to - 1];
        fourth[to] = x;
    }
}

/* From n fourth differences in order of size. A kink within a stencil gives one far larger than the
 * rest: those are left out. */
static double noise_of_sorted(int n, const double fourth[])
{
    double sum = 0;
    int used = 0;
    for (int k = 0; k < n && fourth[k] <= 20 * fourth[(n - 1) / 2]; k++, used++)
        sum += fourth[k] * fourth[k];
    return used ? sqrt(sum / used / 70) : 0;
}

/* Zeros say nothing: there the loss did not move by one unit of its rounding. */
double hgi_noise_of(int n, double fourth[])
{
    int zeros = 0;
    sort_by_size(n, fourth);
    while (zeros < n && !(fourth[zeros] > 0))
        zeros++;
    return noise_of_sorted(n - zeros, fourth + zeros);
}

/* The fourth differences of LINE values that are finite. */
static int fourths_of(const double f[LINE], double fourth[LINE - 4])
{
    int n = 0;
    for (int k = 0; k + 4 < LINE; k++) {
        double d = f[k] - 4 * f[k + 1] + 6 * f[k + 2] - 4 * f[k + 3] + f[k + 4];
        if (isfinite(d))
            fourth[n++] = d;
    }
    return n;
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

/* What grows as the step does, 8 times a level, is no noise but a kink among the values. */
void hgi_levels_take(levels *v, const double f[LINE])
{
    double fourth[LINE - 4];
    int n = fourths_of(f, fourth);
    v->moved = 0;
    for (int k = 0; k < n; k++)
        v->moved += fourth[k] != 0;
    double noise = hgi_noise_of(n, fourth);
    if (!(noise > 7 * v->last && noise < 9 * v->last))
        v->noise = hgi_larger(v->noise, noise);
    v->last = noise;
    v->h *= 8;
}

double hgi_noise_floor(const run *u, int i, double slope)
{
    double size = hgi_larger(fabs(u->f0), fabs(hgi_here(u, i) * slope));
    double single = u->t->type == HG_FLOAT ? 0.3 * (double)FLT_EPSILON * size : 0;
    return hgi_larger(u->rounding, single);
}

/* From fine steps to coarse ones. A kink spoils up to four of the nine differences, so the median
 * counts the zeros too. What is much the same at the next level is noise, which is more than the
 * finest steps show where numbers within the loss are rounded; what grows with the step is none. */
int hgi_noise_along(run *u, int i, double scale, double *noise)
{
    levels v = hgi_levels(hgi_epsilon(u->t->type));
    int single = u->t->type == HG_FLOAT, least = single ? 5 : 2, level = 0;
    double f[LINE], fourth[LINE - 4], x, last = 0, most = HUGE_VAL;
    for (double h = single ? v.fine / 64 : v.fine;
         h <= v.coarse && (level < least || !(v.noise > 0)); h *= 8, level++) {
        int moves = 0;
        for (int k = 0; k < LINE; k++) {
            if (hgi_at(u, i, (k - LINE / 2) * h * scale, &f[k], &x))
                return 1;
            moves += k > 0 && f[k] != f[k - 1];
        }
        int n = fourths_of(f, fourth);
        sort_by_size(n, fourth);
        double here = noise_of_sorted(n, fourth);
        if (!(v.noise > 0))
            most = 64 * hgi_larger(v.noise = here, *noise);
        else if (here < 3 * last && here < most)
            v.noise = hgi_larger(v.noise, here);
        last = here;
        h *= moves ? 1 : 8;
    }
    *noise = hgi_larger(*noise, v.noise);
    return 0;
}
