/* SPDX-License-Identifier: MIT */
/* Curves: what a file holds, and that a failure leaves nothing behind. */
#define CK_FLOATING_DIG 17
#include "lib/curve.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "tests/capture.h"
#include "tests/suite.h"

static char folder[] = "/tmp/handgrad-curve-XXXXXX";

static void make_folder(void)
{
    strcpy(strrchr(folder, '-'), "-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

/* How many files the folder holds. */
static int files(void)
{
    int n = 0;
    DIR *d = opendir(folder);
    ck_assert_ptr_nonnull(d);
    for (struct dirent *e; (e = readdir(d));)
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

static void path_of(char path[200], const char *name)
{
    snprintf(path, 200, "%s/%s", folder, name);
}

START_TEST(a_curve)
{
    curve c;
    char path[200];
    make_folder();
    path_of(path, "08_lstm-loss.dat");
    ck_assert(curve_open(&c, folder, "08_lstm", "loss", "step loss"));
    curve_row(&c, 2, (double[]){0, 1.0 / 3});
    ck_assert_int_eq(files(), 0); /* not before it is whole */
    curve_row(&c, 2, (double[]){1e-300, (double)NAN});
    curve_gap(&c);
    curve_row(&c, 1, (double[]){-2.5e10});
    ck_assert(curve_close(&c));
    FILE *f = fopen(path, "r");
    char *text = text_of(f);
    ck_assert_str_eq(text, "# step loss\n0 0.333333333\n1e-300 NaN\n\n"
                           "-2.5e+10\n");
    free(text);
    fclose(f);
    ck_assert_int_eq(files(), 1);
    ck_assert(curve_open(&c, folder, "08_lstm", "loss", "step")); /* again */
    ck_assert(curve_close(&c));
    ck_assert_int_eq(files(), 1);
    remove(path);
    remove(folder);
}
END_TEST

/* Two programs draw the same curve at once: the last one that is whole stays. */
START_TEST(two_at_once)
{
    curve c, d;
    char path[200];
    make_folder();
    path_of(path, "01_x-y.dat");
    ck_assert(curve_open(&c, folder, "01_x", "y", "a"));
    ck_assert(curve_open(&d, folder, "01_x", "y", "a"));
    curve_row(&d, 1, (double[]){2});
    curve_row(&c, 1, (double[]){1});
    ck_assert(curve_close(&d));
    ck_assert(curve_close(&c));
    FILE *f = fopen(path, "r");
    char *text = text_of(f);
    ck_assert_str_eq(text, "# a\n1\n");
    free(text);
    fclose(f);
    ck_assert_int_eq(files(), 1);
    remove(path);
    ck_assert_int_eq(remove(folder), 0);
}
END_TEST

START_TEST(no_directory_no_file)
{
    curve c;
    ck_assert(curve_open(&c, NULL, "08_lstm", "loss", "step loss"));
    curve_row(&c, 1, (double[]){1});
    curve_gap(&c);
    ck_assert(curve_close(&c));
}
END_TEST

START_TEST(cannot_be_made)
{
    curve c;
    errno = 0;
    ck_assert(!curve_open(&c, "/tmp/no such folder", "01", "x", "a"));
    ck_assert_int_eq(errno, ENOENT);
    curve_row(&c, 1, (double[]){1}); /* does nothing, and no harm */
    ck_assert(curve_close(&c));
    char longest[2000];
    memset(longest, 'd', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    ck_assert(!curve_open(&c, longest, "01", "x", "a"));
    ck_assert_int_eq(errno, ENAMETOOLONG);
}
END_TEST

START_TEST(cannot_be_renamed)
{
    curve c;
    char path[200];
    make_folder();
    path_of(path, "01_x-y.dat");
    ck_assert_int_eq(mkdir(path, 0700), 0); /* a folder of that name */
    ck_assert(curve_open(&c, folder, "01_x", "y", "a"));
    curve_row(&c, 1, (double[]){1});
    ck_assert(!curve_close(&c));
    ck_assert_int_ne(errno, 0);
    ck_assert_int_eq(files(), 1); /* the folder alone */
    remove(path);
    ck_assert_int_eq(remove(folder), 0);
}
END_TEST

/* The file may not grow beyond some bytes, as if the disk were full: noticed
 * when it is closed, or in the middle of many rows. */
START_TEST(a_full_disk)
{
    struct rlimit was, small;
    make_folder();
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &was), 0);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    for (int rows = 10; rows <= 100000; rows *= 100) {
        curve c;
        small = was;
        small.rlim_cur = 16;
        ck_assert(curve_open(&c, folder, "01_x", "y", "a"));
        setrlimit(RLIMIT_FSIZE, &small);
        for (int k = 0; k < rows; k++)
            curve_row(&c, 1, (double[]){k});
        errno = 0;
        int closed = curve_close(&c), why = errno;
        setrlimit(RLIMIT_FSIZE, &was);
        ck_assert(!closed);
        ck_assert_int_ne(why, 0);
        ck_assert_int_eq(files(), 0);
    }
    signal(SIGXFSZ, handler);
    remove(folder);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("curve");
    SUITE_ADD(suite, a_curve);
    SUITE_ADD(suite, two_at_once);
    SUITE_ADD(suite, no_directory_no_file);
    SUITE_ADD(suite, cannot_be_made);
    SUITE_ADD(suite, cannot_be_renamed);
    SUITE_ADD(suite, a_full_disk);
    return suite_run(suite);
}
