/* SPDX-License-Identifier: MIT */
/* Two derivations of the same numbers. */
#include <math.h>

#include "lib/check/checker.h"
#include "lib/check/entries.h"

hg_status hg_second(const hg_tensor *t, const void *second, double relative, hg_result *r)
{
    if (!t || !second || !r || !(relative >= 0))
        return HG_BAD_ARGUMENT;
    hg_result found = {.verdict = HG_AGREES};
    hg_tensor one = *t, other = *t;
    one.data = other.data = &found; /* not used, but it must be something */
    other.grad = second;
    if (!hgi_is_good(&one))
        return HG_BAD_ARGUMENT;
    int n = hg_entries(t);
    double largest = 0;
    for (int i = 0; i < n; i++)
        largest = fmax(largest, fmax(fabs(hgi_gradient(&one, i)), fabs(hgi_gradient(&other, i))));
    for (int i = 0; i < n; i++) {
        double a = hgi_gradient(&one, i), b = hgi_gradient(&other, i);
        found.wrong += !(fabs(a - b) <= relative * largest); /* NaN is wrong */
        hgi_keep_worst(&found, &one, i, a, b, relative * largest);
    }
    found.verdict = found.wrong ? HG_DISAGREES : HG_AGREES;
    hgi_finish(&found, t, largest);
    *r = found;
    return HG_OK;
}
