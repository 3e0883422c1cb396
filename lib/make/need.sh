#!/bin/sh
# SPDX-License-Identifier: MIT
#
# need.sh TOOL...: ends well where all are there; otherwise names those that are not.
set -u
. "$(dirname "$0")/tools.sh"
missing=
for tool; do
    present "$tool" || missing="$missing $tool"
done
[ -z "$missing" ] && exit 0
developer=
for tool in $missing; do
    case " $COURSE_TOOLS " in
    *" $tool "*) ;;
    *) developer=-dev ;;
    esac
done
echo "missing:$missing; type \`make deps$developer\`" >&2
exit 1
