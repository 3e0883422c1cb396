/* SPDX-License-Identifier: MIT */
/** @file
 *  Private to the checker: what its parts know of each other. How a check decides, all of it
 *  measured on the loss itself:
 *
 *    noise       the standard deviation s of one evaluation, from fourth differences of
 *                values at equal steps (a smooth function's are ~ h^4, noise's have the
 *                variance 70 s^2). More and Wild, SIAM J. Sci. Comput. 33:1292 (2011).
 *    step        h = (3 s / |f'''|)^(1/3), where rounding and truncation balance; the
 *                scale of the slope stands for f'''.
 *    truncation  (D(2h) - D(h)) / 3 estimates the error of D(h), which is h^2 f'''/6.
 *    the bound   6 standard deviations of the noise of D(h), plus 3.6 times the truncation,
 *                plus 16 roundings of the gradient itself.
 *
 *  An entry that this leaves open gets a closer look: its own noise, a ladder of steps with
 *  extrapolation (Ridders, Adv. Eng. Softw. 4:75, 1982), and the one-sided slopes: their
 *  difference falls with the step where the loss is smooth, and stays at a kink. A slope that
 *  lies between the one-sided ones is accused only where they are those of a smooth curve; and
 *  a ladder on the scale of the entry itself is believed where it sees another slope. */
#ifndef HANDGRAD_CHECKER_H
#define HANDGRAD_CHECKER_H

#include "lib/check/entries.h"
#include "lib/check/handgrad.h"

#include <math.h>

/** The larger of two numbers; b where a is NaN, NaN where b is. One instruction: for what is done
 *  with each entry. */
static inline double hgi_max(double a, double b)
{
    return a > b ? a : b;
}

/** The larger of two numbers; of a number and a NaN the number. */
static inline double hgi_larger(double a, double b)
{
    return b != b ? a : hgi_max(a, b);
}

/** A check under way, on one core: the tensor in hand, its loss, what was measured. */
typedef struct run {
    hg_loss loss;
    void *context;
    const hg_tensor *t;
    int strided;     /**< 0 where t's values stand row by row */
    long *passes;    /**< counts the calls of the loss */
    double f0;       /**< the loss at the point */
    double rounding; /**< of storing the loss at the point */
    double noise;    /**< standard deviation of one evaluation */
    double step;     /**< relative to max(1, |x|) */
    /** The problem's `losses`, or NULL, and what a call of it needs; the number of t. */
    int (*losses)(void *context, int points, const hg_change change[], double loss[]);
    int at_once, number;
    hg_change *change;
    double *several;
} run;

/** Turns u to another tensor. */
static inline void hgi_turn(run *u, const hg_tensor *t)
{
    u->t = t;
    u->strided = !hgi_row_by_row(t, t->stride);
}

/** Where entry i of u's tensor stands, in entries from the first. As hgi_stands_at, but whether
 *  there are strides was found when u was turned to the tensor, and not for each entry. */
static inline ptrdiff_t hgi_place(const run *u, int i)
{
    return u->strided ? hgi_strided(u->t, u->t->stride, i) : i;
}

/** Entry i of the values of u's tensor. */
static inline double hgi_here(const run *u, int i)
{
    return hgi_load(u->t->data, u->t->type, hgi_place(u, i));
}

/** Calls the loss; returns other than 0 where it failed. */
static inline int hgi_call(run *u, double loss[2])
{
    loss[0] = loss[1] = 0;
    (*u->passes)++;
    return u->loss(u->context, loss);
}

/** The loss with entry i at x + h; *stored receives the x + h that memory held. The entry is
 *  put back before returning, whatever the loss did. */
static inline int hgi_at(run *u, int i, double h, double *f, double *stored)
{
    const hg_tensor *t = u->t;
    ptrdiff_t at = hgi_place(u, i);
    double x = hgi_load(t->data, t->type, at), loss[2];
    *stored = hgi_store(t->data, t->type, at, x + h);
    int failed = hgi_call(u, loss);
    hgi_store(t->data, t->type, at, x);
    *f = loss[0];
    return failed;
}

/** The same at x + h[0..n-1], from `losses`. */
int hgi_at_several(run *u, int i, int n, const double h[], double f[], double stored[]);

/* ---- noise.c ------------------------------------------------------------ */

enum { LINE = 13 };

/** The rounding of storing the loss f alone. A loss that is exactly a float, from parameters that
 *  are, was computed in float. */
static inline double hgi_rounding(const run *u, double f)
{
    int single = u->t->type == HG_FLOAT && f == (double)(float)f;
    return 0.3 * hgi_epsilon(single ? HG_FLOAT : HG_DOUBLE) * fabs(f);
}

/** The noise where the loss is of this size: what was measured, or rounding. */
static inline double hgi_noise_at(const run *u, double size)
{
    return hgi_max(hgi_rounding(u, size), u->noise);
}

/** The standard deviation of the noise from n fourth differences (sorted here). */
double hgi_noise_of(int n, double fourth[]);

/** The unit of losses, the largest power of two that divides them all: that of those before, and f;
 *  not below 2^-80. */
double hgi_unit(double unit, double f);

/** The steps at which noise is measured along a line: fine ones, and coarser ones where the
 *  values show none, since their rounding is coarse. */
typedef struct levels {
    double h, fine, coarse;
    double last;  /**< what the level before showed */
    double noise; /**< the most that one showed */
    int moved;    /**< fourth differences that are not zero */
} levels;

/** The levels of steps to begin with, for a type with this epsilon. */
levels hgi_levels(double epsilon);
/** Whether another level of steps is wanted. */
int hgi_levels_go_on(const levels *v);
/** Takes LINE values at steps of v->h and goes to the next level. */
void hgi_levels_take(levels *v, const double f[LINE]);

/** The noise there is at least along entry i, whose slope is given: rounding, of the loss or of its
 *  term, to a float where the entry is one. */
double hgi_noise_floor(const run *u, int i, double slope);

/** The noise along entry i, for entries that need a closer look; *noise holds the least. */
int hgi_noise_along(run *u, int i, double scale, double *noise);

/* ---- differences.c ------------------------------------------------------ */

/** Five equal steps around one entry: two central slopes and one fourth difference. */
typedef struct five {
    double near, far; /**< D(h), D(2h) */
    double gap;       /**< (x+h) - (x-h) as memory held them */
    double second;    /**< f(x+h) + f(x-h) - 2 f(x) */
    double fourth;
    double size; /**< the largest magnitude of the loss */
    int moves;   /**< at how many of the four steps the loss changes, if by one bit */
    double f[5]; /**< the losses, f[2] that at the point */
} five;

/** known: the losses at x - h and x + h where they are known already, or NULL. */
int hgi_five_points(run *u, int i, double step, const double known[2], five *p);

/** The same from `losses`, which say f0 at the point. */
int hgi_five_at_once(run *u, int i, double step, double f0, five *p);

/** What the numeric side says of one entry. */
typedef struct numeric {
    double value, bound;
    double gap;   /**< of the points that the value comes from */
    double noise; /**< of the loss along this entry */
    int kink;
    double left, right;
    double side; /**< how far off those two may be */
} numeric;

/** What noise can do to a central slope: six standard deviations. */
static inline double hgi_noise_bound(double noise, double gap)
{
    return 6 * noise * sqrt(2) / gap;
}

/** The central slope at x from the losses at a < x < b, divided by the difference of the points
 *  that memory held; where rounding made the two steps unequal, less the part of the second
 *  derivative. */
static inline double hgi_slope(double fa, double f, double fb, double a, double x, double b)
{
    double unequal = (b - x) - (x - a);
    if (!(fabs(unequal) > 0)) /* as a rule */
        return (fb - fa) / (b - a);
    double jump = (fb - f) / (b - x) - (f - fa) / (x - a);
    return (fb - fa) / (b - a) - jump * (unequal / (b - a));
}

/** What five points say. */
numeric hgi_first_look(const run *u, const five *p);

/** Whether five points see no more than noise beyond a smooth curve: a symmetric kink hides from
 *  D(h), and not from the fourth difference. */
static inline int hgi_is_smooth(const five *p, double noise)
{
    return fabs(p->fourth) <= 10 * sqrt(70) * noise;
}

/** The closer look at an entry whose claimed slope is g, after five points. */
int hgi_look_closer(run *u, int i, double g, const five *p, numeric *v);

/** How steady a jump between one-sided slopes is over four steps, from k: its least part by its
 *  largest. Where the loss is smooth it falls with the step, 64 times here; noise makes it
 *  grow. */
double hgi_steadiness(const double jump[], int k);

/** Compares g[i], what is claimed, with differences for every entry of u->t; *largest receives
 *  the largest magnitude of both. Measures first. Returns 1 where the loss failed. */
int hgi_compare(run *u, const double g[], hg_result *r, double *largest);

/* ---- verdict.c ---------------------------------------------------------- */

/** How many entries were found to be what. */
typedef struct tally {
    int kinks, blind, above, infinite;
    double largest; /**< numeric value */
} tally;

/** Makes the verdict undecided, for this cause. */
void hgi_undecided(hg_result *r, hg_cause cause);

/** Notes a kink at an entry whose claimed slope is g: one is shown, the worst. */
void hgi_judge_kink(double g, const numeric *v, hg_result *r, int *kinks);

/** Two calls at the same point, before anything else. Returns 1 where the loss failed. */
int hgi_first_calls(run *u, hg_result *r);

/** How far off an entry may be: bound, the gradient's own rounding, the caller's tolerance. */
static inline double hgi_allowed(const run *u, double g, double largest, double tolerance,
                                 double bound)
{
    double size = hgi_max(fabs(g), largest);
    double rounding = 16 * hgi_epsilon(u->t->type) * hgi_max(1, u->t->condition) * size;
    return hgi_max(bound + rounding, tolerance * size);
}

/** Judges one entry that is at no kink; returns how far off it may be. */
double hgi_judge(const run *u, int i, double g, double largest, double tolerance, double value,
                 double bound, hg_result *r, tally *c);

/** The verdict over the entries that were judged. */
void hgi_conclude(hg_result *r, const tally *c);

/** A tensor that is expected to have no influence: the gradient is zero to the bit, and the
 *  loss does not move, to the bit or within its rounding. */
void hgi_judge_zero(hg_result *r, double largest, double moved, double bound);

/** Keeps the entry whose error is largest for its bound: its number, until hgi_finish. */
void hgi_keep_worst(hg_result *r, int i, double a, double n, double bound);

/** Index, relative size and digits of the worst entry; whether the verdict is the expected one. */
void hgi_finish(hg_result *r, const hg_tensor *t, double largest);

/** The largest magnitude of n numbers. */
double hgi_largest(int n, const double x[]);

/* ---- parallel.c --------------------------------------------------------- */

/** One core's way to the loss: its own context, its own tensors. */
typedef struct worker {
    run u;
    const hg_tensor *tensor;
    long *passes;   /**< for each tensor */
    void *copy;     /**< the context that it was given; NULL: the caller's */
    hg_tensor *own; /**< its tensors there, one piece of memory with `passes`; NULL: the caller's */
} worker;

typedef struct team {
    int n;     /**< workers that work; the first is the calling thread */
    int hired; /**< and those to be released */
    worker *w;
    worker one;   /**< where there is one, */
    worker *many; /**< and where there are several */
} team;

/** A part of the work, items from..to-1; returns other than 0 to stop everything. */
typedef int (*task)(void *shared, worker *w, long from, long to);

/** How many workers can be of use at most. */
int hgi_most_workers(int wanted);

/** Does items 0..n-1, each once, in any order. Returns other than 0 where one failed. */
int hgi_for_each(team *t, long n, task work, void *shared);

/* ---- check.c ------------------------------------------------------------ */

/** What was measured of one tensor, and what it takes to judge it. */
typedef struct measured {
    int strided;                  /**< as in a run */
    int skip;                     /**< 1 where a value or the gradient is not finite */
    int kinks;                    /**< entries found to be at one */
    double largest;               /**< magnitude of what is claimed */
    double slope;                 /**< that, or a slope that was seen, the larger */
    double rounding, noise, step; /**< as in a run */
    double truncation;            /**< of a slope from two points: from a sample */
    /** What the two values of its entries show: how many are suspect; hidden by noise; have
     *  one-sided slopes that differ more than noise and the sample's curvature make; have a slope
     *  well above their bound. */
    long suspects, blind, bent, seen;
    long worst;      /**< the entry that is furthest off for its bound; -1: none */
    double steepest; /**< the largest slope seen */
    hg_result found; /**< what is handed over */
} measured;

/** What was made of an entry: two values; a closer look; a kink. */
enum { TWO_VALUES, LOOKED, AT_KINK };

/** A check of all tensors of a problem. Entries of all tensors count on: tensor k's are
 *  first[k] to first[k+1]. */
typedef struct session {
    const hg_problem *p;
    double tolerance;
    team team;
    double f0;
    double f0_at_once; /**< the same from `losses` */
    long before;       /**< passes that were not spent on differences */
    int single;        /**< the loss is computed in float */
    double curvature;  /**< the largest that the sample saw, on the scale of steps */
    long *first;
    long *passes;          /**< of the first worker, for each tensor */
    measured *of;          /**< each tensor; one piece of memory with the two before */
    double *analytic;      /**< what is compared with differences; one piece of memory with: */
    double *numeric;       /**< what those say */
    double *bound;         /**< of the numeric value; the entry agrees within it */
    double *below;         /**< the loss at x - h */
    double *above;         /**< the loss at x + h */
    unsigned char *looked; /**< what was made of an entry */
} session;

/** Checks the arguments, has the gradient filled, allocates, calls the loss twice. */
hg_status hgi_open(session *s, const hg_problem *p, const hg_options *o);

/** Compares s->analytic with differences; fills s->numeric, s->bound and s->found. */
hg_status hgi_compare_all(session *s);

/** Calls the loss once more: what it leaves in the caller's memory belongs to the point again,
 *  and it must be what it was. */
hg_status hgi_last_call(session *s);

/** Explains what disagrees and hands the results over. */
void hgi_hand_over(session *s, hg_result result[]);

/** Frees all that a session holds. */
void hgi_close(session *s);

/** The worker's run, turned to tensor k. */
static inline run *hgi_aim(const session *s, worker *w, int k)
{
    const measured *m = &s->of[k];
    run *u = &w->u;
    u->t = &w->tensor[k];
    u->strided = m->strided;
    u->number = k;
    u->passes = &w->passes[k];
    u->f0 = s->f0;
    u->rounding = m->rounding;
    u->noise = m->noise;
    u->step = m->step;
    return u;
}

/** The tensor that entry e, counted over all, belongs to. */
int hgi_tensor_of(const session *s, long e);

/* ---- sample.c ----------------------------------------------------------- */

enum { PROBES = 7 };

/** Measures noise, steps, truncation and curvature on a few entries, at most 46 passes; pool
 *  receives its fourth differences for each kind (0 double, 1 float), n[kind] of them. */
int hgi_sample(session *s, double pool[2][PROBES], int n[2]);

/* ---- suspects.c --------------------------------------------------------- */

/** Looks closely at every entry that the first two values leave open or show wrong. */
hg_status hgi_suspects(session *s, double pool[2][PROBES], const int n[2]);

#endif
