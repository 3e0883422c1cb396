/* SPDX-License-Identifier: MIT */
#include "chapters/13_multi_head/experiment.h"

#include <stdlib.h>
#include <string.h>

#include "chapters/02_activations/activations.h"
#include "chapters/04_backprop/linear.h"
#include "chapters/05_optimizers/optimizers.h"
#include "chapters/13_multi_head/positions.h"
#include "lib/sample.h"

/* ---- two places ---------------------------------------------------------- */

enum {
    PT = 5,                           /* tokens */
    PC = 8,                           /* their width */
    WEIGHTS = 4 * PC * (PC + 1),      /* the same with one head and two */
    ROOM = 5 * PT * PC + 2 * PT * PT, /* what is kept, with two heads */
    RUNS = 10,
    STEPS = 300,
    BATCH = 8,
    EVERY = 10,
    POINTS = STEPS / EVERY
};

/* The first half of a row is that of the token before, the second half that of
 * the token two places before; rows 0 and 1 ask for nothing. */
static double copy_error(real dy[PT][PC], const real y[PT][PC],
                         const real x[PT][PC])
{
    double sum = 0;
    memset(dy, 0, sizeof(real[PT][PC]));
    for (int t = 2; t < PT; t++)
        for (int c = 0; c < PC; c++) {
            real apart = y[t][c] - x[c < PC / 2 ? t - 1 : t - 2][c];
            sum += re(apart) * re(apart) / ((PT - 2) * PC);
            dy[t][c] = 2 * apart / ((PT - 2) * PC * BATCH);
        }
    return sum;
}

/* Trains one layer of `heads` heads; queries and keys are made from positions,
 * values from random tokens. point[i] is the mean error of EVERY steps. */
static void train_copier(int heads, double point[POINTS], real w[WEIGHTS],
                         multi_head_kept *kept, real room[ROOM], uint64_t seed)
{
    static real dw[WEIGHTS], m[WEIGHTS], v[WEIGHTS], P[PT][PC];
    static real x[PT][PC], y[PT][PC], dy[PT][PC];
    const int width = PC / heads;
    const multi_head n = multi_head_view(PC, heads, width, width, w);
    const multi_head g = multi_head_view(PC, heads, width, width, dw);
    const adam_rule rule = {0.02, 0.9, 0.98, 1e-8};
    rng start = rng_new(seed, 11), draw = rng_new(seed, 12);
    memset(m, 0, sizeof m);
    memset(v, 0, sizeof v);
    memset(w, 0, WEIGHTS * sizeof *w);
    *kept = multi_head_kept_view(PT, PT, &n, room);
    glorot_uniform(PC, PC, (void *)n.W_q, &start);
    glorot_uniform(PC, PC, (void *)n.W_k, &start);
    glorot_uniform(PC, PC, (void *)n.W_v, &start);
    glorot_uniform(PC, PC, (void *)n.W_o, &start);
    sinusoids(PT, PC, P);
    for (int i = 0; i < STEPS; i++) {
        memset(dw, 0, sizeof dw);
        if (i % EVERY == 0)
            point[i / EVERY] = 0;
        for (int b = 0; b < BATCH; b++) {
            fill_normal(PT * PC, (real *)x, 1, &draw);
            multi_head_forward(PT, PT, &n, y, kept, NULL, P, P, x);
            point[i / EVERY] += copy_error(dy, y, x) / (BATCH * EVERY);
            multi_head_backward(PT, PT, &n, &g, NULL, NULL, NULL, dy, kept, P,
                                P, x);
        }
        adam(WEIGHTS, w, m, v, dw, i + 1, rule);
    }
}

static void show_copiers(program *p, double error[2][POINTS][RUNS])
{
    static const char *const rows[] = {"one head", "two heads"};
    static const char *const cols[] = {"least", "median", "most"};
    double x[2][3], row[7];
    curve c;
    program_curve(p, &c, "places",
                  "step one_least one one_most two_least two "
                  "two_most");
    for (int i = 0; i < POINTS; i++) {
        row[0] = (i + 1) * EVERY;
        for (int k = 0; k < 2; k++) {
            spread s = spread_of(RUNS, error[k][i]);
            x[k][0] = row[1 + 3 * k] = s.least;
            x[k][1] = row[2 + 3 * k] = s.median;
            x[k][2] = row[3 + 3 * k] = s.most;
        }
        curve_row(&c, 7, row);
    }
    program_curve_end(p, &c);
    show_table(&p->show, "mean squared error of a component, last 10 steps", 2,
               3, rows, cols, x);
}

void experiment_two_places(program *p)
{
    static double error[2][POINTS][RUNS], point[POINTS];
    static real w[WEIGHTS], room[ROOM];
    multi_head_kept kept;
    show_section(&p->show, "Experiment: two places with one head and with two");
    show_note(&p->show,
              "%d random tokens of width %d. Wanted: the first half of the "
              "token before, beside the second half of the one before that. "
              "One head of width %d against two of width %d: the same number "
              "of weights. Adam with rate 0.02, %d steps of %d sequences, %d "
              "runs each.",
              PT, PC, PC, PC / 2, STEPS, BATCH, RUNS);
    show_count(&p->show, "weights", WEIGHTS);
    for (int run = 0; run < RUNS; run++)
        for (int k = 0; k < 2; k++) {
            train_copier(k + 1, point, w, &kept, room, p->seed + (uint64_t)run);
            for (int i = 0; i < POINTS; i++)
                error[k][i][run] = point[i];
            program_progress(p, 2 * run + k + 1, 2 * RUNS);
        }
    show_copiers(p, error);
    show_note(&p->show, "Where the last token looks, in the last run with two "
                        "heads (tokens 1 to 5):");
    show_vector(&p->show, "w of head 1", PT, kept.w + PT * PT - PT);
    show_vector(&p->show, "w of head 2", PT, kept.w + 2 * PT * PT - PT);
}

/* ---- induction heads ----------------------------------------------------- */

enum { TESTS = 100, MOMENTS = 150 };

/* One network and what Adam needs, each of `size` numbers in one block. */
typedef struct learner {
    induction_sizes s;
    int size;
    real *w, *dw, *m, *v, *room, *each;
    int *token;
    induction_weights n, g;
    induction_kept kept;
} learner;

/* What one training gave. */
typedef struct outcome {
    double loss;      /* on the repeated part of new sequences */
    double drop;      /* the step at which it was first below half of ln V */
    double previous;  /* how much layer 1 looks at the token before */
    double induction; /* how much the last layer looks at what came next */
} outcome;

static bool learner_start(learner *a, const induction_sizes *s, uint64_t seed)
{
    rng g = rng_new(seed, 13);
    a->s = *s;
    a->size = induction_size(s);
    const size_t all = 4 * (size_t)a->size + (size_t)induction_kept_size(s);
    a->w = calloc(all + (size_t)s->T, sizeof *a->w);
    a->token = calloc((size_t)s->T + 1, sizeof *a->token);
    if (!a->w || !a->token)
        return false;
    a->dw = a->w + a->size;
    a->m = a->dw + a->size;
    a->v = a->m + a->size;
    a->each = a->v + a->size;
    a->room = a->each + s->T;
    a->n = induction_view(s, a->w);
    a->g = induction_view(s, a->dw);
    a->kept = induction_kept_view(s, a->room);
    induction_start(s, a->w, &g);
    return true;
}

static void learner_end(learner *a)
{
    free(a->w);
    free(a->token);
}

/* The loss on the part of a sequence that has been seen before: the mean from
 * the first token that came already on. */
static double repeated(const learner *a, int period)
{
    double sum = 0;
    for (int t = period; t < a->s.T; t++)
        sum += re(a->each[t]) / (a->s.T - period);
    return sum;
}

/* Runs one new sequence; returns its period. */
static int run_sequence(learner *a, const induction_training *r, rng *g)
{
    int period = r->least + rng_below(g, r->most - r->least + 1);
    induction_draw(&a->s, a->token, period, g);
    induction_forward(&a->s, &a->n, a->each, &a->kept, a->token);
    return period;
}

/* Trains it; moment[i] is the mean loss on the repeated part in the i-th of
 * MOMENTS parts of the training. */
static double train(learner *a, const induction_training *r,
                    double moment[MOMENTS], uint64_t seed)
{
    const adam_rule rule = {r->rate, 0.9, 0.98, 1e-8};
    const double tokens = a->s.V, chance = log(tokens);
    double drop = (double)NAN;
    int count[MOMENTS] = {0};
    rng g = rng_new(seed, 14);
    memset(moment, 0, MOMENTS * sizeof *moment);
    for (int i = 0; i < r->steps; i++) {
        int k = (int)((long)i * MOMENTS / r->steps);
        memset(a->dw, 0, (size_t)a->size * sizeof *a->dw);
        for (int b = 0; b < r->batch; b++) {
            int period = run_sequence(a, r, &g);
            moment[k] += repeated(a, period);
            count[k]++;
            induction_backward(&a->s, &a->n, &a->g, (real)(1.0 / r->batch),
                               &a->kept, a->token);
        }
        adam(a->size, a->w, a->m, a->v, a->dw, i + 1, rule);
    }
    for (int k = 0; k < MOMENTS; k++) {
        moment[k] /= count[k]; /* NaN: fewer steps than moments */
        if (isnan(drop) && moment[k] < chance / 2)
            drop = (double)((k + 1L) * r->steps / MOMENTS);
    }
    return drop;
}

/* How much the first layer looks at tokens like the one before the query: that
 * one itself, or the same token earlier. */
static double previous_score(const learner *a)
{
    const int T = a->s.T;
    real(*w)[T] = (void *)a->kept.layer[0].w;
    double sum = 0;
    for (int t = 1; t < T; t++)
        for (int n = 0; n <= t; n++)
            if (a->token[n] == a->token[t - 1])
                sum += re(w[t][n]) / (T - 1);                      /* (13.31) */
    return sum;
}

/* How much the last layer looks at tokens that followed an earlier token like
 * the query (Olsson et al. 2022: prefix matching), on the repeated part. */
static double induction_score(const learner *a, int period)
{
    const int T = a->s.T;
    real(*w)[T] = (void *)a->kept.layer[a->s.L - 1].w;
    double sum = 0;
    for (int t = period; t < T; t++)
        for (int n = 1; n <= t; n++)
            if (a->token[n - 1] == a->token[t])
                sum += re(w[t][n]) / (T - period);                 /* (13.32) */
    return sum;
}

static outcome test(learner *a, const induction_training *r, uint64_t seed)
{
    outcome got = {0};
    rng g = rng_new(seed, 15);
    for (int i = 0; i < TESTS; i++) {
        int period = run_sequence(a, r, &g);
        got.loss += repeated(a, period) / TESTS;
        got.previous += previous_score(a) / TESTS;
        got.induction += induction_score(a, period) / TESTS;
    }
    return got;
}

/* The probability of the token that really comes last, read with W_u and b_u
 * from what each layer hands on at the last position. */
static void show_reading(show *s, const learner *a)
{
    static const char *const tag[] = {"13.27", "13.28", "13.29"};
    static const char *const formula[] = {
        "x of layer 1 = the token's row of the embedding",
        "x of layer 2 = x + y,  y from queries and keys of x + P",
        "z = W_u x + b_u, of the last x"};
    const int T = a->s.T, C = a->s.C, V = a->s.V;
    for (int l = 0; l <= a->s.L; l++) {
        real(*x)[C] = (void *)a->kept.x[l];
        real z[V], prob[V];
        linear_forward(V, C, z, (void *)a->n.W_u, a->n.b_u, x[T - 1]);
        softmax_forward(V, prob, z);
        show_equation(s, tag[l], formula[l]);
        show_value(s, "p of the right token", prob[a->token[T]], NULL);
    }
}

/* One sequence through a trained network: where each layer looks. */
static void show_pattern(program *p, learner *a, const induction_training *r)
{
    const int T = a->s.T;
    int period = (r->least + r->most) / 2;
    rng g = rng_new(p->seed, 16);
    curve c;
    induction_draw(&a->s, a->token, period, &g);
    induction_forward(&a->s, &a->n, a->each, &a->kept, a->token);
    program_curve(p, &c, "pattern", "query key weight");
    for (int l = 0; l < a->s.L; l++) {
        real(*w)[T] = (void *)a->kept.layer[l].w;
        if (l) {
            curve_gap(&c);
            curve_gap(&c);
        }
        for (int m = 0; m < T; m++) {
            for (int n = 0; n < T; n++)
                curve_row(&c, 3, (double[]){m, n, re(w[m][n])});
            curve_gap(&c);
        }
    }
    program_curve_end(p, &c);
    show_note(&p->show,
              "One new sequence of period %d through the first network with "
              "two layers:",
              period);
    show_equation(&p->show, "13.31",
                  "previous: layer 1, weight on tokens like the one before");
    show_value(&p->show, "previous", (real)previous_score(a), NULL);
    show_equation(&p->show, "13.32",
                  "induction: last layer, on what followed tokens like this");
    show_value(&p->show, "induction", (real)induction_score(a, period), NULL);
    show_reading(&p->show, a);
}

static void show_outcomes(program *p, outcome (*got)[2])
{
    static const char *const cols[] = {"seed",    "1 layer",  "2 layers",
                                       "drop at", "previous", "induction"};
    const int S = p->seeds;
    double(*x)[6] = malloc((size_t)S * sizeof *x);
    if (!x) {
        program_fail(p, "no memory for %d seeds", S);
        return;
    }
    for (int i = 0; i < S; i++) {
        x[i][0] = (double)(p->seed + (uint64_t)i);
        x[i][1] = got[i][0].loss;
        x[i][2] = got[i][1].loss;
        x[i][3] = got[i][1].drop;
        x[i][4] = got[i][1].previous;
        x[i][5] = got[i][1].induction;
    }
    show_table(&p->show, "loss on the repeated part, seed by seed", S, 6, NULL,
               cols, x);
    free(x);
}

/* The mean loss of a guess among the tokens of the sequence, the present one
 * left out, all alike. */
static double among_others(const induction_training *r)
{
    double sum = 0;
    for (int period = r->least; period <= r->most; period++) {
        double others = period > 1 ? period - 1 : 1;
        sum += log(others);
    }
    return sum / (r->most - r->least + 1);
}

static void show_spreads(program *p, const induction_training *r,
                         outcome (*got)[2])
{
    static const char *const rows[] = {"1 layer", "2 layers"};
    static const char *const cols[] = {"least", "median", "most"};
    const int S = p->seeds;
    const double tokens = r->sizes.V, chance = log(tokens);
    double x[2][3], loss[S];
    int fewest = 0;
    spread s = {0};
    for (int k = 1; k >= 0; k--) {
        for (int i = 0; i < S; i++)
            loss[i] = got[i][k].loss;
        s = spread_of(S, loss);
        x[k][0] = s.least;
        x[k][1] = s.median;
        x[k][2] = s.most;
        if (s.median < chance / 2)
            fewest = k + 1;
    }
    show_table(&p->show, "the same, all seeds", 2, 3, rows, cols, x);
    show_value(&p->show, "chance, ln V", (real)chance, "ln %d", r->sizes.V);
    show_value(&p->show, "one of the others", (real)among_others(r),
               "mean of ln(period - 1)");
    const paper known = {
        .source = "Olsson et al. 2022",
        .quantity = "layers needed (loss below half of chance)",
        .says = "2: one layer forms no induction head (large text)",
        .value = fewest,
        .lo = 2,
        .hi = 2,
        .seeds = S,
        .least = x[1][0],
        .median = x[1][1],
        .most = x[1][2],
    };
    show_paper(&p->show, &known);
}

/* Both networks of one seed, and their curves. Keeps the first with two layers
 * for show_pattern. */
static bool one_seed(program *p, const induction_training *rule, int i,
                     outcome got[2], learner *first, curve *c)
{
    static double moment[2][MOMENTS];
    uint64_t seed = p->seed + (uint64_t)i;
    for (int k = 0; k < 2; k++) {
        learner a;
        induction_sizes s = rule->sizes;
        s.L = k + 1;
        if (!learner_start(&a, &s, seed)) {
            learner_end(&a);
            return false;
        }
        double drop = train(&a, rule, moment[k], seed);
        got[k] = test(&a, rule, seed);
        got[k].drop = drop;
        if (k == 1 && i == 0)
            *first = a;
        else
            learner_end(&a);
        program_progress(p, 2 * i + k + 1, 2 * p->seeds);
    }
    if (i) { /* two empty lines: another data set */
        curve_gap(c);
        curve_gap(c);
    }
    for (int k = 0; k < MOMENTS; k++)
        curve_row(c, 3,
                  (double[]){(k + 1.0) * rule->steps / MOMENTS, moment[0][k],
                             moment[1][k]});
    return true;
}

void experiment_induction(program *p, const induction_training *rule)
{
    outcome(*got)[2] = malloc((size_t)p->seeds * sizeof *got);
    learner first = {0};
    curve c;
    bool whole = got != NULL;
    if (rule->least > rule->most || rule->most > rule->sizes.V ||
        rule->most >= rule->sizes.T) {
        program_fail(p,
                     "period %d,%d: wanted least <= most <= vocabulary, "
                     "most < length",
                     rule->least, rule->most);
        free(got);
        return;
    }
    show_section(&p->show, "Experiment: induction heads");
    show_note(
        &p->show,
        "Sequences of %d tokens out of %d that repeat themselves, with a "
        "period from %d to %d. Networks of attention alone, width %d, one "
        "head a layer, %d steps of %d sequences, Adam with rate %g. Loss "
        "on the part that has been seen before, on %d new sequences; the "
        "step at which it first was half of chance; and two scores, "
        "(13.31) and (13.32) below.",
        rule->sizes.T, rule->sizes.V, rule->least, rule->most, rule->sizes.C,
        rule->steps, rule->batch, rule->rate, TESTS);
    program_curve(p, &c, "induction", "step one_layer two_layers");
    for (int i = 0; i < p->seeds && whole; i++)
        whole = one_seed(p, rule, i, got[i], &first, &c);
    program_curve_end(p, &c);
    if (whole) {
        show_outcomes(p, got);
        show_spreads(p, rule, got);
        show_pattern(p, &first, rule);
    } else {
        program_fail(p, "no memory for %d seeds", p->seeds);
    }
    learner_end(&first);
    free(got);
}
