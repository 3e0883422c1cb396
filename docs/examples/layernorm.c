/* SPDX-License-Identifier: MIT */
/* Layer norm on flat arrays of float, forward and backward, and a check of its
 * gradients.
 *
 *     cc -O2 layernorm.c $(pkg-config --cflags --libs handgrad) -lm
 *
 * With -DMISTAKE the backward has a classic mistake. Exit status: 0 every
 * gradient is as expected, 1 one is not, 2 the check could not be done.
 * Letters: B batch, T time, C channels. An array of shape (B,T,C) has entry
 * [b][t][c] at (b * T + t) * C + c. */
#include <handgrad.h>
#include <math.h>
#include <stdio.h>

enum { B = 2, T = 3, C = 8 };

/* [forward] */
/* out = (inp - mean) * rstd * weight + bias, over the channels; mean and rstd
 * (B,T) are kept. */
static void layernorm_forward(float *out, float *mean, float *rstd,
                              const float *inp, const float *weight,
                              const float *bias)
{
    for (int i = 0; i < B * T; i++) {
        const float *x = inp + i * C;
        float *y = out + i * C;
        float m = 0, v = 0;
        for (int c = 0; c < C; c++)
            m += x[c];
        m /= C;
        for (int c = 0; c < C; c++)
            v += (x[c] - m) * (x[c] - m);
        float s = 1 / sqrtf(v / C + 1e-5f);
        for (int c = 0; c < C; c++)
            y[c] = (x[c] - m) * s * weight[c] + bias[c];
        mean[i] = m;
        rstd[i] = s;
    }
}
/* [forward] */

/* [backward] */
/* Adds to dinp, dweight and dbias. */
static void layernorm_backward(float *dinp, float *dweight, float *dbias,
                               const float *dout, const float *inp,
                               const float *weight, const float *mean,
                               const float *rstd)
{
    for (int i = 0; i < B * T; i++) {
        const float *x = inp + i * C, *dy = dout + i * C;
        float *dx = dinp + i * C;
        float sum = 0, dot = 0; /* the means of dn and of dn * n */
        for (int c = 0; c < C; c++) {
            float n = (x[c] - mean[i]) * rstd[i], dn = weight[c] * dy[c];
            sum += dn / C;
            dot += dn * n / C;
        }
#ifdef MISTAKE
        sum = 0; /* the mean depends on inp too: that path is forgotten */
#endif
        for (int c = 0; c < C; c++) {
            float n = (x[c] - mean[i]) * rstd[i], dn = weight[c] * dy[c];
            dx[c] += (dn - sum - n * dot) * rstd[i];
            dweight[c] += n * dy[c];
            dbias[c] += dy[c];
        }
    }
}
/* [backward] */

/* [model] */
/* All that a loss is computed from, and what the forward keeps. */
typedef struct model {
    float inp[B * T * C], weight[C], bias[C];
    float out[B * T * C], mean[B * T], rstd[B * T];
    float dinp[B * T * C], dweight[C], dbias[C];
    float dout[B * T * C]; /* the incoming gradient: of out, given */
} model;

/* Its gradient by out is dout. Summed in double: less noise. */
static int model_loss(void *context, double loss[2])
{
    model *m = context;
    layernorm_forward(m->out, m->mean, m->rstd, m->inp, m->weight, m->bias);
    loss[0] = 0;
    for (int i = 0; i < B * T * C; i++)
        loss[0] += (double)m->dout[i] * (double)m->out[i];
    return 0;
}
/* [model] */

/* Numbers between -1.5 and 1.5, the same on every machine. */
static void fill(float *x, int n, unsigned *state)
{
    for (int i = 0; i < n; i++) {
        *state = *state * 1664525u + 1013904223u; /* Numerical Recipes, 1992 */
        x[i] = 3 * ((float)(*state >> 8) / 16777216.0f) - 1.5f;
    }
}

/* [main] */
int main(void)
{
    static model m;
    unsigned state = 2026;
    double unused[2];
    fill(m.inp, B * T * C, &state);
    fill(m.weight, C, &state);
    fill(m.bias, C, &state);
    fill(m.dout, B * T * C, &state);
    model_loss(&m, unused); /* fills mean and rstd, which the backward needs */
    layernorm_backward(m.dinp, m.dweight, m.dbias, m.dout, m.inp, m.weight,
                       m.mean, m.rstd);

    hg_tensor tensor[] = {
        {.name = "inp", .letters = "B,T,C", .type = HG_FLOAT, .rank = 3,
         .shape = {B, T, C}, .data = m.inp, .grad = m.dinp},
        {.name = "weight", .letters = "C", .type = HG_FLOAT, .rank = 1,
         .shape = {C}, .data = m.weight, .grad = m.dweight},
        {.name = "bias", .letters = "C", .type = HG_FLOAT, .rank = 1,
         .shape = {C}, .data = m.bias, .grad = m.dbias},
    };
    hg_tensor known[] = {
        {.name = "dout", .letters = "B,T,C", .type = HG_FLOAT, .rank = 3,
         .shape = {B, T, C}, .data = m.dout},
    };
    hg_problem problem = {.loss = model_loss,
                          .context = &m,
                          .tensors = 3,
                          .tensor = tensor,
                          .knowns = 1,
                          .known = known};
    hg_result result[3];
    hg_status status = hg_check(&problem, NULL, result);
    if (status != HG_OK) {
        fprintf(stderr, "layernorm: %s\n", hg_status_text(status));
        return 2;
    }
    if (hg_write(stdout, HG_TEXT, &problem, result) != 0)
        return 2;
    return !(result[0].passed && result[1].passed && result[2].passed);
}
/* [main] */
