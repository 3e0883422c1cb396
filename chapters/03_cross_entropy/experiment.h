/* SPDX-License-Identifier: MIT */
/** @file
 *  The experiments of chapter 3: logistic regression where a line separates the
 *  classes and where none does; squared error against cross-entropy. */
#ifndef HANDGRAD_CROSS_ENTROPY_EXPERIMENT_H
#define HANDGRAD_CROSS_ENTROPY_EXPERIMENT_H

#include "lib/program.h"

/** What a long training on the four separable points leads to. */
typedef struct prediction {
    double loss;
    double z[2]; /**< how far the points (3,4) and (2,3) are on their side */
    double norm; /**< of (w_1, w_2) */
} prediction;

/** The prediction after `time` = rate times steps, far above 60: eqs. 3.57 and
 *  3.58. */
prediction predict_separable(double time);

/** One unit that learns the article's four points by gradient descent. */
typedef struct learner {
    real w[2], b;
    double loss; /**< before the last step */
} learner;

/** One step; y holds the four labels. */
void learner_step(learner *l, double rate, const real y[4]);

/** The loss that is minimised. */
typedef enum loss_kind { CROSS_ENTROPY, SQUARED_ERROR } loss_kind;

/** Steps until all four points are on their side (labels 0, 0, 1, 1), from
 *  random weights of standard deviation 3; -1 where `most` were not enough. */
long steps_to_separate(uint64_t seed, loss_kind kind, double rate, long most);

/** Section 3.14: data that a line separates. */
void separable_experiment(program *p);

/** Section 3.15: the squared error stalls. */
void stalling_experiment(program *p);

#endif
