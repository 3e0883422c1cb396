#!/bin/sh
# SPDX-License-Identifier: MIT
# `make verify` itself: it must fail where a check did not give the verdict expected of
# it, where a program crashed, where a tensor was checked in one way only. The programs
# here are shell scripts that print what a chapter would.
. lib/make/testing.sh

line() { # method tensor verdict expected [more]
    printf '{"type":"check","chapter":1,"eq":"1.2","tensor":"%s","shape":[2,3],"entries":6,"method":"%s","verdict":"%s","expected":"%s","passed":true,"cause":"","error":1e-10,"relative":%s,"bound":1e-9,"digits":9.8,"possible":10.1,"worst":{"index":[0,1],"analytic":1,"numeric":1}}\n' \
        "$2" "$1" "$3" "$4" "${5:-2.5e-10}"
}
taylor() {
    printf '{"type":"check","chapter":1,"eq":null,"tensor":"all","shape":[6],"entries":6,"method":"Taylor","verdict":"agrees","expected":"agrees","passed":true,"cause":"","linear":%s,"slope":%s,"error":1e-9,"relative":1e-9,"bound":1e-9,"digits":null,"worst":null}\n' "$1" "$2"
}

# program FOLDER STATUS <LINES: the next fake program.
program() {
    mkdir -p "$1"
    {
        echo '#!/bin/sh'
        echo "cat <<'END'"
        cat
        echo END
        echo "exit $2"
    } >"$1/01_fake"
    chmod +x "$1/01_fake"
}
run() {
    said=$(BUILD=$tmp sh lib/make/verify.sh "$1" 01_fake 2>&1)
    status=$?
    last=$(echo "$said" | tail -n 1)
}

good_double() {
    line 'finite differences' W agrees agrees
    line 'finite differences' b agrees agrees 3.5e-09
    line 'finite differences' mask zero zero 7
    line 'finite differences' kink undecided undecided 0.5
    taylor false 1.998
    taylor true null
    taylor false 2.003
    line 'second derivation' dW agrees agrees 4.6e-16
}
good_complex() {
    line 'complex step' W agrees agrees 1.5e-16
    line 'complex step' b agrees agrees 2.4e-16
    line 'complex step' mask zero zero 7
}

good_double | program "$tmp" 0
good_complex | program "$tmp/complex" 0
run table
equal 'all as expected: status' $status 0
equal 'all as expected: the last line' "$last" '11 passed, 0 failed'
row=$(echo "$said" | grep '^01_fake' | tr -s ' ' | cut -d ' ' -f 1-10)
equal 'the row' "$row" '01_fake 4 24 3.5e-09 9.8 2e-16 1.998 5e-16 - passed'
equal 'the table fits 80 columns' "$(echo "$said" | awk 'length($0) > 80')" ''
run detail
equal 'tensor by tensor: status' $status 0
equal 'tensor by tensor: the last line' "$last" '11 passed, 0 failed'
equal 'both ways in one line' "$(echo "$said" | grep '(1.2)   b ' | tr -s ' ')" \
    '(1.2) b 2x3 3.5e-09 9.8 of 10.1 2.4e-16 agrees'

# fails TEXT LAST-LINE PART
fails() {
    for how in table detail; do
        run $how
        equal "$1: status" $status 1
        equal "$1: the last line" "$last" "$2"
        contains "$1: says so" "$said" "$3"
    done
}
# "passed" alone is not believed: these lines say "passed":true.
{ good_double; line 'finite differences' V disagrees agrees; } | program "$tmp" 1
{ good_complex; line 'complex step' V agrees agrees; } | program "$tmp/complex" 0
fails 'one disagrees' '12 passed, 1 failed' 'V, finite differences: disagrees, expected agrees'
{ good_double; line 'finite differences' V agrees undecided; } | program "$tmp" 1
good_complex | program "$tmp/complex" 0
fails 'agrees, where undecided was expected' '11 passed, 1 failed' 'agrees, expected undecided'
{ good_double; line 'finite differences' V agrees agrees; } | program "$tmp" 0
fails 'no complex step' '12 passed, 1 failed' 'V has no check by complex step'
good_double | program "$tmp" 0
{ good_complex; line 'complex step' V agrees agrees; } | program "$tmp/complex" 0
fails 'no finite differences' '12 passed, 1 failed' 'V has no check by finite differences'
good_complex | program "$tmp/complex" 2
fails 'bad use' '11 passed, 1 failed' 'ended with exit status 2'
good_complex | program "$tmp/complex" 1
fails 'a status of 1 without a failed check' '11 passed, 1 failed' 'has exit status 1'
{ good_complex; line 'complex step' V disagrees agrees; } | program "$tmp/complex" 0
fails 'a status of 0 with a failed check' '11 passed, 3 failed' 'has exit status 0'
printf '' | program "$tmp/complex" 0
fails 'no check at all' '8 passed, 4 failed' 'printed no check'
good_complex | program "$tmp/complex" 0
printf '#!/bin/sh\nkill -SEGV $$\n' >"$tmp/01_fake"
fails 'a crash' '3 passed, 4 failed' 'build/01_fake ended with exit status 139'
rm "$tmp/01_fake"
fails 'no program' '3 passed, 4 failed' 'ended with exit status 127'
finish
