/* SPDX-License-Identifier: MIT */
/* Tests of chapter 11: attention against its definition written another way,
 * invariants, shapes with 1 among them, and mistakes that must be caught. */
#define CK_FLOATING_DIG 17
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "chapters/11_attention/attention.h"
#include "lib/check/handgrad.h"
#include "lib/rng.h"
#include "tests/suite.h"

/* The largest sizes tried; each array alone on the heap, so that the address
 * sanitizer sees an index that leaves it. */
typedef struct set {
    int M, N, D, E;
    double scale;
    real *q, *k, *v, *up, *o, *w, *dq, *dk, *dv;
} set;

static real *numbers(int n, rng *g)
{
    real *x = malloc((size_t)n * sizeof *x);
    ck_assert_ptr_nonnull(x);
    for (int i = 0; i < n; i++)
        x[i] = rng_normal(g);
    return x;
}

static set make_set(int M, int N, int D, int E, uint64_t seed)
{
    rng g = rng_new(seed, 0);
    set s = {.M = M, .N = N, .D = D, .E = E, .scale = 1 / sqrt((double)D)};
    s.q = numbers(M * D, &g);
    s.k = numbers(N * D, &g);
    s.v = numbers(N * E, &g);
    s.up = numbers(M * E, &g);
    s.o = numbers(M * E, &g);
    s.w = numbers(M * N, &g);
    s.dq = numbers(M * D, &g);
    s.dk = numbers(N * D, &g);
    s.dv = numbers(N * E, &g);
    return s;
}

static void free_set(set *s)
{
    real *const all[] = {s->q, s->k,  s->v,  s->up, s->o,
                         s->w, s->dq, s->dk, s->dv};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

static void forward(set *s)
{
    attention_forward(s->M, s->N, s->D, s->E, (real(*)[s->E])s->o,
                      (real(*)[s->N])s->w, s->scale, (real(*)[s->D])s->q,
                      (real(*)[s->D])s->k, (real(*)[s->E])s->v);
}

static void backward(set *s)
{
    attention_backward(s->M, s->N, s->D, s->E, (real(*)[s->D])s->dq,
                       (real(*)[s->D])s->dk, (real(*)[s->E])s->dv,
                       (real(*)[s->E])s->up, (real(*)[s->N])s->w, s->scale,
                       (real(*)[s->D])s->q, (real(*)[s->D])s->k,
                       (real(*)[s->E])s->v);
}

static int loss(void *context, double f[2])
{
    set *s = context;
    forward(s);
    for (int i = 0; i < s->M * s->E; i++)
        f[0] += s->up[i] * s->o[i];
    return 0;
}

static const int sizes[][4] = {{1, 1, 1, 1}, {1, 2, 3, 3}, {2, 3, 4, 5},
                               {3, 1, 2, 4}, {5, 4, 1, 2}, {2, 6, 3, 1}};

/* o[m][e] = sum_n exp(scale q.k_n) v / sum_n exp(scale q.k_n), in long double
 * and without taking off the largest score. */
START_TEST(the_output_is_the_definition)
{
    const int *z = sizes[_i];
    set s = make_set(z[0], z[1], z[2], z[3], 7);
    forward(&s);
    for (int m = 0; m < s.M; m++)
        for (int e = 0; e < s.E; e++) {
            long double above = 0, below = 0;
            for (int n = 0; n < s.N; n++) {
                long double dot = 0;
                for (int d = 0; d < s.D; d++)
                    dot += (long double)s.q[m * s.D + d] * s.k[n * s.D + d];
                above += expl(dot * s.scale) * s.v[n * s.E + e];
                below += expl(dot * s.scale);
            }
            double want = (double)(above / below);
            ck_assert_double_eq_tol(s.o[m * s.E + e], want,
                                    1e-13 * (1 + fabs(want)));
        }
    free_set(&s);
}
END_TEST

START_TEST(weights_sum_to_one_and_ignore_a_shift)
{
    const int *z = sizes[_i];
    set s = make_set(z[0], z[1], z[2], z[3], 8);
    forward(&s);
    for (int m = 0; m < s.M; m++) {
        double sum = 0;
        for (int n = 0; n < s.N; n++)
            sum += s.w[m * s.N + n];
        ck_assert_double_eq_tol(sum, 1, 1e-15 * s.N);
    }
    real *before = malloc((size_t)(s.M * s.N) * sizeof *before);
    memcpy(before, s.w, (size_t)(s.M * s.N) * sizeof *before);
    for (int n = 0; n < s.N; n++) /* the same vector added to every key */
        for (int d = 0; d < s.D; d++)
            s.k[n * s.D + d] += 2.385;
    forward(&s);
    for (int i = 0; i < s.M * s.N; i++)
        ck_assert_double_eq_tol(s.w[i], before[i], 1e-13);
    free(before);
    free_set(&s);
}
END_TEST

/* Backward adds: from a buffer of other numbers it must arrive at those numbers
 * plus the gradient. */
START_TEST(backward_adds)
{
    const int *z = sizes[_i];
    set s = make_set(z[0], z[1], z[2], z[3], 9),
        t = make_set(z[0], z[1], z[2], z[3], 9);
    forward(&s);
    forward(&t);
    memset(t.dq, 0, (size_t)(t.M * t.D) * sizeof *t.dq);
    memset(t.dk, 0, (size_t)(t.N * t.D) * sizeof *t.dk);
    memset(t.dv, 0, (size_t)(t.N * t.E) * sizeof *t.dv);
    backward(&t);
    set u = make_set(z[0], z[1], z[2], z[3], 9); /* what s began with */
    backward(&s);
    for (int i = 0; i < s.M * s.D; i++)
        ck_assert_double_eq_tol(s.dq[i], u.dq[i] + t.dq[i], 1e-13);
    for (int i = 0; i < s.N * s.D; i++)
        ck_assert_double_eq_tol(s.dk[i], u.dk[i] + t.dk[i], 1e-13);
    for (int i = 0; i < s.N * s.E; i++)
        ck_assert_double_eq_tol(s.dv[i], u.dv[i] + t.dv[i], 1e-13);
    free_set(&s);
    free_set(&t);
    free_set(&u);
}
END_TEST

static hg_verdict verdict(set *s, real *x, const real *dx, int rows, int cols)
{
    hg_tensor t = {
        .name = "x", .rank = 2, .shape = {rows, cols}, .data = x, .grad = dx};
    hg_result r;
    ck_assert_int_eq(hg_differences(loss, s, &t, &r), HG_OK);
    return r.verdict;
}

/* The gradient by k agrees; each of these mistakes in it does not. */
START_TEST(mistakes_are_caught)
{
    set s = make_set(2, 3, 4, 5, 10);
    int n = s.N * s.D;
    memset(s.dk, 0, (size_t)n * sizeof *s.dk);
    memset(s.dq, 0, (size_t)(s.M * s.D) * sizeof *s.dq);
    memset(s.dv, 0, (size_t)(s.N * s.E) * sizeof *s.dv);
    forward(&s);
    backward(&s);
    ck_assert_int_eq(verdict(&s, s.q, s.dq, s.M, s.D), HG_AGREES);
    ck_assert_int_eq(verdict(&s, s.k, s.dk, s.N, s.D), HG_AGREES);
    ck_assert_int_eq(verdict(&s, s.v, s.dv, s.N, s.E), HG_AGREES);
    const double factor[] = {-1, 2, sqrt(4.0), 0.5, 0, 1 + 1e-6};
    real *wrong = malloc((size_t)n * sizeof *wrong);
    for (size_t f = 0; f < sizeof factor / sizeof *factor; f++) {
        for (int i = 0; i < n; i++)
            wrong[i] = factor[f] * s.dk[i];
        ck_assert_int_eq(verdict(&s, s.k, wrong, s.N, s.D), HG_DISAGREES);
    }
    for (int i = 0; i < n; i++) /* the rows moved on by one */
        wrong[i] = s.dk[(i + s.D) % n];
    ck_assert_int_eq(verdict(&s, s.k, wrong, s.N, s.D), HG_DISAGREES);
    free(wrong);
    free_set(&s);
}
END_TEST

/* Scores of 1e4 must not overflow, and a saturated softmax has no gradient. */
START_TEST(large_scores_are_finite)
{
    set s = make_set(1, 2, 3, 3, 11);
    s.scale = 1e4;
    memset(s.dq, 0, 3 * sizeof *s.dq);
    forward(&s);
    backward(&s);
    for (int i = 0; i < 3; i++) {
        ck_assert(isfinite(s.o[i]));
        ck_assert_double_eq(s.dq[i], 0);
    }
    free_set(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("11_attention");
    TCase *c = tcase_create("attention");
    const int shapes = sizeof sizes / sizeof *sizes;
    tcase_add_loop_test(c, the_output_is_the_definition, 0, shapes);
    tcase_add_loop_test(c, weights_sum_to_one_and_ignore_a_shift, 0, shapes);
    tcase_add_loop_test(c, backward_adds, 0, shapes);
    tcase_add_test(c, mistakes_are_caught);
    tcase_add_test(c, large_scores_are_finite);
    suite_add_tcase(suite, c);
    return suite_run(suite);
}
