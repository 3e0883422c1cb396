/* SPDX-License-Identifier: MIT */
#include "chapters/04_backprop/checks.h"

#include <stdlib.h>
#include <string.h>

#include "chapters/03_cross_entropy/cross_entropy.h"
#include "chapters/04_backprop/cost.h"
#include "chapters/04_backprop/deep_linear.h"
#include "chapters/04_backprop/factor.h"
#include "chapters/04_backprop/linear.h"
#include "chapters/04_backprop/network.h"
#include "chapters/04_backprop/skip.h"
#include "lib/sample.h"

/* sum_i up_i x_i: with it a loss reads its inputs too, so that their gradients are
 * not empty when a backward function adds to them. */
static real direct(int n, const real up[n], const real x[n])
{
    real sum = 0;
    for (int i = 0; i < n; i++)
        sum += up[i] * x[i];
    return sum;
}

/* ---- one layer, and its parts -------------------------------------------- */

enum { B = 2, M = 3, N = 4 };

typedef struct layer {
    real W[M][N], b[M], x[B][N], up[B][M], direct_up[B][N];
    real dW[M][N], db[M], dx[B][N];
} layer;

static real layer_loss(void *context)
{
    const layer *c = context;
    real loss = direct(B * N, (const real *)c->direct_up, (const real *)c->x);
    for (int b = 0; b < B; b++) {
        real y[M];
        linear_forward(M, N, y, c->W, c->b, c->x[b]);
        loss += direct(M, c->up[b], y);
    }
    return loss;
}

static void check_layer(program *p)
{
    layer c;
    rng g = rng_new(p->seed, 1);
    memset(&c, 0, sizeof c);
    fill_normal(M * N, (real *)c.W, 1, &g);
    fill_normal(M, c.b, 1, &g);
    fill_normal(B * N, (real *)c.x, 1, &g);
    fill_normal(B * M, (real *)c.up, 1, &g);
    fill_normal(B * N, (real *)c.direct_up, 1, &g);
    memcpy(c.dx, c.direct_up, sizeof c.dx);
    for (int b = 0; b < B; b++)
        linear_backward(M, N, c.dW, c.db, c.dx[b], c.up[b], c.W, c.x[b]);
    show_note(&p->show, "One dense layer, two cases.");
    const hg_tensor known[] = {KNOWN("dy", c.up, "B,M", B, M),
                               KNOWN("dx (direct)", c.direct_up, "B,N", B, N)};
    program_tell(p, 0, NULL, 2, known);
    const hg_tensor t[] = {TENSOR("W", "4.6", c.W, c.dW, "M,N", M, N),
                           TENSOR("b", "4.7", c.b, c.db, "M", M),
                           TENSOR("x", "4.8", c.x, c.dx, "B,N", B, N)};
    program_check(p, "layer", layer_loss, &c, 3, t);
}

/* A squash alone: up . phi(z). Behind the N entries stands one more, whose gradient
 * must stay zero. */
typedef struct squashed {
    real z[N + 1], dz[N + 1], up[N + 1], direct_up[N + 1];
    squash phi;
} squashed;

static real squashed_loss(void *context)
{
    const squashed *c = context;
    real a[N];
    squash_forward(N, a, c->phi, c->z);
    return direct(N, c->up, a) + direct(N, c->direct_up, c->z);
}

/* Where `added`, the gradient does not start at zero; where not, half of it is
 * added twice: `=` for `+=` leaves half. Of a function that goes beyond N no
 * number is left. */
static void check_squash(program *p, const char *group, squash phi, bool added)
{
    squashed c = {.z = {1.37, -0.64, 2.385, -0.21}, .phi = phi};
    real a[N + 1], part[N + 1];
    int parts = added ? 1 : 2;
    rng g = rng_new(p->seed, 2);
    fill_normal(N, c.up, 1, &g);
    if (added)
        fill_normal(N, c.direct_up, 1, &g);
    memcpy(c.dz, c.direct_up, sizeof c.dz);
    squash_forward(N, a, phi, c.z);
    a[N] = c.up[N] = R(0.3);
    for (int i = 0; i <= N; i++)
        part[i] = c.up[i] / parts;
    for (int k = 0; k < parts; k++)
        squash_backward(N, c.dz, part, phi, a);
    if (!(re(c.dz[N]) == 0)) /* (NaN too) */
        c.dz[0] = (real)NAN;
    const hg_tensor known[] = {KNOWN("da", c.up, "N", N), KNOWN("a", a, "N", N),
                               KNOWN("dz (direct)", c.direct_up, "N", N)};
    program_tell(p, 0, NULL, added ? 3 : 2, known);
    const hg_tensor t = TENSOR("z", "4.5", c.z, c.dz, "N", N);
    program_check(p, group, squashed_loss, &c, 1, &t);
}

static void check_squashes(program *p)
{
    show_note(&p->show, "The four squashes alone.");
    /* the identity's loss is linear: one more linear term would show nothing */
    check_squash(p, "identity", IDENTITY, false);
    check_squash(p, "sigmoid", SIGMOID, true);
    check_squash(p, "sigmoid alone", SIGMOID, false);
    check_squash(p, "tanh", TANH, true);
    check_squash(p, "ReLU", RELU, true);
}

typedef struct squared {
    real a[N], y[N], da[N], dy[N], up;
} squared;

static real squared_loss(void *context)
{
    const squared *c = context;
    return c->up * half_square_forward(N, c->a, c->y);
}

static void check_half_square(program *p)
{
    squared c = {.up = 2.385};
    rng g = rng_new(p->seed, 3);
    fill_normal(N, c.a, 1, &g);
    fill_normal(N, c.y, 1, &g);
    /* called twice and halved: one that writes over what stands there is left with
     * half */
    for (int twice = 0; twice < 2; twice++)
        half_square_backward(N, c.da, c.dy, c.up / 2, c.a, c.y);
    show_note(&p->show, "Half the squared error.");
    const hg_size sizes[] = {{"dloss", re(c.up)}};
    program_tell(p, 1, sizes, 0, NULL);
    const hg_tensor t[] = {TENSOR("a", "4.4", c.a, c.da, "N", N),
                           TENSOR("y", "4.4", c.y, c.dy, "N", N)};
    program_check(p, "half square", squared_loss, &c, 2, t);
}

/* ---- a network of three layers ------------------------------------------- */

enum { IN = 4, H1 = 5, H2 = 3, OUT = 2, WEIGHTS = 51, CASES = 3 };

typedef struct trial {
    network n;
    real w[WEIGHTS], dw[WEIGHTS];
    real x[CASES][IN], dx[CASES][IN], direct_up[CASES][IN];
    real y[CASES][OUT], dy[CASES][OUT], dloss;
    int target[CASES]; /* where the outputs are logits */
    bool classes;
} trial;

static real output_loss(const trial *c, int k, const real a[OUT])
{
    real p[1][OUT];
    if (c->classes)
        return cross_entropy_forward(1, OUT, p, (const real(*)[OUT])a,
                                     &c->target[k]);
    return half_square_forward(OUT, a, c->y[k]);
}

static void output_gradient(trial *c, int k, real da[OUT], const real a[OUT])
{
    real p[1][OUT];
    memset(da, 0, OUT * sizeof *da);
    if (c->classes) {
        cross_entropy_forward(1, OUT, p, (const real(*)[OUT])a, &c->target[k]);
        cross_entropy_backward(1, OUT, (real(*)[OUT])da, c->dloss, p,
                               &c->target[k]);
    } else {
        half_square_backward(OUT, da, c->dy[k], c->dloss, a, c->y[k]);
    }
}

static real trial_loss(void *context)
{
    const trial *c = context;
    real loss =
        direct(CASES * IN, (const real *)c->direct_up, (const real *)c->x);
    for (int k = 0; k < CASES; k++) {
        real a[c->n.values];
        network_forward(&c->n, a, c->w, c->x[k]);
        loss += c->dloss * output_loss(c, k, network_output(&c->n, a));
    }
    return loss;
}

static void trial_gradients(trial *c)
{
    memset(c->dw, 0, sizeof c->dw);
    memset(c->dy, 0, sizeof c->dy);
    memcpy(c->dx, c->direct_up, sizeof c->dx);
    for (int k = 0; k < CASES; k++) {
        real a[c->n.values], da[OUT];
        network_forward(&c->n, a, c->w, c->x[k]);
        output_gradient(c, k, da, network_output(&c->n, a));
        network_backward(&c->n, c->dw, c->dx[k], da, a, c->w);
    }
}

/* Whether a case finds a unit of ReLU in both hidden layers that is on: a network
 * without has no slope that a check could fail at. */
static bool is_alive(const trial *c)
{
    for (int k = 0; k < CASES; k++) {
        real a[c->n.values];
        bool first = false, second = false;
        network_forward(&c->n, a, c->w, c->x[k]);
        for (int i = IN; i < IN + H1; i++)
            first |= re(a[i]) > 0;
        for (int i = IN + H1; i < IN + H1 + H2; i++)
            second |= re(a[i]) > 0;
        if (first && second)
            return true;
    }
    return false;
}

static trial new_trial(const program *p, uint64_t stream, squash hidden,
                       squash output, double size)
{
    trial c = {.dloss = 2.385, .target = {1, 0, 1}};
    rng g = rng_new(p->seed, stream);
    c.n = network_new(3, (int[]){IN, H1, H2, OUT}, hidden, output);
    do {
        fill_normal(WEIGHTS, c.w, size, &g);
        fill_normal(CASES * IN, (real *)c.x, 1, &g);
        fill_normal(CASES * IN, (real *)c.direct_up, 1, &g);
        fill_normal(CASES * OUT, (real *)c.y, 1, &g);
        memcpy(c.x[2], c.x[0], sizeof c.x[2]); /* a case that comes twice */
    } while (hidden == RELU && !is_alive(&c));
    return c;
}

/* The tensors of a trial, W_1, b_1, W_2, b_2, W_3, b_3, x, y. */
enum { TENSORS = 8 };

static void trial_tensors(trial *c, hg_tensor t[TENSORS])
{
    static const char *const names[] = {"W_1", "b_1", "W_2",
                                        "b_2", "W_3", "b_3"};
    for (int l = 1; l <= 3; l++) {
        int matrix = network_matrix(&c->n, l), bias = network_bias(&c->n, l);
        t[2 * l - 2] =
            TENSOR(names[2 * l - 2], "4.13", c->w + matrix, c->dw + matrix,
                   "M,N", c->n.width[l], c->n.width[l - 1]);
        t[2 * l - 1] = TENSOR(names[2 * l - 1], "4.13", c->w + bias,
                              c->dw + bias, "M", c->n.width[l]);
    }
    t[6] = TENSOR("x", "4.15", c->x, c->dx, "B,N", CASES, IN);
    t[7] = TENSOR("y", "4.4", c->y, c->dy, "B,M", CASES, OUT);
}

/* a^2/(1 - a^2) or a/(1 - a) of the most saturated unit: so much rounding of a is
 * enlarged in the slope. */
static double saturation(const trial *c)
{
    double most = 1;
    for (int k = 0; k < CASES; k++) {
        real a[c->n.values];
        network_forward(&c->n, a, c->w, c->x[k]);
        for (int i = IN; i < c->n.values; i++) {
            double u = re(a[i]);
            bool is_tanh = i < c->n.values - OUT; /* the output is a sigmoid */
            double far = is_tanh ? u * u : u;
            most = fmax(most, far / (1 - far));
        }
    }
    return most;
}

static void check_networks(program *p)
{
    static const struct {
        const char *group;
        squash hidden, output;
        bool classes;
        double size;
    } kind[] = {{"tanh, sigmoid", TANH, SIGMOID, false, 1},
                {"ReLU, linear", RELU, IDENTITY, false, 1},
                {"sigm., logits", SIGMOID, IDENTITY, true, 1},
                {"saturated", TANH, SIGMOID, false, 1.2}};
    show_note(
        &p->show,
        "Three layers, 4-5-3-2, three cases of which one comes twice; the loss "
        "also reads the inputs. In the last network the weights are large, and "
        "the slope 1 - a^2 loses digits: the complex step's bound grows by "
        "this "
        "condition.");
    for (int k = 0; k < 4; k++) {
        trial c = new_trial(p, 4 + (uint64_t)k, kind[k].hidden, kind[k].output,
                            kind[k].size);
        hg_tensor t[TENSORS];
        c.classes = kind[k].classes;
        trial_gradients(&c);
        trial_tensors(&c, t);
        if (k == 3) {
            double condition = saturation(&c);
            show_value(&p->show, "condition", (real)condition, NULL);
            for (int i = 0; i < TENSORS; i++)
                t[i].condition = condition;
        }
        const hg_size sizes[] = {{"dloss", re(c.dloss)}, {"B", CASES}};
        const hg_tensor known[] = {
            KNOWN("dx (direct)", c.direct_up, "B,N", CASES, IN)};
        program_tell(p, 2, sizes, 1, known);
        program_check(p, kind[k].group, trial_loss, &c, c.classes ? 7 : 8, t);
    }
}

/* The sum over the cases, as network_squares and network_classes have it. */
static real cases_loss(void *context)
{
    const trial *c = context;
    real none[WEIGHTS];
    memset(none, 0, sizeof none);
    if (c->classes)
        return c->dloss *
               network_classes(&c->n, CASES, none, 1, c->w, c->x, c->target);
    return c->dloss * network_squares(&c->n, CASES, none, 1, c->w, c->x, c->y);
}

static void check_cases(program *p)
{
    show_note(&p->show, "The sum over the cases, squared errors and classes.");
    for (int classes = 0; classes < 2; classes++) {
        trial c = new_trial(p, 8, TANH, IDENTITY, 1);
        hg_tensor t[TENSORS];
        c.classes = classes;
        if (classes)
            network_classes(&c.n, CASES, c.dw, c.dloss, c.w, c.x, c.target);
        else
            network_squares(&c.n, CASES, c.dw, c.dloss, c.w, c.x, c.y);
        trial_tensors(&c, t);
        const hg_size sizes[] = {{"dloss", re(c.dloss)}, {"B", CASES}};
        program_tell(p, 2, sizes, 0, NULL);
        program_check(p, classes ? "classes" : "squares", cases_loss, &c, 6, t);
    }
}

/* ---- layers as wide as high: a transposed matrix fits everywhere --------- */

typedef struct square_layer {
    real W[M][M], b[M], x[M], up[M], dW[M][M], db[M], dx[M];
} square_layer;

static real square_layer_loss(void *context)
{
    const square_layer *c = context;
    real y[M];
    linear_forward(M, M, y, c->W, c->b, c->x);
    return direct(M, c->up, y);
}

static void check_square_layer(program *p)
{
    square_layer c;
    rng g = rng_new(p->seed, 15);
    memset(&c, 0, sizeof c);
    fill_normal(M * M, (real *)c.W, 1, &g);
    fill_normal(M, c.b, 1, &g);
    fill_normal(M, c.x, 1, &g);
    fill_normal(M, c.up, 1, &g);
    linear_backward(M, M, c.dW, c.db, c.dx, c.up, c.W, c.x);
    show_note(&p->show,
              "A layer as wide as high, and a network of two, one case: "
              "here a transposed matrix would fit.");
    const hg_tensor known[] = {KNOWN("dy", c.up, "M", M),
                               KNOWN("W", c.W, "M,M", M, M)};
    program_tell(p, 0, NULL, 2, known);
    const hg_tensor t[] = {TENSOR("W", "4.6", c.W, c.dW, "M,M", M, M),
                           TENSOR("b", "4.7", c.b, c.db, "M", M),
                           TENSOR("x", "4.8", c.x, c.dx, "M", M)};
    program_check(p, "square layer", square_layer_loss, &c, 3, t);
}

typedef struct square_net {
    network n;
    real w[24], dw[24], x[1][3], dx[1][3], y[1][3];
} square_net;

static real square_net_loss(void *context)
{
    const square_net *c = context;
    real a[9];
    network_forward(&c->n, a, c->w, c->x[0]);
    return half_square_forward(3, network_output(&c->n, a), c->y[0]);
}

static void check_square_net(program *p)
{
    square_net c = {.n = network_new(2, (int[]){3, 3, 3}, TANH, IDENTITY)};
    real a[9], da[3] = {0}, dy[3] = {0};
    rng g = rng_new(p->seed, 9);
    fill_normal(24, c.w, 1, &g);
    fill_normal(3, c.x[0], 1, &g);
    fill_normal(3, c.y[0], 1, &g);
    network_forward(&c.n, a, c.w, c.x[0]);
    half_square_backward(3, da, dy, 1, network_output(&c.n, a), c.y[0]);
    network_backward(&c.n, c.dw, c.dx[0], da, a, c.w);
    const hg_tensor known[] = {KNOWN("da_2", da, "M", 3),
                               KNOWN("W_1", c.w, "M,N", 3, 3),
                               KNOWN("a_1", a + 3, "M", 3)};
    program_tell(p, 0, NULL, 3, known);
    const hg_tensor t[] = {
        TENSOR("W_1", "4.13", c.w, c.dw, "M,N", 3, 3),
        TENSOR("b_1", "4.13", c.w + 9, c.dw + 9, "M", 3),
        TENSOR("W_2", "4.13", c.w + 12, c.dw + 12, "M,N", 3, 3),
        TENSOR("b_2", "4.13", c.w + 21, c.dw + 21, "M", 3),
        TENSOR("x", "4.15", c.x, c.dx, "B,N", 1, 3)};
    program_check(p, "3-3-3", square_net_loss, &c, 5, t);
}

/* ---- where nothing must come back ---------------------------------------- */

/* All parameters zero and tanh: only the last bias has a gradient. */
static void check_zero_start(program *p)
{
    trial c = new_trial(p, 10, TANH, SIGMOID, 0);
    hg_tensor t[TENSORS];
    trial_gradients(&c);
    trial_tensors(&c, t);
    for (int i = 0; i < 5; i++)
        t[i].expected = HG_ZERO;
    show_note(&p->show,
              "All parameters zero, tanh: only the last bias has a gradient.");
    program_check(p, "zero start", trial_loss, &c, 6, t);
}

/* ReLU units whose sums are negative for every case: nothing below them learns. */
static void check_dead_units(program *p)
{
    trial c = new_trial(p, 11, RELU, IDENTITY, 1);
    hg_tensor t[TENSORS];
    for (int h = 0; h < H1; h++)
        c.w[network_bias(&c.n, 1) + h] = -20;
    for (int h = 0; h < H2; h++) /* the next layer is on, by its biases alone */
        c.w[network_bias(&c.n, 2) + h] =
            real_abs(c.w[network_bias(&c.n, 2) + h]);
    trial_gradients(&c);
    trial_tensors(&c, t);
    t[0].expected = t[1].expected = t[2].expected = HG_ZERO;
    show_note(&p->show, "ReLU units that no case switches on.");
    program_check(p, "dead units", trial_loss, &c, 6, t);
}

/* ---- direct links -------------------------------------------------------- */

typedef struct links {
    real A[H1][N], c[H1], W[M][N + H1], b[M], x[B][N], up[B][M],
        direct_up[B][N];
    real dA[H1][N], dc[H1], dW[M][N + H1], db[M], dx[B][N];
    real linked[B][N]; /* what reaches x through the links alone */
} links;

static real links_loss(void *context)
{
    const links *c = context;
    real loss = direct(B * N, (const real *)c->direct_up, (const real *)c->x);
    for (int b = 0; b < B; b++) {
        real y[M], s[N + H1];
        skip_forward(N, H1, M, y, s, TANH, SIGMOID, c->A, c->c, c->W, c->b,
                     c->x[b]);
        loss += direct(M, c->up[b], y);
    }
    return loss;
}

/* Where nothing comes in, nothing may come out, to the bit: not even the smallest
 * number. */
static bool links_silent(const links *c)
{
    static links d;
    real y[M], s[N + H1];
    memset(&d, 0, sizeof d);
    const links nothing = d;
    skip_forward(N, H1, M, y, s, TANH, SIGMOID, c->A, c->c, c->W, c->b,
                 c->x[0]);
    skip_backward(N, H1, M, d.dA, d.dc, d.dW, d.db, d.dx[0], TANH, SIGMOID,
                  d.up[0], y, s, c->A, c->W);
    return memcmp(&d, &nothing, sizeof d) == 0;
}

static void check_links(program *p)
{
    static links c;
    rng g = rng_new(p->seed, 12);
    memset(&c, 0, sizeof c);
    fill_normal(H1 * N, (real *)c.A, 0.7, &g);
    fill_normal(H1, c.c, 1, &g);
    fill_normal(M * (N + H1), (real *)c.W, 0.7, &g);
    fill_normal(M, c.b, 1, &g);
    fill_normal(B * N, (real *)c.x, 1, &g);
    fill_normal(B * M, (real *)c.up, 1, &g);
    fill_normal(B * N, (real *)c.direct_up, 1, &g);
    memcpy(c.dx, c.direct_up, sizeof c.dx);
    for (int b = 0; b < B; b++) {
        real y[M], s[N + H1], dz[M] = {0};
        skip_forward(N, H1, M, y, s, TANH, SIGMOID, c.A, c.c, c.W, c.b, c.x[b]);
        skip_backward(N, H1, M, c.dA, c.dc, c.dW, c.db, c.dx[b], TANH, SIGMOID,
                      c.up[b], y, s, c.A, c.W);
        squash_backward(M, dz, c.up[b], SIGMOID, y);
        for (int n = 0; n < N; n++)
            for (int m = 0; m < M; m++)
                c.linked[b][n] += c.W[m][n] * dz[m];
    }
    if (!links_silent(&c))
        c.dA[0][0] = (real)NAN;
    show_note(&p->show, "One hidden layer and direct links, two cases.");
    const hg_tensor known[] = {KNOWN("dx (links)", c.linked, "B,N", B, N),
                               KNOWN("dx (direct)", c.direct_up, "B,N", B, N)};
    program_tell(p, 0, NULL, 2, known);
    const hg_tensor t[] = {TENSOR("A", "4.19", c.A, c.dA, "H,N", H1, N),
                           TENSOR("c", "4.19", c.c, c.dc, "H", H1),
                           TENSOR("W", "4.19", c.W, c.dW, "M,S", M, N + H1),
                           TENSOR("b", "4.19", c.b, c.db, "M", M),
                           TENSOR("x", "4.19", c.x, c.dx, "B,N", B, N)};
    program_check(p, "links", links_loss, &c, 5, t);
}

/* ---- factors ------------------------------------------------------------- */

enum { I = 4, J = 5, K = 2 };

typedef struct album {
    real U[I][K], V[J][K], c[J], X[I][J], dU[I][K], dV[J][K], dc[J], dX[I][J];
    real dloss;
} album;

/* Of the second row nothing was seen. */
static const unsigned char seen[I][J] = {
    {1, 1, 0, 1, 1}, {0, 0, 0, 0, 0}, {0, 1, 1, 1, 0}, {1, 0, 1, 1, 1}};

static real album_loss(void *context)
{
    const album *a = context;
    real e[I][J];
    return a->dloss * factor_forward(I, J, K, e, a->U, a->V, a->c, a->X, seen);
}

static void check_factors(program *p)
{
    album a = {.dloss = 2.385};
    real e[I + 1]
          [J]; /* the row behind them is not zero, and must not be read */
    rng g = rng_new(p->seed, 13);
    fill_normal(I * K, (real *)a.U, 1, &g);
    fill_normal(J * K, (real *)a.V, 1, &g);
    fill_normal(J, a.c, 1, &g);
    fill_normal(I * J, (real *)a.X, 1, &g);
    fill_normal(J, e[I], 1, &g);
    factor_forward(I, J, K, e, a.U, a.V, a.c, a.X, seen);
    factor_backward(I, J, K, a.dU, a.dV, a.dc, a.dX, a.dloss, e, a.U, a.V);
    show_note(&p->show,
              "Matrix factorisation with holes; of the second row nothing was "
              "seen.");
    const hg_size sizes[] = {{"dloss", re(a.dloss)}};
    const hg_tensor known[] = {KNOWN("e", e, "I,J", I, J)};
    program_tell(p, 1, sizes, 1, known);
    const hg_tensor t[] = {
        TENSOR("U (first row)", "4.37", a.U[0], a.dU[0], "K", K),
        TENSOR("U", "4.37", a.U[2], a.dU[2], "I,K", I - 2, K),
        TENSOR("V", "4.38", a.V, a.dV, "J,K", J, K),
        TENSOR("c", "4.39", a.c, a.dc, "J", J),
        TENSOR("X (first row)", "4.39", a.X[0], a.dX[0], "J", J),
        TENSOR("X", "4.39", a.X[2], a.dX[2], "I,J", I - 2, J),
        TENSOR_ZERO("U (unseen)", "4.37", a.U[1], a.dU[1], "K", K),
        TENSOR_ZERO("X (unseen)", "4.39", a.X[1], a.dX[1], "J", J)};
    program_check(p, "factors", album_loss, &a, 8, t);
}

/* ---- the growth of a mode ------------------------------------------------ */

typedef struct mode {
    real s, u0, time[N], speed[N], up[N];
} mode;

static real mode_loss(void *context)
{
    const mode *c = context;
    real loss = 0;
    for (int n = 0; n < N; n++)
        loss += c->up[n] * mode_strength(c->s, c->u0, c->time[n]);
    return loss;
}

static void check_mode(program *p)
{
    mode c = {.s = 3, .u0 = 1e-3, .time = {0.31, 1.2, 1.334, 1.9}};
    rng g = rng_new(p->seed, 14);
    fill_normal(N, c.up, 1, &g);
    for (int n = 0; n < N; n++)
        c.speed[n] =
            c.up[n] * mode_speed(c.s, mode_strength(c.s, c.u0, c.time[n]));
    show_note(&p->show, "The closed form (4.33) solves its equation (4.32).");
    hg_tensor t = TENSOR("time", "4.32", c.time, c.speed, "N", N);
    /* s - u, where u is nearly s */
    t.condition = re(c.s / (c.s - mode_strength(c.s, c.u0, c.time[N - 1])));
    program_check(p, "a mode", mode_loss, &c, 1, &t);
}

/* ---- the same gradients by other ways ------------------------------------ */

/* dx = J' dy, with J the product of the layers' own Jacobians. */
static void through_the_jacobian(program *p)
{
    trial c = new_trial(p, 4, TANH, SIGMOID, 1);
    real a[14], da[OUT], second[IN];
    trial_gradients(&c);
    network_forward(&c.n, a, c.w, c.x[0]);
    output_gradient(&c, 0, da, network_output(&c.n, a));
    real jacobian[OUT][IN];
    network_jacobian(&c.n, jacobian, a, c.w);
    for (int n = 0; n < IN; n++) {
        second[n] = c.direct_up[0][n];
        for (int m = 0; m < OUT; m++)
            second[n] += jacobian[m][n] * da[m];
    }
    const hg_tensor t = TENSOR("x (Jacobian)", "4.14", c.x, c.dx, "N", IN);
    program_compare(p, &t, second, 1e-13);
}

/* The counted passes: the same products in the same order, added to gradients that
 * are not zero; that of the next case must stay as it is. */
static void through_the_counts(program *p)
{
    trial c = new_trial(p, 4, TANH, SIGMOID, 1);
    real dw[2][WEIGHTS], dx[2][IN], a[14], da[OUT];
    cost count = {0, 0};
    rng g = rng_new(p->seed, 16);
    fill_normal(WEIGHTS, c.dw, 1, &g);
    fill_normal(2 * IN, (real *)dx, 1, &g);
    memcpy(dw[0], c.dw, sizeof c.dw);
    memcpy(dw[1], c.dw, sizeof c.dw);
    memcpy(c.dx[1], dx, sizeof dx);
    c.dloss = 1;
    network_forward(&c.n, a, c.w, c.x[1]);
    output_gradient(&c, 1, da, network_output(&c.n, a));
    network_backward(&c.n, c.dw, c.dx[1], da, a, c.w);
    counted_gradient(&c.n, &count, dw[0], dx[0], c.w, c.x[1], c.y[1]);
    counted_gradient(&c.n, &count, dw[1], NULL, c.w, c.x[1], c.y[1]);
    const hg_tensor t[] = {
        TENSOR("w (counted)", "4.30", c.w, c.dw, "P", WEIGHTS),
        TENSOR("w (no dx)", "4.30", c.w, c.dw, "P", WEIGHTS),
        TENSOR("x (counted)", "4.30", c.x[1], c.dx[1], "B,N", 2, IN)};
    program_compare(p, &t[0], dw[0], 0);
    program_compare(p, &t[1], dw[1], 0);
    program_compare(p, &t[2], (real *)dx, 0);
}

void backprop_checks(program *p)
{
    show_section(&p->show, "Verification");
    check_layer(p);
    check_squashes(p);
    check_half_square(p);
    check_networks(p);
    check_cases(p);
    check_square_layer(p);
    check_square_net(p);
    check_zero_start(p);
    check_dead_units(p);
    check_links(p);
    check_factors(p);
    check_mode(p);
    show_note(&p->show,
              "Other ways to the same numbers: the product of Jacobians, and "
              "the passes that count.");
    through_the_jacobian(p);
    through_the_counts(p);
}
