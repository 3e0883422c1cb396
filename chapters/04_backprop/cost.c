/* SPDX-License-Identifier: MIT */
#include "chapters/04_backprop/cost.h"

#include <string.h>

static real times(long *count, real a, real b)
{
    ++*count;
    return a * b;
}

/* One layer forward. A squash that is a function counts as one operation. */
static void layer_forward(long *count, int M, int N, real a[M], squash phi,
                          const real W[M][N], const real b[M], const real x[N])
{
    real z[M];
    for (int m = 0; m < M; m++) {
        z[m] = b[m];
        for (int n = 0; n < N; n++)
            z[m] += times(count, W[m][n], x[n]);
        *count += phi == SIGMOID || phi == TANH;
    }
    squash_forward(M, a, phi, z);
}

/* da phi'(z), with the slope a (1 - a), 1 - a a, 1 or 0. */
static real slope(long *count, real da, squash phi, real a)
{
    switch (phi) {
    case SIGMOID: return times(count, times(count, da, a), 1 - a);
    case TANH: return times(count, da, 1 - times(count, a, a));
    case RELU: return re(a) > 0 ? da : 0;
    default: return da;
    }
}

static void layer_backward(long *count, int M, int N, real dW[M][N], real db[M],
                           real dx[N], const real dz[M], const real W[M][N],
                           const real x[N])
{
    for (int m = 0; m < M; m++) {
        for (int n = 0; n < N; n++)
            dW[m][n] += times(count, dz[m], x[n]);
        db[m] += dz[m];
    }
    for (int m = 0; dx && m < M; m++)
        for (int n = 0; n < N; n++)
            dx[n] += times(count, W[m][n], dz[m]);
}

real counted_gradient(const network *n, cost *count, real dw[n->weights],
                      real dx[n->width[0]], const real w[n->weights],
                      const real x[n->width[0]], const real y[n->width[n->L]])
{
    real a[n->values], da[n->widest], dz[n->widest], loss = 0;
    memcpy(a, x, (size_t)n->width[0] * sizeof *a);
    for (int l = 1; l <= n->L; l++) {
        int M = n->width[l], N = n->width[l - 1],
            below = network_layer(n, l - 1);
        layer_forward(&count->forward, M, N, a + below + N, n->phi[l],
                      (const real(*)[N])(w + network_matrix(n, l)),
                      w + network_bias(n, l), a + below);
    }
    const real *out = network_output(n, a);
    for (int m = 0; m < n->width[n->L]; m++) {
        da[m] = out[m] - y[m];
        loss += times(&count->forward, da[m], da[m]) / 2;
    }
    for (int l = n->L; l >= 1; l--) {
        int M = n->width[l], N = n->width[l - 1],
            below = network_layer(n, l - 1);
        for (int m = 0; m < M; m++)
            dz[m] = slope(&count->backward, da[m], n->phi[l], a[below + N + m]);
        memset(da, 0, sizeof da);
        layer_backward(&count->backward, M, N,
                       (real(*)[N])(dw + network_matrix(n, l)),
                       dw + network_bias(n, l), l > 1 ? da : dx, dz,
                       (const real(*)[N])(w + network_matrix(n, l)), a + below);
    }
    return loss;
}

cost predicted_cost(const network *n, bool with_dx)
{
    cost c = {.forward = n->width[n->L], .backward = 0};
    for (int l = 1; l <= n->L; l++) {
        long M = n->width[l], N = n->width[l - 1];
        long functions = n->phi[l] == SIGMOID || n->phi[l] == TANH ? M : 0;
        c.forward += M * N + functions;                             /* (4.29) */
        c.backward +=
            M * N * (l > 1 || with_dx ? 2 : 1) + 2 * functions;     /* (4.30) */
    }
    return c;
}
