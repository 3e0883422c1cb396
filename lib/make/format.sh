#!/bin/sh
# SPDX-License-Identifier: MIT
#
# format.sh [--check] FILE...: the form of C files is what clang-format makes of them,
# with the equation tags in a column of their own. With --check it names the files that
# have another form, and their first such line; without it rewrites them.
set -u
check=
[ "$1" = --check ] && check=yes && shift
status=0
draft=$(mktemp) || exit 2
trap 'rm -f "$draft"' EXIT
for file; do
    clang-format "$file" | awk -f lib/make/tags.awk >"$draft" || exit 2
    cmp -s "$file" "$draft" && continue
    if [ "$check" ]; then
        echo "$file:$(cmp "$file" "$draft" | sed 's/.*line //')"
        status=1
    else
        cat "$draft" >"$file" && echo "formatted $file" || exit 2
    fi
done
exit $status
