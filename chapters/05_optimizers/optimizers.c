/* SPDX-License-Identifier: MIT */
#include "chapters/05_optimizers/optimizers.h"

/* ---- without memory, and with one ---------------------------------------- */

/* [descent] */
void gradient_descent(int n, real w[n], const real g[n], double rate)
{
    for (int i = 0; i < n; i++)
        w[i] -= (real)rate * g[i];                                   /* (5.1) */
}

void gradient_descent_backward(int n, real dg[n], const real dw[n], double rate)
{
    for (int i = 0; i < n; i++)
        dg[i] -= (real)rate * dw[i];                                /* (5.36) */
}
/* [descent] */

/* [momentum] */
void momentum(int n, real w[n], real m[n], const real g[n], double rate,
              double beta)
{
    for (int i = 0; i < n; i++) {
        m[i] = (real)beta * m[i] + g[i];                             /* (5.2) */
        w[i] -= (real)rate * m[i];                                   /* (5.3) */
    }
}

void momentum_backward(int n, real dm[n], real dg[n], const real dw[n],
                       double rate, double beta)
{
    for (int i = 0; i < n; i++) {
        dm[i] -= (real)rate * dw[i];                                /* (5.37) */
        dg[i] += dm[i];                                             /* (5.38) */
        dm[i] *= (real)beta;                                        /* (5.39) */
    }
}
/* [momentum] */

/* [nesterov] */
void nesterov(int n, real w[n], real m[n], const real g[n], double rate,
              double beta)
{
    for (int i = 0; i < n; i++) {
        m[i] = (real)beta * m[i] + g[i];                             /* (5.2) */
        w[i] -= (real)rate * (g[i] + (real)beta * m[i]);             /* (5.4) */
    }
}

void nesterov_backward(int n, real dm[n], real dg[n], const real dw[n],
                       double rate, double beta)
{
    for (int i = 0; i < n; i++) {
        dm[i] -= (real)rate * (real)beta * dw[i];                   /* (5.40) */
        dg[i] -= (real)rate * dw[i];                                /* (5.41) */
        dg[i] += dm[i];                                             /* (5.38) */
        dm[i] *= (real)beta;                                        /* (5.39) */
    }
}
/* [nesterov] */

/* ---- divided by the size of the gradient --------------------------------- */

/* [rmsprop] */
void rmsprop(int n, real w[n], real v[n], const real g[n], double rate,
             double rho, double epsilon)
{
    const real r = (real)rho;
    for (int i = 0; i < n; i++) {
        v[i] = r * v[i] + (1 - r) * g[i] * g[i];                     /* (5.5) */
        w[i] -= (real)rate * g[i] / (sqrt(v[i]) + (real)epsilon);    /* (5.6) */
    }
}

void rmsprop_backward(int n, real dv[n], real dg[n], const real dw[n],
                      const real v[n], const real g[n], double rate, double rho,
                      double epsilon)
{
    const real r = (real)rho;
    for (int i = 0; i < n; i++) {
        real root = sqrt(v[i]), size = root + (real)epsilon;
        dg[i] -= (real)rate * dw[i] / size;                         /* (5.42) */
        dv[i] +=
            (real)rate * g[i] * dw[i] / (2 * root * size * size);   /* (5.43) */
        dg[i] += 2 * (1 - r) * g[i] * dv[i];                        /* (5.44) */
        dv[i] *= r;                                                 /* (5.45) */
    }
}
/* [rmsprop] */

adam_rule adam_usual(double rate)
{
    return (adam_rule){rate, 0.9, 0.999, 1e-8};
}

/* [adam] */
/* The two averages, which Adam and its kin have in common. */
static void averages(int n, real m[n], real v[n], const real g[n],
                     adam_rule rule)
{
    const real b1 = (real)rule.beta1, b2 = (real)rule.beta2;
    for (int i = 0; i < n; i++) {
        m[i] = b1 * m[i] + (1 - b1) * g[i];                          /* (5.7) */
        v[i] = b2 * v[i] + (1 - b2) * g[i] * g[i];                   /* (5.8) */
    }
}

/* Back through them: dm and dv by the new averages become those by the old. */
static void averages_backward(int n, real dm[n], real dv[n], real dg[n],
                              const real g[n], adam_rule rule)
{
    const real b1 = (real)rule.beta1, b2 = (real)rule.beta2;
    for (int i = 0; i < n; i++) {
        dg[i] += (1 - b1) * dm[i];                                  /* (5.48) */
        dg[i] += 2 * (1 - b2) * g[i] * dv[i];                       /* (5.49) */
        dm[i] *= b1;                                                /* (5.50) */
        dv[i] *= b2;                                                /* (5.51) */
    }
}

void adam(int n, real w[n], real m[n], real v[n], const real g[n], int t,
          adam_rule rule)
{
    const real rate = (real)rule.rate, epsilon = (real)rule.epsilon;
    const real m_share = (real)(1 - pow(rule.beta1, (double)t));
    const real v_share = (real)(1 - pow(rule.beta2, (double)t));
    averages(n, m, v, g, rule);
    for (int i = 0; i < n; i++) {
        real mhat = m[i] / m_share;                                  /* (5.9) */
        real vhat = v[i] / v_share;                                 /* (5.10) */
        w[i] -= rate * mhat / (sqrt(vhat) + epsilon);               /* (5.11) */
    }
}

void adam_backward(int n, real dm[n], real dv[n], real dg[n], const real dw[n],
                   const real m[n], const real v[n], const real g[n], int t,
                   adam_rule rule)
{
    const real rate = (real)rule.rate, epsilon = (real)rule.epsilon;
    const real m_share = (real)(1 - pow(rule.beta1, (double)t));
    const real v_share = (real)(1 - pow(rule.beta2, (double)t));
    for (int i = 0; i < n; i++) {
        real mhat = m[i] / m_share, root = sqrt(v[i] / v_share);
        real size = root + epsilon;
        dm[i] -= rate * dw[i] / (size * m_share);                   /* (5.46) */
        dv[i] += rate * mhat * dw[i] /
                 (2 * root * size * size * v_share);                /* (5.47) */
    }
    averages_backward(n, dm, dv, dg, g, rule);
}
/* [adam] */

void adam_uncorrected(int n, real w[n], real m[n], real v[n], const real g[n],
                      adam_rule rule)
{
    averages(n, m, v, g, rule);
    for (int i = 0; i < n; i++)
        w[i] -= (real)rule.rate * m[i] /
                (sqrt(v[i]) + (real)rule.epsilon);                  /* (5.13) */
}

/* [amsgrad] */
void amsgrad(int n, real w[n], real m[n], real v[n], real top[n],
             const real g[n], adam_rule rule)
{
    averages(n, m, v, g, rule);
    for (int i = 0; i < n; i++) {
        top[i] = real_max(top[i], v[i]);                            /* (5.14) */
        w[i] -= (real)rule.rate * m[i] /
                (sqrt(top[i]) + (real)rule.epsilon);                /* (5.15) */
    }
}

void amsgrad_backward(int n, real dm[n], real dv[n], real dtop[n], real dg[n],
                      const real dw[n], const real m[n], const real v[n],
                      const real top_before[n], const real g[n], adam_rule rule)
{
    const real rate = (real)rule.rate;
    for (int i = 0; i < n; i++) {
        real root = sqrt(real_max(top_before[i], v[i]));
        real size = root + (real)rule.epsilon;
        dm[i] -= rate * dw[i] / size;                               /* (5.52) */
        dtop[i] += rate * m[i] * dw[i] / (2 * root * size * size); /* (5.52a) */
        if (re(v[i]) > re(top_before[i])) { /* v is the new top */
            dv[i] += dtop[i];                                       /* (5.53) */
            dtop[i] = 0;
        }
    }
    averages_backward(n, dm, dv, dg, g, rule);
}
/* [amsgrad] */

/* [adamw] */
void adamw(int n, real w[n], real m[n], real v[n], const real g[n], int t,
           adam_rule rule, double decay)
{
    for (int i = 0; i < n; i++)
        w[i] -= (real)(rule.rate * decay) * w[i];                   /* (5.28) */
    adam(n, w, m, v, g, t, rule);
}

void adamw_backward(int n, real dw[n], real dm[n], real dv[n], real dg[n],
                    const real m[n], const real v[n], const real g[n], int t,
                    adam_rule rule, double decay)
{
    adam_backward(n, dm, dv, dg, dw, m, v, g, t, rule);
    for (int i = 0; i < n; i++)
        dw[i] -= (real)(rule.rate * decay) * dw[i];                 /* (5.54) */
}
/* [adamw] */

/* ---- clipping ------------------------------------------------------------ */

/* [clip] */
double clip_by_norm(int n, real g[n], double c)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += re(g[i]) * re(g[i]);
    double norm = sqrt(sum);
    if (isinf(sum)) { /* too large to square */
        norm = 0;
        for (int i = 0; i < n; i++)
            norm = hypot(norm, re(g[i]));
    }
    if (norm > c)
        for (int i = 0; i < n; i++)
            g[i] *= (real)(c / norm);                               /* (5.34) */
    return norm;
}

void clip_by_value(int n, real g[n], double c)
{
    for (int i = 0; i < n; i++) {
        if (re(g[i]) > c)
            g[i] = (real)c;                                         /* (5.35) */
        if (re(g[i]) < -c)
            g[i] = (real)-c;
    }
}
/* [clip] */
