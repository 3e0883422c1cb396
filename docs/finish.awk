# SPDX-License-Identifier: MIT
#
# The last touch on the pages that Doxygen made; each is written again into the folder DIR:
# awk -v titles=FILE -v map=FILE -v to=DIR -f docs/finish.awk *.html, in their folder.
#
#   href="source:/FILE"    leads to the source page, or to the copy files/FILE.txt
#   /* (8.3) */ in code    leads to equation (8.3) on the page of its chapter
#   <li data-page="FILE">  of the page itself is marked in the navigation; only its
#                          sections stay, those of the other chapters are dropped
#   \(formula\), and the like: the mark after a formula stays in its line

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
    out = to "/" FILENAME
    here = skip = pre = display = 0
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

/data-page="/ {
    here = index($0, "data-page=\"" FILENAME "\"")
    if (here)
        sub(/data-page=/, "class=\"here\" data-page=")
}

/^<ul class="sections">$/ && !here {
    skip = 1
}

skip {
    if ($0 == "</ul></li>") {
        skip = 0
        print "</li>" >out
    }
    next
}

/<pre/ { pre = 1 }
/<\/pre>/ { pre = 0 }
/\\\[/ { display = 1 }

!pre && !display && /\\\(/ && !/class="line"/ {
    gsub(/\( \\\(/, "(\\(") # Doxygen puts a blank between a parenthesis and a formula
    done = ""
    while ((k = index($0, "\\(")) && (n = index(substr($0, k), "\\)"))) {
        text = substr($0, k, n + 1)
        k--
        if (k > 0 && substr($0, k, 1) == "(") {
            text = "(" text
            k--
        }
        done = done substr($0, 1, k)
        $0 = substr($0, k + length(text) + 1)
        n = length(text)
        if (match($0, /^[.,;:!?)]+/)) {
            text = text substr($0, 1, RLENGTH)
            $0 = substr($0, RLENGTH + 1)
        }
        done = done (length(text) > n || text ~ /^\(/ ? "<span class=\"near\">" text "</span>" : text)
    }
    $0 = done $0
}

/\\\]/ { display = 0 }

{
    print >out
}
