#!/bin/sh
# SPDX-License-Identifier: MIT
#
# total.sh LOG...: adds the last lines of the logs, `N passed, N failed`. Fails where a
# test failed, where a log lacks that line, and where there is no log.
set -u
for log; do
    if [ -f "$log" ]; then
        tail -n 1 "$log"
    else
        echo "FAILED: $(basename "$log" .log) was not built or not run"
    fi
done | awk '
    /^[0-9]+ passed, [0-9]+ failed$/ { passed += $1; failed += $3; next }
    { print; failed++ }
    END {
        printf "%d passed, %d failed\n", passed, failed
        exit failed > 0 || passed == 0
    }'
