/* SPDX-License-Identifier: MIT */
/** @file
 *  Curves for gnuplot: a text file with a header that names its columns, a row
 *  a point. A file appears under its name only when it is whole: it is kept in
 *  memory until then, written beside and renamed; a program that is interrupted
 *  leaves nothing. */
#ifndef HANDGRAD_CURVE_H
#define HANDGRAD_CURVE_H

#include <stdbool.h>
#include <stddef.h>

/** A curve file that is being written. Where the directory is NULL nothing is
 *  written, and every call below succeeds. */
typedef struct curve {
    bool open;
    char *text; /**< what was written so far, in memory; NULL where there was none for it */
    size_t size, room;
    char path[1024];
} curve;

/** Begins directory/chapter-name.dat; columns are the names of its columns,
 *  separated by blanks. Returns false where nothing can be written there (errno
 *  says why). */
bool curve_open(curve *c, const char *directory, const char *chapter, const char *name,
                const char *columns);

/** One row of n numbers, with 9 digits; NaN is written as "NaN", which gnuplot
 *  leaves out. */
void curve_row(curve *c, int n, const double x[n]);

/** An empty line: gnuplot lifts its pen, or, after two, begins another data
 *  set. */
void curve_gap(curve *c);

/** Finishes the file. Returns false, and leaves no file, where any write
 *  failed. */
bool curve_close(curve *c);

#endif
