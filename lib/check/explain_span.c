/* SPDX-License-Identifier: MIT */
/* Mistakes under a sum with unknown factors: what is unknown enters x and a alike, and linearly,
 * so each row of (x, a), both one behind the other, lies in a span that the mistake prescribes. */
#include <math.h>

#include "lib/check/entries.h"
#include "lib/check/hypotheses.h"

/* S vectors of length 2 C. */
typedef struct span {
    int S, C;
    double *basis; /* (S,2C) orthonormal, or 0 */
    double *row;   /* (2C) */
} span;

/* Takes from row its part along the first `count` vectors of the basis, twice for rounding. */
static void project(const span *z, double row[], int count)
{
    int L = 2 * z->C;
    for (int k = 0; k < 2 * count; k++) {
        const double *q = z->basis + k % count * L;
        double dot = 0;
        for (int j = 0; j < L; j++)
            dot += q[j] * row[j];
        for (int j = 0; j < L; j++)
            row[j] -= dot * q[j];
    }
}

/* Makes vector k of the basis, as it stands there, orthonormal to those before. */
static void orthonormal(const span *z, int k)
{
    int L = 2 * z->C;
    double *q = z->basis + k * L, before = 0, after = 0;
    for (int j = 0; j < L; j++)
        before += q[j] * q[j];
    project(z, q, k);
    for (int j = 0; j < L; j++)
        after += q[j] * q[j];
    for (int j = 0; j < L; j++)
        q[j] = after > 1e-16 * before ? q[j] / sqrt(after) : 0;
}

/* What the span leaves of row r of (x, a) must be nothing. */
static int row_in_span(const hg_view *v, const span *z, int r, hg_score *s)
{
    int C = z->C;
    double most = 1e-12 * v->largest;
    for (int j = 0; j < C; j++) {
        z->row[j] = v->x[r * C + j];
        z->row[C + j] = v->a[r * C + j];
        most = fmax(most, 4 * hgi_reach(v, r * C + j));
    }
    project(z, z->row, z->S);
    for (int j = 0; j < C; j++) {
        if (!(fabs(z->row[j]) <= most))
            return 0;
        hgi_predict(v, s, r * C + j, v->a[r * C + j] - z->row[C + j], most);
    }
    return !s->failed;
}

/* ---- the state of another step ------------------------------------------- */

/* x = sum over s of P_s times u_s with P unknown, but a = the sum of P_s times u_s+1: each row of
 * (x, a) lies in the span of the vectors (u_s, u_s+1). x takes row s + from, a s + 1 - from. */
static void span_steps(const span *z, const hg_source *u, int from)
{
    int C = z->C;
    for (int k = 0; k < z->S; k++) {
        double *q = z->basis + k * 2 * C;
        for (int j = 0; j < C; j++) {
            q[j] = hgi_source_value(u, (k + from) * C + j);
            q[C + j] = hgi_source_value(u, (k + 1 - from) * C + j);
        }
        orthonormal(z, k);
    }
}

static int in_span(const hg_view *v, const span *z, hg_score *s)
{
    *s = (hg_score){0};
    for (int r = 0; r < v->n / z->C; r++)
        if (!row_in_span(v, z, r, s))
            return 0;
    int fitted = z->S > z->C ? v->n / z->C * (z->S - z->C) : 0;
    return hgi_fits(v, s, fitted, 4 * v->sources);
}

static int wrong_state(const hg_view *v, const span *z, hg_explanation *why)
{
    hg_score s;
    for (int k = 1; k < v->sources; k++) {
        const hg_source *u = &v->source[k];
        if (u->origin == HG_GRADIENT || u->t->rank < 2 || hgi_width(u->t) != z->C ||
            u->n / z->C < 2 || u->n / z->C - 1 > z->S)
            continue;
        span here = *z;
        here.S = u->n / z->C - 1;
        for (int from = 0; from < 2; from++) {
            span_steps(&here, u, from);
            if (in_span(v, &here, &s))
                return hgi_say(v, &s, HG_SHIFTED, why,
                               "%s is a sum over steps with the %s row of %s: the state of step "
                               "s %s stands where that of step s belongs",
                               v->t->name, from ? "previous" : "next", u->name,
                               from ? "- 1" : "+ 1");
        }
    }
    return 0;
}

/* ---- softmax within attention --------------------------------------------- */

/* Row m of x is the sum over n of dz_n k_n, with dz = w (dw - s), s = w.dw, and unknown; in a
 * stands dz' = w (1 - w) dw, or w dw. In dz and s that is linear: each row of (x, a) lies in the
 * span of the vectors (k_n, f k_n) and (0, sum of f w_n k_n), where f is 1 - w_n, or 1. */
static void span_keys(const span *z, const hg_source *k, const hg_source *w, int m, int diagonal)
{
    int C = z->C, N = z->S - 1;
    double *last = z->basis + N * 2 * C;
    for (int j = 0; j < 2 * C; j++)
        last[j] = 0;
    for (int n = 0; n < N; n++) {
        double p = hgi_source_value(w, m * N + n), f = diagonal ? 1 - p : 1;
        double *q = z->basis + n * 2 * C;
        for (int j = 0; j < C; j++) {
            q[j] = hgi_source_value(k, n * C + j);
            q[C + j] = f * q[j];
            last[C + j] += p * q[C + j];
        }
    }
    for (int n = 0; n <= N; n++)
        orthonormal(z, n);
}

static int rows_sum_to_one(const hg_source *w, int N)
{
    for (int r = 0; r < w->n / N; r++) {
        double sum = 0;
        for (int n = 0; n < N; n++)
            sum += hgi_source_value(w, r * N + n);
        if (!(fabs(sum - 1) <= 1e-9))
            return 0;
    }
    return 1;
}

static int attention_fits(const hg_view *v, const span *z, const hg_source *k, const hg_source *w,
                          int diagonal)
{
    hg_score s = {0};
    int M = v->n / z->C, rows = z->S > z->C ? z->S - z->C : 1;
    for (int m = 0; m < M; m++) {
        span_keys(z, k, w, m, diagonal);
        if (!row_in_span(v, z, m, &s))
            return 0;
    }
    return hgi_fits(v, &s, M * rows, 4 * v->sources * v->sources);
}

static int attention(const hg_view *v, const span *z, hg_explanation *why)
{
    hg_score s = {.matched = v->right + v->wrong};
    for (int i = 1; i < v->sources; i++)
        for (int j = 1; j < v->sources; j++) {
            const hg_source *k = &v->source[i], *w = &v->source[j];
            int N = hgi_width(w->t), M = v->n / z->C;
            span here = {N + 1, z->C, z->basis, z->row};
            if (w->origin != HG_KNOWN || k->origin == HG_GRADIENT || w->n != M * N || N < 2 ||
                k->n != N * z->C || N + 1 > z->S || !rows_sum_to_one(w, N))
                continue;
            for (int diagonal = 1; diagonal >= 0; diagonal--)
                if (attention_fits(v, &here, k, w, diagonal))
                    return hgi_say(v, &s, diagonal ? HG_DIAGONAL_ONLY : HG_PATH_MISSING, why,
                                   "the rows of %s are what %s and %s give with %s", v->t->name,
                                   k->name, w->name,
                                   diagonal ? "p (1 - p) dp: only the diagonal of the softmax "
                                              "Jacobian; p_i p_j dp_j is missing"
                                            : "p dp: the sum over the row, -p sum(p dp), is "
                                              "missing from the softmax's gradient");
        }
    return 0;
}

/* ---- both ---------------------------------------------------------------- */

static int with_span(const hg_view *v, hg_explanation *why,
                     int (*idea)(const hg_view *, const span *, hg_explanation *))
{
    int C = hgi_width(v->t);
    if (v->t->rank < 2 || C < 2 || C > 128)
        return 0;
    span z = {.S = 2 * C - 2, .C = C};
    z.basis = hgi_allocate((size_t)z.S * 2 * (size_t)C, sizeof *z.basis);
    z.row = hgi_allocate(2 * (size_t)C, sizeof *z.row);
    int found = z.basis && z.row && idea(v, &z, why);
    hgi_free(z.row);
    hgi_free(z.basis);
    return found;
}

int hgi_wrong_state(const hg_view *v, hg_explanation *why)
{
    return with_span(v, why, wrong_state);
}

int hgi_attention(const hg_view *v, hg_explanation *why)
{
    return with_span(v, why, attention);
}
