/* SPDX-License-Identifier: MIT */
/* Tests of chapter 3: losses against their definitions in long double, shapes
 * with 1 among them, backward functions that add, invariants, mistakes that
 * must be caught, and what the page claims of training. */
#define CK_FLOATING_DIG 17
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "chapters/02_activations/activations.h"
#include "chapters/03_cross_entropy/article.h"
#include "chapters/03_cross_entropy/cross_entropy.h"
#include "chapters/03_cross_entropy/experiment.h"
#include "chapters/03_cross_entropy/logistic.h"
#include "chapters/03_cross_entropy/losses.h"
#include "chapters/03_cross_entropy/metrics.h"
#include "lib/check/handgrad.h"
#include "lib/rng.h"
#include "tests/suite.h"

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

static real *copy_of(int n, const real x[n])
{
    real *y = malloc((size_t)n * sizeof *y);
    ck_assert_ptr_nonnull(y);
    memcpy(y, x, (size_t)n * sizeof *y);
    return y;
}

static void near(double got, double want, double relative)
{
    ck_assert_double_eq_tol(got, want, relative * (1 + fabs(want)));
}

/* ---- one loss as a function of two arrays -------------------------------- */

typedef enum loss_of { MSE, BCE, CE, CLASSES, DENSE, BINARY } loss_of;

/* x is p or z, (B,C); y the labels. Two-class losses have N = B C numbers. */
typedef struct loss {
    loss_of kind;
    int B, C;
    real *x, *y, *dx, *dy, up;
    int *target;
} loss;

static const int sizes[][2] = {{1, 1}, {1, 4}, {3, 1}, {2, 3}, {5, 2}, {4, 7}};
enum { SIZES = sizeof sizes / sizeof *sizes };

static loss make_loss(loss_of kind, int B, int C)
{
    rng g = rng_new(3, (uint64_t)((int)kind + 10 * B + 100 * C));
    int n = B * C;
    loss l = {.kind = kind, .B = B, .C = C, .up = -1.37};
    l.x = numbers(n, 1.5, &g);
    l.y = numbers(n, 1, &g);
    l.dx = numbers(n, 1, &g);
    l.dy = numbers(n, 1, &g);
    l.target = malloc((size_t)B * sizeof *l.target);
    ck_assert_ptr_nonnull(l.target);
    for (int b = 0; b < B; b++)
        l.target[b] = rng_below(&g, C);
    for (int i = 0; i < n; i++) {
        if (kind == BCE || kind == CE)
            l.x[i] = sigmoid(l.x[i]);
        if (kind == BCE || kind == BINARY)
            l.y[i] = sigmoid(l.y[i]);
    }
    return l;
}

static void free_loss(loss *l)
{
    real *const all[] = {l->x, l->y, l->dx, l->dy};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    free(l->target);
}

static real forward(const loss *l, real *p, real *logp)
{
    int B = l->B, C = l->C;
    const real(*x)[C] = (const real(*)[C])l->x;
    const real(*y)[C] = (const real(*)[C])l->y;
    switch (l->kind) {
    case MSE: return mse_forward(B * C, l->x, l->y);
    case BCE: return bce_forward(B * C, l->x, l->y);
    case BINARY: return cross_entropy_binary_forward(B * C, l->x, l->y);
    case CE: return ce_forward(B, C, x, y);
    case CLASSES:
        return cross_entropy_forward(B, C, (real(*)[C])p, x, l->target);
    default:
        return cross_entropy_dense_forward(B, C, (real(*)[C])p,
                                           (real(*)[C])logp, x, y);
    }
}

static void backward(loss *l)
{
    int B = l->B, C = l->C;
    real *p = copy_of(B * C, l->x), *logp = copy_of(B * C, l->x);
    real(*dx)[C] = (real(*)[C])l->dx, (*dy)[C] = (real(*)[C])l->dy;
    const real(*x)[C] = (const real(*)[C])l->x;
    const real(*y)[C] = (const real(*)[C])l->y;
    forward(l, p, logp);
    switch (l->kind) {
    case MSE: mse_backward(B * C, l->dx, l->dy, l->up, l->x, l->y); break;
    case BCE: bce_backward(B * C, l->dx, l->dy, l->up, l->x, l->y); break;
    case BINARY:
        cross_entropy_binary_backward(B * C, l->dx, l->dy, l->up, l->x, l->y);
        break;
    case CE: ce_backward(B, C, dx, dy, l->up, x, y); break;
    case CLASSES:
        cross_entropy_backward(B, C, dx, l->up, (const real(*)[C])p, l->target);
        break;
    default:
        cross_entropy_dense_backward(B, C, dx, dy, l->up, (const real(*)[C])p,
                                     (const real(*)[C])logp, y);
    }
    free(p);
    free(logp);
}

static int value(void *context, double f[2])
{
    loss *l = context;
    real *p = copy_of(l->B * l->C, l->x), *logp = copy_of(l->B * l->C, l->x);
    f[0] = l->up * forward(l, p, logp);
    free(p);
    free(logp);
    return 0;
}

/* The definition, in long double, without any care for large numbers. */
static long double defined(const loss *l)
{
    long double sum = 0;
    for (int b = 0; b < l->B; b++) {
        long double all = 0;
        for (int c = 0; c < l->C; c++)
            all += expl((long double)l->x[b * l->C + c]);
        for (int c = 0; c < l->C; c++) {
            long double x = (long double)l->x[b * l->C + c];
            long double y = (long double)l->y[b * l->C + c];
            long double q = 1 / (1 + expl(-x));
            switch (l->kind) {
            case MSE: sum += (x - y) * (x - y) / l->C; break;
            case BCE:
                sum -= (y * logl(x) + (1 - y) * logl(1 - x)) / l->C;
                break;
            case BINARY:
                sum -= (y * logl(q) + (1 - y) * logl(1 - q)) / l->C;
                break;
            case CE: sum -= y * logl(x); break;
            case CLASSES: sum -= (c == l->target[b]) * (x - logl(all)); break;
            default: sum -= y * (x - logl(all));
            }
        }
    }
    return sum / l->B;
}

START_TEST(losses_are_their_definitions)
{
    for (loss_of k = MSE; k <= BINARY; k++)
        for (int i = 0; i < SIZES; i++) {
            loss l = make_loss(k, sizes[i][0], sizes[i][1]);
            double f[2];
            value(&l, f);
            near(f[0], l.up * (double)defined(&l), 1e-14);
            free_loss(&l);
        }
}
END_TEST

/* Backward adds: from a buffer of other numbers it must arrive at those numbers
 * plus the gradient. */
START_TEST(backward_adds)
{
    for (loss_of k = MSE; k <= BINARY; k++)
        for (int i = 0; i < SIZES; i++) {
            loss l = make_loss(k, sizes[i][0], sizes[i][1]);
            int n = l.B * l.C;
            real *x = copy_of(n, l.dx), *y = copy_of(n, l.dy);
            backward(&l);
            real *xx = copy_of(n, l.dx), *yy = copy_of(n, l.dy);
            memset(l.dx, 0, (size_t)n * sizeof *l.dx);
            memset(l.dy, 0, (size_t)n * sizeof *l.dy);
            backward(&l);
            for (int j = 0; j < n; j++) {
                near(xx[j], x[j] + l.dx[j], 1e-14);
                near(yy[j], y[j] + l.dy[j], 1e-14);
            }
            free(x), free(y), free(xx), free(yy);
            free_loss(&l);
        }
}
END_TEST

static hg_verdict verdict(loss *l, real *x, const real *dx)
{
    hg_tensor t = {
        .name = "x", .rank = 2, .shape = {l->B, l->C}, .data = x, .grad = dx};
    hg_result r;
    ck_assert_int_eq(hg_differences(value, l, &t, &r), HG_OK);
    return r.verdict;
}

/* The right gradient agrees with differences, and each of these mistakes does
 * not: sign, factors, a bit too much, missing, neighbours. */
START_TEST(mistakes_are_caught)
{
    const double factor[] = {-1, 2, 0.5, 0, 1 + 1e-6};
    for (loss_of k = MSE; k <= BINARY; k++) {
        loss l = make_loss(k, 4, 7);
        int n = l.B * l.C;
        memset(l.dx, 0, (size_t)n * sizeof *l.dx);
        memset(l.dy, 0, (size_t)n * sizeof *l.dy);
        backward(&l);
        ck_assert_int_eq(verdict(&l, l.x, l.dx), HG_AGREES);
        if (k != CLASSES)
            ck_assert_int_eq(verdict(&l, l.y, l.dy), HG_AGREES);
        real *wrong = copy_of(n, l.dx);
        for (size_t f = 0; f < sizeof factor / sizeof *factor; f++) {
            for (int i = 0; i < n; i++)
                wrong[i] = factor[f] * l.dx[i];
            ck_assert_int_eq(verdict(&l, l.x, wrong), HG_DISAGREES);
        }
        for (int i = 0; i < n; i++)
            wrong[i] = l.dx[(i + 1) % n];
        ck_assert_int_eq(verdict(&l, l.x, wrong), HG_DISAGREES);
        free(wrong);
        free_loss(&l);
    }
}
END_TEST

/* p - y is the gradient where the rows of y sum to 1, and not elsewhere. */
START_TEST(p_minus_y_needs_labels_that_sum_to_one)
{
    loss l = make_loss(DENSE, 3, 4);
    real p[3][4], logp[3][4], wrong[12];
    for (int normal = 0; normal < 2; normal++) {
        if (normal)
            for (int b = 0; b < 3; b++) {
                real s = 0;
                for (int c = 0; c < 3; c++)
                    s += l.y[4 * b + c];
                l.y[4 * b + 3] = 1 - s;
            }
        forward(&l, &p[0][0], &logp[0][0]);
        for (int i = 0; i < 12; i++)
            wrong[i] = l.up * (p[i / 4][i % 4] - l.y[i]) / 3;
        ck_assert_int_eq(verdict(&l, l.x, wrong),
                         normal ? HG_AGREES : HG_DISAGREES);
    }
    free_loss(&l);
}
END_TEST

/* ---- invariants ---------------------------------------------------------- */

START_TEST(gradient_rows_sum_to_zero_and_shifts_change_nothing)
{
    const loss_of kinds[] = {CLASSES, DENSE};
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < SIZES; i++) {
            loss l = make_loss(kinds[k], sizes[i][0], sizes[i][1]);
            int n = l.B * l.C;
            double before[2], after[2];
            memset(l.dx, 0, (size_t)n * sizeof *l.dx);
            value(&l, before);
            backward(&l);
            for (int b = 0; b < l.B; b++) {
                double sum = 0;
                for (int c = 0; c < l.C; c++) {
                    sum += l.dx[b * l.C + c];
                    l.x[b * l.C + c] += 123.25;
                }
                ck_assert_double_eq_tol(sum, 0, 1e-15 * (l.C + 3));
            }
            value(&l, after);
            near(after[0], before[0], 1e-13);
            free_loss(&l);
        }
}
END_TEST

START_TEST(a_fresh_classifier_costs_ln_C)
{
    for (int C = 1; C <= 10; C++) {
        real *z = calloc((size_t)C, sizeof *z),
             *p = calloc((size_t)C, sizeof *p);
        ck_assert(z && p);
        const int target[1] = {C - 1};
        near(cross_entropy_forward(1, C, (real(*)[C])p, (const real(*)[C])z,
                                   target),
             log((double)C), 1e-15);
        free(z);
        free(p);
    }
}
END_TEST

START_TEST(one_hot_rows_are_classes)
{
    loss a = make_loss(CLASSES, 5, 4), b = make_loss(DENSE, 5, 4);
    memcpy(b.x, a.x, 20 * sizeof *b.x);
    for (int i = 0; i < 20; i++)
        b.y[i] = i % 4 == a.target[i / 4];
    double f[2], g[2];
    value(&a, f);
    value(&b, g);
    near(f[0], g[0], 1e-15);
    memset(a.dx, 0, 20 * sizeof *a.dx);
    memset(b.dx, 0, 20 * sizeof *b.dx);
    backward(&a);
    backward(&b);
    for (int i = 0; i < 20; i++)
        near(a.dx[i], b.dx[i], 1e-15);
    free_loss(&a);
    free_loss(&b);
}
END_TEST

/* ---- what is large, small or at an edge ---------------------------------- */

START_TEST(large_logits_stay_finite)
{
    const real z[][2] = {{37, 0}, {800, 0}, {-800, 1}, {1e300, 0}, {-1e300, 1}};
    for (int k = 0; k < 5; k++) {
        real dz = 0, dy = 0;
        near(cross_entropy_binary_forward(1, &z[k][0], &z[k][1]), fabs(z[k][0]),
             1e-15);
        cross_entropy_binary_backward(1, &dz, &dy, 1, &z[k][0], &z[k][1]);
        ck_assert_double_eq(dz, z[k][0] > 0 ? 1 : -1);
    }
    real x[1][3] = {{1000, 0, -1000}}, p[1][3], logp[1][3];
    const real y[1][3] = {{0, 0, 1}};
    const int last[1] = {2};
    ck_assert_double_eq(cross_entropy_forward(1, 3, p, x, last), 2000);
    ck_assert_double_eq(cross_entropy_dense_forward(1, 3, p, logp, x, y), 2000);
    ck_assert(isinf(ce_forward(1, 3, p, y)));
}
END_TEST

START_TEST(certain_and_right_costs_nothing)
{
    const real p[] = {0, 1}, y[] = {0, 1};
    real dp[2] = {0}, dy[2] = {0};
    ck_assert_double_eq(bce_forward(2, p, y), 0);
    bce_backward(2, dp, dy, 1, p, y);
    ck_assert_double_eq(dp[0], 0.5);
    ck_assert_double_eq(dp[1], -0.5);
    ck_assert(isinf(dy[0]) && isinf(dy[1]));
    const real q[1][2] = {{0, 1}}, t[1][2] = {{0, 1}};
    ck_assert_double_eq(ce_forward(1, 2, q, t), 0);
}
END_TEST

/* ---- convexity ----------------------------------------------------------- */

/* The slope of the squared error behind a sigmoid, and both curvatures, against
 * differences of what they are derivatives of. */
START_TEST(curvatures_are_derivatives_of_slopes)
{
    const double h = 1e-5;
    for (int i = -20; i <= 20; i++)
        for (int y = 0; y <= 1; y++) {
            real z = i / 4.0, label = y, up[2], down[2], f[2];
            const real zs[2] = {z - h, z + h};
            for (int k = 0; k < 2; k++) {
                real dz = 0, dy = 0, p = sigmoid(zs[k]);
                cross_entropy_binary_backward(1, &dz, &dy, 1, &zs[k], &label);
                up[k] = dz;
                down[k] = mse_sigmoid_slope(zs[k], label);
                f[k] = mse_forward(1, &p, &label);
            }
            near(cross_entropy_binary_curvature(z), (up[1] - up[0]) / (2 * h),
                 1e-9);
            near(mse_sigmoid_curvature(z, label), (down[1] - down[0]) / (2 * h),
                 1e-9);
            near(mse_sigmoid_slope(z, label), (f[1] - f[0]) / (2 * h), 1e-9);
            ck_assert_double_gt(cross_entropy_binary_curvature(z), 0);
        }
    ck_assert_double_lt(mse_sigmoid_curvature(-0.7, 1), 0); /* p < 1/3 */
    ck_assert_double_eq(bce_curvature(1, 1), 1); /* without 0 times infinite */
    ck_assert_double_eq(bce_curvature(0, 0), 1);
    ck_assert_double_gt(mse_sigmoid_curvature(-0.69, 1), 0);
}
END_TEST

/* The Hessian times a random vector, against differences of the gradient, and
 * never a negative curvature. */
START_TEST(the_hessian_of_logistic_regression)
{
    enum { N = 6, D = 3 };
    rng g = rng_new(5, 0);
    real x[N][D], w[D + 1], v[D + 1], z[N], y[N], H[D + 1][D + 1];
    real grad[2][D + 1];
    const double h = 1e-5;
    for (int i = 0; i < N * D; i++)
        x[i / D][i % D] = rng_normal(&g);
    for (int n = 0; n < N; n++)
        y[n] = n % 2;
    for (int trial = 0; trial < 20; trial++) {
        for (int i = 0; i <= D; i++) {
            w[i] = rng_normal(&g);
            v[i] = rng_normal(&g);
        }
        logistic_forward(N, D, z, w, w[D], x, y);
        logistic_hessian(N, D, H, z, x);
        double along = logistic_curvature(N, D, v, z, x);
        ck_assert_double_ge(along, 0);
        for (int k = 0; k < 2; k++) {
            real moved[D + 1], dx[N][D] = {{0}}, dy[N] = {0}, dw[D] = {0};
            real db = 0;
            for (int i = 0; i <= D; i++)
                moved[i] = w[i] + (k ? h : -h) * v[i];
            logistic_forward(N, D, z, moved, moved[D], x, y);
            logistic_backward(N, D, dw, &db, dx, dy, 1, z, moved, x, y);
            memcpy(grad[k], dw, sizeof dw);
            grad[k][D] = db;
        }
        double vHv = 0;
        for (int i = 0; i <= D; i++) {
            double Hv = 0;
            for (int j = 0; j <= D; j++) {
                Hv += H[i][j] * v[j];
                near(H[i][j], H[j][i], 1e-15);
            }
            near(Hv, (grad[1][i] - grad[0][i]) / (2 * h), 1e-9);
            vHv += v[i] * Hv;
        }
        near(along, vHv, 1e-14);
    }
}
END_TEST

/* ---- the article's numbers ----------------------------------------------- */

/* Rows of C digits, all of them, one by one. */
START_TEST(digits_by_counting)
{
    enum { C = 4, ROWS = 10000 };
    double least = 0, one_hot = 0, right[C] = {0};
    for (int row = 0; row < ROWS; row++) {
        int digit[C], s = 0, first = 0, r = row;
        double floor_of_row = 0;
        for (int c = 0; c < C; c++, r /= 10) {
            digit[c] = r % 10;
            s += digit[c];
            first = digit[c] > digit[first] ? c : first;
        }
        int ones = 0;
        for (int c = 0; c < C; c++) {
            ones += digit[c] == 1;
            if (digit[c])
                floor_of_row -= digit[c] * log(digit[c] / (double)s);
        }
        one_hot += s == 1 && ones == 1;
        least += floor_of_row;
        right[first]++;
    }
    near(chance_of_one_hot(C), one_hot / ROWS, 1e-14);
    near(least_loss_of_digits(C), least / ROWS, 1e-12);
    for (int j = 0; j < C; j++)
        near(accuracy_of_constant(C, j), right[j] / ROWS, 1e-14);
}
END_TEST

START_TEST(backward_through_the_layer_adds)
{
    const real dz[2] = {2.385, -0.64}, W[2][3] = {{1, 2, 3}, {4, 5, 6}};
    const real a[3] = {0.1, -0.2, 0.3};
    real dW[2][3] = {{1, 1, 1}, {1, 1, 1}}, db[2] = {2, 2}, da[3] = {3, 3, 3};
    output_layer_backward(2, 3, dW, db, da, dz, W, a);
    for (int m = 0; m < 2; m++) {
        near(db[m], 2 + dz[m], 1e-15);
        for (int n = 0; n < 3; n++)
            near(dW[m][n], 1 + dz[m] * a[n], 1e-15);
    }
    for (int n = 0; n < 3; n++)
        near(da[n], 3 + W[0][n] * dz[0] + W[1][n] * dz[1], 1e-15);
}
END_TEST

START_TEST(metrics_of_a_table)
{
    const real p[] = {0.9, 0.6, 0.5, 0.2, 0.7, 0.1, 0.4};
    const real y[] = {1, 0, 1, 1, 1, 0, 0};
    confusion c = confusion_count(7, p, y);
    ck_assert_int_eq(c.tp, 2);
    ck_assert_int_eq(c.fp, 1);
    ck_assert_int_eq(c.fn, 2); /* p = 1/2 is not more than 1/2 */
    ck_assert_int_eq(c.tn, 2);
    near(accuracy(c), 4 / 7.0, 1e-15);
    near(precision(c), 2 / 3.0, 1e-15);
    near(recall(c), 0.5, 1e-15);
    near(f1_score(c), 2 * precision(c) * recall(c) / (precision(c) + recall(c)),
         1e-15);
    c = (confusion){.tn = 3};
    ck_assert(isnan(precision(c)) && isnan(recall(c)) && isnan(f1_score(c)));
    ck_assert(isnan(accuracy((confusion){0})));
}
END_TEST

/* ---- what training does -------------------------------------------------- */

/* Values of the same run computed elsewhere with 40 digits. */
START_TEST(separable_data_have_no_minimum)
{
    static const struct {
        long epoch;
        double loss, norm;
    } reference[] = {{1000, 0.435845322867444, 0.935763065584168},
                     {10000, 0.140117953734743, 3.85774993799908},
                     {100000, 0.0247126554606385, 9.41093968273521}};
    const real y[4] = {0, 0, 1, 1};
    learner l = {0};
    double before = HUGE_VAL, size = 0;
    for (long t = 1, k = 0; t <= 100000; t++) {
        learner_step(&l, 0.01, y);
        double now = hypot(l.w[0], l.w[1]);
        ck_assert_double_lt(l.loss, before);
        if (t > 1000)
            ck_assert_double_gt(now, size);
        before = l.loss;
        size = now;
        if (t == reference[k].epoch) {
            ck_assert_double_eq_tol(l.loss, reference[k].loss, 1e-12);
            ck_assert_double_eq_tol(now, reference[k++].norm, 1e-11);
        }
    }
    prediction law = predict_separable(0.01 * 100000);
    near(l.loss, law.loss, 0.06);
    near(size, law.norm, 0.01);
}
END_TEST

START_TEST(other_data_have_a_minimum)
{
    const real y[4] = {0, 1, 0, 1};
    learner l = {0};
    for (int t = 0; t < 50000; t++)
        learner_step(&l, 0.1, y);
    double s = -l.w[1];
    near(l.w[0], 3 * s, 1e-12);
    near(l.b, -4 * s, 1e-12);
    near(3 * sigmoid(-3 * s), sigmoid(s), 1e-12);
}
END_TEST

/* Cross-entropy separates the points soon from each start; the squared error is
 * never faster, and for some starts hopeless. */
START_TEST(the_squared_error_stalls)
{
    int unsolved = 0, faster = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        long a = steps_to_separate(seed, CROSS_ENTROPY, 0.1, 5000);
        long b = steps_to_separate(seed, SQUARED_ERROR, 0.1, 5000);
        ck_assert_int_ge(a, 0);
        unsolved += b < 0;
        faster += b >= 0 && b < a;
    }
    ck_assert_int_ge(unsolved, 3);
    ck_assert_int_eq(faster, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("03_cross_entropy");
    SUITE_ADD(suite, losses_are_their_definitions);
    SUITE_ADD(suite, backward_adds);
    SUITE_ADD(suite, mistakes_are_caught);
    SUITE_ADD(suite, p_minus_y_needs_labels_that_sum_to_one);
    SUITE_ADD(suite, gradient_rows_sum_to_zero_and_shifts_change_nothing);
    SUITE_ADD(suite, a_fresh_classifier_costs_ln_C);
    SUITE_ADD(suite, one_hot_rows_are_classes);
    SUITE_ADD(suite, large_logits_stay_finite);
    SUITE_ADD(suite, certain_and_right_costs_nothing);
    SUITE_ADD(suite, curvatures_are_derivatives_of_slopes);
    SUITE_ADD(suite, the_hessian_of_logistic_regression);
    SUITE_ADD(suite, digits_by_counting);
    SUITE_ADD(suite, backward_through_the_layer_adds);
    SUITE_ADD(suite, metrics_of_a_table);
    SUITE_ADD(suite, separable_data_have_no_minimum);
    SUITE_ADD(suite, other_data_have_a_minimum);
    SUITE_ADD(suite, the_squared_error_stalls);
    return suite_run(suite);
}
