/* SPDX-License-Identifier: MIT */
#include "chapters/07_bptt/products.h"

#include <string.h>

void add_product(int M, int N, real y[M], const real W[M][N], const real x[N])
{
    for (int m = 0; m < M; m++) {
        real sum = 0;
        for (int n = 0; n < N; n++)
            sum += W[m][n] * x[n];
        y[m] += sum;
    }
}

void add_transposed(int M, int N, real dx[N], const real W[M][N],
                    const real dy[M])
{
    for (int m = 0; m < M; m++)
        for (int n = 0; n < N; n++)
            dx[n] += W[m][n] * dy[m];
}

void add_outer(int M, int N, real dW[M][N], const real dy[M], const real x[N])
{
    for (int m = 0; m < M; m++)
        for (int n = 0; n < N; n++)
            dW[m][n] += dy[m] * x[n];
}

void add(int N, real y[N], const real x[N])
{
    for (int n = 0; n < N; n++)
        y[n] += x[n];
}

void clear(int N, real x[N])
{
    memset(x, 0, (size_t)N * sizeof *x);
}
