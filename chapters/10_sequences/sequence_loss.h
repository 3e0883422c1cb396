/* SPDX-License-Identifier: MIT */
/** @file
 *  The loss of a batch of sequences: a weighted sum of the cross-entropies of
 *  chapter 3, and the weights that people mean by "the mean".
 *  Letters: B sequences (index b), T positions (index t), V classes, N = B T
 *  positions in a row, omega the weight of a position. */
#ifndef HANDGRAD_SEQUENCE_LOSS_H
#define HANDGRAD_SEQUENCE_LOSS_H

#include "lib/real.h"

/** What is averaged. */
typedef enum averaging {
    BY_TOKEN,   /**< every real token counts the same */
    BY_SEQUENCE /**< every sequence counts the same, however long it is */
} averaging;

/** The weight of each position, 0 in the padding: eqs. 10.16 and 10.17.
 *  @param[out] omega   (B,T)
 *  @param[in]  length  (B)   each in [1,T] */
void loss_weights(int B, int T, real omega[B][T], averaging how,
                  const int length[B]);

/** The sum over the positions of omega times -ln softmax(z)[target], in nats:
 *  eqs. 10.14 and 10.15. Where omega is 0 nothing is read, and p is set to 0.
 *  @param[out] p       (N,V)
 *  @param[in]  z       (N,V)  logits
 *  @param[in]  target  (N)    classes, each in [0,V)
 *  @param[in]  omega   (N)    weights */
real sequence_loss_forward(int N, int V, real p[N][V], const real z[N][V],
                           const int target[N], const real omega[N]);

/** dz[n][v] += dloss omega[n] (p[n][v] - [v = target[n]]): eq. 10.18. */
void sequence_loss_backward(int N, int V, real dz[N][V], real dloss,
                            const real p[N][V], const int target[N],
                            const real omega[N]);

#endif
