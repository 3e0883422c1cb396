/* SPDX-License-Identifier: MIT */
/** @file
 *  Worked examples of chapter 15 beside the network's own: what the article
 *  calls attention, and parity with weights set by hand. */
#ifndef HANDGRAD_FEEDBACK_WORKED_H
#define HANDGRAD_FEEDBACK_WORKED_H

#include "chapters/15_feedback_network/fbnet.h"
#include "lib/show.h"

/** The gate of S3, with its numbers, and attention over time on the same
 *  states: eqs. 15.30 to 15.32, and 15.3 to 15.5. */
void worked_article(show *s);

/** A network of two hidden units with a loop and nothing else, which computes
 *  the parity of a string of bits; all strings of 12 bits are tried. */
void worked_parity(show *s);

/** How many of the 2^T strings of T <= 16 bits get the wrong parity from a
 *  network with D = 1 and M = 2; f_0 = (1, -1) says "even". */
int parity_by_hand_errors(int T, const fbnet *n);

/** Sets the parameters of a network with D = 1, H = 2, M = 2 by hand, so that it
 *  computes parity; gain >= 3 makes its units switches. */
void parity_by_hand(const fbnet *n, double gain);

#endif
