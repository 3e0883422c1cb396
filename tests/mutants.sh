#!/bin/sh
# SPDX-License-Identifier: MIT
# `make mutants` and `make break` themselves, on a toy chapter whose program needs nothing
# of the course: a mistake that no check sees, or that is not named, must fail. Then the
# form of every patch in the tree.
. lib/make/testing.sh

# ---- the toy ---------------------------------------------------------------------
scripts="$tmp/it's a tree/lib/make"
mkdir -p "$tmp/it's a tree/chapters/01_toy/bugs" "$scripts" && cp lib/make/*.sh lib/make/*.awk "$scripts"
cd "$tmp/it's a tree" || exit 2
cat >chapters/01_toy/part.h <<'END'
double square(double x);
double slope(double x);
END
cat >chapters/01_toy/part.c <<'END'
#include "chapters/01_toy/part.h"

double square(double x)
{
    return x * x;
}

double slope(double x)
{
    return 2 * x;
}
END
# Two checks, x and all; TOLD is what an explanation names, FAULT how else to end.
cat >chapters/01_toy/main.c <<'END'
#include "chapters/01_toy/part.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef REAL_COMPLEX
#define METHOD "complex step"
#else
#define METHOD "finite differences"
#endif
static void check(int json, const char *tensor, int good)
{
    const char *told = getenv("TOLD");
    if (json) {
        printf("{\"type\":\"check\",\"group\":\"toy\",\"tensor\":\"%s\",\"method\":\"%s\"", tensor,
               METHOD);
        if (told && !good)
            printf(",\"mistake\":\"%s\",\"why\":\"it looks like that\"", told);
        printf(",\"passed\":%s}\n", good ? "true" : "false");
        return;
    }
    printf("  (1.1)   %-14s1         1.0e-10  1.0e-10  9.5 of 9.5    %s\n", tensor,
           good ? "agrees" : "disagrees");
    if (!good)
        printf("          worst: %s  ratio 0.5\n", tensor);
}
int main(int argc, char **argv)
{
    int json = argc > 3 && !strcmp(argv[3], "json");
    double s = slope(3);
    if (s == 7 && getenv("FAULT"))
        return atoi(getenv("FAULT"));
    if (s == 8)
        abort();
    printf(json ? "" : "  eq.     tensor\n");
    check(json, "x", s == 6);
    check(json, "y", square(3) == 9);
    return s != 6 || square(3) != 9;
}
END
for build in double complex; do
    define=
    [ $build = complex ] && define=-DREAL_COMPLEX
    objects=build/$build/chapters/01_toy
    mkdir -p "$objects" build/complex
    for file in part main; do
        $CC -I. $define -c -o "$objects/$file.o" chapters/01_toy/$file.c || exit 2
    done
    ar rcs build/$build/course.a "$objects/part.o" || exit 2
done
$CC -o build/01_toy build/double/chapters/01_toy/main.o build/double/course.a || exit 2
$CC -o build/complex/01_toy build/complex/chapters/01_toy/main.o build/complex/course.a || exit 2

# bug NAME MISTAKE SCRIPT [FILE]: a patch that does to part.c what the script of sed does.
bug() {
    file=${4:-chapters/01_toy/part.c}
    sed "$3" "$file" >changed
    {
        printf 'SPDX-License-Identifier: MIT\nBreaks: the slope, eq. 1.1\nMistake: %s\n' "$2"
        printf 'Thinking: Twice is\nonce.\nLook at: the ratio.\n\n'
        diff -u "$file" changed | sed -e "s,^--- .*,--- a/$file," -e "s,^+++ .*,+++ b/$file,"
    } >"chapters/01_toy/bugs/$1.patch"
    rm changed
}
run() {
    said=$(BUILD=build COMPILE="$CC -I. -Wall -Wextra" LINK="$CC" LDLIBS=-lm sh "$1" 01_toy ${2:+"$2"} 2>&1)
    status=$?
    last=$(echo "$said" | tail -n 1)
}
mutants() {
    run lib/make/mutants.sh
}
show() {
    run lib/make/break.sh "$@"
}
# fails TEXT PART: the patches there are, of which none or COUNT is good, must fail once.
COUNT=0
fails() {
    mutants
    equal "$1: status" $status 1
    equal "$1: the last line" "$last" "$COUNT passed, 1 failed"
    contains "$1: says so" "$said" "$2"
    rm -f chapters/01_toy/bugs/third.patch
}

TOLD=factor
export TOLD
mutants
equal 'no patch at all: status' $status 1
contains 'no patch at all: says so' "$said" 'there is no chapters/01_toy/bugs'
bug first factor 's/2 \* x/x/'
bug second factor 's/x \* x/x + x/'
mutants
equal 'two that are seen: status' $status 0
equal 'two that are seen: the last line' "$last" '2 passed, 0 failed'
equal 'the row' "$(echo "$said" | grep first | tr -s ' ')" '01 first both x factor'
equal 'the table fits 80 columns' "$(echo "$said" | awk 'length($0) > 80')" ''
equal 'the tree is as it was' "$(grep -c '2 \* x' chapters/01_toy/part.c)" 1

bug third sign 's/2 \* x/x * 2/'
COUNT=2
fails 'a change that breaks nothing' '01_toy, third: is not seen'
# (Each of what follows is looked at alone.)
COUNT=0
mkdir good && mv chapters/01_toy/bugs/first.patch chapters/01_toy/bugs/second.patch good
bug third sign 's/2 \* x/x/'
sed 's/return 2/return 3/' chapters/01_toy/bugs/third.patch >changed &&
    mv changed chapters/01_toy/bugs/third.patch
fails 'a patch that does not apply' '01_toy, third: does not apply'
bug third sign 's/2 \* x/2 * z/'
fails 'a patch that does not compile' 'third: does not compile (double)'
bug third sign 's/return 2 \* x/int unused; return x/'
fails 'a patch that is warned of' 'third: does not compile without a warning'
bug third sign 's/2 \* x/8 + 0 * x/'
fails 'a crash' 'third: the double program ends with exit status 134'
bug third sign 's/2 \* x/7 + 0 * x/'
FAULT=2
export FAULT
fails 'exit status 2' 'ends with exit status 2'
unset FAULT
bug third sign 's/slope/slope/;s/;/; \/* *\//' chapters/01_toy/part.h
fails 'a header' 'changes chapters/01_toy/part.h, which is no .c file'
bug third '' 's/2 \* x/x/'
fails 'no name of the mistake' 'third: has no line "Mistake: ..."'

# Seen by one of the two programs only: enough.
bug third factor 's/return 2 \* x;/\n#ifdef REAL_COMPLEX\nreturn x;\n#else\nreturn 2 * x;\n#endif/'
mutants
equal 'seen by the complex step alone' "$(echo "$said" | grep third | tr -s ' ' | cut -d ' ' -f 3)" complex
equal 'that is enough' $status 0
rm chapters/01_toy/bugs/third.patch

# Explanations.
bug third sign 's/2 \* x/-2 * x/'
fails 'named otherwise' 'third: is named "factor" and not "sign"'
bug third none 's/2 \* x/-2 * x/'
fails 'no name is expected' 'third: expects no name'
mv good/* chapters/01_toy/bugs
TOLD=unexplained
mutants
equal 'unexplained: status' "$status $last" '1 0 passed, 2 failed'
contains 'unexplained: says so' "$said" 'first: is named "none" and not "factor"'
unset TOLD
mutants
equal 'no check explains: status' "$status $last" '1 0 passed, 2 failed'

# A program that fails by itself.
$CC -I. -Dslope=square -o build/01_toy chapters/01_toy/main.c build/double/course.a || exit 2
mutants
equal 'verify fails without a bug: status' $status 1
contains 'verify fails without a bug: says so' "$said" 'build/01_toy --verify fails without any bug'
$CC -o build/01_toy build/double/chapters/01_toy/main.o build/double/course.a || exit 2

# ---- break -----------------------------------------------------------------------
show
equal 'break: the list: status' $status 0
contains 'break: the list' "$said" "first
    the slope, eq. 1.1
second"
if [ -c /dev/full ]; then
    sh lib/make/break.sh 01_toy >/dev/full 2>said
    equal 'break: the list on a full disk: status' $? 2
    equal 'break: the list on a full disk: one line' "$(wc -l <said | tr -d ' ')" 1
    rm said
fi
TOLD=none
export TOLD
show first
equal 'break: status' $status 0
contains 'break: what one thinks' "$said" '    Twice is once.'
contains 'break: the change' "$said" '
-    return 2 * x;
+    return x;'
contains 'break: right beside broken' "$said" '
right  (1.1)   x             1         1.0e-10  1.0e-10  9.5 of 9.5    agrees
broken (1.1)   x             1         1.0e-10  1.0e-10  9.5 of 9.5    disagrees
          worst: x  ratio 0.5
          it looks like that'
contains 'break: how many' "$said" '1 of 2 checks fail'
contains 'break: how to read it' "$said" '    the ratio.'
unset TOLD
bug third sign 's/2 \* x/x * 2/'
show third
equal 'break: a change that breaks nothing: status' $status 1
contains 'break: a change that breaks nothing: says so' "$last" 'is not seen'
show fourth
equal 'break: an unknown bug: status' $status 2
equal 'break: an unknown bug: one line' "$(echo "$said" | wc -l | tr -d ' ')" 1
rm -r chapters/01_toy/bugs
show
equal 'break: no bugs: status' $status 2

# ---- the patches of the course ----------------------------------------------------
cd "$root" || exit 2
for chapter in $(chapters); do
    set -- chapters/"$chapter"/bugs/*.patch
    equal "$chapter: at least six bugs" "$([ $# -ge 6 ] && echo six)" six
done
awk '
    function name(file) { sub(/.*\//, "", file); sub(/\.patch$/, "", file); return file }
    function judge() {
        if (!diff || seen["Breaks:"] != 1 || seen["Mistake:"] != 1 || seen["Thinking:"] != 1 ||
            seen["Look"] != 1)
            wrong = wrong " wanted one line each: Breaks, Mistake, Thinking, Look at; then the diff"
        print file, wrong
    }
    BEGIN {
        n = split("sign,factor,missing,transposed,shifted,swapped blocks,swapped tensors," \
            "twice,overwritten,one step,one entry,one row,one column,one slice," \
            "path missing,at output,diagonal only,mask ignored,other function," \
            "other side,float noise,not analytic", list, ",")
        for (k = 1; k <= n; k++)
            known["Mistake: " list[k]] = 1
    }
    FNR == 1 {
        if (file != "")
            judge()
        file = FILENAME
        diff = 0
        split("", seen)
        wrong = length(name(file)) > 33 ? " a name of more than 33 letters" : ""
        if ($0 != "SPDX-License-Identifier: MIT")
            wrong = wrong " no SPDX line"
    }
    /^--- / { diff = 1 }
    diff { next }
    /^(Breaks|Mistake|Thinking|Look at): ./ { seen[$1]++ }
    /^Mistake:/ && !($0 in known) { wrong = wrong " unknown: " $0 }
    END { judge() }' chapters/*/bugs/*.patch >"$tmp/said"
while read -r file wrong; do
    equal "$file" "$wrong" ''
done <"$tmp/said"
equal 'every patch was looked at' "$(wc -l <"$tmp/said" | tr -d ' ')" \
    "$(find chapters -name '*.patch' | wc -l | tr -d ' ')"
finish
