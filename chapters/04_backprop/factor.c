/* SPDX-License-Identifier: MIT */
#include "chapters/04_backprop/factor.h"

/* [factor] */
real factor_entry(int K, const real U[K], const real V[K], real c)
{
    real sum = c;
    for (int k = 0; k < K; k++)
        sum += U[k] * V[k];                                         /* (4.35) */
    return sum;
}

real factor_forward(int I, int J, int K, real e[I][J], const real U[I][K],
                    const real V[J][K], const real c[J], const real X[I][J],
                    const unsigned char seen[I][J])
{
    real loss = 0;
    for (int i = 0; i < I; i++)
        for (int j = 0; j < J; j++) {
            e[i][j] = 0;
            if (seen[i][j])
                e[i][j] = factor_entry(K, U[i], V[j], c[j]) - X[i][j];
            loss += e[i][j] * e[i][j] / 2;                          /* (4.36) */
        }
    return loss;
}

void factor_backward(int I, int J, int K, real dU[I][K], real dV[J][K],
                     real dc[J], real dX[I][J], real dloss, const real e[I][J],
                     const real U[I][K], const real V[J][K])
{
    for (int i = 0; i < I; i++)
        for (int j = 0; j < J; j++) {
            real de = dloss * e[i][j];
            for (int k = 0; k < K; k++) {
                dU[i][k] += de * V[j][k];                           /* (4.37) */
                dV[j][k] += de * U[i][k];                           /* (4.38) */
            }
            dc[j] += de;                                            /* (4.39) */
            dX[i][j] -= de;
        }
}
/* [factor] */
