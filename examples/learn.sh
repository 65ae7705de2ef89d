#!/usr/bin/env bash
# The whole way on a minute of a virtual trombonist: films → shards → run → a video of a new song, and its scores.
# Small and a bit ghostly, as the training is short; about five minutes on two CPU cores.
# usage: examples/learn.sh [FOLDER] [STEPS]      (STEPS of the first trainings; fewer for a quick try)
set -euo pipefail
out=${1:-learned}
steps=${2:-800}
examples=$(dirname "$0")

rm -rf "$out/run"   # it starts afresh
set -x
apvg extract "$examples/recordings" --instrument trombone --out "$out/shards" --size 128
apvg info "$out/shards"
apvg train-khp "$out/shards" --run "$out/run" --recipe tiny --init none --steps "$steps"
apvg train-cvg "$out/shards" --run "$out/run" --init none --steps "$steps"
apvg train-stu "$out/shards" --run "$out/run" --init none --steps "$((2 * steps))"
apvg generate "$examples/songs/trombone.ogg" --run "$out/run" --out "$out/performance.mp4" --overwrite
apvg evaluate "$out/shards" --run "$out/run" --out "$out/results"
