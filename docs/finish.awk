# SPDX-License-Identifier: MIT
#
# The last touch on the pages that Doxygen made; each file is written again as
# FILE.new: awk -v titles=FILE -v map=FILE -f docs/finish.awk *.html, in their folder.
#
#   href="source:/FILE"    leads to the source page, or to the copy files/FILE.txt
#   /* (8.3) */ in code    leads to equation (8.3) on the page of its chapter
#   <li data-page="FILE">  of the page itself is marked in the navigation

BEGIN {
    while ((getline line <titles) > 0) {
        split(line, field, "\t")
        chapter[field[3]] = field[2] ".html"
    }
    while ((getline line <map) > 0) {
        split(line, field, "\t")
        source[field[1]] = field[2]
    }
}

FNR == 1 {
    if (out != "")
        close(out)
    out = FILENAME ".new"
}

/source:/ {
    done = ""
    while (match($0, /href="source:\/[^"]*"/)) {
        path = substr($0, RSTART + 14, RLENGTH - 15)
        done = done substr($0, 1, RSTART - 1) "href=\"" \
            (path in source ? source[path] : "files/" path ".txt") "\""
        $0 = substr($0, RSTART + RLENGTH)
    }
    $0 = done $0
}

/\/\* \([0-9]+\.[0-9]+[a-z]?\) \*\// {
    done = ""
    while (match($0, /\/\* \([0-9]+\.[0-9]+[a-z]?\) \*\//)) {
        tag = substr($0, RSTART + 4, RLENGTH - 8)
        number = tag + 0
        sub(/\..*/, "", number)
        text = substr($0, RSTART, RLENGTH)
        if (number in chapter)
            text = "<a class=\"tag\" href=\"" \
                (chapter[number] == FILENAME ? "" : chapter[number]) \
                "#mjx-eqn-" tag "\">" text "</a>"
        done = done substr($0, 1, RSTART - 1) text
        $0 = substr($0, RSTART + RLENGTH)
    }
    $0 = done $0
}

index($0, "data-page=\"" FILENAME "\"") {
    sub(/data-page=/, "class=\"here\" data-page=")
}

{
    gsub(/\( \\\(/, "(\\(") # Doxygen puts a blank between a parenthesis and a formula
    print >out
}
