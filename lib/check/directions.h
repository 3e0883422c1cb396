/* SPDX-License-Identifier: MIT */
/** @file
 *  Private to the checker: directions through many tensors at once, and the residual of a
 *  gradient along one. */
#ifndef HANDGRAD_DIRECTIONS_H
#define HANDGRAD_DIRECTIONS_H

#include "lib/check/handgrad.h"

enum { HG_PAIRS = 6, HG_FINE = 3 };

/** A box of entries in one tensor. */
typedef struct hg_box {
    int tensor, from[HG_RANK], to[HG_RANK];
} hg_box;

/** Entries that move together: tensors first .. last whole, or (first = last) those of a box in
 *  one tensor; of these, numbered row by row, the ones from lo to hi - 1. */
typedef struct hg_set {
    int first, last, from[HG_RANK], to[HG_RANK];
    long lo, hi;
} hg_set;

/** How the entries of a set are weighted: all by 1, or by 1/3 at the first to 1 at the last, by
 *  their number in the set or by their index along an axis. */
enum { HG_EVENLY = -2, HG_BY_NUMBER = -1 }; /* or an axis, from 0 */

/** An entry found wrong: from then on the numeric value stands for its gradient. */
typedef struct hg_mended {
    int tensor, entry;
    double change, bound; /* numeric - analytic, and how far that is certain */
} hg_mended;

/** The loss at both ends of a step along a direction. */
typedef struct hg_pair {
    double h;
    double odd;      /* the slope between the ends, less the gradient's */
    double even;     /* the mean of both ends, less the loss at the point */
    double up, down; /* the loss at the ends */
} hg_pair;

/** What was measured along one direction: pairs in order of h, and what follows from them. */
typedef struct hg_reading {
    int pairs;
    hg_pair pair[HG_PAIRS];
    int least, most;          /* the pairs that the value comes from */
    double value;             /* numeric less analytic slope */
    double noise, truncation; /* of the value */
    double kink;              /* what kinks within the step may do to it, as the even parts show */
    double rounding;          /* of the gradient, along the direction */
    double bound;             /* 8 noise + truncation + kink + rounding */
    double slope;             /* the gradient's, along the direction */
    double size;              /* its root sum of squares */
    double jump;              /* complex step: real differences less the derivative */
} hg_reading;

/** A search under way. */
typedef struct hg_search {
    const hg_problem *p;
    int complex;
    long total, *start; /* start[k]: the number of tensor k's first entry */
    double *was;        /* the values, pairs where they are complex */
    float *sign;        /* the direction: +-3/4 .. +-1 */
    double *scale;      /* of a step in tensor k */
    unsigned long long seed;
    long passes;
    double f0, noise, floor; /* of one evaluation; the rounding of storing the loss */
    double h;                /* steps begin here */
    double decay;            /* the part of an extrapolation's first change that bounds its error:
                                1 where only its own pairs may say */
    int kinked;              /* kinks lie within the usual steps: small ones, and each looked at */
    int rare;                /* kinks lie within larger steps: other directions may meet one */
    double fine;             /* a step so small that it hardly reaches a kink */
    double tolerance;
    int single;        /* every loss seen so far is a float exactly */
    int grain;         /* and a multiple of 2^grain */
    int mended, boxes; /* wrong entries and boxes found so far */
    hg_mended *mend;
    hg_box *box;
} hg_search;

/** Fills the direction anew. */
void hg_draw(hg_search *s);

/** Puts all values back, bit for bit. */
void hg_put_back(hg_search *s);

/** The whole of tensor k, of tensors first .. last, one entry. */
hg_set hg_set_of(const hg_search *s, int first, int last);
/** One entry. */
hg_set hg_set_of_entry(const hg_search *s, int tensor, int entry);
/** The entries of a box of one tensor. */
hg_set hg_set_of_box(const hg_search *s, const hg_box *b);

/** Entry number n of a set, as tensor and entry. */
void hg_entry_of(const hg_search *s, const hg_set *a, long n, int *tensor, int *entry);

/** Measures along a direction until the bound is at most `wanted` or nothing more is to be won,
 *  with at most `most` pairs. Pairs that *r holds already count. Returns 1 where the loss failed.
 */
int hg_measure(hg_search *s, const hg_set *a, int by, double wanted, int most, hg_reading *r);

/** Whether pairs 0 to last of *r, and the next, are those of a smooth loss, as far as noise lets
 *  one see, and up to `least` in the slope. Of large steps nothing follows. */
int hg_is_smooth(const hg_search *s, const hg_reading *r, int last, double least);

/** For hg_search.decay: how fast the extrapolation converged along a direction. */
double hg_decay(const hg_reading *r);

/** Measures the noise along a direction that was measured with *r, and judges *r again. */
int hg_measure_noise(hg_search *s, const hg_set *a, hg_reading *r);

/** The direction's factor of entry number n of a set: value = error * factor. */
double hg_direction_of(const hg_search *s, int tensor, int entry);

/** The rounding of storing the loss, at least. */
double hg_floor(const hg_search *s);

/** Calls the loss where the values stand. */
int hg_call(hg_search *s, double loss[2]);

#endif
