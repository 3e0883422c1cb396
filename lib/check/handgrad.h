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

#ifdef __cplusplus
extern "C" {
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
    HG_BAD_ARGUMENT, /**< a null pointer, a rank or a size out of range, a wrong
                        type */
    HG_LOSS_FAILED,  /**< the loss returned other than 0; the parameters are as
                        before */
    HG_NO_MEMORY
} hg_status;

/** One tensor: a contiguous range of memory, row by row, and its gradient. */
typedef struct hg_tensor {
    const char *name;     /**< as the report shall call it: "W_f" */
    const char *equation; /**< the equation of its gradient, "8.9", or NULL */
    hg_type type;         /**< of data and grad */
    int rank;             /**< 0 (a scalar) to HG_RANK */
    int shape[HG_RANK];   /**< the size of each axis, each >= 1 */
    void *data;           /**< the values; changed during a check, then restored bit for
                             bit */
    const void *grad;     /**< the gradient to check, of the same type and shape */
    hg_verdict expected;  /**< HG_AGREES unless something else is wanted */
    double condition;     /**< how far the backward's own rounding exceeds eps; 0 or
                             1: not at all */
} hg_tensor;

/** The loss at the values that stand in memory: loss[0] its real part and, in a
 *  complex build, loss[1] its imaginary part. Returns 0, or anything else to
 *  stop the check. It must not jump out or throw. */
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
    int worst[HG_RANK]; /**< its index, from 0 */
    double analytic, numeric;
    double left, right; /**< at a kink: the slopes on both sides */
    int between;        /**< at a kink: 1 where the gradient lies between them */
    double noise;       /**< the standard deviation of one evaluation of the loss */
    long passes;        /**< how often the loss was called */
} hg_result;

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

/** The name of a verdict: "agrees", "disagrees", "undecided", "zero". */
const char *hg_verdict_name(hg_verdict v);

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

/** The Taylor remainder test over n tensors at once, along one direction of
 *  random signs and sizes (the seed chooses it). */
hg_status hg_taylor(hg_loss loss, void *context, int n, const hg_tensor t[],
                    unsigned long long seed, hg_taylor_result *r);

#ifdef __cplusplus
}
#endif
#endif
