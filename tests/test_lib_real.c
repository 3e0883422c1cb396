/* build: complex */
/* SPDX-License-Identifier: MIT */
/* The scalar type, double and (built with -DREAL_COMPLEX) double complex: what
 * <tgmath.h> lacks, its values and, in the complex build, its slopes. */
#define CK_FLOATING_DIG 17
#include "lib/real.h"

#include <check.h>
#include <stdio.h>

#include "tests/suite.h"

typedef real (*function)(real);

static real max_right(real x)
{
    return real_max(R(0.25), x * x);
}
static real min_left(real x)
{
    return real_min(x * x, R(0.25) + x);
}
static real abs_of_sine(real x)
{
    return real_abs(sin(x));
}

static const struct {
    const char *name;
    function f;
    double x, value, slope; /* computed with 40 digits */
} table[] = {
    {"erf", real_erf, 0, 0, 1.1283791670955126},
    {"erf", real_erf, 0.5, 0.5204998778130465, 0.8787825789354448},
    {"erf", real_erf, -1.25, -0.9229001282564582, 0.23652112244729079},
    {"erf", real_erf, 1e-10, 1.1283791670955126e-10, 1.1283791670955126},
    {"erf", real_erf, 6, 1, 2.617301239249265e-16},
    {"log1p", real_log1p, 0, 0, 1},
    {"log1p", real_log1p, 1e-12, 9.999999999995e-13, 0.999999999999},
    {"log1p", real_log1p, -0.75, -1.3862943611198906, 4},
    {"log1p", real_log1p, 3, 1.3862943611198906, 0.25},
    {"expm1", real_expm1, 0, 0, 1},
    {"expm1", real_expm1, 1e-12, 1.0000000000005e-12, 1.000000000001},
    {"expm1", real_expm1, 2, 6.38905609893065, 7.38905609893065},
    {"expm1", real_expm1, -40, -1, 4.248354255291589e-18},
    {"abs", real_abs, -2.5, 2.5, -1},
    {"abs", real_abs, 2.5, 2.5, 1},
    {"abs", real_abs, 0, 0, 1},
    {"abs of sine", abs_of_sine, -0.5, 0.479425538604203, -0.8775825618903728},
    {"max", max_right, 2, 4, 4},
    {"max", max_right, -0.25, 0.25, 0},
    {"max, equal", max_right, 0.5, 0.25, 0},
    {"min", min_left, 0.25, 0.0625, 0.5},
    {"min", min_left, -0.25, 0, 1},
};
enum { ROWS = sizeof table / sizeof *table };

static int close_to(double got, double wanted)
{
    return fabs(got - wanted) <= 1e-15 * fabs(wanted);
}

START_TEST(values)
{
    int failed = 0;
    for (int k = 0; k < ROWS; k++) {
        double got = re(table[k].f((real)table[k].x));
        int good = close_to(got, table[k].value);
        if (!good)
            printf("%s(%g) = %.17g\n", table[k].name, table[k].x, got);
        failed += !good;
    }
    ck_assert_int_eq(failed, 0);
}
END_TEST

/* The slope of the table: by the complex step, exact; in the double build by
 * differences, so that the table itself is tested. */
START_TEST(slopes)
{
    int failed = 0;
    for (int k = 0; k < ROWS; k++) {
        double x = table[k].x, slope = table[k].slope;
#if defined REAL_COMPLEX
        const double h = 1e-200;
        real z = x;
        __imag__ z = h;
        double got = __imag__ table[k].f(z) / h;
        int good = close_to(got, slope);
#else
        double h = 1e-5,
               got = (table[k].f(x + h) - table[k].f(x - h)) / (2 * h);
        int kink = (table[k].f == real_abs && x == 0) ||
                   (table[k].f == max_right && x == 0.5);
        int good = kink || fabs(got - slope) <= 1e-8;
#endif
        if (!good)
            printf("slope of %s at %g: %.17g\n", table[k].name, x, got);
        failed += !good;
    }
    ck_assert_int_eq(failed, 0);
}
END_TEST

START_TEST(equal_arguments_take_the_first)
{
    real a = R(1.5), b = R(1.5);
#if defined REAL_COMPLEX
    __imag__ a = 1;
    __imag__ b = 2;
    ck_assert_double_eq(__imag__ real_max(a, b), 1);
    ck_assert_double_eq(__imag__ real_min(a, b), 1);
    ck_assert_double_eq(__imag__ real_max(b, a), 2);
#endif
    ck_assert_double_eq(re(real_max(a, b)), 1.5);
    ck_assert_double_eq(re(real_min(a, b)), 1.5);
}
END_TEST

START_TEST(sizes_of_the_type)
{
#if defined REAL_COMPLEX
    ck_assert_uint_eq(sizeof(real), 2 * sizeof(double));
#else
    ck_assert_uint_eq(sizeof(real), sizeof(double));
#endif
    ck_assert_double_eq(re(R(0.1)), 0.1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("real");
    SUITE_ADD(suite, values);
    SUITE_ADD(suite, slopes);
    SUITE_ADD(suite, equal_arguments_take_the_first);
    SUITE_ADD(suite, sizes_of_the_type);
    return suite_run(suite);
}
