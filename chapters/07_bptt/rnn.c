/* SPDX-License-Identifier: MIT */
#include "chapters/07_bptt/rnn.h"

#include "chapters/02_activations/activations.h"
#include "chapters/04_backprop/linear.h"
#include "chapters/07_bptt/products.h"

#include <stddef.h>

int rnn_size(int D, int H, int C, int M)
{
    return H * (D + H + C + 1) + C * (H + 1) + M * (H + C + 1);
}

rnn rnn_view(int D, int H, int C, int M, real w[])
{
    rnn n = {.D = D, .H = H, .C = C, .M = M};
    n.A = w;
    n.U = n.A + H * D;
    n.V = n.U + H * H;
    n.b = n.V + H * C;
    n.W_c = n.b + H;
    n.b_c = n.W_c + C * H;
    n.P = n.b_c + C;
    n.Q = n.P + M * H;
    n.r = n.Q + M * C;
    return n;
}

real half_squares(int n, real dy[n], const real y[n], const real target[n])
{
    real sum = 0;
    for (int i = 0; i < n; i++) {
        dy[i] = y[i] - target[i];                                    /* (7.6) */
        sum += dy[i] * dy[i];
    }
    return sum / 2;                                                  /* (7.5) */
}

/* [rnn_forward] */
void rnn_forward(int T, const rnn *n, real h[T + 1][n->H], real c[T + 1][n->C],
                 real y[T][n->M], const real x[T][n->D])
{
    int D = n->D, H = n->H, C = n->C, M = n->M;
    for (int t = 1; t <= T; t++) {
        real z[H], s[C];
        linear_forward(H, D, z, ROWS(D, n->A), n->b, x[t - 1]);
        add_product(H, H, z, ROWS(H, n->U), h[t - 1]);
        add_product(H, C, z, ROWS(C, n->V), c[t - 1]);               /* (7.1) */
        tanh_forward(H, h[t], z);                                    /* (7.2) */
        linear_forward(C, H, s, ROWS(H, n->W_c), n->b_c, h[t]);
        sigmoid_forward(C, c[t], s);                                 /* (7.3) */
        linear_forward(M, H, y[t - 1], ROWS(H, n->P), n->r, h[t]);
        add_product(M, C, y[t - 1], ROWS(C, n->Q), c[t]);            /* (7.4) */
    }
}
/* [rnn_forward] */

/* [rnn_backward] */
void rnn_backward(int T, const rnn *n, const rnn *d, real (*dx)[n->D],
                  real *dh0, real *dc0, const real dy[T][n->M],
                  const real h[T + 1][n->H], const real c[T + 1][n->C],
                  const real x[T][n->D])
{
    int D = n->D, H = n->H, C = n->C, M = n->M;
    real dz[H]; /* dz_{t+1} until eq. 7.10, then dz_t; nothing follows step T */
    clear(H, dz);
    for (int t = T; t >= 1; t--) {
        real dc[C], ds[C], dh[H];
        const real *e = dy[t - 1];
        clear(C, dc);
        clear(C, ds);
        clear(H, dh);
        add_transposed(M, C, dc, ROWS(C, n->Q), e);
        add_transposed(H, C, dc, ROWS(C, n->V), dz);                 /* (7.7) */
        sigmoid_backward(C, ds, dc, c[t]);                           /* (7.8) */
        add_transposed(M, H, dh, ROWS(H, n->P), e);
        add_transposed(C, H, dh, ROWS(H, n->W_c), ds);
        add_transposed(H, H, dh, ROWS(H, n->U), dz);                 /* (7.9) */
        clear(H, dz);
        tanh_backward(H, dz, dh, h[t]);                             /* (7.10) */
        add_outer(H, D, ROWS(D, d->A), dz, x[t - 1]);               /* (7.11) */
        add_outer(H, H, ROWS(H, d->U), dz, h[t - 1]);               /* (7.12) */
        add_outer(H, C, ROWS(C, d->V), dz, c[t - 1]);               /* (7.13) */
        add(H, d->b, dz);                                           /* (7.14) */
        add_outer(C, H, ROWS(H, d->W_c), ds, h[t]);                 /* (7.15) */
        add(C, d->b_c, ds);                                         /* (7.16) */
        add_outer(M, H, ROWS(H, d->P), e, h[t]);                    /* (7.17) */
        add_outer(M, C, ROWS(C, d->Q), e, c[t]);                    /* (7.18) */
        add(M, d->r, e);                                            /* (7.19) */
        if (dx)
            add_transposed(H, D, dx[t - 1], ROWS(D, n->A), dz);     /* (7.20) */
    }
    if (dh0)
        add_transposed(H, H, dh0, ROWS(H, n->U), dz);               /* (7.21) */
    if (dc0)
        add_transposed(H, C, dc0, ROWS(C, n->V), dz);               /* (7.22) */
}
/* [rnn_backward] */

/* [rnn_backward_truncated] */
void rnn_backward_truncated(int T, int K, int S, const rnn *n, const rnn *d,
                            const real dy[T][n->M], const real h[T + 1][n->H],
                            const real c[T + 1][n->C], const real x[T][n->D])
{
    int M = n->M;
    for (int first = 0; first < T; first += S) {
        int last = first + S < T ? first + S : T;
        int start = last > K ? last - K : 0;
        real e[last - start][M]; /* the errors of steps first+1 to last only */
        clear((last - start) * M, (real *)e);
        for (int t = first; t < last; t++)
            add(M, e[t - start], dy[t]);
        rnn_backward(last - start, n, d, NULL, NULL, NULL, e, h + start,
                     c + start, x + start);                         /* (7.27) */
    }
}
/* [rnn_backward_truncated] */

/* [rnn_rtrl] */
/* One step of the tangent along the direction v of the parameters: jh and jc
 * go from step t-1 to step t; jy is that of the output. */
static void tangent_step(const rnn *n, const rnn *v, real jh[n->H],
                         real jc[n->C], real jy[n->M], const real x[n->D],
                         const real h0[n->H], const real c0[n->C],
                         const real h[n->H], const real c[n->C])
{
    int D = n->D, H = n->H, C = n->C, M = n->M;
    real jz[H], js[C];
    linear_forward(H, D, jz, ROWS(D, v->A), v->b, x);
    add_product(H, H, jz, ROWS(H, v->U), h0);
    add_product(H, C, jz, ROWS(C, v->V), c0);
    add_product(H, H, jz, ROWS(H, n->U), jh);
    add_product(H, C, jz, ROWS(C, n->V), jc);
    clear(H, jh);
    tanh_backward(H, jh, jz, h);                                    /* (7.23) */
    linear_forward(C, H, js, ROWS(H, v->W_c), v->b_c, h);
    add_product(C, H, js, ROWS(H, n->W_c), jh);
    clear(C, jc);
    sigmoid_backward(C, jc, js, c);                                 /* (7.24) */
    linear_forward(M, H, jy, ROWS(H, v->P), v->r, h);
    add_product(M, C, jy, ROWS(C, v->Q), c);
    add_product(M, H, jy, ROWS(H, n->P), jh);
    add_product(M, C, jy, ROWS(C, n->Q), jc);                       /* (7.25) */
}

void rnn_rtrl(int T, int N, const rnn *n, real dw[N], const real dy[T][n->M],
              const real h[T + 1][n->H], const real c[T + 1][n->C],
              const real x[T][n->D])
{
    int H = n->H, C = n->C, M = n->M;
    real unit[N], jh[N][H], jc[N][C], jy[M];
    rnn v = rnn_view(n->D, H, C, M, unit);
    clear(N, unit);
    clear(N * H, (real *)jh);
    clear(N * C, (real *)jc);
    for (int t = 1; t <= T; t++)
        for (int i = 0; i < N; i++) {
            unit[i] = 1;
            tangent_step(n, &v, jh[i], jc[i], jy, x[t - 1], h[t - 1], c[t - 1],
                         h[t], c[t]);
            unit[i] = 0;
            for (int m = 0; m < M; m++)
                dw[i] += dy[t - 1][m] * jy[m];                      /* (7.26) */
        }
}
/* [rnn_rtrl] */

/* [rnn_jacobian] */
void rnn_jacobian(const rnn *n, real J[n->H][n->H], const real h[n->H],
                  const real c0[n->C])
{
    int H = n->H, C = n->C;
    const real(*U)[H] = ROWS(H, n->U);
    const real(*V)[C] = ROWS(C, n->V), (*W_c)[H] = ROWS(H, n->W_c);
    for (int i = 0; i < H; i++)
        for (int j = 0; j < H; j++) {
            real sum = U[i][j];
            for (int k = 0; k < C; k++)
                sum += V[i][k] * c0[k] * (1 - c0[k]) * W_c[k][j];
            J[i][j] = (1 - h[i] * h[i]) * sum;                      /* (7.28) */
        }
}
/* [rnn_jacobian] */
