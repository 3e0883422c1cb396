/* SPDX-License-Identifier: MIT */
/** @file
 *  Positions: what tells attention in which order the tokens stand.
 *  Letters: B sequences, T positions, C the width of a token; b, t, c their
 *  indices; i the index of a pair of components. Positions count from 0. */
#ifndef HANDGRAD_POSITIONS_H
#define HANDGRAD_POSITIONS_H

#include "lib/real.h"

/** The angle by which pair i turns from one position to the next:
 *  10000^(-2i/C), eq. 13.19. */
double sinusoid_frequency(int C, int i);

/** Row t is the position t: a sine and a cosine for each pair, eq. 13.20
 *  (Vaswani et al. 2017, section 3.5).
 *  @param[out] P  (T,C)  C even */
void sinusoids(int T, int C, real P[T][C]);

/** Row t + k from row t: turns each pair by k times its angle, eq. 13.21. */
void sinusoid_turn(int C, real to[C], const real from[C], int k);

/** x[b][t] = e[b][t] + P[t]: a learned row for each position, eq. 13.23. */
void positions_forward(int B, int T, int C, real x[B][T][C],
                       const real e[B][T][C], const real P[T][C]);

/** Adds to dP (eq. 13.24: position t stands in every sequence) and to de. */
void positions_backward(int B, int T, int C, real dP[T][C], real de[B][T][C],
                        const real dx[B][T][C]);

#endif
