/* SPDX-License-Identifier: MIT */
#include "lib/program.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/version.h"

/* Takes its middle out of a long text: there stands the value, and behind it what was wanted. */
static void shorten(char *text)
{
    enum { HALF = 400 };
    char *head = text + HALF, *tail = text + strlen(text) - HALF;
    if (tail - head < HALF)
        return;
    while ((*head & 0xc0) == 0x80) /* no half of a character of UTF-8 */
        head--;
    while ((*tail & 0xc0) == 0x80)
        tail++;
    memset(head, '.', 3);
    memmove(head + 3, tail, strlen(tail) + 1);
}

void program_fail(program *p, const char *format, ...)
{
    if (p->status == 2) /* one line: the first reason */
        return;
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    char *line = malloc((size_t)length + 1);
    if (line)
        vsnprintf(line, (size_t)length + 1, format, again);
    va_end(again);
    va_end(args);
    for (char *c = line; c && *c; c++) /* what was typed may hold anything: it stays one line */
        if (iscntrl((unsigned char)*c))
            *c = '?';
    if (line)
        shorten(line);
    program_progress(p, 1, 1);
    fflush(stdout);
    fprintf(stderr, "%s: %s\n", p->about->name, line ? line : "no memory");
    free(line);
    p->status = 2;
}

/* ---- values that can be set --------------------------------------------- */

static int setting_size(const setting *s)
{
    int n = 1;
    for (int k = 0; k < s->rank; k++)
        n *= s->shape[k];
    return n;
}

static void list_settings(const program *p)
{
    printf("%-12s %-14s %-8s %s\n", "name", "shape", "kind", "value");
    for (int i = 0; i < p->about->settings; i++) {
        const setting *s = &p->about->setting[i];
        char shape[64] = "scalar";
        int used = 0;
        for (int k = 0; k < s->rank; k++)
            used += snprintf(shape + used, sizeof shape - (size_t)used, "%s%d", k ? "x" : "",
                             s->shape[k]);
        if (s->letters[0])
            snprintf(shape + used, sizeof shape - (size_t)used, " (%s)", s->letters);
        int column = printf("%-12s %-14s %-8s", s->name, shape, s->whole ? "integer" : "real");
        for (int k = 0, n = setting_size(s); k < n; k++) {
            char cell[32];
            if (s->whole)
                snprintf(cell, sizeof cell, "%d", s->whole[k]);
            else
                snprintf(cell, sizeof cell, "%.6g", re(s->data[k]));
            if (column + 1 + (int)strlen(cell) > 80)
                column = printf("\n%36s", "") - 1;
            column += printf(" %s", cell);
        }
        printf("\n             %s\n", s->about);
    }
}

/* The whole of a text file, with a zero at its end; NULL where it cannot be read. */
static char *read_file(const char *path)
{
    enum { MOST = 1 << 20 }; /* more than any table here needs */
    FILE *f = fopen(path, "r");
    char *text = f ? malloc(MOST + 1) : NULL;
    size_t size = text ? fread(text, 1, MOST, f) : 0;
    if (text && (ferror(f) || getc(f) != EOF)) {
        errno = ferror(f) ? errno : EFBIG;
        free(text);
        text = NULL;
    }
    for (size_t k = 0; text && k < size; k++)
        text[k] = text[k] ? text[k] : '?'; /* no number: it must not hide what follows */
    if (text)
        text[size] = 0;
    if (f)
        fclose(f);
    return text;
}

/* Whether a number is missing in what stands between two of them, before the first or after the
 * last: where there are two commas, or one with a number on one side only. */
static bool lacks_number(const char *between, size_t length, bool first, bool last)
{
    int commas = 0;
    for (size_t k = 0; k < length; k++)
        commas += between[k] == ',';
    return commas > (first || last ? 0 : 1);
}

/* Parses the numbers of `text` into x[0..n-1]; says what is wrong and returns
 * false. */
static bool parse_values(program *p, const setting *s, const char *text, int n, double x[n])
{
    int got = 0;
    for (const char *at = text;;) {
        size_t between = strspn(at, ", \t\r\n");
        if (lacks_number(at, between, got == 0, !at[between])) {
            program_fail(p, "--set %s: got a comma without a number beside it, wanted %d numbers",
                         s->name, n);
            return false;
        }
        at += between;
        if (!*at)
            break;
        int length = (int)strcspn(at, ", \t\r\n");
        char *end;
        errno = 0;
        double value = strtod(at, &end);
        if (end != at + length || (int)strspn(at, "0123456789+-.eE") != length) { /* no hex */
            program_fail(p, "--set %s: '%.*s' is not a finite number; wanted %d of them", s->name,
                         length, at, n);
            return false;
        }
        if (!isfinite(re((real)value))) { /* nor where `real` is float */
            program_fail(p, "--set %s: '%.*s' is not finite; wanted %d finite numbers", s->name,
                         length, at, n);
            return false;
        }
        if (errno == ERANGE && value == 0) {
            program_fail(p, "--set %s: '%.*s' is too small to store; wanted 0 or at least 5e-324",
                         s->name, length, at);
            return false;
        }
        if (!(value >= s->lo && value <= s->hi) || (s->whole && value != floor(value))) {
            program_fail(p, "--set %s: got %.*s, wanted %s from %g to %g", s->name, length, at,
                         s->whole ? "a whole number" : "a number", s->lo, s->hi);
            return false;
        }
        if (got < n)
            x[got] = value;
        got++;
        at = end;
    }
    if (got != n)
        program_fail(p, "--set %s: got %d value%s, wanted %d%s%s%s", s->name, got,
                     got == 1 ? "" : "s", n, s->letters[0] ? " (" : "", s->letters,
                     s->letters[0] ? ")" : "");
    return got == n;
}

/* NAME=VALUES or NAME=@FILE. Nothing changes unless everything is right. */
static void set_value(program *p, const char *argument)
{
    const char *equals = strchr(argument, '=');
    if (!equals) {
        program_fail(p, "--set: got '%s', wanted NAME=VALUES or NAME=@FILE", argument);
        return;
    }
    const setting *s = NULL;
    for (int i = 0; i < p->about->settings; i++) {
        const char *name = p->about->setting[i].name;
        if (strlen(name) == (size_t)(equals - argument) &&
            strncmp(name, argument, strlen(name)) == 0)
            s = &p->about->setting[i];
    }
    if (!s) {
        program_fail(p, "--set: there is no '%.*s'; --list shows the names",
                     (int)(equals - argument), argument);
        return;
    }
    char *from_file = NULL;
    if (equals[1] == '@' && !(from_file = read_file(equals + 2))) {
        program_fail(p, "--set %s: cannot read '%s': %s", s->name, equals + 2, strerror(errno));
        return;
    }
    int n = setting_size(s);
    double *x = malloc((size_t)n * sizeof *x);
    if (!x)
        program_fail(p, "--set %s: no memory for %d values", s->name, n);
    else if (parse_values(p, s, from_file ? from_file : equals + 1, n, x))
        for (int i = 0; i < n; i++) {
            if (s->whole)
                s->whole[i] = (int)x[i];
            else
                s->data[i] = (real)x[i];
        }
    free(x);
    free(from_file);
}

/* ---- options ------------------------------------------------------------ */

static void help(const program *p)
{
    printf("%s: %s\n\n", p->about->name, p->about->title);
    printf("usage: %s [options]\n\n"
           "  --list             the values that can be set: name, shape, "
           "kind, value\n"
           "  --set NAME=VALUES  other values, separated by commas or blanks, "
           "row by row;\n"
           "                     NAME=@FILE reads them from a file\n"
           "  --verify           the checks only\n"
           "  --seed N           of the random numbers, 0 to "
           "18446744073709551615 (1)\n"
           "  --seeds N          how many seeds the experiment runs (%d); 0: "
           "no experiment\n"
           "  --format F         text, json (one object a line) or markdown\n"
           "  --plot-dir DIR     write the curves there; without it no file is "
           "written\n"
           "  --color WHEN       auto, always or never\n"
           "  --step             wait for Enter after each step\n"
           "  --version, --help\n\n"
           "exit status: 0 verified, 1 a check did not give the verdict "
           "expected of it,\n"
           "2 bad use or a failed write\n",
           p->about->name, p->about->seeds);
}

/* A decimal number from 0 to `most`; strtoull alone would take "-1". */
static bool whole_number(program *p, const char *option, const char *text, uint64_t most,
                         uint64_t *value)
{
    char *end;
    errno = 0;
    unsigned long long x = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end || errno == ERANGE || x > most) {
        program_fail(p, "%s: got '%s', wanted a whole number from 0 to %llu", option, text,
                     (unsigned long long)most);
        return false;
    }
    *value = x;
    return true;
}

/* The place of `word` in a list that a NULL ends; -1, said, where it is not
 * there. */
static int one_of(program *p, const char *option, const char *word, const char *const list[],
                  const char *wanted)
{
    for (int i = 0; list[i]; i++)
        if (strcmp(word, list[i]) == 0)
            return i;
    program_fail(p, "%s: got '%s', wanted %s", option, word, wanted);
    return -1;
}

static void choose_color(program *p, int when)
{
    const char *no = getenv("NO_COLOR");
    p->show.color = when == 1 || (when == 0 && !(no && *no) && isatty(STDOUT_FILENO));
}

enum {
    HELP = 'h',
    VERSION = 'V',
    LIST = 1000,
    SET,
    VERIFY,
    SEED,
    SEEDS,
    FORMAT,
    PLOTS,
    COLOR,
    STEP
};

static void option(program *p, int which, const char *value)
{
    static const char *const formats[] = {"text", "json", "markdown", NULL};
    static const char *const whens[] = {"auto", "always", "never", NULL};
    uint64_t number;
    int choice;
    switch (which) {
    case HELP:
        help(p);
        p->finished = true;
        break;
    case VERSION:
        printf("handgrad %s, %s\n", HANDGRAD_VERSION, p->about->name);
        p->finished = true;
        break;
    case SET:
        set_value(p, value);
        p->set = true;
        break;
    case VERIFY: p->verify = true; break;
    case SEED: whole_number(p, "--seed", value, UINT64_MAX, &p->seed); break;
    case SEEDS:
        if (whole_number(p, "--seeds", value, 100000, &number))
            p->seeds = (int)number;
        break;
    case FORMAT:
        if ((choice = one_of(p, "--format", value, formats, "text, json or markdown")) >= 0)
            p->show.format = (show_format)choice;
        break;
    case PLOTS: p->plot_dir = value; break;
    case COLOR:
        if ((choice = one_of(p, "--color", value, whens, "auto, always or never")) >= 0)
            choose_color(p, choice);
        break;
    case STEP: p->show.step = true; break;
    default: break;
    }
}

/* getopt's own messages name argv[0], which is a path; these name the chapter.
 */
static void read_options(program *p, int argc, char **argv)
{
    static const struct option options[] = {{"help", no_argument, NULL, HELP},
                                            {"version", no_argument, NULL, VERSION},
                                            {"list", no_argument, NULL, LIST},
                                            {"set", required_argument, NULL, SET},
                                            {"verify", no_argument, NULL, VERIFY},
                                            {"seed", required_argument, NULL, SEED},
                                            {"seeds", required_argument, NULL, SEEDS},
                                            {"format", required_argument, NULL, FORMAT},
                                            {"plot-dir", required_argument, NULL, PLOTS},
                                            {"color", required_argument, NULL, COLOR},
                                            {"step", no_argument, NULL, STEP},
                                            {NULL, 0, NULL, 0}};
    bool list = false;
    opterr = 0;
    optind = 0; /* from the start, whatever was read before */
    while (p->status == 0 && !p->finished) {
        const char *word = optind > 0 && optind < argc ? argv[optind] : argc > 1 ? argv[1] : "";
        int c = getopt_long(argc, argv, "+:hV", options, NULL);
        if (c == -1)
            break;
        if (c == '?')
            program_fail(p, "got '%s', which is no option; --help lists them", word);
        else if (c == ':')
            program_fail(p, "%s: wanted a value after it", word);
        else if (c == LIST)
            list = true;
        else
            option(p, c, optarg);
    }
    if (p->status == 0 && !p->finished && optind < argc)
        program_fail(p, "got '%s', wanted options only; --help lists them", argv[optind]);
    if (p->status == 0 && list) { /* after --set, so that it shows what was set */
        list_settings(p);
        p->finished = true;
    }
}

bool program_start(program *p, const program_about *about, int argc, char **argv)
{
    *p = (program){.about = about, .seed = 1, .seeds = about->seeds};
    p->show.out = stdout;
    p->show.chapter = atoi(about->name);
    p->show.digits = 6;
    choose_color(p, 0);
    read_options(p, argc, argv);
    if (p->status || p->finished)
        return false;
    if (p->verify) { /* the sections before are not shown, but counted */
        p->seeds = 0;
        p->show.section = about->verification > 0 ? about->verification - 1 : 0;
    }
#if defined REAL_COMPLEX
    if (!p->verify)
        program_fail(p, "this is the complex build: it takes --verify only");
#endif
    if (p->show.step && !isatty(STDIN_FILENO))
        program_fail(p, "--step: wanted a terminal on standard input");
    struct stat is;
    if (p->plot_dir && stat(p->plot_dir, &is) == 0 && !S_ISDIR(is.st_mode))
        program_fail(p, "--plot-dir: got '%s', wanted a directory", p->plot_dir);
    else if (p->plot_dir && access(p->plot_dir, W_OK | X_OK) != 0)
        program_fail(p, "--plot-dir: cannot write in '%s': %s", p->plot_dir, strerror(errno));
    return p->status == 0;
}

int program_end(program *p)
{
    program_progress(p, 1, 1);
    errno = 0;
    if (!p->finished)
        show_end(&p->show);
    if (fflush(stdout) != 0 || show_failed(&p->show))
        program_fail(p, "cannot write standard output: %s",
                     errno ? strerror(errno) : "a write failed");
    return p->status ? p->status : p->failed ? 1 : 0;
}

int program_run(const program_about *about, int argc, char **argv)
{
    program p;
    if (!program_start(&p, about, argc, argv))
        return program_end(&p);
    if (!p.verify && about->example)
        about->example(&p);
    about->verify(&p);
    if (p.seeds > 0 && about->experiment)
        about->experiment(&p);
    return program_end(&p);
}

/* ---- checks ------------------------------------------------------------- */

typedef struct bridge { /* from the checker's pairs of doubles to `real` */
    program_loss loss;
    void *context;
} bridge;

static int bridge_loss(void *context, double loss[2])
{
    bridge *b = context;
    real f = b->loss(b->context);
    loss[0] = re(f);
    loss[1] = (double)__imag__ f;
    return 0;
}

static void count(program *p, int passed)
{
    if (passed)
        p->passed++;
    else
        p->failed++;
}

static void check_failed(program *p, const char *name, hg_status status)
{
    program_fail(p, "check of %s: %s", name, hg_status_text(status));
}

#if !defined REAL_COMPLEX
static void taylor(program *p, const char *group, bridge *b, int n, const hg_tensor t[n])
{
    hg_tensor agree[n];
    int m = 0, entries = 0;
    for (int k = 0; k < n; k++)
        if (t[k].expected == HG_AGREES) {
            agree[m++] = t[k];
            entries += hg_entries(&t[k]);
        }
    if (m == 0)
        return;
    hg_taylor_result r;
    hg_status status = hg_taylor(bridge_loss, b, m, agree, p->seed, &r);
    if (status != HG_OK) {
        check_failed(p, group, status);
        return;
    }
    show_taylor(&p->show, group, entries, &r);
    count(p, r.passed);
}
#endif

void program_tell(program *p, int sizes, const hg_size size[], int knowns, const hg_tensor known[])
{
    p->sizes = sizes;
    p->size = size;
    p->knowns = knowns;
    p->known = known;
}

/* The tensors, and what was told of them, once. */
static hg_problem told(program *p, int n, const hg_tensor t[n])
{
    hg_problem problem = {.tensors = n,
                          .tensor = t,
                          .sizes = p->sizes,
                          .size = p->size,
                          .knowns = p->knowns,
                          .known = p->known};
    program_tell(p, 0, NULL, 0, NULL);
    return problem;
}

#if defined REAL_COMPLEX
#define CHECK hg_check_complex
#define METHOD "complex step"
#else
#define CHECK hg_check
#define METHOD "finite differences"
#endif

/* Values that --set gave may take away all influence of a tensor, as a weight of zero does: its
 * gradient is zero then, and a check by slopes cannot fail. So it is checked once more, as one
 * whose influence shall be zero; what has an influence stays as it was. */
static void check_again(const hg_problem *whole, const hg_options *usual, hg_tensor *t,
                        hg_result *r)
{
    const real *grad = t->grad;
    bool zero = r->cause == HG_CANNOT_FAIL && t->expected == HG_AGREES;
    for (int i = 0, n = hg_entries(t); zero && i < n; i++)
        zero = grad[i] == 0;
    hg_tensor still = program_expect(HG_ZERO, *t);
    hg_problem one = *whole;
    one.tensors = 1;
    one.tensor = &still;
    hg_result again = {0};
    if (zero && CHECK(&one, usual, &again) == HG_OK && again.passed) {
        *t = still;
        *r = again;
    }
}

void program_check(program *p, const char *group, program_loss loss, void *context, int n,
                   const hg_tensor tensor[n])
{
    bridge b = {loss, context};
    hg_tensor t[n];
    memcpy(t, tensor, sizeof t);
    hg_problem problem = told(p, n, t);
    problem.loss = bridge_loss;
    problem.context = &b;
    const hg_options usual = {.seed = p->seed};
    hg_result r[n];
    memset(r, 0, sizeof r);
    hg_status status = CHECK(&problem, &usual, r);
    for (int k = 0; k < n && p->set && status == HG_OK; k++)
        check_again(&problem, &usual, &t[k], &r[k]);
    if (status != HG_OK) {
        check_failed(p, group, status);
        return;
    }
    p->show.group = group;
    for (int k = 0; k < n; k++) {
        show_check(&p->show, METHOD, &t[k], &r[k]);
        count(p, r[k].passed);
    }
#if !defined REAL_COMPLEX
    taylor(p, group, &b, n, t);
#endif
    p->show.group = NULL;
}

void program_compare(program *p, const hg_tensor *t, const real *second, double relative)
{
#if defined REAL_COMPLEX
    (void)p, (void)t, (void)second, (void)relative;
#else
    hg_result r;
    const hg_problem problem = told(p, 1, t);
    hg_status status = hg_second(&problem, second, relative, &r);
    if (status != HG_OK) {
        check_failed(p, t->name, status);
        return;
    }
    show_check(&p->show, "second derivation", t, &r);
    count(p, r.passed);
#endif
    program_tell(p, 0, NULL, 0, NULL);
}

/* ---- curves and long work ----------------------------------------------- */

void program_curve(program *p, curve *c, const char *name, const char *columns)
{
    if (!curve_open(c, p->plot_dir, p->about->name, name, columns))
        program_fail(p, "cannot write '%s': %s", c->path, strerror(errno));
}

void program_curve_end(program *p, curve *c)
{
    if (!curve_close(c))
        program_fail(p, "cannot write '%s': %s", c->path, strerror(errno));
}

void program_progress(program *p, long done, long total)
{
    enum { BAR = 40 };
    if (!isatty(STDERR_FILENO) || total < 1 || (done >= total && !p->progress))
        return;
    p->progress = done < total;
    if (!p->progress) {
        fputs("\r\033[K", stderr);
        return;
    }
    int filled = (int)(BAR * done / total);
    fprintf(stderr, "\r  [%.*s%.*s] %3ld %%", filled, "########################################",
            BAR - filled, "........................................", 100 * done / total);
    fflush(stderr);
}
