#!/bin/sh
# SPDX-License-Identifier: MIT
# The changes that `make tokens` makes, on a small function; and what it says of a small chapter:
# what is caught, what survives, and a line of the list of survivors that is none.
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

# All changes of a small chapter. One of them, j <= N, uses memory beyond the array and changes no
# value: a sanitizer catches it. One changes nothing, and stands in the list: `room` is 0 before, so
# = is +=.
mkdir -p "$tmp/it's a tree/chapters/01_toy" "$tmp/it's a build/complex/chapters/01_toy" \
    "$tmp/it's a build/double/chapters/01_toy"
cp -R lib "$tmp/it's a tree"
cat >"$tmp/it's a tree/chapters/01_toy/part.c" <<'END_'
void clear(int n, double x[n]);
double total(int n, const double x[n]);
double part_backward(int N, const double x[N]);
double part_backward(int N, const double x[N])
{
    double room[N];
    clear(N, room);
    for (int j = 0; j < N; j++)
        room[j] += x[j];
    return total(N, room);
}
END_
cat >"$tmp/main.c" <<'END_'
double part_backward(int N, const double x[N]);
void clear(int n, double x[n]);
double total(int n, const double x[n]);
static double x[4] = {1, 2, 4, 8};
void clear(int n, double x[n])
{
    for (int j = 0; j < n; j++)
        x[j] = 0;
}
double total(int n, const double x[n])
{
    double sum = 0;
    for (int j = 0; j < n; j++)
        sum += x[j];
    return sum;
}
int main(void)
{
    return part_backward(3, x) != 7;
}
END_
cd "$tmp/it's a tree" || exit 2
for kind in double complex; do
    $CC -c -o "$tmp/it's a build/$kind/chapters/01_toy/main.o" "$tmp/main.c"
    $CC -c -o "$tmp/part.o" chapters/01_toy/part.c
    rm -f "$tmp/it's a build/$kind/course.a"
    ar rc "$tmp/it's a build/$kind/course.a" "$tmp/part.o"
done
for program in 01_toy complex/01_toy; do
    $CC -o "$tmp/it's a build/$program" "$tmp/main.c" chapters/01_toy/part.c
done
export BUILD="$tmp/it's a build" COMPILE="$CC -std=gnu17 -I. -ffp-contract=off" LINK="$CC"
cat >"$tmp/known" <<'END_'
01_toy part_backward :: room[j] = x[j]; :: room is 0 before
END_
toy() {
    said=$(KNOWN=$tmp/known sh lib/make/tokens.sh "$@" 01_toy 2>&1)
    status=$?
}
toy
if echo 'int main(void) { return 0; }' >"$tmp/none.c" &&
    $CC -fsanitize=address,undefined,bounds -o "$tmp/none" "$tmp/none.c" >/dev/null 2>&1; then
    equal 'every change is caught, or listed' $status 0
    contains 'the table' "$said" 'all                                  12'
    contains 'memory that is not its own' "$said" 'caught: 1 of them by a sanitizer'
    echo '01_toy part_backward :: room[j] -= x[j]; :: nothing' >>"$tmp/known"
    toy --again
    equal 'a line that is no survivor: status' $status 1
    contains 'a line that is no survivor: says so' "$said" 'is no survivor'
    sed -i.old '/room is 0 before/d; /:: nothing/d' "$tmp/known"
    toy --again
    equal 'a survivor: status' $status 1
    contains 'a survivor: says which' "$said" '    room[j] = x[j];'
else
    equal 'one change survives without sanitizers' $status 1
    contains 'it says so' "$said" 'Not tried under sanitizers'
fi
LINK=$tmp/no_sanitizer
printf '#!/bin/sh\ncase "$*" in *sanitize*) exit 1 ;; esac\nexec %s "$@"\n' "$CC" >"$LINK"
chmod +x "$LINK"
toy
equal 'without sanitizers: status' $status 1
contains 'without sanitizers: says so' "$said" 'Not tried under sanitizers'
contains 'without sanitizers: what survives' "$said" 'j <= N'
finish
