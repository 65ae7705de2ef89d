"""Styles of what methods made."""

from apvg_core.report.performances import row_styles
from tests.report.helpers import row


def test_each_run_has_a_colour_and_its_true_keypoints_dashes() -> None:
    kinds = ("run", "true keypoints", "run", "videos", "baseline", "baseline", "recording")
    rows = [row(str(k), kind, 20.0) for k, kind in enumerate(kinds)]
    assert row_styles(rows) == ["c0", "c0 dashed", "c1", "c2", "base dotted", "base", "truth"]
    assert row_styles([rows[0]] * 9)[8] == "c0"  # of eight colours
