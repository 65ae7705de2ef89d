#!/usr/bin/env bash
# Trains every row of the paper's Tables I, II and III on the same shards with the same budget, several times, and prints
# the tables, and what the parts of the base recipe's runs contribute (lesions).
# usage: examples/ablations.sh SHARDS [OUT] [BASE] [FLAG …]
#   OUT   folder of the runs and results (default: ablations)
#   BASE  the recipe whose parts are taken away (default: fast)
#   FLAG  of every training, such as: --set stu.training.steps=600 --vgg-download
#   SEEDS in the environment: trainings of each row, whose noise the stars cover (default: 3)
#   EVALUATE in the environment: flags of the evaluations, such as "--truth data/truth --split test"
# What is done is kept: after a stop, the same command continues.
set -euo pipefail
shards=$1
out=${2:-ablations}
base=${3:-fast}
flags=(--seeds "${SEEDS:-3}" "${@:4}")
[[ "${flags[*]}" == *vgg-* ]] || flags+=(--no-vgg-download)  # a dozen trainings shall not wait for an answer

# $1: apvg's command, $2: the recipe. Stages that rows have in common are trained once, by the base recipe.
train() {
  local own=() lacks=none index
  [ "$2" = "$base" ] || own=(--reuse "$out/$base")
  case "$2" in
    *+without-khp) lacks='khp\.' ;;
    *+without-cvg) lacks='cvg\.' ;;
    *+ebdn | *+vid2vid) lacks='cvg\.|stu\.max_size' ;;
  esac
  for ((index = 0; index < ${#flags[@]}; index++)); do  # a row has no settings of what it lacks
    if [ "${flags[index]}" = --set ] && [[ "${flags[index + 1]}" =~ ^($lacks) ]]; then
      index=$((index + 1))
    else
      own+=("${flags[index]}")
    fi
  done
  echo "== $2"
  apvg "$1" "$shards" --run "$out/$2" --recipe "$2" --init none --resume auto "${own[@]}"
  runs+=(--run "$out/$2")
}

runs=()
train train "$base"
for row in without-cvg without-khp without-stu without-gcn without-cnn-gru ebdn vid2vid; do
  train train "$base+$row"
done
for row in baseline avg dlt; do
  train train-khp "$base+$row"
done
read -ra judged <<< "${EVALUATE:-}"
apvg evaluate "$shards" "${runs[@]}" --out "$out/results" "${judged[@]}"
apvg evaluate "$shards" --run "$out/$base" --lesions --out "$out/lesions" "${judged[@]}"
