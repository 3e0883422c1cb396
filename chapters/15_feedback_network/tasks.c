/* SPDX-License-Identifier: MIT */
#include "chapters/15_feedback_network/tasks.h"

#include <string.h>

static void parity_draw(int T, int D, real x[T][D], int target[T], rng *g)
{
    int odd = 0;
    for (int t = 0; t < T; t++) {
        int bit = rng_below(g, 2);
        odd ^= bit;
        x[t][0] = (real)(2 * bit - 1);
        target[t] = odd;
    }
}

static void recall_draw(int T, int D, real x[T][D], int target[T], rng *g)
{
    int marker = rng_below(g, T - 2);
    memset(x, 0, (size_t)T * sizeof *x);
    memset(target, 0, (size_t)T * sizeof *target);
    for (int t = 0; t < T - 1; t++) {
        int item = rng_below(g, ITEMS);
        x[t][t == marker ? ITEMS : item] = 1;
        if (t == marker + 1)
            target[T - 1] = item;
    }
    x[T - 1][ITEMS + 1] = 1;
}

const task fbnet_parity = {8, 1, 2, 7, parity_draw};
const task fbnet_recall = {7, ITEMS + 2, ITEMS, 0, recall_draw};

double fbnet_recall_share(int T, int D, const real x[T][D])
{
    int most = 0;
    for (int item = 0; item < ITEMS; item++) {
        int count = 0;
        for (int t = 0; t < T; t++)
            count += re(x[t][item]) > 0;
        most = count > most ? count : most;
    }
    return (double)most / (T - 2);
}
