#!/bin/sh
# SPDX-License-Identifier: MIT
#
# command.sh CHAPTER: the one compiler command that stands at the top of its main.c; on
# one line there, or on several that end in a backslash.
sed -n '1,20{
    s/^[ /*]*cc -std/cc -std/
    /^cc -std/{
        :more
        /\\$/{
            N
            s/ *\\\n[ /*]*/ /
            b more
        }
        s/ *\*\/ *$//
        p
        q
    }
}' "chapters/$1/main.c"
