/* SPDX-License-Identifier: MIT */
/** @file
 *  An encoder and a decoder, made of GRUs of chapter 9, with additive attention
 *  between them or without: a small form of Bahdanau, Cho, Bengio 2015. The
 *  task: say a sequence of symbols backwards.
 *  Letters: N symbols in a sequence, and as many steps of the decoder; n an
 *  index of a symbol, i of a step of the decoder; V symbols in the vocabulary;
 *  G units of each of the two GRUs of the encoder, one of which reads forward
 *  (to the right) and one backward (to the left); H = 2G units of the decoder;
 *  A width of the attention's hidden layer. */
#ifndef HANDGRAD_TRANSLATOR_H
#define HANDGRAD_TRANSLATOR_H

#include <stdbool.h>

#include "chapters/09_gru/gru.h"
#include "lib/rng.h"

enum {
    VOCABULARY = 5,     /* V */
    READER = 8,         /* G: units of each reader of the encoder */
    UNITS = 2 * READER, /* H: of the decoder, and width of an annotation */
    ALIGN = 12,         /* A */
    MOST_LENGTH = 16    /* symbols in the longest sequence */
};

/** Which way a reader of the encoder goes. */
enum { RIGHT, LEFT, READERS };

/** The parameters of a translator, or the gradient by them. */
typedef struct translator {
    /* the encoder, two readers: a symbol and the state before to the state */
    real W_h[READERS][GRU_GATES][READER][VOCABULARY];
    real U_h[READERS][GRU_GATES][READER][READER];
    real b_h[READERS][GRU_ROWS][READER];
    /* the decoder: the symbol before, the context and the state to the state */
    real W_s[GRU_GATES][UNITS][VOCABULARY + UNITS];
    real U_s[GRU_GATES][UNITS][UNITS], b_s[GRU_ROWS][UNITS];
    /* the read-out: state and context to the logits of the next symbol */
    real R[VOCABULARY][2 * UNITS], c[VOCABULARY];
    /* the attention, last, so that a network without it ends before it */
    real W[ALIGN][UNITS], U[ALIGN][UNITS], b[ALIGN], g[ALIGN];
} translator;

/** How many parameters there are without the attention, and with it. */
enum {
    WITHOUT_ATTENTION =
        READERS * READER * (GRU_GATES * (VOCABULARY + READER) + GRU_ROWS) +
        UNITS * (GRU_GATES * (VOCABULARY + UNITS + UNITS) + GRU_ROWS) +
        VOCABULARY * (2 * UNITS + 1),
    WITH_ATTENTION = WITHOUT_ATTENTION + ALIGN * (UNITS + UNITS + 2)
};

_Static_assert(sizeof(translator) == WITH_ATTENTION * sizeof(real),
               "no gaps: the optimizer takes it for one vector");

/** A sequence, and what the decoder is told. */
typedef struct sentence {
    int N;                           /**< 1 to MOST_LENGTH */
    int target[MOST_LENGTH];         /**< the symbols that shall come out */
    real x[MOST_LENGTH][VOCABULARY]; /**< the symbols that go in: one 1 a row */
    /** What the decoder is told: row i is target[i - 1] (teacher forcing), row
     *  0 is zero. */
    real y[MOST_LENGTH][VOCABULARY];
} sentence;

/** Draws a sentence of N symbols, whose target is the same backwards. */
void sentence_draw(sentence *q, int N, rng *g);

/** What a forward pass leaves for the backward pass. */
typedef struct translation {
    real x[READERS][MOST_LENGTH][VOCABULARY]; /**< as each reader sees them */
    real f[READERS][MOST_LENGTH + 1][READER]; /**< its states */
    real v_h[READERS][MOST_LENGTH][GRU_ROWS][READER];
    real h[MOST_LENGTH][UNITS];     /**< annotations: both states at a symbol */
    real p[MOST_LENGTH][ALIGN];     /**< projected keys */
    real s[MOST_LENGTH + 1][UNITS]; /**< states of the decoder */
    real v_s[MOST_LENGTH][GRU_ROWS][UNITS];
    real t[MOST_LENGTH][MOST_LENGTH][ALIGN];
    real w[MOST_LENGTH][MOST_LENGTH];         /**< alignment: (step, symbol) */
    real in[MOST_LENGTH][VOCABULARY + UNITS]; /**< the decoder's inputs: y, o */
    real out[MOST_LENGTH][2 * UNITS];         /**< the read-out's: s, o */
    real logits[MOST_LENGTH][VOCABULARY], prob[MOST_LENGTH][VOCABULARY];
} translation;

/** Encodes and decodes with the targets as the decoder's inputs: eqs. 12.21 to
 *  12.27. Returns the mean cross-entropy of a symbol, in nats. Where attend is
 *  false the context is s_0 at every step. */
real translator_forward(translation *z, bool attend, const translator *w,
                        const sentence *q);

/** The gradients by what lies between: the backward pass leaves them. */
typedef struct translator_errors {
    real ds[MOST_LENGTH + 1][UNITS]; /**< by s_i, of all that comes after it */
    real do_[MOST_LENGTH][UNITS];    /**< by the context of step i */
    real dp[MOST_LENGTH][ALIGN];     /**< by the projected keys */
    real dh[MOST_LENGTH][UNITS];     /**< by the annotations */
} translator_errors;

/** Adds the gradients by all parameters into dw and by the inputs into dx and
 *  dy (N,V): eqs. 12.28 to 12.34. Sets e, whatever it held. */
void translator_backward(translator *dw, real dx[][VOCABULARY],
                         real dy[][VOCABULARY], translator_errors *e,
                         const translation *z, bool attend, const translator *w,
                         const sentence *q);

/** Encodes, then decodes with its own answers as inputs (the most likely symbol
 *  of each step). Writes them to answer (N) and returns how many are right. */
int translator_decode(int answer[], translation *z, bool attend,
                      const translator *w, const sentence *q);

/** Fresh weights: uniform in +-1/sqrt(H), biases zero but for those of the
 *  update gates, which are 1. The attention comes last: networks with and
 *  without it start alike. */
void translator_start(translator *w, rng *g);

#endif
