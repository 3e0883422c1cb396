#!/bin/sh
# SPDX-License-Identifier: MIT
#
# windows.sh: the programs for Windows in $BUILD, built by $CC of mingw-w64, and run by Wine: every
# one verifies, prints its golden transcript, writes its curves (twice: over those that are there)
# and refuses bad use; the checker names the mistake in the example of docs/check.md. Where no Wine
# is found they are built, and no more: it says so.
. lib/make/testing.sh
export WINEDEBUG=-all # (its own remarks)
export WINEPREFIX="$tmp/wine"

check 'the checker alone: the example of docs/check.md compiles' \
    sh -c "$CC -DMISTAKE -Ilib/check -o \"$tmp/layernorm.exe\" docs/examples/layernorm.c \
        \"$BUILD\"/check/*.o $LINKS"
for chapter in $(chapters); do
    for program in "$BUILD/$chapter.exe" "$BUILD/complex/$chapter.exe"; do
        check "${program#"$BUILD"/} is built" test -s "$program"
    done
done
if ! command -v wine >/dev/null 2>&1; then
    echo "windows: found no wine to run them"
    finish
fi

check 'wine starts' wine wineboot --init
equal 'the example with a mistake: status' "$(wine "$tmp/layernorm.exe" </dev/null >"$tmp/said"; echo $?)" 1
contains 'the example with a mistake: it is named' "$(tr -s '\r\n ' '   ' <"$tmp/said")" \
    'in each row of inp the difference is one number'
for chapter in $(chapters); do
    check "$chapter verifies" wine "$BUILD/$chapter.exe" --verify
    check "$chapter verifies, complex" wine "$BUILD/complex/$chapter.exe" --verify
    wine "$BUILD/$chapter.exe" --seeds 0 --color never </dev/null >"$tmp/said"
    tr -d '\r' <"$tmp/said" | awk -f lib/make/golden.awk >"$tmp/now"
    check "$chapter prints its golden transcript" diff "tests/golden/$chapter.txt" "$tmp/now"
done

chapter=$(chapters | head -n 1)
mkdir "$tmp/curves"
for time in once twice; do
    check "$chapter writes its curves, $time" \
        wine "$BUILD/$chapter.exe" --seeds 1 --plot-dir "$tmp/curves"
done
equal "$chapter: it wrote curves and nothing else" \
    "$(find "$tmp/curves" -type f | sed "s,.*/$chapter-[a-z_0-9]*\.dat\$,curve," | sort -u)" curve
equal "$chapter: bad use" "$(wine "$BUILD/$chapter.exe" --set nothing=1 </dev/null 2>&1 | wc -l | tr -d ' ')" 1
equal "$chapter: bad use, status" "$(wine "$BUILD/$chapter.exe" --set nothing=1 </dev/null >/dev/null 2>&1; echo $?)" 2
finish
