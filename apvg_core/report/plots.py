"""Plots as inline SVG: lines over time.

The drawings stretch with the page; what is written stands beside them as HTML, so that it never stretches.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from apvg_core.report.html import Html, element, joined, scroll_box
from apvg_core.report.moments import Moment, clock

HEIGHT: Final = 100
"""Of a drawing in its own units; the page says how high it is."""

POINTS: Final = 1500
"""A line has no more than that."""

CURVE_TICKS: Final = 6
TRACK_TICK_S: Final = 5

Values = npt.NDArray[np.floating[Any]]
Limits = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """A line over time.

    Attributes:
        name: Whose it is; lines of a name are shown and hidden together.
        look: Classes that colour it.
        values: NaN leaves a gap [shape=(n,)].
        hidden: Not shown at first.
    """

    name: str
    look: str
    values: Values
    hidden: bool = False


def line_plot(
    title: str, note: str, lines: Sequence[Line], *, fps: float, limits: Limits,
    marks: Sequence[Moment] = (), wide: bool = False,
) -> Html:  # fmt: skip
    """Lines over time.

    Args:
        title: What is drawn.
        note: More about it, in small letters.
        lines: All of the same length.
        fps: Their values a second.
        limits: The lowest and the highest value that are seen.
        marks: Moments that are pointed out.
        wide: As wide as the details need, in a box that scrolls.
    """
    count = len(lines[0].values)
    seconds = count / fps
    step = TRACK_TICK_S if wide else _step(seconds / CURVE_TICKS, (1, 2, 5, 10, 15, 30, 60))
    along = [step * k for k in range(int(seconds / step) + 1)]
    up = ticks(*limits)
    middle = "".join(f"M0 {_y(value, limits)}H{count - 1}" for value in up)
    drawing = element(
        "svg",
        element("path", class_="grid", d=middle),
        *(
            element("path", class_="mark", d=f"M{mark.frame} 0V{HEIGHT}")
            for mark in marks
        ),
        *(_path(line, limits) for line in lines),
        viewBox=f"0 0 {max(1, count - 1)} {HEIGHT}", preserveAspectRatio="none", role="img",
        aria_label=f"{title} over {clock(seconds)}: {_spoken(lines)}",
    )  # fmt: skip
    inner = joined(
        [
            drawing,
            *(_label(mark.why, "why", mark.frame / count) for mark in marks),
            element("div", *(_label(clock(at), "at", at / seconds) for at in along), class_="x"),
        ]
    )
    plane = element("div", inner, class_="plane", style=f"--seconds:{seconds:.1f}" if wide else None)
    return element(
        "figure",
        element("figcaption", title, " ", element("small", note)),
        element(
            "div",
            element("div", *(_tick(value, up, limits) for value in up), class_="y", aria_hidden="true"),
            scroll_box(plane, f"{title} over time") if wide else plane,
            class_="chart",
        ),
        class_="plot",
    )  # fmt: skip


def limits_of(main: Sequence[Values], others: Sequence[Values] = (), *, reach: float = 1.0) -> Limits:
    """Limits that show all main values, and others that are not too far off.

    Args:
        main: All of them are shown.
        others: Nearest audio, say, which on the training split finds the very frames.
        reach: By how many times the main values' range the others may widen what is shown, to either side.
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
    """Three to six round numbers between two values."""
    power = 10.0 ** math.floor(math.log10((high - low) / 3))
    step = power * max(k for k in (1, 2, 5) if k * power * 3 <= (high - low) * 1.001)
    return [step * k for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _step(wanted: float, nice: Sequence[int]) -> int:
    return next((step for step in nice if step >= wanted), 60 * math.ceil(wanted / 60))


def _y(value: float, limits: Limits) -> str:
    low, high = limits
    return f"{HEIGHT * (high - value) / (high - low):.1f}".removesuffix(".0")


def _path(line: Line, limits: Limits) -> Html:
    every = math.ceil(len(line.values) / POINTS)
    steps, down = [], False
    for frame in range(0, len(line.values), every):
        value = float(line.values[frame])
        if math.isnan(value):
            down = False
            continue
        steps.append(f"{'L' if down else 'M'}{frame} {_y(value, limits)}")
        down = True
    return element(
        "path", class_=f"line {line.look}", data_name=line.name, hidden=line.hidden, d="".join(steps)
    )


def _spoken(lines: Sequence[Line]) -> str:
    means = (
        f"{line.name} {np.nanmean(line.values):.3g} on average"
        for line in lines
        if not np.isnan(line.values).all()
    )
    return "; ".join(means) or "no values"


def _label(text: str, kind: str, share: float) -> Html:
    """A text at a share of the width; near an end it grows inwards, sooner if it is not centred there."""
    last = 0.8 if kind == "why" else 0.98
    end = " start" if share < 0.02 else " end" if share > last else ""
    return element("span", text, class_=kind + end, style=f"left:{100 * share:.2f}%")


def _tick(value: float, among: Sequence[float], limits: Limits) -> Html:
    step = among[1] - among[0] if len(among) > 1 else abs(value) or 1.0
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return element("span", f"{value:z.{decimals}f}".replace("-", "−"), style=f"top:{_y(value, limits)}%")
