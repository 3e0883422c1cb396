/* SPDX-License-Identifier: MIT */
/* Mistakes in the value of every entry: nothing, minus, a factor, the rounding of float. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/check/hypotheses.h"

/* ---- missing, and the sign ---------------------------------------------- */

static hg_score times(const hg_view *v, double c, int wrong_only)
{
    hg_score s = {0};
    for (int i = 0; i < v->n; i++)
        if (!wrong_only || hgi_is_off(v, i))
            hgi_predict(v, &s, i, c * v->x[i], fabs(c) * hgi_reach(v, i));
    return s;
}

/* A large factor enlarges the bounds, too: what then tells nothing does not speak against it. */
static int factor_fits(const hg_view *v, hg_score s, int fitted, double tried)
{
    if (s.rough <= s.informative)
        s.informative += s.rough;
    return hgi_fits(v, &s, fitted, tried);
}

int hgi_missing(const hg_view *v, hg_explanation *why)
{
    hg_score s = {0};
    for (int i = 0; i < v->n; i++)
        hgi_predict(v, &s, i, 0, 1e-14 * v->largest);
    if (!hgi_fits(v, &s, 0, 1))
        return 0;
    return hgi_say(v, &s, HG_MISSING, why,
                   "%s is 0 throughout (%d of %d entries should not be): its gradient is never "
                   "computed, or cleared afterwards",
                   v->t->name, s.informative, v->n);
}

int hgi_sign(const hg_view *v, hg_explanation *why)
{
    hg_score s = times(v, -1, 0);
    if (!hgi_fits(v, &s, 0, 1))
        return 0;
    why->factor = -1;
    return hgi_say(v, &s, HG_SIGN, why,
                   "%d of %d entries of %s are minus the right value: a wrong sign", s.matched,
                   v->n, v->t->name);
}

/* ---- factors ------------------------------------------------------------ */

/* The names that a factor may have, joined by "or". */
typedef struct names {
    const hg_view *v;
    double c, margin;             /* the factor measured, and how well */
    double exact;                 /* the value of the first name that fits */
    int count, two, plain, level; /* names; 2 is one; the first is 2 or 1/2 */
    char text[150];
} names;

static void name(names *u, int level, double value, const char *text)
{
    if (!(fabs(value - u->c) <= u->margin * fabs(u->c)) || (u->count && u->level < level))
        return;
    if (!u->count)
        u->exact = value;
    size_t used = strlen(u->text);
    if (used + strlen(text) + 5 < sizeof u->text)
        snprintf(u->text + used, sizeof u->text - used, "%s%s",
                 u->count   ? "; or "
                 : u->plain ? ": "
                            : ", and ",
                 text);
    u->count++;
    u->level = level;
}

/* A name that is made of one size: what = value: meaning. */
static void name_one(names *u, double value, const char *what, const hg_size *z,
                     const char *meaning)
{
    char text[80];
    snprintf(text, sizeof text, "%s = %.4g: %s%s", z->letter, z->value, meaning, what);
    name(u, 1, value, text);
}

static void name_size(names *u, const hg_size *z)
{
    char root[24];
    double value = z->value;
    snprintf(root, sizeof root, "sqrt(%.12s)", z->letter);
    if (z->letter[0] == 'd' && z->letter[1]) { /* dloss: an incoming gradient, not a size */
        name_one(u, value, "", z, "the incoming gradient is multiplied in twice");
        name_one(u, 1 / value, "", z, "the incoming gradient is dropped");
        return;
    }
    name_one(u, value, z->letter, z, "a factor too many, or no division by ");
    name_one(u, 1 / value, z->letter, z, "a division too many by ");
    if (!(value > 0))
        return;
    name_one(u, sqrt(value), root, z, "a factor too many, or no division by ");
    name_one(u, 1 / sqrt(value), root, z, "a division too many by ");
}

static void name_pair(names *u, const hg_size *y, const hg_size *z)
{
    char text[80];
    const char *m = y->letter, *n = z->letter;
    snprintf(text, sizeof text, "%s %s = %.4g", m, n, y->value * z->value);
    name(u, 2, y->value * z->value, text);
    snprintf(text, sizeof text, "1/(%s %s), with %s %s = %.4g", m, n, m, n, y->value * z->value);
    name(u, 2, 1 / (y->value * z->value), text);
    if (y == z)
        return;
    snprintf(text, sizeof text, "it is %s/%s", m, n);
    name(u, 2, y->value / z->value, text);
    snprintf(text, sizeof text, "it is %s/%s", n, m);
    name(u, 2, z->value / y->value, text);
}

static int is_size(const hg_size *z)
{
    return z->letter && isfinite(z->value) && z->value != 0 && fabs(z->value - 1) > 1e-12;
}

/* What 2, 1/2 and the sizes of the problem can say of the factor c. */
static void name_factor(names *u)
{
    const hg_view *v = u->v;
    int n = hgi_sizes(v);
    u->plain = 1;
    name(u, 1, 2, "counted twice, or a factor 2 too many");
    u->two = u->count;
    name(u, 1, 0.5, "a factor 2 is missing (the derivative of a square?)");
    u->plain = 0;
    for (int k = 0; k < n; k++)
        if (is_size(hgi_size(v, k)))
            name_size(u, hgi_size(v, k));
    for (int k = 0; k < n; k++)
        for (int m = k; m < n; m++)
            if (is_size(hgi_size(v, k)) && is_size(hgi_size(v, m)))
                name_pair(u, hgi_size(v, k), hgi_size(v, m));
}

/* The factor of the entries (all, or the wrong ones), how well it is known, how it spreads. */
static void measure(const hg_view *v, int wrong_only, names *u, double *spread)
{
    double weight = 0, sum = 0;
    u->v = v;
    u->c = hgi_constant(v, v->a, v->x, wrong_only ? HG_WRONG : -1);
    for (int i = 0; i < v->n; i++) {
        if (v->state[i] != HG_WRONG || !(fabs(v->x[i]) > 100 * v->bound[i]))
            continue;
        double r = v->x[i] / fmax(v->bound[i], 1e-12 * fabs(v->x[i])), d = v->a[i] / v->x[i] - u->c;
        weight += r * r;
        sum += r * r * d * d;
    }
    u->margin = weight > 0 ? 8 / sqrt(weight) + 1e-9 : 0;
    *spread = weight > 0 ? sqrt(sum / weight) : 0;
}

static double tried(const hg_view *v)
{
    double n = hgi_sizes(v);
    return 2 + 4 * n + 3 * n * n;
}

static int named_factor(const hg_view *v, int wrong_only, const char *where, hg_explanation *why)
{
    names u = {.count = 0};
    double spread;
    measure(v, wrong_only, &u, &spread);
    name_factor(&u);
    if (!u.count)
        return 0;
    hg_score s = times(v, u.exact, wrong_only);
    if (!factor_fits(v, s, 0, tried(v) * (wrong_only ? 16 : 1)))
        return 0;
    why->factor = u.c;
    why->spread = spread;
    return hgi_say(v, &s, u.two ? HG_TWICE : HG_FACTOR, why,
                   "%d of %d entries of %s%s have ratio %.5g +- %.0e%s", s.matched,
                   wrong_only ? v->wrong : v->n, v->t->name, where, u.c, spread, u.text);
}

int hgi_is_named(const hg_view *v, double *c)
{
    names u = {.v = v, .c = fabs(*c), .margin = 1e-8};
    name(&u, 1, 1, "1");
    name_factor(&u);
    if (u.count)
        *c = *c < 0 ? -u.exact : u.exact;
    return u.count > 0;
}

int hgi_factor(const hg_view *v, hg_explanation *why)
{
    return named_factor(v, 0, "", why);
}

int hgi_unnamed_factor(const hg_view *v, hg_explanation *why)
{
    names u = {.count = 0};
    double spread;
    measure(v, 0, &u, &spread);
    hg_score s = times(v, u.c, 0);
    if (!factor_fits(v, s, 1, 1))
        return 0;
    why->factor = u.c;
    why->spread = spread;
    name_factor(&u); /* what it may be, though that may be chance */
    return hgi_say(v, &s, HG_FACTOR, why,
                   "%d of %d entries of %s have ratio %.6g +- %.0e: a constant factor%s%s",
                   s.matched, v->n, v->t->name, u.c, spread, u.count ? ", perhaps" : "",
                   u.count ? u.text + (u.text[0] == ',' ? 5 : 1) /* without ", and" or ":" */
                           : ", which none of the given sizes explains");
}

/* A factor at the wrong entries only, wherever they are. */
int hgi_part_factor(const hg_view *v, hg_explanation *why)
{
    if (v->wrong < 3 || v->right < 1)
        return 0;
    if (named_factor(v, 1, " (the wrong ones)", why))
        return 1;
    hg_score s = times(v, -1, 1);
    if (!hgi_fits(v, &s, 0, 16))
        return 0;
    return hgi_say(v, &s, HG_SIGN, why, "the %d wrong entries of %s are minus the right value",
                   v->wrong, v->t->name);
}

/* ---- float -------------------------------------------------------------- */

/* Float rounds every entry, each by some 1e-7 of what it is computed from: so nearly all that are
 * not small must be off, and none by much less than the others. */
static int rounds_everywhere(const hg_view *v, double worst)
{
    int off = 0, large = 0;
    for (int i = 0; i < v->n; i++) {
        if (!(fabs(v->x[i]) > 0.1 * v->largest))
            continue;
        large++;
        off += v->state[i] == HG_WRONG && fabs(v->a[i] - v->x[i]) > 1e-3 * worst;
    }
    return large >= 2 && 4 * off >= 3 * large;
}

/* Single precision: small differences of either sign, and no other law in them. */
int hgi_float_noise(const hg_view *v, hg_explanation *why)
{
    int floats = 1, above = 0, below = 0;
    double worst = 0;
    for (int i = 0; i < v->n; i++) {
        if (v->state[i] == HG_SILENT)
            continue;
        double d = v->a[i] - v->x[i];
        floats &= (double)(float)v->a[i] == v->a[i];
        worst = fmax(worst, fabs(d));
        if (v->state[i] == HG_WRONG)
            *(d * v->x[i] > 0 ? &above : &below) += 1;
    }
    if (!floats && !rounds_everywhere(v, worst))
        return 0;
    worst /= fmax(v->largest, DBL_MIN);
    int mixed = above + below < 4 ? floats : 8 * above > v->wrong && 8 * below > v->wrong;
    if (!mixed || worst < 1e-10 || worst > (floats ? 1e-4 : 3e-6) || v->right + v->wrong < 3)
        return 0;
    hg_score s = {.matched = v->right + v->wrong};
    return hgi_say(v, &s, HG_FLOAT_NOISE, why,
                   "the largest difference is %.0e of the largest entry of %s, of either sign%s: "
                   "rounding in single precision (float, or a constant such as 0.1f)",
                   worst, v->t->name, floats ? ", and every entry is a float" : "");
}
