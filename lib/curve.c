/* SPDX-License-Identifier: MIT */
#include "lib/curve.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Adds to the text; without memory there is none, and the end says so. */
static void append(curve *c, const char *text)
{
    size_t n = strlen(text);
    if (!c->text)
        return;
    if (c->room - c->size < n) {
        size_t room = 2 * c->room + n;
        char *more = realloc(c->text, room);
        if (!more)
            free(c->text);
        c->text = more;
        c->room = room;
    }
    if (c->text)
        memcpy(c->text + c->size, text, n);
    c->size += n;
}

bool curve_open(curve *c, const char *directory, const char *chapter, const char *name,
                const char *columns)
{
    memset(c, 0, sizeof *c);
    if (!directory)
        return true;
    int used = snprintf(c->path, sizeof c->path, "%s/%s-%s.dat", directory, chapter, name);
    if (used < 0 || used >= (int)sizeof c->path) {
        errno = ENAMETOOLONG;
        return false;
    }
    if (access(directory, W_OK | X_OK) != 0)
        return false;
    c->room = 4096;
    c->text = malloc(c->room);
    c->open = c->text != NULL;
    append(c, "# ");
    append(c, columns);
    append(c, "\n");
    return c->open;
}

void curve_row(curve *c, int n, const double x[n])
{
    char number[32];
    for (int i = 0; c->open && i < n; i++) {
        append(c, i ? " " : "");
        if (isnan(x[i]))
            snprintf(number, sizeof number, "NaN");
        else
            snprintf(number, sizeof number, "%.9g", x[i]);
        append(c, number);
    }
    curve_gap(c);
}

void curve_gap(curve *c)
{
    if (c->open)
        append(c, "\n");
}

#ifdef _WIN32
/* Without signals that wait, and rename takes no place that is taken. */
typedef int sigset_t;
static void hold_signals(sigset_t *was)
{
    (void)was;
}
static void release_signals(const sigset_t *was)
{
    (void)was;
}
static int replace(const char *draft, const char *path)
{
    remove(path);
    return rename(draft, path);
}
#else
/* What ends a program waits. */
static void hold_signals(sigset_t *was)
{
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGHUP);
    sigprocmask(SIG_BLOCK, &ends, was);
}
static void release_signals(const sigset_t *was)
{
    sigprocmask(SIG_SETMASK, was, NULL);
}
static int replace(const char *draft, const char *path)
{
    return rename(draft, path);
}
#endif

/* Writes it beside, and renames it. What ends a program must wait meanwhile: nothing is left. */
static bool put(const char *path, const char *text, size_t size)
{
    char draft[1100];
    snprintf(draft, sizeof draft, "%s.%ld.tmp", path, (long)getpid());
    sigset_t was;
    hold_signals(&was);
    FILE *file = fopen(draft, "w");
    bool whole = file && fwrite(text, 1, size, file) == size;
    int why = errno;
    if (file && fclose(file) != 0 && whole) {
        why = errno;
        whole = false;
    }
    if (whole && replace(draft, path) != 0) {
        why = errno;
        whole = false;
    }
    if (file && !whole)
        remove(draft);
    release_signals(&was);
    errno = why;
    return whole;
}

bool curve_close(curve *c)
{
    if (!c->open)
        return true;
    errno = ENOMEM;
    bool whole = c->text && put(c->path, c->text, c->size);
    c->open = false;
    free(c->text);
    return whole;
}
