/* SPDX-License-Identifier: MIT */
#include "chapters/03_cross_entropy/logistic.h"

#include <string.h>

#include "chapters/03_cross_entropy/cross_entropy.h"

/* [logistic] */
real logistic_forward(int N, int D, real z[N], const real w[D], real b,
                      const real x[N][D], const real y[N])
{
    for (int n = 0; n < N; n++) {
        z[n] = b;
        for (int d = 0; d < D; d++)
            z[n] += w[d] * x[n][d];                                 /* (3.10) */
    }
    return cross_entropy_binary_forward(N, z, y);
}

void logistic_backward(int N, int D, real dw[D], real *db, real dx[N][D],
                       real dy[N], real dloss, const real z[N], const real w[D],
                       const real x[N][D], const real y[N])
{
    real dz[N];
    memset(dz, 0, sizeof dz);
    cross_entropy_binary_backward(N, dz, dy, dloss, z, y);
    for (int n = 0; n < N; n++) {
        for (int d = 0; d < D; d++) {
            dw[d] += dz[n] * x[n][d];                               /* (3.15) */
            dx[n][d] += dz[n] * w[d];                               /* (3.17) */
        }
        *db += dz[n];                                               /* (3.16) */
    }
}
/* [logistic] */

/* [logistic_step] */
void logistic_step(int D, real w[D], real *b, double rate, const real dw[D],
                   real db)
{
    for (int d = 0; d < D; d++)
        w[d] -= (real)rate * dw[d];                                 /* (3.50) */
    *b -= (real)rate * db;
}
/* [logistic_step] */

/* [logistic_hessian] */
void logistic_hessian(int N, int D, real H[D + 1][D + 1], const real z[N],
                      const real x[N][D])
{
    for (int i = 0; i <= D; i++)
        for (int j = 0; j <= D; j++) {
            H[i][j] = 0;
            for (int n = 0; n < N; n++) {
                real xi = i < D ? x[n][i] : 1, xj = j < D ? x[n][j] : 1;
                real slope = cross_entropy_binary_curvature(z[n]);
                H[i][j] += slope * xi * xj / N;                     /* (3.51) */
            }
        }
}

real logistic_curvature(int N, int D, const real v[D + 1], const real z[N],
                        const real x[N][D])
{
    real sum = 0;
    for (int n = 0; n < N; n++) {
        real along = v[D]; /* how fast z_n changes along v */
        for (int d = 0; d < D; d++)
            along += v[d] * x[n][d];
        real slope = cross_entropy_binary_curvature(z[n]);
        sum += slope * along * along / N;                           /* (3.52) */
    }
    return sum;
}
/* [logistic_hessian] */
