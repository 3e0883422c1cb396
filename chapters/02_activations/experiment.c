/* SPDX-License-Identifier: MIT */
#include "chapters/02_activations/experiment.h"

#include <float.h>
#include <stdlib.h>

#include "chapters/02_activations/activations.h"
#include "chapters/02_activations/naive.h"
#include "lib/sample.h"

/* ---- shapes and slopes --------------------------------------------------- */

enum { SHAPES = 6 };

static const char *const shape_names[SHAPES] = {"sigmoid", "tanh",     "ReLU",
                                                "RReLU",   "softplus", "GELU"};

/* The values and the slopes at one z, in the order of the names above; RReLU
 * as it is evaluated, with the usual slopes. */
static void all_at(double at, double a[SHAPES], double slope[SHAPES])
{
    const double mean = rrelu_mean_slope(1.0 / 8, 1.0 / 3);
    const real z = (real)at, one = 1;
    real x[SHAPES], d[SHAPES] = {0};
    sigmoid_forward(1, &x[0], &z);
    sigmoid_backward(1, &d[0], &one, &x[0]);
    tanh_forward(1, &x[1], &z);
    tanh_backward(1, &d[1], &one, &x[1]);
    relu_forward(1, &x[2], &z);
    relu_backward(1, &d[2], &one, &z);
    leaky_relu_forward(1, &x[3], mean, &z);
    leaky_relu_backward(1, &d[3], &one, mean, &z);
    softplus_forward(1, &x[4], &z);
    softplus_backward(1, &d[4], &one, &z);
    gelu_forward(1, &x[5], &z);
    gelu_backward(1, &d[5], &one, &z);
    for (int i = 0; i < SHAPES; i++) {
        a[i] = re(x[i]);
        slope[i] = re(d[i]);
    }
}

/* How far the tanh form of GELU lies from the other, and its slope. */
static void gelu_gap(double at, double *value, double *slope)
{
    const real z = (real)at, one = 1;
    real a, b, da = 0, db = 0;
    gelu_forward(1, &a, &z);
    gelu_backward(1, &da, &one, &z);
    gelu_tanh_forward(1, &b, &z);
    gelu_tanh_backward(1, &db, &one, &z);
    *value = re(b - a);
    *slope = re(db - da);
}

/* Columns: z, six values, six slopes, and by how much the GELUs differ. At the
 * kink z = 0 the slope's curve is broken. */
static void shape_curve(program *p)
{
    enum { POINTS = 321, LAST = 1 + 2 * SHAPES };
    curve c;
    program_curve(p, &c, "shapes",
                  "z sigmoid tanh relu rrelu softplus gelu dsigmoid dtanh "
                  "drelu drrelu dsoftplus dgelu gelu_gap dgelu_gap");
    for (int i = 0; i < POINTS; i++) {
        double row[LAST + 2];
        row[0] = -5 + i / 32.0;
        all_at(row[0], row + 1, row + 1 + SHAPES);
        gelu_gap(row[0], &row[LAST], &row[LAST + 1]);
        curve_row(&c, LAST + 2, row);
    }
    program_curve_end(p, &c);
}

void experiment_shapes(program *p)
{
    enum { ROWS = 9 };
    static const double z[ROWS] = {-20, -5, -2, -1, 0, 1, 2, 5, 20};
    double slopes[ROWS][SHAPES], a[SHAPES];
    const char *rows[ROWS];
    char names[ROWS][16];
    show_section(&p->show, "Experiment: shapes and slopes");
    show_note(&p->show, "All activations side by side; RReLU is evaluated with "
                        "its mean slope. At z = 0 ReLU and RReLU have a kink: "
                        "the slope is the left one.");
    for (int r = 0; r < ROWS; r++) {
        all_at(z[r], a, slopes[r]);
        snprintf(names[r], sizeof names[r], "%g", z[r]);
        rows[r] = names[r];
    }
    show_table(&p->show, "slope at z", ROWS, SHAPES, rows, shape_names, slopes);
    shape_curve(p);
}

/* ---- many draws ---------------------------------------------------------- */

static void keep(spread s, double three[3])
{
    three[0] = s.least;
    three[1] = s.median;
    three[2] = s.most;
}

enum { DRAWS = 10000 };

/* Mean and variance of what DRAWS draws gave. */
static void moments(const real a[DRAWS], double *mean, double *variance)
{
    double sum = 0, squares = 0;
    for (int i = 0; i < DRAWS; i++)
        sum += re(a[i]);
    *mean = sum / DRAWS;
    for (int i = 0; i < DRAWS; i++)
        squares += (re(a[i]) - *mean) * (re(a[i]) - *mean);
    *variance = squares / (DRAWS - 1);
}

void experiment_draws(program *p, double x, double lo, double hi,
                      double dropped)
{
    static const char *const rows[] = {"RReLU, mean", "RReLU, variance",
                                       "dropout, mean", "dropout, variance"};
    static const char *const cols[] = {"minimum", "median", "maximum",
                                       "predicted"};
    static real z[DRAWS], drawn[DRAWS], a[DRAWS];
    const int n = p->seeds;
    const double slope = x > 0 ? 1 : rrelu_mean_slope(lo, hi);
    const double variance = x > 0 ? 0 : x * x * (hi - lo) * (hi - lo) / 12;
    double found[4][n], t[4][4] = {{[3] = slope * x},
                                   {[3] = variance},
                                   {[3] = x},
                                   {[3] = x * x * dropped / (1 - dropped)}};
    for (int i = 0; i < DRAWS; i++)
        z[i] = (real)x;
    for (int i = 0; i < n; i++) {
        rng g = rng_new(p->seed + (uint64_t)i, 3);
        rrelu_draw(DRAWS, drawn, lo, hi, &g);
        rrelu_forward(DRAWS, a, drawn, z);
        moments(a, &found[0][i], &found[1][i]);
        dropout_draw(DRAWS, drawn, dropped, &g);
        dropout_forward(DRAWS, a, drawn, z);
        moments(a, &found[2][i], &found[3][i]);
        program_progress(p, i + 1, n);
    }
    for (int k = 0; k < 4; k++)
        keep(spread_of(n, found[k]), t[k]);
    show_section(&p->show, "Experiment: many draws");
    show_note(&p->show,
              "%d draws at x for each of %d seeds, beside what "
              "(2.15), (2.16), (2.20) and (2.21) predict:",
              DRAWS, n);
    show_table(&p->show, "RReLU and dropout", 4, 4, rows, cols, t);
}

/* ---- digits lost --------------------------------------------------------- */

/* The relative error, at least 1e-17, so that a logarithmic axis can show it;
 * NaN where the right value is too small for all the digits of a double. */
static double error_of(double got, long double right)
{
    long double e = ((long double)got - right) / right;
    if (right < (long double)DBL_MIN && right > -(long double)DBL_MIN)
        return (double)NAN;
    return fmax((double)(e < 0 ? -e : e), 1e-17);
}

enum { SMALL = 6, LARGE = 6 };

/* Columns for a small x: naive and stable log(1+x), exp(x)-1, tanh(x). The
 * right value comes from long double, which has more digits on most machines.
 */
static void small_errors(double x, double e[SMALL])
{
    const long double wide = (long double)x;
    const long double l = log1pl(wide), m = expm1l(wide), h = tanhl(wide);
    e[0] = error_of(log(1 + x), l);
    e[1] = error_of(log1p(x), l);
    e[2] = error_of(exp(x) - 1, m);
    e[3] = error_of(expm1(x), m);
    e[4] = error_of(re(naive_tanh((real)x)), h);
    e[5] = error_of(tanh(x), h);
}

/* Columns for z = -x, x > 0: naive and stable softplus(-x), 1 - sigmoid(x) and
 * sigmoid(-x), naive and stable GELU(-x). */
static void large_errors(double x, double e[LARGE])
{
    static const long double root_half =
        0.707106781186547524400844362104849039L;
    const long double wide = (long double)x, tail = expl(-wide);
    const long double s = log1pl(tail), c = tail / (1 + tail);
    const long double g = -wide * erfcl(wide * root_half) / 2;
    const real z = (real)-x;
    real a;
    e[0] = error_of(re(naive_softplus(z)), s);
    e[1] = error_of(re(softplus(z)), s);
    e[2] = error_of(re(1 - sigmoid(-z)), c);
    e[3] = error_of(re(sigmoid(z)), c);
    gelu_forward(1, &a, &z);
    e[4] = error_of(re(naive_gelu(z)), g);
    e[5] = error_of(re(a), g);
}

static void error_curves(program *p)
{
    enum { STEPS = 64, REACH = 180 };
    curve c;
    program_curve(p, &c, "small",
                  "x log(1+x) log1p exp(x)-1 expm1 naive_tanh tanh");
    double x = 1;
    for (int i = 0; i <= STEPS; i++, x *= 0.56234132519034907) { /* 10^(-1/4) */
        double row[1 + SMALL] = {x};
        small_errors(x, row + 1);
        curve_row(&c, 1 + SMALL, row);
    }
    program_curve_end(p, &c);
    program_curve(p, &c, "large",
                  "x naive_softplus softplus 1-sigmoid(x) sigmoid(-x) "
                  "naive_gelu gelu");
    for (int i = 1; i <= REACH; i++) {
        double row[1 + LARGE] = {i / 4.0};
        large_errors(row[0], row + 1);
        curve_row(&c, 1 + LARGE, row);
    }
    program_curve_end(p, &c);
}

double tanh_condition(double z)
{
    double s = sinh(z);
    return s * s;                                                   /* (2.37) */
}

/* Columns: z; the slope of tanh from a, from z; that of the sigmoid from a,
 * from z. A slope of exactly 0 has no place on a logarithmic axis. */
static void saturation_curve(program *p)
{
    enum { POINTS = 451 };
    curve c;
    program_curve(p, &c, "saturation",
                  "z tanh_from_a tanh_from_z sigmoid_from_a sigmoid_from_z");
    for (int i = 0; i < POINTS; i++) {
        const real z = (real)(i / 10.0), one = 1;
        real t, s, dt = 0, ds = 0;
        tanh_forward(1, &t, &z);
        tanh_backward(1, &dt, &one, &t);
        sigmoid_forward(1, &s, &z);
        sigmoid_backward(1, &ds, &one, &s);
        double none = (double)NAN;
        double row[] = {re(z), re(dt) > 0 ? re(dt) : none, re(tanh_slope(z)),
                        re(ds) > 0 ? re(ds) : none, re(sigmoid_slope(z))};
        curve_row(&c, 5, row);
    }
    program_curve_end(p, &c);
}

/* What is left of the slope 1 - a^2 as tanh saturates. */
static void slope_table(show *s)
{
    enum { ROWS = 8 };
    static volatile const double at[ROWS] = {1, 2, 5, 10, 15, 18, 19, 20};
    static const char *const cols[] = {"z", "1 - a^2", "from z", "rel. error",
                                       "bound"};
    double t[ROWS][5];
    for (int r = 0; r < ROWS; r++) { /* volatile: no compiler folds sinh */
        const real z = (real)at[r], one = 1;
        real a, d = 0, right = tanh_slope(z);
        tanh_forward(1, &a, &z);
        tanh_backward(1, &d, &one, &a);
        double wrong = re(real_abs((d - right) / right));
        double row[] = {at[r], re(d), re(right), wrong,
                        tanh_condition(at[r]) * 0x1p-52};
        for (int i = 0; i < 5; i++)
            t[r][i] = row[i];
    }
    show_equation(s, "2.37", "condition = sinh(z)^2; bound = condition * eps");
    show_table(s, "slope of tanh from its output", ROWS, 5, NULL, cols, t);
}

void experiment_digits(program *p)
{
    enum { ROWS = 5 };
    static volatile const double tiny[ROWS] = {1, 1e-4, 1e-8, 1e-12, 1e-16};
    static volatile const double far[ROWS] = {1, 5, 8, 30, 40};
    static const char *const tiny_rows[] = {"1", "1e-4", "1e-8", "1e-12",
                                            "1e-16"};
    static const char *const far_rows[] = {"-1", "-5", "-8", "-30", "-40"};
    static const char *const small_names[] = {
        "log(1+x)", "log1p", "exp(x)-1", "expm1", "naive tanh", "tanh"};
    static const char *const large_names[] = {
        "log(1+e^z)", "softplus", "1-s(-z)", "s(z)", "1+erf GELU", "erfc GELU"};
    double small[ROWS][SMALL], large[ROWS][LARGE];
    show_section(&p->show, "Experiment: digits lost");
    show_note(&p->show, "Relative errors of a double. Near zero a difference "
                        "of two numbers near 1 has lost its digits; 1 means "
                        "that none is left, about 1e-16 or less that all are "
                        "right (an error below 1e-17 is shown as 1e-17):");
    for (int r = 0; r < ROWS; r++) {
        small_errors(tiny[r], small[r]);
        large_errors(far[r], large[r]);
    }
    show_table(&p->show, "relative error at x", ROWS, SMALL, tiny_rows,
               small_names, small);
    show_note(&p->show, "Far to the left; s is the sigmoid:");
    show_table(&p->show, "relative error at z", ROWS, LARGE, far_rows,
               large_names, large);
    slope_table(&p->show);
    error_curves(p);
    saturation_curve(p);
}

/* ---- a target out of reach ----------------------------------------------- */

/* [reach] */
real reach_loss(real *dw, double y, real w)
{
    real a;
    tanh_forward(1, &a, &w);
    real da = 2 * (a - (real)y);
    tanh_backward(1, dw, &da, &a);                                  /* (2.39) */
    return (a - (real)y) * (a - (real)y);                           /* (2.38) */
}
/* [reach] */

double reach_weight(double y, double rate, double t)
{
    return log(16 * rate * (y - 1) * t) / 2;                        /* (2.40) */
}

double reach_excess(double rate, double t)
{
    return 1 / (4 * rate * t);                                      /* (2.41) */
}

enum { STEPS = 100000, DECADES = 6 };

static const double within = 0.9; /* a target that tanh can reach */

/* Three weights on their way, and their losses. */
typedef struct descent {
    double w[3], loss[3]; /* tanh to y, tanh to 0.9, linear to y */
} descent;

/* One step of each; loss is that before the step. */
static void step(descent *d, double y, double rate)
{
    real dw[3] = {0};
    d->loss[0] = re(reach_loss(&dw[0], y, (real)d->w[0]));
    d->loss[1] = re(reach_loss(&dw[1], within, (real)d->w[1]));
    d->loss[2] = (d->w[2] - y) * (d->w[2] - y);
    dw[2] = (real)(2 * (d->w[2] - y));
    for (int i = 0; i < 3; i++)
        d->w[i] -= rate * re(dw[i]);
}

/* A prediction is for many steps: where it is not positive there is none. */
static double positive(double x)
{
    return x > 0 ? x : (double)NAN;
}

enum { ROW = 6 };

/* One descent from w = 0: its curve, and a row of the table at each power of
 * ten. */
static void one_descent(program *p, double y, double rate,
                        double table[DECADES][ROW])
{
    const double floor = (y - 1) * (y - 1);
    descent d = {.w = {0}};
    curve c;
    int rows = 0, decade = 1;
    double next = 1;
    program_curve(p, &c, "reach",
                  "t loss loss_within loss_linear w w_law excess excess_law "
                  "w_linear");
    for (int t = 0; t <= STEPS; t++) {
        double w = d.w[0], linear = d.w[2];
        step(&d, y, rate);
        if (t < next)
            continue;
        next = t * 1.1;
        double above = d.loss[0] - floor, above_law = reach_excess(rate, t);
        double law = positive(reach_weight(y, rate, t));
        double row[] = {t,
                        d.loss[0],
                        positive(d.loss[1]),
                        positive(d.loss[2]),
                        w,
                        law,
                        above,
                        above_law,
                        linear};
        curve_row(&c, 9, row);
    }
    program_curve_end(p, &c);
    d = (descent){.w = {0}};
    for (int t = 0; t <= STEPS && rows < DECADES; t++) {
        double w = d.w[0];
        step(&d, y, rate);
        if (t != decade)
            continue;
        double row[] = {t,
                        d.loss[0],
                        d.loss[0] - floor,
                        reach_excess(rate, t),
                        w,
                        positive(reach_weight(y, rate, t))};
        for (int i = 0; i < ROW; i++)
            table[rows][i] = row[i];
        rows++;
        decade *= 10;
    }
}

/* Descents from as many starts as there are seeds, w uniform in [-2, 2). */
static void many_descents(program *p, double y, double rate)
{
    static const char *const rows[] = {"loss, tanh", "weight, tanh",
                                       "loss, tanh to 0.9", "loss, linear"};
    static const char *const cols[] = {"minimum", "median", "maximum"};
    enum { STARTED = 10000 };
    const int n = p->seeds;
    double end[4][n], t[4][3];
    for (int i = 0; i < n; i++) {
        rng g = rng_new(p->seed + (uint64_t)i, 4);
        descent d;
        for (int k = 0; k < 3; k++)
            d.w[k] = rng_between(&g, -2, 2);
        for (int k = 0; k < STARTED; k++)
            step(&d, y, rate);
        end[0][i] = d.loss[0];
        end[1][i] = d.w[0];
        end[2][i] = d.loss[1];
        end[3][i] = d.loss[2];
        program_progress(p, i + 1, n);
    }
    for (int k = 0; k < 4; k++)
        keep(spread_of(n, end[k]), t[k]);
    show_note(&p->show,
              "The same from %d starts between -2 and 2, after %d "
              "steps. A second target, 0.9, tanh can reach:",
              n, STARTED);
    show_table(&p->show, "over the starts", 4, 3, rows, cols, t);
}

void experiment_reach(program *p, double y, double rate)
{
    static const char *const cols[ROW] = {"t",      "loss", "excess",
                                          "(2.41)", "w",    "(2.40)"};
    double t[DECADES][ROW];
    show_section(&p->show, "Experiment: a target out of reach");
    show_note(&p->show, "Gradient descent from w = 0; t counts the steps, "
                        "excess is the loss above (y - 1)^2. Beside excess "
                        "and w stand their laws (2.41) and (2.40).");
    one_descent(p, y, rate, t);
    show_table(&p->show, "descent towards y", DECADES, ROW, NULL, cols, t);
    many_descents(p, y, rate);
}
