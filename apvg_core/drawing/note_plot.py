"""A check of hand and pitch as one image: pitch, where the hand belongs and is, over time; stills above."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from apvg_core.drawing.image_file import write_image
from apvg_core.drawing.sticks import Colour
from apvg_core.drawing.stills import read_stills
from apvg_core.drawing.text import draw_text
from apvg_core.evaluation.note_check import Mask, NoteCheck, Values
from apvg_core.wording import note_name

Image = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.intp]

ROW_S: Final = 30.0
"""Seconds of a row of a short recording; a long one has longer rows, `MOST_ROWS` of them."""

MOST_ROWS: Final = 12

STILLS: Final = 10
"""Stills in a row, one for each tenth of its time."""

_STILL: Final = 144
_LEFT: Final = 60
_WIDTH: Final = _LEFT + STILLS * _STILL
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


def write_note_plot(path: Path, check: NoteCheck, title: str, video: Path | None = None) -> None:
    """Draw a check and write it as PNG or JPEG, as the name says.

    Args:
        path: The image.
        check: The check.
        title: What was checked, in ASCII characters.
        video: The video that was checked, of which stills are shown; None: there is none.

    Raises:
        OSError: The image cannot be written.
        MediaError: The video cannot be read.
    """
    stills = None if video is None else read_stills(video, check.fps, still_frames(check), _STILL)
    write_image(path, draw_note_plot(check, title, stills))


def draw_note_plot(check: NoteCheck, title: str, stills: Mapping[int, Image] | None = None) -> Image:
    """Draw a check [shape=(h, w, 3), RGB]: stills, pitch and hand, a row for each half minute.

    Args:
        check: The check.
        title: What was checked, in ASCII characters.
        stills: Images of the frames that `still_frames` names, by these; None: there is no video.
    """
    key = f"blue: where the {check.hand.name} belongs; green: it is there; red: elsewhere; grey: not judged"
    panels, rows = [_text_row(title), _text_row(key)], _rows(check)
    for row in rows:
        across = _LEFT + (row - row[0]) / len(rows[0]) * (_WIDTH - _LEFT)
        panels.append(_text_row(f"from {row[0] / check.fps:.1f} s to {(row[-1] + 1) / check.fps:.1f} s"))
        if stills is not None:
            panels.append(_film_panel(stills, _moments(row, len(rows[0]))))
        panels += [_pitch_panel(check, row, across), _hand_panel(check, row, across)]
    return np.concatenate(panels)


def still_frames(check: NoteCheck) -> list[int]:
    """List the frames of which a drawing with stills shows one."""
    rows = _rows(check)
    return sorted({frame for row in rows for frame in _moments(row, len(rows[0]))})


def _rows(check: NoteCheck) -> list[Indices]:
    """The frames of each row, of which only the last may be shorter."""
    frames, seconds = np.arange(len(check.along)), len(check.along) / check.fps
    length = max(1, math.ceil(max(min(ROW_S, seconds), seconds / MOST_ROWS) * check.fps - 1e-6))
    return [frames[first : first + length] for first in range(0, len(frames), length)]


def _moments(row: Indices, length: int) -> list[int]:
    """The frames in the middle of each part of a row that would be so long were it whole."""
    middles = (np.arange(STILLS) + 0.5) * length / STILLS
    return [int(row[int(middle)]) for middle in middles if middle < len(row)]


def _film_panel(stills: Mapping[int, Image], moments: Sequence[int]) -> Image:
    """Lay stills side by side, each in its part of a row."""
    height = max(image.shape[0] for image in stills.values())
    panel = _paper(height)
    for slot, moment in enumerate(moments):
        image = stills[moment]
        left = _LEFT + slot * _STILL
        panel[: image.shape[0], left : left + _STILL] = image
    return panel


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
