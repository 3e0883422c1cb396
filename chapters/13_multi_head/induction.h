/* SPDX-License-Identifier: MIT */
/** @file
 *  An attention-only network that predicts the next token (Elhage et al. 2021;
 *  Olsson et al. 2022): an embedding, layers of causal attention that each add
 *  to their input, and a linear layer that reads the result. Positions are
 *  learned and added to the inputs of queries and keys alone, so they are never
 *  copied. One head a layer.
 *  Letters: V tokens, T positions, C the width, L layers (at most
 *  INDUCTION_LAYERS); v, t, c, l their indices. */
#ifndef HANDGRAD_INDUCTION_H
#define HANDGRAD_INDUCTION_H

#include "chapters/13_multi_head/multi_head.h"
#include "lib/real.h"
#include "lib/rng.h"

enum { INDUCTION_LAYERS = 2 };

/** The sizes of a network. */
typedef struct induction_sizes {
    int V, T, C, L;
} induction_sizes;

/** Its weights, or their gradient: places in one vector. */
typedef struct induction_weights {
    real *embed;    /**< (V,C) a row for each token */
    real *position; /**< (T,C) a row for each position */
    multi_head layer[INDUCTION_LAYERS];
    real *W_u, *b_u; /**< (V,C), (V) from the last layer to the logits */
} induction_weights;

/** What the backward needs: places in one vector. */
typedef struct induction_kept {
    real *x[INDUCTION_LAYERS + 1]; /**< (T,C) what each layer reads; the last */
    real *xp[INDUCTION_LAYERS];    /**< (T,C) the same with the positions */
    multi_head_kept layer[INDUCTION_LAYERS];
    real *p; /**< (T,V) the predicted probabilities */
} induction_kept;

/** How many weights there are. */
int induction_size(const induction_sizes *s);

/** A view of a vector of so many numbers as weights. */
induction_weights induction_view(const induction_sizes *s, real w[]);

/** How many numbers the backward needs. */
int induction_kept_size(const induction_sizes *s);

/** A view of a vector of so many numbers. */
induction_kept induction_kept_view(const induction_sizes *s, real w[]);

/** Weights before training: normal with variance 1/C, the embedding
 *  with variance 1, the positions with deviation 0.3 (with larger ones some
 *  networks take much longer); biases 0. */
void induction_start(const induction_sizes *s, real w[], rng *g);

/** The mean over t of the cross-entropy of token[t + 1], given token[0..t].
 *  @param[out] each   (T)    the loss at each position
 *  @param[in]  token  (T+1)  each in [0, V) */
real induction_forward(const induction_sizes *s, const induction_weights *n,
                       real each[s->T], const induction_kept *kept,
                       const int token[s->T + 1]);

/** Adds the gradient by all weights into g. dloss is the gradient of what is
 *  minimised by this mean loss. */
void induction_backward(const induction_sizes *s, const induction_weights *n,
                        const induction_weights *g, real dloss,
                        const induction_kept *kept, const int token[s->T + 1]);

/** A sequence of T + 1 tokens: `period` different ones, again and again;
 *  1 <= period <= V. */
void induction_draw(const induction_sizes *s, int token[s->T + 1], int period,
                    rng *g);

#endif
