/* SPDX-License-Identifier: MIT */
#include "chapters/02_activations/activations.h"

/* ---- sigmoid and tanh ---------------------------------------------------- */

/* [sigmoid] */
real sigmoid(real z)
{
    if (re(z) >= 0)
        return 1 / (1 + exp(-z));                                    /* (2.1) */
    real e = exp(z);              /* z < 0: this exponential cannot overflow */
    return e / (1 + e);                                              /* (2.2) */
}

void sigmoid_forward(int N, real a[N], const real z[N])
{
    for (int n = 0; n < N; n++)
        a[n] = sigmoid(z[n]);
}

void sigmoid_backward(int N, real dz[N], const real da[N], const real a[N])
{
    for (int n = 0; n < N; n++)
        dz[n] += da[n] * a[n] * (1 - a[n]);                          /* (2.3) */
}
/* [sigmoid] */

/* [tanh] */
void tanh_forward(int N, real a[N], const real z[N])
{
    for (int n = 0; n < N; n++)
        a[n] = tanh(z[n]);                                           /* (2.4) */
}

void tanh_backward(int N, real dz[N], const real da[N], const real a[N])
{
    for (int n = 0; n < N; n++)
        dz[n] += da[n] * (1 - a[n] * a[n]);                          /* (2.5) */
}
/* [tanh] */

/* [slopes] */
real sigmoid_slope(real z)
{
    real q = exp(-real_abs(z));
    return q / ((1 + q) * (1 + q));                                 /* (2.35) */
}

real tanh_slope(real z)
{
    real q = exp(-2 * real_abs(z));
    return 4 * q / ((1 + q) * (1 + q));                             /* (2.36) */
}
/* [slopes] */

/* ---- ReLU and its kin ---------------------------------------------------- */

/* [relu] */
void relu_forward(int N, real a[N], const real z[N])
{
    for (int n = 0; n < N; n++)
        a[n] = re(z[n]) > 0 ? z[n] : 0;                              /* (2.8) */
}

void relu_backward(int N, real dz[N], const real da[N], const real z[N])
{
    for (int n = 0; n < N; n++)
        if (re(z[n]) > 0)
            dz[n] += da[n];                                          /* (2.9) */
}
/* [relu] */

/* [leaky_relu] */
void leaky_relu_forward(int N, real a[N], double slope, const real z[N])
{
    for (int n = 0; n < N; n++)
        a[n] = re(z[n]) > 0 ? z[n] : (real)slope * z[n];            /* (2.10) */
}

void leaky_relu_backward(int N, real dz[N], const real da[N], double slope,
                         const real z[N])
{
    for (int n = 0; n < N; n++)
        dz[n] += re(z[n]) > 0 ? da[n] : (real)slope * da[n];        /* (2.11) */
}
/* [leaky_relu] */

/* [rrelu] */
void rrelu_draw(int N, real slope[N], double lo, double hi, rng *g)
{
    for (int n = 0; n < N; n++) /* one each, whatever the sign of z will be */
        slope[n] = (real)rng_between(g, lo, hi);                    /* (2.12) */
}

void rrelu_forward(int N, real a[N], const real slope[N], const real z[N])
{
    for (int n = 0; n < N; n++)
        a[n] = re(z[n]) > 0 ? z[n] : slope[n] * z[n];               /* (2.13) */
}

void rrelu_backward(int N, real dz[N], const real da[N], const real slope[N],
                    const real z[N])
{
    for (int n = 0; n < N; n++)
        dz[n] += re(z[n]) > 0 ? da[n] : slope[n] * da[n];           /* (2.14) */
}

double rrelu_mean_slope(double lo, double hi)
{
    return (lo + hi) / 2;                                           /* (2.15) */
}
/* [rrelu] */

/* ---- dropout ------------------------------------------------------------- */

/* [dropout] */
void dropout_draw(int N, real mask[N], double p, rng *g)
{
    for (int n = 0; n < N; n++)
        mask[n] = rng_uniform(g) < p ? 0 : (real)(1 / (1 - p));     /* (2.17) */
}

void dropout_forward(int N, real a[N], const real mask[N], const real z[N])
{
    for (int n = 0; n < N; n++)
        a[n] = mask[n] * z[n];                                      /* (2.18) */
}

void dropout_backward(int N, real dz[N], const real da[N], const real mask[N])
{
    for (int n = 0; n < N; n++)
        dz[n] += mask[n] * da[n];                                   /* (2.19) */
}
/* [dropout] */

/* ---- softplus and GELU --------------------------------------------------- */

/* [softplus] */
real softplus(real z)
{
    return real_max(z, 0) + real_log1p(exp(-real_abs(z)));          /* (2.22) */
}

void softplus_forward(int N, real a[N], const real z[N])
{
    for (int n = 0; n < N; n++)
        a[n] = softplus(z[n]);
}

void softplus_backward(int N, real dz[N], const real da[N], const real z[N])
{
    for (int n = 0; n < N; n++)
        dz[n] += da[n] * sigmoid(z[n]);                             /* (2.23) */
}
/* [softplus] */

static const double root_half = 0.70710678118654752;      /* 1/sqrt(2) */
static const double root_2_over_pi = 0.79788456080286536; /* sqrt(2/pi) */
static const double one_over_root_2pi = 0.39894228040143268;
static const double cubic = 0.044715; /* Hendrycks and Gimpel 2016, sect. 2 */

/* [gelu] */
static real normal_density(real z)
{
    return (real)one_over_root_2pi * exp(-z * z / 2);
}

/* erfc and not 1 + erf, which cancels for z < 0. */
real normal_cdf(real z)
{
    return real_lift(erfc(-re(z) * root_half) / 2,                  /* (2.24) */
                     re(normal_density(re(z))), z);
}

void gelu_forward(int N, real a[N], const real z[N])
{
    for (int n = 0; n < N; n++)
        a[n] = z[n] * normal_cdf(z[n]);                             /* (2.25) */
}

void gelu_backward(int N, real dz[N], const real da[N], const real z[N])
{
    for (int n = 0; n < N; n++)
        dz[n] += da[n] *                                            /* (2.26) */
                 (normal_cdf(z[n]) + z[n] * normal_density(z[n]));
}
/* [gelu] */

/* [gelu_tanh] */
void gelu_tanh_forward(int N, real a[N], const real z[N])
{
    const real c = (real)root_2_over_pi, k = (real)cubic;
    for (int n = 0; n < N; n++) {
        real u = c * (z[n] + k * z[n] * z[n] * z[n]);               /* (2.27) */
        a[n] = z[n] * sigmoid(2 * u);                               /* (2.28) */
    }
}

void gelu_tanh_backward(int N, real dz[N], const real da[N], const real z[N])
{
    const real c = (real)root_2_over_pi, k = (real)cubic;
    for (int n = 0; n < N; n++) {
        real s = sigmoid(2 * c * (z[n] + k * z[n] * z[n] * z[n]));
        real slope = s * (1 - s), bend = 0;
        if (re(slope) > 0) /* else z^2 may be infinite, and 0 times it NaN */
            bend = 2 * c * z[n] * slope * (1 + 3 * k * z[n] * z[n]);
        dz[n] += da[n] * (s + bend);                                /* (2.29) */
    }
}
/* [gelu_tanh] */

/* ---- softmax and log-sum-exp --------------------------------------------- */

static real largest_of(int N, const real z[N])
{
    real largest = z[0];
    for (int n = 1; n < N; n++)
        largest = real_max(largest, z[n]);
    return largest;
}

/* [softmax] */
void softmax_forward(int N, real p[N], const real z[N])
{
    real largest = largest_of(N, z), sum = 0;
    for (int n = 0; n < N; n++)
        sum += p[n] = exp(z[n] - largest);
    for (int n = 0; n < N; n++)
        p[n] /= sum;                                                /* (2.30) */
}

void softmax_jacobian(int N, real J[N][N], const real p[N])
{
    for (int m = 0; m < N; m++)
        for (int n = 0; n < N; n++)
            J[m][n] = p[m] * ((m == n) - p[n]);                     /* (2.31) */
}

void softmax_backward(int N, real dz[N], const real dp[N], const real p[N])
{
    real mean = 0; /* of dp under p: what all logits share */
    for (int m = 0; m < N; m++)
        mean += p[m] * dp[m];
    for (int n = 0; n < N; n++)
        dz[n] += p[n] * (dp[n] - mean);                             /* (2.32) */
}
/* [softmax] */

/* [log_sum_exp] */
real log_sum_exp_forward(int N, real p[N], const real z[N])
{
    real largest = largest_of(N, z);
    real sum = p[0] = exp(z[0] - largest);
    for (int n = 1; n < N; n++)
        sum += p[n] = exp(z[n] - largest);
    for (int n = 0; n < N; n++)
        p[n] /= sum;
    return largest + log(sum);                                      /* (2.33) */
}

void log_sum_exp_backward(int N, real dz[N], real dy, const real p[N])
{
    for (int n = 0; n < N; n++)
        dz[n] += dy * p[n];                                         /* (2.34) */
}
/* [log_sum_exp] */
