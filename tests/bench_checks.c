/* SPDX-License-Identifier: MIT */
/* What the checks of a program cost. Linked before it with --wrap=hg_check and
 * --wrap=hg_check_complex, so that every check passes through here: it is made once for the
 * program, and again for the clock, as often as fills a few milliseconds; then its loss is called
 * alone, as often as the check called it. (Only checks of right gradients: what shows a mistake or
 * a kink takes longer, looks closer and explains.) At the end of the program one line on standard
 * error:
 *
 *     bench ENTRIES PASSES SECONDS BARE
 *
 * entries of those checks, calls of their losses, processor time of one round of checks and of as
 * many bare calls. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lib/check/handgrad.h"

typedef hg_status check(const hg_problem *p, const hg_options *o,
                        hg_result r[]);

/* The names are the linker's. NOLINTBEGIN(bugprone-reserved-identifier) */
check __real_hg_check, __wrap_hg_check, __real_hg_check_complex,
    __wrap_hg_check_complex;

static long entries, passes;
static double seconds, bare;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void say(void)
{
    fprintf(stderr, "bench %ld %ld %.9g %.9g\n", entries, passes, seconds,
            bare);
}

static hg_status timed(check *real, const hg_problem *p, const hg_options *o,
                       hg_result r[])
{
    static int registered;
    hg_status status = real(p, o, r);
    if (status != HG_OK)
        return status;
    if (!registered++)
        atexit(say);
    long calls = 0, rounds = 0;
    for (int k = 0; k < p->tensors; k++)
        if (r[k].verdict != HG_AGREES && r[k].verdict != HG_ZERO)
            return status;
    for (int k = 0; k < p->tensors; k++) {
        entries += hg_entries(&p->tensor[k]);
        calls += r[k].passes;
    }
    passes += calls;
    hg_result *again = calloc((size_t)p->tensors, sizeof *again);
    if (!again)
        return HG_NO_MEMORY;
    double begin = now(), loss[2];
    do
        real(p, o, again);
    while (++rounds < 10000 && now() - begin < 5e-3);
    double end = now();
    for (long i = 0; i < rounds * calls; i++)
        p->loss(p->context, loss);
    seconds += (end - begin) / (double)rounds;
    bare += (now() - end) / (double)rounds;
    free(again);
    return HG_OK;
}

hg_status __wrap_hg_check(const hg_problem *p, const hg_options *o,
                          hg_result r[])
{
    return timed(__real_hg_check, p, o, r);
}

hg_status __wrap_hg_check_complex(const hg_problem *p, const hg_options *o,
                                  hg_result r[])
{
    return timed(__real_hg_check_complex, p, o, r);
}
/* NOLINTEND(bugprone-reserved-identifier) */
