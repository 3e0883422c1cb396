/* SPDX-License-Identifier: MIT */
/* build: optimized */
/* The checker on all tensors of a loss at once. The net: x (B,D), a tanh layer of H units, softmax
 * cross-entropy over C classes. HANDGRAD_LONG=100000 in the environment draws as many gradients.
 */
#define CK_FLOATING_DIG 17
#include "lib/check/handgrad.h"

#include <check.h>
#include <complex.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/rng.h"
#include "tests/capture.h"
#include "tests/kinked.h"
#include "tests/suite.h"
#include "tests/test_check.h"
#undef I

/* ---- allocation that fails ----------------------------------------------- */

/* These stand for the checker's own. The k-th call fails, where fail_at is k. */
static long allocations, live, fail_at;

void *hgi_allocate(size_t count, size_t size);
void hgi_free(void *memory);

void *hgi_allocate(size_t count, size_t size)
{
    if (++allocations == fail_at)
        return NULL;
    live++;
    return malloc(count * size > 0 ? count * size : 1);
}

void hgi_free(void *memory)
{
    live -= memory != NULL;
    free(memory);
}

/* ---- the net ------------------------------------------------------------- */

enum { TENSORS = 5 };

typedef struct net {
    int B, D, H, C, entries;
    double *all, *grad; /* of all tensors, one after the other */
    double *W, *b, *V, *c, *x;
    int *target;
    atomic_long *calls;
    long fail_at;  /* the loss fails at this call; 0: never */
    int changes;   /* the loss drifts */
    int gradients; /* calls of net_gradient */
} net;

static net net_new(int B, int D, int H, int C, uint64_t seed)
{
    net m = {.B = B, .D = D, .H = H, .C = C};
    rng g = rng_new(seed, 0);
    m.entries = H * D + H + C * H + C + B * D;
    m.all = malloc((size_t)m.entries * sizeof *m.all);
    m.grad = malloc((size_t)m.entries * sizeof *m.grad);
    m.target = malloc((size_t)B * sizeof *m.target);
    m.calls = malloc(sizeof *m.calls);
    atomic_init(m.calls, 0);
    m.W = m.all;
    m.b = m.W + H * D;
    m.V = m.b + H;
    m.c = m.V + C * H;
    m.x = m.c + C;
    for (int i = 0; i < m.entries; i++)
        m.all[i] = rng_between(&g, -1, 1) / (i < H * D + H ? sqrt(D) : 1);
    for (int i = 0; i < B; i++)
        m.target[i] = rng_below(&g, C);
    return m;
}

static void net_free(net *m)
{
    free(m->all);
    free(m->grad);
    free(m->target);
    free(m->calls);
}

/* The loss of sample i; h (H) and p (C) are filled. */
static double forward(const net *m, int i, double *h, double *p)
{
    double sum = 0;
    for (int j = 0; j < m->H; j++) {
        double a = m->b[j];
        for (int d = 0; d < m->D; d++)
            a += m->W[j * m->D + d] * m->x[i * m->D + d];
        h[j] = tanh(a);
    }
    for (int k = 0; k < m->C; k++) {
        double z = m->c[k];
        for (int j = 0; j < m->H; j++)
            z += m->V[k * m->H + j] * h[j];
        sum += p[k] = exp(z);
    }
    for (int k = 0; k < m->C; k++)
        p[k] /= sum;
    return -log(p[m->target[i]]) / m->B;
}

static int net_loss(void *context, double loss[2])
{
    net *m = context;
    double h[m->H], p[m->C];
    long calls = atomic_fetch_add(m->calls, 1) + 1;
    loss[0] = m->changes && calls > m->changes ? 1e-9 : 0;
    for (int i = 0; i < m->B; i++)
        loss[0] += forward(m, i, h, p);
    return m->fail_at && calls >= m->fail_at;
}

static int net_gradient(void *context)
{
    net *m = context;
    double h[m->H], p[m->C], *dW = m->grad, *db = dW + m->H * m->D,
                             *dV = db + m->H;
    double *dc = dV + m->C * m->H, *dx = dc + m->C;
    m->gradients++;
    memset(m->grad, 0, (size_t)m->entries * sizeof *m->grad);
    for (int i = 0; i < m->B; i++) {
        forward(m, i, h, p);
        for (int j = 0; j < m->H; j++) {
            double dh = 0;
            for (int k = 0; k < m->C; k++) {
                double dz = (p[k] - (k == m->target[i])) / m->B;
                dV[k * m->H + j] += dz * h[j];
                dh += dz * m->V[k * m->H + j];
                dc[k] += j == 0 ? dz : 0;
            }
            double da = dh * (1 - h[j] * h[j]);
            db[j] += da;
            for (int d = 0; d < m->D; d++) {
                dW[j * m->D + d] += da * m->x[i * m->D + d];
                dx[i * m->D + d] += da * m->W[j * m->D + d];
            }
        }
    }
    return 0;
}

static void net_tensors(const net *m, hg_tensor t[TENSORS])
{
    ptrdiff_t b = m->b - m->all, V = m->V - m->all, c = m->c - m->all,
              x = m->x - m->all;
    const hg_tensor all[TENSORS] = {{.name = "W",
                                     .rank = 2,
                                     .shape = {m->H, m->D},
                                     .data = m->W,
                                     .grad = m->grad},
                                    {.name = "b",
                                     .rank = 1,
                                     .shape = {m->H},
                                     .data = m->b,
                                     .grad = m->grad + b},
                                    {.name = "V",
                                     .rank = 2,
                                     .shape = {m->C, m->H},
                                     .data = m->V,
                                     .grad = m->grad + V},
                                    {.name = "c",
                                     .rank = 1,
                                     .shape = {m->C},
                                     .data = m->c,
                                     .grad = m->grad + c},
                                    {.name = "x",
                                     .rank = 2,
                                     .shape = {m->B, m->D},
                                     .data = m->x,
                                     .grad = m->grad + x}};
    memcpy(t, all, sizeof all);
    t[0].equation = "1.2";
    t[4].letters = "B,D";
}

static int net_copy(void *context, void **copy, void *data[])
{
    const net *m = context;
    net *n = malloc(sizeof *n);
    *n = *m;
    n->all = malloc((size_t)m->entries * sizeof *n->all);
    memcpy(n->all, m->all, (size_t)m->entries * sizeof *n->all);
    n->W = n->all;
    n->b = n->all + (m->b - m->all);
    n->V = n->all + (m->V - m->all);
    n->c = n->all + (m->c - m->all);
    n->x = n->all + (m->x - m->all);
    double *const at[TENSORS] = {n->W, n->b, n->V, n->c, n->x};
    for (int k = 0; k < TENSORS; k++)
        data[k] = at[k];
    *copy = n;
    return 0;
}

static void net_release(void *copy)
{
    net *m = copy;
    free(m->all);
    free(m);
}

static hg_problem net_problem(net *m, hg_tensor t[TENSORS])
{
    net_tensors(m, t);
    return (hg_problem){
        .loss = net_loss, .context = m, .tensors = TENSORS, .tensor = t};
}

/* Checks m, whose gradient stands; the parameters must come back bit for bit. */
static void check_net(net *m, hg_result r[TENSORS])
{
    hg_tensor t[TENSORS];
    hg_problem p = net_problem(m, t);
    double *before = malloc((size_t)m->entries * sizeof *before);
    memcpy(before, m->all, (size_t)m->entries * sizeof *before);
    ck_assert_int_eq(hg_check(&p, NULL, r), HG_OK);
    ck_assert_mem_eq(before, m->all, (size_t)m->entries * sizeof *before);
    free(before);
}

/* What HANDGRAD_LONG asks for, where it is more than is usual. (tests/proof.c draws 110,000.) */
static long trials_of(long usual)
{
    const char *text = getenv("HANDGRAD_LONG");
    long n = text ? strtol(text, NULL, 10) : 0;
    return n > usual ? n : usual;
}

/* ---- right gradients ----------------------------------------------------- */

static const int shapes[][4] = {
    {1, 1, 1, 2},   {2, 3, 1, 2},    {1, 2, 3, 4},
    {3, 4, 5, 2},   {4, 1, 7, 3},    {2, 10, 20, 5},
    {5, 20, 33, 7}, {4, 40, 40, 10}, {3, 66, 60, 9}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

START_TEST(right_gradients_and_their_passes)
{
    int failed = 0, kept = 0, tried = 0;
    for (int k = 0; k < SHAPES; k++)
        for (uint64_t seed = 1; seed <= (k < 5 ? 50 : k < 7 ? 10 : 1); seed++) {
            const int *s = shapes[k];
            net m = net_new(s[0], s[1], s[2], s[3], seed);
            hg_result r[TENSORS];
            net_gradient(&m);
            check_net(&m, r);
            long passes = 0, entries = 0,
                 limit = 50 + 2 * m.entries + m.entries / 5;
            for (int j = 0; j < TENSORS; j++) {
                int good = r[j].verdict == HG_AGREES && r[j].passed &&
                           !r[j].wrong && r[j].error <= r[j].bound &&
                           !r[j].is_float && r[j].digits >= 5;
                if (!good)
                    printf(
                        "shape %d, seed %d, tensor %d: %s (%s), %.2g +- %.2g\n",
                        k, (int)seed, j, hg_verdict_name(r[j].verdict),
                        hg_cause_text(r[j].cause), r[j].error, r[j].bound);
                failed += !good;
                passes += r[j].passes;
                entries += r[j].entries;
            }
            ck_assert_int_eq(passes, atomic_load(m.calls));
            ck_assert_int_eq(entries, m.entries);
            if (passes > limit)
                printf("shape %d, seed %d: %ld passes, limit %ld\n", k,
                       (int)seed, passes, limit);
            kept += passes <= limit;
            tried++;
            net_free(&m);
        }
    ck_assert_int_eq(failed, 0);
    ck_assert_int_eq(kept, tried);
}
END_TEST

/* One tensor of any number of entries from 1 on. (The last takes long.) */
START_TEST(passes_of_one_tensor)
{
    static const int sizes[] = {1, 2, 3, 5, 8, 13, 40, 100, 1000, 2500, 10000};
    size_t n = sizeof sizes / sizeof *sizes - (trials_of(0) == 0);
    for (size_t k = 0; k < n; k++) {
        net m = net_new(1, 1, sizes[k], 2, k);
        hg_tensor t[TENSORS];
        hg_problem p = net_problem(&m, t);
        hg_result r;
        net_gradient(&m);
        p.tensors = 1;
        ck_assert_int_eq(hg_check(&p, NULL, &r), HG_OK);
        ck_assert_int_eq(r.verdict, HG_AGREES);
        ck_assert_int_eq(r.entries, sizes[k]);
        ck_assert_int_le(atomic_load(m.calls),
                         50 + 2 * sizes[k] + sizes[k] / 5);
        net_free(&m);
    }
}
END_TEST

/* ---- wrong ones ---------------------------------------------------------- */

START_TEST(one_wrong_entry)
{
    rng g = rng_new(5, 0);
    int failed = 0;
    for (int trial = 0; trial < 200; trial++) {
        net m = net_new(3, 4, 5, 3, (uint64_t)trial);
        hg_tensor t[TENSORS];
        hg_result r[TENSORS];
        net_gradient(&m);
        net_tensors(&m, t);
        int k = trial % TENSORS, n = hg_entries(&t[k]), i = rng_below(&g, n);
        double *grad = m.grad + ((const double *)t[k].grad - m.grad), sum = 0;
        for (int j = 0; j < n; j++)
            sum += grad[j] * grad[j];
        grad[i] += (trial % 2 ? 1e-6 : -1e-6) * sqrt(sum / n);
        check_net(&m, r);
        for (int j = 0; j < TENSORS; j++) {
            int good = r[j].verdict == (j == k ? HG_DISAGREES : HG_AGREES) &&
                       r[j].wrong == (j == k) && r[j].passed == (j != k);
            if (j == k)
                good = good && r[k].analytic == grad[i] &&
                       (t[k].rank == 1 ? r[k].worst[0]
                                       : r[k].worst[0] * t[k].shape[1] +
                                             r[k].worst[1]) == i;
            if (!good)
                printf("trial %d, tensor %d of %d: %s, %d wrong, bound %.2g\n",
                       trial, j, k, hg_verdict_name(r[j].verdict), r[j].wrong,
                       r[j].bound);
            failed += !good;
        }
        net_free(&m);
    }
    ck_assert_int_eq(failed, 0);
}
END_TEST

START_TEST(whole_tensors_wrong)
{
    static const double factor[] = {-1, 0, 2, 0.5, 1.001, 1 + 1e-6, 1 + 1e-8};
    for (size_t f = 0; f < sizeof factor / sizeof *factor; f++)
        for (int k = 0; k < TENSORS; k++) {
            net m = net_new(4, 7, 9, 3, f + 1);
            hg_tensor t[TENSORS];
            hg_result r[TENSORS];
            net_gradient(&m);
            net_tensors(&m, t);
            double *grad = m.grad + ((const double *)t[k].grad - m.grad);
            for (int i = 0; i < hg_entries(&t[k]); i++)
                grad[i] *= factor[f];
            check_net(&m, r);
            for (int j = 0; j < TENSORS; j++)
                ck_assert_int_eq(r[j].verdict,
                                 j == k ? HG_DISAGREES : HG_AGREES);
            ck_assert_int_ge(r[k].wrong,
                             f < 6 ? r[k].entries - 1 : r[k].entries / 2);
            ck_assert_int_ne(r[k].why.text[0], 0); /* something is said of it */
            ck_assert_int_eq(r[(k + 1) % TENSORS].why.text[0], 0);
            if (f <
                6) /* an accused entry costs not much more than a right one */
                ck_assert_int_le(atomic_load(m.calls), 5 * m.entries + 1200);
            net_free(&m);
        }
}
END_TEST

START_TEST(tolerance)
{
    net m = net_new(3, 4, 5, 3, 8);
    hg_tensor t[TENSORS];
    hg_problem p = net_problem(&m, t);
    hg_result r[TENSORS];
    net_gradient(&m);
    for (int i = 0; i < m.H * m.D; i++)
        m.grad[i] *= 1 + 1e-5;
    hg_options o = {.tolerance = 2e-5};
    ck_assert_int_eq(hg_check(&p, &o, r), HG_OK);
    ck_assert_int_eq(r[0].verdict, HG_AGREES);
    ck_assert_int_le(atomic_load(m.calls), 50 + 2 * m.entries + m.entries / 5);
    o.tolerance = 5e-6;
    ck_assert_int_eq(hg_check(&p, &o, r), HG_OK);
    ck_assert_int_eq(r[0].verdict, HG_DISAGREES);
    net_free(&m);
}
END_TEST

/* The gradient of m right (0), all of W off by a ten-millionth (1), some of it with the wrong sign
 * (2); and what the usual check says. */
static void check_planted(int plant, net *m, const hg_problem *p,
                          hg_result one[TENSORS])
{
    net_gradient(m);
    for (int i = 0; i < m->H * m->D && plant; i += plant == 1 ? 1 : 50)
        m->grad[i] *= plant == 1 ? 1 + 1e-7 : -1;
    memset(one, 0, TENSORS * sizeof *one);
    ck_assert_int_eq(hg_check(p, NULL, one), HG_OK);
    ck_assert_int_eq(one[0].verdict, plant ? HG_DISAGREES : HG_AGREES);
}

/* ---- several losses in one call ------------------------------------------ */

static int most_points; /* as many may come in a call */

static int net_losses(void *context, int points, const hg_change change[],
                      double loss[])
{
    const net *m = context;
    if (points < 1 || points > most_points)
        return 1;
    double *const at[TENSORS] = {m->W, m->b, m->V, m->c, m->x};
    for (int k = 0; k < points; k++) {
        double *x = at[change[k].tensor] + change[k].entry, was = *x, f[2];
        *x = change[k].value;
        int failed = net_loss(context, f);
        *x = was;
        loss[k] = f[0];
        if (failed)
            return failed;
    }
    return 0;
}

/* Ways to be wrong: V has no influence, though all of it has (0); all is larger by the same
 * (1); what x does counts half (2); they are floats (3), or
 * rounded to a billionth (4). */
static int way;

static int wrong_losses(void *context, int points, const hg_change change[],
                        double loss[])
{
    double here[2];
    if (net_losses(context, points, change, loss) || net_loss(context, here))
        return 1;
    for (int k = 0; k < points; k++) {
        if (way == 0 && change[k].tensor == 2)
            loss[k] = here[0];
        if (way == 1)
            loss[k] += 1e-6;
        if (way == 3)
            loss[k] = (double)(float)loss[k];
        if (way == 4)
            loss[k] = round(loss[k] * 1e9) / 1e9;
        if (way == 2 && change[k].tensor == 4)
            loss[k] = (loss[k] + here[0]) / 2;
    }
    return 0;
}

START_TEST(several_at_once)
{
    for (int plant = 0; plant < 3; plant++) {
        net m = net_new(3, 12, 14, 5, 3);
        hg_tensor t[TENSORS];
        hg_problem p = net_problem(&m, t);
        hg_result one[TENSORS], many[TENSORS];
        check_planted(plant, &m, &p, one);
        memset(many, 0, sizeof many);
        p.losses = net_losses;
        static const int at_once[] = {3, 100000, 8};
        for (int workers = 0; workers < 3; workers += 2)
            for (int k = workers; k < 2 + workers / 2; k++) {
                hg_options o = {.workers = workers};
                p.at_once = most_points = at_once[k];
                p.copy = workers ? net_copy : NULL;
                p.release = net_release;
                ck_assert_int_eq(hg_check(&p, &o, many), HG_OK);
                /* one entry of each tensor is compared */
                for (int j = 0; j < TENSORS; j++)
                    many[j].passes -= 2;
                many[0].passes--; /* the point itself, by `losses` too */
                ck_assert_mem_eq(one, many, sizeof one);
            }
        net_free(&m);
    }
}
END_TEST

static int float_net_loss(void *context, double loss[2])
{
    int failed = net_loss(context, loss);
    loss[0] = (double)(float)loss[0];
    return failed;
}

/* Noise that both have is no difference. */
START_TEST(several_that_are_floats)
{
    net m = net_new(3, 4, 5, 3, 8);
    hg_tensor t[TENSORS];
    hg_problem p = net_problem(&m, t);
    hg_result r[TENSORS];
    net_gradient(&m);
    p.loss = float_net_loss;
    p.losses = wrong_losses;
    p.at_once = most_points = 4;
    way = 3;
    ck_assert_int_eq(hg_check(&p, NULL, r), HG_OK);
    for (int k = 0; k < TENSORS; k++) {
        ck_assert_int_eq(r[k].verdict, HG_AGREES);
        ck_assert_int_eq(r[k].is_float, 1);
    }
    net_free(&m);
}
END_TEST

START_TEST(several_that_differ)
{
    net m = net_new(3, 4, 5, 3, 8);
    hg_tensor t[TENSORS];
    hg_problem p = net_problem(&m, t);
    hg_result r[TENSORS], untouched[TENSORS];
    net_gradient(&m);
    memset(untouched, 0xa5, sizeof untouched);
    memcpy(r, untouched, sizeof r);
    p.at_once = most_points = 4;
    p.losses = wrong_losses;
    for (way = 0; way < 4; way++) {
        ck_assert_int_eq(hg_check(&p, NULL, r), HG_LOSSES_DIFFER);
        ck_assert_mem_eq(r, untouched, sizeof r);
    }
    m.grad[7] *= 1 + 1e-5; /* noise must not hide what `loss` alone shows */
    for (way = 3; way < 5; way++)
        if (hg_check(&p, NULL, r) != HG_LOSSES_DIFFER)
            ck_assert_int_eq(r[0].verdict, HG_DISAGREES);
    m.grad[7] /= 1 + 1e-5;
    ck_assert_int_eq(hg_check(&p, NULL, r), HG_OK); /* nothing is wrong */
    ck_assert_int_eq(r[0].verdict, HG_AGREES);
    ck_assert_str_eq(hg_status_text(HG_LOSSES_DIFFER),
                     "losses and loss differ at the same point");
    p.at_once = 1;
    ck_assert_int_eq(hg_check(&p, NULL, r), HG_BAD_ARGUMENT);
    m.grad[2] = (double)NAN; /* what is not finite is left out */
    p.at_once = 4;
    ck_assert_int_eq(hg_check(&p, NULL, r), HG_OK);
    ck_assert_int_eq(r[0].cause, HG_NOT_FINITE);
    ck_assert_int_eq(r[1].verdict, HG_AGREES);
    net_free(&m);
}
END_TEST

/* ---- workers ------------------------------------------------------------- */

static int no_copy(void *context, void **copy, void *data[])
{
    (void)context, (void)copy, (void)data;
    return 1;
}

static int half_copy(void *context, void **copy, void *data[])
{
    int failed = net_copy(context, copy, data);
    data[3] = NULL;
    return failed;
}

START_TEST(workers_change_nothing)
{
    for (int plant = 0; plant < 3; plant++) {
        net m = net_new(3, 12, 14, 5, 3);
        hg_tensor t[TENSORS];
        hg_problem p = net_problem(&m, t);
        hg_result one[TENSORS], many[TENSORS];
        check_planted(plant, &m, &p, one);
        memset(many, 0, sizeof many);
        long calls = atomic_load(m.calls);
        static int (*const copies[])(void *, void **,
                                     void **) = {net_copy, no_copy, half_copy};
        for (int workers = 0; workers < 5; workers += 2)
            for (int k = 0; k < 3; k++) {
                p.copy = copies[k];
                p.release = net_release;
                atomic_store(m.calls, 0);
                hg_options o = {.workers = workers};
                ck_assert_int_eq(hg_check(&p, &o, many), HG_OK);
                ck_assert_int_eq(atomic_load(m.calls), calls);
                ck_assert_mem_eq(one, many, sizeof one);
            }
        m.fail_at = 300;
        atomic_store(m.calls, 0);
        hg_options o = {.workers = 2};
        p.copy = net_copy;
        ck_assert_int_eq(hg_check(&p, &o, many), HG_LOSS_FAILED);
        ck_assert_mem_eq(one, many, sizeof one);
        net_free(&m);
    }
}
END_TEST

/* ---- what fails ---------------------------------------------------------- */

static int gradient_fails(void *context)
{
    (void)context;
    return 1;
}

START_TEST(gradient_callback)
{
    net m = net_new(2, 3, 4, 3, 8);
    hg_tensor t[TENSORS];
    hg_problem p = net_problem(&m, t);
    hg_result r[TENSORS], untouched[TENSORS];
    memset(m.grad, 0x55, (size_t)m.entries * sizeof *m.grad);
    p.gradient = net_gradient;
    ck_assert_int_eq(hg_check(&p, NULL, r), HG_OK);
    ck_assert_int_eq(m.gradients, 1);
    for (int k = 0; k < TENSORS; k++)
        ck_assert_int_eq(r[k].verdict, HG_AGREES);
    memset(r, 0xa5, sizeof r);
    memcpy(untouched, r, sizeof r);
    p.gradient = gradient_fails;
    ck_assert_int_eq(hg_check(&p, NULL, r), HG_LOSS_FAILED);
    ck_assert_mem_eq(r, untouched, sizeof r);
    net_free(&m);
}
END_TEST

/* The loss fails at the k-th call, or an allocation does, for every k: nothing stays changed,
 * nothing is left behind. */
static void fails_at_each(net *m, const hg_problem *p, const hg_options *o,
                          int memory)
{
    hg_result r[TENSORS], untouched[TENSORS];
    double *before = malloc((size_t)m->entries * sizeof *before);
    memcpy(before, m->all, (size_t)m->entries * sizeof *before);
    memset(untouched, 0xa5, sizeof untouched);
    int k = 0, reached = 1;
    for (; reached && k < 20000; k++) {
        memcpy(r, untouched, sizeof r);
        atomic_store(m->calls, 0);
        allocations = 0;
        if (memory)
            fail_at = k + 1;
        else
            m->fail_at = k + 1;
        hg_status status = hg_check(p, o, r);
        reached = memory ? allocations > k : status == HG_LOSS_FAILED;
        ck_assert_int_eq(live, 0);
        ck_assert_mem_eq(before, m->all, (size_t)m->entries * sizeof *before);
        if (status != HG_OK) {
            ck_assert_int_eq(status, memory ? HG_NO_MEMORY : HG_LOSS_FAILED);
            ck_assert_mem_eq(r, untouched, sizeof r);
        } else {
            ck_assert_int_eq(r[0].verdict, HG_DISAGREES);
        }
    }
    ck_assert_int_ge(k, memory ? 10 : 200);
    fail_at = m->fail_at = 0;
    free(before);
}

START_TEST(failures_everywhere)
{
    net m = net_new(2, 3, 4, 3, 8);
    hg_tensor t[TENSORS];
    hg_problem p = net_problem(&m, t);
    net_gradient(&m);
    for (int i = 0; i < m.H * m.D; i += 5)
        m.grad[i] *= 1.5;
    hg_options o = {.workers = 2};
    fails_at_each(&m, &p, NULL, 0);
    fails_at_each(&m, &p, NULL, 1);
    p.copy = net_copy;
    p.release = net_release;
    fails_at_each(&m, &p, &o, 0);
    fails_at_each(&m, &p, &o, 1);
    p.losses = net_losses;
    p.at_once = most_points = 6;
    fails_at_each(&m, &p, &o, 0);
    fails_at_each(&m, &p, &o, 1);
    net_free(&m);
}
END_TEST

/* Where hg_locate gets no memory it says so, changes nothing and leaves nothing behind. */
START_TEST(locating_without_memory)
{
    net m = net_new(2, 3, 4, 3, 8);
    hg_tensor t[TENSORS];
    hg_problem p = net_problem(&m, t);
    hg_place place[4];
    hg_certificate c;
    net_gradient(&m);
    m.grad[3] += 0.5;
    double *before = malloc((size_t)m.entries * sizeof *before);
    memcpy(before, m.all, (size_t)m.entries * sizeof *before);
    int found, reached = 1, k = 0;
    for (; reached && k < 100; k++) {
        found = -7;
        allocations = 0;
        fail_at = k + 1;
        hg_status status = hg_locate(&p, NULL, 4, place, &found, &c);
        reached = allocations > k;
        ck_assert_int_eq(live, 0);
        ck_assert_mem_eq(before, m.all, (size_t)m.entries * sizeof *before);
        ck_assert_int_eq(status, reached ? HG_NO_MEMORY : HG_OK);
        ck_assert_int_eq(found, reached ? -7 : 1);
    }
    ck_assert_int_gt(k, 5);
    fail_at = 0;
    free(before);
    net_free(&m);
}
END_TEST

/* What changes from call to call, early or late. */
START_TEST(losses_that_drift)
{
    for (int calls = 1; calls < 105; calls += 8) {
        net m = net_new(2, 3, 4, 3, 8);
        hg_result r[TENSORS];
        net_gradient(&m);
        m.changes = calls;
        check_net(&m, r);
        for (int k = 0; k < TENSORS; k++) {
            ck_assert_int_eq(r[k].verdict, HG_UNDECIDED);
            ck_assert_int_eq(r[k].cause, HG_NOT_DETERMINISTIC);
        }
        net_free(&m);
    }
}
END_TEST

START_TEST(not_finite)
{
    net m = net_new(2, 3, 4, 3, 8);
    hg_result r[TENSORS];
    net_gradient(&m);
    m.grad[2] = (double)NAN; /* in W */
    check_net(&m, r);
    ck_assert_int_eq(r[0].cause, HG_NOT_FINITE);
    ck_assert_int_eq(r[0].worst[0], 0); /* W[0][2] */
    ck_assert_int_eq(r[0].worst[1], 2);
    ck_assert(isnan(r[0].analytic));
    for (int k = 1; k < TENSORS; k++) /* the others are checked all the same */
        ck_assert_int_eq(r[k].verdict, HG_AGREES);
    m.c[1] = (double)INFINITY;
    check_net(&m, r);
    for (int k = 0; k < TENSORS; k++)
        ck_assert_int_eq(r[k].cause, HG_NOT_FINITE);
    ck_assert_int_eq(r[3].worst[0], 1); /* the value c[1] */
    ck_assert_int_eq(r[1].worst[0], 0); /* b is finite, the loss is not */
    net_free(&m);
}
END_TEST

START_TEST(bad_arguments)
{
    net m = net_new(2, 3, 4, 3, 8);
    hg_tensor t[TENSORS], bad[TENSORS];
    const hg_problem p = net_problem(&m, t);
    hg_result r[TENSORS];
    const hg_options options[] = {{.tolerance = -1},
                                  {.tolerance = (double)NAN},
                                  {.tolerance = (double)INFINITY},
                                  {.workers = -1}};
    for (size_t k = 0; k < 4; k++)
        ck_assert_int_eq(hg_check(&p, &options[k], r), HG_BAD_ARGUMENT);
    ck_assert_int_eq(hg_check(&p, NULL, NULL), HG_BAD_ARGUMENT);
    ck_assert_int_eq(hg_check(NULL, NULL, r), HG_BAD_ARGUMENT);
    ck_assert_int_eq(hg_check_complex(NULL, NULL, r), HG_BAD_ARGUMENT);
    ck_assert_int_eq(hg_check_complex(&p, NULL, r),
                     HG_BAD_ARGUMENT); /* not HG_COMPLEX */
    for (int k = 0; k < 7; k++) {
        hg_problem q = p;
        memcpy(bad, t, sizeof t);
        q.tensor = k == 0 ? NULL : bad;
        q.loss = k == 1 ? NULL : p.loss;
        q.tensors = k == 2 ? 0 : p.tensors;
        q.sizes = k == 3 ? 1 : 0;
        q.knowns = k == 4 ? 1 : 0;
        bad[4].name = k == 5 ? NULL : "x";
        bad[0].stride[0] = k == 6 ? 4 : 0; /* and 0: all columns in one place */
        ck_assert_msg(hg_check(&q, NULL, r) == HG_BAD_ARGUMENT, "row %d", k);
    }
    for (int k = 0; k < 4; k++) {
        hg_problem q = p;
        memcpy(bad, t, sizeof t);
        q.tensor = bad;
        bad[1].condition =
            (double[]){-1, (double)NAN, (double)INFINITY, -1e-9}[k];
        ck_assert_msg(hg_check(&q, NULL, r) == HG_BAD_ARGUMENT, "row %d", k);
    }
    ck_assert_int_eq(atomic_load(m.calls), 0);
    ck_assert_int_eq(live, 0);
    net_free(&m);
}
END_TEST

/* Sizes and known vectors are looked at before the loss is called. */
START_TEST(bad_sizes_and_knowns)
{
    net m = net_new(2, 3, 4, 3, 8);
    hg_tensor t[TENSORS];
    hg_problem p = net_problem(&m, t);
    hg_result r[TENSORS];
    const hg_tensor good = {
        .name = "x", .rank = 2, .shape = {2, 4}, .data = m.x};
    hg_tensor known = good;
    hg_size size = {"dloss", -0.7};
    net_gradient(&m);
    p.sizes = p.knowns = 1;
    p.size = &size;
    p.known = &known;
    known.stride[1] = 1; /* the same row again and again */
    ck_assert_int_eq(hg_check(&p, NULL, r), HG_OK);
    long calls = atomic_load(m.calls);
    for (int k = 0; k < 7; k++) {
        known = good;
        known.name = k == 0 ? NULL : good.name;
        known.data = k == 1 ? NULL : good.data;
        known.rank = k == 2 ? 5 : k == 3 ? -1 : good.rank;
        known.shape[1] = k == 4 ? 0 : good.shape[1];
        known.type = k == 5 ? (hg_type)9 : good.type;
        known.condition = k == 6 ? -1 : 0;
        ck_assert_msg(hg_check(&p, NULL, r) == HG_BAD_ARGUMENT, "row %d", k);
    }
    known = good;
    const hg_size bad[] = {
        {NULL, 3}, {"", 3}, {"B", (double)NAN}, {"B", (double)-INFINITY}};
    for (int k = 0; k < 4; k++) {
        size = bad[k];
        ck_assert_msg(hg_check(&p, NULL, r) == HG_BAD_ARGUMENT, "row %d", k);
    }
    size = (hg_size){"lambda", 0}; /* switched off: it says nothing */
    ck_assert_int_eq(hg_check(&p, NULL, r), HG_OK);
    ck_assert_int_eq(atomic_load(m.calls), 2 * calls);
    net_free(&m);
}
END_TEST

/* ---- strides and types --------------------------------------------------- */

/* f over a table of 3 x 4, wherever its entries stand. */
typedef struct table {
    double *at[12];
    float *single[12];
    int float_loss;
} table;

static double table_value(const table *m, int i)
{
    return m->single[0] ? (double)*m->single[i] : *m->at[i];
}

static int table_loss(void *context, double loss[2])
{
    const table *m = context;
    if (m->float_loss) {
        float sum = 0, bent = 0;
        for (int i = 0; i < 12; i++) {
            sum += (0.3f + 0.1f * (float)i) * (float)table_value(m, i);
            bent += (float)table_value(m, i) * (float)table_value(m, i);
        }
        loss[0] = (double)(tanhf(0.2f * sum) + 0.3f * bent);
        return 0;
    }
    double sum = 0, bent = 0;
    for (int i = 0; i < 12; i++) {
        sum += (0.3 + 0.1 * i) * table_value(m, i);
        bent += table_value(m, i) * table_value(m, i);
    }
    loss[0] = tanh(0.2 * sum) + 0.3 * bent;
    return 0;
}

static double table_slope(const table *m, int i)
{
    double sum = 0;
    for (int j = 0; j < 12; j++)
        sum += (0.3 + 0.1 * j) * table_value(m, j);
    double h = tanh(0.2 * sum);
    return (1 - h * h) * 0.2 * (0.3 + 0.1 * i) + 0.6 * table_value(m, i);
}

START_TEST(strides_change_nothing)
{
    static const ptrdiff_t strides[][4] = {
        {0, 0, 0, 0},  {4, 1, 4, 1},  {1, 3, 4, 1},    {4, 1, 1, 3},
        {10, 2, 4, 1}, {-4, 1, 1, 3}, {-4, -1, -1, 3}, {1, 3, 0, 0}};
    hg_result first = {0};
    for (size_t s = 0; s < sizeof strides / sizeof *strides; s++)
        for (int wrong = 0; wrong < 2; wrong++) {
            double room[64], grads[64], before[64];
            for (int i = 0; i < 64; i++)
                room[i] = grads[i] = 99;
            ptrdiff_t const *q = strides[s];
            hg_tensor t = {.name = "x",
                           .rank = 2,
                           .shape = {3, 4},
                           .data = room + 24,
                           .grad = grads + 24,
                           .stride = {q[0], q[1]},
                           .grad_stride = {q[2], q[3]}};
            table m = {0};
            rng g = rng_new(4, 0);
            for (int i = 0; i < 12; i++) {
                m.at[i] = room + 24 +
                          (q[0] || q[1] ? i / 4 * q[0] + i % 4 * q[1] : i);
                *m.at[i] = rng_between(&g, -1, 1);
            }
            for (int i = 0; i < 12; i++)
                grads[24 + (q[2] || q[3] ? i / 4 * q[2] + i % 4 * q[3] : i)] =
                    table_slope(&m, i) + (wrong && i == 6 ? 1e-3 : 0);
            memcpy(before, room, sizeof room);
            hg_problem p = {
                .loss = table_loss, .context = &m, .tensors = 1, .tensor = &t};
            hg_result r, single;
            memset(&r, 0, sizeof r);
            ck_assert_int_eq(hg_check(&p, NULL, &r), HG_OK);
            ck_assert_int_eq(r.verdict, wrong ? HG_DISAGREES : HG_AGREES);
            ck_assert_int_eq(r.wrong, wrong);
            ck_assert_mem_eq(before, room, sizeof room);
            ck_assert_int_eq(hg_differences(table_loss, &m, &t, &single),
                             HG_OK);
            ck_assert_int_eq(single.wrong, wrong);
            hg_taylor_result taylor;
            ck_assert_int_eq(hg_taylor(table_loss, &m, 1, &t, 3, &taylor),
                             HG_OK);
            ck_assert_int_eq(taylor.verdict, wrong ? HG_DISAGREES : HG_AGREES);
            ck_assert_mem_eq(before, room, sizeof room);
            if (!wrong && s == 0)
                first = r;
            if (!wrong)
                ck_assert_mem_eq(&first, &r, sizeof r);
            else
                ck_assert(r.worst[0] == 1 && r.worst[1] == 2);
        }
}
END_TEST

/* Float parameters, a float loss of double ones, and both in double. */
START_TEST(float_is_judged_as_float)
{
    int failed = 0;
    for (uint64_t seed = 0; seed < 600; seed++) {
        double x[12], dx[12];
        float y[12], dy[12];
        table m = {.float_loss = seed % 3 != 2};
        int single = seed % 3 == 0, wrong = seed % 2 == 1;
        rng g = rng_new(seed, 0);
        for (int i = 0; i < 12; i++) {
            x[i] = rng_between(&g, -1.5, 1.5);
            y[i] = (float)x[i];
            m.at[i] = &x[i];
            m.single[i] = single ? &y[i] : NULL;
        }
        for (int i = 0; i < 12; i++) {
            dx[i] = table_slope(&m, i) + (wrong && i == 7 ? 0.03 : 0);
            dy[i] = (float)dx[i];
        }
        hg_tensor t = {
            .name = "x", .rank = 2, .shape = {3, 4}, .data = x, .grad = dx};
        if (single)
            t.type = HG_FLOAT, t.data = y, t.grad = dy;
        hg_problem p = {
            .loss = table_loss, .context = &m, .tensors = 1, .tensor = &t};
        hg_result r;
        ck_assert_int_eq(hg_check(&p, NULL, &r), HG_OK);
        int good = r.verdict == (wrong ? HG_DISAGREES : HG_AGREES) &&
                   r.is_float == m.float_loss &&
                   r.passes <= (wrong ? 400 : 50 + 26);
        if (!good)
            printf("seed %d: %s (%s), float %d, %ld passes, %g +- %g\n",
                   (int)seed, hg_verdict_name(r.verdict),
                   hg_cause_text(r.cause), r.is_float, r.passes, r.error,
                   r.bound);
        failed += !good;
    }
    ck_assert_int_eq(failed, 0);
}
END_TEST

/* ---- kinks --------------------------------------------------------------- */

/* Many smooth terms and some |x - where|, weighted. */
typedef struct bent {
    int n;
    double x[40], g[40], weight[40], where[40];
} bent;

static int bent_loss(void *context, double loss[2])
{
    const bent *m = context;
    loss[0] = 0;
    for (int i = 0; i < m->n; i++)
        loss[0] += sin(m->x[i] * (1 + 0.1 * i)) +
                   m->weight[i] * fabs(m->x[i] - m->where[i]);
    return 0;
}

static bent bent_new(uint64_t seed, int n)
{
    rng g = rng_new(seed, 0);
    bent m = {.n = n};
    for (int i = 0; i < n; i++) {
        m.x[i] = rng_between(&g, -1, 1);
        m.g[i] = (1 + 0.1 * i) * cos(m.x[i] * (1 + 0.1 * i));
    }
    return m;
}

static hg_result check_bent(bent *m)
{
    hg_tensor t = {
        .name = "x", .rank = 1, .shape = {m->n}, .data = m->x, .grad = m->g};
    hg_problem p = {
        .loss = bent_loss, .context = m, .tensors = 1, .tensor = &t};
    hg_result r;
    ck_assert_int_eq(hg_check(&p, NULL, &r), HG_OK);
    return r;
}

/* A kink at one entry; what is claimed there: the mean, a side, something between, something
 * else. */
START_TEST(kinks_among_many)
{
    int failed = 0;
    for (uint64_t seed = 0; seed < 300; seed++)
        for (int claim = 0; claim < 4; claim++) {
            bent m = bent_new(seed, 2 + (int)seed % 38);
            int i = (int)(seed * 7) % m.n;
            double jump = seed % 3 == 0 ? 1 : seed % 3 == 1 ? 0.1 : 5;
            static const double claimed[] = {0, 1, -0.3, 1.2};
            m.weight[i] = jump;
            m.where[i] = m.x[i];
            double slope = m.g[i];
            m.g[i] += claimed[claim] * jump;
            hg_result r = check_bent(&m);
            int good = r.verdict == HG_UNDECIDED && r.cause == HG_KINK &&
                       r.between == (claim < 3) &&
                       fabs(r.left - slope + jump) < 1e-4 * jump &&
                       fabs(r.right - slope - jump) < 1e-4 * jump;
            if (!good)
                printf("seed %d, claim %d: %s (%s) between %d %.12g %.12g "
                       "slope %.12g jump %g\n",
                       (int)seed, claim, hg_verdict_name(r.verdict),
                       hg_cause_text(r.cause), r.between, r.left, r.right,
                       slope, jump);
            failed += !good;
        }
    ck_assert_int_eq(failed, 0);
}
END_TEST

START_TEST(kinks_nearby)
{
    rng g = rng_new(9, 0);
    int accused = 0, missed = 0;
    for (int trial = 0; trial < 1500; trial++) {
        bent m = bent_new((uint64_t)trial, 1 + trial % 17);
        for (int i = 0; i < m.n; i += 3) { /* at 1 to 1e-12 */
            double off =
                pow(10, rng_between(&g, -12, 0)) * (trial % 2 ? 1 : -1);
            m.weight[i] = 0.7;
            m.where[i] = m.x[i] + off;
            m.g[i] += m.x[i] > m.where[i] ? 0.7 : -0.7;
        }
        hg_result r = check_bent(&m);
        accused += r.verdict == HG_DISAGREES;
        m.g[0] += 0.01;
        missed += check_bent(&m).verdict == HG_AGREES;
    }
    ck_assert_int_eq(accused, 0);
    ck_assert_int_eq(missed, 0);
}
END_TEST

/* ---- the complex step ---------------------------------------------------- */

typedef struct complex_pair {
    double complex x[6], y[2], dx[6], dy[2];
    int drops; /* 1: |x| without its imaginary part, 2: a kink at 0 */
    long calls;
} complex_pair;

static int complex_loss(void *context, double loss[2])
{
    complex_pair *m = context;
    double complex a = m->y[0], f = 0;
    m->calls++;
    for (int i = 0; i < 6; i++) {
        double complex x = m->drops == 1 && i == 4 ? __real__ m->x[i] : m->x[i];
        a += (0.4 - 0.15 * i) * x;
        f += 0.1 * x * x;
    }
    if (m->drops == 2)
        f += __real__ m->x[1] < 0 ? -m->x[1] : m->x[1];
    f += ctanh(a) + cexp(0.3 * m->y[1] * a);
    loss[0] = __real__ f;
    loss[1] = __imag__ f;
    return 0;
}

static complex_pair complex_new(uint64_t seed)
{
    complex_pair m = {0};
    rng g = rng_new(seed, 0);
    for (int i = 0; i < 6; i++)
        m.x[i] = rng_between(&g, -1, 1);
    for (int i = 0; i < 2; i++)
        m.y[i] = rng_between(&g, 0.5, 1);
    double a = __real__ m.y[0], y = __real__ m.y[1];
    for (int i = 0; i < 6; i++)
        a += (0.4 - 0.15 * i) * __real__ m.x[i];
    double h = tanh(a), e = exp(0.3 * y * a), da = 1 - h * h + 0.3 * y * e;
    for (int i = 0; i < 6; i++)
        m.dx[i] = (0.4 - 0.15 * i) * da + 0.2 * m.x[i];
    m.dy[0] = da;
    m.dy[1] = 0.3 * a * e;
    return m;
}

/* `losses` serve hg_check alone: here a call of them would fail. */
static int no_losses(void *context, int points, const hg_change change[],
                     double loss[])
{
    (void)context, (void)points, (void)change, (void)loss;
    return 1;
}

static void check_complex(complex_pair *m, hg_result r[2])
{
    const hg_tensor t[2] = {{.name = "x",
                             .type = HG_COMPLEX,
                             .rank = 2,
                             .shape = {2, 3},
                             .data = m->x,
                             .grad = m->dx},
                            {.name = "y",
                             .type = HG_COMPLEX,
                             .rank = 1,
                             .shape = {2},
                             .data = m->y,
                             .grad = m->dy}};
    hg_problem p = {.loss = complex_loss,
                    .context = m,
                    .tensors = 2,
                    .tensor = t,
                    .losses = no_losses,
                    .at_once = 4};
    complex_pair before = *m;
    long calls = m->calls;
    ck_assert_int_eq(hg_check_complex(&p, NULL, r), HG_OK);
    ck_assert_int_eq(r[0].passes + r[1].passes, m->calls - calls);
    before.calls = m->calls;
    ck_assert_mem_eq(m, &before, sizeof before);
}

START_TEST(complex_step_of_all)
{
    int failed = 0;
    for (uint64_t seed = 0; seed < 300; seed++) {
        complex_pair m = complex_new(seed);
        hg_result r[2];
        check_complex(&m, r);
        int good = r[0].verdict == HG_AGREES && r[1].verdict == HG_AGREES &&
                   r[0].digits >= 13 && m.calls <= 3 * 8 + 2 + 50;
        double sum = 0;
        for (int i = 0; i < 6; i++)
            sum += (__real__ m.dx[i]) * (__real__ m.dx[i]);
        m.dx[(int)seed % 6] += 1e-12 * sqrt(sum / 6);
        check_complex(&m, r);
        good = good && r[0].verdict == HG_DISAGREES && r[0].wrong == 1 &&
               r[0].worst[0] * 3 + r[0].worst[1] == (int)seed % 6 &&
               r[1].verdict == HG_AGREES;
        if (!good)
            printf("seed %d: %s %g, %ld calls\n", (int)seed,
                   hg_verdict_name(r[0].verdict), r[0].error, m.calls);
        failed += !good;
    }
    ck_assert_int_eq(failed, 0);
    complex_pair m = complex_new(3);
    hg_result r[2];
    m.drops = 1;
    check_complex(&m, r);
    ck_assert_int_eq(r[0].cause, HG_NOT_ANALYTIC);
    m = complex_new(3);
    m.dx[0] += 1 - m.dx[0];
    m.drops = 0;
    check_complex(&m, r);
    ck_assert_int_eq(r[0].verdict, HG_DISAGREES);
}
END_TEST

/* ---- reports ------------------------------------------------------------- */

static char *written(hg_format format, const hg_problem *p, const hg_result r[])
{
    FILE *f = tmpfile();
    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(hg_write(f, format, p, r), 0);
    char *text = text_of(f);
    fclose(f);
    return text;
}

START_TEST(reports)
{
    net m = net_new(3, 4, 5, 3, 8);
    hg_tensor t[TENSORS];
    hg_problem p = net_problem(&m, t);
    hg_result r[TENSORS];
    net_gradient(&m);
    t[1].name = "bias \"|of|\" a layer whose name is longer than any column of "
                "the table";
    for (int i = 0; i < m.H * m.D; i++)
        m.grad[i] *= i == 7 ? 3 : 1;
    m.grad[m.H * m.D + 3] = (double)NAN;
    ck_assert_int_eq(hg_check(&p, NULL, r), HG_OK);
    char *text = written(HG_TEXT, &p, r), *json = written(HG_JSON, &p, r);
    char *markdown = written(HG_MARKDOWN, &p, r);
    ck_assert_int_le(longest_line(text), 80);
    ck_assert_ptr_nonnull(strstr(text, "W[1][3]: analytic "));
    ck_assert_ptr_nonnull(strstr(text, "ratio 3"));
    ck_assert_ptr_nonnull(
        strstr(text, "W: 1 of 20 entries wrong; look at eq. 1.2"));
    ck_assert_ptr_nonnull(
        strstr(text, "3 of 5 tensors as expected (right: V, c, x)"));
    ck_assert_ptr_nonnull(strstr(text, "a value is not finite"));
    ck_assert_ptr_nonnull(strstr(text, "NaN\n")); /* of b[3] */
    ck_assert_int_eq(lines_of(json), TENSORS);
    ck_assert_ptr_nonnull(
        strstr(json, "\"eq\":\"1.2\",\"tensor\":\"W\",\"shape\":[5,4]"));
    ck_assert_ptr_nonnull(strstr(json, "\"worst\":{\"index\":[1,3]"));
    ck_assert_ptr_nonnull(strstr(json, "bias \\\"|of|\\\" a layer"));
    ck_assert_ptr_null(strstr(json, "nan"));
    ck_assert_ptr_nonnull(strstr(markdown, "| 1.2 | W | 5x4 | "));
    ck_assert_ptr_nonnull(strstr(markdown, "bias \"\\|of\\|\" a layer"));
    free(text);
    free(json);
    free(markdown);
    FILE *full = fopen("/dev/full", "w");
    for (int format = 0; format < 3 && full; format++)
        ck_assert_int_eq(hg_write(full, (hg_format)format, &p, r), -1);
    if (full)
        fclose(full);
    ck_assert_int_eq(hg_write(NULL, HG_TEXT, &p, r), -1);
    net_free(&m);
}
END_TEST

/* Each value has a name of its own; what is none is "unknown". */
START_TEST(names)
{
    for (int k = -2; k < 100; k++) {
        int v = k >= 0 && k <= HG_ZERO, c = k >= 0 && k <= HG_NOT_ANALYTIC;
        int m = k >= 0 && k <= HG_FLOAT_NOISE;
        int s = k >= 0 && k <= HG_LOSSES_DIFFER;
        ck_assert_int_eq(strcmp(hg_verdict_name((hg_verdict)k), "unknown") != 0,
                         v);
        ck_assert_int_eq(strcmp(hg_cause_text((hg_cause)k), "unknown") != 0, c);
        ck_assert_int_eq(strcmp(hg_mistake_name((hg_mistake)k), "unknown") != 0,
                         m);
        ck_assert_int_eq(strcmp(hg_status_text((hg_status)k), "unknown") != 0,
                         s);
    }
    ck_assert_str_eq(hg_verdict_name(HG_ZERO), "zero");
    ck_assert_str_eq(hg_cause_text(HG_NO_CAUSE), "");
    ck_assert_str_eq(hg_mistake_name(HG_FLOAT_NOISE), "float noise");
    ck_assert_str_eq(hg_status_text(HG_OK), "");
}
END_TEST

/* ---- many right gradients ------------------------------------------------ */

START_TEST(no_false_alarm)
{
    rng g = rng_new(2026, 0);
    long trials = trials_of(1000), accused = 0, over = 0, agreed = 0, plain = 0;
    for (long trial = 0; trial < trials; trial++) {
        hidden h = draw_hidden(&g, trial);
        hg_result r[2];
        int n;
        ck_assert_int_eq(check_hidden(&h, r, &n), HG_OK);
        long passes = 0;
        for (int k = 0; k < n; k++) {
            if (r[k].verdict == HG_DISAGREES)
                printf("trial %ld, kind %d, K %g: %.17g, %.17g +- %.3g\n",
                       trial, h.m.kind, h.K, r[k].analytic, r[k].numeric,
                       r[k].bound);
            accused += r[k].verdict == HG_DISAGREES;
            passes += r[k].passes;
            if (!(h.K > 1) && !(h.shift > 0) && h.m.kind != SQUARES) {
                plain++;
                agreed += r[k].verdict == HG_AGREES;
            }
        }
        over +=
            !(h.K > 0) && !(h.shift > 0) && passes > 50 + 2 * h.m.n + h.m.n / 5;
    }
    printf("right gradients: %ld drawn, %ld accused; of %ld plain ones %ld "
           "agree, %ld above budget\n",
           trials, accused, plain, agreed, over);
    ck_assert_int_eq(accused, 0);
    ck_assert_int_le(over, trials / 500);
    ck_assert_int_ge(agreed, plain - plain / 100);
}
END_TEST

/* Functions with kinks, one of them near: the right gradient, and one entry of it wrong. */
START_TEST(kinks_are_not_accused)
{
    rng g = rng_new(2026, 1);
    long trials = trials_of(1000), accused = 0, tried = 0, agreed = 0,
         caught = 0;
    for (long trial = 0; trial < trials; trial++) {
        kinked m = draw_kinked(&g, trial);
        hg_result r[4];
        int n;
        ck_assert_int_eq(check_kinked(&m, r, &n), HG_OK);
        for (int k = 0; k < n; k++) {
            accused += r[k].verdict == HG_DISAGREES;
            if (r[k].verdict == HG_DISAGREES)
                printf(
                    "trial %ld, kind %d, arithmetic %d: %.9g, %.9g +- %.3g\n",
                    trial, m.kind, m.arithmetic, r[k].analytic, r[k].numeric,
                    r[k].bound);
        }
        int i = rng_below(&g, n > 1 ? NET_W : kinked_size(&m));
        m.g[i] += 0.3;
        m.gs[i] += 0.3F;
        ck_assert_int_eq(check_kinked(&m, r, &n), HG_OK);
        tried++;
        agreed += r[0].verdict == HG_AGREES;
        caught += r[0].verdict == HG_DISAGREES;
    }
    printf("near kinks: %ld drawn, %ld accused; of %ld wrong gradients %ld "
           "caught, %ld agree\n",
           trials, accused, tried, caught, agreed);
    ck_assert_int_eq(accused, 0);
    ck_assert_int_eq(agreed, 0);
    ck_assert_int_ge(caught, tried * 9 / 10);
}
END_TEST

/* sum w_i tanh(x_i / c), where c and x are small or large. */
typedef struct scaled {
    double c, x[9];
    float xs[9];
    int single; /* x, and 2: the loss too */
} scaled;

static int scaled_loss(void *context, double loss[2])
{
    const scaled *m = context;
    double sum = 0;
    float sums = 0;
    for (int i = 0; i < 9; i++) {
        sum +=
            (i - 3.5) * tanh((m->single ? (double)m->xs[i] : m->x[i]) / m->c);
        sums += ((float)i - 3.5F) * (float)tanh((double)m->xs[i] / m->c);
    }
    loss[0] = m->single > 1 ? (double)sums : sum;
    return 0;
}

START_TEST(small_and_large_parameters)
{
    int accused = 0, blamed = 0, agreed = 0;
    for (int power = -8; power <= 8; power++)
        for (int single = 0; single < 3; single++)
            for (int wrong = 0; wrong < 3; wrong++) { /* zero, right, twice */
                scaled m = {.c = pow(10, power), .single = single};
                double g[9];
                float gs[9];
                for (int i = 0; i < 9; i++) {
                    m.x[i] = m.c * (0.2 * i - 0.77);
                    m.xs[i] = (float)m.x[i];
                    double t = tanh((single ? (double)m.xs[i] : m.x[i]) / m.c);
                    g[i] = (i - 3.5) * (1 - t * t) / m.c * wrong;
                    gs[i] = (float)g[i];
                }
                hg_tensor t = {.name = "x",
                               .rank = 1,
                               .shape = {9},
                               .data = m.x,
                               .grad = g};
                if (single)
                    t.type = HG_FLOAT, t.data = m.xs, t.grad = gs;
                hg_problem p = {.loss = scaled_loss,
                                .context = &m,
                                .tensors = 1,
                                .tensor = &t};
                hg_result r;
                ck_assert_int_eq(hg_check(&p, NULL, &r), HG_OK);
                accused += wrong == 1 && r.verdict == HG_DISAGREES;
                agreed += wrong != 1 && r.verdict == HG_AGREES;
                blamed += r.cause == HG_CANNOT_FAIL;
                if ((wrong == 1 && r.verdict == HG_DISAGREES) ||
                    r.cause == HG_CANNOT_FAIL ||
                    (wrong != 1 && r.verdict == HG_AGREES))
                    printf("c = 1e%d, %d, factor %d: %s (%s) %g, %g +- %g\n",
                           power, single, wrong, hg_verdict_name(r.verdict),
                           hg_cause_text(r.cause), r.analytic, r.numeric,
                           r.bound);
            }
    ck_assert_int_eq(accused, 0);
    ck_assert_int_eq(agreed, 0);
    ck_assert_int_eq(blamed, 0);
}
END_TEST

START_TEST(sensitivity)
{
    rng g = rng_new(2027, 0);
    long tried = 0, missed = 0;
    for (int trial = 0; trial < 2000; trial++) {
        hidden h = {.m = draw(&g, trial % KINDS)};
        int n, i = rng_below(&g, h.m.n), half = h.m.n / 2,
               k = half && i >= half;
        double sum = 0;
        int from = k ? half : 0, to = half && !k ? half : h.m.n;
        for (int j = from; j < to; j++)
            sum += h.m.g[j] * h.m.g[j];
        double rms = sqrt(sum / (to - from));
        if (!(rms > 1e-2))
            continue;
        h.m.g[i] += (trial % 2 ? 1e-6 : -1e-6) * rms;
        hg_result r[2];
        ck_assert_int_eq(check_hidden(&h, r, &n), HG_OK);
        tried++;
        missed += r[k].verdict != HG_DISAGREES || r[k].worst[0] != i - from;
    }
    printf("1e-6 of the rms in one entry: %ld of %ld missed\n", missed, tried);
    ck_assert_int_gt(tried, 1250);
    ck_assert_int_eq(missed, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("check_all");
    SUITE_ADD(suite, right_gradients_and_their_passes);
    SUITE_ADD(suite, passes_of_one_tensor);
    SUITE_ADD(suite, one_wrong_entry);
    SUITE_ADD(suite, whole_tensors_wrong);
    SUITE_ADD(suite, tolerance);
    SUITE_ADD(suite, several_at_once);
    SUITE_ADD(suite, several_that_are_floats);
    SUITE_ADD(suite, several_that_differ);
    SUITE_ADD(suite, workers_change_nothing);
    SUITE_ADD(suite, gradient_callback);
    SUITE_ADD(suite, failures_everywhere);
    SUITE_ADD(suite, locating_without_memory);
    SUITE_ADD(suite, losses_that_drift);
    SUITE_ADD(suite, not_finite);
    SUITE_ADD(suite, bad_arguments);
    SUITE_ADD(suite, bad_sizes_and_knowns);
    SUITE_ADD(suite, strides_change_nothing);
    SUITE_ADD(suite, float_is_judged_as_float);
    SUITE_ADD(suite, kinks_among_many);
    SUITE_ADD(suite, kinks_nearby);
    SUITE_ADD(suite, complex_step_of_all);
    SUITE_ADD(suite, reports);
    SUITE_ADD(suite, names);
    SUITE_ADD(suite, no_false_alarm);
    SUITE_ADD(suite, kinks_are_not_accused);
    SUITE_ADD(suite, small_and_large_parameters);
    SUITE_ADD(suite, sensitivity);
    return suite_run(suite);
}
