"""Means with their intervals as dots on bars."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from apvg_core.report.plots import limits_of

REACH: Final = 12.0
"""Ranges of the main means by which others may widen a plot: intervals are short beside their distance."""


@dataclass(frozen=True)
class Mean:
    """A mean with its interval.

    Attributes:
        name: The method's name.
        style: Classes that colour it.
        value: The mean.
        low: Lower end of the interval; the mean itself where it has none.
        high: Upper end.
        text: The formatted mean.
        main: False if it may lie outside of what is drawn.
    """

    name: str
    style: str
    value: float
    low: float
    high: float
    text: str
    main: bool


@dataclass(frozen=True)
class Bar:
    """A drawn mean.

    Attributes:
        name: The method's name.
        style: Classes that colour it.
        text: The formatted mean.
        left: Start of the interval in percent of the width.
        width: Its length in percent.
        dot: Position of the mean in percent.
        beyond: "above" or "below" if the mean lies outside of what is drawn.
    """

    name: str
    style: str
    text: str
    left: float
    width: float
    dot: float
    beyond: str


@dataclass(frozen=True)
class IntervalPlot:
    """A metric's means, a row each."""

    title: str
    means: list[Bar]


def interval_plot(title: str, means: Sequence[Mean]) -> IntervalPlot:
    """Place means within limits that all main ones fit in."""
    main, others = (
        [np.array([mean.low, mean.high]) for mean in means if mean.main == wanted] for wanted in (True, False)
    )
    low, high = limits_of(main, others, reach=REACH)

    def percent(value: float) -> float:
        return 100 * min(max((value - low) / (high - low), 0.0), 1.0)

    def beyond(value: float) -> str:
        return "above" if value > high else "below" if value < low else ""

    bars = [
        Bar(
            mean.name, mean.style, mean.text, percent(mean.low), percent(mean.high) - percent(mean.low),
            percent(mean.value), beyond(mean.value),
        )
        for mean in means
    ]  # fmt: skip
    return IntervalPlot(title, bars)
