/* SPDX-License-Identifier: MIT */
/** @file
 *  The checks of chapter 5: every update by all that it is given, every loss by
 *  its parameters and inputs, and the updates against other formulas for them. */
#ifndef HANDGRAD_OPTIMIZERS_CHECKS_H
#define HANDGRAD_OPTIMIZERS_CHECKS_H

#include "lib/program.h"

/** One step of each rule, and several steps in a row, as functions. */
void check_updates(program *p);

/** Penalties, dropout, ridge, training as a function, the networks. */
void check_losses(program *p);

/** The updates written as sums, and other closed forms. */
void compare_updates(program *p);

#endif
