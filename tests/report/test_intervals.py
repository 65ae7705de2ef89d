"""Means with intervals."""

import pytest

from apvg_core.report.intervals import Mean, interval_plot


def test_means_lie_between_limits_that_the_main_ones_fit_in() -> None:
    """The main interval is 20 to 30, so that others may widen it by 12 times 10, and the margin is 6 %."""
    plot = interval_plot(
        "PSNR",
        [
            Mean("a", "c0", 25.0, 20.0, 30.0, "25.00", main=True),
            Mean("mean frame", "base", 500.0, 500.0, 500.0, "500.00", main=False),
        ],
    )
    ours, far = plot.means
    low, high = 20 - 0.06 * 130, 150 + 0.06 * 130
    assert ours.left == pytest.approx(100 * (20 - low) / (high - low))
    assert ours.width == pytest.approx(100 * 10 / (high - low))
    assert ours.dot == pytest.approx(ours.left + ours.width / 2)
    assert ours.beyond == ""
    assert (far.left, far.width, far.dot, far.beyond) == (100, 0, 100, "above")
