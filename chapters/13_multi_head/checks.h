/* SPDX-License-Identifier: MIT */
/** @file
 *  The chapter's checks: each weight and each input, with and without masks. */
#ifndef HANDGRAD_MULTI_HEAD_CHECKS_H
#define HANDGRAD_MULTI_HEAD_CHECKS_H

#include "lib/program.h"

/** Section Verification: all groups of checks. */
void multi_head_checks(program *p);

#endif
