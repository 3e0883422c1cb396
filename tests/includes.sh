#!/bin/sh
# SPDX-License-Identifier: MIT
# Dependencies point one way: a chapter includes lib and lower chapters, lib includes lib,
# and the checker nothing of the course but its own header. Each chapter can be exported
# and built with the one command at the top of its main.c. Here it is built without
# optimization, and prints byte for byte what the course's own build prints, experiments
# aside (.ci/run compares more builds, complete).
. lib/make/testing.sh

for file in $(find lib chapters -name '*.[ch]' ! -path '*/exercise/*' | sort); do
    wrong=$(sed -n 's/^ *# *include  *"\(.*\)".*/\1/p' "$file" | while read -r header; do
        case $file in
        lib/check/*) allowed=lib/check/ ;;
        lib/*) allowed=lib/ ;;
        *) allowed='lib/ chapters/' ;;
        esac
        good=
        for folder in $allowed; do
            case $header in
            "$folder"*) good=yes ;;
            esac
        done
        [ -n "$good" ] && [ -f "$header" ] || echo "$header"
        case $header in
        chapters/*) expr "$(echo "$header" | cut -d / -f 2)" \> \
            "$(echo "$file" | cut -d / -f 2)" >/dev/null && echo "$header (higher)" ;;
        esac
    done)
    equal "$file includes what it may" "$wrong" ''
done

# lib is the same in every export: what its part of the command makes is made once, and the first
# chapter is built by the command just as it stands.
flags='-std=gnu17 -O2 -ffp-contract=off -I.'
unoptimized=$(echo "$flags" | sed 's/-O2/-O0/')
mkdir "$tmp/lib"
for source in lib/*.c lib/check/*.c; do
    # shellcheck disable=SC2086
    $CC $unoptimized -c -o "$tmp/lib/$(echo "$source" | tr / -).o" "$source" || not_ok "$source compiles"
done
ar rcs "$tmp/lib.a" "$tmp"/lib/*.o
lib='lib/*.c lib/check/*.c'

for chapter in $(chapters); do
    command=$(sh lib/make/command.sh "$chapter")
    case $command in
    "cc $flags chapters/"*" $lib -lm -o $chapter") ;;
    *)
        not_ok "$chapter: the compiler command at the top of main.c: '$command'"
        continue
        ;;
    esac
    if ! sh lib/make/export.sh "$chapter" "$tmp/$chapter" >"$tmp/said" 2>&1; then
        not_ok "$chapter: export: $(cat "$tmp/said")"
        continue
    fi
    contains "$chapter: export says the command" "$(cat "$tmp/said")" "$command"
    check "$chapter: lib comes whole" diff -r -x make -x .clang-format lib "$tmp/$chapter/lib"
    command="$unoptimized${command#"cc $flags"}"
    [ "$chapter" = "$(chapters | head -n 1)" ] ||
        command="${command%%"$lib"*}'$tmp/lib.a'${command#*"$lib"}"
    check "$chapter: the command builds what was exported" \
        sh -c "cd '$tmp/$chapter' && $CC $command"
    program=$tmp/$chapter/$chapter
    for form in 'txt --seeds 0 --color never' 'json --seeds 0 --format json' \
        'verify --verify --format json'; do
        # shellcheck disable=SC2086
        check "$chapter: it prints the same bytes, ${form#* }" \
            sh -c "'$program' ${form#* } | cmp - '$BUILD/sample/$chapter.${form%% *}'"
    done
done

mkdir "$tmp/full" "$tmp/empty"
: >"$tmp/full/file"
chapter=$(chapters | head -n 1)
said=$(sh lib/make/export.sh "$chapter" "$tmp/full" 2>&1)
equal 'export into a folder that is not empty: status' $? 2
equal 'one line' "$(echo "$said" | wc -l | tr -d ' ')" 1
equal 'nothing written' "$(ls -A "$tmp/full")" file
check 'export into an empty folder' sh lib/make/export.sh "$chapter" "$tmp/empty"
said=$($MAKE export CH="${chapter%%_*}" 2>&1)
contains 'export without DIR' "$said" 'wanted DIR='
equal 'VERSION and version.h agree' \
    "$(sed -n 's/#define HANDGRAD_VERSION "\(.*\)"/\1/p' lib/version.h)" "$(cat VERSION)"
contains 'VERSION and CITATION.cff agree' "$(cat CITATION.cff)" "version: $(cat VERSION)"
finish
