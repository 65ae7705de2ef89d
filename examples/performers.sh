#!/usr/bin/env bash
# Makes a performer that comes with apvg, from nothing: films it, extracts, trains, measures, and writes its model card.
# usage: examples/performers.sh trombone|cello [FOLDER] [FLAG …]
#   FOLDER  for films, shards, run and results (default: performers); three gigabytes for each
#   FLAG    of the training, such as: --vgg-download
# Those that come along began with the weights of earlier ones, as their cards say.
# What is done is kept: after a stop, the same command continues. Needs the extra [virtual], and for the second
# timbre Debian's fluidsynth and fluid-soundfont-gm, and npm for recorded notes (docs/sounds.md).
set -euo pipefail
instrument=$1
out=${2:-performers}
flags=("${@:3}")
[[ "${flags[*]}" == *vgg-* ]] || flags+=(--no-vgg-download)  # nobody is there to answer
case "$instrument" in
  trombone) performer=8 seed=751 ;;
  cello) performer=14 seed=752 ;;
  *) echo "There are a trombone and a cello, not: $instrument" >&2; exit 2 ;;
esac

set -x
apvg virtual film --instrument "$instrument" --performer "$performer" --seed "$seed" \
  --seconds 45 --recordings 9 --size 512 --out "$out/footage"
# The virtual camera does not move, so every film shows the same square.
apvg extract "$out/footage" --instrument "$instrument" --crop center --size 512 --out "$out/shards" \
  --validation-fraction 0.1 --test-fraction 0.2
bash examples/sounds.sh "$out/sounds"
apvg virtual rehearse "$out/shards" --truth "$out/footage/truth" --recordings 240 --sounds "$out/sounds" \
  --out "$out/rehearsals"
apvg train "$out/rehearsals" --run "$out/runs/$instrument" --instrument "$instrument" --init none --resume auto \
  --set khp.training.steps=10000 --set khp.training.sequence=192 --set khp.training.batch=2 --set khp.dropout=0.1 \
  --set khp.mask=0.1 --set stu.training.steps=3000 ${flags[@]+"${flags[@]}"}
# What is measured is what comes along: in half precision.
python -m examples.embed "$out/runs/$instrument" --out "$out/embedded/$instrument"
apvg evaluate "$out/shards" --run "$out/embedded/$instrument" --truth "$out/footage/truth" \
  --split test --out "$out/results/$instrument"
python -m examples.embed "$out/runs/$instrument" --results "$out/results/$instrument" --truth "$out/footage/truth" \
  --out "apvg_core/pretrained/$instrument"
