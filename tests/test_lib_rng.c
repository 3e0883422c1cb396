/* SPDX-License-Identifier: MIT */
/* The random numbers: published outputs, ranges, moments, streams. */
#define CK_FLOATING_DIG 17
#include "lib/rng.h"
#include "lib/sample.h"

#include <check.h>
#include <math.h>
#include <stdio.h>

#include "tests/suite.h"

START_TEST(published_outputs)
{
    static const uint64_t wanted[] = {
        6457827717110365317u, 3203168211198807973u, 9817491932198370423u,
        4593380528125082431u, 16408922859458223821u};
    rng g = rng_new(1234567, 0);
    for (int k = 0; k < 5; k++)
        ck_assert_uint_eq(rng_next(&g), wanted[k]);
}
END_TEST

START_TEST(ranges)
{
    rng g = rng_new(0, 0);
    double low = 1, high = 0;
    int outside = 0; /* (counted: Check writes at each of its assertions) */
    for (int k = 0; k < 100000; k++) {
        double u = rng_uniform(&g);
        outside += !(u >= 0 && u < 1) || u * 0x1p53 != floor(u * 0x1p53);
        low = fmin(low, u);
        high = fmax(high, u);
        double v = rng_between(&g, -2.5, -1.25);
        outside += !(v >= -2.5 && v < -1.25);
        int i = rng_below(&g, 7);
        outside += !(i >= 0 && i < 7);
        outside += rng_below(&g, 1) != 0;
    }
    ck_assert_int_eq(outside, 0);
    ck_assert_double_lt(low, 1e-3);
    ck_assert_double_gt(high, 1 - 1e-3);
    ck_assert_int_ge(rng_below(&g, 2147483647), 0);
}
END_TEST

/* Pearson's chi-square with n - 1 degrees of freedom: mean n - 1, variance
 * 2 (n - 1); five standard deviations are allowed, for a fixed seed. */
START_TEST(below_is_uniform)
{
    static const int sizes[] = {2, 3, 10, 97};
    for (int k = 0; k < 4; k++) {
        enum { DRAWS = 100000 };
        int n = sizes[k], count[97] = {0};
        rng g = rng_new(42, (uint64_t)k);
        for (int i = 0; i < DRAWS; i++)
            count[rng_below(&g, n)]++;
        double chi = 0, wanted = (double)DRAWS / n;
        for (int i = 0; i < n; i++)
            chi += (count[i] - wanted) * (count[i] - wanted) / wanted;
        ck_assert_double_lt(fabs(chi - (n - 1)), 5 * sqrt(2.0 * (n - 1)));
    }
}
END_TEST

/* A normal variable's mean, variance, skewness and kurtosis: 0, 1, 0, 3, with
 * standard errors sqrt(1, 2, 15, 96) / sqrt(n). */
START_TEST(normal_moments)
{
    enum { DRAWS = 200000 };
    rng g = rng_new(8, 0);
    double sum[5] = {0}, beyond = 0;
    for (int i = 0; i < DRAWS; i++) {
        double z = rng_normal(&g), power = 1;
        ck_assert(isfinite(z));
        for (int k = 1; k < 5; k++)
            sum[k] += power *= z;
        beyond += fabs(z) > 1.959963984540054;
    }
    static const double wanted[] = {0, 0, 1, 0, 3}, error[] = {1, 1, 2, 15, 96};
    for (int k = 1; k < 5; k++)
        ck_assert_double_lt(fabs(sum[k] / DRAWS - wanted[k]),
                            5 * sqrt(error[k] / DRAWS));
    ck_assert_double_lt(fabs(beyond / DRAWS - 0.05), 0.0025);
}
END_TEST

/* Streams of a seed, and seeds of a stream, begin differently and are not
 * correlated. */
START_TEST(streams_differ)
{
    enum { STREAMS = 40, DRAWS = 2000 };
    static double u[STREAMS][DRAWS];
    for (int s = 0; s < STREAMS; s++) {
        rng g = rng_new(s % 2 ? 1 : (uint64_t)s, (uint64_t)(s % 2 ? s : 3));
        for (int k = 0; k < DRAWS; k++)
            u[s][k] = rng_uniform(&g) - 0.5;
    }
    for (int a = 0; a < STREAMS; a++)
        for (int b = 0; b < a; b++) {
            if (a == 3 && b == 1)
                continue;
            double dot = 0;
            for (int k = 0; k < DRAWS; k++)
                dot += 12 * u[a][k] * u[b][k];
            ck_assert_double_ne(u[a][0], u[b][0]);
            ck_assert_double_lt(fabs(dot), 5 * sqrt(DRAWS));
        }
    rng g = rng_new(5, 2), same = rng_new(5, 2);
    ck_assert_uint_eq(rng_next(&g), rng_next(&same));
}
END_TEST

START_TEST(samples)
{
    enum { n = 20000 };
    static real x[n];
    rng g = rng_new(3, 0), same = g;
    fill_normal(n, x, 2.5, &g);
    double sum = 0;
    for (int i = 0; i < n; i++) {
        ck_assert_double_eq(re(x[i]), 2.5 * rng_normal(&same));
        sum += re(x[i]) * re(x[i]);
    }
    ck_assert_double_eq_tol(sum / n, 6.25, 0.2);
    real dw[3] = {1, 1, 1};
    begin_with(R(0.125), 2, dw);
    ck_assert(dw[0] == R(0.125) && dw[1] == R(0.125) && dw[2] == 1);
    take_away(R(0.125), 3, dw);
    ck_assert(dw[0] == 0 && dw[1] == 0 && dw[2] == R(0.875));
    guard(0, 2, dw, &dw[2]); /* both are 0 still */
    ck_assert(dw[2] == R(0.875));
    guard(R(0.875), 1, dw + 1, &dw[2]); /* and not 0.875 */
    ck_assert(isnan(re(dw[2])));
    guard(0, 1, dw + 2, dw); /* NaN is not 0 */
    ck_assert(isnan(re(dw[0])));
    double odd[] = {3, -1, 2}, even[] = {4, 1, 2, 8}, one[] = {7};
    spread s = spread_of(3, odd);
    ck_assert(s.least == -1 && s.median == 2 && s.most == 3);
    s = spread_of(4, even);
    ck_assert(s.least == 1 && s.median == 3 && s.most == 8);
    ck_assert(even[0] == 1 && even[1] == 2 && even[2] == 4); /* sorted */
    s = spread_of(1, one);
    ck_assert(s.least == 7 && s.median == 7 && s.most == 7);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rng");
    SUITE_ADD(suite, published_outputs);
    SUITE_ADD(suite, ranges);
    SUITE_ADD(suite, below_is_uniform);
    SUITE_ADD(suite, normal_moments);
    SUITE_ADD(suite, streams_differ);
    SUITE_ADD(suite, samples);
    return suite_run(suite);
}
