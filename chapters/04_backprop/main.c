/* SPDX-License-Identifier: MIT */
// Chapter 4: backpropagation. Build this program alone, from the root, with
// cc -std=gnu17 -O2 -ffp-contract=off -I. chapters/04_backprop/*.c chapters/02_activations/activations.c chapters/03_cross_entropy/cross_entropy.c lib/*.c lib/check/*.c -lm -o 04_backprop
/* Letters: M units, N inputs of a layer; H hidden units; L layers; B cases. */
#include "chapters/02_activations/activations.h"
#include "chapters/04_backprop/checks.h"
#include "chapters/04_backprop/cost.h"
#include "chapters/04_backprop/deep_linear.h"
#include "chapters/04_backprop/digits_experiments.h"
#include "chapters/04_backprop/experiments.h"
#include "chapters/04_backprop/factor.h"
#include "chapters/04_backprop/linear.h"
#include "chapters/04_backprop/network.h"
#include "chapters/04_backprop/skip.h"
#include "lib/program.h"
#include "lib/sample.h"

#include <string.h>

/* ---- what can be set ----------------------------------------------------- */

enum { M = 2, N = 2, H = 2 };

/* one layer */
static real W[M][N] = {{0.1, 0.2}, {0.3, -0.4}}, b[M] = {0.05, -0.05};
static real x[N] = {1, 2}, y[M] = {1, 0};

/* two layers: A and c lead to the hidden units, v and d to the output */
static real A[H][N] = {{0.5, -0.25}, {0.3, 0.1}}, c[H] = {0.1, -0.2};
static real v[1][H] = {{0.7, -0.4}}, d[1] = {0.05}, goal[1] = {1};

/* direct links: the same hidden units, and two more weights */
static real links[1][N] = {{0.6, -0.3}};

/* hidden pixels: three rows, two columns, one factor, one hole */
enum { I = 3, J = 2, K = 1 };
static real U[I][K] = {{1}, {0.5}, {-1}}, V[J][K] = {{0.8}, {-0.6}};
static real offset[J] = {0.2, 0.1},
            X[I][J] = {{1.5, -0.7}, {0.3, 0}, {-1, 0.4}};

/* the experiments */
static real xor_rate = 0.5, mode_rate = 1e-3, digit_rate = 0.5;
static int xor_most[1] = {20000}, epochs[2] = {30, 12};

static const setting settings[] = {
    SETTING("W", "M,N", "weights of one layer", W, 2, M, N),
    SETTING("b", "M", "its biases", b, 1, M),
    SETTING("x", "N", "the input", x, 1, N),
    SETTING("y", "M", "what the layer should give", y, 1, M),
    SETTING("A", "H,N", "two layers: into the hidden units", A, 2, H, N),
    SETTING("c", "H", "their biases", c, 1, H),
    SETTING("v", "H", "from the hidden units to the output", v, 1, H),
    SETTING("d", "", "the output's bias", d, 0, 1),
    SETTING("goal", "", "what the output should be", goal, 0, 1),
    SETTING("links", "N", "direct links to the output", links, 1, N),
    SETTING("U", "I,1", "factors of the rows", U, 2, I, K),
    SETTING("V", "J,1", "factors of the columns", V, 2, J, K),
    SETTING("offset", "J", "offsets of the columns", offset, 1, J),
    SETTING("X", "I,J", "the matrix; X[2][2] is hidden", X, 2, I, J),
    SETTING_RANGE("xor_rate", "XOR: learning rate", &xor_rate, 0, 100),
    SETTING_WHOLE("xor_most", "", "XOR: give up after so many sweeps", xor_most,
                  1, 1, 1000000),
    SETTING_RANGE("mode_rate", "linear network: learning rate", &mode_rate,
                  1e-6, 0.1),
    SETTING_RANGE("digit_rate", "digits: learning rate", &digit_rate, 0, 10),
    SETTING_WHOLE("epochs", "2", "digits: of regression, of the network",
                  epochs, 2, 1, 10000),
};

/* "z_1", "z_2": a name with a number. */
static void numbered(show *s, const char *stem, int k, real value)
{
    char name[16];
    snprintf(name, sizeof name, "%s_%d", stem, k);
    show_value(s, name, value, NULL);
}

/* ---- 4.1, 4.2: one layer ------------------------------------------------- */

static void one_layer_forward(show *s, real a[M])
{
    real z[M];
    show_section(s, "One dense layer: forward");
    linear_forward(M, N, z, W, b, x);
    squash_forward(M, a, SIGMOID, z);
    show_equation(s, "4.1", "z_m = sum_n W_mn x_n + b_m");
    for (int m = 0; m < M; m++)
        show_value(s, m ? "z_2" : "z_1", z[m], "%g*%g + %g*%g + %g",
                   re(W[m][0]), re(x[0]), re(W[m][1]), re(x[1]), re(b[m]));
    show_equation(s, "4.2", "a_m = phi(z_m), here the sigmoid");
    for (int m = 0; m < M; m++)
        show_value(s, m ? "a_2" : "a_1", a[m], "1 / (1 + exp(-(%.6g)))",
                   re(z[m]));
    show_equation(s, "4.3", "L = 1/2 sum_m (a_m - y_m)^2");
    show_value(s, "L", half_square_forward(M, a, y),
               "((%.6f - %g)^2 + (%.6f - %g)^2) / 2", re(a[0]), re(y[0]),
               re(a[1]), re(y[1]));
}

static void one_layer_backward(show *s, const real a[M])
{
    real da[M] = {0}, dy[M] = {0}, dz[M] = {0}, dW[M][N] = {{0}}, db[M] = {0};
    real dx[N] = {0};
    show_section(s, "One dense layer: backward");
    half_square_backward(M, da, dy, 1, a, y);
    squash_backward(M, dz, da, SIGMOID, a);
    linear_backward(M, N, dW, db, dx, dz, W, x);
    show_equation(s, "4.4", "da_m = a_m - y_m");
    for (int m = 0; m < M; m++)
        show_value(s, m ? "da_2" : "da_1", da[m], "%.6f - %g", re(a[m]),
                   re(y[m]));
    show_equation(s, "4.5",
                  "dz_m = da_m phi'(z_m), for the sigmoid da_m a_m (1 - a_m)");
    for (int m = 0; m < M; m++)
        show_value(s, m ? "dz_2" : "dz_1", dz[m], "%.6f*%.6f*(1 - %.6f)",
                   re(da[m]), re(a[m]), re(a[m]));
    show_equation(s, "4.6", "dW_mn = dz_m x_n,  dW = dz x'");
    show_matrix(s, "dW", M, N, dW);
    show_equation(s, "4.7", "db_m = dz_m");
    show_vector(s, "db", M, db);
    show_equation(s, "4.8", "dx_n = sum_m W_mn dz_m,  dx = W' dz");
    for (int n = 0; n < N; n++)
        show_value(s, n ? "dx_2" : "dx_1", dx[n], "%g*%.6f + %g*%.6f",
                   re(W[0][n]), re(dz[0]), re(W[1][n]), re(dz[1]));
}

/* ---- 4.3: two layers, and a sum that is missing -------------------------- */

static void two_layers_backward(show *s, const real h[H], const real out[1])
{
    real da[1] = {0}, dy[1] = {0}, dz[1] = {0}, dv[1][H] = {{0}}, dd[1] = {0};
    real dh[H] = {0}, dzh[H] = {0}, dA[H][N] = {{0}}, dc[H] = {0}, dx[N] = {0};
    half_square_backward(1, da, dy, 1, out, goal);
    squash_backward(1, dz, da, SIGMOID, out);
    linear_backward(1, H, dv, dd, dh, dz, v, h);
    squash_backward(H, dzh, dh, SIGMOID, h);
    linear_backward(H, N, dA, dc, dx, dzh, A, x);
    show_no_equation(s);
    show_note(s, "Backward, last layer first: what a layer hands down, dx of "
                 "(4.8), is da of the layer below.");
    show_equation(s, "4.5", "dz = (y - goal) y (1 - y)");
    show_value(s, "dz", dz[0], "(%.6f - %g)*%.6f*(1 - %.6f)", re(out[0]),
               re(goal[0]), re(out[0]), re(out[0]));
    show_equation(s, "4.6", "dv = dz h'");
    show_vector(s, "dv", H, dv[0]);
    show_equation(s, "4.7", "dd = dz");
    show_value(s, "dd", dd[0], NULL);
    show_equation(s, "4.8", "dh = v' dz");
    show_vector(s, "dh", H, dh);
    show_equation(s, "4.5", "dz_h = dh h (1 - h)");
    show_vector(s, "dz_h", H, dzh);
    show_equation(s, "4.6", "dA = dz_h x'");
    show_matrix(s, "dA", H, N, dA);
    show_equation(s, "4.7", "dc = dz_h");
    show_vector(s, "dc", H, dc);
    show_equation(s, "4.8", "dx = A' dz_h");
    show_vector(s, "dx (two layers)", N, dx);
}

static void two_layers(show *s, real h[H])
{
    real z[H], z_out[1], out[1], literal[H][N];
    show_section(s, "Two layers, and a sum that is missing");
    linear_forward(H, N, z, A, c, x);
    squash_forward(H, h, SIGMOID, z);
    linear_forward(1, H, z_out, v, d, h);
    squash_forward(1, out, SIGMOID, z_out);
    show_equation(s, "4.1", "z_h = A x + c");
    for (int k = 0; k < H; k++)
        show_value(s, k ? "z_h2" : "z_h1", z[k], "%g*%g + (%g)*%g + (%g)",
                   re(A[k][0]), re(x[0]), re(A[k][1]), re(x[1]), re(c[k]));
    show_equation(s, "4.2", "h = sigmoid(z_h),  y = sigmoid(v h + d)");
    numbered(s, "h", 1, h[0]);
    numbered(s, "h", 2, h[1]);
    show_value(s, "y", out[0], "sigmoid(%g*%.6f + (%g)*%.6f + %g)", re(v[0][0]),
               re(h[0]), re(v[0][1]), re(h[1]), re(d[0]));
    show_equation(s, "4.3", "L = 1/2 (y - goal)^2");
    show_value(s, "L (two layers)", half_square_forward(1, out, goal), NULL);
    for (int k = 0; k < H; k++)
        for (int n = 0; n < N; n++)
            literal[k][n] = sigmoid(A[k][n] * x[n] + c[k]);          /* (4.9) */
    show_no_equation(s);
    show_note(s, "The article's formula has no sum: each input would have its "
                 "own hidden values.");
    show_equation(s, "4.9", "h_kn = sigmoid(A_kn x_n + c_k), as printed");
    show_matrix(s, "h (printed)", H, N, literal);
    two_layers_backward(s, h, out);
}

/* ---- 4.4: any number of layers ------------------------------------------- */

enum { DEEP = 2 + 3 + 2 + 1, DEEP_WEIGHTS = 9 + 8 + 3 };

/* A 2-3-2-1 network with tanh, and parameters that are easily written down. */
static network deep_network(real w[DEEP_WEIGHTS])
{
    for (int k = 0; k < DEEP_WEIGHTS; k++)
        w[k] = (real)((k * 5 % 13 - 6) / 5.0);
    return network_new(3, (int[]){2, 3, 2, 1}, TANH, IDENTITY);
}

static void deep_forward(show *s, const network *n, real a[DEEP],
                         const real w[DEEP_WEIGHTS])
{
    network_forward(n, a, w, x);
    show_note(s, "A 2-3-2-1 network, tanh and a linear output; input and goal "
                 "as before.");
    show_equation(s, "4.10", "z_l = W_l a_(l-1) + b_l,  a_0 = x");
    show_matrix(s, "W_1", 3, 2, (const real(*)[2])w);
    show_vector(s, "b_1", 3, w + 6);
    show_matrix(s, "W_2", 2, 3, (const real(*)[3])(w + 9));
    show_vector(s, "b_2", 2, w + 15);
    show_matrix(s, "W_3", 1, 2, (const real(*)[2])(w + 17));
    show_value(s, "b_3", w[19], NULL);
    show_equation(s, "4.11", "a_l = phi_l(z_l)");
    show_vector(s, "a_1", 3, a + 2);
    show_vector(s, "a_2", 2, a + 5);
    show_value(s, "a_3", a[7], NULL);
}

/* One case backward: of one case db_l is dz_l. */
static void deep_backward(show *s, const network *n, const real a[DEEP],
                          const real w[DEEP_WEIGHTS])
{
    real dw[DEEP_WEIGHTS] = {0}, dx[2] = {0}, jacobian[1][2], dy[1] = {0};
    real da[1] = {0};
    half_square_backward(1, da, dy, 1, network_output(n, a), goal);
    network_backward(n, dw, dx, da, a, w);
    network_jacobian(n, jacobian, a, w);
    show_equation(s, "4.12", "dz_l = da_l * phi_l'(z_l), entry by entry");
    show_value(s, "dz_3", dw[network_bias(n, 3)], "%.6f - %g", re(a[7]),
               re(goal[0]));
    show_vector(s, "dz_2", 2, dw + network_bias(n, 2));
    show_vector(s, "dz_1", 3, dw + network_bias(n, 1));
    show_equation(s, "4.13",
                  "dW_l = dz_l a_(l-1)',  db_l = dz_l,  da_(l-1) = W_l' dz_l");
    show_matrix(s, "dW_3", 1, 2, (const real(*)[2])(dw + network_matrix(n, 3)));
    show_matrix(s, "dW_2", 2, 3, (const real(*)[3])(dw + network_matrix(n, 2)));
    show_matrix(s, "dW_1", 3, 2, (const real(*)[2])dw);
    show_equation(s, "4.14", "J = D_L W_L ... D_1 W_1");
    show_matrix(s, "J", 1, 2, jacobian);
    show_equation(s, "4.15", "dx = da_0 = J' da_L");
    show_vector(s, "dx (three layers)", 2, dx);
}

static void deep_cases(show *s, const network *n, real w[DEEP_WEIGHTS])
{
    const real cases[2][2] = {{x[0], x[1]}, {-0.5, 0.3}};
    const real goals[2][1] = {{goal[0]}, {-1}};
    real dw[DEEP_WEIGHTS] = {0}, squares = 0;
    real loss = network_squares(n, 2, dw, 1, w, cases, goals);
    for (int i = 0; i < DEEP_WEIGHTS; i++)
        squares += dw[i] * dw[i];
    show_note(s, "A second case, (-0.5, 0.3) with the goal -1: losses and "
                 "gradients add up.");
    show_equation(s, "4.16", "L = sum_k L_k,  dw = sum_k dw_k");
    show_value(s, "L (two cases)", loss, NULL);
    show_matrix(s, "dW_3 (two cases)", 1, 2,
                (const real(*)[2])(dw + network_matrix(n, 3)));
    show_value(s, "|dw|^2", squares, NULL);
    network_descend(DEEP_WEIGHTS, w, dw, 0.01);
    memset(dw, 0, sizeof dw);
    show_equation(s, "4.17", "w <- w - rate dw");
    show_value(s, "L after a step",
               network_squares(n, 2, dw, 1, w, cases, goals), NULL);
    show_value(s, "L - rate |dw|^2", loss - (real)0.01 * squares,
               "%.6f - 0.01*%.6f", re(loss), re(squares));
}

static void many_layers(show *s)
{
    real w[DEEP_WEIGHTS], a[DEEP];
    network n = deep_network(w);
    show_section(s, "Any number of layers");
    deep_forward(s, &n, a, w);
    deep_backward(s, &n, a, w);
    deep_cases(s, &n, w);
}

/* ---- 4.5: direct links --------------------------------------------------- */

static void direct_links(show *s)
{
    real w[1][N + H], out[1], seen[N + H], dy[1] = {0}, da[1] = {0};
    real dA[H][N] = {{0}}, dc[H] = {0}, dw[1][N + H] = {{0}}, dd[1] = {0};
    real dx[N] = {0}, dz[1] = {0};
    memcpy(w[0], links[0], sizeof links[0]);
    memcpy(w[0] + N, v[0], sizeof v[0]);
    show_section(s, "Direct links");
    skip_forward(N, H, 1, out, seen, SIGMOID, SIGMOID, A, c, w, d, x);
    show_equation(s, "4.18", "y = phi(W s + b),  s = (x, h)");
    show_vector(s, "s", N + H, seen);
    show_vector(s, "W (links first)", N + H, w[0]);
    show_value(s, "y (links)", out[0], NULL);
    half_square_backward(1, da, dy, 1, out, goal);
    squash_backward(1, dz, da, SIGMOID, out);
    skip_backward(N, H, 1, dA, dc, dw, dd, dx, SIGMOID, SIGMOID, da, out, seen,
                  A, w);
    show_equation(s, "4.19", "dx = A' dz_h + (the first N of W' dz)");
    show_value(s, "dz (links)", dz[0], NULL);
    show_vector(s, "dz_h (links)", H, dc);
    for (int n = 0; n < N; n++)
        show_value(s, n ? "dx_2" : "dx_1", dx[n],
                   "%g*%.6f + (%g)*%.6f + (%g)*%.6f", re(A[0][n]), re(dc[0]),
                   re(A[1][n]), re(dc[1]), re(links[0][n]), re(dz[0]));
}

/* ---- 4.6: what the listings are ------------------------------------------ */

static long rounded_up(long cases, long batch)
{
    return (cases + batch - 1) / batch;                             /* (4.21) */
}

/* The mean over two equally likely labels of (y - q)^2. */
static real coin_loss(real q)
{
    return ((0 - q) * (0 - q) + (1 - q) * (1 - q)) / 2;             /* (4.22) */
}

static void listings(show *s)
{
    const int example[] = {3, 5, 2}, wide[] = {3, 128, 128, 2};
    const int text[] = {100, 50, 10}, code[] = {100, 100, 50, 10};
    const int hidden[] = {3, 5}, linked[] = {3 + 5, 2};
    show_section(s, "The articles' networks");
    show_equation(s, "4.20", "P = sum_l (N_l + 1) M_l");
    show_count(s, "3-5-2", network_parameters(2, example));
    show_count(s, "3-5-2 with direct links",
               network_parameters(1, hidden) + network_parameters(1, linked));
    show_count(s, "3-128-128-2", network_parameters(3, wide));
    show_count(s, "100-50-10", network_parameters(2, text));
    show_count(s, "100-100-50-10", network_parameters(3, code));
    show_no_equation(s);
    show_note(s, "100 cases in batches of 10, ten epochs; then an evaluation "
                 "in batches of 32:");
    show_equation(s, "4.21", "steps = cases / batch, rounded up");
    show_count(s, "steps an epoch", rounded_up(100, 10));
    show_count(s, "updates", 10 * rounded_up(100, 10));
    show_count(s, "steps of the evaluation", rounded_up(100, 32));
    show_no_equation(s);
    show_note(s, "Labels that are coin flips: of the four rows (0,0), (0,1), "
                 "(1,0), (1,1) two name one class.");
    show_value(s, "rows with one class", (real)(2 / 4.0), "2 / 4");
    show_equation(s, "4.22", "mean of (y - q)^2 over y = 0, 1");
    show_value(s, "q = 1/2", coin_loss(0.5), "((0 - 0.5)^2 + (1 - 0.5)^2) / 2");
    show_value(s, "q = 0.8", coin_loss(0.8), "((0 - 0.8)^2 + (1 - 0.8)^2) / 2");
}

/* ---- 4.7: weights that are all alike ------------------------------------- */

enum { ALIKE = 2 * 3 + 3 + 3 + 1 };

static double norm(int n, const real u[n])
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += re(u[i]) * re(u[i]);
    return sqrt(sum);
}

/* The largest difference between the weights of two hidden units. */
static double unlike(const real w[ALIKE])
{
    double most = 0;
    for (int h = 0; h < 3; h++)
        for (int n = 0; n < 2; n++)
            most = fmax(most, re(real_abs(w[2 * h + n] - w[n])));
    return most;
}

/* One row of the table: norms at the first step, and the units after 1000. */
static void alike_row(double row[6], squash phi, double start)
{
    /* W_1, b_1, W_2, b_2 in w */
    static const int at[] = {0, 6, 9, 12}, size[] = {6, 3, 3, 1};
    const real in[2][2] = {{1, 2}, {-0.5, 0.3}}, out[2][1] = {{0.9}, {0.3}};
    network n = network_new(2, (int[]){2, 3, 1}, phi, SIGMOID);
    real w[ALIKE], dw[ALIKE];
    for (int i = 0; i < ALIKE; i++)
        w[i] = (real)start;
    for (int step = 0; step < 1000; step++) {
        memset(dw, 0, sizeof dw);
        network_squares(&n, 2, dw, 1, w, in, out);
        if (step == 0)
            for (int part = 0; part < 4; part++)
                row[part] = norm(size[part], dw + at[part]);
        network_descend(ALIKE, w, dw, 0.5);
    }
    row[4] = norm(6, w);
    row[5] = unlike(w);
}

static void all_alike(show *s)
{
    static const char *const rows[] = {"0, sigmoid", "0, tanh", "0, ReLU",
                                       "0.5, sigmoid", "0.5, tanh"};
    static const char *const cols[] = {"dW_1", "db_1",      "dW_2",
                                       "db_2", "W_1 after", "unlike"};
    static const squash phi[] = {SIGMOID, TANH, RELU, SIGMOID, TANH};
    static const double start[] = {0, 0, 0, 0.5, 0.5};
    double table[5][6];
    show_section(s, "Weights that are all alike");
    show_note(s, "A 2-3-1 network, two cases; all parameters start at one "
                 "number. Norms of the gradients at the first step; the norm "
                 "of W_1 after 1000 steps of rate 0.5, and how much the three "
                 "hidden units then differ.");
    for (int k = 0; k < 5; k++)
        alike_row(table[k], phi[k], start[k]);
    show_table(s, "all parameters alike", 5, 6, rows, cols, table);
}

/* ---- 4.8: how large weights should be ------------------------------------ */

/* The factor of the mean square on the way up a layer, and on the way down. */
static double factor_up(int inputs, double variance)
{
    return inputs * variance;                                       /* (4.23) */
}

static double factor_down(int units, double variance)
{
    return units * variance;                                        /* (4.24) */
}

static void starting_sizes(show *s)
{
    enum { UNITS = 50, INPUTS = 100 };
    static const char *const rows[] = {"1/sqrt(N)", "Glorot", "He"};
    static const char *const cols[] = {"limit", "Var(W)", "up", "down"};
    double usual = 1 / sqrt((double)INPUTS);                        /* (4.25) */
    double size = INPUTS + UNITS;
    const double variance[] = {usual * usual / 3, 2 / size, 2.0 / INPUTS};
    double table[3][4];
    show_section(s, "How large weights should be at the start");
    show_note(s,
              "A layer of %d units over %d inputs. The limit of a uniform "
              "distribution in +-limit; the factor of the mean square on the "
              "way up, N Var(W), and on the way down, M Var(W):",
              UNITS, INPUTS);
    for (int k = 0; k < 3; k++) {
        table[k][0] = network_limit(variance[k]);
        table[k][1] = variance[k];
        table[k][2] = factor_up(INPUTS, variance[k]);
        table[k][3] = factor_down(UNITS, variance[k]);
    }
    show_table(s, "starting sizes", 3, 4, rows, cols, table);
    show_equation(s, "4.23", "mean of z^2 = N Var(W) (mean of a^2)");
    show_value(s, "up, 1/sqrt(N)", (real)table[0][2], NULL);
    show_equation(s, "4.24", "mean of da^2 = M Var(W) (mean of dz^2)");
    show_value(s, "down, 1/sqrt(N)", (real)table[0][3], NULL);
    show_equation(s, "4.25", "limit 1/sqrt(N): N Var(W) = 1/3");
    show_value(s, "limit", (real)usual, "1 / sqrt(%d)", INPUTS);
    show_equation(s, "4.26", "limit^2 = 3 Var(W)");
    show_value(s, "Var(W), 1/sqrt(N)", (real)variance[0], "%g^2 / 3", usual);
    show_equation(s, "4.27", "Glorot: limit^2 = 6 / (N + M)");
    show_value(s, "limit, Glorot", (real)table[1][0], "sqrt(6 / %g)", size);
    show_equation(s, "4.28", "He: Var(W) = 2 / N");
    show_value(s, "Var(W), He", (real)variance[2], "2 / %d", INPUTS);
}

/* ---- 4.9: what a gradient costs ------------------------------------------ */

typedef struct priced {
    network n;
    cost count;  /* without dx */
    double with; /* (forward + backward) / forward, with dx */
} priced;

static priced price(int L, const int width[L + 1], squash phi)
{
    priced k = {.n = network_new(L, width, phi, IDENTITY)};
    const network *n = &k.n;
    static real w[4810], dw[4810], dx[100], in[100], out[100];
    cost all = {0, 0};
    rng g = rng_new(4, 0);
    network_start(n, w, 1, &g);
    fill_normal(n->width[0], in, 1, &g);
    fill_normal(n->width[n->L], out, 1, &g);
    counted_gradient(n, &k.count, dw, NULL, w, in, out);
    counted_gradient(n, &all, dw, dx, w, in, out);
    k.with = (double)(all.forward + all.backward) / (double)all.forward;
    return k;
}

static void costs(show *s)
{
    enum { KINDS = 4 };
    static const char *const rows[KINDS] = {"3-5-2 tanh", "64-10",
                                            "64-64-10 tanh", "8-8-8-8-8 ReLU"};
    static const char *const cols[] = {"P",     "forward", "backward",
                                       "ratio", "with dx", "differences"};
    const priced k[KINDS] = {price(2, (int[]){3, 5, 2}, TANH),
                             price(1, (int[]){64, 10}, TANH),
                             price(2, (int[]){64, 64, 10}, TANH),
                             price(4, (int[]){8, 8, 8, 8, 8}, RELU)};
    double table[KINDS][6], largest = 0, predicted = 0;
    show_section(s, "What a gradient costs");
    for (int i = 0; i < KINDS; i++) {
        double forward = (double)k[i].count.forward;
        double back = (double)k[i].count.backward, P = k[i].n.weights;
        double differences = 2 * P;                                 /* (4.31) */
        const double row[] = {P,         forward,    back, 1 + back / forward,
                              k[i].with, differences};
        memcpy(table[i], row, sizeof row);
        largest = fmax(largest, k[i].with);
        cost c0 = predicted_cost(&k[i].n, false);
        predicted += (double)(c0.forward + c0.backward) - forward - back;
    }
    show_note(s, "Counted while it ran: products of two numbers that both "
                 "depend on parameters or inputs, and tanh. Ratio: forward and "
                 "backward, over forward; with dx: the gradient by the input "
                 "too; differences: the same ratio for central differences.");
    show_table(s, "operations of one case", KINDS, 6, rows, cols, table);
    show_equation(s, "4.29", "forward = sum_l (M N + M [tanh]) + M_L");
    show_count(s, "64-64-10 forward", k[2].count.forward);
    show_equation(s, "4.30",
                  "backward = sum_l (M N [2, or 1 for l = 1] + 2 M [tanh])");
    show_count(s, "64-64-10 backward", k[2].count.backward);
    show_count(s, "counted less predicted, all", (long)predicted);
    show_equation(s, "4.31", "central differences: 2 P forward passes");
    show_count(s, "64-64-10 differences", 2L * k[2].n.weights);
    show_no_equation(s);
    show_paper(s, &(paper){.source = "Baur and Strassen 1983, inequality (1)",
                           .quantity = "cost of f and its gradient, over that "
                                       "of f: the largest here",
                           .says = "at most 3",
                           .value = largest,
                           .lo = 1,
                           .hi = 3});
}

/* ---- 4.10: a linear network of two layers -------------------------------- */

static void one_mode(program *p)
{
    show *s = &p->show;
    const real goal_s = 3, start = 1e-3;
    real t = mode_half_time(3, 1e-3), u = mode_strength(goal_s, start, t);
    curve file;
    show_section(s, "A linear network, solved");
    show_note(s, "One mode with s = 3 that starts at u0 = 0.001.");
    show_equation(s, "4.34", "t_half = ln(s/u0 - 1) / (2 s)");
    show_value(s, "t_half", t, "ln(3/0.001 - 1) / 6");
    show_equation(s, "4.33", "u(t) = s / (1 + exp(-2 s t) (s/u0 - 1))");
    show_value(s, "u(0)", mode_strength(goal_s, start, 0), NULL);
    show_value(s, "u(t_half)", u, NULL);
    show_value(s, "u(2 t_half)", mode_strength(goal_s, start, 2 * t), NULL);
    show_equation(s, "4.32", "du/dt = 2 u (s - u)");
    show_value(s, "speed at 0", mode_speed(goal_s, start), "2*%g*(3 - %g)",
               re(start), re(start));
    show_value(s, "speed at t_half", mode_speed(goal_s, u), "2*%g*(3 - %g)",
               re(u), re(u));
    program_curve(p, &file, "theory", "time u5 u3 u1");
    for (int i = 0; i <= 600; i++) {
        double time = i / 100.0, row[4] = {time};
        for (int k = 0; k < 3; k++)
            row[1 + k] =
                re(mode_strength((real)mode_goal[k], start, (real)time));
        curve_row(&file, 4, row);
    }
    program_curve_end(p, &file);
}

/* ---- 4.11: a matrix with holes ------------------------------------------- */

static void holes(show *s)
{
    static const unsigned char seen[I][J] = {{1, 1}, {1, 0}, {1, 1}};
    real e[I][J], dU[I][K] = {{0}}, dV[J][K] = {{0}}, dc[J] = {0};
    real dX[I][J] = {{0}}, said[I][J];
    show_section(s, "A matrix with holes");
    real loss = factor_forward(I, J, K, e, U, V, offset, X, seen);
    factor_backward(I, J, K, dU, dV, dc, dX, 1, e, U, V);
    for (int i = 0; i < I; i++)
        for (int j = 0; j < J; j++)
            said[i][j] = factor_entry(K, U[i], V[j], offset[j]);
    show_note(s, "Three rows, two columns, one factor; the second entry of the "
                 "second row was not seen (the 0 in X stands for nothing).");
    show_equation(s, "4.35", "x_ij = sum_k U_ik V_jk + c_j");
    show_matrix(s, "U", I, K, U);
    show_matrix(s, "V", J, K, V);
    show_vector(s, "c", J, offset);
    show_matrix(s, "x", I, J, said);
    show_equation(s, "4.36",
                  "L = 1/2 sum over the seen of e_ij^2,  e_ij = x_ij - X_ij");
    show_matrix(s, "X", I, J, X);
    show_matrix(s, "e", I, J, e);
    show_value(s, "L (holes)", loss, NULL);
    show_equation(s, "4.37", "dU_ik = sum over the seen j of e_ij V_jk");
    show_matrix(s, "dU", I, K, dU);
    show_equation(s, "4.38", "dV_jk = sum over the seen i of e_ij U_ik");
    show_matrix(s, "dV", J, K, dV);
    show_equation(s, "4.39", "dc_j = sum over the seen i of e_ij");
    show_vector(s, "dc (holes)", J, dc);
}

/* ---- the program --------------------------------------------------------- */

static void worked_example(program *p)
{
    real a[M], h[H];
    one_layer_forward(&p->show, a);
    one_layer_backward(&p->show, a);
    two_layers(&p->show, h);
    many_layers(&p->show);
    direct_links(&p->show);
    listings(&p->show);
    all_alike(&p->show);
    starting_sizes(&p->show);
    costs(&p->show);
    one_mode(p);
    holes(&p->show);
}

static void experiment(program *p)
{
    backprop_xor(p, re(xor_rate), xor_most[0]);
    backprop_start(p);
    backprop_modes(p, re(mode_rate));
    backprop_labels(p);
    backprop_digits(p, (training){.epochs = {epochs[0], epochs[1]},
                                  .rate = re(digit_rate)});
    backprop_hidden(p);
}

static const program_about about = {
    .name = "04_backprop",
    .title = "Backpropagation: dense layers, and the chain rule through them",
    .seeds = 10,
    .verification = 12,
    SETTINGS(settings),
    .example = worked_example,
    .verify = backprop_checks,
    .experiment = experiment,
};

int main(int argc, char **argv)
{
    return program_run(&about, argc, argv);
}
