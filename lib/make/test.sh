#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test.sh LOG COMMAND...: runs one suite or one script of tests. LOG gets all it says,
# and as its last line `N passed, N failed`. A failure is shown here too. The exit
# status is 0: whoever reads the logs (total.sh) judges all of them together.
#
# A suite (Check) ends by `100%: Checks: 14, Failures: 0, Errors: 0`; a script ends by
# `N passed, N failed`, or says nothing and its exit status tells.
set -u
log=$1
shift
mkdir -p "${log%/*}" || exit 2
name=${log##*/}
name=${name%.log}
"$@" >"$log" 2>&1 </dev/null
status=$?
awk -v status=$status '
    /^[0-9]+%: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+$/ {
        gsub(/,/, "")
        failed += $5 + $7; passed += $3 - $5 - $7; known = 1
    }
    /^[0-9]+ passed, [0-9]+ failed$/ { passed += $1; failed += $3; known = 1 }
    END {
        if (!known && status == 0) passed = 1
        if (status != 0 && !failed) {
            failed = 1
            print "ended with exit status " status
        }
        printf "%d passed, %d failed\n", passed, failed
    }' "$log" >"$log.tmp" && cat "$log.tmp" >>"$log" && rm -f "$log.tmp" || exit 2
count=$(tail -n 1 "$log")
case $count in
*' 0 failed') echo "  $name: ${count%,*}" ;;
*)
    echo "  $name: $count"
    grep -Ev '(:P:|^ok: |^[0-9]+ passed, [0-9]+ failed$)' "$log" | sed 's/^/    /'
    ;;
esac
