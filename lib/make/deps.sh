#!/bin/sh
# SPDX-License-Identifier: MIT
#
# deps.sh [course] [developer]: installs the tools that are missing, with the package
# manager of this machine, by sudo where we are not root. It says what it installs, and
# does nothing where nothing is missing.
set -u
. "$(dirname "$0")/tools.sh"

wanted=
for list; do
    case $list in
    course) wanted="$wanted $COURSE_TOOLS" ;;
    developer) wanted="$wanted $DEVELOPER_TOOLS" ;;
    esac
done
missing=
for tool in $wanted; do
    present "$tool" || missing="$missing $tool"
done
if [ -z "$missing" ]; then
    echo "deps: nothing is missing"
    exit 0
fi

manager=
for name in apt-get dnf pacman brew; do
    command -v $name >/dev/null 2>&1 && manager=$name && break
done
if [ -z "$manager" ]; then
    echo "deps: missing:$missing; found no apt-get, dnf, pacman or brew to install them" >&2
    exit 2
fi

packages=
for tool in $missing; do
    name=$(package $manager "$tool")
    if [ -z "$name" ]; then
        echo "deps: $manager has no package for $tool; see README.md, Portability" >&2
        continue
    fi
    case " $packages " in
    *" $name "*) ;;
    *) packages="$packages $name" ;;
    esac
done
[ -n "$packages" ] || exit 2

case $manager in
apt-get) install="apt-get install -y --no-install-recommends$packages" ;;
dnf) install="dnf install -y$packages" ;;
pacman) install="pacman -S --needed --noconfirm$packages" ;;
brew) install="brew install$packages" ;;
esac
[ $manager = apt-get ] && refresh='apt-get update' || refresh=

# Who may install? brew wants no root.
as=
if [ $manager != brew ] && [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "deps: missing:$missing; as root type:  ${refresh:+$refresh && }$install" >&2
        exit 2
    fi
    as=sudo
fi

echo "deps: installing$packages"
if [ -n "$refresh" ]; then
    $as $refresh || echo "deps: \`$refresh\` failed; going on with the lists that are here" >&2
    as="$as env DEBIAN_FRONTEND=noninteractive"
fi
$as $install || exit 2

for tool in $missing; do
    if [ -n "$(package $manager "$tool")" ] && ! present "$tool"; then
        echo "deps: $tool is still missing after \`$install\`" >&2
        exit 2
    fi
done
