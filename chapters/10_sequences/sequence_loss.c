/* SPDX-License-Identifier: MIT */
#include "chapters/10_sequences/sequence_loss.h"

#include "chapters/03_cross_entropy/cross_entropy.h"

/* [loss_weights] */
void loss_weights(int B, int T, real omega[B][T], averaging how,
                  const int length[B])
{
    int tokens = 0;
    for (int b = 0; b < B; b++)
        tokens += length[b];
    for (int b = 0; b < B; b++) {
        real each = R(1.0) / tokens;                               /* (10.16) */
        if (how == BY_SEQUENCE)
            each = R(1.0) / (B * length[b]);                       /* (10.17) */
        for (int t = 0; t < T; t++)
            omega[b][t] = t < length[b] ? each : 0;
    }
}
/* [loss_weights] */

/* [sequence_loss] */
real sequence_loss_forward(int N, int V, real p[N][V], const real z[N][V],
                           const int target[N], const real omega[N])
{
    real loss = 0;
    for (int n = 0; n < N; n++) {
        if (re(omega[n]) == 0) {
            for (int v = 0; v < V; v++)
                p[n][v] = 0;
            continue;
        }
        real l =
            cross_entropy_forward(1, V, &p[n], &z[n], &target[n]); /* (10.14) */
        loss += omega[n] * l;                                      /* (10.15) */
    }
    return loss;
}

void sequence_loss_backward(int N, int V, real dz[N][V], real dloss,
                            const real p[N][V], const int target[N],
                            const real omega[N])
{
    for (int n = 0; n < N; n++)
        if (re(omega[n]) != 0)
            cross_entropy_backward(1, V, &dz[n], dloss * omega[n], &p[n],
                                   &target[n]);                    /* (10.18) */
}
/* [sequence_loss] */
