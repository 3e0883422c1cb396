/* SPDX-License-Identifier: MIT */
/* A sum that lacks a term: one path of several, one step of many. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/check/hypotheses.h"

/* ---- one known vector --------------------------------------------------- */

/* a = x - c u. */
static hg_score without(const hg_view *v, const hg_source *u, double c)
{
    hg_score s = {0};
    for (int i = 0; i < v->n; i++) {
        double reach = u->bound ? 8 * fabs(c) * u->bound[i] : 0;
        hgi_predict(v, &s, i, v->x[i] - c * hgi_source_value(u, i), hgi_reach(v, i) + reach);
    }
    return s;
}

static int is_path(const hg_view *v, const hg_source *u)
{
    return u->n == v->n && (u->origin == HG_KNOWN || u->origin == HG_GRADIENT);
}

/* A sum and a difference of two tensors are alike: then neither reading is the likely one. */
static int say_once_more(const hg_view *v, const hg_source *u, const hg_score *s,
                         hg_explanation *why)
{
    int gradient = u->origin == HG_GRADIENT;
    return hgi_say(v, s, gradient ? HG_UNEXPLAINED : HG_TWICE, why,
                   "%s%d of %d entries of %s have %s%s once too often: a path is counted twice, or "
                   "one that brings minus it is missing",
                   gradient ? "unexplained; but " : "", s->matched, v->n, v->t->name,
                   gradient ? "the gradient of " : "", u->name);
}

int hgi_path(const hg_view *v, hg_explanation *why)
{
    for (int k = 0; k < v->sources; k++) {
        const hg_source *u = &v->source[k];
        if (!is_path(v, u))
            continue;
        const char *what = u->origin == HG_GRADIENT ? "the gradient of " : "";
        hg_score s = without(v, u, 1);
        if (hgi_fits(v, &s, 0, 2 * v->sources))
            return hgi_say(v, &s, HG_PATH_MISSING, why,
                           "%d of %d entries of %s lack exactly %s%s: the path that brings it is "
                           "missing (a shortcut?), or one that brings minus it is counted twice",
                           s.matched, v->n, v->t->name, what, u->name);
        s = without(v, u, -1);
        if (hgi_fits(v, &s, 0, 2 * v->sources))
            return say_once_more(v, u, &s, why);
    }
    return 0;
}

/* a = x - c u w, with two known vectors, entry by entry. */
static hg_score without_product(const hg_view *v, const hg_source *u, const hg_source *w, double c)
{
    hg_score s = {0};
    for (int i = 0; i < v->n; i++) {
        double path = hgi_source_value(u, i) * hgi_source_value(w, i);
        hgi_predict(v, &s, i, v->x[i] - c * path, hgi_reach(v, i) + 1e-14 * fabs(path));
    }
    return s;
}

int hgi_product_path(const hg_view *v, hg_explanation *why)
{
    for (int k = 1; k < v->sources; k++)
        for (int m = 1; m <= k; m++) {
            const hg_source *u = &v->source[m], *w = &v->source[k];
            if (u->n != v->n || w->n != v->n || u->origin != HG_KNOWN || w->origin != HG_KNOWN)
                continue;
            for (int sign = 1; sign >= -1; sign -= 2) {
                hg_score s = without_product(v, u, w, sign);
                if (!hgi_fits(v, &s, 0, (double)v->sources * v->sources))
                    continue;
                return hgi_say(v, &s, sign > 0 ? HG_PATH_MISSING : HG_TWICE, why,
                               "%d of %d entries of %s %s exactly %s times %s: %s", s.matched, v->n,
                               v->t->name, sign > 0 ? "lack" : "have too much of", u->name, w->name,
                               sign > 0 ? "the path that brings it is missing, or one that brings "
                                          "minus it is counted twice"
                                        : "a path is counted twice, or one that brings minus it is "
                                          "missing");
            }
        }
    return 0;
}

static int say_scaled(const hg_view *v, const hg_source *u, const hg_score *s, double c,
                      hg_explanation *why)
{
    if (u->origin == HG_OWN)
        return hgi_say(v, s, HG_PATH_MISSING, why,
                       "%d of %d entries of %s lack %.6g times the values: a term of their squares "
                       "(weight decay), or the path through a norm, is left out or wrong",
                       s->matched, v->n, v->t->name, c);
    return hgi_say(v, s, HG_PATH_MISSING, why,
                   "%d of %d entries of %s lack %.6g times %s%s: the path that brings it is "
                   "missing, or has a wrong factor",
                   s->matched, v->n, v->t->name, c,
                   u->origin == HG_GRADIENT ? "the gradient of " : "", u->name);
}

int hgi_scaled_path(const hg_view *v, hg_explanation *why)
{
    double *d = v->room, *z = v->room + v->n;
    for (int k = 0; k < v->sources; k++) {
        const hg_source *u = &v->source[k];
        if (u->n != v->n || u->origin == HG_OTHER)
            continue;
        for (int i = 0; i < v->n; i++) {
            d[i] = v->x[i] - v->a[i];
            z[i] = hgi_source_value(u, i);
        }
        double c = hgi_constant(v, d, z, -1);
        int named = u->origin <= HG_KNOWN && hgi_is_named(v, &c);
        hg_score s = without(v, u, c);
        if (c != 0 && hgi_fits(v, &s, !named, named ? 200 * v->sources : v->sources))
            return say_scaled(v, u, &s, c, why);
    }
    return 0;
}

static int say_only(const hg_view *v, const hg_source *u, const hg_score *s, double c,
                    hg_explanation *why)
{
    if (u->origin == HG_OWN)
        return hgi_say(v, s, HG_OTHER_FUNCTION, why,
                       "%d of %d entries of %s are the values times %.6g and no more: the gradient "
                       "of a sum of squares, where that of another function belongs",
                       s->matched, v->n, v->t->name, c);
    return hgi_say(v, s, HG_PATH_MISSING, why,
                   "%d of %d entries of %s are %s times %.6g and no more: the other path, or "
                   "a derivative on the way, is missing (or overwritten: `=` for `+=`?)",
                   s->matched, v->n, v->t->name, u->name, c);
}

/* a = u, or a multiple of it: only that path was counted. */
int hgi_only_path(const hg_view *v, hg_explanation *why)
{
    for (int k = 0; k < v->sources; k++) {
        const hg_source *u = &v->source[k];
        if (u->n != v->n || u->origin > HG_KNOWN)
            continue;
        for (int i = 0; i < v->n; i++)
            v->room[i] = hgi_source_value(u, i);
        double c = hgi_constant(v, v->a, v->room, -1);
        int fitted = !(fabs(c - 1) < 1e-9);
        hg_score s = {0};
        for (int i = 0; i < v->n; i++)
            hgi_predict(v, &s, i, (fitted ? c : 1) * v->room[i], 0);
        if (c != 0 && hgi_fits(v, &s, fitted, v->sources))
            return say_only(v, u, &s, fitted ? c : 1, why);
    }
    return 0;
}

/* ---- lines ---------------------------------------------------------------- */

/* A line of entries: a row (the last axis) or a column (the first). */
typedef struct line {
    int first, step, length;
} line;

static line line_of(const hg_view *v, int columns, int k)
{
    int C = hgi_width(v->t), n = v->n;
    return columns ? (line){k, n / v->t->shape[0], v->t->shape[0]} : (line){k * C, 1, C};
}

/* ---- a factor of each row ----------------------------------------------- */

/* Whether a has entries that are wrong along a line; their ratio is that of its largest entry. */
static int ratio_of_line(const hg_view *v, line l, hg_score *s)
{
    int best = l.first, wrong = 0;
    for (int k = 0; k < l.length; k++) {
        int i = l.first + k * l.step;
        best = fabs(v->x[i]) > fabs(v->x[best]) ? i : best;
        wrong += v->state[i] == HG_WRONG;
    }
    double top = fabs(v->x[best]), c = top > 0 ? v->a[best] / v->x[best] : 1;
    for (int k = 0; k < l.length; k++) {
        int i = l.first + k * l.step;
        double room = hgi_reach(v, i) + (top > 0 ? hgi_reach(v, best) * fabs(v->x[i]) / top : 0);
        hgi_predict(v, s, i, c * v->x[i], fabs(c) * room);
    }
    return wrong > 0;
}

int hgi_has_ratios(const hg_view *v, int columns)
{
    hg_score s = {0};
    int lines = 0, length = columns ? v->t->shape[0] : hgi_width(v->t);
    if (v->t->rank < 2 || length < 3)
        return 0;
    for (int k = 0; k < v->n / length && !s.failed; k++)
        lines += ratio_of_line(v, line_of(v, columns, k), &s);
    return lines >= 2 && !s.failed && hgi_fits(v, &s, lines, 1);
}

/* ---- a term that a row shares ------------------------------------------- */

/* Fits d = x - a along a line by a constant (kinds & 1) and by u (kinds & 2). */
static void fit_line(const hg_view *v, line l, const hg_source *u, int kinds, double c[2])
{
    double mean = 0, middle = 0, ud = 0, uu = 0;
    for (int k = 0; k < l.length && kinds & 1; k++) {
        int i = l.first + k * l.step;
        mean += (v->x[i] - v->a[i]) / l.length;
        middle += kinds & 2 ? hgi_source_value(u, i) / l.length : 0;
    }
    for (int k = 0; k < l.length && kinds & 2; k++) {
        int i = l.first + k * l.step;
        double z = hgi_source_value(u, i) - middle;
        ud += z * (v->x[i] - v->a[i] - mean);
        uu += z * z;
    }
    c[1] = uu > 0 ? ud / uu : 0;
    c[0] = mean - c[1] * middle;
}

static int share_line(const hg_view *v, line l, const hg_source *u, int kinds, hg_score *s)
{
    double c[2], most = 0;
    int wrong = 0;
    for (int k = 0; k < l.length; k++) {
        wrong += v->state[l.first + k * l.step] == HG_WRONG;
        most = fmax(most, hgi_reach(v, l.first + k * l.step));
    }
    if (!wrong)
        return 0;
    fit_line(v, l, u, kinds, c);
    for (int k = 0; k < l.length; k++) {
        int i = l.first + k * l.step;
        double z = kinds & 2 ? hgi_source_value(u, i) : 0;
        hgi_predict(v, s, i, v->x[i] - c[0] - c[1] * z, 2 * most + 1e-12 * v->largest);
    }
    return 1;
}

static int shares(const hg_view *v, const hg_source *u, int kinds, int columns, hg_score *s)
{
    int length = columns ? v->t->shape[0] : hgi_width(v->t), fitted = 0;
    *s = (hg_score){0};
    if (length < (kinds == 3 ? 4 : 3))
        return 0;
    for (int k = 0; k < v->n / length && !s->failed; k++)
        fitted += share_line(v, line_of(v, columns, k), u, kinds, s);
    return !s->failed && hgi_fits(v, s, fitted * (kinds == 3 ? 2 : 1), 8 * v->sources);
}

static int shared_by(const hg_view *v, const hg_source *u, int kinds, hg_explanation *why)
{
    hg_score s;
    static const char *const meaning[] = {
        "",
        ("one number: a term that all its entries share (a mean, a broadcast sum) is left out or "
         "wrong%s"),
        "a multiple of %s: a term with it is left out or wrong (the path through a norm or a sum?)",
        "a constant and a multiple of %s: what its entries share (mean, variance, a sum) is left "
        "out or wrong"};
    char text[120];
    const char *from = u->origin == HG_OWN ? "the values" : u->name;
    snprintf(text, sizeof text, meaning[kinds], kinds == 1 ? "" : from);
    for (int columns = 0; columns < 2 && columns < v->t->rank; columns++)
        if (shares(v, u, kinds, columns, &s) && !hgi_has_ratios(v, columns))
            return hgi_say(v, &s, HG_PATH_MISSING, why, "in each %s of %s the difference is %s",
                           columns ? "column" : "row", v->t->name, text);
    return 0;
}

/* The same number everywhere. */
static int one_number(const hg_view *v, hg_explanation *why)
{
    double sum = 0;
    hg_score s = {0};
    for (int i = 0; i < v->n; i++)
        sum += (v->x[i] - v->a[i]) / v->n;
    for (int i = 0; i < v->n; i++)
        hgi_predict(v, &s, i, v->x[i] - sum, 2 * hgi_reach(v, i));
    return v->n >= 4 && hgi_fits(v, &s, 1, 4) &&
           hgi_say(v, &s, HG_PATH_MISSING, why,
                   "every entry of %s lacks the same number, %.6g: a term that all share, or what "
                   "stood in the gradient before (`=` where `+=` belongs?)",
                   v->t->name, sum);
}

int hgi_shared_path(const hg_view *v, hg_explanation *why)
{
    if (v->t->rank < 1)
        return 0;
    if (one_number(v, why))
        return 1;
    if (shared_by(v, &v->source[0], 1, why))
        return 1;
    for (int kinds = 2; kinds <= 3; kinds++)
        for (int k = 0; k < v->sources; k++)
            if (v->source[k].n == v->n && v->source[k].origin <= HG_KNOWN &&
                shared_by(v, &v->source[k], kinds, why))
                return 1;
    return 0;
}

/* ---- nothing fits ------------------------------------------------------- */

/* Rows of x sum to 0, rows of a do not. */
static int lost_sums(const hg_view *v)
{
    int C = hgi_width(v->t), lost = 0;
    for (int r = 0; r < v->n / C; r++) {
        double sum_a = 0, sum_x = 0, bound = 0, size = 0;
        for (int i = r * C; i < (r + 1) * C; i++) {
            sum_a += v->a[i];
            sum_x += v->x[i];
            bound += v->bound[i] + 1e-12 * fabs(v->x[i]);
            size += fabs(v->x[i]);
        }
        if (!(fabs(sum_x) <= bound))
            return 0;
        lost += fabs(sum_a) > 100 * bound && size > 100 * bound;
    }
    return C >= 3 && lost;
}

/* The largest entry of a, where it is so much larger than x that its rounding, which is in all
 * bounds, may hide the others; or -1. */
static int beyond_scale(const hg_view *v)
{
    int top = 0;
    for (int i = 0; i < v->n; i++)
        if (fabs(v->a[i]) > fabs(v->a[top]))
            top = i;
    return fabs(v->a[top]) > 1e6 * v->largest ? top : -1;
}

static int say_ratios(const hg_view *v, hg_explanation *why)
{
    hg_score s = {0};
    int columns = 0;
    while (columns < 2 && !hgi_has_ratios(v, columns))
        columns++;
    const char *what = columns ? "column" : "row";
    return columns < 2 &&
           hgi_say(v, &s, HG_UNEXPLAINED, why,
                   "unexplained; but each %s of %s has a constant ratio of its own: look at what "
                   "is multiplied once a %s (the derivative of the unit's activation?)",
                   what, v->t->name, what);
}

static void say_open(const hg_view *v, hg_explanation *why)
{
    hg_score s = {0};
    char small[48] = "";
    int silent = v->n - v->right - v->wrong - v->doubtful;
    if (silent)
        snprintf(small, sizeof small, ", %d too small to say", silent);
    hgi_say(
        v, &s, HG_UNEXPLAINED, why,
        "unexplained: no pattern that is known fits the wrong entries of %s; of %d entries %d are "
        "right%s",
        v->t->name, v->n, v->right, small);
}

void hgi_hint(const hg_view *v, hg_explanation *why)
{
    const char *n = v->t->name;
    hg_score s = {0};
    int top = beyond_scale(v);
    if (hgi_whole_sum(v, why) || say_ratios(v, why))
        return;
    if (top >= 0)
        hgi_say(
            v, &s, HG_UNEXPLAINED, why,
            "unexplained; but %s%s is given as %.3g, and no numeric entry exceeds %.3g: another "
            "scale, no influence at all, or one entry that hides the others",
            n, hgi_place(v->t, top).s, v->a[top], v->largest);
    else if (hgi_last_step_only(v))
        hgi_say(
            v, &s, HG_UNEXPLAINED, why,
            "unexplained; but %s is right at the last step of %d and wrong at all earlier ones: "
            "look at what a step gets from later ones (a recurrence, a causal mask)",
            n, hgi_last_step_only(v));
    else if (lost_sums(v))
        hgi_say(v, &s, HG_UNEXPLAINED, why,
                "unexplained; but each row of the numeric %s sums to 0 and of the given one does "
                "not: a term that a row shares (softmax, mean) may be wrong",
                n);
    else
        say_open(v, why);
}
