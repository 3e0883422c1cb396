/* SPDX-License-Identifier: MIT */
/* The complex step: Im f(x + ih) / h is the slope to the last bit, since nothing is subtracted,
 * where the loss is analytic code. Whether it is, differences tell: whatever drops the imaginary
 * part leaves the value right (Martins, Sturdza and Alonso, ACM TOMS 29:245, 2003). */
#include "lib/check/checker.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Im f(x + ih) / h for entry i. */
static int complex_slope(run *u, int i, double *slope)
{
    const double h = 1e-200;
    double loss[2], *x = hgi_imaginary(u->t, i), was = *x;
    *x = h;
    int failed = hgi_call(u, loss);
    *x = was;
    *slope = loss[1] / h;
    return failed;
}

/* Compares the gradient g with the slopes of the complex step, and those with differences of the
 * real part (cross). bound[] receives what an entry may be off; f0 is the loss. */
static void judge_complex(const hg_tensor *t, double f0, double tolerance, const double g[],
                          const double slopes[], double bound[], const hg_result *cross,
                          hg_result *r, double largest)
{
    double worst = 0, relative = fmax(1e-13 * fmax(1, t->condition), tolerance);
    for (int i = 0, n = hg_entries(t); i < n; i++) {
        double error = fabs(g[i] - slopes[i]);
        bound[i] = relative * fmax(fabs(g[i]), largest);
        hgi_keep_worst(r, i, g[i], slopes[i], bound[i]);
        r->wrong += !(error <= bound[i]);
        worst = fmax(worst, error);
    }
    int rounding = cross->cause == HG_CANNOT_FAIL && worst <= 64 * DBL_EPSILON * fabs(f0);
    if (cross->verdict == HG_DISAGREES) {
        hgi_undecided(r, HG_NOT_ANALYTIC);
    } else if (t->expected == HG_ZERO) {
        hgi_judge_zero(r, largest, 0, 0);
    } else if (r->wrong && !rounding) {
        r->verdict = HG_DISAGREES;
    } else if (cross->verdict == HG_UNDECIDED && cross->cause != HG_NOISE) {
        hgi_undecided(r, cross->cause);
        r->left = cross->left;
        r->right = cross->right;
        r->between = cross->between;
    }
    r->noise = cross->noise;
}

/* ---- one tensor --------------------------------------------------------- */

static int complex_run(run *u, double memory[], hg_result *found, double *largest)
{
    const hg_tensor *t = u->t;
    int n = hg_entries(t);
    double *grad = memory, *slopes = memory + n, *bound = memory + 2 * (ptrdiff_t)n, seen;
    hg_result cross = {.verdict = HG_AGREES};
    for (int i = 0; i < n; i++)
        grad[i] = hgi_gradient(t, i);
    if (hgi_first_calls(u, found))
        return 1;
    if (found->cause != HG_NO_CAUSE)
        return 0;
    for (int i = 0; i < n; i++)
        if (complex_slope(u, i, &slopes[i]))
            return 1;
    if (hgi_compare(u, slopes, &cross, &seen))
        return 1;
    *largest = fmax(hgi_largest(n, grad), hgi_largest(n, slopes));
    judge_complex(t, u->f0, 0, grad, slopes, bound, &cross, found, *largest);
    return 0;
}

hg_status hg_complex_step(hg_loss loss, void *context, const hg_tensor *t, hg_result *r)
{
    if (!loss || !r || !hgi_is_good(t) || t->type != HG_COMPLEX)
        return HG_BAD_ARGUMENT;
    hg_result found = {.verdict = HG_AGREES};
    run u = {.loss = loss, .context = context, .passes = &found.passes};
    double largest = 0, *memory = hgi_allocate((size_t)hg_entries(t), 3 * sizeof *memory);
    if (!memory)
        return HG_NO_MEMORY;
    hgi_turn(&u, t);
    int failed = complex_run(&u, memory, &found, &largest);
    hgi_free(memory);
    if (failed)
        return HG_LOSS_FAILED;
    hgi_finish(&found, t, largest);
    *r = found;
    return HG_OK;
}

/* ---- all tensors of a problem ------------------------------------------- */

/* The slopes of entries by the complex step, in the place of what is compared. */
static int sweep(void *shared, worker *w, long from, long to)
{
    session *s = shared;
    for (int k = hgi_tensor_of(s, from); from < to; from = s->first[++k]) {
        run *u = hgi_aim(s, w, k);
        for (long e = from; e < to && e < s->first[k + 1] && !s->of[k].skip; e++)
            if (complex_slope(u, (int)(e - s->first[k]), &s->analytic[e]))
                return 1;
    }
    return 0;
}

/* Judges tensor k, whose differences were judged: the slopes go where those were, the gradient back
 * to its place. */
static void judge_tensor(session *s, int k)
{
    const hg_tensor *t = &s->p->tensor[k];
    hg_result cross = s->of[k].found, *r = &s->of[k].found;
    long at = s->first[k];
    int n = (int)(s->first[k + 1] - at);
    double *g = s->analytic + at, *slopes = s->numeric + at;
    *r = (hg_result){.verdict = HG_AGREES};
    memcpy(slopes, g, (size_t)n * sizeof *g);
    for (int i = 0; i < n; i++)
        g[i] = hgi_gradient(t, i);
    s->of[k].largest = fmax(hgi_largest(n, g), hgi_largest(n, slopes));
    judge_complex(t, s->f0, s->tolerance, g, slopes, s->bound + at, &cross, r, s->of[k].largest);
}

hg_status hg_check_complex(const hg_problem *p, const hg_options *o, hg_result result[])
{
    session s;
    if (!p || !result)
        return HG_BAD_ARGUMENT;
    for (int k = 0; p->tensor && k < p->tensors; k++)
        if (p->tensor[k].type != HG_COMPLEX)
            return HG_BAD_ARGUMENT;
    hg_problem single = *p; /* `losses` has no imaginary part */
    single.losses = NULL;
    p = &single;
    hg_status status = hgi_open(&s, p, o);
    if (status == HG_OK && hgi_for_each(&s.team, s.first[p->tensors], sweep, &s))
        status = HG_LOSS_FAILED;
    s.tolerance = 0; /* of the gradient, not of differences against the complex step */
    if (status == HG_OK)
        status = hgi_compare_all(&s);
    s.tolerance = o ? o->tolerance : 0;
    for (int k = 0; status == HG_OK && k < p->tensors; k++)
        if (!s.of[k].skip)
            judge_tensor(&s, k);
    if (status == HG_OK)
        status = hgi_last_call(&s);
    if (status == HG_OK)
        hgi_hand_over(&s, result);
    hgi_close(&s);
    return status;
}
