/* SPDX-License-Identifier: MIT */
#include "chapters/09_gru/gru.h"

#include "chapters/02_activations/activations.h"

/* [gates_forward] */
/* The reset gate and the update gate: both forms have them alike. */
static void gates_forward(int D, int H, real v[GRU_ROWS][H],
                          const real W[GRU_GATES][H][D],
                          const real U[GRU_GATES][H][H],
                          const real b[GRU_ROWS][H], const real x[D],
                          const real h0[H])
{
    real a[GRU_GATES][H];
    for (int s = RESET; s <= UPDATE; s++)
        for (int j = 0; j < H; j++) {
            a[s][j] = b[s][j];
            for (int d = 0; d < D; d++)
                a[s][j] += W[s][j][d] * x[d];
            for (int k = 0; k < H; k++)
                a[s][j] += U[s][j][k] * h0[k];                       /* (9.1) */
        }
    for (int j = 0; j < H; j++) {
        v[RESET][j] = sigmoid(a[RESET][j]);                          /* (9.2) */
        v[UPDATE][j] = sigmoid(a[UPDATE][j]);                        /* (9.3) */
    }
}
/* [gates_forward] */

/* [gru_before_step_forward] */
void gru_before_step_forward(int D, int H, real h[H], real v[GRU_ROWS][H],
                             const real W[GRU_GATES][H][D],
                             const real U[GRU_GATES][H][H],
                             const real b[GRU_ROWS][H], const real x[D],
                             const real h0[H])
{
    real *r = v[RESET], *z = v[UPDATE], *n = v[NEW], *p = v[INNER];
    gates_forward(D, H, v, W, U, b, x, h0);
    for (int k = 0; k < H; k++)
        p[k] = r[k] * h0[k];                                         /* (9.4) */
    for (int j = 0; j < H; j++) {
        real a = b[NEW][j];
        for (int d = 0; d < D; d++)
            a += W[NEW][j][d] * x[d];
        for (int k = 0; k < H; k++)
            a += U[NEW][j][k] * p[k];                                /* (9.5) */
        n[j] = tanh(a);                                              /* (9.6) */
        h[j] = (1 - z[j]) * n[j] + z[j] * h0[j];                     /* (9.7) */
    }
}
/* [gru_before_step_forward] */

/* [blend_backward] */
/* Back through (9.7), (9.6) and (9.3). */
static void blend_backward(int H, real da_z[H], real da_n[H], real dh0[H],
                           const real dh[H], const real v[GRU_ROWS][H],
                           const real h0[H])
{
    const real *z = v[UPDATE], *n = v[NEW];
    for (int j = 0; j < H; j++) {
        da_z[j] = dh[j] * (h0[j] - n[j]) * z[j] * (1 - z[j]);        /* (9.8) */
        da_n[j] = dh[j] * (1 - z[j]) * (1 - n[j] * n[j]);            /* (9.9) */
        dh0[j] += dh[j] * z[j];                                     /* (9.10) */
    }
}

/* Back through the net inputs: all that both forms have alike. */
static void net_backward(int D, int H, real dW[GRU_GATES][H][D],
                         real dU[GRU_GATES][H][H], real db[GRU_ROWS][H],
                         real dx[D], real dh0[H], const real da[GRU_GATES][H],
                         const real W[GRU_GATES][H][D],
                         const real U[GRU_GATES][H][H], const real x[D],
                         const real h0[H])
{
    for (int s = 0; s < GRU_GATES; s++)
        for (int j = 0; j < H; j++) {
            db[s][j] += da[s][j];                                   /* (9.14) */
            for (int d = 0; d < D; d++) {
                dW[s][j][d] += da[s][j] * x[d];                     /* (9.15) */
                dx[d] += W[s][j][d] * da[s][j];                     /* (9.16) */
            }
            for (int k = 0; k < H && s != NEW; k++) {
                dU[s][j][k] += da[s][j] * h0[k];                    /* (9.17) */
                dh0[k] += U[s][j][k] * da[s][j];                    /* (9.18) */
            }
        }
}
/* [blend_backward] */

/* [gru_before_step_backward] */
void gru_before_step_backward(int D, int H, real dW[GRU_GATES][H][D],
                              real dU[GRU_GATES][H][H], real db[GRU_ROWS][H],
                              real dx[D], real dh0[H], const real dh[H],
                              const real v[GRU_ROWS][H],
                              const real W[GRU_GATES][H][D],
                              const real U[GRU_GATES][H][H], const real x[D],
                              const real h0[H])
{
    const real *r = v[RESET], *p = v[INNER];
    real da[GRU_GATES][H];
    blend_backward(H, da[UPDATE], da[NEW], dh0, dh, v, h0);
    for (int k = 0; k < H; k++) {
        real dp = 0;
        for (int j = 0; j < H; j++)
            dp += U[NEW][j][k] * da[NEW][j];                        /* (9.11) */
        da[RESET][k] = dp * h0[k] * r[k] * (1 - r[k]);              /* (9.12) */
        dh0[k] += dp * r[k];                                        /* (9.13) */
    }
    net_backward(D, H, dW, dU, db, dx, dh0, da, W, U, x, h0);
    for (int j = 0; j < H; j++)
        for (int k = 0; k < H; k++)
            dU[NEW][j][k] += da[NEW][j] * p[k];                     /* (9.19) */
}
/* [gru_before_step_backward] */

/* [gru_after_step_forward] */
void gru_after_step_forward(int D, int H, real h[H], real v[GRU_ROWS][H],
                            const real W[GRU_GATES][H][D],
                            const real U[GRU_GATES][H][H],
                            const real b[GRU_ROWS][H], const real x[D],
                            const real h0[H])
{
    real *r = v[RESET], *z = v[UPDATE], *n = v[NEW], *q = v[INNER];
    gates_forward(D, H, v, W, U, b, x, h0);
    for (int j = 0; j < H; j++) {
        q[j] = b[INNER][j];
        for (int k = 0; k < H; k++)
            q[j] += U[NEW][j][k] * h0[k];                           /* (9.20) */
        real a = b[NEW][j];
        for (int d = 0; d < D; d++)
            a += W[NEW][j][d] * x[d];
        a += r[j] * q[j];                                           /* (9.21) */
        n[j] = tanh(a);                                              /* (9.6) */
        h[j] = (1 - z[j]) * n[j] + z[j] * h0[j];                     /* (9.7) */
    }
}
/* [gru_after_step_forward] */

/* [gru_after_step_backward] */
void gru_after_step_backward(int D, int H, real dW[GRU_GATES][H][D],
                             real dU[GRU_GATES][H][H], real db[GRU_ROWS][H],
                             real dx[D], real dh0[H], const real dh[H],
                             const real v[GRU_ROWS][H],
                             const real W[GRU_GATES][H][D],
                             const real U[GRU_GATES][H][H], const real x[D],
                             const real h0[H])
{
    const real *r = v[RESET], *q = v[INNER];
    real da[GRU_GATES][H];
    blend_backward(H, da[UPDATE], da[NEW], dh0, dh, v, h0);
    for (int j = 0; j < H; j++) {
        da[RESET][j] = da[NEW][j] * q[j] * r[j] * (1 - r[j]);       /* (9.22) */
        real dq = da[NEW][j] * r[j];                                /* (9.23) */
        db[INNER][j] += dq;                                         /* (9.24) */
        for (int k = 0; k < H; k++) {
            dU[NEW][j][k] += dq * h0[k];                            /* (9.25) */
            dh0[k] += U[NEW][j][k] * dq;                            /* (9.26) */
        }
    }
    net_backward(D, H, dW, dU, db, dx, dh0, da, W, U, x, h0);
}
/* [gru_after_step_backward] */

/* [gru_forward] */
void gru_forward(int T, int D, int H, gru_form form, real h[T + 1][H],
                 real v[T][GRU_ROWS][H], const real W[GRU_GATES][H][D],
                 const real U[GRU_GATES][H][H], const real b[GRU_ROWS][H],
                 const real x[T][D])
{
    for (int t = 1; t <= T; t++)
        if (form == RESET_BEFORE)
            gru_before_step_forward(D, H, h[t], v[t - 1], W, U, b, x[t - 1],
                                    h[t - 1]);
        else
            gru_after_step_forward(D, H, h[t], v[t - 1], W, U, b, x[t - 1],
                                   h[t - 1]);                       /* (9.29) */
}
/* [gru_forward] */

/* [gru_backward] */
void gru_backward(int T, int D, int H, gru_form form, real dW[GRU_GATES][H][D],
                  real dU[GRU_GATES][H][H], real db[GRU_ROWS][H], real dx[T][D],
                  real dh[T + 1][H], const real v[T][GRU_ROWS][H],
                  const real h[T + 1][H], const real W[GRU_GATES][H][D],
                  const real U[GRU_GATES][H][H], const real x[T][D])
{
    for (int t = T; t >= 1; t--)
        if (form == RESET_BEFORE)
            gru_before_step_backward(D, H, dW, dU, db, dx[t - 1], dh[t - 1],
                                     dh[t], v[t - 1], W, U, x[t - 1], h[t - 1]);
        else
            gru_after_step_backward(D, H, dW, dU, db, dx[t - 1], dh[t - 1],
                                    dh[t], v[t - 1], W, U, x[t - 1],
                                    h[t - 1]);                      /* (9.30) */
}
/* [gru_backward] */

/* [gru_jacobian] */
void gru_jacobian(int H, gru_form form, real J[H][H], const real v[GRU_ROWS][H],
                  const real U[GRU_GATES][H][H], const real h0[H])
{
    const real *r = v[RESET], *z = v[UPDATE], *n = v[NEW], *q = v[INNER];
    for (int j = 0; j < H; j++)
        for (int k = 0; k < H; k++) {
            real inner = 0; /* da_n[j]/dh0[k] */
            if (form == RESET_BEFORE) {
                inner = U[NEW][j][k] * r[k];
                for (int l = 0; l < H; l++)
                    inner += U[NEW][j][l] * h0[l] * r[l] * (1 - r[l]) *
                             U[RESET][l][k];                        /* (9.33) */
            } else {
                inner = r[j] * U[NEW][j][k] +
                        q[j] * r[j] * (1 - r[j]) * U[RESET][j][k];  /* (9.34) */
            }
            J[j][k] = (j == k ? z[j] : 0) +
                      (h0[j] - n[j]) * z[j] * (1 - z[j]) * U[UPDATE][j][k] +
                      (1 - z[j]) * (1 - n[j] * n[j]) * inner;       /* (9.32) */
        }
}
/* [gru_jacobian] */
