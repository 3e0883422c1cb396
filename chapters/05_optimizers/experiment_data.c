/* SPDX-License-Identifier: MIT */
/* Sections 5.14 to 5.16: the noise of a batch and schedules, on the digits; and
 * dropout against ridge. */
#include "chapters/02_activations/activations.h"
#include "chapters/04_backprop/digits.h"
#include "chapters/05_optimizers/classifier.h"
#include "chapters/05_optimizers/experiment.h"
#include "chapters/05_optimizers/optimizers.h"
#include "chapters/05_optimizers/ridge.h"
#include "chapters/05_optimizers/schedules.h"
#include "lib/sample.h"

#include <stdlib.h>
#include <string.h>

enum { C = DIGIT_CLASSES, D = DIGIT_PIXELS, TRAIN = DIGITS_TRAIN };

/* The classifier, or its gradient, as one vector. */
typedef struct model {
    real W[C][D], b[C];
} model;

enum { SIZE = sizeof(model) / sizeof(real) };

/* Grey values from 0 to 1. */
static void image(real x[D], int *target, int n)
{
    for (int d = 0; d < D; d++)
        x[d] = (real)(digit_row[n][d] / 16.0);
    *target = digit_row[n][D];
}

/* Mean loss of the rows, and its gradient, which is set. */
static double batch_loss(int B, model *dm, const model *m, const int row[B])
{
    static real x[TRAIN][D], p[TRAIN][C], dx[TRAIN][D];
    static int target[TRAIN];
    for (int n = 0; n < B; n++)
        image(x[n], &target[n], row[n]);
    real L = classifier_forward(B, C, D, p, m->W, m->b, (const real(*)[D])x,
                                target, 0);
    if (dm) {
        memset(dm, 0, sizeof *dm);
        classifier_backward(B, C, D, dm->W, dm->b, dx, 1, (const real(*)[C])p,
                            m->W, (const real(*)[D])x, target, 0);
    }
    return re(L);
}

/* ---- 5.14 ---------------------------------------------------------------- */

enum { BATCHES = 9, DRAWS = 50, WARM = 30 };

/* |mean of B random gradients - mean of all|^2, averaged over DRAWS. */
static double variance(int B, real each[TRAIN][SIZE], const real mean[SIZE],
                       rng *g)
{
    double sum = 0;
    for (int draw = 0; draw < DRAWS; draw++) {
        real batch[SIZE] = {0};
        for (int n = 0; n < B; n++) {
            const real *one = each[rng_below(g, TRAIN)];
            for (int i = 0; i < SIZE; i++)
                batch[i] += one[i];
        }
        for (int i = 0; i < SIZE; i++) {
            double e = re(batch[i]) / B - re(mean[i]);
            sum += e * e;
        }
    }
    return sum / DRAWS;
}

/* Every row's own gradient, their mean, and the mean squared distance from it. */
static double gradients(real each[TRAIN][SIZE], real mean[SIZE], const model *m)
{
    double sum = 0;
    memset(mean, 0, SIZE * sizeof *mean);
    for (int n = 0; n < TRAIN; n++) {
        batch_loss(1, (model *)each[n], m, &n);
        for (int i = 0; i < SIZE; i++)
            mean[i] += each[n][i] / TRAIN;
    }
    for (int n = 0; n < TRAIN; n++)
        for (int i = 0; i < SIZE; i++)
            sum += re((each[n][i] - mean[i]) * (each[n][i] - mean[i]));
    return sum / TRAIN;
}

/* The slope of log variance against log B, by least squares. */
static double slope_of(const double v[BATCHES])
{
    double sx = 0, sy = 0, sxx = 0, sxy = 0;
    for (int i = 0; i < BATCHES; i++) {
        double size = 1 << i, x = log(size), y = log(v[i]);
        sx += x;
        sy += y;
        sxx += x * x;
        sxy += x * y;
    }
    return (BATCHES * sxy - sx * sy) / (BATCHES * sxx - sx * sx);
}

static void show_classifier(show *s, const model *m)
{
    real x[2][D], p[2][C], dx[2][D] = {{0}};
    int target[2];
    model dm;
    memset(&dm, 0, sizeof dm);
    image(x[0], &target[0], 0);
    image(x[1], &target[1], 1);
    real L = classifier_forward(2, C, D, p, m->W, m->b, x, target, 0.01);
    classifier_backward(2, C, D, dm.W, dm.b, dx, 1, p, m->W, x, target, 0.01);
    show_note(s, "The first two digits (a 0 and a 1) and a classifier whose "
                 "weights are zero:");
    show_equation(s, "5.97", "z = W x + b, p = softmax(z)");
    show_value(s, "p, of each class", p[0][0], NULL);
    show_equation(s, "5.98", "L = mean cross-entropy + lambda |W|^2");
    show_value(s, "L", L, "ln(10) + 0");
    show_equation(s, "5.99", "dz = (p - onehot)/B, db = sum_b dz_b");
    show_vector(s, "db", C, dm.b);
    show_equation(s, "5.100",
                  "dW = sum_b dz_b x_b^T + 2 lambda W, dx = W^T dz");
    show_value(s, "dW, class 0, pixel 2", dm.W[0][2], NULL);
    show_no_equation(s);
}

/* Measures at one model; v[s][i] for seed s and batch 2^i. Returns the variance
 * of a single gradient. */
static double measure(program *p, const model *m, real each[TRAIN][SIZE],
                      double v[p->seeds][BATCHES])
{
    real mean[SIZE];
    double one = gradients(each, mean, m);
    for (int s = 0; s < p->seeds; s++) {
        rng g = rng_new(p->seed + (uint64_t)s, 51);
        for (int i = 0; i < BATCHES; i++)
            v[s][i] = variance(1 << i, each, mean, &g);
        program_progress(p, s + 1, p->seeds);
    }
    return one;
}

static double median_at(int S, double v[S][BATCHES], int i)
{
    double x[S];
    for (int s = 0; s < S; s++)
        x[s] = v[s][i];
    return spread_of(S, x).median;
}

static void show_noise(program *p, double v[2][p->seeds][BATCHES],
                       const double one[2])
{
    static const char *const cols[] = {"batch", "start", "law", "trained",
                                       "law"};
    static const char *const slopes[] = {"start", "trained"};
    static const char *const of[] = {"min", "median", "max"};
    double x[BATCHES][5], y[2][3], slope[p->seeds];
    curve c;
    program_curve(p, &c, "noise", "batch start law_start trained law_trained");
    for (int i = 0; i < BATCHES; i++) {
        double size = x[i][0] = 1 << i;
        for (int k = 0; k < 2; k++) {
            x[i][1 + 2 * k] = median_at(p->seeds, v[k], i);
            x[i][2 + 2 * k] = one[k] / size;
        }
        curve_row(&c, 5, x[i]);
    }
    program_curve_end(p, &c);
    show_table(&p->show, "variance of the gradient", BATCHES, 5, NULL, cols, x);
    for (int k = 0; k < 2; k++) {
        for (int s = 0; s < p->seeds; s++)
            slope[s] = slope_of(v[k][s]);
        spread e = spread_of(p->seeds, slope);
        y[k][0] = e.least;
        y[k][1] = e.median;
        y[k][2] = e.most;
    }
    show_table(&p->show, "slope against the batch, log-log", 2, 3, slopes, of,
               y);
}

void experiment_noise(program *p)
{
    double(*v)[p->seeds][BATCHES] = malloc(2 * sizeof *v), one[2];
    real(*each)[SIZE] = malloc(TRAIN * sizeof *each);
    int all[TRAIN];
    model m, dm;
    memset(&m, 0, sizeof m);
    show_section(&p->show, "Experiment: the noise of a batch");
    show_classifier(&p->show, &m);
    if (!v || !each) {
        program_fail(p, "no memory for %d seeds", p->seeds);
        free(v);
        free(each);
        return;
    }
    show_note(
        &p->show,
        "%d digits; batches drawn with replacement, %d for each size and "
        "seed, %d seeds. The mean of |g - mean g|^2, median of the seeds, "
        "against the law: the variance of one gradient, divided by the "
        "batch. At the start (all weights zero), and after %d steps of "
        "descent:",
        TRAIN, DRAWS, p->seeds, WARM);
    one[0] = measure(p, &m, each, v[0]);
    for (int n = 0; n < TRAIN; n++)
        all[n] = n;
    for (int t = 0; t < WARM; t++) {
        batch_loss(TRAIN, &dm, &m, all);
        gradient_descent(SIZE, (real *)&m, (const real *)&dm, 1);
    }
    one[1] = measure(p, &m, each, v[1]);
    show_noise(p, v, one);
    free(v);
    free(each);
}

/* ---- 5.15 ---------------------------------------------------------------- */

enum { EPOCHS = 7, BATCH = 4, PER_EPOCH = TRAIN / BATCH, KINDS = 3 };

static double scheduled(int kind, double epoch)
{
    const double start = 2, end = 0.02;
    switch (kind) {
    case 0: return start;
    case 1: return rate_cosine(start, end, epoch, EPOCHS);
    default: return rate_restarts(start, end, 1, 2, epoch);
    }
}

/* Training with one schedule; loss[e] is that of all training rows after epoch
 * e + 1. */
static void train_digits(double loss[EPOCHS], int kind, rng *g)
{
    int row[TRAIN];
    model m, dm;
    memset(&m, 0, sizeof m);
    for (int n = 0; n < TRAIN; n++)
        row[n] = n;
    for (int e = 0; e < EPOCHS; e++) {
        for (int n = TRAIN - 1; n > 0; n--) { /* shuffled */
            int other = rng_below(g, n + 1), kept = row[n];
            row[n] = row[other];
            row[other] = kept;
        }
        for (int k = 0; k < PER_EPOCH; k++) {
            double epoch = e + (double)k / PER_EPOCH;
            batch_loss(BATCH, &dm, &m, row + k * BATCH);
            gradient_descent(SIZE, (real *)&m, (const real *)&dm,
                             scheduled(kind, epoch));
        }
        loss[e] = batch_loss(TRAIN, NULL, &m, row);
    }
}

void experiment_schedules(program *p)
{
    static const char *const names[KINDS] = {"constant", "cosine", "restarts"};
    static const char *const cols[] = {"epoch", "constant", "cosine",
                                       "restarts"};
    static const char *const of[] = {"min", "median", "max"};
    int S = p->seeds;
    double(*loss)[S][EPOCHS] = malloc(KINDS * sizeof *loss);
    double x[EPOCHS][1 + KINDS], last[KINDS][3], v[S];
    curve c;
    show_section(&p->show, "Experiment: schedules on the digits");
    if (!loss) {
        program_fail(p, "no memory for %d seeds", S);
        return;
    }
    show_note(
        &p->show,
        "The classifier of 5.14, batches of %d, %d epochs, %d seeds. The "
        "rate is 2 throughout, or falls from 2 to 0.02: along one cosine, "
        "or along three, with restarts after epochs 1 and 3. Loss of all "
        "%d training digits, median of the seeds:",
        BATCH, EPOCHS, S, TRAIN);
    for (int s = 0; s < S; s++)
        for (int kind = 0; kind < KINDS; kind++) {
            rng g = rng_new(p->seed + (uint64_t)s, 52);
            train_digits(loss[kind][s], kind, &g);
            program_progress(p, s * KINDS + kind + 1, S * KINDS);
        }
    program_curve(p, &c, "schedules", "epoch constant cosine restarts");
    for (int e = 0; e < EPOCHS; e++) {
        x[e][0] = e + 1;
        for (int kind = 0; kind < KINDS; kind++) {
            for (int s = 0; s < S; s++)
                v[s] = loss[kind][s][e];
            spread of_seeds = spread_of(S, v);
            x[e][1 + kind] = of_seeds.median;
            last[kind][0] = of_seeds.least;
            last[kind][1] = of_seeds.median;
            last[kind][2] = of_seeds.most;
        }
        curve_row(&c, 1 + KINDS, x[e]);
    }
    program_curve_end(p, &c);
    show_table(&p->show, "training loss by epoch", EPOCHS, 1 + KINDS, NULL,
               cols, x);
    show_table(&p->show, "after the last epoch", KINDS, 3, names, of, last);
    program_curve(p, &c, "schedule", "epoch constant cosine restarts");
    for (int i = 0; i < 50 * EPOCHS; i++) {
        double row[] = {i / 50.0, 0, 0, 0};
        for (int kind = 0; kind < KINDS; kind++)
            row[1 + kind] = scheduled(kind, row[0]);
        curve_row(&c, 4, row);
    }
    program_curve_end(p, &c);
    free(loss);
}

/* ---- 5.16 ---------------------------------------------------------------- */

enum { CASES = 20, INPUTS = 12, DROPS = 6, RIDGE_STEPS = 1500 };

/* A linear teacher w, its cases with noise in y. */
typedef struct lesson {
    real X[CASES][INPUTS], y[CASES], teacher[INPUTS];
} lesson;

static lesson draw_lesson(rng *g)
{
    lesson a;
    double inputs = INPUTS;
    fill_normal(INPUTS, a.teacher, 1 / sqrt(inputs), g);
    fill_normal(CASES * INPUTS, (real *)a.X, 1, g);
    fill_normal(CASES, a.y, 1, g); /* the noise */
    for (int n = 0; n < CASES; n++)
        for (int d = 0; d < INPUTS; d++)
            a.y[n] += a.X[n][d] * a.teacher[d];
    return a;
}

/* The minimum of the ridge, where its gradient is zero: (X^T X + p/(1-p)
 * diag(X^T X)) w = X^T y, by elimination. The matrix is positive definite, so
 * no pivot is zero. */
static void solve_ridge(real w[INPUTS], double p, const lesson *a)
{
    real A[INPUTS][INPUTS + 1];
    memset(A, 0, sizeof A);
    for (int n = 0; n < CASES; n++)
        for (int i = 0; i < INPUTS; i++) {
            for (int j = 0; j < INPUTS; j++)
                A[i][j] += a->X[n][i] * a->X[n][j];
            A[i][INPUTS] += a->X[n][i] * a->y[n];
        }
    for (int i = 0; i < INPUTS; i++)
        A[i][i] /= (real)(1 - p); /* 1 + p/(1-p) = 1/(1-p) */
    for (int i = 0; i < INPUTS; i++)
        for (int k = i + 1; k < INPUTS; k++) {
            real f = A[k][i] / A[i][i];
            for (int j = i; j <= INPUTS; j++)
                A[k][j] -= f * A[i][j];
        }
    for (int i = INPUTS - 1; i >= 0; i--) {
        w[i] = A[i][INPUTS];
        for (int j = i + 1; j < INPUTS; j++)
            w[i] -= A[i][j] * w[j];
        w[i] /= A[i][i];
    }
}

/* Descent with a new mask in every step; the mean of w over the last half. */
static void train_dropout(real mean[INPUTS], double p, const lesson *a, rng *g)
{
    real w[INPUTS] = {0};
    memset(mean, 0, INPUTS * sizeof *mean);
    for (int t = 0; t < RIDGE_STEPS; t++) {
        real mask[CASES][INPUTS], r[CASES], dw[INPUTS] = {0};
        real dX[CASES][INPUTS] = {{0}}, dy[CASES] = {0};
        dropout_draw(CASES * INPUTS, (real *)mask, p, g);
        dropout_regression_forward(CASES, INPUTS, r, mask, a->X, w, a->y);
        dropout_regression_backward(CASES, INPUTS, dw, dX, dy, 1, r, mask, a->X,
                                    w);
        gradient_descent(INPUTS, w, dw,
                         rate_inverse(0.008 * (1 - p), 0.01, (double)t));
        for (int d = 0; d < INPUTS && t >= RIDGE_STEPS / 2; d++)
            mean[d] += w[d] / (RIDGE_STEPS - RIDGE_STEPS / 2);
    }
}

/* |w - v|^2: for inputs of variance 1 that are new, the mean squared error of w
 * against the teacher v. */
static double distance(const real w[INPUTS], const real v[INPUTS])
{
    double sum = 0;
    for (int d = 0; d < INPUTS; d++)
        sum += re((w[d] - v[d]) * (w[d] - v[d]));
    return sum;
}

/* 200,000 masks on one regression, against the formula. */
static void masks_by_chance(program *p)
{
    enum { MASKS = 200000, SMALL = 5, FEW = 3 };
    real X[SMALL][FEW], w[FEW], y[SMALL], mask[SMALL][FEW], r[SMALL];
    double sum = 0, squares = 0, keep = 0.5;
    rng g = rng_new(p->seed, 53);
    fill_normal(SMALL * FEW, (real *)X, 1, &g);
    fill_normal(FEW, w, 1, &g);
    fill_normal(SMALL, y, 1, &g);
    for (int k = 0; k < MASKS; k++) {
        dropout_draw(SMALL * FEW, (real *)mask, 1 - keep, &g);
        double L = re(dropout_regression_forward(SMALL, FEW, r, mask, X, w, y));
        sum += L;
        squares += L * L;
    }
    double mean = sum / MASKS;
    double error = sqrt((squares / MASKS - mean * mean) / MASKS);
    real law = ridge_forward(SMALL, FEW, r, 1 - keep, X, w, y);
    show_value(&p->show, "mean loss of 200000 masks", (real)mean, NULL);
    show_value(&p->show, "its standard error", (real)error, NULL);
    show_value(&p->show, "the ridge", law, NULL);
    show_paper(&p->show,
               &(paper){.source = "Srivastava et al. 2014, section 9.1",
                        .quantity = "(mean - ridge)/standard error",
                        .says = "equal on average (an identity)",
                        .value = (mean - re(law)) / error,
                        .lo = -4,
                        .hi = 4});
}

void experiment_ridge(program *p)
{
    static const char *const cols[] = {"p",   "ridge",   "ridge min",
                                       "max", "dropout", "apart"};
    static const double drop[DROPS] = {0, 0.1, 0.3, 0.5, 0.7, 0.9};
    int S = p->seeds;
    double x[DROPS][6], ridge[S], dropped[S], apart[S];
    curve c;
    show_section(&p->show, "Experiment: dropout against ridge");
    masks_by_chance(p);
    show_note(&p->show,
              "A linear teacher, %d inputs, %d cases whose targets have noise "
              "of variance 1, %d seeds. Error on new inputs, of the ridge's "
              "exact minimum, and of training with a new mask in each of %d "
              "steps; apart: the squared distance of the two, median.",
              INPUTS, CASES, S, RIDGE_STEPS);
    program_curve(p, &c, "ridge", "p ridge min max dropout apart");
    for (int i = 0; i < DROPS; i++) {
        for (int s = 0; s < S; s++) {
            real w[INPUTS], v[INPUTS];
            rng g = rng_new(p->seed + (uint64_t)s, 54);
            lesson a = draw_lesson(&g);
            solve_ridge(w, drop[i], &a);
            train_dropout(v, drop[i], &a, &g);
            ridge[s] = distance(w, a.teacher);
            dropped[s] = distance(v, a.teacher);
            apart[s] = distance(v, w);
        }
        spread e = spread_of(S, ridge);
        x[i][0] = drop[i];
        x[i][1] = e.median;
        x[i][2] = e.least;
        x[i][3] = e.most;
        x[i][4] = spread_of(S, dropped).median;
        x[i][5] = spread_of(S, apart).median;
        curve_row(&c, 6, x[i]);
        program_progress(p, i + 1, DROPS);
    }
    program_curve_end(p, &c);
    show_table(&p->show, "error against the teacher", DROPS, 6, NULL, cols, x);
}
