/* SPDX-License-Identifier: MIT */
/** @file
 *  The Thousand Character Classic (千字文, sixth century): exactly 1000
 *  characters, all different (data/README.md has origin and terms). */
#ifndef HANDGRAD_QIANZIWEN_H
#define HANDGRAD_QIANZIWEN_H

enum { QIANZIWEN = 1000 };

/** The characters in the order of the text, each a string of UTF-8. Since no
 *  character comes twice, the number of a character is its place: token n is
 *  qianziwen[n]. */
extern const char *const qianziwen[QIANZIWEN];

#endif
