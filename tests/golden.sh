#!/bin/sh
# SPDX-License-Identifier: MIT
# The worked examples, as printed, against tests/golden. `make golden` writes them anew.
. lib/make/testing.sh
for chapter in $(chapters); do
    golden=tests/golden/$chapter.txt
    if [ ! -s "$golden" ]; then
        not_ok "$golden is missing; \`make golden\` writes it"
        continue
    fi
    "$BUILD/$chapter" --seeds 0 --color never | awk -f lib/make/golden.awk >"$tmp/now"
    check "$chapter prints its golden transcript" diff "$golden" "$tmp/now"
    equal "$chapter: color and no color have the same text" \
        "$("$BUILD/$chapter" --seeds 0 --color always | sed "s/$(printf '\033')\[[0-9;]*m//g" |
            awk -f lib/make/golden.awk | cksum)" "$(cksum <"$tmp/now")"
done
for golden in tests/golden/*.txt; do
    chapter=$(basename "$golden" .txt)
    check "$golden has its chapter" test -f "chapters/$chapter/main.c"
done
finish
