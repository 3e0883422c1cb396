/* SPDX-License-Identifier: MIT */
/** @file
 *  The chapter's worked examples: what they can be given, and what shows them. */
#ifndef HANDGRAD_SEQUENCES_WORKED_H
#define HANDGRAD_SEQUENCES_WORKED_H

#include "chapters/10_sequences/reader.h"
#include "lib/program.h"

enum {
    WV = 4, /* tokens of the embedding example */
    WD = 2,
    WT = 3,        /* its positions; also the masked ones, and the real steps */
    PADDED = 2,    /* steps of padding behind them */
    SEQUENCES = 3, /* the lengths that are packed */
    LONGEST = 4,
    CLASSES = 3, /* of the losses, and tokens of the network */
    STEPS = 4    /* of the linear recurrence */
};

/** All that the examples compute with. */
typedef struct worked {
    real E[WV][WD], dx[WT][WD]; /**< table, incoming gradient */
    int k[WT];                  /**< tokens */
    real l[WT], z[WT], dp[WT];  /**< losses, scores, incoming gradient */
    int keep[WT];
    real W[GATES][1][1], U[GATES][1][1], b[GATES][1], x[WT][1]; /**< one unit */
    real junk;             /**< in the padding */
    int length[SEQUENCES]; /**< in [1,LONGEST] */
    real logits[2][WT][CLASSES];
    int target[2][WT], lengths[2]; /**< in [1,WT] */
    real e[CLASSES], P[CLASSES], q[CLASSES];
    int said[WT];             /**< what the network shall say, in [0,CLASSES) */
    real a[STEPS], in[STEPS]; /**< a_t and b_t of the linear recurrence */
} worked;

/** Section 10.1: gather, and a scatter that adds. */
void sequences_embedding(show *s, const worked *w);

/** Section 10.2: masked mean and softmax. */
void sequences_masks(show *s, const worked *w);

/** Section 10.3: an LSTM with padding behind and before. */
void sequences_waiting(show *s, const worked *w);

/** Section 10.4: the rows of a packed batch. */
void sequences_packing(show *s, const worked *w);

/** Section 10.5: the loss of a batch by token and by sequence. */
void sequences_loss(show *s, const worked *w);

/** Section 10.6: one network, three uses. */
void sequences_network(show *s, const worked *w);

/** Section 10.7: teacher forcing, and running freely. */
void sequences_forcing(show *s, const worked *w);

/** Section 10.8: memory with and without checkpoints, and its curve. */
void sequences_checkpoints(program *p, const worked *w);

/** Section 10.9: a linear recurrence, step by step and by a scan. */
void sequences_scan(show *s, const worked *w);

/** Shows the weights of the LSTM of one unit, in the order f, i, g, o. */
void show_unit(show *s, const worked *w);

/** Shows n whole numbers (tokens, lengths) as a vector. */
void show_tokens(show *s, const char *name, int n, const int k[n]);

/** How many of n numbers differ in a bit. */
int bits_differ(int n, const real a[n], const real b[n]);

#endif
