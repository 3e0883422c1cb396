/* SPDX-License-Identifier: MIT */
#include "lib/curve.h"

#include <errno.h>
#include <math.h>
#include <string.h>

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
    snprintf(c->draft, sizeof c->draft, "%s.tmp", c->path);
    c->file = fopen(c->draft, "w");
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

bool curve_close(curve *c)
{
    if (!c->file)
        return true;
    bool whole = !ferror(c->file);
    errno = whole ? 0 : EIO; /* the cause of an earlier failure is lost */
    if (fclose(c->file) != 0)
        whole = false;
    c->file = NULL;
    if (whole && rename(c->draft, c->path) == 0)
        return true;
    int why = errno;
    remove(c->draft);
    errno = why;
    return false;
}
