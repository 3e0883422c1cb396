/* SPDX-License-Identifier: MIT */
#include "chapters/04_backprop/network.h"

#include <string.h>

#include "chapters/02_activations/activations.h"
#include "chapters/03_cross_entropy/cross_entropy.h"
#include "chapters/04_backprop/linear.h"

/* ---- the shape ----------------------------------------------------------- */

long network_parameters(int L, const int width[L + 1])
{
    long count = 0;
    for (int l = 1; l <= L; l++)
        count += (long)(width[l - 1] + 1) * width[l];               /* (4.20) */
    return count;
}

network network_new(int L, const int width[L + 1], squash hidden, squash output)
{
    network n = {.L = L, .weights = (int)network_parameters(L, width)};
    for (int l = 0; l <= L; l++) {
        n.width[l] = width[l];
        n.phi[l] = l < L ? hidden : output;
        n.values += width[l];
        if (width[l] > n.widest)
            n.widest = width[l];
    }
    return n;
}

int network_matrix(const network *n, int l)
{
    return (int)network_parameters(l - 1, n->width);
}

int network_bias(const network *n, int l)
{
    return network_matrix(n, l) + n->width[l] * n->width[l - 1];
}

int network_layer(const network *n, int l)
{
    int at = 0;
    for (int k = 0; k < l; k++)
        at += n->width[k];
    return at;
}

double network_limit(double variance)
{
    return sqrt(3 * variance);                                      /* (4.26) */
}

void network_start(const network *n, real w[n->weights], double gain, rng *g)
{
    memset(w, 0, (size_t)n->weights * sizeof *w);
    for (int l = 1; l <= n->L; l++)
        uniform_fill(n->width[l] * n->width[l - 1], w + network_matrix(n, l),
                     network_limit(gain / n->width[l - 1]), g);
}

/* ---- one squash, one loss ------------------------------------------------ */

/* [squash] */
void squash_forward(int M, real a[M], squash phi, const real z[M])
{
    switch (phi) {                                                   /* (4.2) */
    case SIGMOID: sigmoid_forward(M, a, z); break;
    case TANH: tanh_forward(M, a, z); break;
    case RELU: relu_forward(M, a, z); break;
    default: memcpy(a, z, (size_t)M * sizeof *a);
    }
}

/* The slope follows from the output: that of ReLU too, as a > 0 where z > 0. */
void squash_backward(int M, real dz[M], const real da[M], squash phi,
                     const real a[M])
{
    switch (phi) {                                                   /* (4.5) */
    case SIGMOID: sigmoid_backward(M, dz, da, a); break;
    case TANH: tanh_backward(M, dz, da, a); break;
    case RELU: relu_backward(M, dz, da, a); break;
    default:
        for (int m = 0; m < M; m++)
            dz[m] += da[m];
    }
}
/* [squash] */

/* [half_square] */
real half_square_forward(int M, const real a[M], const real y[M])
{
    real loss = 0;
    for (int m = 0; m < M; m++)
        loss += (a[m] - y[m]) * (a[m] - y[m]) / 2;                   /* (4.3) */
    return loss;
}

void half_square_backward(int M, real da[M], real dy[M], real dloss,
                          const real a[M], const real y[M])
{
    for (int m = 0; m < M; m++) {
        da[m] += dloss * (a[m] - y[m]);                              /* (4.4) */
        dy[m] += dloss * (y[m] - a[m]);
    }
}
/* [half_square] */

/* ---- all layers ---------------------------------------------------------- */

/* [network] */
void network_forward(const network *n, real a[n->values],
                     const real w[n->weights], const real x[n->width[0]])
{
    memcpy(a, x, (size_t)n->width[0] * sizeof *a);
    for (int l = 1; l <= n->L; l++) {
        int M = n->width[l], N = n->width[l - 1];
        const real(*W)[N] = (const real(*)[N])w, *b = w + M * N;
        real z[M];
        linear_forward(M, N, z, W, b, a);                           /* (4.10) */
        squash_forward(M, a + N, n->phi[l], z);                     /* (4.11) */
        w += M * N + M; /* the next layer's parameters */
        a += N;         /* and its inputs */
    }
}

void network_backward(const network *n, real dw[n->weights],
                      real dx[n->width[0]], const real dy[n->width[n->L]],
                      const real a[n->values], const real w[n->weights])
{
    real da[n->widest], dz[n->widest];
    memcpy(da, dy, (size_t)n->width[n->L] * sizeof *da);
    for (int l = n->L; l >= 1; l--) {
        int M = n->width[l], N = n->width[l - 1];
        int below = network_layer(n, l - 1), matrix = network_matrix(n, l);
        const real(*W)[N] = (const real(*)[N])(w + matrix);
        real(*dW)[N] = (real(*)[N])(dw + matrix), *db = dw + matrix + M * N;
        memset(dz, 0, sizeof dz);
        squash_backward(M, dz, da, n->phi[l], a + below + N);       /* (4.12) */
        memset(da, 0, sizeof da);
        real *da_below = l > 1 ? da : dx;                           /* (4.15) */
        linear_backward(M, N, dW, db, da_below, dz, W, a + below);  /* (4.13) */
    }
}
/* [network] */

/* [network_jacobian] */
void network_jacobian(const network *n, real J[n->width[n->L]][n->width[0]],
                      const real a[n->values], const real w[n->weights])
{
    int inputs = n->width[0];
    real below[n->widest][inputs], above[n->widest][inputs];
    for (int i = 0; i < inputs; i++)
        for (int j = 0; j < inputs; j++)
            below[i][j] = i == j;
    for (int l = 1; l <= n->L; l++) {
        int M = n->width[l], N = n->width[l - 1], layer = network_layer(n, l);
        const real(*W)[N] = (const real(*)[N])(w + network_matrix(n, l));
        for (int m = 0; m < M; m++) {
            real slope = 0, one = 1;
            squash_backward(1, &slope, &one, n->phi[l], &a[layer + m]);
            for (int i = 0; i < inputs; i++) {
                above[m][i] = 0;
                for (int k = 0; k < N; k++)
                    above[m][i] += slope * W[m][k] * below[k][i];   /* (4.14) */
            }
        }
        memcpy(below, above, sizeof below);
    }
    memcpy(J, above, sizeof(real[n->width[n->L]][inputs]));
}
/* [network_jacobian] */

const real *network_output(const network *n, const real a[n->values])
{
    return a + n->values - n->width[n->L];
}

/* ---- many cases ---------------------------------------------------------- */

/* [cases] */
real network_squares(const network *n, int B, real dw[n->weights], real dloss,
                     const real w[n->weights], const real x[B][n->width[0]],
                     const real y[B][n->width[n->L]])
{
    int M = n->width[n->L];
    real a[n->values], da[M], dy[M], loss = 0; /* nobody wants dy */
    for (int k = 0; k < B; k++) {
        network_forward(n, a, w, x[k]);
        loss += half_square_forward(M, network_output(n, a), y[k]);
        memset(da, 0, sizeof da);
        memset(dy, 0, sizeof dy);
        half_square_backward(M, da, dy, dloss, network_output(n, a), y[k]);
        network_backward(n, dw, NULL, da, a, w);                    /* (4.16) */
    }
    return loss;
}

real network_classes(const network *n, int B, real dw[n->weights], real dloss,
                     const real w[n->weights], const real x[B][n->width[0]],
                     const int target[B])
{
    int C = n->width[n->L];
    real a[n->values], p[1][C], dz[1][C], loss = 0;
    for (int k = 0; k < B; k++) {
        network_forward(n, a, w, x[k]);
        const real(*z)[C] = (const real(*)[C])network_output(n, a);
        loss += cross_entropy_forward(1, C, p, z, &target[k]);
        memset(dz, 0, sizeof dz);
        cross_entropy_backward(1, C, dz, dloss, p, &target[k]);
        network_backward(n, dw, NULL, dz[0], a, w);
    }
    return loss;
}

void network_descend(int n, real w[n], const real dw[n], double rate)
{
    for (int i = 0; i < n; i++)
        w[i] -= (real)rate * dw[i];                                 /* (4.17) */
}
/* [cases] */
