/* SPDX-License-Identifier: MIT */
/** @file
 *  Private to the checker: access to a tensor's entries, whatever their type and
 *  strides. An entry's number i counts row by row. */
#ifndef HANDGRAD_ENTRIES_H
#define HANDGRAD_ENTRIES_H

#include "lib/check/handgrad.h"

/** Whether a check can work with t: pointers, type, rank, shape, strides, wanted verdict. */
int hgi_is_good(const hg_tensor *t);

/** Entry i of the values (of HG_COMPLEX: its real part). */
double hgi_value(const hg_tensor *t, int i);

/** Entry i of the gradient (of HG_COMPLEX: its real part). */
double hgi_gradient(const hg_tensor *t, int i);

/** Stores x as entry i of the values; returns what memory then holds, which in float is not
 *  always x. The value that was read is put back bit for bit. */
double hgi_put(const hg_tensor *t, int i, double x);

/** What memory would hold. */
double hgi_stored(hg_type type, double x);

/** Where the imaginary part of entry i stands; HG_COMPLEX only. */
double *hgi_imaginary(const hg_tensor *t, int i);

/** Whether all values and the whole gradient are finite. */
int hgi_is_finite(const hg_tensor *t);

/** The largest power of two that is <= x; x > 0. */
double hgi_power_of_two(double x);

/** The scale of x, max(1, |x|) as a power of two: steps are powers of two times this one, so
 *  x + h is exact nearly always, and the steps equal. */
double hgi_scale(double x);

/** Entry i's index on each axis. */
void hgi_index(const hg_tensor *t, int i, int index[HG_RANK]);

/** All that the checker allocates comes from here, so that a test can make each fail. */
void *hgi_allocate(size_t count, size_t size);
/** Gives it back; NULL is allowed. */
void hgi_free(void *memory);

#endif
