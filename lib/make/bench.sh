#!/bin/sh
# SPDX-License-Identifier: MIT
#
# bench.sh CHAPTER...: what the checks of each chapter cost: entries of gradients in a second of
# processor time on one core, calls of the loss for an entry, and the time of a check over that of
# as many calls of its loss alone. $BUILD/bench/NN_name and $BUILD/bench/complex/NN_name are the
# programs, linked with tests/bench_checks.c.
set -u
BUILD=${BUILD:-build}
printf '%-23s%29s%28s\n' '' 'finite differences' 'complex step'
printf '%-21s%8s  %9s%7s%9s  %9s%7s%9s\n' chapter entries entries/s passes 'x bare' \
    entries/s passes 'x bare'
for chapter; do
    for program in "$BUILD/bench/$chapter" "$BUILD/bench/complex/$chapter"; do
        "$program" --verify --format json 2>&1 >/dev/null </dev/null | grep '^bench '
    done | awk -v chapter="$chapter" '
        { entries[NR] = $2; passes[NR] = $3; seconds[NR] = $4; bare[NR] = $5 }
        END {
            if (NR != 2) {
                print "bench: " chapter ": no figures" >"/dev/stderr"
                exit 1
            }
            printf "%-21s%8d", chapter, entries[1]
            for (k = 1; k <= 2; k++)
                printf "  %9.0f%7.2f%9.2f", entries[k] / seconds[k], passes[k] / entries[k],
                    seconds[k] / bare[k]
            print ""
        }' || exit 1
done
echo
echo 'passes: calls of the loss for one entry; x bare: the time of a check over that of its'
echo 'calls of the loss alone.'
