/* SPDX-License-Identifier: MIT */
/** @file
 *  The checks of chapter 15: every parameter and every input, with all parts of
 *  the network and with each part off, through the loss and with groups frozen;
 *  and the network of chapter 7 as a second derivation. */
#ifndef HANDGRAD_FEEDBACK_CHECKS_H
#define HANDGRAD_FEEDBACK_CHECKS_H

#include "lib/program.h"

/** All of them, on random numbers. */
void check_fbnet(program *p);

#endif
