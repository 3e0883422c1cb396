/* SPDX-License-Identifier: MIT */
/* Sections 5.4 to 5.6: weight decay, dropout, clipping. */
#include "chapters/05_optimizers/penalty.h"
#include "chapters/05_optimizers/ridge.h"
#include "chapters/05_optimizers/worked.h"

#include <stdio.h>
#include <string.h>

enum { STEPS = 3, SPECTRAL_STEPS = 2000 };

static void show_penalty(show *s, const inputs *in)
{
    const real *w = in->w;
    double lambda = re(in->lambda), rate = re(in->rate);
    real dw[1][3] = {{0}}, decayed[3];
    const real(*W)[3] = (const real(*)[3])w;
    memcpy(decayed, w, sizeof decayed);
    show_equation(s, "5.22", "P = lambda sum_mn W_mn^2");
    show_value(s, "P", frobenius_forward(1, 3, W, lambda),
               "%g*((%g)^2 + (%g)^2 + (%g)^2)", lambda, re(w[0]), re(w[1]),
               re(w[2]));
    frobenius_backward(1, 3, dw, 1, W, lambda);
    show_equation(s, "5.23", "dP/dW = 2 lambda W");
    show_vector(s, "dW", 3, dw[0]);
    for (int i = 0; i < 3; i++)
        decayed[i] -= (real)rate * 2 * (real)lambda * w[i];         /* (5.24) */
    show_equation(s, "5.24", "descent on P alone: W <- (1 - 2 rate lambda) W");
    show_vector(s, "W", 3, decayed);
}

/* What the rounds have left of the other directions in a unit vector goes on
 * shrinking for ever; below any rounding error it is shown as 0. */
static void drop_the_rest(int n, real x[n])
{
    for (int i = 0; i < n; i++)
        if (re(real_abs(x[i])) < 1e-20)
            x[i] = 0;
}

static void show_norms(show *s, const inputs *in)
{
    real u[2], v[2], dF[2][2] = {{0}}, dS[2][2] = {{0}};
    double lambda = 1;
    show_note(s, "A matrix has several norms. The sum of all squares "
                 "(Frobenius), and the square of the longest stretch "
                 "(spectral), lambda = 1:");
    show_no_equation(s);
    show_matrix(s, "W", 2, 2, in->square);
    show_equation(s, "5.22", "P = lambda sum_mn W_mn^2");
    show_value(s, "Frobenius", frobenius_forward(2, 2, in->square, lambda),
               NULL);
    real squared =
        spectral_forward(2, 2, u, v, in->square, lambda, SPECTRAL_STEPS);
    drop_the_rest(2, u);
    drop_the_rest(2, v);
    show_equation(s, "5.25",
                  "u = W v/|W v|, v = W^T u/|W^T u|, again and again");
    show_vector(s, "u", 2, u);
    show_vector(s, "v", 2, v);
    show_equation(s, "5.25a", "P = lambda s^2, s = |W^T u|");
    show_value(s, "spectral", squared, NULL);
    frobenius_backward(2, 2, dF, 1, in->square, lambda);
    spectral_backward(2, 2, dS, 1, u, v, in->square, lambda);
    show_equation(s, "5.23", "dP/dW = 2 lambda W");
    show_matrix(s, "dW, Frobenius", 2, 2, dF);
    show_equation(s, "5.26", "dP/dW = 2 lambda s u v^T");
    show_matrix(s, "dW, spectral", 2, 2, dS);
}

/* Adam with the penalty in the gradient, and AdamW, on the parabola of 5.1. */
static void show_decoupled(show *s, const inputs *in)
{
    real w[2] = {in->start, in->start}, m[2] = {0}, v[2] = {0};
    double lambda = re(in->lambda);
    char name[16];
    show_note(s, "The parabola of 5.1 again, with Adam: first with lambda w "
                 "added to the gradient, then with AdamW.");
    for (int t = 1; t <= STEPS; t++) {
        real g = w[0] - in->minimum + (real)lambda * w[0];          /* (5.27) */
        show_equation(s, "5.27", "g <- g + lambda w, then Adam");
        snprintf(name, sizeof name, "g_%d", t);
        show_value(s, name, g, "%.6g + %g*%.6g", re(w[0] - in->minimum), lambda,
                   re(w[0]));
        adam(1, &w[0], &m[0], &v[0], &g, t, rule_of(in));
        snprintf(name, sizeof name, "w_%d", t);
        show_value(s, name, w[0], NULL);
    }
    for (int t = 1; t <= STEPS; t++) {
        real g = w[1] - in->minimum;
        show_equation(s, "5.28", "w <- w - rate lambda w, then Adam");
        show_value(s, "decayed w", (1 - in->rate * in->lambda) * w[1],
                   "(1 - %g*%g)*%.6g", re(in->rate), lambda, re(w[1]));
        adamw(1, &w[1], &m[1], &v[1], &g, t, rule_of(in), lambda);
        snprintf(name, sizeof name, "w_%d", t);
        show_value(s, name, w[1], NULL);
    }
}

/* Two weights without any other loss, but with noise of sizes 1 and 100 in
 * their gradients: what is left of them after many steps. */
static void show_two_scales(show *s, const inputs *in)
{
    static const char *const cols[] = {"noise 1", "noise 100"};
    static const char *const rows[] = {"Adam with L2", "AdamW"};
    enum { MANY = 200 };
    double x[2][2];
    adam_rule rule = rule_of(in);
    rule.rate = 0.001;
    for (int k = 0; k < 2; k++) {
        real w[2] = {1, 1}, m[2] = {0}, v[2] = {0};
        for (int t = 1; t <= MANY; t++) {
            real g[2] = {t % 2 ? 1 : -1, t % 2 ? 100 : -100};
            for (int i = 0; i < 2 && k == 0; i++)
                g[i] += w[i];
            if (k == 0)
                adam(2, w, m, v, g, t, rule);
            else
                adamw(2, w, m, v, g, t, rule, 1);
        }
        for (int i = 0; i < 2; i++)
            x[k][i] = re(w[i]);
    }
    show_no_equation(s);
    show_note(s,
              "Two weights that start at 1 and have no loss but noise, +1, "
              "-1, ... in the gradient of the first and +100, -100, ... in "
              "that of the second; decay 1, rate 0.001, %d steps:",
              MANY);
    show_table(s, "what is left", 2, 2, rows, cols, x);
}

void show_decay(show *s, const inputs *in)
{
    show_section(s, "Weight decay, and two norms");
    show_penalty(s, in);
    show_norms(s, in);
    show_decoupled(s, in);
    show_two_scales(s, in);
}

/* ---- 5.5 ----------------------------------------------------------------- */

/* The mean of loss and gradient over all masks of the example, each with its
 * probability. */
static real all_masks(const inputs *in, real dw[XD])
{
    enum { ENTRIES = XN * XD, MASKS = 1 << ENTRIES };
    real mean = 0;
    double p = re(in->p);
    for (int k = 0; k < MASKS; k++) {
        real mask[XN][XD], r[XN], dX[XN][XD] = {{0}}, dy[XN] = {0};
        double chance = 1;
        for (int i = 0; i < ENTRIES; i++) {
            int dropped = k >> i & 1;
            mask[i / XD][i % XD] = (real)(dropped ? 0 : 1 / (1 - p));
            chance *= dropped ? p : 1 - p;
        }
        mean += (real)chance * dropout_regression_forward(XN, XD, r, mask,
                                                          in->X, in->v, in->y);
        dropout_regression_backward(XN, XD, dw, dX, dy, (real)chance, r, mask,
                                    in->X, in->v);
    }
    return mean;
}

static void show_one_mask(show *s, const inputs *in)
{
    real keep = 1 / (1 - in->p), r[XN], dw[XD] = {0};
    real mask[XN][XD] = {{keep, 0}, {keep, keep}, {0, keep}};
    real dX[XN][XD] = {{0}}, dy[XN] = {0};
    real L = dropout_regression_forward(XN, XD, r, mask, in->X, in->v, in->y);
    dropout_regression_backward(XN, XD, dw, dX, dy, 1, r, mask, in->X, in->v);
    show_note(s, "A regression with three cases and two weights, and one "
                 "mask:");
    show_no_equation(s);
    show_matrix(s, "X", XN, XD, in->X);
    show_vector(s, "w", XD, in->v);
    show_vector(s, "y", XN, in->y);
    show_matrix(s, "mask", XN, XD, mask);
    show_equation(s, "5.29", "r_n = sum_d mask_nd X_nd w_d - y_n");
    show_vector(s, "r", XN, r);
    show_equation(s, "5.30", "L = sum_n r_n^2");
    show_value(s, "L", L, NULL);
    show_equation(s, "5.31", "dw_d = sum_n 2 r_n mask_nd X_nd");
    show_vector(s, "dw", XD, dw);
    show_equation(s, "5.31a", "dX_nd = 2 r_n mask_nd w_d");
    show_matrix(s, "dX", XN, XD, dX);
    show_equation(s, "5.31b", "dy_n = -2 r_n");
    show_vector(s, "dy", XN, dy);
}

void show_dropout(show *s, const inputs *in)
{
    real r[XN], dw[XD] = {0}, mean_dw[XD] = {0};
    real dX[XN][XD] = {{0}}, dy[XN] = {0};
    show_section(s, "Dropout is a ridge");
    show_one_mask(s, in);
    real mean = all_masks(in, mean_dw);
    real L = ridge_forward(XN, XD, r, re(in->p), in->X, in->v, in->y);
    ridge_backward(XN, XD, dw, dX, dy, 1, re(in->p), r, in->X, in->v);
    show_note(s,
              "All 64 masks, each with its probability, against the formula:");
    show_no_equation(s);
    show_value(s, "mean of L", mean, NULL);
    show_vector(s, "mean of dw", XD, mean_dw);
    show_equation(s, "5.32",
                  "E[L] = |X w - y|^2 + p/(1-p) sum_d w_d^2 |X_d|^2");
    show_value(s, "E[L]", L, NULL);
    show_residual(s, "difference", re(real_abs(L - mean)) / re(L));
    show_equation(s, "5.33", "dw = 2 X^T r + 2 p/(1-p) |X_d|^2 w_d");
    show_vector(s, "dw", XD, dw);
    show_residual(
        s, "difference",
        re(real_abs(dw[0] - mean_dw[0]) + real_abs(dw[1] - mean_dw[1])));
    show_equation(s, "5.33a", "dX_nd = 2 r_n w_d + 2 p/(1-p) X_nd w_d^2");
    show_matrix(s, "dX", XN, XD, dX);
    show_equation(s, "5.33b", "dy_n = -2 r_n");
    show_vector(s, "dy", XN, dy);
}

/* ---- 5.6 ----------------------------------------------------------------- */

void show_clipping(show *s, const inputs *in)
{
    real a[2] = {in->g[0], in->g[1]}, b[2] = {in->g[0], in->g[1]};
    double limit = re(in->limit);
    show_section(s, "Clipping");
    double norm = clip_by_norm(2, a, limit);
    clip_by_value(2, b, limit);
    show_equation(s, "5.34", "g <- g min(1, limit/|g|)");
    show_value(s, "|g|", (real)norm, "sqrt((%g)^2 + (%g)^2)", re(in->g[0]),
               re(in->g[1]));
    show_vector(s, "g", 2, a);
    show_equation(s, "5.35", "g_i <- max(-limit, min(limit, g_i))");
    show_vector(s, "g", 2, b);
}
