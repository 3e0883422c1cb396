/* SPDX-License-Identifier: MIT */
/* Tests of chapter 10: each function against its definition written another way,
 * what padding, packing and checkpoints may not change, sizes with 1 among them,
 * gradients that add, mistakes that must be caught, and the text itself. */
#define CK_FLOATING_DIG 17
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "chapters/10_sequences/checkpoint.h"
#include "chapters/10_sequences/embedding.h"
#include "chapters/10_sequences/masks.h"
#include "chapters/10_sequences/packing.h"
#include "chapters/10_sequences/qianziwen.h"
#include "chapters/10_sequences/reader.h"
#include "chapters/10_sequences/recital.h"
#include "chapters/10_sequences/scan.h"
#include "chapters/10_sequences/sequence_loss.h"
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
        x[i] = rng_normal(g);
    return x;
}

static real *zeros(int n)
{
    real *x = calloc((size_t)n, sizeof *x);
    ck_assert_ptr_nonnull(x);
    return x;
}

static real *copy_of(int n, const real *x)
{
    real *y = zeros(n);
    memcpy(y, x, (size_t)n * sizeof *y);
    return y;
}

static void near(int n, const real *a, const real *b, double tolerance)
{
    for (int i = 0; i < n; i++)
        ck_assert_double_eq_tol(a[i], b[i], tolerance * (1 + fabs(b[i])));
}

static void same(int n, const real *a, const real *b)
{
    ck_assert_int_eq(memcmp(a, b, (size_t)n * sizeof *a), 0);
}

/* ---- embedding ----------------------------------------------------------- */

static const int tables[][3] = {
    {1, 1, 1}, {5, 3, 2}, {4, 7, 1}, {1, 6, 5}, {9, 2, 3}};

/* X = K E and dE = K^T dX with one-hot rows K; the buffer is not empty. */
START_TEST(embedding_is_a_product)
{
    int T = tables[_i][0], V = tables[_i][1], D = tables[_i][2];
    rng g = rng_new(31, (uint64_t)_i);
    real *E = numbers(V * D, &g), *dx = numbers(T * D, &g);
    real *dE = numbers(V * D, &g), *want = copy_of(V * D, dE);
    real *x = numbers(T * D, &g);
    int *k = malloc((size_t)T * sizeof *k);
    for (int t = 0; t < T; t++)
        k[t] = rng_below(&g, V);
    embedding_forward(T, V, D, (real(*)[D])x, (real(*)[D])E, k);
    embedding_backward(T, V, D, (real(*)[D])dE, (real(*)[D])dx, k);
    for (int t = 0; t < T; t++)
        for (int d = 0; d < D; d++) {
            real sum = 0;
            for (int v = 0; v < V; v++) {
                sum += (k[t] == v) * E[v * D + d];
                want[v * D + d] += (k[t] == v) * dx[t * D + d];
            }
            ck_assert_double_eq(x[t * D + d], sum);
        }
    near(V * D, dE, want, 1e-15);
    free(E), free(dx), free(dE), free(want), free(x), free(k);
}
END_TEST

START_TEST(tokens_that_are_absent_stay)
{
    const int k[3] = {2, 2, 0};
    real dE[4][2] = {{0}}, before[2] = {2.385, -0.64};
    const real dx[3][2] = {{1, 2}, {3, -1}, {0.5, 0.25}};
    memcpy(dE[3], before, sizeof before);
    embedding_backward(3, 4, 2, dE, dx, k);
    same(2, dE[3], before);
    ck_assert_double_eq(dE[1][0], 0);
    ck_assert_double_eq(dE[2][0], 4);
    ck_assert_double_eq(dE[2][1], 1);
}
END_TEST

/* ---- masks --------------------------------------------------------------- */

static const int patterns[][6] = {{1, 1, 1, 1, 1, 1},
                                  {1, 0, 1, 1, 0, 0},
                                  {0, 0, 0, 1, 1, 0},
                                  {0, 1, 0, 0, 0, 0},
                                  {0, 0, 0, 0, 0, 0}};

START_TEST(masks_count_the_first)
{
    int keep[5];
    mask_fill(5, keep, 3);
    for (int t = 0; t < 5; t++)
        ck_assert_int_eq(keep[t], t < 3);
    mask_fill(5, keep, 0);
    ck_assert_int_eq(keep[0], 0);
}
END_TEST

/* The kept positions alone, in an array of their own, without a mask. */
START_TEST(masked_is_what_is_left)
{
    const int *keep = patterns[_i];
    int all[6] = {1, 1, 1, 1, 1, 1}, n = 0;
    rng g = rng_new(32, (uint64_t)_i);
    real *z = numbers(6, &g), *dp = numbers(6, &g), p[6], few[6], few_p[6];
    real dz[6], few_dz[6] = {0}, few_dp[6], dl[6], few_dl[6] = {0};
    for (int i = 0; i < 6; i++) {
        dz[i] = dl[i] = 2.385;
        if (keep[i]) {
            few[n] = z[i];
            few_dp[n++] = dp[i];
        }
    }
    masked_softmax_forward(6, p, z, keep);
    masked_softmax_backward(6, dz, dp, p, keep);
    masked_mean_backward(6, dl, 0.7, keep);
    double mean = masked_mean_forward(6, z, keep), sum = 0;
    if (n) {
        masked_softmax_forward(n, few_p, few, all);
        masked_softmax_backward(n, few_dz, few_dp, few_p, all);
        masked_mean_backward(n, few_dl, 0.7, all);
        ck_assert_double_eq(mean, masked_mean_forward(n, few, all));
    } else
        ck_assert_double_eq(mean, 0);
    for (int i = 0, m = 0; i < 6; i++) {
        sum += p[i];
        if (!keep[i]) {
            ck_assert_double_eq(p[i], 0);
            ck_assert_double_eq(dz[i], 2.385);
            ck_assert_double_eq(dl[i], 2.385);
            continue;
        }
        ck_assert_double_eq(p[i], few_p[m]);
        ck_assert_double_eq_tol(dz[i], 2.385 + few_dz[m], 1e-15);
        ck_assert_double_eq_tol(dl[i], 2.385 + few_dl[m++], 1e-15);
    }
    ck_assert_double_eq_tol(sum, n > 0, 1e-15);
    free(z), free(dp);
}
END_TEST

START_TEST(padding_may_be_anything)
{
    const int keep[4] = {1, 0, 1, 0};
    const real z[4] = {900, NAN, 901, INFINITY}, dp[4] = {1, NAN, -2, INFINITY};
    real p[4], dz[4] = {0};
    masked_softmax_forward(4, p, z, keep);
    masked_softmax_backward(4, dz, dp, p, keep);
    ck_assert_double_eq_tol(p[0] + p[2], 1, 1e-15);
    ck_assert_double_eq_tol(p[2] / p[0], exp(1.0), 1e-14);
    ck_assert_double_eq(dz[1], 0);
    ck_assert_double_eq(dz[3], 0);
    ck_assert_double_eq_tol(dz[0] + dz[2], 0, 1e-15);
    ck_assert_double_eq(masked_mean_forward(4, z, keep), 900.5);
}
END_TEST

/* ---- LSTMs --------------------------------------------------------------- */

/* Weights, inputs, states, and what came out, for T steps. */
typedef struct cell {
    int T, D, H;
    real *W, *U, *b, *x, *c, *h, *gate;
    real *dW, *dU, *db, *dx, *dc, *dh, *up;
} cell;

static cell make_cell(int T, int D, int H, uint64_t seed)
{
    rng g = rng_new(seed, 0);
    cell s = {.T = T, .D = D, .H = H};
    s.W = numbers(GATES * H * D, &g);
    s.U = numbers(GATES * H * H, &g);
    s.b = numbers(GATES * H, &g);
    s.x = numbers(T * D, &g);
    s.c = numbers((T + 1) * H, &g);
    s.h = numbers((T + 1) * H, &g);
    s.up = numbers((T + 1) * H, &g);
    s.gate = zeros(T * GATES * H);
    s.dW = zeros(GATES * H * D);
    s.dU = zeros(GATES * H * H);
    s.db = zeros(GATES * H);
    s.dx = zeros(T * D);
    s.dc = zeros((T + 1) * H);
    s.dh = copy_of((T + 1) * H, s.up);
    return s;
}

static void free_cell(cell *s)
{
    real *const all[] = {s->W,  s->U,  s->b,  s->x,  s->c,  s->h,  s->gate,
                         s->dW, s->dU, s->db, s->dx, s->dc, s->dh, s->up};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

static void run_masked(cell *s, const int *keep)
{
    int T = s->T, D = s->D, H = s->H;
    masked_lstm_forward(T, D, H, (real(*)[H])s->c, (real(*)[H])s->h,
                        (real(*)[GATES][H])s->gate, (real(*)[H][D])s->W,
                        (real(*)[H][H])s->U, (real(*)[H])s->b, (real(*)[D])s->x,
                        keep);
    masked_lstm_backward(
        T, D, H, (real(*)[H][D])s->dW, (real(*)[H][H])s->dU, (real(*)[H])s->db,
        (real(*)[D])s->dx, (real(*)[H])s->dh, (real(*)[H])s->dc,
        (real(*)[GATES][H])s->gate, (real(*)[H])s->c, (real(*)[H])s->h,
        (real(*)[H][D])s->W, (real(*)[H][H])s->U, (real(*)[D])s->x, keep);
}

static void run_plain(cell *s)
{
    int T = s->T, D = s->D, H = s->H;
    if (T == 0) /* nothing is run, and the gradients stay as they are */
        return;
    lstm_forward(T, D, H, (real(*)[H])s->c, (real(*)[H])s->h,
                 (real(*)[GATES][H])s->gate, (real(*)[H][D])s->W,
                 (real(*)[H][H])s->U, (real(*)[H])s->b, (real(*)[D])s->x);
    lstm_backward(T, D, H, (real(*)[H][D])s->dW, (real(*)[H][H])s->dU,
                  (real(*)[H])s->db, (real(*)[D])s->dx, (real(*)[H])s->dh,
                  (real(*)[H])s->dc, (real(*)[GATES][H])s->gate,
                  (real(*)[H])s->c, (real(*)[H])s->h, (real(*)[H][D])s->W,
                  (real(*)[H][H])s->U, (real(*)[D])s->x);
}

static const int shapes[][3] = {{1, 1, 1}, {6, 3, 2}, {6, 1, 4}, {6, 5, 1}};

/* The padded sequence is the real steps alone, bit for bit; the loss looks at
 * the last state. */
START_TEST(padding_changes_no_bit)
{
    int D = shapes[_i][1], H = shapes[_i][2], T = 6;
    for (size_t n = 0; n < sizeof patterns / sizeof *patterns; n++) {
        cell a = make_cell(T, D, H, 33), b = make_cell(T, D, H, 33);
        int real_[6], steps = 0;
        for (int t = 0; t < T; t++)
            if (patterns[n][t])
                real_[steps++] = t;
        memset(a.dh, 0, (size_t)(T * H) * sizeof *a.dh);
        memset(b.dh, 0, (size_t)((T + 1) * H) * sizeof *b.dh);
        memcpy(b.dh + steps * H, a.dh + T * H, (size_t)H * sizeof *b.dh);
        for (int i = 0; i < steps; i++)
            memcpy(b.x + i * D, a.x + real_[i] * D, (size_t)D * sizeof *b.x);
        b.T = steps;
        run_masked(&a, patterns[n]);
        run_plain(&b);
        same(H, a.h + T * H, b.h + steps * H);
        same(H, a.c + T * H, b.c + steps * H);
        same(GATES * H * D, a.dW, b.dW);
        same(GATES * H * H, a.dU, b.dU);
        same(GATES * H, a.db, b.db);
        same(H, a.dh, b.dh);
        same(H, a.dc, b.dc);
        for (int t = 0, i = 0; t < T; t++)
            if (patterns[n][t])
                same(D, a.dx + t * D, b.dx + D * i++);
            else
                for (int d = 0; d < D; d++)
                    ck_assert_double_eq(a.dx[t * D + d], 0);
        b.T = T;
        free_cell(&a), free_cell(&b);
    }
}
END_TEST

/* The loss sees every state: L = sum_t up_t . h_t. */
static int masked_loss(void *context, double f[2])
{
    cell *s = context;
    int T = s->T, D = s->D, H = s->H;
    masked_lstm_forward(T, D, H, (real(*)[H])s->c, (real(*)[H])s->h,
                        (real(*)[GATES][H])s->gate, (real(*)[H][D])s->W,
                        (real(*)[H][H])s->U, (real(*)[H])s->b, (real(*)[D])s->x,
                        patterns[1]);
    for (int i = 0; i < (T + 1) * H; i++)
        f[0] += s->up[i] * s->h[i];
    return 0;
}

static hg_verdict found(cell *s, real *x, const real *dx, int rows, int cols,
                        hg_verdict expected)
{
    hg_tensor t = {.name = "x",
                   .rank = 2,
                   .shape = {rows, cols},
                   .data = x,
                   .grad = dx,
                   .expected = expected};
    hg_result r;
    ck_assert_int_eq(hg_differences(masked_loss, s, &t, &r), HG_OK);
    return r.verdict;
}

static hg_verdict verdict(cell *s, real *x, const real *dx, int rows, int cols)
{
    return found(s, x, dx, rows, cols, HG_AGREES);
}

START_TEST(mistakes_in_padding_are_caught)
{
    cell s = make_cell(6, 3, 2, 34);
    const int all[6] = {1, 1, 1, 1, 1, 1};
    run_masked(&s, patterns[1]);
    ck_assert_int_eq(verdict(&s, s.x, s.dx, 6, 3), HG_AGREES);
    ck_assert_int_eq(verdict(&s, s.h, s.dh, 1, 2), HG_AGREES);
    ck_assert_int_eq(verdict(&s, s.c, s.dc, 1, 2), HG_AGREES);
    ck_assert_int_eq(verdict(&s, s.W, s.dW, 8, 3), HG_AGREES);
    ck_assert_int_eq(found(&s, s.x + 3, s.dx + 3, 1, 3, HG_ZERO), HG_ZERO);
    cell wrong = make_cell(6, 3, 2, 34); /* the mask is ignored */
    run_masked(&wrong, all);
    ck_assert_int_eq(verdict(&s, s.x, wrong.dx, 6, 3), HG_DISAGREES);
    ck_assert_int_eq(verdict(&s, s.W, wrong.dW, 8, 3), HG_DISAGREES);
    s.dx[4] += 1e-6; /* and one entry of the padding */
    ck_assert_int_eq(verdict(&s, s.x, s.dx, 6, 3), HG_DISAGREES);
    free_cell(&s), free_cell(&wrong);
}
END_TEST

/* ---- packing ------------------------------------------------------------- */

START_TEST(pack_sorts_and_counts)
{
    const int length[5] = {2, 4, 1, 4, 2};
    const int want_order[5] = {1, 3, 0, 4, 2}, want_active[5] = {5, 5, 4, 2, 2};
    const int want_first[5] = {0, 5, 10, 14, 16};
    int order[5], active[5], first[5];
    ck_assert_int_eq(pack_batch(5, 4, order, active, first, length), 13);
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(order[i], want_order[i]);
        ck_assert_int_eq(active[i], want_active[i]);
        ck_assert_int_eq(first[i], want_first[i]);
    }
    int one = 3, place, runs[4], starts[4];
    ck_assert_int_eq(pack_batch(1, 3, &place, runs, starts, &one), 3);
    ck_assert_int_eq(starts[3], 3);
}
END_TEST

/* Three sequences of 3, 2 and 1 steps, packed, against each alone. */
START_TEST(packed_is_one_at_a_time)
{
    enum { B = 3, T = 3, R = 6 };
    static const int length[B] = {2, 3, 1};
    int D = shapes[_i][1], H = shapes[_i][2];
    int order[B], active[T + 1], first[T + 1];
    rng g = rng_new(35, (uint64_t)_i);
    cell w = make_cell(1, D, H, 36); /* the weights */
    real *x = numbers(R * D, &g), *up = numbers((B + R) * H, &g);
    real *c = numbers((B + R) * H, &g), *h = numbers((B + R) * H, &g);
    real *c0 = copy_of(B * H, c), *h0 = copy_of(B * H, h);
    real *gate = zeros(R * GATES * H), *dx = zeros(R * D);
    real *dc = zeros((B + R) * H), *dh = copy_of((B + R) * H, up);
    real *dW = zeros(GATES * H * D);
    ck_assert_int_eq(pack_batch(B, T, order, active, first, length), R);
    packed_lstm_forward(B, T, R, D, H, (real(*)[H])c, (real(*)[H])h,
                        (real(*)[GATES][H])gate, active, first,
                        (real(*)[H][D])w.W, (real(*)[H][H])w.U, (real(*)[H])w.b,
                        (real(*)[D])x);
    packed_lstm_backward(
        B, T, R, D, H, (real(*)[H][D])w.dW, (real(*)[H][H])w.dU,
        (real(*)[H])w.db, (real(*)[D])dx, (real(*)[H])dh, (real(*)[H])dc,
        (real(*)[GATES][H])gate, (real(*)[H])c, (real(*)[H])h, active, first,
        (real(*)[H][D])w.W, (real(*)[H][H])w.U, (real(*)[D])x);
    for (int i = 0; i < B; i++) {
        int steps = length[order[i]];
        cell a = make_cell(steps, D, H, 36);
        memcpy(a.W, w.W, (size_t)(GATES * H * D) * sizeof *a.W);
        memcpy(a.U, w.U, (size_t)(GATES * H * H) * sizeof *a.U);
        memcpy(a.b, w.b, (size_t)(GATES * H) * sizeof *a.b);
        memcpy(a.c, c0 + i * H, (size_t)H * sizeof *a.c);
        memcpy(a.h, h0 + i * H, (size_t)H * sizeof *a.h);
        memcpy(a.dh, up + i * H, (size_t)H * sizeof *a.dh);
        for (int t = 1; t <= steps; t++) {
            int row = first[t] + i;
            memcpy(a.x + (t - 1) * D, x + (row - B) * D, (size_t)D * sizeof *x);
            memcpy(a.dh + t * H, up + row * H, (size_t)H * sizeof *up);
        }
        run_plain(&a);
        for (int t = 0; t <= steps; t++) {
            same(H, a.h + t * H, h + (first[t] + i) * H);
            same(H, a.dc + t * H, dc + (first[t] + i) * H);
            same(H, a.dh + t * H, dh + (first[t] + i) * H);
        }
        for (int t = 1; t <= steps; t++)
            same(D, a.dx + (t - 1) * D, dx + (first[t] + i - B) * D);
        for (int k = 0; k < GATES * H * D; k++)
            dW[k] += a.dW[k];
        free_cell(&a);
    }
    near(GATES * H * D, w.dW, dW, 1e-13);
    free_cell(&w);
    free(x), free(up), free(c), free(h), free(c0), free(h0), free(gate);
    free(dx), free(dc), free(dh), free(dW);
}
END_TEST

/* ---- the loss ------------------------------------------------------------ */

START_TEST(weights_of_the_loss)
{
    const int length[3] = {4, 1, 2};
    real omega[3][4];
    for (int how = BY_TOKEN; how <= BY_SEQUENCE; how++) {
        double sum = 0;
        loss_weights(3, 4, omega, (averaging)how, length);
        for (int b = 0; b < 3; b++)
            for (int t = 0; t < 4; t++) {
                double want = how == BY_TOKEN ? 1.0 / 7 : 1.0 / 3 / length[b];
                ck_assert_double_eq_tol(omega[b][t], t < length[b] ? want : 0,
                                        1e-16);
                sum += omega[b][t];
            }
        ck_assert_double_eq_tol(sum, 1, 1e-15);
    }
}
END_TEST

/* Against exp and log in long double; rows without weight may hold anything. */
START_TEST(the_loss_is_the_definition)
{
    enum { N = 5, V = 4 };
    const int target[N] = {3, 0, 99, 1, 1};
    const real omega[N] = {0.3, 1.7, 0, 0.25, 2};
    rng g = rng_new(37, 0);
    real *z = numbers(N * V, &g), p[N][V], dz[N][V];
    long double want = 0;
    z[2 * V + 1] = NAN;
    for (int n = 0; n < N; n++)
        for (int v = 0; v < V; v++)
            dz[n][v] = 2.385;
    real loss = sequence_loss_forward(N, V, p, (real(*)[V])z, target, omega);
    sequence_loss_backward(N, V, dz, 0.7, p, target, omega);
    for (int n = 0; n < N; n++) {
        long double sum = 0;
        if (n == 2) {
            ck_assert_double_eq(p[n][0], 0);
            ck_assert_double_eq(dz[n][1], 2.385);
            continue;
        }
        for (int v = 0; v < V; v++)
            sum += expl(z[n * V + v]);
        want += omega[n] * (logl(sum) - z[n * V + target[n]]);
        for (int v = 0; v < V; v++) {
            double q = (double)(expl(z[n * V + v]) / sum) - (v == target[n]);
            ck_assert_double_eq_tol(dz[n][v], 2.385 + 0.7 * omega[n] * q,
                                    1e-14);
        }
    }
    ck_assert_double_eq_tol(loss, (double)want, 1e-13);
    free(z);
}
END_TEST

/* ---- checkpoints --------------------------------------------------------- */

START_TEST(checkpoints_count)
{
    ck_assert_int_eq(checkpoint_segments(1, 1), 1);
    ck_assert_int_eq(checkpoint_segments(7, 3), 3);
    ck_assert_int_eq(checkpoint_segments(6, 3), 2);
    ck_assert_int_eq(checkpoint_segments(3, 10), 1);
    ck_assert_int_eq(checkpoint_numbers(7, 3, 2),
                     2 * 2 * 3 + 6 * 2 * 3 + 2 * 2);
}
END_TEST

/* Every S from 1 to more than T gives what lstm_backward gives, every bit. */
START_TEST(checkpoints_change_no_bit)
{
    int T = shapes[_i][0], D = shapes[_i][1], H = shapes[_i][2];
    for (int S = 1; S <= T + 1; S++) {
        cell a = make_cell(T, D, H, 38), b = make_cell(T, D, H, 38);
        int K = checkpoint_segments(T, S);
        real *kept_c = zeros(K * H), *kept_h = zeros(K * H);
        real *c = copy_of(H, a.c), *h = copy_of(H, a.h);
        memset(a.dh, 0, (size_t)(T * H) * sizeof *a.dh);
        real *dc = zeros(H), *dh = copy_of(H, a.dh + T * H);
        run_plain(&a);
        checkpointed_forward(T, S, D, H, (real(*)[H])kept_c, (real(*)[H])kept_h,
                             c, h, (real(*)[H][D])b.W, (real(*)[H][H])b.U,
                             (real(*)[H])b.b, (real(*)[D])b.x);
        same(H, c, a.c + T * H);
        same(H, h, a.h + T * H);
        for (int k = 0; k < K; k++)
            same(H, kept_h + k * H, a.h + k * S * H);
        checkpointed_backward(
            T, S, D, H, (real(*)[H][D])b.dW, (real(*)[H][H])b.dU,
            (real(*)[H])b.db, (real(*)[D])b.dx, dc, dh, (real(*)[H])kept_c,
            (real(*)[H])kept_h, (real(*)[H][D])b.W, (real(*)[H][H])b.U,
            (real(*)[H])b.b, (real(*)[D])b.x);
        same(GATES * H * D, b.dW, a.dW);
        same(GATES * H * H, b.dU, a.dU);
        same(GATES * H, b.db, a.db);
        same(T * D, b.dx, a.dx);
        same(H, dc, a.dc);
        same(H, dh, a.dh);
        free(kept_c), free(kept_h), free(c), free(h), free(dc), free(dh);
        free_cell(&a), free_cell(&b);
    }
}
END_TEST

/* ---- a linear recurrence ------------------------------------------------- */

/* h_t = sum over s of b_s times the product of all later a; the gradient in the
 * same closed form. */
START_TEST(recurrence_in_closed_form)
{
    int T = _i + 1, rounds = 0;
    rng g = rng_new(39, (uint64_t)_i);
    real *a = numbers(T, &g), *b = numbers(T, &g), *h = numbers(T + 1, &g);
    real *up = numbers(T + 1, &g), *dh = copy_of(T + 1, up);
    real *da = numbers(T, &g), *db = numbers(T, &g);
    real *da0 = copy_of(T, da), *db0 = copy_of(T, db);
    real *scan_a = copy_of(T, a), *scan_b = copy_of(T, b);
    recurrence_forward(T, h, a, b);
    recurrence_backward(T, da, db, dh, a, h);
    for (int t = 1; t <= T; t++) {
        double value = 0, total = 0;
        for (int s = 0; s <= t; s++) {
            double product = s ? b[s - 1] : h[0];
            for (int k = s + 1; k <= t; k++)
                product *= a[k - 1];
            value += product;
        }
        for (int s = t; s <= T; s++) {
            double product = up[s];
            for (int k = t + 1; k <= s; k++)
                product *= a[k - 1];
            total += product;
        }
        ck_assert_double_eq_tol(h[t], value, 1e-13 * (1 + fabs(value)));
        ck_assert_double_eq_tol(db[t - 1] - db0[t - 1], total, 1e-13);
        ck_assert_double_eq_tol(da[t - 1] - da0[t - 1], total * h[t - 1],
                                1e-13);
    }
    for (int step = 1; step < T; step *= 2)
        rounds++;
    ck_assert_int_eq(recurrence_scan(T, scan_a, scan_b), rounds);
    for (int t = 1; t <= T; t++)
        ck_assert_double_eq_tol(scan_a[t - 1] * h[0] + scan_b[t - 1], h[t],
                                1e-13 * (1 + fabs(h[t])));
    free(a), free(b), free(h), free(up), free(dh), free(da), free(db);
    free(da0), free(db0), free(scan_a), free(scan_b);
}
END_TEST

/* ---- the network --------------------------------------------------------- */

START_TEST(the_reader_starts_as_it_says)
{
    enum { V = 300, D = 7, H = 4 };
    int size = reader_size(V, D, H);
    real *w = zeros(size);
    reader n = reader_view(V, D, H, w);
    rng g = rng_new(40, 0);
    double squares = 0;
    ck_assert_int_eq(size, V * D + 4 * H * (D + H + 1) + V * H + V);
    ck_assert_ptr_eq(n.q + V, w + size);
    reader_start(&n, &g);
    for (int i = 0; i < V * D; i++)
        squares += n.E[i] * n.E[i] / (V * D);
    ck_assert_double_eq_tol(squares, 1, 0.1);
    for (int i = 0; i < 4 * H * (D + H); i++)
        ck_assert_double_le(fabs(n.W[i]), 0.5);
    for (int i = 0; i < 4 * H; i++)
        ck_assert_double_eq(n.b[i], i / H == FORGET);
    ck_assert_double_eq(n.q[V - 1], 0);
    free(w);
}
END_TEST

START_TEST(the_most_likely)
{
    const real z[5] = {-2, 3, 1, 3, 0}, one = -7;
    ck_assert_int_eq(most_likely(5, z), 1);
    ck_assert_int_eq(most_likely(1, &one), 0);
}
END_TEST

/* Generating is running forward on what was said, and without feedback on
 * START. */
START_TEST(generating_is_running_forward)
{
    enum { V = 5, D = 3, H = 4, T = 7 };
    int out[T], k[T], keep[T];
    real *w = zeros(reader_size(V, D, H));
    reader n = reader_view(V, D, H, w);
    rng g = rng_new(41, 0);
    real x[T][D], c[T + 1][H], h[T + 1][H], gate[T][GATES][H], z[T][V];
    for (int i = 0; i < reader_size(V, D, H); i++)
        w[i] = 2 * rng_normal(&g);
    memset(c, 0, sizeof c);
    memset(h, 0, sizeof h);
    mask_fill(T, keep, T);
    reader_generate(T, &n, out, V - 1, _i);
    for (int t = 0; t < T; t++)
        k[t] = _i && t ? out[t - 1] : V - 1;
    reader_forward(T, &n, x, c, h, gate, z, k, keep);
    for (int t = 0; t < T; t++)
        ck_assert_int_eq(most_likely(V, z[t]), out[t]);
    free(w);
}
END_TEST

/* Backward adds: twice into one buffer is twice the gradient. (The gradient
 * itself is checked by the program.) */
START_TEST(the_reader_adds)
{
    enum { V = 4, D = 2, H = 3, T = 4 };
    const int k[T] = {1, 0, 1, 3}, keep[T] = {1, 1, 1, 0};
    int size = reader_size(V, D, H);
    rng g = rng_new(42, 0);
    real *w = numbers(size, &g), *once = zeros(size), *twice = zeros(size);
    reader n = reader_view(V, D, H, w);
    real x[T][D], c[T + 1][H], h[T + 1][H], gate[T][GATES][H], z[T][V];
    real *dz = numbers(T * V, &g);
    memset(c, 0, sizeof c);
    memset(h, 0, sizeof h);
    reader_forward(T, &n, x, c, h, gate, z, k, keep);
    for (int i = 0; i < 3; i++) {
        reader d = reader_view(V, D, H, i ? twice : once);
        real dx[T][D] = {{0}}, dc[T + 1][H] = {{0}}, dh[T + 1][H] = {{0}};
        reader_backward(T, &n, &d, dx, dc, dh, (real(*)[V])dz, x, c, h, gate, k,
                        keep);
    }
    double largest = 0;
    for (int i = 0; i < size; i++) {
        ck_assert_double_eq_tol(twice[i], 2 * once[i], 1e-13);
        largest = fmax(largest, fabs(once[i]));
    }
    ck_assert_double_gt(largest, 0.1);
    for (int i = 0; i < D; i++) /* token 2 is absent, token 3 is padding */
        ck_assert_double_eq(fabs(once[2 * D + i]) + fabs(once[3 * D + i]), 0);
    free(w), free(once), free(twice), free(dz);
}
END_TEST

/* ---- the text ------------------------------------------------------------ */

START_TEST(the_text_is_the_file)
{
    FILE *f = fopen("chapters/10_sequences/data/qianziwen.txt", "r");
    char line[80], want[80];
    int at = 0;
    ck_assert_ptr_nonnull(f);
    while (fgets(line, sizeof line, f)) {
        want[0] = 0;
        for (int i = 0; i < 4; i++) {
            ck_assert_int_lt(at, QIANZIWEN);
            ck_assert_uint_eq(strlen(qianziwen[at]), 3);
            strcat(want, qianziwen[at++]);
        }
        line[strcspn(line, "\n")] = 0;
        ck_assert_str_eq(line, want);
    }
    ck_assert_int_eq(at, QIANZIWEN);
    fclose(f);
    int pairs = 0; /* (counted: Check writes at each of its assertions) */
    for (int i = 0; i < QIANZIWEN; i++)
        for (int j = 0; j < i; j++)
            pairs += strcmp(qianziwen[i], qianziwen[j]) == 0;
    ck_assert_int_eq(pairs, 0);
}
END_TEST

/* A short text is learned, with the output fed back and withheld, in one block
 * and in several; the loss falls, and what runs freely is counted rightly. */
START_TEST(a_short_text_is_learned)
{
    const recital_rule rules[] = {
        {6, 5, 0.03, false, 1, 200, true},
        {6, 2, 0.02, false, 1, 300, true},
        {6, 5, 0.03, true, 1, 300, false},
    };
    recital r;
    double right, first = 0, loss = 0;
    ck_assert(recital_begin(&r, 5, &rules[_i], 43));
    ck_assert_double_lt(recital_freely(&r), 1);
    ck_assert_int_lt(recital_until(&r), 5);
    while (r.epoch < rules[_i].epochs) {
        loss = recital_epoch(&r, &right);
        if (r.epoch == 1)
            first = loss;
    }
    ck_assert_double_eq_tol(first, log(6.0), 0.5);
    ck_assert_double_lt(loss, first / 2);
    ck_assert_double_eq(right, 1);
    ck_assert_int_eq(recital_until(&r), 5);
    ck_assert_double_eq(recital_freely(&r), 1);
    recital_end(&r);
    ck_assert_ptr_null(r.w);
}
END_TEST

#define COUNT(a) ((int)(sizeof(a) / sizeof *(a)))

int main(void)
{
    Suite *suite = suite_create("10_sequences");
    TCase *c = tcase_create("sequences");
    tcase_set_timeout(c, 120);
    tcase_add_loop_test(c, embedding_is_a_product, 0, COUNT(tables));
    tcase_add_test(c, tokens_that_are_absent_stay);
    tcase_add_test(c, masks_count_the_first);
    tcase_add_loop_test(c, masked_is_what_is_left, 0, COUNT(patterns));
    tcase_add_test(c, padding_may_be_anything);
    tcase_add_loop_test(c, padding_changes_no_bit, 0, COUNT(shapes));
    tcase_add_test(c, mistakes_in_padding_are_caught);
    tcase_add_test(c, pack_sorts_and_counts);
    tcase_add_loop_test(c, packed_is_one_at_a_time, 0, COUNT(shapes));
    tcase_add_test(c, weights_of_the_loss);
    tcase_add_test(c, the_loss_is_the_definition);
    tcase_add_test(c, checkpoints_count);
    tcase_add_loop_test(c, checkpoints_change_no_bit, 0, COUNT(shapes));
    tcase_add_loop_test(c, recurrence_in_closed_form, 0, 9);
    tcase_add_test(c, the_reader_starts_as_it_says);
    tcase_add_test(c, the_most_likely);
    tcase_add_loop_test(c, generating_is_running_forward, 0, 2);
    tcase_add_test(c, the_reader_adds);
    tcase_add_test(c, the_text_is_the_file);
    tcase_add_loop_test(c, a_short_text_is_learned, 0, 3);
    suite_add_tcase(suite, c);
    return suite_run(suite);
}
