/* SPDX-License-Identifier: MIT */
/* The entries that two values do not settle: see check.c.
 *
 * What may be missed: a symmetric kink, at which the gradient claimed is just the mean of both
 * slopes, where the jump between these is below a thousandth of the tensor's largest slope, or
 * below what the curvature of the sample does over four steps (some 1e-5 of that curvature). The
 * slope that is claimed there is a valid subgradient; any other one makes a suspect of the entry.
 */
#include "lib/check/checker.h"

#include <math.h>
#include <string.h>

enum {
    CONFIRMED = 8, /* suspects of a tensor that all go up the ladder */
    BENT = 8,
    BLIND = 8,        /* entries of a tensor that are looked at for these reasons, at most */
    MOST_PASSES = 180 /* of one close look: the costliest seen is 154 */
};

typedef struct item {
    long e;
    int close; /* 1 to be looked at closely, 2 done */
    five p;
    numeric v;
} item;

typedef struct list {
    session *s;
    long n;
    item *item;
    long left; /* passes that may be spent on what is looked at by choice */
} list;

static int number(const session *s, long e, int k)
{
    return (int)(e - s->first[k]);
}

/* ---- two values --------------------------------------------------------- */

/* The noise at an entry, by the size of its two values. */
static inline double noise_at(const session *s, const run *u, long e)
{
    double size = hgi_max(fabs(s->below[e]), fabs(s->above[e]));
    return hgi_noise_at(u, hgi_max(size, fabs(u->f0)));
}

/* f(x + h) + f(x - h) - 2 f(x). */
static inline double bend(const session *s, long e)
{
    return s->below[e] - 2 * s->f0 + s->above[e];
}

/* What both values say of an entry: the slope, returned, and how far off that may be. */
static inline double two_values(const session *s, const run *u, int k, long e, double *bound)
{
    double x = hgi_here(u, number(s, e, k)), h = u->step * hgi_scale(x);
    double a = hgi_stored(u->t->type, x - h), b = hgi_stored(u->t->type, x + h);
    double below = s->below[e], above = s->above[e];
    *bound = hgi_noise_bound(noise_at(s, u, e), b - a) + s->of[k].truncation;
    return hgi_slope(below, u->f0, above, a, x, b);
}

/* How far an entry is off, in units of what it may be; infinite where a value is not finite. */
static inline double offence(const session *s, const run *u, int k, long e)
{
    double g = s->analytic[e];
    double allowed = hgi_allowed(u, g, s->of[k].largest, s->tolerance, s->bound[e]);
    double off = fabs(g - s->numeric[e]);
    if (!isfinite(off) || !isfinite(allowed))
        return HUGE_VAL;
    return off > 0 ? off / allowed : 0;
}

static int moves(const session *s, long e)
{
    return s->below[e] != s->f0 || s->above[e] != s->f0;
}

static int is_suspect(const session *s, long e, double off)
{
    return !(off <= 1) && (fabs(s->analytic[e]) > 0 || moves(s, e));
}

/* Whether noise hides the slope of entry e of tensor k. */
static int is_blind(const session *s, int k, long e)
{
    return !(s->bound[e] <= 1e-2 * hgi_max(fabs(s->numeric[e]), s->of[k].largest));
}

/* The least f(x + h) + f(x - h) - 2 f(x) that may come from a symmetric kink. */
static double least_bend(const session *s, int k)
{
    const measured *m = &s->of[k];
    return hgi_larger(10 * sqrt(6) * m->noise, 4 * s->curvature * m->step * m->step);
}

/* Takes the two values of all entries: slopes, bounds, and what m counts. */
static void survey(session *s, int k)
{
    measured *m = &s->of[k];
    const run *u = hgi_aim(s, &s->team.w[0], k);
    double least = least_bend(s, k), most = -1, steepest = 0;
    long suspects = 0, blind = 0, bent = 0, seen = 0, worst = -1;
    for (long e = s->first[k], end = s->first[k + 1]; e < end; e++) {
        double bound, slope = two_values(s, u, k, e, &bound), size = fabs(slope);
        s->numeric[e] = slope;
        s->bound[e] = bound;
        seen += 4 * bound < size;
        steepest = isfinite(size) && size > steepest ? size : steepest;
        if (s->looked[e] != TWO_VALUES)
            continue;
        double off = offence(s, u, k, e);
        suspects += is_suspect(s, e, off);
        blind += is_blind(s, k, e);
        bent += fabs(bend(s, e)) > least;
        worst = off > most ? e : worst;
        most = off > most ? off : most;
    }
    m->suspects = suspects;
    m->blind = blind;
    m->bent = bent;
    m->seen = seen;
    m->worst = worst;
    m->steepest = steepest;
}

static void survey_all(session *s)
{
    for (int k = 0; k < s->p->tensors; k++)
        if (!s->of[k].skip)
            survey(s, k);
}

/* The noise along the steepest entry in part `part` of three of the tensors of one kind. */
static int noise_of_part(const session *s, int kind, int part, double *own)
{
    long total = s->first[s->p->tensors], best = -1;
    for (long e = total * part / 3; e < total * (part + 1) / 3; e++) {
        int k = hgi_tensor_of(s, e);
        if (!s->of[k].skip && (s->p->tensor[k].type == HG_FLOAT) == kind &&
            (best < 0 || fabs(s->analytic[e]) > fabs(s->analytic[best])))
            best = e;
    }
    if (best < 0)
        return 0;
    int k = hgi_tensor_of(s, best), i = number(s, best, k);
    run *u = hgi_aim(s, &s->team.w[0], k);
    *own = hgi_noise_floor(u, i, s->analytic[best]);
    return hgi_noise_along(u, i, hgi_scale(hgi_here(u, i)), own);
}

/* Where noise far above rounding hides most slopes of one kind of tensors, it may be kinks that the
 * sample saw: it is measured along three entries, and the middle one holds where it is far less. */
static int measure_again(session *s, int kind)
{
    long blind = 0, entries = 0;
    double noise = 0, own[3] = {0};
    for (int k = 0; k < s->p->tensors; k++) {
        const measured *m = &s->of[k];
        if (m->skip || (s->p->tensor[k].type == HG_FLOAT) != kind || m->noise <= 100 * m->rounding)
            continue;
        noise = m->noise;
        entries += s->first[k + 1] - s->first[k];
        blind += m->blind;
    }
    if (2 * blind <= entries)
        return 0;
    for (int part = 0; part < 3; part++)
        if (noise_of_part(s, kind, part, &own[part]))
            return 1;
    double least = fmin(own[0], own[1]), most = hgi_larger(own[0], own[1]);
    double middle = hgi_larger(least, fmin(most, own[2]));
    for (int k = 0; k < s->p->tensors && middle < noise / 8; k++)
        if ((s->p->tensor[k].type == HG_FLOAT) == kind)
            s->of[k].noise = hgi_larger(2 * middle, s->of[k].rounding);
    survey_all(s);
    return 0;
}

/* ---- closer looks ------------------------------------------------------- */

static int five_points(void *shared, worker *w, long from, long to)
{
    list *l = shared;
    const session *s = l->s;
    int failed = 0;
    for (item *it = &l->item[from]; it < &l->item[to] && !failed; it++) {
        int k = hgi_tensor_of(s, it->e);
        run *u = hgi_aim(s, w, k);
        const double known[] = {s->below[it->e], s->above[it->e]};
        failed = hgi_five_points(u, number(s, it->e, k), u->step, known, &it->p);
    }
    return failed;
}

static int ladder(void *shared, worker *w, long from, long to)
{
    list *l = shared;
    const session *s = l->s;
    int failed = 0;
    for (item *it = &l->item[from]; it < &l->item[to] && !failed; it++) {
        int k = hgi_tensor_of(s, it->e);
        if (it->close != 1)
            continue;
        it->close = 2;
        failed = hgi_look_closer(hgi_aim(s, w, k), number(s, it->e, k), s->analytic[it->e], &it->p,
                                 &it->v);
    }
    return failed;
}

static int agrees(const session *s, const run *u, int k, const item *it)
{
    double g = s->analytic[it->e];
    return fabs(g - it->v.value) <= hgi_allowed(u, g, s->of[k].largest, s->tolerance, it->v.bound);
}

/* Whether D(2h) - D(h) may be noise, or not much more. */
static int is_mostly_noise(const item *it)
{
    return fabs(it->p.far - it->p.near) <= 2 * hgi_noise_bound(it->v.noise, it->v.gap);
}

/* Whether five points suffice: they agree, see a smooth curve, and truncation hides nothing. */
static int is_settled(const session *s, const run *u, int k, const item *it)
{
    double g = s->analytic[it->e], size = hgi_larger(fabs(g), s->of[k].largest);
    if (!it->p.moves && !(fabs(g) > 0))
        return 1;
    return agrees(s, u, k, it) && hgi_is_smooth(&it->p, it->v.noise) &&
           (it->v.bound <= 1e-7 * size || is_mostly_noise(it));
}

/* Whether five points suffice to accuse, in a tensor where closer looks have confirmed them: far
 * off, and no more than noise in the way of a straight line or parabola. */
static int is_plainly_wrong(const session *s, const run *u, int k, const item *it)
{
    double g = s->analytic[it->e];
    double allowed = hgi_allowed(u, g, s->of[k].largest, s->tolerance, it->v.bound);
    return fabs(g - it->v.value) > 100 * allowed &&
           fabs(it->p.fourth) <= 3 * sqrt(70) * it->v.noise && is_mostly_noise(it);
}

/* ---- suspects ----------------------------------------------------------- */

static void add(list *l, long e)
{
    item *it = &l->item[l->n++];
    it->e = e;
    it->close = 0;
    l->s->looked[e] = LOOKED;
}

/* Room for the suspects, and for what is looked at by choice. */
static hg_status collect(list *l)
{
    session *s = l->s;
    long n = 0, chosen = (long)s->p->tensors * (BENT + 1 + BLIND);
    for (int k = 0; k < s->p->tensors; k++)
        n += s->of[k].skip ? 0 : s->of[k].suspects;
    l->item = hgi_allocate((size_t)(n + chosen), sizeof *l->item);
    if (!l->item)
        return HG_NO_MEMORY;
    for (int k = 0; k < s->p->tensors && n > 0; k++) {
        run *u = hgi_aim(s, &s->team.w[0], k);
        for (long e = s->first[k]; e < s->first[k + 1] && !s->of[k].skip; e++)
            if (is_suspect(s, e, offence(s, u, k, e)))
                add(l, e);
    }
    return HG_OK;
}

/* Measures the noise once more, with the fourth differences of the suspects, which owe nothing to
 * what makes a suspect: D(h) is odd, they are even. So an estimate from the sample that came out
 * too small does not send its many suspects up the ladder. */
static hg_status pool_noise(list *l, int kind, const double sample[PROBES], int n)
{
    session *s = l->s;
    double old = 0, *fourth = hgi_allocate((size_t)(l->n + PROBES), sizeof *fourth);
    int used = n;
    if (!fourth)
        return HG_NO_MEMORY;
    memcpy(fourth, sample, (size_t)n * sizeof *fourth);
    for (int k = 0; k < s->p->tensors; k++)
        if (!s->of[k].skip && (s->p->tensor[k].type == HG_FLOAT) == kind)
            old = s->of[k].noise;
    for (long j = 0; j < l->n; j++) {
        int k = hgi_tensor_of(s, l->item[j].e);
        double f = l->item[j].p.fourth;
        if ((s->p->tensor[k].type == HG_FLOAT) == kind && fabs(f) <= 6 * sqrt(70) * old)
            fourth[used++] = f;
    }
    double noise = hgi_noise_of(used, fourth);
    for (int k = 0; k < s->p->tensors; k++)
        if ((s->p->tensor[k].type == HG_FLOAT) == kind)
            s->of[k].noise = hgi_larger(s->of[k].noise, noise);
    hgi_free(fourth);
    return HG_OK;
}

/* Marks what five points leave open: the first few of each tensor, or the others too, but for those
 * that are plainly wrong as all of the first few were. */
static void mark(list *l, int others)
{
    session *s = l->s;
    int last = -1, count = 0, confirmed = 0;
    for (long j = 0; j < l->n; j++) {
        item *it = &l->item[j];
        int k = hgi_tensor_of(s, it->e);
        run *u = hgi_aim(s, &s->team.w[0], k);
        if (k != last) {
            last = k;
            count = confirmed = 0;
        }
        if (it->close == 2) {
            count++;
            confirmed += !it->v.kink && !agrees(s, u, k, it);
            continue;
        }
        it->v = hgi_first_look(u, &it->p);
        if (is_settled(s, u, k, it))
            continue;
        if (!others)
            it->close = count++ < CONFIRMED;
        else
            it->close = !(confirmed == CONFIRMED && is_plainly_wrong(s, u, k, it));
    }
}

static hg_status look_at_suspects(list *l, double pool[2][PROBES], const int n[2])
{
    session *s = l->s;
    if (hgi_for_each(&s->team, l->n, five_points, l))
        return HG_LOSS_FAILED;
    for (int kind = 0; kind < 2 && l->n; kind++)
        if (pool_noise(l, kind, pool[kind], n[kind]) != HG_OK)
            return HG_NO_MEMORY;
    for (int others = 0; others < 2; others++) {
        mark(l, others);
        if (hgi_for_each(&s->team, l->n, ladder, l))
            return HG_LOSS_FAILED;
    }
    return HG_OK;
}

/* ---- what is looked at by choice ---------------------------------------- */

/* How many passes of 1.1 * 2P + 50 are left; one is kept for the last call. */
static long budget(const session *s)
{
    long entries = 0, spent = 0;
    for (int k = 0; k < s->p->tensors; k++) {
        entries += s->of[k].skip ? 0 : s->first[k + 1] - s->first[k];
        for (int j = 0; j < s->team.n; j++)
            spent += s->team.w[j].passes[k];
    }
    return 2 * entries + entries / 5 + 50 - 1 - (spent - s->before);
}

/* Sends item j of tensor k up the ladder, if it is to be looked at closely. */
static int look_closely(list *l, int k, long j)
{
    worker *w = &l->s->team.w[0];
    long before = w->passes[k];
    int failed = ladder(l, w, j, j + 1);
    l->left -= w->passes[k] - before;
    return failed;
}

/* Takes entry e: five points, and a closer look where those leave a doubt or it is blind. */
static int take(list *l, int k, long e, int blind)
{
    session *s = l->s;
    long j = l->n;
    add(l, e);
    item *it = &l->item[j];
    if (five_points(l, &s->team.w[0], j, j + 1))
        return 1;
    l->left -= 2;
    run *u = hgi_aim(s, &s->team.w[0], k);
    it->v = hgi_first_look(u, &it->p);
    it->close = !is_settled(s, u, k, it);
    /* a curve that bends as a parabola does is smooth, however strongly it bends */
    if (fabs(it->p.fourth) <= 0.2 * fabs(it->p.second) && agrees(s, u, k, it))
        it->close = 0;
    it->close = it->close || blind;
    return look_closely(l, k, j);
}

/* The entry of tensor k whose one-sided slopes differ most, for its noise and the curvature of the
 * sample; -1 where that is nothing. */
static long most_bent(const session *s, int k, double largest, double share)
{
    const run *u = hgi_aim(s, &s->team.w[0], k);
    double most = share * largest, least = least_bend(s, k);
    long best = -1;
    for (long e = s->first[k]; e < s->first[k + 1]; e++) {
        double second = fabs(bend(s, e));
        if (s->looked[e] != TWO_VALUES || !(second > least))
            continue;
        double x = hgi_here(u, number(s, e, k)), h = u->step * hgi_scale(x);
        double jump = 2 * second / (hgi_stored(u->t->type, x + h) - hgi_stored(u->t->type, x - h));
        if (jump > most && second > 10 * sqrt(6) * noise_at(s, u, e)) {
            most = jump;
            best = e;
        }
    }
    return best;
}

/* Looks for symmetric kinks in tensor k: the most bent entry first. Where that one proves smooth,
 * the others are. */
static int look_for_kinks(list *l, int k)
{
    session *s = l->s;
    double largest = hgi_larger(s->of[k].largest, s->of[k].steepest);
    for (int tries = 0, smooth = 0; tries < BENT && smooth < 2 && s->of[k].bent; tries++) {
        long e = most_bent(s, k, largest, l->left >= 2 ? 1e-3 : 0.1);
        if (e < 0)
            break;
        if (take(l, k, e, 0))
            return 1;
        const item *it = &l->item[l->n - 1];
        smooth += it->v.kink ? 0 : it->close ? 1 : 2;
    }
    return 0;
}

/* The entry of tensor k that is furthest off for its bound, of those not looked at; -1: none. */
static long worst_of(const session *s, int k)
{
    long worst = s->of[k].worst;
    if (worst < 0 || s->looked[worst] == TWO_VALUES)
        return worst;
    run *u = hgi_aim(s, &s->team.w[0], k);
    double most = -1;
    worst = -1;
    for (long e = s->first[k]; e < s->first[k + 1]; e++) {
        double off = s->looked[e] == TWO_VALUES ? offence(s, u, k, e) : -1;
        if (off > most) {
            most = off;
            worst = e;
        }
    }
    return worst;
}

static int look_at_worst(list *l, int k)
{
    long worst = worst_of(l->s, k);
    return worst >= 0 && l->left >= 2 && take(l, k, worst, 0);
}

/* Looks closely at the first entry of tensor k that moves the loss, unless one was looked at so. */
static int look_at_first(list *l, int k)
{
    session *s = l->s;
    long first = -1;
    for (long j = 0; j < l->n; j++)
        if (hgi_tensor_of(s, l->item[j].e) == k) {
            if (l->item[j].close)
                return 0;
            first = first < 0 && moves(s, l->item[j].e) ? j : first;
        }
    if (first >= 0) {
        l->item[first].close = 1;
        return look_closely(l, k, first);
    }
    for (long e = s->first[k]; e < s->first[k + 1]; e++)
        if (moves(s, e))
            return take(l, k, e, 1);
    return 0;
}

/* Entries that noise hides; where it hides all, one whatever the budget: that the test cannot fail
 * is not to be said of steps that are too long. */
static int look_at_blind(list *l, int k)
{
    session *s = l->s;
    int taken = 0;
    for (long e = s->first[k]; e < s->first[k + 1] && taken < BLIND && s->of[k].blind; e++) {
        if (s->looked[e] != TWO_VALUES || !is_blind(s, k, e))
            continue;
        if (l->left < MOST_PASSES)
            break;
        if (take(l, k, e, 1))
            return 1;
        taken++;
    }
    return s->of[k].seen || taken ? 0 : look_at_first(l, k);
}

/* ---- all together ------------------------------------------------------- */

/* The unit of the loss: the largest power of two that divides all its values so far, 2^-53 of them
 * where it is computed in double, more where a large number was added and taken away. */
static double unit_of_loss(const session *s)
{
    double unit = 0x1p-23; /* where it is always 0 */
    for (int k = 0; k < s->p->tensors; k++)
        for (long e = s->first[k]; e < s->first[k + 1] && !s->of[k].skip; e++) {
            const double f[] = {s->f0, s->below[e], s->above[e]};
            for (int j = 0; j < 3; j++)
                unit = hgi_unit(unit, f[j]);
        }
    return unit;
}

/* Puts what the closer looks found in the place of what two values said. */
static void settle(const list *l)
{
    session *s = l->s;
    double unit = 0;
    for (long j = 0; j < l->n; j++) {
        const item *it = &l->item[j];
        int k = hgi_tensor_of(s, it->e);
        run *u = hgi_aim(s, &s->team.w[0], k);
        numeric v = it->v;
        if (!it->p.moves && !(fabs(v.value) > 0)) { /* it did not move at the widest step either */
            unit = unit > 0 ? unit : unit_of_loss(s);
            v.bound = hgi_larger(v.bound, 64 * unit / hgi_scale(hgi_here(u, number(s, it->e, k))));
        }
        s->numeric[it->e] = v.value;
        s->bound[it->e] = v.bound;
        if (!v.kink || !isfinite(v.value) || !isfinite(v.bound))
            continue;
        double g = s->analytic[it->e];
        s->looked[it->e] = AT_KINK;
        v.bound = hgi_allowed(u, g, s->of[k].largest, s->tolerance, v.bound);
        hgi_judge_kink(g, &v, &s->of[k].found, &s->of[k].kinks);
    }
}

hg_status hgi_suspects(session *s, double pool[2][PROBES], const int n[2])
{
    list l = {.s = s};
    survey_all(s);
    if (measure_again(s, 0) || measure_again(s, 1))
        return HG_LOSS_FAILED;
    hg_status status = collect(&l);
    if (status == HG_OK)
        status = look_at_suspects(&l, pool, n);
    if (status == HG_OK && l.n > 0)
        survey_all(s); /* with the noise of more entries */
    int failed = status != HG_OK;
    l.left = budget(s);
    for (int reason = 0; reason < 3; reason++)
        for (int k = 0; k < s->p->tensors && !failed; k++)
            if (!s->of[k].skip)
                failed = reason == 0   ? look_for_kinks(&l, k)
                         : reason == 1 ? look_at_worst(&l, k)
                                       : look_at_blind(&l, k);
    if (status == HG_OK && failed)
        status = HG_LOSS_FAILED;
    if (status == HG_OK)
        settle(&l);
    hgi_free(l.item);
    return status;
}
