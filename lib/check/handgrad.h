/* SPDX-License-Identifier: MIT */
/** @file
 *  The gradient checker. It compares a gradient that somebody derived by hand
 *  with numbers that owe nothing to the derivation, and judges the difference by
 *  the measured error of those numbers: there is no tolerance to guess.
 *
 *  It knows no networks. It is given ranges of memory (tensors), the gradient
 *  that is to be checked, and a function that computes the loss from what stands
 *  in memory. It changes one entry, calls the loss, and puts the entry back bit
 *  for bit. It prints nothing, keeps no state, never exits, and returns a
 *  status. */
#ifndef HANDGRAD_H
#define HANDGRAD_H

#include <stddef.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif
#if defined __GNUC__ && !defined _WIN32
#pragma GCC visibility push(default) /* a shared library exports these functions and no others */
#endif

#define HG_RANK 4 /**< the most axes that a tensor may have */

/** What a tensor's memory holds. */
typedef enum hg_type {
    HG_DOUBLE,
    HG_FLOAT,
    HG_COMPLEX /**< pairs of doubles: real part, imaginary part */
} hg_type;

/** What a check found; also what it is expected to find. */
typedef enum hg_verdict {
    HG_AGREES,    /**< every entry lies within the measured error of its numeric
                     value */
    HG_DISAGREES, /**< at least one entry does not */
    HG_UNDECIDED, /**< the numeric side cannot tell; hg_cause says why */
    HG_ZERO       /**< gradient and numeric value are zero throughout (expected, or
                     found) */
} hg_verdict;

/** Why a check is undecided. */
typedef enum hg_cause {
    HG_NO_CAUSE,
    HG_KINK,              /**< the left and the right slope differ */
    HG_NOISE,             /**< the noise of the loss hides the slope */
    HG_CANNOT_FAIL,       /**< no entry has a slope above the noise: any small
                             gradient would pass */
    HG_NOT_DETERMINISTIC, /**< two calls of the loss at one point differ */
    HG_NOT_FINITE,        /**< the loss or the gradient is not finite */
    HG_NOT_ANALYTIC       /**< complex step and differences disagree: the loss drops
                             the imaginary part somewhere (fabs, creal, conj) */
} hg_cause;

/** What a call returns. Unless it is HG_OK the result is untouched. */
typedef enum hg_status {
    HG_OK,
    HG_BAD_ARGUMENT, /**< a null pointer, a rank or a shape out of range, a wrong type, a
                        condition below 0 or not finite, `losses` with at_once below 2; in
                        hg_check the same of `known`, and a size that has no letter or is not
                        finite */
    HG_LOSS_FAILED,  /**< a callback returned other than 0; the parameters are as
                        before */
    HG_NO_MEMORY,
    HG_LOSSES_DIFFER /**< `losses` says something else than `loss` at the same point */
} hg_status;

/** What a wrong gradient looks like. */
typedef enum hg_mistake {
    HG_UNEXPLAINED,     /**< nothing tried fits */
    HG_SIGN,            /**< minus the right gradient */
    HG_FACTOR,          /**< the right gradient times a constant */
    HG_TWICE,           /**< counted twice (the factor is 2) */
    HG_MISSING,         /**< zero throughout, or in the last or the first entries in memory */
    HG_TRANSPOSED,      /**< rows and columns exchanged */
    HG_SHIFTED,         /**< each entry is its neighbour's, along one axis */
    HG_SWAPPED_BLOCKS,  /**< two blocks of one tensor exchanged */
    HG_SWAPPED_TENSORS, /**< two tensors exchanged, or one in the place of another */
    HG_ONE_ENTRY,       /**< right but for one entry */
    HG_ONE_ROW,         /**< right but for one row */
    HG_ONE_COLUMN,      /**< right but for one column */
    HG_ONE_SLICE,       /**< right but for one step of time, one sample, one slice */
    HG_ONE_STEP,        /**< only one time step, or one sample, was counted */
    HG_OVERWRITTEN,     /**< the last contribution only: `=` for `+=` */
    HG_PATH_MISSING,    /**< one path of several is missing, or wrong: the text says which */
    HG_AT_OUTPUT,       /**< the derivative is taken at the output, not the input, or the reverse */
    HG_DIAGONAL_ONLY,   /**< only the diagonal of the softmax Jacobian */
    HG_MASK_IGNORED,    /**< a gradient where there is no influence: mask or padding ignored */
    HG_OTHER_FUNCTION,  /**< another function's derivative */
    HG_OTHER_SIDE,      /**< the other side of a kink */
    HG_FLOAT_NOISE      /**< the difference is what computing in float leaves */
} hg_mistake;

/** The best explanation of a gradient that disagrees. */
typedef struct hg_explanation {
    hg_mistake mistake;
    double factor;   /**< analytic = factor * numeric, for HG_FACTOR and its kin */
    double spread;   /**< of that factor over the entries */
    int matched, of; /**< entries that it explains, of those that carry evidence */
    char text[256];  /**< one sentence with the evidence; "" where nothing is wrong */
} hg_explanation;

/** A number that the mathematics of a problem contains: {"T", 5}, {"B", 3}, {"D", 16}. It is
 *  finite; 0 says nothing. */
typedef struct hg_size {
    const char *letter;
    double value;
} hg_size;

/** One tensor: a range of memory, as a rule contiguous and row by row, and its gradient. */
typedef struct hg_tensor {
    const char *name;               /**< as the report shall call it: "W_f" */
    const char *equation;           /**< the equation of its gradient, "8.9", or NULL */
    hg_type type;                   /**< of data and grad */
    int rank;                       /**< 0 (a scalar) to HG_RANK */
    int shape[HG_RANK];             /**< the size of each axis, each >= 1 */
    void *data;                     /**< the values; changed during a check, then restored bit for
                             bit */
    const void *grad;               /**< the gradient to check, of the same type and shape */
    hg_verdict expected;            /**< HG_AGREES unless something else is wanted */
    double condition;               /**< how far the backward's own rounding exceeds eps; 0 or
                             1: not at all */
    const char *letters;            /**< of its axes, "T,D", or NULL; T is time, B is the batch */
    ptrdiff_t stride[HG_RANK];      /**< of data, in entries; all 0: row by row */
    ptrdiff_t grad_stride[HG_RANK]; /**< of grad, in entries; all 0: row by row */
} hg_tensor;

/** The loss at the values that stand in memory: loss[0] its real part and, in a
 *  complex build, loss[1] its imaginary part; both are 0 when it is called. It leaves the
 *  values as they are. Returns 0, or anything else to stop the check. It must not jump out or
 *  throw. */
typedef int (*hg_loss)(void *context, double loss[2]);

/** What a check of one tensor found. Errors and bounds are absolute. */
typedef struct hg_result {
    hg_verdict verdict;
    hg_cause cause;
    int passed;         /**< 1 where the verdict is the expected one */
    int entries;        /**< how many entries were compared */
    int wrong;          /**< how many disagree */
    double error;       /**< |analytic - numeric| of the worst entry */
    double relative;    /**< that, relative to the tensor's largest magnitude */
    double bound;       /**< the error that the worst entry's numeric value may have */
    double digits;      /**< how many decimal digits agree (worst entry) */
    double possible;    /**< and how many could have */
    int worst[HG_RANK]; /**< its index, from 0; with HG_NOT_FINITE, where nothing was compared,
                           that of the first entry whose value or gradient is not finite (then
                           numeric is NaN), if there is one */
    double analytic, numeric;
    double left, right; /**< at a kink: the slopes on both sides */
    int between;        /**< at a kink: 1 where the gradient lies between them */
    double noise;       /**< the standard deviation of one evaluation of the loss */
    long passes;        /**< at how many points the loss was computed; in hg_check for this
                             tensor: what serves all counts with one of them, so that the sum is
                             right */
    int is_float;       /**< 1 where data or loss are float: judged by float's noise */
    hg_explanation why; /**< where the verdict is HG_DISAGREES: what the mistake is */
} hg_result;

/** A point near the one in memory: one entry has another value, all else is as it is. */
typedef struct hg_change {
    int tensor;   /**< which */
    int entry;    /**< its number, row by row, from 0; with strides not the place in memory */
    double value; /**< instead of what stands there; what the type can hold */
} hg_change;

/** All tensors of one loss, and what is known of them. */
typedef struct hg_problem {
    hg_loss loss;
    void *context;
    int tensors; /**< at least 1 */
    const hg_tensor *tensor;
    int sizes; /**< numbers that may stand in a wrong factor; may be 0 */
    const hg_size *size;
    int knowns; /**< vectors that a gradient may lack or have too much: incoming gradients,
                     probabilities (name, type, shape, data; they have no grad); may be 0 */
    const hg_tensor *known;
    int (*gradient)(void *context); /**< fills the gradients before the check; NULL: they
                                         stand in memory */
    /** A second context, for a second core: *copy receives it, data[k] the address of tensor
     *  k's values in it. NULL: one core. Returns 0, or anything else where it cannot. */
    int (*copy)(void *context, void **copy, void *data[]);
    void (*release)(void *copy);
    /** The loss at several points in one call, for a program that computes them side by side (in
     *  vector registers, on a GPU): loss[k] is the loss where change[k] alone holds, for k <
     *  points, 1 <= points <= at_once; the tensors stay as they are. hg_check takes from it the
     *  two values of each entry and those that it measures the noise with; what these leave open
     *  it looks at with `loss`. So it must be as precise as `loss`, and the same for every
     *  entry: only the middle one of each tensor (n / 2 of n) is compared. The context is that
     *  of the thread that calls. Other checks do without. NULL: a call of `loss` for each point.
     *  Returns 0, or anything else to stop the check. */
    int (*losses)(void *context, int points, const hg_change change[], double loss[]);
    int at_once; /**< how many points one call of `losses` may have, at least 2 */
} hg_problem;

/** How to check. All zero: the usual way. */
typedef struct hg_options {
    double tolerance;        /**< relative; 0: the measured error decides */
    unsigned long long seed; /**< of random directions */
    int workers;             /**< threads, where the problem can be copied; 0 and 1: one */
} hg_options;

/** What random directions certify. */
typedef struct hg_certificate {
    hg_verdict verdict;
    hg_cause cause;
    double smallest; /**< the smallest error in one entry that would have been seen */
    double rms;      /**< the root mean square of the gradient, for comparison */
    long passes;
} hg_certificate;

/** A wrong place that hg_locate found. */
typedef struct hg_place {
    int tensor;         /**< which */
    int index[HG_RANK]; /**< the entry, or the first of the row or block */
    int whole;          /**< 0 an entry, 1 a row, column or block, 2 the whole tensor */
    double analytic, numeric, bound;
    int end[HG_RANK]; /**< where it ends on each axis, exclusive: row 3 of a (5,4) has index
                           {3,0} and end {4,4}, column 3 {0,3} and {5,4}, an entry index + 1 */
} hg_place;

/** What a Taylor test found: |f(x + hv) - f(x) - h g.v| should fall as h^2. */
#define HG_TAYLOR_POINTS 8
typedef struct hg_taylor_result {
    hg_verdict verdict;
    hg_cause cause;
    int passed;
    int linear;   /**< the remainder is rounding at every h: the loss is linear
                     along v */
    double slope; /**< of log remainder against log h, over the points above the
                     noise */
    double h[HG_TAYLOR_POINTS];
    double remainder[HG_TAYLOR_POINTS]; /**< with the gradient */
    double without[HG_TAYLOR_POINTS];   /**< |f(x + hv) - f(x)|: falls as h */
    double noise;                       /**< below this a remainder is rounding */
    long passes;
} hg_taylor_result;

/** The name of a verdict: "agrees", "disagrees", "undecided", "zero". Like the next three it
 *  returns "unknown" for what is no value of the type. */
const char *hg_verdict_name(hg_verdict v);

/** The name of a mistake: "factor", "transposed", "unexplained". */
const char *hg_mistake_name(hg_mistake m);

/** What a status says, in a few words; "" for HG_OK. */
const char *hg_status_text(hg_status s);

/** One sentence on a cause; "" for HG_NO_CAUSE. */
const char *hg_cause_text(hg_cause c);

/** How many entries a tensor has; 0 where its rank or shape is out of range. */
int hg_entries(const hg_tensor *t);

/** Checks one tensor by central differences: the step from the measured noise
 *  of the loss, an error bound for each entry (noise and truncation, both
 *  measured), more steps (Ridders 1982) for entries that the first step leaves
 *  open, one-sided slopes at kinks. */
hg_status hg_differences(hg_loss loss, void *context, const hg_tensor *t, hg_result *r);

/** Checks one tensor of type HG_COMPLEX by the complex step: an entry agrees
 *  within 1e-13 (times t->condition) of the larger of its magnitude and the
 *  tensor's largest. The numeric values are themselves compared with central
 *  differences of the real part; where those disagree the cause is
 *  HG_NOT_ANALYTIC. */
hg_status hg_complex_step(hg_loss loss, void *context, const hg_tensor *t, hg_result *r);

/** Compares the gradient of p->tensor[0] with a second derivation of the same numbers, an array
 *  of the same type and grad_stride: an entry agrees within `relative` times the largest
 *  magnitude of both. No loss is called. A difference is explained as if the second were right,
 *  with p's sizes and knowns; the tensor's data serve that only, and may be NULL. */
hg_status hg_second(const hg_problem *p, const void *second, double relative, hg_result *r);

/** Checks all tensors of a problem by central differences, every entry: result[k] is what
 *  was found of tensor k. On a right gradient at most 1.1 * 2P + 50 passes for P entries. */
hg_status hg_check(const hg_problem *p, const hg_options *o, hg_result result[]);

/** The same by the complex step; every tensor is of type HG_COMPLEX. */
hg_status hg_check_complex(const hg_problem *p, const hg_options *o, hg_result result[]);

/** For models too large for hg_check: random directions say whether anything is wrong, and
 *  directions weighted by position find where (Reed and Solomon 1960 is the idea). place[]
 *  receives up to `most` places, *found how many there are. */
hg_status hg_locate(const hg_problem *p, const hg_options *o, int most, hg_place place[],
                    int *found, hg_certificate *c);

typedef enum hg_format { HG_TEXT, HG_JSON, HG_MARKDOWN } hg_format;

/** Writes results as text (80 columns), JSON (one object a line) or Markdown. Returns 0, or
 *  -1 where a write failed or an argument is bad. */
int hg_write(FILE *out, hg_format format, const hg_problem *p, const hg_result result[]);

/** The Taylor remainder test over n tensors at once, along one direction of
 *  random signs and sizes (the seed chooses it). */
hg_status hg_taylor(hg_loss loss, void *context, int n, const hg_tensor t[],
                    unsigned long long seed, hg_taylor_result *r);

#if defined __GNUC__ && !defined _WIN32
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
