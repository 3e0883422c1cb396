/* SPDX-License-Identifier: MIT */
#include "chapters/03_cross_entropy/metrics.h"

/* [metrics] */
confusion confusion_count(int N, const real p[N], const real y[N])
{
    confusion c = {0};
    for (int n = 0; n < N; n++) {
        int predicted = re(p[n]) > 0.5, positive = re(y[n]) > 0.5;
        c.tp += predicted && positive;
        c.fp += predicted && !positive;
        c.fn += !predicted && positive;
        c.tn += !predicted && !positive;
    }
    return c;
}

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : (double)NAN;
}

double accuracy(confusion c)
{
    double all = (double)c.tp + c.fp + c.fn + c.tn;
    return share((double)c.tp + c.tn, all);                         /* (3.53) */
}

double precision(confusion c)
{
    return share(c.tp, (double)c.tp + c.fp);                        /* (3.54) */
}

double recall(confusion c)
{
    return share(c.tp, (double)c.tp + c.fn);                        /* (3.55) */
}

double f1_score(confusion c)
{
    return share(2.0 * c.tp, 2.0 * c.tp + c.fp + c.fn);             /* (3.56) */
}
/* [metrics] */
