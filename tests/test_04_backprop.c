/* SPDX-License-Identifier: MIT */
/* Tests of chapter 4: the dense layer, networks of several, direct links, matrix
 * factorisation, initialisation, what a gradient costs, a linear network against its
 * closed form, the digits. */
#define CK_FLOATING_DIG 17
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "chapters/04_backprop/cost.h"
#include "chapters/04_backprop/deep_linear.h"
#include "chapters/04_backprop/digits.h"
#include "chapters/04_backprop/digits_experiments.h"
#include "chapters/04_backprop/experiments.h"
#include "chapters/04_backprop/factor.h"
#include "chapters/04_backprop/linear.h"
#include "chapters/04_backprop/nearest.h"
#include "chapters/04_backprop/network.h"
#include "chapters/04_backprop/skip.h"
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

/* ---- networks ------------------------------------------------------------ */

typedef struct net {
    network n;
    int B;
    real *w, *x, *y, *dw, *dx, *da, *a;
    int target[3];
} net;

static const struct {
    int L, width[5];
    squash hidden, output;
} kinds[] = {{1, {1, 1}, TANH, SIGMOID},
             {1, {4, 3}, TANH, IDENTITY},
             {2, {3, 1, 2}, SIGMOID, TANH},
             {3, {2, 5, 4, 3}, TANH, IDENTITY},
             {4, {1, 3, 2, 3, 1}, RELU, IDENTITY}};
enum { KINDS = sizeof kinds / sizeof *kinds };

static net make_net(int kind)
{
    rng g = rng_new(5, (uint64_t)kind);
    net c = {.B = 3, .target = {0, 0, 0}};
    c.n = network_new(kinds[kind].L, kinds[kind].width, kinds[kind].hidden,
                      kinds[kind].output);
    int in = c.n.width[0], out = c.n.width[c.n.L];
    c.w = numbers(c.n.weights, &g);
    c.x = numbers(c.B * in, &g);
    c.y = numbers(c.B * out, &g);
    c.dw = numbers(c.n.weights, &g); /* gradient buffers begin full */
    c.dx = numbers(in, &g);
    c.da = numbers(out, &g);
    c.a = numbers(c.n.values, &g);
    for (int b = 0; b < c.B; b++)
        c.target[b] = (b + 1) % out;
    return c;
}

static void free_net(net *c)
{
    real *const all[] = {c->w, c->x, c->y, c->dw, c->dx, c->da, c->a};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

/* The output of unit m of layer l, by recursion and in long double. */
static long double unit(const net *c, int l, int m)
{
    if (l == 0)
        return c->x[m];
    long double z = c->w[network_bias(&c->n, l) + m];
    int N = c->n.width[l - 1];
    for (int n = 0; n < N; n++)
        z += (long double)c->w[network_matrix(&c->n, l) + m * N + n] *
             unit(c, l - 1, n);
    switch (c->n.phi[l]) {
    case SIGMOID: return 1 / (1 + expl(-z));
    case TANH: return tanhl(z);
    case RELU: return z > 0 ? z : 0;
    default: return z;
    }
}

START_TEST(a_network_is_its_recursion)
{
    net c = make_net(_i);
    network_forward(&c.n, c.a, c.w, c.x);
    for (int l = 0; l <= c.n.L; l++)
        for (int m = 0; m < c.n.width[l]; m++) {
            double want = (double)unit(&c, l, m);
            ck_assert_double_eq_tol(c.a[network_layer(&c.n, l) + m], want,
                                    1e-13 * (1 + fabs(want)));
        }
    ck_assert_ptr_eq(network_output(&c.n, c.a),
                     c.a + network_layer(&c.n, c.n.L));
    free_net(&c);
}
END_TEST

START_TEST(its_layers_lie_one_behind_the_other)
{
    net c = make_net(_i);
    int weights = 0, values = 0, widest = 0;
    for (int l = 0; l <= c.n.L; l++) {
        ck_assert_int_eq(network_layer(&c.n, l), values);
        values += c.n.width[l];
        widest = c.n.width[l] > widest ? c.n.width[l] : widest;
        if (l == 0)
            continue;
        ck_assert_int_eq(network_matrix(&c.n, l), weights);
        weights += c.n.width[l] * c.n.width[l - 1];
        ck_assert_int_eq(network_bias(&c.n, l), weights);
        weights += c.n.width[l];
    }
    ck_assert_int_eq(c.n.values, values);
    ck_assert_int_eq(c.n.weights, weights);
    ck_assert_int_eq(c.n.widest, widest);
    ck_assert_int_eq(network_parameters(c.n.L, c.n.width), weights);
    free_net(&c);
}
END_TEST

static int net_loss(void *context, double f[2])
{
    net *c = context;
    network_forward(&c->n, c->a, c->w, c->x);
    const real *out = network_output(&c->n, c->a);
    for (int m = 0; m < c->n.width[c->n.L]; m++)
        f[0] += c->da[m] * out[m];
    return 0;
}

static hg_verdict judge(hg_loss of, void *context, int n, real *data,
                        real *grad)
{
    hg_tensor t = {
        .name = "t", .rank = 1, .shape = {n}, .data = data, .grad = grad};
    hg_result r;
    ck_assert_int_eq(hg_differences(of, context, &t, &r), HG_OK);
    return r.verdict;
}

static void take_off(int n, real *x, const real *before)
{
    for (int i = 0; i < n; i++)
        x[i] -= before[i];
}

START_TEST(network_backward_adds_the_gradient)
{
    net c = make_net(_i), before = make_net(_i), d = make_net(_i);
    network_forward(&c.n, c.a, c.w, c.x);
    network_backward(&c.n, c.dw, c.dx, c.da, c.a, c.w);
    network_backward(&d.n, d.dw, NULL, c.da, c.a, c.w);
    ck_assert_mem_eq(c.dw, d.dw, (size_t)c.n.weights * sizeof(real));
    take_off(c.n.weights, c.dw, before.dw);
    take_off(c.n.width[0], c.dx, before.dx);
    ck_assert_int_ne(judge(net_loss, &c, c.n.weights, c.w, c.dw), HG_DISAGREES);
    ck_assert_int_ne(judge(net_loss, &c, c.n.width[0], c.x, c.dx),
                     HG_DISAGREES);
    int last = network_bias(&c.n, c.n.L); /* never zero */
    c.dw[last] *= 1 + 1e-6;
    ck_assert_int_eq(judge(net_loss, &c, c.n.weights, c.w, c.dw), HG_DISAGREES);
    free_net(&c);
    free_net(&before);
    free_net(&d);
}
END_TEST

/* dx is what the Jacobian gives, from a buffer that was not empty. */
START_TEST(the_jacobian_gives_the_same)
{
    net c = make_net(_i), before = make_net(_i);
    int in = c.n.width[0], out = c.n.width[c.n.L];
    real *J = calloc((size_t)(in * out), sizeof *J);
    network_forward(&c.n, c.a, c.w, c.x);
    network_backward(&c.n, c.dw, c.dx, c.da, c.a, c.w);
    network_jacobian(&c.n, (real(*)[in])J, c.a, c.w);
    for (int n = 0; n < in; n++) {
        double want = before.dx[n];
        for (int m = 0; m < out; m++)
            want += J[m * in + n] * c.da[m];
        ck_assert_double_eq_tol(c.dx[n], want, 1e-12);
    }
    free(J);
    free_net(&c);
    free_net(&before);
}
END_TEST

/* The sums over the cases: loss and gradient are those of the cases, one by one. */
START_TEST(cases_add_up)
{
    net c = make_net(_i), one = make_net(_i), before = make_net(_i);
    int in = c.n.width[0], out = c.n.width[c.n.L];
    bool classes = c.n.phi[c.n.L] == IDENTITY;
    double sum = 0, all;
    for (int b = 0; b < c.B; b++)
        sum += classes ? network_classes(&c.n, 1, one.dw, 0.7, c.w,
                                         (const real(*)[in])(c.x + b * in),
                                         c.target + b)
                       : network_squares(&c.n, 1, one.dw, 0.7, c.w,
                                         (const real(*)[in])(c.x + b * in),
                                         (const real(*)[out])(c.y + b * out));
    all = classes ? network_classes(&c.n, c.B, c.dw, 0.7, c.w,
                                    (const real(*)[in])c.x, c.target)
                  : network_squares(&c.n, c.B, c.dw, 0.7, c.w,
                                    (const real(*)[in])c.x,
                                    (const real(*)[out])c.y);
    ck_assert_double_eq_tol(all, sum, 1e-13 * (1 + fabs(sum)));
    for (int i = 0; i < c.n.weights; i++)
        ck_assert_double_eq_tol(c.dw[i], one.dw[i], 1e-12);
    if (_i == 3) { /* something was added, and it is not what stood there */
        double most = 0;
        for (int i = 0; i < c.n.weights; i++)
            most = fmax(most, fabs(c.dw[i] - before.dw[i]));
        ck_assert_double_gt(most, 0.01);
    }
    free_net(&c);
    free_net(&one);
    free_net(&before);
}
END_TEST

START_TEST(a_fresh_classifier_knows_nothing)
{
    network n = network_new(2, (int[]){4, 3, 10}, TANH, IDENTITY);
    real w[55] = {0}, dw[55] = {0};
    const real x[1][4] = {{0.3, -1, 2, 0.7}};
    const int target[1] = {6};
    double loss = network_classes(&n, 1, dw, 1, w, x, target);
    ck_assert_double_eq_tol(loss, log(10), 1e-14);
}
END_TEST

START_TEST(squashes_and_the_squared_error)
{
    const real z[4] = {1.37, -0.64, 2.385, 0}, y[4] = {0.2, 1.1, -0.6, 0.4};
    for (squash phi = IDENTITY; phi <= RELU; phi++) {
        real a[4], da[4] = {0.3, -1.2, 0.8, 2}, dz[4] = {1, 2, 3, 4};
        squash_forward(4, a, phi, z);
        squash_backward(4, dz, da, phi, a);
        for (int i = 0; i < 4; i++) {
            double slope[] = {1, a[i] * (1 - a[i]), 1 - a[i] * a[i], z[i] > 0};
            ck_assert_double_eq_tol(dz[i], i + 1 + da[i] * slope[phi], 1e-14);
        }
    }
    real da[4] = {1, 2, 3, 4}, dy[4] = {5, 6, 7, 8};
    double want = 0;
    for (int i = 0; i < 4; i++)
        want += (z[i] - y[i]) * (z[i] - y[i]) / 2;
    ck_assert_double_eq_tol(half_square_forward(4, z, y), want, 1e-14);
    half_square_backward(4, da, dy, 2.385, z, y);
    for (int i = 0; i < 4; i++) {
        ck_assert_double_eq_tol(da[i], i + 1 + 2.385 * (z[i] - y[i]), 1e-14);
        ck_assert_double_eq_tol(dy[i], i + 5 - 2.385 * (z[i] - y[i]), 1e-14);
    }
}
END_TEST

START_TEST(descent_goes_down)
{
    net c = make_net(_i);
    int in = c.n.width[0], out = c.n.width[c.n.L];
    real *none = calloc((size_t)c.n.weights, sizeof *none);
    memset(c.dw, 0, (size_t)c.n.weights * sizeof *c.dw);
    double before =
        network_squares(&c.n, c.B, c.dw, 1, c.w, (const real(*)[in])c.x,
                        (const real(*)[out])c.y);
    network_descend(c.n.weights, c.w, c.dw, 1e-3);
    double after =
        network_squares(&c.n, c.B, none, 1, c.w, (const real(*)[in])c.x,
                        (const real(*)[out])c.y);
    ck_assert_double_lt(after, before);
    free(none);
    free_net(&c);
}
END_TEST

/* Units that start alike stay alike, to the bit. */
START_TEST(units_that_are_alike_stay_alike)
{
    network n = network_new(2, (int[]){2, 3, 1}, TANH, SIGMOID);
    const real x[2][2] = {{1, 2}, {-0.5, 0.3}}, y[2][1] = {{0.9}, {0.3}};
    real w[13];
    for (int i = 0; i < 13; i++)
        w[i] = 0.3;
    for (int step = 0; step < 50; step++) {
        real dw[13] = {0};
        network_squares(&n, 2, dw, 1, w, x, y);
        network_descend(13, w, dw, 0.5);
    }
    ck_assert_mem_eq(w, w + 2, 2 * sizeof *w);
    ck_assert_mem_eq(w, w + 4, 2 * sizeof *w);
    ck_assert_double_gt(fabs(w[0] - 0.3), 0.01);
}
END_TEST

START_TEST(network_start_has_its_variance)
{
    network n = network_new(2, (int[]){200, 300, 1}, TANH, TANH);
    real *w = malloc((size_t)n.weights * sizeof *w);
    ck_assert_ptr_nonnull(w);
    rng g = rng_new(3, 0);
    network_start(&n, w, 2, &g);
    ck_assert_double_eq_tol(variance(60000, w) * 200, 2, 0.03);
    for (int i = 0; i < 300; i++)
        ck_assert_double_eq(w[network_bias(&n, 1) + i], 0);
    ck_assert_double_eq_tol(network_limit(1.0 / 3), 1, 1e-15);
    free(w);
}
END_TEST

/* ---- direct links -------------------------------------------------------- */

enum { SN = 3, SH = 4, SM = 2 };

typedef struct skips {
    real A[SH][SN], c[SH], W[SM][SN + SH], b[SM], x[SN], up[SM];
    real y[SM], s[SN + SH];
} skips;

static int skip_loss(void *context, double f[2])
{
    skips *k = context;
    skip_forward(SN, SH, SM, k->y, k->s, TANH, SIGMOID, k->A, k->c, k->W, k->b,
                 k->x);
    for (int m = 0; m < SM; m++)
        f[0] += k->up[m] * k->y[m];
    return 0;
}

START_TEST(links_and_layers)
{
    skips k;
    rng g = rng_new(6, 0);
    real *all = (real *)&k;
    for (size_t i = 0; i < sizeof k / sizeof(real); i++)
        all[i] = rng_normal(&g);
    real dA[SH][SN], dc[SH], dW[SM][SN + SH], db[SM], dx[SN];
    real *const grad[] = {&dA[0][0], dc, &dW[0][0], db, dx};
    real *const data[] = {&k.A[0][0], k.c, &k.W[0][0], k.b, k.x};
    const int size[] = {SH * SN, SH, SM * (SN + SH), SM, SN};
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < size[i]; j++)
            grad[i][j] = 10 + j;
    double f[2] = {0};
    skip_loss(&k, f);
    ck_assert_mem_eq(k.s, k.x, sizeof k.x);
    skip_backward(SN, SH, SM, dA, dc, dW, db, dx, TANH, SIGMOID, k.up, k.y, k.s,
                  k.A, k.W);
    for (int i = 0; i < 5; i++) {
        for (int j = 0; j < size[i]; j++)
            grad[i][j] -= 10 + j;
        ck_assert_int_eq(judge(skip_loss, &k, size[i], data[i], grad[i]),
                         HG_AGREES);
        grad[i][0] += 1e-5;
        ck_assert_int_eq(judge(skip_loss, &k, size[i], data[i], grad[i]),
                         HG_DISAGREES);
    }
    /* without links it is a network of two layers */
    for (int m = 0; m < SM; m++)
        for (int n = 0; n < SN; n++)
            k.W[m][n] = 0;
    network n = network_new(2, (int[]){SN, SH, SM}, TANH, SIGMOID);
    real w[SH * SN + SH + SM * SH + SM], a[SN + SH + SM];
    memcpy(w, k.A, sizeof k.A);
    memcpy(w + SH * SN, k.c, sizeof k.c);
    for (int m = 0; m < SM; m++)
        memcpy(w + network_matrix(&n, 2) + m * SH, k.W[m] + SN, SH * sizeof *w);
    memcpy(w + network_bias(&n, 2), k.b, sizeof k.b);
    network_forward(&n, a, w, k.x);
    skip_loss(&k, f);
    for (int m = 0; m < SM; m++)
        ck_assert_double_eq_tol(k.y[m], a[SN + SH + m], 1e-15);
}
END_TEST

/* ---- factors ------------------------------------------------------------- */

enum { FI = 3, FJ = 4, FK = 2 };

typedef struct holes {
    real U[FI][FK], V[FJ][FK], c[FJ], X[FI][FJ];
    unsigned char seen[FI][FJ];
} holes;

static int holes_loss(void *context, double f[2])
{
    holes *h = context;
    real e[FI][FJ];
    f[0] = factor_forward(FI, FJ, FK, e, h->U, h->V, h->c, h->X, h->seen);
    return 0;
}

START_TEST(only_what_was_seen_counts)
{
    holes h = {.seen = {{1, 0, 1, 1}, {1, 1, 0, 1}, {0, 0, 0, 0}}};
    rng g = rng_new(7, 0);
    real *all = (real *)&h, e[FI][FJ];
    for (int i = 0; i < FI * FK + FJ * FK + FJ + FI * FJ; i++)
        all[i] = rng_normal(&g);
    double loss = factor_forward(FI, FJ, FK, e, h.U, h.V, h.c, h.X, h.seen),
           want = 0;
    real dU[FI][FK], dV[FJ][FK], dc[FJ], dX[FI][FJ];
    real *const grad[] = {&dU[0][0], &dV[0][0], dc, &dX[0][0]};
    real *const data[] = {&h.U[0][0], &h.V[0][0], h.c, &h.X[0][0]};
    const int size[] = {FI * FK, FJ * FK, FJ, FI * FJ};
    for (int k = 0; k < 4; k++)
        for (int i = 0; i < size[k]; i++)
            grad[k][i] = 10 + i;
    factor_backward(FI, FJ, FK, dU, dV, dc, dX, 1, e, h.U, h.V);
    for (int k = 0; k < 4; k++) {
        for (int i = 0; i < size[k]; i++)
            grad[k][i] -= 10 + i;
        ck_assert_int_eq(judge(holes_loss, &h, size[k], data[k], grad[k]),
                         HG_AGREES);
    }
    for (int i = 0; i < FI; i++)
        for (int j = 0; j < FJ; j++) {
            double d = h.c[j] + h.U[i][0] * h.V[j][0] + h.U[i][1] * h.V[j][1];
            ck_assert_double_eq_tol(factor_entry(FK, h.U[i], h.V[j], h.c[j]), d,
                                    1e-14);
            d -= h.X[i][j];
            want += h.seen[i][j] ? d * d / 2 : 0;
            ck_assert_double_eq_tol(e[i][j], h.seen[i][j] ? d : 0, 1e-14);
        }
    ck_assert_double_eq_tol(loss, want, 1e-13);
    h.X[0][1] = 1e6; /* a hole: whatever stands there */
    ck_assert_double_eq(
        factor_forward(FI, FJ, FK, e, h.U, h.V, h.c, h.X, h.seen), loss);
}
END_TEST

/* ---- what it costs ------------------------------------------------------- */

START_TEST(costs_are_as_predicted)
{
    net c = make_net(_i), d = make_net(_i);
    const network *n = &c.n;
    cost without = {0, 0}, with = {0, 0};
    memset(c.dw, 0, (size_t)n->weights * sizeof *c.dw);
    memset(d.dw, 0, (size_t)n->weights * sizeof *d.dw);
    double one = counted_gradient(n, &without, c.dw, NULL, c.w, c.x, c.y);
    double two = counted_gradient(n, &with, d.dw, d.dx, c.w, c.x, c.y);
    ck_assert_double_eq(one, two);
    ck_assert_mem_eq(c.dw, d.dw, (size_t)n->weights * sizeof(real));
    cost a = predicted_cost(n, false), b = predicted_cost(n, true);
    ck_assert_int_eq(without.forward, a.forward);
    ck_assert_int_eq(without.backward, a.backward);
    ck_assert_int_eq(with.forward, b.forward);
    ck_assert_int_eq(with.backward, b.backward);
    ck_assert_int_le(b.forward + b.backward,
                     3 * b.forward); /* Baur and Strassen */
    memset(d.dw, 0, (size_t)n->weights * sizeof *d.dw);
    double three =
        network_squares(n, 1, d.dw, 1, c.w, (const real(*)[n->width[0]])c.x,
                        (const real(*)[n->width[n->L]])c.y);
    ck_assert_double_eq_tol(one, three, 1e-14 * (1 + fabs(one)));
    for (int i = 0; i < n->weights; i++)
        ck_assert_double_eq_tol(c.dw[i], d.dw[i], 1e-14 * (1 + fabs(c.dw[i])));
    free_net(&c);
    free_net(&d);
}
END_TEST

/* ---- a linear network ---------------------------------------------------- */

START_TEST(orthogonal_matrices_are)
{
    real Q[4][4], P[4][4], A[4][4], At[4][4], C[4][4];
    rng g = rng_new(8, 0);
    random_orthogonal(4, Q, &g);
    square_multiply(4, P, Q, true, Q, false);
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) {
            ck_assert_double_eq_tol(P[i][j], i == j, 1e-15);
            A[i][j] = rng_normal(&g);
            At[j][i] = A[i][j];
        }
    /* A Q' once with the flag, once with the matrices turned by hand */
    square_multiply(4, P, A, false, Q, true);
    square_multiply(4, C, At, true, Q, true);
    ck_assert_mem_eq(P, C, sizeof P);
    square_multiply(4, C, P, false, Q, false); /* A Q' Q = A */
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            ck_assert_double_eq_tol(C[i][j], A[i][j], 1e-14);
}
END_TEST

START_TEST(the_closed_form_is_reached)
{
    ck_assert_double_eq_tol(mode_strength(3, 0.01, 0), 0.01, 1e-15);
    ck_assert_double_eq_tol(mode_strength(3, 0.01, mode_half_time(3, 0.01)),
                            1.5, 1e-14);
    ck_assert_double_eq(mode_strength(3, 0.01, 1e4), 3);
    ck_assert_double_eq_tol(mode_speed(3, 1), 4, 1e-15);
    rng g = rng_new(9, 0), h = rng_new(9, 0), i = rng_new(9, 1);
    double(*u)[3] = calloc(2001, sizeof *u);
    ck_assert_ptr_nonnull(u);
    modes full = train_modes(2e-3, 1000, 1e-2, NULL, &g);
    modes half = train_modes(1e-3, 2000, 1e-2, u, &h);
    for (int k = 0; k < 3; k++) {
        ck_assert_double_lt(full.error[k], 0.02);
        ck_assert_double_eq_tol(full.error[k] / half.error[k], 2, 0.05);
        ck_assert_double_eq_tol(u[0][k], 1e-2, 1e-12);
    }
    ck_assert_double_lt(half.off_diagonal, 1e-12);
    ck_assert_int_lt(half.half[0], half.half[1]);
    ck_assert_double_ge(u[half.half[0]][0], 2.5);
    ck_assert_double_lt(u[half.half[0] - 1][0], 2.5);
    ck_assert_int_eq(full.half[2], -1); /* not yet */
    modes small = train_modes(1e-3, 10, 0, NULL, &i);
    ck_assert_int_eq(small.half[0], -1);
    free(u);
}
END_TEST

START_TEST(xor_is_learnt)
{
    rng g = rng_new(1, 31), h = rng_new(1, 31), i = rng_new(1, 30);
    double *loss = calloc(20001, sizeof *loss);
    ck_assert_ptr_nonnull(loss);
    int sweeps = plain_xor_sweeps(XOR_LINKS, 0.5, 20000, loss, &g);
    ck_assert_int_gt(sweeps, 100);
    ck_assert_double_lt(loss[sweeps], 4 * 0.1 * 0.1 / 2);
    ck_assert_double_gt(loss[0], 0.4);
    ck_assert_int_eq(plain_xor_sweeps(XOR_LINKS, 0.5, sweeps - 1, NULL, &h),
                     -1);
    sweeps = plain_xor_sweeps(XOR_LAYERED, 0.5, 20, loss, &i);
    ck_assert_int_eq(sweeps, -1);
    ck_assert_double_gt(loss[20], 0.4);
    free(loss);
}
END_TEST

/* ---- the digits ---------------------------------------------------------- */

/* The checksum of cksum (POSIX), over one byte more. */
static unsigned with_byte(unsigned sum, unsigned char byte)
{
    sum ^= (unsigned)byte << 24;
    for (int bit = 0; bit < 8; bit++)
        sum = sum & 0x80000000u ? sum << 1 ^ 0x04C11DB7u : sum << 1;
    return sum;
}

/* The rows as lines of the file they come from: its checksum is known. */
START_TEST(the_digits_are_those_of_the_file)
{
    unsigned sum = 0;
    long length = 0;
    int count[DIGIT_CLASSES] = {0};
    const int want[] = {178, 182, 177, 183, 181, 182, 181, 179, 174, 180};
    for (int n = 0; n < DIGITS; n++) {
        for (int j = 0; j <= DIGIT_PIXELS; j++) {
            char text[8];
            int k = snprintf(text, sizeof text, "%d%c", digit_row[n][j],
                             j < DIGIT_PIXELS ? ',' : '\n');
            for (int i = 0; i < k; i++)
                sum = with_byte(sum, (unsigned char)text[i]);
            length += k;
            ck_assert_int_le(digit_row[n][j], 16);
        }
        ck_assert_int_lt(digit_row[n][DIGIT_PIXELS], DIGIT_CLASSES);
        count[digit_row[n][DIGIT_PIXELS]]++;
    }
    ck_assert_int_eq(length, 264712);
    for (long rest = length; rest; rest >>= 8)
        sum = with_byte(sum, (unsigned char)(rest & 0xff));
    ck_assert_uint_eq(~sum, 2445244818u);
    for (int c = 0; c < DIGIT_CLASSES; c++)
        ck_assert_int_eq(count[c], want[c]);
}
END_TEST

START_TEST(the_nearest_neighbour_knows_864)
{
    int right = 0;
    for (int q = DIGITS_TRAIN; q < DIGITS; q++)
        right +=
            nearest_class(1, q, 0, DIGITS_TRAIN) == digit_row[q][DIGIT_PIXELS];
    ck_assert_int_eq(right, 864);
    ck_assert_int_eq(digit_distance(3, 3), 0);
    ck_assert_int_eq(digit_distance(0, 5), digit_distance(5, 0));
    int sum = 0;
    for (int j = 0; j < DIGIT_PIXELS; j++)
        sum += abs(digit_row[7][j] - digit_row[8][j]) *
               abs(digit_row[7][j] - digit_row[8][j]);
    ck_assert_int_eq(digit_distance(7, 8), sum);
    /* a digit is not its own neighbour; of one neighbour its class is taken */
    ck_assert_int_eq(nearest_class(1, 3, 3, 5), digit_row[4][DIGIT_PIXELS]);
    /* one vote each: the lowest class wins */
    ck_assert_int_eq(nearest_class(3, 20, 4, 7), 4);
}
END_TEST

START_TEST(an_epoch_teaches_something)
{
    static digit_set d;
    network n =
        network_new(1, (int[]){DIGIT_PIXELS, DIGIT_CLASSES}, TANH, IDENTITY);
    real *w = calloc((size_t)n.weights, sizeof *w),
         *dw = calloc((size_t)n.weights, 8);
    rng g = rng_new(2, 0);
    digits_load(&d);
    ck_assert_double_eq(d.x[0][2], digit_row[0][2] / 16.0);
    ck_assert_int_eq(d.target[3], digit_row[3][DIGIT_PIXELS]);
    /* no weights: every digit is put into class 0 */
    ck_assert_int_eq(digits_right(&n, w, &d, 0, DIGITS), 178);
    double first = digits_epoch(&n, w, dw, &d, 16, 0.5, &g);
    double second = digits_epoch(&n, w, dw, &d, 16, 0.5, &g);
    ck_assert_double_lt(first, log(10));
    ck_assert_double_lt(second, first);
    ck_assert_int_gt(digits_right(&n, w, &d, DIGITS_TRAIN, DIGITS), 700);
    free(w);
    free(dw);
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
    c = tcase_create("networks");
    tcase_add_loop_test(c, a_network_is_its_recursion, 0, KINDS);
    tcase_add_loop_test(c, its_layers_lie_one_behind_the_other, 0, KINDS);
    tcase_add_loop_test(c, network_backward_adds_the_gradient, 0, KINDS);
    tcase_add_loop_test(c, the_jacobian_gives_the_same, 0, KINDS);
    tcase_add_loop_test(c, cases_add_up, 0, KINDS);
    tcase_add_loop_test(c, descent_goes_down, 0, KINDS);
    tcase_add_loop_test(c, costs_are_as_predicted, 0, KINDS);
    tcase_add_test(c, a_fresh_classifier_knows_nothing);
    tcase_add_test(c, squashes_and_the_squared_error);
    tcase_add_test(c, units_that_are_alike_stay_alike);
    tcase_add_test(c, network_start_has_its_variance);
    tcase_add_test(c, links_and_layers);
    tcase_add_test(c, only_what_was_seen_counts);
    tcase_add_test(c, orthogonal_matrices_are);
    tcase_add_test(c, the_closed_form_is_reached);
    tcase_add_test(c, xor_is_learnt);
    suite_add_tcase(suite, c);
    c = tcase_create("digits");
    tcase_add_test(c, the_digits_are_those_of_the_file);
    tcase_add_test(c, the_nearest_neighbour_knows_864);
    tcase_add_test(c, an_epoch_teaches_something);
    suite_add_tcase(suite, c);
    return suite_run(suite);
}
