/* SPDX-License-Identifier: MIT */
/* What a few entries tell of all: the noise of the loss, and so the step; how strongly it bends,
 * and so what truncation may do. At most 46 passes. */
#include "lib/check/checker.h"

#include <math.h>

enum { AGAIN = 3 }; /* probes of a second round */

typedef struct probe {
    int tensor, entry;
    int kind; /* 1 a float tensor's, 0 another's */
    int says; /* whether its fourth difference shows noise: it is finite, and no kink's */
    double step;
    five p;
} probe;

/* The entry of tensor k with the largest claimed slope in part `part` of `parts`: one that should
 * move the loss. */
static int steepest(const session *s, int k, int part, int parts)
{
    const double *g = s->analytic + s->first[k];
    long n = s->first[k + 1] - s->first[k], from = n * part / parts, to = n * (part + 1) / parts;
    long best = from < n ? from : n - 1;
    for (long i = from; i < to; i++)
        if (fabs(g[i]) > fabs(g[best]))
            best = i;
    return (int)best;
}

/* How many tensors are finite. */
static int usable_tensors(const session *s)
{
    int usable = 0;
    for (int k = 0; k < s->p->tensors; k++)
        usable += !s->of[k].skip;
    return usable;
}

/* What n probes are of: all tensors in turn, or evenly chosen ones of many. Where there are fewer
 * entries than probes, an entry serves again with half the step. */
static void choose(const session *s, int n, probe q[])
{
    int usable = usable_tensors(s), nth = -1, tensor = -1, part = 0;
    int rounds = n / usable, more = n % usable; /* without a usable tensor nothing is chosen */
    for (int k = 0; k < n; k++) {
        int wanted = usable > n ? (int)((long)k * usable / n) : nth + 1 < usable ? nth + 1 : 0;
        int parts = usable > n ? 1 : rounds + (wanted < more);
        if (wanted <= nth) { /* the next round */
            nth = tensor = -1;
            part++;
        }
        while (nth < wanted)
            nth += !s->of[++tensor].skip;
        long entries = s->first[tensor + 1] - s->first[tensor];
        q[k].tensor = tensor;
        q[k].step = 1;
        if (entries >= parts) {
            q[k].entry = steepest(s, tensor, part, parts);
            continue;
        }
        q[k].entry = part;
        for (; q[k].entry >= (int)entries; q[k].entry -= (int)entries)
            q[k].step /= 2;
    }
}

/* The step, a power of two, where a loss of ordinary size and scale rounds as much as it bends:
 * that below the cube root of 3 epsilon. */
static double base_step(const run *u)
{
    return u->t->type == HG_FLOAT ? 0x1p-8 : 0x1p-17;
}

/* A kink at the point leaves a mark: for J/2 |x| the second difference is hJ, the fourth -2hJ. */
static int has_kink(const five *p)
{
    return p->second != 0 && fabs(p->fourth + 2 * p->second) <= 0.02 * fabs(p->fourth);
}

/* n probes at a step `factor` times the usual one. Not all steps are powers of two: a rounding that
 * has the same phase at all points looks like none. */
static int ask(session *s, int n, double factor, probe q[])
{
    static const double phase[] = {1, 0.75, 0.625, 0.875};
    choose(s, n, q);
    for (int k = 0; k < n; k++) {
        run *u = hgi_aim(s, &s->team.w[0], q[k].tensor);
        q[k].step = q[k].step * factor * base_step(u) * phase[k % 4];
        if (u->losses ? hgi_five_at_once(u, q[k].entry, q[k].step, s->f0_at_once, &q[k].p)
                      : hgi_five_points(u, q[k].entry, q[k].step, NULL, &q[k].p))
            return 1;
        q[k].kind = u->t->type == HG_FLOAT;
        q[k].says = isfinite(q[k].p.fourth) && !has_kink(&q[k].p);
    }
    return 0;
}

/* The fourth differences of one kind that show noise. */
static int fourths(int n, const probe q[], int kind, double fourth[])
{
    int used = 0;
    for (int k = 0; k < n; k++)
        if (q[k].kind == kind && q[k].says)
            fourth[used++] = q[k].p.fourth;
    return used;
}

static double noise_of(int n, const probe q[], int kind)
{
    double fourth[PROBES];
    return hgi_noise_of(fourths(n, q, kind, fourth), fourth);
}

/* Whether the loss moves at each of all probes' steps, and in straight lines to the bit. */
static int is_exact(int n, const probe q[])
{
    int exact = 1;
    for (int k = 0; k < n; k++)
        exact = exact && q[k].p.moves == 4 && q[k].p.fourth == 0;
    return exact;
}

static int moved(int n, const probe q[])
{
    int sum = 0;
    for (int k = 0; k < n; k++)
        sum += q[k].p.moves > 0;
    return sum;
}

/* Whether the last of a float's 24 bits is set. */
static int is_odd(double f)
{
    int exponent;
    return fmod(frexp(fabs(f), &exponent) * 0x1p24, 2) == 1;
}

/* Whether a loss of double parameters is computed in float. This is for the report only: noise
 * and steps are measured as for any loss. All its values so far are floats; that may be so by
 * chance where the parameters are round. A hundredth is not round in binary: a loss that moves
 * by such a step, and is a float again, three times, is one; unless no value uses a float's last
 * bit, which is so where a large number was added and taken away. */
static int ask_for_float(session *s, int n, const probe q[])
{
    int odd = 0;
    for (int k = 0; k < n; k++)
        for (int j = 0; j < 5; j++) {
            double f = q[k].p.f[j];
            if (f != (double)(float)f)
                return 0;
            odd += j != 2 && is_odd(f);
        }
    for (int k = 0; k < 2 * AGAIN && (k < AGAIN || !odd); k++) {
        const probe *at = &q[k % n];
        run *u = hgi_aim(s, &s->team.w[0], at->tensor);
        double f, stored, h = (0.01 + 0.003 * k) * hgi_scale(hgi_here(u, at->entry));
        if (hgi_at(u, at->entry, h, &f, &stored))
            return 1;
        if (f != (double)(float)f || f == s->f0)
            return 0;
        odd += is_odd(f);
    }
    s->single = odd > 0;
    return 0;
}

/* The noise of the loss. What falls with the step is no noise but a kink within the points, or a
 * loss that is not smooth on this scale: then the finer measure holds. Where the loss hardly
 * moves, though it should, its rounding is coarse: then a coarser one does. Fourth differences
 * that are all zero say nothing: others are PROBES for. */
static int measure_noise(session *s, int n, const probe q[], double noise[2])
{
    probe again[AGAIN];
    double factor = 1;
    run *u = hgi_aim(s, &s->team.w[0], q[0].tensor);
    int claimed = 0;
    for (int k = 0; k < 2; k++)
        noise[k] = noise_of(n, q, k);
    for (int k = 0; k < n; k++)
        claimed += fabs(s->analytic[s->first[q[k].tensor] + q[k].entry]) > 0;
    if (2 * moved(n, q) < claimed)
        factor = 64;
    else if (hgi_larger(noise[0], noise[1]) > 100 * hgi_rounding(u, s->f0) ||
             (claimed && !(hgi_larger(noise[0], noise[1]) > 0)))
        factor = 1.0 / 16;
    if (factor == 1)
        return 0;
    if (ask(s, AGAIN, factor, again))
        return 1;
    for (int k = 0; k < 2; k++) {
        double second = noise_of(AGAIN, again, k);
        if (factor > 1 || !(noise[k] > 0))
            noise[k] = hgi_larger(noise[k], second);
        else if (2 * moved(AGAIN, again) > AGAIN && (second > 0 || is_exact(AGAIN, again)) &&
                 second < noise[k] / 8)
            noise[k] = second;
    }
    return 0;
}

/* Sets the noise and the step of every tensor. */
static void set_steps(session *s, int n, const probe q[], const double noise[2])
{
    for (int k = 0; k < s->p->tensors; k++) {
        measured *m = &s->of[k];
        run *u = hgi_aim(s, &s->team.w[0], k);
        int kind = u->t->type == HG_FLOAT;
        m->slope = m->largest;
        for (int j = 0; j < n; j++)
            if (q[j].tensor == k && isfinite(q[j].p.near))
                m->slope = hgi_larger(m->slope, fabs(q[j].p.near));
        m->rounding = hgi_rounding(u, s->f0);
        m->noise = hgi_larger(noise[kind] > 0 ? noise[kind] : noise[!kind], m->rounding);
        double base = base_step(u), h = m->slope > 0 ? cbrt(3 * m->noise / m->slope) : base;
        m->step = hgi_power_of_two(hgi_larger(base / 8, fmin(h / 2, 0.03)));
    }
}

/* How the smooth ones among the probes bend. A slope from two points is trusted to a ten-millionth
 * by this: beyond that an entry shows its own truncation. */
static void set_bends(session *s, int n, const probe q[])
{
    double third = 0;
    for (int k = 0; k < n; k++) {
        const run *u = hgi_aim(s, &s->team.w[0], q[k].tensor);
        const five *p = &q[k].p;
        double noise = hgi_noise_at(u, p->size);
        double h2 = q[k].step * q[k].step, slope = s->of[q[k].tensor].slope;
        if (!isfinite(p->near) || !isfinite(p->far) || !hgi_is_smooth(p, noise) || !(slope > 0))
            continue;
        double bend = fabs(p->far - p->near) - hgi_noise_bound(noise, p->gap);
        third = hgi_max(bend / h2 / slope, third);
        if (fabs(p->second) > 10 * sqrt(6) * noise)
            s->curvature = hgi_max(fabs(p->second) / h2, s->curvature);
    }
    for (int k = 0; k < s->p->tensors; k++) {
        measured *m = &s->of[k];
        m->truncation = fmin(0.5 * third * m->step * m->step, 1e-7) * m->slope;
    }
}

int hgi_sample(session *s, double pool[2][PROBES], int n[2])
{
    probe q[PROBES];
    double noise[2];
    n[0] = n[1] = 0;
    if (!usable_tensors(s))
        return 0;
    if (ask(s, PROBES, 1, q) || ask_for_float(s, PROBES, q))
        return 1;
    if (measure_noise(s, PROBES, q, noise))
        return 1;
    set_steps(s, PROBES, q, noise);
    set_bends(s, PROBES, q);
    for (int k = 0; k < 2; k++)
        n[k] = fourths(PROBES, q, k, pool[k]);
    return 0;
}
