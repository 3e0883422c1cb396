/* SPDX-License-Identifier: MIT */
#include "chapters/03_cross_entropy/cross_entropy.h"

#include "chapters/02_activations/activations.h"

/* [cross_entropy_binary] */
real cross_entropy_binary_forward(int N, const real z[N], const real y[N])
{
    real loss = 0;
    for (int n = 0; n < N; n++) {
        real tail = real_log1p(exp(-real_abs(z[n])));
        loss += real_max(z[n], 0) - z[n] * y[n] + tail;             /* (3.12) */
    }
    return loss / N;
}

void cross_entropy_binary_backward(int N, real dz[N], real dy[N], real dloss,
                                   const real z[N], const real y[N])
{
    for (int n = 0; n < N; n++) {
        real p = sigmoid(z[n]);                                     /* (3.11) */
        dz[n] += dloss * (p - y[n]) / N;                            /* (3.13) */
        dy[n] -= dloss * z[n] / N;                                  /* (3.14) */
    }
}
/* [cross_entropy_binary] */

real cross_entropy_binary_curvature(real z)
{
    real p = sigmoid(z);
    return p * (1 - p);                                             /* (3.19) */
}

/* [cross_entropy] */
real cross_entropy_forward(int B, int C, real p[B][C], const real z[B][C],
                           const int target[B])
{
    real loss = 0;
    for (int b = 0; b < B; b++) {
        real max = z[b][0], sum = 0;
        for (int c = 1; c < C; c++)
            max = real_max(max, z[b][c]);
        for (int c = 0; c < C; c++)
            sum += p[b][c] = exp(z[b][c] - max);
        for (int c = 0; c < C; c++)
            p[b][c] /= sum;                                         /* (3.28) */
        loss += log(sum) + max - z[b][target[b]];                   /* (3.29) */
    }
    return loss / B;                                                /* (3.30) */
}

void cross_entropy_backward(int B, int C, real dz[B][C], real dloss,
                            const real p[B][C], const int target[B])
{
    for (int b = 0; b < B; b++)
        for (int c = 0; c < C; c++)
            dz[b][c] += dloss * (p[b][c] - (c == target[b])) / B;   /* (3.31) */
}
/* [cross_entropy] */

/* [cross_entropy_dense] */
real cross_entropy_dense_forward(int B, int C, real p[B][C], real logp[B][C],
                                 const real z[B][C], const real y[B][C])
{
    real loss = 0;
    for (int b = 0; b < B; b++) {
        real max = z[b][0], sum = 0;
        for (int c = 1; c < C; c++)
            max = real_max(max, z[b][c]);
        for (int c = 0; c < C; c++)
            sum += exp(z[b][c] - max);
        for (int c = 0; c < C; c++) {
            logp[b][c] = z[b][c] - max - log(sum);                  /* (3.32) */
            p[b][c] = exp(logp[b][c]);
            loss -= y[b][c] * logp[b][c] / B;                       /* (3.33) */
        }
    }
    return loss;
}

void cross_entropy_dense_backward(int B, int C, real dz[B][C], real dy[B][C],
                                  real dloss, const real p[B][C],
                                  const real logp[B][C], const real y[B][C])
{
    for (int b = 0; b < B; b++) {
        real s = 0;
        for (int c = 0; c < C; c++)
            s += y[b][c];                                           /* (3.34) */
        for (int c = 0; c < C; c++) {
            dz[b][c] += dloss * (s * p[b][c] - y[b][c]) / B;        /* (3.35) */
            dy[b][c] -= dloss * logp[b][c] / B;                     /* (3.36) */
        }
    }
}
/* [cross_entropy_dense] */
