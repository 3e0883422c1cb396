/* SPDX-License-Identifier: MIT */
#include "chapters/08_lstm/lstm.h"

#include "chapters/02_activations/activations.h"

/* [lstm_step_forward] */
void lstm_step_forward(int D, int H, real c[H], real h[H], real gate[GATES][H],
                       const real W[GATES][H][D], const real U[GATES][H][H],
                       const real b[GATES][H], const real x[D],
                       const real h0[H], const real c0[H])
{
    real *f = gate[FORGET], *i = gate[INPUT];
    real *g = gate[CANDIDATE], *o = gate[OUTPUT];
    real a[GATES][H];
    for (int r = 0; r < GATES; r++)
        for (int j = 0; j < H; j++) {
            real sum = b[r][j];
            for (int d = 0; d < D; d++)
                sum += W[r][j][d] * x[d];
            for (int k = 0; k < H; k++)
                sum += U[r][j][k] * h0[k];                           /* (8.1) */
            a[r][j] = sum;
        }
    for (int j = 0; j < H; j++) {
        f[j] = sigmoid(a[FORGET][j]);                                /* (8.2) */
        i[j] = sigmoid(a[INPUT][j]);                                 /* (8.3) */
        g[j] = tanh(a[CANDIDATE][j]);                                /* (8.4) */
        o[j] = sigmoid(a[OUTPUT][j]);                                /* (8.5) */
        c[j] = f[j] * c0[j] + i[j] * g[j];                           /* (8.6) */
        h[j] = o[j] * tanh(c[j]);                                    /* (8.7) */
    }
}
/* [lstm_step_forward] */

/* [lstm_step_backward] */
void lstm_step_backward(int D, int H, real dW[GATES][H][D],
                        real dU[GATES][H][H], real db[GATES][H], real dx[D],
                        real dh0[H], real dc0[H], const real dh[H],
                        const real dc[H], const real gate[GATES][H],
                        const real c[H], const real W[GATES][H][D],
                        const real U[GATES][H][H], const real x[D],
                        const real h0[H], const real c0[H])
{
    const real *f = gate[FORGET], *i = gate[INPUT];
    const real *g = gate[CANDIDATE], *o = gate[OUTPUT];
    real da[GATES][H];
    for (int j = 0; j < H; j++) {
        real s = tanh(c[j]);
        real e = dc[j] + dh[j] * o[j] * (1 - s * s);                 /* (8.8) */
        da[OUTPUT][j] = dh[j] * s * o[j] * (1 - o[j]);               /* (8.9) */
        da[FORGET][j] = e * c0[j] * f[j] * (1 - f[j]);              /* (8.10) */
        da[INPUT][j] = e * g[j] * i[j] * (1 - i[j]);                /* (8.11) */
        da[CANDIDATE][j] = e * i[j] * (1 - g[j] * g[j]);            /* (8.12) */
        dc0[j] += e * f[j];                                         /* (8.13) */
    }
    for (int r = 0; r < GATES; r++)
        for (int j = 0; j < H; j++) {
            db[r][j] += da[r][j];                                   /* (8.14) */
            for (int d = 0; d < D; d++) {
                dW[r][j][d] += da[r][j] * x[d];                     /* (8.15) */
                dx[d] += W[r][j][d] * da[r][j];                     /* (8.16) */
            }
            for (int k = 0; k < H; k++) {
                dU[r][j][k] += da[r][j] * h0[k];                    /* (8.17) */
                dh0[k] += U[r][j][k] * da[r][j];                    /* (8.18) */
            }
        }
}
/* [lstm_step_backward] */

/* [lstm_forward] */
void lstm_forward(int T, int D, int H, real c[T + 1][H], real h[T + 1][H],
                  real gate[T][GATES][H], const real W[GATES][H][D],
                  const real U[GATES][H][H], const real b[GATES][H],
                  const real x[T][D])
{
    for (int t = 1; t <= T; t++)
        lstm_step_forward(D, H, c[t], h[t], gate[t - 1], W, U, b, x[t - 1],
                          h[t - 1], c[t - 1]);                      /* (8.19) */
}
/* [lstm_forward] */

/* [lstm_backward] */
void lstm_backward(int T, int D, int H, real dW[GATES][H][D],
                   real dU[GATES][H][H], real db[GATES][H], real dx[T][D],
                   real dh[T + 1][H], real dc[T + 1][H],
                   const real gate[T][GATES][H], const real c[T + 1][H],
                   const real h[T + 1][H], const real W[GATES][H][D],
                   const real U[GATES][H][H], const real x[T][D])
{
    for (int t = T; t >= 1; t--)
        lstm_step_backward(D, H, dW, dU, db, dx[t - 1], dh[t - 1], dc[t - 1],
                           dh[t], dc[t], gate[t - 1], c[t], W, U, x[t - 1],
                           h[t - 1], c[t - 1]);                     /* (8.20) */
}
/* [lstm_backward] */
