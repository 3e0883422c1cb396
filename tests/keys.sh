#!/bin/sh
# SPDX-License-Identifier: MIT
# What the programs print against reference values that were computed elsewhere, at
# higher precision (tests/reference/expected.tsv). tests/keys.tsv says where each value
# stands in the program's JSON; its first line names the columns, separated by tabs:
#   key  chapter  eq ("-": any)  name  index (from 0)  section (3.2; empty: any)
# Every value so named must agree: to 1e-12 of it, and where it is zero to 1e-14.
# It reads what the programs print without their experiments: `make samples`.
. lib/make/testing.sh

# The rows of the table, their columns in one order.
tables=$(ls tests/keys.tsv 2>/dev/null)
[ -n "$tables" ] && awk -F '\t' -v OFS='\t' '
    FNR == 1 {
        split("", column)
        for (k = 1; k <= NF; k++)
            column[$k] = k
        if (!("key" in column)) {
            print FILENAME ": the first line names no column \"key\""
            exit
        }
        next
    }
    NF && !/^#/ {
        print $column["key"], $column["chapter"], "eq" in column ? $column["eq"] : "-",
            $column["name"], $column["index"], "section" in column ? $column["section"] : ""
    }' $tables | sort -u >"$tmp/keys"

: >"$tmp/values"
for chapter in $(cut -f 2 "$tmp/keys" | sort -u); do
    if [ -s "$BUILD/sample/$chapter.json" ]; then
        sed "s/^/$chapter	/" "$BUILD/sample/$chapter.json" >>"$tmp/values"
    else
        not_ok "$chapter has keys; there is no $BUILD/sample/$chapter.json"
    fi
done

awk -F '\t' '
    function field(key,    at, rest) {
        at = index($0, "\"" key "\":")
        rest = substr($0, at + length(key) + 3)
        if (rest ~ /^"/) {
            match(rest, /^"([^"\\]|\\.)*"/)
            return substr(rest, 2, RLENGTH - 2)
        }
        if (rest ~ /^\[/) {
            match(rest, /\]/)
            return substr(rest, 2, RSTART - 2)
        }
        match(rest, /[,}]/)
        return substr(rest, 1, RSTART - 1)
    }
    function fail(text) {
        print "FAILED: " text
        failed++
    }
    BEGIN {
        CONVFMT = OFMT = "%.17g"
    }
    FILENAME ~ /expected.tsv$/ {
        if ($0 !~ /^#/ && $1 != "key")
            expected[$1] = $2
        next
    }
    FILENAME ~ /keys$/ {
        if ($5 !~ /^[0-9]+$/)
            fail("a row of the table without an index: " $0)
        else if (!($1 in expected))
            fail($1 ": there is no such reference value")
        else {
            rows++
            key[rows] = $1; eq[rows] = $3; at[rows] = $5; section[rows] = $6
            where[$2, $4] = where[$2, $4] " " rows
            label[rows] = $1 " (" $2 ", " ($3 ~ /^-?$/ ? "" : "eq. " $3 ", ") $4 "[" $5 "]" \
                ($6 ~ /^-?$/ ? "" : ", section " $6) ")"
            listed[$1] = 1
        }
        next
    }
    /"type":"section"/ { open = field("section") }
    /"type":"value"/ && (($1, field("name")) in where) {
        n = split(where[$1, field("name")], row, " ")
        count = split(field("values"), value, ",")
        for (k = 1; k <= n; k++) {
            r = row[k]
            if ((eq[r] !~ /^-?$/ && eq[r] != field("eq")) || (section[r] !~ /^-?$/ && section[r] != open))
                continue
            found[r]++
            got = at[r] < count ? value[at[r] + 1] : "nothing"
            want = expected[key[r]]
            error = got - want
            if (error < 0) error = -error
            size = want < 0 ? -want : want + 0
            if (got !~ /^-?[0-9]/ || !(error <= (size > 0 ? 1e-12 * size : 1e-14))) {
                fail(label[r] ": got " got ", wanted " want)
                wrong[r] = 1
            }
        }
    }
    END {
        for (r = 1; r <= rows; r++)
            if (!found[r])
                fail(label[r] ": is not printed")
            else if (!wrong[r]) {
                passed++
                print "ok: " label[r]
            }
        for (k in expected)
            if (!(k in listed))
                fail(k ": no row of tests/keys.tsv says where it is printed")
        print passed + 0, failed + 0
    }' tests/reference/expected.tsv "$tmp/keys" "$tmp/values" >"$tmp/result"
sed '$d' "$tmp/result" | sort
read -r more bad <<END
$(tail -n 1 "$tmp/result")
END
passed=$((passed + more))
failed=$((failed + bad))
finish
