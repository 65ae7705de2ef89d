"""Selection of the shards of a folder by split, instrument, performers and settings."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

from apvg_core.config import CqtMode, Split
from apvg_core.data.manifest import ManifestEntry, check_there, read_manifest
from apvg_core.errors import ShardError
from apvg_core.run.info import RunInfo

LEAST_SECONDS: Final = 1.0
"""Least length of a recording to evaluate on: of shorter ones nothing is known of music and motion."""


def select(
    entries: Sequence[ManifestEntry],
    *,
    split: Split,
    instrument: str | None = None,
    performers: Collection[str] = (),
) -> list[ManifestEntry]:
    """Select the entries of one split, one instrument and some performers (all of them if none is named).

    Raises:
        ShardError: Nothing fits, or several instruments do and none was named.
    """
    instruments = sorted({entry.instrument for entry in entries})
    if instrument is None and len(instruments) > 1:
        raise ShardError(f"The shards hold {', '.join(instruments)}; choose one with --instrument.")
    if instrument is not None and instrument not in instruments:
        raise ShardError(f"No shards of {instrument}; --instrument can be {', '.join(instruments)}.")
    fitting = [entry for entry in entries if instrument in (None, entry.instrument)]
    known = sorted({entry.performer for entry in fitting})
    for performer in performers:
        if performer not in known:
            raise ShardError(f"No shards of performer {performer}; --performer can be {', '.join(known)}.")
    chosen = [e for e in fitting if e.split == split and (not performers or e.performer in performers)]
    if not chosen:
        raise ShardError(f"The shards hold no {split} recordings of this instrument and performer.")
    return chosen


def select_for_run(root: Path, info: RunInfo, *, split: Split) -> list[ManifestEntry]:
    """Select the entries that a run can be trained on or evaluated on.

    Raises:
        ShardError: There are none, or they were extracted with other settings than the run was made for.
    """
    entries = of_run(read_manifest(root), info, split=split)
    if not entries:
        raise ShardError(
            f"{root} holds no {split} recordings of {info.instrument} by {', '.join(info.performers)}; "
            "extract more of their footage."
        )
    check_alike(
        root, entries, fps=info.fps, size=info.size, cqt=info.cqt_mode, window_offset=info.window_offset
    )
    return entries


def of_run(entries: Sequence[ManifestEntry], info: RunInfo, *, split: Split) -> list[ManifestEntry]:
    """Select the entries of a run's instrument and performers in one split."""
    return [
        entry
        for entry in entries
        if (entry.instrument, entry.split) == (info.instrument, split) and entry.performer in info.performers
    ]


def long_enough(entries: Sequence[ManifestEntry]) -> list[ManifestEntry]:
    """Select the entries that are not too short to evaluate on."""
    return [entry for entry in entries if entry.frames / entry.fps >= LEAST_SECONDS]


def filmed(entries: Sequence[ManifestEntry]) -> list[ManifestEntry]:
    """Select the entries with images."""
    return [entry for entry in entries if entry.has_images]


def check_alike(
    root: Path, entries: Sequence[ManifestEntry], *, fps: float, size: int, cqt: CqtMode, window_offset: float
) -> None:
    """Check that all shards exist, and were extracted with these settings.

    Raises:
        ShardError: One is not, or was not; the sentence names the flag.
    """
    check_there(root, entries)
    for entry in entries:
        for flag, have, want in (
            ("--fps", entry.fps, fps),
            ("--size", entry.size, size),
            ("--cqt", entry.cqt_mode, cqt),
            ("--window-offset", entry.window_offset, window_offset),
        ):
            if have != want:
                raise ShardError(
                    f"{root / entry.path} has {flag} {_short(have)} where {_short(want)} is needed; "
                    f"extract it again with {flag} {_short(want)}."
                )


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
