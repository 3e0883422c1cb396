#!/bin/sh
# SPDX-License-Identifier: MIT
#
# bench.sh CHAPTER...: what the checks of right gradients cost in each chapter: entries in a second
# of processor time on one core, calls of the loss for an entry, the time of a call, and the time of
# a check over that of the same calls of its loss, at the same points, alone.
# $BUILD/bench/NN_name and $BUILD/bench/complex/NN_name are the programs, linked with
# tests/bench_checks.c.
set -u
BUILD=${BUILD:-build}
printf '%-27s%29s%23s\n' '' 'finite differences' 'complex step'
printf '%-20s%7s%10s%6s%6s%7s%10s%6s%7s\n' chapter entries entries/s calls us 'x bare' \
    entries/s calls 'x bare'
for chapter; do
    echo "chapter $chapter"
    for program in "$BUILD/bench/$chapter" "$BUILD/bench/complex/$chapter"; do
        "$program" --verify --format json 2>&1 >/dev/null </dev/null | grep '^bench '
    done
done | awk '
    function row(name) {
        if (lines != 2 || failed) {
            print "bench: " name ": no figures" >"/dev/stderr"
            failed = 1
            exit 1
        }
        printf "%-21s%6d", name, entries[1]
        for (k = 1; k <= 2; k++) {
            printf "%10.0f%6.2f%s%7.2f", entries[k] / seconds[k], passes[k] / entries[k],
                k == 1 ? sprintf("%6.1f", 1e6 * bare[k] / passes[k]) : "", seconds[k] / bare[k]
            sum[k, 1] += entries[k]
            sum[k, 2] += passes[k]
            sum[k, 3] += seconds[k]
            sum[k, 4] += bare[k]
        }
        print ""
        fflush()
    }
    /^chapter / {
        if (chapter != "")
            row(chapter)
        chapter = $2
        lines = 0
        next
    }
    { entries[++lines] = $2; passes[lines] = $3; seconds[lines] = $4; bare[lines] = $5 }
    END {
        if (!failed)
            row(chapter)
        if (failed)
            exit 1
        for (k = 1; k <= 2; k++) {
            entries[k] = sum[k, 1]
            passes[k] = sum[k, 2]
            seconds[k] = sum[k, 3]
            bare[k] = sum[k, 4]
        }
        row("")
    }' || exit 1
echo
echo 'Checks of right gradients. calls: of the loss for one entry; us: microseconds of one;'
echo 'x bare: the time of a check over that of the same calls, at the same points, alone.'
