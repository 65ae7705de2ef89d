"""The discriminator as a judge: frames beside their own sound and that half a second away."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from apvg_core.data.shards import Shard
from apvg_core.errors import ConfigError, RunError
from apvg_core.evaluation.evaluate import evaluate
from apvg_core.evaluation.judge import BLOCK, Judge
from apvg_core.evaluation.results import read_results
from apvg_core.run.info import read_run, write_run
from tests.evaluation.helpers import values


class Ruler:
    """A discriminator whose embeddings are the frame's brightness and the window's loudness."""

    def __call__(self, frames: torch.Tensor) -> tuple[None, torch.Tensor]:
        return None, frames.mean((1, 2, 3))[:, None]

    def hear(self, windows: torch.Tensor) -> torch.Tensor:
        return windows.mean((1, 2))[:, None]

    def paired(self, images: torch.Tensor, sounds: torch.Tensor) -> torch.Tensor:
        return (images * sounds).sum(-1)


def test_every_frame_is_compared_with_sound_half_a_second_away(
    run: Path, shards: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = Judge(run)
    monkeypatch.setattr(judge, "_discriminator", Ruler())
    with Shard(shards / "train/theremin/a.h5") as shard:  # 30 frames, ten a second
        loudness = shard.windows(0, 30).mean((1, 2)).astype(np.float64)
        brightness = np.arange(30) / 255
        for level in range(30):
            judge.add(np.full((64, 64, 3), level, np.uint8))
        synchrony = judge.synchrony(shard)
    nothing = [np.nan] * 5
    for found, expected in (
        (synchrony.matched, brightness * loudness),
        (synchrony.early, [*nothing, *(brightness[5:] * loudness[:-5])]),
        (synchrony.late, [*(brightness[:-5] * loudness[5:]), *nothing]),
    ):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert BLOCK > 30  # the last block is judged, too, though it is not full


def test_a_trained_discriminator_tells_who_plays_the_music(
    shards: Path, run: Path, half_run: Path, tmp_path: Path
) -> None:
    results = evaluate(shards, [half_run, run], tmp_path / "results", split="train")
    assert results.judge == "whole"  # the first run that has a discriminator
    assert read_results(tmp_path / "results/results.json").judge == "whole"
    scores = {row.name: values(row).get("sync") for row in results.rows}
    assert scores["half"] is None  # it makes no frames
    assert scores["mean frame"] == pytest.approx(0.5, abs=0.1)  # always the same frame
    assert scores["the recordings"] > 0.75
    assert scores["whole"] > 0.65


def test_a_run_without_a_discriminator_is_no_judge(shards: Path, half_run: Path, tmp_path: Path) -> None:
    assert evaluate(shards, [half_run], tmp_path / "results").judge is None
    with pytest.raises(RunError, match="has no discriminator that judges sound; train its stage stu"):
        evaluate(shards, [half_run], tmp_path / "other", judge=half_run)


def test_who_learned_another_instrument_is_no_judge(
    shards: Path, run: Path, half_run: Path, tmp_path: Path
) -> None:
    other = shutil.copytree(run, tmp_path / "run")
    write_run(other, replace(read_run(run), instrument="saw"))
    with pytest.raises(ConfigError, match="has learned the saw, not the theremin; name a run"):
        evaluate(shards, [half_run], tmp_path / "results", judge=other)
