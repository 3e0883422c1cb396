/* SPDX-License-Identifier: MIT */
// Chapter 15: the network, assembled. Build it alone, from the root, with
// cc -std=gnu17 -O2 -ffp-contract=off -I. chapters/15_feedback_network/*.c chapters/02_activations/activations.c chapters/03_cross_entropy/cross_entropy.c chapters/04_backprop/linear.c chapters/05_optimizers/optimizers.c chapters/07_bptt/products.c chapters/07_bptt/rnn.c chapters/11_attention/attention.c lib/*.c lib/check/*.c -lm -o 15_feedback_network
/* Letters: T time steps, D inputs, H hidden units, M outputs. */
#include "chapters/02_activations/activations.h"
#include "chapters/03_cross_entropy/cross_entropy.h"
#include "chapters/05_optimizers/optimizers.h"
#include "chapters/15_feedback_network/checks.h"
#include "chapters/15_feedback_network/experiment.h"
#include "chapters/15_feedback_network/objective.h"
#include "chapters/15_feedback_network/worked.h"

#include <string.h>

/* ---- the worked example: two steps, two hidden units --------------------- */

enum { T = 2, D = 1, H = 2, M = 2, N = 28 };

/* A, b, B, Q, G, K, c, P, d */
static real w[N] = {0.8,  -0.5, 0.1,  -0.2, 0.6, -0.4, -0.3, 0.7,  1.2, -0.6,
                    0.5,  0.9,  0.4,  -0.7, 0.3, 0.8,  0.5,  -0.2, 0.6, -0.9,
                    -0.1, 0.2,  -0.8, 1.1,  0.9, -0.6, 0.15, -0.05};
static real x[T][D] = {{1}, {-0.5}};
static real f_0[M] = {0.3, -0.1};
static int target[T] = {1, 1};
static real lambda = 0.5, mu = 0.01;
static rules rule = {.rate = 0.03, .decay = 0};

static const setting settings[] = {
    SETTING("A", "H,D", "encode: from the input", w, 2, H, D),
    SETTING("b", "H", "encode: bias", w + 2, 1, H),
    SETTING("B", "H,M", "the loop: from the last output", w + 4, 2, H, M),
    SETTING("Q", "H,I", "attend: the query", w + 8, 2, H, H),
    SETTING("G", "H,I", "gate: from the encoding", w + 12, 2, H, H),
    SETTING("K", "H,I", "gate: from what attention found", w + 16, 2, H, H),
    SETTING("c", "H", "gate: bias", w + 20, 1, H),
    SETTING("P", "M,H", "decode", w + 22, 2, M, H),
    SETTING("d", "M", "decode: bias", w + 26, 1, M),
    SETTING("x", "T,D", "the inputs, a step a row", x, 2, T, D),
    SETTING("f_0", "M", "what is fed back at the start", f_0, 1, M),
    SETTING_WHOLE("target", "T", "the classes", target, T, 0, M - 1),
    SETTING_RANGE("lambda", "weight of the auxiliary loss", &lambda, 0, 100),
    SETTING_RANGE("mu", "weight decay in the example", &mu, 0, 1),
    SETTING_RANGE("rate", "learning rate of the experiments", &rule.rate, 0, 1),
    SETTING_RANGE("decay", "weight decay in the experiments", &rule.decay, 0,
                  1),
};

static const parts all_on = {true, true, true, true};

/* The example at one point: everything that is shown of it. */
typedef struct point {
    fbnet n, d;        /* views of w and dw */
    fbnet_trace s;     /* a view of v */
    real dw[N], v[64]; /* fbnet_trace_size(T, H, M) = 38 */
    real y[T][M], p[T][M], dy[T][M], dx[T][D], df0[M];
    real loss;
} point;

/* Runs the example forward and backward, with the parameters theta and with
 * these parts. */
static void run_with(point *e, real theta[N], parts on, double aux,
                     double decay)
{
    memset(e, 0, sizeof *e);
    e->n = fbnet_view(D, H, M, on, theta);
    e->d = fbnet_view(D, H, M, on, e->dw);
    e->s = fbnet_trace_view(T, H, M, e->v);
    memcpy(e->s.f, f_0, sizeof f_0);
    fbnet_forward(T, &e->n, &e->s, x);
    memcpy(e->y, e->s.y, sizeof e->y);
    e->loss = fbnet_loss_forward(T, M, e->p, aux, e->y, target) +
              fbnet_penalty_forward(&e->n, decay);
    fbnet_loss_backward(T, M, e->dy, 1, aux, e->p, target);
    fbnet_backward(T, &e->n, &e->d, e->dx, e->df0, e->dy, &e->s, x);
    fbnet_penalty_backward(&e->n, &e->d, decay);
}

static void run(point *e, parts on, double aux, double decay)
{
    run_with(e, w, on, aux, decay);
}

/* A vector of step t: "e_1". */
static void show_step(show *s, const char *name, int t, int n, const real *v)
{
    char full[16];
    snprintf(full, sizeof full, "%s_%d", name, t);
    show_vector(s, full, n, v);
}

static void show_attention(show *s, const point *e, int t)
{
    const real *E = e->s.e, *q = e->s.q + (t - 1) * H;
    const real *weight = e->s.w + (t - 1) * T;
    char name[24];
    double root = sqrt((double)H);
    show_equation(s, "15.3", "q_t = Q e_t");
    show_step(s, "q", t, H, q);
    show_equation(
        s, "15.4",
        "w_tj = softmax_j(v_tj),  v_tj = q_t . e_j / sqrt(H),  j <= t");
    for (int j = 0; j < t; j++) {
        snprintf(name, sizeof name, "v_%d%d", t, j + 1);
        show_value(s, name,
                   (q[0] * E[j * H] + q[1] * E[j * H + 1]) / (real)root,
                   "(%.5f*%.5f + %.5f*%.5f) / %.5f", re(q[0]), re(E[j * H]),
                   re(q[1]), re(E[j * H + 1]), root);
    }
    show_step(s, "w", t, t, weight);
    show_equation(s, "15.5", "a_t = sum_{j<=t} w_tj e_j");
    show_step(s, "a", t, H, e->s.a + (t - 1) * H);
}

static void show_forward_step(show *s, const point *e, int t)
{
    const fbnet *n = &e->n;
    const real *f = e->s.f + (t - 1) * M;
    int i = (t - 1) * H;
    real z[H];
    char name[8];
    for (int h = 0; h < H; h++) {
        z[h] = n->A[h] * x[t - 1][0] + n->b[h];
        for (int m = 0; m < M; m++)
            z[h] += n->B[h * M + m] * f[m];                         /* (15.1) */
    }
    show_equation(s, "15.1", "z_t = A x_t + B f_{t-1} + b");
    snprintf(name, sizeof name, "z_%d1", t);
    show_value(s, name, z[0], "%g*%g + %g*%.6g + %g*%.6g + %g", re(n->A[0]),
               re(x[t - 1][0]), re(n->B[0]), re(f[0]), re(n->B[1]), re(f[1]),
               re(n->b[0]));
    show_step(s, "z", t, H, z);
    show_equation(s, "15.2", "e_t = tanh(z_t)");
    show_step(s, "e", t, H, e->s.e + i);
    show_attention(s, e, t);
    show_equation(s, "15.6", "g_t = sigmoid(G e_t + K a_t + c)");
    show_step(s, "g", t, H, e->s.g + i);
    show_equation(s, "15.7", "u_t = g_t o a_t");
    show_step(s, "u", t, H, e->s.u + i);
    show_equation(s, "15.8", "r_t = e_t + u_t");
    show_step(s, "r", t, H, e->s.r + i);
    show_equation(s, "15.9", "y_t = P r_t + d");
    snprintf(name, sizeof name, "y_%d1", t);
    show_value(s, name, e->y[t - 1][0], "%g*%.6f + %g*%.6f + %g", re(n->P[0]),
               re(e->s.r[i]), re(n->P[1]), re(e->s.r[i + 1]), re(n->d[0]));
    show_step(s, "y", t, M, e->y[t - 1]);
    show_equation(s, "15.10", "f_t = tanh(y_t)");
    show_step(s, "f", t, M, e->s.f + t * M);
}

static void show_forward(show *s)
{
    point e;
    run(&e, all_on, re(lambda), re(mu));
    show_section(s, "The network, step by step");
    show_note(s,
              "Two steps, one input, two hidden units, two outputs; o is the "
              "product entry by entry. The first step:");
    show_forward_step(s, &e, 1);
    show_no_equation(s);
    show_note(s, "The second step sees the output of the first, f_1, and may "
                 "look at its encoding, e_1:");
    show_forward_step(s, &e, 2);
}

static void show_objective(show *s)
{
    point e;
    run(&e, all_on, re(lambda), re(mu));
    show_section(s, "What is minimised");
    real l[T], p[1][M], main_loss;
    real penalty = fbnet_penalty_forward(&e.n, re(mu));
    for (int t = 0; t < T; t++) /* from y_t: where p_t rounds to 0, too */
        l[t] =
            cross_entropy_forward(1, M, p, e.y + t, target + t);   /* (15.11) */
    show_equation(s, "15.11", "l_t = -ln p_t[target_t],  p_t = softmax(y_t)");
    show_matrix(s, "p", T, M, e.p);
    show_vector(s, "l", T, l);
    show_equation(s, "15.12", "L = l_T + lambda/(T-1) sum_{t<T} l_t");
    main_loss = l[1] + lambda * l[0];                              /* (15.12) */
    show_value(s, "L", main_loss, "%.6f + %g*%.6f", re(l[1]), re(lambda),
               re(l[0]));
    real given = R(0.8) + R(0.3) * R(0.5); /* the article's numbers */
    show_value(s, "L (article)", given, "0.8 + 0.3*0.5");
    show_equation(s, "15.13", "R = mu sum of W_ij^2 over the matrices");
    show_value(s, "R", penalty, NULL);
    show_no_equation(s);
    show_value(s, "L + R", e.loss, "%.6f + %.6f", re(main_loss), re(penalty));
    show_equation(s, "15.14",
                  "dy_t = lambda_t (p_t - 1[target_t]),  lambda_T = 1");
    show_matrix(s, "dy", T, M, e.dy);
    show_equation(s, "15.15", "dW = 2 mu W, added to each matrix");
    show_matrix(s, "of A", H, D,
                (real[H][D]){{2 * mu * e.n.A[0]}, {2 * mu * e.n.A[1]}});
}

/* ---- backward ------------------------------------------------------------ */

/* The gradients of the intermediate values of one step. */
typedef struct deltas {
    real dy[M], dr[H], dg[H], ds[H], da[H], dv[T], de[H], dz[H], df[M];
} deltas;

/* Backward through one step, by the network's own functions, so that each
 * value can be shown; de holds what the encodings have received so far, df what
 * step t+1 sends. The gradients by the matrices, of this step alone, are not
 * shown here. */
static void back_step(deltas *b, real de[T][H], const real df[M],
                      const point *e, int t)
{
    const fbnet *n = &e->n;
    int i = t - 1;
    real dG[H][H] = {{0}}, dK[H][H] = {{0}}, dc[H] = {0}, dQ[H][H] = {{0}};
    const real(*E)[H] = (const real(*)[H])e->s.e;
    const real *g = e->s.g + i * H, *a = e->s.a + i * H;
    real dw[T] = {0};
    memset(b, 0, sizeof *b);
    memcpy(b->dy, e->dy[i], sizeof b->dy);
    tanh_backward(M, b->dy, df, e->s.f + t * M);                   /* (15.16) */
    for (int h = 0; h < H; h++) {
        for (int m = 0; m < M; m++)
            b->dr[h] += n->P[m * H + h] * b->dy[m];                /* (15.17) */
        de[i][h] += b->dr[h];                                      /* (15.18) */
        b->dg[h] = b->dr[h] * a[h];
    }
    sigmoid_backward(H, b->ds, b->dg, g);                          /* (15.20) */
    fbnet_gate_backward(H, H, dG, dK, dc, de[i], b->da, b->da, b->dr, g,
                        (real(*)[H])n->G, (real(*)[H])n->K, E[i], a, a);
    for (int j = 0; j < t; j++)
        for (int h = 0; h < H; h++)
            dw[j] += E[j][h] * b->da[h];
    softmax_backward(t, b->dv, dw, e->s.w + i * T);                /* (15.23) */
    fbnet_attend_backward(t, H, dQ, de, b->da, e->s.w + i * T, e->s.q + i * H,
                          (real(*)[H])n->Q, E);
    memcpy(b->de, de[i], sizeof b->de);
    tanh_backward(H, b->dz, b->de, E[i]);                          /* (15.25) */
    for (int m = 0; m < M; m++)
        for (int h = 0; h < H; h++)
            b->df[m] += n->B[h * M + m] * b->dz[h];                /* (15.27) */
}

static void show_back_step(show *s, const deltas *b, int t)
{
    show_equation(s, "15.16", "dy_t += df_t o (1 - f_t o f_t)");
    show_step(s, "dy", t, M, b->dy);
    show_equation(s, "15.17",
                  "dr_t = P^T dy_t,  dP = sum_t dy_t r_t^T,  "
                  "dd = sum_t dy_t");
    show_step(s, "dr", t, H, b->dr);
    show_equation(s, "15.18", "de_t += dr_t,  du_t = dr_t");
    show_step(s, "du", t, H, b->dr);
    show_equation(s, "15.19", "dg_t = du_t o a_t,  da_t = du_t o g_t");
    show_step(s, "dg", t, H, b->dg);
    show_equation(s, "15.20", "ds_t = dg_t o g_t o (1 - g_t)");
    show_step(s, "ds", t, H, b->ds);
    show_equation(s, "15.22", "de_t += G^T ds_t,  da_t += K^T ds_t");
    show_step(s, "da", t, H, b->da);
}

/* The gradients of the parameters and inputs; `first` is step 1. */
static void show_gradients(show *s, const point *e, const deltas *first)
{
    double off = 0;
    show_no_equation(s);
    show_note(s, "The gradients, decay included:");
    show_equation(s, "15.26",
                  "dA = sum_t dz_t x_t^T,  db = sum_t dz_t,  "
                  "dx_t = A^T dz_t");
    show_matrix(s, "dA", H, D, (real(*)[D])e->d.A);
    show_vector(s, "db", H, e->d.b);
    show_matrix(s, "dx", T, D, e->dx);
    show_equation(s, "15.27",
                  "df_{t-1} = B^T dz_t,  dB = sum_t dz_t f_{t-1}^T");
    show_matrix(s, "dB", H, M, (real(*)[M])e->d.B);
    show_vector(s, "df_0", M, e->df0);
    for (int m = 0; m < M; m++)
        off = fmax(off, re(real_abs(e->df0[m] - first->df[m])));
    show_residual(s, "its difference from the steps above", off);
    show_equation(s, "15.24", "de_t += Q^T dq_t,  dQ = sum_t dq_t e_t^T");
    show_matrix(s, "dQ", H, H, (real(*)[H])e->d.Q);
    show_equation(s, "15.21",
                  "dG = sum_t ds_t e_t^T,  dK = sum_t ds_t a_t^T,  "
                  "dc = sum_t ds_t");
    show_matrix(s, "dG", H, H, (real(*)[H])e->d.G);
    show_matrix(s, "dK", H, H, (real(*)[H])e->d.K);
    show_vector(s, "dc", H, e->d.c);
    show_equation(s, "15.17",
                  "dr_t = P^T dy_t,  dP = sum_t dy_t r_t^T,  "
                  "dd = sum_t dy_t");
    show_matrix(s, "dP", M, H, (real(*)[H])e->d.P);
    show_vector(s, "dd", M, e->d.d);
}

static void show_backward(show *s)
{
    point e;
    deltas b[T];
    real de[T][H] = {{0}}, df[M] = {0}, before[H];
    run(&e, all_on, re(lambda), re(mu));
    back_step(&b[1], de, df, &e, 2);
    memcpy(before, de[0], sizeof before);
    back_step(&b[0], de, b[1].df, &e, 1);
    show_section(s, "Backward through all of it");
    show_note(s, "From the last step to the first. Step 2; nothing follows it, "
                 "so df_2 = 0:");
    show_back_step(s, &b[1], 2);
    show_equation(s, "15.23",
                  "de_j += w_tj da_t + dv_tj q_t / sqrt(H),  "
                  "dq_t = sum_j dv_tj e_j / sqrt(H)");
    show_vector(s, "dv_2", T, b[1].dv);
    show_vector(s, "de_1 from step 2", H, before);
    show_equation(s, "15.24", "de_t += Q^T dq_t,  dQ = sum_t dq_t e_t^T");
    show_vector(s, "de_2", H, b[1].de);
    show_equation(s, "15.25", "dz_t = de_t o (1 - e_t o e_t)");
    show_vector(s, "dz_2", H, b[1].dz);
    show_equation(s, "15.27",
                  "df_{t-1} = B^T dz_t,  dB = sum_t dz_t f_{t-1}^T");
    show_vector(s, "df_1", M, b[1].df);
    show_no_equation(s);
    show_note(s, "Step 1, with what came back through the loop, df_1, and "
                 "through attention, de_1:");
    show_back_step(s, &b[0], 1);
    show_equation(s, "15.25", "dz_t = de_t o (1 - e_t o e_t)");
    show_vector(s, "de_1", H, b[0].de);
    show_vector(s, "dz_1", H, b[0].dz);
    show_gradients(s, &e, &b[0]);
}

/* ---- two ways into the past ---------------------------------------------- */

static void show_ways(show *s)
{
    static const char *const rows[] = {"loop and attention", "loop alone",
                                       "attention alone", "neither"};
    static const char *const cols[] = {"dx_1", "dx_2"};
    static const parts on[] = {{true, true, true, true},
                               {true, false, true, true},
                               {false, true, true, true},
                               {false, false, true, true}};
    double table[4][2];
    point e;
    show_section(s, "Two ways into the past");
    show_note(s, "The loss of the last step alone (lambda = 0, mu = 0), and "
                 "its gradient by both inputs, for four networks:");
    for (int k = 0; k < 4; k++) {
        run(&e, on[k], 0, 0);
        table[k][0] = re(e.dx[0][0]);
        table[k][1] = re(e.dx[1][0]);
    }
    show_table(s, "gradient by the inputs", 4, 2, rows, cols, table);
    run(&e, all_on, 0, 0);
    show_note(s, "With both: the whole gradient by A, and what is left where "
                 "the backward pass takes f_1 for a constant.");
    show_matrix(s, "dA", H, D, (real(*)[D])e.d.A);
    memset(e.dw, 0, sizeof e.dw);
    e.n.on.feedback = false; /* the trace is that of the loop */
    fbnet_backward(T, &e.n, &e.d, NULL, NULL, e.dy, &e.s, x);
    show_matrix(s, "dA without the loop's path", H, D, (real(*)[D])e.d.A);
}

/* ---- freezing ------------------------------------------------------------ */

/* The loop alone is trained; everything else is kept. */
static void show_frozen(show *s)
{
    static const bool groups[GROUPS] = {[LOOP] = true};
    point e;
    real moved[N], dmoved[N] = {0}, theta[N];
    fbnet n = fbnet_view(D, H, M, all_on, theta);
    fbnet d = fbnet_view(D, H, M, all_on, dmoved);
    for (int i = 0; i < N; i++)
        moved[i] = 2 * w[i];
    fbnet_freeze_forward(&n, theta, groups, moved, w);
    run_with(&e, theta, all_on, re(lambda), re(mu));
    fbnet_freeze_backward(&n, dmoved, e.dw, groups);
    show_note(s, "The loop alone is trained. What the optimizer has moved is "
                 "here twice the parameters; what is kept are the parameters "
                 "themselves:");
    show_equation(s, "15.28", "theta = moved where trained, kept where frozen");
    show_matrix(s, "theta, A", H, D, (real(*)[D])n.A);
    show_matrix(s, "theta, B", H, M, (real(*)[M])n.B);
    show_equation(s, "15.29", "dmoved = dtheta where trained, 0 where frozen");
    show_matrix(s, "dmoved, A", H, D, (real(*)[D])d.A);
    show_matrix(s, "dmoved, B", H, M, (real(*)[M])d.B);
    show_matrix(s, "dmoved, P", M, H, (real(*)[H])d.P);
}

/* A gradient of zero does not hold a weight still: Adam's mean of the gradients
 * before moves it on. */
static void show_momentum(show *s)
{
    real weight[1] = {1}, m[1] = {0}, v[1] = {0}, gradient[1] = {0.5};
    adam(1, weight, m, v, gradient, 1, adam_usual(0.01));
    show_no_equation(s);
    show_note(s, "A zero gradient freezes a weight only if the optimizer has "
                 "no memory. A weight of 1, one step of Adam (rate 0.01) with "
                 "the gradient 0.5, then one with 0:");
    show_value(s, "after the first step", weight[0], NULL);
    gradient[0] = 0;
    adam(1, weight, m, v, gradient, 2, adam_usual(0.01));
    show_value(s, "after a step with 0", weight[0], NULL);
}

static void worked_example(program *p)
{
    show *s = &p->show;
    show_forward(s);
    show_objective(s);
    show_backward(s);
    show_ways(s);
    worked_article(s);
    show_section(s, "Freezing");
    show_frozen(s);
    show_momentum(s);
    worked_parity(s);
}

static void verify(program *p)
{
    show_section(&p->show, "Verification");
    check_fbnet(p);
}

static void experiment(program *p)
{
    fbnet_experiments(p, rule);
}

static const program_about about = {
    .name = "15_feedback_network",
    .title = "The feedback network, assembled: forward and backward",
    .seeds = 10,
    .verification = 8,
    SETTINGS(settings),
    .example = worked_example,
    .verify = verify,
    .experiment = experiment,
};

int main(int argc, char **argv)
{
    return program_run(&about, argc, argv);
}
