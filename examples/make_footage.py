"""Draw a short film of a figure playing a slide instrument, with the sound it makes.

    python examples/make_footage.py OUT.mp4 [--seconds 12] [--seed 0]
    python examples/make_footage.py OUT.wav [--seconds 12] [--seed 0]     only the sound

The film holds what a network is to learn, and nothing hidden: the slide (and the arm that moves it) is a
function of the pitch, the left fingers lift on every note, and the body sways with the beat. The figure is
human enough for MediaPipe to find it, so `apvg extract` treats it like any other footage.
"""

import argparse
import math
import tempfile
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from apvg_core.media.audio import open_song
from apvg_core.media.encode import Mp4Writer
from apvg_core.units import SAMPLE_RATE

SIZE = 320
FPS = 25
OVERSAMPLING = 2
BEAT_SECONDS = 0.5
SCALE_MIDI = (46, 48, 50, 51, 53, 55, 57, 58)
"""B-flat major, one octave from B-flat 2: the notes of the melody."""

UPPER_ARM = 0.185
"""Length of the upper arm, and of the forearm, as a share of the picture."""

Point = npt.NDArray[np.float64]
Colour = tuple[int, int, int]

SKIN: Colour = (224, 172, 138)
SHIRT: Colour = (52, 84, 140)
TROUSERS: Colour = (48, 46, 54)
HAIR: Colour = (58, 38, 28)
BRASS: Colour = (214, 170, 72)


@dataclass(frozen=True)
class Melody:
    """Notes of the scale, each held for one beat or more, as curves over time.

    Attributes:
        onsets: (notes,) seconds.
        pitches: (notes,) MIDI numbers.
    """

    onsets: npt.NDArray[np.float64]
    pitches: npt.NDArray[np.float64]

    @classmethod
    def compose(cls, seconds: float, seed: int) -> "Melody":
        """Walk up and down the scale at random until `seconds` are full."""
        rng = np.random.default_rng(seed)
        onsets, pitches, time, step = [], [], 0.0, 3
        while time < seconds:
            onsets.append(time)
            pitches.append(float(SCALE_MIDI[step]))
            time += BEAT_SECONDS * rng.choice([0.5, 1, 1, 2])
            step = int(np.clip(step + rng.integers(-4, 5), 0, len(SCALE_MIDI) - 1))
        return cls(np.array(onsets), np.array(pitches))

    def pitch(self, times: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """MIDI pitch at `times`; each note glides in over 80 ms, as on a real slide."""
        now = np.searchsorted(self.onsets, times, side="right") - 1
        share = np.clip((times - self.onsets[now]) / 0.08, 0, 1)
        glide = share * share * (3 - 2 * share)
        before = self.pitches[np.maximum(now - 1, 0)]
        return np.asarray(before + glide * (self.pitches[now] - before))

    def since_onset(self, times: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Seconds since the current note began."""
        return np.asarray(times - self.onsets[np.searchsorted(self.onsets, times, side="right") - 1])

    def sound(self, seconds: float) -> npt.NDArray[np.int16]:
        """The melody as mono PCM: ten harmonics, brighter while a note is young."""
        times = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
        phase = 2 * np.pi * np.cumsum(440 * 2 ** ((self.pitch(times) - 69) / 12)) / SAMPLE_RATE
        age = self.since_onset(times)
        bright = 0.55 + 0.2 * np.exp(-age / 0.15)
        tone = sum(bright**k * np.sin(k * phase) for k in range(1, 11))
        loudness = np.minimum(age / 0.02, 1) * (0.6 + 0.4 * np.exp(-age / 0.4))
        return np.asarray(np.round(6000 * loudness * tone), np.int16)


class Canvas:
    """A picture drawn at several times its size; points are in [0, 1], x right, y down."""

    def __init__(self) -> None:
        self._edge = SIZE * OVERSAMPLING
        self._picture = _wall(self._edge).copy()

    def _pixels(self, points: Sequence[Point]) -> npt.NDArray[np.int32]:
        return np.asarray(np.round(np.array(points) * self._edge), np.int32)

    def limb(self, points: Sequence[Point], widths: tuple[float, float], colour: Colour) -> None:
        """A tapering, rounded limb along `points`, shaded as if lit from the upper left."""
        joints = np.array(points)
        radii = np.linspace(widths[0], widths[1], len(points)) / 2
        for shade, share, shift in ((0.72, 1.0, 0.0), (0.88, 0.8, 0.12), (1.0, 0.5, 0.28)):
            centres, tone = joints - shift * radii[:, None], _shaded(colour, shade)
            for centre, radius in zip(centres, share * radii, strict=True):
                self.ellipse(centre, (radius, radius), tone)
            for k, along in enumerate(np.diff(centres, axis=0)):
                across = share * np.array([-along[1], along[0]]) / np.linalg.norm(along)
                start, stop = across * radii[k], across * radii[k + 1]
                edges = [centres[k] + start, centres[k] - start, centres[k + 1] - stop, centres[k + 1] + stop]
                self.polygon(edges, tone)

    def polygon(self, points: Sequence[Point], colour: Colour) -> None:
        """A filled polygon."""
        cv2.fillPoly(self._picture, [self._pixels(points)], colour)

    def ellipse(self, centre: Point, radii: tuple[float, float], colour: Colour, degrees: float = 0) -> None:
        """A filled ellipse."""
        x, y = self._pixels([centre])[0]
        axes = (max(1, round(radii[0] * self._edge)), max(1, round(radii[1] * self._edge)))
        cv2.ellipse(self._picture, (int(x), int(y)), axes, degrees, 0, 360, colour, -1)

    def line(self, points: Sequence[Point], width: float, colour: Colour) -> None:
        """A line of even width."""
        thick = max(1, round(width * self._edge))
        cv2.polylines(self._picture, [self._pixels(points)], False, colour, thick)

    def finish(self) -> npt.NDArray[np.uint8]:
        """The picture at its size [shape=(SIZE, SIZE, 3), RGB]."""
        return np.asarray(cv2.resize(self._picture, (SIZE, SIZE), interpolation=cv2.INTER_AREA))


@cache
def _wall(edge: int) -> npt.NDArray[np.uint8]:
    """The background: a plain wall, lit from the upper left."""
    rows, columns = np.mgrid[0:edge, 0:edge] / edge
    light = 1 - 0.35 * np.hypot(columns - 0.4, rows - 0.3)
    return np.asarray(light[..., None] * np.array([206, 203, 196]), np.uint8)


def _shaded(colour: Colour, shade: float) -> Colour:
    red, green, blue = (min(255, round(value * shade)) for value in colour)
    return red, green, blue


def _at(x: float, y: float) -> Point:
    return np.array([x, y])


def _elbow(shoulder: Point, wrist: Point) -> Point:
    """The lower of the two places the elbow of an arm of fixed length can be."""
    half = (wrist - shoulder) / 2
    bend = math.sqrt(max(UPPER_ARM**2 - float(half @ half), 1e-6))
    across = np.array([-half[1], half[0]]) / np.linalg.norm(half)
    return np.asarray(shoulder + half + math.copysign(bend, across[1]) * across)


def _hand(canvas: Canvas, wrist: Point, along: Point, across: Point, lift: float) -> None:
    """A palm with four fingers and a thumb towards `across`; `lift` in [0, 1] raises the fingers."""
    palm = wrist + 0.04 * along
    canvas.limb([wrist, palm], (0.042, 0.058), SKIN)
    for k in range(4):
        spread = (1.5 - k) * across
        knuckle = palm + 0.016 * spread + 0.016 * along
        middle = knuckle + 0.03 * along + 0.004 * spread
        tip = middle + (0.006 + 0.02 * lift) * along
        canvas.limb([knuckle, middle, tip], (0.0155, 0.0115), SKIN)
    thumb = wrist + 0.02 * along + 0.026 * across
    canvas.limb([thumb, thumb + 0.03 * along + 0.016 * across], (0.018, 0.013), SKIN)


def _head(canvas: Canvas, centre: Point, blow: float) -> None:
    """A face towards the camera; `blow` in [0, 1] rounds the cheeks."""
    canvas.ellipse(centre + _at(0, -0.022), (0.079, 0.098), HAIR)
    for side in (-1, 1):
        canvas.ellipse(centre + _at(0.072 * side, 0.008), (0.013, 0.022), _shaded(SKIN, 0.85))
    canvas.ellipse(centre + _at(0, 0.01), (0.069, 0.094), _shaded(SKIN, 0.9))
    canvas.ellipse(centre + _at(-0.006, 0.005), (0.06, 0.083), SKIN)
    canvas.ellipse(centre + _at(0, -0.078), (0.066, 0.034), HAIR)
    for side in (-1, 1):
        eye = centre + _at(0.028 * side, -0.006)
        canvas.ellipse(eye, (0.0135, 0.0075), (246, 244, 240))
        canvas.ellipse(eye, (0.0062, 0.0068), (56, 40, 34))
        canvas.line(
            [eye + _at(-0.0145, -0.002), eye + _at(0, -0.009), eye + _at(0.0145, -0.002)], 0.003, HAIR
        )
        canvas.line([eye + _at(-0.018, -0.02), eye + _at(0, -0.026), eye + _at(0.018, -0.02)], 0.006, HAIR)
        canvas.ellipse(centre + _at(0.037 * side, 0.04), (0.014 + 0.006 * blow, 0.014), _shaded(SKIN, 0.97))
        canvas.ellipse(centre + _at(0.008 * side, 0.036), (0.005, 0.0035), _shaded(SKIN, 0.6))
    canvas.line(
        [centre + _at(-0.005, 0.0), centre + _at(-0.009, 0.03), centre + _at(0, 0.036)],
        0.004,
        _shaded(SKIN, 0.78),
    )
    canvas.ellipse(centre + _at(0, 0.062), (0.022 - 0.006 * blow, 0.008), (176, 92, 84))


def draw(pitch: float, since_onset: float, time: float) -> npt.NDArray[np.uint8]:
    """Draw the figure playing `pitch` (MIDI) at `time` seconds [shape=(SIZE, SIZE, 3), RGB]."""
    canvas = Canvas()
    sway = math.sin(math.pi * time / BEAT_SECONDS)
    nod = abs(math.cos(math.pi * time / BEAT_SECONDS))
    blow = math.exp(-since_onset / 0.15)
    reach = (SCALE_MIDI[-1] - pitch) / (SCALE_MIDI[-1] - SCALE_MIDI[0])
    chest = _at(0.52 + 0.008 * sway, 0.4 + 0.004 * nod)
    right_shoulder, left_shoulder = chest + _at(-0.125, 0.025), chest + _at(0.125, 0.025)
    head = chest + _at(0.008 * sway, -0.175)
    hips = _at(0.52, 0.79)

    for side in (-1, 1):
        canvas.limb([hips + _at(0.055 * side, 0), hips + _at(0.065 * side, 0.3)], (0.13, 0.11), TROUSERS)
    canvas.limb([head + _at(0, 0.08), chest], (0.07, 0.085), _shaded(SKIN, 0.85))
    canvas.limb([right_shoulder, left_shoulder], (0.095, 0.095), SHIRT)
    for share, shade in ((1.0, 0.84), (0.9, 0.93), (0.75, 1.0)):
        top, bottom = _at(0.155 * share, 0.025), _at(0.12 * share, 0.39)
        mirror = _at(-1, 1)
        corners = [chest + top * mirror, chest + top, chest + bottom, chest + bottom * mirror]
        canvas.polygon(corners, _shaded(SHIRT, shade))
    collar = [chest + _at(-0.035, -0.03), chest + _at(0.035, -0.03), chest + _at(0, 0.045)]
    canvas.polygon(collar, _shaded(SKIN, 0.9))
    lips = head + _at(0, 0.062)
    along, across = np.array([-0.94, 0.34]), np.array([0.34, 0.94])
    bell = lips + 0.24 * along - 0.07 * across
    canvas.line([lips - 0.07 * across, bell], 0.011, _shaded(BRASS, 0.85))
    canvas.polygon([bell - 0.1 * along, bell + 0.05 * across, bell - 0.05 * across], BRASS)
    _head(canvas, head, blow)

    end = 0.3 + 0.23 * reach
    canvas.line([lips, lips + end * along], 0.009, BRASS)
    canvas.line([lips + 0.1 * along + 0.045 * across, lips + end * along + 0.045 * across], 0.009, BRASS)
    canvas.line([lips + end * along, lips + end * along + 0.045 * across], 0.012, BRASS)
    hold, grip = lips + 0.1 * along + 0.045 * across, lips + (end - 0.1) * along + 0.045 * across
    for shoulder, place, toward in (
        (left_shoulder, hold, np.array([-0.35, -0.94])),
        (right_shoulder, grip, np.array([0.1, -0.99])),
    ):
        wrist = place - 0.06 * toward
        elbow = _elbow(shoulder, wrist)
        canvas.limb([shoulder, elbow], (0.088, 0.068), SHIRT)
        canvas.limb([elbow, wrist], (0.062, 0.044), SKIN)
        _hand(canvas, wrist, toward, np.array([-toward[1], toward[0]]), blow)
    return canvas.finish()


def write_sound(path: Path, melody: Melody, seconds: float) -> None:
    """Write a melody as wav."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(melody.sound(seconds).tobytes())


def make(path: Path, seconds: float, seed: int) -> None:
    """Write the film and its sound to `path` (mp4), or only the sound (wav)."""
    melody = Melody.compose(seconds, seed)
    if path.suffix == ".wav":
        write_sound(path, melody, seconds)
        return
    times = np.arange(round(seconds * FPS)) / FPS
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder, "melody.wav")
        write_sound(sound, melody, seconds)
        with (
            open_song(sound) as song,
            Mp4Writer(path, fps=FPS, width=SIZE, height=SIZE, song=song, metadata={}) as film,
        ):
            curves = zip(melody.pitch(times), melody.since_onset(times), times, strict=True)
            for pitch, since_onset, time in curves:
                film.write(draw(float(pitch), float(since_onset), float(time)))


def main() -> None:
    """Read the command line and write the film."""
    parser = argparse.ArgumentParser(description="Draw a short film of a figure playing a slide instrument.")
    parser.add_argument("path", type=Path, metavar="OUT", help="an mp4, or a wav for the sound alone")
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    make(arguments.path, arguments.seconds, arguments.seed)
    print(f"Wrote {arguments.path}.")


if __name__ == "__main__":
    main()
