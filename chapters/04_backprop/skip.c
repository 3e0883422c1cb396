/* SPDX-License-Identifier: MIT */
#include "chapters/04_backprop/skip.h"

#include <string.h>

#include "chapters/04_backprop/linear.h"

/* [skip] */
void skip_forward(int N, int H, int M, real y[M], real s[N + H], squash hidden,
                  squash output, const real A[H][N], const real c[H],
                  const real W[M][N + H], const real b[M], const real x[N])
{
    real zh[H], zy[M];
    memcpy(s, x, (size_t)N * sizeof *s);
    linear_forward(H, N, zh, A, c, x);
    squash_forward(H, s + N, hidden, zh);
    linear_forward(M, N + H, zy, W, b, s);                          /* (4.18) */
    squash_forward(M, y, output, zy);
}

void skip_backward(int N, int H, int M, real dA[H][N], real dc[H],
                   real dW[M][N + H], real db[M], real dx[N], squash hidden,
                   squash output, const real dy[M], const real y[M],
                   const real s[N + H], const real A[H][N],
                   const real W[M][N + H])
{
    real dzy[M], dzh[H], ds[N + H];
    memset(dzy, 0, sizeof dzy);
    memset(dzh, 0, sizeof dzh);
    memset(ds, 0, sizeof ds);
    squash_backward(M, dzy, dy, output, y);
    linear_backward(M, N + H, dW, db, ds, dzy, W, s);
    squash_backward(H, dzh, ds + N, hidden, s + N);
    linear_backward(H, N, dA, dc, dx, dzh, A, s);
    for (int n = 0; n < N; n++)
        dx[n] += ds[n];                                             /* (4.19) */
}
/* [skip] */
