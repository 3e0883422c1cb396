/* SPDX-License-Identifier: MIT */
/** @file
 *  A linear recurrence h_t = a_t h_{t-1} + b_t, step by step and by a scan, which
 *  needs about log2 T rounds instead of T steps.
 *  Letters: T steps (t = 1 .. T); a_t and b_t stand in row t-1, h_t in row t. */
#ifndef HANDGRAD_SCAN_H
#define HANDGRAD_SCAN_H

#include "lib/real.h"

/** eq. 10.29, step by step.
 *  @param[in,out] h  (T+1)  h[0] is read, the others are written */
void recurrence_forward(int T, real h[T + 1], const real a[T], const real b[T]);

/** Adds to da and db: eqs. 10.31 to 10.33.
 *  @param[in,out] dh  (T+1)  in: what the loss says of h_t directly; out: with
 *                 all that comes after it; dh[0] by the start */
void recurrence_backward(int T, real da[T], real db[T], real dh[T + 1],
                         const real a[T], const real h[T + 1]);

/** Replaces each pair (a_t, b_t) by the composition of the pairs 1 to t, so that
 *  h_t = a_t h_0 + b_t: eq. 10.30 (Hillis and Steele 1986). The steps of a round
 *  do not depend on each other.
 *  @return the number of rounds */
int recurrence_scan(int T, real a[T], real b[T]);

#endif
