"""Takes recordings out of a shard folder."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from apvg_core.data.manifest import read_failures, shard_paths, write_manifest
from apvg_core.data.shards import Shard
from apvg_core.errors import ConfigError, ShardError
from apvg_core.extract.fitness import warn_of_unfit
from apvg_core.extract.plan import recording_id
from apvg_core.extract.unit import WORK
from apvg_core.locks import alone_in


@dataclass
class Removed:
    """A recording that was removed.

    Attributes:
        id: Its id; of one that could not be extracted, its source.
        shards: Its former shards.
        sources: Paths of its footage, relative to what was extracted.
    """

    id: str
    shards: list[Path] = field(default_factory=list)
    sources: set[str] = field(default_factory=set)


def remove(out: Path, names: Sequence[str]) -> list[Removed]:
    """Remove all that a shard folder holds of some recordings; their films stay where they are.

    Args:
        out: The shard folder.
        names: Recordings by their ids, their shards' ids, or their sources.

    Raises:
        ShardError: `out` is no shard folder, or a name is not that of a recording in it; nothing is removed.
        ConfigError: Another command writes to `out`, or it cannot be written to.
    """
    if not (out / "manifest.json").is_file() and not shard_paths(out):
        raise ShardError(f"{out} is not a shard folder; say which one with --out.")
    with alone_in(out, other="An extraction", flag="--out"):
        known = _recordings(out)
        for name in names:
            _check_known(out, name, known)
        chosen = list({known[name].id: known[name] for name in names}.values())
        try:
            for recording in chosen:
                _delete(out, recording)
        finally:  # also when we are interrupted: only shards that exist are listed
            tried = {source for recording in chosen for source in recording.sources}
            entries, _ = write_manifest(out, tried=tried)
    warn_of_unfit(out, entries)
    return chosen


def _recordings(out: Path) -> dict[str, Removed]:
    """The recordings of a folder, damaged and failed ones too, by all their names."""
    known: dict[str, Removed] = {}
    for path in shard_paths(out):
        recording = known.setdefault(recording_id(path), Removed(recording_id(path)))
        recording.shards.append(path)
        known[path.stem] = recording
        try:
            with Shard(path) as shard:
                recording.sources.add(shard.info.source)
                known.setdefault(shard.info.source, recording)
        except ShardError:  # it has a name, which is enough
            continue
    for failure in read_failures(out):
        known.setdefault(failure.source, Removed(failure.source)).sources.add(failure.source)
    return known


def _check_known(out: Path, name: str, known: Mapping[str, Removed]) -> None:
    """Raise a ShardError that says what may be meant, if no recording has the name."""
    if name in known:
        return
    ids = sorted({recording.id for recording in known.values()})
    near = [each for each in ids if name in each][:3] or get_close_matches(name, known, n=3) or ids[:3]
    meant = {known[each].id if each in known else each: None for each in near}
    hint = f"did you mean {' or '.join(meant)}?" if meant else "it holds none."
    raise ShardError(f"{out} holds no recording {name}; {hint}")


def _delete(out: Path, recording: Removed) -> None:
    for path in recording.shards:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise ConfigError(f"{path} cannot be removed ({error.strerror}).") from error
    shutil.rmtree(out / WORK / recording.id, ignore_errors=True)
