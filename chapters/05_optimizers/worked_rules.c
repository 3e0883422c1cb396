/* SPDX-License-Identifier: MIT */
/* Sections 5.1 to 5.3: the rules, Adam's first steps, schedules. */
#include "chapters/05_optimizers/optimizers.h"
#include "chapters/05_optimizers/schedules.h"
#include "chapters/05_optimizers/worked.h"

#include <stdio.h>

enum { STEPS = 3 };

adam_rule rule_of(const inputs *in)
{
    return (adam_rule){re(in->rate), re(in->beta1), re(in->beta2),
                       re(in->epsilon)};
}

static const char *indexed(char name[16], const char *letter, int t)
{
    snprintf(name, 16, "%s_%d", letter, t);
    return name;
}

/* One value of step t under its equation. */
#define SHOW_STEP(s, tag, formula, letter, t, value, ...)                      \
    do {                                                                       \
        char name_[16];                                                        \
        show_equation(s, tag, formula);                                        \
        show_value(s, indexed(name_, letter, t), value, __VA_ARGS__);          \
    } while (0)

static void show_descent(show *s, const inputs *in)
{
    real w = in->start;
    show_note(s, "Gradient descent:");
    for (int t = 1; t <= STEPS; t++) {
        real g = w - in->minimum, old = w;
        gradient_descent(1, &w, &g, re(in->rate));
        SHOW_STEP(s, "5.1", "w <- w - rate g", "w", t, w, "%.6g - %g*(%.6g)",
                  re(old), re(in->rate), re(g));
    }
}

static void show_momentum(show *s, const inputs *in, int look_ahead)
{
    real w = in->start, m = 0;
    show_note(s, look_ahead ? "Nesterov's momentum:" : "Momentum:");
    for (int t = 1; t <= STEPS; t++) {
        real g = w - in->minimum, old_w = w, old_m = m;
        (look_ahead ? nesterov : momentum)(1, &w, &m, &g, re(in->rate),
                                           re(in->beta));
        SHOW_STEP(s, "5.2", "m <- beta m + g", "m", t, m, "%g*(%.6g) + (%.6g)",
                  re(in->beta), re(old_m), re(g));
        if (look_ahead)
            SHOW_STEP(s, "5.4", "w <- w - rate (g + beta m)", "w", t, w,
                      "%.6g - %g*(%.6g + %g*(%.6g))", re(old_w), re(in->rate),
                      re(g), re(in->beta), re(m));
        else
            SHOW_STEP(s, "5.3", "w <- w - rate m", "w", t, w,
                      "%.6g - %g*(%.6g)", re(old_w), re(in->rate), re(m));
    }
}

static void show_rmsprop(show *s, const inputs *in)
{
    real w = in->start, v = 0;
    show_note(s, "RMSProp:");
    for (int t = 1; t <= STEPS; t++) {
        real g = w - in->minimum, old_w = w, old_v = v;
        rmsprop(1, &w, &v, &g, re(in->rate), re(in->rho), re(in->epsilon));
        SHOW_STEP(s, "5.5", "v <- rho v + (1 - rho) g^2", "v", t, v,
                  "%g*%.6g + %g*(%.6g)^2", re(in->rho), re(old_v),
                  1 - re(in->rho), re(g));
        SHOW_STEP(s, "5.6", "w <- w - rate g/(sqrt(v) + epsilon)", "w", t, w,
                  "%.6g - %g*(%.6g)/%.6g", re(old_w), re(in->rate), re(g),
                  re(sqrt(v)) + re(in->epsilon));
    }
}

static void show_adam(show *s, const inputs *in)
{
    real w = in->start, m = 0, v = 0;
    double b1 = re(in->beta1), b2 = re(in->beta2);
    show_note(s, "Adam:");
    for (int t = 1; t <= STEPS; t++) {
        real g = w - in->minimum, old_w = w, old_m = m, old_v = v;
        adam(1, &w, &m, &v, &g, t, rule_of(in));
        double m_share = 1 - pow(b1, (double)t),
               v_share = 1 - pow(b2, (double)t);
        SHOW_STEP(s, "5.7", "m <- beta1 m + (1 - beta1) g", "m", t, m,
                  "%g*(%.6g) + %g*(%.6g)", b1, re(old_m), 1 - b1, re(g));
        SHOW_STEP(s, "5.8", "v <- beta2 v + (1 - beta2) g^2", "v", t, v,
                  "%g*%.6g + %g*(%.6g)^2", b2, re(old_v), 1 - b2, re(g));
        SHOW_STEP(s, "5.9", "mhat = m/(1 - beta1^t)", "mhat", t,
                  m / (real)m_share, "%.6g/%.6g", re(m), m_share);
        SHOW_STEP(s, "5.10", "vhat = v/(1 - beta2^t)", "vhat", t,
                  v / (real)v_share, "%.6g/%.6g", re(v), v_share);
        SHOW_STEP(s, "5.11", "w <- w - rate mhat/(sqrt(vhat) + epsilon)", "w",
                  t, w, "%.6g - %g*(%.6g)/(%.6g + %g)", re(old_w), re(in->rate),
                  re(m) / m_share, sqrt(re(v) / v_share), re(in->epsilon));
    }
}

void show_rules(show *s, const inputs *in)
{
    show_section(s, "Three steps down a parabola");
    show_note(s,
              "f(w) = (w - minimum)^2/2, so g = w - minimum. Every rule "
              "starts at w = %g; m and v start at 0.",
              re(in->start));
    show_descent(s, in);
    show_momentum(s, in, 0);
    show_momentum(s, in, 1);
    show_rmsprop(s, in);
    show_adam(s, in);
}

/* ---- 5.2 ----------------------------------------------------------------- */

enum { SIZES = 3, LOOKS = 6 };

/* The first step of three rules on gradients of very different sizes, in units
 * of the rate. */
static void show_sizes(show *s, const inputs *in)
{
    static const char *const cols[] = {"g", "Adam", "uncorrected", "RMSProp",
                                       "descent"};
    static const double sizes[SIZES] = {1000, 1, 0.001};
    double x[SIZES][5], rate = re(in->rate);
    for (int i = 0; i < SIZES; i++) {
        real g = (real)sizes[i], w[4] = {0}, m[2] = {0}, v[3] = {0};
        adam(1, &w[0], &m[0], &v[0], &g, 1, rule_of(in));
        adam_uncorrected(1, &w[1], &m[1], &v[1], &g, rule_of(in));
        rmsprop(1, &w[2], &v[2], &g, rate, re(in->rho), re(in->epsilon));
        gradient_descent(1, &w[3], &g, rate);
        x[i][0] = sizes[i];
        for (int k = 0; k < 4; k++)
            x[i][1 + k] = -re(w[k]) / rate;
    }
    show_no_equation(s);
    show_table(s, "first step / rate", SIZES, 5, NULL, cols, x);
}

/* A constant gradient: the length of step t, in units of the rate. */
static void show_constant(show *s, const inputs *in, double first[2])
{
    static const char *const cols[] = {"t", "Adam", "uncorrected"};
    static const int looks[LOOKS] = {1, 2, 5, 10, 100, 1000};
    double x[LOOKS][3];
    real w[2] = {0}, m[2] = {0}, v[2] = {0}, g = 0.5;
    for (int t = 1, i = 0; i < LOOKS; t++) {
        real old[2] = {w[0], w[1]};
        adam(1, &w[0], &m[0], &v[0], &g, t, rule_of(in));
        adam_uncorrected(1, &w[1], &m[1], &v[1], &g, rule_of(in));
        if (t != looks[i])
            continue;
        x[i][0] = t;
        for (int k = 0; k < 2; k++)
            x[i][1 + k] = re(old[k] - w[k]) / re(in->rate);
        i++;
    }
    first[0] = x[0][1];
    first[1] = x[0][2];
    show_table(s, "step t / rate, constant gradient", LOOKS, 3, NULL, cols, x);
}

static void show_amsgrad(show *s, const inputs *in)
{
    const real g[STEPS] = {2, 0.5, -0.25};
    real w = 0, m = 0, v = 0, top = 0;
    adam_rule rule = rule_of(in);
    rule.beta2 = 0.9; /* so that v falls visibly within three steps */
    show_note(s,
              "AMSGrad, gradients 2, 0.5, -0.25, with beta2 = %g: v falls, "
              "its largest value stays.",
              rule.beta2);
    for (int t = 1; t <= STEPS; t++) {
        real old = w;
        amsgrad(1, &w, &m, &v, &top, &g[t - 1], rule);
        SHOW_STEP(s, "5.8", "v <- beta2 v + (1 - beta2) g^2", "v", t, v, NULL);
        SHOW_STEP(s, "5.14", "top <- max(top, v)", "top", t, top, NULL);
        SHOW_STEP(s, "5.15", "w <- w - rate m/(sqrt(top) + epsilon)", "w", t, w,
                  "%.6g - %g*%.6g/%.6g", re(old), rule.rate, re(m),
                  re(sqrt(top)));
    }
}

void show_first_steps(show *s, const inputs *in)
{
    double g = re(in->start) - re(in->minimum), first[2];
    double step = g / (sqrt(g * g) + re(in->epsilon));              /* (5.12) */
    real w = 0, m = 0, v = 0, slope = (real)g;
    show_section(s, "Adam's first steps, and its largest v");
    show_equation(s, "5.12", "first step: rate g/(|g| + epsilon)");
    show_value(s, "step / rate", (real)step, "(%.6g)/(%.6g + %g)", g,
               sqrt(g * g), re(in->epsilon));
    adam_uncorrected(1, &w, &m, &v, &slope, rule_of(in));
    show_equation(s, "5.13",
                  "uncorrected: w <- w - rate m/(sqrt(v) + epsilon)");
    show_value(s, "step / rate", -w / in->rate, "%.6g/%.6g", re(m),
               re(sqrt(v)));
    show_sizes(s, in);
    show_constant(s, in, first);
    show_paper(s, &(paper){.source = "Kingma and Ba 2015, algorithm 1",
                           .quantity = "first step / rate",
                           .says = "1, whatever the gradient",
                           .value = first[0],
                           .lo = 0.999,
                           .hi = 1.001});
    show_paper(s, &(paper){.source = "Kingma and Ba 2015, section 2.1",
                           .quantity = "bound (1 - beta1)/sqrt(1 - beta2), "
                                       "met without correction",
                           .says = "3.1623 at 0.9 and 0.999",
                           .value = first[1],
                           .lo = 3.16,
                           .hi = 3.165});
    show_amsgrad(s, in);
}

/* ---- 5.3 ----------------------------------------------------------------- */

static void show_restarts(show *s, double start, double end)
{
    enum { RESTARTS = 5, POINTS = 9 };
    static const char *const cols[] = {"epoch", "rate"};
    static const double at[POINTS] = {0, 5, 9, 10, 20, 29, 30, 69, 70};
    real epoch[RESTARTS];
    double x[POINTS][2];
    for (int n = 0; n < RESTARTS; n++)
        epoch[n] = (real)restart_epoch(10, 2, n + 1);
    for (int i = 0; i < POINTS; i++) {
        x[i][0] = at[i];
        x[i][1] = rate_restarts(start, end, 10, 2, at[i]);
    }
    show_equation(s, "5.20",
                  "cosine, started again after 10, 20, 40, ... epochs");
    show_vector(s, "restarts", RESTARTS, epoch);
    show_table(s, "cosine with restarts", POINTS, 2, NULL, cols, x);
}

void show_schedules(show *s, const inputs *in)
{
    double a = re(in->initial), t = re(in->step);
    show_section(s, "The learning rate as a schedule");
    show_equation(s, "5.16", "start factor^floor(t/every)");
    show_value(s, "steps", (real)rate_steps(a, 0.5, 10, (int)t),
               "%g*0.5^floor(%g/10)", a, t);
    show_equation(s, "5.17", "start exp(-k t)");
    show_value(s, "exponential", (real)rate_exponential(a, 0.05, t),
               "%g*exp(-0.05*%g)", a, t);
    show_equation(s, "5.18", "start/(1 + k t)");
    show_value(s, "inverse", (real)rate_inverse(a, 0.05, t), "%g/(1 + 0.05*%g)",
               a, t);
    show_equation(s, "5.19", "end + (start - end)(1 + cos(pi t/T))/2");
    show_value(s, "cosine", (real)rate_cosine(a, 0.001, t, 100),
               "0.001 + %g*(1 + cos(pi*%g/100))/2", a - 0.001, t);
    show_restarts(s, a, 0.001);
    show_equation(s, "5.21", "width^(-1/2) min(t^(-1/2), t warm^(-3/2))");
    show_value(s, "warm-up, t = 4000", (real)rate_warm_up(512, 4000, 4000),
               "512^(-1/2) * 4000^(-1/2)");
}
