/* SPDX-License-Identifier: MIT */
/* The models of tests/bench_peers.py in the course's own code, and how long an exhaustive check of
 * all their weights by hg_check takes, on one core, the gradient included: with a call of the loss
 * for each point, and with several points in a call (bench_lanes.c). A line each:
 *
 *     MODEL WEIGHTS MS SEVERAL_MS POINTS
 *
 * The median of many runs, processor time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "chapters/08_lstm/lstm.h"
#include "chapters/11_attention/attention.h"
#include "chapters/12_additive_attention/additive.h"
#include "lib/sample.h"
#include "tests/bench_peers.h"

enum { RUNS = 25 };

/* ---- one model and its check ---------------------------------------------- */

typedef int loss_of(void *context, double loss[2]);
typedef int gradient_of(void *context);

static double milliseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

/* How long a check of p takes; every tensor must pass. */
static double check(const hg_problem *p)
{
    hg_result r[TENSORS];
    double begin = milliseconds();
    hg_status status = hg_check(p, NULL, r);
    double took = milliseconds() - begin;
    for (int k = 0; k < p->tensors; k++)
        if (status != HG_OK || !r[k].passed) {
            fprintf(stderr, "bench_peers: %s of %s: not verified %s\n",
                    p->tensor[k].name, ((const model *)p->context)->name,
                    hg_status_text(status));
            exit(1);
        }
    return took;
}

static void measure(model *m, loss_of *loss, begin_of *begin_several,
                    losses_of *losses, gradient_of *gradient, int n,
                    hg_tensor t[n])
{
    const hg_problem single = {.loss = loss,
                               .context = m,
                               .tensors = n,
                               .tensor = t,
                               .gradient = gradient};
    hg_problem several = single;
    several.losses = losses;
    several.at_once = at_once;
    rng g = rng_new(1, 0);
    double one[RUNS], many[RUNS];
    fill_normal(MOST, m->w, 0.5, &g);
    fill_normal(MOST, m->fixed, 1, &g);
    fill_normal(MOST, m->up, 1, &g);
    for (int run = 0; run < RUNS; run++) {
        one[run] = check(&single);
        double begin = milliseconds();
        begin_several(m);
        many[run] = milliseconds() - begin + check(&several);
    }
    printf("%s %d %.6f %.6f %d\n", m->name, m->weights,
           spread_of(RUNS, one).median, spread_of(RUNS, many).median, at_once);
}

/* Tensor k, a matrix that begins at w[at]. */
static hg_tensor tensor(const char *name, model *m, int k, int at, int rows,
                        int cols)
{
    m->first[k] = at;
    m->weights = at + rows * cols;
    return (hg_tensor){.name = name,
                       .rank = 2,
                       .shape = {rows, cols},
                       .data = m->w + at,
                       .grad = m->dw + at};
}

/* ---- LSTM: x is fixed, the state starts at zero ---------------------------- */

#define LSTM(T, D, H)                                                          \
    static real c_##H[T + 1][H], h_##H[T + 1][H], gate_##H[T][GATES][H];       \
    static int lstm_loss_##H(void *context, double loss[2])                    \
    {                                                                          \
        const model *m = context;                                              \
        lstm_forward(T, D, H, c_##H, h_##H, gate_##H,                          \
                     (const real(*)[H][D])m->w,                                \
                     (const real(*)[H][H])(m->w + GATES * H * D),              \
                     (const real(*)[H])(m->w + GATES * H * (D + H)),           \
                     (const real(*)[D])m->fixed);                              \
        for (int i = 0; i < T * H; i++)                                        \
            loss[0] += m->up[i] * h_##H[1 + i / H][i % H];                     \
        return 0;                                                              \
    }                                                                          \
    static int lstm_gradient_##H(void *context)                                \
    {                                                                          \
        model *m = context;                                                    \
        real dh[T + 1][H] = {{0}}, dc[T + 1][H] = {{0}}, dx[T][D] = {{0}};     \
        double loss[2] = {0, 0};                                               \
        lstm_loss_##H(m, loss);                                                \
        memset(m->dw, 0, sizeof m->dw);                                        \
        memcpy(dh[1], m->up, sizeof(real) * T * H);                            \
        lstm_backward(T, D, H, (real(*)[H][D])m->dw,                           \
                      (real(*)[H][H])(m->dw + GATES * H * D),                  \
                      (real(*)[H])(m->dw + GATES * H * (D + H)), dx, dh, dc,   \
                      gate_##H, c_##H, h_##H, (const real(*)[H][D])m->w,       \
                      (const real(*)[H][H])(m->w + GATES * H * D),             \
                      (const real(*)[D])m->fixed);                             \
        return 0;                                                              \
    }                                                                          \
    static void lstm_##H(void)                                                 \
    {                                                                          \
        static model m = {.name = "lstm-" #D "-" #H "-" #T};                   \
        hg_tensor t[] = {tensor("W", &m, 0, 0, GATES * H, D),                  \
                         tensor("U", &m, 1, GATES * H * D, GATES * H, H),      \
                         tensor("b", &m, 2, GATES * H * (D + H), GATES, H)};   \
        measure(&m, lstm_loss_##H, lstm_begin, lstm_##H##_losses,              \
                lstm_gradient_##H, 3, t);                                      \
    }
LSTM(5, 3, 4)
LSTM(10, 8, 16)

/* ---- attention: 8 queries, keys and values of width 16 ---------------------- */

static real o[N][D], w[N][N];

static int attention_loss(void *context, double loss[2])
{
    const model *m = context;
    attention_forward(N, N, D, D, o, w, 0.25, (const real(*)[D])m->w,
                      (const real(*)[D])(m->w + QKV),
                      (const real(*)[D])(m->w + 2 * QKV));
    for (int i = 0; i < QKV; i++)
        loss[0] += m->up[i] * o[i / D][i % D];
    return 0;
}

static int attention_gradient(void *context)
{
    model *m = context;
    double loss[2] = {0, 0};
    attention_loss(m, loss);
    memset(m->dw, 0, sizeof m->dw);
    attention_backward(N, N, D, D, (real(*)[D])m->dw, (real(*)[D])(m->dw + QKV),
                       (real(*)[D])(m->dw + 2 * QKV), (const real(*)[D])m->up,
                       w, 0.25, (const real(*)[D])m->w,
                       (const real(*)[D])(m->w + QKV),
                       (const real(*)[D])(m->w + 2 * QKV));
    return 0;
}

static void attention(void)
{
    static model m = {.name = "attention-8-16"};
    hg_tensor t[] = {tensor("q", &m, 0, 0, N, D), tensor("k", &m, 1, QKV, N, D),
                     tensor("v", &m, 2, 2 * QKV, N, D)};
    measure(&m, attention_loss, attention_begin, attention_losses,
            attention_gradient, 3, t);
}

/* ---- additive attention: one query, 8 keys that are values too -------------- */

static real projected[N][D], tanhs[N][D], out[D], weight[N];
static const real no_bias[D];

static int additive_loss(void *context, double loss[2])
{
    const model *m = context;
    const real(*keys)[D] = (const real(*)[D])(m->fixed + D);
    additive_keys_forward(N, D, D, projected, (const real(*)[D])(m->w + D * D),
                          no_bias, keys);
    additive_forward(N, D, D, D, out, weight, tanhs, (const real(*)[D])m->w,
                     m->w + 2 * D * D, m->fixed, projected, keys);
    for (int d = 0; d < D; d++)
        loss[0] += m->up[d] * out[d];
    return 0;
}

static int additive_gradient(void *context)
{
    model *m = context;
    const real(*keys)[D] = (const real(*)[D])(m->fixed + D);
    real dq[D] = {0}, dp[N][D] = {{0}}, dv[N][D] = {{0}}, dk[N][D] = {{0}},
         db[D] = {0};
    double loss[2] = {0, 0};
    additive_loss(m, loss);
    memset(m->dw, 0, sizeof m->dw);
    additive_backward(N, D, D, D, (real(*)[D])m->dw, m->dw + 2 * D * D, dq, dp,
                      dv, m->up, weight, tanhs, (const real(*)[D])m->w,
                      m->w + 2 * D * D, m->fixed, keys);
    additive_keys_backward(N, D, D, (real(*)[D])(m->dw + D * D), db, dk, dp,
                           (const real(*)[D])(m->w + D * D), keys);
    return 0;
}

static void additive(void)
{
    static model m = {.name = "additive-8-16"};
    hg_tensor t[] = {tensor("W", &m, 0, 0, D, D),
                     tensor("U", &m, 1, D * D, D, D),
                     tensor("g", &m, 2, 2 * D * D, 1, D)};
    measure(&m, additive_loss, additive_begin, additive_losses,
            additive_gradient, 3, t);
}

int main(void)
{
    lstm_4();
    lstm_16();
    attention();
    additive();
    return 0;
}
