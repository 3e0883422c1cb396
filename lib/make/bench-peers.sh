#!/bin/sh
# SPDX-License-Identifier: MIT
#
# bench-peers.sh PROGRAM: the same four models checked by hg_check (every weight, by PROGRAM) and by
# PyTorch's gradcheck (every entry; one projection), one after the other on one core, and the
# ratios; and what the forward passes alone cost that an exhaustive check cannot do without.
# PYTHON names an interpreter that has PyTorch.
set -u
python=
for candidate in ${PYTHON:-python3 /usr/bin/python3}; do
    "$candidate" -c 'import torch' >/dev/null 2>&1 && python=$candidate && break
done
if [ -z "$python" ]; then
    echo "bench-peers: no python3 has PyTorch (Debian: python3-torch); PYTHON= names another" >&2
    exit 2
fi
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
"$1" >"$tmp/ours" && "$python" tests/bench_peers.py >"$tmp/theirs" || exit 2
awk 'BEGIN {
        printf "%-16s%8s%9s%10s%11s%7s%10s%7s\n", "", "", "2 passes", "hg_check", "gradcheck", "",
            "gradcheck", ""
        printf "%-16s%8s%9s%10s%11s%7s%10s%7s\n", "model", "weights", "each, ms", "every, ms",
            "every, ms", "ratio", "one, ms", "ratio"
    }
    NR == FNR { weights[$1] = $2; ms[$1] = $3; bare[$1] = $4; next }
    !($1 in ms) || weights[$1] != $2 { print "bench-peers: " $1 ": other models"; bad = 1; exit }
    { printf "%-16s%8d%9.3f%10.3f%11.2f%7.0f%10.2f%7.1f\n", $1, $2, bare[$1], ms[$1], $3,
        $3 / ms[$1], $4, $4 / ms[$1]; n++ }
    END {
        print "\nevery: each entry is checked; one: one random direction of each tensor. Processor time."
        exit bad || n != 4
    }' "$tmp/ours" "$tmp/theirs"
