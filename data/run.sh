#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what is missing, builds, opens Understudy with a trained Fourier model.
# Without a display it does the same job in the terminal.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)

sh "$root/data/install.sh" run
echo "Building Understudy…" >&2
sh "$root/data/build.sh"

if [ -n "${WAYLAND_DISPLAY:-}${DISPLAY:-}" ]; then
  GSETTINGS_SCHEMA_DIR="$root/build/data" exec "$root/build/src/app/understudy" "$@"
fi

cli=$root/build/src/cli/understudy-cli
out=${UNDERSTUDY_OUT:-$(pwd)/understudy-demo}
mkdir -p "$out"
echo "No display here: the same job in the terminal, into $out" >&2
echo "1. A SimVAE learns the Fourier simulator for one minute" >&2
"$cli" train simvae fourier --preset quick --minutes 1 --seed 1 --out "$out/fourier-quick.safetensors"
echo "2. It, and the shipped model, read one drawing" >&2
"$cli" infer "$out/fourier-quick.safetensors" --data "$root/data/drawings/hill.csv" --seed 1 \
  --out "$out/hill-quick.csv" --figure "$out/hill-quick.png"
"$cli" infer "$root/data/models/fourier.safetensors" --data "$root/data/drawings/hill.csv" --seed 1 \
  --out "$out/hill.csv" --figure "$out/hill.png"
cat <<TXT

The model of this minute:  $out/fourier-quick.safetensors
Its answer to the drawing: $out/hill-quick.csv (samples), $out/hill-quick.png (picture)
The shipped model's:       $out/hill.csv, $out/hill.png
TXT
