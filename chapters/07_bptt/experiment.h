/* SPDX-License-Identifier: MIT */
/** @file
 *  The experiments of chapter 7. Each shows its own section and writes its own
 *  curves. */
#ifndef HANDGRAD_BPTT_EXPERIMENT_H
#define HANDGRAD_BPTT_EXPERIMENT_H

#include "lib/program.h"
#include "lib/rng.h"

/** The largest factor by which the matrix J (rows, cols) stretches a vector,
 *  its spectral norm: the root of the largest eigenvalue of J^T J, by power
 *  iteration. Exact to about 1e-9 unless the two largest are very near. */
double spectral_norm(int rows, int cols, const real J[rows][cols]);

/** U (H,H) = size times a random orthogonal matrix: it stretches every vector
 *  by size, so its spectral norm and its spectral radius are both size. */
void orthogonal_fill(int H, real U[H][H], double size, rng *g);

/** How much of the gradient a window of K steps loses. */
void window_experiment(program *p);

/** The norm of the product of Jacobians against the lag. */
void lag_experiment(program *p);

/** Sunspots: the feed-forward and the Elman network, over all seeds. */
void sunspot_experiment(program *p);

/** Sunspots: a larger network without weight decay, and when to stop it. */
void overfit_experiment(program *p);

#endif
