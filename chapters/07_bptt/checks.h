/* SPDX-License-Identifier: MIT */
/** @file
 *  The checks of chapter 7: every parameter and every input of the recurrence,
 *  whole and truncated, and of the networks for the sunspots. */
#ifndef HANDGRAD_BPTT_CHECKS_H
#define HANDGRAD_BPTT_CHECKS_H

#include "chapters/07_bptt/rnn.h"
#include "lib/program.h"

/** The most that a worked example has. */
enum { EXAMPLE_STEPS = 4, EXAMPLE_PARAMETERS = 23 };

/** A worked example with one output: the loss is half the squared errors. */
typedef struct example {
    int T;    /**< steps, at most EXAMPLE_STEPS */
    rnn n, d; /**< views of w and dw */
    real w[EXAMPLE_PARAMETERS], dw[EXAMPLE_PARAMETERS];
    real x[EXAMPLE_STEPS][1], dx[EXAMPLE_STEPS][1];
    real target[EXAMPLE_STEPS][1], dtarget[EXAMPLE_STEPS][1];
} example;

/** Runs a network with one output from states that are zero; returns half the
 *  squared errors, and sets dy to their gradient. */
real example_forward(int T, const rnn *n, real h[T + 1][n->H],
                     real c[T + 1][n->C], real y[T][1], real dy[T][1],
                     const real x[T][1], const real target[T][1]);

/** Checks all parameters, inputs and targets of a worked example. */
void check_example(program *p, const char *group, example *a);

/** All other checks, on random numbers. */
void check_networks(program *p);

#endif
