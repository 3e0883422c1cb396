/* SPDX-License-Identifier: MIT */
#include "chapters/14_residuals/depth.h"

#include <stdlib.h>
#include <string.h>

#include "chapters/02_activations/activations.h"

enum { W = DEPTH_WIDTH };

double *depth_weights(rng *g)
{
    size_t n = (size_t)DEPTH_MOST * 2 * W * W;
    double *weights = malloc(n * sizeof *weights);
    for (size_t i = 0; weights && i < n; i++)
        weights[i] = rng_normal(g);
    return weights;
}

/* out = size V in, or with V transposed; V is (W,W). */
static void times(real out[W], double size, const double V[W][W],
                  bool transposed, const real in[W])
{
    for (int i = 0; i < W; i++) {
        real sum = 0;
        for (int j = 0; j < W; j++)
            sum += (real)(transposed ? V[j][i] : V[i][j]) * in[j];
        out[i] = (real)size * sum;
    }
}

static double length(const real x[W])
{
    double sum = 0;
    for (int i = 0; i < W; i++)
        sum += re(x[i]) * re(x[i]);
    return sqrt(sum);
}

/* One layer forward: x becomes the next x; a (W) is kept for the backward. */
static void forward(stack_kind kind, double branch, const double V[2][W][W],
                    real x[W], real a[W])
{
    real z[W], f[W];
    times(z, sqrt(kind.gain / W), V[0], false, x);
    if (kind.relu)
        relu_forward(W, a, z);
    else
        tanh_forward(W, a, z);
    if (kind.residual)
        times(f, branch * sqrt(1.0 / W), V[1], false, a);
    for (int i = 0; i < W; i++)
        x[i] = kind.residual ? (real)kind.shortcut * x[i] + f[i] : a[i];
}

/* One layer backward: dx, the gradient behind the layer, becomes the one
 * before. */
static void backward(stack_kind kind, double branch, const double V[2][W][W],
                     real dx[W], const real a[W])
{
    real da[W], dz[W], back[W];
    memset(dz, 0, sizeof dz);
    if (kind.residual)
        times(da, branch * sqrt(1.0 / W), V[1], true, dx);
    else
        memcpy(da, dx, sizeof da);
    if (kind.relu)
        relu_backward(W, dz, da, a);
    else
        tanh_backward(W, dz, da, a);
    times(back, sqrt(kind.gain / W), V[0], true, dz);
    for (int i = 0; i < W; i++)
        dx[i] = kind.residual ? (real)kind.shortcut * dx[i] + back[i] : back[i];
}

static double branch_of(stack_kind kind, int depth)
{
    static const double one = 1;
    return kind.divide ? one / sqrt((double)depth) : one;
}

void depth_forward(stack_kind kind, int depth, real a[depth][W], real x[W],
                   const double *weights)
{
    const double(*V)[2][W][W] = (const double(*)[2][W][W])weights;
    for (int l = 0; l < depth; l++)
        forward(kind, branch_of(kind, depth), V[l], x, a[l]);
}

void depth_backward(stack_kind kind, int depth, real dx[W],
                    const real a[depth][W], const double *weights)
{
    const double(*V)[2][W][W] = (const double(*)[2][W][W])weights;
    for (int l = depth - 1; l >= 0; l--)
        backward(kind, branch_of(kind, depth), V[l], dx, a[l]);
}

double depth_gradient_ratio(stack_kind kind, int depth, const double *weights,
                            rng *g)
{
    real x[W], dx[W], a[DEPTH_MOST][W];
    for (int i = 0; i < W; i++)
        x[i] = (real)rng_normal(g);
    for (int i = 0; i < W; i++)
        dx[i] = (real)rng_normal(g);
    double behind = length(dx);
    depth_forward(kind, depth, a, x, weights);
    depth_backward(kind, depth, dx, a, weights);
    return length(dx) / behind;
}
