/* SPDX-License-Identifier: MIT */
#include "chapters/03_cross_entropy/article.h"

#include <stdlib.h>

#include "chapters/03_cross_entropy/cross_entropy.h"
#include "chapters/03_cross_entropy/losses.h"

const article article_numbers = {.a2 = {0.1, 0.2, 0.3, 0.4, 0.5},
                                 .a3 = {0.8, 0.9, 0.1, 0.2, 0.3},
                                 .y = {1, 0, 1, 0, 1},
                                 .rate = 0.1};

/* What the article prints; its logarithms are natural ones (the first is). */
static real printed_log[3] = {-0.22314, -0.47712, -0.40547};
static real printed_product[3] = {-0.04646, -0.09544, -0.08109};

/* ln x, and 0 for x = 0. Through a variable that no compiler can see through: a
 * folded logarithm may differ in its last bit. */
static double ln(double x)
{
    volatile double hidden = x > 0 ? x : 1;
    return log(hidden);
}

/* ---- the example --------------------------------------------------------- */

/* [output_layer_backward] */
void output_layer_backward(int M, int N, real dW[M][N], real db[M], real da[N],
                           const real dz[M], const real W[M][N],
                           const real a[N])
{
    for (int m = 0; m < M; m++) {
        for (int n = 0; n < N; n++) {
            dW[m][n] += dz[m] * a[n];                               /* (3.41) */
            da[n] += W[m][n] * dz[m];                               /* (3.43) */
        }
        db[m] += dz[m];                                             /* (3.42) */
    }
}
/* [output_layer_backward] */

static void its_network(show *s, const article *a)
{
    real sum = 0, z[ARTICLE_N];
    show_note(s,
              "Given are five hidden values, five outputs and five labels. "
              "The outputs do not sum to 1 and three labels are 1: so these "
              "are five sigmoids, each with a yes-or-no question of its own. "
              "Their logits are:");
    for (int i = 0; i < ARTICLE_N; i++) {
        sum += a->a3[i];
        z[i] = log(a->a3[i] / (1 - a->a3[i]));                      /* (3.40) */
    }
    show_value(s, "sum of the outputs", sum, NULL);
    show_equation(s, "3.40", "z = ln(a / (1 - a)), the inverse of the sigmoid");
    show_vector(s, "z", ARTICLE_N, z);
}

static void its_formula(show *s, const article *a)
{
    real first = 0, second = 0, terms[ARTICLE_N], each = 0;
    for (int i = 0; i < ARTICLE_N; i++) {
        real one = a->a3[i], y = a->y[i];
        terms[i] = bce_forward(1, &one, &y);
        first += y * log(one) / ARTICLE_N;
        second += (1 - y) * log(1 - one);
        each += -y * log(one) / ARTICLE_N + (1 - y) * log(1 - one);
    }
    show_equation(s, "3.6", "l = -[y ln a + (1 - y) ln(1 - a)]");
    show_vector(s, "l", ARTICLE_N, terms);
    show_equation(s, "3.7", "L = (l_1 + ... + l_5) / 5");
    show_value(s, "L", bce_forward(ARTICLE_N, a->a3, a->y),
               "(%.6f + %.6f + %.6f + %.6f + %.6f) / 5", re(terms[0]),
               re(terms[1]), re(terms[2]), re(terms[3]), re(terms[4]));
    show_no_equation(s);
    show_note(s, "The article's formula lacks the brackets: its minus sign and "
                 "its 1/5 belong to the first half only, and the loss is "
                 "negative.");
    show_value(s, "without brackets", second - first, "%.6f + (%.6f)",
               -re(first), re(second));
    show_value(s, "without brackets, term by term", each, NULL);
    show_note(s,
              "Then it drops the second half, so that outputs 2 and 4 cost "
              "nothing; sums a bracket that does not depend on i five times; "
              "and loses the minus sign:");
    show_value(s, "second half dropped", -first, NULL);
    show_value(s, "summed five times", -first * ARTICLE_N, NULL);
    show_value(s, "minus sign lost", first, NULL);
}

static void its_logarithms(show *s, const article *a)
{
    const int used[3] = {0, 2, 4};
    real ln10 = (real)ln(10), log10s = 0;
    show_note(s, "Its three logarithms. The first is right. The second is a "
                 "common logarithm of another number, -lg 3. The third is a "
                 "natural one, also of another number, ln(2/3).");
    for (int i = 0; i < 3; i++) {
        char name[40];
        real x = a->a3[used[i]];
        snprintf(name, sizeof name, "ln %g, printed", re(x));
        show_value(s, name, printed_log[i], NULL);
        snprintf(name, sizeof name, "ln %g", re(x));
        show_value(s, name, log(x), NULL);
        snprintf(name, sizeof name, "lg %g", re(x));
        show_value(s, name, log(x) / ln10, NULL);
        log10s -= log(x) / ln10 / ARTICLE_N;
    }
    show_value(s, "-lg 3", (real)-ln(3) / ln10, NULL);
    show_value(s, "ln(2/3)", (real)ln(2 / 3.0), NULL);
    show_value(s, "second half dropped, common logarithms", log10s, NULL);
}

static void its_products(show *s)
{
    real sum = 0, sum_right = 0;
    show_note(s, "Its products: with the printed factors as they are only the "
                 "third product is right. Its sum is right for what it adds.");
    for (int i = 0; i < 3; i++) {
        char name[40];
        real right = printed_log[i] / ARTICLE_N;
        snprintf(name, sizeof name, "0.2*(%g), printed", re(printed_log[i]));
        show_value(s, name, printed_product[i], NULL);
        snprintf(name, sizeof name, "0.2*(%g)", re(printed_log[i]));
        show_value(s, name, right, NULL);
        sum += printed_product[i];
        sum_right += right;
    }
    show_value(s, "sum, as printed", sum, NULL);
    show_value(s, "sum of the right products", sum_right, NULL);
}

static void its_gradient(show *s, const article *a, real dz[ARTICLE_N])
{
    enum { N = ARTICLE_N };
    real da[N] = {0}, dy[N] = {0}, z[N], unused[N] = {0};
    real truncated[N], hadamard[N], dot = 0, printed[N];
    bce_backward(N, da, dy, 1, a->a3, a->y);
    for (int i = 0; i < N; i++) {
        z[i] = log(a->a3[i] / (1 - a->a3[i]));
        truncated[i] = -a->y[i] / a->a3[i] / N;
        hadamard[i] = -a->a2[i] * a->a2[i];
        printed[i] = -a->a2[i] / 10;
        dot += hadamard[i];
        dz[i] = 0;
    }
    cross_entropy_binary_backward(N, dz, unused, 1, z, a->y);
    show_note(s, "The gradient by the outputs starts the way back; it does not "
                 "come from the layer below, as the article has it.");
    show_equation(s, "3.8", "da = [-y/a + (1 - y)/(1 - a)] / 5");
    show_vector(s, "da", N, da);
    show_vector(s, "da, second half dropped", N, truncated);
    show_equation(s, "3.13", "dz = (a - y) / 5");
    show_vector(s, "dz", N, dz);
    show_no_equation(s);
    show_note(s, "The article multiplies -a2 by a2 instead, two rows, and "
                 "prints a tenth of -a2. As rows cannot be multiplied, here is "
                 "the product entry by entry, and the dot product:");
    show_vector(s, "printed", N, printed);
    show_vector(s, "-a2 a2, entry by entry", N, hadamard);
    show_value(s, "-a2 . a2", dot, NULL);
}

static void its_update(show *s, const article *a, const real dz[ARTICLE_N])
{
    enum { N = ARTICLE_N };
    real dW[N][N] = {{0}}, db[N] = {0}, da2[N] = {0}, W[N][N] = {{0}};
    output_layer_backward(N, N, dW, db, da2, dz, W, a->a2);
    show_note(s, "The weights: a matrix, so its gradient is one too. The "
                 "article subtracts the vector da from it.");
    show_equation(s, "3.41", "dW_ij = dz_i a2_j");
    show_matrix(s, "dW", N, N, dW);
    show_equation(s, "3.42", "db = dz");
    show_vector(s, "db", N, db);
    show_equation(s, "3.43", "da2_j = sum_i W_ij dz_i");
    show_vector(s, "da2 for a W of zeros", N, da2);
    real change = -a->rate * dW[0][0];                              /* (3.44) */
    show_equation(s, "3.44", "W changes by -rate dW");
    show_value(s, "change of W_11", change, "-%g*(%g)", re(a->rate),
               re(dW[0][0]));
}

void article_example(show *s, const article *a)
{
    real dz[ARTICLE_N];
    show_section(s, "The article's example, line by line");
    its_network(s, a);
    its_formula(s, a);
    its_logarithms(s, a);
    its_products(s);
    its_gradient(s, a, dz);
    its_update(s, a, dz);
}

/* ---- the training run ---------------------------------------------------- */

/* [digits] */
double chance_of_one_hot(int C)
{
    double chance = C; /* the places where the 1 may stand */
    for (int c = 0; c < C; c++)
        chance /= 10;                                               /* (3.45) */
    return chance;
}

double least_loss_of_digits(int C)
{
    int most = 9 * C;
    double *ways = calloc((size_t)most + 1, sizeof *ways);
    if (!ways)
        return (double)NAN;
    ways[0] = 1; /* one empty row, with the sum 0 */
    for (int c = 1; c <= C; c++)
        for (int s = 9 * c; s >= 0; s--) { /* from above: still those of c-1 */
            double sum = 0;
            for (int digit = 0; digit <= 9 && digit <= s; digit++)
                sum += s - digit <= 9 * (c - 1) ? ways[s - digit] : 0;
            ways[s] = sum;
        }
    double rows = 1, of_sum = 0, of_digit = 0;
    for (int c = 0; c < C; c++)
        rows *= 10;
    for (int s = 0; s <= most; s++)
        of_sum += ways[s] / rows * s * ln(s);
    for (int digit = 0; digit <= 9; digit++)
        of_digit += digit * ln(digit) / 10;
    free(ways);
    return of_sum - C * of_digit;                                   /* (3.48) */
}

double accuracy_of_constant(int C, int j)
{
    double sum = 0;
    for (int k = 0; k <= 9; k++) { /* k is the largest digit */
        double chance = 0.1;
        for (int c = 0; c < C; c++)
            if (c != j)
                chance *= c < j ? k / 10.0 : (k + 1) / 10.0;
        sum += chance;                                              /* (3.49) */
    }
    return sum;
}
/* [digits] */

void article_training(show *s)
{
    enum { C = 10 };
    real mean, accuracy[C], total = 0;
    show_section(s, "The article's training run");
    show_note(s, "Its labels are rows of ten random digits from 0 to 9, meant "
                 "as classes. How often is such a row one-hot?");
    show_equation(s, "3.45", "P(one-hot) = C / 10^C");
    show_value(s, "P(one-hot)", (real)chance_of_one_hot(C), NULL);
    mean = 4.5 * C;                                                 /* (3.46) */
    show_equation(s, "3.46", "E[s] = 9/2 C, the mean sum of a row");
    show_value(s, "E[s]", mean, "4.5*10");
    show_note(s, "A network that predicts 1/10 for each class has the "
                 "cross-entropy ln 10 on a one-hot row, and s ln 10 on a row "
                 "with the sum s:");
    show_equation(s, "3.47", "E[L] = E[s] ln C at the uniform prediction");
    real uniform = mean * (real)ln(C);                              /* (3.47) */
    show_value(s, "ln 10", (real)ln(C), NULL);
    show_value(s, "E[L]", uniform, "45*%.6f", ln(C));
    show_equation(s, "3.48", "least E[L] = E[s ln s] - C E[y ln y]");
    show_value(s, "least E[L]", (real)least_loss_of_digits(C), NULL);
    show_note(s, "So no network can go below that, and the article's loss of "
                 "2.3026 cannot come from these labels. Its accuracy compares "
                 "the place of the largest digit, the first where several are "
                 "equal, with the prediction. Always predicting class j gives "
                 "the accuracies:");
    show_equation(s, "3.49",
                  "sum_k 1/10 (k/10)^j ((k+1)/10)^(9-j), for j = 0..9");
    for (int j = 0; j < C; j++) {
        accuracy[j] = (real)accuracy_of_constant(C, j);
        total += accuracy[j];
    }
    show_vector(s, "accuracy", C, accuracy);
    show_residual(s, "sum - 1", re(total) - 1);
    show_no_equation(s);
    show_note(s, "The network of the listing also is not the one of the text:");
    show_count(s, "parameters, 100-50-10 of the text",
               100 * 50 + 50 + 50 * 10 + 10);
    show_count(s, "parameters, 100-100-50-10 of the listing",
               100 * 100 + 100 + 100 * 50 + 50 + 50 * 10 + 10);
}
