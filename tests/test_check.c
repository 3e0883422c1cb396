/* SPDX-License-Identifier: MIT */
/* The gradient checker, on functions whose derivative is known: it must accept
 * what is right, refuse what is wrong, and say so where it cannot tell.
 * Letters: H rows and D columns of a small net's weights, n entries of a drawn
 * function.
 */
#define CK_FLOATING_DIG 17
#include "lib/check/handgrad.h"

#include <check.h>
#include <complex.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/rng.h"
#include "tests/suite.h"
#include "tests/test_check.h"
#undef I

/* ---- a net with a known gradient: tanh layer, softmax cross-entropy ------ */

enum { H = 3, D = 4 };

typedef struct net {
    double W[H][D], b[H], x[D], dW[H][D], db[H], dx[D];
    long calls;
} net;

static double net_loss(const net *m, double h[H], double p[H])
{
    double sum = 0;
    for (int i = 0; i < H; i++) {
        double a = m->b[i];
        for (int d = 0; d < D; d++)
            a += m->W[i][d] * m->x[d];
        h[i] = tanh(a);
        sum += p[i] = exp(2.385 * h[i]);
    }
    for (int i = 0; i < H; i++)
        p[i] /= sum;
    return -log(p[1]);
}

static int net_call(void *context, double loss[2])
{
    net *m = context;
    double h[H], p[H];
    m->calls++;
    loss[0] = net_loss(m, h, p);
    return 0;
}

static void net_new(net *m)
{
    rng g = rng_new(7, 0);
    memset(m, 0, sizeof *m);
    for (int i = 0; i < H; i++) {
        m->b[i] = rng_between(&g, -0.5, 0.5);
        for (int d = 0; d < D; d++)
            m->W[i][d] = rng_between(&g, -1, 1);
    }
    for (int d = 0; d < D; d++)
        m->x[d] = rng_between(&g, -1, 1);
    double h[H], p[H];
    net_loss(m, h, p);
    for (int i = 0; i < H; i++) {
        double da = 2.385 * (p[i] - (i == 1)) * (1 - h[i] * h[i]);
        m->db[i] = da;
        for (int d = 0; d < D; d++) {
            m->dW[i][d] = da * m->x[d];
            m->dx[d] += da * m->W[i][d];
        }
    }
}

static hg_tensor net_W(net *m)
{
    return (hg_tensor){.name = "W",
                       .equation = "1.2",
                       .rank = 2,
                       .shape = {H, D},
                       .data = m->W,
                       .grad = m->dW};
}

static hg_tensor vector_of(int n, double x[], const double g[])
{
    return (hg_tensor){
        .name = "x", .rank = 1, .shape = {n}, .data = x, .grad = g};
}

/* A check that must return HG_OK. */
static hg_result differences(hg_loss loss, void *context, const hg_tensor *t)
{
    hg_result r;
    memset(&r, 0x55, sizeof r);
    ck_assert_int_eq(hg_differences(loss, context, t, &r), HG_OK);
    return r;
}

START_TEST(right_gradients_agree)
{
    net m, before;
    net_new(&m);
    before = m;
    hg_tensor t[3] = {net_W(&m), vector_of(H, m.b, m.db),
                      vector_of(D, m.x, m.dx)};
    for (int k = 0; k < 3; k++) {
        long calls = m.calls;
        hg_result r = differences(net_call, &m, &t[k]);
        ck_assert_int_eq(r.verdict, HG_AGREES);
        ck_assert_int_eq(r.cause, HG_NO_CAUSE);
        ck_assert_int_eq(r.passed, 1);
        ck_assert_int_eq(r.wrong, 0);
        ck_assert_int_eq(r.entries, hg_entries(&t[k]));
        ck_assert_int_eq(r.passes, m.calls - calls);
        ck_assert_double_ge(r.digits, 8.5);
        ck_assert_double_ge(r.possible, r.digits);
        ck_assert_double_le(r.error, r.bound);
        ck_assert_double_eq(r.error, fabs(r.analytic - r.numeric));
        ck_assert_double_lt(r.noise, 1e-15);
    }
    before.calls = m.calls;
    ck_assert_mem_eq(&m, &before, sizeof m); /* restored bit for bit */
}
END_TEST

/* ---- planted mistakes ---------------------------------------------------- */

static void all_times(net *m, double factor)
{
    for (int i = 0; i < H; i++)
        for (int d = 0; d < D; d++)
            m->dW[i][d] *= factor;
}
static void sign(net *m)
{
    all_times(m, -1);
}
static void thousandth(net *m)
{
    all_times(m, 1.001);
}
static void millionth(net *m)
{
    all_times(m, 1 + 1e-6);
}
static void twice(net *m)
{
    all_times(m, 2);
}
static void missing(net *m)
{
    all_times(m, 0);
}
static void one_entry(net *m)
{
    m->dW[2][1] *= 1 + 1e-6;
}
static void one_missing(net *m)
{
    m->dW[2][1] = 0;
}
static void neighbours(net *m)
{
    double was = m->dW[0][2];
    m->dW[0][2] = m->dW[0][3];
    m->dW[0][3] = was;
}
static void rows_shifted(net *m)
{
    double was[H][D];
    memcpy(was, m->dW, sizeof was);
    for (int i = 0; i < H; i++)
        memcpy(m->dW[i], was[(i + 1) % H], sizeof was[i]);
}
static void transposed(net *m) /* what W^T's memory would hold */
{
    double was[H][D];
    memcpy(was, m->dW, sizeof was);
    double *to = &m->dW[0][0];
    for (int d = 0; d < D; d++)
        for (int i = 0; i < H; i++)
            *to++ = was[i][d];
}

START_TEST(planted_mistakes_disagree)
{
    static const struct {
        const char *name;
        void (*plant)(net *);
        int wrong, row, column; /* row < 0: any */
    } table[] = {{"sign", sign, 12, -1, -1},
                 {"factor 1.001", thousandth, 12, -1, -1},
                 {"factor 1 + 1e-6", millionth, 12, -1, -1},
                 {"factor 2", twice, 12, -1, -1},
                 {"missing", missing, 12, -1, -1},
                 {"one entry, 1e-6", one_entry, 1, 2, 1},
                 {"one entry missing", one_missing, 1, 2, 1},
                 {"neighbours swapped", neighbours, 2, 0, -1},
                 {"rows shifted", rows_shifted, 12, -1, -1},
                 {"transposed", transposed, 10, -1, -1}};
    int failed = 0;
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        net m;
        net_new(&m);
        table[k].plant(&m);
        hg_tensor t = net_W(&m);
        hg_result r = differences(net_call, &m, &t);
        int good = r.verdict == HG_DISAGREES && !r.passed &&
                   r.wrong == table[k].wrong && r.error > r.bound &&
                   (table[k].row < 0 || r.worst[0] == table[k].row) &&
                   (table[k].column < 0 || r.worst[1] == table[k].column) &&
                   r.analytic == m.dW[r.worst[0]][r.worst[1]];
        if (!good)
            printf("%s: %s, %d wrong, worst [%d][%d]\n", table[k].name,
                   hg_verdict_name(r.verdict), r.wrong, r.worst[0], r.worst[1]);
        failed += !good;
    }
    ck_assert_int_eq(failed, 0);
}
END_TEST

START_TEST(relative_error_and_digits)
{
    net m;
    net_new(&m);
    all_times(&m, 1.001);
    hg_tensor t = net_W(&m);
    hg_result r = differences(net_call, &m, &t);
    ck_assert_double_le(r.relative, 1.001e-3);
    ck_assert_double_ge(r.relative, 1e-5);
    ck_assert_double_eq_tol(r.digits, -log10(r.relative), 1e-12);
    all_times(&m, 0);
    r = differences(net_call, &m,
                    &t); /* nothing there: a relative error <= 1 */
    ck_assert_double_le(r.relative, 1.0000001);
    ck_assert_double_ge(r.relative, 0.01);
}
END_TEST

/* ---- functions of x alone ------------------------------------------------ */

/* Sums over the entries; `kind` says of what. */
typedef struct many {
    int kind, n, k;
    long calls;
    double x[MOST], g[MOST], K;
} many;

enum {
    CONSTANT,
    ABS,
    HINGE,
    NEAR,
    SOFT,
    RANDOM,
    NAN_AT,
    NAN_RIGHT,
    NAN_AFTER,
    CANCEL,
    LOG,
    INVERSE,
    SQUARE,
    LINEAR,
    FIRST_ONLY,
    ROUNDS,
    SHIFTED
};

static double one_term(const many *m, int i)
{
    double x = m->x[i];
    switch (m->kind) {
    case ABS: return fabs(x);
    case HINGE: return x > 0 ? 1.7 * x : 0.3 * x;
    case NEAR: return fabs(x - m->K) + x * x;
    case CANCEL: return (0.4 + 0.1 * i) * sin(x);
    case LOG: return log(x);
    case INVERSE: return 1 / x;
    case SQUARE: return (x - 1.25) * (x - 1.25);
    case SHIFTED: return (x - m->K) * (x - m->K);
    case LINEAR: return (0.7 - 0.4 * i) * x;
    case FIRST_ONLY: return i == 0 ? exp(x) : 0;
    case ROUNDS: return sin(x) + 0.2 * (i + 1) * x;
    default: return 0;
    }
}

static int many_call(void *context, double loss[2])
{
    many *m = context;
    double f = 0, sum = 0;
    m->calls++;
    for (int i = 0; i < m->n; i++) {
        f += one_term(m, i);
        sum += exp(m->x[i]);
    }
    if (m->kind == CONSTANT)
        f = 0.625;
    if (m->kind == SOFT) /* the sum of a softmax */
        for (int i = 0; i < m->n; i++)
            f += exp(m->x[i]) / sum;
    if (m->kind == RANDOM)
        f = m->x[0] + 1e-9 * (double)m->calls;
    if (m->kind == NAN_AT || (m->kind == NAN_RIGHT && m->x[0] > 0.5) ||
        (m->kind == NAN_AFTER && m->calls > 30))
        f = m->kind == NAN_AFTER ? (double)INFINITY : (double)NAN;
    if (m->kind == CANCEL) {
        volatile double big = m->K + f;
        f = big - m->K;
    }
    loss[0] = f;
    return m->k && m->calls == m->k;
}

static many many_new(int kind, int n, double x, double g)
{
    many m = {.kind = kind, .n = n};
    for (int i = 0; i < n; i++) {
        m.x[i] = x;
        m.g[i] = g;
    }
    return m;
}

static hg_result check_many(many *m)
{
    hg_tensor t = vector_of(m->n, m->x, m->g);
    many before = *m;
    hg_result r = differences(many_call, m, &t);
    before.calls = m->calls;
    ck_assert_mem_eq(m, &before, sizeof before);
    return r;
}

START_TEST(expected_verdicts)
{
    static const struct {
        int kind;
        double x, g, g1;
        hg_verdict expected, verdict;
    } table[] = {{CONSTANT, 0.3, 0, 0, HG_ZERO, HG_ZERO},
                 {CONSTANT, 0.3, 0, 1e-9, HG_ZERO, HG_DISAGREES},
                 {FIRST_ONLY, 0, 0, 0, HG_ZERO, HG_DISAGREES},
                 {FIRST_ONLY, 0, 1, 0, HG_ZERO, HG_DISAGREES},
                 {CONSTANT, 0.3, 0, 0, HG_UNDECIDED, HG_UNDECIDED},
                 {CONSTANT, 0.3, 0, 0, HG_AGREES, HG_UNDECIDED},
                 {CONSTANT, 0.3, 0.1, 0, HG_AGREES, HG_DISAGREES},
                 {FIRST_ONLY, 0, 1, 0, HG_AGREES, HG_AGREES},
                 {FIRST_ONLY, 0, 1, 0, HG_DISAGREES, HG_AGREES},
                 {FIRST_ONLY, 0, 2, 0, HG_DISAGREES, HG_DISAGREES},
                 {FIRST_ONLY, 0, 1, 1e-7, HG_AGREES, HG_DISAGREES},
                 {ABS, 0, 0.5, 0, HG_UNDECIDED, HG_UNDECIDED},
                 {FIRST_ONLY, 0, 1, 0, HG_UNDECIDED, HG_AGREES}};
    int failed = 0;
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        many m = many_new(table[k].kind, 2, table[k].x, table[k].g);
        m.g[1] = table[k].g1;
        hg_tensor t = vector_of(m.n, m.x, m.g);
        t.expected = table[k].expected;
        hg_result r = differences(many_call, &m, &t);
        int good = r.verdict == table[k].verdict &&
                   r.passed == (r.verdict == table[k].expected);
        if (!good)
            printf("row %zu: %s\n", k, hg_verdict_name(r.verdict));
        failed += !good;
    }
    ck_assert_int_eq(failed, 0);
}
END_TEST

START_TEST(kinks_at_the_point)
{
    static const struct {
        int kind;
        double g, left, right;
        int between;
    } table[] = {{ABS, 0, -1, 1, 1},         {ABS, 1, -1, 1, 1},
                 {ABS, -1, -1, 1, 1},        {ABS, 1.5, -1, 1, 0},
                 {HINGE, 0.3, 0.3, 1.7, 1},  {HINGE, 1.7, 0.3, 1.7, 1},
                 {HINGE, 1, 0.3, 1.7, 1},    {HINGE, 0, 0.3, 1.7, 0},
                 {HINGE, 1.71, 0.3, 1.7, 0}, {NEAR, 0, -1, 1, 1}};
    int failed = 0;
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        many m = many_new(table[k].kind, 1, 0, table[k].g);
        hg_result r = check_many(&m);
        int good = r.verdict == HG_UNDECIDED && r.cause == HG_KINK &&
                   r.between == table[k].between && !r.passed &&
                   fabs(r.left - table[k].left) < 1e-6 &&
                   fabs(r.right - table[k].right) < 1e-6;
        if (!good)
            printf("row %zu: %s, %d, %.9g, %.9g\n", k,
                   hg_verdict_name(r.verdict), r.between, r.left, r.right);
        failed += !good;
    }
    ck_assert_int_eq(failed, 0);
}
END_TEST

/* One of four entries is at a symmetric kink; the others are smooth: the kink
 * does not hide behind them, whatever is claimed there. */
START_TEST(symmetric_kink_among_others)
{
    many m = many_new(ABS, 4, 2.5, 1);
    m.x[2] = m.g[2] = 0;
    hg_result r = check_many(&m);
    ck_assert_int_eq(r.verdict, HG_UNDECIDED);
    ck_assert_int_eq(r.cause, HG_KINK);
    ck_assert_int_eq(r.between, 1);
    m.g[3] = 1.01; /* an error beside a kink is an error */
    r = check_many(&m);
    ck_assert_int_eq(r.verdict, HG_DISAGREES);
    ck_assert_int_eq(r.worst[0], 3);
}
END_TEST

/* A kink at a distance from 0.5 to 1e-12: the right gradient is never accused,
 * and accepted where the kink is more than 1e-6 away; a wrong one is never
 * accepted. */
START_TEST(kinks_near_the_point)
{
    int accused = 0, open = 0, missed = 0;
    for (int k = 1; k <= 120; k++)
        for (int side = -1; side <= 1; side += 2) {
            double far = pow(10, -0.1 * k) * 0.5;
            many m = many_new(NEAR, 1, 0.7, 1.4 - side);
            m.K = 0.7 + side * far;
            hg_result r = check_many(&m);
            if (r.verdict == HG_DISAGREES)
                printf("kink at %g: accused\n", side * far);
            if (r.verdict != HG_AGREES && far > 1e-6)
                printf("kink at %g: %s\n", side * far,
                       hg_verdict_name(r.verdict));
            accused += r.verdict == HG_DISAGREES;
            open += r.verdict != HG_AGREES && far > 1e-6;
            m.g[0] *= 1.001;
            missed += check_many(&m).verdict == HG_AGREES;
            m.g[0] = 1.4 + side; /* the other side's slope */
            missed += check_many(&m).verdict == HG_AGREES && far > 1e-11;
        }
    ck_assert_int_eq(accused, 0);
    ck_assert_int_eq(open, 0);
    ck_assert_int_eq(missed, 0);
}
END_TEST

START_TEST(hidden_cancellation)
{
    static const double K[] = {1, 1e3, 1e6, 1e9};
    rng g = rng_new(11, 0);
    int accused[4] = {0}, missed[4] = {0}, tried[4] = {0};
    for (int k = 0; k < 4; k++)
        for (int trial = 0; trial < 700; trial++) {
            many m = {.kind = CANCEL, .K = K[k]};
            m.n = 1 + rng_below(&g, MOST);
            for (int i = 0; i < m.n; i++) {
                m.x[i] = rng_between(&g, -2, 2);
                m.g[i] = (0.4 + 0.1 * i) * cos(m.x[i]);
            }
            accused[k] += check_many(&m).verdict == HG_DISAGREES;
            int i = rng_below(&g, m.n);
            if (fabs(m.g[i]) < 0.1)
                continue;
            m.g[i] *= 1.01;
            tried[k]++;
            missed[k] += check_many(&m).verdict != HG_DISAGREES;
        }
    for (int k = 0; k < 4; k++) {
        if (accused[k] || missed[k])
            printf("K = %g: %d accused, %d of %d missed\n", K[k], accused[k],
                   missed[k], tried[k]);
        ck_assert_int_eq(accused[k], 0);
        ck_assert_int_gt(tried[k], 300);
        ck_assert(missed[k] == 0 || k == 3);
    }
}
END_TEST

START_TEST(scales)
{
    static const struct {
        int kind;
        double x, g;
    } table[] = {{SQUARE, 1.25 + 1e-9, 2e-9},
                 {SQUARE, 1.25, 0},
                 {SQUARE, 1e8, 2 * (1e8 - 1.25)},
                 {LOG, 1e8, 1e-8},
                 {LOG, 1e-8, 1e8},
                 {LOG, 1e-3, 1e3},
                 {INVERSE, 1e-8, -1e16},
                 {INVERSE, -1e-2, -1e4},
                 {INVERSE, 1e8, -1e-16},
                 {FIRST_ONLY, 1e-8, 1.00000001},
                 {FIRST_ONLY, 0, 1},
                 {LINEAR, 1e8, 0.7},
                 {LINEAR, 1e-8, 0.7},
                 {LINEAR, 0, 0.7}};
    int failed = 0;
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        many m = many_new(table[k].kind, 1, table[k].x, table[k].g);
        if (table[k].kind == SQUARE)
            m.g[0] = 2 * (m.x[0] - 1.25);
        if (table[k].kind == FIRST_ONLY)
            m.g[0] = exp(m.x[0]);
        hg_result r = check_many(&m), wrong;
        m.g[0] = m.g[0] * 1.01 + (m.g[0] == 0 ? 1e-3 : 0);
        wrong = check_many(&m);
        int good = (r.verdict == HG_AGREES ||
                    (table[k].g == 0 && r.cause == HG_CANNOT_FAIL)) &&
                   wrong.verdict == HG_DISAGREES;
        if (!good)
            printf("x = %g: right %s (%s), wrong %s; %g +- %g\n", table[k].x,
                   hg_verdict_name(r.verdict), hg_cause_text(r.cause),
                   hg_verdict_name(wrong.verdict), r.numeric, r.bound);
        failed += !good;
    }
    ck_assert_int_eq(failed, 0);
}
END_TEST

/* What is rounding alone, in the gradient or in where the steps come to lie (on
 * both sides of a power of two they are not equal), is no mistake; nor does a
 * small parameter hide one. */
START_TEST(rounding_is_no_mistake)
{
    many m = many_new(LINEAR, 1, 0, 0.7 * (1 + 3 * 0x1p-52));
    ck_assert_int_eq(check_many(&m).verdict, HG_AGREES);
    m.g[0] = 0.7 * (1 + 1e-13);
    ck_assert_int_eq(check_many(&m).verdict, HG_DISAGREES);
    rng g = rng_new(77, 0);
    int accused = 0, missed = 0;
    for (int trial = 0; trial < 500; trial++) {
        m = many_new(SHIFTED, 1, 0x1p-5 - 1e-5 * rng_uniform(&g), 0);
        m.K = m.x[0] + 1e-8 * rng_between(&g, -1, 1);
        m.g[0] = 2 * (m.x[0] - m.K);
        accused += check_many(&m).verdict == HG_DISAGREES;
        m = many_new(ROUNDS, 4, 0.3, 0);
        for (int i = 0; i < m.n; i++) {
            m.x[i] = pow(10, rng_between(&g, -9, -1));
            m.g[i] = cos(m.x[i]) + 0.2 * (i + 1);
        }
        accused += check_many(&m).verdict == HG_DISAGREES;
        m.g[trial % 4] *= 1 + 1e-8;
        missed += check_many(&m).verdict != HG_DISAGREES;
    }
    ck_assert_int_eq(accused, 0);
    ck_assert_int_eq(missed, 0);
}
END_TEST

START_TEST(a_test_that_cannot_fail)
{
    many m = many_new(CONSTANT, 3, 0.4, 0);
    hg_result r = check_many(&m);
    ck_assert_int_eq(r.verdict, HG_UNDECIDED);
    ck_assert_int_eq(r.cause, HG_CANNOT_FAIL);
    rng g = rng_new(3, 0);
    for (int trial = 0; trial < 100; trial++) {
        m = many_new(SOFT, 2 + trial % 6, 0, 0);
        for (int i = 0; i < m.n; i++) {
            m.x[i] = rng_between(&g, -3, 3);
            m.g[i] = rng_between(&g, -1e-16, 1e-16);
        }
        r = check_many(&m);
        ck_assert_int_eq(r.verdict, HG_UNDECIDED);
        ck_assert_int_eq(r.cause, HG_CANNOT_FAIL);
    }
    m.g[1] = 1e-3; /* but what is clearly wrong is refused */
    ck_assert_int_eq(check_many(&m).verdict, HG_DISAGREES);
}
END_TEST

START_TEST(losses_that_are_no_functions)
{
    static const struct {
        int kind;
        double x, g;
        hg_cause cause;
    } table[] = {{RANDOM, 0.3, 1, HG_NOT_DETERMINISTIC},
                 {NAN_AT, 0.3, 1, HG_NOT_FINITE},
                 {NAN_RIGHT, 0.5, 0, HG_NOT_FINITE},
                 {NAN_AFTER, 0.5, 0, HG_NOT_FINITE},
                 {LINEAR, 0.5, (double)NAN, HG_NOT_FINITE},
                 {LINEAR, (double)NAN, 1, HG_NOT_FINITE},
                 {LINEAR, 0.5, (double)INFINITY, HG_NOT_FINITE}};
    int failed = 0;
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        many m = many_new(table[k].kind, 2, table[k].x, table[k].g);
        hg_tensor t = vector_of(m.n, m.x, m.g);
        hg_result r = differences(many_call, &m, &t);
        hg_taylor_result s;
        m.calls = 0;
        ck_assert_int_eq(hg_taylor(many_call, &m, 1, &t, 1, &s), HG_OK);
        int good = r.verdict == HG_UNDECIDED && r.cause == table[k].cause &&
                   !r.passed && s.verdict == HG_UNDECIDED &&
                   s.cause == table[k].cause && !s.passed;
        if (!good)
            printf("row %zu: %s (%s), Taylor %s (%s)\n", k,
                   hg_verdict_name(r.verdict), hg_cause_text(r.cause),
                   hg_verdict_name(s.verdict), hg_cause_text(s.cause));
        failed += !good;
    }
    ck_assert_int_eq(failed, 0);
}
END_TEST

/* ---- a loss that gives up ------------------------------------------------ */

typedef hg_status (*checker)(many *m, const hg_tensor *t, void *result);

static hg_status by_differences(many *m, const hg_tensor *t, void *result)
{
    return hg_differences(many_call, m, t, result);
}
static hg_status by_taylor(many *m, const hg_tensor *t, void *result)
{
    return hg_taylor(many_call, m, 1, t, 5, result);
}

/* The loss fails at the k-th call, for every k: the status says so, parameters
 * and result are as before. The gradient is wrong, so that every part of the
 * check runs. */
static void fails_everywhere(checker check, int kind)
{
    many m = many_new(kind, 3, 0.1, 1.3);
    m.x[1] = -0.0;
    m.x[2] = kind == ABS ? 0 : 1e-300;
    hg_tensor t = vector_of(m.n, m.x, m.g);
    union {
        hg_result r;
        hg_taylor_result t;
        unsigned char bytes[sizeof(hg_result) + sizeof(hg_taylor_result)];
    } result, untouched;
    memset(&untouched, 0xa5, sizeof untouched);
    hg_status status = HG_LOSS_FAILED;
    int k = 0;
    for (; status == HG_LOSS_FAILED && k < 10000; k++) {
        many before = m;
        m.k = k + 1;
        m.calls = 0;
        result = untouched;
        status = check(&m, &t, &result);
        ck_assert_mem_eq(m.x, before.x, sizeof m.x);
        if (status == HG_LOSS_FAILED) {
            ck_assert_mem_eq(&result, &untouched, sizeof result);
            ck_assert_int_eq(m.calls, k + 1);
        }
    }
    ck_assert_int_eq(status, HG_OK);
    ck_assert_int_gt(k, 20);
}

START_TEST(a_loss_that_fails)
{
    fails_everywhere(by_differences, ROUNDS);
    fails_everywhere(by_differences, ABS);
    fails_everywhere(by_taylor, ROUNDS);
    fails_everywhere(by_taylor, ABS);
}
END_TEST

/* ---- float --------------------------------------------------------------- */

typedef struct single {
    int n;
    float x[MOST], c[MOST], g[MOST];
} single;

static float single_loss(const single *m, float *slope)
{
    float a = 0, f = 0;
    for (int i = 0; i < m->n; i++) {
        a += m->c[i] * m->x[i];
        f += 0.5f * m->c[i] * m->x[i] * m->x[i];
    }
    float h = tanhf(a), e = 1.5f * h - 0.7f;
    *slope = 3 * e * (1 - h * h);
    return f + e * e;
}

static int single_call(void *context, double loss[2])
{
    float slope;
    loss[0] = (double)single_loss(context, &slope);
    return 0;
}

START_TEST(float_tensors)
{
    rng g = rng_new(21, 0);
    int accused = 0, agreed = 0, tried = 0, missed = 0, taylor = 0;
    const int trials = 3000;
    for (int trial = 0; trial < trials; trial++) {
        single m = {.n = 1 + rng_below(&g, MOST)};
        for (int i = 0; i < m.n; i++) {
            m.x[i] = (float)rng_between(&g, -1.5, 1.5);
            m.c[i] = (float)rng_between(&g, -1.5, 1.5);
        }
        float slope, largest = 0;
        single_loss(&m, &slope);
        for (int i = 0; i < m.n; i++) {
            m.g[i] = m.c[i] * (slope + m.x[i]);
            largest = fmaxf(largest, fabsf(m.g[i]));
        }
        single before = m;
        hg_tensor t = {.name = "x",
                       .type = HG_FLOAT,
                       .rank = 1,
                       .shape = {m.n},
                       .data = m.x,
                       .grad = m.g};
        hg_result r = differences(single_call, &m, &t);
        hg_taylor_result s;
        ck_assert_int_eq(hg_taylor(single_call, &m, 1, &t, 1, &s), HG_OK);
        ck_assert_mem_eq(&m, &before, sizeof m);
        accused += r.verdict == HG_DISAGREES;
        agreed += r.verdict == HG_AGREES;
        taylor += s.verdict == HG_DISAGREES;
        int i = rng_below(&g, m.n);
        if (!(fabsf(m.g[i]) > 0.1f && fabsf(m.g[i]) > 0.05f * largest))
            continue;
        tried++;
        m.g[i] *= 1.05f;
        missed += differences(single_call, &m, &t).verdict != HG_DISAGREES;
    }
    ck_assert_int_eq(accused, 0);
    ck_assert_int_eq(taylor, 0);
    ck_assert_int_ge(agreed, trials - trials / 100);
    ck_assert_int_gt(tried, trials / 2);
    ck_assert_int_eq(missed, 0);
}
END_TEST

/* ---- complex step -------------------------------------------------------- */

enum { ANALYTIC, DROPS_REAL, DROPS_ABS, KINKED, SUM_ONE, FROZEN, ONE_DROPPED };

typedef struct complex_net {
    int kind, n, k;
    long calls;
    double complex x[MOST], g[MOST];
} complex_net;

static int complex_call(void *context, double loss[2])
{
    complex_net *m = context;
    double complex f = 0, a = 0, sum = 0;
    m->calls++;
    for (int i = 0; i < m->n; i++) {
        double complex x = m->x[i];
        if (m->kind == DROPS_REAL || (m->kind == ONE_DROPPED && i == 1))
            x = __real__ x;
        if (m->kind == DROPS_ABS)
            x = fabs(__real__ x) * (__real__ x < 0 ? -1 : 1);
        a += (0.4 + 0.1 * i) * x;
        sum += cexp(x);
        if (m->kind == KINKED)
            f += __real__ x < 0 ? -x : x;
    }
    f += ctanh(a) * a + cexp(0.3 * a) + 2 * a;
    if (m->kind == SUM_ONE || m->kind == FROZEN)
        f = m->kind == FROZEN ? 1.7 : 0;
    if (m->kind == SUM_ONE)
        for (int i = 0; i < m->n; i++)
            f += cexp(m->x[i]) / sum;
    loss[0] = __real__ f;
    loss[1] = __imag__ f;
    return m->k && m->calls == m->k;
}

static complex_net complex_new(int kind, int n, uint64_t seed)
{
    rng g = rng_new(seed, 0);
    complex_net m = {.kind = kind, .n = n};
    double a = 0;
    for (int i = 0; i < n; i++) {
        m.x[i] = rng_between(&g, -1, 1);
        a += (0.4 + 0.1 * i) * (__real__ m.x[i]);
    }
    double h = tanh(a), da = (1 - h * h) * a + h + 0.3 * exp(0.3 * a) + 2;
    for (int i = 0; i < n; i++)
        m.g[i] = (0.4 + 0.1 * i) * da;
    return m;
}

static hg_tensor complex_tensor(complex_net *m)
{
    return (hg_tensor){.name = "x",
                       .type = HG_COMPLEX,
                       .rank = 1,
                       .shape = {m->n},
                       .data = m->x,
                       .grad = m->g};
}

static hg_result complex_step(complex_net *m)
{
    hg_tensor t = complex_tensor(m);
    complex_net before = *m;
    hg_result r;
    ck_assert_int_eq(hg_complex_step(complex_call, m, &t, &r), HG_OK);
    before.calls = m->calls;
    ck_assert_mem_eq(m, &before, sizeof before);
    return r;
}

START_TEST(complex_step_is_exact)
{
    int failed = 0;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        complex_net m = complex_new(ANALYTIC, 1 + (int)(seed % MOST), seed);
        hg_result r = complex_step(&m);
        int good = r.verdict == HG_AGREES && r.passed && r.digits >= 13 &&
                   r.relative <= 1e-13 && r.entries == m.n;
        m.g[m.n - 1] *= 1 + 1e-12; /* the last has the largest gradient */
        r = complex_step(&m);
        good = good && r.verdict == HG_DISAGREES && r.wrong == 1 &&
               r.worst[0] == m.n - 1;
        if (!good)
            printf("seed %d: %s, %g\n", (int)seed, hg_verdict_name(r.verdict),
                   r.relative);
        failed += !good;
    }
    ck_assert_int_eq(failed, 0);
}
END_TEST

START_TEST(complex_step_condition)
{
    complex_net m = complex_new(ANALYTIC, 4, 5);
    hg_tensor t = complex_tensor(&m);
    hg_result r;
    m.g[3] *= 1 + 5e-11;
    t.condition = 1000;
    ck_assert_int_eq(hg_complex_step(complex_call, &m, &t, &r), HG_OK);
    ck_assert_int_eq(r.verdict, HG_AGREES);
    t.condition = 100;
    ck_assert_int_eq(hg_complex_step(complex_call, &m, &t, &r), HG_OK);
    ck_assert_int_eq(r.verdict, HG_DISAGREES);
    t.expected = HG_DISAGREES;
    ck_assert_int_eq(hg_complex_step(complex_call, &m, &t, &r), HG_OK);
    ck_assert_int_eq(r.passed, 1);
}
END_TEST

START_TEST(complex_step_that_is_none)
{
    static const int dropping[] = {DROPS_REAL, DROPS_ABS, ONE_DROPPED};
    for (size_t k = 0; k < 3; k++) {
        complex_net m = complex_new(dropping[k], 4, 9);
        hg_result r = complex_step(&m);
        ck_assert_int_eq(r.verdict, HG_UNDECIDED);
        ck_assert_int_eq(r.cause, HG_NOT_ANALYTIC);
        ck_assert_int_eq(r.passed, 0);
        for (int i = 0; i < m.n; i++) /* the zeros that it sees */
            m.g[i] = 0;
        r = complex_step(&m);
        ck_assert_int_eq(r.cause, HG_NOT_ANALYTIC);
    }
}
END_TEST

START_TEST(complex_step_other_verdicts)
{
    complex_net m = complex_new(KINKED, 3, 9);
    for (int i = 0; i < m.n; i++)
        m.g[i] += __real__ m.x[i] < 0 ? -1 : 1;
    ck_assert_int_eq(complex_step(&m).verdict, HG_AGREES);
    m = complex_new(KINKED, 3, 9);
    for (int i = 0; i < m.n; i++) /* a = 0: its derivative is 2.3 w */
        m.x[i] = 0, m.g[i] = 2.3 * (0.4 + 0.1 * i) + 1;
    hg_result r = complex_step(&m);
    ck_assert_int_eq(r.cause, HG_KINK);
    ck_assert_int_eq(r.between, 1);
    for (uint64_t seed = 1; seed < 50; seed++) {
        m = complex_new(SUM_ONE, 2 + (int)(seed % 7), seed);
        for (int i = 0; i < m.n; i++)
            m.g[i] = 0;
        r = complex_step(&m);
        ck_assert_int_eq(r.verdict, HG_UNDECIDED);
        ck_assert_int_eq(r.cause, HG_CANNOT_FAIL);
    }
    m.g[1] = 1e-6;
    ck_assert_int_eq(complex_step(&m).verdict, HG_DISAGREES);
    m = complex_new(ANALYTIC, 3, 1);
    m.g[1] = (double)NAN;
    ck_assert_int_eq(complex_step(&m).cause, HG_NOT_FINITE);
}
END_TEST

START_TEST(complex_step_expects_zero)
{
    complex_net m = complex_new(FROZEN, 3, 1);
    hg_tensor t = complex_tensor(&m);
    hg_result r;
    for (int k = 0; k < 3; k++) {
        memset(m.g, 0, sizeof m.g);
        if (k == 1)
            m.g[2] = 1e-20;
        m.kind = k == 2 ? ANALYTIC : FROZEN;
        t.expected = HG_ZERO;
        ck_assert_int_eq(hg_complex_step(complex_call, &m, &t, &r), HG_OK);
        ck_assert_int_eq(r.verdict, k ? HG_DISAGREES : HG_ZERO);
        ck_assert_int_eq(r.passed, k == 0);
    }
}
END_TEST

START_TEST(complex_loss_that_fails)
{
    complex_net m = complex_new(ANALYTIC, 3, 2);
    hg_tensor t = complex_tensor(&m);
    hg_status status = HG_LOSS_FAILED;
    hg_result r, untouched;
    memset(&untouched, 0xa5, sizeof untouched);
    for (m.k = 1; status == HG_LOSS_FAILED && m.k < 1000; m.k++) {
        complex_net before = m;
        r = untouched;
        m.calls = 0;
        status = hg_complex_step(complex_call, &m, &t, &r);
        ck_assert_mem_eq(m.x, before.x, sizeof m.x);
        ck_assert(status == HG_OK || !memcmp(&r, &untouched, sizeof r));
    }
    ck_assert_int_eq(status, HG_OK);
    ck_assert_int_gt(m.k, 20);
}
END_TEST

/* ---- Taylor -------------------------------------------------------------- */

static hg_taylor_result taylor(net *m, unsigned long long seed)
{
    hg_tensor t[3] = {net_W(m), vector_of(H, m->b, m->db),
                      vector_of(D, m->x, m->dx)};
    net before = *m;
    long calls = m->calls;
    hg_taylor_result r;
    ck_assert_int_eq(hg_taylor(net_call, m, 3, t, seed, &r), HG_OK);
    ck_assert_int_eq(r.passes, m->calls - calls);
    before.calls = m->calls;
    ck_assert_mem_eq(m, &before, sizeof before);
    return r;
}

START_TEST(taylor_slopes)
{
    int failed = 0;
    for (unsigned long long seed = 0; seed < 300; seed++) {
        net m;
        net_new(&m);
        hg_taylor_result r = taylor(&m, seed);
        int good = r.verdict == HG_AGREES && r.passed && !r.linear &&
                   r.slope > 1.8 && r.slope < 3.1;
        for (int k = 0; k + 1 < HG_TAYLOR_POINTS; k++)
            good = good && r.h[k + 1] < r.h[k] && r.h[k + 1] > 0;
        m.dW[1][2] *= 1.03; /* 3 % in one of nineteen */
        hg_taylor_result w = taylor(&m, seed);
        good = good && w.verdict == HG_DISAGREES && !w.passed;
        all_times(&m, -1);
        hg_taylor_result s = taylor(&m, seed);
        good =
            good && s.verdict == HG_DISAGREES && s.slope > 0.5 && s.slope < 1.5;
        if (!good)
            printf("seed %llu: right %s %.3f, 3 %% %s %.3f, sign %s %.3f\n",
                   seed, hg_verdict_name(r.verdict), r.slope,
                   hg_verdict_name(w.verdict), w.slope,
                   hg_verdict_name(s.verdict), s.slope);
        failed += !good;
    }
    ck_assert_int_eq(failed, 0);
}
END_TEST

START_TEST(taylor_linear_kink_and_still)
{
    for (unsigned long long seed = 0; seed < 50; seed++) {
        many m = many_new(LINEAR, 4, 0.3, 0);
        for (int i = 0; i < m.n; i++)
            m.g[i] = 0.7 - 0.4 * i;
        hg_tensor t = vector_of(m.n, m.x, m.g);
        hg_taylor_result r;
        ck_assert_int_eq(hg_taylor(many_call, &m, 1, &t, seed, &r), HG_OK);
        ck_assert_int_eq(r.verdict, HG_AGREES);
        ck_assert_int_eq(r.linear, 1);
        m.g[2] += 0.01;
        ck_assert_int_eq(hg_taylor(many_call, &m, 1, &t, seed, &r), HG_OK);
        ck_assert_int_eq(r.verdict, HG_DISAGREES);
        m = many_new(ABS, 4, 0, 0);
        ck_assert_int_eq(hg_taylor(many_call, &m, 1, &t, seed, &r), HG_OK);
        ck_assert_int_eq(r.cause, HG_KINK);
        m = many_new(CONSTANT, 4, 0.1, 0);
        ck_assert_int_eq(hg_taylor(many_call, &m, 1, &t, seed, &r), HG_OK);
        ck_assert_int_eq(r.verdict, HG_UNDECIDED);
        ck_assert_int_eq(r.cause, HG_CANNOT_FAIL);
        ck_assert_int_eq(r.passed, 0);
    }
}
END_TEST

/* ---- arguments ----------------------------------------------------------- */

START_TEST(bad_tensors)
{
    double x = 0.5, g = 1;
    many m = many_new(LINEAR, 1, 0.5, 0.7);
    hg_tensor bad[12];
    for (int k = 0; k < 12; k++)
        bad[k] = vector_of(1, &x, &g);
    bad[0].name = NULL;
    bad[1].data = NULL;
    bad[2].grad = NULL;
    bad[3].rank = -1;
    bad[4].rank = HG_RANK + 1;
    bad[5].shape[0] = 0;
    bad[6].shape[0] = -3;
    bad[7].type = (hg_type)3;
    bad[8].type = (hg_type)-1;
    bad[9].expected = (hg_verdict)4;
    bad[10].expected = (hg_verdict)-1;
    bad[11].rank = 3;
    for (int k = 0; k < 3; k++)
        bad[11].shape[k] = 50000;
    hg_result r;
    hg_taylor_result s;
    int failed = 0;
    for (int k = 0; k < 12; k++) {
        int refused =
            hg_differences(many_call, &m, &bad[k], &r) == HG_BAD_ARGUMENT &&
            hg_complex_step(many_call, &m, &bad[k], &r) == HG_BAD_ARGUMENT &&
            hg_taylor(many_call, &m, 1, &bad[k], 1, &s) == HG_BAD_ARGUMENT;
        if (!refused)
            printf("bad tensor %d was taken\n", k);
        failed += !refused;
    }
    ck_assert_int_eq(failed, 0);
    ck_assert_int_eq(m.calls, 0);
}
END_TEST

START_TEST(bad_arguments)
{
    double x = 0.5, g = 1;
    many m = many_new(LINEAR, 1, 0.5, 0.7);
    const hg_tensor t = vector_of(1, &x, &g); /* not HG_COMPLEX */
    hg_result r, r0;
    hg_taylor_result s, s0;
    memset(&r0, 0xa5, sizeof r0);
    memset(&s0, 0xa5, sizeof s0);
    r = r0;
    s = s0;
    const hg_status got[] = {
        hg_differences(NULL, &m, &t, &r),
        hg_differences(many_call, &m, NULL, &r),
        hg_differences(many_call, &m, &t, NULL),
        hg_complex_step(NULL, &m, &t, &r),
        hg_complex_step(many_call, &m, NULL, &r),
        hg_complex_step(many_call, &m, &t, NULL),
        hg_complex_step(many_call, &m, &t, &r),
        hg_taylor(NULL, &m, 1, &t, 1, &s),
        hg_taylor(many_call, &m, 0, &t, 1, &s),
        hg_taylor(many_call, &m, 1, NULL, 1, &s),
        hg_taylor(many_call, &m, 1, &t, 1, NULL),
    };
    for (size_t k = 0; k < sizeof got / sizeof *got; k++)
        ck_assert_msg(got[k] == HG_BAD_ARGUMENT, "row %zu: %d", k, got[k]);
    ck_assert_mem_eq(&r, &r0, sizeof r);
    ck_assert_mem_eq(&s, &s0, sizeof s);
    ck_assert_int_eq(m.calls, 0);
}
END_TEST

START_TEST(ranks_and_sizes)
{
    static const struct {
        int rank, shape[HG_RANK], entries, wrong, index[HG_RANK];
    } table[] = {{0, {0}, 1, 0, {0}},
                 {1, {1}, 1, 0, {0}},
                 {1, {7}, 7, 4, {4}},
                 {2, {2, 3}, 6, 5, {1, 2}},
                 {2, {1, 1}, 1, 0, {0, 0}},
                 {3, {2, 1, 3}, 6, 4, {1, 0, 1}},
                 {4, {2, 1, 2, 2}, 8, 6, {1, 0, 1, 0}},
                 {4, {1, 1, 1, 1}, 1, 0, {0, 0, 0, 0}}};
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        many m = many_new(ROUNDS, table[k].entries, 0.385, 0);
        for (int i = 0; i < m.n; i++)
            m.g[i] = cos(m.x[i]) + 0.2 * (i + 1);
        hg_tensor t = {
            .name = "x", .rank = table[k].rank, .data = m.x, .grad = m.g};
        memcpy(t.shape, table[k].shape, sizeof t.shape);
        ck_assert_int_eq(hg_entries(&t), table[k].entries);
        ck_assert_int_eq(differences(many_call, &m, &t).verdict, HG_AGREES);
        m.g[table[k].wrong] += 0.01;
        hg_result r = differences(many_call, &m, &t);
        ck_assert_int_eq(r.verdict, HG_DISAGREES);
        ck_assert_int_eq(r.wrong, 1);
        ck_assert_mem_eq(r.worst, table[k].index, sizeof r.worst);
    }
}
END_TEST

START_TEST(names)
{
    ck_assert_str_eq(hg_verdict_name(HG_AGREES), "agrees");
    ck_assert_str_eq(hg_verdict_name(HG_DISAGREES), "disagrees");
    ck_assert_str_eq(hg_verdict_name(HG_UNDECIDED), "undecided");
    ck_assert_str_eq(hg_verdict_name(HG_ZERO), "zero");
    ck_assert_str_eq(hg_cause_text(HG_NO_CAUSE), "");
    for (int c = HG_KINK; c <= HG_NOT_ANALYTIC; c++) {
        ck_assert_uint_gt(strlen(hg_cause_text((hg_cause)c)), 10);
        ck_assert_uint_le(strlen(hg_cause_text((hg_cause)c)), 70);
    }
}
END_TEST

/* ---- rates --------------------------------------------------------------- */

START_TEST(no_false_alarm)
{
    rng g = rng_new(2024, 0);
    int accused = 0, accused_by_taylor = 0, agreed = 0, constant = 0;
    const int trials = 20000;
    for (int trial = 0; trial < trials; trial++) {
        drawn m = draw(&g, trial % KINDS);
        hg_tensor t = vector_of(m.n, m.x, m.g);
        hg_result r = differences(drawn_call, &m, &t);
        hg_taylor_result s;
        ck_assert_int_eq(hg_taylor(drawn_call, &m, 1, &t, (unsigned)trial, &s),
                         HG_OK);
        double largest = 0;
        for (int i = 0; i < m.n; i++)
            largest = fmax(largest, fabs(m.g[i]));
        if (r.verdict == HG_DISAGREES || s.verdict == HG_DISAGREES)
            printf("trial %d, kind %d: %.17g, %.17g +- %.3g; slope %g\n", trial,
                   m.kind, r.analytic, r.numeric, r.bound, s.slope);
        accused += r.verdict == HG_DISAGREES;
        accused_by_taylor += s.verdict == HG_DISAGREES;
        agreed += r.verdict == HG_AGREES;
        constant += !(largest > 0); /* all rectified units are off */
    }
    ck_assert_int_eq(accused, 0);
    ck_assert_int_eq(accused_by_taylor, 0);
    ck_assert_int_eq(agreed + constant, trials);
    ck_assert_int_lt(constant, trials / 100);
}
END_TEST

START_TEST(sensitivity)
{
    rng g = rng_new(2025, 0);
    int tried = 0, missed = 0, missed_by_taylor = 0;
    for (int trial = 0; trial < 4000; trial++) {
        drawn m = draw(&g, trial % KINDS);
        double largest = 0;
        for (int i = 0; i < m.n; i++)
            largest = fmax(largest, fabs(m.g[i]));
        int i = rng_below(&g, m.n);
        if (!(fabs(m.g[i]) > 1e-2 && fabs(m.g[i]) > 0.02 * largest))
            continue;
        tried++;
        double was = m.g[i];
        m.g[i] = was * (1 + (trial % 2 ? 1e-6 : -1e-6));
        hg_tensor t = vector_of(m.n, m.x, m.g);
        hg_result r = differences(drawn_call, &m, &t);
        missed += r.verdict != HG_DISAGREES || r.worst[0] != i;
        m.g[i] = was * 1.05;
        hg_taylor_result s;
        ck_assert_int_eq(hg_taylor(drawn_call, &m, 1, &t, 3, &s), HG_OK);
        missed_by_taylor += s.verdict == HG_AGREES;
    }
    printf("1e-6 in one entry: %d of %d missed; 5 %% by Taylor: %d missed\n",
           missed, tried, missed_by_taylor);
    ck_assert_int_gt(tried, 2500);
    ck_assert_int_eq(missed, 0);
    ck_assert_int_le(missed_by_taylor, 2);
}
END_TEST

/* ---- a second derivation -------------------------------------------------- */

static hg_result second(const hg_tensor *t, const void *other, double relative)
{
    const hg_problem p = {.tensors = 1, .tensor = t};
    hg_result r;
    memset(&r, 0x55, sizeof r);
    ck_assert_int_eq(hg_second(&p, other, relative, &r), HG_OK);
    return r;
}

START_TEST(second_derivation)
{
    double g[6] = {1, -2, 3, 0.5, 4, -1}, same[6], NaN = nan("");
    const hg_tensor t = {.name = "W", .rank = 2, .shape = {2, 3}, .grad = g};
    memcpy(same, g, sizeof g);
    hg_result r = second(&t, same, 0);
    ck_assert_int_eq(r.verdict, HG_AGREES);
    ck_assert_int_eq(r.passed, 1);
    ck_assert_int_eq(r.entries, 6);
    ck_assert_int_eq(r.passes, 0);
    ck_assert_str_eq(r.why.text, "");
    same[4] += 3e-9; /* relative to the largest magnitude, 4 */
    ck_assert_int_eq(second(&t, same, 1e-9).verdict, HG_AGREES);
    r = second(&t, same, 1e-10);
    ck_assert_int_eq(r.verdict, HG_DISAGREES);
    ck_assert_int_eq(r.passed, 0);
    ck_assert_int_eq(r.wrong, 1);
    ck_assert_int_eq(r.worst[0], 1);
    ck_assert_int_eq(r.worst[1], 1);
    ck_assert_double_eq(r.analytic, 4);
    ck_assert_double_eq(r.numeric, same[4]);
    ck_assert_double_eq_tol(r.error, 3e-9, 1e-15);
    same[4] = NaN;
    ck_assert_int_eq(second(&t, same, 1).wrong, 1);
    same[4] = 4;
    g[0] = NaN;
    r = second(&t, same, 1);
    ck_assert_int_eq(r.verdict, HG_DISAGREES);
    ck_assert_int_eq(r.wrong, 1);
    ck_assert_int_eq(r.worst[0], 0);
}
END_TEST

/* Columns of a matrix that stands in wider rows; float. */
START_TEST(second_strides_and_float)
{
    double g[2][5] = {{1, 9, 2, 9, 3}, {4, 9, 5, 9, 6}}, other[2][5];
    hg_tensor t = {.name = "W",
                   .rank = 2,
                   .shape = {2, 3},
                   .grad = g,
                   .grad_stride = {5, 2}};
    memcpy(other, g, sizeof g);
    other[0][1] = other[1][3] = -7; /* between the columns */
    ck_assert_int_eq(second(&t, other, 0).wrong, 0);
    other[1][4] = 6.5;
    hg_result r = second(&t, other, 1e-6);
    ck_assert_int_eq(r.wrong, 1);
    ck_assert_int_eq(r.worst[1], 2);
    float f[3] = {1, 2, 3}, h[3] = {1, 2.5F, 3};
    hg_tensor u = {.name = "b", .rank = 1, .shape = {3}, .type = HG_FLOAT};
    u.grad = f;
    r = second(&u, h, 1e-6);
    ck_assert_int_eq(r.wrong, 1);
    ck_assert_double_eq(r.analytic, 2);
    ck_assert_double_eq(r.numeric, 2.5);
}
END_TEST

/* Explained as if the second were right, with what is told. */
START_TEST(second_explains)
{
    double g[8], other[8], known[8];
    for (int i = 0; i < 8; i++) {
        other[i] = sin(1 + 3 * i);
        known[i] = cos(2 + 5 * i);
        g[i] = other[i] / 7;
    }
    const hg_size size = {"T", 7};
    hg_tensor t = vector_of(8, NULL, g);
    const hg_tensor path = vector_of(8, known, NULL);
    t.equation = "8.9";
    hg_problem p = {.tensors = 1, .tensor = &t, .sizes = 1, .size = &size};
    hg_result r;
    ck_assert_int_eq(hg_second(&p, other, 1e-12, &r), HG_OK);
    ck_assert_int_eq(r.why.mistake, HG_FACTOR);
    ck_assert_ptr_nonnull(strstr(r.why.text, "if the second derivation is "));
    ck_assert_ptr_null(strstr(r.why.text, "8.9"));
    for (int i = 0; i < 8; i++)
        g[i] = other[i] - known[i];
    p.knowns = 1;
    p.known = &path;
    ck_assert_int_eq(hg_second(&p, other, 1e-12, &r), HG_OK);
    ck_assert_int_eq(r.why.mistake, HG_PATH_MISSING);
    for (int i = 0; i < 8; i++) /* nothing that is known */
        g[i] = tan(i * i + 1);
    ck_assert_int_eq(hg_second(&p, other, 1e-12, &r), HG_OK);
    ck_assert_int_eq(r.verdict, HG_DISAGREES);
    ck_assert_int_eq(r.why.mistake, HG_UNEXPLAINED);
    ck_assert_str_eq(r.why.text, "");
}
END_TEST

START_TEST(second_bad_arguments)
{
    double g[2] = {1, 2};
    const hg_tensor good = vector_of(2, NULL, g);
    const hg_problem p = {.tensors = 1, .tensor = &good};
    hg_result r;
    memset(&r, 0x55, sizeof r);
    const hg_result before = r;
    ck_assert_int_eq(hg_second(NULL, g, 0, &r), HG_BAD_ARGUMENT);
    ck_assert_int_eq(hg_second(&p, NULL, 0, &r), HG_BAD_ARGUMENT);
    ck_assert_int_eq(hg_second(&p, g, 0, NULL), HG_BAD_ARGUMENT);
    ck_assert_int_eq(hg_second(&p, g, -1, &r), HG_BAD_ARGUMENT);
    ck_assert_int_eq(hg_second(&p, g, nan(""), &r), HG_BAD_ARGUMENT);
    hg_problem bad[] = {p, p, p, p, p};
    hg_tensor worse[] = {good, good};
    bad[0].tensors = 0;
    bad[1].tensor = NULL;
    bad[2].sizes = 1;
    bad[3].knowns = -1;
    bad[4].tensor = &worse[0];
    worse[0].grad = NULL;
    for (int k = 0; k < 5; k++)
        ck_assert_int_eq(hg_second(&bad[k], g, 0, &r), HG_BAD_ARGUMENT);
    bad[4].tensor = &worse[1];
    worse[1].shape[0] = 0;
    ck_assert_int_eq(hg_second(&bad[4], g, 0, &r), HG_BAD_ARGUMENT);
    hg_problem told = p;
    hg_size size = {"", 2};
    hg_tensor known = vector_of(2, NULL, NULL);
    told.sizes = 1;
    told.size = &size;
    ck_assert_int_eq(hg_second(&told, g, 0, &r), HG_BAD_ARGUMENT);
    size = (hg_size){"N", (double)NAN};
    ck_assert_int_eq(hg_second(&told, g, 0, &r), HG_BAD_ARGUMENT);
    size.value = 2;
    told.knowns = 1;
    told.known = &known; /* without values */
    ck_assert_int_eq(hg_second(&told, g, 0, &r), HG_BAD_ARGUMENT);
    ck_assert_mem_eq(&r, &before, sizeof r);
}
END_TEST

/* A kink that the larger steps cross: the gradient at the point is right, and one
 * that is not is still seen. x[0..1] are the variables, x[2] is how far the kinks
 * are, x[3] a constant that makes noise. */
static int bent_call(void *context, double loss[2])
{
    const double *x = context;
    loss[0] = x[3] + 3 * x[0] + x[1] / 4;
    for (int k = 0; k < 2; k++)
        loss[0] += 5 * fmax(0, x[k] - 0.5 - x[2]);
    return 0;
}

START_TEST(taylor_past_a_kink)
{
    double x[4] = {0.5, 0.5}, g[2] = {3, 0.25};
    const hg_tensor t = vector_of(2, x, g);
    int accused = 0, missed = 0;
    for (int trial = 0; trial < 400; trial++) {
        hg_taylor_result r;
        unsigned long long seed = (unsigned)trial / 2;
        x[2] = 3e-5 * pow(10, trial / 400.);
        x[3] = trial % 2 ? 1e5 : 0;
        g[0] = 3;
        ck_assert_int_eq(hg_taylor(bent_call, x, 1, &t, seed, &r), HG_OK);
        accused += r.verdict != HG_AGREES;
        g[0] = 3.001;
        ck_assert_int_eq(hg_taylor(bent_call, x, 1, &t, seed, &r), HG_OK);
        missed += r.verdict == HG_AGREES;
    }
    ck_assert_int_eq(accused, 0);
    ck_assert_int_eq(missed, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("check");
    SUITE_ADD(suite, right_gradients_agree);
    SUITE_ADD(suite, planted_mistakes_disagree);
    SUITE_ADD(suite, relative_error_and_digits);
    SUITE_ADD(suite, expected_verdicts);
    SUITE_ADD(suite, kinks_at_the_point);
    SUITE_ADD(suite, symmetric_kink_among_others);
    SUITE_ADD(suite, kinks_near_the_point);
    SUITE_ADD(suite, hidden_cancellation);
    SUITE_ADD(suite, scales);
    SUITE_ADD(suite, rounding_is_no_mistake);
    SUITE_ADD(suite, a_test_that_cannot_fail);
    SUITE_ADD(suite, losses_that_are_no_functions);
    SUITE_ADD(suite, a_loss_that_fails);
    SUITE_ADD(suite, float_tensors);
    SUITE_ADD(suite, complex_step_is_exact);
    SUITE_ADD(suite, complex_step_condition);
    SUITE_ADD(suite, complex_step_that_is_none);
    SUITE_ADD(suite, complex_step_other_verdicts);
    SUITE_ADD(suite, complex_step_expects_zero);
    SUITE_ADD(suite, complex_loss_that_fails);
    SUITE_ADD(suite, taylor_slopes);
    SUITE_ADD(suite, taylor_linear_kink_and_still);
    SUITE_ADD(suite, bad_tensors);
    SUITE_ADD(suite, bad_arguments);
    SUITE_ADD(suite, ranks_and_sizes);
    SUITE_ADD(suite, names);
    SUITE_ADD(suite, no_false_alarm);
    SUITE_ADD(suite, sensitivity);
    SUITE_ADD(suite, second_derivation);
    SUITE_ADD(suite, second_strides_and_float);
    SUITE_ADD(suite, second_explains);
    SUITE_ADD(suite, second_bad_arguments);
    SUITE_ADD(suite, taylor_past_a_kink);
    return suite_run(suite);
}
