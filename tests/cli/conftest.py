from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from apvg_cli.app import run
from apvg_core.data.manifest import write_manifest
from apvg_core.data.shards import ShardInfo, ShardWriter
from apvg_core.skeleton import LEFT_HAND, NUM_JOINTS
from apvg_core.units import CQT_BINS, SAMPLE_RATE, WINDOW_COLUMNS


@dataclass
class Outcome:
    code: int
    out: str
    err: str


@pytest.fixture
def apvg(capsys):
    """Run a command line in this process."""

    def call(*arguments):
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call


@pytest.fixture
def shards(tmp_path) -> Path:
    """Two shards of four frames at 8 fps; the left hand is seen in half of them."""
    root = tmp_path / "shards"
    frames, size = 4, 32
    for name, split in [("a", "train"), ("b", "validation")]:
        info = ShardInfo(
            id=name, instrument="violin", performer="ann", split=split, fps=8.0, size=size, crop=(0, 0, size),
            source=f"{name}.mp4", source_sha256="0" * 64, cqt_mode="clip", window_offset=0.0, first_sample=0,
            first_column=0, settings={},
        )  # fmt: skip
        confidence = np.ones((frames, NUM_JOINTS), np.float32)
        confidence[: frames // 2, LEFT_HAND] = 0
        with ShardWriter(root, info) as writer:
            for _ in range(frames):
                writer.add_frame(np.zeros((size, size, 3), np.uint8))
            writer.add_cqt(np.zeros((frames, CQT_BINS, WINDOW_COLUMNS), np.float32))
            writer.add_audio(np.zeros(SAMPLE_RATE // 2, np.int16))
            writer.finish(
                times=np.arange(frames) / info.fps,
                keypoints=np.full((frames, NUM_JOINTS, 2), 0.5, np.float32),
                confidence=confidence,
                imputed=confidence == 0,
            )
    write_manifest(root)
    return root
