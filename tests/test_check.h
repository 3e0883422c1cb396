/* SPDX-License-Identifier: MIT */
/* Small functions drawn at random, with their gradients: what a checker must accept. n entries. */
#ifndef TESTS_TEST_CHECK_H
#define TESTS_TEST_CHECK_H

#include <math.h>
#include <string.h>

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

#endif
