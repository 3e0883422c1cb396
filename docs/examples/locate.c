/* SPDX-License-Identifier: MIT */
/* A gradient of a quarter of a million entries, with two of them wrong:
 * hg_locate says that something is wrong, and where.
 *
 *     cc -O2 locate.c $(pkg-config --cflags --libs handgrad) -lm -o locate
 *
 * Letters: D inputs, H units. */
#include <handgrad.h>
#include <math.h>
#include <stdio.h>

enum { D = 512, H = 512, MOST = 8 };

static double W[H * D], b[H], x[D], h[H], v[H], dW[H * D], db[H];

static int loss_of(void *context, double loss[2])
{
    (void)context;
    loss[0] = 0;
    for (int i = 0; i < H; i++) {
        double z = b[i];
        for (int j = 0; j < D; j++)
            z += W[i * D + j] * x[j];
        h[i] = tanh(z);
        loss[0] += v[i] * h[i];
    }
    return 0;
}

static void backward(void)
{
    for (int i = 0; i < H; i++) {
        db[i] = v[i] * (1 - h[i] * h[i]);
        for (int j = 0; j < D; j++)
            dW[i * D + j] = db[i] * x[j];
    }
}

static void fill(double *to, int n, double size, unsigned *state)
{
    for (int i = 0; i < n; i++) {
        *state = *state * 1664525u + 1013904223u;
        to[i] = size * ((double)(*state >> 8) / 8388608 - 1);
    }
}

/* [locate] */
static int report(const hg_problem *p)
{
    hg_place place[MOST];
    hg_certificate c;
    int found;
    hg_status status = hg_locate(p, NULL, MOST, place, &found, &c);
    if (status != HG_OK) {
        fprintf(stderr, "locate: %s\n", hg_status_text(status));
        return 2;
    }
    printf("%s, %ld calls of the loss; rms of the gradient %.1e; "
           "seen: an error of %.1e\n",
           hg_verdict_name(c.verdict), c.passes, c.rms, c.smallest);
    for (int k = 0; k < found; k++)
        printf("    %s[%d][%d]: analytic %.6f, numeric %.6f +- %.0e\n",
               p->tensor[place[k].tensor].name, place[k].index[0],
               place[k].index[1], place[k].analytic, place[k].numeric,
               place[k].bound);
    return c.verdict == HG_AGREES ? 0 : 1;
}
/* [locate] */

int main(void)
{
    unsigned state = 2026;
    double unused[2];
    fill(W, H * D, 0.05, &state);
    fill(b, H, 0.5, &state);
    fill(x, D, 1, &state);
    fill(v, H, 1, &state);
    loss_of(NULL, unused);
    backward();
    hg_tensor tensor[] = {
        {.name = "W", .letters = "H,D", .rank = 2, .shape = {H, D},
         .data = W, .grad = dW},
        {.name = "b", .letters = "H", .rank = 1, .shape = {H},
         .data = b, .grad = db},
    };
    hg_problem p = {.loss = loss_of, .tensors = 2, .tensor = tensor};
    int right = report(&p);
    dW[317 * D + 44] *= 1.5; /* two mistakes, for example */
    dW[8 * D + 500] = 0;
    int wrong = report(&p);
    return right == 2 || wrong == 2 ? 2 : !(right == 0 && wrong == 1);
}
