/* SPDX-License-Identifier: MIT */
#include "chapters/10_sequences/checkpoint.h"

#include <string.h>

int checkpoint_segments(int T, int S)
{
    return (T + S - 1) / S;
}

long checkpoint_numbers(int T, int S, int H)
{
    long segments = checkpoint_segments(T, S);
    return 2L * H * segments + 6L * H * S + 2L * H;                /* (10.25) */
}

/* [checkpointed_forward] */
void checkpointed_forward(int T, int S, int D, int H, real kept_c[][H],
                          real kept_h[][H], real c[H], real h[H],
                          const real W[GATES][H][D], const real U[GATES][H][H],
                          const real b[GATES][H], const real x[T][D])
{
    for (int t = 0; t < T; t++) {
        real gate[GATES][H], c0[H], h0[H]; /* of this step only */
        memcpy(c0, c, sizeof c0);
        memcpy(h0, h, sizeof h0);
        if (t % S == 0) {
            memcpy(kept_c[t / S], c, sizeof c0);
            memcpy(kept_h[t / S], h, sizeof h0);                   /* (10.27) */
        }
        lstm_step_forward(D, H, c, h, gate, W, U, b, x[t], h0, c0);
    }
}
/* [checkpointed_forward] */

/* [checkpointed_backward] */
void checkpointed_backward(int T, int S, int D, int H, real dW[GATES][H][D],
                           real dU[GATES][H][H], real db[GATES][H],
                           real dx[T][D], real dc[H], real dh[H],
                           const real kept_c[][H], const real kept_h[][H],
                           const real W[GATES][H][D], const real U[GATES][H][H],
                           const real b[GATES][H], const real x[T][D])
{
    for (int k = checkpoint_segments(T, S) - 1; k >= 0; k--) {
        int first = k * S, n = first + S < T ? S : T - first;
        real c[n + 1][H], h[n + 1][H], gate[n][GATES][H];
        real dcs[n + 1][H], dhs[n + 1][H];
        memcpy(c[0], kept_c[k], sizeof c[0]);
        memcpy(h[0], kept_h[k], sizeof h[0]);
        lstm_forward(n, D, H, c, h, gate, W, U, b, x + first);
        memset(dcs, 0, sizeof dcs);
        memset(dhs, 0, sizeof dhs);
        memcpy(dcs[n], dc, sizeof dcs[n]);
        memcpy(dhs[n], dh, sizeof dhs[n]);
        lstm_backward(n, D, H, dW, dU, db, dx + first, dhs, dcs, gate, c, h, W,
                      U, x + first);                               /* (10.28) */
        memcpy(dc, dcs[0], sizeof dcs[0]);
        memcpy(dh, dhs[0], sizeof dhs[0]);
    }
}
/* [checkpointed_backward] */
