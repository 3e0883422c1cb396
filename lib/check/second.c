/* SPDX-License-Identifier: MIT */
/* A gradient against another derivation of it: no loss is called, and neither of the two is known
 * to be the right one. */
#include <math.h>
#include <stdio.h>

#include "lib/check/checker.h"
#include "lib/check/entries.h"
#include "lib/check/explain.h"

/* What the first derivation lacks or has too much, the second taken for right. */
static void explain_second(const hg_problem *p, const hg_tensor *other, double bound, hg_result *r)
{
    size_t n = (size_t)r->entries;
    double *values = hgi_allocate(3 * n, sizeof *values);
    hg_evidence e = {values, values + n, values + 2 * n};
    hg_tensor pair = p->tensor[0];
    pair.equation = NULL; /* of the two derivations, either may be wrong */
    for (int i = 0; values && i < r->entries; i++) {
        values[i] = hgi_gradient(&pair, i);
        values[n + (size_t)i] = hgi_gradient(other, i);
        values[2 * n + (size_t)i] = bound;
    }
    hg_problem alone = *p;
    alone.tensors = 1;
    alone.tensor = &pair;
    hg_explanation why = {.mistake = HG_UNEXPLAINED};
    if (values) /* without memory it is only not explained */
        hg_explain(&alone, &e, 0, &why);
    hgi_free(values);
    if (why.mistake == HG_UNEXPLAINED)
        return; /* what an unexplained gradient looks like says nothing of two */
    r->why = why;
    snprintf(r->why.text, sizeof r->why.text, "if the second derivation is right: %.200s",
             why.text);
}

hg_status hg_second(const hg_problem *p, const void *second, double relative, hg_result *r)
{
    if (!p || !p->tensor || !second || !r || !(relative >= 0) || p->tensors < 1 ||
        !hgi_are_good_hints(p))
        return HG_BAD_ARGUMENT;
    const hg_tensor *t = &p->tensor[0];
    hg_result found = {.verdict = HG_AGREES};
    hg_tensor one = *t, other = *t;
    one.data = other.data = &found; /* not used, but it must be something */
    other.grad = second;
    if (!hgi_is_good(&one))
        return HG_BAD_ARGUMENT;
    double largest = 0;
    int n = hg_entries(t);
    for (int i = 0; i < n; i++)
        largest = fmax(largest, fmax(fabs(hgi_gradient(&one, i)), fabs(hgi_gradient(&other, i))));
    for (int i = 0; i < n; i++) {
        double a = hgi_gradient(&one, i), b = hgi_gradient(&other, i);
        found.wrong += !(fabs(a - b) <= relative * largest); /* NaN is wrong */
        hgi_keep_worst(&found, i, a, b, relative * largest);
    }
    found.verdict = found.wrong ? HG_DISAGREES : HG_AGREES;
    hgi_finish(&found, t, largest);
    if (found.wrong)
        explain_second(p, &other, relative * largest, &found);
    *r = found;
    return HG_OK;
}
