/* SPDX-License-Identifier: MIT */
#include "chapters/04_backprop/linear.h"

/* [linear] */
void linear_forward(int M, int N, real y[M], const real W[M][N],
                    const real b[M], const real x[N])
{
    for (int m = 0; m < M; m++) {
        real sum = b[m];
        for (int n = 0; n < N; n++)
            sum += W[m][n] * x[n];
        y[m] = sum;                                                  /* (4.1) */
    }
}

void linear_backward(int M, int N, real dW[M][N], real db[M], real dx[N],
                     const real dy[M], const real W[M][N], const real x[N])
{
    for (int m = 0; m < M; m++) {
        for (int n = 0; n < N; n++)
            dW[m][n] += dy[m] * x[n];                                /* (4.6) */
        db[m] += dy[m];                                              /* (4.7) */
    }
    if (!dx)
        return;
    for (int m = 0; m < M; m++)
        for (int n = 0; n < N; n++)
            dx[n] += W[m][n] * dy[m];                                /* (4.8) */
}
/* [linear] */

/* [initial] */
void glorot_uniform(int M, int N, real W[M][N], rng *g)
{
    uniform_fill(M * N, &W[0][0], sqrt(6.0 / (N + M)), g);          /* (4.27) */
}

void he_normal(int M, int N, real W[M][N], rng *g)
{
    double deviation = sqrt(2.0 / N);                               /* (4.28) */
    for (int m = 0; m < M; m++)
        for (int n = 0; n < N; n++)
            W[m][n] = (real)(deviation * rng_normal(g));
}

void uniform_fill(int n, real w[n], double limit, rng *g)
{
    for (int i = 0; i < n; i++)
        w[i] = (real)rng_between(g, -limit, limit);
}
/* [initial] */
