#!/bin/sh
# SPDX-License-Identifier: MIT
# What is installed can be used, in C and in C++, and uninstall removes exactly that.
. lib/make/testing.sh
into="DESTDIR=$tmp/d PREFIX=/opt/hand BUILD=$tmp/build"
# (The objects are those of the course: of other flags they are made anew.)
mkdir "$tmp/build" && cp -Rp "$BUILD/check" "$BUILD/flags" "$tmp/build"
mkdir -p "$tmp/d/opt/hand/lib" && : >"$tmp/d/opt/hand/lib/other"
check 'install' $MAKE CC="$CC" install $into
here=$tmp/d/opt/hand
equal 'the files' "$(cd "$here" && find . ! -type d | sort | tr '\n' ' ')" \
    './include/handgrad.h ./lib/libhandgrad.a ./lib/libhandgrad.so ./lib/libhandgrad.so.0 ./lib/other ./lib/pkgconfig/handgrad.pc ./share/doc/handgrad/LICENSE '
equal 'handgrad.pc has the version' "$(sed -n 's/^Version: //p' "$here/lib/pkgconfig/handgrad.pc")" \
    "$(cat VERSION)"
equal 'handgrad.pc does not know DESTDIR' "$(grep -c "$tmp" "$here/lib/pkgconfig/handgrad.pc")" 0
cat >"$tmp/user.c" <<'END'
#include <handgrad.h>
#include <stdio.h>
static double x[2] = {2.385, -0.64};
static int loss(void *context, double value[2])
{
    (void)context;
    value[0] = x[0] * x[0] * x[1];
    value[1] = 0;
    return 0;
}
int main(void)
{
    double right[2] = {2 * x[0] * x[1], x[0] * x[0]}, wrong[2] = {2 * x[0], x[0] * x[0]};
    hg_tensor t;
    hg_tensor zero = {0};
    hg_result r;
    t = zero;
    t.name = "x";
    t.type = HG_DOUBLE;
    t.rank = 1;
    t.shape[0] = 2;
    t.data = x;
    t.grad = right;
    if (hg_differences(loss, NULL, &t, &r) != HG_OK)
        return 1;
    printf("%s ", hg_verdict_name(r.verdict));
    t.grad = wrong;
    if (hg_differences(loss, NULL, &t, &r) != HG_OK)
        return 1;
    printf("%s\n", hg_verdict_name(r.verdict));
    return 0;
}
END
if command -v pkg-config >/dev/null 2>&1; then
    flags=$(PKG_CONFIG_PATH=$here/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$tmp/d \
        pkg-config --cflags --libs handgrad)
else
    flags="-I$here/include -L$here/lib -lhandgrad"
fi
check 'a program in C' $CC "$tmp/user.c" -o "$tmp/user" $flags -lm
equal 'with the shared library' "$(LD_LIBRARY_PATH=$here/lib "$tmp/user")" 'agrees disagrees'
check 'a program with the archive' $CC "$tmp/user.c" -I"$here/include" "$here/lib/libhandgrad.a" \
    -lm -o "$tmp/static"
equal 'with the archive' "$("$tmp/static")" 'agrees disagrees'
if command -v c++ >/dev/null 2>&1; then
    sed 's/zero = {0}/zero = {}/' "$tmp/user.c" >"$tmp/user.cc"
    check 'a program in C++' c++ "$tmp/user.cc" -I"$here/include" "$here/lib/libhandgrad.a" \
        -lm -o "$tmp/plus"
    equal 'in C++' "$("$tmp/plus")" 'agrees disagrees'
fi
equal 'the libraries define hg_ names only (hgi_: internal)' \
    "$(nm -g "$here/lib/libhandgrad.a" | awk '$2 ~ /^[A-TV-Z]$/ && $3 !~ /^_*hgi?_/ { print $3 }')" ''
case $(uname -s) in
Darwin) exports='nm -gU' ;;
*) exports='nm -D --defined-only' ;;
esac
equal 'the shared library exports the functions of handgrad.h and no others' \
    "$($exports "$here/lib/libhandgrad.so" | sed 's/.* _*//' | sort | tr '\n' ' ')" \
    "$(sed -n 's/^\(const char \*\|int \|hg_status \)\(hg_[a-z_]*\)(.*/\2/p' lib/check/handgrad.h | sort | tr '\n' ' ')"
if command -v pkg-config >/dev/null 2>&1; then
    place="$tmp/it's a place"
    check 'install in a folder with blanks' $MAKE CC="$CC" install PREFIX="$place" BUILD="$tmp/build"
    check 'pkg-config finds it there' eval \
        "$CC '$tmp/user.c' -o '$tmp/there' $(PKG_CONFIG_PATH=$place/lib/pkgconfig pkg-config --cflags --libs handgrad) -lm"
    equal 'a program with it' "$(LD_LIBRARY_PATH=$place/lib "$tmp/there")" 'agrees disagrees'
fi
check 'uninstall' $MAKE uninstall $into
equal 'only what was there before is left' "$(find "$tmp/d" ! -type d)" "$here/lib/other"
said=$($MAKE install DESTDIR="$tmp/d" PREFIX=relative BUILD="$tmp/build" CC="$CC" 2>&1)
equal 'a relative PREFIX: status' $? 2
contains 'a relative PREFIX: says so' "$said" "got PREFIX='relative'"
finish
