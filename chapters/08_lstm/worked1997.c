/* SPDX-License-Identifier: MIT */
#include "chapters/08_lstm/worked1997.h"

#include "chapters/02_activations/activations.h"
#include "chapters/08_lstm/experiments.h"
#include "chapters/08_lstm/lstm1997.h"

#include <string.h>

/* One block, one cell, three steps. */
typedef struct old {
    real y[STEPS + 1][3], s[STEPS + 1][1], g[STEPS][1];
    real dW[3][1], dU[3][3], db[3], dx[STEPS][1], dy[STEPS + 1][3];
} old;

/* Forward, and backward for the loss L = y_3, the cell's last output. */
static void run_old(old *z, const example_1997 *w, const real x[STEPS][1],
                    bool truncated)
{
    memset(z, 0, sizeof *z);
    lstm1997_forward(STEPS, 1, 1, 1, z->y, z->s, z->g, w->W, w->U, w->b, x);
    z->dy[STEPS][0] = 1;
    lstm1997_backward(STEPS, 1, 1, 1, z->dW, z->dU, z->db, z->dx, z->dy,
                      truncated, z->y, z->s, z->g, w->W, w->U, x);
}

static void column(show *s, const char *name, int from, int rows, int width,
                   const real m[rows][width], int n)
{
    real v[rows];
    for (int r = from; r < rows; r++)
        v[r - from] = m[r][n];
    show_vector(s, name, rows - from, v);
}

static void old_forward(show *s, const example_1997 *w, const real x[STEPS][1])
{
    old z;
    real a[3];
    run_old(&z, w, x, true);
    show_section(s, "The cell of 1997");
    show_note(s, "One block with one cell, the same three inputs, no state "
                 "before them. Step 1, where y_0 = 0:");
    show_equation(s, "8.25",
                  "a = W x_1 + U y_0 + b  (cell, input, output gate)");
    for (int n = 0; n < 3; n++)
        a[n] = w->b[n] + w->W[n][0] * x[0][0];
    show_vector(s, "a", 3, a);
    show_equation(s, "8.26", "in = sigmoid(a_in)");
    show_value(s, "in", z.y[1][1], "1 / (1 + exp(-%.6g))", re(a[1]));
    show_equation(s, "8.27", "out = sigmoid(a_out)");
    show_value(s, "out", z.y[1][2], "1 / (1 + exp(-%.6g))", re(a[2]));
    show_equation(s, "8.28", "g = 4 sigmoid(a_c) - 2, in (-2, 2)");
    show_value(s, "g", z.g[0][0], "4 / (1 + exp(-%.6g)) - 2", re(a[0]));
    show_equation(s, "8.29", "s_1 = s_0 + in g");
    show_value(s, "s", z.s[1][0], "0 + %.6f*%.6f", re(z.y[1][1]),
               re(z.g[0][0]));
    show_equation(s, "8.30", "y = out (2 sigmoid(s) - 1)");
    show_value(s, "y", z.y[1][0], "%.6f*(2 / (1 + exp(-%.6f)) - 1)",
               re(z.y[1][2]), re(z.s[1][0]));
    show_no_equation(s);
    show_note(s, "All three steps:");
    column(s, "in_1 .. in_3", 1, STEPS + 1, 3, z.y, 1);
    column(s, "out_1 .. out_3", 1, STEPS + 1, 3, z.y, 2);
    column(s, "s_1 .. s_3", 1, STEPS + 1, 1, z.s, 0);
    column(s, "y_1 .. y_3", 1, STEPS + 1, 3, z.y, 0);
    show_note(s, "How many weights the networks of the paper have:");
    show_equation(s, "8.31", "weights = N (D + N + 1) + K (C + 1), N = C + 2B");
    show_count(s, "weights, task 6a (D=8, B=2, C=4, K=4)",
               lstm1997_weights(8, 2, 4, 4));
    show_count(s, "weights, task 6b (D=8, B=3, C=6, K=8)",
               lstm1997_weights(8, 3, 6, 8));
}

/* The last step of the backward pass, product by product. */
static void old_last_step(show *s, const old *z)
{
    const real in = z->y[STEPS][1], out = z->y[STEPS][2];
    const real h = 2 * sigmoid(z->s[STEPS][0]) - 1, g = z->g[STEPS - 1][0];
    const real ds = out * (1 - h * h) / 2;
    show_equation(s, "8.32", "ds_t = ds_{t+1} + dy_t out (1 - h^2)/2");
    show_value(s, "ds_3", ds, "0 + 1*%.6f*(1 - (%.6f)^2)/2", re(out), re(h));
    show_equation(s, "8.33", "dout = dy h  (summed over the block's cells)");
    show_value(s, "dout", h, "1*%.6f", re(h));
    show_equation(s, "8.34", "din = ds g  (summed over the block's cells)");
    show_value(s, "din", ds * g, "%.6f*%.6f", re(ds), re(g));
    show_equation(s, "8.35", "da_c = ds in (1 - g^2/4)");
    show_value(s, "da_c", ds * in * (1 - g * g / 4),
               "%.6f*%.6f*(1 - (%.6f)^2/4)", re(ds), re(in), re(g));
    show_equation(s, "8.36", "da_in = din in (1 - in)");
    show_value(s, "da_in", ds * g * in * (1 - in), "%.6f*%.6f*(1 - %.6f)",
               re(ds * g), re(in), re(in));
    show_equation(s, "8.37", "da_out = dout out (1 - out)");
    show_value(s, "da_out", h * out * (1 - out), "%.6f*%.6f*(1 - %.6f)", re(h),
               re(out), re(out));
}

static void old_full(show *s, const old *z)
{
    show_note(s, "All steps, full gradient, rows cell, input gate, output "
                 "gate:");
    show_equation(s, "8.38", "db = sum_t da_t");
    show_vector(s, "db", 3, z->db);
    show_equation(s, "8.39", "dW = sum_t da_t x_t'");
    show_vector(s, "dW", 3, (const real *)z->dW);
    show_equation(s, "8.40", "dU = sum_t da_t y_{t-1}'");
    show_matrix(s, "dU", 3, 3, z->dU);
    show_equation(s, "8.41", "dx_t = W' da_t");
    show_vector(s, "dx_1 .. dx_3", STEPS, (const real *)z->dx);
    show_equation(s, "8.42", "dy_{t-1} += U' da_t");
    column(s, "dy_1 .. dy_3, cell", 1, STEPS + 1, 3, z->dy, 0);
}

/* The traces of the cell's bias and of the input gate's bias, step by step. */
static void old_traces(show *s, const old *z)
{
    real p[STEPS], q[STEPS], db[3];
    const real h = 2 * sigmoid(z->s[STEPS][0]) - 1, out = z->y[STEPS][2];
    const real eps = out * (1 - h * h) / 2;
    real sum_p = 0, sum_q = 0;
    for (int t = 0; t < STEPS; t++) {
        real in = z->y[t + 1][1], g = z->g[t][0];
        p[t] = sum_p += in * (1 - g * g / 4);
        q[t] = sum_q += g * in * (1 - in);
    }
    show_equation(s, "8.43", "p_t = p_{t-1} + in (1 - g^2/4) u_t");
    show_vector(s, "p_1 .. p_3, bias", STEPS, p);
    show_equation(s, "8.44", "q_t = q_{t-1} + g in (1 - in) u_t");
    show_vector(s, "q_1 .. q_3, bias", STEPS, q);
    show_equation(s, "8.45",
                  "dw_c = sum_t eps_t p_t,  dw_in = sum_t eps_t q_t");
    db[0] = eps * p[STEPS - 1];
    db[1] = eps * q[STEPS - 1];
    show_value(s, "db_c", db[0], "%.6f*%.6f", re(eps), re(p[STEPS - 1]));
    show_value(s, "db_in", db[1], "%.6f*%.6f", re(eps), re(q[STEPS - 1]));
    show_equation(s, "8.46", "dw_out = sum_t dy_t h out (1 - out) u_t");
    db[2] = h * out * (1 - out);
    show_value(s, "db_out", db[2], "1*%.6f*%.6f*(1 - %.6f)", re(h), re(out),
               re(out));
    show_residual(s, "largest difference from the truncated db",
                  fmax(re(real_abs(db[0] - z->db[0])),
                       fmax(re(real_abs(db[1] - z->db[1])),
                            re(real_abs(db[2] - z->db[2])))));
}

enum { ENTRIES = 3 + 3 + 9 };

/* dW, db and dU as one vector. */
static void all_entries(real v[ENTRIES], const old *z)
{
    for (int n = 0; n < 3; n++) {
        v[n] = z->dW[n][0];
        v[3 + n] = z->db[n];
        for (int m = 0; m < 3; m++)
            v[6 + 3 * n + m] = z->dU[n][m];
    }
}

static void old_backward(show *s, const example_1997 *w, const real x[STEPS][1])
{
    old full, cut;
    run_old(&full, w, x, false);
    run_old(&cut, w, x, true);
    show_section(s, "Its gradient, full and truncated");
    show_note(s, "The loss is L = y_3, the cell's last output. The last step, "
                 "with h = 2 sigmoid(s) - 1:");
    old_last_step(s, &full);
    old_full(s, &full);
    show_no_equation(s);
    show_note(s,
              "Truncated: the last two formulas, for dx and dy, are left out "
              "at every step; all others stay.");
    show_vector(s, "db, truncated", 3, cut.db);
    show_vector(s, "dW, truncated", 3, (real *)cut.dW);
    show_matrix(s, "dU, truncated", 3, 3, cut.dU);
    show_note(s, "The same forward in time, by the traces of the paper, for "
                 "the biases (u = 1). With eps = dy out (1 - h^2)/2, which is "
                 "zero before the last step:");
    old_traces(s, &cut);
    show_note(s, "How far the truncated gradient is from the full one, over "
                 "all of db, dW, dU:");
    real f[ENTRIES], t[ENTRIES];
    all_entries(f, &full);
    all_entries(t, &cut);
    departure d = depart(ENTRIES, t, f);
    show_equation(s, "8.47", "departure = |truncated - full| / |full|");
    show_value(s, "departure", (real)d.distance, NULL);
    show_equation(s, "8.48",
                  "cosine = truncated . full / (|truncated| |full|)");
    show_value(s, "cosine", (real)d.cosine, NULL);
}

void worked_1997(show *s, const example_1997 *w, const real x[STEPS][1])
{
    old_forward(s, w, x);
    old_backward(s, w, x);
}

/* ---- the network of task 6a ---------------------------------------------- */

static void show_sequence(show *s, const order_sequence *q)
{
    char text[MOST_STEPS + 1] = "";
    for (int t = 0; t < q->T; t++)
        text[t] = order_letters[q->symbol[t]];
    show_note(s, "A sequence, drawn at random: %.55s %.55s", text, text + 55);
    show_count(s, "T, length", q->T);
    show_count(s, "t1, place of the first X or Y", q->t1);
    show_count(s, "t2, place of the second", q->t2);
    show_count(s, "class (0 XX, 1 XY, 2 YX, 3 YY)", q->class);
}

void worked_network(program *p, const double input_bias[BLOCKS], double rate)
{
    show *s = &p->show;
    order_network w, dw;
    order_sequence q;
    order_pass z;
    rng g = rng_new(p->seed, 1), data = rng_new(p->seed, 2);
    show_section(s, "The network of task 6a");
    order_draw(&q, &task_6a, &data);
    show_sequence(s, &q);
    order_start(&w, input_bias, &g);
    show_note(s, "An untrained network at the end of it:");
    real error = order_forward(&z, &w, &q), a[CLASSES], da[CLASSES];
    memset(&dw, 0, sizeof dw);
    order_backward(&dw, NULL, true, &z, &w, &q);
    for (int l = 0; l < CLASSES; l++) {
        a[l] = w.v[l];
        for (int c = 0; c < CELLS; c++)
            a[l] += w.V[l][c] * z.y[q.T][c];
        da[l] = dw.v[l];
    }
    show_equation(s, "8.49", "a = V y_T + v  (cells only)");
    show_vector(s, "a", CLASSES, a);
    show_equation(s, "8.50", "o = sigmoid(a)");
    show_vector(s, "o", CLASSES, z.out);
    show_equation(s, "8.51", "E = sum_l (o_l - target_l)^2 / 2");
    show_value(s, "E", error, NULL);
    show_equation(s, "8.52", "da_l = (o_l - target_l) o_l (1 - o_l)");
    show_vector(s, "da", CLASSES, da);
    show_equation(s, "8.53",
                  "w := w - rate dw  (then the same sequence again)");
    for (int k = 0; k < WEIGHTS; k++)
        ((real *)&w)[k] -= (real)rate * ((real *)&dw)[k];
    show_value(s, "E after", order_forward(&z, &w, &q), NULL);
}
