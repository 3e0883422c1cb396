/* SPDX-License-Identifier: MIT */
/* The forward passes of tests/bench_peers.c once more, for LANES points at once: the same sums and
 * functions in numbers of the type `lanes`. hg_check compares them with the course's own code. */
#include "tests/bench_peers.h"
#include "tests/lanes.h"

#include <string.h>

const int at_once = LANES;

/* The weights, the same in all lanes but for one change in each; the inputs that are not
 * checked. */
static lanes w[MOST], fixed[MOST];

void lanes_begin(const model *m)
{
    for (int i = 0; i < MOST; i++) {
        w[i] = all_lanes(m->w[i]);
        fixed[i] = all_lanes(m->fixed[i]);
    }
}

/* [losses] */
/* The losses at several points: lane k sees change k, and all are computed in one go. */
static int losses(const model *m, int points, const hg_change change[],
                  double loss[], lanes (*forward)(const model *))
{
    int at[LANES];
    for (int k = 0; k < points; k++) {
        at[k] = m->first[change[k].tensor] + change[k].entry;
        w[at[k]][k] = change[k].value;
    }
    lanes all = forward(m);
    for (int k = 0; k < points; k++) {
        loss[k] = all[k];
        w[at[k]][k] = m->w[at[k]];
    }
    return 0;
}
/* [losses] */

/* ---- LSTM ----------------------------------------------------------------- */

enum { GATES = 4 };

/* I inputs, H units. */
static inline lanes lstm(const model *m, int T, int I, int H)
{
    const lanes(*W)[H][I] = (const lanes(*)[H][I])w;
    const lanes(*U)[H][H] = (const lanes(*)[H][H])(w + GATES * H * I);
    const lanes(*b)[H] = (const lanes(*)[H])(w + GATES * H * (I + H));
    const double(*x)[I] = (const double(*)[I])m->fixed;
    const double(*up)[H] = (const double(*)[H])m->up;
    lanes h[T + 1][H], c[H], loss = all_lanes(0);
    memset(h[0], 0, sizeof h[0]);
    memset(c, 0, sizeof c);
    for (int t = 0; t < T; t++)
        for (int j = 0; j < H; j++) {
            lanes f = b[0][j], i = b[1][j], g = b[2][j], o = b[3][j];
            for (int d = 0; d < I; d++) {
                f += W[0][j][d] * x[t][d];
                i += W[1][j][d] * x[t][d];
                g += W[2][j][d] * x[t][d];
                o += W[3][j][d] * x[t][d];
            }
            for (int k = 0; k < H; k++) {
                f += U[0][j][k] * h[t][k];
                i += U[1][j][k] * h[t][k];
                g += U[2][j][k] * h[t][k];
                o += U[3][j][k] * h[t][k];
            }
            c[j] = lanes_sigmoid(f) * c[j] + lanes_sigmoid(i) * lanes_tanh(g);
            h[t + 1][j] = lanes_sigmoid(o) * lanes_tanh(c[j]);
            loss += up[t][j] * h[t + 1][j];
        }
    return loss;
}

static lanes lstm_4(const model *m)
{
    return lstm(m, 5, 3, 4);
}

int lstm_4_losses(void *context, int points, const hg_change change[],
                  double loss[])
{
    return losses(context, points, change, loss, lstm_4);
}

static lanes lstm_16(const model *m)
{
    return lstm(m, 10, 8, 16);
}

/* [bridge] */
int lstm_16_losses(void *context, int points, const hg_change change[],
                   double loss[])
{
    return losses(context, points, change, loss, lstm_16);
}
/* [bridge] */

/* ---- attention ------------------------------------------------------------ */

static void softmax(lanes p[N], const lanes z[N])
{
    lanes most = z[0], sum = all_lanes(0);
    for (int n = 1; n < N; n++)
        most = lanes_max(most, z[n]);
    for (int n = 0; n < N; n++)
        sum += p[n] = lanes_exp(z[n] - most);
    sum = 1 / sum;
    for (int n = 0; n < N; n++)
        p[n] *= sum;
}

static lanes attention(const model *m)
{
    const lanes(*q)[D] = (const lanes(*)[D])w;
    const lanes(*k)[D] = (const lanes(*)[D])(w + QKV);
    const lanes(*v)[D] = (const lanes(*)[D])(w + 2 * QKV);
    lanes loss = all_lanes(0);
    for (int i = 0; i < N; i++) {
        lanes z[N] = {{0}}, p[N];
        for (int d = 0; d < D; d++)
            for (int n = 0; n < N; n++)
                z[n] += q[i][d] * k[n][d];
        for (int n = 0; n < N; n++)
            z[n] *= 0.25;
        softmax(p, z);
        for (int d = 0; d < D; d++) {
            lanes o = p[0] * v[0][d];
            for (int n = 1; n < N; n++)
                o += p[n] * v[n][d];
            loss += m->up[i * D + d] * o;
        }
    }
    return loss;
}

int attention_losses(void *context, int points, const hg_change change[],
                     double loss[])
{
    return losses(context, points, change, loss, attention);
}

/* ---- additive attention ---------------------------------------------------- */

static lanes additive(const model *m)
{
    const lanes(*W)[D] = (const lanes(*)[D])w,
          (*U)[D] = (const lanes(*)[D])(w + D * D);
    const lanes *g = w + 2 * D * D;
    const lanes *q = fixed, (*keys)[D] = (const lanes(*)[D])(fixed + D);
    lanes z[N] = {{0}}, p[N], r[D] = {{0}}, loss = all_lanes(0);
    for (int d = 0; d < D; d++)
        for (int a = 0; a < D; a++)
            r[a] += W[a][d] * q[d];
    for (int a = 0; a < D; a++) {
        lanes sum[N];
        for (int n = 0; n < N; n++)
            sum[n] = r[a];
        for (int d = 0; d < D; d++)
            for (int n = 0; n < N; n++)
                sum[n] += U[a][d] * keys[n][d];
        for (int n = 0; n < N; n++)
            z[n] += g[a] * lanes_tanh(sum[n]);
    }
    softmax(p, z);
    for (int d = 0; d < D; d++) {
        lanes o = all_lanes(0);
        for (int n = 0; n < N; n++)
            o += p[n] * keys[n][d];
        loss += m->up[d] * o;
    }
    return loss;
}

int additive_losses(void *context, int points, const hg_change change[],
                    double loss[])
{
    return losses(context, points, change, loss, additive);
}
