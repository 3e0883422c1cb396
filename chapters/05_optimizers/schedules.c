/* SPDX-License-Identifier: MIT */
#include "chapters/05_optimizers/schedules.h"

#include <math.h>

static const double pi = 3.14159265358979323846;

/* [schedules] */
double rate_steps(double start, double factor, int every, int t)
{
    double rate = start;
    for (int fall = 0; fall < t / every; fall++)
        rate *= factor;                                             /* (5.16) */
    return rate;
}

double rate_exponential(double start, double k, double t)
{
    return start * exp(-k * t);                                     /* (5.17) */
}

double rate_inverse(double start, double k, double t)
{
    return start / (1 + k * t);                                     /* (5.18) */
}

double rate_cosine(double start, double end, double t, double T)
{
    return end + (start - end) * (1 + cos(pi * t / T)) / 2;         /* (5.19) */
}

double rate_restarts(double start, double end, int first, int times, double t)
{
    double period = first;
    while (t >= period) { /* t counts from the last restart, eq. 5.20 */
        t -= period;
        period *= times;
    }
    return rate_cosine(start, end, t, period);                      /* (5.20) */
}

double rate_warm_up(double width, double warm, double t)
{
    return fmin(1 / sqrt(t), t / (warm * sqrt(warm))) /
           sqrt(width);                                             /* (5.21) */
}
/* [schedules] */

long restart_epoch(int first, int times, int n)
{
    long sum = 0, period = first;
    for (int i = 0; i < n; i++) {
        sum += period;
        period *= times;
    }
    return sum;
}
