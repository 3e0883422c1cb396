/* SPDX-License-Identifier: MIT */
// Chapter 9: GRU. Build this program alone, from the root, with
// cc -std=gnu17 -O2 -ffp-contract=off -I. chapters/09_gru/*.c chapters/02_activations/activations.c chapters/03_cross_entropy/cross_entropy.c chapters/04_backprop/linear.c chapters/05_optimizers/optimizers.c chapters/08_lstm/experiments.c chapters/08_lstm/lstm.c chapters/08_lstm/lstm1997.c chapters/08_lstm/temporal_order.c lib/*.c lib/check/*.c -lm -o 09_gru
/* Letters: T steps, D inputs, H units; r reset gate, z update gate, n
 * candidate. */
#include "chapters/02_activations/activations.h"
#include "chapters/09_gru/checks.h"
#include "chapters/09_gru/compare.h"
#include "chapters/09_gru/gru.h"
#include "chapters/09_gru/lag.h"
#include "lib/program.h"

#include <string.h>

/* ---- what can be set ----------------------------------------------------- */

enum { STEPS = 3, H = 2 };

/* One unit, one input: the weights of r, z, n, and four biases: r, z, n, q. */
static real W[GRU_GATES][1][1] = {{{0.5}}, {{0.4}}, {{0.3}}};
static real U[GRU_GATES][1][1] = {{{0.1}}, {{0.2}}, {{0.3}}};
static real b[GRU_ROWS][1] = {{0}, {0}, {0.1}, {0}};
static real x[STEPS][1] = {{1}, {-0.6}, {0.8}};
static real h_0 = 0.5;

/* Two units, the same inputs. */
static real W2[GRU_GATES][H][1] = {
    {{0.5}, {-0.7}}, {{0.4}, {0.9}}, {{0.3}, {-0.8}}};
static real U2[GRU_GATES][H][H] = {{{0.1, 0.6}, {-0.5, 0.2}},
                                   {{0.2, -0.4}, {0.3, 0.7}},
                                   {{0.3, 1.1}, {-0.9, 0.5}}};
static real b2[GRU_ROWS][H] = {{0, 0.2}, {0, -0.3}, {0.1, 0}, {0, 0}};
static real h2_0[H] = {0.5, -0.4};

static real rate = 0.02;
static int most[1] = {360};

static const setting settings[] = {
    SETTING("x", "T,1", "the inputs of three steps", x, 2, STEPS, 1),
    SETTING("h_0", "", "one unit: state before the first step", &h_0, 0, 1),
    SETTING("W", "3", "input weights of r, z, n", W, 1, GRU_GATES),
    SETTING("U", "3", "recurrent weights of r, z, n", U, 1, GRU_GATES),
    SETTING("b", "4", "biases of r, z, n, q", b, 1, GRU_ROWS),
    SETTING("h2_0", "H", "two units: state before the first step", h2_0, 1, H),
    SETTING("W2", "3,H", "input weights of r, z, n", W2, 2, GRU_GATES, H),
    SETTING("U2", "3,H,H", "recurrent weights of r, z, n", U2, 3, GRU_GATES, H,
            H),
    SETTING("b2", "4,H", "biases of r, z, n, q", b2, 2, GRU_ROWS, H),
    SETTING_RANGE("rate", "experiment: learning rate of Adam", &rate, 0, 10),
    SETTING_WHOLE("most", "1", "experiment: give up after so many batches",
                  most, 1, 1, 100000),
};

static const char *const letter[GRU_GATES] = {"r", "z", "n"};

/* ---- the worked example: one unit ---------------------------------------- */

/* A value whose name ends in a row's letter: "a_r". */
static void row_value(show *s, const char *stem, int row, real value)
{
    char name[16];
    snprintf(name, sizeof name, "%s_%s", stem, letter[row]);
    show_value(s, name, value, NULL);
}

static void one_by_one(show *s, real v[GRU_ROWS][1], real *h)
{
    real a[UPDATE + 1];
    show_section(s, "The gates, one by one");
    show_equation(s, "9.1", "a_s = W_s x + U_s h_0 + b_s,  s = r, z");
    for (int g = RESET; g <= UPDATE; g++) {
        char name[8];
        snprintf(name, sizeof name, "a_%s", letter[g]);
        a[g] = b[g][0] + W[g][0][0] * x[0][0] + U[g][0][0] * h_0;
        show_value(s, name, a[g], "%g*%g + %g*%g + %g", re(W[g][0][0]),
                   re(x[0][0]), re(U[g][0][0]), re(h_0), re(b[g][0]));
    }
    gru_before_step_forward(1, 1, h, v, W, U, b, x[0], &h_0);
    real z = v[UPDATE][0], n = v[NEW][0], p = v[INNER][0];
    real a_n = b[NEW][0] + W[NEW][0][0] * x[0][0] + U[NEW][0][0] * p;
    show_equation(s, "9.2", "r = sigmoid(a_r)     reset gate");
    show_value(s, "r", v[RESET][0], "1 / (1 + exp(-%.6g))", re(a[RESET]));
    show_equation(s, "9.3", "z = sigmoid(a_z)     update gate");
    show_value(s, "z", z, "1 / (1 + exp(-%.6g))", re(a[UPDATE]));
    show_equation(s, "9.4", "p = r h_0            what the candidate sees");
    show_value(s, "p", p, "%.6f*%g", re(v[RESET][0]), re(h_0));
    show_equation(s, "9.5", "a_n = W_n x + U_n p + b_n");
    show_value(s, "a_n", a_n, "%g*%g + %g*%.6f + %g", re(W[NEW][0][0]),
               re(x[0][0]), re(U[NEW][0][0]), re(p), re(b[NEW][0]));
    show_equation(s, "9.6", "n = tanh(a_n)        candidate, not a gate");
    show_value(s, "n", n, "tanh(%.6f)", re(a_n));
    show_equation(s, "9.7", "h = (1 - z) n + z h_0");
    show_value(s, "h", *h, "(1 - %.6f)*%.6f + %.6f*%g", re(z), re(n), re(z),
               re(h_0));
}

/* What one backward step gives for one unit and L = h. */
typedef struct one {
    real dW[GRU_GATES][1][1], dU[GRU_GATES][1][1], db[GRU_ROWS][1];
    real dx[1], dh0[1];
} one;

static one step_gradients(gru_form form, const real v[GRU_ROWS][1])
{
    one d;
    const real dh = 1;
    memset(&d, 0, sizeof d);
    if (form == RESET_BEFORE)
        gru_before_step_backward(1, 1, d.dW, d.dU, d.db, d.dx, d.dh0, &dh, v, W,
                                 U, x[0], &h_0);
    else
        gru_after_step_backward(1, 1, d.dW, d.dU, d.db, d.dx, d.dh0, &dh, v, W,
                                U, x[0], &h_0);
    return d;
}

static void back_through_the_cell(show *s, const real v[GRU_ROWS][1])
{
    real r = v[RESET][0], z = v[UPDATE][0], n = v[NEW][0];
    one d = step_gradients(RESET_BEFORE, v);
    show_section(s, "Backward through the cell");
    show_note(s, "The loss is L = h: the incoming gradient is dh = 1.");
    show_equation(s, "9.8", "da_z = dh (h_0 - n) z (1 - z)");
    show_value(s, "da_z", d.db[UPDATE][0], "1*(%g - %.6f)*%.6f*(1 - %.6f)",
               re(h_0), re(n), re(z), re(z));
    show_equation(s, "9.9", "da_n = dh (1 - z) (1 - n^2)");
    real da_n = d.db[NEW][0], dp = U[NEW][0][0] * da_n;
    show_value(s, "da_n", da_n, "1*(1 - %.6f)*(1 - (%.6f)^2)", re(z), re(n));
    show_equation(s, "9.10", "dh_0 = dh z   + 9.13 + 9.18");
    show_value(s, "share of 9.10", z, "1*%.6f", re(z));
    show_equation(s, "9.11", "dp = U_n' da_n");
    show_value(s, "dp", dp, "%g*%.6f", re(U[NEW][0][0]), re(da_n));
    show_equation(s, "9.12", "da_r = dp h_0 r (1 - r)");
    show_value(s, "da_r", d.db[RESET][0], "%.6f*%g*%.6f*(1 - %.6f)", re(dp),
               re(h_0), re(r), re(r));
    show_equation(s, "9.13", "dh_0 += dp r");
    show_value(s, "share of 9.13", dp * r, "%.6f*%.6f", re(dp), re(r));
    show_equation(s, "9.14", "db_s = da_s,  s = r, z, n");
    for (int g = 0; g < GRU_GATES; g++)
        row_value(s, "dh/db", g, d.db[g][0]);
    show_equation(s, "9.15", "dW_s = da_s x'");
    for (int g = 0; g < GRU_GATES; g++)
        row_value(s, "dh/dW", g, d.dW[g][0][0]);
    show_equation(s, "9.16", "dx = sum_s W_s' da_s");
    show_value(s, "dh/dx", d.dx[0], NULL);
    show_equation(s, "9.17", "dU_s = da_s h_0',  s = r, z");
    row_value(s, "dh/dU", RESET, d.dU[RESET][0][0]);
    row_value(s, "dh/dU", UPDATE, d.dU[UPDATE][0][0]);
    show_equation(s, "9.18", "dh_0 += U_r' da_r + U_z' da_z");
    show_value(s, "share of 9.18", d.dh0[0] - z - dp * r, "%g*%.6f + %g*%.6f",
               re(U[RESET][0][0]), re(d.db[RESET][0]), re(U[UPDATE][0][0]),
               re(d.db[UPDATE][0]));
    show_value(s, "dh/dh_0", d.dh0[0], "%.6f + %.6f + %.6f", re(z), re(dp * r),
               re(d.dh0[0] - z - dp * r));
    show_equation(s, "9.19", "dU_n = da_n p'");
    row_value(s, "dh/dU", NEW, d.dU[NEW][0][0]);
}

/* ---- the reset gate after the matrix ------------------------------------- */

static void after_one_unit(show *s)
{
    real v[GRU_ROWS][1], h;
    gru_after_step_forward(1, 1, &h, v, W, U, b, x[0], &h_0);
    one d = step_gradients(RESET_AFTER, v);
    real r = v[RESET][0], q = v[INNER][0], da_n = d.db[NEW][0];
    show_section(s, "The reset gate after the matrix");
    show_note(s, "First the same unit: r and z are those of 9.1.");
    show_equation(s, "9.20", "q = U_n h_0 + b_q");
    show_value(s, "q", q, "%g*%g + %g", re(U[NEW][0][0]), re(h_0),
               re(b[INNER][0]));
    show_equation(s, "9.21", "a_n = W_n x + r q + b_n");
    show_value(s, "a_n, after", W[NEW][0][0] * x[0][0] + r * q + b[NEW][0],
               "%g*%g + %.6f*%g + %g", re(W[NEW][0][0]), re(x[0][0]), re(r),
               re(q), re(b[NEW][0]));
    show_value(s, "h, after", h, NULL);
    show_note(s, "Backward for L = h: da_z, da_n as before; then");
    show_equation(s, "9.22", "da_r = da_n q r (1 - r)");
    show_value(s, "da_r, after", d.db[RESET][0], "%.6f*%g*%.6f*(1 - %.6f)",
               re(da_n), re(q), re(r), re(r));
    show_equation(s, "9.23", "dq = da_n r");
    show_value(s, "dq", da_n * r, "%.6f*%.6f", re(da_n), re(r));
    show_equation(s, "9.24", "db_q = dq");
    show_value(s, "dh/db_q", d.db[INNER][0], NULL);
    show_equation(s, "9.25", "dU_n = dq h_0'");
    show_value(s, "dh/dU_n, after", d.dU[NEW][0][0], "%.6f*%g", re(da_n * r),
               re(h_0));
    show_equation(s, "9.26", "dh_0 += U_n' dq");
    show_value(s, "share of 9.26", U[NEW][0][0] * da_n * r, "%g*%.6f",
               re(U[NEW][0][0]), re(da_n * r));
    show_value(s, "dh/dh_0, after", d.dh0[0], NULL);
}

static void forms_of_two_units(show *s)
{
    real v[GRU_ROWS][H], w[GRU_ROWS][H], h[H], k[H], difference = 0;
    real diagonal[GRU_GATES][H][H];
    gru_before_step_forward(1, H, h, v, W2, U2, b2, x[0], h2_0);
    gru_after_step_forward(1, H, k, w, W2, U2, b2, x[0], h2_0);
    show_no_equation(s);
    show_note(s,
              "With one unit and b_q = 0 the forms agree, since "
              "r (U_n h_0) = U_n (r h_0) for numbers. Two units, the same "
              "inputs; a row of W is one of r, z, n, a row of b one of r, z, "
              "n, q:");
    show_matrix(s, "W", GRU_GATES, H, (const real(*)[H])W2);
    show_matrix(s, "U_r", H, H, U2[RESET]);
    show_matrix(s, "U_z", H, H, U2[UPDATE]);
    show_matrix(s, "U_n", H, H, U2[NEW]);
    show_matrix(s, "b", GRU_ROWS, H, b2);
    show_vector(s, "h_0", H, h2_0);
    show_note(s, "The first step:");
    show_vector(s, "r (two units)", H, v[RESET]);
    show_vector(
        s, "U_n p, before", H,
        (real[]){U2[NEW][0][0] * v[INNER][0] + U2[NEW][0][1] * v[INNER][1],
                 U2[NEW][1][0] * v[INNER][0] + U2[NEW][1][1] * v[INNER][1]});
    show_vector(s, "r q, after", H,
                (real[]){w[RESET][0] * w[INNER][0], w[RESET][1] * w[INNER][1]});
    show_vector(s, "h, before", H, h);
    show_vector(s, "h, after (two units)", H, k);
    memcpy(diagonal, U2, sizeof diagonal);
    diagonal[NEW][0][1] = diagonal[NEW][1][0] = 0;
    gru_before_step_forward(1, H, h, v, W2, diagonal, b2, x[0], h2_0);
    gru_after_step_forward(1, H, k, w, W2, diagonal, b2, x[0], h2_0);
    for (int j = 0; j < H; j++)
        difference = real_max(difference, real_abs(h[j] - k[j]));
    show_note(s, "With U_n diagonal (and b_q = 0) the forms are one again:");
    show_residual(s, "largest difference, U_n diagonal", re(difference));
}

/* ---- which way the update gate turns ------------------------------------- */

static void other_way(show *s, const real v[GRU_ROWS][1])
{
    real z = v[UPDATE][0], n = v[NEW][0], w[GRU_ROWS][1], h;
    real W_turned[GRU_GATES][1][1], U_turned[GRU_GATES][1][1];
    real b_turned[GRU_ROWS][1];
    real other = z * n + (1 - z) * h_0;                             /* (9.27) */
    show_section(s, "Which way the update gate turns");
    show_equation(s, "9.27", "h = z n + (1 - z) h_0    the other way round");
    show_value(s, "h, other way", other, "%.6f*%.6f + (1 - %.6f)*%g", re(z),
               re(n), re(z), re(h_0));
    memcpy(W_turned, W, sizeof W);
    memcpy(U_turned, U, sizeof U);
    memcpy(b_turned, b, sizeof b);
    W_turned[UPDATE][0][0] = -W[UPDATE][0][0];
    U_turned[UPDATE][0][0] = -U[UPDATE][0][0];
    b_turned[UPDATE][0] = -b[UPDATE][0];                            /* (9.28) */
    gru_before_step_forward(1, 1, &h, w, W_turned, U_turned, b_turned, x[0],
                            &h_0);
    show_equation(s, "9.28", "sigmoid(-a) = 1 - sigmoid(a)");
    show_value(s, "z from -W_z, -U_z, -b_z", w[UPDATE][0], "1 - %.6f", re(z));
    show_value(s, "h from -W_z, -U_z, -b_z", h, NULL);
    show_residual(s, "difference from the other way", re(h - other));
}

/* ---- through time -------------------------------------------------------- */

/* Three steps of two units: what the forward pass leaves and what the backward
 * pass gives for L = the first entry of h_3. */
typedef struct three {
    real h[STEPS + 1][H], v[STEPS][GRU_ROWS][H], dh[STEPS + 1][H];
    real dx[STEPS][1], dW[GRU_GATES][H][1], dU[GRU_GATES][H][H];
    real db[GRU_ROWS][H];
} three;

static void run_three(three *z, gru_form form, const real u[GRU_GATES][H][H])
{
    memset(z, 0, sizeof *z);
    memcpy(z->h[0], h2_0, sizeof z->h[0]);
    gru_forward(STEPS, 1, H, form, z->h, z->v, W2, u, b2, x);
    z->dh[STEPS][0] = 1;
    gru_backward(STEPS, 1, H, form, z->dW, z->dU, z->db, z->dx, z->dh, z->v,
                 z->h, W2, u, x);
}

/* P = J_T ... J_1: the total derivative of the last state by the first. */
static void total_jacobian(real P[H][H], gru_form form, const three *z,
                           const real u[GRU_GATES][H][H])
{
    memset(P, 0, H * sizeof *P);
    P[0][0] = P[1][1] = 1;
    for (int t = 1; t <= STEPS; t++) {
        real J[H][H], Q[H][H] = {{0}};
        gru_jacobian(H, form, J, z->v[t - 1], u, z->h[t - 1]);
        for (int j = 0; j < H; j++)
            for (int k = 0; k < H; k++)
                for (int l = 0; l < H; l++)
                    Q[j][k] += J[j][l] * P[l][k];                   /* (9.35) */
        memcpy(P, Q, sizeof Q);
    }
}

static real product_of_update_gates(const three *z, int unit)
{
    real product = 1;
    for (int t = 1; t <= STEPS; t++)
        product *= z->v[t - 1][UPDATE][unit];                       /* (9.31) */
    return product;
}

static void through_time(show *s)
{
    three z, y;
    run_three(&z, RESET_BEFORE, U2);
    run_three(&y, RESET_AFTER, U2);
    show_section(s, "Through time");
    show_note(s, "Two units, three inputs, reset before the matrix; a row a "
                 "step, the first row is the state before the first step.");
    show_equation(s, "9.29", "h_t = step(x_t, h_{t-1})");
    show_vector(s, "x_1 .. x_3", STEPS, (real *)x);
    show_matrix(s, "h_0 .. h_3", STEPS + 1, H, z.h);
    show_note(s, "Backward for L = the first entry of h_3:");
    show_equation(s, "9.30", "dh_{t-1} += step_backward(dh_t)");
    show_matrix(s, "dh_0 .. dh_3", STEPS + 1, H, z.dh);
    show_vector(s, "dx_1 .. dx_3", STEPS, (real *)z.dx);
    show_matrix(s, "db (r, z, n)", GRU_GATES, H, z.db);
    show_matrix(s, "dU_n", H, H, z.dU[NEW]);
    show_matrix(s, "dh_0 .. dh_3, after", STEPS + 1, H, y.dh);
}

static void reaching_back(show *s)
{
    static const real none[GRU_GATES][H][H];
    three z, y;
    real J[H][H], P[H][H];
    run_three(&z, RESET_BEFORE, U2);
    run_three(&y, RESET_AFTER, U2);
    show_note(s, "The direct path from h_0 to h_3 goes through the update "
                 "gates and through nothing else. The first unit's:");
    show_equation(s, "9.31", "direct path = z_1 z_2 ... z_T");
    show_value(s, "direct path", product_of_update_gates(&z, 0),
               "%.6f*%.6f*%.6f", re(z.v[0][UPDATE][0]), re(z.v[1][UPDATE][0]),
               re(z.v[2][UPDATE][0]));
    show_equation(s, "9.32", "J_t = dh_t / dh_{t-1} = diag(z_t) + ...");
    show_vector(s, "z_1, its first term", H, z.v[0][UPDATE]);
    gru_jacobian(H, RESET_BEFORE, J, z.v[0], U2, z.h[0]);
    show_equation(s, "9.33", "with da_n/dh_{t-1} of \"before\"");
    show_matrix(s, "J_1, before", H, H, J);
    gru_jacobian(H, RESET_AFTER, J, y.v[0], U2, y.h[0]);
    show_equation(s, "9.34", "with da_n/dh_{t-1} of \"after\"");
    show_matrix(s, "J_1, after", H, H, J);
    show_equation(s, "9.35", "dh_3/dh_0 = J_3 J_2 J_1");
    total_jacobian(P, RESET_BEFORE, &z, U2);
    show_matrix(s, "J_3 J_2 J_1", H, H, P);
    show_residual(s, "its first row less dh_0 above",
                  re(real_max(real_abs(P[0][0] - z.dh[0][0]),
                              real_abs(P[0][1] - z.dh[0][1]))));
    show_note(s, "With recurrent weights of zero there is no other path:");
    run_three(&z, RESET_BEFORE, none);
    show_equation(s, "9.31", "where U = 0:  dh_T/dh_0 = z_1 z_2 ... z_T");
    show_value(s, "direct path, no U", product_of_update_gates(&z, 0),
               "%.6f*%.6f*%.6f", re(z.v[0][UPDATE][0]), re(z.v[1][UPDATE][0]),
               re(z.v[2][UPDATE][0]));
    show_value(s, "dh_3/dh_0, no U", z.dh[0][0], NULL);
    show_residual(s, "difference, no U",
                  re(z.dh[0][0] - product_of_update_gates(&z, 0)));
}

/* ---- beside the LSTM ----------------------------------------------------- */

static void beside_the_lstm(show *s)
{
    static const char *const cols[] = {"inputs", "GRU units", "weights",
                                       "LSTM units", "weights"};
    static const int sizes[][3] = {
        {1, 1, 1}, {3, 6, 5}, {8, 16, 16}, {8, 16, 13}, {100, 256, 256}};
    enum { ROWS = sizeof sizes / sizeof *sizes };
    double table[ROWS][5];
    show_section(s, "Beside the LSTM");
    show_note(s, "How many weights: three rows of gates and candidate here, "
                 "four there.");
    show_equation(s, "9.36", "GRU:   3 H (D + H + 1)   (and H for b_q)");
    show_value(s, "GRU, D = 3, H = 6", gru_weights(3, 6), "3*6*(3 + 6 + 1)");
    show_equation(s, "9.37", "LSTM:  4 H (D + H + 1)");
    show_value(s, "LSTM, D = 3, H = 5", lstm_weights(3, 5), "4*5*(3 + 5 + 1)");
    for (int r = 0; r < ROWS; r++) {
        int inputs = sizes[r][0], gru = sizes[r][1], lstm = sizes[r][2];
        double row[] = {inputs, gru, gru_weights(inputs, gru), lstm,
                        lstm_weights(inputs, lstm)};
        memcpy(table[r], row, sizeof row);
    }
    show_table(s, "numbers of weights", ROWS, 5, NULL, cols, table);
}

static void worked_example(program *p)
{
    real v[GRU_ROWS][1], h;
    one_by_one(&p->show, v, &h);
    back_through_the_cell(&p->show, v);
    after_one_unit(&p->show);
    forms_of_two_units(&p->show);
    other_way(&p->show, v);
    through_time(&p->show);
    reaching_back(&p->show);
    beside_the_lstm(&p->show);
}

static void experiment(program *p)
{
    experiment_gru_lag(p);
    experiment_compare(p, re(rate), most[0]);
}

static const program_about about = {
    .name = "09_gru",
    .title = "GRU: one gate that keeps and writes, one that resets",
    .seeds = 10,
    .verification = 7,
    SETTINGS(settings),
    .example = worked_example,
    .verify = verify_gru,
    .experiment = experiment,
};

int main(int argc, char **argv)
{
    return program_run(&about, argc, argv);
}
