"""Whether a song is one that a performer can play: one voice, in the range of the instrument.

Found out from excerpts of it, in a thread beside the rendering, in a fraction of a second whatever the song's
length.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Thread
from typing import Final

import numpy as np

from apvg_core.errors import ApvgError
from apvg_core.features.pitch import Pitch, track_pitch
from apvg_core.instruments import RANGES
from apvg_core.media.audio import Song, mono_blocks
from apvg_core.run.note_positions import NotePositions
from apvg_core.wording import note_name

EXCERPTS: Final = 8
EXCERPT_S: Final = 5.0
"""Number and length (s) of the excerpts, spread over a song; a shorter song is heard whole."""

LEAST_CLEAR: Final = 1 / 3
"""Least share of what sounds that is of clear pitch: less has an accompaniment as loud, or no voice."""

MOST_OUTSIDE: Final = 0.2
"""Largest share of what is of clear pitch that may be outside of the range: the tracker errs, too."""

LEAST_S: Final = 1.0
"""Of a song of which less sounds nothing is said (s)."""

_RATE: Final = 50.0
"""Moments a second that are looked at."""

log = logging.getLogger(__name__)


@contextmanager
def warned_of_unplayable(
    song: Song, gain: float, instrument: str, notes: NotePositions | None
) -> Iterator[None]:
    """Log a warning, in a thread beside what is done inside, if a song is not one that a performer can play.

    Args:
        song: The song, open until this is left.
        gain: Factor that normalises its loudness.
        instrument: What the performer plays.
        notes: Which notes the performer played in training, where that is known.
    """

    def listen() -> None:
        try:
            problem = describe_problem(listen_to_excerpts(song, gain), instrument, notes)
        except (ApvgError, OSError) as error:  # whoever renders the song says so, if it matters there
            log.debug("It could not be checked whether %s can be played: %s", song.path, error)
            return
        if problem:
            log.warning("%s %s", song.path, problem)

    thread = Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def listen_to_excerpts(song: Song, gain: float) -> list[Pitch]:
    """Track the pitch in excerpts spread over a song, in bounded time and memory.

    Raises:
        MediaError: The song is damaged.
        DependencyError: The tracker is missing.
    """
    whole = song.duration <= EXCERPTS * EXCERPT_S
    starts = [0.0] if whole else np.linspace(0, song.duration - EXCERPT_S, EXCERPTS)
    parts = [song.part(float(start), None if whole else EXCERPT_S) for start in starts]
    return [
        track_pitch(
            (block * np.float32(gain) for block in mono_blocks(part)),
            count=max(1, round(part.duration * _RATE)), fps=_RATE,
        )
        for part in parts
    ]  # fmt: skip


def describe_problem(heard: Sequence[Pitch], instrument: str, notes: NotePositions | None) -> str | None:
    """Say in the rest of a sentence why a performer cannot play a song; None where nothing is in the way.

    Args:
        heard: The pitch in parts of the song.
        instrument: What is played.
        notes: Which notes the performer played in training, where that is known.
    """
    sounding = np.concatenate([pitch.sounding for pitch in heard])
    clear = np.concatenate([pitch.clear for pitch in heard])[sounding]
    midi = np.concatenate([pitch.midi - pitch.tuning for pitch in heard])[sounding]
    if len(midi) < LEAST_S * _RATE:
        return None
    if clear.mean() < LEAST_CLEAR:
        return (
            "has no single voice that the player could follow (a clear pitch in "
            f"{100 * clear.mean():.0f} % of what sounds), and chords, accompaniment and noise move the "
            "player, too; give the instrument alone."
        )
    known = notes.range if notes else None
    low, high = known or RANGES.get(instrument, (0, 127))
    sung = np.rint(midi[clear])
    outside = (sung < low) | (sung > high)
    if outside.mean() <= MOST_OUTSIDE:
        return None
    lowest, highest = (note_name(int(note)) for note in np.percentile(sung, (5, 95)).round())
    return (
        f"is out of the player's range for {100 * outside.mean():.0f} % of its time: it lies from {lowest} "
        f"to {highest}, and the {instrument} {'was learned' if known else 'reaches'} from {note_name(low)} "
        f"to {note_name(high)}; transpose it, or have another instrument play it."
    )
