#!/bin/sh
# SPDX-License-Identifier: MIT
#
# break.sh CHAPTER: lists the classic mistakes of a chapter. break.sh CHAPTER BUG: makes
# that mistake in a copy and shows what the checks say to it, beside what they say to the
# right code. Ends with status 0 where they see it.
set -u
BUILD=${BUILD:-build}
chapter=$1
bug=${2:-}
folder=chapters/$chapter/bugs
number=${chapter%%_*}
number=${number#0}

# header LABEL PATCH: what stands behind a label at the top of a patch, on one line.
header() {
    awk -v label="$1" '
        /^--- / { exit }
        /^(SPDX-License-Identifier|Breaks|Mistake|Thinking|Look at): / || /^$/ {
            on = index($0, label ": ") == 1
            if (on)
                $0 = substr($0, length(label) + 3)
        }
        on { sub(/^ */, ""); text = text (text == "" ? "" : " ") $0 }
        END { print text }' "$2"
}

wrap() { # INDENT
    fold -s -w $((80 - $1)) | sed "s/ *$//; s/^/$(printf "%$1s" '')/"
}

if [ -z "$bug" ]; then
    list=$(for file in "$folder"/*.patch; do
        [ -f "$file" ] || { echo "break: there is no $folder/*.patch" >&2; exit 2; }
        basename "$file" .patch
        header Breaks "$file" | wrap 4
    done
    printf '\nmake break CH=%s BUG=%s  shows what the checks say to one of them.\n' "$number" \
        "$(basename "$file" .patch)") && printf '%s\n' "$list" || exit 2
    exit 0
fi
patch=$folder/$bug.patch
if [ ! -f "$patch" ]; then
    echo "break: there is no bug '$bug' in chapter $number; \`make break CH=$number\` lists them" >&2
    exit 2
fi

sh lib/make/mutants.sh --one "$patch"
case $BUILD in
/*) here=$BUILD/mutants/$chapter/$bug ;;
*) here=./$BUILD/mutants/$chapter/$bug ;;
esac
caught=$(cut -f 3 "$here/result")
reason=$(cut -f 8 "$here/result")

printf '%s, chapter %s\n\n' "$bug" "$number"
printf '  What it breaks\n'
header Breaks "$patch" | wrap 4
printf '\n  What one thinks who writes it\n'
header Thinking "$patch" | wrap 4
printf '\n  The change\n'
awk '/^--- / { on = 1 }
    /^@@/ { sub(/ @@.*/, " @@") }
    on {
        while (length($0) > 80 && sub(/  \/\* \(/, " /* ("))
            ;
        print
    }' "$patch"
if [ -n "$reason" ] || [ -z "$caught" ]; then
    printf '\nbreak: %s %s\n' "$patch" "${reason:-is not seen}" >&2
    exit 1
fi

# Both programs check the same entries: where double sees it, double is shown.
case $caught in
complex) kind=complex right=$BUILD/complex/$chapter ;;
*) kind=double right=$BUILD/$chapter ;;
esac
printf '\n  What the checks say (the %s program)\n\n' "$kind"
"$right" --verify --color never </dev/null >"$here/right.txt"
"$here/$kind" --verify --color never </dev/null >"$here/broken.txt"
awk -v expected="$(header Mistake "$patch")" -f lib/make/break.awk \
    "$here/$kind.json" "$here/right.txt" "$here/broken.txt" || exit 1
printf '\n  How to read it\n'
header 'Look at' "$patch" | wrap 4
