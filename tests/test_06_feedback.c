/* SPDX-License-Identifier: MIT */
/* Tests of chapter 6: loops against their definitions written another way, shapes
 * with 1 among them, backward functions that add, mistakes that must be caught,
 * and what the page says of graphs, equilibria and energy. */
#define CK_FLOATING_DIG 17
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "chapters/06_feedback/back_edges.h"
#include "chapters/06_feedback/drawings.h"
#include "chapters/06_feedback/experiments.h"
#include "chapters/06_feedback/hopfield.h"
#include "chapters/06_feedback/loop_net.h"
#include "chapters/06_feedback/simple_net.h"
#include "chapters/06_feedback/unit.h"
#include "lib/check/handgrad.h"
#include "lib/rng.h"
#include "tests/suite.h"

/* Each array stands alone on the heap, so that the address sanitizer sees an
 * index that leaves it. */
static real *numbers(int n, double size, rng *g)
{
    real *x = malloc((size_t)n * sizeof *x);
    ck_assert_ptr_nonnull(x);
    for (int i = 0; i < n; i++)
        x[i] = size * rng_normal(g);
    return x;
}

static real *copy(int n, const real *x)
{
    real *y = malloc((size_t)n * sizeof *y);
    ck_assert_ptr_nonnull(y);
    memcpy(y, x, (size_t)n * sizeof *y);
    return y;
}

static void same(int n, const real *x, const real *y, double relative)
{
    double largest = 0;
    for (int i = 0; i < n; i++)
        largest = fmax(largest, fabs(y[i]));
    for (int i = 0; i < n; i++)
        ck_assert_double_eq_tol(x[i], y[i], relative * largest);
}

/* ---- graphs -------------------------------------------------------------- */

START_TEST(arrows_are_read)
{
    arrows a = arrows_read("BA, AC  CB x QQ");
    const int tail[] = {0, 1, 2, 3}, head[] = {1, 2, 0, 3};
    ck_assert_int_eq(a.nodes, 4); /* B, A, C, Q */
    ck_assert_int_eq(a.edges, 4);
    for (int e = 0; e < 4; e++) {
        ck_assert_int_eq(a.tail[e], tail[e]);
        ck_assert_int_eq(a.head[e], head[e]);
    }
    ck_assert_int_eq(back_edges(&a), 2);
    ck_assert_int_eq(sorted_nodes(&a), 0);
    a = arrows_read("");
    ck_assert_int_eq(a.nodes + a.edges + back_edges(&a) + sorted_nodes(&a), 0);
    char many[3 * (MOST_ARROWS + 5) + 1] = "";
    for (int k = 0; k < MOST_ARROWS + 5; k++)
        strcat(many, "AB ");
    a = arrows_read(many);
    ck_assert_int_eq(a.edges, MOST_ARROWS);
}
END_TEST

/* Whether a graph has a cycle, by its reachability. */
static int has_cycle(const arrows *a)
{
    int reach[26][26] = {{0}};
    for (int e = 0; e < a->edges; e++)
        reach[a->tail[e]][a->head[e]] = 1;
    for (int k = 0; k < a->nodes; k++)
        for (int i = 0; i < a->nodes; i++)
            for (int j = 0; j < a->nodes; j++)
                reach[i][j] |= reach[i][k] && reach[k][j];
    for (int i = 0; i < a->nodes; i++)
        if (reach[i][i])
            return 1;
    return 0;
}

START_TEST(an_arrow_leads_back_exactly_where_there_is_a_cycle)
{
    int cyclic = 0;
    rng g = rng_new(6, 1);
    for (int trial = 0; trial < 500; trial++) {
        arrows a = {.nodes = 2 + rng_below(&g, 7)};
        a.edges = rng_below(&g, 2 * a.nodes);
        for (int e = 0; e < a.edges; e++) {
            a.tail[e] = rng_below(&g, a.nodes);
            a.head[e] = rng_below(&g, a.nodes);
        }
        int cycle = has_cycle(&a);
        cyclic += cycle;
        ck_assert_int_eq(back_edges(&a) > 0, cycle);
        ck_assert_int_eq(sorted_nodes(&a) < a.nodes, cycle);
    }
    ck_assert_int_gt(cyclic, 100);
    ck_assert_int_lt(cyclic, 400);
}
END_TEST

START_TEST(two_of_the_articles_drawings_lead_back)
{
    int loops = 0;
    for (int k = 0; k < DRAWN_IN_ARTICLES; k++) {
        arrows a = arrows_read(drawn_in_articles[k].pairs);
        int want = strncmp(drawn_in_articles[k].name, "S3-08", 5) == 0   ? 1
                   : strncmp(drawn_in_articles[k].name, "S3-16", 5) == 0 ? 2
                                                                         : 0;
        ck_assert_int_eq(back_edges(&a), want);
        loops += want > 0;
    }
    ck_assert_int_eq(loops, 2);
    for (int k = 0; k < DRAWN_HERE; k++) {
        arrows a = arrows_read(drawn_here[k].pairs);
        ck_assert_int_eq(back_edges(&a) == 0,
                         strstr(drawn_here[k].name, "unrolled") != NULL);
    }
}
END_TEST

/* ---- one unit ------------------------------------------------------------ */

START_TEST(two_units_compute_parity_of_any_length)
{
    for (int n = 1; n <= 10; n++)
        for (int number = 0; number < 1 << n; number++) {
            int bit[10], odd = 0;
            for (int k = 0; k < n; k++)
                odd ^= bit[k] = number >> k & 1;
            ck_assert_int_eq(parity_of(n, bit), odd);
        }
    int *bit = malloc(10001 * sizeof *bit), odd = 0;
    rng g = rng_new(6, 2);
    for (int k = 0; k < 10001; k++)
        odd ^= bit[k] = rng_below(&g, 2);
    ck_assert_int_eq(parity_of(10001, bit), odd);
    free(bit);
}
END_TEST

START_TEST(a_unit_ends_where_its_slope_allows)
{
    ck_assert_double_eq_tol(unit_step(0.7, -0.2, 1.3), tanh(0.71), 1e-15);
    ck_assert_double_eq_tol(unit_run(3, 0.7, -0.2, 1.3),
                            tanh(0.7 * tanh(0.7 * tanh(0.71) - 0.2) - 0.2),
                            1e-15);
    ck_assert_double_eq(unit_run(0, 0.7, -0.2, 1.3), 1.3);
    for (int k = -20; k <= 20; k++) {
        double w = 0.15 * k, x = unit_run(5000, w, 0, 0.5);
        double next = unit_step(w, 0, x);
        if (fabs(w) < 1)
            ck_assert_double_eq_tol(x, 0, 1e-12);
        else
            ck_assert_double_gt(fabs(x), 0.1);
        ck_assert_double_eq_tol(next, w < -1 ? -x : x, 1e-9);
        ck_assert_double_lt(fabs(unit_slope(w, x)), 1);
        double h = 1e-6, up = unit_step(w, 0, x + h),
               down = unit_step(w, 0, x - h);
        ck_assert_double_eq_tol((up - down) / (2 * h), unit_slope(w, next),
                                1e-8);
    }
}
END_TEST

START_TEST(the_implicit_gradient_of_a_unit_adds)
{
    const double w[] = {0.5, -0.8, 1.7, 0}, b[] = {0.4, 0.3, 0.2, -1.1};
    for (int k = 0; k < 4; k++) {
        double dw = 2.385, db = -0.64, up = 1.3, h = 1e-6;
        double x = unit_run(5000, w[k], b[k], 0.5);
        unit_implicit(&dw, &db, up, w[k], x);
        double by_w = unit_run(5000, w[k] + h, b[k], 0.5) -
                      unit_run(5000, w[k] - h, b[k], 0.5);
        double by_b = unit_run(5000, w[k], b[k] + h, 0.5) -
                      unit_run(5000, w[k], b[k] - h, 0.5);
        ck_assert_double_eq_tol(dw - 2.385, up * by_w / (2 * h), 1e-8);
        ck_assert_double_eq_tol(db + 0.64, up * by_b / (2 * h), 1e-8);
    }
}
END_TEST

START_TEST(noise_is_amplified_by_every_loop)
{
    ck_assert_double_eq(noise_gain(0), 1);
    ck_assert_double_eq(noise_gain_after(0, 0.9), 0);
    ck_assert_double_eq(noise_gain_after(1, 0.9), 1);
    ck_assert_double_eq_tol(noise_gain_after(3, 0.5), 1 + 0.25 + 0.0625, 1e-15);
    for (int k = 1; k < 10; k++) {
        double w = 0.1 * k;
        ck_assert_double_gt(noise_gain(w), 1);
        ck_assert_double_eq_tol(noise_gain(-w), noise_gain(w), 1e-15);
        ck_assert_double_eq_tol(noise_gain_after(1000, w), noise_gain(w),
                                1e-12);
    }
}
END_TEST

/* ---- the simple recurrent network ---------------------------------------- */

typedef struct simple_set {
    int T, D, H, M, P;
    real *w, *dw, *x, *dx, *h, *y, *e, *dh0, *dy0;
} simple_set;

static const int simple_sizes[][4] = {
    {1, 1, 1, 1}, {3, 2, 4, 1}, {4, 1, 1, 3}, {2, 3, 1, 1}, {5, 2, 3, 4}};
enum { SIMPLE_SIZES = sizeof simple_sizes / sizeof *simple_sizes };

static simple_set make_simple(const int size[4])
{
    simple_set s = {.T = size[0], .D = size[1], .H = size[2], .M = size[3]};
    rng g = rng_new(6, (uint64_t)(s.T + 10 * s.D + 100 * s.H + 1000 * s.M));
    s.P = simple_size(s.D, s.H, s.M);
    s.w = numbers(s.P, 1, &g);
    s.dw = numbers(s.P, 1, &g);
    s.x = numbers(s.T * s.D, 1, &g);
    s.dx = numbers(s.T * s.D, 1, &g);
    s.h = numbers((s.T + 1) * s.H, 0.5, &g);
    s.y = numbers((s.T + 1) * s.M, 0.5, &g);
    s.e = numbers(s.T * s.M, 1, &g);
    s.dh0 = numbers(s.H, 1, &g);
    s.dy0 = numbers(s.M, 1, &g);
    return s;
}

static void free_simple(simple_set *s)
{
    real *const all[] = {s->w, s->dw, s->x,   s->dx, s->h,
                         s->y, s->e,  s->dh0, s->dy0};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

static void simple_run(simple_set *s)
{
    const simple_net n = simple_view(s->D, s->H, s->M, s->w);
    simple_forward(s->T, &n, (real(*)[s->H])s->h, (real(*)[s->M])s->y,
                   (real(*)[s->D])s->x);
}

static void simple_back(simple_set *s)
{
    const simple_net n = simple_view(s->D, s->H, s->M, s->w);
    const simple_net d = simple_view(s->D, s->H, s->M, s->dw);
    simple_backward(s->T, &n, &d, (real(*)[s->D])s->dx, s->dh0, s->dy0,
                    (real(*)[s->M])s->e, (real(*)[s->H])s->h,
                    (real(*)[s->M])s->y, (real(*)[s->D])s->x);
}

/* From the parameters as one vector, in the order of simple_view, and in long
 * double. */
START_TEST(the_simple_network_is_its_definition)
{
    simple_set s = make_simple(simple_sizes[_i]);
    int D = s.D, H = s.H, M = s.M;
    const real *U = s.w + H * D, *B = U + H * H, *b = B + H * M, *V = b + H,
               *c = V + M * H;
    simple_run(&s);
    for (int t = 1; t <= s.T; t++) {
        for (int i = 0; i < H; i++) {
            long double z = b[i];
            for (int d = 0; d < D; d++)
                z += (long double)s.w[i * D + d] * s.x[(t - 1) * D + d];
            for (int j = 0; j < H; j++)
                z += (long double)U[i * H + j] * s.h[(t - 1) * H + j];
            for (int m = 0; m < M; m++)
                z += (long double)B[i * M + m] * s.y[(t - 1) * M + m];
            ck_assert_double_eq_tol(s.h[t * H + i],
                                    (double)(1 / (1 + expl(-z))), 1e-14);
        }
        for (int m = 0; m < M; m++) {
            long double r = c[m];
            for (int i = 0; i < H; i++)
                r += (long double)V[m * H + i] * s.h[t * H + i];
            ck_assert_double_eq_tol(s.y[t * M + m],
                                    (double)(1 / (1 + expl(-r))), 1e-14);
        }
    }
    free_simple(&s);
}
END_TEST

static int simple_value(void *context, double f[2])
{
    simple_set *s = context;
    simple_run(s);
    for (int i = 0; i < s->T * s->M; i++)
        f[0] += s->e[i] * s->y[s->M + i];
    return 0;
}

/* The gradient without what stood in the buffer before. */
static hg_verdict judge(hg_loss loss, void *context, int n, real *x,
                        const real *after, const real *before, double factor)
{
    real *grad = malloc((size_t)n * sizeof *grad);
    hg_result r;
    for (int i = 0; i < n; i++)
        grad[i] = factor * (after[i] - before[i]);
    hg_tensor t = {
        .name = "x", .rank = 1, .shape = {n}, .data = x, .grad = grad};
    ck_assert_int_eq(hg_differences(loss, context, &t, &r), HG_OK);
    free(grad);
    return r.verdict;
}

START_TEST(the_simple_backward_adds_the_gradient)
{
    simple_set s = make_simple(simple_sizes[_i]),
               u = make_simple(simple_sizes[_i]);
    simple_run(&s);
    simple_back(&s);
    ck_assert_int_eq(judge(simple_value, &s, s.P, s.w, s.dw, u.dw, 1),
                     HG_AGREES);
    ck_assert_int_eq(judge(simple_value, &s, s.T * s.D, s.x, s.dx, u.dx, 1),
                     HG_AGREES);
    ck_assert_int_eq(judge(simple_value, &s, s.H, s.h, s.dh0, u.dh0, 1),
                     HG_AGREES);
    ck_assert_int_eq(judge(simple_value, &s, s.M, s.y, s.dy0, u.dy0, 1),
                     HG_AGREES);
    const double wrong[] = {-1, 2, 0.5, 0, 1 + 1e-5};
    for (int k = 0; k < 5; k++)
        ck_assert_int_eq(
            judge(simple_value, &s, s.P, s.w, s.dw, u.dw, wrong[k]),
            HG_DISAGREES);
    free_simple(&s);
    free_simple(&u);
}
END_TEST

START_TEST(gradients_that_nobody_wants_may_be_null)
{
    simple_set s = make_simple(simple_sizes[4]),
               u = make_simple(simple_sizes[4]);
    const simple_net n = simple_view(s.D, s.H, s.M, s.w);
    const simple_net d = simple_view(s.D, s.H, s.M, s.dw);
    simple_run(&s);
    simple_backward(s.T, &n, &d, NULL, NULL, NULL, (real(*)[s.M])s.e,
                    (real(*)[s.H])s.h, (real(*)[s.M])s.y, (real(*)[s.D])s.x);
    simple_run(&u);
    simple_back(&u);
    same(s.P, s.dw, u.dw, 1e-15);
    free_simple(&s);
    free_simple(&u);
}
END_TEST

/* ---- the loop of dense layers -------------------------------------------- */

typedef struct loop_set {
    int K, D, H, M, P;
    real *w, *dw, *x, *dx, *y0, *dy0, *up, *s, *h, *y;
} loop_set;

static const int loop_sizes[][4] = {
    {1, 1, 1, 1}, {3, 2, 4, 1}, {4, 1, 1, 3}, {2, 3, 1, 2}, {5, 2, 3, 4}};
enum { LOOP_SIZES = sizeof loop_sizes / sizeof *loop_sizes };

static loop_set make_loop(const int size[4], double weights)
{
    loop_set a = {.K = size[0], .D = size[1], .H = size[2], .M = size[3]};
    rng g = rng_new(66, (uint64_t)(a.K + 10 * a.D + 100 * a.H + 1000 * a.M));
    a.P = loop_net_size(a.D, a.H, a.M);
    a.w = numbers(a.P, weights, &g);
    a.dw = numbers(a.P, 1, &g);
    a.x = numbers(a.D, 1, &g);
    a.dx = numbers(a.D, 1, &g);
    a.y0 = numbers(a.M, 0.5, &g);
    a.dy0 = numbers(a.M, 1, &g);
    a.up = numbers(a.M, 1, &g);
    a.s = numbers(a.K * a.D, 1, &g);
    a.h = numbers(a.K * a.H, 1, &g);
    a.y = numbers((a.K + 1) * a.M, 1, &g);
    return a;
}

static void free_loop(loop_set *a)
{
    real *const all[] = {a->w,   a->dw, a->x, a->dx, a->y0,
                         a->dy0, a->up, a->s, a->h,  a->y};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

static loop_net view(const loop_set *a, real *w)
{
    return loop_net_view(a->D, a->H, a->M, w);
}

static void loop_run(loop_set *a)
{
    const loop_net n = view(a, a->w);
    memcpy(a->y, a->y0, (size_t)a->M * sizeof *a->y);
    loop_net_forward(a->K, &n, (real(*)[a->D])a->s, (real(*)[a->H])a->h,
                     (real(*)[a->M])a->y, a->x);
}

START_TEST(a_pass_is_its_definition)
{
    loop_set a = make_loop(loop_sizes[_i], 0.7);
    int D = a.D, H = a.H, M = a.M;
    const real *b1 = a.w + H * D, *W2 = b1 + H, *b2 = W2 + M * H, *W3 = b2 + M,
               *b3 = W3 + D * M;
    loop_run(&a);
    for (int k = 1; k <= a.K; k++) {
        for (int i = 0; i < D; i++) {
            long double s = (long double)a.x[i] + b3[i];
            for (int m = 0; m < M; m++)
                s += (long double)W3[i * M + m] * a.y[(k - 1) * M + m];
            ck_assert_double_eq_tol(a.s[(k - 1) * D + i], (double)s, 1e-14);
        }
        for (int i = 0; i < H; i++) {
            long double z = b1[i];
            for (int d = 0; d < D; d++)
                z += (long double)a.w[i * D + d] * a.s[(k - 1) * D + d];
            ck_assert_double_eq_tol(a.h[(k - 1) * H + i], (double)tanhl(z),
                                    1e-14);
        }
        for (int m = 0; m < M; m++) {
            long double r = b2[m];
            for (int i = 0; i < H; i++)
                r += (long double)W2[m * H + i] * a.h[(k - 1) * H + i];
            ck_assert_double_eq_tol(a.y[k * M + m], (double)tanhl(r), 1e-14);
        }
    }
    ck_assert_int_eq((int)loop_net_cost(a.K, D, H, M),
                     a.K * (a.P - H - M - D)); /* all weights, no bias */
    free_loop(&a);
}
END_TEST

static int loop_value(void *context, double f[2])
{
    loop_set *a = context;
    loop_run(a);
    for (int m = 0; m < a->M; m++)
        f[0] += a->up[m] * a->y[a->K * a->M + m];
    return 0;
}

START_TEST(the_loop_backward_adds_the_gradient)
{
    loop_set a = make_loop(loop_sizes[_i], 0.7),
             u = make_loop(loop_sizes[_i], 0.7);
    const loop_net n = view(&a, a.w), d = view(&a, a.dw);
    loop_run(&a);
    loop_net_backward(a.K, &n, &d, a.dx, a.dy0, a.up, (real(*)[a.D])a.s,
                      (real(*)[a.H])a.h, (real(*)[a.M])a.y);
    ck_assert_int_eq(judge(loop_value, &a, a.P, a.w, a.dw, u.dw, 1), HG_AGREES);
    ck_assert_int_eq(judge(loop_value, &a, a.D, a.x, a.dx, u.dx, 1), HG_AGREES);
    ck_assert_int_eq(judge(loop_value, &a, a.M, a.y0, a.dy0, u.dy0, 1),
                     HG_AGREES);
    ck_assert_int_eq(judge(loop_value, &a, a.P, a.w, a.dw, u.dw, -1),
                     HG_DISAGREES);
    free_loop(&a);
    free_loop(&u);
}
END_TEST

/* Many passes backward, and one pass backward with g of eq. 6.39. */
START_TEST(the_implicit_gradient_is_that_of_many_passes)
{
    const int size[4] = {300, loop_sizes[_i][1], loop_sizes[_i][2],
                         loop_sizes[_i][3]};
    loop_set a = make_loop(size, 0.5), b = make_loop(size, 0.5);
    const loop_net n = view(&a, a.w), d = view(&a, a.dw), e = view(&b, b.dw);
    real *y = copy(a.M, a.y0), *s = copy(a.D, a.x), *h = copy(a.H, a.h);
    loop_run(&a);
    loop_net_backward(a.K, &n, &d, a.dx, a.dy0, a.up, (real(*)[a.D])a.s,
                      (real(*)[a.H])a.h, (real(*)[a.M])a.y);
    ck_assert_double_lt(loop_net_settle(a.K, &n, s, h, y, a.x), 1e-14);
    same(a.M, y, a.y + a.K * a.M, 1e-15);
    loop_net_implicit(&n, &e, b.dx, a.up, s, h, y);
    same(a.P, b.dw, a.dw, 1e-13);
    same(a.D, b.dx, a.dx, 1e-13);
    free(y);
    free(s);
    free(h);
    free_loop(&a);
    free_loop(&b);
}
END_TEST

START_TEST(the_jacobian_is_that_of_a_pass)
{
    loop_set a = make_loop(loop_sizes[_i], 0.7);
    const loop_net n = view(&a, a.w);
    int M = a.M;
    real *J = copy(M, a.y0), *up = copy(M, a.up), *down = copy(M, a.up);
    J = realloc(J, (size_t)(M * M) * sizeof *J);
    loop_net_pass(&n, a.s, a.h, up, a.x, a.y0);
    loop_net_jacobian(&n, (real(*)[M])J, a.h, up);
    for (int j = 0; j < M; j++) {
        double step = 1e-6, before = a.y0[j];
        a.y0[j] = before + step;
        loop_net_pass(&n, a.s, a.h, up, a.x, a.y0);
        a.y0[j] = before - step;
        loop_net_pass(&n, a.s, a.h, down, a.x, a.y0);
        a.y0[j] = before;
        for (int i = 0; i < M; i++)
            ck_assert_double_eq_tol(J[i * M + j],
                                    (up[i] - down[i]) / (2 * step), 1e-8);
    }
    free(J);
    free(up);
    free(down);
    free_loop(&a);
}
END_TEST

START_TEST(linear_equations_are_solved)
{
    for (int n = 1; n <= 6; n++) {
        rng g = rng_new(6, (uint64_t)n);
        real *A = numbers(n * n, 1, &g), *x = numbers(n, 1, &g);
        A[0] = 0; /* a pivot is needed, except for n = 1 */
        if (n == 1)
            A[0] = -2.5;
        real *lost = copy(n * n, A), *b = copy(n, x);
        for (int i = 0; i < n; i++) {
            b[i] = 0;
            for (int j = 0; j < n; j++)
                b[i] += A[i * n + j] * x[j];
        }
        solve_linear(n, b, (real(*)[n])lost);
        same(n, b, x, 1e-12);
        free(A);
        free(x);
        free(lost);
        free(b);
    }
}
END_TEST

START_TEST(the_radius_is_the_largest_eigenvalue)
{
    const real diagonal[2][2] = {{0.3, 0}, {0, -0.7}};
    const real triangle[2][2] = {{0.9, 5}, {0, 0.2}};
    const real turn[2][2] = {{0, -0.8}, {0.8, 0}}; /* eigenvalues +-0.8 i */
    ck_assert_double_eq_tol(spectral_radius_2(diagonal), 0.7, 1e-15);
    ck_assert_double_eq_tol(spectral_radius_2(triangle), 0.9, 1e-15);
    ck_assert_double_eq_tol(spectral_radius_2(turn), 0.8, 1e-15);
}
END_TEST

START_TEST(the_articles_layers_have_their_parameters)
{
    real w[ARTICLE_SIZE], v[ARTICLE_SIZE];
    loop_net n = article_layers(w, 1), m = article_layers(v, -3);
    ck_assert_int_eq(loop_net_size(n.D, n.H, n.M), ARTICLE_SIZE);
    for (int k = 0; k < ARTICLE_SIZE; k++) {
        int loop = &w[k] >= n.W3 && &w[k] < n.b3;
        ck_assert_double_eq_tol(w[k], 0.5 * sin(k + 1), 1e-16);
        ck_assert_double_eq(v[k], loop ? -3 * w[k] : w[k]);
    }
    ck_assert_int_eq((int)(m.b3 - m.W3), 4);
}
END_TEST

/* ---- Hopfield ------------------------------------------------------------ */

/* A network with n patterns of -1 and 1; W (N,N) on the heap. */
static real *remembering(int N, int n, real *xi, rng *g)
{
    real *W = calloc((size_t)(N * N), sizeof *W);
    ck_assert_ptr_nonnull(W);
    for (int m = 0; m < n; m++) {
        for (int i = 0; i < N; i++)
            xi[m * N + i] = rng_below(g, 2) ? 1 : -1;
        hopfield_store(N, (real(*)[N])W, xi + m * N, 1.0 / N);
    }
    return W;
}

START_TEST(stored_weights_are_symmetric_without_a_diagonal)
{
    enum { N = 7, n = 3 };
    rng g = rng_new(6, 9);
    real xi[n * N], *W = remembering(N, n, xi, &g);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            double want = 0;
            for (int m = 0; m < n && i != j; m++)
                want += xi[m * N + i] * xi[m * N + j] / N;
            ck_assert_double_eq_tol(W[i * N + j], want, 1e-15);
        }
    free(W);
}
END_TEST

/* From any state, each change of one unit lowers the energy by what eq. 6.45
 * says, and recall ends where no unit wants to change. */
START_TEST(energy_falls_until_nothing_changes)
{
    enum { N = 30, n = 4 };
    for (int binary = 0; binary < 2; binary++) {
        rng g = rng_new(6, 10 + (uint64_t)binary);
        double lo = binary ? 0 : -1;
        real xi[n * N], *W = remembering(N, n, xi, &g), s[N], f[N], t[N];
        for (int i = 0; i < N; i++)
            s[i] = rng_below(&g, 2) ? 1 : lo;
        memcpy(t, s, sizeof t);
        double E = hopfield_energy(N, (real(*)[N])W, s);
        for (int step = 0; step < 200; step++) {
            int i = rng_below(&g, N);
            hopfield_field(N, f, (real(*)[N])W, s);
            double change = hopfield_decide(f[i], s[i], lo, 1) - s[i];
            s[i] += change;
            double now = hopfield_energy(N, (real(*)[N])W, s);
            ck_assert_double_le(-change * f[i], 0);
            ck_assert_double_eq_tol(now - E, -change * f[i], 1e-12);
            E = now;
        }
        double before = hopfield_energy(N, (real(*)[N])W, t);
        ck_assert_int_gt(hopfield_recall(N, t, (real(*)[N])W, lo, 1, &g), 0);
        ck_assert_double_lt(hopfield_energy(N, (real(*)[N])W, t), before);
        hopfield_field(N, f, (real(*)[N])W, t);
        for (int i = 0; i < N; i++)
            ck_assert_double_eq(hopfield_decide(f[i], t[i], lo, 1), t[i]);
        ck_assert_int_eq(hopfield_recall(N, t, (real(*)[N])W, lo, 1, &g), 0);
        free(W);
    }
}
END_TEST

START_TEST(one_pattern_is_found_again)
{
    enum { N = 25 };
    rng g = rng_new(6, 12);
    real xi[N], *W = remembering(N, 1, xi, &g), s[N];
    memcpy(s, xi, sizeof s);
    for (int i = 0; i < 11; i++)
        s[i] = -s[i];
    hopfield_recall(N, s, (real(*)[N])W, -1, 1, &g);
    same(N, s, xi, 1e-15);
    free(W);
    real one[1][1] = {{0}}, alone[1] = {1}; /* a single unit hears nothing */
    ck_assert_int_eq(hopfield_recall(1, alone, one, -1, 1, &g), 0);
    ck_assert_double_eq(hopfield_decide(0, 0.25, -1, 1), 0.25);
}
END_TEST

typedef struct energy {
    int N;
    real *W, *s, *dW, *ds;
} energy;

static int energy_value(void *context, double f[2])
{
    energy *a = context;
    f[0] = 1.7 * hopfield_energy(a->N, (real(*)[a->N])a->W, a->s);
    return 0;
}

START_TEST(the_energy_backward_adds)
{
    for (int N = 1; N <= 5; N += 2) {
        rng g = rng_new(6, 20 + (uint64_t)N);
        energy a = {N, numbers(N * N, 1, &g), numbers(N, 1, &g),
                    numbers(N * N, 1, &g), numbers(N, 1, &g)};
        real *W = copy(N * N, a.dW), *s = copy(N, a.ds);
        hopfield_energy_backward(N, (real(*)[N])a.dW, a.ds, 1.7,
                                 (real(*)[N])a.W, a.s);
        ck_assert_int_eq(judge(energy_value, &a, N * N, a.W, a.dW, W, 1),
                         HG_AGREES);
        ck_assert_int_eq(judge(energy_value, &a, N, a.s, a.ds, s, 1),
                         HG_AGREES);
        ck_assert_int_eq(judge(energy_value, &a, N * N, a.W, a.dW, W, 2),
                         HG_DISAGREES);
        free(a.W);
        free(a.s);
        free(a.dW);
        free(a.ds);
        free(W);
        free(s);
    }
}
END_TEST

/* The chance of a wrong sign, by the normal distribution's sum. */
START_TEST(the_chance_of_a_wrong_unit)
{
    for (int n = 5; n <= 15; n += 5) {
        double mean = 50, deviation = sqrt((n - 1) * 50.0), sum = 0;
        for (int k = 0; k < 200000; k++) {
            double z = -8 * (k + 0.5) / 200000; /* from -8 deviations to 0 */
            if (mean + deviation * z < 0)
                sum += exp(-z * z / 2) * 8 / 200000 / sqrt(2 * M_PI);
        }
        ck_assert_double_eq_tol(hopfield_bit_error(100, n), sum, 1e-4 * sum);
        ck_assert_double_eq_tol(log(hopfield_all_right(100, n)),
                                -100 * hopfield_bit_error(100, n), 1e-12);
    }
}
END_TEST

START_TEST(seeds_follow_each_other)
{
    program p = {.seed = 41};
    rng a = seed_number(&p, 2, 7), b = rng_new(43, 7);
    ck_assert(a.state == b.state);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("06_feedback");
    TCase *c = tcase_create("shapes");
    SUITE_ADD(suite, arrows_are_read);
    SUITE_ADD(suite, an_arrow_leads_back_exactly_where_there_is_a_cycle);
    SUITE_ADD(suite, two_of_the_articles_drawings_lead_back);
    SUITE_ADD(suite, two_units_compute_parity_of_any_length);
    SUITE_ADD(suite, a_unit_ends_where_its_slope_allows);
    SUITE_ADD(suite, the_implicit_gradient_of_a_unit_adds);
    SUITE_ADD(suite, noise_is_amplified_by_every_loop);
    tcase_set_timeout(c, 120);
    tcase_add_loop_test(c, the_simple_network_is_its_definition, 0,
                        SIMPLE_SIZES);
    tcase_add_loop_test(c, the_simple_backward_adds_the_gradient, 0,
                        SIMPLE_SIZES);
    tcase_add_loop_test(c, a_pass_is_its_definition, 0, LOOP_SIZES);
    tcase_add_loop_test(c, the_loop_backward_adds_the_gradient, 0, LOOP_SIZES);
    tcase_add_loop_test(c, the_implicit_gradient_is_that_of_many_passes, 0,
                        LOOP_SIZES);
    tcase_add_loop_test(c, the_jacobian_is_that_of_a_pass, 0, LOOP_SIZES);
    suite_add_tcase(suite, c);
    SUITE_ADD(suite, gradients_that_nobody_wants_may_be_null);
    SUITE_ADD(suite, linear_equations_are_solved);
    SUITE_ADD(suite, the_radius_is_the_largest_eigenvalue);
    SUITE_ADD(suite, the_articles_layers_have_their_parameters);
    SUITE_ADD(suite, stored_weights_are_symmetric_without_a_diagonal);
    SUITE_ADD(suite, energy_falls_until_nothing_changes);
    SUITE_ADD(suite, one_pattern_is_found_again);
    SUITE_ADD(suite, the_energy_backward_adds);
    SUITE_ADD(suite, the_chance_of_a_wrong_unit);
    SUITE_ADD(suite, seeds_follow_each_other);
    return suite_run(suite);
}
