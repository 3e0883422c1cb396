/* SPDX-License-Identifier: MIT */
/* The order in which mistakes are thought of, and what every hypothesis needs. */
#include "lib/check/explain.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/check/entries.h"
#include "lib/check/hypotheses.h"

#define REACH 8.0     /* bounds that a numeric value may lie from a prediction */
#define EVIDENT 100.0 /* bounds that a value must exceed to be evidence */
#define BITS 20.0     /* what a hypothesis must show: one chance in a million */

/* ---- access ------------------------------------------------------------- */

double hgi_source_value(const hg_source *s, int i)
{
    return s->plain ? s->plain[i] : hgi_value(s->t, i);
}

int hgi_axis(const hg_tensor *t, int axis, int *inner)
{
    *inner = 1;
    for (int k = axis + 1; k < t->rank; k++)
        *inner *= t->shape[k];
    return t->shape[axis];
}

char hgi_letter(const hg_tensor *t, int axis)
{
    const char *c = t->letters;
    for (int k = 0; c && *c && k < axis; k++) {
        c = strchr(c, ',');
        c = c ? c + 1 : NULL;
    }
    while (c && *c == ' ')
        c++;
    return c && *c != ',' ? *c : '\0';
}

int hgi_sizes(const hg_view *v)
{
    return v->p->sizes + v->axes;
}

const hg_size *hgi_size(const hg_view *v, int k)
{
    return k < v->p->sizes ? &v->p->size[k] : &v->axis[k - v->p->sizes];
}

int hgi_coordinate(const hg_tensor *t, int axis, int i)
{
    int inner, size = hgi_axis(t, axis, &inner);
    return i / inner % size;
}

int hgi_width(const hg_tensor *t)
{
    return t->rank ? t->shape[t->rank - 1] : 1;
}

hg_index_text hgi_place(const hg_tensor *t, int i)
{
    hg_index_text text = {""};
    size_t used = 0;
    for (int k = 0; k < t->rank; k++) {
        int wrote = snprintf(text.s + used, sizeof text.s - used, "[%d]", hgi_coordinate(t, k, i));
        used += wrote > 0 ? (size_t)wrote : 0;
    }
    return text;
}

/* ---- judging ------------------------------------------------------------ */

double hgi_reach(const hg_view *v, int i)
{
    return REACH * v->bound[i];
}

static int is_known(const hg_view *v, int i)
{
    return isfinite(v->bound[i]) && isfinite(v->x[i]) && isfinite(v->a[i]);
}

void hgi_predict(const hg_view *v, hg_score *s, int i, double prediction, double tolerance)
{
    if (!is_known(v, i))
        return;
    double a = v->a[i], x = v->x[i];
    double margin = tolerance + v->share * fmax(fabs(a), fabs(prediction));
    int same = v->state[i] == HG_DOUBTFUL && fabs(prediction - x) <= v->bound[i] &&
               fabs(a - prediction) > v->bound[i]; /* and a is not x */
    if (same || !(fabs(a - prediction) <= margin)) {
        s->failed++;
        return;
    }
    int evident = v->state[i] == HG_RIGHT || v->state[i] == HG_WRONG;
    s->matched += evident;
    double reach = fmax(hgi_reach(v, i), margin) + v->share * fmax(fabs(a), fabs(x));
    if (!evident)
        return;
    if (!(fabs(prediction - x) > reach)) {
        s->rough += v->state[i] == HG_WRONG;
        return;
    }
    s->informative++;
    double bits = log2(fmax(fabs(a), fabs(x)) / fmax(margin, DBL_MIN));
    s->bits += fmin(fmax(bits, 0), 30);
}

int hgi_fits(const hg_view *v, const hg_score *s, int fitted, double tried)
{
    if (!s->informative || s->failed * 50 > v->wrong || s->informative * 50 < v->wrong * 49)
        return 0;
    if (fitted && s->informative <= fitted + 2)
        return 0;
    double left = s->bits * (1 - (double)fitted / s->informative);
    return left - log2(tried) >= BITS;
}

void hgi_add_to_rest(const hg_view *v, hg_rest *rest, int i)
{
    if (!is_known(v, i))
        return;
    double error = (v->a[i] - v->x[i]) / fmax(v->bound[i], DBL_MIN);
    rest->n++;
    rest->off += hgi_is_off(v, i);
    rest->sum += error;
    rest->size += fabs(error);
}

int hgi_is_right(const hg_rest *rest)
{
    return !rest->off && rest->size <= 0.5 * rest->n && fabs(rest->sum) <= 2 * sqrt(rest->n);
}

double hgi_constant(const hg_view *v, const double y[], const double z[], int state)
{
    double yz = 0, zz = 0;
    for (int i = 0; i < v->n; i++) {
        if (!is_known(v, i) || (state >= 0 && v->state[i] != state))
            continue;
        double error = v->bound[i] / fmax(v->largest, DBL_MIN) + 1e-12;
        yz += y[i] * z[i] / (error * error);
        zz += z[i] * z[i] / (error * error);
    }
    return zz > 0 ? yz / zz : 0;
}

int hgi_say(const hg_view *v, const hg_score *s, hg_mistake mistake, hg_explanation *why,
            const char *format, ...)
{
    why->mistake = mistake;
    why->matched = s->matched;
    why->of = v->right + v->wrong;
    va_list list;
    va_start(list, format);
    vsnprintf(why->text, sizeof why->text, format, list);
    va_end(list);
    return 1;
}

/* ---- what is looked at -------------------------------------------------- */

/* The relative part of tolerances: below what is to be explained. */
static double share_of(const hg_view *v)
{
    double worst = 0;
    for (int i = 0; i < v->n; i++)
        if (is_known(v, i) && fabs(v->a[i] - v->x[i]) > v->bound[i])
            worst = fmax(worst, fabs(v->a[i] - v->x[i]));
    double share = 0.01 * worst / fmax(v->largest, DBL_MIN);
    return fmin(1e-9, fmax(share, 4 * DBL_EPSILON));
}

static void judge(hg_view *v)
{
    for (int i = 0; i < v->n; i++)
        if (is_known(v, i))
            v->largest = fmax(v->largest, fabs(v->x[i]));
    v->share = share_of(v);
    for (int i = 0; i < v->n; i++) {
        double size = fmax(fabs(v->a[i]), fabs(v->x[i])), off = fabs(v->a[i] - v->x[i]);
        v->state[i] = HG_SILENT;
        if (!is_known(v, i))
            continue;
        if (off > hgi_reach(v, i) + v->share * size)
            v->state[i] = HG_WRONG;
        else if (off > v->bound[i])
            v->state[i] = HG_DOUBTFUL;
        else if (size > EVIDENT * v->bound[i])
            v->state[i] = HG_RIGHT;
        v->wrong += v->state[i] == HG_WRONG;
        v->doubtful += v->state[i] == HG_DOUBTFUL;
        v->right += v->state[i] == HG_RIGHT;
    }
}

static void add_source(hg_view *v, hg_origin origin, const hg_tensor *t, const hg_evidence *e)
{
    hg_source s = {.name = t->name ? t->name : "?", .origin = origin, .t = t, .n = hg_entries(t)};
    if (e) {
        s.plain = e->numeric;
        s.bound = e->bound;
    }
    if (s.n > 0 && (s.plain || t->data))
        v->source[v->sources++] = s;
}

static void gather(hg_view *v)
{
    const hg_problem *p = v->p;
    v->source[v->sources++] =
        (hg_source){.name = v->t->name, .origin = HG_OWN, .t = v->t, .n = v->t->data ? v->n : 0};
    for (int k = 0; k < p->knowns; k++)
        if (p->known[k].data != v->t->grad) /* the gradient that is to be explained tells nothing */
            add_source(v, HG_KNOWN, &p->known[k], NULL);
    for (int k = 0; k < p->tensors; k++)
        if (k != v->which) {
            add_source(v, HG_OTHER, &p->tensor[k], NULL);
            if (v->e[k].numeric && v->e[k].bound)
                add_source(v, HG_GRADIENT, &p->tensor[k], &v->e[k]);
        }
}

/* A letter stands for one size: the first that is told of it, the given ones before all. */
static void add_axes(hg_view *v, const hg_tensor *t)
{
    for (int k = 0; k < t->rank && k < HG_RANK && v->axes < HG_AXES; k++) {
        char letter = hgi_letter(t, k);
        int told = !letter;
        for (int j = 0; j < hgi_sizes(v) && !told; j++) {
            const char *s = hgi_size(v, j)->letter;
            told = s && s[0] == letter && !s[1];
        }
        if (told)
            continue;
        v->letter[v->axes][0] = letter;
        v->letter[v->axes][1] = '\0';
        v->axis[v->axes] = (hg_size){v->letter[v->axes], t->shape[k]};
        v->axes++;
    }
}

static void gather_axes(hg_view *v)
{
    add_axes(v, v->t);
    for (int k = 0; k < v->p->tensors; k++)
        add_axes(v, &v->p->tensor[k]);
    for (int k = 0; k < v->p->knowns; k++)
        add_axes(v, &v->p->known[k]);
}

/* ---- trying ------------------------------------------------------------- */

/* Common mistakes first, and those with fewer numbers to fit. Ideas of one level that fit alike
 * are told by "or". */
static const struct idea {
    int level;
    hg_hypothesis *fits;
} ideas[] = {
    /* clang-format off */
    {0, hgi_missing}, {0, hgi_sign}, {0, hgi_factor}, {0, hgi_transposed}, {0, hgi_shifted},
    {0, hgi_exchanged_tensors}, {0, hgi_blocks}, {0, hgi_perhaps_shifted},
    {1, hgi_kink}, {1, hgi_sides}, {1, hgi_gradient_gated}, {1, hgi_other_argument},
    {1, hgi_matrix_in_time},
    {2, hgi_steps}, {2, hgi_masked},
    {3, hgi_functions},
    {4, hgi_matrix}, {4, hgi_path}, {4, hgi_sum_of_rows},
    {4, hgi_weighted_rows}, {4, hgi_unmasked_rows}, {4, hgi_outer_sum}, {4, hgi_last_rows},
    {4, hgi_last_term},
    {5, hgi_unnamed_factor}, {5, hgi_product_path},
    {6, hgi_only_path}, {6, hgi_other_tensor},
    {7, hgi_softmax}, {7, hgi_wrong_state}, {7, hgi_attention},
    {8, hgi_functions_in_part}, {8, hgi_factor_of_other_step},
    {9, hgi_scaled_path},
    {10, hgi_gap},
    {11, hgi_one_place},
    {12, hgi_part_factor},
    {13, hgi_rank_one},
    {14, hgi_shared_path},
    {15, hgi_float_noise},
    {16, hgi_rank_hint},
    /* clang-format on */
};

static const char *short_name(hg_mistake m)
{
    static const char *const names[] = {
        [HG_UNEXPLAINED] = "unexplained",
        [HG_SIGN] = "the sign",
        [HG_FACTOR] = "a factor",
        [HG_TWICE] = "counted twice",
        [HG_MISSING] = "missing",
        [HG_TRANSPOSED] = "transposed",
        [HG_SHIFTED] = "shifted by one",
        [HG_SWAPPED_BLOCKS] = "two blocks exchanged",
        [HG_SWAPPED_TENSORS] = "two tensors exchanged",
        [HG_ONE_ENTRY] = "one entry",
        [HG_ONE_ROW] = "one row",
        [HG_ONE_COLUMN] = "one column",
        [HG_ONE_SLICE] = "one slice",
        [HG_ONE_STEP] = "one step only",
        [HG_OVERWRITTEN] = "`=` for `+=`",
        [HG_PATH_MISSING] = "a path is missing",
        [HG_AT_OUTPUT] = "derivative at the output",
        [HG_DIAGONAL_ONLY] = "diagonal of the softmax only",
        [HG_MASK_IGNORED] = "mask ignored",
        [HG_OTHER_FUNCTION] = "another function's derivative",
        [HG_OTHER_SIDE] = "the kink's other side",
        [HG_FLOAT_NOISE] = "float noise",
    };
    return names[m];
}

static void append(hg_explanation *why, const char *before, const char *text, const char *after)
{
    size_t used = strlen(why->text), more = strlen(before) + strlen(text) + strlen(after);
    if (used + more < sizeof why->text)
        snprintf(why->text + used, sizeof why->text - used, "%s%s%s", before, text, after);
}

static void try_all(const hg_view *v, hg_explanation *why)
{
    int level = INT32_MAX;
    unsigned told = 0;
    for (size_t k = 0; k < sizeof ideas / sizeof ideas[0]; k++) {
        hg_explanation idea = {.mistake = HG_UNEXPLAINED};
        if (ideas[k].level > level || !ideas[k].fits(v, &idea))
            continue;
        if (level == INT32_MAX)
            *why = idea;
        else if (!(told & 1U << idea.mistake))
            append(why, " (or: ", short_name(idea.mistake), ")");
        level = ideas[k].level;
        told |= 1U << idea.mistake;
    }
}

/* Which indices of an axis wrong entries have, if not all: "16 to 23", "3, 9"; or "". */
static void indices(const hg_view *v, int axis, char text[48])
{
    int size = v->t->shape[axis], count = 0, low = size, high = -1;
    size_t used = 0;
    memset(v->room, 0, sizeof(double) * (size_t)size);
    for (int i = 0; i < v->n; i++)
        if (hgi_is_off(v, i))
            v->room[hgi_coordinate(v->t, axis, i)] = 1;
    for (int c = 0; c < size; c++)
        if (v->room[c] > 0) {
            low = count++ ? low : c;
            high = c;
        }
    text[0] = '\0';
    int whole = high - low + 1 == count; /* without gaps */
    if (count == size)
        return;
    if ((whole && count > 2) || (count > 4 && high - low + 1 < size))
        snprintf(text, 48, "%d to %d", low, high);
    else if (count <= 4)
        for (int c = low; c <= high; c++)
            if (v->room[c] > 0)
                used += (size_t)snprintf(text + used, 48 - used, "%s%d", used ? ", " : "", c);
}

hg_where hgi_where(const hg_view *v)
{
    hg_where where = {""};
    char some[48];
    size_t used = 0;
    for (int k = 0; k < v->t->rank; k++) {
        indices(v, k, some);
        if (some[0])
            used += (size_t)snprintf(where.s + used, sizeof where.s - used, "%s%s of axis %d",
                                     used ? " and " : "", some, k);
    }
    return where;
}

static int finite_gradient(const hg_view *v, hg_explanation *why)
{
    for (int i = 0; i < v->n; i++)
        if (!isfinite(v->a[i])) {
            snprintf(why->text, sizeof why->text, "%s%s is not a finite number", v->t->name,
                     hgi_place(v->t, i).s);
            return 0;
        }
    return 1;
}

static void explain(hg_view *v, hg_explanation *why)
{
    judge(v);
    gather(v);
    gather_axes(v);
    why->of = v->right + v->wrong;
    if (!finite_gradient(v, why))
        return;
    if (v->wrong)
        try_all(v, why);
    if (!why->text[0])
        hgi_hint(v, why);
    if (v->right && (why->mistake == HG_UNEXPLAINED || why->mistake == HG_FACTOR ||
                     why->mistake == HG_TWICE || why->mistake == HG_SIGN)) {
        hg_where where = hgi_where(v);
        append(why, where.s[0] ? "; all wrong ones are at index " : "", where.s, "");
    }
    if (v->t->equation && why->text[0])
        append(why, "; see eq. ", v->t->equation, "");
}

void hg_explain(const hg_problem *p, const hg_evidence e[], int which, hg_explanation *why)
{
    *why = (hg_explanation){.mistake = HG_UNEXPLAINED};
    const hg_tensor *t = &p->tensor[which];
    hg_view v = {.p = p, .e = e, .which = which, .t = t, .n = hg_entries(t)};
    v.a = e[which].analytic;
    v.x = e[which].numeric;
    v.bound = e[which].bound;
    if (v.n < 1 || !v.a || !v.x || !v.bound)
        return;
    size_t sources = 1 + (size_t)p->knowns + 2 * (size_t)p->tensors;
    v.state = hgi_allocate((size_t)v.n, sizeof *v.state);
    v.room = hgi_allocate(2 * (size_t)v.n, sizeof *v.room);
    v.source = hgi_allocate(sources, sizeof *v.source);
    if (v.state && v.room && v.source)
        explain(&v, why);
    else
        append(why, "not explained: ", "no memory", "");
    hgi_free(v.source);
    hgi_free(v.room);
    hgi_free(v.state);
}
