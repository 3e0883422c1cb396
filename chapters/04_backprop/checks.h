/* SPDX-License-Identifier: MIT */
/** @file
 *  The checks of chapter 4. */
#ifndef HANDGRAD_BACKPROP_CHECKS_H
#define HANDGRAD_BACKPROP_CHECKS_H

#include "lib/program.h"

/** Section 4.12: every gradient, by every parameter and every input. */
void backprop_checks(program *p);

#endif
