#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Makes the pages: sh docs/make.sh [--strict], with BUILD=DIR for a build folder other
# than build. Reads chapters/NN_name/README.md, docs/*.md, build/out/NN_name.txt,
# build/examples/*.txt, build/proof/*.txt and build/plots/*.svg; writes build/html/index.html. A missing snippet, output or
# plot stops; a warning of Doxygen stops with --strict only.
set -u
LC_ALL=C
export LC_ALL

BUILD=${BUILD:-build}
strict=false

fail() {
    echo "$*" >&2
    exit 2
}

case ${1:-} in
'') ;;
--strict) strict=true ;;
*) fail "docs/make.sh: $1: expected --strict or nothing" ;;
esac
cd "$(dirname "$0")/.." || fail "docs/make.sh: the root of the project cannot be entered"
root=$(pwd)
stage=$BUILD/docs
case $stage in /*) whole=$stage ;; *) whole=$root/$stage ;; esac
command -v doxygen >/dev/null || fail "doxygen not found: type make deps"

# Where the system keeps MathJax 2.7 (Debian, Fedora, Arch, Homebrew and by hand).
mathjax=
for folder in ${MATHJAX:+"$MATHJAX"} /usr/share/javascript/mathjax /usr/share/javascript/mathjax2 \
    /usr/share/mathjax2 /usr/share/mathjax /usr/local/share/mathjax \
    /opt/homebrew/share/mathjax /usr/share/nodejs/mathjax; do
    if [ -e "$folder/MathJax.js" ] && [ -e "$folder/jax/output/SVG/jax.js" ]; then
        mathjax=$folder
        break
    fi
done
[ -n "$mathjax" ] || fail "libjs-mathjax not found: type make deps"

rm -rf "$stage"
mkdir -p "$stage/pages" || fail "$stage: cannot be made"
: >"$stage/links"
: >"$stage/links.figures"

# ---- the pages -------------------------------------------------------------
set -- chapters/[0-9][0-9]_*/README.md
[ -e "$1" ] || fail "chapters: there is no page (chapters/NN_name/README.md)"
awk -v sections="$stage/sections" -f docs/titles.awk "$@" >"$stage/titles" || exit 2

page() {
    awk -v page="$1" -v build="$BUILD" -v titles="$stage/titles" -v links="$stage/links" \
        -f docs/page.awk "$1" >"$stage/pages/$2.md" || exit 2
}
page docs/front.md index
page docs/claims.md claims
page docs/check.md check
page docs/proof.md proof
page docs/WRITING.md writing
for file in "$@"; do
    name=${file#chapters/}
    page "$file" "${name%/README.md}"
done

{
    echo '# Reference {#reference}'
    echo
    echo 'What each header declares, with shapes, ranges and equation numbers.'
    for part in 'The library' 'The gradient checker' 'The chapters'; do
        printf '\n## %s\n\n' "$part"
        case $part in
        'The library') ls lib/*.h ;;
        'The gradient checker') ls lib/check/*.h ;;
        *) ls chapters/[0-9][0-9]_*/*.h 2>/dev/null ;;
        esac | while read -r header; do
            # a header without a docstring of its own has no page
            if grep -q '@file' "$header"; then
                echo "- @ref $header \"$header\""
            else
                echo "- [$header](source:/$header)"
                echo "$header" >>"$stage/links"
            fi
        done
    done
} >"$stage/pages/reference.md"

# ---- Doxygen ---------------------------------------------------------------
# The navigation stands in every page's header; style.css shows the sections of the
# chapter that is open.
{
    cat <<'END'
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>$title</title>
<script type="text/x-mathjax-config">
MathJax.Hub.Config({
  extensions: ["tex2jax.js", "TeX/AMSmath.js", "TeX/AMSsymbols.js"],
  jax: ["input/TeX", "output/SVG"],
  tex2jax: {inlineMath: [["\\(", "\\)"]], displayMath: [["\\[", "\\]"]]},
  TeX: {equationNumbers: {autoNumber: "none"}},
  SVG: {font: "TeX"},
  showMathMenu: false,
  messageStyle: "none"
});
</script>
<script async="async" src="$relpath^mathjax/MathJax.js"></script>
<link href="$relpath^$stylesheet" rel="stylesheet"/>
$extrastylesheet
</head>
<body>
<nav id="course">
<a class="home" href="$relpath^index.html">handgrad</a>
END
    awk -F '\t' -v sections="$stage/sections" '
        function escape(s) {
            gsub(/&/, "\\&amp;", s)
            gsub(/</, "\\&lt;", s)
            return s
        }
        BEGIN {
            while ((getline line <sections) > 0) {
                split(line, f, "\t")
                list[f[1]] = list[f[1]] "<li><a href=\"$relpath^" f[1] ".html#" f[2] "\">" \
                    escape(f[3]) "</a></li>\n"
            }
        }
        $6 != part {
            if (part != "")
                print "</ul></div>"
            part = $6
            k = index(part, " ")
            print "<div class=\"part\"><p><span class=\"no\">" substr(part, 1, k - 1) "</span> " \
                "<span class=\"name\">" substr(part, k + 1) "</span></p>\n<ul>"
        }
        {
            print "<li data-page=\"" $2 ".html\"><a href=\"$relpath^" $2 ".html\" title=\"" \
                escape($4) "\"><span class=\"no\">" $3 "</span> <span class=\"name\">" \
                escape($4) "</span></a>\n<ul class=\"sections\">\n" list[$2] "</ul></li>"
        }
        END { print "</ul></div>" }' "$stage/titles"
    cat <<'END'
<p class="more"><a href="$relpath^check.html">Check your own backward</a></p>
<p class="more"><a href="$relpath^proof.html">How good is the checker</a></p>
<p class="more"><a href="$relpath^reference.html">Reference</a></p>
<p class="more"><a href="$relpath^claims.html">The claims of the articles</a></p>
<p class="more"><a href="$relpath^writing.html">Writing a chapter</a></p>
</nav>
<div id="top">
END
} >"$stage/header.html"
printf '</body>\n</html>\n' >"$stage/footer.html"

doxygen -g - 2>/dev/null | sed -n 's/^\([A-Z_0-9]*\) *=.*/\1/p' >"$stage/known"
{
    awk 'FILENAME == ARGV[1] { known[$1] = 1; next }
         /^[A-Z]/ && !($1 in known) { next }
         { print }' "$stage/known" docs/Doxyfile
    echo "PROJECT_NUMBER = $(cat VERSION)"
    echo "OUTPUT_DIRECTORY = $stage"
    echo "STRIP_FROM_PATH = \"$whole\" \"$root\""
    echo "STRIP_FROM_INC_PATH = \"$root\""
    echo "INPUT = $stage/pages lib lib/check $(echo chapters/[0-9][0-9]_*)"
    # the pages themselves come from the filter
    echo "EXCLUDE_PATTERNS = */chapters/*/README.md"
    # a table of data, which nobody reads as a page
    echo "EXCLUDE = chapters/04_backprop/digits.c"
    echo "HTML_HEADER = $stage/header.html"
    echo "HTML_FOOTER = $stage/footer.html"
    echo "WARN_LOGFILE = $stage/warnings"
} >"$stage/Doxyfile"
doxygen "$stage/Doxyfile" >"$stage/log" 2>&1 ||
    fail "doxygen failed: $(tail -n 1 "$stage/log" "$stage/warnings" 2>/dev/null | tail -n 1)"
html=$stage/html
[ -s "$html/index.html" ] || fail "doxygen made no $html/index.html"

# A function of a header needs a docstring; a member or a macro may speak for itself.
sed "s|^$root/||" "$stage/warnings" |
    awk '!/ is not documented/ || /\(function\)/' >"$stage/complaints"
if [ -s "$stage/complaints" ]; then
    cat "$stage/complaints" >&2
    $strict && fail "docs: $(grep -c . "$stage/complaints") lines of warnings of Doxygen"
fi

# Indexes of all names, to which no page leads: the reference lists the headers.
rm -f "$html"/functions.html "$html"/functions_?.html "$html"/functions_vars*.html \
    "$html"/globals.html "$html"/globals_?.html "$html"/globals_defs*.html \
    "$html"/globals_enum*.html "$html"/globals_eval*.html "$html"/globals_func*.html \
    "$html"/globals_type*.html "$html"/globals_vars*.html

# ---- figures, linked files, formulas ---------------------------------------
sort -u "$stage/links.figures" | while read -r file; do
    cp "$file" "$html/" || exit 2
done || fail "$html: the figures cannot be copied"

# Which page shows which source: Doxygen writes it in the title.
for file in "$html"/*_source.html; do
    sed -n "s|.*<title>\(.*\) Source File</title>.*|\1	${file##*/}|p" "$file"
done >"$stage/map.made"
: >"$stage/map"
sort -u "$stage/links" | while read -r file; do
    # a title may lack leading folders; it must still mean one file only
    made=$(awk -F '\t' -v file="$file" '
        $1 == file { exact = $2 }
        substr(file, length(file) - length($1)) == "/" $1 { n++; near = $2 }
        END { print (exact != "" ? exact : n == 1 ? near : "") }' "$stage/map.made")
    if [ -n "$made" ]; then
        printf '%s\t%s\n' "$file" "$made" >>"$stage/map"
    else
        mkdir -p "$html/files/$(dirname "$file")" && cp "$file" "$html/files/$file.txt" || exit 2
    fi
done || fail "$html/files: a linked file cannot be copied"

mkdir "$stage/finished" || fail "$stage/finished: cannot be made"
(
    cd "$html" || exit 2
    # shellcheck disable=SC2035 # Doxygen made the names
    awk -v titles="$whole/titles" -v map="$whole/map" -v to="$whole/finished" \
        -f "$root/docs/finish.awk" *.html && mv "$whole/finished"/*.html .
) || fail "$html: the pages cannot be finished"

# Only what the pages use of MathJax: TeX in, SVG out, one font.
mkdir -p "$html/mathjax/extensions" "$html/mathjax/jax/input" "$html/mathjax/jax/element" \
    "$html/mathjax/jax/output/SVG/fonts" || fail "$html/mathjax: cannot be made"
(
    cp "$mathjax/MathJax.js" "$html/mathjax/" &&
        cp "$mathjax/extensions/tex2jax.js" "$mathjax/extensions/MathEvents.js" \
            "$html/mathjax/extensions/" &&
        cp -RL "$mathjax/extensions/TeX" "$html/mathjax/extensions/" &&
        cp -RL "$mathjax/jax/element/mml" "$html/mathjax/jax/element/" &&
        cp -RL "$mathjax/jax/input/TeX" "$html/mathjax/jax/input/" &&
        cp -RL "$mathjax/jax/output/SVG/jax.js" "$mathjax/jax/output/SVG/config.js" \
            "$mathjax/jax/output/SVG/autoload" "$html/mathjax/jax/output/SVG/" &&
        cp -RL "$mathjax/jax/output/SVG/fonts/TeX" "$html/mathjax/jax/output/SVG/fonts/"
) || fail "$mathjax: MathJax cannot be copied"

# ---- all is made: show it ---------------------------------------------------
rm -rf "$BUILD/html.old"
[ ! -e "$BUILD/html" ] || mv "$BUILD/html" "$BUILD/html.old" || fail "$BUILD/html: cannot be replaced"
mv "$html" "$BUILD/html" || fail "$BUILD/html: cannot be written"
rm -rf "$BUILD/html.old"
