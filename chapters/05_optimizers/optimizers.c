/* SPDX-License-Identifier: MIT */
#include "chapters/05_optimizers/optimizers.h"

void gradient_descent(int n, real w[n], const real dw[n], double rate)
{
    for (int i = 0; i < n; i++)
        w[i] -= (real)rate * dw[i];
}

void momentum(int n, real w[n], real m[n], const real dw[n], double rate,
              double beta)
{
    for (int i = 0; i < n; i++) {
        m[i] = (real)beta * m[i] + dw[i];
        w[i] -= (real)rate * m[i];
    }
}

adam_rule adam_usual(double rate)
{
    return (adam_rule){rate, 0.9, 0.999, 1e-8};
}

void adam(int n, real w[n], real m[n], real v[n], const real dw[n], int t,
          adam_rule rule)
{
    const real b1 = (real)rule.beta1, b2 = (real)rule.beta2;
    const real rate = (real)rule.rate, epsilon = (real)rule.epsilon;
    const real m_bias = (real)(1 - pow(rule.beta1, (double)t));
    const real v_bias = (real)(1 - pow(rule.beta2, (double)t));
    for (int i = 0; i < n; i++) {
        m[i] = b1 * m[i] + (1 - b1) * dw[i];
        v[i] = b2 * v[i] + (1 - b2) * dw[i] * dw[i];
        w[i] -= rate * (m[i] / m_bias) / (sqrt(v[i] / v_bias) + epsilon);
    }
}

double clip_by_norm(int n, real g[n], double c)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += re(g[i]) * re(g[i]);
    double norm = sqrt(sum);
    if (norm > c)
        for (int i = 0; i < n; i++)
            g[i] *= (real)(c / norm);
    return norm;
}

void clip_by_value(int n, real g[n], double c)
{
    for (int i = 0; i < n; i++) {
        if (re(g[i]) > c)
            g[i] = (real)c;
        if (re(g[i]) < -c)
            g[i] = (real)-c;
    }
}
