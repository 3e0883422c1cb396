/* SPDX-License-Identifier: MIT */
/* The scalar type as float. Only the header is used: lib itself is built with
 * another type. */
#define CK_FLOATING_DIG 17
#define REAL_FLOAT 1
#include "lib/real.h"

#include <check.h>
#include <float.h>

#include "tests/suite.h"

START_TEST(float_values)
{
    ck_assert_uint_eq(sizeof(real), sizeof(float));
    ck_assert_uint_eq(sizeof R(0.5), sizeof(float));
    ck_assert_double_eq(re(R(0.1)), (double)0.1f);
    real x = R(0.5), small = R(1e-6), minus = R(-2.5);
    double eps = (double)FLT_EPSILON;
    ck_assert_double_eq_tol(re(real_erf(x)), 0.5204998778130465, eps);
    ck_assert_double_eq_tol(re(real_log1p(small)) / 9.999995e-7, 1, eps);
    ck_assert_double_eq_tol(re(real_expm1(small)) / 1.0000005e-6, 1, eps);
    ck_assert_double_eq(re(real_abs(minus)), 2.5);
    ck_assert_double_eq(re(real_max(x, minus)), 0.5);
    ck_assert_double_eq(re(real_min(x, minus)), -2.5);
    ck_assert_uint_eq(sizeof exp(x), sizeof(float)); /* <tgmath.h> */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("float");
    SUITE_ADD(suite, float_values);
    return suite_run(suite);
}
