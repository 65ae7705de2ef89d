"""What a stage has learned from: its shards, and of which recordings these are which seconds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

ROUNDING: Final = 0.1
"""Seconds by which neighbours may overlap: at another frame rate a film is divided at another frame."""


@dataclass(frozen=True, kw_only=True)
class LearnedShard:
    """A shard that a stage was trained on, as `run.json` lists it in the facts of the stage.

    Attributes:
        id: Its name.
        sha256: Its checksum.
        performer: Who plays.
        source: Path of the recording, relative to what was extracted.
        source_sha256: Checksum of the recording alone; empty where it is not known.
        start: Where the shard begins, in seconds from the start of the recording.
        stop: Where it ends.
    """

    id: str
    sha256: str
    performer: str
    source: str
    source_sha256: str
    start: float
    stop: float

    def overlaps(self, other: LearnedShard) -> bool:
        """Return True if both hold the same moments of the same recording, however they were extracted."""
        return self._recording(other) == other._recording(self) and (
            min(self.stop, other.stop) - max(self.start, other.start) > ROUNDING
        )

    def _recording(self, other: LearnedShard) -> tuple[str, ...]:
        """What tells the recording from others: its checksum where both have one, else its name."""
        if self.source_sha256 and other.source_sha256:
            return (self.source_sha256,)
        return (self.performer, self.source)


def united(*learned: Iterable[LearnedShard]) -> list[LearnedShard]:
    """List the shards of several trainings, each once, by name."""
    once = {shard.sha256: shard for shards in learned for shard in shards}
    return sorted(once.values(), key=lambda shard: (shard.id, shard.sha256))
