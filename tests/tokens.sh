#!/bin/sh
# SPDX-License-Identifier: MIT
# The changes that `make tokens` makes, on a small function; and what it says of one function
# of chapter 2: all are caught, and a line of the list of survivors that is none is refused.
. lib/make/testing.sh
cat >"$tmp/f.c" <<'END_'
void f_backward(int N, real dx[N], const real w[N], const real x[N])
{
    real dy[N]; /* a comment + another */
    step(N, dy, x);
    for (int n = 0; n < N; n++)
        dx[n] += 2 * w[n] * (1 - x[n]) / N;
}
END_
awk -v functions='1 f_backward' -f lib/make/tokens.awk "$tmp/f.c" | cut -f 7 >"$tmp/lines"
while read -r line; do
    equal "the change: $line" "$(grep -cxF -e "$line" "$tmp/lines")" 1
done <<'END_'
step(N, x, dy);
for (int n = 1; n < N; n++)
for (int n = 0; n <= N; n++)
dx[n] = 2 * w[n] * (1 - x[n]) / N;
dx[n] -= 2 * w[n] * (1 - x[n]) / N;
dx[n - 1] += 2 * w[n] * (1 - x[n]) / N;
dx[n] += 2 * w[n + 1] * (1 - x[n]) / N;
dx[n] += (2 + 1) * w[n] * (1 - x[n]) / N;
dx[n] += 2 / w[n] * (1 - x[n]) / N;
dx[n] += w[n] * (1 - x[n]) / N;
dx[n] += 2 * x[n] * (1 - x[n]) / N;
dx[n] += 2 * w[n] * (0 - x[n]) / N;
dx[n] += 2 * w[n] * (1 + x[n]) / N;
dx[n] += 2 * w[n] * (1 - w[n]) / N;
dx[n] += 2 * w[n] * (1 - x[n]) * N;
dx[n] += 2 * w[n] / N;
END_
equal 'every change differs from the line' \
    "$(awk -v functions='1 f_backward' -f lib/make/tokens.awk "$tmp/f.c" | awk -F '\t' '$6 == $7')" ''

# (All in it is made from the programs and archives of the course, which are there.)
export ONLY=relu_backward COMPILE="$CC -std=gnu17 -I. -ffp-contract=off" LINK="$CC"
said=$(sh lib/make/tokens.sh 02_activations 2>&1)
equal 'relu_backward: every change is caught' $? 0
contains 'relu_backward: the table' "$said" 'relu_backward'
printf '02_activations relu_backward :: dz[n] -= da[n]; :: nothing\n' >"$tmp/known"
said=$(KNOWN=$tmp/known sh lib/make/tokens.sh 02_activations 2>&1)
equal 'a line that is no survivor: status' $? 1
contains 'a line that is no survivor: says so' "$said" 'is no survivor'
finish
