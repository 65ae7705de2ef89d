"""A song's video: blocks of frames are drawn, labelled and written as they come."""

from collections.abc import Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

import apvg_core
from apvg_core.config import RecipeConfig, Stage
from apvg_core.drawing.heatmaps import draw_heatmaps
from apvg_core.drawing.images import draw_coarse
from apvg_core.drawing.label import label
from apvg_core.drawing.skeletons import draw_skeletons
from apvg_core.errors import ConfigError
from apvg_core.features.loudness import normalising_gain
from apvg_core.files import printable
from apvg_core.generation.keypoints_file import keypoints_file
from apvg_core.generation.pipeline import Block, frame_count, generate_blocks
from apvg_core.generation.playability import warned_of_unplayable
from apvg_core.generation.scene import AS_FILMED, Scene, set_scene
from apvg_core.media.audio import mono_blocks, open_song
from apvg_core.media.container_formats import Quality
from apvg_core.media.video_writer import VideoWriter
from apvg_core.progress import Progress, silent
from apvg_core.run.info import RunInfo
from apvg_core.runtime.load import Networks

Show = Literal["final", "skeleton", "heatmap", "coarse", "all"]
"""The performance, its keypoints as sticks or as Eq. 1 has them, the coarse video; or, as in Fig. 5,
heatmap, coarse and final video side by side."""

PREROLL_S: Final = 6.0
"""Seconds of the song that the networks hear before a part of it, so that they remember what they would in
the whole: the trombonist's and the cellist's keypoints are then within 0.15 pixels of those in the whole."""

_SHOWN_BY: Final[Mapping[Show, Stage]] = {"skeleton": "khp", "heatmap": "khp", "coarse": "cvg"}


def needed_stages(
    recipe: RecipeConfig, show: Show, *, keypoints: bool = False, scene: Scene = AS_FILMED
) -> tuple[Stage, ...]:
    """List the stages without which a view cannot be shown, or no keypoints be written.

    Raises:
        ConfigError: The recipe leaves one of them out, or the scene is for another view.
    """
    if show != "final" and not scene.plain:
        raise ConfigError(
            f"--canvas, --background and --alpha are for the final video; leave them out, or --show {show}."
        )
    flags: dict[Stage, str] = {_SHOWN_BY[show]: f"--show {show}"} if show in _SHOWN_BY else {}
    if keypoints:
        flags.setdefault("khp", "--keypoints")
    for stage, flag in flags.items():
        if stage not in recipe.stages:
            raise ConfigError(f"{flag} needs the stage {stage}, which the recipe {recipe.name} leaves out.")
    return tuple(stage for stage in recipe.stages if stage in flags or show not in _SHOWN_BY)


def render(
    song: Path,
    networks: Networks,
    out: Path,
    *,
    performer: str | None = None,
    seed: int = 0,
    start: float = 0.0,
    duration: float | None = None,
    show: Show = "final",
    labelled: bool = False,
    scene: Scene = AS_FILMED,
    quality: Quality = "good",
    keypoints: Path | None = None,
    keep_partial: bool = False,
    blind: bool = False,
    warn: bool = True,
    on_progress: Progress = silent,
) -> None:
    """Write a video of a run's performer playing a song.

    Args:
        song: Any sound file.
        networks: The run's, at least those that `needed_stages` names.
        out: The video to write, see `VideoWriter`; a former one stays until the new one is whole. Its folder
            is made where there is none.
        performer: One of the run's; None is the first.
        seed: Seed of the random variable z.
        start: Where in the song it begins, in seconds; to the sample.
        duration: Seconds; None is to the song's end.
        show: The view to draw; see `Show`.
        labelled: Draw the word SYNTHETIC into the images.
        scene: What is about the player.
        quality: How finely an mp4 or webm is encoded.
        keypoints: Where to write the keypoints as JSON, see `keypoints_file`.
        keep_partial: If it is interrupted, keep what there is as `partial_name`.
        blind: Keep who made it and what is played out of the video's tags; that it is synthetic stays.
        warn: Log a warning if the song is out of the performer's range or has no single voice.
        on_progress: Called after each block of frames.

    Raises:
        MediaError: The song cannot be read.
        ConfigError: There is no such performer or view, nothing of the song is left, or the video cannot be
            written.
    """
    index, info = networks.performer_index(performer), networks.info
    needed_stages(info.recipe, show, keypoints=keypoints is not None, scene=scene)
    setting = set_scene(scene, networks.conditions, index)
    views = len(info.recipe.stages) if show == "all" else 1
    with ExitStack() as stack:
        opened = stack.enter_context(open_song(song, on_progress=on_progress))
        gain = normalising_gain(mono_blocks(opened))  # a part is played as loud as in the whole
        played = opened.part(start, duration)
        count = frame_count(played.duration, info.fps)
        before = int(min(start, PREROLL_S) * info.fps)
        heard = opened.part(max(0.0, start - before / info.fps))
        after = max(0, frame_count(heard.duration, info.fps) - before - count)
        blocks = generate_blocks(
            networks, lambda: mono_blocks(heard), count=count, performer=index, seed=seed, gain=gain,
            before=before, after=after,
        )  # fmt: skip
        stack.enter_context(closing(blocks))
        append = stack.enter_context(keypoints_file(keypoints, info.fps)) if keypoints else None
        width, height = scene.canvas or (views * info.size, info.size)
        writer = VideoWriter(
            out, fps=info.fps, width=width, height=height, song=played,
            metadata=_tags(info, index, title=song.stem, run=networks.name, blind=blind),
            keep_partial=keep_partial, quality=quality, see_through=scene.see_through, inset=setting.inset,
        )  # fmt: skip
        stack.enter_context(writer)
        done = 0
        for block in blocks:
            images = setting.dress(draw_block(block, show, info.size))
            for image in label(images) if labelled else images:
                writer.write(image)
            if append is not None and block.keypoints is not None:
                append(block.keypoints)
            if warn and not done:  # the first frames wait for nothing
                notes = networks.note_positions.get(info.performers[index])
                stack.enter_context(warned_of_unplayable(played, gain, info.instrument, notes))
            done += len(images)
            on_progress(song.name, done, count)


def draw_block(block: Block, show: Show, size: int) -> npt.NDArray[np.uint8]:
    """Draw a view of a block [shape=(t, size, size, 3)]; of "all", side by side, what the recipe has."""
    if show == "all":
        views: dict[Show, object] = {
            "heatmap": block.keypoints, "coarse": block.coarse, "final": block.frames
        }  # fmt: skip
        drawn = [draw_block(block, view, size) for view, array in views.items() if array is not None]
        return np.concatenate(drawn, axis=2)
    if show == "final":
        assert block.frames is not None
        return block.frames
    if show == "coarse":
        assert block.coarse is not None
        return draw_coarse(block.coarse, size)
    assert block.keypoints is not None
    return (draw_skeletons if show == "skeleton" else draw_heatmaps)(block.keypoints, size)


def _tags(info: RunInfo, performer: int, *, title: str, run: str, blind: bool) -> dict[str, str]:
    """Word the video's metadata."""
    made_by = f"Synthetic video, made from audio by apvg {apvg_core.__version__}"
    tags = {"comment": f"{made_by}.", "synthetic": "true"}
    if not blind:
        tags |= {
            "title": printable(title),
            "artist": f"{info.performers[performer]} ({info.instrument}, synthetic)",
            "comment": f"{made_by}, run {printable(run)}.",
        }
    return tags
