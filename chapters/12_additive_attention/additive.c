/* SPDX-License-Identifier: MIT */
#include "chapters/12_additive_attention/additive.h"

#include "chapters/02_activations/activations.h"

/* [additive_keys] */
void additive_keys_forward(int N, int C, int A, real p[N][A],
                           const real U[A][C], const real b[A],
                           const real k[N][C])
{
    for (int n = 0; n < N; n++)
        for (int a = 0; a < A; a++) {
            real sum = b[a];
            for (int c = 0; c < C; c++)
                sum += U[a][c] * k[n][c];                           /* (12.1) */
            p[n][a] = sum;
        }
}

void additive_keys_backward(int N, int C, int A, real dU[A][C], real db[A],
                            real dk[N][C], const real dp[N][A],
                            const real U[A][C], const real k[N][C])
{
    for (int n = 0; n < N; n++)
        for (int a = 0; a < A; a++) {
            for (int c = 0; c < C; c++) {
                dU[a][c] += dp[n][a] * k[n][c];                    /* (12.16) */
                dk[n][c] += U[a][c] * dp[n][a];                    /* (12.18) */
            }
            db[a] += dp[n][a];                                     /* (12.17) */
        }
}
/* [additive_keys] */

/* [additive_forward] */
void additive_forward(int N, int D, int A, int E, real o[E], real w[N],
                      real t[N][A], const real W[A][D], const real g[A],
                      const real q[D], const real p[N][A], const real v[N][E])
{
    real r[A], s[N];
    for (int a = 0; a < A; a++) {
        real sum = 0;
        for (int d = 0; d < D; d++)
            sum += W[a][d] * q[d];                                  /* (12.2) */
        r[a] = sum;
    }
    for (int n = 0; n < N; n++) {
        s[n] = 0;
        for (int a = 0; a < A; a++) {
            t[n][a] = tanh(r[a] + p[n][a]);                         /* (12.3) */
            s[n] += g[a] * t[n][a];                                 /* (12.4) */
        }
    }
    softmax_forward(N, w, s);                                       /* (12.5) */
    for (int e = 0; e < E; e++) {
        real sum = 0;
        for (int n = 0; n < N; n++)
            sum += w[n] * v[n][e];                                  /* (12.6) */
        o[e] = sum;
    }
}
/* [additive_forward] */

/* [additive_backward] */
void additive_backward(int N, int D, int A, int E, real dW[A][D], real dg[A],
                       real dq[D], real dp[N][A], real dv[N][E],
                       const real do_[E], const real w[N], const real t[N][A],
                       const real W[A][D], const real g[A], const real q[D],
                       const real v[N][E])
{
    real dw[N], ds[N], dr[A];
    for (int n = 0; n < N; n++) {
        dw[n] = ds[n] = 0;
        for (int e = 0; e < E; e++) {
            dv[n][e] += w[n] * do_[e];                              /* (12.7) */
            dw[n] += v[n][e] * do_[e];                              /* (12.8) */
        }
    }
    softmax_backward(N, ds, dw, w);                                 /* (12.9) */
    for (int a = 0; a < A; a++) {
        dr[a] = 0;
        for (int n = 0; n < N; n++) {
            real dz = ds[n] * g[a] * (1 - t[n][a] * t[n][a]);      /* (12.10) */
            dg[a] += ds[n] * t[n][a];                              /* (12.11) */
            dp[n][a] += dz;                                        /* (12.12) */
            dr[a] += dz;                                           /* (12.13) */
        }
        for (int d = 0; d < D; d++) {
            dW[a][d] += dr[a] * q[d];                              /* (12.14) */
            dq[d] += W[a][d] * dr[a];                              /* (12.15) */
        }
    }
}
/* [additive_backward] */
