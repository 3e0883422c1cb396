/* SPDX-License-Identifier: MIT */
/** @file
 *  The worked example of the cell of 1997: one block with one cell, three
 *  steps, and the network of task 6a before it learns. */
#ifndef HANDGRAD_LSTM_WORKED1997_H
#define HANDGRAD_LSTM_WORKED1997_H

#include "chapters/08_lstm/temporal_order.h"
#include "lib/program.h"

enum { STEPS = 3 }; /* of the worked examples */

/** The weights: rows cell, input gate, output gate. */
typedef struct example_1997 {
    real W[3][1], U[3][3], b[3];
} example_1997;

/** Sections 8.6 and 8.7: the cell forward, and its gradient, full and
 *  truncated. */
void worked_1997(show *s, const example_1997 *w, const real x[STEPS][1]);

/** Section 8.8: how many weights, a sequence, one update. */
void worked_network(program *p, const double input_bias[BLOCKS], double rate);

#endif
