"""Shards made without footage (a square whose height follows the pitch), and a run trained on them."""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import settings

from apvg_core.data.manifest import write_manifest
from apvg_core.data.shards import SetUp, ShardInfo, ShardWriter
from apvg_core.features.cqt import stream_cqt
from apvg_core.layers import vgg_file
from apvg_core.stages.cvg import training as cvg
from apvg_core.stages.khp import training as khp
from apvg_core.stages.stu import training as stu
from apvg_core.training.options import TrainOptions
from apvg_core.units import SAMPLE_RATE
from tests.browser import Browser

FPS, SIZE = 10.0, 64

settings.register_profile("apvg", deadline=None)  # machines differ
settings.load_profile("apvg")
torch.set_num_threads(1)  # networks this small only wait for each other's threads


def melody(seconds: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Sound of one random note after the other, and the note (0 to 1) at each frame."""
    rng = np.random.default_rng(seed)
    notes = rng.integers(0, 5, size=int(np.ceil(seconds / 0.5))) / 4
    held = np.repeat(notes, SAMPLE_RATE // 2)[: int(seconds * SAMPLE_RATE)]
    phase = 2 * np.pi * np.cumsum(220 * 2 ** (2 * held)) / SAMPLE_RATE
    at_frames = held[(np.arange(round(seconds * FPS)) / FPS * SAMPLE_RATE).astype(int)]
    return (0.3 * np.sin(phase)).astype(np.float32), at_frames


def write_shard(
    root: Path,
    *,
    name: str,
    split: str,
    seconds: float,
    seed: int,
    set_up: SetUp | None = None,
    **changes: object,
) -> Path:
    sound, notes = melody(seconds, seed)
    info = ShardInfo(
        **{
            "id": name, "instrument": "theremin", "performer": "p1", "split": split, "fps": FPS, "size": SIZE,
            "crop": (0, 0, SIZE), "source": f"{name}.mp4",
            "source_sha256": hashlib.sha256(name.encode()).hexdigest(),
            "cqt_mode": "continuous",
            "window_offset": 0.0, "first_sample": 0, "first_column": 0, "settings": {},
            **changes,
        }
    )  # fmt: skip
    count = len(notes)
    keypoints = np.full((count, 60, 2), 0.5, np.float32)
    keypoints[:, :, 0] += np.linspace(-0.2, 0.2, 60)
    keypoints[:, :, 1] = (0.3 + 0.4 * notes)[:, None]
    confidence = np.ones((count, 60), np.float32)
    confidence[:, 10] = 0  # the right ankle is never seen
    with ShardWriter(root, info) as writer:
        for note in notes if info.has_images else ():
            frame = np.full((info.size, info.size, 3), 40, np.uint8)
            top = int(8 + 36 * note)
            frame[top : top + 12, 20:44] = (220, 180, 90)
            writer.add_frame(frame)
        if set_up is not None:
            writer.add_set_up(set_up)
        writer.add_cqt(np.concatenate(list(stream_cqt([sound])), 1))
        writer.add_audio((sound * 32767).astype(np.int16))
        return writer.finish(
            times=np.arange(count) / FPS,
            keypoints=keypoints,
            confidence=confidence,
            imputed=confidence == 0,
        )


@pytest.fixture(scope="session")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 6 s to train on and 2 s to validate with. Read only."""
    root = tmp_path_factory.mktemp("shards")
    write_shard(root, name="a", split="train", seconds=3, seed=0)
    write_shard(root, name="b", split="train", seconds=3, seed=1)
    write_shard(root, name="c", split="validation", seconds=2, seed=2)
    write_manifest(root)
    return root


@pytest.fixture(autouse=True, scope="session")
def _offline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing is fetched in a test, nor found in a cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("TORCH_HOME", str(tmp_path_factory.mktemp("torch")))
        patch.setattr(vgg_file, "TORCHVISION_URL", "file:///nowhere/vgg19-dcbb9e9d.pth")
        yield


@pytest.fixture(scope="session")
def half_run(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with KHP and CVG. Read only."""
    run = tmp_path_factory.mktemp("runs") / "half"
    khp.train(shards, run, TrainOptions(recipe="tiny"))
    cvg.train(shards, run, TrainOptions())
    return run


@pytest.fixture(scope="session")
def run(shards: Path, half_run: Path) -> Path:
    """A run with all three stages. Read only."""
    run = half_run.with_name("whole")
    shutil.copytree(half_run, run)
    stu.train(shards, run, TrainOptions())
    return run


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    """A Chromium; the test is skipped where there is none."""
    folder = tmp_path / "browser"
    folder.mkdir()
    with Browser(folder) as browser:
        yield browser
