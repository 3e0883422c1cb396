# SPDX-License-Identifier: MIT
# What the checks executed of the backward functions, from what `gcov -b -c -t` says of the
# double build and then of the complex build. Before them comes the list of backward.awk.
# For each function a line that verify.awk reads:
#
#     @covered FILE NAME LINES-EXECUTED LINES BRANCHES-TAKEN BRANCHES
#     @missed FILE NAME LINE-NUMBER never|WAYS-NEVER-TAKEN TEXT
#
# A line counts as executed where either build executed it. A branch is a way that a
# condition can go: of if, ?:, && and || both, of a loop another round and the end, of a
# switch each case. The double build says which there are (some compilers add ways of their
# own to complex products); where the complex build has as many on a line, what it took
# counts too.

/^@build / {
    build = $2
    current = 0
    next
}

!build { # the list
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
    b = ++branches[build, current, at]
    if ($3 == "taken" && $4 + 0 > 0)
        taken[build, current, at, b] = 1
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
                ways += branches["double", k, at]
                continue
            }
            done++
            here = 0
            for (b = 1; b <= branches["double", k, at]; b++)
                if (taken["double", k, at, b] || taken["complex", k, at, b] &&
                    branches["complex", k, at] == branches["double", k, at])
                    here++
            ways += branches["double", k, at]
            gone += here
            if (here < branches["double", k, at])
                missed(branches["double", k, at] - here)
        }
        if (!lines[k]) { # nothing calls it: the compiler left it out
            lines[k] = 1
            at = first[k]
            text[k, at] = name[k]
            missed("never")
        }
        print "@covered", file[k], name[k], done, lines[k], gone, ways + 0
    }
}
