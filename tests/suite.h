/* SPDX-License-Identifier: MIT */
/* The main of a suite: SUITE_ADD(suite, test) for each test, then suite_run. */
#ifndef TESTS_SUITE_H
#define TESTS_SUITE_H

#include <check.h>

/* Each test in a case of its own, which is named as the test is, with time
 * enough for valgrind. */
#define SUITE_ADD(suite, test)                                                 \
    do {                                                                       \
        TCase *case_ = tcase_create(#test);                                    \
        tcase_set_timeout(case_, 120);                                         \
        tcase_add_test(case_, test);                                           \
        suite_add_tcase(suite, case_);                                         \
    } while (0)

/* Runs a suite; returns what main returns. */
static inline int suite_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

#endif
