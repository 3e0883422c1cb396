/* SPDX-License-Identifier: MIT */
/* Tests of the optimisers: three steps on f(w) = (w - 3)^2 / 2 from w = 0 with
 * rate 0.1, against values computed with high precision elsewhere
 * (tests/reference/expected.tsv, keys opt.*); updates against sums over the past
 * in long double; every backward against central differences, into gradients that
 * are not empty; schedules, penalties, and the networks of the chapter. */
#define CK_FLOATING_DIG 17
#include <check.h>
#include <string.h>

#include "chapters/03_cross_entropy/losses.h"
#include "chapters/05_optimizers/classifier.h"
#include "chapters/05_optimizers/landscapes.h"
#include "chapters/05_optimizers/listing.h"
#include "chapters/05_optimizers/optimizers.h"
#include "chapters/05_optimizers/penalty.h"
#include "chapters/05_optimizers/ridge.h"
#include "chapters/05_optimizers/schedules.h"
#include "chapters/05_optimizers/unrolled.h"
#include "chapters/05_optimizers/xor.h"
#include "lib/sample.h"
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
    real huge[2] = {3e200, -4e200}; /* its square cannot be stored */
    CLOSE(clip_by_norm(2, huge, 1), 5e200);
    CLOSE(re(huge[0]), 0.6);
    CLOSE(re(huge[1]), -0.8);
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

/* ---- more rules, as computed elsewhere ------------------------------------ */

START_TEST(nesterov_as_computed)
{
    const double want[] = {0.57, 1.2747, 2.018037};
    real w = 0, m = 0;
    for (int t = 0; t < 3; t++) {
        real g = w - 3;
        nesterov(1, &w, &m, &g, 0.1, 0.9);
        CLOSE(w, want[t]);
    }
}
END_TEST

START_TEST(rmsprop_as_computed)
{
    const double want[] = {0.31622776268350464, 0.53317921666906808,
                           0.70823420526277415};
    real w = 0, v = 0;
    for (int t = 0; t < 3; t++) {
        real g = w - 3;
        rmsprop(1, &w, &v, &g, 0.1, 0.9, 1e-8);
        CLOSE(w, want[t]);
    }
}
END_TEST

START_TEST(decay_as_computed)
{
    const double apart[] = {0.099999999666666668, 0.19979729224978218,
                            0.29931884368015421};
    const double within[] = {0.099999999666666668, 0.19989610035708799,
                             0.29961398955094361};
    real w[2] = {0}, m[2] = {0}, v[2] = {0};
    for (int t = 0; t < 3; t++) {
        real g[2] = {w[0] - 3, w[1] - 3 + 0.01 * w[1]};
        adamw(1, &w[0], &m[0], &v[0], &g[0], t + 1, adam_usual(0.1), 0.01);
        adam(1, &w[1], &m[1], &v[1], &g[1], t + 1, adam_usual(0.1));
        CLOSE(w[0], apart[t]);
        CLOSE(w[1], within[t]);
    }
}
END_TEST

/* ---- updates against sums over the past ------------------------------------ */

enum { N = 4, T = 9, RULES = 6 };

static const adam_rule odd = {0.07, 0.83, 0.91, 1e-4};

/* Entry i of rule k after T steps from 0, from the definition, in long double. */
static double by_sums(int k, int i, const real g[T][N])
{
    long double w = 0, top = 0;
    for (int t = 0; t < T; t++) {
        long double first = 0, ones = 0, second = 0, squares = 0, b = 1, r = 1;
        for (int s = t; s >= 0; s--) {
            first += b * g[s][i];
            ones += b;
            second += r * g[s][i] * g[s][i];
            squares += r;
            b *= odd.beta1;
            r *= odd.beta2;
        }
        long double m = (1 - (long double)odd.beta1) * first;
        long double v = (1 - (long double)odd.beta2) * second;
        top = fmaxl(top, v);
        const long double step[RULES] = {
            g[t][i],
            first,
            g[t][i] + odd.beta1 * first,
            g[t][i] / (sqrtl(v) + odd.epsilon),
            first / ones / (sqrtl(second / squares) + odd.epsilon),
            m / (sqrtl(top) + odd.epsilon),
        };
        w -= odd.rate * step[k];
    }
    return (double)w;
}

static void by_rule(int k, int n, real w[n], const real g[T][N])
{
    real m[N] = {0}, v[N] = {0}, top[N] = {0};
    memset(w, 0, (size_t)n * sizeof *w);
    for (int t = 0; t < T; t++)
        switch (k) {
        case 0: gradient_descent(n, w, g[t], odd.rate); break;
        case 1: momentum(n, w, m, g[t], odd.rate, odd.beta1); break;
        case 2: nesterov(n, w, m, g[t], odd.rate, odd.beta1); break;
        case 3: rmsprop(n, w, v, g[t], odd.rate, odd.beta2, odd.epsilon); break;
        case 4: adam(n, w, m, v, g[t], t + 1, odd); break;
        default: amsgrad(n, w, m, v, top, g[t], odd); break;
        }
}

START_TEST(updates_are_sums_over_the_past)
{
    real g[T][N], w[N];
    rng draws = rng_new(7, 1);
    fill_normal(T * N, (real *)g, 2, &draws);
    for (int n = 1; n <= N; n += 3) {
        by_rule(_i, n, w, (const real(*)[N])g);
        for (int i = 0; i < n; i++)
            CLOSE(w[i], by_sums(_i, i, (const real(*)[N])g));
    }
}
END_TEST

START_TEST(first_steps)
{
    real w[3] = {0}, m[3] = {0}, v[3] = {0}, g[3] = {250, -1, 2e-3};
    adam(3, w, m, v, g, 1, adam_usual(0.01));
    for (int i = 0; i < 3; i++)
        CLOSE(w[i], -0.01 * g[i] / (fabs(g[i]) + 1e-8));
    memset(w, 0, sizeof w);
    memset(m, 0, sizeof m);
    memset(v, 0, sizeof v);
    adam_rule exact = {0.01, 0.9, 0.999, 0};
    adam_uncorrected(3, w, m, v, g, exact);
    for (int i = 0; i < 3; i++)
        ck_assert_double_eq_tol(fabs(w[i]), 0.01 * 0.1 / sqrt(0.001), 1e-15);
}
END_TEST

START_TEST(without_decay_adamw_is_adam)
{
    real w[2][3] = {{1, -2, 3}, {1, -2, 3}}, m[2][3] = {{0}}, v[2][3] = {{0}};
    const real g[3] = {0.3, -0.2, 4};
    for (int t = 1; t <= 5; t++) {
        adam(3, w[0], m[0], v[0], g, t, odd);
        adamw(3, w[1], m[1], v[1], g, t, odd, 0);
    }
    ck_assert_mem_eq(w[0], w[1], sizeof w[0]);
}
END_TEST

/* The largest v never falls; where v only rises AMSGrad is Adam uncorrected. */
START_TEST(amsgrad_remembers)
{
    real w[2] = {0}, m[2] = {0}, v[2] = {0}, top = 0, last = 0;
    for (int t = 0; t < 20; t++) {
        real g = t < 10 ? 1 + t : 0.1;
        amsgrad(1, &w[0], &m[0], &v[0], &top, &g, odd);
        adam_uncorrected(1, &w[1], &m[1], &v[1], &g, odd);
        ck_assert_double_ge(top, last);
        ck_assert_double_ge(top, v[0]);
        last = top;
        if (t < 10)
            ck_assert_double_eq(w[0], w[1]);
    }
    ck_assert_double_gt(top, v[0]);
    ck_assert_double_lt(fabs(w[0]), fabs(w[1]));
}
END_TEST

/* ---- backward functions against central differences ----------------------- */

typedef double loss(void *context);

/* The derivative of f by *x. */
static double slope(loss *f, void *context, real *x)
{
    const real kept = *x, h = 1e-5 * fmax(1, fabs(kept));
    *x = kept + h;
    double up = f(context), above = *x;
    *x = kept - h;
    double down = f(context), below = *x;
    *x = kept;
    return (up - down) / (above - below);
}

/* How far n entries of a gradient, which started at FULL, are from the slopes,
 * relative to the largest. */
#define FULL 2.5
static double apart(loss *f, void *context, int n, real x[], const real dx[])
{
    double worst = 0, largest = 1e-3;
    for (int i = 0; i < n; i++) {
        double want = slope(f, context, &x[i]);
        worst = fmax(worst, fabs(dx[i] - FULL - want));
        largest = fmax(largest, fabs(want));
    }
    return worst / largest;
}

static void fill(int n, real x[n])
{
    for (int i = 0; i < n; i++)
        x[i] = FULL;
}

#define AGREES(f, context, n, x, dx)                                           \
    ck_assert_double_lt(apart(f, context, n, (real *)(x), (const real *)(dx)), \
                        1e-8)

/* One step of rule _i with n parameters. */
typedef struct step {
    int rule, n;
    real w[N], m[N], v[N], top[N], g[N], up[4][N];
    real dw[N], dm[N], dv[N], dtop[N], dg[N];
} step;

static void take(const step *s, real w[N], real m[N], real v[N], real top[N])
{
    memcpy(w, s->w, sizeof s->w);
    memcpy(m, s->m, sizeof s->m);
    memcpy(v, s->v, sizeof s->v);
    memcpy(top, s->top, sizeof s->top);
    switch (s->rule) {
    case 0: gradient_descent(s->n, w, s->g, odd.rate); break;
    case 1: momentum(s->n, w, m, s->g, odd.rate, odd.beta1); break;
    case 2: nesterov(s->n, w, m, s->g, odd.rate, odd.beta1); break;
    case 3: rmsprop(s->n, w, v, s->g, odd.rate, odd.beta2, odd.epsilon); break;
    case 4: adam(s->n, w, m, v, s->g, 3, odd); break;
    case 5: amsgrad(s->n, w, m, v, top, s->g, odd); break;
    default: adamw(s->n, w, m, v, s->g, 3, odd, 1.5); break;
    }
}

static double step_loss(void *context)
{
    const step *s = context;
    real w[N], m[N], v[N], top[N];
    double F = 0;
    take(s, w, m, v, top);
    for (int i = 0; i < s->n; i++)
        F += s->up[0][i] * w[i] + s->up[1][i] * m[i] + s->up[2][i] * v[i] +
             s->up[3][i] * top[i];
    return F;
}

static void step_backward_of(step *s)
{
    real w[N], m[N], v[N], top[N];
    take(s, w, m, v, top);
    switch (s->rule) {
    case 0: gradient_descent_backward(s->n, s->dg, s->dw, odd.rate); break;
    case 1:
        momentum_backward(s->n, s->dm, s->dg, s->dw, odd.rate, odd.beta1);
        break;
    case 2:
        nesterov_backward(s->n, s->dm, s->dg, s->dw, odd.rate, odd.beta1);
        break;
    case 3:
        rmsprop_backward(s->n, s->dv, s->dg, s->dw, v, s->g, odd.rate,
                         odd.beta2, odd.epsilon);
        break;
    case 4:
        adam_backward(s->n, s->dm, s->dv, s->dg, s->dw, m, v, s->g, 3, odd);
        break;
    case 5:
        amsgrad_backward(s->n, s->dm, s->dv, s->dtop, s->dg, s->dw, m, v,
                         s->top, s->g, odd);
        break;
    default:
        adamw_backward(s->n, s->dw, s->dm, s->dv, s->dg, m, v, s->g, 3, odd,
                       1.5);
    }
}

START_TEST(updates_backward)
{
    for (int n = 1; n <= N; n += 3) {
        step s = {.rule = _i, .n = n};
        rng draws = rng_new(11, (uint64_t)_i);
        fill_normal(N, s.w, 1, &draws);
        fill_normal(N, s.m, 1, &draws);
        fill_normal(N, s.g, 1, &draws);
        fill_normal(4 * N, (real *)s.up, 1, &draws);
        for (int i = 0; i < N; i++) {
            s.v[i] = rng_between(&draws, 0.2, 2);
            s.top[i] = i % 2 ? 0.1 : 3; /* below v, above it */
        }
        fill(N, s.dg);
        memcpy(s.dw, s.up[0], sizeof s.dw);
        memcpy(s.dm, s.up[1], sizeof s.dm);
        memcpy(s.dv, s.up[2], sizeof s.dv);
        memcpy(s.dtop, s.up[3], sizeof s.dtop);
        step_backward_of(&s);
        for (int i = 0; i < n; i++) { /* those are turned, not added to */
            s.dw[i] += FULL;
            s.dm[i] += FULL;
            s.dv[i] += FULL;
            s.dtop[i] += FULL;
        }
        AGREES(step_loss, &s, n, s.w, s.dw);
        AGREES(step_loss, &s, n, s.m, s.dm);
        AGREES(step_loss, &s, n, s.v, s.dv);
        AGREES(step_loss, &s, n, s.top, s.dtop);
        AGREES(step_loss, &s, n, s.g, s.dg);
        s.dg[0] += 0.01 * (1 + fabs(s.dg[0])); /* a control */
        ck_assert_double_gt(apart(step_loss, &s, n, s.g, s.dg), 1e-3);
    }
}
END_TEST

/* ---- schedules ------------------------------------------------------------ */

START_TEST(schedules_as_computed)
{
    CLOSE(rate_steps(0.1, 0.5, 10, 25), 0.025);
    CLOSE(rate_exponential(0.1, 0.05, 25), 0.02865047968601901);
    CLOSE(rate_inverse(0.1, 0.05, 25), 0.044444444444444444);
    CLOSE(rate_cosine(0.1, 0.001, 25, 100), 0.085501785668734102);
    CLOSE(rate_warm_up(512, 4000, 4000), 0.00069877124296868428);
}
END_TEST

START_TEST(schedules_at_their_ends)
{
    for (int t = 0; t < 40; t++) {
        CLOSE(rate_steps(0.3, 0.25, 10, t), 0.3 * (t < 10   ? 1
                                                   : t < 20 ? 0.25
                                                   : t < 30 ? 0.0625
                                                            : 0.015625));
        if (t > 0)
            ck_assert_double_lt(rate_cosine(1, 0.1, t, 40),
                                rate_cosine(1, 0.1, t - 1, 40));
    }
    CLOSE(rate_exponential(0.3, 0.2, 0), 0.3);
    CLOSE(rate_inverse(0.3, 0.2, 0), 0.3);
    CLOSE(rate_cosine(0.3, 0.1, 0, 7), 0.3);
    CLOSE(rate_cosine(0.3, 0.1, 3.5, 7), 0.2);
    CLOSE(rate_cosine(0.3, 0.1, 7, 7), 0.1);
    ck_assert_double_gt(rate_warm_up(64, 100, 100), rate_warm_up(64, 100, 99));
    ck_assert_double_gt(rate_warm_up(64, 100, 100), rate_warm_up(64, 100, 101));
}
END_TEST

START_TEST(restarts)
{
    const double want[] = {10, 30, 70, 150, 310};
    for (int n = 1; n <= 5; n++) {
        ck_assert_int_eq(restart_epoch(10, 2, n), (long)want[n - 1]);
        CLOSE(rate_restarts(0.5, 0.01, 10, 2, want[n - 1]), 0.5);
        ck_assert_double_lt(rate_restarts(0.5, 0.01, 10, 2, want[n - 1] - 1e-3),
                            0.0101);
    }
    for (double t = 0; t < 3; t += 0.25) /* equal periods */
        CLOSE(rate_restarts(1, 0, 3, 1, t + 3), rate_restarts(1, 0, 3, 1, t));
}
END_TEST

/* ---- penalties -------------------------------------------------------------- */

START_TEST(two_norms)
{
    const real W[2][2] = {{3, 0}, {0, 4}}, row[1][3] = {{1, -2, 0.5}};
    real u[2], v[2], one[1], three[3], dW[2][2] = {{FULL, FULL}, {FULL, FULL}};
    CLOSE(frobenius_forward(2, 2, W, 1), 25);
    CLOSE(spectral_forward(2, 2, u, v, W, 1, 100), 16);
    CLOSE(frobenius_forward(1, 3, row, 0.01), 0.0525);
    CLOSE(spectral_forward(1, 3, one, three, row, 0.01, 10), 0.0525);
    const real slanted[2][2] = {{0, 0},
                                {1.1, -1}}; /* at a right angle to (1, 1.1) */
    CLOSE(spectral_forward(2, 2, u, v, slanted, 1, 10), 2.21);
    spectral_forward(2, 2, u, v, W, 1, 100);
    spectral_backward(2, 2, dW, 0.5, u, v, W, 0.3);
    ck_assert_double_eq_tol(dW[0][0], FULL, 1e-12);
    ck_assert_double_eq_tol(dW[1][1], FULL + 0.5 * 2 * 0.3 * 4, 1e-12);
    frobenius_backward(2, 2, dW, 0.5, W, 0.3);
    ck_assert_double_eq_tol(dW[0][0], FULL + 0.5 * 2 * 0.3 * 3, 1e-12);
}
END_TEST

/* (W v, W^T u) is (s u, s v), and no unit vector is stretched more. */
START_TEST(spectral_vectors)
{
    real W[3][5], u[3], v[5];
    rng draws = rng_new(12, 1);
    fill_normal(15, (real *)W, 1, &draws);
    double s = sqrt(spectral_forward(3, 5, u, v, W, 1, 500));
    for (int m = 0; m < 3; m++) {
        double sum = 0;
        for (int n = 0; n < 5; n++)
            sum += W[m][n] * v[n];
        ck_assert_double_eq_tol(sum, s * u[m], 1e-12);
    }
    for (int k = 0; k < 100; k++) {
        double x[5], length = 0, image = 0;
        for (int n = 0; n < 5; n++) {
            x[n] = rng_normal(&draws);
            length += x[n] * x[n];
        }
        for (int m = 0; m < 3; m++) {
            double sum = 0;
            for (int n = 0; n < 5; n++)
                sum += W[m][n] * x[n];
            image += sum * sum;
        }
        ck_assert_double_le(sqrt(image / length), s * (1 + 1e-12));
    }
}
END_TEST

/* ---- dropout and ridge ------------------------------------------------------ */

START_TEST(ridge_is_the_mean_of_dropout)
{
    enum { ROWS = 2, COLUMNS = 3, MASKS = 1 << (ROWS * COLUMNS) };
    real X[ROWS][COLUMNS], w[COLUMNS], y[ROWS], mask[ROWS][COLUMNS], r[ROWS];
    double mean = 0, p = 0.35;
    rng draws = rng_new(13, 1);
    fill_normal(ROWS * COLUMNS, (real *)X, 1, &draws);
    fill_normal(COLUMNS, w, 1, &draws);
    fill_normal(ROWS, y, 1, &draws);
    for (int k = 0; k < MASKS; k++) {
        double chance = 1;
        for (int i = 0; i < ROWS * COLUMNS; i++) {
            mask[i / COLUMNS][i % COLUMNS] = k >> i & 1 ? 0 : 1 / (1 - p);
            chance *= k >> i & 1 ? p : 1 - p;
        }
        mean += chance *
                dropout_regression_forward(ROWS, COLUMNS, r, mask, X, w, y);
    }
    CLOSE(ridge_forward(ROWS, COLUMNS, r, p, X, w, y), mean);
    for (int i = 0; i < ROWS * COLUMNS; i++)
        mask[i / COLUMNS][i % COLUMNS] = 1;
    CLOSE(ridge_forward(ROWS, COLUMNS, r, 0, X, w, y),
          dropout_regression_forward(ROWS, COLUMNS, r, mask, X, w, y));
}
END_TEST

typedef struct regression {
    int n, ridge;
    real X[3][2], w[2], y[3], mask[3][2];
    real dX[3][2], dw[2], dy[3];
} regression;

static double regression_run(regression *a, int backward)
{
    real r[3];
    double L = a->ridge ? ridge_forward(a->n, 2, r, 0.3, a->X, a->w, a->y)
                        : dropout_regression_forward(a->n, 2, r, a->mask, a->X,
                                                     a->w, a->y);
    if (backward && a->ridge)
        ridge_backward(a->n, 2, a->dw, a->dX, a->dy, 0.7, 0.3, r, a->X, a->w);
    else if (backward)
        dropout_regression_backward(a->n, 2, a->dw, a->dX, a->dy, 0.7, r,
                                    a->mask, a->X, a->w);
    return 0.7 * L;
}

static double regression_loss(void *context)
{
    return regression_run(context, 0);
}

START_TEST(regression_backward_of_both)
{
    for (int n = 1; n <= 3; n += 2) {
        regression a = {
            .n = n, .ridge = _i, .mask = {{0, 1.4}, {1.4, 0}, {1.4, 1.4}}};
        rng draws = rng_new(14, 1);
        fill_normal(6, (real *)a.X, 1, &draws);
        fill_normal(2, a.w, 1, &draws);
        fill_normal(3, a.y, 1, &draws);
        fill(6, (real *)a.dX);
        fill(2, a.dw);
        fill(3, a.dy);
        regression_run(&a, 1);
        AGREES(regression_loss, &a, 2 * n, a.X, a.dX);
        AGREES(regression_loss, &a, 2, a.w, a.dw);
        AGREES(regression_loss, &a, n, a.y, a.dy);
    }
}
END_TEST

/* ---- training as a function ------------------------------------------------- */

enum { UT = 3, UB = 4, UV = 2, UD = 3 };

typedef struct unrolled {
    real rate[UT], beta, w0[UD], X[UB][UD], y[UB], Xv[UV][UD], yv[UV];
} unrolled;

static double unrolled_run(unrolled *a, unrolled *d)
{
    real w[UT + 1][UD], m[UT + 1][UD], r[UT][UB], rv[UV];
    memcpy(w[0], a->w0, sizeof w[0]);
    double F = unrolled_forward(UT, UB, UV, UD, w, m, r, rv, a->rate, a->beta,
                                a->X, a->y, a->Xv, a->yv);
    if (d)
        unrolled_backward(UT, UB, UV, UD, d->rate, &d->beta, d->w0, d->X, d->y,
                          d->Xv, d->yv, w, m, r, rv, a->rate, a->beta, a->X,
                          a->Xv);
    return F;
}

static double unrolled_loss(void *context)
{
    return unrolled_run(context, NULL);
}

START_TEST(unrolled_backward_of_all)
{
    enum { ALL = sizeof(unrolled) / sizeof(real) };
    unrolled a, d;
    rng draws = rng_new(15, 1);
    fill_normal(ALL, (real *)&a, 1, &draws);
    for (int t = 0; t < UT; t++)
        a.rate[t] = 0.05 + 0.02 * t;
    a.beta = 0.7;
    fill(ALL, (real *)&d);
    unrolled_run(&a, &d);
    AGREES(unrolled_loss, &a, ALL, &a, &d);
}
END_TEST

/* The training itself is the library's momentum on the gradient of the loss. */
START_TEST(unrolled_is_momentum)
{
    unrolled a;
    real w[UT + 1][UD], m[UT + 1][UD], r[UT][UB], rv[UV], x[UD], s[UD] = {0};
    rng draws = rng_new(16, 1);
    fill_normal(sizeof a / sizeof(real), (real *)&a, 1, &draws);
    for (int t = 0; t < UT; t++)
        a.rate[t] = 0.1;
    memcpy(w[0], a.w0, sizeof w[0]);
    memcpy(x, a.w0, sizeof x);
    unrolled_forward(UT, UB, UV, UD, w, m, r, rv, a.rate, a.beta, a.X, a.y,
                     a.Xv, a.yv);
    for (int t = 0; t < UT; t++) {
        real g[UD] = {0};
        for (int b = 0; b < UB; b++) {
            double e = -a.y[b];
            for (int i = 0; i < UD; i++)
                e += a.X[b][i] * x[i];
            for (int i = 0; i < UD; i++)
                g[i] += a.X[b][i] * e;
        }
        momentum(UD, x, s, g, 0.1, a.beta);
        for (int i = 0; i < UD; i++)
            ck_assert_double_eq_tol(x[i], w[t + 1][i], 1e-12);
    }
}
END_TEST

/* ---- the listing's network -------------------------------------------------- */

static const real four[4][IN] = {{1, 2}, {2, 3}, {3, 4}, {4, 5}};
static const real labels[4] = {0, 0, 1, 1};

START_TEST(listing_as_computed)
{
    listing n, d, m, v;
    real o[1][OUT], h[1][HIDDEN], c[1][CODE], L = 0;
    const real test[1][IN] = {{5, 6}};
    ck_assert_int_eq(LISTING_SIZE, 58);
    memset(&m, 0, sizeof m);
    memset(&v, 0, sizeof v);
    listing_start(&n, 1);
    ck_assert_double_eq_tol(n.b3[1], sin(58) / 2, 1e-15);
    for (int epoch = 1; epoch <= 1000; epoch++) {
        L = listing_loss(4, &d, &n, four, labels);
        if (epoch == 1) {
            CLOSE(L, 0.39297463985291803);
            CLOSE(d.W1[0][0], 0.0017182806426042796);
            CLOSE(d.W3[0][0], 0.065666414031106897);
            CLOSE(d.b3[0], -0.51745166679050548);
        }
        if (epoch == 101)
            CLOSE(L, 0.016380183307882551);
        adam(LISTING_SIZE, (real *)&n, (real *)&m, (real *)&v, (real *)&d,
             epoch, adam_usual(0.01));
    }
    CLOSE(L, 3.4041097287536741e-5);
    listing_forward(1, o, h, c, &n, test);
    CLOSE(o[0][0], 1.0011285620289434);
    CLOSE(o[0][1], 0.98321750144912058);
}
END_TEST

/* One label for every output is the squared error against copies of it. */
START_TEST(one_label_is_many)
{
    const real o[3][2] = {{0.1, -0.7}, {1.3, 0.4}, {2.2, -0.9}};
    const real y[3] = {0.5, -0.25, 1.5};
    real copies[6], dp[6] = {0}, dcopies[6] = {0};
    real do_[3][2], dy[3];
    for (int i = 0; i < 6; i++)
        copies[i] = y[i / 2];
    CLOSE(one_label_forward(3, 2, o, y),
          mse_forward(6, (const real *)o, copies));
    mse_backward(6, dp, dcopies, 0.7, (const real *)o, copies);
    fill(6, (real *)do_);
    fill(3, dy);
    one_label_backward(3, 2, do_, dy, 0.7, o, y);
    for (int i = 0; i < 6; i++)
        ck_assert_double_eq_tol(do_[i / 2][i % 2] - FULL, dp[i], 1e-15);
    for (int b = 0; b < 3; b++)
        ck_assert_double_eq_tol(dy[b] - FULL,
                                dcopies[2 * b] + dcopies[2 * b + 1], 1e-15);
}
END_TEST

typedef struct net {
    int B;
    listing n, d;
    real x[3][IN], dx[3][IN], up[3][OUT];
} net;

static double net_loss(void *context)
{
    net *a = context;
    real o[3][OUT], h[3][HIDDEN], c[3][CODE];
    double L = 0;
    listing_forward(a->B, o, h, c, &a->n, a->x);
    for (int b = 0; b < a->B; b++)
        for (int m = 0; m < OUT; m++)
            L += a->up[b][m] * o[b][m];
    return L;
}

START_TEST(listing_backward_of_all)
{
    for (int B = 1; B <= 3; B += 2) {
        net a = {.B = B};
        real o[3][OUT], h[3][HIDDEN], c[3][CODE];
        rng draws = rng_new(17, 1);
        fill_normal(LISTING_SIZE, (real *)&a.n, 0.6, &draws);
        fill_normal(6, (real *)a.x, 1, &draws);
        fill_normal(6, (real *)a.up, 1, &draws);
        fill(LISTING_SIZE, (real *)&a.d);
        fill(6, (real *)a.dx);
        listing_forward(B, o, h, c, &a.n, a.x);
        listing_backward(B, &a.d, a.dx, a.up, &a.n, h, c, a.x);
        AGREES(net_loss, &a, LISTING_SIZE, &a.n, &a.d);
        AGREES(net_loss, &a, 2 * B, a.x, a.dx);
    }
}
END_TEST

/* ---- exclusive or, landscapes, classifier ----------------------------------- */

typedef struct xor_case {
    xor_net n, d;
    real x[2], t, dx[2], dt;
} xor_case;

static double xor_loss(void *context)
{
    xor_case *a = context;
    real h, y;
    return 0.7 * xor_forward(&h, &y, &a->n, a->x, a->t);
}

START_TEST(xor_backward_of_all)
{
    xor_case a;
    real h, y;
    rng draws = rng_new(18, 1);
    fill_normal(XOR_SIZE, (real *)&a.n, 1, &draws);
    fill_normal(2, a.x, 1, &draws);
    a.t = 0.8;
    fill(XOR_SIZE, (real *)&a.d);
    fill(2, a.dx);
    a.dt = FULL;
    xor_forward(&h, &y, &a.n, a.x, a.t);
    xor_backward(&a.d, a.dx, &a.dt, 0.7, &a.n, a.x, a.t, h, y);
    AGREES(xor_loss, &a, XOR_SIZE, &a.n, &a.d);
    AGREES(xor_loss, &a, 2, a.x, a.dx);
    AGREES(xor_loss, &a, 1, &a.t, &a.dt);
}
END_TEST

/* Weights by hand that solve it: h sees only (1, 1), and takes away more than
 * both direct links bring. */
START_TEST(xor_can_be_solved)
{
    const xor_net n = {{20, 20}, -30, {20, 20}, -40, -10};
    for (int k = 0; k < PATTERNS; k++) {
        real h, y;
        xor_forward(&h, &y, &n, xor_input[k], xor_target[k]);
        ck_assert_double_eq_tol(y, xor_target[k], 1e-3);
    }
}
END_TEST

typedef struct place {
    int valley;
    real w[2], dw[2];
} place;

static double place_loss(void *context)
{
    const place *a = context;
    return 0.7 * (a->valley ? valley_forward(a->w, 3) : bowl_forward(a->w, 3));
}

START_TEST(landscapes)
{
    for (int valley = 0; valley < 2; valley++) {
        place a = {valley, {-1.3, 0.4}, {FULL, FULL}};
        (valley ? valley_backward : bowl_backward)(a.dw, 0.7, a.w, 3);
        AGREES(place_loss, &a, 2, a.w, a.dw);
    }
    const real start[2] = {-1.2, 1}, ones[2] = {1, 1};
    real dw[2] = {0};
    CLOSE(valley_forward(start, 100), 24.2);
    valley_backward(dw, 1, ones, 100);
    ck_assert_double_eq(dw[0], 0);
    ck_assert_double_eq(dw[1], 0);
    CLOSE(bowl_forward(start, 4), (1.44 + 4) / 2);
}
END_TEST

typedef struct classes {
    int B;
    real W[4][3], b[4], x[5][3], dW[4][3], db[4], dx[5][3];
} classes;

static const int target[5] = {3, 0, 0, 2, 1};

static double classes_loss(void *context)
{
    const classes *a = context;
    real p[5][4];
    return 0.7 *
           classifier_forward(a->B, 4, 3, p, a->W, a->b, a->x, target, 0.05);
}

START_TEST(classifier_backward_of_all)
{
    for (int B = 1; B <= 5; B += 4) {
        classes a = {.B = B};
        real p[5][4];
        rng draws = rng_new(19, 1);
        fill_normal(12, (real *)a.W, 1, &draws);
        fill_normal(4, a.b, 1, &draws);
        fill_normal(15, (real *)a.x, 1, &draws);
        fill(12, (real *)a.dW);
        fill(4, a.db);
        fill(15, (real *)a.dx);
        classifier_forward(B, 4, 3, p, a.W, a.b, a.x, target, 0.05);
        classifier_backward(B, 4, 3, a.dW, a.db, a.dx, 0.7, p, a.W, a.x, target,
                            0.05);
        AGREES(classes_loss, &a, 12, a.W, a.dW);
        AGREES(classes_loss, &a, 4, a.b, a.db);
        AGREES(classes_loss, &a, 3 * B, a.x, a.dx);
        double sum = 0; /* the probabilities sum to 1, so do the labels */
        for (int c = 0; c < 4; c++)
            sum += a.db[c] - FULL;
        ck_assert_double_eq_tol(sum, 0, 1e-14);
    }
}
END_TEST

START_TEST(fresh_classifier)
{
    const real W[4][3] = {{0}}, b[4] = {0}, x[5][3] = {{1, 2, 3}, {-1, 0, 2}};
    real p[5][4];
    CLOSE(classifier_forward(5, 4, 3, p, W, b, x, target, 0.3), log(4));
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
    tcase_add_test(c, nesterov_as_computed);
    tcase_add_test(c, rmsprop_as_computed);
    tcase_add_test(c, decay_as_computed);
    tcase_add_loop_test(c, updates_are_sums_over_the_past, 0, RULES);
    tcase_add_test(c, first_steps);
    tcase_add_test(c, without_decay_adamw_is_adam);
    tcase_add_test(c, amsgrad_remembers);
    tcase_add_loop_test(c, updates_backward, 0, RULES + 1);
    tcase_add_test(c, schedules_as_computed);
    tcase_add_test(c, schedules_at_their_ends);
    tcase_add_test(c, restarts);
    tcase_add_test(c, two_norms);
    tcase_add_test(c, spectral_vectors);
    tcase_add_test(c, ridge_is_the_mean_of_dropout);
    tcase_add_loop_test(c, regression_backward_of_both, 0, 2);
    tcase_add_test(c, unrolled_backward_of_all);
    tcase_add_test(c, unrolled_is_momentum);
    tcase_add_test(c, listing_as_computed);
    tcase_add_test(c, one_label_is_many);
    tcase_add_test(c, listing_backward_of_all);
    tcase_add_test(c, xor_backward_of_all);
    tcase_add_test(c, xor_can_be_solved);
    tcase_add_test(c, landscapes);
    tcase_add_test(c, classifier_backward_of_all);
    tcase_add_test(c, fresh_classifier);
    suite_add_tcase(suite, c);
    return suite_run(suite);
}
