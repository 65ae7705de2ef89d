"""An instrument played from recorded single notes: each is resampled to exactly the pitch of the playing.

A struck note begins as the recorded one; a slurred one is faded to, without an attack. How loud it is, and
with it how bright, follows the loudness of the playing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from apvg_core.units import SAMPLE_RATE
from apvg_core.virtual.music.cello_playing import CelloPlaying
from apvg_core.virtual.music.paths import Array
from apvg_core.virtual.music.trombone_playing import TrombonePlaying
from apvg_core.virtual.sound.filters import shaded
from apvg_core.virtual.sound.samples import Sample

HOP = 64
"""Samples between two values of what moves slowly."""

LEGATO = 0.05
"""Seconds in which a note goes over into a slurred one."""

CHANGE = 0.02
"""Seconds in which a struck note takes over from the one before it."""

NEAR = 3.0
"""Semitones within which another recorded note may be taken, so that not every note is the same."""


@dataclass(frozen=True)
class _Voice:
    """One recorded note's turn, in seconds; `struck` with its attack."""

    onset: float
    end: float
    pitch: float
    struck: bool


def _voices(playing: TrombonePlaying | CelloPlaying) -> Iterator[_Voice]:
    """The turns of recorded notes; a glissando is one, bent, and a note that the bow changes in two."""
    notes = playing.score.notes
    bows = np.array([s.onset for s in playing.strokes]) if isinstance(playing, CelloPlaying) else np.zeros(0)
    for k, note in enumerate(notes):
        if note.glide:
            continue
        last = k
        while last + 1 < len(notes) and notes[last + 1].glide:
            last += 1
        end = notes[last].end
        cuts = bows[(bows > note.onset + 1e-6) & (bows < end - 1e-6)]
        bowed = bool(np.any(np.abs(bows - note.onset) < 1e-6))
        times = [note.onset, *cuts, end]
        for onset, stop in pairwise(times):
            yield _Voice(onset, stop, note.pitch, onset == note.onset and (bowed or not note.slurred))


def _chosen(rng: np.random.Generator, samples: Sequence[Sample], pitch: float) -> Sample:
    """The nearest recorded note, now and then one of its neighbours."""
    away = np.array([abs(sample.pitch - pitch) for sample in samples])
    near = np.flatnonzero(away < max(NEAR, away.min() + 1e-9))
    return samples[int(rng.choice(near) if rng.random() < 0.3 else np.argmin(away))]


def play(
    playing: TrombonePlaying | CelloPlaying, samples: Sequence[Sample], rng: np.random.Generator
) -> Array:
    """Play recorded notes [shape=(samples,), 44.1 kHz], a full note about 1 in amplitude.

    Args:
        playing: The playing to hear.
        samples: The recorded notes.
        rng: Draws which of them are taken.
    """
    total = round(playing.score.seconds * SAMPLE_RATE)
    sound = np.zeros(total)
    voices = list(_voices(playing))
    for voice, after in zip(voices, [*voices[1:], None], strict=True):
        tail = 0.0 if after is None or after.onset > voice.end + 1e-3 else CHANGE if after.struck else LEGATO
        first, stop = round(voice.onset * SAMPLE_RATE), min(round((voice.end + tail) * SAMPLE_RATE), total)
        if stop <= first:
            continue
        piece = _bent(rng, playing, _chosen(rng, samples, voice.pitch), voice, first, stop)
        if not voice.struck:
            _fade(piece, LEGATO)
        if tail:
            _fade(piece[::-1], tail)
        sound[first:stop] += piece
    times = np.arange(-(-total // HOP) + 1) * HOP / SAMPLE_RATE
    loudness = playing.loudness(times)
    level = np.interp(np.arange(total), np.arange(len(times)) * HOP, loudness**1.5)
    return 5 * shaded(sound, np.interp(np.arange(total), np.arange(len(times)) * HOP, loudness)) * level


def _bent(
    rng: np.random.Generator,
    playing: TrombonePlaying | CelloPlaying,
    sample: Sample,
    voice: _Voice,
    first: int,
    stop: int,
) -> Array:
    """A recorded note at the pitch of the playing from sample `first` to `stop` [shape=(stop - first,)]."""
    count = stop - first
    at = np.arange(-(-count // HOP) + 1) * HOP
    # It keeps its own pitch into what follows, which is no longer its turn.
    times = np.clip((first + at) / SAMPLE_RATE, voice.onset + 1e-4, voice.end - 1e-4)
    ratio = 2 ** ((playing.pitch(times) - sample.pitch) / 12)
    ratio = np.interp(np.arange(count), at, ratio)
    begin = 0.0 if voice.struck else float(rng.integers(sample.start, sample.end))
    place = begin + np.cumsum(ratio) - ratio[0]
    length = sample.end - sample.start
    place = np.where(place < sample.end, place, sample.start + (place - sample.start) % length)
    whole = place.astype(np.int64)
    part = place - whole
    here, after = sample.sound[whole], sample.sound[np.minimum(whole + 1, len(sample.sound) - 1)]
    return here + part * (after - here)


def _fade(piece: Array, seconds: float) -> None:
    """Fade the beginning of a sound (n,) in, in place."""
    count = min(len(piece), round(seconds * SAMPLE_RATE))
    piece[:count] *= np.sin(np.linspace(0, np.pi / 2, count)) ** 2
