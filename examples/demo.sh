#!/usr/bin/env bash
# The performers that come with apvg play a song each.   usage: examples/demo.sh [FOLDER]
set -euo pipefail
out=${1:-demo}
songs=$(dirname "$0")/songs

mkdir -p "$out"
for instrument in trombone cello; do
  (set -x; apvg generate "$songs/$instrument.ogg" --instrument "$instrument" --out "$out/$instrument.mp4" --overwrite)
done
