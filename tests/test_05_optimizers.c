/* SPDX-License-Identifier: MIT */
/* Tests of the optimisers: three steps on f(w) = (w - 3)^2 / 2 from w = 0 with
 * rate 0.1, against values computed with high precision elsewhere
 * (tests/reference/expected.tsv, keys opt.*), and clipping. */
#define CK_FLOATING_DIG 17
#include <check.h>
#include <string.h>

#include "chapters/05_optimizers/optimizers.h"
#include "tests/suite.h"

#define CLOSE(x, want)                                                         \
    ck_assert_double_eq_tol((x), (want), 1e-12 * fabs((double)(want)))

START_TEST(gradient_descent_as_computed)
{
    const double want[] = {0.3, 0.57, 0.813};
    real w = 0;
    for (int t = 0; t < 3; t++) {
        real dw = w - 3;
        gradient_descent(1, &w, &dw, 0.1);
        CLOSE(w, want[t]);
    }
}
END_TEST

START_TEST(momentum_as_computed)
{
    const double want[] = {0.3, 0.84, 1.542};
    real w = 0, m = 0;
    for (int t = 0; t < 3; t++) {
        real dw = w - 3;
        momentum(1, &w, &m, &dw, 0.1, 0.9);
        CLOSE(w, want[t]);
    }
}
END_TEST

START_TEST(adam_as_computed)
{
    const double want[] = {0.099999999666666668, 0.19989729224944884,
                           0.2996184760421764};
    real w = 0, m = 0, v = 0;
    for (int t = 0; t < 3; t++) {
        real dw = w - 3;
        adam(1, &w, &m, &v, &dw, t + 1, adam_usual(0.1));
        CLOSE(w, want[t]);
    }
}
END_TEST

/* With a constant gradient every step of Adam is the rate, whatever the
 * gradient's size (epsilon apart): the corrections are exact. */
START_TEST(adam_steps_by_the_rate)
{
    real w[2] = {0, 0}, m[2] = {0}, v[2] = {0};
    const real dw[2] = {1000, -0.5};
    for (int t = 1; t <= 50; t++) {
        adam(2, w, m, v, dw, t, adam_usual(0.01));
        ck_assert_double_eq_tol(w[0], -0.01 * t, 1e-9);
        ck_assert_double_eq_tol(w[1], 0.01 * t, 1e-7);
    }
}
END_TEST

START_TEST(clipping_by_norm_keeps_the_direction)
{
    real g[2] = {3, 4};
    CLOSE(clip_by_norm(2, g, 1), 5);
    CLOSE(g[0], 0.6);
    CLOSE(g[1], 0.8);
    real small[2] = {0.3, -0.4};
    CLOSE(clip_by_norm(2, small, 1), 0.5);
    ck_assert_double_eq(small[0], 0.3);
    ck_assert_double_eq(small[1], -0.4);
    real zero[3] = {0};
    ck_assert_double_eq(clip_by_norm(3, zero, 1), 0);
    ck_assert_double_eq(zero[2], 0);
}
END_TEST

START_TEST(clipping_by_value_is_entry_by_entry)
{
    real g[4] = {3, -4, 0.5, 1};
    const real want[4] = {1, -1, 0.5, 1};
    clip_by_value(4, g, 1);
    ck_assert_mem_eq(g, want, sizeof g);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("05_optimizers");
    TCase *c = tcase_create("optimizers");
    tcase_add_test(c, gradient_descent_as_computed);
    tcase_add_test(c, momentum_as_computed);
    tcase_add_test(c, adam_as_computed);
    tcase_add_test(c, adam_steps_by_the_rate);
    tcase_add_test(c, clipping_by_norm_keeps_the_direction);
    tcase_add_test(c, clipping_by_value_is_entry_by_entry);
    suite_add_tcase(suite, c);
    return suite_run(suite);
}
