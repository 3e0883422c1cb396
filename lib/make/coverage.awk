# SPDX-License-Identifier: MIT
# What the checks executed of the backward functions, from what `gcov -b -c -t` says. Before that
# come the list of backward.awk and a line @counts.
# For each function a line that verify.awk reads:
#
#     @covered FILE NAME LINES-EXECUTED LINES BRANCHES-TAKEN BRANCHES
#     @missed FILE NAME LINE-NUMBER never|WAYS-NEVER-TAKEN TEXT
#
# A branch is a way that a condition can go: of if, ?:, && and || both, of a loop another round
# and the end, of a switch each case.

/^@counts/ {
    counts = 1
    next
}

!counts { # the list
    n++
    file[n] = $1
    first[n] = $2
    name[n] = $3
    next
}

match($0, /^ *-: *0:Source:/) {
    source = substr($0, RSTART + RLENGTH)
    current = 0
    next
}

/^function / {
    current = 0
    for (k = 1; k <= n; k++)
        if (name[k] == $2 && file[k] == source)
            current = k
    next
}

!current { next }

# branch  0 taken 12 (fallthrough); branch  0 never executed
/^branch / {
    branches[current, at]++
    if ($3 == "taken" && $4 + 0 > 0)
        taken[current, at]++
    next
}

/^(call|unconditional) / { next }

# COUNT:LINE:TEXT, where COUNT is - without code, ##### without an execution.
match($0, /^ *[^: ]+: *[0-9]+:/) {
    split($0, part, ":")
    gsub(/ /, "", part[1])
    at = part[2] + 0
    if (part[1] == "-")
        next
    if (!((current, at) in code)) {
        code[current, at] = ++lines[current]
        line[current, lines[current]] = at
        text[current, at] = substr($0, RLENGTH + 1)
    }
    if (part[1] !~ /^[#=]/)
        executed[current, at] = 1
}

function missed(what) {
    gsub(/^ +| *\/\* \([0-9a-z.]+\) \*\/ *$/, "", text[k, at])
    print "@missed", file[k], name[k], at, what, text[k, at]
}

END {
    for (k = 1; k <= n; k++) {
        done = ways = gone = 0
        for (i = 1; i <= lines[k]; i++) {
            at = line[k, i]
            if (!((k, at) in executed)) {
                missed("never")
                ways += branches[k, at]
                continue
            }
            done++
            ways += branches[k, at]
            gone += taken[k, at]
            if (taken[k, at] < branches[k, at])
                missed(branches[k, at] - taken[k, at])
        }
        if (!lines[k]) { # nothing calls it: the compiler left it out
            lines[k] = 1
            at = first[k]
            text[k, at] = name[k]
            missed("never")
        }
        print "@covered", file[k], name[k], done, lines[k], gone + 0, ways + 0
    }
}
