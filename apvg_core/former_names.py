"""What earlier versions called things in files, so that old runs, shards and checkpoints still load."""

from collections.abc import Collection, Mapping
from typing import Any, Final

FIELDS: Final[Mapping[str, str]] = {
    "pictures": "has_images",  # of a shard, and of its entry in manifest.json
    "seen_keypoints": "ground_truth_keypoints",  # stu
    "real": "significant",  # of a score in results.json
}
"""Fields of JSON documents: the former name, and today's."""

VALUES: Final[Mapping[str, str]] = {
    "films": "videos",  # kind of a row in results.json
}
"""Values of JSON documents: the former name, and today's."""


def renamed(document: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """A JSON document with today's names for those fields that `names` does not have."""
    return {key if key in names else FIELDS.get(key, key): value for key, value in document.items()}
