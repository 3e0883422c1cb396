/* SPDX-License-Identifier: MIT */
#include "chapters/01_derivatives/experiment.h"

#include <stdio.h>
#include <string.h>

#include "chapters/01_derivatives/quotients.h"

/* ---- the error against the step ------------------------------------------ */

/* Steps from 0.1 down, four in each power of ten. */
enum { PER_DECADE = 4, DECADES = 19, STEPS = PER_DECADE * DECADES };
enum { FORWARD, CENTRAL, RIDDERS_, COMPLEX, METHODS };

static double step_of(int i)
{
    static const double quarter[PER_DECADE] = {
        1, 0.56234132519034908, 0.31622776601683794, 0.17782794100389229};
    double h = 0.1;
    for (int k = 0; k < i / PER_DECADE; k++)
        h /= 10;
    return h * quarter[i % PER_DECADE];
}

/* |value - truth| relative to the truth. */
static double relative(real value, real truth)
{
    return re(real_abs(value - truth)) / re(real_abs(truth));
}

/* The relative errors of the four methods; e[METHODS] is Ridders' own
 * estimate. */
static void errors_at(double e[METHODS + 1], const published *f, real x,
                      real slope, double h)
{
    real a[RIDDERS][RIDDERS];
    double estimate;
    e[FORWARD] = relative(forward_quotient(f->of, x, (real)h), slope);
    e[CENTRAL] = relative(central_quotient(f->of, x, (real)h), slope);
    e[RIDDERS_] = relative(ridders(a, &estimate, f->of, x, (real)h), slope);
    e[COMPLEX] = relative((real)complex_step(f->of_complex, re(x), h), slope);
    e[METHODS] = isfinite(estimate) ? estimate / re(real_abs(slope)) : NO_VALUE;
}

/* An error of 0 has no place on a logarithmic axis: it is drawn at eps/2. */
static double drawn(double error)
{
    return error < EPSILON / 2 ? EPSILON / 2 : error;
}

/* The slope of log error against log h between two steps, by least squares. */
static double fitted_slope(const double error[STEPS], double from, double to)
{
    double sx = 0, sy = 0, sxx = 0, sxy = 0, n = 0;
    for (int i = 0; i < STEPS; i++) {
        double h = step_of(i);
        if (h > from * 1.1 || h < to * 0.9 || !(error[i] > 0))
            continue;
        double lx = log(h), ly = log(error[i]);
        sx += lx, sy += ly, sxx += lx * lx, sxy += lx * ly;
        n++;
    }
    return (n * sxy - sx * sy) / (n * sxx - sx * sx);
}

/* How the methods end up: predicted and found optimum, slopes on both sides. */
static void best_steps(program *p, int which, const real d[4],
                       const double error[METHODS][STEPS])
{
    static const char *const rows[] = {"forward", "central", "Ridders",
                                       "complex"};
    static const char *const cols[] = {"h pred.", "error <=",   "h found",
                                       "error",   "truncation", "rounding"};
    double x[METHODS][6], slope = re(real_abs(d[1]));
    double h[2] = {forward_optimum(d, EPSILON), central_optimum(d, EPSILON)};
    double e[2] = {forward_error(d, EPSILON, h[0]),
                   central_error(d, EPSILON, h[1])};
    char name[80];
    curve c;
    snprintf(name, sizeof name, "optimum_%d", which + 1);
    program_curve(p, &c, name, "h error (forward, then central; predicted)");
    for (int m = 0; m < METHODS; m++) {
        int best = 0;
        for (int i = 1; i < STEPS; i++)
            if (error[m][i] < error[m][best])
                best = i;
        bool predicted = m <= CENTRAL;
        x[m][0] = predicted ? h[m] : NO_VALUE;
        x[m][1] = predicted ? e[m] / slope : NO_VALUE;
        x[m][2] = m == COMPLEX ? NO_VALUE : step_of(best);
        x[m][3] = error[m][best];
        x[m][4] = m == RIDDERS_ ? NO_VALUE : fitted_slope(error[m], 1e-2, 1e-4);
        x[m][5] = predicted ? fitted_slope(error[m], 1e-9, 1e-13) : NO_VALUE;
        if (predicted)
            curve_row(&c, 2, x[m]);
    }
    program_curve_end(p, &c);
    snprintf(
        name, sizeof name,
        "f_%d: the best step, and the slopes of truncation and of rounding",
        which + 1);
    show_table(&p->show, name, METHODS, 6, rows, cols, x);
}

/* The figure of the paper: from 1e-8 on the complex step is exact. */
static void compare_with_paper(program *p, const double error[STEPS])
{
    paper floor = {.source =
                       "Martins, Sturdza and Alonso 2003, errors against h",
                   .quantity = "largest error of the complex step, h <= 1e-8",
                   .says = "no error beyond that of the machine",
                   .lo = 0,
                   .hi = 4.5e-16};
    for (int i = 0; i < STEPS; i++)
        if (step_of(i) <= 1.0001e-8)
            floor.value = fmax(floor.value, error[i]);
    show_paper(&p->show, &floor);
}

static void errors_of(program *p, int which, real x)
{
    enum { ROWS = 18 };
    static const char *const cols[] = {"h",       "forward",  "central",
                                       "Ridders", "estimate", "complex"};
    const published *f = &published_functions[which];
    double table[ROWS][6], error[METHODS][STEPS], e[METHODS + 1];
    real d[4];
    char name[80];
    curve c;
    published_derivatives(d, f, x);
    snprintf(name, sizeof name, "error_%d", which + 1);
    program_curve(p, &c, name,
                  "h forward central Ridders complex "
                  "forward_predicted central_predicted");
    for (int i = 0; i < STEPS; i++) {
        double h = step_of(i), slope = re(real_abs(d[1]));
        errors_at(e, f, x, d[1], h);
        for (int m = 0; m < METHODS; m++)
            error[m][i] = e[m];
        double row[] = {h,
                        drawn(e[FORWARD]),
                        drawn(e[CENTRAL]),
                        drawn(e[RIDDERS_]),
                        drawn(e[COMPLEX]),
                        forward_error(d, EPSILON, h) / slope,
                        central_error(d, EPSILON, h) / slope};
        curve_row(&c, 7, row);
    }
    program_curve_end(p, &c);
    for (int r = 0; r < ROWS; r++) { /* 1e-1 to 1e-16, then two tiny steps */
        double h = r < 16 ? step_of(PER_DECADE * r) : r == 16 ? 1e-20 : 1e-200;
        errors_at(e, f, x, d[1], h);
        double row[] = {h,           e[FORWARD], e[CENTRAL],
                        e[RIDDERS_], e[METHODS], e[COMPLEX]};
        memcpy(table[r], row, sizeof row);
    }
    snprintf(name, sizeof name, "f_%d: relative error against the step",
             which + 1);
    show_table(&p->show, name, ROWS, 6, NULL, cols, table);
    best_steps(p, which, d, error);
    if (which == 1)
        compare_with_paper(p, error[COMPLEX]);
}

void error_against_step(program *p, real x)
{
    show_section(&p->show, "Experiment: the error against the step");
    show_note(&p->show,
              "Relative errors. Ridders begins with the step h and halves it; "
              "the column after it is its own estimate of its error. Where "
              "x + h is x itself there is no quotient (-).");
    for (int which = 0; which < 2; which++)
        errors_of(p, which, x);
}

/* ---- measured noise ------------------------------------------------------ */

/* A loss that cancels inside: the value is that of f_2, the noise that of K. */
#define CANCELS(name, K)                                                       \
    static real name(real x)                                                   \
    {                                                                          \
        real large = (real)(K);                                                \
        return (large + martins(x)) - large;                                   \
    }
CANCELS(cancels_1, 1e0)
CANCELS(cancels_1e3, 1e3)
CANCELS(cancels_1e6, 1e6)
CANCELS(cancels_1e9, 1e9)

enum { LOSSES = 6, VALUES = 64 };

static const function losses[LOSSES] = {squire_trapp, martins,     cancels_1,
                                        cancels_1e3,  cancels_1e6, cancels_1e9};

/* Noise against spacing: far apart the fourth difference is the function's
 * own, close together it is noise. */
static void noise_curve(program *p, real x)
{
    curve c;
    program_curve(p, &c, "noise", "h f_2 K_1e3 K_1e6 eps_f_2");
    double h = 0x1p-8;
    for (int k = 8; k <= 40; k++, h /= 2) {
        double row[] = {h, measured_noise(martins, VALUES, x, (real)h),
                        measured_noise(cancels_1e3, VALUES, x, (real)h),
                        measured_noise(cancels_1e6, VALUES, x, (real)h),
                        EPSILON * re(real_abs(martins(x)))};
        curve_row(&c, 5, row);
    }
    program_curve_end(p, &c);
}

void noise_measured(program *p, real x)
{
    static const char *const rows[LOSSES] = {"f_1",     "f_2",     "K = 1",
                                             "K = 1e3", "K = 1e6", "K = 1e9"};
    static const char *const cols[] = {"eps |f|", "measured", "error",
                                       "eps-bound", "meas.bound"};
    double table[LOSSES][5];
    show *s = &p->show;
    show_section(s, "Experiment: measured noise");
    show_equation(s, "1.41",
                  "D4_i = f_i - 4 f_(i+1) + 6 f_(i+2) - 4 f_(i+3) "
                  "+ f_(i+4)");
    real weight[] = {1, -4, 6, -4, 1}, sum = 0;
    for (int k = 0; k < 5; k++)
        sum += weight[k] * weight[k];
    show_value(s, "sum of the squared weights", sum,
               "1^2 + 4^2 + 6^2 + 4^2 + 1^2");
    show_equation(s, "1.42", "sigma = sqrt(mean of D4^2 / 70)");
    for (int i = 0; i < LOSSES; i++) {
        real d[4];
        published_derivatives(d, &published_functions[i > 0], x);
        double h = central_optimum(d, EPSILON);
        real q = central_quotient(losses[i], x, (real)h);
        table[i][0] = EPSILON * re(real_abs(d[0]));
        table[i][1] = measured_noise(losses[i], VALUES, x, (real)0x1p-20);
        table[i][2] = re(real_abs(q - d[1]));
        table[i][3] = central_error(d, EPSILON, h);
        table[i][4] = h * h * re(real_abs(d[3])) / 6 + /* six deviations */
                      6 * table[i][1] / sqrt(2.0) / h;
    }
    show_table(s, "noise of f_1, of f_2 and of (K + f_2) - K", LOSSES, 5, rows,
               cols, table);
    show_note(s,
              "error: of the central quotient at the step that eps|f| "
              "predicts. The bound from eps|f| is broken as soon as the loss "
              "cancels inside; the bound from the measured noise holds.");
    noise_curve(p, x);
}

/* ---- float beside double ------------------------------------------------- */

void float_beside_double(program *p, real x)
{
    enum { ROWS = 15 };
    static const char *const cols[] = {"h", "fwd float", "ctr float",
                                       "fwd double", "ctr double"};
    static const char *const names[] = {"h_+ of f_2 in float",
                                        "h_0 of f_2 in float"};
    const published *f = &published_functions[1];
    float xf = (float)re(x);
    double table[ROWS][5];
    real d[4], df[4];
    curve c;
    published_derivatives(d, f, x);
    published_derivatives(df, f, (real)xf);
    show_section(&p->show, "Experiment: float beside double");
    program_curve(p, &c, "float",
                  "h forward_float central_float forward central");
    for (int i = 0; i < ROWS * PER_DECADE; i++) {
        double h = step_of(i);
        real fwd = (real)forward_float(f->of_float, xf, (float)h);
        real ctr = (real)central_float(f->of_float, xf, (float)h);
        double row[] = {h, relative(fwd, df[1]), relative(ctr, df[1]),
                        relative(forward_quotient(f->of, x, (real)h), d[1]),
                        relative(central_quotient(f->of, x, (real)h), d[1])};
        if (i % PER_DECADE == 0)
            memcpy(table[i / PER_DECADE], row, sizeof row);
        for (int k = 1; k < 5; k++)
            row[k] = row[k] < EPSILON / 2 ? EPSILON / 2 : row[k];
        curve_row(&c, 5, row);
    }
    program_curve_end(p, &c);
    show_table(&p->show, "f_2: relative error against the step", ROWS, 5, NULL,
               cols, table);
    double eps = (double)FLT_EPSILON, slope = re(real_abs(d[1]));
    double h[2] = {forward_optimum(d, eps), central_optimum(d, eps)};
    double e[2] = {forward_error(d, eps, h[0]), central_error(d, eps, h[1])};
    program_curve(p, &c, "float_optimum", "h error (forward, then central)");
    for (int k = 0; k < 2; k++) {
        double row[] = {h[k], e[k] / slope};
        curve_row(&c, 2, row);
        show_value(&p->show, names[k], (real)h[k], NULL);
    }
    program_curve_end(p, &c);
    show_value(&p->show, "E_+(h_+) / |f_2'| in float", (real)(e[0] / slope),
               NULL);
    show_value(&p->show, "E_0(h_0) / |f_2'| in float", (real)(e[1] / slope),
               NULL);
}
