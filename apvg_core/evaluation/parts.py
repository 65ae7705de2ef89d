"""One method on one recording: judged in a process that may be one of many, kept on disk, never judged twice.

`OUT/parts/<method>/<recording>.npz` holds `Measurements` and what they were made from; beside it lies the
film of a run's performance, with its sound.
"""

import json
import re
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, as_completed
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
import soundfile
import torch
from threadpoolctl import threadpool_limits

import apvg_core
from apvg_core.cores import available_cores
from apvg_core.data.shards import Shard
from apvg_core.errors import ApvgError, ConfigError
from apvg_core.evaluation.finder import Finder
from apvg_core.evaluation.measurements import Measurements
from apvg_core.evaluation.predictors import Prediction, Predictor, RunPredictor, Videos, video_path
from apvg_core.evaluation.results import RECORDINGS
from apvg_core.evaluation.scoring import score_footage, score_prediction
from apvg_core.evaluation.truth import read_truth, truth_path
from apvg_core.features.pose import estimator_name
from apvg_core.files import atomic_write, sha256_of
from apvg_core.media.audio import open_song
from apvg_core.media.isolate import ProcessDiedError, isolated_threads
from apvg_core.media.video import read_frames
from apvg_core.media.video_writer import VideoWriter
from apvg_core.metrics.learned import available
from apvg_core.metrics.registry import METRICS
from apvg_core.progress import Progress
from apvg_core.units import SAMPLE_RATE

SCHEMA_VERSION = 5

DAMAGED: Final = (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile, zlib.error)
"""What reading a damaged npz may come to."""


def part_file(folder: Path, method: str, recording: str, suffix: str) -> Path:
    """Where a method's judgement (npz) or film (mp4) of a recording lies."""
    return folder / part_folder(method) / f"{recording}.{suffix}"


def part_folder(method: str) -> str:
    """Name of the folder of a method's parts."""
    return re.sub(r"[^\w.+-]+", "_", method)


@dataclass(frozen=True)
class Part:
    """What is to be judged.

    Attributes:
        method: None stands for the recording itself.
        shard: The recording.
        sha256: Its checksum.
        folder: Of all parts.
        through_mp4: Judge what comes out of the encoder.
        truth: Folder of truth files, if anything is known.
        find: Judge the keypoints that are found in the images.
    """

    method: Predictor | None
    shard: Path
    sha256: str
    folder: Path
    through_mp4: bool
    truth: Path | None = None
    find: bool = False

    @property
    def _name(self) -> str:
        return self.method.name if self.method else RECORDINGS

    @property
    def path(self) -> Path:
        """Of the judgement."""
        return part_file(self.folder, self._name, self.shard.stem, "npz")

    @property
    def film(self) -> Path:
        """Of the performance."""
        if isinstance(self.method, Videos):
            return video_path(self.method.folder, self.shard.stem)
        return part_file(self.folder, self._name, self.shard.stem, "mp4")

    def made_from(self) -> dict[str, Any]:
        """What the judgement depends on, as JSON."""
        made_from: dict[str, Any] = {
            "schema_version": SCHEMA_VERSION, "apvg": apvg_core.__version__, "shard": self.sha256,
            "through_mp4": self.through_mp4, "method": self.method.made_from if self.method else RECORDINGS,
            "metrics": list(METRICS), "learned": available(),
            "found_by": estimator_name() if self.find else None,
        }  # fmt: skip
        if isinstance(self.method, Videos) and self.film.is_file():
            made_from["film"] = sha256_of(self.film)
        return made_from


@contextmanager
def one_thread() -> Iterator[None]:
    """As many processes as cores; and one order of sums, so the same numbers."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def judge_part(part: Part) -> int:
    """Judge a part, unless it is judged; returns how many frames it has.

    Raises:
        ApvgError: The recording, the run or the film cannot be used.
    """
    with Shard(part.shard) as shard:
        known = {"truth": sha256_of(truth_path(part.truth, shard))} if part.truth else {}
        made_from = json.dumps({**part.made_from(), **known}, sort_keys=True)
        if _made_from(part.path) == made_from:
            return len(shard)
        with one_thread():
            judgement = _judged(part, shard)
    _write(part.path, judgement, made_from)
    return judgement.frames


def _made_from(path: Path) -> str | None:
    """What the part that lies there was made from; None if there is none, or a damaged one."""
    try:
        with path.open("rb") as handle, np.load(handle) as file:  # np.load leaves a damaged file open
            return str(file["made_from"]) if file["frames"] else None
    except DAMAGED:
        return None


def _judged(part: Part, shard: Shard) -> Measurements:
    truth = read_truth(part.truth, shard) if part.truth else None
    with closing(Finder()) if part.find else nullcontext() as finder:
        if part.method is None:
            return score_footage(shard, truth, finder)
        performance = part.method.predict(shard)
        if isinstance(part.method, RunPredictor):
            performance = _filmed(performance, part.film, shard)
            if part.through_mp4:
                part.film.unlink(missing_ok=True)
                performance = _decoded(part.film, shard, [made.keypoints for made in performance])
        return score_prediction(shard, performance, truth, finder)


def _filmed(performance: Iterator[Prediction], path: Path, shard: Shard) -> Iterator[Prediction]:
    """The performance, which is written to an mp4 as it goes by."""
    first = next(performance)
    if first.frames is None:
        yield first
        yield from performance
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        wav = Path(scratch, "sound.wav")
        soundfile.write(wav, shard.audio(), SAMPLE_RATE)
        size = shard.info.size
        with (
            open_song(wav) as song,
            VideoWriter(
                path, fps=shard.info.fps, width=size, height=size, song=song, metadata={"synthetic": "true"}
            ) as writer,
        ):
            for made in _chained(first, performance):
                assert made.frames is not None
                for frame in made.frames:
                    writer.write(frame)
                yield made


def _chained(first: Prediction, rest: Iterator[Prediction]) -> Iterator[Prediction]:
    yield first
    yield from rest


def _decoded(film: Path, shard: Shard, keypoints: Sequence[Any]) -> Iterator[Prediction]:
    """A film of ours with the keypoints of its making."""
    if not film.exists():  # a run without images
        yield from (Prediction(None, k) for k in keypoints)
        return
    joined = None if keypoints[0] is None else np.concatenate(keypoints)
    for index, frame in enumerate(read_frames(film, shard.info.fps, stop=len(shard))):
        yield Prediction(frame[None], None if joined is None else joined[index : index + 1])


def _write(path: Path, judgement: Measurements, made_from: str) -> None:
    arrays: dict[str, Any] = {f"units/{key}": value for key, value in judgement.units.items()}
    arrays |= {f"curves/{key}": value for key, value in judgement.curves.items()}
    if judgement.keypoints is not None:
        arrays["keypoints"] = judgement.keypoints
    with atomic_write(path) as temporary, temporary.open("wb") as handle:
        np.savez(handle, made_from=made_from, frames=judgement.frames, **arrays)


def read_part(path: Path) -> Measurements:
    """Read what was judged.

    Raises:
        ConfigError: It is damaged.
    """
    try:
        with path.open("rb") as handle, np.load(handle) as file:
            named = {
                kind: {key.removeprefix(f"{kind}/"): file[key] for key in file if key.startswith(f"{kind}/")}
                for kind in ("units", "curves")
            }
            keypoints = file.get("keypoints")
            return Measurements(named["units"], named["curves"], keypoints, int(file["frames"]))
    except DAMAGED as error:
        raise ConfigError(f"{path} is damaged; delete it, and evaluate again.") from error


def judge_parts(parts: Sequence[Part], *, jobs: int) -> Iterator[tuple[Part, int]]:
    """Judge parts, `jobs` at a time; yields each with its number of frames as it is done.

    Raises:
        ApvgError: As `judge_part`; what is judged by then stays.
    """
    if jobs == 1:
        for part in parts:
            yield part, judge_part(part)
        return
    with isolated_threads(jobs) as (threads, call):
        pending: dict[Future[int], Part] = {
            threads.submit(call, _judge_alone, part, path=part.shard): part for part in parts
        }
        try:
            for future in as_completed(pending):
                yield pending[future], future.result()
        except ProcessDiedError as error:
            raise ConfigError(
                "A process that judged died (out of memory?); repeat the command with fewer --jobs, it goes "
                "on from there."
            ) from error
        except ApvgError:
            threads.shutdown(cancel_futures=True)  # what has begun is judged
            raise


def _judge_alone(part: Part, *, progress: Progress) -> int:  # noqa: ARG001 (run_isolated's form)
    """Judge a part in a process that has one core to itself."""
    threadpool_limits(1)
    return judge_part(part)


def default_jobs() -> int:
    """One process a core."""
    return available_cores()
