#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds are incremental and right: what depends on a change is made again, and nothing
# else. In a copy of the tree with one small chapter.
. lib/make/testing.sh
BUILD=$(cd "$BUILD" && pwd)
mkdir -p "$tmp/tree/build" && cp -Rp Makefile VERSION lib "$tmp/tree"
cd "$tmp/tree" || exit 2
# (The objects of lib are those of the course: of other flags they are made anew.)
cp -Rp "$BUILD/check" "$BUILD/flags" build
for scalar in double complex float; do
    mkdir build/$scalar && cp -Rp "$BUILD/$scalar/lib" build/$scalar
done
mkdir -p chapters/01_derivatives chapters/02_more
cat >chapters/01_derivatives/part.h <<'END'
#include "lib/real.h"
real part(real x);
END
cat >chapters/01_derivatives/part.c <<'END'
#include "chapters/01_derivatives/part.h"
real part(real x)
{
    return x * x;
}
END
cat >chapters/01_derivatives/main.c <<'END'
#include "chapters/01_derivatives/part.h"
#include "lib/program.h"
static real x = 3, dx = 6;
static const setting settings[] = {SETTING("x", "", "x", &x, 0, 1)};
static const program_about about = {
    .name = "01_derivatives", .title = "A toy", .settings = 1, .setting = settings};
static real loss(void *context)
{
    (void)context;
    return part(x);
}
int main(int argc, char **argv)
{
    program p;
    if (!program_start(&p, &about, argc, argv))
        return program_end(&p);
    dx = 2 * x;
    hg_tensor t = TENSOR("x", "1.1", &x, &dx, "", 1);
    show_section(&p.show, "The toy");
    show_value(&p.show, "f", part(x), NULL);
    show_section(&p.show, "Verification");
    program_check(&p, "all", loss, NULL, 1, &t);
    curve c;
    program_curve(&p, &c, "curve", "x f");
    curve_row(&c, 2, (double[]){re(x), re(part(x))});
    program_curve_end(&p, &c);
    return program_end(&p);
}
END
# made GOAL...: what make made anew, as one line of sorted names.
made() {
    $MAKE CC="$CC" "$@" 2>&1 | sed -n -e 's/^  cc  //p' -e 's/^  ld  //p' -e 's/^  run  //p' | sort | tr '\n' ' '
}
wait_a_tick() {
    sleep 0.02
}

check 'the first build' $MAKE CC="$CC"
equal 'double, complex and float programs' "$(cd build && ls 01_* complex/01_* float/01_* | tr '\n' ' ')" \
    '01_derivatives complex/01_derivatives float/01_derivatives '
equal 'a second make makes nothing' "$(made)" ''
check 'the chapter runs' $MAKE CC="$CC" run CH=1
check 'run wrote its curve' test -s build/plots/01_derivatives-curve.dat
check '08-style numbers' $MAKE CC="$CC" run CH=01
check 'verify' $MAKE CC="$CC" verify
check 'verify CH=1' $MAKE CC="$CC" verify CH=1

wait_a_tick
echo '/* changed */' >>chapters/01_derivatives/part.h
equal 'a header changes: what includes it' "$(made all)" \
    "01_derivatives complex/01_derivatives $(for build in complex double float; do
        [ $build = float ] && printf 'float/01_derivatives '
        for part in main part; do printf '%s' "$build/chapters/01_derivatives/$part.o "; done
    done)"
wait_a_tick
echo '/* changed */' >>chapters/01_derivatives/part.c
$MAKE CC="$CC" >/dev/null 2>&1
equal 'and then nothing again' "$(made)" ''
wait_a_tick
sed 's/x \* x/x * x * x/' chapters/01_derivatives/part.c >part.new && mv part.new chapters/01_derivatives/part.c
$MAKE CC="$CC" verify >said 2>&1
equal 'verify fails on a wrong gradient' $? 2
contains 'and says where' "$(cat said)" 'x, finite differences: disagrees'
sed 's/x \* x \* x/x * x/' chapters/01_derivatives/part.c >part.new && mv part.new chapters/01_derivatives/part.c
check 'verify after the repair' $MAKE CC="$CC" verify

# Transcripts: made anew when the program is, and whole.
made transcripts >/dev/null
equal 'transcripts are there' "$(ls build/out | tr '\n' ' ')" \
    '01_derivatives.json 01_derivatives.ran 01_derivatives.txt '
equal 'and are not made again' "$(made transcripts)" ''
$MAKE CC="$CC" run CH=1 ARGS='--set x=5' >/dev/null 2>&1
contains 'a run with ARGS leaves its curve' "$(cat build/plots/*-curve.dat)" '5 25'
equal 'and the transcript is made again' "$(made transcripts)" 'out/01_derivatives.txt '
contains 'with its own curve' "$(cat build/plots/*-curve.dat)" '3 9'

# Curves that are gone come again, with their folder or, those of the proof, one by one.
rm -r build/plots
equal 'without its curves a transcript is made again' "$(made transcripts)" 'out/01_derivatives.txt '
contains 'with the curves' "$(cat build/plots/*-curve.dat)" '3 9'
equal 'and then nothing again' "$(made transcripts)" ''
mkdir -p build/proof && echo '1 2' >build/proof/alarms.txt
$MAKE CC="$CC" -o build/proof/alarms.txt build/plots/proof-alarms.dat >/dev/null 2>&1
equal 'a curve of the proof is its text' "$(cat build/plots/proof-alarms.dat 2>&1)" '1 2'

# A new and a lost source; a folder without main.c is no chapter.
mkdir chapters/03_more && echo 'int more;' >chapters/03_more/more.c
equal 'a new source is compiled, and what there was is not' "$(made build/double/course.a)" \
    'double/chapters/03_more/more.o '
rm -r chapters/03_more
made build/double/course.a >/dev/null
equal 'a source that is gone leaves the archive' \
    "$(ar t build/double/course.a | grep -c more)" 0
equal 'a folder without main.c has no program' "$(ls build | grep -c 02_more)" 0

# Flags. (One archive is enough to see them.)
archive=build/double/course.a
$MAKE CC="$CC" CFLAGS='-O0 -DNEW="a b"' build/flags
equal 'a flag changes: everything is compiled' \
    "$($MAKE -n CC="$CC" CFLAGS='-O0 -DNEW="a b"' $archive | grep -c '^  cc  ')" \
    "$(ar t $archive | wc -l | tr -d ' ')"
equal 'with the new flag' "$($MAKE V=1 CC="$CC" CFLAGS='-O0 -DNEW="a b"' build/double/lib/rng.o |
    grep -c -e '-DNEW="a b"')" 1
$MAKE -n V=1 CC="$CC" CFLAGS=-O0 2>/dev/null | grep -e '-c -o' >said
equal 'CFLAGS replaces the warnings, not what is required' \
    "$(grep -c -e '-std=gnu17 -I\. -ffp-contract=off *-O0 -MMD' said) $(grep -c -e -Wall said)" \
    "$(wc -l <said | tr -d ' ') 0"
for flag in CPPFLAGS=-DX LDFLAGS=-g LDLIBS=-lm CPPFLAGS="-DX='a b'"; do
    equal "$flag rebuilds" "$(made "$flag" build/double/lib/rng.o)" 'double/lib/rng.o '
done

contains 'a warning is shown' "$(echo 'static int unused;' >>chapters/01_derivatives/part.c
    $MAKE CC="$CC" CFLAGS=-Wall build/double/chapters/01_derivatives/part.o 2>&1)" 'unused'
wait_a_tick
echo 'mistake' >>chapters/01_derivatives/part.c
$MAKE CC="$CC" CFLAGS=-Wall build/double/chapters/01_derivatives/part.o >/dev/null 2>&1
equal 'a mistake in the source: status' $? 2
$MAKE clean >/dev/null
check 'clean removes build' test ! -e build
finish
