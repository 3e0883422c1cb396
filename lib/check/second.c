/* SPDX-License-Identifier: MIT */
/* Two derivations of the same numbers. */
#include <math.h>

#include "lib/check/checker.h"
#include "lib/check/entries.h"

hg_status hg_second(const hg_tensor *t, const void *second, double relative, hg_result *r)
{
    if (!t || !second || !r || !(relative >= 0))
        return HG_BAD_ARGUMENT;
    hg_tensor both = *t; /* the second derivation stands where the values do */
    both.data = (void *)(size_t)second;
    for (int k = 0; k < HG_RANK; k++)
        both.stride[k] = t->grad_stride[k];
    if (!hgi_is_good(&both))
        return HG_BAD_ARGUMENT;
    hg_result found = {.verdict = HG_AGREES};
    int n = hg_entries(t);
    double largest = 0;
    for (int i = 0; i < n; i++)
        largest = fmax(largest, fmax(fabs(hgi_gradient(&both, i)), fabs(hgi_value(&both, i))));
    for (int i = 0; i < n; i++) {
        double a = hgi_gradient(&both, i), b = hgi_value(&both, i);
        found.wrong += !(fabs(a - b) <= relative * largest); /* NaN is wrong */
        hgi_keep_worst(&found, &both, i, a, b, relative * largest);
    }
    found.verdict = found.wrong ? HG_DISAGREES : HG_AGREES;
    hgi_finish(&found, t, largest);
    *r = found;
    return HG_OK;
}
