/* SPDX-License-Identifier: MIT */
/* Derivatives of functions: at the wrong place, of the wrong function, of the softmax. Here u is a
 * value that belongs to the entry: its own, or that of a known vector, which may be the function's
 * input (z) or its output (tanh z). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/check/hypotheses.h"

/* ---- slopes ------------------------------------------------------------- */

static double logistic(double u)
{
    return 1 / (1 + exp(-u));
}

static double one(double u)
{
    return 1 + 0 * u;
}

static double itself(double u)
{
    return u;
}

static double tanh_in(double u)
{
    return 1 - tanh(u) * tanh(u);
}

static double tanh_out(double u)
{
    return 1 - u * u;
}

static double tanh_twice(double u)
{
    return tanh_in(tanh(u));
}

static double tanh_back(double u)
{
    return tanh_out(atanh(u));
}

static double sigmoid_in(double u)
{
    return logistic(u) * (1 - logistic(u));
}

static double sigmoid_out(double u)
{
    return u * (1 - u);
}

static double sigmoid_twice(double u)
{
    return sigmoid_in(logistic(u));
}

static double sigmoid_back(double u)
{
    return sigmoid_out(log(u / (1 - u)));
}

static double cdf(double u)
{
    const double half = 0.5;
    return erfc(-u * sqrt(half)) / 2;
}

static double gelu_in(double u)
{
    return cdf(u) + u * exp(-u * u / 2) * 0.39894228040143268;
}

static double gelu_tanh_in(double u)
{
    double k = 0.79788456080286536, s = tanh(k * (u + 0.044715 * u * u * u));
    return (1 + s) / 2 + u * (1 - s * s) / 2 * k * (1 + 3 * 0.044715 * u * u);
}

static double gelu_quick_in(double u)
{
    double s = logistic(1.702 * u);
    return s + 1.702 * u * s * (1 - s);
}

static double silu_in(double u)
{
    return logistic(u) * (1 + u * (1 - logistic(u)));
}

/* What is left of the last three where one term of the product rule is forgotten. */
static double gelu_inner(double u)
{
    return gelu_in(u) - cdf(u);
}

static double gelu_tanh_outer(double u)
{
    return (1 + tanh(0.79788456080286536 * (u + 0.044715 * u * u * u))) / 2;
}

static double gelu_tanh_inner(double u)
{
    return gelu_tanh_in(u) - gelu_tanh_outer(u);
}

static double silu_inner(double u)
{
    return silu_in(u) - logistic(u);
}

static double relu_in(double u)
{
    return u > 0;
}

/* How a slope is read: u as the input of its function, as its output; the output put in as if it
 * were the input (AT_OUTPUT), the input found from the output and put in as if it were the output
 * (AT_INPUT); one term of the product rule alone. The last three are mistakes only. */
enum where { PLAIN, INPUT, OUTPUT, AGAIN, BACK, TERM };

static const struct slope {
    double (*at)(double u);
    const char *family, *text;
    enum where where;
} slopes[] = {
    {one, "1", "1", PLAIN},
    {itself, "u", "u", PLAIN},
    {tanh_in, "tanh", "1 - tanh(u)^2", INPUT},
    {tanh_out, "tanh", "1 - u^2", OUTPUT},
    {sigmoid_in, "sigmoid", "s(u)(1 - s(u))", INPUT},
    {sigmoid_out, "sigmoid", "u (1 - u)", OUTPUT},
    {gelu_in, "GELU", "GELU'(u) (erf)", INPUT},
    {gelu_tanh_in, "GELU's tanh form", "GELU'(u) (tanh form)", INPUT},
    {gelu_quick_in, "GELU's sigmoid form", "GELU'(u) (sigmoid form)", INPUT},
    {silu_in, "SiLU", "SiLU'(u)", INPUT},
    {logistic, "softplus", "s(u)", INPUT},
    {relu_in, "ReLU", "[u > 0]", INPUT},
    {exp, "exp", "exp(u)", INPUT},
    {gelu_inner, "GELU", "u phi(u)", TERM},
    {cdf, "GELU", "Phi(u)", TERM},
    {gelu_tanh_inner, "GELU's tanh form", "u times the slope of its curve", TERM},
    {gelu_tanh_outer, "GELU's tanh form", "its curve without the u", TERM},
    {silu_inner, "SiLU", "u s(u)(1 - s(u))", TERM},
    {tanh_twice, "tanh", "1 - tanh(tanh u)^2", AGAIN},
    {sigmoid_twice, "sigmoid", "s'(s(u))", AGAIN},
    {tanh_back, "tanh", "1 - z^2 with tanh z = u", BACK},
    {sigmoid_back, "sigmoid", "z (1 - z) with s(z) = u", BACK},
};
enum { SLOPES = sizeof slopes / sizeof slopes[0] };

/* ---- alignment ---------------------------------------------------------- */

static int can_align(const hg_view *v, int n, hg_fit f)
{
    if (f == HG_ALL)
        return n == v->n;
    if (n < 2 || n == v->n || v->n % n)
        return 0;
    if (f == HG_COLUMNS)
        return n == hgi_width(v->t);
    if (f == HG_MIDDLE)
        return v->t->rank == 3 && n == v->t->shape[1];
    int tail = 1;
    for (int k = v->t->rank - 1; k > 0; k--) {
        tail *= v->t->shape[k];
        if (v->n / tail == n)
            return 1;
    }
    return 0;
}

int hgi_can_align(const hg_view *v, const hg_source *s, hg_fit f)
{
    return can_align(v, s->n, f) && (f == HG_ALL || s->origin != HG_OWN);
}

int hgi_aligned(const hg_view *v, int n, hg_fit f, int i)
{
    switch (f) {
    case HG_ALL: return i;
    case HG_ROWS: return i / (v->n / n);
    case HG_COLUMNS: return i % n;
    default: return hgi_coordinate(v->t, 1, i);
    }
}

static double aligned(const hg_view *v, const hg_source *s, hg_fit f, int i)
{
    return hgi_source_value(s, hgi_aligned(v, s->n, f, i));
}

/* The own values are never an output; a gradient is no factor; another tensor's values are one (a
 * gain), and no argument of a function. */
static int makes_sense(const hg_source *s, const struct slope *right, const struct slope *given)
{
    if (right == given || right->where >= AGAIN || s->origin == HG_GRADIENT)
        return 0;
    if (right->where == PLAIN && given->where == PLAIN)
        return 1;
    if (s->origin == HG_OTHER)
        return 0;
    if (s->origin == HG_OWN && right->where != INPUT)
        return 0;
    if (given->where == TERM && strcmp(right->family, given->family) != 0)
        return 0;
    return given->at != itself;
}

/* a / x = given(u) / right(u) at every entry, or at the wrong ones. */
static int pair_fits(const hg_view *v, const hg_source *u, hg_fit f, const struct slope *right,
                     const struct slope *given, int part, hg_score *s)
{
    double least = HUGE_VAL, most = -HUGE_VAL;
    *s = (hg_score){0};
    for (int i = 0; i < v->n; i++) {
        if (part && !hgi_is_off(v, i))
            continue;
        double z = aligned(v, u, f, i), r = right->at(z), g = given->at(z);
        if (!isfinite(r) || !isfinite(g))
            return 0;
        if (fabs(r) < 1e-9) {
            if (!(fabs(v->x[i]) <= hgi_reach(v, i)))
                return 0;
            continue;
        }
        hgi_predict(v, s, i, v->x[i] * g / r, hgi_reach(v, i) * fabs(g / r));
        if (s->failed * 50 > v->wrong)
            return 0;
        least = fmin(least, v->state[i] == HG_WRONG ? g / r : least);
        most = fmax(most, v->state[i] == HG_WRONG ? g / r : most);
    }
    /* one ratio throughout (0 where both are saturated) says nothing of functions */
    return most - least > 1e-6 * fmax(fabs(most), fabs(least)) && s->informative >= 2 &&
           hgi_fits(v, s, 0, 1e6);
}

static int name_pair(const hg_view *v, const hg_source *u, const hg_score *s,
                     const struct slope *right, const struct slope *given, hg_explanation *why)
{
    const char *n = v->t->name, *from = u->origin == HG_OWN ? "the values themselves" : u->name;
    if (given->at == itself)
        return hgi_say(v, s, HG_OTHER_FUNCTION, why,
                       "%d of %d entries of %s have the factor %s too many: it belongs to another "
                       "function, or is there already",
                       s->matched, v->n, n, u->origin == HG_OWN ? "of their own value" : from);
    if (given->where == PLAIN)
        return hgi_say(v, s, HG_PATH_MISSING, why,
                       "%d of %d entries of %s lack the factor %s, with u = %s: %s%s is missing",
                       s->matched, v->n, n, right->text, from,
                       right->where == PLAIN ? "that factor" : "the derivative of ",
                       right->where == PLAIN ? "" : right->family);
    if (right->where == PLAIN)
        return hgi_say(v, s, HG_OTHER_FUNCTION, why,
                       "%d of %d entries of %s have the factor %s too many, with u = %s: a "
                       "derivative of %s that does not belong here (cancelled already?)",
                       s->matched, v->n, n, given->text, from, given->family);
    if (given->where == TERM)
        return hgi_say(v, s, HG_PATH_MISSING, why,
                       "%d of %d entries of %s have %s where %s belongs, with u = %s: the other "
                       "term of the product rule is missing",
                       s->matched, v->n, n, given->text, right->text, from);
    if (!strcmp(right->family, given->family))
        return hgi_say(
            v, s, HG_AT_OUTPUT, why,
            "%d of %d entries of %s have %s where %s belongs, with u = %s: the derivative "
            "of %s is taken %s",
            s->matched, v->n, n, given->text, right->text, from, right->family,
            given->where == AGAIN || given->where == INPUT
                ? "at the output instead of the input"
                : "at the input with the formula for the output");
    return hgi_say(v, s, HG_OTHER_FUNCTION, why,
                   "%d of %d entries of %s have the derivative of %s, %s, where that of %s, %s, "
                   "belongs, with u = %s",
                   s->matched, v->n, n, given->family, given->text, right->family, right->text,
                   from);
}

static int try_source(const hg_view *v, const hg_source *u, hg_fit f, int part, hg_explanation *why)
{
    hg_score s;
    for (int r = 0; r < SLOPES; r++)
        for (int g = 0; g < SLOPES; g++)
            if (makes_sense(u, &slopes[r], &slopes[g]) &&
                pair_fits(v, u, f, &slopes[r], &slopes[g], part, &s))
                return name_pair(v, u, &s, &slopes[r], &slopes[g], why);
    return 0;
}

static int functions(const hg_view *v, int part, hg_explanation *why)
{
    for (int k = 0; k < v->sources; k++)
        for (hg_fit f = HG_ALL; f <= HG_MIDDLE; f++)
            if (v->source[k].origin <= HG_OTHER && hgi_can_align(v, &v->source[k], f) &&
                try_source(v, &v->source[k], f, part, why))
                return 1;
    return 0;
}

int hgi_functions(const hg_view *v, hg_explanation *why)
{
    return functions(v, 0, why);
}

int hgi_functions_in_part(const hg_view *v, hg_explanation *why)
{
    return v->right >= 2 && v->wrong >= 2 && functions(v, 1, why);
}

/* ---- softmax ------------------------------------------------------------ */

/* The softmax of row r into p: of the own values as logits, or as a known vector holds it. */
static int probabilities(const hg_source *u, int r, int C, double p[])
{
    double most = hgi_source_value(u, r * C), sum = 0;
    for (int c = 0; c < C; c++) {
        p[c] = hgi_source_value(u, r * C + c);
        most = fmax(most, p[c]);
    }
    for (int c = 0; c < C; c++) {
        if (u->origin == HG_OWN)
            p[c] = exp(p[c] - most);
        else if (!(p[c] >= 0))
            return 0;
        sum += p[c];
    }
    if (u->origin != HG_OWN)
        return fabs(sum - 1) <= 1e-9;
    for (int c = 0; c < C; c++)
        p[c] /= sum;
    return 1;
}

/* A softmax does not see what is added to all logits of a row: so row r of x sums to 0. */
static int sums_to_zero(const hg_view *v, int r, int C)
{
    double sum = 0, room = 0;
    for (int i = r * C; i < (r + 1) * C; i++) {
        sum += v->x[i];
        room += hgi_reach(v, i) + 1e-12 * fabs(v->x[i]);
    }
    return fabs(sum) <= room;
}

/* Row r with x = p (dp - s): a is p (1 - p) dp, or p dp; s is fitted. */
static int softmax_row(const hg_view *v, const double p[], int r, int C, int diagonal, hg_score *s)
{
    double top = 0, bottom = 0;
    int wrong = 0, first = r * C;
    for (int c = 0; c < C; c++) {
        double q = diagonal ? 1 - p[c] : 1;
        top += q * p[c] * (v->a[first + c] - q * v->x[first + c]);
        bottom += q * p[c] * q * p[c];
        wrong += v->state[first + c] == HG_WRONG;
    }
    if (!wrong)
        return 0;
    double most = 0, fitted = bottom > 0 ? top / bottom : 0;
    for (int c = 0; c < C; c++)
        most = fmax(most, hgi_reach(v, first + c));
    for (int c = 0; c < C; c++) {
        double q = diagonal ? 1 - p[c] : 1;
        hgi_predict(v, s, first + c, q * (v->x[first + c] + fitted * p[c]), 2 * most);
    }
    return 1;
}

static int softmax_fits(const hg_view *v, const hg_source *u, int diagonal, hg_score *s)
{
    int C = hgi_width(v->t), rows = 0;
    *s = (hg_score){0};
    for (int r = 0; r < v->n / C; r++) {
        if (!probabilities(u, r, C, v->room) || !sums_to_zero(v, r, C))
            return 0;
        rows += softmax_row(v, v->room, r, C, diagonal, s);
        if (s->failed)
            return 0;
    }
    return hgi_fits(v, s, rows, 4);
}

int hgi_softmax(const hg_view *v, hg_explanation *why)
{
    hg_score s;
    for (int k = 0; k < v->sources && hgi_width(v->t) >= 2; k++) {
        const hg_source *u = &v->source[k];
        if (u->n != v->n || u->origin > HG_KNOWN)
            continue;
        const char *from = u->origin == HG_OWN ? "softmax of the values" : u->name;
        if (softmax_fits(v, u, 1, &s))
            return hgi_say(v, &s, HG_DIAGONAL_ONLY, why,
                           "%d of %d entries of %s are p (1 - p) dp with p = %s: only the diagonal "
                           "of the softmax Jacobian; p_i p_j dp_j is missing",
                           s.matched, v->n, v->t->name, from);
        if (softmax_fits(v, u, 0, &s))
            return hgi_say(v, &s, HG_PATH_MISSING, why,
                           "each row of %s differs by a multiple of p = %s: the sum over the row, "
                           "-p sum(p dp), is missing (%d of %d entries fit)",
                           v->t->name, from, s.matched, v->n);
    }
    return 0;
}
