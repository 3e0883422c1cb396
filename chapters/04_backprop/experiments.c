/* SPDX-License-Identifier: MIT */
#include "chapters/04_backprop/experiments.h"

#include "chapters/04_backprop/deep_linear.h"
#include "chapters/04_backprop/linear.h"
#include "chapters/04_backprop/skip.h"
#include "lib/sample.h"

#include <stdlib.h>
#include <string.h>

/* ---- XOR ----------------------------------------------------------------- */

static const real xor_input[4][2] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};
static const real xor_target[4][1] = {{0}, {1}, {1}, {0}};

/* The parameters of the 2-1-1 network with links, as one vector of numbers. */
typedef struct links {
    real A[1][2], c[1], W[1][3], b[1];
} links;

enum { XOR_MOST = 9, LINKS = 7 }; /* parameters: 2-2-1; 2-1-1 with links */

/* The sum of the losses of the four cases, its gradient added to dw, and the
 * largest error. */
static double links_cases(real dw[LINKS], const real w[LINKS], double *worst)
{
    links v, d;
    double loss = 0;
    memcpy(&v, w, sizeof v);
    memcpy(&d, dw, sizeof d);
    *worst = 0;
    for (int k = 0; k < 4; k++) {
        real y[1], s[3], dy[1] = {0}, dx[2] = {0}, dt[1] = {0};
        skip_forward(2, 1, 1, y, s, SIGMOID, SIGMOID, v.A, v.c, v.W, v.b,
                     xor_input[k]);
        loss += re(half_square_forward(1, y, xor_target[k]));
        half_square_backward(1, dy, dt, 1, y, xor_target[k]);
        skip_backward(2, 1, 1, d.A, d.c, d.W, d.b, dx, SIGMOID, SIGMOID, dy, y,
                      s, v.A, v.W);
        *worst = fmax(*worst, re(real_abs(dy[0])));
    }
    memcpy(dw, &d, sizeof d);
    return loss;
}

static double layered_cases(real dw[XOR_MOST], const real w[XOR_MOST],
                            double *worst)
{
    network n = network_new(2, (int[]){2, 2, 1}, SIGMOID, SIGMOID);
    double loss = 0;
    *worst = 0;
    for (int k = 0; k < 4; k++) {
        real a[5], da[1] = {0}, dt[1] = {0};
        network_forward(&n, a, w, xor_input[k]);
        loss += re(half_square_forward(1, a + 4, xor_target[k]));
        half_square_backward(1, da, dt, 1, a + 4, xor_target[k]);
        network_backward(&n, dw, NULL, da, a, w);
        *worst = fmax(*worst, re(real_abs(da[0])));
    }
    return loss;
}

int plain_xor_sweeps(xor_kind kind, double rate, int most, double *loss, rng *g)
{
    int weights = kind == XOR_LINKS ? LINKS : XOR_MOST;
    real w[XOR_MOST], dw[XOR_MOST];
    uniform_fill(weights, w, 0.5, g);
    for (int sweep = 0; sweep <= most; sweep++) {
        double worst, sum;
        memset(dw, 0, sizeof dw);
        sum = kind == XOR_LINKS ? links_cases(dw, w, &worst)
                                : layered_cases(dw, w, &worst);
        if (loss)
            loss[sweep] = sum;
        if (worst < 0.1)
            return sweep;
        network_descend(weights, w, dw, rate);
    }
    return -1;
}

static void xor_papers(show *s, int solved, int tried, spread sweeps)
{
    show_paper(
        s,
        &(paper){
            .source = "Rumelhart, Hinton, Williams 1986, PDP vol. 1 ch. 8, XOR",
            .quantity = "2-1-1 with links: part of the networks that solve it",
            .says = "all; local minima with 2 hidden units (as usually cited)",
            .value = (double)solved / tried,
            .lo = 1,
            .hi = 1});
    show_paper(
        s,
        &(paper){
            .source = "Rumelhart, Hinton, Williams 1986, PDP vol. 1 ch. 8, XOR",
            .quantity =
                "2-1-1 with links: sweeps; here plain descent, no momentum",
            .says = "558 (one network, rate 0.5; as usually cited)",
            .value = sweeps.median,
            .lo = 279,
            .hi = 1116,
            .seeds = tried,
            .least = sweeps.least,
            .median = sweeps.median,
            .most = sweeps.most});
}

/* Curves of the first networks: the loss against the sweeps. */
static void xor_curves(program *p, double rate, int most)
{
    enum { SHOWN = 6 };
    double *loss = calloc((size_t)most + 1, sizeof *loss);
    curve c;
    if (!loss) {
        program_fail(p, "XOR: no memory for %d sweeps", most);
        return;
    }
    program_curve(p, &c, "xor", "sweep loss");
    for (int kind = 0; kind < 2; kind++)
        for (int k = 0; k < SHOWN; k++) {
            rng g = rng_new(p->seed + (uint64_t)k, 30 + (uint64_t)kind);
            int last = plain_xor_sweeps((xor_kind)kind, rate, most, loss, &g);
            for (int t = 0; t <= (last < 0 ? most : last);
                 t += t < 500 ? 10 : 100)
                curve_row(&c, 2, (double[]){t, loss[t]});
            curve_gap(&c);
            curve_gap(&c);
        }
    program_curve_end(p, &c);
    free(loss);
}

void backprop_xor(program *p, double rate, int most)
{
    static const char *const rows[] = {"2-2-1", "2-1-1 with links"};
    static const char *const cols[] = {"networks", "solved", "least", "median",
                                       "most"};
    int tried = 5 * p->seeds, links_solved = 0;
    double x[2][5], *sweeps = calloc((size_t)tried, sizeof *sweeps);
    spread s = {0};
    show_section(&p->show, "Experiment: XOR by plain gradient descent");
    show_note(
        &p->show,
        "Weights start uniform in +-0.5, the rate is %g, the loss is the "
        "sum over the four cases. Solved: every error is below 0.1 within "
        "%d sweeps. Sweeps of the networks that solved it:",
        rate, most);
    for (int kind = 0; kind < 2 && sweeps; kind++) {
        int solved = 0;
        for (int k = 0; k < tried; k++) {
            rng g = rng_new(p->seed + (uint64_t)k, 30 + (uint64_t)kind);
            int n = plain_xor_sweeps((xor_kind)kind, rate, most, NULL, &g);
            if (n >= 0)
                sweeps[solved++] = n;
            program_progress(p, kind * tried + k + 1, 2L * tried);
        }
        s = solved ? spread_of(solved, sweeps)
                   : (spread){(double)NAN, (double)NAN, (double)NAN};
        const double row[] = {tried, solved, s.least, s.median, s.most};
        memcpy(x[kind], row, sizeof row);
        links_solved = solved;
    }
    show_table(&p->show, "XOR: sweeps until solved", 2, 5, rows, cols, x);
    xor_papers(&p->show, links_solved, tried, s);
    xor_curves(p, rate, most);
    free(sweeps);
}

/* ---- initialisation: what is left after many layers ---------------------- */

static double mean_square(int n, const real *x)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += re(x[i]) * re(x[i]);
    return sum / n;
}

enum { DEEPEST = 30, TANH_LAYERS = 6, WIDTH = 200 };

/* The logarithm of the mean square of a_l (forward) and of dz_l, or dx where l is 0
 * (backward). */
typedef struct squares {
    double forward[DEEPEST + 1], backward[DEEPEST + 1];
} squares;

/* One network, one normal input, one normal gradient at its output; w and dw are
 * room for its parameters and their gradients. */
static squares one_stack(const network *n, double gain, real *w, real *dw,
                         rng *g)
{
    squares q;
    real a[n->values], x[WIDTH], dy[WIDTH], dx[WIDTH] = {0};
    network_start(n, w, gain, g);
    fill_normal(WIDTH, x, 1, g);
    fill_normal(WIDTH, dy, 1, g);
    memset(dw, 0, (size_t)n->weights * sizeof *dw);
    network_forward(n, a, w, x);
    network_backward(n, dw, dx, dy, a, w);
    for (int l = 0; l <= n->L; l++) {
        const real *dz =
            l ? dw + network_bias(n, l) : dx; /* of one case db is dz */
        q.forward[l] = log(mean_square(WIDTH, a + l * WIDTH));
        q.backward[l] = log(mean_square(WIDTH, dz));
    }
    return q;
}

/* The geometric means over the seeds, and each seed's own. */
static bool many_stacks(program *p, squares *mean, squares *each, int L,
                        squash phi, double gain)
{
    int widths[LAYERS + 1];
    for (int l = 0; l <= L; l++)
        widths[l] = WIDTH;
    network n = network_new(L, widths, phi, phi);
    real *w = calloc((size_t)n.weights, sizeof *w);
    real *dw = calloc((size_t)n.weights, sizeof *dw);
    memset(mean, 0, sizeof *mean);
    for (int k = 0; k < p->seeds && w && dw; k++) {
        rng g = rng_new(p->seed + (uint64_t)k, 40);
        each[k] = one_stack(&n, gain, w, dw, &g);
        for (int l = 0; l <= L; l++) {
            mean->forward[l] += each[k].forward[l] / p->seeds;
            mean->backward[l] += each[k].backward[l] / p->seeds;
        }
    }
    bool ready = w && dw;
    if (!ready)
        program_fail(p, "initialisation: no memory");
    free(w);
    free(dw);
    return ready;
}

/* The factor a layer from layer `from` to the last one, of each seed's network. */
static spread factors(int seeds, const squares *each, int from, int L)
{
    double x[seeds];
    for (int k = 0; k < seeds; k++)
        x[k] = exp((each[k].forward[L] - each[k].forward[from]) / (L - from));
    return spread_of(seeds, x);
}

static void start_paper(show *s, const char *source, const char *quantity,
                        const char *says, double value, double lo, double hi,
                        int seeds, spread over)
{
    show_paper(s, &(paper){.source = source,
                           .quantity = quantity,
                           .says = says,
                           .value = value,
                           .lo = lo,
                           .hi = hi,
                           .seeds = seeds,
                           .least = over.least,
                           .median = over.median,
                           .most = over.most});
}

static void tanh_stacks(program *p, squares *each)
{
    static const char *const cols[] = {"layer", "1/3: a", "1: a", "1/3: dz",
                                       "1: dz"};
    enum { L = TANH_LAYERS };
    squares usual, normalised;
    double x[L + 1][5];
    show_note(
        &p->show,
        "tanh, %d layers of %d units, normal inputs, a normal gradient at "
        "the output; square root of the mean square of a_l and of dz_l (of dx "
        "in row 0), "
        "geometric mean over %d networks, for N Var(W) = 1/3 and 1:",
        L, WIDTH, p->seeds);
    if (!many_stacks(p, &normalised, each, L, TANH, 1) ||
        !many_stacks(p, &usual, each, L, TANH, 1.0 / 3))
        return;
    curve c;
    program_curve(p, &c, "start",
                  "layer usual_a normalised_a usual_dz normalised_dz");
    for (int l = 0; l <= L; l++) {
        double row[] = {
            l, exp(usual.forward[l] / 2), exp(normalised.forward[l] / 2),
            exp(usual.backward[l] / 2), exp(normalised.backward[l] / 2)};
        memcpy(x[l], row, sizeof row);
        curve_row(&c, 5, row);
    }
    program_curve_end(p, &c);
    show_table(&p->show, "tanh: sizes layer by layer", L + 1, 5, NULL, cols, x);
    start_paper(&p->show, "Glorot and Bengio 2010, eq. 15",
                "N Var(W) = 1/3: factor of the mean square, layers 4 to 6",
                "1/3 (as usually cited), where tanh is linear",
                exp((usual.forward[L] - usual.forward[L - 2]) / 2), 0.30, 0.36,
                p->seeds, factors(p->seeds, each, L - 2, L));
}

/* ReLU(c z) = c ReLU(z) for c > 0: weights smaller by sqrt(2) halve the mean square
 * at each layer, exactly; so one network shows both. */
static void relu_stacks(program *p, squares *each)
{
    static const char *const rows[] = {"N Var(W) = 1", "N Var(W) = 2"};
    static const char *const cols[] = {"least", "mean", "most", "all layers"};
    enum { L = DEEPEST };
    double x[2][4];
    squares mean;
    show_note(
        &p->show,
        "ReLU, %d layers of %d units: the factor a layer of the mean square of "
        "a_l (geometric mean over the layers; least, mean and most of %d "
        "networks), and its product over all layers. Since ReLU(cz) = c "
        "ReLU(z) "
        "for c > 0, half the variance gives half the factor, exactly.",
        L, WIDTH, p->seeds);
    if (!many_stacks(p, &mean, each, L, RELU, 2))
        return;
    spread over = factors(p->seeds, each, 0, L);
    double factor = exp((mean.forward[L] - mean.forward[0]) / L);
    curve c;
    program_curve(p, &c, "relu", "layer two one");
    for (int l = 0; l <= L; l++) {
        double two = exp(mean.forward[l]);
        curve_row(&c, 3, (double[]){l, two, ldexp(two, -l)});
    }
    program_curve_end(p, &c);
    double all = exp(mean.forward[L] - mean.forward[0]);
    const double two[] = {over.least, factor, over.most, all};
    const double one[] = {over.least / 2, factor / 2, over.most / 2,
                          ldexp(all, -L)};
    memcpy(x[0], one, sizeof one);
    memcpy(x[1], two, sizeof two);
    show_table(&p->show, "ReLU: the factor a layer", 2, 4, rows, cols, x);
    start_paper(&p->show, "He, Zhang, Ren, Sun 2015, eq. 10",
                "N Var(W) = 2: factor of the mean square a layer", "1", factor,
                0.97, 1.03, p->seeds, over);
}

void backprop_start(program *p)
{
    squares *each = calloc((size_t)p->seeds, sizeof *each);
    show_section(&p->show, "Experiment: how the weights start");
    if (each) {
        tanh_stacks(p, each);
        relu_stacks(p, each);
    }
    free(each);
}

/* ---- a linear network of two layers -------------------------------------- */

const double mode_goal[3] = {5, 3, 1};

enum { D3 = 3 };

/* W_1 = sqrt(u0) R V' and W_2 = U sqrt(u0) R' in a vector of parameters. */
static void balanced_start(const network *n, real w[n->weights], double u0,
                           const real U[D3][D3], const real V[D3][D3], rng *g)
{
    real Q[D3][D3], W1[D3][D3], W2[D3][D3];
    double root = sqrt(u0);
    random_orthogonal(D3, Q, g);
    square_multiply(D3, W1, Q, false, V, true);
    square_multiply(D3, W2, U, false, Q, true);
    for (int i = 0; i < D3 * D3; i++) {
        w[network_matrix(n, 1) + i] = (real)root * (&W1[0][0])[i];
        w[network_matrix(n, 2) + i] = (real)root * (&W2[0][0])[i];
    }
}

/* The goal of three cases x_b = the unit vectors: y_b = column b of U S V'. */
static void mode_cases(real y[D3][D3], const real U[D3][D3],
                       const real V[D3][D3])
{
    for (int b = 0; b < D3; b++)
        for (int m = 0; m < D3; m++) {
            y[b][m] = 0;
            for (int k = 0; k < D3; k++)
                y[b][m] += U[m][k] * (real)mode_goal[k] * V[b][k];
        }
}

/* U' W_2 W_1 V: its diagonal is u. */
static void strengths(real S[D3][D3], const network *n,
                      const real w[n->weights], const real U[D3][D3],
                      const real V[D3][D3])
{
    real A[D3][D3], B[D3][D3];
    square_multiply(D3, A, (const real(*)[D3])(w + network_matrix(n, 2)), false,
                    (const real(*)[D3])(w + network_matrix(n, 1)), false);
    square_multiply(D3, B, A, false, V, false);
    square_multiply(D3, S, U, true, B, false);
}

static void look_at_modes(modes *m, const real S[D3][D3], int step, double rate,
                          double u0)
{
    for (int k = 0; k < D3; k++) {
        double u = re(S[k][k]), s = mode_goal[k];
        if (u0 > 0) {
            real form = mode_strength((real)s, (real)u0, (real)(rate * step));
            m->error[k] = fmax(m->error[k], re(real_abs(S[k][k] - form)) / s);
        }
        if (m->half[k] < 0 && u >= s / 2)
            m->half[k] = step;
        for (int j = 0; j < D3; j++)
            if (j != k)
                m->off_diagonal = fmax(m->off_diagonal, re(real_abs(S[k][j])));
    }
}

modes train_modes(double rate, int steps, double u0, double (*u)[3], rng *g)
{
    static const real x[D3][D3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
    network n = network_new(2, (int[]){D3, D3, D3}, IDENTITY, IDENTITY);
    real w[n.weights], dw[n.weights], y[D3][D3], S[D3][D3], U[D3][D3],
        V[D3][D3];
    modes m = {.half = {-1, -1, -1}};
    random_orthogonal(D3, U, g);
    random_orthogonal(D3, V, g);
    mode_cases(y, U, V);
    fill_normal(n.weights, w, 0.02, g);
    if (u0 > 0)
        balanced_start(&n, w, u0, U, V, g);
    for (int l = 1; l <= 2; l++)
        memset(w + network_bias(&n, l), 0, D3 * sizeof *w);
    for (int step = 0; step <= steps; step++) {
        strengths(S, &n, w, U, V);
        look_at_modes(&m, S, step, rate, u0);
        for (int k = 0; u && k < D3; k++)
            u[step][k] = re(S[k][k]);
        memset(dw, 0, sizeof dw);
        network_squares(&n, D3, dw, 1, w, x, y);
        for (int l = 1; l <= 2; l++) /* there are no biases */
            memset(dw + network_bias(&n, l), 0, D3 * sizeof *dw);
        network_descend(n.weights, w, dw, rate);
    }
    return m;
}

enum { STEPS = 6000 };

static void mode_curves(program *p, double rate, double u0)
{
    static double balanced[STEPS + 1][3], small[STEPS + 1][3];
    rng g = rng_new(p->seed, 50), h = rng_new(p->seed, 51);
    curve c;
    train_modes(rate, STEPS, u0, balanced, &g);
    train_modes(rate, STEPS, 0, small, &h);
    program_curve(p, &c, "modes", "time u5 u3 u1 r5 r3 r1");
    for (int t = 0; t <= STEPS; t += 25) {
        double row[] = {rate * t,       balanced[t][0], balanced[t][1],
                        balanced[t][2], small[t][0],    small[t][1],
                        small[t][2]};
        curve_row(&c, 7, row);
    }
    program_curve_end(p, &c);
}

static void mode_papers(show *s, const modes *full, const modes *half,
                        double rate, double u0)
{
    const char *source = "Saxe, McClelland, Ganguli 2014, strength of a mode";
    double ratio = 0;
    for (int k = 0; k < D3; k++)
        ratio += full->error[k] / half->error[k] / D3;
    show_paper(
        s, &(paper){.source = source,
                    .quantity = "error at a rate over error at half the rate",
                    .says = "closed form of the flow: 2, order 1",
                    .value = ratio,
                    .lo = 1.9,
                    .hi = 2.1});
    for (int k = 0; k < D3; k++) {
        char says[64], quantity[64];
        double steps = mode_half_time(mode_goal[k], u0) / rate;
        snprintf(says, sizeof says, "%.1f steps", steps);
        snprintf(quantity, sizeof quantity, "half-time of the mode s = %g",
                 mode_goal[k]);
        show_paper(s, &(paper){.source = source,
                               .quantity = quantity,
                               .says = says,
                               .value = full->half[k],
                               .lo = 0.99 * steps,
                               .hi = 1.01 * steps});
    }
}

/* From small random weights, many seeds: which mode is learnt when. */
static void small_starts(program *p, double rate)
{
    static const char *const cols[] = {"s", "least", "median", "most"};
    double x[D3][4], *steps = calloc((size_t)p->seeds * D3, sizeof *steps);
    int in_order = 0;
    for (int i = 0; steps && i < p->seeds; i++) {
        rng g = rng_new(p->seed + (uint64_t)i, 51);
        modes m = train_modes(rate, STEPS, 0, NULL, &g);
        in_order +=
            m.half[0] < m.half[1] && (m.half[1] < m.half[2] || m.half[2] < 0);
        for (int k = 0; k < D3; k++)
            steps[k * p->seeds + i] = m.half[k] < 0 ? STEPS : m.half[k];
    }
    for (int k = 0; steps && k < D3; k++) {
        spread s = spread_of(p->seeds, steps + k * p->seeds);
        const double row[] = {mode_goal[k], s.least, s.median, s.most};
        memcpy(x[k], row, sizeof row);
    }
    show_note(&p->show,
              "From small random weights (normal, standard deviation 0.02), %d "
              "networks: steps until half of s; at most %d.",
              p->seeds, STEPS);
    show_table(&p->show, "half-times from random weights", D3, 4, NULL, cols,
               x);
    show_count(&p->show, "networks that learn 5, then 3, then 1", in_order);
    free(steps);
}

void backprop_modes(program *p, double rate)
{
    static const char *const cols[] = {"s",     "error/s",   "at rate/2",
                                       "ratio", "half-time", "predicted"};
    const double u0 = 1e-3;
    double x[D3][6];
    show_section(&p->show, "Experiment: a linear network learns in steps");
    show_note(
        &p->show,
        "A 3-3-3 network, balanced at the start, u0 = %g, rate %g. Largest "
        "distance from (4.33), as a part of s; the same at half the rate; "
        "steps until half of s, and as (4.34) predicts:",
        u0, rate);
    rng g = rng_new(p->seed, 50), h = rng_new(p->seed, 50);
    modes full = train_modes(rate, STEPS, u0, NULL, &g);
    modes half = train_modes(rate / 2, 2 * STEPS, u0, NULL, &h);
    for (int k = 0; k < D3; k++) {
        const double row[] = {
            mode_goal[k],  full.error[k],
            half.error[k], full.error[k] / half.error[k],
            full.half[k],  mode_half_time(mode_goal[k], u0) / rate};
        memcpy(x[k], row, sizeof row);
    }
    show_table(&p->show, "modes of the product W_2 W_1", D3, 6, NULL, cols, x);
    show_residual(&p->show, "off the diagonal", full.off_diagonal);
    mode_papers(&p->show, &full, &half, rate, u0);
    small_starts(p, rate);
    mode_curves(p, rate, u0);
}

/* ---- the articles' random labels ----------------------------------------- */

enum { CASES = 100, FRESH = 1000 };

/* Mean squared error of an output, as the listing's loss has it. */
static double squared_error(const network *n, const real *w, int cases,
                            const real (*x)[3], const real (*y)[2])
{
    double sum = 0;
    for (int k = 0; k < cases; k++) {
        real a[n->values];
        network_forward(n, a, w, x[k]);
        sum += re(half_square_forward(2, network_output(n, a), y[k]));
    }
    return sum / cases;
}

/* Outputs that are 0 for every case: their ReLU has no slope anywhere. */
static int dead_outputs(const network *n, const real *w, const real (*x)[3])
{
    int alive[2] = {0};
    for (int k = 0; k < CASES; k++) {
        real a[n->values];
        network_forward(n, a, w, x[k]);
        for (int m = 0; m < 2; m++)
            alive[m] += re(network_output(n, a)[m]) > 0;
    }
    return !alive[0] + !alive[1];
}

typedef struct fit {
    double seen, fresh;
    int dead;
} fit;

/* [fit_coins] */
/* 100 normal inputs, two coin flips for each: 100 epochs, a case at a time. */
static fit fit_coins(squash output, rng *g)
{
    static real x[CASES + FRESH][3], y[CASES + FRESH][2];
    network n = network_new(2, (int[]){3, 5, 2}, RELU, output);
    real w[n.weights], dw[n.weights];
    fill_normal((CASES + FRESH) * 3, (real *)x, 1, g);
    for (int k = 0; k < CASES + FRESH; k++)
        for (int m = 0; m < 2; m++)
            y[k][m] = rng_below(g, 2);
    fill_normal(n.weights, w, 1, g); /* as the listing does: biases too */
    fit f = {.dead = dead_outputs(&n, w, x)};
    for (int epoch = 0; epoch < 100; epoch++)
        for (int k = 0; k < CASES; k++) {
            memset(dw, 0, sizeof dw);
            network_squares(&n, 1, dw, 1, w, &x[k], &y[k]);
            network_descend(n.weights, w, dw, 0.01);
        }
    f.seen = squared_error(&n, w, CASES, x, y);
    f.fresh = squared_error(&n, w, FRESH, x + CASES, y + CASES);
    return f;
}
/* [fit_coins] */

void backprop_labels(program *p)
{
    static const char *const rows[] = {
        "ReLU output: trained on", "ReLU output: fresh",
        "linear output: trained on", "linear output: fresh"};
    static const char *const cols[] = {"least", "median", "most"};
    double x[4][3], seen[2][p->seeds], fresh[2][p->seeds];
    int dead = 0, worse = 0;
    show_section(&p->show, "Experiment: labels that are coin flips");
    for (int k = 0; k < p->seeds; k++) {
        rng g = rng_new(p->seed + (uint64_t)k, 60), h = g;
        fit relu = fit_coins(RELU, &g), linear = fit_coins(IDENTITY, &h);
        seen[0][k] = relu.seen;
        fresh[0][k] = relu.fresh;
        seen[1][k] = linear.seen;
        fresh[1][k] = linear.fresh;
        dead += relu.dead;
        worse += relu.fresh > 0.25;
        worse += linear.fresh > 0.25;
    }
    for (int k = 0; k < 4; k++) {
        spread s = spread_of(p->seeds, k % 2 ? fresh[k / 2] : seen[k / 2]);
        const double row[] = {s.least, s.median, s.most};
        memcpy(x[k], row, sizeof row);
    }
    show_note(
        &p->show,
        "The 3-5-2 network, %d cases with two coin flips each as labels, 100 "
        "epochs, rate 0.01, %d networks; mean squared error on the cases "
        "that it was trained on, and on %d fresh ones. Answering 1/2 costs "
        "0.25.",
        CASES, p->seeds, FRESH);
    show_table(&p->show, "mean squared error", 4, 3, rows, cols, x);
    show_count(&p->show, "outputs with no slope at the start", dead);
    show_count(&p->show, "of", 2L * p->seeds);
    show_count(&p->show, "networks worse than 0.25 on fresh cases", worse);
    show_count(&p->show, "of all", 2L * p->seeds);
}
