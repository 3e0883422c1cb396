/* SPDX-License-Identifier: MIT */
/* Results as text of 80 columns, as JSON and as Markdown. */
#include "lib/check/report.h"
#include "lib/check/entries.h"

#include <math.h>
#include <string.h>

enum { WIDTH = 80, INDENT = 4, CELL = HGI_CELL, LINE = HGI_LINE };

const char *hg_verdict_name(hg_verdict v)
{
    static const char *const names[] = {"agrees", "disagrees", "undecided", "zero"};
    return (size_t)v < sizeof names / sizeof names[0] ? names[v] : "unknown";
}

const char *hg_status_text(hg_status s)
{
    static const char *const texts[] = {"", "a bad argument", "the loss failed", "no memory",
                                        "losses and loss differ at the same point"};
    return (size_t)s < sizeof texts / sizeof texts[0] ? texts[s] : "unknown";
}

const char *hg_cause_text(hg_cause c)
{
    static const char *const texts[] = {
        "",
        "a kink: the left and the right slope differ",
        "the noise of the loss hides the slope",
        "no slope above the noise: this test cannot fail",
        "the loss is not deterministic",
        "a value is not finite",
        "complex step and differences disagree: an imaginary part is dropped",
    };
    return (size_t)c < sizeof texts / sizeof texts[0] ? texts[c] : "unknown";
}

const char *hg_mistake_name(hg_mistake m)
{
    static const char *const names[] = {
        "unexplained",  "sign",        "factor",         "twice",           "missing",
        "transposed",   "shifted",     "swapped blocks", "swapped tensors", "one entry",
        "one row",      "one column",  "one slice",      "one step",        "overwritten",
        "path missing", "at output",   "diagonal only",  "mask ignored",    "other function",
        "other side",   "float noise",
    };
    return (size_t)m < sizeof names / sizeof names[0] ? names[m] : "unknown";
}

/* ---- pieces of text ----------------------------------------------------- */

/* What a row of the table says of the worst entry; nothing where none was compared. */
typedef struct figures {
    char error[CELL], bound[CELL], digits[CELL];
} figures;

static figures figures_of(const hg_result *r)
{
    figures f = {"-", "-", "-"};
    if (r->entries == 0)
        return f;
    snprintf(f.error, CELL, "%.1e", r->error);
    snprintf(f.bound, CELL, "%.1e", r->bound);
    snprintf(f.digits, CELL, "%.1f of %.1f", r->digits, r->possible);
    return f;
}

/* Words of a paragraph, so many columns wide; Markdown is one line. */
typedef struct paragraph {
    FILE *out;
    int width, column;
} paragraph;

/* How many columns n bytes of UTF-8 take. */
static int columns(const char *text, size_t n)
{
    int sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += ((unsigned char)text[i] & 0xc0) != 0x80;
    return sum;
}

static void say(paragraph *p, const char *text)
{
    while (*text) {
        size_t n = strcspn(text, " ");
        int wide = columns(text, n);
        if (p->width && p->column > INDENT && p->column + 1 + wide > p->width) {
            fputc('\n', p->out);
            p->column = 0;
        }
        if (p->column == 0)
            p->column = fprintf(p->out, "%*s", p->width ? INDENT : 0, "");
        else if (n && p->column > INDENT)
            p->column += fprintf(p->out, " ");
        fwrite(text, 1, n, p->out);
        p->column += wide ? wide : 0;
        text += n + (text[n] == ' ');
    }
}

static void end(paragraph *p)
{
    fputc('\n', p->out);
    p->column = 0;
}

/* ---- what is to be said of a tensor that is not as expected --------------- */

static void say_worst(paragraph *p, const hg_tensor *t, const hg_result *r)
{
    char text[LINE], place[80];
    hgi_place_text(place, t, r->worst);
    int digits = hgi_digits_to_tell(r->analytic, r->numeric);
    int at = snprintf(text, sizeof text, "%s: analytic %.*g, numeric %.*g +- %.1g", place, digits,
                      r->analytic, digits, r->numeric, r->bound);
    if (fabs(r->numeric) > r->bound) /* (+ 0: no minus before a 0) */
        snprintf(text + at, sizeof text - (size_t)at, ", ratio %.*g", digits,
                 r->analytic / r->numeric + 0.0);
    say(p, text);
    end(p);
}

static void say_verdict(paragraph *p, const hg_tensor *t, const hg_result *r)
{
    char text[LINE];
    int expected = r->passed || (r->verdict == HG_DISAGREES && t->expected == HG_AGREES);
    if (r->verdict == HG_DISAGREES)
        snprintf(text, sizeof text, "%.300s: %d of %d entries wrong", t->name, r->wrong,
                 r->entries);
    else
        snprintf(text, sizeof text, "%.300s: %s", t->name, hg_verdict_name(r->verdict));
    size_t at = strlen(text);
    if (!expected)
        at += (size_t)snprintf(text + at, sizeof text - at, " (expected: %s)",
                               hg_verdict_name(t->expected));
    if (r->is_float)
        at += (size_t)snprintf(text + at, sizeof text - at, ", by the noise of float");
    if (r->verdict == HG_DISAGREES && t->equation)
        snprintf(text + at, sizeof text - at, "; look at eq. %.60s", t->equation);
    say(p, text);
    end(p);
}

static void explain(paragraph *p, const hg_tensor *t, const hg_result *r)
{
    char text[LINE];
    say_verdict(p, t, r);
    if (r->cause != HG_NO_CAUSE) {
        say(p, hg_cause_text(r->cause));
        end(p);
    }
    if (r->cause == HG_KINK) {
        snprintf(text, sizeof text, "left slope %.6g, right slope %.6g; the gradient %s", r->left,
                 r->right, r->between ? "lies between them" : "does not lie between them");
        say(p, text);
        end(p);
    }
    if (r->entries > 0 && r->cause != HG_KINK)
        say_worst(p, t, r);
    if (r->entries == 0 && r->cause == HG_NOT_FINITE && hgi_not_finite_text(text, t)) {
        say(p, text);
        end(p);
    }
    if (r->why.text[0]) {
        say(p, r->why.text);
        end(p);
    }
}

/* Which of those not yet told is worst: the tensor with the largest relative error; -1: none. */
static int next_worst(const hg_problem *p, const hg_result r[], int last)
{
    int best = -1;
    for (int k = 0; k < p->tensors; k++) {
        int plain = r[k].passed && r[k].cause == HG_NO_CAUSE && r[k].verdict != HG_DISAGREES;
        int after = last < 0 || r[k].relative < r[last].relative ||
                    (!(r[k].relative > r[last].relative) && k > last);
        if (!plain && after && (best < 0 || r[k].relative > r[best].relative))
            best = k;
    }
    return best;
}

/* Which are right, and how many are as expected. */
static void summary(paragraph *p, const hg_problem *q, const hg_result r[])
{
    int passed = 0, right = 0;
    char text[2 * CELL];
    for (int k = 0; k < q->tensors; k++) {
        passed += r[k].passed;
        right += r[k].verdict == HG_AGREES;
    }
    snprintf(text, sizeof text, "%d of %d tensors as expected", passed, q->tensors);
    say(p, text);
    if (passed < q->tensors && right > 0) {
        say(p, "(right:");
        for (int k = 0; k < q->tensors; k++)
            if (r[k].verdict == HG_AGREES) {
                say(p, q->tensor[k].name);
                right--;
                fputs(right ? "," : ")", p->out);
                p->column++;
            }
    }
    end(p);
}

static void details(FILE *out, int width, const hg_problem *p, const hg_result r[])
{
    paragraph say_to = {out, width, 0};
    for (int n = 0, k = next_worst(p, r, -1); k >= 0 && n < p->tensors;
         n++, k = next_worst(p, r, k)) {
        fputc('\n', out);
        explain(&say_to, &p->tensor[k], &r[k]);
    }
    fputc('\n', out);
    summary(&say_to, p, r);
}

/* ---- text and Markdown -------------------------------------------------- */

/* s in a column so wide, cut where it is longer. */
static void cell(FILE *out, const char *s, int width)
{
    size_t n = 0;
    int used = 0;
    while (s[n] && (used < width || ((unsigned char)s[n] & 0xc0) == 0x80))
        used += ((unsigned char)s[n++] & 0xc0) != 0x80;
    fwrite(s, 1, n, out);
    fprintf(out, "%*s", width - used + 1, "");
}

static void write_text(FILE *out, const hg_problem *p, const hg_result r[])
{
    fprintf(out, "%-7s%-18s%-12s%8s  %8s  %-13s%s\n", "eq.", "tensor", "shape", "error", "bound",
            "digits", "verdict");
    for (int k = 0; k < p->tensors; k++) {
        char shape[CELL];
        const hg_tensor *t = &p->tensor[k];
        const figures f = figures_of(&r[k]);
        hgi_shape_text(shape, t);
        cell(out, t->equation ? t->equation : "", 6);
        cell(out, t->name, 17);
        cell(out, shape, 11);
        fprintf(out, "%8s  %8s  %-13s%s\n", f.error, f.bound, f.digits,
                hg_verdict_name(r[k].verdict));
    }
    details(out, WIDTH, p, r);
}

static void markdown_text(FILE *out, const char *s)
{
    for (; *s; s++) {
        if (strchr("|*_`\\[]<>", *s))
            fputc('\\', out);
        fputc(*s, out);
    }
}

static void write_markdown(FILE *out, const hg_problem *p, const hg_result r[])
{
    fputs("| eq. | tensor | shape | error | bound | digits | verdict |\n"
          "| --- | --- | --- | ---: | ---: | --- | --- |\n",
          out);
    for (int k = 0; k < p->tensors; k++) {
        char shape[CELL];
        const hg_tensor *t = &p->tensor[k];
        const figures f = figures_of(&r[k]);
        hgi_shape_text(shape, t);
        fputs("| ", out);
        markdown_text(out, t->equation ? t->equation : "");
        fputs(" | ", out);
        markdown_text(out, t->name);
        fprintf(out, " | %s | %s | %s | %s | %s |\n", shape, f.error, f.bound, f.digits,
                hg_verdict_name(r[k].verdict));
    }
    fputs("\n```text", out);
    details(out, WIDTH, p, r);
    fputs("```\n", out);
}

int hg_write(FILE *out, hg_format format, const hg_problem *p, const hg_result result[])
{
    if (!out || !p || !p->tensor || !result || p->tensors < 1 || format > HG_MARKDOWN)
        return -1;
    for (int k = 0; k < p->tensors; k++)
        if (!hgi_is_good(&p->tensor[k]))
            return -1;
    const hgi_row row = {.out = out, .format = format};
    if (format == HG_JSON)
        for (int k = 0; k < p->tensors; k++)
            hgi_row_check(&row, &p->tensor[k], &result[k]);
    else if (format == HG_MARKDOWN)
        write_markdown(out, p, result);
    else
        write_text(out, p, result);
    return fflush(out) != 0 || ferror(out) ? -1 : 0;
}
