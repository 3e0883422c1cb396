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

ptrdiff_t hgi_strided(const hg_tensor *t, const ptrdiff_t stride[], int i)
{
    ptrdiff_t at = 0;
    for (int k = t->rank - 1; k >= 0; k--) {
        at += i % t->shape[k] * stride[k];
        i /= t->shape[k];
    }
    return at;
}

int hgi_is_good(const hg_tensor *t)
{
    if (!t || !t->name || !t->data || !t->grad || hg_entries(t) < 1 ||
        (unsigned)t->type > HG_COMPLEX || (unsigned)t->expected > HG_ZERO || !(t->condition >= 0) ||
        !isfinite(t->condition))
        return 0;
    for (int k = 0; k < t->rank && !hgi_row_by_row(t, t->stride); k++)
        if (t->shape[k] > 1 && t->stride[k] == 0) /* two entries in one place */
            return 0;
    return 1;
}

double *hgi_imaginary(const hg_tensor *t, int i)
{
    return (double *)t->data + 2 * hgi_stands_at(t, t->stride, i) + 1;
}

int hgi_not_finite(const hg_tensor *t)
{
    for (int i = 0, n = hg_entries(t); i < n; i++)
        if (!isfinite(hgi_value(t, i)) || !isfinite(hgi_gradient(t, i)))
            return i;
    return -1;
}

int hgi_is_finite(const hg_tensor *t)
{
    return hgi_not_finite(t) < 0;
}

double hgi_power_of_two(double x)
{
    int exponent;
    frexp(x, &exponent);
    return ldexp(0.5, exponent);
}

void hgi_index(const hg_tensor *t, int i, int index[HG_RANK])
{
    memset(index, 0, HG_RANK * sizeof *index);
    for (int k = t->rank - 1; k >= 0; k--) {
        index[k] = i % t->shape[k];
        i /= t->shape[k];
    }
}
