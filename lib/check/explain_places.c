/* SPDX-License-Identifier: MIT */
/* Right values in wrong places, and values that are wrong in some places only. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/check/hypotheses.h"
#include "lib/check/report.h"

/* ---- blocks and slices along an axis ----------------------------------- */

/* Along one axis: `count` blocks of `length` neighbours each. */
typedef struct blocks {
    int inner, size, length, count;
} blocks;

/* Entry k of block p (k = 0 .. entries of a block). */
static int block_entry(const blocks *b, int p, int k)
{
    int run = b->length * b->inner;
    return k / run * b->size * b->inner + p * run + k % run;
}

/* Slices: blocks of length 1. */
static blocks slices_of(const hg_tensor *t, int axis)
{
    blocks b = {.length = 1};
    b.size = b.count = hgi_axis(t, axis, &b.inner);
    return b;
}

static int count_in(const hg_view *v, const blocks *b, int p, enum hg_state state)
{
    int found = 0;
    for (int k = 0; k < v->n / b->count; k++)
        found += v->state[block_entry(b, p, k)] == state;
    return found;
}

/* ---- transposed --------------------------------------------------------- */

/* The entry that stands where i would, were axes p and q exchanged (of equal size). */
static int exchanged(const hg_tensor *t, int p, int q, int i)
{
    int inner_p, inner_q;
    hgi_axis(t, p, &inner_p);
    hgi_axis(t, q, &inner_q);
    int cp = hgi_coordinate(t, p, i), cq = hgi_coordinate(t, q, i);
    return i + (cq - cp) * inner_p + (cp - cq) * inner_q;
}

/* The same where axes p and q, of P and Q entries, differ: their entries in a row, as the
 * transposed matrix (Q,P) has them, stand in a matrix (P,Q); or, backwards, the reverse. */
static int reshaped(const hg_tensor *t, int p, int q, int backwards, int i)
{
    int inner_p, inner_q, P = hgi_axis(t, p, &inner_p), Q = hgi_axis(t, q, &inner_q);
    int cp = hgi_coordinate(t, p, i), cq = hgi_coordinate(t, q, i);
    int f = backwards ? cq * P + cp : cp * Q + cq;
    int from_p = backwards ? f / Q : f % P, from_q = backwards ? f % Q : f / P;
    return i + (from_p - cp) * inner_p + (from_q - cq) * inner_q;
}

static hg_score moved(const hg_view *v, int p, int q, int backwards)
{
    hg_score s = {0};
    for (int i = 0; i < v->n; i++) {
        int j = v->t->shape[p] == v->t->shape[q] ? exchanged(v->t, p, q, i)
                                                 : reshaped(v->t, p, q, backwards, i);
        hgi_predict(v, &s, i, v->x[j], hgi_reach(v, j));
    }
    return s;
}

int hgi_transposed(const hg_view *v, hg_explanation *why)
{
    const hg_tensor *t = v->t;
    for (int p = 0; p < t->rank; p++)
        for (int q = p + 1; q < t->rank; q++) {
            int square = t->shape[p] == t->shape[q];
            hg_score s = moved(v, p, q, 0);
            if (!hgi_fits(v, &s, 0, 12))
                s = moved(v, p, q, 1);
            if (!hgi_fits(v, &s, 0, 12))
                continue;
            return hgi_say(v, &s, HG_TRANSPOSED, why,
                           "%d of %d entries of %s stand at [j][i] instead of [i][j]%s: the "
                           "gradient is transposed%s",
                           s.matched, v->n, t->name, t->rank > 2 ? " (of two axes)" : "",
                           square ? "" : ", with the memory of the other shape");
        }
    return 0;
}

/* ---- shifted ------------------------------------------------------------ */

enum { FARTHEST = 3 }; /* places that an index is off by, at most */

static hg_score shifted(const hg_view *v, int size, int inner, int by)
{
    hg_score s = {0};
    for (int i = 0; i < v->n; i++) {
        int from = i / inner % size - by;
        if (from >= 0 && from < size)
            hgi_predict(v, &s, i, v->x[i - by * inner], hgi_reach(v, i - by * inner));
    }
    return s;
}

/* Whether the right gradient has an entry in block p that is not 0. */
static int holds_something(const hg_view *v, const blocks *b, int p)
{
    for (int k = 0; k < v->n / b->count; k++) {
        int i = block_entry(b, p, k);
        if (fabs(v->x[i]) > hgi_reach(v, i))
            return 1;
    }
    return 0;
}

/* The edge that nothing was shifted to may hold anything, so it need not be explained; but two
 * wrong neighbours alone, neither of them 0, are rather exchanged than shifted. */
static int shift_fits(const hg_view *v, const hg_score *s, int axis, int lone)
{
    hg_view inside = *v;
    int slices = 0, zeros = 0, size = v->t->shape[axis];
    blocks b = slices_of(v->t, axis);
    inside.wrong = s->informative + s->failed;
    for (int c = 0; c < size; c++) {
        int wrong = count_in(v, &b, c, HG_WRONG) > 0;
        slices += wrong;
        zeros += wrong && !holds_something(v, &b, c);
    }
    return lone == (slices <= 2 && size > 3 && !zeros) &&
           hgi_fits(&inside, s, 0, 2 * FARTHEST * HG_RANK);
}

static int shift(const hg_view *v, int lone, hg_explanation *why)
{
    for (int axis = 0; axis < v->t->rank; axis++) {
        int inner, size = hgi_axis(v->t, axis, &inner);
        for (int k = 0; k < 2 * FARTHEST && size > 2 * (k / 2 + 1); k++) {
            int far = k / 2 + 1, by = k % 2 ? far : -far; /* -1, 1, -2, 2, ... */
            hg_score s = shifted(v, size, inner, by);
            if (!shift_fits(v, &s, axis, lone))
                continue;
            char text[16] = "";
            if (hgi_letter(v->t, axis))
                snprintf(text, sizeof text, " (%c)", hgi_letter(v->t, axis));
            return hgi_say(v, &s, HG_SHIFTED, why,
                           "%d of %d entries of %s are %s: [i] holds what belongs to [i %c %d] "
                           "along axis %d%s: an index is off by %s",
                           s.matched, v->n, v->t->name,
                           far == 1 ? "their neighbour's" : "another's", by > 0 ? '-' : '+', far,
                           axis, text,
                           far == 1   ? "one"
                           : far == 2 ? "two"
                                      : "three (padding? a stride?)");
        }
    }
    return 0;
}

int hgi_shifted(const hg_view *v, hg_explanation *why)
{
    return shift(v, 0, why);
}

int hgi_perhaps_shifted(const hg_view *v, hg_explanation *why)
{
    return shift(v, 1, why);
}

/* ---- two tensors -------------------------------------------------------- */

static int same_shape(const hg_tensor *t, const hg_tensor *u)
{
    if (t->rank != u->rank)
        return 0;
    for (int k = 0; k < t->rank; k++)
        if (t->shape[k] != u->shape[k])
            return 0;
    return 1;
}

static int is_gradient_of(const hg_view *v, int k, hg_score *s)
{
    const hg_evidence *e = &v->e[k];
    *s = (hg_score){0};
    if (k == v->which || !same_shape(v->t, &v->p->tensor[k]) || !e->numeric || !e->bound)
        return 0;
    for (int i = 0; i < v->n; i++)
        hgi_predict(v, s, i, e->numeric[i], 8 * e->bound[i]);
    return hgi_fits(v, s, 0, v->p->tensors);
}

/* Whether tensor k, for its part, holds this one's gradient. */
static int holds_ours(const hg_view *v, int k)
{
    const double *a = v->e[k].analytic;
    for (int i = 0; a && i < v->n; i++)
        if (!(fabs(a[i] - v->x[i]) <= hgi_reach(v, i) + 1e-9 * fabs(a[i])))
            return 0;
    return a != NULL;
}

int hgi_exchanged_tensors(const hg_view *v, hg_explanation *why)
{
    hg_score s;
    for (int k = 0; k < v->p->tensors; k++)
        if (is_gradient_of(v, k, &s) && holds_ours(v, k))
            return hgi_say(v, &s, HG_SWAPPED_TENSORS, why,
                           "%d of %d entries of %s are those of %s, and the reverse: the two "
                           "gradients are exchanged",
                           s.matched, v->n, v->t->name, v->p->tensor[k].name);
    return 0;
}

int hgi_other_tensor(const hg_view *v, hg_explanation *why)
{
    hg_score s;
    for (int k = 0; k < v->p->tensors; k++)
        if (is_gradient_of(v, k, &s))
            return hgi_say(v, &s, HG_SWAPPED_TENSORS, why,
                           "%d of %d entries of %s are the gradient of %s: a name mixed up, or the "
                           "only path that was counted",
                           s.matched, v->n, v->t->name, v->p->tensor[k].name);
    return 0;
}

/* ---- blocks ------------------------------------------------------------- */

static int block_holds(const hg_view *v, const blocks *b, int p, int q, hg_score *s)
{
    hg_score trial = *s;
    for (int k = 0; k < v->n / b->count; k++) {
        int i = block_entry(b, p, k), j = block_entry(b, q, k);
        hgi_predict(v, &trial, i, v->x[j], hgi_reach(v, j));
        if (trial.failed)
            return 0;
    }
    *s = trial;
    return 1;
}

/* Every wrong block must hold another wrong block's gradient. */
static int permuted(const hg_view *v, const blocks *b, hg_score *s, int pair[2], int *wrong)
{
    *wrong = 0;
    for (int p = 0; p < b->count; p++) {
        int q = 0;
        if (!count_in(v, b, p, HG_WRONG))
            continue;
        while (q < b->count &&
               (q == p || !count_in(v, b, q, HG_WRONG) || !block_holds(v, b, p, q, s)))
            q++;
        if (q == b->count)
            return 0;
        if (!*wrong) {
            pair[0] = p;
            pair[1] = q;
        }
        ++*wrong;
    }
    return hgi_fits(v, s, 0, (double)b->count * b->count * 8);
}

int hgi_blocks(const hg_view *v, hg_explanation *why)
{
    for (int axis = 0; axis < v->t->rank; axis++) {
        blocks b;
        b.size = hgi_axis(v->t, axis, &b.inner);
        for (b.length = b.size / 2; b.length >= 1; b.length--) {
            int pair[2] = {0, 0}, wrong;
            hg_score s = {0};
            b.count = b.size / b.length;
            if (b.size % b.length || b.count > 4096 || !permuted(v, &b, &s, pair, &wrong))
                continue;
            return hgi_say(
                v, &s, HG_SWAPPED_BLOCKS, why,
                "along axis %d of %s, block %d (of %d blocks of %d) holds what belongs to "
                "block %d: %s",
                axis, v->t->name, pair[0], b.count, b.length, pair[1],
                wrong == 2 ? "the two are exchanged" : "the blocks are in another order");
        }
    }
    return 0;
}

/* ---- wrong in some places only ------------------------------------------ */

/* The slices of an axis, if each is wholly wrong or wholly right: how many of either, the first
 * and the last that is right. */
typedef struct slices {
    int wrong, right, first_right, last_right, first_wrong;
    int all_zero; /* the wrong ones are 0 */
} slices;

static int split(const hg_view *v, int axis, slices *z)
{
    blocks b = slices_of(v->t, axis);
    hg_rest rest = {0};
    *z = (slices){.first_right = -1, .last_right = -1, .first_wrong = -1, .all_zero = 1};
    for (int c = 0; c < b.count; c++) {
        int wrong = count_in(v, &b, c, HG_WRONG), right = count_in(v, &b, c, HG_RIGHT);
        if (wrong && right > wrong / 8)
            return 0;
        if (wrong && !z->wrong++)
            z->first_wrong = c;
        for (int k = 0; k < v->n / b.count && !wrong; k++)
            hgi_add_to_rest(v, &rest, block_entry(&b, c, k));
        if (wrong || !right)
            continue;
        if (!z->right++)
            z->first_right = c;
        z->last_right = c;
    }
    for (int i = 0; i < v->n; i++)
        if (v->state[i] == HG_WRONG)
            z->all_zero &= fabs(v->a[i]) <= 1e-14 * v->largest;
    return z->wrong && z->right && hgi_is_right(&rest);
}

static hg_score as_found(const hg_view *v)
{
    return (hg_score){.matched = v->right + v->wrong, .informative = v->wrong};
}

/* Whether weights are told that may lead from the units of one step to those of the next. */
static int has_square(const hg_view *v)
{
    for (int k = 1; k < v->sources; k++) {
        const hg_tensor *t = v->source[k].t;
        int last = t->rank - 1;
        if (t->rank >= 2 && t->shape[last] == t->shape[last - 1] && hgi_letter(t, last) != 'T' &&
            hgi_letter(t, last - 1) != 'T')
            return 1;
    }
    return 0;
}

int hgi_last_step_only(const hg_view *v)
{
    slices z;
    for (int axis = 0; axis < v->t->rank; axis++)
        if (hgi_letter(v->t, axis) == 'T' && split(v, axis, &z) && z.right == 1 &&
            z.wrong == z.first_right && z.first_right == v->t->shape[axis] - 1)
            return v->t->shape[axis];
    return 0;
}

static int steps_along(const hg_view *v, int axis, hg_explanation *why)
{
    slices z;
    int size = v->t->shape[axis];
    char letter = hgi_letter(v->t, axis);
    int plain = letter != 'T' && letter != 'B'; /* then only rows count as steps */
    if (size < 2 || (plain && axis == v->t->rank - 1) || !split(v, axis, &z))
        return 0;
    hg_score s = as_found(v);
    const char *n = v->t->name, *step = letter == 'T' ? "step" : letter == 'B' ? "sample" : "slice";
    if (z.all_zero && z.right == 1 && z.wrong >= 2)
        return hgi_say(v, &s, HG_ONE_STEP, why,
                       "%s is 0 but for %s %d of %d along axis %d: only that one is counted%s", n,
                       step, z.first_right, size, axis,
                       letter == 'T' ? " (does the gradient go through time?)" : "");
    int last = z.last_right == size - 1 && z.right == size - z.first_right;
    if (letter != 'T' || !last || v->right < 2 || z.wrong != z.first_right)
        return 0;
    if (z.all_zero || (z.right == 1 && has_square(v)))
        return hgi_say(
            v, &s, HG_PATH_MISSING, why,
            "%s is right from step %d of %d on and %s at all earlier ones: what comes from later "
            "steps (the recurrent path; attention to earlier steps) is missing%s",
            n, z.first_right, size, z.all_zero ? "0" : "wrong",
            z.right > 1  ? " there: is it truncated, or does a loop begin too late?"
            : z.all_zero ? ""
                         : " or wrong, or what comes in at those steps");
    return 0;
}

int hgi_steps(const hg_view *v, hg_explanation *why)
{
    for (int axis = 0; axis < v->t->rank; axis++)
        if (steps_along(v, axis, why))
            return 1;
    return 0;
}

/* A gradient where there is no influence. Where no entry is right the bounds may come from the
 * gradient's own size, and then only exact zeros are known to be zeros. */
int hgi_masked(const hg_view *v, hg_explanation *why)
{
    int axis = -1;
    slices z = {0};
    for (int i = 0; i < v->n; i++)
        if (hgi_is_off(v, i) && !(fabs(v->x[i]) <= (v->right ? v->bound[i] : 0)))
            return 0;
    for (int k = 0; k < v->t->rank && axis < 0; k++)
        if (split(v, k, &z))
            axis = k;
    if (v->wrong < 2)
        return 0;
    hg_score s = as_found(v);
    char where[48] = "";
    if (axis >= 0)
        snprintf(where, sizeof where, " (slice %d%s of axis %d)", z.first_wrong,
                 z.wrong > 1 ? " and others" : "", axis);
    return hgi_say(
        v, &s, HG_MASK_IGNORED, why,
        "the loss does not depend on %d entries of %s%s, but the gradient is not 0 there%s: "
        "a mask, padding, or a derivative that is 0 is ignored",
        v->wrong, v->t->name, where, v->right ? " (it is right elsewhere)" : "");
}

/* ---- right but for one -------------------------------------------------- */

/* The smallest box around the wrong entries. */
typedef struct box {
    int low[HG_RANK], high[HG_RANK], fixed, axis, entries;
} box;

static box box_of(const hg_view *v)
{
    const hg_tensor *t = v->t;
    box b = {.axis = -1};
    for (int k = 0; k < t->rank && k < HG_RANK; k++) {
        b.low[k] = t->shape[k];
        b.high[k] = -1;
        for (int i = 0; i < v->n; i++)
            if (v->state[i] == HG_WRONG) {
                int c = hgi_coordinate(t, k, i);
                b.low[k] = c < b.low[k] ? c : b.low[k];
                b.high[k] = c > b.high[k] ? c : b.high[k];
            }
        if (b.low[k] == b.high[k] && t->shape[k] > 1) {
            b.fixed++;
            if (b.axis < 0)
                b.axis = k;
        }
    }
    return b;
}

/* In the slice that the box lies in most telling entries are wrong, and half of all: so it is no
 * accident. All outside of it is right. */
static int box_explains(const hg_view *v, const box *b)
{
    int right = 0, off = 0, entries = 0;
    hg_rest rest = {0};
    for (int i = 0; i < v->n; i++) {
        int inside = 1;
        for (int k = 0; k < v->t->rank; k++) {
            int c = hgi_coordinate(v->t, k, i);
            inside &= b->low[k] < b->high[k] || c == b->low[k];
        }
        entries += inside;
        off += inside && hgi_is_off(v, i);
        right += inside && v->state[i] == HG_RIGHT;
        if (!inside)
            hgi_add_to_rest(v, &rest, i);
    }
    return 4 * right <= v->wrong && 2 * off >= entries && hgi_is_right(&rest);
}

/* What the wrong entries have in common. */
static void say_ratio(const hg_view *v, char *text, size_t size)
{
    double c = hgi_constant(v, v->a, v->x, HG_WRONG);
    text[0] = '\0';
    for (int i = 0; i < v->n; i++)
        if (v->state[i] == HG_WRONG &&
            !(fabs(v->a[i] - c * v->x[i]) <= fabs(c) * hgi_reach(v, i) + 1e-9 * fabs(v->a[i])))
            return;
    snprintf(text, size, ", where it is %.5g times the right one", c);
}

static int one_entry(const hg_view *v, const hg_score *s, hg_explanation *why)
{
    int i = 0;
    while (v->state[i] != HG_WRONG)
        i++;
    const hg_source *own = &v->source[0];
    int nearest = own->n == v->n && (v->a[i] == 0 || fabs(v->x[i]) <= v->bound[i]);
    for (int k = 0; k < v->n && nearest; k++)
        nearest = fabs(hgi_source_value(own, k)) >= fabs(hgi_source_value(own, i));
    int digits = hgi_digits_to_tell(v->a[i], v->x[i]);
    return hgi_say(v, s, HG_ONE_ENTRY, why,
                   "%s is right (%d entries) but for one entry, %s: analytic %.*g, numeric %.*g%s",
                   v->t->name, v->right, hgi_place(v->t, i).s, digits, v->a[i], digits, v->x[i],
                   nearest ? " (its value is the nearest to 0: the threshold of a kink?)" : "");
}

int hgi_one_place(const hg_view *v, hg_explanation *why)
{
    const hg_tensor *t = v->t;
    box b = box_of(v);
    int axes = 0;
    for (int k = 0; k < t->rank; k++)
        axes += t->shape[k] > 1;
    if (v->right < 2 || !b.fixed || !box_explains(v, &b))
        return 0;
    hg_score s = as_found(v);
    if (b.fixed == axes)
        return one_entry(v, &s, why);
    if (v->wrong < 2)
        return 0;
    char letter = b.fixed == 1 ? hgi_letter(t, b.axis) : '\0', ratio[60];
    say_ratio(v, ratio, sizeof ratio);
    int timely = letter == 'T' || letter == 'B', line = t->rank == 2 || b.fixed > 1;
    hg_mistake m = timely || !line ? HG_ONE_SLICE
                   : b.axis == t->rank - 1 || b.high[t->rank - 1] == b.low[t->rank - 1]
                       ? HG_ONE_COLUMN
                       : HG_ONE_ROW;
    const char *kind = letter == 'T'       ? "step"
                       : letter == 'B'     ? "sample"
                       : m == HG_ONE_SLICE ? "slice"
                       : m == HG_ONE_ROW   ? "row"
                                           : "column";
    return hgi_say(v, &s, m, why, "%s is right but for one %s: %d wrong entries, all at index %s%s",
                   t->name, kind, v->wrong, hgi_where(v).s, ratio);
}

/* ---- 0 from one entry on, or up to one ------------------------------------ */

/* What a loop or a launch leaves that ends too early, or begins too late. */
static int say_gap(const hg_view *v, int to_end, int missing, int of, const char *what,
                   const char *where, hg_explanation *why)
{
    hg_score s = as_found(v);
    return hgi_say(v, &s, HG_MISSING, why,
                   "the %s %d of %d %s of %s, %s, are 0, and the others right: does a loop or a "
                   "launch %s, or is a part left out?",
                   to_end ? "last" : "first", missing, of, what, v->t->name, where,
                   to_end ? "end too early" : "begin too late");
}

/* The entries from..to-1, in the order of memory, are 0; all others are right. */
static int is_gap(const hg_view *v, int from, int to)
{
    hg_rest rest = {0};
    for (int i = 0; i < v->n; i++)
        if (i < from || i >= to)
            hgi_add_to_rest(v, &rest, i);
        else if (fabs(v->a[i]) > 0)
            return 0;
    return hgi_is_right(&rest);
}

/* At an entry in the midst of a row or not; but a single slice is told as one. */
static int gap_in_memory(const hg_view *v, hg_explanation *why)
{
    box b = box_of(v);
    int first = 0, last = v->n - 1, whole = v->t->rank ? v->n / v->t->shape[0] : v->n;
    while (first < v->n && !hgi_is_off(v, first))
        first++;
    while (last > first && !hgi_is_off(v, last))
        last--;
    int length = last + 1 - first;
    if (2 * (v->wrong + v->doubtful) < length || (b.fixed && length == whole))
        return 0;
    while (first > 0 && v->state[first - 1] == HG_SILENT && v->a[first - 1] == 0)
        first--; /* too small to say, and 0 as well */
    while (last + 1 < v->n && v->state[last + 1] == HG_SILENT && v->a[last + 1] == 0)
        last++;
    int to_end = last == v->n - 1;
    if ((first > 0 && !to_end) || !is_gap(v, first, last + 1))
        return 0;
    char where[80];
    snprintf(where, sizeof where, "%s %s", to_end ? "from" : "up to",
             hgi_place(v->t, to_end ? first : last).s);
    return say_gap(v, to_end, last + 1 - first, v->n, "entries", where, why);
}

/* Several slices at the end of an axis, or at its beginning. */
static int gap_along(const hg_view *v, int axis, hg_explanation *why)
{
    slices z;
    int size = v->t->shape[axis];
    if (!split(v, axis, &z) || !z.all_zero || z.wrong < 2 || z.wrong + z.right < size)
        return 0;
    int to_end = z.last_right == size - 1 - z.wrong;
    if (!to_end && z.first_right != z.wrong)
        return 0;
    char where[40], letter = hgi_letter(v->t, axis);
    snprintf(where, sizeof where, "along axis %d", axis);
    if (letter)
        snprintf(where, sizeof where, "along axis %d (%c)", axis, letter);
    return say_gap(v, to_end, z.wrong, size, "slices", where, why);
}

int hgi_gap(const hg_view *v, hg_explanation *why)
{
    if (v->wrong < 1 || v->wrong + v->doubtful < 2 || v->right < 4)
        return 0;
    int found = gap_in_memory(v, why);
    for (int axis = 0; axis < v->t->rank && !found; axis++)
        found = gap_along(v, axis, why);
    return found;
}
