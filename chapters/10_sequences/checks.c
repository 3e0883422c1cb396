/* SPDX-License-Identifier: MIT */
/* Letters as in the headers; `up` is the incoming gradient. */
#include "chapters/10_sequences/checks.h"

#include "chapters/10_sequences/checkpoint.h"
#include "chapters/10_sequences/embedding.h"
#include "chapters/10_sequences/masks.h"
#include "chapters/10_sequences/packing.h"
#include "chapters/10_sequences/reader.h"
#include "chapters/10_sequences/scan.h"
#include "chapters/10_sequences/sequence_loss.h"
#include "lib/sample.h"

#include <string.h>

/* A backward function adds into its gradients. So where a check says `before`
 * they do not start at zero but at BEFORE, which is taken off afterwards: `=`
 * for `+=` shows. It is a power of two, and small: it costs hardly a digit. */
#define BEFORE R(0.125)

static real dot(int n, const real a[n], const real b[n])
{
    real sum = 0;
    for (int i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* ---- embedding ----------------------------------------------------------- */

/* Token 3 stands at three places, token 1 at two, 4 and 5 at none. */
enum { ET = 7, EV = 6, ED = 3, USED = 4 };
static const int token[ET] = {3, 1, 3, 0, 2, 1, 3};

typedef struct lookup {
    real E[EV][ED], dE[EV][ED], up[ET][ED];
} lookup;

static real lookup_loss(void *context)
{
    const lookup *a = context;
    real x[ET][ED];
    embedding_forward(ET, EV, ED, x, a->E, token);
    return dot(ET * ED, (const real *)x, (const real *)a->up);
}

static void check_embedding(program *p)
{
    lookup a;
    real second[EV][ED] = {{0}};
    rng g = rng_new(p->seed, 1);
    fill_normal(EV * ED, (real *)a.E, 1, &g);
    fill_normal(ET * ED, (real *)a.up, 1, &g);
    begin_with(0, EV * ED, (real *)a.dE);
    embedding_backward(ET, EV, ED, a.dE, a.up, token);
    const hg_tensor t[] = {
        TENSOR("E", "10.2", a.E, a.dE, "V,D", USED, ED),
        TENSOR_ZERO("unused", "10.2", a.E[USED], a.dE[USED], "V,D", EV - USED,
                    ED),
    };
    const hg_tensor up = KNOWN("dx", a.up, "T,D", ET, ED);
    show_note(&p->show, "An embedding: tokens that stand at three places, at "
                        "two, at one, and at none.");
    program_tell(p, 0, NULL, 1, &up);
    program_check(p, "embedding", lookup_loss, &a, 2, t);
    for (int i = 0; i < ET; i++) /* dE = K^T dX, eq. 10.3 */
        for (int v = 0; v < EV; v++)
            for (int d = 0; d < ED; d++)
                second[v][d] += (token[i] == v) * a.up[i][d];
    const hg_tensor whole = TENSOR("E", "10.3", a.E, a.dE, "V,D", EV, ED);
    program_compare(p, &whole, (real *)second, 0);
}

/* ---- masked mean and softmax --------------------------------------------- */

/* Six positions, the last two padding; `hole` makes the second one padding too,
 * `none` all of them. Behind them stands one more, which nothing may read. */
enum { MN = 6, REAL = 4 };

typedef struct masked {
    int keep[MN + 1];
    real z[MN], dz[MN + 1], l[MN], dl[MN + 1], up[MN];
} masked;

static real masked_loss(void *context)
{
    const masked *a = context;
    real p[MN];
    masked_softmax_forward(MN, p, a->z, a->keep);
    return R(0.7) * masked_mean_forward(MN, a->l, a->keep) + dot(MN, p, a->up);
}

/* What comes in where nothing is kept is infinite: it must not be read. */
static void masked_gradients(masked *a, real before)
{
    real p[MN + 1], dp[MN + 1];
    begin_with(before, MN + 1, a->dz);
    begin_with(before, MN + 1, a->dl);
    a->keep[MN] = 1;
    p[MN] = R(0.3);
    for (int n = 0; n <= MN; n++)
        dp[n] = n < MN && a->keep[n] ? a->up[n] : (real)HUGE_VAL;
    masked_softmax_forward(MN, p, a->z, a->keep);
    masked_softmax_backward(MN, a->dz, dp, p, a->keep);
    masked_mean_backward(MN, a->dl, R(0.7), a->keep);
    take_away(before, MN, a->dz);
    take_away(before, MN, a->dl);
    if (a->dz[MN] != before || a->dl[MN] != before)
        a->dz[0] = a->dl[0] = (real)NAN;
}

static masked random_masked(program *p, uint64_t stream, double size)
{
    masked a;
    rng g = rng_new(p->seed, stream);
    fill_normal(MN, a.z, size, &g);
    fill_normal(MN, a.l, 1, &g);
    fill_normal(MN, a.up, 1, &g);
    mask_fill(MN, a.keep, REAL);
    return a;
}

static void tell_masked(program *p, masked *a, real probs[MN])
{
    static const hg_size size[] = {{"N", MN}, {"kept", REAL}, {"dloss", 0.7}};
    masked_softmax_forward(MN, probs, a->z, a->keep);
    static hg_tensor known[2];
    known[0] = KNOWN("dp", a->up, "N", REAL);
    known[1] = KNOWN("p", probs, "N", REAL);
    program_tell(p, 3, size, 2, known);
}

static void check_masked(program *p)
{
    real probs[MN];
    show_note(&p->show, "A mean and a softmax over six positions, the last two "
                        "of them padding:");
    masked a = random_masked(p, 2, 1);
    masked_gradients(&a, 0);
    const hg_tensor tail[] = {
        TENSOR("z", "10.7", a.z, a.dz, "N", REAL),
        TENSOR("l", "10.5", a.l, a.dl, "N", REAL),
        TENSOR_ZERO("z, pad", "10.7", a.z + REAL, a.dz + REAL, "N", MN - REAL),
        TENSOR_ZERO("l, pad", "10.5", a.l + REAL, a.dl + REAL, "N", MN - REAL),
    };
    tell_masked(p, &a, probs);
    program_check(p, "masked", masked_loss, &a, 4, tail);
    masked hole = random_masked(p, 3, 2);
    hole.keep[1] = 0;
    hole.up[2] = 0;
    masked_gradients(&hole, BEFORE);
    const hg_tensor t[] = {
        TENSOR("z", "10.7", hole.z, hole.dz, "N", MN),
        TENSOR("l", "10.5", hole.l, hole.dl, "N", MN),
    };
    program_check(p, "a hole too", masked_loss, &hole, 2, t);
    masked none = random_masked(p, 4, 1);
    mask_fill(MN, none.keep, 0);
    masked_gradients(&none, 0);
    const hg_tensor zero[] = {
        TENSOR_ZERO("z", "10.7", none.z, none.dz, "N", MN),
        TENSOR_ZERO("l", "10.5", none.l, none.dl, "N", MN),
    };
    program_check(p, "nothing kept", masked_loss, &none, 2, zero);
}

/* ---- an LSTM whose state waits ------------------------------------------- */

enum { LT = 7, LD = 3, LH = 2, B = 3 };

/* Weights and inputs of an LSTM, for several checks. */
typedef struct cells {
    real W[GATES][LH][LD], U[GATES][LH][LH], b[GATES][LH];
} cells;

enum { CELLS = sizeof(cells) / sizeof(real) };

typedef struct waiting {
    int T, keep[LT];
    cells w, dw;
    real x[LT][LD], h0[LH], c0[LH], up[LT + 1][LH], up_c[LT + 1][LH];
    real dx[LT][LD], dh[LT + 1][LH], dc[LT + 1][LH];
    real c[LT + 1][LH], h[LT + 1][LH], gate[LT][GATES][LH];
} waiting;

/* The loss takes all states, those of the padded steps too. */
static real waiting_run(waiting *a)
{
    memcpy(a->h[0], a->h0, sizeof a->h0);
    memcpy(a->c[0], a->c0, sizeof a->c0);
    masked_lstm_forward(a->T, LD, LH, a->c, a->h, a->gate, a->w.W, a->w.U,
                        a->w.b, a->x, a->keep);
    return dot((a->T + 1) * LH, (real *)a->up, (real *)a->h) +
           dot((a->T + 1) * LH, (real *)a->up_c, (real *)a->c);
}

static real waiting_loss(void *context)
{
    return waiting_run(context);
}

/* dh and dc hold the gradients by all states in the end. Where the state waits, that
 * of the state before is what came in and that of the state after. */
static bool waited(const waiting *a)
{
    for (int t = 1; t <= a->T; t++)
        for (int j = 0; !a->keep[t - 1] && j < LH; j++)
            if (a->dh[t - 1][j] != a->up[t - 1][j] + a->dh[t][j] ||
                a->dc[t - 1][j] != a->up_c[t - 1][j] + a->dc[t][j])
                return false;
    return true;
}

static void waiting_gradients(waiting *a, real before)
{
    waiting_run(a);
    begin_with(before, CELLS, (real *)&a->dw);
    begin_with(before, LT * LD, (real *)a->dx);
    memcpy(a->dh, a->up, sizeof a->dh);
    memcpy(a->dc, a->up_c, sizeof a->dc);
    masked_lstm_backward(a->T, LD, LH, a->dw.W, a->dw.U, a->dw.b, a->dx, a->dh,
                         a->dc, a->gate, a->c, a->h, a->w.W, a->w.U, a->x,
                         a->keep);
    take_away(before, CELLS, (real *)&a->dw);
    take_away(before, LT * LD, (real *)a->dx);
    if (!waited(a))
        a->dc[0][0] = (real)NAN;
}

static void random_waiting(waiting *a, program *p, uint64_t stream)
{
    rng g = rng_new(p->seed, stream);
    memset(a, 0, sizeof *a);
    a->T = LT;
    fill_normal(CELLS, (real *)&a->w, 0.8, &g);
    fill_normal(LT * LD, (real *)a->x, 1, &g);
    fill_normal(LH, a->h0, 0.5, &g);
    fill_normal(LH, a->c0, 0.5, &g);
    fill_normal((LT + 1) * LH, (real *)a->up, 1, &g);
    fill_normal((LT + 1) * LH, (real *)a->up_c, 1, &g);
}

/* `real_` steps, then padding. */
static void check_waiting(program *p, const char *group, waiting *a, int first,
                          int real_, real before)
{
    int last = first + real_, pads = LT - real_, pad = first ? 0 : last;
    for (int t = 0; t < LT; t++)
        a->keep[t] = t >= first && t < last;
    waiting_gradients(a, before);
    const hg_tensor t[] = {
        TENSOR("W", "10.9", a->w.W, a->dw.W, "G,H,D", GATES, LH, LD),
        TENSOR("U", "10.9", a->w.U, a->dw.U, "G,H,H", GATES, LH, LH),
        TENSOR("b", "10.9", a->w.b, a->dw.b, "G,H", GATES, LH),
        TENSOR("x", "10.9", a->x[first], a->dx[first], "T,D", real_, LD),
        TENSOR_ZERO("x, pad", "10.9", a->x[pad], a->dx[pad], "T,D", pads, LD),
        TENSOR("h_0", "10.9", a->h0, a->dh[0], "H", LH),
        TENSOR("c_0", "10.9", a->c0, a->dc[0], "H", LH),
    };
    const hg_tensor known[] = {
        KNOWN("dh", a->up, "T,H", LT + 1, LH),
        KNOWN("dc", a->up_c, "T,H", LT + 1, LH),
    };
    program_tell(p, 0, NULL, 2, known);
    program_check(p, group, waiting_loss, a, 7, t);
}

/* A sequence of padding alone: its last state is the first, and nothing else has
 * any influence. */
static void check_empty(program *p)
{
    waiting a;
    random_waiting(&a, p, 18);
    waiting_gradients(&a, 0);
    const hg_tensor t[] = {
        TENSOR("h_0", "10.9", a.h0, a.dh[0], "H", LH),
        TENSOR("c_0", "10.9", a.c0, a.dc[0], "H", LH),
        TENSOR_ZERO("W, U, b", "10.9", &a.w, &a.dw, "N", CELLS),
        TENSOR_ZERO("x", "10.9", a.x, a.dx, "T,D", LT, LD),
    };
    const hg_tensor known[] = {
        KNOWN("dh", a.up, "T,H", LT + 1, LH),
        KNOWN("dc", a.up_c, "T,H", LT + 1, LH),
    };
    program_tell(p, 0, NULL, 2, known);
    program_check(p, "padding only", waiting_loss, &a, 4, t);
}

/* The same steps without padding, and with it: every bit. The loss takes the
 * last state. */
static void compare_padding(program *p, uint64_t stream, int first)
{
    enum { REALS = 4 };
    waiting plain, padded;
    random_waiting(&plain, p, stream);
    begin_with(0, (LT + 1) * LH, (real *)plain.up);
    begin_with(0, LT * LH, (real *)plain.up_c);
    padded = plain;
    memcpy(plain.up_c[REALS], padded.up_c[LT], sizeof padded.up_c[LT]);
    plain.T = REALS;
    mask_fill(LT, plain.keep, REALS);
    for (int t = 0; t < LT; t++)
        padded.keep[t] = t >= first && t < first + REALS;
    memcpy(padded.x[first], plain.x[0], REALS * sizeof plain.x[0]);
    for (int t = 0; t < LT; t++)
        if (!padded.keep[t])
            begin_with((real)HUGE_VAL, LD, padded.x[t]); /* never read */
    waiting_gradients(&plain, 0);
    waiting_gradients(&padded, 0);
    const hg_tensor t[] = {
        TENSOR("h", "10.8", plain.h, plain.h[1], "T,H", REALS, LH),
        TENSOR("c", "10.8", plain.c, plain.c[1], "T,H", REALS, LH),
        TENSOR("x", "10.9", plain.x, plain.dx, "T,D", REALS, LD),
        TENSOR("W, U, b", "10.9", &plain.w, &plain.dw, "N", CELLS),
    };
    program_compare(p, &t[0], padded.h[first + 1], 0);
    program_compare(p, &t[1], padded.c[first + 1], 0);
    program_compare(p, &t[2], padded.dx[first], 0);
    program_compare(p, &t[3], (real *)&padded.dw, 0);
}

static void check_waits(program *p)
{
    waiting a;
    show_note(&p->show,
              "An LSTM with padding behind, then before, then padding "
              "alone; the loss takes the states of all steps.");
    random_waiting(&a, p, 5);
    check_waiting(p, "padded behind", &a, 0, 4, 0);
    random_waiting(&a, p, 6);
    check_waiting(p, "padded before", &a, 3, 4, BEFORE);
    check_empty(p);
    show_note(&p->show, "Without padding and with it, where infinity stands in "
                        "it: the difference must be 0. Behind, then before.");
    compare_padding(p, 7, 0);
    compare_padding(p, 8, 3);
}

/* ---- packing ------------------------------------------------------------- */

enum { ROWS = 9 };
static const int lengths[B] = {2, LT - 2, 2}; /* they sum to ROWS */

typedef struct packed {
    int order[B], active[LT + 1], first[LT + 1], T;
    cells w, dw;
    real x[ROWS][LD], start_h[B][LH], start_c[B][LH], up[B + ROWS][LH];
    real dx[ROWS][LD], dh[B + ROWS][LH], dc[B + ROWS][LH];
    real c[B + ROWS][LH], h[B + ROWS][LH], gate[ROWS][GATES][LH];
} packed;

static real packed_run(packed *a)
{
    memcpy(a->h, a->start_h, sizeof a->start_h);
    memcpy(a->c, a->start_c, sizeof a->start_c);
    packed_lstm_forward(B, a->T, ROWS, LD, LH, a->c, a->h, a->gate, a->active,
                        a->first, a->w.W, a->w.U, a->w.b, a->x);
    return dot(ROWS * LH, (real *)a->up + B * LH, (real *)a->h + B * LH);
}

static real packed_loss(void *context)
{
    return packed_run(context);
}

static void random_packed(packed *a, program *p, uint64_t stream)
{
    rng g = rng_new(p->seed, stream);
    memset(a, 0, sizeof *a);
    a->T = LT - 2;
    pack_batch(B, a->T, a->order, a->active, a->first, lengths);
    fill_normal(CELLS, (real *)&a->w, 0.8, &g);
    fill_normal(ROWS * LD, (real *)a->x, 1, &g);
    fill_normal(B * LH, (real *)a->start_h, 0.5, &g);
    fill_normal(B * LH, (real *)a->start_c, 0.5, &g);
    fill_normal(ROWS * LH, (real *)a->up + B * LH, 1, &g);
    packed_run(a);
    memcpy(a->dh, a->up, sizeof a->dh);
    packed_lstm_backward(B, a->T, ROWS, LD, LH, a->dw.W, a->dw.U, a->dw.b,
                         a->dx, a->dh, a->dc, a->gate, a->c, a->h, a->active,
                         a->first, a->w.W, a->w.U, a->x);
}

/* The packed sequences again, one at a time: states and gradients of the inputs
 * must be the same in every bit; those of the weights add up in another order. */
static void compare_packing(program *p, packed *a)
{
    real h[B + ROWS][LH], dx[ROWS][LD] = {{0}};
    cells dw;
    packed_run(a); /* the check has left other states in it */
    memset(&dw, 0, sizeof dw);
    memcpy(h, a->start_h, sizeof a->start_h);
    for (int i = 0; i < B; i++) {
        waiting one;
        memset(&one, 0, sizeof one);
        one.T = lengths[a->order[i]];
        one.w = a->w;
        mask_fill(LT, one.keep, one.T);
        memcpy(one.h0, a->start_h[i], sizeof one.h0);
        memcpy(one.c0, a->start_c[i], sizeof one.c0);
        for (int t = 1; t <= one.T; t++) {
            memcpy(one.x[t - 1], a->x[a->first[t] + i - B], sizeof one.x[0]);
            memcpy(one.up[t], a->up[a->first[t] + i], sizeof one.up[0]);
        }
        waiting_gradients(&one, 0);
        for (int t = 1; t <= one.T; t++) {
            memcpy(h[a->first[t] + i], one.h[t], sizeof one.h[0]);
            memcpy(dx[a->first[t] + i - B], one.dx[t - 1], sizeof dx[0]);
        }
        for (int k = 0; k < CELLS; k++)
            ((real *)&dw)[k] += ((real *)&one.dw)[k];
    }
    const hg_tensor t[] = {
        TENSOR("h", "10.12", a->h, a->h, "R,H", B + ROWS, LH),
        TENSOR("x", "10.13", a->x, a->dx, "R,D", ROWS, LD),
        TENSOR("W, U, b", "10.13", &a->w, &a->dw, "N", CELLS),
    };
    program_compare(p, &t[0], (real *)h, 0);
    program_compare(p, &t[1], (real *)dx, 0);
    program_compare(p, &t[2], (real *)&dw, 1e-13);
}

static void check_packing(program *p)
{
    packed a;
    show_note(&p->show, "Three packed sequences, of 5, 2 and 2 steps; then "
                        "against the same, one at a time.");
    random_packed(&a, p, 9);
    const hg_tensor t[] = {
        TENSOR("W", "10.13", a.w.W, a.dw.W, "G,H,D", GATES, LH, LD),
        TENSOR("U", "10.13", a.w.U, a.dw.U, "G,H,H", GATES, LH, LH),
        TENSOR("b", "10.13", a.w.b, a.dw.b, "G,H", GATES, LH),
        TENSOR("x", "10.13", a.x, a.dx, "R,D", ROWS, LD),
        TENSOR("h_0", "10.13", a.start_h, a.dh, "B,H", B, LH),
        TENSOR("c_0", "10.13", a.start_c, a.dc, "B,H", B, LH),
    };
    const hg_tensor known = KNOWN("dh", a.up + B, "R,H", ROWS, LH);
    program_tell(p, 0, NULL, 1, &known);
    program_check(p, "packed", packed_loss, &a, 6, t);
    compare_packing(p, &a);
}

/* ---- a batch through the whole network ----------------------------------- */

/* Three sequences of 4, 2 and 1 tokens, padded to 4 with token PAD. Tokens 0 to
 * 3 stand in them, some twice; PAD stands in the padding only, and token 5
 * nowhere. */
enum { NT = 4, NV = 6, ND = 3, NH = 2, PAD = 4, NSIZE = 6 * 3 + 48 + 12 + 6 };
static const int spoken[B][NT] = {
    {3, 0, 2, 0}, {1, 3, PAD, PAD}, {2, PAD, PAD, PAD}};
static const int wanted[B][NT] = {{1, 1, 5, 0}, {2, 4, 0, 0}, {3, 0, 0, 0}};
static const int spoken_length[B] = {4, 2, 1};

typedef struct batch {
    real w[NSIZE], dw[NSIZE], omega[B][NT], before;
    reader n, d;
    real h0[B][NH], c0[B][NH], dh0[B][NH], dc0[B][NH];
    real p[B][NT][NV]; /* for program_tell */
} batch;

/* One sequence of the batch, forward and, where asked, backward. */
static real batch_sequence(batch *a, int b, bool backward)
{
    int keep[NT];
    real x[NT][ND], c[NT + 1][NH], h[NT + 1][NH], gate[NT][GATES][NH];
    real z[NT][NV], dz[NT][NV] = {{0}}, dx[NT][ND] = {{0}};
    real dc[NT + 1][NH] = {{0}}, dh[NT + 1][NH] = {{0}};
    mask_fill(NT, keep, spoken_length[b]);
    memcpy(h[0], a->h0[b], sizeof h[0]);
    memcpy(c[0], a->c0[b], sizeof c[0]);
    reader_forward(NT, &a->n, x, c, h, gate, z, spoken[b], keep);
    real loss =
        sequence_loss_forward(NT, NV, a->p[b], z, wanted[b], a->omega[b]);
    if (!backward)
        return loss;
    sequence_loss_backward(NT, NV, dz, R(0.7), a->p[b], wanted[b], a->omega[b]);
    for (int t = spoken_length[b]; t < NT; t++)
        begin_with((real)HUGE_VAL, NV, dz[t]); /* never read */
    reader_backward(NT, &a->n, &a->d, dx, dc, dh, dz, x, c, h, gate, spoken[b],
                    keep);
    memcpy(a->dh0[b], dh[0], sizeof dh[0]);
    memcpy(a->dc0[b], dc[0], sizeof dc[0]);
    return loss;
}

static real batch_loss(void *context)
{
    real loss = 0;
    for (int b = 0; b < B; b++)
        loss += batch_sequence(context, b, false);
    return R(0.7) * loss;
}

static void random_batch(batch *a, program *p, uint64_t stream, double size)
{
    rng g = rng_new(p->seed, stream);
    memset(a, 0, sizeof *a);
    a->n = reader_view(NV, ND, NH, a->w);
    a->d = reader_view(NV, ND, NH, a->dw);
    fill_normal(NSIZE, a->w, size, &g);
    fill_normal(B * NH, (real *)a->h0, 0.5, &g);
    fill_normal(B * NH, (real *)a->c0, 0.5, &g);
}

/* Every parameter; of the table, the rows that stand in the sequences, the row
 * of PAD and that of the token that stands nowhere. */
static void check_batch(program *p, const char *group, batch *a)
{
    const reader *n = &a->n, *d = &a->d;
    begin_with(a->before, NSIZE, a->dw);
    for (int b = 0; b < B; b++)
        batch_sequence(a, b, true);
    take_away(a->before, NSIZE, a->dw);
    const hg_tensor t[] = {
        TENSOR("E", "10.2", n->E, d->E, "V,D", PAD, ND),
        TENSOR_ZERO("E, PAD", "10.2", n->E + PAD * ND, d->E + PAD * ND, "V,D",
                    1, ND),
        TENSOR_ZERO("E, unused", "10.2", n->E + (PAD + 1) * ND,
                    d->E + (PAD + 1) * ND, "V,D", NV - PAD - 1, ND),
        TENSOR("W", "10.9", n->W, d->W, "G,H,D", GATES, NH, ND),
        TENSOR("U", "10.9", n->U, d->U, "G,H,H", GATES, NH, NH),
        TENSOR("b", "10.9", n->b, d->b, "G,H", GATES, NH),
        TENSOR("P", "10.20", n->P, d->P, "V,H", NV, NH),
        TENSOR("q", "10.20", n->q, d->q, "V", NV),
        TENSOR("h_0", "10.9", a->h0, a->dh0, "B,H", B, NH),
        TENSOR("c_0", "10.9", a->c0, a->dc0, "B,H", B, NH),
    };
    static const hg_size size[] = {
        {"T", NT}, {"B", B}, {"tokens", 7}, {"dloss", 0.7}};
    program_tell(p, 4, size, 0, NULL);
    program_check(p, group, batch_loss, a, 10, t);
}

static void check_batches(program *p)
{
    batch a;
    show_note(&p->show,
              "The whole network, a batch of 4, 2 and 1 tokens padded to 4, "
              "the loss times 0.7: by token, by sequence, and many to one (the "
              "loss looks at each sequence's last step only).");
    random_batch(&a, p, 10, 0.8);
    loss_weights(B, NT, a.omega, BY_TOKEN, spoken_length);
    check_batch(p, "by token", &a);
    random_batch(&a, p, 11, 0.8);
    a.before = BEFORE;
    loss_weights(B, NT, a.omega, BY_SEQUENCE, spoken_length);
    check_batch(p, "by sequence", &a);
    random_batch(&a, p, 12, 1.5);
    for (int b = 0; b < B; b++)
        a.omega[b][spoken_length[b] - 1] = R(1.0) / B;
    check_batch(p, "many to one", &a);
}

/* ---- the loss alone ------------------------------------------------------ */

/* Two sequences of 3 and 2 positions, so that all padding is in the end. */
enum { SB = 2, ST = 3, SV = 5, SN = SB * ST, SREAL = 5 };
static const int classes[SN] = {4, 0, 1, 1, 3, 2};
static const int sequence_length[SB] = {3, 2};

typedef struct logits {
    real z[SN][SV], dz[SN][SV], omega[SB][ST], p[SN][SV];
} logits;

static real logits_loss(void *context)
{
    logits *a = context;
    return R(1.3) *
           sequence_loss_forward(SN, SV, a->p, a->z, classes, (real *)a->omega);
}

/* size: of the logits; 40 saturates the softmax. There one position counts in full. */
static void check_logits(program *p, const char *group, averaging how,
                         uint64_t stream, double size)
{
    logits a;
    rng g = rng_new(p->seed, stream);
    memset(&a, 0, sizeof a);
    fill_normal(SN * SV, (real *)a.z, size, &g);
    loss_weights(SB, ST, a.omega, how, sequence_length);
    if (size > 1)
        a.omega[1][0] = 1;
    logits_loss(&a);
    sequence_loss_backward(SN, SV, a.dz, R(1.3), a.p, classes, (real *)a.omega);
    const hg_tensor t[] = {
        TENSOR("z", "10.18", a.z, a.dz, "T,V", SREAL, SV),
        TENSOR_ZERO("z, pad", "10.18", a.z[SREAL], a.dz[SREAL], "T,V",
                    SN - SREAL, SV),
    };
    static const hg_size sizes[] = {{"T", ST}, {"B", SB}, {"dloss", 1.3}};
    const hg_tensor known = KNOWN("p", a.p, "T,V", SREAL, SV);
    program_tell(p, 3, sizes, 1, &known);
    program_check(p, group, logits_loss, &a, 2, t);
}

/* ---- checkpoints --------------------------------------------------------- */

enum { CS = 3, CK = (LT + CS - 1) / CS };

typedef struct kept {
    cells w, dw;
    real x[LT][LD], h0[LH], c0[LH], up_h[LH], up_c[LH];
    real dx[LT][LD], dh[LH], dc[LH], behind[LT * LH];
} kept;

static real kept_run(const kept *a, real kept_c[CK][LH], real kept_h[CK][LH])
{
    real c[LH], h[LH];
    memcpy(c, a->c0, sizeof c);
    memcpy(h, a->h0, sizeof h);
    checkpointed_forward(LT, CS, LD, LH, kept_c, kept_h, c, h, a->w.W, a->w.U,
                         a->w.b, a->x);
    return dot(LH, a->up_h, h) + dot(LH, a->up_c, c);
}

static real kept_loss(void *context)
{
    real kept_c[CK][LH], kept_h[CK][LH];
    return kept_run(context, kept_c, kept_h);
}

/* Against lstm_backward: every bit. */
static void compare_checkpoints(program *p, kept *a)
{
    waiting plain;
    memset(&plain, 0, sizeof plain);
    plain.T = LT;
    plain.w = a->w;
    mask_fill(LT, plain.keep, LT);
    memcpy(plain.x, a->x, sizeof a->x);
    memcpy(plain.h0, a->h0, sizeof a->h0);
    memcpy(plain.c0, a->c0, sizeof a->c0);
    memcpy(plain.up[LT], a->up_h, sizeof a->up_h);
    memcpy(plain.up_c[LT], a->up_c, sizeof a->up_c);
    waiting_gradients(&plain, 0);
    const hg_tensor t[] = {
        TENSOR("W, U, b", "10.28", &a->w, &a->dw, "N", CELLS),
        TENSOR("x", "10.28", a->x, a->dx, "T,D", LT, LD),
        TENSOR("h_0", "10.28", a->h0, a->dh, "H", LH),
        TENSOR("c_0", "10.28", a->c0, a->dc, "H", LH),
    };
    program_compare(p, &t[0], (real *)&plain.dw, 0);
    program_compare(p, &t[1], (real *)plain.dx, 0);
    program_compare(p, &t[2], plain.dh[0], 0);
    program_compare(p, &t[3], plain.dc[0], 0);
}

static void kept_gradients(kept *a)
{
    real kept_c[CK][LH], kept_h[CK][LH];
    memset(&a->dw, 0, sizeof a->dw);
    memset(a->dx, 0, sizeof a->dx);
    memset(a->behind, 0, sizeof a->behind);
    memcpy(a->dh, a->up_h, sizeof a->dh);
    memcpy(a->dc, a->up_c, sizeof a->dc);
    kept_run(a, kept_c, kept_h);
    checkpointed_backward(LT, CS, LD, LH, a->dw.W, a->dw.U, a->dw.b, a->dx,
                          a->dc, a->dh, kept_c, kept_h, a->w.W, a->w.U, a->w.b,
                          a->x);
}

/* Where nothing comes in, nothing may come out, to the bit; and nothing is ever
 * written behind. */
static bool kept_silent(const kept *a)
{
    kept b = *a;
    real none[LT * LH] = {0};
    memset(b.up_h, 0, sizeof b.up_h);
    memset(b.up_c, 0, sizeof b.up_c);
    kept_gradients(&b);
    for (int j = 0; j < LH; j++)
        if (b.dh[j] != 0 || b.dc[j] != 0)
            return false;
    return memcmp(a->behind, none, sizeof none) == 0;
}

static void check_checkpoints(program *p)
{
    kept a;
    rng g = rng_new(p->seed, 16);
    memset(&a, 0, sizeof a);
    fill_normal(CELLS, (real *)&a.w, 0.8, &g);
    fill_normal(LT * LD, (real *)a.x, 1, &g);
    fill_normal(LH, a.h0, 0.5, &g);
    fill_normal(LH, a.c0, 0.5, &g);
    fill_normal(LH, a.up_h, 1, &g);
    fill_normal(LH, a.up_c, 1, &g);
    kept_gradients(&a);
    if (!kept_silent(&a))
        a.dc[0] = (real)NAN;
    const hg_tensor t[] = {
        TENSOR("W", "10.28", a.w.W, a.dw.W, "G,H,D", GATES, LH, LD),
        TENSOR("U", "10.28", a.w.U, a.dw.U, "G,H,H", GATES, LH, LH),
        TENSOR("b", "10.28", a.w.b, a.dw.b, "G,H", GATES, LH),
        TENSOR("x", "10.28", a.x, a.dx, "T,D", LT, LD),
        TENSOR("h_0", "10.28", a.h0, a.dh, "H", LH),
        TENSOR("c_0", "10.28", a.c0, a.dc, "H", LH),
    };
    const hg_tensor known[] = {KNOWN("dh", a.up_h, "H", LH),
                               KNOWN("dc", a.up_c, "H", LH)};
    show_note(&p->show, "Seven steps with checkpoints every three; then "
                        "against plain backpropagation: the difference must be "
                        "0.");
    program_tell(p, 0, NULL, 2, known);
    program_check(p, "checkpoints", kept_loss, &a, 6, t);
    compare_checkpoints(p, &a);
}

/* ---- a linear recurrence ------------------------------------------------- */

enum { RT = 6 };

typedef struct line {
    real a[RT], b[RT], h0, up[RT + 1], h[RT + 1];
    real da[RT], db[RT], dh[RT + 1];
} line;

static real line_loss(void *context)
{
    line *r = context;
    r->h[0] = r->h0;
    recurrence_forward(RT, r->h, r->a, r->b);
    return dot(RT + 1, r->up, r->h);
}

/* The states and the gradient by them, by two scans. */
static void compare_scan(program *p, line *r)
{
    real a[RT], b[RT], h[RT], back_a[RT], back_b[RT], db[RT];
    line_loss(r); /* the check has left other states in it */
    memcpy(a, r->a, sizeof a);
    memcpy(b, r->b, sizeof b);
    recurrence_scan(RT, a, b);
    for (int t = 0; t < RT; t++) {
        h[t] = a[t] * r->h0 + b[t];
        back_a[t] = t ? r->a[RT - t] : 0;
        back_b[t] = r->up[RT - t];
    }
    recurrence_scan(RT, back_a, back_b);
    for (int t = 0; t < RT; t++)
        db[t] = back_b[RT - 1 - t];
    const hg_tensor t[] = {
        TENSOR("h", "10.30", r->h, r->h + 1, "T", RT),
        TENSOR("b", "10.30", r->b, r->db, "T", RT),
    };
    program_compare(p, &t[0], h, 1e-14);
    program_compare(p, &t[1], db, 1e-14);
}

static void check_recurrence(program *p)
{
    line r;
    rng g = rng_new(p->seed, 17);
    memset(&r, 0, sizeof r);
    fill_normal(RT, r.a, 0.9, &g);
    fill_normal(RT, r.b, 1, &g);
    fill_normal(1, &r.h0, 1, &g);
    fill_normal(RT + 1, r.up, 1, &g);
    line_loss(&r);
    memcpy(r.dh, r.up, sizeof r.dh);
    begin_with(BEFORE, RT, r.da);
    begin_with(BEFORE, RT, r.db);
    recurrence_backward(RT, r.da, r.db, r.dh, r.a, r.h);
    take_away(BEFORE, RT, r.da);
    take_away(BEFORE, RT, r.db);
    const hg_tensor t[] = {
        TENSOR("b", "10.32", r.b, r.db, "T", RT),
        TENSOR("a", "10.33", r.a, r.da, "T", RT),
        TENSOR("h_0", "10.31", &r.h0, r.dh, "", 1),
    };
    const hg_tensor known[] = {KNOWN("dh", r.up, "T", RT + 1),
                               KNOWN("h", r.h, "T", RT + 1)};
    show_note(&p->show, "A linear recurrence; then states and gradient by the "
                        "scan.");
    program_tell(p, 0, NULL, 2, known);
    program_check(p, "recurrence", line_loss, &r, 3, t);
    compare_scan(p, &r);
}

void check_sequences(program *p)
{
    show_section(&p->show, "Verification");
    check_embedding(p);
    check_masked(p);
    check_waits(p);
    check_packing(p);
    show_note(&p->show, "The loss of a batch, two sequences of 3 and 2 "
                        "positions; then with logits of 40 and more.");
    check_logits(p, "loss by token", BY_TOKEN, 13, 1);
    check_logits(p, "loss by sequence", BY_SEQUENCE, 14, 1);
    check_logits(p, "saturated", BY_TOKEN, 15, 40);
    check_batches(p);
    check_checkpoints(p);
    check_recurrence(p);
}
