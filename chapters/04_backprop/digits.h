/* SPDX-License-Identifier: MIT */
/** @file
 *  1797 handwritten digits of 8 x 8 pixels (Alpaydin and Kaynak 1998; origin and
 *  terms are in data/README.md). */
#ifndef HANDGRAD_DIGITS_DATA_H
#define HANDGRAD_DIGITS_DATA_H

enum {
    DIGITS = 1797,
    DIGITS_TRAIN = 898,
    DIGIT_PIXELS = 64,
    DIGIT_CLASSES = 10
};

/** digit_row[n][0..63]: grey values 0 to 16, row by row; digit_row[n][64]: the class, 0 to 9.
 *  Rows below DIGITS_TRAIN are for training, the others for testing. */
extern const unsigned char digit_row[DIGITS][DIGIT_PIXELS + 1];

#endif
