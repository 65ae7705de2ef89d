"""Trainings at their smallest, and comparison of what they leave."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import load_file

from apvg_core.run.info import read_run, write_run
from apvg_core.stages.cvg import training as cvg
from apvg_core.stages.khp import training as khp
from apvg_core.stages.stu import training as stu
from apvg_core.training.checkpoint import newest_checkpoint

TRAIN = {"khp": khp.train, "cvg": cvg.train, "stu": stu.train}


def fresh(half_run: Path, tmp_path: Path, stage: str, name: str) -> Path:
    """A run to train a stage in."""
    run = tmp_path / name
    if stage != "khp":
        shutil.copytree(half_run, run)
    if stage == "cvg":
        for folder in (run / "cvg", run / "state/cvg", run / "logs/cvg"):
            shutil.rmtree(folder)
        info = read_run(run)
        write_run(run, replace(info, stages={"khp": info.stages["khp"]}))
    return run


def held_out(run: Path, stage: str) -> list[dict[str, float]]:
    lines = (run / "logs" / stage / "metrics.jsonl").read_text().splitlines()
    return [line["held_out"] for line in map(json.loads, lines) if "held_out" in line]


def losses(run: Path, stage: str) -> list[dict[str, float]]:
    lines = (run / "logs" / stage / "metrics.jsonl").read_text().splitlines()
    return [line for line in map(json.loads, lines) if not line.keys() & {"held_out", "dead_features"}]


def assert_the_same(one: Path, other: Path, stage: str) -> None:
    """Bit for bit: weights, what both optimisers know, losses, validations."""
    a, b = (load_file(run / stage / "model.safetensors") for run in (one, other))
    assert a.keys() == b.keys()
    for name, tensor in a.items():
        assert torch.equal(tensor, b[name]), name
    c, d = (newest_checkpoint(run, stage) for run in (one, other))
    assert c is not None
    assert d is not None
    assert c.tensors.keys() == d.tensors.keys()
    for name, tensor in c.tensors.items():
        assert torch.equal(tensor, d.tensors[name]), name
    assert c.best == d.best
    logs = [(run / "logs" / stage / "metrics.jsonl").read_text() for run in (one, other)]
    assert logs[0] == logs[1]
