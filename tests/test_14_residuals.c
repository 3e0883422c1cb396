/* SPDX-License-Identifier: MIT */
/* Tests of chapter 14: blocks against the formulas written another way, shapes
 * with 1 among them, backward functions that add, mistakes that must be caught,
 * and what the experiment claims. */
#define CK_FLOATING_DIG 17
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "chapters/14_residuals/depth.h"
#include "chapters/14_residuals/residual.h"
#include "lib/check/handgrad.h"
#include "lib/rng.h"
#include "tests/suite.h"

/* Each array stands alone on the heap, so that the address sanitizer sees an
 * index that leaves it. */
static real *numbers(int n, rng *g)
{
    real *x = malloc((size_t)n * sizeof *x);
    ck_assert_ptr_nonnull(x);
    for (int i = 0; i < n; i++)
        x[i] = 0.6 * rng_normal(g);
    return x;
}

typedef struct block {
    int M, N, H;
    bool linear;
    residual_kind kind;
    int size[7]; /* of W1, b1, W2, b2, Ws, x, up */
    real *p[7], *d[7], *y, *a;
} block;

enum { W1, B1, W2, B2, WS, X, UP };

static block make_block(int M, int N, int H, bool linear, bool relu)
{
    rng g = rng_new(14, (uint64_t)(M + 10 * N + 100 * H + 2 * linear + relu));
    block b = {.M = M,
               .N = N,
               .H = H,
               .linear = linear,
               .kind = {.relu = relu, .shortcut = 0.9, .branch = 1.3},
               .size = {H * N, H, M * H, M, M * N, N, M}};
    for (int i = 0; i < 7; i++) {
        b.p[i] = numbers(b.size[i], &g);
        b.d[i] = numbers(b.size[i], &g); /* gradient buffers begin full */
    }
    b.y = numbers(M, &g);
    b.a = numbers(H, &g);
    return b;
}

static void free_block(block *b)
{
    for (int i = 0; i < 7; i++) {
        free(b->p[i]);
        free(b->d[i]);
    }
    free(b->y);
    free(b->a);
}

#define MATRIX(p, cols) ((real(*)[cols])(p))

static void forward(block *b)
{
    if (b->linear)
        projection_forward(b->M, b->N, b->H, b->y, b->a, b->kind.relu,
                           MATRIX(b->p[WS], b->N), MATRIX(b->p[W1], b->N),
                           b->p[B1], MATRIX(b->p[W2], b->H), b->p[B2], b->p[X]);
    else
        residual_forward(b->N, b->H, b->y, b->a, b->kind,
                         MATRIX(b->p[W1], b->N), b->p[B1],
                         MATRIX(b->p[W2], b->H), b->p[B2], b->p[X]);
}

static void backward(block *b)
{
    if (b->linear)
        projection_backward(
            b->M, b->N, b->H, MATRIX(b->d[WS], b->N), MATRIX(b->d[W1], b->N),
            b->d[B1], MATRIX(b->d[W2], b->H), b->d[B2], b->d[X], b->p[UP],
            b->kind.relu, b->a, MATRIX(b->p[WS], b->N), MATRIX(b->p[W1], b->N),
            MATRIX(b->p[W2], b->H), b->p[X]);
    else
        residual_backward(b->N, b->H, MATRIX(b->d[W1], b->N), b->d[B1],
                          MATRIX(b->d[W2], b->H), b->d[B2], b->d[X], b->p[UP],
                          b->kind, b->a, MATRIX(b->p[W1], b->N),
                          MATRIX(b->p[W2], b->H), b->p[X]);
}

static int loss(void *context, double f[2])
{
    block *b = context;
    forward(b);
    for (int m = 0; m < b->M; m++)
        f[0] += b->p[UP][m] * b->y[m];
    return 0;
}

/* M, N, H, linear, relu */
static const int shapes[][5] = {
    {1, 1, 1, 0, 0}, {3, 3, 2, 0, 0}, {2, 2, 5, 0, 1}, {4, 4, 1, 0, 1},
    {1, 3, 2, 1, 0}, {4, 2, 3, 1, 1}, {3, 1, 4, 1, 0}, {2, 3, 1, 1, 1},
};

static block shape_block(int i)
{
    const int *s = shapes[i];
    return make_block(s[0], s[1], s[2], s[3], s[4]);
}

START_TEST(the_output_is_the_formula)
{
    block b = shape_block(_i);
    forward(&b);
    for (int m = 0; m < b.M; m++) {
        long double F = b.p[B2][m], shortcut = 0;
        for (int h = 0; h < b.H; h++) {
            long double z = b.p[B1][h];
            for (int n = 0; n < b.N; n++)
                z += (long double)b.p[W1][h * b.N + n] * b.p[X][n];
            F += b.p[W2][m * b.H + h] *
                 (b.kind.relu ? (z > 0 ? z : 0) : tanhl(z));
        }
        for (int n = 0; n < b.N; n++)
            shortcut += (long double)b.p[WS][m * b.N + n] * b.p[X][n];
        long double y = b.linear
                            ? shortcut + F
                            : b.kind.shortcut * b.p[X][m] + b.kind.branch * F;
        ck_assert_double_eq_tol(b.y[m], (double)y,
                                1e-14 * (1 + fabs((double)y)));
    }
    free_block(&b);
}
END_TEST

/* Backward into full buffers: what was there, plus the gradient that
 * differences find. */
START_TEST(backward_adds_the_gradient)
{
    block b = shape_block(_i), before = shape_block(_i);
    forward(&b);
    backward(&b);
    for (int i = 0; i < 6; i++) {
        if (i == WS && !b.linear)
            continue;
        for (int k = 0; k < b.size[i]; k++)
            b.d[i][k] -= before.d[i][k];
        hg_tensor t = {.name = "parameter",
                       .rank = 1,
                       .shape = {b.size[i]},
                       .data = b.p[i],
                       .grad = b.d[i]};
        hg_result r;
        ck_assert_int_eq(hg_differences(loss, &b, &t, &r), HG_OK);
        bool dead = true; /* every hidden ReLU off: these gradients are zero */
        for (int h = 0; h < b.H; h++)
            dead = dead && b.kind.relu && !(b.a[h] > 0);
        ck_assert_msg(r.verdict == HG_AGREES || dead,
                      "parameter %d: %s, analytic %.17g numeric %.17g", i,
                      hg_verdict_name(r.verdict), r.analytic, r.numeric);
    }
    free_block(&b);
    free_block(&before);
}
END_TEST

/* The gradient of the input without the shortcut, without the branch, with a
 * neighbour's: all must be found wrong. */
START_TEST(mistakes_are_caught)
{
    block b = make_block(3, 3, 2, false, false);
    memset(b.d[X], 0, 3 * sizeof(real));
    forward(&b);
    backward(&b);
    real wrong[4][3];
    for (int n = 0; n < 3; n++) {
        wrong[0][n] = b.d[X][n] - b.kind.shortcut * b.p[UP][n];
        wrong[1][n] = b.kind.shortcut * b.p[UP][n];
        wrong[2][n] = b.d[X][(n + 1) % 3];
        wrong[3][n] = b.d[X][n] * (1 + 1e-6);
    }
    for (int i = 0; i < 4; i++) {
        hg_tensor t = {.name = "x",
                       .rank = 1,
                       .shape = {3},
                       .data = b.p[X],
                       .grad = wrong[i]};
        hg_result r;
        ck_assert_int_eq(hg_differences(loss, &b, &t, &r), HG_OK);
        ck_assert_int_eq(r.verdict, HG_DISAGREES);
    }
    free_block(&b);
}
END_TEST

/* The Jacobian's rows are what backward gives for unit vectors. */
START_TEST(the_jacobian_is_backward_row_by_row)
{
    block b = make_block(4, 4, 3, false, _i);
    real J[4][4];
    forward(&b);
    residual_jacobian(4, 3, J, b.kind, b.a, MATRIX(b.p[W1], 4),
                      MATRIX(b.p[W2], 3));
    for (int m = 0; m < 4; m++) {
        memset(b.d[X], 0, 4 * sizeof(real));
        for (int k = 0; k < 4; k++)
            b.p[UP][k] = k == m;
        backward(&b);
        for (int n = 0; n < 4; n++)
            ck_assert_double_eq_tol(J[m][n], b.d[X][n], 1e-14);
    }
    free_block(&b);
}
END_TEST

/* The claims of the experiment, three seeds: standard vanishes, the residual
 * ReLU grows as 2^(L/2), scaled by 1/sqrt(L) it stays near sqrt(e). */
START_TEST(depth_does_what_the_page_says)
{
    rng g = rng_new((uint64_t)_i, 30);
    double *w = depth_weights(&g);
    ck_assert_ptr_nonnull(w);
    const stack_kind standard = {"", false, false, 1.0 / 3, 0, false};
    const stack_kind residual = {"", true, true, 2, 1, false};
    const stack_kind scaled = {"", true, true, 2, 1, true};
    double lost = depth_gradient_ratio(standard, 100, w, &g);
    double grown = depth_gradient_ratio(residual, 50, w, &g);
    double kept = depth_gradient_ratio(scaled, 100, w, &g);
    ck_assert(lost < 1e-20);
    ck_assert(grown > 0x1p25 / 20 && grown < 0x1p25 * 20);
    ck_assert(kept > 1 && kept < 2.7);
    free(w);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("14_residuals");
    TCase *c = tcase_create("residuals");
    const int n = sizeof shapes / sizeof *shapes;
    tcase_add_loop_test(c, the_output_is_the_formula, 0, n);
    tcase_add_loop_test(c, backward_adds_the_gradient, 0, n);
    tcase_add_test(c, mistakes_are_caught);
    tcase_add_loop_test(c, the_jacobian_is_backward_row_by_row, 0, 2);
    tcase_add_loop_test(c, depth_does_what_the_page_says, 1, 4);
    suite_add_tcase(suite, c);
    return suite_run(suite);
}
