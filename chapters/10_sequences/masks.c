/* SPDX-License-Identifier: MIT */
#include "chapters/10_sequences/masks.h"

void mask_fill(int T, int keep[T], int length)
{
    for (int t = 0; t < T; t++)
        keep[t] = t < length;
}

static int count(int N, const int keep[N])
{
    int kept = 0;
    for (int n = 0; n < N; n++)
        kept += keep[n];
    return kept;
}

/* [masked_mean] */
real masked_mean_forward(int N, const real l[N], const int keep[N])
{
    real sum = 0;
    for (int n = 0; n < N; n++)
        if (keep[n])
            sum += l[n];
    int kept = count(N, keep);
    return kept ? sum / kept : 0;                                   /* (10.4) */
}

void masked_mean_backward(int N, real dl[N], real dloss, const int keep[N])
{
    int kept = count(N, keep);
    for (int n = 0; n < N; n++)
        if (keep[n])
            dl[n] += dloss / kept;                                  /* (10.5) */
}
/* [masked_mean] */

/* [masked_softmax_forward] */
void masked_softmax_forward(int N, real p[N], const real z[N],
                            const int keep[N])
{
    real max = -HUGE_VAL, sum = 0;
    for (int n = 0; n < N; n++)
        if (keep[n])
            max = real_max(max, z[n]);
    for (int n = 0; n < N; n++) {
        p[n] = keep[n] ? exp(z[n] - max) : 0;
        sum += p[n];
    }
    for (int n = 0; n < N; n++)
        if (keep[n])
            p[n] /= sum;                                            /* (10.6) */
}
/* [masked_softmax_forward] */

/* [masked_softmax_backward] */
void masked_softmax_backward(int N, real dz[N], const real dp[N],
                             const real p[N], const int keep[N])
{
    real mean = 0;
    for (int n = 0; n < N; n++)
        if (keep[n])
            mean += p[n] * dp[n];
    for (int n = 0; n < N; n++)
        if (keep[n])
            dz[n] += p[n] * (dp[n] - mean);                         /* (10.7) */
}
/* [masked_softmax_backward] */

/* [masked_lstm_forward] */
void masked_lstm_forward(int T, int D, int H, real c[T + 1][H],
                         real h[T + 1][H], real gate[T][GATES][H],
                         const real W[GATES][H][D], const real U[GATES][H][H],
                         const real b[GATES][H], const real x[T][D],
                         const int keep[T])
{
    for (int t = 1; t <= T; t++)
        if (keep[t - 1])
            lstm_step_forward(D, H, c[t], h[t], gate[t - 1], W, U, b, x[t - 1],
                              h[t - 1], c[t - 1]);
        else
            for (int j = 0; j < H; j++) { /* the state waits */
                c[t][j] = c[t - 1][j];
                h[t][j] = h[t - 1][j];                              /* (10.8) */
            }
}
/* [masked_lstm_forward] */

/* [masked_lstm_backward] */
void masked_lstm_backward(int T, int D, int H, real dW[GATES][H][D],
                          real dU[GATES][H][H], real db[GATES][H],
                          real dx[T][D], real dh[T + 1][H], real dc[T + 1][H],
                          const real gate[T][GATES][H], const real c[T + 1][H],
                          const real h[T + 1][H], const real W[GATES][H][D],
                          const real U[GATES][H][H], const real x[T][D],
                          const int keep[T])
{
    for (int t = T; t >= 1; t--)
        if (keep[t - 1])
            lstm_step_backward(D, H, dW, dU, db, dx[t - 1], dh[t - 1],
                               dc[t - 1], dh[t], dc[t], gate[t - 1], c[t], W, U,
                               x[t - 1], h[t - 1], c[t - 1]);
        else
            for (int j = 0; j < H; j++) { /* and so does its gradient */
                dc[t - 1][j] += dc[t][j];
                dh[t - 1][j] += dh[t][j];                           /* (10.9) */
            }
}
/* [masked_lstm_backward] */
