#!/bin/sh
# SPDX-License-Identifier: MIT
#
# keep.sh FILE COMMAND...: FILE becomes what COMMAND prints, but only once COMMAND has
# ended well: it is written beside and renamed. Otherwise FILE stays as it was.
set -u
file=$1
shift
case $file in
*/*) mkdir -p "${file%/*}" || exit 2 ;;
esac
trap 'rm -f "$file.tmp"' EXIT
trap 'exit 2' HUP INT TERM
"$@" >"$file.tmp"
status=$?
if [ $status -ne 0 ]; then
    echo "$file is not written: exit status $status of $*" >&2
    exit $status
fi
mv -f "$file.tmp" "$file"
