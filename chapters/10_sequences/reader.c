/* SPDX-License-Identifier: MIT */
#include "chapters/10_sequences/reader.h"

#include "chapters/04_backprop/linear.h"
#include "chapters/10_sequences/embedding.h"
#include "chapters/10_sequences/masks.h"
#include "lib/sample.h"

#include <string.h>

int reader_size(int V, int D, int H)
{
    return V * D + GATES * H * (D + H + 1) + V * H + V;
}

reader reader_view(int V, int D, int H, real *w)
{
    reader n = {.V = V, .D = D, .H = H, .E = w};
    n.W = n.E + V * D;
    n.U = n.W + GATES * H * D;
    n.b = n.U + GATES * H * H;
    n.P = n.b + GATES * H;
    n.q = n.P + V * H;
    return n;
}

void reader_start(const reader *n, rng *g)
{
    int V = n->V, D = n->D, H = n->H;
    double limit = 1 / sqrt((double)H);
    fill_normal(V * D, n->E, 1, g);
    uniform_fill(GATES * H * (D + H), n->W, limit, g); /* and U behind it */
    uniform_fill(V * H, n->P, limit, g);
    memset(n->b, 0, (size_t)(GATES * H) * sizeof *n->b);
    memset(n->q, 0, (size_t)V * sizeof *n->q);
    for (int j = 0; j < H; j++)
        n->b[FORGET * H + j] = 1;
}

/* [reader_forward] */
void reader_forward(int T, const reader *n, real x[T][n->D],
                    real c[T + 1][n->H], real h[T + 1][n->H],
                    real gate[T][GATES][n->H], real z[T][n->V], const int k[T],
                    const int keep[T])
{
    int V = n->V, D = n->D, H = n->H;
    embedding_forward(T, V, D, x, (const real(*)[D])n->E, k);
    masked_lstm_forward(T, D, H, c, h, gate, (const real(*)[H][D])n->W,
                        (const real(*)[H][H])n->U, (const real(*)[H])n->b, x,
                        keep);
    for (int t = 1; t <= T; t++)
        if (keep[t - 1])
            linear_forward(V, H, z[t - 1], (const real(*)[H])n->P, n->q,
                           h[t]);                                  /* (10.19) */
}
/* [reader_forward] */

/* [reader_backward] */
void reader_backward(int T, const reader *n, const reader *d, real dx[T][n->D],
                     real dc[T + 1][n->H], real dh[T + 1][n->H],
                     const real dz[T][n->V], const real x[T][n->D],
                     const real c[T + 1][n->H], const real h[T + 1][n->H],
                     const real gate[T][GATES][n->H], const int k[T],
                     const int keep[T])
{
    int V = n->V, D = n->D, H = n->H;
    for (int t = 1; t <= T; t++)
        if (keep[t - 1])
            linear_backward(V, H, (real(*)[H])d->P, d->q, dh[t], dz[t - 1],
                            (const real(*)[H])n->P, h[t]);         /* (10.20) */
    masked_lstm_backward(T, D, H, (real(*)[H][D])d->W, (real(*)[H][H])d->U,
                         (real(*)[H])d->b, dx, dh, dc, gate, c, h,
                         (const real(*)[H][D])n->W, (const real(*)[H][H])n->U,
                         x, keep);
    embedding_backward(T, V, D, (real(*)[D])d->E, dx, k);
}
/* [reader_backward] */

int most_likely(int V, const real z[V])
{
    int best = 0;
    for (int v = 1; v < V; v++)
        if (re(z[v]) > re(z[best]))
            best = v;
    return best;
}

/* [reader_generate] */
void reader_generate(int T, const reader *n, int out[T], int start,
                     bool feedback)
{
    static const int keep[1] = {1};
    real x[1][n->D], c[2][n->H], h[2][n->H], gate[1][GATES][n->H], z[1][n->V];
    memset(c, 0, sizeof c);
    memset(h, 0, sizeof h);
    for (int t = 0, k = start; t < T; t++) {
        reader_forward(1, n, x, c, h, gate, z, &k, keep);
        out[t] = most_likely(n->V, z[0]);                          /* (10.22) */
        memcpy(c[0], c[1], sizeof c[0]);
        memcpy(h[0], h[1], sizeof h[0]);
        k = feedback ? out[t] : start;
    }
}
/* [reader_generate] */
