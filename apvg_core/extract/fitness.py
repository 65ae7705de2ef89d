"""Warns of shards that, taken together, training or evaluation will refuse or lack."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from apvg_core.data.manifest import ManifestEntry
from apvg_core.data.selection import LEAST_SECONDS, check_alike
from apvg_core.errors import ShardError

log = logging.getLogger(__name__)


def warn_of_unfit(out: Path, entries: Sequence[ManifestEntry]) -> None:
    """Warn of what training and evaluation will miss or refuse in these shards."""
    players: dict[tuple[str, str], list[ManifestEntry]] = defaultdict(list)
    instruments: dict[str, list[ManifestEntry]] = defaultdict(list)
    for entry in entries:
        players[entry.instrument, entry.performer].append(entry)
        instruments[entry.instrument].append(entry)
    for (instrument, performer), theirs in players.items():
        _warn_of_splits(instrument, performer, theirs)
    for of_one in instruments.values():
        first = of_one[0]
        try:
            check_alike(
                out, of_one, fps=first.fps, size=first.size, cqt=first.cqt_mode,
                window_offset=first.window_offset,
            )  # fmt: skip
        except ShardError as error:
            log.warning("The shards of %s do not all fit into one training: %s", first.instrument, error)


def _warn_of_splits(instrument: str, performer: str, entries: Sequence[ManifestEntry]) -> None:
    for missing in sorted({"train", "validation"} - {entry.split for entry in entries}):
        log.warning("There are no %s shards of %s, %s.", missing, instrument, performer)
    for split in ("validation", "test"):
        held_out = [entry for entry in entries if entry.split == split]
        seconds = sum(entry.frames / entry.fps for entry in held_out)
        if held_out and seconds < LEAST_SECONDS:
            log.warning(
                "Only %.1f s of %s, %s are held out (%s), too little to judge by: add longer recordings, "
                "or remove very short ones.", seconds, instrument, performer,
                ", ".join(entry.id for entry in held_out),
            )  # fmt: skip
