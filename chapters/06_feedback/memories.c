/* SPDX-License-Identifier: MIT */
/* The experiments with Hopfield's network. */
#include "chapters/06_feedback/experiments.h"
#include "chapters/06_feedback/hopfield.h"
#include "lib/sample.h"

#include <stdlib.h>
#include <string.h>

/* ---- a hundred units, as in 1982 ----------------------------------------- */

enum {
    UNITS = 100,
    NETWORKS = 10,
    MOST = 15,
    SIZES = 3,
    FEW = 5,
    FLIPPED = 10
};

/* What all networks with n patterns showed: shares of the patterns. */
typedef struct stored {
    double bit;    /* units whose field has the wrong sign, share */
    double stable; /* patterns with no such unit */
    double near;  /* patterns from which the network goes fewer than FEW away */
    double found; /* patterns found again with FLIPPED units wrong */
} stored;

static int differences(const real a[UNITS], const real b[UNITS])
{
    int found = 0;
    for (int i = 0; i < UNITS; i++)
        found += re(a[i]) != re(b[i]);
    return found;
}

/* Adds what one network with n patterns of 0 and 1 shows. */
static void one_network(stored *sum, int n, rng *g)
{
    static real W[UNITS][UNITS]; /* 80 kB: not for the stack */
    real V[MOST][UNITS], xi[UNITS], f[UNITS], s[UNITS];
    memset(W, 0, sizeof W);
    for (int m = 0; m < n; m++) {
        for (int i = 0; i < UNITS; i++) {
            V[m][i] = rng_below(g, 2);
            xi[i] = 2 * V[m][i] - 1;
        }
        hopfield_store(UNITS, W, xi, 1);
    }
    for (int m = 0; m < n; m++) {
        int wrong = 0;
        hopfield_field(UNITS, f, W, V[m]);
        for (int i = 0; i < UNITS; i++)
            wrong += re(hopfield_decide(f[i], V[m][i], 0, 1)) != re(V[m][i]);
        sum->bit += wrong / (double)UNITS;
        sum->stable += wrong == 0;
        memcpy(s, V[m], sizeof s);
        hopfield_recall(UNITS, s, W, 0, 1, g);
        sum->near += differences(s, V[m]) < FEW;
        memcpy(s, V[m], sizeof s);
        for (int k = 0; k < FLIPPED; k++)
            s[k] = 1 - s[k];
        hopfield_recall(UNITS, s, W, 0, 1, g);
        sum->found += differences(s, V[m]) < FEW;
    }
}

static stored networks_with(const program *p, int n, int s)
{
    stored sum = {0};
    rng g = seed_number(p, s, 40 + (uint64_t)n);
    for (int k = 0; k < NETWORKS; k++)
        one_network(&sum, n, &g);
    double patterns = (double)n * NETWORKS;
    return (stored){sum.bit / patterns, sum.stable / patterns,
                    sum.near / patterns, sum.found / patterns};
}

static void show_published(program *p, spread stable, spread near)
{
    int S = p->seeds;
    const paper list[] = {
        {"Hopfield 1982, N 100, n 10", "P, a unit's field is wrong (theory)",
         "0.0091", hopfield_bit_error(UNITS, 10), 0.0086, 0.0096, 0, 0, 0, 0},
        {"Hopfield 1982, N 100, n 10", "all units right (theory)", "0.40",
         hopfield_all_right(UNITS, 10), 0.385, 0.415, 0, 0, 0, 0},
        {"Hopfield 1982, N 100, n 10", "patterns that stay", "0.6",
         stable.median, 0.5, 0.7, S, stable.least, stable.median, stable.most},
        {"Hopfield 1982, N 100, n 15", "fewer than 5 errors in the end",
         "about half", near.median, 0.4, 0.6, S, near.least, near.median,
         near.most},
    };
    for (size_t k = 0; k < sizeof list / sizeof *list; k++)
        show_paper(&p->show, &list[k]);
}

/* The overlap of two states of -1 and 1. */
static double overlap(int N, const real a[N], const real b[N])
{
    real sum = 0;
    for (int i = 0; i < N; i++)
        sum += a[i] * b[i];
    return re(sum) / N;                                             /* (6.50) */
}

/* Lets s change until all units have been asked since the last change, and
 * draws the energy: in the beginning, and after each change. bottom: the energy
 * of the pattern. Returns the energy in the end. */
static double draw_fall(curve *c, const real W[UNITS][UNITS], real s[UNITS],
                        double bottom)
{
    enum { STRIDE = 37 }; /* no divisor in common with UNITS: meets all units */
    real f[UNITS];
    const double first[] = {0, re(hopfield_energy(UNITS, W, s)), bottom};
    curve_row(c, 3, first);
    for (int i = 0, idle = 0, changes = 0; idle < UNITS; idle++) {
        hopfield_field(UNITS, f, W, s);
        real next = hopfield_decide(f[i], s[i], -1, 1);
        if (re(next) != re(s[i])) {
            s[i] = next;
            idle = 0;
            changes++;
            const double row[] = {changes, re(hopfield_energy(UNITS, W, s)),
                                  bottom};
            curve_row(c, 3, row);
        }
        i = (i + STRIDE) % UNITS;
    }
    return re(hopfield_energy(UNITS, W, s));
}

/* The overlap of s with the pattern that it, or its negative, is nearest to. */
static double nearest(int n, const real xi[n][UNITS], const real s[UNITS])
{
    double most = 0;
    for (int k = 0; k < n; k++) {
        double m = overlap(UNITS, xi[k], s);
        if (m * m > most * most)
            most = m;
    }
    return most;
}

/* The energy of a network of -1 and 1 after each change, from states in which
 * 25 to 40 units of a pattern are flipped; and where these runs end. */
static void show_energy(program *p)
{
    enum { PATTERNS = 8, RUNS = 4 };
    static const char *const cols[] = {"wrong", "E", "E pattern", "overlap",
                                       "nearest"};
    static real W[UNITS][UNITS];
    real xi[PATTERNS][UNITS];
    double table[RUNS][5];
    rng g = seed_number(p, 0, 60);
    curve c;
    memset(W, 0, sizeof W);
    for (int m = 0; m < PATTERNS; m++) {
        for (int i = 0; i < UNITS; i++)
            xi[m][i] = rng_below(&g, 2) ? 1 : -1;
        hopfield_store(UNITS, W, xi[m], 1.0 / UNITS);
    }
    program_curve(p, &c, "energy", "changes E pattern");
    for (int m = 0; m < RUNS; m++) {
        real s[UNITS];
        int wrong = 25 + 5 * m;
        double bottom = re(hopfield_energy(UNITS, W, xi[m]));
        memcpy(s, xi[m], sizeof s);
        for (int k = 0; k < wrong; k++)
            s[k] = -s[k];
        double end = draw_fall(&c, W, s, bottom);
        const double row[] = {wrong, end, bottom, overlap(UNITS, xi[m], s),
                              nearest(PATTERNS, xi, s)};
        memcpy(table[m], row, sizeof row);
        curve_gap(&c);
        curve_gap(&c);
    }
    program_curve_end(p, &c);
    show_note(&p->show,
              "Four runs of one network (-1 and 1, %d patterns), each from "
              "another pattern with some units wrong: the energy in the end, "
              "that of the pattern, and the overlap (6.50) with it; nearest: "
              "with whichever pattern it is largest in size.",
              PATTERNS);
    show_table(&p->show, "where four runs end", RUNS, 5, NULL, cols, table);
}

void hopfield_experiment(program *p)
{
    static const char *const one[] = {"n", "P", "measured", "exp(-NP)", "stay"};
    static const char *const two[] = {"n", "near", "found"};
    double unit[SIZES][5], run[SIZES][3];
    spread stable[SIZES], near[SIZES];
    show_section(&p->show, "Experiment: Hopfield's hundred units");
    show_note(&p->show,
              "%d seeds, %d networks each: %d units of 0 and 1, n random "
              "patterns. P: a unit's field has the wrong sign, in theory and "
              "measured. exp(-NP): no unit is wrong; stay: the share of "
              "patterns where that is so. Medians of the seeds.",
              p->seeds, NETWORKS, UNITS);
    for (int i = 0; i < SIZES; i++) {
        int n = 5 * (i + 1);
        double share[4][p->seeds];
        for (int s = 0; s < p->seeds; s++) {
            stored a = networks_with(p, n, s);
            share[0][s] = a.bit;
            share[1][s] = a.stable;
            share[2][s] = a.near;
            share[3][s] = a.found;
        }
        stable[i] = spread_of(p->seeds, share[1]);
        near[i] = spread_of(p->seeds, share[2]);
        const double first[] = {n, hopfield_bit_error(UNITS, n),
                                spread_of(p->seeds, share[0]).median,
                                hopfield_all_right(UNITS, n), stable[i].median};
        const double second[] = {n, near[i].median,
                                 spread_of(p->seeds, share[3]).median};
        memcpy(unit[i], first, sizeof first);
        memcpy(run[i], second, sizeof second);
    }
    show_table(&p->show, "n patterns in 100 units", SIZES, 5, NULL, one, unit);
    show_note(&p->show,
              "near: started at a pattern, the network ends fewer than %d "
              "units away. found: the same, with %d units flipped first.",
              FEW, FLIPPED);
    show_table(&p->show, "where the network goes", SIZES, 3, NULL, two, run);
    show_published(p, stable[1], near[2]);
    show_energy(p);
}

/* ---- how many patterns --------------------------------------------------- */

enum { LOADS = 9, PROBES = 10 };

static const double load[LOADS] = {0.05, 0.08, 0.10, 0.12, 0.138,
                                   0.15, 0.16, 0.17, 0.20};
enum { AT_CRITICAL = 4 };

/* The mean overlap between a pattern and where the network goes from it, while
 * it learns more and more patterns: W (N,N), xi (most load times N, N), and s
 * (N) is room. */
static void fill_up(int N, double m[LOADS], real W[N][N], real xi[][N],
                    real s[N], rng *g)
{
    int n = 0;
    memset(W, 0, sizeof(real[N][N]));
    for (int k = 0; k < LOADS; k++) {
        for (; n < (int)(load[k] * N + 0.5); n++) {
            for (int i = 0; i < N; i++)
                xi[n][i] = rng_below(g, 2) ? 1 : -1;
            hopfield_store(N, W, xi[n], 1.0 / N);
        }
        m[k] = 0;
        for (int probe = 0; probe < PROBES; probe++) {
            const real *pattern = xi[rng_below(g, n)];
            memcpy(s, pattern, (size_t)N * sizeof *s);
            hopfield_recall(N, s, W, -1, 1, g);
            m[k] += overlap(N, s, pattern) / PROBES;
        }
    }
}

/* The load at which the overlap is erf(u) in a network without end (Amit,
 * Gutfreund and Sompolinsky 1985, here as Hertz, Krogh and Palmer 1991 write
 * it). */
static double load_of(double u)
{
    double root = erf(u) / u - M_2_SQRTPI * exp(-u * u);
    return root * root / 2;                                         /* (6.51) */
}

/* The largest load for which there is such an overlap, and that overlap. */
static void critical_load(program *p, double *most, double *m)
{
    curve c;
    *most = *m = 0;
    program_curve(p, &c, "theory", "load m");
    for (int k = 50; k <= 400; k++) {
        double u = k / 100.0, a = load_of(u);
        const double row[] = {a, erf(u)};
        curve_row(&c, 2, row);
        if (a > *most) {
            *most = a;
            *m = erf(u);
        }
    }
    program_curve_end(p, &c);
}

static void show_theory(program *p, spread at)
{
    static const char *const source = "Amit, Gutfreund, Sompolinsky 1985";
    double most, m;
    critical_load(p, &most, &m);
    show_equation(
        &p->show, "6.51",
        "m = erf(u),  sqrt(2 load) = erf(u)/u - 2 exp(-u^2)/sqrt(pi)");
    show_value(&p->show, "largest load", (real)most, NULL);
    show_value(&p->show, "m there", (real)m, NULL);
    const paper list[] = {
        {source, "largest load, N without end", "0.138 as usually cited", most,
         0.1375, 0.1385, 0, 0, 0, 0},
        {source, "overlap m there", "0.967 as usually cited", m, 0.962, 0.972,
         0, 0, 0, 0},
        {source, "overlap m at load 0.138, measured", "0.967 as usually cited",
         at.median, 0.94, 0.99, p->seeds, at.least, at.median, at.most},
    };
    for (size_t k = 0; k < sizeof list / sizeof *list; k++)
        show_paper(&p->show, &list[k]);
}

static void show_capacity(program *p, double m[LOADS][p->seeds])
{
    static const char *const cols[] = {"load n/N", "min", "median", "max"};
    double table[LOADS][4];
    spread at[LOADS];
    curve c;
    program_curve(p, &c, "capacity", "load least median most");
    for (int k = 0; k < LOADS; k++) {
        at[k] = spread_of(p->seeds, m[k]);
        const double row[] = {load[k], at[k].least, at[k].median, at[k].most};
        memcpy(table[k], row, sizeof row);
        curve_row(&c, 4, row);
    }
    program_curve_end(p, &c);
    show_equation(&p->show, "6.50", "m = 1/N sum_i xi_i s_i");
    show_table(&p->show, "overlap m", LOADS, 4, NULL, cols, table);
    show_theory(p, at[AT_CRITICAL]);
}

void capacity_experiment(program *p, int units)
{
    int N = units, S = p->seeds;
    size_t rows = (size_t)(load[LOADS - 1] * N + 1.5);
    double(*m)[S] = malloc(LOADS * sizeof *m);
    real(*W)[N] = malloc((size_t)N * sizeof *W);
    real(*xi)[N] = malloc(rows * sizeof *xi), *s = malloc(sizeof *W);
    show_section(&p->show, "Experiment: how many patterns");
    show_note(&p->show,
              "%d units of -1 and 1, %d seeds. The network learns more and "
              "more patterns; at each load %d of them are looked at: it starts "
              "at the pattern, changes until it rests, and m says how much of "
              "the pattern is left.",
              N, S, PROBES);
    if (m && W && xi && s) {
        for (int seed = 0; seed < S; seed++) {
            double one[LOADS];
            rng g = seed_number(p, seed, 70);
            fill_up(N, one, W, xi, s, &g);
            for (int k = 0; k < LOADS; k++)
                m[k][seed] = one[k];
            program_progress(p, seed + 1, S);
        }
        show_capacity(p, m);
    } else {
        program_fail(p, "no memory for %d units", N);
    }
    free(s);
    free(xi);
    free(W);
    free(m);
}
