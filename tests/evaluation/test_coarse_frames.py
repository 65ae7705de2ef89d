"""Coarse frames that are kept for the report."""

from pathlib import Path

import numpy as np
import pytest

from apvg_core.data.shards import Shard
from apvg_core.data.sound import sound_of
from apvg_core.evaluation.coarse_frames import CoarseSampler, from_png, sampled_frames, to_png
from apvg_core.evaluation.evaluate import evaluate
from apvg_core.evaluation.part_files import part_file, read_coarse_frames
from apvg_core.generation.pipeline import coarse_blocks, sound_windows
from apvg_core.runtime.load import load_networks


def test_frames_are_spread_over_the_beginning() -> None:
    assert sampled_frames(60, fps=10) == [5, 15, 25, 35, 45, 55]
    assert sampled_frames(9000, fps=25) == [25, 75, 125, 175, 225, 275]  # of 12 s


def test_sampled_frames_are_rounded_and_others_dropped() -> None:
    sampler = CoarseSampler([1, 2])
    for start in (0, 2):
        sampler.add(np.full((2, 3, 4, 5), [[[[start / 4]]], [[[0.5 + start / 2]]]], np.float32), 2)
    sampler.add(None, 2)
    assert {frame: image.shape for frame, image in sampler.images.items()} == {1: (4, 5, 3), 2: (4, 5, 3)}
    assert (sampler.images[1] == 128).all()
    assert (sampler.images[2] == 128).all()


def test_png_keeps_every_pixel() -> None:
    image = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    np.testing.assert_array_equal(from_png(to_png(image)), image)
    with pytest.raises(ValueError, match="damaged"):
        from_png(to_png(image)[:20])


def test_evaluate_keeps_the_coarse_frames_that_it_judged(
    shards: Path, half_run: Path, tmp_path: Path
) -> None:
    evaluate(shards, [half_run], tmp_path, seed=3)
    kept = read_coarse_frames(part_file(tmp_path / "parts", "half", "c", "npz"))
    with Shard(shards / "validation/theremin/c.h5") as shard:
        networks = load_networks(half_run, device="cpu", stages=("khp", "cvg"), threads=1)
        windows = sound_windows(lambda: sound_of(shard), networks.info, len(shard))
        blocks = coarse_blocks(networks, windows, performer=0, seed=3)
        coarse = np.concatenate([block.coarse for block in blocks])
        assert list(kept) == sampled_frames(len(shard), shard.info.fps)
    for frame, image in kept.items():
        exact = 255 * coarse[frame].transpose(1, 2, 0).clip(0, 1)
        np.testing.assert_allclose(image, exact, atol=0.51)
    assert read_coarse_frames(part_file(tmp_path / "parts", "mean frame", "c", "npz")) == {}
