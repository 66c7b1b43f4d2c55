#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what is missing of data/packages.txt: `sh data/install.sh run` or `sh data/install.sh run test`.
# Silent and without network when nothing is missing.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)

wanted=$(for section in "$@"; do
  awk -v want="[$section]" '/^\[/ { on = ($0 == want); next } on && NF && $1 !~ /^#/ { print $1 }' "$here/packages.txt"
done)

if ! command -v dpkg-query >/dev/null 2>&1; then
  cat >&2 <<TXT
Understudy's scripts install packages on Debian 12 only, and this is another system.
Install what corresponds to these Debian packages, then build by hand
(meson setup build && ninja -C build):
$(printf '  %s\n' $wanted)
TXT
  exit 1
fi

missing=
for package in $wanted; do
  dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^.i' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
  as_root=
elif command -v sudo >/dev/null 2>&1 && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
  as_root=sudo
else
  cat >&2 <<TXT
These packages are missing, and installing them takes root or sudo:
$(printf '  %s\n' $missing)
Ask an administrator to run:
  apt-get install --no-install-recommends$missing
TXT
  exit 1
fi

echo "Installing:$missing" >&2
# A fresh image has no package lists; a second try with new lists mends old ones.
install_all () {
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >&2
}
if [ -z "$(find /var/lib/apt/lists -name '*_Packages*' 2>/dev/null | head -n 1)" ] || ! install_all; then
  $as_root apt-get update -q >&2
  install_all
fi
