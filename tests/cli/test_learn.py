"""`apvg learn`: footage to a performer in one line."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from apvg_cli import console
from apvg_cli.commands import learn as learning
from apvg_core.data.sources import Recording
from apvg_core.errors import ConfigError
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


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    """Films that nobody opens."""
    for film in ("cello/ann/take1.mp4", "cello/bob/take1.mp4", "violin/cyd/take1.mp4"):
        path = tmp_path / "footage" / film
        path.parent.mkdir(parents=True)
        path.touch()
    return tmp_path / "footage"


def test_the_time_in_which_the_user_looks_is_not_the_trainings(
    apvg, footage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, trained_for = [0.0], []

    def after(seconds: float) -> bool:
        now[0] += seconds
        return True

    monkeypatch.setattr(learning, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(learning, "check_films", lambda *_: ([], []))
    monkeypatch.setattr(learning, "extract", lambda *_, **__: after(600))
    monkeypatch.setattr("apvg_core.data.manifest.read_manifest", lambda _: [SimpleNamespace(path="a.h5")])
    monkeypatch.setattr("apvg_core.drawing.sheet.write_sheet", lambda *_: None)
    monkeypatch.setattr(console, "can_ask", lambda: True)
    monkeypatch.setattr(console, "confirm", lambda _: after(3000))
    monkeypatch.setattr(learning, "train", lambda *_, minutes, **__: trained_for.append(minutes))
    monkeypatch.setattr(learning, "_play_sample", lambda *_: False)
    outcome = apvg("learn", footage, "--instrument", "cello", "--run", tmp_path / "me", "--minutes", "60")
    assert outcome.code == 0, outcome.err
    assert trained_for == [50]


def test_only_one_performers_films_are_checked_and_only_one_instrument_is_learned(
    apvg, footage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def looked_at(films: list[Recording], _: Path) -> None:
        raise ConfigError(f"These are looked at: {[film.source for film in films]}.")

    monkeypatch.setattr(learning, "check_films", looked_at)
    several = apvg("learn", footage, "--run", tmp_path / "me")
    assert several.code == 2
    assert "footage holds cello, violin; choose one with --instrument." in several.err
    hers = apvg("learn", footage, "--run", tmp_path / "me", "--performer", "ann")
    assert "These are looked at: ['cello/ann/take1.mp4']." in hers.err
