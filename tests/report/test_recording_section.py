"""A recording's section: strips, moments and lines that can be switched."""

from pathlib import Path

from tests.report.helpers import Page


def test_strips_have_a_row_for_each_step_that_there_is(report: Path) -> None:
    images = Page(report).images
    for row in ("whole, recording", "whole, heatmap", "whole, coarse", "whole, final"):
        assert images[row] == 12, row  # six of each of two recordings
    assert images["half, heatmap"] == images["half, coarse"] == 12
    assert images["half, final"] == 0  # it is not trained that far
    assert images["whole"] == images["whole, true keypoints"] == images["recording"] > 0
    assert images["half"] == images["mean frame"] == 0


def test_lines_are_named_and_can_be_switched(report: Path) -> None:
    page = Page(report)
    drawn = {path["data-name"] for path in page.all("path") if "data-name" in path}
    switches = {box["value"] for box in page.all("input")}
    assert switches == {"whole", "whole, true keypoints", "half", "mean frame", "nearest audio"}
    assert drawn == switches | {"recording"}
    hidden = {path["data-name"] for path in page.all("path") if "hidden" in path}
    assert hidden == {"whole, true keypoints"}  # of several runs
