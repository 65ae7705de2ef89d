"""The room that a recording is made in, from a dry studio to a church. Sounds are [shape=(samples,)].

An impulse response has three parts: the sound itself, the first echoes of a box-shaped room (Allen and
Berkley, "Image method for efficiently simulating small-room acoustics", 1979), and noise that dies away by
60 dB in the reverberation time, sooner in the highs.
"""

from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Self

import numpy as np

from apvg_core.units import SAMPLE_RATE
from apvg_core.virtual.music.paths import Array
from apvg_core.virtual.sound.filters import Spectrum, filtered, high_pass, low_pass
from apvg_core.virtual.sound.levels import amplitude

SPEED_OF_SOUND = 343.0
"""Metres a second."""

BANDS = ((0.0, 700.0, 1.1), (700.0, 2800.0, 1.0), (2800.0, 22_050.0, 0.55))
"""Lowest and highest frequency (Hz) of a band, and its share of the reverberation time."""


@dataclass(frozen=True)
class Room:
    """A room, and a microphone in it.

    Attributes:
        decay: Reverberation time: seconds in which the echoes lose 60 dB.
        distance: Metres from the player to the microphone.
        wet: Decibels of all reverberation beside the sound itself; more than 0 is far away in a hall.
    """

    decay: float
    distance: float
    wet: float

    @classmethod
    def studio(cls, rng: np.random.Generator) -> Self:
        """Draw a room as people practise in."""
        decay = float(np.exp(rng.uniform(np.log(0.2), np.log(1.2))))
        return cls(decay, float(rng.uniform(1, 3)), float(rng.uniform(-20, -5)))

    @classmethod
    def any(cls, rng: np.random.Generator) -> Self:
        """Draw a room of any kind, from dry (0.15 s) to a church (4 s), heard from near or far."""
        decay = float(np.exp(rng.uniform(np.log(0.15), np.log(4.0))))
        distance = float(np.exp(rng.uniform(np.log(0.5), np.log(12.0))))
        # In a larger room one stands further away, and hears more of it there.
        return cls(decay, distance, float(np.clip(rng.normal(-14 + 6 * np.log2(distance), 4), -26, 6)))

    def impulse_response(self, rng: np.random.Generator) -> Array:
        """Draw what a click becomes, the direct sound 1 and at sample 0 [shape=(samples,)]."""
        late = _late(rng, self.decay)
        early = _early(rng, self.decay, self.distance)
        response = np.zeros(max(len(late), len(early)))
        response[: len(early)] += 0.6 * early / np.linalg.norm(early)
        response[: len(late)] += 0.8 * late / np.linalg.norm(late)
        response *= amplitude(self.wet)
        response[0] = 1
        return response


def _early(rng: np.random.Generator, decay: float, distance: float) -> Array:
    """The echoes of walls, floor and ceiling, of first and second order [shape=(samples,)]."""
    # Sabine: the longer it sounds, the larger the room.
    size = (3 + 4.5 * decay) * rng.uniform((0.8, 0.7, 0.45), (1.5, 1.2, 0.8))
    player = size * rng.uniform(0.25, 0.75, 3)
    way = rng.standard_normal(3)
    microphone = np.clip(player + distance * way / np.linalg.norm(way), 0.2, size - 0.2)
    direct = np.linalg.norm(microphone - player)
    echoes = np.zeros(SAMPLE_RATE // 4)
    for order in product((-1, 0, 1), repeat=3):
        walls = np.abs(order).sum()
        if not 0 < walls < 3:
            continue
        image = np.where(
            np.array(order) < 0, -player, np.where(np.array(order) > 0, 2 * size - player, player)
        )
        way_there = np.linalg.norm(microphone - image)
        sample = 1 + round((way_there - direct) / SPEED_OF_SOUND * SAMPLE_RATE)
        if 0 < sample < len(echoes):
            echoes[sample] += rng.choice([-1, 1]) * 0.8**walls / way_there
    echoes[-1] += 1e-6  # there is always something to be brought to a level
    return filtered(echoes, lambda f: low_pass(f, 5000))


def _late(rng: np.random.Generator, decay: float) -> Array:
    """Noise that dies away [shape=(samples,)], silent for the first milliseconds."""
    times = np.arange(round(max(decay, 0.1) * SAMPLE_RATE)) / SAMPLE_RATE
    echoes = np.zeros(len(times))
    for low, high, share in BANDS:
        noise = rng.standard_normal(len(times)) * 10 ** (-3 * times / (share * decay))
        echoes += filtered(noise, partial(_between, low=low, high=high))
    echoes = filtered(echoes, lambda f: high_pass(f, 120) * low_pass(f, 3500))
    return echoes * (times > rng.uniform(0.006, 0.02))


def _between(frequencies: Array, low: float, high: float) -> Spectrum:
    """Compute a gain of 1 between two frequencies (Hz), else 0, at frequencies (n,)."""
    return ((frequencies >= low) & (frequencies < high)).astype(np.complex128)


def in_room(rng: np.random.Generator, room: Room, sound: Array) -> Array:
    """Put a sound (samples,) into a room, as a microphone hears it; it stays as long."""
    echoes = room.impulse_response(rng)
    tilt = rng.uniform(-1.5, 1.5) / 6.02

    def response(frequencies: Array) -> Spectrum:
        heard = np.fft.rfft(echoes, 2 * (len(frequencies) - 1))
        return heard * (np.clip(frequencies, 80, 10_000) / 1000) ** tilt

    return filtered(sound, response, tail=max(SAMPLE_RATE, len(echoes)))
