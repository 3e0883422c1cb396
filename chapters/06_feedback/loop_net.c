/* SPDX-License-Identifier: MIT */
#include "chapters/06_feedback/loop_net.h"

#include "chapters/02_activations/activations.h"
#include "chapters/04_backprop/linear.h"

#include <string.h>

/* The memory at w, read as rows of `width` numbers. */
#define ROWS(width, w) ((real(*)[width])(w))

int loop_net_size(int D, int H, int M)
{
    return H * (D + 1) + M * (H + 1) + D * (M + 1);
}

loop_net loop_net_view(int D, int H, int M, real w[])
{
    loop_net n = {.D = D, .H = H, .M = M};
    n.W1 = w;
    n.b1 = n.W1 + H * D;
    n.W2 = n.b1 + H;
    n.b2 = n.W2 + M * H;
    n.W3 = n.b2 + M;
    n.b3 = n.W3 + D * M;
    return n;
}

long loop_net_cost(int K, int D, int H, int M)
{
    return (long)K * (H * D + M * H + D * M);                       /* (6.28) */
}

/* [loop_net_pass] */
void loop_net_pass(const loop_net *n, real s[n->D], real h[n->H], real y[n->M],
                   const real x[n->D], const real y0[n->M])
{
    int D = n->D, H = n->H, M = n->M;
    real z[H], r[M];
    linear_forward(D, M, s, ROWS(M, n->W3), n->b3, y0);
    for (int i = 0; i < D; i++)
        s[i] += x[i];                                               /* (6.25) */
    linear_forward(H, D, z, ROWS(D, n->W1), n->b1, s);
    tanh_forward(H, h, z);                                          /* (6.26) */
    linear_forward(M, H, r, ROWS(H, n->W2), n->b2, h);
    tanh_forward(M, y, r);                                          /* (6.27) */
}
/* [loop_net_pass] */

/* [loop_net_pass_backward] */
void loop_net_pass_backward(const loop_net *n, const loop_net *d, real dx[n->D],
                            real *dy0, const real dy[n->M], const real s[n->D],
                            const real h[n->H], const real y[n->M],
                            const real y0[n->M])
{
    int D = n->D, H = n->H, M = n->M;
    real dr[M], dh[H], dz[H], ds[D];
    memset(dr, 0, sizeof dr);
    memset(dh, 0, sizeof dh);
    memset(dz, 0, sizeof dz);
    memset(ds, 0, sizeof ds);
    tanh_backward(M, dr, dy, y);                                    /* (6.29) */
    linear_backward(M, H, ROWS(H, d->W2), d->b2, dh, dr, ROWS(H, n->W2),
                    h);                                             /* (6.30) */
    tanh_backward(H, dz, dh, h);                                    /* (6.31) */
    linear_backward(H, D, ROWS(D, d->W1), d->b1, ds, dz, ROWS(D, n->W1),
                    s);                                             /* (6.32) */
    for (int i = 0; i < D; i++)
        dx[i] += ds[i];                                             /* (6.33) */
    linear_backward(D, M, ROWS(M, d->W3), d->b3, dy0, ds, ROWS(M, n->W3),
                    y0);                                            /* (6.34) */
}
/* [loop_net_pass_backward] */

/* [loop_net_backward] */
void loop_net_forward(int K, const loop_net *n, real s[K][n->D],
                      real h[K][n->H], real y[K + 1][n->M], const real x[n->D])
{
    for (int k = 1; k <= K; k++)
        loop_net_pass(n, s[k - 1], h[k - 1], y[k], x, y[k - 1]);
}

void loop_net_backward(int K, const loop_net *n, const loop_net *d,
                       real dx[n->D], real dy0[n->M], const real dy[n->M],
                       const real s[K][n->D], const real h[K][n->H],
                       const real y[K + 1][n->M])
{
    int M = n->M;
    real g[M], before[M];
    memcpy(g, dy, sizeof g); /* dL/dy_K */
    for (int k = K; k >= 1; k--) {
        memset(before, 0, sizeof before);
        loop_net_pass_backward(n, d, dx, before, g, s[k - 1], h[k - 1], y[k],
                               y[k - 1]);
        memcpy(g, before, sizeof g);                                /* (6.35) */
    }
    for (int m = 0; m < M; m++)
        dy0[m] += g[m];
}
/* [loop_net_backward] */

double loop_net_settle(int K, const loop_net *n, real s[n->D], real h[n->H],
                       real y[n->M], const real x[n->D])
{
    double change = 0;
    for (int k = 0; k < K; k++) {
        real y0[n->M];
        memcpy(y0, y, sizeof y0);
        loop_net_pass(n, s, h, y, x, y0);
        change = 0;
        for (int m = 0; m < n->M; m++)
            change = fmax(change, re(real_abs(y[m] - y0[m])));
    }
    return change;
}

/* [loop_net_jacobian] */
void loop_net_jacobian(const loop_net *n, real J[n->M][n->M],
                       const real h[n->H], const real y[n->M])
{
    int D = n->D, H = n->H, M = n->M;
    const real(*W1)[D] = ROWS(D, n->W1), (*W2)[H] = ROWS(H, n->W2);
    const real(*W3)[M] = ROWS(M, n->W3);
    for (int i = 0; i < M; i++)
        for (int j = 0; j < M; j++) {
            real sum = 0;
            for (int k = 0; k < H; k++)
                for (int l = 0; l < D; l++)
                    sum += W2[i][k] * (1 - h[k] * h[k]) * W1[k][l] * W3[l][j];
            J[i][j] = (1 - y[i] * y[i]) * sum;                      /* (6.38) */
        }
}
/* [loop_net_jacobian] */

void solve_linear(int n, real x[n], real A[n][n])
{
    for (int k = 0; k < n; k++) {
        int p = k;
        for (int i = k + 1; i < n; i++)
            if (re(real_abs(A[i][k])) > re(real_abs(A[p][k])))
                p = i;
        for (int j = 0; j < n; j++) {
            real swap = A[k][j];
            A[k][j] = A[p][j];
            A[p][j] = swap;
        }
        real swap = x[k];
        x[k] = x[p];
        x[p] = swap;
        for (int i = k + 1; i < n; i++) {
            real factor = A[i][k] / A[k][k];
            for (int j = k; j < n; j++)
                A[i][j] -= factor * A[k][j];
            x[i] -= factor * x[k];
        }
    }
    for (int i = n - 1; i >= 0; i--) {
        for (int j = i + 1; j < n; j++)
            x[i] -= A[i][j] * x[j];
        x[i] /= A[i][i];
    }
}

/* [loop_net_implicit] */
void loop_net_implicit(const loop_net *n, const loop_net *d, real dx[n->D],
                       const real dy[n->M], const real s[n->D],
                       const real h[n->H], const real y[n->M])
{
    int M = n->M;
    real J[M][M], A[M][M], g[M];
    loop_net_jacobian(n, J, h, y);
    for (int i = 0; i < M; i++) {
        for (int j = 0; j < M; j++)
            A[i][j] = (i == j) - J[j][i];
        g[i] = dy[i];
    }
    solve_linear(M, g, A);                                          /* (6.39) */
    loop_net_pass_backward(n, d, dx, NULL, g, s, h, y, y);          /* (6.40) */
}
/* [loop_net_implicit] */

double spectral_radius_2(const real J[2][2])
{
    double half = re(J[0][0] + J[1][1]) / 2;
    double det = re(J[0][0] * J[1][1] - J[0][1] * J[1][0]);
    double root = half * half - det;
    if (root < 0) /* two complex ones of equal size */
        return sqrt(det);
    return fmax(re(real_abs((real)(half + sqrt(root)))),
                re(real_abs((real)(half - sqrt(root)))));
}
