#!/bin/sh
# SPDX-License-Identifier: MIT
#
# export.sh CHAPTER DIR: copies one chapter and the sources it needs, in the same tree,
# into a folder that is new or empty. What it needs is read from its #include lines: a
# header of another chapter brings the .c file beside it, and so on; lib comes whole.
set -u
chapter=$1
target=$2
if [ -e "$target" ] && { [ ! -d "$target" ] || [ -n "$(ls -A "$target")" ]; }; then
    echo "export: DIR='$target' is there and not empty; wanted a new or an empty folder" >&2
    exit 2
fi

# The files of the chapter, then those they include, until nothing new is found.
needed=
queue=$(find "chapters/$chapter" -maxdepth 1 -type f | sort)
while [ -n "$queue" ]; do
    needed="$needed $queue"
    found=
    for file in $queue; do
        for header in $(sed -n 's/^ *# *include  *"\(.*\)".*/\1/p' "$file"); do
            [ -f "$header" ] || header=$(dirname "$file")/$header
            case $header in
            lib/*) continue ;;
            esac
            for part in "$header" "${header%.h}.c"; do
                case " $(echo $needed $found) " in
                *" $part "*) ;;
                *) [ -f "$part" ] && found="$found $part" ;;
                esac
            done
        done
    done
    queue=$found
done

# A chapter's data come with their origin and terms.
data=$(find "chapters/$chapter/data" -type f 2>/dev/null | sort)

for file in $needed $data lib/*.c lib/*.h lib/check/*.c lib/check/*.h LICENSE LICENSE-TEXT; do
    mkdir -p "$target/$(dirname "$file")" && cp "$file" "$target/$file" || exit 2
done
echo "$target: chapter $chapter. To build it:"
echo
echo "cd $target"
sh lib/make/command.sh "$chapter"
