#!/bin/sh
# SPDX-License-Identifier: MIT
#
# verify.sh table|detail CHAPTER...: runs the double and the complex program of each
# chapter with --verify --format json and joins what they say (verify.awk).
#
# Where $GCOV is a command (gcov.sh finds it) the run in double is made once more with the program
# in $BUILD/coverage-verify, and what it executed of the backward functions (in the sources
# $COUNTED) becomes a column. (What only the complex check executed would not count: it is the
# same backward.) Where it is empty $WHY says why; COVERAGE=required makes that a failure.
set -u
BUILD=${BUILD:-build}
GCOV=${GCOV:-}
COUNTED=${COUNTED:-}
how=$1
shift
tmp=
if [ -n "$GCOV" ]; then
    # Each run of this script has counts of its own: a program writes those of the object
    # /x/y.o into $tmp/x/y.gcda, and gcov wants the .gcno of the compiler beside them.
    tmp=$(mktemp -d) || exit 2
    trap 'rm -rf "$tmp"' EXIT
    trap 'exit 2' HUP INT TERM
    counted=$(cd "$BUILD/coverage-verify" && pwd -P) || exit 2
    mkdir -p "$tmp$counted" && cp -R "$counted/chapters" "$tmp$counted" || exit 2
    export GCOV_PREFIX="$tmp" GCOV_PREFIX_STRIP=0
fi

# covered FILE...: what was executed of the backward functions in these sources so far.
covered() {
    {
        awk -f lib/make/backward.awk "$@"
        echo '@counts'
        for source; do
            shift
            set -- "$@" "$tmp$counted/${source%.c}.gcda"
        done
        $GCOV -b -c -t "$@" 2>/dev/null
    } | awk -f lib/make/coverage.awk
}

# The counted sources of the chapters $1 (a pattern of names).
sources() {
    for source in $COUNTED; do
        case $source in
        chapters/$1/*) echo "$source" ;;
        esac
    done
}

# Those that stand in a folder without a program belong to the chapters that call them.
lent=
for source in $COUNTED; do
    [ -f "${source%/*}/main.c" ] || lent="$lent $source"
done

for chapter; do
    echo "@chapter $chapter"
    for program in "$BUILD/$chapter" "$BUILD/complex/$chapter"; do
        (
            "$program" --verify --format json </dev/null
            printf '\n@status %d\n' $?
            times # the second line is that of the program
        )
    done
    [ -n "$GCOV" ] || continue
    "$counted/$chapter" --verify --format json </dev/null >/dev/null 2>&1
    own=$(sources "$chapter")
    [ -z "$own" ] || covered $own
done | {
    cat
    # (Only what all chapters together executed of them is judged.)
    if [ -n "$GCOV" ] && [ -n "$lent" ]; then
        echo '@lent'
        covered $lent
    fi
} | awk -v how="$how" -v measured="$GCOV" -v why="${WHY:-}" \
    -v required="${COVERAGE:-}" -v counted="$COUNTED" -f lib/make/verify.awk
