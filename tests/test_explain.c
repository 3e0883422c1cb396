/* SPDX-License-Identifier: MIT */
/* Explanations that need a known vector, a matrix or a time axis: each from numbers that
 * contain the mistake and nothing else, and each beside numbers that almost do.
 */
#define CK_FLOATING_DIG 17
#include "lib/check/explain.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/rng.h"
#include "tests/suite.h"

enum { ROOM = 64, TENSORS = 3, KNOWNS = 3 };

/* Up to three tensors and three known vectors; tensor 0 is the wrong one. */
typedef struct scene {
    hg_problem p;
    hg_evidence e[TENSORS];
    hg_tensor t[TENSORS], known[KNOWNS];
    double value[TENSORS][ROOM], a[TENSORS][ROOM], x[TENSORS][ROOM];
    double bound[ROOM], told[KNOWNS][ROOM];
    hg_explanation why;
    rng g;
} scene;

static void fill(scene *s, double to[ROOM])
{
    for (int i = 0; i < ROOM; i++)
        to[i] = rng_between(&s->g, -2, 2);
}

static void scene_new(scene *s, int seed)
{
    memset(s, 0, sizeof *s);
    s->g = rng_new((uint64_t)seed, 77);
    for (int k = 0; k < TENSORS; k++) {
        fill(s, s->value[k]);
        fill(s, s->x[k]);
        memcpy(s->a[k], s->x[k], sizeof s->a[k]);
        s->e[k] = (hg_evidence){s->a[k], s->x[k], s->bound};
    }
    for (int k = 0; k < KNOWNS; k++)
        fill(s, s->told[k]);
    for (int i = 0; i < ROOM; i++)
        s->bound[i] = 1e-11;
    s->p = (hg_problem){.tensor = s->t, .known = s->known};
}

static hg_tensor shaped(const char *name, const char *letters, void *data,
                        int rank, int m, int n, int k)
{
    return (hg_tensor){.name = name,
                       .letters = letters,
                       .data = data,
                       .grad = data,
                       .rank = rank,
                       .shape = {m, n, k}};
}

static void tensor(scene *s, const char *name, const char *letters, int rank,
                   int m, int n, int k)
{
    int at = s->p.tensors++;
    s->t[at] = shaped(name, letters, s->value[at], rank, m, n, k);
}

static double *known(scene *s, const char *name, const char *letters, int rank,
                     int m, int n)
{
    int at = s->p.knowns++;
    s->known[at] = shaped(name, letters, s->told[at], rank, m, n, 1);
    return s->told[at];
}

static void expect(scene *s, hg_mistake mistake, const char *part)
{
    hg_explain(&s->p, s->e, 0, &s->why);
    ck_assert_msg(s->why.mistake == mistake, "got %s: %s",
                  hg_mistake_name(s->why.mistake), s->why.text);
    ck_assert_msg(strstr(s->why.text, part) != NULL, "'%s' lacks '%s'",
                  s->why.text, part);
}

/* One entry that the mistake does not predict: then it has no name. */
static void expect_none_nearly(scene *s)
{
    s->a[0][1] += 0.3;
    hg_explain(&s->p, s->e, 0, &s->why);
    ck_assert_msg(s->why.mistake == HG_UNEXPLAINED, "got %s", s->why.text);
}

/* ---- matrices ------------------------------------------------------------- */

/* dx_t = D U^T dx_t+1, but with U: the slopes D are not known. */
START_TEST(transposed_in_time)
{
    enum { T = 3, H = 3 };
    scene s;
    scene_new(&s, _i);
    tensor(&s, "x", "T,H", 2, T, H, 1);
    tensor(&s, "U", "H,H", 2, H, H, 1);
    const double *U = s.value[1];
    for (int t = T - 2; t >= 0; t--)
        for (int c = 0; c < H; c++) {
            double slope = 0.2 + 0.7 * rng_uniform(&s.g), right = 0, given = 0;
            for (int k = 0; k < H; k++) {
                right += U[k * H + c] * s.x[0][(t + 1) * H + k];
                given += U[c * H + k] * s.a[0][(t + 1) * H + k];
            }
            s.x[0][t * H + c] = slope * right;
            s.a[0][t * H + c] = slope * given;
        }
    expect(&s, HG_TRANSPOSED, "goes through U^T, not through U");
    s.a[0][1] += 0.3; /* what is left says that the recurrence is wrong */
    hg_explain(&s.p, s.e, 0, &s.why);
    ck_assert_int_ne(s.why.mistake, HG_TRANSPOSED);
}
END_TEST

/* dh = the sum over gates of U_g^T da_g, where da is the gradient of b. */
START_TEST(transposed_in_blocks)
{
    enum { G = 3, H = 4 };
    scene s;
    scene_new(&s, _i);
    tensor(&s, "h", "H", 1, H, 1, 1);
    tensor(&s, "U", "G,H,H", 3, G, H, H);
    tensor(&s, "b", "G,H", 2, G, H, 1);
    const double *U = s.value[1];
    for (int c = 0; c < H; c++) {
        s.x[0][c] = s.a[0][c] = 0;
        for (int g = 0; g < G; g++)
            for (int k = 0; k < H; k++) {
                s.x[0][c] += U[(g * H + k) * H + c] * s.x[2][g * H + k];
                s.a[0][c] += U[(g * H + c) * H + k] * s.x[2][g * H + k];
            }
    }
    expect(&s, HG_TRANSPOSED, "through U^T, not through U");
    expect_none_nearly(&s);
}
END_TEST

/* dx = dy W, of which only the last term is left. */
START_TEST(last_term_only)
{
    enum { B = 2, M = 4, N = 3 };
    scene s;
    scene_new(&s, _i);
    tensor(&s, "x", "B,N", 2, B, N, 1);
    tensor(&s, "W", "M,N", 2, M, N, 1);
    const double *dy = known(&s, "dy", "B,M", 2, B, M), *W = s.value[1];
    for (int i = 0; i < B * N; i++) {
        for (int m = 0; m < M; m++)
            s.x[0][i] += dy[i / N * M + m] * W[m * N + i % N];
        s.a[0][i] = dy[i / N * M + M - 1] * W[(M - 1) * N + i % N];
    }
    expect(&s, HG_OVERWRITTEN, "row 3 of W alone");
    expect_none_nearly(&s);
}
END_TEST

/* ---- sums ------------------------------------------------------------------ */

static void sum_of_steps(scene *s, const int count[], int T, int M)
{
    tensor(s, "r", "M", 1, M, 1, 1);
    const double *dy = known(s, "dy", "T,M", 2, T, M);
    for (int m = 0; m < M; m++) {
        s->x[0][m] = s->a[0][m] = 0;
        for (int t = 0; t < T; t++) {
            s->x[0][m] += dy[t * M + m];
            s->a[0][m] += count[t] * dy[t * M + m];
        }
    }
}

START_TEST(steps_counted_again)
{
    scene s;
    scene_new(&s, _i);
    sum_of_steps(&s, (const int[]){3, 3, 2, 1, 1}, 5, 4);
    expect(&s, HG_TWICE, "counts the rows of dy 3, 3, 2, 1, 1 times");
    expect_none_nearly(&s);
    scene_new(&s, _i);
    sum_of_steps(&s, (const int[]){0, 1, 1, 1, 1}, 5, 4);
    expect(&s, HG_ONE_STEP, "without row 0 of 5");
    scene_new(&s, _i);
    sum_of_steps(&s, (const int[]){0, 0, 0, 0, 1}, 5, 4);
    expect(&s, HG_OVERWRITTEN, "row 4 of dy alone");
}
END_TEST

/* dW = the sum of da_t x_t^T: of the last step only, or with x_0 in every term.
 * Of da nothing is told; b, where there is one, is the sum of it. */
static void sum_of_products(scene *s, int T, int N, int stuck)
{
    enum { M = 3 };
    double da[8][M];
    tensor(s, "W", "M,N", 2, M, N, 1);
    const double *x = known(s, "x", "T,N", 2, T, N);
    for (int t = 0; t < T; t++)
        for (int m = 0; m < M; m++)
            da[t][m] = rng_between(&s->g, -2, 2);
    for (int i = 0; i < M * N; i++) {
        s->x[0][i] = s->a[0][i] = 0;
        for (int t = 0; t < T; t++) {
            s->x[0][i] += da[t][i / N] * x[t * N + i % N];
            s->a[0][i] += stuck        ? da[t][i / N] * x[i % N]
                          : t == T - 1 ? da[t][i / N] * x[t * N + i % N]
                                       : 0;
        }
    }
    for (int m = 0; m < M; m++) {
        s->x[1][m] = 0;
        for (int t = 0; t < T; t++)
            s->x[1][m] += da[t][m];
    }
}

START_TEST(a_step_alone_and_an_index_that_stands_still)
{
    scene s;
    for (int stuck = 0; stuck < 2; stuck++)
        for (int wide = 0; wide < 2; wide++) {
            scene_new(&s, _i);
            sum_of_products(&s, wide ? 3 : 5, wide ? 6 : 2, stuck);
            if (!wide) /* more steps than columns: then b has to tell */
                tensor(&s, "b", "M", 1, 3, 1, 1);
            expect(&s, stuck ? HG_ONE_STEP : HG_OVERWRITTEN,
                   stuck ? "stands still" : "only the last is counted");
        }
}
END_TEST

START_TEST(a_product_is_missing)
{
    enum { N = 6 };
    scene s;
    scene_new(&s, _i);
    tensor(&s, "a", "N", 1, N, 1, 1);
    const double *u = known(&s, "s", "N", 1, N, 1);
    const double *w = known(&s, "dy", "N", 1, N, 1);
    for (int i = 0; i < N; i++)
        s.a[0][i] -= u[i] * w[i];
    expect(&s, HG_PATH_MISSING, "lack exactly s times dy");
    for (int i = 0; i < N; i++)
        s.a[0][i] += 2 * u[i] * w[i];
    expect(&s, HG_TWICE, "have too much of exactly s times dy");
    expect_none_nearly(&s);
}
END_TEST

/* ---- kinks ------------------------------------------------------------------ */

START_TEST(sides_exchanged)
{
    enum { N = 9 };
    scene s;
    scene_new(&s, _i);
    tensor(&s, "z", "N", 1, N, 1, 1);
    for (int i = 0; i < N; i++) {
        double *z = &s.value[0][i];
        *z = (i % 2 ? -1 : 1) * (0.3 + fabs(*z));
        s.a[0][i] = s.x[0][i] * (*z > 0 ? 0.17 : 1 / 0.17);
    }
    expect(&s, HG_OTHER_SIDE, "each side of the kink has the slope of the");
    expect_none_nearly(&s);
}
END_TEST

START_TEST(on_the_kink)
{
    enum { N = 5 };
    scene s;
    scene_new(&s, _i);
    tensor(&s, "z", "N", 1, N, 1, 1);
    s.value[0][2] = s.x[0][2] = 0;
    expect(&s, HG_OTHER_SIDE, "on the kink itself");
    s.value[0][2] = 0.4; /* off the kink it is one wrong entry */
    expect(&s, HG_ONE_ENTRY, "one entry, [2]");
    s.value[0][2] = s.value[0][3] = 0; /* and among many zeros, too */
    expect(&s, HG_ONE_ENTRY, "one entry, [2]");
}
END_TEST

/* Entries below 0 that are wrong by one factor: two of six may be so by chance,
 * six of twelve hardly. */
START_TEST(below_a_kink_by_chance)
{
    scene s;
    for (int many = 0; many < 2; many++) {
        scene_new(&s, _i);
        tensor(&s, "z", "N", 1, many ? 12 : 6, 1, 1);
        for (int i = 0; i < (many ? 12 : 6); i++) {
            int below = many ? i % 2 : i == 1 || i == 4;
            s.value[0][i] = (below ? -1 : 1) * (0.1 + fabs(s.value[0][i]));
            s.a[0][i] *= below ? 1.7 : 1;
        }
        expect(&s, many ? HG_OTHER_SIDE : HG_UNEXPLAINED, "");
    }
}
END_TEST

/* The mask of a ReLU taken from the gradient that comes in. */
START_TEST(gated_by_the_gradient)
{
    enum { N = 8 };
    scene s;
    scene_new(&s, _i);
    tensor(&s, "b", "N", 1, N, 1, 1);
    double *da = known(&s, "da", "N", 1, N, 1);
    for (int i = 0; i < N; i++) {
        da[i] = (i % 3 ? -1 : 1) * (0.3 + fabs(da[i]));
        s.x[0][i] = i % 2 ? da[i] : 0;
        s.a[0][i] = da[i] > 0 ? da[i] : 0;
    }
    expect(&s, HG_OTHER_SIDE, "chosen by the sign of the gradient");
    expect_none_nearly(&s);
}
END_TEST

/* ---- functions ---------------------------------------------------------------- */

static double phi(double u)
{
    return exp(-u * u / 2) / sqrt(2 * acos(-1));
}

START_TEST(a_term_of_the_product_rule)
{
    enum { N = 7 };
    scene s;
    for (int term = 0; term < 2; term++) {
        scene_new(&s, _i);
        tensor(&s, "z", "N", 1, N, 1, 1);
        for (int i = 0; i < N; i++) {
            double u = s.value[0][i], Phi = erfc(-u / sqrt(2)) / 2;
            s.a[0][i] = s.x[0][i] * (term ? u * phi(u) : Phi);
            s.x[0][i] *= Phi + u * phi(u);
        }
        expect(&s, HG_PATH_MISSING, term ? "u phi(u) where" : "Phi(u) where");
        expect_none_nearly(&s);
    }
}
END_TEST

/* A factor c_t-1 of one gate's block, taken at t. */
START_TEST(a_factor_of_the_next_step)
{
    enum { G = 3, H = 4 };
    scene s;
    scene_new(&s, _i);
    tensor(&s, "b", "G,H", 2, G, H, 1);
    const double *c = known(&s, "c", "T,H", 2, 2, H);
    for (int j = 0; j < H; j++)
        s.a[0][H + j] *= c[H + j] / c[j];
    expect(&s, HG_SHIFTED, "contain c[1] where c[0] belongs");
    s.a[0][H] += 0.3; /* then only the place is known */
    expect(&s, HG_ONE_ROW, "all at index 1 of axis 0");
}
END_TEST

/* The slope of one gate's activation in a tensor whose second axis is the unit. */
START_TEST(a_slope_along_the_middle_axis)
{
    enum { G = 2, H = 4, D = 3 };
    scene s;
    scene_new(&s, _i);
    tensor(&s, "W", "G,H,D", 3, G, H, D);
    double *g = known(&s, "g", "H", 1, H, 1);
    for (int j = 0; j < H; j++)
        g[j] /= 2.1;
    for (int i = 0; i < H * D; i++) {
        double u = g[i / D];
        s.a[0][i] *= u * (1 - u) / (1 - u * u);
    }
    expect(&s, HG_OTHER_FUNCTION, "with u = g");
}
END_TEST

/* A gain that is a tensor of the problem, or the tensor's own values. */
START_TEST(values_of_the_problem_are_factors)
{
    enum { M = 5, N = 4 };
    for (int kind = 0; kind < 4; kind++) {
        scene s;
        scene_new(&s, _i);
        tensor(&s, "W", "M,N", 2, M, N, 1);
        tensor(&s, "g", "N", 1, N, 1, 1);
        for (int i = 0; i < M * N; i++) {
            double g = kind % 2 ? s.value[0][i] : s.value[1][i % N];
            s.a[0][i] = kind < 2 ? s.x[0][i] / g : s.x[0][i] * g;
        }
        expect(&s, kind < 2 ? HG_PATH_MISSING : HG_OTHER_FUNCTION,
               kind == 0   ? "lack the factor u, with u = g"
               : kind == 1 ? "lack the factor u, with u = the values"
               : kind == 2 ? "have the factor g too many"
                           : "have the factor of their own value too many");
        expect_none_nearly(&s);
    }
}
END_TEST

/* Off by more than one; only what lies within says so, the edge may hold anything. */
START_TEST(shifted_by_more_than_one)
{
    enum { M = 3, N = 9 };
    for (int by = -3; by <= 3; by += by == -1 ? 2 : 1) {
        static const char *const text[] = {"", "one", "two", "three"};
        char part[80];
        scene s;
        scene_new(&s, _i);
        tensor(&s, "x", "C,L", 2, M, N, 1);
        for (int i = 0; i < M * N; i++) {
            int from = i % N - by;
            s.a[0][i] = from >= 0 && from < N ? s.x[0][i - by] : 0.7;
        }
        snprintf(part, sizeof part,
                 "belongs to [i %c %d] along axis 1 (L): an index is off by %s",
                 by > 0 ? '-' : '+', abs(by), text[abs(by)]);
        expect(&s, HG_SHIFTED, part);
    }
}
END_TEST

/* A weight's gradient, or a bias's, with another vector in the place of one. */
START_TEST(another_vector_in_its_place)
{
    enum { S = 5, R = 3, C = 4 };
    for (int kind = 0; kind < 3; kind++) {
        scene s;
        scene_new(&s, _i);
        tensor(&s, "W", "H,D", kind < 2 ? 2 : 1, kind < 2 ? R : C,
               kind < 2 ? C : 1, 1);
        known(&s, "dq", "T,H", 2, S, kind == 1 ? R : kind ? C : R);
        known(&s, kind == 1 ? "da" : "h", "T,D", 2, S, kind == 1 ? R : C);
        known(&s, kind == 1 ? "h" : "h_prev", "T,D", 2, S, C);
        for (int i = 0; i < (kind < 2 ? R * C : C); i++) {
            double right = 0, given = 0;
            for (int t = 0; t < S; t++) {
                const double *first = s.told[0] + t * R, *second = s.told[1];
                const double *third = s.told[2] + t * C;
                if (kind == 0) { /* dq h for dq h_prev */
                    right += first[i / C] * third[i % C];
                    given += first[i / C] * second[t * C + i % C];
                } else if (kind == 1) { /* da h for dq h */
                    right += first[i / C] * third[i % C];
                    given += second[t * R + i / C] * third[i % C];
                } else { /* the rows of h for those of dq */
                    right += s.told[0][t * C + i];
                    given += second[t * C + i];
                }
            }
            s.x[0][i] = right;
            s.a[0][i] = given;
        }
        expect(&s, HG_SWAPPED_TENSORS,
               kind == 0 ? "h stands where h_prev belongs"
               : kind == 1
                   ? "da stands where dq belongs"
                   : "sum of the rows of h, and not of dq: h stands where");
        expect_none_nearly(&s);
    }
}
END_TEST

/* The sum of all rows, where two of them are masked by what the loss knows alone. */
START_TEST(masked_rows_are_summed)
{
    enum { R = 6, C = 5 };
    scene s;
    scene_new(&s, _i);
    tensor(&s, "b", "C", 1, C, 1, 1);
    known(&s, "dy", "R,C", 2, R, C);
    for (int c = 0; c < C; c++) {
        s.a[0][c] = s.x[0][c] = 0;
        for (int r = 0; r < R; r++) {
            s.a[0][c] += s.told[0][r * C + c];
            s.x[0][c] += (r % 3 ? 0.7 + 0.1 * r : 0.2) * s.told[0][r * C + c];
        }
    }
    expect(&s, HG_UNEXPLAINED,
           "but b is the sum of all 6 rows of dy: is dy itself wrong");
    s.a[0][3] += 1e-9; /* then it is not */
    hg_explain(&s.p, s.e, 0, &s.why);
    ck_assert_ptr_null(strstr(s.why.text, "the sum of all"));
}
END_TEST

/* A vector that is told, and is the gradient itself, explains nothing. */
START_TEST(the_gradient_itself_is_told)
{
    scene s;
    scene_new(&s, _i);
    tensor(&s, "x", NULL, 2, 4, 5, 1);
    known(&s, "dx", NULL, 2, 4, 5);
    memcpy(s.told[0], s.x[0], sizeof s.told[0]);
    for (int i = 0; i < 20; i++)
        s.a[0][i] = s.told[0][i] = (i % 3 ? 1.3 : 0.4) * s.x[0][i] + 0.1 * i;
    expect(&s, HG_PATH_MISSING, "are dx times 1 and no more");
    s.known[0].data = s.a[0]; /* the memory that holds the gradient */
    s.t[0].grad = s.a[0];
    expect(&s, HG_UNEXPLAINED, "");
}
END_TEST

/* Where both slopes are saturated, 0 and 1, a zero is a zero and no function. */
START_TEST(saturated_zeros_are_no_function)
{
    enum { B = 5, C = 4 };
    scene s;
    scene_new(&s, _i);
    tensor(&s, "z", "B,C", 2, B, C, 1);
    for (int i = 0; i < B * C; i++) {
        s.value[0][i] += 700;
        if (i >= (B - 1) * C)
            s.a[0][i] = 0;
    }
    expect(&s, HG_ONE_SLICE, "right but for one sample");
}
END_TEST

/* A launch or a loop that ends too early or begins too late, within a row or between two; but a row
 * is a row, zeros in the midst are none, and what is not 0 neither. */
START_TEST(not_all_entries_are_reached)
{
    enum { M = 6, N = 7, ALL = M * N };
    for (int missing = 2; missing <= ALL - 4; missing++)
        for (int end = 0; end < 2; end++) {
            char part[80];
            scene s;
            scene_new(&s, _i);
            tensor(&s, "W", "", 2, M, N, 1);
            int first = end ? ALL - missing : missing - 1; /* or the last one */
            memset(s.a[0] + (end ? ALL - missing : 0), 0,
                   sizeof(double) * (size_t)missing);
            snprintf(part, sizeof part,
                     "the %s %d of 42 entries of W, %s [%d][%d], are 0",
                     end ? "last" : "first", missing, end ? "from" : "up to",
                     first / N, first % N);
            if (missing == (M - 1) * N) /* one row alone is left */
                expect(&s, HG_ONE_STEP, "only that one is counted");
            else if (missing == N)
                expect(&s, HG_ONE_ROW, "right but for one row");
            else
                expect(&s, HG_MISSING, part);
        }
    scene s;
    scene_new(&s, _i);
    tensor(&s, "W", "", 2, M, N, 1);
    memset(s.a[0] + (M - 1) * N, 0, sizeof(double) * N);
    expect(&s, HG_ONE_ROW, "all at index 5 of axis 0");
    s.a[0][1] = 0; /* nor is it the end alone */
    hg_explain(&s.p, s.e, 0, &s.why);
    ck_assert_int_ne(s.why.mistake, HG_MISSING);
    s.a[0][1] = s.x[0][1];
    s.a[0][(M - 1) * N - 1] = 0.3; /* what is not 0 was reached */
    hg_explain(&s.p, s.e, 0, &s.why);
    ck_assert_int_ne(s.why.mistake, HG_MISSING);
}
END_TEST

/* The same along an axis that is not the first. */
START_TEST(not_all_columns_are_reached)
{
    enum { M = 4, N = 7 };
    for (int missing = 1; missing <= N - 2; missing++)
        for (int end = 0; end < 2; end++) {
            char part[80];
            scene s;
            scene_new(&s, _i);
            tensor(&s, "W", "M,N", 2, M, N, 1);
            for (int i = 0; i < M * N; i++)
                if (end ? i % N >= N - missing : i % N < missing)
                    s.a[0][i] = 0;
            snprintf(part, sizeof part,
                     "the %s %d of 7 slices of W, along axis 1 (N), are 0",
                     end ? "last" : "first", missing);
            if (missing == 1)
                expect(&s, HG_ONE_COLUMN, "right but for one column");
            else
                expect(&s, HG_MISSING, part);
            s.a[0][end ? N - missing : missing - 1] = 0.3; /* it was reached */
            hg_explain(&s.p, s.e, 0, &s.why);
            ck_assert_int_ne(s.why.mistake, HG_MISSING);
        }
    scene s;
    scene_new(&s, _i);
    tensor(&s, "W", "M,N", 2, M, N, 1);
    for (int i = 0; i < M * N; i++)
        if (i % N == 2 || i % N == 3) /* in the midst */
            s.a[0][i] = 0;
    hg_explain(&s.p, s.e, 0, &s.why);
    ck_assert_int_ne(s.why.mistake, HG_MISSING);
}
END_TEST

/* ---- sizes ----------------------------------------------------------------- */

/* The length of an axis that has a letter is a size without being told so. */
START_TEST(axes_are_sizes)
{
    enum { B = 3, N = 7 };
    scene s;
    scene_new(&s, _i);
    tensor(&s, "x", "B,N", 2, B, N, 1);
    for (int i = 0; i < B * N; i++)
        s.a[0][i] *= N;
    expect(&s, HG_FACTOR, "N = 7: a factor too many");
    s.t[0].letters = NULL;
    expect(&s, HG_FACTOR, "none of the given sizes");
    hg_size told = {"N", 49}; /* what is told of a letter comes first */
    s.t[0].letters = "B,N";
    s.p.size = &told;
    s.p.sizes = 1;
    expect(&s, HG_FACTOR,
           "N = 49: a factor too many, or no division by sqrt(N)");
}
END_TEST

/* ---- two mistakes that look alike ------------------------------------------ */

static void expect_open(scene *s, const char *part)
{
    expect(s, HG_UNEXPLAINED, part);
}

/* A loss of u - v: du lacks a path that is -dv, or has one of dv too much. */
START_TEST(a_path_or_its_negative)
{
    enum { N = 7 };
    scene s;
    for (int sign = 1; sign >= -1; sign -= 2) {
        scene_new(&s, _i);
        tensor(&s, "u", "N", 1, N, 1, 1);
        tensor(&s, "v", "N", 1, N, 1, 1);
        for (int i = 0; i < N; i++)
            s.a[0][i] += sign * s.x[1][i];
        if (sign > 0)
            expect_open(&s, "counted twice, or one that brings minus it");
        else
            expect(&s, HG_PATH_MISSING, "or one that brings minus it is count");
        scene_new(&s, _i);
        tensor(&s, "u", "N", 1, N, 1, 1);
        const double *dy = known(&s, "dy", "N", 1, N, 1);
        for (int i = 0; i < N; i++)
            s.a[0][i] += sign * dy[i];
        expect(&s, sign > 0 ? HG_TWICE : HG_PATH_MISSING,
               "or one that brings minus it");
    }
}
END_TEST

/* A factor of each row where x and a are multiples of one vector: any multiple
 * of that vector explains the difference, and so says nothing. */
START_TEST(a_factor_of_each_row)
{
    enum { B = 4, C = 5 };
    scene s;
    for (int told = 0; told < 2; told++) {
        scene_new(&s, _i);
        tensor(&s, "z", "B,C", 2, B, C, 1);
        double *p = known(&s, "p", "B,C", 2, B, C);
        for (int r = 0; r < B; r++) {
            double sum = 0, c = rng_between(&s.g, 1, 3);
            for (int j = 0; j < C; j++)
                sum += exp(s.value[0][r * C + j]);
            for (int j = 0; j < C; j++) {
                int i = r * C + j;
                p[i] = told ? p[i] : exp(s.value[0][i]) / sum;
                s.a[0][i] = (1 + r) * p[i];
                s.x[0][i] = c * p[i];
            }
        }
        expect_open(&s, "each row of z has a constant ratio");
        s.p.knowns = 0; /* nor do the values, where they are that vector */
        if (told)
            memcpy(s.value[0], p, sizeof s.value[0]);
        expect_open(&s, "each row of z has a constant ratio");
    }
}
END_TEST

/* dE = the sum of the rows of dx that have the same token, or g of each row. */
START_TEST(rows_of_a_known_vector)
{
    enum { S = 6, V = 4, C = 3 };
    static const int token[S] = {2, 0, 2, 1, 0, 2};
    scene s;
    for (int gathered = 0; gathered < 2; gathered++) {
        scene_new(&s, _i);
        tensor(&s, "E", "V,C", 2, V, C, 1);
        const double *dx = known(&s, "dx", "S,C", 2, S, C);
        memset(s.x[0], 0, sizeof s.x[0]);
        memset(s.a[0], 0, sizeof s.a[0]);
        for (int i = 0; i < S * C; i++) {
            int to = token[i / C] * C + i % C;
            s.x[0][to] += gathered ? 2 * dx[i] * rng_uniform(&s.g) : dx[i];
            s.a[0][to] = dx[i];
        }
        if (gathered)
            expect_open(&s, "unexplained");
        else
            expect(&s, HG_OVERWRITTEN, "more than once");
    }
    expect_none_nearly(&s);
}
END_TEST

/* Batch norm without gamma in the direct term, and a penalty on the weights. */
START_TEST(multiples_of_a_vector)
{
    enum { B = 6, C = 4 };
    scene s;
    scene_new(&s, _i);
    tensor(&s, "x", "B,C", 2, B, C, 1);
    const double *dy = known(&s, "dy", "B,C", 2, B, C);
    double c[C];
    for (int j = 0; j < C; j++)
        c[j] = rng_between(&s.g, -2, 2);
    for (int i = 0; i < B * C; i++)
        s.a[0][i] -= c[i % C] * dy[i];
    expect(&s, HG_PATH_MISSING, "a multiple of dy: a term with it is left out");
    scene_new(&s, _i);
    tensor(&s, "W", NULL, 2, B, C, 1);
    for (int i = 0; i < B * C; i++)
        s.a[0][i] -= 0.3 * s.value[0][i];
    expect(&s, HG_PATH_MISSING, "lack 0.3 times the values");
    expect_none_nearly(&s);
}
END_TEST

/* ---- right elsewhere -------------------------------------------------------- */

/* One row is far off; the others are off a little, each entry by more than its
 * bound, or all by a part of it in the same direction: not right. */
START_TEST(right_but_for_one_row)
{
    enum { B = 8, C = 8 };
    static const double off[] = {0, 3, 0.7};
    scene s;
    for (int k = 0; k < 3; k++) {
        scene_new(&s, _i);
        tensor(&s, "x", "B,C", 2, B, C, 1);
        for (int i = 0; i < B * C; i++) {
            s.bound[i] = 1e-4;
            s.a[0][i] += s.bound[i] * (i / C == 3 ? 300 + 90 * sin(i) : off[k]);
        }
        if (k)
            expect_open(&s, "unexplained");
        else
            expect(&s, HG_ONE_SLICE, "right but for one sample");
        s.t[0].letters = "T,C";
        for (int i = 0; i < B * C; i++)
            s.a[0][i] += i / C < 3 ? 0.1 * sin(i) : 0;
        hg_explain(&s.p, s.e, 0, &s.why);
        if (k)
            ck_assert_msg(s.why.mistake == HG_UNEXPLAINED, "%s", s.why.text);
    }
}
END_TEST

/* Entries that a hypothesis takes for right must not be off, be it by little. */
START_TEST(a_factor_that_leaves_entries_off)
{
    enum { N = 12 };
    scene s;
    for (int off = 0; off < 2; off++) {
        scene_new(&s, _i);
        tensor(&s, "x", "N", 1, N, 1, 1);
        for (int i = 0; i < N; i++) {
            s.bound[i] = i % 2 ? 1e-11 : 0.3;
            s.x[0][i] = i % 2 ? s.x[0][i] : 0;
            s.a[0][i] = 0.6 * s.x[0][i] + (i == 4 ? off : 0);
        }
        expect(&s, off ? HG_UNEXPLAINED : HG_FACTOR, off ? "" : "ratio 0.6");
    }
}
END_TEST

/* Without weights from step to step there is no recurrence: a causal mask may
 * be ignored. */
START_TEST(right_at_the_last_step)
{
    enum { T = 5, D = 4 };
    scene s;
    scene_new(&s, _i);
    tensor(&s, "q", "T,D", 2, T, D, 1);
    for (int i = 0; i < (T - 1) * D; i++)
        s.a[0][i] += rng_between(&s.g, 0.1, 1);
    expect_open(&s, "right at the last step of 5 and wrong at all earlier");
    tensor(&s, "U", "D,D", 2, D, D, 1);
    expect(&s, HG_PATH_MISSING, "the recurrent path");
}
END_TEST

/* Two wrong entries that happen to lie in one slice are no wrong slice. */
START_TEST(two_entries_are_no_slice)
{
    enum { A = 2, H = 5, W = 5 };
    scene s;
    scene_new(&s, _i);
    tensor(&s, "x", NULL, 3, A, H, W);
    memset(s.x[0], 0, sizeof s.x[0]);
    memset(s.a[0], 0, sizeof s.a[0]);
    for (int k = 0; k < 6; k++)
        s.x[0][7 * k + 1] = s.a[0][7 * k + 1] = 0.3 + k;
    s.a[0][36] = 0.1;
    s.a[0][29] = 0.2;
    expect_open(&s, "fits the wrong entries of x; of 50 entries ");
    s.a[0][29] = s.x[0][29];
    s.a[0][37] = 0.1; /* neighbours: of a line of five not much */
    expect_open(&s, "fits the wrong entries of x; of 50 entries ");
}
END_TEST

/* Numeric values that are 0 within bounds which the gradient itself made. */
START_TEST(no_influence)
{
    enum { N = 9 };
    scene s;
    for (int exact = 0; exact < 2; exact++) {
        scene_new(&s, _i);
        tensor(&s, "x", "N", 1, N, 1, 1);
        for (int i = 0; i < N; i++) {
            s.bound[i] = 1e-6;
            s.x[0][i] = exact ? 0 : 1e-8 * s.a[0][i];
        }
        if (exact)
            expect(&s, HG_MASK_IGNORED, "does not depend on 9 entries");
        else
            expect_open(&s, "another scale");
    }
}
END_TEST

/* ---- where nothing fits ------------------------------------------------------ */

START_TEST(hints_are_true)
{
    enum { B = 3, C = 4 };
    scene s;
    scene_new(&s, _i);
    tensor(&s, "x", NULL, 2, B, C, 1);
    s.a[0][5] += 5 * s.bound[5]; /* wrong, but not by enough to say more */
    expect_open(&s, "fits the wrong entries of x; of 12 entries 11 are right");
    ck_assert_ptr_nonnull(strstr(s.why.text,
                                 "; all wrong ones are at index 1 of "
                                 "axis 0 and 1 of axis 1"));
    scene_new(&s, _i);
    tensor(&s, "x", NULL, 2, 6, 5, 1);
    for (int i = 10; i < 25; i++)
        s.a[0][i] += 0.3 * (i % 4 + 1); /* three rows, nothing more */
    expect_open(&s, "; all wrong ones are at index 2 to 4 of axis 0");
    ck_assert_ptr_null(strstr(s.why.text, "axis 1"));
    scene_new(&s, _i);
    tensor(&s, "x", NULL, 2, 6, 5, 1);
    for (int i = 10; i < 25; i++)
        s.a[0][i] *= -1;
    expect(&s, HG_SIGN, "");
    ck_assert_ptr_nonnull(strstr(s.why.text, "at index 2 to 4 of axis 0"));
    for (int rows = 3; rows <= 5;
         rows += 2) { /* every second row, of 6 or 10 */
        scene_new(&s, _i);
        tensor(&s, "x", NULL, 2, 2 * rows, 5, 1);
        for (int i = 0; i < 10 * rows; i++)
            if (i / 5 % 2 == 0 || i / 5 == 2 * rows - 1)
                s.a[0][i] += 0.3 * (i % 4 + 1);
        expect_open(&s, "fits the wrong entries");
        if (rows == 3)
            ck_assert_ptr_nonnull(
                strstr(s.why.text, "index 0, 2, 4, 5 of axis 0"));
        else /* from the first to the last: that would say nothing */
            ck_assert_ptr_null(strstr(s.why.text, "all wrong ones"));
    }
    for (int garbage = 0; garbage < 2; garbage++) {
        scene_new(&s, _i);
        tensor(&s, "x", NULL, 2, B, C, 1);
        s.a[0][5] = garbage ? 1e14 : 0.3; /* as the bound is then */
        for (int i = 0; i < B * C; i++)
            s.bound[i] = garbage ? 0.2 : 1e-11;
        hg_explain(&s.p, s.e, 0, &s.why);
        ck_assert_ptr_null(strstr(s.why.text, "each row"));
    }
    scene_new(&s, _i);
    tensor(&s, "x", NULL, 2, B, C, 1);
    for (int r = 0; r < B; r++) { /* softmax within: one entry takes the rest */
        for (int j = 0; j < C - 1; j++)
            s.x[0][r * C + C - 1] -= s.x[0][r * C + j];
        s.x[0][r * C + C - 1] -= s.a[0][r * C + C - 1];
        s.a[0][r * C + r] *= 1.3 + r;
    }
    expect_open(&s, "each row of the numeric x sums to 0");
}
END_TEST

/* A factor in float: entries that are small beside their bounds tell nothing,
 * and do not hide it. */
START_TEST(a_factor_among_rough_numbers)
{
    enum { N = 24 };
    scene s;
    scene_new(&s, _i);
    tensor(&s, "x", "N", 1, N, 1, 1);
    s.p.size = &(hg_size){"B", 4};
    s.p.sizes = 1;
    for (int i = 0; i < N; i++) {
        s.bound[i] = 1e-5;
        s.x[0][i] += i % 4 ? 0 : copysign(4e-5, s.x[0][i]) - s.x[0][i];
        s.a[0][i] = 4 * s.x[0][i] + rng_between(&s.g, -1e-6, 1e-6);
    }
    expect(&s, HG_FACTOR, "B = 4: a factor too many");
    s.a[0][1] += 0.3;
    expect_open(&s, "unexplained");
}
END_TEST

/* ---- whole layers ------------------------------------------------------------ */

enum { R = 5, C = 4 };
typedef struct net {
    double x[R][C], y[R][C], c[R][C], dx[R][C], dy[R][C];
} net;

/* The class of row r, or the sum that it is added to. */
static const int token[R] = {1, 0, 1, 2, 1};

static double dot(const double a[C], const double b[C])
{
    double sum = 0;
    for (int j = 0; j < C; j++)
        sum += a[j] * b[j];
    return sum;
}

static double lse(const double x[C])
{
    double sum = 0;
    for (int j = 0; j < C; j++)
        sum += exp(x[j]);
    return log(sum);
}

/* lse^2, and without the factor 2 lse. */
static int squared_loss(void *context, double loss[2])
{
    const net *m = context;
    for (int r = 0; r < R; r++)
        loss[0] += lse(m->x[r]) * lse(m->x[r]);
    return 0;
}

static void squared_wrong(net *m)
{
    for (int i = 0; i < R * C; i++)
        m->dx[i / C][i % C] = exp(m->x[i / C][i % C] - lse(m->x[i / C]));
}

/* (x - y)^3 and sin x, and the last one alone. */
static int difference_loss(void *context, double loss[2])
{
    const net *m = context;
    for (int i = 0; i < R * C; i++) {
        double x = m->x[i / C][i % C], d = x - m->y[i / C][i % C];
        loss[0] += m->c[i / C][i % C] * d * d * d + sin(x);
    }
    return 0;
}

static void difference_wrong(net *m)
{
    for (int i = 0; i < R * C; i++) {
        double x = m->x[i / C][i % C], d = x - m->y[i / C][i % C];
        m->dx[i / C][i % C] = cos(x);
        m->dy[i / C][i % C] = -3 * m->c[i / C][i % C] * d * d;
    }
}

/* Squares of sums of rows, and without the factor 2 o. */
static int scatter_loss(void *context, double loss[2])
{
    const net *m = context;
    double o[R][C] = {{0}};
    for (int i = 0; i < R * C; i++)
        o[token[i / C]][i % C] += m->x[i / C][i % C];
    for (int i = 0; i < R * C; i++)
        loss[0] += m->c[i / C][i % C] * o[i / C][i % C] * o[i / C][i % C];
    return 0;
}

static void scatter_wrong(net *m)
{
    for (int i = 0; i < R * C; i++)
        m->dx[i / C][i % C] = m->c[token[i / C]][i % C];
}

/* Each row sees those up to itself, and in the gradient all. */
static int causal_loss(void *context, double loss[2])
{
    const net *m = context;
    for (int r = 0; r < R; r++)
        for (int k = 0; k <= r; k++)
            loss[0] += (1 + r * k) * tanh(dot(m->x[r], m->y[k]));
    return 0;
}

static void causal_wrong(net *m)
{
    for (int i = 0; i < R * R * C; i++) {
        int r = i / C / R, k = i / C % R, j = i % C;
        double a = tanh(dot(m->x[r], m->y[k]));
        double slope = (1 + r * k) * (1 - a * a);
        m->dx[r][j] += slope * m->y[k][j];
        m->dy[k][j] += slope * m->x[r][j] * (k <= r);
    }
}

/* p.log p, and without the sum over the row. */
static int entropy_loss(void *context, double loss[2])
{
    const net *m = context;
    for (int i = 0; i < R * C; i++) {
        double log_p = m->x[i / C][i % C] - lse(m->x[i / C]);
        loss[0] += exp(log_p) * log_p;
    }
    return 0;
}

static void entropy_wrong(net *m)
{
    for (int i = 0; i < R * C; i++) {
        double log_p = m->x[i / C][i % C] - lse(m->x[i / C]);
        m->dx[i / C][i % C] = exp(log_p) * (log_p + 1);
    }
}

/* Cross-entropy with a weight for each row, and without it. */
static int weighted_loss(void *context, double loss[2])
{
    const net *m = context;
    for (int r = 0; r < R; r++)
        loss[0] += (2 + r) * (lse(m->x[r]) - m->x[r][token[r]]);
    return 0;
}

static void weighted_wrong(net *m)
{
    squared_wrong(m);
    for (int r = 0; r < R; r++)
        m->dx[r][token[r]] -= 1;
}

/* A factor of each column, left out. */
static int columns_loss(void *context, double loss[2])
{
    const net *m = context;
    for (int i = 0; i < R * C; i++)
        loss[0] += m->c[0][i % C] * sin(m->x[i / C][i % C]);
    return 0;
}

static void columns_wrong(net *m)
{
    for (int i = 0; i < R * C; i++)
        m->dx[i / C][i % C] = cos(m->x[i / C][i % C]);
}

/* A penalty on the values, left out. */
static int decay_loss(void *context, double loss[2])
{
    const net *m = context;
    for (int i = 0; i < R * C; i++) {
        double x = m->x[i / C][i % C];
        loss[0] += m->c[i / C][i % C] * sin(x) + 0.3 * x * x;
    }
    return 0;
}

static void decay_wrong(net *m)
{
    for (int i = 0; i < R * C; i++)
        m->dx[i / C][i % C] = m->c[i / C][i % C] * cos(m->x[i / C][i % C]);
}

/* A loss that a scale of 1e-17 hides: the gradient without the scale. */
static int tiny_loss(void *context, double loss[2])
{
    columns_loss(context, loss);
    loss[0] *= 1e-17;
    return 0;
}

static void tiny_wrong(net *m)
{
    for (int i = 0; i < R * C; i++)
        m->dx[i / C][i % C] = m->c[0][i % C] * cos(m->x[i / C][i % C]);
}

static const struct planted {
    hg_loss loss;
    void (*wrong)(net *m);
    int tensors; /* y is the second */
    hg_mistake mistake;
    const char *part;
} planted[] = {
    {squared_loss, squared_wrong, 1, HG_UNEXPLAINED, "each row of x has a"},
    {difference_loss, difference_wrong, 2, HG_UNEXPLAINED,
     "or one that brings"},
    {scatter_loss, scatter_wrong, 1, HG_UNEXPLAINED, "unexplained"},
    {causal_loss, causal_wrong, 2, HG_UNEXPLAINED, "a causal mask"},
    {entropy_loss, entropy_wrong, 1, HG_PATH_MISSING, "-p sum(p dp)"},
    {weighted_loss, weighted_wrong, 1, HG_UNEXPLAINED, "each row of x has a"},
    {columns_loss, columns_wrong, 1, HG_UNEXPLAINED, "each column of x has"},
    {decay_loss, decay_wrong, 1, HG_PATH_MISSING, "0.6 times the values"},
    {tiny_loss, tiny_wrong, 1, HG_UNEXPLAINED, "another scale"},
};

START_TEST(layers_and_their_mistakes)
{
    const struct planted *k = &planted[_i];
    net m = {.dx = {{0}}};
    rng g = rng_new((uint64_t)_i, 78);
    for (int i = 0; i < R * C; i++) {
        m.x[i / C][i % C] = rng_between(&g, -1.5, 1.5);
        m.y[i / C][i % C] = rng_between(&g, -1.5, 1.5);
        m.c[i / C][i % C] = rng_between(&g, 0.5, 2);
    }
    k->wrong(&m);
    hg_tensor t[2] = {shaped("x", "T,C", m.x, 2, R, C, 1),
                      shaped("y", "S,C", m.y, 2, R, C, 1)};
    hg_tensor known = shaped("c", "K,C", m.c, 2, R, C, 1);
    t[0].grad = m.dx;
    t[1].grad = m.dy;
    const hg_problem p = {.loss = k->loss,
                          .context = &m,
                          .tensors = k->tensors,
                          .tensor = t,
                          .knowns = 1,
                          .known = &known};
    hg_result r[2];
    ck_assert_int_eq(hg_check(&p, NULL, r), HG_OK);
    ck_assert_int_eq(r[0].verdict, HG_DISAGREES);
    ck_assert_msg(r[0].why.mistake == k->mistake &&
                      strstr(r[0].why.text, k->part),
                  "%s: %s", hg_mistake_name(r[0].why.mistake), r[0].why.text);
    if (k->tensors == 2)
        ck_assert_int_eq(r[1].verdict, HG_AGREES);
}
END_TEST

/* The same from several seeds. */
#define LOOP(suite, test)                                                      \
    do {                                                                       \
        TCase *case_ = tcase_create(#test);                                    \
        tcase_add_loop_test(case_, test, 0, 8);                                \
        suite_add_tcase(suite, case_);                                         \
    } while (0)

int main(void)
{
    Suite *s = suite_create("explain");
    LOOP(s, transposed_in_time);
    LOOP(s, transposed_in_blocks);
    LOOP(s, last_term_only);
    LOOP(s, steps_counted_again);
    LOOP(s, a_step_alone_and_an_index_that_stands_still);
    LOOP(s, a_product_is_missing);
    LOOP(s, sides_exchanged);
    LOOP(s, on_the_kink);
    LOOP(s, below_a_kink_by_chance);
    LOOP(s, gated_by_the_gradient);
    LOOP(s, a_term_of_the_product_rule);
    LOOP(s, a_factor_of_the_next_step);
    LOOP(s, a_slope_along_the_middle_axis);
    LOOP(s, values_of_the_problem_are_factors);
    LOOP(s, shifted_by_more_than_one);
    LOOP(s, another_vector_in_its_place);
    LOOP(s, masked_rows_are_summed);
    LOOP(s, the_gradient_itself_is_told);
    LOOP(s, saturated_zeros_are_no_function);
    LOOP(s, not_all_entries_are_reached);
    LOOP(s, not_all_columns_are_reached);
    LOOP(s, axes_are_sizes);
    LOOP(s, a_path_or_its_negative);
    LOOP(s, a_factor_of_each_row);
    LOOP(s, rows_of_a_known_vector);
    LOOP(s, multiples_of_a_vector);
    LOOP(s, right_but_for_one_row);
    LOOP(s, a_factor_that_leaves_entries_off);
    LOOP(s, right_at_the_last_step);
    LOOP(s, two_entries_are_no_slice);
    LOOP(s, no_influence);
    LOOP(s, hints_are_true);
    LOOP(s, a_factor_among_rough_numbers);
    TCase *layers = tcase_create("layers");
    tcase_add_loop_test(layers, layers_and_their_mistakes, 0,
                        (int)(sizeof planted / sizeof planted[0]));
    suite_add_tcase(s, layers);
    return suite_run(s);
}
