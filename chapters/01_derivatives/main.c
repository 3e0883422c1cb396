/* SPDX-License-Identifier: MIT */
// Chapter 1: derivatives. Build this program alone, from the root, with
// cc -std=gnu17 -O2 -ffp-contract=off -I. chapters/01_derivatives/*.c lib/*.c lib/check/*.c -lm -o 01_derivatives
/* Letters: f a function, x the point, h the step; a, b, t the inputs of the
 * small graph, v a direction; z logits, N classes. */
#include "chapters/01_derivatives/checks.h"
#include "chapters/01_derivatives/experiment.h"
#include "chapters/01_derivatives/graph.h"
#include "chapters/01_derivatives/mistakes.h"
#include "chapters/01_derivatives/quotients.h"
#include "lib/program.h"

#include <stdio.h>
#include <string.h>

enum { N = 4 };

static real x = 1.5;
static real a = 0.4, b = 1.25, t = 0.7;
static real v[3] = {1, -2, 0.5};
static real z[N] = {0.3, -1.1, 2.0, 0.9};
static real up[N] = {0.7, -1.3, 0.4, 2.1};

static const setting settings[] = {
    SETTING_RANGE("x", "where f_1 and f_2 are differentiated", &x, -0.5, 2),
    SETTING("a", "", "input of the graph", &a, 0, 1),
    SETTING("b", "", "input of the graph", &b, 0, 1),
    SETTING("t", "", "input of the graph: the target", &t, 0, 1),
    SETTING("v", "3", "a direction for (a, b, t)", v, 1, 3),
    SETTING("z", "N", "logits of the softmax", z, 1, N),
    SETTING("up", "N", "a gradient that comes into the softmax", up, 1, N),
};

static double size(real value)
{
    return re(real_abs(value));
}

/* ---- 1.1 and 1.2: quotients ---------------------------------------------- */

/* The error of both quotients as the step falls by 10, and by how much the
 * error falls. */
static void falling_errors(show *s, const published *f, real slope)
{
    enum { ROWS = 3 };
    static const char *const cols[] = {"h", "forward", "error", "central",
                                       "error"};
    double table[ROWS][5], h = 0.1;
    for (int r = 0; r < ROWS; r++, h /= 10) {
        real fwd = forward_quotient(f->of, x, (real)h);
        real ctr = central_quotient(f->of, x, (real)h);
        double row[] = {h, re(fwd), size(fwd - slope), re(ctr),
                        size(ctr - slope)};
        memcpy(table[r], row, sizeof row);
    }
    char name[80];
    snprintf(name, sizeof name, "%s: smaller and smaller steps", f->name);
    show_table(s, name, ROWS, 5, NULL, cols, table);
}

static void slopes_by_hand(show *s, real d1[4], real d2[4])
{
    const published *f = published_functions;
    real sine = sin(x), cosine = cos(x);
    double sx = re(sine), cx = re(cosine);
    double g = sx * sx * sx + cx * cx * cx;
    published_derivatives(d1, &f[0], x);
    published_derivatives(d2, &f[1], x);
    s->digits = 12;
    show_equation(s, "1.1", "f_1(x) = exp(x) / g,  g = sin^3 x + cos^3 x");
    show_value(s, "g", (real)g, "%.6f^3 + %.6f^3", sx, cx);
    show_value(s, "f_1", d1[0], "exp(%.6g) / %.6f", re(x), g);
    show_equation(s, "1.2", "f_2(x) = exp(x) / sqrt(g)");
    show_value(s, "f_2", d2[0], "exp(%.6g) / sqrt(%.6f)", re(x), g);
    show_equation(s, "1.3", "g' = 3 sin x cos x (sin x - cos x)");
    double g1 = 3 * sx * cx * (sx - cx);
    show_value(s, "g'", (real)g1, "3*%.6f*%.6f*(%.6f - %.6f)", sx, cx, sx, cx);
    show_equation(s, "1.4", "f' = f (1 - alpha g'/g),  alpha = 1 or 1/2");
    show_value(s, "f_1'", d1[1], "%.6f*(1 - %.6f/%.6f)", re(d1[0]), g1, g);
    show_value(s, "f_2'", d2[1], "%.6f*(1 - 0.5*%.6f/%.6f)", re(d2[0]), g1, g);
    s->digits = 15;
    show_no_equation(s);
    if (re(x) == 1.5) {
        show_note(s, "The published values, and how far ours are from them:");
        show_value(s, "f_1'(1.5), published", (real)f[0].slope, NULL);
        show_value(s, "f_2'(1.5), published", (real)f[1].slope, NULL);
        show_residual(s, "|f_1' - published|", size(d1[1] - (real)f[0].slope));
        show_residual(s, "|f_2' - published|", size(d2[1] - (real)f[1].slope));
    }
    s->digits = 6;
}

static void two_values(show *s, real d1[4], real d2[4])
{
    show_section(s, "A slope from two values");
    slopes_by_hand(s, d1, d2);
    const published *f = &published_functions[1];
    real h = R(0.1), here = f->of(x), right = f->of(x + h), left = f->of(x - h);
    show_note(s, "Now f_2' from values of f_2 alone, with the step h = 0.1:");
    show_equation(s, "1.5", "forward = (f(x+h) - f(x)) / h");
    show_value(s, "forward", forward_quotient(f->of, x, h),
               "(%.6f - %.6f) / 0.1", re(right), re(here));
    show_equation(s, "1.6", "central = (f(x+h) - f(x-h)) / (2h)");
    show_value(s, "central", central_quotient(f->of, x, h),
               "(%.6f - %.6f) / 0.2", re(right), re(left));
    show_no_equation(s);
    show_note(s,
              "A step ten times smaller makes the forward quotient ten times "
              "better, and the central one a hundred times:");
    falling_errors(s, &published_functions[0], d1[1]);
    falling_errors(s, &published_functions[1], d2[1]);
}

static void higher_derivatives(show *s, const real d1[4], const real d2[4])
{
    real sine = sin(x), cosine = cos(x);
    double sx = re(sine), cx = re(cosine), g = sx * sx * sx + cx * cx * cx;
    double g1 = 3 * sx * cx * (sx - cx);
    double g2 = 6 * sx * cx * (sx + cx) - 3 * g, q = g1 / g;
    double g3 = 6 * (cx * cx * cx - sx * sx * sx) - 7 * g1;
    double q1 = g2 / g - q * q, q2 = g3 / g - 3 * q * q1 - q * q * q;
    show_equation(s, "1.11", "g'' = 6 sin x cos x (sin x + cos x) - 3 g");
    show_value(s, "g''", (real)g2, NULL);
    show_equation(s, "1.12", "g''' = 6 (cos^3 x - sin^3 x) - 7 g'");
    show_value(s, "g'''", (real)g3, NULL);
    show_equation(s, "1.13a", "q' = g''/g - q^2,  q = g'/g");
    show_value(s, "q'", (real)q1, "%.6f/%.6f - (%.6f)^2", g2, g, q);
    show_equation(s, "1.13b", "q'' = g'''/g - 3 q q' - q^3");
    show_value(s, "q''", (real)q2, NULL);
    show_equation(s, "1.14", "f'' = f (r^2 - alpha q'),  r = 1 - alpha q");
    show_value(s, "f_1''", d1[2], NULL);
    show_value(s, "f_2''", d2[2], NULL);
    show_equation(s, "1.15", "f''' = f (r^3 - 3 alpha r q' - alpha q'')");
    show_value(s, "f_1'''", d1[3], NULL);
    show_value(s, "f_2'''", d2[3], NULL);
}

static void optimum(show *s, const real d1[4], const real d2[4])
{
    volatile double epsilon = EPSILON; /* so that no compiler folds the root */
    double eps = epsilon;
    show_section(s, "Truncation against rounding");
    higher_derivatives(s, d1, d2);
    show_no_equation(s);
    show_note(s,
              "The gap eps, and the step where nothing is known of f''' (times "
              "max(1, |x|)):");
    show_value(s, "eps", (real)eps, "2^-%d", eps < 1e-10 ? 52 : 23);
    show_value(s, "(3 eps)^(1/3)", (real)cbrt(3 * eps), NULL);
    double h[4] = {forward_optimum(d1, eps), forward_optimum(d2, eps),
                   central_optimum(d1, eps), central_optimum(d2, eps)};
    show_equation(s, "1.8", "h_+ = 2 sqrt(eps |f| / |f''|)");
    show_value(s, "h_+ of f_1", (real)h[0], "2 sqrt(eps*%.6f/%.6f)",
               size(d1[0]), size(d1[2]));
    show_value(s, "h_+ of f_2", (real)h[1], "2 sqrt(eps*%.6f/%.6f)",
               size(d2[0]), size(d2[2]));
    show_equation(s, "1.7", "E_+(h) = h |f''|/2 + 2 eps |f|/h");
    show_value(s, "E_+(h_+) of f_1", (real)forward_error(d1, eps, h[0]), NULL);
    show_value(s, "E_+(h_+) of f_2", (real)forward_error(d2, eps, h[1]), NULL);
    show_equation(s, "1.10", "h_0 = (3 eps |f| / |f'''|)^(1/3)");
    show_value(s, "h_0 of f_1", (real)h[2], "(3 eps*%.6f/%.6f)^(1/3)",
               size(d1[0]), size(d1[3]));
    show_value(s, "h_0 of f_2", (real)h[3], "(3 eps*%.6f/%.6f)^(1/3)",
               size(d2[0]), size(d2[3]));
    show_equation(s, "1.9", "E_0(h) = h^2 |f'''|/6 + eps |f|/h");
    show_value(s, "E_0(h_0) of f_1", (real)central_error(d1, eps, h[2]), NULL);
    show_value(s, "E_0(h_0) of f_2", (real)central_error(d2, eps, h[3]), NULL);
}

/* ---- 1.3 and 1.4: better than quotients ---------------------------------- */

static void extrapolation(show *s, const real d2[4])
{
    enum { SHOWN = 4 };
    static const char *const cols[] = {"h", "k = 0", "k = 1", "k = 2", "k = 3"};
    const published *f = &published_functions[1];
    real tableau[RIDDERS][RIDDERS];
    double table[SHOWN][5], estimate, h = 0.2;
    real best = ridders(tableau, &estimate, f->of, x, (real)h);
    show_section(s, "More from the same values: Ridders");
    show_equation(s, "1.16",
                  "A_jk = A_j,k-1 + (A_j,k-1 - A_j-1,k-1) / "
                  "(4^k - 1)");
    for (int j = 0; j < 2; j++) {
        real step = j ? (real)h / 2 : (real)h;
        show_value(s, j ? "A_10" : "A_00", tableau[j][0], "(%.6f - %.6f) / %g",
                   re(f->of(x + step)), re(f->of(x - step)), 2 * re(step));
    }
    show_value(s, "A_11", tableau[1][1], "%.6f + (%.6f - %.6f) / 3",
               re(tableau[1][0]), re(tableau[1][0]), re(tableau[0][0]));
    for (int j = 0; j < SHOWN; j++, h /= 2) {
        table[j][0] = h;
        for (int k = 0; k < SHOWN; k++)
            table[j][k + 1] = k <= j ? size(tableau[j][k] - d2[1]) : NO_VALUE;
    }
    show_table(s, "f_2: error of A_jk", SHOWN, 5, NULL, cols, table);
    show_equation(s, "1.17",
                  "error ~ max(|A_jk - A_j,k-1|, |A_jk - A_j-1,k-1|) "
                  "+ eps |f|/h_j");
    s->digits = 10;
    show_value(s, "f_2', Ridders", best, NULL);
    s->digits = 6;
    show_residual(s, "its own estimate of its error", estimate);
    show_residual(s, "its error", size(best - d2[1]));
}

static void no_subtraction(show *s, const real d2[4])
{
    enum { ROWS = 3 };
    static const char *const cols[] = {"h", "Im f(x+ih)/h", "its error",
                                       "error of D_0"};
    const published *f = &published_functions[1];
    double table[ROWS][4], h = 0.1;
    for (int r = 0; r < ROWS; r++, h /= 10) {
        double slope = complex_step(f->of_complex, re(x), h);
        real ctr = central_quotient(f->of, x, (real)h);
        double row[] = {h, slope, size((real)slope - d2[1]), size(ctr - d2[1])};
        memcpy(table[r], row, sizeof row);
    }
    show_section(s, "No subtraction at all: the complex step");
    show_equation(s, "1.18", "f'(x) = Im f(x + ih) / h");
    show_table(s, "f_2: the error falls as that of the central quotient", ROWS,
               4, NULL, cols, table);
    show_note(s, "and then it goes on falling, down to the last bit, and stays "
                 "there, since nothing is subtracted:");
    s->digits = 12;
    double tiny = complex_step(f->of_complex, re(x), 1e-200);
    show_value(s, "f_2'", (real)tiny, "Im f_2(%g + 1e-200 i) / 1e-200", re(x));
    show_residual(s, "its error", size((real)tiny - d2[1]));
    s->digits = 6;
}

/* ---- 1.5: the chain rule ------------------------------------------------- */

static void forward_through(show *s, graph *g)
{
    graph_forward(g, a, b, t);
    show_equation(s, "1.19", "u = a b");
    show_value(s, "u", g->u, "%g*%g", re(a), re(b));
    show_equation(s, "1.20", "s = 1/(1 + exp(-u))");
    show_value(s, "s", g->s, "1/(1 + exp(-%.6g))", re(g->u));
    show_equation(s, "1.21", "y = a s");
    show_value(s, "y", g->y, "%g*%.6f", re(a), re(g->s));
    show_equation(s, "1.22", "L = (y - t)^2");
    show_value(s, "L", g->L, "(%.6f - %g)^2", re(g->y), re(t));
}

/* The gradient of L, a line of (1.23) to (1.28) at a time. */
static void backward_through(show *s, const graph *g)
{
    real da = 0, db = 0, dt = 0, dy = 2 * (g->y - t), ds = a * dy;
    real du = g->s * (1 - g->s) * ds;
    show_note(s,
              "Backward, for the loss L: dL = 1, and nothing else comes into "
              "y from outside.");
    graph_backward(&da, &db, &dt, 0, 1, g, a, b, t);
    show_equation(s, "1.23", "dt = -2 (y - t) dL");
    show_value(s, "dt", dt, "-2*(%.6f - %g)*1", re(g->y), re(t));
    show_equation(s, "1.24", "dy = (from outside) + 2 (y - t) dL");
    show_value(s, "dy", dy, "0 + 2*(%.6f - %g)*1", re(g->y), re(t));
    show_equation(s, "1.25", "ds = a dy");
    show_value(s, "ds", ds, "%g*(%.6f)", re(a), re(dy));
    show_equation(s, "1.26", "du = s (1 - s) ds");
    s->digits = 12;
    show_value(s, "s (1 - s)", g->s * (1 - g->s), NULL);
    s->digits = 6;
    show_value(s, "du", du, "%.6f*(%.6f)", re(g->s * (1 - g->s)), re(ds));
    show_equation(s, "1.27", "db = a du");
    show_value(s, "db", db, "%g*(%.6f)", re(a), re(du));
    show_equation(s, "1.28", "da = s dy + b du   (a is used twice)");
    show_value(s, "da", da, "%.6f*(%.6f) + %g*(%.6f)", re(g->s), re(dy), re(b),
               re(du));
}

static void tangent_through(show *s, const graph *g)
{
    real out[2], J[2][3], product[2], w[2] = {R(0.8), R(-0.3)};
    real vu = v[0] * b + a * v[1], vs = g->s * (1 - g->s) * vu;
    graph_tangent(out, v, g, a, b, t);
    show_note(s, "Forward mode: a, b, t move with the speeds v; how fast do y "
                 "and L move?");
    show_equation(s, "1.29", "v_u = v_a b + a v_b");
    show_value(s, "v_u", vu, "%g*%g + %g*(%g)", re(v[0]), re(b), re(a),
               re(v[1]));
    show_equation(s, "1.30", "v_s = s (1 - s) v_u");
    show_value(s, "v_s", vs, "%.6f*(%.6f)", re(g->s * (1 - g->s)), re(vu));
    show_equation(s, "1.31", "v_y = v_a s + a v_s");
    show_value(s, "v_y", out[0], "%g*%.6f + %g*(%.6f)", re(v[0]), re(g->s),
               re(a), re(vs));
    show_equation(s, "1.32", "v_L = 2 (y - t) (v_y - v_t)");
    show_value(s, "v_L", out[1], "2*(%.6f)*(%.6f - %g)", re(g->y - t),
               re(out[0]), re(v[2]));
    show_note(s,
              "All six derivatives at once, the rows y and L, the columns a, "
              "b, t: by three passes forward, then by two backward.");
    show_no_equation(s);
    graph_jacobian_forward(J, g, a, b, t);
    show_matrix(s, "J (forward)", 2, 3, J);
    graph_jacobian_reverse(J, g, a, b, t);
    show_matrix(s, "J (reverse)", 2, 3, J);
    graph_products(product, v, w, g, a, b, t);
    show_equation(s, "1.33", "<J v, w> = <v, J^T w>,  w = (0.8, -0.3)");
    show_value(s, "<J v, w>", product[0], NULL);
    show_value(s, "<v, J^T w>", product[1], NULL);
    show_residual(s, "their difference", size(product[0] - product[1]));
}

static void chain_rule(show *s)
{
    graph g;
    show_section(s, "The chain rule on a small graph");
    forward_through(s, &g);
    backward_through(s, &g);
    tangent_through(s, &g);
}

/* ---- 1.6: the Taylor test ------------------------------------------------ */

/* |L(point + h v) - L(point) - h slope|. */
static double remainder_of(real h, real slope)
{
    graph g0, g1;
    graph_forward(&g0, a, b, t);
    graph_forward(&g1, a + h * v[0], b + h * v[1], t + h * v[2]);
    return size(g1.L - g0.L - h * slope);                           /* (1.34) */
}

static double order_of(double before, double after)
{
    double ratio = before / after;
    return log2(ratio);                                             /* (1.35) */
}

static void taylor_test(program *p)
{
    enum { ROWS = 10, DRAWN = 30, CASES = 3 };
    static const char *const cols[] = {"h",     "G = 0", "1 % wrong",
                                       "order", "right", "order"};
    real J[2][3], slope[CASES] = {0};
    double table[ROWS][6], before[CASES] = {0}, h = 0.25;
    graph g;
    curve c;
    show *s = &p->show;
    graph_forward(&g, a, b, t);
    graph_jacobian_reverse(J, &g, a, b, t);
    for (int i = 0; i < 3; i++)
        slope[2] += J[1][i] * v[i];
    slope[1] = slope[2] + R(0.01) * J[1][0] * v[0]; /* one entry of three */
    show_section(s, "The Taylor test");
    show_equation(s, "1.34", "R(h) = |L(x + h v) - L(x) - h G.v|");
    show_value(s, "G.v", slope[2], "%.6f*%g + %.6f*(%g) + %.6f*%g", re(J[1][0]),
               re(v[0]), re(J[1][1]), re(v[1]), re(J[1][2]), re(v[2]));
    show_equation(s, "1.35", "order = log2(R(2h) / R(h))");
    program_curve(p, &c, "taylor", "h none wrong right");
    for (int r = 0; r < DRAWN; r++, h /= 2) {
        double R_[CASES], row[4] = {h};
        for (int k = 0; k < CASES; k++) {
            R_[k] = remainder_of((real)h, slope[k]);
            row[k + 1] = R_[k] < 1e-17 ? 1e-17 : R_[k];
        }
        curve_row(&c, 4, row);
        if (r < ROWS) {
            double line[] = {h,     R_[0],
                             R_[1], r ? order_of(before[1], R_[1]) : NO_VALUE,
                             R_[2], r ? order_of(before[2], R_[2]) : NO_VALUE};
            memcpy(table[r], line, sizeof line);
        }
        memcpy(before, R_, sizeof R_);
    }
    program_curve_end(p, &c);
    show_table(s, "R(h) for three gradients G", ROWS, 6, NULL, cols, table);
}

/* ---- 1.7: a kink --------------------------------------------------------- */

static void kinks(show *s)
{
    enum { ROWS = 6 };
    static const char *const rows[ROWS] = {
        "|x| at 0, h = 0.1",     "|x| at 0, h = 0.001",
        "relu at 0, h = 0.1",    "relu at 0, h = 0.001",
        "relu at 0.01, h = 0.1", "relu at 0.01, h = 0.001"};
    static const char *const cols[] = {"left", "right", "central"};
    static const double at[ROWS] = {0, 0, 0, 0, 0.01, 0.01};
    static const double step[ROWS] = {0.1, 0.001, 0.1, 0.001, 0.1, 0.001};
    double table[ROWS][3];
    for (int r = 0; r < ROWS; r++) {
        function f = r < 2 ? absolute_of : relu_of;
        real point = (real)at[r], h = (real)step[r];
        table[r][0] = re(backward_quotient(f, point, h));
        table[r][1] = re(forward_quotient(f, point, h));
        table[r][2] = re(central_quotient(f, point, h));
    }
    show_section(s, "A kink has two slopes");
    show_equation(s, "1.36", "relu(x) = x where x > 0, else 0");
    show_value(s, "relu(-0.5)", relu_of(R(-0.5)), NULL);
    show_value(s, "relu(0.5)", relu_of(R(0.5)), NULL);
    show_equation(s, "1.37",
                  "left = (f(x) - f(x-h)) / h,  right = (f(x+h) - "
                  "f(x)) / h");
    show_table(s, "slopes on both sides", ROWS, 3, rows, cols, table);
}

/* ---- 1.8: a test that cannot fail ---------------------------------------- */

/* The largest |dz| and the largest |dz - right|, zero where it is rounding. */
static void try_mistake(double row[2], mistake which, const real incoming[N])
{
    real p[N], dz[N] = {0}, right[N] = {0};
    softmax_of(N, p, z);
    softmax_mistake(which, N, dz, incoming, p);
    softmax_mistake(RIGHT, N, right, incoming, p);
    row[0] = row[1] = 0;
    for (int n = 0; n < N; n++) {
        row[0] = fmax(row[0], size(dz[n]));
        row[1] = fmax(row[1], size(dz[n] - right[n]));
    }
    for (int k = 0; k < 2; k++)
        row[k] = row[k] < 1000 * EPSILON ? 0 : row[k];
}

static void cannot_fail(show *s)
{
    static const char *const cols[] = {"ones: max|dz|", "ones: error",
                                       "up: max|dz|", "up: error"};
    const real ones[N] = {1, 1, 1, 1};
    real p[N], dz[N] = {0};
    double table[MISTAKES][4];
    for (int k = 0; k < MISTAKES; k++) {
        try_mistake(&table[k][0], (mistake)k, ones);
        try_mistake(&table[k][2], (mistake)k, up);
    }
    show_section(s, "A test that cannot fail: the sum of a softmax");
    softmax_of(N, p, z);
    show_note(s, "The logits z, and the numbers that come in:");
    show_vector(s, "z", N, z);
    show_vector(s, "up", N, up);
    show_equation(s, "1.38", "p_n = exp(z_n) / sum_m exp(z_m)");
    show_vector(s, "p", N, p);
    show_equation(s, "1.39", "dz_n = p_n (dp_n - sum_m p_m dp_m)");
    softmax_mistake(RIGHT, N, dz, up, p);
    show_vector(s, "dz, for dp up", N, dz);
    show_equation(s, "1.40", "L = sum_n dp_n p_n");
    show_value(s, "L, for dp up", softmax_loss(N, z, up), NULL);
    show_value(s, "L, for dp all ones", softmax_loss(N, z, ones), NULL);
    show_table(s, "seven wrong backwards, two incoming gradients", MISTAKES, 4,
               mistake_names, cols, table);
    show_note(s, "(Errors that are rounding stand as 0.)");
}

static void worked_example(program *p)
{
    real d1[4], d2[4];
    two_values(&p->show, d1, d2);
    optimum(&p->show, d1, d2);
    extrapolation(&p->show, d2);
    no_subtraction(&p->show, d2);
    chain_rule(&p->show);
    taylor_test(p);
    kinks(&p->show);
    cannot_fail(&p->show);
}

static void experiment(program *p)
{
    error_against_step(p, x);
    noise_measured(p, x);
    float_beside_double(p, x);
}

static const program_about about = {
    .name = "01_derivatives",
    .title = "Derivatives: how to know that yours is right",
    .seeds = sizeof(real) == sizeof(float) ? 0 : 1,
    .verification = 9,
    SETTINGS(settings),
    .example = worked_example,
    .verify = derivative_checks,
    .experiment = experiment,
};

int main(int argc, char **argv)
{
    return program_run(&about, argc, argv);
}
