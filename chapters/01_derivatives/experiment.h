/* SPDX-License-Identifier: MIT */
/** @file
 *  The experiments of chapter 1: what the errors of difference quotients do. */
#ifndef HANDGRAD_EXPERIMENT_01_H
#define HANDGRAD_EXPERIMENT_01_H

#include "lib/program.h"

/** The error of four methods against the step, on both published functions. */
void error_against_step(program *p, real x);

/** The noise of a value, measured by fourth differences. */
void noise_measured(program *p, real x);

/** The same quotients in float and in double. */
void float_beside_double(program *p, real x);

#endif
