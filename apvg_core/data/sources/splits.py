"""Which part of the recordings is held out."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from apvg_core.config import Split
from apvg_core.data.sources.recording import Recording


def assign_splits(
    recordings: Iterable[Recording], *, validation_fraction: float
) -> dict[Recording, Sequence[Split]]:
    """Decide what is held out, for each performer of each instrument by itself.

    What the dataset says of a recording stands. Of several others the last in sorted order (about
    `validation_fraction` of them, at least one) are for validation. A single one is split in time: it gets
    both splits, in their order in time.
    """
    splits: dict[Recording, Sequence[Split]] = {}
    groups: dict[tuple[str, str], list[Recording]] = defaultdict(list)
    for recording in recordings:
        if recording.split is not None:
            splits[recording] = (recording.split,)
        else:
            groups[recording.instrument, recording.performer].append(recording)
    for group in groups.values():
        group.sort(key=lambda recording: recording.source)
        held_out = max(1, round(validation_fraction * len(group)))
        for place, recording in enumerate(group):
            if len(group) == 1:
                splits[recording] = ("train", "validation")
            else:
                splits[recording] = ("validation",) if place >= len(group) - held_out else ("train",)
    return splits
