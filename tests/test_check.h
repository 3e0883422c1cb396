/* SPDX-License-Identifier: MIT */
/* Small functions drawn at random, with their gradients: what a checker must accept. n entries. */
#ifndef TESTS_TEST_CHECK_H
#define TESTS_TEST_CHECK_H

#include <math.h>
#include <string.h>

#include "lib/check/handgrad.h"
#include "lib/rng.h"

enum { MOST = 8 };

enum { POLYNOMIAL, NET, LOG_SUM, PRODUCT, QUOTIENT, SQUARES, RECTIFIED, KINDS };

/* A small function drawn at random, with its gradient. */
typedef struct drawn {
    int kind, n;
    double x[MOST], c[MOST], d[MOST], g[MOST];
} drawn;

static inline double tanh_net(drawn *m)
{
    double a = 0;
    for (int i = 0; i < m->n; i++)
        a += m->c[i] * m->x[i];
    double h = tanh(a), e = h * m->d[0] - m->d[1], q = tanh(e * m->x[0]);
    double de = 2 * e + (1 - q * q) * m->x[0];
    for (int i = 0; i < m->n; i++)
        m->g[i] = de * m->d[0] * (1 - h * h) * m->c[i] +
                  (i == 0 ? (1 - q * q) * e : 0);
    return e * e + q;
}

static inline double relu_net(drawn *m)
{
    double f = 0;
    for (int j = 0; j < MOST; j++) {
        double a = 0.3 * m->d[j], w[MOST];
        for (int i = 0; i < m->n; i++) {
            w[i] = m->c[(3 * i + j) % MOST] * ((i + j) % 2 ? 1 : -0.7);
            a += w[i] * m->x[i];
        }
        for (int i = 0; i < m->n && a > 0; i++)
            m->g[i] += m->d[(j + 1) % MOST] * w[i];
        f += a > 0 ? m->d[(j + 1) % MOST] * a : 0;
    }
    for (int i = 0; i < m->n; i++)
        m->g[i] *= f;
    return 0.5 * f * f;
}

static inline double sum_of_terms(drawn *m)
{
    double f = 0;
    for (int i = 0; i < m->n; i++) {
        int j = (i + 1) % m->n;
        double x = m->x[i], y = m->x[j], e = x - m->c[i];
        f += m->kind == SQUARES ? e * e : m->c[i] * x * x * y + m->d[i] * x;
        if (m->kind == SQUARES) {
            m->g[i] = 2 * e;
        } else {
            m->g[i] += 2 * m->c[i] * x * y + m->d[i];
            m->g[j] += m->c[i] * x * x;
        }
    }
    return f;
}

static inline double fraction(drawn *m)
{
    double u = 0, v = 1;
    for (int i = 0; i < m->n; i++) {
        u += m->kind == LOG_SUM ? exp(m->c[i] * m->x[i]) : m->c[i] * m->x[i];
        v += m->x[i] * m->x[i];
    }
    for (int i = 0; i < m->n; i++)
        m->g[i] = m->kind == LOG_SUM ? exp(m->c[i] * m->x[i]) * m->c[i] / u
                                     : m->c[i] / v - 2 * u * m->x[i] / (v * v);
    return m->kind == LOG_SUM ? log(u) : u / v;
}

static inline double product(drawn *m)
{
    double f = 1;
    for (int i = 0; i < m->n; i++)
        f *= m->x[i] + 1.5 + m->c[i];
    for (int i = 0; i < m->n; i++) {
        m->g[i] = 1;
        for (int j = 0; j < m->n; j++)
            m->g[i] *= j == i ? 1 : m->x[j] + 1.5 + m->c[j];
    }
    return f;
}

static inline double drawn_loss(drawn *m)
{
    memset(m->g, 0, sizeof m->g);
    switch (m->kind) {
    case NET: return tanh_net(m);
    case RECTIFIED: return relu_net(m);
    case PRODUCT: return product(m);
    case LOG_SUM:
    case QUOTIENT: return fraction(m);
    default: return sum_of_terms(m);
    }
}

static inline int drawn_call(void *context, double loss[2])
{
    drawn copy = *(const drawn *)context;
    loss[0] = drawn_loss(&copy);
    return 0;
}

static inline drawn draw(rng *g, int kind)
{
    drawn m = {.kind = kind, .n = 1 + rng_below(g, MOST)};
    double size = rng_uniform(g) < 0.5 ? 1 : 3, near = rng_uniform(g);
    for (int i = 0; i < MOST; i++) {
        m.c[i] = rng_between(g, -1.5, 1.5);
        m.d[i] = rng_between(g, -1.5, 1.5);
        m.x[i] = rng_between(g, -size, size);
        if (kind == SQUARES) /* close to its minimum, where the loss is ~ 0 */
            m.x[i] = m.c[i] + m.x[i] * pow(10, -12 * near);
    }
    drawn_loss(&m);
    return m;
}

/* The drawn function, with a hidden cancellation, a shift of the parameters, in one or two
 * tensors. */
typedef struct hidden {
    drawn m;
    double K, shift;
} hidden;

static inline int hidden_loss(void *context, double loss[2])
{
    const hidden *h = context;
    drawn copy = h->m;
    for (int i = 0; i < copy.n; i++)
        copy.x[i] -= h->shift;
    volatile double big = h->K + drawn_loss(&copy);
    loss[0] = big - h->K;
    return 0;
}

/* One of the losses that must not be accused: every kind, with and without cancellation; one in
 * five with its parameters at 1e8, exactly that far, and one in five with a parameter at 0. */
static inline hidden draw_hidden(rng *g, long trial)
{
    static const double K[] = {0, 0, 1, 1e3, 1e6, 1e9};
    hidden h = {.m = draw(g, (int)(trial % KINDS)), .K = K[trial / KINDS % 6]};
    if (trial % 5 == 0) {
        h.shift = 0x1p27;
        for (int i = 0; i < h.m.n; i++) {
            h.m.x[i] = rint(h.m.x[i] * 0x1p20) * 0x1p-20;
            h.m.c[i] = rint(h.m.c[i] * 0x1p20) * 0x1p-20;
        }
    } else if (trial % 5 == 1) {
        h.m.x[trial % h.m.n] = 0;
    }
    drawn_loss(&h.m);
    for (int i = 0; i < h.m.n; i++)
        h.m.x[i] += h.shift;
    return h;
}

static inline hg_status check_hidden(hidden *h, hg_result r[2], int *tensors)
{
    int n = h->m.n, half = n / 2;
    hg_tensor t[2] = {
        {.name = "x", .rank = 1, .shape = {n}, .data = h->m.x, .grad = h->m.g}};
    if (half) {
        t[1] = (hg_tensor){.name = "y",
                           .rank = 1,
                           .shape = {n - half},
                           .data = h->m.x + half,
                           .grad = h->m.g + half};
        t[0].shape[0] = half;
    }
    *tensors = half ? 2 : 1;
    hg_problem p = {
        .loss = hidden_loss, .context = h, .tensors = *tensors, .tensor = t};
    return hg_check(&p, NULL, r);
}

#endif
