"""Building blocks that networks share."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import interpolate

from apvg_core.layers.blocks import (
    AudioEncoder,
    image_to_tensor,
    kaiming_init,
    pixel_shuffle_from_last,
    pixel_unshuffle_to_last,
    resized,
    tensor_to_image,
)
from apvg_core.recipes import TINY
from apvg_core.units import CQT_FLOOR_DB
from tests.stages.inputs import WINDOWS


def test_audio_encoder_knows_when_in_the_window_something_sounds() -> None:
    encoder = AudioEncoder(TINY.khp.audio)
    early, late = torch.full((2, 1, 84, 87), CQT_FLOOR_DB)
    early[:, 40, :20] = 0
    late[:, 40, -20:] = 0
    assert not torch.allclose(encoder(early), encoder(late))


def test_a_feature_that_leaks_can_always_learn() -> None:
    """Below zero a plain ReLU passes nothing back."""
    for leak, alive in ((0.0, False), (0.1, True)):
        encoder = AudioEncoder(replace(TINY.khp.audio, leak=leak))
        nn.init.constant_(encoder.project[0].bias, -1e3)
        encoder(WINDOWS[:, 0]).sum().backward()
        gradient = encoder.project[0].weight.grad
        assert gradient is not None
        assert bool(gradient.any()) == alive


def test_kaiming_initialisation() -> None:
    layer = nn.Conv2d(64, 64, 3)
    kaiming_init(layer)
    assert layer.weight.std().item() == pytest.approx(np.sqrt(2 / (64 * 9)), rel=0.05)
    assert layer.bias is not None
    assert not layer.bias.any()


def test_images_survive_the_way_to_tensors_and_back() -> None:
    images = torch.randint(0, 256, (2, 3, 8, 8, 3), dtype=torch.uint8)
    assert torch.equal(tensor_to_image(image_to_tensor(images)), images)


def test_maps_are_resized_each_by_itself() -> None:
    maps = torch.rand(2, 3, 2, 4, 5)  # sequences, frames, channels
    expected = [[interpolate(x[None], (8, 15), mode="bilinear")[0] for x in frames] for frames in maps]
    torch.testing.assert_close(resized(maps, 8, 15), torch.stack([torch.stack(x) for x in expected]))


def test_pixels_are_shuffled_as_pytorch_does() -> None:
    maps = torch.randn(2, 12, 3, 5)
    large = torch.nn.functional.pixel_shuffle(maps, 2)
    assert torch.equal(pixel_shuffle_from_last(maps.permute(0, 2, 3, 1), 2), large)
    assert torch.equal(pixel_unshuffle_to_last(large, 2).permute(0, 3, 1, 2), maps)
