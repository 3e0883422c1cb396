/* SPDX-License-Identifier: MIT */
#include "chapters/10_sequences/recital.h"

#include "chapters/05_optimizers/optimizers.h"
#include "chapters/10_sequences/sequence_loss.h"

#include <stdlib.h>
#include <string.h>

static void clear(int n, real x[n])
{
    memset(x, 0, (size_t)n * sizeof *x);
}

bool recital_begin(recital *r, int T, const recital_rule *rule, uint64_t seed)
{
    int V = T + 1, H = rule->hidden, D = (H + 1) / 2, S = rule->block;
    size_t size = (size_t)reader_size(V, D, H), steps = (size_t)S;
    size_t width = (size_t)H, state = (steps + 1) * width;
    size_t words = steps * (size_t)V;
    rng g = rng_new(seed, 1);
    memset(r, 0, sizeof *r);
    r->T = T;
    r->rule = *rule;
    r->w = calloc(4 * size + 2 * steps * width + 4 * state +
                      steps * GATES * width + 3 * words,
                  sizeof *r->w);
    r->out = calloc((size_t)T, sizeof *r->out);
    if (!r->w || !r->out) {
        recital_end(r);
        return false;
    }
    r->dw = r->w + size;
    r->m = r->dw + size;
    r->v = r->m + size;
    r->x = r->v + size;
    r->dx = r->x + steps * width;
    r->c = r->dx + steps * width;
    r->h = r->c + state;
    r->dc = r->h + state;
    r->dh = r->dc + state;
    r->gate = r->dh + state;
    r->z = r->gate + steps * GATES * width;
    r->p = r->z + words;
    r->dz = r->p + words;
    r->n = reader_view(V, D, H, r->w);
    r->d = reader_view(V, D, H, r->dw);
    reader_start(&r->n, &g);
    return true;
}

void recital_end(recital *r)
{
    free(r->w);
    free(r->out);
    memset(r, 0, sizeof *r);
}

/* Forward and backward through the n characters from `first`; returns the sum of
 * their losses. */
static double one_block(recital *r, int first, int n)
{
    int V = r->n.V, D = r->n.D, H = r->n.H, k[n], target[n], keep[n];
    real omega[n];
    real(*x)[D] = (real(*)[D])r->x, (*dx)[D] = (real(*)[D])r->dx;
    real(*c)[H] = (real(*)[H])r->c, (*h)[H] = (real(*)[H])r->h;
    real(*gate)[GATES][H] = (real(*)[GATES][H])r->gate;
    real(*z)[V] = (real(*)[V])r->z, (*p)[V] = (real(*)[V])r->p;
    real(*dz)[V] = (real(*)[V])r->dz;
    for (int t = 0; t < n; t++) {
        target[t] = first + t; /* the number of a character is its place */
        k[t] = r->rule.feedback && target[t] > 0 ? target[t] - 1 : r->T;
        keep[t] = 1;
        omega[t] = R(1.0) / n;
    }
    clear(reader_size(V, D, H), r->dw);
    clear(n * D, r->dx);
    clear((n + 1) * H, r->dc);
    clear((n + 1) * H, r->dh);
    clear(n * V, r->dz);
    reader_forward(n, &r->n, x, c, h, gate, z, k, keep);
    real loss = sequence_loss_forward(n, V, p, z, target, omega);
    sequence_loss_backward(n, V, dz, 1, p, target, omega);
    reader_backward(n, &r->n, &r->d, dx, (real(*)[H])r->dc, (real(*)[H])r->dh,
                    dz, x, c, h, gate, k, keep);
    for (int t = 0; t < n; t++)
        r->out[first + t] = most_likely(V, z[t]);
    memcpy(c[0], c[n], sizeof c[0]); /* the next block begins here */
    memcpy(h[0], h[n], sizeof h[0]);
    return n * re(loss);
}

static double fraction_right(const recital *r)
{
    int right = 0;
    for (int t = 0; t < r->T; t++)
        right += r->out[t] == t;
    return (double)right / r->T;
}

double recital_epoch(recital *r, double *right)
{
    const recital_rule *rule = &r->rule;
    int size = reader_size(r->n.V, r->n.D, r->n.H);
    double loss = 0, left = 1 - (double)r->epoch / rule->epochs;
    adam_rule adam_now =
        adam_usual(rule->decay ? rule->rate * left : rule->rate);
    clear(r->n.H, r->c);
    clear(r->n.H, r->h);
    for (int first = 0; first < r->T; first += rule->block) {
        int n = first + rule->block < r->T ? rule->block : r->T - first;
        loss += one_block(r, first, n);
        clip_by_norm(size, r->dw, rule->clip);
        adam(size, r->w, r->m, r->v, r->dw, (int)++r->updates, adam_now);
    }
    r->epoch++;
    *right = fraction_right(r);
    return loss / r->T;
}

double recital_freely(recital *r)
{
    reader_generate(r->T, &r->n, r->out, r->T, r->rule.feedback);
    return fraction_right(r);
}

int recital_until(const recital *r)
{
    int t = 0;
    while (t < r->T && r->out[t] == t)
        t++;
    return t;
}
