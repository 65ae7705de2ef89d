"""What to do after each command: lines to copy, each with what it is for, for `console.following`."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from apvg_cli.console import quoted

if TYPE_CHECKING:
    from apvg_core.data.manifest import ManifestEntry

Commands = list[tuple[str, str]]

LOOK = "see whether the sticks lie on the player"


def after_extraction(shards: Path, entries: "Iterable[ManifestEntry]") -> Commands:
    """Look, then train; a run is called after its performer, or if there are several its instrument."""
    return [(f"apvg info {quoted(shards)} --sheet sheet.png", LOOK), *after_looking(shards, entries)]


def after_looking(shards: Path, entries: "Iterable[ManifestEntry]") -> Commands:
    """Train on the shards of the first instrument, if there is anything to train on."""
    entries = [entry for entry in entries if entry.split == "train"]
    if not entries:
        return []
    instruments = sorted({entry.instrument for entry in entries})
    performers = {entry.performer for entry in entries if entry.instrument == instruments[0]}
    name = performers.pop() if len(performers) == 1 else instruments[0]
    which = f" --instrument {quoted(instruments[0])}" if len(instruments) > 1 else ""
    command = f"apvg train {quoted(shards)} --run {quoted(Path('runs', name))}{which}"
    return [(command, "train (it can be stopped, and goes on with --resume auto)")]


def after_training(run: Path, shards: Path | None = None) -> Commands:
    """Train what is left, or play and judge; without shards these are called shards/.

    Raises:
        RunError: The run is damaged.
    """
    from apvg_core.run import read_run, untrained

    there, footage = quoted(run), quoted(shards or "shards/")
    if left := untrained(run, read_run(run)):
        again = " --resume auto" if (run / "state" / left[0]).is_dir() else ""
        return [(f"apvg train-{left[0]} {footage} --run {there}{again}", f"train the stage {left[0]}")]
    return [
        (f"apvg generate song.wav --run {there}", "make song.mp4"),
        (f"apvg evaluate {footage} --run {there} --out results", "know how good it is"),
    ]


def to_be_played(song: Path) -> Commands:
    """Each performer that came with apvg can play a song."""
    from apvg_core.pretrained import embedded

    return [playing(song, each.info.instrument) for each in embedded()]


def playing(song: str | Path, instrument: str) -> tuple[str, str]:
    """A performer that came with apvg plays a song."""
    return f"apvg generate {quoted(song, '--instrument', instrument)}", f"make {Path(song).stem}.mp4"


def to_be_extracted(film: Path) -> Commands:
    """Footage of somebody becomes shards."""
    return [(f"apvg extract {quoted(film)} --instrument violin --performer ann", "make shards to train on")]
