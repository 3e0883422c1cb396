/* SPDX-License-Identifier: MIT */
/** @file
 *  Schedules: the learning rate as a function of the step (or the epoch) t, which
 *  is 0 at the start. No libm function is called in another place than here. */
#ifndef HANDGRAD_SCHEDULES_H
#define HANDGRAD_SCHEDULES_H

/** start factor^floor(t / every): eq. 5.16.
 *  @param[in] every  steps between two falls, at least 1 */
double rate_steps(double start, double factor, int every, int t);

/** start exp(-k t): eq. 5.17. */
double rate_exponential(double start, double k, double t);

/** start / (1 + k t): eq. 5.18. */
double rate_inverse(double start, double k, double t);

/** From start at t = 0 to end at t = T along half a cosine: eq. 5.19. */
double rate_cosine(double start, double end, double t, double T);

/** Cosine with warm restarts (SGDR, Loshchilov and Hutter 2017): periods of
 *  first, first times, first times^2, ... epochs: eq. 5.20.
 *  @param[in] first  length of the first period, at least 1
 *  @param[in] times  each period is that many times as long as the last, >= 1 */
double rate_restarts(double start, double end, int first, int times, double t);

/** The epoch of the n-th restart, n = 1, 2, ...: the sum of n periods. */
long restart_epoch(int first, int times, int n);

/** Warm-up, then a fall with the inverse root (Vaswani et al. 2017, eq. 3), for
 *  t = 1, 2, ...: width^(-1/2) min(t^(-1/2), t warm^(-3/2)): eq. 5.21. */
double rate_warm_up(double width, double warm, double t);

#endif
