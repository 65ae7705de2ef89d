"""Perceptual distances: those of VGG-19's features, where its weights are given."""

import hashlib
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from apvg_core.errors import ConfigError
from apvg_core.evaluation import perceptual
from apvg_core.evaluation.evaluate import evaluate
from apvg_core.evaluation.perceptual import PerceptualDistances, VGGFile
from apvg_core.evaluation.results import read_results
from apvg_core.evaluation.tables import all_tables
from apvg_core.layers.vgg import IMAGENET_MEAN, IMAGENET_STD
from tests.evaluation.helpers import values
from tests.vgg import write_vgg

rng = np.random.default_rng(0)
REAL, GENERATED = rng.integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    return write_vgg(tmp_path / "vgg.safetensors")


def directly(path: Path, real: np.ndarray, generated: np.ndarray) -> float:
    """Layer by layer in PyTorch's own modules, as torchvision puts them together."""
    tensors = load_file(path)
    widths = (3, 64, 64, 128, 128, 256)
    convolutions = [nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise(widths)]
    for name, layer in zip(
        ("conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1"), convolutions, strict=True
    ):
        layer.load_state_dict({kind: tensors[f"{name}.{kind}"] for kind in ("weight", "bias")})
    first, second, third, fourth, fifth = convolutions
    relu, pool = nn.ReLU(), nn.MaxPool2d(2)
    parts = [(first, relu), (second, relu, pool, third, relu), (fourth, relu, pool, fifth, relu)]
    x, y = (
        (torch.from_numpy(image).permute(2, 0, 1)[None] / 255 - torch.tensor(IMAGENET_MEAN)[:, None, None])
        / torch.tensor(IMAGENET_STD)[:, None, None]
        for image in (real, generated)
    )
    total = 0.0
    with torch.no_grad():
        for part in parts:
            x, y = nn.Sequential(*part)(x), nn.Sequential(*part)(y)
            total += float((x - y).abs().mean())
    return total


def test_the_distance_is_that_of_the_features(weights: Path) -> None:
    distances = PerceptualDistances(VGGFile(weights, ""), fps=10)
    distances.add(REAL, GENERATED)
    assert distances.perceived.distances == pytest.approx([directly(weights, REAL, GENERATED)], rel=1e-5)


def test_two_frames_a_second_are_compared(weights: Path) -> None:
    distances = PerceptualDistances(VGGFile(weights, ""), fps=4)
    for frame in range(7):
        distances.add(REAL, GENERATED if frame % 2 else REAL)
    times, found = distances.perceived
    assert times.tolist() == [0, 0.5, 1, 1.5]
    assert found.tolist() == [0] * 4


def test_it_is_a_column_where_weights_are_given(
    shards: Path, half_run: Path, weights: Path, tmp_path: Path
) -> None:
    plain = evaluate(shards, [half_run], tmp_path / "results")
    assert (plain.vgg, "perceptual_distance" in plain.row("mean frame").scores) == (None, False)
    results = evaluate(shards, [half_run], tmp_path / "results", vgg_weights=weights)
    assert results.vgg == "conv1_1, conv2_1, conv3_1 of vgg.safetensors"
    assert read_results(tmp_path / "results/results.json") == results
    assert values(results.row("mean frame"))["perceptual_distance"] > 0
    others = ("half", "the recordings")  # one has no frames, the other is its own truth
    assert not any("perceptual_distance" in results.row(name).scores for name in others)
    (details,) = [table for table in all_tables(results) if table.key == "details"]
    assert "Perceptual distances are by conv1_1, conv2_1, conv3_1 of vgg.safetensors." in details.note


def test_its_file_is_read_once_for_all_recordings(
    shards: Path, half_run: Path, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[tuple[str, Path]] = []
    load, digest = perceptual.find_weights, hashlib.file_digest
    monkeypatch.setattr(perceptual, "find_weights", lambda path: read.append(("loaded", path)) or load(path))
    monkeypatch.setattr(
        hashlib, "file_digest",
        lambda handle, kind: read.append(("hashed", Path(handle.name))) or digest(handle, kind),
    )  # fmt: skip
    evaluate(shards, [half_run], tmp_path / "results", split="train", vgg_weights=weights)
    assert [what for what, path in read if path == weights] == ["hashed", "loaded"]


def test_a_file_that_is_no_vgg_is_refused_before_anything_is_scored(
    shards: Path, half_run: Path, tmp_path: Path
) -> None:
    path = write_vgg(tmp_path / "thin.safetensors", widths=(64, 32))
    with pytest.raises(ConfigError, match=r"thin.safetensors holds another network: its conv1_2 does not"):
        evaluate(shards, [half_run], tmp_path / "results", vgg_weights=path)
    assert not (tmp_path / "results").exists()
