/* SPDX-License-Identifier: MIT */
/* Large models. One random direction through all tensors says whether anything is wrong: its
 * residual r0 = (numeric - analytic) slope is the errors' sum, each times its factor, and zero but
 * for a measured bound where the gradient is right. The same direction weighted by the entries'
 * numbers leaves r1, and where one entry is wrong r1 / r0 is its weight, hence its place: the code
 * of Reed and Solomon (1960) over the real numbers. As many places as the noise leaves open are
 * weighted anew, until few enough remain to be looked at one by one. The weights run from 1/3 to 1,
 * so that an interval without the wrong entry does not pass for one with it.
 *
 * Where the loss has kinks, all this is done with steps so small that they hardly reach one (see
 * directions.c); a faint accusation is dropped there unless a place confirms it by its own pairs.
 * What cannot be told is undecided, and so is a gradient in which an error as large as its root
 * mean square could hide.
 *
 * Where the wrong entry that was found does not account for r0 there are several: then the set is
 * split, tensors first, and each part's own residual decides. Whole tensors are recognised by a few
 * entries drawn at random, rows and columns by weights along an axis, and blocks by the neighbours
 * of an entry; what is recognised no longer moves, and the search begins again without it. */
#include "lib/check/directions.h"
#include "lib/check/entries.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FEW = 3, PAIRS = 4, ROUNDS = 64, SMALL = 8 };

typedef struct hunt {
    hg_search s;
    hg_place *place;
    int most, found;
    int again;       /* a block was found: begin again without it */
    hg_cause cause;  /* of entries that cannot be judged */
    long limit;      /* of passes */
    uint64_t random; /* for entries drawn at random */
} hunt;

/* One entry, looked at by itself. */
typedef struct finding {
    int tensor, entry;
    double error, bound; /* numeric - analytic */
    int wrong;
} finding;

/* The sum over a set of residual times number, counted from the set's first entry. Like the
 * residual itself it is additive: what a set has and its left part has not, its right part has. */
typedef struct moment {
    int known;
    double value, bound;
} moment;

static int is_done(const hunt *h)
{
    return h->again || h->found == h->most || h->s.passes >= h->limit;
}

static int is_significant(const hg_reading *r)
{
    return fabs(r->value) > r->bound;
}

/* ---- one entry --------------------------------------------------------------- */

/* At a kink the loss rises or falls on both sides by as much as the step is long. */
static int is_kink(const hunt *h, const hg_reading *r)
{
    if (h->s.complex || r->pairs < 2)
        return 0;
    const hg_pair *a = &r->pair[0], *b = &r->pair[1];
    double near = fabs(a->even / a->h), far = fabs(b->even / b->h);
    return fabs(a->even) > 16 * h->s.noise && near > 0.9 * far && near < 1.1 * far &&
           fabs(r->value) <= 1.05 * near;
}

/* One entry. An accusation rests on its own pairs; where a kink within their steps may be behind
 * it, on smaller ones. */
static int measure_entry(hunt *h, const hg_set *e, double wanted, hg_reading *r)
{
    hg_search *s = &h->s;
    double decay = s->decay, step = s->h;
    int kinked = s->kinked;
    s->decay = 1;
    int failed = hg_measure(s, e, HG_EVENLY, wanted, s->complex ? 2 : PAIRS, r);
    if (!failed && !s->complex && !kinked && is_significant(r) && r->kink > fabs(r->value) / 4) {
        *r = (hg_reading){0};
        s->kinked = 1;
        s->h = step / 16;
        failed = hg_measure(s, e, HG_EVENLY, wanted, PAIRS, r);
    }
    s->decay = decay;
    s->h = step;
    s->kinked = kinked;
    return failed;
}

/* The error of one entry, to `wanted` or as well as can be. */
static int look(hunt *h, int tensor, int entry, double wanted, finding *f)
{
    hg_set e = hg_set_of_entry(&h->s, tensor, entry);
    hg_reading r = {0};
    double factor = hg_direction_of(&h->s, tensor, entry);
    *f = (finding){.tensor = tensor, .entry = entry};
    if (measure_entry(h, &e, wanted * fabs(factor), &r))
        return 1;
    f->error = r.value / factor;
    f->bound = r.bound / fabs(factor);
    f->wrong = fabs(f->error) > f->bound;
    if (f->wrong && is_kink(h, &r)) {
        h->cause = HG_KINK;
        f->wrong = 0;
    }
    if (h->s.complex && fabs(r.jump) > 1e-6 * fabs(r.value + r.slope) + r.noise) {
        h->cause = HG_NOT_ANALYTIC;
        f->wrong = 0;
    }
    return 0;
}

/* ---- what was found ------------------------------------------------------------ */

/* What is wrong from f->entry on: that entry, or the box b. */
static void add_place(hunt *h, const finding *f, const hg_box *b, int whole)
{
    const hg_tensor *t = &h->s.p->tensor[f->tensor];
    hg_place *p = &h->place[h->found++];
    *p = (hg_place){.tensor = f->tensor, .whole = whole, .bound = f->bound};
    hgi_index(t, f->entry, p->index);
    for (int k = 0; k < HG_RANK; k++)
        p->end[k] = b && k < t->rank ? b->to[k] : p->index[k] + 1;
    p->analytic = hgi_gradient(t, f->entry);
    p->numeric = p->analytic + f->error;
}

/* A wrong entry: its numeric value stands for its gradient from now on. */
static void add_entry(hunt *h, const finding *f)
{
    add_place(h, f, NULL, 0);
    h->s.mend[h->s.mended++] = (hg_mended){f->tensor, f->entry, f->error, f->bound};
}

/* Forgets the entries within a box: they are part of it. */
static void forget(hunt *h, const hg_box *b)
{
    int left = 0, places = 0;
    for (int k = 0; k < h->found; k++) {
        const hg_place *p = &h->place[k];
        int inside = p->tensor == b->tensor && p->whole == 0;
        for (int a = 0; a < h->s.p->tensor[b->tensor].rank && inside; a++)
            inside = p->index[a] >= b->from[a] && p->index[a] < b->to[a];
        if (!inside)
            h->place[places++] = *p;
    }
    h->found = places;
    for (int k = 0; k < h->s.mended; k++) {
        int index[HG_RANK], inside = h->s.mend[k].tensor == b->tensor;
        hgi_index(&h->s.p->tensor[b->tensor], h->s.mend[k].entry, index);
        for (int a = 0; a < HG_RANK && inside; a++)
            inside = index[a] >= b->from[a] && index[a] < b->to[a];
        if (!inside)
            h->s.mend[left++] = h->s.mend[k];
    }
    h->s.mended = left;
}

/* A wrong row, block or tensor: it is not moved from now on. */
static int add_box(hunt *h, const hg_box *b, int whole)
{
    const hg_tensor *t = &h->s.p->tensor[b->tensor];
    finding f;
    forget(h, b);
    if (look(h, b->tensor, hgi_entry_at(t, b->from), 0, &f))
        return 1;
    add_place(h, &f, b, whole);
    h->s.box[h->s.boxes++] = *b;
    h->again = 1;
    return 0;
}

/* ---- tensors, rows, blocks ------------------------------------------------------- */

static uint64_t draw(hunt *h)
{
    uint64_t z = h->random += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

/* Whether a set is wrong throughout: three of its entries, drawn at random, before two right ones.
 * What the gradient leaves at zero and is zero counts as right, so two of those are allowed. */
static int is_wrong_throughout(hunt *h, const hg_set *a, double wanted, int *yes)
{
    int wrong = 0, right = 0;
    *yes = 0;
    while (wrong < 3 && right < 2) {
        finding f;
        int tensor, entry;
        hg_entry_of(&h->s, a, a->lo + (long)(draw(h) % (uint64_t)(a->hi - a->lo)), &tensor, &entry);
        if (look(h, tensor, entry, wanted, &f))
            return 1;
        wrong += f.wrong;
        right += !f.wrong;
    }
    *yes = wrong == 3;
    return 0;
}

/* A thirtieth of the error that each entry of a set has, if they share its residual. */
static double share_of(const hunt *h, const hg_set *a, const hg_reading *R)
{
    return fabs(R->value) / h->s.scale[a->first] / sqrt((double)(a->hi - a->lo)) / 30;
}

static int hunt_set(hunt *h, hg_set a, hg_reading R, moment *m, int streak);

/* Where along the weights a residual R lies: x from 0 to 1, +- spread. Returns 0 where it lies
 * beyond: then several entries are wrong, or none is in the set. */
static int place_of(const hunt *h, const hg_reading *r, const hg_reading *R, double *x,
                    double *spread)
{
    double q = r->value / R->value, stored = h->s.single ? 1e-5 : 0;
    *x = (3 * q - 1) / 2;
    *spread = 1.5 * (r->bound + fabs(q) * R->bound) / fabs(R->value) + stored;
    return *x + *spread >= 0 && *x - *spread <= 1;
}

/* Tries whether all that is wrong in a whole tensor lies in one slice along an axis. */
static int try_slice(hunt *h, const hg_set *a, int axis, const hg_reading *R, int *done)
{
    int n = a->to[axis], yes;
    hg_reading r = {0}, part = {0};
    double x, spread;
    if (hg_measure(&h->s, a, axis, fabs(R->value) / (8 * n), PAIRS, &r))
        return 1;
    if (!place_of(h, &r, R, &x, &spread) || spread * (n - 1) > 1 ||
        fabs(x * (n - 1) - floor(x * (n - 1) + 0.5)) > spread * (n - 1))
        return 0;
    hg_box b = {.tensor = a->first};
    memcpy(b.to, a->to, sizeof b.to);
    b.from[axis] = (int)fmax(0, fmin(n - 1, floor(x * (n - 1) + 0.5)));
    b.to[axis] = b.from[axis] + 1;
    hg_set slice = hg_set_of_box(&h->s, &b);
    if (hg_measure(&h->s, &slice, HG_EVENLY, fabs(R->value) / 100, PAIRS, &part))
        return 1;
    if (!(fabs(part.value - R->value) <= part.bound + R->bound))
        return 0;
    *done = 1;
    if (is_wrong_throughout(h, &slice, share_of(h, &slice, &part), &yes))
        return 1;
    moment none = {0};
    return yes ? add_box(h, &b, 1) : hunt_set(h, slice, part, &none, 0);
}

/* A tensor with several wrong entries: is it wrong throughout, or one slice of it? */
static int try_structure(hunt *h, const hg_set *a, const hg_reading *R, int *done)
{
    const hg_tensor *t = &h->s.p->tensor[a->first];
    hg_box b = {.tensor = a->first};
    memcpy(b.to, a->to, sizeof b.to);
    int yes = 0;
    if (is_wrong_throughout(h, a, share_of(h, a, R), &yes))
        return 1;
    if (yes) {
        *done = 1;
        return add_box(h, &b, 2);
    }
    for (int axis = 0; axis < t->rank && !*done && !is_done(h); axis++)
        if (t->shape[axis] > 1 && a->hi / t->shape[axis] > 1 && try_slice(h, a, axis, R, done))
            return 1;
    return 0;
}

/* How far wrong entries reach from one along an axis, upwards or downwards, by halving. */
static int reach(hunt *h, const finding *from, int axis, int up, int *last)
{
    const hg_tensor *t = &h->s.p->tensor[from->tensor];
    int index[HG_RANK], near, far, step;
    hgi_index(t, from->entry, index);
    near = index[axis];
    far = up ? t->shape[axis] : -1; /* not wrong there */
    for (step = abs(far - near) - 1; abs(far - near) > 1; step = abs(far - near) / 2) {
        finding f;
        index[axis] = up ? near + step : near - step;
        if (look(h, from->tensor, hgi_entry_at(t, index), fabs(from->error) / 30, &f))
            return 1;
        *(f.wrong ? &near : &far) = index[axis];
    }
    *last = near;
    return 0;
}

/* Whether the entry next to a wrong one along an axis is wrong too. */
static int is_next_wrong(hunt *h, const finding *f, int axis, int *yes)
{
    const hg_tensor *t = &h->s.p->tensor[f->tensor];
    int index[HG_RANK];
    finding next = {0};
    hgi_index(t, f->entry, index);
    index[axis] += index[axis] + 1 < t->shape[axis] ? 1 : -1;
    *yes = 0;
    if (t->shape[axis] < 2)
        return 0;
    int failed = look(h, f->tensor, hgi_entry_at(t, index), fabs(f->error) / 30, &next);
    *yes = next.wrong;
    return failed;
}

/* The block around a wrong entry, if there is one: axes along which its neighbour is wrong too,
 * then how far. */
static int try_block(hunt *h, const finding *f, int *done)
{
    const hg_tensor *t = &h->s.p->tensor[f->tensor];
    hg_box b = {.tensor = f->tensor};
    int axes = 0, yes;
    for (int k = 0; k < HG_RANK; k++)
        b.to[k] = 1;
    hgi_index(t, f->entry, b.from);
    for (int axis = 0; axis < t->rank; axis++) {
        b.to[axis] = b.from[axis] + 1;
        if (is_next_wrong(h, f, axis, &yes))
            return 1;
        if (!yes)
            continue;
        axes++;
        if (reach(h, f, axis, 1, &b.to[axis]) || reach(h, f, axis, 0, &b.from[axis]))
            return 1;
        b.to[axis]++;
    }
    hg_set block = hg_set_of_box(&h->s, &b);
    if (axes == 0 || block.hi <= FEW)
        return 0;
    if (is_wrong_throughout(h, &block, fabs(f->error) / 30, &yes))
        return 1;
    *done = yes;
    return yes ? add_box(h, &b, block.hi == hg_entries(t) ? 2 : 1) : 0;
}

/* ---- narrowing -------------------------------------------------------------------- */

/* Looks at the few entries of a set, that nearest to place x first. *done: they account for R, or a
 * block was found; R becomes what is left. */
static int look_at_few(hunt *h, const hg_set *a, double x, long among, hg_reading *R, int *done)
{
    long n = a->hi - a->lo, seen[FEW + 1] = {0};
    for (long k = 0; k < n && !*done && !is_done(h); k++) {
        long next = -1;
        for (long i = 0; i < n; i++)
            if (!seen[i] &&
                (next < 0 || fabs((double)(a->lo + i) - x) < fabs((double)(a->lo + next) - x)))
                next = i;
        if (next < 0)
            break;
        seen[next] = 1;
        finding f;
        int tensor, entry;
        hg_entry_of(&h->s, a, a->lo + next, &tensor, &entry);
        double factor = hg_direction_of(&h->s, tensor, entry);
        if (look(h, tensor, entry, fabs(R->value / factor) / 30, &f))
            return 1;
        if (!f.wrong)
            continue;
        double left = R->value - f.error * factor;
        double bound = R->bound + f.bound * fabs(factor);
        int explained = fabs(left) <= bound;
        if ((!explained || among <= SMALL) && try_block(h, &f, done))
            return 1;
        if (*done)
            return 0;
        add_entry(h, &f);
        R->value = left;
        R->bound = bound;
        *done = explained;
    }
    return 0;
}

/* Halves a set where the weights tell too little. Returns -1 where several entries are wrong. */
static int halve(hunt *h, hg_set *a, const hg_reading *R)
{
    hg_set left = *a;
    hg_reading r = {0};
    left.hi = a->lo + (a->hi - a->lo) / 2;
    if (hg_measure(&h->s, &left, HG_EVENLY, fabs(R->value) / 4, PAIRS + 1, &r))
        return 1;
    int all = fabs(r.value - R->value) <= r.bound + R->bound, none = fabs(r.value) <= r.bound;
    if (all == none)
        return -1;
    if (all)
        a->hi = left.hi;
    else
        a->lo = left.hi;
    return 0;
}

/* The weighted residual of a set: from its moment, where that is known well enough, or measured,
 * and then the moment from it. */
static int weigh(hunt *h, const hg_set *a, const hg_reading *R, moment *m, hg_reading *r)
{
    double last = (double)(a->hi - a->lo - 1);
    if (m->known) {
        r->value = (R->value + 2 * m->value / last) / 3;
        r->bound = (R->bound + 2 * m->bound / last) / 3;
        if (r->bound < 0.01 * fabs(R->value))
            return 0;
    }
    *r = (hg_reading){0};
    double wanted = fabs(R->value) * fmax(1e-4, 0.25 / last);
    if (hg_measure(&h->s, a, HG_BY_NUMBER, wanted, h->s.complex ? 1 : PAIRS, r))
        return 1;
    m->known = 1;
    m->value = (3 * r->value - R->value) / 2 * last;
    m->bound = (3 * r->bound + R->bound) / 2 * last;
    return 0;
}

/* Tries whether one entry accounts for R. */
static int narrow(hunt *h, hg_set a, hg_reading *R, moment *m, int *done)
{
    long among = a.hi - a.lo;
    double at = (double)a.lo;
    for (int first = 1; a.hi - a.lo > FEW && !is_done(h); first = 0) {
        double last = (double)(a.hi - a.lo - 1), x, spread;
        hg_reading r = {0};
        if (weigh(h, &a, R, first ? m : &(moment){0}, &r))
            return 1;
        if (!place_of(h, &r, R, &x, &spread))
            return 0;
        at = (double)a.lo + x * last;
        if (spread > 0.3) {
            int several = halve(h, &a, R);
            if (several)
                return several > 0;
            continue;
        }
        long lo = a.lo + (long)fmax(0, ceil((x - spread) * last));
        long hi = a.lo + (long)fmin(last, floor((x + spread) * last)) + 1;
        if (lo >= hi) /* between two entries */
            return 0;
        a.lo = lo;
        a.hi = hi;
        if (h->s.complex && spread * last < 16) { /* rounding is less than its bound */
            a.lo = (long)fmax((double)lo, floor(at + 0.5) - 1);
            a.hi = (long)fmin((double)hi, floor(at + 0.5) + 2);
            break;
        }
    }
    return is_done(h) ? 0 : look_at_few(h, &a, at, among, R, done);
}

/* ---- several ------------------------------------------------------------------------ */

/* Where a set is split: between tensors near the middle, and within one at the errors' centre of
 * mass, which lies between two errors of one sign; else in the middle. */
static void split(const hunt *h, const hg_set *a, const hg_reading *R, const moment *m,
                  hg_set *left, hg_set *right)
{
    const hg_search *s = &h->s;
    long n = a->hi - a->lo, middle = a->lo + n / 2;
    if (a->first == a->last) {
        double centre = m->known ? m->value / R->value : 0;
        if (centre > 0.02 * (double)n && centre < 0.98 * (double)n)
            middle = a->lo + (long)centre + 1;
        *left = *right = *a;
        left->hi = right->lo = middle;
        return;
    }
    int cut = a->first + 1; /* the first tensor of the right part */
    while (cut < a->last && s->start[cut] - s->start[a->first] < middle)
        cut++;
    *left = hg_set_of(s, a->first, cut - 1);
    *right = hg_set_of(s, cut, a->last);
}

/* The moment of the right part of a set. */
static moment rest_of(const hg_set *a, const hg_set *left, const moment *m, const moment *of_left,
                      const hg_reading *right)
{
    double offset = (double)(left->hi - a->lo);
    moment rest = {.known = m->known && of_left->known};
    rest.value = m->value - of_left->value - right->value * offset;
    rest.bound = m->bound + of_left->bound + right->bound * offset;
    return rest;
}

/* Splits a set with several wrong entries and hunts in both parts. streak: how many splits in a row
 * left errors on both sides. */
static int hunt_parts(hunt *h, const hg_set *a, const hg_reading *R, const moment *m, int streak)
{
    hg_set left, right;
    hg_reading part = {0}, rest = *R;
    split(h, a, R, m, &left, &right);
    if (hg_measure(&h->s, &left, HG_EVENLY, fabs(R->value) / 1000, h->s.complex ? 1 : PAIRS, &part))
        return 1;
    rest.value -= part.value;
    rest.bound += part.bound;
    streak = is_significant(&part) && is_significant(&rest) ? streak + 1 : 0;
    moment of_left = {.known = !is_significant(&part)};
    of_left.bound = part.bound * (double)(left.hi - left.lo);
    if (!is_significant(&rest)) {
        of_left = *m;
        of_left.bound += rest.bound * (double)(a->hi - a->lo);
    }
    if (hunt_set(h, left, part, &of_left, streak))
        return 1;
    moment of_right = rest_of(a, &left, m, &of_left, &rest);
    return hunt_set(h, right, rest, &of_right, streak);
}

/* Finds what makes the residual R of a set. Where every split leaves errors on both sides many
 * entries are wrong, and it goes straight for one, around which a block may be. */
static int hunt_set(hunt *h, hg_set a, hg_reading R, moment *m, int streak)
{
    int done = 0, before = h->found;
    if (is_done(h) || !is_significant(&R))
        return 0;
    if ((streak < 5 || a.hi - a.lo <= FEW) && narrow(h, a, &R, m, &done))
        return 1;
    if (done || is_done(h) || !is_significant(&R) || a.hi - a.lo <= FEW)
        return 0;
    moment now = *m;
    now.known = now.known && h->found == before; /* else R has changed */
    if (a.first == a.last && a.lo == 0 && a.hi == hg_entries(&h->s.p->tensor[a.first]) &&
        a.hi > SMALL && try_structure(h, &a, &R, &done))
        return 1;
    return done || is_done(h) ? 0 : hunt_parts(h, &a, &R, &now, streak);
}

/* ---- the whole ------------------------------------------------------------------------ */

/* Complex values are moved along the imaginary axis, others not: they do not mix. */
static int are_of_a_kind(const hg_problem *p)
{
    for (int k = 1; k < p->tensors; k++)
        if ((p->tensor[k].type == HG_COMPLEX) != (p->tensor[0].type == HG_COMPLEX))
            return 0;
    return 1;
}

static void give_back(hunt *h)
{
    hgi_free(h->s.start);
    hgi_free(h->s.was);
    hgi_free(h->s.sign);
    hgi_free(h->s.scale);
    hgi_free(h->s.mend);
    hgi_free(h->s.box);
}

/* Room for a search; 0 where there is none. */
static int make_room(hunt *h)
{
    hg_search *s = &h->s;
    int n = s->p->tensors;
    s->start = hgi_allocate((size_t)n + 1, sizeof *s->start);
    s->scale = hgi_allocate((size_t)n, sizeof *s->scale);
    if (!s->start || !s->scale)
        return 0;
    s->total = 0;
    for (int k = 0; k < n; k++) {
        s->start[k] = s->total;
        s->total += hg_entries(&s->p->tensor[k]);
    }
    s->start[n] = s->total;
    s->was = hgi_allocate((size_t)s->total * (s->complex ? 2 : 1), sizeof *s->was);
    s->sign = hgi_allocate((size_t)s->total, sizeof *s->sign);
    s->mend = hgi_allocate((size_t)h->most + 1, sizeof *s->mend);
    s->box = hgi_allocate((size_t)h->most + 1, sizeof *s->box);
    return s->was && s->sign && s->mend && s->box;
}

/* The size of steps in each tensor: the root mean square of its values, not less than the median
 * of all; a power of two. */
static void choose_scales(hg_search *s)
{
    double middle = HUGE_VAL;
    for (int k = 0; k < s->p->tensors; k++) {
        long below = 0;
        for (int j = 0; j < s->p->tensors; j++)
            if (s->scale[j] <= s->scale[k])
                below += s->start[j + 1] - s->start[j];
        if (2 * below >= s->total && s->scale[k] > 0)
            middle = fmin(middle, s->scale[k]);
    }
    for (int k = 0; k < s->p->tensors; k++) {
        int exponent;
        double size = isfinite(middle) ? fmax(middle, s->scale[k]) : 1;
        frexp(size, &exponent);
        s->scale[k] = ldexp(1, exponent - 1);
    }
}

/* Keeps the values. Returns 0 where a value or a gradient is not finite; *rms is the gradient's. */
static int keep_values(hg_search *s, double *rms)
{
    int finite = 1;
    double all = 0;
    for (int k = 0; k < s->p->tensors; k++) {
        const hg_tensor *t = &s->p->tensor[k];
        double squares = 0, grads = 0;
        for (int i = 0, n = hg_entries(t); i < n; i++) {
            long flat = s->start[k] + i;
            double x = hgi_value(t, i), g = hgi_gradient(t, i);
            s->was[s->complex ? 2 * flat : flat] = x;
            if (s->complex)
                s->was[2 * flat + 1] = *hgi_imaginary(t, i);
            finite = finite && isfinite(x) && isfinite(g);
            squares += x * x;
            grads += g * g;
        }
        s->scale[k] = sqrt(squares / hg_entries(t));
        all += grads;
    }
    *rms = sqrt(all / (double)s->total);
    choose_scales(s);
    return finite;
}

/* The smallest factor of an entry, as memory holds the step: no smaller error shows. */
static double least_factor(const hg_search *s, double step)
{
    double least = HUGE_VAL;
    for (int k = 0; k < s->p->tensors; k++)
        for (long i = s->start[k]; i < s->start[k + 1]; i++) {
            double v = s->scale[k] * (double)s->sign[i], moved = v;
            if (s->p->tensor[k].type == HG_FLOAT)
                moved = ((double)(float)(s->was[i] + step * v) - s->was[i]) / step;
            else if (!s->complex)
                moved = (s->was[i] + step * v - s->was[i]) / step;
            least = fmin(least, fabs(moved));
        }
    return least;
}

static void undecided(hg_certificate *c, hg_cause cause)
{
    c->verdict = HG_UNDECIDED;
    c->cause = cause;
}

/* Two calls at the point. */
static int first_calls(hunt *h, hg_certificate *c)
{
    double a[2], b[2];
    if (hg_call(&h->s, a) || (!h->s.complex && hg_call(&h->s, b)))
        return 1;
    h->s.f0 = a[0];
    if (!isfinite(a[0]))
        undecided(c, HG_NOT_FINITE);
    else if (!h->s.complex && memcmp(a, b, sizeof *a) != 0)
        undecided(c, HG_NOT_DETERMINISTIC);
    return 0;
}

/* A whole direction, and its noise. Where its steps reach over kinks: from small steps upwards, as
 * far as no kink shows; so are all directions that follow. */
static int explore(hunt *h, const hg_set *all, hg_reading *r)
{
    hg_search *s = &h->s;
    *r = (hg_reading){0};
    if (!s->kinked &&
        (hg_measure(s, all, HG_EVENLY, 0, PAIRS + 1, r) || hg_measure_noise(s, all, r)))
        return 1;
    if (!s->kinked)
        return 0;
    *r = (hg_reading){0};
    s->h = s->fine;
    s->decay = 1;
    if (hg_measure(s, all, HG_EVENLY, 0, HG_PAIRS, r))
        return 1;
    s->h = r->pair[r->least].h;
    return 0;
}

/* The first direction: what is measured here, the noise and the steps, holds for all that follow.
 */
static int survey(hunt *h, const hg_set *all, hg_reading *r)
{
    hg_search *s = &h->s;
    if (s->complex)
        return hg_measure(s, all, HG_EVENLY, 0, 1, r);
    s->floor = s->noise = hg_floor(s);
    if (explore(h, all, r))
        return 1;
    if (s->kinked)
        return 0;
    if (!(fabs(r->value) > 1000 * r->bound) && hg_measure(s, all, HG_EVENLY, 0, HG_PAIRS, r))
        return 1;
    int last = 0;
    while (last < r->pairs && r->pair[last].h < 0x1p-4)
        last++;
    s->rare = !hg_is_smooth(s, r, last, r->size / 4096);
    s->h = r->pair[r->least].h;
    s->decay = hg_decay(r);
    return 0;
}

/* What a reading along another direction would see: as much again as the bound, since the value has
 * an error itself, and twice, since the noise is known from few values: another seed may find it
 * twice as large. Near kinks it may need the next smaller step. */
static double visible(const hg_search *s, const hg_reading *r)
{
    double bound = r->bound;
    if (s->rare) /* and it may need small ones at all */
        bound = fmax(bound, 8 * s->noise / (16 * s->fine));
    return (s->kinked || s->rare ? 16 : 4) * bound;
}

/* What the first direction says. For the complex step, where it accuses nothing: the same once
 * more, and against differences of the real part. */
static int judge_survey(hunt *h, const hg_set *all, hg_reading *r, hg_certificate *c)
{
    double step = h->s.complex ? 1 : r->pair[r->least].h;
    c->smallest = visible(&h->s, r) / least_factor(&h->s, step);
    c->verdict = is_significant(r) ? HG_DISAGREES : HG_AGREES;
    if (!isfinite(r->value))
        undecided(c, HG_NOT_FINITE);
    else if (!is_significant(r) && !(fabs(r->value + r->slope) > r->bound) && r->size <= r->bound)
        undecided(c, HG_CANNOT_FAIL);
    else if (!is_significant(r) && (r->bound > 0.1 * r->size || c->smallest > c->rms))
        undecided(c, h->s.kinked || h->s.rare ? HG_KINK : HG_NOISE);
    if (!h->s.complex || is_significant(r))
        return 0;
    hg_reading again = {0}, cross = {0};
    if (hg_measure(&h->s, all, HG_EVENLY, 0, 1, &again) ||
        hg_measure(&h->s, all, HG_EVENLY, 0, 2, &cross))
        return 1;
    if (memcmp(&again.value, &r->value, sizeof r->value) != 0)
        undecided(c, HG_NOT_DETERMINISTIC);
    else if (fabs(cross.jump) > 1e-6 * fabs(cross.value + cross.slope) + cross.noise)
        undecided(c, HG_NOT_ANALYTIC);
    return 0;
}

/* Hunts until nothing is left, or nothing more is found. */
static int hunt_all(hunt *h, const hg_set *all, hg_reading R, hg_certificate *c)
{
    hg_reading first = R;
    for (int round = 0, idle = 0; round < ROUNDS && idle < 2; round++) {
        int before = h->found;
        double was = R.value;
        h->again = 0;
        if (hunt_set(h, *all, R, &(moment){0}, 0))
            return 1;
        idle = h->found > before ? 0 : idle + 1;
        if (h->found == h->most || h->s.passes >= h->limit)
            break;
        if (h->found == 1 && h->s.mended == 1 && round == 0) { /* does it account for all? */
            const hg_mended *m = &h->s.mend[0];
            double factor = hg_direction_of(&h->s, m->tensor, m->entry);
            if (fabs(was - m->change * factor) <= R.bound + m->bound * fabs(factor))
                break;
        }
        hg_draw(&h->s);
        hg_reading r = {0};
        if (hg_measure(&h->s, all, HG_EVENLY, 0, h->s.complex ? 1 : PAIRS, &r))
            return 1;
        R = r;
        if (!is_significant(&R)) {
            if (h->found > 0)
                break;
            c->verdict = HG_AGREES; /* the first direction was an outlier of the noise */
            return h->s.complex ? 0 : judge_survey(h, all, &r, c);
        }
    }
    if (h->s.kinked && !(fabs(first.value) > 100 * first.bound))
        h->cause = HG_KINK; /* faint, and no place confirms it */
    if (h->found == 0 && c->verdict == HG_DISAGREES && h->cause != HG_NO_CAUSE)
        undecided(c, h->cause);
    return 0;
}

/* A faint accusation, which noise that was measured too low could be, is put to a second direction
 * and a second measure of the noise. */
static int doubt(hunt *h, const hg_set *all, hg_reading *r, hg_certificate *c)
{
    if (h->s.complex || fabs(r->value) > 100 * r->bound)
        return 0;
    hg_draw(&h->s);
    return explore(h, all, r) || judge_survey(h, all, r, c);
}

static int run_all(hunt *h, hg_certificate *c)
{
    hg_set all = hg_set_of(&h->s, 0, h->s.p->tensors - 1);
    hg_reading r = {0};
    if (!h->s.complex && first_calls(h, c))
        return 1;
    if (c->verdict == HG_UNDECIDED)
        return 0;
    hg_draw(&h->s);
    if (survey(h, &all, &r) || judge_survey(h, &all, &r, c))
        return 1;
    if (c->verdict == HG_DISAGREES && doubt(h, &all, &r, c))
        return 1;
    return c->verdict == HG_DISAGREES && h->most > 0 ? hunt_all(h, &all, r, c) : 0;
}

hg_status hg_locate(const hg_problem *p, const hg_options *o, int most, hg_place place[],
                    int *found, hg_certificate *c)
{
    if (!hgi_is_good_problem(p, o) || !are_of_a_kind(p) || most < 0 || most > 1000000 ||
        (most > 0 && !place) || !found || !c)
        return HG_BAD_ARGUMENT;
    if (p->gradient && p->gradient(p->context))
        return HG_LOSS_FAILED;
    hunt h = {.most = most, .limit = 150 + 60L * most, .random = o ? o->seed : 0};
    h.s = (hg_search){.p = p, .complex = p->tensor[0].type == HG_COMPLEX, .seed = h.random};
    h.s.tolerance = o ? o->tolerance : 0;
    h.s.single = 1;
    h.s.grain = INT_MAX;
    h.s.decay = 1;
    h.s.h = p->tensor[0].type == HG_FLOAT ? 0x1p-6 : 0x1p-9;
    h.place = hgi_allocate((size_t)most + 1, sizeof *h.place);
    hg_certificate mine = {.verdict = HG_AGREES};
    hg_status status = HG_NO_MEMORY;
    if (h.place && make_room(&h)) {
        status = HG_OK;
        if (!keep_values(&h.s, &mine.rms))
            undecided(&mine, HG_NOT_FINITE);
        else if (run_all(&h, &mine))
            status = HG_LOSS_FAILED;
    }
    if (status == HG_OK) {
        mine.passes = h.s.passes;
        *c = mine;
        *found = h.found;
        if (h.found > 0)
            memcpy(place, h.place, (size_t)h.found * sizeof *place);
    }
    hgi_free(h.place);
    give_back(&h);
    return status;
}
