# SPDX-License-Identifier: MIT
# The papers in the transcript of a chapter, as show_paper prints them; those of one source and one
# source after the other stand together. Fails where there is none.
/^  [^ ]/ { source = substr($0, 3) }
/^          the paper: / {
    if (source != last)
        printf "\n%s (chapter %d)\n", source, chapter
    last = source
    split(before, part, " = ")
    quantity = before
    sub(/ = [^=]*$/, "", quantity)
    value = before
    sub(/.* = /, "", value)
    sub(/^ +/, "", quantity)
    says = substr($0, 22)
    seeds = ""
    found++
    open = 1
}
open && /^          [0-9]+ seeds: / { seeds = substr($0, 11) }
open && /^          (matches|misses) / {
    printf "  %s\n", quantity
    printf "    paper    %s\n", says
    printf "    here     %s\n", value
    if (seeds != "")
        printf "             %s\n", seeds
    sub(/^ +/, "")
    sub(/ /, "  ")
    sub(/^misses  /, "misses   ")
    printf "    %s\n", $0
    open = 0
}
{ before = $0 }
END {
    if (!found)
        print "papers: chapter " chapter " shows no paper" >"/dev/stderr"
    exit !found
}
