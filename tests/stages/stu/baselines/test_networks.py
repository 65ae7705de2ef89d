"""Shapes, streaming and structure of the baselines, at their smallest, and their sizes as published."""

from dataclasses import asdict, replace

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from apvg_core.layers.blocks import parameter_count
from apvg_core.layers.dlt import heatmaps
from apvg_core.recipes import TABLE_3, get_recipe
from apvg_core.stages.networks import build_network, initial_state
from apvg_core.stages.specs import stage_spec
from apvg_core.stages.stu.baselines.ebdn import EBDN
from apvg_core.stages.stu.baselines.patch_discriminator import MultiScaleDiscriminator
from apvg_core.stages.stu.baselines.settings import PatchDiscriminatorConfig
from apvg_core.stages.stu.baselines.vid2vid import Vid2Vid
from tests.conftest import FPS

B, T, SIZE = 2, 5, 32
KEYPOINTS = torch.rand(B, T, 60, 2)
STILLS = {"reference": torch.rand(B, 3, SIZE, SIZE), "plate": torch.rand(B, 3, SIZE, SIZE)}
POSES = heatmaps(KEYPOINTS, SIZE, SIZE)
BASELINES = {name: of_recipe["tiny"] for name, of_recipe in TABLE_3.items()}


def begin(name: str) -> tuple[torch.Tensor, ...]:
    """A baseline's state before the first frame."""
    return initial_state(stage_spec(get_recipe(f"tiny+{name}"), "stu", SIZE, FPS), {}, batch=B)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize("name", BASELINES)
def test_a_baseline_streams(name: str) -> None:
    network = build_network(BASELINES[name], FPS)
    whole, after = network({"heatmap": POSES, **STILLS}, begin(name))
    assert whole.shape == (B, T, 3, SIZE, SIZE)
    assert 0 <= whole.min() < whole.max() <= 1
    state = begin(name)
    parts = []
    for some in (slice(0, 1), slice(1, 2), slice(2, 5)):
        part, state = network({"heatmap": POSES[:, some], **STILLS}, state)
        parts.append(part)
    torch.testing.assert_close(torch.cat(parts, 1), whole, rtol=1e-4, atol=1e-4)
    for streamed, at_once in zip(state, after, strict=True):
        torch.testing.assert_close(streamed, at_once, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", BASELINES)
def test_a_baselines_state_has_one_shape_and_holds_its_last_frame(name: str) -> None:
    network = build_network(BASELINES[name], FPS)
    before = begin(name)
    frames, after = network({"heatmap": POSES, **STILLS}, before)
    assert [part.shape for part in before] == [part.shape for part in after]
    torch.testing.assert_close((after[0][:, -3:] + 1) / 2, frames[:, -1])


@pytest.mark.parametrize("name", BASELINES)
def test_pose_and_past_reach_a_baselines_output(name: str) -> None:
    network = build_network(BASELINES[name], FPS)
    poses = POSES[:, :1].clone().requires_grad_()
    stills = {name: still.clone().requires_grad_() for name, still in STILLS.items()}
    state = tuple(torch.rand_like(part).requires_grad_() for part in begin(name))
    frames, _ = network({"heatmap": poses, **stills}, state)
    frames.square().sum().backward()
    for part in (poses, *stills.values(), *state):
        assert part.grad is not None
        assert part.grad.flatten(1).abs().amax(1).min() > 0
    for parameter in network.parameters():
        assert parameter.grad is not None


@pytest.mark.parametrize("name", BASELINES)
def test_without_stills_a_baseline_sees_the_pose_alone_as_in_runs_of_before(name: str) -> None:
    settings = asdict(BASELINES[name])
    for new in ("stills", "ground_truth_keypoints", "weight_squared"):
        del settings[new]
    config = type(BASELINES[name]).from_json(settings)
    recipe = replace(get_recipe(f"tiny+{name}"), stu=config)
    assert stage_spec(recipe, "stu", SIZE, FPS).names == ("heatmap",)
    frames, _ = build_network(config, FPS)({"heatmap": POSES}, begin(name))
    assert frames.shape == (B, T, 3, SIZE, SIZE)


def test_vid2vid_is_what_was_there_moved_where_nothing_is_painted() -> None:
    network = Vid2Vid(BASELINES["vid2vid"])
    last = network.flow_decoder[-1]
    nn.init.zeros_(last.weight)
    with torch.no_grad():
        last.bias.copy_(torch.tensor([1.0, 0.0, -50.0]))  # all from one pixel to the right; m = 0
    past, poses, begun = begin("vid2vid")
    past, begun = torch.rand_like(past), torch.ones_like(begun)
    frames, flows, (after, *_) = network.unroll({"heatmap": POSES[:, :1], **STILLS}, (past, poses, begun))
    expected = torch.cat([past[:, -3:, :, 1:], past[:, -3:, :, -1:]], 3)
    torch.testing.assert_close(frames[:, 0] * 2 - 1, expected, rtol=1e-4, atol=1e-5)
    assert torch.equal(flows, torch.tensor([1.0, 0.0])[:, None, None].expand_as(flows))
    assert torch.equal(after[:, :3], past[:, 3:])


def test_vid2vid_paints_the_first_frame() -> None:
    network = Vid2Vid(BASELINES["vid2vid"])
    with torch.no_grad():
        network.flow_decoder[-1].bias[2] = -50.0  # m = 0: keep everything
    frames, _ = network({"heatmap": POSES, **STILLS}, begin("vid2vid"))
    assert frames[:, 0].std() > 0.1  # of the zero image nothing was kept


def test_the_discriminator_judges_runs_of_frames_with_their_poses_at_each_scale() -> None:
    network = MultiScaleDiscriminator(PatchDiscriminatorConfig(channels=(8, 16, 16), scales=2), span=2)
    poses, frames = torch.rand(B, T, 1, SIZE, SIZE), torch.rand(B, T, 3, SIZE, SIZE)
    valid = torch.ones(B, T, dtype=torch.bool)
    features = network(poses, frames, valid)
    # 32 halves to 17 and 9, two convolutions that do not halve add one each; the other scale sees 16.
    assert [tuple(x.shape[1:]) for x in features[0]] == [(8, 17, 17), (16, 9, 9), (16, 10, 10), (1, 11, 11)]
    assert features[1][-1].shape == (B * (T - 1), 1, 7, 7)
    for others in ((poses.flip(3), frames), (poses, frames.flip(3))):
        assert not torch.allclose(network(*others, valid)[0][-1], features[0][-1])
    valid[0, 2:] = False  # of the first sequence there are two frames, of which there is one run
    left = network(poses, frames, valid)[0][-1]
    torch.testing.assert_close(left, torch.cat([features[0][-1][:1], features[0][-1][T - 1 :]]))


@pytest.mark.parametrize(("name", "millions", "gigaflop"), [("ebdn", 182, 110), ("vid2vid", 365, 830)])
def test_at_paper_the_baselines_have_their_published_sizes(
    name: str, millions: float, gigaflop: float
) -> None:
    frames, size = 2, 256
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        recipe = get_recipe(f"paper+{name}")
        network, spec = build_network(recipe.stu, FPS), stage_spec(recipe, "stu", size, FPS)
        poses = {"heatmap": torch.rand(1, frames, 1, size, size)}
        network(poses, initial_state(spec, poses, device="meta"))
    assert parameter_count(network) / 1e6 == pytest.approx(millions, rel=0.01)
    assert counter.get_total_flops() / frames / 1e9 == pytest.approx(gigaflop, rel=0.02)


def test_blocks_are_shared_out_between_encoders_and_decoders() -> None:
    config = replace(BASELINES["vid2vid"], blocks=3)
    network = Vid2Vid(config)
    blocks = {
        name: sum(type(layer).__name__ == "ResidualBlock" for layer in part.modules())
        for name, part in network.named_children()
    }
    assert blocks == {"pose_encoder": 2, "frame_encoder": 2, "image_decoder": 1, "flow_decoder": 1}
    assert isinstance(build_network(BASELINES["ebdn"], FPS), EBDN)
