/* SPDX-License-Identifier: MIT */
/** @file
 *  Two tasks for a network with feedback: the parity of the bits so far, and the
 *  item that stood after a marker.
 *  Letters: T steps, D inputs, M classes; t, d, m their indices. */
#ifndef HANDGRAD_FEEDBACK_TASKS_H
#define HANDGRAD_FEEDBACK_TASKS_H

#include "lib/real.h"
#include "lib/rng.h"

/** Items of the second task. */
enum { ITEMS = 6 };

/** The largest sizes of a task, and the longest sequence that is tried. */
enum { TASK_D = ITEMS + 2, TASK_M = ITEMS, TASK_T = 40 };

/** A task: its sizes, and how a sequence is drawn. */
typedef struct task {
    int T, D, M;
    double aux; /**< weight of the losses before the last step */
    /** Draws inputs x (T,D) and the class of each step; target[t-1] is that of
     *  step t. T >= 3. */
    void (*draw)(int T, int D, real x[T][D], int target[T], rng *g);
} task;

/** T bits, each 0 or 1 with the same chance, as x = -1 or +1 (D = 1); the class
 *  of step t is 1 where the number of ones up to t is odd. Every step counts
 *  alike: aux = T - 1. */
extern const task fbnet_parity;

/** T - 1 tokens and then a question; each is a unit vector (D = ITEMS + 2): an
 *  item, the marker, or the question. The marker stands at one random place,
 *  items everywhere else; the class of the last step is the item right after
 *  the marker. The steps before it have the class 0 and no loss: aux = 0. */
extern const task fbnet_recall;

/** The largest share that one item has among the T - 2 items of a sequence: how
 *  often one is right who knows all that was seen, but not where it stood. */
double fbnet_recall_share(int T, int D, const real x[T][D]);

#endif
