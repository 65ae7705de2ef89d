"""`note_positions.json`: which notes each performer was heard playing, and where the hand was for each."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt

from apvg_core.config_json import parse
from apvg_core.errors import ConfigError, RunError
from apvg_core.files import read_json, write_json
from apvg_core.run.arrays import explained
from apvg_core.skeleton import NUM_JOINTS

SCHEMA_VERSION: Final = 1

NOTE_POSITIONS: Final = "note_positions.json"

FURTHEST: Final = 10.0
"""How far outside of the image, whose edge is 1, a hand may be."""

LEAST_HEARD_S: Final = 0.2
LEAST_SHARE: Final = 1e-3
"""Least seconds, and share of all that was heard, of a note in the performer's range: the tracker errs."""

Points = npt.NDArray[np.floating[Any]]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Note:
    """A note as it was played in training.

    Attributes:
        midi: Its MIDI number.
        seconds: How long it was heard.
        positions: Intervals along the axis in which the hand usually was; several where a note can be played
            in several ways, none where no hand was seen, or not for long enough.
    """

    midi: int
    seconds: float
    positions: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        ends = [end for interval in self.positions for end in interval]
        for sentence, is_so in {
            "midi must be from 0 to 127": not 0 <= self.midi <= 127,
            "seconds must be 0 or more": not self.seconds >= 0,
            "positions must be intervals within the picture, one after the other": ends != sorted(ends)
            or not all(abs(end) <= FURTHEST for end in ends),
        }.items():
            if is_so:
                raise ConfigError(f"{sentence}.")


@dataclass(frozen=True, kw_only=True)
class NotePositions:
    """How a performer plays notes, learned from training recordings.

    Attributes:
        notes: Those that were heard, from low to high.
        joint: Index of the joint whose positions they are; None where no hand's position follows the notes.
        axis: Direction in the image along which the joint's position follows the notes best; of length 1.
    """

    notes: tuple[Note, ...]
    joint: int | None = None
    axis: tuple[float, float] = (1.0, 0.0)

    def __post_init__(self) -> None:
        numbers = [note.midi for note in self.notes]
        for sentence, is_so in {
            "notes must be from low to high, each once": numbers != sorted(set(numbers)),
            f"joint must be from 0 to {NUM_JOINTS - 1}": not 0 <= (self.joint or 0) < NUM_JOINTS,
            "axis must have the length 1": not abs(np.hypot(*self.axis) - 1) < 1e-3,
        }.items():
            if is_so:
                raise ConfigError(f"{sentence}.")

    @property
    def known(self) -> dict[int, tuple[tuple[float, float], ...]]:
        """The positions of each note that has any."""
        return {note.midi: note.positions for note in self.notes if note.positions}

    @property
    def reach(self) -> tuple[float, float]:
        """The lowest and the highest of all positions; there must be some."""
        ends = [end for positions in self.known.values() for interval in positions for end in interval]
        return min(ends), max(ends)

    def along(self, points: Points) -> Values:
        """Return the positions of points in the image [shape=(..., 2)] along the axis [shape=(...)]."""
        return np.asarray(points.astype(np.float64) @ np.array(self.axis))

    @property
    def range(self) -> tuple[int, int] | None:
        """The lowest and the highest note that were heard for long enough; None if none was."""
        least = max(LEAST_HEARD_S, LEAST_SHARE * sum(note.seconds for note in self.notes))
        heard = [note.midi for note in self.notes if note.seconds >= least]
        return (heard[0], heard[-1]) if heard else None


def write_note_positions(path: Path, performers: Mapping[str, NotePositions]) -> None:
    """Write how performers play notes, by their names.

    Raises:
        OSError: It cannot be written.
    """
    by_name = {name: asdict(each) for name, each in performers.items()}
    write_json(path, {"schema_version": SCHEMA_VERSION, "performers": by_name})


def keep_note_positions(run: Path, performers: Mapping[str, NotePositions]) -> None:
    """Put into a run how its performers play notes.

    Raises:
        RunError: There is no room or no permission.
    """
    with explained(run / NOTE_POSITIONS):
        write_note_positions(run / NOTE_POSITIONS, performers)


def read_note_positions(path: Path) -> dict[str, NotePositions] | None:
    """Read how performers play notes; None if there is no such file.

    Raises:
        RunError: It is damaged, or of another version.
    """
    try:
        document = read_json(path)
        version = document["schema_version"]
        if version == SCHEMA_VERSION:
            return cast(
                dict[str, NotePositions],
                parse(dict[str, NotePositions], document["performers"], "performers"),
            )
        raise RunError(
            f"{path} has schema version {repr(version)[:20]}, this apvg reads {SCHEMA_VERSION}; delete it."
        )
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RunError(f"{path} cannot be read ({error.strerror}); check its permissions.") from error
    except (KeyError, TypeError) as error:
        raise RunError(f"{path} is damaged; delete it, and learn it anew from shards.") from error
    except (ValueError, ConfigError) as error:
        reason = str(error).rstrip(".")
        raise RunError(f"{path} is damaged ({reason}); delete it, and learn it anew from shards.") from error
