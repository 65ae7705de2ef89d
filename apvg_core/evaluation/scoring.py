"""Scoring of one prediction of one recording: every metric, in blocks of time."""

from collections.abc import Iterator
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt

from apvg_core.data.shards import Shard
from apvg_core.data.sound import pitch_of, sound_of
from apvg_core.evaluation.finder import Finder
from apvg_core.evaluation.judge import Judge
from apvg_core.evaluation.measurements import Measurements
from apvg_core.evaluation.perceptual import PerceptualDistances
from apvg_core.evaluation.predictors import Prediction
from apvg_core.features.loudness import normalising_gain
from apvg_core.instruments import BOWED
from apvg_core.metrics.accumulate import FrameMetrics
from apvg_core.metrics.drift import Course
from apvg_core.metrics.hands import HandFrames
from apvg_core.metrics.images import ImageFrames
from apvg_core.metrics.keypoints import KeypointFrames
from apvg_core.metrics.learned import Learned
from apvg_core.metrics.metric import Events, Group, RecordingValue
from apvg_core.metrics.onsets import onset_strength
from apvg_core.metrics.playing import KnownTrack, Playing
from apvg_core.metrics.registry import metrics_of
from apvg_core.metrics.uncertainty import Units, blocks
from apvg_core.run.note_positions import NotePositions
from apvg_core.skeleton import BODY_JOINTS
from apvg_core.truth import TRACKS, Truth
from apvg_core.units import CQT_FLOOR_DB

SOUNDING_DB: Final = CQT_FLOOR_DB / 2
"""A frame sounds where its window's loudest bin at its middle is above this (dB)."""

Keypoints = npt.NDArray[np.float32]


class _Images:
    """Accumulates all metrics of images over one recording's frames."""

    def __init__(self, shard: Shard, perceptual: PerceptualDistances | None) -> None:
        self._shard = shard
        self._frames = FrameMetrics([*metrics_of("images"), *metrics_of("details")], ImageFrames)
        self._learned = Learned()
        self._perceptual = perceptual

    def add(self, generated: npt.NDArray[np.uint8]) -> None:
        """Add what was generated in the place of the recording's next frame [shape=(size, size, 3)]."""
        index = len(self._frames)
        real = self._shard.frames(index, index + 1)[0]
        self._frames.add(real, generated, self._shard.keypoints[index], self._shard.visible[index])
        self._learned.add(real[None], generated[None])
        if self._perceptual:
            self._perceptual.add(real, generated)

    def measure(self) -> Measurements:
        count = len(self._frames)
        if not count:
            return Measurements()
        fps = self._shard.info.fps
        times, duration = np.arange(count) / fps, count / fps
        course = Course(self._frames.series["psnr"].per_frame, fps)
        units = self._frames.units(times, duration)
        units |= _recording_units("drift", course, duration)
        units |= _recording_units("learned", self._learned, duration)
        if self._perceptual:
            units |= _recording_units("perceptual", self._perceptual.perceived, duration)
        return Measurements(units, self._frames.curves())


def score_prediction(
    shard: Shard,
    predictions: Iterator[Prediction],
    truth: Truth | None = None,
    finder: Finder | None = None,
    judge: Judge | None = None,
    positions: NotePositions | None = None,
    perceptual: PerceptualDistances | None = None,
) -> Measurements:
    """Compare a prediction with its recording by every metric that has what it needs.

    Args:
        shard: The recording.
        predictions: Predictions of all its frames, in order.
        truth: The truth about the playing, where it is known.
        finder: Finds the keypoints to compare in the predicted images, where there are any; and the hands.
        judge: Judges whether the predicted images belong to the sound.
        positions: Where the performer's hand usually is for each note.
        perceptual: Compares what VGG-19 perceives in the frames.
    """
    images = _Images(shard, perceptual)
    predicted: list[Keypoints] = []
    said: list[Keypoints] = []
    position = 0
    for prediction in predictions:
        for k in range(len(prediction)):
            if prediction.frames is not None:
                images.add(prediction.frames[k])
                _show(prediction.frames[k], finder, judge)
            own = None if prediction.keypoints is None else prediction.keypoints[k]
            said.append(shard.keypoints[position] if own is None else own)
            if own is not None and (finder is None or prediction.frames is None):
                predicted.append(own)
            position += 1
    assert position == len(shard), "a prediction has as many frames as its recording"
    if finder:
        predicted += list(finder.keypoints(shard.info.fps))
    result = images.measure()
    result.frames = len(shard)
    if finder and finder.has_seen:
        _score_hands(result, shard, np.stack(said), finder)
    if judge and judge.has_seen:
        _score_sync(result, shard, judge)
    if predicted:
        result.keypoints = np.stack(predicted)
        _score_keypoints(result, shard, result.keypoints, truth, positions)
    return result


def score_footage(
    shard: Shard,
    truth: Truth | None = None,
    finder: Finder | None = None,
    judge: Judge | None = None,
    positions: NotePositions | None = None,
) -> Measurements:
    """Measure the recording's own motion by the metrics that need nothing to compare with: what is normal.

    Args:
        shard: The recording.
        truth: The truth about the playing, where it is known.
        finder: Finds the keypoints anew, in the shard's frames, which may be smaller than the footage's.
        judge: Judges whether the shard's frames belong to its sound.
        positions: Where the performer's hand usually is for each note.
    """
    for k in range(len(shard) if finder or judge else 0):
        _show(shard.frames(k, k + 1)[0], finder, judge)
    keypoints = finder.keypoints(shard.info.fps) if finder else shard.keypoints
    result = Measurements(keypoints=keypoints, frames=len(shard))
    if finder:
        _score_hands(result, shard, shard.keypoints, finder)
    if judge:
        _score_sync(result, shard, judge)
    _score_keypoints(result, shard, keypoints, truth, positions, of_footage=True)
    return result


def _show(frame: npt.NDArray[np.uint8], finder: Finder | None, judge: Judge | None) -> None:
    """Show the next frame [shape=(size, size, 3)] to those that look at frames."""
    if finder:
        finder.add(frame)
    if judge:
        judge.add(frame)


def _score_sync(result: Measurements, shard: Shard, judge: Judge) -> None:
    """Add the metrics of frames beside sound."""
    result.units |= _recording_units("sync", judge.synchrony(shard), len(shard) / shard.info.fps)


def _score_hands(result: Measurements, shard: Shard, said: Keypoints, finder: Finder) -> None:
    """Add the metrics of hands that are found in frames, beside keypoints [shape=(frames, 60, 2)]."""
    frames = FrameMetrics(metrics_of("hands"), HandFrames)
    for frame in zip(said, finder.found(), strict=True):
        frames.add(*frame)
    fps = shard.info.fps
    result.units |= frames.units(np.arange(len(shard)) / fps, len(shard) / fps)


def _score_keypoints(
    result: Measurements, shard: Shard, predicted: Keypoints, truth: Truth | None,
    positions: NotePositions | None, *, of_footage: bool = False,
) -> None:  # fmt: skip
    """Add the metrics of keypoints [shape=(frames, 60, 2)] and of music to measurements."""
    fps, duration = shard.info.fps, len(shard) / shard.info.fps
    frames = FrameMetrics(
        metrics_of("keypoints", of_footage=of_footage), partial(KeypointFrames, fps=fps)
    )  # fmt: skip
    for frame in zip(shard.keypoints, predicted, shard.visible, strict=True):
        frames.add(*frame)
    result.units |= frames.units(np.arange(len(shard)) / fps, duration)
    result.curves |= frames.curves()
    playing = playing_of(shard, predicted, truth, positions)
    result.units |= _recording_units("music", playing, duration, of_footage=of_footage)


def playing_of(
    shard: Shard,
    predicted: Keypoints,
    truth: Truth | None = None,
    positions: NotePositions | None = None,
) -> Playing:
    """Return the evidence of how well a motion plays a recording's music.

    Args:
        shard: The recording.
        predicted: Keypoints of its frames [shape=(frames, 60, 2)].
        truth: The truth about the playing, where it is known.
        positions: Where the performer's hand usually is for each note, where that is known.
    """
    gain = np.float32(normalising_gain(sound_of(shard)))
    known = {}
    if truth:
        known = {
            name: KnownTrack(truth.tracks[name], BODY_JOINTS.index(joint))
            for name, joint in TRACKS.values()
            if name in truth.tracks
        }
    return Playing(
        real=shard.keypoints, predicted=predicted, visible=shard.visible,
        strength=onset_strength(block * gain for block in sound_of(shard)), sounding=sounding(shard),
        fps=shard.info.fps, bowed=shard.info.instrument in BOWED,
        known=known, known_sounding=truth.sounding if truth else None,
        notes=pitch_of(shard).notes if positions else None, positions=positions,
    )  # fmt: skip


def sounding(shard: Shard) -> npt.NDArray[np.bool_]:
    """Return True for frames that sound [shape=(frames,)]."""
    return np.asarray(shard.middle_columns().max(1) > SOUNDING_DB)


def _recording_units(
    group: Group, evidence: object, duration: float, *, of_footage: bool = False
) -> dict[str, Units]:
    """Return (sum, count) of each block of time [shape=(blocks, 2)] of a group's metrics with a value."""
    measured: dict[str, RecordingValue] = {
        metric.key: metric.measure(evidence) for metric in metrics_of(group, of_footage=of_footage)
    }
    return {key: _units(value, duration) for key, value in measured.items() if value is not None}


def _units(value: Events | float, duration: float) -> Units:
    """Return (sum, count) of each block of time [shape=(blocks, 2)].

    A metric that is one number a recording is one block; in means over recordings it weighs as much as that
    lasts.
    """
    if isinstance(value, Events):
        return blocks(value.times, value.values, duration=duration)
    return np.array([[value * duration, duration]])
