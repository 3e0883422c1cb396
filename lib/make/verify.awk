# SPDX-License-Identifier: MIT
# Joins what `--verify --format json` said of each chapter, twice (double, complex), into
# one table; or, with how=detail, one line a tensor. verify.sh adds lines that begin with
# @: which chapter, how its program ended, what time it took.
#
# A check passes where its verdict is the expected one. Beside the checks that fail these
# fail too: a program that crashed or printed no check; an exit status that says other
# than the checks; a tensor checked by finite differences only, or by complex step only.
# (A demonstration, which expects "undecided" or "disagrees", needs no partner, and its
# error is in no column.) And where the runs were counted, a backward function fails of
# which the checks left a line or a way of a condition out: what no check executed is not
# verified. The lines @covered and @missed are those of coverage.awk; after @lent come
# the functions that stand in a folder without a program.

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

# The same of an error that is rounding: one digit.
function rounding(error) {
    return error == "" ? "-" : error ~ /[NI]/ ? substr(error, 1, 3) : sprintf("%.0e", error)
}

# Whole per cent; 100 only where nothing is missing.
function share(done, all) {
    return int(100 * done / all) "%"
}

# The column of a chapter, or of what chapters lend.
function coverage() {
    return all_points ? share(points, all_points) : measured == "" && own() ? "n/m" : "-"
}

# Whether the chapter has backward functions of its own.
function own() {
    return index(" " counted, " chapters/" chapter "/")
}

function base(path) {
    sub(/.*\//, "", path)
    return path
}

function folder(path) {
    sub(/\/[^\/]*$/, "", path)
    return base(path)
}

# The row of a folder without a program.
function lend() {
    if (lent && all_points)
        line[++lines] = sprintf("%-21s%47s%7s", chapter, coverage(),
            chapter_failed ? "FAILED" : "passed")
    points = all_points = chapter_failed = 0
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
    rows = functions = points = all_points = 0
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
        show_functions()
    } else
        line[++lines] = sprintf("%-21s%4d%6d%8s%5s%6s%7s%6s%5s%7s%5.2f", chapter, tensors,
            entries, show(differences), digits == "" ? "-" : sprintf("%.1f", digits),
            rounding(complex), slope == "" ? "-" : slope, rounding(second), coverage(),
            chapter_failed ? "FAILED" : "passed", spent)
    split("", step)
    split("", judged)
    all_tensors += tensors
    all_entries += entries
    all_spent += spent
}

# Each backward function, with the lines that no check executed.
function show_functions(    k) {
    if (!functions)
        return
    printf "\n%-50s%10s%10s%9s\n", "backward functions", "lines", "branches",
        "executed"
    for (k = 1; k <= functions; k++)
        print "  " called[k]
}

BEGIN { CONVFMT = "%.17g" }

/^@lent/ {
    lent = 1
    if (how != "detail") {
        end_chapter()
        started = points = all_points = chapter_failed = 0
    }
    next
}

# (In detail only one chapter has run: there what is lent is shown, and not judged.)
/^@covered / {
    done = $4 + $6
    all = $5 + $7
    if (how == "detail" && !(lent && done == 0)) {
        called[++functions] = sprintf("%-48s%10s%10s%9s", \
            $3 " (" (lent ? folder($2) "/" : "") base($2) ")", $4 " of " $5, $6 " of " $7, \
            share(done, all))
        for (k = 1; k <= missed_here && !lent; k++)
            called[functions] = called[functions] "\n    " missed[k]
    }
    rest = ""
    for (k = 1; k <= missed_here && lent && how != "detail"; k++)
        rest = rest "\n    " missed[k]
    missed_here = 0
    if (lent && how == "detail")
        next
    if (lent && folder($2) != chapter) {
        lend()
        chapter = folder($2)
    }
    points += done
    all_points += all
    every_done += done
    every += all
    if (done < all)
        problem($3 ": the checks executed " share(done, all) " of it" \
            (how == "detail" || lent ? rest : " (make verify CH=" chapter + 0 ")"))
    next
}

/^@missed / {
    what = $0
    sub(/^@missed [^ ]+ [^ ]+ [^ ]+ [^ ]+ /, "", what)
    missed[++missed_here] = substr(base($2) ":" $4 ($5 == "never" ? " never executed: " \
        : " " $5 ($5 == 1 ? " branch" : " branches") " never taken: ") what, 1, 76)
    next
}

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
        lend()
        printf "%-21s%10s%11s%8s%7s%6s\n", "", "", "differences", "complex", "Taylor", "2nd"
        printf "%-21s%4s%6s%8s%5s%6s%7s%6s%5s%8s%4s\n", "chapter", "tens", "entr", "error",
            "dig.", "step", "slope", "way", "cov.", "verdict", "sec"
        for (k = 1; k <= lines; k++)
            print line[k]
        printf "%-21s%4d%6d%37s%12.2f\n", "", all_tensors, all_entries,
            every ? share(every_done, every) : "", all_spent
        print "\nTensors and their entries; the largest error, relative to the largest of its" \
            "\ntensor; the fewest digits that agree; the smallest slope; coverage: how much of" \
            "\nthe backward functions, lines and branches, the checks executed; processor time."
    }
    if (measured == "" && counted != "") {
        print "\n" (how == "detail" ? "Coverage" : "n/m: coverage") \
            " of the backward functions not measured: " (why == "" ? "not asked for" : why)
        if (required == "required") {
            chapter = "coverage"
            problem("not measured, and COVERAGE=required")
        }
    }
    for (k = 1; k <= nproblems; k++)
        print (k == 1 ? "\n" : "") "FAILED " problems[k]
    printf "\n%d passed, %d failed\n", passed, failed
    exit failed > 0 || passed == 0
}
