/* SPDX-License-Identifier: MIT */
/* Layers with a right gradient, and the mistakes that people make in it. */
#ifndef TESTS_CATALOGUE_H
#define TESTS_CATALOGUE_H

#include "lib/check/handgrad.h"
#include "lib/rng.h"

/* What may be planted. The first ones spoil one tensor of a right gradient,
 * those from RECURRENT on are mistakes in a backward function. */
typedef enum plan {
    NOTHING,
    SIGN,
    TWICE,
    HALF,
    TIMES_B,
    OVER_B,
    TIMES_T,
    OVER_T,
    TIMES_ROOT_D,
    OVER_ROOT_D,
    NO_DLOSS,
    CONSTANT,
    MISSING,
    TRANSPOSED,
    SHIFTED,
    BLOCKS,
    TENSORS,
    ENTRY,
    ROW,
    COLUMN,
    SLICE,
    GAP,
    FLOATS,
    RECURRENT,
    SHORTCUT,
    BRANCH,
    BROADCAST,
    VARIANCE,
    OWN_DERIVATIVE,
    LABELS,
    PATH_TWICE,
    OVERWRITTEN,
    LAST_STEP,
    AT_OUTPUT,
    AT_INPUT,
    DIAGONAL,
    MASK,
    OTHER_FUNCTION,
    OTHER_SIDE,
    THRESHOLD,
    LEAKY_SIDE,
    TURNED,
    WRONG_STATE,
    NO_WEIGHTS,
    STUCK,
    PLANS
} plan;

/* What a planted mistake is called, and what else it may rightly be called. */
typedef struct planted {
    const char *name;
    hg_mistake mistake;
    unsigned also; /* bits 1 << hg_mistake */
} planted;
extern const planted catalogue[PLANS];

enum { MOST_TENSORS = 6, MOST_SIZES = 5, MOST_VALUES = 6000 };

/* A layer under test: its tensors and what is known of them. */
typedef struct layer layer;
struct layer {
    const char *name;
    int shape, seed; /* which */
    int n[5];        /* sizes, as the layer's own functions read them */
    double dloss;
    hg_tensor t[MOST_TENSORS], known[MOST_TENSORS];
    hg_size size[MOST_SIZES];
    int tensors, knowns, sizes;
    int kind;       /* which activation */
    int index[16];  /* targets, tokens */
    void *part[12]; /* constants and what the forward keeps */
    hg_loss loss;
    /* The gradient with a mistake in it (or NOTHING): 0 where the layer has no
     * place for that mistake. Gradients are cleared before. */
    int (*backward)(layer *u, plan mistake);
    double pool[MOST_VALUES];
    int used;
};

enum { LAYERS = 8, SHAPES = 3 };

/* Layer number k in a shape, with values drawn from a seed. */
void layer_new(layer *u, int k, int shape, int seed);

/* Fills the gradients with the mistake in them. 0 where it has no place. */
int layer_plant(layer *u, plan mistake);

hg_problem layer_problem(layer *u);

/* What became of one mistake, over the cases in which it was planted. */
typedef struct tally {
    int cases, caught, named, unexplained, misnamed;
    char example[256]; /* what was said of it */
} tally;

/* Plants every mistake in every layer and shape, with values from so many seeds. Prints what
 * has another's name, or none; with `verbose` all that is said. */
void catalogue_run(int seeds, int verbose, tally t[PLANS]);
void catalogue_write(FILE *to, const tally t[PLANS]);

#endif
