/* SPDX-License-Identifier: MIT */
#include "chapters/15_feedback_network/worked.h"

#include "chapters/07_bptt/rnn.h"

#include <string.h>

/* ---- the article's attention --------------------------------------------- */

/* The scalar network of chapter 7: a, u, v, b, w, d, p, q, r, and its input. */
enum { S3_T = 3, S3_N = 9 };
static const real s3_network[S3_N] = {0.5,  0.8, 0,    0.1, 1.2,
                                      -0.3, 0.7, -0.4, 0.05};
static const real s3_x[S3_T][1] = {{1}, {-0.5}, {0.25}};
static const real s3_w_h = 0.9, s3_w_c = 0.4; /* of the gate */

/* The gate that S3 prints, at step 1; its derivative by the state. */
static void show_gate(show *s, real h, real c, const rnn *n)
{
    const real w_h[1][1] = {{s3_w_h}}, w_c[1][1] = {{s3_w_c}}, zero[1] = {0};
    const real one[1] = {1};
    real gate[1], weighted[1], dh[1] = {0}, ds[1] = {0}, unused[3] = {0};
    show_note(s, "The gate, as S3 prints it: one number between 0 and 1 for "
                 "each component of one state.");
    fbnet_gate_forward(1, 1, weighted, gate, w_h, w_c, zero, &h, &c, &h);
    /* (15.30) */
    show_equation(s, "15.30",
                  "h~_t = alpha_t h_t,  alpha_t = sigmoid(w_h h_t + w_c c_t)");
    show_value(s, "alpha_1", gate[0], "sigmoid(%g*%.6f + %g*%.6f)", re(s3_w_h),
               re(h), re(s3_w_c), re(c));
    show_value(s, "h~_1", weighted[0], "%.6f*%.6f", re(gate[0]), re(h));
    real slope = gate[0] + h * gate[0] * (1 - gate[0]) * s3_w_h;   /* (15.31) */
    show_equation(s, "15.31",
                  "dh~_t/dh_t = alpha_t + h_t alpha_t (1 - alpha_t) w_h");
    show_value(s, "dh~_1/dh_1", slope, "%.6f + %.6f*%.6f*(1 - %.6f)*%g",
               re(gate[0]), re(h), re(gate[0]), re(gate[0]), re(s3_w_h));
    fbnet_gate_backward(1, 1, (real(*)[1])unused, (real(*)[1])(unused + 1),
                        unused + 2, dh, ds, dh, one, gate, w_h, w_c, &h, &c,
                        &h);
    show_residual(s, "difference from eqs. 15.19 to 15.22",
                  re(real_abs(dh[0] - slope)));
    real y = n->P[0] * weighted[0] + n->Q[0] * c + n->r[0];        /* (15.32) */
    show_equation(s, "15.32", "y_t = p h~_t + q c_t + r");
    show_value(s, "y_1", y, "%g*%.6f + %g*%.6f + %g", re(n->P[0]),
               re(weighted[0]), re(n->Q[0]), re(c), re(n->r[0]));
}

/* Attention over time, on the same states. */
static void show_over_time(show *s, const real h[S3_T][1])
{
    const real Q[1][1] = {{1}};
    real found[1], w[S3_T], q[1];
    show_no_equation(s);
    show_note(s, "Attention over time, on the same states: the query is h_3, "
                 "keys and values are h_1, h_2 and h_3.");
    fbnet_attend_forward(S3_T, 1, found, w, q, Q, h);
    show_equation(
        s, "15.4",
        "w_tj = softmax_j(v_tj),  v_tj = q_t . e_j / sqrt(H),  j <= t");
    for (int j = 0; j < S3_T; j++) {
        char name[16];
        snprintf(name, sizeof name, "v_3%d", j + 1);
        show_value(s, name, q[0] * h[j][0], "%.6f*%.6f", re(q[0]), re(h[j][0]));
    }
    show_vector(s, "w_3", S3_T, w);
    show_equation(s, "15.5", "a_t = sum_j w_tj e_j");
    show_value(s, "a_3", found[0], "%.6f*%.6f + %.6f*%.6f + %.6f*%.6f",
               re(w[0]), re(h[0][0]), re(w[1]), re(h[1][0]), re(w[2]),
               re(h[2][0]));
    fbnet_attend_forward(1, 1, found, w, q, Q, h);
    show_note(s, "With one state there is nothing to choose from:");
    show_value(s, "w_1", w[0], "exp(%.6f) / exp(%.6f)", re(q[0] * h[0][0]),
               re(q[0] * h[0][0]));
    show_value(s, "a_1", found[0], "h_1");
}

void worked_article(show *s)
{
    real w[S3_N], h[S3_T + 1][1] = {{0}}, c[S3_T + 1][1] = {{0}}, y[S3_T][1];
    memcpy(w, s3_network, sizeof w);
    rnn n = rnn_view(1, 1, 1, 1, w);
    rnn_forward(S3_T, &n, h, c, y, s3_x);
    show_section(s, "What the article calls attention");
    show_note(s, "The states and the signal of the article's scalar network "
                 "(chapter 7):");
    for (int t = 1; t <= S3_T; t++) {
        char name[8];
        snprintf(name, sizeof name, "h_%d", t);
        show_value(s, name, h[t][0], NULL);
    }
    show_value(s, "c_1", c[1][0], NULL);
    show_gate(s, h[1][0], c[1][0], &n);
    show_over_time(s, (const real(*)[1])(h + 1));
}

/* ---- parity, weights by hand --------------------------------------------- */

void parity_by_hand(const fbnet *n, double gain)
{
    const real k = (real)gain;
    const real A[2] = {k, k}, b[2] = {k, -k}, B[4] = {0, k, 0, k};
    const real P[4] = {-k, k, k, -k}, d[2] = {k, -k};
    memset(n->A, 0, (size_t)fbnet_size(1, 2, 2) * sizeof *n->A);
    memcpy(n->A, A, sizeof A);
    memcpy(n->b, b, sizeof b);
    memcpy(n->B, B, sizeof B);
    memcpy(n->P, P, sizeof P);
    memcpy(n->d, d, sizeof d);
}

int parity_by_hand_errors(int T, const fbnet *n)
{
    enum { MOST = 16 };
    real x[MOST][1], v[fbnet_trace_size(MOST, n->H, 2)];
    int errors = 0;
    for (int string = 0; string < 1 << T; string++) {
        fbnet_trace s = fbnet_trace_view(T, n->H, 2, v);
        int odd = 0;
        s.f[0] = 1;
        s.f[1] = -1;
        for (int t = 0; t < T; t++) {
            int bit = string >> t & 1;
            odd ^= bit;
            x[t][0] = (real)(2 * bit - 1);
        }
        fbnet_forward(T, n, &s, (const real(*)[1])x);
        const real *y = s.y + (T - 1) * 2;
        errors += (re(y[1]) > re(y[0])) != odd;
    }
    return errors;
}

void worked_parity(show *s)
{
    enum { T = 4, LONG = 12 };
    static const real x[T][1] = {{1}, {-1}, {1}, {1}};
    real w[64], v[fbnet_trace_size(T, 2, 2)];
    fbnet n = fbnet_view(1, 2, 2, (parts){.feedback = true}, w);
    fbnet_trace trace = fbnet_trace_view(T, 2, 2, v);
    parity_by_hand(&n, 4);
    trace.f[0] = 1;
    trace.f[1] = -1;
    fbnet_forward(T, &n, &trace, x);
    show_section(s, "Parity by hand");
    show_note(s, "Two hidden units and the loop, nothing else. A bit is -1 or "
                 "1; f_t says (1, -1) for even and (-1, 1) for odd. Unit 1 is "
                 "on where the bit or the parity so far is 1, unit 2 where "
                 "both are; odd is the first without the second.");
    show_matrix(s, "A", 2, 1, (real(*)[1])n.A);
    show_matrix(s, "B", 2, 2, (real(*)[2])n.B);
    show_vector(s, "b", 2, n.b);
    show_matrix(s, "P", 2, 2, (real(*)[2])n.P);
    show_vector(s, "d", 2, n.d);
    show_note(s,
              "The bits 1, 0, 1, 1: encodings and what is fed back, a step a "
              "row.");
    show_matrix(s, "e", T, 2, (real(*)[2])trace.e);
    show_matrix(s, "f", T, 2, (real(*)[2])(trace.f + 2));
    show_count(s, "strings of 12 bits", 1 << LONG);
    show_count(s, "wrong parities", parity_by_hand_errors(LONG, &n));
    n.on.feedback = false;
    show_count(s, "wrong without the loop", parity_by_hand_errors(LONG, &n));
}
