/* SPDX-License-Identifier: MIT */
/** @file
 *  How a linear network of two layers learns, in closed form (Saxe, McClelland,
 *  Ganguli 2014). Letters: s what a mode shall become, u what it is, u0 what it
 *  was at the start; time is rate times steps. */
#ifndef HANDGRAD_DEEP_LINEAR_H
#define HANDGRAD_DEEP_LINEAR_H

#include <stdbool.h>

#include "lib/real.h"
#include "lib/rng.h"

/** How fast a mode of strength u grows: eq. 4.32. */
real mode_speed(real s, real u);

/** The strength u of a mode after a time: eq. 4.33. 0 < u0 < s. */
real mode_strength(real s, real u0, real time);

/** The time until u = s/2: eq. 4.34. */
double mode_half_time(double s, double u0);

/** Q becomes a random orthogonal matrix (rows of normal numbers, made orthogonal
 *  by Gram and Schmidt). */
void random_orthogonal(int N, real Q[N][N], rng *g);

/** C = A B, or with the flags A'B and AB'. */
void square_multiply(int N, real C[N][N], const real A[N][N], bool transpose_A,
                     const real B[N][N], bool transpose_B);

#endif
