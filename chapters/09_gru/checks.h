/* SPDX-License-Identifier: MIT */
/** @file
 *  The checks of chapter 9. */
#ifndef HANDGRAD_GRU_CHECKS_H
#define HANDGRAD_GRU_CHECKS_H

#include "lib/program.h"

/** Every weight and every input of both forms and of both networks. */
void verify_gru(program *p);

#endif
