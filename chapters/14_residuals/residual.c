/* SPDX-License-Identifier: MIT */
#include "chapters/14_residuals/residual.h"

#include <string.h>

#include "chapters/02_activations/activations.h"
#include "chapters/04_backprop/linear.h"

/* [branch] */
void branch_forward(int M, int N, int H, real F[M], real a[H], bool relu,
                    const real W1[H][N], const real b1[H], const real W2[M][H],
                    const real b2[M], const real x[N])
{
    real z[H];
    linear_forward(H, N, z, W1, b1, x);
    if (relu)
        relu_forward(H, a, z);
    else
        tanh_forward(H, a, z);                                      /* (14.1) */
    linear_forward(M, H, F, W2, b2, a);                             /* (14.2) */
}

void branch_backward(int M, int N, int H, real dW1[H][N], real db1[H],
                     real dW2[M][H], real db2[M], real dx[N], const real dF[M],
                     bool relu, const real a[H], const real W1[H][N],
                     const real W2[M][H], const real x[N])
{
    real da[H], dz[H];
    for (int h = 0; h < H; h++)
        da[h] = dz[h] = 0;
    linear_backward(M, H, dW2, db2, da, dF, W2, a);                 /* (14.6) */
    if (relu)
        relu_backward(H, dz, da, a); /* a > 0 where z > 0 */
    else
        tanh_backward(H, dz, da, a);                                /* (14.7) */
    linear_backward(H, N, dW1, db1, dx, dz, W1, x);                 /* (14.8) */
}
/* [branch] */

/* [residual] */
void residual_forward(int N, int H, real y[N], real a[H], residual_kind kind,
                      const real W1[H][N], const real b1[H],
                      const real W2[N][H], const real b2[N], const real x[N])
{
    real F[N];
    branch_forward(N, N, H, F, a, kind.relu, W1, b1, W2, b2, x);
    const real lambda = (real)kind.shortcut, beta = (real)kind.branch;
    for (int n = 0; n < N; n++)
        y[n] = lambda * x[n] + beta * F[n];                         /* (14.3) */
}

void residual_backward(int N, int H, real dW1[H][N], real db1[H],
                       real dW2[N][H], real db2[N], real dx[N],
                       const real dy[N], residual_kind kind, const real a[H],
                       const real W1[H][N], const real W2[N][H],
                       const real x[N])
{
    real dF[N];
    memcpy(dF, dy, sizeof dF);
    for (int n = 0; n < N; n++)
        dF[n] *= (real)kind.branch;                                 /* (14.5) */
    branch_backward(N, N, H, dW1, db1, dW2, db2, dx, dF, kind.relu, a, W1, W2,
                    x);
    for (int n = 0; n < N; n++)
        dx[n] += (real)kind.shortcut * dy[n];                       /* (14.9) */
}
/* [residual] */

/* [projection] */
void projection_forward(int M, int N, int H, real y[M], real a[H], bool relu,
                        const real Ws[M][N], const real W1[H][N],
                        const real b1[H], const real W2[M][H], const real b2[M],
                        const real x[N])
{
    branch_forward(M, N, H, y, a, relu, W1, b1, W2, b2, x);
    for (int m = 0; m < M; m++)
        for (int n = 0; n < N; n++)
            y[m] += Ws[m][n] * x[n];                                /* (14.4) */
}

void projection_backward(int M, int N, int H, real dWs[M][N], real dW1[H][N],
                         real db1[H], real dW2[M][H], real db2[M], real dx[N],
                         const real dy[M], bool relu, const real a[H],
                         const real Ws[M][N], const real W1[H][N],
                         const real W2[M][H], const real x[N])
{
    branch_backward(M, N, H, dW1, db1, dW2, db2, dx, dy, relu, a, W1, W2, x);
    for (int m = 0; m < M; m++)
        for (int n = 0; n < N; n++) {
            dWs[m][n] += dy[m] * x[n];                             /* (14.10) */
            dx[n] += Ws[m][n] * dy[m];                             /* (14.10) */
        }
}
/* [projection] */

void residual_jacobian(int N, int H, real J[N][N], residual_kind kind,
                       const real a[H], const real W1[H][N],
                       const real W2[N][H])
{
    for (int m = 0; m < N; m++)
        for (int n = 0; n < N; n++) {
            real sum = 0;
            for (int h = 0; h < H; h++) {
                real slope = kind.relu ? (real)(re(a[h]) > 0) : 1 - a[h] * a[h];
                sum += W2[m][h] * slope * W1[h][n];
            }
            J[m][n] = (real)(m == n ? kind.shortcut : 0);
            J[m][n] += (real)kind.branch * sum;                    /* (14.11) */
        }
}
