/* SPDX-License-Identifier: MIT */
/* Showing: each call as text, JSON and Markdown, to the byte; 80 columns;
 * numbers that can be read back; writes that fail. */
#define CK_FLOATING_DIG 17
#include "lib/check/report.h"
#include "lib/show.h"

#include "tests/capture.h"
#include "tests/json.h"
#include "tests/suite.h"

typedef void (*shown)(show *s);

/* What `call` writes; the caller frees it. */
static char *written(shown call, show_format format, bool color)
{
    show s = {.out = tmpfile(),
              .format = format,
              .color = color,
              .chapter = 8,
              .digits = 6};
    call(&s);
    show_end(&s);
    ck_assert(!show_failed(&s));
    char *text = text_of(s.out);
    fclose(s.out);
    return text;
}

static void section_and_note(show *s)
{
    show_section(s, "The cell");
    show_note(s,
              "A note with %d words, which is long enough to be broken at "
              "the end of a line, as a paragraph is, near column %s.",
              23, "eighty");
    show_section(s, "Back \"through\" it\n\\");
}

static void values(show *s)
{
    show_equation(s, "8.3", "c = f c0 + i g");
    show_value(s, "c", R(0.28), "%g*%g + %g", 0.1, 0.2, 0.26);
    show_no_equation(s);
    show_value(s, "plain", R(-2.5), NULL);
    show_count(s, "steps", 31390);
    show_residual(s, "difference", 3e-13);
    show_residual(s, "difference", -2.5e-7);
    show_residual(s, "nothing", (double)NAN);
}

static void numbers(show *s)
{
    static const double x[] = {0,
                               -0.0,
                               1e-3,
                               9.99e-4,
                               1e6,
                               1e-300,
                               (double)NAN,
                               (double)INFINITY,
                               -(double)INFINITY,
                               999999.5};
    show_vector(s, "x", 10, x);
}

static void matrices(show *s)
{
    static const real W[2][3] = {{1, 2, 3}, {R(-4.5), 5, 6}};
    show_matrix(s, "W", 2, 3, W);
    show_vector(s, "v", 2, W[1]);
}

static void tables(show *s)
{
    static const double x[2][2] = {{1, 0.5}, {(double)NAN, 1e-9}};
    show_table(s, "Errors", 2, 2, (const char *[]){"RNN", "LSTM"},
               (const char *[]){"lag", "error"}, x);
    show_table(s, "No names", 2, 2, NULL, (const char *[]){"h", "D(h)"}, x);
}

static void words(show *s)
{
    static const double x[2][2] = {{1, 0.5}, {2, 3}};
    show_table_words(s, "Parts", 2, 2, (const char *[]){"all", "no gate"},
                     "claim", (const char *[]){"-", "S0-11"},
                     (const char *[]){"least", "most"}, x);
}

/* Whatever a number is, it takes few places, and has one name. */
static void large(show *s)
{
    static const double x[1][2] = {{-1e-100, -1e300}};
    const double inf = (double)INFINITY, nan = (double)NAN;
    show_note(s, "From %.6f to %g, nan.", 12345678901.5, -inf);
    show_value(s, "L", (real)-inf, "(%.6f - %g)/%.6f + %g*%g", -1e300, nan,
               999999999.5, copysign(nan, -1), inf);
    show_value(s, "a name that is so long that its value has no room beside",
               R(1e-100), NULL);
    show_value(s, "a name that is so long that its value has no room beside",
               R(2), "1 + 1");
    show_table(s, "T", 1, 2, NULL, (const char *[]){"a", "b"}, x);
}

static void bars(show *s)
{
    static const double x[1][1] = {{1}};
    show_table_words(s, "Sizes", 1, 1, (const char *[]){"|x|"}, "claim",
                     (const char *[]){"a|b"}, (const char *[]){"max |h|"}, x);
}

static const struct {
    const char *name;
    shown call;
    show_format format;
    const char *wanted;
} exact[] = {
    {"section, text", section_and_note, SHOW_TEXT,
     "8.1  The cell\n-------------\n\n"
     "  A note with 23 words, which is long enough to be broken at the end of "
     "a\n"
     "  line, as a paragraph is, near column eighty.\n\n"
     "8.2  Back \"through\" it\n\\\n------------------------\n"},
    {"section, json", section_and_note, SHOW_JSON,
     "{\"type\":\"section\",\"chapter\":8,\"section\":\"8.1\",\"title\":"
     "\"The cell\"}\n"
     "{\"type\":\"section\",\"chapter\":8,\"section\":\"8.2\",\"title\":"
     "\"Back \\\"through\\\" it\\u000a\\\\\"}\n"},
    {"section, markdown", section_and_note, SHOW_MARKDOWN,
     "## 8.1 The cell\n\nA note with 23 words, which is long enough to be "
     "broken at the end of a line, as a paragraph is, near column eighty.\n\n"
     "## 8.2 Back \"through\" it\n\\\n\n"},
    {"values, text", values, SHOW_TEXT,
     "\n  (8.3)   c = f c0 + i g\n"
     "          c = 0.1*0.2 + 0.26 = 0.280000\n"
     "          plain = -2.500000\n"
     "          steps = 31390\n"
     "          difference < 1e-12\n"
     "          difference = -2.5e-07\n"
     "          nothing = NaN\n"},
    {"values, json", values, SHOW_JSON,
     "{\"type\":\"value\",\"chapter\":8,\"eq\":\"8.3\",\"name\":\"c\","
     "\"shape\":[],\"values\":[0.28000000000000003]}\n"
     "{\"type\":\"value\",\"chapter\":8,\"eq\":null,\"name\":\"plain\","
     "\"shape\":[],\"values\":[-2.5]}\n"
     "{\"type\":\"value\",\"chapter\":8,\"eq\":null,\"name\":\"steps\","
     "\"shape\":[],\"values\":[31390]}\n"
     "{\"type\":\"value\",\"chapter\":8,\"eq\":null,\"name\":\"difference\","
     "\"shape\":[],\"values\":[2.9999999999999998e-13]}\n"
     "{\"type\":\"value\",\"chapter\":8,\"eq\":null,\"name\":\"difference\","
     "\"shape\":[],\"values\":[-2.4999999999999999e-07]}\n"
     "{\"type\":\"value\",\"chapter\":8,\"eq\":null,\"name\":\"nothing\","
     "\"shape\":[],\"values\":[\"NaN\"]}\n"},
    {"values, markdown", values, SHOW_MARKDOWN,
     "```\n\n  (8.3)   c = f c0 + i g\n"
     "          c = 0.1*0.2 + 0.26 = 0.280000\n"
     "          plain = -2.500000\n"
     "          steps = 31390\n"
     "          difference < 1e-12\n"
     "          difference = -2.5e-07\n"
     "          nothing = NaN\n```\n\n"},
    {"numbers, text", numbers, SHOW_TEXT,
     "          x =   0.000000   0.000000   0.001000 9.990000e-04 "
     "1.000000e+06\n"
     "              1.000000e-300        NaN   Infinity  -Infinity "
     "999999.500000\n"},
    {"numbers, json", numbers, SHOW_JSON,
     "{\"type\":\"value\",\"chapter\":8,\"eq\":null,\"name\":\"x\","
     "\"shape\":[10],\"values\":[0,-0,0.001,0.0009990000000000001,1000000,"
     "1e-300,\"NaN\",\"Infinity\",\"-Infinity\",999999.5]}\n"},
    {"matrices, text", matrices, SHOW_TEXT,
     "          W =   1.000000   2.000000   3.000000\n"
     "               -4.500000   5.000000   6.000000\n"
     "          v =  -4.500000   5.000000\n"},
    {"matrices, json", matrices, SHOW_JSON,
     "{\"type\":\"value\",\"chapter\":8,\"eq\":null,\"name\":\"W\","
     "\"shape\":[2,3],\"values\":[1,2,3,-4.5,5,6]}\n"
     "{\"type\":\"value\",\"chapter\":8,\"eq\":null,\"name\":\"v\","
     "\"shape\":[2],\"values\":[-4.5,5]}\n"},
    {"tables, text", tables, SHOW_TEXT,
     "\n  Errors\n\n"
     "                lag      error\n"
     "    RNN           1     0.5000\n"
     "    LSTM          -  1.000e-09\n"
     "\n  No names\n\n"
     "              h       D(h)\n"
     "              1     0.5000\n"
     "              -  1.000e-09\n"},
    {"tables, json", tables, SHOW_JSON,
     "{\"type\":\"value\",\"chapter\":8,\"eq\":null,\"name\":\"Errors\","
     "\"shape\":[2,2],\"values\":[1,0.5,\"NaN\",1.0000000000000001e-09],"
     "\"columns\":[\"lag\",\"error\"],\"rows\":[\"RNN\",\"LSTM\"]}\n"
     "{\"type\":\"value\",\"chapter\":8,\"eq\":null,\"name\":\"No names\","
     "\"shape\":[2,2],\"values\":[1,0.5,\"NaN\",1.0000000000000001e-09],"
     "\"columns\":[\"h\",\"D(h)\"]}\n"},
    {"tables, markdown", tables, SHOW_MARKDOWN,
     "\nErrors\n\n"
     "|      |        lag |      error |\n|---|---:|---:|\n"
     "| RNN  |          1 |     0.5000 |\n"
     "| LSTM |          - |  1.000e-09 |\n\n"
     "\nNo names\n\n"
     "|  |          h |       D(h) |\n|---|---:|---:|\n"
     "|  |          1 |     0.5000 |\n"
     "|  |          - |  1.000e-09 |\n\n"},
    {"words, text", words, SHOW_TEXT,
     "\n  Parts\n\n"
     "            claim      least       most\n"
     "    all     -              1     0.5000\n"
     "    no gate S0-11          2          3\n"},
    {"large, text", large, SHOW_TEXT,
     "\n  From 1.234568e+10 to -Infinity, NaN.\n"
     "          L = (-1.000000e+300 - NaN)/999999999.500000 + NaN*Infinity = "
     "-Infinity\n"
     "          a name that is so long that its value has no room beside\n"
     "           = 1.000000e-100\n"
     "          a name that is so long that its value has no room beside = 1 + "
     "1\n"
     "                                                                   = "
     "2.000000\n"
     "\n  T\n\n"
     "              a          b\n"
     "     -1.00e-100 -1.00e+300\n"},
    {"bars, text", bars, SHOW_TEXT,
     "\n  Sizes\n\n"
     "        claim    max |h|\n"
     "    |x| a|b            1\n"},
    {"bars, markdown", bars, SHOW_MARKDOWN,
     "\nSizes\n\n"
     "|     | claim |    max \\|h\\| |\n|---|---|---:|\n"
     "| \\|x\\| | a\\|b   |          1 |\n\n"},
    {"words, json", words, SHOW_JSON,
     "{\"type\":\"value\",\"chapter\":8,\"eq\":null,\"name\":\"Parts\","
     "\"shape\":[2,2],\"values\":[1,0.5,2,3],"
     "\"columns\":[\"least\",\"most\"],\"rows\":[\"all\",\"no gate\"],"
     "\"claim\":[\"-\",\"S0-11\"]}\n"},
    {"words, markdown", words, SHOW_MARKDOWN,
     "\nParts\n\n"
     "|         | claim |      least |       most |\n|---|---|---:|---:|\n"
     "| all     | -     |          1 |     0.5000 |\n"
     "| no gate | S0-11 |          2 |          3 |\n\n"},
};

START_TEST(to_the_byte)
{
    int failed = 0;
    for (size_t k = 0; k < sizeof exact / sizeof *exact; k++) {
        char *text = written(exact[k].call, exact[k].format, false);
        int good = strcmp(text, exact[k].wanted) == 0;
        if (!good)
            printf("%s:\n%s<<<\nwanted:\n%s<<<\n", exact[k].name, text,
                   exact[k].wanted);
        failed += !good;
        free(text);
    }
    ck_assert_int_eq(failed, 0);
}
END_TEST

/* ---- checks -------------------------------------------------------------- */

static hg_tensor tensor(const char *name, int rank, int a, int b)
{
    static double data[6], grad[6];
    return (hg_tensor){.name = name,
                       .equation = "8.9",
                       .rank = rank,
                       .shape = {a, b},
                       .data = data,
                       .grad = grad};
}

static hg_result agreeing(void)
{
    return (hg_result){.verdict = HG_AGREES,
                       .passed = 1,
                       .entries = 6,
                       .error = 1.5e-10,
                       .relative = 1e-10,
                       .bound = 2e-10,
                       .digits = 9.8,
                       .possible = 10.1,
                       .worst = {1, 2},
                       .analytic = 0.5,
                       .numeric = 0.25};
}

static void checks(show *s)
{
    hg_tensor t = tensor("W_f", 2, 2, 3);
    hg_result r = agreeing();
    s->group = "cell";
    show_check(s, "finite differences", &t, &r);
    r.verdict = HG_DISAGREES;
    r.passed = 0;
    r.wrong = 2;
    r.relative = r.error = (double)NAN;
    r.digits = 0;
    show_check(s, "finite differences", &t, &r);
    t.equation = NULL;
    t.rank = 0;
    t.expected = HG_UNDECIDED;
    r = (hg_result){.verdict = HG_UNDECIDED,
                    .cause = HG_KINK,
                    .passed = 1,
                    .entries = 1,
                    .left = -1,
                    .right = 0.5,
                    .between = 1};
    show_check(s, "finite differences", &t, &r);
    t.expected = HG_ZERO;
    r = (hg_result){.verdict = HG_ZERO, .passed = 1, .entries = 1};
    show_check(s, "second derivation", &t, &r);
    t.expected = HG_UNDECIDED; /* nothing was compared */
    r = (hg_result){
        .verdict = HG_UNDECIDED, .cause = HG_NOT_DETERMINISTIC, .passed = 1};
    show_check(s, "finite differences", &t, &r);
}

START_TEST(checks_as_text)
{
    char *text = written(checks, SHOW_TEXT, false);
    ck_assert_str_eq(
        text,
        "\n"
        "  eq.     tensor        shape     error    bound    digits        "
        "verdict\n"
        "  (8.9)   W_f           2x3       1.5e-10  2.0e-10  9.8 of 10.1   "
        "agrees\n"
        "  (8.9)   W_f           2x3       NaN      2.0e-10  0.0 of 10.1   "
        "disagrees\n"
        "          expected: agrees; 2 of 6 entries disagree; see eq. 8.9\n"
        "          worst: W_f[1][2]  ratio 2\n"
        "          analytic 0.5  numeric 0.25 +- 2e-10\n"
        "          W_f           1         < 1e-12  0.0e+00  0.0 of 0.0    "
        "undecided\n"
        "          a kink: the left and the right slope differ\n"
        "          left slope -1, right slope 0.5\n"
        "          the gradient lies between them\n"
        "          W_f           1         < 1e-12  0.0e+00  -             "
        "zero\n"
        "          W_f           1         -        -        -             "
        "undecided\n"
        "          the loss is not deterministic\n");
    free(text);
    text = written(checks, SHOW_TEXT, true);
    ck_assert_ptr_nonnull(strstr(text, "\033[32magrees\033[0m\n"));
    ck_assert_ptr_nonnull(strstr(text, "\033[31mdisagrees\033[0m\n"));
    ck_assert_int_le(longest_line(text), 80);
    free(text);
}
END_TEST

START_TEST(checks_as_json)
{
    char *text = written(checks, SHOW_JSON, true);
    const char *first =
        "{\"type\":\"check\",\"chapter\":8,\"eq\":\"8.9\",\"group\":\"cell\","
        "\"tensor\":\"W_f\",\"shape\":[2,3],\"entries\":6,\"method\":"
        "\"finite differences\",\"verdict\":\"agrees\",\"expected\":"
        "\"agrees\",\"passed\":true,\"cause\":\"\",\"error\":";
    ck_assert_int_eq(strncmp(text, first, strlen(first)), 0);
    ck_assert(json_lines(text));
    ck_assert_int_eq(lines_of(text), 5);
    ck_assert_ptr_nonnull(strstr(text, "\"error\":null,\"relative\":null"));
    ck_assert_ptr_nonnull(strstr(text, "\"worst\":{\"index\":[1,2],\"analytic\""
                                       ":0.5,\"numeric\":0.25}}\n"));
    ck_assert_ptr_nonnull(strstr(text, "\"passed\":false"));
    ck_assert_ptr_nonnull(strstr(text, "\"error\":\"NaN\""));
    ck_assert_ptr_nonnull(strstr(text, "\"eq\":null"));
    ck_assert_ptr_nonnull(strstr(text, "\"method\":\"second derivation\""));
    ck_assert_ptr_nonnull(
        strstr(text, "\"verdict\":\"undecided\",\"expected\":\"undecided\""));
    ck_assert_ptr_null(strchr(text, '\033'));
    free(text);
}
END_TEST

/* Markdown: every table has its header, after an empty line, and ends in one;
 * what explains stands in a block of code. */
START_TEST(checks_as_markdown)
{
    char *text = written(checks, SHOW_MARKDOWN, false);
    int tables = 0, fences = 0;
    const char *last = "";
    for (char *line = strtok(text, ""), *next; line && *line; line = next) {
        next = strchr(line, '\n');
        *next++ = 0;
        int row = line[0] == '|', before = last[0] == '|';
        ck_assert(!row || before || last[0] == 0);
        ck_assert(row || !before || line[0] == 0);
        tables += row && !before;
        fences += strcmp(line, "```") == 0;
        last = line;
    }
    ck_assert_int_eq(fences, 6);
    ck_assert_int_eq(tables, 3);
    free(text);
}
END_TEST

static void taylor_tests(show *s)
{
    hg_taylor_result r = {
        .verdict = HG_AGREES, .passed = 1, .slope = 2.0004, .noise = 1e-14};
    for (int k = 0; k < HG_TAYLOR_POINTS; k++)
        r.h[k] = r.remainder[k] = r.without[k] = 1e-9;
    show_taylor(s, "all of the cell", 123, &r);
    r.linear = 1;
    r.slope = 0;
    show_taylor(s, "a linear one", 3, &r);
    r.linear = r.passed = 0;
    r.slope = 1.02;
    r.verdict = HG_DISAGREES;
    show_taylor(s, "wrong", 3, &r);
    r.verdict = HG_UNDECIDED;
    r.cause = HG_KINK;
    show_taylor(s, "at a kink", 3, &r);
}

START_TEST(taylor_is_shown)
{
    char *text = written(taylor_tests, SHOW_TEXT, false);
    ck_assert_int_le(longest_line(text), 80);
    ck_assert_ptr_nonnull(strstr(text, "slope 2.000"));
    ck_assert_ptr_nonnull(strstr(text, "linear"));
    ck_assert_ptr_nonnull(strstr(text, "falls as h, not as h^2"));
    ck_assert_ptr_nonnull(strstr(text, "a kink: the left"));
    free(text);
    text = written(taylor_tests, SHOW_JSON, false);
    ck_assert(json_lines(text));
    ck_assert_int_eq(lines_of(text), 4);
    ck_assert_ptr_nonnull(strstr(text, "\"method\":\"Taylor\""));
    ck_assert_ptr_nonnull(strstr(text, "\"linear\":true,\"slope\":null"));
    ck_assert_ptr_nonnull(strstr(text, "\"linear\":false,\"slope\":1.02"));
    free(text);
    text = written(taylor_tests, SHOW_MARKDOWN, false);
    ck_assert_ptr_nonnull(strstr(text, "| slope 2.000 | agrees | Taylor |"));
    free(text);
}
END_TEST

static void papers(show *s)
{
    paper p = {"Elman 1990, figure 3",
               "error, median",
               "0.5",
               0.4625,
               0.4,
               0.5,
               10,
               0.25,
               0.4625,
               0.75};
    show_paper(s, &p);
    p.seeds = 0;
    p.value = (double)NAN; /* nothing came out: no match */
    show_paper(s, &p);
}

START_TEST(papers_are_shown)
{
    char *text = written(papers, SHOW_TEXT, false);
    ck_assert_str_eq(
        text, "\n  Elman 1990, figure 3\n"
              "          error, median = 0.4625\n"
              "          the paper: 0.5\n"
              "          10 seeds: least 0.25, median 0.4625, most 0.75\n"
              "          matches (wanted: 0.4 to 0.5)\n"
              "\n  Elman 1990, figure 3\n"
              "          error, median = -\n"
              "          the paper: 0.5\n"
              "          misses (wanted: 0.4 to 0.5)\n");
    free(text);
    text = written(papers, SHOW_JSON, false);
    ck_assert(json_lines(text));
    ck_assert_ptr_nonnull(strstr(text, "{\"type\":\"paper\",\"chapter\":8,"
                                       "\"source\":\"Elman 1990, figure 3\""));
    ck_assert_ptr_nonnull(
        strstr(text, "\"most\":0.75,\"seeds\":10,\"matches\":true}\n"));
    ck_assert_ptr_nonnull(strstr(text, "\"value\":\"NaN\""));
    ck_assert_ptr_nonnull(strstr(text, "\"matches\":false}\n"));
    free(text);
}
END_TEST

/* ---- what is long -------------------------------------------------------- */

static void long_things(show *s)
{
    static const double x[3][14];
    static const char *const cols[14] = {
        "lag",        "a",           "b", "c", "d", "e", "f",
        "a long one", "another one", "i", "j", "k", "l", "m"};
    static const char *const rows[3] = {"LSTM, forget bias 1", "RNN", "GRU"};
    show_section(s, "Long lines");
    show_equation(s, "8.12a",
                  "dz = sum over t of W_f' df_t + W_i' di_t + W_o' do_t + "
                  "W_g' dg_t, and the same for every layer below it");
    show_value(s, "dz_1", R(-1.5e-7),
               "%f*%f + %f*%f + %f*%f + %f*%f + %f*%f + %f*%f + %f*%f", 0.1,
               0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4);
    show_vector(s, "h", 14, x[0]);
    show_matrix(s, "H", 3, 14, x);
    show_table(s, "A wide table", 3, 14, rows, cols, x);
    show_table(s, "A wide table without names", 3, 14, NULL, cols, x);
    show_table_words(s, "A wide table with words", 3, 14, rows, "claim",
                     (const char *[]){"S0-11", "-", "several words"}, cols, x);
    show_note(s, "%s",
              "word word word word word word word word word word wor "
              "word word word word word word word word word words");
    hg_tensor t = tensor("all parameters and all inputs", 2, 100, 1000);
    hg_result r = agreeing();
    r.verdict = HG_UNDECIDED;
    r.passed = 0;
    r.digits = r.possible = 15.7;
    r.analytic = r.numeric = -1.23456789e-100;
    r.left = r.right = -1.23456789e-100;
    for (int c = HG_KINK; c <= HG_NOT_ANALYTIC; c++) {
        r.cause = (hg_cause)c;
        show_check(s, "finite differences", &t, &r);
    }
    t.name = "a_name_of_18_chars";
    show_check(s, "finite differences", &t, &r);
    hg_taylor_result taylor = {.verdict = HG_UNDECIDED, .slope = -1.234};
    show_taylor(s, "everything that the chapter has", 1000000, &taylor);
}

START_TEST(eighty_columns)
{
    char *text = written(long_things, SHOW_TEXT, false);
    if (longest_line(text) > 80)
        printf("%s", text);
    ck_assert_int_le(longest_line(text), 80);
    int zeros = 0; /* nothing is lost: 3 x 14 numbers, and the first again */
    const char *from = strstr(text, "A wide table without names");
    ck_assert_ptr_nonnull(from);
    for (const char *c = from; c < strstr(from, "word"); c++)
        zeros += strncmp(c, " 0", 2) == 0;
    ck_assert_int_eq(zeros % 3, 0);
    ck_assert_int_ge(zeros, 3 * 14);
    ck_assert_ptr_nonnull(strstr(text, "= -1.500000e-07\n"));
    free(text);
    text = written(long_things, SHOW_TEXT, true);
    ck_assert_int_le(longest_line(text), 80);
    free(text);
    text = written(long_things, SHOW_JSON, true);
    ck_assert(json_lines(text));
    ck_assert_ptr_nonnull(strstr(text, "\"eq\":\"8.12a\""));
    free(text);
}
END_TEST

static double round_trip[4] = {0.1, -1.0 / 3, 5e-324, 1.7976931348623157e308};
static void one_vector(show *s)
{
    show_vector(s, "x", 4, round_trip);
}

START_TEST(seventeen_digits_are_read_back)
{
    char *text = written(one_vector, SHOW_JSON, false);
    char *at = strstr(text, "\"values\":[");
    ck_assert_ptr_nonnull(at);
    at += strlen("\"values\":[");
    for (int k = 0; k < 4; k++, at++)
        ck_assert_double_eq(strtod(at, &at), round_trip[k]);
    free(text);
}
END_TEST

START_TEST(index_text)
{
    char buffer[80];
    hg_tensor t = tensor("W", 2, 2, 3);
    hgi_place_text(buffer, &t, (int[HG_RANK]){1, 2});
    ck_assert_str_eq(buffer, "W[1][2]");
    t.rank = 0;
    hgi_place_text(buffer, &t, (int[HG_RANK]){0});
    ck_assert_str_eq(buffer, "W");
    char longest[200];
    memset(longest, 'n', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    t.name = longest;
    t.rank = 2;
    hgi_place_text(buffer, &t, (int[HG_RANK]){1, 2});
    ck_assert_uint_eq(strlen(buffer), 79);
}
END_TEST

START_TEST(a_full_disk_is_remembered)
{
    for (int format = SHOW_TEXT; format <= SHOW_MARKDOWN; format++) {
        show s = {.out = fopen("/dev/full", "w"),
                  .format = (show_format)format,
                  .digits = 6};
        if (!s.out)
            return; /* no such device here */
        long_things(&s);
        show_end(&s);
        ck_assert(show_failed(&s));
        fclose(s.out);
    }
}
END_TEST

/* --step waits at each equation and section, and no longer when the input has
 * ended. */
START_TEST(step_by_step)
{
    FILE *keys = tmpfile();
    fputs("\n\n", keys);
    rewind(keys);
    int was = dup(0);
    dup2(fileno(keys), 0);
    aside a = turn_aside(NULL);
    show s = {.out = stdout, .step = true, .digits = 6};
    show_section(&s, "One");
    show_equation(&s, "8.1", "x = 1");
    bool first = s.step;
    show_section(&s, "Two");
    show_equation(&s, "8.2", "x = 2");
    bool last = s.step;
    show_equation(&s, "8.3", "x = 3");
    char *out, *err;
    turn_back(&a, &out, &err);
    dup2(was, 0);
    close(was);
    fclose(keys);
    clearerr(stdin);
    ck_assert(first);
    ck_assert(!last);
    ck_assert_str_eq(err, "  -- Enter --  -- Enter --  -- Enter --");
    ck_assert_ptr_nonnull(strstr(out, "x = 3"));
    free(out);
    free(err);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("show");
    SUITE_ADD(suite, to_the_byte);
    SUITE_ADD(suite, checks_as_text);
    SUITE_ADD(suite, checks_as_json);
    SUITE_ADD(suite, checks_as_markdown);
    SUITE_ADD(suite, taylor_is_shown);
    SUITE_ADD(suite, papers_are_shown);
    SUITE_ADD(suite, eighty_columns);
    SUITE_ADD(suite, seventeen_digits_are_read_back);
    SUITE_ADD(suite, index_text);
    SUITE_ADD(suite, a_full_disk_is_remembered);
    SUITE_ADD(suite, step_by_step);
    return suite_run(suite);
}
