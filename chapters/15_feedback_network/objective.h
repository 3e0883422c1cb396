/* SPDX-License-Identifier: MIT */
/** @file
 *  What is minimised: the loss of the last step, an auxiliary loss of the steps
 *  before, and weight decay; and which parameters are frozen meanwhile.
 *  Letters: T time steps, M outputs (classes), t and m their indices; y logits,
 *  p probabilities; N parameters of a network. */
#ifndef HANDGRAD_FEEDBACK_OBJECTIVE_H
#define HANDGRAD_FEEDBACK_OBJECTIVE_H

#include <stdbool.h>

#include "chapters/15_feedback_network/fbnet.h"

/** L = l_T + aux / (T - 1) sum_{t<T} l_t, with the cross-entropy l_t = -ln p_t
 *  of the class target[t]: eqs. 15.11 and 15.12. The classes are in [0, M).
 *  @param[out] p    (T,M)  softmax of each step; the backward needs it
 *  @param[in]  aux         lambda >= 0; at 0 the steps before T have no loss
 *  @param[in]  y    (T,M)  logits */
real fbnet_loss_forward(int T, int M, real p[T][M], double aux,
                        const real y[T][M], const int target[T]);

/** Adds to dy: eq. 15.14. dloss is the gradient of what is minimised by L, 1
 *  where it is L itself. Needs neither y nor L. */
void fbnet_loss_backward(int T, int M, real dy[T][M], real dloss, double aux,
                         const real p[T][M], const int target[T]);

/** decay times the sum of the squares of all matrices; the biases b, c and d
 *  are free: eq. 15.13. */
real fbnet_penalty_forward(const fbnet *n, double decay);

/** Adds 2 decay W into each matrix of d: eq. 15.15. */
void fbnet_penalty_backward(const fbnet *n, const fbnet *d, double decay);

/** theta = moved for the groups that are trained, theta = kept for those that
 *  are frozen: eq. 15.28. All three are vectors of the parameters of n.
 *  @param[in] trained  one flag a group
 *  @param[in] moved    what the optimizer moves */
void fbnet_freeze_forward(const fbnet *n, real theta[],
                          const bool trained[GROUPS], const real moved[],
                          const real kept[]);

/** Adds dtheta into dmoved for the groups that are trained, and nothing for
 *  those that are frozen: eq. 15.29. */
void fbnet_freeze_backward(const fbnet *n, real dmoved[], const real dtheta[],
                           const bool trained[GROUPS]);

#endif
