/* SPDX-License-Identifier: MIT */
// Chapter 5: optimizers. Build this program alone, from the root, with
// cc -std=gnu17 -O2 -ffp-contract=off -I. chapters/05_optimizers/*.c chapters/02_activations/activations.c chapters/03_cross_entropy/cross_entropy.c chapters/04_backprop/digits.c chapters/04_backprop/linear.c lib/*.c lib/check/*.c -lm -o 05_optimizers
#include "chapters/05_optimizers/checks.h"
#include "chapters/05_optimizers/experiment.h"
#include "chapters/05_optimizers/worked.h"
#include "lib/program.h"

/* What a learner would change. */
static inputs in = {
    .start = 0,
    .minimum = 3,
    .rate = 0.1,
    .beta = 0.9,
    .rho = 0.9,
    .beta1 = 0.9,
    .beta2 = 0.999,
    .epsilon = 1e-8,
    .initial = 0.1,
    .step = 25,
    .w = {1, -2, 0.5},
    .lambda = 0.01,
    .square = {{3, 0}, {0, 4}},
    .X = {{1, 0.5}, {-0.4, 2}, {0.8, -1.5}},
    .y = {1, 0.3, -0.6},
    .v = {0.7, 0.4},
    .p = 0.5,
    .g = {3, 4},
    .limit = 1,
    .rates = {0.1, 0.05},
    .w0 = {-0.5, 0.8},
    .Xv = {{0.6, 1.1}, {-1.3, 0.2}},
    .yv = {0.9, -0.4},
    .x = {{1, 2}, {2, 3}, {3, 4}, {4, 5}},
    .label = {0, 0, 1, 1},
    .test = {{5, 6}},
};

static const setting settings[] = {
    SETTING("start", "", "5.1: where w starts", &in.start, 0, 1),
    SETTING("minimum", "", "5.1: the minimum of the parabola", &in.minimum, 0,
            1),
    SETTING_RANGE("rate", "learning rate", &in.rate, 1e-6, 10),
    SETTING_RANGE("beta", "of momentum", &in.beta, 0, 0.999999),
    SETTING_RANGE("rho", "of RMSProp", &in.rho, 0, 0.999999),
    SETTING_RANGE("beta1", "of Adam and its kin", &in.beta1, 0, 0.999999),
    SETTING_RANGE("beta2", "of Adam and its kin", &in.beta2, 0, 0.999999),
    SETTING_RANGE("epsilon", "added to the roots", &in.epsilon, 1e-300, 1e6),
    SETTING_RANGE("initial", "5.3: the rate at the start", &in.initial, 0, 1e6),
    SETTING_RANGE("step", "5.3: the step t", &in.step, 0, 1e6),
    SETTING("w", "N", "5.4: three weights", in.w, 1, 3),
    SETTING_RANGE("lambda", "5.4: strength of the decay", &in.lambda, 0, 1e6),
    SETTING("W", "M,N", "5.4: a matrix, for two norms", in.square, 2, 2, 2),
    SETTING("X", "N,D", "5.5, 5.8: inputs of a regression", in.X, 2, XN, XD),
    SETTING("y", "N", "5.5, 5.8: its targets", in.y, 1, XN),
    SETTING("v", "D", "5.5: its weights", in.v, 1, XD),
    SETTING_RANGE("p", "5.5: probability of being dropped", &in.p, 0, 0.999),
    SETTING("g", "N", "5.6: a gradient", in.g, 1, 2),
    SETTING_RANGE("limit", "5.6: what it is clipped to", &in.limit, 1e-300,
                  1e300),
    SETTING("rates", "T", "5.8: the rate of each step", in.rates, 1, XT),
    SETTING("w0", "D", "5.8: weights at the start", in.w0, 1, XD),
    SETTING("Xv", "V,D", "5.8: inputs for validation", in.Xv, 2, XV, XD),
    SETTING("yv", "V", "5.8: their targets", in.yv, 1, XV),
    SETTING("x", "B,D", "5.9: inputs of the listing", in.x, 2, ROWS, IN),
    SETTING("label", "B", "5.9: its labels", in.label, 1, ROWS),
    SETTING("test", "B,D", "5.9: what it is asked", in.test, 2, 1, IN),
};

static void worked_examples(program *p)
{
    show *s = &p->show;
    show_rules(s, &in);
    show_first_steps(s, &in);
    show_schedules(s, &in);
    show_decay(s, &in);
    show_dropout(s, &in);
    show_clipping(s, &in);
    show_updates(s, &in);
    show_unrolled(s, &in);
    show_listing(s, &in);
}

static void verify(program *p)
{
    show_section(&p->show, "Verification");
    check_updates(p);
    check_losses(p);
    compare_updates(p);
}

static void experiment(program *p)
{
    experiment_rates(p);
    experiment_paths(p);
    experiment_xor(p);
    experiment_noise(p);
    experiment_schedules(p);
    experiment_ridge(p);
    experiment_learned(p);
    experiment_reddi(p);
}

static const program_about about = {
    .name = "05_optimizers",
    .title = "Optimizers: what is done with a gradient",
    .seeds = 10,
    .verification = 10,
    SETTINGS(settings),
    .example = worked_examples,
    .verify = verify,
    .experiment = experiment,
};

int main(int argc, char **argv)
{
    return program_run(&about, argc, argv);
}
