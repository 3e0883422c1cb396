/* SPDX-License-Identifier: MIT */
/* One check as a row of a table of 80 columns, of Markdown, or as an object of JSON. */
#include "lib/check/entries.h"
#include "lib/check/report.h"

#include <math.h>
#include <string.h>

enum { WIDTH = 80, INDENT = 10 };

/* ---- pieces --------------------------------------------------------------- */

void hgi_json_string(FILE *out, const char *text)
{
    if (!text) {
        fputs("null", out);
        return;
    }
    putc('"', out);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < ' ' || c == 0x7f)
            fprintf(out, "\\u%04x", c);
        else
            putc(c, out);
    }
    putc('"', out);
}

void hgi_number(char cell[HGI_CELL], const char *format, double x)
{
    if (isnan(x))
        strcpy(cell, "NaN");
    else if (isinf(x))
        strcpy(cell, x > 0 ? "Infinity" : "-Infinity");
    else
        snprintf(cell, HGI_CELL, format, x);
}

void hgi_json_number(FILE *out, double x)
{
    char cell[HGI_CELL];
    hgi_number(cell, "%.17g", x);
    fprintf(out, isfinite(x) ? "%s" : "\"%s\"", cell);
}

void hgi_json_list(FILE *out, int n, const int list[])
{
    putc('[', out);
    for (int k = 0; k < n; k++)
        fprintf(out, "%s%d", k ? "," : "", list[k]);
    putc(']', out);
}

int hgi_digits_to_tell(double a, double b)
{
    double size = fmax(fabs(a), fabs(b)), off = fabs(a - b);
    if (!(off > 0) || !isfinite(size))
        return 6;
    return (int)fmin(17, fmax(6, ceil(log10(size / off)) + 2));
}

void hgi_place_text(char text[80], const hg_tensor *t, const int index[HG_RANK])
{
    int used = snprintf(text, 80, "%s", t->name);
    for (int k = 0; k < t->rank && used > 0 && used < 70; k++)
        used += snprintf(text + used, (size_t)(80 - used), "[%d]", index[k]);
}

int hgi_not_finite_text(char line[HGI_LINE], const hg_tensor *t)
{
    char place[80], value[HGI_CELL], gradient[HGI_CELL];
    int index[HG_RANK], i = hgi_not_finite(t);
    if (i < 0)
        return 0;
    hgi_index(t, i, index);
    hgi_place_text(place, t, index);
    hgi_number(value, "%.6g", hgi_value(t, i));
    hgi_number(gradient, "%.6g", hgi_gradient(t, i));
    snprintf(line, HGI_LINE, "%s: value %s, gradient %s", place, value, gradient);
    return 1;
}

void hgi_shape_text(char cell[HGI_CELL], const hg_tensor *t)
{
    int used = snprintf(cell, HGI_CELL, "%d", t->rank ? t->shape[0] : 1);
    for (int k = 1; k < t->rank && used < HGI_CELL; k++)
        used += snprintf(cell + used, (size_t)(HGI_CELL - used), "x%d", t->shape[k]);
}

void hgi_wrapped(FILE *out, int column, const char *text)
{
    for (const char *p = text; *p;) {
        int length = (int)strcspn(p + 1, " ") + 1;
        if (column + length > WIDTH - 1 && p > text)
            column = fprintf(out, "\n            ") - 1;
        column += length;
        fwrite(p, 1, (size_t)length, out);
        p += length;
    }
}

static void error_text(char cell[HGI_CELL], double error)
{
    if (error < 1e-12)
        strcpy(cell, "< 1e-12");
    else
        hgi_number(cell, "%.1e", error);
}

/* ---- text and Markdown ------------------------------------------------------ */

void hgi_row_head(const hgi_row *row)
{
    fprintf(row->out,
            row->format == HG_TEXT ? "\n  %-8s%-14s%-10s%-9s%-9s%-14s%s\n"
                                   : "| %s | %s | %s | %s | %s | %s | %s | by |\n"
                                     "|---|---|---|---:|---:|---|---|---|\n",
            "eq.", "tensor", "shape", "error", "bound", "digits", "verdict");
}

/* The texts of one row. */
typedef struct cells {
    const char *eq, *name;
    char shape[HGI_CELL], error[HGI_CELL], bound[HGI_CELL], digits[HGI_CELL];
    const char *verdict;
    int passed;
} cells;

/* How many columns a text of UTF-8 takes. */
static int columns(const char *text)
{
    int sum = 0;
    for (; *text; text++)
        sum += ((unsigned char)*text & 0xc0) != 0x80;
    return sum;
}

static void markdown_text(FILE *out, const char *s)
{
    for (; *s; s++) {
        if (strchr("|\\`", *s))
            putc('\\', out);
        putc(*s, out);
    }
}

static void write_cells(const hgi_row *row, const cells *c)
{
    FILE *out = row->out;
    char tag[20] = "";
    if (c->eq)
        snprintf(tag, sizeof tag, "(%s)", c->eq);
    if (row->format == HG_MARKDOWN) {
        fprintf(out, "| %s | `", tag);
        markdown_text(out, c->name);
        fprintf(out, "` | %s | %s | %s | %s | %s%s%s | %s |\n", c->shape, c->error, c->bound,
                c->digits, c->passed ? "" : "**", c->verdict, c->passed ? "" : "**",
                row->method ? row->method : "");
        return;
    }
    int column = 11 + (columns(c->name) > 13 ? columns(c->name) : 13);
    fprintf(out, "  %-8s%s%*s", tag, c->name, column - 10 - columns(c->name), "");
    if (column + (int)strlen(c->shape) >= 34) /* a long name has a line of its own */
        column = fprintf(out, "\n%24s", "") - 1;
    fprintf(out, "%-*s%-9s%-9s%-14s%s%s%s\n", 34 - column, c->shape, c->error, c->bound, c->digits,
            !row->color ? ""
            : c->passed ? "\033[32m"
                        : "\033[31m",
            c->verdict, row->color ? "\033[0m" : "");
}

static void check_line(const hgi_row *row, const hg_tensor *t, const hg_result *r)
{
    cells c = {.eq = t->equation,
               .name = t->name,
               .digits = "-",
               .verdict = hg_verdict_name(r->verdict),
               .passed = r->passed};
    hgi_shape_text(c.shape, t);
    if (r->entries == 0) { /* nothing was compared */
        strcpy(c.error, "-");
        strcpy(c.bound, "-");
        write_cells(row, &c);
        return;
    }
    error_text(c.error, r->error);
    hgi_number(c.bound, "%.1e", r->bound);
    if (r->verdict != HG_ZERO)
        snprintf(c.digits, sizeof c.digits, "%.1f of %.1f", r->digits, r->possible);
    write_cells(row, &c);
}

void hgi_row_explain(const hgi_row *row, const hg_tensor *t, const hg_result *r)
{
    FILE *out = row->out;
    char where[80], left[HGI_CELL], right[HGI_CELL], analytic[HGI_CELL], numeric[HGI_CELL];
    char ratio[HGI_CELL], bound[HGI_CELL], line[HGI_LINE];
    hgi_place_text(where, t, r->worst);
    hgi_number(left, "%.6g", r->left);
    hgi_number(right, "%.6g", r->right);
    int many = hgi_digits_to_tell(r->analytic, r->numeric) > 9; /* then they do not fit one line */
    const char *format = many ? "%.17g" : "%.9g";
    hgi_number(analytic, format, r->analytic);
    hgi_number(numeric, format, r->numeric);
    hgi_number(bound, "%.1g", r->bound);
    if (r->analytic == 0 && r->numeric == 0)
        strcpy(ratio, "-");
    else
        hgi_number(ratio, format, r->analytic / r->numeric);
    if (r->cause != HG_NO_CAUSE)
        fprintf(out, "%*s%s\n", INDENT, "", hg_cause_text(r->cause));
    if (r->cause == HG_KINK)
        fprintf(out, "%*sleft slope %s, right slope %s\n%*sthe gradient lies %s them\n", INDENT, "",
                left, right, INDENT, "", r->between ? "between" : "outside");
    if (r->passed)
        return;
    fprintf(out, "%*sexpected: %s; %d of %d entries disagree%s%s%s\n", INDENT, "",
            hg_verdict_name(t->expected), r->wrong, r->entries, t->equation ? "; see eq. " : "",
            t->equation ? t->equation : "", r->is_float ? "; by the noise of float" : "");
    if (r->why.text[0]) {
        hgi_wrapped(out, fprintf(out, "%*s", INDENT, ""), r->why.text);
        putc('\n', out);
    }
    if (r->entries == 0) { /* nothing was compared */
        if (r->cause == HG_NOT_FINITE && hgi_not_finite_text(line, t))
            fprintf(out, "%*s%s\n", INDENT, "", line);
        return;
    }
    fprintf(out, "%*sworst: %s  ratio %s\n", INDENT, "", where, ratio);
    fprintf(out, "%*sanalytic %s", INDENT, "", analytic);
    if (many)
        fprintf(out, "\n%*s numeric %s +- %s\n", INDENT, "", numeric, bound);
    else
        fprintf(out, "  numeric %s +- %s\n", numeric, bound);
}

/* ---- JSON ------------------------------------------------------------------- */

static void pair(FILE *out, const char *key, double x)
{
    fprintf(out, ",\"%s\":", key);
    hgi_json_number(out, x);
}

static void word(FILE *out, const char *key, const char *text)
{
    fprintf(out, ",\"%s\":", key);
    hgi_json_string(out, text);
}

static void json_head(const hgi_row *row, const char *equation, const char *name)
{
    fputs("{\"type\":\"check\"", row->out);
    if (row->chapter)
        fprintf(row->out, ",\"chapter\":%d", row->chapter);
    word(row->out, "eq", equation);
    if (row->group)
        word(row->out, "group", row->group);
    word(row->out, "tensor", name);
    fputs(",\"shape\":", row->out);
}

static void json_verdict(const hgi_row *row, hg_verdict verdict, hg_verdict expected, int passed,
                         hg_cause cause)
{
    if (row->method)
        word(row->out, "method", row->method);
    word(row->out, "verdict", hg_verdict_name(verdict));
    word(row->out, "expected", hg_verdict_name(expected));
    fprintf(row->out, ",\"passed\":%s", passed ? "true" : "false");
    word(row->out, "cause", hg_cause_text(cause));
}

/* What the mistake is, and on what evidence. */
static void json_why(FILE *out, const hg_explanation *why)
{
    word(out, "mistake", hg_mistake_name(why->mistake));
    word(out, "why", why->text);
    pair(out, "factor", why->factor);
    fprintf(out, ",\"matched\":%d,\"of\":%d", why->matched, why->of);
}

static void json_check(const hgi_row *row, const hg_tensor *t, const hg_result *r)
{
    FILE *out = row->out;
    json_head(row, t->equation, t->name);
    hgi_json_list(out, t->rank, t->shape);
    fprintf(out, ",\"entries\":%d", hg_entries(t));
    json_verdict(row, r->verdict, t->expected, r->passed, r->cause);
    const char *const keys[] = {"error", "relative", "bound", "digits", "possible"};
    const double values[] = {r->error, r->relative, r->bound, r->digits, r->possible};
    for (int k = 0; k < 5; k++)
        if (r->entries)
            pair(out, keys[k], values[k]);
        else
            fprintf(out, ",\"%s\":null", keys[k]); /* nothing was compared */
    fprintf(out, ",\"wrong\":%d,\"float\":%s", r->wrong, r->is_float ? "true" : "false");
    if (r->cause == HG_KINK) {
        pair(out, "left", r->left);
        pair(out, "right", r->right);
        fprintf(out, ",\"between\":%s", r->between ? "true" : "false");
    }
    if (r->why.text[0])
        json_why(out, &r->why);
    fputs(",\"worst\":{\"index\":", out);
    hgi_json_list(out, t->rank, r->worst);
    pair(out, "analytic", r->analytic);
    pair(out, "numeric", r->numeric);
    fputs("}}\n", out);
}

void hgi_row_check(const hgi_row *row, const hg_tensor *t, const hg_result *r)
{
    if (row->format == HG_JSON)
        json_check(row, t, r);
    else
        check_line(row, t, r);
}

/* ---- a Taylor test ------------------------------------------------------------ */

static void json_taylor(const hgi_row *row, const char *name, int entries,
                        const hg_taylor_result *r)
{
    FILE *out = row->out;
    const int last = HG_TAYLOR_POINTS - 1;
    hgi_row named = *row;
    named.group = name;
    json_head(&named, NULL, "all");
    fprintf(out, "[%d],\"entries\":%d", entries, entries);
    json_verdict(row, r->verdict, HG_AGREES, r->passed, r->cause);
    fprintf(out, ",\"linear\":%s,\"slope\":", r->linear ? "true" : "false");
    if (r->linear)
        fputs("null", out);
    else
        hgi_json_number(out, r->slope);
    pair(out, "error", r->remainder[last]);
    pair(out, "relative", r->remainder[last] / (r->without[last] > 0 ? r->without[last] : 1));
    pair(out, "bound", r->noise);
    fputs(",\"digits\":null,\"worst\":null}\n", out);
}

void hgi_row_taylor(const hgi_row *row, const char *name, int entries, const hg_taylor_result *r)
{
    if (row->format == HG_JSON) {
        json_taylor(row, name, entries, r);
        return;
    }
    cells c = {.name = name,
               .digits = "linear",
               .verdict = hg_verdict_name(r->verdict),
               .passed = r->passed};
    snprintf(c.shape, sizeof c.shape, "%d", entries);
    error_text(c.error, r->remainder[HG_TAYLOR_POINTS - 1]);
    hgi_number(c.bound, "%.1e", r->noise);
    if (!r->linear)
        snprintf(c.digits, sizeof c.digits, "slope %.3f", r->slope);
    write_cells(row, &c);
}

void hgi_row_taylor_explain(const hgi_row *row, const hg_taylor_result *r)
{
    fprintf(row->out, "%*s%s\n", INDENT, "",
            r->cause != HG_NO_CAUSE ? hg_cause_text(r->cause)
                                    : "the remainder falls as h, not as h^2: a gradient is wrong");
}
