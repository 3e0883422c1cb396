/* SPDX-License-Identifier: MIT */
/** @file
 *  The checks of chapter 10. */
#ifndef HANDGRAD_SEQUENCES_CHECKS_H
#define HANDGRAD_SEQUENCES_CHECKS_H

#include "lib/program.h"

/** Checks every parameter and every input of all that the chapter computes, and
 *  that padding, packing and checkpoints change no bit. */
void check_sequences(program *p);

#endif
