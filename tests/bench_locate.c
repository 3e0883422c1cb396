/* SPDX-License-Identifier: MIT */
/* What locating costs on a large model: a tanh network, softmax cross-entropy, in double, with its
 * own forward and backward. One entry of its gradient is changed; the checker has to find it.
 *
 *     bench_locate            tables: passes and seconds for errors of several sizes; at the end
 *                             for the same network with ReLU
 *     bench_locate proof      calls of the loss, against the number of weights, over seeds
 *     bench_locate curve      rows "weights exhaustive locate certify seconds", for a curve file
 *
 * Letters: B batch, D inputs, H and K hidden units of two layers, C classes. */
#include "lib/check/handgrad.h"

#include <complex.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/rng.h"
#undef I

enum { B = 8, TENSORS = 6, LAYERS = 3, SEEDS = 10 };

/* Layer k maps size[k] inputs to size[k + 1] outputs. Activations stand as a[unit][B]. */
typedef struct net {
    int size[LAYERS + 1], target[B], relu;
    double *W[LAYERS], *b[LAYERS], *dW[LAYERS], *db[LAYERS];
    double *a[LAYERS + 1], *da[LAYERS + 1];
    long calls;
} net;

static void *room(size_t n)
{
    void *p = calloc(n, sizeof(double));
    if (!p)
        exit(2);
    return p;
}

/* y[i][:] = b[i] + sum over j of W[i][j] x[j][:] */
static void dense(int n, int m, double *restrict y, const double *restrict W,
                  const double *restrict b, const double *restrict x)
{
    for (int i = 0; i < n; i++, W += m) {
        double s[B];
        for (int k = 0; k < B; k++)
            s[k] = b[i];
        for (int j = 0; j < m; j++)
            for (int k = 0; k < B; k++)
                s[k] += W[j] * x[j * B + k];
        memcpy(y + i * B, s, sizeof s);
    }
}

/* dW[i][j] = sum over the batch of dy[i] x[j]; db[i] that of dy[i]; dx[j] += W[i][j] dy[i]. */
static void dense_backward(int n, int m, double *restrict dx,
                           double *restrict dW, double *restrict db,
                           const double *restrict dy, const double *restrict W,
                           const double *restrict x)
{
    memset(dx, 0, sizeof *dx * (size_t)(m * B));
    for (int i = 0; i < n; i++, W += m, dW += m) {
        db[i] = 0;
        for (int k = 0; k < B; k++)
            db[i] += dy[i * B + k];
        for (int j = 0; j < m; j++) {
            double s = 0;
            for (int k = 0; k < B; k++) {
                s += dy[i * B + k] * x[j * B + k];
                dx[j * B + k] += W[j] * dy[i * B + k];
            }
            dW[j] = s;
        }
    }
}

/* The mean cross-entropy; where dz is given, its gradient. z stands as z[C][B]. */
static double cross_entropy(int C, const double z[], const int target[B],
                            double dz[])
{
    double loss = 0;
    for (int k = 0; k < B; k++) {
        double most = z[k], sum = 0;
        for (int c = 1; c < C; c++)
            most = fmax(most, z[c * B + k]);
        for (int c = 0; c < C; c++)
            sum += exp(z[c * B + k] - most);
        loss += log(sum) + most - z[target[k] * B + k];
        for (int c = 0; dz && c < C; c++)
            dz[c * B + k] =
                (exp(z[c * B + k] - most) / sum - (c == target[k])) / B;
    }
    return loss / B;
}

static int net_loss(void *context, double loss[2])
{
    net *m = context;
    m->calls++;
    for (int l = 0; l < LAYERS; l++) {
        dense(m->size[l + 1], m->size[l], m->a[l + 1], m->W[l], m->b[l],
              m->a[l]);
        for (int i = 0; l + 1 < LAYERS && i < m->size[l + 1] * B; i++)
            m->a[l + 1][i] =
                m->relu ? fmax(m->a[l + 1][i], 0) : tanh(m->a[l + 1][i]);
    }
    loss[0] = cross_entropy(m->size[LAYERS], m->a[LAYERS], m->target, NULL);
    return 0;
}

static void net_backward(net *m)
{
    double unused[2];
    net_loss(m, unused);
    cross_entropy(m->size[LAYERS], m->a[LAYERS], m->target, m->da[LAYERS]);
    for (int l = LAYERS - 1; l >= 0; l--) {
        for (int i = 0; l + 1 < LAYERS && i < m->size[l + 1] * B; i++)
            m->da[l + 1][i] *= m->relu ? m->a[l + 1][i] > 0
                                       : 1 - m->a[l + 1][i] * m->a[l + 1][i];
        dense_backward(m->size[l + 1], m->size[l], m->da[l], m->dW[l], m->db[l],
                       m->da[l + 1], m->W[l], m->a[l]);
    }
}

static void net_new(net *m, const int size[LAYERS + 1], int relu,
                    unsigned long long seed)
{
    rng g = rng_new(seed, 0);
    memset(m, 0, sizeof *m);
    m->relu = relu;
    for (int l = 0; l <= LAYERS; l++) {
        m->size[l] = size[l];
        m->a[l] = room((size_t)(size[l] * B));
        m->da[l] = room((size_t)(size[l] * B));
    }
    for (int i = 0; i < size[0] * B; i++)
        m->a[0][i] = rng_between(&g, 0, 1);
    for (int k = 0; k < B; k++)
        m->target[k] = (int)rng_below(&g, size[LAYERS]);
    for (int l = 0; l < LAYERS; l++) {
        int n = size[l + 1], d = size[l];
        double range = sqrt(3.0 / d);
        m->W[l] = room((size_t)(n * d));
        m->dW[l] = room((size_t)(n * d));
        m->b[l] = room((size_t)n);
        m->db[l] = room((size_t)n);
        for (int i = 0; i < n * d; i++)
            m->W[l][i] = rng_between(&g, -range, range);
        for (int i = 0; i < n; i++)
            m->b[l][i] = rng_between(&g, -0.1, 0.1);
    }
    net_backward(m);
}

static void net_free(net *m)
{
    for (int l = 0; l <= LAYERS; l++) {
        free(m->a[l]);
        free(m->da[l]);
    }
    for (int l = 0; l < LAYERS; l++) {
        free(m->W[l]);
        free(m->b[l]);
        free(m->dW[l]);
        free(m->db[l]);
    }
}

/* ---- the same loss of complex weights -------------------------------------------- */

/* CMPLX, which not every compiler has. */
static double complex pair_of(double re, double im)
{
    double part[2] = {re, im};
    double complex z;
    memcpy(&z, part, sizeof z);
    return z;
}

/* Weights as pairs; the imaginary parts of activations stand in da. */
typedef struct twin {
    net *m;
    double *W[LAYERS], *b[LAYERS], *gW[LAYERS], *gb[LAYERS];
} twin;

static double *pairs_of(size_t n, const double x[])
{
    double *p = room(2 * n);
    for (size_t i = 0; i < n; i++)
        p[2 * i] = x[i];
    return p;
}

static void twin_new(twin *w, net *m)
{
    w->m = m;
    for (int l = 0; l < LAYERS; l++) {
        size_t n = (size_t)m->size[l + 1], d = (size_t)m->size[l];
        w->W[l] = pairs_of(n * d, m->W[l]);
        w->gW[l] = pairs_of(n * d, m->dW[l]);
        w->b[l] = pairs_of(n, m->b[l]);
        w->gb[l] = pairs_of(n, m->db[l]);
    }
}

static void twin_free(twin *w)
{
    for (int l = 0; l < LAYERS; l++) {
        free(w->W[l]);
        free(w->b[l]);
        free(w->gW[l]);
        free(w->gb[l]);
    }
}

static void twin_layer(twin *w, int l)
{
    net *m = w->m;
    const double *W = w->W[l], *x = m->a[l], *xi = m->da[l];
    for (int i = 0; i < m->size[l + 1]; i++) {
        double s[B], si[B];
        for (int k = 0; k < B; k++) {
            s[k] = w->b[l][2 * i];
            si[k] = w->b[l][2 * i + 1];
        }
        for (int j = 0; j < m->size[l]; j++, W += 2)
            for (int k = 0; k < B; k++) {
                s[k] += W[0] * x[j * B + k] - W[1] * xi[j * B + k];
                si[k] += W[0] * xi[j * B + k] + W[1] * x[j * B + k];
            }
        for (int k = 0; k < B; k++) {
            double complex z = pair_of(s[k], si[k]),
                           y = l + 1 < LAYERS ? ctanh(z) : z;
            m->a[l + 1][i * B + k] = creal(y);
            m->da[l + 1][i * B + k] = cimag(y);
        }
    }
}

static int twin_loss(void *context, double loss[2])
{
    twin *w = context;
    net *m = w->m;
    m->calls++;
    memset(m->da[0], 0, sizeof(double) * (size_t)(m->size[0] * B));
    for (int l = 0; l < LAYERS; l++)
        twin_layer(w, l);
    double complex all = 0;
    for (int k = 0; k < B; k++) {
        double complex sum = 0;
        for (int c = 0; c < m->size[LAYERS]; c++)
            sum += cexp(
                pair_of(m->a[LAYERS][c * B + k], m->da[LAYERS][c * B + k]));
        int t = m->target[k] * B + k;
        all += clog(sum) - pair_of(m->a[LAYERS][t], m->da[LAYERS][t]);
    }
    loss[0] = creal(all) / B;
    loss[1] = cimag(all) / B;
    return 0;
}

/* ---- the bench --------------------------------------------------------------------- */

static void describe(hg_tensor t[TENSORS], const net *m, const twin *w)
{
    static const char *const names[] = {"W1", "b1", "W2", "b2", "W3", "b3"};
    for (int l = 0; l < LAYERS; l++) {
        hg_tensor W = {.name = names[2 * l], .rank = 2, .letters = "N,D"};
        hg_tensor b = {.name = names[2 * l + 1], .rank = 1, .letters = "N"};
        W.type = b.type = w ? HG_COMPLEX : HG_DOUBLE;
        W.shape[0] = b.shape[0] = m->size[l + 1];
        W.shape[1] = m->size[l];
        W.data = w ? w->W[l] : m->W[l];
        b.data = w ? w->b[l] : m->b[l];
        W.grad = w ? w->gW[l] : m->dW[l];
        b.grad = w ? w->gb[l] : m->db[l];
        t[2 * l] = W;
        t[2 * l + 1] = b;
    }
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Changes entry i of a tensor's gradient. */
static void plant(const hg_tensor *t, int i, double error)
{
    double *g = (double *)(uintptr_t)t->grad;
    g[t->type == HG_COMPLEX ? 2 * i : i] += error;
}

typedef struct trial {
    long passes;
    double seconds, smallest, rms;
    int hits, found;
    hg_verdict verdict;
} trial;

enum { MOST_ERRORS = 16 };

/* Plants errors, locates them, and takes them back. */
static void run_trial(const hg_problem *p, unsigned long long seed, int errors,
                      double size, double rms, trial *r)
{
    rng g = rng_new(seed, 7);
    int tensor[MOST_ERRORS], entry[MOST_ERRORS], found;
    double error[MOST_ERRORS];
    hg_place place[MOST_ERRORS];
    hg_certificate c;
    hg_options o = {.seed = seed};
    long total = 0;
    for (int k = 0; k < p->tensors; k++)
        total += hg_entries(&p->tensor[k]);
    for (int e = 0; e < errors; e++) {
        long at = rng_below(&g, (int)total);
        for (tensor[e] = 0; at >= hg_entries(&p->tensor[tensor[e]]);
             tensor[e]++)
            at -= hg_entries(&p->tensor[tensor[e]]);
        entry[e] = (int)at;
        error[e] = rng_below(&g, 2) ? size * rms : -size * rms;
        plant(&p->tensor[tensor[e]], entry[e], error[e]);
    }
    double begin = seconds();
    hg_status status = hg_locate(p, &o, MOST_ERRORS, place, &found, &c);
    *r = (trial){
        .seconds = seconds() - begin, .passes = c.passes, .verdict = c.verdict};
    r->smallest = c.smallest;
    r->rms = c.rms;
    r->found = status == HG_OK ? found : -1;
    for (int e = 0; e < errors; e++) {
        const hg_tensor *t = &p->tensor[tensor[e]];
        plant(t, entry[e], -error[e]);
        for (int k = 0; k < r->found; k++) {
            int i = place[k].index[0];
            if (t->rank > 1)
                i = i * t->shape[1] + place[k].index[1];
            r->hits += place[k].tensor == tensor[e] && i == entry[e] &&
                       place[k].whole == 0;
        }
    }
}

static int by_number(const void *a, const void *b)
{
    long x = *(const long *)a, y = *(const long *)b;
    return (x > y) - (x < y);
}

/* One line of the table: ten seeds. Returns the median of the passes. */
static long line(const hg_problem *p, const char *method, int errors,
                 double size, double rms)
{
    long passes[SEEDS];
    double time = 0, smallest = 0;
    int right = 0;
    for (int k = 0; k < SEEDS; k++) {
        trial r;
        run_trial(p, (unsigned long long)k + 1, errors, size, rms, &r);
        passes[k] = r.passes;
        time += r.seconds / SEEDS;
        smallest = fmax(smallest, r.smallest / r.rms);
        int verdict = errors ? HG_DISAGREES : HG_AGREES;
        right +=
            r.hits == errors && r.found == errors && (int)r.verdict == verdict;
    }
    qsort(passes, SEEDS, sizeof *passes, by_number);
    printf("%-12s %6d %9.0e %7ld %7ld %4d of %d %8.2f %12.1e\n", method, errors,
           errors ? size : 0.0, passes[SEEDS / 2], passes[SEEDS - 1], right,
           SEEDS, time, smallest);
    fflush(stdout);
    return passes[SEEDS / 2];
}

static double rms_of(const hg_tensor t[TENSORS])
{
    double sum = 0, n = 0;
    for (int k = 0; k < TENSORS; k++)
        for (int i = 0; i < hg_entries(&t[k]); i++, n++) {
            double g = ((const double *)t[k]
                            .grad)[t[k].type == HG_COMPLEX ? 2 * i : i];
            sum += g * g;
        }
    return sqrt(sum / n);
}

/* Lines for differences: a right gradient, one wrong entry, ten. */
static void lines(const hg_problem *p, const char *method, double rms)
{
    line(p, method, 0, 0, rms);
    for (double s = 0.1; s > 1e-6; s /= 10)
        line(p, method, 1, s, rms);
    line(p, method, 10, 0.1, rms);
    line(p, method, 10, 1e-3, rms);
}

static void table(const int size[LAYERS + 1])
{
    net m;
    twin w;
    hg_tensor t[TENSORS], z[TENSORS];
    hg_problem p = {
        .loss = net_loss, .context = &m, .tensors = TENSORS, .tensor = t};
    hg_problem q = {
        .loss = twin_loss, .context = &w, .tensors = TENSORS, .tensor = z};
    net_new(&m, size, 0, 1);
    twin_new(&w, &m);
    describe(t, &m, NULL);
    describe(z, &m, &w);
    double rms = rms_of(t);
    printf("%-12s %6s %9s %7s %7s %10s %8s %12s\n", "method", "errors",
           "of rms", "median", "most", "right", "seconds", "seen, of rms");
    lines(&p, "differences", rms);
    line(&q, "complex step", 0, 0, rms);
    for (double s = 0.1; s > 1e-6; s /= 100)
        line(&q, "complex step", 1, s, rms);
    line(&q, "complex step", 10, 0.1, rms);
    twin_free(&w);
    net_free(&m);
    net_new(&m, size, 1, 1);
    describe(t, &m, NULL);
    lines(&p, "with ReLU", rms_of(t));
    net_free(&m);
}

/* Rows for a curve: weights, passes and seconds of an exhaustive check (two passes a weight, timed
 * on a sample), of locating one error of 0.1, and of a certificate. */
static void curve(void)
{
    static const int sizes[][LAYERS + 1] = {{4, 10, 5, 3},
                                            {16, 30, 12, 5},
                                            {64, 100, 30, 10},
                                            {196, 400, 100, 10},
                                            {784, 1000, 200, 10}};
    printf("# weights exhaustive_passes exhaustive_seconds locate_passes "
           "locate_seconds "
           "certify_passes certify_seconds\n");
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        net m;
        hg_tensor t[TENSORS];
        trial one, none;
        double unused[2];
        net_new(&m, sizes[k], 0, 1);
        describe(t, &m, NULL);
        hg_problem p = {
            .loss = net_loss, .context = &m, .tensors = TENSORS, .tensor = t};
        long total = 0;
        for (int l = 0; l < TENSORS; l++)
            total += hg_entries(&t[l]);
        double begin = seconds();
        for (int i = 0; i < 20; i++)
            net_loss(&m, unused);
        double pass = (seconds() - begin) / 20;
        run_trial(&p, 1, 1, 0.1, rms_of(t), &one);
        run_trial(&p, 1, 0, 0, 0, &none);
        printf("%ld %ld %.3g %ld %.3g %ld %.3g\n", total, 2 * total,
               2 * pass * (double)total, one.passes, one.seconds, none.passes,
               none.seconds);
        fflush(stdout);
        net_free(&m);
    }
}

/* Rows for docs/proof.md. A million weights are one seed: a call of its loss takes long. */
static int proof(void)
{
    static const int sizes[][LAYERS + 1] = {{4, 10, 5, 3},
                                            {16, 30, 12, 5},
                                            {64, 100, 30, 10},
                                            {196, 400, 100, 10},
                                            {784, 1000, 200, 10}};
    int wrong = 0;
    printf("# calls of the loss: to certify a right gradient, and to find one "
           "wrong entry\n"
           "# (a tenth of the rms), over so many seeds; seen: the smallest "
           "error of one\n"
           "# entry that the certificate excludes, in rms\n"
           "# %8s %9s %9s %7s %6s %6s %9s\n",
           "weights", "2P", "certify", "find", "seeds", "found", "seen");
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        net m;
        hg_tensor t[TENSORS];
        long total = 0, certify[SEEDS], find[SEEDS];
        int seeds = k < 4 ? SEEDS : 1, found = 0;
        double smallest = 0;
        net_new(&m, sizes[k], 0, 1);
        describe(t, &m, NULL);
        hg_problem p = {
            .loss = net_loss, .context = &m, .tensors = TENSORS, .tensor = t};
        for (int l = 0; l < TENSORS; l++)
            total += hg_entries(&t[l]);
        for (int s = 0; s < seeds; s++) {
            trial r;
            run_trial(&p, (unsigned long long)s + 1, 0, 0, 0, &r);
            certify[s] = r.passes;
            smallest = fmax(smallest, r.smallest / r.rms);
            wrong += r.verdict != HG_AGREES;
            run_trial(&p, (unsigned long long)s + 1, 1, 0.1, rms_of(t), &r);
            find[s] = r.passes;
            found += r.hits == 1 && r.found == 1;
        }
        qsort(certify, (size_t)seeds, sizeof *certify, by_number);
        qsort(find, (size_t)seeds, sizeof *find, by_number);
        printf("%10ld %9ld %9ld %7ld %6d %6d %9.0e\n", total, 2 * total,
               certify[seeds / 2], find[seeds / 2], seeds, found, smallest);
        fflush(stdout);
        wrong += found < seeds;
        net_free(&m);
    }
    return wrong > 0;
}

int main(int argc, char **argv)
{
    static const int size[LAYERS + 1] = {784, 1000, 200, 10};
    if (argc > 1 && strcmp(argv[1], "proof") == 0)
        return proof();
    if (argc > 1 && strcmp(argv[1], "curve") == 0)
        curve();
    else
        table(size);
    return 0;
}
