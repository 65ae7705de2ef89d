"""Recordings that are hardly any, and sound that is shorter than its film."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from apvg_core.data.manifest import write_manifest
from apvg_core.data.shards import Shard
from apvg_core.evaluation.evaluate import evaluate
from apvg_core.units import SAMPLE_RATE
from tests.conftest import FPS, write_shard


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """Footage with a held-out recording of three frames, and one of a second and a half."""
    root = tmp_path / "shards"
    write_shard(root, name="a", split="train", seconds=3, seed=0)
    write_shard(root, name="b", split="validation", seconds=0.3, seed=1)
    write_shard(root, name="c", split="validation", seconds=1.5, seed=2)
    write_manifest(root)
    return root


def test_a_clip_of_a_few_frames_is_left_out_with_a_word(
    two: Path, run: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    results = evaluate(two, [run], tmp_path / "out", jobs=1)
    assert list(results.shards) == ["c"]
    assert "b: less than 1 s, too little to judge by; it is left out." in caplog.text


@pytest.mark.parametrize("frames", [1, 3])
def test_where_it_is_all_there_is_it_is_judged(
    two: Path, run: Path, tmp_path: Path, frames: int, caplog: pytest.LogCaptureFixture
) -> None:
    (two / "validation/theremin/c.h5").unlink()
    write_shard(two, name="b", split="validation", seconds=frames / FPS, seed=1)
    write_manifest(two)
    results = evaluate(two, [run], tmp_path / "out", jobs=1)
    assert results.rows[0].frames == frames
    assert "b: less than 1 s, too little to judge by; it is all there is" in caplog.text


def test_sound_that_ends_early_is_silence_from_then_on(two: Path, run: Path, tmp_path: Path) -> None:
    path = two / "validation/theremin/c.h5"
    with Shard(path) as shard:
        whole = shard.audio()
    for kept in (SAMPLE_RATE // 2, 0):
        with h5py.File(path, "r+") as file:
            file["audio"].resize(kept, axis=0)
        with Shard(path) as shard:
            heard = shard.audio()
        assert len(heard) == len(whole)
        np.testing.assert_array_equal(heard[:kept], whole[:kept])
        assert not heard[kept:].any()
    write_manifest(two)
    results = evaluate(two, [run], tmp_path / "out", jobs=1)
    assert np.isfinite(results.rows[0].scores["psnr"].value)
