/* SPDX-License-Identifier: MIT */
/* A sum over steps or samples that has too few terms, or the wrong ones. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/check/entries.h"
#include "lib/check/hypotheses.h"

/* ---- sums over steps or samples ----------------------------------------- */

/* x is c times the sum of the rows of u, which v->room holds; a the same of another vector. */
static int sum_of_other(const hg_view *v, const hg_source *u, double c, hg_explanation *why)
{
    for (int k = 1; k < v->sources; k++) {
        const hg_source *w = &v->source[k];
        hg_score s = {0};
        if (w == u || w->origin != HG_KNOWN || w->n != u->n || w->t->rank < 2)
            continue;
        for (int i = 0; i < v->n; i++) {
            double given = 0;
            for (int r = 0; r < w->n / v->n; r++)
                given += c * hgi_source_value(w, r * v->n + i);
            if (!(fabs(c * v->room[i] - v->x[i]) <= hgi_reach(v, i) + 1e-8 * fabs(v->x[i])))
                return 0;
            hgi_predict(v, &s, i, given, 2 * hgi_reach(v, i));
        }
        if (hgi_fits(v, &s, 0, 4 * v->sources))
            return hgi_say(v, &s, HG_SWAPPED_TENSORS, why,
                           "%s is the sum of the rows of %s, and not of %s: %s stands where %s "
                           "belongs",
                           v->t->name, w->name, u->name, w->name, u->name);
    }
    return 0;
}

/* Rows of u (each as long as v): x is c times their sum, a is c times one of them. */
int hgi_sum_of_rows(const hg_view *v, hg_explanation *why)
{
    for (int k = 1; k < v->sources; k++) {
        const hg_source *u = &v->source[k];
        int S = u->n / v->n;
        if (u->origin != HG_KNOWN || S < 2 || u->n % v->n || u->t->rank < 2)
            continue;
        for (int i = 0; i < v->n; i++) {
            v->room[i] = 0;
            for (int r = 0; r < S; r++)
                v->room[i] += hgi_source_value(u, r * v->n + i);
        }
        double c = hgi_constant(v, v->x, v->room, -1);
        const char *part = S == u->t->shape[0] ? "row" : "part"; /* several rows are one part */
        if (sum_of_other(v, u, c, why))
            return 1;
        for (int r = 0; r < S; r++) {
            hg_score s = {0};
            for (int i = 0; i < v->n; i++)
                if (fabs(c * v->room[i] - v->x[i]) <= hgi_reach(v, i) + 1e-8 * fabs(v->x[i]))
                    hgi_predict(v, &s, i, c * hgi_source_value(u, r * v->n + i), hgi_reach(v, i));
            if (hgi_fits(v, &s, 0, S * v->sources))
                return hgi_say(v, &s, r == S - 1 ? HG_OVERWRITTEN : HG_ONE_STEP, why,
                               "%d of %d entries of %s are %s %d of %s alone, not the sum over its "
                               "%d %ss: `=` where `+=` belongs?",
                               s.matched, v->n, v->t->name, part, r, u->name, S, part);
        }
    }
    return 0;
}

/* Whether a is the sum of all rows of u, to its rounding. */
static int is_whole_sum(const hg_view *v, const hg_source *u)
{
    for (int i = 0; i < v->n; i++) {
        double sum = 0, size = 0;
        for (int r = 0; r < u->n / v->n; r++) {
            sum += hgi_source_value(u, r * v->n + i);
            size += fabs(hgi_source_value(u, r * v->n + i));
        }
        if (!(fabs(v->a[i] - sum) <= 8 * hgi_epsilon(v->t->type) * size))
            return 0;
    }
    return 1;
}

int hgi_whole_sum(const hg_view *v, hg_explanation *why)
{
    for (int k = 1; k < v->sources; k++) {
        const hg_source *u = &v->source[k];
        hg_score s = {0};
        if (u->origin == HG_KNOWN && v->n >= 2 && u->n % v->n == 0 && u->n / v->n >= 2 &&
            is_whole_sum(v, u))
            return hgi_say(
                v, &s, HG_UNEXPLAINED, why,
                "unexplained; but %s is the sum of all %d rows of %s: is %s itself wrong, "
                "or are some of its rows masked, or to be multiplied by something?",
                v->t->name, u->n / v->n, u->name, u->name);
    }
    return 0;
}

/* x = the sum of the rows of u, but a counts row r so often as weight[r] says. */
static hg_score weighted(const hg_view *v, const hg_source *u, double c, const int weight[])
{
    hg_score s = {0};
    for (int i = 0; i < v->n; i++) {
        double sum = 0;
        for (int r = 0; r < u->n / v->n; r++)
            sum += weight[r] * hgi_source_value(u, r * v->n + i);
        hgi_predict(v, &s, i, c * sum, 4 * hgi_reach(v, i) + 1e-12 * fabs(c * sum));
    }
    return s;
}

/* The constant in front of the sum, where that is x; 0 where it is not. */
static double is_sum(const hg_view *v, const hg_source *u)
{
    int S = u->n / v->n;
    for (int i = 0; i < v->n; i++) {
        v->room[i] = 0;
        for (int r = 0; r < S; r++)
            v->room[i] += hgi_source_value(u, r * v->n + i);
    }
    double c = hgi_constant(v, v->x, v->room, -1);
    for (int i = 0; i < v->n; i++)
        if (!(fabs(c * v->room[i] - v->x[i]) <= hgi_reach(v, i) + 1e-8 * fabs(v->x[i])))
            return 0;
    return c;
}

enum { MOST_ROWS = 8, MOST_COUNT = 3 };

/* Every way to count each of S rows once or more often. */
static int counted_again(const hg_view *v, const hg_source *u, double c, hg_explanation *why)
{
    int S = u->n / v->n, weight[MOST_ROWS], ways = 1;
    char text[3 * MOST_ROWS + 1] = "";
    for (int r = 0; r < S; r++)
        ways *= MOST_COUNT;
    for (int way = 1; way < ways; way++) { /* way 0 counts each once: right */
        for (int r = 0, left = way; r < S; r++, left /= MOST_COUNT)
            weight[r] = 1 + left % MOST_COUNT;
        hg_score s = weighted(v, u, c, weight);
        if (!hgi_fits(v, &s, 0, (double)ways * v->sources))
            continue;
        for (int r = 0; r < S; r++)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%d", r ? ", " : "",
                     weight[r]);
        return hgi_say(v, &s, HG_TWICE, why,
                       "%s counts the rows of %s %s times, and not once each: some are added again "
                       "(windows or parts that overlap?)",
                       v->t->name, u->name, text);
    }
    return 0;
}

static int one_left_out(const hg_view *v, const hg_source *u, double c, hg_explanation *why)
{
    int S = u->n / v->n;
    for (int out = 0; out < S && S > 2; out++) { /* of two rows the other one alone is left */
        hg_score s = {0};
        for (int i = 0; i < v->n; i++) {
            double sum = c * (v->room[i] - hgi_source_value(u, out * v->n + i));
            hgi_predict(v, &s, i, sum, 4 * hgi_reach(v, i) + 1e-12 * fabs(sum));
        }
        if (hgi_fits(v, &s, 0, S * v->sources))
            return hgi_say(v, &s, HG_ONE_STEP, why,
                           "%s is the sum of the rows of %s without row %d of %d: a loop begins "
                           "too late or ends too early",
                           v->t->name, u->name, out, S);
    }
    return 0;
}

int hgi_weighted_rows(const hg_view *v, hg_explanation *why)
{
    for (int k = 1; k < v->sources; k++) {
        const hg_source *u = &v->source[k];
        int S = u->n / v->n;
        if (u->origin != HG_KNOWN || S < 2 || u->n % v->n || u->t->rank < 2)
            continue;
        double c = is_sum(v, u);
        if (c != 0 && (one_left_out(v, u, c, why) ||
                       (S <= MOST_ROWS && v->n <= 64 && counted_again(v, u, c, why))))
            return 1;
    }
    return 0;
}

/* a = the sum of the rows of u, but x = the sum of u times m, entry by entry. */
static int mask_left_out(const hg_view *v, const hg_source *u, const hg_source *m, hg_score *s)
{
    *s = (hg_score){0};
    for (int i = 0; i < v->n; i++) {
        double sum = 0, masked = 0;
        for (int j = i; j < u->n; j += v->n) {
            sum += hgi_source_value(u, j);
            masked += hgi_source_value(u, j) * hgi_source_value(m, j);
        }
        if (!(fabs(masked - v->x[i]) <= hgi_reach(v, i) + 1e-8 * v->largest))
            return 0;
        hgi_predict(v, s, i, sum, 1e-14 * fabs(sum));
    }
    return hgi_fits(v, s, 0, v->sources * v->sources);
}

int hgi_unmasked_rows(const hg_view *v, hg_explanation *why)
{
    hg_score s;
    for (int k = 1; k < v->sources; k++)
        for (int l = 1; l < v->sources; l++) {
            const hg_source *u = &v->source[k], *m = &v->source[l];
            if (k == l || u->n % v->n || u->n < 2 * v->n || m->n != u->n || u->origin != HG_KNOWN ||
                m->origin != HG_KNOWN || !mask_left_out(v, u, m, &s))
                continue;
            return hgi_say(v, &s, HG_MASK_IGNORED, why,
                           "%d of %d entries of %s are the sum of the rows of %s, and not of %s "
                           "times %s: the mask is ignored",
                           s.matched, v->n, v->t->name, u->name, u->name, m->name);
        }
    return 0;
}

/* Whether x and u have the same sum over all their rows: each row of u is added to one of x. */
static int are_gathered(const hg_view *v, const hg_source *u)
{
    int C = hgi_width(v->t);
    for (int j = 0; j < C; j++) {
        double sum = 0, room = 0;
        for (int i = j; i < v->n; i += C) {
            sum += v->x[i];
            room += hgi_reach(v, i) + 1e-12 * fabs(v->x[i]);
        }
        for (int i = j; i < u->n; i += C)
            sum -= hgi_source_value(u, i);
        if (!(fabs(sum) <= room))
            return 0;
    }
    return 1;
}

/* Each wrong row is one row of a known vector: rows that come more than once are overwritten. */
static int last_rows(const hg_view *v, const hg_source *u, hg_score *s)
{
    int C = hgi_width(v->t), S = u->n / C;
    *s = (hg_score){0};
    for (int r = 0; r < v->n / C; r++) {
        int wrong = 0, from = -1;
        for (int j = 0; j < C; j++)
            wrong += v->state[r * C + j] == HG_WRONG;
        for (int k = 0; k < S && wrong && from < 0; k++) {
            int j = 0;
            while (j < C && fabs(v->a[r * C + j] - hgi_source_value(u, k * C + j)) <=
                                1e-12 * fabs(v->a[r * C + j]))
                j++;
            from = j == C ? k : -1;
        }
        if (wrong && from < 0)
            return 0;
        for (int j = 0; j < C && wrong; j++)
            hgi_predict(v, s, r * C + j, hgi_source_value(u, from * C + j), 0);
    }
    return hgi_fits(v, s, 0, S) && are_gathered(v, u);
}

int hgi_last_rows(const hg_view *v, hg_explanation *why)
{
    hg_score s;
    for (int k = 1; k < v->sources; k++) {
        const hg_source *u = &v->source[k];
        if (v->t->rank < 2 || u->origin != HG_KNOWN || u->t->rank < 2 || hgi_width(v->t) < 2 ||
            hgi_width(u->t) != hgi_width(v->t) || u->n == v->n || !last_rows(v, u, &s))
            continue;
        return hgi_say(v, &s, HG_OVERWRITTEN, why,
                       "%d wrong entries of %s are whole rows of %s: where a row comes more than "
                       "once (a repeated token) only one is kept; `=` where `+=` belongs?",
                       v->wrong, v->t->name, u->name);
    }
    return 0;
}

/* x = sum over rows s of P_s (rows of the matrix) times Q_s+o (its columns); which variant a is:
 * one row only, all but one, or another offset o. */
typedef struct outer {
    const hg_source *P, *Q;
    int R, C, S, spare; /* rows, columns, summed rows, further rows of Q */
} outer;

/* 1, or 0 where neither gradient says anything: a row that is masked has no sum. */
static int is_told(const hg_view *v, int i)
{
    return fabs(v->x[i]) > v->bound[i] || fabs(v->a[i]) > v->bound[i];
}

static double term(const outer *o, int s, int offset, int i)
{
    return hgi_source_value(o->P, s * o->R + i / o->C) *
           hgi_source_value(o->Q, (s + offset) * o->C + i % o->C);
}

static double sum_terms(const outer *o, int offset, int i)
{
    double sum = 0;
    for (int s = 0; s < o->S; s++)
        sum += term(o, s, offset, i);
    return sum;
}

/* The constant in front, where the sum with this offset is x. */
static double is_outer(const hg_view *v, const outer *o, int offset)
{
    for (int i = 0; i < v->n; i++)
        v->room[i] = is_told(v, i) * sum_terms(o, offset, i);
    double c = hgi_constant(v, v->x, v->room, -1);
    for (int i = 0; i < v->n; i++)
        if (!(fabs(c * v->room[i] - v->x[i]) <= hgi_reach(v, i) + 1e-8 * v->largest))
            return 0;
    return c;
}

/* Every term with one row of P, or of Q, in place of its own (row -1: with 1, the factor left
 * out). */
static double sum_stuck(const outer *o, int offset, int i, int in_P, int row)
{
    double sum = 0;
    for (int s = 0; s < o->S; s++) {
        int from = row < 0 ? s : row;
        double p = hgi_source_value(o->P, (in_P ? from : s) * o->R + i / o->C);
        double q = hgi_source_value(o->Q, ((in_P ? s : from) + offset) * o->C + i % o->C);
        sum += (in_P && row < 0 ? 1 : p) * (!in_P && row < 0 ? 1 : q);
    }
    return sum;
}

static int outer_stuck(const hg_view *v, const outer *o, int offset, double c, hg_explanation *why)
{
    const char *n = v->t->name;
    for (int in_P = 0; in_P < 2; in_P++)
        for (int row = -1; row < o->S; row++) {
            const hg_source *u = in_P ? o->P : o->Q;
            hg_score s = {0};
            for (int i = 0; i < v->n; i++)
                hgi_predict(v, &s, i, is_told(v, i) * c * sum_stuck(o, offset, i, in_P, row),
                            2 * hgi_reach(v, i));
            if (!hgi_fits(v, &s, 0, 16 * o->S))
                continue;
            if (row < 0)
                return hgi_say(v, &s, HG_PATH_MISSING, why,
                               "%s is the sum of the rows of %s, and not of %s times %s: the "
                               "factor %s is left out",
                               n, in_P ? o->Q->name : o->P->name, o->P->name, o->Q->name, u->name);
            return hgi_say(v, &s, HG_ONE_STEP, why,
                           "%s is the sum of %s times %s with row %d of %s in all %d terms: an "
                           "index that should run stands still",
                           n, o->P->name, o->Q->name, row, u->name, o->S);
        }
    return 0;
}

static int outer_variants(const hg_view *v, const outer *o, int offset, double c,
                          hg_explanation *why)
{
    const char *n = v->t->name;
    hg_score s = {0};
    for (int k = 0; k <= o->spare; k++) {
        s = (hg_score){0};
        for (int i = 0; i < v->n; i++)
            hgi_predict(v, &s, i, is_told(v, i) * c * sum_terms(o, k, i), 2 * hgi_reach(v, i));
        if (k != offset && hgi_fits(v, &s, 0, 32))
            return hgi_say(v, &s, HG_SHIFTED, why,
                           "%s is the sum of %s times %s with the rows of %s off by one: row s%s "
                           "where row s%s belongs",
                           n, o->P->name, o->Q->name, o->Q->name, k ? " + 1" : "",
                           offset ? " + 1" : "");
    }
    for (int but = 0; but < (o->S > 2 ? 2 : 1); but++)
        for (int k = 0; k < o->S; k++) {
            s = (hg_score){0};
            for (int i = 0; i < v->n; i++) {
                double one = is_told(v, i) * c * term(o, k, offset, i);
                hgi_predict(v, &s, i, but ? c * v->room[i] - one : one, 2 * hgi_reach(v, i));
            }
            if (hgi_fits(v, &s, 0, 8 * o->S))
                return hgi_say(v, &s, !but && k == o->S - 1 ? HG_OVERWRITTEN : HG_ONE_STEP, why,
                               "%s is %s row %d of %s and %s, of %d rows: %s", n,
                               but ? "the sum without" : "the contribution of only", k, o->P->name,
                               o->Q->name, o->S,
                               but ? "a loop ends early" : "`=` where `+=` belongs?");
        }
    return 0;
}

/* Another vector of the same size in the place of P or of Q. */
static int outer_other(const hg_view *v, const outer *o, int offset, double c, hg_explanation *why)
{
    for (int k = 1; k < v->sources; k++)
        for (int in_P = 0; in_P < 2; in_P++) {
            const hg_source *u = &v->source[k], *old = in_P ? o->P : o->Q;
            outer other = *o;
            hg_score s = {0};
            if (u->origin == HG_GRADIENT || u == o->P || u == o->Q || u->n != old->n ||
                hgi_width(u->t) != hgi_width(old->t))
                continue;
            *(in_P ? &other.P : &other.Q) = u;
            for (int i = 0; i < v->n; i++)
                hgi_predict(v, &s, i, is_told(v, i) * c * sum_terms(&other, offset, i),
                            2 * hgi_reach(v, i));
            if (hgi_fits(v, &s, 0, 4 * v->sources))
                return hgi_say(v, &s, HG_SWAPPED_TENSORS, why,
                               "%s is the sum of %s times %s over %d rows, and not of %s times %s: "
                               "%s stands where %s belongs",
                               v->t->name, other.P->name, other.Q->name, o->S, o->P->name,
                               o->Q->name, u->name, old->name);
        }
    return 0;
}

int hgi_outer_sum(const hg_view *v, hg_explanation *why)
{
    int C = hgi_width(v->t), R = v->n / C;
    if (v->t->rank < 2 || R < 2 || C < 2)
        return 0;
    for (int p = 1; p < v->sources; p++)
        for (int q = 1; q < v->sources; q++) {
            outer o = {&v->source[p], &v->source[q], R, C, 0, 0};
            o.S = o.P->n / R;
            o.spare = o.Q->n / C - o.S;
            if (p == q || o.P->origin != HG_KNOWN || o.Q->origin == HG_GRADIENT || o.P->n % R ||
                o.Q->n % C || o.S < 2 || o.spare < 0 || o.spare > 1 || o.Q->t->rank < 2 ||
                hgi_width(o.Q->t) != C || (double)v->n * o.S > 1e6)
                continue;
            for (int offset = 0; offset <= o.spare; offset++) {
                double c = is_outer(v, &o, offset);
                if (c != 0 &&
                    (outer_variants(v, &o, offset, c, why) || outer_stuck(v, &o, offset, c, why) ||
                     outer_other(v, &o, offset, c, why)))
                    return 1;
            }
        }
    return 0;
}
