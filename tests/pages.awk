# SPDX-License-Identifier: MIT
#
# Takes a chapter's page apart, for tests/pages.sh. One record a line, with tabs:
#   heading LINE TEXT     text LINE TEXT     formula LINE TEX      tag LINE 8.3
#   link LINE TARGET      escape LINE NUMBER (of <!-- numbers: ... -->)
#   output LINE SECTION   plot LINE NAME     snippet LINE FILE NAME
# Code (blocks, and between backquotes) and other comments appear nowhere.

function put(kind, what) {
    print kind "\t" FNR "\t" what
}

function formula(s) {
    while (match(s, /\\tag\{[^}]*\}/)) {
        put("tag", substr(s, RSTART + 5, RLENGTH - 6))
        s = substr(s, 1, RSTART - 1) " " substr(s, RSTART + RLENGTH)
    }
    if (s ~ /[0-9]/)
        put("formula", s)
}

function marker(s,    word, n, k) {
    gsub(/[ \t\n]+/, " ", s)
    sub(/^ /, "", s)
    n = split(s, word, " ")
    if (word[1] == "numbers:")
        for (k = 2; k <= n; k++)
            put("escape", word[k])
    else if (word[1] == "output")
        put("output", word[2])
    else if (word[1] == "snippet")
        put("snippet", word[2] "\t" word[3])
    else if (word[1] == "plot") {
        put("plot", word[2])
        sub(/^plot [^ ]* ?/, "", s)
        return s
    }
    return ""
}

# The text of one line without code, formulas and link targets.
function text(s,    out, c, k) {
    out = ""
    while (s != "") {
        if (mode != "") {
            k = index(s, mode)
            if (mode ~ /\$/)
                tex = tex " " (k ? substr(s, 1, k - 1) : s)
            if (!k)
                return out
            if (mode ~ /\$/)
                formula(tex)
            s = substr(s, k + length(mode))
            mode = tex = ""
            out = out " # "
            continue
        }
        if (!match(s, /\\[$`]|\$\$?|`+|\]\([^)]*\)/))
            return out s
        out = out substr(s, 1, RSTART - 1)
        c = substr(s, RSTART, RLENGTH)
        s = substr(s, RSTART + RLENGTH)
        if (c ~ /^\]/)
            put("link", substr(c, 3, length(c) - 3))
        else if (c !~ /^\\/)
            mode = c
    }
    return out
}

mode == "" && !in_comment && /^ *(```|~~~)/ {
    in_fence = !in_fence
    next
}

in_fence {
    next
}

in_comment {
    k = index($0, "-->")
    comment = comment "\n" (k ? substr($0, 1, k - 1) : $0)
    if (!k)
        next
    in_comment = 0
    $0 = marker(comment)
    if ($0 == "")
        next
}

mode == "" && /^    / && !in_list && (was_blank || was_code) {
    was_code = 1
    was_blank = 0
    next
}

mode == "" && /^[ \t]*<!--/ {
    comment = $0
    sub(/^[ \t]*<!--/, "", comment)
    k = index(comment, "-->")
    if (!k) {
        in_comment = 1
        next
    }
    $0 = marker(substr(comment, 1, k - 1))
    if ($0 == "")
        next
}

/^[^ \t]/ {
    in_list = /^([-*+]|[0-9]+\.) /
}

{
    was_blank = !/[^ \t]/
    was_code = 0
}

mode == "" && /^#+ / {
    sub(/^#+ +/, "")
    put("heading", $0)
    # the number of a heading is its own, and not a number of the text
    sub(/^[0-9]+(\.[0-9]+)?\.? /, "")
}

{
    line = text($0)
    sub(/^([-*+]|[0-9]+\.) /, "", line)
    if (line ~ /[0-9]/)
        put("text", line)
}
