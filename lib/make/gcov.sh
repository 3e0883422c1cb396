#!/bin/sh
# SPDX-License-Identifier: MIT
#
# gcov.sh FILE: writes into FILE the command that reads what programs of $CC (built with
# --coverage) write: gcov or llvm-cov's; each is tried on a small program. Where none
# serves FILE is empty, and FILE.why says why. What was found is kept until the compiler or
# the tools change.
set -u
CC=${CC:-cc}
file=$1
mkdir -p "$(dirname "$file")" || exit 2
try=$(mktemp -d) || exit 2
trap 'rm -rf "$try"' EXIT
trap 'exit 2' HUP INT TERM

major=$($CC -dumpversion 2>/dev/null | sed 's/\..*//')
found=
for tool in gcov-"$major" gcov llvm-cov-"$major" llvm-cov; do
    if path=$(command -v "$tool"); then
        found="$found${found:+ }$path"
    fi
done
key="$CC: $($CC --version 2>/dev/null | head -n 1); $found"
if [ -f "$file" ] && [ "$(cat "$file.key" 2>/dev/null)" = "$key" ]; then
    exit 0
fi

cat >"$try/a.c" <<'END'
static int twice(int x)
{
    return x > 0 ? 2 * x : 0;
}
int main(void)
{
    return twice(1) != 2;
}
END
: >"$file.new"
if [ -z "$found" ]; then
    why='neither gcov nor llvm-cov was found'
elif ! $CC -O0 --coverage -c -o "$try/a.o" "$try/a.c" >/dev/null 2>&1 ||
    ! $CC --coverage -o "$try/a" "$try/a.o" >/dev/null 2>&1 || ! "$try/a"; then
    why="$CC cannot build with --coverage"
else
    why="$found cannot read what $CC writes"
    for tool in $found; do
        case $tool in
        *llvm-cov*) tool="$tool gcov" ;;
        esac
        if $tool -b -c -t "$try/a.gcda" 2>/dev/null | grep -q '^function twice called 1 '; then
            echo "$tool" >"$file.new"
            why=
            break
        fi
    done
fi
echo "$why" >"$file.why" && echo "$key" >"$file.key" && mv -f "$file.new" "$file"
