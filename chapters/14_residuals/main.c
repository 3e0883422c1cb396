/* SPDX-License-Identifier: MIT */
// Chapter 14: residuals. Build this program alone, from the root, with
// cc -std=gnu17 -O2 -ffp-contract=off -I. chapters/14_residuals/*.c chapters/02_activations/activations.c chapters/04_backprop/linear.c lib/*.c lib/check/*.c -lm -o 14_residuals
/* Letters: B a batch, N inputs, H hidden units, M outputs, L blocks. */
#include "chapters/14_residuals/depth.h"
#include "chapters/14_residuals/residual.h"
#include "lib/program.h"
#include "lib/sample.h"

#include <stdlib.h>
#include <string.h>

/* ---- the worked example -------------------------------------------------- */

enum { N = 2, H = 2, M = 3 };

static real x[N] = {1, -1};
static real W1[H][N] = {{0.5, -0.2}, {0.1, 0.3}};
static real W2[N][H] = {{0.4, 0.1}, {-0.3, 0.2}};
static real Ws[M][N] = {{1, 0}, {0, 2}, {1, 1}};
static const real b1[H], b2[M]; /* no biases in the example: zeros */

static const setting settings[] = {
    SETTING("x", "N", "the input", x, 1, N),
    SETTING("W1", "H,N", "first layer of the branch", W1, 2, H, N),
    SETTING("W2", "N,H", "second layer of the branch", W2, 2, N, H),
    SETTING("Ws", "M,N", "the linear shortcut", Ws, 2, M, N),
};

static const residual_kind plain_block = {.shortcut = 1, .branch = 1};

static void forward_step_by_step(show *s, real y[N], real a[H])
{
    real F[N];
    show_section(s, "One block: forward");
    residual_forward(N, H, y, a, plain_block, W1, b1, W2, b2, x);
    branch_forward(N, N, H, F, a, false, W1, b1, W2, b2, x);
    show_equation(s, "14.1", "a = tanh(W1 x + b1)");
    for (int h = 0; h < H; h++)
        show_value(s, h ? "a_2" : "a_1", a[h], "tanh(%g*%g + %g*%g)",
                   re(W1[h][0]), re(x[0]), re(W1[h][1]), re(x[1]));
    show_equation(s, "14.2", "F(x) = W2 a + b2");
    for (int n = 0; n < N; n++)
        show_value(s, n ? "F_2" : "F_1", F[n], "%g*%.6f + %g*%.6f",
                   re(W2[n][0]), re(a[0]), re(W2[n][1]), re(a[1]));
    show_equation(s, "14.3", "y = lambda x + beta F(x), lambda = beta = 1");
    for (int n = 0; n < N; n++)
        show_value(s, n ? "y_2" : "y_1", y[n], "%g + %.6f", re(x[n]), re(F[n]));
}

static void linear_shortcut(show *s)
{
    /* The branch of the example has two outputs; the third row of W2 is 0. */
    real W2_padded[M][H] = {{0}}, y[M], a[H];
    memcpy(W2_padded, W2, sizeof W2);
    projection_forward(M, N, H, y, a, false, Ws, W1, b1, W2_padded, b2, x);
    show_section(s, "A linear shortcut, where the widths differ");
    show_equation(s, "14.4", "y = Ws x + F(x), F padded with a zero");
    show_matrix(s, "Ws", M, N, Ws);
    show_vector(s, "y", M, y);
}

static void backward_step_by_step(show *s, const real a[H])
{
    const real dy[N] = {1, 0};
    real dW1[H][N] = {{0}}, dW2[N][H] = {{0}}, db1[H] = {0}, db2[N] = {0};
    real dx[N] = {0}, through[N] = {0}, dF[N], da[H] = {0}, dz[H];
    show_section(s, "One block: backward");
    show_note(s, "The loss is L = y_1, so that dL/dy = (1, 0).");
    residual_backward(N, H, dW1, db1, dW2, db2, dx, dy, plain_block, a, W1, W2,
                      x);
    for (int n = 0; n < N; n++) {
        dF[n] = (real)plain_block.branch * dy[n];
        through[n] = dx[n] - (real)plain_block.shortcut * dy[n];
    }
    for (int h = 0; h < H; h++) {
        for (int n = 0; n < N; n++)
            da[h] += W2[n][h] * dF[n];
        dz[h] = da[h] * (1 - a[h] * a[h]);
    }
    show_equation(s, "14.5", "dF = beta dy");
    show_vector(s, "dF", N, dF);
    show_equation(s, "14.6", "dW2 = dF a^T, db2 = dF, da = W2^T dF");
    show_matrix(s, "dW2", N, H, dW2);
    show_vector(s, "db2", N, db2);
    show_vector(s, "da", H, da);
    show_equation(s, "14.7", "dz = da (1 - a^2)");
    show_vector(s, "dz", H, dz);
    show_equation(s, "14.8", "dW1 = dz x^T, db1 = dz, dx += W1^T dz");
    show_matrix(s, "dW1", H, N, dW1);
    show_vector(s, "db1", H, db1);
    show_vector(s, "dx by the branch", N, through);
    show_equation(s, "14.9", "dx += lambda dy");
    show_vector(s, "dx", N, dx);
}

/* The same for the linear shortcut: what it adds. */
static void backward_linear(show *s)
{
    const real dy[M] = {1, -1, 2};
    real W2_padded[M][H] = {{0}}, y[M], a[H], dx[N] = {0}, dWs[M][N] = {{0}};
    real dW1[H][N] = {{0}}, dW2[M][H] = {{0}}, db1[H] = {0}, db2[M] = {0};
    memcpy(W2_padded, W2, sizeof W2);
    projection_forward(M, N, H, y, a, false, Ws, W1, b1, W2_padded, b2, x);
    projection_backward(M, N, H, dWs, dW1, db1, dW2, db2, dx, dy, false, a, Ws,
                        W1, W2_padded, x);
    show_note(s, "The linear shortcut, for dL/dy = (1, -1, 2):");
    show_equation(s, "14.10", "dWs = dy x^T, dx += Ws^T dy");
    show_matrix(s, "dWs", M, N, dWs);
    show_vector(s, "dx (linear)", N, dx);
}

static void jacobian(show *s, const real a[H])
{
    real J[N][N];
    residual_jacobian(N, H, J, plain_block, a, W1, W2);
    show_section(s, "The Jacobian, and products through depth");
    show_equation(s, "14.11", "dy/dx = lambda I + beta W2 diag(1 - a^2) W1");
    show_matrix(s, "J", N, N, J);
}

/* slope^L, by multiplying. */
static real power(real slope, int L)
{
    real product = 1;
    for (int l = 0; l < L; l++)
        product *= slope;
    return product;
}

/* sum_k C(L,k) f^k: a term for each number k of branches on a path. */
static real over_paths(real f, int L)
{
    real sum = 0, term = 1;
    for (int k = 0; k <= L; k++) {
        sum += term;
        term *= f * (real)(L - k) / (real)(k + 1);                 /* (14.13) */
    }
    return sum;
}

static void scalar_stacks(show *s)
{
    enum { L = 20 };
    show_equation(s, "14.12",
                  "dx_L/dx_0 = J_L ... J_1; scalar: F'^L, (1 + F')^L");
    show_value(s, "plain (F' 0.5)", power((real)0.5, L), "0.5^%d", L);
    show_value(s, "residual (F' 0.05)", power((real)1.05, L), "1.05^%d", L);
    show_equation(s, "14.13", "(1 + F')^L = sum_k C(L,k) F'^k");
    show_value(s, "sum over paths", over_paths((real)0.05, L), NULL);
    show_value(s, "no branch", 1, "C(%d,0) 0.05^0", L);
    show_equation(s, "14.14", "a scaled shortcut alone: lambda^L");
    const double lambda[] = {0.5, 0.9, 1, 1.1};
    char name[32];
    for (int i = 0; i < 4; i++) {
        real p = power((real)lambda[i], L);                        /* (14.14) */
        snprintf(name, sizeof name, "lambda^L (lambda %g)", lambda[i]);
        show_value(s, name, p, "%g^%d", lambda[i], L);
    }
}

/* Counts the back edges that a depth-first search from `node` meets: edges to a
 * node that is still on the path. Each is a loop, that is, feedback. */
static int back_edges(int nodes, const bool edge[nodes][nodes], int node,
                      int state[nodes])
{
    int count = 0;
    state[node] = 1; /* on the path */
    for (int to = 0; to < nodes; to++)
        if (edge[node][to]) {
            if (state[to] == 1)
                count++;
            else if (state[to] == 0)
                count += back_edges(nodes, edge, to, state);
        }
    state[node] = 2; /* done */
    return count;
}

static void no_feedback(show *s)
{
    enum { X, A, F, Y, NODES };
    bool edge[NODES][NODES] = {{false}};
    int state[NODES] = {0};
    edge[X][A] = edge[A][F] = edge[F][Y] = edge[X][Y] = true;
    show_section(s, "What the shortcut is not: feedback");
    show_note(s, "The graph of a block: x to a, a to F, F to y, and the "
                 "shortcut x to y. A back edge found by depth-first search is "
                 "a loop.");
    show_count(s, "back edges, residual block",
               back_edges(NODES, edge, X, state));
    edge[Y][X] = true;
    memset(state, 0, sizeof state);
    show_count(s, "back edges, y fed back to x",
               back_edges(NODES, edge, X, state));
}

static void worked_example(program *p)
{
    real y[N], a[H];
    forward_step_by_step(&p->show, y, a);
    linear_shortcut(&p->show);
    backward_step_by_step(&p->show, a);
    backward_linear(&p->show);
    jacobian(&p->show, a);
    scalar_stacks(&p->show);
    no_feedback(&p->show);
}

/* ---- the checks ---------------------------------------------------------- */

/* A stack of identity blocks, 6 wide with 5 hidden units, and a batch of 2
 * inputs; all sizes differ. */
enum { SB = 2, SL = 4, SN = 6, SH = 5 };

typedef struct stack_weights {
    real W1[SL][SH][SN], b1[SL][SH], W2[SL][SN][SH], b2[SL][SN], x[SB][SN];
} stack_weights;

typedef struct stack {
    stack_weights w, dw;     /* parameters and inputs; their gradients */
    real up[SB][SL + 1][SN]; /* the loss is the sum of up[b][l] . in[b][l] */
    residual_kind kind;
    int inputs, blocks; /* how many are used */
} stack;

/* Runs the stack on input b; in[l] is the input of block l, in[s->blocks] the
 * output. */
static void stack_forward(const stack *s, int b, real in[SL + 1][SN],
                          real a[SL][SH])
{
    memcpy(in[0], s->w.x[b], sizeof s->w.x[b]);
    for (int l = 0; l < s->blocks; l++)
        residual_forward(SN, SH, in[l + 1], a[l], s->kind, s->w.W1[l],
                         s->w.b1[l], s->w.W2[l], s->w.b2[l], in[l]);
}

static real stack_loss(void *context)
{
    const stack *s = context;
    real in[SL + 1][SN], a[SL][SH], loss = 0;
    for (int b = 0; b < s->inputs; b++) {
        stack_forward(s, b, in, a);
        for (int l = 0; l <= s->blocks; l++)
            for (int n = 0; n < SN; n++)
                loss += s->up[b][l][n] * in[l][n];
    }
    return loss;
}

/* What adds must add: weights get a part from each input, and the gradient of a
 * block's input begins with what the loss itself takes from it. */
static void stack_gradients(stack *s)
{
    real in[SL + 1][SN], a[SL][SH], dy[SN], dx[SN];
    memset(&s->dw, 0, sizeof s->dw);
    for (int b = 0; b < s->inputs; b++) {
        stack_forward(s, b, in, a);
        memcpy(dy, s->up[b][s->blocks], sizeof dy);
        for (int l = s->blocks - 1; l >= 0; l--) {
            memcpy(dx, s->up[b][l], sizeof dx);
            residual_backward(SN, SH, s->dw.W1[l], s->dw.b1[l], s->dw.W2[l],
                              s->dw.b2[l], dx, dy, s->kind, a[l], s->w.W1[l],
                              s->w.W2[l], in[l]);
            memcpy(dy, dx, sizeof dy);
        }
        memcpy(s->dw.x[b], dy, sizeof dy);
    }
}

static stack random_stack(const program *p, uint64_t stream, residual_kind kind,
                          double size)
{
    stack s = {.kind = kind, .inputs = SB, .blocks = SL};
    rng g = rng_new(p->seed, stream);
    fill_normal(sizeof s.w / sizeof(real), (real *)&s.w, size, &g);
    fill_normal(SB * (SL + 1) * SN, (real *)s.up, 1, &g);
    return s;
}

static void check_stack(program *p, const char *group, stack *s)
{
    stack_gradients(s);
    stack_weights *w = &s->w, *dw = &s->dw;
    const hg_tensor t[] = {
        TENSOR("W1", "14.8", w->W1, dw->W1, "L,H,N", s->blocks, SH, SN),
        TENSOR("b1", "14.8", w->b1, dw->b1, "L,H", s->blocks, SH),
        TENSOR("W2", "14.6", w->W2, dw->W2, "L,N,H", s->blocks, SN, SH),
        TENSOR("b2", "14.6", w->b2, dw->b2, "L,N", s->blocks, SN),
        TENSOR("x", "14.9", w->x, dw->x, "B,N", s->inputs, SN),
    };
    const hg_size size[] = {{"lambda", s->kind.shortcut},
                            {"beta", s->kind.branch}};
    program_tell(p, 2, size, 0, NULL);
    program_check(p, group, stack_loss, s, 5, t);
}

/* What comes to the hidden units of a single block, da = W2^T (beta dy). */
static void come_to_hidden(const stack *s, real da[SH])
{
    for (int h = 0; h < SH; h++) {
        da[h] = 0;
        for (int n = 0; n < SN; n++)
            da[h] += s->w.W2[0][n][h] * (real)s->kind.branch * s->up[0][1][n];
    }
}

/* Biases with which the hidden units of a single block are on and off in turn,
 * none nearer to the kink than 0.3. */
static void on_and_off(stack *s)
{
    stack_weights *w = &s->w;
    for (int h = 0; h < SH; h++) {
        real z = R(0.3) + real_abs(w->b1[0][h]);
        w->b1[0][h] = h % 2 ? -z : z;
        for (int n = 0; n < SN; n++)
            w->b1[0][h] -= w->W1[0][h][n] * w->x[0][n];
    }
}

/* A single block and a single input: all that lies between them is known, so
 * that a mistake can be called by its name. */
static void check_block(program *p, const char *group, stack *s)
{
    real in[SL + 1][SN], a[SL][SH], da[SH];
    stack_weights *w = &s->w, *dw = &s->dw;
    s->inputs = s->blocks = 1;
    stack_gradients(s);
    stack_forward(s, 0, in, a);
    come_to_hidden(s, da);
    const hg_tensor t[] = {
        TENSOR("W1", "14.8", w->W1[0], dw->W1[0], "H,N", SH, SN),
        TENSOR("b1", "14.8", w->b1[0], dw->b1[0], "H", SH),
        TENSOR("W2", "14.6", w->W2[0], dw->W2[0], "N,H", SN, SH),
        TENSOR("b2", "14.6", w->b2[0], dw->b2[0], "N", SN),
        TENSOR("x", "14.9", w->x[0], dw->x[0], "N", SN),
    };
    const hg_tensor known[] = {KNOWN("dy", s->up[0][1], "N", SN),
                               KNOWN("da", da, "H", SH),
                               KNOWN("a", a[0], "H", SH)};
    const hg_size size[] = {{"lambda", s->kind.shortcut},
                            {"beta", s->kind.branch}};
    program_tell(p, 2, size, 3, known);
    program_check(p, group, stack_loss, s, 5, t);
}

/* The Jacobian of that block against differences: dL/dx = J^T dy. */
static void check_jacobian(program *p, stack *s)
{
    real in[SL + 1][SN], a[SL][SH], J[SN][SN], dx[SN];
    stack_forward(s, 0, in, a);
    residual_jacobian(SN, SH, J, s->kind, a[0], s->w.W1[0], s->w.W2[0]);
    memcpy(dx, s->up[0][0], sizeof dx);
    for (int n = 0; n < SN; n++)
        for (int m = 0; m < SN; m++)
            dx[n] += s->up[0][1][m] * J[m][n];
    const hg_tensor t = TENSOR("x", "14.11", s->w.x[0], dx, "N", SN);
    const hg_tensor known = KNOWN("dy", s->up[0][1], "N", SN);
    const hg_size lambda = {"lambda", s->kind.shortcut};
    program_tell(p, 1, &lambda, 1, &known);
    program_check(p, "Jacobian", stack_loss, s, 1, &t);
}

/* dL/dx of the whole stack as up^T J_L ... J_1, with what the loss takes
 * from the blocks before: no backward pass. */
static void check_product(program *p, stack *s)
{
    real in[SL + 1][SN], a[SL][SH], row[SB][SN], next[SN], J[SN][SN];
    stack_gradients(s);
    for (int b = 0; b < s->inputs; b++) {
        stack_forward(s, b, in, a);
        memcpy(row[b], s->up[b][s->blocks], sizeof row[b]);
        for (int l = s->blocks - 1; l >= 0; l--) {
            residual_jacobian(SN, SH, J, s->kind, a[l], s->w.W1[l], s->w.W2[l]);
            memcpy(next, s->up[b][l], sizeof next);
            for (int n = 0; n < SN; n++)
                for (int m = 0; m < SN; m++)
                    next[n] += row[b][m] * J[m][n];                /* (14.12) */
            memcpy(row[b], next, sizeof next);
        }
    }
    const hg_tensor t =
        TENSOR("x", "14.12", s->w.x, s->dw.x, "B,N", s->inputs, SN);
    program_compare(p, &t, row[0], 1e-13);
}

/* A block with a linear shortcut: 3 inputs, 5 hidden units, 4 outputs, and a
 * batch of 2. */
enum { PB = 2, PM = 4, PN = 3, PH = 5 };

typedef struct projection_weights {
    real Ws[PM][PN], W1[PH][PN], b1[PH], W2[PM][PH], b2[PM], x[PB][PN];
} projection_weights;

typedef struct projection {
    projection_weights w, dw;
    real up[PB][PM], tap[PB][PN]; /* the loss: sum of up[b] . y + tap[b] . x */
    bool relu;
} projection;

static real projection_loss(void *context)
{
    const projection *s = context;
    const projection_weights *w = &s->w;
    real y[PM], a[PH], loss = 0;
    for (int b = 0; b < PB; b++) {
        projection_forward(PM, PN, PH, y, a, s->relu, w->Ws, w->W1, w->b1,
                           w->W2, w->b2, w->x[b]);
        for (int m = 0; m < PM; m++)
            loss += s->up[b][m] * y[m];
        for (int n = 0; n < PN; n++)
            loss += s->tap[b][n] * w->x[b][n];
    }
    return loss;
}

static void projection_gradients(projection *s)
{
    const projection_weights *w = &s->w;
    projection_weights *dw = &s->dw;
    real y[PM], a[PH];
    memset(dw, 0, sizeof *dw);
    memcpy(dw->x, s->tap, sizeof dw->x);
    for (int b = 0; b < PB; b++) {
        projection_forward(PM, PN, PH, y, a, s->relu, w->Ws, w->W1, w->b1,
                           w->W2, w->b2, w->x[b]);
        projection_backward(PM, PN, PH, dw->Ws, dw->W1, dw->b1, dw->W2, dw->b2,
                            dw->x[b], s->up[b], s->relu, a, w->Ws, w->W1, w->W2,
                            w->x[b]);
    }
}

static void check_projection(program *p, const char *group, bool relu)
{
    projection s = {.relu = relu};
    projection_weights *w = &s.w, *dw = &s.dw;
    rng g = rng_new(p->seed, 20 + relu);
    fill_normal(sizeof s.w / sizeof(real), (real *)&s.w, 1, &g);
    fill_normal(PB * PM, (real *)s.up, 1, &g);
    fill_normal(PB * PN, (real *)s.tap, 1, &g);
    projection_gradients(&s);
    const hg_tensor t[] = {
        TENSOR("Ws", "14.10", w->Ws, dw->Ws, "M,N", PM, PN),
        TENSOR("W1", "14.8", w->W1, dw->W1, "H,N", PH, PN),
        TENSOR("b1", "14.8", w->b1, dw->b1, "H", PH),
        TENSOR("W2", "14.6", w->W2, dw->W2, "M,H", PM, PH),
        TENSOR("b2", "14.6", w->b2, dw->b2, "M", PM),
        TENSOR("x", "14.10", w->x, dw->x, "B,N", PB, PN),
    };
    const hg_tensor known = KNOWN("dy", s.up, "B,M", PB, PM);
    program_tell(p, 0, NULL, 1, &known);
    program_check(p, group, projection_loss, &s, 6, t);
}

/* The wide stacks of the experiment, 3 layers deep. Their weights are fixed:
 * only the input has a gradient. */
enum { DL = 3, DW = DEPTH_WIDTH };

typedef struct wide {
    stack_kind kind;
    double weights[DL * 2 * DW * DW];
    real x[DW], dx[DW], up[DW]; /* the loss is up . output */
} wide;

static real wide_loss(void *context)
{
    const wide *d = context;
    real y[DW], a[DL][DW], loss = 0;
    memcpy(y, d->x, sizeof y);
    depth_forward(d->kind, DL, a, y, d->weights);
    for (int i = 0; i < DW; i++)
        loss += d->up[i] * y[i];
    return loss;
}

static void check_wide(program *p)
{
    static const stack_kind wide_kinds[] = {
        {"plain tanh", false, false, 1, 0, false},
        {"plain ReLU", false, true, 2, 0, false},
        {"residual tanh", true, false, 1, 0.9, false},
        {"residual ReLU", true, true, 2, 1, true},
    };
    for (int k = 0; k < 4; k++) {
        wide d = {.kind = wide_kinds[k]};
        rng g = rng_new(p->seed, 23 + (uint64_t)k);
        for (int i = 0; i < DL * 2 * DW * DW; i++)
            d.weights[i] = rng_normal(&g);
        fill_normal(DW, d.x, 1, &g);
        fill_normal(DW, d.up, 1, &g);
        real y[DW], a[DL][DW], still[DW] = {0};
        memcpy(y, d.x, sizeof y);
        memcpy(d.dx, d.up, sizeof d.dx);
        depth_forward(d.kind, DL, a, y, d.weights);
        depth_backward(d.kind, DL, d.dx, a, d.weights);
        /* where nothing comes in, nothing goes out */
        depth_backward(d.kind, DL, still, a, d.weights);
        guard(0, DW, still, d.dx);
        const hg_tensor t = TENSOR("x", "14.9", d.x, d.dx, "N", DW);
        program_check(p, d.kind.name, wide_loss, &d, 1, &t);
    }
}

static void verify(program *p)
{
    show_section(&p->show, "Verification");
    show_note(&p->show, "One block with tanh, a shortcut scaled by 0.9 and a "
                        "branch scaled by 0.3; the loss reads its input, too.");
    stack s = random_stack(p, 13, (residual_kind){false, 0.9, 0.3}, 0.7);
    check_block(p, "one block", &s);
    show_note(&p->show, "The Jacobian of this block, and the block with ReLU.");
    check_jacobian(p, &s);
    s = random_stack(p, 14, (residual_kind){true, 0.9, 0.3}, 0.7);
    on_and_off(&s);
    check_block(p, "one block, ReLU", &s);
    show_note(&p->show, "A stack of 4 blocks with tanh, nothing scaled, and 2 "
                        "inputs: every weight, every bias and the inputs. The "
                        "loss reads the input of each block.");
    s = random_stack(p, 10, plain_block, 0.7);
    check_stack(p, "tanh stack", &s);
    show_note(&p->show, "The same input gradient as a product of Jacobians:");
    check_product(p, &s);
    show_note(&p->show, "The same stack with ReLU, a shortcut scaled by 0.9 "
                        "and a branch scaled by 0.3.");
    s = random_stack(p, 11, (residual_kind){true, 0.9, 0.3}, 0.7);
    check_stack(p, "ReLU stack", &s);
    check_product(p, &s);
    show_note(&p->show, "Large weights: most hidden units are saturated.");
    s = random_stack(p, 12, plain_block, 1.5);
    check_stack(p, "saturated", &s);
    show_note(&p->show, "A linear shortcut from 3 inputs to 4 outputs, tanh, "
                        "then ReLU.");
    check_projection(p, "linear, tanh", false);
    check_projection(p, "linear, ReLU", true);
    show_note(&p->show, "The stacks of the experiment, 64 wide, 3 layers "
                        "deep: the gradient of the input.");
    check_wide(p);
}

/* ---- the experiment: gradient against depth ------------------------------ */

enum { KINDS = 7, DEPTHS = 9 };

static const stack_kind kinds[KINDS] = {
    {"plain tanh, standard", false, false, 1.0 / 3, 0, false},
    {"plain tanh, Glorot", false, false, 1, 0, false},
    {"plain ReLU, Glorot", false, true, 1, 0, false},
    {"plain ReLU, He", false, true, 2, 0, false},
    {"residual tanh", true, false, 1, 1, false},
    {"residual ReLU", true, true, 2, 1, false},
    {"residual ReLU, scaled", true, true, 2, 1, true},
};
static const int depths[DEPTHS] = {1, 2, 5, 10, 20, 35, 50, 75, 100};

/* The gradient ratio of every kind at every depth, over the seeds. */
static bool run_depths(program *p, spread ratio[KINDS][DEPTHS])
{
    int seeds = p->seeds;
    double(*each)[DEPTHS][seeds] = malloc(sizeof(double[KINDS][DEPTHS][seeds]));
    double *weights = NULL;
    for (int s = 0; each && s < seeds; s++) {
        rng g = rng_new(p->seed + (uint64_t)s, 30);
        free(weights);
        weights = depth_weights(&g);
        for (int k = 0; weights && k < KINDS; k++)
            for (int d = 0; d < DEPTHS; d++)
                each[k][d][s] =
                    depth_gradient_ratio(kinds[k], depths[d], weights, &g);
        program_progress(p, s + 1, seeds);
    }
    bool done = each && weights;
    for (int k = 0; done && k < KINDS; k++)
        for (int d = 0; d < DEPTHS; d++)
            ratio[k][d] = spread_of(seeds, each[k][d]);
    free(weights);
    free(each);
    if (!done)
        program_fail(p, "no memory for %d seeds of %d layers", seeds,
                     DEPTH_MOST);
    return done;
}

/* lambda^L against L: what the shortcut alone lets through. */
static void shortcut_curve(program *p)
{
    curve c;
    program_curve(p, &c, "shortcut", "depth 0.5 0.9 1 1.1");
    for (int d = 0; d < DEPTHS; d++) {
        const double row[] = {depths[d], re(power((real)0.5, depths[d])),
                              re(power((real)0.9, depths[d])), 1,
                              re(power((real)1.1, depths[d]))};
        curve_row(&c, 5, row);
    }
    program_curve_end(p, &c);
}

/* Through one layer: the root of what a stack of that depth does. */
static double per_layer(double ratio, int depth)
{
    return pow(ratio, 1.0 / depth);
}

static void compare_with_papers(program *p, spread ratio[KINDS][DEPTHS])
{
    enum { STANDARD = 0, HE = 3, TEN = 3, LAST = DEPTHS - 1 };
    const spread s = ratio[STANDARD][TEN], h = ratio[HE][LAST];
    int ten = depths[TEN], last = depths[LAST];
    const paper rows[] = {{"Glorot and Bengio 2010, section 4.2",
                           "tanh, standard start: gradient through a layer",
                           "n Var = 1/3, a factor of sqrt(1/3) = 0.577",
                           per_layer(s.median, ten), 0.52, 0.6, p->seeds,
                           per_layer(s.least, ten), per_layer(s.median, ten),
                           per_layer(s.most, ten)},
                          {"He, Zhang, Ren and Sun 2015, section 2.2",
                           "ReLU, Var = 2/n: gradient through a layer",
                           "1 in the mean", per_layer(h.median, last), 0.97,
                           1.03, p->seeds, per_layer(h.least, last),
                           per_layer(h.median, last), per_layer(h.most, last)}};
    for (int k = 0; k < 2; k++)
        show_paper(&p->show, &rows[k]);
}

static void experiment(program *p)
{
    static const char *const cols[] = {"depth 10", "depth 50", "min, 100",
                                       "med, 100", "max, 100"};
    const char *rows[KINDS];
    double x_table[KINDS][5], row[1 + KINDS];
    spread ratio[KINDS][DEPTHS];
    show_section(&p->show, "Experiment: a gradient through a hundred layers");
    show_note(&p->show,
              "The norm of the gradient in front of a stack over the norm "
              "behind it, median of %d seeds. Width %d.",
              p->seeds, DEPTH_WIDTH);
    if (!run_depths(p, ratio))
        return;
    for (int k = 0; k < KINDS; k++) {
        spread deep = ratio[k][DEPTHS - 1];
        const double r[] = {ratio[k][3].median, ratio[k][6].median, deep.least,
                            deep.median, deep.most};
        memcpy(x_table[k], r, sizeof r);
        rows[k] = kinds[k].name;
    }
    show_table(&p->show, "gradient in front / gradient behind", KINDS, 5, rows,
               cols, x_table);
    compare_with_papers(p, ratio);
    curve c;
    program_curve(p, &c, "depth",
                  "depth plain_tanh_standard plain_tanh_glorot "
                  "plain_relu_glorot plain_relu_he residual_tanh "
                  "residual_relu residual_relu_scaled");
    for (int d = 0; d < DEPTHS; d++) {
        row[0] = depths[d];
        for (int k = 0; k < KINDS; k++)
            row[1 + k] = ratio[k][d].median;
        curve_row(&c, 1 + KINDS, row);
    }
    program_curve_end(p, &c);
    shortcut_curve(p);
}

static const program_about about = {
    .name = "14_residuals",
    .title = "Residuals: a shortcut, and what it does to gradients",
    .seeds = 10,
    .verification = 6,
    SETTINGS(settings),
    .example = worked_example,
    .verify = verify,
    .experiment = experiment,
};

int main(int argc, char **argv)
{
    return program_run(&about, argc, argv);
}
