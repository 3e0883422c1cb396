/* SPDX-License-Identifier: MIT */
#include "lib/show.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

enum { WIDTH = 80, CELL = 32 };

static const char bold[] = "\033[1m", green[] = "\033[32m", red[] = "\033[31m", plain[] = "\033[0m";

static const char *paint(const show *s, const char *code)
{
    return s->color && s->format == SHOW_TEXT ? code : "";
}

/* ---- numbers ------------------------------------------------------------ */

/* Fixed where that is readable, exponent elsewhere; never "-0.000000". */
static void number(char cell[CELL], double x, int digits)
{
    double size = fabs(x);
    if (isnan(x))
        strcpy(cell, "NaN");
    else if (isinf(x))
        strcpy(cell, x > 0 ? "Infinity" : "-Infinity");
    else if (size == 0 || (size >= 1e-3 && size < 1e6))
        snprintf(cell, CELL, "%.*f", digits, size == 0 ? 0.0 : x);
    else
        snprintf(cell, CELL, "%.*e", digits, x);
}

static void json_number(FILE *out, double x)
{
    if (isnan(x))
        fputs("\"NaN\"", out);
    else if (isinf(x))
        fputs(x > 0 ? "\"Infinity\"" : "\"-Infinity\"", out);
    else
        fprintf(out, "%.17g", x);
}

static void json_string(FILE *out, const char *text)
{
    putc('"', out);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < ' ')
            fprintf(out, "\\u%04x", c);
        else
            putc(c, out);
    }
    putc('"', out);
}

static void json_shape(FILE *out, int rank, const int shape[])
{
    putc('[', out);
    for (int k = 0; k < rank; k++)
        fprintf(out, "%s%d", k ? "," : "", shape[k]);
    putc(']', out);
}

static void json_value_head(show *s, const char *name, int rank, const int shape[])
{
    fprintf(s->out, "{\"type\":\"value\",\"chapter\":%d,\"eq\":", s->chapter);
    if (s->eq[0])
        json_string(s->out, s->eq);
    else
        fputs("null", s->out);
    fputs(",\"name\":", s->out);
    json_string(s->out, name);
    fputs(",\"shape\":", s->out);
    json_shape(s->out, rank, shape);
    fputs(",\"values\":[", s->out);
}

static void json_value(show *s, const char *name, int rank, const int shape[], int n,
                       const real x[])
{
    json_value_head(s, name, rank, shape);
    for (int i = 0; i < n; i++) {
        if (i)
            putc(',', s->out);
        json_number(s->out, re(x[i]));
    }
    fputs("]}\n", s->out);
}

/* ---- blocks ------------------------------------------------------------- */

/* In Markdown values stand in a block of code, which opens when the first one
 * comes. */
static void block(show *s, bool wanted)
{
    s->in_table = s->in_table && !wanted;
    if (s->format != SHOW_MARKDOWN || s->in_block == wanted)
        return;
    fputs(wanted ? "```\n" : "```\n\n", s->out);
    s->in_block = wanted;
}

static void wait_for_enter(show *s)
{
    if (!s->step)
        return;
    fflush(s->out);
    fputs("  -- Enter --", stderr);
    int c;
    do
        c = getchar();
    while (c != '\n' && c != EOF);
    s->step = c != EOF;
}

void show_section(show *s, const char *title)
{
    if (s->section)
        wait_for_enter(s);
    block(s, false);
    s->section++;
    s->eq[0] = 0;
    s->in_table = false;
    switch (s->format) {
    case SHOW_JSON:
        fprintf(s->out,
                "{\"type\":\"section\",\"chapter\":%d,\"section\":\"%d.%d\","
                "\"title\":",
                s->chapter, s->chapter, s->section);
        json_string(s->out, title);
        fputs("}\n", s->out);
        break;
    case SHOW_MARKDOWN: fprintf(s->out, "## %d.%d %s\n\n", s->chapter, s->section, title); break;
    default: {
        int width = fprintf(s->out, "%s%s%d.%d  %s", s->section > 1 ? "\n" : "", paint(s, bold),
                            s->chapter, s->section, title);
        width -= (s->section > 1) + (int)strlen(paint(s, bold));
        fprintf(s->out, "%s\n", paint(s, plain));
        for (int i = 0; i < width; i++)
            putc('-', s->out);
        putc('\n', s->out);
    }
    }
}

void show_note(show *s, const char *format, ...)
{
    char text[2000];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (s->format == SHOW_JSON)
        return;
    block(s, false);
    s->in_table = false;
    int column = WIDTH;
    const char *margin = s->format == SHOW_TEXT ? "\n  " : "";
    for (char *word = text; *word;) {
        int length = (int)strcspn(word, " ");
        if (column + 1 + length > WIDTH - 2)
            column = (fputs(margin, s->out), 1);
        else
            putc(' ', s->out);
        column += 1 + length;
        if (s->format == SHOW_MARKDOWN)
            column = 0; /* a paragraph of Markdown is one line */
        fwrite(word, 1, (size_t)length, s->out);
        word += length;
        word += strspn(word, " ");
        if (s->format == SHOW_MARKDOWN)
            margin = " ";
    }
    fputs(s->format == SHOW_TEXT ? "\n" : "\n\n", s->out);
}

void show_equation(show *s, const char *tag, const char *formula)
{
    wait_for_enter(s);
    snprintf(s->eq, sizeof s->eq, "%s", tag);
    if (s->format == SHOW_JSON)
        return;
    block(s, true);
    char label[20];
    snprintf(label, sizeof label, "(%s)", tag);
    fprintf(s->out, "\n  %s%-8s%s%s\n", paint(s, bold), label, paint(s, plain), formula);
}

void show_no_equation(show *s)
{
    s->eq[0] = 0;
}

/* ---- values ------------------------------------------------------------- */

/* "name = a + b = value", broken before an operator where it would pass
 * column 80. */
static void line_of_value(show *s, const char *name, const char *how, const char *value)
{
    int column = fprintf(s->out, "          %s = ", name);
    if (how[0]) {
        int total = column + (int)strlen(how) + 3 + (int)strlen(value);
        if (total <= WIDTH) {
            fprintf(s->out, "%s = ", how);
        } else {
            for (const char *p = how; *p;) {
                int length = (int)strcspn(p + 1, " ") + 1;
                if (column + length > WIDTH - 1)
                    column = fprintf(s->out, "\n            ") - 1;
                column += length;
                fwrite(p, 1, (size_t)length, s->out);
                p += length;
            }
            fprintf(s->out, "\n          %*s = ", (int)strlen(name), "");
        }
    }
    fprintf(s->out, "%s\n", value);
}

void show_value(show *s, const char *name, real value, const char *substitution, ...)
{
    if (s->format == SHOW_JSON) {
        json_value(s, name, 0, NULL, 1, &value);
        return;
    }
    char how[500] = "", cell[CELL];
    if (substitution) {
        va_list args;
        va_start(args, substitution);
        vsnprintf(how, sizeof how, substitution, args);
        va_end(args);
    }
    block(s, true);
    number(cell, re(value), s->digits);
    line_of_value(s, name, how, cell);
}

void show_count(show *s, const char *name, long value)
{
    if (s->format == SHOW_JSON) {
        json_value_head(s, name, 0, NULL);
        fprintf(s->out, "%ld]}\n", value);
        return;
    }
    char cell[CELL];
    snprintf(cell, sizeof cell, "%ld", value);
    block(s, true);
    line_of_value(s, name, "", cell);
}

void show_residual(show *s, const char *name, double value)
{
    if (s->format == SHOW_JSON) {
        real x = (real)value;
        json_value(s, name, 0, NULL, 1, &x);
        return;
    }
    char cell[CELL];
    if (fabs(value) < 1e-12)
        strcpy(cell, "< 1e-12");
    else
        snprintf(cell, sizeof cell, "%.1e", value);
    block(s, true);
    fprintf(s->out, "          %s %s%s\n", name, cell[0] == '<' ? "" : "= ", cell);
}

/* The numbers of one row, after `column` characters, continued under the first
 * one. */
static void row_of_numbers(show *s, int column, int n, const real x[])
{
    int start = column;
    for (int i = 0; i < n; i++) {
        char cell[CELL];
        number(cell, re(x[i]), s->digits);
        int width = (int)strlen(cell) < s->digits + 4 ? s->digits + 4 : (int)strlen(cell);
        if (column + 1 + width > WIDTH && i)
            column = fprintf(s->out, "\n%*s", start, "") - 1;
        column += fprintf(s->out, " %*s", width, cell);
    }
    putc('\n', s->out);
}

void show_vector(show *s, const char *name, int n, const real x[n])
{
    if (s->format == SHOW_JSON) {
        json_value(s, name, 1, &n, n, x);
        return;
    }
    block(s, true);
    row_of_numbers(s, fprintf(s->out, "          %s =", name), n, x);
}

void show_matrix(show *s, const char *name, int rows, int cols, const real x[rows][cols])
{
    if (s->format == SHOW_JSON) {
        json_value(s, name, 2, (int[]){rows, cols}, rows * cols, &x[0][0]);
        return;
    }
    block(s, true);
    int width = (int)strlen(name);
    for (int r = 0; r < rows; r++)
        row_of_numbers(s, fprintf(s->out, "          %*s %s", width, r ? "" : name, r ? " " : "="),
                       cols, x[r]);
}

/* A cell of a table: whole numbers as such, others with four digits. */
static void table_cell(char cell[CELL], double x)
{
    if (isnan(x))
        strcpy(cell, "-");
    else if (fabs(x) < 1e9 && x == floor(x))
        snprintf(cell, CELL, "%.0f", x == 0 ? 0.0 : x);
    else if (fabs(x) >= 1e-3 && fabs(x) < 1e5)
        snprintf(cell, CELL, "%.4f", x);
    else
        snprintf(cell, CELL, "%.3e", x);
}

static void json_names(FILE *out, const char *key, int n, const char *const names[])
{
    fprintf(out, ",\"%s\":[", key);
    for (int i = 0; i < n; i++) {
        if (i)
            putc(',', out);
        json_string(out, names[i]);
    }
    putc(']', out);
}

void show_table(show *s, const char *name, int nrows, int ncols, const char *const rows[],
                const char *const cols[], const double x[nrows][ncols])
{
    if (s->format == SHOW_JSON) {
        json_value_head(s, name, 2, (int[]){nrows, ncols});
        for (int r = 0; r < nrows; r++)
            for (int c = 0; c < ncols; c++) {
                if (r || c)
                    putc(',', s->out);
                json_number(s->out, x[r][c]);
            }
        putc(']', s->out);
        json_names(s->out, "columns", ncols, cols);
        if (rows)
            json_names(s->out, "rows", nrows, rows);
        fputs("}\n", s->out);
        return;
    }
    block(s, s->format == SHOW_TEXT);
    bool text = s->format == SHOW_TEXT;
    const char *sep = text ? " " : " | ";
    int first = 0;
    for (int r = 0; rows && r < nrows; r++)
        first = (int)strlen(rows[r]) > first ? (int)strlen(rows[r]) : first;
    fprintf(s->out, text ? "\n  %s%s%s\n\n" : "\n%s%s%s\n\n", paint(s, bold), name,
            paint(s, plain));
    fprintf(s->out, text ? "    %*s" : "| %*s", -first, "");
    for (int c = 0; c < ncols; c++)
        fprintf(s->out, "%s%10s", sep, cols[c]);
    fputs(text ? "\n" : " |\n|---", s->out);
    for (int c = 0; c < ncols && !text; c++)
        fputs("|---:", s->out);
    fputs(text ? "" : "|\n", s->out);
    for (int r = 0; r < nrows; r++) {
        fprintf(s->out, text ? "    %*s" : "| %*s", -first, rows ? rows[r] : "");
        for (int c = 0; c < ncols; c++) {
            char cell[CELL];
            table_cell(cell, x[r][c]);
            int width = (int)strlen(cols[c]) > 10 ? (int)strlen(cols[c]) : 10;
            fprintf(s->out, "%s%*s", sep, width, cell);
        }
        fputs(text ? "\n" : " |\n", s->out);
    }
    fputs(text ? "" : "\n", s->out);
}

/* ---- checks ------------------------------------------------------------- */

void show_index(char buffer[80], const hg_tensor *t, const int index[HG_RANK])
{
    int used = snprintf(buffer, 80, "%s", t->name);
    for (int k = 0; k < t->rank && used > 0 && used < 70; k++)
        used += snprintf(buffer + used, (size_t)(80 - used), "[%d]", index[k]);
}

static void shape_text(char cell[CELL], int rank, const int shape[])
{
    int used = snprintf(cell, CELL, rank ? "%d" : "1", rank ? shape[0] : 1);
    for (int k = 1; k < rank && used < CELL; k++)
        used += snprintf(cell + used, (size_t)(CELL - used), "x%d", shape[k]);
}

static void error_text(char cell[CELL], double error)
{
    if (error < 1e-12)
        strcpy(cell, "< 1e-12");
    else
        snprintf(cell, CELL, "%.1e", error);
}

static void check_head(show *s, const char *method)
{
    bool text = s->format == SHOW_TEXT;
    block(s, text);
    if (!s->in_table)
        fprintf(s->out,
                text ? "\n  %-8s%-14s%-10s%-9s%-9s%-14s%s\n"
                     : "| %s | %s | %s | %s | %s | %s | %s | by |\n"
                       "|---|---|---|---:|---:|---|---|---|\n",
                "eq.", "tensor", "shape", "error", "bound", "digits", "verdict");
    s->in_table = true;
    (void)method;
}

/* One line of the table of checks. */
static void check_row(show *s, const char *method, const char *eq, const char *name,
                      const char *shape, const char *error, const char *bound, const char *digits,
                      const char *verdict, bool passed)
{
    char tag[20] = "";
    if (eq)
        snprintf(tag, sizeof tag, "(%s)", eq);
    check_head(s, method);
    if (s->format == SHOW_TEXT)
        fprintf(s->out, "  %-8s%-13s %-10s%-9s%-9s%-14s%s%s%s\n", tag, name, shape, error, bound,
                digits, paint(s, passed ? green : red), verdict, paint(s, plain));
    else
        fprintf(s->out, "| %s | `%s` | %s | %s | %s | %s | %s%s%s | %s |\n", tag, name, shape,
                error, bound, digits, passed ? "" : "**", verdict, passed ? "" : "**", method);
}

static void json_check(show *s, const char *method, const hg_tensor *t, const hg_result *r)
{
    FILE *out = s->out;
    fprintf(out, "{\"type\":\"check\",\"chapter\":%d,\"eq\":", s->chapter);
    if (t->equation)
        json_string(out, t->equation);
    else
        fputs("null", out);
    fputs(",\"tensor\":", out);
    json_string(out, t->name);
    fputs(",\"shape\":", out);
    json_shape(out, t->rank, t->shape);
    fprintf(out,
            ",\"entries\":%d,\"method\":\"%s\",\"verdict\":\"%s\",\"expected\":"
            "\"%s\"",
            hg_entries(t), method, hg_verdict_name(r->verdict), hg_verdict_name(t->expected));
    fprintf(out, ",\"passed\":%s,\"cause\":", r->passed ? "true" : "false");
    json_string(out, hg_cause_text(r->cause));
    const char *const keys[] = {"error", "relative", "bound", "digits", "possible"};
    const double values[] = {r->error, r->relative, r->bound, r->digits, r->possible};
    for (int k = 0; k < 5; k++) {
        fprintf(out, ",\"%s\":", keys[k]);
        json_number(out, values[k]);
    }
    fputs(",\"worst\":{\"index\":", out);
    json_shape(out, t->rank, r->worst);
    fputs(",\"analytic\":", out);
    json_number(out, r->analytic);
    fputs(",\"numeric\":", out);
    json_number(out, r->numeric);
    fputs("}}\n", out);
}

/* What a reader needs where a check is not as expected, or is undecided on
 * purpose. */
static void explain(show *s, const hg_tensor *t, const hg_result *r)
{
    char where[80];
    show_index(where, t, r->worst);
    if (r->cause != HG_NO_CAUSE)
        fprintf(s->out, "          %s\n", hg_cause_text(r->cause));
    if (r->cause == HG_KINK)
        fprintf(s->out,
                "          left slope %.6g, right slope %.6g, the gradient "
                "lies %s them\n",
                r->left, r->right, r->between ? "between" : "outside");
    if (r->passed)
        return;
    fprintf(s->out, "          expected: %s; %d of %d entries disagree%s%s\n",
            hg_verdict_name(t->expected), r->wrong, r->entries, t->equation ? "; see eq. " : "",
            t->equation ? t->equation : "");
    fprintf(s->out,
            "          worst: %s  analytic %.9g  numeric %.9g +- %.1g  ratio "
            "%.6g\n",
            where, r->analytic, r->numeric, r->bound, r->analytic / r->numeric);
}

static void check_line(show *s, const char *method, const hg_tensor *t, const hg_result *r)
{
    char shape[CELL], error[CELL], bound[CELL], digits[CELL];
    shape_text(shape, t->rank, t->shape);
    error_text(error, r->error);
    snprintf(bound, sizeof bound, "%.1e", r->bound);
    if (r->verdict == HG_ZERO)
        strcpy(digits, "-");
    else
        snprintf(digits, sizeof digits, "%.1f of %.1f", r->digits, r->possible);
    check_row(s, method, t->equation, t->name, shape, error, bound, digits,
              hg_verdict_name(r->verdict), r->passed);
    if ((r->verdict == HG_UNDECIDED || !r->passed) && s->format == SHOW_TEXT)
        explain(s, t, r);
}

void show_check(show *s, const char *method, const hg_tensor *t, const hg_result *r)
{
    if (s->format == SHOW_JSON)
        json_check(s, method, t, r);
    else
        check_line(s, method, t, r);
}

void show_second(show *s, const hg_tensor *t, const hg_result *r)
{
    show_check(s, "second derivation", t, r);
}

void show_taylor(show *s, const char *name, int entries, const hg_taylor_result *r)
{
    double last = r->remainder[HG_TAYLOR_POINTS - 1];
    if (s->format == SHOW_JSON) {
        fprintf(s->out, "{\"type\":\"check\",\"chapter\":%d,\"eq\":null,\"tensor\":", s->chapter);
        json_string(s->out, name);
        fprintf(s->out,
                ",\"shape\":[%d],\"entries\":%d,\"method\":\"Taylor\","
                "\"verdict\":\"%s\","
                "\"expected\":\"agrees\",\"passed\":%s,\"cause\":",
                entries, entries, hg_verdict_name(r->verdict), r->passed ? "true" : "false");
        json_string(s->out, hg_cause_text(r->cause));
        fprintf(s->out, ",\"linear\":%s,\"slope\":", r->linear ? "true" : "false");
        if (r->linear)
            fputs("null", s->out);
        else
            json_number(s->out, r->slope);
        fputs(",\"error\":", s->out);
        json_number(s->out, last);
        fputs(",\"relative\":", s->out);
        json_number(
            s->out,
            last / (r->without[HG_TAYLOR_POINTS - 1] > 0 ? r->without[HG_TAYLOR_POINTS - 1] : 1));
        fputs(",\"bound\":", s->out);
        json_number(s->out, r->noise);
        fputs(",\"digits\":null,\"worst\":null}\n", s->out);
        return;
    }
    char slope[CELL], error[CELL], bound[CELL], count[CELL];
    if (r->linear)
        strcpy(slope, "linear");
    else
        snprintf(slope, sizeof slope, "slope %.3f", r->slope);
    error_text(error, last);
    snprintf(bound, sizeof bound, "%.1e", r->noise);
    snprintf(count, sizeof count, "%d", entries);
    check_row(s, "Taylor", NULL, name, count, error, bound, slope, hg_verdict_name(r->verdict),
              r->passed);
    if (!r->passed && s->format == SHOW_TEXT)
        fprintf(s->out, "          the remainder falls as h, not as h^2: a "
                        "gradient is wrong\n");
}

void show_end(show *s)
{
    block(s, false);
    fflush(s->out);
}

bool show_failed(const show *s)
{
    return ferror(s->out) != 0;
}
