/* SPDX-License-Identifier: MIT */
/* All tensors of a problem together, every entry: two evaluations for each, and little more.
 *
 *   sample     46 passes at most say how noisy the loss is, how it bends, how fine a step
 *              may be
 *   sweep      f(x - h) and f(x + h) for every entry, on all cores; several in one call where
 *              the problem has `losses`, of which one entry of each tensor is done again
 *   suspects   an entry that then seems wrong, or is not finite, is looked at closely before
 *              it is accused: five points, and the ladder where those leave a doubt
 *   bent       f(x + h) + f(x - h) - 2 f(x) costs nothing: where it is large beside the
 *              slopes the loss may have a symmetric kink, which D(h) cannot see
 *   worst      of each tensor, and entries that noise hides: while the budget lasts
 *
 * The step is half the best one for the slope's size: truncation is then a small part of the
 * bound even where the third derivative is 50 times the slope, so a right gradient rarely
 * becomes a suspect, at the price of a third of a digit.
 */
#include "lib/check/checker.h"
#include "lib/check/explain.h"

#include <math.h>
#include <string.h>

int hgi_tensor_of(const session *s, long e)
{
    int low = 0, high = s->p->tensors;
    while (high - low > 1) {
        int middle = low + (high - low) / 2;
        if (s->first[middle] <= e)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* ---- opening and closing ------------------------------------------------ */

/* Gives a worker a context, tensors and counters of its own; returns other than 0 where there are
 * none. */
static int copy_context(const hg_problem *p, worker *w)
{
    size_t n = (size_t)p->tensors;
    void **data = hgi_allocate(n, sizeof *data);
    w->own = hgi_allocate(n, sizeof *w->own + sizeof *w->passes);
    int failed = !data || !w->own;
    if (!failed) {
        memset(data, 0, n * sizeof *data);
        memcpy(w->own, p->tensor, n * sizeof *w->own);
        w->passes = (long *)(w->own + n);
        memset(w->passes, 0, n * sizeof *w->passes);
        failed = p->copy(p->context, &w->copy, data);
    }
    if (failed)
        w->copy = NULL;
    for (size_t j = 0; j < n && !failed; j++) {
        w->own[j].data = data[j];
        failed = !data[j];
    }
    w->u.context = w->copy;
    w->tensor = w->own;
    hgi_free(data);
    return failed;
}

/* The first worker has the caller's context. Where another cannot have its own there are fewer, and
 * the results the same. */
static hg_status hire(session *s, int wanted)
{
    const hg_problem *p = s->p;
    int most = p->copy ? hgi_most_workers(wanted) : 1;
    s->team.w = &s->team.one;
    if (most > 1) {
        s->team.w = s->team.many = hgi_allocate((size_t)most, sizeof *s->team.w);
        if (!s->team.w)
            return HG_NO_MEMORY;
        memset(s->team.w, 0, (size_t)most * sizeof *s->team.w);
    }
    for (int k = 0; k == 0 || k < most; k++) { /* there is always a first */
        worker *w = &s->team.w[s->team.hired++];
        w->u.loss = p->loss;
        w->u.context = p->context;
        w->u.losses = p->losses;
        w->u.at_once = p->at_once;
        w->tensor = p->tensor;
        w->passes = s->passes;
        if (p->losses) {
            w->u.change = hgi_allocate((size_t)p->at_once, sizeof *w->u.change);
            w->u.several = hgi_allocate((size_t)p->at_once, sizeof *w->u.several);
            if (!w->u.change || !w->u.several)
                return HG_NO_MEMORY;
        }
        if (k > 0 && copy_context(p, w))
            break;
        s->team.n++;
    }
    return HG_OK;
}

static hg_status allocate(session *s)
{
    size_t n = (size_t)s->p->tensors, total = 0;
    s->of = hgi_allocate(n + 1, sizeof *s->of + sizeof *s->first + sizeof *s->passes);
    if (!s->of)
        return HG_NO_MEMORY;
    s->first = (long *)(s->of + n + 1);
    s->passes = s->first + n + 1;
    memset(s->of, 0, n * sizeof *s->of);
    memset(s->passes, 0, n * sizeof *s->passes);
    for (size_t k = 0; k < n; k++) {
        const hg_tensor *t = &s->p->tensor[k];
        s->of[k].strided = !hgi_row_by_row(t, t->stride);
        s->first[k] = (long)total;
        total += (size_t)hg_entries(t);
    }
    s->first[n] = (long)total;
    s->analytic = hgi_allocate(total, 5 * sizeof *s->analytic + sizeof *s->looked);
    if (!s->analytic)
        return HG_NO_MEMORY;
    s->numeric = s->analytic + total;
    s->bound = s->numeric + total;
    s->below = s->bound + total;
    s->above = s->below + total;
    s->looked = (unsigned char *)(s->above + total);
    memset(s->looked, 0, total);
    return HG_OK;
}

static void undecided_all(session *s, hg_cause cause)
{
    for (int k = 0; k < s->p->tensors; k++) {
        hgi_undecided(&s->of[k].found, cause);
        s->of[k].skip = 1;
    }
}

/* Reads the gradients, and calls the loss twice at the point. */
static hg_status begin(session *s)
{
    double a[2], b[2];
    run *u = hgi_aim(s, &s->team.w[0], 0);
    if (hgi_call(u, a) || hgi_call(u, b))
        return HG_LOSS_FAILED;
    s->f0 = a[0];
    for (int k = 0; k < s->p->tensors; k++) {
        const hg_tensor *t = &s->p->tensor[k];
        int finite = 1, in_rows = hgi_row_by_row(t, t->grad_stride);
        int n = (int)(s->first[k + 1] - s->first[k]);
        double *g = s->analytic + s->first[k];
        u = hgi_aim(s, &s->team.w[0], k);
        for (int i = 0; i < n; i++) {
            g[i] = hgi_load(t->grad, t->type, in_rows ? i : hgi_strided(t, t->grad_stride, i));
            finite &= isfinite(g[i]) && isfinite(hgi_here(u, i));
        }
        s->of[k].skip = !finite;
        if (s->of[k].skip)
            hgi_undecided(&s->of[k].found, HG_NOT_FINITE);
    }
    if (!isfinite(a[0]) || !isfinite(b[0]))
        undecided_all(s, HG_NOT_FINITE);
    else if (memcmp(a, b, sizeof a) != 0)
        undecided_all(s, HG_NOT_DETERMINISTIC);
    return HG_OK;
}

hg_status hgi_open(session *s, const hg_problem *p, const hg_options *o)
{
    *s = (session){.p = p, .tolerance = o ? o->tolerance : 0};
    if (!hgi_is_good_problem(p, o))
        return HG_BAD_ARGUMENT;
    if (p->gradient && p->gradient(p->context) != 0)
        return HG_LOSS_FAILED;
    hg_status status = allocate(s);
    if (status == HG_OK)
        status = hire(s, o ? o->workers : 1);
    if (status == HG_OK)
        status = begin(s);
    return status;
}

void hgi_close(session *s)
{
    for (int k = 0; k < s->team.hired; k++) {
        worker *w = &s->team.w[k];
        if (w->copy && s->p->release)
            s->p->release(w->copy);
        hgi_free(w->own);
        hgi_free(w->u.change);
        hgi_free(w->u.several);
    }
    hgi_free(s->team.many);
    hgi_free(s->of);
    hgi_free(s->analytic);
}

/* ---- the sweep ---------------------------------------------------------- */

/* f(x - h) and f(x + h) of one entry. */
static int both_values(run *u, int i, double *below, double *above)
{
    const hg_tensor *t = u->t;
    ptrdiff_t at = hgi_place(u, i);
    double x = hgi_load(t->data, t->type, at), h = u->step * hgi_scale(x), loss[2];
    hgi_store(t->data, t->type, at, x - h);
    int failed = hgi_call(u, loss);
    *below = loss[0];
    if (!failed) {
        hgi_store(t->data, t->type, at, x + h);
        failed = hgi_call(u, loss);
        *above = loss[0];
    }
    hgi_store(t->data, t->type, at, x);
    return failed;
}

static int sweep(void *shared, worker *w, long from, long to)
{
    session *s = shared;
    for (int k = hgi_tensor_of(s, from); from < to; from = s->first[++k]) {
        long first = s->first[k], end = s->first[k + 1] < to ? s->first[k + 1] : to;
        run *u = hgi_aim(s, w, k);
        for (long e = s->of[k].skip ? end : from; e < end; e++)
            if (both_values(u, (int)(e - first), &s->below[e], &s->above[e]))
                return 1;
    }
    return 0;
}

/* Both values of several entries, in one call: group g begins with entry g * at_once / 2. */
static int sweep_group(session *s, worker *w, long group)
{
    long total = s->first[s->p->tensors], most = s->p->at_once / 2;
    long from = group * most, to = from + most < total ? from + most : total;
    hg_change *change = w->u.change;
    const double *loss = w->u.several;
    int n = 0;
    for (long e = from; e < to; e++) {
        int k = hgi_tensor_of(s, e), i = (int)(e - s->first[k]);
        if (s->of[k].skip)
            continue;
        run *u = hgi_aim(s, w, k);
        double x = hgi_here(u, i), h = u->step * hgi_scale(x);
        change[n++] = (hg_change){k, i, hgi_stored(u->t->type, x - h)};
        change[n++] = (hg_change){k, i, hgi_stored(u->t->type, x + h)};
        *u->passes += 2;
    }
    if (n && w->u.losses(w->u.context, n, change, w->u.several))
        return 1;
    for (int j = 0; j < n; j += 2) {
        long e = s->first[change[j].tensor] + change[j].entry;
        s->below[e] = loss[j];
        s->above[e] = loss[j + 1];
    }
    return 0;
}

static int sweep_groups(void *shared, worker *w, long from, long to)
{
    int failed = 0;
    for (long group = from; group < to && !failed; group++)
        failed = sweep_group(shared, w, group);
    return failed;
}

/* Whether `losses` computes what `loss` does, within its noise, at the middle entry of tensor k:
 * the two values, and their slope. */
static hg_status compare_losses(session *s, int k)
{
    long e = s->first[k] + (s->first[k + 1] - s->first[k]) / 2;
    int i = (int)(e - s->first[k]);
    run *u = hgi_aim(s, &s->team.w[0], k);
    double h = u->step * hgi_scale(hgi_here(u, i)), f[2], x[2];
    if (hgi_at(u, i, -h, &f[0], &x[0]) || hgi_at(u, i, h, &f[1], &x[1]))
        return HG_LOSS_FAILED;
    if (!isfinite(f[0]) || !isfinite(f[1]))
        return HG_OK; /* the entry is looked at closely, and not by `losses` */
    double noise = 16 * u->noise, slope = f[1] - f[0];
    double off = hgi_larger(fabs(f[0] - s->below[e]), fabs(f[1] - s->above[e]));
    double turned = fabs(slope - (s->above[e] - s->below[e]));
    return off <= noise + 1e-9 * fabs(s->f0) && turned <= noise + 1e-6 * fabs(slope)
               ? HG_OK
               : HG_LOSSES_DIFFER;
}

/* Noise, steps, truncation. Where there are `losses` it is theirs. Where that stands far above the
 * rounding of the loss, `loss` is asked instead: noisier `losses` would hide what it sees. So
 * either they differ from it, or what they leave open goes to `loss`. */
static int sample(session *s, double pool[2][PROBES], int n[2])
{
    run *u = hgi_aim(s, &s->team.w[0], 0);
    double same = 0, stored, noise = 0;
    if (u->losses && hgi_at_several(u, 0, 1, &same, &s->f0_at_once, &stored))
        return 1;
    if (hgi_sample(s, pool, n))
        return 1;
    for (int k = 0; k < s->p->tensors; k++)
        noise = hgi_larger(noise, s->of[k].skip ? 0 : s->of[k].noise);
    if (!u->losses || noise <= 100 * hgi_rounding(u, s->f0))
        return 0;
    u->losses = NULL;
    int failed = hgi_sample(s, pool, n);
    u->losses = s->p->losses;
    return failed;
}

/* The two values of all entries. */
static hg_status sweep_all(session *s)
{
    long total = s->first[s->p->tensors], most = s->p->at_once / 2;
    if (s->p->losses ? hgi_for_each(&s->team, (total + most - 1) / most, sweep_groups, s)
                     : hgi_for_each(&s->team, total, sweep, s))
        return HG_LOSS_FAILED;
    for (int k = 0; k < s->p->tensors && s->p->losses; k++) {
        hg_status status = s->of[k].skip ? HG_OK : compare_losses(s, k);
        if (status != HG_OK)
            return status;
    }
    return HG_OK;
}

/* ---- the verdict of each tensor ----------------------------------------- */

/* Judges the entries that were compared; what was found at kinks stands in its result already. */
static void conclude(session *s, int k)
{
    measured *m = &s->of[k];
    hg_result *r = &m->found;
    run *u = hgi_aim(s, &s->team.w[0], k);
    tally c = {.kinks = m->kinks};
    long first = s->first[k], end = s->first[k + 1];
    for (long e = first; e < end; e++) {
        int i = (int)(e - first);
        double g = s->analytic[e], value = s->numeric[e], bound = s->bound[e];
        if (s->looked[e] == AT_KINK) {
            s->bound[e] = hgi_allowed(u, g, m->largest, s->tolerance, bound);
            hgi_keep_worst(r, i, g, value, s->bound[e]);
        } else {
            s->bound[e] = hgi_judge(u, i, g, m->largest, s->tolerance, value, bound, r, &c);
        }
    }
    r->noise = m->noise;
    hgi_conclude(r, &c);
    if (u->t->expected == HG_ZERO && r->cause != HG_NOT_FINITE && r->cause != HG_KINK)
        hgi_judge_zero(r, m->largest, fabs(r->numeric), r->bound);
    m->largest = hgi_larger(m->largest, c.largest);
}

hg_status hgi_compare_all(session *s)
{
    double pool[2][PROBES];
    int n[2] = {0};
    s->before = -2; /* the first two calls */
    for (int j = 0; j < s->team.n; j++)
        for (int k = 0; k < s->p->tensors; k++)
            s->before += s->team.w[j].passes[k];
    for (int k = 0; k < s->p->tensors; k++)
        s->of[k].largest = s->of[k].skip ? 0
                                         : hgi_largest((int)(s->first[k + 1] - s->first[k]),
                                                       s->analytic + s->first[k]);
    if (sample(s, pool, n))
        return HG_LOSS_FAILED;
    hg_status status = sweep_all(s);
    if (status == HG_OK)
        status = hgi_suspects(s, pool, n);
    if (status != HG_OK)
        return status;
    for (int k = 0; k < s->p->tensors; k++)
        if (!s->of[k].skip)
            conclude(s, k);
    return HG_OK;
}

/* ---- the end ------------------------------------------------------------ */

hg_status hgi_last_call(session *s)
{
    double loss[2];
    if (hgi_call(hgi_aim(s, &s->team.w[0], 0), loss))
        return HG_LOSS_FAILED;
    int same = memcmp(&loss[0], &s->f0, sizeof s->f0) == 0;
    for (int k = 0; k < s->p->tensors && !same; k++)
        if (s->of[k].found.cause != HG_NOT_FINITE)
            hgi_undecided(&s->of[k].found, HG_NOT_DETERMINISTIC);
    return HG_OK;
}

static void explain(session *s, int k)
{
    hg_evidence *e = hgi_allocate((size_t)s->p->tensors, sizeof *e);
    if (!e)
        return; /* a verdict without an explanation */
    for (int j = 0; j < s->p->tensors; j++) {
        long at = s->first[j];
        e[j] = (hg_evidence){s->analytic + at, s->numeric + at, s->bound + at};
        if (s->of[j].skip)
            e[j] = (hg_evidence){0};
    }
    hg_explain(s->p, e, k, &s->of[k].found.why);
    hgi_free(e);
}

void hgi_hand_over(session *s, hg_result result[])
{
    for (int k = 0; k < s->p->tensors; k++) {
        hg_result *r = &s->of[k].found;
        r->passes = 0;
        for (int j = 0; j < s->team.n; j++)
            r->passes += s->team.w[j].passes[k];
        r->is_float = s->single || s->p->tensor[k].type == HG_FLOAT;
        hgi_finish(r, &s->p->tensor[k], s->of[k].largest);
        if (r->verdict == HG_DISAGREES)
            explain(s, k);
    }
    for (int k = 0; k < s->p->tensors; k++)
        result[k] = s->of[k].found;
}

hg_status hg_check(const hg_problem *p, const hg_options *o, hg_result result[])
{
    session s;
    if (!result)
        return HG_BAD_ARGUMENT;
    hg_status status = hgi_open(&s, p, o);
    if (status == HG_OK)
        status = hgi_compare_all(&s);
    if (status == HG_OK)
        status = hgi_last_call(&s);
    if (status == HG_OK)
        hgi_hand_over(&s, result);
    hgi_close(&s);
    return status;
}
