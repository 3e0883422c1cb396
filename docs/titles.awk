# SPDX-License-Identifier: MIT
#
# One line for each page of a chapter, fields separated by tabs:
#     page  id  number  title  summary  part
# and, into the file `sections`, one for each of its sections: id  anchor  heading.
# The title is the page's first heading without its number; the summary is the first
# sentence of the first paragraph.

function part(n) {
    return n <= 5 ? "I The tools" : n <= 10 ? "II Feedback in time" : \
        n <= 15 ? "III Feedback in depth" : "IV Large models, in small"
}

function slug(s) {
    s = tolower(s)
    gsub(/[!-,.\/:-@\[-^`{-~]/, "", s)
    gsub(/ /, "-", s)
    return s
}

function put() {
    if (page == "")
        return
    if (title == "" || summary == "") {
        print page ": expected a title (# 8. Title) and a first paragraph" >"/dev/stderr"
        failed = 1
        exit 1
    }
    if (match(summary, /[.:!?] /))
        summary = substr(summary, 1, RSTART)
    sub(/:$/, ".", summary)
    print page "\t" id "\t" number "\t" title "\t" summary "\t" part(number)
}

FNR == 1 {
    put()
    page = FILENAME
    id = page
    sub(/^chapters\//, "", id)
    sub(/\/README\.md$/, "", id)
    number = substr(id, 1, 2) + 0
    id = "chapter_" id
    title = summary = fence = ""
    done = 0
}

/^(```|~~~)/ {
    fence = fence == "" ? substr($0, 1, 3) : index($0, fence) == 1 ? "" : fence
    next
}

fence != "" {
    next
}

/^# / && title == "" {
    title = substr($0, 3)
    sub(/^[0-9]+\.? +/, "", title)
    next
}

/^## / {
    heading = substr($0, 4)
    print id "\t" id "-" slug(heading) "\t" heading >sections
    done = 1
    next
}

title != "" && !done {
    if ($0 ~ /[^ \t]/ && $0 !~ /^ *<!--/)
        summary = summary (summary == "" ? "" : " ") $0
    else if (summary != "")
        done = 1
}

END {
    if (failed)
        exit 1
    put()
}
