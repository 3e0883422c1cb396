/* SPDX-License-Identifier: MIT */
/** @file
 *  The checks of chapter 12. */
#ifndef HANDGRAD_ADDITIVE_CHECKS_H
#define HANDGRAD_ADDITIVE_CHECKS_H

#include "lib/program.h"

/** Every weight and input of the attention and of the translator. */
void verify_additive(program *p);

#endif
