"""The audio-video discriminator."""

from dataclasses import replace

import torch

from apvg_core.recipes import TINY
from apvg_core.stages.stu.discriminator import EMBEDDING, Discriminator
from tests.stages.inputs import REFERENCE, SIZE, WINDOWS, B


def test_it_judges_patches_of_the_frame_and_embeds_it() -> None:
    network = Discriminator(TINY.stu.discriminator)
    realism, seen = network(REFERENCE)
    assert realism.shape == (B, 1, SIZE // 4, SIZE // 4)
    assert seen.shape == (B, EMBEDDING)
    shrinking = Discriminator(replace(TINY.stu.discriminator, downscale=2))
    shrinking.load_state_dict(network.state_dict())
    doubled = REFERENCE.repeat_interleave(2, 2).repeat_interleave(2, 3)
    for one, other in zip(shrinking(doubled), (realism, seen), strict=True):
        torch.testing.assert_close(one, other)


def test_pairing_needs_the_frame_and_the_sound() -> None:
    network = Discriminator(TINY.stu.discriminator)
    seen, heard = network(REFERENCE)[1], network.hear(WINDOWS[:, 0])
    pairing = network.paired(seen, heard)
    assert not torch.allclose(pairing, network.paired(seen, heard.flip(0)))
    assert not torch.allclose(pairing, network.paired(seen.flip(0), heard))
    every = network.paired(seen[:, None], heard)
    assert every.shape == (B, B)
    torch.testing.assert_close(every.diagonal(), pairing)


def test_pairing_by_hand() -> None:
    """The scaled cosine: 5 for embeddings alike, -5 for opposite ones, 0 at right angles; and the shift."""
    network = Discriminator(TINY.stu.discriminator)
    network.shift.data.fill_(0.5)
    x, y = torch.eye(2)
    pairing = network.paired(torch.stack([x, x, x]), torch.stack([x, -x, y]))
    torch.testing.assert_close(pairing, torch.tensor([5.5, -4.5, 0.5]))
