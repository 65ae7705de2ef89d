"""What a training step costs, part by part: recipe `fast` at 256 x 256 on frames of a virtual performer."""

from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from apvg_core.config import STAGES, Stage
from apvg_core.data.manifest import write_manifest
from apvg_core.data.shards import ShardInfo, ShardWriter
from apvg_core.media.video import read_frames
from apvg_core.run.info import read_run
from apvg_core.training.options import TrainOptions
from apvg_core.training.stages import TRAININGS
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
    changes = {f"{stage}.training.{name}": STEPS for name in ("validate_every", "checkpoint_every")}
    options = TrainOptions(recipe="fast", steps=STEPS, changes=changes)
    benchmark.pedantic(TRAININGS[stage], args=(shards, run, options, lambda *_, **__: None), rounds=1)
    parts = read_run(run).stages[stage]["milliseconds_a_step"]
    total = sum(time for part, time in parts.items() if part != "records")
    benchmark.extra_info.update(parts, share_of_data=parts["data"] / total, step=total)
