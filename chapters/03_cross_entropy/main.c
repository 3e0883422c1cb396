/* SPDX-License-Identifier: MIT */
// Chapter 3: cross-entropy. Build this program alone, from the root, with
// cc -std=gnu17 -O2 -ffp-contract=off -I. chapters/03_cross_entropy/*.c chapters/02_activations/activations.c lib/*.c lib/check/*.c -lm -o 03_cross_entropy
/* Letters: N numbers or cases, D width of an input; B rows, C classes. */
#include <string.h>

#include "chapters/02_activations/activations.h"
#include "chapters/03_cross_entropy/article.h"
#include "chapters/03_cross_entropy/checks.h"
#include "chapters/03_cross_entropy/cross_entropy.h"
#include "chapters/03_cross_entropy/experiment.h"
#include "chapters/03_cross_entropy/logistic.h"
#include "chapters/03_cross_entropy/losses.h"
#include "chapters/03_cross_entropy/metrics.h"
#include "lib/program.h"

/* ---- the worked examples' numbers ---------------------------------------- */

enum { C = 3, CASES = 4, WIDTH = 2 };

static real p_mse[3] = {0.8, 0.2, 0.6}, y_mse[3] = {1, 0, 1};
static real out[4][2] = {{0.1, 0.2}, {0.3, 0.4}, {0.5, 0.6}, {0.7, 0.8}};
static real y_out[4] = {0, 0, 1, 1};
static real p_two[2] = {0.8, 0.3}, y_two[2] = {1, 0};
static real x_unit[1][2] = {{1, 2}}, w_unit[2] = {0.3, -0.2};
static real b_unit = 0.4, y_unit[1] = {1};
static real p_many[1][C] = {{0.2, 0.7, 0.1}}, y_many[1][C] = {{0, 1, 0}};
static real p_sparse[C] = {0.2, 0.5, 0.3};
static real z_many[1][C] = {{1, 2, 3}};
static int class_sparse[1] = {1}, class_many[1] = {1};
static real z_odd[1][C] = {{0.5, -0.2, 0.1}}, y_odd[1][C] = {{3, 0, 2}};
static real y_mix[1][C] = {{0.7, 0.2, 0.1}}, p_mix[1][C] = {{0.5, 0.3, 0.2}};
static article a;
static real X[CASES][WIDTH] = {{1, 2}, {2, 3}, {3, 4}, {4, 5}};
static real labels[CASES] = {0, 0, 1, 1}, x_new[WIDTH] = {5, 6}, rate = 0.01;
static int counts[4] = {30, 10, 20, 40};

/* A vector of n numbers in [lo, hi]. */
#define SETTING_IN(name, letters, about, data, n, lo, hi)                      \
    {                                                                          \
        name, letters, about, 1, {n}, (real *)(data), NULL, lo, hi             \
    }

static const setting settings[] = {
    SETTING("p_mse", "N", "predictions", p_mse, 1, 3),
    SETTING("y_mse", "N", "what they should be", y_mse, 1, 3),
    SETTING("out", "4,2", "two outputs for each of four cases", out, 2, 4, 2),
    SETTING("y_out", "4", "one label for each case", y_out, 1, 4),
    SETTING_IN("p_two", "N", "probabilities of class 1", p_two, 2, 0, 1),
    SETTING_IN("y_two", "N", "labels, from 0 to 1", y_two, 2, 0, 1),
    SETTING("x_unit", "D", "input of one unit", x_unit, 1, 2),
    SETTING("w_unit", "D", "its weights", w_unit, 1, 2),
    SETTING("b_unit", "", "its bias", &b_unit, 0, 1),
    SETTING_IN("y_unit", "", "its label, from 0 to 1", y_unit, 1, 0, 1),
    SETTING_IN("p_many", "C", "probabilities", p_many, C, 0, 1),
    SETTING_IN("y_many", "C", "labels", y_many, C, 0, 1),
    SETTING_IN("p_sparse", "C", "probabilities", p_sparse, C, 0, 1),
    SETTING_WHOLE("class_sparse", "", "their class", class_sparse, 1, 0, C - 1),
    SETTING("z_many", "C", "logits", z_many, 1, C),
    SETTING_WHOLE("class_many", "", "their class", class_many, 1, 0, C - 1),
    SETTING("z_odd", "C", "logits", z_odd, 1, C),
    SETTING("y_odd", "C", "labels with any sum", y_odd, 1, C),
    SETTING_IN("y_mix", "C", "true probabilities", y_mix, C, 0, 1),
    SETTING_IN("p_mix", "C", "predicted probabilities", p_mix, C, 0, 1),
    SETTING("a2", "5", "the article's hidden values", a.a2, 1, ARTICLE_N),
    SETTING_IN("a3", "5", "the article's outputs", a.a3, ARTICLE_N, 0, 1),
    SETTING_IN("y", "5", "the article's labels", a.y, ARTICLE_N, 0, 1),
    SETTING_RANGE("step", "the article's learning rate", &a.rate, 0, 10),
    SETTING("X", "N,D", "four points", X, 2, CASES, WIDTH),
    SETTING_IN("labels", "N", "their labels, from 0 to 1", labels, CASES, 0, 1),
    SETTING("x_new", "D", "a point to predict", x_new, 1, WIDTH),
    SETTING_RANGE("rate", "learning rate", &rate, 0, 10),
    SETTING_WHOLE("counts", "4", "TP, FP, FN, TN", counts, 4, 0, 1000000),
};

/* ---- squared error ------------------------------------------------------- */

static void squared_error(show *s)
{
    real dp[3] = {0}, dy[3] = {0}, columns = 0, all_pairs = 0, first[4];
    show_section(s, "Squared error");
    mse_backward(3, dp, dy, 1, p_mse, y_mse);
    show_equation(s, "3.1", "L = 1/N sum_n (p_n - y_n)^2");
    show_value(s, "L", mse_forward(3, p_mse, y_mse),
               "((%g - %g)^2 + (%g - %g)^2 + (%g - %g)^2) / 3", re(p_mse[0]),
               re(y_mse[0]), re(p_mse[1]), re(y_mse[1]), re(p_mse[2]),
               re(y_mse[2]));
    show_equation(s, "3.2", "dp_n = 2 (p_n - y_n) / N");
    show_vector(s, "dp", 3, dp);
    show_equation(s, "3.3", "dy_n = 2 (y_n - p_n) / N");
    show_vector(s, "dy", 3, dy);
    for (int n = 0; n < 4; n++) {
        first[n] = out[n][0];
        for (int k = 0; k < 2; k++) {
            real r = out[n][k] - y_out[n];
            columns += r * r / 8;                                    /* (3.4) */
        }
    }
    for (int n = 0; n < 4; n++)
        for (int k = 0; k < 4; k++) {
            real r = out[n][0] - y_out[k];
            all_pairs += r * r / 16;                                 /* (3.5) */
        }
    show_no_equation(s);
    show_note(s,
              "Two shapes that do not fit. Four cases with two outputs each, "
              "and one label for each case: libraries copy the label to both "
              "columns.");
    show_matrix(s, "o", 4, 2, out);
    show_vector(s, "y", 4, y_out);
    show_equation(s, "3.4", "1/8 sum_n sum_k (o_nk - y_n)^2");
    show_value(s, "[4,2] against [4,1]", columns, NULL);
    show_note(s, "One output for each case, the first, but labels of shape "
                 "[4,1]: every output meets every label.");
    show_equation(s, "3.5", "1/16 sum_n sum_k (o_n - y_k)^2");
    show_value(s, "[4] against [4,1]", all_pairs, NULL);
    show_equation(s, "3.1", "L = 1/N sum_n (o_n - y_n)^2, as it was meant");
    show_value(s, "[4] against [4]", mse_forward(4, first, y_out), NULL);
}

/* ---- two classes --------------------------------------------------------- */

static void two_classes_probability(show *s)
{
    show_section(s, "Two classes, from the probability");
    for (int k = 0; k < 2; k++) {
        real p = p_two[k], y = y_two[k], dp = 0, dy = 0;
        bce_backward(1, &dp, &dy, 1, &p, &y);
        show_no_equation(s);
        show_note(s, "Case %d: y = %g, p = %g.", k + 1, re(y), re(p));
        char name[5][40] = {"l", "dp", "dp, the article", "dy",
                            "dy, the article"};
        for (int i = 0; i < 5; i++)
            snprintf(name[i] + strlen(name[i]), 20, " (case %d)", k + 1);
        show_equation(s, "3.6", "l = -[y ln p + (1 - y) ln(1 - p)]");
        show_value(s, name[0], bce_forward(1, &p, &y), NULL);
        show_equation(s, "3.8", "dp = -y/p + (1 - y)/(1 - p)");
        show_value(s, name[1], dp, "-%g/%g + %g/%g", re(y), re(p), 1 - re(y),
                   1 - re(p));
        show_value(s, name[2], (y - p) / (p * (1 - p)), NULL);
        show_equation(s, "3.9", "dy = ln(1 - p) - ln p");
        show_value(s, name[3], dy, NULL);
        show_value(s, name[4], (p - y) / (p * (1 - p)), NULL);
    }
    show_equation(s, "3.7", "L = 1/N sum_n l_n");
    show_value(s, "L", bce_forward(2, p_two, y_two), NULL);
}

/* The loss by two ways, for logits where the probability is rounded. */
static void rounded_away(show *s)
{
    enum { ROWS = 8 };
    static const char *const cols[] = {"z", "y", "from p", "from z"};
    const double z[ROWS] = {10, 30, 36, 37, 800, -700, -740, -800};
    double x[ROWS][4];
    for (int k = 0; k < ROWS; k++) {
        real logit = (real)z[k], y = z[k] < 0, p = sigmoid(logit);
        x[k][0] = z[k];
        x[k][1] = re(y);
        x[k][2] = re(bce_forward(1, &p, &y));
        x[k][3] = re(cross_entropy_binary_forward(1, &logit, &y));
    }
    show_no_equation(s);
    show_note(s,
              "Both formulas, where the prediction is very wrong. A double "
              "knows no number between 1 - 1.1e-16 and 1, but many between 0 "
              "and 1e-300.");
    show_table(s, "the loss from p, and from the logit", ROWS, 4, NULL, cols,
               (const double(*)[4])x);
}

static void two_classes_logit(show *s)
{
    real z[1], dw[2] = {0}, db = 0, dx[1][2] = {{0}}, dy[1] = {0};
    show_section(s, "Two classes, from the logit");
    real loss = logistic_forward(1, 2, z, w_unit, b_unit, x_unit, y_unit);
    logistic_backward(1, 2, dw, &db, dx, dy, 1, z, w_unit, x_unit, y_unit);
    real p = sigmoid(z[0]);
    show_equation(s, "3.10", "z = w . x + b");
    show_value(s, "z", z[0], "%g*%g + (%g)*%g + %g", re(w_unit[0]),
               re(x_unit[0][0]), re(w_unit[1]), re(x_unit[0][1]), re(b_unit));
    show_equation(s, "3.11", "p = sigmoid(z)");
    show_value(s, "p", p, "1 / (1 + exp(-%.6g))", re(z[0]));
    show_equation(s, "3.12", "l = max(z, 0) - z y + ln(1 + exp(-|z|))");
    show_value(s, "l", loss, NULL);
    show_equation(s, "3.13", "dz = p - y");
    show_value(s, "dz", p - y_unit[0], "%.6f - %g", re(p), re(y_unit[0]));
    show_equation(s, "3.14", "dy = -z");
    show_value(s, "dy", dy[0], NULL);
    show_equation(s, "3.15", "dw = dz x");
    show_vector(s, "dw", 2, dw);
    show_equation(s, "3.16", "db = dz");
    show_value(s, "db", db, NULL);
    show_equation(s, "3.17", "dx = dz w");
    show_vector(s, "dx", 2, dx[0]);
    rounded_away(s);
}

/* ---- convexity ----------------------------------------------------------- */

/* Time (rate times steps) that one logit needs from z to 0, for y = 1. */
static double time_cross_entropy(double z)
{
    return 1 - z - exp(z);                                          /* (3.22) */
}

static double time_squared_error(double z)
{
    double e = exp(z);
    return (2.5 + 1 / e - 3 * z - 3 * e - e * e / 2) / 2;           /* (3.23) */
}

static void one_logit(show *s)
{
    enum { ROWS = 8 };
    static const char *const cols[] = {"z",       "p",        "ce slope",
                                       "ce curv", "sq slope", "sq curv"};
    const double z[ROWS] = {-8, -4, -2, -1, 0, 1, 2, 4};
    double x[ROWS][6];
    for (int k = 0; k < ROWS; k++) {
        real logit = (real)z[k], y = 1, dz = 0, dy = 0;
        cross_entropy_binary_backward(1, &dz, &dy, 1, &logit, &y);
        const double row[] = {z[k],
                              re(sigmoid(logit)),
                              re(dz),
                              re(cross_entropy_binary_curvature(logit)),
                              re(mse_sigmoid_slope(logit, y)),
                              re(mse_sigmoid_curvature(logit, y))};
        memcpy(x[k], row, sizeof row);
    }
    show_no_equation(s);
    show_table(
        s, "slope and curvature, y = 1: cross-entropy (ce), squared error (sq)",
        ROWS, 6, NULL, cols, (const double(*)[6])x);
}

static void time_to_cross(show *s)
{
    enum { ROWS = 5 };
    const double start[ROWS] = {-1, -2, -5, -10, -20};
    real z[ROWS], slow[ROWS], fast[ROWS];
    for (int k = 0; k < ROWS; k++) {
        z[k] = (real)start[k];
        fast[k] = (real)time_cross_entropy(start[k]);
        slow[k] = (real)time_squared_error(start[k]);
    }
    show_note(s,
              "How long gradient descent needs, in small steps, to bring one "
              "logit from z to 0 (rate times number of steps, y = 1):");
    show_vector(s, "z", ROWS, z);
    show_equation(s, "3.22", "T = 1 - z - e^z, cross-entropy");
    show_vector(s, "T, cross-entropy", ROWS, fast);
    show_equation(s, "3.23",
                  "T = (5/2 + e^-z - 3z - 3e^z - e^2z / 2) / 2, squared error");
    show_vector(s, "T, squared error", ROWS, slow);
}

static void loss_curves(program *p)
{
    curve c;
    program_curve(p, &c, "probability", "p cross_entropy squared");
    for (int k = 1; k < 500; k++) {
        real q = (real)(k / 500.0), y = 1;
        double row[] = {k / 500.0, re(bce_forward(1, &q, &y)),
                        re(mse_forward(1, &q, &y))};
        curve_row(&c, 3, row);
    }
    program_curve_end(p, &c);
    program_curve(p, &c, "logit",
                  "z cross_entropy squared ce_slope slope ce_curv curv");
    for (int k = -100; k <= 60; k++) {
        real z = (real)(k / 10.0), y = 1, q = sigmoid(z), dz = 0, dy = 0;
        cross_entropy_binary_backward(1, &dz, &dy, 1, &z, &y);
        double row[] = {k / 10.0,
                        re(cross_entropy_binary_forward(1, &z, &y)),
                        re(mse_forward(1, &q, &y)),
                        -re(dz),
                        -re(mse_sigmoid_slope(z, y)),
                        re(cross_entropy_binary_curvature(z)),
                        re(mse_sigmoid_curvature(z, y))};
        curve_row(&c, 7, row);
    }
    program_curve_end(p, &c);
}

static void convexity(program *p)
{
    show *s = &p->show;
    real z[2];
    show_section(s, "Convexity, and the squared error behind a sigmoid");
    show_equation(s, "3.18", "d2l/dp2 = y/p^2 + (1 - y)/(1 - p)^2");
    show_value(s, "d2l/dp2 (case 1)", bce_curvature(p_two[0], y_two[0]), NULL);
    show_value(s, "d2l/dp2 (case 2)", bce_curvature(p_two[1], y_two[1]), NULL);
    for (int k = 0; k < 2; k++)
        z[k] = log(p_two[k] / (1 - p_two[k]));
    show_equation(s, "3.19", "d2l/dz2 = p (1 - p)");
    show_value(s, "d2l/dz2 (case 1)", cross_entropy_binary_curvature(z[0]),
               NULL);
    show_value(s, "d2l/dz2 (case 2)", cross_entropy_binary_curvature(z[1]),
               NULL);
    show_equation(s, "3.20", "d(p - y)^2/dz = 2 (p - y) p (1 - p)");
    show_value(s, "slope (case 1)", mse_sigmoid_slope(z[0], y_two[0]), NULL);
    show_value(s, "slope (case 2)", mse_sigmoid_slope(z[1], y_two[1]), NULL);
    show_equation(s, "3.21",
                  "d2(p - y)^2/dz2 = 2 p (1 - p) [p (1 - p) + "
                  "(p - y)(1 - 2p)]");
    show_value(s, "curvature (case 1)", mse_sigmoid_curvature(z[0], y_two[0]),
               NULL);
    show_value(s, "curvature (case 2)", mse_sigmoid_curvature(z[1], y_two[1]),
               NULL);
    one_logit(s);
    time_to_cross(s);
    loss_curves(p);
}

/* ---- many classes -------------------------------------------------------- */

static void many_classes_probability(show *s)
{
    real dp[1][C] = {{0}}, dy[1][C] = {{0}};
    show_section(s, "Many classes, from the probabilities");
    ce_backward(1, C, dp, dy, 1, p_many, y_many);
    show_vector(s, "p", C, p_many[0]);
    show_vector(s, "y", C, y_many[0]);
    show_equation(s, "3.24", "L = -1/B sum_b sum_c y_bc ln p_bc");
    show_value(s, "L", ce_forward(1, C, p_many, y_many), NULL);
    show_equation(s, "3.25", "dp_bc = -y_bc / (B p_bc)");
    show_vector(s, "dp", C, dp[0]);
    show_equation(s, "3.26", "dy_bc = -ln p_bc / B");
    show_vector(s, "dy", C, dy[0]);
    real sparse = -log(p_sparse[class_sparse[0]]);                  /* (3.27) */
    show_note(s,
              "The label as a class, counted from 0, instead of a one-hot "
              "row. Here class %d of p = (%g, %g, %g):",
              class_sparse[0], re(p_sparse[0]), re(p_sparse[1]),
              re(p_sparse[2]));
    show_equation(s, "3.27", "l = -ln p_t, t the class");
    show_value(s, "l", sparse, "-ln %g", re(p_sparse[class_sparse[0]]));
}

static void many_classes_logit(show *s)
{
    real p[1][C], dz[1][C] = {{0}}, sum = 0;
    int target = class_many[0];
    show_section(s, "Many classes, from the logits");
    real loss = cross_entropy_forward(1, C, p, z_many, class_many);
    cross_entropy_backward(1, C, dz, 1, p, class_many);
    show_vector(s, "z", C, z_many[0]);
    show_count(s, "t", target);
    show_equation(s, "3.28",
                  "p_c = exp(z_c - m) / sum_k exp(z_k - m), "
                  "m = max z");
    show_vector(s, "p", C, p[0]);
    show_equation(s, "3.29", "l = ln sum_c exp(z_c - m) + m - z_t");
    show_value(s, "l", loss, NULL);
    show_equation(s, "3.30", "L = 1/B sum_b l_b");
    show_value(s, "L", loss, NULL);
    show_equation(s, "3.31", "dz_c = p_c - [c = t]");
    show_vector(s, "dz", C, dz[0]);
    for (int c = 0; c < C; c++)
        sum += dz[0][c];
    show_residual(s, "sum of dz", re(sum));
    real large[1][C] = {{1000, 0, -1000}};
    const int last[1] = {C - 1};
    show_note(s,
              "Large logits, z = (1000, 0, -1000) and t = 2: from the "
              "softmax, whose last probability is rounded to 0, and from the "
              "logits.");
    softmax_forward(C, p[0], large[0]);
    show_value(s, "-ln p_t", -log(p[0][C - 1]), NULL);
    show_value(s, "l (large)", cross_entropy_forward(1, C, p, large, last),
               NULL);
}

static void odd_labels(show *s)
{
    real p[1][C], logp[1][C], dz[1][C] = {{0}}, dy[1][C] = {{0}};
    real sum = 0, total = 0, wrong[C], wrong_total = 0;
    show_section(s, "Labels that do not sum to one");
    real loss = cross_entropy_dense_forward(1, C, p, logp, z_odd, y_odd);
    cross_entropy_dense_backward(1, C, dz, dy, 1, p, logp, y_odd);
    for (int c = 0; c < C; c++) {
        sum += y_odd[0][c];
        total += dz[0][c];
        wrong[c] = p[0][c] - y_odd[0][c];
        wrong_total += wrong[c];
    }
    show_vector(s, "z", C, z_odd[0]);
    show_vector(s, "y", C, y_odd[0]);
    show_vector(s, "p", C, p[0]);
    show_equation(s, "3.32", "ln p_c = z_c - m - ln sum_k exp(z_k - m)");
    show_vector(s, "ln p", C, logp[0]);
    show_equation(s, "3.33", "L = -1/B sum_b sum_c y_bc ln p_bc");
    show_value(s, "L", loss, NULL);
    show_equation(s, "3.34", "s_b = sum_c y_bc");
    show_value(s, "s", sum, "%g + %g + %g", re(y_odd[0][0]), re(y_odd[0][1]),
               re(y_odd[0][2]));
    show_equation(s, "3.35", "dz_bc = (s_b p_bc - y_bc) / B");
    show_vector(s, "dz", C, dz[0]);
    show_residual(s, "sum of dz", re(total));
    show_equation(s, "3.36", "dy_bc = -ln p_bc / B");
    show_vector(s, "dy", C, dy[0]);
    show_no_equation(s);
    show_note(s,
              "p - y, which many programs use, is not the gradient here. Its "
              "sum gives it away: a gradient by logits sums to 0.");
    show_vector(s, "p - y", C, wrong);
    show_value(s, "sum of p - y", wrong_total, NULL);
}

/* ---- entropy and divergence ---------------------------------------------- */

static void entropy_and_divergence(show *s)
{
    real entropy = 0, divergence = 0;
    show_section(s, "Cross-entropy is entropy plus divergence");
    for (int c = 0; c < C; c++) {
        real y = y_mix[0][c], p = p_mix[0][c];
        if (re(y) > 0) {
            entropy -= y * log(y);                                  /* (3.37) */
            divergence += y * (log(y) - log(p));                    /* (3.38) */
        }
    }
    real cross = ce_forward(1, C, p_mix, y_mix);
    real rest = cross - (entropy + divergence);                     /* (3.39) */
    show_vector(s, "y", C, y_mix[0]);
    show_vector(s, "p", C, p_mix[0]);
    show_equation(s, "3.24", "H(y,p) = -sum_c y_c ln p_c");
    show_value(s, "H(y,p)", cross, NULL);
    show_equation(s, "3.37", "H(y) = -sum_c y_c ln y_c");
    show_value(s, "H(y)", entropy, NULL);
    show_equation(s, "3.38", "KL(y,p) = sum_c y_c ln(y_c / p_c)");
    show_value(s, "KL(y,p)", divergence, NULL);
    show_equation(s, "3.39", "H(y,p) = H(y) + KL(y,p)");
    show_residual(s, "H(y,p) - H(y) - KL(y,p)", re(rest));
}

/* ---- logistic regression ------------------------------------------------- */

/* Losses of this run computed elsewhere, with 40 digits. */
static const double reference[][2] = {
    {1, 0.69314718055994531},   {2, 0.68827529769300921},
    {101, 0.6195332903611219},  {201, 0.59206857611359395},
    {301, 0.56674025829269277}, {401, 0.54337083033968759},
    {501, 0.52179341027244229}, {601, 0.50185149442013544},
    {701, 0.48339976088114666}, {801, 0.46630433794653355},
    {901, 0.4504426760047133},  {1000, 0.43584532286744429}};

enum { MARKS = sizeof reference / sizeof *reference };

typedef struct regression {
    real w[WIDTH], b, z[CASES];
    double loss;
} regression;

static void regression_step(regression *r)
{
    real dw[WIDTH] = {0}, db = 0, dx[CASES][WIDTH] = {{0}}, dy[CASES] = {0};
    r->loss = re(logistic_forward(CASES, WIDTH, r->z, r->w, r->b, X, labels));
    logistic_backward(CASES, WIDTH, dw, &db, dx, dy, 1, r->z, r->w, X, labels);
    logistic_step(WIDTH, r->w, &r->b, re(rate), dw, db);
}

/* A thousand steps from zero; the losses at the marks are compared. */
static void train(program *p, regression *r)
{
    static const char *const cols[] = {"epoch", "loss", "reference",
                                       "accuracy"};
    double x[MARKS][4], apart = 0;
    curve c;
    int mark = 0;
    program_curve(p, &c, "training", "epoch loss");
    for (int epoch = 1; epoch <= 1000; epoch++) {
        regression_step(r);
        double row[] = {epoch, r->loss};
        curve_row(&c, 2, row);
        if (epoch == 1) {
            show_vector(&p->show, "w after 1 step", WIDTH, r->w);
            show_value(&p->show, "b after 1 step", r->b, NULL);
        }
        if (mark < MARKS && epoch == (int)reference[mark][0]) {
            real q[CASES];
            sigmoid_forward(CASES, q, r->z);
            confusion count = confusion_count(CASES, q, labels);
            const double line[] = {epoch, r->loss, reference[mark][1],
                                   accuracy(count)};
            memcpy(x[mark], line, sizeof line);
            double off = r->loss - reference[mark++][1];
            off = off < 0 ? -off : off;
            if (!(off <= apart) && !isnan(apart))
                apart = off;
        }
    }
    program_curve_end(p, &c);
    show_no_equation(&p->show);
    show_table(&p->show, "the loss of each epoch, before its step", MARKS, 4,
               NULL, cols, (const double(*)[4])x);
    show_residual(&p->show, "largest distance to the reference", apart);
    program_curve(p, &c, "reference", "epoch loss");
    for (int k = 0; k < MARKS; k++)
        curve_row(&c, 2, reference[k]);
    program_curve_end(p, &c);
}

static void second_derivatives(show *s, const regression *r)
{
    real H[WIDTH + 1][WIDTH + 1], flat[WIDTH + 1] = {1, -1, 1};
    real steep[WIDTH + 1] = {3, -1, -4}, z[CASES];
    logistic_forward(CASES, WIDTH, z, r->w, r->b, X, labels);
    logistic_hessian(CASES, WIDTH, H, z, X);
    show_equation(s, "3.51",
                  "H = 1/N sum_n p_n (1 - p_n) x_n x_n', x with a 1 "
                  "for the bias");
    show_matrix(s, "H", WIDTH + 1, WIDTH + 1, H);
    show_equation(s, "3.52", "v'Hv = 1/N sum_n p_n (1 - p_n) (v . x_n)^2");
    show_value(s, "v'Hv along (3, -1, -4)",
               logistic_curvature(CASES, WIDTH, steep, z, X), NULL);
    show_residual(s, "v'Hv along (1, -1, 1)",
                  re(logistic_curvature(CASES, WIDTH, flat, z, X)));
    show_no_equation(s);
    show_residual(s, "w_1 - w_2 + b", re(r->w[0] - r->w[1] + r->b));
}

static void logistic_regression(program *p)
{
    show *s = &p->show;
    regression r = {0};
    show_section(s, "Logistic regression on four points");
    show_count(s, "parameters", WIDTH + 1);
    show_equation(s, "3.50", "w <- w - rate dw, b <- b - rate db");
    train(p, &r);
    show_vector(s, "w", WIDTH, r.w);
    show_value(s, "b", r.b, NULL);
    real z = r.b;
    for (int d = 0; d < WIDTH; d++)
        z += r.w[d] * x_new[d];
    char name[60];
    snprintf(name, sizeof name, "p of (%g, %g)", re(x_new[0]), re(x_new[1]));
    show_value(s, name, sigmoid(z), NULL);
    second_derivatives(s, &r);
}

/* ---- counting right and wrong -------------------------------------------- */

static void show_metrics(show *s, confusion c)
{
    static const char *const tags[] = {"3.53", "3.54", "3.55", "3.56"};
    static const char *const formulas[] = {
        "accuracy = (TP + TN) / (TP + FP + FN + TN)",
        "precision = TP / (TP + FP)", "recall = TP / (TP + FN)",
        "F1 = 2 TP / (2 TP + FP + FN)"};
    static const char *const names[] = {"accuracy", "precision", "recall",
                                        "F1"};
    const double values[] = {accuracy(c), precision(c), recall(c), f1_score(c)};
    for (int k = 0; k < 4; k++) {
        show_equation(s, tags[k], formulas[k]);
        show_value(s, names[k], (real)values[k], NULL);
    }
    show_no_equation(s);
}

static void metrics(show *s)
{
    static const char *const rows[] = {"positive", "negative"};
    static const char *const cols[] = {"predicted +", "predicted -"};
    confusion c = {counts[0], counts[1], counts[2], counts[3]};
    const double x[2][2] = {{c.tp, c.fn}, {c.fp, c.tn}};
    double all = (double)c.tp + c.fp + c.fn + c.tn;
    show_section(s, "Accuracy, precision, recall and F1");
    show_table(s, "cases", 2, 2, rows, cols, x);
    show_metrics(s, c);
    show_value(s, "TP / all", (real)(all > 0 ? c.tp / all : (double)NAN), NULL);
    show_value(s, "(precision + recall) / 2",
               (real)((precision(c) + recall(c)) / 2), NULL);
    show_note(s, "A test that always says no, on 10 positive cases among 100:");
    confusion no = {.fn = 10, .tn = 90};
    show_value(s, "accuracy, always no", (real)accuracy(no), NULL);
    show_value(s, "recall, always no", (real)recall(no), NULL);
    show_value(s, "precision, always no", (real)precision(no), NULL);
}

static void worked_example(program *p)
{
    squared_error(&p->show);
    two_classes_probability(&p->show);
    two_classes_logit(&p->show);
    convexity(p);
    many_classes_probability(&p->show);
    many_classes_logit(&p->show);
    odd_labels(&p->show);
    entropy_and_divergence(&p->show);
    article_example(&p->show, &a);
    article_training(&p->show);
    logistic_regression(p);
    metrics(&p->show);
}

static void experiment(program *p)
{
    separable_experiment(p);
    stalling_experiment(p);
}

static const program_about about = {
    .name = "03_cross_entropy",
    .title = "Squared error and cross-entropy, and their gradients",
    .seeds = 10,
    .verification = 13,
    SETTINGS(settings),
    .example = worked_example,
    .verify = cross_entropy_checks,
    .experiment = experiment,
};

int main(int argc, char **argv)
{
    a = article_numbers;
    return program_run(&about, argc, argv);
}
