/* SPDX-License-Identifier: MIT */
/** @file
 *  Hopfield's network (1982): N units, each connected to all others, that
 *  change one at a time until none wants to; the energy never rises.
 *  Letters: N units, i and j their indices; n patterns xi; s the state, W the
 *  weights, f the field: what a unit hears from the others. The states of a
 *  unit are two numbers, lo and hi: -1 and 1, or, in the paper, 0 and 1. */
#ifndef HANDGRAD_HOPFIELD_H
#define HANDGRAD_HOPFIELD_H

#include "lib/real.h"
#include "lib/rng.h"

/** Stores one pattern of -1 and 1: W[i][j] += rate xi[i] xi[j] for i != j, eq.
 *  6.41. The usual rate is 1/N. */
void hopfield_store(int N, real W[N][N], const real xi[N], double rate);

/** f[i] = sum_j W[i][j] s[j]: eq. 6.42. */
void hopfield_field(int N, real f[N], const real W[N][N], const real s[N]);

/** E = -1/2 sum_ij W[i][j] s[i] s[j]: eq. 6.44. */
real hopfield_energy(int N, const real W[N][N], const real s[N]);

/** The gradient of the energy by any state and any weights, symmetric or not:
 *  ds[i] -= dE/2 sum_j (W[i][j] + W[j][i]) s[j] and dW[i][j] -= dE/2 s[i] s[j],
 *  eqs. 6.46 and 6.47. */
void hopfield_energy_backward(int N, real dW[N][N], real ds[N], real dE,
                              const real W[N][N], const real s[N]);

/** What a unit becomes that hears f and is s: hi where f > 0, lo where f < 0,
 *  and s where f = 0: eq. 6.43. */
real hopfield_decide(real f, real s, double lo, double hi);

/** Lets the units change, one at a time, in rounds of all units in a random
 *  order, until a round changes none. Returns how many changes there were. W
 *  must be symmetric with a zero diagonal: then it ends. */
int hopfield_recall(int N, real s[N], const real W[N][N], double lo, double hi,
                    rng *g);

/** The chance that the field of one unit has the wrong sign, n patterns in N
 *  units of 0 and 1 (Hopfield 1982): eq. 6.48. */
double hopfield_bit_error(int N, int n);

/** exp(-N times that): the chance that no unit of a pattern is wrong, eq.
 *  6.49. */
double hopfield_all_right(int N, int n);

#endif
