#!/bin/sh
# SPDX-License-Identifier: MIT
# Dependencies point one way: a chapter includes lib and lower chapters, lib includes lib,
# and the checker nothing of the course but its own header. Each chapter can be exported and
# built with the one command at the top of its main.c: it prints byte for byte what the course's
# own build prints, experiments aside; the first also without optimization (.ci/run compares more
# builds, complete).
#
# Of all chapters but the first only the last step of the command, the link, is run here: what
# comes before it, each source to its object, the build of the course has done from the same
# sources. (So it has for the checker's, which the first takes from there.)
# COMPLETE=1: every command just as it stands, optimized (minutes; .ci/run does it).
. lib/make/testing.sh
BUILD=$(cd "$BUILD" && pwd)
export BUILD tmp chapter # (the shells that are started below read them: paths may have quotes)
COMPLETE=${COMPLETE:-}

find lib chapters -name '*.[ch]' ! -path '*/exercise/*' | sort >"$tmp/sources"
# shellcheck disable=SC2046
awk '
    FILENAME == ARGV[1] { there[$0] = 1; next }
    FNR == 1 { order[++files] = FILENAME }
    /^ *# *include *"/ {
        header = $0
        gsub(/^[^"]*"|".*/, "", header)
        allowed = FILENAME ~ /^lib\/check\// ? "^lib/check/" : FILENAME ~ /^lib\// ? "^lib/" : \
            "^(lib|chapters)/"
        if (header !~ allowed || !(header in there))
            wrong[FILENAME] = wrong[FILENAME] " " header
        split(FILENAME, own, "/")
        if (split(header, other, "/") > 1 && other[1] == "chapters" && other[2] > own[2])
            wrong[FILENAME] = wrong[FILENAME] " " header " (higher)"
    }
    END { for (k = 1; k <= files; k++) print order[k], wrong[order[k]] }' \
    "$tmp/sources" $(cat "$tmp/sources") >"$tmp/includes"
while read -r file wrong; do
    equal "$file includes what it may" "$wrong" ''
done <"$tmp/includes"
equal 'every source was looked at' "$(cut -d ' ' -f 1 "$tmp/includes")" "$(cat "$tmp/sources")"

flags='-std=gnu17 -O2 -ffp-contract=off -I.'
unoptimized='-std=gnu17 -O0 -ffp-contract=off -I.'
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
    equal "$chapter: what is exported is as it is here" \
        "$(diff -rq "$tmp/$chapter" . | grep -v -e '^Only in \./' -e '^Only in \.:')" ''
    arguments=${command#"cc $flags"}
    if [ "$COMPLETE" ]; then
        check "$chapter: the command builds what was exported" \
            sh -c "cd \"\$tmp/\$chapter\" && $CC $flags $arguments"
    elif [ "$chapter" = "$(chapters | head -n 1)" ]; then
        check "$chapter: the command builds what was exported, unoptimized" \
            sh -c "cd \"\$tmp/\$chapter\" && $CC $unoptimized -pipe $(echo "$arguments" |
                sed 's,lib/check/\*.c,"$BUILD"/check/*.o,')"
    else
        sources=$(cd "$tmp/$chapter" && echo ${arguments%%"$lib"*})
        equal "$chapter: every header that is included was exported" \
            "$(cd "$tmp/$chapter" && find . -name '*.[ch]' -exec sed -n \
                's/^ *# *include *"\(.*\)".*/\1/p' {} + | sort -u | while read -r header; do
                    [ -f "$header" ] || echo "$header"
                done)" ''
        objects=
        for source in $sources; do
            objects="$objects \"\$BUILD/double/${source%.c}.o\""
        done
        check "$chapter: every function that is called was exported" \
            sh -c "$LINK $objects \"\$BUILD\"/double/lib/*.o \"\$BUILD\"/check/*.o -lm \
                -o \"\$tmp/\$chapter/\$chapter\""
    fi
    # (JSON has all digits of all that the text shows.)
    check "$chapter: it prints the same bytes" \
        sh -c '"$tmp/$chapter/$chapter" --seeds 0 --format json | cmp - "$BUILD/sample/$chapter.json"'
    equal "$chapter: every line of its JSON is an object" \
        "$(grep -vc '^{"type":"[a-z]*",.*}$' "$BUILD/sample/$chapter.json")" 0
    if [ "$COMPLETE" ]; then
        check "$chapter: it prints the same bytes as text" \
            sh -c '"$tmp/$chapter/$chapter" --seeds 0 --color never | cmp - "$BUILD/sample/$chapter.txt"'
    fi
done

mkdir "$tmp/full" "$tmp/empty"
: >"$tmp/full/file"
chapter=$(chapters | head -n 1)
# cannot_export WHAT DIR WHY: one line, and nothing is left below DIR.
cannot_export() {
    find "$tmp/full" "$tmp/empty" | sort >"$tmp/before"
    said=$(
        trap '' XFSZ
        ulimit -f "${limit:-unlimited}"
        sh lib/make/export.sh "$chapter" "$2" 2>&1
    )
    equal "export into $1: status" $? 2
    equal "export into $1: one line" "$(echo "$said" | wc -l | tr -d ' ')" 1
    contains "export into $1: says why" "$said" "export: got DIR='$2', $3"
    equal "export into $1: nothing written" "$(find "$tmp/full" "$tmp/empty" | sort)" "$(cat "$tmp/before")"
}
cannot_export 'a folder that is not empty' "$tmp/full" 'which is not empty; wanted a new or an empty'
cannot_export 'a file' "$tmp/full/file" 'which is no folder'
cannot_export 'a folder below a file' "$tmp/full/file/x" 'where one cannot write'
limit=8 # as if the disk were full
cannot_export 'a full disk, a new folder' "$tmp/full/new/deep" 'where one cannot write'
cannot_export 'a full disk, an empty folder' "$tmp/empty" 'where one cannot write'
limit=
if [ "$(id -u)" -ne 0 ]; then
    chmod 555 "$tmp/empty"
    cannot_export 'a closed folder' "$tmp/empty" 'where one cannot write'
    chmod 755 "$tmp/empty"
fi
said=$(cd "$tmp" && ln -s "$root/lib" "$root/chapters" "$root/LICENSE" "$root/LICENSE-TEXT" . &&
    sh lib/make/export.sh "$chapter" "-it's a")
equal "export into -it's a" "$(cd "$tmp" && eval "$(echo "$said" | grep '^cd ')" && ls -A | tr '\n' ' ')" \
    'LICENSE LICENSE-TEXT chapters lib '
check 'export into an empty folder' sh lib/make/export.sh "$chapter" "$tmp/empty"
said=$($MAKE export CH="${chapter%%_*}" 2>&1)
contains 'export without DIR' "$said" 'wanted DIR='
equal 'VERSION and version.h agree' \
    "$(sed -n 's/#define HANDGRAD_VERSION "\(.*\)"/\1/p' lib/version.h)" "$(cat VERSION)"
contains 'VERSION and CITATION.cff agree' "$(cat CITATION.cff)" "version: $(cat VERSION)"
finish
