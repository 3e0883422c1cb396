/* SPDX-License-Identifier: MIT */
#include "chapters/05_optimizers/penalty.h"

/* [frobenius] */
real frobenius_forward(int M, int N, const real W[M][N], double lambda)
{
    real sum = 0;
    for (int m = 0; m < M; m++)
        for (int n = 0; n < N; n++)
            sum += W[m][n] * W[m][n];
    return (real)lambda * sum;                                      /* (5.22) */
}

void frobenius_backward(int M, int N, real dW[M][N], real dP,
                        const real W[M][N], double lambda)
{
    for (int m = 0; m < M; m++)
        for (int n = 0; n < N; n++)
            dW[m][n] += dP * 2 * (real)lambda * W[m][n];            /* (5.23) */
}
/* [frobenius] */

/* Makes x a unit vector; returns the length that it had. */
static real normalize(int n, real x[n])
{
    real sum = 0;
    for (int i = 0; i < n; i++)
        sum += x[i] * x[i];
    real length = sqrt(sum);
    for (int i = 0; i < n && re(length) > 0; i++) /* (zero stays zero) */
        x[i] /= length;
    return length;
}

void longest_row(int M, int N, real v[N], const real W[M][N])
{
    int longest = 0;
    double most = -1;
    for (int m = 0; m < M; m++) {
        double sum = 0;
        for (int n = 0; n < N; n++)
            sum += re(W[m][n]) * re(W[m][n]);
        if (sum > most) {
            most = sum;
            longest = m;
        }
    }
    for (int n = 0; n < N; n++)
        v[n] = W[longest][n];
}

/* [spectral] */
real spectral_forward(int M, int N, real u[M], real v[N], const real W[M][N],
                      double lambda, int steps)
{
    longest_row(M, N, v, W);
    for (int step = 0; step < steps; step++) {
        normalize(N, v);
        for (int m = 0; m < M; m++) {
            u[m] = 0;
            for (int n = 0; n < N; n++)
                u[m] += W[m][n] * v[n];                             /* (5.25) */
        }
        normalize(M, u);
        for (int n = 0; n < N; n++) {
            v[n] = 0;
            for (int m = 0; m < M; m++)
                v[n] += W[m][n] * u[m];
        }
    }
    real s = normalize(N, v);
    return (real)lambda * s * s;                                   /* (5.25a) */
}

void spectral_backward(int M, int N, real dW[M][N], real dP, const real u[M],
                       const real v[N], const real W[M][N], double lambda)
{
    real s = 0;
    for (int m = 0; m < M; m++)
        for (int n = 0; n < N; n++)
            s += u[m] * W[m][n] * v[n];
    for (int m = 0; m < M; m++)
        for (int n = 0; n < N; n++)
            dW[m][n] += dP * 2 * (real)lambda * s * u[m] * v[n];    /* (5.26) */
}
/* [spectral] */
