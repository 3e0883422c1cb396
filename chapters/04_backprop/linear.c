/* SPDX-License-Identifier: MIT */
#include "chapters/04_backprop/linear.h"

void linear_forward(int M, int N, real y[M], const real W[M][N],
                    const real b[M], const real x[N])
{
    for (int m = 0; m < M; m++) {
        y[m] = b[m];
        for (int n = 0; n < N; n++)
            y[m] += W[m][n] * x[n];
    }
}

void linear_backward(int M, int N, real dW[M][N], real db[M], real dx[N],
                     const real dy[M], const real W[M][N], const real x[N])
{
    for (int m = 0; m < M; m++) {
        db[m] += dy[m];
        for (int n = 0; n < N; n++)
            dW[m][n] += dy[m] * x[n];
    }
    if (!dx)
        return;
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            dx[n] += W[m][n] * dy[m];
}

void glorot_uniform(int M, int N, real W[M][N], rng *g)
{
    uniform_fill(M * N, &W[0][0], sqrt(6.0 / (N + M)), g);
}

void he_normal(int M, int N, real W[M][N], rng *g)
{
    double deviation = sqrt(2.0 / N);
    for (int m = 0; m < M; m++)
        for (int n = 0; n < N; n++)
            W[m][n] = (real)(deviation * rng_normal(g));
}

void uniform_fill(int n, real w[n], double limit, rng *g)
{
    for (int i = 0; i < n; i++)
        w[i] = (real)rng_between(g, -limit, limit);
}
