/* SPDX-License-Identifier: MIT */
#include "chapters/15_feedback_network/objective.h"

#include "chapters/03_cross_entropy/cross_entropy.h"

/* [loss] */
/* The weight of step t's loss: 1 for the last, lambda / (T - 1) before. */
static real step_weight(int T, int t, double aux)
{
    return (real)(t == T ? 1 : aux / (T - 1));
}

real fbnet_loss_forward(int T, int M, real p[T][M], double aux,
                        const real y[T][M], const int target[T])
{
    real loss = 0;
    for (int t = 1; t <= T; t++) {
        real l = cross_entropy_forward(1, M, p + t - 1, y + t - 1,
                                       target + t - 1);            /* (15.11) */
        loss += step_weight(T, t, aux) * l;                        /* (15.12) */
    }
    return loss;
}

void fbnet_loss_backward(int T, int M, real dy[T][M], real dloss, double aux,
                         const real p[T][M], const int target[T])
{
    for (int t = 1; t <= T; t++)
        cross_entropy_backward(1, M, dy + t - 1, dloss * step_weight(T, t, aux),
                               p + t - 1, target + t - 1);         /* (15.14) */
}
/* [loss] */

/* [penalty] */
/* The matrices of a network and how many entries each has. */
enum { MATRICES = 6 };

static void list_matrices(const fbnet *n, real *W[MATRICES], int size[MATRICES])
{
    int D = n->D, H = n->H, M = n->M;
    real *const all[MATRICES] = {n->A, n->B, n->Q, n->G, n->K, n->P};
    const int sizes[MATRICES] = {H * D, H * M, H * H, H * H, H * H, M * H};
    for (int i = 0; i < MATRICES; i++) {
        W[i] = all[i];
        size[i] = sizes[i];
    }
}

real fbnet_penalty_forward(const fbnet *n, double decay)
{
    real *W[MATRICES], sum = 0;
    int size[MATRICES];
    list_matrices(n, W, size);
    for (int i = 0; i < MATRICES; i++)
        for (int k = 0; k < size[i]; k++)
            sum += W[i][k] * W[i][k];
    return (real)decay * sum;                                      /* (15.13) */
}

void fbnet_penalty_backward(const fbnet *n, const fbnet *d, double decay)
{
    real *W[MATRICES], *dW[MATRICES];
    int size[MATRICES];
    list_matrices(n, W, size);
    list_matrices(d, dW, size);
    for (int i = 0; i < MATRICES; i++)
        for (int k = 0; k < size[i]; k++)
            dW[i][k] += 2 * (real)decay * W[i][k];                 /* (15.15) */
}
/* [penalty] */

/* [freeze] */
void fbnet_freeze_forward(const fbnet *n, real theta[],
                          const bool trained[GROUPS], const real moved[],
                          const real kept[])
{
    for (int group = 0; group < GROUPS; group++) {
        int count, first = fbnet_group(n, group, &count);
        for (int i = first; i < first + count; i++)
            theta[i] = trained[group] ? moved[i] : kept[i];        /* (15.28) */
    }
}

void fbnet_freeze_backward(const fbnet *n, real dmoved[], const real dtheta[],
                           const bool trained[GROUPS])
{
    for (int group = 0; group < GROUPS; group++) {
        int count, first = fbnet_group(n, group, &count);
        for (int i = first; i < first + count; i++)
            if (trained[group])
                dmoved[i] += dtheta[i];                            /* (15.29) */
    }
}
/* [freeze] */
