# SPDX-License-Identifier: MIT
#
# Finds the numbers of a page that its program did not print, for tests/pages.sh:
#   awk -v chapter=11_attention -v tags=FILE -f tests/numbers.awk parts txt json list
# `parts` is what pages.awk made of the page; txt and json are what the program
# prints, list its inputs (--list). `tags` holds the numbers of all equations of
# the course, one a line. A line for each number that is nowhere; nothing is good.

# The numbers of a line of output into printed[]; kind: whether whole numbers count.
function collect(s, whole,    v) {
    while (match(s, /[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?/)) {
        v = substr(s, RSTART, RLENGTH) + 0
        if (RSTART > 1 && substr(s, RSTART - 1, 1) == "-")
            v = -v
        if (!(v in seen)) {
            seen[v] = 1
            printed[++count] = v
        }
        if (whole)
            in_text[v] = 1
        s = substr(s, RSTART + RLENGTH)
    }
}

# Whether some printed number is x to the digits typed; minus: it must be negative.
function found(x, minus,    form, places, k, v, key) {
    x = tolower(x)
    if (x ~ /e/) {
        places = x
        sub(/e.*/, "", places)
        places = index(places, ".") ? length(places) - index(places, ".") : 0
        form = "%." places "e"
    } else {
        places = index(x, ".") ? length(x) - index(x, ".") : 0
        form = "%." places "f"
    }
    if (!(form in made)) {
        made[form] = 1
        for (k = 1; k <= count; k++) {
            v = printed[k]
            # a whole number of the text is found among what people read
            if (form == "%.0f" && !(v in in_text))
                continue
            value[form, sprintf(form, v < 0 ? -v : v)] = 1
            if (v < 0)
                value[form, sprintf(form, v)] = 1
        }
    }
    key = sprintf(form, x)
    return minus ? ((form, "-" key) in value) : ((form, key) in value)
}

function excused(x) {
    if (x in escape) {
        used[x] = 1
        return 1
    }
    return 0
}

# One number as it was typed.
function look(x, minus, percent, as) {
    if (excused(x) || excused(as) || found(x, minus))
        return
    if (percent && found(sprintf("%.*f", places_of(x) + 2, x / 100), minus))
        return
    print chapter ": line " line ": " (minus ? "-" : "") as " is not printed by the program"
}

function places_of(x) {
    return index(x, ".") ? length(x) - index(x, ".") : 0
}

function is_tag(x,    n) {
    if (x in tag)
        return 1
    n = x
    sub(/\..*/, "", n)
    return x ~ /^[1-9][0-9]?\.[1-9][0-9]?[a-z]?$/ && !(n in numbered)
}

# A word of the running text.
function word(w,    as, minus, percent, n, part, k) {
    gsub(/\342\210\222/, "-", w)           # minus
    gsub(/\342\200[\222-\225]/, "-", w)    # dashes
    gsub(/\303\227/, "x", w)               # the sign of multiplication
    gsub(/\342\211\210|\302\261/, "", w)   # about; plus or minus
    # (8.3), (8.3)-(8.5), (8.3a): an equation, which must be there
    while (match(w, /\([0-9]+\.[0-9]+[a-z]?\)/) && is_tag(substr(w, RSTART + 1, RLENGTH - 2)))
        w = substr(w, 1, RSTART - 1) substr(w, RSTART + RLENGTH)
    gsub(/^[^-+.0-9A-Za-z_]+|[^0-9A-Za-z_%]+$/, "", w)
    sub(/^[.+]/, "", w)
    if (w !~ /[0-9]/)
        return
    percent = sub(/%$/, "", w) || following == "%" || following ~ /^percent/
    if (w ~ /^-?[0-9]+(,[0-9][0-9][0-9])+(\.[0-9]+)?$/) {
        as = w
        sub(/^-/, "", as)
        gsub(/,/, "", w)
    }
    if (w ~ /^[0-9]+-bit$/ || w ~ /^-?[A-Za-z_]/)
        return
    minus = sub(/^-/, "", w)
    if (w !~ /^[0-9.]+[eE][-+]?[0-9]+$/) {
        n = split(w, part, /[-,\/:;()<>=*^]+/)
        if (n > 1) {
            for (k = 1; k <= n; k++)
                word(part[k])
            return
        }
        sub(/(st|nd|rd|th)$/, "", w)
        sub(/[A-Za-z]+$/, "", w) # 3x, 10k, 5s
    }
    if (w !~ /^[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$/)
        return
    if (before ~ /^([Ee]q|[Ee]qs|[Ee]quations?|[Ss]ections?|[Cc]hapters?|[Ff]igures?|[Ff]ig|[Tt]ables?|[Pp]ages?|p|pp|[Ff]ootnotes?|[Tt]ask|[Vv]ersion|[Ss]tep)\.?$/) {
        if (before ~ /^[Ee]q/ && w ~ /\./ && !is_tag(w))
            print chapter ": line " line ": there is no equation " w
        kept = 1
        return
    }
    if (w ~ /^[0-9]+$/ && (w + 0 <= 20 || (as == "" && w + 0 >= 1600 && w + 0 <= 2039)))
        return
    look(w, minus, percent, as == "" ? w : as)
}

function text(s,    n, w, k) {
    gsub(/[*_]*\*\*[*_]*/, " ", s)
    # "1 / 2" and "| cells |" are words too
    gsub(/\|/, " ", s)
    n = split(s, w, /[ \t]+/)
    before = ""
    for (k = 1; k <= n; k++) {
        following = w[k + 1]
        kept = 0
        word(w[k])
        # "sections 8.2 to 8.4", "chapters 2, 3 and 7": the name goes for all of them
        if (!kept && !(w[k] ~ /^(to|and|or|,)$/ && before != "")) {
            before = w[k]
            gsub(/^[^A-Za-z]+/, "", before)
        }
    }
}

# In a formula only numbers with a point; 3.1 \cdot 10^{-9} is one number.
function formula(s,    x, e, minus) {
    gsub(/\{,\}|\\,|\\!/, "", s)
    while (match(s, /[0-9]+\.[0-9]+/)) {
        x = substr(s, RSTART, RLENGTH)
        minus = substr(s, 1, RSTART - 1) ~ /(^|[=({,] *|\\approx *|&) *-$/
        s = substr(s, RSTART + RLENGTH)
        if (match(s, /^ *\\(cdot|times) *10\^(\{-?[0-9]+\}|[0-9])/)) {
            e = substr(s, RSTART, RLENGTH)
            s = substr(s, RSTART + RLENGTH)
            sub(/.*\^/, "", e)
            gsub(/[{}]/, "", e)
            x = x "e" e
        }
        look(x, minus, 0, x)
    }
}

BEGIN {
    CONVFMT = "%.17g" # 16.576307 and 16.5763 are two numbers
    while ((getline t <tags) > 0) {
        tag[t] = 1
        sub(/\..*/, "", t)
        numbered[t] = 1
    }
}

FILENAME == ARGV[1] {
    part_[++parts] = $0
    next
}

FILENAME == ARGV[3] {
    if (sub(/.*"values":\[/, "") || (sub(/.*"slope":/, "") && sub(/,.*/, "")))
        collect($0, 0)
    next
}

{
    collect($0, 1)
}

END {
    for (k = 1; k <= parts; k++) {
        split(part_[k], field, "\t")
        if (field[1] == "escape") {
            escape[field[3]] = field[2]
            escapes++
        }
    }
    for (k = 1; k <= parts; k++) {
        split(part_[k], field, "\t")
        line = field[2]
        if (field[1] == "heading")
            sources = field[3] == "Sources"
        else if (field[1] == "text" && !sources)
            text(field[3])
        else if (field[1] == "formula" && !sources)
            formula(field[3])
    }
    for (x in escape)
        if (!(x in used))
            print chapter ": line " escape[x] ": " x " is listed in <!-- numbers --> and is not on the page"
}
