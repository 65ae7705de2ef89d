"""One recording's part of the report: films, moments and strips; what runs over time follows."""

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from apvg_core.data.shards import Shard
from apvg_core.metrics.registry import METRICS
from apvg_core.report import films
from apvg_core.report.html import Html, element
from apvg_core.report.images import Source, Tile, coarse_frames, film_frames, gallery, heatmaps
from apvg_core.report.material import FOOTAGE, Recording, Shown, label
from apvg_core.report.moments import Guide, clock, even, excerpts, guide, moments
from apvg_core.report.over_time import over_time
from apvg_core.wording import counted

COLUMNS: Final = 6
"""Moments in a strip."""

STRIP_S: Final = 12.0
"""Strips are of the recording's beginning, for a coarse video has to be made again from there."""


def draw_recording(recording: Recording, title: str, sources: Mapping[str, Source]) -> Html:
    """Everything about one recording.

    Args:
        recording: What was judged.
        title: Above it.
        sources: The runs, by name.
    """
    with Shard(recording.shard) as shard:
        found = guide(recording, shard)
        length = clock(len(shard) / shard.info.fps)
        facts = f"{recording.id} – {shard.info.performer}, {length}, {counted(len(shard), 'frame')}"
        parts = [
            element("h2", title),
            element("p", facts, class_="note"),
            *_films(shard, recording, found),
            *_moments(shard, recording, found),
            *_strips(shard, recording, sources),
            *over_time(shard, recording, found),
        ]
    return element("section", *parts, id=f"recording-{recording.id}")


def _films(shard: Shard, recording: Recording, found: Guide | None) -> Iterator[Html]:
    methods = [shown for shown in recording.filmed if shown in recording.contestants]
    if found is None or not methods:
        return
    length = round(films.SECONDS * shard.info.fps)
    drawn = [
        films.film(shard, methods[: films.MOST], excerpt)
        for excerpt in excerpts(found.extremes, len(shard), length)
    ]
    yield element("h3", "Side by side, with sound")
    if len(methods) > films.MOST:
        yield element("p", f"The first {films.MOST} of {len(methods)} are shown.", class_="note")
    yield element("div", *drawn, class_="films")


def _moments(shard: Shard, recording: Recording, found: Guide | None) -> Iterator[Html]:
    if found is None or not recording.filmed:
        return
    fps = shard.info.fps
    chosen = moments(found.extremes, found.played, fps)
    frames = [moment.frame for moment in chosen]
    times = [clock(frame / fps) for frame in frames]
    own = [shard.frames(frame, frame + 1)[0] for frame in frames]
    rows = [
        (
            label(FOOTAGE, "truth"),
            [Tile(image, f"{FOOTAGE} at {at}") for image, at in zip(own, times, strict=True)],
        )
    ]
    for shown in recording.filmed:
        assert shown.film is not None
        images = film_frames(shown.film, fps, frames)
        scores = [_score(shown, frame) for frame in frames]
        tiles = [
            Tile(image, f"{shown.name} at {at}: {score}", score)
            for image, at, score in zip(images, times, scores, strict=True)
        ]
        rows.append((shown.label, tiles))
    columns = [f"{at} {moment.why}".strip() for at, moment in zip(times, chosen, strict=True)]
    note = (
        f"The worst and the best by the {METRICS[found.metric].title} of {found.shown.name}, its mean over a "
        "second, and evenly spread ones, all where something is played."
    )
    yield element("h3", "The same moments of each")
    yield element("p", note, class_="note")
    yield gallery("The same moments of each", columns, rows)


def _score(shown: Shown, frame: int) -> str:
    """A frame's own scores, "21.3 dB, 0.86"."""
    scores = (
        f"{shown.judgement.curves[key][frame]:.{METRICS[key].decimals - 1}f} {METRICS[key].unit}".strip()
        for key in ("psnr", "ssim")
        if key in shown.judgement.curves
    )
    return ", ".join(scores)


def _strips(shard: Shard, recording: Recording, sources: Mapping[str, Source]) -> Iterator[Html]:
    runs = [shown for shown in recording.methods if shown.row.kind == "run"]
    if not runs:
        return
    yield element("h3", "From sound to picture")
    if any(shown.judgement.keypoints is not None for shown in runs):
        note = "Heatmaps: the judged keypoints by Eq. 1, enlarged, body and hands in colours of their own."
        yield element("p", note, class_="note")
    frames = even(min(len(shard), round(STRIP_S * shard.info.fps)), COLUMNS)
    columns = [f"{frame / shard.info.fps:.1f} s" for frame in frames]
    own = np.concatenate([shard.frames(frame, frame + 1) for frame in frames])
    for shown in runs:
        steps = {FOOTAGE: own}
        if shown.judgement.keypoints is not None:
            steps["heatmap"] = heatmaps(shown.judgement.keypoints[frames])
        coarse = coarse_frames(sources[shown.name], shard, frames)
        if coarse is not None:
            steps["coarse"] = np.stack(coarse)
        if shown.film is not None:
            steps["final"] = np.stack(film_frames(shown.film, shard.info.fps, frames))
        rows = [
            (
                step,
                [Tile(p, f"{shown.name}, {step} at {at}") for p, at in zip(images, columns, strict=True)],
            )
            for step, images in steps.items()
        ]
        yield element("h4", shown.label)
        yield gallery(f"From sound to picture: {shown.name}", columns, rows)
