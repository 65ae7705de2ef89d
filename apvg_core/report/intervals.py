"""Means with their intervals as dots on bars."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from apvg_core.report.html import Html, element
from apvg_core.report.plots import limits_of

REACH: Final = 12.0
"""An interval is short beside the distance of baselines."""


@dataclass(frozen=True)
class Mean:
    """A mean with its interval, if it has one.

    Attributes:
        name: Whose it is.
        look: Classes that colour it.
        value: The mean.
        low: Lower end of the interval.
        high: Upper end.
        text: How it is written.
        main: Others may lie outside of what is drawn.
    """

    name: str
    look: str
    value: float
    low: float
    high: float
    text: str
    main: bool


def interval_plot(title: str, means: Sequence[Mean]) -> Html:
    """Each mean as a dot on its interval, a row each."""
    main, others = (
        [np.array([mean.low, mean.high]) for mean in means if mean.main == wanted] for wanted in (True, False)
    )
    low, high = limits_of(main, others, reach=REACH)

    def place(value: float) -> float:
        return 100 * min(max((value - low) / (high - low), 0.0), 1.0)

    def beyond(value: float) -> str | None:
        return "above" if value > high else "below" if value < low else None

    rows = [
        element(
            "tr",
            element("th", mean.name, scope="row"),
            element(
                "td",
                element(
                    "span",
                    element(
                        "i",
                        style=f"left:{place(mean.low):.1f}%;width:{place(mean.high) - place(mean.low):.1f}%",
                    ),
                    element("b", style=f"left:{place(mean.value):.1f}%", class_=beyond(mean.value)),
                    class_=f"range {mean.look}",
                ),
                aria_hidden="true",
                class_="wide",
            ),
            element("td", mean.text),
        )
        for mean in means
    ]
    return element("table", element("caption", title), element("tbody", *rows), class_="intervals")
