"""Recordings' names, and which are there already."""

import json
from pathlib import Path

import pytest

from apvg_core.errors import ConfigError
from apvg_core.virtual.layouts import Job, Layout, finished, validation_count
from apvg_core.virtual.recording import Take


def job(out: Path, layout: Layout = "footage", split: str | None = None) -> Job:
    take = Take(
        instrument="cello", performer=3, seed=7, number=1, seconds=4.0, timbre="additive", soundfont=None
    )
    return Job(take, out, 64, layout, split, order=2)


def test_files_are_named_after_performer_and_music_or_in_order(tmp_path: Path) -> None:
    footage, tree = job(tmp_path), job(tmp_path, "sub-urmp", "train")
    assert footage.film == tmp_path / "cello/p3/cello_p3_s7_01.mp4"
    assert footage.truth == tmp_path / "truth/cello_p3_s7_01.json"
    assert tree.truth == tmp_path / "Sub-URMP/truth/cello02.json"


def test_a_fifth_is_held_out_but_none_of_one() -> None:
    assert [validation_count(recordings) for recordings in (1, 2, 5, 10, 19)] == [0, 1, 1, 2, 4]


def test_a_recording_is_finished_with_its_truth_its_film_and_the_same_settings(tmp_path: Path) -> None:
    wanted = job(tmp_path)
    assert not finished(wanted)
    truth = {
        "schema": 1, "performer": 3, "seed": 7, "number": 1, "split": None, "seconds": 4.0, "size": 64,
        "timbre": "additive", "soundfont": None,
    }  # fmt: skip
    wanted.truth.parent.mkdir()
    wanted.truth.write_text(json.dumps(truth))
    assert not finished(wanted)
    wanted.film.parent.mkdir(parents=True)
    for suffix in (".mp4", ".wav"):
        wanted.film.with_suffix(suffix).touch()
    assert finished(wanted)
    wanted.truth.write_text(json.dumps({**truth, "size": 128}))
    assert not finished(wanted)
    wanted.truth.write_text(json.dumps({**truth, "performer": 4}))
    with pytest.raises(ConfigError, match="holds another cello_p3_s7_01"):
        finished(wanted)
