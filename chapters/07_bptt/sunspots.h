/* SPDX-License-Identifier: MIT */
/** @file
 *  The yearly sunspot numbers, predicted one year ahead by a network that sees
 *  the last L years, by an Elman network that sees one year and remembers, and
 *  by a straight line.
 *  Letters: N examples, L years back, H hidden units, T time steps. Numbers of
 *  sunspots are divided by SUNSPOT_SCALE before a network sees them. */
#ifndef HANDGRAD_SUNSPOTS_H
#define HANDGRAD_SUNSPOTS_H

#include "chapters/07_bptt/data/sunspots.h"
#include "chapters/07_bptt/rnn.h"
#include "lib/rng.h"

/** How many years back the feed-forward network sees (Weigend, Huberman and
 *  Rumelhart 1990). */
enum { SUNSPOT_LAGS = 12 };

/** The years that are predicted: 1712 has the first with 12 years before it. */
enum { TRAIN_FIRST = 1712, TRAIN_LAST = 1920 };
enum { EARLY_FIRST = 1921, EARLY_LAST = 1955 };
enum { LATE_FIRST = 1956, LATE_LAST = 1979 };

#define SUNSPOT_SCALE 191.2     /**< what the numbers are divided by */
#define SUNSPOT_VARIANCE 1535.0 /**< what squared errors are divided by */

/* ---- a network with one hidden layer ------------------------------------ */

/** y[n] = v . tanh(W x[n] + b) + k: eqs. 7.33 and 7.34.
 *  @param[out] a  (N,H)  the hidden layer; the backward needs it
 *  @param[out] y  (N)    predictions
 *  @param[in]  W  (H,L), b (H), v (1,H), k (1)  the parameters
 *  @param[in]  x  (N,L)  inputs */
void lag_forward(int N, int L, int H, real a[N][H], real y[N],
                 const real W[H][L], const real b[H], const real v[1][H],
                 const real k[1], const real x[N][L]);

/** Adds the gradients, given dy (N): eqs. 7.35 and 7.36. dx (N,L) may
 *  be NULL. Does not need y, b or k. */
void lag_backward(int N, int L, int H, real dW[H][L], real db[H], real dv[1][H],
                  real dk[1], real (*dx)[L], const real dy[N],
                  const real W[H][L], const real v[1][H], const real a[N][H],
                  const real x[N][L]);

/* ---- losses on the training years --------------------------------------- */

/** How many parameters a network of SUNSPOT_LAGS inputs and H hidden units
 *  has. They stand in one vector: W, b, v, k. */
int lag_size(int H);

/** The training loss of eq. 7.38, the mean squared error over 1712 to 1920 and
 *  decay times the sum of all squared parameters; sets dw to its gradient. */
real lag_loss(int H, real dw[], const real w[], double decay);

/** How many parameters an Elman network with H hidden units has in the layout
 *  of rnn_view. V and Q are not used and stay zero; so do W_c and b_c, on which
 *  nothing then depends. */
int elman_size(int H);

/** The same loss for the Elman network, by backpropagation through the whole
 *  series from 1701 on. The state starts at zero; the first eleven years count
 *  no error. The gradient of V and Q is set to zero: they are frozen. */
real elman_loss(int H, real dw[], real w[], double decay);

/* ---- training and predicting -------------------------------------------- */

/** How a network is trained. */
typedef struct sunspot_training {
    int hidden, epochs;
    double rate;  /**< of Adam */
    double decay; /**< of all parameters, biases too */
    double start; /**< parameters start uniform in +-start */
} sunspot_training;

/** A network that is being trained, a step of Adam at a time. */
typedef struct sunspot_net {
    int elman; /**< 1: Elman, 0: feed-forward */
    sunspot_training how;
    int size, step; /**< parameters; steps taken so far */
    real w[160], m[160], v[160];
} sunspot_net;

/** Starts a network; how.hidden in 1..8. */
void sunspot_start(sunspot_net *net, int elman, sunspot_training how, rng *g);

/** One step of Adam on the whole training set. Returns the loss before it. */
double sunspot_step(sunspot_net *net);

/** Predictions of the years 1712 to 1979, each from the true numbers of the
 *  years before it, in sunspot numbers; predicted[year - SUNSPOT_FIRST]. */
void sunspot_predict(const sunspot_net *net, double predicted[SUNSPOT_YEARS]);

/** The least-squares line through SUNSPOT_LAGS years and a constant, fitted to
 *  the training years: eq. 7.41. Predicts like sunspot_predict. */
void line_predict(double predicted[SUNSPOT_YEARS]);

/** The mean squared error over first..last, divided by 1535: eq. 7.37. */
double sunspot_error(const double predicted[SUNSPOT_YEARS], int first,
                     int last);

#endif
