/* SPDX-License-Identifier: MIT */
/* The forward passes of tests/bench_peers.c once more, for LANES points at once: the same sums and
 * functions in numbers of the type `lanes`; the attentions do again only what a change reaches.
 * hg_check compares all with the course's own code. */
#include "tests/bench_peers.h"
#include "tests/lanes.h"

#include <math.h>
#include <string.h>

const int at_once = LANES;

/* The weights, the same in all lanes but for one change in each. */
static lanes w[MOST];

void lstm_begin(const model *m)
{
    for (int i = 0; i < m->weights; i++)
        w[i] = all_lanes(m->w[i]);
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

/* The two attentions do again only what a change reaches. What their weights give where nothing is
 * changed: the logits z, and what key n adds to the loss for a weight of 1, the incoming gradient
 * times value n. Row i of both belongs to query i. */
static double z_0[N][N], gain_0[N][N];

void attention_begin(const model *m)
{
    const double(*q)[D] = (const double(*)[D])m->w, (*k)[D] = q + N,
          (*v)[D] = k + N, (*up)[D] = (const double(*)[D])m->up;
    memset(z_0, 0, sizeof z_0);
    memset(gain_0, 0, sizeof gain_0);
    for (int i = 0; i < N; i++)
        for (int n = 0; n < N; n++)
            for (int d = 0; d < D; d++) {
                z_0[i][n] += 0.25 * q[i][d] * k[n][d];
                gain_0[i][n] += up[i][d] * v[n][d];
            }
}

/* One query's part of the loss: softmax(z) . gain. */
static lanes weighted(const lanes z[N], const lanes gain[N])
{
    lanes most = z[0], sum = all_lanes(0), dot = all_lanes(0);
    for (int n = 1; n < N; n++)
        most = lanes_max(most, z[n]);
    for (int n = 0; n < N; n++) {
        lanes e = lanes_exp(z[n] - most);
        sum += e;
        dot += e * gain[n];
    }
    return dot / sum;
}

/* A change of a query reaches a row of z, of a key a column, of a value a column of the gain. */
int attention_losses(void *context, int points, const hg_change change[],
                     double loss[])
{
    const model *m = context;
    const double(*q)[D] = (const double(*)[D])m->w, (*k)[D] = q + N,
          (*up)[D] = (const double(*)[D])m->up;
    lanes z[N][N], gain[N][N], all = all_lanes(0);
    for (int i = 0; i < N; i++)
        for (int n = 0; n < N; n++) {
            z[i][n] = all_lanes(z_0[i][n]);
            gain[i][n] = all_lanes(gain_0[i][n]);
        }
    for (int lane = 0; lane < points; lane++) {
        int tensor = change[lane].tensor, entry = change[lane].entry;
        int row = entry / D, d = entry % D;
        double by = change[lane].value - m->w[m->first[tensor] + entry];
        for (int j = 0; j < N; j++)
            if (tensor == 0)
                z[row][j][lane] += 0.25 * by * k[j][d];
            else if (tensor == 1)
                z[j][row][lane] += 0.25 * by * q[j][d];
            else
                gain[j][row][lane] += by * up[j][d];
    }
    for (int i = 0; i < N; i++)
        all += weighted(z[i], gain[i]);
    for (int lane = 0; lane < points; lane++)
        loss[lane] = all[lane];
    return 0;
}

/* ---- additive attention ---------------------------------------------------- */

/* The argument of the tanh for unit a and key n; the logits without unit a. */
static double sum_0[D][N], others_0[D][N];

/* Whatever is changed belongs to one unit: row a of W or U, or g[a]. */
void additive_begin(const model *m)
{
    const double(*W)[D] = (const double(*)[D])m->w, (*U)[D] = W + D,
          *g = m->w + 2 * D * D, *q = m->fixed,
          (*keys)[D] = (const double(*)[D])(q + D);
    memset(sum_0, 0, sizeof sum_0);
    memset(others_0, 0, sizeof others_0);
    memset(gain_0, 0, sizeof gain_0);
    for (int n = 0; n < N; n++) {
        for (int d = 0; d < D; d++)
            gain_0[0][n] += m->up[d] * keys[n][d];
        for (int a = 0; a < D; a++)
            for (int d = 0; d < D; d++)
                sum_0[a][n] += W[a][d] * q[d] + U[a][d] * keys[n][d];
        for (int a = 0; a < D; a++)
            for (int other = 0; other < D; other++)
                if (other != a)
                    others_0[a][n] += g[other] * tanh(sum_0[other][n]);
    }
}

int additive_losses(void *context, int points, const hg_change change[],
                    double loss[])
{
    const model *m = context;
    const double *g = m->w + 2 * D * D, *q = m->fixed,
                 (*keys)[D] = (const double(*)[D])(q + D);
    lanes sum[N] = {{0}}, z[N] = {{0}}, gain[N], weight = all_lanes(0);
    for (int lane = 0; lane < points; lane++) {
        int tensor = change[lane].tensor, entry = change[lane].entry;
        int a = tensor == 2 ? entry : entry / D, d = entry % D;
        double by = change[lane].value - m->w[m->first[tensor] + entry];
        weight[lane] = tensor == 2 ? change[lane].value : g[a];
        for (int n = 0; n < N; n++) {
            double x = tensor == 0 ? q[d] : tensor == 1 ? keys[n][d] : 0;
            sum[n][lane] = sum_0[a][n] + by * x;
            z[n][lane] = others_0[a][n];
        }
    }
    for (int n = 0; n < N; n++) {
        z[n] += weight * lanes_tanh(sum[n]);
        gain[n] = all_lanes(gain_0[0][n]);
    }
    lanes all = weighted(z, gain);
    for (int lane = 0; lane < points; lane++)
        loss[lane] = all[lane];
    return 0;
}
