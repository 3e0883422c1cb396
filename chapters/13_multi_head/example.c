/* SPDX-License-Identifier: MIT */
#include "chapters/13_multi_head/example.h"

#include <string.h>

#include "chapters/02_activations/activations.h"
#include "chapters/11_attention/attention.h"
#include "chapters/13_multi_head/masks.h"
#include "chapters/13_multi_head/multi_head.h"
#include "chapters/13_multi_head/positions.h"

enum {
    T = EXAMPLE_T,
    C = EXAMPLE_C,
    H = EXAMPLE_H,
    D = EXAMPLE_D,
    SIZE = 2 * H * D * (C + 1) + H * D * (C + 1) + C * H * D + C,
    KEPT = H * (2 * T * D + T * D + T * T + 2 * T * D)
};

/* The example's weights in one vector, and room for what is kept. */
typedef struct run {
    real w[SIZE], room[KEPT], y[T][C];
    multi_head n;
    multi_head_kept kept;
} run;

static void start(run *r, const multi_head_example *x)
{
    memset(r, 0, sizeof *r);
    r->n = multi_head_view(C, H, D, D, r->w);
    r->kept = multi_head_kept_view(T, T, &r->n, r->room);
    memcpy(r->n.W_q, x->W_q, sizeof x->W_q);
    memcpy(r->n.W_k, x->W_k, sizeof x->W_k);
    memcpy(r->n.W_v, x->W_v, sizeof x->W_v);
    memcpy(r->n.W_o, x->W_o, sizeof x->W_o);
}

static void forward(run *r, const bool see[T][T], const real x[T][C])
{
    multi_head_forward(T, T, &r->n, r->y, &r->kept, see, x, x, x);
}

/* "dW_q (head 1)", and so on. */
static void show_heads(show *s, const char *name, int rows, int cols,
                       const real *x)
{
    for (int h = 0; h < H; h++) {
        char title[40];
        snprintf(title, sizeof title, "%s (head %d)", name, h + 1);
        show_matrix(s, title, rows, cols, (void *)(x + h * rows * cols));
    }
}

/* ---- 13.1 and 13.2 ------------------------------------------------------- */

/* The scores of head h, with every product written out. */
static void show_scores(show *s, const run *r, int h)
{
    real(*q)[T][D] = (void *)r->kept.q, (*k)[T][D] = (void *)r->kept.k;
    for (int m = 0; m < T; m++)
        for (int n = 0; n < T; n++) {
            char name[24];
            real dot = 0;
            for (int d = 0; d < D; d++)
                dot += q[h][m][d] * k[h][n][d];
            snprintf(name, sizeof name, "s_%d%d (head %d)", m + 1, n + 1,
                     h + 1);
            show_value(s, name, dot, "%g*%g + %g*%g", re(q[h][m][0]),
                       re(k[h][n][0]), re(q[h][m][1]), re(k[h][n][1]));
        }
}

static void example_forward(show *s, run *r, const multi_head_example *x)
{
    show_section(s, "Two heads on two tokens: forward");
    show_note(s, "Two tokens of width 4, one a row. Unless --set changed them, "
                 "the weights only pick columns: head 1 reads components 1 and "
                 "2 of a token, head 2 reads 3 and 4. --list shows them.");
    show_matrix(s, "X", T, C, x->X);
    forward(r, NULL, x->X);
    show_equation(s, "13.1", "q_m = W_q x_m + b_q, in each head");
    show_heads(s, "q", T, D, r->kept.q);
    show_equation(s, "13.2", "k_n = W_k x_n + b_k, in each head");
    show_heads(s, "k", T, D, r->kept.k);
    show_equation(s, "13.3", "v_n = W_v x_n + b_v, in each head");
    show_heads(s, "v", T, D, r->kept.v);
    show_equation(s, "13.4", "o = attention(q, k, v), in each head");
    for (int h = 0; h < H; h++)
        show_scores(s, r, h);
    show_heads(s, "w", T, T, r->kept.w);
    show_heads(s, "o", T, D, r->kept.o);
    show_equation(s, "13.5", "a_m = (o_m of head 1, o_m of head 2)");
    show_matrix(s, "a", T, H * D, (void *)r->kept.a);
    show_equation(s, "13.6", "y_m = W_o a_m + b_o");
    show_matrix(s, "y", T, C, r->y);
}

/* The gradients inside each head, step by step as the backward takes them. */
typedef struct inside {
    real do_[H][T][D], dq[H][T][D], dk[H][T][D], dv[H][T][D];
    real dx[3][T][C]; /* by way of the queries, the keys, the values */
} inside;

static void through_heads(show *s, const run *r, const multi_head *g, inside *d,
                          const multi_head_example *x)
{
    real(*q)[T][D] = (void *)r->kept.q, (*k)[T][D] = (void *)r->kept.k;
    real(*v)[T][D] = (void *)r->kept.v, (*w)[T][T] = (void *)r->kept.w;
    double width = D, scale = 1 / sqrt(width);
    real da[T][H * D] = {{0}};
    for (int m = 0; m < T; m++)
        for (int j = 0; j < H * D; j++)
            for (int c = 0; c < C; c++)
                da[m][j] += x->W_o[c][j] * x->dy[m][c];
    heads_join_backward(T, C, H, D, (void *)g->W_o, g->b_o, d->do_, x->dy,
                        x->W_o, (void *)r->kept.a);
    show_equation(s, "13.7", "dW_o += dy a^T, db_o += dy, da = W_o^T dy");
    show_matrix(s, "dW_o", C, H * D, (void *)g->W_o);
    show_vector(s, "db_o", C, g->b_o);
    show_matrix(s, "da", T, H * D, da);
    show_equation(s, "13.8", "do of head h: its columns of da");
    show_heads(s, "do", T, D, (real *)d->do_);
    for (int h = 0; h < H; h++)
        attention_backward(T, T, D, D, d->dq[h], d->dk[h], d->dv[h], d->do_[h],
                           w[h], scale, q[h], k[h], v[h]);
    show_equation(s, "13.9", "dq, dk, dv: eqs. 11.7 to 11.11, in each head");
    show_heads(s, "dq", T, D, (real *)d->dq);
    show_heads(s, "dk", T, D, (real *)d->dk);
    show_heads(s, "dv", T, D, (real *)d->dv);
}

static void through_projections(show *s, const run *r, const multi_head *g,
                                inside *d, const multi_head_example *x)
{
    const multi_head *n = &r->n;
    real sum[T][C];
    heads_project_backward(T, C, H, D, (void *)g->W_q, (void *)g->b_q, d->dx[0],
                           d->dq, (void *)n->W_q, x->X);
    heads_project_backward(T, C, H, D, (void *)g->W_k, (void *)g->b_k, d->dx[1],
                           d->dk, (void *)n->W_k, x->X);
    heads_project_backward(T, C, H, D, (void *)g->W_v, (void *)g->b_v, d->dx[2],
                           d->dv, (void *)n->W_v, x->X);
    show_equation(s, "13.10", "dW_q += dq x^T, db_q += dq, dx += W_q^T dq");
    show_heads(s, "dW_q", D, C, g->W_q);
    show_matrix(s, "db_q (a row a head)", H, D, (void *)g->b_q);
    show_equation(s, "13.11", "dW_k += dk x^T, db_k += dk, dx += W_k^T dk");
    show_heads(s, "dW_k", D, C, g->W_k);
    show_equation(s, "13.12", "dW_v += dv x^T, db_v += dv, dx += W_v^T dv");
    show_heads(s, "dW_v", D, C, g->W_v);
    show_matrix(s, "db_v (a row a head)", H, D, (void *)g->b_v);
    show_no_equation(s);
    show_note(s, "A token is query, key and value: its gradient is the sum of "
                 "three.");
    show_matrix(s, "dX (queries)", T, C, d->dx[0]);
    show_matrix(s, "dX (keys)", T, C, d->dx[1]);
    show_matrix(s, "dX (values)", T, C, d->dx[2]);
    for (int t = 0; t < T; t++)
        for (int c = 0; c < C; c++)
            sum[t][c] = d->dx[0][t][c] + d->dx[1][t][c] + d->dx[2][t][c];
    show_matrix(s, "dX", T, C, sum);
}

/* The bias of the keys moves all scores of a query by q . b_k / sqrt(D). */
static void key_bias(show *s, const multi_head *g)
{
    double largest = 0;
    for (int i = 0; i < H * D; i++) {
        real sum = g->b_k[i];                                      /* (13.13) */
        largest = fmax(largest, re(real_abs(sum)));
    }
    show_equation(s, "13.13", "db_k = sum_n dk_n = 0");
    show_residual(s, "largest |db_k|", largest);
}

void example_two_heads(show *s, const multi_head_example *x)
{
    static run r;
    static inside d;
    real dw[SIZE] = {0};
    const multi_head g = multi_head_view(C, H, D, D, dw);
    memset(&d, 0, sizeof d);
    start(&r, x);
    example_forward(s, &r, x);
    show_section(s, "The gradients, head by head");
    show_note(s, "Unless --set changed them: the loss is L = y_11 + y_23, so "
                 "dL/dy has two ones; y_11 comes from head 1, y_23 from head "
                 "2.");
    show_matrix(s, "dy", T, C, x->dy);
    through_heads(s, &r, &g, &d, x);
    through_projections(s, &r, &g, &d, x);
    key_bias(s, &g);
}

/* ---- 13.3 ---------------------------------------------------------------- */

static void causal(show *s, const multi_head_example *x)
{
    static run r;
    bool see[T][T];
    real seen[T][T], changed[T][C], before[C];
    start(&r, x);
    mask_causal(T, see);
    for (int m = 0; m < T; m++)
        for (int n = 0; n < T; n++)
            seen[m][n] = see[m][n];
    show_equation(s, "13.14", "see_mn = (n <= m)");
    show_matrix(s, "see (causal)", T, T, seen);
    forward(&r, see, x->X);
    show_equation(s, "13.16",
                  "w_n = exp(z_n) / sum of exp(z_l) over the l that are seen");
    show_heads(s, "w, causal", T, T, r.kept.w);
    show_equation(s, "13.17", "o = sum of w_n v_n over the n that are seen");
    show_matrix(s, "y (causal)", T, C, r.y);
    memcpy(before, r.y[0], sizeof before);
    memcpy(changed, x->X, sizeof changed);
    for (int c = 0; c < C; c++)
        changed[1][c] = 1000 * (c + 1);
    forward(&r, see, changed);
    double most = 0;
    for (int c = 0; c < C; c++)
        most = fmax(most, re(real_abs(r.y[0][c] - before[c])));
    show_no_equation(s);
    show_note(s, "Token 2 becomes (1000, 2000, 3000, 4000). By how much does "
                 "the output of token 1 change?");
    show_value(s, "largest change of y_1", (real)most, NULL);
}

/* One query, three keys, of which the last is padding. */
static void padding(show *s)
{
    enum { N = 3 };
    const bool token[N] = {true, true, false};
    const real q[1][1] = {{1}}, k[N][1] = {{0.28}, {0.42}, {5}};
    const real v[N][1] = {{1}, {4}, {1000}}, do_[1][1] = {{1}};
    bool see[1][N] = {{true, true, true}};
    real o[1][1], w[1][N], dq[1][1] = {{0}}, dk[N][1] = {{0}};
    real dv[N][1] = {{0}}, seen[N], dw[N], dz[N], mean = 0;
    mask_padding(1, N, see, token);
    masked_attention_forward(1, N, 1, 1, o, w, 1, see, q, k, v);
    attention_backward(1, N, 1, 1, dq, dk, dv, do_, w, 1, q, k, v);
    for (int n = 0; n < N; n++) {
        seen[n] = see[0][n];
        dw[n] = v[n][0] * do_[0][0];
        mean += w[0][n] * dw[n];
    }
    for (int n = 0; n < N; n++)
        dz[n] = w[0][n] * (dw[n] - mean);                          /* (13.18) */
    show_no_equation(s);
    show_note(s, "Padding: one query, three keys with the scores 0.28, 0.42 "
                 "and 5, values 1, 4, 1000; the third is no token.");
    show_equation(s, "13.15", "see_mn = see_mn and token_n");
    show_vector(s, "see (padding)", N, seen);
    show_vector(s, "w (padding)", N, w[0]);
    show_value(s, "o (padding)", o[0][0], "%.6f*1 + %.6f*4", re(w[0][0]),
               re(w[0][1]));
    show_equation(s, "13.18", "dz_n = w_n (dw_n - mean) = 0 where w_n = 0");
    show_vector(s, "dz", N, dz);
    show_vector(s, "dk", N, (real *)dk);
    show_vector(s, "dv", N, (real *)dv);
}

/* The other way: adding -1e9 to the scores that shall not count. */
static void minus_a_billion(show *s)
{
    real none[2] = {0.28, 0.42}, w[2], o[1][1], hidden[1][2];
    const real q[1][1] = {{1}}, k[2][1] = {{0.28}, {0.42}};
    const real v[2][1] = {{1}, {4}};
    const bool see[1][2] = {{false, false}};
    for (int n = 0; n < 2; n++)
        none[n] += -1e9;
    softmax_forward(2, w, none);
    masked_attention_forward(1, 2, 1, 1, o, hidden, 1, see, q, k, v);
    show_no_equation(s);
    show_note(s,
              "A query that sees nothing (a row of padding): with -1e9 added "
              "to each score the softmax looks at the padding all the same; "
              "here its weights and its output are 0.");
    show_vector(s, "w (-1e9 added)", 2, w);
    show_vector(s, "w (nothing seen)", 2, hidden[0]);
    show_value(s, "o (nothing seen)", o[0][0], NULL);
}

void example_masks(show *s, const multi_head_example *x)
{
    show_section(s, "Masks: who sees whom");
    show_note(s, "The same two tokens; but token 1 must not see token 2, which "
                 "comes later.");
    causal(s, x);
    padding(s);
    minus_a_billion(s);
}

/* ---- 13.4 ---------------------------------------------------------------- */

/* How far the outputs of exchanged tokens are from the exchanged outputs. */
static double order_matters(const multi_head_example *x, const real P[T][C])
{
    static run r;
    real in[T][C], swapped[T][C], y[T][C];
    double most = 0;
    start(&r, x);
    for (int t = 0; t < T; t++)
        for (int c = 0; c < C; c++) {
            in[t][c] = x->X[t][c] + P[t][c];
            swapped[t][c] = x->X[T - 1 - t][c] + P[t][c];
        }
    forward(&r, NULL, in);
    memcpy(y, r.y, sizeof y);
    forward(&r, NULL, swapped);
    for (int t = 0; t < T; t++)
        for (int c = 0; c < C; c++)
            most = fmax(most, re(real_abs(r.y[t][c] - y[T - 1 - t][c])));
    return most;
}

enum { ROWS = 5 };

static void rotation(show *s, const real P[ROWS][C])
{
    real turned[C];
    double apart = 0;
    show_equation(s, "13.21", "PE(t + k) = R_k PE(t), pair by pair");
    sinusoid_turn(C, turned, P[1], 3);
    show_vector(s, "PE(1)", C, P[1]);
    show_vector(s, "R_3 PE(1)", C, turned);
    show_vector(s, "PE(4)", C, P[4]);
    for (int t = 0; t < ROWS; t++)
        for (int k = -t; k < ROWS - t; k++) {
            sinusoid_turn(C, turned, P[t], k);
            for (int c = 0; c < C; c++)
                apart = fmax(apart, re(real_abs(turned[c] - P[t + k][c])));
        }
    show_residual(s, "largest, all t, k", apart);
    show_equation(s, "13.22", "PE(t) . PE(t + k) = sum_i cos(omega_i k)");
    for (int t = 0; t < 3; t++) {
        char name[24];
        real dot = 0;
        for (int c = 0; c < C; c++)
            dot += P[t][c] * P[t + 2][c];
        snprintf(name, sizeof name, "PE(%d) . PE(%d)", t, t + 2);
        show_value(s, name, dot, NULL);
    }
    real sum = 0;
    for (int i = 0; i < C / 2; i++) {
        double angle = 2 * sinusoid_frequency(C, i);
        sum += (real)cos(angle);                                   /* (13.22) */
    }
    show_value(s, "sum of cosines", sum, "cos(2*%g) + cos(2*%g)",
               sinusoid_frequency(C, 0), sinusoid_frequency(C, 1));
}

static void learned(show *s, const multi_head_example *x)
{
    const real P[T][C] = {{0.1, -0.2, 0, 0.3}, {-0.4, 0, 0.2, 0.1}};
    real e[2][T][C], y[2][T][C], dP[T][C] = {{0}}, de[2][T][C];
    memset(de, 0, sizeof de);
    memcpy(e[0], x->X, sizeof e[0]);
    memcpy(e[1], x->dy, sizeof e[1]);
    positions_forward(2, T, C, y, e, P);
    positions_backward(2, T, C, dP, de, y);
    show_equation(s, "13.23", "x_bt = e_bt + P_t");
    show_matrix(s, "P", T, C, P);
    show_matrix(s, "x of sequence 1", T, C, y[0]);
    show_matrix(s, "x of sequence 2", T, C, y[1]);
    show_equation(s, "13.24", "dP_t = sum_b dx_bt");
    show_note(s, "For L = 1/2 sum x^2 the gradient dx is x itself:");
    show_matrix(s, "dP", T, C, dP);
}

void example_positions(show *s, const multi_head_example *x)
{
    real P[ROWS][C];
    const real none[T][C] = {{0}};
    sinusoids(ROWS, C, P);
    show_section(s, "Positions");
    show_note(s, "Without positions: exchange the two tokens, and the outputs "
                 "are exchanged and nothing else. With a position added to "
                 "each, they change.");
    show_residual(s, "change, no positions", order_matters(x, none));
    show_value(s, "change, sinusoids", (real)order_matters(x, P), NULL);
    show_equation(s, "13.19", "omega_i = 10000^(-2i/C)");
    for (int i = 0; i < C / 2; i++) {
        char name[16];
        snprintf(name, sizeof name, "omega_%d", i);
        show_value(s, name, (real)sinusoid_frequency(C, i), "10000^(-%d/%d)",
                   2 * i, C);
    }
    show_equation(s, "13.20",
                  "PE(t) = (sin omega_0 t, cos omega_0 t, sin omega_1 t, ...)");
    show_matrix(s, "PE (a row a position)", ROWS, C, P);
    rotation(s, P);
    learned(s, x);
}

/* ---- 13.5 ---------------------------------------------------------------- */

/* [one_head_error] */
double one_head_error(int N, const double w[N])
{
    double squares = 0;
    for (int n = 0; n < N; n++)
        squares += w[n] * w[n];
    return 1 - (w[0] * w[0] + w[1] * w[1]) / (2 * squares);        /* (13.26) */
}
/* [one_head_error] */

/* Two heads of width 1: head 1 copies component 1 of token 1, head 2 component
 * 2 of token 2. Keys and queries see positions only. */
static void constructed(show *s)
{
    enum { CC = 2, SIZES = 3 * 2 * (CC + 1) + 2 * CC + CC };
    real w[SIZES] = {0}, room[2 * (3 + 2 + 2 + 2)], y[1][CC];
    const real here[1][CC] = {{1, 1}}, place[2][CC] = {{1, 0}, {0, 1}};
    const real token[2][CC] = {{1, 0}, {0, 1}};
    const multi_head n = multi_head_view(CC, 2, 1, 1, w);
    const multi_head_kept kept = multi_head_kept_view(1, 2, &n, room);
    n.W_q[0] = n.W_q[2] = 1; /* both heads: q = 1 */
    n.W_k[0] = 40; /* head 1: the key of place 1 is 40, of 2 it is 0 */
    n.W_k[3] = 40; /* head 2: the other way */
    n.W_v[0] = n.W_v[3] = 1; /* head 1 takes component 1, head 2 component 2 */
    n.W_o[0] = n.W_o[3] = 1;
    multi_head_forward(1, 2, &n, y, &kept, NULL, here, place, token);
    show_no_equation(s);
    show_note(s, "Two heads of width 1, with weights chosen by hand: queries "
                 "and keys are made from positions, values from tokens.");
    show_vector(s, "w (head 1)", 2, kept.w);
    show_vector(s, "w (head 2)", 2, kept.w + 2);
    show_vector(s, "y (two heads)", CC, y[0]);
}

void example_two_places(show *s)
{
    static const double weights[][3] = {
        {1, 0, 0}, {0.5, 0.5, 0}, {0.7, 0.3, 0}, {0.4, 0.4, 0.2}};
    static const char *const names[] = {"error (1, 0, 0)", "error (.5, .5, 0)",
                                        "error (.7, .3, 0)",
                                        "error (.4, .4, .2)"};
    const real token[2][2] = {{1, 0}, {0, 1}};
    real mix[2] = {0};
    show_section(s, "What one head cannot do, and two can");
    show_note(s, "Wanted: component 1 of token 1 beside component 2 of token "
                 "2. For x_1 = (1, 0), x_2 = (0, 1) that is (1, 1). One head "
                 "that is right for equal tokens has A = 1, so its output lies "
                 "between the two tokens: its components sum to 1, not 2.");
    for (int n = 0; n < 2; n++)
        for (int c = 0; c < 2; c++)
            mix[c] += R(0.5) * token[n][c];                        /* (13.25) */
    show_equation(s, "13.25", "y = A (w_1 x_1 + w_2 x_2 + ...)");
    show_vector(s, "y (one head, best)", 2, mix);
    show_value(s, "distance^2", 2 * (1 - mix[0]) * (1 - mix[0]),
               "(1 - 0.5)^2 + (1 - 0.5)^2");
    constructed(s);
    show_note(s, "Where the weights do not depend on the tokens, and the "
                 "tokens are random with variance 1, the best A leaves:");
    show_equation(s, "13.26",
                  "error = 1 - (w_1^2 + w_2^2) / (2 sum_n w_n^2) >= 1/2");
    for (int i = 0; i < 4; i++)
        show_value(s, names[i], (real)one_head_error(3, weights[i]), NULL);
}
