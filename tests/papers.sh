#!/bin/sh
# SPDX-License-Identifier: MIT
# The quick form of `make papers`, from what the programs print by default; and that a chapter
# without papers, or a program that fails, is noticed.
. lib/make/testing.sh
table=$(sh lib/make/papers.sh quick $(chapters)) || not_ok 'papers.sh quick fails'
equal 'the table fits 80 columns' "$(echo "$table" | awk 'length($0) > 80')" ''
while read -r chapter seeds; do
    check "$chapter of the list is a chapter" test -f "chapters/$chapter/main.c"
    contains "$chapter has its papers in the table" "$table" "(chapter $(echo "${chapter%%_*}" | sed s/^0//))"
    equal "$chapter: a number of seeds" "$(echo "$seeds" | tr -d 0-9)" ''
    equal "$chapter: as many rows as the program shows" \
        "$(sh lib/make/papers.sh quick "$chapter" | grep -c '^    paper ')" \
        "$(grep -c '^          the paper: ' "$BUILD/out/$chapter.txt")"
done <lib/make/papers.txt
for file in $(grep -l show_paper chapters/*/*.c | sed 's,chapters/\([^/]*\)/.*,\1,' | sort -u); do
    check "$file shows papers, and is in the list" grep -q "^$file " lib/make/papers.txt
done
equal 'the sum counts every row' "$(echo "$table" | grep -c '^    paper ')" \
    "$(echo "$table" | sed -n 's/^\([0-9]*\) match, \([0-9]*\) miss$/\1 \2/p' |
        awk '{ print $1 + $2 }')"
# QUICK=1 chooses the form, and changes nothing else.
for form in full quick; do
    only=
    [ $form = full ] || only=QUICK=1
    contains "make papers $only: the form" "$($MAKE -n BUILD="$tmp/none" papers $only)" "papers.sh $form"
    equal "make $only compiles as it does without" \
        "$($MAKE -n V=1 BUILD="$tmp/none" objects programs $only | grep -e ' -c ')" \
        "$($MAKE -n V=1 BUILD="$tmp/none" objects programs | grep -e ' -c ')"
done
mkdir -p "$tmp/out"
echo 'no paper here' >"$tmp/out/01_derivatives.txt"
BUILD=$tmp sh lib/make/papers.sh quick 01_derivatives >/dev/null 2>&1
equal 'a chapter of the list without a paper: status' $? 2
printf '#!/bin/sh\nexit 1\n' >"$tmp/01_derivatives" && chmod +x "$tmp/01_derivatives"
BUILD=$tmp sh lib/make/papers.sh full 01_derivatives >/dev/null 2>&1
equal 'a program that fails: status' $? 2
finish
