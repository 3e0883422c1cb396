/* SPDX-License-Identifier: MIT */
/** @file
 *  The checks of chapter 3. */
#ifndef HANDGRAD_CROSS_ENTROPY_CHECKS_H
#define HANDGRAD_CROSS_ENTROPY_CHECKS_H

#include "lib/program.h"

/** Section 3.13: every gradient, by every parameter and every input. */
void cross_entropy_checks(program *p);

#endif
