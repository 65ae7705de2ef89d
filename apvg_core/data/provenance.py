"""Which seconds of which recording a shard holds."""

from collections.abc import Sequence
from pathlib import Path

from apvg_core.data.manifest import ManifestEntry
from apvg_core.data.shards import Shard
from apvg_core.run.provenance import LearnedShard


def origins(root: Path, entries: Sequence[ManifestEntry]) -> list[LearnedShard]:
    """Read where the shards of a folder come from.

    Raises:
        ShardError: One is damaged.
    """
    return [_origin(root, entry) for entry in entries]


def _origin(root: Path, entry: ManifestEntry) -> LearnedShard:
    with Shard(root / entry.path) as shard:
        info = shard.info
        # then the checksum is not of the film alone, which other extractions share
        reads_keypoints = info.settings.get("keypoints") is not None
        return LearnedShard(
            id=entry.id,
            sha256=entry.sha256,
            performer=info.performer,
            source=info.source,
            source_sha256="" if reads_keypoints else info.source_sha256,
            start=round(float(shard.times[0]), 3),
            stop=round(float(shard.times[-1]) + 1 / info.fps, 3),
        )
