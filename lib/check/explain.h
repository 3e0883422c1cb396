/* SPDX-License-Identifier: MIT */
/** @file
 *  Private to the checker: what a wrong gradient looks like. */
#ifndef HANDGRAD_EXPLAIN_H
#define HANDGRAD_EXPLAIN_H

#include "lib/check/handgrad.h"

/** What was found of one tensor, entry by entry, row by row. */
typedef struct hg_evidence {
    const double *analytic;
    const double *numeric;
    const double *bound; /**< of the numeric value; analytic agrees within it */
} hg_evidence;

/** Explains why tensor `which` of p disagrees; e[k] is what was found of tensor k (its arrays
 *  may be NULL where nothing was kept). Fills *why; never fails: what needs memory that is not
 *  there is not tried. */
void hg_explain(const hg_problem *p, const hg_evidence e[], int which, hg_explanation *why);

#endif
