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

/* As printf has it, but one name for what is not finite, on every system. */
static void plain_number(char cell[CELL], const char *format, double x)
{
    if (isfinite(x))
        snprintf(cell, CELL, format, x);
    else
        number(cell, x, 0);
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

/* After a table of checks; in Markdown an empty line ends it. */
static void end_table(show *s)
{
    if (s->in_table && s->format == SHOW_MARKDOWN)
        putc('\n', s->out);
    s->in_table = false;
}

/* In Markdown values stand in a block of code, which opens when the first one
 * comes. */
static void block(show *s, bool wanted)
{
    if (wanted)
        end_table(s);
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
    if (s->begun)
        wait_for_enter(s);
    block(s, false);
    s->section++;
    s->eq[0] = 0;
    end_table(s);
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
        int width = fprintf(s->out, "%s%s%d.%d  %s", s->begun ? "\n" : "", paint(s, bold),
                            s->chapter, s->section, title);
        width -= s->begun + (int)strlen(paint(s, bold));
        fprintf(s->out, "%s\n", paint(s, plain));
        for (int i = 0; i < width; i++)
            putc('-', s->out);
        putc('\n', s->out);
    }
    }
    s->begun = true;
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
    end_table(s);
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

/* A formula after `column` characters, broken before a blank where it would pass column 80. */
static void wrapped(show *s, int column, const char *formula)
{
    for (const char *p = formula; *p;) {
        int length = (int)strcspn(p + 1, " ") + 1;
        if (column + length > WIDTH - 1 && p > formula)
            column = fprintf(s->out, "\n            ") - 1;
        column += length;
        fwrite(p, 1, (size_t)length, s->out);
        p += length;
    }
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
    fprintf(s->out, "\n  %s%-8s%s", paint(s, bold), label, paint(s, plain));
    wrapped(s, 10, formula);
    putc('\n', s->out);
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
            wrapped(s, column, how);
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
    char how[2000] = "", cell[CELL];
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
        plain_number(cell, "%.1e", value);
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
        plain_number(cell, "%.3e", x);
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

static void json_table(show *s, const char *name, int nrows, int ncols, const char *const rows[],
                       const char *const cols[], const double x[nrows][ncols])
{
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
}

static int column_width(const char *name)
{
    return (int)strlen(name) > 10 ? (int)strlen(name) : 10;
}

/* The columns from..to-1 of a table; the names of the rows take `first` places. Where rows have no
 * names, their first number stands for them. */
static void table_part(show *s, int nrows, int ncols, const char *const rows[],
                       const char *const cols[], const double x[nrows][ncols], int first, int from,
                       int to)
{
    bool text = s->format == SHOW_TEXT;
    const char *sep = text ? " " : " | ";
    bool repeated = !rows && from > 0;
    fprintf(s->out, text ? "    %*s" : "| %*s", -first, "");
    for (int c = repeated ? 0 : from; c < to; c = c < from ? from : c + 1)
        fprintf(s->out, "%s%10s", sep, cols[c]);
    fputs(text ? "\n" : " |\n|---", s->out);
    for (int c = from; c < to && !text; c++)
        fputs("|---:", s->out);
    fputs(text ? "" : "|\n", s->out);
    for (int r = 0; r < nrows; r++) {
        fprintf(s->out, text ? "    %*s" : "| %*s", -first, rows ? rows[r] : "");
        for (int c = repeated ? 0 : from; c < to; c = c < from ? from : c + 1) {
            char cell[CELL];
            table_cell(cell, x[r][c]);
            fprintf(s->out, "%s%*s", sep, column_width(cols[c]), cell);
        }
        fputs(text ? "\n" : " |\n", s->out);
    }
}

void show_table(show *s, const char *name, int nrows, int ncols, const char *const rows[],
                const char *const cols[], const double x[nrows][ncols])
{
    if (s->format == SHOW_JSON) {
        json_table(s, name, nrows, ncols, rows, cols, x);
        return;
    }
    bool text = s->format == SHOW_TEXT;
    block(s, text);
    end_table(s);
    int first = 0;
    for (int r = 0; rows && r < nrows; r++)
        first = (int)strlen(rows[r]) > first ? (int)strlen(rows[r]) : first;
    fprintf(s->out, text ? "\n  %s%s%s\n\n" : "\n%s%s%s\n\n", paint(s, bold), name,
            paint(s, plain));
    for (int from = 0, to; from < ncols; from = to) { /* text: as many columns as fit */
        int width = 4 + first + (!rows && from ? 1 + column_width(cols[0]) : 0);
        for (to = from; to < ncols; to++) {
            width += 1 + column_width(cols[to]);
            if (text && to > from && width > WIDTH)
                break;
        }
        fputs(from ? "\n" : "", s->out);
        table_part(s, nrows, ncols, rows, cols, x, first, from, to);
    }
    fputs(text ? "" : "\n", s->out);
}

void show_paper(show *s, const paper *p)
{
    bool match = p->value >= p->lo && p->value <= p->hi;
    const double numbers[] = {p->value, p->lo, p->hi, p->least, p->median, p->most};
    if (s->format == SHOW_JSON) {
        const char *const keys[] = {"value", "lo", "hi", "least", "median", "most"};
        const char *const texts[] = {"source", p->source, "quantity", p->quantity, "says", p->says};
        fprintf(s->out, "{\"type\":\"paper\",\"chapter\":%d", s->chapter);
        for (int k = 0; k < 6; k += 2) {
            fprintf(s->out, ",\"%s\":", texts[k]);
            json_string(s->out, texts[k + 1]);
        }
        for (int k = 0; k < 6; k++) {
            fprintf(s->out, ",\"%s\":", keys[k]);
            json_number(s->out, numbers[k]);
        }
        fprintf(s->out, ",\"seeds\":%d,\"matches\":%s}\n", p->seeds, match ? "true" : "false");
        return;
    }
    char cell[6][CELL];
    for (int k = 0; k < 6; k++)
        table_cell(cell[k], numbers[k]);
    block(s, true);
    fprintf(s->out, "\n  %s%s%s\n", paint(s, bold), p->source, paint(s, plain));
    line_of_value(s, p->quantity, "", cell[0]);
    fprintf(s->out, "          the paper: %s\n", p->says);
    if (p->seeds > 0)
        fprintf(s->out, "          %d seeds: least %s, median %s, most %s\n", p->seeds, cell[3],
                cell[4], cell[5]);
    fprintf(s->out, "          %s%s%s (wanted: %s to %s)\n", paint(s, match ? green : red),
            match ? "matches" : "misses", paint(s, plain), cell[1], cell[2]);
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
        plain_number(cell, "%.1e", error);
}

static void check_head(show *s, const char *method)
{
    bool text = s->format == SHOW_TEXT;
    bool open = s->in_table;
    block(s, text);
    if (!open)
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
    if (s->format == SHOW_MARKDOWN) {
        fprintf(s->out, "| %s | `%s` | %s | %s | %s | %s | %s%s%s | %s |\n", tag, name, shape,
                error, bound, digits, passed ? "" : "**", verdict, passed ? "" : "**", method);
        return;
    }
    int column = fprintf(s->out, "  %-8s%-13s ", tag, name);
    if (column + (int)strlen(shape) >= 34) /* a long name has a line of its own */
        column = fprintf(s->out, "\n%24s", "") - 1;
    fprintf(s->out, "%-*s%-9s%-9s%-14s%s%s%s\n", 34 - column, shape, error, bound, digits,
            paint(s, passed ? green : red), verdict, paint(s, plain));
}

static void json_check(show *s, const char *method, const hg_tensor *t, const hg_result *r)
{
    FILE *out = s->out;
    fprintf(out, "{\"type\":\"check\",\"chapter\":%d,\"eq\":", s->chapter);
    if (t->equation)
        json_string(out, t->equation);
    else
        fputs("null", out);
    fputs(",\"group\":", out);
    json_string(out, s->group ? s->group : "");
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
    if (r->why.text[0]) {
        fputs(",\"mistake\":", out);
        json_string(out, hg_mistake_name(r->why.mistake));
        fputs(",\"why\":", out);
        json_string(out, r->why.text);
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
    char where[80], left[CELL], right[CELL], analytic[CELL], numeric[CELL], ratio[CELL];
    char bound[CELL];
    block(s, s->format == SHOW_MARKDOWN);
    show_index(where, t, r->worst);
    plain_number(left, "%.6g", r->left);
    plain_number(right, "%.6g", r->right);
    plain_number(analytic, "%.9g", r->analytic);
    plain_number(numeric, "%.9g", r->numeric);
    plain_number(bound, "%.1g", r->bound);
    plain_number(ratio, "%.6g", r->analytic / r->numeric);
    if (r->cause != HG_NO_CAUSE)
        fprintf(s->out, "          %s\n", hg_cause_text(r->cause));
    if (r->cause == HG_KINK)
        fprintf(s->out,
                "          left slope %s, right slope %s\n"
                "          the gradient lies %s them\n",
                left, right, r->between ? "between" : "outside");
    if (r->passed)
        return;
    fprintf(s->out, "          expected: %s; %d of %d entries disagree%s%s\n",
            hg_verdict_name(t->expected), r->wrong, r->entries, t->equation ? "; see eq. " : "",
            t->equation ? t->equation : "");
    if (r->why.text[0]) {
        wrapped(s, fprintf(s->out, "          "), r->why.text);
        putc('\n', s->out);
    }
    fprintf(s->out, "          worst: %s  ratio %s\n", where, ratio);
    fprintf(s->out, "          analytic %s  numeric %s +- %s\n", analytic, numeric, bound);
}

static void check_line(show *s, const char *method, const hg_tensor *t, const hg_result *r)
{
    char shape[CELL], error[CELL], bound[CELL], digits[CELL];
    shape_text(shape, t->rank, t->shape);
    error_text(error, r->error);
    plain_number(bound, "%.1e", r->bound);
    if (r->verdict == HG_ZERO)
        strcpy(digits, "-");
    else
        snprintf(digits, sizeof digits, "%.1f of %.1f", r->digits, r->possible);
    check_row(s, method, t->equation, t->name, shape, error, bound, digits,
              hg_verdict_name(r->verdict), r->passed);
    if (r->verdict == HG_UNDECIDED || !r->passed)
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
        fprintf(s->out, "{\"type\":\"check\",\"chapter\":%d,\"eq\":null,\"group\":", s->chapter);
        json_string(s->out, name);
        fputs(",\"tensor\":\"all\"", s->out);
        fprintf(s->out,
                ",\"shape\":[%d],\"entries\":%d,\"method\":\"Taylor\","
                "\"verdict\":\"%s\",\"expected\":\"agrees\",\"passed\":%s,\"cause\":",
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
    plain_number(bound, "%.1e", r->noise);
    snprintf(count, sizeof count, "%d", entries);
    check_row(s, "Taylor", NULL, name, count, error, bound, slope, hg_verdict_name(r->verdict),
              r->passed);
    if (r->passed)
        return;
    block(s, s->format == SHOW_MARKDOWN);
    fprintf(s->out, "          %s\n",
            r->cause != HG_NO_CAUSE ? hg_cause_text(r->cause)
                                    : "the remainder falls as h, not as h^2: a gradient is wrong");
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
