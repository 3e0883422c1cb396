/* SPDX-License-Identifier: MIT */
#include "lib/condition.h"

#include <stdlib.h>
#include <string.h>

/* Of all tensors, entry after entry: the gradient, and the sum of squared changes. */
typedef struct record {
    double *first, *squares;
} record;

/* Notes how the gradients differ from the first ones, for one stored value. */
static void add_changes(const record *r, double part, int n, const hg_tensor t[n])
{
    int at = 0;
    for (int k = 0; k < n; k++)
        for (int i = 0, m = hg_entries(&t[k]); i < m; i++, at++) {
            double change = (re(((const real *)t[k].grad)[i]) - r->first[at]) / part;
            r->squares[at] += change * change;
        }
}

static double conclude(const record *r, int n, hg_tensor t[n])
{
    double most = 1;
    int at = 0;
    for (int k = 0; k < n; k++) {
        double worst = 0, largest = 0;
        for (int i = 0, m = hg_entries(&t[k]); i < m; i++, at++) {
            worst = fmax(worst, sqrt(r->squares[at]));
            largest = fmax(largest, fabs(r->first[at]));
        }
        t[k].condition = largest > 0 ? fmax(1, worst / largest) : 1;
        most = fmax(most, t[k].condition);
    }
    return most;
}

double condition_measure(void (*backward)(void *context), void *context, int ranges,
                         const stored range[ranges], int n, hg_tensor t[n])
{
    const double part = 0x1p-20; /* far above rounding, far below what bends a gradient */
    int total = 0, at = 0;
    for (int k = 0; k < n; k++)
        total += hg_entries(&t[k]);
    double *room = total > 0 ? calloc(2 * (size_t)total, sizeof *room) : NULL;
    if (!room)
        return 1; /* the tensors keep the condition that they have: the strictest */
    const record r = {room, room + total};
    backward(context);
    for (int k = 0; k < n; k++)
        for (int i = 0, m = hg_entries(&t[k]); i < m; i++)
            r.first[at++] = re(((const real *)t[k].grad)[i]);
    for (int j = 0; j < ranges; j++)
        for (int i = 0; i < range[j].n; i++) {
            real was = range[j].values[i];
            range[j].values[i] -= (real)part * was;
            backward(context);
            range[j].values[i] = was;
            add_changes(&r, part, n, t);
        }
    backward(context);
    double most = conclude(&r, n, t);
    free(room);
    return most;
}
