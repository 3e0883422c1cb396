/* SPDX-License-Identifier: MIT */
/* Every mistake of the catalogue, in every layer that has a place for it: it
 * must be caught, called by its name, and never by another's.
 */
#define CK_FLOATING_DIG 17
#include "lib/check/handgrad.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/check/explain.h"
#include "tests/suite.h"
/* The layers; one suite is one source file. */
#include "tests/catalogue.c"

/* (With 3 there is a mistake that no layer has; tests/proof.c runs 6, or 60.) */
enum { SEEDS = 4 };

/* ---- one check ----------------------------------------------------------- */

/* What a check of all tensors found. */
typedef struct found {
    int wrong[MOST_TENSORS];
    int kink; /* the point lies at one, by chance */
    hg_explanation why[MOST_TENSORS];
} found;

/* Everything that is found of a layer as it stands. */
static void check_layer(layer *u, found *f)
{
    hg_problem p = layer_problem(u);
    hg_result r[MOST_TENSORS];
    memset(f, 0, sizeof *f);
    ck_assert_int_eq(hg_check(&p, NULL, r), HG_OK);
    for (int k = 0; k < u->tensors; k++) {
        f->wrong[k] = r[k].verdict == HG_DISAGREES;
        f->kink |= r[k].cause == HG_KINK;
        f->why[k] = r[k].why;
    }
}

/* ---- the catalogue ------------------------------------------------------- */

/* CATALOGUE=file keeps the table. */
static void keep_table(const tally t[PLANS])
{
    const char *path = getenv("CATALOGUE");
    FILE *to = path ? fopen(path, "w") : NULL;
    if (!to)
        return;
    catalogue_write(to, t);
    for (int p = 1; p < PLANS; p++)
        fprintf(to, "%s: %s\n", catalogue[p].name, t[p].example);
    ck_assert_int_eq(fclose(to), 0);
}

START_TEST(every_mistake_is_named)
{
    static tally t[PLANS];
    int cases = 0, caught = 0, named = 0, misnamed = 0;
    catalogue_run(SEEDS, getenv("CATALOGUE_VERBOSE") != NULL, t);
    for (int p = 1; p < PLANS; p++) {
        cases += t[p].cases;
        caught += t[p].caught;
        named += t[p].named;
        misnamed += t[p].misnamed;
        ck_assert_msg(t[p].cases > 0, "no layer has %s", catalogue[p].name);
    }
    keep_table(t);
    ck_assert_int_eq(caught, cases);
    ck_assert_int_eq(misnamed, 0);
    ck_assert_msg(named >= 0.95 * cases, "%d of %d named", named, cases);
}
END_TEST

/* ---- negative controls --------------------------------------------------- */

START_TEST(right_gradients_need_no_name)
{
    static layer u;
    found f;
    for (int k = 0; k < LAYERS * SHAPES * SEEDS; k++) {
        layer_new(&u, k % LAYERS, k / LAYERS % SHAPES, k / LAYERS / SHAPES);
        ck_assert_int_eq(layer_plant(&u, NOTHING), 1);
        check_layer(&u, &f);
        for (int m = 0; m < u.tensors; m++)
            ck_assert_msg(!f.wrong[m], "%s %d/%d: %d wrong in %s", u.name,
                          u.shape, u.seed, f.wrong[m], u.t[m].name);
    }
}
END_TEST

/* A gradient that is wrong without any law: in all entries, in a part of them,
 * or each by its own factor. */
static void spoil_at_random(layer *u, int k, int how, rng *g)
{
    double *to = (double *)(uintptr_t)u->t[k].grad;
    int n = hg_entries(&u->t[k]);
    for (int i = 0; i < n; i++) {
        double draw = rng_between(g, -2, 2);
        int here = rng_below(g, 2);
        if (how == 0)
            to[i] = draw;
        else if (how == 1)
            to[i] *= draw;
        else if (here || fabs(to[i]) > 1e-6)
            to[i] += draw;
    }
}

static int all_zero(const layer *u, int k)
{
    const double *g = u->t[k].grad;
    for (int i = 0; i < hg_entries(&u->t[k]); i++)
        if (fabs(g[i]) > 1e-9)
            return 0;
    return 1;
}

START_TEST(random_errors_have_no_name)
{
    static layer u;
    found f;
    rng g = rng_new(5, 0);
    int wrong = 0;
    for (int k = 0; wrong < 1000; k++) {
        int which = rng_below(&g, LAYERS), shape = rng_below(&g, SHAPES);
        layer_new(&u, which, shape, k);
        ck_assert_int_eq(layer_plant(&u, NOTHING), 1);
        int m = rng_below(&g, u.tensors);
        if (all_zero(&u, m)) /* then any gradient is one without influence */
            continue;
        spoil_at_random(&u, m, k % 3, &g);
        check_layer(&u, &f);
        wrong += f.wrong[m] > 0;
        ck_assert_msg(f.why[m].mistake == HG_UNEXPLAINED, "%s %d/%d: %s",
                      u.name, u.shape, u.seed, f.why[m].text);
    }
}
END_TEST

/* ---- what is said, and where nothing can be ------------------------------ */

/* W of the first dense layer, with the right numbers as numeric ones. */
typedef struct direct {
    layer u;
    hg_problem p;
    hg_evidence e[MOST_TENSORS];
    double numeric[MOST_TENSORS][64], bound[64];
} direct;

static void direct_new(direct *d)
{
    layer_new(&d->u, 0, 0, 0);
    ck_assert_int_eq(layer_plant(&d->u, NOTHING), 1);
    d->p = layer_problem(&d->u);
    for (int i = 0; i < 64; i++)
        d->bound[i] = 1e-11;
    for (int k = 0; k < d->u.tensors; k++) {
        memcpy(d->numeric[k], d->u.t[k].grad,
               sizeof(double) * (size_t)hg_entries(&d->u.t[k]));
        d->e[k] = (hg_evidence){d->u.t[k].grad, d->numeric[k], d->bound};
    }
}

START_TEST(the_sentence_has_the_evidence)
{
    static layer u;
    layer_new(&u, 4, 0, 1);
    hg_problem p = layer_problem(&u);
    hg_result r[MOST_TENSORS];
    ck_assert_int_eq(layer_plant(&u, NOTHING), 1);
    double *dU = grad(&u, 1);
    for (int i = 0; i < hg_entries(&u.t[1]); i++)
        dU[i] /= 5;
    ck_assert_int_eq(hg_check(&p, NULL, r), HG_OK);
    const hg_explanation *why = &r[1].why;
    ck_assert_int_eq(why->mistake, HG_FACTOR);
    ck_assert_int_eq(why->matched, 64);
    ck_assert_int_eq(why->of, 64);
    ck_assert_double_eq_tol(why->factor, 0.2, 1e-9);
    ck_assert_double_lt(why->spread, 1e-8);
    const char *start = "64 of 64 entries of U have ratio 0.2 +- ";
    ck_assert_int_eq(strncmp(why->text, start, strlen(start)), 0);
    ck_assert_ptr_nonnull(strstr(
        why->text, ", and T = 5: a division too many by T; see eq. 8.17"));
    ck_assert_str_eq(r[0].why.text, "");
}
END_TEST

START_TEST(two_names_are_joined_by_or)
{
    direct d;
    direct_new(&d);
    d.u.size[0].value = d.u.size[1].value = 2;
    double *dW = grad(&d.u, 0);
    for (int i = 0; i < 20; i++)
        dW[i] *= 2;
    hg_explanation why;
    hg_explain(&d.p, d.e, 0, &why);
    ck_assert_int_eq(why.mistake, HG_TWICE);
    ck_assert_ptr_nonnull(strstr(why.text, "counted twice"));
    ck_assert_ptr_nonnull(strstr(why.text, "or B = 2"));
    ck_assert_ptr_nonnull(strstr(why.text, "or M = 2"));
}
END_TEST

/* A known vector of float, every third number of its memory: it is read all
 * the same. */
START_TEST(knowns_of_any_type_and_stride)
{
    direct d;
    direct_new(&d);
    float memory[60];
    double *dW = grad(&d.u, 0);
    for (int i = 0; i < 60; i++)
        memory[i] = (float)sin(i * i);
    d.u.known[0] = (hg_tensor){.name = "extra",
                               .type = HG_FLOAT,
                               .rank = 2,
                               .shape = {4, 5},
                               .stride = {15, 3},
                               .data = memory};
    for (int i = 0; i < 20; i++)
        dW[i] -= (double)memory[3 * i];
    hg_explanation why;
    hg_explain(&d.p, d.e, 0, &why);
    ck_assert_int_eq(why.mistake, HG_PATH_MISSING);
    ck_assert_ptr_nonnull(strstr(why.text, "lack exactly extra"));
}
END_TEST

START_TEST(without_evidence_nothing_is_said)
{
    direct d;
    hg_explanation why;
    direct_new(&d);
    d.e[0].numeric = NULL;
    hg_explain(&d.p, d.e, 0, &why);
    ck_assert_int_eq(why.mistake, HG_UNEXPLAINED);
    ck_assert_str_eq(why.text, "");
    direct_new(&d);
    double *dW = grad(&d.u, 0);
    dW[7] = nan("");
    hg_explain(&d.p, d.e, 0, &why);
    ck_assert_int_eq(why.mistake, HG_UNEXPLAINED);
    ck_assert_ptr_nonnull(strstr(why.text, "W[1][2] is not a finite number"));
    direct_new(&d);
    dW = grad(&d.u, 0);
    for (int i = 0; i < 20; i++) {
        dW[i] *= -1;
        d.bound[i] = HUGE_VAL; /* of no entry anything is known */
    }
    hg_explain(&d.p, d.e, 0, &why);
    ck_assert_int_eq(why.mistake, HG_UNEXPLAINED);
    d.bound[3] = 1e-11; /* of one: a sign, or chance */
    d.numeric[0][3] = 2e-9;
    dW[3] = -2e-9;
    hg_explain(&d.p, d.e, 0, &why);
    ck_assert_int_eq(why.mistake, HG_UNEXPLAINED);
}
END_TEST

/* A scalar that is wrong has no pattern, unless the factor has a name. */
START_TEST(a_scalar)
{
    double value = 0.4, given = 3 * 0.731, numeric = 0.731, bound = 1e-12;
    hg_tensor t = {.name = "s", .data = &value, .grad = &given};
    hg_size three = {"T", 3};
    hg_problem p = {.tensors = 1, .tensor = &t};
    hg_evidence e = {&given, &numeric, &bound};
    hg_explanation why;
    hg_explain(&p, &e, 0, &why);
    ck_assert_int_eq(why.mistake, HG_UNEXPLAINED);
    p.sizes = 1;
    p.size = &three;
    hg_explain(&p, &e, 0, &why);
    ck_assert_int_eq(why.mistake, HG_FACTOR);
}
END_TEST

/* Attention of which w and do are not told, and in some cases so sharp that the
 * wrong dv is almost right: then there may be no name, but not a wrong one. */
START_TEST(without_knowns_no_wrong_name)
{
    static layer u;
    found f;
    for (int k = 0; k < 2 * SHAPES * SEEDS; k++) {
        plan p = k % 2 ? STUCK : NO_WEIGHTS;
        layer_new(&u, 5, k / 2 % SHAPES, k / 2 / SHAPES);
        u.knowns = 0;
        double *q = data(&u, 0);
        for (int i = 0; i < hg_entries(&u.t[0]); i++)
            q[i] *= k % 3 == 0 ? 1 : k % 3 == 1 ? 15 : 40;
        ck_assert_int_eq(layer_plant(&u, p), 1);
        check_layer(&u, &f);
        ck_assert(f.wrong[2]);
        ck_assert_msg(f.why[2].mistake == HG_UNEXPLAINED, "%d/%d: %s", k,
                      u.shape, f.why[2].text);
        if (p == NO_WEIGHTS && u.n[2] == u.n[0])
            ck_assert_ptr_nonnull(strstr(f.why[2].text, "all rows of v are"));
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("catalogue");
    SUITE_ADD(s, every_mistake_is_named);
    SUITE_ADD(s, right_gradients_need_no_name);
    SUITE_ADD(s, random_errors_have_no_name);
    SUITE_ADD(s, the_sentence_has_the_evidence);
    SUITE_ADD(s, two_names_are_joined_by_or);
    SUITE_ADD(s, knowns_of_any_type_and_stride);
    SUITE_ADD(s, without_evidence_nothing_is_said);
    SUITE_ADD(s, a_scalar);
    SUITE_ADD(s, without_knowns_no_wrong_name);
    return suite_run(s);
}
