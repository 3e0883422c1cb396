/* SPDX-License-Identifier: MIT */
/** @file
 *  What every chapter's program does alike: options, values that can be set, checks,
 *  curves, and an exit status that is the truth:
 *
 *      0  every check gave the verdict expected of it
 *      1  a check did not
 *      2  bad use, or a write that failed; one line on standard error says what was
 *         got and what was wanted */
#ifndef HANDGRAD_PROGRAM_H
#define HANDGRAD_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/check/handgrad.h"
#include "lib/curve.h"
#include "lib/real.h"
#include "lib/show.h"

/** A value that `--set NAME=VALUES` changes and `--list` shows. */
typedef struct setting {
    const char *name;    /**< as in the page: "W_f" */
    const char *letters; /**< of its shape: "H,D"; "" for a scalar */
    const char *about;   /**< a few words */
    int rank;            /**< 0 (a scalar) to HG_RANK */
    int shape[HG_RANK];
    real *data;    /**< the values, or NULL where they are whole numbers */
    int *whole;    /**< whole numbers (a class, a size), or NULL */
    double lo, hi; /**< the range allowed, ends included */
} setting;

/** A setting of real values, of any finite size: SETTING("W", "M,N", "weights",
 *  W, 2, M, N). */
#define SETTING(name, letters, about, data, rank, ...)                                             \
    {                                                                                              \
        name, letters, about, rank, {__VA_ARGS__}, (real *)(data), NULL, -HUGE_VAL, HUGE_VAL       \
    }

/** A scalar that must lie in [lo, hi]: SETTING_RANGE("rate", "learning rate",
 *  &rate, 0, 10). */
#define SETTING_RANGE(name, about, data, lo, hi)                                                   \
    {                                                                                              \
        name, "", about, 0, {1}, data, NULL, lo, hi                                                \
    }

/** n whole numbers in [lo, hi]: SETTING_WHOLE("target", "B", "classes", target,
 *  B, 0, C - 1). */
#define SETTING_WHOLE(name, letters, about, whole, n, lo, hi)                                      \
    {                                                                                              \
        name, letters, about, 1, {n}, NULL, whole, lo, hi                                          \
    }

typedef struct program program;

/** What a chapter's program is: given once, in its main.c. */
typedef struct program_about {
    const char *name;  /**< the chapter's folder: "08_lstm" */
    const char *title; /**< "Long short-term memory" */
    int seeds;         /**< of the experiment, where --seeds does not say */
    int verification;  /**< the number of its section "Verification", 5 for 11.5 */
    int settings;      /**< how many values can be set; SETTINGS(table) gives both */
    const setting *setting;
    void (*example)(program *p);    /**< the worked example; not with --verify */
    void (*verify)(program *p);     /**< the checks, always */
    void (*experiment)(program *p); /**< last, where p->seeds > 0; may be NULL */
} program_about;

/** The two fields of program_about that a table of settings fills. */
#define SETTINGS(table) .settings = sizeof(table) / sizeof *(table), .setting = table

/** A running program: what its options said, where it shows, what its checks
 *  found. */
struct program {
    show show;
    const program_about *about;
    uint64_t seed;        /**< --seed N, 1 unless given */
    int seeds;            /**< --seeds N; 0: no experiment */
    bool verify;          /**< --verify: the checks and nothing else */
    const char *plot_dir; /**< --plot-dir DIR, or NULL: no file is written */
    int passed, failed;   /**< checks */
    int sizes, knowns;    /**< what program_tell told, for the next check */
    const hg_size *size;
    const hg_tensor *known;
    bool set;      /**< --set changed a value */
    int status;    /**< 2 as soon as something could not be done */
    bool finished; /**< --help, --version, --list: all is said */
    bool progress; /**< a progress bar stands on standard error */
};

/** The whole of a program: reads the options, then example, checks, experiment. Returns the
 *  exit status: `return program_run(&about, argc, argv);` */
int program_run(const program_about *about, int argc, char **argv);

/** Reads the options. Returns true where the program shall go on; where it
 *  returns false, `return program_end(&p);` */
bool program_start(program *p, const program_about *about, int argc, char **argv);

/** Ends the program: flushes and checks its standard output; returns the exit
 *  status. */
int program_end(program *p);

/** Says in one line on standard error what could not be done; the exit status
 *  becomes 2. */
__attribute__((format(printf, 2, 3))) void program_fail(program *p, const char *format, ...);

/* ---- checks ------------------------------------------------------------- */

#if defined REAL_COMPLEX
#define HG_REAL HG_COMPLEX
#elif defined REAL_FLOAT
#define HG_REAL HG_FLOAT
#else
#define HG_REAL HG_DOUBLE /**< what `real` is, for the checker */
#endif

/** How many axes the letters of a shape name: 2 for "H,D", 0 for "". */
static inline int program_rank(const char *letters)
{
    int rank = letters[0] != 0;
    for (; *letters; letters++)
        rank += *letters == ',';
    return rank;
}

/** A tensor for program_check: name, equation of its gradient, values, gradient, the letters
 *  of its axes and their sizes: TENSOR("W_f", "8.9", W_f, dW_f, "H,D", H, D); a scalar has
 *  the letters "" and the size 1. The checker takes T for time and B for the batch. */
#define TENSOR(name_, equation_, data_, grad_, letters_, ...)                                      \
    ((hg_tensor){.name = name_,                                                                    \
                 .equation = equation_,                                                            \
                 .type = HG_REAL,                                                                  \
                 .rank = program_rank(letters_),                                                   \
                 .shape = {__VA_ARGS__},                                                           \
                 .data = data_,                                                                    \
                 .grad = grad_,                                                                    \
                 .letters = letters_})

/** The same tensor with another verdict that is wanted of its check. */
static inline hg_tensor program_expect(hg_verdict expected, hg_tensor t)
{
    t.expected = expected;
    return t;
}

/** A TENSOR whose gradient and influence shall be zero (a masked position). */
#define TENSOR_ZERO(...) program_expect(HG_ZERO, TENSOR(__VA_ARGS__))

/** Values that a wrong gradient may have too much or too little of, for program_tell: an
 *  incoming gradient, states, probabilities: KNOWN("do", up, "M,E", M, E). */
#define KNOWN(name_, data_, letters_, ...) TENSOR(name_, NULL, data_, NULL, letters_, __VA_ARGS__)

/** What the checker may use to explain a mistake, in the next program_check only: numbers that
 *  the mathematics contains ({"T", 5}) and known values. They may be NULL where the count
 *  is 0. */
void program_tell(program *p, int sizes, const hg_size size[], int knowns, const hg_tensor known[]);

/** A loss, at the values that stand in memory. */
typedef real (*program_loss)(void *context);

/** Checks n tensors of one loss, shows a line for each, and counts them. In the
 *  double build: by finite differences, every entry; then one Taylor test over
 *  all of them (those expected to agree), called `group`. In the complex build:
 *  by the complex step. A gradient may be zero since --set took away the
 *  influence of its tensor: that is checked, and counts as expected. */
void program_check(program *p, const char *group, program_loss loss, void *context, int n,
                   const hg_tensor t[n]);

/** Compares two derivations of the same numbers, entry by entry: they agree
 *  within `relative` times the largest magnitude. t gives name, shape and
 *  equation; t->grad is compared with `second`; t->data may be NULL, it serves
 *  the explanation only. Double build only: elsewhere nothing. */
void program_compare(program *p, const hg_tensor *t, const real *second, double relative);

/* ---- curves and long work ----------------------------------------------- */

/** Begins a curve in --plot-dir; a failure is reported, and then nothing is
 *  written. */
void program_curve(program *p, curve *c, const char *name, const char *columns);

/** Finishes it; a failure is reported. */
void program_curve_end(program *p, curve *c);

/** A progress bar on standard error, where that is a terminal: done of total.
 *  At the end (done = total) it is wiped. */
void program_progress(program *p, long done, long total);

#endif
