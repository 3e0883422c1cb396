/* SPDX-License-Identifier: MIT */
// Chapter 13: multi-head attention. Build this program alone, from the root, with
// cc -std=gnu17 -O2 -ffp-contract=off -I. chapters/13_multi_head/*.c chapters/02_activations/activations.c chapters/03_cross_entropy/cross_entropy.c chapters/04_backprop/linear.c chapters/05_optimizers/optimizers.c chapters/11_attention/attention.c lib/*.c lib/check/*.c -lm -o 13_multi_head
/* Letters: T tokens, C their width, H heads, D the width of a head; for the
 * experiment V tokens in the vocabulary, B sequences in a batch. */
#include "chapters/13_multi_head/checks.h"
#include "chapters/13_multi_head/example.h"
#include "chapters/13_multi_head/experiment.h"
#include "lib/program.h"

enum { T = EXAMPLE_T, C = EXAMPLE_C, H = EXAMPLE_H, D = EXAMPLE_D };

/* Head 1 reads components 1 and 2 of a token, head 2 components 3 and 4. */
static multi_head_example x = {
    .X = {{1, 0, 2, 0}, {0, 1, 0, 2}},
    .W_q = {{{1, 0, 0, 0}, {0, 1, 0, 0}}, {{0, 0, 1, 0}, {0, 0, 0, 1}}},
    .W_k = {{{1, 0, 0, 0}, {0, 1, 0, 0}}, {{0, 0, 1, 0}, {0, 0, 0, 1}}},
    .W_v = {{{1, 0, 0, 0}, {0, 1, 0, 0}}, {{0, 0, 1, 0}, {0, 0, 0, 1}}},
    .W_o = {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}},
    .dy = {{1, 0, 0, 0}, {0, 0, 1, 0}},
};

/* The size of the induction experiment. */
static int vocabulary[1] = {8}, length[1] = {24}, width[1] = {12};
static int period[2] = {4, 8}, batch[1] = {4}, steps[1] = {1200};
static real rate = 0.01;

static const setting settings[] = {
    SETTING("X", "T,C", "the tokens, one a row", x.X, 2, T, C),
    SETTING("W_q", "H,D,C", "weights of the queries", x.W_q, 3, H, D, C),
    SETTING("W_k", "H,D,C", "weights of the keys", x.W_k, 3, H, D, C),
    SETTING("W_v", "H,D,C", "weights of the values", x.W_v, 3, H, D, C),
    SETTING("W_o", "C,HD", "weights of the output", x.W_o, 2, C, H *D),
    SETTING("dy", "T,C", "the gradient that comes in", x.dy, 2, T, C),
    SETTING_WHOLE("vocabulary", "1", "induction: tokens V", vocabulary, 1, 2,
                  1000),
    SETTING_WHOLE("length", "1", "induction: length T", length, 1, 4, 200),
    SETTING_WHOLE("width", "1", "induction: width C", width, 1, 1, 200),
    SETTING_WHOLE("period", "2", "induction: least and most period", period, 2,
                  1, 200),
    SETTING_WHOLE("batch", "1", "induction: sequences a step", batch, 1, 1,
                  1000),
    SETTING_WHOLE("steps", "1", "induction: steps", steps, 1, 10, 100000),
    SETTING_RANGE("rate", "induction: learning rate", &rate, 0, 10),
};

static void worked_example(program *p)
{
    example_two_heads(&p->show, &x);
    example_masks(&p->show, &x);
    example_positions(&p->show, &x);
    example_two_places(&p->show);
}

static void experiment(program *p)
{
    const induction_training rule = {
        .sizes = {vocabulary[0], length[0], width[0], 0},
        .least = period[0],
        .most = period[1],
        .batch = batch[0],
        .steps = steps[0],
        .rate = re(rate),
    };
    experiment_two_places(p);
    experiment_induction(p, &rule);
}

static const program_about about = {
    .name = "13_multi_head",
    .title = "Multi-head attention: several looks at once, masks, positions",
    .seeds = 3,
    .verification = 6,
    SETTINGS(settings),
    .example = worked_example,
    .verify = multi_head_checks,
    .experiment = experiment,
};

int main(int argc, char **argv)
{
    return program_run(&about, argc, argv);
}
