"""Predictors of performances: runs, a run given the true keypoints, and videos of any other system.

A predictor takes a recording (a shard) and yields its prediction, some frames at a time. Each is small and
can be sent to another process. `baselines` has those that learn nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from apvg_core.config import Stage
from apvg_core.data.shards import Shard
from apvg_core.data.sound import sound_of
from apvg_core.errors import MediaError, RunError
from apvg_core.evaluation.lesions import LESIONS
from apvg_core.evaluation.part_files import video_path
from apvg_core.files import sha256_of
from apvg_core.generation.pipeline import Block, coarse_blocks, final_blocks, sound_windows
from apvg_core.media.isolate import run_isolated
from apvg_core.media.video import probe, read_frames
from apvg_core.progress import Progress
from apvg_core.run.conditions import read_conditions
from apvg_core.run.info import read_run
from apvg_core.run.weights import read_stage_config
from apvg_core.runtime.load import Networks, Runtime, load_networks

Images = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Prediction:
    """A prediction of t frames of a recording.

    Attributes:
        frames: (t, size, size, 3), or None where it makes no images.
        keypoints: (t, 60, 2), or None where it makes none.
        coarse: (t, 3, h, w) in [0, 1], the coarse frames of a run that has them.
    """

    frames: Images | None
    keypoints: npt.NDArray[np.float32] | None
    coarse: npt.NDArray[np.float32] | None = None

    def __len__(self) -> int:
        predicted = self.keypoints if self.frames is None else self.frames
        return 0 if predicted is None else len(predicted)


class Predictor(Protocol):
    """Something that predicts a performance from a recording's sound."""

    @property
    def name(self) -> str:
        """Its row's name in the tables."""

    @property
    def made_from(self) -> dict[str, Any]:
        """The facts that its predictions depend on besides the recording, as JSON."""

    def predict(self, shard: Shard) -> Iterator[Prediction]:
        """Yield predictions of the recording's frames, in order."""


@lru_cache(maxsize=16)
def _networks(
    folder: Path,
    device: str,
    runtime: Runtime,
    stages: tuple[Stage, ...],
    weights: tuple[str, ...],  # noqa: ARG001 (tells them from others in the same files)
) -> Networks:
    """Load the networks of a run, once for all recordings."""
    # one thread, as there are as many processes as cores
    return load_networks(folder, device=device, runtime=runtime, stages=stages, threads=1)


def check_run(folder: Path) -> None:
    """Check that a run has all that its predictions need.

    Raises:
        RunError: Something is missing or damaged.
    """
    read_conditions(folder, read_run(folder))
    for stage in trained_stages(folder):
        read_stage_config(folder, stage)
        if not (folder / stage / "model.safetensors").is_file():
            raise RunError(
                f"{folder / stage} lacks its model.safetensors; train that stage again or restore it."
            )


@dataclass(frozen=True)
class RunPredictor:
    """A run, from audio alone, by the code that generates; or with the true keypoints, or with a lesion.

    Attributes:
        name: Its row's name in the tables.
        folder: The run.
        stages: Those that are used; a run whose last stage is not trained yet predicts no images.
        seed: Seed of the random variable z.
        device: "auto", "cpu", "cuda", ...
        true_keypoints: True to give it the keypoints of a perfect KHP.
        lesion: Key of a lesion; then PyTorch computes, which lesions can reach into. None of the run itself.
    """

    name: str
    folder: Path
    stages: tuple[Stage, ...]
    seed: int
    device: str
    true_keypoints: bool = False
    lesion: str | None = None

    @property
    def made_from(self) -> dict[str, Any]:
        """The weights, and the settings of the prediction."""
        lesion = {} if self.lesion is None else {"lesion": self.lesion}
        return {
            "weights": list(self._weights), "seed": self.seed, "device": self.device,
            "true_keypoints": self.true_keypoints, **lesion,
        }  # fmt: skip

    @property
    def _weights(self) -> tuple[str, ...]:
        files = [self.folder / stage / "model.safetensors" for stage in self.stages]
        return tuple(sha256_of(path) for path in (*files, self.folder / "conditions.safetensors"))

    def predict(self, shard: Shard) -> Iterator[Prediction]:
        """Play the recording's sound to the run."""
        runtime: Runtime = "auto" if self.lesion is None else "torch"
        networks = _networks(self.folder, self.device, runtime, self.stages, self._weights)
        if self.lesion is not None:
            networks = LESIONS[self.lesion].disable(networks)
        performer = networks.performer_index(shard.info.performer)
        windows = sound_windows(lambda: sound_of(shard), networks.info, len(shard))
        blocks = coarse_blocks(networks, windows, performer=performer, seed=self.seed)
        if self.true_keypoints:
            blocks = _with_true_keypoints(blocks, shard)
        if networks.stu is not None:
            blocks = final_blocks(networks, blocks, performer=performer)
        for block in blocks:
            yield Prediction(block.frames, block.keypoints, block.coarse)


def _with_true_keypoints(blocks: Iterator[Block], shard: Shard) -> Iterator[Block]:
    at = 0
    for block in blocks:
        end = at + len(block.windows)
        yield replace(block, keypoints=shard.keypoints[at:end])
        at = end


@dataclass(frozen=True)
class Videos:
    """Any system's videos, one a recording: `folder/<recording's id>.mp4`.

    Attributes:
        folder: The videos' folder.
        name: Its row's name in the tables.
    """

    folder: Path
    name: str

    @property
    def made_from(self) -> dict[str, Any]:
        """The folder; each video's checksum is compared with its recording."""
        return {"videos": str(self.folder.resolve())}

    def predict(self, shard: Shard) -> Iterator[Prediction]:
        """Decode the video.

        Raises:
            MediaError: It is missing, damaged, or of another length or size than the recording.
        """
        path, info = video_path(self.folder, shard.info.id), shard.info
        found = run_isolated(check_video, path, path=path)  # a damaged video ends there
        frames = max(1, round(found.duration * info.fps))
        if abs(frames - len(shard)) > 1 or (found.width, found.height) != (info.size, info.size):
            raise MediaError(
                f"{path} has {frames} frames of {found.width} x {found.height} at {info.fps:g} fps, its "
                f"recording {len(shard)} of {info.size} x {info.size}; make it again from that recording."
            )
        for frame in read_frames(path, info.fps, stop=len(shard)):
            yield Prediction(frame[None], None)


def check_video(path: Path, *, progress: Progress) -> Any:  # noqa: ARG001 (run_isolated's form)
    """Decode a video once to see that it can be; return its `VideoInfo`."""
    info = probe(path)
    for _ in read_frames(path, info.fps):
        pass
    return info


def trained_stages(folder: Path) -> tuple[Stage, ...]:
    """Return the stages to score a run by: its recipe's, or of an unfinished run those before the STU."""
    info = read_run(folder)
    if "stu" not in info.stages and "khp" in info.stages:
        return tuple(stage for stage in info.recipe.stages if stage in info.stages)
    return info.recipe.stages
