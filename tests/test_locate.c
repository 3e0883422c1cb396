/* SPDX-License-Identifier: MIT */
/* build: optimized */
/* Locating: wrong entries of a gradient are planted, and must be found by name; a right gradient
 * must not be accused. A network of 19,990 weights with tanh or with ReLU, a small one in float,
 * and sums of sines of any shape.
 * Letters: B batch, D inputs, H and K hidden units, C classes. */
#define CK_FLOATING_DIG 17
#include "lib/check/handgrad.h"

#include <check.h>
#include <complex.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/rng.h"
#include "tests/suite.h"
#undef I

enum { B = 2, D = 100, H = 150, K = 30, C = 10, TENSORS = 6, MOST = 16 };

/* ---- a network --------------------------------------------------------------- */

typedef struct weights {
    double W1[H][D], b1[H], W2[K][H], b2[K], W3[C][K], b3[C];
} weights;

typedef struct net {
    weights w, d, before; /* values, gradients, values as they were */
    double x[B][D], h[B][H], k[B][K], z[B][C];
    int target[B], act;
    long calls, fail; /* the call that fails; 0: none */
} net;

enum { TANH, RELU, LINEAR };

static void layer(int n, int m, double y[n], const double W[n][m],
                  const double b[n], const double x[m], int act)
{
    for (int i = 0; i < n; i++) {
        double s[2] = {b[i], 0};
        for (int j = 0; j < m; j += 2) {
            s[0] += W[i][j] * x[j];
            s[1] += W[i][j + 1] * x[j + 1];
        }
        double a = s[0] + s[1];
        y[i] = act == LINEAR ? a : act == TANH ? tanh(a) : fmax(a, 0);
    }
}

static int net_loss(void *context, double loss[2])
{
    net *m = context;
    if (++m->calls == m->fail)
        return 1;
    double sum = 0;
    for (int b = 0; b < B; b++) {
        layer(H, D, m->h[b], (const double(*)[D])m->w.W1, m->w.b1, m->x[b],
              m->act);
        layer(K, H, m->k[b], (const double(*)[H])m->w.W2, m->w.b2, m->h[b],
              m->act);
        layer(C, K, m->z[b], (const double(*)[K])m->w.W3, m->w.b3, m->k[b],
              LINEAR);
        double total = 0;
        for (int c = 0; c < C; c++)
            total += exp(m->z[b][c]);
        sum += log(total) - m->z[b][m->target[b]];
    }
    loss[0] = sum / B;
    return 0;
}

/* dW += dy x, db += dy, dx = W dy; dy through the activation where y is given. */
static void layer_backward(int n, int m, double dx[m], double dW[n][m],
                           double db[n], double dy[n], const double W[n][m],
                           const double x[m], const double *y, int act)
{
    memset(dx, 0, sizeof(double) * (size_t)m);
    for (int i = 0; i < n; i++) {
        double d = dy[i];
        if (act != LINEAR)
            d *= act == TANH ? 1 - y[i] * y[i] : y[i] > 0;
        db[i] += d;
        for (int j = 0; j < m; j++) {
            dW[i][j] += d * x[j];
            dx[j] += d * W[i][j];
        }
    }
}

static void net_backward(net *m)
{
    double unused[2], dx[D], dh[H], dk[K], dz[C];
    net_loss(m, unused);
    memset(&m->d, 0, sizeof m->d);
    for (int b = 0; b < B; b++) {
        double total = 0;
        for (int c = 0; c < C; c++)
            total += exp(m->z[b][c]);
        for (int c = 0; c < C; c++)
            dz[c] = (exp(m->z[b][c]) / total - (c == m->target[b])) / B;
        layer_backward(C, K, dk, m->d.W3, m->d.b3, dz,
                       (const double(*)[K])m->w.W3, m->k[b], NULL, LINEAR);
        layer_backward(K, H, dh, m->d.W2, m->d.b2, dk,
                       (const double(*)[H])m->w.W2, m->h[b], m->k[b], m->act);
        layer_backward(H, D, dx, m->d.W1, m->d.b1, dh,
                       (const double(*)[D])m->w.W1, m->x[b], m->h[b], m->act);
    }
}

static net model; /* large for a stack */

static hg_tensor tensor[TENSORS];
static hg_problem problem;

static hg_tensor tensor_of(const char *name, void *data, const void *grad,
                           int n, int m)
{
    hg_tensor t = {.name = name,
                   .rank = m ? 2 : 1,
                   .shape = {n, m},
                   .data = data,
                   .grad = grad};
    return t;
}

static void fill(rng *g, int n, double x[], double range)
{
    for (int i = 0; i < n; i++)
        x[i] = rng_between(g, -range, range);
}

static void net_of(unsigned long long seed, int act)
{
    net *m = &model;
    rng g = rng_new(seed, 3);
    memset(m, 0, sizeof *m);
    m->act = act;
    fill(&g, B * D, m->x[0], 1.3);
    fill(&g, H * D, m->w.W1[0], sqrt(3.0 / D));
    fill(&g, K * H, m->w.W2[0], sqrt(3.0 / H));
    fill(&g, C * K, m->w.W3[0], sqrt(3.0 / K));
    fill(&g, H, m->w.b1, 0.1);
    fill(&g, K, m->w.b2, 0.1);
    fill(&g, C, m->w.b3, 0.1);
    for (int b = 0; b < B; b++)
        m->target[b] = rng_below(&g, C);
    net_backward(m);
    m->before = m->w;
    m->calls = 0;
    tensor[0] = tensor_of("W1", m->w.W1, m->d.W1, H, D);
    tensor[1] = tensor_of("b1", m->w.b1, m->d.b1, H, 0);
    tensor[2] = tensor_of("W2", m->w.W2, m->d.W2, K, H);
    tensor[3] = tensor_of("b2", m->w.b2, m->d.b2, K, 0);
    tensor[4] = tensor_of("W3", m->w.W3, m->d.W3, C, K);
    tensor[5] = tensor_of("b3", m->w.b3, m->d.b3, C, 0);
    problem = (hg_problem){
        .loss = net_loss, .context = m, .tensors = TENSORS, .tensor = tensor};
}

static void net_new(unsigned long long seed)
{
    net_of(seed, TANH);
}

/* W1 .. b3 stand one after the other in `weights`: entry i of all. */
static double *grad_at(long i)
{
    return (double *)&model.d + i;
}

static long weights_in(void)
{
    return (long)(sizeof(weights) / sizeof(double));
}

static double rms_now(void)
{
    double sum = 0;
    for (long i = 0; i < weights_in(); i++)
        sum += *grad_at(i) * *grad_at(i);
    return sqrt(sum / (double)weights_in());
}

static long number_of(const hg_place *p)
{
    long i = (double *)tensor[p->tensor].data - (double *)&model.w;
    const hg_tensor *t = &tensor[p->tensor];
    return i + (t->rank > 1 ? (long)p->index[0] * t->shape[1] + p->index[1]
                            : p->index[0]);
}

typedef struct outcome {
    hg_place place[MOST];
    hg_certificate c;
    int found;
} outcome;

static outcome locate(unsigned long long seed)
{
    outcome o;
    hg_options options = {.seed = seed};
    memset(&o, 0, sizeof o);
    long before = model.calls;
    ck_assert_int_eq(
        hg_locate(&problem, &options, MOST, o.place, &o.found, &o.c), HG_OK);
    ck_assert_int_eq(o.c.passes, model.calls - before);
    ck_assert_int_eq(memcmp(&model.w, &model.before, sizeof model.w), 0);
    return o;
}

/* ---- one wrong entry ------------------------------------------------------------ */

static void expect_one(long at, double size, long most, unsigned long long seed)
{
    double error = size * rms_now(), right = *grad_at(at);
    *grad_at(at) += error;
    outcome o = locate(seed);
    double planted = *grad_at(at);
    *grad_at(at) = right;
    ck_assert_int_eq(o.c.verdict, HG_DISAGREES);
    ck_assert_int_eq(o.found, 1);
    ck_assert_int_eq(number_of(&o.place[0]), at);
    ck_assert_int_eq(o.place[0].whole, 0);
    for (int a = 0; a < HG_RANK; a++)
        ck_assert_int_eq(o.place[0].end[a], o.place[0].index[a] + 1);
    ck_assert(o.place[0].analytic == planted);
    ck_assert(fabs(o.place[0].numeric - right) <= o.place[0].bound);
    ck_assert_msg(o.place[0].bound <= 0.1 * fabs(error), "bound %g",
                  o.place[0].bound);
    ck_assert_msg(o.c.passes <= most, "%ld passes for %g at %ld", o.c.passes,
                  size, at);
}

START_TEST(one_entry_is_found_by_name)
{
    static const double size[] = {2.385, -0.1, 1e-3, -1e-5};
    static const long most[] = {32, 32, 40, 72};
    rng g = rng_new(11, 0);
    for (unsigned seed = 0; seed < 5; seed++) {
        net_new(seed);
        for (int k = 0; k < 4; k++)
            expect_one(rng_below(&g, (int)weights_in()), size[k], most[k],
                       seed);
    }
}
END_TEST

START_TEST(first_and_last_entries_are_found)
{
    net_new(5);
    for (int k = 0; k < TENSORS; k++) {
        long first = (double *)tensor[k].data - (double *)&model.w;
        long last = k + 1 < TENSORS
                        ? (double *)tensor[k + 1].data - (double *)&model.w
                        : weights_in();
        expect_one(first, 0.1, 32, 1);
        expect_one(last - 1, -1e-4, 60, 2);
    }
}
END_TEST

/* ---- several ----------------------------------------------------------------------- */

static void expect_many(int n, double size, long most, unsigned long long seed)
{
    long at[MOST];
    double right[MOST], rms = rms_now();
    rng g = rng_new(seed, 9);
    for (int e = 0; e < n; e++) {
        at[e] = rng_below(&g, (int)weights_in());
        right[e] = *grad_at(at[e]);
        *grad_at(at[e]) += rng_below(&g, 2) ? size * rms : -size * rms;
    }
    outcome o = locate(seed);
    int hits = 0;
    for (int e = n - 1; e >= 0; e--) {
        *grad_at(at[e]) = right[e];
        for (int k = 0; k < o.found; k++)
            hits += number_of(&o.place[k]) == at[e] && o.place[k].whole == 0;
    }
    ck_assert_int_eq(o.found, n);
    ck_assert_int_eq(hits, n);
    ck_assert_msg(o.c.passes <= most, "%ld passes", o.c.passes);
}

START_TEST(several_entries_are_found)
{
    net_new(6);
    for (unsigned seed = 1; seed <= 4; seed++) {
        expect_many(2, 0.1, 120, seed);
        expect_many(10, 0.3, 400, seed);
    }
    expect_many(10, 1e-3, 400, 5);
}
END_TEST

/* Fewer places asked for than there are: as many are given. */
START_TEST(no_more_places_than_asked_for)
{
    net_new(7);
    hg_place place[3];
    hg_certificate c;
    int found;
    for (long i = 100; i < 15000; i += 1500)
        *grad_at(i) += rms_now();
    memset(place, 0x55, sizeof place);
    hg_place untouched = place[2];
    ck_assert_int_eq(hg_locate(&problem, NULL, 2, place, &found, &c), HG_OK);
    ck_assert_int_eq(found, 2);
    ck_assert_int_eq(memcmp(&untouched, &place[2], sizeof untouched), 0);
    ck_assert_int_eq(hg_locate(&problem, NULL, 0, NULL, &found, &c), HG_OK);
    ck_assert_int_eq(found, 0);
    ck_assert_int_eq(c.verdict, HG_DISAGREES);
}
END_TEST

/* ---- tensors, rows, columns, blocks ---------------------------------------------------- */

static void expect_whole(const outcome *o, int k, int whole, int i, int j,
                         long most)
{
    ck_assert_int_eq(o->c.verdict, HG_DISAGREES);
    ck_assert_int_eq(o->found, 1);
    ck_assert_int_eq(o->place[0].whole, whole);
    ck_assert_int_eq(o->place[0].tensor, k);
    ck_assert_int_eq(o->place[0].index[0], i);
    ck_assert_int_eq(o->place[0].index[1], j);
    for (int a = 0; a < HG_RANK; a++)
        ck_assert_int_gt(o->place[0].end[a], o->place[0].index[a]);
    ck_assert_msg(o->c.passes <= most, "%ld passes", o->c.passes);
}

/* A row, a column and a block differ in where they end. */
static void expect_end(const outcome *o, int i, int j)
{
    ck_assert_int_eq(o->place[0].end[0], i);
    ck_assert_int_eq(o->place[0].end[1], j);
}

START_TEST(a_wrong_tensor_is_recognised)
{
    for (int k = 0; k < TENSORS; k++) {
        net_new(8);
        double *g = (double *)(uintptr_t)tensor[k].grad,
               factor[] = {-1, 0.2, 0, 2, 0.5, 1.01};
        for (int i = 0; i < hg_entries(&tensor[k]); i++)
            g[i] *= factor[k];
        outcome o = locate(3);
        expect_whole(&o, k, 2, 0, 0, 200);
        for (int a = 0; a < tensor[k].rank; a++)
            ck_assert_int_eq(o.place[0].end[a], tensor[k].shape[a]);
    }
}
END_TEST

START_TEST(a_wrong_row_or_column_is_recognised)
{
    net_new(9);
    for (int j = 0; j < D; j++)
        model.d.W1[37][j] *= 1.1;
    outcome o = locate(1);
    expect_whole(&o, 0, 1, 37, 0, 150);
    expect_end(&o, 38, D);
    net_new(9);
    for (int i = 0; i < K; i++)
        model.d.W2[i][H - 1] = 0;
    o = locate(2);
    expect_whole(&o, 2, 1, 0, H - 1, 150);
    expect_end(&o, K, H);
}
END_TEST

START_TEST(a_wrong_block_is_recognised)
{
    net_new(10);
    for (int i = 50; i < 100; i++)
        for (int j = 0; j < D; j++)
            model.d.W1[i][j] *= -1;
    outcome o = locate(4);
    expect_whole(&o, 0, 1, 50, 0, 400);
    expect_end(&o, 100, D);
}
END_TEST

START_TEST(a_tensor_and_an_entry_are_both_found)
{
    net_new(12);
    for (int i = 0; i < H; i++)
        model.d.b1[i] *= 2;
    model.d.W2[3][7] += 1;
    outcome o = locate(4);
    ck_assert_int_eq(o.found, 2);
    int tensors = 0, entries = 0;
    for (int k = 0; k < 2; k++) {
        tensors += o.place[k].whole == 2 && o.place[k].tensor == 1;
        entries += o.place[k].whole == 0 && o.place[k].tensor == 2 &&
                   o.place[k].index[0] == 3 && o.place[k].index[1] == 7;
    }
    ck_assert_int_eq(tensors, 1);
    ck_assert_int_eq(entries, 1);
}
END_TEST

/* ---- right gradients --------------------------------------------------------------------- */

START_TEST(a_right_network_is_certified)
{
    for (unsigned seed = 0; seed < 10; seed++) {
        net_new(seed);
        outcome o = locate(seed);
        ck_assert_int_eq(o.c.verdict, HG_AGREES);
        ck_assert_int_eq(o.found, 0);
        ck_assert_int_le(o.c.passes, 20);
        ck_assert(o.c.smallest < 1e-6 * o.c.rms);
        ck_assert(fabs(o.c.rms - rms_now()) < 1e-12 * o.c.rms);
    }
}
END_TEST

/* What is said to be seen is seen, by another seed. */
static void expect_honest(int act, unsigned trials)
{
    int seen = 0;
    rng g = rng_new(21, 0);
    net_of(13, act);
    for (unsigned seed = 0; seed < trials; seed++) {
        double smallest = locate(seed).c.smallest;
        long at = rng_below(&g, (int)weights_in());
        double right = *grad_at(at);
        *grad_at(at) += seed % 2 ? smallest : -smallest;
        hg_options o = {.seed = seed + 1000};
        hg_certificate c;
        int found;
        ck_assert_int_eq(hg_locate(&problem, &o, 0, NULL, &found, &c), HG_OK);
        *grad_at(at) = right;
        seen += c.verdict == HG_DISAGREES;
    }
    ck_assert_msg(seen >= (int)trials * 95 / 100, "%d of %u were seen", seen,
                  trials);
}

START_TEST(the_smallest_error_is_honest)
{
    expect_honest(TANH, 60);
    expect_honest(RELU, 20);
}
END_TEST

/* ---- sums of sines, of any shape ------------------------------------------------------------ */

enum { SINES = 400, PARTS = 4 };

typedef struct sines {
    int n, parts, start[PARTS + 1], kind;
    double a[SINES], b[SINES], x[SINES], g[SINES], offset, was[SINES];
    hg_tensor t[PARTS];
} sines;

static double term(const sines *s, int i, int slope)
{
    double a = s->a[i], b = s->b[i], x = s->x[i];
    switch (s->kind) {
    case 0: return slope ? a * b * cos(b * x) : a * sin(b * x);
    case 1:
        return slope ? a * (1 - tanh(b * x) * tanh(b * x)) * b
                     : a * tanh(b * x);
    case 2: return slope ? a * b : a * b * x;
    default: return slope ? 2 * a * x : a * x * x;
    }
}

static int sines_loss(void *context, double loss[2])
{
    const sines *s = context;
    double sum = s->offset, product = 0;
    for (int i = 0; i < s->n; i++)
        sum += term(s, i, 0);
    for (int i = 0; i + 1 < s->n; i++)
        product += s->x[i] * s->x[i + 1];
    loss[0] = sum + 0.1 * product - s->offset;
    return 0;
}

static void sines_new(sines *s, unsigned long long seed)
{
    rng g = rng_new(seed, 17);
    memset(s, 0, sizeof *s);
    s->parts = 1 + rng_below(&g, PARTS);
    s->kind = rng_below(&g, 4);
    double size = pow(10, rng_between(&g, -3, 3)),
           offsets[] = {0, 0, 1, 1e4, 1e8};
    s->offset = offsets[rng_below(&g, 5)] * size;
    for (int k = 0; k < s->parts; k++) {
        hg_tensor *t = &s->t[k];
        t->name = "x";
        t->rank = rng_below(&g, HG_RANK + 1);
        for (int a = 0; a < t->rank; a++)
            t->shape[a] = 1 + rng_below(&g, t->rank == 1   ? 90
                                            : t->rank == 2 ? 9
                                                           : 3);
        t->data = &s->x[s->n];
        t->grad = &s->g[s->n];
        s->start[k] = s->n;
        s->n += hg_entries(t);
    }
    double zero = rng_uniform(&g) < 0.2 ? 0 : 1;
    for (int i = 0; i < s->n; i++) {
        s->a[i] = size * rng_normal(&g);
        s->b[i] = rng_between(&g, 0.2, 2);
        s->x[i] = zero * rng_normal(&g);
    }
    for (int i = 0; i < s->n; i++) {
        s->g[i] = term(s, i, 1);
        s->g[i] += 0.1 * ((i > 0 ? s->x[i - 1] : 0) +
                          (i + 1 < s->n ? s->x[i + 1] : 0));
    }
    memcpy(s->was, s->x, sizeof s->was);
}

START_TEST(right_gradients_are_not_accused)
{
    static sines s;
    int sure = 0;
    for (unsigned seed = 0; seed < 500; seed++) {
        sines_new(&s, seed);
        hg_problem p = {.loss = sines_loss,
                        .context = &s,
                        .tensors = s.parts,
                        .tensor = s.t};
        hg_options o = {.seed = seed};
        hg_place place[MOST];
        hg_certificate c;
        int found;
        ck_assert_int_eq(hg_locate(&p, &o, MOST, place, &found, &c), HG_OK);
        ck_assert_msg(found == 0 && c.verdict != HG_DISAGREES,
                      "seed %u: %d found", seed, found);
        ck_assert_int_eq(memcmp(s.was, s.x, sizeof s.was), 0);
        sure += c.verdict == HG_AGREES;
    }
    ck_assert_int_ge(sure, 400);
}
END_TEST

START_TEST(one_entry_of_any_shape_is_found)
{
    static sines s;
    int tried = 0, hits = 0;
    for (unsigned seed = 0; seed < 300; seed++) {
        sines_new(&s, seed);
        hg_problem p = {.loss = sines_loss,
                        .context = &s,
                        .tensors = s.parts,
                        .tensor = s.t};
        hg_options o = {.seed = seed};
        hg_place place[MOST];
        hg_certificate c;
        int found, at = (int)(seed * 7919U % (unsigned)s.n);
        ck_assert_int_eq(hg_locate(&p, &o, 0, NULL, &found, &c), HG_OK);
        if (c.verdict != HG_AGREES)
            continue;
        s.g[at] += fmax(0.1 * c.rms, 10 * c.smallest);
        ck_assert_int_eq(hg_locate(&p, &o, MOST, place, &found, &c), HG_OK);
        tried++;
        int part = 0;
        while (part + 1 < s.parts && at >= s.start[part + 1])
            part++;
        int i = 0;
        for (int a = 0; a < s.t[part].rank; a++)
            i = i * s.t[part].shape[a] + place[0].index[a];
        int hit =
            found == 1 && place[0].tensor == part && i + s.start[part] == at;
        if (!hit)
            printf("seed %u: %d found of %d, entry %d, %ld passes\n", seed,
                   found, s.n, at, c.passes);
        hits += hit;
    }
    ck_assert_int_ge(tried, 250);
    ck_assert_int_eq(hits, tried);
}
END_TEST

/* ---- causes -------------------------------------------------------------- */

static hg_certificate of_vector(hg_loss loss, void *context, int n, double x[],
                                double g[])
{
    hg_tensor t = {.name = "x", .rank = 1, .shape = {n}, .data = x, .grad = g};
    hg_problem p = {
        .loss = loss, .context = context, .tensors = 1, .tensor = &t};
    hg_place place[MOST];
    hg_certificate c;
    int found;
    ck_assert_int_eq(hg_locate(&p, NULL, MOST, place, &found, &c), HG_OK);
    ck_assert(c.verdict == HG_DISAGREES || found == 0);
    return c;
}

static int relu_loss(void *context, double loss[2])
{
    const double *x = context;
    loss[0] = 0;
    for (int i = 0; i < 20; i++)
        loss[0] += (i % 3 + 1.5) * (x[i] > 0 ? x[i] : 0);
    return 0;
}

static int constant_loss(void *context, double loss[2])
{
    (void)context;
    loss[0] = 2.385;
    return 0;
}

static int counting_loss(void *context, double loss[2])
{
    double *calls = context;
    loss[0] = ++*calls;
    return 0;
}

static int nan_loss(void *context, double loss[2])
{
    (void)context;
    loss[0] = (double)NAN;
    return 0;
}

START_TEST(causes_are_named)
{
    double x[20], g[20], calls = 0;
    rng r = rng_new(4, 4);
    for (int i = 0; i < 20; i++) {
        x[i] = rng_normal(&r);
        g[i] = x[i] > 0 ? i % 3 + 1.5 : 0;
    }
    ck_assert_int_eq(of_vector(relu_loss, x, 20, x, g).verdict, HG_AGREES);
    x[7] = 0; /* exactly at the kink: any slope from 0 to 2.5 is right */
    g[7] = 0;
    hg_certificate c = of_vector(relu_loss, x, 20, x, g);
    ck_assert_int_eq(c.verdict, HG_UNDECIDED);
    ck_assert_int_eq(c.cause, HG_KINK);
    memset(g, 0, sizeof g);
    ck_assert_int_eq(of_vector(constant_loss, NULL, 20, x, g).cause,
                     HG_CANNOT_FAIL);
    ck_assert_int_eq(of_vector(counting_loss, &calls, 20, x, g).cause,
                     HG_NOT_DETERMINISTIC);
    ck_assert_int_eq(of_vector(nan_loss, NULL, 20, x, g).cause, HG_NOT_FINITE);
    g[3] = (double)INFINITY;
    c = of_vector(constant_loss, NULL, 20, x, g);
    ck_assert_int_eq(c.cause, HG_NOT_FINITE);
    ck_assert_int_eq(c.passes, 0);
}
END_TEST

/* ---- kinks --------------------------------------------------------------- */

START_TEST(a_right_network_with_kinks_is_certified)
{
    for (unsigned seed = 0; seed < 25; seed++) {
        net_of(seed, RELU);
        outcome o = locate(seed);
        ck_assert_msg(o.c.verdict == HG_AGREES, "seed %u: %s, %d found", seed,
                      hg_verdict_name(o.c.verdict), o.found);
        ck_assert_int_eq(o.found, 0);
        ck_assert_int_le(o.c.passes, 50);
        ck_assert_msg(o.c.smallest < 1e-4 * o.c.rms, "seed %u: seen %g of rms",
                      seed, o.c.smallest / o.c.rms);
    }
}
END_TEST

START_TEST(one_entry_is_found_among_kinks)
{
    static const double size[] = {2.385, -0.1, 1e-3};
    static const long most[] = {60, 60, 80};
    rng g = rng_new(12, 0);
    for (unsigned seed = 0; seed < 8; seed++) {
        net_of(seed, RELU);
        for (int k = 0; k < 3; k++)
            expect_one(rng_below(&g, (int)weights_in()), size[k], most[k],
                       seed);
    }
}
END_TEST

START_TEST(several_entries_are_found_among_kinks)
{
    net_of(6, RELU);
    for (unsigned seed = 1; seed <= 4; seed++) {
        expect_many(2, 0.1, 200, seed);
        expect_many(10, 0.3, 600, seed);
    }
}
END_TEST

/* A sample of zeros and no biases: hidden units stand exactly at the kink, and any slope between
 * the two sides is right. An entry elsewhere is not at one. */
START_TEST(a_kink_at_the_point_is_not_accused)
{
    for (unsigned seed = 0; seed < 10; seed++) {
        net_of(seed, RELU);
        memset(model.x[0], 0, sizeof model.x[0]);
        memset(model.w.b1, 0, sizeof model.w.b1);
        memset(model.w.b2, 0, sizeof model.w.b2);
        net_backward(&model);
        model.before = model.w;
        outcome o = locate(seed);
        ck_assert_int_eq(o.c.verdict, HG_UNDECIDED);
        ck_assert_int_eq(o.c.cause, HG_KINK);
        ck_assert_int_eq(o.found, 0);
    }
}
END_TEST

/* ---- float, strides ------------------------------------------------------ */

enum { FD = 24, FH = 18 };

typedef struct small {
    float W[FH][FD], dW[FH][FD], x[FD], u[FH];
} small;

static int small_loss(void *context, double loss[2])
{
    const small *m = context;
    float sum = 0;
    for (int i = 0; i < FH; i++) {
        float a = 0;
        for (int d = 0; d < FD; d++)
            a += m->W[i][d] * m->x[d];
        sum += m->u[i] * tanhf(a);
    }
    loss[0] = (double)sum;
    return 0;
}

static void small_new(small *m, unsigned long long seed)
{
    rng g = rng_new(seed, 5);
    for (int d = 0; d < FD; d++)
        m->x[d] = (float)rng_normal(&g);
    for (int i = 0; i < FH; i++) {
        float a = 0;
        m->u[i] = (float)rng_normal(&g);
        for (int d = 0; d < FD; d++) {
            m->W[i][d] = (float)(0.2 * rng_normal(&g));
            a += m->W[i][d] * m->x[d];
        }
        for (int d = 0; d < FD; d++)
            m->dW[i][d] = m->u[i] * (1 - tanhf(a) * tanhf(a)) * m->x[d];
    }
}

START_TEST(float_is_judged_by_its_noise)
{
    static small m, before;
    for (unsigned seed = 0; seed < 20; seed++) {
        small_new(&m, seed);
        hg_tensor t = {.name = "W",
                       .type = HG_FLOAT,
                       .rank = 2,
                       .shape = {FH, FD},
                       .data = m.W,
                       .grad = m.dW};
        hg_problem p = {
            .loss = small_loss, .context = &m, .tensors = 1, .tensor = &t};
        hg_options o = {.seed = seed};
        hg_place place[MOST];
        hg_certificate c;
        int found;
        before = m;
        ck_assert_int_eq(hg_locate(&p, &o, MOST, place, &found, &c), HG_OK);
        ck_assert_int_eq(c.verdict, HG_AGREES);
        ck_assert(c.smallest < 0.1 * c.rms);
        m.dW[5][seed] += (float)c.rms;
        before = m;
        ck_assert_int_eq(hg_locate(&p, &o, MOST, place, &found, &c), HG_OK);
        ck_assert_int_eq(memcmp(&before, &m, sizeof m), 0);
        ck_assert_int_eq(found, 1);
        ck_assert_int_eq(place[0].index[0], 5);
        ck_assert_int_eq(place[0].index[1], (int)seed);
    }
}
END_TEST

enum { RB = 4, RD = 30, RH = 60, RC = 10 };

/* y = relu(x W1 + b1) W2, softmax cross-entropy, all in float. */
typedef struct rough {
    float x[RB][RD], W1[RD][RH], b1[RH], W2[RH][RC];
    float dW1[RD][RH], db1[RH], dW2[RH][RC], h[RB][RH], p[RB][RC];
} rough;

static int rough_loss(void *context, double loss[2])
{
    rough *m = context;
    float sum = 0;
    for (int b = 0; b < RB; b++) {
        float total = 0, z[RC] = {0};
        for (int i = 0; i < RH; i++) {
            float a = m->b1[i];
            for (int d = 0; d < RD; d++)
                a += m->x[b][d] * m->W1[d][i];
            m->h[b][i] = fmaxf(a, 0);
            for (int c = 0; c < RC; c++)
                z[c] += m->h[b][i] * m->W2[i][c];
        }
        for (int c = 0; c < RC; c++)
            total += m->p[b][c] = expf(z[c]);
        for (int c = 0; c < RC; c++)
            m->p[b][c] /= total;
        sum += logf(total) - z[b];
    }
    loss[0] = (double)(sum / RB);
    return 0;
}

static void fill_float(rng *g, int n, float x[], double size)
{
    for (int i = 0; i < n; i++)
        x[i] = (float)(size * rng_normal(g));
}

static void rough_new(rough *m, unsigned long long seed)
{
    double unused[2];
    rng g = rng_new(seed, 8);
    memset(m, 0, sizeof *m);
    fill_float(&g, RB * RD, m->x[0], 1);
    fill_float(&g, RD * RH, m->W1[0], 0.2);
    fill_float(&g, RH, m->b1, 0.1);
    fill_float(&g, RH * RC, m->W2[0], 0.15);
    rough_loss(m, unused);
    for (int b = 0; b < RB; b++)
        for (int i = 0; i < RH; i++) {
            float dh = 0;
            for (int c = 0; c < RC; c++) {
                float dz = (m->p[b][c] - (float)(c == b)) / RB;
                m->dW2[i][c] += m->h[b][i] * dz;
                dh += dz * m->W2[i][c];
            }
            dh = m->h[b][i] > 0 ? dh : 0;
            m->db1[i] += dh;
            for (int d = 0; d < RD; d++)
                m->dW1[d][i] += m->x[b][d] * dh;
        }
}

/* In float small steps drown in noise, and larger ones reach over kinks. */
START_TEST(float_with_kinks_is_not_accused)
{
    static rough m;
    for (unsigned seed = 0; seed < 25; seed++) {
        rough_new(&m, seed);
        hg_tensor t[] = {
            {.name = "W1", .rank = 2, .shape = {RD, RH}, .data = m.W1},
            {.name = "b1", .rank = 1, .shape = {RH}, .data = m.b1},
            {.name = "W2", .rank = 2, .shape = {RH, RC}, .data = m.W2}};
        t[0].grad = m.dW1, t[1].grad = m.db1, t[2].grad = m.dW2;
        t[0].type = t[1].type = t[2].type = HG_FLOAT;
        hg_problem p = {
            .loss = rough_loss, .context = &m, .tensors = 3, .tensor = t};
        hg_options o = {.seed = seed};
        hg_place place[MOST];
        hg_certificate c;
        int found;
        ck_assert_int_eq(hg_locate(&p, &o, MOST, place, &found, &c), HG_OK);
        ck_assert_msg(found == 0 && c.verdict != HG_DISAGREES,
                      "seed %u: %d found", seed, found);
        ck_assert(c.verdict == HG_UNDECIDED || c.smallest <= c.rms);
        ck_assert(c.verdict == HG_AGREES || c.cause == HG_KINK ||
                  c.cause == HG_NOISE);
        m.dW1[seed % RD][seed] += (float)(2 * c.rms);
        ck_assert_int_eq(hg_locate(&p, &o, MOST, place, &found, &c), HG_OK);
        ck_assert_msg(c.verdict != HG_AGREES, "seed %u", seed);
        ck_assert(c.verdict == HG_UNDECIDED || found == 1);
    }
}
END_TEST

/* W1 as its own transposed, by strides; its gradient row by row. */
START_TEST(strides_are_followed)
{
    static double turned[D][H], before[D][H];
    net_new(14);
    for (int i = 0; i < H; i++)
        for (int j = 0; j < D; j++)
            turned[j][i] = model.d.W1[i][j];
    tensor[0].grad = turned;
    tensor[0].grad_stride[0] = 1;
    tensor[0].grad_stride[1] = H;
    memcpy(before, turned, sizeof before);
    ck_assert_int_eq(locate(1).c.verdict, HG_AGREES);
    turned[40][90] += rms_now();
    outcome o = locate(2);
    ck_assert_int_eq(o.found, 1);
    ck_assert_int_eq(o.place[0].index[0], 90);
    ck_assert_int_eq(o.place[0].index[1], 40);
}
END_TEST

/* ---- complex step -------------------------------------------------------- */

/* CMPLX, which not every compiler has. */
static double complex pair_of(double re, double im)
{
    double part[2] = {re, im};
    double complex z;
    memcpy(&z, part, sizeof z);
    return z;
}

typedef struct pairs {
    double W[H][D][2], dW[H][D][2], x[D], u[H];
    int real_only; /* drops the imaginary part of one activation */
    long calls;
} pairs;

static int pairs_loss(void *context, double loss[2])
{
    pairs *m = context;
    double complex sum = 0;
    m->calls++;
    for (int i = 0; i < H; i++) {
        double complex a = 0;
        for (int d = 0; d < D; d++)
            a += pair_of(m->W[i][d][0], m->W[i][d][1]) * m->x[d];
        a = ctanh(a);
        sum += m->u[i] * (i == m->real_only ? creal(a) : a);
    }
    loss[0] = creal(sum);
    loss[1] = cimag(sum);
    return 0;
}

static pairs twin;

static hg_problem pairs_new(unsigned long long seed, hg_tensor *t)
{
    pairs *m = &twin;
    rng g = rng_new(seed, 6);
    memset(m, 0, sizeof *m);
    m->real_only = -1;
    for (int d = 0; d < D; d++)
        m->x[d] = rng_normal(&g);
    for (int i = 0; i < H; i++) {
        double a = 0;
        m->u[i] = rng_normal(&g);
        for (int d = 0; d < D; d++) {
            m->W[i][d][0] = 0.1 * rng_normal(&g);
            a += m->W[i][d][0] * m->x[d];
        }
        for (int d = 0; d < D; d++)
            m->dW[i][d][0] = m->u[i] * (1 - tanh(a) * tanh(a)) * m->x[d];
    }
    *t = (hg_tensor){.name = "W",
                     .type = HG_COMPLEX,
                     .rank = 2,
                     .shape = {H, D},
                     .data = m->W,
                     .grad = m->dW};
    return (hg_problem){
        .loss = pairs_loss, .context = m, .tensors = 1, .tensor = t};
}

START_TEST(complex_step_needs_four_passes)
{
    static pairs before;
    hg_tensor t;
    for (unsigned seed = 0; seed < 12; seed++) {
        hg_problem p = pairs_new(seed, &t);
        hg_options o = {.seed = seed};
        hg_place place[MOST];
        hg_certificate c;
        int found, i = (int)(seed * 37 % H), j = (int)(seed * 71 % D);
        ck_assert_int_eq(hg_locate(&p, &o, MOST, place, &found, &c), HG_OK);
        ck_assert_int_eq(c.verdict, HG_AGREES);
        ck_assert_int_le(c.passes, 4);
        twin.dW[i][j][0] += (seed % 2 ? 0.1 : 1e-5) * c.rms;
        before = twin;
        ck_assert_int_eq(hg_locate(&p, &o, MOST, place, &found, &c), HG_OK);
        ck_assert_int_eq(memcmp(before.W, twin.W, sizeof twin.W), 0);
        ck_assert_int_eq(found, 1);
        ck_assert_int_eq(place[0].index[0], i);
        ck_assert_int_eq(place[0].index[1], j);
        ck_assert_int_le(c.passes, 4);
    }
}
END_TEST

START_TEST(a_dropped_imaginary_part_is_named)
{
    hg_tensor t;
    hg_problem p = pairs_new(3, &t);
    hg_place place[MOST];
    hg_certificate c;
    int found;
    twin.real_only = 17;
    ck_assert_int_eq(hg_locate(&p, NULL, MOST, place, &found, &c), HG_OK);
    ck_assert_int_eq(c.verdict, HG_UNDECIDED);
    ck_assert_int_eq(c.cause, HG_NOT_ANALYTIC);
    for (int d = 0; d < D; d++) /* a gradient with the same fault */
        twin.dW[17][d][0] = 0;
    ck_assert_int_eq(hg_locate(&p, NULL, MOST, place, &found, &c), HG_OK);
    ck_assert_int_eq(c.cause, HG_NOT_ANALYTIC);
    ck_assert_int_eq(found, 0);
}
END_TEST

/* ---- faults -------------------------------------------------------------- */

START_TEST(a_loss_that_fails_changes_nothing)
{
    net_new(15);
    model.d.W1[3][4] += 0.1;
    model.d.W2[3][4] += 0.1;
    outcome o = locate(0);
    for (long k = 1; k <= o.c.passes; k += k < 30 ? 1 : 5) {
        hg_place place[MOST], place_before[MOST];
        hg_certificate c, c_before;
        int found = -7;
        memset(place, 0x5a, sizeof place);
        memset(&c, 0x5a, sizeof c);
        memcpy(place_before, place, sizeof place);
        c_before = c;
        model.calls = 0;
        model.fail = k;
        ck_assert_int_eq(hg_locate(&problem, NULL, MOST, place, &found, &c),
                         HG_LOSS_FAILED);
        ck_assert_int_eq(memcmp(&model.w, &model.before, sizeof model.w), 0);
        ck_assert_int_eq(memcmp(place, place_before, sizeof place), 0);
        ck_assert_int_eq(memcmp(&c, &c_before, sizeof c), 0);
        ck_assert_int_eq(found, -7);
    }
}
END_TEST

START_TEST(bad_arguments_are_refused)
{
    net_new(16);
    hg_place place[1];
    hg_certificate c;
    int found;
    ck_assert_int_eq(hg_locate(NULL, NULL, 1, place, &found, &c),
                     HG_BAD_ARGUMENT);
    ck_assert_int_eq(hg_locate(&problem, NULL, 1, NULL, &found, &c),
                     HG_BAD_ARGUMENT);
    ck_assert_int_eq(hg_locate(&problem, NULL, -1, place, &found, &c),
                     HG_BAD_ARGUMENT);
    ck_assert_int_eq(hg_locate(&problem, NULL, 1, place, NULL, &c),
                     HG_BAD_ARGUMENT);
    ck_assert_int_eq(hg_locate(&problem, NULL, 1, place, &found, NULL),
                     HG_BAD_ARGUMENT);
    tensor[2].type = HG_COMPLEX;
    ck_assert_int_eq(hg_locate(&problem, NULL, 1, place, &found, &c),
                     HG_BAD_ARGUMENT);
    tensor[2].type = HG_DOUBLE;
    tensor[2].stride[1] = 1; /* all rows in one place */
    ck_assert_int_eq(hg_locate(&problem, NULL, 1, place, &found, &c),
                     HG_BAD_ARGUMENT);
    tensor[2].stride[1] = 0;
    ck_assert_int_eq(hg_locate(&problem, &(hg_options){.tolerance = -1}, 1,
                               place, &found, &c),
                     HG_BAD_ARGUMENT);
    tensor[2].shape[1] = 0;
    ck_assert_int_eq(hg_locate(&problem, NULL, 1, place, &found, &c),
                     HG_BAD_ARGUMENT);
    problem.tensors = 0;
    ck_assert_int_eq(hg_locate(&problem, NULL, 1, place, &found, &c),
                     HG_BAD_ARGUMENT);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("locate");
    SUITE_ADD(s, one_entry_is_found_by_name);
    SUITE_ADD(s, first_and_last_entries_are_found);
    SUITE_ADD(s, several_entries_are_found);
    SUITE_ADD(s, no_more_places_than_asked_for);
    SUITE_ADD(s, a_wrong_tensor_is_recognised);
    SUITE_ADD(s, a_wrong_row_or_column_is_recognised);
    SUITE_ADD(s, a_wrong_block_is_recognised);
    SUITE_ADD(s, a_tensor_and_an_entry_are_both_found);
    SUITE_ADD(s, a_right_network_is_certified);
    SUITE_ADD(s, the_smallest_error_is_honest);
    SUITE_ADD(s, right_gradients_are_not_accused);
    SUITE_ADD(s, one_entry_of_any_shape_is_found);
    SUITE_ADD(s, causes_are_named);
    SUITE_ADD(s, a_right_network_with_kinks_is_certified);
    SUITE_ADD(s, one_entry_is_found_among_kinks);
    SUITE_ADD(s, several_entries_are_found_among_kinks);
    SUITE_ADD(s, a_kink_at_the_point_is_not_accused);
    SUITE_ADD(s, float_is_judged_by_its_noise);
    SUITE_ADD(s, float_with_kinks_is_not_accused);
    SUITE_ADD(s, strides_are_followed);
    SUITE_ADD(s, complex_step_needs_four_passes);
    SUITE_ADD(s, a_dropped_imaginary_part_is_named);
    SUITE_ADD(s, a_loss_that_fails_changes_nothing);
    SUITE_ADD(s, bad_arguments_are_refused);
    return suite_run(s);
}
