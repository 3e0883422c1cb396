/* SPDX-License-Identifier: MIT */
// Chapter 11: attention. Build this program alone, from the root, with
// cc -std=gnu17 -O2 -ffp-contract=off -I. chapters/11_attention/*.c chapters/02_activations/activations.c lib/*.c lib/check/*.c -lm -o 11_attention
/* Letters: M queries, N keys, D width of queries and keys, E of values. */
#include "chapters/02_activations/activations.h"
#include "chapters/11_attention/attention.h"
#include "lib/program.h"
#include "lib/sample.h"

#include <string.h>

/* ---- the worked example: one query, two keys ----------------------------- */

enum { N = 2, D = 3, E = 3 };

static real q[1][D] = {{0.1, 0.2, 0.3}};
static real k[N][D] = {{0.2, 0.4, 0.6}, {0.3, 0.6, 0.9}};
static real v[N][E] = {{1, 2, 3}, {4, 5, 6}};

static const setting settings[] = {
    SETTING("q", "D", "the query", q, 1, D),
    SETTING("k", "N,D", "the keys, one a row", k, 2, N, D),
    SETTING("v", "N,E", "the values, one a row", v, 2, N, E),
};

/* 1/sqrt(n): n is a variable, so that no compiler folds the root. */
static double inverse_root(int n)
{
    return 1 / sqrt((double)n);
}

static void forward_step_by_step(show *s, real o[1][E], real w[1][N])
{
    char name[2][8] = {"s_1", "s_2"};
    real score[N], z[N];
    show_section(s, "One query, two keys: forward");
    show_note(s, "The query meets every key in a dot product. Here both keys "
                 "point the same way as the query and differ in length only.");
    show_equation(s, "11.1", "s_n = q . k_n");
    for (int n = 0; n < N; n++) {
        score[n] = 0;
        for (int d = 0; d < D; d++)
            score[n] += q[0][d] * k[n][d];                          /* (11.1) */
        show_value(s, name[n], score[n], "%g*%g + %g*%g + %g*%g", re(q[0][0]),
                   re(k[n][0]), re(q[0][1]), re(k[n][1]), re(q[0][2]),
                   re(k[n][2]));
    }
    double scale = inverse_root(D);
    show_equation(s, "11.2", "z_n = s_n / sqrt(D)");
    show_value(s, "sqrt(D)", (real)sqrt((double)D), "sqrt(%d)", D);
    for (int n = 0; n < N; n++)
        z[n] = (real)scale * score[n];
    show_value(s, "z_1", z[0], "%.6g / %.6g", re(score[0]), 1 / scale);
    show_value(s, "z_2", z[1], "%.6g / %.6g", re(score[1]), 1 / scale);
    attention_forward(1, N, D, E, o, w, scale, q, k, v);
    show_equation(s, "11.3",
                  "w = softmax(z):  w_n = exp(z_n) / sum_l exp(z_l)");
    show_value(s, "w_1", w[0][0], "1 / (1 + exp(%.6g - %.6g))", re(z[1]),
               re(z[0]));
    show_value(s, "w_2", w[0][1], "1 / (1 + exp(%.6g - %.6g))", re(z[0]),
               re(z[1]));
    show_equation(s, "11.4", "o = w_1 v_1 + w_2 v_2");
    show_value(s, "o_1", o[0][0], "%.6f*%g + %.6f*%g", re(w[0][0]), re(v[0][0]),
               re(w[0][1]), re(v[1][0]));
    show_value(s, "o_2", o[0][1], "%.6f*%g + %.6f*%g", re(w[0][0]), re(v[0][1]),
               re(w[0][1]), re(v[1][1]));
    show_value(s, "o_3", o[0][2], "%.6f*%g + %.6f*%g", re(w[0][0]), re(v[0][2]),
               re(w[0][1]), re(v[1][2]));
    show_vector(s, "o", E, o[0]);
    real entropy = 0;
    for (int n = 0; n < N; n++)
        if (re(w[0][n]) > 0)                   /* w ln w goes to 0 with w */
            entropy -= w[0][n] * log(w[0][n]);                      /* (11.5) */
    show_equation(s, "11.5", "H = -sum_n w_n ln w_n, in nats");
    show_value(s, "H", entropy, NULL);
}

static void what_the_article_prints(show *s)
{
    real o[1][E], w[1][N];
    show_section(s, "One key, and no scale: what goes wrong");
    show_note(s, "The article prints the formula with one key and one value. A "
                 "softmax over one score is 1, so the output is v_1 whatever "
                 "the query is.");
    attention_forward(1, 1, D, E, o, w, inverse_root(D), q, k, v);
    real one_key[E];
    for (int e = 0; e < E; e++)
        one_key[e] = w[0][0] * v[0][e];                             /* (11.6) */
    show_equation(s, "11.6", "softmax(q.k_1 / sqrt(D)) v_1 = 1 v_1");
    show_value(s, "w", w[0][0], "exp(z_1) / exp(z_1)");
    show_vector(s, "o (one key)", E, one_key);
    show_no_equation(s);
    show_note(s, "The formula without the division by sqrt(D):");
    attention_forward(1, N, D, E, o, w, 1, q, k, v);
    show_vector(s, "w (unscaled)", N, w[0]);
    show_vector(s, "o (unscaled)", E, o[0]);
}

/* The Jacobians of the output by q and by k_2, a row for each output. */
static void jacobians(show *s, const real o[1][E], const real w[1][N])
{
    real by_q[E][D], by_k2[E][D];
    real scale = (real)inverse_root(D);
    show_no_equation(s);
    show_note(s, "All outputs at once, in closed form:");
    memset(by_q, 0, sizeof by_q);
    for (int e = 0; e < E; e++)
        for (int d = 0; d < D; d++) {
            real c = scale * w[0][1] * (v[1][e] - o[0][e]);
            for (int n = 0; n < N; n++) {
                real pull = scale * w[0][n] * (v[n][e] - o[0][e]);
                by_q[e][d] += pull * k[n][d];                      /* (11.12) */
            }
            by_k2[e][d] = c * q[0][d];                             /* (11.13) */
        }
    show_equation(s, "11.12", "do_e/dq = sum_n w_n (v_ne - o_e) k_n / sqrt(D)");
    show_matrix(s, "do/dq", E, D, by_q);
    show_equation(s, "11.13", "do_e/dk_n = w_n (v_ne - o_e) q / sqrt(D)");
    show_matrix(s, "do/dk_2", E, D, by_k2);
}

static void backward_step_by_step(show *s, const real w[1][N])
{
    const real do_[1][E] = {{1, 0, 0}};
    real dw[N], dz[N] = {0}, dq[1][D] = {{0}}, dk[N][D] = {{0}};
    real dv[N][E] = {{0}};
    show_note(s, "The loss is L = o_1, so that dL/do = (1, 0, 0).");
    attention_backward(1, N, D, E, dq, dk, dv, do_, w, inverse_root(D), q, k,
                       v);
    show_equation(s, "11.7", "dv_n = w_n do");
    show_matrix(s, "dv", N, E, dv);
    for (int n = 0; n < N; n++) {
        dw[n] = 0;
        for (int e = 0; e < E; e++)
            dw[n] += v[n][e] * do_[0][e];                           /* (11.8) */
    }
    show_equation(s, "11.8", "dw_n = v_n . do");
    show_vector(s, "dw", N, dw);
    softmax_backward(N, dz, dw, w[0]);
    show_equation(s, "11.9", "dz_n = w_n (dw_n - sum_l w_l dw_l)");
    show_value(s, "dz_1", dz[0], "%.6f*(%g - %.6f)", re(w[0][0]), re(dw[0]),
               re(w[0][0] * dw[0] + w[0][1] * dw[1]));
    show_value(s, "dz_2", dz[1], "%.6f*(%g - %.6f)", re(w[0][1]), re(dw[1]),
               re(w[0][0] * dw[0] + w[0][1] * dw[1]));
    show_equation(s, "11.10", "dq = sum_n dz_n k_n / sqrt(D)");
    show_vector(s, "dq", D, dq[0]);
    show_equation(s, "11.11", "dk_n = dz_n q / sqrt(D)");
    show_matrix(s, "dk", N, D, dk);
}

/* The mean of (q.k)^2 over all q, k whose components are +-1. */
static double variance_of_signs(int width)
{
    double sum = 0;
    int corners = 1 << width;
    for (int a = 0; a < corners; a++)
        for (int b = 0; b < corners; b++) {
            int dot = 0;
            for (int d = 0; d < width; d++)
                dot += (a >> d & 1) == (b >> d & 1) ? 1 : -1;
            sum += dot * dot;                                      /* (11.14) */
        }
    return sum / corners / corners;
}

/* The slope dw_1/dz_1 = w_1 (1 - w_1) for two scores. */
static real slope(real first, real second)
{
    real z[2] = {first, second}, w[2];
    softmax_forward(2, w, z);
    return w[0] * w[1];                                            /* (11.15) */
}

static void why_the_root(show *s, const real w[1][N])
{
    real big[2] = {28, 42};
    double scale = inverse_root(D);
    show_section(s, "Why 1/sqrt(D)");
    show_note(s, "For independent components of mean 0 and variance 1 the "
                 "variance of q.k is D. Over all vectors of signs it is so "
                 "exactly:");
    show_equation(s, "11.14", "Var(q . k) = D");
    show_value(s, "Var (D 3)", (real)variance_of_signs(3), NULL);
    show_value(s, "Var (D 4)", (real)variance_of_signs(4), NULL);
    show_note(s, "Large scores saturate the softmax: its slope, and with it "
                 "every gradient below, vanishes. The scores of the example, "
                 "then scores a hundred times as large:");
    show_equation(s, "11.15", "dw_1/dz_1 = w_1 (1 - w_1)");
    show_value(s, "slope", w[0][0] * w[0][1], "%.6f*%.6f", re(w[0][0]),
               re(w[0][1]));
    show_value(s, "slope (28, 42), raw", slope(big[0], big[1]), NULL);
    show_value(s, "slope (28, 42), scaled",
               slope((real)scale * big[0], (real)scale * big[1]), NULL);
}

static void worked_example(program *p)
{
    real o[1][E], w[1][N];
    forward_step_by_step(&p->show, o, w);
    what_the_article_prints(&p->show);
    show_section(&p->show, "The gradients of one output");
    attention_forward(1, N, D, E, o, w, inverse_root(D), q, k, v);
    backward_step_by_step(&p->show, w);
    jacobians(&p->show, o, w);
    why_the_root(&p->show, w);
}

/* ---- the checks ---------------------------------------------------------- */

/* A batch of queries with sizes that all differ, so that a swapped index shows:
 * 2 queries of width 5, 4 keys, values of width 3. */
enum { BM = 2, BN = 4, BD = 5, BE = 3 };

typedef struct batch {
    real q[BM][BD], k[BN][BD], v[BN][BE], up[BM][BE]; /* up is dL/do */
    real dq[BM][BD], dk[BN][BD], dv[BN][BE];
    int keys; /* how many of the keys are used: 1 shows the one-key formula */
    double scale;
} batch;

static real batch_loss(void *context)
{
    const batch *b = context;
    real o[BM][BE], w[BM][b->keys], loss = 0;
    attention_forward(BM, b->keys, BD, BE, o, w, b->scale, b->q, b->k, b->v);
    for (int m = 0; m < BM; m++)
        for (int e = 0; e < BE; e++)
            loss += b->up[m][e] * o[m][e];
    return loss;
}

static void batch_gradients(batch *b)
{
    real o[BM][BE], w[BM][b->keys];
    memset(b->dq, 0, sizeof b->dq);
    memset(b->dk, 0, sizeof b->dk);
    memset(b->dv, 0, sizeof b->dv);
    attention_forward(BM, b->keys, BD, BE, o, w, b->scale, b->q, b->k, b->v);
    attention_backward(BM, b->keys, BD, BE, b->dq, b->dk, b->dv, b->up, w,
                       b->scale, b->q, b->k, b->v);
}

/* A batch of random numbers; large keys saturate the softmax. */
static batch random_batch(const program *p, uint64_t stream, double size)
{
    batch b = {.keys = BN, .scale = inverse_root(BD)};
    rng g = rng_new(p->seed, stream);
    fill_normal(BM * BD, (real *)b.q, 1, &g);
    fill_normal(BN * BD, (real *)b.k, size, &g);
    fill_normal(BN * BE, (real *)b.v, 1, &g);
    fill_normal(BM * BE, (real *)b.up, 1, &g);
    return b;
}

/* Where the softmax is saturated, (11.9) subtracts two numbers that are nearly
 * equal: how much larger they are than the largest dz. */
static double subtraction(const batch *b)
{
    real o[BM][BE], w[BM][BN];
    double parts = 0, largest = 0;
    attention_forward(BM, BN, BD, BE, o, w, b->scale, b->q, b->k, b->v);
    for (int m = 0; m < BM; m++) {
        real dw[BN] = {0}, dz[BN] = {0};
        for (int n = 0; n < BN; n++)
            for (int e = 0; e < BE; e++)
                dw[n] += b->v[n][e] * b->up[m][e];
        softmax_backward(BN, dz, dw, w[m]);
        for (int n = 0; n < BN; n++) {
            parts = fmax(parts, re(w[m][n]) * re(real_abs(dw[n])));
            largest = fmax(largest, re(real_abs(dz[n])));
        }
    }
    return parts / largest;
}

static void check_batch(program *p, const char *group, double condition,
                        batch *b)
{
    batch_gradients(b);
    hg_tensor t[] = {
        TENSOR("q", "11.10", b->q, b->dq, "M,D", BM, BD),
        TENSOR("k", "11.11", b->k, b->dk, "N,D", BN, BD),
        TENSOR("v", "11.7", b->v, b->dv, "N,E", BN, BE),
    };
    t[0].condition = t[1].condition = condition;
    real o[BM][BE], w[BM][BN];
    attention_forward(BM, BN, BD, BE, o, w, b->scale, b->q, b->k, b->v);
    const hg_tensor known[] = {KNOWN("do", b->up, "M,E", BM, BE),
                               KNOWN("w", w, "M,N", BM, BN)};
    program_tell(p, 0, NULL, 2, known);
    program_check(p, group, batch_loss, b, 3, t);
}

/* Keys that are the unit vectors, and no scale: then a query is its own
 * scores, and dq is dz, the gradient by the softmax alone. */
typedef struct scores {
    real q[BM][BN], k[BN][BN], v[BN][BE], dq[BM][BN], up[BM][BE];
} scores;

static real scores_loss(void *context)
{
    const scores *s = context;
    real o[BM][BE], w[BM][BN], loss = 0;
    attention_forward(BM, BN, BN, BE, o, w, 1, s->q, s->k, s->v);
    for (int m = 0; m < BM; m++)
        for (int e = 0; e < BE; e++)
            loss += s->up[m][e] * o[m][e];
    return loss;
}

static void check_scores(program *p)
{
    scores s = {.dq = {{0}}};
    real o[BM][BE], w[BM][BN], dk[BN][BN] = {{0}}, dv[BN][BE] = {{0}};
    rng g = rng_new(p->seed, 6);
    fill_normal(BM * BN, (real *)s.q, 1, &g);
    fill_normal(BN * BE, (real *)s.v, 1, &g);
    fill_normal(BM * BE, (real *)s.up, 1, &g);
    for (int n = 0; n < BN; n++)
        s.k[n][n] = 1;
    attention_forward(BM, BN, BN, BE, o, w, 1, s.q, s.k, s.v);
    attention_backward(BM, BN, BN, BE, s.dq, dk, dv, s.up, w, 1, s.q, s.k, s.v);
    const hg_tensor t = TENSOR("q", "11.9", s.q, s.dq, "M,N", BM, BN);
    const hg_tensor known[] = {KNOWN("do", s.up, "M,E", BM, BE),
                               KNOWN("w", w, "M,N", BM, BN)};
    program_tell(p, 0, NULL, 2, known);
    program_check(p, "unit keys", scores_loss, &s, 1, &t);
}

/* Self-attention: the rows of x are queries, keys and values at once, and
 * the loss reads them beside the output. */
typedef struct self {
    real x[BN][BE], dx[BN][BE], up[BN][BE];
} self;

static real self_loss(void *context)
{
    const self *s = context;
    real o[BN][BE], w[BN][BN], loss = 0;
    attention_forward(BN, BN, BE, BE, o, w, inverse_root(BE), s->x, s->x, s->x);
    for (int n = 0; n < BN; n++)
        for (int e = 0; e < BE; e++)
            loss += s->up[n][e] * (s->x[n][e] + o[n][e]);
    return loss;
}

/* Three gradients go into dx, which is not empty before: each must add. */
static void check_self(program *p)
{
    self s = {.dx = {{0}}};
    real o[BN][BE], w[BN][BN];
    rng g = rng_new(p->seed, 5);
    fill_normal(BN * BE, (real *)s.x, 1, &g);
    fill_normal(BN * BE, (real *)s.up, 1, &g);
    memcpy(s.dx, s.up, sizeof s.dx);
    attention_forward(BN, BN, BE, BE, o, w, inverse_root(BE), s.x, s.x, s.x);
    attention_backward(BN, BN, BE, BE, s.dx, s.dx, s.dx, s.up, w,
                       inverse_root(BE), s.x, s.x, s.x);
    const hg_tensor t = TENSOR("x", "11.10", s.x, s.dx, "N,E", BN, BE);
    program_check(p, "self-attention", self_loss, &s, 1, &t);
}

static void check_example(program *p)
{
    batch b = {.keys = N, .scale = inverse_root(D)};
    for (int d = 0; d < D; d++) {
        b.q[0][d] = q[0][d];
        b.k[0][d] = k[0][d];
        b.k[1][d] = k[1][d];
    }
    for (int e = 0; e < E; e++) {
        b.v[0][e] = v[0][e];
        b.v[1][e] = v[1][e];
    }
    b.up[0][0] = 1; /* L = o_1 of the example */
    batch_gradients(&b);
    real closed[1][D];
    real o[BM][BE], w[BM][N];
    attention_forward(BM, N, BD, BE, o, w, b.scale, b.q, b.k, b.v);
    for (int d = 0; d < D; d++) { /* eq. 11.12, without the backward pass */
        closed[0][d] = 0;
        for (int n = 0; n < N; n++)
            closed[0][d] +=
                (real)b.scale * w[0][n] * (v[n][0] - o[0][0]) * k[n][d];
    }
    const hg_tensor t = TENSOR("do_1/dq", "11.12", b.q, b.dq, "D", D);
    program_compare(p, &t, closed[0], 1e-13);
}

static void verify(program *p)
{
    show_section(&p->show, "Verification");
    show_note(&p->show, "A batch of 2 queries over 4 keys; the incoming "
                        "gradient is random.");
    batch plain = random_batch(p, 1, 1);
    check_batch(p, "batch", 1, &plain);
    show_note(&p->show, "Keys ten times as large: the softmax is nearly "
                        "saturated, and (11.9) subtracts numbers that are "
                        "nearly equal. In the complex step the bounds of q "
                        "and k grow by this condition:");
    batch saturated = random_batch(p, 2, 10);
    double condition = fmax(1, subtraction(&saturated));
    show_value(&p->show, "condition", (real)condition, NULL);
    check_batch(p, "saturated", condition, &saturated);
    show_note(&p->show, "One key: the output does not depend on q or k, to the "
                        "bit.");
    batch one = random_batch(p, 3, 1);
    one.keys = 1;
    batch_gradients(&one);
    const hg_tensor t[] = {
        TENSOR_ZERO("q", "11.10", one.q, one.dq, "M,D", BM, BD),
        TENSOR_ZERO("k", "11.11", one.k, one.dk, "N,D", 1, BD),
        TENSOR("v", "11.7", one.v, one.dv, "N,E", 1, BE),
    };
    program_check(p, "one key", batch_loss, &one, 3, t);
    show_note(&p->show, "Keys that are unit vectors, no scale: a query is its "
                        "own scores, and dq is dz.");
    check_scores(p);
    show_note(&p->show, "Self-attention, x + o: one tensor is query, key and "
                        "value. Its gradient is the sum of four.");
    check_self(p);
    show_note(&p->show, "The Jacobian in closed form against the backward "
                        "pass, on the worked example.");
    check_example(p);
}

/* ---- the experiment: what the width does to the scores ------------------- */

enum { WIDTHS = 9, DRAWS = 1000, KEYS = 8 };

/* What one width D showed, the mean over the draws. */
typedef struct outcome {
    double variance;         /* of q.k */
    double largest[2];       /* weight: with the scale, without */
    double gradient_size[2]; /* |dw_1/dz|, the Euclidean norm: with, without */
} outcome;

static void softmax_sizes(const double dots[KEYS], double scale,
                          double *largest, double *size)
{
    real z[KEYS], w[KEYS], dw[KEYS] = {1}, dz[KEYS] = {0};
    for (int n = 0; n < KEYS; n++)
        z[n] = (real)(scale * dots[n]);
    softmax_forward(KEYS, w, z);
    softmax_backward(KEYS, dz, dw, w);
    double most = 0, sum = 0;
    for (int n = 0; n < KEYS; n++) {
        most = fmax(most, re(w[n]));
        sum += re(dz[n]) * re(dz[n]);
    }
    *largest += most / DRAWS;
    *size += sqrt(sum) / DRAWS;
}

static outcome try_width(int width, rng *g)
{
    outcome o = {0};
    for (int draw = 0; draw < DRAWS; draw++) {
        double query[width], dots[KEYS];
        for (int d = 0; d < width; d++)
            query[d] = rng_normal(g);
        for (int n = 0; n < KEYS; n++) {
            dots[n] = 0;
            for (int d = 0; d < width; d++)
                dots[n] += query[d] * rng_normal(g);
            o.variance += dots[n] * dots[n] / DRAWS / KEYS;
        }
        softmax_sizes(dots, inverse_root(width), &o.largest[0],
                      &o.gradient_size[0]);
        softmax_sizes(dots, 1, &o.largest[1], &o.gradient_size[1]);
    }
    return o;
}

static void experiment(program *p)
{
    static const char *const cols[] = {"D",         "Var(q.k)",  "w_max",
                                       "raw w_max", "|dw_1/dz|", "raw |dw/dz|"};
    double x[WIDTHS][6];
    curve c;
    rng g = rng_new(p->seed, 4);
    show_section(&p->show, "Experiment: the width and the softmax");
    show_note(&p->show,
              "%d draws for each width: a query and %d keys with normal "
              "components. w_max is the largest weight, |dw_1/dz| the length "
              "of the gradient of the first weight by all scores; raw means "
              "without 1/sqrt(D).",
              DRAWS, KEYS);
    program_curve(p, &c, "width",
                  "D variance scaled_variance largest_scaled largest_raw "
                  "gradient_scaled gradient_raw");
    for (int i = 0; i < WIDTHS; i++) {
        int width = 4 << i;
        outcome o = try_width(width, &g);
        const double row[] = {
            width,        o.variance,         o.variance / width, o.largest[0],
            o.largest[1], o.gradient_size[0], o.gradient_size[1]};
        x[i][0] = row[0];
        x[i][1] = row[1];
        memcpy(&x[i][2], &row[3], 4 * sizeof *row);
        curve_row(&c, 7, row);
        program_progress(p, i + 1, WIDTHS);
    }
    program_curve_end(p, &c);
    show_table(&p->show, "scores and weights against the width", WIDTHS, 6,
               NULL, cols, x);
    double off = 0; /* three standard errors are a tenth at D = 4 */
    for (int i = 0; i < WIDTHS; i++)
        off = fmax(off, fabs(x[i][1] / x[i][0] - 1)); /* double */
    show_paper(&p->show, &(paper){.source = "Vaswani et al. 2017, footnote 4",
                                  .quantity = "largest |Var(q.k) / D - 1|",
                                  .says = "the variance of q.k is D",
                                  .value = off,
                                  .lo = 0,
                                  .hi = 0.1});
}

static const program_about about = {
    .name = "11_attention",
    .title = "Attention: a softmax over keys, and its gradients",
    .seeds = 1,
    .verification = 5,
    SETTINGS(settings),
    .example = worked_example,
    .verify = verify,
    .experiment = experiment,
};

int main(int argc, char **argv)
{
    return program_run(&about, argc, argv);
}
