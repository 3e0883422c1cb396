/* SPDX-License-Identifier: MIT */
/** @file
 *  The Thousand Character Classic (千字文, Zhou Xingsi, sixth century): exactly
 *  1000 characters, all different. Origin: the npm package chinese-poetry 2.0.1
 *  (MIT licence); the text itself is in the public domain by its age.
 *  data/README.md has more, and the text as a file. */
#ifndef HANDGRAD_QIANZIWEN_H
#define HANDGRAD_QIANZIWEN_H

enum { QIANZIWEN = 1000 };

/** The characters in the order of the text, each a string of UTF-8. Since no
 *  character comes twice, the number of a character is its place: token n is
 *  qianziwen[n]. */
extern const char *const qianziwen[QIANZIWEN];

#endif
