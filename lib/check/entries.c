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

/* A vector that the caller names has no gradient, and may have one value for many entries. */
static int is_good_known(const hg_tensor *u)
{
    hg_tensor t = *u;
    t.grad = t.data;
    memset(t.stride, 0, sizeof t.stride);
    return hgi_is_good(&t);
}

int hgi_are_good_hints(const hg_problem *p)
{
    if (p->sizes < 0 || p->knowns < 0 || (p->sizes && !p->size) || (p->knowns && !p->known))
        return 0;
    for (int k = 0; k < p->sizes; k++) {
        const hg_size *z = &p->size[k];
        if (!z->letter || !z->letter[0] || !isfinite(z->value))
            return 0;
    }
    for (int k = 0; k < p->knowns; k++)
        if (!is_good_known(&p->known[k]))
            return 0;
    return 1;
}

int hgi_is_good_problem(const hg_problem *p, const hg_options *o)
{
    if (!p || !p->loss || p->tensors < 1 || !p->tensor || (p->losses && p->at_once < 2))
        return 0;
    if (o && (!(o->tolerance >= 0) || !isfinite(o->tolerance) || o->workers < 0))
        return 0;
    for (int k = 0; k < p->tensors; k++)
        if (!hgi_is_good(&p->tensor[k]))
            return 0;
    return hgi_are_good_hints(p);
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

double hgi_any_power_of_two(double x)
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

int hgi_entry_at(const hg_tensor *t, const int index[HG_RANK])
{
    int i = 0;
    for (int k = 0; k < t->rank; k++)
        i = i * t->shape[k] + index[k];
    return i;
}
