/* SPDX-License-Identifier: MIT */
/** @file
 *  Private to the checker: the hypotheses that hg_explain tries, and what they share.
 *
 *  Throughout, a is the analytic gradient (the one to check), x the numeric one, u the values
 *  of some other vector. A hypothesis predicts each a from x and u; it explains a gradient
 *  where no entry contradicts it and where that would hardly happen by chance: every entry
 *  that it predicts away from x gives as many bits as its prediction is sharp, every number
 *  that is fitted takes back the bits of one entry. */
#ifndef HANDGRAD_HYPOTHESES_H
#define HANDGRAD_HYPOTHESES_H

#include "lib/check/explain.h"

/** What one entry says. */
enum hg_state {
    HG_SILENT,   /**< too small against its bound, or agreeing on nothing */
    HG_RIGHT,    /**< a agrees with x, well above the bound */
    HG_DOUBTFUL, /**< a is not x, but too near to it to say what it is */
    HG_WRONG     /**< a is not x */
};

/** Where the values of a source come from. */
typedef enum hg_origin {
    HG_OWN,     /**< the values of the tensor itself */
    HG_KNOWN,   /**< a vector that the caller named */
    HG_OTHER,   /**< the values of another tensor */
    HG_GRADIENT /**< the numeric gradient of another tensor */
} hg_origin;

/** Values that a hypothesis may use. */
typedef struct hg_source {
    const char *name;
    hg_origin origin;
    const hg_tensor *t;  /**< its shape, and its values where `plain` is NULL */
    const double *plain; /**< the numeric gradient */
    const double *bound; /**< its bounds, or NULL */
    int n;
} hg_source;

#define HG_AXES 12 /**< as many axes count as sizes; each size more needs more evidence */

/** All that is known of the tensor to explain. */
typedef struct hg_view {
    const hg_problem *p;
    const hg_evidence *e;
    int which;
    const hg_tensor *t;
    int n;
    const double *a, *x, *bound;
    unsigned char *state; /**< (n) of enum hg_state */
    int right, doubtful, wrong;
    double largest; /**< of |x|: an a that is wrong may have any size */
    double share;   /**< relative part of every tolerance */
    double *room;   /**< (n) for a hypothesis that needs it */
    int sources;
    hg_source *source; /**< source[0] is the tensor's own values */
    int axes;          /**< lengths of axes that have a letter: sizes, too */
    hg_size axis[HG_AXES];
    char letter[HG_AXES][2];
} hg_view;

/** How well a hypothesis does. */
typedef struct hg_score {
    int matched;     /**< entries with evidence that it predicts */
    int informative; /**< of those, the ones that it predicts away from x */
    int rough;       /**< wrong ones that fit, but might be x for all that it predicts */
    int failed;      /**< entries that contradict it */
    double bits;
} hg_score;

/** Tries one idea: 1, and *why, where it explains v. */
typedef int hg_hypothesis(const hg_view *v, hg_explanation *why);

/** Value i of a source. */
double hgi_source_value(const hg_source *s, int i);

/** Eight bounds of entry i: how far its numeric value may be from a prediction. */
double hgi_reach(const hg_view *v, int i);

/** Entry i is predicted as `prediction` +- tolerance. */
void hgi_predict(const hg_view *v, hg_score *s, int i, double prediction, double tolerance);

/** Whether s, with so many numbers fitted and so many alternatives tried, explains v. */
int hgi_fits(const hg_view *v, const hg_score *s, int fitted, double tried);

/** Whether a is not x at entry i: doubtful or wrong. */
static inline int hgi_is_off(const hg_view *v, int i)
{
    return v->state[i] == HG_WRONG || v->state[i] == HG_DOUBTFUL;
}

/** The entries that are said to be right: that they are within their bounds is not enough. Where
 *  a is right its errors are small beside the bounds, and of either sign. */
typedef struct hg_rest {
    int n, off;
    double sum, size; /**< of the errors, and of their magnitudes, in bounds */
} hg_rest;

/** Adds entry i. */
void hgi_add_to_rest(const hg_view *v, hg_rest *rest, int i);

/** Whether the entries that were added look right. */
int hgi_is_right(const hg_rest *rest);

/** Whether in each row (or column) a is a constant times x: then a multiple of x explains every
 *  difference there, and so does no multiple of another vector. */
int hgi_has_ratios(const hg_view *v, int columns);

/** Size of the axis, and the distance of neighbours along it. */
int hgi_axis(const hg_tensor *t, int axis, int *inner);

/** The letter of an axis as the caller gave it, or 0. */
char hgi_letter(const hg_tensor *t, int axis);

/** How many sizes may stand in a factor: the given ones, then the axes that have letters. */
int hgi_sizes(const hg_view *v);

/** Size k of those. */
const hg_size *hgi_size(const hg_view *v, int k);

/** The coordinate of entry i along an axis. */
int hgi_coordinate(const hg_tensor *t, int axis, int i);

/** The length of the last axis: entries of one row. */
int hgi_width(const hg_tensor *t);

/** The constant c of y = c z over the entries with the given state (or all: -1), weighted by
 *  the bounds; 0 where z vanishes. */
double hgi_constant(const hg_view *v, const double y[], const double z[], int state);

/** Whether +-c is 1, 2, 1/2 or made of the given sizes; then *c becomes exactly that. */
int hgi_is_named(const hg_view *v, double *c);

/** "[2][3]" */
typedef struct hg_index_text {
    char s[HG_RANK * 13 + 1];
} hg_index_text;
/** The index of entry i as text: "[2][1]". */
hg_index_text hgi_place(const hg_tensor *t, int i);

/** "1 of axis 0 and 2 to 4 of axis 1" */
typedef struct hg_where {
    char s[HG_RANK * 70];
} hg_where;
/** At which indices the entries are that are off, on each axis where that is not everywhere. Uses
 *  v->room. */
hg_where hgi_where(const hg_view *v);

/** Fills *why; the text as by printf, and the equation behind it. Returns 1. */
int hgi_say(const hg_view *v, const hg_score *s, hg_mistake mistake, hg_explanation *why,
            const char *format, ...) __attribute__((format(printf, 5, 6)));

/* explain_values.c */
hg_hypothesis hgi_missing, hgi_sign, hgi_factor, hgi_unnamed_factor, hgi_part_factor,
    hgi_float_noise;
/* explain_places.c */
hg_hypothesis hgi_transposed, hgi_shifted, hgi_perhaps_shifted, hgi_exchanged_tensors,
    hgi_other_tensor, hgi_blocks;
hg_hypothesis hgi_one_place, hgi_gap, hgi_masked, hgi_steps;
/* explain_functions.c */
hg_hypothesis hgi_functions, hgi_functions_in_part, hgi_softmax;
/* explain_kinks.c */
hg_hypothesis hgi_kink, hgi_sides, hgi_gradient_gated, hgi_other_argument;
/* explain_paths.c */
hg_hypothesis hgi_path, hgi_product_path, hgi_scaled_path, hgi_only_path, hgi_shared_path;
/* explain_matrix.c */
hg_hypothesis hgi_matrix, hgi_matrix_in_time, hgi_last_term;
/* explain_sums.c */
hg_hypothesis hgi_sum_of_rows, hgi_weighted_rows, hgi_unmasked_rows, hgi_outer_sum, hgi_last_rows;
/* explain_rank.c */
hg_hypothesis hgi_rank_one, hgi_rank_hint;
/* explain_span.c */
hg_hypothesis hgi_wrong_state, hgi_attention;
/* explain_states.c */
hg_hypothesis hgi_factor_of_other_step;

/** Which value of a source belongs to entry i: all of them, one a row, one a column, or one for
 *  each index of the second of three axes. */
typedef enum hg_fit { HG_ALL, HG_ROWS, HG_COLUMNS, HG_MIDDLE } hg_fit;

/** Whether n values can belong so to the entries of v; those of a source. */
int hgi_can_align(const hg_view *v, const hg_source *s, hg_fit f);

/** Which of n values, so aligned, belongs to entry i. */
int hgi_aligned(const hg_view *v, int n, hg_fit f, int i);

/** How many steps v has, where it is right at the last of them and wrong at all others; or 0. */
int hgi_last_step_only(const hg_view *v);

/** Where nothing explains v: whether the gradient is the sum of all rows of a known vector. */
hg_hypothesis hgi_whole_sum;

/** What can be said where nothing explains v. */
void hgi_hint(const hg_view *v, hg_explanation *why);

#endif
