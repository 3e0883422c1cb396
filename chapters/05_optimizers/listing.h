/* SPDX-License-Identifier: MIT */
/** @file
 *  The network that one of the articles trains with Adam (S1-43, S1-44): 2-10-2-2,
 *  two layers with tanh and a linear one, and one column of labels for two
 *  outputs. Letters: B rows (the batch), b their index; x (B,2) inputs, h (B,10)
 *  and c (B,2) the layers with tanh, o (B,2) outputs, y (B) labels; L the loss. */
#ifndef HANDGRAD_LISTING_H
#define HANDGRAD_LISTING_H

#include "lib/real.h"

enum { IN = 2, HIDDEN = 10, CODE = 2, OUT = 2 };

/** The parameters, or their gradients, in the order of the listing: 58 reals
 *  without a gap, so that an optimizer can take them for one vector. */
typedef struct listing {
    real W1[HIDDEN][IN], b1[HIDDEN];
    real W2[CODE][HIDDEN], b2[CODE];
    real W3[OUT][CODE], b3[OUT];
} listing;

enum { LISTING_SIZE = sizeof(listing) / sizeof(real) };

/** o = W3 tanh(W2 tanh(W1 x + b1) + b2) + b3, row by row: eqs. 5.73 to 5.75.
 *  @param[out] h, c  the hidden layers; the backward needs them */
void listing_forward(int B, real o[B][OUT], real h[B][HIDDEN], real c[B][CODE],
                     const listing *n, const real x[B][IN]);

/** Adds to dn and dx: eqs. 5.78 to 5.82. Needs no o. */
void listing_backward(int B, listing *dn, real dx[B][IN],
                      const real do_[B][OUT], const listing *n,
                      const real h[B][HIDDEN], const real c[B][CODE],
                      const real x[B][IN]);

/** The mean over all B M outputs of (o - y)^2, each row against its one label:
 *  eq. 5.76. */
real one_label_forward(int B, int M, const real o[B][M], const real y[B]);

/** Adds to do_ and dy: eqs. 5.77 and 5.77a. */
void one_label_backward(int B, int M, real do_[B][M], real dy[B], real dL,
                        const real o[B][M], const real y[B]);

/** Parameter k, 0 to 57, is sin(first + k)/2: a start that anybody can repeat:
 *  eq. 5.72. The chapter takes first = 1. */
void listing_start(listing *n, double first);

/** Loss and gradient over a batch: dn is cleared first. */
real listing_loss(int B, listing *dn, const listing *n, const real x[B][IN],
                  const real y[B]);

#endif
