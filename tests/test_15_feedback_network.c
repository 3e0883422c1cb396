/* SPDX-License-Identifier: MIT */
/* Tests of chapter 15: the network against its definition written another way,
 * gradients in many shapes and with each part off, causality, the objective, the
 * tasks, training, and mistakes that must be caught. */
#define CK_FLOATING_DIG 17
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "chapters/15_feedback_network/objective.h"
#include "chapters/15_feedback_network/tasks.h"
#include "chapters/15_feedback_network/train.h"
#include "chapters/15_feedback_network/worked.h"
#include "lib/check/handgrad.h"
#include "lib/rng.h"
#include "tests/suite.h"

/* A network and a sequence; each array alone on the heap, so that the address
 * sanitizer sees an index that leaves it. */
typedef struct set {
    int T, D, H, M, N;
    fbnet n, d;
    fbnet_trace s;
    real *w, *dw, *x, *dx, *f0, *df0, *up, *v;
} set;

static real *numbers(int n, rng *g)
{
    real *x = malloc((size_t)n * sizeof *x);
    ck_assert_ptr_nonnull(x);
    for (int i = 0; i < n; i++)
        x[i] = 0.7 * rng_normal(g);
    return x;
}

static set make_set(const int z[4], parts on, uint64_t seed)
{
    rng g = rng_new(seed, 0);
    set s = {.T = z[0], .D = z[1], .H = z[2], .M = z[3]};
    s.N = fbnet_size(s.D, s.H, s.M);
    s.w = numbers(s.N, &g);
    s.dw = numbers(s.N, &g);
    s.x = numbers(s.T * s.D, &g);
    s.dx = numbers(s.T * s.D, &g);
    s.f0 = numbers(s.M, &g);
    s.df0 = numbers(s.M, &g);
    s.up = numbers(s.T * s.M, &g);
    s.v = numbers(fbnet_trace_size(s.T, s.H, s.M), &g);
    s.n = fbnet_view(s.D, s.H, s.M, on, s.w);
    s.d = fbnet_view(s.D, s.H, s.M, on, s.dw);
    s.s = fbnet_trace_view(s.T, s.H, s.M, s.v);
    return s;
}

static void free_set(set *s)
{
    real *const all[] = {s->w, s->dw, s->x, s->dx, s->f0, s->df0, s->up, s->v};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

static void forward(set *s)
{
    memcpy(s->s.f, s->f0, (size_t)s->M * sizeof *s->f0);
    fbnet_forward(s->T, &s->n, &s->s, (real(*)[s->D])s->x);
}

static void backward(set *s)
{
    fbnet_backward(s->T, &s->n, &s->d, (real(*)[s->D])s->dx, s->df0,
                   (real(*)[s->M])s->up, &s->s, (real(*)[s->D])s->x);
}

static void clear_gradients(set *s)
{
    memset(s->dw, 0, (size_t)s->N * sizeof *s->dw);
    memset(s->dx, 0, (size_t)(s->T * s->D) * sizeof *s->dx);
    memset(s->df0, 0, (size_t)s->M * sizeof *s->df0);
}

static int loss(void *context, double f[2])
{
    set *s = context;
    forward(s);
    for (int i = 0; i < s->T * s->M; i++)
        f[0] += s->up[i] * s->s.y[i];
    return 0;
}

/* T, D, H, M */
static const int sizes[][4] = {{1, 1, 1, 1}, {4, 1, 2, 3}, {3, 2, 1, 4},
                               {5, 3, 4, 2}, {6, 4, 3, 1}, {1, 2, 3, 4}};
enum { SHAPES = sizeof sizes / sizeof *sizes };

static parts parts_of(int bits)
{
    return (parts){bits & 1, bits & 2, bits & 4, bits & 8};
}

/* sum_j W[i][j] x[j] in long double; W begins at w and has n columns. */
static long double product(const real *w, int i, int n, const long double *x)
{
    long double sum = 0;
    for (int j = 0; j < n; j++)
        sum += (long double)w[i * n + j] * x[j];
    return sum;
}

/* The definition, step by step, in long double and with a plain softmax; y is
 * compared as it comes. */
static void compare_with_definition(const set *s)
{
    int D = s->D, H = s->H, M = s->M;
    long double e[8][8], f[8], x[8], q[8], a[8], r[8], y[8];
    for (int m = 0; m < M; m++)
        f[m] = s->f0[m];
    for (int t = 0; t < s->T; t++) {
        for (int d = 0; d < D; d++)
            x[d] = s->x[t * D + d];
        for (int h = 0; h < H; h++)
            e[t][h] = tanhl(product(s->n.A, h, D, x) + s->n.b[h] +
                            (s->n.on.feedback ? product(s->n.B, h, M, f) : 0));
        for (int h = 0; h < H; h++)
            q[h] = product(s->n.Q, h, H, e[t]);
        long double weight[8], sum = 0;
        for (int j = 0; j <= t; j++) {
            long double dot = 0;
            for (int h = 0; h < H; h++)
                dot += q[h] * e[j][h];
            sum += weight[j] =
                s->n.on.attention ? expl(dot / sqrtl(H)) : j == t;
        }
        for (int h = 0; h < H; h++) {
            a[h] = 0;
            for (int j = 0; j <= t; j++)
                a[h] += weight[j] / sum * e[j][h];
        }
        for (int h = 0; h < H; h++) {
            long double z = product(s->n.G, h, H, e[t]) +
                            product(s->n.K, h, H, a) + s->n.c[h];
            r[h] = a[h] * (s->n.on.gate ? 1 / (1 + expl(-z)) : 1) +
                   (s->n.on.residual ? e[t][h] : 0);
        }
        for (int m = 0; m < M; m++) {
            y[m] = product(s->n.P, m, H, r) + s->n.d[m];
            f[m] = tanhl(y[m]);
            ck_assert_double_eq_tol(s->s.y[t * M + m], (double)y[m],
                                    1e-13 * (1 + fabs((double)y[m])));
        }
    }
}

START_TEST(the_output_is_the_definition)
{
    for (int bits = 0; bits < 16; bits++) {
        set s = make_set(sizes[_i], parts_of(bits), 7);
        forward(&s);
        compare_with_definition(&s);
        free_set(&s);
    }
}
END_TEST

static hg_verdict verdict(set *s, real *x, const real *dx, int n)
{
    hg_tensor t = {.name = "x", .rank = 1, .shape = {n}, .data = x, .grad = dx};
    hg_result r;
    ck_assert_int_eq(hg_differences(loss, s, &t, &r), HG_OK);
    return r.verdict;
}

/* All parameters, inputs and f_0, in every shape and with every set of parts. */
START_TEST(the_gradient_agrees)
{
    for (int bits = 0; bits < 16; bits++) {
        set s = make_set(sizes[_i], parts_of(bits), 8);
        clear_gradients(&s);
        forward(&s);
        backward(&s);
        ck_assert_int_eq(verdict(&s, s.w, s.dw, s.N), HG_AGREES);
        ck_assert_int_eq(verdict(&s, s.x, s.dx, s.T * s.D), HG_AGREES);
        if (bits & 1)
            ck_assert_int_eq(verdict(&s, s.f0, s.df0, s.M), HG_AGREES);
        for (int m = 0; m < s.M && !(bits & 1); m++)
            ck_assert_double_eq(s.df0[m], 0);
        free_set(&s);
    }
}
END_TEST

START_TEST(backward_adds)
{
    set s = make_set(sizes[_i], parts_of(15), 9),
        t = make_set(sizes[_i], parts_of(15), 9);
    set before = make_set(sizes[_i], parts_of(15), 9);
    forward(&s);
    forward(&t);
    clear_gradients(&t);
    backward(&s);
    backward(&t);
    for (int i = 0; i < s.N; i++)
        ck_assert_double_eq_tol(s.dw[i], before.dw[i] + t.dw[i], 1e-12);
    for (int i = 0; i < s.T * s.D; i++)
        ck_assert_double_eq_tol(s.dx[i], before.dx[i] + t.dx[i], 1e-12);
    for (int i = 0; i < s.M; i++)
        ck_assert_double_eq_tol(s.df0[i], before.df0[i] + t.df0[i], 1e-12);
    free_set(&s);
    free_set(&t);
    free_set(&before);
}
END_TEST

/* dx and df0 may be left out: the rest is the same to the bit. */
START_TEST(input_gradients_are_optional)
{
    set s = make_set(sizes[_i], parts_of(15), 10),
        t = make_set(sizes[_i], parts_of(15), 10);
    forward(&s);
    forward(&t);
    backward(&s);
    fbnet_backward(t.T, &t.n, &t.d, NULL, NULL, (real(*)[t.M])t.up, &t.s,
                   (real(*)[t.D])t.x);
    ck_assert_mem_eq(s.dw, t.dw, (size_t)s.N * sizeof *s.dw);
    free_set(&s);
    free_set(&t);
}
END_TEST

/* A step changes nothing before it; without loop and attention nothing after it. */
START_TEST(steps_act_forward_only)
{
    for (int bits = 0; bits < 16; bits++) {
        set s = make_set(sizes[3], parts_of(bits), 11);
        int n = s.T * s.M;
        real *y = malloc((size_t)n * sizeof *y);
        forward(&s);
        memcpy(y, s.s.y, (size_t)n * sizeof *y);
        s.x[2 * s.D] += 0.385; /* x_3 */
        forward(&s);
        for (int i = 0; i < n; i++) {
            int t = i / s.M + 1;
            if (t < 3 || (t > 3 && !(bits & 3)))
                ck_assert_double_eq(s.s.y[i], y[i]);
            else
                ck_assert_double_ne(s.s.y[i], y[i]);
        }
        free(y);
        free_set(&s);
    }
}
END_TEST

/* The parameters of a part that is off change nothing and have no gradient. */
START_TEST(a_part_that_is_off_is_not_there)
{
    static const int bit_of[GROUPS] = {0, 1, 2, 4, 0};
    for (int bits = 0; bits < 16; bits++) {
        set s = make_set(sizes[3], parts_of(bits), 12);
        clear_gradients(&s);
        forward(&s);
        backward(&s);
        for (int group = 0; group < GROUPS; group++) {
            int count, first = fbnet_group(&s.n, group, &count);
            bool off = bit_of[group] && !(bits & bit_of[group]);
            for (int i = first; i < first + count; i++)
                ck_assert_int_eq(s.dw[i] == 0, off);
        }
        free_set(&s);
    }
}
END_TEST

START_TEST(groups_are_the_whole_vector)
{
    const int *z = sizes[_i];
    set s = make_set(z, parts_of(15), 13);
    int at = 0;
    for (int group = 0; group < GROUPS; group++) {
        int count, first = fbnet_group(&s.n, group, &count);
        ck_assert_int_eq(first, at);
        ck_assert_int_gt(count, 0);
        at += count;
    }
    ck_assert_int_eq(at, s.N);
    ck_assert_ptr_eq(s.n.d + s.M, s.w + s.N);
    ck_assert_ptr_eq(s.s.f + (s.T + 1) * s.M,
                     s.v + fbnet_trace_size(s.T, s.H, s.M));
    free_set(&s);
}
END_TEST

START_TEST(attention_is_a_mean)
{
    enum { T = 5, H = 3 };
    rng g = rng_new(14, 0);
    real *Q = numbers(H * H, &g), *e = numbers(T * H, &g), *a = numbers(H, &g);
    real *w = numbers(T, &g), *q = numbers(H, &g);
    for (int t = 1; t <= T; t++) {
        fbnet_attend_forward(t, H, a, w, q, (real(*)[H])Q, (real(*)[H])e);
        double sum = 0;
        for (int j = 0; j < t; j++) {
            ck_assert_double_gt(w[j], 0);
            sum += w[j];
        }
        ck_assert_double_eq_tol(sum, 1, 1e-15 * T);
        for (int h = 0; h < H && t == 1; h++) /* one step: itself */
            ck_assert_double_eq(a[h], e[h]);
    }
    for (int i = 0; i < H * H; i++) /* no query: the plain mean */
        Q[i] = 0;
    fbnet_attend_forward(T, H, a, w, q, (real(*)[H])Q, (real(*)[H])e);
    for (int j = 0; j < T; j++)
        ck_assert_double_eq_tol(w[j], 1.0 / T, 1e-16);
    real *const all[] = {Q, e, a, w, q};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}
END_TEST

/* Wide open and shut, without overflow; a gate of zeros halves. */
START_TEST(gates_open_and_shut)
{
    real G[2][2] = {{0}}, K[2][3] = {{0}}, e[2] = {0.3, -0.9},
         s[3] = {1.5, -2, 0.7};
    real v[2] = {2.385, -0.64}, c[2] = {1e4, -1e4}, u[2], g[2];
    fbnet_gate_forward(2, 3, u, g, G, K, c, e, s, v);
    ck_assert_double_eq(u[0], v[0]);
    ck_assert_double_eq(u[1], 0);
    c[0] = c[1] = 0;
    fbnet_gate_forward(2, 3, u, g, G, K, c, e, s, v);
    for (int h = 0; h < 2; h++)
        ck_assert_double_eq(u[h], v[h] / 2);
}
END_TEST

/* A loss of (0.4 / 2) (l_1 + l_2) + l_3, from the definition. */
START_TEST(the_loss_is_its_definition)
{
    enum { T = 3, M = 4 };
    rng g = rng_new(15, 0);
    real y[T][M], p[T][M], dy[T][M];
    const int target[T] = {2, 0, 3};
    double want = 0;
    for (int t = 0; t < T; t++) {
        double sum = 0;
        for (int m = 0; m < M; m++) {
            y[t][m] = 2 * rng_normal(&g);
            sum += exp(y[t][m]);
        }
        want += (t == T - 1 ? 1 : 0.2) * (log(sum) - y[t][target[t]]);
    }
    ck_assert_double_eq_tol(fbnet_loss_forward(T, M, p, 0.4, y, target), want,
                            1e-14 * want);
    memset(dy, 0, sizeof dy);
    fbnet_loss_backward(T, M, dy, 1, 0, p, target);
    for (int t = 0; t < T; t++) { /* no auxiliary loss: the last step alone */
        double sum = 0;
        for (int m = 0; m < M; m++) {
            sum += dy[t][m];
            ck_assert_int_eq(dy[t][m] == 0, t < T - 1);
        }
        ck_assert_double_eq_tol(sum, 0, 1e-15);
    }
}
END_TEST

START_TEST(one_step_has_no_auxiliary_loss)
{
    real y[1][2] = {{0.3, -1.2}}, p[1][2], q[1][2];
    const int target[1] = {1};
    ck_assert_double_eq(fbnet_loss_forward(1, 2, p, 5, y, target),
                        fbnet_loss_forward(1, 2, q, 0, y, target));
}
END_TEST

START_TEST(decay_spares_the_biases)
{
    set s = make_set(sizes[3], parts_of(15), 16),
        before = make_set(sizes[3], parts_of(15), 16);
    double sum = 0;
    fbnet_penalty_backward(&s.n, &s.d, 0.3);
    for (int i = 0; i < s.N; i++) {
        const real *w = s.w + i;
        bool bias = (w >= s.n.b && w < s.n.b + s.H) ||
                    (w >= s.n.c && w < s.n.c + s.H) || w >= s.n.d;
        double want = bias ? 0 : 0.6 * *w;
        ck_assert_double_eq_tol(s.dw[i], before.dw[i] + want, 1e-15);
        sum += bias ? 0 : *w * *w;
    }
    ck_assert_double_eq_tol(fbnet_penalty_forward(&s.n, 0.3), 0.3 * sum,
                            1e-14 * sum);
    free_set(&s);
    free_set(&before);
}
END_TEST

START_TEST(freezing_keeps)
{
    const bool moves[GROUPS] = {[LOOP] = true, [DECODE] = true};
    set s = make_set(sizes[3], parts_of(15), 17),
        other = make_set(sizes[3], parts_of(15), 18);
    set before = make_set(sizes[3], parts_of(15), 17);
    real *theta = malloc((size_t)s.N * sizeof *theta);
    fbnet_freeze_forward(&s.n, theta, moves, other.w, s.w);
    fbnet_freeze_backward(&s.n, s.dw, other.dw, moves);
    for (int group = 0; group < GROUPS; group++) {
        int count, first = fbnet_group(&s.n, group, &count);
        for (int i = first; i < first + count; i++) {
            ck_assert_double_eq(theta[i], moves[group] ? other.w[i] : s.w[i]);
            ck_assert_double_eq(s.dw[i], before.dw[i] +
                                             (moves[group] ? other.dw[i] : 0));
        }
    }
    free(theta);
    free_set(&s);
    free_set(&other);
    free_set(&before);
}
END_TEST

START_TEST(parity_can_be_set_by_hand)
{
    real w[64];
    fbnet n = fbnet_view(1, 2, 2, (parts){.feedback = true}, w);
    parity_by_hand(&n, 3);
    for (int T = 1; T <= 12; T++)
        ck_assert_int_eq(parity_by_hand_errors(T, &n), 0);
    n.on.feedback = false;
    ck_assert_int_eq(parity_by_hand_errors(10, &n), 512);
}
END_TEST

START_TEST(parity_sequences_are_right)
{
    enum { T = 9 };
    rng g = rng_new(19, 0);
    int ones = 0;
    for (int k = 0; k < 200; k++) {
        real x[T][1];
        int target[T], sum = 0;
        fbnet_parity.draw(T, 1, x, target, &g);
        for (int t = 0; t < T; t++) {
            ck_assert_double_eq(x[t][0] * x[t][0], 1);
            sum += x[t][0] > 0;
            ck_assert_int_eq(target[t], sum % 2);
        }
        ones += sum;
    }
    ck_assert_int_gt(ones, 200 * T / 2 - 100); /* more than 4 deviations */
    ck_assert_int_lt(ones, 200 * T / 2 + 100);
}
END_TEST

START_TEST(recall_sequences_are_right)
{
    enum { T = 7, D = ITEMS + 2 };
    rng g = rng_new(20, 0);
    for (int k = 0; k < 200; k++) {
        real x[T][D];
        int target[T], markers = 0;
        fbnet_recall.draw(T, D, x, target, &g);
        for (int t = 0; t < T; t++) {
            int hot = -1, count = 0;
            for (int d = 0; d < D; d++)
                if (x[t][d] != 0) {
                    hot = d;
                    count++;
                }
            ck_assert_int_eq(count, 1);
            ck_assert_int_eq(hot == ITEMS + 1,
                             t == T - 1); /* the question is last */
            if (hot == ITEMS) {
                markers++;
                ck_assert_int_lt(t, T - 2);
                ck_assert_double_eq(x[t + 1][target[T - 1]], 1);
            }
        }
        ck_assert_int_eq(markers, 1);
        double share = fbnet_recall_share(T, D, (const real(*)[D])x);
        ck_assert_double_ge(share, 0.2);
        ck_assert_double_le(share, 1);
    }
}
END_TEST

static const parts all_parts = {true, true, true, true};

START_TEST(parity_is_learned_with_the_loop)
{
    static trained r;
    plan how = {.task = &fbnet_parity, .on = all_parts, .aux = 7, .rate = 0.03};
    fbnet_train(&r, &how, 3);
    ck_assert_int_lt(r.steps, STEPS);
    ck_assert_double_gt(r.near, 0.95);
    ck_assert_double_gt(fbnet_accuracy(&r.n, &fbnet_parity, TASK_T, 1), 0.9);
    how.on.feedback = false;
    fbnet_train(&r, &how, 3);
    ck_assert_int_eq(r.steps, STEPS);
    ck_assert_double_lt(r.near, 0.7);
}
END_TEST

/* Where the loop alone is trained all the time, the rest is the start, whatever
 * the rate; and without the first stage the loop does not move. */
START_TEST(frozen_parameters_do_not_move)
{
    static trained a, b;
    plan how = {.task = &fbnet_parity,
                .on = all_parts,
                .aux = 7,
                .rate = 0.03,
                .stage = {0, STEPS}};
    fbnet_train(&a, &how, 4);
    how.rate = 0.01;
    fbnet_train(&b, &how, 4);
    for (int group = 0; group < GROUPS; group++) {
        int count, first = fbnet_group(&a.n, group, &count);
        int same =
            memcmp(a.w + first, b.w + first, (size_t)count * sizeof *a.w) == 0;
        ck_assert_int_eq(same, group != LOOP);
    }
    how.stage[0] = STEPS;
    how.stage[1] = 0;
    fbnet_train(&a, &how, 4);
    int count, first = fbnet_group(&a.n, LOOP, &count);
    how.rate = 0.03;
    fbnet_train(&b, &how, 4);
    ck_assert_mem_eq(a.w + first, b.w + first, (size_t)count * sizeof *a.w);
    ck_assert_mem_ne(a.w, b.w, sizeof *a.w);
}
END_TEST

/* The gradient agrees; each of these mistakes in it does not. */
START_TEST(mistakes_are_caught)
{
    static const double factor[] = {-1, 2, 0.5, 0, 1 + 1e-6};
    set s = make_set(sizes[3], parts_of(15), 21);
    clear_gradients(&s);
    forward(&s);
    backward(&s);
    real *wrong = malloc((size_t)s.N * sizeof *wrong);
    for (size_t f = 0; f < sizeof factor / sizeof *factor; f++) {
        for (int i = 0; i < s.N; i++)
            wrong[i] = factor[f] * s.dw[i];
        ck_assert_int_eq(verdict(&s, s.w, wrong, s.N), HG_DISAGREES);
    }
    clear_gradients(&s); /* the loop not followed */
    s.n.on.feedback = false;
    backward(&s);
    s.n.on.feedback = true;
    ck_assert_int_eq(verdict(&s, s.w, s.dw, s.N), HG_DISAGREES);
    free(wrong);
    free_set(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("15_feedback_network");
    TCase *c = tcase_create("feedback network");
    tcase_add_loop_test(c, the_output_is_the_definition, 0, SHAPES);
    tcase_add_loop_test(c, the_gradient_agrees, 0, SHAPES);
    tcase_add_loop_test(c, backward_adds, 0, SHAPES);
    tcase_add_loop_test(c, input_gradients_are_optional, 0, SHAPES);
    tcase_add_loop_test(c, groups_are_the_whole_vector, 0, SHAPES);
    tcase_add_test(c, steps_act_forward_only);
    tcase_add_test(c, a_part_that_is_off_is_not_there);
    tcase_add_test(c, attention_is_a_mean);
    tcase_add_test(c, gates_open_and_shut);
    tcase_add_test(c, the_loss_is_its_definition);
    tcase_add_test(c, one_step_has_no_auxiliary_loss);
    tcase_add_test(c, decay_spares_the_biases);
    tcase_add_test(c, freezing_keeps);
    tcase_add_test(c, parity_can_be_set_by_hand);
    tcase_add_test(c, parity_sequences_are_right);
    tcase_add_test(c, recall_sequences_are_right);
    tcase_add_test(c, parity_is_learned_with_the_loop);
    tcase_add_test(c, frozen_parameters_do_not_move);
    tcase_add_test(c, mistakes_are_caught);
    suite_add_tcase(suite, c);
    return suite_run(suite);
}
