"""Plots of lines over time."""

import numpy as np
import pytest

from apvg_core.report.frame_selection import SelectedFrame
from apvg_core.report.plots import Line, limits_of, line_plot, ticks


def test_ticks_are_round_and_few() -> None:
    assert ticks(18.3, 36.1) == [20, 25, 30, 35]
    assert ticks(-0.7, 0.4) == pytest.approx([-0.6, -0.4, -0.2, 0, 0.2, 0.4])
    for low, high in ((0, 1), (0.5, 0.50001), (-3000, 7)):
        assert 3 <= len(ticks(low, high)) <= 7


def test_what_is_far_off_does_not_flatten_the_rest() -> None:
    low, high = limits_of([np.array([20.0, np.nan, 30.0])], [np.array([19.0, 98.0]), np.array([np.nan])])
    assert (low, high) == pytest.approx((19 - 1.26, 40 + 1.26))
    assert limits_of([np.array([20.0])], [np.array([70.0])]) == pytest.approx((17, 73))


def test_a_line_is_broken_where_values_are_missing() -> None:
    lines = [Line("a", "c0", np.array([0.0, 1.0, np.nan, 0.5]))]
    plot = line_plot("PSNR", "", lines, fps=1, limits=(0.0, 1.0), marks=[SelectedFrame(3, "best")])
    assert plot.lines[0].path == "M0 100L1 0M3 50"
    assert plot.description == "PSNR over 0:04: a 0.5 on average"
    assert (plot.ticks[0].text, plot.ticks[0].y) == ("0.0", "100")
    assert plot.marks[0].left == 75
