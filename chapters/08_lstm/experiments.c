/* SPDX-License-Identifier: MIT */
#include "chapters/08_lstm/experiments.h"

#include "chapters/02_activations/activations.h"
#include "chapters/04_backprop/linear.h"
#include "chapters/08_lstm/lstm.h"
#include "lib/sample.h"

#include <stdlib.h>
#include <string.h>

/* ---- the gradient against the lag ---------------------------------------- */

enum { LAGS = 100, RUN = 150, WIDTH = 8, UNITS = 16 }; /* RUN steps, in all */
enum { NETWORKS = 20, KINDS = 5 };

/* What a simple recurrent network or an LSTM is given: a row of inputs, and
 * the loss L = up . h_T. */
typedef struct stream {
    real x[RUN][WIDTH], up[UNITS];
} stream;

static void draw_stream(stream *in, rng *g)
{
    double sum = 0;
    for (int t = 0; t < RUN; t++)
        for (int d = 0; d < WIDTH; d++)
            in->x[t][d] = (real)rng_normal(g);
    for (int j = 0; j < UNITS; j++) {
        in->up[j] = (real)rng_normal(g);
        sum += re(in->up[j]) * re(in->up[j]);
    }
    double length = sqrt(sum);
    for (int j = 0; j < UNITS; j++)
        in->up[j] /= (real)length;
}

static double squares(int n, const real x[n])
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += re(x[i]) * re(x[i]);
    return sum;
}

/* h_t = tanh(W (x_t, h_{t-1}) + b); norm[k] = |dL/dh_{T-k}|. */
static void rnn_norms(double norm[LAGS + 1], const stream *in, rng *g)
{
    enum { M = WIDTH + UNITS };
    static real h[RUN + 1][UNITS], both[RUN][M], dboth[M];
    static real W[UNITS][M], b[UNITS], dW[UNITS][M], db[UNITS];
    real dh[UNITS];
    double units = UNITS;
    uniform_fill(UNITS * M, (real *)W, 1 / sqrt(units), g);
    memset(h[0], 0, sizeof h[0]);
    for (int t = 1; t <= RUN; t++) {
        real a[UNITS];
        memcpy(both[t - 1], in->x[t - 1], sizeof in->x[t - 1]);
        memcpy(both[t - 1] + WIDTH, h[t - 1], sizeof h[t - 1]);
        linear_forward(UNITS, M, a, W, b, both[t - 1]);
        tanh_forward(UNITS, h[t], a);
    }
    memcpy(dh, in->up, sizeof dh);
    norm[0] = sqrt(squares(UNITS, dh));
    for (int t = RUN; t > RUN - LAGS; t--) {
        real da[UNITS] = {0};
        memset(dboth, 0, sizeof dboth);
        tanh_backward(UNITS, da, dh, h[t]);
        linear_backward(UNITS, M, dW, db, dboth, da, W, both[t - 1]);
        memcpy(dh, dboth + WIDTH, sizeof dh);
        norm[RUN - t + 1] = sqrt(squares(UNITS, dh));
    }
}

/* norm[k] = |dL/d(h, c)_{T-k}| for an LSTM whose forget gates start with the
 * bias given. */
static void lstm_norms(double norm[LAGS + 1], double forget_bias,
                       const stream *in, rng *g)
{
    static real W[GATES][UNITS][WIDTH], U[GATES][UNITS][UNITS];
    static real b[GATES][UNITS], dW[GATES][UNITS][WIDTH];
    static real dU[GATES][UNITS][UNITS], db[GATES][UNITS], dx[RUN][WIDTH];
    static real gate[RUN][GATES][UNITS];
    real c[RUN + 1][UNITS] = {{0}}, h[RUN + 1][UNITS] = {{0}};
    real dc[RUN + 1][UNITS] = {{0}}, dh[RUN + 1][UNITS] = {{0}};
    double units = UNITS;
    uniform_fill(GATES * UNITS * WIDTH, (real *)W, 1 / sqrt(units), g);
    uniform_fill(GATES * UNITS * UNITS, (real *)U, 1 / sqrt(units), g);
    for (int j = 0; j < UNITS; j++)
        b[FORGET][j] = (real)forget_bias;
    lstm_forward(RUN, WIDTH, UNITS, c, h, gate, W, U, b, in->x);
    memcpy(dh[RUN], in->up, sizeof in->up);
    lstm_backward(RUN, WIDTH, UNITS, dW, dU, db, dx, dh, dc, gate, c, h, W, U,
                  in->x);
    for (int k = 0; k <= LAGS; k++)
        norm[k] =
            sqrt(squares(UNITS, dh[RUN - k]) + squares(UNITS, dc[RUN - k]));
}

/* A forget gate with this bias is open: sigmoid(40) is 1 in a double. */
static const double forget_biases[KINDS] = {0, 0, 1, 2, 40};

void experiment_lag(program *p)
{
    static const char *const cols[] = {"lag",     "RNN",     "b_f = 0",
                                       "b_f = 1", "b_f = 2", "open"};
    static const int shown[] = {0, 1, 2, 5, 10, 20, 50, 100};
    enum { SHOWN = sizeof shown / sizeof *shown };
    static double log_norm[KINDS][LAGS + 1];
    double x[SHOWN][KINDS + 1], row[KINDS + 1], norm[LAGS + 1];
    stream in;
    curve c;
    rng g = rng_new(p->seed, 21);
    show_section(&p->show, "Experiment: the gradient against the lag");
    show_note(&p->show,
              "%d networks of each kind with %d units and %d random inputs, "
              "weights uniform in +-1/sqrt(%d), %d steps. L is a random "
              "direction of h_T. The norm of its gradient by the state n steps "
              "earlier, geometric mean:",
              NETWORKS, UNITS, WIDTH, UNITS, RUN);
    for (int n = 0; n < NETWORKS; n++)
        for (int kind = 0; kind < KINDS; kind++) {
            draw_stream(&in, &g);
            if (kind == 0)
                rnn_norms(norm, &in, &g);
            else
                lstm_norms(norm, forget_biases[kind], &in, &g);
            for (int k = 0; k <= LAGS; k++)
                log_norm[kind][k] += log(norm[k]) / NETWORKS;
        }
    program_curve(p, &c, "lag", "lag rnn lstm_0 lstm_1 lstm_2 lstm_open");
    for (int k = 0, r = 0; k <= LAGS; k++) {
        row[0] = k;
        for (int kind = 0; kind < KINDS; kind++)
            row[1 + kind] = exp(log_norm[kind][k]);
        curve_row(&c, KINDS + 1, row);
        if (k == shown[r])
            memcpy(x[r++], row, sizeof row);
    }
    program_curve_end(p, &c);
    show_table(&p->show, "norm of the gradient against the lag", SHOWN,
               KINDS + 1, NULL, cols, x);
}

/* ---- what truncation leaves out ------------------------------------------ */

departure depart(int n, const real approximate[n], const real full[n])
{
    double apart = 0, dot = 0;
    for (int i = 0; i < n; i++) {
        double e = re(approximate[i]) - re(full[i]);
        apart += e * e;
        dot += re(approximate[i]) * re(full[i]);
    }
    double a = sqrt(squares(n, approximate)), f = sqrt(squares(n, full));
    departure d;
    d.distance = sqrt(apart) / f;                                   /* (8.47) */
    d.cosine = dot / (a * f);                                       /* (8.48) */
    return d;
}

/* Both gradients of one network, summed over n sequences. The output layer is
 * left out: its gradient is the same in both. */
static departure depart_on(const order_network *w, int n,
                           const order_sequence q[n])
{
    order_network full, cut;
    real dx[MOST_STEPS][SYMBOLS];
    order_pass z;
    memset(&full, 0, sizeof full);
    memset(&cut, 0, sizeof cut);
    memset(dx, 0, sizeof dx);
    for (int i = 0; i < n; i++) {
        order_forward(&z, w, &q[i]);
        order_backward(&full, dx, false, &z, w, &q[i]);
        order_backward(&cut, NULL, true, &z, w, &q[i]);
    }
    return depart(HIDDEN * (SYMBOLS + HIDDEN + 1), (real *)&cut, (real *)&full);
}

void experiment_truncation(program *p)
{
    static const char *const cols[] = {"size", "least",      "median",
                                       "most", "cos median", "cos least"};
    static const double sizes[] = {0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 2, 4};
    enum { SIZES = sizeof sizes / sizeof *sizes, TRIALS = 21 };
    static const double bias[BLOCKS] = {-2, -4};
    double x[SIZES][6];
    curve c;
    show_section(&p->show, "Experiment: what truncation leaves out");
    show_note(&p->show,
              "The network of task 6a before training, its recurrent weights "
              "uniform between -size and size; %d networks for each size, one "
              "sequence each.",
              TRIALS);
    program_curve(p, &c, "truncation",
                  "size least median most cosine least_cosine");
    for (int i = 0; i < SIZES; i++) {
        double distance[TRIALS], cosine[TRIALS];
        rng g = rng_new(p->seed, 22); /* the same draws for every size */
        for (int n = 0; n < TRIALS; n++) {
            order_network w;
            order_sequence q;
            order_start(&w, bias, &g);
            for (int k = 0; k < HIDDEN * HIDDEN; k++)
                ((real *)w.U)[k] *= (real)(10 * sizes[i]); /* from +-0.1 */
            order_draw(&q, &task_6a, &g);
            departure d = depart_on(&w, 1, &q);
            distance[n] = d.distance;
            cosine[n] = d.cosine;
        }
        spread far = spread_of(TRIALS, distance);
        spread along = spread_of(TRIALS, cosine);
        const double row[6] = {sizes[i], far.least,    far.median,
                               far.most, along.median, along.least};
        memcpy(x[i], row, sizeof row);
        curve_row(&c, 6, row);
    }
    program_curve_end(p, &c);
    show_table(&p->show, "departure |truncated - full| / |full|, and cosine",
               SIZES, 6, NULL, cols, x);
}

/* ---- task 6a ------------------------------------------------------------- */

enum { EVERY = 250, PROBES = 8, TESTS = 2560 };

/* What one seed gave. */
typedef struct result {
    bool solved;
    long sequences;
    double error;
    int wrong;
} result;

/* How the truncated gradient stands to the full one while a network learns. */
typedef struct story {
    int points, room;
    double (*point)[4]; /* sequences, mean error, distance, cosine */
} story;

static void tell(story *s, const order_training *r,
                 const order_sequence probe[PROBES])
{
    if (s->points >= s->room)
        return;
    departure d = depart_on(&r->w, PROBES, probe);
    double *point = s->point[s->points++];
    point[0] = (double)r->sequences;
    point[1] = r->sequences ? order_mean_error(r) : (double)NAN;
    point[2] = d.distance;
    point[3] = d.cosine;
}

static void bar(program *p, int i, long sequences)
{
    long within = sequences / 50; /* some 30,000 sequences are usual */
    program_progress(p, 1000L * i + (within < 950 ? within : 950),
                     1000L * p->seeds);
}

/* Trains one network; leaves it in r. Draws its learning curve, and, where s is
 * not NULL, tells the story of its gradient. */
static result train(program *p, int i, order_training *r,
                    const order_rule *rule, curve *c, story *s)
{
    result got = {0};
    uint64_t seed = p->seed + (uint64_t)i;
    static order_sequence probe[PROBES];
    rng g = rng_new(seed, 4);
    for (int n = 0; n < PROBES; n++)
        order_draw(&probe[n], &task_6a, &g);
    if (i) { /* two empty lines: another data set */
        curve_gap(c);
        curve_gap(c);
    }
    order_begin(r, &task_6a, rule->rate, rule->full, rule->input_bias, seed);
    for (bool over = false; !over;) {
        if (s && r->sequences % EVERY == 0)
            tell(s, r, probe);
        got.solved = order_next(r);
        over = got.solved || r->sequences >= rule->most;
        if (r->sequences % EVERY == 0 || over) {
            double row[] = {(double)r->sequences, order_mean_error(r)};
            curve_row(c, 2, row);
            bar(p, i, r->sequences);
        }
    }
    if (s)
        tell(s, r, probe);
    g = rng_new(seed, 3);
    got.sequences = r->sequences;
    got.error = order_mean_error(r);
    got.wrong = order_test(&r->w, &task_6a, TESTS, &g);
    return got;
}

static void show_seeds(program *p, const result got[])
{
    static const char *const cols[] = {"seed", "sequences", "solved",
                                       "mean error", "wrong/2560"};
    double(*x)[5] = malloc((size_t)p->seeds * sizeof *x);
    if (!x) {
        program_fail(p, "no memory for %d seeds", p->seeds);
        return;
    }
    for (int i = 0; i < p->seeds; i++) {
        x[i][0] = (double)(p->seed + (uint64_t)i);
        x[i][1] = (double)got[i].sequences;
        x[i][2] = got[i].solved;
        x[i][3] = got[i].error;
        x[i][4] = got[i].wrong;
    }
    show_table(&p->show, "task 6a, network by network", p->seeds, 5, NULL, cols,
               x);
    free(x);
}

/* The table's first column against what the paper says of its 20 trials. */
static void compare_with_paper(program *p, double x[7][2])
{
    const char *source = "Hochreiter and Schmidhuber 1997, table 9, task 6a";
    const paper rows[] = {
        {source, "sequences until solved, median", "31,390 (mean of 20)",
         x[3][0], 15000, 35000, p->seeds, x[2][0], x[3][0], x[4][0]},
        {source, "share of the trials that are solved", "20 of 20",
         x[1][0] / p->seeds, 0.93, 1, p->seeds, x[1][0] / p->seeds,
         x[1][0] / p->seeds, x[1][0] / p->seeds},
        {source, "wrong of 2560 new sequences, mean", "1", x[6][0], 0, 2, 0, 0,
         0, 0}};
    for (int k = 0; k < 3; k++)
        show_paper(&p->show, &rows[k]);
}

static void show_summary(program *p, const result got[])
{
    static const char *const rows[] = {
        "trials", "solved", "least", "median", "most", "mean", "wrong of 2560"};
    static const char *const cols[] = {"here", "published"};
    const double none = (double)NAN;
    double x[7][2];
    double *count = malloc((size_t)p->seeds * sizeof *count), sum = 0;
    double wrong = 0;
    int n = 0;
    curve c;
    if (!count) {
        program_fail(p, "no memory for %d seeds", p->seeds);
        return;
    }
    for (int r = 0; r < 7; r++)
        x[r][0] = x[r][1] = none;
    for (int i = 0; i < p->seeds; i++)
        if (got[i].solved) {
            sum += count[n++] = (double)got[i].sequences;
            wrong += got[i].wrong;
        }
    x[0][0] = p->seeds;
    x[1][0] = n;
    x[0][1] = 20;
    x[5][1] = 31390;
    x[6][1] = 1;
    if (n) {
        spread solved_in = spread_of(n, count);
        x[2][0] = solved_in.least;
        x[3][0] = solved_in.median;
        x[4][0] = solved_in.most;
        x[5][0] = sum / n;
        x[6][0] = wrong / n;
    }
    show_table(&p->show, "sequences until success", 7, 2, rows, cols, x);
    compare_with_paper(p, x);
    for (int i = 0; i < p->seeds; i++)
        count[i] = (double)got[i].sequences;
    spread_of(p->seeds, count); /* sorts them */
    program_curve(p, &c, "seeds", "rank sequences");
    for (int i = 0; i < p->seeds; i++)
        curve_row(&c, 2, (double[]){i + 1, count[i]});
    program_curve_end(p, &c);
    free(count);
}

/* Ten moments of the first training, and all of them as a curve. */
static void show_story(program *p, const story *s)
{
    enum { ROWS = 10 };
    static const char *const cols[] = {"sequences", "mean error", "departure",
                                       "cosine"};
    double x[ROWS][4];
    curve c;
    int rows = s->points < ROWS ? s->points : ROWS;
    program_curve(p, &c, "training", "sequences error departure cosine");
    for (int i = 0; i < s->points; i++)
        curve_row(&c, 4, s->point[i]);
    program_curve_end(p, &c);
    for (int i = 0; i < rows; i++)
        memcpy(x[i], s->point[i * (s->points - 1) / (rows > 1 ? rows - 1 : 1)],
               sizeof x[i]);
    show_table(&p->show, "the truncated gradient while the first one learns",
               rows, 4, NULL, cols, x);
}

/* Two tables of some steps of a sequence, a row a step: what the gates do and
 * what the cells hold. */
static void show_steps(show *s, const order_sequence *q, const order_pass *z)
{
    static const char *const gates[] = {"t", "in 1", "in 2", "out 1", "out 2"};
    static const char *const cells[] = {"t", "s 11", "s 12", "s 21", "s 22"};
    const int at[] = {1,     q->t1 - 1, q->t1,    q->t1 + 1, q->t2 - 1,
                      q->t2, q->t2 + 1, q->T - 1, q->T};
    enum { ROWS = sizeof at / sizeof *at };
    double x[ROWS][5], y[ROWS][5];
    char letter[ROWS][2];
    const char *rows[ROWS];
    for (int r = 0; r < ROWS; r++) {
        x[r][0] = y[r][0] = at[r];
        for (int k = 0; k < 4; k++) {
            x[r][1 + k] = re(z->y[at[r]][CELLS + k]);
            y[r][1 + k] = re(z->s[at[r]][k]);
        }
        letter[r][0] = order_letters[q->symbol[at[r] - 1]];
        letter[r][1] = 0;
        rows[r] = letter[r];
    }
    show_table(s, "the gates of block 1 and 2", ROWS, 5, rows, gates, x);
    show_table(s, "the states of the cells: s 12 is cell 2 of block 1", ROWS, 5,
               rows, cells, y);
}

/* One sequence of class XY through a trained network, symbol by symbol. */
static void show_gates(program *p, const order_network *w, bool solved)
{
    order_sequence q;
    order_pass z;
    curve c;
    rng g = rng_new(p->seed, 5);
    show_section(&p->show, "The gates at work");
    do
        order_draw(&q, &task_6a, &g);
    while (q.class != 1);
    order_forward(&z, w, &q);
    program_curve(p, &c, "gates", "t in1 in2 out1 out2 s11 s12 s21 s22 symbol");
    for (int t = 1; t <= q.T; t++) {
        double row[10] = {t};
        for (int k = 0; k < 4; k++) {
            row[1 + k] = re(z.y[t][CELLS + k]);
            row[5 + k] = re(z.s[t][k]);
        }
        row[9] = q.symbol[t - 1];
        curve_row(&c, 10, row);
    }
    program_curve_end(p, &c);
    show_note(&p->show,
              "A sequence that the network never saw, through %s: X, then Y. "
              "The outputs at its end, for XX, XY, YX, YY:",
              solved ? "the first network that learned the task"
                     : "the last network (none has learned the task)");
    show_count(&p->show, "T", q.T);
    show_vector(&p->show, "o", CLASSES, z.out);
    show_steps(&p->show, &q, &z);
}

void experiment_order(program *p, const order_rule *rule)
{
    enum { ROOM = 2000 };
    static double points[ROOM][4];
    static order_training r;
    order_network first = {0};
    bool kept = false;
    result *got = malloc((size_t)p->seeds * sizeof *got);
    story s = {.room = ROOM, .point = points};
    curve c;
    if (!got) {
        program_fail(p, "no memory for %d seeds", p->seeds);
        return;
    }
    show_section(&p->show, "Experiment: temporal order, task 6a");
    show_note(&p->show,
              "A network is trained, one sequence at a time, until 2000 "
              "sequences in a row have every output within 0.3 of its target, "
              "and their mean error is below 0.1. Published: Hochreiter and "
              "Schmidhuber 1997, table 9.");
    program_curve(p, &c, "learning", "sequences mean_error");
    for (int i = 0; i < p->seeds; i++) {
        got[i] = train(p, i, &r, rule, &c, i ? NULL : &s);
        if (!kept) {
            first = r.w;
            kept = got[i].solved;
        }
        program_progress(p, i + 1, p->seeds);
    }
    program_curve_end(p, &c);
    show_seeds(p, got);
    show_summary(p, got);
    show_story(p, &s);
    show_gates(p, &first, kept);
    free(got);
}
