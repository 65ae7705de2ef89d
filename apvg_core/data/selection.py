"""Which shards of a folder are meant."""

from collections.abc import Collection, Sequence
from pathlib import Path

from apvg_core.data.shards import ManifestEntry, Split, read_manifest
from apvg_core.errors import ShardError
from apvg_core.run import RunInfo


def select(
    entries: Sequence[ManifestEntry],
    *,
    split: Split,
    instrument: str | None = None,
    performers: Collection[str] = (),
) -> list[ManifestEntry]:
    """The entries of one split, one instrument and some performers (all of them if none is named).

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
        raise ShardError(f"The shards hold no {split} recordings of what was asked for.")
    return chosen


def select_for_run(root: Path, info: RunInfo, *, split: Split) -> list[ManifestEntry]:
    """The entries a run can be trained on or judged by.

    Raises:
        ShardError: There are none, or they were extracted with other settings than the run was made for.
    """
    entries = select(read_manifest(root), split=split, instrument=info.instrument, performers=info.performers)
    for entry in entries:
        for name in ("fps", "size", "cqt_mode", "window_offset"):
            have, want = getattr(entry, name), getattr(info, name)
            if have != want:
                raise ShardError(
                    f"{root / entry.path} has {name} {have}, the run wants {want}; "
                    "extract it with the same settings."
                )
    return entries
