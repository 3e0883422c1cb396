# SPDX-License-Identifier: MIT
# The table of mutants.sh, from a line for each patch: chapter, bug, caught by, first
# tensor that fails, what the explanations name (with commas), what the patch expects,
# why it failed.
{
    chapter[NR] = $1
    bug[NR] = $2
    caught[NR] = $3
    tensor[NR] = $4
    names[NR] = $5
    expected[NR] = $6
    reason[NR] = $7
}

# The name to show: the expected one where some check gives it, or the first.
function named(k,    part) {
    if (names[k] == "")
        return "none"
    if (index("," names[k] ",", "," expected[k] ","))
        return expected[k]
    split(names[k], part, ",")
    return part[1] == "none" && part[2] != "" ? part[2] : part[1]
}

function row(a, b, c, d, e) {
    printf "%-3s%-34s%-8s%-10s%s\n", a, substr(b, 1, 33), c, substr(d, 1, 9), substr(e, 1, 25)
}

END {
    row("ch", "bug", "caught", "tensor", "named / expected")
    for (k = 1; k <= NR; k++) {
        name = named(k)
        if (reason[k] == "" && expected[k] == "")
            reason[k] = "has no line \"Mistake: ...\""
        if (reason[k] == "" && expected[k] == "none")
            reason[k] = "expects no name: a check must name the mistake"
        right += name == expected[k]
        if (reason[k] == "" && name != expected[k] && ENVIRON["NAMING"] != "report")
            reason[k] = "is named \"" name "\" and not \"" expected[k] "\""
        row(substr(chapter[k], 1, 2), bug[k], caught[k] == "" ? "-" : caught[k],
            tensor[k] == "" ? "-" : tensor[k],
            name == expected[k] ? name : name " / " expected[k])
        if (reason[k] == "")
            passed++
        else {
            failed++
            said = said "FAILED " chapter[k] ", " bug[k] ": " reason[k] "\n"
        }
    }
    printf "\n%d of %d are named as their patch says.\n", right, NR
    while ((getline line <unfit) > 0) {
        said = said line "\n"
        failed++
    }
    if (said != "")
        printf "\n%s", said
    printf "\n%d passed, %d failed\n", passed, failed
    exit failed > 0 || passed == 0
}
