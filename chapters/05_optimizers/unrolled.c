/* SPDX-License-Identifier: MIT */
#include "chapters/05_optimizers/unrolled.h"

#include <string.h>

/* r = X w - y. */
static void residuals(int B, int D, real r[B], const real X[B][D],
                      const real w[D], const real y[B])
{
    for (int b = 0; b < B; b++) {
        r[b] = -y[b];
        for (int d = 0; d < D; d++)
            r[b] += X[b][d] * w[d];
    }
}

/* [unrolled_forward] */
real unrolled_forward(int T, int B, int V, int D, real w[T + 1][D],
                      real m[T + 1][D], real r[T][B], real rv[V],
                      const real rate[T], real beta, const real X[B][D],
                      const real y[B], const real Xv[V][D], const real yv[V])
{
    real F = 0;
    memset(m[0], 0, sizeof m[0]);
    for (int t = 0; t < T; t++) {
        residuals(B, D, r[t], X, w[t], y);                          /* (5.55) */
        for (int d = 0; d < D; d++) {
            real g = 0;
            for (int b = 0; b < B; b++)
                g += X[b][d] * r[t][b];                             /* (5.56) */
            m[t + 1][d] = beta * m[t][d] + g;
            w[t + 1][d] = w[t][d] - rate[t] * m[t + 1][d];          /* (5.57) */
        }
    }
    residuals(V, D, rv, Xv, w[T], yv);
    for (int k = 0; k < V; k++)
        F += rv[k] * rv[k] / 2;                                     /* (5.58) */
    return F;
}
/* [unrolled_forward] */

/* [unrolled_backward] */
void unrolled_backward(int T, int B, int V, int D, real drate[T], real *dbeta,
                       real dw[D], real dX[B][D], real dy[B], real dXv[V][D],
                       real dyv[V], const real w[T + 1][D],
                       const real m[T + 1][D], const real r[T][B],
                       const real rv[V], const real rate[T], real beta,
                       const real X[B][D], const real Xv[V][D])
{
    real e[D], dm[D], dg[D]; /* e: the gradient by w[t+1], then by w[t] */
    memset(e, 0, sizeof e);
    memset(dm, 0, sizeof dm);
    for (int k = 0; k < V; k++) {
        dyv[k] -= rv[k];                                            /* (5.59) */
        for (int d = 0; d < D; d++) {
            dXv[k][d] += rv[k] * w[T][d];                           /* (5.60) */
            e[d] += rv[k] * Xv[k][d];                               /* (5.61) */
        }
    }
    for (int t = T - 1; t >= 0; t--) {
        for (int d = 0; d < D; d++) {
            drate[t] -= e[d] * m[t + 1][d];                         /* (5.62) */
            dm[d] -= rate[t] * e[d];                                /* (5.63) */
            *dbeta += dm[d] * m[t][d];                              /* (5.64) */
            dg[d] = dm[d];                                          /* (5.65) */
            dm[d] *= beta;
        }
        for (int b = 0; b < B; b++) {
            real dr = 0;
            for (int d = 0; d < D; d++)
                dr += X[b][d] * dg[d];                              /* (5.66) */
            dy[b] -= dr;                                            /* (5.67) */
            for (int d = 0; d < D; d++) {
                dX[b][d] += r[t][b] * dg[d] + dr * w[t][d];         /* (5.68) */
                e[d] += dr * X[b][d];                               /* (5.69) */
            }
        }
    }
    for (int d = 0; d < D; d++)
        dw[d] += e[d];                                              /* (5.70) */
}
/* [unrolled_backward] */
