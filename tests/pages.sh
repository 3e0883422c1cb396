#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Tests of the pages: sh tests/pages.sh, with BUILD=DIR for a build folder other than
# build. It needs what the programs print by default (BUILD/out/NN_name.txt), what docs shows
# beside it (BUILD/examples, BUILD/proof), the JSON of
# their worked examples (BUILD/sample/NN_name.json), their curves (BUILD/plots/*.dat),
# gnuplot and Doxygen. One line for each failure, and
# at the end the sum. docs/WRITING.md says what is held here.
set -u
LC_ALL=C
export LC_ALL

BUILD=${BUILD:-build}
cd "$(dirname "$0")/.." || exit 2
passed=0
failed=0
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
trap 'exit 2' HUP INT TERM

# Counts a test: it has passed where it said nothing.
verdict() { # file
    if [ -s "$1" ]; then
        cat "$1"
        failed=$((failed + 1))
    else
        passed=$((passed + 1))
    fi
}

# A negative control: the test must have said something.
refuses() { # what, file
    if [ -s "$2" ]; then
        passed=$((passed + 1))
    else
        printf 'control: %s: the test passes a wrong page\n' "$1"
        failed=$((failed + 1))
    fi
}

# ---- what is tested: chapter, parts of its page; output says what is wrong ----

# (a) Equations: the same numbers on the page, in the code, in the output.
tags() { # chapter, parts, transcript
    {
        awk -F '\t' '$1 == "tag" { print "page", $3 }' "$2"
        awk '{ while (match($0, /\/\* \([0-9]+\.[0-9]+[a-z]?\) \*\//)) {
                   print "code", substr($0, RSTART + 4, RLENGTH - 8)
                   $0 = substr($0, RSTART + RLENGTH) } }' chapters/"$1"/*.c
        awk 'match($0, /^  \([0-9]+\.[0-9]+[a-z]?\) /) { print "output", substr($0, 4, RLENGTH - 5) }' "$3"
    } | awk -v chapter="$1" '
        { at[$2] = at[$2] " " $1 " "; times[$1, $2]++ }
        END {
            split("page code output", place, " ")
            split("on the page,in the code,in the output", say, ",")
            for (t in at) {
                if (times["page", t] > 1)
                    print chapter ": equation (" t ") stands " times["page", t] " times on the page"
                for (k = 1; k <= 3; k++)
                    if (index(at[t], " " place[k] " ") == 0)
                        print chapter ": equation (" t ") is not " say[k] ", but" where(at[t])
                if (t + 0 < number(chapter) || t + 0 >= number(chapter) + 1)
                    print chapter ": equation (" t ") has the number of another chapter"
            }
        }
        function number(s) { return substr(s, 1, 2) + 0 }
        function where(s,    k, out) {
            for (k = 1; k <= 3; k++)
                if (index(s, " " place[k] " "))
                    out = out (out == "" ? " " : " and ") say[k]
            return out
        }' | sort
}

# (b) Numbers of the text, each printed by the program.
numbers() { # chapter, parts, transcript, json
    awk -v chapter="$1" -v tags="$tmp/tags" -f tests/numbers.awk "$2" "$3" "$4" "$tmp/list.$1"
}

# (c) Sections: those shown are printed, and have their heading on the page.
sections() { # chapter, parts, transcript
    awk -F '\t' -v chapter="$1" '
        FILENAME == ARGV[1] {
            if ($1 == "heading" && match($3, /^[0-9]+\.[0-9]+ /))
                heading[substr($3, 1, RLENGTH - 1)] = $2
            if ($1 == "output")
                shown[$3] = $2
            next
        }
        match($0, /^[0-9]+\.[0-9]+  /) { printed[substr($0, 1, RLENGTH - 2)] = 1 }
        END {
            for (s in shown) {
                if (!(s in printed))
                    print chapter ": line " shown[s] ": output " s ": the program has no such section"
                if (!(s in heading))
                    print chapter ": line " shown[s] ": output " s ": the page has no heading " s
            }
            for (s in heading)
                if (!(s in printed))
                    print chapter ": line " heading[s] ": the program has no section " s
        }' "$2" "$3" | sort
}

# (d) Links: each leads to a file of the tree, and to a heading where it names one.
links() { # page's folder, parts
    awk -F '\t' '$1 == "link" && $3 !~ /^[a-z]+:/ { print $2, $3 }' "$2" |
        while read -r line link; do
            file=${link%%#*}
            file=$1/${file:-README.md}
            if [ ! -e "$file" ]; then
                echo "$1: line $line: link to $link: there is no such file"
                continue
            fi
            case $link in
            *.md\#* | \#*)
                awk '
                    /^(```|~~~)/ { fence = !fence }
                    !fence && sub(/^#+ +/, "") {
                        s = tolower($0)
                        gsub(/[!-,.\/:-@\[-^`{-~]/, "", s)
                        gsub(/ /, "-", s)
                        print s
                    }' "$file" | grep -qxF -e "${link#*#}" ||
                    echo "$1: line $line: link to $link: there is no such heading"
                ;;
            esac
        done
}

# (e) The parts that every page has.
parts() { # chapter, parts
    for heading in 'What to try' Summary Sources; do
        awk -F '\t' -v h="$heading" '$1 == "heading" && $3 == h { n++ } END { exit n != 1 }' "$2" ||
            echo "$1: expected one heading \"$heading\""
    done
}

# (h) Claims: each mark on a page (S0-27, S0-21 to S0-27) or in a transcript has a row in
# docs/claims.md, and the row links to the page.
claims() { # the page of the claims, pages and transcripts
    awk '
        FILENAME == ARGV[1] {
            if (/^\| S[0-4]-[0-9][0-9] \|/) {
                if (substr($0, 3, 5) in row)
                    print FILENAME ": two rows " substr($0, 3, 5)
                row[substr($0, 3, 5)] = $0
            }
            next
        }
        { all[FILENAME] = all[FILENAME] " " $0 }
        END {
            for (file in all) {
                s = all[file]
                gsub(/[ \t]+/, " ", s)
                while (match(s, /S[0-4]-[0-9][0-9]( to S[0-4]-[0-9][0-9])?/)) {
                    from = substr(s, RSTART, 5)
                    last = substr(s, RSTART + RLENGTH - 2, 2) + 0
                    s = substr(s, RSTART + RLENGTH)
                    for (k = substr(from, 4) + 0; k <= last; k++)
                        look(file, sprintf("%s%02d", substr(from, 1, 3), k))
                }
            }
        }
        function look(file, mark) {
            if (!(mark in row))
                print file ": " mark " has no row in docs/claims.md"
            else if (file ~ /^chapters\// && !index(row[mark], "](../" file ")"))
                print file ": " mark ": its row in docs/claims.md does not link to this page"
        }' "$@" | sort -u
}

# ---- the chapters -----------------------------------------------------------
for page in chapters/[0-9][0-9]_*/README.md; do
    [ -e "$page" ] || continue
    awk -f tests/pages.awk "$page" | awk -F '\t' '$1 == "tag" { print $3 }'
done >"$tmp/tags"

first=
escapes=0
for main in chapters/[0-9][0-9]_*/main.c; do
    name=${main#chapters/}
    name=${name%/main.c}
    page=chapters/$name/README.md
    text=$BUILD/out/$name.txt
    json=$BUILD/sample/$name.json
    for file in "$page" "$text" "$json" "$BUILD/$name"; do
        if [ ! -s "$file" ]; then
            echo "$name: there is no $file"
            failed=$((failed + 1))
            continue 2
        fi
    done
    got=$tmp/parts.$name
    awk -f tests/pages.awk "$page" >"$got"
    "$BUILD/$name" --list >"$tmp/list.$name" || echo "$name: --list fails"
    tags "$name" "$got" "$text" >"$tmp/said"
    verdict "$tmp/said"
    numbers "$name" "$got" "$text" "$json" >"$tmp/said"
    verdict "$tmp/said"
    sections "$name" "$got" "$text" >"$tmp/said"
    verdict "$tmp/said"
    links "chapters/$name" "$got" >"$tmp/said"
    verdict "$tmp/said"
    parts "$name" "$got" >"$tmp/said"
    verdict "$tmp/said"
    escapes=$((escapes + $(grep -c '^escape' "$got")))
    first=${first:-$name}
done
if [ -z "$first" ]; then
    echo "chapters: no chapter has a page and an output in $BUILD/out"
    exit 1
fi
# The pages of the checker: their numbers stand in what their programs printed.
for name in check proof; do
    awk -f tests/pages.awk docs/$name.md >"$tmp/parts.$name"
    [ $name = check ] && from=$BUILD/examples || from=$BUILD/proof
    cat "$from"/*.txt >"$tmp/printed" 2>/dev/null
    : >"$tmp/list.$name"
    numbers "$name" "$tmp/parts.$name" "$tmp/printed" /dev/null >"$tmp/said"
    verdict "$tmp/said"
    links docs "$tmp/parts.$name" >"$tmp/said"
    verdict "$tmp/said"
    escapes=$((escapes + $(grep -c '^escape' "$tmp/parts.$name")))
done
claims docs/claims.md chapters/[0-9][0-9]_*/README.md "$BUILD"/out/[0-9][0-9]_*.txt >"$tmp/said"
verdict "$tmp/said"

# ---- negative controls --------------------------------------------------------
# Each test must find what is planted into a copy of a page, and only there.
page=chapters/$first/README.md
text=$BUILD/out/$first.txt
json=$BUILD/sample/$first.json
n=${first%%_*}
n=${n#0}

doctored() { # the parts of the page with the given lines before its first section
    printf '%s\n' "$@" >"$tmp/planted"
    awk -v planted="$tmp/planted" '
        function plant() { while ((getline line <planted) > 0) print line; print ""; done = 1 }
        /^## / && !done { plant() }
        { print }
        END { if (!done) { print ""; plant() } }' "$page" | awk -f tests/pages.awk >"$tmp/parts"
}

doctored "\$\$x = 1 \\tag{$n.99}\$\$"
tags "$first" "$tmp/parts" "$text" >"$tmp/said"
refuses "an equation that stands on the page only" "$tmp/said"
grep -v '^tag' "$tmp/parts.$first" >"$tmp/parts"
tags "$first" "$tmp/parts" "$text" >"$tmp/said"
refuses "a page without the equations of the code" "$tmp/said"
sed 's/^  (\([0-9.]*\))/   \1 /' "$text" >"$tmp/text"
tags "$first" "$tmp/parts.$first" "$tmp/text" >"$tmp/said"
refuses "an output without equations" "$tmp/said"

# shellcheck disable=SC2016 # the dollars are formulas
for wrong in 'The result is 0.7316492, as one sees.' 'It is (0.7316492).' \
    'Exactly $x = 0.7316492$.' 'About $7.316492 \cdot 10^{-5}$.' 'It took 7,316,492 steps.' \
    'An error of 7.31649e-05 remains.' '| error | 0.7316492 |' 'That is 73.16492 %.' \
    '- one item: 0.7316492' "As eq. $n.99 says." "See ($n.7316)." '<!-- numbers: 0.7316492 -->'; do
    doctored "$wrong"
    numbers "$first" "$tmp/parts" "$text" "$json" >"$tmp/said"
    refuses "$wrong" "$tmp/said"
done
# ... and a positive one: what is no number of the program
# shellcheck disable=SC2016
doctored 'As (Elman 1990) says, see eq. 99.1 and sections 99.2 to 99.4, 12 steps, the 3rd,' \
    '`0.7316492`, [a link](http://example.org/0.7316492), S0-21, float32, in 1997 and $x_{21}$.' \
    'An exception: 0.7316492.' '<!-- numbers: 0.7316492 -->'
numbers "$first" "$tmp/parts" "$text" "$json" >"$tmp/before"
numbers "$first" "$tmp/parts.$first" "$text" "$json" | sed 's/line [0-9]*//' >"$tmp/known"
sed 's/line [0-9]*//' "$tmp/before" | grep -vxF -f "$tmp/known" | sed 's/^/control: /' >"$tmp/said"
verdict "$tmp/said"

doctored "<!-- output $n.99 -->" '[x](README.md)'
sections "$first" "$tmp/parts" "$text" >"$tmp/said"
refuses "an output of no section" "$tmp/said"
doctored "## $n.99 A title"
sections "$first" "$tmp/parts" "$text" >"$tmp/said"
refuses "a heading of no section" "$tmp/said"
doctored 'See [nothing](../nothing/README.md).'
links "chapters/$first" "$tmp/parts" >"$tmp/said"
refuses "a link to no file" "$tmp/said"
doctored 'See [nothing](README.md#nothing).'
links "chapters/$first" "$tmp/parts" >"$tmp/said"
refuses "a link to no heading" "$tmp/said"
grep -v '	Summary$' "$tmp/parts.$first" >"$tmp/parts"
parts "$first" "$tmp/parts" >"$tmp/said"
refuses "a page without a summary" "$tmp/said"
for wrong in 'As (S0-99) says.' 'As S1-31, S0-99 says.' 'See S0-27 to S0-29.'; do
    echo "$wrong" >"$tmp/wrong.md"
    claims docs/claims.md "$tmp/wrong.md" >"$tmp/said"
    refuses "a mark without a row: $wrong" "$tmp/said"
done
sed 's|](\.\./chapters/[^)]*)||' docs/claims.md >"$tmp/wrong.md"
claims "$tmp/wrong.md" chapters/[0-9][0-9]_*/README.md >"$tmp/said"
refuses "rows that lead to no chapter" "$tmp/said"

# ---- (g) plots, and (f) the pages that Doxygen makes, in a folder of their own ----
made=$tmp/build
mkdir -p "$made/plots"
cp -R "$BUILD/out" "$BUILD/examples" "$BUILD/proof" "$made/"
cp "$BUILD"/plots/*.dat "$made/plots/" 2>/dev/null

for main in chapters/[0-9][0-9]_*/main.c; do
    name=${main#chapters/}
    name=${name%/main.c}
    : >"$tmp/said"
    if [ ! -e "plots/$name.gp" ]; then
        echo "$name: there is no plots/$name.gp" >"$tmp/said"
    else
        CH=${name%%_*} DRAW=svg BUILD=$made sh plots/draw.sh >"$tmp/said" 2>&1
        CH=${name%%_*} DRAW=text BUILD=$made sh plots/draw.sh 2>>"$tmp/said" >"$tmp/drawn"
        [ -s "$tmp/drawn" ] || echo "$name: DRAW=text draws nothing" >>"$tmp/said"
    fi
    verdict "$tmp/said"
    # a figure that no page shows is read by nobody
    for figure in "$made/plots/$name"-*.svg; do
        [ -e "$figure" ] || continue
        figure=${figure##*/}
        figure=${figure%.svg}
        grep -q "^<!-- plot $figure " "chapters/$name/README.md" ||
            echo "$name: figure $figure is not on the page"
    done >"$tmp/said" 2>/dev/null
    verdict "$tmp/said"
done

: >"$tmp/said"
CH=proof DRAW=svg BUILD=$made sh plots/draw.sh >"$tmp/said" 2>&1
verdict "$tmp/said"
BUILD=$made sh docs/make.sh >"$tmp/said" 2>&1 && : >"$tmp/said"
verdict "$tmp/said"
# a page with a snippet that does not exist must stop docs/make.sh with one line
printf '# 1. A page\n\nText.\n\n<!-- snippet lib/show.c nothing -->\n[x](x)\n' >"$tmp/wrong.md"
: >"$tmp/titles"
if awk -v page=lib/wrong.md -v build="$made" -v titles="$tmp/titles" -v links="$tmp/l" \
    -f docs/page.awk "$tmp/wrong.md" >/dev/null 2>"$tmp/said"; then
    : >"$tmp/said"
fi
[ "$(grep -c . "$tmp/said")" = 1 ] || : >"$tmp/said"
refuses "a snippet that does not exist" "$tmp/said"

html=$made/html
if [ -e "$html/index.html" ]; then
    for page in chapters/[0-9][0-9]_*/README.md; do
        name=${page#chapters/}
        name=chapter_${name%/README.md}.html
        [ -s "$html/$name" ] || echo "html: there is no $name"
        grep -q "href=\"$name\"" "$html/index.html" || echo "html: index.html has no link to $name"
    done >"$tmp/said"
    verdict "$tmp/said"

    # What only the filter's input may hold; code and output are left out.
    for file in "$html"/index.html "$html"/claims.html "$html"/writing.html "$html"/check.html \
        "$html"/proof.html "$html"/chapter_*.html; do
        awk -v name="${file##*/}" '
            /<\/pre>.*<pre/ { pre = 1; next }
            /<pre/ { pre = 1 }
            /<\/pre>/ { pre = 0; next }
            pre || /class="line"/ { next }
            { gsub(/<code>[^<]*(<[^\/][^<]*<\/[a-z]*>[^<]*)*<\/code>/, "") }
            /<code>/ || /\$|\\f[$\[\]]|<!-- *(snippet|output|plot|numbers)|"source:/ {
                print "html: " name ": not converted: " substr($0, 1, 60) }' "$file"
    done >"$tmp/said"
    verdict "$tmp/said"

    # Every local link, image, script and style leads to a file; every #name to an id.
    (
        cd "$html" || exit 2
        # shellcheck disable=SC2035 # Doxygen made the names
        awk '
            FNR == 1 { done[FILENAME] = 1 }
            {
                s = $0
                while (match(s, /(id|name)="[^"]*"/)) {
                    t = substr(s, RSTART, RLENGTH)
                    s = substr(s, RSTART + RLENGTH)
                    sub(/^[a-z]*="/, "", t)
                    has[FILENAME "#" substr(t, 1, length(t) - 1)] = 1
                }
                s = $0
                while (match(s, /(href|src)="[^"]*"/)) {
                    t = substr(s, RSTART, RLENGTH)
                    s = substr(s, RSTART + RLENGTH)
                    sub(/^[a-z]*="/, "", t)
                    t = substr(t, 1, length(t) - 1)
                    if (t !~ /^(https?|mailto|javascript):/ && t != "#")
                        wants[FILENAME "\t" t] = 1
                }
            }
            END {
                for (w in wants) {
                    split(w, f, "\t")
                    k = index(f[2], "#")
                    file = k == 1 ? f[1] : k ? substr(f[2], 1, k - 1) : f[2]
                    name = k ? substr(f[2], k + 1) : ""
                    if (!(file in done) && (getline line <file) < 0)
                        print "html: " f[1] ": dead link " f[2]
                    else if (name != "" && name !~ /^mjx-eqn-/ && !((file "#" name) in has))
                        print "html: " f[1] ": dead anchor " f[2]
                    close(file)
                }
            }' *.html | sort
    ) >"$tmp/said"
    verdict "$tmp/said"

    # The pages are read offline, and say nothing of the machine that made them.
    {
        grep -lE '(src|href)="https?:[^"]*\.(js|css|png|svg|woff)"' "$html"/*.html |
            sed 's|.*/|html: loads from the network: |'
        grep -lF -e "$(pwd)" -e "$tmp" "$html"/*.html | sed 's|.*/|html: has a path of this machine: |'
    } >"$tmp/said"
    verdict "$tmp/said"
fi

[ "$escapes" = 0 ] || echo "$escapes numbers on the pages are facts that no program prints (<!-- numbers: ... -->)"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
