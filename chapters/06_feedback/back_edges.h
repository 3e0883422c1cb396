/* SPDX-License-Identifier: MIT */
/** @file
 *  Whether a drawing of a network has feedback: arrows that lead back, counted.
 *  A network is a directed graph. Its nodes are capital letters, and its arrows
 *  are written as pairs of letters: "AB BC CB" is A -> B -> C -> B. */
#ifndef HANDGRAD_BACK_EDGES_H
#define HANDGRAD_BACK_EDGES_H

/** The most arrows that a drawing may have here. */
enum { MOST_ARROWS = 64 };

/** A graph: the nodes 0 to nodes-1, an arrow from tail[e] to head[e]. */
typedef struct arrows {
    int nodes, edges;
    int tail[MOST_ARROWS], head[MOST_ARROWS];
} arrows;

/** Reads pairs of capital letters; the nodes get their numbers in the order in
 *  which the letters first appear. At most MOST_ARROWS pairs; the rest is left
 *  out. */
arrows arrows_read(const char *pairs);

/** How many arrows lead back: from a node to itself or to one that the search
 *  is still on the way from. Depth-first search from each node not seen yet, in
 *  the order of their numbers (Cormen et al., Introduction to Algorithms,
 *  section "Depth-first search"). It is 0 exactly where the graph has no cycle;
 *  where there are cycles, the number may depend on where the search begins. */
int back_edges(const arrows *a);

/** How many nodes can be put in an order in which every arrow leads forward
 *  (Kahn 1962): all of them exactly where there is no cycle. */
int sorted_nodes(const arrows *a);

#endif
