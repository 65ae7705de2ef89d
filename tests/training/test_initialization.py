"""Beginning with another run's weights."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from apvg_core.errors import ConfigError, RunError
from apvg_core.files import sha256_of
from apvg_core.run.info import read_run
from apvg_core.stages.khp import training as khp
from apvg_core.stages.stu import training as stu
from apvg_core.training.options import TrainOptions
from apvg_core.training.stages import train_all

STAGES = ("khp", "cvg", "stu")


def standing_still(*stages: str, **changes: Any) -> TrainOptions:
    """One step that is too small to see."""
    rates = {f"{stage}.training.{rate}": 1e-12 for stage in stages or STAGES for rate in ("lr", "lr_end")}
    return TrainOptions(recipe="tiny", steps=1, seed=5, changes={**rates, **changes})


def weights(run: Path, stage: str, whose: str = "model") -> dict[str, torch.Tensor]:
    return load_file(run / stage / f"{whose}.safetensors")


def differing(ours: dict[str, torch.Tensor], theirs: dict[str, torch.Tensor]) -> list[str]:
    return [
        name
        for name, tensor in ours.items()
        if name not in theirs
        or theirs[name].shape != tensor.shape
        or not torch.allclose(tensor, theirs[name], atol=1e-6)
    ]


def test_every_stage_begins_as_the_other_run_ended(shards: Path, run: Path, tmp_path: Path) -> None:
    options = standing_still()
    train_all(shards, tmp_path / "afresh", options)
    assert all(differing(weights(tmp_path / "afresh", stage), weights(run, stage)) for stage in STAGES)
    new = tmp_path / "new"
    train_all(shards, new, TrainOptions(**{**vars(options), "init": run}))
    for stage in STAGES:
        assert differing(weights(new, stage), weights(run, stage)) == [], stage
        begun = read_run(new).stages[stage]["init"]
        assert begun["run"] == "whole"
        assert begun["sha256"] == sha256_of(run / stage / "model.safetensors")
        assert begun["share"] == 1
    assert differing(weights(new, "stu", "discriminator"), weights(run, "stu", "discriminator")) == []


def test_an_audio_encoder_is_taken_whole_or_not_at_all(
    shards: Path, run: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    options = standing_still("khp", **{"khp.audio.harmonics": 0})
    khp.train(shards, tmp_path / "afresh", options)
    khp.train(shards, tmp_path / "new", TrainOptions(**{**vars(options), "init": run}))
    theirs, afresh = weights(run, "khp"), weights(tmp_path / "afresh", "khp")
    ours = weights(tmp_path / "new", "khp")
    other = [name for name in ours if name.startswith("motion.")]
    assert differing({name: ours[name] for name in other}, afresh) == []
    assert differing({name: ours[name] for name in ours.keys() - other}, theirs) == []
    share = sum(ours[n].numel() for n in ours if n not in other) / sum(t.numel() for t in ours.values())
    assert read_run(tmp_path / "new").stages["khp"]["init"]["share"] == round(share, 3)
    assert f"khp begins with {100 * share:.0f} % of its weights from {run}" in caplog.text


def test_what_was_begun_with_a_run_goes_on_without_it(shards: Path, run: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    khp.train(shards, new, TrainOptions(recipe="tiny", steps=1, init=run))
    with pytest.raises(ConfigError, match="khp was begun with --init whole; go on with that"):
        khp.train(shards, new, TrainOptions(steps=2, resume="auto", init=tmp_path / "afresh"))
    khp.train(shards, new, TrainOptions(steps=2, resume="auto"))
    khp.train(shards, new, TrainOptions(steps=3, resume="auto", init=run))
    assert read_run(new).stages["khp"]["init"]["run"] == "whole"
    khp.train(shards, tmp_path / "afresh", TrainOptions(recipe="tiny", steps=1))
    with pytest.raises(ConfigError, match="khp was begun without --init"):
        khp.train(shards, tmp_path / "afresh", TrainOptions(steps=2, resume="last", init=run))


def test_a_stage_that_began_otherwise_is_not_taken_over(shards: Path, run: Path, tmp_path: Path) -> None:
    options = TrainOptions(recipe="tiny", reuse=run, init=run)
    khp.train(shards, tmp_path / "new", options)
    assert "taken_over_from" not in read_run(tmp_path / "new").stages["khp"]


def test_what_does_not_fit_is_said(shards: Path, half_run: Path, tmp_path: Path) -> None:
    new, rival = tmp_path / "new", tmp_path / "rival"
    shutil.copytree(half_run, new)
    with pytest.raises(RunError, match="lacks the stage stu"):
        stu.train(shards, new, TrainOptions(init=half_run))
    options = TrainOptions(recipe="tiny+ebdn", reuse=half_run, changes={"stu.training.steps": 1})
    train_all(shards, rival, options)
    with pytest.raises(ConfigError, match=r"Nothing of stu in --init .*rival fits this recipe"):
        stu.train(shards, new, TrainOptions(init=rival))
