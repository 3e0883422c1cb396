/* SPDX-License-Identifier: MIT */
#include "chapters/15_feedback_network/checks.h"

#include "chapters/07_bptt/rnn.h"
#include "chapters/15_feedback_network/objective.h"
#include "lib/condition.h"
#include "lib/sample.h"

#include <string.h>

/* ---- gradients are added ------------------------------------------------- */

/* In some checks the gradients start at BEFORE, which is taken off afterwards:
 * there `=` for `+=` shows. A power of two costs hardly a digit. */
#define BEFORE R(0.125)

/* ---- whole networks ------------------------------------------------------ */

enum { CT = 5, CD = 3, CH = 4, CM = 2, CN = 86, TRACE = 167 };

static const parts all_on = {true, true, true, true};

/* A network with random numbers. Where `classes` is false, the loss is sum_t
 * up_t . y_t, so up is dL/dy; else it is that of eqs. 15.11 to 15.13. */
typedef struct job {
    int T; /* CT, or less */
    fbnet n, d;
    real w[CN], dw[CN], x[CT][CD], dx[CT][CD], f0[CM], df0[CM], up[CT][CM];
    real v[TRACE], dy[CT][CM];
    fbnet_trace s; /* a view of v, at the point of the check */
    bool classes, saturated;
    double aux, decay;
    int target[CT];
    real before;
} job;

/* The loss; its gradient by y is set in dy. */
static real run(const job *a, const fbnet_trace *s, real dy[CT][CM])
{
    real y[CT][CM], p[CT][CM], loss = 0;
    memcpy(s->f, a->f0, sizeof a->f0);
    fbnet_forward(a->T, &a->n, s, a->x);
    memcpy(y, s->y, (size_t)a->T * sizeof *y);
    memcpy(dy, a->up, sizeof y);
    if (a->classes) {
        memset(dy, 0, sizeof y);
        loss = fbnet_loss_forward(a->T, CM, p, a->aux, y, a->target);
        fbnet_loss_backward(a->T, CM, dy, 1, a->aux, p, a->target);
        return loss + fbnet_penalty_forward(&a->n, a->decay);
    }
    for (int t = 0; t < a->T; t++)
        for (int m = 0; m < CM; m++)
            loss += a->up[t][m] * y[t][m];
    return loss;
}

static real job_loss(void *context)
{
    real v[TRACE], dy[CT][CM];
    const job *a = context;
    const fbnet_trace s = fbnet_trace_view(a->T, CH, CM, v);
    return run(a, &s, dy);
}

/* From the trace as it stands. */
static void job_backward(void *context)
{
    job *a = context;
    begin_with(a->before, CN, a->dw);
    begin_with(a->before, CT * CD, (real *)a->dx);
    begin_with(a->before, CM, a->df0);
    fbnet_backward(a->T, &a->n, &a->d, a->classes ? NULL : a->dx,
                   a->classes ? NULL : a->df0, a->dy, &a->s, a->x);
    if (a->classes)
        fbnet_penalty_backward(&a->n, &a->d, a->decay);
    take_away(a->before, CN, a->dw);
    take_away(a->before, CT * CD, (real *)a->dx);
    take_away(a->before, CM, a->df0);
}

static void job_gradients(job *a)
{
    run(a, &a->s, a->dy);
    job_backward(a);
}

/* Random numbers of these sizes; f_0 is not zero. */
static void random_job(job *a, const program *p, uint64_t stream, double size,
                       parts on)
{
    rng g = rng_new(p->seed, stream);
    memset(a, 0, sizeof *a);
    a->T = CT;
    a->n = fbnet_view(CD, CH, CM, on, a->w);
    a->d = fbnet_view(CD, CH, CM, on, a->dw);
    a->s = fbnet_trace_view(CT, CH, CM, a->v);
    fill_normal(CN, a->w, size, &g);
    fill_normal(CT * CD, (real *)a->x, 1, &g);
    fill_normal(CT * CM, (real *)a->up, 1, &g);
    fill_normal(CM, a->f0, 0.5, &g);
    for (int t = 0; t < CT; t++)
        a->target[t] = rng_below(&g, CM);
}

/* The parameters in the order of the vector, then the inputs. */
enum { TENSORS = 9, WITH_INPUTS = 11 };

static void job_tensors(hg_tensor t[WITH_INPUTS], job *a)
{
    const fbnet *n = &a->n, *d = &a->d;
    const hg_tensor all[WITH_INPUTS] = {
        TENSOR("A", "15.26", n->A, d->A, "H,D", CH, CD),
        TENSOR("b", "15.26", n->b, d->b, "H", CH),
        TENSOR("B", "15.27", n->B, d->B, "H,M", CH, CM),
        TENSOR("Q", "15.24", n->Q, d->Q, "H,I", CH, CH),
        TENSOR("G", "15.21", n->G, d->G, "H,I", CH, CH),
        TENSOR("K", "15.21", n->K, d->K, "H,I", CH, CH),
        TENSOR("c", "15.21", n->c, d->c, "H", CH),
        TENSOR("P", "15.17", n->P, d->P, "M,H", CM, CH),
        TENSOR("d", "15.17", n->d, d->d, "M", CM),
        TENSOR("x", "15.26", a->x, a->dx, "T,D", a->T, CD),
        TENSOR("f_0", "15.27", a->f0, a->df0, "M", CM),
    };
    for (int i = 0; i < WITH_INPUTS; i++)
        t[i] = all[i];
}

/* The group of each parameter tensor. */
static const int group_of[TENSORS] = {ENCODE, ENCODE, LOOP,   ATTEND, GATE,
                                      GATE,   GATE,   DECODE, DECODE};

/* What belongs to a part that is off has neither gradient nor influence. */
static void expect_zeros(hg_tensor t[WITH_INPUTS], parts on)
{
    for (int i = 0; i < TENSORS; i++)
        if ((group_of[i] == LOOP && !on.feedback) ||
            (group_of[i] == ATTEND && !on.attention) ||
            (group_of[i] == GATE && !on.gate))
            t[i].expected = HG_ZERO;
    if (!on.feedback)
        t[WITH_INPUTS - 1].expected = HG_ZERO;
}

/* Checks, and tells what a wrong gradient may have to do with: for one step also what goes
 * to z through the residual alone: P^T dy o (1 - e^2). */
static void check_told(program *p, const char *group, job *a, int n,
                       const hg_tensor t[n])
{
    int T = a->T;
    real direct[CH];
    for (int h = 0; h < CH; h++) {
        direct[h] = 0;
        for (int m = 0; m < CM; m++)
            direct[h] += a->n.P[m * CH + h] * a->up[0][m];
        direct[h] *= 1 - a->s.e[h] * a->s.e[h];
    }
    const hg_size sizes[] = {{"T", T}, {"H", CH}};
    const hg_tensor known[] = {
        KNOWN("dy", a->up, "T,M", T, CM),
        KNOWN("e", a->s.e, "T,H", T, CH),
        KNOWN("a", a->s.a, "T,H", T, CH),
        KNOWN("g", a->s.g, "T,H", T, CH),
        KNOWN("r", a->s.r, "T,H", T, CH),
        KNOWN("f", a->s.f, "T,M", T + 1, CM),
        KNOWN("P^T dy o (1 - e^2)", direct, "H", CH),
    };
    program_tell(p, 2, sizes, T == 1 ? 7 : 6, known);
    program_check(p, group, job_loss, a, n, t);
}

static void check_job(program *p, const char *group, job *a, int n)
{
    hg_tensor t[WITH_INPUTS];
    job_gradients(a);
    job_tensors(t, a);
    expect_zeros(t, a->n.on);
    if (a->saturated) {
        const stored trace = {TRACE, a->v};
        double most = condition_measure(job_backward, a, 1, &trace, n, t);
        show_value(&p->show, "largest condition", (real)most, NULL);
    }
    check_told(p, group, a, n, t);
}

static void check_parts(program *p)
{
    static const struct {
        const char *group;
        parts on;
        real before;
    } kind[] = {
        {"all parts", {true, true, true, true}, 0},
        {"no feedback", {false, true, true, true}, BEFORE},
        {"no attention", {true, false, true, true}, 0},
        {"no gate", {true, true, false, true}, BEFORE},
        {"no residual", {true, true, true, false}, 0},
        {"none of them", {false, false, false, false}, BEFORE},
    };
    job a;
    show_note(&p->show, "All sizes different, random numbers, a random "
                        "incoming gradient; then each part off. The parameters "
                        "of a part that is off have no influence and no "
                        "gradient, to the bit.");
    for (size_t k = 0; k < sizeof kind / sizeof *kind; k++) {
        random_job(&a, p, 1 + k, 0.6, kind[k].on);
        a.before = kind[k].before;
        check_job(p, kind[k].group, &a, WITH_INPUTS);
    }
}

static void check_one_step(program *p)
{
    job a;
    hg_tensor t[WITH_INPUTS];
    show_note(&p->show, "A sequence of one step: attention sees itself alone, "
                        "so Q has no influence.");
    random_job(&a, p, 10, 0.6, all_on);
    a.T = 1;
    a.s = fbnet_trace_view(1, CH, CM, a.v);
    job_gradients(&a);
    job_tensors(t, &a);
    t[3].expected = HG_ZERO;
    check_told(p, "one step", &a, WITH_INPUTS, t);
}

/* The loss, less what y_2 = P r_2 + d brings to d at once: so d stands for the
 * output y_1 alone, which acts through the loop. */
static real loop_loss(void *context)
{
    const job *a = context;
    real loss = job_loss(context);
    for (int m = 0; m < CM; m++)
        loss -= a->up[1][m] * a->n.d[m];
    return loss;
}

static void loop_again(void *context)
{
    job *a = context;
    job_backward(a);
    for (int m = 0; m < CM; m++)
        a->d.d[m] -= a->up[1][m];
}

static void check_loop(program *p)
{
    job a;
    show_note(&p->show, "Two steps, and the loss takes the second output only: "
                        "what d does in the first step, through the loop. What "
                        "it does at once is taken off, and costs digits: by "
                        "this condition.");
    random_job(&a, p, 20, 0.6, all_on);
    a.T = 2;
    a.s = fbnet_trace_view(2, CH, CM, a.v);
    memset(a.up[0], 0, sizeof a.up[0]);
    job_gradients(&a);
    loop_again(&a);
    hg_tensor t = TENSOR("d", "15.16", a.n.d, a.d.d, "M", CM);
    const hg_tensor known[] = {KNOWN("f_1", a.s.f + CM, "M", CM),
                               KNOWN("y_1", a.s.y, "M", CM)};
    const stored trace = {TRACE, a.v}, direct = {CM, a.up[1]};
    double most = condition_measure(loop_again, &a, 2,
                                    (const stored[]){trace, direct}, 1, &t);
    show_value(&p->show, "condition", (real)most, NULL);
    program_tell(p, 0, NULL, 2, known);
    program_check(p, "loop", loop_loss, &a, 1, &t);
}

static void check_saturated(program *p)
{
    job a;
    show_note(&p->show, "Large weights, so that tanh, sigmoid and softmax are "
                        "nearly saturated, and a large incoming gradient. The "
                        "slopes lose digits: the complex step's bound of each "
                        "tensor grows by its condition, at most this:");
    random_job(&a, p, 11, 1.2, all_on);
    a.before = BEFORE;
    for (int i = 0; i < CT * CM; i++)
        ((real *)a.up)[i] *= 1000;
    a.saturated = true;
    check_job(p, "saturated", &a, WITH_INPUTS);
}

/* ---- attention and the gate alone ---------------------------------------- */

enum { AT = 4, AH = 3, AC = 2 };

/* Attention of step 4 over 4 encodings; L = up . a. */
typedef struct look {
    real Q[AH][AH], dQ[AH][AH], e[AT][AH], de[AT][AH], up[AH];
} look;

static real look_loss(void *context)
{
    const look *a = context;
    real found[AH], w[AT], q[AH], loss = 0;
    fbnet_attend_forward(AT, AH, found, w, q, a->Q, a->e);
    for (int h = 0; h < AH; h++)
        loss += a->up[h] * found[h];
    return loss;
}

static void check_look(program *p)
{
    look a = {.dQ = {{0}}};
    real found[AH], w[AT], q[AH];
    rng g = rng_new(p->seed, 12);
    fill_normal(AH * AH, (real *)a.Q, 1, &g);
    fill_normal(AT * AH, (real *)a.e, 1, &g);
    fill_normal(AH, a.up, 1, &g);
    begin_with(BEFORE, AH * AH, (real *)a.dQ);
    begin_with(BEFORE, AT * AH, (real *)a.de);
    fbnet_attend_forward(AT, AH, found, w, q, a.Q, a.e);
    fbnet_attend_backward(AT, AH, a.dQ, a.de, a.up, w, q, a.Q, a.e);
    take_away(BEFORE, AH * AH, (real *)a.dQ);
    take_away(BEFORE, AT * AH, (real *)a.de);
    const hg_tensor t[] = {
        TENSOR("Q", "15.24", a.Q, a.dQ, "H,I", AH, AH),
        TENSOR("e", "15.23", a.e, a.de, "T,H", AT, AH),
    };
    const hg_tensor known[] = {KNOWN("da", a.up, "H", AH),
                               KNOWN("w", w, "T", AT), KNOWN("q", q, "H", AH)};
    show_note(&p->show,
              "Attention of the last of 4 steps alone, then a gate as "
              "S3 prints it: a signal of another width, and values "
              "of their own.");
    program_tell(p, 0, NULL, 3, known);
    program_check(p, "attention", look_loss, &a, 2, t);
}

/* A gate whose signal s and values v are tensors of their own; L = up . u. */
typedef struct lock {
    real G[AH][AH], K[AH][AC], c[AH], e[AH], s[AC], v[AH], up[AH];
    real dG[AH][AH], dK[AH][AC], dc[AH], de[AH], ds[AC], dv[AH];
} lock;

static real lock_loss(void *context)
{
    const lock *a = context;
    real u[AH], g[AH], loss = 0;
    fbnet_gate_forward(AH, AC, u, g, a->G, a->K, a->c, a->e, a->s, a->v);
    for (int h = 0; h < AH; h++)
        loss += a->up[h] * u[h];
    return loss;
}

static void check_lock(program *p)
{
    lock a = {.dc = {0}};
    real u[AH], g[AH];
    rng r = rng_new(p->seed, 13);
    fill_normal(AH * AH, (real *)a.G, 1, &r);
    fill_normal(AH * AC, (real *)a.K, 1, &r);
    fill_normal(AH, a.c, 1, &r);
    fill_normal(AH, a.e, 1, &r);
    fill_normal(AC, a.s, 1, &r);
    fill_normal(AH, a.v, 1, &r);
    fill_normal(AH, a.up, 1, &r);
    begin_with(BEFORE, AH, a.dv); /* empty where the network calls it */
    fbnet_gate_forward(AH, AC, u, g, a.G, a.K, a.c, a.e, a.s, a.v);
    fbnet_gate_backward(AH, AC, a.dG, a.dK, a.dc, a.de, a.ds, a.dv, a.up, g,
                        a.G, a.K, a.e, a.s, a.v);
    take_away(BEFORE, AH, a.dv);
    const hg_tensor t[] = {
        TENSOR("G", "15.21", a.G, a.dG, "H,I", AH, AH),
        TENSOR("K", "15.21", a.K, a.dK, "H,C", AH, AC),
        TENSOR("c", "15.21", a.c, a.dc, "H", AH),
        TENSOR("e", "15.22", a.e, a.de, "H", AH),
        TENSOR("s", "15.22", a.s, a.ds, "C", AC),
        TENSOR("v", "15.19", a.v, a.dv, "H", AH),
    };
    const hg_tensor known[] = {KNOWN("du", a.up, "H", AH),
                               KNOWN("g", g, "H", AH)};
    program_tell(p, 0, NULL, 2, known);
    program_check(p, "gate", lock_loss, &a, 6, t);
}

/* ---- the loss ------------------------------------------------------------ */

/* The logits alone, with an auxiliary loss. */
typedef struct logits {
    real y[CT][CM + 1], dy[CT][CM + 1];
    int target[CT];
} logits;

static real logits_loss(void *context)
{
    const logits *a = context;
    real p[CT][CM + 1];
    return R(0.7) * fbnet_loss_forward(CT, CM + 1, p, 1.3, a->y, a->target);
}

static void check_loss(program *p)
{
    logits a;
    job b;
    real q[CT][CM + 1], onehot[CT][CM + 1] = {{0}};
    rng g = rng_new(p->seed, 14);
    fill_normal(CT * (CM + 1), (real *)a.y, 1.5, &g);
    for (int t = 0; t < CT; t++) {
        a.target[t] = rng_below(&g, CM + 1);
        onehot[t][a.target[t]] = 1;
    }
    begin_with(BEFORE, CT * (CM + 1), (real *)a.dy);
    fbnet_loss_forward(CT, CM + 1, q, 1.3, a.y, a.target);
    fbnet_loss_backward(CT, CM + 1, a.dy, R(0.7), 1.3, q, a.target);
    take_away(BEFORE, CT * (CM + 1), (real *)a.dy);
    show_note(&p->show, "The loss: the logits alone, lambda = 1.3, times 0.7; "
                        "then through the whole network, with decay; the "
                        "gradients by x and f_0 are not asked for.");
    const hg_tensor t = TENSOR("y", "15.14", a.y, a.dy, "T,M", CT, CM + 1);
    const hg_size sizes[] = {{"dloss", 0.7}, {"aux", 1.3}, {"T", CT}};
    const hg_tensor known[] = {KNOWN("p", q, "T,M", CT, CM + 1),
                               KNOWN("target", onehot, "T,M", CT, CM + 1)};
    program_tell(p, 3, sizes, 2, known);
    program_check(p, "loss", logits_loss, &a, 1, &t);
    random_job(&b, p, 15, 0.6, all_on);
    b.classes = true;
    b.aux = 0.4;
    b.decay = 0.05;
    check_job(p, "loss and decay", &b, TENSORS);
}

/* The penalty alone. */
static real penalty_loss(void *context)
{
    const job *a = context;
    return fbnet_penalty_forward(&a->n, a->decay);
}

static void check_penalty(program *p)
{
    job a;
    hg_tensor t[WITH_INPUTS];
    random_job(&a, p, 19, 0.6, all_on);
    a.decay = 0.05;
    begin_with(BEFORE, CN, a.dw);
    fbnet_penalty_backward(&a.n, &a.d, a.decay);
    take_away(BEFORE, CN, a.dw);
    job_tensors(t, &a);
    for (int i = 0; i < TENSORS; i++) {
        t[i].equation = "15.15";
        if (t[i].rank == 1)
            t[i].expected = HG_ZERO;
    }
    const hg_size sizes[] = {{"decay", 0.05}};
    show_note(&p->show, "The decay alone: no bias has a part in it.");
    program_tell(p, 1, sizes, 0, NULL);
    program_check(p, "decay", penalty_loss, &a, TENSORS, t);
}

/* ---- frozen groups ------------------------------------------------------- */

/* What the optimizer moves, and what is kept where a group is frozen. */
typedef struct ice {
    job a;
    bool trained[GROUPS];
    real moved[CN], dmoved[CN], kept[CN];
} ice;

static real ice_loss(void *context)
{
    ice *f = context;
    fbnet_freeze_forward(&f->a.n, f->a.w, f->trained, f->moved, f->kept);
    return job_loss(&f->a);
}

static void check_frozen(program *p, const char *group, ice *f)
{
    hg_tensor t[WITH_INPUTS];
    rng g = rng_new(p->seed, 17);
    fill_normal(CN, f->moved, 0.6, &g);
    fill_normal(CN, f->kept, 0.6, &g);
    ice_loss(f);
    job_gradients(&f->a);
    begin_with(BEFORE, CN, f->dmoved);
    fbnet_freeze_backward(&f->a.n, f->dmoved, f->a.dw, f->trained);
    take_away(BEFORE, CN, f->dmoved);
    job_tensors(t, &f->a);
    expect_zeros(t, f->a.n.on);
    for (int i = 0, at = 0; i < TENSORS; i++) {
        t[i].data = f->moved + at;
        t[i].grad = f->dmoved + at;
        at += hg_entries(&t[i]);
        if (!f->trained[group_of[i]])
            t[i].expected = HG_ZERO;
    }
    program_check(p, group, ice_loss, f, TENSORS, t);
}

static void check_stages(program *p)
{
    ice f;
    show_note(&p->show, "Frozen groups: what the optimizer moves counts only "
                        "where a group is trained. First the loop is off and "
                        "frozen, then all but the loop is frozen.");
    random_job(&f.a, p, 16, 0.6, (parts){false, true, true, true});
    for (int i = 0; i < GROUPS; i++)
        f.trained[i] = i != LOOP;
    check_frozen(p, "stage 1", &f);
    random_job(&f.a, p, 16, 0.6, all_on);
    for (int i = 0; i < GROUPS; i++)
        f.trained[i] = i == LOOP;
    check_frozen(p, "stage 2", &f);
}

/* ---- the network of chapter 7 -------------------------------------------- */

enum { ON = 64 }; /* rnn_size(CD, CH, CM, CM) */

/* With attention, gate and residual off, tanh(y) = 2 sigmoid(2y) - 1 makes this
 * network that of chapter 7: V = 2B, W_c = 2P, b_c = 2d, b - B 1 for b, and
 * c_0 = (1 + f_0) / 2; U = 0 and Q = 0. */
typedef struct old {
    rnn n, d;
    real w[ON], dw[ON], h[CT + 1][CH], c[CT + 1][CM], y[CT][CM];
    real dx[CT][CD], dh0[CH], dc0[CM];
} old;

static void translate(old *o, const job *a)
{
    memset(o, 0, sizeof *o);
    o->n = rnn_view(CD, CH, CM, CM, o->w);
    o->d = rnn_view(CD, CH, CM, CM, o->dw);
    memcpy(o->n.A, a->n.A, CH * CD * sizeof(real));
    memcpy(o->n.P, a->n.P, CM * CH * sizeof(real));
    memcpy(o->n.r, a->n.d, CM * sizeof(real));
    for (int h = 0; h < CH; h++) {
        o->n.b[h] = a->n.b[h];
        for (int m = 0; m < CM; m++) {
            o->n.V[h * CM + m] = 2 * a->n.B[h * CM + m];
            o->n.b[h] -= a->n.B[h * CM + m];
        }
    }
    for (int i = 0; i < CM * CH; i++)
        o->n.W_c[i] = 2 * a->n.P[i];
    for (int m = 0; m < CM; m++) {
        o->n.b_c[m] = 2 * a->n.d[m];
        o->c[0][m] = (1 + a->f0[m]) / 2;
    }
}

/* The old network's gradients, as gradients of the new one's parameters. */
static void translate_back(job *second, const old *o)
{
    memcpy(second->d.A, o->d.A, CH * CD * sizeof(real));
    memcpy(second->d.b, o->d.b, CH * sizeof(real));
    memcpy(second->dx, o->dx, sizeof second->dx);
    for (int h = 0; h < CH; h++)
        for (int m = 0; m < CM; m++)
            second->d.B[h * CM + m] = 2 * o->d.V[h * CM + m] - o->d.b[h];
    for (int i = 0; i < CM * CH; i++)
        second->d.P[i] = o->d.P[i] + 2 * o->d.W_c[i];
    for (int m = 0; m < CM; m++) {
        second->d.d[m] = o->d.r[m] + 2 * o->d.b_c[m];
        second->df0[m] = o->dc0[m] / 2;
    }
}

static void compare_chapter_7(program *p)
{
    static const int compared[] = {0, 1, 2, 7, 8, 9, 10};
    job a, second;
    old o;
    hg_tensor t[WITH_INPUTS], u[WITH_INPUTS];
    show_note(&p->show, "The loop alone is the network of chapter 7 in other "
                        "letters: its gradients, translated.");
    random_job(&a, p, 18, 0.6, (parts){.feedback = true});
    second = a;
    second.d = fbnet_view(CD, CH, CM, a.n.on, second.dw);
    job_gradients(&a);
    translate(&o, &a);
    rnn_forward(CT, &o.n, o.h, o.c, o.y, a.x);
    rnn_backward(CT, &o.n, &o.d, o.dx, o.dh0, o.dc0, a.up, o.h, o.c, a.x);
    translate_back(&second, &o);
    job_tensors(t, &a);
    job_tensors(u, &second);
    for (size_t i = 0; i < sizeof compared / sizeof *compared; i++)
        program_compare(p, &t[compared[i]], u[compared[i]].grad, 1e-13);
}

void check_fbnet(program *p)
{
    check_parts(p);
    check_one_step(p);
    check_loop(p);
    check_saturated(p);
    check_look(p);
    check_lock(p);
    check_loss(p);
    check_penalty(p);
    check_stages(p);
    compare_chapter_7(p);
}
