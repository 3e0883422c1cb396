/* SPDX-License-Identifier: MIT */
/* Letters as in the headers. Each function is one section of the page. */
#include "chapters/10_sequences/worked.h"

#include "chapters/10_sequences/checkpoint.h"
#include "chapters/10_sequences/scan.h"
#include "chapters/10_sequences/sequence_loss.h"

#include <string.h>

/* ---- the network, with a token of width 1 and one unit ------------------- */

enum { V = CLASSES, START = V - 1, SIZE = V + 12 + V + V };

/* One pass, forward and backward. */
typedef struct tiny {
    real w[SIZE], dw[SIZE];
    reader n, d;
    int k[WT];
    real x[WT][1], dx[WT][1], c[WT + 1][1], h[WT + 1][1], gate[WT][GATES][1];
    real dc[WT + 1][1], dh[WT + 1][1], z[WT][V], p[WT][V], dz[WT][V];
} tiny;

static const int all_kept[WT] = {1, 1, 1};

static void tiny_make(tiny *y, const worked *w)
{
    memset(y, 0, sizeof *y);
    y->n = reader_view(V, 1, 1, y->w);
    y->d = reader_view(V, 1, 1, y->dw);
    memcpy(y->n.E, w->e, sizeof w->e);
    memcpy(y->n.W, w->W, sizeof w->W);
    memcpy(y->n.U, w->U, sizeof w->U);
    memcpy(y->n.b, w->b, sizeof w->b);
    memcpy(y->n.P, w->P, sizeof w->P);
    memcpy(y->n.q, w->q, sizeof w->q);
}

/* Inputs START and then, where forced, what shall be said; returns the loss. */
static real tiny_run(tiny *y, const worked *w, const int said[WT], bool forced,
                     const real omega[WT])
{
    tiny_make(y, w);
    y->k[0] = START;
    for (int t = 1; t < WT; t++)
        y->k[t] = forced ? said[t - 1] : START;
    reader_forward(WT, &y->n, y->x, y->c, y->h, y->gate, y->z, y->k, all_kept);
    real loss = sequence_loss_forward(WT, V, y->p, y->z, said, omega);
    sequence_loss_backward(WT, V, y->dz, 1, y->p, said, omega);
    reader_backward(WT, &y->n, &y->d, y->dx, y->dc, y->dh, y->dz, y->x, y->c,
                    y->h, y->gate, y->k, all_kept);
    return loss;
}

void sequences_network(show *s, const worked *w)
{
    const real third = R(1.0) / WT, each[WT] = {third, third, third};
    const real last[WT] = {0, 0, 1};
    tiny y;
    show_section(s, "One network: many to many, many to one, one to many");
    show_note(s,
              "Three tokens, the last of them START; an embedding of width "
              "1, the LSTM of section 10.3 from the state zero. It shall say:");
    real loss = tiny_run(&y, w, w->said, true, each);
    show_tokens(s, "target", WT, w->said);
    show_vector(s, "E", V, w->e);
    show_vector(s, "P", V, w->P);
    show_vector(s, "q", V, w->q);
    show_tokens(s, "k_1 .. k_3", WT, y.k);
    show_vector(s, "h_0 .. h_3", WT + 1, (real *)y.h);
    show_equation(s, "10.19", "z_t = P h_t + q");
    show_matrix(s, "z", WT, V, y.z);
    show_matrix(s, "softmax(z)", WT, V, y.p);
    show_equation(s, "10.15", "L = sum_t omega_t l_t,  omega_t = 1/3");
    show_value(s, "L", loss, NULL);
    show_equation(s, "10.20", "dP = sum_t dz_t h_t^T, dh_t += P^T dz_t");
    show_vector(s, "dP", V, y.d.P);
    show_no_equation(s);
    show_note(s, "From there back through the LSTM to the inputs and the "
                 "table:");
    show_vector(s, "dx, many to many", WT, (real *)y.dx);
    show_vector(s, "dE", V, y.d.E);
    show_note(s, "The loss looks at the last step only, then: the input is "
                 "START at every step. Nothing else changes.");
    tiny_run(&y, w, w->said, true, last);
    show_vector(s, "dx, many to one", WT, (real *)y.dx);
    tiny_run(&y, w, w->said, false, each);
    show_vector(s, "dx, one to many", WT, (real *)y.dx);
    show_vector(s, "dE, one to many", V, y.d.E);
}

/* ---- teacher forcing ----------------------------------------------------- */

/* The probability of one sequence: of each token given the true ones before. */
static real probability(const worked *w, const int said[WT])
{
    static const real ones[WT] = {1, 1, 1};
    tiny y;
    real l = tiny_run(&y, w, said, true, ones);
    return exp(-l);                                                /* (10.21) */
}

/* r^T: every one of T answers is right, where each is with probability r. */
static double all_right(double r, int T)
{
    double product = 1;
    for (int t = 0; t < T; t++)
        product *= r;                                              /* (10.23) */
    return product;
}

void sequences_forcing(show *s, const worked *w)
{
    tiny y;
    int out[WT], said[WT];
    real sum = 0;
    show_section(s, "Teacher forcing and running freely");
    show_equation(s, "10.21", "-ln P(y_1 .. y_T) = sum_t l_t");
    show_value(s, "P(target)", probability(w, w->said), NULL);
    for (int i = 0; i < V * V * V; i++) {
        said[0] = i / (V * V);
        said[1] = i / V % V;
        said[2] = i % V;
        sum += probability(w, said);
    }
    show_value(s, "sum over all 27", sum, NULL);
    show_equation(s, "10.22", "free: k_t+1 = argmax_v z_tv");
    tiny_make(&y, w);
    reader_generate(WT, &y.n, out, START, true);
    show_tokens(s, "said freely", WT, out);
    show_note(s, "Where each answer is right with probability r, if all before "
                 "it were:");
    show_equation(s, "10.23", "P(all T right) = r^T");
    show_value(s, "r 0.99, T 100", (real)all_right(0.99, 100), NULL);
    show_value(s, "r 0.99, T 1000", (real)all_right(0.99, 1000), NULL);
    show_value(s, "r 0.999, T 1000", (real)all_right(0.999, 1000), NULL);
}

/* ---- checkpoints --------------------------------------------------------- */

/* Entries in which the example's gradients with checkpoints every 2 steps
 * differ from those without. */
static int checkpoint_difference(const worked *w)
{
    enum { S = 2, K = (WT + S - 1) / S };
    struct gradients {
        real W[GATES], U[GATES], b[GATES], x[WT], c, h;
    } a, b;
    real c[WT + 1][1] = {{0}}, h[WT + 1][1] = {{0}}, gate[WT][GATES][1];
    real dc[WT + 1][1] = {{0}}, dh[WT + 1][1] = {{0}};
    real kept_c[K][1], kept_h[K][1], last_c = 0, last_h = 0;
    memset(&a, 0, sizeof a);
    memset(&b, 0, sizeof b);
    lstm_forward(WT, 1, 1, c, h, gate, w->W, w->U, w->b, w->x);
    dh[WT][0] = b.h = 1;
    lstm_backward(WT, 1, 1, (real(*)[1][1])a.W, (real(*)[1][1])a.U,
                  (real(*)[1])a.b, (real(*)[1])a.x, dh, dc, gate, c, h, w->W,
                  w->U, w->x);
    a.c = dc[0][0];
    a.h = dh[0][0];
    checkpointed_forward(WT, S, 1, 1, kept_c, kept_h, &last_c, &last_h, w->W,
                         w->U, w->b, w->x);
    checkpointed_backward(WT, S, 1, 1, (real(*)[1][1])b.W, (real(*)[1][1])b.U,
                          (real(*)[1])b.b, (real(*)[1])b.x, &b.c, &b.h, kept_c,
                          kept_h, w->W, w->U, w->b, w->x);
    return bits_differ(sizeof a / sizeof a.c, (real *)&a, (real *)&b);
}

static void draw_checkpoints(program *p, int T, int H)
{
    curve c;
    program_curve(p, &c, "checkpoints", "S numbers plain law");
    for (int S = 1; S <= T; S++) {
        double law = 2.0 * H * T / S + 6.0 * H * S + 2 * H;
        curve_row(&c, 4,
                  (double[]){S, (double)checkpoint_numbers(T, S, H),
                             6.0 * H * T + 2 * H, law});
    }
    program_curve_end(p, &c);
}

void sequences_checkpoints(program *p, const worked *w)
{
    enum { T = 100, H = 16, ROWS = 8 };
    static const char *const cols[] = {"S", "segments", "numbers", "of plain"};
    static const int every[ROWS] = {1, 2, 5, 6, 10, 20, 50, 100};
    show *s = &p->show;
    double x[ROWS][4], steps = T;
    show_section(s, "The memory of backpropagation through time");
    show_note(s,
              "An LSTM of %d units, %d steps. A step leaves 4 gates, c and "
              "h.",
              H, T);
    show_equation(s, "10.24", "plain: M = 6 H T + 2 H numbers");
    double plain = 6.0 * H * T + 2.0 * H;                          /* (10.24) */
    show_count(s, "M (plain)", (long)plain);
    show_equation(s, "10.25", "M(S) = 2 H ceil(T/S) + 6 H S + 2 H");
    for (int r = 0; r < ROWS; r++) {
        x[r][0] = every[r];
        x[r][1] = checkpoint_segments(T, every[r]);
        x[r][2] = (double)checkpoint_numbers(T, every[r], H);
        x[r][3] = x[r][2] / plain;
    }
    show_table(s, "numbers kept, a checkpoint every S steps", ROWS, 4, NULL,
               cols, x);
    show_equation(s, "10.26", "least where S = sqrt(T / 3)");
    real best = (real)sqrt(steps / 3);                             /* (10.26) */
    show_value(s, "S", best, "sqrt(%d / 3)", T);
    draw_checkpoints(p, T, H);
    show_equation(s, "10.27",
                  "kept: (c, h) before steps 1, S + 1, 2 S + 1, ...");
    show_note(s, "The unit of section 10.3, 3 steps, S = 2:");
    show_count(s, "kept states", checkpoint_segments(WT, 2));
    show_equation(s, "10.28", "backward: a segment forward again, then back");
    show_note(s,
              "Against plain backpropagation, gradients that differ in any "
              "bit, of %d:",
              3 * GATES + WT + 2);
    show_count(s, "differ", checkpoint_difference(w));
}

/* ---- a linear recurrence ------------------------------------------------- */

void sequences_scan(show *s, const worked *w)
{
    enum { T = STEPS };
    real h[T + 1] = {0}, a[T], b[T], da[T] = {0}, db[T] = {0}, dh[T + 1] = {0};
    real back_a[T], back_b[T], twin[T];
    show_section(s, "A linear recurrence, and a scan");
    show_vector(s, "a_1 .. a_4", T, w->a);
    show_vector(s, "b_1 .. b_4", T, w->in);
    show_equation(s, "10.29", "h_t = a_t h_t-1 + b_t,  h_0 = 0");
    recurrence_forward(T, h, w->a, w->in);
    show_vector(s, "h_1 .. h_4", T, h + 1);
    show_equation(s, "10.30", "(a, b) after (a', b') = (a a', a b' + b)");
    memcpy(a, w->a, sizeof a);
    memcpy(b, w->in, sizeof b);
    show_count(s, "rounds", recurrence_scan(T, a, b));
    show_vector(s, "a, all before", T, a);
    show_vector(s, "b, all before", T, b);
    double most = 0;
    for (int t = 0; t < T; t++)
        most = fmax(most, re(real_abs(b[t] - h[t + 1])));
    show_residual(s, "largest difference from h", most);
    dh[T] = 1;
    recurrence_backward(T, da, db, dh, w->a, h);
    show_note(s, "Backward for L = h_4:");
    show_equation(s, "10.31", "dh_t-1 += a_t dh_t");
    show_vector(s, "dh_0 .. dh_4", T + 1, dh);
    show_equation(s, "10.32", "db_t = dh_t");
    show_vector(s, "db", T, db);
    show_equation(s, "10.33", "da_t = dh_t h_t-1");
    show_vector(s, "da", T, da);
    show_no_equation(s);
    show_note(s, "(10.31) is a linear recurrence too, from the last step to "
                 "the first: the same scan does it.");
    for (int t = 0; t < T; t++) { /* step t of the way back is step T - t */
        back_a[t] = t ? w->a[T - t] : 0;
        back_b[t] = t == 0;
    }
    recurrence_scan(T, back_a, back_b);
    for (int t = 0; t < T; t++)
        twin[t] = back_b[T - 1 - t];
    show_vector(s, "db by the scan", T, twin);
}
