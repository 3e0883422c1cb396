/* SPDX-License-Identifier: MIT */
#include "chapters/13_multi_head/masks.h"

#include "chapters/02_activations/activations.h"

/* [masks] */
void mask_causal(int T, bool see[T][T])
{
    for (int m = 0; m < T; m++)
        for (int n = 0; n < T; n++)
            see[m][n] = n <= m;                                    /* (13.14) */
}

void mask_padding(int M, int N, bool see[M][N], const bool token[N])
{
    for (int m = 0; m < M; m++)
        for (int n = 0; n < N; n++)
            see[m][n] = see[m][n] && token[n];                     /* (13.15) */
}
/* [masks] */

/* [masked_attention_forward] */
void masked_attention_forward(int M, int N, int D, int E, real o[M][E],
                              real w[M][N], double scale, const bool (*see)[N],
                              const real q[M][D], const real k[N][D],
                              const real v[N][E])
{
    for (int m = 0; m < M; m++) {
        real z[N], p[N]; /* of the keys that query m sees, without gaps */
        int seen = 0;
        for (int n = 0; n < N; n++) {
            if (see && !see[m][n])
                continue;
            real s = 0;
            for (int d = 0; d < D; d++)
                s += q[m][d] * k[n][d];
            z[seen++] = (real)scale * s;
        }
        if (seen > 0)
            softmax_forward(seen, p, z);                           /* (13.16) */
        for (int e = 0; e < E; e++)
            o[m][e] = 0;
        for (int n = 0, i = 0; n < N; n++) {
            w[m][n] = see && !see[m][n] ? 0 : p[i++];
            if (!see || see[m][n])
                for (int e = 0; e < E; e++)
                    o[m][e] += w[m][n] * v[n][e];                  /* (13.17) */
        }
    }
}
/* [masked_attention_forward] */
