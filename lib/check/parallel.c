/* SPDX-License-Identifier: MIT */
/* The only file that knows threads. Without <pthread.h> there is one core. */
#include "lib/check/checker.h"

#if defined __has_include
#if __has_include(<pthread.h>) && __has_include(<stdatomic.h>) && !defined HG_ONE_CORE
#define HG_THREADS 1
#endif
#endif

#ifdef HG_THREADS
#include <pthread.h>
#include <stdatomic.h>

enum { MOST = 64, SHARE = 16 }; /* threads; items that one of several takes at a time */

int hgi_most_workers(int wanted)
{
    return wanted < 1 ? 1 : wanted < MOST ? wanted : MOST;
}

/* Work that several threads share. */
typedef struct heap {
    atomic_long next;
    atomic_int failed;
    long n;
    task work;
    void *shared;
} heap;

typedef struct hand {
    heap *h;
    worker *w;
} hand;

static void *toil(void *argument)
{
    hand *my = argument;
    heap *h = my->h;
    for (;;) {
        long from = atomic_fetch_add(&h->next, SHARE);
        long to = from + SHARE < h->n ? from + SHARE : h->n;
        if (from >= to || atomic_load(&h->failed))
            return NULL;
        if (h->work(h->shared, my->w, from, to)) {
            atomic_store(&h->failed, 1);
            return NULL;
        }
    }
}

int hgi_for_each(team *t, long n, task work, void *shared)
{
    if (t->n == 1 || n <= 2 * SHARE)
        return n > 0 && work(shared, &t->w[0], 0, n);
    heap h = {.n = n, .work = work, .shared = shared};
    pthread_t thread[MOST];
    hand hands[MOST];
    int started = 0;
    for (int k = 0; k < t->n; k++)
        hands[k] = (hand){&h, &t->w[k]};
    while (started + 1 < t->n && started + 1 < n &&
           pthread_create(&thread[started], NULL, toil, &hands[started + 1]) == 0)
        started++;
    toil(&hands[0]); /* what no thread takes is done here */
    for (int k = 0; k < started; k++)
        pthread_join(thread[k], NULL);
    return atomic_load(&h.failed);
}

#else

int hgi_most_workers(int wanted)
{
    (void)wanted;
    return 1;
}

int hgi_for_each(team *t, long n, task work, void *shared)
{
    return n > 0 && work(shared, &t->w[0], 0, n);
}

#endif
