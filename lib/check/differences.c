/* SPDX-License-Identifier: MIT */
#include "lib/check/checker.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { LADDER = 12, ENTRIES = 8 };

/* What the values p->f at x[0..4] say; x[2] is the point itself. */
static inline void five_say(const double x[5], five *p)
{
    const double *f = p->f;
    p->moves = 0;
    for (int k = 1; k < 5; k++)
        if (f[k] != f[k - 1])
            p->moves++;
    double right = hgi_max(fabs(f[3]), hgi_max(fabs(f[4]), fabs(f[2])));
    p->size = hgi_max(fabs(f[0]), hgi_max(fabs(f[1]), right));
    p->gap = x[3] - x[1];
    p->near = hgi_slope(f[1], f[2], f[3], x[1], x[2], x[3]);
    p->far = hgi_slope(f[0], f[2], f[4], x[0], x[2], x[4]);
    p->second = f[1] - 2 * f[2] + f[3];
    p->fourth = f[0] - 4 * f[1] + 6 * f[2] - 4 * f[3] + f[4];
}

int hgi_five_points(run *u, int i, double step, const double known[2], five *p)
{
    double here = hgi_here(u, i), h = step * hgi_scale(here), *f = p->f;
    double x[5] = {[2] = here};
    f[2] = u->f0;
    if (hgi_at(u, i, -2 * h, &f[0], &x[0]))
        return 1;
    if (known) {
        x[1] = hgi_stored(u->t->type, here - h);
        x[3] = hgi_stored(u->t->type, here + h);
        f[1] = known[0];
        f[3] = known[1];
    } else if (hgi_at(u, i, -h, &f[1], &x[1]) || hgi_at(u, i, h, &f[3], &x[3])) {
        return 1;
    }
    if (hgi_at(u, i, 2 * h, &f[4], &x[4]))
        return 1;
    five_say(x, p);
    return 0;
}

int hgi_five_at_once(run *u, int i, double step, double f0, five *p)
{
    double here = hgi_here(u, i), h = step * hgi_scale(here);
    const double at[4] = {-2 * h, -h, h, 2 * h};
    double f[4], x[4];
    if (hgi_at_several(u, i, 4, at, f, x))
        return 1;
    memcpy(p->f, (const double[]){f[0], f[1], f0, f[2], f[3]}, sizeof p->f);
    five_say((const double[]){x[0], x[1], here, x[2], x[3]}, p);
    return 0;
}

/* Measures the noise on a few entries with one step; few entries: each at several steps. Returns 1
 * where the loss failed. */
static int probe(run *u, double step, double *noise, int *moved, double *slope)
{
    int n = hg_entries(u->t), probes = n < ENTRIES ? n : ENTRIES, count = 0;
    double fourth[ENTRIES];
    *moved = 0;
    for (int k = 0; k < ENTRIES; k++) {
        int i = (int)((long)(k % probes) * n / probes);
        five p;
        if (hgi_five_points(u, i, hgi_power_of_two(step / (1 << k / probes)), NULL, &p))
            return 1;
        if (isfinite(p.fourth))
            fourth[count++] = p.fourth;
        *moved += p.moves > 0;
        if (isfinite(p.near))
            *slope = hgi_larger(*slope, fabs(p.near));
    }
    *noise = hgi_noise_of(count, fourth);
    return 0;
}

/* The noise of the loss, and the step. What falls with the step is no noise but a kink within the
 * points, or a loss that is not smooth on this scale: then the finer measure holds. */
static int measure(run *u)
{
    double slope = 0, base = cbrt(3 * hgi_epsilon(u->t->type)), step = base, finer;
    u->rounding = hgi_rounding(u, u->f0);
    int moved;
    if (probe(u, step, &u->noise, &moved, &slope))
        return 1;
    for (int round = 0; round < 2 && u->noise > 100 * u->rounding; round++) {
        if (probe(u, step /= 16, &finer, &moved, &slope))
            return 1;
        if (moved < ENTRIES / 2 || finer > u->noise / 8)
            break;
        u->noise = finer;
    }
    u->noise = hgi_larger(u->noise, u->rounding);
    double h = slope > 0 ? cbrt(3 * u->noise / slope) : base;
    u->step = hgi_larger(base / 4, fmin(h, 0.03));
    return 0;
}

/* Many steps around one entry, each a quarter of the last. */
typedef struct ladder {
    int n;
    double slope[LADDER], gap[LADDER], left[LADDER], right[LADDER], jump[LADDER];
    double
        better[LADDER];   /* the slope with the step before it, without the error of second order */
    double moved[LADDER]; /* by how much the loss moved, at most */
    double noise[LADDER]; /* of the loss, along this entry and at this size of it */
    double unit;          /* of all values */
} ladder;

static int climb(run *u, int i, double h, double noise, ladder *w)
{
    double x = hgi_here(u, i);
    w->unit = hgi_unit(1, u->f0);
    for (w->n = 0; w->n < LADDER; w->n++, h /= 4) {
        double a, b, fa, fb;
        if (hgi_at(u, i, -h, &fa, &a) || hgi_at(u, i, h, &fb, &b))
            return 1;
        if (!(a < x && x < b)) /* finer than the type can store */
            break;
        int k = w->n;
        w->unit = hgi_unit(hgi_unit(w->unit, fa), fb);
        w->gap[k] = b - a;
        w->slope[k] = hgi_slope(fa, u->f0, fb, a, x, b);
        w->better[k] = k ? (16 * w->slope[k] - w->slope[k - 1]) / 15 : w->slope[k];
        w->left[k] = (u->f0 - fa) / (x - a);
        w->right[k] = (fb - u->f0) / (b - x);
        w->jump[k] = w->right[k] - w->left[k];
        w->moved[k] = hgi_larger(fabs(fa - u->f0), fabs(fb - u->f0));
        w->noise[k] = hgi_larger(noise, hgi_rounding(u, hgi_larger(fabs(fa), fabs(fb))));
    }
    return 0;
}

double hgi_steadiness(const double jump[], int k)
{
    double least = fabs(jump[k]), most = least;
    for (int j = k + 1; j < k + 4; j++) {
        least = fmin(least, fabs(jump[j]));
        most = hgi_larger(most, fabs(jump[j]));
    }
    return most > 0 ? least / most : 0;
}

/* The error of D(h) is a third of what it differs from D(2h) where the third derivative makes it,
 * and as much as that where the second one jumps near the point. */
static double truncation_of(const five *p)
{
    return 1.2 * fabs(p->far - p->near);
}

/* Takes the extrapolated slope with the smallest bound, among points as wide as `limit` at most:
 * what it still changes from step to step, and the noise. */
static void best_slope(const ladder *w, double limit, numeric *v)
{
    for (int k = 2; k + 1 < w->n; k++) {
        double better = w->better[k];
        double drift = hgi_larger(fabs(better - w->better[k - 1]), fabs(w->better[k + 1] - better));
        double bound = drift + 1.2 * hgi_noise_bound(hgi_larger(v->noise, w->noise[k]), w->gap[k]);
        if (w->gap[k] <= limit && bound < v->bound) {
            v->bound = bound;
            v->value = better;
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
        double steady = hgi_steadiness(w->jump, k);
        double noise = steady > 0.98 ? u->rounding : w->noise[last];
        double change =
            fabs(w->left[last] - w->left[last - 1]) + fabs(w->right[last] - w->right[last - 1]);
        if (w->gap[last] <= v->gap && steady > 0.5 && change < least &&
            fabs(w->jump[last]) > 4 * hgi_noise_bound(noise, w->gap[last] / 2)) {
            least = change;
            v->kink = 1;
            v->left = w->left[last];
            v->right = w->right[last];
            v->side =
                2 * change + hgi_noise_bound(noise, w->gap[last] / 2) + 1e-6 * fabs(w->jump[last]);
        }
    }
}

/* The noise as the finest steps show it: by how far their slopes are from the value, and by
 * the unit of the loss, or its last move where that is less. */
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
    double unit = last < 0 ? 0 : 0.4 * fmin(w->unit, w->moved[last]); /* rounding: 0.29 */
    return hgi_larger(unit, used > 1 ? sqrt(sum / used) : 0);
}

/* The widest points, within those of v, whose extrapolated slope contradicts v beyond its bound
 * and their noise; 0 where none do. Steps that reach over a kink may agree among themselves. */
static double contradiction(const ladder *w, const numeric *v)
{
    for (int k = 1; k < w->n; k++) {
        double noise = 1.2 * hgi_noise_bound(hgi_larger(v->noise, w->noise[k]), w->gap[k]);
        if (w->gap[k] < v->gap && fabs(w->better[k] - v->value) > v->bound + noise)
            return w->gap[k];
    }
    return 0;
}

/* The value with the smallest bound, and once more with the noise that the finest steps show. v
 * holds a first value; its own bound without noise is `truncation`. */
static void judge_ladder(const run *u, const ladder *w, double truncation, numeric *v)
{
    numeric first = *v;
    double limit = HUGE_VAL;
    for (int round = 0; round < 2; round++) {
        *v = first;
        v->bound = hgi_noise_bound(v->noise, v->gap) + truncation;
        if (!isfinite(v->bound))
            v->bound = HUGE_VAL;
        best_slope(w, limit, v);
        first.noise = hgi_larger(first.noise, noise_of_tail(w, v));
    }
    while ((limit = contradiction(w, v)) > 0) {
        numeric finer = {.noise = v->noise, .gap = limit, .bound = HUGE_VAL};
        best_slope(w, limit, &finer);
        if (!isfinite(finer.bound)) { /* nothing finer says anything */
            v->bound = 2 * fabs(v->value) + v->bound;
            break;
        }
        *v = finer;
        v->bound *= 2; /* no smooth line: the noise is known less well */
    }
    find_kink(u, w, v);
}

/* Whether the one-sided slopes of step k approach each other as on a smooth curve: four times as
 * close at the next step. */
static int falls(const ladder *w, int k, double noise)
{
    double left = 0.15 * fabs(w->jump[k]) + 4 * hgi_noise_bound(noise, w->gap[k + 1]);
    return fabs(4 * w->jump[k + 1] - w->jump[k]) <= left;
}

/* The noise by the second differences of the finest steps, from k: what a kink there is does not
 * spoil it. */
static double noise_of_jumps(const ladder *w, int k)
{
    double noise = 0;
    for (; k < w->n; k++)
        noise = hgi_larger(noise, fabs(w->jump[k]) * w->gap[k] / 2);
    return noise;
}

/* Whether the slope doubles at least with each of six steps from k: the loss rises within a
 * distance that these do not resolve. */
static int is_cliff(const ladder *w, int k)
{
    int steps = 0;
    while (k + 1 < w->n && w->slope[k + 1] / w->slope[k] >= 2) {
        k++;
        steps++;
    }
    return steps >= 6;
}

/* A claimed slope that lies between the one-sided slopes where the value comes from is accused only
 * where these are those of a smooth curve: else a kink may lie between the points, too faint for
 * find_kink or at their distance. */
static void doubt(const ladder *w, double g, numeric *v)
{
    int k = 0;
    while (k + 2 < w->n && w->gap[k + 1] >= 0.99 * v->gap)
        k++;
    if (v->kink || w->n < 2 || fabs(g - v->value) <= v->bound)
        return;
    double low = fmin(w->left[k], w->right[k]), high = hgi_larger(w->left[k], w->right[k]);
    if (is_cliff(w, k)) {
        v->value = w->slope[w->n - 1];
        v->bound = fabs(v->value) + fabs(g); /* nothing is known */
        return;
    }
    double noise = fmin(v->noise, noise_of_jumps(w, k + 2));
    int smooth = 1;
    for (int j = k > 2 ? k - 2 : 0; j <= k; j++)
        smooth = smooth && falls(w, j, noise);
    if (!smooth && g >= low - v->bound && g <= high + v->bound) {
        v->kink = 1;
        v->left = w->left[k];
        v->right = w->right[k];
        v->side = fabs(w->jump[k]);
    }
}

/* A ladder on another scale than max(1, |x|): on x itself where that is small, on 1 where it is
 * large. It takes the place of *v where it says more; where it sees another slope than the coarse
 * steps; and where those see no slope at all and g is right for all that the fine ones see. */
static int other_scale(run *u, int i, double g, double scale, numeric *v)
{
    numeric fine = {.noise = hgi_noise_floor(u, i, v->value), .gap = scale};
    ladder w;
    if (hgi_noise_along(u, i, scale, &fine.noise) || climb(u, i, 0x1p-5 * scale, fine.noise, &w))
        return 1;
    judge_ladder(u, &w, HUGE_VAL, &fine);
    doubt(&w, g, &fine);
    double moved = 0;
    for (int k = 0; k < w.n; k++)
        moved = hgi_larger(moved, w.moved[k]);
    if (!(moved > 0) && scale >= 1) /* below the unit of the loss: nothing is known */
        fine.bound = fabs(g);
    double size = fabs(fine.value);
    int apart = fabs(fine.value - v->value) > fine.bound + v->bound && fine.bound < 0.5 * size;
    int right = fabs(g - fine.value) <= fine.bound && fabs(v->value) <= 2 * v->bound && scale >= 1;
    if ((fine.bound < 0.01 * size && fine.bound < v->bound) || apart || right)
        *v = fine;
    return 0;
}

int hgi_look_closer(run *u, int i, double g, const five *p, numeric *v)
{
    double x = fabs(hgi_here(u, i)), own = hgi_noise_floor(u, i, p->near);
    ladder w;
    if (hgi_noise_along(u, i, hgi_scale(x), &own))
        return 1;
    int spoilt = own < v->noise / 8; /* the common noise: by kinks, as a rule */
    v->noise = spoilt ? 2 * own : hgi_larger(own, v->noise);
    if (v->noise > 100 * u->rounding) /* hidden cancellation rounds in lumps, not like noise */
        v->noise *= 1.5;
    if (climb(u, i, 0x1p-5 * hgi_scale(x), v->noise, &w))
        return 1;
    /* where five points see no smooth curve, D(2h) - D(h) tells the truncation's size, not more */
    int smooth = fabs(p->fourth) <= 3 * sqrt(70) * v->noise;
    judge_ladder(u, &w, (smooth ? 1 : 4) * truncation_of(p), v);
    if (!smooth)
        v->bound *= 3; /* as good as the noise is known where the line is none */
    if (u->t->type == HG_FLOAT)
        v->bound *= 1.5; /* coarse rounding is no normal noise, and long steps meet faint kinks */
    int open = v->kink || !(fabs(g - v->value) <= v->bound) || fabs(v->value) <= v->bound;
    doubt(&w, g, v);
    if (open && x > 0 && x < 0.25)
        return other_scale(u, i, g, hgi_power_of_two(x), v);
    return open && x > 4 ? other_scale(u, i, g, 1, v) : 0;
}

numeric hgi_first_look(const run *u, const five *p)
{
    numeric v = {.value = p->near, .gap = p->gap, .noise = hgi_noise_at(u, p->size)};
    v.bound = hgi_noise_bound(v.noise, p->gap) + truncation_of(p);
    return v;
}

/* The numeric slope of one entry, for comparing it with g in a tensor whose largest is given. */
static int look(run *u, int i, double g, double largest, numeric *v)
{
    five p;
    if (hgi_five_points(u, i, hgi_power_of_two(u->step), NULL, &p))
        return 1;
    *v = hgi_first_look(u, &p);
    double size = hgi_larger(fabs(g), largest);
    int clear = fabs(g - v->value) <= v->bound && v->bound <= 1e-7 * size;
    if ((!p.moves && !(fabs(g) > 0)) || (clear && hgi_is_smooth(&p, v->noise)))
        return 0;
    return hgi_look_closer(u, i, g, &p, v);
}

int hgi_compare(run *u, const double g[], hg_result *r, double *largest)
{
    tally c = {0};
    int n = hg_entries(u->t);
    if (measure(u))
        return 1;
    *largest = hgi_largest(n, g);
    for (int i = 0; i < n; i++) {
        numeric v;
        if (look(u, i, g[i], *largest, &v))
            return 1;
        if (v.kink && isfinite(v.value) && isfinite(v.bound)) {
            v.bound = hgi_allowed(u, g[i], *largest, 0, v.bound);
            hgi_judge_kink(g[i], &v, r, &c.kinks);
            hgi_keep_worst(r, i, g[i], v.value, v.bound);
        } else {
            hgi_judge(u, i, g[i], *largest, 0, v.value, v.bound, r, &c);
        }
    }
    *largest = hgi_larger(*largest, c.largest);
    r->noise = u->noise;
    hgi_conclude(r, &c);
    return 0;
}

hg_status hg_differences(hg_loss loss, void *context, const hg_tensor *t, hg_result *r)
{
    if (!loss || !r || !hgi_is_good(t))
        return HG_BAD_ARGUMENT;
    hg_result found = {.verdict = HG_AGREES};
    int n = hg_entries(t), failed;
    run u = {.loss = loss, .context = context, .passes = &found.passes};
    double *grad = hgi_allocate((size_t)n, sizeof *grad), largest = 0;
    if (!grad)
        return HG_NO_MEMORY;
    hgi_turn(&u, t);
    for (int i = 0; i < n; i++)
        grad[i] = hgi_gradient(t, i);
    failed = hgi_first_calls(&u, &found);
    if (!failed && found.cause == HG_NO_CAUSE) {
        failed = hgi_compare(&u, grad, &found, &largest);
        if (t->expected == HG_ZERO && found.cause != HG_NOT_FINITE && found.cause != HG_KINK)
            hgi_judge_zero(&found, hgi_largest(n, grad), fabs(found.numeric), found.bound);
    }
    hgi_free(grad);
    if (failed)
        return HG_LOSS_FAILED;
    found.is_float = t->type == HG_FLOAT;
    hgi_finish(&found, t, largest);
    *r = found;
    return HG_OK;
}
