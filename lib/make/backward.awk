# SPDX-License-Identifier: MIT
# The backward functions that the sources named on the command line define, a line each:
# FILE LINE NAME. They are known by their names: *_backward, *_truncated and *_rtrl, or one
# of these words with something before and after it (cross_entropy_dense_backward,
# rnn_backward_truncated). A function that takes a show or a program only shows a gradient
# or checks it, and what stands in checks.c is a check itself: those are none.
FILENAME ~ /(^|\/)checks\.c$/ { next }

/^[a-z][a-z0-9_ *]*\(/ {
    name = $0
    sub(/\(.*/, "", name)
    sub(/.*[ *]/, "", name)
    if (name !~ /(^|_)(backward|truncated|rtrl)$/ && name !~ /_(backward|truncated|rtrl)_/)
        next
    head = $0
    line = FNR
    while (head !~ /[;{]/ && (getline more) > 0)
        head = head " " more
    if (head !~ /\((const )?(show|program) \*/ && head ~ /^[^;]*\{/)
        print FILENAME, line, name
}
