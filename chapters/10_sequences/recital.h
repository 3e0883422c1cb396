/* SPDX-License-Identifier: MIT */
/** @file
 *  Learning a text by heart: the first characters of the Thousand Character
 *  Classic, in their order, with the network's output fed back or withheld. */
#ifndef HANDGRAD_RECITAL_H
#define HANDGRAD_RECITAL_H

#include "chapters/10_sequences/reader.h"

/** How it is learned. */
typedef struct recital_rule {
    int hidden;    /**< units; an embedding has half as many numbers */
    int block;     /**< steps of one backward pass and update */
    double rate;   /**< Adam's, at the start */
    bool decay;    /**< the rate falls linearly, to zero after the last epoch */
    double clip;   /**< the most that the norm of a gradient may be */
    int epochs;    /**< at most */
    bool feedback; /**< the input is the character before; else always START */
} recital_rule;

/** A training under way. The text has T characters; the vocabulary is these
 *  and START, token T, which is never a target. */
typedef struct recital {
    int T;
    recital_rule rule;
    int epoch; /**< how many are done */
    long updates;
    reader n, d;
    real *w, *dw, *m, *v; /**< parameters, gradient, Adam's averages */
    int *out;             /**< (T) what the network says */
    real *x, *dx, *c, *h, *dc, *dh, *gate, *z, *p, *dz; /**< of one block */
} recital;

/** Begins with random weights. Returns false where there is no memory; then
 *  nothing needs to be freed. T >= 1, and block divides T or the last block is
 *  shorter. */
bool recital_begin(recital *r, int T, const recital_rule *rule, uint64_t seed);

/** Goes through the text once, forward and backward, block by block; the state
 *  is carried from block to block, the gradient is not. Inputs are the true
 *  characters (teacher forcing). Returns the mean loss in nats, each character's
 *  before the update that it is part of; *right is the fraction of characters
 *  that were the most likely ones. */
double recital_epoch(recital *r, double *right);

/** The fraction of the characters that are right where the network runs freely,
 *  on its own output (or, without feedback, on nothing). */
double recital_freely(recital *r);

/** How many characters of the last answers (of recital_epoch or recital_freely)
 *  are right before the first wrong one. */
int recital_until(const recital *r);

/** Frees it. */
void recital_end(recital *r);

#endif
