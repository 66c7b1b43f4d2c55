#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds into build/ beside the sources (or FOLDER, with meson options): `sh data/build.sh [FOLDER [OPTION…]]`.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
folder=${1:-$root/build}
[ $# -eq 0 ] || shift
# Another python3 on the PATH may lack what meson needs: Debian's comes first.
PATH=/usr/bin:$PATH
log=$folder.log
mkdir -p "$(dirname "$folder")"
if [ ! -e "$folder/build.ninja" ]; then
  meson setup "$folder" "$root" "$@" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
fi
ninja -C "$folder" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
rm -f "$log"
