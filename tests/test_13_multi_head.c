/* SPDX-License-Identifier: MIT */
/* Tests of chapter 13: heads, masks and positions against their definitions written another
 * way, invariants, shapes with 1 among them, and mistakes that must be caught. */
#define CK_FLOATING_DIG 17
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "chapters/11_attention/attention.h"
#include "chapters/13_multi_head/example.h"
#include "chapters/13_multi_head/induction.h"
#include "chapters/13_multi_head/masks.h"
#include "chapters/13_multi_head/multi_head.h"
#include "chapters/13_multi_head/positions.h"
#include "lib/check/handgrad.h"
#include "lib/rng.h"
#include "tests/suite.h"

/* M, N, C, H, D, E */
static const int sizes[][6] = {{1, 1, 1, 1, 1, 1}, {2, 3, 4, 2, 2, 2},
                               {3, 4, 5, 2, 6, 7}, {1, 5, 3, 3, 1, 2},
                               {4, 1, 2, 1, 5, 1}, {2, 6, 1, 4, 2, 3}};
enum { SHAPES = sizeof sizes / sizeof *sizes };

/* Each array alone on the heap, so that the address sanitizer sees an index that leaves it. */
typedef struct set {
    int M, N, C, H, D, E, size;
    real *w, *dw, *room, *xq, *xk, *xv, *up, *y, *dxq, *dxk, *dxv;
    bool *see;
    multi_head n, g;
    multi_head_kept kept;
} set;

static real *numbers(int n, rng *g)
{
    real *x = malloc((size_t)n * sizeof *x);
    ck_assert_ptr_nonnull(x);
    for (int i = 0; i < n; i++)
        x[i] = rng_normal(g);
    return x;
}

static set make_set(const int z[6], uint64_t seed)
{
    rng g = rng_new(seed, 0);
    set s = {.M = z[0], .N = z[1], .C = z[2], .H = z[3], .D = z[4], .E = z[5]};
    s.size = multi_head_size(s.C, s.H, s.D, s.E);
    s.w = numbers(s.size, &g);
    s.dw = numbers(s.size, &g);
    s.n = multi_head_view(s.C, s.H, s.D, s.E, s.w);
    s.g = multi_head_view(s.C, s.H, s.D, s.E, s.dw);
    s.room = numbers(multi_head_kept_size(s.M, s.N, &s.n), &g);
    s.kept = multi_head_kept_view(s.M, s.N, &s.n, s.room);
    s.xq = numbers(s.M * s.C, &g);
    s.xk = numbers(s.N * s.C, &g);
    s.xv = numbers(s.N * s.C, &g);
    s.up = numbers(s.M * s.C, &g);
    s.y = numbers(s.M * s.C, &g);
    s.dxq = numbers(s.M * s.C, &g);
    s.dxk = numbers(s.N * s.C, &g);
    s.dxv = numbers(s.N * s.C, &g);
    s.see = malloc((size_t)(s.M * s.N) * sizeof *s.see);
    ck_assert_ptr_nonnull(s.see);
    for (int i = 0; i < s.M * s.N;
         i++) /* two of three, and a row may be empty */
        s.see[i] = rng_below(&g, 3) > 0;
    return s;
}

static void free_set(set *s)
{
    void *const all[] = {s->w,  s->dw, s->room, s->xq,  s->xk,  s->xv,
                         s->up, s->y,  s->dxq,  s->dxk, s->dxv, s->see};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

static void forward(set *s)
{
    multi_head_forward(s->M, s->N, &s->n, (void *)s->y, &s->kept,
                       (void *)s->see, (void *)s->xq, (void *)s->xk,
                       (void *)s->xv);
}

static void backward(set *s)
{
    multi_head_backward(s->M, s->N, &s->n, &s->g, (void *)s->dxq,
                        (void *)s->dxk, (void *)s->dxv, (void *)s->up, &s->kept,
                        (void *)s->xq, (void *)s->xk, (void *)s->xv);
}

static void clear(set *s)
{
    memset(s->dw, 0, (size_t)s->size * sizeof *s->dw);
    memset(s->dxq, 0, (size_t)(s->M * s->C) * sizeof *s->dxq);
    memset(s->dxk, 0, (size_t)(s->N * s->C) * sizeof *s->dxk);
    memset(s->dxv, 0, (size_t)(s->N * s->C) * sizeof *s->dxv);
}

/* Component d of W[h] x + b[h], in long double. */
static long double projected(const set *s, const real *W, const real *b,
                             int width, int h, int d, const real *x)
{
    long double sum = b[h * width + d];
    for (int c = 0; c < s->C; c++)
        sum += (long double)W[(h * width + d) * s->C + c] * x[c];
    return sum;
}

/* The output of head h for query m, in long double, without taking off the largest score. */
static void head_output(const set *s, int h, int m, long double o[])
{
    long double below = 0, root = sqrtl((long double)s->D);
    for (int e = 0; e < s->E; e++)
        o[e] = 0;
    for (int n = 0; n < s->N; n++) {
        long double dot = 0;
        if (!s->see[m * s->N + n])
            continue;
        for (int d = 0; d < s->D; d++)
            dot +=
                projected(s, s->n.W_q, s->n.b_q, s->D, h, d, s->xq + m * s->C) *
                projected(s, s->n.W_k, s->n.b_k, s->D, h, d, s->xk + n * s->C);
        long double p = expl(dot / root);
        below += p;
        for (int e = 0; e < s->E; e++)
            o[e] += p * projected(s, s->n.W_v, s->n.b_v, s->E, h, e,
                                  s->xv + n * s->C);
    }
    for (int e = 0; e < s->E && below > 0; e++)
        o[e] /= below;
}

/* y = b_o + the sum over the heads of (their columns of W_o) times o: nothing is
 * concatenated. */
START_TEST(the_output_is_the_sum_of_the_heads)
{
    set s = make_set(sizes[_i], 3);
    forward(&s);
    for (int m = 0; m < s.M; m++)
        for (int c = 0; c < s.C; c++) {
            long double want = s.n.b_o[c];
            for (int h = 0; h < s.H; h++) {
                long double o[8];
                head_output(&s, h, m, o);
                for (int e = 0; e < s.E; e++)
                    want += o[e] * s.n.W_o[(c * s.H + h) * s.E + e];
            }
            ck_assert_double_eq_tol(s.y[m * s.C + c], (double)want,
                                    1e-12 * (1 + fabs((double)want)));
        }
    free_set(&s);
}
END_TEST

START_TEST(weights_are_zero_where_nothing_is_seen)
{
    set s = make_set(sizes[_i], 4);
    forward(&s);
    for (int h = 0; h < s.H; h++)
        for (int m = 0; m < s.M; m++) {
            double sum = 0;
            bool any = false;
            for (int n = 0; n < s.N; n++) {
                double w = s.kept.w[(h * s.M + m) * s.N + n];
                if (!s.see[m * s.N + n])
                    ck_assert_double_eq(w, 0);
                any = any || s.see[m * s.N + n];
                sum += w;
            }
            ck_assert_double_eq_tol(sum, any, 1e-15 * s.N);
        }
    free_set(&s);
}
END_TEST

/* What stands at a key that a query does not see does not matter, not even NaN. */
START_TEST(hidden_keys_cannot_be_seen)
{
    enum { M = 2, N = 3, W = 2 };
    const bool see[M][N] = {{true, false, true}, {false, false, false}};
    real q[M][W] = {{0.3, -0.7}, {1.1, 0.2}},
         k[N][W] = {{0.5, 2.385}, {0, 0}, {-0.64, 0.1}};
    real v[N][W] = {{1.5, -2}, {0, 0}, {0.25, 3}}, o[M][W], again[M][W],
         w[M][N];
    masked_attention_forward(M, N, W, W, o, w, 0.7, see, q, k, v);
    k[1][0] = k[1][1] = v[1][0] = v[1][1] = (double)NAN;
    masked_attention_forward(M, N, W, W, again, w, 0.7, see, q, k, v);
    ck_assert_mem_eq(o, again, sizeof o);
    ck_assert_double_eq(o[1][0], 0);
    ck_assert_double_eq(w[1][2], 0);
}
END_TEST

/* Without a mask it is chapter 11's attention, to the bit. */
START_TEST(no_mask_is_chapter_11)
{
    enum { M = 3, N = 4, D = 2, E = 5 };
    rng g = rng_new(5, 0);
    real *q = numbers(M * D, &g), *k = numbers(N * D, &g),
         *v = numbers(N * E, &g);
    real o[M][E], w[M][N], p[M][E], u[M][N];
    bool all[M][N];
    memset(all, true, sizeof all);
    attention_forward(M, N, D, E, o, w, 0.6, (void *)q, (void *)k, (void *)v);
    masked_attention_forward(M, N, D, E, p, u, 0.6, NULL, (void *)q, (void *)k,
                             (void *)v);
    ck_assert_mem_eq(o, p, sizeof o);
    ck_assert_mem_eq(w, u, sizeof w);
    masked_attention_forward(M, N, D, E, p, u, 0.6, all, (void *)q, (void *)k,
                             (void *)v);
    ck_assert_mem_eq(o, p, sizeof o);
    free(q);
    free(k);
    free(v);
}
END_TEST

/* Changing token j leaves the outputs before j as they were, to the bit, and changes those from
 * j on. */
START_TEST(the_future_is_invisible)
{
    enum { T = 5, C = 3 };
    const int z[6] = {T, T, C, 2, 2, 4};
    set s = make_set(z, 6);
    real before[T * C], x[T * C];
    mask_causal(T, (void *)s.see);
    memcpy(x, s.xq, sizeof x);
    for (int j = 0; j < T; j++) {
        multi_head_forward(T, T, &s.n, (void *)s.y, &s.kept, (void *)s.see,
                           (void *)x, (void *)x, (void *)x);
        memcpy(before, s.y, sizeof before);
        real was = x[j * C];
        x[j * C] = 1e6;
        multi_head_forward(T, T, &s.n, (void *)s.y, &s.kept, (void *)s.see,
                           (void *)x, (void *)x, (void *)x);
        x[j * C] = was;
        ck_assert_mem_eq(before, s.y, (size_t)(j * C) * sizeof *before);
        for (int t = j; t < T; t++)
            ck_assert_double_ne(before[t * C], s.y[t * C]);
    }
    free_set(&s);
}
END_TEST

START_TEST(masks_are_what_they_say)
{
    bool causal[4][4], pad[2][3] = {{true, false, true}, {true, true, true}};
    const bool token[3] = {true, true, false};
    mask_causal(4, causal);
    for (int m = 0; m < 4; m++)
        for (int n = 0; n < 4; n++)
            ck_assert_int_eq(causal[m][n], m >= n);
    mask_padding(2, 3, pad, token);
    const bool want[2][3] = {{true, false, false}, {true, true, false}};
    ck_assert_mem_eq(pad, want, sizeof pad);
}
END_TEST

/* From buffers of other numbers the backward must arrive at those numbers plus the gradient. */
START_TEST(backward_adds)
{
    set s = make_set(sizes[_i], 7), t = make_set(sizes[_i], 7),
        u = make_set(sizes[_i], 7);
    forward(&s);
    forward(&t);
    clear(&t);
    backward(&s);
    backward(&t);
    for (int i = 0; i < s.size; i++)
        ck_assert_double_eq_tol(s.dw[i], u.dw[i] + t.dw[i],
                                1e-12 * (1 + fabs(t.dw[i])));
    for (int i = 0; i < s.M * s.C; i++)
        ck_assert_double_eq_tol(s.dxq[i], u.dxq[i] + t.dxq[i],
                                1e-12 * (1 + fabs(t.dxq[i])));
    for (int i = 0; i < s.N * s.C; i++) {
        ck_assert_double_eq_tol(s.dxk[i], u.dxk[i] + t.dxk[i],
                                1e-12 * (1 + fabs(t.dxk[i])));
        ck_assert_double_eq_tol(s.dxv[i], u.dxv[i] + t.dxv[i],
                                1e-12 * (1 + fabs(t.dxv[i])));
    }
    free_set(&s);
    free_set(&t);
    free_set(&u);
}
END_TEST

static int loss(void *context, double f[2])
{
    set *s = context;
    forward(s);
    for (int i = 0; i < s->M * s->C; i++)
        f[0] += s->up[i] * s->y[i];
    return 0;
}

static hg_verdict verdict(set *s, real *x, const real *dx, int n)
{
    hg_tensor t = {.name = "x", .rank = 1, .shape = {n}, .data = x, .grad = dx};
    hg_result r;
    ck_assert_int_eq(hg_differences(loss, s, &t, &r), HG_OK);
    return r.verdict;
}

/* All weights as one vector, in every shape, with a mask. */
START_TEST(the_gradient_agrees)
{
    set s = make_set(sizes[_i], 8);
    memset(s.see, true, (size_t)s.M); /* so that somebody sees something */
    clear(&s);
    forward(&s);
    backward(&s);
    ck_assert_int_eq(verdict(&s, s.w, s.dw, s.size), HG_AGREES);
    ck_assert_int_eq(verdict(&s, s.xv, s.dxv, s.N * s.C), HG_AGREES);
    free_set(&s);
}
END_TEST

START_TEST(mistakes_are_caught)
{
    set s = make_set(sizes[2], 9);
    const int n = s.H * s.D * s.C, half = n / 2;
    const double factor[] = {-1, 2, sqrt(5.0 / 6), 0.5, 0, 1 + 1e-6};
    real *wrong = malloc((size_t)n * sizeof *wrong);
    clear(&s);
    forward(&s);
    backward(&s);
    ck_assert_int_eq(verdict(&s, s.n.W_q, s.g.W_q, n), HG_AGREES);
    ck_assert_int_eq(verdict(&s, s.xq, s.dxq, s.M * s.C), HG_AGREES);
    ck_assert_int_eq(verdict(&s, s.xk, s.dxk, s.N * s.C), HG_AGREES);
    for (size_t f = 0; f < sizeof factor / sizeof *factor; f++) {
        for (int i = 0; i < n; i++)
            wrong[i] = factor[f] * s.g.W_q[i];
        ck_assert_int_eq(verdict(&s, s.n.W_q, wrong, n), HG_DISAGREES);
    }
    for (int i = 0; i < n; i++) /* the heads exchanged */
        wrong[i] = s.g.W_q[(i + half) % n];
    ck_assert_int_eq(verdict(&s, s.n.W_q, wrong, n), HG_DISAGREES);
    ck_assert_int_eq(verdict(&s, s.n.W_k, s.g.W_q, n), HG_DISAGREES);
    free(wrong);
    free_set(&s);
}
END_TEST

/* Without dx the gradients by the weights are the same. */
START_TEST(inputs_may_be_fixed)
{
    set s = make_set(sizes[2], 10), t = make_set(sizes[2], 10);
    forward(&s);
    forward(&t);
    backward(&s);
    multi_head_backward(t.M, t.N, &t.n, &t.g, NULL, NULL, NULL, (void *)t.up,
                        &t.kept, (void *)t.xq, (void *)t.xk, (void *)t.xv);
    ck_assert_mem_eq(s.dw, t.dw, (size_t)s.size * sizeof *s.dw);
    free_set(&s);
    free_set(&t);
}
END_TEST

/* b_k changes nothing; b_v adds W_o b_v to every output. */
START_TEST(biases_of_keys_and_values)
{
    set s = make_set(sizes[2], 11);
    real before[64];
    memset(s.see, true, (size_t)(s.M * s.N));
    forward(&s);
    memcpy(before, s.y, (size_t)(s.M * s.C) * sizeof *s.y);
    for (int i = 0; i < s.H * s.D; i++)
        s.n.b_k[i] += 0.1 * i;
    forward(&s);
    for (int i = 0; i < s.M * s.C; i++)
        ck_assert_double_eq_tol(s.y[i], before[i], 1e-11);
    for (int i = 0; i < s.H * s.E; i++)
        s.n.b_v[i] += 0.1 * i;
    forward(&s);
    for (int m = 0; m < s.M; m++)
        for (int c = 0; c < s.C; c++) {
            double want = before[m * s.C + c];
            for (int i = 0; i < s.H * s.E; i++)
                want += s.n.W_o[c * s.H * s.E + i] * 0.1 * i;
            ck_assert_double_eq_tol(s.y[m * s.C + c], want, 1e-11);
        }
    free_set(&s);
}
END_TEST

/* Each view ends where the vector ends. */
START_TEST(views_fill_their_vectors)
{
    set s = make_set(sizes[_i], 12);
    ck_assert_ptr_eq(s.n.b_o + s.C, s.w + s.size);
    ck_assert_ptr_eq(s.kept.a + s.M * s.H * s.E,
                     s.room + multi_head_kept_size(s.M, s.N, &s.n));
    free_set(&s);
}
END_TEST

/* Projecting and joining alone: <dy, J dx> = <J' dy, dx>, for linear maps without bias. */
START_TEST(project_and_join_are_adjoint)
{
    set s = make_set(sizes[_i], 13);
    const int HD = s.H * s.D, HE = s.H * s.E, M = s.M, C = s.C;
    rng g = rng_new(14, 0);
    real *q = numbers(M * HD, &g), *dq = numbers(M * HD, &g),
         *dx = calloc((size_t)(M * C), 8);
    real *o = numbers(M * HE, &g), *do_ = calloc((size_t)(M * HE), 8),
         *a = numbers(M * HE, &g);
    double left = 0, right = 0;
    memset(s.n.b_q, 0, (size_t)HD * sizeof *s.w);
    memset(s.n.b_o, 0, (size_t)C * sizeof *s.w);
    heads_project_forward(M, C, s.H, s.D, (void *)q, (void *)s.n.W_q,
                          (void *)s.n.b_q, (void *)s.xq);
    heads_project_backward(M, C, s.H, s.D, (void *)s.g.W_q, (void *)s.g.b_q,
                           (void *)dx, (void *)dq, (void *)s.n.W_q,
                           (void *)s.xq);
    for (int i = 0; i < M * HD; i++)
        left += q[i] * dq[i];
    for (int i = 0; i < M * C; i++)
        right += dx[i] * s.xq[i];
    ck_assert_double_eq_tol(left, right, 1e-12 * (1 + fabs(left)));
    heads_join_forward(M, C, s.H, s.E, (void *)s.y, (void *)a, (void *)s.n.W_o,
                       s.n.b_o, (void *)o);
    heads_join_backward(M, C, s.H, s.E, (void *)s.g.W_o, s.g.b_o, (void *)do_,
                        (void *)s.up, (void *)s.n.W_o, (void *)a);
    left = right = 0;
    for (int i = 0; i < M * C; i++)
        left += s.y[i] * s.up[i];
    for (int i = 0; i < M * HE; i++)
        right += o[i] * do_[i];
    ck_assert_double_eq_tol(left, right, 1e-12 * (1 + fabs(left)));
    real *const all[] = {q, dq, dx, o, do_, a};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    free_set(&s);
}
END_TEST

/* ---- positions ----------------------------------------------------------------------- */

START_TEST(sinusoids_turn)
{
    enum { T = 40, C = 6 };
    static real P[T][C];
    real to[C];
    sinusoids(T, C, P);
    ck_assert_double_eq(sinusoid_frequency(C, 0), 1);
    ck_assert_double_eq_tol(sinusoid_frequency(4, 1), 0.01, 1e-16);
    for (int t = 0; t < T; t++)
        for (int k = -t; k < T - t; k += 3) {
            double length = 0, dot = 0, cosines = 0;
            sinusoid_turn(C, to, P[t], k);
            for (int c = 0; c < C; c++) {
                ck_assert_double_eq_tol(to[c], P[t + k][c], 1e-14);
                length += P[t][c] * P[t][c];
                dot += P[t][c] * P[t + k][c];
            }
            for (int i = 0; i < C / 2; i++)
                cosines += cos(k * pow(10000.0, -2.0 * i / C));
            ck_assert_double_eq_tol(length, C / 2.0, 1e-14);
            ck_assert_double_eq_tol(dot, cosines, 1e-13);
        }
}
END_TEST

START_TEST(positions_add_and_collect)
{
    enum { B = 3, T = 2, C = 2 };
    rng g = rng_new(15, 0);
    real *e = numbers(B * T * C, &g), *P = numbers(T * C, &g),
         *dx = numbers(B * T * C, &g);
    real x[B][T][C], dP[T][C], de[B][T][C];
    real *xs = (real *)x, *dPs = (real *)dP, *des = (real *)de;
    for (int i = 0; i < T * C; i++)
        dPs[i] = 0.3 * i;
    for (int i = 0; i < B * T * C; i++)
        des[i] = 0.7 * i;
    positions_forward(B, T, C, x, (void *)e, (void *)P);
    positions_backward(B, T, C, dP, de, (void *)dx);
    for (int i = 0; i < B * T * C; i++) {
        ck_assert_double_eq(xs[i], e[i] + P[i % (T * C)]);
        ck_assert_double_eq(des[i], 0.7 * i + dx[i]);
    }
    for (int i = 0; i < T * C; i++)
        ck_assert_double_eq_tol(
            dPs[i], 0.3 * i + dx[i] + dx[i + T * C] + dx[i + 2 * T * C], 1e-14);
    free(e);
    free(P);
    free(dx);
}
END_TEST

/* ---- one head and two places --------------------------------------------------------- */

/* The best A is (w_1 B_1 + w_2 B_2) / sum w^2, where B_1 and B_2 pick the halves: its error
 * entry by entry. Half of the variance is left at least. */
START_TEST(one_head_leaves_half)
{
    enum { N = 4, C = 6 };
    rng g = rng_new(16, 0);
    for (int trial = 0; trial < 50; trial++) {
        double w[N], squares = 0, error = 0;
        for (int n = 0; n < N; n++) {
            w[n] = rng_uniform(&g);
            squares += w[n] * w[n];
        }
        for (int c = 0; c < C; c++) { /* A is diagonal */
            double A = w[c < C / 2 ? 0 : 1] / squares;
            for (int n = 0; n < N; n++) {
                double want = n == (c < C / 2 ? 0 : 1);
                error += (w[n] * A - want) * (w[n] * A - want) / C;
            }
        }
        ck_assert_double_eq_tol(one_head_error(N, w), error, 1e-14);
        ck_assert(one_head_error(N, w) >= 0.5);
    }
}
END_TEST

/* ---- the induction network ------------------------------------------------------------ */

enum { V = 5, T = 7, C = 3 };

typedef struct learner {
    induction_sizes s;
    int token[T + 1];
    real *w, *dw, *room, each[T];
    induction_weights n, g;
    induction_kept kept;
} learner;

static learner make_learner(int L, uint64_t seed)
{
    rng g = rng_new(seed, 0);
    learner a = {.s = {V, T, C, L}};
    a.w = numbers(induction_size(&a.s), &g);
    a.dw = numbers(induction_size(&a.s), &g);
    a.room = numbers(induction_kept_size(&a.s), &g);
    a.n = induction_view(&a.s, a.w);
    a.g = induction_view(&a.s, a.dw);
    a.kept = induction_kept_view(&a.s, a.room);
    induction_draw(&a.s, a.token, 3, &g);
    return a;
}

static void free_learner(learner *a)
{
    free(a->w);
    free(a->dw);
    free(a->room);
}

static int learner_loss(void *context, double f[2])
{
    learner *a = context;
    f[0] = induction_forward(&a->s, &a->n, a->each, &a->kept, a->token);
    return 0;
}

START_TEST(induction_gradient)
{
    learner a = make_learner(_i, 17);
    const int size = induction_size(&a.s);
    real *before = malloc((size_t)size * sizeof *before);
    double f[2];
    hg_result r;
    ck_assert_ptr_eq(a.n.b_u + V, a.w + size);
    memcpy(before, a.dw, (size_t)size * sizeof *before);
    learner_loss(&a, f);
    induction_backward(&a.s, &a.n, &a.g, 1, &a.kept, a.token);
    for (int i = 0; i < size; i++)
        a.dw[i] -= before[i];
    hg_tensor t = {
        .name = "w", .rank = 1, .shape = {size}, .data = a.w, .grad = a.dw};
    ck_assert_int_eq(hg_differences(learner_loss, &a, &t, &r), HG_OK);
    ck_assert_int_eq(r.verdict, HG_AGREES);
    a.dw[0] += 1e-3;
    ck_assert_int_eq(hg_differences(learner_loss, &a, &t, &r), HG_OK);
    ck_assert_int_eq(r.verdict, HG_DISAGREES);
    free(before);
    free_learner(&a);
}
END_TEST

/* The last token is a target only: what is lost before it does not depend on it. */
START_TEST(induction_is_causal)
{
    learner a = make_learner(2, 18);
    double f[2], mean = 0;
    real before[T];
    learner_loss(&a, f);
    for (int t = 0; t < T; t++)
        mean += a.each[t] / T;
    ck_assert_double_eq_tol(f[0], mean, 1e-14);
    memcpy(before, a.each, sizeof before);
    a.token[4] = (a.token[4] + 1) % V;
    learner_loss(&a, f);
    ck_assert_mem_eq(before, a.each, 3 * sizeof *before);
    ck_assert_double_ne(before[3], a.each[3]);
    ck_assert_double_ne(before[4], a.each[4]);
    free_learner(&a);
}
END_TEST

START_TEST(induction_draws_repeat)
{
    const induction_sizes s = {V, T, C, 1};
    rng g = rng_new(19, 0);
    for (int period = 1; period <= V; period++)
        for (int trial = 0; trial < 20; trial++) {
            int token[T + 1], seen[V] = {0};
            induction_draw(&s, token, period, &g);
            for (int t = 0; t <= T; t++) {
                ck_assert(token[t] >= 0 && token[t] < V);
                if (t >= period)
                    ck_assert_int_eq(token[t], token[t - period]);
                else
                    ck_assert_int_eq(seen[token[t]]++, 0);
            }
        }
}
END_TEST

START_TEST(induction_starts_near_chance)
{
    learner a = make_learner(2, 20);
    rng g = rng_new(21, 0);
    induction_start(&a.s, a.w, &g);
    for (int l = 0; l < 2; l++)
        for (int c = 0; c < C; c++) {
            ck_assert_double_eq(a.n.layer[l].b_q[c], 0);
            ck_assert_double_eq(a.n.layer[l].b_o[c], 0);
        }
    for (int v = 0; v < V; v++)
        ck_assert_double_eq(a.n.b_u[v], 0);
    double f[2];
    memset(a.n.W_u, 0, V * C * sizeof *a.n.W_u);
    learner_loss(&a, f);
    ck_assert_double_eq_tol(f[0], log((double)V), 1e-14);
    free_learner(&a);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("13_multi_head");
    TCase *c = tcase_create("multi_head");
    tcase_add_loop_test(c, the_output_is_the_sum_of_the_heads, 0, SHAPES);
    tcase_add_loop_test(c, weights_are_zero_where_nothing_is_seen, 0, SHAPES);
    tcase_add_test(c, hidden_keys_cannot_be_seen);
    tcase_add_test(c, no_mask_is_chapter_11);
    tcase_add_test(c, the_future_is_invisible);
    tcase_add_test(c, masks_are_what_they_say);
    tcase_add_loop_test(c, backward_adds, 0, SHAPES);
    tcase_add_loop_test(c, the_gradient_agrees, 0, SHAPES);
    tcase_add_test(c, mistakes_are_caught);
    tcase_add_test(c, inputs_may_be_fixed);
    tcase_add_test(c, biases_of_keys_and_values);
    tcase_add_loop_test(c, views_fill_their_vectors, 0, SHAPES);
    tcase_add_loop_test(c, project_and_join_are_adjoint, 0, SHAPES);
    tcase_add_test(c, sinusoids_turn);
    tcase_add_test(c, positions_add_and_collect);
    tcase_add_test(c, one_head_leaves_half);
    tcase_add_loop_test(c, induction_gradient, 1, 3);
    tcase_add_test(c, induction_is_causal);
    tcase_add_test(c, induction_draws_repeat);
    tcase_add_test(c, induction_starts_near_chance);
    suite_add_tcase(suite, c);
    return suite_run(suite);
}
