/* SPDX-License-Identifier: MIT */
/** @file
 *  Task 6a of Hochreiter and Schmidhuber 1997, "temporal order": a sequence of
 *  symbols starts with E, ends with B, and consists of random a, b, c, d except
 *  for two places, t1 and t2, where X or Y stands. The class is the order of
 *  the two: XX, XY, YX or YY, and the network must say it at the end, when it
 *  sees B. The network: 8 inputs, 2 blocks of 2 cells, 4 logistic outputs that
 *  see the cells. */
#ifndef HANDGRAD_TEMPORAL_ORDER_H
#define HANDGRAD_TEMPORAL_ORDER_H

#include "lib/real.h"
#include "lib/rng.h"

#include <stdbool.h>

enum {
    SYMBOLS = 8, /* a b c d X Y E B, one input each */
    CLASSES = 4, /* XX XY YX YY, called Q R S U in the paper */
    BLOCKS = 2,
    CELLS = 4,
    HIDDEN = CELLS + 2 * BLOCKS,
    WEIGHTS = 156,   /* as the paper's table 9 prints it */
    MOST_STEPS = 110 /* the longest sequence */
};

/** The ranges that a sequence is drawn from, ends included: how long it is, and
 *  where the two symbols stand (E is number 1). Needs 1 < first < second <
 *  length <= MOST_STEPS. */
typedef struct order_task {
    int length[2], first[2], second[2];
} order_task;

/** As published. */
extern const order_task task_6a;

typedef struct order_sequence {
    int T, t1, t2; /**< length, and the places of the two symbols, from 1 */
    int class;     /**< 0 to 3 */
    int symbol[MOST_STEPS];
    real x[MOST_STEPS][SYMBOLS]; /**< the symbols as inputs: one 1 a row */
} order_sequence;

/** The letters of the symbols, "abcdXYEB". */
extern const char order_letters[SYMBOLS + 1];

/** Draws a sequence; every class is equally likely. */
void order_draw(order_sequence *q, const order_task *task, rng *g);

/** The network's parameters, 156 numbers in a row; also their gradient. */
typedef struct order_network {
    real W[HIDDEN][SYMBOLS], U[HIDDEN][HIDDEN], b[HIDDEN];
    real V[CLASSES][CELLS], v[CLASSES];
} order_network;

_Static_assert(sizeof(order_network) == WEIGHTS * sizeof(real),
               "the weights of table 9");

/** What one forward pass leaves for the backward pass. */
typedef struct order_pass {
    real y[MOST_STEPS + 1][HIDDEN], s[MOST_STEPS + 1][CELLS];
    real g[MOST_STEPS][CELLS];
    real out[CLASSES]; /**< the outputs at the end, in (0,1) */
} order_pass;

/** The error at the end of the sequence: eqs. 8.49 to 8.51. */
real order_forward(order_pass *z, const order_network *w,
                   const order_sequence *q);

/** Adds its gradient to dw: eq. 8.52 and what lstm1997_backward does. dx
 *  (T,SYMBOLS) may be NULL where truncated is set. */
void order_backward(order_network *dw, real dx[][SYMBOLS], bool truncated,
                    const order_pass *z, const order_network *w,
                    const order_sequence *q);

/** Whether every output is within 0.3 of its target: "classified correctly". */
bool order_right(const order_pass *z, const order_sequence *q);

/** Weights uniform in +-0.1, then the biases of the input gates as given. */
void order_start(order_network *w, const double input_bias[BLOCKS], rng *g);

/** How many of n fresh sequences are not classified correctly. */
int order_test(const order_network *w, const order_task *task, int n, rng *g);

enum { IN_A_ROW = 2000 }; /* right ones in a row, and the window of the mean */

/** A training under way: one sequence, one update. */
typedef struct order_training {
    order_network w;
    const order_task *task;
    double rate;
    bool full; /**< train with the full gradient instead of the truncated one */
    rng g;
    long sequences;
    int row; /**< how many right ones in a row */
    double recent[IN_A_ROW], sum;
} order_training;

/** Begins a training; the seed gives the weights (stream 1) and the data
 *  (stream 2). */
void order_begin(order_training *r, const order_task *task, double rate,
                 bool full, const double input_bias[BLOCKS], uint64_t seed);

/** Trains on one more sequence: eq. 8.53. Returns true when the training is
 *  over: the last 2000 sequences were right, each before its update, and their
 *  mean error is below 0.1. */
bool order_next(order_training *r);

/** The mean error of the last sequences, at most 2000. */
double order_mean_error(const order_training *r);

#endif
