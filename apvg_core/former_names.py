"""Former names of things in files, so that old runs, shards and checkpoints still load."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from torch import nn

T = TypeVar("T")

FIELDS: Final[Mapping[str, str]] = {
    "pictures": "has_images",  # of a shard, and of its entry in manifest.json
    "seen_keypoints": "ground_truth_keypoints",  # stu
    "examine_every": "validate_every",  # of a stage's training
    "deaf": "mean_baseline",  # of a stage's facts in run.json, under held_out
    "real": "significant",  # of a score in results.json
}
"""Fields of JSON documents: the former name, and today's."""

DROPPED: Final = ("mismatched_pairs",)  # of the STU's discriminator
"""Fields of JSON documents that say nothing any more."""

VALUES: Final[Mapping[str, str]] = {
    "films": "videos",  # kind of a row in results.json
}
"""Values of JSON documents: the former name, and today's."""

WEIGHTS: Final[Mapping[str, Mapping[str, str]]] = {
    "KHP": {"ahead.": "lookahead."},
    "CVG": {"loud.": "audio_norm.", "image_decoder.paint.": "image_decoder.to_rgb."},
    "STU": {
        "lines.": "unet.lines.",
        "encoder.": "unet.encoder.",
        "gru.": "unet.memory.gru.",
        "gcn.": "unet.structure.gcn.",
        "audio.": "unet.audio.",
        "decoder.": "unet.decoder.",
        "flow.belonging.": "unet.flow.assignment.",
        "paint.": "unet.head.",
    },
    "Vid2Vid": {
        "poses.": "pose_encoder.",
        "past.": "frame_encoder.",
        "paint.": "image_decoder.",
        "move.": "flow_decoder.",
    },
}
"""Weights of each class of network: how their names began, and how they begin today."""


def renamed(document: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """Give a JSON document today's names for those fields that `names` lacks, and drop what is gone."""
    kept = {key: value for key, value in document.items() if key in names or key not in DROPPED}
    return {key if key in names else FIELDS.get(key, key): value for key, value in kept.items()}


def renamed_settings(recipe: Any, fps: Any) -> Any:
    """Give a recipe of a run, which may be anything, today's units: a lookahead was in frames."""
    if not isinstance(recipe, Mapping):
        return recipe
    return {stage: lookahead_in_seconds(settings, fps) for stage, settings in recipe.items()}


def lookahead_in_seconds(settings: Any, fps: Any) -> Any:
    """Give a stage's settings, which may be anything, the lookahead in seconds that was in frames."""
    if not isinstance(settings, Mapping) or "lookahead" not in settings:
        return settings
    frames = settings["lookahead"]
    if not (isinstance(frames, int) and 0 <= frames <= 256 and isinstance(fps, int | float) and fps > 0):
        return settings
    rest = {name: value for name, value in settings.items() if name != "lookahead"}
    return {**rest, "lookahead_s": frames / fps}


def renamed_facts(facts: Any) -> Any:
    """Give a stage's facts in run.json today's names of what is held out."""
    if not isinstance(facts, Mapping) or not isinstance(facts.get("held_out"), Mapping):
        return facts
    return {**facts, "held_out": renamed(facts["held_out"], ())}


def rename_weights(weights: Mapping[str, T], network: nn.Module) -> dict[str, T]:
    """Give weights, of any shape, today's names.

    Args:
        weights: By name; the names are today's or former ones.
        network: The network that they are for, or an average of one (PyTorch's `AveragedModel`).
    """
    inner = getattr(network, "module", network)
    prefix = "" if inner is network else "module."
    former = WEIGHTS.get(type(inner).__name__, {})
    today = network.state_dict().keys()

    def rename(name: str) -> str:
        for before, after in former.items():
            if name not in today and name.startswith(prefix + before):
                return prefix + after + name.removeprefix(prefix + before)
        return name

    return {rename(name): value for name, value in weights.items()}
