# SPDX-License-Identifier: MIT
#
# Turns a page that is written for a code-hosting site into one for Doxygen:
# awk -v page=chapters/08_lstm/README.md -v build=build -v titles=FILE -v links=FILE
#     -f docs/page.awk chapters/08_lstm/README.md
#
#   <!-- snippet FILE NAME -->    the code between two lines /* [NAME] */ of FILE
#   <!-- output 8.2 -->           section 8.2 of build/out/08_lstm.txt
#   <!-- output proof/x TEXT -->  build/proof/x.txt; TEXT above it says how to get it
#   <!-- plot NAME Caption -->    build/plots/NAME.svg and its caption
#   <!-- chapters -->             the list of the chapters
#   other comments                are dropped
#   $...$ and $$...$$             formulas in Doxygen's \f$ and \f[
#   **...**                       bold, also around a formula
#   ](relative link)              a link to the page, or to the source, made from it
#
# The line under a marker is an ordinary link, for readers on a code-hosting site;
# here it is dropped. What is missing stops with one line that names page and
# marker. `titles` has one line a chapter: page, id, number, title, summary, part
# (separated by tabs); each linked file that is no page is added to the file `links`.

function stop(text) {
    print page ":" FNR ": " text >"/dev/stderr"
    stopped = 1
    exit 1
}

function trim(s) {
    sub(/^[ \t]+/, "", s)
    sub(/[ \t]+$/, "", s)
    return s
}

function escape(s) {
    gsub(/&/, "\\&amp;", s)
    gsub(/</, "\\&lt;", s)
    gsub(/>/, "\\&gt;", s)
    gsub(/"/, "\\&quot;", s)
    return s
}

# "8.2 The cell: c_t" as a code-hosting site makes an anchor of it: "82-the-cell-c_t"
function slug(s) {
    s = tolower(trim(s))
    gsub(/[!-,.\/:-@\[-^`{-~]/, "", s)
    gsub(/ /, "-", s)
    return s
}

function heading_id(of, s) {
    return id[of] "-" slug(s)
}

function exists(file,    line) {
    if ((getline line <file) < 0)
        return 0
    close(file)
    return 1
}

# The path that a relative link means, from the root of the project.
function resolve(link,    n, part, k, m, path) {
    n = split(folder link, part, "/")
    m = 0
    for (k = 1; k <= n; k++) {
        if (part[k] == "" || part[k] == ".")
            continue
        if (part[k] == ".." && m > 0 && path[m] != "..")
            m--
        else
            path[++m] = part[k]
    }
    link = ""
    for (k = 1; k <= m; k++)
        link = link (k > 1 ? "/" : "") path[k]
    return link
}

# Where a link of the page leads in the pages that Doxygen makes.
function target(link,    anchor, path) {
    if (link ~ /^[a-z]+:/)
        return link
    anchor = ""
    if (match(link, /#.*/)) {
        anchor = substr(link, RSTART + 1)
        link = substr(link, 1, RSTART - 1)
    }
    path = link == "" ? page : resolve(link)
    if (path == "README.md" || path == "")
        return "index.html"
    if (!(path in id) && (path "/README.md") in id)
        path = path "/README.md"
    if (path in id)
        return id[path] ".html" (anchor == "" ? "" : "#" id[path] "-" anchor)
    if (!exists(path) || path ~ /\/$/ || system("test -d '" path "'") == 0)
        return ""
    print path >>links
    return "source:/" path
}

# ---- markers ------------------------------------------------------------

function snippet(file, name,    line, inside, seen, n, code, k, indent, least) {
    if (file == "" || name == "")
        stop("<!-- " marker " -->: expected snippet FILE NAME")
    if (!exists(file))
        stop("<!-- " marker " -->: there is no file " file)
    n = inside = seen = 0
    least = 1000
    while ((getline line <file) > 0) {
        if (trim(line) == "/* [" name "] */") {
            inside = !inside
            seen++
            if (seen > 2)
                stop("<!-- " marker " -->: more than two lines /* [" name "] */")
            continue
        }
        if (!inside || line ~ /^[ \t]*\/\* \[[A-Za-z0-9_.-]+\] \*\/[ \t]*$/)
            continue
        code[++n] = line
        if (line ~ /[^ \t]/) {
            match(line, /^ */)
            least = RLENGTH < least ? RLENGTH : least
        }
    }
    close(file)
    if (seen != 2)
        stop("<!-- " marker " -->: expected two lines /* [" name "] */ in " file ", found " seen)
    while (n > 0 && code[n] !~ /[^ \t]/)
        n--
    k = 1
    while (k <= n && code[k] !~ /[^ \t]/)
        k++
    if (k > n)
        stop("<!-- " marker " -->: the snippet is empty")
    print file >>links
    print "\n<div class=\"from\"><a href=\"source:/" file "\">" file "</a></div>\n"
    print "```" (file ~ /\.cpp$/ ? "{.cpp}" : "{.c}")
    for (; k <= n; k++)
        print substr(code[k], least + 1)
    print "```\n"
}

# What another program than a chapter's printed, all of it.
function whole(rest,    name, file, line, n, text, k) {
    name = rest
    sub(/ .*/, "", name)
    rest = trim(substr(rest, length(name) + 1))
    file = build "/" name ".txt"
    if (rest == "")
        stop("<!-- " marker " -->: expected output NAME and how to get it")
    if (!exists(file))
        stop("<!-- " marker " -->: there is no " file ": type make " \
            (name ~ /^proof/ ? "proof" : "examples"))
    while ((getline line <file) > 0)
        text[++n] = line
    close(file)
    if (n == 0)
        stop("<!-- " marker " -->: " file " is empty")
    print "\n<div class=\"from output\">" escape(rest) "</div>\n"
    print "\\verbatim"
    for (k = 1; k <= n; k++)
        print text[k]
    print "\\endverbatim\n"
}

function output(section,    line, n, text, inside, k, number, found) {
    if (chapter == "" && section ~ /^(proof|examples)\//) {
        whole(section)
        return
    }
    if (section !~ /^[0-9]+\.[0-9]+$/)
        stop("<!-- " marker " -->: expected output and a section, such as output 8.2")
    if (chapter == "")
        stop("<!-- " marker " -->: only the page of a chapter has an output")
    if (!exists(transcript))
        stop("<!-- " marker " -->: there is no " transcript ": type make run CH=" number_of[page])
    n = inside = found = 0
    while ((getline line <transcript) > 0) {
        if (line ~ /^[0-9]+\.[0-9]+  /) {
            number = line
            sub(/ .*/, "", number)
            inside = number == section
            found = found || inside
            if (inside)
                (getline line <transcript) # the rule under the title
            continue
        }
        if (inside)
            text[++n] = line
    }
    close(transcript)
    if (!found)
        stop("<!-- " marker " -->: " transcript " has no section " section)
    while (n > 0 && text[n] !~ /[^ ]/)
        n--
    k = 1
    while (k <= n && text[k] !~ /[^ ]/)
        k++
    if (k > n)
        stop("<!-- " marker " -->: section " section " is empty")
    print "\n<div class=\"from output\">make run CH=" number_of[page] ", section " section "</div>\n"
    print "\\verbatim"
    for (; k <= n; k++)
        print text[k]
    print "\\endverbatim\n"
}

function plot(rest,    name, file, alt) {
    name = rest
    sub(/ .*/, "", name)
    rest = trim(substr(rest, length(name) + 1))
    file = build "/plots/" name ".svg"
    if (name == "" || rest == "")
        stop("<!-- plot " name " -->: expected plot NAME Caption")
    if (!exists(file))
        stop("<!-- plot " name " -->: there is no " file ": type make plots")
    alt = rest
    gsub(/[$`*]/, "", alt)
    print file >>(links ".figures")
    print "\n<div class=\"figure\"><a href=\"" name ".svg\"><img src=\"" name ".svg\" alt=\"" \
        escape(alt) "\"/></a>"
    print "<div class=\"caption\">" inline(rest) "</div></div>\n"
    if (mode != "")
        stop("<!-- plot " name " -->: a formula or code of the caption is not closed")
}

function chapters(    k, p, part) {
    part = ""
    for (k = 1; k <= count; k++) {
        p = pages[k]
        if (part_of[p] != part)
            print "\n### " (part = part_of[p]) "\n"
        print "- [" number_of[p] " " title_of[p] "](" id[p] ".html): " inline(summary_of[p])
    }
    print ""
}

function do_marker(text,    word, rest) {
    gsub(/[ \t\n]+/, " ", text)
    marker = text = trim(text)
    word = text
    sub(/ .*/, "", word)
    rest = trim(substr(text, length(word) + 1))
    want_link = 1
    if (word == "snippet") {
        split(rest, argument, " ")
        snippet(argument[1], argument[2])
    } else if (word == "output")
        output(rest)
    else if (word == "plot")
        plot(rest)
    else if (word == "chapters")
        chapters()
    else {
        want_link = 0
        if (word ~ /^(snip|out|plo|fig|chap)/ || word ~ /^(numbers|plot|snippet|output)[^:]/)
            stop("<!-- " text " -->: unknown marker " word)
    }
}

# ---- running text --------------------------------------------------------

# One line of text; `mode` is what is open at its end: "", "`" (code), "$" or "$$".
function inline(s,    out, c, k, link, close_) {
    out = ""
    while (s != "") {
        if (mode != "") {
            k = index(s, mode)
            if (k == 0)
                return out s
            out = out substr(s, 1, k - 1) close_of(mode)
            s = substr(s, k + length(mode))
            mode = ""
            continue
        }
        if (!match(s, /\\[$`]|\$\$?|`+|\*\*|\]\([^)]*\)/))
            return out s
        out = out substr(s, 1, RSTART - 1)
        c = substr(s, RSTART, RLENGTH)
        s = substr(s, RSTART + RLENGTH)
        if (c == "\\$")
            out = out "$"
        else if (c == "\\`")
            out = out c
        else if (c == "**") {
            # Doxygen's own bold may not hold a formula
            out = out (bold ? "</b>" : "<b>")
            bold = !bold
        } else if (c ~ /^\]/) {
            link = substr(c, 3, length(c) - 3)
            close_ = target(link)
            if (close_ == "") {
                # A folder: there is no page of it. Leave the text, drop the link.
                k = length(out)
                while (k > 0 && substr(out, k, 1) != "[")
                    k--
                out = substr(out, 1, k - 1) substr(out, k + 1)
                if (system("test -e '" resolve(link) "'") != 0)
                    stop("link to " link ": there is no such file")
            } else
                out = out "](" close_ ")"
        } else if (c == "`" && (k = index(s, "`")) && index(substr(s, 1, k), "\047")) {
            # Doxygen would take the apostrophe for the end of a quotation
            out = out "``" substr(s, 1, k - 1) "``"
            s = substr(s, k + 1)
        } else {
            mode = c
            out = out open_of(c)
        }
    }
    return out
}

function open_of(c) {
    return c == "$" ? "\\f$" : c == "$$" ? "\n\\f[\n" : c
}

function close_of(c) {
    return c == "$" ? "\\f$" : c == "$$" ? "\n\\f]\n" : c
}

BEGIN {
    FS = "\n"
    while ((getline line <titles) > 0) {
        split(line, field, "\t")
        pages[++count] = field[1]
        id[field[1]] = field[2]
        number_of[field[1]] = field[3]
        title_of[field[1]] = field[4]
        summary_of[field[1]] = field[5]
        part_of[field[1]] = field[6]
    }
    close(titles)
    id["docs/WRITING.md"] = "writing"
    id["docs/claims.md"] = "claims"
    id["docs/check.md"] = "check"
    id["docs/proof.md"] = "proof"
    id["docs/front.md"] = "index"
    folder = page
    sub(/[^\/]*$/, "", folder)
    chapter = ""
    if (page ~ /^chapters\//) {
        chapter = folder
        sub(/^chapters\//, "", chapter)
        sub(/\/$/, "", chapter)
        transcript = build "/out/" chapter ".txt"
    }
    mode = fence = comment = ""
}

fence != "" {
    print
    if (index(trim($0), fence) == 1)
        fence = ""
    next
}

in_comment {
    k = index($0, "-->")
    if (!k) {
        comment = comment "\n" $0
        next
    }
    in_comment = 0
    do_marker(comment "\n" substr($0, 1, k - 1))
    next
}

want_link && !/[^ \t]/ {
    next
}

want_link {
    if ($0 !~ /^\[.*\]\(.*\)[ \t]*$/)
        stop("<!-- " marker " -->: expected a link alone on the line under it")
    k = $0
    sub(/^.*\]\(/, "", k)
    sub(/\)[ \t]*$/, "", k)
    want_link = 0
    next
}

mode == "" && /^ *(```|~~~)/ {
    fence = substr(trim($0), 1, 3)
    print
    next
}

# A block of code, by its indentation (below an item of a list it is text).
mode == "" && /^    / && !in_list && (was_blank || was_code) {
    print
    was_code = 1
    was_blank = 0
    next
}

mode == "" && /^[ \t]*<!--/ {
    comment = $0
    sub(/^[ \t]*<!--/, "", comment)
    k = index(comment, "-->")
    if (k)
        do_marker(substr(comment, 1, k - 1))
    else
        in_comment = 1
    next
}

mode == "" && /^#+ / {
    level = $0
    sub(/ .*/, "", level)
    text = trim(substr($0, length(level) + 1))
    if (level == "#" && page in id && !titled) {
        titled = 1
        if (number_of[page] != "")
            text = number_of[page] " " title_of[page]
        print "# " inline(text) " {#" (id[page] == "index" ? "mainpage" : id[page]) "}"
    } else
        print level " " inline(text) " {#" heading_id(page, text) "}"
    next
}

!/[^ \t]/ {
    if (mode == "$" || mode ~ /`/)
        stop("a " mode " was opened before this line and is not closed")
    if (bold)
        stop("a ** was opened before this line and is not closed")
    was_blank = 1
    if (mode == "")
        print
    next
}

{
    if (/^[^ \t]/)
        in_list = /^([-*+]|[0-9]+\.) /
    was_code = was_blank = 0
    print inline($0)
}

END {
    if (stopped)
        exit 1
    if (mode != "" || fence != "" || in_comment)
        stop("the page ends inside " (mode != "" ? mode : fence != "" ? fence : "a comment"))
    if (want_link)
        stop("<!-- " marker " -->: expected a link alone on the line under it")
    if (chapter != "") {
        for (k = 1; k <= count && pages[k] != page; k++)
            ;
        print "\n<div class=\"steps\">"
        if (k > 1)
            print "<a class=\"back\" href=\"" id[pages[k - 1]] ".html\">" \
                number_of[pages[k - 1]] " " title_of[pages[k - 1]] "</a>"
        if (k < count)
            print "<a class=\"on\" href=\"" id[pages[k + 1]] ".html\">" \
                number_of[pages[k + 1]] " " title_of[pages[k + 1]] "</a>"
        print "</div>"
    }
}
