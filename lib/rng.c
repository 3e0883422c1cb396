/* SPDX-License-Identifier: MIT */
#include "lib/rng.h"

#include <math.h>

uint64_t rng_next(rng *g)
{
    uint64_t z = g->state += 0x9e3779b97f4a7c15; /* 2^64 / golden ratio, odd */
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

rng rng_new(uint64_t seed, uint64_t stream)
{
    rng g = {seed};
    if (stream) { /* stream 0 is the seed itself, so that the published outputs
                     hold */
        g.state ^= stream * 0xd1342543de82ef95;
        g.state = rng_next(&g);
    }
    return g;
}

double rng_uniform(rng *g)
{
    return (double)(rng_next(g) >> 11) * 0x1p-53;
}

double rng_between(rng *g, double lo, double hi)
{
    return lo + (hi - lo) * rng_uniform(g);
}

int rng_below(rng *g, int n)
{
    uint64_t m = (uint64_t)n;
    uint64_t fair = UINT64_MAX - UINT64_MAX % m; /* a multiple of n: above it, draw again */
    uint64_t x;
    do
        x = rng_next(g);
    while (x >= fair);
    return (int)(x % m);
}

double rng_normal(rng *g)
{
    double u = 1 - rng_uniform(g); /* in (0, 1]: its logarithm is finite */
    double v = rng_uniform(g);
    return sqrt(-2 * log(u)) * cos(2 * 3.14159265358979323846 * v);
}
