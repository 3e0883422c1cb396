/* SPDX-License-Identifier: MIT */
/* Tests of chapter 9: both forms of the GRU against their definitions written
 * another way, shapes with 1 among them, invariants, mistakes that must be
 * caught, and the networks of the comparison. */
#define CK_FLOATING_DIG 17
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "chapters/07_bptt/rnn.h"
#include "chapters/09_gru/compare.h"
#include "chapters/09_gru/gru.h"
#include "lib/check/handgrad.h"
#include "lib/rng.h"
#include "tests/suite.h"

/* Each array alone on the heap, so that the address sanitizer sees an index
 * that leaves it. */
typedef struct net {
    int T, D, H;
    gru_form form;
    real *W, *U, *b, *x, *h, *v, *up, *dW, *dU, *db, *dx, *dh;
} net;

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

static net make_net(int T, int D, int H, gru_form form, uint64_t seed)
{
    rng g = rng_new(seed, 0);
    net z = {.T = T, .D = D, .H = H, .form = form};
    z.W = numbers(GRU_GATES * H * D, &g);
    z.U = numbers(GRU_GATES * H * H, &g);
    z.b = numbers(GRU_ROWS * H, &g);
    z.x = numbers(T * D, &g);
    z.h = numbers((T + 1) * H, &g);
    z.up = numbers((T + 1) * H, &g);
    memset(z.up, 0, (size_t)H * sizeof *z.up); /* row 0 is an input */
    z.v = numbers(T * GRU_ROWS * H, &g);
    z.dW = zeros(GRU_GATES * H * D);
    z.dU = zeros(GRU_GATES * H * H);
    z.db = zeros(GRU_ROWS * H);
    z.dx = zeros(T * D);
    z.dh = zeros((T + 1) * H);
    memcpy(z.dh, z.up, (size_t)((T + 1) * H) * sizeof *z.dh);
    return z;
}

static void free_net(net *z)
{
    real *const all[] = {z->W,  z->U,  z->b,  z->x,  z->h,  z->v,
                         z->up, z->dW, z->dU, z->db, z->dx, z->dh};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

static void forward(net *z)
{
    const int D = z->D, H = z->H;
    gru_forward(z->T, D, H, z->form, (real(*)[H])z->h,
                (real(*)[GRU_ROWS][H])z->v, (real(*)[H][D])z->W,
                (real(*)[H][H])z->U, (real(*)[H])z->b, (real(*)[D])z->x);
}

static void backward(net *z)
{
    const int D = z->D, H = z->H;
    gru_backward(z->T, D, H, z->form, (real(*)[H][D])z->dW,
                 (real(*)[H][H])z->dU, (real(*)[H])z->db, (real(*)[D])z->dx,
                 (real(*)[H])z->dh, (real(*)[GRU_ROWS][H])z->v,
                 (real(*)[H])z->h, (real(*)[H][D])z->W, (real(*)[H][H])z->U,
                 (real(*)[D])z->x);
}

static int loss(void *context, double f[2])
{
    net *z = context;
    forward(z);
    for (int i = z->H; i < (z->T + 1) * z->H; i++)
        f[0] += z->up[i] * z->h[i];
    return 0;
}

/* T, D, H; every size with both forms. */
static const int sizes[][3] = {{1, 1, 1}, {3, 1, 1}, {1, 3, 2},
                               {4, 2, 3}, {2, 5, 1}, {6, 1, 4}};
enum { SIZES = 2 * sizeof sizes / sizeof *sizes };

static net net_of(int i, uint64_t seed)
{
    const int *s = sizes[i / 2];
    return make_net(s[0], s[1], s[2], i % 2 ? RESET_AFTER : RESET_BEFORE, seed);
}

/* The values of the article's example, from a program that is not this one. */
START_TEST(the_worked_example)
{
    const real W[GRU_GATES][1][1] = {{{.5}}, {{.4}}, {{.3}}};
    const real U[GRU_GATES][1][1] = {{{.1}}, {{.2}}, {{.3}}};
    const real b[GRU_ROWS][1] = {{0}, {0}, {.1}, {0}}, x = 1, h0 = .5;
    real h, v[GRU_ROWS][1];
    gru_before_step_forward(1, 1, &h, v, W, U, b, &x, &h0);
    const double want[] = {0.63413559101080068, 0.62245933120185456,
                           0.45827091600386102, 0.4842455737197637};
    for (int i = 0; i < 3; i++)
        ck_assert_double_eq_tol(v[i][0], want[i], 1e-15);
    ck_assert_double_eq_tol(h, want[3], 1e-15);
    gru_after_step_forward(1, 1, &h, v, W, U, b, &x, &h0);
    ck_assert_double_eq_tol(h, want[3], 1e-15);
}
END_TEST

/* One unit of one step in long double, straight from the formulas. */
static long double squash(long double a)
{
    return 1 / (1 + expl(-a));
}

static long double gate(const net *z, int row, int t, int j)
{
    long double a = z->b[row * z->H + j];
    for (int d = 0; d < z->D; d++)
        a += (long double)z->W[(row * z->H + j) * z->D + d] *
             z->x[(t - 1) * z->D + d];
    for (int k = 0; k < z->H && row != NEW; k++)
        a += (long double)z->U[(row * z->H + j) * z->H + k] *
             z->h[(t - 1) * z->H + k];
    return a;
}

START_TEST(the_state_is_the_definition)
{
    net z = net_of(_i, 3);
    forward(&z);
    for (int t = 1; t <= z.T; t++)
        for (int j = 0; j < z.H; j++) {
            long double inner =
                z.form == RESET_AFTER ? z.b[INNER * z.H + j] : 0;
            for (int k = 0; k < z.H; k++) {
                long double r =
                    z.form == RESET_BEFORE ? squash(gate(&z, RESET, t, k)) : 1;
                inner +=
                    z.U[(NEW * z.H + j) * z.H + k] * r * z.h[(t - 1) * z.H + k];
            }
            if (z.form == RESET_AFTER)
                inner *= squash(gate(&z, RESET, t, j));
            long double n = tanhl(gate(&z, NEW, t, j) + inner);
            long double u = squash(gate(&z, UPDATE, t, j));
            long double want = (1 - u) * n + u * z.h[(t - 1) * z.H + j];
            ck_assert_double_eq_tol(z.h[t * z.H + j], (double)want, 1e-14);
        }
    free_net(&z);
}
END_TEST

static hg_verdict verdict(net *z, real *x, const real *dx, int n)
{
    hg_tensor t = {.name = "x", .rank = 1, .shape = {n}, .data = x, .grad = dx};
    hg_result r;
    ck_assert_int_eq(hg_differences(loss, z, &t, &r), HG_OK);
    return r.verdict;
}

START_TEST(the_gradients_agree)
{
    net z = net_of(_i, 4);
    forward(&z);
    backward(&z);
    const int D = z.D, H = z.H;
    int biases = z.form == RESET_AFTER ? GRU_ROWS : GRU_GATES;
    ck_assert_int_eq(verdict(&z, z.W, z.dW, GRU_GATES * H * D), HG_AGREES);
    ck_assert_int_eq(verdict(&z, z.U, z.dU, GRU_GATES * H * H), HG_AGREES);
    ck_assert_int_eq(verdict(&z, z.b, z.db, biases * H), HG_AGREES);
    ck_assert_int_eq(verdict(&z, z.x, z.dx, z.T * D), HG_AGREES);
    ck_assert_int_eq(verdict(&z, z.h, z.dh, H), HG_AGREES);
    if (z.form == RESET_BEFORE) /* nothing depends on b_q */
        for (int j = 0; j < H; j++)
            ck_assert_double_eq(z.db[INNER * H + j], 0);
    free_net(&z);
}
END_TEST

/* From buffers of other numbers it arrives at those plus the gradient. */
START_TEST(the_backward_adds)
{
    net z = net_of(_i, 5), y = net_of(_i, 5);
    rng g = rng_new(6, 0);
    const int n[] = {GRU_GATES * z.H * z.D, GRU_GATES * z.H * z.H,
                     GRU_ROWS * z.H, z.T * z.D};
    real *const to[] = {y.dW, y.dU, y.db, y.dx};
    const real *const from[] = {z.dW, z.dU, z.db, z.dx};
    forward(&z);
    backward(&z);
    forward(&y);
    real *before[4];
    for (int k = 0; k < 4; k++) {
        before[k] = numbers(n[k], &g);
        memcpy(to[k], before[k], (size_t)n[k] * sizeof **to);
    }
    backward(&y);
    for (int k = 0; k < 4; k++) {
        for (int i = 0; i < n[k]; i++)
            ck_assert_double_eq_tol(to[k][i], before[k][i] + from[k][i],
                                    1e-13 * (1 + fabs(from[k][i])));
        free(before[k]);
    }
    free_net(&z);
    free_net(&y);
}
END_TEST

/* dh of the last step times the Jacobians is dh of the first. */
START_TEST(jacobians_are_the_backward)
{
    net z = net_of(_i, 7);
    const int H = z.H;
    memset(z.dh, 0, (size_t)(z.T * H) * sizeof *z.dh);
    forward(&z);
    backward(&z);
    real row[H], next[H], J[H][H];
    memcpy(row, &z.up[z.T * H], sizeof row);
    for (int t = z.T; t >= 1; t--) {
        gru_jacobian(H, z.form, J,
                     ((const real(*)[GRU_ROWS][H])(const void *)z.v)[t - 1],
                     (real(*)[H][H])z.U, &z.h[(t - 1) * H]);
        for (int k = 0; k < H; k++) {
            next[k] = 0;
            for (int j = 0; j < H; j++)
                next[k] += row[j] * J[j][k];
        }
        memcpy(row, next, sizeof row);
    }
    for (int k = 0; k < H; k++)
        ck_assert_double_eq_tol(row[k], z.dh[k], 1e-13);
    free_net(&z);
}
END_TEST

/* Every mistake in the gradient of U must be seen. */
START_TEST(mistakes_are_caught)
{
    net z = make_net(4, 2, 3, _i ? RESET_AFTER : RESET_BEFORE, 8);
    int n = GRU_GATES * z.H * z.H;
    forward(&z);
    backward(&z);
    const double factor[] = {-1, 2, 0.5, 0, 1 + 1e-6};
    real *wrong = zeros(n);
    for (size_t f = 0; f < sizeof factor / sizeof *factor; f++) {
        for (int i = 0; i < n; i++)
            wrong[i] = factor[f] * z.dU[i];
        ck_assert_int_eq(verdict(&z, z.U, wrong, n), HG_DISAGREES);
    }
    for (int i = 0; i < n; i++) /* the gates in another order */
        wrong[i] = z.dU[(i + z.H * z.H) % n];
    ck_assert_int_eq(verdict(&z, z.U, wrong, n), HG_DISAGREES);
    free(wrong);
    free_net(&z);
}
END_TEST

/* z held at 1: the state stays to the bit, and so does its gradient. */
START_TEST(an_update_gate_that_holds)
{
    net z = make_net(6, 2, 3, _i ? RESET_AFTER : RESET_BEFORE, 9);
    memset(&z.W[UPDATE * z.H * z.D], 0, (size_t)(z.H * z.D) * sizeof *z.W);
    memset(&z.U[UPDATE * z.H * z.H], 0, (size_t)(z.H * z.H) * sizeof *z.U);
    for (int j = 0; j < z.H; j++)
        z.b[UPDATE * z.H + j] = 40;
    memset(z.dh, 0, (size_t)(z.T * z.H) * sizeof *z.dh);
    forward(&z);
    backward(&z);
    for (int j = 0; j < z.H; j++) {
        ck_assert_double_eq(z.h[z.T * z.H + j], z.h[j]);
        ck_assert_double_eq(z.dh[j], z.up[z.T * z.H + j]);
    }
    free_net(&z);
}
END_TEST

/* r = 1 and z = 0: chapter 7's network without its signal. */
START_TEST(a_simple_network_is_a_special_case)
{
    enum { T = 5, D = 2, H = 3 };
    net z = make_net(T, D, H, _i ? RESET_AFTER : RESET_BEFORE, 10);
    memset(z.W, 0, (size_t)(NEW * H * D) * sizeof *z.W);
    memset(z.U, 0, (size_t)(NEW * H * H) * sizeof *z.U);
    for (int j = 0; j < H; j++) {
        z.b[RESET * H + j] = 40;
        z.b[UPDATE * H + j] = -40;
        z.b[INNER * H + j] = 0;
    }
    forward(&z);
    backward(&z);
    int n = rnn_size(D, H, 1, H);
    real *w = zeros(n), *dw = zeros(n), h[T + 1][H], c[T + 1][1], y[T][H];
    rnn simple = rnn_view(D, H, 1, H, w), gradient = rnn_view(D, H, 1, H, dw);
    memcpy(simple.A, &z.W[NEW * H * D], H * D * sizeof *w);
    memcpy(simple.U, &z.U[NEW * H * H], H * H * sizeof *w);
    memcpy(simple.b, &z.b[NEW * H], H * sizeof *w);
    for (int j = 0; j < H; j++)
        simple.P[j * H + j] = 1; /* y_t = h_t */
    memcpy(h[0], z.h, sizeof h[0]);
    c[0][0] = 0;
    rnn_forward(T, &simple, h, c, y, (real(*)[D])z.x);
    rnn_backward(T, &simple, &gradient, NULL, NULL, NULL,
                 (real(*)[H]) & z.up[H], h, c, (real(*)[D])z.x);
    for (int i = 0; i < T * H; i++)
        ck_assert_double_eq_tol(z.h[H + i], h[1 + i / H][i % H], 1e-14);
    for (int i = 0; i < H * D; i++)
        ck_assert_double_eq_tol(z.dW[NEW * H * D + i], gradient.A[i], 1e-13);
    for (int i = 0; i < H * H; i++)
        ck_assert_double_eq_tol(z.dU[NEW * H * H + i], gradient.U[i], 1e-13);
    free(w);
    free(dw);
    free_net(&z);
}
END_TEST

/* With a diagonal U_n and no b_q the forms are one; else they are not. */
START_TEST(the_forms_agree_where_they_should)
{
    for (int diagonal = 0; diagonal < 2; diagonal++) {
        net z = make_net(4, 2, 3, RESET_BEFORE, 11);
        net y = make_net(4, 2, 3, RESET_AFTER, 11);
        double apart = 0;
        for (int j = 0; j < 3; j++) {
            y.b[INNER * 3 + j] = 0;
            for (int k = 0; k < 3; k++)
                if (diagonal && j != k)
                    z.U[(NEW * 3 + j) * 3 + k] = y.U[(NEW * 3 + j) * 3 + k] = 0;
        }
        forward(&z);
        forward(&y);
        for (int i = 0; i < 5 * 3; i++)
            apart = fmax(apart, fabs(z.h[i] - y.h[i]));
        ck_assert(diagonal ? apart < 1e-15 : apart > 1e-3);
        free_net(&z);
        free_net(&y);
    }
}
END_TEST

START_TEST(large_inputs_are_finite)
{
    net z = make_net(4, 2, 3, _i ? RESET_AFTER : RESET_BEFORE, 12);
    for (int i = 0; i < 8; i++)
        z.x[i] *= 1e4;
    forward(&z);
    backward(&z);
    for (int i = 0; i < GRU_GATES * 3 * 2; i++)
        ck_assert(isfinite(z.dW[i]));
    for (int i = 3; i < 15; i++) /* a mean of candidate and old state */
        ck_assert(fabs(z.h[i]) <= fmax(1, fabs(z.h[i % 3])));
    free_net(&z);
}
END_TEST

/* ---- the comparison ------------------------------------------------------ */

START_TEST(equal_numbers_of_weights)
{
    ck_assert_int_eq(gru_weights(PAIR_INPUTS, GRU_UNITS), 180);
    ck_assert_int_eq(lstm_weights(PAIR_INPUTS, LSTM_UNITS), 180);
    gru_net w;
    ck_assert_uint_eq(sizeof w.W + sizeof w.U + GRU_GATES * sizeof w.b[0],
                      180 * sizeof(real));
    lstm_net l;
    ck_assert_uint_eq(sizeof l.W + sizeof l.U + sizeof l.b, 180 * sizeof(real));
}
END_TEST

START_TEST(sequences_are_as_described)
{
    rng g = rng_new(1, 2);
    int seen[PAIR_ANSWERS] = {0};
    for (int n = 0; n < 400; n++) {
        pair q;
        pair_draw(&q, &g);
        seen[q.answer]++;
        int found[2] = {-1, -1}, symbols = 0, at[2] = {0};
        for (int t = 0; t < PAIR_STEPS; t++) {
            ck_assert(fabs(q.x[t][2]) <= 1);
            for (int s = 0; s < 2; s++)
                if (q.x[t][s] != 0) {
                    ck_assert_double_eq(q.x[t][s], 1);
                    ck_assert_int_lt(symbols, 2);
                    found[symbols] = s;
                    at[symbols++] = t;
                }
        }
        ck_assert_int_eq(symbols, 2);
        ck_assert_int_eq(q.answer, 2 * found[0] + found[1]);
        ck_assert(at[0] < 5 && at[1] >= 10 && at[1] < 15);
    }
    for (int k = 0; k < PAIR_ANSWERS; k++)
        ck_assert_int_gt(seen[k], 60);
}
END_TEST

/* Weights of zero: the answer is a guess, and its loss ln 4. */
START_TEST(a_guess_costs_ln_4)
{
    static gru_net w;
    static lstm_net l;
    gru_pass z;
    lstm_pass y;
    pair q;
    rng g = rng_new(1, 2);
    pair_draw(&q, &g);
    ck_assert_double_eq_tol(gru_net_forward(&z, RESET_AFTER, &w, &q), log(4.0),
                            1e-15);
    ck_assert_double_eq_tol(lstm_net_forward(&y, &l, &q), log(4.0), 1e-15);
}
END_TEST

/* dloss is a factor of the whole gradient, of both networks. */
START_TEST(dloss_is_a_factor)
{
    static gru_net w, a, b;
    static lstm_net l, c, d;
    enum { NW = sizeof w / sizeof(real), NL = sizeof l / sizeof(real) };
    real dx[2][PAIR_STEPS][PAIR_INPUTS] = {{{0}}};
    gru_pass z;
    lstm_pass y;
    pair q;
    rng g = rng_new(3, 0);
    for (int i = 0; i < NW; i++)
        ((real *)&w)[i] = 0.5 * rng_normal(&g);
    for (int i = 0; i < NL; i++)
        ((real *)&l)[i] = 0.5 * rng_normal(&g);
    pair_draw(&q, &g);
    gru_net_forward(&z, RESET_BEFORE, &w, &q);
    gru_net_backward(&a, dx[0], 1, &z, RESET_BEFORE, &w, &q);
    gru_net_backward(&b, dx[1], -0.64, &z, RESET_BEFORE, &w, &q);
    lstm_net_forward(&y, &l, &q);
    lstm_net_backward(&c, dx[0], 1, &y, &l, &q);
    lstm_net_backward(&d, dx[1], -0.64, &y, &l, &q);
    for (int i = 0; i < NW; i++)
        ck_assert_double_eq_tol(((real *)&b)[i], -0.64 * ((real *)&a)[i],
                                1e-15);
    for (int i = 0; i < NL; i++)
        ck_assert_double_eq_tol(((real *)&d)[i], -0.64 * ((real *)&c)[i],
                                1e-15);
    for (int i = 0; i < PAIR_STEPS * PAIR_INPUTS; i++)
        ck_assert_double_eq_tol(((real *)dx[1])[i], -0.64 * ((real *)dx[0])[i],
                                1e-15);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("09_gru");
    TCase *c = tcase_create("shapes and forms");
    tcase_set_timeout(c, 120);
    tcase_add_loop_test(c, the_state_is_the_definition, 0, SIZES);
    tcase_add_loop_test(c, the_gradients_agree, 0, SIZES);
    tcase_add_loop_test(c, the_backward_adds, 0, SIZES);
    tcase_add_loop_test(c, jacobians_are_the_backward, 0, SIZES);
    tcase_add_loop_test(c, mistakes_are_caught, 0, 2);
    tcase_add_loop_test(c, an_update_gate_that_holds, 0, 2);
    tcase_add_loop_test(c, a_simple_network_is_a_special_case, 0, 2);
    tcase_add_loop_test(c, large_inputs_are_finite, 0, 2);
    suite_add_tcase(suite, c);
    SUITE_ADD(suite, the_worked_example);
    SUITE_ADD(suite, the_forms_agree_where_they_should);
    SUITE_ADD(suite, equal_numbers_of_weights);
    SUITE_ADD(suite, sequences_are_as_described);
    SUITE_ADD(suite, a_guess_costs_ln_4);
    SUITE_ADD(suite, dloss_is_a_factor);
    return suite_run(suite);
}
