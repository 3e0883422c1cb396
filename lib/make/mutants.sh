#!/bin/sh
# SPDX-License-Identifier: MIT
#
# mutants.sh CHAPTER...: proves that the checks see the classic mistakes. Applies each
# chapters/CHAPTER/bugs/*.patch to a copy of what it changes, under $BUILD/mutants, builds
# that and the program, and runs both programs' --verify. A patch passes where it applies,
# compiles without a warning, one of the two ends with exit status 1 and none otherwise
# than with 0 or 1; and a check that fails names the mistake that the patch expects, which
# must be a name: a bug that is seen, but not named, fails. The programs and archives must have been built. Ends in
# `N passed, N failed`.
#
# mutants.sh --one PATCH: one of them; what it finds stands in $BUILD/mutants/CHAPTER/BUG:
# the outputs double.json and complex.json, the programs, and a line in `result`.
#
# COMPILE, LINK and LDLIBS (make gives them) are pieces of a shell's command line.
set -u
root=$(pwd)
BUILD=${BUILD:-build}
case $BUILD in
/*) ;;
*) BUILD=$root/$BUILD ;;
esac
COMPILE=${COMPILE:-cc -std=gnu17 -I. -ffp-contract=off -O2}
LINK=${LINK:-cc}
LDLIBS=${LDLIBS:--lm}

# patch_name PATCH: sets chapter and bug.
patch_name() {
    bug=${1##*/}
    bug=${bug%.patch}
    chapter=${1%/bugs/*}
    chapter=${chapter##*/}
}

# ---- one patch -------------------------------------------------------------------

# A copy of the files that the patch changes, with the change.
apply() {
    files=$(sed -n 's,^+++ b/\([^[:space:]]*\).*,\1,p' "$1")
    [ -n "$files" ] || { reason='changes no file'; return 1; }
    for file in $files; do
        case $file in
        chapters/*.c) ;;
        *) reason="changes $file, which is no .c file of a chapter"; return 1 ;;
        esac
        [ -f "$file" ] || { reason="changes $file, which is not there"; return 1; }
        mkdir -p "$here/tree/${file%/*}" && cp "$file" "$here/tree/$file" || exit 2
    done
    patch -p1 -s -N -F 0 -d "$here/tree" <"$1" >"$here/said" 2>&1 || {
        reason='does not apply'
        return 1
    }
}

# build KIND: the program of the chapter, from what is changed and the archive of the rest.
# (The objects are its arguments then: what eval reads names no path.)
# shellcheck disable=SC2034 # eval reads main
build() {
    kind=$1
    shift
    main=$BUILD/$kind/chapters/$chapter/main.o
    case $kind in
    complex) define=-DREAL_COMPLEX ;;
    *) define= ;;
    esac
    for file in $files; do
        object=$here/$kind-$(echo "${file%.c}" | tr / -).o
        (cd "$here/tree" && eval "$COMPILE -I\"\$root\" -O1 -g0 $define -c -o \"\$object\" \"\$file\"") \
            >"$here/said" 2>&1 || { reason="does not compile ($kind)"; return 1; }
        [ -s "$here/said" ] && { reason="does not compile without a warning ($kind)"; return 1; }
        case $file in
        "chapters/$chapter/main.c") main=$object ;;
        *) set -- "$@" "$object" ;;
        esac
    done
    eval "$LINK -o \"\$here/\$kind\" \"\$main\" \"\$@\" \"\$BUILD/\$kind/course.a\" $LDLIBS" \
        >"$here/said" 2>&1 || { reason="does not link ($kind)"; return 1; }
}

# What one pair of runs showed, as a line: chapter, bug, caught by, tensor, names, expected
# name, why it fails.
judge() {
    expected=$(sed -n 's/^Mistake: *//p' "$1" | head -n 1)
    cat "$here"/double.json "$here"/complex.json 2>/dev/null | awk -v chapter="$chapter" \
        -v bug="$bug" -v caught="$caught" -v expected="$expected" -v reason="$reason" '
        function get(key,    at, rest) {
            at = index($0, "\"" key "\":\"")
            if (!at)
                return ""
            rest = substr($0, at + length(key) + 4)
            return substr(rest, 1, index(rest, "\"") - 1)
        }
        /^\{"type":"check"/ {
            if (!/"passed":false/)
                next
            if (tensor == "" || (taylor && !/"method":"Taylor"/)) {
                tensor = get("tensor")
                taylor = /"method":"Taylor"/
            }
            name = get("mistake")
            if (/"method":"Taylor"/ && name == "")
                next
            if (name == "" && /"cause":"complex step and differences disagree/)
                name = "not analytic"
            if (name == "" || name == "unexplained")
                name = "none"
            if (!seen[name]++)
                names = names (names == "" ? "" : ",") name
        }
        END {
            OFS = "\t"
            print chapter, bug, caught, tensor, names, expected, reason
        }' >"$here/result"
}

one() {
    patch_name "$1"
    here=$BUILD/mutants/$chapter/$bug
    rm -rf "$here"
    mkdir -p "$here/tree" || exit 2
    reason=
    caught=
    if apply "$1" && build double && build complex; then
        for kind in double complex; do
            {
                ( # (no mistake may keep a processor for ever)
                    # shellcheck disable=SC3045 # where there is no such limit, there is none
                    ulimit -t 30 2>/dev/null
                    exec "$here/$kind" --verify --format json
                ) >"$here/$kind.json" </dev/null
                status=$?
            } 2>"$here/said" # (where the shell reports a crash, too)
            case $status in
            0) ;;
            1) [ "$caught" ] && caught=both || caught=$kind ;;
            *) reason="${reason:+$reason; }the $kind program ends with exit status $status, and not with 1" ;;
            esac
        done
        [ -n "$caught$reason" ] || reason='is not seen: every check passes'
    fi
    judge "$1"
}

if [ "${1:-}" = --one ]; then
    one "$2"
    exit 0
fi

# ---- all of them -----------------------------------------------------------------

patches=
rm -rf "$BUILD/mutants"
mkdir -p "$BUILD/mutants" || exit 2
: >"$BUILD/mutants/unfit"
for chapter; do
    found=
    for file in chapters/"$chapter"/bugs/*.patch; do
        [ -f "$file" ] || continue
        found=yes
        patches="$patches $file"
    done
    if [ -z "$found" ]; then
        echo "FAILED $chapter: there is no chapters/$chapter/bugs/*.patch" >>"$BUILD/mutants/unfit"
        continue
    fi
    # What fails without a bug proves nothing with one.
    for program in "$BUILD/$chapter" "$BUILD/complex/$chapter"; do
        "$program" --verify >/dev/null 2>&1 </dev/null ||
            echo "FAILED $chapter: ${program#"$root/"} --verify fails without any bug" \
                >>"$BUILD/mutants/unfit"
    done
done

# shellcheck disable=SC2086 # no name of a patch has a blank
[ -z "$patches" ] || printf '%s\n' $patches |
    BUILD=$BUILD COMPILE=$COMPILE LINK=$LINK LDLIBS=$LDLIBS \
        xargs -P "$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)" -n 1 sh lib/make/mutants.sh --one

for file in $patches; do
    patch_name "$file"
    cat "$BUILD/mutants/$chapter/$bug/result" 2>/dev/null ||
        printf '%s\t%s\t\t\t\t\tgave no result\n' "$chapter" "$bug"
done | awk -F '\t' -v unfit="$BUILD/mutants/unfit" -f lib/make/mutants.awk
