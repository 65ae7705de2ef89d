"""One recording's section of the report: videos, moments, strips from sound to image, and curves."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from markupsafe import Markup

from apvg_core.data.shards import Shard
from apvg_core.evaluation.coarse_frames import sampled_frames
from apvg_core.metrics.registry import METRICS
from apvg_core.report import videos
from apvg_core.report.curves import KeypointCurves, ScoreCurves, keypoint_curves, score_curves
from apvg_core.report.formatting import clock
from apvg_core.report.frame_selection import Guide, find_guide, select_excerpts, select_frames
from apvg_core.report.images import Gallery, GalleryRow, draw_joints, tile, video_frames
from apvg_core.report.performances import FOOTAGE, Label, Performance, Recording
from apvg_core.report.templates import fill
from apvg_core.wording import counted

MOMENTS: Final = "The same moments of each"


@dataclass(frozen=True)
class Strip:
    """A run's steps from sound to image."""

    label: Label
    gallery: Gallery


@dataclass(frozen=True)
class RecordingSection:
    """A recording's section; what is empty or None is left out.

    Attributes:
        id: The recording's name.
        title: Above it.
        facts: Performer and length.
        videos: Excerpts side by side.
        videos_note: Said of them.
        moments: The same frames of each method.
        moments_note: Said of them.
        strips: Steps from sound to image, a run each.
        strips_note: Said of them.
        scores: Scores over time.
        keypoints: Keypoints over time.
    """

    id: str
    title: str
    facts: str
    videos: list[videos.ExcerptVideo]
    videos_note: str
    moments: Gallery | None
    moments_note: str
    strips: list[Strip]
    strips_note: str
    scores: ScoreCurves
    keypoints: KeypointCurves | None


def draw_recording(recording: Recording, title: str) -> Markup:
    """Draw everything about one recording."""
    with Shard(recording.shard) as shard:
        guide = find_guide(recording, shard)
        length = clock(len(shard) / shard.info.fps)
        excerpts, excerpts_note = _videos(shard, recording, guide)
        moments, moments_note = _moments(shard, recording, guide)
        strips = list(_strips(shard, recording))
        steps = {row.label.text for strip in strips for row in strip.gallery.rows}
        section = RecordingSection(
            recording.id, title,
            f"{recording.id} – {shard.info.performer}, {length}, {counted(len(shard), 'frame')}",
            excerpts, excerpts_note, moments, moments_note, strips,
            "Heatmaps: the judged keypoints, drawn by Eq. 1 and enlarged; body and hands in different "
            "colours."
            if "heatmap" in steps else "",
            score_curves(shard, recording, guide), keypoint_curves(shard, recording),
        )  # fmt: skip
    return fill("recording.html.j2", recording=section)


def _videos(shard: Shard, recording: Recording, guide: Guide | None) -> tuple[list[videos.ExcerptVideo], str]:
    filmed = [each for each in recording.filmed if each in recording.contestants]
    if guide is None or not filmed:
        return [], ""
    length = round(videos.SECONDS * shard.info.fps)
    drawn = [
        videos.excerpt_video(shard, filmed[: videos.MOST], excerpt)
        for excerpt in select_excerpts(guide.extremes, len(shard), length)
    ]
    note = f"The first {videos.MOST} of {len(filmed)} are shown." if len(filmed) > videos.MOST else ""
    return drawn, note


def _moments(shard: Shard, recording: Recording, guide: Guide | None) -> tuple[Gallery | None, str]:
    if guide is None or not recording.filmed:
        return None, ""
    fps = shard.info.fps
    selected = select_frames(guide.extremes, guide.active, fps)
    frames = [each.frame for each in selected]
    times = [clock(frame / fps) for frame in frames]
    own = [
        tile(shard.frames(frame, frame + 1)[0], f"{FOOTAGE} at {at}")
        for frame, at in zip(frames, times, strict=True)
    ]
    rows = [GalleryRow(Label(FOOTAGE, "truth"), own)]
    for each in recording.filmed:
        assert each.video is not None
        images = video_frames(each.video, fps, frames)
        scores = [_frame_scores(each, frame) for frame in frames]
        tiles = [
            tile(image, f"{each.name} at {at}: {score}", score)
            for image, at, score in zip(images, times, scores, strict=True)
        ]
        rows.append(GalleryRow(each.label, tiles))
    columns = [f"{at} {each.reason}".strip() for at, each in zip(times, selected, strict=True)]
    note = (
        f"The worst and the best by the {METRICS[guide.metric].title} of {guide.performance.name}, its mean "
        "over a second, and evenly spread ones, all where something is played."
    )
    return Gallery(MOMENTS, columns, rows), note


def _frame_scores(performance: Performance, frame: int) -> str:
    """Format a frame's own scores, "21.3 dB, 0.86"."""
    curves = performance.measurements.curves
    scores = (
        f"{curves[key][frame]:.{METRICS[key].decimals - 1}f} {METRICS[key].unit}".strip()
        for key in ("psnr", "ssim")
        if key in curves
    )
    return ", ".join(scores)


def _strips(shard: Shard, recording: Recording) -> Iterator[Strip]:
    frames = sampled_frames(len(shard), shard.info.fps)
    columns = [f"{frame / shard.info.fps:.1f} s" for frame in frames]
    own = np.concatenate([shard.frames(frame, frame + 1) for frame in frames])
    for run in (each for each in recording.performances if each.row.kind == "run"):
        steps = {FOOTAGE: own}
        if run.measurements.keypoints is not None:
            steps["heatmap"] = draw_joints(run.measurements.keypoints[frames])
        if run.coarse:
            steps["coarse"] = np.stack([run.coarse[frame] for frame in frames])
        if run.video is not None:
            steps["final"] = np.stack(video_frames(run.video, shard.info.fps, frames))
        rows = [
            GalleryRow(
                Label(step),
                [
                    tile(image, f"{run.name}, {step} at {at}")
                    for image, at in zip(images, columns, strict=True)
                ],
            )
            for step, images in steps.items()
        ]
        yield Strip(run.label, Gallery(f"From sound to picture: {run.name}", columns, rows))
