"""Which features the perceptual loss compares."""

import shutil
from pathlib import Path

import pytest

from apvg_core.run.info import read_run
from apvg_core.stages.stu import training as stu
from apvg_core.training import perception
from apvg_core.training.options import TrainOptions


def test_vgg_is_only_missed_by_what_is_about_to_learn_from_it(
    half_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new, wants = tmp_path / "new", {"stu.perceptual_blocks": 1}
    assert perception.lacks_vgg(new, ["khp", "cvg", "stu"], TrainOptions())
    assert not perception.lacks_vgg(new, ["khp"], TrainOptions())
    assert not perception.lacks_vgg(new, ["cvg"], TrainOptions())
    assert perception.lacks_vgg(new, ["cvg"], TrainOptions(recipe="paper"))
    assert not perception.lacks_vgg(new, ["stu"], TrainOptions(recipe="tiny"))
    assert not perception.lacks_vgg(new, ["stu"], TrainOptions(vgg_weights=tmp_path))
    assert not perception.lacks_vgg(half_run, ["khp", "cvg", "stu"], TrainOptions())
    assert perception.lacks_vgg(half_run, ["khp", "cvg", "stu"], TrainOptions(changes=wants))
    monkeypatch.setattr(perception, "cached_path", lambda: Path(__file__))
    assert not perception.lacks_vgg(new, ["stu"], TrainOptions())


def test_what_was_begun_without_vgg_goes_on_without(
    shards: Path, half_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    shutil.copytree(half_run, run)
    stu.train(shards, run, TrainOptions(steps=1, changes={"stu.perceptual_blocks": 1}))
    monkeypatch.setattr(perception, "find_weights", lambda _: pytest.fail("it was begun with pixels"))
    stu.train(shards, run, TrainOptions(steps=2, resume="last"))
    assert read_run(run).stages["stu"]["perceptual"] == "pixels"
