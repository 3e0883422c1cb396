/* SPDX-License-Identifier: MIT */
#include "chapters/11_attention/attention.h"

#include "chapters/02_activations/activations.h"

/* [attention_forward] */
void attention_forward(int M, int N, int D, int E, real o[M][E], real w[M][N],
                       double scale, const real q[M][D], const real k[N][D],
                       const real v[N][E])
{
    for (int m = 0; m < M; m++) {
        real z[N];
        for (int n = 0; n < N; n++) {
            real s = 0;
            for (int d = 0; d < D; d++)
                s += q[m][d] * k[n][d];                             /* (11.1) */
            z[n] = (real)scale * s;                                 /* (11.2) */
        }
        softmax_forward(N, w[m], z);                                /* (11.3) */
        for (int e = 0; e < E; e++) {
            real sum = 0;
            for (int n = 0; n < N; n++)
                sum += w[m][n] * v[n][e];                           /* (11.4) */
            o[m][e] = sum;
        }
    }
}
/* [attention_forward] */

/* [attention_backward] */
void attention_backward(int M, int N, int D, int E, real dq[M][D],
                        real dk[N][D], real dv[N][E], const real do_[M][E],
                        const real w[M][N], double scale, const real q[M][D],
                        const real k[N][D], const real v[N][E])
{
    for (int m = 0; m < M; m++) {
        real dw[N], dz[N];
        for (int n = 0; n < N; n++) {
            dw[n] = dz[n] = 0;
            for (int e = 0; e < E; e++) {
                dv[n][e] += w[m][n] * do_[m][e];                    /* (11.7) */
                dw[n] += v[n][e] * do_[m][e];                       /* (11.8) */
            }
        }
        softmax_backward(N, dz, dw, w[m]);                          /* (11.9) */
        for (int n = 0; n < N; n++)
            for (int d = 0; d < D; d++) {
                dq[m][d] += (real)scale * dz[n] * k[n][d];         /* (11.10) */
                dk[n][d] += (real)scale * dz[n] * q[m][d];         /* (11.11) */
            }
    }
}
/* [attention_backward] */
