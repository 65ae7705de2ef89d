"""The listening test: its recordings, what it measures, what it says where something is missing."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from apvg_cli.app import run
from apvg_core.errors import ConfigError
from apvg_core.metrics.uncertainty import Interval, interval_of
from apvg_core.pretrained import embedded_run
from apvg_core.recipes import get_recipe
from apvg_core.run.info import read_run, write_run
from apvg_core.virtual.listening import recordings
from apvg_core.virtual.listening.hearing import listen
from apvg_core.virtual.listening.measures import Hearing, correlation_of_sums, measure, ratio_of_means
from apvg_core.virtual.listening.recordings import (
    CONDITIONS,
    MOVES,
    SLURS,
    hand_metres,
    music,
    plan,
    rests_of,
)
from apvg_core.virtual.music.paths import Array
from apvg_core.virtual.recording import Recording
from apvg_core.virtual.sound import fluidsynth
from apvg_core.virtual.sound.timbres import HELD_OUT
from tests.notes import write_notes

needs_fluidsynth = pytest.mark.skipif(
    not fluidsynth.available(), reason="needs `apt-get install fluidsynth fluid-soundfont-gm`"
)


def test_the_correlation_is_numpys_and_its_interval_holds_the_truth_mostly() -> None:
    def sums(x: Array, y: Array) -> Array:
        """What is summed up of blocks of ten values [shape=(blocks, 6)]."""
        return np.stack([x, x * x, y, y * y, x * y, np.ones_like(x)]).reshape(6, -1, 10).sum(2).T

    held = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        x = rng.standard_normal(400)
        y = 0.8 * x + 0.6 * rng.standard_normal(400)
        found = interval_of(correlation_of_sums, sums(x, y))
        assert found is not None
        assert found.value == pytest.approx(np.corrcoef(x, y)[0, 1])
        held += found.low < 0.8 < found.high
    assert 8 <= held <= 10
    assert interval_of(correlation_of_sums, sums(x, np.ones(400))) is None


def test_a_ratio_of_means_by_hand() -> None:
    """Four in two moments of breaks, twelve in three of notes: 2 over 4."""
    found = interval_of(ratio_of_means, np.array([[1.0, 1, 4, 1], [3, 1, 0, 0], [0, 0, 8, 2]]))
    assert found is not None
    assert found.value == 0.5
    assert found.low < 0.5 < found.high
    assert interval_of(ratio_of_means, np.array([[0.0, 0, 4, 1]] * 3)) is None


def value(found: Interval | None) -> float:
    assert found is not None
    return found.value


@pytest.mark.parametrize("instrument", ["trombone", "cello"])
def test_true_players_follow_what_is_played_and_rest_in_breaks(instrument: str) -> None:
    (take,) = music(instrument, CONDITIONS["real notes, breaks, guitar 6 dB below"], 1, 20.0)
    times = np.arange(20 * 25) / 25
    true = Recording(take).joints(times).astype(np.float32)
    (heard,) = measure({"own synthesis": [Hearing(Recording(take).playing, true, 25.0)]}).values()
    assert value(heard.position) > 0.97
    assert value(heard.onsets) > 0.6
    assert value(heard.hand_in_breaks) < 0.05
    if instrument == "cello":
        assert value(heard.bow) > 0.9
        assert value(heard.bow_in_breaks) < 0.05
    else:
        assert heard.bow is heard.bow_in_breaks is None

    late = np.roll(true, 3 * 25, axis=0)
    (heard,) = measure({"own synthesis": [Hearing(Recording(take).playing, late, 25.0)]}).values()
    assert value(heard.position) < 0.9
    assert value(heard.hand_in_breaks) > 0.3


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    """A folder with notes in the place of those that are held out."""
    return write_notes(tmp_path / "sounds" / HELD_OUT["trombone"]).parent


@needs_fluidsynth
def test_all_conditions_have_the_same_music_but_those_chosen_by_slurs(sounds: Path, tmp_path: Path) -> None:
    tests = plan("trombone", tmp_path, sounds, 3, 10.0)
    assert len(tests) == 3 * len(CONDITIONS) == len({test.path for test in tests})
    for name, condition in CONDITIONS.items():
        some = [test for test in tests if test.condition == name]
        shares = [np.mean([n.slurred for n in test.recording.score.notes]) for test in some]
        numbers = [test.take.number for test in some]
        low, high = SLURS[condition.bowing]
        assert all(low <= share <= high for share in shares)
        assert numbers == sorted(set(numbers))
        if condition.breaks:
            rests = [np.diff(rests_of(test.recording.score)) for test in some]
            assert all(rest.max() <= 4 and rest[rest >= 2].sum() >= 1 for rest in rests)
        elif condition.bowing == "all":
            assert numbers == [test.take.number for test in tests[:3]]
        for test in some:
            times = np.arange(0, 10, 0.04)
            assert hand_metres(test.recording.playing, times).std() > MOVES / 2
        real = {HELD_OUT["trombone"]} if condition.real else {"additive"}
        assert {test.world.timbre.name for test in some} == real
        assert {test.recording.playing.interpretation.tuning for test in some} == {condition.tuning}


def test_what_is_missing_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(["virtual", "listen", "--out", str(tmp_path)]) == 2
    assert "Name what to measure" in capsys.readouterr().err
    assert run(["virtual", "listen", "--instrument", "cello", "--out", str(tmp_path)]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "needs real notes of a cello" in said
    assert "examples/sounds.sh" in said
    monkeypatch.setattr(recordings, "CANDIDATES", 10)
    with pytest.raises(ConfigError, match="too little music of 4 s in which the hand moves"):
        music("cello", CONDITIONS["real notes, slurred"], 2, 4.0)
    for wrong in ({"recordings": 0}, {"seconds": 3.0}, {"seconds": np.nan}, {"seconds": np.inf}):
        with pytest.raises(ConfigError, match=r"--recordings must be 1 or more, --seconds 4\.0 or more"):
            listen([embedded_run("cello")], tmp_path, **wrong)


@needs_fluidsynth
def test_runs_that_cannot_listen_are_told_before_anything_is_made(sounds: Path, tmp_path: Path) -> None:
    run = shutil.copytree(embedded_run("trombone"), tmp_path / "run")
    info = read_run(run)
    write_run(run, replace(info, recipe=get_recipe("tiny+without-khp")))
    for wrong, said in (({"device": "gpu9"}, "--device gpu9"), ({}, "predicts no keypoints")):
        with pytest.raises(ConfigError, match=said):
            listen([embedded_run("trombone") if wrong else run], tmp_path / "out", sounds=sounds, **wrong)
    assert not (tmp_path / "out").exists()


@needs_fluidsynth
@pytest.mark.slow
def test_a_performer_that_came_along_listens(
    sounds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    flags = ["--sounds", str(sounds), "--out", str(out), "--recordings", "1", "--seconds", "8", "--jobs", "1"]
    assert run(["virtual", "listen", "--instrument", "trombone", *flags]) == 0
    printed = capsys.readouterr().out
    for name in CONDITIONS:
        assert name in printed
    made = {path: path.stat().st_mtime_ns for path in out.rglob("*.wav")}
    assert len(made) == len(CONDITIONS)
    heard = listen([embedded_run("trombone")], out, sounds=sounds, recordings=1, seconds=8.0)
    own = heard[embedded_run("trombone")]["own synthesis"]
    assert own.position is not None
    assert own.position.value > 0.9
    assert own.bow is None
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.wav")} == made  # nothing is made again
