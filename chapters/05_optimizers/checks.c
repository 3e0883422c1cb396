/* SPDX-License-Identifier: MIT */
#include "chapters/05_optimizers/checks.h"

#include "chapters/02_activations/activations.h"
#include "chapters/05_optimizers/classifier.h"
#include "chapters/05_optimizers/landscapes.h"
#include "chapters/05_optimizers/listing.h"
#include "chapters/05_optimizers/penalty.h"
#include "chapters/05_optimizers/ridge.h"
#include "chapters/05_optimizers/unrolled.h"
#include "chapters/05_optimizers/xor.h"
#include "lib/condition.h"
#include "lib/sample.h"

#include <string.h>

/* Gradients start at BEFORE, which is taken off afterwards: `=` for `+=` shows.
 * It is a power of two, and small: it costs hardly a digit. */
#define BEFORE R(0.125)

static void start_at(int n, real *dw)
{
    for (int i = 0; i < n; i++)
        dw[i] = BEFORE;
}

static void take_off(int n, real *dw)
{
    for (int i = 0; i < n; i++)
        dw[i] -= BEFORE;
}

/* ---- penalties ----------------------------------------------------------- */

enum { PM = 3, PN = 4, POWER_STEPS = 400 };

typedef struct penalty {
    real W[PM][PN], dW[PM][PN];
} penalty;

static const double lambda = 0.3;
static const real incoming = 0.7;

static real frobenius_loss(void *context)
{
    const penalty *a = context;
    return incoming * frobenius_forward(PM, PN, a->W, lambda);
}

static real spectral_loss(void *context)
{
    const penalty *a = context;
    real u[PM], v[PN];
    return incoming * spectral_forward(PM, PN, u, v, a->W, lambda, POWER_STEPS);
}

/* One singular value is far above the others, so that the iteration ends. */
static penalty random_penalty(const program *p, uint64_t stream)
{
    penalty a;
    real x[PM], y[PN];
    rng g = rng_new(p->seed, stream);
    fill_normal(PM * PN, (real *)a.W, 0.3, &g);
    fill_normal(PM, x, 1, &g);
    fill_normal(PN, y, 1, &g);
    for (int m = 0; m < PM; m++)
        for (int k = 0; k < PN; k++)
            a.W[m][k] += x[m] * y[k];
    start_at(PM * PN, (real *)a.dW);
    return a;
}

static void check_penalties(program *p)
{
    const hg_size sizes[] = {{"lambda", lambda}, {"dP", 0.7}};
    penalty a = random_penalty(p, 21);
    frobenius_backward(PM, PN, a.dW, incoming, a.W, lambda);
    take_off(PM * PN, (real *)a.dW);
    const hg_tensor t = TENSOR("W", "5.23", a.W, a.dW, "M,N", PM, PN);
    program_tell(p, 2, sizes, 0, NULL);
    program_check(p, "Frobenius", frobenius_loss, &a, 1, &t);
    penalty b = random_penalty(p, 22);
    real u[PM], v[PN + 1]; /* the last one must not be read */
    v[PN] = R(0.3);
    spectral_forward(PM, PN, u, v, b.W, lambda, POWER_STEPS);
    spectral_backward(PM, PN, b.dW, incoming, u, v, b.W, lambda);
    take_off(PM * PN, (real *)b.dW);
    const hg_tensor w = TENSOR("W", "5.26", b.W, b.dW, "M,N", PM, PN);
    program_tell(p, 2, sizes, 0, NULL);
    program_check(p, "spectral", spectral_loss, &b, 1, &w);
}

/* ---- dropout and ridge --------------------------------------------------- */

enum { RN = 4, RD = 3 };

typedef struct regression {
    int ridge;
    double p;
    real X[RN][RD], w[RD], y[RN], mask[RN][RD];
    real dX[RN][RD], dw[RD], dy[RN];
} regression;

static real regression_run(regression *a, int backward)
{
    real r[RN], L;
    if (a->ridge)
        L = ridge_forward(RN, RD, r, a->p, a->X, a->w, a->y);
    else
        L = dropout_regression_forward(RN, RD, r, a->mask, a->X, a->w, a->y);
    if (backward && a->ridge)
        ridge_backward(RN, RD, a->dw, a->dX, a->dy, incoming, a->p, r, a->X,
                       a->w);
    else if (backward)
        dropout_regression_backward(RN, RD, a->dw, a->dX, a->dy, incoming, r,
                                    a->mask, a->X, a->w);
    return incoming * L;
}

static real regression_loss(void *context)
{
    return regression_run(context, 0);
}

static void check_regression(program *p, int ridge)
{
    regression a = {.ridge = ridge, .p = 0.4};
    rng g = rng_new(p->seed, 23 + (uint64_t)ridge);
    fill_normal(RN * RD, (real *)a.X, 1, &g);
    fill_normal(RD, a.w, 1, &g);
    fill_normal(RN, a.y, 1, &g);
    dropout_draw(RN * RD, (real *)a.mask, a.p, &g);
    a.mask[0][0] = 0; /* one dropped and one kept, whatever the seed */
    a.mask[0][1] = R(1.25);
    start_at(RN * RD, (real *)a.dX);
    start_at(RD, a.dw);
    start_at(RN, a.dy);
    real r[RN], drX[RN][RD]; /* what each row would bring to w without a mask */
    dropout_regression_forward(RN, RD, r, a.mask, a.X, a.w, a.y);
    for (int i = 0; i < RN; i++)
        for (int d = 0; d < RD; d++)
            drX[i][d] = 2 * incoming * r[i] * a.X[i][d];
    regression_run(&a, 1);
    take_off(RN * RD, (real *)a.dX);
    take_off(RD, a.dw);
    take_off(RN, a.dy);
    const hg_tensor t[] = {
        TENSOR("w", ridge ? "5.33" : "5.31", a.w, a.dw, "D", RD),
        TENSOR("X", ridge ? "5.33a" : "5.31a", a.X, a.dX, "N,D", RN, RD),
        TENSOR("y", ridge ? "5.33b" : "5.31b", a.y, a.dy, "N", RN),
    };
    const hg_size sizes[] = {
        {"dL", 0.7}, {"p", 0.4}, {"1 - p", 0.6}, {"p/(1 - p)", 0.4 / 0.6}};
    const hg_tensor known[] = {KNOWN("mask", a.mask, "N,D", RN, RD),
                               KNOWN("dr X", drX, "N,D", RN, RD)};
    program_tell(p, 4, sizes, ridge ? 1 : 2, known);
    program_check(p, ridge ? "ridge" : "dropout", regression_loss, &a, 3, t);
}

/* The mean over all masks, each with its probability, against the ridge. */
static void compare_masks(program *p)
{
    regression a = {.ridge = 1, .p = 0.4}, mean;
    rng g = rng_new(p->seed, 25);
    fill_normal(RN * RD, (real *)a.X, 1, &g);
    fill_normal(RD, a.w, 1, &g);
    fill_normal(RN, a.y, 1, &g);
    mean = a;
    regression_run(&a, 1);
    for (int k = 0; k < 1 << (RN * RD); k++) {
        real r[RN];
        double chance = 1;
        for (int i = 0; i < RN * RD; i++) {
            int dropped = k >> i & 1;
            mean.mask[i / RD][i % RD] = (real)(dropped ? 0 : 1 / (1 - a.p));
            chance *= dropped ? a.p : 1 - a.p;
        }
        dropout_regression_forward(RN, RD, r, mean.mask, mean.X, mean.w,
                                   mean.y);
        dropout_regression_backward(RN, RD, mean.dw, mean.dX, mean.dy,
                                    incoming * (real)chance, r, mean.mask,
                                    mean.X, mean.w);
    }
    const hg_tensor t[] = {
        TENSOR("w, all masks", "5.33", a.w, a.dw, "D", RD),
        TENSOR("X, all masks", "5.33a", a.X, a.dX, "N,D", RN, RD),
        TENSOR("y, all masks", "5.33b", a.y, a.dy, "N", RN),
    };
    program_compare(p, &t[0], mean.dw, 1e-12);
    program_compare(p, &t[1], (real *)mean.dX, 1e-12);
    program_compare(p, &t[2], mean.dy, 1e-12);
}

/* ---- training as a function ---------------------------------------------- */

enum { UT = 5, UB = 7, UV = 3, UD = 6 };

/* T steps, at most UT, of D weights, at most UD. */
typedef struct unrolled {
    real rate[UT], beta, w0[UD], X[UB][UD], y[UB], Xv[UV][UD], yv[UV];
} unrolled;

typedef struct unrolled_case {
    int T, D;
    unrolled a, d;
} unrolled_case;

/* Where there are fewer weights than UD, the rows of X are so much shorter. */
static real unrolled_run(unrolled_case *c, int backward)
{
    int D = c->D;
    real w[UT + 1][D], m[UT + 1][D], r[UT][UB], rv[UV];
    const unrolled *a = &c->a;
    unrolled *d = &c->d;
    memcpy(w[0], a->w0, sizeof w[0]);
    real F = unrolled_forward(c->T, UB, UV, D, w, m, r, rv, a->rate, a->beta,
                              (void *)a->X, a->y, (void *)a->Xv, a->yv);
    if (backward)
        unrolled_backward(c->T, UB, UV, D, d->rate, &d->beta, d->w0,
                          (void *)d->X, d->y, (void *)d->Xv, d->yv,
                          (const real(*)[D])w, (const real(*)[D])m,
                          (const real(*)[UB])r, rv, a->rate, a->beta,
                          (void *)a->X, (void *)a->Xv);
    return F;
}

static real unrolled_loss(void *context)
{
    return unrolled_run(context, 0);
}

/* Where nothing comes in, nothing may come out, to the bit. */
static bool unrolled_silent(const unrolled_case *c)
{
    static const unrolled none;
    static const real rv[UV];
    const unrolled *a = &c->a;
    unrolled d = none;
    real w[UT + 1][UD], m[UT + 1][UD], r[UT][UB], last[UV];
    memcpy(w[0], a->w0, sizeof w[0]);
    unrolled_forward(c->T, UB, UV, UD, w, m, r, last, a->rate, a->beta, a->X,
                     a->y, a->Xv, a->yv);
    unrolled_backward(c->T, UB, UV, UD, d.rate, &d.beta, d.w0, d.X, d.y, d.Xv,
                      d.yv, (const real(*)[UD])w, (const real(*)[UD])m,
                      (const real(*)[UB])r, rv, a->rate, a->beta, a->X, a->Xv);
    return memcmp(&d, &none, sizeof d) == 0;
}

/* What one step adds to the gradients by w_0 and X beyond the direct paths: with
 * e = Xv^T rv and dr = -rate X e, these are X^T dr and dr w_0^T. */
static void second_order(const unrolled *a, real Xdr[UD], real drw[UB][UD])
{
    real w[UT + 1][UD], m[UT + 1][UD], r[UT][UB], rv[UV], e[UD] = {0};
    memcpy(w[0], a->w0, sizeof w[0]);
    unrolled_forward(1, UB, UV, UD, w, m, r, rv, a->rate, a->beta, a->X, a->y,
                     a->Xv, a->yv);
    memset(Xdr, 0, UD * sizeof *Xdr);
    for (int k = 0; k < UV; k++)
        for (int d = 0; d < UD; d++)
            e[d] += rv[k] * a->Xv[k][d];
    for (int b = 0; b < UB; b++) {
        real dr = 0;
        for (int d = 0; d < UD; d++)
            dr -= a->rate[0] * a->X[b][d] * e[d];
        for (int d = 0; d < UD; d++) {
            Xdr[d] += a->X[b][d] * dr;
            drw[b][d] = dr * a->w0[d];
        }
    }
}

/* One step, where only the first rate counts and the momentum does not; or all
 * five. */
static void check_unrolled(program *p, int T)
{
    enum { ALL = sizeof(unrolled) / sizeof(real) };
    unrolled_case c = {.T = T, .D = UD};
    unrolled *a = &c.a, *d = &c.d;
    real Xdr[UD], drw[UB][UD];
    rng g = rng_new(p->seed, 26);
    fill_normal(ALL, (real *)a, 1, &g);
    for (int t = 0; t < UT; t++)
        a->rate[t] = (real)rng_between(&g, 0.02, 0.1);
    a->beta = R(0.6);
    start_at(ALL, (real *)d);
    unrolled_run(&c, 1);
    take_off(ALL, (real *)d);
    if (!unrolled_silent(&c))
        d->w0[0] = (real)NAN;
    second_order(a, Xdr, drw);
    hg_tensor t[] = {
        TENSOR("rate", "5.62", a->rate, d->rate, "T", T),
        TENSOR("w_0", "5.70", a->w0, d->w0, "D", UD),
        TENSOR("X", "5.68", a->X, d->X, "B,D", UB, UD),
        TENSOR("y", "5.67", a->y, d->y, "B", UB),
        TENSOR("Xv", "5.60", a->Xv, d->Xv, "V,D", UV, UD),
        TENSOR("yv", "5.59", a->yv, d->yv, "V", UV),
        TENSOR("beta", "5.64", &a->beta, &d->beta, "", 1),
    };
    if (T == 1)
        t[6].expected = HG_ZERO;
    const hg_size sizes[] = {{"beta", 0.6}};
    const hg_tensor known[] = {KNOWN("X^T dr", Xdr, "D", UD),
                               KNOWN("dr w_0^T", drw, "B,D", UB, UD)};
    program_tell(p, 1, sizes, T == 1 ? 2 : 0, known);
    program_check(p, T == 1 ? "one step" : "five steps", unrolled_loss, &c, 7,
                  t);
}

/* All five steps of one weight: the gradient by rate t is e times the momentum
 * of that step, a product of two numbers, so a wrong one shows by its ratio. */
static void check_one_weight(program *p)
{
    unrolled_case c = {.T = UT, .D = 1, .a = {.beta = R(0.6)}};
    real w[UT + 1][1], m[UT + 1][1], r[UT][UB], rv[UV];
    unrolled *a = &c.a;
    rng g = rng_new(p->seed, 33);
    for (int t = 0; t < UT; t++)
        a->rate[t] = (real)rng_between(&g, 0.02, 0.1);
    fill_normal(1, a->w0, 1, &g);
    fill_normal(UB, (real *)a->X, 1, &g);
    fill_normal(UB, a->y, 1, &g);
    fill_normal(UV, (real *)a->Xv, 1, &g);
    fill_normal(UV, a->yv, 1, &g);
    memcpy(w[0], a->w0, sizeof w[0]);
    unrolled_forward(UT, UB, UV, 1, w, m, r, rv, a->rate, a->beta, (void *)a->X,
                     a->y, (void *)a->Xv, a->yv);
    unrolled_run(&c, 1);
    const hg_tensor t = TENSOR("rate", "5.62", a->rate, c.d.rate, "T", UT);
    const hg_tensor known = KNOWN("m", m, "T,D", UT + 1, 1);
    program_tell(p, 0, NULL, 1, &known);
    program_check(p, "one weight", unrolled_loss, &c, 1, &t);
}

/* ---- the listing's network ----------------------------------------------- */

enum { LB = 3 };

typedef struct net {
    listing n, d;
    real x[LB][IN], y[LB], dx[LB][IN], dy[LB];
    real h[LB][HIDDEN], c[LB][CODE], o[LB][OUT], do_[LB][OUT];
} net;

static real net_loss(void *context)
{
    net *a = context;
    real o[LB][OUT], h[LB][HIDDEN], c[LB][CODE];
    listing_forward(LB, o, h, c, &a->n, a->x);
    return incoming * one_label_forward(LB, OUT, o, a->y);
}

/* From what the forward pass left. */
static void net_backward(void *context)
{
    net *a = context;
    start_at(LISTING_SIZE, (real *)&a->d);
    start_at(LB * IN, (real *)a->dx);
    start_at(LB, a->dy);
    start_at(LB * OUT, (real *)a->do_);
    one_label_backward(LB, OUT, a->do_, a->dy, incoming, a->o, a->y);
    take_off(LB * OUT, (real *)a->do_);
    listing_backward(LB, &a->d, a->dx, a->do_, &a->n, a->h, a->c, a->x);
    take_off(LISTING_SIZE, (real *)&a->d);
    take_off(LB * IN, (real *)a->dx);
    take_off(LB, a->dy);
}

static void check_net(program *p, const char *group, double size,
                      bool saturated)
{
    net a;
    rng g = rng_new(p->seed, 27);
    fill_normal(LISTING_SIZE, (real *)&a.n, size, &g);
    fill_normal(LB * IN, (real *)a.x, 1, &g);
    fill_normal(LB, a.y, 1, &g);
    listing_forward(LB, a.o, a.h, a.c, &a.n, a.x);
    net_backward(&a);
    hg_tensor t[] = {
        TENSOR("W1", "5.82", a.n.W1, a.d.W1, "H,D", HIDDEN, IN),
        TENSOR("b1", "5.81", a.n.b1, a.d.b1, "H", HIDDEN),
        TENSOR("W2", "5.80", a.n.W2, a.d.W2, "C,H", CODE, HIDDEN),
        TENSOR("b2", "5.79", a.n.b2, a.d.b2, "C", CODE),
        TENSOR("W3", "5.78", a.n.W3, a.d.W3, "M,C", OUT, CODE),
        TENSOR("b3", "5.77", a.n.b3, a.d.b3, "M", OUT),
        TENSOR("x", "5.82", a.x, a.dx, "B,D", LB, IN),
        TENSOR("y", "5.77a", a.y, a.dy, "B", LB),
    };
    const hg_size sizes[] = {{"B", LB}, {"M", OUT}, {"dL", 0.7}};
    const hg_tensor known[] = {KNOWN("h", a.h, "B,H", LB, HIDDEN),
                               KNOWN("c", a.c, "B,C", LB, CODE),
                               KNOWN("do", a.do_, "B,M", LB, OUT)};
    if (saturated) {
        const stored states[] = {{LB * HIDDEN, (real *)a.h},
                                 {LB * CODE, (real *)a.c},
                                 {LB * OUT, (real *)a.o}};
        double most = condition_measure(net_backward, &a, 3, states, 8, t);
        show_value(&p->show, "largest condition", (real)most, NULL);
    }
    program_tell(p, 3, sizes, 3, known);
    program_check(p, group, net_loss, &a, 8, t);
}

/* ---- exclusive or, the landscapes, the classifier ------------------------ */

enum { XB = 5 };

typedef struct xor_case {
    xor_net n, d;
    real x[XB][2], t[XB], dx[XB][2], dt[XB], h[XB], y[XB];
} xor_case;

static real xor_loss(void *context)
{
    const xor_case *a = context;
    real h, y, L = 0;
    for (int b = 0; b < XB; b++)
        L += xor_forward(&h, &y, &a->n, a->x[b], a->t[b]);
    return incoming * L;
}

/* From what the forward pass left. */
static void xor_again(void *context)
{
    xor_case *a = context;
    start_at(XOR_SIZE, (real *)&a->d);
    start_at(XB * 2, (real *)a->dx);
    start_at(XB, a->dt);
    for (int b = 0; b < XB; b++)
        xor_backward(&a->d, a->dx[b], &a->dt[b], incoming, &a->n, a->x[b],
                     a->t[b], a->h[b], a->y[b]);
    take_off(XOR_SIZE, (real *)&a->d);
    take_off(XB * 2, (real *)a->dx);
    take_off(XB, a->dt);
}

static void check_xor(program *p)
{
    xor_case a;
    real direct[XB][2]; /* what the direct links bring to x */
    rng g = rng_new(p->seed, 28);
    fill_normal(XOR_SIZE, (real *)&a.n, 1, &g);
    fill_normal(XB * 2, (real *)a.x, 1, &g);
    fill_normal(XB, a.t, 1, &g);
    for (int b = 0; b < XB; b++) {
        real *y = &a.y[b];
        xor_forward(&a.h[b], y, &a.n, a.x[b], a.t[b]);
        for (int i = 0; i < 2; i++)
            direct[b][i] = incoming * (*y - a.t[b]) * *y * (1 - *y) * a.n.v[i];
    }
    xor_again(&a);
    hg_tensor t[] = {
        TENSOR("w", "5.94", a.n.w, a.d.w, "D", 2),
        TENSOR("b", "5.92", &a.n.b, &a.d.b, "", 1),
        TENSOR("v", "5.93", a.n.v, a.d.v, "D", 2),
        TENSOR("u", "5.91", &a.n.u, &a.d.u, "", 1),
        TENSOR("c", "5.91", &a.n.c, &a.d.c, "", 1),
        TENSOR("x", "5.95", a.x, a.dx, "B,D", XB, 2),
        TENSOR("t", "5.96", a.t, a.dt, "B", XB),
    };
    const hg_tensor known[] = {KNOWN("ds v^T", direct, "B,D", XB, 2)};
    program_tell(p, 0, NULL, 1, known);
    const stored states[] = {{XB, a.h}, {XB, a.y}};
    double most = condition_measure(xor_again, &a, 2, states, 7, t);
    show_value(&p->show, "largest condition", (real)most, NULL);
    program_check(p, "XOR", xor_loss, &a, 7, t);
}

typedef struct place {
    int valley;
    real w[2], dw[2];
} place;

static real place_loss(void *context)
{
    const place *a = context;
    return incoming *
           (a->valley ? valley_forward(a->w, 100) : bowl_forward(a->w, 20));
}

static void check_landscape(program *p, int valley)
{
    place a = {
        .valley = valley, .w = {R(-1.2), R(0.7)}, .dw = {BEFORE, BEFORE}};
    if (valley)
        valley_backward(a.dw, incoming, a.w, 100);
    else
        bowl_backward(a.dw, incoming, a.w, 20);
    take_off(2, a.dw);
    const hg_tensor t =
        TENSOR("w", valley ? "5.87a" : "5.83a", a.w, a.dw, "N", 2);
    program_check(p, valley ? "valley" : "bowl", place_loss, &a, 1, &t);
}

enum { KB = 5, KC = 4, KD = 3 };

typedef struct classes {
    real W[KC][KD], b[KC], x[KB][KD], dW[KC][KD], db[KC], dx[KB][KD];
    int target[KB];
} classes;

static real classes_loss(void *context)
{
    const classes *a = context;
    real p[KB][KC];
    return incoming * classifier_forward(KB, KC, KD, p, a->W, a->b, a->x,
                                         a->target, lambda);
}

/* Where nothing comes in, nothing may come out, to the bit. */
static bool classifier_silent(const classes *a, const real prob[KB][KC])
{
    static const classes none;
    classes d = none;
    classifier_backward(KB, KC, KD, d.dW, d.db, d.dx, 0, prob, a->W, a->x,
                        a->target, lambda);
    return memcmp(&d, &none, sizeof d) == 0;
}

static void check_classifier(program *p)
{
    classes a = {.target = {2, 0, 2, 3, 1}};
    real prob[KB][KC];
    rng g = rng_new(p->seed, 29);
    fill_normal(KC * KD, (real *)a.W, 1, &g);
    fill_normal(KC, a.b, 1, &g);
    fill_normal(KB * KD, (real *)a.x, 1, &g);
    start_at(KC * KD, (real *)a.dW);
    start_at(KC, a.db);
    start_at(KB * KD, (real *)a.dx);
    classifier_forward(KB, KC, KD, prob, a.W, a.b, a.x, a.target, lambda);
    classifier_backward(KB, KC, KD, a.dW, a.db, a.dx, incoming, prob, a.W, a.x,
                        a.target, lambda);
    take_off(KC * KD, (real *)a.dW);
    take_off(KC, a.db);
    take_off(KB * KD, (real *)a.dx);
    if (!classifier_silent(&a, (const real(*)[KC])prob))
        a.db[0] = (real)NAN;
    const hg_tensor t[] = {
        TENSOR("W", "5.100", a.W, a.dW, "C,D", KC, KD),
        TENSOR("b", "5.99", a.b, a.db, "C", KC),
        TENSOR("x", "5.100", a.x, a.dx, "B,D", KB, KD),
    };
    const hg_size sizes[] = {{"B", KB}, {"dL", 0.7}, {"lambda", lambda}};
    const hg_tensor known[] = {KNOWN("p", prob, "B,C", KB, KC)};
    program_tell(p, 3, sizes, 1, known);
    program_check(p, "classifier", classes_loss, &a, 3, t);
}

void check_losses(program *p)
{
    show_note(&p->show, "The two penalties, on a matrix:");
    check_penalties(p);
    show_note(&p->show,
              "Regression with a dropout mask, its mean, and the mean "
              "taken over all 4096 masks:");
    check_regression(p, 0);
    check_regression(p, 1);
    compare_masks(p);
    show_note(&p->show,
              "Training, then the error on other data, by every rate, "
              "the momentum, the start and the data: after one step, "
              "where beta has no influence, and after five; the rates once "
              "more where there is one weight.");
    check_unrolled(p, 1);
    check_unrolled(p, UT);
    check_one_weight(p);
    show_note(&p->show, "The listing's network: ordinary weights, then large "
                        "ones, so that tanh is nearly saturated and its slope "
                        "loses digits: the complex step's bound of each tensor "
                        "grows by its condition, at most this:");
    check_net(p, "network", 0.5, false);
    check_net(p, "saturated", 1.5, true);
    show_note(&p->show, "What the experiments train. In XOR five terms may "
                        "cancel: again the complex step's bounds grow by the "
                        "condition.");
    check_xor(p);
    check_landscape(p, 0);
    check_landscape(p, 1);
    check_classifier(p);
}
