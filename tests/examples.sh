#!/bin/sh
# SPDX-License-Identifier: MIT
# The programs of docs/check.md compile without a warning, and say what the page says of them: the
# verdicts, that float is judged as float, the name of the mistake. (`make examples` has built them
# from what is installed and run them; it fails where one does not end with the right status.)
. lib/make/testing.sh
here=$BUILD/examples

compiles() { # NAME COMPILER FLAGS: without a warning
    what=$1
    shift
    check "$what compiles" "$@" -fsyntax-only -Wall -Wextra -Wshadow "-I$here/prefix/include"
    equal "$what: warnings" "$(cat "$tmp/check.log")" ''
}
says() { # NAME: what it printed, as one line
    tr -s '\n ' '  ' <"$here/$1.txt"
}

for mistake in '' -DMISTAKE; do
    # shellcheck disable=SC2086
    compiles "layernorm $mistake" $CC $mistake docs/examples/layernorm.c
done
compiles locate "$CC" docs/examples/locate.c
contains 'layernorm: all agree' "$(says layernorm)" '3 of 3 tensors as expected'
contains 'layernorm_mistake: judged as float' "$(says layernorm_mistake)" \
    'inp: 48 of 48 entries wrong, by the noise of float'
contains 'layernorm_mistake: the mistake' "$(says layernorm_mistake)" \
    'in each row of inp the difference is one number: a term that all its entries share (a mean, a broadcast sum) is left out or wrong'
contains 'layernorm_mistake: the others are right' "$(says layernorm_mistake)" '(right: weight, bias)'
contains 'locate: the first place' "$(says locate)" 'W[8][500]: analytic 0.000000'
contains 'locate: the second place' "$(says locate)" 'W[317][44]: analytic '

CXX=${CXX:-c++}
if command -v "$CXX" >/dev/null 2>&1; then
    compiles 'classifier, c++11' "$CXX" -std=c++11 docs/examples/classifier.cpp
    compiles 'classifier, c++20, with the mistake' "$CXX" -std=c++20 -DMISTAKE \
        docs/examples/classifier.cpp
    contains 'classifier: all agree' "$(says classifier)" '3 of 3 tensors as expected'
    contains 'classifier_mistake: the mistake' "$(says classifier_mistake)" \
        '20 of 20 entries of W have ratio 3 +- '
    contains 'classifier_mistake: its name' "$(says classifier_mistake)" \
        'and B = 3: a factor too many, or no division by B'
    compiles 'gelu, CUDA as C++' "$CXX" -x c++ docs/examples/gelu.cu
    contains 'gelu: all agree' "$(says gelu)" '2 of 2 tensors as expected'
    contains 'gelu_mistake: the mistake' "$(says gelu_mistake)" \
        'the last 20 of 276 entries of inp, from [11][3], are 0'
else
    echo "no $CXX here: the examples in C++ are not tried"
fi

# Where there is CUDA: by its compiler, with the checker's sources. (It must print the same where
# there is no device; on one the last digits are that device's.)
NVCC=${NVCC:-nvcc}
if command -v "$NVCC" >/dev/null 2>&1; then
    for mistake in '' _mistake; do
        define=${mistake:+-DMISTAKE}
        # shellcheck disable=SC2086
        check "gelu$mistake compiles, CUDA" "$NVCC" $define -O1 -I. -Ilib/check -o "$tmp/gelu" \
            docs/examples/gelu.cu lib/check/*.c
        "$tmp/gelu" >"$tmp/said"
        got=$?
        equal "gelu$mistake: status" $got "$([ "$mistake" ] && echo 1 || echo 0)"
        if ! nvidia-smi >/dev/null 2>&1; then
            check "gelu$mistake: it prints what it prints as C++" cmp "$tmp/said" "$here/gelu$mistake.txt"
        fi
    done
else
    echo "no $NVCC here: the example in CUDA is tried as C++ only"
fi
finish
