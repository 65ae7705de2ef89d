"""A performer to play songs with: the short way in for programs.

    from apvg_core import load_performer

    load_performer("trombone").render("song.wav", "out.mp4")

The command line does the same with `apvg generate`.
"""

from collections.abc import Generator
from contextlib import closing
from pathlib import Path

from apvg_core.errors import ConfigError
from apvg_core.generation.outputs import plan_outputs
from apvg_core.generation.pipeline import Block, frame_count, generate_blocks
from apvg_core.generation.render import Show, render
from apvg_core.generation.scene import Scene
from apvg_core.media.audio import mono_blocks, open_song
from apvg_core.media.container_formats import Quality
from apvg_core.pretrained import embedded, embedded_run
from apvg_core.progress import Progress, silent
from apvg_core.run.info import RunInfo
from apvg_core.runtime.load import Networks, Runtime, load_networks


def load_performer(
    performer: str | Path, *, device: str = "auto", runtime: Runtime = "auto", threads: int | None = None
) -> "Performer":
    """Load a performer, ready to play.

    Args:
        performer: A run folder, or the instrument of a performer that comes with apvg ("trombone", "cello").
        device: "auto" (a GPU where there is one), "cpu", "cuda", ...
        runtime: The library that computes; "auto" is OpenVINO on a CPU, else PyTorch.
        threads: Threads that OpenVINO computes with; None is one a core.

    Raises:
        ConfigError: There is no such performer or device.
        RunError: The run is damaged, or a stage is not trained.
        DependencyError: The runtime is not installed.
    """
    return Performer(load_networks(_run(performer), device=device, runtime=runtime, threads=threads))


def _run(performer: str | Path) -> Path:
    """Find a run folder; one of footage may well be called trombone, and does not hide the performer."""
    folder = Path(performer)
    if isinstance(performer, Path) or (folder / "run.json").exists():
        return folder
    instruments = sorted({each.info.instrument for each in embedded()})
    if performer in instruments:
        return embedded_run(performer)
    if folder.exists():
        return folder
    raise ConfigError(
        f"{performer} is neither a run folder nor the instrument of a performer that comes with apvg "
        f"({', '.join(instruments)})."
    )


class Performer:
    """A run whose performers play songs.

    Attributes:
        info: Facts about the run: instrument, performers, fps, size.
    """

    def __init__(self, networks: Networks) -> None:
        self._networks = networks
        self.info: RunInfo = networks.info

    def render(
        self,
        song: str | Path,
        out: str | Path,
        *,
        performer: str | None = None,
        seed: int = 0,
        start: float = 0.0,
        duration: float | None = None,
        show: Show = "final",
        labelled: bool = False,
        canvas: str | None = None,
        background: str | Path | None = None,
        alpha: bool = False,
        quality: Quality = "good",
        keypoints: str | Path | None = None,
        on_progress: Progress = silent,
    ) -> None:
        """Write a video of a performer playing a song.

        Args:
            song: Any sound file.
            out: The video, by a name that ends in .mp4, .webm, .mov or .gif; else a folder of PNGs. What is
                there is replaced.
            performer: One of the run's; None is the first.
            seed: Seed of the random variable z.
            start: Where in the song it begins, in seconds.
            duration: Seconds; None is to the song's end.
            show: The view to draw; see `generation.render.Show`.
            labelled: Draw the word SYNTHETIC into the frames.
            canvas: Width x height of a larger picture, such as "1920x1080", in which the room goes on.
            background: What is behind the player instead of the room: a colour or an image.
            alpha: Nothing is: the video is transparent there (webm, mov, PNGs).
            quality: "draft", "good", "upload", or a constant rate factor of the encoder.
            keypoints: A JSON file for the keypoints.
            on_progress: Called after each block of frames.

        Raises:
            MediaError: The song cannot be read.
            ConfigError: There is no such performer, nothing of the song is left, or a file cannot be written
                or would replace the song; or it cannot look as it is asked to.
        """
        song, out = Path(song), Path(out)
        keypoints = None if keypoints is None else Path(keypoints)
        scene = Scene.read(canvas, None if background is None else str(background), see_through=alpha)
        if (
            out.suffix
        ):  # a name with an unknown one would become a folder, and the song's own would replace it
            plan_outputs([song], out, overwrite=True, keypoints=keypoints, see_through=alpha, quality=quality)
        render(
            song, self._networks, out, performer=performer, seed=seed, start=start, duration=duration,
            show=show, labelled=labelled, scene=scene, quality=quality, keypoints=keypoints,
            on_progress=on_progress,
        )  # fmt: skip

    def blocks(
        self, song: str | Path, *, performer: str | None = None, seed: int = 0
    ) -> Generator[Block, None, None]:
        """Play a song without writing a file.

        Args:
            song: Any sound file.
            performer: One of the run's; None is the first.
            seed: Seed of the random variable z.

        Yields:
            Up to eight frames at a time: `frames` (t, size, size, 3) uint8 in RGB, and `keypoints` (t, 60,
            2) in [0, 1].

        Raises:
            MediaError: The song cannot be read.
            ConfigError: There is no such performer.
        """
        index = self._networks.performer_index(performer)
        with open_song(Path(song)) as opened:
            blocks = generate_blocks(
                self._networks, lambda: mono_blocks(opened), performer=index, seed=seed,
                count=frame_count(opened.duration, self.info.fps),
            )  # fmt: skip
            with closing(blocks):
                yield from blocks
