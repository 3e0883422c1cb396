/* SPDX-License-Identifier: MIT */
/* Tests of chapter 8: the LSTM and the cell of 1997 against their definitions
 * written another way, invariants, shapes with 1 among them, mistakes that must
 * be caught, and task 6a on short sequences. */
#define CK_FLOATING_DIG 17
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "chapters/08_lstm/lstm.h"
#include "chapters/08_lstm/lstm1997.h"
#include "chapters/08_lstm/temporal_order.h"
#include "lib/check/handgrad.h"
#include "lib/rng.h"
#include "tests/suite.h"

static real *numbers(int n, rng *g)
{
    real *x = malloc((size_t)n * sizeof *x);
    ck_assert_ptr_nonnull(x);
    for (int i = 0; i < n; i++)
        x[i] = 0.7 * rng_normal(g);
    return x;
}

static real *zeros(int n)
{
    real *x = calloc((size_t)n, sizeof *x);
    ck_assert_ptr_nonnull(x);
    return x;
}

static real *copy(int n, const real x[])
{
    real *y = malloc((size_t)n * sizeof *y);
    ck_assert_ptr_nonnull(y);
    memcpy(y, x, (size_t)n * sizeof *y);
    return y;
}

static double logistic(double a)
{
    return 1 / (1 + exp(-a));
}

/* ---- the LSTM ------------------------------------------------------------ */

/* One network of given sizes; each array alone on the heap, so that the address
 * sanitizer sees an index that leaves it. The loss is up_h . h + up_c . c. */
typedef struct net {
    int T, D, H;
    real *W, *U, *b, *x, *h, *c, *gate, *up_h, *up_c;
    real *dW, *dU, *db, *dx, *dh, *dc;
} net;

static net make_net(int T, int D, int H, uint64_t seed)
{
    rng g = rng_new(seed, 0);
    net z = {.T = T, .D = D, .H = H};
    z.W = numbers(GATES * H * D, &g);
    z.U = numbers(GATES * H * H, &g);
    z.b = numbers(GATES * H, &g);
    z.x = numbers(T * D, &g);
    z.h = numbers((T + 1) * H, &g);
    z.c = numbers((T + 1) * H, &g);
    z.up_h = numbers((T + 1) * H, &g);
    z.up_c = numbers((T + 1) * H, &g);
    memset(z.up_h, 0, (size_t)H * sizeof *z.up_h); /* rows 0 are inputs */
    memset(z.up_c, 0, (size_t)H * sizeof *z.up_c);
    z.gate = numbers(T * GATES * H, &g);
    z.dW = zeros(GATES * H * D);
    z.dU = zeros(GATES * H * H);
    z.db = zeros(GATES * H);
    z.dx = zeros(T * D);
    z.dh = copy((T + 1) * H, z.up_h);
    z.dc = copy((T + 1) * H, z.up_c);
    return z;
}

static void free_net(net *z)
{
    real *const all[] = {z->W,    z->U,    z->b,  z->x,  z->h,
                         z->c,    z->gate, z->dW, z->dU, z->db,
                         z->up_h, z->up_c, z->dx, z->dh, z->dc};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

static void forward(net *z)
{
    const int D = z->D, H = z->H;
    lstm_forward(z->T, D, H, (real(*)[H])z->c, (real(*)[H])z->h,
                 (real(*)[GATES][H])z->gate, (real(*)[H][D])z->W,
                 (real(*)[H][H])z->U, (real(*)[H])z->b, (real(*)[D])z->x);
}

static void backward(net *z)
{
    const int D = z->D, H = z->H;
    lstm_backward(z->T, D, H, (real(*)[H][D])z->dW, (real(*)[H][H])z->dU,
                  (real(*)[H])z->db, (real(*)[D])z->dx, (real(*)[H])z->dh,
                  (real(*)[H])z->dc, (real(*)[GATES][H])z->gate,
                  (real(*)[H])z->c, (real(*)[H])z->h, (real(*)[H][D])z->W,
                  (real(*)[H][H])z->U, (real(*)[D])z->x);
}

static int net_loss(void *context, double f[2])
{
    net *z = context;
    forward(z);
    for (int i = z->H; i < (z->T + 1) * z->H; i++)
        f[0] += z->up_h[i] * z->h[i] + z->up_c[i] * z->c[i];
    return 0;
}

static const int sizes[][3] = {{1, 1, 1}, {3, 1, 1}, {1, 3, 2},
                               {4, 2, 3}, {2, 5, 1}, {6, 1, 4}};
enum { SIZES = sizeof sizes / sizeof *sizes };

/* G-04, from a program that is not this one. */
START_TEST(the_worked_example)
{
    const real W[GATES][1][1] = {{{.5}}, {{.4}}, {{.3}}, {{.2}}};
    const real U[GATES][1][1] = {{{.1}}, {{.2}}, {{.3}}, {{.4}}};
    const real b[GATES][1] = {{1}, {0}, {.1}, {-.1}}, one = 1, none = 0;
    const real x = 1, h0 = .5, c0 = .25;
    real c, h, gate[GATES][1], dW[GATES][1][1] = {{{0}}};
    real dU[GATES][1][1] = {{{0}}}, db[GATES][1] = {{0}};
    real dx = 0, dh0 = 0, dc0 = 0;
    lstm_step_forward(1, 1, &c, &h, gate, W, U, b, &x, &h0, &c0);
    lstm_step_backward(1, 1, dW, dU, db, &dx, &dh0, &dc0, &one, &none, gate, &c,
                       W, U, &x, &h0, &c0);
    const double got[] = {gate[FORGET][0],
                          gate[INPUT][0],
                          gate[CANDIDATE][0],
                          gate[OUTPUT][0],
                          c,
                          h,
                          dc0,
                          db[FORGET][0],
                          dh0};
    const double want[] = {
        0.82491373183596018, 0.62245933120185456,  0.50052021119023521,
        0.57444251681165899, 0.51778190886947486,  0.27342675114155123,
        0.36650515975144608, 0.016042505170936485, 0.12078157384985433};
    for (int i = 0; i < 9; i++)
        ck_assert_double_eq_tol(got[i], want[i], 1e-14 * want[i]);
}
END_TEST

/* One unit at a time, in another order of loops and with another sigmoid. */
START_TEST(the_state_is_the_definition)
{
    const int *s = sizes[_i];
    net z = make_net(s[0], s[1], s[2], 7);
    const int D = z.D, H = z.H;
    real *h = copy(H, z.h), *c = copy(H, z.c), *next = zeros(H);
    forward(&z);
    for (int t = 1; t <= z.T; t++) {
        for (int j = 0; j < H; j++) {
            double a[GATES];
            for (int r = GATES - 1; r >= 0; r--) {
                a[r] = 0;
                for (int k = H - 1; k >= 0; k--)
                    a[r] += h[k] * z.U[(r * H + j) * H + k];
                for (int d = D - 1; d >= 0; d--)
                    a[r] += z.x[(t - 1) * D + d] * z.W[(r * H + j) * D + d];
                a[r] += z.b[r * H + j];
            }
            c[j] = logistic(a[FORGET]) * c[j] +
                   logistic(a[INPUT]) * tanh(a[CANDIDATE]);
            next[j] = logistic(a[OUTPUT]) * tanh(c[j]);
            ck_assert_double_eq_tol(z.c[t * H + j], c[j], 1e-14);
            ck_assert_double_eq_tol(z.h[t * H + j], next[j], 1e-14);
        }
        memcpy(h, next, (size_t)H * sizeof *h);
    }
    free(h), free(c), free(next);
    free_net(&z);
}
END_TEST

static hg_verdict verdict(hg_loss loss, void *context, int n, real *x,
                          const real *dx)
{
    hg_tensor t = {.name = "x", .rank = 1, .shape = {n}, .data = x, .grad = dx};
    hg_result r;
    ck_assert_int_eq(hg_differences(loss, context, &t, &r), HG_OK);
    return r.verdict;
}

START_TEST(the_gradients_agree)
{
    const int *s = sizes[_i];
    net z = make_net(s[0], s[1], s[2], 8);
    const int D = z.D, H = z.H;
    forward(&z);
    backward(&z);
    real *const x[] = {z.W, z.U, z.b, z.x, z.h, z.c};
    real *const dx[] = {z.dW, z.dU, z.db, z.dx, z.dh, z.dc};
    const int n[] = {GATES * H * D, GATES * H * H, GATES * H, z.T * D, H, H};
    for (int i = 0; i < 6; i++)
        ck_assert_int_eq(verdict(net_loss, &z, n[i], x[i], dx[i]), HG_AGREES);
    free_net(&z);
}
END_TEST

/* From buffers of other numbers the backward must arrive at those numbers plus
 * the gradient. */
START_TEST(the_backward_adds)
{
    const int *s = sizes[_i];
    net z = make_net(s[0], s[1], s[2], 9), y = make_net(s[0], s[1], s[2], 9);
    rng g = rng_new(3, 0);
    const int D = z.D, H = z.H;
    real *const into[] = {y.dW, y.dU, y.db, y.dx, y.dh, y.dc};
    real *const from[] = {z.dW, z.dU, z.db, z.dx, z.dh, z.dc};
    const int n[] = {GATES * H * D, GATES * H * H, GATES * H, z.T * D, H, H};
    real *was[6];
    for (int i = 0; i < 6; i++) {
        was[i] = numbers(n[i], &g);
        memcpy(into[i], was[i], (size_t)n[i] * sizeof *was[i]);
    }
    forward(&z);
    forward(&y);
    backward(&z);
    backward(&y);
    for (int i = 0; i < 6; i++)
        for (int k = 0; k < n[i]; k++)
            ck_assert_double_eq_tol(into[i][k], was[i][k] + from[i][k], 1e-13);
    for (int i = 0; i < 6; i++)
        free(was[i]);
    free_net(&z);
    free_net(&y);
}
END_TEST

/* Mistakes that people make, planted into a gradient that agrees. */
START_TEST(mistakes_are_caught)
{
    net z = make_net(4, 2, 3, 10);
    const int H = 3, block = H * H, n = GATES * block;
    forward(&z);
    backward(&z);
    ck_assert_int_eq(verdict(net_loss, &z, n, z.U, z.dU), HG_AGREES);
    const double factor[] = {-1, 2, 0.5, 0.25, 0, 1 + 1e-6};
    real *wrong = zeros(n);
    for (size_t f = 0; f < sizeof factor / sizeof *factor; f++) {
        for (int i = 0; i < n; i++)
            wrong[i] = factor[f] * z.dU[i];
        ck_assert_int_eq(verdict(net_loss, &z, n, z.U, wrong), HG_DISAGREES);
    }
    for (int i = 0; i < n; i++) /* forget and input gate changed places */
        wrong[i] = z.dU[i < block ? i + block : i < 2 * block ? i - block : i];
    ck_assert_int_eq(verdict(net_loss, &z, n, z.U, wrong), HG_DISAGREES);
    for (int r = 0; r < GATES; r++) /* transposed */
        for (int j = 0; j < H; j++)
            for (int k = 0; k < H; k++)
                wrong[r * block + j * H + k] = z.dU[r * block + k * H + j];
    ck_assert_int_eq(verdict(net_loss, &z, n, z.U, wrong), HG_DISAGREES);
    net last = make_net(4, 2, 3, 10); /* the last step only */
    memset(last.dh, 0, 4 * 3 * sizeof *last.dh);
    memset(last.dc, 0, 4 * 3 * sizeof *last.dc);
    forward(&last);
    backward(&last);
    ck_assert_int_eq(verdict(net_loss, &z, n, z.U, last.dU), HG_DISAGREES);
    free(wrong);
    free_net(&last);
    free_net(&z);
}
END_TEST

/* Without recurrent weights dc_T/dc_0 is the product of the forget gates, unit
 * by unit, and 1 where the gates are open. */
START_TEST(the_carousel)
{
    for (int open = 0; open < 2; open++) {
        net z = make_net(50, 2, 4, 11);
        const int H = 4;
        memset(z.U, 0, GATES * 4 * 4 * sizeof *z.U);
        memset(z.dh, 0, 51 * 4 * sizeof *z.dh);
        memset(z.dc, 0, 51 * 4 * sizeof *z.dc);
        for (int j = 0; j < H; j++) {
            z.b[FORGET * H + j] = open ? 40 : 2;
            z.dc[50 * H + j] = 1;
        }
        forward(&z);
        backward(&z);
        for (int j = 0; j < H; j++) {
            double product = 1;
            for (int t = 0; t < 50; t++)
                product *= z.gate[(t * GATES + FORGET) * H + j];
            ck_assert_double_eq_tol(z.dc[j], product, 1e-14 * product);
            if (open)
                ck_assert_double_eq(z.dc[j], 1);
            else
                ck_assert_double_lt(z.dc[j], 0.5);
        }
        free_net(&z);
    }
}
END_TEST

/* Net inputs of 1e5: nothing overflows, the gates are 0 and 1. */
START_TEST(large_inputs_are_finite)
{
    net z = make_net(3, 2, 2, 12);
    for (int i = 0; i < 3 * 2; i++)
        z.x[i] *= 1e5;
    forward(&z);
    backward(&z);
    for (int i = 0; i < 4 * 2; i++) {
        ck_assert(isfinite(z.h[i]) && isfinite(z.c[i]));
        ck_assert(isfinite(z.dh[i]) && isfinite(z.dc[i]));
    }
    free_net(&z);
}
END_TEST

/* ---- the cell of 1997 ---------------------------------------------------- */

typedef struct blocks {
    int T, D, B, C, N;
    real *W, *U, *b, *x, *up, *y, *s, *g, *dW, *dU, *db, *dx, *dy;
} blocks;

/* gates: whether the loss sees the gates' outputs too. */
static blocks make_blocks(const int size[4], int gates, uint64_t seed)
{
    rng g = rng_new(seed, 1);
    blocks z = {.T = size[0], .D = size[1], .B = size[2], .C = size[3]};
    z.N = z.C + 2 * z.B;
    z.W = numbers(z.N * z.D, &g);
    z.U = numbers(z.N * z.N, &g);
    z.b = numbers(z.N, &g);
    z.x = numbers(z.T * z.D, &g);
    z.up = numbers((z.T + 1) * z.N, &g);
    for (int i = 0; i < (z.T + 1) * z.N; i++)
        if (i < z.N || (!gates && i % z.N >= z.C))
            z.up[i] = 0;
    z.y = numbers((z.T + 1) * z.N, &g); /* row 0 must become zero */
    z.s = numbers((z.T + 1) * z.C, &g);
    z.g = numbers(z.T * z.C, &g);
    z.dW = zeros(z.N * z.D);
    z.dU = zeros(z.N * z.N);
    z.db = zeros(z.N);
    z.dx = zeros(z.T * z.D);
    z.dy = copy((z.T + 1) * z.N, z.up);
    return z;
}

static void free_blocks(blocks *z)
{
    real *const all[] = {z->W, z->U,  z->b,  z->x,  z->up, z->y, z->s,
                         z->g, z->dW, z->dU, z->db, z->dx, z->dy};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

static void blocks_forward(blocks *z)
{
    const int D = z->D, N = z->N, C = z->C;
    lstm1997_forward(z->T, D, z->B, C, (real(*)[N])z->y, (real(*)[C])z->s,
                     (real(*)[C])z->g, (real(*)[D])z->W, (real(*)[N])z->U, z->b,
                     (real(*)[D])z->x);
}

static void blocks_backward(blocks *z, bool truncated)
{
    const int D = z->D, N = z->N, C = z->C;
    lstm1997_backward(z->T, D, z->B, C, (real(*)[D])z->dW, (real(*)[N])z->dU,
                      z->db, truncated ? NULL : (real(*)[D])z->dx,
                      (real(*)[N])z->dy, truncated, (real(*)[N])z->y,
                      (real(*)[C])z->s, (real(*)[C])z->g, (real(*)[D])z->W,
                      (real(*)[N])z->U, (real(*)[D])z->x);
}

static void blocks_traces(blocks *z)
{
    const int D = z->D, N = z->N, C = z->C;
    lstm1997_traces(z->T, D, z->B, C, (real(*)[D])z->dW, (real(*)[N])z->dU,
                    z->db, (real(*)[N])z->dy, (real(*)[N])z->y,
                    (real(*)[C])z->s, (real(*)[C])z->g, (real(*)[D])z->x);
}

static int blocks_loss(void *context, double f[2])
{
    blocks *z = context;
    blocks_forward(z);
    for (int i = z->N; i < (z->T + 1) * z->N; i++)
        f[0] += z->up[i] * z->y[i];
    return 0;
}

/* T, D, B, C. */
static const int block_sizes[][4] = {{1, 1, 1, 1}, {4, 2, 1, 1}, {3, 1, 2, 2},
                                     {5, 3, 1, 3}, {4, 2, 2, 6}, {2, 5, 3, 3}};
enum { BLOCK_SIZES = sizeof block_sizes / sizeof *block_sizes };

START_TEST(weights_are_those_of_the_paper)
{
    ck_assert_int_eq(lstm1997_weights(8, 2, 4, 4), 156);
    ck_assert_int_eq(lstm1997_weights(8, 3, 6, 8), 308);
    ck_assert_int_eq(sizeof(order_network) / sizeof(real), 156);
}
END_TEST

/* g = 2 tanh(a/2), h = tanh(s/2), and the state is a sum. */
START_TEST(the_cell_of_1997_is_its_definition)
{
    blocks z = make_blocks(block_sizes[_i], 1, 13);
    const int N = z.N, C = z.C, B = z.B, D = z.D;
    blocks_forward(&z);
    for (int n = 0; n < N; n++)
        ck_assert_double_eq(z.y[n], 0);
    for (int c = 0; c < C; c++) {
        double s = 0;
        for (int t = 1; t <= z.T; t++) {
            double a[3];
            const int row[3] = {c, C + c / (C / B), C + B + c / (C / B)};
            for (int r = 0; r < 3; r++) {
                a[r] = z.b[row[r]];
                for (int d = 0; d < D; d++)
                    a[r] += z.W[row[r] * D + d] * z.x[(t - 1) * D + d];
                for (int m = 0; m < N; m++)
                    a[r] += z.U[row[r] * N + m] * z.y[(t - 1) * N + m];
            }
            s += logistic(a[1]) * 2 * tanh(a[0] / 2);
            ck_assert_double_eq_tol(z.s[t * C + c], s, 1e-14);
            ck_assert_double_eq_tol(z.y[t * N + c],
                                    logistic(a[2]) * tanh(s / 2), 1e-14);
            ck_assert_double_eq_tol(z.y[t * N + row[1]], logistic(a[1]), 1e-14);
            ck_assert_double_eq_tol(z.y[t * N + row[2]], logistic(a[2]), 1e-14);
        }
    }
    free_blocks(&z);
}
END_TEST

START_TEST(the_full_gradient_of_1997_agrees)
{
    blocks z = make_blocks(block_sizes[_i], 1, 14);
    blocks_forward(&z);
    blocks_backward(&z, false);
    real *const x[] = {z.W, z.b, z.x, z.U};
    real *const dx[] = {z.dW, z.db, z.dx, z.dU};
    const int n[] = {z.N * z.D, z.N, z.T * z.D, z.N * z.N};
    for (int i = 0; i < 3 + (z.T > 1); i++)
        ck_assert_int_eq(verdict(blocks_loss, &z, n[i], x[i], dx[i]),
                         HG_AGREES);
    if (z.T == 1) /* y_0 is zero: the recurrent weights have no influence */
        for (int i = 0; i < z.N * z.N; i++)
            ck_assert_double_eq(z.dU[i], 0);
    free_blocks(&z);
}
END_TEST

/* Without recurrent weights the two are one; with them they are not, and the
 * checker sees it. */
START_TEST(truncation_is_exact_without_recurrent_weights)
{
    const int size[4] = {5, 3, 2, 4};
    for (int recurrent = 0; recurrent < 2; recurrent++) {
        blocks full = make_blocks(size, 1, 15), cut = make_blocks(size, 1, 15);
        int n = full.N * full.N;
        if (!recurrent) {
            memset(full.U, 0, (size_t)n * sizeof *full.U);
            memset(cut.U, 0, (size_t)n * sizeof *cut.U);
        }
        blocks_forward(&full);
        blocks_forward(&cut);
        blocks_backward(&full, false);
        blocks_backward(&cut, true);
        double apart = 0, largest = 0;
        for (int i = 0; i < n; i++) {
            apart = fmax(apart, fabs(full.dU[i] - cut.dU[i]));
            largest = fmax(largest, fabs(full.dU[i]));
        }
        ck_assert_double_gt(largest, 0.01);
        if (recurrent)
            ck_assert_double_gt(apart, 0.01 * largest);
        else
            ck_assert_double_eq(apart, 0);
        ck_assert_int_eq(verdict(blocks_loss, &cut, n, cut.U, cut.dU),
                         recurrent ? HG_DISAGREES : HG_AGREES);
        free_blocks(&full);
        free_blocks(&cut);
    }
}
END_TEST

/* Backward in time, truncated, and forward in time by traces: the same, and
 * both add to what is there. */
START_TEST(traces_are_the_truncated_gradient)
{
    blocks z = make_blocks(block_sizes[_i], 0, 16);
    blocks y = make_blocks(block_sizes[_i], 0, 16);
    real *const a[] = {z.dW, z.dU, z.db}, *const b[] = {y.dW, y.dU, y.db};
    const int n[] = {z.N * z.D, z.N * z.N, z.N};
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < n[i]; k++) {
            a[i][k] = 2.385;
            b[i][k] = -0.64;
        }
    blocks_forward(&z);
    blocks_forward(&y);
    blocks_backward(&z, true);
    blocks_traces(&y);
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < n[i]; k++)
            ck_assert_double_eq_tol(a[i][k] - 2.385, b[i][k] + 0.64, 1e-13);
    free_blocks(&z);
    free_blocks(&y);
}
END_TEST

START_TEST(the_backward_of_1997_adds)
{
    blocks z = make_blocks(block_sizes[_i], 1, 17);
    blocks y = make_blocks(block_sizes[_i], 1, 17);
    real *const a[] = {z.dW, z.dU, z.db, z.dx};
    real *const b[] = {y.dW, y.dU, y.db, y.dx};
    const int n[] = {z.N * z.D, z.N * z.N, z.N, z.T * z.D};
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < n[i]; k++)
            b[i][k] = 2.385 + k;
    blocks_forward(&z);
    blocks_forward(&y);
    blocks_backward(&z, false);
    blocks_backward(&y, false);
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < n[i]; k++)
            ck_assert_double_eq_tol(b[i][k], 2.385 + k + a[i][k], 1e-12);
    free_blocks(&z);
    free_blocks(&y);
}
END_TEST

/* ---- task 6a ------------------------------------------------------------- */

START_TEST(sequences_are_as_published)
{
    order_sequence q;
    rng g = rng_new(1, 0);
    int class[CLASSES] = {0}, least[3] = {999, 999, 999}, most[3] = {0};
    int wrong = 0; /* (counted: Check writes at each of its assertions) */
    for (int i = 0; i < 4000; i++) {
        order_draw(&q, &task_6a, &g);
        const int drawn[3] = {q.T, q.t1, q.t2};
        for (int k = 0; k < 3; k++) {
            least[k] = drawn[k] < least[k] ? drawn[k] : least[k];
            most[k] = drawn[k] > most[k] ? drawn[k] : most[k];
        }
        class[q.class]++;
        for (int t = 1; t <= q.T; t++) {
            double sum = 0;
            for (int s = 0; s < SYMBOLS; s++)
                sum += q.x[t - 1][s];
            wrong += sum != 1 || q.x[t - 1][q.symbol[t - 1]] != 1;
            char c = order_letters[q.symbol[t - 1]];
            if (t == 1 || t == q.T)
                wrong += c != (t == 1 ? 'E' : 'B');
            else if (t == q.t1)
                wrong += c != (q.class < 2 ? 'X' : 'Y');
            else if (t == q.t2)
                wrong += c != (q.class % 2 ? 'Y' : 'X');
            else
                wrong += !(c >= 'a' && c <= 'd');
        }
    }
    ck_assert_int_eq(wrong, 0);
    const int lo[3] = {100, 10, 50}, hi[3] = {110, 20, 60};
    for (int k = 0; k < 3; k++) {
        ck_assert_int_eq(least[k], lo[k]);
        ck_assert_int_eq(most[k], hi[k]);
    }
    for (int k = 0; k < CLASSES; k++)
        ck_assert(class[k] > 880 && class[k] < 1120); /* 4.4 deviations */
}
END_TEST

/* A fresh network answers about 1/2 everywhere: E is near 4 (1/2)^2 / 2. */
START_TEST(a_fresh_network)
{
    const double bias[BLOCKS] = {-2, -4};
    order_network w;
    order_sequence q;
    order_pass z;
    rng g = rng_new(5, 0);
    order_start(&w, bias, &g);
    ck_assert_double_eq(w.b[CELLS], -2);
    ck_assert_double_eq(w.b[CELLS + 1], -4);
    for (int i = 0; i < WEIGHTS; i++) {
        const real x = ((const real *)&w)[i];
        ck_assert(fabs(x) <= 0.1 || x == -2 || x == -4);
    }
    order_draw(&q, &task_6a, &g);
    ck_assert_double_eq_tol(order_forward(&z, &w, &q), 0.5, 0.1);
    ck_assert(!order_right(&z, &q));
    z.out[0] = z.out[1] = z.out[2] = z.out[3] = 0.29;
    z.out[q.class] = 0.71;
    ck_assert(order_right(&z, &q));
    z.out[(q.class + 1) % CLASSES] = 0.31;
    ck_assert(!order_right(&z, &q));
    z.out[(q.class + 1) % CLASSES] = (real)NAN;
    ck_assert(!order_right(&z, &q));
}
END_TEST

/* The claim of section 8.12 in a quick form: 12 to 16 symbols. Ten networks,
 * most of which must learn it (all of them did). */
START_TEST(short_sequences_are_learned)
{
    static const order_task task = {{12, 16}, {2, 4}, {7, 9}};
    static order_training r;
    const double bias[BLOCKS] = {-2, -4};
    int solved = 0;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        bool over = false;
        order_begin(&r, &task, 0.5, false, bias, seed);
        while (!over && r.sequences < 40000)
            over = order_next(&r);
        rng g = rng_new(seed, 3);
        int wrong = order_test(&r.w, &task, 500, &g);
        solved += over && wrong <= 10;
        ck_assert(!over || order_mean_error(&r) < 0.1);
    }
    ck_assert_int_ge(solved, 8);
}
END_TEST

/* The mean of the last 2000 errors is that, before and after the window is
 * full; with a rate of zero nothing is learned. */
START_TEST(the_mean_is_over_a_window)
{
    static const order_task task = {{6, 8}, {2, 3}, {4, 5}};
    static order_training r, s;
    const double bias[BLOCKS] = {-2, -4};
    order_begin(&r, &task, 0, false, bias, 1);
    order_begin(&s, &task, 0, false, bias, 1);
    double error[3000];
    order_sequence q;
    order_pass z;
    for (int i = 0; i < 3000; i++) {
        order_draw(&q, &task, &s.g);
        error[i] = order_forward(&z, &s.w, &q);
        ck_assert(!order_next(&r));
        double sum = 0;
        int from = i < IN_A_ROW ? 0 : i - IN_A_ROW + 1;
        if (i % 500)
            continue;
        for (int k = from; k <= i; k++)
            sum += error[k];
        ck_assert_double_eq_tol(order_mean_error(&r), sum / (i - from + 1),
                                1e-12);
    }
    ck_assert_int_eq(memcmp(&r.w, &s.w, sizeof r.w), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("08_lstm");
    TCase *c = tcase_create("shapes");
    tcase_set_timeout(c, 120);
    tcase_add_loop_test(c, the_state_is_the_definition, 0, SIZES);
    tcase_add_loop_test(c, the_gradients_agree, 0, SIZES);
    tcase_add_loop_test(c, the_backward_adds, 0, SIZES);
    tcase_add_loop_test(c, the_cell_of_1997_is_its_definition, 0, BLOCK_SIZES);
    tcase_add_loop_test(c, the_full_gradient_of_1997_agrees, 0, BLOCK_SIZES);
    tcase_add_loop_test(c, traces_are_the_truncated_gradient, 0, BLOCK_SIZES);
    tcase_add_loop_test(c, the_backward_of_1997_adds, 0, BLOCK_SIZES);
    suite_add_tcase(suite, c);
    SUITE_ADD(suite, the_worked_example);
    SUITE_ADD(suite, mistakes_are_caught);
    SUITE_ADD(suite, the_carousel);
    SUITE_ADD(suite, large_inputs_are_finite);
    SUITE_ADD(suite, weights_are_those_of_the_paper);
    SUITE_ADD(suite, truncation_is_exact_without_recurrent_weights);
    SUITE_ADD(suite, sequences_are_as_published);
    SUITE_ADD(suite, a_fresh_network);
    SUITE_ADD(suite, short_sequences_are_learned);
    SUITE_ADD(suite, the_mean_is_over_a_window);
    return suite_run(suite);
}
