#!/bin/sh
# SPDX-License-Identifier: MIT
#
# install.sh install DESTDIR PREFIX VERSION FOLDER | uninstall DESTDIR PREFIX
# Installs the gradient checker, or removes exactly what was installed.
set -u
todo=$1
prefix=$3
to=$2$3
header=include/handgrad.h
archive=lib/libhandgrad.a
shared=lib/libhandgrad.so
module=lib/pkgconfig/handgrad.pc
license=share/doc/handgrad/LICENSE

case $prefix in
/*) ;;
*)
    echo "$todo: got PREFIX='$prefix', wanted a path that begins with /" >&2
    exit 2
    ;;
esac

if [ "$todo" = uninstall ]; then
    for file in $header $archive $shared $shared.0 $module $license; do
        rm -f "$to/$file" || exit 2
    done
    rmdir "$to/share/doc/handgrad" 2>/dev/null
    echo "removed from $to: $header $archive $shared $shared.0 $module $license"
    exit 0
fi

version=$4
from=$5
# In handgrad.pc a blank would end the flag that a path stands in, and a quote begin a word.
escaped=$(printf '%s' "$prefix" | sed 's/[[:space:]\\"'\''#]/\\&/g')
for file in $header $archive $module $license; do
    mkdir -p "$to/$(dirname $file)" || exit 2
done
cp lib/check/handgrad.h "$to/$header" &&
    cp "$from/libhandgrad.a" "$to/$archive" &&
    cp "$from/libhandgrad.so.0" "$to/$shared.0" &&
    ln -sf libhandgrad.so.0 "$to/$shared" &&
    cp LICENSE "$to/$license" &&
    cat >"$to/$module" <<END || exit 2
prefix=$escaped
includedir=\${prefix}/include
libdir=\${prefix}/lib

Name: handgrad
Description: Checks hand-written gradients and says what is wrong with them
Version: $version
Cflags: -I\${includedir}
Libs: -L\${libdir} -lhandgrad
Libs.private: -lm
END
chmod 644 "$to/$header" "$to/$archive" "$to/$module" "$to/$license" && chmod 755 "$to/$shared.0"
echo "installed in $to: $header $archive $shared $shared.0 $module $license"
