/* SPDX-License-Identifier: MIT */
#include "chapters/03_cross_entropy/checks.h"

#include <string.h>

#include "chapters/02_activations/activations.h"
#include "chapters/03_cross_entropy/article.h"
#include "chapters/03_cross_entropy/cross_entropy.h"
#include "chapters/03_cross_entropy/logistic.h"
#include "chapters/03_cross_entropy/losses.h"
#include "lib/sample.h"

/* What a backward function added in two calls becomes what it adds in one:
 * exact in binary. One that writes where it should add is left with half. */
static void halve(int n, real x[n])
{
    for (int i = 0; i < n; i++)
        x[i] /= 2;
}

/* ---- losses of N numbers: squared error, and two classes ----------------- */

enum { N = 9 };

typedef real (*numbers_forward)(int, const real[], const real[]);
typedef void (*numbers_backward)(int, real[], real[], real, const real[],
                                 const real[]);

typedef struct numbers {
    real x[N], y[N], dx[N], dy[N], up; /* up is dL/dloss */
    numbers_forward forward;
} numbers;

static real numbers_loss(void *context)
{
    const numbers *c = context;
    return c->up * c->forward(N, c->x, c->y);
}

static void check_numbers(program *p, const char *group, const char *name,
                          const char *eq_x, const char *eq_y, numbers *c,
                          numbers_backward backward)
{
    for (int twice = 0; twice < 2; twice++)
        backward(N, c->dx, c->dy, c->up, c->x, c->y);
    halve(N, c->dx);
    halve(N, c->dy);
    real q[N];
    sigmoid_forward(N, q, c->x);
    const hg_tensor t[] = {TENSOR(name, eq_x, c->x, c->dx, "N", N),
                           TENSOR("y", eq_y, c->y, c->dy, "N", N)};
    const hg_tensor known = KNOWN("sigmoid(z)", q, "N", N);
    const hg_size incoming = {"dloss", re(c->up)};
    program_tell(p, 1, &incoming, name[0] == 'z', &known);
    program_check(p, group, numbers_loss, c, 2, t);
}

static void two_classes(program *p)
{
    numbers square = {.up = -1.37, .forward = mse_forward};
    rng g = rng_new(p->seed, 1);
    fill_normal(N, square.x, 1, &g);
    fill_normal(N, square.y, 1, &g);
    show_note(&p->show, "A backward function adds: each is called twice and "
                        "the sum halved, so that one that writes over what "
                        "stands there is left with half.");
    check_numbers(p, "squared error", "p", "3.2", "3.3", &square, mse_backward);
    show_note(&p->show, "Two classes. Labels 0, 1 and between; probabilities "
                        "near 0 and 1; logits from -40 to 710, and one at 0, "
                        "where max(z,0) and |z| have kinks that cancel.");
    numbers probability = {
        .x = {0.8, 0.3, 0.02, 0.985, 0.41, 0.66, 0.5, 0.07, 0.93},
        .y = {1, 0, 0.37, 0.9, 0, 1, 0.64, 1, 0},
        .up = 2.385,
        .forward = bce_forward};
    check_numbers(p, "from p", "p", "3.8", "3.9", &probability, bce_backward);
    numbers logit = {.x = {2.385, -0.64, 40, -40, 0, 1e-3, -7.5, 15, 710},
                     .y = {1, 0, 0, 1, 0.37, 0.9, 0, 0.5, 1},
                     .up = -0.64,
                     .forward = cross_entropy_binary_forward};
    check_numbers(p, "from z", "z", "3.13", "3.14", &logit,
                  cross_entropy_binary_backward);
}

/* ---- second derivatives: the slope is the loss that is checked ----------- */

typedef struct slopes {
    real x[N], y[N], dx[N], weight[N];
    int kind; /* of slope: an entry of the table below */
} slopes;

static real slope_of(int kind, real x, real y)
{
    real dx = 0, dy = 0;
    switch (kind) {
    case 0: bce_backward(1, &dx, &dy, 1, &x, &y); return dx;
    case 1: cross_entropy_binary_backward(1, &dx, &dy, 1, &x, &y); return dx;
    case 2: return mse_sigmoid_slope(x, y);
    default: { /* not a slope: the squared error itself */
        real p = sigmoid(x);
        return mse_forward(1, &p, &y);
    }
    }
}

static real derivative_of(int kind, real x, real y)
{
    switch (kind) {
    case 0: return bce_curvature(x, y);
    case 1: return cross_entropy_binary_curvature(x);
    case 2: return mse_sigmoid_curvature(x, y);
    default: return mse_sigmoid_slope(x, y);
    }
}

static real slopes_loss(void *context)
{
    const slopes *c = context;
    real sum = 0;
    for (int n = 0; n < N; n++)
        sum += c->weight[n] * slope_of(c->kind, c->x[n], c->y[n]);
    return sum;
}

static void second_derivatives(program *p)
{
    static const struct {
        const char *group, *name, *eq;
    } table[] = {{"slope in p", "p", "3.18"},
                 {"slope in z", "z", "3.19"},
                 {"squared slope", "z", "3.21"},
                 {"squared loss", "z", "3.20"}};
    show_note(&p->show,
              "Second derivatives: the slope is taken as the loss, so "
              "its gradient is the curvature. Then the slope of the "
              "squared error behind a sigmoid.");
    for (int kind = 0; kind < 4; kind++) {
        slopes c = {.y = {1, 0, 0.37, 0.9, 0, 1, 0.64, 1, 0}, .kind = kind};
        rng g = rng_new(p->seed, 2);
        fill_normal(N, c.weight, 1, &g);
        fill_normal(N, c.x, 1.5, &g);
        for (int n = 0; n < N; n++) {
            if (kind == 0)
                c.x[n] = sigmoid(c.x[n]);
            c.dx[n] = c.weight[n] * derivative_of(kind, c.x[n], c.y[n]);
        }
        const hg_tensor t =
            TENSOR(table[kind].name, table[kind].eq, c.x, c.dx, "N", N);
        program_check(p, table[kind].group, slopes_loss, &c, 1, &t);
    }
}

/* ---- many classes -------------------------------------------------------- */

enum { B = 5, C = 4 };

typedef enum rows_kind { PROBABILITIES, CLASSES, LABELS } rows_kind;

/* One row more than the functions are told of: they must not touch it. */
typedef struct rows {
    real x[B + 1][C], y[B + 1][C]; /* x: p, or logits z */
    real dx[B + 1][C], dy[B + 1][C], up;
    int target[B + 1];
    rows_kind kind;
} rows;

static real rows_loss(void *context)
{
    const rows *c = context;
    real p[B][C], logp[B][C];
    switch (c->kind) {
    case PROBABILITIES: return c->up * ce_forward(B, C, c->x, c->y);
    case CLASSES:
        return c->up * cross_entropy_forward(B, C, p, c->x, c->target);
    default:
        return c->up * cross_entropy_dense_forward(B, C, p, logp, c->x, c->y);
    }
}

static void rows_backward(rows *c)
{
    real p[B + 1][C], logp[B + 1][C];
    begin_with(R(0.3), C, p[B]);
    begin_with(R(0.3), C, logp[B]);
    switch (c->kind) {
    case PROBABILITIES:
        ce_backward(B, C, c->dx, c->dy, c->up, c->x, c->y);
        break;
    case CLASSES:
        cross_entropy_forward(B, C, p, c->x, c->target);
        cross_entropy_backward(B, C, c->dx, c->up, p, c->target);
        break;
    default:
        cross_entropy_dense_forward(B, C, p, logp, c->x, c->y);
        cross_entropy_dense_backward(B, C, c->dx, c->dy, c->up, p, logp, c->y);
    }
}

static void rows_gradients(rows *c)
{
    memset(c->dx, 0, sizeof c->dx);
    memset(c->dy, 0, sizeof c->dy);
    rows_backward(c);
    rows_backward(c);
    halve(B * C, (real *)c->dx);
    halve(B * C, (real *)c->dy);
    guard(0, C, c->dx[B], c->dx[0]);
    guard(0, C, c->dy[B], c->dx[0]);
}

/* Rows of random numbers; a class occurs twice, and one row is one-hot. */
static rows random_rows(const program *p, uint64_t stream, rows_kind kind)
{
    rows c = {.up = -1.37, .target = {2, 0, 3, 0, 1}, .kind = kind};
    rng g = rng_new(p->seed, stream);
    fill_normal(B * C, (real *)c.x, 1, &g);
    fill_normal(B * C, (real *)c.y, 1, &g);
    begin_with(R(0.3), C, c.x[B]);
    begin_with(R(0.3), C, c.y[B]);
    for (int k = 0; k < C; k++) {
        c.y[1][k] = k == 2;
        for (int b = 0; b < B && kind == PROBABILITIES; b++)
            c.x[b][k] = sigmoid(c.x[b][k]);
    }
    return c;
}

static void check_rows(program *p, const char *group, const char *name,
                       const char *eq_x, const char *eq_y, rows *c)
{
    rows_gradients(c);
    const hg_tensor t[] = {TENSOR(name, eq_x, c->x, c->dx, "B,C", B, C),
                           TENSOR("y", eq_y, c->y, c->dy, "B,C", B, C)};
    real q[B][C];
    for (int b = 0; b < B; b++)
        softmax_forward(C, q[b], c->x[b]);
    const hg_tensor known = KNOWN("softmax(z)", q, "B,C", B, C);
    const hg_size incoming = {"dloss", re(c->up)};
    program_tell(p, 1, &incoming, c->kind != PROBABILITIES, &known);
    program_check(p, group, rows_loss, c, eq_y ? 2 : 1, t);
}

static real one_class_loss(void *context)
{
    const rows *c = context;
    real p[B][1];
    const int target[B] = {0};
    return c->up *
           cross_entropy_forward(B, 1, p, (const real(*)[1])c->x, target);
}

static void one_class(program *p)
{
    rows c = random_rows(p, 7, CLASSES);
    real q[B][1], dz[B][1] = {{0}};
    const int target[B] = {0};
    cross_entropy_forward(B, 1, q, (const real(*)[1])c.x, target);
    cross_entropy_backward(B, 1, dz, c.up, q, target);
    show_note(&p->show, "A single class: p = 1 and the loss is 0, whatever the "
                        "logits are.");
    const hg_tensor t = TENSOR_ZERO("z", "3.31", c.x, dz, "B,C", B, 1);
    program_check(p, "one class", one_class_loss, &c, 1, &t);
}

static void many_classes(program *p)
{
    show_note(&p->show,
              "Many classes. Probabilities that are free numbers; "
              "logits with classes as labels, some classes repeated; "
              "the same twenty times as large and moved by 700, where "
              "the softmax is saturated and a naive one overflows; "
              "labels that sum to anything.");
    rows free_numbers = random_rows(p, 3, PROBABILITIES);
    check_rows(p, "rows, from p", "p", "3.25", "3.26", &free_numbers);
    rows classes = random_rows(p, 4, CLASSES);
    check_rows(p, "classes", "z", "3.31", NULL, &classes);
    rows large = random_rows(p, 5, CLASSES);
    for (int b = 0; b < B; b++)
        for (int c = 0; c < C; c++)
            large.x[b][c] = 20 * large.x[b][c] + 700;
    check_rows(p, "saturated", "z", "3.31", NULL, &large);
    rows labels = random_rows(p, 6, LABELS);
    check_rows(p, "any labels", "z", "3.35", "3.36", &labels);
    one_class(p);
}

/* p - y on labels that do not sum to 1: shown to be wrong. */
static void wrong_gradient(program *p)
{
    rows c = random_rows(p, 6, LABELS);
    real q[B][C], logp[B][C], wrong[B][C];
    cross_entropy_dense_forward(B, C, q, logp, c.x, c.y);
    for (int b = 0; b < B; b++)
        for (int k = 0; k < C; k++)
            wrong[b][k] = c.up * (q[b][k] - c.y[b][k]) / B;
    show_note(&p->show, "The same labels with p - y for the gradient: it must "
                        "disagree.");
    hg_tensor t = TENSOR("z", "3.35", c.x, wrong, "B,C", B, C);
    t.expected = HG_DISAGREES;
    program_check(p, "p - y", rows_loss, &c, 1, &t);
}

/* ---- logistic regression ------------------------------------------------- */

enum { D = 3 };

typedef struct unit {
    real w[D], b, x[B][D], y[B], up, weight[D + 1];
    real dw[D], db, dx[B][D], dy[B];
} unit;

static real unit_loss(void *context)
{
    const unit *c = context;
    real z[B];
    return c->up * logistic_forward(B, D, z, c->w, c->b, c->x, c->y);
}

/* weight . gradient: its own gradient is the Hessian times weight. */
static real unit_slope(void *context)
{
    const unit *c = context;
    real z[B], dw[D] = {0}, db = 0, dx[B][D] = {{0}}, dy[B] = {0};
    logistic_forward(B, D, z, c->w, c->b, c->x, c->y);
    logistic_backward(B, D, dw, &db, dx, dy, 1, z, c->w, c->x, c->y);
    real sum = c->weight[D] * db;
    for (int d = 0; d < D; d++)
        sum += c->weight[d] * dw[d];
    return sum;
}

static unit random_unit(const program *p)
{
    unit c = {.b = -0.64, .y = {1, 0, 0.37, 1, 0}, .up = 2.385};
    rng g = rng_new(p->seed, 8);
    fill_normal(D, c.w, 1, &g);
    fill_normal(B * D, (real *)c.x, 1, &g);
    fill_normal(D + 1, c.weight, 1, &g);
    return c;
}

static void regression(program *p)
{
    unit c = random_unit(p), still = c;
    real z[B], H[D + 1][D + 1];
    show_note(&p->show, "Logistic regression; then its second derivatives.");
    logistic_forward(B, D, z, c.w, c.b, c.x, c.y);
    for (int twice = 0; twice < 2; twice++)
        logistic_backward(B, D, c.dw, &c.db, c.dx, c.dy, c.up, z, c.w, c.x,
                          c.y);
    halve(D, c.dw);
    halve(1, &c.db);
    halve(B * D, (real *)c.dx);
    halve(B, c.dy);
    /* where nothing comes in, nothing goes out */
    logistic_backward(B, D, still.dw, &still.db, still.dx, still.dy, 0, z, c.w,
                      c.x, c.y);
    guard(0, D, still.dw, c.dw);
    const hg_tensor t[] = {TENSOR("w", "3.15", c.w, c.dw, "D", D),
                           TENSOR("b", "3.16", &c.b, &c.db, "", 1),
                           TENSOR("x", "3.17", c.x, c.dx, "B,D", B, D),
                           TENSOR("y", "3.14", c.y, c.dy, "B", B)};
    program_check(p, "regression", unit_loss, &c, 4, t);
    logistic_hessian(B, D, H, z, c.x);
    real Hu[D + 1] = {0}, terms = 0;
    for (int i = 0; i <= D; i++)
        for (int j = 0; j <= D; j++)
            Hu[i] += H[i][j] * c.weight[j];
    for (int j = 0; j <= D; j++)
        terms += real_abs(H[D][j] * c.weight[j]);
    hg_tensor h[] = {TENSOR("w", "3.51", c.w, Hu, "D", D),
                     TENSOR("b", "3.51", &c.b, &Hu[D], "", 1)};
    h[1].condition =
        re(terms / real_abs(Hu[D])); /* one sum, which may cancel */
    program_check(p, "its slope", unit_slope, &c, 2, h);
}

/* ---- the article's layer ------------------------------------------------- */

enum { M = ARTICLE_N };

typedef struct layer {
    real W[M][M], b[M], a[M], y[M], dW[M][M], db[M], da[M];
} layer;

static void layer_output(const layer *c, real p[M])
{
    for (int i = 0; i < M; i++) {
        real z = c->b[i];
        for (int j = 0; j < M; j++)
            z += c->W[i][j] * c->a[j];
        p[i] = sigmoid(z);
    }
}

static real layer_loss(void *context)
{
    const layer *c = context;
    real p[M];
    layer_output(c, p);
    return bce_forward(M, p, c->y);
}

/* Weights that the article does not give: random ones, with the biases that
 * lead to its outputs. */
static void article_layer(program *p)
{
    const article *a = &article_numbers;
    layer c;
    rng g = rng_new(p->seed, 9);
    memset(&c, 0, sizeof c);
    fill_normal(M * M, (real *)c.W, 1, &g);
    real dz[M] = {0}, z[M], dy[M] = {0};
    for (int i = 0; i < M; i++) {
        c.a[i] = a->a2[i];
        c.y[i] = a->y[i];
        c.b[i] = z[i] = log(a->a3[i] / (1 - a->a3[i]));
        for (int j = 0; j < M; j++)
            c.b[i] -= c.W[i][j] * a->a2[j];
    }
    cross_entropy_binary_backward(M, dz, dy, 1, z, c.y);
    for (int twice = 0; twice < 2; twice++)
        output_layer_backward(M, M, c.dW, c.db, c.da, dz, c.W, c.a);
    halve(M * M, (real *)c.dW);
    halve(M, c.db);
    halve(M, c.da);
    show_note(&p->show,
              "The article's layer at the article's numbers; weights, "
              "which it does not give, random.");
    const hg_tensor t[] = {TENSOR("W", "3.41", c.W, c.dW, "M,M", M, M),
                           TENSOR("b", "3.42", c.b, c.db, "M", M),
                           TENSOR("a2", "3.43", c.a, c.da, "M", M)};
    program_check(p, "the layer", layer_loss, &c, 3, t);
}

/* ---- the same gradients by other ways ------------------------------------ */

/* From the logits to p by softmax, then back: -y/p, through the softmax. */
static void through_the_softmax(program *p, rows *c, const char *eq)
{
    real q[B][C], dq[B][C], dy[B][C], chained[B][C];
    memset(dq, 0, sizeof dq);
    memset(dy, 0, sizeof dy);
    memset(chained, 0, sizeof chained);
    if (c->kind == CLASSES)
        for (int b = 0; b < B; b++)
            for (int k = 0; k < C; k++)
                c->y[b][k] = k == c->target[b];
    for (int b = 0; b < B; b++)
        softmax_forward(C, q[b], c->x[b]);
    ce_backward(B, C, dq, dy, c->up, q, c->y);
    for (int b = 0; b < B; b++)
        softmax_backward(C, chained[b], dq[b], q[b]);
    rows_gradients(c);
    const hg_tensor t = TENSOR("z", eq, c->x, c->dx, "B,C", B, C);
    program_compare(p, &t, (real *)chained, 1e-13);
}

static void through_the_sigmoid(program *p)
{
    real z[N], q[N], y[N] = {1, 0, 0.37, 0.9, 0, 1, 0.64, 1, 0};
    real dq[N] = {0}, dy[N] = {0}, dz[N] = {0}, chained[N] = {0};
    rng g = rng_new(p->seed, 10);
    fill_normal(N, z, 2, &g);
    sigmoid_forward(N, q, z);
    bce_backward(N, dq, dy, 2.385, q, y);
    sigmoid_backward(N, chained, dq, q);
    cross_entropy_binary_backward(N, dz, dy, 2.385, z, y);
    const hg_tensor t = TENSOR("z", "3.13", z, dz, "N", N);
    program_compare(p, &t, chained, 1e-13);
}

/* A sigmoid is a softmax over the logits (0, z). */
static void two_as_many(program *p)
{
    real z[N], y[N] = {1, 0, 1, 1, 0, 0, 1, 0, 1}, dz[N] = {0}, dy[N] = {0};
    real pair[N][2], q[N][2], dpair[N][2], second[N];
    int target[N];
    rng g = rng_new(p->seed, 11);
    fill_normal(N, z, 2, &g);
    for (int n = 0; n < N; n++) {
        pair[n][0] = dpair[n][0] = dpair[n][1] = 0;
        pair[n][1] = z[n];
        target[n] = re(y[n]) > 0.5;
    }
    cross_entropy_forward(N, 2, q, pair, target);
    cross_entropy_backward(N, 2, dpair, 1, q, target);
    for (int n = 0; n < N; n++)
        second[n] = dpair[n][1];
    cross_entropy_binary_backward(N, dz, dy, 1, z, y);
    const hg_tensor t = TENSOR("z (softmax)", "3.13", z, dz, "N", N);
    program_compare(p, &t, second, 1e-13);
}

/* v'Hv from the matrix, and from the sum over the cases. */
static void two_curvatures(program *p)
{
    unit c = random_unit(p);
    real z[B], H[D + 1][D + 1], v[D + 1], first[4], second[4];
    rng g = rng_new(p->seed, 12);
    logistic_forward(B, D, z, c.w, c.b, c.x, c.y);
    logistic_hessian(B, D, H, z, c.x);
    for (int k = 0; k < 4; k++) {
        fill_normal(D + 1, v, 1, &g);
        first[k] = 0;
        for (int i = 0; i <= D; i++)
            for (int j = 0; j <= D; j++)
                first[k] += v[i] * H[i][j] * v[j];
        second[k] = logistic_curvature(B, D, v, z, c.x);
    }
    const hg_tensor t = TENSOR("v'Hv", "3.52", first, first, "N", 4);
    program_compare(p, &t, second, 1e-13);
}

static void second_derivations(program *p)
{
    show_note(&p->show,
              "The same gradients by other ways: p - y against the "
              "slope of the logarithm pushed back through the softmax "
              "or the sigmoid; two classes as a softmax over (0, z); "
              "the curvature with and without the matrix.");
    rows classes = random_rows(p, 4, CLASSES);
    through_the_softmax(p, &classes, "3.31");
    rows labels = random_rows(p, 6, LABELS);
    through_the_softmax(p, &labels, "3.35");
    through_the_sigmoid(p);
    two_as_many(p);
    two_curvatures(p);
}

void cross_entropy_checks(program *p)
{
    show_section(&p->show, "Verification");
    two_classes(p);
    second_derivatives(p);
    many_classes(p);
    wrong_gradient(p);
    regression(p);
    article_layer(p);
    second_derivations(p);
}
