"""What a training step costs, part by part, and what a frame costs beside the rivals' generators.

Recipe `fast` at 256 x 256 on frames of a virtual performer; the rivals at the sizes of their papers.
"""

import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from apvg_core.config import STAGES, Stage
from apvg_core.data.manifest import write_manifest
from apvg_core.data.shards import ShardInfo, ShardWriter
from apvg_core.generation.runtime import BUILDERS, autocast, choose_precision, place
from apvg_core.media.video import read_frames
from apvg_core.recipes import FAST, get_recipe
from apvg_core.run import read_run
from apvg_core.training.stages import TRAININGS
from apvg_core.training.task import TrainOptions
from apvg_core.units import CQT_BINS, HOP_LENGTH, SAMPLE_RATE, WINDOW_COLUMNS

SIZE, FPS, FRAMES, STEPS = 256, 25.0, 125, 12
FILM = Path(__file__).parents[1] / "examples/recordings/trombone/p8/trombone_p8_s77_00.mp4"


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five seconds of film at full size, with a made-up sound and made-up keypoints."""
    root = tmp_path_factory.mktemp("shards")
    info = ShardInfo(
        id="film", instrument="trombone", performer="p8", split="train", fps=FPS, size=SIZE,
        crop=(0, 0, SIZE), source=FILM.name, source_sha256="0" * 64, cqt_mode="continuous", window_offset=0.0,
        first_sample=0, first_column=0, settings={},
    )  # fmt: skip
    rng = np.random.default_rng(0)
    samples = round(FRAMES / FPS * SAMPLE_RATE)
    with ShardWriter(root, info) as writer:
        for frame in islice(read_frames(FILM, FPS), FRAMES):
            writer.add_frame(cv2.resize(frame, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC))
        columns = samples // HOP_LENGTH + WINDOW_COLUMNS
        writer.add_cqt(rng.uniform(-80, 0, (CQT_BINS, columns)).astype(np.float32))
        writer.add_audio(np.zeros(samples, np.int16))
        writer.finish(
            times=np.arange(FRAMES) / FPS,
            keypoints=rng.uniform(0.2, 0.8, (FRAMES, 60, 2)).astype(np.float32),
            confidence=np.ones((FRAMES, 60), np.float32),
            imputed=np.zeros((FRAMES, 60), bool),
        )
    write_manifest(root)
    return root


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run")


@pytest.mark.parametrize("stage", STAGES)
def test_step(benchmark: Any, shards: Path, run: Path, stage: Stage) -> None:
    """A few steps of each stage; `extra_info` holds the milliseconds of each part of a step."""
    changes = {f"{stage}.training.{name}": STEPS for name in ("examine_every", "checkpoint_every")}
    options = TrainOptions(recipe="fast", steps=STEPS, changes=changes)
    benchmark.pedantic(TRAININGS[stage], args=(shards, run, options, lambda *_, **__: None), rounds=1)
    parts = read_run(run).stages[stage]["milliseconds_a_step"]
    total = sum(time for part, time in parts.items() if part != "records")
    benchmark.extra_info.update(parts, share_of_data=parts["data"] / total, step=total)


def _frames(recipe_name: str) -> Callable[[], None]:
    """Makes one frame with all of a recipe's networks."""
    recipe = get_recipe(recipe_name)
    device = torch.device("cpu")
    networks = {
        stage: place(BUILDERS[stage](getattr(recipe, stage)).eval(), device) for stage in recipe.stages
    }
    windows, keypoints = torch.zeros(1, 1, CQT_BINS, WINDOW_COLUMNS), torch.rand(1, 1, 60, 2)
    reference = torch.rand(1, 3, SIZE, SIZE)

    @torch.inference_mode()
    def frame() -> None:
        coarse = None
        with autocast(device, choose_precision("auto", device)):
            if "khp" in networks:
                networks["khp"](windows, keypoints[:, 0], networks["khp"].initial_state(1))  # type: ignore[operator]
            if recipe.cvg:
                small = torch.rand(1, 3, SIZE // recipe.cvg.downscale, SIZE // recipe.cvg.downscale)
                start = networks["cvg"].initial_state(small)  # type: ignore[operator]
                coarse, _ = networks["cvg"](windows, torch.zeros(1, recipe.cvg.noise), small, start)
            state = networks["stu"].initial_state(1, SIZE)  # type: ignore[operator]
            networks["stu"](coarse, keypoints, windows, reference, state)

    return frame


def test_forward_beside_the_rivals(benchmark: Any) -> None:
    """One frame of `fast`, all three networks; and how many times as long the rivals' generators take."""
    ours = _frames(FAST.name)
    benchmark.pedantic(ours, rounds=20, warmup_rounds=3)
    for rival in ("ebdn", "vid2vid"):
        theirs = _frames(f"paper+{rival}")
        theirs()
        begun = time.perf_counter()
        theirs()
        seconds = time.perf_counter() - begun
        benchmark.extra_info[f"{rival}_times_as_long"] = seconds / benchmark.stats.stats.median
