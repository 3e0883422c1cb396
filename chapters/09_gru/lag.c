/* SPDX-License-Identifier: MIT */
#include "chapters/09_gru/lag.h"

#include "chapters/04_backprop/linear.h"
#include "chapters/08_lstm/experiments.h"
#include "chapters/09_gru/gru.h"
#include "lib/sample.h"

#include <string.h>

/* As in chapter 8: 150 steps, 8 random inputs, 16 units, 20 networks. */
enum { LAGS = 100, RUN = 150, WIDTH = 8, UNITS = 16, NETWORKS = 20, KINDS = 5 };

static double length(int n, const real x[n])
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += re(x[i]) * re(x[i]);
    return sqrt(sum);
}

/* norm[k] = |dL/dh_{T-k}| for a GRU whose update gates start with the bias
 * given; L is a random direction of h_T. */
static void gru_norms(double norm[LAGS + 1], gru_form form, double bias, rng *g)
{
    static real W[GRU_GATES][UNITS][WIDTH], U[GRU_GATES][UNITS][UNITS];
    static real b[GRU_ROWS][UNITS], dW[GRU_GATES][UNITS][WIDTH];
    static real dU[GRU_GATES][UNITS][UNITS], db[GRU_ROWS][UNITS];
    static real x[RUN][WIDTH], dx[RUN][WIDTH], v[RUN][GRU_ROWS][UNITS];
    real h[RUN + 1][UNITS] = {{0}}, dh[RUN + 1][UNITS] = {{0}};
    double units = UNITS;
    fill_normal(RUN * WIDTH, (real *)x, 1, g);
    fill_normal(UNITS, dh[RUN], 1, g);
    double size = length(UNITS, dh[RUN]);
    uniform_fill(GRU_GATES * UNITS * WIDTH, (real *)W, 1 / sqrt(units), g);
    uniform_fill(GRU_GATES * UNITS * UNITS, (real *)U, 1 / sqrt(units), g);
    for (int j = 0; j < UNITS; j++) {
        dh[RUN][j] /= (real)size;
        b[UPDATE][j] = (real)bias;
    }
    gru_forward(RUN, WIDTH, UNITS, form, h, v, W, U, b, x);
    gru_backward(RUN, WIDTH, UNITS, form, dW, dU, db, dx, dh, v, h, W, U, x);
    for (int k = 0; k <= LAGS; k++)
        norm[k] = length(UNITS, dh[RUN - k]);
}

/* An update gate with this bias holds: sigmoid(40) is 1 in a double. */
static const struct {
    gru_form form;
    double bias;
} kinds[KINDS] = {{RESET_BEFORE, 0},
                  {RESET_AFTER, 0},
                  {RESET_BEFORE, 1},
                  {RESET_BEFORE, 2},
                  {RESET_BEFORE, 40}};

static void mean_norms(double mean[KINDS][LAGS + 1], rng *g)
{
    double norm[LAGS + 1];
    memset(mean, 0, KINDS * sizeof *mean);
    for (int n = 0; n < NETWORKS; n++)
        for (int kind = 0; kind < KINDS; kind++) {
            gru_norms(norm, kinds[kind].form, kinds[kind].bias, g);
            for (int k = 0; k <= LAGS; k++)
                mean[kind][k] += log(norm[k]) / NETWORKS;
        }
    for (int kind = 0; kind < KINDS; kind++)
        for (int k = 0; k <= LAGS; k++)
            mean[kind][k] = exp(mean[kind][k]);
}

void experiment_gru_lag(program *p)
{
    static const char *const cols[] = {"lag",     "b_z = 0", "after",
                                       "b_z = 1", "b_z = 2", "hold"};
    static const int shown[] = {0, 1, 2, 5, 10, 20, 50, 100};
    enum { SHOWN = sizeof shown / sizeof *shown };
    static double mean[KINDS][LAGS + 1];
    double x[SHOWN][KINDS + 1], row[KINDS + 1];
    curve c;
    rng g = rng_new(p->seed, 31);
    experiment_lag(p);
    show_note(&p->show, "The same with GRUs, reset before the matrix but in "
                        "the column \"after\" (there with b_z = 0):");
    mean_norms(mean, &g);
    program_curve(p, &c, "lag-gru",
                  "lag before_0 after_0 before_1 before_2 hold");
    for (int k = 0, r = 0; k <= LAGS; k++) {
        row[0] = k;
        for (int kind = 0; kind < KINDS; kind++)
            row[1 + kind] = mean[kind][k];
        curve_row(&c, KINDS + 1, row);
        if (r < SHOWN && k == shown[r])
            memcpy(x[r++], row, sizeof row);
    }
    program_curve_end(p, &c);
    show_table(&p->show, "GRU: norm of the gradient against the lag", SHOWN,
               KINDS + 1, NULL, cols, x);
}
