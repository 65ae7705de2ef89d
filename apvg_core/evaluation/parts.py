"""A part of an evaluation: one method on one recording, scored once and kept on disk."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

import apvg_core
from apvg_core.data.shards import Shard
from apvg_core.evaluation.coarse_frames import CoarseSampler, sampled_frames
from apvg_core.evaluation.finder import Finder
from apvg_core.evaluation.judge import Judge
from apvg_core.evaluation.measurements import Measurements
from apvg_core.evaluation.part_files import part_file, read_made_from, video_path, write_part
from apvg_core.evaluation.perceptual import PerceptualDistances, VGGFile
from apvg_core.evaluation.performance_video import decode_video, record_video
from apvg_core.evaluation.predictors import Prediction, Predictor, RunPredictor, Videos
from apvg_core.evaluation.results import RECORDINGS
from apvg_core.evaluation.scoring import score_footage, score_prediction
from apvg_core.features.pose import estimator_name
from apvg_core.files import scratch_folder, sha256_of
from apvg_core.metrics.learned import available
from apvg_core.metrics.registry import METRICS
from apvg_core.run.note_positions import read_note_positions
from apvg_core.run.weights import weights_checksum
from apvg_core.truth import read_truth, truth_path

SCHEMA_VERSION = 7
"""Parts of another version are scored anew. Since version 7 baselines go through the encoder as runs do."""


@dataclass(frozen=True)
class Part:
    """One method on one recording.

    Attributes:
        predictor: The predictor; None stands for the recording itself.
        shard: The recording's shard.
        sha256: Its checksum.
        folder: Folder of all parts.
        through_mp4: True to score the frames that come out of the encoder.
        truth: Folder of truth files, if anything is known.
        find: True to score the keypoints that are found in the images.
        judge: Run whose discriminator judges whether images and sound belong together.
        positions: File of where the performers' hands usually are for each note.
        vgg: A pretrained VGG-19, by which perceptual distances are measured.
    """

    predictor: Predictor | None
    shard: Path
    sha256: str
    folder: Path
    through_mp4: bool
    truth: Path | None = None
    find: bool = False
    judge: Path | None = None
    positions: Path | None = None
    vgg: VGGFile | None = None

    @property
    def _name(self) -> str:
        return self.predictor.name if self.predictor else RECORDINGS

    @property
    def path(self) -> Path:
        """The file of the measurements."""
        return part_file(self.folder, self._name, self.shard.stem, "npz")

    @property
    def video(self) -> Path:
        """The performance's file."""
        if isinstance(self.predictor, Videos):
            return video_path(self.predictor.folder, self.shard.stem)
        return part_file(self.folder, self._name, self.shard.stem, "mp4")

    @property
    def shown(self) -> bool:
        """True if the report shows its video: that of a whole run that makes images."""
        run = self.predictor
        return isinstance(run, RunPredictor) and run.lesion is None and "stu" in run.stages

    def made_from(self) -> dict[str, Any]:
        """Return what the measurements depend on, as JSON."""
        made_from: dict[str, Any] = {
            "schema_version": SCHEMA_VERSION, "apvg": apvg_core.__version__, "shard": self.sha256,
            "through_mp4": self.through_mp4, "method": self.predictor.made_from if self.predictor else
            RECORDINGS, "metrics": list(METRICS), "learned": available(),
            "found_by": estimator_name() if self.find else None,
            "judge": weights_checksum(self.judge, "stu", "discriminator") if self.judge else None,
            "note_positions": sha256_of(self.positions) if self.positions else None,
            "vgg": self.vgg.sha256 if self.vgg else None,
        }  # fmt: skip
        if isinstance(self.predictor, Videos) and self.video.is_file():
            made_from["film"] = sha256_of(self.video)
        return made_from


def score_part(part: Part) -> int:
    """Score a part, unless it is scored; returns its number of frames.

    Raises:
        ApvgError: The recording, the run or the video cannot be used.
    """
    with Shard(part.shard) as shard:
        known = {"truth": sha256_of(truth_path(part.truth, shard))} if part.truth else {}
        made_from = json.dumps({**part.made_from(), **known}, sort_keys=True)
        if read_made_from(part.path) == made_from and (part.video.is_file() or not part.shown):
            return len(shard)
        sampler = CoarseSampler(sampled_frames(len(shard), shard.info.fps))
        with one_thread():
            measurements = _score(part, shard, sampler)
    write_part(part.path, measurements, made_from, sampler.images)
    return measurements.frames


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold PyTorch at one thread: there are as many processes as cores, and one order of sums."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _score(part: Part, shard: Shard, sampler: CoarseSampler) -> Measurements:
    truth = read_truth(part.truth, shard) if part.truth else None
    judge = Judge(part.judge) if part.judge else None
    known = read_note_positions(part.positions) if part.positions else None
    positions = known.get(shard.info.performer) if known else None
    perceptual = PerceptualDistances(part.vgg, shard.info.fps) if part.vgg and part.predictor else None
    with closing(Finder()) if part.find else nullcontext() as finder:
        if part.predictor is None:
            return score_footage(shard, truth, finder, judge, positions)
        performance = part.predictor.predict(shard)
        if isinstance(part.predictor, RunPredictor) and not part.predictor.true_keypoints:
            performance = _sampled(performance, sampler)  # with true keypoints coarse frames are the same
        if part.shown:
            performance = _recorded(part, performance, part.video, shard)
            return score_prediction(shard, performance, truth, finder, judge, positions, perceptual)
        with scratch_folder() as folder:
            if not isinstance(part.predictor, Videos) and part.through_mp4:
                performance = _recorded(part, performance, Path(folder) / "unseen.mp4", shard)
            return score_prediction(shard, performance, truth, finder, judge, positions, perceptual)


def _recorded(
    part: Part, performance: Iterator[Prediction], video: Path, shard: Shard
) -> Iterator[Prediction]:
    """Write a performance to its video; the frames are those that come out of it where these are scored."""
    performance = record_video(performance, video, shard)
    if not part.through_mp4:
        return performance
    video.unlink(missing_ok=True)
    return decode_video(video, shard, [each.keypoints for each in performance])


def _sampled(performance: Iterator[Prediction], sampler: CoarseSampler) -> Iterator[Prediction]:
    for prediction in performance:
        sampler.add(prediction.coarse, len(prediction))
        yield prediction
