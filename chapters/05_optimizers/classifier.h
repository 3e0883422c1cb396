/* SPDX-License-Identifier: MIT */
/** @file
 *  A linear classifier with a softmax, for the handwritten digits: z = W x + b,
 *  the mean cross-entropy of chapter 3, and a penalty on W.
 *  Letters: B rows (the batch), C classes, D inputs; W (C,D), b (C), x (B,D),
 *  target (B); p (B,C) probabilities; lambda the strength of the penalty. */
#ifndef HANDGRAD_CLASSIFIER_H
#define HANDGRAD_CLASSIFIER_H

#include "lib/real.h"

/** The mean cross-entropy plus lambda ||W||^2: eqs. 5.97 and 5.98.
 *  @param[out] p  (B,C)  the backward needs it */
real classifier_forward(int B, int C, int D, real p[B][C], const real W[C][D],
                        const real b[C], const real x[B][D],
                        const int target[B], double lambda);

/** Adds to dW, db and dx: eqs. 5.99 and 5.100. */
void classifier_backward(int B, int C, int D, real dW[C][D], real db[C],
                         real dx[B][D], real dL, const real p[B][C],
                         const real W[C][D], const real x[B][D],
                         const int target[B], double lambda);

#endif
