"""Audio encoders in training: what they begin with, and whether they stay alive."""

import json
import logging
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from apvg_core.data.manifest import read_manifest
from apvg_core.data.statistics import spread_windows, window_statistics
from apvg_core.errors import RunError
from apvg_core.layers.blocks import AudioEncoder
from apvg_core.runtime.pytorch import load_discriminator, load_network
from apvg_core.stages.cvg import training as cvg
from apvg_core.stages.khp import training as khp
from apvg_core.stages.settings import AudioEncoderConfig
from apvg_core.training.audio_encoders import audio_encoders, dead_share
from apvg_core.training.options import TrainOptions
from tests.training.helpers import TRAIN

CONFIG = AudioEncoderConfig(channels=(4,), features=4, standardise=True)


def test_windows_are_standardised_bin_by_bin() -> None:
    encoder = AudioEncoder(CONFIG)
    encoder.mean.copy_(torch.linspace(-60, -20, 84)[:, None])
    encoder.std.fill_(8.0)
    windows = encoder.mean.expand(2, 84, 87).clone()
    windows[1, 10] += 8.0
    heard = []
    encoder.convolutions.register_forward_pre_hook(lambda _, inputs: heard.append(inputs[0]))
    encoder(windows)
    expected = torch.zeros(2, 84, 87)
    expected[1, 10] = 1.0
    torch.testing.assert_close(heard[0], expected, atol=1e-6, rtol=0)


def test_a_feature_that_does_not_vary_is_dead() -> None:
    """Of four features one is dead at 0, one at 3, one varies, and one varies too little to be heard."""
    encoder = AudioEncoder(CONFIG)
    loud = torch.arange(8.0)
    encoder.forward = lambda _: torch.stack(  # type: ignore[method-assign]
        [torch.zeros(8), torch.full((8,), 3.0), loud, 1 + 0.001 * loud], 1
    )
    assert dead_share(encoder, torch.zeros(8, 84, 87)) == 0.75


def test_keypoint_prediction_begins_with_the_training_sets_statistics(shards: Path, half_run: Path) -> None:
    training = [entry for entry in read_manifest(shards) if entry.split == "train"]
    mean, deviation = window_statistics(shards, training)
    (encoder,) = audio_encoders(load_network(half_run, "khp"))
    torch.testing.assert_close(encoder.mean[:, 0], torch.from_numpy(mean))
    torch.testing.assert_close(encoder.std, torch.tensor([deviation]))


def test_later_stages_begin_with_khps_ears(shards: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    khp.train(shards, run, TrainOptions(recipe="tiny", steps=3))
    for stage in ("cvg", "stu"):  # which learn next to nothing
        still = {f"{stage}.training.{name}": 1e-12 for name in ("lr", "lr_end")}
        TRAIN[stage](shards, run, TrainOptions(steps=1, changes=still))
    (khps,) = audio_encoders(load_network(run, "khp"))
    for network in (load_network(run, "cvg"), load_network(run, "stu"), load_discriminator(run)):
        (encoder,) = audio_encoders(network)
        for name, weight in khps.state_dict().items():
            torch.testing.assert_close(encoder.state_dict()[name], weight, rtol=0, atol=1e-9)


def test_without_khp_there_are_no_ears_to_begin_with(shards: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"starts with the audio encoder of khp, and .* has no trained khp"):
        cvg.train(shards, tmp_path / "run", TrainOptions(recipe="tiny"))


def test_every_network_of_a_training_stays_alive(shards: Path, run: Path) -> None:
    """Of KHP, CVG, STU and discriminator at least 80 % of the audio features vary over held-out music."""
    held_out = [entry for entry in read_manifest(shards) if entry.split == "validation"]
    windows = torch.from_numpy(spread_windows(shards, held_out, 256))
    networks = {stage: load_network(run, stage) for stage in ("khp", "cvg", "stu")}
    for name, network in {**networks, "discriminator": load_discriminator(run)}.items():
        (encoder,) = audio_encoders(network)
        assert dead_share(encoder, windows) <= 0.2, name


def test_the_share_of_dead_features_is_logged(run: Path) -> None:
    lines = map(json.loads, (run / "logs/stu/metrics.jsonl").read_text().splitlines())
    shares = [line["dead_features"] for line in lines if "dead_features" in line]
    assert shares
    assert all(share.keys() == {"network", "discriminator"} for share in shares)
    assert all(0 <= value <= 0.2 for share in shares for value in share.values())


def test_a_training_says_once_that_its_features_are_dead(
    shards: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A learning rate that is far too high kills every ReLU of an encoder that has no leak."""
    changes = {
        "khp.audio.leak": 0.0, "khp.audio.standardise": False, "cvg.hears_as_khp": False,
        "stu.audio.from_khp": False, "stu.discriminator.audio.from_khp": False,
        "khp.training.steps": 6, "khp.training.validate_every": 2, "khp.training.lr": 3.0,
        "khp.training.lr_end": 3.0,
    }  # fmt: skip
    with caplog.at_level(logging.WARNING):
        khp.train(shards, tmp_path / "run", TrainOptions(recipe="tiny", changes=changes))
    said = [record.message for record in caplog.records if "whatever is played" in record.message]
    assert len(said) == 1
    assert said[0].startswith("Of the audio features of khp, ")


def test_weights_of_before_there_were_statistics_have_none() -> None:
    plain = AudioEncoder(AudioEncoderConfig(channels=(4,), features=4))
    assert "mean" not in plain.state_dict()
    assert torch.isfinite(plain(torch.full((1, 84, 87), -80.0))).all()


def test_statistics_are_part_of_the_weights(half_run: Path) -> None:
    assert load_file(half_run / "khp/model.safetensors")["motion.mean"].shape == (84, 1)
