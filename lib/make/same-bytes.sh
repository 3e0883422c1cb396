#!/bin/sh
# SPDX-License-Identifier: MIT
#
# same-bytes.sh [--complete] 'gcc -O0' 'clang -O3' ...: builds the course with each of
# these compilers and levels, and compares all that the programs print, byte by byte,
# with the first. Without --complete the experiments are left out; with it the curves
# are compared too. From the root of the project; ends in `N passed, N failed`.
set -u
BUILD=${BUILD:-build}
MAKE=${MAKE:-make}
goals=samples
if [ "$1" = --complete ]; then
    goals='samples transcripts'
    shift
fi
passed=0
failed=0
first=
mkdir -p "$BUILD/same"
for build; do
    cc=${build% *}
    level=${build##* }
    folder=$BUILD/same/$(echo "$cc$level" | tr -c 'A-Za-z0-9\n' _)
    # shellcheck disable=SC2086
    if ! $MAKE BUILD="$folder" CC="$cc" CFLAGS="$level" OPTIMIZE_LESS= LDFLAGS= CPPFLAGS= \
        $goals >"$folder.log" 2>&1; then
        echo "FAILED: $build does not build or run:"
        tail -n 5 "$folder.log"
        failed=$((failed + 1))
        continue
    fi
    if [ -z "$first" ]; then
        first=$folder
        continue
    fi
    for file in "$first"/sample/* $([ "$goals" = samples ] ||
        echo "$first"/out/*.txt "$first"/out/*.json "$first"/plots/*.dat); do
        if cmp "$file" "$folder${file#"$first"}"; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            echo "FAILED: $build prints other bytes than $1: ${file#"$first"/}"
            diff "$file" "$folder${file#"$first"}" | cut -c 1-300 | head -n 6
        fi
    done
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
