#!/bin/sh
# SPDX-License-Identifier: MIT
#
# bench-locate.sh: what it costs to certify a large gradient, and to find a wrong entry in it:
# tables, and a curve over the number of weights, drawn where gnuplot is there.
set -u
BUILD=${BUILD:-build}
echo
echo 'A network 784-1000-200-10, tanh or ReLU, batch 8, 987210 weights. Entries of its gradient are'
echo 'changed (how many; by how much of its root mean square); calls of the loss until all'
echo 'are found, over 10 seeds; the smallest error in one entry that would have been seen.'
echo
"$BUILD/bench/locate" || exit 2
mkdir -p "$BUILD/plots"
sh lib/make/keep.sh "$BUILD/plots/bench-locate.dat" "$BUILD/bench/locate" curve || exit 2
echo
echo 'Weights; passes and seconds: every entry (seconds: of as many passes, timed on 20), one'
echo 'wrong entry found, a right gradient certified.'
echo
awk '!/^#/ { printf "%10d %10d %10.3g %8d %10.3g %8d %10.3g\n", $1, $2, $3, $4, $5, $6, $7 }' \
    "$BUILD/plots/bench-locate.dat"
if command -v gnuplot >/dev/null; then
    for form in svg png; do
        gnuplot -e "FORM='$form'; DATA='$BUILD/plots/'; OUT=DATA" plots/bench.gp || exit 2
    done
    echo
    echo "drawn: $BUILD/plots/bench-passes.svg, $BUILD/plots/bench-seconds.svg (and .png)"
fi
