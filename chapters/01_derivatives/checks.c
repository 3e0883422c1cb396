/* SPDX-License-Identifier: MIT */
#include "chapters/01_derivatives/checks.h"

#include <string.h>

#include "chapters/01_derivatives/graph.h"
#include "chapters/01_derivatives/mistakes.h"
#include "chapters/01_derivatives/quotients.h"
#include "lib/rng.h"

enum { N = 4, POINTS = 5, GRAPHS = 6 };

/* sum_i w_i (k-th derivative of f at X_i): so the next one is checked by it. */
typedef struct points {
    const published *f;
    int k;
    real X[POINTS], w[POINTS], dX[POINTS];
} points;

static real points_loss(void *context)
{
    const points *c = context;
    real loss = 0, d[4];
    for (int i = 0; i < POINTS; i++) {
        published_derivatives(d, c->f, c->X[i]);
        loss += c->w[i] * d[c->k];
    }
    return loss;
}

static void check_derivatives(program *p)
{
    static const char *const names[2][3] = {
        {"x of f_1", "x of f_1'", "x of f_1''"},
        {"x of f_2", "x of f_2'", "x of f_2''"}};
    static const char *const eqs[] = {"1.4", "1.14", "1.15"};
    rng g = rng_new(p->seed, 1);
    for (int which = 0; which < 2; which++)
        for (int k = 0; k < 3; k++) {
            points c = {.f = &published_functions[which], .k = k};
            for (int i = 0; i < POINTS; i++) {
                real d[4];
                c.X[i] = (real)rng_between(&g, -0.4, 1.9);
                c.w[i] = (real)rng_between(&g, 0.5, 2);
                published_derivatives(d, c.f, c.X[i]);
                c.dX[i] = c.w[i] * d[k + 1];
            }
            const hg_tensor X =
                TENSOR(names[which][k], eqs[k], c.X, c.dX, "B", POINTS);
            program_check(p, names[which][k], points_loss, &c, 1, &X);
        }
}

/* What a backward function added in two calls becomes what it adds in one:
 * exact in binary. One that writes where it should add is left with half. */
static void halve(int n, real x[n])
{
    for (int i = 0; i < n; i++)
        x[i] /= 2;
}

/* Several graphs, with the two outputs weighted by random numbers. */
typedef struct graphs {
    real a[GRAPHS], b[GRAPHS], t[GRAPHS], w[GRAPHS][2];
    real da[GRAPHS], db[GRAPHS], dt[GRAPHS];
} graphs;

static real graphs_loss(void *context)
{
    const graphs *c = context;
    real loss = 0;
    for (int i = 0; i < GRAPHS; i++) {
        graph g;
        graph_forward(&g, c->a[i], c->b[i], c->t[i]);
        loss += c->w[i][0] * g.y + c->w[i][1] * g.L;
    }
    return loss;
}

static void graphs_gradient(graphs *c)
{
    memset(c->da, 0, sizeof c->da);
    memset(c->db, 0, sizeof c->db);
    memset(c->dt, 0, sizeof c->dt);
    for (int i = 0; i < GRAPHS; i++) {
        graph g;
        graph_forward(&g, c->a[i], c->b[i], c->t[i]);
        for (int twice = 0; twice < 2; twice++)
            graph_backward(&c->da[i], &c->db[i], &c->dt[i], c->w[i][0],
                           c->w[i][1], &g, c->a[i], c->b[i], c->t[i]);
    }
    halve(GRAPHS, c->da);
    halve(GRAPHS, c->db);
    halve(GRAPHS, c->dt);
}

static graphs random_graphs(const program *p)
{
    graphs c;
    rng g = rng_new(p->seed, 2);
    for (int i = 0; i < GRAPHS; i++) { /* -6 < u < 6 */
        c.a[i] = (real)rng_between(&g, -2, 2);
        c.b[i] = (real)rng_between(&g, -3, 3);
        c.t[i] = (real)rng_normal(&g);
        c.w[i][0] = (real)rng_normal(&g);
        c.w[i][1] = (real)rng_normal(&g);
    }
    graphs_gradient(&c);
    return c;
}

/* A mistake that a tolerance of 1e-2 or 1e-3 does not see. */
#if defined REAL_FLOAT
#define FACTOR 1.005f
#define FACTOR_NAME "1.005"
#else
#define FACTOR 1.0005
#define FACTOR_NAME "1.0005"
#endif

/* What the graph's backward has in hand: s, and all that comes in at y. */
static void graphs_between(real s[GRAPHS], real dy[GRAPHS], const graphs *c)
{
    for (int i = 0; i < GRAPHS; i++) {
        graph g;
        graph_forward(&g, c->a[i], c->b[i], c->t[i]);
        s[i] = g.s;
        dy[i] = c->w[i][0] + 2 * (g.y - c->t[i]) * c->w[i][1];
    }
}

static void check_graph(program *p)
{
    graphs c = random_graphs(p);
    real s[GRAPHS], dy[GRAPHS];
    graphs_between(s, dy, &c);
    const hg_tensor known[] = {KNOWN("s", s, "B", GRAPHS),
                               KNOWN("dy", dy, "B", GRAPHS)};
    const hg_tensor tensors[] = {
        TENSOR("a", "1.28", c.a, c.da, "B", GRAPHS),
        TENSOR("b", "1.27", c.b, c.db, "B", GRAPHS),
        TENSOR("t", "1.23", c.t, c.dt, "B", GRAPHS),
    };
    show_note(&p->show,
              "Six graphs at once, at random points; y and L have "
              "random incoming gradients. A backward function adds: it "
              "is called twice and the sum halved, so that one that "
              "writes over what stands there is left with half.");
    program_tell(p, 0, NULL, 2, known);
    program_check(p, "graph", graphs_loss, &c, 3, tensors);
    show_note(&p->show, "The same gradient of a, times " FACTOR_NAME
                        ": the usual tolerances would let it pass.");
    for (int i = 0; i < GRAPHS; i++)
        c.da[i] *= FACTOR;
    hg_tensor wrong = tensors[0];
    wrong.name = "a, " FACTOR_NAME;
    wrong.expected = HG_DISAGREES;
    program_check(p, "a little wrong", graphs_loss, &c, 1, &wrong);
}

/* A softmax with a given incoming gradient. */
typedef struct soft {
    real z[N], up[N], dz[N];
} soft;

static real soft_loss(void *context)
{
    const soft *c = context;
    return softmax_loss(N, c->z, c->up);
}

static void check_softmax(program *p)
{
    soft c;
    real q[N];
    rng g = rng_new(p->seed, 3);
    for (int n = 0; n < N; n++) {
        c.z[n] = (real)(2 * rng_normal(&g));
        c.up[n] = (real)rng_normal(&g);
    }
    softmax_of(N, q, c.z);
    show_note(&p->show,
              "The softmax with a random incoming gradient: the right "
              "backward, then the seven wrong ones.");
    for (int k = 0; k < MISTAKES; k++) {
        memset(c.dz, 0, sizeof c.dz);
        for (int twice = 0; twice < 2; twice++)
            softmax_mistake((mistake)k, N, c.dz, c.up, q);
        halve(N, c.dz);
        hg_tensor Z =
            TENSOR(k ? mistake_names[k] : "z", "1.39", c.z, c.dz, "N", N);
        Z.expected = k ? HG_DISAGREES : HG_AGREES;
        program_check(p, k ? "a wrong softmax" : "softmax", soft_loss, &c, 1,
                      &Z);
    }
    show_note(&p->show, "The sum of the softmax, and a backward that returns "
                        "zero always:");
    for (int n = 0; n < N; n++) {
        c.up[n] = 1;
        c.dz[n] = 0;
    }
    hg_tensor sum = TENSOR("z", "1.39", c.z, c.dz, "N", N);
    sum.expected = HG_UNDECIDED;
    program_check(p, "sum of a softmax", soft_loss, &c, 1, &sum);
}

/* A layer with a kink: sum_n up_n f(z_n). */
typedef struct layer {
    function f;
    real z[N], up[N], dz[N];
} layer;

static real layer_loss(void *context)
{
    const layer *c = context;
    real loss = 0;
    for (int n = 0; n < N; n++)
        loss += c->up[n] * c->f(c->z[n]);
    return loss;
}

static void check_kinks(program *p)
{
    layer c = {.z = {R(0.7), R(-0.4), R(1.3), R(-2.1)}};
    hg_tensor Z = TENSOR("z", "1.36", c.z, c.dz, "N", N);
    rng g = rng_new(p->seed, 4);
    for (int n = 0; n < N; n++)
        c.up[n] = (real)rng_between(&g, 0.5, 1.5);
    show_note(&p->show, "relu and |x| away from their kinks, then with one "
                        "entry exactly on it.");
    for (int k = 0; k < 4; k++) {
        c.f = k % 2 ? absolute_of : relu_of;
        c.z[2] = k < 2 ? R(1.3) : 0;
        Z.name = k % 2 ? "z of |x|" : "z of relu";
        Z.expected = k < 2 ? HG_AGREES : HG_UNDECIDED;
        for (int n = 0; n < N; n++) {
            int above = re(c.z[n]) > 0 || (k % 2 && !(re(c.z[n]) < 0));
            c.dz[n] = c.up[n] * (k % 2 ? 2 * above - 1 : above);
        }
        program_check(p, k < 2 ? "off the kink" : "on the kink", layer_loss, &c,
                      1, &Z);
    }
}

/* A loss that hides its slope in noise: sin(z) beside large terms that cancel,
 * K (z + 1) - K z - K = 0, and leave their rounding. */
static real noisy_loss(void *context)
{
    const layer *c = context;
    real loss = 0, K = (real)(0.7 / EPSILON / 512);
    for (int n = 0; n < N; n++) {
        real nothing = K * (c->z[n] + 1) - K * c->z[n] - K;
        loss += c->up[n] * (sin(c->z[n]) + nothing);
    }
    return loss;
}

static void check_noise(program *p)
{
    layer c = {.z = {R(0.7), R(-0.4), R(1.3), R(-2.1)},
               .up = {1, 2, R(0.5), 1}};
    for (int n = 0; n < N; n++)
        c.dz[n] = c.up[n] * cos(c.z[n]);
    hg_tensor Z = TENSOR("z", NULL, c.z, c.dz, "N", N);
    show_note(&p->show, "A loss in which large terms cancel and leave their "
                        "rounding. No difference can see the slope below that "
                        "noise; the complex step can.");
#if !defined REAL_COMPLEX
    Z.expected = HG_UNDECIDED;
#endif
    program_check(p, "slope below the noise", noisy_loss, &c, 1, &Z);
}

/* Forward mode against reverse mode, on the six graphs. */
static void compare_modes(program *p)
{
    graphs c = random_graphs(p);
    real J1[GRAPHS][2][3], J2[GRAPHS][2][3], product[GRAPHS][2];
    real first[GRAPHS], second[GRAPHS];
    double tolerance = 64 * EPSILON;
    rng random = rng_new(p->seed, 5);
    for (int i = 0; i < GRAPHS; i++) {
        graph g;
        real v[3];
        for (int k = 0; k < 3; k++)
            v[k] = (real)rng_normal(&random);
        graph_forward(&g, c.a[i], c.b[i], c.t[i]);
        graph_jacobian_reverse(J1[i], &g, c.a[i], c.b[i], c.t[i]);
        graph_jacobian_forward(J2[i], &g, c.a[i], c.b[i], c.t[i]);
        graph_products(product[i], v, c.w[i], &g, c.a[i], c.b[i], c.t[i]);
        first[i] = product[i][0];
        second[i] = product[i][1];
    }
    hg_tensor J = TENSOR("J", "1.28", NULL, J1, "B,M,N", GRAPHS, 2, 3);
    hg_tensor dot = TENSOR("<J v, w>", "1.33", NULL, first, "B", GRAPHS);
    program_compare(p, &J, (real *)J2, tolerance);
    program_compare(p, &dot, second, tolerance);
}

/* The slopes by hand against the published ones, the complex step, Ridders. */
static void compare_slopes(program *p)
{
    real mine[2], known[2], step[2], better[2];
    for (int k = 0; k < 2; k++) {
        const published *f = &published_functions[k];
        real d[4], tableau[RIDDERS][RIDDERS];
        double estimate;
        published_derivatives(d, f, R(1.5));
        mine[k] = d[1];
        known[k] = (real)f->slope;
        step[k] = (real)complex_step(f->of_complex, 1.5, 1e-200);
        better[k] = ridders(tableau, &estimate, f->of, R(1.5), R(0.1));
    }
    hg_tensor slopes = TENSOR("f' known", "1.4", NULL, mine, "M", 2);
    program_compare(p, &slopes, known, 4 * EPSILON);
    slopes.name = "f' complex";
    program_compare(p, &slopes, step, 4 * EPSILON);
    slopes.name = "f' Ridders";
    program_compare(p, &slopes, better, 1e4 * EPSILON);
}

void derivative_checks(program *p)
{
    show_section(&p->show, "Verification");
    show_note(&p->show,
              "Each derivative of f_1 and f_2 is checked by values of "
              "the one before it, at five random points.");
    check_derivatives(p);
    check_graph(p);
    check_softmax(p);
    check_kinks(p);
    check_noise(p);
#if !defined REAL_COMPLEX
    show_note(&p->show,
              "Second derivations: forward mode against reverse mode, "
              "then the slopes by hand against the published ones, "
              "the complex step, and Ridders.");
#endif
    compare_modes(p);
    compare_slopes(p);
}
