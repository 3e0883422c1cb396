/* SPDX-License-Identifier: MIT */
#include "chapters/05_optimizers/ridge.h"

/* [dropout_regression] */
real dropout_regression_forward(int N, int D, real r[N], const real mask[N][D],
                                const real X[N][D], const real w[D],
                                const real y[N])
{
    real L = 0;
    for (int n = 0; n < N; n++) {
        r[n] = -y[n];
        for (int d = 0; d < D; d++)
            r[n] += mask[n][d] * X[n][d] * w[d];                    /* (5.29) */
        L += r[n] * r[n];                                           /* (5.30) */
    }
    return L;
}

void dropout_regression_backward(int N, int D, real dw[D], real dX[N][D],
                                 real dy[N], real dL, const real r[N],
                                 const real mask[N][D], const real X[N][D],
                                 const real w[D])
{
    for (int n = 0; n < N; n++) {
        real dr = 2 * dL * r[n];
        for (int d = 0; d < D; d++) {
            dw[d] += dr * mask[n][d] * X[n][d];                     /* (5.31) */
            dX[n][d] += dr * mask[n][d] * w[d];                    /* (5.31a) */
        }
        dy[n] -= dr;                                               /* (5.31b) */
    }
}
/* [dropout_regression] */

/* [ridge] */
real ridge_forward(int N, int D, real r[N], double p, const real X[N][D],
                   const real w[D], const real y[N])
{
    real L = 0;
    for (int n = 0; n < N; n++) {
        r[n] = -y[n];
        for (int d = 0; d < D; d++) {
            real part = X[n][d] * w[d];
            r[n] += part;
            L += (real)(p / (1 - p)) * part * part;
        }
        L += r[n] * r[n];                                           /* (5.32) */
    }
    return L;
}

void ridge_backward(int N, int D, real dw[D], real dX[N][D], real dy[N],
                    real dL, double p, const real r[N], const real X[N][D],
                    const real w[D])
{
    const real c = (real)(p / (1 - p));
    for (int n = 0; n < N; n++) {
        real dr = 2 * dL * r[n];
        for (int d = 0; d < D; d++) {
            real x = X[n][d];
            dw[d] += dr * x + 2 * dL * c * x * x * w[d];            /* (5.33) */
            dX[n][d] += dr * w[d] + 2 * dL * c * x * w[d] * w[d];  /* (5.33a) */
        }
        dy[n] -= dr;                                               /* (5.33b) */
    }
}
/* [ridge] */
