/* SPDX-License-Identifier: MIT */
/** @file
 *  Private to the checker: which arguments it takes, and access to a tensor's entries, whatever
 *  their type and strides. An entry's number i counts row by row. */
#ifndef HANDGRAD_ENTRIES_H
#define HANDGRAD_ENTRIES_H

#include "lib/check/handgrad.h"

#include <float.h>
#include <stdint.h>
#include <string.h>

/** Whether a check can work with t: pointers, type, rank, shape, strides, wanted verdict. */
int hgi_is_good(const hg_tensor *t);

/** Whether the sizes and the known vectors of a problem can serve an explanation. */
int hgi_are_good_hints(const hg_problem *p);

/** Whether a check can work with the whole problem, under these options (NULL: the usual ones). */
int hgi_is_good_problem(const hg_problem *p, const hg_options *o);

/* A check passes through the next few functions many times for each entry. */

/** Whether entries stand one after the other. */
static inline int hgi_row_by_row(const hg_tensor *t, const ptrdiff_t stride[])
{
    ptrdiff_t any = 0;
    for (int k = 0; k < t->rank; k++)
        any |= stride[k];
    return any == 0;
}

/** Where entry i stands, in entries from the first, by the strides. */
ptrdiff_t hgi_strided(const hg_tensor *t, const ptrdiff_t stride[], int i);

/** Where entry i stands, in entries from the first. */
static inline ptrdiff_t hgi_stands_at(const hg_tensor *t, const ptrdiff_t stride[], int i)
{
    return hgi_row_by_row(t, stride) ? i : hgi_strided(t, stride, i);
}

/** Entry `at` of an array (of HG_COMPLEX: its real part). */
static inline double hgi_load(const void *array, hg_type type, ptrdiff_t at)
{
    switch (type) {
    case HG_FLOAT: return (double)((const float *)array)[at];
    case HG_COMPLEX: return ((const double *)array)[2 * at];
    default: return ((const double *)array)[at];
    }
}

/** Entry i of the values. */
static inline double hgi_value(const hg_tensor *t, int i)
{
    return hgi_load(t->data, t->type, hgi_stands_at(t, t->stride, i));
}

/** Entry i of the gradient. */
static inline double hgi_gradient(const hg_tensor *t, int i)
{
    return hgi_load(t->grad, t->type, hgi_stands_at(t, t->grad_stride, i));
}

/** The epsilon of the arithmetic that a tensor of this type is computed in. */
static inline double hgi_epsilon(hg_type type)
{
    return type == HG_FLOAT ? (double)FLT_EPSILON : DBL_EPSILON;
}

/** What memory would hold. */
static inline double hgi_stored(hg_type type, double x)
{
    return type == HG_FLOAT ? (double)(float)x : x;
}

/** Stores x as entry `at` of an array; returns what memory then holds, which in float is not
 *  always x. The value that was read is put back bit for bit. */
static inline double hgi_store(void *array, hg_type type, ptrdiff_t at, double x)
{
    switch (type) {
    case HG_FLOAT: ((float *)array)[at] = (float)x; break;
    case HG_COMPLEX: ((double *)array)[2 * at] = x; break;
    default: ((double *)array)[at] = x;
    }
    return hgi_stored(type, x);
}

/** Stores x as entry i of the values. */
static inline double hgi_put(const hg_tensor *t, int i, double x)
{
    return hgi_store(t->data, t->type, hgi_stands_at(t, t->stride, i), x);
}

/** Where the imaginary part of entry i stands; HG_COMPLEX only. */
double *hgi_imaginary(const hg_tensor *t, int i);

/** The first entry whose value or gradient is not finite; -1: there is none. */
int hgi_not_finite(const hg_tensor *t);

/** Whether all values and the whole gradient are finite. */
int hgi_is_finite(const hg_tensor *t);

/** The largest power of two that is <= x, for any x > 0. */
double hgi_any_power_of_two(double x);

/** The same. Of a normal double (IEEE 754) it is sign and exponent, without the digits. */
static inline double hgi_power_of_two(double x)
{
    uint64_t bits;
    if (!(x >= DBL_MIN && x <= DBL_MAX))
        return hgi_any_power_of_two(x);
    memcpy(&bits, &x, sizeof bits);
    bits &= 0xfff0000000000000;
    memcpy(&x, &bits, sizeof bits);
    return x;
}

/** The scale of x, max(1, |x|) as a power of two: steps are powers of two times this one, so
 *  x + h is exact nearly always, and the steps equal. */
static inline double hgi_scale(double x)
{
    double size = x < 0 ? -x : x;
    return size > 1 ? hgi_power_of_two(size) : 1;
}

/** Entry i's index on each axis. */
void hgi_index(const hg_tensor *t, int i, int index[HG_RANK]);

/** The entry at an index. */
int hgi_entry_at(const hg_tensor *t, const int index[HG_RANK]);

/** All that the checker allocates comes from here, so that a test can make each fail. */
void *hgi_allocate(size_t count, size_t size);
/** Gives it back; NULL is allowed. */
void hgi_free(void *memory);

#endif
