/* SPDX-License-Identifier: MIT */
/** @file
 *  Private to lib: one check as a row of a table, as an object of JSON, with what explains it.
 *  hg_write is made of these, and so is what the programs of a course show. */
#ifndef HANDGRAD_REPORT_H
#define HANDGRAD_REPORT_H

#include "lib/check/handgrad.h"

enum { HGI_CELL = 32, HGI_LINE = 512 };

/** Where and how rows are written, and what is said of each beside its result. */
typedef struct hgi_row {
    FILE *out;
    hg_format format;
    int color;          /**< text: escape sequences */
    int chapter;        /**< JSON; 0: none */
    const char *group;  /**< JSON: what is being checked, or NULL */
    const char *method; /**< "finite differences", or NULL where it is not known */
} hgi_row;

/** A string as JSON writes it; null for NULL. */
void hgi_json_string(FILE *out, const char *text);

/** A number with 17 digits, from which the very same double can be read back; what is not finite
 *  as one of the strings "NaN", "Infinity", "-Infinity". */
void hgi_json_number(FILE *out, double x);

/** Whole numbers in brackets. */
void hgi_json_list(FILE *out, int n, const int list[]);

/** As printf has it, but one name for what is not finite, on every system. */
void hgi_number(char cell[HGI_CELL], const char *format, double x);

/** How many digits show that a and b differ, and by how much: at least 6. */
int hgi_digits_to_tell(double a, double b);

/** "W_f[2][1]"; a long name is cut. */
void hgi_place_text(char text[80], const hg_tensor *t, const int index[HG_RANK]);

/** "W_f[2][1]: value 0.3, gradient NaN", of the first entry that is not finite. Returns 0 where
 *  there is none. */
int hgi_not_finite_text(char line[HGI_LINE], const hg_tensor *t);

/** "3x4", "1" for a scalar. */
void hgi_shape_text(char cell[HGI_CELL], const hg_tensor *t);

/** The head of a table of checks; text and Markdown. */
void hgi_row_head(const hgi_row *row);

/** One check: a row, or an object of JSON. */
void hgi_row_check(const hgi_row *row, const hg_tensor *t, const hg_result *r);

/** Why it is undecided or not as expected: lines of text. */
void hgi_row_explain(const hgi_row *row, const hg_tensor *t, const hg_result *r);

/** A Taylor test over so many entries, which `name` stands for: a row, or an object of JSON. */
void hgi_row_taylor(const hgi_row *row, const char *name, int entries, const hg_taylor_result *r);

/** Why it failed: a line of text. */
void hgi_row_taylor_explain(const hgi_row *row, const hg_taylor_result *r);

/** A text whose first line begins at `column`, broken before blanks so that it ends before column
 *  80. */
void hgi_wrapped(FILE *out, int column, const char *text);

#endif
