/* SPDX-License-Identifier: MIT */
/* A factor, entry by entry, that was taken from the step before or after. */
#include <math.h>

#include "lib/check/hypotheses.h"

/* x contains row p of u as a factor, a row q: so a / x = u_q / u_p at every wrong entry. */
static int rows_fit(const hg_view *v, const hg_source *u, hg_fit f, int p, int q, hg_score *s)
{
    int K = hgi_width(u->t);
    *s = (hg_score){0};
    for (int i = 0; i < v->n; i++) {
        int k = hgi_aligned(v, K, f, i);
        double right = hgi_source_value(u, p * K + k), given = hgi_source_value(u, q * K + k);
        if (!hgi_is_off(v, i))
            continue;
        if (!(fabs(right) > 1e-9))
            return 0;
        double r = given / right;
        hgi_predict(v, s, i, r * v->x[i], fabs(r) * hgi_reach(v, i));
        if (s->failed)
            return 0;
    }
    return s->informative >= 2 && hgi_fits(v, s, 0, 8. * v->sources * (u->n / K));
}

static int try_states(const hg_view *v, const hg_source *u, hg_fit f, hg_explanation *why)
{
    int K = hgi_width(u->t), S = u->n / K;
    hg_source row = {.t = u->t, .origin = u->origin, .n = K};
    hg_score s;
    if (!hgi_can_align(v, &row, f))
        return 0;
    for (int p = 0; p < S; p++)
        for (int q = p - 1; q <= p + 1; q += 2) {
            if (q < 0 || q >= S || !rows_fit(v, u, f, p, q, &s))
                continue;
            return hgi_say(v, &s, HG_SHIFTED, why,
                           "the %d wrong entries of %s contain %s[%d] where %s[%d] belongs: the "
                           "state of the %s step",
                           v->wrong, v->t->name, u->name, q, u->name, p,
                           q > p ? "next" : "previous");
        }
    return 0;
}

/* The same for each step of v: x contains row t + p of u as a factor, a row t + q. */
static int steps_fit(const hg_view *v, const hg_source *u, int p, int q, hg_score *s)
{
    int K = u->n / u->t->shape[0], row = v->n / v->t->shape[0];
    *s = (hg_score){0};
    for (int i = 0; i < v->n && !s->failed; i++) {
        int t = i / row, k = i % row % K;
        double right = hgi_source_value(u, (t + p) * K + k);
        double r = hgi_source_value(u, (t + q) * K + k) / right;
        if (!(fabs(right) > 1e-9))
            return 0;
        hgi_predict(v, s, i, r * v->x[i], fabs(r) * hgi_reach(v, i));
    }
    return s->informative >= 2 && hgi_fits(v, s, 0, 8. * v->sources);
}

/* u has the state before the first step, too. */
static int try_steps(const hg_view *v, const hg_source *u, hg_explanation *why)
{
    int T = v->t->rank ? v->t->shape[0] : 0, row = T ? v->n / T : 0;
    hg_score s;
    if (hgi_letter(v->t, 0) != 'T' || u->t->shape[0] != T + 1 || row % (u->n / (T + 1)))
        return 0;
    for (int p = 0; p < 2; p++)
        if (steps_fit(v, u, p, 1 - p, &s))
            return hgi_say(v, &s, HG_SHIFTED, why,
                           "%d of %d entries of %s contain %s[t%s] where %s[t%s] belongs: the "
                           "state of the %s step",
                           s.matched, v->n, v->t->name, u->name, p ? "" : " + 1", u->name,
                           p ? " + 1" : "", p ? "previous" : "next");
    return 0;
}

int hgi_factor_of_other_step(const hg_view *v, hg_explanation *why)
{
    for (int k = 1; k < v->sources; k++) {
        const hg_source *u = &v->source[k];
        if (u->origin != HG_KNOWN || u->t->rank != 2 || hgi_letter(u->t, 0) != 'T' ||
            u->t->shape[0] < 2 || u->t->shape[0] > 64)
            continue;
        for (hg_fit f = HG_ALL; f <= HG_MIDDLE; f++)
            if (try_states(v, u, f, why))
                return 1;
        if (try_steps(v, u, why))
            return 1;
    }
    return 0;
}
