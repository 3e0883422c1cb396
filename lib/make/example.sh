#!/bin/sh
# SPDX-License-Identifier: MIT
#
# example.sh FOLDER/NAME.txt PREFIX: builds the example NAME of docs/examples against the
# checker that is installed under PREFIX, runs it, and keeps what it prints. NAME_mistake is
# NAME built with -DMISTAKE: it must end with status 1, the others with 0. An example in CUDA is
# built as C++, without a device. Where there is no C++ compiler, the text of an example in C++ says
# so.
set -u
text=$1
prefix=$2
CC=${CC:-cc}
CXX=${CXX:-c++}
LDFLAGS=${LDFLAGS:-}
name=$(basename "$text" .txt)
program=${text%.txt}
base=${name%_mistake}
wanted=0
define=
if [ "$base" != "$name" ]; then
    wanted=1
    define=-DMISTAKE
fi
if [ -e "docs/examples/$base.c" ]; then
    source=docs/examples/$base.c
    compile="$CC"
else
    source=docs/examples/$base.cpp
    compile="$CXX -O2"
    if [ -e "docs/examples/$base.cu" ]; then
        source=docs/examples/$base.cu
        compile="$compile -x c++"
    fi
    if ! command -v "${CXX%% *}" >/dev/null 2>&1; then
        echo "(No C++ compiler, ${CXX%% *}, was found when this page was made.)" >"$text"
        exit 0
    fi
fi
# shellcheck disable=SC2086 # the compilers and flags are lists of words
$compile $define "-I$prefix/include" -o "$program" "$source" -x none \
    "$prefix/lib/libhandgrad.a" $LDFLAGS -lm || exit 2
"$program" >"$text.new"
got=$?
if [ $got -ne $wanted ]; then
    echo "example: $name ends with status $got, and not with $wanted" >&2
    rm -f "$text.new"
    exit 2
fi
mv "$text.new" "$text"
