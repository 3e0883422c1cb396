/* SPDX-License-Identifier: MIT */
// Chapter 12: additive attention. Build this program alone, from the root, with
// cc -std=gnu17 -O2 -ffp-contract=off -I. chapters/12_additive_attention/*.c chapters/02_activations/activations.c chapters/03_cross_entropy/cross_entropy.c chapters/04_backprop/linear.c chapters/05_optimizers/optimizers.c chapters/09_gru/gru.c chapters/11_attention/attention.c lib/*.c lib/check/*.c -lm -o 12_additive_attention
/* Letters: N keys, D width of a query, C of a key, E of a value, A of the layer
 * in which query and key meet. */
#include "chapters/02_activations/activations.h"
#include "chapters/11_attention/attention.h"
#include "chapters/12_additive_attention/additive.h"
#include "chapters/12_additive_attention/checks.h"
#include "chapters/12_additive_attention/experiment.h"
#include "chapters/12_additive_attention/translator.h"
#include "lib/program.h"

#include <string.h>

/* ---- what can be set: one query, two keys -------------------------------- */

enum { N = 2, D = 3, C = 3, E = 3, A = 3 };

static real q[1][D] = {{0.1, 0.2, 0.3}};
static real k[N][C] = {{0.2, 0.4, 0.6}, {0.3, 0.6, 0.9}};
static real v[N][E] = {{1, 2, 3}, {4, 5, 6}};
static real W[A][D] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
static real U[A][C] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
static real b[A] = {0, 0, 0}, g[A] = {1, 1, 1};

static real rate = 0.01;
static int batches[1] = {960}, longest[1] = {10};

static const setting settings[] = {
    SETTING("q", "D", "the query", q, 1, D),
    SETTING("k", "N,C", "the keys, one a row", k, 2, N, C),
    SETTING("v", "N,E", "the values, one a row", v, 2, N, E),
    SETTING("W", "A,D", "from the query to the hidden layer", W, 2, A, D),
    SETTING("U", "A,C", "from a key to the hidden layer", U, 2, A, C),
    SETTING("b", "A", "bias of the hidden layer", b, 1, A),
    SETTING("g", "A", "from the hidden layer to the score", g, 1, A),
    SETTING_RANGE("rate", "experiment: learning rate of Adam", &rate, 0, 10),
    SETTING_WHOLE("batches", "1", "experiment: how many", batches, 1, 1,
                  100000),
    SETTING_WHOLE("longest", "1", "experiment: symbols in a sentence", longest,
                  1, 1, MOST_LENGTH),
};

/* What one query leaves. */
typedef struct asked {
    real p[N][A], t[N][A], w[N], o[E], s[N];
} asked;

static asked ask(const real keys[N][C])
{
    asked z;
    additive_keys_forward(N, C, A, z.p, U, b, keys);
    additive_forward(N, D, A, E, z.o, z.w, z.t, W, g, q[0], z.p, v);
    for (int n = 0; n < N; n++) {
        z.s[n] = 0;
        for (int a = 0; a < A; a++)
            z.s[n] += g[a] * z.t[n][a];                             /* (12.4) */
    }
    return z;
}

/* ---- forward ------------------------------------------------------------- */

static void step_by_step(show *s, const asked *z)
{
    real r[A];
    show_section(s, "The score, step by step");
    show_note(s, "The query, keys and values of chapter 11; W and U are unit "
                 "matrices, b is zero and g is all ones.");
    show_vector(s, "q", D, q[0]);
    show_matrix(s, "k", N, C, k);
    show_matrix(s, "v", N, E, v);
    show_equation(s, "12.1", "p_n = U k_n + b");
    show_matrix(s, "p", N, A, z->p);
    for (int a = 0; a < A; a++) {
        r[a] = 0;
        for (int d = 0; d < D; d++)
            r[a] += W[a][d] * q[0][d];                              /* (12.2) */
    }
    show_equation(s, "12.2", "r = W q");
    show_vector(s, "r", A, r);
    show_equation(s, "12.3", "t_n = tanh(r + p_n)");
    show_matrix(s, "t", N, A, z->t);
    show_equation(s, "12.4", "s_n = g . t_n");
    show_value(s, "s_1", z->s[0], "%g*%.6f + %g*%.6f + %g*%.6f", re(g[0]),
               re(z->t[0][0]), re(g[1]), re(z->t[0][1]), re(g[2]),
               re(z->t[0][2]));
    show_value(s, "s_2", z->s[1], "%g*%.6f + %g*%.6f + %g*%.6f", re(g[0]),
               re(z->t[1][0]), re(g[1]), re(z->t[1][1]), re(g[2]),
               re(z->t[1][2]));
    show_equation(s, "12.5", "w = softmax(s)");
    show_value(s, "w_1", z->w[0], "1 / (1 + exp(%.6g - %.6g))", re(z->s[1]),
               re(z->s[0]));
    show_value(s, "w_2", z->w[1], "1 / (1 + exp(%.6g - %.6g))", re(z->s[0]),
               re(z->s[1]));
    show_equation(s, "12.6", "o = w_1 v_1 + w_2 v_2");
    for (int e = 0; e < E; e++) {
        char name[8];
        snprintf(name, sizeof name, "o_%d", e + 1);
        show_value(s, name, z->o[e], "%.6f*%g + %.6f*%g", re(z->w[0]),
                   re(v[0][e]), re(z->w[1]), re(v[1][e]));
    }
}

/* ---- backward ------------------------------------------------------------ */

/* All gradients of one query. */
typedef struct errors {
    real dW[A][D], dU[A][C], db[A], dg[A], dq[1][D], dk[N][C], dv[N][E];
    real dp[N][A];
} errors;

/* The gradient for the loss do . o. */
static errors gradients_of(const asked *z, const real do_[E],
                           const real keys[N][C])
{
    errors d;
    memset(&d, 0, sizeof d);
    additive_backward(N, D, A, E, d.dW, d.dg, d.dq[0], d.dp, d.dv, do_, z->w,
                      z->t, W, g, q[0], v);
    additive_keys_backward(N, C, A, d.dU, d.db, d.dk, d.dp, U, keys);
    return d;
}

static void to_the_scores(show *s, const asked *z, const errors *d,
                          const real do_[E])
{
    real dw[N] = {0}, ds[N] = {0}, dz[N][A];
    show_note(s, "The loss is L = o_1, so that dL/do = (1, 0, 0).");
    show_equation(s, "12.7", "dv_n = w_n do");
    show_matrix(s, "dv", N, E, d->dv);
    for (int n = 0; n < N; n++)
        for (int e = 0; e < E; e++)
            dw[n] += v[n][e] * do_[e];
    softmax_backward(N, ds, dw, z->w);
    for (int n = 0; n < N; n++)
        for (int a = 0; a < A; a++)
            dz[n][a] = ds[n] * g[a] * (1 - z->t[n][a] * z->t[n][a]);
    show_equation(s, "12.8", "dw_n = v_n . do");
    show_vector(s, "dw", N, dw);
    show_equation(s, "12.9", "ds_n = w_n (dw_n - sum_l w_l dw_l)");
    show_vector(s, "ds", N, ds);
    show_equation(s, "12.10", "dz_na = ds_n g_a (1 - t_na^2)");
    show_matrix(s, "dz", N, A, dz);
    show_equation(s, "12.11", "dg_a = sum_n ds_n t_na");
    show_vector(s, "dg", A, d->dg);
    show_equation(s, "12.12", "dp_n = dz_n");
    show_matrix(s, "dp", N, A, d->dp);
    show_equation(s, "12.13", "dr = sum_n dz_n");
    show_vector(s, "dr", A,
                (real[]){dz[0][0] + dz[1][0], dz[0][1] + dz[1][1],
                         dz[0][2] + dz[1][2]});
}

static void to_the_inputs(show *s, const asked *z, const errors *d)
{
    real by_q[E][D] = {{0}}, by_k2[E][C] = {{0}};
    show_equation(s, "12.14", "dW = dr q'");
    show_matrix(s, "dW", A, D, d->dW);
    show_equation(s, "12.15", "dq = W' dr");
    show_vector(s, "dq", D, d->dq[0]);
    show_equation(s, "12.16", "dU = sum_n dp_n k_n'");
    show_matrix(s, "dU", A, C, d->dU);
    show_equation(s, "12.17", "db = sum_n dp_n");
    show_vector(s, "db", A, d->db);
    show_equation(s, "12.18", "dk_n = U' dp_n");
    show_matrix(s, "dk", N, C, d->dk);
    show_no_equation(s);
    show_note(s, "All outputs at once, in closed form:");
    for (int e = 0; e < E; e++)
        for (int a = 0; a < A; a++) {
            real slope[N];
            for (int n = 0; n < N; n++)
                slope[n] = z->w[n] * (v[n][e] - z->o[e]) * g[a] *
                           (1 - z->t[n][a] * z->t[n][a]);
            for (int i = 0; i < D; i++)
                by_q[e][i] += (slope[0] + slope[1]) * W[a][i];     /* (12.19) */
            for (int i = 0; i < C; i++)
                by_k2[e][i] += slope[1] * U[a][i];                 /* (12.20) */
        }
    show_equation(s, "12.19",
                  "do_e/dq = sum_n w_n (v_ne - o_e) W' (g (1 - t_n^2))");
    show_matrix(s, "do/dq", E, D, by_q);
    show_equation(s, "12.20",
                  "do_e/dk_n = w_n (v_ne - o_e) U' (g (1 - t_n^2))");
    show_matrix(s, "do/dk_2", E, C, by_k2);
}

/* ---- beside the dot product ---------------------------------------------- */

static double length(int n, const real x[n])
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += re(x[i]) * re(x[i]);
    return sqrt(sum);
}

/* Weights and gradient of one way of attention; dq for L = o_1. */
static void dot(double row[4], double scale, const real keys[N][C])
{
    real o[1][E], w[1][N], dq[1][D] = {{0}}, dk[N][D] = {{0}}, dv[N][E] = {{0}};
    const real do_[1][E] = {{1, 0, 0}};
    attention_forward(1, N, D, E, o, w, scale, q, keys, v);
    attention_backward(1, N, D, E, dq, dk, dv, do_, w, scale, q, keys, v);
    row[0] = re(w[0][0]);
    row[1] = re(w[0][1]);
    row[2] = re(o[0][0]);
    row[3] = length(D, dq[0]);
}

static void additive(double row[4], const real keys[N][C])
{
    const real do_[E] = {1, 0, 0};
    asked z = ask(keys);
    errors d = gradients_of(&z, do_, keys);
    row[0] = re(z.w[0]);
    row[1] = re(z.w[1]);
    row[2] = re(z.o[0]);
    row[3] = length(D, d.dq[0]);
}

static void beside_the_dot_product(show *s)
{
    static const char *const cols[] = {"w_1", "w_2", "o_1", "|dq|"};
    static const char *const rows[] = {"dot product", "scaled", "additive"};
    static const char *const sizes[] = {"keys x", "dot w_2", "dot |dq|",
                                        "add. w_2", "add. |dq|"};
    static const double factor[] = {0.1, 1, 3, 10, 30, 100};
    enum { FACTORS = sizeof factor / sizeof *factor };
    double x[3][4], y[FACTORS][5], width = D, scale = 1 / sqrt(width);
    show_section(s, "Beside the dot product");
    show_note(s, "The same query, keys and values, three scores. |dq| is the "
                 "length of the gradient of o_1 by the query.");
    dot(x[0], 1, k);
    dot(x[1], scale, k);
    additive(x[2], k);
    show_table(s, "three scores", 3, 4, rows, cols, x);
    show_note(s, "The keys multiplied by a factor. The dot product follows "
                 "them; the additive score stays below sum_a |g_a|.");
    for (int f = 0; f < FACTORS; f++) {
        real keys[N][C];
        double row[2][4];
        for (int n = 0; n < N; n++)
            for (int c = 0; c < C; c++)
                keys[n][c] = (real)factor[f] * k[n][c];
        dot(row[0], 1, keys);
        additive(row[1], keys);
        y[f][0] = factor[f];
        for (int i = 0; i < 2; i++) {
            y[f][1 + 2 * i] = row[i][1];
            y[f][2 + 2 * i] = row[i][3];
        }
    }
    show_table(s, "larger keys", FACTORS, 5, NULL, sizes, y);
}

/* ---- the translator ------------------------------------------------------ */

enum { SYMBOLS = 4 };

static void translate(show *s, const translator *w, const sentence *said,
                      translation *z)
{
    real alignment[SYMBOLS][SYMBOLS];
    real loss = translator_forward(z, true, w, said);
    show_equation(s, "12.21", "f_n = GRU(x_n, f_{n-1}), to the right, left");
    show_value(s, "|f_1|, to the right", (real)length(READER, z->f[RIGHT][1]),
               NULL);
    show_value(s, "|f_1|, to the left", (real)length(READER, z->f[LEFT][1]),
               NULL);
    show_equation(s, "12.22", "h_n = (f_n right, f_n left)");
    show_value(s, "|h_1|", (real)length(UNITS, z->h[0]), NULL);
    show_equation(s, "12.23", "s_0 = (last f right, last f left)");
    show_value(s, "|s_0|", (real)length(UNITS, z->s[0]), NULL);
    for (int i = 0; i < SYMBOLS; i++)
        memcpy(alignment[i], z->w[i], sizeof alignment[i]);
    show_equation(s, "12.24",
                  "o_i = attention(query s_{i-1}, keys h, values h)");
    show_matrix(s, "w, a row a step", SYMBOLS, SYMBOLS, alignment);
    show_equation(s, "12.25", "s_i = GRU((y_{i-1}, o_i), s_{i-1})");
    show_value(s, "|s_1|", (real)length(UNITS, z->s[1]), NULL);
    show_equation(s, "12.26", "logits_i = R (s_i, o_i) + c");
    show_vector(s, "logits_1", VOCABULARY, z->logits[0]);
    show_equation(s, "12.27", "L = mean over i of -ln p_i(target_i)");
    show_value(s, "L", loss, NULL);
}

static void translate_back(show *s, const translator *w, const sentence *said,
                           const translation *z)
{
    static translator dw;
    static translator_errors e;
    real dx[MOST_LENGTH][VOCABULARY] = {{0}}, dy[MOST_LENGTH][VOCABULARY];
    memset(&dw, 0, sizeof dw);
    memset(dy, 0, sizeof dy);
    translator_backward(&dw, dx, dy, &e, z, true, w, said);
    show_note(s, "Backward; lengths of the gradients, where no value is "
                 "shown:");
    show_equation(s, "12.28", "ds_i += R_s' dlogits_i");
    show_value(s, "|ds_4|", (real)length(UNITS, e.ds[SYMBOLS]), NULL);
    show_equation(s, "12.29", "ds_{i-1}, dy, do_i: back through the GRU");
    show_value(s, "|dy_3|", (real)length(VOCABULARY, dy[SYMBOLS - 1]), NULL);
    show_equation(s, "12.30", "do_i = (what the GRU says) + R_o' dlogits_i");
    show_value(s, "|do_4|", (real)length(UNITS, e.do_[SYMBOLS - 1]), NULL);
    show_equation(s, "12.31", "back through the attention, into ds_{i-1}");
    show_value(s, "|ds_3|", (real)length(UNITS, e.ds[SYMBOLS - 1]), NULL);
    show_value(s, "|dg|", (real)length(ALIGN, dw.g), NULL);
    show_equation(s, "12.32", "back through the projected keys, into dh");
    show_value(s, "|dp_1|", (real)length(ALIGN, e.dp[0]), NULL);
    show_value(s, "|dh_1|", (real)length(UNITS, e.dh[0]), NULL);
    show_equation(s, "12.33",
                  "df: its half of dh_n, at the end its half of ds_0");
    show_value(s, "|ds_0|", (real)length(UNITS, e.ds[0]), NULL);
    show_equation(s, "12.34", "back through both readers, into dx");
    show_vector(s, "dx_1", VOCABULARY, dx[0]);
}

static void the_translator(program *p)
{
    static translation z;
    translator w;
    sentence said;
    show *s = &p->show;
    rng weights = rng_new(p->seed, 1), data = rng_new(p->seed, 2);
    show_section(s, "Encoder and decoder");
    translator_start(&w, &weights);
    sentence_draw(&said, SYMBOLS, &data);
    show_note(s, "A fresh translator of %d weights, a sentence of %d symbols.",
              WITH_ATTENTION, SYMBOLS);
    show_count(s, "weights with attention", WITH_ATTENTION);
    show_count(s, "weights without", WITHOUT_ATTENTION);
    translate(s, &w, &said, &z);
    translate_back(s, &w, &said, &z);
}

static void worked_example(program *p)
{
    const real do_[E] = {1, 0, 0};
    asked z = ask(k);
    errors d = gradients_of(&z, do_, k);
    step_by_step(&p->show, &z);
    show_section(&p->show, "The gradients of one output");
    to_the_scores(&p->show, &z, &d, do_);
    to_the_inputs(&p->show, &z, &d);
    beside_the_dot_product(&p->show);
    the_translator(p);
}

static void experiment(program *p)
{
    const lesson how = {re(rate), batches[0], longest[0]};
    experiment_backwards(p, &how);
}

static const program_about about = {
    .name = "12_additive_attention",
    .title = "Additive attention: a score with weights of its own",
    .seeds = 3,
    .verification = 5,
    SETTINGS(settings),
    .example = worked_example,
    .verify = verify_additive,
    .experiment = experiment,
};

int main(int argc, char **argv)
{
    return program_run(&about, argc, argv);
}
