/* SPDX-License-Identifier: MIT */
// Chapter 7: BPTT. Build this program alone, from the root, with
// cc -std=gnu17 -O2 -ffp-contract=off -I. chapters/07_bptt/*.c chapters/02_activations/activations.c chapters/04_backprop/linear.c chapters/05_optimizers/optimizers.c chapters/05_optimizers/penalty.c lib/*.c lib/check/*.c -lm -o 07_bptt
/* Letters: T time steps, D inputs, H hidden units, C width of the signal, M
 * outputs; K, S the window of a truncated gradient and its stride. */
#include "chapters/05_optimizers/optimizers.h"
#include "chapters/07_bptt/checks.h"
#include "chapters/07_bptt/experiment.h"
#include "chapters/07_bptt/rnn.h"
#include "chapters/07_bptt/sunspots.h"
#include "lib/program.h"

#include <string.h>

/* ---- the worked examples ------------------------------------------------- */

enum { T1 = 3, N1 = 9 };  /* scalar: every size is 1 */
enum { T2 = 4, N2 = 23 }; /* two units: D = 1, H = 2, C = 2, M = 1 */

/* In the order of rnn_view: a, u, v, b, w, d, p, q, r. */
static real scalar[N1] = {0.5, 0.8, 0.6, 0.1, 1.2, -0.3, 0.7, -0.4, 0.05};
static real scalar_x[T1][1] = {{1}, {-0.5}, {0.25}};
static real scalar_target[T1][1] = {{0.5}, {-0.2}, {0.1}};

/* A, U, V, b, W_c, b_c, P, Q, r. */
static real two[N2] = {0.5,  -0.3,  0.6, -0.4, 0.3, 0.5,  0.2, 0.1,
                       -0.3, 0.4,   0.1, -0.1, 0.7, -0.2, 0.4, 0.9,
                       0.05, -0.15, 0.8, -0.6, 0.3, 0.5,  0.02};
static real two_x[T2][1] = {{1}, {-0.5}, {0.25}, {0.75}};
static real two_target[T2][1] = {{0.3}, {-0.1}, {0.2}, {0.4}};

static const setting settings[] = {
    SETTING("a", "", "scalar: from the input to the state", &scalar[0], 0, 1),
    SETTING("u", "", "scalar: from the state to the next state", &scalar[1], 0,
            1),
    SETTING("v", "", "scalar: from the signal to the next state", &scalar[2], 0,
            1),
    SETTING("b", "", "scalar: bias of the state", &scalar[3], 0, 1),
    SETTING("w", "", "scalar: from the state to the signal", &scalar[4], 0, 1),
    SETTING("d", "", "scalar: bias of the signal", &scalar[5], 0, 1),
    SETTING("p", "", "scalar: from the state to the output", &scalar[6], 0, 1),
    SETTING("q", "", "scalar: from the signal to the output", &scalar[7], 0, 1),
    SETTING("r", "", "scalar: bias of the output", &scalar[8], 0, 1),
    SETTING("x", "T", "scalar: inputs", scalar_x, 1, T1),
    SETTING("target", "T", "scalar: targets", scalar_target, 1, T1),
    SETTING("A", "H,D", "two units: from the input to the state", &two[0], 2, 2,
            1),
    SETTING("U", "H,H", "two units: from the state to the next state", &two[2],
            2, 2, 2),
    SETTING("V", "H,C", "two units: from the signal to the next state", &two[6],
            2, 2, 2),
    SETTING("b2", "H", "two units: bias of the state", &two[10], 1, 2),
    SETTING("W_c", "C,H", "two units: from the state to the signal", &two[12],
            2, 2, 2),
    SETTING("b_c", "C", "two units: bias of the signal", &two[16], 1, 2),
    SETTING("P", "M,H", "two units: from the state to the output", &two[18], 2,
            1, 2),
    SETTING("Q", "M,C", "two units: from the signal to the output", &two[20], 2,
            1, 2),
    SETTING("r2", "M", "two units: bias of the output", &two[22], 1, 1),
    SETTING("x2", "T", "two units: inputs", two_x, 1, T2),
    SETTING("target2", "T", "two units: targets", two_target, 1, T2),
};

/* What the scalar network does, forward and backward; index t is step t. */
typedef struct steps {
    rnn n, d;           /* views of w and dw */
    real w[N1], dw[N1]; /* parameters and gradient: a, u, v, b, w, d, p, q, r */
    real h[T1 + 1][1], c[T1 + 1][1], y[T1][1], dy[T1][1], loss;
    real dc[T1 + 2], ds[T1 + 2], dh[T1 + 2], dz[T1 + 2];
} steps;

static void scalar_steps(steps *e, real v)
{
    memset(e, 0, sizeof *e);
    memcpy(e->w, scalar, sizeof e->w);
    e->n = rnn_view(1, 1, 1, 1, e->w);
    e->d = rnn_view(1, 1, 1, 1, e->dw);
    e->n.V[0] = v;
    e->loss = example_forward(T1, &e->n, e->h, e->c, e->y, e->dy, scalar_x,
                              scalar_target);
    rnn_backward(T1, &e->n, &e->d, NULL, NULL, NULL, e->dy, e->h, e->c,
                 scalar_x);
    for (int t = T1; t >= 1; t--) {
        const rnn *n = &e->n;
        real dy = e->dy[t - 1][0], h = e->h[t][0], c = e->c[t][0];
        e->dc[t] = n->Q[0] * dy + v * e->dz[t + 1];                  /* (7.7) */
        e->ds[t] = e->dc[t] * c * (1 - c);                           /* (7.8) */
        e->dh[t] = n->P[0] * dy + n->W_c[0] * e->ds[t] +
                   n->U[0] * e->dz[t + 1];                           /* (7.9) */
        e->dz[t] = e->dh[t] * (1 - h * h);                          /* (7.10) */
    }
}

static const char *indexed(char name[16], const char *letter, int t)
{
    snprintf(name, 16, "%s_%d", letter, t);
    return name;
}

static void show_forward(show *s)
{
    steps e;
    scalar_steps(&e, 0);
    const rnn *n = &e.n;
    char name[16];
    show_section(s, "The recurrence, as the article prints it");
    show_note(s, "One unit. The state starts at h_0 = 0. Each step makes a "
                 "state from the input and the last state, a signal from the "
                 "state, and an output from both.");
    for (int t = 1; t <= T1; t++) {
        real x = scalar_x[t - 1][0], h0 = e.h[t - 1][0], h = e.h[t][0];
        real z = n->A[0] * x + n->U[0] * h0 + n->b[0];
        real sum = n->W_c[0] * h + n->b_c[0];
        show_equation(s, "7.1",
                      "z_t = A x_t + U h_{t-1} + V c_{t-1} + b, V = 0");
        show_value(s, indexed(name, "z", t), z, "%g*%g + %g*%.6g + %g",
                   re(n->A[0]), re(x), re(n->U[0]), re(h0), re(n->b[0]));
        show_equation(s, "7.2", "h_t = tanh(z_t)");
        show_value(s, indexed(name, "h", t), h, "tanh(%.6g)", re(z));
        show_equation(s, "7.3", "c_t = sigmoid(W_c h_t + b_c)");
        show_value(s, indexed(name, "c", t), e.c[t][0],
                   "sigmoid(%g*%.6g + %g) = sigmoid(%.6g)", re(n->W_c[0]),
                   re(h), re(n->b_c[0]), re(sum));
        show_equation(s, "7.4", "y_t = P h_t + Q c_t + r");
        show_value(s, indexed(name, "y", t), e.y[t - 1][0],
                   "%g*%.6g + %g*%.6g + %g", re(n->P[0]), re(h), re(n->Q[0]),
                   re(e.c[t][0]), re(n->r[0]));
    }
    show_equation(s, "7.6", "dy_t = y_t - target_t");
    show_vector(s, "dy", T1, (real *)e.dy);
    show_equation(s, "7.5", "L = 1/2 sum_t (y_t - target_t)^2");
    show_value(s, "L", e.loss, "((%.6g)^2 + (%.6g)^2 + (%.6g)^2) / 2",
               re(e.dy[0][0]), re(e.dy[1][0]), re(e.dy[2][0]));
}

/* The gradient by a parameter: one value with its three products. */
static void show_sum(show *s, const char *tag, const char *formula,
                     const char *name, real value, const real left[T1],
                     const real right[T1])
{
    show_equation(s, tag, formula);
    show_value(s, name, value, "%.6g*%.6g + %.6g*%.6g + %.6g*%.6g", re(left[0]),
               re(right[0]), re(left[1]), re(right[1]), re(left[2]),
               re(right[2]));
}

static void show_parameters(show *s, const steps *e)
{
    const real *dz = e->dz + 1, *ds = e->ds + 1;
    const real *dy = (const real *)e->dy, *x = (const real *)scalar_x;
    const real *h = (const real *)e->h, *c = (const real *)e->c;
    const real one[T1] = {1, 1, 1};
    show_sum(s, "7.11", "dA = sum_t dz_t x_t^T", "da", e->d.A[0], dz, x);
    show_sum(s, "7.12", "dU = sum_t dz_t h_{t-1}^T", "du", e->d.U[0], dz, h);
    show_sum(s, "7.13", "dV = sum_t dz_t c_{t-1}^T", "dv", e->d.V[0], dz, c);
    show_sum(s, "7.14", "db = sum_t dz_t", "db", e->d.b[0], dz, one);
    show_sum(s, "7.15", "dW_c = sum_t ds_t h_t^T", "dw", e->d.W_c[0], ds,
             h + 1);
    show_sum(s, "7.16", "db_c = sum_t ds_t", "dd", e->d.b_c[0], ds, one);
    show_sum(s, "7.17", "dP = sum_t dy_t h_t^T", "dp", e->d.P[0], dy, h + 1);
    show_sum(s, "7.18", "dQ = sum_t dy_t c_t^T", "dq", e->d.Q[0], dy, c + 1);
    show_sum(s, "7.19", "dr = sum_t dy_t", "dr", e->d.r[0], dy, one);
}

/* The gradients that come out where the article's formulas are read with
 * direct derivatives: without the signal and time, then without time. */
static void show_direct(show *s, const steps *e)
{
    real da = 0, du = 0, db = 0, window[N1] = {0};
    rnn d = rnn_view(1, 1, 1, 1, window);
    for (int t = 1; t <= T1; t++) {
        real h = e->h[t][0];
        real dz = e->n.P[0] * e->dy[t - 1][0] * (1 - h * h);        /* (7.32) */
        da += dz * scalar_x[t - 1][0];
        du += dz * e->h[t - 1][0];
        db += dz;
    }
    show_note(s, "Wrong on purpose: only the direct derivative of y_t by h_t, "
                 "without the signal and without later steps:");
    show_equation(s, "7.32", "dz_t = (1 - h_t^2) P^T dy_t  (direct path only)");
    show_value(s, "da (direct)", da, NULL);
    show_value(s, "du (direct)", du, NULL);
    show_value(s, "db (direct)", db, NULL);
    show_note(s, "Wrong on purpose: with the signal, but without later steps "
                 "(dz_{t+1} = 0 everywhere):");
    show_no_equation(s);
    rnn_backward_truncated(T1, 1, 1, &e->n, &d, e->dy, e->h, e->c, scalar_x);
    show_value(s, "da (no time)", d.A[0], NULL);
    show_value(s, "du (no time)", d.U[0], NULL);
    show_value(s, "db (no time)", d.b[0], NULL);
}

static void show_backward(show *s)
{
    steps e;
    scalar_steps(&e, 0);
    const rnn *n = &e.n;
    char name[16];
    show_section(s, "Backward through time: total and direct derivatives");
    show_note(s, "The last step first. dh_t is the total derivative: the path "
                 "through y_t, through c_t, and through every later step.");
    for (int t = T1; t >= 1; t--) {
        real dy = e.dy[t - 1][0], h = e.h[t][0], c = e.c[t][0];
        show_equation(s, "7.7", "dc_t = Q^T dy_t + V^T dz_{t+1}, V = 0");
        show_value(s, indexed(name, "dc", t), e.dc[t], "%g*%.6g", re(n->Q[0]),
                   re(dy));
        show_equation(s, "7.8", "ds_t = dc_t c_t (1 - c_t)");
        show_value(s, indexed(name, "ds", t), e.ds[t], "%.6g*%.6g*(1 - %.6g)",
                   re(e.dc[t]), re(c), re(c));
        show_equation(s, "7.9", "dh_t = P^T dy_t + W_c^T ds_t + U^T dz_{t+1}");
        show_value(s, indexed(name, "dh", t), e.dh[t],
                   "%g*%.6g + %g*%.6g + %g*%.6g", re(n->P[0]), re(dy),
                   re(n->W_c[0]), re(e.ds[t]), re(n->U[0]), re(e.dz[t + 1]));
        show_equation(s, "7.10", "dz_t = dh_t (1 - h_t^2)");
        show_value(s, indexed(name, "dz", t), e.dz[t], "%.6g*(1 - (%.6g)^2)",
                   re(e.dh[t]), re(h));
    }
    show_note(s, "Each parameter is used at every step, so its gradient is a "
                 "sum over the steps:");
    show_parameters(s, &e);
    show_direct(s, &e);
}

static void show_fed_back(show *s)
{
    steps e;
    scalar_steps(&e, scalar[2]);
    real window[N1] = {0};
    rnn d = rnn_view(1, 1, 1, 1, window);
    show_section(s, "The signal fed back");
    show_note(s, "The same network with the signal in the recurrence. The "
                 "first step is as before, since c_0 = 0; the second is not.");
    show_equation(s, "7.1", "z_t = A x_t + U h_{t-1} + V c_{t-1} + b");
    show_value(s, "z_2",
               e.n.A[0] * scalar_x[1][0] + e.n.U[0] * e.h[1][0] +
                   e.n.V[0] * e.c[1][0] + e.n.b[0],
               "%g*%g + %g*%.6g + %g*%.6g + %g", re(e.n.A[0]),
               re(scalar_x[1][0]), re(e.n.U[0]), re(e.h[1][0]), re(e.n.V[0]),
               re(e.c[1][0]), re(e.n.b[0]));
    show_equation(s, "7.2", "h_t = tanh(z_t)");
    show_vector(s, "h", T1, (real *)e.h + 1);
    show_equation(s, "7.3", "c_t = sigmoid(W_c h_t + b_c)");
    show_vector(s, "c", T1, (real *)e.c + 1);
    show_equation(s, "7.4", "y_t = P h_t + Q c_t + r");
    show_vector(s, "y", T1, (real *)e.y);
    show_equation(s, "7.5", "L = 1/2 sum_t (y_t - target_t)^2");
    show_value(s, "L", e.loss, NULL);
    show_equation(s, "7.7", "dc_t = Q^T dy_t + V^T dz_{t+1}");
    show_value(s, "dc_2", e.dc[2], "%g*%.6g + %g*%.6g", re(e.n.Q[0]),
               re(e.dy[1][0]), re(e.n.V[0]), re(e.dz[3]));
    show_vector(s, "dc", T1, e.dc + 1);
    show_equation(s, "7.8", "ds_t = dc_t c_t (1 - c_t)");
    show_vector(s, "ds", T1, e.ds + 1);
    show_equation(s, "7.9", "dh_t = P^T dy_t + W_c^T ds_t + U^T dz_{t+1}");
    show_vector(s, "dh", T1, e.dh + 1);
    show_equation(s, "7.10", "dz_t = dh_t (1 - h_t^2)");
    show_vector(s, "dz", T1, e.dz + 1);
    show_parameters(s, &e);
    show_note(s, "Wrong on purpose: the gradient by w without later steps.");
    rnn_backward_truncated(T1, 1, 1, &e.n, &d, e.dy, e.h, e.c, scalar_x);
    show_no_equation(s);
    show_value(s, "dw (no time)", d.W_c[0], NULL);
}

/* ---- two hidden units ---------------------------------------------------- */

/* The network of two units: with its V, or with V = 0. */
typedef struct pair_run {
    rnn n, d;
    real w[N2], dw[N2], h[T2 + 1][2], c[T2 + 1][2], y[T2][1], dy[T2][1], loss;
    real dx[T2][1], dh0[2], dc0[2];
} pair_run;

static void run_two(pair_run *e, int fed_back)
{
    memset(e, 0, sizeof *e);
    memcpy(e->w, two, sizeof e->w);
    e->n = rnn_view(1, 2, 2, 1, e->w);
    e->d = rnn_view(1, 2, 2, 1, e->dw);
    if (!fed_back)
        memset(e->n.V, 0, 4 * sizeof *e->n.V);
    e->loss =
        example_forward(T2, &e->n, e->h, e->c, e->y, e->dy, two_x, two_target);
    rnn_backward(T2, &e->n, &e->d, e->dx, e->dh0, e->dc0, e->dy, e->h, e->c,
                 two_x);
}

static void show_given(show *s, const rnn *n)
{
    show_note(s, "The parameters, the inputs and the targets:");
    show_matrix(s, "A", 2, 1, (real(*)[1])n->A);
    show_matrix(s, "U", 2, 2, (real(*)[2])n->U);
    show_vector(s, "b", 2, n->b);
    show_matrix(s, "W_c", 2, 2, (real(*)[2])n->W_c);
    show_vector(s, "b_c", 2, n->b_c);
    show_matrix(s, "P", 1, 2, (real(*)[2])n->P);
    show_matrix(s, "Q", 1, 2, (real(*)[2])n->Q);
    show_vector(s, "r", 1, n->r);
    show_vector(s, "x", T2, (real *)two_x);
    show_vector(s, "target", T2, (real *)two_target);
}

static void show_inputs(show *s, const pair_run *e)
{
    show_equation(s, "7.20", "dx_t = A^T dz_t");
    show_vector(s, "dx", T2, (const real *)e->dx);
    show_equation(s, "7.21", "dh_0 = U^T dz_1");
    show_vector(s, "dh_0", 2, e->dh0);
    show_equation(s, "7.22", "dc_0 = V^T dz_1");
    show_vector(s, "dc_0", 2, e->dc0);
}

static void show_two(show *s, const char *title, int fed_back)
{
    pair_run e;
    run_two(&e, fed_back);
    const rnn *d = &e.d;
    show_section(s, title);
    if (fed_back)
        show_matrix(s, "V", 2, 2, (real(*)[2])e.n.V);
    else
        show_given(s, &e.n);
    show_equation(s, "7.2", "h_t = tanh(A x_t + U h_{t-1} + V c_{t-1} + b)");
    show_matrix(s, "h", T2, 2, e.h + 1);
    show_equation(s, "7.3", "c_t = sigmoid(W_c h_t + b_c)");
    show_matrix(s, "c", T2, 2, e.c + 1);
    show_equation(s, "7.4", "y_t = P h_t + Q c_t + r");
    show_vector(s, "y", T2, (real *)e.y);
    show_equation(s, "7.5", "L = 1/2 sum_t (y_t - target_t)^2");
    show_value(s, "L", e.loss, NULL);
    show_equation(s, "7.11", "dA = sum_t dz_t x_t^T");
    show_matrix(s, "dA", 2, 1, (real(*)[1])d->A);
    show_equation(s, "7.12", "dU = sum_t dz_t h_{t-1}^T");
    show_matrix(s, "dU", 2, 2, (real(*)[2])d->U);
    if (fed_back) {
        show_equation(s, "7.13", "dV = sum_t dz_t c_{t-1}^T");
        show_matrix(s, "dV", 2, 2, (real(*)[2])d->V);
    } else {
        memset(d->V, 0, 4 * sizeof *d->V); /* it has none to learn */
    }
    show_equation(s, "7.14", "db = sum_t dz_t");
    show_vector(s, "db", 2, d->b);
    show_equation(s, "7.15", "dW_c = sum_t ds_t h_t^T");
    show_matrix(s, "dW_c", 2, 2, (real(*)[2])d->W_c);
    show_equation(s, "7.16", "db_c = sum_t ds_t");
    show_vector(s, "db_c", 2, d->b_c);
    show_equation(s, "7.17", "dP = sum_t dy_t h_t^T");
    show_matrix(s, "dP", 1, 2, (real(*)[2])d->P);
    show_equation(s, "7.18", "dQ = sum_t dy_t c_t^T");
    show_matrix(s, "dQ", 1, 2, (real(*)[2])d->Q);
    show_equation(s, "7.19", "dr = sum_t dy_t");
    show_vector(s, "dr", 1, d->r);
    if (fed_back)
        show_inputs(s, &e);
    show_no_equation(s);
    real norm = 0;
    for (int i = 0; i < N2; i++)
        norm += e.dw[i] * e.dw[i];
    show_value(s, "norm of the gradient", sqrt(norm), NULL);
}

/* ---- RTRL, truncation, Jacobians, clipping ------------------------------- */

static double largest_difference(int n, const real a[n], const real b[n])
{
    double most = 0;
    for (int i = 0; i < n; i++)
        most = fmax(most, re(real_abs(a[i] - b[i])));
    return most;
}

/* One parameter, u of the scalar network: dh_t/du, dc_t/du and dy_t/du. */
static void show_tangent(show *s, const steps *e, real jy[T1])
{
    const rnn *n = &e->n;
    real jh = 0, jc = 0;
    char name[16];
    for (int t = 1; t <= T1; t++) {
        real h = e->h[t][0], c = e->c[t][0], h0 = e->h[t - 1][0];
        real h_old = jh, c_old = jc;
        jh = (1 - h * h) * (h0 + n->U[0] * jh + n->V[0] * jc);      /* (7.23) */
        jc = c * (1 - c) * n->W_c[0] * jh;                          /* (7.24) */
        jy[t - 1] = n->P[0] * jh + n->Q[0] * jc;                    /* (7.25) */
        show_equation(s, "7.23",
                      "dh_t/dtheta = (1 - h_t^2) (dz_t/dtheta direct + "
                      "U dh_{t-1}/dtheta + V dc_{t-1}/dtheta)");
        snprintf(name, sizeof name, "dh_%d/du", t);
        show_value(s, name, jh, "(1 - (%.6g)^2)*(%.6g + %g*%.6g + %g*%.6g)",
                   re(h), re(h0), re(n->U[0]), re(h_old), re(n->V[0]),
                   re(c_old));
        show_equation(s, "7.24",
                      "dc_t/dtheta = c_t (1 - c_t) "
                      "(ds_t/dtheta direct + W_c dh_t/dtheta)");
        snprintf(name, sizeof name, "dc_%d/du", t);
        show_value(s, name, jc, "%.6g*(1 - %.6g)*(0 + %g*%.6g)", re(c), re(c),
                   re(n->W_c[0]), re(jh));
        show_equation(s, "7.25",
                      "dy_t/dtheta = dy_t/dtheta direct + P dh_t/dtheta + "
                      "Q dc_t/dtheta");
        snprintf(name, sizeof name, "dy_%d/du", t);
        show_value(s, name, jy[t - 1], "0 + %g*%.6g + %g*%.6g", re(n->P[0]),
                   re(jh), re(n->Q[0]), re(jc));
    }
}

static void show_rtrl(show *s)
{
    steps e;
    scalar_steps(&e, scalar[2]);
    pair_run f;
    real dw[N1] = {0}, dw2[N2] = {0}, jy[T1];
    run_two(&f, 1);
    show_section(s, "Forward in time: real-time recurrent learning");
    show_note(s, "How much do h_t, c_t and y_t change with u? Carry the answer "
                 "along with the state (the scalar network, its signal fed "
                 "back; theta is u):");
    show_tangent(s, &e, jy);
    rnn_rtrl(T1, N1, &e.n, dw, e.dy, e.h, e.c, scalar_x);
    show_equation(s, "7.26", "dL/dtheta = sum_t (dy_t/dtheta)^T dy_t");
    show_value(s, "du", dw[1], "%.6g*%.6g + %.6g*%.6g + %.6g*%.6g", re(jy[0]),
               re(e.dy[0][0]), re(jy[1]), re(e.dy[1][0]), re(jy[2]),
               re(e.dy[2][0]));
    show_residual(s, "largest difference from 7.3",
                  largest_difference(N1, dw, e.dw));
    rnn_rtrl(T2, N2, &f.n, dw2, f.dy, f.h, f.c, two_x);
    show_residual(s, "largest difference from 7.5",
                  largest_difference(N2, dw2, f.dw));
}

static void show_truncation(show *s)
{
    static const char *const cols[] = {"K", "da", "du", "dv", "db", "dw"};
    double x[T1][6];
    steps e;
    scalar_steps(&e, scalar[2]);
    show_section(s, "A window on the past: truncation");
    show_note(s,
              "Each error goes back K steps and no further. With K = 1 there "
              "is no time path, with K = T = 3 nothing is lost. (p, q and r "
              "do not act through time: their gradients are always whole.)");
    show_equation(s, "7.27",
                  "dz_s = sum_{t=s..s+K-1} (what the error of step t sends)");
    for (int K = 1; K <= T1; K++) {
        real dw[N1] = {0};
        rnn d = rnn_view(1, 1, 1, 1, dw);
        rnn_backward_truncated(T1, K, 1, &e.n, &d, e.dy, e.h, e.c, scalar_x);
        x[K - 1][0] = K;
        for (int i = 0; i < 5; i++)
            x[K - 1][i + 1] = re(dw[i]);
    }
    show_table(s, "gradients with a window of K steps", T1, 6, NULL, cols, x);
}

static double power(double base, int n)
{
    double product = 1;
    for (int i = 0; i < n; i++)
        product *= base;
    return product;
}

/* The Jacobians of two units: J_4 J_3 J_2 = dh_4/dh_1 and its bound. */
static void show_two_jacobians(show *s)
{
    pair_run f;
    real product[2][2] = {{1, 0}, {0, 1}}, J[2][2];
    run_two(&f, 1);
    double norms = 1;
    for (int t = 2; t <= T2; t++) {
        real old[2][2];
        memcpy(old, product, sizeof old);
        rnn_jacobian(&f.n, J, f.h[t], f.c[t - 1]);
        norms *= spectral_norm(2, 2, J);
        for (int i = 0; i < 2; i++)
            for (int j = 0; j < 2; j++)
                product[i][j] = J[i][0] * old[0][j] + J[i][1] * old[1][j];
    }
    show_note(s, "Two units, the signal fed back:");
    show_equation(s, "7.29", "dh_t/dh_s = J_t ... J_{s+1}");
    show_matrix(s, "dh_4/dh_1", 2, 2, product);
    double U = spectral_norm(2, 2, (real(*)[2])f.n.U);
    double V = spectral_norm(2, 2, (real(*)[2])f.n.V);
    double W = spectral_norm(2, 2, (real(*)[2])f.n.W_c);
    double most = U + V * W / 4;                                    /* (7.30) */
    show_equation(s, "7.30",
                  "|dh_t/dh_s| <= |J_t| ... |J_{s+1}| <= "
                  "(|U| + |V| |W_c| / 4)^(t-s)");
    show_value(s, "norm of dh_4/dh_1", (real)spectral_norm(2, 2, product),
               NULL);
    show_value(s, "norm of J_4, J_3, J_2, multiplied", (real)norms, NULL);
    show_value(s, "|U| + |V| |W_c| / 4", (real)most, "%.6g + %.6g*%.6g/4", U, V,
               W);
    show_value(s, "to the power of 3", (real)power(most, 3), NULL);
}

static void show_jacobians(show *s)
{
    steps e;
    scalar_steps(&e, 0);
    volatile double given[2] = {0.5, 0.9}; /* no compiler computes with these */
    real J[2][1][1], h = (real)given[0], u = (real)given[1], product = 1;
    show_section(s, "Products of Jacobians: vanish or explode");
    show_note(s, "What step s does to step t is a product of Jacobians, one a "
                 "step. One unit, without the signal:");
    for (int t = 2; t <= T1; t++)
        rnn_jacobian(&e.n, J[t - 2], e.h[t], e.c[t - 1]);
    show_equation(s, "7.28",
                  "J_t = dh_t/dh_{t-1} = diag(1 - h_t^2) "
                  "(U + V diag(c_{t-1} (1 - c_{t-1})) W_c)");
    show_value(s, "J_2", J[0][0][0], "(1 - (%.6g)^2)*%g", re(e.h[2][0]),
               re(e.n.U[0]));
    show_value(s, "J_3", J[1][0][0], "(1 - (%.6g)^2)*%g", re(e.h[3][0]),
               re(e.n.U[0]));
    show_equation(s, "7.29", "dh_t/dh_s = J_t ... J_{s+1}");
    show_value(s, "dh_3/dh_1", J[1][0][0] * J[0][0][0],             /* (7.29) */
               "%.6g*%.6g", re(J[1][0][0]), re(J[0][0][0]));
    show_note(s, "Twenty equal factors:");
    show_value(s, "0.5^20", (real)power(0.5, 20), NULL);
    show_value(s, "1.5^20", (real)power(1.5, 20), NULL);
    show_note(s, "Ten steps of h = tanh(0.9 h) from h = 0.5:");
    for (int t = 0; t < 10; t++) {
        h = tanh(u * h);
        product *= u * (1 - h * h);
    }
    show_value(s, "product of 10 slopes", product, NULL);
    show_value(s, "h after 10 steps", h, NULL);
    show_two_jacobians(s);
}

static void show_clipping(show *s)
{
    pair_run f;
    real g[2] = {3, 4}, by_value[2] = {3, 4}, before[N2];
    run_two(&f, 1);
    show_section(s, "Clipping");
    show_note(s, "A step that is too long is shortened; its direction stays.");
    show_equation(s, "7.31", "g = g min(1, g_max / |g|)");
    double norm = clip_by_norm(2, g, 1);                            /* (7.31) */
    show_value(s, "norm of (3, 4)", (real)norm, "sqrt(3*3 + 4*4)");
    show_vector(s, "clipped to norm 1", 2, g);
    show_no_equation(s);
    clip_by_value(2, by_value, 1);
    show_vector(s, "clipped entry by entry", 2, by_value);
    show_note(s,
              "Entry by entry the direction changes. The gradient of section "
              "7.5, clipped to norm 1:");
    memcpy(before, f.dw, sizeof before);
    norm = clip_by_norm(N2, f.dw, 1);
    for (int i = 0; i < N2; i++)
        before[i] *= (real)(1 / norm);
    show_value(s, "norm before", (real)norm, NULL);
    show_residual(s, "largest difference from g / |g|",
                  largest_difference(N2, before, f.dw));
}

/* A 12-3-1 network with fixed parameters of at most 0.11, and what it makes of
 * 1712: one example of the training set, forward and backward. */
static void show_lag_network(show *s)
{
    enum { H = 3, L = SUNSPOT_LAGS, N = TRAIN_LAST - TRAIN_FIRST + 1 };
    real w[H * (L + 2) + 1], dw[H * (L + 2) + 1], x[1][L], a[1][H], y[1];
    real *b = w + H * L, *v = b + H, *k = v + H, dz[H];
    int size = lag_size(H);
    for (int i = 0; i < size; i++)
        w[i] = (real)(0.02 * (7 * i % 11 - 4.5));
    for (int l = 0; l < L; l++)
        x[0][l] = (real)(sunspot_number[TRAIN_FIRST - 1 - l - SUNSPOT_FIRST] /
                         SUNSPOT_SCALE);
    lag_forward(1, L, H, a, y, (real(*)[L])w, b, (real(*)[H])v, k, x);
    real target =
        (real)(sunspot_number[TRAIN_FIRST - SUNSPOT_FIRST] / SUNSPOT_SCALE);
    show_note(
        s, "A 12-3-1 network with fixed parameters. First a, y, dy and dz of "
           "the year 1712 alone:");
    show_equation(s, "7.33", "a_n = tanh(W x_n + b)");
    show_vector(s, "a", H, a[0]);
    show_equation(s, "7.34", "y_n = v . a_n + k");
    show_value(s, "y", y[0], NULL);
    show_equation(s, "7.39", "dy_n = 2 (y_n - target_n) / N");
    real dy = 2 * (y[0] - target) / N;                              /* (7.39) */
    show_value(s, "dy", dy, "2*(%.6g - %.6g)/%d", re(y[0]), re(target), N);
    show_equation(s, "7.35", "dz_n = v dy_n (1 - a_n^2)");
    for (int i = 0; i < H; i++)
        dz[i] = v[i] * dy * (1 - a[0][i] * a[0][i]);                /* (7.35) */
    show_vector(s, "dz", H, dz);
    show_note(s,
              "Then the training loss and its gradient by b, over all %d "
              "years, without and with decay:",
              N);
    show_equation(s, "7.38",
                  "F = 1/N sum_n (y_n - target_n)^2 + decay sum_i w_i^2");
    show_value(s, "F, no decay", lag_loss(H, dw, w, 0), NULL);
    show_equation(s, "7.36", "dW = sum_n dz_n x_n^T,  db = sum_n dz_n");
    show_vector(s, "db, no decay", H, dw + H * L);
    show_equation(s, "7.40", "dw_i = dw_i + 2 decay w_i");
    show_value(s, "F, decay 0.01", lag_loss(H, dw, w, 0.01), NULL);
    show_vector(s, "db, decay 0.01", H, dw + H * L);
}

static void show_sunspot_data(show *s)
{
    enum { YEARS = LATE_LAST - SUNSPOT_FIRST + 1 };
    static const char *const rows[] = {"as last year", "straight line"};
    static const char *const cols[] = {"1712-1920", "1921-1955", "1956-1979"};
    static const int first[] = {TRAIN_FIRST, EARLY_FIRST, LATE_FIRST};
    static const int last[] = {TRAIN_LAST, EARLY_LAST, LATE_LAST};
    double last_year[SUNSPOT_YEARS] = {0}, line[SUNSPOT_YEARS], x[2][3];
    double mean = 0, variance = 0;
    show_section(s, "Sunspots: the data and two networks");
    for (int t = 0; t < YEARS; t++)
        mean += sunspot_number[t] / YEARS;
    for (int t = 0; t < YEARS; t++)
        variance +=
            (sunspot_number[t] - mean) * (sunspot_number[t] - mean) / YEARS;
    show_count(s, "years in the file", SUNSPOT_YEARS);
    show_count(s, "years of training", TRAIN_LAST - TRAIN_FIRST + 1);
    show_value(s, "mean, 1700 to 1979", (real)mean, NULL);
    show_value(s, "variance, 1700 to 1979", (real)variance, NULL);
    show_count(s, "parameters, 12-3-1", lag_size(3));
    show_count(s, "parameters, 12-8-1", lag_size(8));
    show_count(s, "parameters, Elman, 3 units", 3 + 3 * 3 + 3 + 3 + 1);
    show_lag_network(s);
    for (int t = 1; t < SUNSPOT_YEARS; t++)
        last_year[t] = sunspot_number[t - 1];
    line_predict(line);
    for (int k = 0; k < 3; k++) {
        x[0][k] = sunspot_error(last_year, first[k], last[k]);
        x[1][k] = sunspot_error(line, first[k], last[k]);
    }
    show_note(s, "Two predictors without a network: the number of the year "
                 "before, and a straight line through 12 years.");
    show_equation(s, "7.41", "(X^T X) w = X^T target");
    show_value(s, "straight line, 1712",
               (real)line[TRAIN_FIRST - SUNSPOT_FIRST], NULL);
    show_equation(s, "7.37", "E = 1/N sum_n (y_n - target_n)^2 / 1535");
    show_table(s, "errors without a network", 2, 3, rows, cols, x);
}

/* ---- the run ------------------------------------------------------------- */

static void check_examples(program *p)
{
    example a;
    memset(&a, 0, sizeof a);
    a.T = T1;
    memcpy(a.w, scalar, sizeof scalar);
    memcpy(a.x, scalar_x, sizeof scalar_x);
    memcpy(a.target, scalar_target, sizeof scalar_target);
    a.n = rnn_view(1, 1, 1, 1, a.w);
    a.d = rnn_view(1, 1, 1, 1, a.dw);
    a.n.V[0] = 0;
    show_note(&p->show, "The scalar network as printed (V = 0), then two units "
                        "with the signal fed back:");
    check_example(p, "as printed", &a);
    memset(&a, 0, sizeof a);
    a.T = T2;
    memcpy(a.w, two, sizeof two);
    memcpy(a.x, two_x, sizeof two_x);
    memcpy(a.target, two_target, sizeof two_target);
    a.n = rnn_view(1, 2, 2, 1, a.w);
    a.d = rnn_view(1, 2, 2, 1, a.dw);
    check_example(p, "two units", &a);
}

static void verify(program *p)
{
    show_section(&p->show, "Verification");
    check_examples(p);
    check_networks(p);
}

static void worked_example(program *p)
{
    show *s = &p->show;
    show_forward(s);
    show_backward(s);
    show_fed_back(s);
    show_two(s, "Two hidden units, as printed", 0);
    show_two(s, "Two hidden units, fed back", 1);
    show_rtrl(s);
    show_truncation(s);
    show_jacobians(s);
    show_clipping(s);
    show_sunspot_data(s);
}

static void experiment(program *p)
{
    window_experiment(p);
    lag_experiment(p);
    sunspot_experiment(p);
    overfit_experiment(p);
}

static const program_about about = {
    .name = "07_bptt",
    .title = "Backpropagation through time: gradients of a recurrence",
    .seeds = 10,
    .verification = 11,
    SETTINGS(settings),
    .example = worked_example,
    .verify = verify,
    .experiment = experiment,
};

int main(int argc, char **argv)
{
    return program_run(&about, argc, argv);
}
