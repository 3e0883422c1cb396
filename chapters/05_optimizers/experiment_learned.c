/* SPDX-License-Identifier: MIT */
/* Section 5.17: a schedule that is learned by its own gradient. */
#include "chapters/05_optimizers/experiment.h"
#include "chapters/05_optimizers/optimizers.h"
#include "chapters/05_optimizers/schedules.h"
#include "chapters/05_optimizers/unrolled.h"

#include <string.h>

enum { T = 4, D = 4, ROUNDS = 2000, LOOKS = 6 };

/* A bowl with these curvatures: X is diagonal, so X^T X is, and y = 0. */
static const real curvature[D] = {1, 2.5, 6, 10};

/* F = |w_T|^2/2 after T steps of descent from a start, and its gradient by the
 * rates. */
static real distance(real drate[T], const real rate[T], const real start[D])
{
    real X[D][D] = {{0}}, y[D] = {0}, Xv[D][D] = {{0}}, yv[D] = {0};
    real w[T + 1][D], m[T + 1][D], r[T][D], rv[D], dbeta = 0, dw[D] = {0};
    real dX[D][D] = {{0}}, dy[D] = {0}, dXv[D][D] = {{0}}, dyv[D] = {0};
    for (int d = 0; d < D; d++) {
        X[d][d] = sqrt(curvature[d]);
        Xv[d][d] = 1;
    }
    memcpy(w[0], start, sizeof w[0]);
    memset(drate, 0, T * sizeof *drate);
    real F = unrolled_forward(T, D, D, D, w, m, r, rv, rate, 0, X, y, Xv, yv);
    unrolled_backward(T, D, D, D, drate, &dbeta, dw, dX, dy, dXv, dyv,
                      (const real(*)[D])w, (const real(*)[D])m,
                      (const real(*)[D])r, rv, rate, 0, X, Xv);
    return F;
}

/* The same F without a step: each weight times a product. */
static real by_product(const real rate[T], const real start[D])
{
    real F = 0;
    for (int d = 0; d < D; d++) {
        real w = start[d];
        for (int t = 0; t < T; t++)
            w *= 1 - rate[t] * curvature[d];                       /* (5.101) */
        F += w * w / 2;
    }
    return F;
}

/* The best of the constant rates 0.0005, 0.001, ..., and its F. */
static real best_constant(real *rate, const real start[D])
{
    real least = by_product((const real[T]){0}, start);
    for (int k = 1; k < 600; k++) {
        real c = (real)(k * 0.0005), all[T] = {c, c, c, c};
        real F = by_product(all, start);
        if (re(F) < re(least)) {
            least = F;
            *rate = c;
        }
    }
    return least;
}

void experiment_learned(program *p)
{
    static const char *const cols[] = {"round",  "F",      "rate_0",
                                       "rate_1", "rate_2", "rate_3"};
    static const int looks[LOOKS] = {0, 10, 100, 500, 1000, 2000};
    const real start[D] = {1, 1, 1, 1}, other[D] = {-3, 0.5, 2, 7};
    real rate[T] = {0.11, 0.12, 0.13, 0.14}, m[T] = {0}, v[T] = {0}, drate[T];
    real constant = 0;
    double x[LOOKS][2 + T];
    show *s = &p->show;
    curve c;
    show_section(s, "Experiment: a schedule that learns");
    show_note(s,
              "Four steps of descent in a bowl with the curvatures 1, 2.5, 6 "
              "and 10, from (1, 1, 1, 1); F = |w_4|^2/2. First with the "
              "rates 0.11 to 0.14:");
    show_equation(s, "5.101",
                  "w_T,i = w_0,i (1 - rate_0 a_i) (1 - rate_1 a_i)...");
    show_value(s, "F", by_product(rate, start), NULL);
    show_no_equation(s);
    show_value(s, "F, unrolled", distance(drate, rate, start), NULL);
    show_vector(s, "dF/drate", T, drate);
    real least = best_constant(&constant, start);
    show_value(s, "best constant rate", constant, NULL);
    show_value(s, "its F", least, NULL);
    show_note(s,
              "Then Adam on the four rates, with the gradient of 5.8; its own "
              "rate falls from 0.005 to 0 along a cosine:");
    program_curve(p, &c, "learned", "round F rate0 rate1 rate2 rate3");
    for (int round = 0, look = 0; look < LOOKS; round++) {
        double row[2 + T] = {round, re(distance(drate, rate, start))};
        for (int t = 0; t < T; t++)
            row[2 + t] = re(rate[t]);
        if (round % 10 == 0)
            curve_row(&c, 2 + T, row);
        if (round == looks[look])
            memcpy(x[look++], row, sizeof row);
        double own = rate_cosine(0.005, 0, round, ROUNDS);
        adam(T, rate, m, v, drate, round + 1, adam_usual(own));
    }
    program_curve_end(p, &c);
    show_table(s, "four rates, learned", LOOKS, 2 + T, NULL, cols, x);
    show_vector(s, "1/curvature", D,
                (const real[D]){1 / curvature[3], 1 / curvature[2],
                                1 / curvature[1], 1 / curvature[0]});
    show_note(s, "The learned rates from another start, (-3, 0.5, 2, 7):");
    show_value(s, "F before", by_product((const real[T]){0}, other), NULL);
    show_value(s, "F after", distance(drate, rate, other), NULL);
}
