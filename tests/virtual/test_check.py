"""`apvg virtual check`: what the pose estimator finds, against the truth."""

from pathlib import Path

import numpy as np
import pytest

from apvg_cli.app import run
from apvg_core.skeleton import GROUPS
from apvg_core.virtual.check import Findings, examine, summarise


def test_a_folder_without_truth_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["virtual", "check", str(tmp_path)]) == 2
    assert "holds no truth" in capsys.readouterr().err


def test_recordings_are_summed_up_over_their_frames() -> None:
    def findings(found: list[bool], distance: list[float], follows: float) -> Findings:
        marks = np.array(found)
        return Findings(
            dict.fromkeys(GROUPS, marks), {group: np.array(distance) for group in GROUPS},
            {group: marks & (np.array(distance) < 2) for group in GROUPS}, follows,
        )  # fmt: skip

    numbers = summarise(
        [findings([True, False], [1.0, np.nan], 0.9), findings([True, True], [3.0, 1.0], 0.7)]
    )
    assert (numbers["body found"], numbers["left hand near"], numbers["right hand px"]) == (0.75, 0.5, 1.0)
    assert numbers["wrist follows"] == pytest.approx(0.8)


@pytest.mark.slow
@pytest.mark.parametrize("instrument", ["trombone", "cello"])
def test_a_pose_estimator_finds_them_where_they_are(instrument: str, tmp_path: Path) -> None:
    """A performer and a seed that nobody tuned anything on, through H.264."""
    flags = ["--instrument", instrument, "--performer", "61", "--seed", "404", "--seconds", "8"]
    assert run(["virtual", "film", *flags, "--timbre", "additive", "--out", str(tmp_path)]) == 0
    (truth,) = (tmp_path / "truth").glob("*.json")
    findings = examine(truth)
    for group in GROUPS:
        assert findings.near[group].mean() > 0.9, group
    assert findings.follows > 0.9
