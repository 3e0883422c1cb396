/* SPDX-License-Identifier: MIT */
#include "chapters/03_cross_entropy/experiment.h"

#include <stdlib.h>
#include <string.h>

#include "chapters/02_activations/activations.h"
#include "chapters/03_cross_entropy/logistic.h"
#include "chapters/03_cross_entropy/losses.h"
#include "lib/sample.h"

enum { N = 4, D = 2 };

static const real points[N][D] = {{1, 2}, {2, 3}, {3, 4}, {4, 5}};
static const real separable[N] = {0, 0, 1, 1}, mixed[N] = {0, 1, 0, 1};

/* ---- data that a line separates, and data that none does ----------------- */

prediction predict_separable(double time)
{
    double inner[2] = {11, 15}; /* alpha of the points (3,4) and (2,3) */
    prediction p = {.loss = (inner[0] + inner[1]) / time};          /* (3.57) */
    for (int k = 0; k < 2; k++)
        p.z[k] = log(time / (N * inner[k]));                        /* (3.58) */
    /* On the line x_2 = x_1 + 1 of the points, z = slope x_1 + start. */
    double slope = p.z[0] + p.z[1];
    double start = -p.z[1] - 2 * slope;
    double w1 = (2 * slope - start) / 3, b = (2 * start - slope) / 3;
    p.norm = hypot(w1, w1 + b);
    return p;
}

void learner_step(learner *l, double rate, const real y[4])
{
    real z[N], dw[D] = {0}, db = 0, dx[N][D] = {{0}}, dy[N] = {0};
    l->loss = re(logistic_forward(N, D, z, l->w, l->b, points, y));
    logistic_backward(N, D, dw, &db, dx, dy, 1, z, l->w, points, y);
    logistic_step(D, l->w, &l->b, rate, dw, db);
}

static double norm(const learner *l)
{
    return hypot(re(l->w[0]), re(l->w[1]));
}

/* The angle between (w, b) and (3, -1, -4), in degrees. */
static double angle_to_margin(const learner *l)
{
    double w[3] = {re(l->w[0]), re(l->w[1]), re(l->b)}, best[3] = {3, -1, -4};
    double cross[3] = {w[1] * best[2] - w[2] * best[1],
                       w[2] * best[0] - w[0] * best[2],
                       w[0] * best[1] - w[1] * best[0]};
    double dot = w[0] * best[0] + w[1] * best[1] + w[2] * best[2];
    double across = hypot(hypot(cross[0], cross[1]), cross[2]);
    return atan2(across, dot) * 57.295779513082323;
}

/* 1, 2, 5, 10, 20, ... up to a million: the rows of the curve. */
static long next_mark(long mark)
{
    long lead = mark;
    while (lead >= 10)
        lead /= 10;
    return lead == 2 ? mark / 2 * 5 : mark * 2;
}

/* One line of the table, and one point of the curves. */
static void record(long step, const learner *apart, const learner *together,
                   double line[6], curve *c, double rate)
{
    prediction law = predict_separable(rate * (double)step);
    if (step < 20000) /* the law is one for long times */
        law.loss = law.norm = (double)NAN;
    double row[] = {(double)step,           apart->loss,    norm(apart),
                    angle_to_margin(apart), together->loss, norm(together)};
    double point[] = {row[0],   row[1], law.loss, row[2],
                      law.norm, row[4], row[5]};
    memcpy(line, row, sizeof row);
    curve_row(c, 7, point);
}

/* The laws for long times, and what was measured. */
static void show_laws(show *s, const learner *l, double time)
{
    prediction law = predict_separable(time);
    show_equation(s, "3.57",
                  "L -> |v|^2 / T, v = (3, -1, -4), T = rate * steps");
    show_value(s, "L, predicted", (real)law.loss, "26 / %g", time);
    show_value(s, "L, measured", (real)l->loss, NULL);
    show_equation(s, "3.58", "(2y - 1) z -> ln(T / (N alpha))");
    show_value(s, "z of (3,4), predicted", (real)law.z[0], "ln(%g / 44)", time);
    show_value(s, "z of (3,4), measured", 3 * l->w[0] + 4 * l->w[1] + l->b,
               NULL);
    show_value(s, "z of (2,3), predicted", (real)-law.z[1], "-ln(%g / 60)",
               time);
    show_value(s, "z of (2,3), measured", 2 * l->w[0] + 3 * l->w[1] + l->b,
               NULL);
    show_value(s, "|w|, predicted", (real)law.norm, NULL);
    show_value(s, "|w|, measured", (real)norm(l), NULL);
    show_no_equation(s);
}

static void show_minimum(show *s, const learner *l)
{
    real scale = -l->w[1];
    show_note(s, "The labels 0, 1, 0, 1 have a minimum; by symmetry it is at "
                 "(w, b) = u (3, -1, -4) with 3 sigmoid(-3u) = sigmoid(u).");
    show_value(s, "u", scale, NULL);
    show_residual(s, "3 sigmoid(-3u) - sigmoid(u)",
                  re(3 * sigmoid(-3 * scale) - sigmoid(scale)));
}

void separable_experiment(program *p)
{
    enum { DECADES = 7 };
    static const char *const cols[] = {"steps", "loss",  "|w|",
                                       "angle", "loss*", "|w|*"};
    const double rate = 0.01;
    double x[DECADES][6], line[6];
    learner apart = {0}, together = {0};
    curve c;
    long mark = 1, decade = 1, most = 1000000;
    int row = 0;
    show_section(&p->show, "Experiment: data that a line separates");
    show_note(&p->show,
              "Logistic regression on the four points, rate 0.01, for "
              "a million steps: once with the labels 0, 0, 1, 1, and "
              "(marked *) once with 0, 1, 0, 1, which no line "
              "separates. The angle, in degrees, is between (w, b) "
              "and (3, -1, -4), the widest margin.");
    program_curve(p, &c, "separable",
                  "step loss predicted_loss norm predicted_norm mixed_loss "
                  "mixed_norm");
    for (long step = 1; step <= most; step++) {
        learner_step(&apart, rate, separable);
        learner_step(&together, rate, mixed);
        if (step < mark)
            continue;
        mark = next_mark(mark);
        record(step, &apart, &together, line, &c, rate);
        program_progress(p, step, most);
        if (step == decade) {
            memcpy(x[row++], line, sizeof line);
            decade *= 10;
        }
    }
    program_curve_end(p, &c);
    program_progress(p, most, most);
    show_table(&p->show, "separable data, and (*) data that are not", row, 6,
               NULL, cols, (const double(*)[6])x);
    show_laws(&p->show, &apart, rate * (double)most);
    show_minimum(&p->show, &together);
}

/* ---- the squared error stalls -------------------------------------------- */

/* How many points are on their side. */
static int right(const learner *l)
{
    int count = 0;
    for (int n = 0; n < N; n++) {
        double z = re(l->b + l->w[0] * points[n][0] + l->w[1] * points[n][1]);
        count += (z > 0) == (re(separable[n]) > 0.5);
    }
    return count;
}

static void squared_step(learner *l, double rate)
{
    real dw[D] = {0}, db = 0;
    for (int n = 0; n < N; n++) {
        real z = l->b + l->w[0] * points[n][0] + l->w[1] * points[n][1];
        real dz = mse_sigmoid_slope(z, separable[n]) / N;
        for (int d = 0; d < D; d++)
            dw[d] += dz * points[n][d];
        db += dz;
    }
    logistic_step(D, l->w, &l->b, rate, dw, db);
}

long steps_to_separate(uint64_t seed, loss_kind kind, double rate, long most)
{
    learner l = {0};
    rng g = rng_new(seed, 30);
    for (int d = 0; d < D; d++)
        l.w[d] = (real)(3 * rng_normal(&g));
    l.b = (real)(3 * rng_normal(&g));
    for (long t = 0; t <= most; t++) {
        if (right(&l) == N)
            return t;
        if (kind == CROSS_ENTROPY)
            learner_step(&l, rate, separable);
        else
            squared_step(&l, rate);
    }
    return -1;
}

/* Least, middle and largest of n numbers, sorted here, and how many ended;
 * HUGE_VAL stands for a run that did not, and is shown as an empty place. */
static void summary(int n, double steps[n], double line[4])
{
    spread s = spread_of(n, steps);
    double found[] = {s.least, s.median, s.most};
    line[3] = 0;
    for (int k = 0; k < 3; k++)
        line[k] = isinf(found[k]) ? (double)NAN : found[k];
    for (int k = 0; k < n; k++)
        line[3] += !isinf(steps[k]);
}

void stalling_experiment(program *p)
{
    static const char *const cols[] = {"minimum", "median", "maximum",
                                       "solved"};
    static const char *const rows[] = {"cross-entropy", "squared error"};
    const double rate = 0.1;
    const long most = 100000;
    int n = p->seeds;
    double *steps[2], x[2][4];
    curve c;
    show_section(&p->show, "Experiment: the squared error stalls");
    show_note(
        &p->show,
        "The same four points from random weights (standard deviation 3), "
        "rate 0.1, at most %ld steps, %d seed%s: the steps until all four "
        "points are on their side. A dash: not within that.",
        most, n, n == 1 ? "" : "s");
    for (int kind = 0; kind < 2; kind++)
        if (!(steps[kind] = malloc((size_t)n * sizeof **steps))) {
            program_fail(p, "no memory for %d seeds", n);
            free(kind ? steps[0] : NULL);
            return;
        }
    for (int i = 0; i < 2 * n; i++) {
        long t = steps_to_separate(p->seed + (uint64_t)(i / 2),
                                   (loss_kind)(i % 2), rate, most);
        steps[i % 2][i / 2] = t < 0 ? HUGE_VAL : (double)t;
        program_progress(p, i + 1, 2 * n);
    }
    for (int kind = 0; kind < 2; kind++)
        summary(n, steps[kind], x[kind]);
    show_count(&p->show, "seeds", n);
    show_table(&p->show, "steps until all four points are right", 2, 4, rows,
               cols, (const double(*)[4])x);
    program_curve(p, &c, "stall", "steps share_cross_entropy share_squared");
    for (long mark = 1; mark <= most; mark += mark / 20 + 1) {
        double row[] = {(double)mark, 0, 0};
        for (int kind = 0; kind < 2; kind++)
            for (int i = 0; i < n; i++)
                row[1 + kind] += (steps[kind][i] <= row[0]) * 100.0 / n;
        curve_row(&c, 3, row);
    }
    program_curve_end(p, &c);
    free(steps[0]);
    free(steps[1]);
}
