/* SPDX-License-Identifier: MIT */
#include "chapters/06_feedback/simple_net.h"

#include "chapters/02_activations/activations.h"
#include "chapters/04_backprop/linear.h"

#include <string.h>

/* The memory at w, read as rows of `width` numbers. */
#define ROWS(width, w) ((real(*)[width])(w))

int simple_size(int D, int H, int M)
{
    return H * (D + H + M + 1) + M * (H + 1);
}

simple_net simple_view(int D, int H, int M, real w[])
{
    simple_net n = {.D = D, .H = H, .M = M};
    n.W = w;
    n.U = n.W + H * D;
    n.B = n.U + H * H;
    n.b = n.B + H * M;
    n.V = n.b + H;
    n.c = n.V + M * H;
    return n;
}

/* y += W x */
static void add_product(int M, int N, real y[M], const real W[M][N],
                        const real x[N])
{
    for (int m = 0; m < M; m++)
        for (int n = 0; n < N; n++)
            y[m] += W[m][n] * x[n];
}

/* dx += W^T dy */
static void add_transposed(int M, int N, real dx[N], const real W[M][N],
                           const real dy[M])
{
    for (int m = 0; m < M; m++)
        for (int n = 0; n < N; n++)
            dx[n] += W[m][n] * dy[m];
}

/* dW += dy x^T */
static void add_outer(int M, int N, real dW[M][N], const real dy[M],
                      const real x[N])
{
    for (int m = 0; m < M; m++)
        for (int n = 0; n < N; n++)
            dW[m][n] += dy[m] * x[n];
}

static void add(int N, real y[N], const real x[N])
{
    for (int n = 0; n < N; n++)
        y[n] += x[n];
}

static void clear(int N, real x[N])
{
    memset(x, 0, (size_t)N * sizeof *x);
}

/* [simple_forward] */
void simple_forward(int T, const simple_net *n, real h[T + 1][n->H],
                    real y[T + 1][n->M], const real x[T][n->D])
{
    int D = n->D, H = n->H, M = n->M;
    for (int t = 1; t <= T; t++) {
        real z[H], r[M];
        linear_forward(H, D, z, ROWS(D, n->W), n->b, x[t - 1]);
        add_product(H, H, z, ROWS(H, n->U), h[t - 1]);
        add_product(H, M, z, ROWS(M, n->B), y[t - 1]);               /* (6.8) */
        sigmoid_forward(H, h[t], z);                                 /* (6.9) */
        linear_forward(M, H, r, ROWS(H, n->V), n->c, h[t]);
        sigmoid_forward(M, y[t], r);                                /* (6.10) */
    }
}
/* [simple_forward] */

/* [simple_backward] */
void simple_backward(int T, const simple_net *n, const simple_net *d,
                     real (*dx)[n->D], real *dh0, real *dy0,
                     const real e[T][n->M], const real h[T + 1][n->H],
                     const real y[T + 1][n->M], const real x[T][n->D])
{
    int D = n->D, H = n->H, M = n->M;
    real dz[H]; /* dz_{t+1} until eq. 6.15, then dz_t; nothing follows step T */
    clear(H, dz);
    for (int t = T; t >= 1; t--) {
        real dy[M], dr[M], dh[H];
        clear(M, dr);
        clear(H, dh);
        memcpy(dy, e[t - 1], sizeof dy);
        add_transposed(H, M, dy, ROWS(M, n->B), dz);                /* (6.12) */
        sigmoid_backward(M, dr, dy, y[t]);                          /* (6.13) */
        add_transposed(M, H, dh, ROWS(H, n->V), dr);
        add_transposed(H, H, dh, ROWS(H, n->U), dz);                /* (6.14) */
        clear(H, dz);
        sigmoid_backward(H, dz, dh, h[t]);                          /* (6.15) */
        add_outer(H, D, ROWS(D, d->W), dz, x[t - 1]);               /* (6.16) */
        add_outer(H, H, ROWS(H, d->U), dz, h[t - 1]);               /* (6.17) */
        add_outer(H, M, ROWS(M, d->B), dz, y[t - 1]);               /* (6.18) */
        add(H, d->b, dz);                                           /* (6.19) */
        add_outer(M, H, ROWS(H, d->V), dr, h[t]);                   /* (6.20) */
        add(M, d->c, dr);                                           /* (6.21) */
        if (dx)
            add_transposed(H, D, dx[t - 1], ROWS(D, n->W), dz);     /* (6.22) */
    }
    if (dh0)
        add_transposed(H, H, dh0, ROWS(H, n->U), dz);               /* (6.23) */
    if (dy0)
        add_transposed(H, M, dy0, ROWS(M, n->B), dz);               /* (6.24) */
}
/* [simple_backward] */
