/* SPDX-License-Identifier: MIT */
// Chapter 2: activations. Build this program alone, from the root, with
// cc -std=gnu17 -O2 -ffp-contract=off -I. chapters/02_activations/*.c lib/*.c lib/check/*.c -lm -o 02_activations
/* Letters: N how many elements, z what goes into an activation, a what comes
 * out, p the probabilities of a softmax; dz is the gradient by z. */
#include "chapters/02_activations/activations.h"
#include "chapters/02_activations/checks.h"
#include "chapters/02_activations/experiment.h"
#include "chapters/02_activations/naive.h"
#include "lib/program.h"
#include "lib/rng.h"

#include <string.h>

enum { N = 6, C = 3 };

static real z[N] = {-2, -1, 0, 0.5, 1, 2};
static real x = -2;
static real leak = 0.01, lo = 1.0 / 8, hi = 1.0 / 3, dropped = 0.5;
static real logits[C] = {1, 2, 3}, up[C] = {0.3, -1.2, 0.8};
static real target = 1.5, rate = 0.1;

static const setting settings[] = {
    SETTING("z", "N", "the points where activations are shown", z, 1, N),
    SETTING("x", "", "the input of RReLU and dropout", &x, 0, 1),
    SETTING_RANGE("leak", "left slope of leaky ReLU", &leak, 0, 1),
    SETTING_RANGE("lo", "smallest slope of RReLU", &lo, 0, 1),
    SETTING_RANGE("hi", "largest slope of RReLU", &hi, 0, 1),
    SETTING_RANGE("dropped", "probability of dropout", &dropped, 0, 0.99),
    SETTING("logits", "C", "what goes into softmax and log-sum-exp", logits, 1,
            C),
    SETTING("up", "C", "the gradient that comes back to the softmax", up, 1, C),
    SETTING_RANGE("target", "what tanh cannot reach", &target, 1.01, 10),
    SETTING_RANGE("rate", "of gradient descent", &rate, 1e-4, 0.9),
};

/* What every backward function is given here: a gradient of 1, so that what
 * comes out is the slope. */
static const real ones[N] = {1, 1, 1, 1, 1, 1};

static double size_of(real a)
{
    return re(real_abs(a));
}

/* ---- sigmoid and tanh ---------------------------------------------------- */

static void sigmoid_line(show *s, int n)
{
    char name[24];
    snprintf(name, sizeof name, "sigma(z_%d)", n + 1);
    if (re(z[n]) >= 0)
        show_value(s, name, sigmoid(z[n]), "1 / (1 + exp(%g))", 0 - re(z[n]));
    else
        show_value(s, name, sigmoid(z[n]), "exp(%g) / (1 + exp(%g))", re(z[n]),
                   re(z[n]));
}

static void show_sigmoid(show *s)
{
    real a[N], slope[N] = {0};
    show_vector(s, "z", N, z);
    show_equation(s, "2.1", "sigma(z) = 1 / (1 + exp(-z)), for z >= 0");
    for (int n = 0; n < N; n++)
        if (re(z[n]) >= 0)
            sigmoid_line(s, n);
    show_equation(s, "2.2", "sigma(z) = exp(z) / (1 + exp(z)), for z < 0");
    for (int n = 0; n < N; n++)
        if (re(z[n]) < 0)
            sigmoid_line(s, n);
    sigmoid_forward(N, a, z);
    show_no_equation(s);
    show_vector(s, "sigma(z)", N, a);
    sigmoid_backward(N, slope, ones, a);
    show_equation(s, "2.3", "sigma'(z) = a (1 - a)");
    show_value(s, "sigma'(z_1)", slope[0], "%.6f*(1 - %.6f)", re(a[0]),
               re(a[0]));
    show_vector(s, "sigma'(z)", N, slope);
}

static void show_tanh(show *s)
{
    real a[N], slope[N] = {0};
    double gap = 0, mirror = 0;
    tanh_forward(N, a, z);
    show_equation(s, "2.4",
                  "tanh(z) = (exp(z) - exp(-z)) / (exp(z) + exp(-z))");
    show_vector(s, "tanh(z)", N, a);
    tanh_backward(N, slope, ones, a);
    show_equation(s, "2.5", "tanh'(z) = 1 - a^2");
    show_value(s, "tanh'(z_1)", slope[0], "1 - (%.6f)^2", re(a[0]));
    show_vector(s, "tanh'(z)", N, slope);
    for (int n = 0; n < N; n++) {
        real other = 2 * sigmoid(2 * z[n]) - 1;                      /* (2.6) */
        gap = fmax(gap, size_of(a[n] - other));
        other = 1 - sigmoid(z[n]);                                   /* (2.7) */
        mirror = fmax(mirror, size_of(sigmoid(-z[n]) - other));
    }
    show_equation(s, "2.6", "tanh(z) = 2 sigma(2z) - 1");
    show_residual(s, "largest |left - right|", gap);
    show_equation(s, "2.7", "sigma(-z) = 1 - sigma(z)");
    show_residual(s, "largest |left - right| at -z", mirror);
}

/* ---- ReLU and its kin ---------------------------------------------------- */

static void show_relu(show *s)
{
    real a[N], slope[N] = {0}, both[2], sides[2] = {x, -x};
    relu_forward(N, a, z);
    show_equation(s, "2.8", "ReLU: a = max(z, 0)");
    show_vector(s, "a", N, a);
    relu_backward(N, slope, ones, z);
    show_equation(s, "2.9", "da/dz = 1 where z > 0, else 0");
    show_vector(s, "slope", N, slope);
    relu_forward(2, both, sides);
    show_no_equation(s);
    show_value(s, "x", x, NULL);
    show_value(s, "relu(x) + relu(-x)", both[0] + both[1], "%g + %g",
               re(both[0]), re(both[1]));
    double left = re(leak);
    leaky_relu_forward(N, a, left, z);
    show_equation(s, "2.10", "leaky ReLU: a = z where z > 0, else r z");
    show_vector(s, "a (leaky)", N, a);
    memset(slope, 0, sizeof slope);
    leaky_relu_backward(N, slope, ones, left, z);
    show_equation(s, "2.11", "da/dz = 1 where z > 0, else r");
    show_vector(s, "slope (leaky)", N, slope);
}

static void show_rrelu(show *s, rng *g)
{
    real a[N], drawn[N], slope[N] = {0}, at_x;
    double from = re(lo), to = re(hi), mean = rrelu_mean_slope(from, to);
    rrelu_draw(N, drawn, from, to, g);
    show_equation(s, "2.12", "RReLU, training: r_n uniform in [lo, hi)");
    show_vector(s, "r", N, drawn);
    rrelu_forward(N, a, drawn, z);
    show_equation(s, "2.13", "a_n = z_n where z_n > 0, else r_n z_n");
    show_vector(s, "a (RReLU)", N, a);
    rrelu_backward(N, slope, ones, drawn, z);
    show_equation(s, "2.14", "da_n/dz_n = 1 where z_n > 0, else r_n");
    show_vector(s, "slope (RReLU)", N, slope);
    show_equation(s, "2.15", "evaluation: r = (lo + hi) / 2");
    show_value(s, "r (mean)", (real)mean, "(%.6g + %.6g) / 2", from, to);
    leaky_relu_forward(1, &at_x, mean, &x);
    show_value(s, "RReLU(x) in evaluation", at_x, NULL);
    leaky_relu_forward(1, &at_x, to, &x);
    show_value(s, "RReLU(x) with r at hi", at_x, NULL);
    leaky_relu_forward(1, &at_x, from, &x);
    show_value(s, "RReLU(x) with r at lo", at_x, NULL);
    real width = re(x) > 0 ? 0 : (hi - lo) * x;
    real variance = width * width / 12;                             /* (2.16) */
    show_equation(s, "2.16", "x < 0: Var(RReLU(x)) = x^2 (hi - lo)^2 / 12");
    show_value(s, "Var(RReLU(x))", variance, NULL);
}

/* ---- dropout ------------------------------------------------------------- */

static void show_dropout(show *s, rng *g)
{
    real mask[N], a[N], dz[N] = {0};
    double p = re(dropped);
    dropout_draw(N, mask, p, g);
    show_equation(s, "2.17", "b_n = 0 with probability p, else 1 / (1 - p)");
    show_value(s, "1/(1-p)", (real)(1 / (1 - p)), "1 / (1 - %g)", p);
    show_value(s, "1/(1-p) for a p of 0.2", (real)(1 / (1 - 0.2)),
               "1 / (1 - 0.2)");
    show_vector(s, "b", N, mask);
    dropout_forward(N, a, mask, z);
    show_equation(s, "2.18", "a_n = b_n z_n");
    show_vector(s, "a (dropout)", N, a);
    dropout_backward(N, dz, ones, mask);
    show_equation(s, "2.19", "dz_n = b_n da_n");
    show_vector(s, "dz for a da of 1", N, dz);
    real kept = x / (1 - dropped);
    real mean = dropped * 0 + (1 - dropped) * kept;                 /* (2.20) */
    real variance =
        dropped * x * x + (1 - dropped) * (kept - x) * (kept - x);  /* (2.21) */
    show_equation(s, "2.20", "E a = p 0 + (1 - p) x / (1 - p) = x");
    show_value(s, "E a", mean, "%g*0 + %g*(%g)", p, 1 - p, re(kept));
    show_equation(s, "2.21", "Var a = x^2 p / (1 - p)");
    show_value(s, "Var a", variance, "%g*(%g)^2 + %g*(%g)^2", p, re(x), 1 - p,
               re(kept - x));
}

static void what_the_article_prints(show *s)
{
    real size = real_abs(x);
    show_no_equation(s);
    show_note(s, "The article's dropout keeps |x| with the probability p, and "
                 "does not rescale; its RReLU takes the maximum of that and "
                 "0. The values it can have, and its mean:");
    const real values[2] = {0, size};
    show_vector(s, "article's values", 2, values);
    show_value(s, "article's mean", dropped * size, "%g*%g", re(dropped),
               re(size));
}

static void show_kinked(program *p)
{
    rng g = rng_new(p->seed, 1);
    show *s = &p->show;
    show_section(s, "ReLU, leaky ReLU, RReLU");
    show_relu(s);
    show_rrelu(s, &g);
    show_section(s, "Dropout");
    show_dropout(s, &g);
    what_the_article_prints(s);
}

/* ---- softplus and GELU --------------------------------------------------- */

/* The last double between `good` and `bad` for which f is true, where f is true
 * from `good` to some number and false from there to `bad`. */
static double last_where(bool (*f)(double), double good, double bad)
{
    for (;;) {
        double middle = good + (bad - good) / 2;
        if (middle == good || middle == bad)
            return good;
        if (f(middle))
            good = middle;
        else
            bad = middle;
    }
}

static real gelu_slope(real at)
{
    real d = 0;
    gelu_backward(1, &d, ones, &at);
    return d;
}

static bool gelu_rises(double at)
{
    return re(gelu_slope((real)at)) > 0;
}

/* The difference of the two forms at z, of their values or of their slopes. */
static double form_gap(double at, bool slopes)
{
    const real w = (real)at;
    real a, b;
    gelu_forward(1, &a, &w);
    gelu_tanh_forward(1, &b, &w);
    if (slopes) {
        a = b = 0;
        gelu_backward(1, &a, ones, &w);
        gelu_tanh_backward(1, &b, ones, &w);
    }
    return size_of(a - b);
}

/* Where z > 0 that difference is largest: a grid to 6, then the grid around its
 * best point, finer and finer. (At -z it is as large: both forms minus z/2 are
 * even functions.) */
static double worst_gap(bool slopes)
{
    double best = 3, step = 6.0 / 64;
    for (int round = 0; round < 8; round++, step /= 16) {
        double centre = best;
        for (int i = -32; i <= 32; i++)
            if (form_gap(centre + i * step, slopes) > form_gap(best, slopes))
                best = centre + i * step;
    }
    return best;
}

static void show_gelu_tanh(show *s)
{
    const double root_2_over_pi = 0.79788456080286536;
    real a[N], u[N], slope[N] = {0};
    for (int n = 0; n < N; n++)
        u[n] = (real)root_2_over_pi *
               (z[n] + R(0.044715) * z[n] * z[n] * z[n]);           /* (2.27) */
    show_equation(s, "2.27", "tanh form: u = sqrt(2/pi) (z + 0.044715 z^3)");
    show_vector(s, "u", N, u);
    gelu_tanh_forward(N, a, z);
    show_equation(s, "2.28", "a = z (1 + tanh(u)) / 2 = z sigma(2u)");
    show_vector(s, "GELU tanh", N, a);
    gelu_tanh_backward(N, slope, ones, z);
    show_equation(s, "2.29", "da/dz = sigma + z sigma (1 - sigma) 2 du/dz");
    show_vector(s, "slope (GELU tanh)", N, slope);
    show_no_equation(s);
    show_note(s, "The two forms differ most, in value and in slope, at");
    double value_at = worst_gap(false), slope_at = worst_gap(true);
    s->digits = 4; /* the place of a maximum is known to half the digits */
    show_value(s, "z for values", (real)value_at, NULL);
    show_value(s, "difference of values", (real)form_gap(value_at, false),
               NULL);
    show_value(s, "z for slopes", (real)slope_at, NULL);
    show_value(s, "difference of slopes", (real)form_gap(slope_at, true), NULL);
    s->digits = 6;
}

static void show_smooth(show *s)
{
    real a[N], slope[N] = {0};
    show_section(s, "Softplus and GELU");
    softplus_forward(N, a, z);
    show_equation(s, "2.22",
                  "softplus: log(1 + exp(z)) = max(z, 0) + log1p(exp(-|z|))");
    show_vector(s, "softplus(z)", N, a);
    softplus_backward(N, slope, ones, z);
    show_equation(s, "2.23", "softplus'(z) = sigma(z)");
    show_vector(s, "softplus'(z)", N, slope);
    for (int n = 0; n < N; n++)
        a[n] = normal_cdf(z[n]);
    show_equation(s, "2.24",
                  "Phi(z) = (1 + erf(z/sqrt(2)))/2 = "
                  "erfc(-z/sqrt(2))/2");
    show_vector(s, "Phi(z)", N, a);
    gelu_forward(N, a, z);
    show_equation(s, "2.25", "GELU: a = z Phi(z)");
    show_vector(s, "GELU(z)", N, a);
    memset(slope, 0, sizeof slope);
    gelu_backward(N, slope, ones, z);
    show_equation(s, "2.26", "da/dz = Phi(z) + z exp(-z^2/2) / sqrt(2 pi)");
    show_vector(s, "slope (GELU)", N, slope);
    real lowest = (real)last_where(gelu_rises, 0, -3), bottom;
    gelu_forward(1, &bottom, &lowest);
    show_value(s, "lowest at z", lowest, NULL);
    show_value(s, "lowest GELU(z)", bottom, NULL);
    show_gelu_tanh(s);
}

/* ---- softmax and log-sum-exp --------------------------------------------- */

static real largest_of(int n, const real v[n])
{
    real most = v[0];
    for (int i = 1; i < n; i++)
        most = real_max(most, v[i]);
    return most;
}

static void show_softmax(show *s)
{
    real p[C], largest = largest_of(C, logits), sum = 0;
    char name[8];
    show_section(s, "Softmax and its Jacobian");
    show_vector(s, "z", C, logits);
    for (int c = 0; c < C; c++)
        sum += exp(logits[c] - largest);
    softmax_forward(C, p, logits);
    show_equation(s, "2.30", "p_n = exp(z_n - max) / sum_m exp(z_m - max)");
    show_value(s, "sum", sum, "exp(%g) + exp(%g) + exp(%g)",
               re(logits[0] - largest), re(logits[1] - largest),
               re(logits[2] - largest));
    for (int c = 0; c < C; c++) {
        snprintf(name, sizeof name, "p_%d", c + 1);
        show_value(s, name, p[c], "exp(%g) / %.6f", re(logits[c] - largest),
                   re(sum));
    }
    show_residual(s, "sum of p, minus 1", re(p[0] + p[1] + p[2] - 1));
}

/* The largest of the sums over a row, and of the differences from the
 * transpose. */
static void jacobian_residuals(show *s, const real J[C][C])
{
    double rows = 0, mirror = 0;
    for (int m = 0; m < C; m++) {
        real sum = 0;
        for (int n = 0; n < C; n++) {
            sum += J[m][n];
            mirror = fmax(mirror, size_of(J[m][n] - J[n][m]));
        }
        rows = fmax(rows, size_of(sum));
    }
    show_residual(s, "largest sum of a row", rows);
    show_residual(s, "largest |J - transposed J|", mirror);
}

static void show_jacobian(show *s)
{
    real p[C], J[C][C], dz[C] = {0}, shifted[C], q[C], mean = 0;
    double gap = 0, moved = 0;
    softmax_forward(C, p, logits);
    softmax_jacobian(C, J, p);
    show_equation(s, "2.31", "J_mn = dp_m/dz_n = p_m ([m = n] - p_n)");
    show_value(s, "J_11", J[0][0], "%.6f*(1 - %.6f)", re(p[0]), re(p[0]));
    show_value(s, "J_12", J[0][1], "-%.6f*%.6f", re(p[0]), re(p[1]));
    show_matrix(s, "J", C, C, J);
    jacobian_residuals(s, J);
    softmax_backward(C, dz, up, p);
    show_equation(s, "2.32", "dz_n = p_n (dp_n - mean), mean = sum_m p_m dp_m");
    show_vector(s, "dp", C, up);
    for (int c = 0; c < C; c++)
        mean += p[c] * up[c];
    show_value(s, "mean", mean, "%.6f*%g + %.6f*%g + %.6f*%g", re(p[0]),
               re(up[0]), re(p[1]), re(up[1]), re(p[2]), re(up[2]));
    show_vector(s, "dz", C, dz);
    show_residual(s, "sum of dz", re(dz[0] + dz[1] + dz[2]));
    for (int n = 0; n < C; n++) {
        real through = 0;
        for (int m = 0; m < C; m++)
            through += J[m][n] * up[m];
        gap = fmax(gap, size_of(through - dz[n]));
        shifted[n] = logits[n] + 100;
    }
    show_residual(s, "largest |(transposed J) dp - dz|", gap);
    softmax_forward(C, q, shifted);
    for (int c = 0; c < C; c++)
        moved = fmax(moved, size_of(q[c] - p[c]));
    show_residual(s, "change of p for z + 100", moved);
}

static void show_log_sum_exp(show *s)
{
    real p[C], q[C], dz[C] = {0}, shifted[C], two[2] = {0, x};
    real largest = largest_of(C, logits);
    show_section(s, "Log-sum-exp");
    real y = log_sum_exp_forward(C, p, logits);
    show_equation(s, "2.33",
                  "y = log sum_n exp(z_n) = max + log sum_n exp(z_n "
                  "- max)");
    show_value(s, "y", y, "%g + log(exp(%g) + exp(%g) + exp(%g))", re(largest),
               re(logits[0] - largest), re(logits[1] - largest),
               re(logits[2] - largest));
    log_sum_exp_backward(C, dz, 1, p);
    show_equation(s, "2.34", "dz_n = dy p_n: the gradient is the softmax");
    show_vector(s, "dz for a dy of 1", C, dz);
    show_no_equation(s);
    volatile double classes = C; /* no compiler folds its logarithm */
    show_value(s, "max", largest, NULL);
    show_value(s, "max + log N", largest + (real)log(classes), NULL);
    for (int c = 0; c < C; c++)
        shifted[c] = logits[c] + 100;
    show_residual(s, "y of z + 100, minus y + 100",
                  re(log_sum_exp_forward(C, q, shifted) - (y + 100)));
    show_residual(s, "y of (0, x), minus softplus(x)",
                  re(log_sum_exp_forward(2, q, two) - softplus(x)));
}

/* ---- where the naive forms break ----------------------------------------- */

static bool exp_is_finite(double v)
{
    return isfinite(exp(v));
}

static bool expf_is_finite(double v)
{
    return isfinite(expf((float)v));
}

static bool exp_is_positive(double v)
{
    return exp(v) > 0;
}

static bool sigmoid_is_number(double v)
{
    return !isnan(re(naive_sigmoid((real)v)));
}

static bool tanh_is_number(double v)
{
    return !isnan(re(naive_tanh((real)v)));
}

static bool softplus_is_finite(double v)
{
    return isfinite(re(naive_softplus((real)v)));
}

static bool softplus_is_positive(double v)
{
    return re(naive_softplus((real)v)) > 0;
}

/* The logits (v, v + 1, v + 2): whatever v is, p should be the same. */
static real naive_largest_p(double v)
{
    const real w[3] = {(real)v, (real)(v + 1), (real)(v + 2)};
    real p[3];
    naive_softmax(3, p, w);
    return p[2];
}

static bool softmax_is_right(double v)
{
    return re(naive_largest_p(v)) > 0.5;
}

static bool softmax_is_number(double v)
{
    return !isnan(re(naive_largest_p(v)));
}

static bool log_sum_is_finite(double v)
{
    const real w[3] = {(real)v, (real)(v + 1), (real)(v + 2)};
    return isfinite(re(naive_log_sum_exp(3, w)));
}

static void show_overflow(show *s)
{
    show_section(s, "Where the naive forms break");
    show_note(s, "Found by halving an interval until no double lies inside. "
                 "The largest argument of exp that is finite, in double and "
                 "in float, and the smallest whose exp is not 0:");
    show_value(s, "exp finite up to", (real)last_where(exp_is_finite, 0, 1e3),
               NULL);
    show_value(s, "expf finite up to",
               (real)(float)last_where(expf_is_finite, 0, 1e3), NULL);
    show_value(s, "exp above 0 from",
               (real)last_where(exp_is_positive, 0, -1e3), NULL);
    show_note(s, "exp(z)/(1 + exp(z)) and the quotient (2.4) are infinity by "
                 "infinity beyond that, which is NaN; log(1 + exp(z)) is "
                 "infinite, and it is 0 where 1 + exp(z) rounds to 1:");
    show_value(s, "sigmoid, a number up to",
               (real)last_where(sigmoid_is_number, 0, 1e3), NULL);
    show_value(s, "tanh, a number up to",
               (real)last_where(tanh_is_number, 0, 1e3), NULL);
    show_value(s, "softplus, finite up to",
               (real)last_where(softplus_is_finite, 0, 1e3), NULL);
    show_value(s, "softplus, above 0 from",
               (real)last_where(softplus_is_positive, 0, -1e3), NULL);
    show_note(s, "Softmax and log-sum-exp of (t, t + 1, t + 2). First the sum "
                 "is infinite and every p is 0, without a warning; then p is "
                 "NaN. Far to the left all exponentials are 0:");
    show_value(s, "softmax, right up to t",
               (real)last_where(softmax_is_right, 0, 1e3), NULL);
    show_value(s, "softmax, a number up to t",
               (real)last_where(softmax_is_number, 0, 1e3), NULL);
    show_value(s, "softmax, a number from t",
               (real)last_where(softmax_is_number, 0, -1e3), NULL);
    show_value(s, "log-sum-exp, finite up to t",
               (real)last_where(log_sum_is_finite, 0, 1e3), NULL);
    show_value(s, "log-sum-exp, finite from t",
               (real)last_where(log_sum_is_finite, 0, -1e3), NULL);
}

static void naive_and_stable(show *s)
{
    const real far[C] = {1000, 1001, 1002}, thousand = 1000, forty = -40;
    real p[C], one;
    show_note(s, "At 1000 and for the logits 1000, 1001, 1002, "
                 "naive and stable; in between, at -40:");
    show_value(s, "naive sigmoid(1000)", naive_sigmoid(thousand), NULL);
    show_value(s, "sigmoid(1000)", sigmoid(thousand), NULL);
    show_value(s, "naive tanh(1000)", naive_tanh(thousand), NULL);
    tanh_forward(1, &one, &thousand);
    show_value(s, "tanh(1000)", one, NULL);
    show_value(s, "naive softplus(1000)", naive_softplus(thousand), NULL);
    show_value(s, "softplus(1000)", softplus(thousand), NULL);
    show_value(s, "naive softplus(-40)", naive_softplus(forty), NULL);
    show_value(s, "softplus(-40)", softplus(forty), NULL);
    naive_softmax(C, p, far);
    show_vector(s, "naive softmax", C, p);
    real y = log_sum_exp_forward(C, p, far);
    show_vector(s, "softmax", C, p);
    show_value(s, "naive log-sum-exp", naive_log_sum_exp(C, far), NULL);
    show_value(s, "log-sum-exp", y, NULL);
}

/* ---- saturation ---------------------------------------------------------- */

static const double eps = 0x1p-52;

static bool tanh_below_one(double v)
{
    return re(tanh((real)v)) < 1;
}

static bool sigmoid_below_one(double v)
{
    return re(sigmoid((real)v)) < 1;
}

static bool tanh_slope_above_eps(double v)
{
    return re(tanh_slope((real)v)) > eps;
}

static bool sigmoid_slope_above_eps(double v)
{
    return re(sigmoid_slope((real)v)) > eps;
}

static void show_saturation(show *s)
{
    const real ten = 10, twenty = 20, far = 37;
    real one;
    show_section(s, "Saturation");
    show_equation(s, "2.35", "sigma'(z) = q / (1 + q)^2, q = exp(-|z|)");
    show_value(s, "sigma'(10)", sigmoid_slope(ten), NULL);
    show_value(s, "sigma' above eps up to z",
               (real)last_where(sigmoid_slope_above_eps, 0, 1e3), NULL);
    show_equation(s, "2.36", "tanh'(z) = 4 q / (1 + q)^2, q = exp(-2|z|)");
    show_value(s, "tanh'(10)", tanh_slope(ten), NULL);
    show_value(s, "tanh' above eps up to z",
               (real)last_where(tanh_slope_above_eps, 0, 1e3), NULL);
    show_no_equation(s);
    show_note(s, "The outputs are exactly 1, and the slopes a (1 - a) and "
                 "1 - a^2 exactly 0, beyond");
    show_value(s, "sigmoid below 1 up to",
               (real)last_where(sigmoid_below_one, 0, 1e3), NULL);
    show_value(s, "tanh below 1 up to",
               (real)last_where(tanh_below_one, 0, 1e3), NULL);
    show_value(s, "sigmoid(37)", sigmoid(far), NULL);
    show_value(s, "1 - sigmoid(37)", 1 - sigmoid(far), NULL);
    show_value(s, "sigmoid(-37)", sigmoid(-far), NULL);
    tanh_forward(1, &one, &twenty);
    show_value(s, "tanh(20)", one, NULL);
    show_equation(s, "2.37",
                  "condition of 1 - a^2: a^2/(1 - a^2) = "
                  "sinh(z)^2");
    show_value(s, "condition at 5", (real)tanh_condition(5), NULL);
    show_value(s, "condition at 5, times eps", (real)(tanh_condition(5) * eps),
               NULL);
    show_value(s, "condition at 10", (real)tanh_condition(10), NULL);
    show_value(s, "condition at 10, times eps",
               (real)(tanh_condition(10) * eps), NULL);
}

static void show_reach(show *s)
{
    const real w[4] = {0, 1, 2, 5};
    const double y = re(target), speed = re(rate), steps = 100000;
    real loss[4], dw[4] = {0};
    for (int i = 0; i < 4; i++)
        loss[i] = reach_loss(&dw[i], y, w[i]);
    show_section(s, "A target that tanh cannot reach");
    show_equation(s, "2.38", "L = (tanh(w) - y)^2");
    show_vector(s, "w", 4, w);
    show_vector(s, "L", 4, loss);
    show_value(s, "floor", (real)((y - 1) * (y - 1)), "(%g - 1)^2", y);
    show_equation(s, "2.39", "dL/dw = 2 (tanh(w) - y) (1 - tanh(w)^2)");
    show_vector(s, "dL/dw", 4, dw);
    show_note(s, "What gradient descent will do, for many steps t; eta is its "
                 "step size:");
    show_equation(s, "2.40", "w = log(16 eta (y - 1) t) / 2");
    show_value(s, "w after 100000 steps", (real)reach_weight(y, speed, steps),
               "log(16*%g*%g*%g) / 2", speed, y - 1, steps);
    show_equation(s, "2.41", "L - (y - 1)^2 = 1 / (4 eta t)");
    show_value(s, "excess after 100000 steps", (real)reach_excess(speed, steps),
               "1 / (4*%g*%g)", speed, steps);
}

static void worked_example(program *p)
{
    show *s = &p->show;
    show_section(s, "Sigmoid and tanh");
    show_note(s, "Six points; a slope is what a backward function makes of an "
                 "incoming gradient of 1.");
    show_sigmoid(s);
    show_tanh(s);
    show_kinked(p);
    show_smooth(s);
    show_softmax(s);
    show_jacobian(s);
    show_log_sum_exp(s);
    show_overflow(s);
    naive_and_stable(s);
    show_saturation(s);
    show_reach(s);
}

static void experiment(program *p)
{
    experiment_shapes(p);
    experiment_draws(p, re(x), re(lo), re(hi), re(dropped));
    experiment_digits(p);
    experiment_reach(p, re(target), re(rate));
}

static const program_about about = {
    .name = "02_activations",
    .title = "Activations, softmax and log-sum-exp: forms that hold everywhere",
    .seeds = 10,
    .verification = 10,
    SETTINGS(settings),
    .example = worked_example,
    .verify = check_activations,
    .experiment = experiment,
};

int main(int argc, char **argv)
{
    return program_run(&about, argc, argv);
}
