#!/bin/sh
# SPDX-License-Identifier: MIT
# Dependencies point one way: a chapter includes lib and lower chapters, lib includes lib,
# and the checker nothing of the course but its own header. Each chapter can be exported
# and built with the one command at the top of its main.c.
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

for chapter in $(chapters); do
    command=$(sh lib/make/command.sh "$chapter")
    case $command in
    'cc -std=gnu17 -O2 -ffp-contract=off -I. chapters/'*" -o $chapter") ;;
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
    check "$chapter: the command builds what was exported" \
        sh -c "cd '$tmp/$chapter' && $CC ${command#cc }"
    check "$chapter: what was exported verifies" "$tmp/$chapter/$chapter" --verify
    equal "$chapter: it prints what the course prints" \
        "$("$tmp/$chapter/$chapter" --seeds 0 --format json | grep '"type":"value"' | cksum)" \
        "$("$BUILD/$chapter" --seeds 0 --format json | grep '"type":"value"' | cksum)"
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
