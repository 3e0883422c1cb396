/* SPDX-License-Identifier: MIT */
/** @file
 *  The checks of chapter 6: every parameter, every input and every start state
 *  of the loops, unrolled and at their equilibrium, and Hopfield's energy. */
#ifndef HANDGRAD_FEEDBACK_CHECKS_H
#define HANDGRAD_FEEDBACK_CHECKS_H

#include "chapters/06_feedback/loop_net.h"
#include "chapters/06_feedback/simple_net.h"
#include "lib/program.h"

/** The most that a network has which is checked here. */
enum { JOB_STEPS = 6, JOB_WIDTH = 10, JOB_WEIGHTS = 80 };

/** A simple recurrent network with numbers; the loss is sum_t e_t . y_t. The
 *  arrays hold their rows one after the other. */
typedef struct simple_job {
    int T;           /**< at most JOB_STEPS */
    int copied;      /**< each step starts from h and y as they stand here */
    int saturated;   /**< the condition of each tensor is measured, and shown */
    real before;     /**< what the gradients start at */
    simple_net n, d; /**< views of w and dw */
    real w[JOB_WEIGHTS], dw[JOB_WEIGHTS];
    real x[JOB_STEPS * JOB_WIDTH], dx[JOB_STEPS * JOB_WIDTH];
    real e[JOB_STEPS * JOB_WIDTH];
    real h[(JOB_STEPS + 1) * JOB_WIDTH], y[(JOB_STEPS + 1) * JOB_WIDTH];
    real dh0[JOB_WIDTH], dy0[JOB_WIDTH];
} simple_job;

/** A loop of dense layers with numbers; the loss is up . y after K passes. */
typedef struct loop_job {
    int K;
    int settled;   /**< 1: the gradient is that of the equilibrium */
    int measured;  /**< the condition of each tensor is measured, and shown */
    real before;   /**< what the gradients start at */
    loop_net n, d; /**< views of w and dw */
    real w[JOB_WEIGHTS], dw[JOB_WEIGHTS];
    real x[JOB_WIDTH], dx[JOB_WIDTH], up[JOB_WIDTH];
    real y0[JOB_WIDTH], dy0[JOB_WIDTH];
} loop_job;

/** Fills the gradients of a job, from its numbers. */
void simple_gradients(simple_job *a);

/** The same for a loop. */
void loop_gradients(loop_job *a);

/** Checks all tensors of a job, parameters, inputs and start. */
void check_simple(program *p, const char *group, simple_job *a);

/** The same for a loop. */
void check_loop(program *p, const char *group, loop_job *a);

/** All checks on random numbers. */
void check_feedback(program *p);

#endif
