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
    # shellcheck disable=SC2086
    found=$(sed -n 's/^ *# *include  *"\(chapters\/.*\)\.h".*/\1/p' $queue | sort -u)
    queue=
    for part in $found; do
        for file in "$part.h" "$part.c"; do
            case " $(echo $needed) " in
            *" $file "*) ;;
            *) [ -f "$file" ] && queue="$queue $file" ;;
            esac
        done
    done
done

# A chapter's data come with their origin and terms.
data=$(find "chapters/$chapter/data" -type f 2>/dev/null | sort)

# shellcheck disable=SC2086
mkdir -p "$target" && tar -cf - $needed $data lib/*.[ch] lib/check/*.[ch] LICENSE LICENSE-TEXT |
    tar -xf - -C "$target" || exit 2
echo "$target: chapter $chapter. To build it:"
echo
echo "cd $target"
sh lib/make/command.sh "$chapter"
