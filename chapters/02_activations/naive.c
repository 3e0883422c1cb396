/* SPDX-License-Identifier: MIT */
#include "chapters/02_activations/naive.h"

/* [naive] */
real naive_sigmoid(real z)
{
    return exp(z) / (1 + exp(z));
}

real naive_tanh(real z)
{
    return (exp(z) - exp(-z)) / (exp(z) + exp(-z));
}

real naive_softplus(real z)
{
    return log(1 + exp(z));
}

void naive_softmax(int N, real p[N], const real z[N])
{
    real sum = 0;
    for (int n = 0; n < N; n++)
        sum += p[n] = exp(z[n]);
    for (int n = 0; n < N; n++)
        p[n] /= sum;
}

real naive_log_sum_exp(int N, const real z[N])
{
    real sum = exp(z[0]);
    for (int n = 1; n < N; n++)
        sum += exp(z[n]);
    return log(sum);
}
/* [naive] */

real naive_gelu(real z)
{
    const real root_half = R(0.70710678118654752);
    return z * (1 + real_erf(z * root_half)) / 2;
}
