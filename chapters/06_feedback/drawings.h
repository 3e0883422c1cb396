/* SPDX-License-Identifier: MIT */
/** @file
 *  Networks as drawings for back_edges.h: those that the articles call feedback
 *  networks, and some that are. */
#ifndef HANDGRAD_DRAWINGS_H
#define HANDGRAD_DRAWINGS_H

/** One drawing: what it shows, with the marks of the claims, and its arrows. */
typedef struct drawing {
    const char *name, *pairs;
} drawing;

/** How many of each kind there are. */
enum { DRAWN_IN_ARTICLES = 14, DRAWN_HERE = 7 };

/** What the articles call a feedback network, or a way to feed back. */
extern const drawing drawn_in_articles[DRAWN_IN_ARTICLES];

/** Networks with a loop, and one of them unrolled. */
extern const drawing drawn_here[DRAWN_HERE];

#endif
