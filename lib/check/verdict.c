/* SPDX-License-Identifier: MIT */
#include "lib/check/checker.h"

#include <float.h>
#include <math.h>
#include <string.h>

int hgi_at_several(run *u, int i, int n, const double h[], double f[], double stored[])
{
    double x = hgi_here(u, i);
    for (int from = 0, points; from < n; from += points) {
        points = n - from < u->at_once ? n - from : u->at_once;
        for (int k = 0; k < points; k++) {
            stored[from + k] = hgi_stored(u->t->type, x + h[from + k]);
            u->change[k] = (hg_change){u->number, i, stored[from + k]};
        }
        *u->passes += points;
        if (u->losses(u->context, points, u->change, f + from))
            return 1;
    }
    return 0;
}

/* A value that is not finite is worse than any other. */
void hgi_keep_worst(hg_result *r, int i, double a, double n, double bound)
{
    double error = fabs(a - n);
    int first = r->entries++ == 0;
    if (!first && (!isfinite(r->error) || error * r->bound <= r->error * bound))
        return;
    r->error = error;
    r->bound = bound;
    r->analytic = a;
    r->numeric = n;
    r->worst[0] = i; /* its number; hgi_finish makes an index of it */
}

static double digits_of(double relative)
{
    double least = relative > DBL_EPSILON / 2 ? relative : DBL_EPSILON / 2;
    return least < 1 ? -log10(least) : 0;
}

/* Where no entry was compared: the first one that is not finite, if there is one. */
static void name_not_finite(hg_result *r, const hg_tensor *t)
{
    int i = r->cause == HG_NOT_FINITE ? hgi_not_finite(t) : -1;
    if (i < 0)
        return;
    hgi_index(t, i, r->worst);
    r->analytic = hgi_gradient(t, i);
    r->numeric = (double)NAN; /* not known */
}

void hgi_finish(hg_result *r, const hg_tensor *t, double largest)
{
    if (r->entries)
        hgi_index(t, r->worst[0], r->worst);
    else
        name_not_finite(r, t);
    double scale = largest > 0 ? largest : 1;
    r->relative = r->error / scale;
    r->digits = isfinite(r->relative) ? digits_of(r->relative) : 0;
    r->possible = isfinite(r->bound) ? digits_of(r->bound / scale) : 0;
    r->digits = fmin(r->digits, r->possible);
    r->passed = r->verdict == t->expected;
}

double hgi_largest(int n, const double x[])
{
    double largest = 0;
    for (int i = 0; i < n; i++)
        largest = hgi_max(fabs(x[i]), largest);
    return largest;
}

void hgi_undecided(hg_result *r, hg_cause cause)
{
    r->verdict = HG_UNDECIDED;
    r->cause = cause;
}

int hgi_first_calls(run *u, hg_result *r)
{
    double a[2], b[2];
    if (hgi_call(u, a) || hgi_call(u, b))
        return 1;
    u->f0 = a[0];
    if (!isfinite(a[0]) || !isfinite(b[0]) || !hgi_is_finite(u->t))
        hgi_undecided(r, HG_NOT_FINITE);
    else if (memcmp(a, b, sizeof a) != 0)
        hgi_undecided(r, HG_NOT_DETERMINISTIC);
    return 0;
}

void hgi_judge_kink(double g, const numeric *v, hg_result *r, int *kinks)
{
    double off = hgi_larger(v->bound, v->side);
    int between = g >= fmin(v->left, v->right) - off && g <= hgi_larger(v->left, v->right) + off;
    if ((*kinks)++ == 0 || (r->between && !between)) {
        r->between = between;
        r->left = v->left;
        r->right = v->right;
    }
}

double hgi_judge(const run *u, int i, double g, double largest, double tolerance, double value,
                 double bound, hg_result *r, tally *c)
{
    double size = fabs(value), own = hgi_allowed(u, g, largest, 0, bound);
    double allowed = hgi_max(own, tolerance * hgi_max(fabs(g), largest));
    if (!isfinite(value) || !isfinite(allowed)) {
        c->infinite++;
    } else {
        r->wrong += !(fabs(g - value) <= allowed);
        c->blind += !(own <= 1e-2 * hgi_max(size, largest));
        c->above += size > own;
        c->largest = hgi_max(size, c->largest);
    }
    hgi_keep_worst(r, i, g, value, allowed);
    return allowed;
}

void hgi_conclude(hg_result *r, const tally *c)
{
    if (r->wrong)
        r->verdict = HG_DISAGREES;
    else if (c->infinite)
        hgi_undecided(r, HG_NOT_FINITE);
    else if (c->kinks)
        hgi_undecided(r, HG_KINK);
    else if (!c->above)
        hgi_undecided(r, HG_CANNOT_FAIL);
    else if (c->blind)
        hgi_undecided(r, HG_NOISE);
}

void hgi_judge_zero(hg_result *r, double largest, double moved, double bound)
{
    int none = !(largest > 0) && moved <= bound;
    r->verdict = none ? HG_ZERO : HG_DISAGREES;
    r->cause = HG_NO_CAUSE;
    r->wrong = none ? 0 : r->wrong ? r->wrong : 1;
}
