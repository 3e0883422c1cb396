/* SPDX-License-Identifier: MIT */
#include "chapters/05_optimizers/listing.h"

#include "chapters/02_activations/activations.h"
#include "chapters/04_backprop/linear.h"

#include <string.h>

/* [listing_forward] */
void listing_forward(int B, real o[B][OUT], real h[B][HIDDEN], real c[B][CODE],
                     const listing *n, const real x[B][IN])
{
    for (int b = 0; b < B; b++) {
        real z[HIDDEN], s[CODE];
        linear_forward(HIDDEN, IN, z, n->W1, n->b1, x[b]);
        tanh_forward(HIDDEN, h[b], z);                              /* (5.73) */
        linear_forward(CODE, HIDDEN, s, n->W2, n->b2, h[b]);
        tanh_forward(CODE, c[b], s);                                /* (5.74) */
        linear_forward(OUT, CODE, o[b], n->W3, n->b3, c[b]);        /* (5.75) */
    }
}
/* [listing_forward] */

/* [one_label] */
real one_label_forward(int B, int M, const real o[B][M], const real y[B])
{
    real sum = 0;
    for (int b = 0; b < B; b++)
        for (int m = 0; m < M; m++)
            sum += (o[b][m] - y[b]) * (o[b][m] - y[b]);
    return sum / (B * M);                                           /* (5.76) */
}

void one_label_backward(int B, int M, real do_[B][M], real dy[B], real dL,
                        const real o[B][M], const real y[B])
{
    for (int b = 0; b < B; b++)
        for (int m = 0; m < M; m++) {
            real e = 2 * dL * (o[b][m] - y[b]) / (B * M);
            do_[b][m] += e;                                         /* (5.77) */
            dy[b] -= e;                                            /* (5.77a) */
        }
}
/* [one_label] */

/* [listing_backward] */
void listing_backward(int B, listing *dn, real dx[B][IN],
                      const real do_[B][OUT], const listing *n,
                      const real h[B][HIDDEN], const real c[B][CODE],
                      const real x[B][IN])
{
    for (int b = 0; b < B; b++) {
        real dc[CODE] = {0}, ds[CODE] = {0}, dh[HIDDEN] = {0}, dz[HIDDEN] = {0};
        linear_backward(OUT, CODE, dn->W3, dn->b3, dc, do_[b], n->W3,
                        c[b]);                                      /* (5.78) */
        tanh_backward(CODE, ds, dc, c[b]);                          /* (5.79) */
        linear_backward(CODE, HIDDEN, dn->W2, dn->b2, dh, ds, n->W2,
                        h[b]);                                      /* (5.80) */
        tanh_backward(HIDDEN, dz, dh, h[b]);                        /* (5.81) */
        linear_backward(HIDDEN, IN, dn->W1, dn->b1, dx[b], dz, n->W1,
                        x[b]);                                      /* (5.82) */
    }
}
/* [listing_backward] */

void listing_start(listing *n, double first)
{
    real *w = (real *)n;
    for (int k = 0; k < LISTING_SIZE; k++)
        w[k] = (real)(sin(first + k) / 2);                          /* (5.72) */
}

real listing_loss(int B, listing *dn, const listing *n, const real x[B][IN],
                  const real y[B])
{
    real o[B][OUT], h[B][HIDDEN], c[B][CODE], do_[B][OUT], dy[B], dx[B][IN];
    memset(dn, 0, sizeof *dn);
    memset(do_, 0, sizeof do_);
    memset(dy, 0, sizeof dy);
    memset(dx, 0, sizeof dx);
    listing_forward(B, o, h, c, n, x);
    one_label_backward(B, OUT, do_, dy, 1, o, y);
    listing_backward(B, dn, dx, do_, n, h, c, x);
    return one_label_forward(B, OUT, o, y);
}
