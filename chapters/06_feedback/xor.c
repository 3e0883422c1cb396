/* SPDX-License-Identifier: MIT */
/* Elman's XOR in time (1990). */
#include "chapters/04_backprop/linear.h"
#include "chapters/05_optimizers/optimizers.h"
#include "chapters/06_feedback/experiments.h"
#include "chapters/06_feedback/simple_net.h"
#include "lib/sample.h"

#include <stdlib.h>
#include <string.h>

enum { HIDDEN = 2, WEIGHTS = 13, BITS = 3000, TEST = 1200, CYCLE = 12 };

static const double rate = 0.1, beta = 0.5, start = 0.5, context = 0.5;

/* Every third bit is the exclusive or of the two random ones before it. */
static void draw_bits(int n, real bit[n], rng *g)
{
    int last[3] = {0, 0, 0};
    for (int t = 0; t < n; t++) {
        last[t % 3] = t % 3 < 2 ? rng_below(g, 2) : last[0] ^ last[1];
        bit[t] = last[t % 3];
    }
}

/* One network: its states, and the two rows that a step needs. */
typedef struct predictor {
    simple_net n, d;
    real w[WEIGHTS], dw[WEIGHTS], m[WEIGHTS];
    real h[2][HIDDEN], y[2][1];
} predictor;

static void predictor_start(predictor *a, rng *g)
{
    memset(a, 0, sizeof *a);
    a->n = simple_view(1, HIDDEN, 1, a->w);
    a->d = simple_view(1, HIDDEN, 1, a->dw);
    uniform_fill(WEIGHTS, a->w, start, g);
    memset(a->n.B, 0, HIDDEN * sizeof *a->n.B); /* Elman: no way from y */
}

static void predictor_rest(predictor *a)
{
    for (int i = 0; i < HIDDEN; i++)
        a->h[0][i] = (real)context;
}

/* One step: predicts the bit after x and returns the error y - bit. */
static real predictor_step(predictor *a, real x, real next)
{
    const real input[1][1] = {{x}};
    simple_forward(1, &a->n, a->h, a->y, input);
    return a->y[1][0] - next;
}

static void predictor_go_on(predictor *a)
{
    memcpy(a->h[0], a->h[1], sizeof a->h[0]);
}

/* Elman's rule: backward through one step, and a step of descent after it. */
static void predictor_learn(predictor *a, int n, const real bit[n])
{
    predictor_rest(a);
    for (int t = 0; t + 1 < n; t++) {
        const real x[1][1] = {{bit[t]}};
        real e[1][1] = {{predictor_step(a, bit[t], bit[t + 1])}};
        memset(a->dw, 0, sizeof a->dw);
        simple_backward(1, &a->n, &a->d, NULL, NULL, NULL, e, a->h, a->y, x);
        memset(a->d.B, 0, HIDDEN * sizeof *a->d.B);
        momentum(WEIGHTS, a->w, a->m, a->dw, rate, beta);
        predictor_go_on(a);
    }
}

/* The root of the mean squared error on new bits, by place in a cycle. */
static void predictor_test(predictor *a, double rms[CYCLE], int n,
                           const real bit[n])
{
    double squares[CYCLE] = {0};
    int count[CYCLE] = {0};
    predictor_rest(a);
    for (int t = 0; t + 1 < n; t++) {
        double e = re(predictor_step(a, bit[t], bit[t + 1]));
        squares[(t + 1) % CYCLE] += e * e;
        count[(t + 1) % CYCLE]++;
        predictor_go_on(a);
    }
    for (int k = 0; k < CYCLE; k++)
        rms[k] = sqrt(squares[k] / count[k]);                       /* (6.52) */
}

/* The places of a cycle by kind: the first bit, the second, their XOR. */
static double kind_of_bit(const double rms[CYCLE], int kind)
{
    double sum = 0;
    for (int k = kind; k < CYCLE; k += 3)
        sum += rms[k] * rms[k];
    return sqrt(sum / (CYCLE / 3));
}

static void show_xor(program *p, double rms[3][p->seeds],
                     const double cycle[CYCLE])
{
    static const char *const cols[] = {"min", "median", "max"};
    static const char *const rows[] = {"first bit", "second bit",
                                       "third bit, the XOR"};
    double table[3][3], mean[3] = {0};
    curve c;
    for (int k = 0; k < 3; k++) {
        for (int s = 0; s < p->seeds; s++)
            mean[k] += rms[k][s] / p->seeds;
        spread v = spread_of(p->seeds, rms[k]);
        const double row[] = {v.least, v.median, v.most};
        memcpy(table[k], row, sizeof row);
    }
    show_equation(&p->show, "6.52", "rms = sqrt(mean of (y - bit)^2)");
    show_table(&p->show, "rms error on new bits", 3, 3, rows, cols, table);
    const paper elman = {"Elman 1990, XOR in time",
                         "mean rms of bits 1, 2 less that of bit 3",
                         "lower at every third bit (a figure)",
                         (mean[0] + mean[1]) / 2 - mean[2],
                         0.08,
                         1,
                         0,
                         0,
                         0,
                         0};
    show_paper(&p->show, &elman);
    program_curve(p, &c, "xor", "bit rms");
    for (int k = 0; k < CYCLE; k++) {
        const double row[] = {k + 1, cycle[k]};
        curve_row(&c, 2, row);
    }
    program_curve_end(p, &c);
}

void xor_experiment(program *p, int passes)
{
    int S = p->seeds;
    double(*rms)[S] = malloc(3 * sizeof *rms), cycle[CYCLE] = {0};
    real *bit = malloc((BITS + TEST) * sizeof *bit);
    show_section(&p->show, "Experiment: XOR in time");
    show_note(&p->show,
              "%d networks: 1 input, %d hidden units, 1 output, %d passes over "
              "%d bits, rate %g, momentum %g; tested on %d new bits.",
              S, HIDDEN, passes, BITS, rate, beta, TEST);
    for (int s = 0; s < S && rms && bit; s++) {
        predictor a;
        double one[CYCLE];
        rng g = seed_number(p, s, 80), data = seed_number(p, s, 81);
        draw_bits(BITS + TEST, bit, &data);
        predictor_start(&a, &g);
        for (int e = 0; e < passes; e++)
            predictor_learn(&a, BITS, bit);
        predictor_test(&a, one, TEST, bit + BITS);
        for (int k = 0; k < CYCLE; k++)
            cycle[k] += one[k] / S;
        for (int k = 0; k < 3; k++)
            rms[k][s] = kind_of_bit(one, k);
        program_progress(p, s + 1, S);
    }
    if (rms && bit)
        show_xor(p, rms, cycle);
    else
        program_fail(p, "no memory for %d seeds", S);
    free(bit);
    free(rms);
}
