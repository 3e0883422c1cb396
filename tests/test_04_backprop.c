/* SPDX-License-Identifier: MIT */
/* Tests of the dense layer and of the initialisations. */
#define CK_FLOATING_DIG 17
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "chapters/04_backprop/linear.h"
#include "lib/check/handgrad.h"
#include "tests/suite.h"

enum { W, B, X, PARAMETERS, UP = PARAMETERS, ALL };

typedef struct layer {
    int M, N, size[ALL];
    real *p[ALL], *d[PARAMETERS], *y;
} layer;

static real *numbers(int n, rng *g)
{
    real *x = malloc((size_t)n * sizeof *x);
    ck_assert_ptr_nonnull(x);
    for (int i = 0; i < n; i++)
        x[i] = rng_normal(g);
    return x;
}

static layer make_layer(int M, int N)
{
    rng g = rng_new(4, (uint64_t)(100 * M + N));
    layer l = {.M = M, .N = N, .size = {M * N, M, N, M}};
    for (int i = 0; i < ALL; i++)
        l.p[i] = numbers(l.size[i], &g);
    for (int i = 0; i < PARAMETERS; i++)
        l.d[i] = numbers(l.size[i], &g); /* gradient buffers begin full */
    l.y = numbers(M, &g);
    return l;
}

static void free_layer(layer *l)
{
    for (int i = 0; i < ALL; i++)
        free(l->p[i]);
    for (int i = 0; i < PARAMETERS; i++)
        free(l->d[i]);
    free(l->y);
}

static void forward(layer *l)
{
    linear_forward(l->M, l->N, l->y, (real(*)[l->N])l->p[W], l->p[B], l->p[X]);
}

static void backward(layer *l, real *dx)
{
    linear_backward(l->M, l->N, (real(*)[l->N])l->d[W], l->d[B], dx, l->p[UP],
                    (real(*)[l->N])l->p[W], l->p[X]);
}

/* L = sum_m up_m y_m. */
static int loss(void *context, double f[2])
{
    layer *l = context;
    forward(l);
    for (int m = 0; m < l->M; m++)
        f[0] += l->p[UP][m] * l->y[m];
    return 0;
}

static const int shapes[][2] = {{1, 1}, {1, 4}, {5, 1}, {3, 4}, {4, 3}};

START_TEST(backward_adds_the_gradient)
{
    layer l = make_layer(shapes[_i][0], shapes[_i][1]);
    layer before = make_layer(shapes[_i][0], shapes[_i][1]);
    forward(&l);
    backward(&l, l.d[X]);
    for (int i = 0; i < PARAMETERS; i++) {
        for (int k = 0; k < l.size[i]; k++)
            l.d[i][k] -= before.d[i][k];
        hg_tensor t = {.name = "parameter",
                       .rank = 1,
                       .shape = {l.size[i]},
                       .data = l.p[i],
                       .grad = l.d[i]};
        hg_result r;
        ck_assert_int_eq(hg_differences(loss, &l, &t, &r), HG_OK);
        ck_assert_int_eq(r.verdict, HG_AGREES);
        l.d[i][0] *= 1 + 1e-6;
        ck_assert_int_eq(hg_differences(loss, &l, &t, &r), HG_OK);
        ck_assert_int_eq(r.verdict, HG_DISAGREES);
    }
    free_layer(&l);
    free_layer(&before);
}
END_TEST

START_TEST(dx_may_be_missing)
{
    layer l = make_layer(3, 4), m = make_layer(3, 4);
    backward(&l, l.d[X]);
    backward(&m, NULL);
    ck_assert_mem_eq(l.d[W], m.d[W], 12 * sizeof(real));
    ck_assert_mem_eq(l.d[B], m.d[B], 3 * sizeof(real));
    free_layer(&l);
    free_layer(&m);
}
END_TEST

static double variance(int n, const real *x)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += x[i] * x[i];
    return sum / n;
}

START_TEST(initialisations_have_their_variance)
{
    enum { M = 100, N = 300, n = M * N };
    real *w = malloc(n * sizeof *w);
    ck_assert_ptr_nonnull(w);
    rng g = rng_new(1, 0);
    double limit = sqrt(6.0 / (M + N));
    glorot_uniform(M, N, (real(*)[N])w, &g);
    for (int i = 0; i < n; i++)
        ck_assert(w[i] >= -limit && w[i] < limit);
    ck_assert_double_eq_tol(variance(n, w) * (M + N) / 2, 1, 0.02);
    he_normal(M, N, (real(*)[N])w, &g);
    ck_assert_double_eq_tol(variance(n, w) * N / 2, 1, 0.03);
    uniform_fill(n, w, 0.1, &g);
    for (int i = 0; i < n; i++)
        ck_assert(w[i] >= -0.1 && w[i] < 0.1);
    ck_assert_double_eq_tol(variance(n, w) * 300, 1, 0.02);
    free(w);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("04_backprop");
    TCase *c = tcase_create("linear");
    tcase_add_loop_test(c, backward_adds_the_gradient, 0,
                        sizeof shapes / sizeof *shapes);
    tcase_add_test(c, dx_may_be_missing);
    tcase_add_test(c, initialisations_have_their_variance);
    suite_add_tcase(suite, c);
    return suite_run(suite);
}
