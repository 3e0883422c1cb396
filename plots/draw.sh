#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Draws the figures: sh plots/draw.sh, from the root of the project, with
#   CH=8       one chapter (8 or 08); proof: the figures of docs/proof.md; empty: every
#              chapter that has a script, and proof
#   DRAW=svg   or png: only these files; text: on the terminal; empty: svg and png
#   BUILD=DIR  where the curves are and the figures go: DIR/plots (build)
# A figure appears under its name only when its whole script has run.
set -u

BUILD=${BUILD:-build}
DRAW=${DRAW:-}
CH=${CH:-}
draft=

fail() {
    echo "$*" >&2
    exit 2
}
trap '[ -z "$draft" ] || rm -rf "$draft"' EXIT
trap 'exit 2' HUP INT TERM

case $DRAW in
'') forms='svg png' ;;
svg | png | text) forms=$DRAW ;;
*) fail "DRAW=$DRAW: expected svg, png or text" ;;
esac
case $CH in
'') number='[0-9][0-9]' ;;
[1-9]) number=0$CH ;;
[0-9][0-9]) number=$CH ;;
proof) number= ;;
*) fail "CH=$CH: expected the number of a chapter, such as 8 or 08" ;;
esac
# shellcheck disable=SC2086 # the number may be a pattern
[ -z "$number" ] || set -- plots/${number}_*.gp
[ -z "$number" ] || [ -e "$1" ] || fail "plots/${number}_*.gp: there is no such script"
case $CH in
'' | proof) set -- "$@" plots/proof.gp ;;
esac
command -v gnuplot >/dev/null || fail "gnuplot not found: type make deps"

# What gnuplot says, in one line. A warning is a failure too: an unreadable file or
# an empty plot is only a warning to gnuplot, and its figure lacks a curve.
complaint() {
    awk -v script="$1" -v number="$2" '
        match($0, /(unreadable|cannot open) file "[^"]*"/) ||
        match($0, /[Cc]an(not|.t) find or open file "?[^"]*"?/) {
            split(substr($0, RSTART, RLENGTH), part, "\"")
            missing = part[2]
        }
        /iconv/ { next }
        / line [0-9]+: / && !said { said = substr($0, index($0, " line ") + 1) }
        END {
            if (missing != "")
                print script ": " missing " is missing: type make " \
                    (number == "proof.gp" ? "proof" : "run CH=" number)
            else
                print script ": " (said != "" ? said : "gnuplot failed: " $0)
        }' "$3"
}

# A terminal cannot set a label upright, so gnuplot leaves the name of the y axis out:
# say it beside the name of the figure. (Form feeds between figures are for printers.)
name_the_axes() {
    awk '
        FILENAME == ARGV[1] {
            if (match($0, /^eval figure[a-z_]*\(.[^)]*[\047"]/))
                split(substr($0, RSTART, RLENGTH), part, /[\047"]/)
            if (match($0, /^set ylabel *[\047"][^\047"]*/)) {
                text = substr($0, RSTART, RLENGTH)
                sub(/^[^\047"]*./, "", text)
                label[part[2]] = text
            }
            next
        }
        { gsub(/\f/, "") }
        $0 in label { $0 = $0 "   (upwards: " label[$0] ")" }
        /^ *$/ { next }
        { print(FNR > 1 && $0 !~ /^ / ? "\n" : "") $0 }' "$1" "$2" 2>/dev/null
}

mkdir -p "$BUILD/plots" || fail "$BUILD/plots: cannot be made"
draft=$BUILD/plots/draft.$$
for script in "$@"; do
    chapter=${script#plots/}
    chapter=${chapter%%_*}
    chapter=${chapter#0}
    for form in $forms; do
        rm -rf "$draft"
        mkdir "$draft" || fail "$draft: cannot be made"
        gnuplot -e "FORM='$form'; DATA='$BUILD/plots/'; OUT='$draft/'; set print '-'" "$script" \
            >"$draft/said" 2>"$draft/errors"
        status=$?
        # in the locale C it says that it cannot show a degree sign: nothing here needs it
        if [ $status -ne 0 ] || grep 'warning:' "$draft/errors" | grep -qv 'iconv'; then
            fail "$(complaint "$script" "$chapter" "$draft/errors")"
        fi
        if [ "$form" = text ]; then
            name_the_axes "$script" "$draft/said" || fail "cannot write the figures"
            continue
        fi
        set -- "$draft"/*."$form"
        [ -e "$1" ] || fail "$script: draws no figure (eval figure('NAME') begins one)"
        for figure in "$@"; do
            [ -s "$figure" ] || fail "$script: $(basename "$figure") is empty"
            mv "$figure" "$BUILD/plots/" || fail "$BUILD/plots/$(basename "$figure"): cannot be written"
        done
    done
done
