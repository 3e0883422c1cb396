/* SPDX-License-Identifier: MIT */
/* A matrix that is a product of two vectors, where a sum of such products belongs. */
#include <float.h>
#include <math.h>

#include "lib/check/entries.h"
#include "lib/check/hypotheses.h"

/* ---- rank one ------------------------------------------------------------- */

/* Whether y has rank one as a matrix of C columns: its largest entry is the pivot. */
static int has_rank_one(const hg_view *v, const double y[], int C, double room_for, int *pivot)
{
    *pivot = 0;
    for (int i = 0; i < v->n; i++)
        if (fabs(y[i]) > fabs(y[*pivot]))
            *pivot = i;
    double top = y[*pivot];
    int row = *pivot / C * C, column = *pivot % C;
    for (int i = 0; i < v->n && top != 0; i++) {
        double prediction = y[row + i % C] * (y[i / C * C + column] / top);
        if (!(fabs(y[i] - prediction) <= room_for * fabs(top)))
            return 0;
    }
    return top != 0;
}

/* Rank 1 says something where more than one row and column hold values, and where the rows do
 * not stand for steps or samples themselves: those are not summed over. */
static int rank_can_tell(const hg_view *v, int C)
{
    int rows = 0, columns = 0;
    for (int k = 0; k < v->t->rank - 1; k++)
        if (hgi_letter(v->t, k) == 'T' || hgi_letter(v->t, k) == 'B')
            return 0;
    for (int r = 0; r < v->n / C; r++) {
        int held = 0;
        for (int j = 0; j < C; j++)
            held += fabs(v->a[r * C + j]) > 1e-12 * v->largest;
        rows += held > 0;
        columns = held > columns ? held : columns;
    }
    return rows >= 2 && columns >= 2 && rows + columns >= 5;
}

/* A source whose row r spans the rows of a. */
static const hg_source *spanning(const hg_view *v, int C, int pivot, int *r)
{
    const double *a = v->a + pivot / C * C;
    for (int k = 1; k < v->sources; k++) {
        const hg_source *u = &v->source[k];
        if (u->origin == HG_GRADIENT || u->t->rank < 2 || hgi_width(u->t) != C)
            continue;
        for (*r = 0; *r < u->n / C; ++*r) {
            double c = hgi_source_value(u, *r * C + pivot % C) / a[pivot % C];
            int fits = c != 0 && u->n / C > 1;
            for (int j = 0; j < C && fits; j++)
                fits = fabs(hgi_source_value(u, *r * C + j) - c * a[j]) <=
                       1e-9 * fabs(c * v->a[pivot]);
            if (fits)
                return u;
        }
    }
    return NULL;
}

/* Whether a has rank one, which x has not, so that something can be said of it. */
static int lost_rank(const hg_view *v, int *pivot)
{
    int C = hgi_width(v->t), R = v->t->rank ? v->n / C : 0, other;
    if (v->t->rank < 2 || R < 2 || C < 2 || !rank_can_tell(v, C) ||
        !has_rank_one(v, v->a, C, 1e-11, pivot))
        return 0;
    double bound = 0;
    for (int i = 0; i < v->n; i++)
        bound = fmax(bound, hgi_reach(v, i));
    double rough = 1e-6 + 20 * bound / fmax(v->largest, DBL_MIN);
    return !has_rank_one(v, v->x, C, rough, &other) && v->wrong >= 2;
}

/* ---- one step, or one step in all terms ----------------------------------- */

/* Row k of a is left[k] times row r of u. */
static double left_of(const hg_view *v, const hg_source *u, int r, int pivot, int k)
{
    int C = hgi_width(v->t);
    return v->a[k * C + pivot % C] / hgi_source_value(u, r * C + pivot % C);
}

/* Whether those left factors are the gradient of some other tensor, and so a sum over all steps:
 * a bias beside a matrix has them. */
static int left_is_a_sum(const hg_view *v, const hg_source *u, int r, int pivot)
{
    int R = v->n / hgi_width(v->t);
    for (int j = 1; j < v->sources; j++) {
        const hg_source *g = &v->source[j];
        int alike = g->origin == HG_GRADIENT && g->n == R;
        for (int k = 0; k < R && alike; k++) {
            double x = hgi_source_value(g, k);
            alike = fabs(left_of(v, u, r, pivot, k) - x) <= 8 * g->bound[k] + 1e-9 * fabs(x);
        }
        if (alike)
            return 1;
    }
    return 0;
}

/* Makes d, row r of u, orthogonal to its other rows; q has room for all of them. Returns the
 * square of its length, 0 where nothing is left. */
static double alone(const hg_source *u, int r, int S, int C, double q[], double d[])
{
    double was = 0, left = 0;
    for (int s = 0; s < S; s++) { /* row r comes last */
        int from = s < S - 1 ? s + (s >= r) : r;
        double *row = s < S - 1 ? q + s * C : d, length = 0;
        for (int j = 0; j < C; j++)
            row[j] = hgi_source_value(u, from * C + j);
        for (int j = 0; j < C && row == d; j++)
            was += d[j] * d[j];
        for (int k = 0; k < 2 * s; k++) { /* twice, for rounding */
            const double *p = q + k % s * C;
            double dot = 0;
            for (int j = 0; j < C; j++)
                dot += p[j] * row[j];
            for (int j = 0; j < C; j++)
                row[j] -= dot * p[j];
        }
        for (int j = 0; j < C; j++)
            length += row[j] * row[j];
        for (int j = 0; j < C && row != d; j++)
            row[j] = length > 0 ? row[j] / sqrt(length) : 0;
        left = length;
    }
    return left > 1e-6 * was ? left : 0;
}

/* Whether x, which is a sum over the rows of u, contains row r with other factors than a does: then
 * a is not what one step contributes. Not known where u has more rows than columns. */
static int left_is_other(const hg_view *v, const hg_source *u, int r, int pivot)
{
    int C = hgi_width(v->t), S = u->n / C, other = 0;
    if (S > C || S < 2 || C > 256)
        return 0;
    double *q = hgi_allocate((size_t)S * (size_t)C, sizeof *q);
    if (!q)
        return 0;
    double *d = q + (S - 1) * C, length = alone(u, r, S, C, q, d);
    for (int k = 0; k < v->n / C && length > 0; k++) {
        double dot = 0, off = 0, left = left_of(v, u, r, pivot, k);
        for (int j = 0; j < C; j++) {
            dot += v->x[k * C + j] * d[j];
            off += hgi_reach(v, k * C + j) * fabs(d[j]);
        }
        other |= fabs(dot / length - left) > 10 * off / length + 1e-6 * fabs(left);
    }
    hgi_free(q);
    return other;
}

int hgi_rank_one(const hg_view *v, hg_explanation *why)
{
    int C = hgi_width(v->t), pivot, r = 0;
    const hg_source *u = lost_rank(v, &pivot) ? spanning(v, C, pivot, &r) : NULL;
    if (!u)
        return 0;
    hg_score s = {.matched = v->right + v->wrong};
    int rows = u->n / C;
    if (left_is_a_sum(v, u, r, pivot) || left_is_other(v, u, r, pivot))
        return hgi_say(v, &s, HG_ONE_STEP, why,
                       "%s has rank 1, and its rows are multiples of %s[%d], but not those that "
                       "this one of %d steps or samples contributes: an index that should run "
                       "stands still",
                       v->t->name, u->name, r, rows);
    return hgi_say(
        v, &s, r == 0 || r == rows - 1 ? HG_OVERWRITTEN : HG_ONE_STEP, why,
        "%s has rank 1, and its rows are multiples of %s[%d]: of %d steps or samples only %s is "
        "counted; `=` where `+=` belongs?",
        v->t->name, u->name, r, rows,
        r == 0          ? "the first"
        : r == rows - 1 ? "the last"
                        : "that one");
}

/* Rank one alone has more than one cause. */
int hgi_rank_hint(const hg_view *v, hg_explanation *why)
{
    int pivot, C = hgi_width(v->t), alike = 1;
    if (!lost_rank(v, &pivot))
        return 0;
    for (int i = C; i < v->n; i++)
        alike &= fabs(v->a[i] - v->a[i % C]) <= 1e-12 * v->largest;
    hg_score s = {0};
    return hgi_say(v, &s, HG_UNEXPLAINED, why,
                   alike ? "unexplained; but all rows of %s are the same, and should not be: a "
                           "factor that belongs to the row is left out"
                         : "unexplained; but %s has rank 1, and should have more: a single step or "
                           "sample is counted, or sums are multiplied instead of products summed",
                   v->t->name);
}
