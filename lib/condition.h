/* SPDX-License-Identifier: MIT */
/** @file
 *  How far the rounding of what a forward pass stored comes out enlarged in the gradients.
 *  A saturated unit has lost its slope to rounding: h is right to the last bit, and 1 - h^2
 *  to a few digits only. Such a gradient is as good as its formula allows, and yet far from
 *  the complex step, which knows the slope. hg_tensor's `condition` makes room for that. */
#ifndef HANDGRAD_CONDITION_H
#define HANDGRAD_CONDITION_H

#include "lib/check/handgrad.h"
#include "lib/real.h"

/** n values that the forward pass stored and the backward pass reads. */
typedef struct stored {
    int n;
    real *values;
} stored;

/** Sets the condition of each of n tensors; returns the largest, which is at least 1.
 *  Every stored value is changed by its part 2^-20, one after another, and what that
 *  changes in an entry of a gradient adds up as independent errors do, by the root of the sum
 *  of squares: so much larger than one rounding is the entry's error. The condition of a
 *  tensor is that of its worst entry, relative to its largest magnitude.
 *  @param backward  fills the gradients of the tensors (t[k].grad) from the stored values;
 *                   they, and the stored values, are as before when this returns */
double condition_measure(void (*backward)(void *context), void *context, int ranges,
                         const stored range[ranges], int n, hg_tensor t[n]);

#endif
