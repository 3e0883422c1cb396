/* SPDX-License-Identifier: MIT */
/** @file
 *  The experiments of chapter 5, sections 5.11 to 5.18. */
#ifndef HANDGRAD_OPTIMIZERS_EXPERIMENT_H
#define HANDGRAD_OPTIMIZERS_EXPERIMENT_H

#include "lib/program.h"

void experiment_rates(program *p); /**< 5.11: how fast a bowl is descended */
void experiment_paths(program *p); /**< 5.12: paths over contours */
void experiment_xor(program *p);   /**< 5.13: exclusive or, momentum */
void experiment_noise(program *p); /**< 5.14: the noise of a batch */
void experiment_schedules(program *p); /**< 5.15: schedules on the digits */
void experiment_ridge(program *p);     /**< 5.16: dropout against ridge */
void experiment_learned(program *p);   /**< 5.17: a schedule that learns */
void experiment_reddi(program *p);     /**< 5.18: Adam goes the wrong way */

#endif
