/* SPDX-License-Identifier: MIT */
#include "chapters/02_activations/checks.h"

#include <string.h>

#include "chapters/02_activations/activations.h"
#include "chapters/02_activations/experiment.h"
#include "chapters/02_activations/naive.h"
#include "lib/rng.h"
#include "lib/sample.h"

/* What is checked. The last three have a forward that is not that of their
 * backward: two are the same function computed another way, one is not. */
typedef enum kind {
    SIGMOID,
    TANH,
    RELU,
    LEAKY,
    RRELU,
    DROPOUT,
    SOFTPLUS,
    GELU,
    GELU_TANH,
    SOFTMAX,
    LOG_SUM_EXP,
    SOFTPLUS_BY_LOG, /* log(1 + exp(z)), in functions that C has for complex */
    GELU_BY_SERIES,  /* the series of erf */
    GELU_MIXED       /* forward the tanh form, backward the other: a mistake */
} kind;

enum { MOST = 10 };

/* One activation in a loss: it adds sum_n up[n] a[n]. */
typedef struct trial {
    kind of;
    const char *name, *eq; /* for the report */
    hg_verdict expected;
    double condition;
    int n;
    real z[MOST], up[MOST];
    real drawn[MOST]; /* slopes of RReLU or the mask of dropout, now fixed */
    real dz[MOST];
} trial;

/* What is checked together: the loss is the sum over the trials. */
typedef struct group {
    int n;
    trial *t;
} group;

enum { TOGETHER = 8 };

static const double left_slope = 0.17, dropped = 0.4;

/* z Phi(z) by the series erf(x) = 2/sqrt(pi) exp(-x^2) sum_k 2^k x^(2k+1) /
 * (1 3 5 ... (2k+1)), whose terms have one sign (Abramowitz and Stegun 7.1.6).
 * It converges for every x, complex too, and knows no derivative. */
static real gelu_by_series(real z)
{
    const real x = R(0.70710678118654752) * z;
    real term = x, sum = x;
    for (int k = 1; k < 80; k++) {
        term *= 2 * x * x / (2 * k + 1);
        sum += term;
    }
    return z * (1 + R(1.1283791670955126) * exp(-x * x) * sum) / 2;
}

static void forward(const trial *t, real a[MOST])
{
    const int n = t->n;
    real p[MOST];
    switch (t->of) {
    case SIGMOID: sigmoid_forward(n, a, t->z); break;
    case TANH: tanh_forward(n, a, t->z); break;
    case RELU: relu_forward(n, a, t->z); break;
    case LEAKY: leaky_relu_forward(n, a, left_slope, t->z); break;
    case RRELU: rrelu_forward(n, a, t->drawn, t->z); break;
    case DROPOUT: dropout_forward(n, a, t->drawn, t->z); break;
    case SOFTPLUS: softplus_forward(n, a, t->z); break;
    case GELU: gelu_forward(n, a, t->z); break;
    case GELU_TANH:
    case GELU_MIXED: gelu_tanh_forward(n, a, t->z); break;
    case SOFTMAX: softmax_forward(n, a, t->z); break;
    case LOG_SUM_EXP:
        memset(a, 0, (size_t)n * sizeof *a);
        a[0] = log_sum_exp_forward(n, p, t->z);
        break;
    case SOFTPLUS_BY_LOG:
        for (int i = 0; i < n; i++)
            a[i] = naive_softplus(t->z[i]);
        break;
    case GELU_BY_SERIES:
        for (int i = 0; i < n; i++)
            a[i] = gelu_by_series(t->z[i]);
        break;
    }
}

static void backward_once(trial *t)
{
    const int n = t->n;
    real a[MOST];
    for (int i = n; i < MOST; i++)
        a[i] = R(0.3);
    forward(t, a);
    switch (t->of) {
    case SIGMOID: sigmoid_backward(n, t->dz, t->up, a); break;
    case TANH: tanh_backward(n, t->dz, t->up, a); break;
    case RELU: relu_backward(n, t->dz, t->up, t->z); break;
    case LEAKY: leaky_relu_backward(n, t->dz, t->up, left_slope, t->z); break;
    case RRELU: rrelu_backward(n, t->dz, t->up, t->drawn, t->z); break;
    case DROPOUT: dropout_backward(n, t->dz, t->up, t->drawn); break;
    case SOFTPLUS:
    case SOFTPLUS_BY_LOG: softplus_backward(n, t->dz, t->up, t->z); break;
    case GELU:
    case GELU_BY_SERIES:
    case GELU_MIXED: gelu_backward(n, t->dz, t->up, t->z); break;
    case GELU_TANH: gelu_tanh_backward(n, t->dz, t->up, t->z); break;
    case SOFTMAX: softmax_backward(n, t->dz, t->up, a); break;
    case LOG_SUM_EXP:
        softmax_forward(n, a, t->z);
        log_sum_exp_backward(n, t->dz, t->up[0], a);
        break;
    }
}

/* A backward function adds. So it is called twice, and the sum halved, which is
 * exact in binary: one that writes where it should add is left with half. The
 * entries behind the n are not zero, and their gradient must stay zero: of a
 * function that goes too far no number is left. */
static void backward(trial *t)
{
    memset(t->dz, 0, sizeof t->dz);
    for (int i = t->n; i < MOST; i++)
        t->z[i] = t->up[i] = t->drawn[i] = R(0.3);
    backward_once(t);
    backward_once(t);
    for (int i = 0; i < t->n; i++)
        t->dz[i] /= 2;
    guard(0, MOST - t->n, t->dz + t->n, t->dz);
}

static real group_loss(void *context)
{
    const group *all = context;
    real loss = 0;
    for (int k = 0; k < all->n; k++) {
        const trial *t = &all->t[k];
        real a[MOST];
        forward(t, a);
        for (int i = 0; i < t->n; i++)
            loss += t->up[i] * a[i];
    }
    return loss;
}

static void check(program *p, const char *name, int n, trial t[n])
{
    hg_tensor z[TOGETHER];
    group all = {n, t};
    for (int k = 0; k < n; k++) {
        backward(&t[k]);
        z[k] = TENSOR(t[k].name, t[k].eq, t[k].z, t[k].dz, "N", t[k].n);
        z[k].expected = t[k].expected;
        z[k].condition = t[k].condition;
    }
    const hg_size kept = {"1-p", 1 - dropped};
    program_tell(p, 1, &kept, 0, NULL);
    program_check(p, name, group_loss, &all, n, z);
}

/* A trial with n random z around `centre` and a random incoming gradient; each
 * has its own stream of random numbers. */
static trial make(const program *p, const char *name, const char *eq, kind of,
                  int n, double centre, double size)
{
    trial t = {.of = of, .name = name, .eq = eq, .condition = 1, .n = n};
    uint64_t stream = 100;
    for (const char *c = name; *c; c++)
        stream = stream * 31 + (uint64_t)(unsigned char)*c;
    rng g = rng_new(p->seed, stream);
    for (int i = 0; i < n; i++)
        t.z[i] = (real)(centre + size * rng_normal(&g));
    for (int i = 0; i < n; i++)
        t.up[i] = (real)rng_normal(&g);
    rrelu_draw(n, t.drawn, 1.0 / 8, 1.0 / 3, &g);
    return t;
}

/* ---- smooth activations -------------------------------------------------- */

static void check_smooth(program *p)
{
    trial t[] = {
        make(p, "sigmoid", "2.3", SIGMOID, 9, 0, 2.4),
        make(p, "tanh", "2.5", TANH, 8, 0, 1.5),
        make(p, "softplus", "2.23", SOFTPLUS, 7, 0, 2.4),
        make(p, "GELU", "2.26", GELU, 8, 0, 1.5),
        make(p, "GELU tanh", "2.29", GELU_TANH, 9, 0, 1.5),
        make(p, "softmax", "2.32", SOFTMAX, 5, 0, 1.4),
        make(p, "log-sum-exp", "2.34", LOG_SUM_EXP, 6, 0, 1.4),
    };
    for (int k = 0; k < 7; k++) {
        t[k].z[0] = 0;
        t[k].z[1] = (real)-3.1e-9;
        t[k].up[2] *= 30;
    }
    show_note(&p->show, "Smooth activations. Each has 0 and a tiny number "
                        "among its inputs, and one large gradient comes in. A "
                        "backward function adds: it is called twice and the "
                        "sum halved, so that one that writes over what stands "
                        "there is left with half.");
    check(p, "smooth", 7, t);
}

/* softplus and GELU use log1p and erfc, whose complex rules are given in real.h
 * and activations.c: no witness of a derivative. Here the loss is computed
 * without them. */
static void check_witnesses(program *p)
{
    trial t[] = {
        make(p, "softplus", "2.23", SOFTPLUS_BY_LOG, 6, 0, 1.5),
        make(p, "GELU", "2.26", GELU_BY_SERIES, 7, 0, 1.2),
    };
    show_note(&p->show, "The same backwards, the loss computed without log1p "
                        "and erfc: by log(1 + exp(z)), and by the series of "
                        "erf.");
    check(p, "witnesses", 2, t);
}

/* ---- far out ------------------------------------------------------------- */

/* The complex step's bound grows by the condition: so it is shown. */
static void check_with(program *p, const char *name, trial *t, double condition)
{
    char line[40];
    snprintf(line, sizeof line, "condition, %s", name);
    show_value(&p->show, line, (real)condition, NULL);
    t->condition = condition;
    check(p, name, 1, t);
}

static void check_tanh_near(program *p, const char *name, double centre)
{
    trial t = make(p, "tanh", "2.5", TANH, 4, 0, 0);
    for (int i = 0; i < t.n; i++) /* all as saturated, on both sides */
        t.z[i] = (real)((i % 2 ? -1 : 1) * (centre + 0.01 * i));
    check_with(p, name, &t, tanh_condition(re(t.z[3])));
}

/* The condition a/(1 - a) of the largest output of a trial. */
static double top_condition(const trial *t)
{
    real a[MOST], most = 0;
    forward(t, a);
    for (int i = 0; i < t->n; i++)
        most = real_max(most, a[i]);
    return re(most / (1 - most));
}

static void check_saturated(program *p)
{
    show_note(&p->show, "Saturated. The slope from the output has lost digits: "
                        "the complex step's bound is multiplied by the "
                        "condition, which is sinh(z)^2 for tanh (2.37), "
                        "a/(1 - a) for the sigmoid and p/(1 - p) of the "
                        "largest p for the softmax.");
    check_tanh_near(p, "tanh near 5", 5);
    check_tanh_near(p, "tanh near 10", 10);
    trial s = make(p, "sigmoid", "2.3", SIGMOID, 3, 11, 0.1);
    check_with(p, "sigm. near 11", &s, top_condition(&s));
    trial m = make(p, "softmax", "2.32", SOFTMAX, 5, 1000, 1.2);
    m.z[2] += 8;
    check_with(p, "softmax 1000", &m, top_condition(&m));
}

static void check_far(program *p)
{
    trial left[] = {
        make(p, "sigmoid", "2.3", SIGMOID, 3, -30, 0.5),
        make(p, "softplus", "2.23", SOFTPLUS, 4, -30, 0.5),
    };
    trial right[] = {
        make(p, "log-sum-exp", "2.34", LOG_SUM_EXP, 5, 1000, 1.2),
        make(p, "GELU", "2.26", GELU, 4, 0, 1),
        make(p, "GELU tanh", "2.29", GELU_TANH, 4, 0, 1),
        make(p, "one class", "2.32", SOFTMAX, 1, 0, 1),
    };
    for (int k = 1; k < 3; k++) {
        right[k].z[1] = (real)38.5;
        right[k].z[3] = (real)-41.25;
    }
    right[3].expected = HG_ZERO;
    show_note(&p->show, "Far out, but well conditioned: z near -30; logits "
                        "near 1000; 38.5 and -41.25 for the GELUs. A softmax "
                        "of one class is 1, and its gradient zero.");
    check(p, "z near -30", 2, left);
    check(p, "far out", 4, right);
}

/* ---- with a kink, or drawn ----------------------------------------------- */

static void check_kinked(program *p)
{
    trial t[] = {
        make(p, "ReLU", "2.9", RELU, 8, 0, 1.3),
        make(p, "leaky ReLU", "2.11", LEAKY, 7, 0, 1.3),
        make(p, "RReLU", "2.14", RRELU, 9, 0, 1.3),
        make(p, "dropout", "2.19", DROPOUT, 8, 0, 1.3),
    };
    for (int k = 0; k < 4; k++)
        for (int i = 0; i < t[k].n; i++) /* on both sides of the kink */
            t[k].z[i] = (real)(i % 2 ? -1 : 1) * (R(0.3) + real_abs(t[k].z[i]));
    for (int i = 0; i < t[3].n; i++) /* some of each, and the first is kept */
        t[3].drawn[i] = i == 2 || i == 5 ? 0 : (real)(1 / (1 - dropped));
    show_note(&p->show, "Piecewise linear, none nearer to the kink than 0.3; "
                        "the drawn slopes and the mask are fixed.");
    check(p, "with kinks", 4, t);
    trial dead[] = {
        make(p, "ReLU", "2.9", RELU, 3, -4, 0.3),
        make(p, "dropout", "2.19", DROPOUT, 2, 0, 1),
    };
    memset(dead[1].drawn, 0, sizeof dead[1].drawn);
    dead[0].expected = dead[1].expected = HG_ZERO;
    show_note(&p->show, "Dead units: all z below 0, or all dropped. Gradient "
                        "and change of the loss are zero.");
    check(p, "dead", 2, dead);
}

/* ---- on purpose ---------------------------------------------------------- */

static void check_on_purpose(program *p)
{
    show_note(&p->show, "On purpose at the kink of ReLU: there is no one slope "
                        "to compare with, so the verdict must be undecided.");
    trial kink = make(p, "ReLU at 0", "2.9", RELU, 3, 0, 1);
    kink.z[1] = 0;
    kink.expected = HG_UNDECIDED;
    check(p, "kink", 1, &kink);
    show_note(&p->show, "On purpose wrong: GELU's tanh form forward, the other "
                        "form's gradient backward. The verdict must be "
                        "disagrees.");
    trial mixed = make(p, "mixed GELUs", "2.26", GELU_MIXED, 6, 0, 1.2);
    mixed.expected = HG_DISAGREES;
    check(p, "mixed", 1, &mixed);
}

/* ---- second derivations -------------------------------------------------- */

static void compare(program *p, const char *name, const char *eq, trial *t,
                    const real second[MOST], double relative)
{
    const hg_tensor dz = TENSOR(name, eq, t->z, t->dz, "N", t->n);
    p->show.group = "other formulas";
    program_compare(p, &dz, second, relative);
    p->show.group = NULL;
}

/* At a kink differences cannot choose a side; these functions do: at z = 0 each
 * has the slope that it has on the left. */
static void compare_sides(program *p)
{
    static const kind of[] = {RELU, LEAKY, RRELU};
    trial t = {.n = 3, .up = {R(2.385), R(-0.64), R(1.37)}};
    t.drawn[2] = R(0.23);
    real dz[3],
        left[MOST] = {0, t.up[1] * (real)left_slope, t.up[2] * t.drawn[2]};
    for (int k = 0; k < 3; k++) {
        t.of = of[k];
        backward(&t);
        dz[k] = t.dz[k];
    }
    memcpy(t.dz, dz, sizeof dz);
    compare(p, "kinks at 0", "2.9", &t, left, 1e-14);
}

/* Where z^2 is infinite GELU's tanh form is z or 0, and so is its slope 1 or 0:
 * no infinity may meet a zero. */
static void compare_huge(program *p)
{
    trial t = {.of = GELU_TANH, .n = 2, .z = {R(1e160), R(-1e160)}};
    t.up[0] = R(2.385);
    t.up[1] = R(-0.64);
    const real second[MOST] = {t.up[0], 0};
    backward(&t);
    compare(p, "GELU huge z", "2.29", &t, second, 1e-14);
}

/* The gradients once more, by formulas that the backwards do not use. */
static void check_second(program *p)
{
    real second[MOST], J[5][5], a[MOST], two[2], q[2];
    show_note(&p->show, "Once more by other formulas: the slopes from z, the "
                        "whole Jacobian, and softplus(z) as the log-sum-exp "
                        "of 0 and z; at z = 0 the slope that ReLU, leaky ReLU "
                        "and RReLU take there, the left one; and GELU's "
                        "tanh form at 1e160 and -1e160.");
    trial t = make(p, "slopes", "2.3", SIGMOID, 9, 0, 1.5);
    backward(&t);
    for (int i = 0; i < t.n; i++)
        second[i] = t.up[i] * sigmoid_slope(t.z[i]);
    compare(p, "sigmoid", "2.35", &t, second, 1e-14);
    t.of = TANH;
    backward(&t);
    for (int i = 0; i < t.n; i++)
        second[i] = t.up[i] * tanh_slope(t.z[i]);
    compare(p, "tanh", "2.36", &t, second, 1e-14);
    t.of = SOFTPLUS;
    backward(&t);
    for (int i = 0; i < t.n; i++) {
        real dtwo[2] = {0};
        two[0] = 0;
        two[1] = t.z[i];
        log_sum_exp_forward(2, q, two);
        log_sum_exp_backward(2, dtwo, t.up[i], q);
        second[i] = dtwo[1];
    }
    compare(p, "softplus", "2.34", &t, second, 1e-14);
    t = make(p, "Jacobian", "2.32", SOFTMAX, 5, 0, 1.4);
    backward(&t);
    forward(&t, a);
    softmax_jacobian(5, J, a);
    for (int n = 0; n < 5; n++) {
        second[n] = 0;
        for (int m = 0; m < 5; m++)
            second[n] += J[m][n] * t.up[m];
    }
    compare(p, "softmax", "2.31", &t, second, 1e-14);
    compare_sides(p);
    compare_huge(p);
}

void check_activations(program *p)
{
    show_section(&p->show, "Verification");
    check_smooth(p);
    check_witnesses(p);
    check_saturated(p);
    check_far(p);
    check_kinked(p);
    check_on_purpose(p);
    check_second(p);
}
