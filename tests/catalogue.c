/* SPDX-License-Identifier: MIT */
/* Layers in plain double, with the mistakes of the catalogue in their backward
 * functions. Letters as in the chapters: B batch, T time, D inputs, H units,
 * M and N rows, C classes. */
#include "tests/catalogue.h"

#include <stdio.h>
#include <string.h>

#include "chapters/02_activations/activations.h"
#include "chapters/03_cross_entropy/cross_entropy.h"
#include "chapters/08_lstm/lstm.h"
#include "chapters/11_attention/attention.h"
#include "chapters/14_residuals/residual.h"

#define OR(m) (1U << HG_##m)

const planted catalogue[PLANS] = {
    [NOTHING] = {"nothing", HG_UNEXPLAINED, 0},
    [SIGN] = {"sign", HG_SIGN, 0},
    [TWICE] = {"factor 2", HG_TWICE, OR(FACTOR)},
    [HALF] = {"factor 1/2", HG_FACTOR, 0},
    [TIMES_B] = {"factor B", HG_FACTOR, 0},
    [OVER_B] = {"factor 1/B", HG_FACTOR, 0},
    [TIMES_T] = {"factor T", HG_FACTOR, 0},
    [OVER_T] = {"factor 1/T", HG_FACTOR, 0},
    [TIMES_ROOT_D] = {"factor sqrt(D)", HG_FACTOR, 0},
    [OVER_ROOT_D] = {"factor 1/sqrt(D)", HG_FACTOR, 0},
    [NO_DLOSS] = {"incoming gradient dropped", HG_FACTOR, 0},
    [CONSTANT] = {"some other factor", HG_FACTOR, 0},
    [MISSING] = {"missing", HG_MISSING, 0},
    [TRANSPOSED] = {"transposed", HG_TRANSPOSED, 0},
    [SHIFTED] = {"shifted by one", HG_SHIFTED, 0},
    [BLOCKS] = {"two blocks swapped", HG_SWAPPED_BLOCKS, 0},
    [TENSORS] = {"two tensors swapped", HG_SWAPPED_TENSORS, 0},
    [ENTRY] = {"one entry", HG_ONE_ENTRY, 0},
    [ROW] = {"one row", HG_ONE_ROW, OR(ONE_SLICE)},
    [COLUMN] = {"one column", HG_ONE_COLUMN, 0},
    [SLICE] = {"one step or slice", HG_ONE_SLICE, 0},
    /* where the others that are missing would be nearly 0 */
    [GAP] = {"the last or first entries", HG_MISSING,
             OR(ONE_ENTRY) | OR(ONE_ROW) | OR(ONE_COLUMN) | OR(ONE_SLICE)},
    [FLOATS] = {"float noise", HG_FLOAT_NOISE, 0},
    /* where the loss sees the last step only, these two are the same */
    [RECURRENT] = {"recurrent path missing", HG_PATH_MISSING, OR(ONE_STEP)},
    /* nothing is left where all hidden units are off */
    [SHORTCUT] = {"shortcut missing", HG_PATH_MISSING, OR(MISSING)},
    [BRANCH] = {"branch missing", HG_PATH_MISSING, 0},
    [BROADCAST] = {"broadcast path missing", HG_PATH_MISSING, 0},
    [VARIANCE] = {"path of the variance missing", HG_PATH_MISSING, 0},
    [OWN_DERIVATIVE] = {"own derivative missing", HG_PATH_MISSING, 0},
    [LABELS] = {"labels missing", HG_PATH_MISSING, 0},
    [PATH_TWICE] = {"a path counted twice", HG_TWICE, 0},
    [OVERWRITTEN] = {"overwritten, not added", HG_OVERWRITTEN, OR(ONE_STEP)},
    [LAST_STEP] = {"last step only", HG_ONE_STEP, OR(OVERWRITTEN)},
    [AT_OUTPUT] = {"derivative at the output", HG_AT_OUTPUT, 0},
    [AT_INPUT] = {"1 - x^2 for 1 - tanh^2 x", HG_AT_OUTPUT, 0},
    [DIAGONAL] = {"diagonal of the softmax", HG_DIAGONAL_ONLY, 0},
    [MASK] = {"mask ignored", HG_MASK_IGNORED, 0},
    [OTHER_FUNCTION] = {"another function", HG_OTHER_FUNCTION, 0},
    [OTHER_SIDE] = {"the kink's other side", HG_OTHER_SIDE, OR(MASK_IGNORED)},
    [THRESHOLD] = {"the kink's threshold", HG_OTHER_SIDE, OR(MISSING)},
    [LEAKY_SIDE] = {"no slope on one side", HG_OTHER_SIDE, OR(MASK_IGNORED)},
    [TURNED] = {"W for its transpose", HG_TRANSPOSED, 0},
    [WRONG_STATE] = {"h_t for h_t-1", HG_SHIFTED, 0},
    [NO_WEIGHTS] = {"dv += do without w", HG_PATH_MISSING, 0},
    [STUCK] = {"do_0 for do_m", HG_ONE_STEP, 0},
};

/* ---- building ------------------------------------------------------------ */

static double *room(layer *u, int n)
{
    double *x = u->pool + u->used;
    u->used += n;
    return u->used <= MOST_VALUES ? x : NULL;
}

static double *drawn(layer *u, int n, double limit, rng *g)
{
    double *x = room(u, n);
    for (int i = 0; i < n; i++)
        x[i] = rng_between(g, -limit, limit);
    return x;
}

static hg_tensor shaped(const char *name, const char *letters, int rank,
                        const int shape[], double *data)
{
    hg_tensor t = {.name = name, .letters = letters, .rank = rank};
    for (int k = 0; k < rank; k++)
        t.shape[k] = shape[k];
    t.data = data;
    return t;
}

#define SHAPE(...)                                                             \
    (int)(sizeof(int[]){__VA_ARGS__} / sizeof(int)), (int[])                   \
    {                                                                          \
        __VA_ARGS__                                                            \
    }

static double *tensor(layer *u, const char *name, const char *letters, int rank,
                      const int shape[], double limit, rng *g)
{
    hg_tensor *t = &u->t[u->tensors++];
    *t = shaped(name, letters, rank, shape, NULL);
    t->data = drawn(u, hg_entries(t), limit, g);
    t->grad = room(u, hg_entries(t));
    return t->data;
}

static double *known(layer *u, const char *name, const char *letters, int rank,
                     const int shape[])
{
    hg_tensor *t = &u->known[u->knowns++];
    *t = shaped(name, letters, rank, shape, NULL);
    return t->data = room(u, hg_entries(t));
}

static void size(layer *u, const char *letter, double value)
{
    u->size[u->sizes++] = (hg_size){letter, value};
}

static void *grad(const layer *u, int k)
{
    return (void *)(uintptr_t)u->t[k].grad;
}

static void *data(const layer *u, int k)
{
    return u->t[k].data;
}

/* Every layer ends in dloss (sum c y + y^2 / 2): its derivative by y. */
static double ending(const layer *u, int n, const double c[], const double y[])
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += c[i] * y[i] + y[i] * y[i] / 2;
    return u->dloss * sum;
}

static void ending_backward(const layer *u, int n, double dy[],
                            const double c[], const double y[])
{
    for (int i = 0; i < n; i++)
        dy[i] = u->dloss * (c[i] + y[i]);
}

/* ---- a dense layer over a batch ------------------------------------------ */

static int dense_loss(void *context, double loss[2])
{
    layer *u = context;
    int B = u->n[0], M = u->n[1], N = u->n[2];
    const double *W = data(u, 0), *b = data(u, 1), *x = data(u, 2);
    double *y = u->part[1];
    for (int i = 0; i < B; i++)
        for (int m = 0; m < M; m++) {
            double *to = &y[i * M + m];
            *to = b[m];
            for (int n = 0; n < N; n++)
                *to += W[m * N + n] * x[i * N + n];
        }
    loss[0] = ending(u, B * M, u->part[0], y) / B;
    return 0;
}

static int dense_backward(layer *u, plan p)
{
    int B = u->n[0], M = u->n[1], N = u->n[2];
    double *dW = grad(u, 0), *db = grad(u, 1), *dx = grad(u, 2);
    const double *W = data(u, 0), *x = data(u, 2);
    double *dy = u->part[2];
    if (p != NOTHING && p != OVERWRITTEN && !(p == TURNED && M == N))
        return 0;
    ending_backward(u, B * M, dy, u->part[0], u->part[1]);
    for (int i = 0; i < B; i++)
        for (int m = 0; m < M; m++) {
            double g = dy[i * M + m] /= B;
            db[m] = g + (p == OVERWRITTEN ? 0 : db[m]);
            for (int n = 0; n < N; n++) {
                double old = p == OVERWRITTEN ? 0 : dW[m * N + n];
                dW[m * N + n] = old + g * x[i * N + n];
                dx[i * N + n] += W[p == TURNED ? n * N + m : m * N + n] * g;
            }
        }
    return 1;
}

static void dense_new(layer *u, rng *g)
{
    static const int sizes[SHAPES][3] = {{3, 4, 5}, {5, 3, 3}, {4, 6, 2}};
    memcpy(u->n, sizes[u->shape], sizeof sizes[0]);
    int B = u->n[0], M = u->n[1], N = u->n[2];
    u->name = "dense";
    tensor(u, "W", NULL, SHAPE(M, N), 1, g);
    tensor(u, "b", NULL, SHAPE(M), 1, g);
    tensor(u, "x", "B,N", SHAPE(B, N), 1, g);
    u->part[0] = drawn(u, B * M, 2, g);
    u->part[1] = room(u, B * M);
    u->part[2] = known(u, "dy", "B,M", SHAPE(B, M));
    size(u, "B", B);
    size(u, "M", M);
    u->loss = dense_loss;
    u->backward = dense_backward;
}

/* ---- softmax and cross-entropy ------------------------------------------- */

/* Rows whose target is -1 are padding. */
static int entropy_loss(void *context, double loss[2])
{
    layer *u = context;
    int B = u->n[0], C = u->n[1];
    double(*p)[C] = u->part[1];
    const double(*z)[C] = u->t[0].data;
    const int *target = u->index;
    loss[0] = 0;
    for (int b = 0; b < B; b++)
        if (target[b] >= 0)
            loss[0] += cross_entropy_forward(1, C, &p[b], &z[b], &target[b]);
    loss[0] *= u->dloss / B;
    return 0;
}

static int entropy_backward(layer *u, plan p)
{
    int B = u->n[0], C = u->n[1];
    const double *prob = u->part[1], *y = u->part[2];
    const int *target = u->index;
    double *dz = grad(u, 0);
    if (p != NOTHING && p != LABELS && p != MASK && p != OTHER_FUNCTION)
        return 0;
    for (int i = 0; i < B * C; i++) {
        double q = prob[i];
        dz[i] = u->dloss * (q - (p == LABELS ? 0 : y[i])) / B;
        if (p == OTHER_FUNCTION)
            dz[i] *= q * (1 - q);
        if (target[i / C] < 0 && p != MASK)
            dz[i] = 0;
    }
    return 1;
}

static void entropy_new(layer *u, rng *g)
{
    static const int sizes[SHAPES][2] = {{3, 4}, {5, 3}, {6, 5}};
    memcpy(u->n, sizes[u->shape], sizeof sizes[0]);
    int B = u->n[0], C = u->n[1];
    u->name = "cross-entropy";
    tensor(u, "z", "B,C", SHAPE(B, C), 2, g);
    int *target = u->index;
    u->part[1] = known(u, "p", "B,C", SHAPE(B, C));
    double *y = u->part[2] = known(u, "y", "B,C", SHAPE(B, C));
    for (int b = 0; b < B; b++) {
        target[b] = rng_below(g, C);
        if (b == B - 2) /* padding: what stands in its row shall not matter */
            target[b] = -1;
        else
            y[b * C + target[b]] = 1;
    }
    softmax_forward(C, (double *)u->part[1] + (B - 2) * C,
                    (double *)u->t[0].data + (B - 2) * C);
    size(u, "B", B);
    size(u, "C", C);
    u->loss = entropy_loss;
    u->backward = entropy_backward;
}

/* ---- an activation, element by element ----------------------------------- */

enum { TANH, SIGMOID, GELU, RELU, LEAKY, SOFTMAX, KINDS };

static void activate(int kind, int N, double a[N], const double z[N])
{
    switch (kind) {
    case TANH: tanh_forward(N, a, z); break;
    case SIGMOID: sigmoid_forward(N, a, z); break;
    case GELU: gelu_forward(N, a, z); break;
    case RELU: relu_forward(N, a, z); break;
    case LEAKY: leaky_relu_forward(N, a, 0.1, z); break;
    default: softmax_forward(N, a, z);
    }
}

static int activation_loss(void *context, double loss[2])
{
    layer *u = context;
    int B = u->n[0], C = u->n[1];
    double *a = u->part[1], *z = data(u, 0);
    for (int b = 0; b < B; b++)
        activate(u->kind, C, a + b * C, z + b * C);
    loss[0] = ending(u, B * C, u->part[0], a);
    return 0;
}

/* The wrong slope of one element, z in and a out; 0 where the plan is none of
 * its mistakes. */
static int wrong_slope(int kind, plan p, double z, double a, double *slope)
{
    double s = sigmoid(z);
    if (p == OWN_DERIVATIVE &&
        (kind == TANH || kind == SIGMOID || kind == GELU))
        *slope = 1;
    else if (p == AT_OUTPUT && kind == TANH)
        *slope = 1 - tanh(a) * tanh(a);
    else if (p == AT_OUTPUT && kind == SIGMOID)
        *slope = sigmoid(a) * (1 - sigmoid(a));
    else if (p == AT_INPUT && kind == TANH)
        *slope = 1 - z * z;
    else if (p == AT_INPUT && kind == SIGMOID)
        *slope = z * (1 - z);
    else if (p == OTHER_FUNCTION && kind == TANH)
        *slope = s * (1 - s);
    else if (p == OTHER_FUNCTION && kind == SIGMOID)
        *slope = 1 - a * a;
    else if (p == OTHER_SIDE && kind == RELU)
        *slope = z < 0;
    else if (p == THRESHOLD && kind == RELU)
        *slope = z > 0.3;
    else if (p == LEAKY_SIDE && (kind == LEAKY || kind == RELU))
        *slope = kind == RELU || z > 0 ? 1 : 0.01;
    else
        return 0;
    return 1;
}

static void right_backward(int kind, int N, double dz[N], const double da[N],
                           const double z[N], const double a[N])
{
    switch (kind) {
    case TANH: tanh_backward(N, dz, da, a); break;
    case SIGMOID: sigmoid_backward(N, dz, da, a); break;
    case GELU: gelu_backward(N, dz, da, z); break;
    case RELU: relu_backward(N, dz, da, z); break;
    case LEAKY: leaky_relu_backward(N, dz, da, 0.1, z); break;
    default: softmax_backward(N, dz, da, a);
    }
}

static int activation_backward(layer *u, plan p)
{
    int B = u->n[0], C = u->n[1];
    double *da = u->part[2], *a = u->part[1], *z = data(u, 0);
    double *dz = grad(u, 0);
    ending_backward(u, B * C, da, u->part[0], a);
    if (p == OTHER_FUNCTION && u->kind == GELU) {
        gelu_tanh_backward(B * C, dz, da, z);
        return 1;
    }
    if ((p == DIAGONAL || p == BROADCAST) && u->kind == SOFTMAX) {
        for (int i = 0; i < B * C; i++)
            dz[i] = a[i] * (p == DIAGONAL ? 1 - a[i] : 1) * da[i];
        return 1;
    }
    for (int b = 0; b < B && p == NOTHING; b++)
        right_backward(u->kind, C, dz + b * C, da + b * C, z + b * C,
                       a + b * C);
    for (int i = 0; i < B * C && p != NOTHING; i++) {
        double slope;
        if (!wrong_slope(u->kind, p, z[i], a[i], &slope))
            return 0;
        dz[i] = slope * da[i];
    }
    return 1;
}

static void activation_new(layer *u, rng *g)
{
    static const int sizes[SHAPES][2] = {{3, 4}, {1, 12}, {4, 5}};
    static const char *const names[KINDS] = {"tanh", "sigmoid", "GELU",
                                             "ReLU", "leaky",   "softmax"};
    memcpy(u->n, sizes[u->shape], sizeof sizes[0]);
    int B = u->n[0], C = u->n[1];
    u->kind = u->seed % KINDS;
    u->name = names[u->kind];
    double *z = tensor(u, "z", "B,C", SHAPE(B, C), 2, g);
    for (int i = 0; i < B * C; i++) /* away from the kink, some near */
        z[i] += z[i] < 0 ? -0.02 : 0.02;
    z[1] = 0.11;
    z[3] = 0.17;
    u->part[0] = drawn(u, B * C, 2, g);
    u->part[1] = known(u, "a", "B,C", SHAPE(B, C));
    u->part[2] = known(u, "da", "B,C", SHAPE(B, C));
    size(u, "C", C);
    u->loss = activation_loss;
    u->backward = activation_backward;
}

/* ---- layer norm ---------------------------------------------------------- */

static int norm_loss(void *context, double loss[2])
{
    layer *u = context;
    int B = u->n[0], D = u->n[1];
    const double *x = data(u, 0), *gamma = data(u, 1), *beta = data(u, 2);
    double *hat = u->part[1], *inverse = u->part[2], *y = u->part[3];
    for (int b = 0; b < B; b++) {
        double mean = 0, variance = 0;
        for (int d = 0; d < D; d++)
            mean += x[b * D + d] / D;
        for (int d = 0; d < D; d++)
            variance += (x[b * D + d] - mean) * (x[b * D + d] - mean) / D;
        inverse[b] = 1 / sqrt(variance + 1e-5);
        for (int d = 0; d < D; d++) {
            hat[b * D + d] = (x[b * D + d] - mean) * inverse[b];
            y[b * D + d] = gamma[d] * hat[b * D + d] + beta[d];
        }
    }
    loss[0] = ending(u, B * D, u->part[0], y);
    return 0;
}

static int norm_backward(layer *u, plan p)
{
    int B = u->n[0], D = u->n[1];
    const double *gamma = data(u, 1), *hat = u->part[1], *inverse = u->part[2];
    double *dx = grad(u, 0), *dgamma = grad(u, 1), *dbeta = grad(u, 2);
    double *dy = u->part[4];
    if (p != NOTHING && p != BROADCAST && p != VARIANCE && p != OVERWRITTEN)
        return 0;
    ending_backward(u, B * D, dy, u->part[0], u->part[3]);
    for (int b = 0; b < B; b++) {
        double mean = 0, along = 0;
        for (int d = 0; d < D; d++) {
            int i = b * D + d;
            double old = p == OVERWRITTEN ? 0 : 1;
            dbeta[d] = old * dbeta[d] + dy[i];
            dgamma[d] = old * dgamma[d] + dy[i] * hat[i];
            mean += p == BROADCAST ? 0 : gamma[d] * dy[i] / D;
            along += p == VARIANCE ? 0 : gamma[d] * dy[i] * hat[i] / D;
        }
        for (int d = 0; d < D; d++) {
            int i = b * D + d;
            dx[i] = (gamma[d] * dy[i] - mean - along * hat[i]) * inverse[b];
        }
    }
    return 1;
}

static void norm_new(layer *u, rng *g)
{
    static const int sizes[SHAPES][2] = {{3, 5}, {4, 6}, {2, 8}};
    memcpy(u->n, sizes[u->shape], sizeof sizes[0]);
    int B = u->n[0], D = u->n[1];
    u->name = "layer norm";
    tensor(u, "x", "B,D", SHAPE(B, D), 2, g);
    tensor(u, "gamma", NULL, SHAPE(D), 1.5, g);
    tensor(u, "beta", NULL, SHAPE(D), 1, g);
    u->part[0] = drawn(u, B * D, 2, g);
    u->part[1] = room(u, B * D);
    u->part[2] = room(u, B);
    u->part[3] = room(u, B * D);
    u->part[4] = known(u, "dy", "B,D", SHAPE(B, D));
    size(u, "B", B);
    size(u, "D", D);
    u->loss = norm_loss;
    u->backward = norm_backward;
}

/* ---- LSTM through time --------------------------------------------------- */

static int lstm_loss(void *context, double loss[2])
{
    layer *u = context;
    int T = u->n[0], D = u->n[1], H = u->n[2];
    lstm_forward(T, D, H, u->part[0], u->part[1], u->part[2], data(u, 0),
                 data(u, 1), data(u, 2), data(u, 3));
    loss[0] = ending(u, T * H, u->part[3], (double *)u->part[1] + H);
    return 0;
}

/* One step, with a mistake in its own derivatives. da is kept. */
static void lstm_step(layer *u, plan p, int t, const double dh[],
                      const double dc[], double dh0[], double dc0[])
{
    int D = u->n[1], H = u->n[2];
    const double(*c)[H] = u->part[0], (*h)[H] = u->part[1];
    const double(*gate)[GATES][H] = u->part[2];
    const double(*W)[H][D] = u->t[0].data, (*U)[H][H] = u->t[1].data;
    const double(*x)[D] = u->t[3].data;
    double(*dW)[H][D] = grad(u, 0), (*dU)[H][H] = grad(u, 1);
    double(*db)[H] = grad(u, 2), (*dx)[D] = grad(u, 3);
    double(*da)[GATES][H] = u->part[5];
    const double *f = gate[t - 1][FORGET], *i = gate[t - 1][INPUT];
    const double *g = gate[t - 1][CANDIDATE], *o = gate[t - 1][OUTPUT];
    double(*to)[H] = da[t - 1];
    for (int j = 0; j < H; j++) {
        double s = tanh(c[t][j]), e = dc[j] + dh[j] * o[j] * (1 - s * s);
        double slope = p == AT_OUTPUT ? tanh(g[j]) : g[j];
        to[OUTPUT][j] = dh[j] * s * o[j] * (1 - o[j]);
        to[FORGET][j] = e * c[t - 1][j];
        to[FORGET][j] *= p == OWN_DERIVATIVE ? 1 : f[j] * (1 - f[j]);
        to[INPUT][j] = e * g[j] * i[j] * (1 - i[j]);
        to[CANDIDATE][j] = e * i[j] * (1 - slope * slope);
        dc0[j] += e * f[j];
    }
    for (int r = 0; r < GATES; r++)
        for (int j = 0; j < H; j++) {
            db[r][j] += to[r][j];
            for (int d = 0; d < D; d++) {
                dW[r][j][d] += to[r][j] * x[t - 1][d];
                dx[t - 1][d] += W[r][j][d] * to[r][j];
            }
            for (int k = 0; k < H; k++) {
                dU[r][j][k] += to[r][j] * h[p == WRONG_STATE ? t : t - 1][k];
                dh0[k] += U[r][j][k] * to[r][j];
            }
        }
}

static int lstm_has(const layer *u, plan p)
{
    int T = u->n[0];
    switch (p) {
    case NOTHING: return 1;
    case RECURRENT:
    case OVERWRITTEN:
    case LAST_STEP: return T > 1;
    case OWN_DERIVATIVE:
    case AT_OUTPUT: return T == 1;
    case WRONG_STATE: return T > 1;
    default: return 0;
    }
}

static int lstm_plan(layer *u, plan p)
{
    int T = u->n[0], H = u->n[2];
    double(*dh)[H] = u->part[4], dc[T + 1][H];
    if (!lstm_has(u, p))
        return 0;
    memset(dc, 0, sizeof dc);
    ending_backward(u, T * H, dh[1], u->part[3], (double *)u->part[1] + H);
    for (int t = T; t >= 1; t--) {
        double no_h[H], no_c[H];
        int stop_h = p == RECURRENT && u->seed % 3 != 1;
        int stop_c = p == RECURRENT && u->seed % 3 != 0;
        for (int k = 0; k < 3 && p == OVERWRITTEN; k++)
            memset(grad(u, k), 0,
                   sizeof(double) * (size_t)hg_entries(&u->t[k]));
        lstm_step(u, p, t, dh[t], dc[t], stop_h ? no_h : dh[t - 1],
                  stop_c ? no_c : dc[t - 1]);
        if (p == LAST_STEP)
            break;
    }
    return 1;
}

static void lstm_new(layer *u, rng *g)
{
    static const int sizes[SHAPES][3] = {{5, 3, 4}, {1, 4, 3}, {4, 6, 3}};
    memcpy(u->n, sizes[u->shape], sizeof sizes[0]);
    int T = u->n[0], D = u->n[1], H = u->n[2];
    u->name = "LSTM";
    tensor(u, "W", NULL, SHAPE(GATES, H, D), 1, g);
    tensor(u, "U", NULL, SHAPE(GATES, H, H), 1, g);
    tensor(u, "b", NULL, SHAPE(GATES, H), 1, g);
    tensor(u, "x", "T,D", SHAPE(T, D), 1, g);
    u->part[0] = drawn(u, (T + 1) * H, 1, g);
    double *h = u->part[1] = known(u, "h", NULL, SHAPE(T + 1, H));
    for (int j = 0; j < H; j++)
        h[j] = rng_between(g, -1, 1);
    u->part[2] = known(u, "gate", NULL, SHAPE(T, GATES, H));
    u->part[3] = drawn(u, T * H, 2, g);
    u->part[4] = room(u, (T + 1) * H);
    if (u->shape == 0)
        u->part[5] = known(u, "da", NULL, SHAPE(T, GATES, H));
    else
        u->part[5] = room(u, T * GATES * H);
    u->t[1].equation = "8.17";
    size(u, "T", T);
    size(u, "D", D);
    size(u, "H", H);
    u->loss = lstm_loss;
    u->backward = lstm_plan;
}

/* ---- attention, with a bias on its scores -------------------------------- */

/* The weights of keys beyond `kept` are multiplied by 0 after the softmax. */
static int attention_loss(void *context, double loss[2])
{
    layer *u = context;
    int N = u->n[0], D = u->n[1], kept = u->n[2];
    const double *q = data(u, 0), *k = data(u, 1), *v = data(u, 2);
    const double *bias = data(u, 3);
    double *w = u->part[1], *o = u->part[2];
    for (int m = 0; m < N; m++) {
        double z[N];
        for (int n = 0; n < N; n++) {
            z[n] = bias[m * N + n];
            for (int d = 0; d < D; d++)
                z[n] += q[m * D + d] * k[n * D + d] / sqrt((double)D);
        }
        softmax_forward(N, w + m * N, z);
        for (int d = 0; d < D; d++) {
            o[m * D + d] = 0;
            for (int n = 0; n < kept; n++)
                o[m * D + d] += w[m * N + n] * v[n * D + d];
        }
    }
    loss[0] = ending(u, N * D, u->part[0], o);
    return 0;
}

static int attention_plan(layer *u, plan p)
{
    int N = u->n[0], D = u->n[1], kept = u->n[2];
    const double *q = data(u, 0), *k = data(u, 1), *v = data(u, 2);
    double *dq = grad(u, 0), *dk = grad(u, 1), *dv = grad(u, 2);
    double *dbias = grad(u, 3), scale = 1 / sqrt((double)D);
    double *dout = u->part[3], *w = u->part[1];
    if (p != NOTHING && p != DIAGONAL && p != BROADCAST && p != MASK &&
        p != NO_WEIGHTS && p != STUCK)
        return 0;
    if (p == MASK && kept == N)
        return 0;
    ending_backward(u, N * D, dout, u->part[0], u->part[2]);
    for (int m = 0; m < N; m++) {
        double dw[N], dz[N];
        for (int n = 0; n < N; n++) {
            dw[n] = dz[n] = 0;
            for (int d = 0; d < D; d++) {
                if (n < kept || p == MASK)
                    dv[n * D + d] += (p == NO_WEIGHTS ? 1 : w[m * N + n]) *
                                     dout[(p == STUCK ? 0 : m) * D + d];
                dw[n] += n < kept ? v[n * D + d] * dout[m * D + d] : 0;
            }
            dz[n] = p == DIAGONAL    ? w[m * N + n] * (1 - w[m * N + n]) * dw[n]
                    : p == BROADCAST ? w[m * N + n] * dw[n]
                                     : 0;
        }
        if (p != DIAGONAL && p != BROADCAST)
            softmax_backward(N, dz, dw, w + m * N);
        for (int n = 0; n < N; n++) {
            dbias[m * N + n] = dz[n];
            for (int d = 0; d < D; d++) {
                dq[m * D + d] += scale * dz[n] * k[n * D + d];
                dk[n * D + d] += scale * dz[n] * q[m * D + d];
            }
        }
    }
    return 1;
}

static void attention_new(layer *u, rng *g)
{
    static const int sizes[SHAPES][3] = {{5, 3, 5}, {4, 4, 3}, {6, 5, 4}};
    memcpy(u->n, sizes[u->shape], sizeof sizes[0]);
    int N = u->n[0], D = u->n[1];
    u->name = "attention";
    tensor(u, "q", NULL, SHAPE(N, D), 1, g);
    tensor(u, "k", NULL, SHAPE(N, D), 1, g);
    tensor(u, "v", NULL, SHAPE(N, D), 1, g);
    tensor(u, "bias", NULL, SHAPE(N, N), 1, g);
    u->part[0] = drawn(u, N * D, 2, g);
    u->part[1] = known(u, "w", NULL, SHAPE(N, N));
    u->part[2] = room(u, N * D);
    u->part[3] = known(u, "do", NULL, SHAPE(N, D));
    size(u, "T", N);
    size(u, "D", D);
    u->loss = attention_loss;
    u->backward = attention_plan;
}

/* ---- a residual block ---------------------------------------------------- */

static int residual_loss(void *context, double loss[2])
{
    layer *u = context;
    int N = u->n[0], H = u->n[1];
    residual_kind kind = {u->kind, 1, 1};
    residual_forward(N, H, u->part[1], u->part[2], kind, data(u, 0), data(u, 1),
                     data(u, 2), data(u, 3), data(u, 4));
    loss[0] = ending(u, N, u->part[0], u->part[1]);
    return 0;
}

/* The slope of a hidden unit that puts out a. */
static int hidden_slope(const layer *u, plan p, double a, double *slope)
{
    *slope = u->kind ? a > 0 : 1 - a * a;
    if (p == OTHER_SIDE && u->kind)
        *slope = 1; /* ReLU's slope where it has none */
    else if (p == AT_OUTPUT && !u->kind)
        *slope = 1 - tanh(a) * tanh(a);
    else if (p == AT_INPUT && !u->kind)
        *slope = 1 - atanh(a) * atanh(a);
    else if (p == OTHER_FUNCTION && !u->kind)
        *slope = a * (1 - a);
    else if (p == OWN_DERIVATIVE && !u->kind)
        *slope = 1;
    else
        return p == NOTHING || p == SHORTCUT || p == BRANCH || p == PATH_TWICE;
    return 1;
}

static int residual_plan(layer *u, plan p)
{
    int N = u->n[0], H = u->n[1];
    const double *W1 = data(u, 0), *W2 = data(u, 2), *x = data(u, 4);
    const double *a = u->part[2];
    double *dW1 = grad(u, 0), *db1 = grad(u, 1), *dW2 = grad(u, 2);
    double *db2 = grad(u, 3), *dx = grad(u, 4), *dy = u->part[3];
    ending_backward(u, N, dy, u->part[0], u->part[1]);
    for (int n = 0; n < N; n++) {
        db2[n] = dy[n];
        dx[n] = dy[n] * (p == SHORTCUT ? 0 : p == PATH_TWICE ? 2 : 1);
    }
    for (int h = 0; h < H; h++) {
        double da = 0, slope;
        if (!hidden_slope(u, p, a[h], &slope))
            return 0;
        for (int n = 0; n < N; n++) {
            dW2[n * H + h] = dy[n] * a[h];
            da += W2[n * H + h] * dy[n];
        }
        db1[h] = da * slope;
        for (int n = 0; n < N; n++) {
            dW1[h * N + n] = db1[h] * x[n];
            dx[n] += p == BRANCH ? 0 : W1[h * N + n] * db1[h];
        }
    }
    return 1;
}

static void residual_new(layer *u, rng *g)
{
    static const int sizes[SHAPES][2] = {{5, 7}, {4, 9}, {6, 6}};
    memcpy(u->n, sizes[u->shape], sizeof sizes[0]);
    int N = u->n[0], H = u->n[1];
    u->kind = u->seed % 2;
    u->name = "residual";
    tensor(u, "W1", NULL, SHAPE(H, N), 1, g);
    tensor(u, "b1", NULL, SHAPE(H), 1, g);
    tensor(u, "W2", NULL, SHAPE(N, H), 1, g);
    tensor(u, "b2", NULL, SHAPE(N), 1, g);
    tensor(u, "x", NULL, SHAPE(N), 1, g);
    u->part[0] = drawn(u, N, 2, g);
    u->part[1] = room(u, N);
    u->part[2] = known(u, "a", NULL, SHAPE(H));
    u->part[3] = known(u, "dy", NULL, SHAPE(N));
    size(u, "D", N);
    size(u, "H", H);
    u->loss = residual_loss;
    u->backward = residual_plan;
}

/* ---- a table of embeddings ----------------------------------------------- */

/* y_t = E[token_t]: some tokens come more than once, some never. */
static int embedding_loss(void *context, double loss[2])
{
    layer *u = context;
    int T = u->n[0], V = u->n[1], D = u->n[2];
    const double *E = data(u, 0);
    const int *token = u->index;
    double *y = u->part[1];
    for (int i = 0; i < T * D; i++)
        y[i] = tanh(E[token[i / D] % V * D + i % D]);
    loss[0] = ending(u, T * D, u->part[0], y);
    return 0;
}

static int embedding_backward(layer *u, plan p)
{
    int T = u->n[0], V = u->n[1], D = u->n[2];
    const int *token = u->index;
    double *dE = grad(u, 0), *y = u->part[1], *dy = u->part[2];
    if (p != NOTHING && p != OVERWRITTEN)
        return 0;
    ending_backward(u, T * D, dy, u->part[0], y);
    for (int i = 0; i < T * D; i++) {
        double *to = &dE[token[i / D] % V * D + i % D];
        dy[i] *= 1 - y[i] * y[i];
        *to = dy[i] + (p == OVERWRITTEN ? 0 : *to);
    }
    return 1;
}

static void embedding_new(layer *u, rng *g)
{
    static const int sizes[SHAPES][3] = {{6, 5, 3}, {8, 4, 4}, {5, 7, 2}};
    memcpy(u->n, sizes[u->shape], sizeof sizes[0]);
    int T = u->n[0], V = u->n[1], D = u->n[2];
    u->name = "embedding";
    tensor(u, "E", NULL, SHAPE(V, D), 1, g);
    u->part[0] = drawn(u, T * D, 2, g);
    u->part[1] = room(u, T * D);
    u->part[2] = known(u, "dy", "T,D", SHAPE(T, D));
    int *token = u->index;
    for (int t = 0; t < T; t++)
        token[t] = rng_below(g, V - 1);
    token[T - 1] = token[0];
    size(u, "T", T);
    size(u, "D", D);
    u->loss = embedding_loss;
    u->backward = embedding_backward;
}

/* ---- planting ------------------------------------------------------------ */

void layer_new(layer *u, int k, int shape, int seed)
{
    static void (*const make[LAYERS])(layer *, rng *) = {
        dense_new, entropy_new,   activation_new, norm_new,
        lstm_new,  attention_new, residual_new,   embedding_new};
    *u = (layer){.shape = shape, .seed = seed, .dloss = 0.37};
    rng g = rng_new((uint64_t)(1000 + seed), (uint64_t)(10 * k + shape));
    make[k](u, &g);
    size(u, "dloss", u->dloss);
}

hg_problem layer_problem(layer *u)
{
    return (hg_problem){.loss = u->loss,
                        .context = u,
                        .tensors = u->tensors,
                        .tensor = u->t,
                        .sizes = u->sizes,
                        .size = u->size,
                        .knowns = u->knowns,
                        .known = u->known};
}

/* The size with that letter, 0 where the layer has none. */
static double size_of(const layer *u, char letter)
{
    for (int k = 0; k < u->sizes; k++)
        if (u->size[k].letter[0] == letter && !u->size[k].letter[1])
            return u->size[k].value;
    return 0;
}

static double planted_factor(const layer *u, plan p)
{
    double B = size_of(u, 'B'), T = size_of(u, 'T'), D = size_of(u, 'D');
    switch (p) {
    case SIGN: return -1;
    case TWICE: return 2;
    case HALF: return 0.5;
    case TIMES_B: return B;
    case OVER_B: return B > 0 ? 1 / B : 0;
    case TIMES_T: return T;
    case OVER_T: return T > 0 ? 1 / T : 0;
    case TIMES_ROOT_D: return sqrt(D);
    case OVER_ROOT_D: return D > 0 ? 1 / sqrt(D) : 0;
    case NO_DLOSS: return 1 / u->dloss;
    default: return 1.37;
    }
}

/* Entry i of a tensor comes from here, where the mistake moves entries. */
static int moved_from(const layer *u, const hg_tensor *t, plan p, int i)
{
    int n = hg_entries(t), last = t->shape[t->rank - 1], blocks = t->shape[0];
    int next = t->rank > 1 ? t->shape[t->rank - 2] : 1, f = i % (last * next);
    int run = n / blocks, first = u->seed % (blocks - (blocks > 1));
    switch (p) {
    case TRANSPOSED: return i - f + f % next * last + f / next;
    case SHIFTED:
        if (u->seed % 2)
            return i < run ? i : i - run;
        return i % last < last - 1 ? i + 1 : i;
    default: /* BLOCKS */
        return i / run == first ? i + run : i / run == first + 1 ? i - run : i;
    }
}

static int is_good_for(const hg_tensor *t, plan p, int seed)
{
    int last = t->rank ? t->shape[t->rank - 1] : 1;
    switch (p) {
    case TRANSPOSED:
        return t->rank >= 2 && last > 1 && t->shape[t->rank - 2] > 1;
    case SHIFTED: return seed % 2 ? t->shape[0] >= 3 : last >= 3;
    case BLOCKS: return t->shape[0] >= 2;
    case ENTRY: return hg_entries(t) >= 4;
    case ROW: return t->rank == 2 && !t->letters && t->shape[0] > 1 && last > 1;
    case COLUMN: return t->rank == 2 && t->shape[0] > 1 && last > 1;
    case SLICE:
        return t->shape[0] > 1 &&
               (t->rank == 3 ||
                (t->letters && t->letters[1] == ',' && last > 1));
    case GAP: /* some of them in the midst of a row */
        return hg_entries(t) >= 20 &&
               hg_entries(t) / 4 % (hg_entries(t) / t->shape[0]) != 0;
    default: return 1;
    }
}

/* What entry i becomes, where the mistake is one of place or value. */
static double spoiled(const layer *u, const hg_tensor *t, plan p, int i,
                      const double old[], rng *g)
{
    int n = hg_entries(t), last = t->shape[t->rank - 1];
    int run = n / t->shape[0], at = (u->seed * 7 + 1) % n;
    for (int k = 0; k < n && fabs(old[at]) < 1e-6; k++)
        at = (at + 1) % n;
    double draw = rng_between(g, 0.4, 1.9);
    switch (p) {
    case TRANSPOSED:
    case SHIFTED:
    case BLOCKS: return old[moved_from(u, t, p, i)];
    case MISSING: return 0;
    case ENTRY: return i == at ? draw * old[i] + 0.1 : old[i];
    case ROW:
    case SLICE: return i / run == at / run ? draw * old[i] : old[i];
    case COLUMN: return i % last == at % last ? draw * old[i] : old[i];
    case GAP:
        if (u->seed % 3 == 2 && t->rank == 2 && last >= 4) /* of each row */
            return (u->seed % 2 ? last - 1 - i % last : i % last) < 2 ? 0
                                                                      : old[i];
        return (u->seed % 2 ? n - 1 - i : i) < n / 4 ? 0 : old[i];
    case FLOATS: return (double)(float)(old[i] * (1 + 4e-7 * (draw - 1.15)));
    default: return planted_factor(u, p) * old[i];
    }
}

static int exchange_tensors(layer *u)
{
    for (int k = 0; k < u->tensors; k++)
        for (int m = k + 1; m < u->tensors; m++) {
            const hg_tensor *s = &u->t[k], *t = &u->t[m];
            int same = s->rank == t->rank;
            for (int r = 0; r < s->rank; r++)
                same &= s->shape[r] == t->shape[r];
            for (int i = 0; i < hg_entries(s) && same; i++) {
                double *p = grad(u, k), *q = grad(u, m), old = p[i];
                p[i] = q[i];
                q[i] = old;
            }
            if (same)
                return 1;
        }
    return 0;
}

static int spoil(layer *u, plan p)
{
    double factor = planted_factor(u, p), loss[2];
    if (u->loss(u, loss) || !u->backward(u, NOTHING))
        return 0;
    if (p == TENSORS)
        return exchange_tensors(u);
    if (factor == 0 || factor == 1)
        return 0;
    int which = -1;
    for (int k = 0; k < u->tensors && which < 0; k++) {
        int m = (k + u->seed + u->shape) % u->tensors;
        which = is_good_for(&u->t[m], p, u->seed) ? m : -1;
    }
    int changed = 0;
    for (int k = 0; k < u->tensors; k++) {
        if (which < 0 || (k != which && p != FLOATS))
            continue;
        double old[1000], *to = grad(u, k);
        int n = hg_entries(&u->t[k]);
        rng g = rng_new((uint64_t)u->seed, (uint64_t)p);
        memcpy(old, to, sizeof(double) * (size_t)n);
        for (int i = 0; i < n; i++) {
            to[i] = spoiled(u, &u->t[k], p, i, old, &g);
            changed += fabs(to[i] - old[i]) > 1e-6 * fabs(old[i]);
        }
    }
    return changed >= (p == ROW || p == COLUMN || p == SLICE ? 2 : 1) ||
           p == FLOATS;
}

int layer_plant(layer *u, plan mistake)
{
    double loss[2];
    for (int k = 0; k < u->tensors; k++)
        memset(grad(u, k), 0, sizeof(double) * (size_t)hg_entries(&u->t[k]));
    if (u->loss(u, loss))
        return 0;
    if (mistake != NOTHING && mistake < RECURRENT)
        return spoil(u, mistake);
    return u->backward(u, mistake);
}

/* ---- what becomes of each mistake ---------------------------------------- */

static void catalogue_count(layer *u, plan p, int verbose, tally *t)
{
    int caught = 0, named = 0, misnamed = 0;
    unsigned allowed =
        catalogue[p].also | 1U << catalogue[p].mistake | 1U << HG_UNEXPLAINED;
    if (fabs(planted_factor(u, p) - 2) < 1e-12) /* T = 2, sqrt(D) with D = 4 */
        allowed |= 1U << HG_TWICE;
    hg_problem problem = layer_problem(u);
    hg_result r[MOST_TENSORS];
    if (hg_check(&problem, NULL, r) != HG_OK)
        printf("%s, %s: the check failed\n", catalogue[p].name, u->name);
    else
        for (int k = 0; k < u->tensors; k++) {
            unsigned is = 1U << r[k].why.mistake;
            if (r[k].verdict != HG_DISAGREES)
                continue;
            caught = 1;
            named |= r[k].why.mistake != HG_UNEXPLAINED && (is & allowed);
            misnamed |= !(is & allowed);
            if (r[k].why.mistake == catalogue[p].mistake && !t->example[0])
                memcpy(t->example, r[k].why.text, sizeof t->example);
            if (verbose || !(is & allowed))
                printf("%s, %s %d/%d: %s: %s\n", catalogue[p].name, u->name,
                       u->shape, u->seed, u->t[k].name, r[k].why.text);
        }
    if (!named && verbose)
        printf("NOT NAMED %s, %s %d/%d\n", catalogue[p].name, u->name, u->shape,
               u->seed);
    t->cases++;
    t->caught += caught;
    t->named += named && !misnamed;
    t->unexplained += caught && !named && !misnamed;
    t->misnamed += misnamed;
}

void catalogue_run(int seeds, int verbose, tally t[PLANS])
{
    static layer u;
    for (int p = 1; p < PLANS; p++)
        for (int k = 0; k < LAYERS * SHAPES * seeds; k++) {
            layer_new(&u, k % LAYERS, k / LAYERS % SHAPES, k / LAYERS / SHAPES);
            if (layer_plant(&u, (plan)p))
                catalogue_count(&u, (plan)p, verbose, &t[p]);
        }
}

static void catalogue_row(FILE *to, const char *name, const tally *t)
{
    fprintf(to, "%-30s %7d %7d %6d %12d %9d\n", name, t->cases, t->caught,
            t->named, t->unexplained, t->misnamed);
}

void catalogue_write(FILE *to, const tally t[PLANS])
{
    fprintf(to, "%-30s %7s %7s %6s %12s %9s\n", "mistake", "planted", "caught",
            "named", "unexplained", "misnamed");
    tally sum = {0};
    for (int p = 1; p < PLANS; p++) {
        catalogue_row(to, catalogue[p].name, &t[p]);
        sum.cases += t[p].cases;
        sum.caught += t[p].caught;
        sum.named += t[p].named;
        sum.unexplained += t[p].unexplained;
        sum.misnamed += t[p].misnamed;
    }
    fputc('\n', to);
    catalogue_row(to, "all", &sum);
}
