/* SPDX-License-Identifier: MIT */
/* Products with a matrix: the wrong way round, at once or inside a recurrence, and a sum of which
 * only the last term is left. */
#include <math.h>
#include <stdio.h>

#include "lib/check/hypotheses.h"

/* ---- a matrix the wrong way round ---------------------------------------- */

/* Blocks of N x N numbers, one behind the other: several matrices that one vector meets. */
typedef struct blocks {
    const hg_source *M;
    int N, count;
} blocks;

/* Entry c of the sum over the blocks of M^T u, or of M u (turned); u(k) stands at u[k]. `error`,
 * where wanted, becomes how far off that may be with u off by bound[k]. */
static double product(const blocks *b, const double u[], int c, int turned, const double bound[],
                      double *error)
{
    double sum = 0;
    if (error)
        *error = 0;
    for (int g = 0; g < b->count; g++)
        for (int k = 0; k < b->N; k++) {
            int at = (g * b->N + (turned ? c : k)) * b->N + (turned ? k : c);
            double m = hgi_source_value(b->M, at);
            sum += m * u[g * b->N + k];
            if (error && bound)
                *error += 8 * fabs(m) * bound[g * b->N + k];
        }
    return sum;
}

/* Whether u holds square matrices of the width of v, as many as one vector of n numbers meets. */
static int are_square(const hg_view *v, const hg_source *u, int count)
{
    const hg_tensor *t = u->t;
    int N = hgi_width(v->t);
    return u->origin != HG_GRADIENT && u->n == N * N * count && t->rank >= 2 &&
           t->shape[t->rank - 1] == N && t->shape[t->rank - 2] == N;
}

static int row_turned(const hg_view *v, const blocks *b, const hg_source *from, int turned, int r,
                      hg_score *s)
{
    int N = b->N, L = N * b->count;
    double u[L], bound[L];
    for (int k = 0; k < L; k++) {
        u[k] = hgi_source_value(from, r * L + k);
        bound[k] = from->bound ? from->bound[r * L + k] : 0;
    }
    for (int c = 0; c < N; c++) {
        int i = r * N + c;
        double error, wrong, right = product(b, u, c, turned, bound, &error);
        if (!(fabs(right - v->x[i]) <= hgi_reach(v, i) + error + 1e-8 * fabs(v->x[i])))
            return 0;
        double given = product(b, u, c, !turned, bound, &wrong);
        hgi_predict(v, s, i, given, 2 * hgi_reach(v, i) + wrong + 1e-12 * fabs(given));
    }
    return !s->failed;
}

/* x = M^T u and a = M u, row by row. */
static int turned_fits(const hg_view *v, const blocks *b, const hg_source *from, int turned,
                       hg_score *s)
{
    *s = (hg_score){0};
    for (int r = 0; r < v->n / b->N; r++)
        if (!row_turned(v, b, from, turned, r, s))
            return 0;
    return hgi_fits(v, s, 0, 2. * v->sources * v->sources);
}

enum { MOST_LONG = 4096 }; /* rows stand on the stack */

static int try_matrix(const hg_view *v, const hg_source *M, const hg_source *from,
                      hg_explanation *why)
{
    blocks b = {M, hgi_width(v->t), 1};
    hg_score s;
    b.count = v->n == b.N ? from->n / v->n : 1;
    if (from == M || from->n % v->n || b.count < 1 || from->n > MOST_LONG ||
        (b.count == 1 && from->n != v->n) || !are_square(v, M, b.count))
        return 0;
    for (int turned = 0; turned < 2; turned++)
        if (turned_fits(v, &b, from, turned, &s))
            return hgi_say(v, &s, HG_TRANSPOSED, why,
                           "%d of %d entries of %s are those with %s transposed: %s%s goes "
                           "backward through %s%s, not through %s%s",
                           s.matched, v->n, v->t->name, M->name,
                           from->origin == HG_GRADIENT ? "the gradient of " : "", from->name,
                           M->name, turned ? "" : "^T", M->name, turned ? "^T" : "");
    return 0;
}

int hgi_matrix(const hg_view *v, hg_explanation *why)
{
    int N = hgi_width(v->t);
    if (N < 2 || (double)v->n * N > 1e6)
        return 0;
    for (int m = 1; m < v->sources; m++)
        for (int k = 1; k < v->sources; k++)
            if (try_matrix(v, &v->source[m], &v->source[k], why))
                return 1;
    return 0;
}

/* ---- inside a recurrence ------------------------------------------------- */

/* Step t of x is D M^T x_t+1 with D diagonal and unknown, and that of a is D M a_t+1: so the
 * ratios of a to x are those of the two products. */
static int step_turned(const hg_view *v, const blocks *b, int turned, int t, hg_score *s)
{
    int N = b->N, next = (t + 1) * N;
    for (int c = 0; c < N; c++) {
        int i = t * N + c;
        double error, right = product(b, v->x + next, c, turned, v->bound + next, &error);
        double given = product(b, v->a + next, c, !turned, NULL, NULL);
        if (!(fabs(right) > 100 * error))
            continue;
        double r = given / right;
        hgi_predict(v, s, i, r * v->x[i],
                    fabs(r) * (hgi_reach(v, i) + fabs(v->x[i]) * error / fabs(right)));
    }
    return !s->failed;
}

static int steps_turned(const hg_view *v, const blocks *b, int turned, hg_score *s)
{
    int N = b->N, T = v->n / N;
    *s = (hg_score){0};
    for (int c = 0; c < N; c++) /* at the last step nothing has been multiplied yet */
        if (v->state[(T - 1) * N + c] == HG_WRONG)
            return 0;
    for (int t = T - 2; t >= 0; t--)
        if (!step_turned(v, b, turned, t, s))
            return 0;
    return hgi_fits(v, s, 0, 2 * v->sources);
}

int hgi_matrix_in_time(const hg_view *v, hg_explanation *why)
{
    hg_score s;
    int N = hgi_width(v->t);
    if (v->t->rank != 2 || hgi_letter(v->t, 0) != 'T' || N < 2 || v->n < 2 * N)
        return 0;
    for (int m = 1; m < v->sources; m++)
        for (int turned = 0; turned < 2; turned++) {
            blocks b = {&v->source[m], N, 1};
            if (!are_square(v, b.M, 1) || !steps_turned(v, &b, turned, &s))
                continue;
            return hgi_say(v, &s, HG_TRANSPOSED, why,
                           "%d of %d entries of %s are those with %s transposed: from each step to "
                           "the one before the gradient goes through %s%s, not through %s%s",
                           s.matched, v->n, v->t->name, b.M->name, b.M->name, turned ? "" : "^T",
                           b.M->name, turned ? "^T" : "");
        }
    return 0;
}

/* ---- the last term only -------------------------------------------------- */

/* a = from[r][k] M[k][c] for one k, where the sum over k belongs. */
static hg_score one_term(const hg_view *v, const hg_source *from, const hg_source *M, int k)
{
    int C = hgi_width(v->t), K = M->n / C;
    hg_score s = {0};
    for (int i = 0; i < v->n; i++)
        hgi_predict(v, &s, i,
                    hgi_source_value(from, i / C * K + k) * hgi_source_value(M, k * C + i % C), 0);
    return s;
}

int hgi_last_term(const hg_view *v, hg_explanation *why)
{
    int C = hgi_width(v->t), R = v->n / C;
    for (int p = 1; p < v->sources; p++)
        for (int q = 1; q < v->sources; q++) {
            const hg_source *from = &v->source[p], *M = &v->source[q];
            int K = M->n / C;
            if (p == q || C < 2 || M->origin == HG_GRADIENT || from->origin == HG_GRADIENT ||
                M->t->rank != 2 || hgi_width(M->t) != C || K < 2 || from->n != R * K)
                continue;
            for (int first = 0; first < 2; first++) {
                int k = first ? 0 : K - 1;
                hg_score s = one_term(v, from, M, k);
                if (!hgi_fits(v, &s, 0, 2. * v->sources * v->sources))
                    continue;
                return hgi_say(v, &s, HG_OVERWRITTEN, why,
                               "%d of %d entries of %s are row %d of %s alone, times %s, and not "
                               "the sum over its %d rows: `=` where `+=` belongs?",
                               s.matched, v->n, v->t->name, k, M->name, from->name, K);
            }
        }
    return 0;
}
