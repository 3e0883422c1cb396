#!/bin/sh
# SPDX-License-Identifier: MIT
#
# bench.sh CHAPTER...: how long the checks of each chapter take, and how many entries of
# gradients that makes in a second of processor time. Each program runs $RUNS times.
set -u
BUILD=${BUILD:-build}
RUNS=${RUNS:-20}
printf '%-33s%23s%23s\n' '' 'finite differences' 'complex step'
printf '%-24s%9s%12s%11s%12s%11s\n' chapter entries 'ms a run' 'entries/s' 'ms a run' 'entries/s'
for chapter; do
    for program in "$BUILD/$chapter" "$BUILD/complex/$chapter"; do
        (
            i=0
            while [ $i -lt "$RUNS" ]; do
                "$program" --verify --format json || exit 1
                i=$((i + 1))
            done
            times # the second line is that of the program
        ) || exit 1
    done | awk -v chapter="$chapter" -v runs="$RUNS" '
        function seconds(time,    part) { split(time, part, "m"); return part[1] * 60 + part[2] }
        /"method":"(finite differences|complex step)"/ && match($0, /"entries":[0-9]+/) {
            n += substr($0, RSTART + 10, RLENGTH - 10)
        }
        /^[0-9]+m/ && ++times % 2 == 0 {
            t[times / 2] = (seconds($1) + seconds($2)) / runs
            entries[times / 2] = n
            n = 0
        }
        END {
            printf "%-24s%9d", chapter, entries[1] / runs
            for (k = 1; k <= 2; k++)
                printf "%12.2f%11s", t[k] * 1000,
                    (t[k] > 0 ? sprintf("%.0f", entries[k] / runs / t[k]) : "-")
            print ""
        }'
done
