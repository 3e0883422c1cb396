/* SPDX-License-Identifier: MIT */
/** @file
 *  A GRU and an LSTM with equal numbers of weights on one small task: which of
 *  two symbols came first, and which second? Each has a linear layer on its
 *  last state and a softmax over four answers.
 *  Letters: T steps, D inputs, H units (HG of the GRU, HL of the LSTM), C
 *  answers. */
#ifndef HANDGRAD_GRU_COMPARE_H
#define HANDGRAD_GRU_COMPARE_H

#include "chapters/08_lstm/lstm.h"
#include "chapters/09_gru/gru.h"
#include "lib/program.h"
#include "lib/rng.h"

enum {
    PAIR_STEPS = 20,
    PAIR_INPUTS = 3,
    PAIR_ANSWERS = 4, /* XX, XY, YX, YY */
    GRU_UNITS = 6,    /* 3*6*(3 + 6 + 1) = 180 weights */
    LSTM_UNITS = 5    /* 4*5*(3 + 5 + 1) = 180 weights */
};

/** How many weights the recurrent layer has: eq. 9.36, without b_q. */
int gru_weights(int inputs, int units);

/** The same for the LSTM: eq. 9.37. */
int lstm_weights(int inputs, int units);

/** The parameters of one network, or the gradient by them. */
typedef struct gru_net {
    real W[GRU_GATES][GRU_UNITS][PAIR_INPUTS];
    real U[GRU_GATES][GRU_UNITS][GRU_UNITS];
    real b[GRU_ROWS][GRU_UNITS];
    real V[PAIR_ANSWERS][GRU_UNITS], c[PAIR_ANSWERS];
} gru_net;

/** The same for the LSTM. */
typedef struct lstm_net {
    real W[GATES][LSTM_UNITS][PAIR_INPUTS];
    real U[GATES][LSTM_UNITS][LSTM_UNITS];
    real b[GATES][LSTM_UNITS];
    real V[PAIR_ANSWERS][LSTM_UNITS], c[PAIR_ANSWERS];
} lstm_net;

/** A sequence: noise in [-1,1) in the third input, and twice a 1 in one of the
 *  first two. */
typedef struct pair {
    real x[PAIR_STEPS][PAIR_INPUTS];
    int answer; /**< 2 (first is Y) + (second is Y) */
} pair;

/** Draws a sequence: the first symbol in the first quarter, the second in the
 *  third. */
void pair_draw(pair *q, rng *g);

/** What a forward pass leaves for the backward pass. */
typedef struct gru_pass {
    real h[PAIR_STEPS + 1][GRU_UNITS], v[PAIR_STEPS][GRU_ROWS][GRU_UNITS];
    real p[1][PAIR_ANSWERS]; /**< the probabilities of the answers */
} gru_pass;

/** The same for the LSTM. */
typedef struct lstm_pass {
    real h[PAIR_STEPS + 1][LSTM_UNITS], c[PAIR_STEPS + 1][LSTM_UNITS];
    real gate[PAIR_STEPS][GATES][LSTM_UNITS], p[1][PAIR_ANSWERS];
} lstm_pass;

/** The cross-entropy of the answer y = V h_T + c, in nats. */
real gru_net_forward(gru_pass *z, gru_form form, const gru_net *w,
                     const pair *q);

/** Adds its gradient, times dloss, to dw and dx (T,D). */
void gru_net_backward(gru_net *dw, real dx[PAIR_STEPS][PAIR_INPUTS], real dloss,
                      const gru_pass *z, gru_form form, const gru_net *w,
                      const pair *q);

/** The same for the LSTM. */
real lstm_net_forward(lstm_pass *z, const lstm_net *w, const pair *q);

/** Adds its gradient, times dloss, to dw and dx (T,D). */
void lstm_net_backward(lstm_net *dw, real dx[PAIR_STEPS][PAIR_INPUTS],
                       real dloss, const lstm_pass *z, const lstm_net *w,
                       const pair *q);

/** Section 9.9: trains p->seeds networks of each kind, whole and with one gate
 *  fixed. */
void experiment_compare(program *p, double rate, int most);

#endif
