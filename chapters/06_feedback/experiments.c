/* SPDX-License-Identifier: MIT */
#include "chapters/06_feedback/experiments.h"

#include "chapters/06_feedback/unit.h"
#include "lib/sample.h"

#include <string.h>

rng seed_number(const program *p, int s, uint64_t stream)
{
    return rng_new(p->seed + (uint64_t)s, stream);
}

loop_net article_layers(real w[ARTICLE_SIZE], real gain)
{
    loop_net n = loop_net_view(2, 10, 2, w);
    for (int k = 0; k < loop_net_size(n.D, n.H, n.M); k++)
        w[k] = R(0.5) * sin((real)(k + 1));
    for (int k = 0; k < n.D * n.M; k++)
        n.W3[k] *= gain;
    return n;
}

/* ---- where the loop of one unit ends ------------------------------------- */

enum { LONG = 10000, WEIGHTS = 12 };

/* Where a loop ends: two states that follow each other, the factor by which a
 * small distance changes in one pass, and the passes until |x| was within 1e-6
 * of the end; NaN where it does not come to rest. */
typedef struct end {
    double x, next, factor, passes;
} end;

static end end_of(double w, double start)
{
    real a = (real)w, x = unit_run(LONG, a, 0, (real)start);
    real next = unit_step(a, 0, x);
    double size = re(real_abs(x)), moved = size - re(real_abs(next));
    end e = {re(x), re(next), 0, (double)NAN};
    if (size < 1e-12) /* on its way to 0 */
        e.x = e.next = size = 0;
    e.factor = sqrt(re(real_abs(unit_slope(a, next) * unit_slope(a, x))));
    x = (real)start;
    for (int k = 0; k < LONG && moved * moved < 1e-24; k++) {
        if (fmax(re(real_abs(x)), size) - fmin(re(real_abs(x)), size) < 1e-6) {
            e.passes = k;
            break;
        }
        x = unit_step(a, 0, x);
    }
    return e;
}

void bifurcation_experiment(program *p)
{
    static const char *const cols[] = {"w", "x", "next x", "factor", "passes"};
    static const double weight[WEIGHTS] = {-2,  -1.5, -1.1, -1,  -0.9, -0.5,
                                           0.5, 0.9,  1,    1.1, 1.5,  2};
    double table[WEIGHTS][5];
    curve c;
    show_section(&p->show, "Experiment: where the loop ends");
    show_note(
        &p->show,
        "x <- tanh(w x) from 0.5, %d passes. factor: by what a small "
        "distance from the end is multiplied in a pass (in the mean of "
        "two). passes: until |x| is within 1e-6 of that of the end; - where it "
        "still moves.",
        LONG);
    for (int i = 0; i < WEIGHTS; i++) {
        end e = end_of(weight[i], 0.5);
        const double row[] = {weight[i], e.x, e.next, e.factor, e.passes};
        memcpy(table[i], row, sizeof row);
    }
    show_table(&p->show, "where x ends", WEIGHTS, 5, NULL, cols, table);
    program_curve(p, &c, "bifurcation", "w x next factor");
    for (int start = 1; start >= -1 && p->plot_dir; start -= 2) {
        for (int k = -125; k <= 125; k++) {
            double w = k / 50.0;
            end e = end_of(w, start * 0.5);
            const double row[] = {w, e.x, e.next, e.factor};
            curve_row(&c, 4, row);
        }
        curve_gap(&c);
        curve_gap(&c);
    }
    program_curve_end(p, &c);
}

/* ---- noise in a loop ----------------------------------------------------- */

enum { NOISE_WEIGHTS = 7, NOISE_STEPS = 20000, NOISE_SKIPPED = 500 };

/* The variance of x over time; x is 0 in the beginning, and so is its mean in
 * the long run. */
static double measured_gain(double w, rng *g)
{
    double x = 0, sum = 0;
    for (int t = 0; t < NOISE_STEPS + NOISE_SKIPPED; t++) {
        x = w * x + rng_normal(g);                                   /* (6.5) */
        if (t >= NOISE_SKIPPED)
            sum += x * x;
    }
    return sum / NOISE_STEPS;
}

void noise_experiment(program *p)
{
    static const char *const cols[] = {"w", "1/(1-w^2)", "min", "median",
                                       "max"};
    static const double weight[NOISE_WEIGHTS] = {-0.9, -0.5, 0,   0.5,
                                                 0.8,  0.9,  0.95};
    double table[NOISE_WEIGHTS][5];
    curve c;
    show_section(&p->show, "Experiment: noise through the loop");
    show_note(&p->show,
              "%d seeds, %d steps each, normal noise of variance 1: the "
              "variance of x, measured.",
              p->seeds, NOISE_STEPS);
    program_curve(p, &c, "noise", "w law least median most");
    for (int i = 0; i < NOISE_WEIGHTS; i++) {
        double gains[p->seeds];
        for (int s = 0; s < p->seeds; s++) {
            rng g = seed_number(p, s, 30 + (uint64_t)i);
            gains[s] = measured_gain(weight[i], &g);
        }
        spread v = spread_of(p->seeds, gains);
        const double row[] = {weight[i], noise_gain(weight[i]), v.least,
                              v.median, v.most};
        memcpy(table[i], row, sizeof row);
        curve_row(&c, 5, row);
    }
    program_curve_end(p, &c);
    show_table(&p->show, "variance of x", NOISE_WEIGHTS, 5, NULL, cols, table);
}

/* ---- K passes against the equilibrium ------------------------------------ */

enum { GAINS = 3, PASSES = 8, LAYERS = 2 };

static const double gains[GAINS] = {1, 13, 16};

/* The whole gradient, all parameters, of the first output after K passes from
 * 0. */
static void unrolled(int K, const loop_net *n, real dw[ARTICLE_SIZE],
                     const real x[LAYERS])
{
    real s[K][LAYERS], h[K][n->H], y[K + 1][LAYERS], dx[LAYERS] = {0};
    real dy0[LAYERS] = {0};
    const real dy[LAYERS] = {1, 0};
    const loop_net d = loop_net_view(n->D, n->H, n->M, dw);
    memset(dw, 0, ARTICLE_SIZE * sizeof *dw);
    memset(y[0], 0, sizeof y[0]);
    loop_net_forward(K, n, s, h, y, x);
    loop_net_backward(K, n, &d, dx, dy0, dy, s, h, y);
}

static double distance(const real a[ARTICLE_SIZE], const real b[ARTICLE_SIZE])
{
    double above = 0, below = 0;
    for (int k = 0; k < ARTICLE_SIZE; k++) {
        above += re((a[k] - b[k]) * (a[k] - b[k]));
        below += re(b[k] * b[k]);
    }
    return sqrt(above / below);
}

/* The implicit gradient; returns the largest |eigenvalue| of the loop. */
static double implicit(const loop_net *n, real dw[ARTICLE_SIZE],
                       const real x[LAYERS])
{
    real s[LAYERS], h[n->H], y[LAYERS] = {0}, dx[LAYERS] = {0};
    real J[LAYERS][LAYERS];
    const real dy[LAYERS] = {1, 0};
    const loop_net d = loop_net_view(n->D, n->H, n->M, dw);
    memset(dw, 0, ARTICLE_SIZE * sizeof *dw);
    loop_net_settle(2000, n, s, h, y, x);
    loop_net_implicit(n, &d, dx, dy, s, h, y);
    loop_net_jacobian(n, J, h, y);
    return spectral_radius_2(J);
}

/* The change of y in the last of 2000 passes with gain 30. */
static double restless(const real x[LAYERS])
{
    real w[ARTICLE_SIZE], s[LAYERS], h[10], y[LAYERS] = {0};
    loop_net n = article_layers(w, 30);
    return loop_net_settle(2000, &n, s, h, y, x);
}

void implicit_experiment(program *p)
{
    static const char *const cols[] = {"K", "gain 1", "gain 13", "gain 16"};
    static const int shown[PASSES] = {1, 2, 4, 8, 16, 32, 64, 128};
    const real x[LAYERS] = {1, 2};
    real w[ARTICLE_SIZE], whole[GAINS][ARTICLE_SIZE], dw[ARTICLE_SIZE];
    double table[PASSES][GAINS + 1], radius[GAINS];
    curve c;
    show_section(&p->show, "Experiment: unrolled against implicit");
    show_note(&p->show, "The article's layers with the loop, W3 times a gain. "
                        "The gradient by all 58 parameters: the error of K "
                        "passes unrolled, relative to the implicit one.");
    for (int i = 0; i < GAINS; i++) {
        loop_net n = article_layers(w, (real)gains[i]);
        radius[i] = implicit(&n, whole[i], x);
    }
    for (int k = 0; k < PASSES; k++) {
        table[k][0] = shown[k];
        for (int i = 0; i < GAINS; i++) {
            loop_net n = article_layers(w, (real)gains[i]);
            unrolled(shown[k], &n, dw, x);
            table[k][i + 1] = distance(dw, whole[i]);
        }
    }
    show_table(&p->show, "error of K passes", PASSES, GAINS + 1, NULL, cols,
               table);
    show_value(&p->show, "largest |eigenvalue|, gain 1", (real)radius[0], NULL);
    show_value(&p->show, "gain 13", (real)radius[1], NULL);
    show_value(&p->show, "gain 16", (real)radius[2], NULL);
    show_note(&p->show, "With gain 30 there is nothing to be implicit about: "
                        "y goes to and fro between two values for ever.");
    show_value(&p->show, "change in the last pass, gain 30", (real)restless(x),
               NULL);
    program_curve(p, &c, "implicit",
                  "K one thirteen sixteen law_1 law_13 law_16");
    for (int K = 1; K <= 120 && p->plot_dir; K++) {
        double row[1 + 2 * GAINS] = {K};
        for (int i = 0; i < GAINS; i++) {
            loop_net n = article_layers(w, (real)gains[i]);
            unrolled(K, &n, dw, x);
            row[1 + i] = distance(dw, whole[i]);
            row[1 + GAINS + i] = exp(K * log(radius[i]));
        }
        curve_row(&c, 1 + 2 * GAINS, row);
    }
    program_curve_end(p, &c);
}
