"""Assigns recordings to splits: chooses what is held out."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain

from apvg_core.config import Split
from apvg_core.data.sources.recording import Recording

_IN_TIME: tuple[Split, ...] = ("train", "validation")
"""Both, in their order in time: the end of the recording is held out."""


def assign_splits(
    recordings: Iterable[Recording],
    *,
    validation_fraction: float,
    kept: Mapping[Recording, Sequence[Split]] | None = None,
    others: Mapping[tuple[str, str], Collection[Split]] | None = None,
) -> dict[Recording, Sequence[Split]]:
    """Choose what is held out, for each performer of each instrument by itself.

    A split that the dataset gives a recording stands. Of several others the last in sorted order (about
    `validation_fraction` of them, at least one) are for validation. A single one is split in time: it gets
    both splits, in their order in time.

    Args:
        recordings: All of them.
        validation_fraction: Share that is held out.
        kept: Where recordings were before; they stay there when others are added, unless a performer were
            left with nothing to train on or nothing held out.
        others: Splits that hold further recordings, by instrument and performer.
    """
    kept, others = kept or {}, others or {}
    splits: dict[Recording, Sequence[Split]] = {}
    groups: dict[tuple[str, str], list[Recording]] = defaultdict(list)
    for recording in recordings:
        if recording.split is not None:
            splits[recording] = (recording.split,)
        else:
            groups[recording.instrument, recording.performer].append(recording)
    for player, group in groups.items():
        group.sort(key=lambda recording: recording.source)
        before = {recording: kept[recording] for recording in group if recording in kept}
        together = _assigned(group, validation_fraction, before)
        if not {*others.get(player, ()), *chain(*together.values())}.issuperset(_IN_TIME):
            together = _assigned(group, validation_fraction, {})
        splits |= together
    return splits


def _assigned(
    group: Sequence[Recording], fraction: float, before: Mapping[Recording, Sequence[Split]]
) -> dict[Recording, Sequence[Split]]:
    """The splits of one performer's recordings, some of which are in theirs."""
    new = [recording for recording in group if recording not in before]
    if len(group) == 1:
        return {**before, **dict.fromkeys(new, _IN_TIME)}
    held = sum(fraction if len(splits) > 1 else splits[0] == "validation" for splits in before.values())
    wanted = round(fraction * len(group) - held)
    if not held:
        wanted = max(1, wanted)
    first_held = len(new) - min(max(0, wanted), len(new))
    return {
        **before,
        **{r: ("validation",) if index >= first_held else ("train",) for index, r in enumerate(new)},
    }
