"""What is judged: runs, what a run makes of true keypoints, two predictors that learn nothing, and films.

A method is told a recording (a shard) and gives what it makes of it, some frames at a time. Each is small and
can be sent to another process.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from apvg_core.config import Stage
from apvg_core.data.manifest import ManifestEntry
from apvg_core.data.shards import Shard
from apvg_core.errors import MediaError, RunError
from apvg_core.evaluation.baselines import nearest_audio
from apvg_core.files import sha256_of
from apvg_core.generation.pipeline import Block, coarse_blocks, final_blocks, sound_windows
from apvg_core.media.isolate import run_isolated
from apvg_core.media.video import probe, read_frames
from apvg_core.progress import Progress
from apvg_core.run import read_conditions, read_run, read_stage_config
from apvg_core.runtime.load import Networks, load_networks
from apvg_core.units import SAMPLE_RATE

Images = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Made:
    """What a method makes of t frames of a recording.

    Attributes:
        frames: (t, size, size, 3), or None where it makes no images.
        keypoints: (t, 60, 2), or None where it makes none.
        coarse: (t, 3, h, w) in [0, 1], the coarse frames of a run that has them.
    """

    frames: Images | None
    keypoints: npt.NDArray[np.float32] | None
    coarse: npt.NDArray[np.float32] | None = None

    def __len__(self) -> int:
        made = self.keypoints if self.frames is None else self.frames
        return 0 if made is None else len(made)


class Method(Protocol):
    """Something that makes a performance of a recording's sound."""

    @property
    def name(self) -> str:
        """As it stands in the tables."""

    @property
    def made_from(self) -> dict[str, Any]:
        """What its performance depends on besides the recording, as JSON."""

    def perform(self, shard: Shard) -> Iterator[Made]:
        """Make the recording's frames, in order."""


@lru_cache(maxsize=16)
def _networks(
    folder: Path,
    device: str,
    stages: tuple[Stage, ...],
    weights: tuple[str, ...],  # noqa: ARG001 (tells them from others that were in their place)
) -> Networks:
    """The networks of a run, loaded once for all recordings."""
    return load_networks(folder, device=device, stages=stages, threads=1)  # as many processes as cores


SOUND_BLOCK: Final = 10 * SAMPLE_RATE


def sound_of(shard: Shard) -> Iterator[npt.NDArray[np.float32]]:
    """The recording as a song of its own, block by block [shape=(samples,) each, mono, 44.1 kHz]."""
    sound = shard.audio()
    for start in range(0, len(sound), SOUND_BLOCK):
        yield sound[start : start + SOUND_BLOCK].astype(np.float32) / 2**15


def check_run(folder: Path) -> None:
    """See that a run has all that it is judged by.

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
class RunMethod:
    """A run, from audio alone, by the code that generates; or with the true keypoints in place of its own.

    Attributes:
        name: As it stands in the tables.
        folder: The run.
        stages: Those it is judged by; a run whose last stage is not trained yet makes no images.
        seed: Of the random variable z.
        device: "auto", "cpu", "cuda", ...
        true_keypoints: What a perfect KHP would give.
    """

    name: str
    folder: Path
    stages: tuple[Stage, ...]
    seed: int
    device: str
    true_keypoints: bool = False

    @property
    def made_from(self) -> dict[str, Any]:
        """The weights and what else is drawn or told."""
        return {
            "weights": list(self._weights), "seed": self.seed, "device": self.device,
            "true_keypoints": self.true_keypoints,
        }  # fmt: skip

    @property
    def _weights(self) -> tuple[str, ...]:
        files = [self.folder / stage / "model.safetensors" for stage in self.stages]
        return tuple(sha256_of(path) for path in (*files, self.folder / "conditions.safetensors"))

    def perform(self, shard: Shard) -> Iterator[Made]:
        """Play the recording's sound to the run."""
        networks = _networks(self.folder, self.device, self.stages, self._weights)
        performer = networks.performer_index(shard.info.performer)
        windows = sound_windows(lambda: sound_of(shard), networks.info, len(shard))
        blocks = coarse_blocks(networks, windows, performer=performer, seed=self.seed)
        if self.true_keypoints:
            blocks = _with_true_keypoints(blocks, shard)
        if networks.stu is not None:
            blocks = final_blocks(networks, blocks, performer=performer)
        for block in blocks:
            yield Made(block.frames, block.keypoints, block.coarse)


def _with_true_keypoints(blocks: Iterator[Block], shard: Shard) -> Iterator[Block]:
    at = 0
    for block in blocks:
        end = at + len(block.windows)
        yield replace(block, keypoints=shard.keypoints[at:end])
        at = end


@dataclass(frozen=True)
class MeanFrame:
    """The best image and pose that ignore the music: the means of the performer's training frames.

    Attributes:
        images: Each performer's mean frame, .npy.
        averages: Each performer's average keypoints, (60, 2).
        made_from: The training shards.
        name: As it stands in the tables.
    """

    images: dict[str, Path]
    averages: dict[str, npt.NDArray[np.float32]]
    made_from: dict[str, Any]
    name: str = "mean frame"

    def perform(self, shard: Shard) -> Iterator[Made]:
        """Stand still."""
        image = np.load(self.images[shard.info.performer])[None]
        keypoints = self.averages[shard.info.performer][None]
        for _ in range(len(shard)):
            yield Made(image, keypoints)


QUERIES = 256
"""Windows that are searched for together: each search reads all training windows once."""


@dataclass(frozen=True)
class NearestAudio:
    """For each moment the training frame whose sound is nearest.

    Attributes:
        root: The shard folder.
        training: The training entries.
        made_from: The training shards.
        name: As it stands in the tables.
    """

    root: Path
    training: tuple[ManifestEntry, ...]
    made_from: dict[str, Any]
    name: str = "nearest audio"

    def perform(self, shard: Shard) -> Iterator[Made]:
        """Show the frames, one by one."""
        own = [entry for entry in self.training if entry.performer == shard.info.performer]
        with ExitStack() as stack:
            sources = [stack.enter_context(Shard(self.root / entry.path)) for entry in own]
            for start in range(0, len(shard), QUERIES):
                windows = shard.windows(start, min(start + QUERIES, len(shard)))
                for source, frame in nearest_audio(sources, windows):
                    nearest = sources[source]
                    yield Made(nearest.frames(frame, frame + 1), nearest.keypoints[frame : frame + 1])


def film_path(folder: Path, recording: str) -> Path:
    """Where a recording's film lies among any system's films."""
    return folder / f"{recording}.mp4"


@dataclass(frozen=True)
class Films:
    """Any system's films, one a recording: `folder/<recording's id>.mp4`.

    Attributes:
        folder: Where they lie.
        name: As it stands in the tables.
    """

    folder: Path
    name: str

    @property
    def made_from(self) -> dict[str, Any]:
        """The folder; each film's checksum is looked at with its recording."""
        return {"films": str(self.folder.resolve())}

    def perform(self, shard: Shard) -> Iterator[Made]:
        """Decode the film.

        Raises:
            MediaError: It is missing, damaged, or of another length or size than the recording.
        """
        path, info = film_path(self.folder, shard.info.id), shard.info
        found = run_isolated(check_film, path, path=path)  # a damaged film ends there
        frames = max(1, round(found.duration * info.fps))
        if abs(frames - len(shard)) > 1 or (found.width, found.height) != (info.size, info.size):
            raise MediaError(
                f"{path} has {frames} frames of {found.width} x {found.height} at {info.fps:g} fps, its "
                f"recording {len(shard)} of {info.size} x {info.size}; make it anew from that recording."
            )
        for frame in read_frames(path, info.fps, stop=len(shard)):
            yield Made(frame[None], None)


def check_film(path: Path, *, progress: Progress) -> Any:  # noqa: ARG001 (run_isolated's form)
    """Decode a film once to see that it can be; returns what it is."""
    info = probe(path)
    for _ in read_frames(path, info.fps):
        pass
    return info


def trained_stages(folder: Path) -> tuple[Stage, ...]:
    """Return the stages to judge a run by: its recipe's, or of an unfinished run those before the STU."""
    info = read_run(folder)
    if "stu" not in info.stages and "khp" in info.stages:
        return tuple(stage for stage in info.recipe.stages if stage in info.stages)
    return info.recipe.stages
