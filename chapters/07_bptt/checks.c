/* SPDX-License-Identifier: MIT */
#include "chapters/07_bptt/checks.h"

#include "chapters/02_activations/activations.h"
#include "chapters/04_backprop/linear.h"
#include "chapters/07_bptt/sunspots.h"
#include "lib/condition.h"
#include "lib/sample.h"

#include <string.h>

/* ---- gradients are added ------------------------------------------------- */

/* A backward function adds into its gradients. So in one check of each they do
 * not start at zero but at BEFORE, which is taken off afterwards: `=` for `+=`
 * shows. It is a power of two, and small: it costs hardly a digit. (The other
 * checks start at zero: there `=` leaves one step's share, and so shows itself
 * for what it is.) */
#define BEFORE R(0.125)

/* ---- the worked examples ------------------------------------------------ */

real example_forward(int T, const rnn *n, real h[T + 1][n->H],
                     real c[T + 1][n->C], real y[T][1], real dy[T][1],
                     const real x[T][1], const real target[T][1])
{
    memset(h[0], 0, sizeof h[0]);
    memset(c[0], 0, sizeof c[0]);
    rnn_forward(T, n, h, c, y, x);
    return half_squares(T, (real *)dy, (const real *)y, (const real *)target);
}

static real example_run(example *a, int backward)
{
    int H = a->n.H, C = a->n.C, T = a->T;
    real h[T + 1][H], c[T + 1][C], y[T][1], dy[T][1];
    for (int t = 0; t < T; t++)
        dy[t][0] = backward; /* 1 or 0: the loss sets dy, it does not add */
    real loss = example_forward(T, &a->n, h, c, y, dy, a->x,
                                (const real(*)[1])a->target);
    if (backward)
        rnn_backward(T, &a->n, &a->d, a->dx, NULL, NULL, dy, h, c, a->x);
    for (int t = 0; t < T && backward; t++)
        a->dtarget[t][0] = -dy[t][0];
    return loss;
}

static real example_loss(void *context)
{
    return example_run(context, 0);
}

void check_example(program *p, const char *group, example *a)
{
    const rnn *n = &a->n, *d = &a->d;
    int H = n->H, C = n->C, T = a->T;
    example_run(a, 1);
    const hg_tensor t[] = {
        TENSOR("A", "7.11", n->A, d->A, "H,D", H, 1),
        TENSOR("U", "7.12", n->U, d->U, "H,H", H, H),
        TENSOR("V", "7.13", n->V, d->V, "H,C", H, C),
        TENSOR("b", "7.14", n->b, d->b, "H", H),
        TENSOR("W_c", "7.15", n->W_c, d->W_c, "C,H", C, H),
        TENSOR("b_c", "7.16", n->b_c, d->b_c, "C", C),
        TENSOR("P", "7.17", n->P, d->P, "M,H", 1, H),
        TENSOR("Q", "7.18", n->Q, d->Q, "M,C", 1, C),
        TENSOR("r", "7.19", n->r, d->r, "M", 1),
        TENSOR("x", "7.20", a->x, a->dx, "T,D", T, 1),
        TENSOR("target", "7.6", a->target, a->dtarget, "T,M", T, 1),
    };
    program_check(p, group, example_loss, a, sizeof t / sizeof *t, t);
}

/* ---- any network, whole or truncated ------------------------------ */

enum { CT = 7, CD = 2, CH = 4, CC = 3, CM = 5, CN = 95 };

/* A network with random numbers. The loss is sum_t up_t . y_t, so up is dL/dy.
 * Where the window K is shorter than the sequence, the loss starts every window
 * again from the state that stands in h and c: what the truncated gradient is
 * the gradient of. The gradients start at `before`. */
typedef struct job {
    int T, K, S;
    bool saturated;
    real before;
    rnn n, d;
    real w[CN], dw[CN], x[CT][CD], dx[CT][CD], up[CT][CM];
    real h[CT + 1][CH], c[CT + 1][CC],
        y[CT][CM]; /* at the point of the check */
    real dh0[CH], dc0[CC];
} job;

static real job_loss(void *context)
{
    const job *a = context;
    real loss = 0;
    for (int first = 0; first < a->T; first += a->S) {
        int last = first + a->S < a->T ? first + a->S : a->T;
        int start = last > a->K ? last - a->K : 0;
        real h[CT + 1][CH], c[CT + 1][CC], y[CT][CM];
        memcpy(h[0], a->h[start], sizeof h[0]);
        memcpy(c[0], a->c[start], sizeof c[0]);
        rnn_forward(last - start, &a->n, h, c, y, a->x + start);
        for (int t = first; t < last; t++)
            for (int m = 0; m < CM; m++)
                loss += a->up[t][m] * y[t - start][m];
    }
    return loss;
}

/* The gradient with this window, which is that of a->K or, where a window of
 * one step is enough, another. */
static void job_backward(job *a, int K, int S)
{
    begin_with(a->before, CN, a->dw);
    begin_with(a->before, CT * CD, (real *)a->dx);
    begin_with(a->before, CH, a->dh0);
    begin_with(a->before, CC, a->dc0);
    if (K < a->T)
        rnn_backward_truncated(a->T, K, S, &a->n, &a->d, a->up, a->h, a->c,
                               a->x);
    else
        rnn_backward(a->T, &a->n, &a->d, a->dx, a->dh0, a->dc0, a->up, a->h,
                     a->c, a->x);
    take_away(a->before, CN, a->dw);
    take_away(a->before, CT * CD, (real *)a->dx);
    take_away(a->before, CH, a->dh0);
    take_away(a->before, CC, a->dc0);
}

static void job_gradients(job *a, int K, int S)
{
    rnn_forward(a->T, &a->n, a->h, a->c, a->y, a->x);
    job_backward(a, K, S);
}

/* The same of the whole sequence, from the states that stand in h and c. */
static void job_again(void *context)
{
    job *a = context;
    job_backward(a, a->T, a->T);
}

/* Random numbers of these sizes, the start states too. */
static void random_job(job *a, const program *p, uint64_t stream, double size)
{
    rng g = rng_new(p->seed, stream);
    memset(a, 0, sizeof *a);
    a->T = a->K = a->S = CT;
    a->n = rnn_view(CD, CH, CC, CM, a->w);
    a->d = rnn_view(CD, CH, CC, CM, a->dw);
    fill_normal(CN, a->w, size, &g);
    fill_normal(CT * CD, (real *)a->x, 1, &g);
    fill_normal(CT * CM, (real *)a->up, 1, &g);
    fill_normal(CH, a->h[0], 0.5, &g);
    fill_normal(CC, a->c[0], 0.5, &g);
}

enum { PARAMETERS = 9, ALL = 12 };

/* The parameters, then the inputs and the start states. */
static void job_tensors(hg_tensor t[ALL], job *a)
{
    const rnn *n = &a->n, *d = &a->d;
    const hg_tensor all[ALL] = {
        TENSOR("A", "7.11", n->A, d->A, "H,D", CH, CD),
        TENSOR("U", "7.12", n->U, d->U, "H,H", CH, CH),
        TENSOR("V", "7.13", n->V, d->V, "H,C", CH, CC),
        TENSOR("b", "7.14", n->b, d->b, "H", CH),
        TENSOR("W_c", "7.15", n->W_c, d->W_c, "C,H", CC, CH),
        TENSOR("b_c", "7.16", n->b_c, d->b_c, "C", CC),
        TENSOR("P", "7.17", n->P, d->P, "M,H", CM, CH),
        TENSOR("Q", "7.18", n->Q, d->Q, "M,C", CM, CC),
        TENSOR("r", "7.19", n->r, d->r, "M", CM),
        TENSOR("x", "7.20", a->x, a->dx, "T,D", a->T, CD),
        TENSOR("h_0", "7.21", a->h, a->dh0, "H", CH),
        TENSOR("c_0", "7.22", a->c, a->dc0, "C", CC),
    };
    for (int i = 0; i < ALL; i++)
        t[i] = all[i];
}

/* h and c have a row more than there are steps: the start state. */
static void check_job(program *p, const char *group, job *a, int n)
{
    hg_tensor t[ALL];
    job_tensors(t, a);
    job_gradients(a, a->K, a->S);
    if (a->saturated) {
        const stored states[] = {{CT * CH, a->h[1]}, {CT * CC, a->c[1]}};
        double most = condition_measure(job_again, a, 2, states, n, t);
        show_value(&p->show, "largest condition", (real)most, NULL);
    }
    const hg_tensor known[] = {KNOWN("dy", a->up, "T,M", a->T, CM),
                               KNOWN("h", a->h, "T,H", a->T + 1, CH),
                               KNOWN("c", a->c, "T,C", a->T + 1, CC),
                               KNOWN("h_T", a->h[a->T], "H", CH),
                               KNOWN("c_T", a->c[a->T], "C", CC)};
    program_tell(p, 0, NULL, 5, known);
    program_check(p, group, job_loss, a, n, t);
}

static void check_whole(program *p)
{
    job a;
    show_note(&p->show,
              "All sizes different, random numbers, a random incoming "
              "gradient:");
    random_job(&a, p, 1, 0.6);
    check_job(p, "all sizes", &a, ALL);
    show_note(&p->show, "Large weights, so that tanh and sigmoid are nearly "
                        "saturated, and a large incoming gradient. The slope "
                        "1 - h^2 loses digits: the complex step's bound of "
                        "each tensor grows by its condition, at most this:");
    random_job(&a, p, 2, 1.5);
    a.before = BEFORE;
    for (int i = 0; i < CT * CM; i++)
        ((real *)a.up)[i] *= 1000;
    a.saturated = true;
    check_job(p, "saturated", &a, ALL);
    double largest = 1;
    for (int t = 1; t <= CT; t++)
        for (int i = 0; i < CH; i++)
            largest = fmax(largest, 1 / (1 - re(a.h[t][i]) * re(a.h[t][i])));
    show_value(&p->show, "largest 1 / (1 - h^2)", (real)largest, NULL);
}

/* A = 1, so x_t is added to the state as it is, and its gradient is dz_t; V = 0,
 * and the loss takes the last output only: so from step to step there is U and
 * the slope of tanh, and nothing else. */
enum { ET = 3, EH = 4, EC = 2, EM = 3, EN = 75 };

typedef struct chain {
    rnn n, d;
    real w[EN], dw[EN], x[ET][EH], dx[ET][EH], up[ET][EM];
} chain;

static real chain_pass(const chain *a, real h[ET + 1][EH], real c[ET + 1][EC])
{
    real y[ET][EM], loss = 0;
    memset(h, 0, sizeof(real[EH]));
    memset(c, 0, sizeof(real[EC]));
    rnn_forward(ET, &a->n, h, c, y, a->x);
    for (int m = 0; m < EM; m++)
        loss += a->up[ET - 1][m] * y[ET - 1][m];
    return loss;
}

static real chain_loss(void *context)
{
    real h[ET + 1][EH], c[ET + 1][EC];
    return chain_pass(context, h, c);
}

static void check_chain(program *p)
{
    chain a;
    real h[ET + 1][EH], c[ET + 1][EC];
    rng g = rng_new(p->seed, 9);
    memset(&a, 0, sizeof a);
    a.n = rnn_view(EH, EH, EC, EM, a.w);
    a.d = rnn_view(EH, EH, EC, EM, a.dw);
    fill_normal(EN, a.w, 0.6, &g);
    fill_normal(ET * EH, (real *)a.x, 1, &g);
    fill_normal(EM, a.up[ET - 1], 1, &g);
    memset(a.n.V, 0, EH * EC * sizeof *a.n.V);
    for (int i = 0; i < EH * EH; i++)
        a.n.A[i] = i % (EH + 1) == 0;
    chain_pass(&a, h, c);
    rnn_backward(ET, &a.n, &a.d, a.dx, NULL, NULL, a.up, h, c, a.x);
    const hg_tensor t[] = {
        TENSOR("U", "7.12", a.n.U, a.d.U, "H,H", EH, EH),
        TENSOR("b", "7.14", a.n.b, a.d.b, "H", EH),
        TENSOR("x", "7.9", a.x, a.dx, "T,H", ET, EH),
    };
    const hg_tensor known = KNOWN("h", h, "T,H", ET + 1, EH);
    program_tell(p, 0, NULL, 1, &known);
    program_check(p, "A = 1", chain_loss, &a, 3, t);
}

/* Where a mistake shows for what it is. */
static void check_small(program *p)
{
    job a;
    show_note(&p->show, "A single step, with nothing before or after it:");
    random_job(&a, p, 10, 0.6);
    a.T = a.K = a.S = 1;
    check_job(p, "one step", &a, ALL);
    show_note(&p->show, "A = 1 and V = 0, and the loss takes the last output: "
                        "the gradient of x_t is dz_t, and only U leads from "
                        "one step to the next.");
    check_chain(p);
}

static void check_truncated(program *p)
{
    job a;
    show_note(&p->show, "Windows of 3 steps in a sequence of 7: against a loss "
                        "that starts every window from a fixed state.");
    random_job(&a, p, 3, 0.6);
    a.K = 3;
    a.S = 1;
    check_job(p, "window 3", &a, PARAMETERS);
    show_note(&p->show, "Windows of 3 steps every 2 steps; the last one is cut "
                        "short:");
    random_job(&a, p, 4, 0.6);
    a.K = 3;
    a.S = 2;
    a.before = BEFORE;
    check_job(p, "window 3, every 2", &a, PARAMETERS);
    show_note(&p->show, "U = V = 0: nothing acts through time, and a window of "
                        "one step is the whole gradient.");
    random_job(&a, p, 5, 0.6);
    memset(a.n.U, 0, CH * CH * sizeof *a.n.U);
    memset(a.n.V, 0, CH * CC * sizeof *a.n.V);
    job_gradients(&a, 1, 1);
    hg_tensor t[ALL];
    job_tensors(t, &a);
    program_check(p, "no recurrence", job_loss, &a, PARAMETERS, t);
}

/* RTRL against BPTT, and products of Jacobians. */
static void compare_rtrl(program *p)
{
    job a;
    hg_tensor t[ALL];
    real dw[CN];
    show_note(&p->show, "Real-time recurrent learning against backpropagation "
                        "through time, all parameters:");
    random_job(&a, p, 1, 0.6);
    job_gradients(&a, CT, CT);
    job_tensors(t, &a);
    begin_with(BEFORE, CN, dw);
    rnn_rtrl(CT, CN, &a.n, dw, a.up, a.h, a.c, a.x);
    take_away(BEFORE, CN, dw);
    for (int i = 0, at = 0; i < PARAMETERS; i++) {
        program_compare(p, &t[i], dw + at, 1e-12);
        at += hg_entries(&t[i]);
    }
}

/* L = g . h_T as a function of h_1, with g = up[0]. */
static real state_loss(void *context)
{
    const job *a = context;
    real h[CT][CH], c[CT][CC], y[CT - 1][CM], s[CC], loss = 0;
    memcpy(h[0], a->h[1], sizeof h[0]);
    linear_forward(CC, CH, s, (const real(*)[CH])a->n.W_c, a->n.b_c, h[0]);
    sigmoid_forward(CC, c[0], s);
    rnn_forward(CT - 1, &a->n, h, c, y, a->x + 1);
    for (int i = 0; i < CH; i++)
        loss += a->up[0][i] * h[CT - 1][i];
    return loss;
}

static void check_jacobians(program *p)
{
    job a;
    real J[CH][CH], g[CH];
    show_note(&p->show, "The product of Jacobians from h_1 to the last state:");
    random_job(&a, p, 6, 0.6);
    rnn_forward(CT, &a.n, a.h, a.c, a.y, a.x);
    memcpy(g, a.up[0], sizeof g);
    for (int t = CT; t >= 2; t--) { /* g = J_t^T g */
        real old[CH];
        memcpy(old, g, sizeof old);
        rnn_jacobian(&a.n, J, a.h[t], a.c[t - 1]);
        for (int j = 0; j < CH; j++) {
            g[j] = 0;
            for (int i = 0; i < CH; i++)
                g[j] += J[i][j] * old[i];
        }
    }
    const hg_tensor t = TENSOR("h_1", "7.29", a.h[1], g, "H", CH);
    program_check(p, "Jacobians", state_loss, &a, 1, &t);
}

/* ---- the networks for the sunspots -------------------------------- */

enum { GN = 3, GL = 5, GH = 4 };

/* A network with one hidden layer; L = sum_n up_n y_n. */
typedef struct layer {
    real W[GH][GL], b[GH], v[1][GH], k[1], x[GN][GL], up[GN];
    real dW[GH][GL], db[GH], dv[1][GH], dk[1], dx[GN][GL];
} layer;

static real layer_loss(void *context)
{
    const layer *a = context;
    real h[GN][GH], y[GN], loss = 0;
    lag_forward(GN, GL, GH, h, y, a->W, a->b, a->v, a->k, a->x);
    for (int n = 0; n < GN; n++)
        loss += a->up[n] * y[n];
    return loss;
}

static void layer_gradients(layer *a, real before)
{
    real h[GN][GH], y[GN];
    begin_with(before, GH * GL, (real *)a->dW);
    begin_with(before, GH, a->db);
    begin_with(before, GH, a->dv[0]);
    begin_with(before, 1, a->dk);
    begin_with(before, GN * GL, (real *)a->dx);
    lag_forward(GN, GL, GH, h, y, a->W, a->b, a->v, a->k, a->x);
    lag_backward(GN, GL, GH, a->dW, a->db, a->dv, a->dk, a->dx, a->up, a->W,
                 a->v, h, a->x);
    take_away(before, GH * GL, (real *)a->dW);
    take_away(before, GH, a->db);
    take_away(before, GH, a->dv[0]);
    take_away(before, 1, a->dk);
    take_away(before, GN * GL, (real *)a->dx);
}

static void check_layer(program *p)
{
    layer a;
    rng g = rng_new(p->seed, 7);
    memset(&a, 0, sizeof a);
    fill_normal(GH * GL, (real *)a.W, 0.7, &g);
    fill_normal(GH, a.b, 0.7, &g);
    fill_normal(GH, a.v[0], 0.7, &g);
    fill_normal(1, a.k, 0.7, &g);
    fill_normal(GN * GL, (real *)a.x, 1, &g);
    fill_normal(GN, a.up, 1, &g);
    layer still = a;
    layer_gradients(&a, BEFORE);
    /* where nothing comes in, nothing goes out */
    memset(still.up, 0, sizeof still.up);
    layer_gradients(&still, 0);
    guard(0, GH * GL, (real *)still.dW, a.db);
    guard(0, GH, still.dv[0], a.db);
    guard(0, GN * GL, (real *)still.dx, a.db);
    const hg_tensor t[] = {
        TENSOR("W", "7.36", a.W, a.dW, "H,L", GH, GL),
        TENSOR("b", "7.36", a.b, a.db, "H", GH),
        TENSOR("v", "7.35", a.v, a.dv, "M,H", 1, GH),
        TENSOR("k", "7.35", a.k, a.dk, "M", 1),
        TENSOR("x", "7.36", a.x, a.dx, "N,L", GN, GL),
    };
    show_note(&p->show, "The feed-forward network, then the training losses "
                        "with weight decay on the real data:");
    program_check(p, "feed-forward", layer_loss, &a, 5, t);
}

/* The training loss of a network with 3 hidden units. */
typedef struct fit {
    int elman;
    real w[64], dw[64];
} fit;

static real fit_loss(void *context)
{
    fit *a = context;
    real dw[64];
    return a->elman ? elman_loss(3, dw, a->w, 1e-2)
                    : lag_loss(3, dw, a->w, 1e-2);
}

static void check_fits(program *p)
{
    fit a = {0};
    rng g = rng_new(p->seed, 8);
    rnn n = rnn_view(1, 3, 1, 1, a.w), d = rnn_view(1, 3, 1, 1, a.dw);
    uniform_fill(lag_size(3), a.w, 0.5, &g);
    begin_with(BEFORE, lag_size(3), a.dw); /* set by the loss, not added to */
    lag_loss(3, a.dw, a.w, 1e-2);
    const hg_tensor all[] = {
        TENSOR("w", "7.40", a.w, a.dw, "N", lag_size(3)),
    };
    program_check(p, "12-3-1", fit_loss, &a, 1, all);
    memset(&a, 0, sizeof a);
    a.elman = 1;
    uniform_fill(3 + 9, n.A, 0.5, &g);
    uniform_fill(3, n.b, 0.5, &g);
    uniform_fill(3, n.P, 0.5, &g);
    uniform_fill(1, n.r, 0.5, &g);
    begin_with(BEFORE, elman_size(3), a.dw);
    elman_loss(3, a.dw, a.w, 1e-2);
    const hg_tensor t[] = {
        TENSOR("A", "7.40", n.A, d.A, "H,D", 3, 1),
        TENSOR("U", "7.40", n.U, d.U, "H,H", 3, 3),
        TENSOR("b", "7.40", n.b, d.b, "H", 3),
        TENSOR_ZERO("W_c", "7.40", n.W_c, d.W_c, "C,H", 1, 3),
        TENSOR_ZERO("b_c", "7.40", n.b_c, d.b_c, "C", 1),
        TENSOR("P", "7.40", n.P, d.P, "M,H", 1, 3),
        TENSOR("r", "7.40", n.r, d.r, "M", 1),
    };
    program_check(p, "Elman", fit_loss, &a, 7, t);
}

void check_networks(program *p)
{
    check_whole(p);
    check_small(p);
    compare_rtrl(p);
    check_truncated(p);
    check_jacobians(p);
    check_layer(p);
    check_fits(p);
}
