"""Curves over a recording's time: scores, and keypoints against the true ones."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from apvg_core.data.shards import Shard
from apvg_core.metrics.agreement import correlation
from apvg_core.metrics.registry import METRICS
from apvg_core.report.activity import moving_average
from apvg_core.report.formatting import number
from apvg_core.report.frame_selection import Guide
from apvg_core.report.performances import FOOTAGE, Performance, Recording
from apvg_core.report.plots import Line, Plot, limits_of, line_plot
from apvg_core.report.principal_component import principal_component
from apvg_core.skeleton import BODY_JOINTS, GROUPS

CURVES: Final = ("psnr", "ssim", "keypoint_distance")

TRACKS_S: Final = 60.0
"""Seconds of the tracks that are drawn."""

LINES: Final = 3
"""Runs whose lines are visible at first."""

WRISTS: Final = ("left_wrist", "right_wrist")
AXES: Final = ("from left to right", "downwards")

Track = npt.NDArray[np.floating[Any]]
Tracks = Mapping[Performance, npt.NDArray[np.float32]]


@dataclass(frozen=True)
class LegendEntry:
    """A line's name and colour.

    Attributes:
        text: The name.
        style: Classes that colour it.
        switch: True if the line can be hidden.
        hidden: True if it is hidden at first.
    """

    text: str
    style: str
    switch: bool = True
    hidden: bool = False


@dataclass(frozen=True)
class ScoreCurves:
    """Scores over time."""

    legend: list[LegendEntry]
    plots: list[Plot]


@dataclass(frozen=True)
class KeypointCurves:
    """Keypoints over time.

    Attributes:
        note: What is drawn.
        legend: The lines.
        components: First principal components of body and hands.
        wrists: Coordinates of the wrists.
    """

    note: str
    legend: list[LegendEntry]
    components: list[Plot]
    wrists: list[Plot]


def score_curves(shard: Shard, recording: Recording, guide: Guide | None) -> ScoreCurves:
    """Draw each metric's curve, with the guide's extremes."""
    drawn = [each for each in recording.performances if each.measurements.curves]
    return ScoreCurves(_legend(drawn, _hidden(recording)), list(_score_plots(shard, recording, guide)))


def keypoint_curves(shard: Shard, recording: Recording) -> KeypointCurves | None:
    """Draw the runs' keypoints over the true ones; returns None where no run has keypoints."""
    runs = [each for each in recording.performances if each.row.kind == "run"]
    tracks = {each: each.measurements.keypoints for each in runs if each.measurements.keypoints is not None}
    if not tracks:
        return None
    hidden = _hidden(recording)
    note = (
        "How far the joints lie along the direction in which the true ones move most, in widths of the "
        "picture, as in the paper's Fig. 4."
    )
    if len(shard) > TRACKS_S * shard.info.fps:
        note += f" The first {TRACKS_S:.0f} seconds."
    legend = [LegendEntry(FOOTAGE, "truth", switch=False), *_legend(list(tracks), hidden)]
    components, wrists = _components(shard, tracks, hidden), _wrists(shard, tracks, hidden)
    return KeypointCurves(note, legend, list(components), list(wrists))


def _hidden(recording: Recording) -> set[str]:
    """Return the methods whose lines are hidden at first, so that the others can be told apart."""
    if len(recording.contestants) == 1:
        return set()
    surplus = {each.name for each in recording.contestants[LINES:]}
    return surplus | {each.name for each in recording.performances if each.row.kind == "true keypoints"}


def _legend(performances: Sequence[Performance], hidden: set[str]) -> list[LegendEntry]:
    return [LegendEntry(each.name, each.style, hidden=each.name in hidden) for each in performances]


def _score_plots(shard: Shard, recording: Recording, guide: Guide | None) -> Iterator[Plot]:
    hidden = _hidden(recording)
    for metric in (METRICS[key] for key in CURVES):
        lines: list[Line] = []
        main: list[Track] = []
        others: list[Track] = []
        for each in recording.performances:
            if metric.key not in each.measurements.curves or _is_trivial(metric.key, each):
                continue
            curve = moving_average(each.measurements.curves[metric.key], shard.info.fps)
            if np.isnan(curve).all():
                continue
            lines.append(Line(each.name, each.style, curve, each.name in hidden))
            (main if each in recording.contestants else others).append(curve)
        if lines:
            yield line_plot(
                metric.heading, "mean over a second", lines, fps=shard.info.fps,
                limits=limits_of(main, others), marks=guide.extremes if guide else (),
            )  # fmt: skip


def _is_trivial(metric: str, performance: Performance) -> bool:
    """Return True for true keypoints' distance (but not where the estimator finds them in the images)."""
    return metric == "keypoint_distance" and not performance.measurements.curves[metric].any()


def _components(shard: Shard, tracks: Tracks, hidden: set[str]) -> Iterator[Plot]:
    for group, joints in GROUPS.items():
        component = principal_component(shard.keypoints, shard.visible, joints)
        if component is None:
            continue
        true = component.project_truth(shard.keypoints)
        predicted = {each: component.project(keypoints) for each, keypoints in tracks.items()}
        note = f"{100 * component.share:.0f} % of the true motion"
        agreement = {
            each.name: correlation(true, track, component.visible) for each, track in predicted.items()
        }
        if listed := ", ".join(f"{name} {number(r, 2)}" for name, r in agreement.items() if r is not None):
            note += f"; correlation with it: {listed}"
        yield from _plot(shard, group.replace("_", " ").capitalize(), note, true, predicted, hidden)


def _wrists(shard: Shard, tracks: Tracks, hidden: set[str]) -> Iterator[Plot]:
    for joint, wrist in ((BODY_JOINTS.index(wrist), wrist) for wrist in WRISTS):
        for axis, direction in enumerate(AXES):
            true = np.where(shard.visible[:, joint], shard.keypoints[:, joint, axis], np.nan)
            predicted = {each: keypoints[:, joint, axis] for each, keypoints in tracks.items()}
            title = wrist.replace("_", " ").capitalize()
            yield from _plot(shard, title, f"{direction}, widths of the picture", true, predicted, hidden)


def _plot(
    shard: Shard, title: str, note: str, true: Track, predicted: Mapping[Performance, Track], hidden: set[str]
) -> Iterator[Plot]:
    """Draw tracks over the truth's; none where the truth is not known."""
    end = round(TRACKS_S * shard.info.fps)
    true = true[:end]
    if np.isnan(true).all():
        return
    lines = [
        Line(each.name, each.style, track[:end], each.name in hidden) for each, track in predicted.items()
    ]
    limits = limits_of([true, *(line.values for line in lines)])
    lines.insert(0, Line(FOOTAGE, "truth", true))
    yield line_plot(title, note, lines, fps=shard.info.fps, limits=limits, wide=True)
