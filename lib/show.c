/* SPDX-License-Identifier: MIT */
#include "lib/show.h"

#include "lib/check/report.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WIDTH = 80, CELL = HGI_CELL };

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
    if (!isfinite(x))
        hgi_number(cell, "", x);
    else if (size == 0 || (size >= 1e-3 && size < 1e6))
        snprintf(cell, CELL, "%.*f", digits, size == 0 ? 0.0 : x);
    else
        snprintf(cell, CELL, "%.*e", digits, x);
}

enum { TEXT = 2000 };

/* What printf made of numbers in a text: %.6f of a large one may have 300 digits, and becomes an
 * exponent; what is not finite has one name, on every system. */
static void tidy_numbers(char text[TEXT])
{
    static const char letters[] =
        "0123456789._abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    char was[TEXT];
    strcpy(was, text);
    for (int from = 0, n = 0; was[from] && n < TEXT - 1;) {
        const char *word = was + from, *as = word;
        int length = (int)strspn(word, letters), digits = (int)strspn(word, "0123456789");
        while (length > 1 && word[length - 1] == '.')
            length--;
        char cell[CELL];
        if (length == 3 && memcmp(word, "inf", 3) == 0)
            as = "Infinity";
        if (length == 3 && memcmp(word, "nan", 3) == 0) {
            as = "NaN"; /* without its sign */
            n -= n && text[n - 1] == '-' && (n == 1 || strchr(" (*/+-=", text[n - 2]));
        }
        if (digits > (digits < length ? 9 : 20) && (int)strspn(word, "0123456789.") >= length) {
            snprintf(cell, CELL, "%.6e", strtod(word, NULL));
            as = cell;
        }
        length = length ? length : 1; /* a sign, a blank */
        from += length;
        n += snprintf(text + n, (size_t)(TEXT - n), "%.*s", as == word ? length : CELL, as);
    }
}

static void json_value_head(show *s, const char *name, int rank, const int shape[])
{
    fprintf(s->out, "{\"type\":\"value\",\"chapter\":%d,\"eq\":", s->chapter);
    hgi_json_string(s->out, s->eq[0] ? s->eq : NULL);
    fputs(",\"name\":", s->out);
    hgi_json_string(s->out, name);
    fputs(",\"shape\":", s->out);
    hgi_json_list(s->out, rank, shape);
    fputs(",\"values\":[", s->out);
}

static void json_value(show *s, const char *name, int rank, const int shape[], int n,
                       const real x[])
{
    json_value_head(s, name, rank, shape);
    for (int i = 0; i < n; i++) {
        if (i)
            putc(',', s->out);
        hgi_json_number(s->out, re(x[i]));
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
        hgi_json_string(s->out, title);
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
    if (s->format == SHOW_JSON)
        return;
    char text[TEXT];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    tidy_numbers(text);
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
    hgi_wrapped(s->out, 10, formula);
    putc('\n', s->out);
}

void show_no_equation(show *s)
{
    s->eq[0] = 0;
}

/* ---- values ------------------------------------------------------------- */

/* "name = a + b = value", broken before an operator where it would pass
 * column 80, and behind a long name. */
static void line_of_value(show *s, const char *name, const char *how, const char *value)
{
    int column = 10 + (int)strlen(name) + 3, narrow = column + (int)strlen(value) > WIDTH;
    fprintf(s->out, narrow ? "          %s\n           = " : "          %s = ", name);
    column = narrow ? 14 : column;
    if (how[0]) {
        int total = column + (int)strlen(how) + 3 + (int)strlen(value);
        if (total <= WIDTH) {
            fprintf(s->out, "%s = ", how);
        } else {
            hgi_wrapped(s->out, column, how);
            fprintf(s->out, "\n%*s = ", column - 3, "");
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
    char how[TEXT] = "", cell[CELL];
    if (substitution) {
        va_list args;
        va_start(args, substitution);
        vsnprintf(how, sizeof how, substitution, args);
        va_end(args);
        tidy_numbers(how);
    }
    block(s, true);
    number(cell, re(value), s->digits);
    line_of_value(s, name, how, cell);
}

void show_count(show *s, const char *name, long value)
{
    if (s->format == SHOW_JSON) {
        real x = (real)value;
        json_value(s, name, 0, NULL, 1, &x);
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
        hgi_number(cell, "%.1e", value);
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

/* A cell of a table, ten places: whole numbers as such, others with four digits, or three. */
static void table_cell(char cell[CELL], double x)
{
    if (isnan(x))
        strcpy(cell, "-");
    else if (fabs(x) < 1e9 && x == floor(x))
        snprintf(cell, CELL, "%.0f", x == 0 ? 0.0 : x);
    else if (fabs(x) >= 1e-3 && fabs(x) < 1e5)
        snprintf(cell, CELL, "%.4f", x);
    else
        hgi_number(cell, "%.3e", x);
    if (strlen(cell) > 10)
        hgi_number(cell, "%.2e", x);
}

static void json_names(FILE *out, const char *key, int n, const char *const names[])
{
    fprintf(out, ",\"%s\":[", key);
    for (int i = 0; i < n; i++) {
        if (i)
            putc(',', out);
        hgi_json_string(out, names[i]);
    }
    putc(']', out);
}

static void json_table(show *s, const char *name, int nrows, int ncols, const char *const rows[],
                       const char *above, const char *const words[nrows], const char *const cols[],
                       const double x[nrows][ncols])
{
    json_value_head(s, name, 2, (int[]){nrows, ncols});
    for (int r = 0; r < nrows; r++)
        for (int c = 0; c < ncols; c++) {
            if (r || c)
                putc(',', s->out);
            hgi_json_number(s->out, x[r][c]);
        }
    putc(']', s->out);
    json_names(s->out, "columns", ncols, cols);
    if (rows)
        json_names(s->out, "rows", nrows, rows);
    if (words)
        json_names(s->out, above, nrows, words);
    fputs("}\n", s->out);
}

static int column_width(const char *name)
{
    return (int)strlen(name) > 10 ? (int)strlen(name) : 10;
}

/* The length of the longest of n names. */
static int longest(int n, const char *const names[n])
{
    int most = 0;
    for (int i = 0; names && i < n; i++)
        most = (int)strlen(names[i]) > most ? (int)strlen(names[i]) : most;
    return most;
}

/* A name in a table, in so many places, on their left where that is negative. In Markdown a
 * bar would begin another column. */
static void table_name(const show *s, int width, const char *name)
{
    int pad = abs(width) - (int)strlen(name);
    if (width > 0 && pad > 0)
        fprintf(s->out, "%*s", pad, "");
    for (const char *c = name; *c; c++)
        fprintf(s->out, *c == '|' && s->format == SHOW_MARKDOWN ? "\\%c" : "%c", *c);
    if (width < 0 && pad > 0)
        fprintf(s->out, "%*s", pad, "");
}

/* The columns from..to-1 of a table; the names of the rows take `first` places, the words beside
 * them `second`. Where rows have no names, their first number stands for them. */
static void table_part(show *s, int nrows, int ncols, const char *const rows[], const char *above,
                       const char *const words[nrows], const char *const cols[],
                       const double x[nrows][ncols], int first, int second, int from, int to)
{
    bool text = s->format == SHOW_TEXT;
    const char *sep = text ? " " : " | ";
    bool repeated = !rows && from > 0;
    fprintf(s->out, text ? "    %*s" : "| %*s", -first, "");
    if (words)
        fprintf(s->out, "%s%*s", sep, -second, above);
    for (int c = repeated ? 0 : from; c < to; c = c < from ? from : c + 1) {
        fputs(sep, s->out);
        table_name(s, 10, cols[c]);
    }
    fputs(text ? "\n" : words ? " |\n|---|---" : " |\n|---", s->out);
    for (int c = from; c < to && !text; c++)
        fputs("|---:", s->out);
    fputs(text ? "" : "|\n", s->out);
    for (int r = 0; r < nrows; r++) {
        fputs(text ? "    " : "| ", s->out);
        table_name(s, -first, rows ? rows[r] : "");
        fputs(words ? sep : "", s->out);
        table_name(s, -second, words ? words[r] : "");
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
    show_table_words(s, name, nrows, ncols, rows, NULL, NULL, cols, x);
}

void show_table_words(show *s, const char *name, int nrows, int ncols, const char *const rows[],
                      const char *above, const char *const words[nrows], const char *const cols[],
                      const double x[nrows][ncols])
{
    if (s->format == SHOW_JSON) {
        json_table(s, name, nrows, ncols, rows, above, words, cols, x);
        return;
    }
    bool text = s->format == SHOW_TEXT;
    block(s, text);
    end_table(s);
    int first = longest(nrows, rows), second = longest(nrows, words);
    if (words && (int)strlen(above) > second)
        second = (int)strlen(above);
    fprintf(s->out, text ? "\n  %s%s%s\n\n" : "\n%s%s%s\n\n", paint(s, bold), name,
            paint(s, plain));
    for (int from = 0, to; from < ncols; from = to) { /* text: as many columns as fit */
        int width = 4 + first + (words ? 1 + second : 0);
        width += !rows && from ? 1 + column_width(cols[0]) : 0;
        for (to = from; to < ncols; to++) {
            width += 1 + column_width(cols[to]);
            if (text && to > from && width > WIDTH)
                break;
        }
        fputs(from ? "\n" : "", s->out);
        table_part(s, nrows, ncols, rows, above, words, cols, x, first, second, from, to);
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
            hgi_json_string(s->out, texts[k + 1]);
        }
        for (int k = 0; k < 6; k++) {
            fprintf(s->out, ",\"%s\":", keys[k]);
            hgi_json_number(s->out, numbers[k]);
        }
        fprintf(s->out, ",\"seeds\":%d,\"matches\":%s}\n", p->seeds, match ? "true" : "false");
        return;
    }
    char cell[6][CELL];
    for (int k = 0; k < 6; k++)
        if (isnan(numbers[k])) /* no seed got there */
            strcpy(cell[k], "-");
        else
            hgi_number(cell[k], "%.6g", numbers[k]);
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

/* How a row is written here; opens the table where none is open. */
static hgi_row open_table(show *s, const char *method)
{
    const hgi_row row = {s->out,     (hg_format)s->format,     paint(s, plain)[0] != 0,
                         s->chapter, s->group ? s->group : "", method};
    if (s->format == SHOW_JSON)
        return row;
    bool open = s->in_table;
    block(s, s->format == SHOW_TEXT);
    if (!open)
        hgi_row_head(&row);
    s->in_table = true;
    return row;
}

void show_check(show *s, const char *method, const hg_tensor *t, const hg_result *r)
{
    const hgi_row row = open_table(s, method);
    hgi_row_check(&row, t, r);
    if (s->format == SHOW_JSON || (r->verdict != HG_UNDECIDED && r->passed))
        return;
    block(s, s->format == SHOW_MARKDOWN);
    hgi_row_explain(&row, t, r);
}

void show_taylor(show *s, const char *name, int entries, const hg_taylor_result *r)
{
    const hgi_row row = open_table(s, "Taylor");
    hgi_row_taylor(&row, name, entries, r);
    if (s->format == SHOW_JSON || r->passed)
        return;
    block(s, s->format == SHOW_MARKDOWN);
    hgi_row_taylor_explain(&row, r);
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
