"""`apvg info`: what lies in a file or folder of ours."""

import dataclasses
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apvg_cli import console
from apvg_cli.completion import instruments
from apvg_cli.next_steps import (
    CHECK_SKELETONS,
    after_checking,
    after_extraction,
    after_training,
    extract_video,
    generate_with,
    play_song,
)
from apvg_cli.options import Json
from apvg_core.errors import ConfigError
from apvg_core.progress import Progress

if TYPE_CHECKING:
    from apvg_cli.next_steps import NextSteps
    from apvg_core.config import Stage
    from apvg_core.data.manifest import ManifestEntry
    from apvg_core.data.shards import Shard
    from apvg_core.media.video import VideoInfo
    from apvg_core.run.info import RunInfo

Facts = dict[str, Any]


def info(
    path: Annotated[
        Path | None,
        typer.Argument(metavar="PATH", help="A shard folder, a shard, a run folder, a video or a song."),
    ] = None,
    instrument: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Instead of PATH: the performer of this instrument that came with apvg.",
            autocompletion=instruments,
        ),
    ] = None,
    sheet: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Draw a shard into this png or jpg: frames with skeletons, CQT, keypoints."
        ),
    ] = None,
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Compare all files of a shard folder or run with their checksums."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Show what is in a shard folder, shard, run, video or song.

    Reads PATH. Writes only the image that --sheet names.
    Of a run it shows the main facts; --verbose and --json show all settings.

    Example: apvg info shards/

    Example: apvg info --instrument trombone
    """
    path = _choose_path(path, instrument)
    if sheet is not None:
        _draw(path, sheet)
        return
    if verify:
        _verify(path)
    described = _describe(path)
    if as_json:
        console.document(described)
        return
    if isinstance(described, list):
        console.table(described)
    elif _is_run(path) and not console.is_verbose():
        _print_outline(path)
    else:
        console.facts(described)
    console.next_steps(_next_steps(path, described, instrument))


def _choose_path(path: Path | None, instrument: str | None) -> Path:
    """Returns the path that the arguments name.

    Raises:
        ConfigError: They name nothing, or two things.
    """
    if (path is None) == (instrument is None):
        raise ConfigError("Name one thing: a shard folder, shard, run, video or song, or --instrument NAME.")
    if path is not None:
        return path
    from apvg_core.pretrained import embedded_run

    assert instrument is not None
    return embedded_run(instrument)


def _next_steps(path: Path, described: Facts | list[Facts], instrument: str | None) -> "NextSteps":
    """Returns what to do with what is described."""
    if instrument is not None:
        return [generate_with("song.wav", instrument)]
    if _is_run(path):
        return after_training(path)
    if path.is_dir():
        from apvg_core.data.manifest import read_manifest

        return after_extraction(path, read_manifest(path))
    if path.suffix == ".h5":
        return [(f"apvg info {console.quote(path)} --sheet sheet.png", CHECK_SKELETONS)]
    return extract_video(path) if "width" in described else play_song(path)


def _verify(path: Path) -> None:
    """Read every shard of a folder, or all weights of a run.

    Raises:
        ShardError: Shards are damaged; each has its sentence.
        RunError: The run is.
        ConfigError: `path` is neither.
    """
    from apvg_core.errors import ShardError

    if (path / "run.json").is_file():
        from apvg_core.run.conditions import read_conditions
        from apvg_core.run.info import is_trained, read_run
        from apvg_core.runtime.pytorch import load_network

        run = read_run(path)
        read_conditions(path, run)
        for stage in run.recipe.stages:
            if is_trained(path, run, stage):
                load_network(path, stage)
        return
    if not (path / "manifest.json").is_file():
        raise ConfigError(f"--verify compares a shard folder or a run with its checksums; {path} is neither.")
    from apvg_core.data.manifest import read_manifest, verify

    entries = read_manifest(path)
    damaged = 0
    with console.Progress() as progress:
        for done, entry in enumerate(entries, start=1):
            try:
                verify(path, entry)
            except ShardError as error:
                console.error(str(error))
                damaged += 1
            progress("verify", done, len(entries))
    if damaged:
        raise ShardError(
            f"{damaged} of the {len(entries)} shards in {path} are damaged or were changed; "
            "extract them again."
        )


def _draw(path: Path, image: Path) -> None:
    """Draw the shard at `path` to an image file, or the first one of a shard folder.

    Raises:
        ConfigError: `path` is no shard, or the image cannot be written.
    """
    from apvg_core.data.manifest import read_manifest
    from apvg_core.drawing.sheet import write_sheet

    if image.suffix.lower() not in (".png", ".jpg"):
        raise ConfigError(f"--sheet {image} must end in .png or .jpg.")
    folder = path if path.is_dir() else _folder_of(path)
    entries = [] if folder is None else read_manifest(folder)
    if path.is_dir():
        if not entries:
            raise ConfigError(f"{path} holds no shards to draw; 'apvg extract' says what became of them.")
        path = path / entries[0].path
    try:
        write_sheet(path, image)
    except OSError as error:
        raise ConfigError(f"--sheet {image} cannot be written ({error.strerror}); choose another.") from error
    console.notice(f"{path} is drawn in {image}.")
    if folder is not None:
        console.next_steps(after_checking(folder, entries))


def _folder_of(shard: Path) -> Path | None:
    """Returns the shard folder that a shard lies in, as <split>/<instrument>/<id>.h5; None if in none."""
    folder = shard.parent.parent.parent
    return folder if (folder / "manifest.json").is_file() else None


def _describe(path: Path) -> Facts | list[Facts]:
    if (path / "manifest.json").is_file():
        return _shard_folder(path)
    if _is_run(path):
        return _run(path)
    if path.is_file():
        return _shard(path) if path.suffix.lower() == ".h5" else _media(path)
    found = "holds neither shards nor a run" if path.is_dir() else "does not exist"
    raise ConfigError(f"{path} {found}; info takes a shard folder, a shard, a run, a video or a song.")


def _shard_folder(root: Path) -> list[Facts]:
    from apvg_core.data.manifest import read_failures, read_manifest

    for failure in read_failures(root):
        console.notice(f"Not extracted: {failure.reason}")
    return shard_rows(root, read_manifest(root))


def shard_rows(root: Path, entries: "Iterable[ManifestEntry]") -> list[Facts]:
    """Returns one row for each split, instrument and performer of the shards in a folder."""
    from apvg_core.data.shards import Shard

    groups = defaultdict(list)
    for entry in entries:
        groups[entry.split, entry.instrument, entry.performer].append(entry)
    rows = []
    for (split, instrument, performer), entries in sorted(groups.items()):
        shards = (Shard(root / entry.path) for entry in entries)
        rows.append(
            {
                "split": split,
                "instrument": instrument,
                "performer": performer,
                "shards": len(entries),
                "frames": sum(entry.frames for entry in entries),
                "seconds": sum(entry.frames / entry.fps for entry in entries),
                "fps": sorted({entry.fps for entry in entries}),
                "size": sorted({entry.size for entry in entries}),
                **_detected(shards),
            }
        )
    return rows


def _shard(path: Path) -> Facts:
    from apvg_core.data.shards import Shard

    with Shard(path) as shard:
        facts = dataclasses.asdict(shard.info)
        facts |= {"frames": len(shard), "seconds": len(shard) / shard.info.fps}
    return facts | _detected([Shard(path)])


def _detected(shards: Iterable["Shard"]) -> Facts:
    """Returns the share of frames in which the body and each hand are visible; closes the shards."""
    from apvg_core.skeleton import GROUPS

    visible = dict.fromkeys(GROUPS, 0)
    frames = 0
    for shard in shards:
        with shard:
            frames += len(shard)
            for group, joints in GROUPS.items():
                visible[group] += int(shard.visible[:, joints].any(axis=1).sum())
    return {group.replace("_", " "): count / max(frames, 1) for group, count in visible.items()}


def _is_run(path: Path) -> bool:
    return (path / "run.json").is_file()


def _run(path: Path) -> Facts:
    from apvg_core.run.info import read_run

    return dataclasses.asdict(read_run(path))


def _print_outline(path: Path) -> None:
    """Print the main things about a run, on less than a screen."""
    from apvg_core.run.info import read_run
    from apvg_core.run.weights import untrained
    from apvg_core.wording import counted, lasting

    info = read_run(path)
    left = untrained(path, info)
    learned = info.learned_shards()
    seconds = sum(shard.stop - shard.start for shard in learned)
    recordings = counted(len(learned or info.data), "recording")
    console.facts(
        {
            "plays": info.instrument,
            "performers": info.performers,
            "recipe": info.recipe.name,
            "videos": f"{info.size} x {info.size} pixels at {info.fps:g} frames a second",
            "trained on": f"{recordings}, {lasting(seconds)}" if seconds else recordings,
            "is": f"incomplete: {', '.join(left)} to be trained" if left else "complete",
        }
    )
    rows = []
    for stage in info.recipe.stages:
        facts = info.stages.get(stage, {})
        held_out = facts.get("held_out", {})
        rows.append(
            {
                "stage": stage,
                "steps": facts.get("steps"),
                "recordings": _recordings(info, stage),
                "took": lasting(facts["seconds"]) if "seconds" in facts else None,
                "held-out loss": held_out.get("loss", facts.get("best", {}).get("loss")),
                "of the mean": held_out.get("mean_baseline"),
            }
        )
    console.table(rows)
    console.notice("--verbose or --json shows all settings.")


def _recordings(info: "RunInfo", stage: "Stage") -> str | None:
    """Returns of how many recordings a stage has learned; of some it may not tell."""
    if stage not in info.stages:
        return None
    learned = len(info.learned_shards(stage))
    if stage not in info.unlisted_stages:
        return str(learned)
    return f"{learned} and unknown" if learned else "unknown"


def _media(path: Path) -> Facts:
    from apvg_core.media.audio import open_song
    from apvg_core.media.isolate import run_isolated

    if video := run_isolated(_probe, path, path=path):
        return dataclasses.asdict(video)
    with open_song(path) as song:
        return {"sample rate": song.sample_rate, "channels": song.channels, "duration": song.duration}


def _probe(path: Path, *, progress: Progress) -> "VideoInfo | None":  # noqa: ARG001 (run_isolated's form)
    """Returns a video's properties, or None for sound alone; called in an isolated process."""
    from apvg_core.media.container import default_track, open_container
    from apvg_core.media.video import probe

    with open_container(path) as container:
        track = default_track(container, "video")
    return probe(path) if track else None
