"""Finds the recordings of a dataset or of a folder of footage, whichever it is."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from apvg_core.config import Layout, Split, Window
from apvg_core.data.sources.footage import find_footage, single_video
from apvg_core.data.sources.performers import group_performers, name_performers, read_performers
from apvg_core.data.sources.recording import Recording
from apvg_core.data.sources.sub_urmp import (
    PUBLISHED,
    find_sub_urmp,
    sub_urmp_instruments,
    sub_urmp_root,
)
from apvg_core.data.sources.urmp import find_urmp, urmp_pieces
from apvg_core.errors import ConfigError, MediaError


@dataclass(frozen=True, kw_only=True)
class Found:
    """Recordings that can be extracted.

    Attributes:
        recordings: By instrument and number in Sub-URMP, else by path.
        notes: Sentences the user should read: what is missing, left out, or guessed.
        layout: How the files lie; not "auto".
    """

    recordings: list[Recording]
    notes: list[str]
    layout: Layout


def find_recordings(
    path: Path,
    *,
    layout: Layout = "auto",
    instruments: Sequence[str] = (),
    performer: str | None = None,
    splits: Sequence[Split] = (),
    limit: int | None = None,
    window: Window = "middle",
    performers_file: Path | None = None,
) -> Found:
    """Find what is to be extracted.

    Args:
        path: One video; a folder `<instrument>/<performer>/*.mp4` (or of `footage.VIDEO_SUFFIXES`); or a
            copy of Sub-URMP or URMP, or the folder it is in.
        layout: How the files lie.
        instruments: Those wanted; none for all. What is played in the one video.
        performer: The only one wanted. Who plays in the one video ("p1" if None).
        splits: Those wanted of a dataset that has its own; none for all.
        limit: Not more recordings than that, taken in turn from each instrument and split.
        window: Which moment of its chunk of sound an image of Sub-URMP shows.
        performers_file: Who plays in which recording; see `read_performers`.

    Raises:
        MediaError: `path` does not exist, or holds no recording.
        ConfigError: What is wanted is not found, or not given for one video; a name cannot be part of a
            path; or `performers_file` cannot be read.
    """
    if not path.exists():
        raise MediaError(f"{path} does not exist; give a video, or a folder <instrument>/<performer>/*.mp4.")
    if limit is not None and limit < 1:
        raise ConfigError(f"--limit {limit} leaves nothing to extract; give at least 1.")
    layout = _detected(path) if layout == "auto" else layout
    named = {} if performers_file is None else read_performers(performers_file)
    if layout == "sub-urmp":
        recordings, notes = _sub_urmp(path, instruments, splits, window, named)
    elif splits:
        raise ConfigError("--split is for Sub-URMP, whose recordings have their splits; leave it out here.")
    elif layout == "footage" and path.is_file():
        recording, said = _single(path, instruments, performer)
        recordings, notes = name_performers([recording], named)
        return Found(recordings=recordings, notes=said + notes, layout="footage")
    else:
        recordings, notes = find_urmp(path) if layout == "urmp" else find_footage(path)
        recordings = _with_instruments(recordings, instruments)
        recordings, said = name_performers(recordings, named)
        notes += said
    recordings = _first(_with_performer(recordings, performer), limit)
    return Found(recordings=recordings, notes=notes, layout=layout)


def _detected(path: Path) -> Layout:
    if sub_urmp_root(path) is not None:
        return "sub-urmp"
    return "urmp" if urmp_pieces(path) else "footage"


def _sub_urmp(
    path: Path, instruments: Sequence[str], splits: Sequence[Split], window: Window, named: Mapping[str, str]
) -> tuple[list[Recording], list[str]]:
    """The wanted recordings; who plays is found out from all of an instrument, whatever its split."""
    root = sub_urmp_root(path)
    if root is None:
        raise MediaError(f"{path} is not a copy of Sub-URMP; give the folder that holds img and chunk.")
    available = sub_urmp_instruments(root)
    _check_available("--instrument", instruments, available)
    recordings, said = find_sub_urmp(
        root,
        instruments=[name for name in available if not instruments or name in instruments],
        window=window,
    )
    recordings, notes = name_performers(recordings, named)
    recordings, grouped = group_performers(recordings, named)
    _check_available("--split", splits, sorted({r.split for r in recordings if r.split is not None}))
    for split in said:
        notes += said[split] if not splits or split in splits else []
    missing = [] if instruments else sorted(PUBLISHED.keys() - set(available))
    if missing:
        notes.append(f"This copy of Sub-URMP has no {', '.join(missing)}.")
    return [r for r in recordings if not splits or r.split in splits], notes + grouped


def _single(path: Path, instruments: Sequence[str], performer: str | None) -> tuple[Recording, list[str]]:
    if len(instruments) != 1:
        raise ConfigError(
            f"Which instrument is played in {path.name}? Name it with --instrument, for example "
            "--instrument violin."
        )
    return single_video(path, instruments[0], performer)


def _with_instruments(recordings: list[Recording], instruments: Sequence[str]) -> list[Recording]:
    _check_available("--instrument", instruments, sorted({r.instrument for r in recordings}))
    return [r for r in recordings if not instruments or r.instrument in instruments]


def _with_performer(recordings: list[Recording], performer: str | None) -> list[Recording]:
    if performer is None:
        return recordings
    _check_available("--performer", [performer], sorted({r.performer for r in recordings}))
    return [r for r in recordings if r.performer == performer]


def _check_available(flag: str, wanted: Sequence[str], available: Sequence[str]) -> None:
    for name in wanted:
        if name not in available:
            raise ConfigError(f"There are no recordings of {name!r}; {flag} can be {', '.join(available)}.")


def _first(recordings: list[Recording], limit: int | None) -> list[Recording]:
    """At most `limit` of them, in turn from each instrument and split, in their order."""
    counts: Counter[tuple[str, Split | None]] = Counter()
    turns = []
    for index, recording in enumerate(recordings):
        group = recording.instrument, recording.split
        turns.append((counts[group], index))
        counts[group] += 1
    return [recordings[index] for index in sorted(index for _, index in sorted(turns)[:limit])]
