/* SPDX-License-Identifier: MIT */
#include "chapters/10_sequences/experiment.h"

#include "chapters/10_sequences/qianziwen.h"
#include "chapters/10_sequences/recital.h"
#include "lib/sample.h"

#include <stdlib.h>
#include <string.h>

/* ---- recall against length ----------------------------------------------- */

enum { LENGTHS = 4, KINDS = 2, LAST_EPOCHS = 40 };

/* What one length and kind gave, network by network. */
typedef struct outcome {
    double *recall, *epochs; /* (seeds) */
} outcome;

/* Trains one network until it recalls all, or for all its epochs. */
static bool learn(program *p, int T, const recital_rule *rule, int s,
                  const outcome *o)
{
    recital r;
    double right = 0, recalled = 0;
    if (!recital_begin(&r, T, rule, p->seed + (uint64_t)s)) {
        program_fail(p, "no memory for a text of %d characters", T);
        return false;
    }
    while (r.epoch < rule->epochs && recalled < 1) {
        recital_epoch(&r, &right);
        if (right == 1 || r.epoch == rule->epochs)
            recalled = recital_freely(&r);
    }
    o->recall[s] = recalled;
    o->epochs[s] = r.epoch;
    recital_end(&r);
    return true;
}

static void show_recall(program *p, const double x[LENGTHS][7])
{
    static const char *const cols[] = {"characters", "least",    "median",
                                       "most",       "fed back", "epochs"};
    double shown[LENGTHS][6];
    curve c;
    program_curve(p, &c, "recall",
                  "characters least median most fed_back epochs chance");
    for (int i = 0; i < LENGTHS; i++) {
        memcpy(shown[i], x[i], sizeof shown[i]);
        curve_row(&c, 7, x[i]);
    }
    program_curve_end(p, &c);
    show_table(&p->show, "recall, output withheld; fed back: the least",
               LENGTHS, 6, NULL, cols, shown);
}

void experiment_recall(program *p, const recall_plan *plan)
{
    int S = p->seeds;
    double x[LENGTHS][7], *room = calloc(2 * (size_t)S, sizeof *room);
    outcome o;
    show_section(&p->show, "Experiment: recall against length");
    if (!room) {
        program_fail(p, "no memory for %d seeds", S);
        return;
    }
    o.recall = room;
    o.epochs = room + S;
    show_note(
        &p->show,
        "The first characters of the Thousand Character Classic, an LSTM "
        "of %d units, at most %d epochs, %d networks for each row. Output "
        "withheld: every input is START. Fed back: trained by teacher "
        "forcing, then running freely; the least of all, and the median "
        "of the epochs.",
        plan->hidden, plan->epochs, S);
    for (int i = 0; i < LENGTHS; i++) {
        int T = plan->longest >> (LENGTHS - 1 - i);
        for (int fed = 0; fed < KINDS; fed++) {
            const recital_rule rule = {plan->hidden, T,  plan->rate, !fed, 1,
                                       plan->epochs, fed};
            for (int s = 0; s < S; s++) {
                if (!learn(p, T, &rule, s, &o)) {
                    free(room);
                    return;
                }
                program_progress(p, (KINDS * i + fed) * S + s + 1,
                                 LENGTHS * KINDS * S + 1);
            }
            spread got = spread_of(S, o.recall), took = spread_of(S, o.epochs);
            if (fed) {
                x[i][4] = got.least;
                x[i][5] = took.median;
            } else
                memcpy(&x[i][1], &got, sizeof got);
        }
        x[i][0] = T;
        x[i][6] = 1.0 / T;
    }
    program_progress(p, 1, 1);
    show_recall(p, x);
    free(room);
}

/* ---- the whole text ------------------------------------------------------ */

/* The number of the first place where the character of place t stands. */
static int first_place(int t)
{
    int k = 0;
    while (strcmp(qianziwen[k], qianziwen[t]) != 0)
        k++;
    return k;
}

/* A table without any network or state: the character after each character, as
 * the text has it. How many does it recall, from START and on its own output? */
static void look_up(show *s)
{
    int next[QIANZIWEN + 1] = {0}, different = 0, right = 0, same = 0;
    for (int t = 0, last = QIANZIWEN; t < QIANZIWEN; t++) {
        int k = first_place(t);
        different += k == t;
        last = next[last] = k;
    }
    for (int t = 0, k = QIANZIWEN; t < QIANZIWEN; t++) {
        k = next[k];
        right += k == first_place(t);
        same += next[QIANZIWEN] == first_place(t); /* its only input is START */
    }
    show_count(s, "different characters", different);
    show_count(s, "recalled by a table, fed back", right);
    show_count(s, "by a table, output withheld", same);
}

enum { COLUMNS = 5, MOST = LAST_EPOCHS / 2 };

static void show_thousand(program *p, int n, double row[][COLUMNS])
{
    static const char *const cols[COLUMNS] = {"epoch", "mean loss", "forced",
                                              "free", "until"};
    curve c;
    program_curve(p, &c, "thousand", "epoch loss forced free until");
    for (int i = 0; i < n; i++)
        curve_row(&c, COLUMNS, row[i]);
    program_curve_end(p, &c);
    show_table(&p->show, "1000 characters, every second epoch", n, COLUMNS,
               NULL, cols, row);
}

void experiment_thousand(program *p, int hidden)
{
    const recital_rule rule = {hidden, 25, 0.03, false, 1, LAST_EPOCHS, true};
    double row[MOST][COLUMNS], right = 0;
    recital r;
    int n = 0;
    show_section(&p->show, "Experiment: all thousand, forced and free");
    look_up(&p->show);
    show_note(&p->show,
              "One network of %d units learns all 1000 characters with its "
              "output fed back, %d characters an update. Forced: right answers "
              "where the input is the true character before, each before its "
              "update. Free: right answers on its own output, and how many of "
              "them until the first wrong one.",
              rule.hidden, rule.block);
    if (!recital_begin(&r, QIANZIWEN, &rule, p->seed)) {
        program_fail(p, "no memory for %d characters", QIANZIWEN);
        return;
    }
    for (double recalled = 0; n < MOST && recalled < 1; n++) {
        recital_epoch(&r, &right);
        row[n][1] = recital_epoch(&r, &right);
        row[n][0] = r.epoch;
        row[n][2] = right;
        row[n][3] = recalled = recital_freely(&r);
        row[n][4] = recital_until(&r);
        program_progress(p, n + 1, MOST + 1);
    }
    program_progress(p, 1, 1);
    show_thousand(p, n, row);
    show_count(&p->show, "recalled freely, of 1000",
               lround(QIANZIWEN * row[n - 1][3]));
    recital_end(&r);
}
