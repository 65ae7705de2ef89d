"""Assigns recordings to splits: chooses what is held out."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain

from apvg_core.config import Split
from apvg_core.data.sources.recording import Recording


def assign_splits(
    recordings: Iterable[Recording],
    *,
    validation_fraction: float,
    test_fraction: float = 0.0,
    kept: Mapping[Recording, Sequence[Split]] | None = None,
    others: Mapping[tuple[str, str], Collection[Split]] | None = None,
) -> dict[Recording, Sequence[Split]]:
    """Choose what is held out, for each performer of each instrument by itself.

    A split that the dataset gives a recording stands. Of several others the last in sorted order (about
    `test_fraction` of them, at least one unless it is 0) are for tests, those before them (about
    `validation_fraction`, at least one) for validation. Of fewer recordings than splits each is split in
    time: it gets all splits, in their order in time.

    Args:
        recordings: All of them.
        validation_fraction: Share that is held out.
        test_fraction: Share that is held out from choices as well.
        kept: Where recordings were before; they stay there when others are added, unless a performer were
            left with nothing to train on or nothing held out.
        others: Splits that hold further recordings, by instrument and performer.
    """
    kept, others = kept or {}, others or {}
    held_out: dict[Split, float] = {"validation": validation_fraction}
    if test_fraction:
        held_out["test"] = test_fraction
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
        together = _assigned(group, held_out, before)
        if not {*others.get(player, ()), *chain(*together.values())}.issuperset(("train", *held_out)):
            together = _assigned(group, held_out, {})
        splits |= together
    return splits


def _assigned(
    group: Sequence[Recording], held_out: Mapping[Split, float], before: Mapping[Recording, Sequence[Split]]
) -> dict[Recording, Sequence[Split]]:
    """The splits of one performer's recordings, some of which are in theirs."""
    new = [recording for recording in group if recording not in before]
    if len(group) <= len(held_out):
        return {**before, **dict.fromkeys(new, ("train", *held_out))}
    assigned: list[Split] = []
    to_train = not any("train" in splits for splits in before.values())
    for index, (split, fraction) in enumerate(held_out.items()):
        held = sum(fraction if len(splits) > 1 else 1 for splits in before.values() if split in splits)
        wanted = max(0 if held else 1, round(fraction * len(group) - held))
        later = len(held_out) - index - 1
        assigned += [split] * max(0, min(wanted, len(new) - len(assigned) - later - to_train))
    assigned[:0] = ["train"] * (len(new) - len(assigned))
    return {**before, **{recording: (split,) for recording, split in zip(new, assigned, strict=True)}}
