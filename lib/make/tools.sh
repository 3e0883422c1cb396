# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# The tools that the course uses: what each goal needs, how to see whether a tool is
# there, and which package brings it. To be read by need.sh and deps.sh.

# shellcheck disable=SC2034
COURSE_TOOLS='patch pkg-config check gnuplot doxygen mathjax'
# shellcheck disable=SC2034
DEVELOPER_TOOLS='clang clang-sanitizers clang-format clang-tidy cppcheck gcovr valgrind shellcheck mingw-w64'

# Whether a tool is there.
present() {
    case $1 in
    check) command -v pkg-config >/dev/null 2>&1 && pkg-config --exists check ;;
    mingw-w64) command -v x86_64-w64-mingw32-gcc >/dev/null 2>&1 ;;
    mathjax) mathjax_folder >/dev/null ;;
    clang-sanitizers)
        command -v clang >/dev/null 2>&1 &&
            [ -n "$(find "$(clang -print-resource-dir)/lib" -name '*clang_rt.asan*' 2>/dev/null)" ]
        ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

# Where MathJax 2 lies: Debian and Ubuntu, Fedora, Arch, Homebrew, by hand; or MATHJAX.
mathjax_folder() {
    for folder in "${MATHJAX:-}" /usr/share/javascript/mathjax /usr/share/javascript/mathjax2 \
        /usr/share/mathjax2 /usr/share/mathjax /usr/local/share/mathjax \
        /opt/homebrew/share/mathjax; do
        if [ -n "$folder" ] && [ -e "$folder/MathJax.js" ] &&
            [ -e "$folder/jax/output/SVG/jax.js" ]; then
            echo "$folder"
            return 0
        fi
    done
    return 1
}

# The package of a tool ($2) for a package manager ($1); nothing where it has none.
package() {
    case $1:$2 in
    apt-get:gnuplot) echo gnuplot-nox ;;
    apt-get:mathjax) echo libjs-mathjax ;;
    apt-get:clang-sanitizers) echo libclang-rt-dev ;;
    apt-get:mingw-w64) echo gcc-mingw-w64-x86-64-win32 ;;
    dnf:check) echo check-devel ;;
    dnf:clang-format | dnf:clang-tidy) echo clang-tools-extra ;;
    dnf:clang-sanitizers) echo compiler-rt ;;
    dnf:shellcheck) echo ShellCheck ;;
    dnf:mingw-w64) echo mingw64-gcc mingw64-winpthreads-static ;;
    pacman:mathjax) echo mathjax2 ;;
    pacman:pkg-config) echo pkgconf ;;
    pacman:clang-format | pacman:clang-tidy) echo clang ;;
    pacman:clang-sanitizers) echo compiler-rt ;;
    pacman:mingw-w64) echo mingw-w64-gcc ;;
    brew:pkg-config) echo pkgconf ;;
    brew:clang | brew:clang-tidy) echo llvm ;;
    brew:mathjax | brew:clang-sanitizers | brew:valgrind) ;;
    *) echo "$2" ;;
    esac
}
