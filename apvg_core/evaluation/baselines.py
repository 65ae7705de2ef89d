"""Baselines that a run has to beat: two predictors that learn nothing."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from apvg_core.data.conditions import measure_conditions
from apvg_core.data.manifest import ManifestEntry
from apvg_core.data.selection import filmed
from apvg_core.data.shards import Shard
from apvg_core.evaluation.predictors import Prediction, Predictor
from apvg_core.files import atomic_write

CHUNK: Final = 256
"""Frames read at a time."""

QUERIES: Final = 256
"""Windows that are searched for together: each search reads all training windows once."""


def mean_frame(root: Path, training: Sequence[ManifestEntry]) -> npt.NDArray[np.uint8]:
    """Return the mean of all training frames: the best image that ignores the music.

    Args:
        root: The shard folder.
        training: The training entries.

    Returns:
        RGB [shape=(size, size, 3)].
    """
    total: npt.NDArray[np.float64] | float = 0.0
    count = 0
    for entry in training:
        with Shard(root / entry.path) as shard:
            for start in range(0, len(shard), CHUNK):
                frames = shard.frames(start, min(start + CHUNK, len(shard)))
                total = total + frames.astype(np.float64).sum(0)
                count += len(frames)
    return np.asarray(np.rint(np.asarray(total) / count), np.uint8)


class Nearest(NamedTuple):
    """The frame whose sound is nearest.

    Attributes:
        shard: Index of its shard.
        frame: Its index.
        distance: The squared distance of the windows.
    """

    shard: int
    frame: int
    distance: float


def nearest_audio(shards: Sequence[Shard], windows: npt.NDArray[np.float32]) -> list[Nearest]:
    """Return for each CQT window the frame of `shards` whose window is nearest (L2, in dB).

    Args:
        shards: The training recordings.
        windows: CQT windows in dB [shape=(n, 84, 87)].

    Returns:
        The frame for each window, n of them.
    """
    queries = windows.reshape(len(windows), -1)
    query_norms = (queries**2).sum(1)
    best = np.full(len(windows), np.inf)
    indices = np.zeros((len(windows), 2), np.int64)
    for index, shard in enumerate(shards):
        for start in range(0, len(shard), CHUNK):
            keys = shard.windows(start, min(start + CHUNK, len(shard)))
            keys = keys.reshape(len(keys), -1)
            distances = query_norms[:, None] - 2 * queries @ keys.T + (keys**2).sum(1)
            nearest = distances.argmin(1)
            least = distances[np.arange(len(windows)), nearest]
            closer = least < best
            best[closer] = least[closer]
            indices[closer] = np.stack([np.full(closer.sum(), index), start + nearest[closer]], 1)
    return [Nearest(int(at[0]), int(at[1]), float(far)) for at, far in zip(indices, best, strict=True)]


@dataclass(frozen=True)
class MeanFrame:
    """Predicts the best image and pose that ignore the music: the means of the performer's training frames.

    Attributes:
        images: Each performer's mean frame, .npy.
        averages: Each performer's average keypoints [shape=(60, 2)].
        made_from: The training shards.
        name: Its row's name in the tables.
    """

    images: dict[str, Path]
    averages: dict[str, npt.NDArray[np.float32]]
    made_from: dict[str, Any]
    name: str = "mean frame"

    def predict(self, shard: Shard) -> Iterator[Prediction]:
        """Yield the same image and keypoints for each frame."""
        image = np.load(self.images[shard.info.performer])[None]
        keypoints = self.averages[shard.info.performer][None]
        for _ in range(len(shard)):
            yield Prediction(image, keypoints)


@dataclass(frozen=True)
class NearestAudio:
    """Predicts for each moment the training frame whose sound is nearest.

    Keypoints come from all that keypoint prediction learns from, frames from what of that was filmed.

    Attributes:
        root: The shard folder.
        training: The training entries.
        made_from: The training shards.
        name: Its row's name in the tables.
    """

    root: Path
    training: tuple[ManifestEntry, ...]
    made_from: dict[str, Any]
    name: str = "nearest audio"

    def predict(self, shard: Shard) -> Iterator[Prediction]:
        """Yield the frames, one by one."""
        own = [entry for entry in self.training if entry.performer == shard.info.performer]
        with ExitStack() as stack:
            shards = [stack.enter_context(Shard(self.root / entry.path)) for entry in own]
            films = [shard for shard in shards if shard.info.has_images]
            others = [shard for shard in shards if not shard.info.has_images]
            for start in range(0, len(shard), QUERIES):
                windows = shard.windows(start, min(start + QUERIES, len(shard)))
                found = zip(nearest_audio(films, windows), nearest_audio(others, windows), strict=True)
                for film, other in found:
                    shown, frame, _ = film
                    image = films[shown].frames(frame, frame + 1)
                    nearer = film.distance <= other.distance
                    source, frame, _ = film if nearer else other
                    posed = (films if nearer else others)[source]
                    yield Prediction(image, posed.keypoints[frame : frame + 1])


def baselines(shards: Path, training: Sequence[ManifestEntry], cache: Path) -> list[Predictor]:
    """Return mean frame and nearest audio.

    Args:
        shards: The shard folder.
        training: The training entries, those without images too.
        cache: Folder in which the mean frames are kept, each made once.
    """
    made_from: dict[str, Any] = {"training": {entry.id: entry.sha256 for entry in training}}
    performers = sorted({entry.performer for entry in training})
    images = {}
    for performer in performers:
        own = [entry for entry in filmed(training) if entry.performer == performer]
        key = hashlib.sha256("".join(entry.sha256 for entry in own).encode()).hexdigest()
        images[performer] = cache / f"mean_frame_{key[:16]}.npy"
        if not images[performer].exists():
            with atomic_write(images[performer]) as temporary, temporary.open("wb") as handle:
                np.save(handle, mean_frame(shards, own))
    averages = measure_conditions(shards, training, performers).average
    return [
        MeanFrame(images, dict(zip(performers, averages, strict=True)), made_from),
        NearestAudio(shards, tuple(training), made_from),
    ]
