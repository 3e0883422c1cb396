/* SPDX-License-Identifier: MIT */
// Chapter 6: feedback. Build this program alone, from the root, with
// cc -std=gnu17 -O2 -ffp-contract=off -I. chapters/06_feedback/*.c chapters/02_activations/activations.c chapters/04_backprop/linear.c chapters/05_optimizers/optimizers.c lib/*.c lib/check/*.c -lm -o 06_feedback
/* Letters: T steps of time, K passes; D inputs, H hidden units, M outputs; N
 * units of Hopfield's network. */
#include <string.h>

#include "chapters/02_activations/activations.h"
#include "chapters/04_backprop/linear.h"
#include "chapters/06_feedback/back_edges.h"
#include "chapters/06_feedback/checks.h"
#include "chapters/06_feedback/drawings.h"
#include "chapters/06_feedback/experiments.h"
#include "chapters/06_feedback/hopfield.h"
#include "chapters/06_feedback/loop_net.h"
#include "chapters/06_feedback/simple_net.h"
#include "chapters/06_feedback/unit.h"
#include "lib/program.h"

enum { D = 2, H = 2, M = 1, T = 3 }; /* the simple recurrent network */
enum { LD = 2, LH = 10, LM = 2, LN = ARTICLE_SIZE }; /* article's layers */

/* ---- what a learner would change ----------------------------------------- */

static real w_unit[3] = {0.5, 2, -1.5}, x_unit[3] = {1, 0.1, 1};
static real w_noise[2] = {0.9, 0.5};
static real W[H][D] = {{0.5, -0.25}, {0.3, 0.1}}, b[H] = {0.1, -0.2};
static real B[H][M] = {{0.2}, {-0.3}}, U[H][H] = {{0.2, -0.3}, {0.4, 0.1}};
static real V[M][H] = {{0.7, -0.4}}, c[M] = {0.05};
static real x[D] = {1, 2}, target = 1;
static real gain = 1, w_fixed = 0.5, b_fixed = 0.4;
static real xi[4] = {1, -1, 1, -1};
static int xor_passes = 200, capacity_units = 500;

static const setting settings[] = {
    {"w_unit",
     "K",
     "weights of the loop of one unit",
     1,
     {3},
     w_unit,
     NULL,
     -9,
     9},
    {"x_unit", "K", "where it starts", 1, {3}, x_unit, NULL, -9, 9},
    {"w_noise",
     "K",
     "weights of the loop with noise",
     1,
     {2},
     w_noise,
     NULL,
     -0.999,
     0.999},
    SETTING("W", "H,D", "Jordan and Elman: from the input", W, 2, H, D),
    SETTING("b", "H", "bias of the state", b, 1, H),
    SETTING("B", "H,M", "Jordan: from the output", B, 2, H, M),
    SETTING("U", "H,H", "Elman: from the state", U, 2, H, H),
    SETTING("V", "M,H", "to the output", V, 2, M, H),
    SETTING("c", "M", "bias of the output", c, 1, M),
    SETTING("x", "D", "input, of the article's layers too", x, 1, D),
    SETTING_RANGE("target", "what the output should be", &target, -9, 9),
    SETTING_RANGE("gain", "factor of W3, the loop of the article's layers",
                  &gain, -30, 40),
    SETTING_RANGE("w_fixed", "weight of the unit with a fixed point", &w_fixed,
                  -0.999, 0.999),
    SETTING_RANGE("b_fixed", "its bias", &b_fixed, -9, 9),
    {"xi", "N", "the pattern that is stored", 1, {4}, xi, NULL, -1, 1},
    SETTING_WHOLE("passes", "", "Elman's XOR: passes over the bits",
                  &xor_passes, 1, 1, 10000),
    SETTING_WHOLE("units", "", "capacity: units", &capacity_units, 1, 50, 4000),
};

/* ---- 6.1 counting -------------------------------------------------------- */

static void count_drawings(show *s, const char *title, int n,
                           const drawing list[n])
{
    static const char *const cols[] = {"nodes", "arrows", "sorted", "back"};
    const char *rows[n];
    double table[n][4];
    for (int i = 0; i < n; i++) {
        arrows a = arrows_read(list[i].pairs);
        const double row[] = {a.nodes, a.edges, sorted_nodes(&a),
                              back_edges(&a)};
        memcpy(table[i], row, sizeof row);
        rows[i] = list[i].name;
    }
    show_table(s, title, n, 4, rows, cols, table);
}

static void show_counts(show *s)
{
    show_section(s, "What feedback is, counted");
    show_note(s,
              "Each network as a drawing. back: arrows that lead back, found "
              "by depth-first search. sorted: nodes that can be put in a row "
              "so that every arrow leads forward; all of them, where nothing "
              "leads back.");
    count_drawings(s, "what the articles call feedback", DRAWN_IN_ARTICLES,
                   drawn_in_articles);
    count_drawings(s, "networks with a loop", DRAWN_HERE, drawn_here);
}

/* ---- 6.2 parity ---------------------------------------------------------- */

enum { BITS = 12 };

static void show_parity(show *s)
{
    static const char *const units[] = {"s", "bit", "one", "two"};
    static const char *const states[] = {"s", "bit", "next s"};
    double one[4][4], next[4][3];
    long wrong = 0;
    show_section(s, "Two units that remember: parity");
    for (int k = 0; k < 4; k++) {
        int state = k / 2, bit = k % 2;
        const double first[] = {state, bit, bit + state > 0, bit + state > 1};
        const double second[] = {state, bit, parity_step(state, bit)};
        memcpy(one[k], first, sizeof first);
        memcpy(next[k], second, sizeof second);
    }
    show_equation(s, "6.1", "one = [bit + s > 1/2],  two = [bit + s > 3/2]");
    show_table(s, "what the units say", 4, 4, NULL, units, one);
    show_equation(s, "6.2", "s <- one - two");
    show_table(s, "the next state", 4, 3, NULL, states, next);
    for (int number = 0; number < 1 << BITS; number++) {
        int bit[BITS], odd = 0;
        for (int k = 0; k < BITS; k++) {
            bit[k] = number >> k & 1;
            odd ^= bit[k];
        }
        wrong += parity_of(BITS, bit) != odd;
    }
    show_no_equation(s);
    show_count(s, "strings of 12 bits", 1 << BITS);
    show_count(s, "of these wrong", wrong);
}

/* ---- 6.3 and 6.4 one unit ------------------------------------------------ */

static void show_unit(show *s)
{
    real first[5];
    show_section(s, "One unit in a loop");
    show_note(s, "No input and no bias: x <- tanh(w x). Three weights, and "
                 "where each begins:");
    show_vector(s, "x_0", 3, x_unit);
    show_equation(s, "6.3", "x <- tanh(w x + b)");
    show_value(s, "w", w_unit[0], NULL);
    for (int k = 0; k < 5; k++)
        first[k] = unit_run(k + 1, w_unit[0], 0, x_unit[0]);
    show_vector(s, "x_1 to x_5", 5, first);
    real far = unit_run(400, w_unit[1], 0, x_unit[1]);
    real near = unit_run(4000, w_unit[2], 0, x_unit[2]);
    show_value(s, "w (second)", w_unit[1], NULL);
    show_value(s, "x_400", far, NULL);
    show_value(s, "w (third)", w_unit[2], NULL);
    show_value(s, "|x_4000|", real_abs(near), NULL);
    show_value(s, "x_4000 + x_4001", near + unit_step(w_unit[2], 0, near),
               NULL);
    show_equation(s, "6.4", "slope = w (1 - x^2)");
    show_value(s, "slope at 0", unit_slope(w_unit[0], 0), "%g*(1 - 0)",
               re(w_unit[0]));
    show_value(s, "slope at x_400", unit_slope(w_unit[1], far),
               "%g*(1 - (%.6f)^2)", re(w_unit[1]), re(far));
    show_value(s, "slope at x_4000", unit_slope(w_unit[2], near),
               "%g*(1 - (%.6f)^2)", re(w_unit[2]), re(real_abs(near)));
}

static void show_noise(show *s)
{
    static const char *const cols[] = {"K", "first w", "second w"};
    static const int passes[] = {1, 2, 3, 5, 10, 50};
    double table[6][3], v = re(w_noise[0]), u = re(w_noise[1]);
    show_section(s, "Noise in a loop");
    show_note(s, "Fresh noise of variance 1 enters in every pass. The variance "
                 "of x after K passes, and in the long run:");
    show_equation(s, "6.5", "x_{t+1} = w x_t + n_t");
    show_value(s, "w (first)", (real)v, NULL);
    show_value(s, "w (second)", (real)u, NULL);
    show_equation(s, "6.6", "Var x_K = 1 + w^2 + w^4 + ... + w^(2K-2)");
    for (int k = 0; k < 6; k++) {
        table[k][0] = passes[k];
        table[k][1] = noise_gain_after(passes[k], v);
        table[k][2] = noise_gain_after(passes[k], u);
    }
    show_table(s, "variance after K passes", 6, 3, NULL, cols, table);
    show_equation(s, "6.7", "Var x = 1 / (1 - w^2)");
    show_value(s, "gain (first)", (real)noise_gain(v), "1/(1 - (%g)^2)", v);
    show_value(s, "gain (second)", (real)noise_gain(u), "1/(1 - (%g)^2)", u);
}

/* ---- 6.5 Jordan and Elman ------------------------------------------------ */

/* The example as a job; e is set from the outputs, eq. 6.11. */
static void simple_example(simple_job *a, int elman)
{
    memset(a, 0, sizeof *a);
    a->T = T;
    a->n = simple_view(D, H, M, a->w);
    a->d = simple_view(D, H, M, a->dw);
    memcpy(a->n.W, W, sizeof W);
    memcpy(a->n.b, b, sizeof b);
    memcpy(a->n.V, V, sizeof V);
    memcpy(a->n.c, c, sizeof c);
    if (elman)
        memcpy(a->n.U, U, sizeof U);
    else
        memcpy(a->n.B, B, sizeof B);
    for (int t = 0; t < T; t++)
        memcpy(a->x + t * D, x, sizeof x);
    simple_forward(T, &a->n, (real(*)[H])a->h, (real(*)[M])a->y,
                   (real(*)[D])a->x);
    for (int t = 0; t < T; t++)
        a->e[t] = a->y[t + 1] - target;                             /* (6.11) */
}

static void show_simple_parameters(show *s)
{
    show_matrix(s, "W", H, D, W);
    show_vector(s, "b", H, b);
    show_matrix(s, "B (Jordan)", H, M, B);
    show_matrix(s, "U (Elman)", H, H, U);
    show_matrix(s, "V", M, H, V);
    show_vector(s, "c", M, c);
    show_vector(s, "x", D, x);
    show_value(s, "target", target, NULL);
}

static void show_jordan_forward(show *s, const simple_job *a)
{
    const real *h1 = a->h + H;
    real z[H];
    show_note(s, "Jordan: the same input at every step, y_0 = 0, U = 0.");
    for (int i = 0; i < H; i++)
        z[i] = b[i] + W[i][0] * x[0] + W[i][1] * x[1];
    show_equation(s, "6.8", "z_t = W x_t + U h_{t-1} + B y_{t-1} + b");
    show_vector(s, "z_1", H, z);
    show_equation(s, "6.9", "h_t = sigmoid(z_t)");
    show_vector(s, "h_1", H, h1);
    show_equation(s, "6.10", "y_t = sigmoid(V h_t + c)");
    show_value(s, "y_1", a->y[1], "sigmoid(%g*%.6f + %g*%.6f + %g)",
               re(V[0][0]), re(h1[0]), re(V[0][1]), re(h1[1]), re(c[0]));
    show_value(s, "y_2", a->y[2], NULL);
    show_value(s, "y_3", a->y[3], NULL);
}

static void show_jordan_backward(show *s, simple_job *a)
{
    real dz[H] = {0}, dy[T], dr[T], dh[T][H], deltas[T][H];
    for (int t = T - 1; t >= 0; t--) {
        real y = a->y[t + 1];
        dy[t] = a->e[t] + B[0][0] * dz[0] + B[1][0] * dz[1];
        dr[t] = dy[t] * y * (1 - y);
        for (int i = 0; i < H; i++) {
            real h = a->h[(t + 1) * H + i];
            dh[t][i] = V[0][i] * dr[t];
            deltas[t][i] = dz[i] = dh[t][i] * h * (1 - h);
        }
    }
    simple_gradients(a);
    show_note(s, "Backward, for L = 1/2 sum_t (y_t - target)^2. Of the vectors "
                 "over time, the first entry is step 1.");
    show_equation(s, "6.11", "e_t = y_t - target");
    show_vector(s, "e", T, a->e);
    show_equation(s, "6.12", "dy_t = e_t + B^T dz_{t+1}");
    show_vector(s, "dy", T, dy);
    show_equation(s, "6.13", "dr_t = dy_t y_t (1 - y_t)");
    show_vector(s, "dr", T, dr);
    show_equation(s, "6.14", "dh_t = V^T dr_t + U^T dz_{t+1}");
    show_matrix(s, "dh", T, H, dh);
    show_equation(s, "6.15", "dz_t = dh_t h_t (1 - h_t)");
    show_matrix(s, "dz", T, H, deltas);
}

static void show_simple_gradients(show *s, simple_job *a)
{
    const simple_net *d = &a->d;
    show_equation(s, "6.16", "dW = sum_t dz_t x_t^T");
    show_matrix(s, "dW", H, D, (real(*)[D])d->W);
    show_equation(s, "6.17", "dU = sum_t dz_t h_{t-1}^T");
    show_matrix(s, "dU", H, H, (real(*)[H])d->U);
    show_equation(s, "6.18", "dB = sum_t dz_t y_{t-1}^T");
    show_matrix(s, "dB", H, M, (real(*)[M])d->B);
    show_equation(s, "6.19", "db = sum_t dz_t");
    show_vector(s, "db", H, d->b);
    show_equation(s, "6.20", "dV = sum_t dr_t h_t^T");
    show_vector(s, "dV", H, d->V);
    show_equation(s, "6.21", "dc = sum_t dr_t");
    show_vector(s, "dc", M, d->c);
    show_equation(s, "6.22", "dx_t = W^T dz_t");
    show_matrix(s, "dx", T, D, (real(*)[D])a->dx);
    show_equation(s, "6.23", "dh_0 = U^T dz_1");
    show_vector(s, "dh_0", H, a->dh0);
    show_equation(s, "6.24", "dy_0 = B^T dz_1");
    show_vector(s, "dy_0", M, a->dy0);
}

static void show_simple(show *s)
{
    simple_job a;
    show_section(s, "From the output (Jordan), from the state (Elman)");
    show_simple_parameters(s);
    simple_example(&a, 0);
    show_jordan_forward(s, &a);
    show_jordan_backward(s, &a);
    show_simple_gradients(s, &a);
    show_note(s, "Elman: the same numbers, but U in place of B, and h_0 = 0.");
    simple_example(&a, 1);
    show_no_equation(s);
    show_matrix(s, "h_1 to h_3 (Elman)", T, H, (real(*)[H])(a.h + H));
    show_vector(s, "y_1 to y_3 (Elman)", T, a.y + 1);
}

/* ---- 6.6 and 6.7 the article's layers with a loop ------------------------ */

/* The article's forward pass: three layers, and out. */
static void as_printed(const loop_net *n, real o[LD])
{
    real z[LH], h[LH], r[LM], y[LM];
    linear_forward(LH, LD, z, (real(*)[LD])n->W1, n->b1, x);
    tanh_forward(LH, h, z);
    linear_forward(LM, LH, r, (real(*)[LH])n->W2, n->b2, h);
    tanh_forward(LM, y, r);
    linear_forward(LD, LM, o, (real(*)[LM])n->W3, n->b3, y);
}

static void show_loop_forward(show *s)
{
    static const int shown[] = {1, 2, 3, 5, 10, 50, 400};
    static const char *const cols[] = {"K", "y[0]", "y[1]", "change"};
    real w[LN], sk[LD], h[LH], y[LM] = {0}, o[LD], s1[LD], h1[LH];
    double table[7][4];
    const loop_net n = article_layers(w, gain);
    show_section(s, "The article's layers with a real loop");
    for (int row = 0, k = 0; row < 7; row++) {
        double change = loop_net_settle(shown[row] - k, &n, sk, h, y, x);
        k = shown[row];
        if (row == 0) {
            memcpy(s1, sk, sizeof s1);
            memcpy(h1, h, sizeof h1);
        }
        const double line[] = {k, re(y[0]), re(y[1]),
                               change < 1e-12 ? 0 : change};
        memcpy(table[row], line, sizeof line);
    }
    as_printed(&n, o);
    show_vector(s, "x", LD, x);
    show_note(s,
              "As printed: o = W3 tanh(W2 tanh(W1 x + b1) + b2) + b3, and that "
              "is the output.");
    show_vector(s, "o (as printed)", LD, o);
    show_note(
        s,
        "With a loop, W3 y + b3 is added to the input of the next pass. y_0 = "
        "0; change is the largest change of y in pass K (0: less than 1e-12).");
    show_equation(s, "6.25", "s_k = x + W3 y_{k-1} + b3");
    show_vector(s, "s_1", LD, s1);
    show_equation(s, "6.26", "h_k = tanh(W1 s_k + b1)");
    show_vector(s, "h_1", LH, h1);
    show_equation(s, "6.27", "y_k = tanh(W2 h_k + b2)");
    show_table(s, "y after K passes", 7, 4, NULL, cols, table);
    show_vector(s, "y_400", LM, y);
    show_equation(s, "6.28", "multiplications = K (HD + MH + DM)");
    show_count(s, "parameters", loop_net_size(LD, LH, LM));
    show_count(s, "K 1", loop_net_cost(1, LD, LH, LM));
    show_count(s, "K 10", loop_net_cost(10, LD, LH, LM));
}

/* One pass backward, step by step; g is dL/dy_k, then dL/dy_{k-1}. */
static void show_pass_backward(show *s, const loop_net *n, real g[LM],
                               const real h[LH], const real y[LM])
{
    real dr[LM], dz[LH], ds[LD];
    for (int m = 0; m < LM; m++)
        dr[m] = g[m] * (1 - y[m] * y[m]);
    for (int i = 0; i < LH; i++) {
        real dh = 0;
        for (int m = 0; m < LM; m++)
            dh += n->W2[m * LH + i] * dr[m];
        dz[i] = dh * (1 - h[i] * h[i]);
    }
    show_equation(s, "6.29", "dr_k = dy_k (1 - y_k^2)");
    show_vector(s, "dr", LM, dr);
    show_equation(s, "6.31", "dz_k = dh_k (1 - h_k^2)");
    show_vector(s, "dz", LH, dz);
    for (int i = 0; i < LD; i++) {
        ds[i] = 0;
        for (int j = 0; j < LH; j++)
            ds[i] += n->W1[j * LD + i] * dz[j];
    }
    show_equation(s, "6.32", "ds_k = W1^T dz_k,  dW1 += dz_k s_k^T");
    show_vector(s, "ds", LD, ds);
    for (int m = 0; m < LM; m++) {
        g[m] = 0;
        for (int i = 0; i < LD; i++)
            g[m] += n->W3[i * LM + m] * ds[i];
    }
}

static void show_loop_backward(show *s)
{
    enum { K = 3 };
    static const char *const names[] = {"dy_2", "dy_1", "dy_0"};
    real w[LN], dw[LN] = {0}, sk[K][LD], h[K][LH], y[K + 1][LM] = {{0}};
    real dx[LD] = {0}, dy0[LM] = {0}, g[LM] = {1, 0};
    const real dy[LM] = {1, 0};
    const loop_net n = article_layers(w, gain),
                   d = loop_net_view(LD, LH, LM, dw);
    show_section(s, "Backward through the passes");
    show_note(s, "Three passes; the loss is the first output of the last one, "
                 "so dy_3 = (1, 0). Pass 3:");
    loop_net_forward(K, &n, sk, h, y, x);
    loop_net_backward(K, &n, &d, dx, dy0, dy, sk, h, y);
    show_pass_backward(s, &n, g, h[K - 1], y[K]);
    show_equation(s, "6.35", "dy_{k-1} = W3^T ds_k");
    show_vector(s, names[0], LM, g);
    for (int k = K - 1; k >= 1; k--) {
        real before[LM] = {0}, nothing[LN] = {0}, none[LD] = {0};
        const loop_net lost = loop_net_view(LD, LH, LM, nothing);
        loop_net_pass_backward(&n, &lost, none, before, g, sk[k - 1], h[k - 1],
                               y[k], y[k - 1]);
        memcpy(g, before, sizeof g);
        show_vector(s, names[K - k], LM, g);
    }
    show_note(s, "The gradients, summed over the three passes:");
    show_equation(s, "6.30", "dW2 = sum_k dr_k h_k^T,  dh_k = W2^T dr_k");
    show_matrix(s, "dW2", LM, LH, (real(*)[LH])d.W2);
    show_equation(s, "6.33", "dx = sum_k ds_k");
    show_vector(s, "dx", LD, dx);
    show_equation(s, "6.34", "dW3 = sum_k ds_k y_{k-1}^T,  db3 = sum_k ds_k");
    show_matrix(s, "dW3", LD, LM, (real(*)[LM])d.W3);
    show_vector(s, "db3", LD, d.b3);
}

/* ---- 6.8 equilibrium ----------------------------------------------------- */

/* x_K and dx_K/dw, by K passes from 0 and the chain rule along them. */
static void unroll_unit(int K, double row[3])
{
    real state = 0, slope = 0;
    for (int k = 0; k < K; k++) {
        real next = unit_step(w_fixed, b_fixed, state);
        slope = (1 - next * next) * (state + w_fixed * slope);
        state = next;
    }
    row[0] = K;
    row[1] = re(state);
    row[2] = re(slope);
}

static void show_unit_implicit(show *s)
{
    static const char *const cols[] = {"K", "x_K", "dx_K/dw"};
    static const int shown[] = {1, 2, 3, 5, 10, 20};
    real fixed = unit_run(400, w_fixed, b_fixed, 0), dw = 0, db = 0;
    double table[6][3];
    unit_implicit(&dw, &db, 1, w_fixed, fixed);
    show_value(s, "w", w_fixed, NULL);
    show_value(s, "b", b_fixed, NULL);
    show_value(s, "x*", fixed, NULL);
    show_value(s, "slope", unit_slope(w_fixed, fixed), "%g*(1 - (%.6f)^2)",
               re(w_fixed), re(fixed));
    show_equation(s, "6.36", "dx*/dw = (1 - x*^2) x* / (1 - slope)");
    show_value(s, "dx*/dw", dw, NULL);
    show_value(s, "one pass only", (1 - fixed * fixed) * fixed, NULL);
    show_equation(s, "6.37", "dx*/db = (1 - x*^2) / (1 - slope)");
    show_value(s, "dx*/db", db, NULL);
    show_no_equation(s);
    for (int row = 0; row < 6; row++)
        unroll_unit(shown[row], table[row]);
    show_note(s, "The same derivative with K passes from x = 0, each of them "
                 "differentiated:");
    show_table(s, "unrolled", 6, 3, NULL, cols, table);
}

static void show_equilibrium(show *s)
{
    real w[LN], dw[LN] = {0}, sk[LD], h[LH], y[LM] = {0}, J[LM][LM], g[LM];
    real A[LM][LM], dx[LD] = {0};
    const real dy[LM] = {1, 0};
    const loop_net n = article_layers(w, gain),
                   d = loop_net_view(LD, LH, LM, dw);
    show_section(s, "To an equilibrium: the implicit gradient");
    show_note(s, "One unit, x* = tanh(w x* + b):");
    show_unit_implicit(s);
    double change = loop_net_settle(400, &n, sk, h, y, x);
    loop_net_jacobian(&n, J, h, y);
    loop_net_implicit(&n, &d, dx, dy, sk, h, y);
    for (int i = 0; i < LM; i++) {
        g[i] = dy[i];
        for (int j = 0; j < LM; j++)
            A[i][j] = (i == j) - J[j][i];
    }
    solve_linear(LM, g, A);
    show_note(s, "The article's layers with the loop, after 400 passes; again "
                 "the loss is the first output.");
    show_residual(s, "change in the last pass", change);
    show_equation(s, "6.38", "J = diag(1-y^2) W2 diag(1-h^2) W1 W3");
    show_matrix(s, "J", LM, LM, J);
    show_value(s, "largest |eigenvalue|", (real)spectral_radius_2(J), NULL);
    show_equation(s, "6.39", "(I - J^T) g = dy");
    show_vector(s, "g", LM, g);
    show_equation(s, "6.40", "one pass backward, with g for dy");
    show_vector(s, "dx", LD, dx);
    show_matrix(s, "dW3", LD, LM, (real(*)[LM])d.W3);
}

/* ---- 6.9 Hopfield -------------------------------------------------------- */

static void show_one_change(show *s, const real Wh[4][4])
{
    real state[4], f[4];
    memcpy(state, xi, sizeof state);
    state[0] = -state[0];
    show_note(s, "The first unit is flipped:");
    show_vector(s, "s", 4, state);
    show_equation(s, "6.42", "f_i = sum_j W_ij s_j");
    hopfield_field(4, f, Wh, state);
    show_vector(s, "f", 4, f);
    show_equation(s, "6.44", "E = -1/2 sum_ij W_ij s_i s_j");
    real before = hopfield_energy(4, Wh, state);
    show_value(s, "E (flipped)", before, NULL);
    show_equation(s, "6.43", "s_i <- 1 where f_i > 0, -1 where f_i < 0");
    real change = hopfield_decide(f[0], state[0], -1, 1) - state[0];
    state[0] += change;
    show_value(s, "s_1", state[0], "the sign of %g", re(f[0]));
    show_equation(s, "6.45", "E changes by -(change of s_i) f_i");
    real dE = -change * f[0];                                       /* (6.45) */
    show_value(s, "change of E", dE, "-(%g)*%g", re(change), re(f[0]));
    show_residual(s, "|E + change - E of the new state|",
                  re(real_abs(before + dE - hopfield_energy(4, Wh, state))));
}

static void show_hopfield(show *s)
{
    static const char *const ps[] = {"n", "P"};
    static const char *const all[] = {"n", "exp(-NP)"};
    real Wh[4][4] = {{0}}, dW[4][4] = {{0}}, ds[4] = {0};
    double wrong[3][2], right[3][2];
    show_section(s, "Hopfield's network");
    hopfield_store(4, Wh, xi, 0.25);
    show_vector(s, "xi", 4, xi);
    show_equation(s, "6.41", "W = 1/N xi xi^T, zero on the diagonal");
    show_matrix(s, "W", 4, 4, Wh);
    show_no_equation(s);
    show_value(s, "E (xi)", hopfield_energy(4, Wh, xi), NULL);
    show_one_change(s, Wh);
    hopfield_energy_backward(4, dW, ds, 1, Wh, xi);
    show_note(s, "The gradient of the energy, at xi: minus the field, and what "
                 "storing xi changes.");
    show_equation(s, "6.46", "dE/ds_i = -1/2 sum_j (W_ij + W_ji) s_j");
    show_vector(s, "dE/ds", 4, ds);
    show_equation(s, "6.47", "dE/dW_ij = -1/2 s_i s_j");
    show_matrix(s, "dE/dW", 4, 4, dW);
    show_note(s, "Hopfield's estimate for 100 units of 0 and 1:");
    for (int k = 0; k < 3; k++) {
        int n = 5 * (k + 1);
        wrong[k][0] = right[k][0] = n;
        wrong[k][1] = hopfield_bit_error(100, n);
        right[k][1] = hopfield_all_right(100, n);
    }
    show_equation(s, "6.48", "P = 1/2 erfc((N/2) / sqrt(2 (n-1) N/2))");
    show_table(s, "a unit is wrong", 3, 2, NULL, ps, wrong);
    show_equation(s, "6.49", "all right: exp(-N P)");
    show_table(s, "none is wrong", 3, 2, NULL, all, right);
}

/* ---- the run ------------------------------------------------------------- */

static void worked_example(program *p)
{
    show *s = &p->show;
    show_counts(s);
    show_parity(s);
    show_unit(s);
    show_noise(s);
    show_simple(s);
    show_loop_forward(s);
    show_loop_backward(s);
    show_equilibrium(s);
    show_hopfield(s);
}

static void check_examples(program *p)
{
    simple_job a;
    loop_job l;
    real s[LD], h[LH], y[LM] = {0}, J[LM][LM];
    show_note(&p->show, "The worked examples: Jordan, Elman, the article's "
                        "layers with three passes, and at the equilibrium.");
    simple_example(&a, 0);
    check_simple(p, "Jordan, 2-2-1", &a);
    simple_example(&a, 1);
    check_simple(p, "Elman, 2-2-1", &a);
    memset(&l, 0, sizeof l);
    l.n = article_layers(l.w, gain);
    l.d = loop_net_view(LD, LH, LM, l.dw);
    memcpy(l.x, x, sizeof x);
    l.up[0] = 1;
    l.K = 3;
    check_loop(p, "the article's", &l);
    double change = loop_net_settle(4000, &l.n, s, h, y, x);
    loop_net_jacobian(&l.n, J, h, y);
    double radius = spectral_radius_2(J);
    if (!(change < 1e-14) || !(radius < 0.95))
        return; /* a gain with which the loop does not rest, or not soon */
    l.K = 200 + (int)fmax(0, 20 / -log10(radius)); /* to the last digit */
    l.settled = 1;
    check_loop(p, "at rest", &l);
}

static void verify(program *p)
{
    show_section(&p->show, "Verification");
    check_feedback(p);
    check_examples(p);
}

static void experiment(program *p)
{
    bifurcation_experiment(p);
    noise_experiment(p);
    implicit_experiment(p);
    hopfield_experiment(p);
    capacity_experiment(p, capacity_units);
    xor_experiment(p, xor_passes);
}

static const program_about about = {
    .name = "06_feedback",
    .title = "Feedback: loops over time, and loops to an equilibrium",
    .seeds = 10,
    .verification = 10,
    SETTINGS(settings),
    .example = worked_example,
    .verify = verify,
    .experiment = experiment,
};

int main(int argc, char **argv)
{
    return program_run(&about, argc, argv);
}
