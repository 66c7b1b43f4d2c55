#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what is missing, builds, runs every test: as users get it, window tests under Xvfb included, then
# all but the stories (which drive the program from outside) under the address and undefined-behaviour sanitizers.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
PATH=/usr/bin:$PATH
sh "$root/data/install.sh" run test

failed=0
echo "Building…" >&2
sh "$root/data/build.sh" "$root/build"
meson test -C "$root/build" --no-rebuild --print-errorlogs "$@" || failed=1

echo "Building with sanitizers…" >&2
sh "$root/data/build.sh" "$root/build-sanitized" -Db_sanitize=address,undefined -Db_lundef=false --buildtype=debugoptimized
ASAN_OPTIONS=fast_unwind_on_malloc=0:malloc_context_size=14:detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
LSAN_OPTIONS=suppressions="$root/tests/lsan.supp":print_suppressions=0 \
  meson test -C "$root/build-sanitized" --no-rebuild --print-errorlogs --timeout-multiplier 8 --no-suite stories "$@" || failed=1

/usr/bin/python3 "$root/tests/summary.py" "$root/build/meson-logs" "$root/build-sanitized/meson-logs" || failed=1
exit $failed
