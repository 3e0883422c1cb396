/* build: complex */
/* SPDX-License-Identifier: MIT */
/* Programs: options, values that can be set, bad use (one line, status 2, and
 * nothing changed), checks and exit statuses, failed writes. */
#define _GNU_SOURCE /* posix_openpt */
#define CK_FLOATING_DIG 17
#include "lib/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include "lib/version.h"
#include "tests/capture.h"
#include "tests/json.h"
#include "tests/suite.h"

#if defined REAL_COMPLEX
#define VERIFY "--verify" /* the complex build takes nothing else */
#else
#define VERIFY "--seed=1"
#endif

/* ---- a program, and a run of it ------------------------------------------ */

static real W[2][3], rate;
static int target[2];
static const setting settings[] = {
    SETTING("W", "M,N", "weights, row by row", W, 2, 2, 3),
    SETTING_RANGE("rate", "learning rate", &rate, 0, 10),
    SETTING_WHOLE("target", "B", "classes", target, 2, 0, 4),
};
static const program_about about = {.name = "08_lstm",
                                    .title = "Long short-term memory",
                                    .seeds = 5,
                                    .verification = 9,
                                    .settings = 3,
                                    .setting = settings};

/* What one run did. */
typedef struct outcome {
    program p;
    bool went_on;
    int status;
    char *out, *err, *argv[8];
} outcome;

static void put_defaults(void)
{
    for (int k = 0; k < 6; k++)
        (&W[0][0])[k] = R(0.5) * (k + 1);
    rate = R(0.25);
    target[0] = 3;
    target[1] = 1;
}

/* Runs a program that does nothing, or `body`, with up to six arguments. */
static outcome run_body(void (*body)(program *), const char *path,
                        const char *const argument[])
{
    outcome o = {.argv = {strdup("build/08_lstm")}};
    int argc = 1;
    for (; argument[argc - 1]; argc++)
        o.argv[argc] = strdup(argument[argc - 1]);
    o.argv[argc] = NULL;
    aside a = turn_aside(path);
    o.went_on = program_start(&o.p, &about, argc, o.argv);
    if (o.went_on && body)
        body(&o.p);
    o.status = program_end(&o.p);
    turn_back(&a, path ? NULL : &o.out, &o.err);
    if (path)
        o.out = NULL;
    return o;
}

#define RUN(...) run_body(NULL, NULL, (const char *const[]){__VA_ARGS__, NULL})

static void done(outcome *o)
{
    free(o->out);
    free(o->err);
    for (int k = 0; o->argv[k]; k++)
        free(o->argv[k]);
}

/* ---- options ------------------------------------------------------------- */

START_TEST(options_are_read)
{
    outcome o = RUN(VERIFY);
    ck_assert(o.went_on);
    ck_assert_int_eq(o.status, 0);
    ck_assert_uint_eq(o.p.seed, 1);
    ck_assert_int_eq(o.p.seeds, o.p.verify ? 0 : 5);
    ck_assert_int_eq(o.p.show.chapter, 8);
    ck_assert_int_eq(o.p.show.format, SHOW_TEXT);
    ck_assert_ptr_null(o.p.plot_dir);
    ck_assert(!o.p.show.color); /* standard output is a file */
    ck_assert_str_eq(o.out, "");
    ck_assert_str_eq(o.err, "");
    done(&o);
    o = RUN(VERIFY, "--seed", "18446744073709551615", "--seeds=0",
            "--format=json", "--color=always");
    ck_assert(o.went_on);
    ck_assert_uint_eq(o.p.seed, UINT64_MAX);
    ck_assert_int_eq(o.p.seeds, 0);
    ck_assert_int_eq(o.p.show.format, SHOW_JSON);
    ck_assert(o.p.show.color);
    done(&o);
    o = RUN("--verify", "--seeds", "30", "--color", "never", "--plot-dir=/tmp");
    ck_assert(o.went_on && o.p.verify && !o.p.show.color);
    ck_assert_int_eq(o.p.show.section, 8); /* the next one is 8.9 */
    ck_assert_int_eq(o.p.seeds, 0);        /* no experiment */
    ck_assert_str_eq(o.p.plot_dir, "/tmp");
    done(&o);
    o = RUN(VERIFY, "--format", "markdown", "--color=auto");
    ck_assert(o.went_on && !o.p.show.color);
    ck_assert_int_eq(o.p.show.format, SHOW_MARKDOWN);
    done(&o);
}
END_TEST

START_TEST(no_color)
{
    setenv("NO_COLOR", "1", 1);
    outcome o = RUN(VERIFY, "--color=always"); /* said is said */
    ck_assert(o.p.show.color);
    done(&o);
    o = RUN(VERIFY);
    ck_assert(!o.p.show.color);
    done(&o);
    unsetenv("NO_COLOR");
}
END_TEST

START_TEST(help_and_version)
{
    static const char *const help[] = {"--help", "-h"};
    for (int k = 0; k < 2; k++) {
        outcome o = RUN(help[k], "--no-such-option");
        ck_assert(!o.went_on);
        ck_assert_int_eq(o.status, 0);
        ck_assert_str_eq(o.err, "");
        ck_assert_int_le(longest_line(o.out), 80);
        ck_assert_int_eq(
            strncmp(o.out, "08_lstm: Long short-term memory\n", 32), 0);
        static const char *const said[] = {
            "--list",     "--set NAME=VALUES", "NAME=@FILE",
            "--verify",   "--seed N",          "--seeds N",
            "--format F", "--plot-dir DIR",    "--color",
            "--step",     "--version",         "--help",
            "(5)",        "exit status",       "0 verified"};
        for (size_t i = 0; i < sizeof said / sizeof *said; i++)
            ck_assert_msg(strstr(o.out, said[i]) != NULL, "%s", said[i]);
        done(&o);
    }
    outcome o = RUN("--version");
    ck_assert(!o.went_on);
    ck_assert_int_eq(o.status, 0);
    ck_assert_str_eq(o.out, "handgrad " HANDGRAD_VERSION ", 08_lstm\n");
    done(&o);
}
END_TEST

START_TEST(list)
{
    put_defaults();
    outcome o = RUN("--list", "--set", "W=1 2 3 4 5 -6.5e-3", "--set=rate=.5");
    ck_assert(!o.went_on);
    ck_assert_int_eq(o.status, 0);
    ck_assert_str_eq(o.out,
                     "name         shape          kind     value\n"
                     "W            2x3 (M,N)      real     1 2 3 4 5 -0.0065\n"
                     "             weights, row by row\n"
                     "rate         scalar         real     0.5\n"
                     "             learning rate\n"
                     "target       2 (B)          integer  3 1\n"
                     "             classes\n");
    done(&o);
    static real many[60];
    static const setting wide[] = {
        SETTING("many", "K", "many values", many, 1, 60)};
    const program_about wide_about = {
        .name = "01_x", .title = "x", .settings = 1, .setting = wide};
    for (int k = 0; k < 60; k++)
        many[k] = R(-1.23456e-7) * (k + 1);
    char *argv[] = {(char[]){"x"}, (char[]){"--list"}, NULL}, *out;
    aside a = turn_aside(NULL);
    program p;
    ck_assert(!program_start(&p, &wide_about, 2, argv));
    ck_assert_int_eq(program_end(&p), 0);
    turn_back(&a, &out, NULL);
    ck_assert_int_le(longest_line(out), 80);
    ck_assert_int_gt(lines_of(out), 12);
    free(out);
}
END_TEST

/* ---- --set --------------------------------------------------------------- */

static void write_file(char path[], const char *text, size_t size)
{
    strcpy(strrchr(path, '-'), "-XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, size), (ssize_t)size);
    close(fd);
}

START_TEST(set_values)
{
    put_defaults();
    outcome o = RUN(VERIFY, "--set", "W=1,2, 3\t4 +5 -6e-1", "--set",
                    "target=0,4", "--set=rate=10");
    ck_assert(o.went_on);
    for (int k = 0; k < 5; k++)
        ck_assert_double_eq(re((&W[0][0])[k]), k + 1);
    ck_assert_double_eq(re(W[1][2]), -0.6);
    ck_assert_double_eq(re(rate), 10);
    ck_assert_int_eq(target[0], 0);
    ck_assert_int_eq(target[1], 4);
    done(&o);
}
END_TEST

START_TEST(set_from_a_file)
{
    char path[] = "/tmp/handgrad-XXXXXX", argument[100], big[9000];
    put_defaults();
    write_file(path, "1 2 3\n4,5,\r\n6.25\n", 17);
    snprintf(argument, sizeof argument, "W=@%s", path);
    outcome o = RUN(VERIFY, "--set", argument);
    ck_assert(o.went_on);
    ck_assert_double_eq(re(W[0][1]), 2);
    ck_assert_double_eq(re(W[1][2]), 6.25);
    done(&o);
    remove(path);
    memset(big, ' ', sizeof big); /* more than one read, and a zero byte */
    memcpy(big, "1 2 3", 5);
    memcpy(big + sizeof big - 6, "4 5 6\n", 6);
    write_file(path, big, sizeof big);
    snprintf(argument, sizeof argument, "W=@%s", path);
    o = RUN(VERIFY, "--set", argument);
    ck_assert(o.went_on);
    ck_assert_double_eq(re(W[1][2]), 6);
    done(&o);
    remove(path);
    big[100] = 0;
    write_file(path, big, sizeof big);
    snprintf(argument, sizeof argument, "W=@%s", path);
    o = RUN(VERIFY, "--set", argument);
    ck_assert(!o.went_on);
    ck_assert_int_eq(o.status, 2);
    done(&o);
    remove(path);
}
END_TEST

/* ---- bad use ------------------------------------------------------------- */

static const struct {
    const char *argument[3], *said; /* after "08_lstm: " */
} bad[] = {
    {{"--frobnicate"}, "got '--frobnicate', which is no option; --help lists"},
    {{"-x"}, "got '-x', which is no option"},
    {{"-xh"}, "got '-xh', which is no option"},
    {{"--verify=1"}, "got '--verify=1', which is no option"},
    {{"--s", "1"}, "got '--s', which is no option"},
    {{"--fro\nb"}, "got '--fro?b', which is no option"},
    {{"file"}, "got 'file', wanted options only"},
    {{"--", "8"}, "got '8', wanted options only"},
    {{"--seed"}, "--seed: wanted a value after it"},
    {{"--set"}, "--set: wanted a value after it"},
    {{"--seed", "-1"},
     "--seed: got '-1', wanted a whole number from 0 to "
     "18446744073709551615"},
    {{"--seed", "18446744073709551616"}, "--seed: got '18446744073709551616'"},
    {{"--seed", ""}, "--seed: got ''"},
    {{"--seed", " 1"}, "--seed: got ' 1'"},
    {{"--seed", "+1"}, "--seed: got '+1'"},
    {{"--seed", "0x10"}, "--seed: got '0x10'"},
    {{"--seed", "1.5"}, "--seed: got '1.5'"},
    {{"--seed", "one"}, "--seed: got 'one'"},
    {{"--seeds", "-1"}, "--seeds: got '-1', wanted a whole number from 0 to"},
    {{"--seeds", "100001"}, "--seeds: got '100001'"},
    {{"--format", "xml"}, "--format: got 'xml', wanted text, json or markdown"},
    {{"--format="}, "--format: got ''"},
    {{"--color", "blue"}, "--color: got 'blue', wanted auto, always or never"},
    {{"--set", "W"}, "--set: got 'W', wanted NAME=VALUES or NAME=@FILE"},
    {{"--set", "V=1"}, "--set: there is no 'V'; --list shows the names"},
    {{"--set", "=1"}, "--set: there is no ''"},
    {{"--set", "WW=1"}, "--set: there is no 'WW'"},
    {{"--set", "rat=1"}, "--set: there is no 'rat'"},
    {{"--set", "W="}, "--set W: got 0 values, wanted 6 (M,N)"},
    {{"--set", "W=1"}, "--set W: got 1 value, wanted 6 (M,N)"},
    {{"--set", "W=1,2,3,4,5"}, "--set W: got 5 values, wanted 6 (M,N)"},
    {{"--set", "W=1,2,3,4,5,6,7"}, "--set W: got 7 values, wanted 6 (M,N)"},
    {{"--set", "W=1,,2,3,4,5,6"},
     "--set W: got a comma without a number beside it, wanted 6 numbers"},
    {{"--set", "W=1,2,3,4,5,6,"},
     "--set W: got a comma without a number beside it, wanted 6 numbers"},
    {{"--set", "W=, 1,2,3,4,5,6"},
     "--set W: got a comma without a number beside it, wanted 6 numbers"},
    {{"--set", "W=1e-400,2,3,4,5,6"},
     "--set W: '1e-400' is too small to store; wanted 0 or at least 5e-324"},
    {{"--set", "rate=1,2"}, "--set rate: got 2 values, wanted 1"},
    {{"--set", "W=9,9,9,9,9,x"}, "--set W: 'x' is not a finite number"},
    {{"--set", "W=9,9,9,9,9,1a"}, "--set W: '1a' is not a finite number"},
    {{"--set", "W=9,9,9,9,9,0x1"}, "--set W: '0x1' is not a finite number"},
    {{"--set", "W=9,9,9,9,9,1;2"}, "--set W: '1;2' is not a finite number"},
    {{"--set", "W=9,9,9,9,9,--1"}, "--set W: '--1' is not a finite number"},
    {{"--set", "W=9,9,9,9,9,nan"}, "--set W: 'nan' is not a finite number"},
    {{"--set", "W=9,9,9,9,9,inf"}, "--set W: 'inf' is not a finite number"},
    {{"--set", "W=9,9,9,9,9,-inf"}, "--set W: '-inf' is not a finite number"},
    {{"--set", "W=9,9,9,9,9,1e999"}, "--set W: '1e999' is not finite"},
    {{"--set", "rate=10.01"}, "--set rate: got 10.01, wanted a number from 0"},
    {{"--set", "rate=-1e-9"}, "--set rate: got -1e-9, wanted a number from 0"},
    {{"--set", "target=1,5"}, "--set target: got 5, wanted a whole number fr"},
    {{"--set", "target=1,-1"}, "--set target: got -1, wanted a whole number "},
    {{"--set", "target=1,1.5"}, "--set target: got 1.5, wanted a whole number"},
    {{"--set", "target=1,1e99"}, "--set target: got 1e99, wanted a whole num"},
    {{"--set", "W=@/no/such/file"}, "--set W: cannot read '/no/such/file': "},
    {{"--set", "W=@/tmp"}, "--set W: cannot read '/tmp': "},
    {{"--set", "W=@"}, "--set W: cannot read '': "},
    {{VERIFY, "--plot-dir=/no/such/folder"}, "--plot-dir: cannot write in "},
    {{VERIFY, "--plot-dir=/dev/null"}, "--plot-dir: got '/dev/null', wanted a"},
    {{VERIFY, "--plot-dir="}, "--plot-dir: cannot write in ''"},
    {{VERIFY, "--step"}, "--step: wanted a terminal on standard input"},
};

START_TEST(bad_use)
{
    int failed = 0, null = open("/dev/null", O_RDONLY), was = dup(0);
    dup2(null, 0); /* no terminal there, whoever runs this */
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        put_defaults();
        outcome o = run_body(NULL, NULL, bad[k].argument);
        int unchanged = re(rate) == 0.25 && target[0] == 3 && target[1] == 1;
        for (int i = 0; i < 6; i++)
            unchanged = unchanged && re((&W[0][0])[i]) == 0.5 * (i + 1);
        int good = !o.went_on && o.status == 2 && unchanged && !o.out[0] &&
                   lines_of(o.err) == 1 &&
                   strncmp(o.err, "08_lstm: ", 9) == 0 &&
                   strncmp(o.err + 9, bad[k].said, strlen(bad[k].said)) == 0;
        if (!good)
            printf("%s %s: status %d, said: %s", bad[k].argument[0],
                   bad[k].argument[1] ? bad[k].argument[1] : "", o.status,
                   o.err);
        failed += !good;
        done(&o);
    }
    dup2(was, 0);
    close(was);
    close(null);
    ck_assert_int_eq(failed, 0);
}
END_TEST

/* Of several faults the first is said, in one line. */
START_TEST(one_line_only)
{
    outcome o = RUN(VERIFY, "--seed", "x", "--seeds", "y", "--nothing");
    ck_assert_int_eq(o.status, 2);
    ck_assert_int_eq(lines_of(o.err), 1);
    ck_assert_ptr_nonnull(strstr(o.err, "--seed: got 'x'"));
    done(&o);
    char longest[3000] = "--";
    memset(longest + 2, 'x', sizeof longest - 3);
    longest[sizeof longest - 1] = 0;
    o = RUN(longest);
    ck_assert_int_eq(o.status, 2);
    ck_assert_int_eq(lines_of(o.err), 1);
    ck_assert_ptr_nonnull(strstr(o.err, "which is no option; --help lists"));
    done(&o);
    for (size_t half = 0; half < 2; half++) { /* of a character: U+00E4 */
        for (size_t k = half; k + 2 < sizeof longest; k += 2)
            memcpy(longest + k, "\303\244", 2);
        longest[0] = half ? '1' : longest[0];
        o = RUN(VERIFY, "--seed", longest);
        ck_assert_int_eq(o.status, 2);
        ck_assert_int_lt(longest_line(o.err), 900);
        ck_assert_ptr_nonnull(strstr(o.err, "--seed: got '"));
        ck_assert_ptr_nonnull(strstr(o.err, "\244...\303"));
        ck_assert_ptr_nonnull(strstr(o.err, "', wanted a whole number from 0"));
        done(&o);
    }
}
END_TEST

#if defined REAL_COMPLEX
START_TEST(complex_takes_verify_only)
{
    outcome o = RUN("--seed=1");
    ck_assert(!o.went_on);
    ck_assert_int_eq(o.status, 2);
    ck_assert_str_eq(
        o.err, "08_lstm: this is the complex build: it takes --verify only\n");
    done(&o);
    o = RUN("--help");
    ck_assert_int_eq(o.status, 0);
    done(&o);
}
END_TEST
#endif

/* ---- checks and statuses ------------------------------------------------- */

static real x[2], dx[2], gate, dgate;

static real loss(void *context)
{
    (void)context;
    return exp(x[0] * x[1]) + sin(x[1]) + 0 * gate;
}

static void put_gradient(real factor)
{
    x[0] = R(0.385);
    x[1] = R(-1.64);
    dx[0] = factor * x[1] * exp(x[0] * x[1]);
    dx[1] = x[0] * exp(x[0] * x[1]) + cos(x[1]);
}

static void checked(program *p)
{
    hg_tensor t[] = {TENSOR("x", "8.4", x, dx, "N", 2),
                     TENSOR_ZERO("gate", "8.5", &gate, &dgate, "", 1)};
    program_check(p, "both", loss, NULL, 2, t);
}

START_TEST(a_check_that_passes)
{
    put_gradient(1);
    outcome o =
        run_body(checked, NULL,
                 (const char *const[]){"--verify", "--format=json", NULL});
    ck_assert_int_eq(o.status, 0);
    ck_assert_int_eq(o.p.failed, 0);
    ck_assert(json_lines(o.out));
    ck_assert_ptr_nonnull(strstr(o.out, "\"group\":\"both\""));
    ck_assert_ptr_nonnull(strstr(o.out, "\"verdict\":\"zero\""));
#if defined REAL_COMPLEX
    ck_assert_int_eq(o.p.passed, 2);
    ck_assert_ptr_nonnull(strstr(o.out, "\"method\":\"complex step\""));
#else
    ck_assert_int_eq(o.p.passed, 3); /* and Taylor */
    ck_assert_ptr_nonnull(strstr(o.out, "\"method\":\"finite differences\""));
    ck_assert_ptr_nonnull(strstr(o.out, "\"method\":\"Taylor\""));
#endif
    done(&o);
}
END_TEST

START_TEST(a_check_that_fails)
{
    put_gradient(R(1.001));
    outcome o =
        run_body(checked, NULL, (const char *const[]){"--verify", NULL});
    ck_assert_int_eq(o.status, 1);
    ck_assert_int_ge(o.p.failed, 1);
    ck_assert_ptr_nonnull(strstr(o.out, "disagrees"));
    ck_assert_ptr_nonnull(strstr(o.out, "x[0]"));
    ck_assert_ptr_nonnull(strstr(o.out, "see eq. 8.4"));
    ck_assert_str_eq(o.err, "");
    done(&o);
}
END_TEST

/* The gate has no influence, and nobody foresaw that. */
static void unforeseen(program *p)
{
    hg_tensor t = TENSOR("gate", "8.5", &gate, &dgate, "", 1);
    program_check(p, "gate", loss, NULL, 1, &t);
}

static void not_masked(program *p)
{
    hg_tensor t = TENSOR("x", "8.4", x, dx, "N", 2);
    program_check(p, "x", loss, NULL, 1, &t);
}

/* --set may take the influence of a tensor away; a backward function that says
 * so of one that has influence is wrong as before. */
START_TEST(zero_since_it_was_set)
{
    put_gradient(1);
    outcome o =
        run_body(unforeseen, NULL, (const char *const[]){"--verify", NULL});
    ck_assert_int_eq(o.status, 1);
    ck_assert_ptr_nonnull(strstr(o.out, "this test cannot fail"));
    ck_assert_ptr_nonnull(strstr(o.out, "worst: gate  ratio -\n"));
    done(&o);
    o = run_body(unforeseen, NULL,
                 (const char *const[]){"--verify", "--set=rate=1", NULL});
    ck_assert_int_eq(o.status, 0);
    ck_assert_ptr_nonnull(strstr(o.out, "zero\n"));
    ck_assert_int_eq(o.p.passed, 1);
    done(&o);
    dx[0] = dx[1] = 0;
    o = run_body(not_masked, NULL,
                 (const char *const[]){"--verify", "--set=rate=1", NULL});
    ck_assert_int_eq(o.status, 1);
    ck_assert_ptr_nonnull(strstr(o.out, "disagrees"));
    done(&o);
}
END_TEST

static void masked_only(program *p)
{
    hg_tensor t = TENSOR_ZERO("gate", "8.5", &gate, &dgate, "", 1);
    program_check(p, "gate", loss, NULL, 1, &t);
}

START_TEST(nothing_for_taylor)
{
    put_gradient(1);
    outcome o =
        run_body(masked_only, NULL, (const char *const[]){"--verify", NULL});
    ck_assert_int_eq(o.status, 0);
    ck_assert_int_eq(o.p.passed, 1);
    done(&o);
}
END_TEST

static void bad_tensor(program *p)
{
    hg_tensor t = TENSOR("x", "8.4", x, dx, "N", 0);
    program_check(p, "x", loss, NULL, 1, &t);
}

START_TEST(a_check_that_cannot_be_made)
{
    outcome o =
        run_body(bad_tensor, NULL, (const char *const[]){"--verify", NULL});
    ck_assert_int_eq(o.status, 2);
    ck_assert_str_eq(o.err, "08_lstm: check of x: a bad argument\n");
    done(&o);
}
END_TEST

static real first[2][2], second[2][2];

static void compared(program *p)
{
    hg_tensor t = TENSOR("W", "8.7", NULL, first, "M,N", 2, 2);
    program_compare(p, &t, &second[0][0], 1e-12);
}

/* Two derivations: equal, within the bound, beyond it, with a NaN. */
START_TEST(second_derivations)
{
    static const struct {
        double off;
        int passed;
        const char *said;
    } table[] = {{0, 1, "12.0 of 12.0"},
                 {3e-12, 1, "12.0 of 12.0"},
                 {8e-12, 0, "disagrees"},
                 {1, 0, "W[1][0]"},
                 {(double)NAN, 0, "NaN"}};
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        for (int i = 0; i < 4; i++)
            (&first[0][0])[i] = (&second[0][0])[i] = R(-1.5) * (i + 1);
        second[1][0] += (real)table[k].off;
        outcome o =
            run_body(compared, NULL, (const char *const[]){"--verify", NULL});
#if defined REAL_COMPLEX
        ck_assert_int_eq(o.p.passed + o.p.failed, 0);
        ck_assert_str_eq(o.out, "");
#else
        if (!strstr(o.out, table[k].said))
            printf("%s", o.out);
        ck_assert_ptr_nonnull(strstr(o.out, table[k].said));
        ck_assert_int_eq(o.p.passed, table[k].passed);
        ck_assert_int_eq(o.p.failed, !table[k].passed);
        ck_assert_int_eq(o.status, !table[k].passed);
#endif
        done(&o);
    }
}
END_TEST

/* ---- writing ------------------------------------------------------------- */

static void writes_much(program *p)
{
    for (int k = 0; k < 2000; k++)
        show_count(&p->show, "k", k);
}
static void writes_little(program *p)
{
    show_count(&p->show, "k", 1);
}

START_TEST(a_full_disk)
{
    static void (*const bodies[])(program *) = {writes_much, writes_little};
    if (access("/dev/full", W_OK) != 0)
        return; /* no such device here */
    for (int k = 0; k < 2; k++) {
        outcome o = run_body(bodies[k], "/dev/full",
                             (const char *const[]){"--verify", NULL});
        ck_assert_int_eq(o.status, 2);
        ck_assert_int_eq(lines_of(o.err), 1);
        ck_assert_ptr_nonnull(strstr(o.err, "cannot write standard output: "));
        done(&o);
    }
    outcome o =
        run_body(NULL, "/dev/full", (const char *const[]){"--help", NULL});
    ck_assert_int_eq(o.status, 2);
    ck_assert_int_eq(lines_of(o.err), 1);
    done(&o);
}
END_TEST

static void draws(program *p)
{
    curve c;
    program_curve(p, &c, "loss", "step loss");
    curve_row(&c, 2, (double[]){1, 2});
    program_curve_end(p, &c);
}

START_TEST(curves)
{
    char folder[] = "/tmp/handgrad-program-XXXXXX", path[100], option[100];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(option, sizeof option, "--plot-dir=%s", folder);
    snprintf(path, sizeof path, "%s/08_lstm-loss.dat", folder);
    outcome o =
        run_body(draws, NULL, (const char *const[]){"--verify", option, NULL});
    ck_assert_int_eq(o.status, 0);
    ck_assert_int_eq(remove(path), 0);
    done(&o);
    mkdir(path, 0700); /* in its way */
    o = run_body(draws, NULL, (const char *const[]){"--verify", option, NULL});
    ck_assert_int_eq(o.status, 2);
    ck_assert_int_eq(lines_of(o.err), 1);
    ck_assert_ptr_nonnull(strstr(o.err, "08_lstm-loss.dat': "));
    done(&o);
    remove(path);
    ck_assert_int_eq(remove(folder), 0); /* nothing else was left */
    o = run_body(draws, NULL, (const char *const[]){"--verify", NULL});
    ck_assert_int_eq(o.status, 0);
    done(&o);
}
END_TEST

static void shows_progress(program *p)
{
    for (int k = 0; k <= 10; k++)
        program_progress(p, k, 10);
    program_progress(p, 1, 0);
}

START_TEST(no_progress_bar_in_a_file)
{
    outcome o =
        run_body(shows_progress, NULL, (const char *const[]){"--verify", NULL});
    ck_assert_int_eq(o.status, 0);
    ck_assert_str_eq(o.err, "");
    ck_assert_str_eq(o.out, "");
    done(&o);
}
END_TEST

/* On a terminal there is one, and it is wiped. */
START_TEST(a_progress_bar_on_a_terminal)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) || unlockpt(master))
        return; /* no pseudo-terminals here */
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY), was = dup(2);
    program p = {.about = &about, .show = {.out = stdout}};
    ck_assert_int_ge(slave, 0);
    fflush(stderr);
    dup2(slave, 2);
    program_progress(&p, 5, 10);
    bool stood = p.progress;
    program_progress(&p, 10, 10);
    fflush(stderr);
    dup2(was, 2);
    close(was);
    char text[400] = "";
    size_t size = 0; /* what is written may arrive in pieces */
    struct pollfd ready = {.fd = master, .events = POLLIN};
    while (!strstr(text, "\033[K") && size + 1 < sizeof text &&
           poll(&ready, 1, 5000) == 1) {
        ssize_t got = read(master, text + size, sizeof text - 1 - size);
        if (got <= 0)
            break;
        size += (size_t)got;
    }
    close(slave);
    close(master);
    ck_assert(stood && !p.progress);
    ck_assert_ptr_nonnull(strstr(text, "[####################......"));
    ck_assert_ptr_nonnull(strstr(text, " 50 %"));
    ck_assert_ptr_nonnull(strstr(text, "\r\033[K"));
}
END_TEST

START_TEST(version_is_that_of_the_file)
{
    FILE *f = fopen("VERSION", "r");
    if (!f)
        return; /* run from another folder */
    char *text = text_of(f);
    fclose(f);
    ck_assert_str_eq(text, HANDGRAD_VERSION "\n");
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("program");
    SUITE_ADD(suite, options_are_read);
    SUITE_ADD(suite, no_color);
    SUITE_ADD(suite, help_and_version);
    SUITE_ADD(suite, list);
    SUITE_ADD(suite, set_values);
    SUITE_ADD(suite, set_from_a_file);
    SUITE_ADD(suite, bad_use);
    SUITE_ADD(suite, one_line_only);
#if defined REAL_COMPLEX
    SUITE_ADD(suite, complex_takes_verify_only);
#endif
    SUITE_ADD(suite, a_check_that_passes);
    SUITE_ADD(suite, a_check_that_fails);
    SUITE_ADD(suite, zero_since_it_was_set);
    SUITE_ADD(suite, nothing_for_taylor);
    SUITE_ADD(suite, a_check_that_cannot_be_made);
    SUITE_ADD(suite, second_derivations);
    SUITE_ADD(suite, a_full_disk);
    SUITE_ADD(suite, curves);
    SUITE_ADD(suite, no_progress_bar_in_a_file);
    SUITE_ADD(suite, a_progress_bar_on_a_terminal);
    SUITE_ADD(suite, version_is_that_of_the_file);
    return suite_run(suite);
}
