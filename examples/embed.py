"""Put a trained virtual performer among those that come with apvg: weights in half precision, a model card.

python -m examples.embed RUN --results RESULTS --truth TRUTH --out apvg_core/pretrained/NAME

Without results there is no card: for what is to be measured first.
"""

import argparse
import json
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from safetensors.numpy import load_file, save_file

from apvg_core.files import sha256_of
from apvg_core.run.info import RunInfo, read_run, write_run
from apvg_core.run.note_positions import NOTE_POSITIONS, keep_note_positions, read_note_positions

CARD: Final = Path(__file__).with_name("model_card.md")

TRAINING: Final = """\
| stage | steps | sequences x frames | parameters | losses at the end |
|---|---|---|---|---|
"""


def main() -> None:
    """Copy, and write the card."""
    parser = argparse.ArgumentParser(description="Embed a trained virtual performer.")
    parser.add_argument("run", type=Path)
    parser.add_argument("--results", type=Path, help="what apvg evaluate made of it")
    parser.add_argument("--truth", type=Path, help="the films' truth/")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    info = read_run(given.run)
    given.out.mkdir(parents=True, exist_ok=True)
    if given.results is not None:
        (given.out / "README.md").write_text(card(info, given.results, given.truth), encoding="utf-8")
    shutil.copy(given.run / "conditions.safetensors", given.out)
    positions = read_note_positions(given.run / NOTE_POSITIONS)
    if positions is None:
        raise SystemExit(
            f"{given.run} lacks {NOTE_POSITIONS}; 'apvg check RUN SONG --shards SHARDS' makes it."
        )
    keep_note_positions(given.out, positions)
    stages: dict[str, dict[str, Any]] = {}
    for stage in info.recipe.stages:
        (given.out / stage).mkdir(exist_ok=True)
        shutil.copy(given.run / stage / "config.json", given.out / stage)
        stages[stage] = dict(info.stages[stage])
        for name, checksum in (("model", "sha256"), ("discriminator", "discriminator_sha256")):
            weights = given.out / stage / f"{name}.safetensors"
            if checksum in stages[stage]:
                halve(given.run / stage / weights.name, weights)
                stages[stage][checksum] = sha256_of(weights)
    write_run(given.out, replace(info, stages=stages))


def halve(source: Path, target: Path) -> None:
    """Copy weights in half precision."""
    save_file({name: array.astype(np.float16) for name, array in load_file(source).items()}, target)


def card(info: RunInfo, results: Path, truth: Path) -> str:
    """The model card."""
    truths = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(truth.glob(f"{info.instrument}_*.json"))
    ]
    learned = {*info.data, *(shard.id for shard in info.learned_shards())}
    held_out = len(json.loads((results / "results.json").read_text(encoding="utf-8"))["shards"])
    tables = (results / "tables.md").read_text(encoding="utf-8")
    timbres = Counter(truth["timbre"] for truth in truths)
    rows = []
    for stage, facts in info.stages.items():
        training = getattr(info.recipe, stage).training
        losses = ", ".join(f"{name} {value:.4g}" for name, value in facts["losses"].items())
        seen = f"{training.batch} x {training.sequence}"
        rows.append(f"| {stage} | {facts['steps']} | {seen} | {facts['parameters']:,} | {losses} |\n")
    return CARD.read_text(encoding="utf-8").format(
        instrument=info.instrument, recordings=len(truths), seconds=truths[0]["seconds"],
        timbres=", ".join(f"{count} with the timbre {name}" for name, count in timbres.items()),
        performer=truths[0]["performer"], seed=truths[0]["seed"], held_out=held_out,
        recipe=info.recipe.name, size=info.size, fps=info.fps,
        parameters=sum(facts["parameters"] for facts in info.stages.values()) / 1e6,
        rehearsals=sum("-rehearsal-" in name for name in learned),
        training=TRAINING + "".join(rows), tables=tables.strip(),
    )  # fmt: skip


if __name__ == "__main__":
    main()
