#!/bin/sh
# SPDX-License-Identifier: MIT
# What every chapter's program does with bad input and with a disk that is full: one line
# on standard error, exit status 2, and no file left behind. COMPLETE=1: every chapter is asked all
# that the first is asked, whose options are read by the same code of lib; and its disk is full
# under the curves of its experiment too, which must be run for that (.ci/run does it).
. lib/make/testing.sh
COMPLETE=${COMPLETE:-}
case $BUILD in
/*) ;;
*) BUILD=$root/$BUILD ;;
esac

# refused NAME TEXT [ARGUMENT...]: the program in $program must refuse them.
refused() {
    what="$chapter: $1"
    shift
    (cd "$tmp/here" && exec "$program" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null)
    judge "$what" $?
}

# judge TEXT STATUS: as it must be after a refusal; $tmp/err is standard error, $tmp/here holds
# what was written. (Without further processes: there are many refusals.)
judge() {
    lines=0
    while read -r _; do
        lines=$((lines + 1))
    done <"$tmp/err"
    files=
    for file in "$tmp/here"/* "$tmp/here"/.[!.]*; do
        [ -e "$file" ] && files="$files ${file##*/}" && rm -rf "$file"
    done
    if [ "$2" -ne 2 ] || [ "$lines" -ne 1 ] || [ "$files" ]; then
        not_ok "$1: status $2, $lines lines on standard error: $(head -n 3 "$tmp/err")" \
            "; files:$files"
    else
        ok "$1"
    fi
}

mkdir "$tmp/here"
: >"$tmp/file"
noticed=
all=yes
for chapter in $(chapters); do
    program=$BUILD/$chapter

    # The programs in double, and the complex ones, which take --verify only.
    for program in "$BUILD/$chapter" "$BUILD/complex/$chapter"; do
        refused 'an unknown option' --verify --nonsense
        refused 'an unknown letter' --verify -x
        refused 'an argument' --verify extra
    done
    refused 'the complex program without --verify' --seeds 0
    program=$BUILD/$chapter
    if [ "$all" ]; then
        refused '--seed without a value' --seed
        refused '--seed -1' --seeds 0 --seed -1
        refused '--seed +1' --seeds 0 --seed +1
        refused '--seed 1x' --seeds 0 --seed 1x
        refused '--seed with nothing' --seeds 0 --seed ''
        refused '--seed 2^64' --seeds 0 --seed 18446744073709551616
        refused '--seeds -1' --seeds -1
        refused '--seeds many' --seeds 99999999999
        refused '--format xml' --seeds 0 --format xml
        refused '--color purple' --seeds 0 --color purple
        refused '--step without a terminal' --seeds 0 --step
        refused '--plot-dir that is missing' --seeds 0 --plot-dir "$tmp/none"
        refused '--plot-dir below a file' --seeds 0 --plot-dir "$tmp/file/x"
        refused '--plot-dir that is a file' --seeds 0 --plot-dir "$tmp/file"
        if [ "$(id -u)" -ne 0 ]; then
            mkdir -p "$tmp/closed" && chmod 555 "$tmp/closed"
            refused '--plot-dir that is closed' --seeds 0 --plot-dir "$tmp/closed"
        fi
    fi

    # The first real and the first whole setting, and how many values each takes.
    refused '--set of an unknown name' --seeds 0 --set NONE=1
    refused '--set without =' --seeds 0 --set NONE
    "$program" --list | awk '
        NR > 1 && /^[^ ]/ {
            n = 1
            if ($2 != "scalar")
                for (k = split($2, size, "x"); k > 0; k--)
                    n *= size[k]
            kind = / real / ? "real" : "integer"
            if (!seen[kind]++)
                print kind, $1, n
        }' >"$tmp/settings"
    while read -r kind name n; do
        ones=$(awk -v n="$n" 'BEGIN { for (i = 1; i < n; i++) printf "1," }')
        refused "--set $name: not a number" --seeds 0 --set "$name=${ones}one"
        refused "--set $name: too many" --seeds 0 --set "$name=${ones}1,1"
        refused "--set $name: too few" --seeds 0 --set "$name="
        if [ "$all" ]; then
            refused "--set $name: nan" --seeds 0 --set "$name=${ones}nan"
            refused "--set $name: inf" --seeds 0 --set "$name=${ones}inf"
            refused "--set $name: -inf" --seeds 0 --set "$name=$ones-inf"
            refused "--set $name: 1e999" --seeds 0 --set "$name=${ones}1e999"
            refused "--set $name: no such file" --seeds 0 --set "$name=@$tmp/none"
            refused "--set $name: an empty file" --seeds 0 --set "$name=@$tmp/file"
            refused "--set $name: a folder" --seeds 0 --set "$name=@$tmp"
        fi
        if [ "$kind" = integer ]; then
            refused "--set $name: half a class" --seeds 0 --set "$name=${ones}0.5"
            refused "--set $name: a class below its range" --seeds 0 --set "$name=${ones}-9999"
            refused "--set $name: a class above its range" --seeds 0 --set "$name=${ones}1e15"
        fi
    done <"$tmp/settings"

    # A full disk.
    if [ -c /dev/full ]; then
        for format in text ${all:+json markdown}; do
            "$program" --seeds 0 --format $format >/dev/full 2>"$tmp/err"
            judge "$chapter: a full disk, $format" $?
        done
        for option in --help --version --list; do
            "$program" $option >/dev/full 2>"$tmp/err"
            judge "$chapter: a full disk, $option" $?
        done
        if [ "$all" ]; then
            "$BUILD/complex/$chapter" --verify >/dev/full 2>"$tmp/err"
            judge "$chapter: a full disk, complex" $?
        fi
    fi
    # A limit of 0 bytes for a file stands for a full disk under the curves; without experiments
    # first, which some programs have no curves without.
    for seeds in 0 ${COMPLETE:+1}; do
        (
            trap '' XFSZ
            ulimit -f 0 || exit 99
            "$program" --seeds $seeds --plot-dir "$tmp/here" 2>&1 >/dev/null
            echo "status $?"
        ) | cat >"$tmp/said"
        status=$(sed -n 's/^status //p' "$tmp/said")
        grep -v -e '^status ' -e '^libgcov ' "$tmp/said" >"$tmp/err" # (its files are limited too)
        if [ $seeds = 0 ] && [ ! -s "$tmp/err" ]; then
            equal "$chapter: no curve without an experiment: status" "$status" 0
            continue
        fi
        noticed="$noticed $chapter"
        judge "$chapter: a full disk under the curves, --seeds $seeds" "${status:-99}"
    done
    equal "$chapter: writes files as curves only" \
        "$(grep -lE '(fopen|freopen|curve_open|rename)\(' chapters/"$chapter"/*.c)" ''
    all=$COMPLETE

    # And what must work.
    (cd "$tmp/here" && "$program" --seeds 0 --color never >"$tmp/out" 2>"$tmp/err" </dev/null)
    equal "$chapter: --seeds 0: status" $? 0
    equal "$chapter: nothing on standard error" "$(cat "$tmp/err")" ''
    equal "$chapter: writes no file without --plot-dir" "$(ls -A "$tmp/here")" ''
    equal "$chapter: --version" "$("$program" --version)" "handgrad $(cat VERSION), $chapter"
    contains "$chapter: --help" "$("$program" --help)" '--plot-dir DIR'
    equal "$chapter: the largest seed" \
        "$("$program" --verify --seed 18446744073709551615 --format json >"$tmp/json" 2>&1; echo $?)" 0
    equal "$chapter: every line of JSON is an object" \
        "$(grep -vc '^{"type":"[a-z]*",.*}$' "$tmp/json")" 0
    equal "$chapter: text fits 80 columns" \
        "$(awk 'length($0) > 80' "$tmp/out" | head -n 3)" ''
done
check 'a full disk under the curves is noticed' [ "$noticed" ]

# Values at an edge, where what is shown must stay finite and the checks must hold.
while read -r chapter values; do
    set -- # (values: what --set takes, blanks between)
    for value in $values; do
        set -- "$@" --set "$value"
    done
    "$BUILD/$chapter" --seeds 0 --color never "$@" >"$tmp/out" 2>&1 </dev/null
    equal "$chapter $values: status" $? 0
    set -- "$BUILD/complex/$chapter" --verify "$@"
    equal "$chapter $values: status of the complex program" "$("$@" >/dev/null 2>&1; echo $?)" 0
    equal "$chapter $values: numbers that fit 80 columns" \
        "$(awk 'length($0) > 80 || /(^|[ =(+*-])([Ii]nf(inity)?|[Nn]a[Nn])([ )]|$)/' "$tmp/out" | head -n 3)" ''
done <<'END'
01_derivatives a=-1e200
05_optimizers beta2=0
05_optimizers epsilon=800
06_feedback W=0,0,0,0 gain=1e-8
06_feedback V=0,0
06_feedback x=0,0 gain=0.001
07_bptt a=0 x=0,0,0
07_bptt q=0 v=0
07_bptt A=0,0 x2=0,0,0,0
15_feedback_network d=1000,0
END
finish
