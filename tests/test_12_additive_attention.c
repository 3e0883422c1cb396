/* SPDX-License-Identifier: MIT */
/* Tests of chapter 12: additive attention against its definition written
 * another way, shapes with 1 among them, invariants, mistakes that must be
 * caught, and the translator. */
#define CK_FLOATING_DIG 17
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "chapters/12_additive_attention/additive.h"
#include "chapters/12_additive_attention/translator.h"
#include "lib/check/handgrad.h"
#include "lib/rng.h"
#include "tests/suite.h"

/* Each array alone on the heap, so that the address sanitizer sees an index
 * that leaves it. M queries. */
typedef struct set {
    int M, N, D, C, E, A;
    real *W, *U, *b, *g, *q, *k, *v, *up;
    real *dW, *dU, *db, *dg, *dq, *dk, *dv, *dp;
    real *p, *t, *w, *o;
} set;

static real *zeros(int n)
{
    real *x = calloc((size_t)n, sizeof *x);
    ck_assert_ptr_nonnull(x);
    return x;
}

static real *numbers(int n, rng *g)
{
    real *x = zeros(n);
    for (int i = 0; i < n; i++)
        x[i] = rng_normal(g);
    return x;
}

static set make_set(const int z[6], uint64_t seed)
{
    rng g = rng_new(seed, 0);
    set s = {.M = z[0], .N = z[1], .D = z[2], .C = z[3], .E = z[4], .A = z[5]};
    s.W = numbers(s.A * s.D, &g);
    s.U = numbers(s.A * s.C, &g);
    s.b = numbers(s.A, &g);
    s.g = numbers(s.A, &g);
    s.q = numbers(s.M * s.D, &g);
    s.k = numbers(s.N * s.C, &g);
    s.v = numbers(s.N * s.E, &g);
    s.up = numbers(s.M * s.E, &g);
    s.dW = zeros(s.A * s.D);
    s.dU = zeros(s.A * s.C);
    s.db = zeros(s.A);
    s.dg = zeros(s.A);
    s.dq = zeros(s.M * s.D);
    s.dk = zeros(s.N * s.C);
    s.dv = zeros(s.N * s.E);
    s.dp = zeros(s.N * s.A);
    s.p = numbers(s.N * s.A, &g);
    s.t = numbers(s.M * s.N * s.A, &g);
    s.w = numbers(s.M * s.N, &g);
    s.o = numbers(s.M * s.E, &g);
    return s;
}

static void free_set(set *s)
{
    real *const all[] = {s->W,  s->U,  s->b,  s->g,  s->q,  s->k,  s->v,
                         s->up, s->dW, s->dU, s->db, s->dg, s->dq, s->dk,
                         s->dv, s->dp, s->p,  s->t,  s->w,  s->o};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

static void forward(set *s)
{
    const int N = s->N, D = s->D, A = s->A, E = s->E;
    additive_keys_forward(N, s->C, A, (real(*)[A])s->p, (real(*)[s->C])s->U,
                          s->b, (real(*)[s->C])s->k);
    for (int m = 0; m < s->M; m++)
        additive_forward(N, D, A, E, &s->o[m * E], &s->w[m * N],
                         (real(*)[A]) & s->t[m * N * A], (real(*)[D])s->W, s->g,
                         &s->q[m * D], (real(*)[A])s->p, (real(*)[E])s->v);
}

static void backward(set *s)
{
    const int N = s->N, D = s->D, A = s->A, E = s->E;
    for (int m = 0; m < s->M; m++)
        additive_backward(N, D, A, E, (real(*)[D])s->dW, s->dg, &s->dq[m * D],
                          (real(*)[A])s->dp, (real(*)[E])s->dv, &s->up[m * E],
                          &s->w[m * N], (real(*)[A]) & s->t[m * N * A],
                          (real(*)[D])s->W, s->g, &s->q[m * D],
                          (real(*)[E])s->v);
    additive_keys_backward(N, s->C, A, (real(*)[s->C])s->dU, s->db,
                           (real(*)[s->C])s->dk, (real(*)[A])s->dp,
                           (real(*)[s->C])s->U, (real(*)[s->C])s->k);
}

static int loss(void *context, double f[2])
{
    set *s = context;
    forward(s);
    for (int i = 0; i < s->M * s->E; i++)
        f[0] += s->up[i] * s->o[i];
    return 0;
}

/* M, N, D, C, E, A */
static const int sizes[][6] = {{1, 1, 1, 1, 1, 1}, {2, 3, 4, 5, 6, 7},
                               {1, 2, 3, 3, 3, 3}, {3, 1, 2, 4, 5, 2},
                               {2, 5, 1, 2, 1, 4}, {2, 4, 3, 1, 2, 1}};
enum { SIZES = sizeof sizes / sizeof *sizes };

/* The values of the article's vectors, from a program that is not this one. */
START_TEST(the_worked_example)
{
    const real unit[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
    const real q[3] = {.1, .2, .3}, k[2][3] = {{.2, .4, .6}, {.3, .6, .9}};
    const real v[2][3] = {{1, 2, 3}, {4, 5, 6}};
    const real none[3] = {0}, ones[3] = {1, 1, 1};
    real p[2][3], t[2][3], w[2], o[3];
    additive_keys_forward(2, 3, 3, p, unit, none, k);
    additive_forward(2, 3, 3, 3, o, w, t, unit, ones, q, p, v);
    const double got[] = {t[0][0] + t[0][1] + t[0][2],
                          t[1][0] + t[1][1] + t[1][2],
                          w[0],
                          w[1],
                          o[0],
                          o[1],
                          o[2]};
    const double want[] = {1.5446600496486506,  1.8776403395352291,
                           0.41751564990789189, 0.58248435009210811,
                           2.7474530502763243,  3.7474530502763243,
                           4.7474530502763243};
    for (int i = 0; i < 7; i++)
        ck_assert_double_eq_tol(got[i], want[i], 1e-14 * want[i]);
}
END_TEST

/* sum_n exp(s_n) v_n / sum_n exp(s_n), in long double, query and key in one
 * matrix (W U) over the pair (q, k_n). */
START_TEST(the_output_is_the_definition)
{
    set s = make_set(sizes[_i], 7);
    forward(&s);
    for (int m = 0; m < s.M; m++)
        for (int e = 0; e < s.E; e++) {
            long double above = 0, below = 0;
            for (int n = 0; n < s.N; n++) {
                long double score = 0;
                for (int a = 0; a < s.A; a++) {
                    long double z = s.b[a];
                    for (int i = 0; i < s.D + s.C; i++)
                        z += i < s.D ? (long double)s.W[a * s.D + i] *
                                           s.q[m * s.D + i]
                                     : (long double)s.U[a * s.C + i - s.D] *
                                           s.k[n * s.C + i - s.D];
                    score += s.g[a] * tanhl(z);
                }
                above += expl(score) * s.v[n * s.E + e];
                below += expl(score);
            }
            double want = (double)(above / below);
            ck_assert_double_eq_tol(s.o[m * s.E + e], want,
                                    1e-13 * (1 + fabs(want)));
        }
    free_set(&s);
}
END_TEST

static hg_verdict verdict(set *s, real *x, const real *dx, int n)
{
    hg_tensor t = {.name = "x", .rank = 1, .shape = {n}, .data = x, .grad = dx};
    hg_result r;
    ck_assert_int_eq(hg_differences(loss, s, &t, &r), HG_OK);
    return r.verdict;
}

START_TEST(the_gradients_agree)
{
    set s = make_set(sizes[_i], 8);
    forward(&s);
    backward(&s);
    ck_assert_int_eq(verdict(&s, s.v, s.dv, s.N * s.E), HG_AGREES);
    real *const x[] = {s.W, s.U, s.b, s.g, s.q, s.k};
    const real *const dx[] = {s.dW, s.dU, s.db, s.dg, s.dq, s.dk};
    const int n[] = {s.A * s.D, s.A * s.C, s.A, s.A, s.M * s.D, s.N * s.C};
    for (int i = 0; i < 6; i++)
        if (s.N > 1)
            ck_assert_int_eq(verdict(&s, x[i], dx[i], n[i]), HG_AGREES);
        else /* one key: no influence, to the bit */
            for (int j = 0; j < n[i]; j++)
                ck_assert_double_eq(dx[i][j], 0);
    free_set(&s);
}
END_TEST

START_TEST(the_backward_adds)
{
    set s = make_set(sizes[_i], 9), y = make_set(sizes[_i], 9);
    real *const to[] = {y.dW, y.dU, y.db, y.dg, y.dq, y.dk, y.dv};
    real *const from[] = {s.dW, s.dU, s.db, s.dg, s.dq, s.dk, s.dv};
    const int n[] = {s.A * s.D, s.A * s.C, s.A,      s.A,
                     s.M * s.D, s.N * s.C, s.N * s.E};
    real *before[7];
    rng g = rng_new(10, 0);
    for (int i = 0; i < 7; i++) {
        before[i] = numbers(n[i], &g);
        memcpy(to[i], before[i], (size_t)n[i] * sizeof **to);
    }
    forward(&s);
    backward(&s);
    forward(&y);
    backward(&y);
    for (int i = 0; i < 7; i++) {
        for (int j = 0; j < n[i]; j++)
            ck_assert_double_eq_tol(to[i][j], before[i][j] + from[i][j],
                                    1e-13 * (1 + fabs(from[i][j])));
        free(before[i]);
    }
    free_set(&s);
    free_set(&y);
}
END_TEST

START_TEST(mistakes_are_caught)
{
    set s = make_set(sizes[1], 11);
    int n = s.N * s.C;
    forward(&s);
    backward(&s);
    const double factor[] = {-1, 2, 0.5, 0, 1 + 1e-6};
    real *wrong = zeros(n);
    for (size_t f = 0; f < sizeof factor / sizeof *factor; f++) {
        for (int i = 0; i < n; i++)
            wrong[i] = factor[f] * s.dk[i];
        ck_assert_int_eq(verdict(&s, s.k, wrong, n), HG_DISAGREES);
    }
    for (int i = 0; i < n; i++) /* the rows moved on by one */
        wrong[i] = s.dk[(i + s.C) % n];
    ck_assert_int_eq(verdict(&s, s.k, wrong, n), HG_DISAGREES);
    free(wrong);
    free_set(&s);
}
END_TEST

/* Weights sum to 1, gradients of the scores to 0: so, where the keys are all
 * equal, nothing comes back to the query. */
START_TEST(invariants)
{
    set s = make_set(sizes[1], 12);
    for (int i = 0; i < s.N * s.C; i++)
        s.k[i] = s.k[i % s.C];
    forward(&s);
    backward(&s);
    for (int i = 0; i < s.M * s.N; i++)
        ck_assert_double_eq_tol(s.w[i], 1.0 / s.N, 1e-15);
    for (int i = 0; i < s.M * s.D; i++)
        ck_assert_double_eq_tol(s.dq[i], 0, 1e-14);
    for (int a = 0; a < s.A; a++)
        ck_assert_double_eq_tol(s.dg[a], 0, 1e-14);
    free_set(&s);
}
END_TEST

START_TEST(large_keys_are_finite)
{
    set s = make_set(sizes[1], 13);
    for (int i = 0; i < s.N * s.C; i++)
        s.k[i] *= 1e6;
    for (int a = 0; a < s.A; a++)
        s.g[a] *= 1e4;
    forward(&s);
    backward(&s);
    for (int i = 0; i < s.M * s.E; i++)
        ck_assert(isfinite(s.o[i]));
    for (int i = 0; i < s.A * s.C; i++)
        ck_assert_double_eq(s.dU[i], 0); /* every tanh is +1 or -1 */
    free_set(&s);
}
END_TEST

/* ---- the translator ------------------------------------------------------ */

typedef struct lesson {
    translator w, dw;
    sentence q;
    translation z;
    translator_errors e;
    real dx[MOST_LENGTH][VOCABULARY], dy[MOST_LENGTH][VOCABULARY];
    bool attend;
} lesson;

static lesson *make_lesson(int N, bool attend, double size)
{
    lesson *l = calloc(1, sizeof *l);
    ck_assert_ptr_nonnull(l);
    rng g = rng_new(14, 0);
    for (int i = 0; i < WITH_ATTENTION; i++)
        ((real *)&l->w)[i] = size * rng_normal(&g);
    sentence_draw(&l->q, N, &g);
    l->attend = attend;
    return l;
}

static int lesson_loss(void *context, double f[2])
{
    lesson *l = context;
    f[0] = translator_forward(&l->z, l->attend, &l->w, &l->q);
    return 0;
}

START_TEST(sentences_are_said_backwards)
{
    rng g = rng_new(1, 0);
    int seen[VOCABULARY] = {0};
    for (int N = 1; N <= MOST_LENGTH; N++) {
        sentence q;
        sentence_draw(&q, N, &g);
        ck_assert_int_eq(q.N, N);
        for (int n = 0; n < N; n++) {
            double sum = 0, told = 0;
            for (int k = 0; k < VOCABULARY; k++) {
                sum += q.x[n][k];
                told += q.y[n][k];
            }
            ck_assert_double_eq(sum, 1);
            ck_assert_double_eq(told, n > 0);
            ck_assert_double_eq(q.x[n][q.target[N - 1 - n]], 1);
            if (n)
                ck_assert_double_eq(q.y[n][q.target[n - 1]], 1);
            seen[q.target[n]]++;
        }
    }
    for (int k = 0; k < VOCABULARY; k++)
        ck_assert_int_gt(seen[k], 10);
}
END_TEST

/* Weights of zero: every symbol is as likely as any other. */
START_TEST(a_guess_costs_ln_5)
{
    lesson *l = make_lesson(6, _i, 0);
    double f[2] = {0};
    lesson_loss(l, f);
    ck_assert_double_eq_tol(f[0], log((double)VOCABULARY), 1e-15);
    if (l->attend)
        for (int n = 0; n < 6; n++)
            ck_assert_double_eq_tol(l->z.w[3][n], 1.0 / 6, 1e-15);
    free(l);
}
END_TEST

/* All parameters at once, along a direction; entry by entry it is done by the
 * chapter's own checks. */
START_TEST(the_translators_gradient_agrees)
{
    static const int length[] = {1, 2, 5};
    lesson *l = make_lesson(length[_i / 2], _i % 2, 0.4);
    int n = length[_i / 2] * VOCABULARY;
    translator_forward(&l->z, l->attend, &l->w, &l->q);
    memset(&l->e, 0x7f, sizeof l->e); /* it sets e, whatever that held */
    translator_backward(&l->dw, l->dx, l->dy, &l->e, &l->z, l->attend, &l->w,
                        &l->q);
    const hg_tensor t[] = {
        {.name = "w",
         .rank = 1,
         .shape = {WITH_ATTENTION},
         .data = &l->w,
         .grad = &l->dw},
        {.name = "x", .rank = 1, .shape = {n}, .data = l->q.x, .grad = l->dx},
        {.name = "y", .rank = 1, .shape = {n}, .data = l->q.y, .grad = l->dy}};
    hg_taylor_result r;
    ck_assert_int_eq(hg_taylor(lesson_loss, l, 3, t, 3, &r), HG_OK);
    ck_assert_int_eq(r.verdict, HG_AGREES);
    ((real *)&l->dw)[7] += 0.01; /* and sees one wrong entry */
    ck_assert_int_eq(hg_taylor(lesson_loss, l, 3, t, 3, &r), HG_OK);
    ck_assert_int_ne(r.verdict, HG_AGREES);
    free(l);
}
END_TEST

START_TEST(the_translators_backward_adds)
{
    lesson *l = make_lesson(4, _i, 0.4), *m = make_lesson(4, _i, 0.4);
    translator_forward(&l->z, l->attend, &l->w, &l->q);
    for (int i = 0; i < WITH_ATTENTION; i++)
        ((real *)&m->dw)[i] = 0.125;
    translator_backward(&l->dw, l->dx, l->dy, &l->e, &l->z, l->attend, &l->w,
                        &l->q);
    translator_backward(&m->dw, m->dx, m->dy, &m->e, &l->z, l->attend, &l->w,
                        &l->q);
    translator_backward(&m->dw, m->dx, m->dy, &m->e, &l->z, l->attend, &l->w,
                        &l->q);
    for (int i = 0; i < WITH_ATTENTION; i++)
        ck_assert_double_eq_tol(((real *)&m->dw)[i],
                                0.125 + 2 * ((real *)&l->dw)[i], 1e-14);
    for (int n = 0; n < 4; n++)
        for (int k = 0; k < VOCABULARY; k++) {
            ck_assert_double_eq_tol(m->dx[n][k], 2 * l->dx[n][k], 1e-14);
            ck_assert_double_eq_tol(m->dy[n][k], 2 * l->dy[n][k], 1e-14);
        }
    free(l);
    free(m);
}
END_TEST

/* Without attention its weights change nothing; with it they do. */
START_TEST(attention_is_asked_only_where_it_shall)
{
    for (int attend = 0; attend < 2; attend++) {
        lesson *l = make_lesson(5, attend, 0.4);
        double before[2] = {0}, after[2] = {0};
        lesson_loss(l, before);
        l->w.g[2] += 1;
        l->w.U[1][3] -= 2;
        lesson_loss(l, after);
        ck_assert((before[0] == after[0]) == !attend);
        free(l);
    }
}
END_TEST

/* What it decodes with its own answers is what it would say when told them. */
START_TEST(decoding_follows_its_own_answers)
{
    lesson *l = make_lesson(7, _i, 0.9);
    int answer[MOST_LENGTH];
    int right = translator_decode(answer, &l->z, l->attend, &l->w, &l->q);
    int count = 0;
    for (int i = 0; i < 7; i++) {
        count += answer[i] == l->q.target[i];
        if (i == 0)
            continue;
        memset(l->q.y[i], 0, sizeof l->q.y[i]);
        l->q.y[i][answer[i - 1]] = 1;
    }
    ck_assert_int_eq(right, count);
    translator_forward(&l->z, l->attend, &l->w, &l->q);
    for (int i = 0; i < 7; i++)
        for (int k = 0; k < VOCABULARY; k++)
            ck_assert(l->z.logits[i][k] <= l->z.logits[i][answer[i]]);
    free(l);
}
END_TEST

START_TEST(a_fresh_translator)
{
    translator w, same;
    rng g = rng_new(5, 1), h = rng_new(5, 1);
    translator_start(&w, &g);
    translator_start(&same, &h);
    ck_assert_int_eq(memcmp(&w, &same, sizeof w), 0);
    for (int j = 0; j < UNITS; j++) {
        ck_assert_double_eq(w.b_s[UPDATE][j], 1);
        ck_assert_double_eq(w.b_h[j / READER][UPDATE][j % READER], 1);
        ck_assert_double_eq(w.b_s[RESET][j], 0);
        ck_assert(fabs(w.U_s[NEW][j][3]) <= 0.25 && w.U_s[NEW][j][3] != 0);
    }
    for (int a = 0; a < ALIGN; a++)
        ck_assert(w.g[a] != 0 && w.b[a] == 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("12_additive_attention");
    TCase *c = tcase_create("shapes");
    tcase_set_timeout(c, 120);
    tcase_add_loop_test(c, the_output_is_the_definition, 0, SIZES);
    tcase_add_loop_test(c, the_gradients_agree, 0, SIZES);
    tcase_add_loop_test(c, the_backward_adds, 0, SIZES);
    tcase_add_loop_test(c, a_guess_costs_ln_5, 0, 2);
    tcase_add_loop_test(c, the_translators_gradient_agrees, 0, 6);
    tcase_add_loop_test(c, the_translators_backward_adds, 0, 2);
    tcase_add_loop_test(c, decoding_follows_its_own_answers, 0, 2);
    suite_add_tcase(suite, c);
    SUITE_ADD(suite, the_worked_example);
    SUITE_ADD(suite, mistakes_are_caught);
    SUITE_ADD(suite, invariants);
    SUITE_ADD(suite, large_keys_are_finite);
    SUITE_ADD(suite, sentences_are_said_backwards);
    SUITE_ADD(suite, attention_is_asked_only_where_it_shall);
    SUITE_ADD(suite, a_fresh_translator);
    return suite_run(suite);
}
