/* SPDX-License-Identifier: MIT */
/** @file
 *  The cell as it was published (Hochreiter and Schmidhuber, "Long Short-Term
 *  Memory", Neural Computation 9(8):1735, 1997): memory blocks, no forget gate,
 *  and a gradient that is cut at every net input.
 *  Letters: T steps (t), D inputs (d), B blocks (k), C cells in all (c), so
 *  S = C/B cells a block, and N = C + 2B hidden units (n, m): first the cells,
 *  block by block, then the B input gates, then the B output gates. Every
 *  hidden unit sees every input, every hidden unit of the step before, and a
 *  bias. a net inputs, g squashed cell inputs, s cell states, y outputs of the
 *  hidden units.
 *
 *  Rows as in lstm.h: x_t and g_t stand in row t-1, y and s have a row 0. */
#ifndef HANDGRAD_LSTM1997_H
#define HANDGRAD_LSTM1997_H

#include "lib/real.h"

#include <stdbool.h>

/** T steps from a state of zeros: eqs. 8.25 to 8.30.
 *  @param[out] y  (T+1,N)  outputs of cells and gates; row 0 becomes zero
 *  @param[out] s  (T+1,C)  cell states; row 0 becomes zero
 *  @param[out] g  (T,C)    squashed cell inputs, in (-2,2)
 *  @param[in]  W  (N,D)    @param[in] U (N,N)    @param[in] b (N)
 *  @param[in]  x  (T,D) */
void lstm1997_forward(int T, int D, int B, int C, real y[T + 1][C + 2 * B],
                      real s[T + 1][C], real g[T][C],
                      const real W[C + 2 * B][D],
                      const real U[C + 2 * B][C + 2 * B],
                      const real b[C + 2 * B], const real x[T][D]);

/** Backpropagation through the T steps: eqs. 8.32 to 8.42. With truncated set,
 *  eqs. 8.41 and 8.42 are left out: no error flows back out of a net input, and
 *  the only way into the past is the cell's state. dx may then be NULL.
 *  @param[in,out] dy  (T+1,N)  in: what the loss says of y_t directly; out, if
 *                 not truncated: dL/dy_t */
void lstm1997_backward(int T, int D, int B, int C, real dW[C + 2 * B][D],
                       real dU[C + 2 * B][C + 2 * B], real db[C + 2 * B],
                       real dx[T][D], real dy[T + 1][C + 2 * B], bool truncated,
                       const real y[T + 1][C + 2 * B], const real s[T + 1][C],
                       const real g[T][C], const real W[C + 2 * B][D],
                       const real U[C + 2 * B][C + 2 * B], const real x[T][D]);

/** The truncated gradient as the paper computes it, forward in time, with two
 *  traces for each cell and nothing stored of the past: eqs. 8.43 to 8.46.
 *  dy (T+1,N) as above; only the errors of the cells are used. */
void lstm1997_traces(int T, int D, int B, int C, real dW[C + 2 * B][D],
                     real dU[C + 2 * B][C + 2 * B], real db[C + 2 * B],
                     const real dy[T + 1][C + 2 * B],
                     const real y[T + 1][C + 2 * B], const real s[T + 1][C],
                     const real g[T][C], const real x[T][D]);

/** How many weights a network has: D inputs, B blocks with C cells in all, K
 *  outputs that see the cells, a bias for all units but the inputs: eq. 8.31 */
int lstm1997_weights(int D, int B, int C, int K);

#endif
