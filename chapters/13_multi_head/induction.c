/* SPDX-License-Identifier: MIT */
#include "chapters/13_multi_head/induction.h"

#include <string.h>

#include "chapters/03_cross_entropy/cross_entropy.h"
#include "chapters/04_backprop/linear.h"
#include "chapters/13_multi_head/masks.h"
#include "chapters/13_multi_head/positions.h"
#include "lib/sample.h"

/* ---- places -------------------------------------------------------------- */

int induction_size(const induction_sizes *s)
{
    int layer = multi_head_size(s->C, 1, s->C, s->C);
    return (2 * s->V + s->T) * s->C + s->V + s->L * layer;
}

induction_weights induction_view(const induction_sizes *s, real w[])
{
    induction_weights n = {.embed = w};
    n.position = n.embed + s->V * s->C;
    w = n.position + s->T * s->C;
    for (int l = 0; l < s->L; l++) {
        n.layer[l] = multi_head_view(s->C, 1, s->C, s->C, w);
        w += multi_head_size(s->C, 1, s->C, s->C);
    }
    n.W_u = w;
    n.b_u = n.W_u + s->V * s->C;
    return n;
}

int induction_kept_size(const induction_sizes *s)
{
    const multi_head n = {.C = s->C, .H = 1, .D = s->C, .E = s->C};
    return (2 * s->L + 1) * s->T * s->C + s->T * s->V +
           s->L * multi_head_kept_size(s->T, s->T, &n);
}

induction_kept induction_kept_view(const induction_sizes *s, real w[])
{
    const multi_head n = {.C = s->C, .H = 1, .D = s->C, .E = s->C};
    induction_kept kept = {.p = w};
    w += s->T * s->V;
    for (int l = 0; l <= s->L; l++, w += s->T * s->C)
        kept.x[l] = w;
    for (int l = 0; l < s->L; l++, w += s->T * s->C)
        kept.xp[l] = w;
    for (int l = 0; l < s->L; l++) {
        kept.layer[l] = multi_head_kept_view(s->T, s->T, &n, w);
        w += multi_head_kept_size(s->T, s->T, &n);
    }
    return kept;
}

void induction_start(const induction_sizes *s, real w[], rng *g)
{
    const induction_weights n = induction_view(s, w);
    const int C = s->C, V = s->V;
    const double width = C, size = 1 / sqrt(width);
    memset(w, 0, (size_t)induction_size(s) * sizeof *w);
    fill_normal(V * C, n.embed, 1, g);
    fill_normal(s->T * C, n.position, 0.3, g);
    for (int l = 0; l < s->L; l++) {
        fill_normal(C * C, n.layer[l].W_q, size, g);
        fill_normal(C * C, n.layer[l].W_k, size, g);
        fill_normal(C * C, n.layer[l].W_v, size, g);
        fill_normal(C * C, n.layer[l].W_o, size, g);
    }
    fill_normal(V * C, n.W_u, size, g);
}

/* ---- the network --------------------------------------------------------- */

/* [induction_forward] */
real induction_forward(const induction_sizes *s, const induction_weights *n,
                       real each[s->T], const induction_kept *kept,
                       const int token[s->T + 1])
{
    const int T = s->T, C = s->C, V = s->V;
    bool see[T][T];
    real z[T][V], loss = 0;
    real(*x)[C] = (void *)kept->x[0], (*embed)[C] = (void *)n->embed;
    mask_causal(T, see);
    for (int t = 0; t < T; t++)
        for (int c = 0; c < C; c++)
            x[t][c] = embed[token[t]][c];                          /* (13.27) */
    for (int l = 0; l < s->L; l++) {
        real(*xp)[T][C] = (void *)kept->xp[l], (*y)[C] = (void *)kept->x[l + 1];
        x = (void *)kept->x[l];
        positions_forward(1, T, C, xp, (void *)x, (void *)n->position);
        multi_head_forward(T, T, &n->layer[l], y, &kept->layer[l], see, xp[0],
                           xp[0], x);
        for (int t = 0; t < T; t++)
            for (int c = 0; c < C; c++)
                y[t][c] += x[t][c];                                /* (13.28) */
    }
    x = (void *)kept->x[s->L];
    real(*p)[V] = (void *)kept->p;
    for (int t = 0; t < T; t++) {
        linear_forward(V, C, z[t], (void *)n->W_u, n->b_u, x[t]);  /* (13.29) */
        each[t] = cross_entropy_forward(1, V, &p[t], &z[t], &token[t + 1]);
        loss += each[t] / T;
    }
    return loss;
}
/* [induction_forward] */

/* [induction_backward] */
void induction_backward(const induction_sizes *s, const induction_weights *n,
                        const induction_weights *g, real dloss,
                        const induction_kept *kept, const int token[s->T + 1])
{
    const int T = s->T, C = s->C, V = s->V;
    real dz[T][V], dx[T][C];
    real(*x)[C] = (void *)kept->x[s->L], (*dembed)[C] = (void *)g->embed;
    memset(dz, 0, sizeof dz);
    memset(dx, 0, sizeof dx);
    cross_entropy_backward(T, V, dz, dloss, (void *)kept->p, token + 1);
    for (int t = 0; t < T; t++)
        linear_backward(V, C, (void *)g->W_u, g->b_u, dx[t], dz[t],
                        (void *)n->W_u, x[t]);
    for (int l = s->L - 1; l >= 0; l--) {
        real dy[T][C], dxp[1][T][C];
        memcpy(dy, dx, sizeof dy);
        memset(dxp, 0, sizeof dxp);
        multi_head_backward(T, T, &n->layer[l], &g->layer[l], dxp[0], dxp[0],
                            dx, dy, &kept->layer[l], (void *)kept->xp[l],
                            (void *)kept->xp[l], (void *)kept->x[l]);
        positions_backward(1, T, C, (void *)g->position, &dx, dxp);
    }
    for (int t = 0; t < T; t++)
        for (int c = 0; c < C; c++)
            dembed[token[t]][c] += dx[t][c];                       /* (13.30) */
}
/* [induction_backward] */

void induction_draw(const induction_sizes *s, int token[s->T + 1], int period,
                    rng *g)
{
    int deck[s->V];
    for (int v = 0; v < s->V; v++)
        deck[v] = v;
    for (int i = 0; i < period; i++) { /* the first cards of a shuffled deck */
        int j = i + rng_below(g, s->V - i), card = deck[j];
        deck[j] = deck[i];
        deck[i] = card;
    }
    for (int t = 0; t <= s->T; t++)
        token[t] = deck[t % period];
}
