#!/bin/sh
# SPDX-License-Identifier: MIT
# `make deps` and absent tools: with a PATH of our own, in which package managers only
# write down what they were asked.
. lib/make/testing.sh
mkdir "$tmp/bin" "$tmp/tree"
cp -R Makefile VERSION lib "$tmp/tree"
mkdir -p "$tmp/tree/plots"
tools "$tmp/bin"
cd "$tmp/tree" || exit 2

tool() { # NAME [LINES]: a tool that is there
    printf '#!/bin/sh\n%s\n' "${2:-:}" >"$tmp/bin/$1"
    chmod +x "$tmp/bin/$1"
}
lost() {
    for name; do
        rm -f "$tmp/bin/$name"
    done
}
mkdir -p mathjax/jax/output/SVG && : >mathjax/MathJax.js && : >mathjax/jax/output/SVG/jax.js
run() { # GOAL...: sets said and status
    : >"$tmp/asked"
    said=$(PATH=$tmp/bin MATHJAX=$tmp/tree/mathjax asked=$tmp/asked "$tmp/bin/make" "$@" 2>&1)
    status=$?
}
lines() {
    echo "$said" | grep -vc '^make: \*\*\*\|^  cc '
}
record='echo "$(basename "$0") $*" >>"$asked"'
# The stand-in for a package manager installs the tool it is asked for.
apt="$record
case \"\$*\" in *gnuplot-nox*) printf '#!/bin/sh\n' >'$tmp/bin/gnuplot'; chmod +x '$tmp/bin/gnuplot' ;; esac"

tool patch
tool pkg-config
tool gnuplot
tool doxygen
tool id 'echo 0'
tool apt-get "$apt"
run deps
equal 'nothing is missing: one line' "$said" 'deps: nothing is missing'
equal 'nothing is missing: nothing is asked for' "$(cat "$tmp/asked")" ''

lost gnuplot
run deps
equal 'as root: status' $status 0
equal 'as root: apt-get is asked' "$(cat "$tmp/asked")" 'apt-get update
apt-get install -y --no-install-recommends gnuplot-nox'
contains 'as root: it says what it installs' "$said" 'installing gnuplot-nox'

lost gnuplot
tool id 'echo 1000'
run deps
equal 'without root and sudo: status' $status 2
equal 'without root and sudo: one line' "$(lines)" 1
contains 'without root and sudo: the command to type' "$said" \
    'apt-get update && apt-get install -y --no-install-recommends gnuplot-nox'
equal 'without root and sudo: nothing is asked for' "$(cat "$tmp/asked")" ''

tool sudo "$record
exec \"\$@\""
run deps
equal 'with sudo: status' $status 0
contains 'with sudo: by sudo' "$(cat "$tmp/asked")" 'sudo apt-get update'
contains 'with sudo: without questions' "$(cat "$tmp/asked")" \
    'sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y'

lost gnuplot
tool apt-get "$record
exit 100"
run deps
equal 'apt-get fails: status' $status 2
tool apt-get "$record"
run deps
equal 'still missing afterwards: status' $status 2
contains 'still missing afterwards: says so' "$said" 'gnuplot is still missing'

lost apt-get sudo
tool id 'echo 0'
for manager in dnf pacman; do
    tool $manager "${apt%%case*}printf '#!/bin/sh\n' >'$tmp/bin/gnuplot'; chmod +x '$tmp/bin/gnuplot'"
    run deps
    equal "$manager: status" $status 0
    contains "$manager: is asked" "$(cat "$tmp/asked")" "$manager"
    lost gnuplot $manager
done
run deps
equal 'no package manager: status' $status 2
equal 'no package manager: one line' "$(lines)" 1

# A goal whose tool is absent.
lost gnuplot doxygen
run plots
equal 'plots without gnuplot: status' $status 2
equal 'plots without gnuplot: one line' "$(lines)" 1
contains 'plots without gnuplot: says so' "$said" 'missing: gnuplot; type `make deps`'
run docs
equal 'docs without its tools: one line' "$(lines)" 1
contains 'docs without its tools: says so' "$said" 'missing: gnuplot doxygen; type `make deps`'
run lint
contains 'lint without its tools' "$said" 'type `make deps-dev`'
lost patch
run mutants
equal 'mutants without patch: one line' "$(lines)" 1
contains 'mutants without patch: says so' "$said" 'missing: patch; type `make deps`'
tool patch
lost pkg-config
mkdir tests && echo 'int main(void) { return 0; }' >tests/test_a.c
run test
equal 'test without Check: status' $status 2
contains 'test without Check: says so' "$said" 'missing: pkg-config check; type `make deps`'
equal 'test without Check: and nothing else' "$(lines)" 1
tool pkg-config
rm -r tests

# deps comes before every other goal named with it, also under -j, and each goal runs once.
lost gnuplot
tool doxygen
tool apt-get "sleep 0.3; $apt"
echo 'echo drawn; command -v gnuplot >/dev/null || echo too early' >plots/draw.sh
run -j4 'PROOF_TEXTS=' plots help deps
equal 'deps first, under -j: status' $status 0
contains 'deps first, under -j' "$said" drawn
equal 'the tool was there in time' "$(echo "$said" | grep -c 'too early')" 0
equal 'deps ran once' "$(grep -c install "$tmp/asked")" 1
equal 'the goals keep their order' "$(echo "$said" | grep -e 'deps: inst' -e drawn -e 'GOAL' |
    cut -c 1-10 | tr '\n' ';')" 'deps: inst;drawn;make GOAL ;'
mkdir -p build && : >build/old
run -j4 clean deps all
equal 'clean comes before all' "$(ls build/old 2>/dev/null)$status" 0
finish
