/* SPDX-License-Identifier: MIT */
/* Tests of chapter 7: the recurrence against reference numbers and against its
 * definition written another way, shapes with 1 among them, truncation by hand,
 * mistakes that must be caught, and the experiments' claims in a quick form. */
#define CK_FLOATING_DIG 17
#include <stdlib.h>
#include <string.h>

#include "chapters/04_backprop/linear.h"
#include "chapters/07_bptt/experiment.h"
#include "chapters/07_bptt/products.h"
#include "chapters/07_bptt/rnn.h"
#include "chapters/07_bptt/sunspots.h"
#include "lib/check/handgrad.h"
#include "lib/rng.h"
#include "tests/suite.h"

static void near(double got, double want, double relative)
{
    ck_assert_double_eq_tol(got, want, relative * (1e-300 + fabs(want)));
}

/* ---- a network whose arrays stand alone on the heap ---------------------- */

enum { MATRICES = 9 };

typedef struct net {
    int T, D, H, C, M, K, S;
    rnn n, d;
    real *h, *c, *y, *x, *up, *dx, *dh0, *dc0;
} net;

static real *numbers(int n, double size, rng *g)
{
    real *x = malloc((size_t)n * sizeof *x);
    ck_assert_ptr_nonnull(x);
    for (int i = 0; i < n; i++)
        x[i] = size * rng_normal(g);
    return x;
}

/* The arrays of a network, and how many numbers each has. */
static void arrays(rnn *n, real **at[MATRICES], int size[MATRICES])
{
    real **const all[] = {&n->A,   &n->U, &n->V, &n->b, &n->W_c,
                          &n->b_c, &n->P, &n->Q, &n->r};
    const int sizes[] = {n->H * n->D, n->H * n->H, n->H * n->C,
                         n->H,        n->C * n->H, n->C,
                         n->M * n->H, n->M * n->C, n->M};
    memcpy(at, all, sizeof all);
    memcpy(size, sizes, sizeof sizes);
}

static rnn alone(const net *s, double scale, rng *g)
{
    rnn n = {.D = s->D, .H = s->H, .C = s->C, .M = s->M};
    real **at[MATRICES];
    int size[MATRICES];
    arrays(&n, at, size);
    for (int i = 0; i < MATRICES; i++)
        *at[i] = numbers(size[i], scale, g);
    return n;
}

static net make_net(const int z[5], uint64_t seed)
{
    rng g = rng_new(seed, 0);
    net s = {.T = z[0], .D = z[1], .H = z[2], .C = z[3], .M = z[4]};
    s.K = s.S = s.T;
    s.n = alone(&s, 0.6, &g);
    s.d = alone(&s, 0, &g);
    s.h = numbers((s.T + 1) * s.H, 0.5, &g);
    s.c = numbers((s.T + 1) * s.C, 0.5, &g);
    s.y = numbers(s.T * s.M, 1, &g);
    s.x = numbers(s.T * s.D, 1, &g);
    s.up = numbers(s.T * s.M, 1, &g);
    s.dx = numbers(s.T * s.D, 0, &g);
    s.dh0 = numbers(s.H, 0, &g);
    s.dc0 = numbers(s.C, 0, &g);
    return s;
}

static void free_net(net *s)
{
    real **at[MATRICES];
    int size[MATRICES];
    arrays(&s->n, at, size);
    for (int i = 0; i < MATRICES; i++)
        free(*at[i]);
    arrays(&s->d, at, size);
    for (int i = 0; i < MATRICES; i++)
        free(*at[i]);
    real *const rest[] = {s->h, s->c, s->y, s->x, s->up, s->dx, s->dh0, s->dc0};
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        free(rest[i]);
}

static void forward(net *s)
{
    rnn_forward(s->T, &s->n, (real(*)[s->H])s->h, (real(*)[s->C])s->c,
                (real(*)[s->M])s->y, (real(*)[s->D])s->x);
}

static void backward(net *s)
{
    rnn_backward(s->T, &s->n, &s->d, (real(*)[s->D])s->dx, s->dh0, s->dc0,
                 (real(*)[s->M])s->up, (real(*)[s->H])s->h, (real(*)[s->C])s->c,
                 (real(*)[s->D])s->x);
}

static void truncated(net *s, const rnn *d, int K, int S)
{
    rnn_backward_truncated(s->T, K, S, &s->n, d, (real(*)[s->M])s->up,
                           (real(*)[s->H])s->h, (real(*)[s->C])s->c,
                           (real(*)[s->D])s->x);
}

static int loss(void *context, double f[2])
{
    net *s = context;
    forward(s);
    f[0] = f[1] = 0;
    for (int i = 0; i < s->T * s->M; i++)
        f[0] += s->up[i] * s->y[i];
    return 0;
}

/* T, D, H, C, M */
static const int sizes[][5] = {{1, 1, 1, 1, 1}, {3, 1, 1, 1, 1},
                               {4, 1, 2, 3, 1}, {5, 3, 2, 1, 4},
                               {7, 2, 4, 3, 5}, {2, 5, 1, 2, 3}};
enum { SHAPES = sizeof sizes / sizeof *sizes };

/* ---- reference numbers --------------------------------------------------- */

static const double scalar_x[] = {1, -0.5, 0.25};
static const double scalar_target[] = {0.5, -0.2, 0.1};

/* v; then L, y_1..y_3, and the gradients by a, u, b, w, d, p, q, r. */
static const double scalar_reference[2][13] = {
    {0, 0.07605962561534683, 0.19182534662118966, 0.038091658179355686,
     0.1214475301829514, -0.11599423128009554, 0.075563564753038226,
     0.094941211454705083, 0.0086968258700617682, 0.0039927307948156545,
     -0.091682120721308088, -0.047919009198633292, -0.04863546501650325},
    {0.6, 0.15573199116549269, 0.19182534662118966, 0.20440861222656913,
     0.33010006454326763, -0.075677403506863256, 0.13760921543781808,
     0.26425748669739872, -0.0018820666379782832, 0.0069077747290711459,
     0.23818071876269447, 0.20884566163211073, 0.32633402339102642}};

START_TEST(the_scalar_network_gives_the_reference_numbers)
{
    const double *want = scalar_reference[_i];
    real w[] = {0.5, 0.8, want[0], 0.1, 1.2, -0.3, 0.7, -0.4, 0.05}, dw[9];
    real h[4][1] = {{0}}, c[4][1] = {{0}}, y[3][1], dy[3][1];
    rnn n = rnn_view(1, 1, 1, 1, w), d = rnn_view(1, 1, 1, 1, dw);
    memset(dw, 0, sizeof dw);
    rnn_forward(3, &n, h, c, y, (const real(*)[1])scalar_x);
    near(half_squares(3, (real *)dy, (real *)y, scalar_target), want[1], 1e-12);
    rnn_backward(3, &n, &d, NULL, NULL, NULL, dy, h, c,
                 (const real(*)[1])scalar_x);
    for (int t = 0; t < 3; t++)
        near(y[t][0], want[2 + t], 1e-12);
    const int place[] = {0, 1, 3, 4, 5, 6, 7, 8};
    for (int i = 0; i < 8; i++)
        near(dw[place[i]], want[5 + i], 1e-12);
    if (_i == 1)
        near(dw[2], 0.14902136862456482, 1e-12);
}
END_TEST

/* ---- the recurrence ------------------------------------------------------ */

/* The definition once more: long double, flat arrays, sum after sum. */
START_TEST(the_forward_is_the_definition)
{
    net s = make_net(sizes[_i], 7);
    forward(&s);
    const rnn *n = &s.n;
    for (int t = 1; t <= s.T; t++) {
        for (int i = 0; i < s.H; i++) {
            long double z = n->b[i];
            for (int k = 0; k < s.C; k++)
                z += (long double)n->V[i * s.C + k] * s.c[(t - 1) * s.C + k];
            for (int j = 0; j < s.H; j++)
                z += (long double)n->U[i * s.H + j] * s.h[(t - 1) * s.H + j];
            for (int d = 0; d < s.D; d++)
                z += (long double)n->A[i * s.D + d] * s.x[(t - 1) * s.D + d];
            near(s.h[t * s.H + i], (double)tanhl(z), 1e-13);
        }
        for (int k = 0; k < s.C; k++) {
            long double z = n->b_c[k];
            for (int i = 0; i < s.H; i++)
                z += (long double)n->W_c[k * s.H + i] * s.h[t * s.H + i];
            near(s.c[t * s.C + k], (double)(1 / (1 + expl(-z))), 1e-13);
        }
        for (int m = 0; m < s.M; m++) {
            long double y = n->r[m];
            for (int i = 0; i < s.H; i++)
                y += (long double)n->P[m * s.H + i] * s.h[t * s.H + i];
            for (int k = 0; k < s.C; k++)
                y += (long double)n->Q[m * s.C + k] * s.c[t * s.C + k];
            ck_assert_double_eq_tol(s.y[(t - 1) * s.M + m], (double)y, 1e-13);
        }
    }
    free_net(&s);
}
END_TEST

static hg_verdict verdict(net *s, real *x, const real *dx, int n)
{
    hg_tensor t = {.name = "x", .rank = 1, .shape = {n}, .data = x, .grad = dx};
    hg_result r;
    ck_assert_int_eq(hg_differences(loss, s, &t, &r), HG_OK);
    return r.passed ? HG_AGREES : r.verdict;
}

START_TEST(every_gradient_agrees_in_every_shape)
{
    net s = make_net(sizes[_i], 8);
    real **w[MATRICES], **dw[MATRICES];
    int size[MATRICES];
    forward(&s);
    backward(&s);
    arrays(&s.d, dw, size);
    arrays(&s.n, w, size);
    for (int i = 0; i < MATRICES; i++)
        ck_assert_int_eq(verdict(&s, *w[i], *dw[i], size[i]), HG_AGREES);
    ck_assert_int_eq(verdict(&s, s.x, s.dx, s.T * s.D), HG_AGREES);
    ck_assert_int_eq(verdict(&s, s.h, s.dh0, s.H), HG_AGREES);
    ck_assert_int_eq(verdict(&s, s.c, s.dc0, s.C), HG_AGREES);
    free_net(&s);
}
END_TEST

/* From buffers of other numbers each function must arrive at those numbers plus
 * the gradient. */
START_TEST(backward_adds)
{
    net s = make_net(sizes[_i], 9);
    rng g = rng_new(9, 1);
    rnn other = alone(&s, 1, &g), before = alone(&s, 0, &g);
    real **clean[MATRICES], **dirty[MATRICES], **old[MATRICES];
    int size[MATRICES];
    arrays(&other, dirty, size);
    arrays(&before, old, size);
    for (int i = 0; i < MATRICES; i++)
        memcpy(*old[i], *dirty[i], (size_t)size[i] * sizeof **old[i]);
    forward(&s);
    truncated(&s, &s.d, 2 < s.T ? 2 : s.T, 1);
    truncated(&s, &other, 2 < s.T ? 2 : s.T, 1);
    arrays(&s.d, clean, size);
    for (int i = 0; i < MATRICES; i++)
        for (int k = 0; k < size[i]; k++)
            ck_assert_double_eq_tol((*dirty[i])[k],
                                    (*old[i])[k] + (*clean[i])[k], 1e-13);
    real dx[s.T * s.D], dh0[s.H], dc0[s.C];
    backward(&s);
    memcpy(dx, s.dx, sizeof dx);
    memcpy(dh0, s.dh0, sizeof dh0);
    memcpy(dc0, s.dc0, sizeof dc0);
    backward(&s);
    for (int i = 0; i < s.T * s.D; i++)
        near(s.dx[i], 2 * dx[i], 1e-13);
    for (int i = 0; i < s.H; i++)
        near(s.dh0[i], 2 * dh0[i], 1e-13);
    for (int i = 0; i < s.C; i++)
        near(s.dc0[i], 2 * dc0[i], 1e-13);
    for (int i = 0; i < MATRICES; i++) {
        free(*dirty[i]);
        free(*old[i]);
    }
    free_net(&s);
}
END_TEST

START_TEST(rtrl_is_bptt)
{
    net s = make_net(sizes[_i], 10);
    int N = rnn_size(s.D, s.H, s.C, s.M), size[MATRICES];
    real **at[MATRICES], dw[N];
    forward(&s);
    backward(&s);
    for (int i = 0; i < N; i++)
        dw[i] = 2.385; /* it adds, too */
    rnn_rtrl(s.T, N, &s.n, dw, (real(*)[s.M])s.up, (real(*)[s.H])s.h,
             (real(*)[s.C])s.c, (real(*)[s.D])s.x);
    arrays(&s.d, at, size);
    for (int i = 0, k = 0; i < MATRICES; i++)
        for (int j = 0; j < size[i]; j++, k++)
            ck_assert_double_eq_tol(dw[k] - 2.385, (*at[i])[j],
                                    1e-12 * (1 + fabs((*at[i])[j])));
    free_net(&s);
}
END_TEST

/* ---- truncation ---------------------------------------------------------- */

static double distance(const rnn *a, const rnn *b)
{
    rnn p = *a, q = *b;
    real **x[MATRICES], **y[MATRICES];
    int size[MATRICES];
    double sum = 0;
    arrays(&p, x, size);
    arrays(&q, y, size);
    for (int i = 0; i < MATRICES; i++)
        for (int k = 0; k < size[i]; k++) {
            double e = (*x[i])[k] - (*y[i])[k];
            sum += e * e;
        }
    return sqrt(sum);
}

START_TEST(a_window_of_the_whole_sequence_loses_nothing)
{
    net s = make_net(sizes[_i], 11);
    rng g = rng_new(11, 1);
    forward(&s);
    backward(&s);
    for (int S = 1; S <= s.T + 1; S++) {
        rnn d = alone(&s, 0, &g);
        real **at[MATRICES];
        int size[MATRICES];
        truncated(&s, &d, s.T + 1, S);
        ck_assert_double_le(distance(&d, &s.d), 1e-12);
        arrays(&d, at, size);
        for (int i = 0; i < MATRICES; i++)
            free(*at[i]);
    }
    free_net(&s);
}
END_TEST

/* One unit, a window of 2 steps, by hand: the error of each step at that step
 * and at the one before. */
START_TEST(a_window_of_two_steps_by_hand)
{
    enum { T = 4 };
    real w[] = {0.5, 0.8, 0.6, 0.1, 1.2, -0.3, 0.7, -0.4, 0.05}, dw[9] = {0};
    const real x[T][1] = {{1}, {-0.5}, {0.25}, {0.75}};
    const real e[T][1] = {{0.3}, {-0.64}, {0.21}, {1.1}};
    real h[T + 1][1] = {{0.2}}, c[T + 1][1] = {{0.4}}, y[T][1];
    rnn n = rnn_view(1, 1, 1, 1, w), d = rnn_view(1, 1, 1, 1, dw);
    double du = 0, dv = 0, dw_c = 0;
    rnn_forward(T, &n, h, c, y, x);
    rnn_backward_truncated(T, 2, 1, &n, &d, e, h, c, x);
    for (int t = 1; t <= T; t++) {
        double ds = w[7] * e[t - 1][0] * c[t][0] * (1 - c[t][0]);
        double dz = (w[6] * e[t - 1][0] + w[4] * ds) * (1 - h[t][0] * h[t][0]);
        du += dz * h[t - 1][0];
        dv += dz * c[t - 1][0];
        dw_c += ds * h[t][0];
        if (t > 1) { /* the same error, one step earlier */
            double c1 = c[t - 1][0], h1 = h[t - 1][0];
            double ds1 = w[2] * dz * c1 * (1 - c1);
            double dz1 = (w[1] * dz + w[4] * ds1) * (1 - h1 * h1);
            du += dz1 * h[t - 2][0];
            dv += dz1 * c[t - 2][0];
            dw_c += ds1 * h1;
        }
    }
    near(dw[1], du, 1e-13);
    near(dw[2], dv, 1e-13);
    near(dw[4], dw_c, 1e-13);
}
END_TEST

/* Without recurrent weights every window is the whole gradient; with them a
 * window of one step is not. */
START_TEST(only_the_recurrence_is_lost)
{
    net s = make_net((const int[]){6, 2, 3, 4, 5}, 12);
    rng g = rng_new(12, 1);
    for (int keep = 0; keep < 2; keep++) {
        rnn d = alone(&s, 0, &g), whole = alone(&s, 0, &g);
        for (int i = 0; i < 3 * 3 && !keep; i++)
            s.n.U[i] = 0;
        for (int i = 0; i < 3 * 4 && !keep; i++)
            s.n.V[i] = 0;
        for (int i = 0; i < 3 * 3 && keep; i++)
            s.n.U[i] = rng_normal(&g);
        forward(&s);
        truncated(&s, &d, 1, 1);
        truncated(&s, &whole, 6, 6);
        if (keep)
            ck_assert_double_gt(distance(&d, &whole), 0.1);
        else
            ck_assert_double_le(distance(&d, &whole), 1e-12);
        real **at[MATRICES];
        int size[MATRICES];
        arrays(&d, at, size);
        for (int i = 0; i < MATRICES; i++)
            free(*at[i]);
        arrays(&whole, at, size);
        for (int i = 0; i < MATRICES; i++)
            free(*at[i]);
    }
    free_net(&s);
}
END_TEST

/* ---- mistakes ------------------------------------------------------------ */

START_TEST(mistakes_are_caught)
{
    net s = make_net((const int[]){5, 2, 4, 3, 2}, 13);
    rng g = rng_new(13, 1);
    enum { N = 4 * 4 };
    real wrong[N];
    forward(&s);
    backward(&s);
    ck_assert_int_eq(verdict(&s, s.n.U, s.d.U, N), HG_AGREES);
    const double factor[] = {-1, 2, 0.5, 0, 1.0 / 5, 1 + 1e-6};
    for (size_t f = 0; f < sizeof factor / sizeof *factor; f++) {
        for (int i = 0; i < N; i++)
            wrong[i] = factor[f] * s.d.U[i];
        ck_assert_int_eq(verdict(&s, s.n.U, wrong, N), HG_DISAGREES);
    }
    for (int i = 0; i < 4; i++) /* transposed */
        for (int j = 0; j < 4; j++)
            wrong[i * 4 + j] = s.d.U[j * 4 + i];
    ck_assert_int_eq(verdict(&s, s.n.U, wrong, N), HG_DISAGREES);
    for (int K = 1; K < s.T; K++) { /* time cut off */
        rnn d = alone(&s, 0, &g);
        real **at[MATRICES];
        int size[MATRICES];
        forward(&s); /* a check leaves other states behind */
        truncated(&s, &d, K, 1);
        ck_assert_int_eq(verdict(&s, s.n.U, d.U, N), HG_DISAGREES);
        ck_assert_int_eq(verdict(&s, s.n.P, d.P, 2 * 4), HG_AGREES);
        arrays(&d, at, size);
        for (int i = 0; i < MATRICES; i++)
            free(*at[i]);
    }
    free_net(&s);
}
END_TEST

/* The path from the signal to the next state left out, as if V were 0. */
START_TEST(a_forgotten_path_is_caught)
{
    net s = make_net((const int[]){5, 2, 4, 3, 2}, 14);
    rng g = rng_new(14, 1);
    rnn blind = s.n, d = alone(&s, 0, &g);
    real none[4 * 3] = {0}, **at[MATRICES];
    int size[MATRICES];
    forward(&s);
    blind.V = none;
    rnn_backward(s.T, &blind, &d, NULL, NULL, NULL, (real(*)[2])s.up,
                 (real(*)[4])s.h, (real(*)[3])s.c, (real(*)[2])s.x);
    ck_assert_int_eq(verdict(&s, s.n.U, d.U, 16), HG_DISAGREES);
    ck_assert_int_eq(verdict(&s, s.n.W_c, d.W_c, 12), HG_DISAGREES);
    ck_assert_int_eq(verdict(&s, s.n.Q, d.Q, 6), HG_AGREES);
    arrays(&d, at, size);
    for (int i = 0; i < MATRICES; i++)
        free(*at[i]);
    free_net(&s);
}
END_TEST

/* ---- Jacobians ----------------------------------------------------------- */

START_TEST(norms_of_known_matrices)
{
    const real diagonal[2][2] = {{3, 0}, {0, -4}};
    const real column[3][1] = {{2}, {-1}, {2}}, zero[2][3] = {{0}};
    const real shear[2][2] = {{1, 1}, {0, 1}};
    near(spectral_norm(2, 2, diagonal), 4, 1e-12);
    near(spectral_norm(3, 1, column), 3, 1e-12);
    near(spectral_norm(2, 2, shear), (1 + sqrt(5.0)) / 2, 1e-12);
    ck_assert_double_eq(spectral_norm(2, 3, zero), 0);
    const real slanted[2][2] = {{0, 0},
                                {1.1, -1}}; /* at a right angle to (1, 1.1) */
    near(spectral_norm(2, 2, slanted), sqrt(2.21), 1e-12);
}
END_TEST

START_TEST(an_orthogonal_matrix_is_orthogonal)
{
    enum { H = 7 };
    real U[H][H];
    rng g = rng_new(15, 0);
    orthogonal_fill(H, U, 0.9, &g);
    for (int i = 0; i < H; i++)
        for (int j = 0; j < H; j++) {
            double dot = 0;
            for (int k = 0; k < H; k++)
                dot += U[i][k] * U[j][k];
            ck_assert_double_eq_tol(dot, i == j ? 0.81 : 0, 1e-14);
        }
    near(spectral_norm(H, H, U), 0.9, 1e-12);
}
END_TEST

/* |J| <= |U| + |V| |W_c| / 4, and at rest, without a signal, J = U. */
START_TEST(a_jacobian_keeps_its_bound)
{
    enum { H = 5, C = 3 };
    real J[H][H], h[H], c0[C], all[H * 10 + C * 6 + 9];
    rng g = rng_new(16, 0);
    ck_assert_int_eq(rnn_size(1, H, C, 1), H * 10 + C * 6 + 9);
    rnn n = rnn_view(1, H, C, 1, all);
    for (int draw = 0; draw < 50; draw++) {
        for (size_t i = 0; i < sizeof all / sizeof *all; i++)
            all[i] = rng_normal(&g);
        for (int i = 0; i < H; i++)
            h[i] = tanh(rng_normal(&g));
        for (int k = 0; k < C; k++)
            c0[k] = rng_uniform(&g);
        rnn_jacobian(&n, J, h, c0);
        double bound = spectral_norm(H, H, (real(*)[H])n.U) +
                       spectral_norm(H, C, (real(*)[C])n.V) *
                           spectral_norm(C, H, (real(*)[H])n.W_c) / 4;
        ck_assert_double_le(spectral_norm(H, H, J), bound);
    }
    memset(h, 0, sizeof h);
    memset(n.V, 0, H * C * sizeof *n.V);
    rnn_jacobian(&n, J, h, c0);
    ck_assert_int_eq(memcmp(J, n.U, sizeof J), 0);
}
END_TEST

/* ---- sunspots ------------------------------------------------------------ */

START_TEST(the_table_is_the_file)
{
    FILE *f = fopen("chapters/07_bptt/data/sunspots.csv", "r");
    char line[80];
    int rows = 0;
    ck_assert_ptr_nonnull(f);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, f)); /* the header */
    while (fgets(line, sizeof line, f)) {
        char *comma = strchr(line, ',');
        ck_assert_ptr_nonnull(comma);
        ck_assert_int_lt(rows, SUNSPOT_YEARS);
        ck_assert_int_eq(atoi(line), SUNSPOT_FIRST + rows);
        ck_assert_double_eq(strtod(comma + 1, NULL), sunspot_number[rows]);
        rows++;
    }
    ck_assert_int_eq(rows, SUNSPOT_YEARS);
    fclose(f);
}
END_TEST

/* An independent program gave 0.128, 0.126, 0.358 for the straight line. */
START_TEST(the_straight_line)
{
    double p[SUNSPOT_YEARS], sum = 0, moment = 0;
    line_predict(p);
    ck_assert_double_eq_tol(sunspot_error(p, 1712, 1920), 0.1285, 1e-4);
    ck_assert_double_eq_tol(sunspot_error(p, 1921, 1955), 0.1262, 1e-4);
    ck_assert_double_eq_tol(sunspot_error(p, 1956, 1979), 0.3584, 1e-4);
    for (int year = 1712; year <= 1920;
         year++) { /* least squares: the rest is */
        double e = p[year - 1700] - sunspot_number[year - 1700];
        sum += e; /* at a right angle to every input */
        moment += e * sunspot_number[year - 1707];
    }
    ck_assert_double_eq_tol(sum, 0, 1e-8);
    ck_assert_double_eq_tol(moment, 0, 1e-6);
    ck_assert(isnan(p[11]));
}
END_TEST

static sunspot_net trained(int elman, sunspot_training how, uint64_t seed,
                           int steps)
{
    sunspot_net f;
    rng g = rng_new(seed, 30);
    sunspot_start(&f, elman, how, &g);
    for (int e = 0; e < steps; e++)
        sunspot_step(&f);
    return f;
}

static const sunspot_training usual = {
    .hidden = 3, .epochs = 2000, .rate = 0.01, .decay = 1e-4, .start = 0.1};

START_TEST(the_feed_forward_network_learns)
{
    double p[SUNSPOT_YEARS];
    sunspot_net f = trained(0, usual, 1 + (uint64_t)_i, 2000);
    sunspot_predict(&f, p);
    ck_assert_int_eq(f.size, 43);
    ck_assert_double_eq_tol(sunspot_error(p, 1712, 1920), 0.086, 0.002);
    ck_assert_double_eq_tol(sunspot_error(p, 1921, 1955), 0.092, 0.008);
    ck_assert_double_eq_tol(sunspot_error(p, 1956, 1979), 0.363, 0.03);
}
END_TEST

START_TEST(the_elman_network_learns_and_stays_an_elman_network)
{
    double p[SUNSPOT_YEARS];
    sunspot_training how = usual;
    how.rate = 0.015;
    sunspot_net f = trained(1, how, 1 + (uint64_t)_i, 2000);
    sunspot_predict(&f, p);
    rnn n = rnn_view(1, 3, 1, 1, f.w);
    for (int i = 0; i < 3; i++) {
        ck_assert_double_eq(n.V[i], 0);
        ck_assert_double_eq(n.W_c[i], 0);
    }
    ck_assert_double_eq(n.Q[0], 0);
    ck_assert_double_eq(n.b_c[0], 0);
    ck_assert_double_eq_tol(sunspot_error(p, 1712, 1920), 0.084, 0.01);
    ck_assert_double_eq_tol(sunspot_error(p, 1921, 1955), 0.105, 0.012);
    ck_assert_double_eq_tol(sunspot_error(p, 1956, 1979), 0.43, 0.06);
    ck_assert(isnan(p[0]));
}
END_TEST

START_TEST(without_decay_a_larger_network_learns_too_long)
{
    double p[SUNSPOT_YEARS], least = 9, last = 0;
    sunspot_training how = usual;
    how.hidden = 8;
    how.decay = 0;
    sunspot_net f = trained(0, how, 1 + (uint64_t)_i, 0);
    for (int look = 0; look < 30; look++) {
        for (int e = 0; e < 50; e++)
            sunspot_step(&f);
        sunspot_predict(&f, p);
        last = sunspot_error(p, 1921, 1955);
        least = fmin(least, last);
    }
    ck_assert_double_lt(sunspot_error(p, 1712, 1920), 0.075);
    ck_assert_double_gt(last, 1.1 * least);
}
END_TEST

/* The loss counts no error before 1712, and its penalty is decay |w|^2. */
START_TEST(the_losses_are_what_they_say)
{
    sunspot_net f = trained(1, usual, 5, 40);
    double p[SUNSPOT_YEARS], dw[160], squares = 0;
    sunspot_predict(&f, p);
    for (int i = 0; i < f.size; i++)
        squares += f.w[i] * f.w[i];
    double error = sunspot_error(p, 1712, 1920) * SUNSPOT_VARIANCE /
                   (SUNSPOT_SCALE * SUNSPOT_SCALE);
    near(elman_loss(3, dw, f.w, 0.3), error + 0.3 * squares, 1e-12);
    f = trained(0, usual, 5, 40);
    sunspot_predict(&f, p);
    squares = 0;
    for (int i = 0; i < f.size; i++)
        squares += f.w[i] * f.w[i];
    error = sunspot_error(p, 1712, 1920) * SUNSPOT_VARIANCE /
            (SUNSPOT_SCALE * SUNSPOT_SCALE);
    near(lag_loss(3, dw, f.w, 0.3), error + 0.3 * squares, 1e-12);
}
END_TEST

static int layer_sizes[][3] = {{1, 1, 1}, {3, 5, 4}, {2, 1, 3}, {4, 3, 1}};

typedef struct layer {
    int N, L, H;
    real *W, *b, *v, *k, *x, *up;
} layer;

static int layer_loss(void *context, double f[2])
{
    const layer *s = context;
    int N = s->N, L = s->L, H = s->H;
    real a[N][H], y[N];
    lag_forward(N, L, H, a, y, (real(*)[L])s->W, s->b, (real(*)[H])s->v, s->k,
                (real(*)[L])s->x);
    f[0] = f[1] = 0;
    for (int n = 0; n < N; n++)
        f[0] += s->up[n] * y[n];
    return 0;
}

START_TEST(the_feed_forward_network_agrees)
{
    int N = layer_sizes[_i][0], L = layer_sizes[_i][1], H = layer_sizes[_i][2];
    rng g = rng_new(17, 0);
    layer s = {.N = N, .L = L, .H = H};
    s.W = numbers(H * L, 0.7, &g);
    s.b = numbers(H, 0.7, &g);
    s.v = numbers(H, 0.7, &g);
    s.k = numbers(1, 0.7, &g);
    s.x = numbers(N * L, 1, &g);
    s.up = numbers(N, 1, &g);
    real *const data[] = {s.W, s.b, s.v, s.k, s.x};
    const int size[] = {H * L, H, H, 1, N * L};
    real *grad[5], a[N][H], y[N];
    for (int i = 0; i < 5; i++) {
        grad[i] = numbers(size[i], 0, &g);
        for (int k = 0; k < size[i]; k++)
            grad[i][k] = 2.385; /* backward adds */
    }
    lag_forward(N, L, H, a, y, (real(*)[L])s.W, s.b, (real(*)[H])s.v, s.k,
                (real(*)[L])s.x);
    lag_backward(N, L, H, (real(*)[L])grad[0], grad[1], (real(*)[H])grad[2],
                 grad[3], (real(*)[L])grad[4], s.up, (real(*)[L])s.W,
                 (real(*)[H])s.v, a, (real(*)[L])s.x);
    for (int i = 0; i < 5; i++) {
        for (int k = 0; k < size[i]; k++)
            grad[i][k] -= 2.385;
        hg_tensor t = {.name = "x",
                       .rank = 1,
                       .shape = {size[i]},
                       .data = data[i],
                       .grad = grad[i]};
        hg_result r;
        ck_assert_int_eq(hg_differences(layer_loss, &s, &t, &r), HG_OK);
        ck_assert_int_eq(r.verdict, HG_AGREES);
    }
    for (int i = 0; i < 5; i++) {
        free(grad[i]);
        free(data[i]);
    }
    free(s.up);
}
END_TEST

#define LOOP(suite, test, times)                                               \
    do {                                                                       \
        TCase *case_ = tcase_create(#test);                                    \
        tcase_set_timeout(case_, 120);                                         \
        tcase_add_loop_test(case_, test, 0, times);                            \
        suite_add_tcase(suite, case_);                                         \
    } while (0)

/* By hand, with whole numbers; what is there before is added to. */
START_TEST(products_by_hand)
{
    const real W[2][3] = {{1, 2, 3}, {-1, 0, 4}}, x[3] = {2, -1, 1};
    const real dy[2] = {3, -2};
    real y[2] = {10, 20}, dx[3] = {1, 1, 1}, dW[2][3] = {{1}, {0, 0, 1}};
    add_product(2, 3, y, W, x);
    ck_assert(y[0] == 13 && y[1] == 22);
    add_transposed(2, 3, dx, W, dy);
    ck_assert(dx[0] == 6 && dx[1] == 7 && dx[2] == 2);
    add_outer(2, 3, dW, dy, x);
    ck_assert(dW[0][0] == 7 && dW[0][1] == -3 && dW[0][2] == 3);
    ck_assert(dW[1][0] == -4 && dW[1][1] == 2 && dW[1][2] == -1);
    add(2, y, dy);
    ck_assert(y[0] == 16 && y[1] == 20);
    clear(2, y);
    ck_assert(y[0] == 0 && y[1] == 0);
    ck_assert(ROWS(3, dW[0])[1][2] == dW[1][2]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("07_bptt");
    LOOP(suite, the_scalar_network_gives_the_reference_numbers, 2);
    LOOP(suite, the_forward_is_the_definition, SHAPES);
    LOOP(suite, every_gradient_agrees_in_every_shape, SHAPES);
    LOOP(suite, backward_adds, SHAPES);
    LOOP(suite, rtrl_is_bptt, SHAPES);
    LOOP(suite, a_window_of_the_whole_sequence_loses_nothing, SHAPES);
    SUITE_ADD(suite, a_window_of_two_steps_by_hand);
    SUITE_ADD(suite, only_the_recurrence_is_lost);
    SUITE_ADD(suite, mistakes_are_caught);
    SUITE_ADD(suite, products_by_hand);
    SUITE_ADD(suite, a_forgotten_path_is_caught);
    SUITE_ADD(suite, norms_of_known_matrices);
    SUITE_ADD(suite, an_orthogonal_matrix_is_orthogonal);
    SUITE_ADD(suite, a_jacobian_keeps_its_bound);
    SUITE_ADD(suite, the_table_is_the_file);
    SUITE_ADD(suite, the_straight_line);
    LOOP(suite, the_feed_forward_network_agrees, 4);
    LOOP(suite, the_feed_forward_network_learns, 3);
    LOOP(suite, the_elman_network_learns_and_stays_an_elman_network, 2);
    LOOP(suite, without_decay_a_larger_network_learns_too_long, 2);
    SUITE_ADD(suite, the_losses_are_what_they_say);
    return suite_run(suite);
}
