"""Listens to the sound of a film, all of it or excerpts."""

from typing import Final

import numpy as np

from apvg_core.features.loudness import normalising_gain
from apvg_core.features.pitch import track_pitch
from apvg_core.filmcheck.film import Heard
from apvg_core.filmcheck.windows import plan_excerpts
from apvg_core.media.audio import mono_blocks
from apvg_core.media.chunks import Sound, open_sound
from apvg_core.progress import Progress

RATE: Final = 50.0
"""Moments a second at which there is a pitch."""


def listen(sound: Sound, windows: int, *, progress: Progress) -> Heard:
    """Listen to a film's sound.

    Args:
        sound: The sound.
        windows: Number of windows of the film; as many excerpts of a long one are listened to.
        progress: Called after each excerpt.

    Raises:
        MediaError: There is no sound, or it is damaged.
        DependencyError: The pitch tracker is missing.
    """
    with open_sound(sound) as song:
        excerpts = plan_excerpts(song.duration, windows)
        parts = [song.part(start, stop - start) for start, stop in excerpts]
        gain = np.float32(normalising_gain(block for part in parts for block in mono_blocks(part)))
        count = max(1, round(song.duration * RATE))
        heard, sounding, clear = (np.zeros(count, np.bool_) for _ in range(3))
        notes = np.full(count, np.nan)
        for done, ((start, _), part) in enumerate(zip(excerpts, parts, strict=True), start=1):
            first, frames = round(start * RATE), max(1, round(part.duration * RATE))
            louder = (block * gain for block in mono_blocks(part))
            pitch = track_pitch(louder, count=frames, fps=RATE)
            place = slice(first, first + frames)
            room = len(heard[place])
            heard[place] = True
            sounding[place], clear[place], notes[place] = (
                values[:room] for values in (pitch.sounding, pitch.clear, pitch.notes)
            )
            progress("listen", done, len(excerpts))
    return Heard(RATE, heard, sounding, clear, notes)
