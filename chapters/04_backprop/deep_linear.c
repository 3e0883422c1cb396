/* SPDX-License-Identifier: MIT */
#include "chapters/04_backprop/deep_linear.h"

#include "lib/sample.h"

/* [deep_linear] */
real mode_speed(real s, real u)
{
    return 2 * u * (s - u);                                         /* (4.32) */
}

real mode_strength(real s, real u0, real time)
{
    /* e^{2st} divided out above and below: nothing overflows */
    real fading = exp(-2 * s * time);
    return s / (1 + fading * (s / u0 - 1));                         /* (4.33) */
}

double mode_half_time(double s, double u0)
{
    return log(s / u0 - 1) / (2 * s);                               /* (4.34) */
}
/* [deep_linear] */

static real dot(int N, const real a[N], const real b[N])
{
    real sum = 0;
    for (int n = 0; n < N; n++)
        sum += a[n] * b[n];
    return sum;
}

void random_orthogonal(int N, real Q[N][N], rng *g)
{
    fill_normal(N * N, &Q[0][0], 1, g);
    for (int m = 0; m < N; m++) {
        /* twice: what the first round leaves is rounding, and small */
        for (int round = 0; round < 2; round++)
            for (int k = 0; k < m; k++) {
                real along = dot(N, Q[m], Q[k]);
                for (int n = 0; n < N; n++)
                    Q[m][n] -= along * Q[k][n];
            }
        real length = sqrt(dot(N, Q[m], Q[m]));
        for (int n = 0; n < N; n++)
            Q[m][n] /= length;
    }
}

void square_multiply(int N, real C[N][N], const real A[N][N], bool transpose_A,
                     const real B[N][N], bool transpose_B)
{
    for (int m = 0; m < N; m++)
        for (int n = 0; n < N; n++) {
            C[m][n] = 0;
            for (int k = 0; k < N; k++)
                C[m][n] += (transpose_A ? A[k][m] : A[m][k]) *
                           (transpose_B ? B[n][k] : B[k][n]);
        }
}
