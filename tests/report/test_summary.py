"""The two sentences."""

import re

from apvg_core.evaluation.results import Row, Score
from apvg_core.evaluation.tables import all_tables
from apvg_core.report.summary import summarise
from tests.report.helpers import results_of, row


def said(*rows: Row) -> list[str]:
    return [re.sub(r"</?strong>", "'", sentence) for sentence in summarise(results_of(*rows))]


def test_the_summary_names_the_best_and_what_is_real() -> None:
    sentences = said(
        row("a", "run", 20.0), row("a, true keypoints", "true keypoints", 30.0, 10.0, True),
        row("b", "run", 21.25, 1.25, True), row("c", "run", 20.1, 0.1, False),
        row("mean frame", "baseline", 19.0, -1.0, True), row("nearest audio", "baseline", 18.0, -2.0, True),
    )  # fmt: skip
    assert sentences == [
        "Of the 3 runs with a PSNR, 'b' comes closest to the footage: 21.25 dB; the baselines, which learn "
        "nothing, reach 19.00 dB at best.",
        "Compared with 'a', the difference is real for 'b' (+1.25 dB), 'mean frame' (−1.00 dB) and 'nearest "
        "audio' (−2.00 dB), and may be chance for 'c' (+0.10 dB); real means that its 95 % interval leaves "
        "out 0.",
    ]


def test_the_summary_of_one_run_says_if_a_still_image_is_better() -> None:
    assert said(row("<a>", "run", 20.0), row("mean frame", "baseline", 23.0, 3.0)) == [
        "'&lt;a&gt;' reaches a PSNR of 20.00 dB; yet 'mean frame', which learns nothing, reaches 23.00 dB.",
        "The footage is too short to tell which differences are real.",
    ]
    others = [row("b", "run", 21.0, 1.0), Row("keypoints only", "run", None, 10, {}, {})]
    assert said(row("a", "run", 20.0), *others)[0] == (
        "Of the 2 runs with a PSNR, 'b' comes closest to the footage: 21.00 dB."
    )
    nothing = Row("a", "run", None, 10, {}, {})
    assert said(nothing) == ["'a' made nothing that could be measured."]


def test_distances_are_told_in_pixels_too() -> None:
    def at(name: str, kind: str, distance: float) -> Row:
        return Row(name, kind, None, 10, {"keypoint_distance": Score(distance)}, {})

    rows = at("a", "run", 0.025), at("mean frame", "baseline", 0.05)
    assert said(*rows)[0] == (
        "'a' reaches a keypoint distance of 0.0250 widths (1.6 pixels); the baselines, which learn nothing, "
        "reach 0.0500 widths (3.2 pixels) at best."
    )
    (table,) = all_tables(results_of(*rows))
    assert "A width is that of the square picture, 64 pixels here." in table.note
