/* SPDX-License-Identifier: MIT */
/** @file
 *  The version of the course; the file VERSION says the same, a test holds it.
 */
#ifndef HANDGRAD_VERSION
#define HANDGRAD_VERSION "0.1.0"
#endif
