/* SPDX-License-Identifier: MIT */
#include "chapters/13_multi_head/positions.h"

/* [sinusoids] */
double sinusoid_frequency(int C, int i)
{
    double base = 10000;                  /* Vaswani et al. 2017, section 3.5 */
    return exp(-2.0 * i / C * log(base));                          /* (13.19) */
}

void sinusoids(int T, int C, real P[T][C])
{
    for (int t = 0; t < T; t++)
        for (int i = 0; i < C / 2; i++) {
            double angle = t * sinusoid_frequency(C, i);
            P[t][2 * i] = (real)sin(angle);
            P[t][2 * i + 1] = (real)cos(angle);                    /* (13.20) */
        }
}
/* [sinusoids] */

/* [sinusoid_turn] */
void sinusoid_turn(int C, real to[C], const real from[C], int k)
{
    for (int i = 0; i < C / 2; i++) {
        double angle = k * sinusoid_frequency(C, i);
        real c = (real)cos(angle), s = (real)sin(angle);
        to[2 * i] = c * from[2 * i] + s * from[2 * i + 1];
        to[2 * i + 1] = c * from[2 * i + 1] - s * from[2 * i];     /* (13.21) */
    }
}
/* [sinusoid_turn] */

/* [positions] */
void positions_forward(int B, int T, int C, real x[B][T][C],
                       const real e[B][T][C], const real P[T][C])
{
    for (int b = 0; b < B; b++)
        for (int t = 0; t < T; t++)
            for (int c = 0; c < C; c++)
                x[b][t][c] = e[b][t][c] + P[t][c];                 /* (13.23) */
}

void positions_backward(int B, int T, int C, real dP[T][C], real de[B][T][C],
                        const real dx[B][T][C])
{
    for (int b = 0; b < B; b++)
        for (int t = 0; t < T; t++)
            for (int c = 0; c < C; c++) {
                dP[t][c] += dx[b][t][c];                           /* (13.24) */
                de[b][t][c] += dx[b][t][c];
            }
}
/* [positions] */
