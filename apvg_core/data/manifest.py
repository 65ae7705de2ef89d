"""The manifest of a shard folder: its finished shards, and the recordings that could not be extracted."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Self

from apvg_core.config import CqtMode, Split
from apvg_core.config_json import parse
from apvg_core.data.check import check_identity
from apvg_core.data.shards import SCHEMA_VERSION, Shard
from apvg_core.errors import ConfigError, ShardError
from apvg_core.files import read_json, remove_stale_parts, sha256_of, write_json
from apvg_core.former_names import renamed

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
    has_images: bool = True

    def __post_init__(self) -> None:
        check_identity(self)
        parts = self.path.split("/")
        if len(parts) != 3 or not parts[-1].endswith(".h5") or any(_is_unsafe(part) for part in parts):
            raise ConfigError(f"path must be <split>/<instrument>/<id>.h5, not {self.path[:80]!r}.")
        if self.frames < 1 or self.bytes < 0:
            raise ConfigError("frames must be 1 or more.")

    @classmethod
    def of(cls, root: Path, path: Path) -> Self:
        """Describe the shard at `path` below `root`, reading it once.

        Raises:
            ShardError: The shard is damaged.
        """
        with Shard(path) as shard:
            info, count = shard.info, len(shard)
        try:
            return cls(
                path=path.relative_to(root).as_posix(), id=info.id, instrument=info.instrument,
                performer=info.performer, split=info.split, frames=count, fps=info.fps, size=info.size,
                cqt_mode=info.cqt_mode, window_offset=info.window_offset, sha256=sha256_of(path),
                bytes=path.stat().st_size, mtime_ns=path.stat().st_mtime_ns, has_images=info.has_images,
            )  # fmt: skip
        except ConfigError as error:
            raise ShardError(f"{path} cannot be listed ({error}); restore its name.") from error


@dataclass(frozen=True)
class Failure:
    """A recording that could not be extracted.

    Attributes:
        source: Path of the recording, relative to what was extracted.
        reason: Why, as a sentence.
    """

    source: str
    reason: str


def shard_paths(root: Path) -> list[Path]:
    """List the paths of finished shards below `root`, sorted; hidden files are no shards."""
    return sorted(path for path in root.glob("*/*/*.h5") if not path.name.startswith("."))


def _is_unsafe(part: str) -> bool:
    """Return True if a part of a path may lead out of the folder, or is none that we write."""
    return part.startswith(".") or not part.isprintable() or bool(set(part) & set("\\:"))


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
    with suppress(ShardError):  # a manifest that is missing or damaged is written anew
        known = {entry.path: entry for entry in read_manifest(root)}
    entries, damaged = [], []
    for folder in root.glob("*/*"):
        remove_stale_parts(folder)
    for path in shard_paths(root):
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
    """Read from the manifest which recordings could not be extracted; none without a manifest."""
    try:
        return [parse(Failure, entry) for entry in read_json(root / MANIFEST).get("failed", [])]
    except (OSError, ValueError, TypeError, AttributeError, ConfigError):
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
        document = read_json(path)
        version = document["schema_version"]
        names = {field.name for field in fields(ManifestEntry)}
        entries: list[ManifestEntry] = [
            parse(
                ManifestEntry,
                {k: v for k, v in renamed(each, names).items() if k in names},
                f"shards[{number}]",
            )
            for number, each in enumerate(document["shards"])
            if version == SCHEMA_VERSION
        ]
    except OSError as error:
        raise ShardError(f"{path} cannot be read ({error.strerror}); check its permissions.") from error
    except (ValueError, KeyError, TypeError, AttributeError, ConfigError) as error:
        reason = f" ({error})".replace(".)", ")") if isinstance(error, ValueError | ConfigError) else ""
        raise ShardError(f"{path} is damaged{reason}; delete it and run 'apvg extract' again.") from error
    if version != SCHEMA_VERSION:
        version = repr(version)[:20]
        raise ShardError(f"{path} has schema version {version}, this apvg reads {SCHEMA_VERSION}.")
    path_of, count = Counter(entry.path for entry in entries).most_common(1)[0] if entries else ("", 0)
    if count > 1:
        raise ShardError(f"{path} lists {path_of} twice; delete it and run 'apvg extract' again.")
    return entries


def check_there(root: Path, entries: Iterable[ManifestEntry]) -> None:
    """Check that shards exist and are as long as the manifest says, before anything is begun with them.

    Raises:
        ShardError: One is not.
    """
    for entry in entries:
        path = root / entry.path
        try:
            size = path.stat().st_size
        except OSError as error:
            raise ShardError(f"{path} cannot be read ({error.strerror}); extract it again.") from error
        if size != entry.bytes:
            raise ShardError(
                f"{path} is damaged or was replaced ({size} bytes; {MANIFEST} lists {entry.bytes}); "
                "run 'apvg extract' again."
            )


def verify(root: Path, entry: ManifestEntry) -> None:
    """Read a shard whole, and check that it is the one that the manifest lists.

    Raises:
        ShardError: It is missing, damaged, or another one.
    """
    check_there(root, [entry])
    path = root / entry.path
    if sha256_of(path) != entry.sha256:  # before HDF5 looks at it, which damage can keep busy for ever
        raise ShardError(f"{path} is not what {MANIFEST} lists (its checksum differs); extract it again.")
    with Shard(path) as shard:
        info = shard.info
        said = (info.id, info.instrument, info.performer, info.split, info.fps, info.size, len(shard))
    wanted = (entry.id, entry.instrument, entry.performer, entry.split, entry.fps, entry.size, entry.frames)
    if said != wanted:
        raise ShardError(f"{path} contradicts {MANIFEST}; run 'apvg extract' again.")
