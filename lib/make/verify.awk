# SPDX-License-Identifier: MIT
# Joins what `--verify --format json` said of each chapter, twice (double, complex), into
# one table; or, with how=detail, one line a tensor. verify.sh adds lines that begin with
# @: which chapter, how its program ended, what time it took.
#
# A check passes where its verdict is the expected one. Beside the checks that fail these
# fail too: a program that crashed or printed no check; an exit status that says other
# than the checks; a tensor checked by finite differences only, or by complex step only.
# (A demonstration, which expects "undecided" or "disagrees", needs no partner, and its
# error is in no column.)

# The value of a key in a line of JSON: a string without its quotes, an array without its
# brackets, a number.
function get(key,    at, rest, end) {
    at = index($0, "\"" key "\":")
    if (!at)
        return ""
    rest = substr($0, at + length(key) + 3)
    if (substr(rest, 1, 1) == "[") {
        rest = substr(rest, 2)
        end = index(rest, "]")
    } else if (substr(rest, 1, 1) == "\"") {
        rest = substr(rest, 2)
        end = index(rest, "\"")
    } else
        end = match(rest, /[,}]/)
    return substr(rest, 1, end - 1)
}

# The larger error, as text; what is not finite is the largest.
function worse(a, b) {
    if (a == "" || b ~ /[NI]/)
        return b
    if (a ~ /[NI]/)
        return a
    return b + 0 > a + 0 ? b : a
}

function show(error) {
    return error == "" ? "-" : error ~ /[NI]/ ? error : sprintf("%.1e", error)
}

# Seconds of "1m2.50s".
function seconds(time,    part) {
    split(time, part, "m")
    return part[1] * 60 + part[2]
}

function problem(text) {
    problems[++nproblems] = chapter ": " text
    failed++
    chapter_failed++
}

# Notes that a tensor was checked in one way, and whether it needs the other.
function count(way, usual,    key) {
    key = tensor SUBSEP group SUBSEP get("eq") SUBSEP shape
    seen[key, way]++
    if (usual)
        needed[key] = 1
}

function start_chapter(name) {
    chapter = name
    program = 0
    chapter_failed = tensors = entries = spent = 0
    differences = complex = second = slope = digits = ""
    split("", needed)
    split("", seen)
    split("", row)
    rows = 0
    started = 1
    if (how == "detail") {
        printf "%s\n\n%-8s%-16s%-10s%-9s%-14s%-9s%s\n", chapter, "", "", "",
            "finite differences", "", "  complex step", ""
        printf "%-8s%-16s%-10s%-9s%-14s%-10s%s\n", "eq.", "tensor", "shape", "error",
            "digits", "error", "verdict"
    }
}

function end_chapter(    key, k) {
    if (!started)
        return
    for (key in needed)
        if (seen[key, "differences"] != seen[key, "complex"]) {
            split(key, part, SUBSEP)
            problem(part[1] (part[2] == "" ? "" : " (" part[2] ")") " has no check by " \
                (seen[key, "complex"] ? "finite differences" : "complex step"))
        }
    if (how == "detail") {
        for (k = 1; k <= rows; k++) {
            if (heading[k] != heading[k - 1] && heading[k] != "")
                print "\n  " heading[k]
            print row[k] (k in step ? sprintf("%-10s", step[k]) : sprintf("%-10s", "-")) judged[k]
        }
        printf "\n%d tensors, %d entries, %.2f seconds\n", tensors, entries, spent
    } else
        line[++lines] = sprintf("%-21s%4d%6d%8s%5s%8s%7s%8s%8s%5.2f", chapter, tensors,
            entries, show(differences), digits == "" ? "-" : sprintf("%.1f", digits),
            show(complex), slope == "" ? "-" : slope, show(second),
            chapter_failed ? "FAILED" : "passed", spent)
    split("", step)
    split("", judged)
    all_tensors += tensors
    all_entries += entries
    all_spent += spent
}

BEGIN { CONVFMT = "%.17g" }

/^@chapter / {
    end_chapter()
    start_chapter($2)
    next
}

/^@status / {
    kind = ++program == 1 ? "" : "complex/"
    if ($2 > 1)
        problem("build/" kind chapter " ended with exit status " $2)
    else if (!checks)
        problem("build/" kind chapter " printed no check")
    else if ($2 != (checks_failed > 0))
        problem("build/" kind chapter " has exit status " $2 ", and " checks_failed + 0 \
            " of its checks failed")
    checks = checks_failed = 0
    next
}

# What `times` prints: a line for the shell, a line for the program.
/^[0-9]+m[0-9.]+s / {
    if (++times % 2 == 0)
        spent += seconds($1) + seconds($2)
    next
}

/^\{"type":"check"/ {
    checks++
    method = get("method")
    tensor = get("tensor")
    group = get("group")
    shape = get("shape")
    expected = get("expected")
    verdict = get("verdict")
    relative = get("relative")
    gsub(/,/, "x", shape)
    if (verdict == expected && verdict != "")
        passed++
    else {
        checks_failed++
        problem(tensor ", " method ": " verdict ", expected " expected)
    }
    usual = expected == "agrees"
    pair = usual || expected == "zero"
    if (method == "finite differences") {
        tensors++
        entries += get("entries")
        count("differences", pair)
        if (usual) {
            differences = worse(differences, relative)
            if (digits == "" || !(get("digits") + 0 >= digits))
                digits = get("digits") + 0
        }
    } else if (method == "complex step") {
        count("complex", pair)
        if (usual)
            complex = worse(complex, relative)
    } else if (method == "Taylor") {
        if (slope == "" && get("linear") == "true")
            slope = "linear"
        else if (get("linear") == "false" && (slope == "" || slope == "linear" ||
                                              !(get("slope") + 0 >= slope + 0)))
            slope = sprintf("%.3f", get("slope"))
    } else if (usual)
        second = worse(second, relative)
    if (how != "detail")
        next

    # One line a tensor: the complex step is joined to the first line it fits.
    said = verdict (verdict == expected ? (usual ? "" : " (as expected)") \
                                        : " EXPECTED " expected)
    if (method == "complex step") {
        for (k = 1; k <= rows; k++)
            if (!(k in step) && named[k] == tensor SUBSEP group SUBSEP shape SUBSEP get("eq")) {
                step[k] = expected == "zero" ? "0" : show(relative)
                if (said != judged[k])
                    judged[k] = judged[k] "; " said
                next
            }
    }
    rows++
    named[rows] = method == "finite differences" ? tensor SUBSEP group SUBSEP shape \
        SUBSEP get("eq") : ""
    eq = get("eq")
    heading[rows] = group
    row[rows] = sprintf("%-8s%-15s %-10s", eq == "null" ? "" : "(" eq ")", tensor, shape)
    if (method == "finite differences")
        row[rows] = row[rows] sprintf("%-9s%-14s", usual ? show(relative) : "-",
            usual ? sprintf("%.1f of %.1f", get("digits"), get("possible")) : "-")
    else if (method == "Taylor") {
        row[rows] = row[rows] sprintf("%-23s", get("linear") == "true" ? "Taylor: linear" \
            : sprintf("Taylor: slope %.3f", get("slope")))
    } else if (method == "complex step") {
        row[rows] = row[rows] sprintf("%-23s", "")
        step[rows] = show(relative)
    } else
        row[rows] = row[rows] sprintf("%-23s", "2nd way: " show(relative))
    judged[rows] = said
}

END {
    end_chapter()
    if (how != "detail") {
        printf "%-21s%10s%13s%8s%7s%8s\n", "", "", "differences", "complex", "Taylor",
            "second"
        printf "%-21s%4s%6s%8s%5s%8s%7s%8s%8s%5s\n", "chapter", "tens", "entr", "error",
            "dig.", "step", "slope", "deriv.", "verdict", "sec"
        for (k = 1; k <= lines; k++)
            print line[k]
        printf "%-21s%4d%6d%49.2f\n", "", all_tensors, all_entries, all_spent
        print "\nTensors and their entries; the largest error, relative to the largest of its" \
            "\ntensor; the fewest digits that agree; the smallest slope; processor time."
    }
    for (k = 1; k <= nproblems; k++)
        print (k == 1 ? "\n" : "") "FAILED " problems[k]
    printf "\n%d passed, %d failed\n", passed, failed
    exit failed > 0 || passed == 0
}
