/* SPDX-License-Identifier: MIT */
#include "chapters/06_feedback/checks.h"

#include "chapters/06_feedback/hopfield.h"
#include "chapters/06_feedback/unit.h"
#include "lib/condition.h"
#include "lib/sample.h"

#include <string.h>

/* The memory at x, read as rows of `width` numbers. */
#define ROWS(width, x) ((real(*)[width])(x))
#define LENGTH(x) ((int)(sizeof(x) / sizeof *(x)))

/* A backward function adds into its gradients. In some checks they do not start
 * at zero but at BEFORE, which is taken off afterwards: `=` for `+=` shows. It
 * is a power of two, and costs hardly a digit. */
#define BEFORE R(0.0009765625)

static void shift(real by, int n, real x[n])
{
    for (int i = 0; i < n; i++)
        x[i] += by;
}

/* ---- the simple recurrent network ---------------------------------------- */

static real read_outputs(const simple_job *a, int first, int steps,
                         const real *y)
{
    real loss = 0;
    for (int i = 0; i < steps * a->n.M; i++)
        loss += a->e[first * a->n.M + i] * y[a->n.M + i];
    return loss;
}

static real simple_loss(void *context)
{
    simple_job *a = context;
    int H = a->n.H, M = a->n.M, T = a->copied ? 1 : a->T;
    real loss = 0;
    for (int first = 0; first < a->T; first += T) {
        real h[T + 1][H], y[T + 1][M];
        memcpy(h[0], a->h + first * H, sizeof h[0]);
        memcpy(y[0], a->y + first * M, sizeof y[0]);
        simple_forward(T, &a->n, h, y, ROWS(a->n.D, a->x) + first);
        loss += read_outputs(a, first, T, (const real *)y);
    }
    return loss;
}

/* From the states as they stand. */
static void simple_again(void *context)
{
    simple_job *a = context;
    const simple_net *n = &a->n;
    int T = a->copied ? 1 : a->T;
    real(*x)[n->D] = ROWS(n->D, a->x), (*h)[n->H] = ROWS(n->H, a->h);
    real(*y)[n->M] = ROWS(n->M, a->y), (*e)[n->M] = ROWS(n->M, a->e);
    memset(a->dw, 0, sizeof a->dw);
    memset(a->dx, 0, sizeof a->dx);
    memset(a->dh0, 0, sizeof a->dh0);
    memset(a->dy0, 0, sizeof a->dy0);
    shift(a->before, LENGTH(a->dw), a->dw);
    shift(a->before, LENGTH(a->dx), a->dx);
    shift(a->before, LENGTH(a->dh0), a->dh0);
    shift(a->before, LENGTH(a->dy0), a->dy0);
    for (int t = 0; t < a->T; t += T)
        if (a->copied)
            simple_backward(1, n, &a->d, NULL, NULL, NULL, e + t, h + t, y + t,
                            x + t);
        else
            simple_backward(T, n, &a->d, ROWS(n->D, a->dx), a->dh0, a->dy0, e,
                            h, y, x);
    shift(-a->before, LENGTH(a->dw), a->dw);
    shift(-a->before, LENGTH(a->dx), a->dx);
    shift(-a->before, LENGTH(a->dh0), a->dh0);
    shift(-a->before, LENGTH(a->dy0), a->dy0);
}

void simple_gradients(simple_job *a)
{
    simple_forward(a->T, &a->n, ROWS(a->n.H, a->h), ROWS(a->n.M, a->y),
                   ROWS(a->n.D, a->x));
    simple_again(a);
}

static void show_condition(program *p, double most)
{
    show_value(&p->show, "largest condition", (real)most, NULL);
}

/* dz_t, rows of (T,H), index by index: for the checker, which may find them in
 * a wrong gradient. */
static void simple_deltas(const simple_job *a, real *dz)
{
    const simple_net *n = &a->n;
    int H = n->H, M = n->M;
    for (int t = a->T; t >= 1; t--) {
        const real *h = a->h + t * H, *y = a->y + t * M;
        const real *later = dz + t * H; /* dz_{t+1} */
        for (int i = 0; i < H; i++) {
            real dh = 0;
            for (int m = 0; m < M; m++) {
                real dy = a->e[(t - 1) * M + m];
                for (int j = 0; j < H && t < a->T && !a->copied; j++)
                    dy += n->B[j * M + m] * later[j];
                dh += n->V[m * H + i] * dy * y[m] * (1 - y[m]);
            }
            for (int j = 0; j < H && t < a->T && !a->copied; j++)
                dh += n->U[j * H + i] * later[j];
            dz[(t - 1) * H + i] = dh * h[i] * (1 - h[i]);
        }
    }
}

static int is_zero(int n, const real x[n])
{
    for (int i = 0; i < n; i++)
        if (re(x[i]) != 0)
            return 0;
    return 1;
}

enum { SIMPLE_PARAMETERS = 6, SIMPLE_ALL = 9 };

void check_simple(program *p, const char *group, simple_job *a)
{
    const simple_net *n = &a->n, *d = &a->d;
    int D = n->D, H = n->H, M = n->M, T = a->T;
    simple_gradients(a);
    hg_tensor t[SIMPLE_ALL] = {
        TENSOR("W", "6.16", n->W, d->W, "H,D", H, D),
        TENSOR("U", "6.17", n->U, d->U, "H,H", H, H),
        TENSOR("B", "6.18", n->B, d->B, "H,M", H, M),
        TENSOR("b", "6.19", n->b, d->b, "H", H),
        TENSOR("V", "6.20", n->V, d->V, "M,H", M, H),
        TENSOR("c", "6.21", n->c, d->c, "M", M),
        TENSOR("x", "6.22", a->x, a->dx, "T,D", T, D),
        TENSOR("h_0", "6.23", a->h, a->dh0, "H", H),
        TENSOR("y_0", "6.24", a->y, a->dy0, "M", M),
    };
    t[SIMPLE_ALL - 2].expected = is_zero(H * H, n->U) ? HG_ZERO : HG_AGREES;
    t[SIMPLE_ALL - 1].expected = is_zero(H * M, n->B) ? HG_ZERO : HG_AGREES;
    if (a->saturated) {
        const stored states[] = {{T * H, a->h + H}, {T * M, a->y + M}};
        show_condition(
            p, condition_measure(simple_again, a, 2, states, SIMPLE_ALL, t));
    }
    real dz[JOB_STEPS * JOB_WIDTH];
    simple_deltas(a, dz);
    const hg_tensor known[] = {
        KNOWN("dz", dz, "T,H", T, H),
        KNOWN("e", a->e, "T,M", T, M),
        KNOWN("h from h_0 on", a->h, "T,H", T + 1, H),
        KNOWN("y from y_0 on", a->y, "T,M", T + 1, M),
    };
    program_tell(p, 0, NULL, LENGTH(known), known);
    program_check(p, group, simple_loss, a,
                  a->copied ? SIMPLE_PARAMETERS : SIMPLE_ALL, t);
}

static void random_simple(simple_job *a, const program *p, uint64_t stream,
                          double size)
{
    enum { D = 2, H = 5, M = 3 };
    rng g = rng_new(p->seed, stream);
    memset(a, 0, sizeof *a);
    a->T = 4;
    a->n = simple_view(D, H, M, a->w);
    a->d = simple_view(D, H, M, a->dw);
    fill_normal(simple_size(D, H, M), a->w, size, &g);
    fill_normal(a->T * D, a->x, 1, &g);
    fill_normal(a->T * M, a->e, 1, &g);
    fill_normal(H, a->h, 0.5, &g);
    fill_normal(M, a->y, 0.5, &g);
}

/* Two steps; W is the unit matrix, B and the start are zero, and so is all that
 * enters step 1: its states are all 1/2, and all its slopes 1/4. Only the second
 * output counts. Then dx_2 is dz_2 itself, and dx_1 is U^T dz_2 / 4. */
static void check_unit_input(program *p)
{
    enum { W = 4, M = 3 };
    simple_job a;
    real dz[2][W], quarter[W];
    random_simple(&a, p, 6, 1);
    a.T = 2;
    a.n = simple_view(W, W, M, a.w);
    a.d = simple_view(W, W, M, a.dw);
    memset(a.n.W, 0, W * W * sizeof(real));
    memset(a.n.B, 0, W * M * sizeof(real));
    memset(a.n.b, 0, W * sizeof(real));
    memset(a.x, 0, W * sizeof(real));
    memset(a.h, 0, W * sizeof(real));
    memset(a.y, 0, M * sizeof(real));
    memset(a.e, 0, M * sizeof(real));
    for (int i = 0; i < W; i++)
        a.n.W[i * W + i] = 1;
    simple_gradients(&a);
    simple_deltas(&a, (real *)dz);
    for (int i = 0; i < W; i++)
        quarter[i] = dz[1][i] / 4;
    const hg_tensor t[] = {
        TENSOR("x_2", "6.15", a.x + W, a.dx + W, "D", W),
        TENSOR("x_1", "6.14", a.x, a.dx, "D", W),
        TENSOR("U", "6.17", a.n.U, a.d.U, "H,H", W, W),
    };
    const hg_tensor known[] = {
        KNOWN("dz_2", dz[1], "H", W),
        KNOWN("dz_2 / 4", quarter, "H", W),
        KNOWN("h_2", a.h + 2 * W, "H", W),
    };
    program_tell(p, 0, NULL, LENGTH(known), known);
    program_check(p, "unit input", simple_loss, &a, LENGTH(t), t);
}

static void check_simple_networks(program *p)
{
    simple_job a;
    show_note(&p->show, "The simple recurrent network with both loops: sizes "
                        "that all differ, random numbers, a random incoming "
                        "gradient.");
    random_simple(&a, p, 1, 1);
    check_simple(p, "both loops", &a);
    show_note(&p->show,
              "Two steps whose input is a unit's own sum (W = 1), the "
              "first from zero: dx_2 is dz_2, dx_1 is U^T dz_2 / 4.");
    check_unit_input(p);
    show_note(&p->show, "Jordan's loop alone (U = 0), then Elman's alone (B = "
                        "0). h_0, then y_0, has no influence; U and B do.");
    random_simple(&a, p, 2, 1);
    memset(a.n.U, 0, (size_t)(a.n.H * a.n.H) * sizeof(real));
    check_simple(p, "Jordan", &a);
    random_simple(&a, p, 3, 1);
    memset(a.n.B, 0, (size_t)(a.n.H * a.n.M) * sizeof(real));
    check_simple(p, "Elman", &a);
    show_note(&p->show,
              "Large weights, so that the units are nearly saturated, "
              "a large incoming gradient, and gradient buffers that "
              "are not empty. The slopes lose digits: the complex step's bound "
              "of each tensor grows by its condition, at most this:");
    random_simple(&a, p, 4, 3);
    a.saturated = 1;
    a.before = BEFORE;
    for (int i = 0; i < a.T * a.n.M; i++)
        a.e[i] *= 1000;
    check_simple(p, "saturated", &a);
    show_note(&p->show, "Elman's own rule, one step at a time, against a loss "
                        "in which each step starts from a fixed state.");
    random_simple(&a, p, 5, 1);
    a.copied = 1;
    check_simple(p, "copied back", &a);
}

/* ---- the loop of dense layers -------------------------------------------- */

/* So many that an imaginary part of 1e-200 has settled as well. */
enum { PASSES = 500 };

static real loop_loss(void *context)
{
    const loop_job *a = context;
    int D = a->n.D, H = a->n.H, M = a->n.M;
    real s[D], h[H], y[M], loss = 0;
    memcpy(y, a->y0, sizeof y);
    loop_net_settle(a->K, &a->n, s, h, y, a->x);
    for (int m = 0; m < M; m++)
        loss += a->up[m] * y[m];
    return loss;
}

/* Backward through all passes, whatever a->settled says. */
static void unrolled_gradients(loop_job *a)
{
    int D = a->n.D, H = a->n.H, M = a->n.M, K = a->K;
    real s[K][D], h[K][H], y[K + 1][M];
    memcpy(y[0], a->y0, sizeof y[0]);
    loop_net_forward(K, &a->n, s, h, y, a->x);
    loop_net_backward(K, &a->n, &a->d, a->dx, a->dy0, a->up, s, h, y);
}

/* The same from what the passes left. */
typedef struct passes {
    loop_job *a;
    real *s, *h, *y;
} passes;

static void unrolled_again(void *context)
{
    const passes *k = context;
    loop_job *a = k->a;
    memset(a->dw, 0, sizeof a->dw);
    memset(a->dx, 0, sizeof a->dx);
    memset(a->dy0, 0, sizeof a->dy0);
    loop_net_backward(a->K, &a->n, &a->d, a->dx, a->dy0, a->up,
                      ROWS(a->n.D, k->s), ROWS(a->n.H, k->h),
                      ROWS(a->n.M, k->y));
}

static double loop_condition(loop_job *a, int n, hg_tensor t[n])
{
    int D = a->n.D, H = a->n.H, M = a->n.M, K = a->K;
    real s[K * D], h[K * H], y[(K + 1) * M];
    passes k = {a, s, h, y};
    const stored states[] = {{K * D, s}, {K * H, h}, {K * M, y + M}};
    memcpy(y, a->y0, (size_t)M * sizeof *y);
    loop_net_forward(K, &a->n, ROWS(D, s), ROWS(H, h), ROWS(M, y), a->x);
    return condition_measure(unrolled_again, &k, 3, states, n, t);
}

static void implicit_gradients(loop_job *a)
{
    real s[JOB_WIDTH], h[JOB_WIDTH], y[JOB_WIDTH];
    memcpy(y, a->y0, sizeof y);
    loop_net_settle(a->K, &a->n, s, h, y, a->x);
    loop_net_implicit(&a->n, &a->d, a->dx, a->up, s, h, y);
}

void loop_gradients(loop_job *a)
{
    memset(a->dw, 0, sizeof a->dw);
    memset(a->dx, 0, sizeof a->dx);
    memset(a->dy0, 0, sizeof a->dy0);
    shift(a->before, LENGTH(a->dw), a->dw);
    shift(a->before, LENGTH(a->dx), a->dx);
    shift(a->before, LENGTH(a->dy0), a->dy0);
    if (a->settled)
        implicit_gradients(a);
    else
        unrolled_gradients(a);
    shift(-a->before, LENGTH(a->dw), a->dw);
    shift(-a->before, LENGTH(a->dx), a->dx);
    shift(-a->before, LENGTH(a->dy0), a->dy0);
}

/* Where nothing comes in, nothing may come out, to the bit. (And nothing may ever
 * be written behind the D and M entries of dx and dy_0.) */
static int loop_silent(const loop_job *job)
{
    loop_job a = *job;
    a.d = loop_net_view(a.n.D, a.n.H, a.n.M, a.dw);
    a.before = 0;
    memset(a.up, 0, sizeof a.up);
    loop_gradients(&a);
    return is_zero(LENGTH(a.dw), a.dw) && is_zero(LENGTH(a.dx), a.dx) &&
           is_zero(LENGTH(a.dy0), a.dy0);
}

enum { LOOP_ALL = 8 };

static void loop_tensors(hg_tensor t[LOOP_ALL], loop_job *a)
{
    const loop_net *n = &a->n, *d = &a->d;
    int D = n->D, H = n->H, M = n->M;
    const hg_tensor all[LOOP_ALL] = {
        TENSOR("W2", "6.30", n->W2, d->W2, "M,H", M, H),
        TENSOR("b2", "6.30", n->b2, d->b2, "M", M),
        TENSOR("W1", "6.32", n->W1, d->W1, "H,D", H, D),
        TENSOR("b1", "6.32", n->b1, d->b1, "H", H),
        TENSOR("W3", "6.34", n->W3, d->W3, "D,M", D, M),
        TENSOR("b3", "6.34", n->b3, d->b3, "D", D),
        TENSOR("x", "6.33", a->x, a->dx, "D", D),
        TENSOR("y_0", "6.35", a->y0, a->dy0, "M", M),
    };
    for (int i = 0; i < LOOP_ALL; i++)
        t[i] = all[i];
    if (is_zero(D * M, n->W3))
        t[LOOP_ALL - 1].expected = HG_ZERO;
}

/* What each pass adds to dx, the last pass first: rows of (K,D). */
static void input_shares(const loop_job *a, real *ds)
{
    int D = a->n.D, H = a->n.H, M = a->n.M, K = a->K;
    real s[K][D], h[K][H], y[K + 1][M], g[M], nothing[JOB_WEIGHTS] = {0};
    const loop_net lost = loop_net_view(D, H, M, nothing);
    memcpy(y[0], a->y0, sizeof y[0]);
    loop_net_forward(K, &a->n, s, h, y, a->x);
    memcpy(g, a->up, sizeof g);
    memset(ds, 0, (size_t)(K * D) * sizeof *ds);
    for (int k = K - 1; k >= 0; k--, ds += D) {
        real before[M];
        memset(before, 0, sizeof before);
        loop_net_pass_backward(&a->n, &lost, ds, before, g, s[k], h[k],
                               y[k + 1], y[k]);
        memcpy(g, before, sizeof g);
    }
}

/* How far apart the outputs are after all passes, from y0 and from
 * sign y0 + more. */
static double apart(const loop_job *a, int sign, int more)
{
    int M = a->n.M;
    real s[JOB_WIDTH], h[JOB_WIDTH], y[JOB_WIDTH], z[JOB_WIDTH];
    double far = 0;
    for (int m = 0; m < M; m++) {
        y[m] = a->y0[m];
        z[m] = sign * y[m] + more;
    }
    loop_net_settle(a->K, &a->n, s, h, y, a->x);
    loop_net_settle(a->K, &a->n, s, h, z, a->x);
    for (int m = 0; m < M; m++)
        far = fmax(far, re(real_abs(y[m] - z[m])));
    return far;
}

/* Whether a weak loop, that of --set gain=1e-8, forgets its start: what is left
 * of it is lost in the rounding of the loss. (Without a loop: (6.35) is 0.) */
static int forgets(const loop_job *a)
{
    return !is_zero(a->n.D * a->n.M, a->n.W3) && apart(a, 1, 1) < 1e-11;
}

void check_loop(program *p, const char *group, loop_job *a)
{
    int M = a->n.M, H = a->n.H, D = a->n.D;
    real s[JOB_WIDTH], h[JOB_WIDTH], y[JOB_WIDTH], one[JOB_WIDTH];
    real ds[JOB_STEPS * JOB_WIDTH];
    hg_tensor t[LOOP_ALL];
    loop_tensors(t, a);
    if (a->measured)
        show_condition(p, loop_condition(a, LOOP_ALL, t));
    loop_gradients(a);
    if (!loop_silent(a) || !is_zero(LENGTH(a->dx) - D, a->dx + D) ||
        !is_zero(LENGTH(a->dy0) - M, a->dy0 + M))
        a->d.b2[0] = (real)NAN;
    memcpy(y, a->y0, sizeof y);
    loop_net_settle(a->K, &a->n, s, h, y, a->x);
    for (int m = 0; m < M; m++)
        one[m] = a->up[m] * (1 - y[m] * y[m]);
    const hg_tensor known[] = {
        KNOWN("dr of the last pass", one, "M", M),
        KNOWN("dy", a->up, "M", M),
        KNOWN("h", h, "H", H),
        KNOWN("y", y, "M", M),
        KNOWN("ds, the last pass first", ds, "K,D", a->K, D),
    };
    int rows = a->K <= JOB_STEPS;
    if (rows)
        input_shares(a, ds);
    program_tell(p, 0, NULL, LENGTH(known) - !rows, known);
    /* y_0 comes last: a loop at rest has no start, nor has one that forgets */
    program_check(p, group, loop_loss, a, LOOP_ALL - (a->settled || forgets(a)),
                  t);
}

/* Random numbers; the loop itself, W3, is `gain` times normal. */
static void random_loop(loop_job *a, const program *p, uint64_t stream,
                        double gain)
{
    enum { D = 4, H = 5, M = 3 };
    rng g = rng_new(p->seed, stream);
    memset(a, 0, sizeof *a);
    a->n = loop_net_view(D, H, M, a->w);
    a->d = loop_net_view(D, H, M, a->dw);
    fill_normal(loop_net_size(D, H, M), a->w, 0.5, &g);
    fill_normal(D * M, a->n.W3, gain, &g);
    fill_normal(D, a->x, 1, &g);
    fill_normal(M, a->up, 1, &g);
    fill_normal(M, a->y0, 0.5, &g);
}

/* The Euclidean length of J, all entries squared, where the loop is; no
 * eigenvalue is larger. */
static double length_of_jacobian(const loop_job *a, const real h[a->n.H],
                                 const real y[a->n.M])
{
    int M = a->n.M;
    real J[M][M];
    double sum = 0;
    loop_net_jacobian(&a->n, J, h, y);
    for (int i = 0; i < M; i++)
        for (int j = 0; j < M; j++)
            sum += re(J[i][j] * J[i][j]);
    return sqrt(sum);
}

static void weaken(loop_job *a)
{
    for (int i = 0; i < a->n.D * a->n.M; i++)
        a->n.W3[i] *= R(0.75);
}

/* Weakens the loop until it comes to rest, and fast. */
static void calm(loop_job *a)
{
    real s[JOB_WIDTH], h[JOB_WIDTH], y[JOB_WIDTH];
    for (;;) {
        memcpy(y, a->y0, sizeof y);
        double change = loop_net_settle(PASSES, &a->n, s, h, y, a->x);
        if (change < 1e-14 && length_of_jacobian(a, h, y) < 0.5)
            return;
        weaken(a);
    }
}

/* An equilibrium at y = 0, by the choice of b2: there the slope of the output is
 * 1, and the gradient by b2 is g itself. */
static void check_at_zero(program *p)
{
    enum { M = 3 };
    loop_job a;
    real s[JOB_WIDTH], h[JOB_WIDTH], y[M] = {0}, J[M][M], inverse[M][M];
    random_loop(&a, p, 14, 0.7);
    a.K = PASSES;
    a.settled = 1;
    memset(a.n.b2, 0, M * sizeof(real));
    loop_net_pass(&a.n, s, h, a.y0, a.x, y);
    while (length_of_jacobian(&a, h, y) > 0.5)
        weaken(&a);
    for (int m = 0; m < M; m++)
        for (int i = 0; i < a.n.H; i++)
            a.n.b2[m] -= a.n.W2[m * a.n.H + i] * h[i];
    memset(a.y0, 0, sizeof a.y0);
    loop_gradients(&a);
    loop_net_jacobian(&a.n, J, h, y);
    for (int j = 0; j < M; j++) { /* column j of the inverse of I - J */
        real A[M][M], column[M] = {0};
        for (int i = 0; i < M; i++)
            for (int k = 0; k < M; k++)
                A[i][k] = (i == k) - J[i][k];
        column[j] = 1;
        solve_linear(M, column, A);
        for (int i = 0; i < M; i++)
            inverse[i][j] = column[i];
    }
    const hg_tensor t = TENSOR("b2", "6.39", a.n.b2, a.d.b2, "M", M);
    const hg_tensor known[] = {
        KNOWN("dy", a.up, "M", M),
        KNOWN("(I - J)^-1", inverse, "M,M", M, M),
    };
    program_tell(p, 0, NULL, LENGTH(known), known);
    program_check(p, "at zero", loop_loss, &a, 1, &t);
}

static void check_loop_networks(program *p)
{
    loop_job a;
    show_note(&p->show, "The loop of dense layers, one pass, then three, which "
                        "round at each slope: by this condition at most.");
    random_loop(&a, p, 10, 0.7);
    a.K = 1;
    check_loop(p, "one pass", &a);
    random_loop(&a, p, 11, 0.7);
    a.K = 3;
    a.before = BEFORE;
    a.measured = 1;
    check_loop(p, "three passes", &a);
    show_note(&p->show, "Its equilibrium, after 500 passes, by the implicit "
                        "gradient.");
    random_loop(&a, p, 12, 0.7);
    calm(&a);
    a.K = PASSES;
    a.settled = 1;
    a.before = BEFORE;
    check_loop(p, "equilibrium", &a);
    show_residual(&p->show, "y from another start, less y", apart(&a, -1, 0));
    show_note(&p->show,
              "An equilibrium at y = 0, where the gradient by b2 is g "
              "of (6.39) itself:");
    check_at_zero(p);
}

/* The implicit gradient against that of PASSES passes unrolled. */
static void compare_implicit(program *p)
{
    loop_job a, b;
    hg_tensor t[LOOP_ALL], u[LOOP_ALL];
    show_note(&p->show, "The same gradient by 500 passes backward:");
    random_loop(&a, p, 12, 0.7);
    random_loop(&b, p, 12, 0.7);
    calm(&a);
    calm(&b);
    a.K = b.K = PASSES;
    a.settled = 1;
    loop_gradients(&a);
    loop_gradients(&b);
    loop_tensors(t, &a);
    loop_tensors(u, &b);
    for (int i = 0; i < LOOP_ALL - 1; i++)
        program_compare(p, &t[i], u[i].grad, 1e-13);
}

/* The closed form of the Jacobian against backward passes from unit vectors. */
static void compare_jacobian(program *p)
{
    enum { M = 3 };
    loop_job a;
    real s[JOB_WIDTH], h[JOB_WIDTH], y[M], J[M][M], rows[M][M] = {{0}};
    show_note(&p->show, "The Jacobian of a pass against the backward pass of "
                        "each output:");
    random_loop(&a, p, 13, 0.7);
    loop_net_pass(&a.n, s, h, y, a.x, a.y0);
    loop_net_jacobian(&a.n, J, h, y);
    for (int i = 0; i < M; i++) {
        real unit[M] = {0};
        unit[i] = 1;
        loop_net_pass_backward(&a.n, &a.d, a.dx, rows[i], unit, s, h, y, a.y0);
    }
    const hg_tensor t = TENSOR("dy/dy_0", "6.38", a.y0, J, "M,L", M, M);
    program_compare(p, &t, (const real *)rows, 1e-13);
}

/* ---- one unit, and the energy -------------------------------------------- */

/* L = up x after 400 passes from 0. */
typedef struct unit_job {
    real w, b, up, dw, db;
} unit_job;

static real unit_loss(void *context)
{
    const unit_job *a = context;
    return a->up * unit_run(400, a->w, a->b, 0);
}

static void check_unit(program *p)
{
    unit_job a = {.w = 0.5, .b = 0.4, .up = 1.7, .dw = BEFORE, .db = BEFORE};
    show_note(&p->show, "One unit at its equilibrium:");
    unit_implicit(&a.dw, &a.db, a.up, a.w, unit_run(400, a.w, a.b, 0));
    a.dw -= BEFORE;
    a.db -= BEFORE;
    const hg_tensor t[] = {
        TENSOR("w", "6.36", &a.w, &a.dw, "", 1),
        TENSOR("b", "6.37", &a.b, &a.db, "", 1),
    };
    program_check(p, "one unit", unit_loss, &a, 2, t);
}

enum { EN = 5 };

typedef struct energy_job {
    real W[EN][EN], s[EN], dW[EN][EN], ds[EN], up;
} energy_job;

static real energy_loss(void *context)
{
    const energy_job *a = context;
    return a->up * hopfield_energy(EN, a->W, a->s);
}

static void check_energy(program *p)
{
    energy_job a = {.up = R(-1.3)};
    real f[EN], xi[EN], turned[EN] = {0};
    rng g = rng_new(p->seed, 20);
    show_note(&p->show, "Hopfield's energy, by any state and by weights that "
                        "are not symmetric:");
    fill_normal(EN * EN, (real *)a.W, 1, &g);
    fill_normal(EN, a.s, 1, &g);
    shift(BEFORE, EN * EN, (real *)a.dW);
    shift(BEFORE, EN, a.ds);
    hopfield_energy_backward(EN, a.dW, a.ds, a.up, a.W, a.s);
    shift(-BEFORE, EN * EN, (real *)a.dW);
    shift(-BEFORE, EN, a.ds);
    const hg_tensor t[] = {
        TENSOR("W", "6.47", a.W, a.dW, "N,N", EN, EN),
        TENSOR("s", "6.46", a.s, a.ds, "N", EN),
    };
    for (int j = 0; j < EN; j++)
        for (int i = 0; i < EN; i++)
            turned[j] += a.W[i][j] * a.s[i];
    const hg_tensor known[] = {KNOWN("W^T s", turned, "N", EN)};
    program_tell(p, 0, NULL, 1, known);
    program_check(p, "energy", energy_loss, &a, 2, t);
    show_note(&p->show, "With stored patterns the field is minus the gradient "
                        "of the energy by the state:");
    memset(&a, 0, sizeof a);
    for (int n = 0; n < 3; n++) {
        for (int i = 0; i < EN; i++)
            xi[i] = rng_below(&g, 2) ? 1 : -1;
        hopfield_store(EN, a.W, xi, 1.0 / EN);
    }
    fill_normal(EN, a.s, 1, &g);
    hopfield_energy_backward(EN, a.dW, a.ds, -1, a.W, a.s);
    hopfield_field(EN, f, a.W, a.s);
    const hg_tensor u = TENSOR("-dE/ds", "6.42", a.s, a.ds, "N", EN);
    program_compare(p, &u, f, 1e-13);
}

void check_feedback(program *p)
{
    check_simple_networks(p);
    check_loop_networks(p);
    compare_implicit(p);
    compare_jacobian(p);
    check_unit(p);
    check_energy(p);
}
