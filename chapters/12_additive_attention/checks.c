/* SPDX-License-Identifier: MIT */
#include "chapters/12_additive_attention/checks.h"

#include "chapters/12_additive_attention/additive.h"
#include "chapters/12_additive_attention/translator.h"
#include "lib/sample.h"

#include <string.h>

/* Sizes that all differ, so that a swapped index shows: 2 queries of width 5
 * over 4 keys of width 3, values of width 7, and 6 numbers where they meet. */
enum { M = 2, N = 4, D = 5, C = 3, E = 7, A = 6 };

/* All that the attention depends on; also the gradient by it. */
typedef struct inputs {
    real W[A][D], U[A][C], b[A], g[A], q[M][D], k[N][C], v[N][E];
} inputs;

typedef struct batch {
    inputs x, dx;
    real up[M][E]; /* dL/do */
    real t[M][N][A], w[M][N];
    int keys; /* how many of the keys are used */
} batch;

static real batch_loss(void *context)
{
    batch *z = context;
    real p[N][A], o[M][E], loss = 0;
    additive_keys_forward(z->keys, C, A, p, z->x.U, z->x.b, z->x.k);
    for (int m = 0; m < M; m++) {
        additive_forward(z->keys, D, A, E, o[m], z->w[m], z->t[m], z->x.W,
                         z->x.g, z->x.q[m], p, z->x.v);
        for (int e = 0; e < E; e++)
            loss += z->up[m][e] * o[m][e];
    }
    return loss;
}

/* The gradients start at `before`, which is taken off again: `=` for `+=`
 * shows. It is a power of two, and small: it costs hardly a digit. */
static void batch_gradients(batch *z, real before)
{
    enum { ALL = sizeof z->dx / sizeof(real) };
    real dp[N][A] = {{0}}, *all = (real *)&z->dx;
    for (int i = 0; i < ALL; i++)
        all[i] = before;
    batch_loss(z);
    for (int m = 0; m < M; m++)
        additive_backward(z->keys, D, A, E, z->dx.W, z->dx.g, z->dx.q[m], dp,
                          z->dx.v, z->up[m], z->w[m], z->t[m], z->x.W, z->x.g,
                          z->x.q[m], z->x.v);
    additive_keys_backward(z->keys, C, A, z->dx.U, z->dx.b, z->dx.k, dp, z->x.U,
                           z->x.k);
    for (int i = 0; i < ALL; i++)
        all[i] -= before;
}

static batch random_batch(const program *p, uint64_t stream, double size)
{
    batch z = {.keys = N};
    rng g = rng_new(p->seed, stream);
    fill_normal((int)(sizeof z.x / sizeof(real)), (real *)&z.x, size, &g);
    fill_normal(M * E, (real *)z.up, 1, &g);
    return z;
}

static void check_batch(program *p, const char *group, batch *z, real before)
{
    inputs *x = &z->x, *d = &z->dx;
    batch_gradients(z, before);
    const hg_tensor t[] = {
        TENSOR("W", "12.14", x->W, d->W, "A,D", A, D),
        TENSOR("U", "12.16", x->U, d->U, "A,C", A, C),
        TENSOR("b", "12.17", x->b, d->b, "A", A),
        TENSOR("g", "12.11", x->g, d->g, "A", A),
        TENSOR("q", "12.15", x->q, d->q, "M,D", M, D),
        TENSOR("k", "12.18", x->k, d->k, "N,C", N, C),
        TENSOR("v", "12.7", x->v, d->v, "N,E", N, E),
    };
    const hg_tensor known[] = {KNOWN("do", z->up, "M,E", M, E),
                               KNOWN("w", z->w, "M,N", M, N)};
    program_tell(p, 0, NULL, 2, known);
    program_check(p, group, batch_loss, z, 7, t);
}

/* One key: the output is its value, whatever the scores are. */
static void check_one_key(program *p)
{
    batch z = random_batch(p, 13, 0.7);
    inputs *x = &z.x, *d = &z.dx;
    z.keys = 1;
    batch_gradients(&z, 0);
    const hg_tensor t[] = {
        TENSOR_ZERO("W", "12.14", x->W, d->W, "A,D", A, D),
        TENSOR_ZERO("U", "12.16", x->U, d->U, "A,C", A, C),
        TENSOR_ZERO("b", "12.17", x->b, d->b, "A", A),
        TENSOR_ZERO("g", "12.11", x->g, d->g, "A", A),
        TENSOR_ZERO("q", "12.15", x->q, d->q, "M,D", M, D),
        TENSOR_ZERO("k", "12.18", x->k, d->k, "N,C", 1, C),
        TENSOR("v", "12.7", x->v, d->v, "N,E", 1, E),
    };
    program_check(p, "one key", batch_loss, &z, 7, t);
}

/* ---- one query, from the projected keys ---------------------------------- */

typedef struct query {
    real W[A][D], g[A], q[D], p[N][A], v[N][E], up[E];
    real dW[A][D], dg[A], dq[D], dp[N][A], dv[N][E];
    real t[N][A], w[N];
} query;

static real query_loss(void *context)
{
    query *z = context;
    real o[E], loss = 0;
    additive_forward(N, D, A, E, o, z->w, z->t, z->W, z->g, z->q, z->p, z->v);
    for (int e = 0; e < E; e++)
        loss += z->up[e] * o[e];
    return loss;
}

static void query_gradients(query *z)
{
    query_loss(z);
    additive_backward(N, D, A, E, z->dW, z->dg, z->dq, z->dp, z->dv, z->up,
                      z->w, z->t, z->W, z->g, z->q, z->v);
}

static query random_query(const program *p, uint64_t stream)
{
    query z;
    memset(&z, 0, sizeof z);
    rng g = rng_new(p->seed, stream);
    fill_normal(A * D, (real *)z.W, 0.5, &g);
    fill_normal(A, z.g, 1, &g);
    fill_normal(D, z.q, 1, &g);
    fill_normal(N * A, (real *)z.p, 0.7, &g);
    fill_normal(N * E, (real *)z.v, 1, &g);
    fill_normal(E, z.up, 1, &g);
    return z;
}

static void check_query(program *p)
{
    query z = random_query(p, 14);
    query_gradients(&z);
    const hg_tensor t[] = {
        TENSOR("W", "12.14", z.W, z.dW, "A,D", A, D),
        TENSOR("g", "12.11", z.g, z.dg, "A", A),
        TENSOR("q", "12.15", z.q, z.dq, "D", D),
        TENSOR("p", "12.12", z.p, z.dp, "N,A", N, A),
        TENSOR("v", "12.7", z.v, z.dv, "N,E", N, E),
    };
    const hg_tensor known[] = {
        KNOWN("do", z.up, "E", E), KNOWN("w", z.w, "N", N),
        KNOWN("t", z.t, "N,A", N, A), KNOWN("dp", z.dp, "N,A", N, A)};
    program_tell(p, 0, NULL, 4, known);
    program_check(p, "one query", query_loss, &z, 5, t);
}

/* Projected keys of 40 and 0, no query: tanh gives exactly 1 and 0. With as
 * many keys as hidden units t is then the unit matrix, the scores are g, and
 * the gradient by g is that of the scores alone. */
typedef struct scores {
    real g[N], dg[N], p[N][N], v[N][E], up[E], w[N];
} scores;

static real scores_loss(void *context)
{
    scores *z = context;
    const real W[N][1] = {{0}}, q[1] = {0};
    real o[E], t[N][N], loss = 0;
    additive_forward(N, 1, N, E, o, z->w, t, W, z->g, q, z->p, z->v);
    for (int e = 0; e < E; e++)
        loss += z->up[e] * o[e];
    return loss;
}

static void check_scores(program *p)
{
    scores z;
    const real W[N][1] = {{0}}, q[1] = {0};
    real o[E], t[N][N], dW[N][1] = {{0}}, dq[1] = {0}, dp[N][N] = {{0}};
    real dv[N][E] = {{0}};
    rng g = rng_new(p->seed, 15);
    memset(&z, 0, sizeof z);
    fill_normal(N, z.g, 1, &g);
    fill_normal(N * E, (real *)z.v, 1, &g);
    fill_normal(E, z.up, 1, &g);
    for (int n = 0; n < N; n++)
        z.p[n][n] = 40;
    additive_forward(N, 1, N, E, o, z.w, t, W, z.g, q, z.p, z.v);
    additive_backward(N, 1, N, E, dW, z.dg, dq, dp, dv, z.up, z.w, t, W, z.g, q,
                      z.v);
    const hg_tensor x = TENSOR("g", "12.9", z.g, z.dg, "N", N);
    const hg_tensor known = KNOWN("w", z.w, "N", N);
    program_tell(p, 0, NULL, 1, &known);
    program_check(p, "scores alone", scores_loss, &z, 1, &x);
}

/* Two queries over the same projected keys, with a unit matrix W: a query is
 * then its own r. What comes back from each query alone is told to the checker:
 * a sum that has lost a term is known by it. */
typedef struct pair {
    real q[M][A], p[N][A], v[N][E], up[M][E];
    real dq[M][A], dp[N][A], dv[N][E];
    real alone[M][N][A]; /* dp of each query */
} pair;

static const real unit[A][A] = {{1, 0, 0, 0, 0, 0}, {0, 1, 0, 0, 0, 0},
                                {0, 0, 1, 0, 0, 0}, {0, 0, 0, 1, 0, 0},
                                {0, 0, 0, 0, 1, 0}, {0, 0, 0, 0, 0, 1}};
static const real score[A] = {0.7, -1.3, 0.9, 0.4, -0.8, 1.1};

static real pair_loss(void *context)
{
    const pair *z = context;
    real o[E], w[N], t[N][A], loss = 0;
    for (int m = 0; m < M; m++) {
        additive_forward(N, A, A, E, o, w, t, unit, score, z->q[m], z->p, z->v);
        for (int e = 0; e < E; e++)
            loss += z->up[m][e] * o[e];
    }
    return loss;
}

static void check_pair(program *p)
{
    pair z;
    real o[E], w[N], t[N][A], dW[A][A] = {{0}}, dg[A] = {0}, none[A] = {0};
    real dv[N][E] = {{0}};
    rng g = rng_new(p->seed, 18);
    memset(&z, 0, sizeof z);
    fill_normal(M * A, (real *)z.q, 0.6, &g);
    fill_normal(N * A, (real *)z.p, 0.6, &g);
    fill_normal(N * E, (real *)z.v, 1, &g);
    fill_normal(M * E, (real *)z.up, 1, &g);
    for (int m = 0; m < M; m++) {
        additive_forward(N, A, A, E, o, w, t, unit, score, z.q[m], z.p, z.v);
        additive_backward(N, A, A, E, dW, dg, z.dq[m], z.dp, z.dv, z.up[m], w,
                          t, unit, score, z.q[m], z.v);
        additive_backward(N, A, A, E, dW, dg, none, z.alone[m], dv, z.up[m], w,
                          t, unit, score, z.q[m], z.v);
    }
    const hg_tensor x[] = {
        TENSOR("q_1", "12.13", z.q[0], z.dq[0], "A", A),
        TENSOR("q_2", "12.13", z.q[1], z.dq[1], "A", A),
    };
    const hg_tensor y[] = {
        TENSOR("p", "12.12", z.p, z.dp, "N,A", N, A),
        TENSOR("v", "12.7", z.v, z.dv, "N,E", N, E),
    };
    const hg_tensor first = KNOWN("dp, query 1", z.alone[0], "N,A", N, A);
    const hg_tensor each = KNOWN("dp of each", z.alone, "M,N,A", M, N, A);
    program_tell(p, 0, NULL, 1, &first);
    program_check(p, "two queries", pair_loss, &z, 2, x);
    program_tell(p, 0, NULL, 1, &each);
    program_check(p, "their keys", pair_loss, &z, 2, y);
}

/* ---- the translator ------------------------------------------------------ */

typedef struct lesson_plan {
    translator w, dw;
    sentence q;
    real dx[MOST_LENGTH][VOCABULARY], dy[MOST_LENGTH][VOCABULARY];
    bool attend;
} lesson_plan;

static real plan_loss(void *context)
{
    static translation z;
    const lesson_plan *l = context;
    return translator_forward(&z, l->attend, &l->w, &l->q);
}

/* Nothing may be written behind the symbols of the sentence. */
static bool ends_in_time(const lesson_plan *l, const translator_errors *e)
{
    const int symbols = l->q.N;
    static const translator_errors none;
    static const lesson_plan plan;
    const size_t left = (size_t)(MOST_LENGTH - symbols);
    return memcmp(l->dx[symbols], plan.dx, left * sizeof plan.dx[0]) == 0 &&
           memcmp(l->dy[symbols], plan.dy, left * sizeof plan.dy[0]) == 0 &&
           memcmp(e->ds[symbols + 1], none.ds, left * sizeof none.ds[0]) == 0 &&
           memcmp(e->do_[symbols], none.do_, left * sizeof none.do_[0]) == 0 &&
           memcmp(e->dp[symbols], none.dp, left * sizeof none.dp[0]) == 0 &&
           memcmp(e->dh[symbols], none.dh, left * sizeof none.dh[0]) == 0;
}

/* The gradient by y starts at a small number, taken off again: `=` for `+=` shows. */
static void plan_gradients(lesson_plan *l)
{
    const real before = R(0.0009765625);
    static translation z;
    static translator_errors e;
    memset(&l->dw, 0, sizeof l->dw);
    memset(l->dx, 0, sizeof l->dx);
    begin_with(before, MOST_LENGTH * VOCABULARY, (real *)l->dy);
    translator_forward(&z, l->attend, &l->w, &l->q);
    translator_backward(&l->dw, l->dx, l->dy, &e, &z, l->attend, &l->w, &l->q);
    take_away(before, MOST_LENGTH * VOCABULARY, (real *)l->dy);
    if (!ends_in_time(l, &e))
        l->dw.c[0] = (real)NAN;
}

/* Where nothing comes in, nothing may come out, to the bit: here the read-out is so
 * sure of the targets that the probabilities are 1 and 0. */
static bool plan_silent(const lesson_plan *plan)
{
    static lesson_plan l, none;
    l = *plan;
    l.w.c[0] = 2000;
    for (int i = 0; i < l.q.N; i++)
        l.q.target[i] = 0;
    plan_gradients(&l);
    return memcmp(&l.dw, &none.dw, sizeof l.dw) == 0 &&
           memcmp(l.dx, none.dx, sizeof l.dx) == 0 &&
           memcmp(l.dy, none.dy, sizeof l.dy) == 0;
}

static hg_tensor unless(bool influence, hg_tensor t)
{
    t.expected = influence ? HG_AGREES : HG_ZERO;
    return t;
}

/* The attention's weights have no influence where it is not asked, nor where
 * there is one symbol; and one symbol has no state before it. (The three large
 * matrices come last: for one symbol they would say nothing new.) */
static void check_translator(program *p, const char *group, bool attend, int n)
{
    enum { V = VOCABULARY, G = READER, H = UNITS, L = ALIGN };
    static lesson_plan l;
    translator *w = &l.w, *d = &l.dw;
    bool asked = attend && n > 1;
    rng g = rng_new(p->seed, 16);
    fill_normal(WITH_ATTENTION, (real *)w, 0.4, &g);
    sentence_draw(&l.q, n, &g);
    l.attend = attend;
    plan_gradients(&l);
    if (!plan_silent(&l))
        d->c[0] = (real)NAN;
    const hg_tensor t[] = {
        unless(n > 1, TENSOR("U_h", "12.34", w->U_h, d->U_h, "K,S,G,G", READERS,
                             GRU_GATES, G, G)),
        TENSOR("b_h right", "12.34", w->b_h[RIGHT], d->b_h[RIGHT], "S,G",
               GRU_GATES, G),
        TENSOR("b_h left", "12.34", w->b_h[LEFT], d->b_h[LEFT], "S,G",
               GRU_GATES, G),
        TENSOR("b_s", "12.29", w->b_s, d->b_s, "S,H", GRU_GATES, H),
        TENSOR("R", "12.28", w->R, d->R, "V,O", V, 2 * H),
        TENSOR("c", "12.28", w->c, d->c, "V", V),
        unless(asked, TENSOR("W", "12.31", w->W, d->W, "A,H", L, H)),
        unless(asked, TENSOR("U", "12.32", w->U, d->U, "A,H", L, H)),
        unless(asked, TENSOR("b", "12.32", w->b, d->b, "A", L)),
        unless(asked, TENSOR("g", "12.31", w->g, d->g, "A", L)),
        TENSOR("x", "12.34", l.q.x, l.dx, "T,V", n, V),
        TENSOR("y", "12.29", l.q.y, l.dy, "T,V", n, V),
        TENSOR("W_h", "12.34", w->W_h, d->W_h, "K,S,G,V", READERS, GRU_GATES, G,
               V),
        TENSOR("W_s", "12.29", w->W_s, d->W_s, "S,H,I", GRU_GATES, H, V + H),
        TENSOR("U_s", "12.29", w->U_s, d->U_s, "S,H,H", GRU_GATES, H, H),
    };
    program_check(p, group, plan_loss, &l, n > 1 ? 15 : 12, t);
}

/* ---- a second derivation ------------------------------------------------- */

/* The Jacobians (12.19) and (12.20) times do, against the backward pass. The
 * second one by p[n] = U k[n] + b, so without the U'. */
static void compare_jacobians(program *p)
{
    query z = random_query(p, 17);
    real o[E], by_q[D] = {0}, by_p[N][A] = {{0}};
    query_gradients(&z);
    additive_forward(N, D, A, E, o, z.w, z.t, z.W, z.g, z.q, z.p, z.v);
    for (int e = 0; e < E; e++)
        for (int n = 0; n < N; n++)
            for (int a = 0; a < A; a++) {
                real slope = z.g[a] * (1 - z.t[n][a] * z.t[n][a]);
                real share = z.up[e] * z.w[n] * (z.v[n][e] - o[e]) * slope;
                for (int d = 0; d < D; d++)
                    by_q[d] += share * z.W[a][d];
                by_p[n][a] += share;
            }
    const hg_tensor t[] = {
        TENSOR("q, Jacobian", "12.19", z.q, z.dq, "D", D),
        TENSOR("p, Jacobian", "12.20", z.p, z.dp, "N,A", N, A),
    };
    program_compare(p, &t[0], by_q, 1e-13);
    program_compare(p, &t[1], (real *)by_p, 1e-13);
}

void verify_additive(program *p)
{
    show_section(&p->show, "Verification");
    show_note(&p->show,
              "%d queries of width %d over %d keys of width %d, values of "
              "width %d, %d hidden units; random incoming gradient. Then into "
              "gradients that are not empty, with larger inputs.",
              M, D, N, C, E, A);
    batch plain = random_batch(p, 11, 0.7);
    check_batch(p, "batch", &plain, 0);
    batch large = random_batch(p, 12, 1.2);
    check_batch(p, "adding", &large, R(0.125));
    show_note(&p->show,
              "One key: the output is its value, and nothing else has "
              "an influence.");
    check_one_key(p);
    show_note(&p->show,
              "One query, from the projected keys p; scores that are g "
              "itself, which shows the softmax alone; two queries "
              "that are r itself, and their keys.");
    check_query(p);
    check_scores(p);
    check_pair(p);
    show_note(&p->show, "The translator: every weight of encoder, decoder, "
                        "read-out and attention, the source x and the "
                        "decoder's inputs y; with attention, without (its "
                        "weights must be without influence), and one symbol.");
    check_translator(p, "attention", true, 3);
    check_translator(p, "without", false, 3);
    check_translator(p, "one symbol", true, 1);
    show_note(&p->show, "The Jacobians in closed form against the backward "
                        "pass.");
    compare_jacobians(p);
}
