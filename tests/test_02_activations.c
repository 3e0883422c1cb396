/* SPDX-License-Identifier: MIT */
/* Tests of chapter 2: values against references, invariants, finite results for
 * every finite input, backward functions that add, mistakes that must be caught,
 * and what the experiments claim. */
#define CK_FLOATING_DIG 17
#include "tests/suite.h"

#include <stdlib.h>
#include <string.h>

#include "chapters/02_activations/activations.h"
#include "chapters/02_activations/experiment.h"
#include "chapters/02_activations/naive.h"
#include "lib/check/handgrad.h"
#include "lib/rng.h"

static const double leak = 0.17;

/* Each array stands alone on the heap, so that the address sanitizer sees an
 * index that leaves it. */
static real *numbers(int n, double size, rng *g)
{
    real *x = malloc((size_t)n * sizeof *x);
    ck_assert_ptr_nonnull(x);
    for (int i = 0; i < n; i++)
        x[i] = size * rng_normal(g);
    return x;
}

/* A pair with one signature: drawn holds slopes or a mask where there are some. */
typedef void forward_fn(int n, real a[], const real drawn[], const real z[]);
typedef void backward_fn(int n, real dz[], const real da[], const real drawn[],
                         const real z[], const real a[]);

#define PAIR(name, FORWARD, BACKWARD)                                          \
    static void name##_f(int n, real a[], const real drawn[], const real z[])  \
    {                                                                          \
        (void)drawn;                                                           \
        FORWARD;                                                               \
    }                                                                          \
    static void name##_b(int n, real dz[], const real da[],                    \
                         const real drawn[], const real z[], const real a[])   \
    {                                                                          \
        (void)drawn, (void)z, (void)a;                                         \
        BACKWARD;                                                              \
    }

PAIR(sigmoid, sigmoid_forward(n, a, z), sigmoid_backward(n, dz, da, a))
PAIR(tanh, tanh_forward(n, a, z), tanh_backward(n, dz, da, a))
PAIR(relu, relu_forward(n, a, z), relu_backward(n, dz, da, z))
PAIR(leaky, leaky_relu_forward(n, a, leak, z),
     leaky_relu_backward(n, dz, da, leak, z))
PAIR(rrelu, rrelu_forward(n, a, drawn, z), rrelu_backward(n, dz, da, drawn, z))
PAIR(dropout, dropout_forward(n, a, drawn, z),
     dropout_backward(n, dz, da, drawn))
PAIR(softplus, softplus_forward(n, a, z), softplus_backward(n, dz, da, z))
PAIR(gelu, gelu_forward(n, a, z), gelu_backward(n, dz, da, z))
PAIR(gelu_tanh, gelu_tanh_forward(n, a, z), gelu_tanh_backward(n, dz, da, z))
PAIR(softmax, softmax_forward(n, a, z), softmax_backward(n, dz, da, a))

static const struct pair {
    const char *name;
    forward_fn *forward;
    backward_fn *backward;
} pairs[] = {
    {"sigmoid", sigmoid_f, sigmoid_b},
    {"tanh", tanh_f, tanh_b},
    {"relu", relu_f, relu_b},
    {"leaky", leaky_f, leaky_b},
    {"rrelu", rrelu_f, rrelu_b},
    {"dropout", dropout_f, dropout_b},
    {"softplus", softplus_f, softplus_b},
    {"gelu", gelu_f, gelu_b},
    {"gelu_tanh", gelu_tanh_f, gelu_tanh_b},
    {"softmax", softmax_f, softmax_b},
};

enum { PAIRS = sizeof pairs / sizeof *pairs };

static const int sizes[] = {1, 2, 3, 7};

enum { SIZES = sizeof sizes / sizeof *sizes };

static void close_to(const char *what, double got, double want, double relative)
{
    ck_assert_msg(fabs(got - want) <= relative * fabs(want),
                  "%s: got %.17g, wanted %.17g", what, got, want);
}

/* Values computed with 40 digits elsewhere, and rounded. */
START_TEST(values_are_those_of_the_references)
{
    close_to("sigmoid(-2)", sigmoid(-2), 0.11920292202211756, 1e-15);
    close_to("sigmoid(0.5)", sigmoid(0.5), 0.62245933120185456, 1e-15);
    close_to("sigmoid(-40)", sigmoid(-40), 4.2483542552915890e-18, 1e-15);
    close_to("slope(-2)", sigmoid_slope(-2), 0.10499358540350652, 1e-15);
    close_to("slope(2)", sigmoid_slope(2), 0.10499358540350652, 1e-15);
    close_to("tanh'(0.5)", tanh_slope(0.5), 0.78644773296592741, 1e-15);
    close_to("tanh'(10)", tanh_slope(10), 8.2446144557673974e-09, 1e-15);
    close_to("softplus(1)", softplus(1), 1.3132616875182228, 1e-15);
    close_to("softplus(-40)", softplus(-40), 4.2483542552915890e-18, 1e-15);
    close_to("softplus(800)", softplus(800), 800, 0);
    close_to("Phi(1)", normal_cdf(1), 0.84134474606854293, 1e-15);
    close_to("Phi(-10)", normal_cdf(-10), 7.6198530241605261e-24, 1e-13);
    real z[3] = {1, 2, 3}, p[3];
    close_to("lse", log_sum_exp_forward(3, p, z), 3.4076059644443803, 1e-15);
    close_to("p_1", p[0], 0.090030573170380458, 1e-15);
    close_to("p_3", p[2], 0.66524095577482189, 1e-15);
    close_to("mean slope", rrelu_mean_slope(1.0 / 8, 1.0 / 3), 11.0 / 48,
             1e-15);
}
END_TEST

START_TEST(the_two_forms_of_a_function_agree)
{
    rng g = rng_new(21, 0);
    for (int i = 0; i < 200; i++) {
        real z = 4 * rng_normal(&g), t, d = 0, one = 1;
        tanh_forward(1, &t, &z);
        ck_assert_double_eq_tol(t, 2 * sigmoid(2 * z) - 1, 1e-15);
        ck_assert_double_eq_tol(sigmoid(z) + sigmoid(-z), 1, 1e-15);
        ck_assert_double_eq_tol(softplus(z) - softplus(-z), z, 1e-14);
        tanh_backward(1, &d, &one, &t);
        ck_assert_double_eq_tol(d, tanh_slope(z), 1e-15);
        real two[2] = {0, z}, p[2];
        ck_assert_double_eq_tol(log_sum_exp_forward(2, p, two), softplus(z),
                                1e-14);
        ck_assert_double_eq_tol(p[1], sigmoid(z), 1e-15);
        real zs[2] = {z, -z}, a[2];
        gelu_forward(2, a, zs); /* z Phi(z) + z Phi(-z) = z */
        ck_assert_double_eq_tol(a[0] - a[1], z, 1e-14);
        gelu_tanh_forward(2, a, zs);
        ck_assert_double_eq_tol(a[0] - a[1], z, 1e-14);
    }
}
END_TEST

START_TEST(softmax_keeps_its_invariants)
{
    const int n = sizes[_i];
    rng g = rng_new(22, (uint64_t)n);
    real *z = numbers(n, 2, &g), *p = numbers(n, 1, &g), *q = numbers(n, 1, &g);
    real *J = numbers(n * n, 1, &g), *dp = numbers(n, 1, &g);
    real *dz = calloc((size_t)n, sizeof *dz), *v = numbers(n, 1, &g);
    softmax_forward(n, p, z);
    softmax_jacobian(n, (real(*)[n])J, p);
    softmax_backward(n, dz, dp, p);
    double sum = 0, total = 0, left = 0, right = 0;
    for (int i = 0; i < n; i++) {
        double row = 0, through = 0, forward = 0;
        sum += p[i];
        total += dz[i];
        for (int j = 0; j < n; j++) {
            row += J[i * n + j];
            through += J[j * n + i] * dp[j];
            forward += J[i * n + j] * v[j];
            ck_assert_double_eq_tol(J[i * n + j], J[j * n + i], 1e-16);
        }
        ck_assert_double_eq_tol(row, 0, 1e-15);
        ck_assert_double_eq_tol(through, dz[i], 1e-15);
        left += dp[i] * forward; /* dp.(J v) = (J'dp).v */
        right += dz[i] * v[i];
    }
    ck_assert_double_eq_tol(sum, 1, 1e-15);
    ck_assert_double_eq_tol(total, 0, 1e-15);
    ck_assert_double_eq_tol(left, right, 1e-14);
    double y = log_sum_exp_forward(n, q, z);
    ck_assert(memcmp(p, q, (size_t)n * sizeof *p) == 0);
    for (int i = 0; i < n; i++)
        z[i] += 512;
    ck_assert_double_eq_tol(log_sum_exp_forward(n, q, z), y + 512, 1e-12);
    for (int i = 0; i < n; i++)
        ck_assert_double_eq_tol(q[i], p[i], 1e-13);
    real *const all[] = {z, p, q, J, dp, dz, v};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}
END_TEST

/* Backward adds: a buffer of other numbers keeps them. */
START_TEST(backward_adds)
{
    const struct pair *f = &pairs[_i / SIZES];
    const int n = sizes[_i % SIZES];
    rng g = rng_new(23, (uint64_t)_i);
    real *z = numbers(n, 2, &g), *da = numbers(n, 1, &g);
    real *drawn = numbers(n, 1, &g), *a = numbers(n, 1, &g);
    real *full = numbers(n, 1, &g), *empty = calloc((size_t)n, sizeof *empty);
    real *was = malloc((size_t)n * sizeof *was);
    memcpy(was, full, (size_t)n * sizeof *was);
    f->forward(n, a, drawn, z);
    f->backward(n, full, da, drawn, z, a);
    f->backward(n, empty, da, drawn, z, a);
    for (int i = 0; i < n; i++)
        ck_assert_double_eq_tol(full[i], was[i] + empty[i], 1e-14);
    real *const all[] = {z, da, drawn, a, full, empty, was};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}
END_TEST

START_TEST(log_sum_exp_backward_adds)
{
    real z[3] = {0.3, -1.2, 2.4}, p[3], dz[3] = {5, 6, 7};
    log_sum_exp_forward(3, p, z);
    log_sum_exp_backward(3, dz, -0.7, p);
    for (int i = 0; i < 3; i++)
        ck_assert_double_eq_tol(dz[i], 5 + i - 0.7 * p[i], 1e-15);
}
END_TEST

static const double extremes[] = {
    0,     -0.0,   5e-324, -5e-324, 19,      -19,     37,  -37,
    88.8,  -88.8,  710,    -710,    746,     -746,    1e8, -1e8,
    1e103, -1e103, 1e160,  -1e160,  1.7e308, -1.7e308};

enum { EXTREMES = sizeof extremes / sizeof *extremes };

START_TEST(every_finite_input_gives_a_finite_output)
{
    const struct pair *f = &pairs[_i];
    for (int i = 0; i < EXTREMES; i++) {
        const real z[2] = {extremes[i], 0.4}, da[2] = {0.8, -0.3};
        const real drawn[2] = {0.25, 0.5};
        real a[2], dz[2] = {0};
        f->forward(2, a, drawn, z);
        f->backward(2, dz, da, drawn, z, a);
        for (int k = 0; k < 2; k++)
            ck_assert_msg(isfinite(a[k]) && isfinite(dz[k]),
                          "%s(%g): %g, gradient %g", f->name, z[k], a[k],
                          dz[k]);
    }
}
END_TEST

START_TEST(log_sum_exp_is_finite)
{
    for (int i = 0; i < EXTREMES; i++) {
        const real z[2] = {extremes[i], 0.4};
        real p[2];
        double y = log_sum_exp_forward(2, p, z);
        ck_assert(isfinite(y) && y >= fmax(z[0], z[1]));
        ck_assert(isfinite(softplus(z[0])) && softplus(z[0]) >= 0);
    }
}
END_TEST

START_TEST(the_naive_forms_break)
{
    const real right[3] = {707, 708, 709}, zero[3] = {707.6, 708.6, 709.6};
    const real nan[3] = {1000, 1001, 1002};
    real p[3];
    ck_assert(isnan(naive_sigmoid(710)) && !isnan(naive_sigmoid(709.7)));
    ck_assert(isnan(naive_tanh(-710)) && !isnan(naive_tanh(709.7)));
    ck_assert(isinf(naive_softplus(710)));
    ck_assert_double_eq(naive_softplus(-36.74), 0);
    ck_assert_double_gt(naive_softplus(-36.73), 0);
    naive_softmax(3, p, right);
    ck_assert_double_eq_tol(p[2], 0.66524095577482189, 1e-12);
    naive_softmax(3, p, zero); /* the sum is infinite */
    ck_assert_double_eq(p[2], 0);
    naive_softmax(3, p, nan);
    ck_assert(isnan(p[0]) && isnan(p[1]) && isnan(p[2]));
    ck_assert(isinf(naive_log_sum_exp(3, nan)));
    softmax_forward(3, p, nan);
    ck_assert_double_eq_tol(p[2], 0.66524095577482189, 1e-15);
    ck_assert_double_eq_tol(naive_gelu(1), 0.84134474606854293, 1e-15);
}
END_TEST

START_TEST(draws_are_what_they_should_be)
{
    enum { N = 20000 };
    real *r = malloc(N * sizeof *r), *m = malloc(N * sizeof *m);
    rng g = rng_new(24, 0), same = rng_new(24, 0);
    double sum = 0, kept = 0;
    rrelu_draw(N, r, 0.125, 0.5, &g);
    dropout_draw(N, m, 0.2, &g);
    for (int i = 0; i < N; i++) {
        ck_assert(r[i] >= 0.125 && r[i] < 0.5);
        ck_assert(m[i] == 0 || m[i] == 1 / (1 - 0.2));
        sum += r[i];
        kept += m[i] > 0;
    }
    ck_assert_double_eq_tol(sum / N, 0.3125, 4 * 0.375 / sqrt(12.0 * N));
    ck_assert_double_eq_tol(kept / N, 0.8, 4 * 0.4 / sqrt((double)N));
    real again[3];
    rrelu_draw(3, again, 0.125, 0.5, &same);
    ck_assert(memcmp(again, r, sizeof again) == 0);
    dropout_draw(3, again, 0, &g); /* p = 0 keeps all, p = 1 drops all */
    ck_assert(again[0] == 1 && again[1] == 1 && again[2] == 1);
    dropout_draw(3, again, 1, &g);
    ck_assert(again[0] == 0 && again[1] == 0 && again[2] == 0);
    free(r);
    free(m);
}
END_TEST

/* ---- mistakes ------------------------------------------------------------ */

enum { M = 7 };

typedef struct setup {
    const struct pair *f;
    real z[M], up[M], drawn[M], a[M], dz[M];
} setup;

static int loss(void *context, double out[2])
{
    setup *s = context;
    s->f->forward(M, s->a, s->drawn, s->z);
    for (int i = 0; i < M; i++)
        out[0] += s->up[i] * s->a[i];
    return 0;
}

static setup make(int pair)
{
    setup s = {.f = &pairs[pair]};
    rng g = rng_new(25, (uint64_t)pair);
    for (int i = 0; i < M; i++) {
        s.z[i] = (i % 2 ? -1 : 1) * (0.3 + fabs(rng_normal(&g)));
        s.up[i] = rng_normal(&g);
        s.drawn[i] = rng_between(&g, 0.125, 0.375);
    }
    s.f->forward(M, s.a, s.drawn, s.z);
    s.f->backward(M, s.dz, s.up, s.drawn, s.z, s.a);
    return s;
}

static hg_verdict verdict(setup *s, const real grad[M])
{
    const hg_tensor t = {
        .name = "z", .rank = 1, .shape = {M}, .data = s->z, .grad = grad};
    hg_result r;
    ck_assert_int_eq(hg_differences(loss, s, &t, &r), HG_OK);
    return r.verdict;
}

START_TEST(mistakes_in_any_gradient_are_caught)
{
    setup s = make(_i);
    const double factor[] = {-1, 2, 0.5, 0, 1 + 1e-6};
    real wrong[M];
    ck_assert_int_eq(verdict(&s, s.dz), HG_AGREES);
    for (size_t f = 0; f < sizeof factor / sizeof *factor; f++) {
        for (int i = 0; i < M; i++)
            wrong[i] = factor[f] * s.dz[i];
        ck_assert_int_eq(verdict(&s, wrong), HG_DISAGREES);
    }
    memcpy(wrong, s.dz, sizeof wrong);
    wrong[4] *= 1.001; /* one entry alone */
    ck_assert_int_eq(verdict(&s, wrong), HG_DISAGREES);
}
END_TEST

/* What people write: the derivative at the input, the other form's, one path. */
START_TEST(typical_mistakes_are_caught)
{
    real wrong[M] = {0};
    setup s = make(1);
    for (int i = 0; i < M; i++)
        wrong[i] = s.up[i] * (1 - s.z[i] * s.z[i]);
    ck_assert_int_eq(verdict(&s, wrong), HG_DISAGREES);
    s = make(0);
    for (int i = 0; i < M; i++)
        wrong[i] = s.up[i] * s.z[i] * (1 - s.z[i]);
    ck_assert_int_eq(verdict(&s, wrong), HG_DISAGREES);
    s = make(5); /* dropout without its mask */
    ck_assert_int_eq(verdict(&s, s.up), HG_DISAGREES);
    s = make(8); /* GELU: the other form's gradient */
    memset(wrong, 0, sizeof wrong);
    gelu_backward(M, wrong, s.up, s.z);
    ck_assert_int_eq(verdict(&s, wrong), HG_DISAGREES);
    s = make(9); /* softmax: the diagonal alone */
    for (int i = 0; i < M; i++)
        wrong[i] = s.up[i] * s.a[i] * (1 - s.a[i]);
    ck_assert_int_eq(verdict(&s, wrong), HG_DISAGREES);
    s = make(2); /* the kink is not a mistake, and not a proof */
    s.z[3] = 0;
    memset(s.dz, 0, sizeof s.dz);
    relu_backward(M, s.dz, s.up, s.z);
    ck_assert_int_eq(verdict(&s, s.dz), HG_UNDECIDED);
}
END_TEST

/* ---- what the experiments claim ------------------------------------------ */

START_TEST(the_slope_from_the_output_is_as_good_as_its_condition)
{
    for (double z = 1; z < 18; z += 0.37) {
        const real at = z, one = 1;
        real a, d = 0;
        tanh_forward(1, &a, &at);
        tanh_backward(1, &d, &one, &a);
        double error = fabs(d - tanh_slope(at)) / tanh_slope(at);
        ck_assert_double_le(error, (tanh_condition(z) + 4) * 0x1p-52);
    }
}
END_TEST

START_TEST(tanh_never_reaches_the_target)
{
    const double y = 1.5, rate = 0.1;
    for (double start = -2; start <= 2; start += 0.5) {
        double w = start, last = 10;
        for (int t = 1; t <= 20000; t++) {
            real dw = 0;
            double l = reach_loss(&dw, y, w);
            ck_assert(l < last && l > 0.25);
            last = l;
            w -= rate * dw;
        }
        ck_assert_double_eq_tol(w, reach_weight(y, rate, 20000), 0.005);
        ck_assert_double_eq_tol(last - 0.25, reach_excess(rate, 20000),
                                0.01 * reach_excess(rate, 20000));
    }
}
END_TEST

#define LOOP(suite, test, n)                                                   \
    do {                                                                       \
        TCase *case_ = tcase_create(#test);                                    \
        tcase_set_timeout(case_, 120);                                         \
        tcase_add_loop_test(case_, test, 0, n);                                \
        suite_add_tcase(suite, case_);                                         \
    } while (0)

int main(void)
{
    Suite *suite = suite_create("02_activations");
    SUITE_ADD(suite, values_are_those_of_the_references);
    SUITE_ADD(suite, the_two_forms_of_a_function_agree);
    LOOP(suite, softmax_keeps_its_invariants, SIZES);
    LOOP(suite, backward_adds, PAIRS * SIZES);
    SUITE_ADD(suite, log_sum_exp_backward_adds);
    LOOP(suite, every_finite_input_gives_a_finite_output, PAIRS);
    SUITE_ADD(suite, log_sum_exp_is_finite);
    SUITE_ADD(suite, the_naive_forms_break);
    SUITE_ADD(suite, draws_are_what_they_should_be);
    LOOP(suite, mistakes_in_any_gradient_are_caught, PAIRS);
    SUITE_ADD(suite, typical_mistakes_are_caught);
    SUITE_ADD(suite, the_slope_from_the_output_is_as_good_as_its_condition);
    SUITE_ADD(suite, tanh_never_reaches_the_target);
    return suite_run(suite);
}
