/* SPDX-License-Identifier: MIT */
#include "lib/check/checker.h"

#include <math.h>
#include <string.h>

static unsigned long long mix(unsigned long long z) /* SplitMix64's last three lines */
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

/* A direction through all tensors: random signs, and eighths of the size of a step, so that a loss
 * which a common shift leaves alone still moves. `was` holds the point. */
typedef struct direction {
    int n;
    const hg_tensor *t;
    double *was;
    unsigned long long seed;
    double weight; /* the sum of |gradient| times the size of the step, for h = 1 */
} direction;

/* Moves every entry to its value in `was` +- h max(1, |x|); returns the sum of gradient times the
 * step that memory holds. With h = 0 the very values that were read are put back. */
static double move_all(direction *d, double h)
{
    double dot = 0;
    unsigned long long s = d->seed;
    const double *was = d->was;
    d->weight = 0;
    for (int k = 0; k < d->n; k++)
        for (int i = 0, m = hg_entries(&d->t[k]); i < m; i++, was++) {
            s += 0x9e3779b97f4a7c15ULL;
            unsigned long long bits = mix(s);
            double v = (bits >> 63 ? 1 : -1) * (double)(1 + (bits & 7)) / 8;
            double g = hgi_gradient(&d->t[k], i);
            double to = h != 0 ? *was + v * h * hgi_scale(*was) : *was;
            dot += g * (hgi_put(&d->t[k], i, to) - *was);
            d->weight += fabs(g) * hgi_scale(*was);
        }
    return dot;
}

static int loss_along(run *u, direction *d, double h, double *f, double *dot)
{
    double loss[2];
    *dot = move_all(d, h);
    int failed = hgi_call(u, loss);
    *f = loss[0];
    return failed;
}

/* Below which a remainder is rounding: 20 standard deviations of the noise along the direction, and
 * the rounding of the gradient. */
static int taylor_noise(run *u, direction *d, double h, double *noise, double *least)
{
    double f[LINE], dot;
    levels v = hgi_levels(hgi_epsilon(u->t->type));
    while (hgi_levels_go_on(&v)) {
        for (int k = 0; k < LINE; k++)
            if (loss_along(u, d, (k - LINE / 2) * v.h, &f[k], &dot))
                return 1;
        hgi_levels_take(&v, f);
    }
    double rounding = hgi_rounding(u, u->f0), eps = hgi_epsilon(u->t->type);
    *least = 20 * rounding + 8 * eps * h * d->weight;
    *noise = *least + 20 * fmax(v.noise - rounding, 0);
    return 0;
}

/* The slope of log remainder against log h by least squares, over the points
 * above noise. */
static void fit_slope(hg_taylor_result *r)
{
    double sx = 0, sy = 0, sxx = 0, sxy = 0;
    int m = 0;
    for (int k = 0; k < HG_TAYLOR_POINTS; k++)
        if (r->remainder[k] > r->noise) {
            double x = log(r->h[k]), y = log(r->remainder[k]);
            sx += x, sy += y, sxx += x * x, sxy += x * y;
            m++;
        }
    r->linear = m < 3;
    r->slope = r->linear ? 0 : (m * sxy - sx * sy) / (m * sxx - sx * sx);
}

/* Whether the smallest steps' remainders still fall as h^2. The last one that is above the noise
 * must fall into it so fast, where the noise is far enough below it to tell; else the one before
 * must have fallen so to it. (Larger steps may have crossed a kink: what they show is steeper or
 * flatter.) Where noise may have held up the last fall, both must be as they can. */
static int falls(const hg_taylor_result *r, const double remainder[], double wanted)
{
    double steep = wanted * log(r->h[0] / r->h[1]), after = r->noise;
    int k = HG_TAYLOR_POINTS - 1;
    for (; k > 0 && !(remainder[k] > 4 * r->noise); k--)
        after = fmax(after, remainder[k]);
    int before = k == 0 || log(remainder[k - 1] / remainder[k]) >= steep;
    if (k + 1 == HG_TAYLOR_POINTS || log(remainder[k] / r->noise) < steep)
        return before;
    double held_up = fmax(r->noise, after - r->noise);
    return log(remainder[k] / after) >= steep || (before && log(remainder[k] / held_up) >= steep);
}

/* Looks backwards along the direction, where the remainder does not fall as h^2. A wrong gradient
 * shows in the odd part, f(x + hv) - f(x - hv) - 2h g.v, which falls as h, and as h^3 where the
 * gradient is right; a kink in the even part, which over h stays the same. */
static int taylor_confirm(run *u, direction *d, const double ahead[], hg_taylor_result *r)
{
    double odd[HG_TAYLOR_POINTS], jump[HG_TAYLOR_POINTS], forth, back, f;
    for (int k = 0; k < HG_TAYLOR_POINTS; k++) {
        forth = move_all(d, r->h[k]);
        if (loss_along(u, d, -r->h[k], &f, &back))
            return 1;
        odd[k] = fabs(ahead[k] - f - (forth - back)) / 2;
        jump[k] = (ahead[k] + f - 2 * u->f0) / r->h[k];
    }
    r->verdict = falls(r, odd, 1.5) ? HG_AGREES : HG_DISAGREES;
    for (int k = 0; k + 3 < HG_TAYLOR_POINTS; k++)
        if (hgi_steadiness(jump, k) > 0.5 && fabs(jump[k + 3]) * r->h[k + 3] > 2 * r->noise) {
            r->verdict = HG_UNDECIDED;
            r->cause = HG_KINK;
        }
    return 0;
}

static void taylor_undecided(hg_taylor_result *r, hg_cause cause)
{
    r->verdict = HG_UNDECIDED;
    r->cause = cause;
}

/* Lowers the noise to what the remainders at the finest steps show: where they fall steadily, they
 * are not noise; where they do not, they are all that there is. More was measured where the line
 * crossed a kink. */
static void taylor_ceiling(hg_taylor_result *r, double least)
{
    const double *end = &r->remainder[HG_TAYLOR_POINTS - 4];
    double ratio = 0.7 * r->h[0] / r->h[1];
    int steady = end[3] > 0;
    for (int k = 0; k < 3; k++)
        steady = steady && end[k] > ratio * end[k + 1];
    double seen = steady ? end[3] / 4 : 20 * hgi_largest(4, end);
    r->noise = fmin(r->noise, fmax(least, seen));
}

/* Raises the noise to what the remainders themselves show: they are rounding where they do not fall
 * at the finest steps, and where the loss, which moves, does not move by one unit of its rounding.
 */
static void taylor_floor(hg_taylor_result *r)
{
    const double *end = &r->remainder[HG_TAYLOR_POINTS - 4];
    double before = fmax(end[0], end[1]), after = fmax(end[2], end[3]);
    if (after > before * r->h[1] / r->h[0])
        r->noise = fmax(r->noise, 2 * fmax(before, after));
    for (int k = 1; k < HG_TAYLOR_POINTS; k++)
        if (r->without[0] > 0 && !(r->without[k] > 0))
            r->noise = fmax(r->noise, 2 * r->remainder[k]);
}

/* The test along one direction; returns 1 where the loss failed. */
static int taylor_run(run *u, direction *d, hg_taylor_result *r)
{
    int single = d->t[0].type == HG_FLOAT, failed = 0;
    double again, dot, least, ahead[HG_TAYLOR_POINTS], h = single ? 0x1p-4 : 0x1p-8;
    if (loss_along(u, d, 0, &u->f0, &dot) || loss_along(u, d, 0, &again, &dot))
        return 1;
    if (!isfinite(u->f0))
        taylor_undecided(r, HG_NOT_FINITE);
    else if (memcmp(&u->f0, &again, sizeof again) != 0)
        taylor_undecided(r, HG_NOT_DETERMINISTIC);
    if (r->cause != HG_NO_CAUSE)
        return 0;
    failed = taylor_noise(u, d, h, &r->noise, &least);
    for (int k = 0; k < HG_TAYLOR_POINTS && !failed; k++, h /= single ? 2 : 4) {
        failed = loss_along(u, d, h, &ahead[k], &dot);
        r->h[k] = h;
        r->without[k] = fabs(ahead[k] - u->f0);
        r->remainder[k] = fabs(ahead[k] - u->f0 - dot);
        if (!isfinite(r->remainder[k]))
            taylor_undecided(r, HG_NOT_FINITE);
    }
    if (failed || r->cause != HG_NO_CAUSE)
        return failed;
    taylor_ceiling(r, least);
    taylor_floor(r);
    fit_slope(r);
    if (r->linear && !(r->without[0] > r->noise))
        taylor_undecided(r, HG_CANNOT_FAIL);
    else if (!r->linear && !(r->slope >= 1.8 && falls(r, r->remainder, 1.5)))
        failed = taylor_confirm(u, d, ahead, r);
    return failed;
}

hg_status hg_taylor(hg_loss loss, void *context, int n, const hg_tensor t[],
                    unsigned long long seed, hg_taylor_result *r)
{
    if (!loss || !r || n < 1 || !t)
        return HG_BAD_ARGUMENT;
    size_t total = 0, at = 0;
    int finite = 1;
    for (int k = 0; k < n; k++) {
        if (!hgi_is_good(&t[k]))
            return HG_BAD_ARGUMENT;
        total += (size_t)hg_entries(&t[k]);
        finite = finite && hgi_is_finite(&t[k]);
    }
    direction d = {.n = n, .t = t, .was = hgi_allocate(total, sizeof(double)), .seed = seed};
    if (!d.was)
        return HG_NO_MEMORY;
    for (int k = 0; k < n; k++)
        for (int i = 0, m = hg_entries(&t[k]); i < m; i++)
            d.was[at++] = hgi_value(&t[k], i);
    hg_taylor_result found = {.verdict = HG_AGREES};
    long passes = 0;
    run u = {.loss = loss, .context = context, .passes = &passes};
    hgi_turn(&u, t);
    int failed = 0;
    if (finite) { /* another direction where the loss does not move along one */
        for (int tries = 0; tries < 3 && !failed && (!tries || found.cause == HG_CANNOT_FAIL);
             tries++, d.seed = mix(d.seed + 1)) {
            found = (hg_taylor_result){.verdict = HG_AGREES};
            failed = taylor_run(&u, &d, &found);
        }
        move_all(&d, 0);
    } else {
        taylor_undecided(&found, HG_NOT_FINITE);
    }
    hgi_free(d.was);
    if (failed)
        return HG_LOSS_FAILED;
    found.passed = found.verdict == HG_AGREES;
    found.passes = passes;
    *r = found;
    return HG_OK;
}
