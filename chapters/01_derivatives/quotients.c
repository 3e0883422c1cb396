/* SPDX-License-Identifier: MIT */
#include "chapters/01_derivatives/quotients.h"

/* [quotients] */
real forward_quotient(function f, real x, real h)
{
    real right = x + h;
    return (f(right) - f(x)) / (right - x);                          /* (1.5) */
}

real central_quotient(function f, real x, real h)
{
    real left = x - h, right = x + h;
    return (f(right) - f(left)) / (right - left);                    /* (1.6) */
}
/* [quotients] */

real backward_quotient(function f, real x, real h)
{
    real left = x - h;
    return (f(x) - f(left)) / (x - left);                           /* (1.37) */
}

float forward_float(float (*f)(float x), float x, float h)
{
    float right = x + h;
    return (f(right) - f(x)) / (right - x);
}

float central_float(float (*f)(float x), float x, float h)
{
    float left = x - h, right = x + h;
    return (f(right) - f(left)) / (right - left);
}

static double size(real x)
{
    return re(real_abs(x));
}

/* [optimum] */
double forward_error(const real d[4], double eps, double h)
{
    return h * size(d[2]) / 2 + 2 * eps * size(d[0]) / h;            /* (1.7) */
}

double forward_optimum(const real d[4], double eps)
{
    return 2 * sqrt(eps * size(d[0]) / size(d[2]));                  /* (1.8) */
}

double central_error(const real d[4], double eps, double h)
{
    return h * h * size(d[3]) / 6 + eps * size(d[0]) / h;            /* (1.9) */
}

double central_optimum(const real d[4], double eps)
{
    return cbrt(3 * eps * size(d[0]) / size(d[3]));                 /* (1.10) */
}
/* [optimum] */

/* [ridders] */
real ridders(real a[RIDDERS][RIDDERS], double *error, function f, real x,
             real h)
{
    real best = (real)NO_VALUE;
    double rounding = EPSILON * size(f(x)) / size(h); /* of a[0][0] */
    *error = HUGE_VAL;
    for (int j = 0; j < RIDDERS; j++, h /= 2, rounding *= 2) {
        a[j][0] = central_quotient(f, x, h);
        real power = 4;
        for (int k = 1; k <= j; k++, power *= 4) {
            real step = a[j][k - 1] - a[j - 1][k - 1];
            a[j][k] = a[j][k - 1] + step / (power - 1);             /* (1.16) */
            double e = fmax(size(a[j][k] - a[j][k - 1]),
                            size(a[j][k] - a[j - 1][k - 1]));
            e += rounding;                                          /* (1.17) */
            if (e < *error) {
                *error = e;
                best = a[j][k];
            }
        }
    }
    return best;
}
/* [ridders] */

/* [complex_step] */
double complex_step(double complex (*f)(double complex x), double x, double h)
{
    double complex z = x;
    __imag__ z = h;
    return __imag__ f(z) / h;                                       /* (1.18) */
}
/* [complex_step] */

/* [measured_noise] */
double measured_noise(function f, int m, real x, real h)
{
    real v[m];
    double sum = 0;
    for (int i = 0; i < m; i++)
        v[i] = f(x + (i - m / 2) * h);
    for (int i = 0; i + 4 < m; i++) {
        double fourth = re(v[i] - 4 * v[i + 1] + 6 * v[i + 2] - 4 * v[i + 3] +
                           v[i + 4]);                               /* (1.41) */
        sum += fourth * fourth;
    }
    return sqrt(sum / (m - 4) / 70);                                /* (1.42) */
}
/* [measured_noise] */
