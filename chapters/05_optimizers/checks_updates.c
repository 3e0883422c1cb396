/* SPDX-License-Identifier: MIT */
/* The updates: as functions that are differentiated, and against other formulas
 * for the same numbers. Letters as in optimizers.h; n = 5 parameters. */
#include "chapters/05_optimizers/checks.h"
#include "chapters/05_optimizers/optimizers.h"
#include "lib/sample.h"

#include <string.h>

enum { n = 5, T = 7 };

/* One step of one rule. F = dw.w + dm.m + dv.v + dtop.top over what is there
 * after the step, so up_... are the incoming gradients. */
typedef struct step step;
typedef void rule(step *s, real w[n], real m[n], real v[n], real top[n]);

/* Behind the n stands one more of each, BEYOND, which must stay as it is. */
#define BEYOND R(0.3)
struct step {
    rule *forward;
    real w[n + 1], m[n + 1], v[n + 1], top[n + 1], g[n + 1];
    real up_w[n + 1], up_m[n + 1], up_v[n + 1], up_top[n + 1];
    real dw[n + 1], dm[n + 1], dv[n + 1], dtop[n + 1], dg[n + 1];
};

static const double rate = 0.3, beta = 0.85, rho = 0.7, epsilon = 1e-3;
static const double decay = 0.4;
static const adam_rule usual = {0.3, 0.85, 0.7, 1e-3};
enum { AT = 4 }; /* the number of the step */

static void run_descent(step *s, real w[n], real m[n], real v[n], real top[n])
{
    (void)m, (void)v, (void)top;
    gradient_descent(n, w, s->g, rate);
}

static void run_momentum(step *s, real w[n], real m[n], real v[n], real top[n])
{
    (void)v, (void)top;
    momentum(n, w, m, s->g, rate, beta);
}

static void run_nesterov(step *s, real w[n], real m[n], real v[n], real top[n])
{
    (void)v, (void)top;
    nesterov(n, w, m, s->g, rate, beta);
}

static void run_rmsprop(step *s, real w[n], real m[n], real v[n], real top[n])
{
    (void)m, (void)top;
    rmsprop(n, w, v, s->g, rate, rho, epsilon);
}

static void run_adam(step *s, real w[n], real m[n], real v[n], real top[n])
{
    (void)top;
    adam(n, w, m, v, s->g, AT, usual);
}

static void run_amsgrad(step *s, real w[n], real m[n], real v[n], real top[n])
{
    amsgrad(n, w, m, v, top, s->g, usual);
}

static void run_adamw(step *s, real w[n], real m[n], real v[n], real top[n])
{
    (void)top;
    adamw(n, w, m, v, s->g, AT, usual, decay);
}

static real step_loss(void *context)
{
    step *s = context;
    real w[n + 1], m[n + 1], v[n + 1], top[n + 1], F = 0;
    memcpy(w, s->w, sizeof w);
    memcpy(m, s->m, sizeof m);
    memcpy(v, s->v, sizeof v);
    memcpy(top, s->top, sizeof top);
    s->forward(s, w, m, v, top);
    for (int i = 0; i < n; i++)
        F += s->up_w[i] * w[i] + s->up_m[i] * m[i] + s->up_v[i] * v[i] +
             s->up_top[i] * top[i];
    return F;
}

/* Random numbers; v and top are positive, two of the g large and tiny. What is
 * in dg before shows whether it is added to. */
static step random_step(const program *p, uint64_t stream, rule *forward)
{
    step s = {.forward = forward};
    rng g = rng_new(p->seed, stream);
    fill_normal(n, s.w, 1, &g);
    fill_normal(n, s.m, 1, &g);
    fill_normal(n, s.g, 1, &g);
    fill_normal(n, s.up_w, 1, &g);
    fill_normal(n, s.up_m, 0.5, &g);
    fill_normal(n, s.up_v, 0.1, &g);
    fill_normal(n, s.up_top, 0.1, &g);
    for (int i = 0; i < n; i++) {
        s.v[i] = (real)rng_between(&g, 0.2, 1.5);
        s.top[i] = (real)rng_between(&g, 0.2, 1.5);
        s.dg[i] = 0.125;
    }
    s.g[1] *= 30;
    s.g[3] *= R(0.01);
    s.w[n] = s.m[n] = s.v[n] = s.top[n] = s.g[n] = s.dg[n] = BEYOND;
    s.up_w[n] = s.up_m[n] = s.up_v[n] = s.up_top[n] = BEYOND;
    memcpy(s.dw, s.up_w, sizeof s.dw);
    memcpy(s.dm, s.up_m, sizeof s.dm);
    memcpy(s.dv, s.up_v, sizeof s.dv);
    memcpy(s.dtop, s.up_top, sizeof s.dtop);
    return s;
}

/* The state after the step: what the backward is given. */
typedef struct after {
    real w[n + 1], m[n + 1], v[n + 1], top[n + 1];
} after;

static after run(step *s)
{
    after a;
    memcpy(a.w, s->w, sizeof a.w);
    memcpy(a.m, s->m, sizeof a.m);
    memcpy(a.v, s->v, sizeof a.v);
    memcpy(a.top, s->top, sizeof a.top);
    s->forward(s, a.w, a.m, a.v, a.top);
    return a;
}

static void check_step(program *p, const char *group, step *s, int tensors,
                       const hg_tensor t[])
{
    static const hg_size sizes[] = {
        {"rate", 0.3},
        {"beta", 0.85},
        {"1 - beta", 0.15},
        {"1 - rho", 0.3},
        {"1 - beta^t", 0.47799375},
        {"1 - rho^t", 0.7599},
        {"1 - rate decay", 0.88},
    };
    real g_dv[n]; /* what g sends through v, but for a factor */
    for (int i = 0; i < n; i++)
        g_dv[i] = s->g[i] * s->dv[i];
    const hg_tensor known[] = {
        KNOWN("dw", s->up_w, "N", n),
        KNOWN("dm", s->up_m, "N", n),
        KNOWN("dv", s->up_v, "N", n),
        KNOWN("g dv", g_dv, "N", n),
    };
    for (int i = 0; i < n; i++)
        s->dg[i] -= R(0.125);
    if (s->dw[n] != BEYOND || s->dm[n] != BEYOND || s->dv[n] != BEYOND ||
        s->dtop[n] != BEYOND || s->dg[n] != BEYOND)
        s->dg[0] = (real)NAN;
    program_tell(p, 7, sizes, 4, known);
    program_check(p, group, step_loss, s, tensors, t);
}

static void check_plain(program *p)
{
    step s = random_step(p, 1, run_descent);
    memset(s.up_m, 0, n * sizeof *s.up_m); /* there is no m, no v and no top */
    memset(s.up_v, 0, n * sizeof *s.up_v);
    memset(s.up_top, 0, n * sizeof *s.up_top);
    gradient_descent_backward(n, s.dg, s.dw, rate);
    const hg_tensor t[] = {
        TENSOR("w", "5.1", s.w, s.dw, "N", n),
        TENSOR("g", "5.36", s.g, s.dg, "N", n),
    };
    check_step(p, "descent", &s, 2, t);
    for (int k = 0; k < 2; k++) {
        s = random_step(p, 2 + (uint64_t)k, k ? run_nesterov : run_momentum);
        (k ? nesterov_backward : momentum_backward)(n, s.dm, s.dg, s.dw, rate,
                                                    beta);
        const hg_tensor u[] = {
            TENSOR("w", k ? "5.4" : "5.3", s.w, s.dw, "N", n),
            TENSOR("m", "5.39", s.m, s.dm, "N", n),
            TENSOR("g", "5.38", s.g, s.dg, "N", n),
        };
        check_step(p, k ? "Nesterov" : "momentum", &s, 3, u);
    }
}

static void check_scaled(program *p)
{
    step s = random_step(p, 4, run_rmsprop);
    after a = run(&s);
    rmsprop_backward(n, s.dv, s.dg, s.dw, a.v, s.g, rate, rho, epsilon);
    const hg_tensor t[] = {
        TENSOR("w", "5.6", s.w, s.dw, "N", n),
        TENSOR("v", "5.45", s.v, s.dv, "N", n),
        TENSOR("g", "5.44", s.g, s.dg, "N", n),
    };
    check_step(p, "RMSProp", &s, 3, t);
    for (int k = 0; k < 2; k++) {
        s = random_step(p, 5, run_adam);
        if (k == 1) { /* F depends on the new w alone */
            memset(s.up_m, 0, n * sizeof *s.up_m);
            memset(s.up_v, 0, n * sizeof *s.up_v);
            memset(s.dm, 0, n * sizeof *s.dm);
            memset(s.dv, 0, n * sizeof *s.dv);
        }
        a = run(&s);
        adam_backward(n, s.dm, s.dv, s.dg, s.dw, a.m, a.v, s.g, AT, usual);
        const hg_tensor u[] = {
            TENSOR("w", "5.11", s.w, s.dw, "N", n),
            TENSOR("m", "5.50", s.m, s.dm, "N", n),
            TENSOR("v", "5.51", s.v, s.dv, "N", n),
            TENSOR("g", "5.49", s.g, s.dg, "N", n),
        };
        check_step(p, k ? "Adam, F of w" : "Adam", &s, 4, u);
    }
}

/* Where v is as large as the old top, the old top keeps its gradient. */
static bool tie_stays(step s, const after *a)
{
    s.top[0] = a->v[0];
    amsgrad_backward(n, s.dm, s.dv, s.dtop, s.dg, s.dw, a->m, a->v, s.top, s.g,
                     usual);
    return s.dtop[0] != 0;
}

/* Whatever the seed, v and the old top win in turn: v grows some eight times from entry to entry,
 * and the old top is half of it or twice, so no neighbour of either could stand for it. Where v
 * wins dv and m are negative: nor could they. */
static step step_of_amsgrad(const program *p)
{
    step s = random_step(p, 6, run_amsgrad);
    double size = 0.02;
    for (int i = 0; i < n; i++, size *= 8) {
        s.v[i] = (real)size * (R(0.7) + R(0.2) * s.v[i]);
        s.g[i] = (real)(0.1 * sqrt(size)) * sin(s.g[i]);
        if (i % 2) {
            s.m[i] = -1 - real_abs(s.m[i]);
            s.dv[i] = s.up_v[i] = -real_abs(s.up_v[i]);
        }
    }
    after a = run(&s);
    for (int i = 0; i < n; i++)
        s.top[i] = a.v[i] * (i % 2 ? R(0.5) : 2);
    return s;
}

static void check_kin(program *p)
{
    step s = step_of_amsgrad(p);
    after a = run(&s);
    bool stays = tie_stays(s, &a);
    amsgrad_backward(n, s.dm, s.dv, s.dtop, s.dg, s.dw, a.m, a.v, s.top, s.g,
                     usual);
    if (!stays)
        s.dtop[0] = (real)NAN;
    const hg_tensor t[] = {
        TENSOR("w", "5.15", s.w, s.dw, "N", n),
        TENSOR("m", "5.50", s.m, s.dm, "N", n),
        TENSOR("v", "5.51", s.v, s.dv, "N", n),
        TENSOR("top", "5.53", s.top, s.dtop, "N", n),
        TENSOR("g", "5.49", s.g, s.dg, "N", n),
    };
    check_step(p, "AMSGrad", &s, 5, t);
    s = random_step(p, 7, run_adamw);
    a = run(&s);
    adamw_backward(n, s.dw, s.dm, s.dv, s.dg, a.m, a.v, s.g, AT, usual, decay);
    const hg_tensor u[] = {
        TENSOR("w", "5.54", s.w, s.dw, "N", n),
        TENSOR("m", "5.50", s.m, s.dm, "N", n),
        TENSOR("v", "5.51", s.v, s.dv, "N", n),
        TENSOR("g", "5.49", s.g, s.dg, "N", n),
    };
    check_step(p, "AdamW", &s, 4, u);
}

/* ---- several steps of Adam ----------------------------------------------- */

enum { B = 4, D = 3 };

/* T steps of Adam on |X w - y|^2/2 from w, and then F = up.w. */
typedef struct training {
    real X[B][D], y[B], w[D], up[D], dy[B], dw[D];
} training;

/* g = X^T (X w - y). */
static void slope(const training *a, const real w[D], real g[D])
{
    memset(g, 0, D * sizeof *g);
    for (int b = 0; b < B; b++) {
        real r = -a->y[b];
        for (int d = 0; d < D; d++)
            r += a->X[b][d] * w[d];
        for (int d = 0; d < D; d++)
            g[d] += a->X[b][d] * r;
    }
}

/* The states before each step stay: the backward needs them. */
static real train(const training *a, real w[T + 1][D], real m[T + 1][D],
                  real v[T + 1][D], real g[T][D])
{
    real F = 0;
    memcpy(w[0], a->w, sizeof w[0]);
    memset(m[0], 0, sizeof m[0]);
    memset(v[0], 0, sizeof v[0]);
    for (int t = 0; t < T; t++) {
        slope(a, w[t], g[t]);
        memcpy(w[t + 1], w[t], sizeof w[t]);
        memcpy(m[t + 1], m[t], sizeof m[t]);
        memcpy(v[t + 1], v[t], sizeof v[t]);
        adam(D, w[t + 1], m[t + 1], v[t + 1], g[t], t + 1, usual);
    }
    for (int d = 0; d < D; d++)
        F += a->up[d] * w[T][d];
    return F;
}

static real training_loss(void *context)
{
    real w[T + 1][D], m[T + 1][D], v[T + 1][D], g[T][D];
    return train(context, w, m, v, g);
}

static void check_training(program *p)
{
    training a = {.w = {0}};
    rng draws = rng_new(p->seed, 8);
    real w[T + 1][D], m[T + 1][D], v[T + 1][D], g[T][D];
    real dm[D] = {0}, dv[D] = {0};
    fill_normal(B * D, (real *)a.X, 1, &draws);
    fill_normal(B, a.y, 2, &draws);
    fill_normal(D, a.w, 1, &draws);
    fill_normal(D, a.up, 1, &draws);
    train(&a, w, m, v, g);
    memcpy(a.dw, a.up, sizeof a.dw);
    for (int t = T - 1; t >= 0; t--) {
        real dg[D] = {0};
        adam_backward(D, dm, dv, dg, a.dw, m[t + 1], v[t + 1], g[t], t + 1,
                      usual);
        for (int b = 0; b < B; b++) {
            real dr = 0;
            for (int d = 0; d < D; d++)
                dr += a.X[b][d] * dg[d];
            a.dy[b] -= dr;
            for (int d = 0; d < D; d++)
                a.dw[d] += a.X[b][d] * dr;
        }
    }
    const hg_tensor t[] = {
        TENSOR("w_0", "5.49", a.w, a.dw, "D", D),
        TENSOR("y", "5.49", a.y, a.dy, "B", B),
    };
    program_check(p, "Adam, 7 steps", training_loss, &a, 2, t);
}

void check_updates(program *p)
{
    show_note(&p->show, "Each update as a function of all that it is given; F "
                        "is a random sum of what is there after the step. One "
                        "gradient is large, one tiny.");
    check_plain(p);
    check_scaled(p);
    check_kin(p);
    show_note(&p->show, "Seven steps of Adam on a regression, as a function of "
                        "start and targets:");
    check_training(p);
}

/* ---- other formulas for the same numbers --------------------------------- */

enum { RULES = 6 };

/* T given gradients; each rule run on them from w = 0. */
static void run_rules(real w[RULES][n], const real g[T][n])
{
    real m[RULES][n], v[RULES][n], top[n] = {0};
    memset(w, 0, RULES * sizeof *w);
    memset(m, 0, sizeof m);
    memset(v, 0, sizeof v);
    for (int t = 0; t < T; t++) {
        gradient_descent(n, w[0], g[t], rate);
        momentum(n, w[1], m[1], g[t], rate, beta);
        rmsprop(n, w[2], v[2], g[t], rate, rho, epsilon);
        adam(n, w[3], m[3], v[3], g[t], t + 1, usual);
        adam_uncorrected(n, w[4], m[4], v[4], g[t], usual);
        amsgrad(n, w[5], m[5], v[5], top, g[t], usual);
    }
}

/* The same as sums over the past: sum_s b^(t-s) g_s, and the same of g^2. */
static void sum_rules(real w[RULES][n], const real g[T][n])
{
    memset(w, 0, RULES * sizeof *w);
    for (int i = 0; i < n; i++) {
        double top = 0;
        for (int t = 0; t < T; t++) {
            double first = 0, second = 0, weights = 0, squares = 0;
            for (int s = 0; s <= t; s++) {
                double b = pow(beta, (double)(t - s)), x = re(g[s][i]);
                double r = pow(rho, (double)(t - s));
                first += b * x;
                weights += b;
                second += r * x * x;
                squares += r;
            }
            double v = (1 - rho) * second, m = (1 - beta) * first;
            top = fmax(top, v);
            w[0][i] -= (real)rate * g[t][i];
            w[1][i] -= (real)(rate * first);
            w[2][i] -= (real)(rate * re(g[t][i]) / (sqrt(v) + epsilon));
            w[3][i] -= (real)(rate * first / weights /
                              (sqrt(second / squares) + epsilon));
            w[4][i] -= (real)(rate * m / (sqrt(v) + epsilon));
            w[5][i] -= (real)(rate * m / (sqrt(top) + epsilon));
        }
    }
}

static void compare_sums(program *p)
{
    static const char *const names[RULES] = {
        "descent", "momentum", "RMSProp", "Adam", "uncorrected", "AMSGrad"};
    static const char *const equations[RULES] = {"5.1",  "5.3",  "5.6",
                                                 "5.11", "5.13", "5.15"};
    real g[T][n], w[RULES][n], sums[RULES][n];
    rng draws = rng_new(p->seed, 9);
    fill_normal(T * n, (real *)g, 1, &draws);
    run_rules(w, (const real(*)[n])g);
    sum_rules(sums, (const real(*)[n])g);
    for (int k = 0; k < RULES; k++) {
        const hg_tensor t =
            TENSOR(names[k], equations[k], sums[k], w[k], "N", n);
        program_compare(p, &t, sums[k], 1e-12);
    }
}

/* On a parabola for each weight: descent in closed form; Nesterov's two points,
 * of which our w is the one that looks ahead; decay in the loss and apart. */
static void compare_parabolas(program *p)
{
    static const double steepness[n] = {0.2, 0.5, 1, 2.5, 6};
    real w[4][n], m[n] = {0}, closed[n], ahead[n], point[n], speed[n] = {0};
    rng draws = rng_new(p->seed, 10);
    fill_normal(n, w[0], 1, &draws);
    for (int k = 1; k < 4; k++)
        memcpy(w[k], w[0], sizeof w[0]);
    memcpy(point, w[0], sizeof point);
    for (int i = 0; i < n; i++)
        closed[i] = (real)pow(1 - rate * steepness[i], (double)T) * w[0][i];
    for (int t = 0; t < T; t++) {
        real g[4][n];
        for (int i = 0; i < n; i++) {
            real c = (real)steepness[i];
            g[0][i] = c * w[0][i];
            g[1][i] = c * w[1][i];
            g[2][i] = c * w[2][i] + (real)decay * w[2][i];
            w[3][i] -= (real)rate * (c * w[3][i] + (real)decay * w[3][i]);
            real back = c * (point[i] + (real)beta * speed[i]);
            speed[i] = (real)beta * speed[i] - (real)rate * back;
            point[i] += speed[i];
            ahead[i] = point[i] + (real)beta * speed[i];
        }
        gradient_descent(n, w[0], g[0], rate);
        nesterov(n, w[1], m, g[1], rate, beta);
        gradient_descent(n, w[2], g[2], rate);
    }
    const hg_tensor t[] = {
        TENSOR("closed form", "5.1", closed, w[0], "N", n),
        TENSOR("look-ahead", "5.4", ahead, w[1], "N", n),
        TENSOR("decay", "5.24", w[3], w[2], "N", n),
    };
    program_compare(p, &t[0], closed, 1e-12);
    program_compare(p, &t[1], ahead, 1e-12);
    program_compare(p, &t[2], w[3], 1e-12);
}

/* AdamW with m = v = 0 and no gradient only decays; and its difference from Adam
 * after one step is the decay alone. */
static void compare_decoupled(program *p)
{
    real w[2][n], g[n], m[2][n], v[2][n], want[n];
    rng draws = rng_new(p->seed, 11);
    fill_normal(n, w[0], 1, &draws);
    fill_normal(n, g, 1, &draws);
    memcpy(w[1], w[0], sizeof w[0]);
    memset(m, 0, sizeof m);
    memset(v, 0, sizeof v);
    for (int i = 0; i < n; i++)
        want[i] = (real)(-rate * decay) * w[0][i];
    adam(n, w[0], m[0], v[0], g, 1, usual);
    adamw(n, w[1], m[1], v[1], g, 1, usual, decay);
    for (int i = 0; i < n; i++)
        w[1][i] -= w[0][i];
    real shrink[n]; /* what Adam multiplies every slope by in its first step */
    for (int i = 0; i < n; i++)
        shrink[i] = 1 / (real_abs(g[i]) + (real)usual.epsilon);
    const hg_tensor t = TENSOR("AdamW - Adam", "5.28", want, w[1], "N", n);
    const hg_tensor known = KNOWN("1 / (|g| + epsilon)", shrink, "N", n);
    program_tell(p, 0, NULL, 1, &known);
    program_compare(p, &t, want, 1e-12);
}

void compare_updates(program *p)
{
    show_note(&p->show, "Seven updates on random gradients against sums over "
                        "the past: sum_s b^(t-s) g_s, divided by the sum of "
                        "its weights where there is a correction:");
    compare_sums(p);
    show_note(&p->show, "On parabolas: descent in closed form, Nesterov's own "
                        "two points, decay; and AdamW less Adam:");
    compare_parabolas(p);
    compare_decoupled(p);
}
