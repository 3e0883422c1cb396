/* SPDX-License-Identifier: MIT */
// Chapter 8: LSTM. Build this program alone, from the root, with
// cc -std=gnu17 -O2 -ffp-contract=off -I. chapters/08_lstm/*.c chapters/02_activations/activations.c chapters/04_backprop/linear.c chapters/05_optimizers/optimizers.c lib/*.c lib/check/*.c -lm -o 08_lstm
/* Letters: T steps, D inputs, H units; for the cell of 1997 B blocks, C cells,
 * N hidden units. */
#include "chapters/02_activations/activations.h"
#include "chapters/08_lstm/experiments.h"
#include "chapters/08_lstm/lstm.h"
#include "chapters/08_lstm/lstm1997.h"
#include "chapters/08_lstm/worked1997.h"
#include "lib/program.h"
#include "lib/sample.h"

#include <string.h>

/* ---- what can be set ----------------------------------------------------- */

/* One unit, one input: the weights of f, i, g, o in the order of lstm_gate. */
static real W[GATES][1][1] = {{{0.5}}, {{0.4}}, {{0.3}}, {{0.2}}};
static real U[GATES][1][1] = {{{0.1}}, {{0.2}}, {{0.3}}, {{0.4}}};
static real b[GATES][1] = {{1}, {0}, {0.1}, {-0.1}};
static real x[STEPS][1] = {{1}, {-0.6}, {0.8}};
static real h_0 = 0.5, c_0 = 0.25;

/* The cell of 1997: one block, one cell; rows cell, input gate, output gate. */
static example_1997 old = {
    .W = {{0.9}, {0.7}, {-0.5}},
    .U = {{0.4, -0.3, 0.2}, {-0.6, 0.5, 0.1}, {0.8, -0.2, 0.3}},
    .b = {0.1, -0.4, 0.6},
};

static real rate = 0.5, input_bias[BLOCKS] = {-2, -4};
static int full_gradient[1] = {0}, most[1] = {400000};

static const setting settings[] = {
    SETTING("x", "T,1", "the inputs of three steps", x, 2, STEPS, 1),
    SETTING("h_0", "", "output before the first step", &h_0, 0, 1),
    SETTING("c_0", "", "cell state before the first step", &c_0, 0, 1),
    SETTING("W", "4", "input weights of f, i, g, o", W, 1, GATES),
    SETTING("U", "4", "recurrent weights of f, i, g, o", U, 1, GATES),
    SETTING("b", "4", "biases of f, i, g, o", b, 1, GATES),
    SETTING("W_1997", "N", "cell, input gate, output gate", old.W, 1, 3),
    SETTING("U_1997", "N,N", "recurrent weights, 1997", old.U, 2, 3, 3),
    SETTING("b_1997", "N", "biases, 1997", old.b, 1, 3),
    SETTING_RANGE("rate", "task 6a: learning rate", &rate, 0, 100),
    SETTING("input_bias", "B", "task 6a: of the input gates at the start",
            input_bias, 1, BLOCKS),
    SETTING_WHOLE("full", "1", "task 6a: 1 trains with the full gradient",
                  full_gradient, 1, 0, 1),
    SETTING_WHOLE("most", "1", "task 6a: give up after so many sequences", most,
                  1, 1, 10000000),
};

static const char *const letter[GATES] = {"f", "i", "g", "o"};

/* ---- the worked example: one unit ---------------------------------------- */

/* A value whose name ends in a gate's letter: "a_f". */
static void gate_value(show *s, const char *stem, int r, real value)
{
    char name[16];
    snprintf(name, sizeof name, "%s_%s", stem, letter[r]);
    show_value(s, name, value, NULL);
}

static void one_by_one(show *s, real gate[GATES][1], real *c, real *h)
{
    real a[GATES];
    show_section(s, "The gates, one by one");
    show_equation(s, "8.1", "a_r = W_r x + U_r h_0 + b_r,  r = f, i, g, o");
    for (int r = 0; r < GATES; r++) {
        char name[8];
        snprintf(name, sizeof name, "a_%s", letter[r]);
        a[r] = b[r][0] + W[r][0][0] * x[0][0] + U[r][0][0] * h_0;
        show_value(s, name, a[r], "%g*%g + %g*%g + %g", re(W[r][0][0]),
                   re(x[0][0]), re(U[r][0][0]), re(h_0), re(b[r][0]));
    }
    lstm_step_forward(1, 1, c, h, gate, W, U, b, x[0], &h_0, &c_0);
    real f = gate[FORGET][0], i = gate[INPUT][0];
    real g = gate[CANDIDATE][0], o = gate[OUTPUT][0];
    show_equation(s, "8.2", "f = sigmoid(a_f)     forget gate");
    show_value(s, "f", f, "1 / (1 + exp(-%.6g))", re(a[FORGET]));
    show_equation(s, "8.3", "i = sigmoid(a_i)     input gate");
    show_value(s, "i", i, "1 / (1 + exp(-%.6g))", re(a[INPUT]));
    show_equation(s, "8.4", "g = tanh(a_g)        candidate, not a gate");
    show_value(s, "g", g, "tanh(%.6g)", re(a[CANDIDATE]));
    show_equation(s, "8.5", "o = sigmoid(a_o)     output gate");
    show_value(s, "o", o, "1 / (1 + exp(-%.6g))", re(a[OUTPUT]));
    show_equation(s, "8.6", "c = f c_0 + i g      cell state");
    show_value(s, "c", *c, "%.6f*%g + %.6f*%.6f", re(f), re(c_0), re(i), re(g));
    show_equation(s, "8.7", "h = o tanh(c)        output");
    show_value(s, "h", *h, "%.6f*%.6f", re(o), re(tanh(*c)));
}

/* What one backward step gives for one unit. */
typedef struct one {
    real dW[GATES][1][1], dU[GATES][1][1], db[GATES][1], dx[1], dh0[1], dc0[1];
} one;

static one step_gradients(real dh, real dc, const real gate[GATES][1], real c)
{
    one d;
    memset(&d, 0, sizeof d);
    lstm_step_backward(1, 1, d.dW, d.dU, d.db, d.dx, d.dh0, d.dc0, &dh, &dc,
                       gate, &c, W, U, x[0], &h_0, &c_0);
    return d;
}

static void back_through_the_cell(show *s, const real gate[GATES][1], real c)
{
    real f = gate[FORGET][0], i = gate[INPUT][0], g = gate[CANDIDATE][0];
    real o = gate[OUTPUT][0], t = tanh(c), e = o * (1 - t * t);
    one d = step_gradients(1, 0, gate, c);
    show_section(s, "Backward through the cell");
    show_note(s, "The loss is L = h: the incoming gradients are dh = 1 and, "
                 "from later steps, dc = 0.");
    show_equation(s, "8.8", "e = dc + dh o (1 - tanh(c)^2)");
    show_value(s, "e", e, "0 + 1*%.6f*(1 - (%.6f)^2)", re(o), re(t));
    show_equation(s, "8.9", "da_o = dh tanh(c) o (1 - o)");
    show_value(s, "da_o", d.db[OUTPUT][0], "1*%.6f*%.6f*(1 - %.6f)", re(t),
               re(o), re(o));
    show_equation(s, "8.10", "da_f = e c_0 f (1 - f)");
    show_value(s, "da_f", d.db[FORGET][0], "%.6f*%g*%.6f*(1 - %.6f)", re(e),
               re(c_0), re(f), re(f));
    show_equation(s, "8.11", "da_i = e g i (1 - i)");
    show_value(s, "da_i", d.db[INPUT][0], "%.6f*%.6f*%.6f*(1 - %.6f)", re(e),
               re(g), re(i), re(i));
    show_equation(s, "8.12", "da_g = e i (1 - g^2)");
    show_value(s, "da_g", d.db[CANDIDATE][0], "%.6f*%.6f*(1 - (%.6f)^2)", re(e),
               re(i), re(g));
    show_equation(s, "8.13", "dc_0 = e f");
    show_value(s, "dh/dc_0", d.dc0[0], "%.6f*%.6f", re(e), re(f));
    show_equation(s, "8.14", "db_r = da_r");
    for (int r = 0; r < GATES; r++)
        gate_value(s, "dh/db", r, d.db[r][0]);
    show_equation(s, "8.15", "dW_r = da_r x");
    for (int r = 0; r < GATES; r++)
        gate_value(s, "dh/dW", r, d.dW[r][0][0]);
    show_equation(s, "8.16", "dx = sum_r W_r da_r");
    show_value(s, "dh/dx", d.dx[0], NULL);
    show_equation(s, "8.17", "dU_r = da_r h_0");
    for (int r = 0; r < GATES; r++)
        gate_value(s, "dh/dU", r, d.dU[r][0][0]);
    show_equation(s, "8.18", "dh_0 = sum_r U_r da_r");
    show_value(s, "dh/dh_0", d.dh0[0], NULL);
    show_note(s, "The loss L = c instead, dh = 0 and dc = 1: what comes back "
                 "to c_0 is the forget gate.");
    d = step_gradients(0, 1, gate, c);
    show_equation(s, "8.13", "dc_0 = e f, with e = 1");
    show_value(s, "dc/dc_0", d.dc0[0], NULL);
}

/* ---- through time -------------------------------------------------------- */

/* Three steps: what the forward pass leaves and the backward pass gives. */
typedef struct three {
    real c[STEPS + 1][1], h[STEPS + 1][1], gate[STEPS][GATES][1];
    real dc[STEPS + 1][1], dh[STEPS + 1][1], dx[STEPS][1];
    real dW[GATES][1][1], dU[GATES][1][1], db[GATES][1];
} three;

/* The example through three steps, with the recurrent weights given, for the
 * loss dh h_3 + dc c_3. */
static void run_three(three *z, const real recurrent[GATES][1][1], real dh,
                      real dc)
{
    memset(z, 0, sizeof *z);
    z->h[0][0] = h_0;
    z->c[0][0] = c_0;
    lstm_forward(STEPS, 1, 1, z->c, z->h, z->gate, W, recurrent, b, x);
    z->dh[STEPS][0] = dh;
    z->dc[STEPS][0] = dc;
    lstm_backward(STEPS, 1, 1, z->dW, z->dU, z->db, z->dx, z->dh, z->dc,
                  z->gate, z->c, z->h, W, recurrent, x);
}

static void through_time(show *s)
{
    three z;
    run_three(&z, U, 1, 0);
    show_section(s, "Backward through time");
    show_note(s, "The same cell, three inputs: the state goes from step to "
                 "step. The first entry of c and h, c_0 and h_0, is the "
                 "state before the first step.");
    show_equation(s, "8.19", "(c_t, h_t) = step(x_t, h_{t-1}, c_{t-1})");
    show_vector(s, "x_1 .. x_3", STEPS, (real *)x);
    show_vector(s, "c_0 .. c_3", STEPS + 1, (real *)z.c);
    show_vector(s, "h_0 .. h_3", STEPS + 1, (real *)z.h);
    show_note(s, "Backward for L = h_3, the last step first. Each step adds "
                 "its share to the gradients of the weights.");
    show_equation(s, "8.20",
                  "(dh_{t-1}, dc_{t-1}) = step_backward(dh_t, dc_t)");
    show_vector(s, "dh_0 .. dh_3", STEPS + 1, (real *)z.dh);
    show_vector(s, "dc_0 .. dc_3", STEPS + 1, (real *)z.dc);
    show_vector(s, "dx_1 .. dx_3", STEPS, (real *)z.dx);
    show_vector(s, "dW (f, i, g, o)", GATES, (real *)z.dW);
    show_vector(s, "dU (f, i, g, o)", GATES, (real *)z.dU);
    show_vector(s, "db (f, i, g, o)", GATES, (real *)z.db);
}

/* ---- the carousel -------------------------------------------------------- */

/* The Jacobian of one step: how (c, h) follows (c_0, h_0), one unit. */
static void step_jacobian(real J[2][2], const real gate[GATES][1], real c,
                          real before, const real recurrent[GATES][1][1])
{
    real f = gate[FORGET][0], i = gate[INPUT][0], g = gate[CANDIDATE][0];
    real o = gate[OUTPUT][0], t = tanh(c), slope = o * (1 - t * t);
    real by_h = recurrent[FORGET][0][0] * f * (1 - f) * before +
                recurrent[INPUT][0][0] * i * (1 - i) * g +
                recurrent[CANDIDATE][0][0] * (1 - g * g) * i;
    J[0][0] = f;
    J[0][1] = by_h;
    real by_o = recurrent[OUTPUT][0][0] * o * (1 - o) * t;
    J[1][0] = slope * f;
    J[1][1] = slope * by_h + by_o;                                  /* (8.22) */
}

/* P = J_T ... J_1: the total derivative of the last state by the first. */
static void total_jacobian(real P[2][2], const three *z,
                           const real recurrent[GATES][1][1])
{
    P[0][0] = P[1][1] = 1;
    P[0][1] = P[1][0] = 0;
    for (int t = 1; t <= STEPS; t++) {
        real J[2][2], Q[2][2];
        step_jacobian(J, z->gate[t - 1], z->c[t][0], z->c[t - 1][0], recurrent);
        for (int m = 0; m < 2; m++)
            for (int n = 0; n < 2; n++)
                Q[m][n] = J[m][0] * P[0][n] + J[m][1] * P[1][n];    /* (8.23) */
        memcpy(P, Q, sizeof Q);
    }
}

static real product_of_forget_gates(const three *z)
{
    real product = 1;
    for (int t = 1; t <= STEPS; t++)
        product *= z->gate[t - 1][FORGET][0];                       /* (8.21) */
    return product;
}

static void carousel(show *s)
{
    static const real none[GATES][1][1];
    three z;
    real J[2][2], P[2][2];
    run_three(&z, U, 0, 1);
    show_section(s, "The constant error carousel");
    show_note(s, "The direct path from c_0 to c_3 goes through the forget "
                 "gates and through nothing else:");
    show_equation(s, "8.21", "direct path = f_1 f_2 ... f_T");
    real direct = product_of_forget_gates(&z);
    show_value(s, "direct path", direct, "%.6f*%.6f*%.6f",
               re(z.gate[0][FORGET][0]), re(z.gate[1][FORGET][0]),
               re(z.gate[2][FORGET][0]));
    show_note(s, "The total derivative also has the paths through h, which "
                 "moves the gates of the next step. The Jacobian of the state "
                 "(c, h), step by step, and the product:");
    show_equation(s, "8.22", "J_t = d(c_t, h_t) / d(c_{t-1}, h_{t-1})");
    step_jacobian(J, z.gate[0], z.c[1][0], z.c[0][0], U);
    show_matrix(s, "J_1", 2, 2, J);
    show_equation(s, "8.23", "d(c_3, h_3) / d(c_0, h_0) = J_3 J_2 J_1");
    total_jacobian(P, &z, U);
    show_matrix(s, "J_3 J_2 J_1", 2, 2, P);
    show_value(s, "dc_3/dc_0, backward", z.dc[0][0], NULL);
    show_residual(s, "difference from the product's first entry",
                  re(z.dc[0][0] - P[0][0]));
    show_value(s, "through h only", z.dc[0][0] - direct, "%.6f - %.6f",
               re(z.dc[0][0]), re(direct));
    show_note(s, "With recurrent weights of zero there is no other path: the "
                 "total derivative is the product of the forget gates.");
    show_equation(s, "8.21", "where U = 0:  dc_T/dc_0 = f_1 f_2 ... f_T");
    run_three(&z, none, 0, 1);
    direct = product_of_forget_gates(&z);
    show_value(s, "direct path, no U", direct, "%.6f*%.6f*%.6f",
               re(z.gate[0][FORGET][0]), re(z.gate[1][FORGET][0]),
               re(z.gate[2][FORGET][0]));
    show_value(s, "dc_3/dc_0, no U", z.dc[0][0], NULL);
    show_residual(s, "difference, no U", re(z.dc[0][0] - direct));
}

static void forget_bias(show *s)
{
    static const double biases[] = {-1, 0, 1, 2, 3, 5};
    enum { BIASES = sizeof biases / sizeof *biases };
    static const char *const cols[] = {"bias", "f", "f^10", "f^100",
                                       "half-life"};
    double table[BIASES][5];
    double two = 2;
    show_section(s, "The bias of the forget gate");
    show_note(s, "While the weights are small a forget gate is sigmoid(b_f), "
                 "at every step. After how many steps is half of the memory, "
                 "and of the gradient, gone? f^n is what is left after n.");
    show_equation(s, "8.24", "half-life = ln 2 / ln(1 + exp(-b_f)) steps");
    for (int r = 0; r < BIASES; r++) {
        double f = re(sigmoid((real)biases[r])), tenth = 1, hundredth = 1;
        for (int t = 0; t < 100; t++) {
            hundredth *= f;
            tenth *= t < 10 ? f : 1;
        }
        double life = log(two) / log1p(exp(-biases[r]));            /* (8.24) */
        double row[] = {biases[r], f, tenth, hundredth, life};
        memcpy(table[r], row, sizeof row);
    }
    show_table(s, "what a forget gate keeps", BIASES, 5, NULL, cols, table);
}

/* ---- the checks ---------------------------------------------------------- */

/* A backward function adds into its gradients. So in one check of each they do
 * not start at zero but at BEFORE, which is taken off afterwards: `=` for `+=`
 * shows. It is a power of two, and small: it costs hardly a digit. (The other
 * checks start at zero: there `=` leaves one step's share, and so shows itself
 * for what it is.) */
#define BEFORE R(0.125)

/* An LSTM of any small size: its loss is a random combination of all h_t and
 * of two cell states. Everything that the loss depends on is checked. */
enum { VT = 5, VD = 3, VH = 4, LONG = 40 };

typedef struct cell {
    int T;
    real before; /* what the gradients start at */
    real W[GATES][VH][VD], U[GATES][VH][VH], b[GATES][VH];
    real x[LONG][VD], h0[VH], c0[VH], up_h[LONG][VH], up_c[2][VH];
    real dW[GATES][VH][VD], dU[GATES][VH][VH], db[GATES][VH];
    real dx[LONG][VD], dh0[VH], dc0[VH];
} cell;

static real cell_pass(const cell *z, real c[][VH], real h[][VH],
                      real gate[][GATES][VH])
{
    real loss = 0;
    memcpy(h[0], z->h0, sizeof z->h0);
    memcpy(c[0], z->c0, sizeof z->c0);
    lstm_forward(z->T, VD, VH, c, h, gate, z->W, z->U, z->b, z->x);
    for (int j = 0; j < VH; j++) {
        for (int t = 1; t <= z->T; t++)
            loss += z->up_h[t - 1][j] * h[t][j];
        loss += z->up_c[0][j] * c[z->T / 2][j] + z->up_c[1][j] * c[z->T][j];
    }
    return loss;
}

static real cell_loss(void *context)
{
    const cell *z = context;
    real c[LONG + 1][VH], h[LONG + 1][VH], gate[LONG][GATES][VH];
    return cell_pass(z, c, h, gate);
}

static void cell_gradients(cell *z)
{
    real c[LONG + 1][VH], h[LONG + 1][VH], gate[LONG][GATES][VH];
    real dc[LONG + 1][VH], dh[LONG + 1][VH];
    memset(dc, 0, sizeof dc);
    memset(dh, 0, sizeof dh);
    begin_with(z->before, GATES * VH * VD, (real *)z->dW);
    begin_with(z->before, GATES * VH * VH, (real *)z->dU);
    begin_with(z->before, GATES * VH, (real *)z->db);
    begin_with(z->before, z->T * VD, (real *)z->dx);
    cell_pass(z, c, h, gate);
    for (int j = 0; j < VH; j++) {
        for (int t = 1; t <= z->T; t++)
            dh[t][j] = z->up_h[t - 1][j];
        dc[z->T / 2][j] += z->up_c[0][j];
        dc[z->T][j] += z->up_c[1][j];
    }
    lstm_backward(z->T, VD, VH, z->dW, z->dU, z->db, z->dx, dh, dc, gate, c, h,
                  z->W, z->U, z->x);
    take_away(z->before, GATES * VH * VD, (real *)z->dW);
    take_away(z->before, GATES * VH * VH, (real *)z->dU);
    take_away(z->before, GATES * VH, (real *)z->db);
    take_away(z->before, z->T * VD, (real *)z->dx);
    memcpy(z->dh0, dh[0], sizeof z->dh0);
    memcpy(z->dc0, dc[0], sizeof z->dc0);
}

static cell random_cell(const program *p, uint64_t stream, int T, double size)
{
    cell z;
    memset(&z, 0, sizeof z);
    z.T = T;
    rng g = rng_new(p->seed, stream);
    fill_normal(GATES * VH * VD, (real *)z.W, size, &g);
    fill_normal(GATES * VH * VH, (real *)z.U, size, &g);
    fill_normal(GATES * VH, (real *)z.b, size, &g);
    fill_normal(T * VD, (real *)z.x, 1, &g);
    fill_normal(VH, z.h0, 1, &g);
    fill_normal(VH, z.c0, 1, &g);
    fill_normal(T * VH, (real *)z.up_h, 1, &g);
    fill_normal(2 * VH, (real *)z.up_c, 1, &g);
    return z;
}

/* Gate by gate: 12 tensors of weights, and x, h_0, c_0. */
static void check_gates(program *p, const char *group, cell *z)
{
    cell_gradients(z);
    const hg_tensor t[] = {
        TENSOR("W_f", "8.15", z->W[FORGET], z->dW[FORGET], "H,D", VH, VD),
        TENSOR("W_i", "8.15", z->W[INPUT], z->dW[INPUT], "H,D", VH, VD),
        TENSOR("W_g", "8.15", z->W[CANDIDATE], z->dW[CANDIDATE], "H,D", VH, VD),
        TENSOR("W_o", "8.15", z->W[OUTPUT], z->dW[OUTPUT], "H,D", VH, VD),
        TENSOR("U_f", "8.17", z->U[FORGET], z->dU[FORGET], "H,H", VH, VH),
        TENSOR("U_i", "8.17", z->U[INPUT], z->dU[INPUT], "H,H", VH, VH),
        TENSOR("U_g", "8.17", z->U[CANDIDATE], z->dU[CANDIDATE], "H,H", VH, VH),
        TENSOR("U_o", "8.17", z->U[OUTPUT], z->dU[OUTPUT], "H,H", VH, VH),
        TENSOR("b_f", "8.14", z->b[FORGET], z->db[FORGET], "H", VH),
        TENSOR("b_i", "8.14", z->b[INPUT], z->db[INPUT], "H", VH),
        TENSOR("b_g", "8.14", z->b[CANDIDATE], z->db[CANDIDATE], "H", VH),
        TENSOR("b_o", "8.14", z->b[OUTPUT], z->db[OUTPUT], "H", VH),
        TENSOR("x", "8.16", z->x, z->dx, "T,D", z->T, VD),
        TENSOR("h_0", "8.18", z->h0, z->dh0, "H", VH),
        TENSOR("c_0", "8.13", z->c0, z->dc0, "H", VH),
    };
    program_check(p, group, cell_loss, z, 15, t);
}

/* One step: the tensors of check_cell, and all that lies between them. */
static void check_step(program *p, const char *group, cell *z)
{
    real c[2][VH], h[2][VH], gate[1][GATES][VH];
    cell_pass(z, c, h, gate);
    cell_gradients(z);
    const hg_tensor t[] = {
        TENSOR("W", "8.15", z->W, z->dW, "G,H,D", GATES, VH, VD),
        TENSOR("U", "8.17", z->U, z->dU, "G,H,H", GATES, VH, VH),
        TENSOR("b", "8.14", z->b, z->db, "G,H", GATES, VH),
        TENSOR("x", "8.16", z->x, z->dx, "T,D", 1, VD),
        TENSOR("h_0", "8.18", z->h0, z->dh0, "H", VH),
        TENSOR("c_0", "8.13", z->c0, z->dc0, "H", VH),
    };
    const hg_tensor known[] = {
        KNOWN("dh_1", z->up_h, "H", VH),
        KNOWN("f", gate[0][FORGET], "H", VH),
        KNOWN("i", gate[0][INPUT], "H", VH),
        KNOWN("g", gate[0][CANDIDATE], "H", VH),
        KNOWN("o", gate[0][OUTPUT], "H", VH),
        KNOWN("c_0", c[0], "H", VH),
        KNOWN("c_1", c[1], "H", VH),
        KNOWN("c", c, "T,H", 2, VH),
        KNOWN("h", h, "T,H", 2, VH),
    };
    program_tell(p, 0, NULL, 9, known);
    program_check(p, group, cell_loss, z, 6, t);
}

static void check_cell(program *p, const char *group, cell *z)
{
    cell_gradients(z);
    const hg_tensor t[] = {
        TENSOR("W", "8.15", z->W, z->dW, "G,H,D", GATES, VH, VD),
        TENSOR("U", "8.17", z->U, z->dU, "G,H,H", GATES, VH, VH),
        TENSOR("b", "8.14", z->b, z->db, "G,H", GATES, VH),
        TENSOR("x", "8.16", z->x, z->dx, "T,D", z->T, VD),
        TENSOR("h_0", "8.18", z->h0, z->dh0, "H", VH),
        TENSOR("c_0", "8.13", z->c0, z->dc0, "H", VH),
    };
    program_check(p, group, cell_loss, z, 6, t);
}

static void verify_lstm(program *p)
{
    show_note(&p->show,
              "The LSTM, %d inputs, %d units, %d steps; the loss "
              "takes every h_t and two of the c_t, one halfway and the last.",
              VD, VH, VT);
    cell plain = random_cell(p, 11, VT, 0.7);
    check_gates(p, "lstm", &plain);
    show_note(&p->show, "Weights five times as large: gates shut or open, "
                        "tanh saturated.");
    cell saturated = random_cell(p, 12, VT, 3.5);
    check_cell(p, "saturated", &saturated);
    show_note(&p->show, "%d steps with the forget gates nearly open (b_f = 5).",
              LONG);
    cell memory = random_cell(p, 13, LONG, 0.3);
    for (int j = 0; j < VH; j++)
        memory.b[FORGET][j] = 5;
    check_cell(p, "long", &memory);
    cell once = random_cell(p, 14, 1, 1);
    once.before = BEFORE;
    show_note(&p->show, "One step; then one step whose loss takes h alone, so "
                        "that c is reached through the tanh only.");
    check_step(p, "one step", &once);
    cell output = random_cell(p, 19, 1, 0.7);
    memset(output.up_c, 0, sizeof output.up_c);
    check_step(p, "one step, h only", &output);
}

/* The example's total derivatives again, by the product of Jacobians, and by
 * the product of the forget gates where U is zero. */
static void compare_carousel(program *p)
{
    static const real none[GATES][1][1];
    three c, h;
    real P[2][2], back[2][2];
    run_three(&c, U, 0, 1);
    run_three(&h, U, 1, 0);
    total_jacobian(P, &c, U);
    back[0][0] = c.dc[0][0];
    back[0][1] = c.dh[0][0];
    back[1][0] = h.dc[0][0];
    back[1][1] = h.dh[0][0];
    const hg_tensor total = TENSOR("d(c_3,h_3)", "8.23", P, back, "N,N", 2, 2);
    program_compare(p, &total, (real *)P, 1e-13);
    run_three(&c, none, 0, 1);
    real product = product_of_forget_gates(&c);
    const hg_tensor direct =
        TENSOR("dc_3/dc_0", "8.21", &c_0, &c.dc[0][0], "", 1);
    program_compare(p, &direct, &product, 1e-15);
}

/* The cell of 1997: 4 inputs, 3 blocks of 2 cells, 6 steps; the loss takes the
 * cells' outputs at every step and, where `gates` is set, the gates' too. */
enum { OT = 6, OD = 4, OB = 3, OC = 6, ON = OC + 2 * OB };

typedef struct block {
    real before; /* what the gradients start at */
    real W[ON][OD], U[ON][ON], b[ON], x[OT][OD], up[OT + 1][ON];
    real dW[ON][OD], dU[ON][ON], db[ON], dx[OT][OD];
} block;

typedef struct block_pass {
    real y[OT + 1][ON], s[OT + 1][OC], g[OT][OC];
} block_pass;

static real block_loss(void *context)
{
    const block *z = context;
    block_pass k;
    real loss = 0;
    lstm1997_forward(OT, OD, OB, OC, k.y, k.s, k.g, z->W, z->U, z->b, z->x);
    for (int t = 1; t <= OT; t++)
        for (int n = 0; n < ON; n++)
            loss += z->up[t][n] * k.y[t][n];
    return loss;
}

static void block_gradients(block *z, bool truncated)
{
    block_pass k;
    real dy[OT + 1][ON];
    memcpy(dy, z->up, sizeof dy);
    begin_with(z->before, ON * OD, (real *)z->dW);
    begin_with(z->before, ON * ON, (real *)z->dU);
    begin_with(z->before, ON, z->db);
    begin_with(z->before, OT * OD, (real *)z->dx);
    lstm1997_forward(OT, OD, OB, OC, k.y, k.s, k.g, z->W, z->U, z->b, z->x);
    lstm1997_backward(OT, OD, OB, OC, z->dW, z->dU, z->db, z->dx, dy, truncated,
                      k.y, k.s, k.g, z->W, z->U, z->x);
    take_away(z->before, ON * OD, (real *)z->dW);
    take_away(z->before, ON * ON, (real *)z->dU);
    take_away(z->before, ON, z->db);
    take_away(z->before, OT * OD, (real *)z->dx);
    for (int n = 0; n < ON; n++) /* nothing is added to the last step */
        guard(z->up[OT][n], 1, &dy[OT][n], z->db);
}

static block random_block(const program *p, uint64_t stream, bool gates)
{
    block z;
    memset(&z, 0, sizeof z);
    rng g = rng_new(p->seed, stream);
    fill_normal(ON * OD, (real *)z.W, 1, &g);
    fill_normal(ON * ON, (real *)z.U, 0.8, &g);
    fill_normal(ON, z.b, 1, &g);
    fill_normal(OT * OD, (real *)z.x, 1, &g);
    for (int t = 1; t <= OT; t++)
        fill_normal(gates ? ON : OC, z.up[t], 1, &g);
    return z;
}

static void check_block(program *p, const char *group, block *z, bool truncated)
{
    enum { IN = OC, OUT = OC + OB };
    block_gradients(z, truncated);
    const hg_tensor t[] = {
        TENSOR("W_c", "8.39", z->W, z->dW, "C,D", OC, OD),
        TENSOR("W_in", "8.39", z->W[IN], z->dW[IN], "K,D", OB, OD),
        TENSOR("W_out", "8.39", z->W[OUT], z->dW[OUT], "K,D", OB, OD),
        TENSOR("U_c", "8.40", z->U, z->dU, "C,N", OC, ON),
        TENSOR("U_in", "8.40", z->U[IN], z->dU[IN], "K,N", OB, ON),
        TENSOR("U_out", "8.40", z->U[OUT], z->dU[OUT], "K,N", OB, ON),
        TENSOR("b_c", "8.38", z->b, z->db, "C", OC),
        TENSOR("b_in", "8.38", &z->b[IN], &z->db[IN], "K", OB),
        TENSOR("b_out", "8.38", &z->b[OUT], &z->db[OUT], "K", OB),
        TENSOR("x", "8.41", z->x, z->dx, "T,D", OT, OD),
    };
    program_check(p, group, block_loss, z, truncated ? 9 : 10, t);
}

/* The truncated gradient by backpropagation and by the paper's traces. */
static void compare_traces(program *p)
{
    block z = random_block(p, 17, false);
    block_pass k;
    real dW[ON][OD], dU[ON][ON], db[ON];
    begin_with(BEFORE, ON * OD, (real *)dW);
    begin_with(BEFORE, ON * ON, (real *)dU);
    begin_with(BEFORE, ON, db);
    block_gradients(&z, true);
    lstm1997_forward(OT, OD, OB, OC, k.y, k.s, k.g, z.W, z.U, z.b, z.x);
    lstm1997_traces(OT, OD, OB, OC, dW, dU, db, z.up, k.y, k.s, k.g, z.x);
    take_away(BEFORE, ON * OD, (real *)dW);
    take_away(BEFORE, ON * ON, (real *)dU);
    take_away(BEFORE, ON, db);
    const hg_tensor t[] = {
        TENSOR("W traces", "8.45", z.W, z.dW, "N,D", ON, OD),
        TENSOR("U traces", "8.45", z.U, z.dU, "N,N", ON, ON),
        TENSOR("b traces", "8.45", z.b, z.db, "N", ON),
    };
    program_compare(p, &t[0], (real *)dW, 1e-13);
    program_compare(p, &t[1], (real *)dU, 1e-13);
    program_compare(p, &t[2], db, 1e-13);
}

static void verify_1997(program *p)
{
    show_note(&p->show,
              "The cell of 1997, full gradient: %d inputs, %d blocks, "
              "%d cells, %d steps, a loss that takes every output.",
              OD, OB, OC, OT);
    block full = random_block(p, 15, true);
    check_block(p, "1997 full", &full, false);
    show_note(&p->show, "The truncated gradient where it is exact: recurrent "
                        "weights of zero.");
    block cut = random_block(p, 16, true);
    memset(cut.U, 0, sizeof cut.U);
    cut.before = BEFORE;
    check_block(p, "1997, U = 0", &cut, true);
    show_note(&p->show, "And where it is not (U as it comes): the check must "
                        "see the difference. Expected: disagrees.");
    block wrong = random_block(p, 16, true);
    block_gradients(&wrong, true);
    hg_tensor t =
        TENSOR("W, truncated", "8.39", wrong.W, wrong.dW, "N,D", ON, OD);
    t.expected = HG_DISAGREES;
    program_check(p, "truncated", block_loss, &wrong, 1, &t);
}

/* The network of task 6a on a sequence of the same kind, but shorter. */
typedef struct short_order {
    order_network w, dw;
    order_sequence q;
    real dx[MOST_STEPS][SYMBOLS];
} short_order;

static real order_loss(void *context)
{
    const short_order *z = context;
    order_pass k;
    return order_forward(&k, &z->w, &z->q);
}

static void verify_network(program *p)
{
    static const order_task task = {{12, 14}, {2, 4}, {6, 8}};
    static short_order z, still;
    order_pass k;
    rng g = rng_new(p->seed, 18);
    memset(&z, 0, sizeof z);
    fill_normal(WEIGHTS, (real *)&z.w, 0.8, &g);
    order_draw(&z.q, &task, &g);
    /* where nothing comes in, nothing goes out: outputs that are exactly 1 */
    still = z;
    for (int l = 0; l < CLASSES; l++)
        still.w.v[l] = 800;
    order_forward(&k, &still.w, &still.q);
    order_backward(&still.dw, still.dx, false, &k, &still.w, &still.q);
    order_forward(&k, &z.w, &z.q);
    begin_with(BEFORE, WEIGHTS, (real *)&z.dw);
    begin_with(BEFORE, MOST_STEPS * SYMBOLS, (real *)z.dx);
    order_backward(&z.dw, z.dx, false, &k, &z.w, &z.q);
    take_away(BEFORE, WEIGHTS, (real *)&z.dw);
    take_away(BEFORE, MOST_STEPS * SYMBOLS, (real *)z.dx);
    guard(0, WEIGHTS, (real *)&still.dw, z.dw.v);
    show_note(&p->show, "The network of task 6a, all 156 weights, on a short "
                        "sequence, full gradient.");
    const hg_tensor t[] = {
        TENSOR("W", "8.39", z.w.W, z.dw.W, "N,D", HIDDEN, SYMBOLS),
        TENSOR("U", "8.40", z.w.U, z.dw.U, "N,N", HIDDEN, HIDDEN),
        TENSOR("b", "8.38", z.w.b, z.dw.b, "N", HIDDEN),
        TENSOR("V", "8.52", z.w.V, z.dw.V, "M,C", CLASSES, CELLS),
        TENSOR("v", "8.52", z.w.v, z.dw.v, "M", CLASSES),
        TENSOR("x", "8.41", z.q.x, z.dx, "T,D", z.q.T, SYMBOLS),
    };
    const hg_tensor known = KNOWN("o", k.out, "M", CLASSES);
    program_tell(p, 0, NULL, 1, &known);
    program_check(p, "task 6a", order_loss, &z, 6, t);
}

static void verify(program *p)
{
    show_section(&p->show, "Verification");
    verify_lstm(p);
    verify_1997(p);
    verify_network(p);
    show_note(&p->show, "Second derivations: the example's total derivatives "
                        "by the product of Jacobians, the carousel, and the "
                        "traces of the paper.");
    compare_carousel(p);
    compare_traces(p);
}

static void worked_example(program *p)
{
    real gate[GATES][1], c, h;
    one_by_one(&p->show, gate, &c, &h);
    back_through_the_cell(&p->show, gate, c);
    through_time(&p->show);
    carousel(&p->show);
    forget_bias(&p->show);
    worked_1997(&p->show, &old, x);
    const double bias[BLOCKS] = {re(input_bias[0]), re(input_bias[1])};
    worked_network(p, bias, re(rate));
}

static void experiment(program *p)
{
    const order_rule rule = {re(rate),
                             {re(input_bias[0]), re(input_bias[1])},
                             full_gradient[0],
                             most[0]};
    experiment_lag(p);
    experiment_truncation(p);
    experiment_order(p, &rule);
}

static const program_about about = {
    .name = "08_lstm",
    .title = "LSTM: gates, and a memory that gradients can cross",
    .seeds = 3,
    .verification = 9,
    SETTINGS(settings),
    .example = worked_example,
    .verify = verify,
    .experiment = experiment,
};

int main(int argc, char **argv)
{
    return program_run(&about, argc, argv);
}
