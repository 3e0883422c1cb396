/* SPDX-License-Identifier: MIT */
#include "chapters/03_cross_entropy/losses.h"

#include "chapters/02_activations/activations.h"

/* [mse_forward] */
real mse_forward(int N, const real p[N], const real y[N])
{
    real sum = 0;
    for (int n = 0; n < N; n++)
        sum += (p[n] - y[n]) * (p[n] - y[n]);
    return sum / N;                                                  /* (3.1) */
}

void mse_backward(int N, real dp[N], real dy[N], real dloss, const real p[N],
                  const real y[N])
{
    for (int n = 0; n < N; n++) {
        dp[n] += dloss * 2 * (p[n] - y[n]) / N;                      /* (3.2) */
        dy[n] += dloss * 2 * (y[n] - p[n]) / N;                      /* (3.3) */
    }
}
/* [mse_forward] */

/* [bce] */
/* What belongs to a label of 0 costs nothing, whatever p is: 0 log 0 = 0. */
static real y_log(real y, real p)
{
    return y == 0 ? 0 : y * log(p);
}

static real over(real y, real p)
{
    return y == 0 ? 0 : y / p;
}

real bce_forward(int N, const real p[N], const real y[N])
{
    real loss = 0;
    for (int n = 0; n < N; n++)
        loss -= y_log(y[n], p[n]) + y_log(1 - y[n], 1 - p[n]);       /* (3.6) */
    return loss / N;                                                 /* (3.7) */
}

void bce_backward(int N, real dp[N], real dy[N], real dloss, const real p[N],
                  const real y[N])
{
    for (int n = 0; n < N; n++) {
        real slope = over(1 - y[n], 1 - p[n]) - over(y[n], p[n]);
        dp[n] += dloss * slope / N;                                  /* (3.8) */
        dy[n] += dloss * (log(1 - p[n]) - log(p[n])) / N;            /* (3.9) */
    }
}
/* [bce] */

real bce_curvature(real p, real y)
{
    return over(over(y, p), p) + over(over(1 - y, 1 - p), 1 - p);   /* (3.18) */
}

/* [ce] */
real ce_forward(int B, int C, const real p[B][C], const real y[B][C])
{
    real loss = 0;
    for (int b = 0; b < B; b++)
        for (int c = 0; c < C; c++)
            loss -= y_log(y[b][c], p[b][c]) / B;                    /* (3.24) */
    return loss;
}

void ce_backward(int B, int C, real dp[B][C], real dy[B][C], real dloss,
                 const real p[B][C], const real y[B][C])
{
    for (int b = 0; b < B; b++)
        for (int c = 0; c < C; c++) {
            dp[b][c] -= dloss * over(y[b][c], p[b][c]) / B;         /* (3.25) */
            dy[b][c] -= dloss * log(p[b][c]) / B;                   /* (3.26) */
        }
}
/* [ce] */

/* [mse_sigmoid] */
real mse_sigmoid_slope(real z, real y)
{
    real p = sigmoid(z);
    return 2 * (p - y) * p * (1 - p);                               /* (3.20) */
}

real mse_sigmoid_curvature(real z, real y)
{
    real p = sigmoid(z), slope = p * (1 - p);
    return 2 * slope * (slope + (p - y) * (1 - 2 * p));             /* (3.21) */
}
/* [mse_sigmoid] */
