#!/bin/sh
# SPDX-License-Identifier: MIT
# A transcript is whole or not there; the map and the help name what there is.
. lib/make/testing.sh
keep=$root/lib/make/keep.sh

check 'what a command prints is kept' sh "$keep" "$tmp/a/out" echo all
equal 'it is kept whole' "$(cat "$tmp/a/out")" all
sh "$keep" "$tmp/a/out" sh -c 'echo half; exit 1'
equal 'a command that fails: status' $? 1
equal 'what was there stays' "$(cat "$tmp/a/out")" all
sh "$keep" "$tmp/b/out" sh -c 'echo half; exit 1'
equal 'a command that fails leaves nothing' "$(ls -A "$tmp/b")" ''
for signal in INT TERM HUP; do
    # A signal that was ignored from the start (INT, in the background) cannot be caught.
    sh -c "trap 'exit 0' $signal; kill -$signal \$\$; exit 1" || continue
    # (A shell lets its background commands ignore INT; so the command sends it itself.)
    sh "$keep" "$tmp/c/out" sh -c "echo half; kill -$signal \$PPID; sleep 0.1" 2>/dev/null
    equal "stopped by $signal: nothing is left" "$(ls -A "$tmp/c")" ''
done
if [ -c /dev/full ]; then
    ln -s /dev/full "$tmp/full.tmp"
    sh "$keep" "$tmp/full" echo all 2>/dev/null
    check 'a full disk is noticed' test ! -e "$tmp/full"
fi

# The map, the help, the syllabus.
map=$(sh lib/make/map.sh)
for chapter in $(chapters); do
    check "the syllabus has $chapter" grep -qx "$chapter" lib/make/syllabus.txt
    title=$("$BUILD/$chapter" --help | sed -n "1s/^$chapter: //p")
    contains "the map shows $chapter" "$map" "${chapter%%_*}  $title"
    contains "README.md shows $chapter" "$(cat README.md)" "(chapters/$chapter/README.md)"
done
equal 'the map fits 80 columns' "$(echo "$map" | awk 'length($0) > 80')" ''
goals=$(sed -n '/^\.PHONY: FORCE/,/[^\\]$/p' Makefile | sed 's/^\.PHONY: FORCE//; s/\\$//')
help=$($MAKE help)
equal 'the help fits 80 columns' "$(echo "$help" | awk 'length($0) > 80')" ''
for goal in $goals; do
    case $goal in
    programs | transcripts | programs-tested | samples | counting | counted) ;;
    examples | *NEEDS*) ;; # (all of these are parts of others)
    *) contains "help names $goal" "$help" "
  $goal " ;;
    esac
done
for bad in 99 0 x 1_ % '1 2' -1 008; do
    for goal in run verify plots export; do
        said=$($MAKE $goal "CH=$bad" 2>&1)
        equal "$goal CH=$bad: status" $? 2
        equal "$goal CH=$bad: one line" "$(echo "$said" | wc -l | tr -d ' ')" 1
        contains "$goal CH=$bad: names it" "$said" "no chapter '$bad'"
    done
done
finish
