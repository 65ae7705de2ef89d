"""What is wrong with a film, in sentences, judged by what was measured of it."""

from collections.abc import Callable, Iterator
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from apvg_core.features.arms import ARMS, Arm
from apvg_core.filmcheck.film import Film, Mask
from apvg_core.filmcheck.held import count_held
from apvg_core.instruments import RANGES
from apvg_core.media.container import SLACK
from apvg_core.wording import lasting, note_name

Verdict = Literal["good", "look", "bad"]

SEEN: Final = (0.5, 0.8)
"""Shares of the pictures in which a hand is found: below the first is bad, below the second worth a look."""

CUT_OFF: Final = (0.3, 0.05)
"""Shares of the pictures in which a part of an arm is beyond the edge: bad, and worth a look."""

DARK: Final = 60.0
"""Brightness of a hand's brightest tenth, of 255, in the median picture, below which it is dark."""

BLURRED: Final = 0.6
"""Blur of a hand that is worth a look; a sharp one of real films has .4 to .5."""

BLURRED_SHARE: Final = 0.2
"""Share of the pictures with such hands from which it is told."""

DISPLACED: Final = 0.01
"""Share of the picture's longer side by which a camera that stands still never moves."""

SLOW_FPS: Final = 23.5

UNEVEN: Final = 0.25
"""Share by which the time of a frame differs from the usual one where a clock is uneven."""

UNEVEN_SHARE: Final = 0.02
HELD_SHARE: Final = 0.05

CLEAR_SHARE: Final = 0.6
"""Share of what sounds with one clear pitch: alone, trombone, cello and violin have .77 to .88
(`pitch.CLEAR`), beside chords 12 dB softer .45 to .75."""

REST_S: Final = 1.0
"""Length of a silence that counts as a rest, in seconds."""

ENOUGH_S: Final = 600.0
"""Length of film that is a start."""

LEAST_SQUARE: Final = 256
"""Pixels of the player's longer side, below which hands are of a few pixels."""

WORST: Final = 3
"""Moments that are kept of each finding."""

SIDES: Final = ("left hand", "right hand")


class Finding(NamedTuple):
    """One thing that was looked at.

    Attributes:
        topic: Such as "left hand".
        verdict: "good"; "look": worth a look; "bad": film again.
        sentence: What was measured, and what to do.
        worst: Indices of pictures in `Film.pictures` that show it.
    """

    topic: str
    verdict: Verdict
    sentence: str
    worst: tuple[int, ...] = ()


def judge(film: Film) -> list[Finding]:
    """Judge a film: one finding for each thing that was looked at, in the order of the guide's advice."""
    return [finding for judge_one in _JUDGES for finding in judge_one(film)]


def _hands_seen(film: Film) -> Iterator[Finding]:
    for side, arm in zip(SIDES, ARMS, strict=True):
        seen = film.visible[:, arm.hand].any(axis=1)
        share = float(seen.mean())
        sentence = f"seen in {share:.0%} of {len(seen)} pictures"
        if share >= SEEN[1]:
            yield Finding(side, "good", f"{sentence}.")
            continue
        advice = "turn the camera or the player so that nothing hides it, nearer and in more light"
        verdict: Verdict = "bad" if share < SEEN[0] else "look"
        yield Finding(side, verdict, f"{sentence}; {advice}.", _spread(~seen))


def _cut_off(film: Film) -> Iterator[Finding]:
    for side, arm in zip(SIDES, ARMS, strict=True):
        out = film.outside[:, _joints(arm)].any(axis=1)
        share = float(out.mean())
        if share >= CUT_OFF[1]:
            verdict: Verdict = "bad" if share >= CUT_OFF[0] else "look"
            yield Finding(
                f"{side} at the edge", verdict,
                f"cut off, arm or hand, in {share:.0%} of the pictures; move the camera back.", _spread(out),
            )  # fmt: skip


def _light(film: Film) -> Iterator[Finding]:
    for index, side in enumerate(SIDES):
        light = np.array([picture.hands[index].brightness for picture in film.pictures])
        if np.isfinite(light).any() and (median := float(np.nanmedian(light))) < DARK:
            yield Finding(
                f"light on the {side}", "look",
                f"dark ({median:.0f} of 255 in its brightest tenth); more light from the front.",
                _worst(-light),
            )  # fmt: skip


def _sharpness(film: Film) -> Iterator[Finding]:
    for index, side in enumerate(SIDES):
        blur = np.array([picture.hands[index].blur for picture in film.pictures])
        blurred = blur >= BLURRED
        share = float(blurred.sum() / max(1, np.isfinite(blur).sum()))
        if share >= BLURRED_SHARE:
            yield Finding(
                f"sharpness of the {side}", "look",
                f"blurred in {share:.0%} of the pictures; lock the focus, and use a faster shutter and "
                "more light.",
                _worst(np.where(blurred, blur, np.nan)),
            )  # fmt: skip


def _size(film: Film) -> Iterator[Finding]:
    side = float(np.ptp(film.view.extent.body, axis=0).max())
    if side < LEAST_SQUARE:
        yield Finding(
            "size",
            "look",
            f"the player is only {side:.0f} pixels high; film from nearer, or in a higher resolution.",
        )


def _camera(film: Film) -> Iterator[Finding]:
    moved = np.array([picture.displaced for picture in film.pictures])
    if np.isfinite(moved).any() and float(np.nanmax(moved)) > DISPLACED:
        sentence = f"moves by up to {np.nanmax(moved):.1%} of the picture within seconds"
        yield Finding("camera", "bad", f"{sentence}; use a tripod.", _worst(moved))
    elif film.view.wanders:
        yield Finding(
            "camera",
            "bad",
            "shows different views in the film's two halves; film each view as a film of its own.",
        )
    elif np.isfinite(moved).any():
        yield Finding("camera", "good", "stands still.")


def _clock(film: Film) -> Iterator[Finding]:
    fps = film.video.fps
    steps = np.diff(film.times)
    usual = float(np.median(steps)) if len(steps) else 1 / fps
    uneven = float((np.abs(steps / usual - 1) > UNEVEN).mean()) if usual > 0 and len(steps) else 0.0
    held = np.sum([count_held(window.steps) for window in film.windows], axis=0)
    held_share = float(held[1] / max(1, held.sum()))
    if uneven > UNEVEN_SHARE:
        yield Finding(
            "frame rate", "look",
            f"varies: {uneven:.0%} of the frames are early or late; lock it in the settings of the camera "
            "or its app.",
        )  # fmt: skip
    elif held_share > HELD_SHARE:
        yield Finding(
            "frame rate", "look",
            f"{held_share:.0%} of the frames repeat the one before; export at the camera's own rate.",
        )  # fmt: skip
    elif fps < SLOW_FPS:
        yield Finding("frame rate", "look", f"{fps:.4g} frames a second; film with 25 or 30.")
    else:
        yield Finding("frame rate", "good", f"{fps:.4g} frames a second, regular.")


def _others(film: Film) -> Iterator[Finding]:
    times = [window.other[0] for window in film.windows if window.other is not None]
    if times:
        shown = tuple(k for k, picture in enumerate(film.pictures) if picture.time in times)[:WORST]
        verdict: Verdict = "bad" if len(times) > 1 else "look"
        yield Finding(
            "second person", verdict,
            f"somebody else, or a mirror image, seems to be in view in {len(times)} of "
            f"{len(film.windows)} parts; "
            "one player is followed, so film without others.",
            shown,
        )  # fmt: skip


def _sound(film: Film) -> Iterator[Finding]:
    heard = film.heard
    end = len(heard.heard) / heard.rate
    if end < film.video.duration - SLACK:
        yield Finding(
            "sound", "look",
            f"ends {lasting(film.video.duration - end)} before the picture; frames without sound are left "
            "out.",
        )  # fmt: skip
    sounding = int(heard.sounding.sum())
    if not sounding:
        yield Finding("sound", "bad", "nothing is heard; check the microphone.")
        return
    clear = float(heard.clear.sum() / sounding)
    if clear < CLEAR_SHARE:
        yield Finding(
            "other instruments", "look",
            f"only {clear:.0%} of what sounds is one clear pitch (.77 to .88 of a player alone): others "
            "play, several strings sound, or the room echoes; record one player, dry and near.",
        )  # fmt: skip
    else:
        yield Finding("sound", "good", f"one clear pitch in {clear:.0%} of what sounds.")


def _rests(film: Film) -> Iterator[Finding]:
    lengths = runs_of(film.heard.heard & ~film.heard.sounding) / film.heard.rate
    rests = lengths[lengths >= REST_S]
    if len(rests):
        yield Finding("rests", "good", f"{lasting(float(rests.sum()))} of silence.")
    else:
        yield Finding(
            "rests", "look", f"no silence of {REST_S:g} s or more; rest for some seconds in each take."
        )


def _range(film: Film) -> Iterator[Finding]:
    notes = film.heard.notes[np.isfinite(film.heard.notes)]
    if not len(notes):
        return
    low, high = (int(note) for note in np.percentile(notes, [2, 98]).round())
    sentence = f"{note_name(low)} to {note_name(high)}"
    known = RANGES.get(film.recording.instrument)
    if known is None:
        yield Finding("range", "good", f"{sentence}.")
        return
    covered = max(0, min(high, known[1]) - max(low, known[0]) + 1) / (known[1] - known[0] + 1)
    sentence += f", {covered:.0%} of {note_name(known[0])} to {note_name(known[1])}"
    if covered >= 0.5:
        yield Finding("range", "good", f"{sentence}.")
    else:
        yield Finding("range", "look", f"{sentence}; play scales over all notes that you will want played.")


def _tempo(film: Film) -> Iterator[Finding]:
    notes = film.heard.notes
    sounds = np.isfinite(notes)
    lengths = [
        run / film.heard.rate for note in np.unique(notes[sounds]) for run in runs_of(notes == note).tolist()
    ]
    held = [length for length in lengths if length >= 0.06]  # shorter: the tracker's doubts
    if held:
        short, long = np.percentile(held, [10, 90])
        yield Finding("tempo", "good", f"most notes last {short:.2f} to {long:.2f} s.")


def _length(film: Film) -> Iterator[Finding]:
    if film.video.duration < ENOUGH_S:
        yield Finding(
            "length", "good", f"{lasting(film.video.duration)}; ten minutes in all takes are a start."
        )


_JUDGES: Final[tuple[Callable[[Film], Iterator[Finding]], ...]] = (
    _hands_seen, _cut_off, _light, _sharpness, _size, _camera, _clock, _others, _sound, _rests, _range,
    _tempo, _length,
)  # fmt: skip


def runs_of(mask: Mask) -> npt.NDArray[np.int64]:
    """Lengths of the unbroken runs of True, in order."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return np.asarray(edges[1::2] - edges[::2], np.int64)


def _joints(arm: Arm) -> list[int]:
    return [arm.elbow, arm.wrist, *range(arm.hand.start, arm.hand.stop)]


def _spread(mask: Mask) -> tuple[int, ...]:
    """A few of the pictures of a mask, from all over the film."""
    where = np.flatnonzero(mask)
    chosen = np.unique(np.linspace(0, len(where) - 1, min(WORST, len(where))).round().astype(int))
    return tuple(where[chosen].tolist())


def _worst(values: npt.NDArray[np.float64]) -> tuple[int, ...]:
    """The pictures of the largest values; NaN never."""
    order = np.argsort(np.where(np.isfinite(values), -values, np.inf), kind="stable")
    return tuple(int(k) for k in order[:WORST] if np.isfinite(values[k]))
