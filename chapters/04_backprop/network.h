/* SPDX-License-Identifier: MIT */
/** @file
 *  A network of L dense layers, the backward pass through all of them, and plain
 *  gradient descent.
 *  Letters: L layers, l their index; layer l has M units and N inputs, N being the
 *  units of the layer below; B cases, k their index. z_l = W_l a_{l-1} + b_l goes
 *  into layer l, a_l comes out; a_0 is the input x.
 *
 *  All parameters of a network are one vector w: W_1 row by row, b_1, W_2, b_2, and
 *  so on. All its values are one vector a: a_0, a_1, ..., a_L. */
#ifndef HANDGRAD_NETWORK_H
#define HANDGRAD_NETWORK_H

#include "lib/real.h"
#include "lib/rng.h"

enum { LAYERS = 32 }; /**< the most layers of a network */

/** What a layer does to each of its sums z. */
typedef enum squash {
    IDENTITY, /**< a = z */
    SIGMOID,
    TANH,
    RELU /**< at the kink z = 0 the slope is 0 */
} squash;

/** The shape of a network; made by network_new. */
typedef struct network {
    int L;                  /**< layers, 1 to LAYERS */
    int width[LAYERS + 1];  /**< width[0] inputs, width[l] units in layer l */
    squash phi[LAYERS + 1]; /**< of layer l; phi[0] is not used */
    int weights;            /**< how many parameters there are */
    int values;             /**< how many values, the inputs among them */
    int widest;             /**< the largest width */
} network;

/** A network whose hidden layers have one squash and whose output layer has
 *  another: network_new(2, (int[]){3, 5, 2}, RELU, IDENTITY). */
network network_new(int L, const int width[L + 1], squash hidden,
                    squash output);

/** Where W_l begins in w. */
int network_matrix(const network *n, int l);

/** Where b_l begins in w. */
int network_bias(const network *n, int l);

/** Where a_l begins in a. */
int network_layer(const network *n, int l);

/** The parameters of a network by its widths: eq. 4.20. */
long network_parameters(int L, const int width[L + 1]);

/** The numbers in +-limit that have this variance: eq. 4.26. */
double network_limit(double variance);

/** Weights to start with: each W_l uniform with the variance gain/N, eq. 4.26, and
 *  each b_l zero. */
void network_start(const network *n, real w[n->weights], double gain, rng *g);

/** a = phi(z), entry by entry: eq. 4.2. */
void squash_forward(int M, real a[M], squash phi, const real z[M]);

/** dz += da phi'(z): eq. 4.5. Needs the output a, not z. */
void squash_backward(int M, real dz[M], const real da[M], squash phi,
                     const real a[M]);

/** Returns half the sum of (a - y)^2: eq. 4.3. */
real half_square_forward(int M, const real a[M], const real y[M]);

/** da += dloss (a - y), dy += dloss (y - a): eq. 4.4. */
void half_square_backward(int M, real da[M], real dy[M], real dloss,
                          const real a[M], const real y[M]);

/** All values a_0 to a_L of the network for the input x, into a: eqs. 4.10 and 4.11.
 *  The backward pass needs them. */
void network_forward(const network *n, real a[n->values],
                     const real w[n->weights], const real x[n->width[0]]);

/** The output a_L among the values a. */
const real *network_output(const network *n, const real a[n->values]);

/** Adds the gradients of one case to dw and dx: eqs. 4.12 to 4.15. dy is the gradient
 *  by the output a_L; dx, by the input, may be NULL. It needs the values a, not the
 *  sums z. */
void network_backward(const network *n, real dw[n->weights],
                      real dx[n->width[0]], const real dy[n->width[n->L]],
                      const real a[n->values], const real w[n->weights]);

/** The Jacobian of the output by the input, from the first layer up: eq. 4.14. The
 *  backward pass does without it. */
void network_jacobian(const network *n, real J[n->width[n->L]][n->width[0]],
                      const real a[n->values], const real w[n->weights]);

/** Returns the sum over B cases of half_square_forward; adds dloss times its
 *  gradient to dw: eq. 4.16. */
real network_squares(const network *n, int B, real dw[n->weights], real dloss,
                     const real w[n->weights], const real x[B][n->width[0]],
                     const real y[B][n->width[n->L]]);

/** The same for classes: the outputs are logits (the output layer's squash is
 *  IDENTITY), the loss the sum of the cross-entropies of their softmax. */
real network_classes(const network *n, int B, real dw[n->weights], real dloss,
                     const real w[n->weights], const real x[B][n->width[0]],
                     const int target[B]);

/** One step of plain gradient descent: eq. 4.17. (Chapter 5 has others.) */
void network_descend(int n, real w[n], const real dw[n], double rate);

#endif
