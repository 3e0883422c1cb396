/* SPDX-License-Identifier: MIT */
#include "chapters/13_multi_head/checks.h"

#include <string.h>

#include "chapters/02_activations/activations.h"
#include "chapters/11_attention/attention.h"
#include "chapters/13_multi_head/induction.h"
#include "chapters/13_multi_head/masks.h"
#include "chapters/13_multi_head/multi_head.h"
#include "chapters/13_multi_head/positions.h"
#include "lib/condition.h"
#include "lib/sample.h"

/* A backward function adds into its gradients. So in one check of each they do
 * not start at zero but at BEFORE, which is taken off afterwards: `=` for `+=`
 * shows. It is a power of two, and small: it costs hardly a digit. */
#define BEFORE R(0.125)

/* ---- one layer ----------------------------------------------------------- */

/* Sizes that all differ, so that a swapped index shows. */
enum {
    H = 2,
    M = 3,
    N = 4,
    C = 5,
    D = 6,
    E = 7,
    SIZE = 2 * H * D * (C + 1) + H * E * (C + 1) + C * H * E + C,
    KEPT = H * ((M + N) * D + N * E + M * N + 2 * M * E)
};

/* The loss is the sum of up y, so up is dL/dy. It also reads b_k, which has no
 * influence on y (13.13): a gradient that is zero but for rounding has no size
 * that an error could be compared with. So the gradient of b_k starts at OWN,
 * and must stay there. */
#define OWN R(0.75)

typedef struct layer {
    real w[SIZE], dw[SIZE], room[KEPT], before;
    real xq[M][C], xk[N][C], xv[N][C], up[M][C];
    real dxq[M][C], dxk[N][C], dxv[N][C];
    bool see[M][N];
    multi_head n, g;
    multi_head_kept kept;
} layer;

static real own(int n, const real b_k[n])
{
    real sum = 0;
    for (int i = 0; i < n; i++)
        sum += OWN * b_k[i];
    return sum;
}

static real layer_loss(void *context)
{
    layer *a = context;
    real y[M][C], loss = 0;
    multi_head_forward(M, N, &a->n, y, &a->kept, a->see, a->xq, a->xk, a->xv);
    for (int m = 0; m < M; m++)
        for (int c = 0; c < C; c++)
            loss += a->up[m][c] * y[m][c];
    return loss + own(H * D, a->n.b_k);
}

static void layer_gradients(layer *a)
{
    begin_with(a->before, SIZE, a->dw);
    begin_with(a->before, M * C, (real *)a->dxq);
    begin_with(a->before, N * C, (real *)a->dxk);
    begin_with(a->before, N * C, (real *)a->dxv);
    layer_loss(a);
    multi_head_backward(M, N, &a->n, &a->g, a->dxq, a->dxk, a->dxv, a->up,
                        &a->kept, a->xq, a->xk, a->xv);
    take_away(a->before, SIZE, a->dw);
    take_away(-OWN, H * D, a->g.b_k);
    take_away(a->before, M * C, (real *)a->dxq);
    take_away(a->before, N * C, (real *)a->dxk);
    take_away(a->before, N * C, (real *)a->dxv);
}

/* Random numbers; every query sees every key. */
static void random_layer(layer *a, const program *p, uint64_t stream,
                         double size)
{
    rng g = rng_new(p->seed, stream);
    memset(a, 0, sizeof *a);
    a->n = multi_head_view(C, H, D, E, a->w);
    a->g = multi_head_view(C, H, D, E, a->dw);
    a->kept = multi_head_kept_view(M, N, &a->n, a->room);
    fill_normal(SIZE, a->w, 0.5, &g);
    fill_normal(M * C, (real *)a->xq, size, &g);
    fill_normal(N * C, (real *)a->xk, size, &g);
    fill_normal(N * C, (real *)a->xv, 1, &g);
    fill_normal(M * C, (real *)a->up, 1, &g);
    memset(a->see, true, sizeof a->see);
}

/* What a mistake may leave out or exchange: the gradient that comes in, and the
 * part of head 1 in the gradient of the queries' inputs. */
static void tell_layer(program *p, layer *a)
{
    static const hg_size sizes[] = {{"D", D}, {"H", H}};
    static real part[M][C], dW[1][D][C], db[1][D];
    static hg_tensor known[2];
    real dq[1][M][D], dk[N][D], dv[N][E], do_[H][M][E], dW_o[C][H * E], db_o[C];
    double width = D;
    memset(part, 0, sizeof part);
    memset(dq, 0, sizeof dq);
    memset(do_, 0, sizeof do_);
    heads_join_backward(M, C, H, E, dW_o, db_o, do_, a->up, (void *)a->n.W_o,
                        (void *)a->kept.a);
    attention_backward(M, N, D, E, dq[0], dk, dv, do_[0], (void *)a->kept.w,
                       1 / sqrt(width), (void *)a->kept.q, (void *)a->kept.k,
                       (void *)a->kept.v);
    heads_project_backward(M, C, 1, D, dW, db, part, dq, (void *)a->n.W_q,
                           a->xq);
    known[0] = KNOWN("dy", a->up, "M,C", M, C);
    known[1] = KNOWN("dxq of head 1", part, "M,C", M, C);
    program_tell(p, 2, sizes, 2, known);
}

/* Of the keys and queries the last rows may be without influence: keys from
 * `keys` on, queries from `queries` on. */
static void check_layer(program *p, const char *group, double condition,
                        layer *a, int queries, int keys)
{
    hg_tensor t[14];
    int n = 0;
    layer_gradients(a);
    t[n++] = TENSOR("W_q", "13.10", a->n.W_q, a->g.W_q, "H,D,C", H, D, C);
    t[n++] = TENSOR("b_q", "13.10", a->n.b_q, a->g.b_q, "H,D", H, D);
    t[n++] = TENSOR("W_k", "13.11", a->n.W_k, a->g.W_k, "H,D,C", H, D, C);
    t[n++] = TENSOR("xq", "13.10", a->xq, a->dxq, "M,C", queries, C);
    t[n++] = TENSOR("xk", "13.11", a->xk, a->dxk, "N,C", keys, C);
    for (int i = 0; i < n; i++)
        t[i].condition = condition;
    t[n++] = TENSOR("b_k", "13.13", a->n.b_k, a->g.b_k, "H,D", H, D);
    t[n++] = TENSOR("W_v", "13.12", a->n.W_v, a->g.W_v, "H,E,C", H, E, C);
    t[n++] = TENSOR("b_v", "13.12", a->n.b_v, a->g.b_v, "H,E", H, E);
    t[n++] = TENSOR("W_o", "13.7", a->n.W_o, a->g.W_o, "C,J", C, H * E);
    t[n++] = TENSOR("b_o", "13.7", a->n.b_o, a->g.b_o, "C", C);
    t[n++] = TENSOR("xv", "13.12", a->xv, a->dxv, "N,C", keys, C);
    if (queries < M)
        t[n++] = TENSOR_ZERO("xq (blind)", "13.18", a->xq + queries,
                             a->dxq + queries, "M,C", M - queries, C);
    if (keys < N) {
        t[n++] = TENSOR_ZERO("xk (padding)", "13.18", a->xk + keys,
                             a->dxk + keys, "N,C", N - keys, C);
        t[n++] = TENSOR_ZERO("xv (padding)", "13.18", a->xv + keys,
                             a->dxv + keys, "N,C", N - keys, C);
    }
    tell_layer(p, a);
    program_check(p, group, layer_loss, a, n, t);
}

/* Where the softmax is nearly saturated (11.9) subtracts numbers that are nearly
 * equal: how much larger they are than the largest dz of their head. */
static double subtraction(layer *a)
{
    double worst = 1;
    real(*w)[M][N] = (void *)a->kept.w, (*v)[N][E] = (void *)a->kept.v;
    real(*W_o)[H * E] = (void *)a->n.W_o;
    layer_loss(a);
    for (int h = 0; h < H; h++) {
        double parts = 0, largest = 0;
        for (int m = 0; m < M; m++) {
            real dw[N] = {0}, dz[N] = {0};
            for (int n = 0; n < N; n++)
                for (int e = 0; e < E; e++)
                    for (int c = 0; c < C; c++)
                        dw[n] += v[h][n][e] * W_o[c][h * E + e] * a->up[m][c];
            softmax_backward(N, dz, dw, w[h][m]);
            for (int n = 0; n < N; n++) {
                parts = fmax(parts, re(w[h][m][n]) * re(real_abs(dw[n])));
                largest = fmax(largest, re(real_abs(dz[n])));
            }
        }
        worst = fmax(worst, parts / largest);
    }
    return worst;
}

/* The heads' outputs side by side and the linear layer, alone. */
typedef struct join {
    real o[H][M][E], W_o[C][H * E], b_o[C], up[M][C];
    real do_[H][M][E], dW_o[C][H * E], db_o[C];
} join;

static real join_loss(void *context)
{
    const join *b = context;
    real y[M][C], a[M][H * E], loss = 0;
    heads_join_forward(M, C, H, E, y, a, b->W_o, b->b_o, b->o);
    for (int m = 0; m < M; m++)
        for (int c = 0; c < C; c++)
            loss += b->up[m][c] * y[m][c];
    return loss;
}

static void verify_join(program *p)
{
    enum { NUMBERS = H * M * E + C * H * E + C + M * C };
    static join b;
    real y[M][C], a[M][H * E];
    rng g = rng_new(p->seed, 9);
    memset(&b, 0, sizeof b);
    fill_normal(NUMBERS, (real *)&b, 1, &g);
    begin_with(BEFORE, H * M * E, (real *)b.do_);
    heads_join_forward(M, C, H, E, y, a, b.W_o, b.b_o, b.o);
    heads_join_backward(M, C, H, E, b.dW_o, b.db_o, b.do_, b.up, b.W_o, a);
    take_away(BEFORE, H * M * E, (real *)b.do_);
    show_note(&p->show, "The outputs of the heads side by side, and the linear "
                        "layer behind them, alone.");
    const hg_tensor t[] = {
        TENSOR("o", "13.8", b.o, b.do_, "H,M,E", H, M, E),
        TENSOR("W_o", "13.7", b.W_o, b.dW_o, "C,J", C, H * E),
        TENSOR("b_o", "13.7", b.b_o, b.db_o, "C", C),
    };
    program_check(p, "heads joined", join_loss, &b, 3, t);
}

static void verify_layer(program *p)
{
    static layer a;
    show_note(
        &p->show,
        "%d heads, %d queries over %d keys, tokens of width %d; in each "
        "head keys of width %d, values of width %d. Three different "
        "inputs, random numbers. The biases of the keys do not act on y "
        "(13.13); the loss also reads them themselves, so that their check "
        "can fail.",
        H, M, N, C, D, E);
    random_layer(&a, p, 1, 1);
    check_layer(p, "two heads", 1, &a, M, N);
    show_note(&p->show, "The same, but the gradients do not start at zero.");
    a.before = BEFORE;
    check_layer(p, "added", 1, &a, M, N);
    show_note(&p->show,
              "Inputs up to six times as large: the softmax is nearly "
              "saturated. The bounds of all that lies behind it grow "
              "by this condition:");
    double size = 6, condition;
    do { /* weaker where no slope would be left */
        random_layer(&a, p, 2, size);
        condition = subtraction(&a);
        size -= 1;
    } while (condition > 1e4);
    show_value(&p->show, "condition", (real)condition, NULL);
    check_layer(p, "saturated", condition, &a, M, N);
    show_note(&p->show, "The last key is padding, and the last query sees "
                        "nothing at all: no influence, to the bit.");
    random_layer(&a, p, 3, 1);
    const bool token[N] = {true, true, true, false};
    mask_padding(M, N, a.see, token);
    memset(a.see[M - 1], false, sizeof a.see[M - 1]);
    check_layer(p, "padding", 1, &a, M - 1, N - 1);
}

/* ---- self-attention with the causal mask ---------------------------------- */

/* One tensor x is query, key and value, and the loss reads it beside y. */
typedef struct self_attention {
    real w[SIZE], dw[SIZE], room[H * (2 * N * D + N * E + N * N + 2 * N * E)];
    real x[N][C], dx[N][C], up[N][C];
    multi_head n, g;
    multi_head_kept kept;
} self_attention;

static real self_loss(void *context)
{
    self_attention *a = context;
    bool see[N][N];
    real y[N][C], loss = 0;
    mask_causal(N, see);
    multi_head_forward(N, N, &a->n, y, &a->kept, see, a->x, a->x, a->x);
    for (int t = 0; t < N; t++)
        for (int c = 0; c < C; c++)
            loss += a->up[t][c] * (y[t][c] + a->x[t][c]);
    return loss;
}

static void verify_self(program *p)
{
    static self_attention a;
    rng g = rng_new(p->seed, 4);
    memset(&a, 0, sizeof a);
    a.n = multi_head_view(C, H, D, E, a.w);
    a.g = multi_head_view(C, H, D, E, a.dw);
    a.kept = multi_head_kept_view(N, N, &a.n, a.room);
    fill_normal(SIZE, a.w, 0.5, &g);
    fill_normal(N * C, (real *)a.x, 1, &g);
    fill_normal(N * C, (real *)a.up, 1, &g);
    memset(a.up[1], 0, sizeof a.up[1]);
    memset(a.up[3], 0, sizeof a.up[3]); /* the last token: nobody asks for it */
    memcpy(a.dx, a.up, sizeof a.dx);
    self_loss(&a);
    multi_head_backward(N, N, &a.n, &a.g, a.dx, a.dx, a.dx, a.up, &a.kept, a.x,
                        a.x, a.x);
    show_note(&p->show,
              "Causal self-attention of %d tokens, x + y: dx is the sum of "
              "four. The loss takes outputs 1 and 3 only, so token 4, which "
              "neither may see, has no influence.",
              N);
    const hg_tensor known[] = {KNOWN("dy", a.up, "N,C", N, C)};
    const hg_tensor t[] = {
        TENSOR("x", "13.12", a.x, a.dx, "N,C", 3, C),
        TENSOR_ZERO("x (last)", "13.18", a.x[3], a.dx[3], "C", C),
        TENSOR("W_q", "13.10", a.n.W_q, a.g.W_q, "H,D,C", H, D, C),
        TENSOR("W_k", "13.11", a.n.W_k, a.g.W_k, "H,D,C", H, D, C),
        TENSOR("W_v", "13.12", a.n.W_v, a.g.W_v, "H,E,C", H, E, C),
        TENSOR("W_o", "13.7", a.n.W_o, a.g.W_o, "C,J", C, H * E),
    };
    program_tell(p, 0, NULL, 1, known);
    program_check(p, "causal", self_loss, &a, 6, t);
}

/* ---- learned positions ---------------------------------------------------- */

enum { PB = 3, PT = 4, PC = 2 };

typedef struct placed {
    real e[PB][PT][PC], P[PT][PC], de[PB][PT][PC], dP[PT][PC], up[PB][PT][PC];
} placed;

/* The sum of up x + x^2 / 2, so that dx = up + x. */
static real placed_loss(void *context)
{
    const placed *a = context;
    real x[PB][PT][PC], loss = 0;
    positions_forward(PB, PT, PC, x, a->e, a->P);
    for (int b = 0; b < PB; b++)
        for (int t = 0; t < PT; t++)
            for (int c = 0; c < PC; c++)
                loss += x[b][t][c] * (a->up[b][t][c] + x[b][t][c] / 2);
    return loss;
}

static void verify_positions(program *p)
{
    static placed a;
    real x[PB][PT][PC], dx[PB][PT][PC];
    rng g = rng_new(p->seed, 5);
    fill_normal(PB * PT * PC, (real *)a.e, 1, &g);
    fill_normal(PT * PC, (real *)a.P, 1, &g);
    fill_normal(PB * PT * PC, (real *)a.up, 1, &g);
    positions_forward(PB, PT, PC, x, a.e, a.P);
    for (int b = 0; b < PB; b++)
        for (int t = 0; t < PT; t++)
            for (int c = 0; c < PC; c++)
                dx[b][t][c] = a.up[b][t][c] + x[b][t][c];
    memset(a.dP, 0, sizeof a.dP); /* many add to it: `=` shows by itself */
    begin_with(BEFORE, PB * PT * PC, (real *)a.de);
    positions_backward(PB, PT, PC, a.dP, a.de, dx);
    take_away(BEFORE, PB * PT * PC, (real *)a.de);
    show_note(&p->show, "Learned positions, used by each of %d sequences.", PB);
    const hg_tensor known[] = {KNOWN("dx", dx, "B,T,C", PB, PT, PC)};
    const hg_tensor t[] = {
        TENSOR("P", "13.24", a.P, a.dP, "T,C", PT, PC),
        TENSOR("e", "13.23", a.e, a.de, "B,T,C", PB, PT, PC),
    };
    program_tell(p, 0, NULL, 1, known);
    program_check(p, "positions", placed_loss, &a, 2, t);
}

/* ---- the network of section 13.8 ------------------------------------------ */

enum { NV = 5, NT = 6, NC = 3, NL = 2 };
enum {
    LAYER = 4 * NC * (NC + 1),
    NETWORK = (2 * NV + NT) * NC + NV + NL * LAYER,
    NETWORK_KEPT =
        (2 * NL + 1) * NT * NC + NT * NV + NL * (5 * NT * NC + NT * NT)
};

static const induction_sizes small = {.V = NV, .T = NT, .C = NC, .L = NL};

typedef struct network {
    real w[NETWORK], dw[NETWORK], room[NETWORK_KEPT];
    int token[NT + 1];
    induction_weights n, g;
    induction_kept kept;
} network;

static real network_loss(void *context)
{
    network *a = context;
    real each[NT];
    real loss = induction_forward(&small, &a->n, each, &a->kept, a->token);
    for (int l = 0; l < NL; l++)
        loss += own(NC, a->n.layer[l].b_k) / 2;
    return 2 * loss;
}

/* From what the forward pass left. */
static void network_again(void *context)
{
    network *a = context;
    memset(a->dw, 0, sizeof a->dw);
    induction_backward(&small, &a->n, &a->g, 2, &a->kept, a->token);
    for (int l = 0; l < NL; l++)
        take_away(-OWN, NC, a->g.layer[l].b_k);
}

static int layer_tensors(hg_tensor *t, int l, const multi_head *n,
                         const multi_head *g)
{
    static const char *const names[][NL] = {
        {"layer 1 W_q", "layer 2 W_q"}, {"layer 1 W_k", "layer 2 W_k"},
        {"layer 1 W_v", "layer 2 W_v"}, {"layer 1 W_o", "layer 2 W_o"},
        {"layer 1 b_q", "layer 2 b_q"}, {"layer 1 b_k", "layer 2 b_k"},
        {"layer 1 b_v", "layer 2 b_v"}, {"layer 1 b_o", "layer 2 b_o"}};
    t[0] = TENSOR(names[0][l], "13.10", n->W_q, g->W_q, "D,C", NC, NC);
    t[1] = TENSOR(names[1][l], "13.11", n->W_k, g->W_k, "D,C", NC, NC);
    t[2] = TENSOR(names[2][l], "13.12", n->W_v, g->W_v, "E,C", NC, NC);
    t[3] = TENSOR(names[3][l], "13.7", n->W_o, g->W_o, "C,E", NC, NC);
    t[4] = TENSOR(names[4][l], "13.10", n->b_q, g->b_q, "D", NC);
    t[5] = TENSOR(names[5][l], "13.13", n->b_k, g->b_k, "D", NC);
    t[6] = TENSOR(names[6][l], "13.12", n->b_v, g->b_v, "E", NC);
    t[7] = TENSOR(names[7][l], "13.7", n->b_o, g->b_o, "C", NC);
    return 8;
}

/* Where nothing comes in, nothing may come out, to the bit. */
static bool network_silent(const network *a)
{
    static real dw[NETWORK], none[NETWORK];
    const induction_weights g = induction_view(&small, dw);
    memset(dw, 0, sizeof dw);
    induction_backward(&small, &a->n, &g, 0, &a->kept, a->token);
    return memcmp(dw, none, sizeof dw) == 0;
}

static void verify_network(program *p)
{
    static network a;
    static const int token[NT + 1] = {3, 1, 4, 0, 2, 3, 1};
    hg_tensor t[20];
    real each[NT];
    int n = 0;
    rng g = rng_new(p->seed, 6);
    memset(&a, 0, sizeof a);
    memcpy(a.token, token, sizeof token);
    a.n = induction_view(&small, a.w);
    a.g = induction_view(&small, a.dw);
    a.kept = induction_kept_view(&small, a.room);
    fill_normal(NETWORK, a.w, 0.7, &g);
    induction_forward(&small, &a.n, each, &a.kept, a.token);
    network_again(&a);
    show_note(
        &p->show,
        "The network of section 13.8, small: %d layers, %d tokens, one of "
        "which comes again. Loss: twice the mean cross-entropy. The complex "
        "step's bound of each tensor grows by its condition, at most this:",
        NL, NT);
    t[n++] = TENSOR("embedding", "13.30", a.n.embed, a.g.embed, "V,C", NV, NC);
    t[n++] =
        TENSOR("positions", "13.24", a.n.position, a.g.position, "T,C", NT, NC);
    for (int l = 0; l < NL; l++)
        n += layer_tensors(t + n, l, &a.n.layer[l], &a.g.layer[l]);
    t[n++] = TENSOR("W_u", "13.29", a.n.W_u, a.g.W_u, "V,C", NV, NC);
    t[n++] = TENSOR("b_u", "13.29", a.n.b_u, a.g.b_u, "V", NV);
    const stored room = {NETWORK_KEPT, a.room};
    double most = condition_measure(network_again, &a, 1, &room, n, t);
    show_value(&p->show, "largest condition", (real)most, NULL);
    if (!network_silent(&a))
        a.g.b_u[0] = (real)NAN;
    program_check(p, "network", network_loss, &a, n, t);
}

/* ---- one head is chapter 11 ------------------------------------------------ */

/* With one head and W = 1 the gradients are those of attention_backward. */
static void compare_one_head(program *p)
{
    enum { ALL = 3 * C * (C + 1) + C * C + C };
    static real w[ALL], dw[ALL], again[ALL],
        room[(M + 2 * N) * C + M * N + 2 * M * C];
    static layer a;
    const multi_head n = multi_head_view(C, 1, C, C, w);
    const multi_head g = multi_head_view(C, 1, C, C, dw);
    const multi_head fixed = multi_head_view(C, 1, C, C, again);
    const multi_head_kept kept = multi_head_kept_view(M, N, &n, room);
    real y[M][C], o[M][C], weight[M][N], dq[M][C] = {{0}};
    real dk[N][C] = {{0}}, dv[N][C] = {{0}};
    double width = C;
    random_layer(&a, p, 7, 1);
    for (int c = 0; c < C; c++)
        n.W_q[c * C + c] = n.W_k[c * C + c] = n.W_v[c * C + c] =
            n.W_o[c * C + c] = 1;
    multi_head_forward(M, N, &n, y, &kept, NULL, a.xq, a.xk, a.xv);
    multi_head_backward(M, N, &n, &g, a.dxq, a.dxk, a.dxv, a.up, &kept, a.xq,
                        a.xk, a.xv);
    attention_forward(M, N, C, C, o, weight, 1 / sqrt(width), a.xq, a.xk, a.xv);
    attention_backward(M, N, C, C, dq, dk, dv, a.up, weight, 1 / sqrt(width),
                       a.xq, a.xk, a.xv);
    show_note(&p->show, "One head whose matrices are 1 is the attention of "
                        "chapter 11; its gradients are compared.");
    const hg_tensor t[] = {
        TENSOR("xq, one head", "13.9", a.xq, a.dxq, "M,C", M, C),
        TENSOR("xk, one head", "13.9", a.xk, a.dxk, "N,C", N, C),
        TENSOR("xv, one head", "13.9", a.xv, a.dxv, "N,C", N, C),
    };
    program_compare(p, &t[0], (real *)dq, 1e-13);
    program_compare(p, &t[1], (real *)dk, 1e-13);
    program_compare(p, &t[2], (real *)dv, 1e-13);
    multi_head_backward(M, N, &n, &fixed, NULL, NULL, NULL, a.up, &kept, a.xq,
                        a.xk, a.xv);
    show_note(&p->show, "Where the inputs are fixed their gradients are not "
                        "asked for; those of the weights stay the same.");
    const hg_tensor all = TENSOR("weights", "13.10", w, dw, "P", ALL);
    program_compare(p, &all, again, 1e-15);
}

void multi_head_checks(program *p)
{
    show_section(&p->show, "Verification");
    verify_join(p);
    verify_layer(p);
    verify_self(p);
    verify_positions(p);
    verify_network(p);
    compare_one_head(p);
}
