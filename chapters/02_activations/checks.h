/* SPDX-License-Identifier: MIT */
/** @file
 *  The checks of chapter 2: every backward function, on inputs that reach each
 *  of its branches. */
#ifndef HANDGRAD_ACTIVATIONS_CHECKS_H
#define HANDGRAD_ACTIVATIONS_CHECKS_H

#include "lib/program.h"

/** Shows the section "Verification". */
void check_activations(program *p);

#endif
