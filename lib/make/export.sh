#!/bin/sh
# SPDX-License-Identifier: MIT
#
# export.sh CHAPTER DIR: copies one chapter and the sources it needs, in the same tree,
# into a folder that is new or empty. What it needs is read from its #include lines: a
# header of another chapter brings the .c file beside it, and so on; lib comes whole.
set -u
chapter=$1
target=$2
made= # what is removed unless all is well
trap '[ -z "$made" ] || rm -rf "$made"' EXIT
trap 'exit 2' HUP INT TERM

# fail WHY DIR: one line.
fail() {
    echo "export: got DIR='$2', $1; wanted a new or an empty folder" >&2
    exit 2
}
if [ -e "$target" ] && [ ! -d "$target" ]; then
    fail 'which is no folder' "$target"
elif [ -n "$(ls -A -- "$target" 2>/dev/null)" ]; then
    fail 'which is not empty' "$target"
fi
case $target in
-*) target=./$target ;;
esac

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

# Into a folder of its own there, which becomes the whole in a moment, or is removed with all
# that was made for it.
draft=$target/.export.$$
made=$draft
while [ ! -e "$(dirname "$made")" ]; do
    made=$(dirname "$made")
done
# shellcheck disable=SC2086
said=$({
    mkdir -p "$draft" && {
        tar -cf - $needed $data lib/*.[ch] lib/check/*.[ch] LICENSE LICENSE-TEXT |
            tar -xf - -C "$draft"
    } && mv "$draft"/* "$target" && rmdir "$draft"
} 2>&1) || fail "where one cannot write: $(printf '%s\n' "$said" | sed -n '1s/.*: //p')" "$2"
made=

case $target in
*[!A-Za-z0-9_./+=:@%-]*) target="'$(printf '%s' "$target" | sed "s/'/'\\\\''/g")'" ;;
esac
echo "$target: chapter $chapter. To build it:"
echo
echo "cd $target"
sh lib/make/command.sh "$chapter"
