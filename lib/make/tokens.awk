# SPDX-License-Identifier: MIT
# Every change of one token in the backward functions of a source:
#     awk -v functions='LINE NAME ...' -f lib/make/tokens.awk FILE
# prints a line for each, separated by tabs: NAME, LINE, offset in the file (from 1), length
# of what is taken out, what comes in its place, the line before, the line after, what kind
# of change. What does not compile is for the compiler to say.
#
#     + - * / and their like exchanged        += to =, = to +=, -= to +=
#     a comparison with or without equality   an index one less, one more
#     a constant 0 for 1, 1 for 0, n for n+1  a factor, a divisor or a sign left out
#     another index or array of the function  two neighbours in an argument list exchanged

{ text = text $0 "\n" }

function blank(s,    n) {
    n = length(s)
    s = ""
    while (n-- > 0)
        s = s " "
    return s
}

# Comments become blanks of the same length; newlines stay.
function strip(s,    out, at, part, line, k, n) {
    out = ""
    while ((at = index(s, "/*"))) {
        out = out substr(s, 1, at - 1)
        s = substr(s, at)
        k = index(substr(s, 3), "*/")
        part = substr(s, 1, k + 3)
        s = substr(s, k + 4)
        n = split(part, line, "\n")
        for (k = 1; k <= n; k++)
            out = out (k > 1 ? "\n" : "") blank(line[k])
    }
    return out s
}

function squeeze(s) {
    gsub(/[ \t\n]+/, " ", s)
    sub(/^ /, "", s)
    sub(/ $/, "", s)
    return s
}

# The line of a text in which an offset lies.
function line_at(s, at,    from, to) {
    for (from = at; from > 1 && substr(s, from - 1, 1) != "\n"; from--)
        ;
    to = index(substr(s, at), "\n")
    return squeeze(substr(s, from, at + to - 1 - from))
}

function mutant(at, len, new, kind,    local, from, before, after) {
    gsub(/[ \t]*\n[ \t]*/, " ", new) # (a change is a line of the list)
    # (a window of the text is enough, and quicker)
    from = at > 400 ? at - 400 : 1
    local = substr(code, from, 1000)
    before = line_at(local, at - from + 1)
    after = line_at(substr(local, 1, at - from) new substr(local, at - from + 1 + len), \
        at - from + 1)
    # (a factor is left out from either side)
    if (!seen[name, line_of(at), after]++)
        printf "%s\t%d\t%d\t%d\t%s\t%s\t%s\t%s\n", name, line_of(at), at, len, new, \
            before, after, kind
}

function line_of(at,    s) {
    s = substr(code, 1, at)
    return gsub(/\n/, "", s) + 1
}

# The last token of the operand that begins at k: casts, a name or a group, what follows it.
function operand_end(k,    e) {
    while (tok[k] == "-" || tok[k] == "!")
        k++
    for (;;) {
        e = tok[k] == "(" ? partner[k] : k
        if (tok[k] == "(" && (tok[e + 1] ~ /^[A-Za-z0-9_]/ || tok[e + 1] == "(") && e == k + 2) {
            k = e + 1 # a cast
            continue
        }
        break
    }
    while (tok[e + 1] == "[" || tok[e + 1] == "(" || tok[e + 1] == "." || tok[e + 1] == "->")
        e = tok[e + 1] == "[" || tok[e + 1] == "(" ? partner[e + 1] : e + 2
    return e
}

# The first token of the operand that ends at k.
function operand_start(k) {
    while (tok[k] == "]" || (tok[k] == ")" && tok[partner[k] - 1] ~ /^[A-Za-z_]/))
        k = partner[k] - 1
    if (tok[k] == ")")
        return partner[k]
    while (tok[k - 1] == "." || tok[k - 1] == "->")
        k -= 2
    return k
}

function cut(from, to, kind) {
    mutant(pos[from], pos[to] + length(tok[to]) - pos[from], "", kind)
}

function put(k, new, kind) {
    mutant(pos[k], length(tok[k]), new, kind)
}

function swap(a, b, kind) {
    mutant(pos[a], pos[b] + length(tok[b]) - pos[a], \
        tok[b] substr(code, pos[a] + length(tok[a]), pos[b] - pos[a] - length(tok[a])) tok[a], kind)
}

function binary(k) {
    return tok[k - 1] ~ /^[A-Za-z0-9_.]/ && tok[k - 1] !~ /^(return|case)$/ || tok[k - 1] == ")" && \
        !(partner[k - 1] == k - 3 && tok[k - 2] ~ /^(real|double|int|float)$/) || tok[k - 1] == "]"
}

function tokens(from, to,    s, at, n, t, depth, open) {
    count = depth = 0
    at = from
    s = substr(code, from, to - from)
    while (s != "") {
        if (match(s, /^[ \t\n]+/)) {
            at += RLENGTH
            s = substr(s, RLENGTH + 1)
            continue
        }
        if (!match(s, /^([A-Za-z_][A-Za-z0-9_]*|[0-9]+\.?[0-9]*([eE][-+]?[0-9]+)?|\.[0-9]+|"[^"]*"|->|\+\+|--|[-+*\/<>=!]=|&&|\|\||.)/))
            break
        t = substr(s, 1, RLENGTH)
        tok[++count] = t
        pos[count] = at
        at += RLENGTH
        s = substr(s, RLENGTH + 1)
        if (t == "(" || t == "[")
            open[++depth] = count
        if (t == ")" || t == "]") {
            partner[count] = open[depth]
            partner[open[depth]] = count
            depth--
        }
    }
    tok[count + 1] = tok[count + 2] = ""
}

function mutate(    k, t, e, i, other) {
    split("", indices)
    split("", arrays)
    for (k = 1; k <= count; k++) {
        if (tok[k] ~ /^[a-z_]/ && tok[k - 1] == "[" && tok[k + 1] == "]")
            indices[tok[k]] = 1
        if (tok[k] ~ /^[a-z_]/ && tok[k + 1] == "[")
            arrays[tok[k]] = 1
    }
    for (k = 1; k <= count; k++) {
        t = tok[k]
        if ((t == "+" || t == "-") && binary(k))
            put(k, t == "+" ? "-" : "+", "sign")
        else if (t == "-")
            put(k, "", "sign")
        else if ((t == "*" || t == "/") && binary(k)) {
            put(k, t == "*" ? "/" : "*", "product")
            cut(k, operand_end(k + 1), "factor")
            if (t == "*")
                cut(operand_start(k - 1), k, "factor")
        } else if (t ~ /^[-+*\/]=$/) {
            put(k, "=", "assignment")
            if (t != "=")
                put(k, t == "+=" ? "-=" : t == "-=" ? "+=" : t == "*=" ? "/=" : "*=", "assignment")
        } else if (t == "=")
            put(k, "+=", "assignment")
        else if (t == "<" || t == ">")
            put(k, t "=", "comparison")
        else if (t == "<=" || t == ">=")
            put(k, substr(t, 1, 1), "comparison")
        else if (t == "==" || t == "!=")
            put(k, t == "==" ? "!=" : "==", "comparison")
        else if (t == "&&" || t == "||")
            put(k, t == "&&" ? "||" : "&&", "comparison")
        else if (t == "!")
            put(k, "", "comparison")
        else if (t == "++" || t == "--")
            put(k, t == "++" ? "--" : "++", "index")
        else if (t ~ /^[0-9.]/ && t !~ /^\.$/)
            put(k, t == "0" ? "1" : t == "1" ? "0" : "(" t " + 1)", "constant")
        else if (t ~ /^[A-Za-z_]/) {
            if (tok[k - 1] == "[" && tok[k + 1] == "]" && t ~ /^[a-z_]/) {
                put(k, t " - 1", "index")
                put(k, t " + 1", "index")
                for (other in indices)
                    if (other != t)
                        put(k, other, "index")
                if (tok[k + 2] == "[" && tok[k + 3] ~ /^[a-z_]/ && tok[k + 4] == "]" && \
                    tok[k + 3] != t)
                    swap(k, k + 3, "neighbours")
            }
            # (a declaration has a type before its name)
            if (t in arrays && tok[k + 1] == "[" && tok[k - 1] !~ /^(real|double|float|int|,)$/)
                for (other in arrays)
                    if (other != t)
                        put(k, other, "array")
            # in an argument list
            if (tok[k + 1] == "," && tok[k + 2] ~ /^[A-Za-z_]/ && t != tok[k + 2] && \
                (tok[k - 1] == "(" || tok[k - 1] == ",") && \
                (tok[k + 3] == "," || tok[k + 3] == ")") && \
                (t ~ /^[A-Z]/) == (tok[k + 2] ~ /^[A-Z]/))
                swap(k, k + 2, "neighbours")
        }
    }
}

END {
    code = strip(text)
    n = split(functions, f, " ")
    for (i = 1; i < n; i += 2) {
        name = f[i + 1]
        rest = code
        at = 1
        for (k = 1; k < f[i]; k++) {
            e = index(rest, "\n")
            at += e
            rest = substr(rest, e + 1)
        }
        from = index(rest, "{")
        to = index(substr(rest, from), "\n}")
        tokens(at + from, at + from + to - 2)
        mutate()
    }
}
