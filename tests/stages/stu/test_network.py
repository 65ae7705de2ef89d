"""Shapes, streaming and structure of the STU."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from apvg_core.layers.dlt import heatmaps
from apvg_core.recipes import TINY
from apvg_core.stages.stu.compositor import Window
from apvg_core.stages.stu.network import STU
from tests.stages.inputs import COARSE, INPUTS, KEYPOINTS, MOVED, PLATE, REFERENCE, SIZE, B, T, fused, some


def test_stu_streams() -> None:
    network = STU(TINY.stu)
    nn.init.normal_(network.unet.head.weight, std=0.1)
    whole, _ = network(INPUTS, fused(TINY.stu))
    assert whole.shape == (B, T, 3, SIZE, SIZE)
    first, state = network(some(INPUTS, slice(4)), fused(TINY.stu))
    second, _ = network(some(INPUTS, slice(4, None)), state)
    torch.testing.assert_close(torch.cat([first, second], 1), whole, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", [*INPUTS, "fused"])
def test_every_input_reaches_the_stus_output(name: str) -> None:
    network = STU(TINY.stu)
    nn.init.normal_(network.unet.head.weight, std=0.1)
    inputs = {key: x.clone().requires_grad_() for key, x in some(INPUTS, slice(1)).items()}
    (state,) = (part.requires_grad_() for part in fused(TINY.stu))
    frames, _ = network(inputs, (state,))
    frames.square().sum().backward()
    gradient = state.grad if name == "fused" else inputs[name].grad
    assert gradient is not None
    assert gradient.abs().max() > 0


@pytest.mark.parametrize("reference", [True, False])
def test_stu_without_coarse_frames_paints_on_grey(reference: bool) -> None:
    network = STU(replace(TINY.stu, coarse=False, reference=reference, warp=False, plate=False))
    frames, _ = network(INPUTS, fused(TINY.stu))
    grey = (REFERENCE[:, None] + 0.5) / 2 if reference else torch.tensor(0.5)  # untrained it is undecided
    torch.testing.assert_close(frames, grey.expand_as(frames))


@pytest.mark.parametrize("by", [1, 2])
def test_stu_moves_the_reference(by: int) -> None:
    """It keeps what its mask says of what its flow points to, also where its UNet sees a smaller image."""
    config = replace(TINY.stu, plate=False, max_size=SIZE // by)
    network, patch = STU(config), config.patch**2
    with torch.no_grad():
        for channel, value in (
            (3, 100.0),
            (4, 4.0 / by),
            (5, -2.0 / by),
        ):  # keep all; from the right, from above
            network.unet.head.bias[channel * patch : (channel + 1) * patch] = value
    keypoints = KEYPOINTS[:, :1].expand(-1, T, -1, -1)
    inputs = {
        **INPUTS, "keypoints": keypoints, "displacements": torch.zeros_like(keypoints),
        "heatmap": heatmaps(keypoints, SIZE // by, SIZE // by),
    }  # fmt: skip
    frames, _ = network(inputs, fused(config))
    moved = REFERENCE[:, None, :, :-2, 4:].expand(-1, T, -1, -1, -1)
    torch.testing.assert_close(frames[..., 2:, :-4], moved, rtol=0, atol=1e-4)

    # Its keypoints have moved 8 pixels to the right and 4 up, and everything belongs to them.
    with torch.no_grad():
        network.unet.head.bias[4 * patch :] = 0.0
        network.unet.flow.assignment.bias[-1] = -1000.0
    displacements = torch.tensor([-8, 4]).expand_as(keypoints) / SIZE
    frames, _ = network({**inputs, "displacements": displacements}, fused(config))
    moved = REFERENCE[:, None, :, 4:, :-8].expand(-1, T, -1, -1, -1)
    torch.testing.assert_close(frames[..., :-4, 8:], moved, rtol=0, atol=1e-4)


@pytest.mark.parametrize("changes", [{}, {"warp": False}, {"plate": False}, {"coarse": False}])
def test_a_window_of_the_frames_is_composed_as_the_whole_is(changes: dict[str, bool]) -> None:
    config = replace(TINY.stu, max_size=SIZE // 2, **changes)
    network = STU(config)
    nn.init.normal_(network.unet.head.weight, std=0.1)
    inputs = {**INPUTS, "heatmap": heatmaps(KEYPOINTS, SIZE // 2, SIZE // 2)}
    whole, _ = network(inputs, fused(config))
    seen = network.seen(inputs)
    maps, flow, _ = network.unet(seen, fused(config))
    window = Window(top=SIZE // 4, left=SIZE // 2 - 2, edge=SIZE // 2)
    part = network.compositor(maps, flow, {**inputs, "coarse": seen["coarse"]}, window)
    assert part.shape == (B, T, 3, SIZE // 2, SIZE // 2)
    inner = (..., slice(2, -2), slice(2, -2))  # maps are scaled up without their neighbours at its edges
    torch.testing.assert_close(part[inner], window.cut(whole)[inner])


def test_stu_keeps_the_plate_where_nobody_is() -> None:
    """Untrained it is undecided; what it has learned to keep is the plate and nothing else."""
    network, patch = STU(replace(TINY.stu, warp=False)), TINY.stu.patch**2
    frames, _ = network(INPUTS, fused(TINY.stu))
    coarse = nn.functional.interpolate(COARSE.flatten(0, 1), scale_factor=2, mode="bilinear").unflatten(
        0, (B, T)
    )
    torch.testing.assert_close(frames, PLATE[:, None] / 2 + (coarse + REFERENCE[:, None]) / 4)
    with torch.no_grad():
        network.unet.head.bias[4 * patch :] = -100.0
    frames, _ = network(INPUTS, fused(TINY.stu))
    torch.testing.assert_close(frames, PLATE[:, None].expand_as(frames))


def test_stu_without_keypoints_sees_neither_heatmap_nor_graph() -> None:
    network = STU(replace(TINY.stu, heatmap=False, graph=False))
    nn.init.normal_(network.unet.head.weight, std=0.1)
    frames, _ = network(
        {name: INPUTS[name] for name in ("coarse", "windows", "reference", "plate")}, fused(TINY.stu)
    )
    assert frames.shape == (B, T, 3, SIZE, SIZE)


def test_stu_learns_through_time() -> None:
    """What the last frame is to be teaches what is remembered of the first."""
    network = STU(TINY.stu)
    nn.init.normal_(network.unet.head.weight, std=0.1)
    coarse = COARSE.clone().requires_grad_()
    frames, _ = network({**INPUTS, "coarse": coarse}, fused(TINY.stu))
    frames[:, -1].square().sum().backward()
    assert coarse.grad is not None
    assert coarse.grad[:, 0].abs().max() > 0


def test_stu_without_its_parts_is_smaller_and_forgets() -> None:
    full = STU(TINY.stu)
    plain = STU(replace(TINY.stu, recurrent=False, graph=False))
    names = {name.split(".")[1] for name, _ in full.named_parameters()}
    assert names - {name.split(".")[1] for name, _ in plain.named_parameters()} == {"memory", "structure"}
    nn.init.normal_(plain.unet.head.weight, std=0.1)
    once, after = plain(INPUTS, ())
    assert after == ()
    alone, _ = plain(some(INPUTS, slice(3, 4)), ())
    torch.testing.assert_close(once[:, 3:4], alone, rtol=1e-4, atol=1e-5)


def test_stu_sees_its_lines() -> None:
    """With no graph, and where nothing moves, keypoints themselves come to it by the lines alone."""
    for lines in (False, True):
        network = STU(replace(TINY.stu, graph=False, lines=lines))
        nn.init.normal_(network.unet.head.weight, std=0.1)
        keypoints = KEYPOINTS.clone().requires_grad_()
        inputs = {**INPUTS, "keypoints": keypoints, "displacements": torch.zeros_like(MOVED)}
        network(inputs, fused(TINY.stu))[0].sum().backward()
        assert keypoints.grad is not None
        assert bool(keypoints.grad.any()) == lines
