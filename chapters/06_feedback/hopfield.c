/* SPDX-License-Identifier: MIT */
#include "chapters/06_feedback/hopfield.h"

/* [hopfield_store] */
void hopfield_store(int N, real W[N][N], const real xi[N], double rate)
{
    for (int i = 0; i < N; i++) {
        real share = (real)rate * xi[i];
        for (int j = 0; j < i; j++)
            W[i][j] += share * xi[j];                               /* (6.41) */
        for (int j = i + 1; j < N; j++)
            W[i][j] += share * xi[j];
    }
}
/* [hopfield_store] */

void hopfield_field(int N, real f[N], const real W[N][N], const real s[N])
{
    for (int i = 0; i < N; i++) {
        f[i] = 0;
        for (int j = 0; j < N; j++)
            f[i] += W[i][j] * s[j];                                 /* (6.42) */
    }
}

real hopfield_decide(real f, real s, double lo, double hi)
{
    if (re(f) > 0)
        return (real)hi;                                            /* (6.43) */
    return re(f) < 0 ? (real)lo : s;
}

/* [hopfield_energy] */
real hopfield_energy(int N, const real W[N][N], const real s[N])
{
    real E = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            E -= W[i][j] * s[i] * s[j] / 2;                         /* (6.44) */
    return E;
}

void hopfield_energy_backward(int N, real dW[N][N], real ds[N], real dE,
                              const real W[N][N], const real s[N])
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            ds[i] -= dE / 2 * (W[i][j] + W[j][i]) * s[j];           /* (6.46) */
            dW[i][j] -= dE / 2 * s[i] * s[j];                       /* (6.47) */
        }
}
/* [hopfield_energy] */

/* [hopfield_recall] */
int hopfield_recall(int N, real s[N], const real W[N][N], double lo, double hi,
                    rng *g)
{
    int order[N], changes = 0, before;
    real f[N];
    for (int i = 0; i < N; i++)
        order[i] = i;
    hopfield_field(N, f, W, s);
    do {
        before = changes;
        for (int left = N; left > 0; left--) {
            int pick = rng_below(g, left), i = order[pick];
            order[pick] = order[left - 1]; /* each unit once a round */
            order[left - 1] = i;
            real change = hopfield_decide(f[i], s[i], lo, hi) - s[i];
            if (re(change) == 0) /* to the bit: lo and hi are exact */
                continue;
            s[i] += change;
            changes++;
            for (int j = 0; j < N; j++) /* W is symmetric */
                f[j] += W[i][j] * change;
        }
    } while (changes > before);
    return changes;
}
/* [hopfield_recall] */

double hopfield_bit_error(int N, int n)
{
    double signal = N / 2.0, noise = sqrt((n - 1) * N / 2.0);
    return erfc(signal / noise / sqrt(2.0)) / 2;                    /* (6.48) */
}

double hopfield_all_right(int N, int n)
{
    return exp(-N * hopfield_bit_error(N, n));                      /* (6.49) */
}
