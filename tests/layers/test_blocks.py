"""Building blocks of the networks."""

import pytest
import torch
import torch.nn.functional as F

from apvg_core.layers.blocks import (
    consecutive,
    image_to_tensor,
    pixel_shuffle_from_last,
    pixel_unshuffle_to_last,
    resized,
    tensor_to_image,
)


def test_consecutive_frames_lie_behind_one_another() -> None:
    sequence = torch.arange(4.0).reshape(1, 4, 1, 1, 1)
    assert consecutive(sequence, 3).flatten(1).tolist() == [[0, 1, 2], [1, 2, 3]]
    assert consecutive(sequence, 1).flatten(1).tolist() == [[0], [1], [2], [3]]


@pytest.mark.parametrize("by", [1, 2, 4])
def test_patches_are_pytorchs_channels_last(by: int) -> None:
    maps = torch.rand(2, 3, 8, 12)
    patches = pixel_unshuffle_to_last(maps, by)
    assert torch.equal(patches.permute(0, 3, 1, 2), F.pixel_unshuffle(maps, by))
    assert torch.equal(pixel_shuffle_from_last(patches, by), maps)


def test_a_sequence_is_resized_frame_by_frame() -> None:
    frames = torch.rand(2, 3, 4, 6, 6)
    each = [F.interpolate(frames[:, t], size=(12, 12), mode="bilinear") for t in range(3)]
    torch.testing.assert_close(resized(frames, 12, 12), torch.stack(each, 1))


def test_images_and_back() -> None:
    images = torch.arange(256, dtype=torch.uint8).reshape(1, 8, 32, 1).expand(-1, -1, -1, 3)
    assert torch.equal(tensor_to_image(image_to_tensor(images)), images)
    assert tensor_to_image(torch.tensor([[[-1.0]], [[2.0]], [[0.5]]]))[0, 0].tolist() == [0, 255, 128]
