#!/bin/sh
# SPDX-License-Identifier: MIT
#
# bench-peers.sh PROGRAM: the same four models checked by hg_check (every weight, by PROGRAM; with a
# call of the loss for each point, and with several points in a call) and by PyTorch's gradcheck
# (every entry; one projection), one after the other on one core, and the ratios. PROGRAM runs before
# the other and after it, and the mean counts: so that neither has the faster moments of a machine.
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
"$1" >"$tmp/ours" && "$python" tests/bench_peers.py >"$tmp/theirs" && "$1" >>"$tmp/ours" || exit 2
awk 'NR == FNR {
        if (NR == 1) {
            printf "%-15s%7s%13s%8s%17s%8s%13s\n", "", "", "hg_check", "", "hg_check, " $5 " at",
                "", "gradcheck, ms"
            printf "%-15s%7s%13s%8s%17s%8s%7s%6s\n", "model", "weights", "ms (ratio)", "to one",
                "once, ms (ratio)", "to one", "every", "one"
        }
        n += !($1 in weights)
        weights[$1] = $2; single[$1] += $3 / 2; several[$1] += $4 / 2
        next
    }
    !($1 in single) || weights[$1] != $2 { print "bench-peers: " $1 ": other models"; bad = 1; exit }
    {
        n--
        printf "%-15s%7d%7.3f (%3.0f)%8.1f%11.3f (%3.0f)%8.1f%8.2f%6.2f\n", $1, $2, single[$1],
            $3 / single[$1], $4 / single[$1], several[$1], $3 / several[$1], $4 / several[$1], $3, $4
    }
    END {
        print "\nevery: each entry is checked, as hg_check does; one: one random direction of each tensor."
        print "at once: side by side in vector registers; the attentions do again only what a"
        print "changed entry reaches."
        print "(ratio): how often hg_check could do it in the time of every; to one: in that of one."
        print "Processor time of one core, milliseconds."
        exit bad || n
    }' "$tmp/ours" "$tmp/theirs"
