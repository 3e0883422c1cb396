/* SPDX-License-Identifier: MIT */
/* The four models of the comparison with PyTorch's gradcheck: their numbers, and the losses of
 * several points at once (bench_lanes.c), as hg_problem wants them. */
#ifndef HANDGRAD_BENCH_PEERS_H
#define HANDGRAD_BENCH_PEERS_H

#include "lib/check/handgrad.h"

enum { MOST = 2048, TENSORS = 3, N = 8, D = 16, QKV = N * D };

typedef struct model {
    const char *name;
    int weights, first[TENSORS]; /* tensor k begins at w[first[k]] */
    double w[MOST], dw[MOST], fixed[MOST],
        up[MOST]; /* fixed: inputs that are not checked */
} model;

extern const int at_once; /* points in one call */

/* Takes over the weights: before the first call of `losses`. */
typedef void begin_of(const model *m);
begin_of lstm_begin, attention_begin, additive_begin;

typedef int losses_of(void *context, int points, const hg_change change[],
                      double loss[]);
losses_of lstm_4_losses, lstm_16_losses, attention_losses, additive_losses;

#endif
