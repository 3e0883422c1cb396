#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Prints the map of the course: the chapters that are written, with their titles, and
# those that are not yet; then what to type next. From the root of the project.
set -u
printf '\nThe course\n'
next=
while read -r line; do
    case $line in
    [0-9][0-9]_*)
        number=${line%%_*}
        if [ -f "chapters/$line/main.c" ]; then
            title=$(sed -n 's/.*\.title = "\(.*\)".*/\1/p' "chapters/$line/main.c")
            printf '    %s  %s\n' "$number" "${title:-$line}"
            next=${next:-${number#0}}
        else
            name=$(echo "${line#*_}" | tr _ ' ')
            printf '    %s  (%s: not yet written)\n' "$number" "$name"
        fi
        ;;
    *) printf '  %s\n' "$line" ;;
    esac
done <lib/make/syllabus.txt
printf '\nNext:  make run CH=%-3s    run a chapter (build/NN_name --help: its options)\n' \
    "${next:-1}"
printf '       make verify       prove the gradients of every chapter\n'
printf '       make course       everything, with the plots and the pages\n'
printf '       make help         every goal\n'
