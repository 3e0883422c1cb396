/* SPDX-License-Identifier: MIT */
#include "chapters/08_lstm/lstm1997.h"

#include "chapters/02_activations/activations.h"

#include <string.h>

int lstm1997_weights(int D, int B, int C, int K)
{
    int N = C + 2 * B;
    return N * (D + N + 1) + K * (C + 1);                           /* (8.31) */
}

/* [lstm1997_forward] */
void lstm1997_forward(int T, int D, int B, int C, real y[T + 1][C + 2 * B],
                      real s[T + 1][C], real g[T][C],
                      const real W[C + 2 * B][D],
                      const real U[C + 2 * B][C + 2 * B],
                      const real b[C + 2 * B], const real x[T][D])
{
    const int N = C + 2 * B, S = C / B;
    memset(y[0], 0, sizeof y[0]);
    memset(s[0], 0, sizeof s[0]);
    for (int t = 1; t <= T; t++) {
        real a[N];
        for (int n = 0; n < N; n++) {
            real sum = b[n];
            for (int d = 0; d < D; d++)
                sum += W[n][d] * x[t - 1][d];
            for (int m = 0; m < N; m++)
                sum += U[n][m] * y[t - 1][m];
            a[n] = sum;                                             /* (8.25) */
        }
        real *in = &y[t][C], *out = &y[t][C + B];
        for (int k = 0; k < B; k++) {
            in[k] = sigmoid(a[C + k]);                              /* (8.26) */
            out[k] = sigmoid(a[C + B + k]);                         /* (8.27) */
        }
        for (int c = 0; c < C; c++) {
            g[t - 1][c] = 4 * sigmoid(a[c]) - 2;                    /* (8.28) */
            s[t][c] = s[t - 1][c] + in[c / S] * g[t - 1][c];        /* (8.29) */
            y[t][c] = out[c / S] * (2 * sigmoid(s[t][c]) - 1);      /* (8.30) */
        }
    }
}
/* [lstm1997_forward] */

/* [lstm1997_backward] */
void lstm1997_backward(int T, int D, int B, int C, real dW[C + 2 * B][D],
                       real dU[C + 2 * B][C + 2 * B], real db[C + 2 * B],
                       real dx[T][D], real dy[T + 1][C + 2 * B], bool truncated,
                       const real y[T + 1][C + 2 * B], const real s[T + 1][C],
                       const real g[T][C], const real W[C + 2 * B][D],
                       const real U[C + 2 * B][C + 2 * B], const real x[T][D])
{
    const int N = C + 2 * B, S = C / B;
    real ds[C];
    memset(ds, 0, sizeof ds);
    for (int t = T; t >= 1; t--) {
        const real *in = &y[t][C], *out = &y[t][C + B];
        real da[N], din[B], dout[B];
        for (int k = 0; k < B; k++) {
            din[k] = dy[t][C + k];
            dout[k] = dy[t][C + B + k];
        }
        for (int c = 0; c < C; c++) {
            real h = 2 * sigmoid(s[t][c]) - 1, gc = g[t - 1][c];
            ds[c] += dy[t][c] * out[c / S] * (1 - h * h) / 2;       /* (8.32) */
            dout[c / S] += dy[t][c] * h;                            /* (8.33) */
            din[c / S] += ds[c] * gc;                               /* (8.34) */
            da[c] = ds[c] * in[c / S] * (1 - gc * gc / 4);          /* (8.35) */
        }
        for (int k = 0; k < B; k++) {
            da[C + k] = din[k] * in[k] * (1 - in[k]);               /* (8.36) */
            da[C + B + k] = dout[k] * out[k] * (1 - out[k]);        /* (8.37) */
        }
        for (int n = 0; n < N; n++) {
            db[n] += da[n];                                         /* (8.38) */
            for (int d = 0; d < D; d++)
                dW[n][d] += da[n] * x[t - 1][d];                    /* (8.39) */
            for (int m = 0; m < N; m++)
                dU[n][m] += da[n] * y[t - 1][m];                    /* (8.40) */
        }
        for (int n = 0; n < N && !truncated; n++) { /* where the paper cuts */
            for (int d = 0; d < D; d++)
                dx[t - 1][d] += W[n][d] * da[n];                    /* (8.41) */
            for (int m = 0; m < N; m++)
                dy[t - 1][m] += U[n][m] * da[n];                    /* (8.42) */
        }
    }
}
/* [lstm1997_backward] */

/* The sources of step t: the D inputs, the N outputs of the step before, 1. */
static void sources(int D, int N, real u[D + N + 1], const real x[D],
                    const real y[N])
{
    memcpy(u, x, (size_t)D * sizeof *u);
    memcpy(u + D, y, (size_t)N * sizeof *u);
    u[D + N] = 1;
}

/* [lstm1997_traces] */
void lstm1997_traces(int T, int D, int B, int C, real dW[C + 2 * B][D],
                     real dU[C + 2 * B][C + 2 * B], real db[C + 2 * B],
                     const real dy[T + 1][C + 2 * B],
                     const real y[T + 1][C + 2 * B], const real s[T + 1][C],
                     const real g[T][C], const real x[T][D])
{
    const int N = C + 2 * B, S = C / B, M = D + N + 1;
    real p[C][M], q[C][M], u[M], grad[N][M];
    memset(p, 0, sizeof p);
    memset(q, 0, sizeof q);
    memset(grad, 0, sizeof grad);
    for (int t = 1; t <= T; t++) {
        sources(D, N, u, x[t - 1], y[t - 1]);
        for (int c = 0; c < C; c++) {
            const int k = c / S;
            real in = y[t][C + k], out = y[t][C + B + k];
            real gc = g[t - 1][c], h = 2 * sigmoid(s[t][c]) - 1;
            real eps = dy[t][c] * out * (1 - h * h) / 2;
            for (int m = 0; m < M; m++) {
                p[c][m] += in * (1 - gc * gc / 4) * u[m];           /* (8.43) */
                q[c][m] += gc * in * (1 - in) * u[m];               /* (8.44) */
                grad[c][m] += eps * p[c][m];
                grad[C + k][m] += eps * q[c][m];                    /* (8.45) */
                grad[C + B + k][m] +=
                    dy[t][c] * h * out * (1 - out) * u[m];          /* (8.46) */
            }
        }
    }
    for (int n = 0; n < N; n++) {
        for (int d = 0; d < D; d++)
            dW[n][d] += grad[n][d];
        for (int m = 0; m < N; m++)
            dU[n][m] += grad[n][D + m];
        db[n] += grad[n][D + N];
    }
}
/* [lstm1997_traces] */
