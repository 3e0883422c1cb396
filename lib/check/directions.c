/* SPDX-License-Identifier: MIT */
/* Directions: every entry of a set moves by h times its factor, a random sign times 3/4 to 1 times
 * the size of its tensor's values. Then
 *
 *     f(x + hv) - f(x - hv) - g.((x + hv) - (x - hv))  over 2h  =  error.v + a h^2 + b h^4 + ...
 *
 * with the points as memory holds them, so that storing them costs nothing. Pairs at h, 2h, 4h, ...
 * are extrapolated to h = 0 (Romberg), by those that give the smallest bound: 8 standard deviations
 * of the measured noise, what the last step of the extrapolation changed, and 16 roundings of the
 * gradient. Steps are relative to the values (their root mean square): a random direction of a
 * million weights is smooth over a few hundredths of that.
 *
 * Not where the loss has kinks (ReLU, max): such a step takes many hidden units over theirs, and
 * each adds to the slope and to the even part, (f(x + hv) + f(x - hv)) / 2 - f(x). That shows: the
 * parts do not grow as those of a smooth loss, or much smaller steps say something else. Then small
 * steps are taken, each pair with the next, and what their even parts are off h^2 goes into the
 * bound.
 *
 * Complex step: the imaginary part at x + ihv, less g.v, one call; its error is rounding. */
#include "lib/check/directions.h"
#include "lib/check/entries.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

static const double TINY = 0x1p-300; /* the complex step: a power of two, so exact */

/* ---- moving ---------------------------------------------------------------- */

/* A step: h along the direction (complex: of the imaginary parts, and `real` of the real ones).
 * With h = 0 and real = 0 the very values are put back. Sums are over all entries moved. */
typedef struct step {
    double h, real;
    double dot, squares; /* of gradient times distance; of its square */
    double rounding;     /* the sum of squares of the gradient's rounding times distance */
} step;

/* Entries in a row: n of them from number `flat`, weighted by w + k dw. */
typedef struct run {
    const hg_tensor *t;
    long flat, n;
    ptrdiff_t at, by, grad_at, grad_by; /* where they stand, and how far from each other */
    double w, dw;
} run;

static void move_double(const hg_search *s, const run *r, double c, double sums[2])
{
    double *x = (double *)r->t->data + r->at;
    const double *g = (const double *)r->t->grad + r->grad_at, *was = s->was + r->flat;
    const float *sign = s->sign + r->flat;
    for (long k = 0; k < r->n; k++) {
        double v = (double)sign[k] * (r->w + (double)k * r->dw);
        double to = c != 0 ? was[k] + c * v : was[k]; /* -0 stays -0 */
        double part = g[k * r->grad_by] * (to - was[k]);
        x[k * r->by] = to;
        sums[0] += part;
        sums[1] += part * part;
    }
}

static void move_float(const hg_search *s, const run *r, double c, double sums[2])
{
    float *x = (float *)r->t->data + r->at;
    const float *g = (const float *)r->t->grad + r->grad_at, *sign = s->sign + r->flat;
    const double *was = s->was + r->flat;
    for (long k = 0; k < r->n; k++) {
        double v = (double)sign[k] * (r->w + (double)k * r->dw);
        float to = (float)(c != 0 ? was[k] + c * v : was[k]);
        double part = (double)g[k * r->grad_by] * ((double)to - was[k]);
        x[k * r->by] = to;
        sums[0] += part;
        sums[1] += part * part;
    }
}

static void move_complex(const hg_search *s, const run *r, double c, double real, double sums[2])
{
    double *x = (double *)r->t->data + 2 * r->at;
    const double *g = (const double *)r->t->grad + 2 * r->grad_at, *was = s->was + 2 * r->flat;
    const float *sign = s->sign + r->flat;
    for (long k = 0; k < r->n; k++) {
        double v = (double)sign[k] * (r->w + (double)k * r->dw), d = c * v;
        double part = g[2 * k * r->grad_by] * (d / TINY);
        x[2 * k * r->by] = real != 0 ? was[2 * k] + real * v : was[2 * k];
        x[2 * k * r->by + 1] = c != 0 ? d : was[2 * k + 1];
        sums[0] += part;
        sums[1] += part * part;
    }
}

static void move_run(const hg_search *s, const run *r, step *p)
{
    double sums[2] = {0, 0}, size = s->scale[r->t - s->p->tensor], c = p->h * size;
    switch (r->t->type) {
    case HG_FLOAT: move_float(s, r, c, sums); break;
    case HG_COMPLEX: move_complex(s, r, c, p->real * size, sums); break;
    default: move_double(s, r, c, sums);
    }
    double eps = 16 * hgi_epsilon(r->t->type) * fmax(1, r->t->condition);
    p->dot += sums[0];
    p->squares += sums[1];
    p->rounding += eps * eps * sums[1];
}

/* Moves a run, less what the boxes from number k on exclude; index is that of its first entry. */
static void move_pieces(const hg_search *s, run r, const int index[HG_RANK], int k, step *p)
{
    int last = r.t->rank - 1;
    for (; k < s->boxes; k++) {
        const hg_box *b = &s->box[k];
        int inside = &s->p->tensor[b->tensor] == r.t;
        for (int a = 0; a < last && inside; a++)
            inside = index[a] >= b->from[a] && index[a] < b->to[a];
        long from = last < 0 ? 0 : b->from[last] - index[last];
        long to = last < 0 ? 1 : b->to[last] - index[last];
        if (!inside || to <= 0 || from >= r.n)
            continue;
        run before = r;
        before.n = from;
        if (from > 0)
            move_pieces(s, before, index, k + 1, p);
        if (to >= r.n)
            return;
        r.flat += to, r.n -= to, r.at += to * r.by, r.grad_at += to * r.grad_by;
        r.w += (double)to * r.dw;
        int next[HG_RANK];
        memcpy(next, index, sizeof next);
        next[last] += (int)to;
        move_pieces(s, r, next, k + 1, p);
        return;
    }
    enum { BLOCK = 1024 }; /* sums of sums: less rounding */
    for (long left = r.n; left > 0; left -= BLOCK) {
        r.n = left < BLOCK ? left : BLOCK;
        move_run(s, &r, p);
        r.flat += BLOCK, r.at += BLOCK * r.by, r.grad_at += BLOCK * r.grad_by;
        r.w += BLOCK * r.dw;
    }
}

/* Weights of 1/3 to 1 for place k of n. */
static double weight(double k, double n)
{
    return n > 1 ? (1 + 2 * k / (n - 1)) / 3 : 1;
}

/* How far the entries of a row stand from each other. */
static ptrdiff_t spacing(const hg_tensor *t, const ptrdiff_t stride[])
{
    return hgi_row_by_row(t, stride) ? 1 : stride[t->rank - 1];
}

/* Entries skip to end - 1 of the row that begins at `index` and holds the set's entries from
 * `number` on. `start` receives the index of the first of them. */
static run run_of(const hg_search *s, const hg_set *a, int tensor, int by, const int index[HG_RANK],
                  long number, long skip, long end, int start[HG_RANK])
{
    const hg_tensor *t = &s->p->tensor[tensor];
    int last = t->rank - 1;
    memcpy(start, index, HG_RANK * sizeof *start);
    if (last >= 0)
        start[last] += (int)skip;
    run r = {.t = t, .n = end - skip, .w = 1};
    int first = hgi_entry_at(t, start);
    r.flat = s->start[tensor] + first;
    r.at = hgi_stands_at(t, t->stride, first), r.by = spacing(t, t->stride);
    r.grad_at = hgi_stands_at(t, t->grad_stride, first), r.grad_by = spacing(t, t->grad_stride);
    double count = (double)(a->hi - a->lo);
    if (by == HG_BY_NUMBER) {
        r.w = weight((double)(number + skip - a->lo), count);
        r.dw = count > 1 ? 2 / (count - 1) / 3 : 0;
    } else if (by >= 0) {
        int width = a->to[by] - a->from[by];
        r.w = weight(start[by] - a->from[by], width);
        r.dw = by == last && width > 1 ? 2.0 / (width - 1) / 3 : 0;
    }
    return r;
}

/* Moves the entries of a set's box in one tensor; *number is that of the next entry in the set. */
static void move_box(const hg_search *s, const hg_set *a, int tensor, int by, long *number, step *p)
{
    const hg_tensor *t = &s->p->tensor[tensor];
    int last = t->rank - 1, index[HG_RANK] = {0}, whole = a->first != a->last, more = 1;
    for (int k = 0; k <= last; k++)
        index[k] = whole ? 0 : a->from[k];
    while (more && *number < a->hi) {
        long n = last < 0 ? 1 : whole ? t->shape[last] : a->to[last] - a->from[last];
        long skip = a->lo > *number ? a->lo - *number : 0;
        long end = a->hi - *number < n ? a->hi - *number : n;
        if (skip < end) {
            int start[HG_RANK];
            run r = run_of(s, a, tensor, by, index, *number, skip, end, start);
            move_pieces(s, r, start, 0, p);
        }
        *number += n;
        int k = last - 1;
        for (; k >= 0 && ++index[k] == (whole ? t->shape[k] : a->to[k]); k--)
            index[k] = whole ? 0 : a->from[k];
        more = k >= 0;
    }
}

/* How far mended entry m has moved. */
static double distance(const hg_search *s, const hg_mended *m)
{
    const hg_tensor *t = &s->p->tensor[m->tensor];
    long flat = s->start[m->tensor] + m->entry;
    if (!s->complex)
        return hgi_value(t, m->entry) - s->was[flat];
    return (*hgi_imaginary(t, m->entry) - s->was[2 * flat + 1]) / TINY;
}

static void move(const hg_search *s, const hg_set *a, int by, step *p)
{
    long number = 0;
    p->dot = p->squares = p->rounding = 0;
    for (int k = a->first; k <= a->last; k++)
        move_box(s, a, k, by, &number, p);
    for (int k = 0; k < s->mended && (p->h != 0); k++) {
        double d = distance(s, &s->mend[k]);
        p->dot += s->mend[k].change * d;
        p->rounding += s->mend[k].bound * s->mend[k].bound * d * d;
    }
}

static void put_back(const hg_search *s, const hg_set *a)
{
    move(s, a, HG_EVENLY, &(step){.h = 0});
}

void hg_put_back(hg_search *s)
{
    hg_set all = hg_set_of(s, 0, s->p->tensors - 1);
    int boxes = s->boxes;
    s->boxes = 0;
    put_back(s, &all);
    s->boxes = boxes;
}

/* ---- sets -------------------------------------------------------------------- */

hg_set hg_set_of(const hg_search *s, int first, int last)
{
    hg_set a = {.first = first, .last = last, .hi = s->start[last + 1] - s->start[first]};
    for (int k = 0; k < HG_RANK; k++)
        a.to[k] = k < s->p->tensor[first].rank ? s->p->tensor[first].shape[k] : 1;
    return a;
}

hg_set hg_set_of_box(const hg_search *s, const hg_box *b)
{
    hg_set a = {.first = b->tensor, .last = b->tensor, .hi = 1};
    for (int k = 0; k < HG_RANK; k++) {
        int in = k < s->p->tensor[b->tensor].rank;
        a.from[k] = in ? b->from[k] : 0;
        a.to[k] = in ? b->to[k] : 1;
        a.hi *= a.to[k] - a.from[k];
    }
    return a;
}

hg_set hg_set_of_entry(const hg_search *s, int tensor, int entry)
{
    hg_box b = {.tensor = tensor};
    hgi_index(&s->p->tensor[tensor], entry, b.from);
    for (int k = 0; k < HG_RANK; k++)
        b.to[k] = b.from[k] + 1;
    return hg_set_of_box(s, &b);
}

void hg_entry_of(const hg_search *s, const hg_set *a, long n, int *tensor, int *entry)
{
    *tensor = a->first;
    if (a->first != a->last) {
        n += s->start[a->first];
        while (s->start[*tensor + 1] <= n)
            ++*tensor;
        *entry = (int)(n - s->start[*tensor]);
        return;
    }
    const hg_tensor *t = &s->p->tensor[a->first];
    long stride = 1, flat = 0;
    for (int k = t->rank - 1; k >= 0; k--) {
        int width = a->to[k] - a->from[k];
        flat += (a->from[k] + n % width) * stride;
        n /= width;
        stride *= t->shape[k];
    }
    *entry = (int)flat;
}

double hg_direction_of(const hg_search *s, int tensor, int entry)
{
    return s->scale[tensor] * (double)s->sign[s->start[tensor] + entry];
}

static uint64_t mix(uint64_t z) /* SplitMix64's last three lines */
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

/* Not signs alone: equal errors of two entries would cancel half the time. */
void hg_draw(hg_search *s)
{
    uint64_t state = s->seed = mix(s->seed + 0x9e3779b97f4a7c15ULL), bits = 0;
    for (long i = 0; i < s->total; i++, bits >>= 16) {
        if (i % 4 == 0)
            bits = mix(state += 0x9e3779b97f4a7c15ULL);
        float size = 0.75F + (float)(bits & 0x7fff) * 0x1p-17F;
        s->sign[i] = bits & 0x8000 ? -size : size;
    }
}

/* ---- measuring ----------------------------------------------------------------- */

/* The largest power of two, its exponent, of which a finite x is a multiple. */
static int grain_of(double x)
{
    int exponent, bits = 0;
    int64_t m = (int64_t)ldexp(frexp(x, &exponent), 53);
    for (; m != 0 && m % 2 == 0; m /= 2)
        bits++;
    return m != 0 ? exponent - 53 + bits : INT32_MAX;
}

/* A loss that cancels inside, (K + s) - K, shows by its grain how large K is; a float does, too. */
double hg_floor(const hg_search *s)
{
    double grain = s->grain < 1000 ? ldexp(0.3, s->grain) : 0;
    return fmax(grain, 0.3 * DBL_EPSILON * fabs(s->f0));
}

int hg_call(hg_search *s, double loss[2])
{
    loss[0] = loss[1] = 0;
    s->passes++;
    int failed = s->p->loss(s->p->context, loss);
    s->single = s->single && loss[0] == (double)(float)loss[0];
    int grain = isfinite(loss[0]) ? grain_of(loss[0]) : INT32_MAX;
    s->grain = grain < s->grain ? grain : s->grain;
    return failed;
}

/* The loss at x + hv and x - hv. */
static int take_pair(hg_search *s, const hg_set *a, int by, double h, hg_pair *q, hg_reading *r)
{
    double up[2], down[2];
    step p = {.h = h}, m = {.h = -h};
    move(s, a, by, &p);
    int failed = hg_call(s, up);
    if (!failed) {
        move(s, a, by, &m);
        failed = hg_call(s, down);
    }
    put_back(s, a);
    if (failed)
        return 1;
    q->h = h;
    q->up = up[0], q->down = down[0];
    q->odd = ((up[0] - down[0]) - (p.dot - m.dot)) / (2 * h);
    q->even = (up[0] - s->f0 + (down[0] - s->f0)) / 2;
    r->slope = (p.dot - m.dot) / (2 * h);
    r->size = sqrt(p.squares) / h;
    r->rounding = sqrt(p.rounding) / h + s->tolerance * r->size;
    return 0;
}

/* The value at h = 0 of the polynomial in h^2 through pairs a to b; *deviation: the standard
 * deviation of its noise, where s is given. Where `even`, that of even / h^2. */
static double extrapolate(const hg_search *s, const hg_pair *pair, int a, int b, int even,
                          double *deviation)
{
    double value = 0, squares = 0;
    for (int j = a; j <= b; j++) {
        double w = 1, h = pair[j].h;
        for (int k = a; k <= b; k++)
            if (k != j)
                w *= pair[k].h * pair[k].h / ((pair[k].h - h) * (pair[k].h + h));
        value += w * (even ? pair[j].even / (h * h) : pair[j].odd);
        double size = fmax(fabs(pair[j].up), fabs(pair[j].down));
        double noise = s ? fmax(s->noise, 0.3 * DBL_EPSILON * size) : 0;
        squares += w * w * noise * noise / (2 * h * h);
    }
    *deviation = sqrt(squares);
    return value;
}

/* What the last step of an extrapolation changed is the error of the one before; where it shrinks
 * fast, an eighth of it bounds the last one. Two pairs do not show how fast: decay
 * stands for it. */
static double truncation_of(const hg_pair *pair, int a, int b, double decay)
{
    double unused, value = extrapolate(NULL, pair, a, b, 0, &unused);
    double before = extrapolate(NULL, pair, a, b - 1, 0, &unused), last = fabs(value - before);
    if (b - a < 2)
        return last * decay;
    double change = fabs(before - extrapolate(NULL, pair, a, b - 2, 0, &unused));
    return last < change / 16 ? last / 8 : last;
}

/* What kinks between the ends of pairs a and a + 1 may add to their value. A kink at distance d
 * along the direction adds c (h - d) / 2 to the even part at h > d, and as much over h to the odd
 * one. Without kinks the even part grows as h^2 and the odd one stays: for one kink, wherever it
 * lies, what they are off these bounds what the value is off. Twice that, since there may be more;
 * what noise explains is left out, the value's bound has room for it. */
static double kink_of(const hg_search *s, const hg_pair *pair, int a)
{
    const hg_pair *p = &pair[a], *q = &pair[a + 1];
    double ratio = q->h / p->h, square = ratio * ratio, noise = 2 * s->noise;
    double even = fabs(q->even - square * p->even), odd = fabs(q->odd - p->odd);
    double spread = sqrt((1 + square * square) / 2 + (square - 1) * (square - 1));
    even = fmax(0, even - noise * spread) / (ratio * (ratio - 1) * p->h);
    odd = fmax(0, odd - noise / p->h);
    return 2 * even + odd;
}

/* Takes pairs a to b where they give a smaller bound. */
static void take_better(const hg_search *s, hg_reading *r, int a, int b, double truncation,
                        double kink)
{
    double noise, value = extrapolate(s, r->pair, a, b, 0, &noise);
    double bound = 8 * noise + truncation + kink + r->rounding;
    if (!(bound < r->bound))
        return;
    r->bound = bound;
    r->value = value;
    r->noise = noise;
    r->truncation = truncation;
    r->kink = kink;
    r->least = a, r->most = b;
}

enum { RATIO = 4 }; /* of steps near kinks */

/* Near kinks: two steps, and all that smaller ones have seen. */
static void judge_kinked(const hg_search *s, hg_reading *r)
{
    double kink = 0;
    for (int a = 0; a + 1 < r->pairs; a++) {
        const hg_pair *p = &r->pair[a], *q = &r->pair[a + 1];
        if (q->h > RATIO * p->h)
            continue;
        kink = fmax(kink, kink_of(s, r->pair, a));
        take_better(s, r, a, a + 1, fabs(q->odd - p->odd), kink);
    }
}

/* Takes the pairs that give the smallest bound. */
static void judge(const hg_search *s, hg_reading *r)
{
    r->bound = HUGE_VAL;
    r->value = r->pairs ? r->pair[0].odd : 0;
    r->least = r->most = 0;
    r->noise = r->truncation = HUGE_VAL;
    r->kink = 0;
    if (s->kinked) {
        judge_kinked(s, r);
        return;
    }
    for (int a = 0; a < r->pairs; a++)
        for (int b = a + 1; b < r->pairs && b < a + 5; b++)
            take_better(s, r, a, b, truncation_of(r->pair, a, b, s->decay), 0);
    if (r->pairs > 1)
        r->kink = kink_of(s, r->pair, r->least); /* what the bound does not contain */
}

/* Near kinks: two steps, larger ones as long as no kink shows, smaller ones where one does. */
static double next_kinked(const hg_reading *r, double top)
{
    const hg_pair *q = r->pair;
    int n = r->pairs - 1, rough = r->kink > 8 * r->noise;
    if (n == 0 || q[1].h > RATIO * q[0].h)
        return RATIO * q[0].h;
    if (rough && r->least == 0 && 128 * r->noise < r->bound && q[0].h > 0x1p-40)
        return q[0].h / (RATIO * RATIO);
    return !rough && r->most == n && RATIO * q[n].h <= top ? RATIO * q[n].h : 0;
}

/* The step of the next pair; 0 where none would help. */
static double next_step(const hg_search *s, const hg_reading *r)
{
    const hg_pair *q = r->pair;
    double top = s->single ? 0.5 : 0.125;
    if (r->pairs == 0)
        return s->h;
    if (s->kinked)
        return next_kinked(r, top);
    int n = r->pairs - 1, rough = !(r->truncation <= 8 * r->noise);
    if (isfinite(q[n].odd) && 2 * q[n].h <= top && (r->pairs < 4 || (!rough && r->most == n)))
        return 2 * q[n].h;
    if (rough && r->least == 0)
        return q[0].h / (r->truncation < 800 * r->noise ? 2 : 16);
    return 0;
}

static void add_pair(hg_reading *r, hg_pair q)
{
    int k = r->pairs++;
    for (; k > 0 && r->pair[k - 1].h > q.h; k--)
        r->pair[k] = r->pair[k - 1];
    r->pair[k] = q;
}

/* Complex step: the imaginary part, one call. With most >= 2, two calls at real parts that differ:
 * their difference is a derivative too, of the real part alone. */
static int measure_complex(hg_search *s, const hg_set *a, int by, int most, hg_reading *r)
{
    double up[2], down[2], real = most >= 2 ? 0x1p-26 : 0;
    step p = {.h = TINY, .real = real};
    move(s, a, by, &p);
    int failed = hg_call(s, up);
    double derivative = up[1] / TINY;
    r->jump = 0;
    if (!failed && real > 0) {
        step m = {.h = TINY, .real = -real};
        move(s, a, by, &m);
        failed = hg_call(s, down);
        derivative = (up[1] + down[1]) / 2 / TINY;
        r->jump = (up[0] - down[0]) / (2 * real) - derivative;
    }
    put_back(s, a);
    r->value = derivative - p.dot;
    r->slope = p.dot;
    r->size = sqrt(p.squares);
    r->rounding = sqrt(p.rounding) + s->tolerance * r->size;
    r->truncation = 0;
    r->noise = real > 0 ? 64 * DBL_EPSILON * fabs(up[0]) / (2 * real) : 0;
    r->bound = 4 * r->rounding + 4 * DBL_EPSILON * fabs(derivative);
    r->pairs = most;
    return failed;
}

int hg_measure(hg_search *s, const hg_set *a, int by, double wanted, int most, hg_reading *r)
{
    if (s->complex)
        return measure_complex(s, a, by, most, r);
    judge(s, r);
    while (r->pairs < most && !(r->bound <= wanted)) {
        hg_pair q;
        double h = next_step(s, r);
        if (!(h > 0))
            break;
        if (take_pair(s, a, by, h, &q, r))
            return 1;
        add_pair(r, q);
        judge(s, r);
    }
    return 0;
}

/* How fast the extrapolation converged along the direction of *r: what the third pair changed, by
 * what the second did, eightfold. */
double hg_decay(const hg_reading *r)
{
    int a = r->least;
    if (r->most - a < 2)
        return 1;
    double unused, one = r->pair[a].odd, two = extrapolate(NULL, r->pair, a, a + 1, 0, &unused);
    double three = extrapolate(NULL, r->pair, a, a + 2, 0, &unused);
    double decay = 8 * fabs(three - two) / fabs(two - one);
    return decay < 1 ? fmax(decay, 0x1p-10) : 1;
}

/* What fine pairs say of the noise. */
typedef struct fine {
    hg_pair q[HG_FINE];
    double noise; /* what odd and even parts are off what *r says of them */
    double alone; /* what they are off their own line and parabola */
    double odd;   /* what the odd parts are off their own line: a kink at the point leaves it */
    double kink;  /* right less left slope, where steady; else 0 */
    int moved;    /* values that differ from each other and from the one at the point */
} fine;

/* How many of the values at the ends differ. Few do where a step moves the loss by less than it is
 * rounded: then they say nothing of its noise. */
static int count_moved(const hg_search *s, const hg_pair q[HG_FINE])
{
    double seen[2 * HG_FINE + 1] = {s->f0};
    int n = 1;
    for (int k = 0; k < 2 * HG_FINE; k++) {
        double f = k % 2 ? q[k / 2].up : q[k / 2].down;
        int known = 0;
        for (int j = 0; j < n; j++)
            known = known || f == seen[j];
        if (!known)
            seen[n++] = f;
    }
    return n - 1;
}

/* The fine pairs by themselves: the odd parts around a line, the even ones around a parabola. */
static void judge_alone(fine *v)
{
    double line = 0, weights = 0, bend = 0, fourths = 0, odds = 0, evens = 0;
    for (int k = 0; k < HG_FINE; k++) {
        double h = v->q[k].h, square = h * h;
        line += v->q[k].odd * square, weights += square;
        bend += v->q[k].even * square, fourths += square * square;
    }
    line /= weights;
    bend /= fourths;
    for (int k = 0; k < HG_FINE; k++) {
        double h = v->q[k].h, odd = (v->q[k].odd - line) * h, even = v->q[k].even - bend * h * h;
        odds += 2 * odd * odd;
        evens += even * even;
    }
    v->odd = sqrt(odds / (HG_FINE - 1));
    v->alone = sqrt((odds + evens) / (2 * (HG_FINE - 1)));
}

static int take_fine(hg_search *s, const hg_set *a, const hg_reading *r, double h, fine *v)
{
    double none, jump[HG_FINE], sum = 0;
    double bend = extrapolate(NULL, r->pair, r->least, r->most, 1, &none);
    hg_reading unused;
    for (int k = 0; k < HG_FINE; k++, h *= 0.61) { /* no halves: they round alike */
        if (take_pair(s, a, HG_EVENLY, h, &v->q[k], &unused))
            return 1;
        double odd = (v->q[k].odd - r->value) * h, even = v->q[k].even - bend * h * h;
        sum += 2 * odd * odd + 2 * even * even;
        jump[k] = even / h;
    }
    v->noise = sqrt(sum / (2 * HG_FINE));
    judge_alone(v);
    double low = fmin(fmin(jump[0], jump[1]), jump[2]);
    double high = fmax(fmax(jump[0], jump[1]), jump[2]), size = fmax(fabs(low), fabs(high));
    int steady = low * high > 0 && fmin(fabs(low), fabs(high)) > 0.7 * size;
    v->kink = steady ? fabs(low + high) / 2 : 0;
    v->moved = count_moved(s, v->q);
    return 0;
}

/* Whether three numbers at h, 2h and 4h may be a + b h^2 + c h^4 with c h^2 well below b: then the
 * second difference is about four times the first. */
static int is_parabola(const double y[3], double h, double unseen)
{
    double first = y[1] - y[0], second = y[2] - y[1];
    double large = h > 0x1p-5 ? 2 * fabs(first) : 0; /* there c h^2 may be more */
    return !(fabs(second - 4 * first) > fabs(second) / 2 + large + unseen);
}

int hg_is_smooth(const hg_search *s, const hg_reading *r, int last, double least)
{
    for (int k = 0; k + 2 < r->pairs && k < last; k++) {
        const hg_pair *q = &r->pair[k];
        double h = q->h, odd[3], even[3];
        if (q[1].h > 2 * h || q[2].h > 4 * h || h > 0x1p-4)
            continue;
        for (int j = 0; j < 3; j++) {
            odd[j] = q[j].odd;
            even[j] = q[j].even / (q[j].h * q[j].h);
        }
        if (!is_parabola(odd, h, 24 * s->noise / h + least) ||
            !is_parabola(even, h, (36 * s->noise / h + least) / h))
            return 0;
    }
    return 1;
}

/* Near kinks the fine pairs may reach over one themselves, and take it for noise: finer ones show
 * that. */
static int refine_noise(hg_search *s, const hg_set *a, const hg_reading *r)
{
    fine v = {.moved = 0};
    while (s->noise > 64 * s->floor && s->fine > 0x1p-32) {
        if (take_fine(s, a, r, s->fine / 16, &v))
            return 1;
        double noise = fmax(2 * v.alone, s->floor);
        if (v.moved < 2 * HG_FINE - 1 || noise > s->noise / 8)
            return 0;
        s->noise = noise;
        s->fine /= 16;
    }
    return 0;
}

/* Fine pairs along the direction of *r, where the loss is a parabola but for its noise; coarser
 * ones where the loss moves by less than its rounding. Where they are steady and *r says something
 * else, kinks lie within its steps. */
int hg_measure_noise(hg_search *s, const hg_set *a, hg_reading *r)
{
    double h = fmin(s->p->tensor[0].type == HG_FLOAT ? 0x1p-13 : 0x1p-20, s->h / 4);
    double top = fmax(h, r->pair[0].h);
    double before = s->noise > s->floor ? s->noise : 0; /* a floor of few values may be too high */
    fine v = {.moved = 0};
    s->floor = hg_floor(s);
    s->noise = fmax(before, s->floor);
    for (; v.moved < 2 * HG_FINE - 1 && h <= top; h *= 16) {
        if (take_fine(s, a, r, h, &v))
            return 1;
        s->fine = h;
        if (v.kink > 0 && v.noise > 8 * v.odd && v.noise > 8 * s->floor) {
            s->kinked = 1;
            v.noise = 2 * v.odd;
        } else if (v.noise > 8 * v.alone && v.noise > 8 * s->floor) {
            s->kinked = 1;
            v.noise = 2 * v.alone;
        }
        s->noise = fmax(s->noise, v.noise);
    }
    judge(s, r);
    if (!hg_is_smooth(s, r, r->most, 0))
        s->kinked = 1;
    return s->kinked ? refine_noise(s, a, r) : 0;
}
