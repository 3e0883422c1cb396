/* SPDX-License-Identifier: MIT */
#include "chapters/15_feedback_network/fbnet.h"

#include "chapters/02_activations/activations.h"
#include "chapters/04_backprop/linear.h"
#include "chapters/07_bptt/products.h"
#include "chapters/11_attention/attention.h"

#include <string.h>

int fbnet_size(int D, int H, int M)
{
    return H * (D + 1) + H * M + H * H + H * (2 * H + 1) + M * (H + 1);
}

fbnet fbnet_view(int D, int H, int M, parts on, real w[])
{
    fbnet n = {.D = D, .H = H, .M = M, .on = on};
    n.A = w;
    n.b = n.A + H * D;
    n.B = n.b + H;
    n.Q = n.B + H * M;
    n.G = n.Q + H * H;
    n.K = n.G + H * H;
    n.c = n.K + H * H;
    n.P = n.c + H;
    n.d = n.P + M * H;
    return n;
}

int fbnet_group(const fbnet *n, int group, int *count)
{
    const real *const begin[GROUPS + 1] = {n->A, n->B, n->Q,
                                           n->G, n->P, n->d + n->M};
    *count = (int)(begin[group + 1] - begin[group]);
    return (int)(begin[group] - n->A);
}

int fbnet_trace_size(int T, int H, int M)
{
    return T * (6 * H + T + M) + (T + 1) * M;
}

fbnet_trace fbnet_trace_view(int T, int H, int M, real v[])
{
    fbnet_trace s = {.e = v};
    s.q = s.e + T * H;
    s.w = s.q + T * H;
    s.a = s.w + T * T;
    s.g = s.a + T * H;
    s.u = s.g + T * H;
    s.r = s.u + T * H;
    s.y = s.r + T * H;
    s.f = s.y + T * M;
    return s;
}

/* [attend] */
void fbnet_attend_forward(int t, int H, real a[H], real w[t], real q[H],
                          const real Q[H][H], const real e[t][H])
{
    double scale = 1 / sqrt((double)H);
    clear(H, q);
    add_product(H, H, q, Q, e[t - 1]);                              /* (15.3) */
    attention_forward(1, t, H, H, ROWS(H, a), ROWS(t, w), scale,    /* (15.4) */
                      ROWS(H, q), e, e);                            /* (15.5) */
}

void fbnet_attend_backward(int t, int H, real dQ[H][H], real de[t][H],
                           const real da[H], const real w[t], const real q[H],
                           const real Q[H][H], const real e[t][H])
{
    double scale = 1 / sqrt((double)H);
    real dq[H];
    clear(H, dq);
    attention_backward(1, t, H, H, ROWS(H, dq), de, de, ROWS(H, da), ROWS(t, w),
                       scale, ROWS(H, q), e, e);                   /* (15.23) */
    add_outer(H, H, dQ, dq, e[t - 1]);
    add_transposed(H, H, de[t - 1], Q, dq);                        /* (15.24) */
}
/* [attend] */

/* [gate] */
void fbnet_gate_forward(int H, int C, real u[H], real g[H], const real G[H][H],
                        const real K[H][C], const real c[H], const real e[H],
                        const real s[C], const real v[H])
{
    real z[H];
    linear_forward(H, H, z, G, c, e);
    add_product(H, C, z, K, s);
    sigmoid_forward(H, g, z);                                       /* (15.6) */
    for (int h = 0; h < H; h++)
        u[h] = g[h] * v[h];                                         /* (15.7) */
}

void fbnet_gate_backward(int H, int C, real dG[H][H], real dK[H][C], real dc[H],
                         real de[H], real ds[C], real dv[H], const real du[H],
                         const real g[H], const real G[H][H],
                         const real K[H][C], const real e[H], const real s[C],
                         const real v[H])
{
    real dg[H], dz[H];
    clear(H, dg);
    clear(H, dz);
    for (int h = 0; h < H; h++) {
        dg[h] = du[h] * v[h];
        dv[h] += du[h] * g[h];                                     /* (15.19) */
    }
    sigmoid_backward(H, dz, dg, g);                                /* (15.20) */
    linear_backward(H, H, dG, dc, de, dz, G, e);
    add_outer(H, C, dK, dz, s);                                    /* (15.21) */
    add_transposed(H, C, ds, K, dz);                               /* (15.22) */
}
/* [gate] */

/* [fbnet_forward] */
void fbnet_forward(int T, const fbnet *n, const fbnet_trace *s,
                   const real x[T][n->D])
{
    int D = n->D, H = n->H, M = n->M;
    real(*e)[H] = ROWS(H, s->e), (*q)[H] = ROWS(H, s->q);
    real(*a)[H] = ROWS(H, s->a), (*g)[H] = ROWS(H, s->g);
    real(*u)[H] = ROWS(H, s->u), (*r)[H] = ROWS(H, s->r);
    real(*w)[T] = ROWS(T, s->w), (*y)[M] = ROWS(M, s->y);
    real(*f)[M] = ROWS(M, s->f);
    for (int t = 1; t <= T; t++) {
        int i = t - 1;
        real z[H];
        linear_forward(H, D, z, ROWS(D, n->A), n->b, x[i]);
        if (n->on.feedback)
            add_product(H, M, z, ROWS(M, n->B), f[t - 1]);          /* (15.1) */
        tanh_forward(H, e[i], z);                                   /* (15.2) */
        if (n->on.attention)
            fbnet_attend_forward(t, H, a[i], w[i], q[i], ROWS(H, n->Q), e);
        else
            memcpy(a[i], e[i], sizeof a[i]);
        if (n->on.gate)
            fbnet_gate_forward(H, H, u[i], g[i], ROWS(H, n->G), ROWS(H, n->K),
                               n->c, e[i], a[i], a[i]);
        else
            memcpy(u[i], a[i], sizeof u[i]);
        memcpy(r[i], u[i], sizeof r[i]);
        if (n->on.residual)
            add(H, r[i], e[i]);                                     /* (15.8) */
        linear_forward(M, H, y[i], ROWS(H, n->P), n->d, r[i]);      /* (15.9) */
        tanh_forward(M, f[t], y[i]);                               /* (15.10) */
    }
}
/* [fbnet_forward] */

/* [fbnet_backward] */
void fbnet_backward(int T, const fbnet *n, const fbnet *d, real (*dx)[n->D],
                    real *df0, const real dy[T][n->M], const fbnet_trace *s,
                    const real x[T][n->D])
{
    int D = n->D, H = n->H, M = n->M;
    real(*e)[H] = ROWS(H, s->e), (*q)[H] = ROWS(H, s->q);
    real(*a)[H] = ROWS(H, s->a), (*g)[H] = ROWS(H, s->g);
    real(*r)[H] = ROWS(H, s->r), (*w)[T] = ROWS(T, s->w);
    real(*f)[M] = ROWS(M, s->f);
    real de[T][H], df[M]; /* of all steps; of f_t, from step t+1 */
    clear(T * H, (real *)de);
    clear(M, df);
    for (int t = T; t >= 1; t--) {
        int i = t - 1;
        real total[M], dr[H], da[H], dz[H];
        memcpy(total, dy[i], sizeof total);
        tanh_backward(M, total, df, f[t]);                         /* (15.16) */
        clear(H, dr);
        clear(H, da);
        clear(H, dz);
        linear_backward(M, H, ROWS(H, d->P), d->d, dr, total, ROWS(H, n->P),
                        r[i]);                                     /* (15.17) */
        if (n->on.residual)
            add(H, de[i], dr);                                     /* (15.18) */
        if (n->on.gate)
            fbnet_gate_backward(H, H, ROWS(H, d->G), ROWS(H, d->K), d->c, de[i],
                                da, da, dr, g[i], ROWS(H, n->G), ROWS(H, n->K),
                                e[i], a[i], a[i]);
        else
            add(H, da, dr);
        if (n->on.attention)
            fbnet_attend_backward(t, H, ROWS(H, d->Q), de, da, w[i], q[i],
                                  ROWS(H, n->Q), e);
        else
            add(H, de[i], da);
        tanh_backward(H, dz, de[i], e[i]);                         /* (15.25) */
        linear_backward(H, D, ROWS(D, d->A), d->b, dx ? dx[i] : NULL, dz,
                        ROWS(D, n->A), x[i]);                      /* (15.26) */
        clear(M, df);
        if (n->on.feedback) {
            add_outer(H, M, ROWS(M, d->B), dz, f[t - 1]);
            add_transposed(H, M, df, ROWS(M, n->B), dz);           /* (15.27) */
        }
    }
    if (df0)
        add(M, df0, df);
}
/* [fbnet_backward] */
