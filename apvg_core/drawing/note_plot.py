"""A check of hand and pitch as one image: the pitch, where the hand belongs, and where it is, over time."""

import math
from itertools import pairwise
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from apvg_core.drawing.image_file import write_image
from apvg_core.drawing.sticks import Colour
from apvg_core.drawing.text import draw_text
from apvg_core.evaluation.note_check import Mask, NoteCheck, Values
from apvg_core.wording import note_name

Image = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.intp]

ROW_S: Final = 30.0
"""Seconds of a row of a short recording; a long one has longer rows, `MOST_ROWS` of them."""

MOST_ROWS: Final = 12

_WIDTH: Final = 1500
_LEFT: Final = 60
_HEIGHT: Final = 130
_TITLE: Final = 24
_OVER: Final = 0.12
"""Room above and below what is drawn, as a share of its range."""

_INK: Final[Colour] = (40, 40, 40)
_GRID: Final[Colour] = (225, 225, 225)
_EXPECTED: Final[Colour] = (190, 215, 250)
_RIGHT: Final[Colour] = (20, 150, 60)
_WRONG: Final[Colour] = (210, 30, 30)
_UNKNOWN: Final[Colour] = (160, 165, 180)


def write_note_plot(path: Path, check: NoteCheck, title: str) -> None:
    """Draw a check and write it as PNG or JPEG, as the name says.

    Args:
        path: The image.
        check: The check.
        title: What was checked, in ASCII characters.

    Raises:
        OSError: It cannot be written.
    """
    write_image(path, draw_note_plot(check, title))


def draw_note_plot(check: NoteCheck, title: str) -> Image:
    """Draw a check [shape=(h, w, 3), RGB]: pitch and hand, a row for each half minute."""
    seconds = len(check.along) / check.fps
    row_s = max(min(ROW_S, seconds), seconds / MOST_ROWS)
    key = f"blue: where the {check.hand.name} belongs; green: it is there; red: elsewhere; grey: not judged"
    rows = [_text_row(title), _text_row(key)]
    for number in range(math.ceil(seconds / row_s - 1e-6)):
        first, stop = (round(k * row_s * check.fps) for k in (number, number + 1))
        frames = np.arange(first, min(stop, len(check.along)))
        across = _LEFT + (frames - first) / (stop - first) * (_WIDTH - _LEFT)
        text = f"from {first / check.fps:.1f} s to {stop / check.fps:.1f} s"
        rows += [_text_row(text), _pitch_panel(check, frames, across), _hand_panel(check, frames, across)]
    return np.concatenate(rows)


def _text_row(text: str) -> Image:
    row = _paper(_TITLE)
    draw_text(row, text, (6, 17), _INK, height=0.45)
    return row


def _pitch_panel(check: NoteCheck, frames: Indices, across: Values) -> Image:
    """Draw the pitch of some frames [shape=(k,)], which lie at `across` [shape=(k,)], in pixels."""
    panel = _paper(_HEIGHT)
    pitch = np.where(check.pitch.voiced, check.pitch.midi, np.nan)
    low, high = (np.nanmin(pitch), np.nanmax(pitch)) if check.pitch.voiced.any() else (48.0, 72.0)
    for midi in range(math.ceil(low), int(high) + 1):
        if midi % 12 in (0, 4, 7):  # C, E and G
            _grid_line(panel, int(_down(midi, low, high)), note_name(midi))
    down = _down(pitch[frames], low, high)
    _draw_line(panel, across, down, np.full(len(frames), True), _INK)
    return panel


def _hand_panel(check: NoteCheck, frames: Indices, across: Values) -> Image:
    """Draw where the hand belongs and where it is, as `_pitch_panel` does the pitch."""
    panel = _paper(_HEIGHT)
    hits = check.hits[frames]
    low_end, high_end = _hand_limits(check)
    held = np.where(np.isfinite(check.notes[frames]), check.notes[frames], -1).astype(int)
    bounds = [0, *(np.flatnonzero(np.diff(held)) + 1).tolist(), len(held)]
    edges = np.append(across, 2 * across[-1] - across[-2] if len(across) > 1 else _WIDTH).astype(int)
    for start, stop in pairwise(bounds):
        for interval in check.positions.known.get(int(held[start]), ()):
            bottom, top = (int(_down(end, low_end, high_end)) for end in interval)
            cv2.rectangle(panel, (edges[start], top), (edges[stop], bottom), _EXPECTED, cv2.FILLED)
    for end in (low_end, (low_end + high_end) / 2, high_end):
        _grid_line(panel, int(_down(end, low_end, high_end)), f"{check.percent(end):.0f} %")
    down = _down(check.along[frames], low_end, high_end)
    for which, colour in ((np.isnan(hits), _UNKNOWN), (hits == 1, _RIGHT), (hits == 0, _WRONG)):
        _draw_line(panel, across, down, which & check.visible[frames], colour)
    return panel


def _hand_limits(check: NoteCheck) -> tuple[float, float]:
    """Return the lowest and the highest position of the notes that are heard, and of the hand meanwhile."""
    known, heard = check.positions.known, np.unique(check.notes[check.judged]).astype(int)
    ends = [end for note in heard.tolist() for interval in known[note] for end in interval]
    meanwhile = check.along[check.judged]
    return min([*ends, *meanwhile], default=0.0), max([*ends, *meanwhile], default=1.0)


def _paper(height: int) -> Image:
    return np.full((height, _WIDTH, 3), 255, np.uint8)


def _grid_line(panel: Image, y: int, text: str) -> None:
    cv2.line(panel, (_LEFT, y), (_WIDTH, y), _GRID, 1)
    draw_text(panel, text, (10, y + 4), _INK, height=0.38)


def _down(values: npt.ArrayLike, low: float, high: float) -> Values:
    """Return how far down a panel values are, in pixels; what is far outside lies at its edge."""
    share = (np.asarray(values, np.float64) - low) / max(high - low, 1e-6)
    return (1 - (np.clip(share, -_OVER, 1 + _OVER) + _OVER) / (1 + 2 * _OVER)) * (_HEIGHT - 1)


def _draw_line(panel: Image, across: Values, down: Values, drawn: Mask, colour: Colour) -> None:
    """Draw a line between neighbours [shape=(k,)] where both are drawn and numbers; one alone is a dot."""
    drawn = drawn & np.isfinite(down)
    points = np.column_stack([across, np.where(drawn, down, 0)]).round().astype(int).tolist()
    for k in np.flatnonzero(drawn):
        end = points[k + 1] if k + 1 < len(points) and drawn[k + 1] else points[k]
        cv2.line(panel, points[k], end, colour, 2, cv2.LINE_AA)
