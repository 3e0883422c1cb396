# SPDX-License-Identifier: MIT
# What the checks of a broken program say, beside those of the right one. Reads the broken
# program's --verify as JSON, then the right one's as text, then the broken one's as text.
# Line k of the checks is the same in all three.
function get(key,    at, rest) {
    at = index($0, "\"" key "\":\"")
    if (!at)
        return ""
    rest = substr($0, at + length(key) + 4)
    return substr(rest, 1, index(rest, "\"") - 1)
}

FNR == 1 { file++ }

file == 1 && /^\{"type":"check"/ {
    n++
    fails[n] = /"passed":false/
    taylor[n] = /"method":"Taylor"/
    name[n] = get("mistake")
    if (name[n] == "" && get("cause") ~ /^complex step and differences disagree/)
        name[n] = "not analytic"
    why[n] = get("why")
    tensor[n] = get("tensor")
    group[n] = get("group")
    if (fails[n])
        count++
}

# A check is a line that ends in its verdict; what it has to say stands below it.
file > 1 && /^  .*[^ ]  +(agrees|disagrees|undecided|zero)( [^ ].*)?$/ && length($0) > 56 {
    k[file]++
    row[file, k[file]] = $0
    open = 1
    next
}
file > 1 && /^          / && open {
    if (file == 3)
        below[k[3]] = below[k[3]] $0 "\n"
    next
}
file > 1 { open = 0 }

function tell(i) {
    told[i] = 1
    printf "%s    %s\n", shown++ ? "\n" : "", (taylor[i] || group[i] == "" ? "" : group[i] ", ") \
        tensor[i] (taylor[i] ? ", the Taylor test" : "")
    print "right " substr(row[2, i], 2)
    print "broken" substr(row[3, i], 2)
    printf "%s", below[i]
    if (why[i] != "" && !index(below[i], substr(why[i], 1, 30)))
        wrap(why[i])
}

function wrap(text,    part, n, i, line) {
    n = split(text, part, " ")
    for (i = 1; i <= n; i++) {
        if (line != "" && length(line " " part[i]) > 70) {
            print "          " line
            line = ""
        }
        line = line (line == "" ? "" : " ") part[i]
    }
    print "          " line
}

END {
    if (k[2] != n || k[3] != n) {
        print "break: the programs show " k[2] + 0 " and " k[3] + 0 " checks, of " n + 0
        exit 1
    }
    # First what is named as expected, then the other tensors, then Taylor tests; three at most.
    for (pass = 1; pass <= 3; pass++)
        for (i = 1; i <= n && shown < 3; i++)
            if (fails[i] && !(i in told) && (pass > 2 || !taylor[i]) &&
                (pass > 1 || name[i] == expected))
                tell(i)
    more = count - shown
    printf "\n    %d of %d checks fail%s\n", count, n, (more ? "; " more " are not shown" : "")
}
