/* SPDX-License-Identifier: MIT */
/* Derivatives at a kink: the other side of it, the sides exchanged, the wrong threshold, the side
 * chosen by the sign of the wrong vector. */
#include <math.h>

#include "lib/check/hypotheses.h"

static double aligned(const hg_view *v, const hg_source *s, hg_fit f, int i)
{
    return hgi_source_value(s, hgi_aligned(v, s->n, f, i));
}

/* ---- one slope is 0 ------------------------------------------------------ */

/* Where the wrong entries lie on the axis of u, and what they have in common. */
typedef struct sides {
    double wrong_low, wrong_high, right_low, right_high;
    int a_zero, x_zero, both, quiet; /* of the wrong: a = 0, x = 0, neither; a = x = 0 */
    double quiet_low, quiet_high;
} sides;

static sides sides_of(const hg_view *v, const hg_source *u, hg_fit f)
{
    sides d = {HUGE_VAL, -HUGE_VAL, HUGE_VAL, -HUGE_VAL, 0, 0, 0, 0, HUGE_VAL, -HUGE_VAL};
    for (int i = 0; i < v->n; i++) {
        double z = aligned(v, u, f, i);
        if (v->state[i] == HG_WRONG) {
            d.wrong_low = fmin(d.wrong_low, z);
            d.wrong_high = fmax(d.wrong_high, z);
            int a_zero = fabs(v->a[i]) <= 1e-14 * v->largest;
            int x_zero = fabs(v->x[i]) <= v->bound[i];
            d.a_zero += a_zero;
            d.x_zero += x_zero;
            d.both += !a_zero && !x_zero;
        } else if (v->state[i] == HG_RIGHT) {
            d.right_low = fmin(d.right_low, z);
            d.right_high = fmax(d.right_high, z);
        } else {
            d.quiet++;
            d.quiet_low = fmin(d.quiet_low, z);
            d.quiet_high = fmax(d.quiet_high, z);
        }
    }
    return d;
}

/* All wrong entries with u > 0 lack a slope that is there, all with u < 0 have one too many. */
static int is_reversed(const hg_view *v, const hg_source *u, hg_fit f)
{
    int above = 0, below = 0;
    for (int i = 0; i < v->n; i++) {
        double z = aligned(v, u, f, i);
        if (v->state[i] != HG_WRONG)
            continue;
        int a_zero = fabs(v->a[i]) <= 1e-14 * v->largest;
        if (z > 0 ? !a_zero : !(fabs(v->x[i]) <= v->bound[i]))
            return 0;
        above += z > 0;
        below += z <= 0;
    }
    return above >= 2 && below >= 2 && !v->right;
}

/* The ratio of the wrong entries is one number: a slope on that side that was forgotten. */
static int one_ratio(const hg_view *v)
{
    double c = hgi_constant(v, v->a, v->x, HG_WRONG);
    for (int i = 0; i < v->n; i++)
        if (v->state[i] == HG_WRONG &&
            !(fabs(v->a[i] - c * v->x[i]) <= fabs(c) * hgi_reach(v, i) + 1e-9 * fabs(v->a[i])))
            return 0;
    return 1;
}

/* In how many ways as many entries could be wrong among those that are right or wrong, in bits:
 * that these are the ones on one side of a kink says no more than that. */
static double bits_of_choice(const hg_view *v)
{
    double bits = 0;
    for (int k = 1; k <= v->wrong; k++)
        bits += log2((double)(v->right + k) / k);
    return bits;
}

static int kink_at(const hg_view *v, const hg_source *u, hg_fit f, hg_explanation *why)
{
    hg_score s = {.matched = v->right + v->wrong};
    const char *n = v->t->name, *from = u->origin == HG_OWN ? "its value" : u->name;
    if (is_reversed(v, u, f))
        return hgi_say(v, &s, HG_OTHER_SIDE, why,
                       "%s has a slope where %s < 0 and none where %s > 0 (%d entries): the sides "
                       "of the kink are exchanged",
                       n, from, from, v->wrong);
    if (v->right < 1 || v->doubtful || v->right + v->wrong < 4 || v->n < 6)
        return 0;
    sides d = sides_of(v, u, f);
    if (d.wrong_high <= 0 && d.right_low > 0 && !d.a_zero && (!d.quiet || d.quiet_low > 0) &&
        (d.x_zero == v->wrong || (d.both == v->wrong && bits_of_choice(v) >= 6 && one_ratio(v))))
        return hgi_say(
            v, &s, HG_OTHER_SIDE, why,
            "the wrong entries of %s (%d) are exactly those with %s <= 0: there the kink's "
            "other side was taken",
            n, v->wrong, from);
    int several = v->wrong >= 2, up = several && d.wrong_low >= 0 && d.wrong_high < d.right_low &&
                                      d.a_zero == v->wrong &&
                                      (!d.quiet || d.quiet_high <= d.wrong_low);
    int down = several && d.wrong_high <= 0 && d.right_low > 0 && d.x_zero == v->wrong && d.quiet &&
               d.quiet_high < d.wrong_low;
    if (!up && !down)
        return 0;
    return hgi_say(
        v, &s, HG_OTHER_SIDE, why,
        "the %d wrong entries of %s are those with %s between %.3g and %.3g, next to the "
        "kink: its threshold is not 0",
        v->wrong, n, from, up ? 0. : d.wrong_low, up ? d.wrong_high : 0.);
}

int hgi_kink(const hg_view *v, hg_explanation *why)
{
    for (int k = 0; k < v->sources; k++)
        for (hg_fit f = HG_ALL; f <= HG_COLUMNS; f++)
            if (v->source[k].origin <= HG_KNOWN && hgi_can_align(v, &v->source[k], f) &&
                kink_at(v, &v->source[k], f, why))
                return 1;
    return 0;
}

/* Every entry is 0 in one of a and x alone, some in a and some in x: what one argument of a maximum
 * receives went to the other. */
int hgi_other_argument(const hg_view *v, hg_explanation *why)
{
    int lost = 0, gained = 0;
    for (int i = 0; i < v->n; i++) {
        int a_zero = fabs(v->a[i]) <= 1e-14 * v->largest, x_zero = fabs(v->x[i]) <= v->bound[i];
        lost += v->state[i] == HG_WRONG && a_zero && !x_zero;
        gained += v->state[i] == HG_WRONG && x_zero && !a_zero;
    }
    if (lost < 2 || gained < 2 || lost + gained < v->n)
        return 0;
    hg_score s = {.matched = v->wrong};
    return hgi_say(
        v, &s, HG_OTHER_SIDE, why,
        "%s is 0 at exactly the %d entries where it should not be, and not 0 at the %d "
        "where it should: what a maximum, a mask or a stride hands on went to the other side",
        v->t->name, lost, gained);
}

/* ---- both sides have a slope --------------------------------------------- */

/* The ratio a / x of the largest wrong entry with u > 0; 0 where there is none. */
static double ratio_above(const hg_view *v, const hg_source *u, hg_fit f, double *error)
{
    int best = -1;
    for (int i = 0; i < v->n; i++)
        if (v->state[i] == HG_WRONG && aligned(v, u, f, i) > 0 &&
            (best < 0 || fabs(v->x[i]) > fabs(v->x[best])))
            best = i;
    if (best < 0 || !(fabs(v->x[best]) > 1000 * v->bound[best]))
        return 0;
    *error = hgi_reach(v, best) / fabs(v->x[best]);
    return v->a[best] / v->x[best];
}

/* Wrong by c where u > 0 and by 1/c where u < 0. */
static int exchanged(const hg_view *v, const hg_source *u, hg_fit f, hg_explanation *why)
{
    hg_score s = {0};
    double error = 0, c = ratio_above(v, u, f, &error);
    int above = 0, below = 0;
    if (!(c > 0) || v->right)
        return 0;
    for (int i = 0; i < v->n; i++) {
        double z = aligned(v, u, f, i), r = z > 0 ? c : 1 / c;
        hgi_predict(v, &s, i, r * v->x[i], r * (hgi_reach(v, i) + error * fabs(v->x[i])));
        above += v->state[i] == HG_WRONG && z > 0;
        below += v->state[i] == HG_WRONG && z <= 0;
    }
    if (above < 2 || below < 2 || !hgi_fits(v, &s, 1, 4 * v->sources))
        return 0;
    return hgi_say(
        v, &s, HG_OTHER_SIDE, why,
        "%s is %.5g times the right value where %s > 0 and %.5g times where %s < 0: each "
        "side of the kink has the slope of the other",
        v->t->name, c, u->origin == HG_OWN ? "its value" : u->name, 1 / c,
        u->origin == HG_OWN ? "it" : u->name);
}

/* One entry alone is wrong, and its value alone lies exactly on the kink. */
static int on_the_kink(const hg_view *v, const hg_source *u, hg_explanation *why)
{
    int at = -1, zeros = 0;
    for (int i = 0; i < v->n; i++) {
        int zero = fabs(hgi_source_value(u, i)) <= 0;
        zeros += zero;
        if (zero && v->state[i] == HG_WRONG)
            at = i;
    }
    if (v->wrong != 1 || at < 0 || zeros != 1 || v->n < 3 ||
        (fabs(v->x[at]) > v->bound[at] && fabs(v->a[at]) > v->bound[at]))
        return 0;
    hg_score s = {.matched = v->right + v->wrong};
    return hgi_say(v, &s, HG_OTHER_SIDE, why,
                   "the one wrong entry of %s, %s, is the one with %s = 0, on the kink itself: the "
                   "slope of its other side was taken there",
                   v->t->name, hgi_place(v->t, at).s, u->origin == HG_OWN ? "the value" : u->name);
}

int hgi_sides(const hg_view *v, hg_explanation *why)
{
    for (int k = 0; k < v->sources; k++)
        for (hg_fit f = HG_ALL; f <= HG_COLUMNS; f++) {
            const hg_source *u = &v->source[k];
            if (u->origin > HG_KNOWN || !hgi_can_align(v, u, f))
                continue;
            if (exchanged(v, u, f, why) || (u->origin == HG_OWN && on_the_kink(v, u, why)))
                return 1;
        }
    return 0;
}

/* ---- the sign of the wrong vector ---------------------------------------- */

/* x is u or 0, and a is u where u > 0: what is cut off was chosen by u, the gradient that comes
 * in, and not by what went in. */
int hgi_gradient_gated(const hg_view *v, hg_explanation *why)
{
    for (int k = 1; k < v->sources; k++) {
        const hg_source *u = &v->source[k];
        hg_score s = {0};
        int passed = 0, cut = 0;
        if (u->n != v->n || u->origin != HG_KNOWN)
            continue;
        for (int i = 0; i < v->n; i++) {
            double z = hgi_source_value(u, i);
            int passes = fabs(v->x[i] - z) <= hgi_reach(v, i) + 1e-9 * fabs(z);
            s.failed += !passes && !(fabs(v->x[i]) <= hgi_reach(v, i));
            passed += v->state[i] == HG_WRONG && z > 0;
            cut += v->state[i] == HG_WRONG && z < 0;
            hgi_predict(v, &s, i, z > 0 ? z : 0, 0);
        }
        if (s.failed || !passed || !cut || !hgi_fits(v, &s, 0, v->sources))
            continue;
        return hgi_say(v, &s, HG_OTHER_SIDE, why,
                       "%s is %s where %s > 0 and 0 elsewhere: the kink's side is chosen by the "
                       "sign of the gradient that comes in, and not by the input",
                       v->t->name, u->name, u->name);
    }
    return 0;
}
