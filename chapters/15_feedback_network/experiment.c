/* SPDX-License-Identifier: MIT */
#include "chapters/15_feedback_network/experiment.h"

#include "chapters/15_feedback_network/train.h"
#include "lib/sample.h"

#include <stdlib.h>
#include <string.h>

/* ---- many runs ----------------------------------------------------------- */

/* Trains `plans` networks for each seed: the run of plan k and seed s is
 * got[k * seeds + s]. The seeds follow --seed. Where `runs` is not NULL it holds
 * those of plan `done`, which are copied. */
static trained *train_all(program *p, int plans, const plan how[plans],
                          int done, const trained *runs)
{
    int S = p->seeds;
    trained *got = malloc((size_t)plans * (size_t)S * sizeof *got);
    if (!got) {
        program_fail(p, "no memory for %d seeds", S);
        return NULL;
    }
    for (int k = 0; k < plans; k++)
        for (int s = 0; s < S; s++) {
            trained *r = &got[k * S + s];
            if (runs && k == done) {
                *r = runs[s];
                r->n = fbnet_view(r->n.D, r->n.H, r->n.M, r->n.on, r->w);
            } else {
                fbnet_train(r, &how[k], p->seed + (uint64_t)s);
            }
            program_progress(p, k * S + s + 1, plans * S);
        }
    return got;
}

/* Least, median and most of accuracy and of steps over the seeds. */
static spread accuracies(int S, const trained got[S])
{
    double x[S];
    for (int s = 0; s < S; s++)
        x[s] = got[s].near;
    return spread_of(S, x);
}

static spread steps_used(int S, const trained got[S])
{
    double x[S];
    for (int s = 0; s < S; s++)
        x[s] = got[s].steps;
    return spread_of(S, x);
}

static double median_after(int S, const trained got[S], int stage)
{
    double x[S];
    for (int s = 0; s < S; s++)
        x[s] = got[s].after[stage];
    return spread_of(S, x).median;
}

static spread losses(int S, const trained got[S], int step)
{
    double x[S];
    for (int s = 0; s < S; s++)
        x[s] = got[s].loss[step];
    return spread_of(S, x);
}

static spread accuracies_at(int S, const trained got[S], const task *what,
                            int T, uint64_t seed)
{
    double x[S];
    for (int s = 0; s < S; s++)
        x[s] = fbnet_accuracy(&got[s].n, what, T, seed + (uint64_t)s);
    return spread_of(S, x);
}

/* The median loss of each plan, every fifth step. */
static void loss_curves(program *p, const char *name, const char *columns,
                        int plans, const trained *got)
{
    curve c;
    program_curve(p, &c, name, columns);
    for (int step = 0; step < STEPS; step += 5) {
        double row[1 + plans];
        row[0] = step + 1;
        for (int k = 0; k < plans; k++)
            row[1 + k] = losses(p->seeds, got + k * p->seeds, step).median;
        curve_row(&c, 1 + plans, row);
    }
    program_curve_end(p, &c);
}

/* ---- each part switched off ---------------------------------------------- */

enum { VARIANTS = 7, EVERYTHING = 0, NO_FEEDBACK = 1 };

static const parts variant[VARIANTS] = {
    {true, true, true, true},    {false, true, true, true},
    {true, false, true, true},   {true, true, false, true},
    {true, true, true, false},   {true, false, true, false},
    {false, false, false, false}};

static const char variant_columns[] =
    "step all no_feedback no_attention no_gate no_residual s3_gate none";

/* Trains all variants on a task, and shows what came out; rows names them with
 * the claim that each one tests. */
static trained *ablation(program *p, const task *what, const char *title,
                         const char *curve_name,
                         const char *const claims[VARIANTS], rules rule)
{
    static const char *const rows[VARIANTS] = {
        "all parts",   "no feedback", "no attention", "no gate",
        "no residual", "S3's gate",   "none of them"};
    static const char *const cols[] = {"least", "median", "most", "steps",
                                       "learned"};
    int S = p->seeds;
    plan how[VARIANTS];
    double x[VARIANTS][5];
    for (int k = 0; k < VARIANTS; k++)
        how[k] = (plan){.task = what,
                        .on = variant[k],
                        .aux = what->aux,
                        .decay = re(rule.decay),
                        .rate = re(rule.rate)};
    trained *got = train_all(p, VARIANTS, how, 0, NULL);
    if (!got)
        return NULL;
    for (int k = 0; k < VARIANTS; k++) {
        const trained *runs = got + k * S;
        spread a = accuracies(S, runs);
        x[k][0] = a.least;
        x[k][1] = a.median;
        x[k][2] = a.most;
        x[k][3] = steps_used(S, runs).median;
        x[k][4] = 0;
        for (int s = 0; s < S; s++)
            x[k][4] += runs[s].steps < STEPS;
    }
    show_table_words(&p->show, title, VARIANTS, 5, rows, "claim", claims, cols,
                     x);
    loss_curves(p, curve_name, variant_columns, VARIANTS, got);
    return got;
}

/* Sequences longer than those of the training, with the loop and without. */
static void longer_sequences(program *p, const trained *got)
{
    enum { LENGTHS = 5 };
    static const int lengths[LENGTHS] = {4, 8, 16, 24, TASK_T};
    static const char *const cols[] = {"T", "all, least", "median",
                                       "no loop, median", "most"};
    int S = p->seeds;
    double x[LENGTHS][5];
    curve c;
    program_curve(p, &c, "length", "T all_least all no_loop no_loop_most");
    for (int i = 0; i < LENGTHS; i++) {
        int T = lengths[i];
        spread all = accuracies_at(S, got + EVERYTHING * S, &fbnet_parity, T,
                                   p->seed + 1000);
        spread none = accuracies_at(S, got + NO_FEEDBACK * S, &fbnet_parity, T,
                                    p->seed + 1000);
        const double row[] = {T, all.least, all.median, none.median, none.most};
        memcpy(x[i], row, sizeof row);
        curve_row(&c, 5, row);
    }
    program_curve_end(p, &c);
    show_table(&p->show, "parity: accuracy against the length", LENGTHS, 5,
               NULL, cols, x);
}

/* Returns the runs, those with all parts first. */
static trained *parity_experiment(program *p, rules rule)
{
    static const char *const claims[VARIANTS] = {
        "-", "S0-02", "S3-30", "S0-11", "S0-12", "S3-45", "S0-07"};
    show_section(&p->show, "Experiment: parity, carried by the loop alone");
    show_note(&p->show,
              "%d hidden units, sequences of %d bits, %d a step, at most %d "
              "steps of Adam, %d seeds. Accuracy on %d new sequences; steps "
              "until the mean loss is below 0.01 (median), and how many seeds "
              "came so far. The claim is the one that the row tests.",
              UNITS, fbnet_parity.T, BATCH, STEPS, p->seeds, TESTS);
    trained *got = ablation(p, &fbnet_parity, "parity: accuracy at T = 8",
                            "parity", claims, rule);
    if (got)
        longer_sequences(p, got);
    return got;
}

static void recall_experiment(program *p, rules rule)
{
    static const char *const claims[VARIANTS] = {
        "-", "S0-03", "S0-19", "S0-11", "S0-12", "S3-45", "S0-07"};
    enum { DRAWS = 10000 };
    int T = fbnet_recall.T, target[TASK_T];
    real x[T][TASK_D];
    double share = 0;
    rng g = rng_new(p->seed, 9);
    show_section(&p->show, "Experiment: recall of the item after a marker");
    show_note(&p->show,
              "%d tokens, the last one asks: which of %d items stood after the "
              "marker? A loss at the last step only.",
              T, ITEMS);
    for (int k = 0; k < DRAWS; k++) {
        fbnet_recall.draw(T, TASK_D, x, target, &g);
        share += fbnet_recall_share(T, TASK_D, x) / DRAWS;
    }
    show_value(&p->show, "right by chance", (real)1 / ITEMS, "1/%d", ITEMS);
    show_value(&p->show, "right by the commonest item seen", (real)share, NULL);
    free(
        ablation(p, &fbnet_recall, "recall: accuracy", "recall", claims, rule));
}

/* ---- the auxiliary loss -------------------------------------------------- */

static void auxiliary_experiment(program *p, rules rule, const trained *parity)
{
    enum { WEIGHTS = 4 };
    static const double lambda[WEIGHTS] = {0, 0.5, 2, 7};
    static const char *const cols[] = {"lambda", "least", "median",
                                       "most",   "steps", "most steps"};
    int S = p->seeds;
    plan how[WEIGHTS];
    double x[WEIGHTS][6];
    curve c;
    show_section(&p->show, "Experiment: the auxiliary loss");
    show_note(&p->show,
              "Parity again, all parts on. The loss of the last step counts 1, "
              "the mean loss of the steps before counts lambda (S3-29).");
    for (int k = 0; k < WEIGHTS; k++)
        how[k] = (plan){.task = &fbnet_parity,
                        .on = variant[EVERYTHING],
                        .aux = lambda[k],
                        .decay = re(rule.decay),
                        .rate = re(rule.rate)};
    trained *got = train_all(p, WEIGHTS, how, WEIGHTS - 1, parity);
    if (!got)
        return;
    program_curve(p, &c, "auxiliary", "lambda least median most steps most");
    for (int k = 0; k < WEIGHTS; k++) {
        spread a = accuracies(S, got + k * S);
        spread u = steps_used(S, got + k * S);
        const double row[] = {lambda[k], a.least,  a.median,
                              a.most,    u.median, u.most};
        memcpy(x[k], row, sizeof row);
        curve_row(&c, 6, row);
    }
    program_curve_end(p, &c);
    show_table(&p->show, "parity with an auxiliary loss", WEIGHTS, 6, NULL,
               cols, x);
    free(got);
}

/* ---- training in stages -------------------------------------------------- */

static void staged_experiment(program *p, rules rule, const trained *parity)
{
    enum { WAYS = 2, STAGE = 60 };
    static const char *const rows[WAYS] = {"all at once", "in stages S3-28"};
    static const char *const cols[] = {"stage 1", "stage 2", "end, least",
                                       "median", "steps"};
    int S = p->seeds;
    plan how[WAYS];
    double x[WAYS][5];
    show_section(&p->show, "Experiment: training in stages");
    show_note(&p->show,
              "Parity. First %d steps without feedback, then %d steps of B "
              "alone with all else frozen, then all. Accuracy at the end of "
              "the stages (median), and at the end.",
              STAGE, STAGE);
    for (int k = 0; k < WAYS; k++)
        how[k] = (plan){.task = &fbnet_parity,
                        .on = variant[EVERYTHING],
                        .aux = fbnet_parity.aux,
                        .decay = re(rule.decay),
                        .rate = re(rule.rate),
                        .stage = {k * STAGE, k * STAGE}};
    trained *got = train_all(p, WAYS, how, 0, parity);
    if (!got)
        return;
    for (int k = 0; k < WAYS; k++) {
        spread a = accuracies(S, got + k * S);
        x[k][0] = k ? median_after(S, got + k * S, 0) : (double)NAN;
        x[k][1] = k ? median_after(S, got + k * S, 1) : (double)NAN;
        x[k][2] = a.least;
        x[k][3] = a.median;
        x[k][4] = steps_used(S, got + k * S).median;
    }
    show_table(&p->show, "parity, at once and in stages", WAYS, 5, rows, cols,
               x);
    loss_curves(p, "stages", "step at_once in_stages", WAYS, got);
    free(got);
}

/* ---- weight decay -------------------------------------------------------- */

static void decay_experiment(program *p, rules rule)
{
    enum { WEIGHTS = 3, SET = 96 };
    static const double mu[WEIGHTS] = {0, 0.001, 0.01};
    static const char *const cols[] = {"mu", "training", "least", "median",
                                       "most"};
    int S = p->seeds;
    plan how[WEIGHTS];
    double x[WEIGHTS][5];
    show_section(&p->show, "Experiment: weight decay");
    show_note(&p->show,
              "Recall, all parts on, but only %d sequences to learn from, %d "
              "steps: the loss in training (median), and the accuracy on new "
              "sequences.",
              SET, STEPS);
    for (int k = 0; k < WEIGHTS; k++)
        how[k] = (plan){.task = &fbnet_recall,
                        .on = variant[EVERYTHING],
                        .decay = mu[k],
                        .rate = re(rule.rate),
                        .set = SET};
    trained *got = train_all(p, WEIGHTS, how, 0, NULL);
    if (!got)
        return;
    for (int k = 0; k < WEIGHTS; k++) {
        const trained *runs = got + k * S;
        spread a = accuracies(S, runs);
        const double row[] = {mu[k], losses(S, runs, STEPS - 1).median, a.least,
                              a.median, a.most};
        memcpy(x[k], row, sizeof row);
    }
    show_table(&p->show, "recall from few sequences", WEIGHTS, 5, NULL, cols,
               x);
    free(got);
}

void fbnet_experiments(program *p, rules rule)
{
    trained *parity = parity_experiment(p, rule);
    if (!parity)
        return;
    recall_experiment(p, rule);
    auxiliary_experiment(p, rule, parity);
    staged_experiment(p, rule, parity);
    free(parity);
    decay_experiment(p, rule);
}
