/* SPDX-License-Identifier: MIT */
#include "chapters/06_feedback/unit.h"

/* [parity_step] */
int parity_step(int s, int bit)
{
    int one = bit + s > 0.5, two = bit + s > 1.5;                    /* (6.1) */
    return one - two;                                                /* (6.2) */
}
/* [parity_step] */

int parity_of(int n, const int bit[n])
{
    int s = 0;
    for (int k = 0; k < n; k++)
        s = parity_step(s, bit[k]);
    return s;
}

/* [unit] */
real unit_step(real w, real b, real x)
{
    return tanh(w * x + b);                                          /* (6.3) */
}

real unit_run(int K, real w, real b, real x)
{
    for (int k = 0; k < K; k++)
        x = unit_step(w, b, x);
    return x;
}

real unit_slope(real w, real x)
{
    return w * (1 - x * x);                                          /* (6.4) */
}
/* [unit] */

/* [unit_implicit] */
void unit_implicit(real *dw, real *db, real dx, real w, real x)
{
    real direct = dx * (1 - x * x);
    real whole = direct / (1 - unit_slope(w, x));
    *dw += whole * x;                                               /* (6.36) */
    *db += whole;                                                   /* (6.37) */
}
/* [unit_implicit] */

double noise_gain_after(int K, double w)
{
    double sum = 0, power = 1;
    for (int k = 0; k < K; k++) {
        sum += power;                                                /* (6.6) */
        power *= w * w;
    }
    return sum;
}

double noise_gain(double w)
{
    return 1 / (1 - w * w);                                          /* (6.7) */
}
