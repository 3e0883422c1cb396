/* SPDX-License-Identifier: MIT */
/** @file
 *  The smallest network that learns exclusive or: one hidden unit, and direct
 *  links from the inputs to the output (Rumelhart, Hinton, Williams 1986, chapter
 *  8 of "Parallel Distributed Processing"). All units are sigmoids.
 *  Letters: x (2) the inputs, h the hidden unit, y the output, t the target. */
#ifndef HANDGRAD_XOR_H
#define HANDGRAD_XOR_H

#include "lib/real.h"

/** The parameters, or their gradients: 7 reals without a gap. */
typedef struct xor_net {
    real w[2], b; /**< from the inputs to h, and its bias */
    real v[2];    /**< from the inputs straight to y */
    real u, c;    /**< from h to y, and the bias of y */
} xor_net;

enum { XOR_SIZE = sizeof(xor_net) / sizeof(real), PATTERNS = 4 };

/** The four patterns. */
extern const real xor_input[PATTERNS][2], xor_target[PATTERNS];

/** h = sigmoid(w.x + b), y = sigmoid(v.x + u h + c); returns (y - t)^2 / 2:
 *  eqs. 5.88 to 5.90.
 *  @param[out] h, y  the backward needs them */
real xor_forward(real *h, real *y, const xor_net *n, const real x[2], real t);

/** Adds to dn, dx and dt: eqs. 5.91 to 5.94. */
void xor_backward(xor_net *dn, real dx[2], real *dt, real dL, const xor_net *n,
                  const real x[2], real t, real h, real y);

#endif
