#!/bin/sh
# SPDX-License-Identifier: MIT
#
# tokens.sh CHAPTER: changes one token of a backward function at a time, in every way that
# tokens.awk knows, and runs --verify of both programs with it. A change is caught where one
# of them does not end with status 0 (a crash, and 20 seconds of processor time, are no 0).
# Not counted: what does not compile, and what the compiler turns into the same code. Where
# verify sees nothing it is run once more with all files of chapters under the sanitizers of
# the compiler, where it has them: a change that uses memory which is not its own is caught there.
# The survivors that change nothing are listed with the reason in tokens.txt, one a line:
#
#     CHAPTER FUNCTION :: THE LINE AS CHANGED :: REASON
#
# Any other survivor makes this fail, and so does a line of tokens.txt that is none. The
# programs and archives must have been built.
#
# tokens.sh --one N: change number N of $BUILD/tokens/CHAPTER/list; prints N and what came
# of it: double or complex (caught by that program), same, rejected, survived, or unlinked,
# which is no result and makes it fail.
# tokens.sh --again CHAPTER: tells once more what the last run found.
set -u
LC_ALL=C
export LC_ALL
root=$(pwd)
BUILD=${BUILD:-build}
case $BUILD in
/*) ;;
*) BUILD=$root/$BUILD ;;
esac
COMPILE=${COMPILE:-cc -std=gnu17 -I. -ffp-contract=off -O2}
LINK=${LINK:-cc}
LDLIBS=${LDLIBS:--lm}
known=${KNOWN:-lib/make/tokens.txt}
SANITIZE='-fsanitize=address,undefined,bounds -fno-sanitize-recover=all'

# compile KIND: the object of $file in this folder's tree, as $here/KIND.o.
# shellcheck disable=SC2034 # eval reads define
compile() {
    case $1 in
    complex) define=-DREAL_COMPLEX ;;
    *) define= ;;
    esac
    (cd "$here/tree" && eval "$COMPILE -I\"\$root\" -w -O1 -g0 $define \
        -c -o \"\$here/$1.o\" \"\$file\"") >"$here/said" 2>&1
}

# verify KIND: links the program with the object and runs it. 99: it does not link.
# shellcheck disable=SC2034 # eval reads main
verify() {
    main=$BUILD/$1/chapters/$CHAPTER/main.o
    object=$here/$1.o
    if [ "$file" = "chapters/$CHAPTER/main.c" ]; then
        main=$object
        object=
    fi
    eval "$LINK -o \"\$here/$1\" \"\$main\" ${object:+\"\$object\"} \"\$BUILD/$1/course.a\" $LDLIBS" \
        >"$here/said" 2>&1 || return 99
    # (where there is no such limit, there is none)
    sh -c 'ulimit -t 20; ulimit -c 0; exec "$0" --verify --format json' "$here/$1" \
        >/dev/null 2>&1 </dev/null
}

# Double first: what it catches need not be compiled twice.
judge() {
    compile double || { echo rejected; return; }
    changed=
    for kind in double complex; do
        [ $kind = double ] || compile complex || { echo rejected; return; }
        cmp -s "$here/$kind.o" "$original/$kind.o" && continue
        changed=yes
        verify $kind
        case $? in
        0) ;;
        99) echo unlinked; return ;;
        *) echo $kind; return ;;
        esac
    done
    [ "$changed" ] && echo survived || echo same
}

# sanitized FOLDER [FILE]: whether both programs verify when all files of chapters are compiled
# with the sanitizers, FILE as it is in FOLDER's tree and the others as they are here. 99: they
# cannot be built.
# shellcheck disable=SC2034,SC2086 # eval reads them; the flags are a list
sanitized() {
    folder=$1
    changed=${2:-}
    for kind in double complex; do
        define=
        [ $kind = double ] || define=-DREAL_COMPLEX
        set -- # the objects: what eval reads names no path
        for source in $sources; do
            object=$work/sanitized/$kind/${source%.c}.o
            from=$root
            if [ "$source" = "$changed" ]; then
                object=$folder/sanitized-$kind.o
                from=$folder/tree
                rm -f "$object"
            fi
            mkdir -p "$(dirname "$object")"
            [ -e "$object" ] || (cd "$from" && eval "$COMPILE -I\"\$root\" -w -O1 -g0 $define \
                $SANITIZE -c -o \"\$object\" \"\$source\"") >/dev/null 2>&1 || return 99
            set -- "$@" "$object"
        done
        case " $sources " in
        *" chapters/$CHAPTER/main.c "*) ;;
        *) set -- "$@" "$BUILD/$kind/chapters/$CHAPTER/main.o" ;;
        esac
        eval "$LINK $SANITIZE -o \"\$work/sanitized/program\" \"\$@\" \
            \"\$BUILD/\$kind/course.a\" $LDLIBS" >/dev/null 2>&1 || return 99
        sh -c 'ulimit -t 120; exec "$0" --verify' "$work/sanitized/program" >/dev/null 2>&1 \
            </dev/null || return 1
    done
}

one() {
    line=$(sed -n "$1p" "$work/list")
    file=$(printf '%s\n' "$line" | cut -f 1)
    original=$work/right/$(echo "$file" | tr / -)
    here=$work/$1
    rm -rf "$here"
    mkdir -p "$here/tree/$(dirname "$file")" || exit 2
    printf '%s\n' "$line" | awk -F '\t' '
        NR == FNR { at = $4; len = $5; new = $6; next }
        { text = text $0 "\n" }
        END { printf "%s", substr(text, 1, at - 1) new substr(text, at + len) }' - "$file" \
        >"$here/tree/$file" || exit 2
    result=$(judge)
    [ "$result" = survived ] || rm -rf "$here"
    echo "$1 $result"
}

if [ "${1:-}" = --one ]; then
    work=$BUILD/tokens/$CHAPTER
    one "$2" 2>/dev/null # (where the shell reports a crash)
    exit 0
fi

# The table, and what survives, of the results that are there.
tell() {
    awk -F '\t' -v chapter="$CHAPTER" -v known="$known" -v only="${ONLY:-}" '
        function trim(s) { gsub(/^ +| +$/, "", s); return s }
        BEGIN {
            while ((getline line <known) > 0) {
                n = split(line, part, " :: ")
                if (line ~ /^#/ || n < 3)
                    continue
                split(part[1], word, " ")
                if (word[1] == chapter && (only == "" || word[2] == only)) {
                    key = word[2] "\t" trim(part[2])
                    why[key] = trim(part[3])
                }
            }
        }
        FILENAME == ARGV[1] { split($0, word, " "); result[word[1]] = word[2]; next }
        {
            if (!($2 in all))
                order[++functions] = $2
            r = result[FNR] ~ /^(double|complex|memory|same|rejected|survived)$/ ? result[FNR] : "nothing"
            if (r == "survived") {
                key = $2 "\t" $8
                if (key in why) {
                    r = "known"
                    used[key] = 1
                } else
                    list = list sprintf("%s:%d, %s (%s)\n    %s\n    %s\n", $1, $3, $2, $9, $7, $8)
            }
            all[$2]++
            count[$2, r]++
            sum[r]++
            total++
        }
        function row(name, n, c, d, e, f, g, h) {
            printf "%-30s%9s%9s%7s%8s%11s%9s\n", name, n, c, d, e, f, g
        }
        END {
            row("function", "changes", "refused", "same", "caught", "no effect", "survive")
            for (k = 1; k <= functions; k++) {
                f = order[k]
                row(f, all[f], count[f, "rejected"] + 0, count[f, "same"] + 0, \
                    count[f, "double"] + count[f, "complex"] + count[f, "memory"], count[f, "known"] + 0, \
                    count[f, "survived"] + count[f, "nothing"])
            }
            row("all", total, sum["rejected"] + 0, sum["same"] + 0, sum["double"] + sum["complex"] + sum["memory"], \
                sum["known"] + 0, sum["survived"] + sum["nothing"])
            print "\nrefused: by the compiler. same: the compiler makes the same code of it. no effect:"
            print "in " known ", with the reason."
            if (sum["memory"])
                print "caught: " sum["memory"] + 0 " of them by a sanitizer, since they use memory that is not theirs."
            if (sum["nothing"])
                print "\n" sum["nothing"] " changes gave no result"
            if (list != "")
                printf "\n%s", list
            for (key in why)
                if (!(key in used)) {
                    split(key, word, "\t")
                    print "\n" known ": " word[1] ": " word[2] "\n    is no survivor"
                    stale++
                }
            exit sum["survived"] + sum["nothing"] + stale > 0
        }' "$work/results" "$work/list"
}

export CHAPTER BUILD COMPILE LINK LDLIBS
if [ "${1:-}" = --again ]; then
    CHAPTER=$2
    work=$BUILD/tokens/$CHAPTER
    tell
    exit
fi
CHAPTER=$1
work=$BUILD/tokens/$CHAPTER
rm -rf "$work"
mkdir -p "$work/right" || exit 2
for program in "$BUILD/$CHAPTER" "$BUILD/complex/$CHAPTER"; do
    "$program" --verify >/dev/null 2>&1 </dev/null || {
        echo "tokens: ${program#"$root/"} --verify fails without any change" >&2
        exit 2
    }
done

# The changes: a file's name, then what tokens.awk says.
for file in chapters/"$CHAPTER"/*.c; do
    functions=$(awk -f lib/make/backward.awk "$file" | awk '{ printf "%s %s ", $2, $3 }')
    [ -n "$functions" ] || continue
    here=$work/right/$(echo "$file" | tr / -)
    mkdir -p "$here/tree/$(dirname "$file")" && cp "$file" "$here/tree/$file" || exit 2
    for kind in double complex; do
        compile $kind || { cat "$here/said" >&2; exit 2; }
    done
    awk -v functions="$functions" -f lib/make/tokens.awk "$file" |
        awk -v file="$file" -v only="${ONLY:-}" -F '\t' 'only == "" || $1 == only { print file "\t" $0 }'
done >"$work/list"
[ -s "$work/list" ] || { echo "tokens: chapter ${CHAPTER%%_*} has no backward function" >&2; exit 2; }

awk '{ print NR }' "$work/list" |
    xargs -P "${JOBS:-$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)}" -n 1 \
        sh lib/make/tokens.sh --one >"$work/results"

# The survivors under the sanitizers. (Where the compiler has none, or the programs do not pass
# without a change, they say nothing.)
survivors=$(sed -n 's/ survived$//p' "$work/results")
if [ "$survivors" ]; then
    sources=$(sh lib/make/command.sh "$CHAPTER" 2>/dev/null | tr ' ' '\n' | grep '^chapters/')
    # shellcheck disable=SC2086,SC2116 # the shell finds the files
    sources=$(echo ${sources:-chapters/$CHAPTER/*.c})
    sanitized "$root"
    case $? in
    0)
        for change in $survivors; do
            sanitized "$work/$change" "$(sed -n "${change}p" "$work/list" | cut -f 1)"
            [ $? -ne 1 ] || echo "$change memory" >>"$work/results"
        done
        ;;
    99) echo "(Not tried under sanitizers: $LINK has none.)" ;;
    *) echo "(Not tried under sanitizers: the programs fail there without any change.)" ;;
    esac
fi

tell
