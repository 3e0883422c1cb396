/* SPDX-License-Identifier: MIT */
/* Tests of chapter 1: derivatives against reference numbers, the laws of
 * quotients and of noise, both directions of the chain rule, and mistakes that
 * must be caught or that no test can catch. */
#define CK_FLOATING_DIG 17
#include <check.h>
#include <string.h>

#include "chapters/01_derivatives/graph.h"
#include "chapters/01_derivatives/mistakes.h"
#include "chapters/01_derivatives/quotients.h"
#include "lib/check/handgrad.h"
#include "lib/rng.h"
#include "tests/suite.h"

static void near(double got, double want, double relative)
{
    ck_assert_double_eq_tol(got, want, relative * fabs(want));
}

/* ---- the two functions --------------------------------------------------- */

/* By tests/reference/01_derivatives.bc. */
static const struct {
    double x, d[2][4];
} reference[] = {
    {1.5,
     {{4.5139288103603178, 3.6220337007163260, 14.568284268299992,
       56.834725131836469},
      {4.4977800539461620, 4.0534278938986206, 9.4630736815966034,
       32.167904513688941}}},
    {-0.3,
     {{0.87557185358123631, -0.22076569614143531, 5.2117635228576733,
       -19.463317570804422},
      {0.80538163788917183, 0.30115681164358723, 2.4839923231600675,
       -4.4490097814976004}}},
};

START_TEST(derivatives_are_the_reference)
{
    for (int n = 0; n < 2; n++) {
        double d[4];
        published_derivatives(d, &published_functions[n], reference[_i].x);
        for (int k = 0; k < 4; k++)
            near(d[k], reference[_i].d[n][k], 1e-14);
    }
}
END_TEST

START_TEST(published_slopes)
{
    for (int n = 0; n < 2; n++) {
        double d[4];
        published_derivatives(d, &published_functions[n], 1.5);
        near(d[1], published_functions[n].slope, 5e-16);
    }
    ck_assert_double_eq(published_functions[0].slope, 3.622033700716326);
    ck_assert_double_eq(published_functions[1].slope, 4.053427893898620);
}
END_TEST

/* float and complex compute the same functions. */
START_TEST(three_types_agree)
{
    const published *f = &published_functions[_i];
    for (int k = -2; k <= 8; k++) {
        double x = 0.25 * k;
        near((double)f->of_float((float)x), f->of(x), 2e-6);
        double complex z = f->of_complex(x);
        near(__real__ z, f->of(x), 1e-15);
        ck_assert_double_eq(__imag__ z, 0);
    }
}
END_TEST

/* ---- quotients ----------------------------------------------------------- */

/* Halve the step: the errors fall by 2, 2, 4 and, complex, 4. */
START_TEST(orders_of_truncation)
{
    const published *f = &published_functions[_i];
    double d[4], e[4][2];
    published_derivatives(d, f, 1.5);
    for (int k = 0; k < 2; k++) {
        double h = k ? 0x1p-11 : 0x1p-10;
        e[0][k] = forward_quotient(f->of, 1.5, h) - d[1];
        e[1][k] = backward_quotient(f->of, 1.5, h) - d[1];
        e[2][k] = central_quotient(f->of, 1.5, h) - d[1];
        e[3][k] = complex_step(f->of_complex, 1.5, h) - d[1];
    }
    near(e[0][0] / e[0][1], 2, 5e-3);
    near(e[1][0] / e[1][1], 2, 5e-3);
    near(e[2][0] / e[2][1], 4, 1e-4);
    near(e[3][0] / e[3][1], 4, 1e-4);
    near(e[0][1], 0x1p-12 * d[2], 5e-3); /* h f''/2 */
    near(e[1][1], -0x1p-12 * d[2], 5e-3);
    near(e[2][1], 0x1p-22 / 6 * d[3], 1e-4);  /* h^2 f'''/6 */
    near(e[3][1], -0x1p-22 / 6 * d[3], 1e-4); /* the same, other sign */
}
END_TEST

/* The predicted step minimises the predicted error, and no measured error near
 * it passes that. */
START_TEST(optimum_is_the_minimum)
{
    const published *f = &published_functions[_i];
    double d[4], eps = EPSILON;
    published_derivatives(d, f, 1.5);
    double h1 = forward_optimum(d, eps), h2 = central_optimum(d, eps);
    for (int k = -1; k <= 1; k++) {
        double s = ldexp(1, k);
        if (s != 1) {
            ck_assert_double_gt(forward_error(d, eps, s * h1),
                                forward_error(d, eps, h1));
            ck_assert_double_gt(central_error(d, eps, s * h2),
                                central_error(d, eps, h2));
        }
        double e1 = fabs(forward_quotient(f->of, 1.5, s * h1) - d[1]);
        double e2 = fabs(central_quotient(f->of, 1.5, s * h2) - d[1]);
        ck_assert_double_le(e1, forward_error(d, eps, s * h1) * 1.01);
        ck_assert_double_le(e2, central_error(d, eps, s * h2) * 1.01);
    }
    near(forward_error(d, eps, h1), 2 * sqrt(eps * d[0] * d[2]), 1e-14);
}
END_TEST

START_TEST(complex_step_has_no_rounding)
{
    const published *f = &published_functions[_i];
    double d[4];
    published_derivatives(d, f, 1.5);
    double h = 1e-9;
    for (int k = 0; k < 40; k++, h *= 1e-7) /* to 1e-282 */
        near(complex_step(f->of_complex, 1.5, h), d[1], 5e-16);
}
END_TEST

/* Ridders: better than any central quotient, and honest about its error. */
START_TEST(ridders_and_its_estimate)
{
    const published *f = &published_functions[_i];
    double d[4], a[RIDDERS][RIDDERS], estimate;
    published_derivatives(d, f, 1.5);
    double h = 0.2;
    for (int k = 0; k < 12; k++, h /= 3) {
        double error = fabs(ridders(a, &estimate, f->of, 1.5, h) - d[1]);
        ck_assert_double_le(error, estimate);
        if (h > 1e-2)
            ck_assert_double_le(error, 1e-11);
    }
    near(a[1][1], (4 * a[1][0] - a[0][0]) / 3, 1e-14);
    near(a[2][2], (16 * a[2][1] - a[1][1]) / 15, 1e-14);
}
END_TEST

/* x^2 and x^3: what the quotients must give exactly. */
static real square(real x)
{
    return x * x;
}

static real cube(real x)
{
    return x * x * x;
}

START_TEST(quotients_of_polynomials)
{
    double a[RIDDERS][RIDDERS], estimate;
    ck_assert_double_eq(forward_quotient(square, 3, 0.5), 6.5);
    ck_assert_double_eq(backward_quotient(square, 3, 0.5), 5.5);
    ck_assert_double_eq(central_quotient(square, 3, 0.5), 6);
    ck_assert_double_eq(central_quotient(cube, 2, 0.5), 12.25);
    near(ridders(a, &estimate, cube, 2, 0.5), 12, 1e-14);
    ck_assert(isnan(forward_quotient(square, 3, 1e-17)));
    ck_assert(isnan(central_quotient(square, 3, 1e-17)));
    ck_assert(isnan(ridders(a, &estimate, square, 3, 1e-17)));
}
END_TEST

START_TEST(float_has_few_digits)
{
    const published *f = &published_functions[_i];
    double d[4], best[2] = {1, 1};
    published_derivatives(d, f, 1.5);
    float h = 0.1f;
    for (int k = 0; k < 20; k++, h /= 2) {
        double fwd = fabs((double)forward_float(f->of_float, 1.5f, h) - d[1]);
        double ctr = fabs((double)central_float(f->of_float, 1.5f, h) - d[1]);
        best[0] = fmin(best[0], fwd / d[1]);
        best[1] = fmin(best[1], ctr / d[1]);
    }
    ck_assert_double_gt(best[0], 1e-7);
    ck_assert_double_gt(best[1], 1e-8);
    near((double)central_float(f->of_float, 1.5f, 0x1p-8f), d[1], 3e-4);
    ck_assert(isnan((double)forward_float(f->of_float, 1.5f, 1e-8f)));
}
END_TEST

/* ---- noise --------------------------------------------------------------- */

/* A smooth function with uniform noise of the width 1e-6, whose standard
 * deviation is 1e-6 / sqrt(12). */
static real noisy(real x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    rng g = rng_new(bits, 0);
    return sin(x) + 1e-6 * (rng_uniform(&g) - 0.5);
}

START_TEST(noise_is_measured)
{
    near(measured_noise(noisy, 2000, 0.7, 0x1p-20), 1e-6 / sqrt(12.0), 0.06);
    ck_assert_double_eq(measured_noise(square, 64, 1.5, 0x1p-10), 0);
    double eps = EPSILON * martins(1.5);
    double sigma = measured_noise(martins, 64, 1.5, 0x1p-20);
    ck_assert_double_gt(sigma, 0.05 * eps);
    ck_assert_double_lt(sigma, eps);
}
END_TEST

/* ---- the graph ----------------------------------------------------------- */

/* (a, b, t): ordinary, saturated on both sides, zeros, ones. */
static const double inputs[][3] = {
    {0.4, 1.25, 0.7}, {-0.64, 2.385, 1.1}, {7, 6, -0.3},  {-5, 8, 2},
    {0, 1.5, 0.2},    {1, 1, 1},           {800, 900, 3}, {-800, 900, 3}};

START_TEST(graph_values)
{
    graph g;
    graph_forward(&g, 0.4, 1.25, 0.7);
    near(g.u, 0.5, 1e-15);
    near(g.s, 0.62245933120185456, 1e-15);
    near(g.s * (1 - g.s), 0.23500371220159449, 1e-15);
    near(g.y, 0.24898373248074182, 1e-15);
    near(g.L, (0.24898373248074182 - 0.7) * (0.24898373248074182 - 0.7), 1e-14);
    graph_forward(&g, -800, 900, 3); /* exp(720000) must not be asked for */
    ck_assert_double_eq(g.s, 0);
    ck_assert(isfinite(g.L));
}
END_TEST

START_TEST(forward_mode_is_reverse_mode)
{
    const double *in = inputs[_i], v[3] = {0.83, -1.7, 0.29},
                 w[2] = {-0.6, 1.9};
    graph g;
    real J1[2][3], J2[2][3], product[2];
    graph_forward(&g, in[0], in[1], in[2]);
    graph_jacobian_forward(J1, &g, in[0], in[1], in[2]);
    graph_jacobian_reverse(J2, &g, in[0], in[1], in[2]);
    for (int o = 0; o < 2; o++)
        for (int i = 0; i < 3; i++)
            ck_assert_double_eq_tol(J1[o][i], J2[o][i],
                                    1e-14 * (1 + fabs(J1[o][i])));
    graph_products(product, v, w, &g, in[0], in[1], in[2]);
    ck_assert_double_eq_tol(product[0], product[1],
                            1e-14 * (1 + fabs(product[0])));
    ck_assert_double_eq(J1[0][2], 0); /* y does not depend on t */
}
END_TEST

START_TEST(backward_adds)
{
    const double *in = inputs[_i];
    graph g;
    real z[3] = {0}, d[3] = {2.385, -0.64, 11};
    graph_forward(&g, in[0], in[1], in[2]);
    graph_backward(&z[0], &z[1], &z[2], 0.7, -1.3, &g, in[0], in[1], in[2]);
    graph_backward(&d[0], &d[1], &d[2], 0.7, -1.3, &g, in[0], in[1], in[2]);
    ck_assert_double_eq(d[0], 2.385 + z[0]);
    ck_assert_double_eq(d[1], -0.64 + z[1]);
    ck_assert_double_eq(d[2], 11 + z[2]);
}
END_TEST

static int graph_loss(void *context, double f[2])
{
    const double *in = context;
    graph g;
    graph_forward(&g, in[0], in[1], in[2]);
    f[0] = 0.7 * g.y - 1.3 * g.L;
    return 0;
}

static hg_verdict verdict(hg_loss loss, double *x, int n, const double *grad)
{
    hg_tensor t = {
        .name = "x", .rank = 1, .shape = {n}, .data = x, .grad = grad};
    hg_result r;
    ck_assert_int_eq(hg_differences(loss, x, &t, &r), HG_OK);
    return r.verdict;
}

/* The gradient agrees; each of these mistakes in it does not. */
START_TEST(mistakes_in_the_graph)
{
    double in[3] = {-0.64, 2.385, 1.1}, d[3] = {0};
    graph g;
    graph_forward(&g, in[0], in[1], in[2]);
    graph_backward(&d[0], &d[1], &d[2], 0.7, -1.3, &g, in[0], in[1], in[2]);
    ck_assert_int_eq(verdict(graph_loss, in, 3, d), HG_AGREES);
    double dy = 0.7 - 2.6 * (g.y - in[2]), ds = in[0] * dy;
    double du = g.s * (1 - g.s) * ds;
    const double wrong[][3] = {
        {g.s * dy, d[1], d[2]},                     /* one use of a forgotten */
        {in[1] * du, d[1], d[2]},                   /* the other */
        {-d[0], -d[1], -d[2]},                      /* the sign */
        {d[0], d[1], -d[2]},                        /* of t alone */
        {d[1], d[0], d[2]},                         /* two swapped */
        {d[0], in[0] * ds, d[2]},                   /* no sigmoid' */
        {d[0], in[0] * ds * g.u * (1 - g.u), d[2]}, /* taken at u, not at s */
        {d[0], d[1], d[2] / 2},      /* half of a square's slope */
        {d[0] * 1.0001, d[1], d[2]}, /* nearly right */
    };
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++)
        ck_assert_int_eq(verdict(graph_loss, in, 3, wrong[k]), HG_DISAGREES);
}
END_TEST

/* ---- kinks --------------------------------------------------------------- */

START_TEST(slopes_at_a_kink)
{
    double h = 0.5;
    for (int k = 0; k < 12; k++, h /= 10) {
        ck_assert_double_eq(backward_quotient(absolute_of, 0, h), -1);
        ck_assert_double_eq(forward_quotient(absolute_of, 0, h), 1);
        ck_assert_double_eq(central_quotient(absolute_of, 0, h), 0);
        ck_assert_double_eq(backward_quotient(relu_of, 0, h), 0);
        ck_assert_double_eq(forward_quotient(relu_of, 0, h), 1);
        ck_assert_double_eq(central_quotient(relu_of, 0, h), 0.5);
    }
    ck_assert_double_eq(relu_of(-2.5), 0);
    ck_assert_double_eq(relu_of(2.5), 2.5);
    ck_assert_double_eq(absolute_of(-2.5), 2.5);
}
END_TEST

/* ---- the softmax and its mistakes ---------------------------------------- */

enum { MOST = 7 };

static double largest_difference(int n, const double a[n], const double b[n])
{
    double most = 0;
    for (int i = 0; i < n; i++)
        most = fmax(most, fabs(a[i] - b[i]));
    return most;
}

START_TEST(softmax_sums_to_one)
{
    int n = _i;
    rng g = rng_new(3, (uint64_t)n);
    double z[MOST], p[MOST], shifted[MOST], sum = 0;
    for (int i = 0; i < n; i++)
        z[i] = 3 * rng_normal(&g);
    softmax_of(n, p, z);
    for (int i = 0; i < n; i++) {
        sum += p[i];
        z[i] += 750; /* exp(750) overflows */
    }
    near(sum, 1, 1e-15);
    softmax_of(n, shifted, z);
    ck_assert_double_le(largest_difference(n, p, shifted), 1e-13);
}
END_TEST

/* All ones: six of the seven wrong backwards give the right zero. Random
 * numbers: none gives the right gradient. */
START_TEST(six_of_seven_pass_the_sum)
{
    int n = _i, pass = 0;
    rng g = rng_new(4, (uint64_t)n);
    double z[MOST], p[MOST], up[MOST], ones[MOST], right[MOST], dz[MOST];
    for (int i = 0; i < n; i++) {
        z[i] = rng_normal(&g);
        up[i] = rng_normal(&g);
        ones[i] = 1;
    }
    softmax_of(n, p, z);
    for (int k = RIGHT + 1; k < MISTAKES; k++) {
        memset(right, 0, sizeof right);
        memset(dz, 0, sizeof dz);
        softmax_mistake(RIGHT, n, right, ones, p);
        softmax_mistake((mistake)k, n, dz, ones, p);
        pass += largest_difference(n, dz, right) < 1e-14;
        memset(right, 0, sizeof right);
        memset(dz, 0, sizeof dz);
        softmax_mistake(RIGHT, n, right, up, p);
        softmax_mistake((mistake)k, n, dz, up, p);
        ck_assert_double_gt(largest_difference(n, dz, right), 1e-3);
    }
    ck_assert_int_eq(pass, 6);
}
END_TEST

START_TEST(the_right_softmax_adds)
{
    double z[3] = {0.3, -1.1, 2.0}, p[3], dp[3] = {0.7, -1.3, 0.4};
    double once[3] = {0}, d[3] = {5, 6, 7};
    softmax_of(3, p, z);
    softmax_mistake(RIGHT, 3, once, dp, p);
    softmax_mistake(RIGHT, 3, d, dp, p);
    for (int i = 0; i < 3; i++)
        ck_assert_double_eq(d[i], 5 + i + once[i]);
    near(softmax_loss(3, z, dp), dp[0] * p[0] + dp[1] * p[1] + dp[2] * p[2],
         1e-15);
}
END_TEST

static int sum_loss(void *context, double f[2])
{
    const double ones[4] = {1, 1, 1, 1};
    f[0] = softmax_loss(4, context, ones);
    return 0;
}

static int weighted_loss(void *context, double f[2])
{
    const double up[4] = {0.7, -1.3, 0.4, 2.1};
    f[0] = softmax_loss(4, context, up);
    return 0;
}

/* With the sum as the loss the checker will not say that zero is right. */
START_TEST(the_sum_is_undecided)
{
    double z[4] = {0.3, -1.1, 2.0, 0.9}, p[4], dz[4] = {0};
    const double up[4] = {0.7, -1.3, 0.4, 2.1}, zero[4] = {0};
    ck_assert_int_eq(verdict(sum_loss, z, 4, zero), HG_UNDECIDED);
    ck_assert_int_eq(verdict(weighted_loss, z, 4, zero), HG_DISAGREES);
    softmax_of(4, p, z);
    softmax_mistake(RIGHT, 4, dz, up, p);
    ck_assert_int_eq(verdict(weighted_loss, z, 4, dz), HG_AGREES);
}
END_TEST

/* -------------------------------------------------------------------------- */

#define ADD_LOOP(suite, test, from, to)                                        \
    do {                                                                       \
        TCase *loop_ = tcase_create(#test);                                    \
        tcase_set_timeout(loop_, 120);                                         \
        tcase_add_loop_test(loop_, test, from, to);                            \
        suite_add_tcase(suite, loop_);                                         \
    } while (0)

int main(void)
{
    Suite *suite = suite_create("01_derivatives");
    int points = sizeof inputs / sizeof *inputs;
    ADD_LOOP(suite, derivatives_are_the_reference, 0, 2);
    SUITE_ADD(suite, published_slopes);
    ADD_LOOP(suite, three_types_agree, 0, 2);
    ADD_LOOP(suite, orders_of_truncation, 0, 2);
    ADD_LOOP(suite, optimum_is_the_minimum, 0, 2);
    ADD_LOOP(suite, complex_step_has_no_rounding, 0, 2);
    ADD_LOOP(suite, ridders_and_its_estimate, 0, 2);
    SUITE_ADD(suite, quotients_of_polynomials);
    ADD_LOOP(suite, float_has_few_digits, 0, 2);
    SUITE_ADD(suite, noise_is_measured);
    SUITE_ADD(suite, graph_values);
    ADD_LOOP(suite, forward_mode_is_reverse_mode, 0, points);
    ADD_LOOP(suite, backward_adds, 0, points);
    SUITE_ADD(suite, mistakes_in_the_graph);
    SUITE_ADD(suite, slopes_at_a_kink);
    ADD_LOOP(suite, softmax_sums_to_one, 1, MOST + 1);
    ADD_LOOP(suite, six_of_seven_pass_the_sum, 2, MOST + 1);
    SUITE_ADD(suite, the_right_softmax_adds);
    SUITE_ADD(suite, the_sum_is_undecided);
    return suite_run(suite);
}
