/* SPDX-License-Identifier: MIT */
/* What was written: the text of a file, and standard output and error, which
 * are turned aside into files while a program is being tested. */
#ifndef TESTS_CAPTURE_H
#define TESTS_CAPTURE_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The whole text of a file, from its beginning; the caller frees it. */
static inline char *text_of(FILE *f)
{
    ck_assert_ptr_nonnull(f);
    fflush(f);
    rewind(f);
    size_t size = 0, room = 1 << 16;
    char *text = malloc(room);
    ck_assert_ptr_nonnull(text);
    for (size_t got; (got = fread(text + size, 1, room - size - 1, f)) > 0;) {
        size += got;
        ck_assert_uint_lt(size + 1, room);
    }
    text[size] = 0;
    return text;
}

/* The longest line, in characters (UTF-8: what is not a continuation byte),
 * escape sequences of colour left out. */
static inline int longest_line(const char *text)
{
    int longest = 0, length = 0;
    for (const char *c = text; *c; c++) {
        if (*c == '\033')
            c += strcspn(c, "m");
        else if (*c == '\n')
            length = 0;
        else
            length += ((unsigned char)*c & 0xc0) != 0x80;
        longest = length > longest ? length : longest;
    }
    return longest;
}

static inline int lines_of(const char *text)
{
    int lines = 0;
    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

/* Standard output and error, turned aside. */
typedef struct aside {
    int was[2];
    FILE *file[2];
} aside;

/* Turns both aside; output goes to `path`, or to a file of its own where that
 * is NULL. */
static inline aside turn_aside(const char *path)
{
    aside a;
    fflush(stdout);
    fflush(stderr);
    for (int k = 0; k < 2; k++) {
        a.file[k] = k == 0 && path ? fopen(path, "w") : tmpfile();
        ck_assert_ptr_nonnull(a.file[k]);
        a.was[k] = dup(k + 1);
        dup2(fileno(a.file[k]), k + 1);
    }
    return a;
}

/* Turns them back; out and err receive what was written, for the caller to
 * free (NULL where that is not wanted). */
static inline void turn_back(aside *a, char **out, char **err)
{
    fflush(stdout);
    fflush(stderr);
    clearerr(stdout);
    for (int k = 0; k < 2; k++) {
        char **text = k ? err : out;
        dup2(a->was[k], k + 1);
        close(a->was[k]);
        if (text)
            *text = text_of(a->file[k]);
        fclose(a->file[k]);
    }
}

#endif
