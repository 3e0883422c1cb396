#!/bin/sh
# SPDX-License-Identifier: MIT
#
# verify.sh table|detail CHAPTER...: runs the double and the complex program of each
# chapter with --verify --format json and joins what they say (verify.awk).
set -u
BUILD=${BUILD:-build}
how=$1
shift
for chapter; do
    echo "@chapter $chapter"
    for program in "$BUILD/$chapter" "$BUILD/complex/$chapter"; do
        (
            "$program" --verify --format json </dev/null
            printf '\n@status %d\n' $?
            times # the second line is that of the program
        )
    done
done | awk -v how="$how" -f lib/make/verify.awk
