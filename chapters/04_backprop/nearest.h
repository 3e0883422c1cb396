/* SPDX-License-Identifier: MIT */
/** @file
 *  The nearest neighbours among the digits: a classifier without parameters and
 *  without training, to compare others with. */
#ifndef HANDGRAD_NEAREST_H
#define HANDGRAD_NEAREST_H

/** The squared distance of two digits, in grey values: eq. 4.40. Whole numbers,
 *  hence exact. */
int digit_distance(int first, int second);

/** The class that most of the k digits nearest to `query` have, k odd, 1 to 9. The
 *  neighbours are taken from the digits from..to-1, `query` left out. Of equal
 *  distances the lower index is nearer, and of equal votes the lower class wins. */
int nearest_class(int k, int query, int from, int to);

#endif
