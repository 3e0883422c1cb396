#!/bin/sh
# SPDX-License-Identifier: MIT
# The programs of docs/check.md, built from what `make install` installs, end with the right
# status and say what the page says of them: the verdicts, that float is judged as float, the
# name of the mistake.
. lib/make/testing.sh
here=$tmp/prefix
check 'install' $MAKE CC="$CC" install "PREFIX=$here" "BUILD=$tmp/build" CFLAGS=-O1

build() { # NAME SOURCE COMPILER FLAGS: without a warning
    # shellcheck disable=SC2086
    $3 -O2 -Wall -Wextra -Wshadow $4 "-I$here/include" "docs/examples/$2" \
        "$here/lib/libhandgrad.a" -lm -o "$tmp/$1" >"$tmp/said" 2>&1
    status=$?
    equal "$1 compiles" $status 0
    equal "$1: warnings" "$(cat "$tmp/said")" ''
}

ends() { # NAME STATUS: and keeps what is printed in $said
    said=$("$tmp/$1" 2>&1)
    equal "$1: exit status" $? "$2"
}

build layernorm layernorm.c "$CC" ''
ends layernorm 0
contains 'layernorm: all agree' "$said" '3 of 3 tensors as expected'
build layernorm_mistake layernorm.c "$CC" -DMISTAKE
ends layernorm_mistake 1
contains 'layernorm_mistake: judged as float' "$said" 'inp: 48 of 48 entries wrong, by the noise of float'
contains 'layernorm_mistake: the mistake' "$(echo "$said" | tr -s '\n ' '  ')" \
    'in each row of inp the difference is one number: a term that all its entries share (a mean, a broadcast sum) is left out'
contains 'layernorm_mistake: the others are right' "$said" '(right: weight, bias)'

build locate locate.c "$CC" ''
ends locate 0
contains 'locate: the first place' "$said" 'W[8][500]: analytic 0.000000'
contains 'locate: the second place' "$said" 'W[317][44]: analytic '

CXX=${CXX:-c++}
if command -v "$CXX" >/dev/null 2>&1; then
    for standard in c++11 c++20; do
        build "classifier_$standard" classifier.cpp "$CXX" "-std=$standard"
        ends "classifier_$standard" 0
        contains "classifier_$standard: all agree" "$said" '3 of 3 tensors as expected'
    done
    build classifier_mistake classifier.cpp "$CXX" -DMISTAKE
    ends classifier_mistake 1
    contains 'classifier_mistake: the mistake' "$(echo "$said" | tr -s '\n ' '  ')" \
        '20 of 20 entries of W have ratio 3 +- '
    contains 'classifier_mistake: its name' "$(echo "$said" | tr -s '\n ' '  ')" \
        'and B = 3: a factor too many, or no division by B'
else
    echo "no $CXX here: the example in C++ is not tried"
fi
finish
