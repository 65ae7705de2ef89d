"""`apvg learn`: footage to a performer in one line."""

from pathlib import Path

import pytest

from apvg_core.media.video import probe
from apvg_core.run.info import read_run
from apvg_core.training import budget
from apvg_core.training.forecast import Costs
from tests.synth import excerpt


@pytest.mark.slow
def test_footage_becomes_a_performer_and_the_same_line_again_trains_nothing(
    apvg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "measure_costs", lambda *_: Costs(a_step=1e9, afterwards=0.0))  # one step
    films, me = tmp_path / "footage/cello/ann", tmp_path / "runs/me"
    films.mkdir(parents=True)
    excerpt(films / "film.mp4", 2)
    line = ["learn", tmp_path / "footage", "--run", me, "--size", "64", "--minutes", "2"]
    outcome = apvg(*line)
    assert outcome.code == 0, outcome.err
    run = read_run(me)
    assert {stage: facts["steps"] for stage, facts in run.stages.items()} == {"khp": 1, "cvg": 1, "stu": 1}
    assert {facts["init"]["run"] for facts in run.stages.values()} == {"cello"}
    assert "cello/ann/film.mp4:" in outcome.err  # what the check says of the film follows
    assert (me.parent / "me-sheet.png").stat().st_size > 1000
    assert probe(me.parent / "me-sample.mp4").duration == pytest.approx(
        0.4
    )  # the fifth of the film that is held out
    assert (me.parent / "me-results/report.html").is_file()
    assert outcome.err.count("Next, to") == 1  # those of the commands on the way are taken
    assert "if you like the sample" in outcome.err

    before = (me / "stu/model.safetensors").stat().st_mtime_ns
    again = apvg(*line)
    assert again.code == 0
    assert "cello/ann/film.mp4:" not in again.err  # it is extracted, so it is not checked again
    assert (me / "stu/model.safetensors").stat().st_mtime_ns == before
