/* SPDX-License-Identifier: MIT */
#include "chapters/07_bptt/experiment.h"

#include "chapters/04_backprop/linear.h"
#include "chapters/05_optimizers/penalty.h"
#include "chapters/07_bptt/rnn.h"
#include "chapters/07_bptt/sunspots.h"
#include "lib/sample.h"

#include <stdlib.h>
#include <string.h>

/* ---- matrices ------------------------------------------------------------ */

static double length(int n, const real x[n])
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += re(x[i]) * re(x[i]);
    return sqrt(sum);
}

double spectral_norm(int rows, int cols, const real J[rows][cols])
{
    real x[cols], y[rows];
    double norm = 0, before = -1;
    longest_row(rows, cols, x, J);
    for (int step = 0; step < 300 && norm > before * (1 + 1e-15); step++) {
        before = norm; /* it never falls */
        double size = length(cols, x);
        if (!(size > 0))
            return size; /* J x = 0, or not a number */
        for (int j = 0; j < cols; j++)
            x[j] /= (real)size;
        for (int i = 0; i < rows; i++) {
            y[i] = 0;
            for (int j = 0; j < cols; j++)
                y[i] += J[i][j] * x[j];
        }
        norm = length(rows, y);
        for (int j = 0; j < cols; j++) {
            x[j] = 0;
            for (int i = 0; i < rows; i++)
                x[j] += J[i][j] * y[i];
        }
    }
    return norm;
}

void orthogonal_fill(int H, real U[H][H], double size, rng *g)
{
    for (int i = 0; i < H; i++) { /* Gram and Schmidt, row by row */
        for (int j = 0; j < H; j++)
            U[i][j] = (real)rng_normal(g);
        for (int pass = 0; pass < 2; pass++) /* the second removes rounding */
            for (int k = 0; k < i; k++) {
                real dot = 0;
                for (int j = 0; j < H; j++)
                    dot += U[i][j] * U[k][j];
                for (int j = 0; j < H; j++)
                    U[i][j] -= dot * U[k][j];
            }
        double norm = length(H, U[i]);
        for (int j = 0; j < H; j++)
            U[i][j] /= (real)norm;
    }
    for (int i = 0; i < H; i++)
        for (int j = 0; j < H; j++)
            U[i][j] *= (real)size;
}

/* ---- statistics over seeds ----------------------------------------------- */

/* The seeds of an experiment follow --seed: seed, seed + 1, ... */
static rng seed_of(const program *p, int s, uint64_t stream)
{
    return rng_new(p->seed + (uint64_t)s, stream);
}

/* ---- what a window loses ------------------------------------------------- */

enum { T = 96, D = 1, H = 8, WINDOWS = 10, RADII = 2, KINDS = 2 };
static const int window[WINDOWS] = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32}; /* | T */
static const double radius[RADII] = {0.5, 0.9};

/* |dU truncated - dU| / |dU| for each window: kind 0 has a window for every
 * error, kind 1 cuts the sequence into blocks. */
static void window_errors(double error[KINDS][WINDOWS], double size, rng *g)
{
    int N = rnn_size(D, H, 1, H);
    real w[N], dw[N], dw_k[N], x[T][D], y[T][H], dy[T][H], h[T + 1][H];
    real c[T + 1][1];
    rnn n = rnn_view(D, H, 1, H, w), d = rnn_view(D, H, 1, H, dw);
    rnn d_k = rnn_view(D, H, 1, H, dw_k);
    memset(w, 0, sizeof w);
    memset(dw, 0, sizeof dw);
    memset(h[0], 0, sizeof h[0]);
    c[0][0] = 0;
    uniform_fill(H * D, n.A, 0.1, g);
    uniform_fill(H * H, n.P, 1, g);
    orthogonal_fill(H, (real(*)[H])n.U, size, g);
    uniform_fill(T * D, (real *)x, 1, g);
    uniform_fill(T * H, (real *)dy, 1, g);
    rnn_forward(T, &n, h, c, y, x);
    rnn_backward(T, &n, &d, NULL, NULL, NULL, dy, h, c, x);
    double whole = length(H * H, d.U);
    for (int kind = 0; kind < KINDS; kind++)
        for (int k = 0; k < WINDOWS; k++) {
            memset(dw_k, 0, sizeof dw_k);
            rnn_backward_truncated(T, window[k], kind ? window[k] : 1, &n, &d_k,
                                   dy, h, c, x);
            for (int i = 0; i < H * H; i++)
                d_k.U[i] -= d.U[i];
            error[kind][k] = length(H * H, d_k.U) / whole;
        }
}

/* One table a radius: min, median and max of the windows' errors, the median of
 * the blocks', and radius^K. */
static void show_windows(program *p, int S,
                         double error[RADII][KINDS][WINDOWS][S])
{
    static const char *const cols[] = {"K",   "min",    "median",
                                       "max", "blocks", "factor^K"};
    static const char *const names[RADII] = {
        "U stretches by the factor 0.5: relative error of dU",
        "U stretches by the factor 0.9: relative error of dU"};
    double x[RADII][WINDOWS][6];
    curve c;
    program_curve(p, &c, "window",
                  "K least_5 median_5 most_5 blocks_5 law_5 least_9 median_9 "
                  "most_9 blocks_9 law_9");
    for (int k = 0; k < WINDOWS; k++) {
        double point[1 + RADII * 5] = {window[k]};
        for (int r = 0; r < RADII; r++) {
            spread e = spread_of(S, error[r][0][k]);
            spread blocks = spread_of(S, error[r][1][k]);
            double row[] = {window[k], e.least,       e.median,
                            e.most,    blocks.median, 1};
            for (int i = 0; i < window[k]; i++)
                row[5] *= radius[r];
            memcpy(x[r][k], row, sizeof row);
            memcpy(point + 1 + 5 * r, row + 1, 5 * sizeof *row);
        }
        curve_row(&c, 1 + RADII * 5, point);
    }
    program_curve_end(p, &c);
    for (int r = 0; r < RADII; r++)
        show_table(&p->show, names[r], WINDOWS, 6, NULL, cols, x[r]);
}

void window_experiment(program *p)
{
    int S = p->seeds;
    double(*error)[KINDS][WINDOWS][S] = malloc(RADII * sizeof *error);
    show_section(&p->show, "Experiment: what a window loses");
    if (!error) {
        program_fail(p, "no memory for %d seeds", S);
        return;
    }
    show_note(&p->show,
              "Networks of %d units over %d steps, %d seeds. The gradient by U "
              "with a window of K steps for every error (min, median, max), "
              "and with the sequence cut into blocks of K steps (median).",
              H, T, S);
    for (int s = 0; s < S; s++)
        for (int r = 0; r < RADII; r++) {
            double e[KINDS][WINDOWS];
            rng g = seed_of(p, s, 10);
            window_errors(e, radius[r], &g);
            for (int kind = 0; kind < KINDS; kind++)
                for (int k = 0; k < WINDOWS; k++)
                    error[r][kind][k][s] = e[kind][k];
        }
    show_windows(p, S, error);
    free(error);
}

/* ---- the product of Jacobians against the lag ---------------------------- */

enum { LAGS = 50, UNITS = 32, CASES = 5 };

/* A network that runs for LAGS steps. */
typedef struct lag_case {
    const char *name;
    double size;  /* of U */
    double input; /* inputs are normal, times this */
    int random;   /* U: 0 orthogonal, 1 independent normal entries */
} lag_case;

static const lag_case lag_cases[CASES] = {
    {"U 0.5, driven", 0.5, 0.5, 0},  {"U 0.9, driven", 0.9, 0.5, 0},
    {"U 1.2, at rest", 1.2, 0, 0},   {"U 1.2, saturated", 1.2, 3, 0},
    {"U random, driven", 4, 0.1, 1},
};

/* product = J product */
static void multiply(real product[UNITS][UNITS], const real J[UNITS][UNITS])
{
    real old[UNITS][UNITS];
    memcpy(old, product, sizeof old);
    for (int i = 0; i < UNITS; i++)
        for (int j = 0; j < UNITS; j++) {
            product[i][j] = 0;
            for (int k = 0; k < UNITS; k++)
                product[i][j] += J[i][k] * old[k][j];
        }
}

/* The norm of dh_lag/dh_0 for each lag; returns the norm of U. There is no
 * signal: V = 0. */
static double lag_norms(double norm[LAGS], const lag_case *a, rng *g)
{
    int N = rnn_size(1, UNITS, 1, 1);
    real w[N], x[LAGS][1], y[LAGS][1], h[LAGS + 1][UNITS], c[LAGS + 1][1];
    real product[UNITS][UNITS], J[UNITS][UNITS];
    rnn n = rnn_view(1, UNITS, 1, 1, w);
    memset(w, 0, sizeof w);
    memset(h[0], 0, sizeof h[0]);
    memset(product, 0, sizeof product);
    c[0][0] = 0;
    uniform_fill(UNITS, n.A, 1, g);
    if (a->random)
        for (int i = 0; i < UNITS * UNITS; i++)
            n.U[i] = (real)(a->size * rng_normal(g) / sqrt((double)UNITS));
    else
        orthogonal_fill(UNITS, (real(*)[UNITS])n.U, a->size, g);
    for (int t = 0; t < LAGS; t++)
        x[t][0] = (real)(a->input * rng_normal(g));
    rnn_forward(LAGS, &n, h, c, y, x);
    for (int i = 0; i < UNITS; i++)
        product[i][i] = 1;
    for (int t = 1; t <= LAGS; t++) {
        rnn_jacobian(&n, J, h[t], c[t - 1]);
        multiply(product, J);
        norm[t - 1] = spectral_norm(UNITS, UNITS, product);
    }
    return spectral_norm(UNITS, UNITS, (real(*)[UNITS])n.U);
}

void lag_experiment(program *p)
{
    static const char *const cols[] = {"norm of U", "lag 1", "lag 10", "lag 50",
                                       "bound 50"};
    const char *rows[CASES];
    double norm[CASES][LAGS], bound[CASES], x[CASES][5];
    curve c;
    show_section(&p->show, "Experiment: gradients against the lag");
    show_note(
        &p->show,
        "%d units without a signal. The norm of dh_t/dh_0, a product of t "
        "Jacobians, for the lags t = 1, 10 and 50, and what that of lag 50 "
        "cannot exceed: the norm of U to the power of 50.",
        UNITS);
    for (int i = 0; i < CASES; i++) {
        rng g = rng_new(p->seed, 20 + (uint64_t)i);
        bound[i] = lag_norms(norm[i], &lag_cases[i], &g);
        rows[i] = lag_cases[i].name;
        double row[] = {bound[i], norm[i][0], norm[i][9], norm[i][LAGS - 1], 1};
        for (int t = 0; t < LAGS; t++)
            row[4] *= bound[i];
        memcpy(x[i], row, sizeof row);
    }
    show_table(&p->show, "norm of the product of Jacobians", CASES, 5, rows,
               cols, x);
    program_curve(p, &c, "lag", "lag half nine rest saturated random");
    for (int t = 0; t < LAGS; t++) {
        double row[CASES + 1] = {t + 1};
        for (int i = 0; i < CASES; i++)
            row[i + 1] = norm[i][t];
        curve_row(&c, CASES + 1, row);
    }
    program_curve_end(p, &c);
}

/* ---- sunspots ------------------------------------------------------------ */

enum { NETS = 2, SETS = 3 };
static const int set_first[SETS] = {TRAIN_FIRST, EARLY_FIRST, LATE_FIRST};
static const int set_last[SETS] = {TRAIN_LAST, EARLY_LAST, LATE_LAST};

/* Weigend, Huberman and Rumelhart 1990, as usually cited. */
static const double cited[SETS] = {0.082, 0.086, 0.35};

static const sunspot_training training[NETS] = {
    {.hidden = 3, .epochs = 2000, .rate = 0.01, .decay = 1e-4, .start = 0.1},
    {.hidden = 3, .epochs = 2000, .rate = 0.015, .decay = 1e-4, .start = 0.1},
};

/* What the seeds of both networks predicted, and their errors. */
typedef struct sunspot_results {
    int seeds;
    double (*predicted)[NETS][SUNSPOT_YEARS]; /* (S,NETS,years) */
    double *error[NETS][SETS];                /* (S) each */
} sunspot_results;

static void train_one(sunspot_results *r, int s, int elman, rng *g)
{
    sunspot_net net;
    double *predicted = r->predicted[s][elman];
    sunspot_start(&net, elman, training[elman], g);
    for (int e = 0; e < training[elman].epochs; e++)
        sunspot_step(&net);
    sunspot_predict(&net, predicted);
    for (int k = 0; k < SETS; k++)
        r->error[elman][k][s] =
            sunspot_error(predicted, set_first[k], set_last[k]);
}

static void show_errors(program *p, const sunspot_results *r)
{
    static const char *const cols[] = {"cited", "min", "median", "max",
                                       "ratio"};
    static const char *const rows[] = {
        "12-3-1  1712-1920", "12-3-1  1921-1955", "12-3-1  1956-1979",
        "Elman   1712-1920", "Elman   1921-1955", "Elman   1956-1979"};
    double x[NETS * SETS][5];
    for (int i = 0; i < NETS * SETS; i++) {
        int elman = i / SETS, k = i % SETS;
        spread e = spread_of(r->seeds, r->error[elman][k]);
        double row[] = {cited[k], e.least, e.median, e.most,
                        e.median / cited[k]};
        memcpy(x[i], row, sizeof row);
    }
    show_table(&p->show, "squared error / 1535, over the seeds", NETS * SETS, 5,
               rows, cols, x);
    show_note(&p->show, "Cited is the feed-forward 12-3-1 network of 1990, as "
                        "usually cited, in all six lines; ratio is median / "
                        "cited. A ratio above 1 is a miss.");
    for (int k = 0; k < SETS; k++) {
        char quantity[60], says[40];
        snprintf(quantity, sizeof quantity,
                 "squared error / 1535, 12-3-1, %d-%d", set_first[k],
                 set_last[k]);
        snprintf(says, sizeof says, "%.3g, as usually cited", cited[k]);
        const double *row = x[k];
        const paper network = {
            .source = "Weigend, Huberman and Rumelhart 1990, sunspots",
            .quantity = quantity,
            .says = says,
            .value = row[2],
            .lo = 0.95 * cited[k],
            .hi = 1.05 * cited[k],
            .seeds = r->seeds,
            .least = row[1],
            .median = row[2],
            .most = row[3]};
        show_paper(&p->show, &network);
    }
}

/* Over the seeds the least, the median and the largest prediction of each
 * year. */
static void draw_predictions(program *p, const sunspot_results *r)
{
    double one_year[r->seeds];
    curve c;
    program_curve(p, &c, "sunspots",
                  "year number lag lag_least lag_most elman elman_least "
                  "elman_most");
    for (int year = TRAIN_FIRST; year <= LATE_LAST; year++) {
        int t = year - SUNSPOT_FIRST;
        double row[2 + 3 * NETS] = {year, sunspot_number[t]};
        for (int i = 0; i < NETS; i++) {
            for (int s = 0; s < r->seeds; s++)
                one_year[s] = r->predicted[s][i][t];
            spread e = spread_of(r->seeds, one_year);
            row[2 + 3 * i] = e.median;
            row[3 + 3 * i] = e.least;
            row[4 + 3 * i] = e.most;
        }
        curve_row(&c, 2 + 3 * NETS, row);
    }
    program_curve_end(p, &c);
}

/* The errors of each seed, and of the cited network and the straight line. */
static void draw_errors(program *p, const sunspot_results *r)
{
    double line[SUNSPOT_YEARS];
    curve c;
    line_predict(line);
    program_curve(p, &c, "seeds", "set lag elman");
    for (int k = 0; k < SETS; k++)
        for (int s = 0; s < r->seeds; s++) {
            double row[] = {k + 1, r->error[0][k][s], r->error[1][k][s]};
            curve_row(&c, 3, row);
        }
    program_curve_end(p, &c);
    program_curve(p, &c, "cited", "set cited line");
    for (int k = 0; k < SETS; k++) {
        double row[] = {k + 1, cited[k],
                        sunspot_error(line, set_first[k], set_last[k])};
        curve_row(&c, 3, row);
    }
    program_curve_end(p, &c);
}

void sunspot_experiment(program *p)
{
    int S = p->seeds;
    sunspot_results r = {.seeds = S,
                         .predicted = malloc((size_t)S * sizeof *r.predicted)};
    double *errors = malloc(NETS * SETS * (size_t)S * sizeof *errors);
    show_section(&p->show, "Experiment: the sunspots");
    show_note(&p->show,
              "%d seeds. Adam on the whole training set, %d steps, rate %g "
              "(Elman: %g); decay %g of all parameters; they start uniform in "
              "+-%g.",
              S, training[0].epochs, training[0].rate, training[1].rate,
              training[0].decay, training[0].start);
    if (r.predicted && errors) {
        for (int i = 0; i < NETS * SETS; i++)
            r.error[i / SETS][i % SETS] = errors + i * S;
        for (int s = 0; s < S; s++)
            for (int elman = 0; elman < NETS; elman++) {
                rng g = seed_of(p, s, 30);
                train_one(&r, s, elman, &g);
                program_progress(p, NETS * s + elman + 1, NETS * S + 1);
            }
        show_errors(p, &r);
        draw_predictions(p, &r);
        draw_errors(p, &r);
    } else {
        program_fail(p, "no memory for %d seeds", S);
    }
    program_progress(p, 1, 1);
    free(errors);
    free(r.predicted);
}

/* ---- over-fitting -------------------------------------------------------- */

enum { EPOCHS = 1500, EVERY = 10, LOOKS = EPOCHS / EVERY, WAYS = 2 };

/* The errors of one network while it is trained. */
typedef struct history {
    double error[LOOKS][SETS];
    int stop; /* the look with the least error on 1921 to 1955 */
} history;

static void train_and_look(history *a, double decay, rng *g)
{
    sunspot_net net;
    double predicted[SUNSPOT_YEARS];
    sunspot_training how = {.hidden = 8,
                            .epochs = EPOCHS,
                            .rate = 0.01,
                            .decay = decay,
                            .start = 0.1};
    sunspot_start(&net, 0, how, g);
    a->stop = 0;
    for (int i = 0; i < LOOKS; i++) {
        for (int e = 0; e < EVERY; e++)
            sunspot_step(&net);
        sunspot_predict(&net, predicted);
        for (int k = 0; k < SETS; k++)
            a->error[i][k] =
                sunspot_error(predicted, set_first[k], set_last[k]);
        if (a->error[i][1] < a->error[a->stop][1])
            a->stop = i;
    }
}

static void show_stops(program *p, int S, history a[WAYS][S])
{
    static const char *const cols[] = {"min", "median", "max"};
    static const char *const rows[] = {
        "no decay, the stop: step",  "no decay, stop: 1712-1920",
        "no decay, stop: 1921-1955", "no decay, stop: 1956-1979",
        "no decay, end:  1712-1920", "no decay, end:  1921-1955",
        "no decay, end:  1956-1979", "decay, end:     1712-1920",
        "decay, end:     1921-1955", "decay, end:     1956-1979"};
    double x[10][3], v[S];
    for (int i = 0; i < 10; i++) {
        for (int s = 0; s < S; s++) {
            const history *b = &a[i > 6][s];
            int look = i < 4 ? b->stop : LOOKS - 1;
            v[s] =
                i == 0 ? (b->stop + 1) * EVERY : b->error[look][(i + 2) % SETS];
        }
        spread e = spread_of(S, v);
        double row[] = {e.least, e.median, e.most};
        memcpy(x[i], row, sizeof row);
    }
    show_table(&p->show, "12-8-1: squared error / 1535, over the seeds", 10, 3,
               rows, cols, x);
}

/* The medians over the seeds, and the first seed's stop. */
static void draw_history(program *p, int S, history a[WAYS][S])
{
    double v[S];
    curve c;
    program_curve(p, &c, "overfit",
                  "step train early late train_decay early_decay late_decay");
    for (int i = 0; i < LOOKS; i++) {
        double row[1 + WAYS * SETS] = {(i + 1) * EVERY};
        for (int k = 0; k < WAYS * SETS; k++) {
            for (int s = 0; s < S; s++)
                v[s] = a[k / SETS][s].error[i][k % SETS];
            row[1 + k] = spread_of(S, v).median;
        }
        curve_row(&c, 1 + WAYS * SETS, row);
    }
    program_curve_end(p, &c);
    program_curve(p, &c, "stop", "step early");
    for (int s = 0; s < S; s++) {
        int stop = a[0][s].stop;
        double row[] = {(stop + 1) * EVERY, a[0][s].error[stop][1]};
        curve_row(&c, 2, row);
    }
    program_curve_end(p, &c);
}

void overfit_experiment(program *p)
{
    int S = p->seeds;
    history(*a)[S] = malloc(WAYS * sizeof *a);
    show_section(&p->show, "Experiment: over-fitting, and where to stop");
    if (!a) {
        program_fail(p, "no memory for %d seeds", S);
        return;
    }
    show_note(&p->show,
              "A 12-8-1 network, %d steps of Adam, %d seeds, without decay and "
              "with that of 7.14. The years 1921 to 1955 now say when to stop: "
              "at their least error. So 1956 to 1979 is the only test left.",
              EPOCHS, S);
    for (int s = 0; s < S; s++)
        for (int way = 0; way < WAYS; way++) {
            rng g = seed_of(p, s, 31);
            train_and_look(&a[way][s], way ? 1e-4 : 0, &g);
            program_progress(p, WAYS * s + way + 1, WAYS * S + 1);
        }
    program_progress(p, 1, 1);
    show_stops(p, S, a);
    draw_history(p, S, a);
    free(a);
}
