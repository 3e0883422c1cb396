/* SPDX-License-Identifier: MIT */
/** @file
 *  The checks of chapter 1: right gradients, wrong ones that must be caught,
 *  and tests that cannot decide. */
#ifndef HANDGRAD_CHECKS_01_H
#define HANDGRAD_CHECKS_01_H

#include "lib/program.h"

/** Shows the section "Verification". */
void derivative_checks(program *p);

#endif
