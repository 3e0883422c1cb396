/* SPDX-License-Identifier: MIT */
/* Sections 5.11 to 5.13 and 5.18: functions of one or two numbers, and the
 * smallest network. */
#include "chapters/05_optimizers/experiment.h"
#include "chapters/05_optimizers/landscapes.h"
#include "chapters/05_optimizers/optimizers.h"
#include "chapters/05_optimizers/xor.h"
#include "lib/sample.h"

#include <stdlib.h>
#include <string.h>

/* ---- 5.11 ---------------------------------------------------------------- */

enum { STEPS = 2000, CONDITIONS = 3, METHODS = 3 };

/* The best rates for curvatures from 1 to k, and what they promise: the factor
 * by which the distance falls in each step. */
typedef struct promise {
    double rate, beta, factor;
} promise;

static promise best_descent(double k)
{
    return (promise){2 / (k + 1), 0, (k - 1) / (k + 1)};            /* (5.84) */
}

static promise best_momentum(double k)
{
    double q = sqrt(k), f = (q - 1) / (q + 1);                      /* (5.85) */
    return (promise){4 / ((q + 1) * (q + 1)), f * f, f};
}

static promise best_nesterov(double k)
{
    double q = sqrt(k);
    return (promise){1 / k, (q - 1) / (q + 1), 1 - 1 / q};          /* (5.86) */
}

/* Distances from the minimum, the larger of |w_1| and |w_2| (a sum of squares
 * would underflow); the start is (1, 1). */
static void descend(double distance[STEPS + 1], int method, promise a, double k)
{
    real w[2] = {1, 1}, m[2] = {0};
    for (int t = 0; t <= STEPS; t++) {
        real g[2] = {0};
        distance[t] = fmax(re(real_abs(w[0])), re(real_abs(w[1])));
        bowl_backward(g, 1, w, k);
        if (method == 0)
            gradient_descent(2, w, g, a.rate);
        else if (method == 1)
            momentum(2, w, m, g, a.rate, a.beta);
        else
            nesterov(2, w, m, g, a.rate, a.beta);
    }
}

static double factor_of(const double distance[STEPS + 1])
{
    return pow(distance[STEPS] / distance[STEPS / 2], 2.0 / STEPS);
}

static promise promise_of(int method, double k)
{
    return method == 0   ? best_descent(k)
           : method == 1 ? best_momentum(k)
                         : best_nesterov(k);
}

static void draw_rates(program *p, double distance[METHODS][STEPS + 1])
{
    curve c;
    program_curve(p, &c, "rates", "step descent momentum nesterov");
    for (int t = 0; t <= 300; t += 2) {
        double row[] = {t, distance[0][t], distance[1][t], distance[2][t]};
        curve_row(&c, 4, row);
    }
    program_curve_end(p, &c);
}

void experiment_rates(program *p)
{
    static const char *const cols[] = {"k = 100", "k = 1000", "k = 10000"};
    static const char *const rows[] = {"descent",  "promised", "momentum",
                                       "promised", "Nesterov", "promised"};
    static double distance[METHODS][STEPS + 1];
    double x[2 * METHODS][CONDITIONS], found[METHODS] = {0};
    show *s = &p->show;
    show_section(s, "Experiment: how fast a bowl is descended");
    show_equation(s, "5.83", "f(w) = (w_1^2 + k w_2^2)/2");
    real w[2] = {1, 1}, dw[2] = {0};
    show_value(s, "f(1, 1), k = 100", bowl_forward(w, 100), NULL);
    bowl_backward(dw, 1, w, 100);
    show_equation(s, "5.83a", "df/dw = (w_1, k w_2)");
    show_vector(s, "gradient", 2, dw);
    show_note(s, "Best rates for k = 100:");
    show_equation(s, "5.84", "descent: rate 2/(k + 1), factor (k - 1)/(k + 1)");
    show_value(s, "factor", (real)best_descent(100).factor, "99/101");
    show_equation(s, "5.85", "momentum: factor (sqrt(k) - 1)/(sqrt(k) + 1)");
    show_value(s, "factor", (real)best_momentum(100).factor, "9/11");
    show_equation(s, "5.86", "Nesterov: factor 1 - 1/sqrt(k)");
    show_value(s, "factor", (real)best_nesterov(100).factor, "1 - 1/10");
    show_no_equation(s);
    show_note(s,
              "The factor by which the distance falls in one step, between "
              "steps %d and %d, and what is promised:",
              STEPS / 2, STEPS);
    for (int i = CONDITIONS - 1; i >= 0; i--) {
        double k = i == 0 ? 100 : i == 1 ? 1000 : 10000;
        for (int method = 0; method < METHODS; method++) {
            promise a = promise_of(method, k);
            descend(distance[method], method, a, k);
            found[method] = x[2 * method][i] = factor_of(distance[method]);
            x[2 * method + 1][i] = a.factor;
        }
    }
    show_table(s, "factor in one step", 2 * METHODS, CONDITIONS, rows, cols, x);
    draw_rates(p, distance);
    descend(distance[0], 0, (promise){2.02 / 100, 0, 0}, 100);
    show_value(s, "rate 2.02/k, k = 100: factor", (real)factor_of(distance[0]),
               NULL);
    show_paper(s, &(paper){.source = "Polyak 1964, gradient descent",
                           .quantity = "factor in one step, k = 100",
                           .says = "(k - 1)/(k + 1) = 0.980198",
                           .value = found[0],
                           .lo = 0.98015,
                           .hi = 0.98025});
    show_paper(s, &(paper){.source = "Polyak 1964, heavy ball",
                           .quantity = "factor in one step, k = 100",
                           .says = "(sqrt(k) - 1)/(sqrt(k) + 1) = 0.818182",
                           .value = found[1],
                           .lo = 0.818,
                           .hi = 0.82});
}

/* ---- 5.12 ---------------------------------------------------------------- */

enum { RULES = 5, LOOKS = 4 };

/* One of the rules, at a rate. */
typedef struct walker {
    int rule;
    double rate;
    real w[2], m[2], v[2];
    int t;
} walker;

static void walk(walker *a, const real g[2])
{
    a->t++;
    switch (a->rule) {
    case 0: gradient_descent(2, a->w, g, a->rate); break;
    case 1: momentum(2, a->w, a->m, g, a->rate, 0.9); break;
    case 2: nesterov(2, a->w, a->m, g, a->rate, 0.9); break;
    case 3: rmsprop(2, a->w, a->v, g, a->rate, 0.9, 1e-8); break;
    default: adam(2, a->w, a->m, a->v, g, a->t, adam_usual(a->rate)); break;
    }
}

/* Where the walks begin, the function, rates by hand. */
typedef struct field {
    const char *name;
    int valley;
    double k, start[2], rate[RULES];
    int looks[LOOKS], drawn, every;
} field;

static const field fields[2] = {
    {"bowl",
     0,
     20,
     {-9, 2.5},
     {0.09, 0.02, 0.02, 0.3, 0.6},
     {10, 30, 100, 300},
     60,
     1},
    {"valley",
     1,
     100,
     {-1.2, 1},
     {0.0015, 0.0004, 0.0004, 0.005, 0.05},
     {100, 300, 1000, 3000},
     3000,
     10},
};

static void walk_field(program *p, const field *f)
{
    static const char *const names[RULES] = {"descent", "momentum", "Nesterov",
                                             "RMSProp", "Adam"};
    const char *cols[1 + LOOKS] = {"rate"};
    char label[LOOKS][24];
    double x[RULES][1 + LOOKS];
    curve c;
    program_curve(p, &c, f->name, "w1 w2 step f");
    for (int rule = 0; rule < RULES; rule++) {
        walker a = {.rule = rule,
                    .rate = f->rate[rule],
                    .w = {(real)f->start[0], (real)f->start[1]}};
        x[rule][0] = a.rate;
        for (int t = 0, look = 0; look < LOOKS; t++) {
            real g[2] = {0};
            double value = re(f->valley ? valley_forward(a.w, f->k)
                                        : bowl_forward(a.w, f->k));
            const double row[] = {re(a.w[0]), re(a.w[1]), t, value};
            if (t <= f->drawn && t % f->every == 0)
                curve_row(&c, 4, row);
            if (t == f->looks[look])
                x[rule][1 + look++] = value;
            if (f->valley)
                valley_backward(g, 1, a.w, f->k);
            else
                bowl_backward(g, 1, a.w, f->k);
            walk(&a, g);
        }
        curve_gap(&c);
        curve_gap(&c);
    }
    program_curve_end(p, &c);
    for (int i = 0; i < LOOKS; i++) {
        snprintf(label[i], sizeof label[i], "f, step %d", f->looks[i]);
        cols[1 + i] = label[i];
    }
    show_table(&p->show, f->name, RULES, 1 + LOOKS, names, cols, x);
}

void experiment_paths(program *p)
{
    real w[2] = {R(-1.2), 1}, dw[2] = {0};
    show *s = &p->show;
    show_section(s, "Experiment: paths over contours");
    show_note(s,
              "The bowl (5.83) with k = 20, from (-9, 2.5). And Rosenbrock's "
              "valley, from its usual start:");
    show_equation(s, "5.87", "f(w) = (1 - w_1)^2 + 100 (w_2 - w_1^2)^2");
    show_value(s, "f(-1.2, 1)", valley_forward(w, 100), NULL);
    valley_backward(dw, 1, w, 100);
    show_equation(s, "5.87a", "df/dw_1 = -2 (1 - w_1) - 400 (w_2 - w_1^2) w_1");
    show_value(s, "df/dw_1", dw[0], NULL);
    show_equation(s, "5.87b", "df/dw_2 = 200 (w_2 - w_1^2)");
    show_value(s, "df/dw_2", dw[1], NULL);
    show_no_equation(s);
    show_note(s, "beta = rho = 0.9, rates set by hand; f is 0 at the minimum:");
    walk_field(p, &fields[0]);
    walk_field(p, &fields[1]);
}

/* ---- 5.13 ---------------------------------------------------------------- */

enum { WAYS = 4, MOST_SWEEPS = 20000 };

/* Sweeps over the four patterns until every output is within 0.1 of its
 * target. batch: one step a sweep, else one step a pattern. */
static int learn_xor(int batch, double beta, rng *g)
{
    real w[XOR_SIZE], m[XOR_SIZE] = {0};
    xor_net n;
    for (int i = 0; i < XOR_SIZE; i++)
        w[i] = (real)rng_between(g, -0.5, 0.5);
    for (int sweep = 1; sweep <= MOST_SWEEPS; sweep++) {
        xor_net dn;
        double worst = 0;
        memset(&dn, 0, sizeof dn);
        for (int k = 0; k < PATTERNS; k++) {
            real h, y, dx[2] = {0}, dt = 0;
            memcpy(&n, w, sizeof n);
            xor_forward(&h, &y, &n, xor_input[k], xor_target[k]);
            worst = fmax(worst, re(real_abs(y - xor_target[k])));
            xor_backward(&dn, dx, &dt, 1, &n, xor_input[k], xor_target[k], h,
                         y);
            if (batch && k < PATTERNS - 1)
                continue;
            momentum(XOR_SIZE, w, m, (const real *)&dn, 0.5, beta);
            memset(&dn, 0, sizeof dn);
        }
        if (worst < 0.1)
            return sweep;
    }
    return MOST_SWEEPS + 1;
}

static void show_xor_gradient(show *s)
{
    xor_net n = {{R(0.4), R(-0.3)}, R(0.1), {R(0.2), R(0.5)}, R(-0.6), R(0.05)};
    xor_net d;
    real h, y, dx[2] = {0}, dt = 0;
    memset(&d, 0, sizeof d);
    real L = xor_forward(&h, &y, &n, xor_input[1], xor_target[1]);
    xor_backward(&d, dx, &dt, 1, &n, xor_input[1], xor_target[1], h, y);
    show_note(s, "One pattern, x = (0, 1), t = 1, with w = (0.4, -0.3), b = "
                 "0.1, v = (0.2, 0.5), u = -0.6, c = 0.05:");
    show_equation(s, "5.88", "h = sigmoid(w.x + b)");
    show_value(s, "h", h, "sigmoid(-0.3 + 0.1)");
    show_equation(s, "5.89", "y = sigmoid(v.x + u h + c)");
    show_value(s, "y", y, "sigmoid(0.5 - 0.6*%.6g + 0.05)", re(h));
    show_equation(s, "5.90", "L = (y - t)^2/2");
    show_value(s, "L", L, NULL);
    show_equation(s, "5.91", "ds = (y - t) y (1 - y), du = ds h, dc = ds");
    show_value(s, "dc = ds", d.c, NULL);
    show_value(s, "du", d.u, NULL);
    show_equation(s, "5.92", "dz = ds u h (1 - h), db = dz");
    show_value(s, "db = dz", d.b, NULL);
    show_equation(s, "5.93", "dv = ds x");
    show_vector(s, "dv", 2, d.v);
    show_equation(s, "5.94", "dw = dz x");
    show_vector(s, "dw", 2, d.w);
    show_equation(s, "5.95", "dx = ds v + dz w");
    show_vector(s, "dx", 2, dx);
    show_equation(s, "5.96", "dt = -(y - t)");
    show_value(s, "dt", dt, NULL);
    show_no_equation(s);
}

/* The sorted sweeps of the four ways, a row a run. */
static void draw_xor(program *p, int runs, double *sweeps[WAYS])
{
    curve c;
    program_curve(p, &c, "xor",
                  "share batch pattern batch_momentum pattern_momentum");
    for (int i = 0; i < runs; i++) {
        double row[] = {(i + 1.0) / runs, sweeps[0][i], sweeps[1][i],
                        sweeps[2][i], sweeps[3][i]};
        curve_row(&c, 1 + WAYS, row);
    }
    program_curve_end(p, &c);
}

void experiment_xor(program *p)
{
    static const char *const rows[WAYS] = {
        "batch", "each pattern", "batch, momentum", "each pattern, momentum"};
    static const char *const cols[] = {"solved", "min", "median", "max"};
    int runs = 10 * p->seeds;
    double *all = calloc((size_t)runs, WAYS * sizeof *all), x[WAYS][4];
    double *sweeps[WAYS];
    spread last = {0};
    show_section(&p->show, "Experiment: exclusive or, with momentum");
    show_xor_gradient(&p->show);
    if (!all) {
        program_fail(p, "no memory for %d seeds", p->seeds);
        return;
    }
    show_note(&p->show,
              "%d starts, parameters uniform in +-0.5, rate 0.5, "
              "momentum 0 or 0.9: sweeps over the four patterns "
              "until all errors are below 0.1, at most %d:",
              runs, MOST_SWEEPS);
    for (int way = 0; way < WAYS; way++) {
        sweeps[way] = all + way * runs;
        x[way][0] = 0;
        for (int i = 0; i < runs; i++) {
            rng g = rng_new(p->seed + (uint64_t)i, 31);
            sweeps[way][i] = learn_xor(way % 2 == 0, way > 1 ? 0.9 : 0, &g);
            x[way][0] += sweeps[way][i] <= MOST_SWEEPS;
        }
        last = spread_of(runs, sweeps[way]);
        x[way][1] = last.least;
        x[way][2] = last.median;
        x[way][3] = last.most;
        program_progress(p, way + 1, WAYS);
    }
    show_table(&p->show, "sweeps until learned", WAYS, 4, rows, cols, x);
    show_paper(&p->show,
               &(paper){.source = "Rumelhart, Hinton, Williams 1986, PDP ch. 8",
                        .quantity = "sweeps, one hidden unit and direct links, "
                                    "rate 0.5",
                        .says = "558 (one run)",
                        .value = last.median,
                        .lo = 279,
                        .hi = 1116,
                        .seeds = runs,
                        .least = last.least,
                        .median = last.median,
                        .most = last.most});
    draw_xor(p, runs, sweeps);
    free(all);
}

/* ---- 5.18 ---------------------------------------------------------------- */

enum { MANY = 600000, TAIL = 10000, POINTS = 100 };

/* The slopes of Reddi's functions: every 101st step, or one step in a hundred,
 * 1010; else -10. Their mean is positive, so the best x in [-1,1] is -1. */
static double reddi_slope(int random, long t, rng *g)
{
    int large = random ? rng_uniform(g) < 0.01 : t % 101 == 1;
    return large ? 1010 : -10;
}

/* Runs Adam (without corrections, as in the paper) or AMSGrad from x = 0, with
 * the rate 1/sqrt(t). Returns the mean of the last TAIL x; path gets the x
 * at POINTS times that are equal steps apart on a logarithmic axis. */
static double run_reddi(int largest, int random, rng *g, double path[POINTS][2])
{
    real x = 0, m = 0, v = 0, top = 0;
    double sum = 0, next = 1;
    int point = 0;
    for (long t = 1; t <= MANY; t++) {
        adam_rule rule = {1 / sqrt((double)t), 0.9, 0.99, 1e-8};
        real slope = (real)reddi_slope(random, t, g);
        if (largest)
            amsgrad(1, &x, &m, &v, &top, &slope, rule);
        else
            adam_uncorrected(1, &x, &m, &v, &slope, rule);
        clip_by_value(1, &x, 1); /* back into [-1,1] */
        if (t > MANY - TAIL)
            sum += re(x);
        if (path && (double)t >= next && point < POINTS) {
            path[point][0] = (double)t;
            path[point++][1] = re(x);
            next *= 1.15;
        }
    }
    return sum / TAIL;
}

/* The case of the proof: slopes 3, -1, -1, again and again; no momentum, beta2
 * = 1/(1 + 3^2). The mean of the last x. */
static double run_theorem(int largest)
{
    real x = 1, m = 0, v = 0, top = 0;
    double sum = 0;
    for (long t = 1; t <= MANY / 10; t++) {
        adam_rule rule = {0.5 / sqrt((double)t), 0, 0.1, 1e-8};
        real slope = t % 3 == 1 ? 3 : -1;
        if (largest)
            amsgrad(1, &x, &m, &v, &top, &slope, rule);
        else
            adam_uncorrected(1, &x, &m, &v, &slope, rule);
        clip_by_value(1, &x, 1);
        if (t > MANY / 10 - 3000)
            sum += re(x) / 3000;
    }
    return sum;
}

static void draw_reddi(program *p, double path[2][POINTS][2])
{
    curve c;
    program_curve(p, &c, "reddi", "step adam amsgrad");
    for (int i = 0; i < POINTS && path[0][i][0] > 0; i++) {
        double row[] = {path[0][i][0], path[0][i][1], path[1][i][1]};
        curve_row(&c, 3, row);
    }
    program_curve_end(p, &c);
}

void experiment_reddi(program *p)
{
    static const char *const rows[] = {"slopes 3, -1, -1", "every 101st step",
                                       "random: min", "random: median",
                                       "random: max"};
    static const char *const cols[] = {"Adam", "AMSGrad"};
    static double path[2][POINTS][2];
    double x[5][2], v[p->seeds];
    memset(path, 0, sizeof path);
    show_section(&p->show, "Experiment: Adam goes the wrong way");
    show_note(&p->show,
              "x in [-1, 1]. The slope is 1010 in every 101st step and -10 in "
              "all others, or 1010 with probability 0.01; the best x is -1. "
              "beta1 = 0.9, beta2 = 0.99, rate 1/sqrt(t), %d steps; the mean "
              "of the last %d x, %d seeds. First the case of the paper's "
              "proof: slopes 3, -1, -1, beta1 = 0, beta2 = 0.1.",
              MANY, TAIL, p->seeds);
    for (int k = 0; k < 2; k++) {
        rng g = rng_new(p->seed, 41);
        x[0][k] = run_theorem(k);
        x[1][k] = run_reddi(k, 0, &g, path[k]);
        for (int i = 0; i < p->seeds; i++) {
            g = rng_new(p->seed + (uint64_t)i, 42);
            v[i] = run_reddi(k, 1, &g, NULL);
            program_progress(p, k * p->seeds + i + 1, 2 * p->seeds);
        }
        spread e = spread_of(p->seeds, v);
        x[2][k] = e.least;
        x[3][k] = e.median;
        x[4][k] = e.most;
    }
    show_table(&p->show, "mean of the last x", 5, 2, rows, cols, x);
    for (int k = 0; k < 2; k++)
        show_paper(&p->show,
                   &(paper){.source = "Reddi, Kale, Kumar 2018, synthetic",
                            .quantity = k ? "AMSGrad, where x goes"
                                          : "Adam, where x goes",
                            .says = k ? "-1 (as usually cited)"
                                      : "+1 (as usually cited)",
                            .value = x[1][k],
                            .lo = k ? -1 : 0.99,
                            .hi = k ? -0.99 : 1});
    draw_reddi(p, path);
}
