"""The audio-video discriminator."""

from dataclasses import replace

import torch

from apvg_core.recipes import TINY
from apvg_core.stages.stu.discriminator import Discriminator
from tests.stages.inputs import REFERENCE, SIZE, WINDOWS, B


def test_discriminator_judges_the_pair() -> None:
    network = Discriminator(TINY.stu.discriminator)
    frames, windows = REFERENCE, WINDOWS[:, 0]
    logits = network(frames, windows)
    assert logits.shape == (B, 1, SIZE // 4, SIZE // 4)
    shrinking = Discriminator(replace(TINY.stu.discriminator, downscale=2))
    shrinking.load_state_dict(network.state_dict())
    torch.testing.assert_close(
        shrinking(frames.repeat_interleave(2, 2).repeat_interleave(2, 3), windows), logits
    )
    assert not torch.allclose(logits, network(frames, windows.flip(0)))
    assert not torch.allclose(logits, network(frames.flip(0), windows))
