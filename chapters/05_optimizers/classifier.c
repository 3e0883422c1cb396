/* SPDX-License-Identifier: MIT */
#include "chapters/05_optimizers/classifier.h"

#include "chapters/03_cross_entropy/cross_entropy.h"
#include "chapters/04_backprop/linear.h"
#include "chapters/05_optimizers/penalty.h"

#include <string.h>

/* [classifier] */
real classifier_forward(int B, int C, int D, real p[B][C], const real W[C][D],
                        const real b[C], const real x[B][D],
                        const int target[B], double lambda)
{
    real z[B][C];
    for (int n = 0; n < B; n++)
        linear_forward(C, D, z[n], W, b, x[n]);                     /* (5.97) */
    return cross_entropy_forward(B, C, p, z, target) +
           frobenius_forward(C, D, W, lambda);                      /* (5.98) */
}

void classifier_backward(int B, int C, int D, real dW[C][D], real db[C],
                         real dx[B][D], real dL, const real p[B][C],
                         const real W[C][D], const real x[B][D],
                         const int target[B], double lambda)
{
    real dz[B][C];
    memset(dz, 0, sizeof dz);
    cross_entropy_backward(B, C, dz, dL, p, target);                /* (5.99) */
    for (int n = 0; n < B; n++)
        linear_backward(C, D, dW, db, dx[n], dz[n], W, x[n]);      /* (5.100) */
    frobenius_backward(C, D, dW, dL, W, lambda);
}
/* [classifier] */
