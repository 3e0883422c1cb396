/* SPDX-License-Identifier: MIT */
/* What the checks of a program cost. Linked before it with --wrap=hg_check and
 * --wrap=hg_check_complex, so that every check passes through here: it is made for the program;
 * once more to note at which points it calls its loss; and again for the clock, as often as fills
 * a few milliseconds, in turn with the same calls at the same points and nothing else. (Only
 * checks of right gradients: what shows a mistake or a kink takes longer, looks closer and
 * explains.) At the end of the program one line on standard error:
 *
 *     bench ENTRIES PASSES SECONDS BARE
 *
 * entries of those checks, calls of their losses, processor time of one round of checks and of the
 * same calls alone. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lib/check/entries.h"
#include "lib/check/handgrad.h"

enum { BLOCKS = 5 };

typedef hg_status check(const hg_problem *p, const hg_options *o,
                        hg_result r[]);

/* The names are the linker's. NOLINTBEGIN(bugprone-reserved-identifier) */
check __real_hg_check, __wrap_hg_check, __real_hg_check_complex,
    __wrap_hg_check_complex;

static long entries, passes;
static double seconds, bare;

/* ---- at which points a check calls its loss ----------------------------- */

/* A number in the memory of a problem, and its value at the point. */
typedef struct number {
    void *at;
    hg_type type;
    double value;
} number;

/* A call: one number has another value, or none (NULL). */
typedef struct call {
    const number *changed;
    double value;
} call;

typedef struct recorder {
    const hg_problem *p;
    long numbers, calls, room;
    number *number;
    call *call;
} recorder;

static void *need(void *memory)
{
    if (!memory) {
        fputs("bench: no memory\n", stderr);
        exit(2);
    }
    return memory;
}

static double load(const number *n)
{
    return hgi_load(n->at, n->type, 0);
}

static void store(const number *n, double value)
{
    hgi_store(n->at, n->type, 0, value);
}

static void add_number(recorder *r, void *at, hg_type type)
{
    number *n = &r->number[r->numbers++];
    *n = (number){at, type, 0};
    n->value = load(n);
}

static void note_numbers(recorder *r)
{
    const hg_problem *p = r->p;
    size_t most = 0;
    for (int k = 0; k < p->tensors; k++)
        most += 2 * (size_t)hg_entries(&p->tensor[k]);
    r->number = need(calloc(most, sizeof *r->number));
    for (int k = 0; k < p->tensors; k++) {
        const hg_tensor *t = &p->tensor[k];
        size_t size = t->type == HG_FLOAT ? sizeof(float) : sizeof(double);
        for (int i = 0, n = hg_entries(t); i < n; i++) {
            ptrdiff_t at = hgi_stands_at(t, t->stride, i);
            if (t->type == HG_COMPLEX) {
                add_number(r, (double *)t->data + 2 * at, HG_DOUBLE);
                add_number(r, (double *)t->data + 2 * at + 1, HG_DOUBLE);
            } else {
                add_number(r, (char *)t->data + at * (ptrdiff_t)size, t->type);
            }
        }
    }
}

/* The loss of a problem, which notes where it is called. */
static int recording(void *context, double loss[2])
{
    recorder *r = context;
    if (r->calls == r->room) {
        r->room = 2 * r->room + 64;
        r->call = need(realloc(r->call, (size_t)r->room * sizeof *r->call));
    }
    call *c = &r->call[r->calls++];
    *c = (call){0};
    for (long i = 0; i < r->numbers; i++) {
        double value = load(&r->number[i]);
        if (value == r->number[i].value)
            continue;
        if (c->changed) {
            fputs("bench: a check changed two entries at once\n", stderr);
            exit(1);
        }
        *c = (call){&r->number[i], value};
    }
    return r->p->loss(r->p->context, loss);
}

static recorder record(check *real, const hg_problem *p, const hg_options *o,
                       hg_result again[])
{
    recorder r = {.p = p};
    hg_problem q = *p;
    note_numbers(&r);
    q.loss = recording;
    q.context = &r;
    q.gradient = NULL; /* it stands in memory by now */
    q.copy = NULL;
    if (p->losses) {
        fputs("bench: calls of `losses` are not recorded\n", stderr);
        exit(1);
    }
    if (real(&q, o, again) != HG_OK) {
        fputs("bench: a check that was made cannot be made again\n", stderr);
        exit(1);
    }
    return r;
}

static void replay(const recorder *r)
{
    double loss[2];
    for (const call *c = r->call; c < r->call + r->calls; c++) {
        if (c->changed)
            store(c->changed, c->value);
        r->p->loss(r->p->context, loss);
        if (c->changed)
            store(c->changed, c->changed->value);
    }
}

/* ---- the clock ---------------------------------------------------------- */

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
    long rounds = 1;
    for (int k = 0; k < p->tensors; k++)
        if (r[k].verdict != HG_AGREES && r[k].verdict != HG_ZERO)
            return status;
    hg_result *again = need(malloc((size_t)p->tensors * sizeof *again));
    recorder calls = record(real, p, o, again);
    for (int k = 0; k < p->tensors; k++)
        entries += hg_entries(&p->tensor[k]);
    passes += calls.calls;
    for (double time = 0; time < 1e-3 && rounds < 10000; rounds *= 2) {
        double begin = now();
        for (long i = 0; i < rounds; i++)
            real(p, o, again);
        time = now() - begin;
    }
    for (int block = 0; block < BLOCKS; block++) {
        double begin = now();
        for (long i = 0; i < rounds; i++)
            real(p, o, again);
        double middle = now();
        for (long i = 0; i < rounds; i++)
            replay(&calls);
        double end = now();
        seconds += (middle - begin) / (double)(BLOCKS * rounds);
        bare += (end - middle) / (double)(BLOCKS * rounds);
    }
    free(calls.number);
    free(calls.call);
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
