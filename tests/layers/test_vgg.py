"""Weights of a pretrained VGG-19, from files of several kinds."""

import pytest
import torch
from safetensors.torch import save_file

from apvg_core.errors import ConfigError
from apvg_core.layers.vgg import VGGFeatures, VGGStem, find_weights
from tests.vgg import write_vgg


def test_vgg_weights_from_safetensors(tmp_path) -> None:
    path = write_vgg(tmp_path / "vgg.safetensors", metadata={"input": "RGB in [0,1]", "padding": "reflect"})
    weights = find_weights(path)
    assert weights is not None
    assert (weights.padding, weights.mean, weights.std) == ("reflect", (0.0,) * 3, (1.0,) * 3)
    features = VGGFeatures(weights, 5)(torch.rand(1, 3, 32, 32))
    assert [tuple(f.shape) for f in features] == [(1, 64, 32, 32), (1, 128, 16, 16), (1, 256, 8, 8)]
    stem = VGGStem((64, 64, 128, 128, 256))
    stem.load(weights)
    assert torch.equal(stem.convolutions[4].weight, weights.convolutions[4][0])
    assert not VGGStem((8, 8, 16, 16, 16)).fits_vgg19


def test_vgg_weights_from_torchvision(tmp_path) -> None:
    state = {"classifier.0.weight": torch.zeros(1)}
    for index, (a, b) in {0: (3, 64), 2: (64, 64)}.items():
        state[f"features.{index}.weight"] = torch.randn(b, a, 3, 3)
        state[f"features.{index}.bias"] = torch.zeros(b)
    torch.save(state, tmp_path / "vgg.pth")
    weights = find_weights(tmp_path / "vgg.pth")
    assert weights is not None
    assert (len(weights.convolutions), weights.padding) == (2, "zeros")


@pytest.mark.parametrize("name", ["missing.pth", "text.pth", "text.safetensors", "empty.safetensors"])
def test_bad_vgg_weights_are_refused(tmp_path, name: str) -> None:
    for text in ("text.pth", "text.safetensors"):
        (tmp_path / text).write_text("hello")
    save_file({"x": torch.zeros(1)}, tmp_path / "empty.safetensors")
    with pytest.raises(ConfigError, match=name):
        find_weights(tmp_path / name)


def test_another_network_in_the_names_of_vgg_is_refused(tmp_path) -> None:
    path = write_vgg(tmp_path / "other.safetensors", widths=(64, 64, 96))
    with pytest.raises(ConfigError, match=r"other.safetensors holds another network: its conv2_1 does not"):
        find_weights(path)
