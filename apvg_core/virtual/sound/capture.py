"""How a recording is captured: noises, equalisation, a telephone's band, compression, clipping, codec, level.

Sounds are [shape=(samples,)] at 44.1 kHz.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from scipy.signal import butter, sosfilt

from apvg_core.units import SAMPLE_RATE
from apvg_core.virtual.music.paths import Array
from apvg_core.virtual.sound.codec import CODECS, coded
from apvg_core.virtual.sound.levels import amplitude, rms
from apvg_core.virtual.sound.noises import applause, hiss, hum

PEAK: Final = 0.95
"""The largest sample of any recording."""

STEP: Final = 256
"""Samples between two gains of a compressor."""


@dataclass(frozen=True, kw_only=True)
class Capture:
    """A recording chain; what is None is not in it.

    Attributes:
        peaks: Equaliser: centre (Hz), gain (dB) and Q of each band.
        band: Lowest and highest frequency (Hz) that get through at all.
        ratio: Of a compressor: decibels in for one out, above the mean level.
        clipped: Decibels that are cut off the loudest moment.
        noise: Decibels from the music down to the noise of the room.
        fall: How much of it is rumble; see `hiss`.
        hum: Decibels from the music down to the mains hum.
        applause: Decibels from the music down to the applause at the end.
        codec: Name in `CODECS`.
        rate: Its bits a second.
        level: RMS of the recording, dB of full scale.
    """

    peaks: tuple[tuple[float, float, float], ...] = ()
    band: tuple[float, float] | None = None
    ratio: float | None = None
    clipped: float | None = None
    noise: float = 50.0
    fall: float = 0.5
    hum: float | None = None
    applause: float | None = None
    codec: str | None = None
    rate: int | None = None
    level: float = -20.0

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Self:
        """Draw a chain: most are decent, some a telephone's, some a bad copy."""

        def some(share: float, low: float, high: float) -> float | None:
            value = float(rng.uniform(low, high))
            return value if rng.random() < share else None

        centres = np.exp(rng.uniform(np.log(70), np.log(6000), int(rng.integers(0, 4))))
        lowest, highest = np.exp(rng.uniform(np.log([60, 2500]), np.log([350, 9000])))
        codec = str(rng.choice(list(CODECS))) if rng.random() < 0.3 else None
        rates = (CODECS[codec].least, CODECS[codec].most) if codec else (1, 2)
        return cls(
            peaks=tuple((float(f), float(rng.uniform(-9, 7)), float(rng.uniform(0.5, 2))) for f in centres),
            band=(float(lowest), float(highest)) if rng.random() < 0.2 else None,
            ratio=some(0.3, 1.5, 6),
            clipped=some(0.1, 2, 9),
            noise=float(rng.uniform(10, 30) if rng.random() < 0.25 else rng.uniform(30, 60)),
            fall=float(rng.uniform(0.1, 1.3)),
            hum=some(0.15, 18, 45),
            applause=some(0.05, 0, 15),
            codec=codec,
            rate=int(np.exp(rng.uniform(*np.log(rates)))) if codec else None,
            level=float(rng.uniform(-30, -12)),
        )

    def record(self, sound: Array, rng: np.random.Generator) -> Array:
        """Record a sound; the noises are drawn. It stays as long and in time."""
        sound = sound / (rms(sound) or 1.0)
        sound = sound + amplitude(-self.noise) * hiss(rng, len(sound), self.fall)
        for noise, below in ((hum, self.hum), (applause, self.applause)):
            if below is not None:
                sound = sound + amplitude(-below) * noise(rng, len(sound))
        if self.peaks:
            sound = sosfilt(np.stack([_peak(*peak) for peak in self.peaks]), sound)
        if self.band:
            sound = sosfilt(butter(2, self.band, "bandpass", fs=SAMPLE_RATE, output="sos"), sound)
        if self.ratio:
            sound = compressed(sound, self.ratio)
        if self.clipped:
            most = np.max(np.abs(sound)) * amplitude(-self.clipped)
            sound = np.clip(sound, -most, most)
        sound = sound * amplitude(self.level) / (rms(sound) or 1.0)
        sound = sound * min(1.0, PEAK / (np.max(np.abs(sound)) or 1.0))
        return coded(sound, self.codec, self.rate) if self.codec and self.rate else sound


def _peak(centre: float, gain: float, sharpness: float) -> Array:
    """A peaking equaliser, Robert Bristow-Johnson's cookbook [shape=(6,), a second-order section]."""
    a, w = 10 ** (gain / 40), 2 * np.pi * centre / SAMPLE_RATE
    alpha, middle = np.sin(w) / (2 * sharpness), -2 * np.cos(w)
    section = np.array([1 + alpha * a, middle, 1 - alpha * a, 1 + alpha / a, middle, 1 - alpha / a])
    return section / section[3]


def compressed(sound: Array, ratio: float) -> Array:
    """Compress what is louder than a sound's RMS: `ratio` decibels become one (10 ms, 0.2 s)."""
    blocks = np.pad(sound, (0, -len(sound) % STEP)).reshape(-1, STEP)
    power = np.mean(blocks**2, axis=1)
    over = 10 * np.log10(np.maximum(power, 1e-12) / (power.mean() or 1.0))
    wanted = -np.maximum(over, 0) * (1 - 1 / ratio)
    gains, gain = np.empty(len(wanted)), 0.0
    quick, slow = (1 - np.exp(-STEP / SAMPLE_RATE / seconds) for seconds in (0.01, 0.2))
    for k, target in enumerate(wanted):
        gain += (quick if target < gain else slow) * (target - gain)
        gains[k] = gain
    steps = np.arange(len(gains)) * STEP + STEP / 2
    return sound * 10 ** (np.interp(np.arange(len(sound)), steps, gains) / 20)
