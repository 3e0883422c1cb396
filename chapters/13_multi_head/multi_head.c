/* SPDX-License-Identifier: MIT */
#include "chapters/13_multi_head/multi_head.h"

#include <string.h>

#include "chapters/04_backprop/linear.h"
#include "chapters/11_attention/attention.h"
#include "chapters/13_multi_head/masks.h"

int multi_head_size(int C, int H, int D, int E)
{
    return 2 * H * D * (C + 1) + H * E * (C + 1) + C * H * E + C;
}

multi_head multi_head_view(int C, int H, int D, int E, real w[])
{
    multi_head n = {.C = C, .H = H, .D = D, .E = E};
    n.W_q = w;
    n.b_q = n.W_q + H * D * C;
    n.W_k = n.b_q + H * D;
    n.b_k = n.W_k + H * D * C;
    n.W_v = n.b_k + H * D;
    n.b_v = n.W_v + H * E * C;
    n.W_o = n.b_v + H * E;
    n.b_o = n.W_o + C * H * E;
    return n;
}

int multi_head_kept_size(int M, int N, const multi_head *n)
{
    return n->H * ((M + N) * n->D + N * n->E + M * N + 2 * M * n->E);
}

multi_head_kept multi_head_kept_view(int M, int N, const multi_head *n,
                                     real w[])
{
    multi_head_kept kept = {.q = w};
    kept.k = kept.q + n->H * M * n->D;
    kept.v = kept.k + n->H * N * n->D;
    kept.w = kept.v + n->H * N * n->E;
    kept.o = kept.w + n->H * M * N;
    kept.a = kept.o + n->H * M * n->E;
    return kept;
}

/* [heads_project] */
void heads_project_forward(int T, int C, int H, int D, real q[H][T][D],
                           const real W[H][D][C], const real b[H][D],
                           const real x[T][C])
{
    for (int h = 0; h < H; h++)
        for (int t = 0; t < T; t++)
            linear_forward(D, C, q[h][t], W[h], b[h], x[t]);
}

void heads_project_backward(int T, int C, int H, int D, real dW[H][D][C],
                            real db[H][D], real (*dx)[C],
                            const real dq[H][T][D], const real W[H][D][C],
                            const real x[T][C])
{
    for (int h = 0; h < H; h++)
        for (int t = 0; t < T; t++)
            linear_backward(D, C, dW[h], db[h], dx ? dx[t] : NULL, dq[h][t],
                            W[h], x[t]);
}
/* [heads_project] */

/* [heads_join] */
void heads_join_forward(int M, int C, int H, int E, real y[M][C],
                        real a[M][H * E], const real W_o[C][H * E],
                        const real b_o[C], const real o[H][M][E])
{
    for (int m = 0; m < M; m++) {
        for (int h = 0; h < H; h++)
            for (int e = 0; e < E; e++)
                a[m][h * E + e] = o[h][m][e];                       /* (13.5) */
        linear_forward(C, H * E, y[m], W_o, b_o, a[m]);             /* (13.6) */
    }
}

void heads_join_backward(int M, int C, int H, int E, real dW_o[C][H * E],
                         real db_o[C], real do_[H][M][E], const real dy[M][C],
                         const real W_o[C][H * E], const real a[M][H * E])
{
    for (int m = 0; m < M; m++) {
        real da[H * E];
        memset(da, 0, sizeof da);
        linear_backward(C, H * E, dW_o, db_o, da, dy[m], W_o,
                        a[m]);                                      /* (13.7) */
        for (int h = 0; h < H; h++)
            for (int e = 0; e < E; e++)
                do_[h][m][e] += da[h * E + e];                      /* (13.8) */
    }
}
/* [heads_join] */

/* 1/sqrt(n): n is a variable, so that no compiler folds the root. */
static double inverse_root(int n)
{
    return 1 / sqrt((double)n);
}

/* [multi_head_forward] */
void multi_head_forward(int M, int N, const multi_head *n, real y[M][n->C],
                        const multi_head_kept *kept, const bool (*see)[N],
                        const real xq[M][n->C], const real xk[N][n->C],
                        const real xv[N][n->C])
{
    const int C = n->C, H = n->H, D = n->D, E = n->E;
    real(*q)[M][D] = (void *)kept->q, (*k)[N][D] = (void *)kept->k;
    real(*v)[N][E] = (void *)kept->v, (*w)[M][N] = (void *)kept->w;
    real(*o)[M][E] = (void *)kept->o, (*a)[H * E] = (void *)kept->a;
    heads_project_forward(M, C, H, D, q, (void *)n->W_q, (void *)n->b_q,
                          xq);                                      /* (13.1) */
    heads_project_forward(N, C, H, D, k, (void *)n->W_k, (void *)n->b_k,
                          xk);                                      /* (13.2) */
    heads_project_forward(N, C, H, E, v, (void *)n->W_v, (void *)n->b_v,
                          xv);                                      /* (13.3) */
    for (int h = 0; h < H; h++)
        masked_attention_forward(M, N, D, E, o[h], w[h], inverse_root(D), see,
                                 q[h], k[h], v[h]);                 /* (13.4) */
    heads_join_forward(M, C, H, E, y, a, (void *)n->W_o, n->b_o, o);
}
/* [multi_head_forward] */

/* [multi_head_backward] */
void multi_head_backward(int M, int N, const multi_head *n, const multi_head *g,
                         real (*dxq)[n->C], real (*dxk)[n->C],
                         real (*dxv)[n->C], const real dy[M][n->C],
                         const multi_head_kept *kept, const real xq[M][n->C],
                         const real xk[N][n->C], const real xv[N][n->C])
{
    const int C = n->C, H = n->H, D = n->D, E = n->E;
    real(*q)[M][D] = (void *)kept->q, (*k)[N][D] = (void *)kept->k;
    real(*v)[N][E] = (void *)kept->v, (*w)[M][N] = (void *)kept->w;
    real do_[H][M][E], dq[H][M][D], dk[H][N][D], dv[H][N][E];
    memset(do_, 0, sizeof do_);
    memset(dq, 0, sizeof dq);
    memset(dk, 0, sizeof dk);
    memset(dv, 0, sizeof dv);
    heads_join_backward(M, C, H, E, (void *)g->W_o, g->b_o, do_, dy,
                        (void *)n->W_o, (void *)kept->a);
    for (int h = 0; h < H; h++)
        attention_backward(M, N, D, E, dq[h], dk[h], dv[h], do_[h], w[h],
                           inverse_root(D), q[h], k[h], v[h]);      /* (13.9) */
    heads_project_backward(M, C, H, D, (void *)g->W_q, (void *)g->b_q, dxq, dq,
                           (void *)n->W_q, xq);                    /* (13.10) */
    heads_project_backward(N, C, H, D, (void *)g->W_k, (void *)g->b_k, dxk, dk,
                           (void *)n->W_k, xk);                    /* (13.11) */
    heads_project_backward(N, C, H, E, (void *)g->W_v, (void *)g->b_v, dxv, dv,
                           (void *)n->W_v, xv);                    /* (13.12) */
}
/* [multi_head_backward] */
