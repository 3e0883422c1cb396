/* SPDX-License-Identifier: MIT */
// Chapter 10: sequences. Build this program alone, from the root, with
// cc -std=gnu17 -O2 -ffp-contract=off -I. chapters/10_sequences/*.c chapters/02_activations/activations.c chapters/03_cross_entropy/cross_entropy.c chapters/04_backprop/linear.c chapters/05_optimizers/optimizers.c chapters/08_lstm/lstm.c lib/*.c lib/check/*.c -lm -o 10_sequences
/* Letters: B sequences, T steps, V tokens, D width of an embedding, H units. */
#include "chapters/10_sequences/checks.h"
#include "chapters/10_sequences/experiment.h"
#include "chapters/10_sequences/worked.h"
#include "lib/program.h"

/* ---- what can be set ----------------------------------------------------- */

static worked w = {
    .E = {{0.5, -0.2}, {0.1, 0.7}, {-0.6, 0.3}, {0.9, 0.4}},
    .dx = {{1, -0.5}, {0.25, 2}, {-0.4, 0.3}},
    .k = {2, 0, 2},
    .l = {0.01, 0.04, 0.09},
    .z = {1, 2, 3},
    .dp = {0.3, -0.7, 5},
    .keep = {1, 1, 0},
    .W = {{{0.5}}, {{0.4}}, {{0.3}}, {{0.2}}},
    .U = {{{0.1}}, {{0.2}}, {{0.3}}, {{0.4}}},
    .b = {{1}, {0}, {0.1}, {-0.1}},
    .x = {{1}, {-0.6}, {0.8}},
    .junk = 9,
    .length = {2, 4, 1},
    .logits = {{{1.2, -0.3, 0.5}, {-0.7, 0.8, 0.4}, {0.4, 0.9, -1.1}},
               {{-0.2, 0.6, 1.4}, {9, 9, 9}, {9, 9, 9}}},
    .target = {{0, 1, 0}, {1, 0, 0}},
    .lengths = {3, 1},
    .e = {1, -0.5, 0.3},
    .P = {1.5, -2, 0.4},
    .q = {-0.2, 0.3, 0.1},
    .said = {0, 1, 1},
    .a = {0.9, 0.9, 0.9, 0.9},
    .in = {1, -0.5, 0.25, 0.75},
};

static int hidden[1] = {16}, longest[1] = {64}, epochs[1] = {300};
static real rate = 0.01;

static const setting settings[] = {
    SETTING("E", "V,D", "the table of embeddings", w.E, 2, WV, WD),
    SETTING_WHOLE("k", "T", "the tokens", w.k, WT, 0, WV - 1),
    SETTING("dx", "T,D", "gradient by their rows", w.dx, 2, WT, WD),
    SETTING("l", "N", "losses to be averaged", w.l, 1, WT),
    SETTING("z", "N", "scores of a softmax", w.z, 1, WT),
    SETTING("dp", "N", "gradient by its result", w.dp, 1, WT),
    SETTING_WHOLE("keep", "N", "1 real, 0 padding", w.keep, WT, 0, 1),
    SETTING("W", "4", "input weights of f, i, g, o", w.W, 1, GATES),
    SETTING("U", "4", "recurrent weights of f, i, g, o", w.U, 1, GATES),
    SETTING("b", "4", "biases of f, i, g, o", w.b, 1, GATES),
    SETTING("x", "T", "inputs of the real steps", w.x, 1, WT),
    SETTING("junk", "", "what stands in the padding", &w.junk, 0, 1),
    SETTING_WHOLE("lengths", "B", "of the sequences to pack", w.length,
                  SEQUENCES, 1, LONGEST),
    SETTING("logits", "2,T,V", "of two sequences", w.logits, 3, 2, WT, CLASSES),
    SETTING_WHOLE("said", "T", "what the network shall say", w.said, WT, 0,
                  CLASSES - 1),
    SETTING("e", "V", "the network's embeddings", w.e, 1, CLASSES),
    SETTING("P", "V", "its dense layer", w.P, 1, CLASSES),
    SETTING("q", "V", "its biases", w.q, 1, CLASSES),
    SETTING("a", "T", "factors of the recurrence", w.a, 1, STEPS),
    SETTING("in", "T", "what it adds", w.in, 1, STEPS),
    SETTING_WHOLE("hidden", "1", "experiments: units", hidden, 1, 1, 1024),
    SETTING_WHOLE("longest", "1", "recall: characters, at most", longest, 1, 8,
                  1000),
    SETTING_WHOLE("epochs", "1", "recall: epochs, at most", epochs, 1, 1,
                  1000000),
    SETTING_RANGE("rate", "recall: learning rate", &rate, 0, 10),
};

/* ---- the run ------------------------------------------------------------- */

static void worked_example(program *p)
{
    show *s = &p->show;
    sequences_embedding(s, &w);
    sequences_masks(s, &w);
    sequences_waiting(s, &w);
    sequences_packing(s, &w);
    sequences_loss(s, &w);
    sequences_network(s, &w);
    sequences_forcing(s, &w);
    sequences_checkpoints(p, &w);
    sequences_scan(s, &w);
}

static void experiment(program *p)
{
    const recall_plan plan = {hidden[0], longest[0], epochs[0], re(rate)};
    experiment_recall(p, &plan);
    experiment_thousand(p, plan.hidden);
}

static const program_about about = {
    .name = "10_sequences",
    .title = "Sequences: embeddings, masks, and a text by heart",
    .seeds = 10,
    .verification = 10,
    SETTINGS(settings),
    .example = worked_example,
    .verify = check_sequences,
    .experiment = experiment,
};

int main(int argc, char **argv)
{
    return program_run(&about, argc, argv);
}
