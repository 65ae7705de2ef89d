"""Judges what one method makes of one recording, by every metric, in blocks of time."""

from collections.abc import Iterator
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt

from apvg_core.data.shards import Shard
from apvg_core.evaluation.finder import Finder
from apvg_core.evaluation.judgement import Judgement
from apvg_core.evaluation.methods import Made, sound_of
from apvg_core.evaluation.truth import TRACKS, Truth
from apvg_core.features.loudness import normalising_gain
from apvg_core.metrics import drift
from apvg_core.metrics.accumulate import Series, Sliding
from apvg_core.metrics.agreement import correlation, main_axis, playing_axis
from apvg_core.metrics.images import image_motion, psnr, similarities, temporal_error
from apvg_core.metrics.keypoints import (
    GROUPS,
    PCK_THRESHOLDS,
    correct_keypoints,
    jerk,
    jitter,
    keypoint_distance,
    relative_distance,
)
from apvg_core.metrics.learned import Learned, available
from apvg_core.metrics.motion import (
    TURN_DEPTH,
    motion_arrivals,
    motion_beats,
    motion_energy,
    motion_onsets,
    turns,
)
from apvg_core.metrics.onsets import onset_strength, onset_times, strength_of_steps
from apvg_core.metrics.timing import beat_alignment, by_chance, event_hits, lag
from apvg_core.metrics.uncertainty import Units, blocks
from apvg_core.skeleton import BODY_JOINTS, RIGHT_HAND
from apvg_core.units import CQT_FLOOR_DB

BOWED: Final = ("violin", "viola", "cello", "double_bass")
"""Their right hand sets out with a note; others, such as a slide, arrive with it."""

DRIFT_SECONDS: Final = 30.0
"""The slope of a shorter recording's PSNR says what is played when, not whether quality lasts."""

SOUNDING_DB: Final = CQT_FLOOR_DB / 2
"""A frame sounds where its window's loudest bin at its middle is above this (dB)."""

_WRIST: Final = BODY_JOINTS.index("right_wrist")
_PLAYING: Final = [_WRIST, RIGHT_HAND.start]
"""The hand that bows or moves the slide."""

Keypoints = npt.NDArray[np.float32]


class _Images:
    """The metrics of images, frame by frame."""

    def __init__(self) -> None:
        self.series = {key: Series() for key in ("psnr", "ssim", "ms_ssim")}
        self._temporal_error = Sliding(temporal_error, 2)
        self._motion = Sliding(image_motion, 2), Sliding(image_motion, 2)
        self._learned = Learned() if available() else None

    def add(self, real: npt.NDArray[np.uint8], made: npt.NDArray[np.uint8]) -> None:
        similar = similarities(real, made)
        self.series["psnr"].add(psnr(real, made))
        self.series["ssim"].add(similar.ssim)
        self.series["ms_ssim"].add(similar.ms_ssim)
        self._temporal_error.add(real, made)
        for motion, frame in zip(self._motion, (real, made), strict=True):
            motion.add(frame)
        if self._learned:
            self._learned.add(real[None], made[None])

    def units(self, times: npt.NDArray[np.float64], duration: float, fps: float) -> dict[str, Units]:
        everything = {**self.series, "temporal_error": self._temporal_error.series}
        units = {k: blocks(times, s.sums, s.counts, duration=duration) for k, s in everything.items()}
        real, made = (motion.series.sums for motion in self._motion)
        units["motion_ratio"] = blocks(times, made, real, duration=duration)
        if duration >= DRIFT_SECONDS and (trend := drift.drift(self.series["psnr"].per_frame, fps)):
            units["psnr_drift"] = one(trend.per_minute, duration)
        if self._learned:
            units |= {k: one(v, duration) for k, v in self._learned.values.items()}
        return units


class _Keypoints:
    """The metrics of keypoints, frame by frame."""

    def __init__(self, fps: float) -> None:
        self.series = {
            key: Series() for key in ("keypoint_distance", "relative_distance", "pck_02", "pck_05")
        }  # fmt: skip
        self._groups = {
            group: self.series.setdefault(f"keypoint_distance_{group}", Series())
            for group in GROUPS
            if group != "all"
        }
        self._jerk = Sliding(partial(jerk, fps=fps), 4)
        self._jitter = Sliding(partial(jitter, fps=fps), 3)
        self._tracks: list[Keypoints] = []

    def add(self, real: Keypoints, made: Keypoints, visible: npt.NDArray[np.bool_]) -> None:
        self._tracks.append(made)
        self.series["keypoint_distance"].add(keypoint_distance(real, made, visible))
        self.series["relative_distance"].add(relative_distance(real, made, visible))
        for key, threshold in zip(("pck_02", "pck_05"), PCK_THRESHOLDS, strict=True):
            self.series[key].add(correct_keypoints(real, made, visible, threshold))
        for group, series in self._groups.items():
            series.add(keypoint_distance(real, made, visible, group))
        self._jerk.add(made, visible)
        self._jitter.add(real, made, visible)

    def units(self, times: npt.NDArray[np.float64], duration: float) -> dict[str, Units]:
        everything = {**self.series, "jerk": self._jerk.series, "jitter": self._jitter.series}
        return {k: blocks(times, s.sums, s.counts, duration=duration) for k, s in everything.items()}

    @property
    def tracks(self) -> Keypoints:
        return np.stack(self._tracks)


def one(value: float, duration: float) -> Units:
    """A metric that is one number a recording; in means over recordings it weighs as much as that lasts."""
    return np.array([[value * duration, duration]])


def judge(
    shard: Shard, performance: Iterator[Made], truth: Truth | None = None, finder: Finder | None = None
) -> Judgement:
    """Compare a performance with its recording, every metric that what was made and is known allows.

    With a `finder` keypoints are what it finds in the images, if there are any, not what they were made of.
    """
    fps, count = shard.info.fps, len(shard)
    images, keypoints = _Images(), _Keypoints(fps)
    at = 0
    for made in performance:
        for k in range(len(made)):
            if made.frames is not None:
                images.add(shard.frames(at, at + 1)[0], made.frames[k])
                if finder:
                    finder.add(made.frames[k])
            if made.keypoints is not None and (finder is None or made.frames is None):
                keypoints.add(shard.keypoints[at], made.keypoints[k], shard.visible[at])
            at += 1
    assert at == count, "a performance has as many frames as its recording"
    if finder:
        for k, joints in enumerate(finder.found(fps)):
            keypoints.add(shard.keypoints[k], joints, shard.visible[k])
    times, duration = np.arange(count) / fps, count / fps
    result = Judgement(frames=count)
    if len(images.series["psnr"]):
        result.units |= images.units(times, duration, fps)
        result.curves |= {key: images.series[key].per_frame for key in ("psnr", "ssim")}
    if len(keypoints.series["keypoint_distance"]):
        result.units |= keypoints.units(times, duration)
        result.curves["keypoint_distance"] = keypoints.series["keypoint_distance"].per_frame
        result.keypoints = keypoints.tracks
        result.units |= _music(shard, keypoints.tracks)
        result.units |= _known(shard, keypoints.tracks, truth) if truth else {}
    return result


def judge_recording(shard: Shard, truth: Truth | None = None, finder: Finder | None = None) -> Judgement:
    """The recording's own motion by the metrics that need nothing to compare with: what is normal.

    With a `finder` keypoints are found anew, in the shard's frames, which may be smaller than the footage's.
    """
    keypoints = shard.keypoints
    if finder:
        for k in range(len(shard)):
            finder.add(shard.frames(k, k + 1)[0])
        keypoints = finder.found(shard.info.fps)
    own = _Keypoints(shard.info.fps)
    for real, made, visible in zip(shard.keypoints, keypoints, shard.visible, strict=True):
        own.add(real, made, visible)
    duration = len(shard) / shard.info.fps
    units = own.units(np.arange(len(shard)) / shard.info.fps, duration)
    music = {key: value for key, value in _music(shard, keypoints).items() if key != "agreement"}
    music |= _known(shard, keypoints, truth) if truth else {}
    return Judgement(
        units={"jerk": units["jerk"], "jitter": units["jitter"], **music},
        keypoints=keypoints,
        frames=len(shard),
    )


def _music(shard: Shard, keypoints: Keypoints) -> dict[str, Units]:
    """Whether the motion goes with the sound, and the playing hand with the true one."""
    fps, duration = shard.info.fps, len(shard) / shard.info.fps
    gain = np.float32(normalising_gain(sound_of(shard)))
    strength = onset_strength(block * gain for block in sound_of(shard))
    onsets = onset_times(strength)
    everything, hand = motion_energy(keypoints, fps), motion_energy(keypoints[:, _PLAYING], fps)
    beats = motion_beats(everything, fps)
    events = (motion_onsets if shard.info.instrument in BOWED else motion_arrivals)(hand, fps)
    units = {
        "beat_alignment": blocks(beats, beat_alignment(beats, onsets), duration=duration),
        "onset_f1": _f1(onsets, events, duration),
    }
    chance = by_chance(partial(event_hits, onsets), events, duration)
    if len(chance):
        units["onset_f1_chance"] = one(float(chance.mean()), duration)
    if found := lag(hand, strength_of_steps(strength, len(hand), fps), fps):
        units |= {"lag": one(found.seconds, duration), "lag_correlation": one(found.correlation, duration)}
    seen = shard.visible[:, _WRIST]
    if seen.sum() < 3:
        return units
    axis = main_axis(shard.keypoints[seen, _WRIST])
    real, made = (track[:, _WRIST].astype(np.float64) @ axis for track in (shard.keypoints, keypoints))
    if shard.info.instrument in BOWED:
        units["bow_f1"] = _f1(turns(real, fps), turns(made, fps), duration)
    agreement = correlation(real, made, seen & sounding(shard))
    if agreement is not None:
        units["agreement"] = one(agreement, duration)
    return units


def _known(shard: Shard, keypoints: Keypoints, truth: Truth) -> dict[str, Units]:
    """Whether the hands are where the instrument is known to have been played."""
    fps, duration = shard.info.fps, len(shard) / shard.info.fps
    units = {}
    for name, joint_name in TRACKS.values():
        joint = BODY_JOINTS.index(joint_name)
        mask = shard.visible[:, joint] & truth.sounding
        if name not in truth.tracks or mask.sum() < 3:
            continue
        known = truth.tracks[name]
        axis = playing_axis(shard.keypoints[mask, joint], known[mask])
        real, made = (track[:, joint].astype(np.float64) @ axis for track in (shard.keypoints, keypoints))
        agreement = correlation(known, made, mask)
        if agreement is not None:
            units[f"{name}_agreement"] = one(agreement, duration)
        if name == "bow" and correlation(known, real, mask) is not None:  # neither stands still
            depth = TURN_DEPTH * float(known[mask].std() / real[mask].std())  # in the bow's unit
            units["bow_f1"] = _f1(turns(known, fps, depth), turns(made, fps), duration)
    return units


def _f1(reference: npt.NDArray[np.float64], events: npt.NDArray[np.float64], duration: float) -> Units:
    hits = event_hits(reference, events).astype(np.float64)
    return blocks(np.concatenate([reference, events]), hits, duration=duration)


def sounding(shard: Shard) -> npt.NDArray[np.bool_]:
    """Which frames sound [shape=(frames,)]."""
    loudest = []
    for start in range(0, len(shard), 256):
        windows = shard.windows(start, min(start + 256, len(shard)))
        loudest.append(windows[:, :, windows.shape[2] // 2].max(1))
    return np.concatenate(loudest) > SOUNDING_DB
