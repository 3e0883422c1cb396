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
export COMPILE="$CC -std=gnu17 -I. -ffp-contract=off" LINK="$CC"
said=$(ONLY=relu_backward sh lib/make/tokens.sh 02_activations 2>&1)
equal 'relu_backward: every change is caught' $? 0
contains 'relu_backward: the table' "$said" 'relu_backward'
printf '02_activations relu_backward :: dz[n] -= da[n]; :: nothing\n' >"$tmp/known"
said=$(KNOWN=$tmp/known ONLY=relu_backward sh lib/make/tokens.sh --again 02_activations 2>&1)
equal 'a line that is no survivor: status' $? 1
contains 'a line that is no survivor: says so' "$said" 'is no survivor'

# A change that writes beyond its array changes no value; a sanitizer catches it. (Two do it here:
# j <= N in each loop. Others change nothing at all, and survive.)
mkdir -p "$tmp/tree/chapters/01_toy" "$tmp/build/complex/chapters/01_toy" \
    "$tmp/build/double/chapters/01_toy"
cp -R lib "$tmp/tree"
cat >"$tmp/tree/chapters/01_toy/part.c" <<'END_'
double part_backward(int N, const double x[N]);
double part_backward(int N, const double x[N])
{
    double room[N], sum = 0;
    for (int j = 0; j < N; j++)
        room[j] = x[j];
    for (int j = 0; j < N; j++)
        sum += room[j];
    return sum;
}
END_
cat >"$tmp/main.c" <<'END_'
double part_backward(int N, const double x[N]);
static double x[4] = {1, 2, 4, 8};
int main(void)
{
    return part_backward(3, x) != 7;
}
END_
cd "$tmp/tree" || exit 2
for kind in double complex; do
    $CC -c -o "$tmp/build/$kind/chapters/01_toy/main.o" "$tmp/main.c"
    $CC -c -o "$tmp/part.o" chapters/01_toy/part.c
    rm -f "$tmp/build/$kind/course.a"
    ar rc "$tmp/build/$kind/course.a" "$tmp/part.o"
done
for program in 01_toy complex/01_toy; do
    $CC -o "$tmp/build/$program" "$tmp/main.c" chapters/01_toy/part.c
done
: >"$tmp/none"
said=$(BUILD=$tmp/build KNOWN=$tmp/none sh lib/make/tokens.sh 01_toy 2>&1)
if echo 'int main(void) { return 0; }' >"$tmp/none.c" &&
    $CC -fsanitize=address,undefined,bounds -o "$tmp/none" "$tmp/none.c" >/dev/null 2>&1; then
    contains 'memory that is not its own' "$said" 'caught: 2 of them by a sanitizer'
    equal 'is not listed' "$(echo "$said" | grep -c 'j <= N')" 0
fi
finish
