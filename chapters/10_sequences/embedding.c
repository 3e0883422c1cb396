/* SPDX-License-Identifier: MIT */
#include "chapters/10_sequences/embedding.h"

/* [embedding_forward] */
void embedding_forward(int T, int V, int D, real x[T][D], const real E[V][D],
                       const int k[T])
{
    for (int t = 0; t < T; t++)
        for (int d = 0; d < D; d++)
            x[t][d] = E[k[t]][d];                                   /* (10.1) */
}
/* [embedding_forward] */

/* [embedding_backward] */
void embedding_backward(int T, int V, int D, real dE[V][D], const real dx[T][D],
                        const int k[T])
{
    for (int t = 0; t < T; t++)
        for (int d = 0; d < D; d++)
            dE[k[t]][d] += dx[t][d];                                /* (10.2) */
}
/* [embedding_backward] */
