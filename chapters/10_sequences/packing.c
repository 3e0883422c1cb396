/* SPDX-License-Identifier: MIT */
#include "chapters/10_sequences/packing.h"

/* [pack_batch] */
int pack_batch(int B, int T, int order[B], int active[T + 1], int first[T + 1],
               const int length[B])
{
    for (int b = 0; b < B; b++) { /* insert where the longer ones end */
        int place = b;
        for (; place > 0 && length[order[place - 1]] < length[b]; place--)
            order[place] = order[place - 1];
        order[place] = b;
    }
    first[0] = 0;
    for (int t = 0; t <= T; t++) {
        active[t] = 0;
        for (int b = 0; b < B; b++)
            active[t] += length[b] >= t;                           /* (10.10) */
        if (t > 0)
            first[t] = first[t - 1] + active[t - 1];               /* (10.11) */
    }
    return first[T] + active[T] - B;
}
/* [pack_batch] */

/* [packed_lstm_forward] */
void packed_lstm_forward(int B, int T, int R, int D, int H, real c[B + R][H],
                         real h[B + R][H], real gate[R][GATES][H],
                         const int active[T + 1], const int first[T + 1],
                         const real W[GATES][H][D], const real U[GATES][H][H],
                         const real b[GATES][H], const real x[R][D])
{
    for (int t = 1; t <= T; t++)
        for (int i = 0; i < active[t]; i++) {
            int now = first[t] + i, before = first[t - 1] + i;
            lstm_step_forward(D, H, c[now], h[now], gate[now - B], W, U, b,
                              x[now - B], h[before], c[before]);   /* (10.12) */
        }
}
/* [packed_lstm_forward] */

/* [packed_lstm_backward] */
void packed_lstm_backward(int B, int T, int R, int D, int H,
                          real dW[GATES][H][D], real dU[GATES][H][H],
                          real db[GATES][H], real dx[R][D], real dh[B + R][H],
                          real dc[B + R][H], const real gate[R][GATES][H],
                          const real c[B + R][H], const real h[B + R][H],
                          const int active[T + 1], const int first[T + 1],
                          const real W[GATES][H][D], const real U[GATES][H][H],
                          const real x[R][D])
{
    for (int t = T; t >= 1; t--)
        for (int i = 0; i < active[t]; i++) {
            int now = first[t] + i, before = first[t - 1] + i;
            lstm_step_backward(D, H, dW, dU, db, dx[now - B], dh[before],
                               dc[before], dh[now], dc[now], gate[now - B],
                               c[now], W, U, x[now - B], h[before],
                               c[before]);                         /* (10.13) */
        }
}
/* [packed_lstm_backward] */
