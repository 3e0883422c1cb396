/* SPDX-License-Identifier: MIT */
#include "lib/check/entries.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

int hg_entries(const hg_tensor *t)
{
    if (t->rank < 0 || t->rank > HG_RANK)
        return 0;
    long n = 1;
    for (int k = 0; k < t->rank; k++) {
        if (t->shape[k] < 1 || n > INT32_MAX / t->shape[k])
            return 0;
        n *= t->shape[k];
    }
    return (int)n;
}

static int row_by_row(const hg_tensor *t, const ptrdiff_t stride[])
{
    for (int k = 0; k < t->rank; k++)
        if (stride[k] != 0)
            return 0;
    return 1;
}

int hgi_is_good(const hg_tensor *t)
{
    if (!t || !t->name || !t->data || !t->grad || hg_entries(t) < 1 || t->type > HG_COMPLEX ||
        t->expected > HG_ZERO)
        return 0;
    for (int k = 0; k < t->rank && !row_by_row(t, t->stride); k++)
        if (t->shape[k] > 1 && t->stride[k] == 0) /* two entries in one place */
            return 0;
    return 1;
}

/* Where entry i stands, in entries from the first. */
static ptrdiff_t place(const hg_tensor *t, const ptrdiff_t stride[], int i)
{
    if (row_by_row(t, stride))
        return i;
    ptrdiff_t at = 0;
    for (int k = t->rank - 1; k >= 0; k--) {
        at += i % t->shape[k] * stride[k];
        i /= t->shape[k];
    }
    return at;
}

static double load(const void *array, hg_type type, ptrdiff_t at)
{
    switch (type) {
    case HG_FLOAT: return (double)((const float *)array)[at];
    case HG_COMPLEX: return ((const double *)array)[2 * at];
    default: return ((const double *)array)[at];
    }
}

double hgi_value(const hg_tensor *t, int i)
{
    return load(t->data, t->type, place(t, t->stride, i));
}

double hgi_gradient(const hg_tensor *t, int i)
{
    return load(t->grad, t->type, place(t, t->grad_stride, i));
}

double hgi_put(const hg_tensor *t, int i, double x)
{
    ptrdiff_t at = place(t, t->stride, i);
    switch (t->type) {
    case HG_FLOAT: return (double)(((float *)t->data)[at] = (float)x);
    case HG_COMPLEX: return ((double *)t->data)[2 * at] = x;
    default: return ((double *)t->data)[at] = x;
    }
}

double hgi_stored(hg_type type, double x)
{
    return type == HG_FLOAT ? (double)(float)x : x;
}

double *hgi_imaginary(const hg_tensor *t, int i)
{
    return (double *)t->data + 2 * place(t, t->stride, i) + 1;
}

int hgi_is_finite(const hg_tensor *t)
{
    for (int i = 0, n = hg_entries(t); i < n; i++)
        if (!isfinite(hgi_value(t, i)) || !isfinite(hgi_gradient(t, i)))
            return 0;
    return 1;
}

double hgi_power_of_two(double x)
{
    int exponent;
    frexp(x, &exponent);
    return ldexp(0.5, exponent);
}

double hgi_scale(double x)
{
    return fabs(x) > 1 ? hgi_power_of_two(fabs(x)) : 1;
}

void hgi_index(const hg_tensor *t, int i, int index[HG_RANK])
{
    memset(index, 0, HG_RANK * sizeof *index);
    for (int k = t->rank - 1; k >= 0; k--) {
        index[k] = i % t->shape[k];
        i /= t->shape[k];
    }
}
