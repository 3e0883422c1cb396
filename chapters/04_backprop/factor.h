/* SPDX-License-Identifier: MIT */
/** @file
 *  Matrix factorisation with holes: a matrix X of which only some entries were
 *  seen is explained by a few factors.
 *  Letters: I rows, J columns, K factors; i, j, k their indices. U (I,K) has the
 *  factors of the rows, V (J,K) those of the columns, c (J) the columns' offsets;
 *  e is the error of an entry that was seen, and 0 where none was. */
#ifndef HANDGRAD_FACTOR_H
#define HANDGRAD_FACTOR_H

#include "lib/real.h"

/** What the factors say of entry (i, j): sum_k U[k] V[k] + c, eq. 4.35. */
real factor_entry(int K, const real U[K], const real V[K], real c);

/** Half the sum of the squared errors of the entries that were seen: eq. 4.36.
 *  @param[out] e     (I,J)  errors; the backward needs them
 *  @param[in]  X     (I,J)  what was seen; elsewhere anything finite
 *  @param[in]  seen  (I,J)  1 where an entry was seen, 0 elsewhere */
real factor_forward(int I, int J, int K, real e[I][J], const real U[I][K],
                    const real V[J][K], const real c[J], const real X[I][J],
                    const unsigned char seen[I][J]);

/** Adds to dU, dV, dc and dX: eqs. 4.37 to 4.39. Needs the errors, not X. */
void factor_backward(int I, int J, int K, real dU[I][K], real dV[J][K],
                     real dc[J], real dX[I][J], real dloss, const real e[I][J],
                     const real U[I][K], const real V[J][K]);

#endif
