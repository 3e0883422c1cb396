/* SPDX-License-Identifier: MIT */
/** @file
 *  Training a network on a task: Adam, clipped gradients, new sequences in each
 *  step, and groups of parameters that may be frozen. */
#ifndef HANDGRAD_FEEDBACK_TRAIN_H
#define HANDGRAD_FEEDBACK_TRAIN_H

#include <stdint.h>

#include "chapters/15_feedback_network/fbnet.h"
#include "chapters/15_feedback_network/tasks.h"

/** Hidden units; sequences in a step; the most steps; sequences in a test. */
enum { UNITS = 8, BATCH = 8, STEPS = 400, TESTS = 200 };

/** The most parameters that a network has here. */
enum {
    PARAMETERS = UNITS * (TASK_D + 1) + UNITS * TASK_M + UNITS * UNITS +
                 UNITS * (2 * UNITS + 1) + TASK_M * (UNITS + 1)
};

/** How to train. */
typedef struct plan {
    const task *task;
    parts on;
    double aux;   /**< lambda */
    double decay; /**< mu */
    double rate;  /**< of Adam */
    int set;      /**< how many sequences there are to learn from; 0: no end */
    /** Steps of the two stages before all is trained: first without feedback,
     *  then the loop alone, all else frozen; 0, 0: all from the start. */
    int stage[2];
} plan;

/** A trained network, and how it came about. */
typedef struct trained {
    fbnet n; /**< a view of w */
    real w[PARAMETERS];
    int steps;          /**< until the mean loss fell below 0.01, or STEPS;
                           always STEPS where the sequences are limited */
    double loss[STEPS]; /**< running mean of the loss, of each step */
    double after[2];    /**< accuracy at the end of the first two stages */
    double near;        /**< accuracy at the end, at the length of training */
} trained;

/** Trains one network; the seed decides its start and its sequences. */
void fbnet_train(trained *r, const plan *how, uint64_t seed);

/** The share of TESTS new sequences of T <= TASK_T steps whose last step gets
 *  the right class. */
double fbnet_accuracy(const fbnet *n, const task *what, int T, uint64_t seed);

#endif
