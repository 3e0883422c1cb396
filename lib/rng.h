/* SPDX-License-Identifier: MIT */
/** @file
 *  Random numbers that are the same on every machine: SplitMix64 (Steele, Lea,
 *  Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014). rand()
 *  differs from system to system, and then the same seed trains another network.
 *
 *  The first outputs of rng_next for the seed 1234567 (published with many ports of the
 *  generator), to check a twin in another language:
 *
 *      6457827717110365317  3203168211198807973  9817491932198370423
 *      4593380528125082431  16408922859458223821
 *
 *  Write one draw a statement: C does not say which of two calls in one
 *  expression comes first. */
#ifndef HANDGRAD_RNG_H
#define HANDGRAD_RNG_H

#include <stdint.h>

/** The state of a generator: an argument of every function that draws. */
typedef struct rng {
    uint64_t state;
} rng;

/** A generator for a seed (any value of 64 bits) and a stream: streams of one
 *  seed are unlike each other, so that an experiment's weights and its data do
 *  not share draws. */
rng rng_new(uint64_t seed, uint64_t stream);

/** The next 64 bits. */
uint64_t rng_next(rng *g);

/** Uniform in [0, 1): the top 53 bits, each value exact in a double. */
double rng_uniform(rng *g);

/** Uniform in [lo, hi). */
double rng_between(rng *g, double lo, double hi);

/** Uniform in 0 .. n-1, without bias; n >= 1. */
int rng_below(rng *g, int n);

/** Normal with mean 0 and variance 1 (Box and Muller 1958, the cosine half). */
double rng_normal(rng *g);

#endif
