/* SPDX-License-Identifier: MIT */
#include "chapters/06_feedback/back_edges.h"

enum { LETTERS = 26 };

arrows arrows_read(const char *pairs)
{
    arrows a = {0};
    int number[LETTERS];
    for (int k = 0; k < LETTERS; k++)
        number[k] = -1;
    for (const char *c = pairs; *c && a.edges < MOST_ARROWS; c++) {
        if (c[0] < 'A' || c[0] > 'Z' || c[1] < 'A' || c[1] > 'Z')
            continue;
        for (int end = 0; end < 2; end++)
            if (number[c[end] - 'A'] < 0)
                number[c[end] - 'A'] = a.nodes++;
        a.tail[a.edges] = number[c[0] - 'A'];
        a.head[a.edges] = number[c[1] - 'A'];
        a.edges++;
        c++;
    }
    return a;
}

/* [back_edges] */
enum { UNSEEN, ON_THE_WAY, DONE };

static int search_from(const arrows *a, int node, int state[])
{
    int found = 0;
    state[node] = ON_THE_WAY;
    for (int e = 0; e < a->edges; e++) {
        if (a->tail[e] != node)
            continue;
        if (state[a->head[e]] == ON_THE_WAY)
            found++; /* this arrow closes a cycle */
        else if (state[a->head[e]] == UNSEEN)
            found += search_from(a, a->head[e], state);
    }
    state[node] = DONE;
    return found;
}

int back_edges(const arrows *a)
{
    int state[LETTERS] = {UNSEEN}, found = 0;
    for (int node = 0; node < a->nodes; node++)
        if (state[node] == UNSEEN)
            found += search_from(a, node, state);
    return found;
}
/* [back_edges] */

int sorted_nodes(const arrows *a)
{
    int waiting[LETTERS] = {0}, sorted = 0, before;
    for (int e = 0; e < a->edges; e++)
        waiting[a->head[e]]++;
    do { /* take away a node that no arrow leads to, and its arrows */
        before = sorted;
        for (int node = 0; node < a->nodes; node++)
            if (waiting[node] == 0) {
                waiting[node] = -1;
                sorted++;
                for (int e = 0; e < a->edges; e++)
                    waiting[a->head[e]] -= a->tail[e] == node;
            }
    } while (sorted > before);
    return sorted;
}
