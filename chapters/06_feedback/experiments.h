/* SPDX-License-Identifier: MIT */
/** @file
 *  The experiments of chapter 6. Each shows its own section and writes its own
 *  curves. The seeds of an experiment follow --seed: seed, seed + 1, ... */
#ifndef HANDGRAD_FEEDBACK_EXPERIMENTS_H
#define HANDGRAD_FEEDBACK_EXPERIMENTS_H

#include "chapters/06_feedback/loop_net.h"
#include "lib/program.h"
#include "lib/rng.h"

/** The article's layers: 2 inputs, 10 hidden units, 2 outputs. */
enum { ARTICLE_SIZE = 58 };

/** They with parameters by a rule: parameter k, from 0, is sin(k + 1)/2; then
 *  W3, the loop, is multiplied by the gain. */
loop_net article_layers(real w[ARTICLE_SIZE], real gain);

/** The generator of the s-th seed, for one stream. */
rng seed_number(const program *p, int s, uint64_t stream);

/** Where x <- tanh(w x) ends, against w. */
void bifurcation_experiment(program *p);

/** The variance of a loop with noise, measured. */
void noise_experiment(program *p);

/** The gradient of K passes against that of the equilibrium. */
void implicit_experiment(program *p);

/** Hopfield's hundred units (1982): how many patterns stay; the energy. */
void hopfield_experiment(program *p);

/** The overlap against the load, with so many units. */
void capacity_experiment(program *p, int units);

/** Elman's XOR in time (1990), with so many passes over the bits. */
void xor_experiment(program *p, int passes);

#endif
