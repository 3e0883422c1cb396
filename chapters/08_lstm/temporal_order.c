/* SPDX-License-Identifier: MIT */
#include "chapters/08_lstm/temporal_order.h"

#include "chapters/02_activations/activations.h"
#include "chapters/04_backprop/linear.h"
#include "chapters/05_optimizers/optimizers.h"
#include "chapters/08_lstm/lstm1997.h"

#include <string.h>

const order_task task_6a = {{100, 110}, {10, 20}, {50, 60}};
const char order_letters[SYMBOLS + 1] = "abcdXYEB";

enum { X = 4, Y = 5, E = 6, B = 7 }; /* where they stand in order_letters */

static int draw_between(const int range[2], rng *g)
{
    return range[0] + rng_below(g, range[1] - range[0] + 1);
}

void order_draw(order_sequence *q, const order_task *task, rng *g)
{
    q->T = draw_between(task->length, g);
    q->t1 = draw_between(task->first, g);
    q->t2 = draw_between(task->second, g);
    q->class = rng_below(g, CLASSES);
    for (int t = 1; t <= q->T; t++)
        q->symbol[t - 1] = rng_below(g, 4); /* a, b, c or d */
    q->symbol[0] = E;
    q->symbol[q->t1 - 1] = q->class / 2 ? Y : X;
    q->symbol[q->t2 - 1] = q->class % 2 ? Y : X;
    q->symbol[q->T - 1] = B;
    memset(q->x, 0, sizeof q->x);
    for (int t = 0; t < q->T; t++)
        q->x[t][q->symbol[t]] = 1;
}

/* [order_forward] */
real order_forward(order_pass *z, const order_network *w,
                   const order_sequence *q)
{
    real a[CLASSES], error = 0;
    lstm1997_forward(q->T, SYMBOLS, BLOCKS, CELLS, z->y, z->s, z->g, w->W, w->U,
                     w->b, q->x);
    linear_forward(CLASSES, CELLS, a, w->V, w->v, z->y[q->T]);      /* (8.49) */
    sigmoid_forward(CLASSES, z->out, a);                            /* (8.50) */
    for (int l = 0; l < CLASSES; l++) {
        real e = z->out[l] - (l == q->class);
        error += e * e / 2;                                         /* (8.51) */
    }
    return error;
}
/* [order_forward] */

/* [order_backward] */
void order_backward(order_network *dw, real dx[][SYMBOLS], bool truncated,
                    const order_pass *z, const order_network *w,
                    const order_sequence *q)
{
    real dout[CLASSES], da[CLASSES] = {0}, dy[q->T + 1][HIDDEN];
    memset(dy, 0, sizeof dy);
    for (int l = 0; l < CLASSES; l++)
        dout[l] = z->out[l] - (l == q->class);
    sigmoid_backward(CLASSES, da, dout, z->out);                    /* (8.52) */
    linear_backward(CLASSES, CELLS, dw->V, dw->v, dy[q->T], da, w->V,
                    z->y[q->T]);
    lstm1997_backward(q->T, SYMBOLS, BLOCKS, CELLS, dw->W, dw->U, dw->b, dx, dy,
                      truncated, z->y, z->s, z->g, w->W, w->U, q->x);
}
/* [order_backward] */

bool order_right(const order_pass *z, const order_sequence *q)
{
    for (int l = 0; l < CLASSES; l++)
        if (!(re(real_abs(z->out[l] - (l == q->class))) < 0.3))
            return false;
    return true;
}

void order_start(order_network *w, const double input_bias[BLOCKS], rng *g)
{
    uniform_fill(WEIGHTS, (real *)w, 0.1, g);
    for (int k = 0; k < BLOCKS; k++)
        w->b[CELLS + k] = (real)input_bias[k];
}

int order_test(const order_network *w, const order_task *task, int n, rng *g)
{
    order_sequence q;
    order_pass z;
    int wrong = 0;
    for (int i = 0; i < n; i++) {
        order_draw(&q, task, g);
        order_forward(&z, w, &q);
        wrong += !order_right(&z, &q);
    }
    return wrong;
}

void order_begin(order_training *r, const order_task *task, double rate,
                 bool full, const double input_bias[BLOCKS], uint64_t seed)
{
    rng start = rng_new(seed, 1);
    memset(r, 0, sizeof *r);
    r->task = task;
    r->rate = rate;
    r->full = full;
    r->g = rng_new(seed, 2);
    order_start(&r->w, input_bias, &start);
}

double order_mean_error(const order_training *r)
{
    long n = r->sequences < IN_A_ROW ? r->sequences : IN_A_ROW;
    return r->sum / (double)n;
}

/* [order_next] */
bool order_next(order_training *r)
{
    order_sequence q;
    order_pass z;
    order_network dw;
    real dx[MOST_STEPS][SYMBOLS];
    order_draw(&q, r->task, &r->g);
    double error = re(order_forward(&z, &r->w, &q));
    memset(&dw, 0, sizeof dw);
    memset(dx, 0, sizeof dx);
    order_backward(&dw, dx, !r->full, &z, &r->w, &q);
    gradient_descent(WEIGHTS, (real *)&r->w, (real *)&dw, r->rate); /* (8.53) */
    double *oldest = &r->recent[r->sequences++ % IN_A_ROW];
    r->sum += error - *oldest;
    *oldest = error;
    r->row = order_right(&z, &q) ? r->row + 1 : 0;
    return r->row >= IN_A_ROW && order_mean_error(r) < 0.1;
}
/* [order_next] */
