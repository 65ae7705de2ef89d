#!/usr/bin/env bash
# Makes the base network that comes with apvg, from nothing: films of many looks, each seen briefly, of which the last
# stage learns to draw anyone from their stills. `train --init auto` begins with it.
# usage: examples/base.sh [FOLDER] [FLAG …]
#   FOLDER  for films, shards and run (default: base); half a gigabyte
#   FLAG    of the last stage's training, such as: --vgg-download
# What is done is kept: after a stop, the same command continues. Needs the extra [virtual], and Debian's fluidsynth and
# fluid-soundfont-gm.
set -euo pipefail
out=${1:-base}
flags=("${@:2}")
[[ "${flags[*]}" == *vgg-* ]] || flags+=(--no-vgg-download)  # nobody is there to answer
looks=()
for number in $(seq 101 112); do looks+=(--performer "$number"); done

set -x
apvg virtual film --instrument cello "${looks[@]}" --seed 901 --seconds 24 --out "$out/films"
apvg virtual film --instrument trombone "${looks[@]}" --seed 902 --seconds 24 --out "$out/films"
# One run learns them all, whatever they play.
for instrument in cello trombone; do
  for films in "$out/films/$instrument"/*; do
    mkdir -p "$out/footage/base/$instrument-$(basename "$films")"
    ln -f "$films"/* "$out/footage/base/$instrument-$(basename "$films")/"
  done
done
apvg extract "$out/footage" --crop center --out "$out/shards" --validation-fraction 0.1
# The last stage sees the footage's own keypoints, as two instruments are more than one KHP can learn in so short a time.
train=(--run "$out/run" --resume auto --set stu.ground_truth_keypoints=1)
apvg train-khp "$out/shards" "${train[@]}" --steps 300
apvg train-cvg "$out/shards" "${train[@]}" --steps 400
apvg train-stu "$out/shards" "${train[@]}" --steps 1400 "${flags[@]}"
python -m examples.embed "$out/run" --stage stu --out apvg_core/pretrained/base
