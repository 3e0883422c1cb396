/* SPDX-License-Identifier: MIT */
#include "chapters/07_bptt/sunspots.h"

#include "chapters/02_activations/activations.h"
#include "chapters/04_backprop/linear.h"
#include "chapters/05_optimizers/optimizers.h"

#include <string.h>

enum { LAGS = SUNSPOT_LAGS, TRAINED = TRAIN_LAST - TRAIN_FIRST + 1 };

/* ---- a network with one hidden layer ------------------------------------ */

/* [lag_forward] */
void lag_forward(int N, int L, int H, real a[N][H], real y[N],
                 const real W[H][L], const real b[H], const real v[1][H],
                 const real k[1], const real x[N][L])
{
    for (int n = 0; n < N; n++) {
        real z[H];
        linear_forward(H, L, z, W, b, x[n]);
        tanh_forward(H, a[n], z);                                   /* (7.33) */
        linear_forward(1, H, &y[n], v, k, a[n]);                    /* (7.34) */
    }
}
/* [lag_forward] */

/* [lag_backward] */
void lag_backward(int N, int L, int H, real dW[H][L], real db[H], real dv[1][H],
                  real dk[1], real (*dx)[L], const real dy[N],
                  const real W[H][L], const real v[1][H], const real a[N][H],
                  const real x[N][L])
{
    for (int n = 0; n < N; n++) {
        real da[H], dz[H];
        memset(da, 0, sizeof da);
        memset(dz, 0, sizeof dz);
        linear_backward(1, H, dv, dk, da, &dy[n], v, a[n]);
        tanh_backward(H, dz, da, a[n]);                             /* (7.35) */
        linear_backward(H, L, dW, db, dx ? dx[n] : NULL, dz, W,
                        x[n]);                                      /* (7.36) */
    }
}
/* [lag_backward] */

/* ---- losses on the training years --------------------------------------- */

static real scaled(int year)
{
    return (real)(sunspot_number[year - SUNSPOT_FIRST] / SUNSPOT_SCALE);
}

/* x[n] = the LAGS years before first + n, the last one first. */
static void past_years(int N, real x[N][LAGS], int first)
{
    for (int n = 0; n < N; n++)
        for (int l = 0; l < LAGS; l++)
            x[n][l] = scaled(first + n - 1 - l);
}

/* The sum of squared errors over the training years, divided by their number;
 * y[n] predicts first + n, and years before 1712 do not count. */
static real training_error(int N, real dy[N], const real y[N], int first)
{
    real sum = 0;
    for (int n = 0; n < N; n++) {
        real e = first + n < TRAIN_FIRST ? 0 : y[n] - scaled(first + n);
        dy[n] = 2 * e / TRAINED;                                    /* (7.39) */
        sum += e * e;
    }
    return sum / TRAINED;
}

/* decay times the sum of squares; its gradient is added to dw. */
static real penalty(int n, real dw[n], const real w[n], double decay)
{
    real sum = 0;
    for (int i = 0; i < n; i++) {
        dw[i] += 2 * (real)decay * w[i];                            /* (7.40) */
        sum += w[i] * w[i];
    }
    return (real)decay * sum;
}

int lag_size(int H)
{
    return H * (LAGS + 2) + 1;
}

/* [lag_loss] */
real lag_loss(int H, real dw[], const real w[], double decay)
{
    int n = lag_size(H), b = H * LAGS, v = b + H, k = v + H;
    real x[TRAINED][LAGS], a[TRAINED][H], y[TRAINED], dy[TRAINED];
    const real(*W)[LAGS] = (const real(*)[LAGS])w;
    const real(*V)[H] = (const real(*)[H])(w + v);
    memset(dw, 0, (size_t)n * sizeof *dw);
    past_years(TRAINED, x, TRAIN_FIRST);
    lag_forward(TRAINED, LAGS, H, a, y, W, w + b, V, w + k, x);
    real loss = training_error(TRAINED, dy, y, TRAIN_FIRST);
    lag_backward(TRAINED, LAGS, H, (real(*)[LAGS])dw, dw + b,
                 (real(*)[H])(dw + v), dw + k, NULL, dy, W, V, a, x);
    return loss + penalty(n, dw, w, decay);                         /* (7.38) */
}
/* [lag_loss] */

int elman_size(int H)
{
    return rnn_size(1, H, 1, 1);
}

/* [elman_loss] */
real elman_loss(int H, real dw[], real w[], double decay)
{
    enum { T = TRAIN_LAST - SUNSPOT_FIRST }; /* 1701, 1702, ..., 1920 */
    int N = elman_size(H);
    real x[T][1], y[T][1], dy[T][1], h[T + 1][H], c[T + 1][1];
    rnn n = rnn_view(1, H, 1, 1, w), d = rnn_view(1, H, 1, 1, dw);
    memset(dw, 0, (size_t)N * sizeof *dw);
    memset(h[0], 0, sizeof h[0]);
    c[0][0] = 0;
    for (int t = 0; t < T; t++)
        x[t][0] = scaled(SUNSPOT_FIRST + t);
    rnn_forward(T, &n, h, c, y, x);
    real loss = training_error(T, (real *)dy, (real *)y, SUNSPOT_FIRST + 1);
    rnn_backward(T, &n, &d, NULL, NULL, NULL, dy, h, c, x);
    loss += penalty(N, dw, w, decay);
    memset(d.V, 0, (size_t)H * sizeof *d.V);
    d.Q[0] = 0;
    return loss;
}
/* [elman_loss] */

/* ---- training and predicting -------------------------------------------- */

void sunspot_start(sunspot_net *net, int elman, sunspot_training how, rng *g)
{
    int H = how.hidden;
    memset(net, 0, sizeof *net);
    net->elman = elman;
    net->how = how;
    net->size = elman ? elman_size(H) : lag_size(H);
    uniform_fill(net->size, net->w, how.start, g);
    if (elman) { /* a plain Elman network: no signal */
        rnn n = rnn_view(1, H, 1, 1, net->w);
        memset(n.V, 0, (size_t)H * sizeof *n.V);
        memset(n.W_c, 0, (size_t)H * sizeof *n.W_c);
        n.b_c[0] = n.Q[0] = 0;
    }
}

double sunspot_step(sunspot_net *net)
{
    const sunspot_training *how = &net->how;
    real dw[net->size];
    real loss = net->elman ? elman_loss(how->hidden, dw, net->w, how->decay)
                           : lag_loss(how->hidden, dw, net->w, how->decay);
    net->step++;
    adam(net->size, net->w, net->m, net->v, dw, net->step,
         adam_usual(how->rate));
    return re(loss);
}

static void lag_predict(const sunspot_net *net, double predicted[SUNSPOT_YEARS])
{
    enum { N = LATE_LAST - TRAIN_FIRST + 1 };
    int H = net->how.hidden;
    const real *w = net->w, *b = w + H * LAGS, *v = b + H, *k = v + H;
    real x[N][LAGS], a[N][H], y[N];
    past_years(N, x, TRAIN_FIRST);
    lag_forward(N, LAGS, H, a, y, (const real(*)[LAGS])w, b,
                (const real(*)[H])v, k, x);
    for (int n = 0; n < N; n++)
        predicted[TRAIN_FIRST - SUNSPOT_FIRST + n] = re(y[n]) * SUNSPOT_SCALE;
}

static void elman_predict(const sunspot_net *net,
                          double predicted[SUNSPOT_YEARS])
{
    enum { T = LATE_LAST - SUNSPOT_FIRST };
    int H = net->how.hidden;
    real w[net->size], x[T][1], y[T][1], h[T + 1][H], c[T + 1][1];
    memcpy(w, net->w, sizeof w);
    memset(h[0], 0, sizeof h[0]);
    c[0][0] = 0;
    for (int t = 0; t < T; t++)
        x[t][0] = scaled(SUNSPOT_FIRST + t);
    rnn n = rnn_view(1, H, 1, 1, w);
    rnn_forward(T, &n, h, c, y, x);
    for (int t = 0; t < T; t++)
        predicted[t + 1] = re(y[t][0]) * SUNSPOT_SCALE;
}

void sunspot_predict(const sunspot_net *net, double predicted[SUNSPOT_YEARS])
{
    for (int t = 0; t < SUNSPOT_YEARS; t++)
        predicted[t] = (double)NAN;
    if (net->elman)
        elman_predict(net, predicted);
    else
        lag_predict(net, predicted);
}

/* Solves S w = u for a symmetric positive definite S, which is destroyed, by
 * elimination; u becomes w. */
static void solve(int n, double S[n][n], double u[n])
{
    for (int i = 0; i < n; i++)
        for (int j = i + 1; j < n; j++) {
            double f = S[j][i] / S[i][i];
            for (int k = i; k < n; k++)
                S[j][k] -= f * S[i][k];
            u[j] -= f * u[i];
        }
    for (int i = n - 1; i >= 0; i--) {
        for (int k = i + 1; k < n; k++)
            u[i] -= S[i][k] * u[k];
        u[i] /= S[i][i];
    }
}

/* The years before `year` and a constant, for the straight line. */
static void line_inputs(double x[LAGS + 1], int year)
{
    for (int l = 0; l < LAGS; l++)
        x[l] = re(scaled(year - 1 - l));
    x[LAGS] = 1;
}

void line_predict(double predicted[SUNSPOT_YEARS])
{
    double S[LAGS + 1][LAGS + 1], w[LAGS + 1], x[LAGS + 1];
    memset(S, 0, sizeof S);
    memset(w, 0, sizeof w);
    for (int year = TRAIN_FIRST; year <= TRAIN_LAST; year++) {
        line_inputs(x, year);
        for (int i = 0; i <= LAGS; i++) {
            w[i] += x[i] * re(scaled(year));
            for (int j = 0; j <= LAGS; j++)
                S[i][j] += x[i] * x[j];
        }
    }
    solve(LAGS + 1, S, w);                                          /* (7.41) */
    for (int t = 0; t < SUNSPOT_YEARS; t++)
        predicted[t] = (double)NAN;
    for (int year = TRAIN_FIRST; year <= LATE_LAST; year++) {
        double sum = 0;
        line_inputs(x, year);
        for (int i = 0; i <= LAGS; i++)
            sum += w[i] * x[i];
        predicted[year - SUNSPOT_FIRST] = sum * SUNSPOT_SCALE;
    }
}

double sunspot_error(const double predicted[SUNSPOT_YEARS], int first, int last)
{
    double sum = 0;
    for (int year = first; year <= last; year++) {
        int t = year - SUNSPOT_FIRST;
        double e = predicted[t] - sunspot_number[t];
        sum += e * e;
    }
    return sum / (last - first + 1) / SUNSPOT_VARIANCE;             /* (7.37) */
}
