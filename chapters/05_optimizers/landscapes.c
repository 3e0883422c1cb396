/* SPDX-License-Identifier: MIT */
#include "chapters/05_optimizers/landscapes.h"

/* [landscapes] */
real bowl_forward(const real w[2], double k)
{
    return (w[0] * w[0] + (real)k * w[1] * w[1]) / 2;               /* (5.83) */
}

void bowl_backward(real dw[2], real dL, const real w[2], double k)
{
    dw[0] += dL * w[0];                                            /* (5.83a) */
    dw[1] += dL * (real)k * w[1];
}

real valley_forward(const real w[2], double k)
{
    real r = w[1] - w[0] * w[0];
    return (1 - w[0]) * (1 - w[0]) + (real)k * r * r;               /* (5.87) */
}

void valley_backward(real dw[2], real dL, const real w[2], double k)
{
    real r = w[1] - w[0] * w[0];
    dw[0] -= dL * (2 * (1 - w[0]) + 4 * (real)k * r * w[0]);       /* (5.87a) */
    dw[1] += dL * 2 * (real)k * r;                                 /* (5.87b) */
}
/* [landscapes] */
