#!/usr/bin/env bash
# The whole way on footage that is drawn here: film → shards → run → a video of a new song, and its scores.
# usage: examples/demo.sh [FOLDER] [STEPS]      (STEPS of the first trainings; fewer for a quick try)
set -euo pipefail
out=${1:-demo}
steps=${2:-800}
examples=$(dirname "$0")
films=$out/footage/slide/figure

mkdir -p "$films"
for seed in 1 2 3 4; do
  [ -e "$films/film$seed.mp4" ] || python "$examples/make_footage.py" "$films/film$seed.mp4" --seconds 15 --seed "$seed"
done
[ -e "$out/new_song.wav" ] || python "$examples/make_footage.py" "$out/new_song.wav" --seconds 10 --seed 99

rm -rf "$out/run"   # a demo starts afresh
set -x
apvg extract "$out/footage" --out "$out/shards" --size 128
apvg info "$out/shards"
apvg train-khp "$out/shards" --run "$out/run" --recipe tiny --steps "$steps"
apvg train-cvg "$out/shards" --run "$out/run" --steps "$steps"
apvg train-stu "$out/shards" --run "$out/run" --steps "$((2 * steps))"
apvg generate "$out/new_song.wav" --run "$out/run" --out "$out/performance.mp4"
apvg evaluate "$out/shards" --run "$out/run" --out "$out/results"
