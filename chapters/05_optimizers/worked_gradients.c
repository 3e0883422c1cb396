/* SPDX-License-Identifier: MIT */
/* Sections 5.7 to 5.9: back through an update, the gradient by the learning
 * rate, and the listing's network. */
#include "chapters/02_activations/activations.h"
#include "chapters/04_backprop/linear.h"
#include "chapters/05_optimizers/unrolled.h"
#include "chapters/05_optimizers/worked.h"

#include <stdio.h>
#include <string.h>

/* ---- 5.7 ----------------------------------------------------------------- */

/* What comes into the example: gradients of F by the new w, m, v; and g and the
 * averages before the step. */
static const real up_w = 0.7, up_m = -0.2, up_v = 0.4;
static const real g_0 = 0.5, m_0 = 0.3, v_0 = 0.2;

static void show_plain(show *s, double rate, double beta)
{
    const real eta = (real)rate, b = (real)beta;
    real dg = 0, dm = up_m;
    gradient_descent_backward(1, &dg, &up_w, rate);
    show_note(s, "Gradient descent:");
    show_equation(s, "5.36", "dg = -rate dw");
    show_value(s, "dg", dg, "-%g*%g", rate, re(up_w));
    show_note(s, "Momentum:");
    show_equation(s, "5.37", "dm <- dm - rate dw");
    real through = up_m - eta * up_w;
    show_value(s, "dm", through, "%g - %g*%g", re(up_m), rate, re(up_w));
    dg = 0;
    momentum_backward(1, &dm, &dg, &up_w, rate, beta);
    show_equation(s, "5.38", "dg = dm");
    show_value(s, "dg", dg, NULL);
    show_equation(s, "5.39", "dm <- beta dm");
    show_value(s, "dm", dm, "%g*(%.6g)", beta, re(through));
    show_note(s, "Nesterov's momentum:");
    through = up_m - eta * b * up_w;
    show_equation(s, "5.40", "dm <- dm - rate beta dw");
    show_value(s, "dm", through, "%g - %g*%g*%g", re(up_m), rate, beta,
               re(up_w));
    dg = 0;
    dm = up_m;
    nesterov_backward(1, &dm, &dg, &up_w, rate, beta);
    show_equation(s, "5.41", "dg = -rate dw + dm");
    show_value(s, "dg", dg, "-%g*%g + (%.6g)", rate, re(up_w), re(through));
}

static void show_rms(show *s, const inputs *in)
{
    double rate = re(in->rate), rho = re(in->rho), epsilon = re(in->epsilon);
    real w = 0, v = v_0, dg = 0, dv = up_v;
    rmsprop(1, &w, &v, &g_0, rate, rho, epsilon);
    real root = sqrt(v), size = root + in->epsilon;
    real direct = -in->rate * up_w / size;
    real through = up_v + in->rate * g_0 * up_w / (2 * root * size * size);
    show_note(s, "RMSProp; the new v is %.6g, its root %.6g:", re(v), re(root));
    show_equation(s, "5.42", "dg = -rate dw/(sqrt(v) + epsilon)");
    show_value(s, "dg", direct, "-%g*%g/%.6g", rate, re(up_w), re(size));
    show_equation(s, "5.43",
                  "dv <- dv + rate g dw/(2 sqrt(v) (sqrt(v) + epsilon)^2)");
    show_value(s, "dv", through, "%g + %g*%g*%g/%.6g", re(up_v), rate, re(g_0),
               re(up_w), re(2 * root * size * size));
    rmsprop_backward(1, &dv, &dg, &up_w, &v, &g_0, rate, rho, epsilon);
    show_equation(s, "5.44", "dg <- dg + 2 (1 - rho) g dv");
    show_value(s, "dg", dg, "%.6g + 2*%g*%g*%.6g", re(direct), 1 - rho, re(g_0),
               re(through));
    show_equation(s, "5.45", "dv <- rho dv");
    show_value(s, "dv", dv, NULL);
}

static void show_adam_backward(show *s, const inputs *in)
{
    enum { t = 3 };
    adam_rule rule = rule_of(in);
    real w = 0, m = m_0, v = v_0, dm = up_m, dv = up_v, dg = 0;
    double power[2] = {1, 1};
    for (int k = 0; k < t; k++) {
        power[0] *= rule.beta1;
        power[1] *= rule.beta2;
    }
    adam(1, &w, &m, &v, &g_0, t, rule);
    real m_share = (real)(1 - power[0]), v_share = (real)(1 - power[1]);
    real root = sqrt(v / v_share), size = root + in->epsilon;
    real by_m = up_m - in->rate * up_w / (size * m_share);
    real by_v = up_v + in->rate * (m / m_share) * up_w /
                           (2 * root * size * size * v_share);
    show_note(s,
              "Adam, step 3; mhat is %.6g, sqrt(vhat) %.6g:", re(m / m_share),
              re(root));
    show_equation(s, "5.46", "dm <- dm - rate dw/(size (1 - beta1^t))");
    show_value(s, "dm", by_m, NULL);
    show_equation(s, "5.47",
                  "dv <- dv + rate mhat dw/"
                  "(2 sqrt(vhat) size^2 (1 - beta2^t))");
    show_value(s, "dv", by_v, NULL);
    adam_backward(1, &dm, &dv, &dg, &up_w, &m, &v, &g_0, t, rule);
    show_equation(s, "5.48", "dg = (1 - beta1) dm");
    show_value(s, "dg", (real)(1 - rule.beta1) * by_m, NULL);
    show_equation(s, "5.49", "dg <- dg + 2 (1 - beta2) g dv");
    show_value(s, "dg", dg, NULL);
    show_equation(s, "5.50", "dm <- beta1 dm");
    show_value(s, "dm", dm, NULL);
    show_equation(s, "5.51", "dv <- beta2 dv");
    show_value(s, "dv", dv, NULL);
}

static void show_others(show *s, const inputs *in)
{
    adam_rule rule = rule_of(in);
    real w = 0, m = m_0, v = v_0, top_0 = 0.1, top = top_0;
    real dw = up_w, dm = up_m, dv = up_v, dtop = 0.25, dg = 0;
    amsgrad(1, &w, &m, &v, &top, &g_0, rule);
    real root = sqrt(top), size = root + in->epsilon;
    show_note(s,
              "AMSGrad, where the new v = %.6g is the new top (it was "
              "0.1), and dtop = 0.25:",
              re(v));
    show_equation(s, "5.52", "dm <- dm - rate dw/(sqrt(top) + epsilon)");
    show_value(s, "dm", up_m - in->rate * up_w / size, NULL);
    real through = dtop + in->rate * m * up_w / (2 * root * size * size);
    show_equation(s, "5.52a",
                  "dtop <- dtop + rate m dw/"
                  "(2 sqrt(top) (sqrt(top) + epsilon)^2)");
    show_value(s, "dtop", through, NULL);
    amsgrad_backward(1, &dm, &dv, &dtop, &dg, &dw, &m, &v, &top_0, &g_0, rule);
    show_equation(s, "5.53", "v is the new top: dv <- dv + dtop, dtop <- 0");
    show_value(s, "dv", up_v + (real)(re(top) > re(top_0)) * through,
               "%g + %.6g", re(up_v), re(through));
    show_value(s, "dtop", dtop, NULL);
    m = m_0;
    v = v_0;
    dm = up_m;
    dv = up_v;
    adamw(1, &w, &m, &v, &g_0, 1, rule, re(in->lambda));
    adamw_backward(1, &dw, &dm, &dv, &dg, &m, &v, &g_0, 1, rule,
                   re(in->lambda));
    show_note(s, "AdamW: as Adam, and");
    show_equation(s, "5.54", "dw <- (1 - rate lambda) dw");
    show_value(s, "dw", dw, "(1 - %g*%g)*%g", rule.rate, re(in->lambda),
               re(up_w));
}

void show_updates(show *s, const inputs *in)
{
    show_section(s, "Back through an update");
    show_note(s,
              "One weight. Before the step m = %g, v = %g; the gradient that "
              "the rule is given is g = %g. F is what comes after; its "
              "gradients by the new w, m and v are dw = %g, dm = %g, dv = "
              "%g.",
              re(m_0), re(v_0), re(g_0), re(up_w), re(up_m), re(up_v));
    show_plain(s, re(in->rate), re(in->beta));
    show_rms(s, in);
    show_adam_backward(s, in);
    show_others(s, in);
}

/* ---- 5.8 ----------------------------------------------------------------- */

void show_unrolled(show *s, const inputs *in)
{
    real w[XT + 1][XD] = {{in->w0[0], in->w0[1]}}, m[XT + 1][XD], r[XT][XN];
    real rv[XV], drate[XT] = {0}, dbeta = 0, dw[XD] = {0}, dX[XN][XD] = {{0}};
    real dy[XN] = {0}, dXv[XV][XD] = {{0}}, dyv[XV] = {0}, e[XD] = {0};
    real F = unrolled_forward(XT, XN, XV, XD, w, m, r, rv, in->rates, in->beta,
                              in->X, in->y, in->Xv, in->yv);
    unrolled_backward(XT, XN, XV, XD, drate, &dbeta, dw, dX, dy, dXv, dyv,
                      (const real(*)[XD])w, (const real(*)[XD])m,
                      (const real(*)[XN])r, rv, in->rates, in->beta, in->X,
                      in->Xv);
    for (int k = 0; k < XV; k++)
        for (int d = 0; d < XD; d++)
            e[d] += rv[k] * in->Xv[k][d];
    show_section(s, "The gradient by the learning rate");
    show_note(s, "Two steps with momentum on the regression of 5.5, without "
                 "dropout, then the error on other data.");
    show_no_equation(s);
    show_vector(s, "w_0", XD, in->w0);
    show_vector(s, "rate_0, rate_1", XT, in->rates);
    show_matrix(s, "Xv", XV, XD, in->Xv);
    show_vector(s, "yv", XV, in->yv);
    show_equation(s, "5.55", "r_t = X w_t - y");
    show_vector(s, "r_0", XN, r[0]);
    show_equation(s, "5.56", "g_t = X^T r_t");
    show_vector(s, "g_0", XD, m[1]);
    show_equation(s, "5.57", "w_{t+1} = w_t - rate_t m_{t+1}");
    show_vector(s, "w_1", XD, w[1]);
    show_vector(s, "w_2", XD, w[2]);
    show_equation(s, "5.58", "F = |Xv w_T - yv|^2/2");
    show_value(s, "F", F, "((%.6g)^2 + (%.6g)^2)/2", re(rv[0]), re(rv[1]));
    show_equation(s, "5.59", "dyv = -rv");
    show_vector(s, "dyv", XV, dyv);
    show_equation(s, "5.60", "dXv = rv w_T^T");
    show_matrix(s, "dXv", XV, XD, dXv);
    show_equation(s, "5.61", "e = dF/dw_T = Xv^T rv");
    show_vector(s, "e", XD, e);
    show_equation(s, "5.62", "drate_t = -e . m_{t+1}");
    show_value(s, "drate_1", drate[1], "-((%.6g)*(%.6g) + (%.6g)*(%.6g))",
               re(e[0]), re(m[2][0]), re(e[1]), re(m[2][1]));
    show_value(s, "drate_0", drate[0], NULL);
    real dm[XD] = {-in->rates[1] * e[0], -in->rates[1] * e[1]};
    show_equation(s, "5.63", "dm <- dm - rate_t e");
    show_vector(s, "dm, step 1", XD, dm);
    show_equation(s, "5.64", "dbeta = sum_t dm . m_t");
    show_value(s, "dbeta", dbeta, "(%.6g)*(%.6g) + (%.6g)*(%.6g)", re(dm[0]),
               re(m[1][0]), re(dm[1]), re(m[1][1]));
    show_equation(s, "5.65", "dg = dm, then dm <- beta dm");
    show_vector(s, "dg, step 1", XD, dm);
    real dr[XN];
    for (int n = 0; n < XN; n++)
        dr[n] = in->X[n][0] * dm[0] + in->X[n][1] * dm[1];
    show_equation(s, "5.66", "dr = X dg");
    show_vector(s, "dr, step 1", XN, dr);
    show_equation(s, "5.67", "dy = -sum_t dr");
    show_vector(s, "dy", XN, dy);
    show_equation(s, "5.68", "dX = sum_t (r_t dg^T + dr w_t^T)");
    show_matrix(s, "dX", XN, XD, dX);
    for (int d = 0; d < XD; d++)
        for (int n = 0; n < XN; n++)
            e[d] += dr[n] * in->X[n][d];
    show_equation(s, "5.69", "e <- e + X^T dr");
    show_vector(s, "e, before step 1", XD, e);
    show_equation(s, "5.70", "dw_0 = e, in the end");
    show_vector(s, "dw_0", XD, dw);
}

/* ---- 5.9 ----------------------------------------------------------------- */

/* Two layers as the article writes them, and as they must be. */
static void show_layers(show *s)
{
    static const real W[2][2] = {{0.5, -0.25}, {0.3, 0.1}}, b[2] = {0.1, -0.2};
    static const real V[1][2] = {{0.7, -0.4}}, c[1] = {0.05}, x[2] = {1, 2};
    real z[2], h[2], u[1], y[1];
    linear_forward(2, 2, z, W, b, x);
    sigmoid_forward(2, h, z);                                       /* (5.71) */
    linear_forward(1, 2, u, V, c, h);
    sigmoid_forward(1, y, u);                                      /* (5.71a) */
    show_equation(s, "5.71", "h_j = sigmoid(sum_i W_ji x_i + b_j)");
    show_value(s, "h_1", h[0], "sigmoid(0.5*1 - 0.25*2 + 0.1)");
    show_value(s, "h_2", h[1], "sigmoid(0.3*1 + 0.1*2 - 0.2)");
    show_equation(s, "5.71a", "y = sigmoid(sum_j V_j h_j + c)");
    show_value(s, "y", y[0], "sigmoid(0.7*%.6g - 0.4*%.6g + 0.05)", re(h[0]),
               re(h[1]));
    show_no_equation(s);
    show_value(s, "h_11, without the sum", sigmoid(W[0][0] * x[0] + b[0]),
               "sigmoid(0.5*1 + 0.1)");
}

static double norm_of(const listing *d)
{
    const real *w = (const real *)d;
    double sum = 0;
    for (int k = 0; k < LISTING_SIZE; k++)
        sum += re(w[k]) * re(w[k]);
    return sqrt(sum);
}

/* The first pass, forward and backward. */
static void show_first_pass(show *s, const inputs *in, const listing *n)
{
    listing d;
    real o[ROWS][OUT], h[ROWS][HIDDEN], c[ROWS][CODE], dx[ROWS][IN] = {{0}};
    real do_[ROWS][OUT] = {{0}}, dy[ROWS] = {0};
    memset(&d, 0, sizeof d);
    listing_forward(ROWS, o, h, c, n, in->x);
    one_label_backward(ROWS, OUT, do_, dy, 1, o, in->label);
    listing_backward(ROWS, &d, dx, do_, n, h, c, in->x);
    show_equation(s, "5.73", "h = tanh(W1 x + b1)");
    show_vector(s, "h, row 1", HIDDEN, h[0]);
    show_equation(s, "5.74", "c = tanh(W2 h + b2)");
    show_matrix(s, "c", ROWS, CODE, c);
    show_equation(s, "5.75", "o = W3 c + b3");
    show_matrix(s, "o", ROWS, OUT, o);
    show_equation(s, "5.76", "L = 1/(B M) sum_bm (o_bm - y_b)^2");
    show_value(s, "L", one_label_forward(ROWS, OUT, o, in->label), NULL);
    show_equation(s, "5.77", "do_bm = 2 (o_bm - y_b)/(B M)");
    show_matrix(s, "do", ROWS, OUT, do_);
    show_equation(s, "5.77a", "dy_b = -sum_m do_bm");
    show_vector(s, "dy", ROWS, dy);
    show_equation(s, "5.78", "dW3 = sum_b do_b c_b^T, db3 = sum_b do_b");
    show_matrix(s, "dW3", OUT, CODE, d.W3);
    show_vector(s, "db3", OUT, d.b3);
    show_equation(s, "5.79", "ds = (W3^T do)(1 - c^2)");
    show_vector(s, "db2 = sum_b ds_b", CODE, d.b2);
    show_equation(s, "5.80", "dW2 = sum_b ds_b h_b^T");
    show_vector(s, "dW2, row 1", HIDDEN, d.W2[0]);
    show_equation(s, "5.81", "dz = (W2^T ds)(1 - h^2)");
    show_vector(s, "db1 = sum_b dz_b", HIDDEN, d.b1);
    show_equation(s, "5.82", "dW1 = sum_b dz_b x_b^T, dx = W1^T dz");
    show_vector(s, "dW1, row 1", IN, d.W1[0]);
    show_matrix(s, "dx", ROWS, IN, dx);
    show_no_equation(s);
    show_value(s, "|gradient|", (real)norm_of(&d), NULL);
}

/* A thousand epochs, and what the article says came out. */
static void show_training(show *s, const inputs *in, listing *n)
{
    enum { EPOCHS = 1000, LINES = 13 };
    static const int shown[LINES] = {1,   2,   11,  101, 201, 301, 401,
                                     501, 601, 701, 801, 901, 1000};
    static const char *const cols[] = {"epoch", "loss"};
    listing d, m, v;
    double x[LINES][2];
    real o[1][OUT], h[1][HIDDEN], c[1][CODE];
    memset(&m, 0, sizeof m);
    memset(&v, 0, sizeof v);
    for (int epoch = 1, line = 0; epoch <= EPOCHS; epoch++) {
        real L = listing_loss(ROWS, &d, n, in->x, in->label);
        adam(LISTING_SIZE, (real *)n, (real *)&m, (real *)&v, (real *)&d, epoch,
             adam_usual(0.01));
        if (epoch != shown[line])
            continue;
        x[line][0] = epoch;
        x[line++][1] = re(L);
    }
    show_note(s, "1000 epochs of Adam, rate 0.01; the loss is that before the "
                 "step.");
    show_table(s, "loss by epoch", LINES, 2, NULL, cols, x);
    listing_forward(1, o, h, c, n, in->test);
    show_vector(s, "o for the test input", OUT, o[0]);
}

void show_listing(show *s, const inputs *in)
{
    listing n;
    listing_start(&n, 1);
    show_section(s, "A network, trained by Adam");
    show_note(s, "A layer sums over its inputs; without the sum a hidden unit "
                 "sees one of them only.");
    show_layers(s);
    show_note(s, "The listing's network 2-10-2-2.");
    show_count(s, "parameters", LISTING_SIZE);
    show_equation(s, "5.72", "parameter k = sin(1 + k)/2, k = 0, 1, ...");
    show_matrix(s, "W3", OUT, CODE, n.W3);
    show_first_pass(s, in, &n);
    show_training(s, in, &n);
}
