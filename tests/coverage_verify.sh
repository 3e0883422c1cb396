#!/bin/sh
# SPDX-License-Identifier: MIT
# `make verify` counts what the checks execute of the backward functions: below 100 % it
# fails and says which lines; without gcov and llvm-cov it says so and passes. In a copy of
# the tree with one small chapter, which borrows from a folder without a program.
. lib/make/testing.sh

mkdir -p "$tmp/names/chapters/01_names"
cat >"$tmp/names/chapters/01_names/a.c" <<'END'
void declared_backward(int n);
static void backward(int n) { }
real linear_backward(int M, int N,
                     real dx[N])
{
    softmax_backward(N, dx);
}
void rnn_backward_truncated(const program_state *p) { }
void rnn_rtrl(int T) { }
double backward_quotient(double x) { }
static void show_backward(show *s, int n) { }
static void check_truncated(program *p) { }
static void compare(const show *s) { }
void backwards(int n) { }
END
cp "$tmp/names/chapters/01_names/a.c" "$tmp/names/chapters/01_names/checks.c"
equal 'what counts as a backward function' "$(cd "$tmp/names" &&
    awk -f "$root/lib/make/backward.awk" chapters/*/*.c | tr '\n' ';')" \
    "$(printf '%s;' 'chapters/01_names/a.c 2 backward' 'chapters/01_names/a.c 3 linear_backward' \
        'chapters/01_names/a.c 8 rnn_backward_truncated' 'chapters/01_names/a.c 9 rnn_rtrl')"

BUILD=$(cd "$BUILD" && pwd)
mkdir -p "$tmp/a tree/build" && cp -Rp Makefile VERSION lib "$tmp/a tree"
cd "$tmp/a tree" || exit 2
# (The objects of lib are those of the course: of other flags they are made anew.)
cp -Rp "$BUILD/check" "$BUILD/flags" build
for scalar in double complex float; do
    mkdir build/$scalar && cp -Rp "$BUILD/$scalar/lib" build/$scalar
done
mkdir -p chapters/01_lent chapters/02_part
cat >chapters/01_lent/lent.h <<'END'
#include "lib/real.h"
void lent_backward(int n, real *dx, real dy);
END
cat >chapters/02_part/part.h <<'END'
#include "lib/real.h"
real part_forward(int N, const real x[N]);
void part_backward(int N, real dx[N], real dy, const real x[N]);
END
cat >chapters/01_lent/lent.c <<'END'
#include "chapters/01_lent/lent.h"
void lent_backward(int n, real *dx, real dy)
{
    if (n == 5)
        return;
    *dx += dy;
}
END
cat >chapters/02_part/part.c <<'END'
#include "chapters/02_part/part.h"
#include "chapters/01_lent/lent.h"
real part_forward(int N, const real x[N])
{
    real sum = 0;
    for (int n = 0; n < N; n++)
        sum += re(x[n]) > 1 ? x[n] : 3 * x[n] * x[n];
    return sum;
}
void part_backward(int N, real dx[N], real dy, const real x[N])
{
    for (int n = 0; n < N; n++)
        if (re(x[n]) > 1)
            lent_backward(n, &dx[n], dy);
        else
            lent_backward(n, &dx[n],
                          6 * x[n] * dy);
}
END
cat >chapters/02_part/main.c <<'END'
#include "chapters/02_part/part.h"
#include "lib/program.h"
#include <stdlib.h>
enum { N = 3 };
static real x[N] = {0.3, -0.7}, dx[N];
static const program_about about = {.name = "02_part", .title = "A part"};
static real loss(void *context)
{
    (void)context;
    return part_forward(N, x);
}
int main(int argc, char **argv)
{
    program p;
    if (!program_start(&p, &about, argc, argv))
        return program_end(&p);
    real unused[6] = {0}, six[6] = {0};
    x[N - 1] = atof(getenv("LAST"));
    part_backward(N, dx, 1, x);
    if (atoi(getenv("MORE")))
        part_backward(6, unused, 1, six);
    hg_tensor t = TENSOR("x", "2.1", x, dx, "N", N);
    show_section(&p.show, "Verification");
    program_check(&p, "all", loss, NULL, 1, &t);
    return program_end(&p);
}
END

# verify LAST MORE ARGUMENT...: the third entry of x, and whether n = 5 is reached.
verify() {
    export LAST="$1" MORE="$2"
    shift 2
    said=$($MAKE CC="$CC" verify "$@" 2>&1)
    status=$?
}
row() { # of the table
    echo "$said" | grep "^$1 " | tr -s ' '
}
count() { # the last line but make's own
    echo "$said" | grep 'passed, '
}

if ! CC="$CC" sh lib/make/gcov.sh "$tmp/gcov" || ! [ -s "$tmp/gcov" ]; then
    echo "not tried: $(cat "$tmp/gcov.why")"
    finish
fi

verify 2.5 1
equal 'all is reached: status' $status 0
contains 'all is reached: the share' "$(row 02_part)" ' 100% passed'
equal 'what a folder without a program lends has a row' "$(row 01_lent)" '01_lent 100% passed'
equal 'the table fits 80 columns' "$(echo "$said" | awk 'length($0) > 80')" ''
verify 2.5 1 CH=2
equal 'all is reached, CH=2: status' $status 0
equal 'each function with its share, and what it borrows' \
    "$(echo "$said" | sed -n 's/^  \([a-z_]*backward (.*)\) .* \([0-9]* of [0-9]*\)  *\([0-9]*%\)$/\1 \2 \3;/p' | tr -d '\n')" \
    'part_backward (part.c) 4 of 4 100%;lent_backward (01_lent/lent.c) 2 of 2 100%;'
verify 2.5 1
equal 'a second time nothing is built' "$(echo "$said" | grep -E '^  (cc|ld) ')" ''

verify 0.5 1
equal 'a branch is never reached: status' $status 2
contains 'the row fails' "$(row 02_part)" '% FAILED'
contains 'by name' "$said" 'FAILED 02_part: part_backward: the checks executed '
equal 'and counts as one failure' "$(count)" '3 passed, 1 failed'
verify 0.5 1 CH=2
equal 'a branch is never reached, CH=2: status' $status 2
contains 'the line' "$said" 'part.c:14 never executed: lent_backward(n, &dx[n], dy);'
contains 'the branch' "$said" 'part.c:13 1 branch never taken: if (re(x[n]) > 1)'

verify 2.5 0
equal 'a lent function is left out: status' $status 2
contains 'its row fails' "$(row 01_lent)" '% FAILED'
contains 'its line is shown' "$said" 'lent.c:5 never executed: return;'
verify 2.5 0 CH=2
equal 'one chapter alone is not judged by it' $status 0

cat >>chapters/02_part/part.c <<'END'
void never_backward(void);
void never_backward(void)
{
}
static inline void unused_backward(void)
{
}
END
verify 2.5 1 CH=2
equal 'a function that nothing calls: status' $status 2
contains 'a function that nothing calls' "$said" 'FAILED 02_part: never_backward: the checks executed 0%'
contains 'one that is not even compiled' "$said" 'FAILED 02_part: unused_backward: the checks executed 0%'
sed -i.old '/never_backward(void);/,$d' chapters/02_part/part.c

verify 0.5 1 COVERAGE=no
equal 'COVERAGE=no: status' $status 0
contains 'COVERAGE=no: the column' "$(row 02_part)" ' n/m passed'

# A tree that moved; two at a time.
verify 2.5 1
mv "$tmp/a tree" "$tmp/moved" && cd "$tmp/moved" || exit 2
verify 2.5 1
equal 'after the tree has moved: status' $status 0
again() {
    BUILD=build GCOV=$(cat build/coverage-verify/gcov) \
        COUNTED='chapters/01_lent/lent.c chapters/02_part/part.c' \
        sh lib/make/verify.sh table 02_part
}
again >"$tmp/one" 2>&1 &
again >"$tmp/other" 2>&1
equal 'two at a time: the one' $? 0
wait $!
equal 'two at a time: the other' $? 0

# Without the tools, and with tools that cannot read what the compiler writes.
mkdir "$tmp/bin"
tools "$tmp/bin"
path=$PATH
PATH=$tmp/bin
verify 0.5 1
equal 'without gcov: status' $status 0
contains 'without gcov: the column' "$(row 02_part)" ' n/m passed'
contains 'without gcov: says so' "$said" 'not measured: neither gcov nor llvm-cov was found'
verify 2.5 1 CH=2
contains 'without gcov, CH=2: says so' "$said" 'not measured: neither gcov nor llvm-cov was found'
verify 2.5 1 COVERAGE=required
equal 'without gcov, but required: status' $status 2
contains 'without gcov, but required: says so' "$said" 'FAILED coverage: not measured'
printf '#!/bin/sh\nexit 0\n' >"$tmp/bin/gcov" && chmod +x "$tmp/bin/gcov"
verify 0.5 1
equal 'a gcov of another compiler: status' $status 0
contains 'a gcov of another compiler: says so' "$said" 'cannot read what'
PATH=$path
verify 0.5 1 COVERAGE=required
equal 'gcov is back: it fails again' $status 2
finish
