"""Agreement of a hand with the pitch that sounds: is it where it usually is for the note?

It needs no true keypoints, so it judges any recording: footage, predictions, and songs that nobody filmed.
"""

from typing import Final

import numpy as np

from apvg_core.metrics.timing import SHIFTS
from apvg_core.run.note_positions import NotePositions, Values

NOT_JUDGED: Final = np.nan


def position_hits(notes: Values, along: Values, positions: NotePositions) -> Values:
    """Return at which moments a hand is where it usually is for the note that sounds.

    Args:
        notes: MIDI number of the note at each moment, NaN where none sounds [shape=(n,)].
        along: The hand's positions along the axis [shape=(n,)].
        positions: The usual ones.

    Returns:
        1 where it is, 0 where it is not, NaN where no note sounds or its positions are not known
        [shape=(n,)].
    """
    hits = np.full(len(notes), NOT_JUDGED)
    for note, intervals in positions.known.items():
        sounds = notes == note
        hand = along[sounds]
        hits[sounds] = np.any([(low <= hand) & (hand <= high) for low, high in intervals], axis=0)
    return hits


def position_hits_by_chance(notes: Values, along: Values, positions: NotePositions) -> float | None:
    """Return the share of hits of the same movements at other moments, which do not belong to the notes.

    The mean over `SHIFTS` shifts of the hand's track spread over the recording, wrapped at its end; None
    where no moment is judged. A hand that hardly ever leaves one position has a high one.
    """
    shifts = np.arange(1, SHIFTS + 1) * len(notes) // (SHIFTS + 1)
    hits = np.concatenate([position_hits(notes, np.roll(along, shift), positions) for shift in shifts])
    judged = hits[np.isfinite(hits)]
    return float(judged.mean()) if len(judged) else None
