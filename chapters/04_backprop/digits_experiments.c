/* SPDX-License-Identifier: MIT */
#include "chapters/04_backprop/digits_experiments.h"

#include "chapters/04_backprop/factor.h"
#include "chapters/04_backprop/linear.h"
#include "chapters/04_backprop/nearest.h"
#include "lib/sample.h"

#include <stdlib.h>
#include <string.h>

/* ---- classifying --------------------------------------------------------- */

enum { BATCH = 16, TESTED = DIGITS - DIGITS_TRAIN };

void digits_load(digit_set *d)
{
    for (int k = 0; k < DIGITS; k++) {
        for (int j = 0; j < DIGIT_PIXELS; j++)
            d->x[k][j] = (real)(digit_row[k][j] / 16.0);
        d->target[k] = digit_row[k][DIGIT_PIXELS];
    }
}

int digits_right(const network *n, const real w[n->weights], const digit_set *d,
                 int from, int to)
{
    int right = 0;
    for (int k = from; k < to; k++) {
        real a[n->values];
        int best = 0;
        network_forward(n, a, w, d->x[k]);
        const real *z = network_output(n, a);
        for (int c = 1; c < DIGIT_CLASSES; c++)
            if (re(z[c]) > re(z[best]))
                best = c;
        right += best == d->target[k];
    }
    return right;
}

static void shuffle(int n, int order[n], rng *g)
{
    for (int i = n - 1; i > 0; i--) {
        int j = rng_below(g, i + 1), held = order[i];
        order[i] = order[j];
        order[j] = held;
    }
}

/* [digits_epoch] */
double digits_epoch(const network *n, real w[n->weights], real dw[n->weights],
                    const digit_set *d, int batch, double rate, rng *g)
{
    int order[DIGITS_TRAIN], target[batch];
    real x[batch][DIGIT_PIXELS];
    double loss = 0;
    for (int k = 0; k < DIGITS_TRAIN; k++)
        order[k] = k;
    shuffle(DIGITS_TRAIN, order, g);
    for (int from = 0; from < DIGITS_TRAIN; from += batch) {
        int B = DIGITS_TRAIN - from < batch ? DIGITS_TRAIN - from : batch;
        for (int b = 0; b < B; b++) {
            memcpy(x[b], d->x[order[from + b]], sizeof x[b]);
            target[b] = d->target[order[from + b]];
        }
        memset(dw, 0, (size_t)n->weights * sizeof *dw);
        loss +=
            re(network_classes(n, B, dw, (real)(1.0 / batch), w, x, target));
        network_descend(n->weights, w, dw, rate);
    }
    return loss / DIGITS_TRAIN;
}
/* [digits_epoch] */

typedef struct classifier {
    const char *name;
    network n;
    int epochs;
    double *right,
        *trained; /* of each seed: on the test digits, on the others */
} classifier;

/* Trains one, epoch by epoch; c may write a curve. */
static bool train(const classifier *k, int seed, const digit_set *d,
                  double rate, uint64_t first, curve *c)
{
    const network *n = &k->n;
    real *w = calloc((size_t)n->weights, sizeof *w);
    real *dw = calloc((size_t)n->weights, sizeof *dw);
    rng g = rng_new(first + (uint64_t)seed, 70);
    bool ready = w && dw;
    for (int l = 1; ready && l <= n->L; l++) {
        int M = n->width[l], N = n->width[l - 1];
        real(*W)[N] = (real(*)[N])(w + network_matrix(n, l));
        glorot_uniform(M, N, W, &g);
    }
    for (int epoch = 1; ready && epoch <= k->epochs; epoch++) {
        double loss = digits_epoch(n, w, dw, d, BATCH, rate, &g);
        if (c) {
            double wrong = TESTED - digits_right(n, w, d, DIGITS_TRAIN, DIGITS);
            double seen = DIGITS_TRAIN - digits_right(n, w, d, 0, DIGITS_TRAIN);
            curve_row(c, 4,
                      (double[]){epoch, loss, 100 * seen / DIGITS_TRAIN,
                                 100 * wrong / TESTED});
        }
    }
    if (ready) {
        k->right[seed] = digits_right(n, w, d, DIGITS_TRAIN, DIGITS);
        k->trained[seed] = digits_right(n, w, d, 0, DIGITS_TRAIN);
    }
    free(w);
    free(dw);
    return ready;
}

static void train_all(program *p, classifier k[2], const digit_set *d,
                      double rate)
{
    for (int kind = 0; kind < 2; kind++) {
        curve c;
        program_curve(p, &c, kind ? "network" : "regression",
                      "epoch loss train test");
        for (int seed = 0; seed < p->seeds; seed++) {
            if (!train(&k[kind], seed, d, rate, p->seed, seed ? NULL : &c))
                program_fail(p, "digits: no memory");
            program_progress(p, kind * p->seeds + seed + 1, 2L * p->seeds);
        }
        program_curve_end(p, &c);
    }
}

static void neighbours(show *s)
{
    int right[3], alone = 0;
    for (int i = 0; i < 3; i++) {
        right[i] = 0;
        for (int q = DIGITS_TRAIN; q < DIGITS; q++)
            right[i] += nearest_class(2 * i + 1, q, 0, DIGITS_TRAIN) ==
                        digit_row[q][DIGIT_PIXELS];
    }
    for (int q = 0; q < DIGITS; q++)
        alone += nearest_class(1, q, 0, DIGITS) == digit_row[q][DIGIT_PIXELS];
    show_equation(s, "4.40", "distance = sum_j (x_j - x'_j)^2");
    show_count(s, "right, nearest neighbour", right[0]);
    show_count(s, "right, 3 neighbours", right[1]);
    show_count(s, "right, 5 neighbours", right[2]);
    show_value(s, "nearest neighbour", (real)right[0] / TESTED, "%d / %d",
               right[0], TESTED);
    show_no_equation(s);
    show_note(
        s,
        "Each digit by the nearest of all the others, which may be by the same "
        "hand:");
    show_count(s, "right", alone);
    show_value(s, "leave one out", (real)alone / DIGITS, "%d / %d", alone,
               DIGITS);
}

static void classifier_rows(show *s, classifier k[2], int seeds)
{
    static const char *const rows[] = {"regression: test", "64-64-10: test",
                                       "regression: trained on",
                                       "64-64-10: trained on"};
    static const char *const cols[] = {"weights", "least", "median", "most"};
    double x[4][4];
    for (int r = 0; r < 4; r++) {
        const classifier *c = &k[r % 2];
        spread m = spread_of(seeds, r < 2 ? c->right : c->trained);
        double cases = r < 2 ? TESTED : DIGITS_TRAIN;
        const double row[] = {c->n.weights, m.least / cases, m.median / cases,
                              m.most / cases};
        memcpy(x[r], row, sizeof row);
    }
    show_table(s, "part of the digits in the right class", 4, 4, rows, cols, x);
}

void backprop_digits(program *p, training how)
{
    static digit_set d;
    classifier k[2] = {
        {.name = "softmax regression",
         .n = network_new(1, (int[]){64, 10}, TANH, IDENTITY)},
        {.name = "64-64-10",
         .n = network_new(2, (int[]){64, 64, 10}, TANH, IDENTITY)}};
    double *room = calloc(4 * (size_t)p->seeds, sizeof *room);
    digits_load(&d);
    for (int i = 0; room && i < 2; i++) {
        k[i].epochs = how.epochs[i];
        k[i].right = room + 2 * i * p->seeds;
        k[i].trained = k[i].right + p->seeds;
    }
    show_section(&p->show, "Experiment: handwritten digits");
    show_note(
        &p->show,
        "%d digits to learn from, %d by other people to be tested with. The "
        "nearest neighbour learns nothing: a digit gets the class of the one "
        "that is most like it.",
        DIGITS_TRAIN, TESTED);
    neighbours(&p->show);
    show_note(
        &p->show,
        "Softmax regression (no hidden layer, %d epochs) and a network with 64 "
        "hidden tanh units (%d epochs): plain descent, rate %g, batches of %d, "
        "%d seeds.",
        how.epochs[0], how.epochs[1], how.rate, BATCH, p->seeds);
    if (room) {
        train_all(p, k, &d, how.rate);
        classifier_rows(&p->show, k, p->seeds);
    }
    free(room);
}

/* ---- hidden pixels ------------------------------------------------------- */

enum { ROWS = 100, COLUMNS = DIGIT_PIXELS, MOST_FACTORS = 8, DESCENT = 100 };

typedef struct album {
    real X[ROWS][COLUMNS];             /* what is given to the learner */
    double truth[ROWS][COLUMNS];       /* what it was */
    unsigned char seen[ROWS][COLUMNS]; /* 1 where it is given */
} album;

/* Digits; of each pixel 3 in 10 are hidden. Where `filled`, the learner takes
 * a hidden pixel for one that is white: 0, seen. */
static void hide(album *a, unsigned char shown[ROWS][COLUMNS], bool filled,
                 rng *g)
{
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < COLUMNS; j++) {
            shown[i][j] = rng_uniform(g) < 0.7;
            a->truth[i][j] = digit_row[i][j] / 16.0;
            a->X[i][j] = (real)(shown[i][j] ? a->truth[i][j] : 0);
            a->seen[i][j] = shown[i][j] || filled;
        }
}

/* The factors and their gradients. */
typedef struct factors {
    real U[ROWS][MOST_FACTORS], V[COLUMNS][MOST_FACTORS], c[COLUMNS];
} factors;

static double root_mean(const album *a, int K, const real U[ROWS][K],
                        const real V[COLUMNS][K], const real c[COLUMNS],
                        const unsigned char shown[ROWS][COLUMNS], int which)
{
    double sum = 0;
    int count = 0;
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < COLUMNS; j++)
            if (shown[i][j] == which) {
                double e =
                    re(factor_entry(K, U[i], V[j], c[j])) - a->truth[i][j];
                sum += e * e;
                count++;
            }
    return sqrt(sum / count);
}

/* Root mean square errors of the pixels hidden and of those shown, after plain
 * descent with `count` factors. No factor is one factor that is zero, and remains so. */
static void fit_album(double error[2], int count, bool filled, uint64_t seed,
                      curve *c)
{
    int K = count > 0 ? count : 1;
    static album a;
    static unsigned char shown[ROWS][COLUMNS];
    static real e[ROWS][COLUMNS], dX[ROWS][COLUMNS];
    static factors f, d;
    rng g = rng_new(seed, 80), h = rng_new(seed, 81);
    real(*U)[K] = (real(*)[K])f.U, (*V)[K] = (real(*)[K])f.V;
    hide(&a, shown, filled, &g);
    memset(&f, 0, sizeof f);
    if (count > 0) {
        fill_normal(ROWS * K, (real *)f.U, 0.3, &h);
        fill_normal(COLUMNS * K, (real *)f.V, 0.3, &h);
    }
    for (int step = 0; step <= DESCENT; step++) {
        if (c && step % 5 == 0)
            curve_row(c, 3,
                      (double[]){step, root_mean(&a, K, U, V, f.c, shown, 1),
                                 root_mean(&a, K, U, V, f.c, shown, 0)});
        memset(&d, 0, sizeof d);
        factor_forward(ROWS, COLUMNS, K, e, U, V, f.c, a.X, a.seen);
        factor_backward(ROWS, COLUMNS, K, (real(*)[K])d.U, (real(*)[K])d.V, d.c,
                        dX, 1, e, U, V);
        network_descend((int)(sizeof f / sizeof(real)), (real *)&f, (real *)&d,
                        0.015);
    }
    for (int which = 0; which < 2; which++)
        error[which] = root_mean(&a, K, U, V, f.c, shown, which);
}

/* K factors, filled or not, over the seeds: hidden pixels, then those shown. */
static void fit_many(program *p, int K, bool filled, double row[5], curve *c)
{
    double hidden[p->seeds], shown[p->seeds], error[2];
    for (int k = 0; k < p->seeds; k++) {
        fit_album(error, K, filled, p->seed + (uint64_t)k, k ? NULL : c);
        hidden[k] = error[0];
        shown[k] = error[1];
    }
    spread h = spread_of(p->seeds, hidden), s = spread_of(p->seeds, shown);
    const double all[] = {K, h.least, h.median, h.most, s.median};
    memcpy(row, all, sizeof all);
}

void backprop_hidden(program *p)
{
    static const int ranks[] = {0, 1, 2, 4, 8};
    static const char *const cols[] = {"K", "least", "median", "most", "shown"};
    enum { RANKS = sizeof ranks / sizeof *ranks };
    double x[RANKS][5], filled[1][5];
    curve c, r;
    show_section(&p->show, "Experiment: guessing hidden pixels");
    show_note(
        &p->show,
        "%d digits, 3 pixels in 10 hidden; K factors, %d steps. Root mean "
        "square "
        "error of the hidden pixels over %d seeds (grey values from 0 to 1), "
        "and "
        "the median for the pixels shown. K = 0 is the mean of each pixel.",
        ROWS, DESCENT, p->seeds);
    program_curve(p, &r, "factors", "K least median most shown");
    for (int i = 0; i < RANKS; i++) {
        if (ranks[i] == MOST_FACTORS)
            program_curve(p, &c, "hidden", "step shown hidden");
        fit_many(p, ranks[i], false, x[i],
                 ranks[i] == MOST_FACTORS ? &c : NULL);
        curve_row(&r, 5, x[i]);
        program_progress(p, i + 1, RANKS + 1);
    }
    program_curve_end(p, &c);
    program_curve_end(p, &r);
    show_table(&p->show, "error of the hidden pixels", RANKS, 5, NULL, cols, x);
    fit_many(p, 4, true, filled[0], NULL);
    program_progress(p, 1, 1);
    show_note(
        &p->show,
        "The same with K = 4 where a hidden pixel is taken for a white one "
        "(0) instead of being left out:");
    show_table(&p->show, "hidden taken for white", 1, 5, NULL, cols, filled);
}
