/* SPDX-License-Identifier: MIT */
/** @file
 *  The chapter's experiments: how far a gradient reaches into the past, what
 *  the truncation of 1997 leaves out, and task 6a. */
#ifndef HANDGRAD_LSTM_EXPERIMENTS_H
#define HANDGRAD_LSTM_EXPERIMENTS_H

#include "lib/program.h"

#include "chapters/08_lstm/temporal_order.h"

/** How task 6a is trained. */
typedef struct order_rule {
    double rate;               /**< learning rate */
    double input_bias[BLOCKS]; /**< of the input gates at the start */
    bool full;                 /**< the full gradient, not the truncated one */
    long most;                 /**< give up after so many sequences */
} order_rule;

/** How far an approximate gradient departs from the full one. */
typedef struct departure {
    double distance; /**< |approximate - full| / |full| */
    double cosine;   /**< of the angle between the two */
} departure;

/** Compares two gradients of n entries: eqs. 8.47 and 8.48. */
departure depart(int n, const real approximate[n], const real full[n]);

/** The gradient's norm against the lag, for a simple recurrent network and for
 *  LSTMs whose forget gates start with other biases. */
void experiment_lag(program *p);

/** The departure of the truncated gradient against the size of the recurrent
 *  weights. */
void experiment_truncation(program *p);

/** Task 6a, p->seeds networks, against the published numbers; then the gates
 *  of the first network that solved it. */
void experiment_order(program *p, const order_rule *rule);

#endif
