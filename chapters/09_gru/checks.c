/* SPDX-License-Identifier: MIT */
#include "chapters/09_gru/checks.h"

#include "chapters/09_gru/compare.h"
#include "chapters/09_gru/gru.h"
#include "lib/sample.h"

#include <string.h>

/* A backward function adds into its gradients. So in one check of each form
 * they do not start at zero but at BEFORE, which is taken off afterwards: `=`
 * for `+=` shows. It is a power of two, and small: it costs hardly a digit. */
#define BEFORE R(0.125)

/* A GRU of any small size: its loss is a random combination of all h_t.
 * Everything that the loss depends on is checked. */
enum { T = 5, D = 3, H = 4, LONG = 40 };

typedef struct weights {
    real W[GRU_GATES][H][D], U[GRU_GATES][H][H], b[GRU_ROWS][H];
    real x[LONG][D], h0[H];
} weights;

typedef struct cell {
    int T;
    gru_form form;
    real before; /* what the gradients start at */
    weights w, dw;
    real up[LONG][H];                          /* dL/dh_t, directly */
    real h[LONG + 1][H], v[LONG][GRU_ROWS][H]; /* of the last pass */
    real turned[H];                            /* (1 - z) / z, first step */
} cell;

static real cell_loss(void *context)
{
    cell *z = context;
    real loss = 0;
    memcpy(z->h[0], z->w.h0, sizeof z->w.h0);
    gru_forward(z->T, D, H, z->form, z->h, z->v, z->w.W, z->w.U, z->w.b,
                z->w.x);
    for (int t = 1; t <= z->T; t++)
        for (int j = 0; j < H; j++)
            loss += z->up[t - 1][j] * z->h[t][j];
    return loss;
}

static void cell_gradients(cell *z)
{
    real dh[LONG + 1][H] = {{0}};
    int all = (int)(sizeof z->dw / sizeof(real));
    cell_loss(z);
    memcpy(dh[1], z->up, sizeof z->up);
    begin_with(z->before, all, (real *)&z->dw);
    memcpy(dh[0], z->dw.h0, sizeof dh[0]);
    gru_backward(z->T, D, H, z->form, z->dw.W, z->dw.U, z->dw.b, z->dw.x, dh,
                 z->v, z->h, z->w.W, z->w.U, z->w.x);
    memcpy(z->dw.h0, dh[0], sizeof dh[0]);
    take_away(z->before, all, (real *)&z->dw);
}

static cell random_cell(const program *p, uint64_t stream, gru_form form,
                        int steps, double size)
{
    cell z;
    memset(&z, 0, sizeof z);
    z.T = steps;
    z.form = form;
    rng g = rng_new(p->seed, stream);
    fill_normal(GRU_GATES * H * D, (real *)z.w.W, size, &g);
    fill_normal(GRU_GATES * H * H, (real *)z.w.U, size, &g);
    fill_normal(GRU_ROWS * H, (real *)z.w.b, size, &g);
    fill_normal(steps * D, (real *)z.w.x, 1, &g);
    fill_normal(H, z.w.h0, 1, &g);
    fill_normal(steps * H, (real *)z.up, 1, &g);
    return z;
}

enum { KNOWNS = 7 };

/* What may explain a wrong gradient: what the loss says, the states, and, of
 * one step, the gates. Who has z where 1 - z belongs lacks (1 - z) / z. */
static int tell(cell *z, hg_tensor known[KNOWNS])
{
    static const char *const row[GRU_ROWS] = {"r", "z", "n", "inner"};
    known[0] = KNOWN("dL/dh", z->up, "T,H", z->T, H);
    known[1] = KNOWN("h", z->h[1], "T,H", z->T, H);
    for (int g = 0; g < GRU_ROWS; g++)
        known[2 + g] = KNOWN(row[g], z->v[0][g], "H", H);
    for (int j = 0; j < H; j++)
        z->turned[j] = (1 - z->v[0][UPDATE][j]) / z->v[0][UPDATE][j];
    known[6] = KNOWN("(1 - z) / z", z->turned, "H", H);
    return z->T == 1 ? KNOWNS : 2;
}

/* Gate by gate: ten or eleven tensors of weights, x and h_0. In the form
 * "before" nothing depends on b_q, the last one. */
static void check_gates(program *p, const char *group, cell *z)
{
    weights *w = &z->w, *d = &z->dw;
    bool after = z->form == RESET_AFTER;
    const hg_size size[] = {{"T", z->T}, {"H", H}};
    hg_tensor known[KNOWNS];
    cell_gradients(z);
    hg_tensor t[] = {
        TENSOR("W_r", "9.15", w->W[RESET], d->W[RESET], "H,D", H, D),
        TENSOR("W_z", "9.15", w->W[UPDATE], d->W[UPDATE], "H,D", H, D),
        TENSOR("W_n", "9.15", w->W[NEW], d->W[NEW], "H,D", H, D),
        TENSOR("U_r", "9.17", w->U[RESET], d->U[RESET], "H,H", H, H),
        TENSOR("U_z", "9.17", w->U[UPDATE], d->U[UPDATE], "H,H", H, H),
        TENSOR("U_n", after ? "9.25" : "9.19", w->U[NEW], d->U[NEW], "H,H", H,
               H),
        TENSOR("b_r", "9.14", w->b[RESET], d->b[RESET], "H", H),
        TENSOR("b_z", "9.14", w->b[UPDATE], d->b[UPDATE], "H", H),
        TENSOR("b_n", "9.14", w->b[NEW], d->b[NEW], "H", H),
        TENSOR("x", "9.16", w->x, d->x, "T,D", z->T, D),
        TENSOR("h_0", "9.18", w->h0, d->h0, "H", H),
        TENSOR("b_q", "9.24", w->b[INNER], d->b[INNER], "H", H),
    };
    program_tell(p, 2, size, tell(z, known), known);
    program_check(p, group, cell_loss, z, after ? 12 : 11, t);
}

static void check_cell(program *p, const char *group, cell *z)
{
    weights *w = &z->w, *d = &z->dw;
    bool after = z->form == RESET_AFTER;
    const hg_size size[] = {{"T", z->T}, {"H", H}};
    hg_tensor known[KNOWNS];
    cell_gradients(z);
    hg_tensor t[] = {
        TENSOR("W", "9.15", w->W, d->W, "G,H,D", GRU_GATES, H, D),
        TENSOR("U", after ? "9.25" : "9.19", w->U, d->U, "G,H,H", GRU_GATES, H,
               H),
        TENSOR("b", "9.14", w->b, d->b, "G,H", after ? GRU_ROWS : GRU_GATES, H),
        TENSOR("x", "9.16", w->x, d->x, "T,D", z->T, D),
        TENSOR("h_0", "9.18", w->h0, d->h0, "H", H),
    };
    program_tell(p, 2, size, tell(z, known), known);
    program_check(p, group, cell_loss, z, 5, t);
}

/* One form: as it comes, saturated, for many steps, and one step alone. */
static void check_form(program *p, gru_form form, const char *const group[4])
{
    uint64_t stream = form == RESET_BEFORE ? 11 : 21;
    cell plain = random_cell(p, stream, form, T, 0.7);
    check_gates(p, group[0], &plain);
    cell saturated = random_cell(p, stream + 1, form, T, 2.1);
    check_cell(p, group[1], &saturated);
    cell memory = random_cell(p, stream + 2, form, LONG, 0.3);
    for (int j = 0; j < H; j++)
        memory.w.b[UPDATE][j] = 5;
    check_cell(p, group[2], &memory);
    cell once = random_cell(p, stream + 3, form, 1, 0.7);
    once.before = BEFORE;
    check_gates(p, group[3], &once);
}

/* The reset gate open and the update gate shut: then the GRU is a simple
 * recurrent network, h = tanh(W_n x + U_n h_0 + b_n), and no other path hides
 * what goes through U_n. */
static void check_simple(program *p, gru_form form, const char *group)
{
    cell z = random_cell(p, 35, form, 1, 0.7);
    weights *w = &z.w, *d = &z.dw;
    memset(w->W, 0, NEW * sizeof w->W[0]);
    memset(w->U, 0, NEW * sizeof w->U[0]);
    for (int j = 0; j < H; j++) {
        w->b[RESET][j] = 40;
        w->b[UPDATE][j] = -40;
    }
    cell_gradients(&z);
    const hg_tensor t[] = {
        TENSOR("W_n", "9.15", w->W[NEW], d->W[NEW], "H,D", H, D),
        TENSOR("U_n", form == RESET_AFTER ? "9.25" : "9.19", w->U[NEW],
               d->U[NEW], "H,H", H, H),
        TENSOR("b_n", "9.14", w->b[NEW], d->b[NEW], "H", H),
        TENSOR("x", "9.16", w->x, d->x, "T,D", 1, D),
        TENSOR("h_0", form == RESET_AFTER ? "9.26" : "9.13", w->h0, d->h0, "H",
               H),
    };
    hg_tensor known[KNOWNS];
    program_tell(p, 0, NULL, tell(&z, known), known);
    program_check(p, group, cell_loss, &z, 5, t);
}

/* ---- the networks of the comparison -------------------------------------- */

typedef struct nets {
    gru_form form;
    gru_net gru, dgru;
    lstm_net lstm, dlstm;
    pair q;
    real dx[PAIR_STEPS][PAIR_INPUTS];
} nets;

static real gru_loss(void *context)
{
    const nets *n = context;
    gru_pass z;
    return gru_net_forward(&z, n->form, &n->gru, &n->q);
}

static real lstm_loss(void *context)
{
    const nets *n = context;
    lstm_pass z;
    return lstm_net_forward(&z, &n->lstm, &n->q);
}

static void check_gru_net(program *p, nets *n)
{
    enum { C = PAIR_ANSWERS, HG = GRU_UNITS };
    gru_net *w = &n->gru, *d = &n->dgru;
    gru_pass z;
    int all = sizeof *d / sizeof(real), inputs = PAIR_STEPS * PAIR_INPUTS;
    gru_net_forward(&z, n->form, w, &n->q);
    begin_with(BEFORE, all, (real *)d);
    begin_with(BEFORE, inputs, (real *)n->dx);
    gru_net_backward(d, n->dx, 1, &z, n->form, w, &n->q);
    take_away(BEFORE, all, (real *)d);
    take_away(BEFORE, inputs, (real *)n->dx);
    const hg_tensor t[] = {
        TENSOR("W", "9.15", w->W, d->W, "G,H,D", GRU_GATES, HG, PAIR_INPUTS),
        TENSOR("U", "9.25", w->U, d->U, "G,H,H", GRU_GATES, HG, HG),
        TENSOR("b", "9.14", w->b, d->b, "G,H", GRU_ROWS, HG),
        TENSOR("V", NULL, w->V, d->V, "C,H", C, HG),
        TENSOR("c", NULL, w->c, d->c, "C", C),
        TENSOR("x", "9.16", n->q.x, n->dx, "T,D", PAIR_STEPS, PAIR_INPUTS),
    };
    const hg_tensor known = KNOWN("p", z.p, "C", C);
    program_tell(p, 0, NULL, 1, &known);
    program_check(p, "network, GRU", gru_loss, n, 6, t);
}

static void check_lstm_net(program *p, nets *n)
{
    enum { C = PAIR_ANSWERS, HL = LSTM_UNITS };
    lstm_net *w = &n->lstm, *d = &n->dlstm;
    lstm_pass z;
    int all = sizeof *d / sizeof(real), inputs = PAIR_STEPS * PAIR_INPUTS;
    lstm_net_forward(&z, w, &n->q);
    begin_with(BEFORE, all, (real *)d);
    begin_with(BEFORE, inputs, (real *)n->dx);
    lstm_net_backward(d, n->dx, 1, &z, w, &n->q);
    take_away(BEFORE, all, (real *)d);
    take_away(BEFORE, inputs, (real *)n->dx);
    const hg_tensor t[] = {
        TENSOR("W", NULL, w->W, d->W, "G,H,D", GATES, HL, PAIR_INPUTS),
        TENSOR("U", NULL, w->U, d->U, "G,H,H", GATES, HL, HL),
        TENSOR("b", NULL, w->b, d->b, "G,H", GATES, HL),
        TENSOR("V", NULL, w->V, d->V, "C,H", C, HL),
        TENSOR("c", NULL, w->c, d->c, "C", C),
        TENSOR("x", NULL, n->q.x, n->dx, "T,D", PAIR_STEPS, PAIR_INPUTS),
    };
    const hg_tensor known = KNOWN("p", z.p, "C", C);
    program_tell(p, 0, NULL, 1, &known);
    program_check(p, "network, LSTM", lstm_loss, n, 6, t);
}

static void check_networks(program *p)
{
    static nets n;
    rng g = rng_new(p->seed, 31);
    n.form = RESET_AFTER;
    fill_normal((int)(sizeof n.gru / sizeof(real)), (real *)&n.gru, 0.6, &g);
    fill_normal((int)(sizeof n.lstm / sizeof(real)), (real *)&n.lstm, 0.6, &g);
    pair_draw(&n.q, &g);
    check_gru_net(p, &n);
    check_lstm_net(p, &n);
}

/* ---- second derivations -------------------------------------------------- */

/* up J_T ... J_1: the gradient by the first state, for a loss that takes the
 * last state only. */
static void compare_jacobians(program *p, gru_form form, const char *name)
{
    cell z = random_cell(p, form == RESET_BEFORE ? 32 : 33, form, T, 0.7);
    real row[H], next[H], J[H][H];
    memset(z.up, 0, (T - 1) * sizeof z.up[0]);
    cell_gradients(&z);
    memcpy(row, z.up[T - 1], sizeof row);
    for (int t = T; t >= 1; t--) {
        gru_jacobian(H, form, J, z.v[t - 1], z.w.U, z.h[t - 1]);
        for (int k = 0; k < H; k++) {
            next[k] = 0;
            for (int j = 0; j < H; j++)
                next[k] += row[j] * J[j][k];
        }
        memcpy(row, next, sizeof row);
    }
    const hg_tensor t = TENSOR(name, "9.35", z.w.h0, z.dw.h0, "H", H);
    program_compare(p, &t, row, 1e-13);
}

/* Where U_n is diagonal and b_q is zero the two forms are one function, and
 * two ways to its gradient. */
static void compare_forms(program *p)
{
    cell z = random_cell(p, 34, RESET_BEFORE, T, 0.7);
    for (int j = 0; j < H; j++) {
        z.w.b[INNER][j] = 0;
        for (int k = 0; k < H; k++)
            if (j != k)
                z.w.U[NEW][j][k] = 0;
    }
    cell y = z;
    y.form = RESET_AFTER;
    cell_gradients(&z);
    cell_gradients(&y);
    const hg_tensor t[] = {
        TENSOR("W, diagonal", "9.15", z.w.W, z.dw.W, "G,H,D", GRU_GATES, H, D),
        TENSOR("U_r, U_z", "9.17", z.w.U, z.dw.U, "G,H,H", NEW, H, H),
        TENSOR("x, diagonal", "9.16", z.w.x, z.dw.x, "T,D", T, D),
        TENSOR("h_0, diagonal", "9.26", z.w.h0, z.dw.h0, "H", H),
    };
    program_compare(p, &t[0], (real *)y.dw.W, 1e-13);
    program_compare(p, &t[1], (real *)y.dw.U, 1e-13);
    program_compare(p, &t[2], (real *)y.dw.x, 1e-13);
    program_compare(p, &t[3], y.dw.h0, 1e-13);
}

void verify_gru(program *p)
{
    static const char *const before[4] = {"before", "before, saturated",
                                          "before, long", "before, one step"};
    static const char *const after[4] = {"after", "after, saturated",
                                         "after, long", "after, one step"};
    show_section(&p->show, "Verification");
    show_note(&p->show,
              "Reset before the matrix, %d inputs, %d units, %d steps; the "
              "loss takes every h_t. Then weights three times as large (gates "
              "shut or open, tanh saturated), %d steps with update gates that "
              "nearly hold (b_z = 5), one step into gradients that are not "
              "empty, and one where r = 1 and z = 0: a simple recurrent "
              "network.",
              D, H, T, LONG);
    check_form(p, RESET_BEFORE, before);
    check_simple(p, RESET_BEFORE, "before, r=1, z=0");
    show_note(&p->show, "The same with the reset after the matrix.");
    check_form(p, RESET_AFTER, after);
    check_simple(p, RESET_AFTER, "after, r=1, z=0");
    show_note(&p->show, "The two networks of the last experiment, every "
                        "weight, the cross-entropy included.");
    check_networks(p);
    show_note(&p->show, "Second derivations: the gradient by h_0 as a product "
                        "of Jacobians; and, where U_n is diagonal and b_q "
                        "zero, one form by the other.");
    compare_jacobians(p, RESET_BEFORE, "h_0, before");
    compare_jacobians(p, RESET_AFTER, "h_0, after");
    compare_forms(p);
}
