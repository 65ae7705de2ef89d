"""What earlier versions called things in files, so that old runs, shards and checkpoints still load."""

from collections.abc import Collection, Mapping
from typing import Any, Final

FIELDS: Final[Mapping[str, str]] = {
    "pictures": "has_images",  # of a shard, and of its entry in manifest.json
    "seen_keypoints": "ground_truth_keypoints",  # stu
    "examine_every": "validate_every",  # of a stage's training
    "deaf": "mean_baseline",  # of a stage's facts in run.json, under held_out
}
"""Fields of JSON documents: the former name, and today's."""


def renamed(document: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """A JSON document with today's names for those fields that `names` does not have."""
    return {key if key in names else FIELDS.get(key, key): value for key, value in document.items()}


def renamed_facts(facts: Any) -> Any:
    """A stage's facts in run.json, with today's names for what they tell of held-out footage."""
    if not isinstance(facts, Mapping) or not isinstance(facts.get("held_out"), Mapping):
        return facts
    return {**facts, "held_out": renamed(facts["held_out"], ())}
