/* SPDX-License-Identifier: MIT */
#include "chapters/09_gru/compare.h"

#include "chapters/03_cross_entropy/cross_entropy.h"
#include "chapters/04_backprop/linear.h"
#include "chapters/05_optimizers/optimizers.h"
#include "lib/sample.h"

#include <stdlib.h>
#include <string.h>

enum { T = PAIR_STEPS, D = PAIR_INPUTS, C = PAIR_ANSWERS };
enum { HG = GRU_UNITS, HL = LSTM_UNITS };

/* ---- the networks -------------------------------------------------------- */

int gru_weights(int inputs, int units)
{
    return 3 * units * (inputs + units + 1);                        /* (9.36) */
}

int lstm_weights(int inputs, int units)
{
    return 4 * units * (inputs + units + 1);                        /* (9.37) */
}

void pair_draw(pair *q, rng *g)
{
    int t1 = rng_below(g, T / 4);
    int t2 = T / 2 + rng_below(g, T / 4);
    int first = rng_below(g, 2);
    int second = rng_below(g, 2);
    memset(q, 0, sizeof *q);
    for (int t = 0; t < T; t++)
        q->x[t][2] = (real)rng_between(g, -1, 1);
    q->x[t1][first] = 1;
    q->x[t2][second] = 1;
    q->answer = 2 * first + second;
}

real gru_net_forward(gru_pass *z, gru_form form, const gru_net *w,
                     const pair *q)
{
    real y[1][C];
    memset(z->h[0], 0, sizeof z->h[0]);
    gru_forward(T, D, HG, form, z->h, z->v, w->W, w->U, w->b, q->x);
    linear_forward(C, HG, y[0], w->V, w->c, z->h[T]);
    return cross_entropy_forward(1, C, z->p, y, &q->answer);
}

void gru_net_backward(gru_net *dw, real dx[PAIR_STEPS][PAIR_INPUTS], real dloss,
                      const gru_pass *z, gru_form form, const gru_net *w,
                      const pair *q)
{
    real dy[1][C] = {{0}}, dh[T + 1][HG] = {{0}};
    cross_entropy_backward(1, C, dy, dloss, z->p, &q->answer);
    linear_backward(C, HG, dw->V, dw->c, dh[T], dy[0], w->V, z->h[T]);
    gru_backward(T, D, HG, form, dw->W, dw->U, dw->b, dx, dh, z->v, z->h, w->W,
                 w->U, q->x);
}

real lstm_net_forward(lstm_pass *z, const lstm_net *w, const pair *q)
{
    real y[1][C];
    memset(z->h[0], 0, sizeof z->h[0]);
    memset(z->c[0], 0, sizeof z->c[0]);
    lstm_forward(T, D, HL, z->c, z->h, z->gate, w->W, w->U, w->b, q->x);
    linear_forward(C, HL, y[0], w->V, w->c, z->h[T]);
    return cross_entropy_forward(1, C, z->p, y, &q->answer);
}

void lstm_net_backward(lstm_net *dw, real dx[PAIR_STEPS][PAIR_INPUTS],
                       real dloss, const lstm_pass *z, const lstm_net *w,
                       const pair *q)
{
    real dy[1][C] = {{0}}, dc[T + 1][HL] = {{0}}, dh[T + 1][HL] = {{0}};
    cross_entropy_backward(1, C, dy, dloss, z->p, &q->answer);
    linear_backward(C, HL, dw->V, dw->c, dh[T], dy[0], w->V, z->h[T]);
    lstm_backward(T, D, HL, dw->W, dw->U, dw->b, dx, dh, dc, z->gate, z->c,
                  z->h, w->W, w->U, q->x);
}

/* ---- training ------------------------------------------------------------ */

enum { BATCH = 8, KINDS = 8, NONE = -1, FIRST_LSTM = 4 };

/* A kind of network: its cell, and a gate that is fixed, or NONE. */
static const struct kind {
    const char *name;
    gru_form form;
    int fixed;
    double bias; /* of the fixed gate: 40 holds it at 1, -40 at 0 */
} kinds[KINDS] = {
    {"GRU", RESET_BEFORE, NONE, 0},
    {"GRU, after", RESET_AFTER, NONE, 0},
    {"GRU, r = 1", RESET_BEFORE, RESET, 40},
    {"GRU, z = 0", RESET_BEFORE, UPDATE, -40},
    {"LSTM", 0, NONE, 0},
    {"LSTM, f = 1", 0, FORGET, 40},
    {"LSTM, i = 1", 0, INPUT, 40},
    {"LSTM, o = 1", 0, OUTPUT, 40},
};

/* A gate of H units that sees nothing but its bias. */
static void fix_gate(int H, real W[H][D], real U[H][H], real b[H], double bias)
{
    for (int j = 0; j < H; j++) {
        b[j] = (real)bias;
        for (int d = 0; d < D; d++)
            W[j][d] = 0;
        for (int k = 0; k < H; k++)
            U[j][k] = 0;
    }
}

/* Weights uniform in +-1/sqrt(H), and 1 for the biases of the gate that keeps:
 * z or f. */
static void gru_start(gru_net *w, const struct kind *k, rng *g)
{
    double units = HG;
    memset(w, 0, sizeof *w);
    uniform_fill(GRU_GATES * HG * D, (real *)w->W, 1 / sqrt(units), g);
    uniform_fill(GRU_GATES * HG * HG, (real *)w->U, 1 / sqrt(units), g);
    uniform_fill(C * HG, (real *)w->V, 1 / sqrt(units), g);
    for (int j = 0; j < HG; j++)
        w->b[UPDATE][j] = 1;
    if (k->fixed != NONE)
        fix_gate(HG, w->W[k->fixed], w->U[k->fixed], w->b[k->fixed], k->bias);
}

static void lstm_start(lstm_net *w, const struct kind *k, rng *g)
{
    double units = HL;
    memset(w, 0, sizeof *w);
    uniform_fill(GATES * HL * D, (real *)w->W, 1 / sqrt(units), g);
    uniform_fill(GATES * HL * HL, (real *)w->U, 1 / sqrt(units), g);
    uniform_fill(C * HL, (real *)w->V, 1 / sqrt(units), g);
    for (int j = 0; j < HL; j++)
        w->b[FORGET][j] = 1;
    if (k->fixed != NONE)
        fix_gate(HL, w->W[k->fixed], w->U[k->fixed], w->b[k->fixed], k->bias);
}

/* The mean loss of a batch of fresh sequences and its gradient. A fixed gate
 * has no gradient, nor has b_q, which the other form does not have. */
static double gru_batch(gru_net *dw, const gru_net *w, const struct kind *k,
                        rng *data)
{
    real dx[T][D], loss = 0;
    pair q;
    gru_pass z;
    memset(dw, 0, sizeof *dw);
    memset(dx, 0, sizeof dx);
    for (int n = 0; n < BATCH; n++) {
        pair_draw(&q, data);
        loss += gru_net_forward(&z, k->form, w, &q) / BATCH;
        gru_net_backward(dw, dx, R(1.0) / BATCH, &z, k->form, w, &q);
    }
    memset(dw->b[INNER], 0, sizeof dw->b[INNER]);
    if (k->fixed != NONE)
        fix_gate(HG, dw->W[k->fixed], dw->U[k->fixed], dw->b[k->fixed], 0);
    return re(loss);
}

static double lstm_batch(lstm_net *dw, const lstm_net *w, const struct kind *k,
                         rng *data)
{
    real dx[T][D], loss = 0;
    pair q;
    lstm_pass z;
    memset(dw, 0, sizeof *dw);
    memset(dx, 0, sizeof dx);
    for (int n = 0; n < BATCH; n++) {
        pair_draw(&q, data);
        loss += lstm_net_forward(&z, w, &q) / BATCH;
        lstm_net_backward(dw, dx, R(1.0) / BATCH, &z, w, &q);
    }
    if (k->fixed != NONE)
        fix_gate(HL, dw->W[k->fixed], dw->U[k->fixed], dw->b[k->fixed], 0);
    return re(loss);
}

/* Trains one network until the running mean of its loss is below 0.1; returns
 * how many batches that took, or -1. The running mean begins at ln 4, the loss
 * of somebody who guesses. */
static int train(gru_net *gru, lstm_net *lstm, const struct kind *k,
                 double rate, int most, uint64_t seed)
{
    static union {
        gru_net gru;
        lstm_net lstm;
    } dw, m, v;
    double answers = C, running = log(answers);
    bool is_lstm = k - kinds >= FIRST_LSTM;
    rng g = rng_new(seed, 1), data = rng_new(seed, 2);
    memset(&m, 0, sizeof m);
    memset(&v, 0, sizeof v);
    if (is_lstm)
        lstm_start(lstm, k, &g);
    else
        gru_start(gru, k, &g);
    for (int s = 1; s <= most; s++) {
        double loss = is_lstm ? lstm_batch(&dw.lstm, lstm, k, &data)
                              : gru_batch(&dw.gru, gru, k, &data);
        int n = (int)((is_lstm ? sizeof *lstm : sizeof *gru) / sizeof(real));
        adam(n, is_lstm ? (real *)lstm : (real *)gru, (real *)&m, (real *)&v,
             (real *)&dw, s, adam_usual(rate));
        running += 0.05 * (loss - running);
        if (running < 0.1)
            return s;
    }
    return -1;
}

/* ---- what the gates do --------------------------------------------------- */

enum { SHOWN_FIRST = 3, SHOWN_SECOND = 13, MEANS = 5 };

/* The means over units, answers and networks, step by step: z, r of the GRU;
 * f, i, o of the LSTM. */
typedef struct gate_means {
    double mean[MEANS][T];
    int networks[2];
} gate_means;

static void add_gates(gate_means *m, bool is_lstm, const gru_net *gru,
                      const lstm_net *lstm, rng *g)
{
    static const int row[MEANS] = {UPDATE, RESET, FORGET, INPUT, OUTPUT};
    gru_pass a;
    lstm_pass b;
    pair q;
    for (int answer = 0; answer < C; answer++) {
        memset(&q, 0, sizeof q);
        q.answer = answer;
        for (int t = 0; t < T; t++)
            q.x[t][2] = (real)rng_between(g, -1, 1);
        q.x[SHOWN_FIRST - 1][answer / 2] = 1;
        q.x[SHOWN_SECOND - 1][answer % 2] = 1;
        if (is_lstm)
            lstm_net_forward(&b, lstm, &q);
        else
            gru_net_forward(&a, RESET_BEFORE, gru, &q);
        for (int n = is_lstm ? 2 : 0; n < (is_lstm ? MEANS : 2); n++)
            for (int t = 0; t < T; t++)
                for (int j = 0; j < (is_lstm ? HL : HG); j++)
                    m->mean[n][t] += is_lstm ? re(b.gate[t][row[n]][j]) / C / HL
                                             : re(a.v[t][row[n]][j]) / C / HG;
    }
    m->networks[is_lstm]++;
}

static void show_gates(program *p, gate_means *m)
{
    static const char *const rows[] = {"GRU z",  "GRU 1 - z", "GRU r",
                                       "LSTM f", "LSTM i",    "LSTM o"};
    static const char *const cols[] = {"at the symbols", "elsewhere"};
    static const int from[] = {0, 0, 1, 2, 3, 4};
    double x[6][2] = {{0}};
    curve c;
    program_curve(p, &c, "gates", "t z r f i o");
    for (int t = 0; t < T; t++) {
        double row[1 + MEANS] = {t + 1};
        for (int n = 0; n < MEANS; n++)
            row[1 + n] = m->mean[n][t] /= m->networks[n < 2 ? 0 : 1];
        curve_row(&c, 1 + MEANS, row);
        bool symbol = t == SHOWN_FIRST - 1 || t == SHOWN_SECOND - 1;
        for (int r = 0; r < 6; r++)
            x[r][!symbol] +=
                (r == 1 ? 1 - row[1 + from[r]] : row[1 + from[r]]) /
                (symbol ? 2 : T - 2);
    }
    program_curve_end(p, &c);
    show_note(&p->show,
              "What the gates do in the networks that learned it (%d GRUs, %d "
              "LSTMs), the symbols at the steps %d and %d: mean over units, "
              "answers and networks.",
              m->networks[0], m->networks[1], SHOWN_FIRST, SHOWN_SECOND);
    show_table(&p->show, "gates", 6, 2, rows, cols, x);
}

/* ---- the experiment ------------------------------------------------------ */

static void show_kinds(program *p, const int *batches)
{
    static const char *const cols[] = {"learned", "least", "median", "most"};
    const char *rows[KINDS];
    double x[KINDS][4], *sorted[KINDS], none = (double)NAN;
    int learned[KINDS];
    curve c;
    double *room = malloc((size_t)(KINDS * p->seeds) * sizeof *room);
    if (!room) {
        program_fail(p, "no memory for %d seeds", p->seeds);
        return;
    }
    for (int k = 0; k < KINDS; k++) {
        rows[k] = kinds[k].name;
        sorted[k] = room + k * p->seeds;
        learned[k] = 0;
        for (int i = 0; i < p->seeds; i++)
            if (batches[k * p->seeds + i] > 0)
                sorted[k][learned[k]++] = batches[k * p->seeds + i];
        x[k][0] = learned[k];
        x[k][1] = x[k][2] = x[k][3] = none;
        if (learned[k]) {
            spread s = spread_of(learned[k], sorted[k]);
            x[k][1] = s.least;
            x[k][2] = s.median;
            x[k][3] = s.most;
        }
    }
    show_table(&p->show, "batches until learned", KINDS, 4, rows, cols, x);
    program_curve(p, &c, "learned",
                  "rank gru after no_reset no_update lstm f_1 i_1 o_1");
    for (int i = 0; i < p->seeds; i++) {
        double row[1 + KINDS] = {i + 1};
        for (int k = 0; k < KINDS; k++)
            row[1 + k] = i < learned[k] ? sorted[k][i] : none;
        curve_row(&c, 1 + KINDS, row);
    }
    program_curve_end(p, &c);
    free(room);
}

void experiment_compare(program *p, double rate, int most)
{
    static gate_means means;
    static gru_net gru;
    static lstm_net lstm;
    rng g = rng_new(p->seed, 33);
    show_section(&p->show, "Experiment: equal weights, gate by gate");
    show_note(&p->show,
              "%d steps of noise, and somewhere in the first and in the third "
              "quarter a symbol, X or Y: which two? %d networks of each kind, "
              "%d weights in the cell; a network has learned the task when the "
              "running mean of its loss is below 0.1, within %d batches of %d. "
              "\"r = 1\": that gate is fixed.",
              T, p->seeds, gru_weights(D, HG), most, BATCH);
    int *batches = malloc((size_t)(KINDS * p->seeds) * sizeof *batches);
    if (!batches) {
        program_fail(p, "no memory for %d seeds", p->seeds);
        return;
    }
    memset(&means, 0, sizeof means);
    for (int k = 0; k < KINDS; k++)
        for (int i = 0; i < p->seeds; i++) {
            int n = train(&gru, &lstm, &kinds[k], rate, most,
                          p->seed + (uint64_t)i);
            batches[k * p->seeds + i] = n;
            if (n > 0 && (k == 0 || k == FIRST_LSTM))
                add_gates(&means, k == FIRST_LSTM, &gru, &lstm, &g);
            program_progress(p, k * p->seeds + i + 1, (long)KINDS * p->seeds);
        }
    show_kinds(p, batches);
    if (means.networks[0] && means.networks[1])
        show_gates(p, &means);
    free(batches);
}
