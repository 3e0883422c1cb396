/* SPDX-License-Identifier: MIT */
/* Right gradients of functions with kinks, near one of them, in three arithmetics: for the tests of
 * false alarms, and for `make proof`. */
#ifndef HANDGRAD_TESTS_KINKED_H
#define HANDGRAD_TESTS_KINKED_H

#include <float.h>
#include <string.h>
#include <tgmath.h>
#undef I

#include "lib/check/handgrad.h"
#include "lib/rng.h"

/* Double; float parameters, with a loss summed in double; all in float. */
enum { ALL_DOUBLE, FLOAT_VALUES, ALL_FLOAT, ARITHMETICS };

enum {
    RELU_TERM,
    ABS_TERM,
    LEAKY_TERM,
    CLIP_TERM,
    SQUARED_RELU_TERM, /* here and in the next two the second derivative jumps */
    HUBER_TERM,
    ELU_TERM,
    MAX_POOL,
    RELU_NET,
    KINK_KINDS
};

enum {
    TERMS = 12,
    POOLED = 24,
    NET_BATCH = 8,
    NET_IN = 6,
    NET_HIDDEN = 20,
    NET_OUT = 4,
    NET_W = NET_IN * NET_HIDDEN,
    NET_U = NET_HIDDEN * NET_OUT,
    NET_SIZE = NET_W + NET_HIDDEN + NET_U + NET_OUT
};

typedef struct kinked {
    int kind, arithmetic, target[NET_BATCH];
    double w[POOLED], in[NET_BATCH * NET_IN]; /* floats, all of them */
    double x[NET_SIZE], g[NET_SIZE];
    float xs[NET_SIZE], gs[NET_SIZE]; /* the same as floats */
} kinked;

/* real: of the values; sum: of the loss. Each returns the loss, and fills g unless it is NULL. */
#define KINKED_OF(suffix, real, sum)                                           \
    static inline double terms_##suffix(const kinked *m, const real x[],       \
                                        real g[])                              \
    {                                                                          \
        sum loss = 0;                                                          \
        for (int i = 0; i < TERMS; i++) {                                      \
            real v = x[i], w = (real)m->w[i], f = v, d = 1, size = fabs(v);    \
            switch (m->kind) {                                                 \
            case RELU_TERM: f = v > 0 ? v : 0, d = v > 0; break;               \
            case ABS_TERM: f = size, d = v < 0 ? -1 : 1; break;                \
            case LEAKY_TERM:                                                   \
                f = v > 0 ? v : v / 8, d = v > 0 ? 1 : (real)0.125;            \
                break;                                                         \
            case CLIP_TERM:                                                    \
                f = v > (real)0.5 ? (real)0.5 : v, d = v <= (real)0.5;         \
                break;                                                         \
            case SQUARED_RELU_TERM:                                            \
                f = v > 0 ? v * v : 0, d = v > 0 ? 2 * v : 0;                  \
                break;                                                         \
            case HUBER_TERM:                                                   \
                f = size < 1 ? v * v / 2 : size - (real)0.5;                   \
                d = size < 1 ? v : v > 0 ? 1 : -1;                             \
                break;                                                         \
            default: f = v > 0 ? v : expm1(v), d = v > 0 ? 1 : exp(v);         \
            }                                                                  \
            loss += (sum)w * (sum)f;                                           \
            if (g)                                                             \
                g[i] = w * d;                                                  \
        }                                                                      \
        return (double)loss;                                                   \
    }                                                                          \
    static inline double pool_##suffix(const kinked *m, const real x[],        \
                                       real g[])                               \
    {                                                                          \
        sum loss = 0;                                                          \
        for (int o = 0; o < POOLED; o++) { /* windows of 3, 2 apart */         \
            int best = 2 * o;                                                  \
            for (int i = 2 * o + 1; i < 2 * o + 3; i++)                        \
                best = x[i] > x[best] ? i : best;                              \
            loss += (sum)m->w[o] * (sum)x[best];                               \
            if (g)                                                             \
                g[best] += (real)m->w[o];                                      \
        }                                                                      \
        return (double)loss;                                                   \
    }                                                                          \
    static inline double layers_##suffix(const kinked *m, const real x[],      \
                                         real g[])                             \
    {                                                                          \
        const real *W = x, *b = W + NET_W, *U = b + NET_HIDDEN,                \
                   *c = U + NET_U;                                             \
        sum loss = 0;                                                          \
        for (int n = 0; n < NET_BATCH; n++) {                                  \
            real h[NET_HIDDEN], dh[NET_HIDDEN] = {0}, p[NET_OUT], total = 0;   \
            for (int j = 0; j < NET_HIDDEN; j++) {                             \
                h[j] = b[j];                                                   \
                for (int d = 0; d < NET_IN; d++)                               \
                    h[j] +=                                                    \
                        (real)m->in[n * NET_IN + d] * W[d * NET_HIDDEN + j];   \
                h[j] = h[j] > 0 ? h[j] : 0;                                    \
            }                                                                  \
            for (int k = 0; k < NET_OUT; k++) {                                \
                p[k] = c[k];                                                   \
                for (int j = 0; j < NET_HIDDEN; j++)                           \
                    p[k] += h[j] * U[j * NET_OUT + k];                         \
                total += exp(p[k]);                                            \
            }                                                                  \
            loss += (sum)(log(total) - p[m->target[n]]) / NET_BATCH;           \
            for (int k = 0; k < NET_OUT && g; k++) {                           \
                real dz =                                                      \
                    (exp(p[k]) / total - (k == m->target[n])) / NET_BATCH;     \
                g[NET_W + NET_HIDDEN + NET_U + k] += dz;                       \
                for (int j = 0; j < NET_HIDDEN; j++) {                         \
                    g[NET_W + NET_HIDDEN + j * NET_OUT + k] += h[j] * dz;      \
                    dh[j] += dz * U[j * NET_OUT + k];                          \
                }                                                              \
            }                                                                  \
            for (int j = 0; j < NET_HIDDEN && g; j++)                          \
                if (h[j] > 0) {                                                \
                    g[NET_W + j] += dh[j];                                     \
                    for (int d = 0; d < NET_IN; d++)                           \
                        g[d * NET_HIDDEN + j] +=                               \
                            dh[j] * (real)m->in[n * NET_IN + d];               \
                }                                                              \
        }                                                                      \
        return (double)loss;                                                   \
    }                                                                          \
    static inline double kinked_##suffix(const kinked *m, const real x[],      \
                                         real g[])                             \
    {                                                                          \
        return m->kind == RELU_NET   ? layers_##suffix(m, x, g)                \
               : m->kind == MAX_POOL ? pool_##suffix(m, x, g)                  \
                                     : terms_##suffix(m, x, g);                \
    }
KINKED_OF(double, double, double)
KINKED_OF(mixed, float, double)
KINKED_OF(float, float, float)

static inline int kinked_loss(void *context, double loss[2])
{
    const kinked *m = context;
    loss[0] = m->arithmetic == ALL_DOUBLE     ? kinked_double(m, m->x, NULL)
              : m->arithmetic == FLOAT_VALUES ? kinked_mixed(m, m->xs, NULL)
                                              : kinked_float(m, m->xs, NULL);
    return 0;
}

/* How many values there are. */
static inline int kinked_size(const kinked *m)
{
    return m->kind == RELU_NET   ? NET_SIZE
           : m->kind == MAX_POOL ? 2 * POOLED + 1
                                 : TERMS;
}

/* One term, or one pair in a window, is 10^-8 to 10^-1 from its kink. */
static inline kinked draw_kinked(rng *g, long trial)
{
    kinked m = {.kind = (int)(trial % KINK_KINDS),
                .arithmetic = (int)(trial / KINK_KINDS % ARITHMETICS)};
    double size = m.kind == RELU_NET ? 0.7 : 1.5,
           near = pow(10, rng_between(g, -8, -1));
    for (int i = 0; i < POOLED; i++)
        m.w[i] = (double)(float)rng_between(g, -1.5, 1.5);
    for (int i = 0; i < NET_BATCH * NET_IN; i++)
        m.in[i] = (double)(float)rng_between(g, -1.7, 1.7);
    for (int n = 0; n < NET_BATCH; n++)
        m.target[n] = rng_below(g, NET_OUT);
    for (int i = 0; i < kinked_size(&m); i++)
        m.xs[i] = (float)rng_between(g, -size, size);
    int at = rng_below(g, TERMS);
    near = rng_uniform(g) < 0.5 ? near : -near;
    if (m.kind == MAX_POOL)
        m.xs[2 * at] = m.xs[2 * at + 1] + (float)near;
    else if (m.kind != RELU_NET)
        m.xs[at] = (float)((m.kind == CLIP_TERM    ? 0.5
                            : m.kind == HUBER_TERM ? 1.0
                                                   : 0.0) +
                           near);
    for (int i = 0; i < kinked_size(&m); i++)
        m.x[i] = (double)m.xs[i];
    if (m.arithmetic == ALL_DOUBLE)
        kinked_double(&m, m.x, m.g);
    else
        kinked_float(&m, m.xs, m.gs);
    return m;
}

/* Checks the tensors of m, 4 at most; *tensors receives how many. */
static inline hg_status check_kinked(kinked *m, hg_result r[4], int *tensors)
{
    static const int first[] = {0, NET_W, NET_W + NET_HIDDEN,
                                NET_W + NET_HIDDEN + NET_U, NET_SIZE};
    static const char *const names[] = {"W", "b", "U", "c"};
    int single = m->arithmetic != ALL_DOUBLE;
    hg_tensor t[4];
    *tensors = m->kind == RELU_NET ? 4 : 1;
    for (int k = 0; k < *tensors; k++) {
        int at = *tensors > 1 ? first[k] : 0;
        int n = *tensors > 1 ? first[k + 1] - at : kinked_size(m);
        t[k] = (hg_tensor){
            .name = *tensors > 1 ? names[k] : "x", .rank = 1, .shape = {n}};
        t[k].type = single ? HG_FLOAT : HG_DOUBLE;
        t[k].data = single ? (void *)(m->xs + at) : (void *)(m->x + at);
        t[k].grad = single ? (void *)(m->gs + at) : (void *)(m->g + at);
    }
    hg_problem p = {
        .loss = kinked_loss, .context = m, .tensors = *tensors, .tensor = t};
    return hg_check(&p, NULL, r);
}

#endif
