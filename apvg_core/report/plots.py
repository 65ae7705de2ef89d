"""Plots of lines over time, as data for SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from apvg_core.report.formatting import clock, number
from apvg_core.report.frame_selection import SelectedFrame

HEIGHT: Final = 100
"""Height of a drawing in its own units; the page stretches it."""

POINTS: Final = 1500
"""Most points of a line."""

CURVE_TICKS: Final = 6
TRACK_TICK_S: Final = 5

Values = npt.NDArray[np.floating[Any]]
Limits = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """A line over time.

    Attributes:
        name: The method's name; lines of a name are shown and hidden together.
        style: Classes that colour it.
        values: NaN leaves a gap [shape=(n,)].
        hidden: True if it is hidden at first.
    """

    name: str
    style: str
    values: Values
    hidden: bool = False


@dataclass(frozen=True)
class DrawnLine:
    """A line as an SVG path."""

    name: str
    style: str
    hidden: bool
    path: str


@dataclass(frozen=True)
class Mark:
    """A text along the time axis.

    Attributes:
        text: The text.
        frame: Its frame.
        left: Its position in percent of the width.
        side: Class by which it grows inwards near an end: " start", " end" or nothing.
    """

    text: str
    frame: float
    left: float
    side: str


@dataclass(frozen=True)
class Tick:
    """A number along the value axis, at a height in percent from the top."""

    text: str
    y: str


@dataclass(frozen=True)
class Plot:
    """Lines over time.

    Attributes:
        title: What is drawn.
        note: More about it, in small letters.
        description: What a screen reader reads.
        seconds: Length of the time axis.
        wide: True for a plot as wide as its details need, in a box that scrolls.
        width: Width of the drawing in its own units.
        grid: Path of the grid.
        ticks: Numbers of the value axis.
        times: Texts of the time axis.
        marks: Frames that are pointed out.
        lines: The lines.
        height: Height of the drawing in its own units.
    """

    title: str
    note: str
    description: str
    seconds: float
    wide: bool
    width: int
    grid: str
    ticks: list[Tick]
    times: list[Mark]
    marks: list[Mark]
    lines: list[DrawnLine]
    height: int = HEIGHT


def line_plot(
    title: str, note: str, lines: Sequence[Line], *, fps: float, limits: Limits,
    marks: Sequence[SelectedFrame] = (), wide: bool = False,
) -> Plot:  # fmt: skip
    """Draw lines over time.

    Args:
        title: What is drawn.
        note: More about it.
        lines: All of the same length.
        fps: Their values a second.
        limits: The lowest and the highest visible value.
        marks: Frames that are pointed out.
        wide: True for a plot as wide as its details need.
    """
    count = len(lines[0].values)
    seconds = count / fps
    step = TRACK_TICK_S if wide else _step(seconds / CURVE_TICKS, (1, 2, 5, 10, 15, 30, 60))
    along = [step * k for k in range(int(seconds / step) + 1)]
    up = ticks(*limits)
    decimals = _decimals(up)
    return Plot(
        title, note, f"{title} over {clock(seconds)}: {_spoken(lines)}", seconds, wide,
        width=max(1, count - 1),
        grid="".join(f"M0 {_y(value, limits)}H{count - 1}" for value in up),
        ticks=[Tick(number(value, decimals), _y(value, limits)) for value in up],
        times=[_mark(clock(at), at * fps, at / seconds, last=0.98) for at in along],
        marks=[_mark(mark.reason, mark.frame, mark.frame / count, last=0.8) for mark in marks],
        lines=[DrawnLine(line.name, line.style, line.hidden, _path(line, limits)) for line in lines],
    )  # fmt: skip


def limits_of(main: Sequence[Values], others: Sequence[Values] = (), *, reach: float = 1.0) -> Limits:
    """Return limits that all main values fit in, and others that are not too far off.

    Args:
        main: Values that all fit in [shape=(n,) each].
        others: Nearest audio, say, which on the training split finds the very frames [shape=(n,) each].
        reach: Ranges of the main values by which the others may widen the limits, to either side.
    """
    values = np.concatenate(main or others)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    room = reach * (high - low) or math.inf  # a single value says nothing about what is far
    for other in others:
        if not np.isnan(other).all():
            low = min(low, max(float(np.nanmin(other)), low - room))
            high = max(high, min(float(np.nanmax(other)), high + room))
    margin = 0.06 * max(high - low, 1e-6)
    return low - margin, high + margin


def ticks(low: float, high: float) -> list[float]:
    """Return three to six round numbers between two values."""
    power = 10.0 ** math.floor(math.log10((high - low) / 3))
    step = power * max(k for k in (1, 2, 5) if k * power * 3 <= (high - low) * 1.001)
    return [step * k for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _step(wanted: float, nice: Sequence[int]) -> int:
    return next((step for step in nice if step >= wanted), 60 * math.ceil(wanted / 60))


def _decimals(among: Sequence[float]) -> int:
    step = among[1] - among[0] if len(among) > 1 else abs(among[0]) if among else 1.0
    return max(0, -math.floor(math.log10(step or 1.0) + 1e-9))


def _y(value: float, limits: Limits) -> str:
    low, high = limits
    return f"{HEIGHT * (high - value) / (high - low):.1f}".removesuffix(".0")


def _path(line: Line, limits: Limits) -> str:
    every = math.ceil(len(line.values) / POINTS)
    steps, down = [], False
    for frame in range(0, len(line.values), every):
        value = float(line.values[frame])
        if math.isnan(value):
            down = False
            continue
        steps.append(f"{'L' if down else 'M'}{frame} {_y(value, limits)}")
        down = True
    return "".join(steps)


def _spoken(lines: Sequence[Line]) -> str:
    means = (
        f"{line.name} {np.nanmean(line.values):.3g} on average"
        for line in lines
        if not np.isnan(line.values).all()
    )
    return "; ".join(means) or "no values"


def _mark(text: str, frame: float, share: float, *, last: float) -> Mark:
    """Place a text at a share of the width; near an end (beyond `last`) it grows inwards."""
    side = " start" if share < 0.02 else " end" if share > last else ""
    return Mark(text, frame, 100 * share, side)
