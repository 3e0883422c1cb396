# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# For the scripts in tests/: `. lib/make/testing.sh` first, `finish` last. Each test is
# one call of ok or not_ok, mostly by way of the helpers here. A script runs from the
# root of the project with BUILD, CC and MAKE in its environment; $tmp is its own folder.
set -u
# A make that a script starts is a fresh one, not a part of the make that runs the test.
unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES CH DIR ARGS DRAW DESTDIR PREFIX
BUILD=${BUILD:-build}
CC=${CC:-cc}
MAKE=${MAKE:-make}
# shellcheck disable=SC2034
root=$(pwd)
tmp=$(mktemp -d) || exit 2
trap 'chmod -R u+w "$tmp" 2>/dev/null; rm -rf "$tmp"' EXIT
trap 'exit 2' HUP INT TERM
passed=0
failed=0

ok() {
    passed=$((passed + 1))
    echo "ok: $*"
}

not_ok() {
    failed=$((failed + 1))
    echo "FAILED: $*"
}

# check TEXT COMMAND...: COMMAND must end well.
check() {
    check_text=$1
    shift
    if "$@" >"$tmp/check.log" 2>&1; then
        ok "$check_text"
    else
        not_ok "$check_text"
        tail -n 20 "$tmp/check.log" | sed 's/^/    /'
    fi
}

# equal TEXT GOT WANTED: two texts.
equal() {
    if [ "$2" = "$3" ]; then
        ok "$1"
    else
        not_ok "$1: got '$2', wanted '$3'"
    fi
}

# contains TEXT WHOLE PART
contains() {
    case $2 in
    *"$3"*) ok "$1" ;;
    *) not_ok "$1: no '$3' in '$2'" ;;
    esac
}

# The chapters that have a program.
chapters() {
    for main in chapters/*/main.c; do
        [ -f "$main" ] && main=${main%/main.c} && echo "${main##*/}"
    done
}

# tools FOLDER: links there to what building and verifying need beside gcov: a PATH of its own.
tools() {
    for tool in sh awk sed grep cat ls cp mv rm mkdir mktemp find sort tr tail head cut cmp touch \
        basename dirname env printf expr getconf make "$MAKE" cc "$CC" as ld ar ranlib wc sleep \
        chmod echo true uname; do
        tool=${tool%% *}
        path=$(command -v "$tool") && ln -sf "$path" "$1/${tool##*/}"
    done
}

finish() {
    echo "$passed passed, $failed failed"
    [ $failed -eq 0 ]
    exit
}
