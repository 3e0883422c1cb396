#!/bin/sh
# SPDX-License-Identifier: MIT
#
# papers.sh full|quick CHAPTER...: the published numbers that the chapters reproduce, each beside
# what came out here. lib/make/papers.txt says how many seeds the full form runs; quick reads what
# the programs print by default ($BUILD/out). Ends in `N match, M miss`. A miss is an answer, no
# failure: the exit status is 2 where a program fails or a chapter of the list shows no paper.
set -u
BUILD=${BUILD:-build}
how=$1
shift
mkdir -p "$BUILD/papers" || exit 2
while read -r chapter seeds; do
    case " $* " in
    *" $chapter "*) ;;
    *) continue ;;
    esac
    text=$BUILD/out/$chapter.txt
    if [ "$how" = full ]; then
        text=$BUILD/papers/$chapter.txt
        [ -t 2 ] && echo "  $chapter, $seeds seeds" >&2
        sh lib/make/keep.sh "$text" "$BUILD/$chapter" --seeds "$seeds" --color never </dev/null ||
            exit 2
    fi
    awk -v chapter="${chapter%%_*}" -f lib/make/papers.awk "$text" || exit 2
done <lib/make/papers.txt >"$BUILD/papers/table" || exit 2
cat "$BUILD/papers/table"
match=$(grep -c '^    matches' "$BUILD/papers/table")
miss=$(grep -c '^    misses' "$BUILD/papers/table")
echo
echo "$match match, $miss miss"
if [ $((match + miss)) -eq 0 ]; then
    echo "papers: no published numbers in $*" >&2
    exit 2
fi
