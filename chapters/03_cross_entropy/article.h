/* SPDX-License-Identifier: MIT */
/** @file
 *  The article's worked example of cross-entropy, and its training run: what it
 *  prints, what its own formulas give, what is right (S4-20 to S4-35, S4-40,
 *  S4-46, S4-47). */
#ifndef HANDGRAD_ARTICLE_H
#define HANDGRAD_ARTICLE_H

#include "lib/real.h"
#include "lib/show.h"

enum { ARTICLE_N = 5 };

/** The example's numbers: five sigmoid outputs over five hidden values. */
typedef struct article {
    real a2[ARTICLE_N]; /**< hidden values */
    real a3[ARTICLE_N]; /**< outputs, in (0,1) */
    real y[ARTICLE_N];  /**< labels */
    real rate;          /**< learning rate */
} article;

/** As the article has them, with its rate of 0.1. */
extern const article article_numbers;

/** Backward through z = W a + b: adds to dW, db and da, eqs. 3.41 to 3.43.
 *  @param[in] dz  (M)    gradient by z
 *  @param[in] W   (M,N)  weights; only da needs them
 *  @param[in] a   (N)    what the layer was given */
void output_layer_backward(int M, int N, real dW[M][N], real db[M], real da[N],
                           const real dz[M], const real W[M][N],
                           const real a[N]);

/** The chance that C digits, each uniform in 0..9, are one-hot: eq. 3.45. */
double chance_of_one_hot(int C);

/** The expected least cross-entropy that any prediction can reach on rows of C
 *  such digits: eq. 3.48. */
double least_loss_of_digits(int C);

/** The expected accuracy of the constant prediction j on rows of C digits,
 *  where the label is the place of the first largest digit: eq. 3.49. */
double accuracy_of_constant(int C, int j);

/** Section 3.9: the example, line by line. */
void article_example(show *s, const article *a);

/** Section 3.10: the run with digits as labels. */
void article_training(show *s);

#endif
