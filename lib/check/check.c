/* SPDX-License-Identifier: MIT */
/* How a check decides. Everything is measured on the loss itself:
 *
 *   noise       the standard deviation s of one evaluation, from fourth differences of
 *               values at equal steps (a smooth function's are ~ h^4, noise's have the
 *               variance 70 s^2). More and Wild, SIAM J. Sci. Comput. 33:1292 (2011).
 *   step        h = (3 s / |f'''|)^(1/3), where rounding and truncation balance; the
 *               scale of the slope stands for f'''.
 *   truncation  (D(2h) - D(h)) / 3 estimates the error of D(h), which is h^2 f'''/6.
 *   the bound   6 standard deviations of the noise of D(h), plus 1.5 times the truncation,
 *               plus 16 roundings of the gradient itself.
 *
 * An entry that this leaves open, or with fewer than seven digits, gets a closer look: its own
 * noise, a ladder of steps with extrapolation (Ridders, Adv. Eng. Softw. 4:75, 1982), and the
 * one-sided slopes: their difference falls with the step where the loss is smooth, and stays at a
 * kink.
 */
#include "lib/check/handgrad.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { PROBES = 8, LADDER = 12, LINE = 13 };

/* A check under way: one tensor, its loss, what was measured. */
typedef struct run {
    hg_loss loss;
    void *context;
    const hg_tensor *t;
    long passes;
    double f0;       /* the loss at the point */
    double rounding; /* of storing the loss at the point */
    double noise;    /* standard deviation of one evaluation */
    double step;     /* relative to max(1, |x|) */
} run;

const char *hg_verdict_name(hg_verdict v)
{
    static const char *const names[] = {"agrees", "disagrees", "undecided", "zero"};
    return names[v];
}

const char *hg_cause_text(hg_cause c)
{
    static const char *const texts[] = {
        "",
        "a kink: the left and the right slope differ",
        "the noise of the loss hides the slope",
        "no slope above the noise: this test cannot fail",
        "the loss is not deterministic",
        "a value is not finite",
        "complex step and differences disagree: an imaginary part is dropped",
    };
    return texts[c];
}

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

static int is_good(const hg_tensor *t)
{
    return t && t->name && t->data && t->grad && hg_entries(t) > 0 && t->type <= HG_COMPLEX &&
           t->expected <= HG_ZERO;
}

/* ---- entries of any type ------------------------------------------------ */

static double entry(const void *array, hg_type type, int i)
{
    switch (type) {
    case HG_FLOAT: return (double)((const float *)array)[i];
    case HG_COMPLEX: return ((const double *)array)[2 * i];
    default: return ((const double *)array)[i];
    }
}

/* Stores x as entry i; returns what was stored, which in float is not always x.
 */
static double put(const hg_tensor *t, int i, double x)
{
    switch (t->type) {
    case HG_FLOAT: return (double)(((float *)t->data)[i] = (float)x);
    case HG_COMPLEX: return ((double *)t->data)[2 * i] = x;
    default: return ((double *)t->data)[i] = x;
    }
}

static int call(run *u, double loss[2])
{
    loss[0] = loss[1] = 0;
    u->passes++;
    return u->loss(u->context, loss);
}

/* The loss with entry i at x + h; *stored receives the x + h that memory held.
 * The entry is put back before returning, whatever the loss did. */
static int at(run *u, int i, double h, double *f, double *stored)
{
    double x = entry(u->t->data, u->t->type, i), loss[2];
    *stored = put(u->t, i, x + h);
    int failed = call(u, loss);
    put(u->t, i, x);
    *f = loss[0];
    return failed;
}

static double power_of_two(double x) /* the largest one that is <= x */
{
    int exponent;
    frexp(x, &exponent);
    return ldexp(0.5, exponent);
}

/* Steps are powers of two times this one: so x + h is exact nearly always, and the steps equal. */
static double scale_of(double x)
{
    return fabs(x) > 1 ? power_of_two(fabs(x)) : 1;
}

static double epsilon_of(hg_type type)
{
    return type == HG_FLOAT ? (double)FLT_EPSILON : DBL_EPSILON;
}

/* ---- noise -------------------------------------------------------------- */

/* The rounding of storing the loss alone. A loss that is exactly a float was computed in float. */
static double rounding_of(double f0, hg_type type)
{
    int single = type == HG_FLOAT && f0 == (double)(float)f0;
    return 0.3 * (single ? (double)FLT_EPSILON : DBL_EPSILON) * fabs(f0);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The standard deviation of the noise from n fourth differences (sorted here). Zeros say nothing:
 * there the loss did not move by one unit of its rounding. A kink within a stencil gives one far
 * larger than the rest: those are left out. */
static double noise_of(int n, double fourth[])
{
    for (int k = 0; k < n; k++)
        fourth[k] = fabs(fourth[k]);
    qsort(fourth, (size_t)n, sizeof *fourth, by_size);
    int zeros = 0;
    while (zeros < n && !(fourth[zeros] > 0))
        zeros++;
    double most = zeros < n ? 20 * fourth[zeros + (n - 1 - zeros) / 2] : 0, sum = 0;
    int used = 0;
    for (int k = zeros; k < n && fourth[k] <= most; k++, used++)
        sum += fourth[k] * fourth[k];
    return used ? sqrt(sum / used / 70) : 0;
}

/* The steps at which noise is measured along a line: fine ones, and coarser ones where the values
 * show none, since their rounding is coarse. */
typedef struct levels {
    double h, fine, coarse;
    double last;  /* what the level before showed */
    double noise; /* the most that one showed */
    int moved;    /* fourth differences that are not zero */
} levels;

static levels levels_new(hg_type type)
{
    double eps = epsilon_of(type), fine = power_of_two(sqrt(eps));
    return (levels){.h = fine, .fine = fine, .coarse = power_of_two(sqrt(sqrt(eps)))};
}

static int levels_go_on(const levels *v)
{
    return v->h <= v->coarse && (v->h <= 8 * v->fine || v->moved < (LINE - 4) / 2);
}

/* Takes LINE values at steps of v->h and goes to the next level. What grows as the step does, 8
 * times a level, is no noise but a kink among the values. */
static void levels_take(levels *v, const double f[LINE])
{
    double fourth[LINE - 4];
    int n = 0;
    v->moved = 0;
    for (int k = 0; k + 4 < LINE; k++) {
        double d = f[k] - 4 * f[k + 1] + 6 * f[k + 2] - 4 * f[k + 3] + f[k + 4];
        if (isfinite(d))
            fourth[n++] = d;
        v->moved += isfinite(d) && d != 0;
    }
    double noise = noise_of(n, fourth);
    if (!(noise > 7 * v->last && noise < 9 * v->last))
        v->noise = fmax(v->noise, noise);
    v->last = noise;
    v->h *= 8;
}

/* The noise along entry i, for entries that need a closer look. */
static int noise_along(run *u, int i, double scale, double *noise)
{
    double f[LINE], x;
    levels v = levels_new(u->t->type);
    while (levels_go_on(&v)) {
        for (int k = 0; k < LINE; k++)
            if (at(u, i, (k - LINE / 2) * v.h * scale, &f[k], &x))
                return 1;
        levels_take(&v, f);
    }
    *noise = fmax(*noise, v.noise);
    return 0;
}

/* ---- differences -------------------------------------------------------- */

/* Five equal steps around one entry: two central slopes and one fourth
 * difference. */
typedef struct five {
    double near, far; /* D(h), D(2h) */
    double gap;       /* (x+h) - (x-h) as memory held them */
    double fourth;
    double size; /* the largest magnitude of the loss */
    int still;   /* the loss is the same at all five, to the bit */
} five;

/* The central slope at x, divided by the difference of the points that memory held; where rounding
 * made the two steps unequal, less the part of the second derivative. */
static double slope_of(double fa, double f, double fb, double a, double x, double b)
{
    double jump = (fb - f) / (b - x) - (f - fa) / (x - a), unequal = (b - x) - (x - a);
    return (fb - fa) / (b - a) - jump * (unequal / (b - a));
}

static int five_points(run *u, int i, double step, five *p)
{
    double here = entry(u->t->data, u->t->type, i), h = power_of_two(step) * scale_of(here);
    double f[5], x[5];
    f[2] = u->f0;
    p->still = 1;
    p->size = 0;
    for (int k = 0; k < 5; k++) {
        if (k != 2 && at(u, i, (k - 2) * h, &f[k], &x[k]))
            return 1;
        p->size = fmax(p->size, fabs(f[k]));
        p->still = p->still && f[k] == u->f0;
    }
    p->gap = x[3] - x[1];
    p->near = slope_of(f[1], f[2], f[3], x[1], here, x[3]);
    p->far = slope_of(f[0], f[2], f[4], x[0], here, x[4]);
    p->fourth = f[0] - 4 * f[1] + 6 * f[2] - 4 * f[3] + f[4];
    return 0;
}

/* Measures the noise on a few entries with one step; few entries: each at several steps. Returns 1
 * where the loss failed. */
static int probe(run *u, double step, double *noise, int *moved, double *slope)
{
    int n = hg_entries(u->t), probes = n < PROBES ? n : PROBES, count = 0;
    double fourth[PROBES];
    *moved = 0;
    for (int k = 0; k < PROBES; k++) {
        int i = (int)((long)(k % probes) * n / probes);
        five p;
        if (five_points(u, i, step / (1 << k / probes), &p))
            return 1;
        if (isfinite(p.fourth))
            fourth[count++] = p.fourth;
        *moved += !p.still;
        if (isfinite(p.near))
            *slope = fmax(*slope, fabs(p.near));
    }
    *noise = noise_of(count, fourth);
    return 0;
}

/* The noise of the loss, and the step. What falls with the step is no noise but a kink within the
 * points, or a loss that is not smooth on this scale: then the finer measure holds. */
static int measure(run *u)
{
    double slope = 0, base = cbrt(3 * epsilon_of(u->t->type)), step = base, finer;
    u->rounding = rounding_of(u->f0, u->t->type);
    int moved;
    if (probe(u, step, &u->noise, &moved, &slope))
        return 1;
    for (int round = 0; round < 2 && u->noise > 100 * u->rounding; round++) {
        if (probe(u, step /= 16, &finer, &moved, &slope))
            return 1;
        if (moved < PROBES / 2 || finer > u->noise / 8)
            break;
        u->noise = finer;
    }
    u->noise = fmax(u->noise, u->rounding);
    double h = slope > 0 ? cbrt(3 * u->noise / slope) : base;
    u->step = fmax(base / 4, fmin(h, 0.03));
    return 0;
}

/* What the numeric side says of one entry. */
typedef struct numeric {
    double value, bound;
    double gap;   /* of the points that the value comes from */
    double noise; /* of the loss along this entry */
    int kink;
    double left, right;
} numeric;

static double noise_bound(double noise, double gap)
{
    return 6 * noise * sqrt(2) / gap;
}

/* Many steps around one entry, each a quarter of the last. */
typedef struct ladder {
    int n;
    double slope[LADDER], gap[LADDER], left[LADDER], right[LADDER], jump[LADDER];
    double moved[LADDER]; /* by how much the loss moved, at most */
    double noise[LADDER]; /* of the loss, along this entry and at this size of it */
} ladder;

static int climb(run *u, int i, double h, double noise, ladder *w)
{
    double x = entry(u->t->data, u->t->type, i);
    for (w->n = 0; w->n < LADDER; w->n++, h /= 4) {
        double a, b, fa, fb;
        if (at(u, i, -h, &fa, &a) || at(u, i, h, &fb, &b))
            return 1;
        if (!(a < x && x < b)) /* finer than the type can store */
            break;
        int k = w->n;
        w->gap[k] = b - a;
        w->slope[k] = slope_of(fa, u->f0, fb, a, x, b);
        w->left[k] = (u->f0 - fa) / (x - a);
        w->right[k] = (fb - u->f0) / (b - x);
        w->jump[k] = w->right[k] - w->left[k];
        w->moved[k] = fmax(fabs(fa - u->f0), fabs(fb - u->f0));
        w->noise[k] = fmax(noise, rounding_of(fmax(fabs(fa), fabs(fb)), u->t->type));
    }
    return 0;
}

/* How steady a jump between one-sided slopes is over four steps, from k: its least part by its
 * largest. Where the loss is smooth it falls with the step, 64 times here; noise makes it grow. */
static double steadiness(const double jump[], int k)
{
    double least = fabs(jump[k]), most = least;
    for (int j = k + 1; j < k + 4; j++) {
        least = fmin(least, fabs(jump[j]));
        most = fmax(most, fabs(jump[j]));
    }
    return most > 0 ? least / most : 0;
}

/* Takes the extrapolated slope with the smallest bound: what it still changes from step to step,
 * and the noise. */
static void best_slope(const ladder *w, numeric *v)
{
    double better[LADDER];
    for (int k = 0; k < w->n; k++)
        better[k] = k ? (16 * w->slope[k] - w->slope[k - 1]) / 15 : w->slope[k];
    for (int k = 2; k + 1 < w->n; k++) {
        double drift = fmax(fabs(better[k] - better[k - 1]), fabs(better[k + 1] - better[k]));
        double bound = drift + 1.2 * noise_bound(fmax(v->noise, w->noise[k]), w->gap[k]);
        if (bound < v->bound) {
            v->bound = bound;
            v->value = better[k];
            v->gap = w->gap[k];
        }
    }
}

/* A kink counts where it lies within the points that the value comes from, and stands above the
 * noise, or above rounding where it is steady: a kink spoils the measure of noise. The one-sided
 * slopes are those that change least from one step to the next. */
static void find_kink(const run *u, const ladder *w, numeric *v)
{
    double least = HUGE_VAL;
    for (int k = 0; k + 3 < w->n; k++) {
        int last = k + 3;
        double steady = steadiness(w->jump, k);
        double noise = steady > 0.98 ? u->rounding : w->noise[last];
        double change =
            fabs(w->left[last] - w->left[last - 1]) + fabs(w->right[last] - w->right[last - 1]);
        if (w->gap[last] <= v->gap && steady > 0.5 && change < least &&
            fabs(w->jump[last]) > 4 * noise_bound(noise, w->gap[last] / 2)) {
            least = change;
            v->kink = 1;
            v->left = w->left[last];
            v->right = w->right[last];
        }
    }
}

/* The noise as the finest steps show it: by how far their slopes are from the value, and, where the
 * loss stands still at the finest, by its last move. */
static double noise_of_tail(const ladder *w, const numeric *v)
{
    double sum = 0;
    int used = 0, last = w->n - 1;
    for (int k = w->n > 5 ? w->n - 5 : 0; k < w->n; k++)
        if (w->gap[k] < v->gap && isfinite(w->slope[k])) {
            double off = (w->slope[k] - v->value) * w->gap[k];
            sum += off * off / 2;
            used++;
        }
    while (last > 0 && !(w->moved[last] > 0))
        last--;
    double unit = last < w->n - 1 ? w->moved[last] : 0;
    return fmax(unit, used > 1 ? sqrt(sum / used) : 0);
}

/* The value with the smallest bound, and once more with the noise that the finest steps show. v
 * holds a first value; its own bound without noise is `truncation`. */
static void judge_ladder(const run *u, const ladder *w, double truncation, numeric *v)
{
    numeric first = *v;
    for (int round = 0; round < 2; round++) {
        *v = first;
        v->bound = noise_bound(v->noise, v->gap) + truncation;
        if (!isfinite(v->bound))
            v->bound = HUGE_VAL;
        best_slope(w, v);
        first.noise = fmax(first.noise, noise_of_tail(w, v));
    }
    find_kink(u, w, v);
}

/* A closer look at an entry that two steps leave open. Where the usual scale, max(1, |x|), does
 * not decide and x is small, x itself is the scale. */
static int look_closer(run *u, int i, double g, const five *p, numeric *v)
{
    double x = fabs(entry(u->t->data, u->t->type, i));
    ladder w;
    if (noise_along(u, i, scale_of(x), &v->noise) ||
        climb(u, i, 0x1p-5 * scale_of(x), v->noise, &w))
        return 1;
    judge_ladder(u, &w, 0.5 * fabs(p->far - p->near), v);
    int open = v->kink || !(fabs(g - v->value) <= v->bound);
    if (open && x > 0 && x < 0.25) {
        numeric small = {.noise = u->rounding, .gap = x};
        if (noise_along(u, i, power_of_two(x), &small.noise) ||
            climb(u, i, 0x1p-5 * power_of_two(x), small.noise, &w))
            return 1;
        judge_ladder(u, &w, HUGE_VAL, &small);
        if (small.bound < v->bound && small.bound < 0.01 * fabs(small.value))
            *v = small;
    }
    return 0;
}

/* The numeric slope of one entry, for comparing it with g in a tensor whose largest is given. */
static int look(run *u, int i, double g, double largest, numeric *v)
{
    five p;
    if (five_points(u, i, u->step, &p))
        return 1;
    *v = (numeric){
        .value = p.near, .gap = p.gap, .noise = fmax(u->noise, rounding_of(p.size, u->t->type))};
    v->bound = noise_bound(v->noise, p.gap) + 0.5 * fabs(p.far - p.near);
    double size = fmax(fabs(g), largest);
    int clear = fabs(g - v->value) <= v->bound && v->bound <= 1e-7 * size;
    int smooth = fabs(p.fourth) <= 10 * sqrt(70) * v->noise; /* a symmetric kink hides from D(h) */
    if ((p.still && !(fabs(g) > 0)) || (clear && smooth))
        return 0;
    return look_closer(u, i, g, &p, v);
}

static void index_of(const hg_tensor *t, int i, int index[HG_RANK])
{
    memset(index, 0, HG_RANK * sizeof *index);
    for (int k = t->rank - 1; k >= 0; k--) {
        index[k] = i % t->shape[k];
        i /= t->shape[k];
    }
}

/* Keeps the entry whose error is largest for its bound. A value that is not
 * finite is worse than any other. */
static void keep_worst(hg_result *r, const hg_tensor *t, int i, double a, double n, double bound)
{
    double error = fabs(a - n);
    int first = r->entries++ == 0;
    if (!first && (!isfinite(r->error) || error * r->bound <= r->error * bound))
        return;
    r->error = error;
    r->bound = bound;
    r->analytic = a;
    r->numeric = n;
    index_of(t, i, r->worst);
}

static double digits_of(double relative)
{
    double least = relative > DBL_EPSILON / 2 ? relative : DBL_EPSILON / 2;
    return least < 1 ? -log10(least) : 0;
}

/* Relative size and digits of the worst entry; whether the verdict is the
 * expected one. */
static void finish(hg_result *r, const hg_tensor *t, double largest)
{
    double scale = largest > 0 ? largest : 1;
    r->relative = r->error / scale;
    r->digits = isfinite(r->relative) ? digits_of(r->relative) : 0;
    r->possible = isfinite(r->bound) ? digits_of(r->bound / scale) : 0;
    r->digits = fmin(r->digits, r->possible);
    r->passed = r->verdict == t->expected;
}

static double largest_of(int n, const double x[])
{
    double largest = 0;
    for (int i = 0; i < n; i++)
        largest = fmax(largest, fabs(x[i]));
    return largest;
}

static int all_finite(const void *array, const hg_tensor *t)
{
    for (int i = 0, n = hg_entries(t); i < n; i++)
        if (!isfinite(entry(array, t->type, i)))
            return 0;
    return 1;
}

static void undecided(hg_result *r, hg_cause cause)
{
    r->verdict = HG_UNDECIDED;
    r->cause = cause;
}

/* Two calls at the same point, before anything else. Returns 1 where the loss
 * failed. */
static int first_calls(run *u, hg_result *r)
{
    double a[2], b[2];
    if (call(u, a) || call(u, b))
        return 1;
    u->f0 = a[0];
    if (!isfinite(a[0]) || !isfinite(b[0]) || !all_finite(u->t->grad, u->t) ||
        !all_finite(u->t->data, u->t))
        undecided(r, HG_NOT_FINITE);
    else if (memcmp(a, b, sizeof a) != 0)
        undecided(r, HG_NOT_DETERMINISTIC);
    return 0;
}

/* How many entries were found to be what. */
typedef struct tally {
    int kinks, blind, above, infinite;
    double largest; /* numeric value */
} tally;

/* Judges one entry. Its bound also holds the rounding of the gradient itself. */
static void judge(const run *u, int i, double g, double largest, numeric *v, hg_result *r, tally *c)
{
    double size = fmax(fabs(g), largest);
    v->bound += 16 * epsilon_of(u->t->type) * fmax(1, u->t->condition) * size;
    if (!isfinite(v->value) || !isfinite(v->bound)) {
        c->infinite++;
    } else if (v->kink) {
        int between =
            g >= fmin(v->left, v->right) - v->bound && g <= fmax(v->left, v->right) + v->bound;
        if (c->kinks++ == 0 || (r->between && !between)) { /* shows one, the worse one */
            r->between = between;
            r->left = v->left;
            r->right = v->right;
        }
    } else {
        r->wrong += !(fabs(g - v->value) <= v->bound);
        c->blind += !(v->bound <= 1e-2 * fmax(fabs(v->value), largest));
        c->above += fabs(v->value) > v->bound;
        c->largest = fmax(c->largest, fabs(v->value));
    }
    keep_worst(r, u->t, i, g, v->value, v->bound);
}

/* Compares grad[i] with differences for every entry of u->t; *largest receives the largest
 * magnitude of both. */
static int compare(run *u, const double grad[], hg_result *r, double *largest)
{
    tally c = {0};
    int n = hg_entries(u->t);
    *largest = largest_of(n, grad);
    for (int i = 0; i < n; i++) {
        numeric v;
        if (look(u, i, grad[i], *largest, &v))
            return 1;
        judge(u, i, grad[i], *largest, &v, r, &c);
    }
    *largest = fmax(*largest, c.largest);
    r->noise = u->noise;
    if (r->wrong)
        r->verdict = HG_DISAGREES;
    else if (c.infinite)
        undecided(r, HG_NOT_FINITE);
    else if (c.kinks)
        undecided(r, HG_KINK);
    else if (!c.above)
        undecided(r, HG_CANNOT_FAIL);
    else if (c.blind)
        undecided(r, HG_NOISE);
    return 0;
}

/* A tensor that is expected to have no influence: the gradient is zero to the
 * bit, and the loss does not move, to the bit or within its rounding. */
static void judge_zero(hg_result *r, double largest, double moved, double bound)
{
    int none = !(largest > 0) && moved <= bound;
    r->verdict = none ? HG_ZERO : HG_DISAGREES;
    r->cause = HG_NO_CAUSE;
    r->wrong = none ? 0 : r->wrong ? r->wrong : 1;
}

static double *gradient_copy(const hg_tensor *t)
{
    int n = hg_entries(t);
    double *g = malloc((size_t)n * sizeof *g);
    for (int i = 0; g && i < n; i++)
        g[i] = entry(t->grad, t->type, i);
    return g;
}

hg_status hg_differences(hg_loss loss, void *context, const hg_tensor *t, hg_result *r)
{
    if (!loss || !r || !is_good(t))
        return HG_BAD_ARGUMENT;
    run u = {.loss = loss, .context = context, .t = t};
    hg_result found = {.verdict = HG_AGREES};
    double *grad = gradient_copy(t), largest = 0;
    if (!grad)
        return HG_NO_MEMORY;
    int failed = first_calls(&u, &found);
    if (!failed && found.cause == HG_NO_CAUSE) {
        failed = measure(&u) || compare(&u, grad, &found, &largest);
        if (t->expected == HG_ZERO && found.cause != HG_NOT_FINITE && found.cause != HG_KINK)
            judge_zero(&found, largest_of(hg_entries(t), grad), fabs(found.numeric), found.bound);
    }
    free(grad);
    if (failed)
        return HG_LOSS_FAILED;
    finish(&found, t, largest);
    found.passes = u.passes;
    *r = found;
    return HG_OK;
}

/* ---- complex step ------------------------------------------------------- */

/* Im f(x + ih) / h for every entry. */
static int complex_slopes(run *u, double slopes[])
{
    const double h = 1e-200;
    double *x = u->t->data;
    for (int i = 0, n = hg_entries(u->t); i < n; i++) {
        double loss[2], was = x[2 * i + 1];
        x[2 * i + 1] = h;
        int failed = call(u, loss);
        x[2 * i + 1] = was;
        if (failed)
            return 1;
        slopes[i] = loss[1] / h;
    }
    return 0;
}

/* Compares the gradient with the slopes of the complex step, and those with differences of the real
 * part (cross): whatever drops the imaginary part leaves the value right. */
static void judge_complex(const run *u, const double grad[], const double slopes[],
                          const hg_result *cross, hg_result *r, double largest)
{
    const hg_tensor *t = u->t;
    double worst = 0;
    for (int i = 0, n = hg_entries(t); i < n; i++) {
        double bound = 1e-13 * fmax(1, t->condition) * fmax(fabs(grad[i]), largest);
        double error = fabs(grad[i] - slopes[i]);
        keep_worst(r, t, i, grad[i], slopes[i], bound);
        r->wrong += !(error <= bound);
        worst = fmax(worst, error);
    }
    int rounding = cross->cause == HG_CANNOT_FAIL && worst <= 64 * DBL_EPSILON * fabs(u->f0);
    if (cross->verdict == HG_DISAGREES) {
        undecided(r, HG_NOT_ANALYTIC);
    } else if (t->expected == HG_ZERO) {
        judge_zero(r, largest, 0, 0);
    } else if (r->wrong && !rounding) {
        r->verdict = HG_DISAGREES;
    } else if (cross->verdict == HG_UNDECIDED && cross->cause != HG_NOISE) {
        undecided(r, cross->cause);
        r->left = cross->left;
        r->right = cross->right;
        r->between = cross->between;
    }
    r->noise = cross->noise;
}

hg_status hg_complex_step(hg_loss loss, void *context, const hg_tensor *t, hg_result *r)
{
    if (!loss || !r || !is_good(t) || t->type != HG_COMPLEX)
        return HG_BAD_ARGUMENT;
    run u = {.loss = loss, .context = context, .t = t};
    hg_result found = {.verdict = HG_AGREES}, cross = {.verdict = HG_AGREES};
    int n = hg_entries(t);
    double *grad = gradient_copy(t), *slopes = malloc((size_t)n * sizeof *slopes), largest = 0;
    int failed = 0;
    if (grad && slopes)
        failed = first_calls(&u, &found);
    if (grad && slopes && !failed && found.cause == HG_NO_CAUSE) {
        double seen;
        failed = complex_slopes(&u, slopes) || measure(&u) || compare(&u, slopes, &cross, &seen);
        if (!failed) {
            largest = fmax(largest_of(n, grad), largest_of(n, slopes));
            judge_complex(&u, grad, slopes, &cross, &found, largest);
        }
    }
    int memory = grad && slopes;
    free(grad);
    free(slopes);
    if (!memory)
        return HG_NO_MEMORY;
    if (failed)
        return HG_LOSS_FAILED;
    finish(&found, t, largest);
    found.passes = u.passes;
    *r = found;
    return HG_OK;
}

/* ---- Taylor ------------------------------------------------------------- */

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
            double g = entry(d->t[k].grad, d->t[k].type, i);
            double to = h != 0 ? *was + v * h * scale_of(*was) : *was;
            dot += g * (put(&d->t[k], i, to) - *was);
            d->weight += fabs(g) * scale_of(*was);
        }
    return dot;
}

static int loss_along(run *u, direction *d, double h, double *f, double *dot)
{
    double loss[2];
    *dot = move_all(d, h);
    int failed = call(u, loss);
    *f = loss[0];
    return failed;
}

/* Below which a remainder is rounding: 20 standard deviations of the noise along the direction, and
 * the rounding of the gradient. */
static int taylor_noise(run *u, direction *d, double h, double *noise)
{
    double f[LINE], dot;
    levels v = levels_new(d->t[0].type);
    while (levels_go_on(&v)) {
        for (int k = 0; k < LINE; k++)
            if (loss_along(u, d, (k - LINE / 2) * v.h, &f[k], &dot))
                return 1;
        levels_take(&v, f);
    }
    double rounding = rounding_of(u->f0, d->t[0].type), eps = epsilon_of(d->t[0].type);
    *noise = 20 * fmax(v.noise, rounding) + 8 * eps * h * d->weight;
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

/* Whether the last two remainders above the noise, the smallest steps, still fall as h^2. */
static int falls(const hg_taylor_result *r, const double remainder[], double wanted)
{
    int k = HG_TAYLOR_POINTS - 1;
    while (k > 0 && !(remainder[k] > 4 * r->noise))
        k--;
    return k == 0 || log(remainder[k - 1] / remainder[k]) >= wanted * log(r->h[k - 1] / r->h[k]);
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
        if (steadiness(jump, k) > 0.5 && fabs(jump[k + 3]) * r->h[k + 3] > 2 * r->noise) {
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
    double again, dot, ahead[HG_TAYLOR_POINTS], h = single ? 0x1p-4 : 0x1p-8;
    if (loss_along(u, d, 0, &u->f0, &dot) || loss_along(u, d, 0, &again, &dot))
        return 1;
    if (!isfinite(u->f0))
        taylor_undecided(r, HG_NOT_FINITE);
    else if (memcmp(&u->f0, &again, sizeof again) != 0)
        taylor_undecided(r, HG_NOT_DETERMINISTIC);
    if (r->cause != HG_NO_CAUSE)
        return 0;
    failed = taylor_noise(u, d, h, &r->noise);
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
        if (!is_good(&t[k]))
            return HG_BAD_ARGUMENT;
        total += (size_t)hg_entries(&t[k]);
        finite = finite && all_finite(t[k].data, &t[k]) && all_finite(t[k].grad, &t[k]);
    }
    direction d = {.n = n, .t = t, .was = malloc(total * sizeof(double)), .seed = seed};
    if (!d.was)
        return HG_NO_MEMORY;
    for (int k = 0; k < n; k++)
        for (int i = 0, m = hg_entries(&t[k]); i < m; i++)
            d.was[at++] = entry(t[k].data, t[k].type, i);
    hg_taylor_result found = {.verdict = HG_AGREES};
    run u = {.loss = loss, .context = context, .t = t};
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
    free(d.was);
    if (failed)
        return HG_LOSS_FAILED;
    found.passed = found.verdict == HG_AGREES;
    found.passes = u.passes;
    *r = found;
    return HG_OK;
}
