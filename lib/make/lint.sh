#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What the compilers do not say: formatting, clang-tidy, cppcheck, functions that stay
# out of the mathematics, licence lines, paths of somebody's machine. (make lint adds
# the pages.)
set -u
failed=0
tab=$(printf '\t')

# quiet TITLE COMMAND...: COMMAND must print nothing and end well.
quiet() {
    title=$1
    shift
    said=$("$@" 2>&1)
    status=$?
    if [ $status -ne 0 ] || [ -n "$said" ]; then
        echo "lint: $title"
        echo "$said" | sed 's/^/  /'
        failed=1
    fi
}

sources=$(find lib chapters tests -name '*.[ch]' | sort)
quiet 'formatting (make format puts it right)' sh lib/make/format.sh --check $sources

# Code with equation tags stands beside formulas: 80 columns; the rest 100. The compiler
# command at the top of main.c is one line, however long.
wide() {
    for file in $sources; do
        width=100
        grep -qE '/\* \([0-9]+\.[0-9]+[a-z]?\) \*/$' "$file" && width=80
        awk -v width=$width 'length($0) > width && !/^[ \/*]*cc -std/ {
            print FILENAME ":" FNR ": wider than " width " columns"
        }' "$file"
    done
}
quiet width wide

# Suppressed: it takes loops over sizes for loops that may never run (invalidFunctionArg,
# uninitvar), arrays that a called function fills for arrays that nobody does (ctuuninitvar), and the array behind `const double d[]` for one of two numbers.
quiet cppcheck cppcheck --quiet --std=c11 --enable=warning,performance,portability \
    --inline-suppr --suppress=missingIncludeSystem --suppress=invalidFunctionArg \
    --suppress=uninitvar --suppress=ctuuninitvar --suppress=ctuArrayIndex --error-exitcode=1 -I. \
    lib chapters

tidy() {
    flags=$1
    shift
    printf '%s\n' "$@" | xargs -P "$(getconf _NPROCESSORS_ONLN)" -n 4 sh -c '
        flags=$0
        clang-tidy --quiet "$@" -- -std=gnu17 -I. $flags 2>/dev/null' "$flags"
}
quiet 'clang-tidy' tidy '' $(find lib chapters -name '*.c' | sort)

# They keep a value and lose its derivative: only real.h may use them, and the rest of
# lib, which shows and checks numbers. A main.c may where the line says: /* double */.
derivative_lost() {
    grep -nE '(^|[^A-Za-z0-9_])(fabs|cabs|conj|creal|cimag|carg)[fl]? *\(' \
        $(find chapters -name '*.[ch]') /dev/null | grep -vE ':.*/\* double \*/'
    return 0
}
quiet 'fabs, cabs, conj, creal, cimag or carg in a chapter' derivative_lost

# rand differs from machine to machine, time from run to run.
not_the_same() {
    grep -nE '(^|[^A-Za-z0-9_])(rand|srand|random|drand48|time|clock) *\(' $sources |
        grep -vE ':[0-9]+: *(/?\*|//)'
    return 0
}
quiet 'rand, srand, random, time or clock' not_the_same

# Compilers replace it each in their way; write x * x.
power() {
    grep -nE '(^|[^A-Za-z0-9_])c?pow[fl]? *\([^()]*(\([^()]*\))?[^()]*, *-?[0-9.]+ *\)' \
        $sources
    return 0
}
quiet 'pow with an exponent that is a literal' power

licence() {
    find . \( -path ./build -o -path ./.git -o -path ./work \) -prune -o -type f \
        \( -name '*.[ch]' -o -name '*.sh' -o -name '*.awk' -o -name '*.gp' -o -name '*.css' \
        -o -name '*.js' -o -name Makefile -o -name Doxyfile -o -path ./.ci/run \) -print |
        while read -r file; do
            head -n 5 "$file" | grep -q 'SPDX-License-Identifier: ' || echo "$file"
        done
}
quiet 'files without an SPDX line' licence

places() {
    grep -rnIE '/(home|root|Users|work|private)/[A-Za-z]' --exclude-dir=build --exclude-dir=.git \
        --exclude-dir=work . | grep -v '^[^:]*:[0-9]*:.*https\?://'
    return 0
}
quiet 'paths of a machine' places

tabs() {
    grep -nI "$tab" $sources
    return 0
}
quiet 'tabs' tabs

if command -v shellcheck >/dev/null 2>&1; then
    quiet shellcheck shellcheck -e SC1091,SC2010,SC2012,SC2013,SC2015,SC2016,SC2046,SC2086,SC2116,SC2317 \
        $(find lib docs plots tests -name '*.sh') .ci/run
fi

[ $failed -eq 0 ] && echo 'lint: nothing to say about the sources'
exit $failed
