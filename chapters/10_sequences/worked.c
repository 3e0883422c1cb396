/* SPDX-License-Identifier: MIT */
/* Letters as in the headers. Each function is one section of the page. */
#include "chapters/10_sequences/worked.h"

#include "chapters/10_sequences/embedding.h"
#include "chapters/10_sequences/masks.h"
#include "chapters/10_sequences/packing.h"
#include "chapters/10_sequences/sequence_loss.h"

#include <string.h>

int bits_differ(int n, const real a[n], const real b[n])
{
    int count = 0;
    for (int i = 0; i < n; i++)
        count += memcmp(&a[i], &b[i], sizeof a[i]) != 0;
    return count;
}

void show_tokens(show *s, const char *name, int n, const int k[n])
{
    real x[n];
    int digits = s->digits;
    for (int i = 0; i < n; i++)
        x[i] = k[i];
    s->digits = 0;
    show_vector(s, name, n, x);
    s->digits = digits;
}

/* ---- embedding ----------------------------------------------------------- */

void sequences_embedding(show *s, const worked *w)
{
    real x[WT][WD], K[WT][WV], product[WT][WD], dE[WV][WD] = {{0}};
    real KdX[WV][WD] = {{0}}, last[WV][WD] = {{0}};
    show_section(s, "Embedding: gather, and a scatter that adds");
    show_note(s,
              "A table of %d rows, and a sequence of %d tokens. Tokens and "
              "rows count from 0.",
              WV, WT);
    show_matrix(s, "E", WV, WD, w->E);
    show_tokens(s, "k_1 .. k_3", WT, w->k);
    show_equation(s, "10.1", "x_t = row k_t of E");
    embedding_forward(WT, WV, WD, x, w->E, w->k);
    show_matrix(s, "x", WT, WD, x);
    show_equation(s, "10.2", "dE_v = sum of dx_t over all t with k_t = v");
    show_matrix(s, "dx", WT, WD, w->dx);
    embedding_backward(WT, WV, WD, dE, w->dx, w->k);
    show_matrix(s, "dE", WV, WD, dE);
    show_no_equation(s);
    show_note(s, "With = in place of += the last place where a token stands "
                 "wins:");
    for (int t = 0; t < WT; t++)
        memcpy(last[w->k[t]], w->dx[t], sizeof last[0]);
    show_matrix(s, "dE, overwritten", WV, WD, last);
    show_note(s, "The same as products with a matrix K that has a 1 in row t, "
                 "column k_t:");
    show_equation(s, "10.3", "X = K E,   dE = K^T dX");
    for (int t = 0; t < WT; t++)
        for (int v = 0; v < WV; v++)
            K[t][v] = v == w->k[t];
    for (int t = 0; t < WT; t++)
        for (int d = 0; d < WD; d++) {
            product[t][d] = 0;
            for (int v = 0; v < WV; v++) {
                product[t][d] += K[t][v] * w->E[v][d];
                KdX[v][d] += K[t][v] * w->dx[t][d];                 /* (10.3) */
            }
        }
    show_matrix(s, "K", WT, WV, K);
    show_count(s, "entries of X that differ",
               bits_differ(WT * WD, (real *)x, (real *)product));
    show_count(s, "entries of dE that differ",
               bits_differ(WV * WD, (real *)dE, (real *)KdX));
}

/* ---- masks --------------------------------------------------------------- */

void sequences_masks(show *s, const worked *w)
{
    static const int all[WT] = {1, 1, 1};
    real dl[WT] = {0}, p[WT], dz[WT] = {0}, zero = 0;
    show_section(s, "Masks");
    show_note(s, "Three positions; where keep is 0 there is padding.");
    show_tokens(s, "keep", WT, w->keep);
    show_vector(s, "l", WT, w->l);
    show_equation(s, "10.4", "L = sum_j m_j l_j / sum_j m_j");
    show_value(s, "L", masked_mean_forward(WT, w->l, w->keep), NULL);
    show_value(s, "L (no mask)", masked_mean_forward(WT, w->l, all), NULL);
    show_equation(s, "10.5", "dl_n = m_n dL / sum_j m_j");
    masked_mean_backward(WT, dl, 1, w->keep);
    show_vector(s, "dl", WT, dl);
    show_note(s, "A softmax over the positions that are kept:");
    show_vector(s, "z", WT, w->z);
    show_equation(s, "10.6", "p_n = m_n exp(z_n) / sum_j m_j exp(z_j)");
    masked_softmax_forward(WT, p, w->z, w->keep);
    show_vector(s, "p", WT, p);
    show_equation(s, "10.7", "dz_n = p_n (dp_n - sum_j p_j dp_j)");
    show_vector(s, "dp", WT, w->dp);
    masked_softmax_backward(WT, dz, w->dp, p, w->keep);
    show_vector(s, "dz", WT, dz);
    show_no_equation(s);
    show_note(s, "Multiplying by the mask is not the same as passing over. If "
                 "what stands in the padding has overflowed:");
    show_value(s, "0 * infinity", zero * (real)HUGE_VAL, NULL);
    real spoiled[WT];
    memcpy(spoiled, w->l, sizeof spoiled);
    for (int n = 0; n < WT; n++)
        if (!w->keep[n])
            spoiled[n] = (real)HUGE_VAL;
    show_value(s, "L, passed over", masked_mean_forward(WT, spoiled, w->keep),
               NULL);
}

/* ---- a state that waits -------------------------------------------------- */

enum { WAIT = WT + PADDED };

/* One unit through 3 real steps with 2 of padding before, behind or without. */
typedef struct waiting {
    int T;
    real x[WAIT][1], dx[WAIT][1];
    int keep[WAIT];
    real c[WAIT + 1][1], h[WAIT + 1][1], gate[WAIT][GATES][1];
    real dc[WAIT + 1][1], dh[WAIT + 1][1];
    real dW[GATES][1][1], dU[GATES][1][1], db[GATES][1];
} waiting;

static void run_waiting(waiting *r, const worked *w, int T, int start)
{
    memset(r, 0, sizeof *r);
    r->T = T;
    for (int t = 0; t < T; t++) {
        r->keep[t] = t >= start && t < start + WT;
        r->x[t][0] = r->keep[t] ? w->x[t - start][0] : w->junk;
    }
    masked_lstm_forward(T, 1, 1, r->c, r->h, r->gate, w->W, w->U, w->b, r->x,
                        r->keep);
    r->dh[T][0] = 1;
    masked_lstm_backward(T, 1, 1, r->dW, r->dU, r->db, r->dx, r->dh, r->dc,
                         r->gate, r->c, r->h, w->W, w->U, r->x, r->keep);
}

/* What differs between two runs of the same three real steps: the states, the
 * gradients of the inputs, those of the weights. */
static int runs_differ(const waiting *a, int first, const waiting *b, int start)
{
    return bits_differ(WT, (const real *)a->h + first + 1,
                       (const real *)b->h + start + 1) +
           bits_differ(WT, (const real *)a->dx + first,
                       (const real *)b->dx + start) +
           bits_differ(GATES, (const real *)a->dW, (const real *)b->dW) +
           bits_differ(GATES, (const real *)a->dU, (const real *)b->dU) +
           bits_differ(GATES, (const real *)a->db, (const real *)b->db);
}

void show_unit(show *s, const worked *w)
{
    show_vector(s, "W of f, i, g, o", GATES, (const real *)w->W);
    show_vector(s, "U", GATES, (const real *)w->U);
    show_vector(s, "b", GATES, (const real *)w->b);
}

void sequences_waiting(show *s, const worked *w)
{
    waiting plain, behind, before;
    real c[WAIT + 1][1] = {{0}}, h[WAIT + 1][1] = {{0}}, gate[WAIT][GATES][1];
    run_waiting(&plain, w, WT, 0);
    run_waiting(&behind, w, WAIT, 0);
    run_waiting(&before, w, WAIT, PADDED);
    show_section(s, "A state that waits");
    show_note(s, "An LSTM of one unit, three steps, then two of padding. Its "
                 "many-to-one output is the last state.");
    show_unit(s, w);
    show_vector(s, "x", WAIT, (real *)behind.x);
    show_equation(s, "10.8",
                  "(c_t, h_t) = m_t step + (1 - m_t) (c_t-1, h_t-1)");
    show_vector(s, "h_0 .. h_5", WAIT + 1, (real *)behind.h);
    lstm_forward(WAIT, 1, 1, c, h, gate, w->W, w->U, w->b, behind.x);
    show_vector(s, "h, no mask", WAIT + 1, (real *)h);
    show_equation(s, "10.9",
                  "where m_t = 0:  (dc_t-1, dh_t-1) += (dc_t, dh_t)");
    show_note(s, "Backward for L = h_5:");
    show_vector(s, "dh_0 .. dh_5", WAIT + 1, (real *)behind.dh);
    show_vector(s, "dx_1 .. dx_5", WAIT, (real *)behind.dx);
    show_no_equation(s);
    show_note(s,
              "Against the same three steps without padding: states, "
              "gradients of inputs and of weights that differ in any bit, "
              "of %d:",
              2 * WT + 3 * GATES);
    show_count(s, "padding behind", runs_differ(&plain, 0, &behind, 0));
    show_count(s, "padding before", runs_differ(&plain, 0, &before, PADDED));
}

/* ---- packing ------------------------------------------------------------- */

void sequences_packing(show *s, const worked *w)
{
    enum { B = SEQUENCES, T = LONGEST };
    static const char *const cols[] = {"row", "step", "sequence"};
    int order[B], active[T + 1], first[T + 1], rows = 0;
    double x[B * T][3];
    int R = pack_batch(B, T, order, active, first, w->length);
    show_section(s, "Packing");
    show_note(s,
              "%d sequences in one batch, the longest first. Step 0 is the "
              "state before the first step.",
              B);
    show_tokens(s, "T_b", B, w->length);
    show_tokens(s, "order", B, order);
    show_equation(s, "10.10", "B_t = how many sequences have T_b >= t");
    show_tokens(s, "B_0 .. B_4", T + 1, active);
    show_equation(s, "10.11", "first_t = B_0 + ... + B_t-1");
    show_tokens(s, "first_0 .. first_4", T + 1, first);
    show_equation(s, "10.12", "state of row first_t + i from first_t-1 + i");
    for (int t = 1; t <= T; t++)
        for (int i = 0; i < active[t]; i++, rows++) {
            x[rows][0] = first[t] + i;
            x[rows][1] = t;
            x[rows][2] = order[i];
        }
    show_table(s, "the packed rows", rows, 3, NULL, cols, x);
    show_equation(s, "10.13",
                  "backward: from row first_t + i to first_t-1 + i");
    show_count(s, "rows, packed", R);
    show_count(s, "rows, padded", (long)B * T);
}

/* ---- the loss of a batch ------------------------------------------------- */

static void one_averaging(show *s, const worked *w, averaging how,
                          const char *const name[3])
{
    enum { N = 2 * WT };
    real omega[2][WT], p[N][CLASSES], dz[N][CLASSES] = {{0}};
    const real(*z)[CLASSES] = (const real(*)[CLASSES])w->logits;
    const int *target = (const int *)w->target;
    loss_weights(2, WT, omega, how, w->lengths);
    show_matrix(s, name[0], 2, WT, omega);
    real loss = sequence_loss_forward(N, CLASSES, p, z, target, (real *)omega);
    show_equation(s, "10.15", "L = sum_bt omega_bt l_bt");
    show_value(s, name[1], loss, NULL);
    show_equation(s, "10.18", "dz_bt = omega_bt (p_bt - y_bt)");
    sequence_loss_backward(N, CLASSES, dz, 1, p, target, (real *)omega);
    show_matrix(s, name[2], N, CLASSES, dz);
}

void sequences_loss(show *s, const worked *w)
{
    static const char *const token[] = {"omega (token)", "L (token)",
                                        "dz (token)"};
    static const char *const whole[] = {"omega (sequence)", "L (sequence)",
                                        "dz (sequence)"};
    real p[CLASSES], l[2][WT] = {{0}}, one = 1;
    show_section(s, "The loss of a batch: by token, by sequence");
    show_note(s, "Two sequences and three classes. The second is shorter; the "
                 "rest of its rows is padding.");
    show_tokens(s, "T_b", 2, w->lengths);
    show_matrix(s, "z, first sequence", WT, CLASSES, w->logits[0]);
    show_matrix(s, "z, second", WT, CLASSES, w->logits[1]);
    show_tokens(s, "targets, first", WT, w->target[0]);
    show_tokens(s, "targets, second", WT, w->target[1]);
    show_equation(s, "10.14", "l_bt = -ln softmax(z_bt)[target]");
    for (int b = 0; b < 2; b++)
        for (int t = 0; t < w->lengths[b]; t++)
            l[b][t] = sequence_loss_forward(1, CLASSES, &p, &w->logits[b][t],
                                            &w->target[b][t], &one);
    show_matrix(s, "l", 2, WT, l);
    show_equation(s, "10.16", "by token: omega_bt = m_bt / sum_b T_b");
    one_averaging(s, w, BY_TOKEN, token);
    show_equation(s, "10.17", "by sequence: omega_bt = m_bt / (B T_b)");
    one_averaging(s, w, BY_SEQUENCE, whole);
}
