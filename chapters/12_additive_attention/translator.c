/* SPDX-License-Identifier: MIT */
#include "chapters/12_additive_attention/translator.h"

#include "chapters/03_cross_entropy/cross_entropy.h"
#include "chapters/04_backprop/linear.h"
#include "chapters/12_additive_attention/additive.h"

#include <string.h>

enum { V = VOCABULARY, G = READER, H = UNITS, A = ALIGN, IN = V + H };

void sentence_draw(sentence *q, int N, rng *g)
{
    memset(q, 0, sizeof *q);
    q->N = N;
    for (int n = 0; n < N; n++) {
        int symbol = rng_below(g, V);
        q->x[n][symbol] = 1;
        q->target[N - 1 - n] = symbol;
    }
    for (int i = 1; i < N; i++)
        q->y[i][q->target[i - 1]] = 1;
}

/* [encode] */
/* The encoder, and what the decoder begins with. */
static void encode(translation *z, bool attend, const translator *w,
                   const sentence *q)
{
    const int N = q->N;
    for (int k = 0; k < READERS; k++) {
        for (int n = 0; n < N; n++)
            memcpy(z->x[k][n], q->x[k == RIGHT ? n : N - 1 - n],
                   sizeof q->x[0]);
        memset(z->f[k][0], 0, sizeof z->f[k][0]);
        gru_forward(N, V, G, RESET_BEFORE, z->f[k], z->v_h[k], w->W_h[k],
                    w->U_h[k], w->b_h[k], z->x[k]);                /* (12.21) */
    }
    for (int j = 0; j < G; j++) {
        for (int n = 0; n < N; n++) {
            z->h[n][j] = z->f[RIGHT][n + 1][j];
            z->h[n][G + j] = z->f[LEFT][N - n][j];                 /* (12.22) */
        }
        z->s[0][j] = z->f[RIGHT][N][j];
        z->s[0][G + j] = z->f[LEFT][N][j];                         /* (12.23) */
    }
    if (attend)
        additive_keys_forward(N, H, A, z->p, w->U, w->b, z->h);
}

/* Step i of the decoder, from the symbol before. */
static void decode_step(translation *z, int i, const real y[V], bool attend,
                        const translator *w, int N)
{
    real *o = z->in[i] + V;
    if (attend)
        additive_forward(N, H, A, H, o, z->w[i], z->t[i], w->W, w->g, z->s[i],
                         z->p, z->h);                              /* (12.24) */
    else
        memcpy(o, z->s[0], sizeof z->s[0]);
    memcpy(z->in[i], y, V * sizeof *y);
    gru_before_step_forward(IN, H, z->s[i + 1], z->v_s[i], w->W_s, w->U_s,
                            w->b_s, z->in[i], z->s[i]);            /* (12.25) */
    memcpy(z->out[i], z->s[i + 1], H * sizeof *o);
    memcpy(z->out[i] + H, o, H * sizeof *o);
    linear_forward(V, 2 * H, z->logits[i], w->R, w->c, z->out[i]); /* (12.26) */
}

real translator_forward(translation *z, bool attend, const translator *w,
                        const sentence *q)
{
    encode(z, attend, w, q);
    for (int i = 0; i < q->N; i++)
        decode_step(z, i, q->y[i], attend, w, q->N);
    return cross_entropy_forward(q->N, V, z->prob, z->logits,
                                 q->target);                       /* (12.27) */
}
/* [encode] */

/* [decode_backward] */
/* Back through step i: from row i+1 of ds to row i, to the annotations and to
 * the projected keys. */
static void decode_step_backward(translator *dw, real dy[V],
                                 translator_errors *e, const real dlogits[V],
                                 int i, const translation *z, bool attend,
                                 const translator *w, int N)
{
    real dout[2 * H] = {0}, din[IN] = {0};
    linear_backward(V, 2 * H, dw->R, dw->c, dout, dlogits, w->R, z->out[i]);
    for (int j = 0; j < H; j++)
        e->ds[i + 1][j] += dout[j];                                /* (12.28) */
    gru_before_step_backward(IN, H, dw->W_s, dw->U_s, dw->b_s, din, e->ds[i],
                             e->ds[i + 1], z->v_s[i], w->W_s, w->U_s, z->in[i],
                             z->s[i]);                             /* (12.29) */
    for (int m = 0; m < V; m++)
        dy[m] += din[m];
    for (int j = 0; j < H; j++)
        e->do_[i][j] = din[V + j] + dout[H + j];                   /* (12.30) */
    if (attend)
        additive_backward(N, H, A, H, dw->W, dw->g, e->ds[i], e->dp, e->dh,
                          e->do_[i], z->w[i], z->t[i], w->W, w->g, z->s[i],
                          z->h);                                   /* (12.31) */
    else
        for (int j = 0; j < H; j++)
            e->ds[0][j] += e->do_[i][j];
}

/* Back through the encoder, from the annotations and from s_0. */
static void encode_backward(translator *dw, real dx[][V], const real dh[][H],
                            const real ds0[H], const translation *z,
                            const translator *w, int N)
{
    for (int k = 0; k < READERS; k++) {
        real df[N + 1][G], dread[N][V];
        memset(df, 0, sizeof df);
        memset(dread, 0, sizeof dread);
        for (int j = 0; j < G; j++) {
            for (int n = 0; n < N; n++)
                df[k == RIGHT ? n + 1 : N - n][j] += dh[n][k * G + j];
            df[N][j] += ds0[k * G + j];                            /* (12.33) */
        }
        gru_backward(N, V, G, RESET_BEFORE, dw->W_h[k], dw->U_h[k], dw->b_h[k],
                     dread, df, z->v_h[k], z->f[k], w->W_h[k], w->U_h[k],
                     z->x[k]);                                     /* (12.34) */
        for (int n = 0; n < N; n++)
            for (int m = 0; m < V; m++)
                dx[k == RIGHT ? n : N - 1 - n][m] += dread[n][m];
    }
}

void translator_backward(translator *dw, real dx[][VOCABULARY],
                         real dy[][VOCABULARY], translator_errors *e,
                         const translation *z, bool attend, const translator *w,
                         const sentence *q)
{
    const int N = q->N;
    real dlogits[N][V];
    memset(dlogits, 0, sizeof dlogits);
    memset(e, 0, sizeof *e);
    cross_entropy_backward(N, V, dlogits, 1, z->prob, q->target);
    for (int i = N - 1; i >= 0; i--)
        decode_step_backward(dw, dy[i], e, dlogits[i], i, z, attend, w, N);
    if (attend)
        additive_keys_backward(N, H, A, dw->U, dw->b, e->dh, e->dp, w->U,
                               z->h);                              /* (12.32) */
    encode_backward(dw, dx, e->dh, e->ds[0], z, w, N);
}
/* [decode_backward] */

int translator_decode(int answer[], translation *z, bool attend,
                      const translator *w, const sentence *q)
{
    real y[V] = {0};
    int right = 0;
    encode(z, attend, w, q);
    for (int i = 0; i < q->N; i++) {
        decode_step(z, i, y, attend, w, q->N);
        answer[i] = 0;
        for (int k = 1; k < V; k++)
            if (re(z->logits[i][k]) > re(z->logits[i][answer[i]]))
                answer[i] = k;
        memset(y, 0, sizeof y);
        y[answer[i]] = 1;
        right += answer[i] == q->target[i];
    }
    return right;
}

void translator_start(translator *w, rng *g)
{
    double units = H;
    memset(w, 0, sizeof *w);
    uniform_fill(WITH_ATTENTION, (real *)w, 1 / sqrt(units), g);
    memset(w->b_h, 0, sizeof w->b_h);
    memset(w->b_s, 0, sizeof w->b_s);
    memset(w->b, 0, sizeof w->b);
    memset(w->c, 0, sizeof w->c);
    for (int j = 0; j < H; j++) {
        w->b_s[UPDATE][j] = 1;
        w->b_h[j / G][UPDATE][j % G] = 1;
    }
}
