/* SPDX-License-Identifier: MIT */
#include "chapters/01_derivatives/graph.h"

#include <string.h>

/* 1/(1 + exp(-u)); for u < 0 in a form whose exponential cannot overflow
 * (chapter 2 tells more). */
static real sigmoid_of(real u)
{
    if (re(u) >= 0)
        return 1 / (1 + exp(-u));
    real e = exp(u);
    return e / (1 + e);
}

/* [graph_forward] */
void graph_forward(graph *g, real a, real b, real t)
{
    g->u = a * b;                                                   /* (1.19) */
    g->s = sigmoid_of(g->u);                                        /* (1.20) */
    g->y = a * g->s;                                                /* (1.21) */
    g->L = (g->y - t) * (g->y - t);                                 /* (1.22) */
}
/* [graph_forward] */

/* [graph_backward] */
void graph_backward(real *da, real *db, real *dt, real dy, real dL,
                    const graph *g, real a, real b, real t)
{
    real s = g->s;
    *dt += -2 * (g->y - t) * dL;                                    /* (1.23) */
    dy += 2 * (g->y - t) * dL;                                      /* (1.24) */
    real ds = a * dy;                                               /* (1.25) */
    real du = s * (1 - s) * ds;                                     /* (1.26) */
    *db += a * du;                                                  /* (1.27) */
    *da += s * dy + b * du;                                         /* (1.28) */
}
/* [graph_backward] */

/* [graph_tangent] */
void graph_tangent(real out[2], const real v[3], const graph *g, real a, real b,
                   real t)
{
    real va = v[0], vb = v[1], vt = v[2], s = g->s;
    real vu = va * b + a * vb;                                      /* (1.29) */
    real vs = s * (1 - s) * vu;                                     /* (1.30) */
    real vy = va * s + a * vs;                                      /* (1.31) */
    real vL = 2 * (g->y - t) * (vy - vt);                           /* (1.32) */
    out[0] = vy;
    out[1] = vL;
}
/* [graph_tangent] */

void graph_jacobian_forward(real J[2][3], const graph *g, real a, real b,
                            real t)
{
    for (int i = 0; i < 3; i++) {
        real unit[3] = {0}, out[2];
        unit[i] = 1;
        graph_tangent(out, unit, g, a, b, t);
        J[0][i] = out[0];
        J[1][i] = out[1];
    }
}

void graph_jacobian_reverse(real J[2][3], const graph *g, real a, real b,
                            real t)
{
    memset(J, 0, 2 * sizeof *J);
    graph_backward(&J[0][0], &J[0][1], &J[0][2], 1, 0, g, a, b, t);
    graph_backward(&J[1][0], &J[1][1], &J[1][2], 0, 1, g, a, b, t);
}

/* [graph_products] */
void graph_products(real product[2], const real v[3], const real w[2],
                    const graph *g, real a, real b, real t)
{
    real out[2], d[3] = {0};
    graph_tangent(out, v, g, a, b, t);
    graph_backward(&d[0], &d[1], &d[2], w[0], w[1], g, a, b, t);
    product[0] = out[0] * w[0] + out[1] * w[1];
    product[1] = v[0] * d[0] + v[1] * d[1] + v[2] * d[2];           /* (1.33) */
}
/* [graph_products] */
