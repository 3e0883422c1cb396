/* SPDX-License-Identifier: MIT */
/** @file
 *  How far a gradient reaches into the past: the GRU beside the simple network
 *  and the LSTM of chapter 8. */
#ifndef HANDGRAD_GRU_LAG_H
#define HANDGRAD_GRU_LAG_H

#include "lib/program.h"

/** Section 9.8: chapter 8's experiment, then the same with GRUs. */
void experiment_gru_lag(program *p);

#endif
