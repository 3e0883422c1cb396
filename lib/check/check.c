/* SPDX-License-Identifier: MIT */
/* How a check decides. Everything is measured on the loss itself:
 *
 *   noise       the standard deviation s of one evaluation, from fourth differences of
 *               values at equal steps (a smooth function's are ~ h^4, noise's have the
 *               variance 70 s^2). More and Wild, SIAM J. Sci. Comput. 33:1292 (2011).
 *   step        h = (3 s / |f'''|)^(1/3), where rounding and truncation balance; the
 *               scale of the slope stands for f'''.
 *   truncation  (D(2h) - D(h)) / 3 estimates the error of D(h), which is h^2 f'''/6.
 *   the bound   6 standard deviations of the noise of D(h), plus 1.5 times the truncation.
 */
#include "lib/check/handgrad.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { PROBES = 8, LADDER = 12 };

/* A check under way: one tensor, its loss, what was measured. */
typedef struct run {
    hg_loss loss;
    void *context;
    const hg_tensor *t;
    long passes;
    double f0;    /* the loss at the point */
    double noise; /* standard deviation of one evaluation */
    double step;  /* relative to max(1, |x|) */
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
        "complex step and differences disagree: the loss drops the imaginary "
        "part",
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

static double scale_of(double x)
{
    return fabs(x) > 1 ? fabs(x) : 1;
}

static double epsilon_of(hg_type type)
{
    return type == HG_FLOAT ? (double)FLT_EPSILON : DBL_EPSILON;
}

/* ---- differences -------------------------------------------------------- */

/* Five equal steps around one entry: two central slopes and one fourth
 * difference. */
typedef struct five {
    double near, far; /* D(h), D(2h) */
    double gap;       /* (x+h) - (x-h) as memory held them */
    double fourth;
} five;

static int five_points(run *u, int i, double h, five *p)
{
    double f[5], x[5];
    f[2] = u->f0;
    for (int k = 0; k < 5; k++)
        if (k != 2 && at(u, i, (k - 2) * h, &f[k], &x[k]))
            return 1;
    p->gap = x[3] - x[1];
    p->near = (f[3] - f[1]) / p->gap;
    p->far = (f[4] - f[0]) / (x[4] - x[0]);
    p->fourth = f[0] - 4 * f[1] + 6 * f[2] - 4 * f[3] + f[4];
    return 0;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The standard deviation of the noise from n fourth differences (in any order,
 * sorted here). A kink within a stencil gives one far larger than the rest:
 * those are left out. */
static double noise_of(int n, double fourth[], double f0)
{
    for (int k = 0; k < n; k++)
        fourth[k] = fabs(fourth[k]);
    qsort(fourth, (size_t)n, sizeof *fourth, by_size);
    int zeros = 0;
    while (zeros < n && !(fourth[zeros] > 0))
        zeros++;
    double median = zeros < n ? fourth[zeros + (n - 1 - zeros) / 2] : 0, sum = 0;
    int used = 0;
    for (int k = 0; k < n; k++)
        if (fourth[k] <= 20 * median) {
            sum += fourth[k] * fourth[k];
            used++;
        }
    double measured = used ? sqrt(sum / used / 70) : 0;
    double rounding = 0.3 * DBL_EPSILON * fabs(f0); /* of storing f0 alone */
    return measured > rounding ? measured : rounding;
}

/* Measures the noise on a few entries and chooses the step. */
static int measure(run *u)
{
    int n = hg_entries(u->t), probes = n < PROBES ? n : PROBES, rounds = (PROBES + n - 1) / n;
    double fourth[PROBES * 2], slope = 0;
    int count = 0;
    if (rounds < 1 || probes == PROBES)
        rounds = 1;
    double base = cbrt(3 * epsilon_of(u->t->type)), shrink = 1;
    for (int r = 0; r < rounds && count < PROBES; r++, shrink *= 0.71)
        for (int k = 0; k < probes && count < PROBES; k++) {
            int i = (int)((long)k * n / probes);
            five p;
            double h = base * shrink * scale_of(entry(u->t->data, u->t->type, i));
            if (five_points(u, i, h, &p))
                return 1;
            fourth[count++] = p.fourth;
            if (fabs(p.near) > slope)
                slope = fabs(p.near);
        }
    u->noise = noise_of(count, fourth, u->f0);
    double h = slope > 0 ? cbrt(3 * u->noise / slope) : base;
    u->step = fmax(base / 4, fmin(h, 1e-2));
    return 0;
}

/* What the numeric side says of one entry. */
typedef struct numeric {
    double value, bound;
    int kink;
    double left, right;
} numeric;

static double noise_bound(const run *u, double gap)
{
    return 6 * u->noise * sqrt(2) / gap;
}

/* Many steps, each a quarter of the last: the value with the smallest bound,
 * and whether the two one-sided slopes stay apart as the step shrinks. */
static int ladder(run *u, int i, numeric *v)
{
    double x = entry(u->t->data, u->t->type, i), h = 0.05 * scale_of(x);
    double slope[LADDER], better[LADDER], gap[LADDER], jump[LADDER], left[LADDER], right[LADDER];
    for (int k = 0; k < LADDER; k++, h /= 4) {
        double a, b, fa, fb;
        if (at(u, i, -h, &fa, &a) || at(u, i, h, &fb, &b))
            return 1;
        gap[k] = b - a;
        slope[k] = (fb - fa) / gap[k];
        left[k] = (u->f0 - fa) / (x - a);
        right[k] = (fb - u->f0) / (b - x);
        jump[k] = right[k] - left[k];
        better[k] = k ? (16 * slope[k] - slope[k - 1]) / 15 : slope[k];
    }
    for (int k = 2; k + 1 < LADDER; k++) {
        double drift = fmax(fabs(better[k] - better[k - 1]), fabs(better[k + 1] - better[k]));
        double bound = drift + 1.2 * noise_bound(u, gap[k]);
        if (bound < v->bound) {
            v->bound = bound;
            v->value = better[k];
        }
    }
    for (int k = 0; k + 3 < LADDER; k++) { /* smooth: the jump falls with the step, 64 times here */
        double floor = 4 * noise_bound(u, gap[k + 3] / 2);
        if (fabs(jump[k + 3]) > floor && fabs(jump[k + 3]) > 0.5 * fabs(jump[k])) {
            v->kink = 1;
            v->left = left[k + 3];
            v->right = right[k + 3];
        }
    }
    return 0;
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
    if (r->entries++ && error * r->bound <= r->error * bound)
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
    r->digits = digits_of(r->relative);
    r->possible = digits_of(r->bound / scale);
    if (r->digits > r->possible)
        r->digits = r->possible;
    r->passed = r->verdict == t->expected;
}

static double largest_of(const void *array, const hg_tensor *t)
{
    double largest = 0;
    for (int i = 0, n = hg_entries(t); i < n; i++)
        largest = fmax(largest, fabs(entry(array, t->type, i)));
    return largest;
}

static int all_finite(const void *array, const hg_tensor *t)
{
    for (int i = 0, n = hg_entries(t); i < n; i++)
        if (!isfinite(entry(array, t->type, i)))
            return 0;
    return 1;
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
        r->cause = HG_NOT_FINITE;
    else if (memcmp(a, b, sizeof a) != 0)
        r->cause = HG_NOT_DETERMINISTIC;
    if (r->cause != HG_NO_CAUSE)
        r->verdict = HG_UNDECIDED;
    return 0;
}

/* Compares grad[i] with differences for every entry of u->t. */
static int compare(run *u, const double grad[], hg_result *r)
{
    int n = hg_entries(u->t), undecided = 0, above = 0, finite = 1;
    double largest = 0;
    numeric kink = {0};
    for (int i = 0; i < n; i++)
        largest = fmax(largest, fabs(grad[i]));
    for (int i = 0; i < n; i++) {
        five p;
        if (five_points(u, i, u->step * scale_of(entry(u->t->data, u->t->type, i)), &p))
            return 1;
        finite = finite && isfinite(p.near) && isfinite(p.far);
        numeric v = {.value = p.near, .bound = noise_bound(u, p.gap) + 0.5 * fabs(p.far - p.near)};
        int open = !(fabs(grad[i] - v.value) <= v.bound);
        if (open || v.bound > 1e-4 * fmax(fabs(grad[i]), largest))
            if (ladder(u, i, &v))
                return 1;
        open = !(fabs(grad[i] - v.value) <= v.bound);
        int blind = !(v.bound <= 1e-2 * fmax(fabs(v.value), largest));
        above += fabs(v.value) > v.bound;
        if (v.kink) {
            undecided++;
            kink = v;
            r->between = grad[i] >= fmin(v.left, v.right) - v.bound &&
                         grad[i] <= fmax(v.left, v.right) + v.bound;
        } else if (open) {
            r->wrong++;
        } else if (blind) {
            undecided++;
        }
        keep_worst(r, u->t, i, grad[i], v.value, v.bound);
    }
    r->noise = u->noise;
    r->left = kink.left;
    r->right = kink.right;
    if (!finite) {
        r->verdict = HG_UNDECIDED;
        r->cause = HG_NOT_FINITE;
    } else if (r->wrong) {
        r->verdict = HG_DISAGREES;
    } else if (kink.kink) {
        r->verdict = HG_UNDECIDED;
        r->cause = HG_KINK;
    } else if (!above) {
        r->verdict = HG_UNDECIDED;
        r->cause = HG_CANNOT_FAIL;
    } else if (undecided) {
        r->verdict = HG_UNDECIDED;
        r->cause = HG_NOISE;
    }
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
    double *grad = gradient_copy(t);
    if (!grad)
        return HG_NO_MEMORY;
    int failed = first_calls(&u, &found);
    if (!failed && found.cause == HG_NO_CAUSE) {
        failed = measure(&u) || compare(&u, grad, &found);
        if (t->expected == HG_ZERO)
            judge_zero(&found, largest_of(t->grad, t), fabs(found.numeric), found.bound);
    }
    free(grad);
    if (failed)
        return HG_LOSS_FAILED;
    finish(&found, t, largest_of(t->grad, t));
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

hg_status hg_complex_step(hg_loss loss, void *context, const hg_tensor *t, hg_result *r)
{
    if (!loss || !r || !is_good(t) || t->type != HG_COMPLEX)
        return HG_BAD_ARGUMENT;
    run u = {.loss = loss, .context = context, .t = t};
    hg_result found = {.verdict = HG_AGREES}, cross = {.verdict = HG_AGREES};
    int n = hg_entries(t);
    double *slopes = malloc((size_t)n * sizeof *slopes);
    if (!slopes)
        return HG_NO_MEMORY;
    double largest = largest_of(t->grad, t), moved = 0;
    int failed = first_calls(&u, &found);
    if (!failed && found.cause == HG_NO_CAUSE) {
        failed = complex_slopes(&u, slopes) || measure(&u) || compare(&u, slopes, &cross);
        for (int i = 0; !failed && i < n; i++)
            moved = fmax(moved, fabs(slopes[i]));
        for (int i = 0; !failed && i < n; i++) {
            double a = entry(t->grad, t->type, i);
            double bound = 1e-13 * fmax(1, t->condition) * fmax(fabs(a), fmax(largest, moved));
            keep_worst(&found, t, i, a, slopes[i], bound);
            found.wrong += !(fabs(a - slopes[i]) <= bound);
        }
        if (cross.verdict == HG_DISAGREES) {
            found.verdict = HG_UNDECIDED;
            found.cause = HG_NOT_ANALYTIC;
        } else if (t->expected == HG_ZERO) {
            judge_zero(&found, largest, moved, 0);
        } else if (found.wrong) {
            found.verdict = HG_DISAGREES;
        } else if (cross.verdict == HG_UNDECIDED && cross.cause != HG_NOISE) {
            found.verdict = HG_UNDECIDED;
            found.cause = cross.cause;
            found.left = cross.left;
            found.right = cross.right;
            found.between = cross.between;
        }
        found.noise = cross.noise;
    }
    free(slopes);
    if (failed)
        return HG_LOSS_FAILED;
    finish(&found, t, fmax(largest, moved));
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

/* Moves every entry of every tensor by +-h max(1, |x|) from its value in `was`;
 * returns the sum of gradient times the step that memory holds. */
static double move_all(int n, const hg_tensor t[], const double was[], double h,
                       unsigned long long seed)
{
    double dot = 0;
    unsigned long long s = seed;
    int at = 0;
    for (int k = 0; k < n; k++)
        for (int i = 0, m = hg_entries(&t[k]); i < m; i++, at++) {
            s += 0x9e3779b97f4a7c15ULL;
            double sign = mix(s) >> 63 ? 1 : -1;
            double x = put(&t[k], i, was[at] + sign * h * scale_of(was[at]));
            dot += entry(t[k].grad, t[k].type, i) * (x - was[at]);
        }
    return dot;
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

hg_status hg_taylor(hg_loss loss, void *context, int n, const hg_tensor t[],
                    unsigned long long seed, hg_taylor_result *r)
{
    if (!loss || !r || n < 1 || !t)
        return HG_BAD_ARGUMENT;
    size_t total = 0;
    for (int k = 0; k < n; k++) {
        if (!is_good(&t[k]))
            return HG_BAD_ARGUMENT;
        total += (size_t)hg_entries(&t[k]);
    }
    double *was = malloc(total * sizeof *was);
    if (!was)
        return HG_NO_MEMORY;
    hg_taylor_result found = {.verdict = HG_AGREES};
    run u = {.loss = loss, .context = context, .t = t};
    double f0[2], f[2], largest = 0;
    size_t at = 0;
    for (int k = 0; k < n; k++)
        for (int i = 0, m = hg_entries(&t[k]); i < m; i++)
            was[at++] = entry(t[k].data, t[k].type, i);
    int failed = call(&u, f0);
    double h = t[0].type == HG_FLOAT ? 0x1p-4 : 0x1p-8;
    for (int k = 0; k < HG_TAYLOR_POINTS && !failed; k++, h /= 2) {
        double dot = move_all(n, t, was, h, seed);
        failed = call(&u, f);
        found.h[k] = h;
        found.without[k] = fabs(f[0] - f0[0]);
        found.remainder[k] = fabs(f[0] - f0[0] - dot);
        largest = fmax(largest, fabs(f[0]));
        if (!isfinite(f[0]))
            found.cause = HG_NOT_FINITE;
    }
    at = 0; /* back, bit for bit: these are the very values that were read */
    for (int k = 0; k < n; k++)
        for (int i = 0, m = hg_entries(&t[k]); i < m; i++)
            put(&t[k], i, was[at++]);
    free(was);
    if (failed)
        return HG_LOSS_FAILED;
    double eps = epsilon_of(t[0].type);
    found.noise = 50 * eps * fmax(largest, found.without[0]);
    fit_slope(&found);
    if (found.cause != HG_NO_CAUSE)
        found.verdict = HG_UNDECIDED;
    else if (!found.linear && !(found.slope >= 1.8))
        found.verdict = HG_DISAGREES;
    found.passed = found.verdict == HG_AGREES;
    found.passes = u.passes;
    *r = found;
    return HG_OK;
}
