"""The manifest of a shard folder: its finished shards, and the recordings that could not be extracted."""

import json
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Self

from apvg_core.config import CqtMode, Split
from apvg_core.data.shards import SCHEMA_VERSION, Shard
from apvg_core.errors import ShardError
from apvg_core.files import sha256_of, write_json

MANIFEST = "manifest.json"


@dataclass(frozen=True, kw_only=True)
class ManifestEntry:
    """One shard as the manifest lists it: enough to choose shards without opening them."""

    path: str
    id: str
    instrument: str
    performer: str
    split: Split
    frames: int
    fps: float
    size: int
    cqt_mode: CqtMode
    window_offset: float
    sha256: str
    bytes: int
    mtime_ns: int
    pictures: bool = True

    @classmethod
    def of(cls, root: Path, path: Path) -> Self:
        """Describe the shard at `path` below `root`, reading it once.

        Raises:
            ShardError: The shard is damaged.
        """
        with Shard(path) as shard:
            info, count = shard.info, len(shard)
        return cls(
            path=path.relative_to(root).as_posix(), id=info.id, instrument=info.instrument,
            performer=info.performer, split=info.split, frames=count, fps=info.fps, size=info.size,
            cqt_mode=info.cqt_mode, window_offset=info.window_offset, sha256=sha256_of(path),
            bytes=path.stat().st_size, mtime_ns=path.stat().st_mtime_ns, pictures=info.pictures,
        )  # fmt: skip


@dataclass(frozen=True)
class Failure:
    """A recording that could not be extracted.

    Attributes:
        source: Path of the recording, relative to what was extracted.
        reason: Why, as a sentence.
    """

    source: str
    reason: str


def write_manifest(
    root: Path, failures: Sequence[Failure] = (), tried: Collection[str] = ()
) -> tuple[list[ManifestEntry], list[str]]:
    """List every finished shard below `root` in its manifest, those left by a killed run too.

    Files of the size and time of change that are listed already are not read again.

    Args:
        root: The shard folder.
        failures: The recordings that failed now.
        tried: Sources of all recordings tried now; what is noted of others from before stays.

    Returns:
        The entries, and a sentence for each damaged shard; those are not listed.
    """
    known: dict[str, ManifestEntry] = {}
    with suppress(ShardError):  # a manifest that is missing or damaged is made anew
        known = {entry.path: entry for entry in read_manifest(root)}
    entries, damaged = [], []
    for path in sorted(path for path in root.glob("*/*/*.h5") if not path.name.startswith(".")):
        stat = path.stat()
        entry = known.get(path.relative_to(root).as_posix())
        if entry is None or (entry.bytes, entry.mtime_ns) != (stat.st_size, stat.st_mtime_ns):
            try:
                entry = ManifestEntry.of(root, path)
            except ShardError as error:
                damaged.append(str(error))
                continue
        entries.append(entry)
    before = [failure for failure in read_failures(root) if failure.source not in tried]
    document = {
        "schema_version": SCHEMA_VERSION,
        "shards": [asdict(entry) for entry in entries],
        "failed": [asdict(failure) for failure in sorted([*before, *failures], key=lambda f: f.source)],
    }
    write_json(root / MANIFEST, document)
    return entries, damaged


def read_failures(root: Path) -> list[Failure]:
    """The recordings that could not be extracted, as the manifest lists them; none without a manifest."""
    try:
        document = json.loads((root / MANIFEST).read_text())
        return [Failure(**entry) for entry in document.get("failed", [])]
    except (OSError, ValueError, TypeError):
        return []


def read_manifest(root: Path) -> list[ManifestEntry]:
    """Read the manifest of a shard folder.

    Raises:
        ShardError: There is none, it is damaged, or of another schema version.
    """
    path = root / MANIFEST
    if not path.is_file():
        raise ShardError(f"{root} is not a shard folder (no {MANIFEST}); make one with 'apvg extract'.")
    try:
        document = json.loads(path.read_text())
        version = document["schema_version"]
        names = {field.name for field in fields(ManifestEntry)}
        entries = [ManifestEntry(**{k: v for k, v in e.items() if k in names}) for e in document["shards"]]
    except (ValueError, KeyError, TypeError) as error:
        raise ShardError(f"{path} is damaged; delete it and run 'apvg extract' again.") from error
    if version != SCHEMA_VERSION:
        raise ShardError(f"{path} has schema version {version}, this apvg reads {SCHEMA_VERSION}.")
    return entries
