/* SPDX-License-Identifier: MIT */
#include "lib/curve.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
    c->file = open_memstream(&c->text, &c->size);
    if (c->file)
        fprintf(c->file, "# %s\n", columns);
    return c->file != NULL;
}

void curve_row(curve *c, int n, const double x[n])
{
    for (int i = 0; c->file && i < n; i++) {
        fputs(i ? " " : "", c->file);
        if (isnan(x[i]))
            fputs("NaN", c->file);
        else
            fprintf(c->file, "%.9g", x[i]);
    }
    if (c->file)
        putc('\n', c->file);
}

void curve_gap(curve *c)
{
    if (c->file)
        putc('\n', c->file);
}

/* Writes it beside, and renames it. What ends a program must wait meanwhile: nothing is left. */
static bool put(const char *path, const char *text, size_t size)
{
    char draft[1100];
    snprintf(draft, sizeof draft, "%s.%ld.tmp", path, (long)getpid());
    sigset_t ends, was;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGHUP);
    sigprocmask(SIG_BLOCK, &ends, &was);
    FILE *file = fopen(draft, "w");
    bool whole = file && fwrite(text, 1, size, file) == size;
    int why = errno;
    if (file && fclose(file) != 0 && whole) {
        why = errno;
        whole = false;
    }
    if (whole && rename(draft, path) != 0) {
        why = errno;
        whole = false;
    }
    if (file && !whole)
        remove(draft);
    sigprocmask(SIG_SETMASK, &was, NULL);
    errno = why;
    return whole;
}

bool curve_close(curve *c)
{
    if (!c->file)
        return true;
    bool whole = !ferror(c->file);
    errno = ENOMEM;
    whole = fclose(c->file) == 0 && whole && put(c->path, c->text, c->size);
    c->file = NULL;
    free(c->text);
    return whole;
}
