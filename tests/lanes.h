/* SPDX-License-Identifier: MIT */
/* LANES losses side by side in the vector registers of one core: a number of the type `lanes` has
 * a value for each. With the arithmetic of GNU C; no branch depends on a value. */
#ifndef HANDGRAD_LANES_H
#define HANDGRAD_LANES_H

#if defined __AVX512F__
enum { LANES = 8 };
#elif defined __AVX__
enum { LANES = 4 };
#else
enum { LANES = 2 };
#endif
typedef double lanes __attribute__((vector_size(LANES * sizeof(double))));
typedef long long whole __attribute__((vector_size(LANES * sizeof(long long))));

static inline lanes all_lanes(double x)
{
    return (lanes){0} + x;
}

static inline lanes lanes_max(lanes a, lanes b)
{
    whole first = a > b;
    return (lanes)(((whole)a & first) | ((whole)b & ~first));
}

/* exp(x) for -700 < x < 700: x = k ln 2 + r with |r| <= ln 2 / 2; exp(r) by its series, whose next
 * term is below 2e-16; times 2^k, whose bits are the exponent's. */
static inline lanes lanes_exp(lanes x)
{
    const double shift = 0x1.8p52; /* adding it rounds to a whole number */
    lanes k = x * 1.4426950408889634 + shift;
    whole bits = (whole)k << 52;
    k -= shift;
    lanes r = x - k * 0x1.62e42fee00000p-1 -
              k * 0x1.a39ef35793c76p-33; /* ln 2 in two parts */
    lanes r2 = r * r,
          r4 = r2 *
               r2; /* in pairs: a processor does several of them at a time */
    lanes low = (1 + r) + (0.5 + r * (1 / 6.0)) * r2;
    lanes middle =
        (1 / 24.0 + r * (1 / 120.0)) + (1 / 720.0 + r * (1 / 5040.0)) * r2;
    lanes high = (1 / 40320.0 + r * (1 / 362880.0)) +
                 (1 / 3628800.0 + r * (1 / 39916800.0)) * r2 +
                 r4 * (1 / 479001600.0);
    lanes y = low + (middle + high * r4) * r4;
    return (lanes)((whole)y + bits);
}

static inline lanes lanes_sigmoid(lanes x)
{
    return 1 / (1 + lanes_exp(-x));
}

static inline lanes lanes_tanh(lanes x)
{
    return 1 - 2 / (1 + lanes_exp(2 * x));
}
#endif
