/* SPDX-License-Identifier: MIT */
#include "chapters/01_derivatives/mistakes.h"

const char *const mistake_names[MISTAKES] = {
    "right",         "sign",       "factor 2", "missing",
    "p_n forgotten", "plain mean", "p_(n+1)",  "diagonal only",
};

/* [softmax_of] */
void softmax_of(int N, real p[N], const real z[N])
{
    real largest = z[0], sum = 0; /* largest: no exponential overflows */
    for (int n = 1; n < N; n++)
        largest = real_max(largest, z[n]);
    for (int n = 0; n < N; n++)
        sum += p[n] = exp(z[n] - largest);
    for (int n = 0; n < N; n++)
        p[n] /= sum;                                                /* (1.38) */
}
/* [softmax_of] */

real softmax_loss(int N, const real z[N], const real dp[N])
{
    real p[N], loss = 0;
    softmax_of(N, p, z);
    for (int n = 0; n < N; n++)
        loss += dp[n] * p[n];                                       /* (1.40) */
    return loss;
}

/* [softmax_mistake] */
void softmax_mistake(mistake which, int N, real dz[N], const real dp[N],
                     const real p[N])
{
    real mean = 0, plain = 0;
    for (int n = 0; n < N; n++) {
        mean += p[n] * dp[n];
        plain += dp[n] / N;
    }
    for (int n = 0; n < N; n++) {
        real right = p[n] * (dp[n] - mean);                         /* (1.39) */
        switch (which) {
        case SIGN: dz[n] -= right; break;
        case TWICE: dz[n] += 2 * right; break;
        case MISSING: break;
        case NO_WEIGHT: dz[n] += dp[n] - mean; break;
        case PLAIN_MEAN: dz[n] += p[n] * (dp[n] - plain); break;
        case SHIFTED: dz[n] += p[(n + 1) % N] * (dp[n] - mean); break;
        case DIAGONAL: dz[n] += p[n] * (1 - p[n]) * dp[n]; break;
        default: dz[n] += right; break;
        }
    }
}
/* [softmax_mistake] */
