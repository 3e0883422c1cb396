/* SPDX-License-Identifier: MIT */
#include "chapters/12_additive_attention/experiment.h"

#include "chapters/05_optimizers/optimizers.h"
#include "chapters/12_additive_attention/translator.h"
#include "lib/sample.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH = 8, KINDS = 2, POINTS = 40, SENTENCES = 40, LENGTHS = 8 };
enum { SHOWN = 6 }; /* symbols of the sentence whose alignment is printed */

/* What one training showed. */
typedef struct course {
    double loss[POINTS];   /* running mean, at POINTS moments */
    double right[LENGTHS]; /* share of the symbols, for 2, 4, .. 16 symbols */
    double diagonal[LENGTHS]; /* mean weight on the symbol that is due */
    double near[LENGTHS];     /* and on it and its two neighbours */
} course;

/* ---- training ------------------------------------------------------------ */

/* One step of Adam on fresh sentences of 1 to `longest` symbols; the norm of
 * the gradient is held at 1, as is usual for recurrent networks. */
static double one_batch(translator *w, translator *m, translator *v, int step,
                        bool attend, const lesson *how, rng *data)
{
    static translator dw;
    static translation z;
    static translator_errors e;
    static real dx[MOST_LENGTH][VOCABULARY], dy[MOST_LENGTH][VOCABULARY];
    int n = attend ? WITH_ATTENTION : WITHOUT_ATTENTION;
    real *gradient = (real *)&dw;
    double loss = 0;
    sentence q;
    memset(&dw, 0, sizeof dw);
    for (int k = 0; k < BATCH; k++) {
        int length = 1 + rng_below(data, how->longest);
        sentence_draw(&q, length, data);
        loss += re(translator_forward(&z, attend, w, &q)) / BATCH;
        translator_backward(&dw, dx, dy, &e, &z, attend, w, &q);
    }
    for (int i = 0; i < n; i++)
        gradient[i] /= BATCH;
    clip_by_norm(n, gradient, 1);
    adam(n, (real *)w, (real *)m, (real *)v, gradient, step,
         adam_usual(how->rate));
    return loss;
}

/* The share of right symbols, and the weight where it should be. */
static void test(course *c, bool attend, const translator *w, uint64_t seed)
{
    static translation z;
    sentence q;
    int answer[MOST_LENGTH];
    rng g = rng_new(seed, 3);
    for (int l = 0; l < LENGTHS; l++) {
        int N = 2 * (l + 1), right = 0;
        double due = 0, near = 0;
        for (int k = 0; k < SENTENCES; k++) {
            sentence_draw(&q, N, &g);
            right += translator_decode(answer, &z, attend, w, &q);
            for (int i = 0; i < N && attend; i++)
                for (int n = 0; n < N; n++) {
                    int apart = abs(N - 1 - i - n);
                    due += apart == 0 ? re(z.w[i][n]) : 0;
                    near += apart <= 1 ? re(z.w[i][n]) : 0;
                }
        }
        c->right[l] = (double)right / SENTENCES / N;
        c->diagonal[l] = due / SENTENCES / N;
        c->near[l] = near / SENTENCES / N;
    }
}

static void train(course *c, translator *w, bool attend, const lesson *how,
                  uint64_t seed)
{
    static translator m, v;
    double symbols = VOCABULARY, running = log(symbols);
    rng g = rng_new(seed, 1), data = rng_new(seed, 2);
    memset(&m, 0, sizeof m);
    memset(&v, 0, sizeof v);
    translator_start(w, &g);
    for (int s = 1, point = 0; s <= how->batches; s++) {
        running +=
            0.05 * (one_batch(w, &m, &v, s, attend, how, &data) - running);
        while (point < POINTS && s * POINTS >= (point + 1) * how->batches)
            c->loss[point++] = running;
    }
    test(c, attend, w, seed);
}

/* ---- showing ------------------------------------------------------------- */

/* The spread over the seeds of one number of each course. */
static spread over_seeds(int seeds, const course *c, size_t offset)
{
    double x[seeds];
    for (int i = 0; i < seeds; i++)
        memcpy(&x[i], (const char *)&c[i] + offset, sizeof x[i]);
    return spread_of(seeds, x);
}

static void show_learning(program *p, const course *c[KINDS], int batches)
{
    static const char *const cols[] = {"batches", "without", "with"};
    enum { ROWS = 8 };
    double x[ROWS][3];
    curve out;
    program_curve(p, &out, "learning",
                  "batches without without_least without_most with with_least "
                  "with_most");
    for (int n = 0; n < POINTS; n++) {
        size_t at = offsetof(course, loss) + (size_t)n * sizeof(double);
        spread a = over_seeds(p->seeds, c[0], at);
        spread b = over_seeds(p->seeds, c[1], at);
        double row[] = {(double)(n + 1) * batches / POINTS,
                        a.median,
                        a.least,
                        a.most,
                        b.median,
                        b.least,
                        b.most};
        curve_row(&out, 7, row);
        if ((n + 1) % (POINTS / ROWS) == 0) {
            double *r = x[(n + 1) / (POINTS / ROWS) - 1];
            r[0] = row[0];
            r[1] = row[1];
            r[2] = row[4];
        }
    }
    program_curve_end(p, &out);
    show_table(&p->show, "loss while they learn (median)", ROWS, 3, NULL, cols,
               x);
}

static void show_accuracy(program *p, const course *c[KINDS])
{
    static const char *const cols[] = {"length", "least", "median", "most"};
    double x[LENGTHS][4], y[LENGTHS][4];
    curve out;
    program_curve(p, &out, "accuracy",
                  "length without_least without without_most with_least with "
                  "with_most");
    for (int l = 0; l < LENGTHS; l++) {
        size_t at = offsetof(course, right) + (size_t)l * sizeof(double);
        spread a = over_seeds(p->seeds, c[0], at);
        spread b = over_seeds(p->seeds, c[1], at);
        double row[] = {2 * (l + 1), a.least,  a.median, a.most,
                        b.least,     b.median, b.most};
        memcpy(x[l], row, sizeof x[l]);
        y[l][0] = row[0];
        memcpy(&y[l][1], &row[4], 3 * sizeof *row);
        curve_row(&out, 7, row);
    }
    program_curve_end(p, &out);
    show_note(&p->show,
              "The share of right symbols when the decoder reads its own "
              "answers, %d sentences of each length, over the networks:",
              SENTENCES);
    show_table(&p->show, "accuracy without attention", LENGTHS, 4, NULL, cols,
               x);
    show_table(&p->show, "accuracy with attention", LENGTHS, 4, NULL, cols, y);
}

/* Where the weights lie, for each length. */
static void show_weights(program *p, const course *c)
{
    static const char *const cols[] = {"length", "least",    "median",
                                       "most",   "within 1", "all equal"};
    double x[LENGTHS][6];
    curve out;
    program_curve(p, &out, "weights", "length due near equal");
    for (int l = 0; l < LENGTHS; l++) {
        size_t step = (size_t)l * sizeof(double);
        spread due = over_seeds(p->seeds, c, offsetof(course, diagonal) + step);
        spread near = over_seeds(p->seeds, c, offsetof(course, near) + step);
        int N = 2 * (l + 1);
        double row[] = {N,        due.least,   due.median,
                        due.most, near.median, 1.0 / N};
        memcpy(x[l], row, sizeof x[l]);
        curve_row(&out, 4, (double[]){N, due.median, near.median, 1.0 / N});
    }
    program_curve_end(p, &out);
    show_note(&p->show,
              "How much of the weight lies on the symbol that is due; "
              "how much on it and its two neighbours (median); and "
              "what it would be if all weights were equal:");
    show_table(&p->show, "weight on the anti-diagonal", LENGTHS, 6, NULL, cols,
               x);
}

/* The alignment of one sentence, as a matrix and as a heat map. */
static void show_alignment(program *p, const translator *w)
{
    static translation z;
    sentence q;
    real shown[SHOWN][SHOWN];
    int answer[MOST_LENGTH];
    curve out;
    rng g = rng_new(p->seed, 4);
    sentence_draw(&q, SHOWN, &g);
    translator_decode(answer, &z, true, w, &q);
    for (int i = 0; i < SHOWN; i++)
        memcpy(shown[i], z.w[i], sizeof shown[i]);
    show_note(&p->show,
              "The alignment of a sentence of %d symbols in the first "
              "network: a row a step, a column a symbol.",
              SHOWN);
    show_matrix(&p->show, "w", SHOWN, SHOWN, shown);
    program_curve(p, &out, "alignment", "symbol step weight");
    sentence_draw(&q, 10, &g);
    translator_decode(answer, &z, true, w, &q);
    for (int i = 0; i < q.N; i++)
        for (int n = 0; n < q.N; n++)
            curve_row(&out, 3, (double[]){n + 1, i + 1, re(z.w[i][n])});
    program_curve_end(p, &out);
}

void experiment_backwards(program *p, const lesson *how)
{
    static translator w, first;
    int seeds = p->seeds;
    double symbols = VOCABULARY;
    show_section(&p->show, "Experiment: saying it backwards");
    show_note(&p->show,
              "Sentences of 1 to %d symbols, a vocabulary of %d, %d batches of "
              "%d with Adam; %d networks without attention (%d weights), and "
              "%d with it (%d weights). The loss, in nats a symbol; to guess "
              "costs ln %d = %.4f:",
              how->longest, VOCABULARY, how->batches, BATCH, seeds,
              WITHOUT_ATTENTION, seeds, WITH_ATTENTION, VOCABULARY,
              log(symbols));
    course *all = calloc(KINDS * (size_t)seeds, sizeof *all);
    if (!all) {
        program_fail(p, "no memory for %d seeds", seeds);
        return;
    }
    const course *c[KINDS] = {all, all + seeds};
    for (int k = 0; k < KINDS; k++)
        for (int i = 0; i < seeds; i++) {
            train(&all[k * seeds + i], &w, k == 1, how, p->seed + (uint64_t)i);
            if (k == 1 && i == 0)
                first = w;
            program_progress(p, k * seeds + i + 1, (long)KINDS * seeds);
        }
    show_learning(p, c, how->batches);
    show_accuracy(p, c);
    show_weights(p, c[1]);
    show_alignment(p, &first);
    free(all);
}
