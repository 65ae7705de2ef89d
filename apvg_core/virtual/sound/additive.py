"""The sound of both instruments by synthesis of our own, in one pass over the samples.

A series of harmonics whose strength falls exponentially with frequency has a closed form, so that
all of them together cost one sine and one cosine a sample; fixed filters then give the instrument's colour.
Sounds are [shape=(samples,)] at 44.1 kHz, a full note about 1 in amplitude.
"""

from collections.abc import Callable

import numpy as np

from apvg_core.units import SAMPLE_RATE
from apvg_core.virtual.music.cello_playing import CelloPlaying
from apvg_core.virtual.music.paths import Array
from apvg_core.virtual.music.trombone_playing import TrombonePlaying
from apvg_core.virtual.sound.filters import Spectrum, filtered, high_pass, low_pass, resonance

HOP = 32
"""Samples between two values of what moves slowly."""

CELLO_BODY = (
    (98, 0.9, 10), (185, 1.2, 9), (230, 0.9, 9), (330, 0.5, 7), (440, 0.8, 6),
    (640, 0.7, 5), (980, 0.6, 4), (1500, 0.5, 4), (2400, 0.7, 2.5), (3600, 0.35, 3),
)  # fmt: skip
"""Resonances of the wood and the air in it: hertz, gain, Q."""

TROMBONE_FORMANTS = ((520, 1.0, 1.2), (1400, 0.35, 2.0))
"""Resonances of mouthpiece and bell, in the same form."""

STRING_BRIGHTNESS = (0.75, 0.88, 1.0, 1.15)


def _moments(samples: int) -> Array:
    """Seconds at which slow curves are looked up [shape=(samples / HOP, rounded up, and one)]."""
    return np.arange(-(-samples // HOP) + 1) * HOP / SAMPLE_RATE


def _drawn_out(values: Array, samples: int) -> Array:
    """Slow values at every sample [shape=(samples,)]."""
    return np.interp(np.arange(samples), HOP * np.arange(len(values)), values)


def _hertz(pitch: Array) -> Array:
    return 440 * 2 ** ((pitch - 69) / 12)


def _phase(frequency: Array) -> Array:
    return 2 * np.pi * np.cumsum(frequency) / SAMPLE_RATE


def _unsteady(rng: np.random.Generator, count: int, rate: float) -> Array:
    """A slow random curve of spread 1 [shape=(count,)], with about `rate` turns a second."""
    knots = rng.standard_normal(int(count * HOP / SAMPLE_RATE * rate) + 4)
    return np.interp(np.arange(count) * HOP / SAMPLE_RATE * rate, np.arange(len(knots)), knots)


def _bursts(times: Array, onsets: Array, strengths: Array, decay: float) -> Array:
    """After every onset a rise of 4 ms and a fall of `decay` seconds [shape as times]."""
    k = np.searchsorted(onsets, times, side="right") - 1
    age = np.where(k < 0, 10.0, times - onsets[np.maximum(k, 0)])
    return strengths[np.maximum(k, 0)] * np.minimum(age / 0.004, 1) * np.exp(-age / decay)


def _body(
    rng: np.random.Generator, peaks: tuple[tuple[float, float, float], ...], floor: float
) -> Callable[[Array], Spectrum]:
    """The filter of one specimen of an instrument: its resonances over an even `floor`."""
    shifts = np.exp(0.06 * rng.standard_normal(len(peaks)))
    scales = np.exp(0.2 * rng.standard_normal(len(peaks)))

    def response(frequencies: Array) -> Spectrum:
        gain = np.full(len(frequencies), floor, np.complex128)
        for (centre, height, sharpness), shift, scale in zip(peaks, shifts, scales, strict=True):
            gain += height * scale * resonance(frequencies, centre * shift, sharpness)
        return gain

    return response


def synthesise(playing: TrombonePlaying | CelloPlaying, rng: np.random.Generator) -> Array:
    """Synthesise what is played [shape=(samples,)]; the specimen of the instrument is drawn."""
    return trombone(playing, rng) if isinstance(playing, TrombonePlaying) else cello(playing, rng)


def trombone(playing: TrombonePlaying, rng: np.random.Generator) -> Array:
    """Synthesise a trombone [shape=(samples,)]: the louder the brighter; the tongue gives chiff and scoop."""
    samples = round(playing.score.seconds * SAMPLE_RATE)
    times = _moments(samples)
    brightness, chiff = np.exp(0.18 * rng.standard_normal()), rng.uniform(0.03, 0.1)
    scoop, settle = rng.uniform(0.1, 0.45), rng.uniform(0.015, 0.035)
    body = _body(rng, TROMBONE_FORMANTS, 0.6)

    loudness = playing.loudness(times)
    tongued = np.array([note.onset for note in playing.score.notes if not note.slurred])
    strengths = np.array([note.loudness for note in playing.score.notes if not note.slurred])
    scooped = scoop * _bursts(times, tongued, np.ones(len(tongued)), settle)
    pitch = playing.pitch(times) - scooped + 0.025 * _unsteady(rng, len(times), 7)
    amplitude = loudness**1.5 * (1 + 0.03 * _unsteady(rng, len(times), 9))
    # Hertz over which the harmonics fall by a factor of e: what makes brass brassy.
    slope = brightness * (350 + 1500 * loudness**1.4) + 0.5 * _hertz(pitch)
    air = 0.012 * loudness + chiff * _bursts(times, tongued, strengths, 0.025) * (loudness > 0)

    frequency = _hertz(_drawn_out(pitch, samples))
    phase = _phase(frequency)
    ratio = np.exp(-frequency / _drawn_out(slope, samples))
    # The sum over k of ratio^(k−1) · sin(k · phase), brought to the same power for every ratio.
    wave = np.sin(phase) / (1 - 2 * ratio * np.cos(phase) + ratio**2) * np.sqrt(1 - ratio**2)
    noise = rng.standard_normal(samples) * _drawn_out(air, samples)
    sound = wave * _drawn_out(amplitude, samples) + noise
    return filtered(sound, lambda f: body(f) * high_pass(f, 130) * low_pass(f, 7000))


def cello(playing: CelloPlaying, rng: np.random.Generator) -> Array:
    """Synthesise a cello [shape=(samples,)]: the string's saw-tooth through the body, and the bow's noise."""
    samples = round(playing.score.seconds * SAMPLE_RATE)
    times = _moments(samples)
    brightness, rosin = np.exp(0.2 * rng.standard_normal()), rng.uniform(0.012, 0.035)
    scratch, tremor = rng.uniform(0.04, 0.12), rng.uniform(0.04, 0.12)
    body = _body(rng, CELLO_BODY, 0.25)

    loudness = playing.loudness(times)
    onsets, ways = np.array([(s.onset, s.direction) for s in playing.strokes]).T
    bite = _bursts(times, onsets, np.where(ways > 0, 1.0, 0.25), 0.04) * (loudness > 0)
    pitch = playing.pitch(times) + 0.02 * _unsteady(rng, len(times), 8)
    amplitude = (
        loudness**1.5 * (1 + tremor * playing.vibrato(times)) * (1 + 0.04 * _unsteady(rng, len(times), 12))
    )
    thickness = np.interp(playing.string(times), np.arange(4), STRING_BRIGHTNESS)
    # Near the frog the bow is heavy: a down-bow starts bright, an up-bow becomes so.
    weight = 1.15 - 0.35 * playing.bow(times) + 0.3 * bite
    slope = brightness * thickness * weight * (1200 + 3500 * loudness)
    speed = np.abs(playing.bow_speed(times)) * (loudness > 0)
    hair = rosin * speed * (0.3 + loudness) + scratch * bite * loudness

    frequency = _hertz(_drawn_out(pitch, samples))
    phase = _phase(frequency)
    ratio = np.exp(-frequency / _drawn_out(slope, samples))
    # The sum over k of ratio^k / k · sin(k · phase).
    wave = np.arctan2(ratio * np.sin(phase), 1 - ratio * np.cos(phase))
    noise = rng.standard_normal(samples) * _drawn_out(hair, samples)
    sound = wave * _drawn_out(amplitude, samples) + noise
    return filtered(sound, lambda f: body(f) * high_pass(f, 60) * low_pass(f, 5000))
