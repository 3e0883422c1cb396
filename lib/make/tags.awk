# SPDX-License-Identifier: MIT
# Puts the equation tags of C lines, /* (8.3) */, where they end in column 80: clang-format
# pulls them to the code.
match($0, / *\/\* \([0-9]+\.[0-9]+[a-z]?\) \*\/$/) && RSTART > 1 {
    code = substr($0, 1, RSTART - 1)
    tag = substr($0, RSTART)
    sub(/^ */, "", tag)
    fill = 80 - length(code) - length(tag)
    if (fill < 1)
        fill = 1
    printf "%s%*s%s\n", code, fill, "", tag
    next
}
{ print }
