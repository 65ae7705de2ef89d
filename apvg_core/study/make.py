"""Makes a study: a video of each song by each run, and the page that shows them blinded."""

from collections.abc import Sequence
from pathlib import Path

from apvg_core.errors import ConfigError, StudyError
from apvg_core.files import atomic_write, sha256_of
from apvg_core.generation.render import render
from apvg_core.progress import Progress, silent
from apvg_core.runtime.load import load_networks
from apvg_core.study.key import Key, Video, write_key
from apvg_core.study.page import draw_page
from apvg_core.study.plan import plan_study, reuse_videos


def make_study(
    songs: Sequence[Path],
    runs: Sequence[Path],
    out: Path,
    *,
    performer: str | None = None,
    seed: int = 0,
    device: str = "auto",
    on_progress: Progress = silent,
) -> Key:
    """Write a study's folder; existing videos that are unchanged are kept.

    All is checked before the first video is made. The page is written last: a folder that has it is finished,
    people may have voted on it, and it takes no other songs or runs any more.

    Args:
        songs: Recordings; each becomes a set of videos.
        runs: Run folders with all three stages.
        out: The folder.
        performer: Name of the performer; None is the first of each run.
        seed: Seed of the random variable z.
        device: The device to generate on: "auto", "cpu", "cuda", ...
        on_progress: Called after each block of frames and after each video.

    Raises:
        ConfigError: Too few runs, a name or a song twice, no such performer or device, a bad `out`.
        MediaError: A song cannot be read, or a video cannot be written.
        RunError: A run is damaged or lacks a stage.
        StudyError: Two runs are the same or make the same video, or `out` holds another finished study, or
            its key is damaged.
    """
    new = plan_study(songs, runs, performer=performer, seed=seed, device=device, on_progress=on_progress)
    key, stale = reuse_videos(new, out)
    videos = out / "videos"
    try:
        videos.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"--out {out} cannot be made: {error.strerror}.") from error
    write_key(out, key)
    for name in stale:
        (videos / f"{name}.mp4").unlink(missing_ok=True)

    networks = {run: load_networks(run, device=device) for run in runs}
    pairs = [(song, run) for song in songs for run in runs]
    by_content: dict[tuple[Path, str], Video] = {}
    for done, ((song, run), video) in enumerate(zip(pairs, key.videos(), strict=True), start=1):
        path = videos / f"{video.id}.mp4"
        if not path.exists():
            render(
                song, networks[run], path,
                performer=performer, seed=seed, blind=True, warn=run == runs[0], on_progress=on_progress,
            )  # fmt: skip
        twin = by_content.setdefault(
            (song, sha256_of(path)), video
        )  # no two differ in anything but their images
        if twin is not video:
            raise StudyError(
                f"{twin.run} and {video.run} make the same video of {song}, so nobody could tell them apart; "
                "leave one of these runs out."
            )
        on_progress("videos", done, len(pairs))
    with atomic_write(out / "index.html") as page:
        page.write_text(draw_page(key), encoding="utf-8")
    return key
