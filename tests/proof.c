/* SPDX-License-Identifier: MIT */
/* How good the checker is, in numbers: what `make proof` prints and docs/proof.md shows.
 *
 *     proof catalogue     every mistake of the catalogue: caught, named
 *     proof alarms        right gradients, and what is said of them
 *     proof sensitivity   one wrong entry: the share seen, against the size of the error
 *     proof passes        calls of the loss, against the number of entries
 *
 * HANDGRAD_LONG=N in the environment: N right gradients in place of 100000, and ten times as many
 * planted mistakes. */
#include "lib/check/handgrad.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tgmath.h>

#include "lib/rng.h"
#include "tests/catalogue.h"
#include "tests/kinked.h"
#include "tests/test_check.h"
#undef I

static long long_form(void)
{
    const char *text = getenv("HANDGRAD_LONG");
    long n = text ? strtol(text, NULL, 10) : 0;
    return n > 0 ? n : 0;
}

static int failed(hg_status status)
{
    if (status != HG_OK)
        fprintf(stderr, "proof: %s\n", hg_status_text(status));
    return status != HG_OK;
}

/* ---- the catalogue --------------------------------------------------------------- */

static int catalogue_section(void)
{
    static tally t[PLANS];
    int seeds = long_form() ? 60 : 6, cases = 0, caught = 0, misnamed = 0;
    catalogue_run(seeds, 0, t);
    printf("%d layers, %d shapes of each, values from %d seeds\n\n", LAYERS,
           SHAPES, seeds);
    catalogue_write(stdout, t);
    for (int p = 1; p < PLANS; p++) {
        cases += t[p].cases;
        caught += t[p].caught;
        misnamed += t[p].misnamed;
    }
    return caught < cases || misnamed > 0;
}

/* ---- right gradients ------------------------------------------------------------- */

typedef struct sums {
    long gradients, tensors, agree, undecided, accused;
} sums;

static void alarms_row(const char *what, const sums *s)
{
    printf("%-34s %9ld %8ld %8ld %9ld %7ld\n", what, s->gradients, s->tensors,
           s->agree, s->undecided, s->accused);
}

static void count_verdicts(sums *s, int tensors, const hg_result r[])
{
    s->gradients++;
    for (int k = 0; k < tensors; k++) {
        s->tensors++;
        s->agree += r[k].verdict == HG_AGREES || r[k].verdict == HG_ZERO;
        s->undecided += r[k].verdict == HG_UNDECIDED;
        s->accused += r[k].verdict == HG_DISAGREES;
    }
}

/* The losses of the tests of false alarms, in groups; of those with kinks a tenth as many. */
static int alarms_section(void)
{
    enum {
        PLAIN,
        ROUNDED,
        CANCELS,
        FAR_AWAY,
        KINKS,
        GROUPS = KINKS + ARITHMETICS
    };
    static const char *const names[GROUPS] = {
        "plain",
        "loss shifted by 1 inside",
        "by 1e3 to 1e9",
        "parameters at 1e8",
        "near kinks, double",
        "near kinks, float, loss in double",
        "near kinks, all in float",
    };
    static const char *const columns[] = {
        "right gradients", "drawn", "tensors", "agree", "undecided", "accused"};
    sums group[GROUPS] = {{0}}, all = {0};
    rng g = rng_new(2026, 0), near = rng_new(2026, 1);
    long trials = long_form() ? long_form() : 100000;
    for (long trial = 0; trial < trials; trial++) {
        hidden h = draw_hidden(&g, trial);
        hg_result r[4];
        int n;
        if (failed(check_hidden(&h, r, &n)))
            return 2;
        count_verdicts(&group[h.shift > 0 ? FAR_AWAY
                              : h.K > 1   ? CANCELS
                              : h.K > 0   ? ROUNDED
                                          : PLAIN],
                       n, r);
        if (trial % 10)
            continue;
        kinked m = draw_kinked(&near, trial / 10);
        if (failed(check_kinked(&m, r, &n)))
            return 2;
        count_verdicts(&group[KINKS + m.arithmetic], n, r);
    }
    printf("%-34s %9s %8s %8s %9s %7s\n", columns[0], columns[1], columns[2],
           columns[3], columns[4], columns[5]);
    for (int k = 0; k < GROUPS; k++) {
        alarms_row(names[k], &group[k]);
        all.gradients += group[k].gradients;
        all.tensors += group[k].tensors;
        all.agree += group[k].agree;
        all.undecided += group[k].undecided;
        all.accused += group[k].accused;
    }
    putchar('\n');
    alarms_row("all", &all);
    return all.accused > 0;
}

/* ---- a net in three scalar types ------------------------------------------------- */

/* x (D), a tanh layer of H units, softmax cross-entropy over C classes. W (H,D), then V (C,H);
 * their gradient. */
enum {
    MOST_D = 40,
    MOST_H = 25,
    MOST_C = 10,
    MOST_P = MOST_H * (MOST_D + MOST_C)
};

#define NET_OF(name, type)                                                     \
    static type name(int D, int H, int C, const type *W, const type *V,        \
                     const double *x)                                          \
    {                                                                          \
        type h[MOST_H], sum = 0, first = 0;                                    \
        for (int i = 0; i < H; i++) {                                          \
            type s = 0;                                                        \
            for (int j = 0; j < D; j++)                                        \
                s += W[i * D + j] * (type)x[j];                                \
            h[i] = tanh(s);                                                    \
        }                                                                      \
        for (int c = 0; c < C; c++) {                                          \
            type z = 0;                                                        \
            for (int i = 0; i < H; i++)                                        \
                z += V[c * H + i] * h[i];                                      \
            if (c == 0)                                                        \
                first = z;                                                     \
            sum += exp(z);                                                     \
        }                                                                      \
        return log(sum) - first;                                               \
    }
NET_OF(net_double, double)
NET_OF(net_float, float)
NET_OF(net_complex, double _Complex)

typedef struct net {
    int D, H, C, P;
    hg_type type;
    double x[MOST_D], value[MOST_P], grad[MOST_P];
    float values[MOST_P], grads[MOST_P];
    double _Complex pair[MOST_P], pairs[MOST_P];
} net;

static int net_loss(void *context, double loss[2])
{
    const net *m = context;
    int n = m->H * m->D;
    if (m->type == HG_DOUBLE) {
        loss[0] = net_double(m->D, m->H, m->C, m->value, m->value + n, m->x);
    } else if (m->type == HG_FLOAT) {
        loss[0] =
            (double)net_float(m->D, m->H, m->C, m->values, m->values + n, m->x);
    } else {
        double _Complex z =
            net_complex(m->D, m->H, m->C, m->pair, m->pair + n, m->x);
        memcpy(loss, &z, sizeof z);
    }
    return 0;
}

static void net_backward(net *m)
{
    const double *W = m->value, *V = W + m->H * m->D;
    double *dW = m->grad, *dV = dW + m->H * m->D;
    double h[MOST_H], dh[MOST_H] = {0}, p[MOST_C], sum = 0;
    for (int i = 0; i < m->H; i++) {
        h[i] = 0;
        for (int j = 0; j < m->D; j++)
            h[i] += W[i * m->D + j] * m->x[j];
        h[i] = tanh(h[i]);
    }
    for (int c = 0; c < m->C; c++) {
        p[c] = 0;
        for (int i = 0; i < m->H; i++)
            p[c] += V[c * m->H + i] * h[i];
        sum += p[c] = exp(p[c]);
    }
    for (int c = 0; c < m->C; c++) {
        double dz = p[c] / sum - (c == 0);
        for (int i = 0; i < m->H; i++) {
            dV[c * m->H + i] = dz * h[i];
            dh[i] += dz * V[c * m->H + i];
        }
    }
    for (int i = 0; i < m->H; i++)
        for (int j = 0; j < m->D; j++)
            dW[i * m->D + j] = dh[i] * (1 - h[i] * h[i]) * m->x[j];
}

/* What stands in double, in the type that is checked. */
static void net_copy(net *m)
{
    for (int i = 0; i < m->P; i++) {
        m->values[i] = (float)m->value[i];
        m->grads[i] = (float)m->grad[i];
        m->pair[i] = m->value[i];
        m->pairs[i] = m->grad[i];
    }
}

static void net_new(net *m, int D, int H, int C, rng *g)
{
    *m = (net){.D = D, .H = H, .C = C, .P = H * (D + C)};
    for (int j = 0; j < D; j++)
        m->x[j] = rng_between(g, -1.5, 1.5);
    for (int i = 0; i < m->P;
         i++) /* floats: all three types have the same point */
        m->value[i] = (double)(float)rng_between(g, -1.5, 1.5);
    for (int j = 0; j < D; j++)
        m->x[j] = (double)(float)m->x[j];
    net_backward(m);
}

/* Checks the net in a type: result[0] of W, result[1] of V. */
static hg_status net_check(net *m, hg_type type, hg_result r[2])
{
    hg_tensor t[2] = {
        {.name = "W", .type = type, .rank = 2, .shape = {m->H, m->D}},
        {.name = "V", .type = type, .rank = 2, .shape = {m->C, m->H}}};
    int n = m->H * m->D;
    m->type = type;
    for (int k = 0; k < 2; k++) {
        int at = k ? n : 0;
        t[k].data = type == HG_DOUBLE  ? (void *)(m->value + at)
                    : type == HG_FLOAT ? (void *)(m->values + at)
                                       : (void *)(m->pair + at);
        t[k].grad = type == HG_DOUBLE  ? (void *)(m->grad + at)
                    : type == HG_FLOAT ? (void *)(m->grads + at)
                                       : (void *)(m->pairs + at);
    }
    hg_problem p = {.loss = net_loss, .context = m, .tensors = 2, .tensor = t};
    return type == HG_COMPLEX ? hg_check_complex(&p, NULL, r)
                              : hg_check(&p, NULL, r);
}

/* ---- one wrong entry ------------------------------------------------------------- */

/* Whether a net's check sees an error in one entry, and points at it: 1, 0; -1: failed. */
static int seen(hg_type type, double size, rng *g)
{
    static net m;
    hg_result r[2];
    net_new(&m, 4, 5, 3, g);
    int n = m.H * m.D, i = rng_below(g, m.P), k = i >= n;
    int from = k ? n : 0, to = k ? m.P : n;
    double sum = 0;
    for (int j = from; j < to; j++)
        sum += m.grad[j] * m.grad[j];
    double error = size * sqrt(sum / (to - from));
    m.grad[i] += rng_below(g, 2) ? error : -error;
    net_copy(&m);
    if (failed(net_check(&m, type, r)))
        return -1;
    int width = k ? m.H : m.D;
    return r[k].verdict == HG_DISAGREES &&
           r[k].worst[0] * width + r[k].worst[1] == i - from &&
           r[!k].verdict != HG_DISAGREES;
}

/* Two rows for each decade: size, percent seen in double, by the complex step, in float. */
static int sensitivity_section(void)
{
    static const hg_type types[] = {HG_DOUBLE, HG_COMPLEX, HG_FLOAT};
    int nets = long_form() ? 2000 : 200;
    printf("# one entry wrong by so much of the rms of its tensor: percent of "
           "%d nets in which\n"
           "# it is seen, and is the worst entry named\n"
           "# %8s %12s %12s %12s\n",
           nets, "error", "differences", "complex step", "in float");
    for (int k = 0; k >= -30; k--) {
        double size = pow(10, k / 2.0);
        printf("%10.1e", size);
        for (int kind = 0; kind < 3; kind++) {
            rng g = rng_new(2027, 0);
            int sum = 0;
            for (int trial = 0; trial < nets; trial++) {
                int here = seen(types[kind], size, &g);
                if (here < 0)
                    return 2;
                sum += here;
            }
            printf(" %12.1f", 100.0 * sum / nets);
        }
        putchar('\n');
    }
    return 0;
}

/* ---- what it costs --------------------------------------------------------------- */

static int passes_section(void)
{
    static const int sizes[][3] = {{2, 2, 2},   {3, 4, 3},    {6, 7, 5},
                                   {10, 12, 8}, {20, 20, 10}, {40, 25, 10}};
    printf("# calls of the loss on a right gradient of P entries; 2P is what "
           "central\n"
           "# differences need\n"
           "# %8s %12s %12s %12s\n",
           "P", "2P", "differences", "complex step");
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        static net m;
        hg_result r[2];
        rng g = rng_new(2028, 0);
        net_new(&m, sizes[k][0], sizes[k][1], sizes[k][2], &g);
        net_copy(&m);
        printf("%10d %12d", m.P, 2 * m.P);
        for (int kind = 0; kind < 2; kind++) {
            if (failed(net_check(&m, kind ? HG_COMPLEX : HG_DOUBLE, r)))
                return 2;
            printf(" %12ld", r[0].passes + r[1].passes);
        }
        putchar('\n');
    }
    return 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(void);
    } section[] = {{"catalogue", catalogue_section},
                   {"alarms", alarms_section},
                   {"sensitivity", sensitivity_section},
                   {"passes", passes_section}};
    for (size_t k = 0; argc == 2 && k < sizeof section / sizeof *section; k++)
        if (strcmp(argv[1], section[k].name) == 0) {
            int status = section[k].run();
            return fflush(stdout) == 0 && !ferror(stdout) ? status : 2;
        }
    fputs("proof: wanted catalogue, alarms, sensitivity or passes\n", stderr);
    return 2;
}
