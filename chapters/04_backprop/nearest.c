/* SPDX-License-Identifier: MIT */
#include "chapters/04_backprop/nearest.h"

#include "chapters/04_backprop/digits.h"

#include <limits.h>

int digit_distance(int first, int second)
{
    int sum = 0;
    for (int j = 0; j < DIGIT_PIXELS; j++) {
        int d = digit_row[first][j] - digit_row[second][j];
        sum += d * d;                                               /* (4.40) */
    }
    return sum;
}

/* Puts a neighbour in its place among the k nearest so far. */
static void insert(int k, int distance[k], int class[k], int far, int its_class)
{
    int at = k - 1;
    if (far >= distance[at])
        return;
    for (; at > 0 && far < distance[at - 1]; at--) {
        distance[at] = distance[at - 1];
        class[at] = class[at - 1];
    }
    distance[at] = far;
    class[at] = its_class;
}

int nearest_class(int k, int query, int from, int to)
{
    int distance[k], class[k], votes[DIGIT_CLASSES] = {0}, best = 0;
    for (int i = 0; i < k; i++) {
        distance[i] = INT_MAX;
        class[i] = 0;
    }
    for (int n = from; n < to; n++)
        if (n != query)
            insert(k, distance, class, digit_distance(n, query),
                   digit_row[n][DIGIT_PIXELS]);
    for (int i = 0; i < k; i++)
        votes[class[i]]++;
    for (int c = 1; c < DIGIT_CLASSES; c++)
        if (votes[c] > votes[best])
            best = c;
    return best;
}
