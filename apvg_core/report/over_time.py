"""What runs over a recording's time: scores, and keypoints against the true ones."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from apvg_core.data.shards import Shard
from apvg_core.metrics.agreement import correlation
from apvg_core.metrics.registry import METRICS
from apvg_core.report.html import Html, element
from apvg_core.report.material import FOOTAGE, Recording, Shown
from apvg_core.report.moments import Guide
from apvg_core.report.played import smoothed
from apvg_core.report.plots import Line, limits_of, line_plot
from apvg_core.report.tracks import principal_component
from apvg_core.skeleton import BODY_JOINTS, GROUPS

CURVES: Final = ("psnr", "ssim", "keypoint_distance")

TRACKS_S: Final = 60.0
"""Tracks are drawn up to here."""

LINES: Final = 3
"""Of more runs, the others' lines are not shown at first."""

WRISTS: Final = ("left_wrist", "right_wrist")
AXES: Final = ("from left to right", "downwards")

Track = npt.NDArray[np.floating[Any]]


def over_time(shard: Shard, recording: Recording, found: Guide | None) -> Iterator[Html]:
    """Curves and tracks, with switches for their lines."""
    hidden = _hidden(recording)
    if curves := list(_curves(shard, recording, hidden, found)):
        drawn = [shown for shown in recording.methods if shown.judgement.curves]
        yield element("h3", "Scores over time")
        yield element("div", _legend(drawn, hidden), *curves, class_="plots")
    runs = [shown for shown in recording.methods if shown.row.kind == "run"]
    tracks = {shown: shown.judgement.keypoints for shown in runs if shown.judgement.keypoints is not None}
    if tracks:
        note = (
            "How far the joints lie along the direction in which the true ones move most, in edges of the "
            "picture, as in the paper's Fig. 4."
        )
        if len(shard) > TRACKS_S * shard.info.fps:
            note += f" The first {TRACKS_S:.0f} seconds."
        yield element("h3", "Keypoints over time")
        yield element("p", note, class_="note")
        legend = _legend(list(tracks), hidden, truth=True)
        yield element("div", legend, *_components(shard, tracks, hidden), class_="plots")
        wrists = element("div", *_wrists(shard, tracks, hidden), class_="plots")
        yield element("details", element("summary", "The wrists as they are"), wrists)


def _hidden(recording: Recording) -> set[str]:
    """Methods whose lines are not shown at first, so that the others can be told apart."""
    if len(recording.contestants) == 1:
        return set()
    surplus = {shown.name for shown in recording.contestants[LINES:]}
    return surplus | {shown.name for shown in recording.methods if shown.row.kind == "true keypoints"}


def _legend(methods: Sequence[Shown], hidden: set[str], *, truth: bool = False) -> Html:
    """What the lines are, with a switch for each."""
    return element(
        "fieldset",
        element("legend", "Lines"),
        *([element("span", _swatch("truth"), FOOTAGE)] if truth else []),
        *(
            element(
                "label",
                element("input", type="checkbox", value=shown.name, checked=shown.name not in hidden),
                _swatch(shown.look),
                shown.name,
            )
            for shown in methods
        ),
        class_="legend",
    )


def _swatch(look: str) -> Html:
    line = element("path", class_=f"line {look}", d="M0 4H24")
    return element("svg", line, class_="swatch", viewBox="0 0 24 8", aria_hidden="true")


def _curves(shard: Shard, recording: Recording, hidden: set[str], found: Guide | None) -> Iterator[Html]:
    for metric in (METRICS[key] for key in CURVES):
        lines: list[Line] = []
        main: list[Track] = []
        others: list[Track] = []
        for shown in recording.methods:
            if metric.key not in shown.judgement.curves or _is_trivial(metric.key, shown):
                continue
            curve = smoothed(shown.judgement.curves[metric.key], shard.info.fps)
            if np.isnan(curve).all():
                continue
            lines.append(Line(shown.name, shown.look, curve, shown.name in hidden))
            (main if shown in recording.contestants else others).append(curve)
        if lines:
            yield line_plot(
                metric.heading, "mean over a second", lines, fps=shard.info.fps,
                limits=limits_of(main, others), marks=found.extremes if found else (),
            )  # fmt: skip


def _is_trivial(metric: str, shown: Shown) -> bool:
    """True keypoints are where they are (though not where the estimator finds them in the images)."""
    return metric == "keypoint_distance" and not shown.judgement.curves[metric].any()


Tracks = Mapping[Shown, npt.NDArray[np.float32]]


def _components(shard: Shard, tracks: Tracks, hidden: set[str]) -> Iterator[Html]:
    for group, joints in GROUPS.items():
        component = principal_component(shard.keypoints, shard.visible, joints)
        if component is None:
            continue
        true = component.of_truth(shard.keypoints)
        made = {shown: component.of(keypoints) for shown, keypoints in tracks.items()}
        note = f"{100 * component.share:.0f} % of the true motion"
        agreement = {shown.name: correlation(true, track, component.seen) for shown, track in made.items()}
        if said := ", ".join(f"{name} {_signed(r)}" for name, r in agreement.items() if r is not None):
            note += f"; correlation with it: {said}"
        yield from _plot(shard, group.replace("_", " ").capitalize(), note, true, made, hidden)


def _signed(value: float) -> str:
    return f"{value:z.2f}".replace("-", "−")


def _wrists(shard: Shard, tracks: Tracks, hidden: set[str]) -> Iterator[Html]:
    for joint, wrist in ((BODY_JOINTS.index(wrist), wrist) for wrist in WRISTS):
        for axis, direction in enumerate(AXES):
            true = np.where(shard.visible[:, joint], shard.keypoints[:, joint, axis], np.nan)
            made = {shown: keypoints[:, joint, axis] for shown, keypoints in tracks.items()}
            title = wrist.replace("_", " ").capitalize()
            yield from _plot(shard, title, f"{direction}, edges of the picture", true, made, hidden)


def _plot(
    shard: Shard, title: str, note: str, true: Track, made: Mapping[Shown, Track], hidden: set[str]
) -> Iterator[Html]:
    """Tracks over the truth's; none where the truth is not known."""
    end = round(TRACKS_S * shard.info.fps)
    true = true[:end]
    if np.isnan(true).all():
        return
    lines = [Line(shown.name, shown.look, track[:end], shown.name in hidden) for shown, track in made.items()]
    limits = limits_of([true, *(line.values for line in lines)])
    lines.insert(0, Line(FOOTAGE, "truth", true))
    yield line_plot(title, note, lines, fps=shard.info.fps, limits=limits, wide=True)
