/* SPDX-License-Identifier: MIT */
#include "chapters/05_optimizers/xor.h"

#include "chapters/02_activations/activations.h"

const real xor_input[PATTERNS][2] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};
const real xor_target[PATTERNS] = {0, 1, 1, 0};

/* [xor] */
real xor_forward(real *h, real *y, const xor_net *n, const real x[2], real t)
{
    *h = sigmoid(n->w[0] * x[0] + n->w[1] * x[1] + n->b);           /* (5.88) */
    *y = sigmoid(n->v[0] * x[0] + n->v[1] * x[1] + n->u * *h +
                 n->c);                                             /* (5.89) */
    return (*y - t) * (*y - t) / 2;                                 /* (5.90) */
}

void xor_backward(xor_net *dn, real dx[2], real *dt, real dL, const xor_net *n,
                  const real x[2], real t, real h, real y)
{
    real ds = dL * (y - t) * y * (1 - y);                           /* (5.91) */
    real dz = ds * n->u * h * (1 - h);                              /* (5.92) */
    dn->u += ds * h;
    dn->c += ds;
    dn->b += dz;
    for (int i = 0; i < 2; i++) {
        dn->v[i] += ds * x[i];                                      /* (5.93) */
        dn->w[i] += dz * x[i];                                      /* (5.94) */
        dx[i] += ds * n->v[i] + dz * n->w[i];                       /* (5.95) */
    }
    *dt -= dL * (y - t);                                            /* (5.96) */
}
/* [xor] */
