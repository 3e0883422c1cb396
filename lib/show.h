/* SPDX-License-Identifier: MIT */
/** @file
 *  Showing: every value beside its formula, as text for people, as JSON for
 *  programs, as Markdown for notes. One call writes the same facts in all three
 *  forms.
 *
 *  Text is laid out for 80 columns. JSON is one object a line: section, value,
 *  check. A number is printed with six digits as text and with 17 as JSON, from
 *  which the very same double can be read back; one that is not finite is there
 *  the string "NaN", "Infinity" or "-Infinity".
 *
 *  Everything goes to the FILE that the show was given. A failed write is
 *  remembered and reported by show_failed. */
#ifndef HANDGRAD_SHOW_H
#define HANDGRAD_SHOW_H

#include <stdbool.h>
#include <stdio.h>

#include "lib/check/handgrad.h"
#include "lib/real.h"

typedef enum show_format { SHOW_TEXT, SHOW_JSON, SHOW_MARKDOWN } show_format;

typedef struct show {
    FILE *out;
    show_format format;
    bool color;        /**< escape sequences in text */
    bool step;         /**< wait for Enter after each step */
    int chapter;       /**< the chapter's number, for JSON and for section numbers */
    const char *group; /**< what is being checked, for JSON; NULL where nothing is */
    int section;       /**< the section that is open; 0 before the first */
    char eq[16];       /**< the equation that is open, "" where none is */
    int digits;        /**< digits of a number in text: 6 unless somebody changes it */
    bool begun;        /**< a section has been shown */
    bool in_block;     /**< Markdown: a code block is open */
    bool in_table;     /**< the header of a table of checks has been written */
} show;

/** Starts a numbered section: "8.2 Backward through the cell". */
void show_section(show *s, const char *title);

/** A paragraph, broken at 80 columns. Text and Markdown only: so it must not be
 *  the only place where a value stands. */
__attribute__((format(printf, 2, 3))) void show_note(show *s, const char *format, ...);

/** An equation with its tag: (8.3)  c = f c0 + i g. The values that follow
 *  belong to it, until the next equation or section. */
void show_equation(show *s, const char *tag, const char *formula);

/** Ends the equation: the values that follow have no tag ("eq":null). */
void show_no_equation(show *s);

/** One value and how it came about: name = substitution = value. The
 *  substitution is made as by printf; pass NULL for none. */
__attribute__((format(printf, 4, 5))) void show_value(show *s, const char *name, real value,
                                                      const char *substitution, ...);

/** A whole number (a count, a class). */
void show_count(show *s, const char *name, long value);

/** A number that should be zero: below 1e-12 text prints "< 1e-12", since the
 *  digits of a rounding error mean nothing. */
void show_residual(show *s, const char *name, double value);

/** A vector (n), on one line or several. */
void show_vector(show *s, const char *name, int n, const real x[n]);

/** A matrix (rows, cols), a row a line. */
void show_matrix(show *s, const char *name, int rows, int cols, const real x[rows][cols]);

/** A table of numbers with names for its rows and columns; rows may be NULL:
 *  then each row begins with its first number. In JSON one value of shape
 *  (nrows, ncols), with the names of the columns, and of the rows where there
 *  are some. A NaN is an empty place ("-"). */
void show_table(show *s, const char *name, int nrows, int ncols, const char *const rows[],
                const char *const cols[], const double x[nrows][ncols]);

/** The same with a column of words beside the names of the rows: words[nrows], and what
 *  stands above them ("claim"); in JSON that is the key of their list. */
void show_table_words(show *s, const char *name, int nrows, int ncols, const char *const rows[],
                      const char *above, const char *const words[nrows], const char *const cols[],
                      const double x[nrows][ncols]);

/** A number that a paper published, beside what came out here. */
typedef struct paper {
    const char *source;   /**< "Hochreiter and Schmidhuber 1997, table 9, task 6a" */
    const char *quantity; /**< "training sequences until solved, median" */
    const char *says;     /**< in the paper: "31,390 (mean of 20)", "0.082 as usually cited" */
    double value;         /**< what came out here and is compared */
    double lo, hi;        /**< it matches where lo <= value <= hi, chosen beforehand */
    int seeds;            /**< how many runs stand behind it; 0 where nothing is drawn */
    double least, median, most; /**< over those runs */
} paper;

/** Shows it, with "matches" or "misses". `make papers` collects these. */
void show_paper(show *s, const paper *p);

/** A check of one tensor; method is "finite differences", "complex step" or "second
 *  derivation". */
void show_check(show *s, const char *method, const hg_tensor *t, const hg_result *r);

/** A Taylor test over everything that `name` stands for. */
void show_taylor(show *s, const char *name, int entries, const hg_taylor_result *r);

/** Closes what is open (a block of Markdown) and flushes. */
void show_end(show *s);

/** Whether a write has failed so far (a full disk). */
bool show_failed(const show *s);

#endif
