/* SPDX-License-Identifier: MIT */
/** @file
 *  The worked examples of chapter 5, sections 5.1 to 5.9: what they are given,
 *  and a function for each section. */
#ifndef HANDGRAD_OPTIMIZERS_WORKED_H
#define HANDGRAD_OPTIMIZERS_WORKED_H

#include "chapters/05_optimizers/listing.h"
#include "chapters/05_optimizers/optimizers.h"
#include "lib/real.h"
#include "lib/show.h"

enum { XN = 3, XD = 2, XV = 2, XT = 2, ROWS = 4 };

/** The numbers that can be set. */
typedef struct inputs {
    real start, minimum, rate;       /**< 5.1: f(w) = (w - minimum)^2/2 */
    real beta, rho;                  /**< momentum; RMSProp */
    real beta1, beta2, epsilon;      /**< Adam and its kin */
    real initial, step;              /**< 5.3: initial rate; t */
    real w[3], lambda;               /**< 5.4: weights, strength */
    real square[2][2];               /**< 5.4: a matrix with two norms */
    real X[XN][XD], y[XN], v[XD], p; /**< 5.5: regression, dropped */
    real g[2], limit;                /**< 5.6: gradient, its limit */
    real rates[XT], w0[XD];          /**< 5.8: schedule, start */
    real Xv[XV][XD], yv[XV];         /**< 5.8: data for validation */
    real x[ROWS][IN], label[ROWS];   /**< 5.9: the listing's data */
    real test[1][IN];                /**< 5.9: what it is asked */
} inputs;

/** The rule of Adam with the settings of these inputs. */
adam_rule rule_of(const inputs *in);

void show_rules(show *s, const inputs *in);       /**< 5.1 */
void show_first_steps(show *s, const inputs *in); /**< 5.2 */
void show_schedules(show *s, const inputs *in);   /**< 5.3 */
void show_decay(show *s, const inputs *in);       /**< 5.4 */
void show_dropout(show *s, const inputs *in);     /**< 5.5 */
void show_clipping(show *s, const inputs *in);    /**< 5.6 */
void show_updates(show *s, const inputs *in);     /**< 5.7 */
void show_unrolled(show *s, const inputs *in);    /**< 5.8 */
void show_listing(show *s, const inputs *in);     /**< 5.9 */

#endif
