/* SPDX-License-Identifier: MIT */
#include "chapters/15_feedback_network/train.h"

#include "chapters/04_backprop/linear.h"
#include "chapters/05_optimizers/optimizers.h"
#include "chapters/15_feedback_network/objective.h"

#include <string.h>

/* A mean loss this small: learned. The mean forgets a tenth a step. */
static const double learned = 0.01, memory = 0.9;

/* Streams of random numbers of one seed. */
enum { START = 1, SEQUENCES, NEW_SEQUENCES, FIRST_OF_SET };

static void start_weights(const fbnet *n, uint64_t seed)
{
    int D = n->D, H = n->H, M = n->M;
    rng g = rng_new(seed, START);
    memset(n->A, 0, (size_t)fbnet_size(D, H, M) * sizeof *n->A);
    uniform_fill(H * D, n->A, 1, &g);
    uniform_fill(H, n->b, 1, &g);
    glorot_uniform(H, M, (real(*)[M])n->B, &g);
    glorot_uniform(H, H, (real(*)[H])n->Q, &g);
    glorot_uniform(H, H, (real(*)[H])n->G, &g);
    glorot_uniform(H, H, (real(*)[H])n->K, &g);
    glorot_uniform(M, H, (real(*)[H])n->P, &g);
}

/* Draws a sequence: a new one, or one of the set that belongs to the seed, each
 * of which has a stream of its own. */
static void draw(const plan *how, int T, int D, real x[T][D], int target[T],
                 uint64_t seed, rng *g)
{
    if (!how->set) {
        how->task->draw(T, D, x, target, g);
        return;
    }
    int chosen = rng_below(g, how->set);
    rng own = rng_new(seed, FIRST_OF_SET + (uint64_t)chosen);
    how->task->draw(T, D, x, target, &own);
}

/* The mean loss of BATCH sequences; its gradient is added into d. */
static double batch_loss(const fbnet *n, const fbnet *d, const plan *how,
                         uint64_t seed, rng *g)
{
    int T = how->task->T, D = n->D, M = n->M;
    real x[T][D], y[T][M], p[T][M], dy[T][M], v[fbnet_trace_size(T, n->H, M)];
    int target[T];
    fbnet_trace s = fbnet_trace_view(T, n->H, M, v);
    double loss = 0;
    memset(s.f, 0, (size_t)M * sizeof *s.f);
    for (int k = 0; k < BATCH; k++) {
        draw(how, T, D, x, target, seed, g);
        fbnet_forward(T, n, &s, x);
        memcpy(y, s.y, sizeof y);
        memset(dy, 0, sizeof dy);
        loss += re(fbnet_loss_forward(T, M, p, how->aux, y, target)) / BATCH;
        fbnet_loss_backward(T, M, dy, R(1.0) / BATCH, how->aux, p, target);
        fbnet_backward(T, n, d, NULL, NULL, dy, &s, x);
    }
    return loss;
}

/* Which stage a step belongs to: 0 without feedback, 1 the loop alone, 2 all. */
static int stage_of(const plan *how, int step)
{
    return (step > how->stage[0]) + (step > how->stage[0] + how->stage[1]);
}

/* What training carries from step to step. */
typedef struct learner {
    fbnet d; /* a view of dw */
    real dw[PARAMETERS], dv[PARAMETERS], m[PARAMETERS], v[PARAMETERS];
    int t; /* Adam's steps in this stage */
    uint64_t seed;
    rng g;
} learner;

/* A stage begins with a new optimizer: the running means of the old one would
 * go on moving what is frozen now. */
static void begin_stage(learner *a, trained *r, const plan *how, int stage)
{
    memset(a->m, 0, sizeof a->m);
    memset(a->v, 0, sizeof a->v);
    a->t = 0;
    r->n.on.feedback = how->on.feedback && stage > 0;
    a->d.on = r->n.on;
}

/* One step; returns the mean loss for each unit of weight. */
static double learn(learner *a, trained *r, const plan *how, int stage)
{
    static const bool groups[3][GROUPS] = {
        {true, false, true, true, true},
        {false, true, false, false, false},
        {true, true, true, true, true},
    };
    int N = fbnet_size(r->n.D, r->n.H, r->n.M);
    memset(a->dw, 0, sizeof a->dw);
    memset(a->dv, 0, sizeof a->dv);
    double loss = batch_loss(&r->n, &a->d, how, a->seed, &a->g);
    fbnet_penalty_backward(&r->n, &a->d, how->decay);
    fbnet_freeze_backward(&r->n, a->dv, a->dw, groups[stage]);
    clip_by_norm(N, a->dv, 1);
    adam(N, r->w, a->m, a->v, a->dv, ++a->t, adam_usual(how->rate));
    return loss / (1 + how->aux);
}

void fbnet_train(trained *r, const plan *how, uint64_t seed)
{
    const task *what = how->task;
    double mean = log((double)what->M); /* the loss of somebody who guesses */
    learner a = {.seed = seed, .g = rng_new(seed, SEQUENCES)};
    a.d = fbnet_view(what->D, UNITS, what->M, how->on, a.dw);
    r->n = fbnet_view(what->D, UNITS, what->M, how->on, r->w);
    start_weights(&r->n, seed);
    r->steps = 0;
    for (int stage = -1; r->steps < STEPS; r->steps++) {
        int now = stage_of(how, r->steps + 1);
        if (now != stage) {
            if (stage >= 0)
                r->after[stage] = fbnet_accuracy(&r->n, what, what->T, seed);
            begin_stage(&a, r, how, now);
            stage = now;
        }
        if (mean < learned && !how->set)
            break;
        mean = memory * mean + (1 - memory) * learn(&a, r, how, stage);
        r->loss[r->steps] = mean;
    }
    r->n.on = how->on;
    r->near = fbnet_accuracy(&r->n, what, what->T, seed);
    for (int step = r->steps; step < STEPS; step++)
        r->loss[step] = mean;
}

double fbnet_accuracy(const fbnet *n, const task *what, int T, uint64_t seed)
{
    int D = n->D, M = n->M, right = 0, target[TASK_T];
    real x[T][D], v[fbnet_trace_size(T, n->H, M)];
    fbnet_trace s = fbnet_trace_view(T, n->H, M, v);
    rng g = rng_new(seed, NEW_SEQUENCES);
    memset(s.f, 0, (size_t)M * sizeof *s.f);
    for (int k = 0; k < TESTS; k++) {
        const real *y = s.y + (T - 1) * M;
        int best = 0;
        what->draw(T, D, x, target, &g);
        fbnet_forward(T, n, &s, x);
        for (int m = 1; m < M; m++)
            if (re(y[m]) > re(y[best]))
                best = m;
        right += best == target[T - 1];
    }
    return (double)right / TESTS;
}
