"""Shapes, streaming and structure of the paper's networks, at their smallest."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn.functional import interpolate
from torch.utils.flop_counter import FlopCounterMode

from apvg_core.errors import ConfigError
from apvg_core.layers.blocks import (
    AudioEncoder,
    image_to_tensor,
    kaiming_init,
    pixel_shuffle_from_last,
    pixel_unshuffle_to_last,
    resized,
    tensor_to_image,
)
from apvg_core.layers.dlt import heatmaps
from apvg_core.layers.vgg import VGGFeatures, VGGStem, find_weights
from apvg_core.recipes import RECIPES, TINY
from apvg_core.skeleton import EDGES, RIGHT_HAND
from apvg_core.stages.cvg.network import CVG
from apvg_core.stages.khp.network import KHP
from apvg_core.stages.stu.cnn_gru import CNNGRU
from apvg_core.stages.stu.discriminator import Discriminator
from apvg_core.stages.stu.gcn import GCN, normalised_adjacency
from apvg_core.stages.stu.keypoint_flow import KeypointFlow
from apvg_core.stages.stu.network import STU
from apvg_core.stages.stu.pose_lines import PoseLines
from apvg_core.units import CQT_FLOOR_DB

B, T, SIZE = 2, 6, 64
WINDOWS = torch.rand(B, T, 84, 87) * -CQT_FLOOR_DB + CQT_FLOOR_DB
KEYPOINTS = torch.rand(B, T, 60, 2)
MARKS = heatmaps(KEYPOINTS, SIZE, SIZE)
COARSE = torch.rand(B, T, 3, SIZE // 2, SIZE // 2)
STILLS = torch.rand(B, 6, SIZE, SIZE)
REFERENCE, PLATE = STILLS.split(3, 1)
MOVED = 0.2 * torch.rand(B, T, 60, 2) - 0.1


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def test_khp_streams() -> None:
    network = KHP(TINY.khp)
    average = torch.rand(B, 60, 2)
    whole, _ = network(WINDOWS, average, network.initial_state(B))
    assert whole.shape == (B, T, 60, 2)
    first, state = network(WINDOWS[:, :4], average, network.initial_state(B))
    second, _ = network(WINDOWS[:, 4:], average, state)
    torch.testing.assert_close(torch.cat([first, second], 1), whole)


def test_khp_hears_what_follows_and_answers_late() -> None:
    """What comes out with frame t is about frame t - lookahead, and knows of all up to t, but no more."""
    network, late = KHP(replace(TINY.khp, lookahead=8)), 8
    windows, average = torch.rand(1, 20, 84, 87) * 80 - 80, torch.rand(1, 60, 2)
    otherwise = windows.clone()
    otherwise[:, 15] = 0  # a bang
    one, other = (network(w, average, network.initial_state(1))[0] for w in (windows, otherwise))
    changed = [not torch.equal(a, b) for a, b in zip(one[0, late:], other[0, late:], strict=True)]
    assert changed == [t >= 15 - late for t in range(20 - late)]


def test_khp_does_without_what_is_dropped() -> None:
    network, average = KHP(TINY.khp), torch.rand(B, 60, 2)

    def predicted(kept: float | None) -> torch.Tensor:
        dropped = None if kept is None else torch.full((B, TINY.khp.hidden), kept)
        return network(WINDOWS, average, network.initial_state(B), dropped)[0]

    assert torch.equal(predicted(1), predicted(None))
    assert torch.equal(predicted(0), average[:, None].expand(-1, T, -1, -1))
    assert not torch.equal(predicted(1), predicted(0))


def test_khp_is_told_the_average_only_where_the_recipe_says_so() -> None:
    without = KHP(replace(TINY.khp, average_condition=False, residual=False))
    averages = torch.rand(B, 60, 2), torch.rand(B, 60, 2)
    one, other = (without(WINDOWS, average, without.initial_state(B))[0] for average in averages)
    assert torch.equal(one, other)
    told = KHP(replace(TINY.khp, residual=False))
    one, other = (told(WINDOWS, average, told.initial_state(B))[0] for average in averages)
    assert not torch.equal(one, other)


def test_khp_starts_at_the_average_pose() -> None:
    network, average = KHP(TINY.khp), torch.rand(B, 60, 2)
    predicted, _ = network(WINDOWS, average, network.initial_state(B))
    assert (predicted - average[:, None]).abs().max() < 0.3


def test_cvg_streams_and_sees_its_own_previous_frame() -> None:
    assert TINY.cvg is not None
    network = CVG(replace(TINY.cvg, reference=False)).eval()
    start, noise = COARSE[:, 0], torch.randn(B, TINY.cvg.noise)
    whole, _ = network(WINDOWS, noise, start, network.initial_state(start))
    assert whole.shape == (B, T, 3, SIZE // 2, SIZE // 2)
    assert 0 <= whole.min() <= whole.max() <= 1
    first, state = network(WINDOWS[:, :4], noise, start, network.initial_state(start))
    torch.testing.assert_close(state[0], first[:, -1])
    second, _ = network(WINDOWS[:, 4:], noise, start, state)
    # 1.2e-5 apart on a CPU with AVX2 alone
    torch.testing.assert_close(torch.cat([first, second], 1), whole, rtol=0, atol=1e-4)
    otherwise, _ = network(WINDOWS, noise, start, network.initial_state(1 - start))
    assert not torch.allclose(otherwise[:, 0], whole[:, 0])


def test_stu_streams() -> None:
    network = STU(TINY.stu)
    nn.init.normal_(network.paint.weight, std=0.1)
    arguments = COARSE, MARKS, KEYPOINTS, MOVED, WINDOWS
    whole, _ = network(*arguments, STILLS, network.initial_state(B, SIZE))
    assert whole.shape == (B, T, 3, SIZE, SIZE)
    first, state = network(*(x[:, :4] for x in arguments), STILLS, network.initial_state(B, SIZE))
    second, _ = network(*(x[:, 4:] for x in arguments), STILLS, state)
    torch.testing.assert_close(torch.cat([first, second], 1), whole, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("part", ["coarse", "heatmap", "keypoints", "windows", "moved", "state"])
def test_every_input_reaches_the_stus_output(part: str) -> None:
    network = STU(TINY.stu)
    nn.init.normal_(network.paint.weight, std=0.1)
    inputs = {
        "coarse": COARSE[:, :1], "heatmap": MARKS[:, :1], "keypoints": KEYPOINTS[:, :1],
        "moved": MOVED[:, :1], "windows": WINDOWS[:, :1], "state": network.initial_state(B, SIZE)[0],
    }  # fmt: skip
    inputs = {name: value.clone().requires_grad_() for name, value in inputs.items()}
    *given, state = inputs.values()
    frames, _ = network(*given, STILLS, (state,))
    frames.square().sum().backward()
    gradient = inputs[part].grad
    assert gradient is not None
    assert gradient.abs().max() > 0


@pytest.mark.parametrize("reference", [True, False])
def test_stu_without_coarse_frames_paints_on_grey(reference: bool) -> None:
    network = STU(replace(TINY.stu, coarse=False, reference=reference, warp=False, plate=False))
    frames, _ = network(None, MARKS, KEYPOINTS, MOVED, WINDOWS, REFERENCE, network.initial_state(B, SIZE))
    grey = (REFERENCE[:, None] + 0.5) / 2 if reference else torch.tensor(0.5)  # untrained it is undecided
    torch.testing.assert_close(frames, grey.expand_as(frames))


def test_stu_moves_the_reference() -> None:
    """It keeps what its mask says of what its flow, in pixels, points to."""
    network = STU(replace(TINY.stu, plate=False))
    patch = TINY.stu.patch**2
    with torch.no_grad():
        for channel, value in ((3, 100.0), (4, 3.0), (5, -1.0)):  # keep all; from the right, from above
            network.paint.bias[channel * patch : (channel + 1) * patch] = value
    keypoints, state = KEYPOINTS[:, :1].expand(-1, T, -1, -1), network.initial_state(B, SIZE)
    frames, _ = network(COARSE, MARKS, keypoints, torch.zeros_like(keypoints), WINDOWS, REFERENCE, state)
    moved = REFERENCE[:, None, :, :-1, 3:].expand(-1, T, -1, -1, -1)
    torch.testing.assert_close(frames[..., 1:, :-3], moved, rtol=0, atol=1e-4)

    # Its keypoints have moved 8 pixels to the right and 4 up, and everything belongs to them.
    with torch.no_grad():
        network.paint.bias[4 * patch :] = 0.0
        network.flow.belonging.bias[-1] = -1000.0
    displacements = torch.tensor([-8, 4]).expand_as(keypoints) / SIZE
    frames, _ = network(COARSE, MARKS, keypoints, displacements, WINDOWS, REFERENCE, state)
    moved = REFERENCE[:, None, :, 4:, :-8].expand(-1, T, -1, -1, -1)
    torch.testing.assert_close(frames[..., :-4, 8:], moved, rtol=0, atol=1e-4)


def test_stu_keeps_the_plate_where_nobody_is() -> None:
    """Untrained it is undecided; what it has learned to keep is the plate and nothing else."""
    network, patch = STU(replace(TINY.stu, warp=False)), TINY.stu.patch**2
    frames, _ = network(COARSE, MARKS, KEYPOINTS, MOVED, WINDOWS, STILLS, network.initial_state(B, SIZE))
    coarse = nn.functional.interpolate(COARSE.flatten(0, 1), scale_factor=2, mode="bilinear").unflatten(
        0, (B, T)
    )
    torch.testing.assert_close(frames, PLATE[:, None] / 2 + (coarse + REFERENCE[:, None]) / 4)
    with torch.no_grad():
        network.paint.bias[4 * patch :] = -100.0
    frames, _ = network(COARSE, MARKS, KEYPOINTS, MOVED, WINDOWS, STILLS, network.initial_state(B, SIZE))
    torch.testing.assert_close(frames, PLATE[:, None].expand_as(frames))


def test_places_move_as_the_keypoints_near_them() -> None:
    """Worked out by hand, before anything is learned: 60 joints in one place against standing still."""
    flow = KeypointFlow(1)
    flow.reset()
    keypoints = torch.full((1, 60, 2), 0.25)
    displacements = torch.tensor([0.1, -0.2]).expand_as(keypoints)
    moved = flow(torch.rand(1, 1, 2, 2), keypoints, displacements)
    assert moved.shape == (1, 2, 2, 2)
    share = 60 / (60 + np.exp(-4))
    torch.testing.assert_close(
        moved[0, :, 0, 0], torch.tensor([0.1 * share, -0.2 * share], dtype=torch.float32)
    )
    share = 60 / (60 + np.exp(-4 + 0.5**2 / (2 * 0.06**2)))  # half an image further right
    torch.testing.assert_close(moved[0, 0, 0, 1].item(), 0.1 * share)
    flow.belonging.bias.data[:60] = 100.0  # as is learned, all of it belongs to the joints
    torch.testing.assert_close(
        flow(torch.rand(1, 1, 2, 2), keypoints, displacements)[0, 0], torch.full((2, 2), 0.1)
    )


def test_stu_without_keypoints_sees_neither_heatmap_nor_graph() -> None:
    network = STU(replace(TINY.stu, heatmap=False, graph=False))
    nn.init.normal_(network.paint.weight, std=0.1)
    frames, _ = network(COARSE, None, None, None, WINDOWS, STILLS, network.initial_state(B, SIZE))
    assert frames.shape == (B, T, 3, SIZE, SIZE)


def test_cvg_starts_from_the_reference() -> None:
    network, reference = CVG(TINY.cvg), COARSE[:, 0]
    noise = torch.randn(B, TINY.cvg.noise)
    frames, _ = network(WINDOWS, noise, reference, network.initial_state(COARSE[:, 1]))
    assert torch.equal(frames, reference[:, None].expand_as(frames))


def test_cvg_is_shown_real_frames_where_it_is_told_to() -> None:
    network = CVG(replace(TINY.cvg, reference=False))
    start, noise, real = COARSE[:, 0], torch.zeros(B, TINY.cvg.noise), torch.rand_like(COARSE)
    nowhere, everywhere = torch.zeros(B, T, dtype=torch.bool), torch.ones(B, T, dtype=torch.bool)
    arguments = WINDOWS, noise, start, network.initial_state(start)
    own, _ = network(*arguments)
    forced, _ = network(*arguments, real, nowhere)
    assert torch.equal(own, forced)
    forced, _ = network(*arguments, real, everywhere)
    assert torch.equal(forced[:, 0], own[:, 0])
    # Its third frame is what it makes after the real second one, whatever it made before.
    _, (_, hidden, cell) = network(WINDOWS[:, :2], noise, start, network.initial_state(start))
    third, _ = network(WINDOWS[:, 2:3], noise, start, (real[:, 1], hidden, cell))
    torch.testing.assert_close(forced[:, 2], third[:, 0])


def test_stu_learns_through_time() -> None:
    """What the last frame is to be teaches what is remembered of the first."""
    network = STU(TINY.stu)
    nn.init.normal_(network.paint.weight, std=0.1)
    coarse = COARSE.clone().requires_grad_()
    frames, _ = network(coarse, MARKS, KEYPOINTS, MOVED, WINDOWS, STILLS, network.initial_state(B, SIZE))
    frames[:, -1].square().sum().backward()
    assert coarse.grad is not None
    assert coarse.grad[:, 0].abs().max() > 0


def test_stu_without_its_parts_is_smaller_and_forgets() -> None:
    full = STU(TINY.stu)
    plain = STU(replace(TINY.stu, recurrent=False, graph=False))
    names = {name.split(".")[0] for name, _ in full.named_parameters()}
    assert names - {name.split(".")[0] for name, _ in plain.named_parameters()} == {"gru", "gcn"}
    nn.init.normal_(plain.paint.weight, std=0.1)
    state = plain.initial_state(B, SIZE)
    arguments = COARSE, MARKS, KEYPOINTS, MOVED, WINDOWS
    once, after = plain(*arguments, STILLS, state)
    assert after is state
    alone, _ = plain(*(x[:, 3:4] for x in arguments), STILLS, state)
    torch.testing.assert_close(once[:, 3:4], alone, rtol=1e-4, atol=1e-5)


def test_cnn_gru_by_hand() -> None:
    gru = CNNGRU(1)
    for parameter in gru.parameters():
        nn.init.zeros_(parameter)
    # All gates at σ(0) = 1/2 and the candidate at tanh(0) = 0: half of the hidden state stays.
    assert gru(torch.rand(1, 1, 2, 2), torch.full((1, 1, 2, 2), 0.8)).unique().item() == pytest.approx(0.4)
    with torch.no_grad():
        gru.gates.bias[1] = 50.0  # u = 1: keep everything
    assert gru(torch.rand(1, 1, 2, 2), torch.full((1, 1, 2, 2), 0.8)).unique().item() == pytest.approx(0.8)


def test_gcn_mixes_neighbours_as_kipf_and_welling() -> None:
    adjacency = normalised_adjacency()
    assert torch.equal(adjacency, adjacency.T)
    # The nose has neck and both eyes as neighbours, so degree 4; the neck nose, shoulders and hips: 6.
    assert adjacency[0, 0] == pytest.approx(1 / 4)
    assert adjacency[0, 1] == pytest.approx(1 / np.sqrt(4 * 6))
    assert (adjacency > 0).sum() == 60 + 2 * len(EDGES)
    gcn = GCN(1, 1, 1)
    for layer in (gcn.first, gcn.second):
        nn.init.ones_(layer.weight)
    nodes = torch.rand(1, 60, 1)
    torch.testing.assert_close(gcn(nodes), adjacency @ adjacency @ nodes)


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


def test_audio_encoder_knows_when_in_the_window_something_sounds() -> None:
    encoder = AudioEncoder(TINY.khp.audio)
    early, late = torch.full((2, 1, 84, 87), CQT_FLOOR_DB)
    early[:, 40, :20] = 0
    late[:, 40, -20:] = 0
    assert not torch.allclose(encoder(early), encoder(late))


def test_kaiming_initialisation() -> None:
    layer = nn.Conv2d(64, 64, 3)
    kaiming_init(layer)
    assert layer.weight.std().item() == pytest.approx(np.sqrt(2 / (64 * 9)), rel=0.05)
    assert layer.bias is not None
    assert not layer.bias.any()


@pytest.mark.parametrize("stage", ["khp", "cvg", "stu"])
def test_the_networks_are_initialised_so(stage: str) -> None:
    recipe = RECIPES["fast"]
    network = {"khp": KHP, "cvg": CVG, "stu": STU}[stage](getattr(recipe, stage))
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv1d | nn.Conv2d) and not name.endswith(("paint", "belonging")):
            fan_in = module.weight[0].numel()
            assert module.weight.std().item() == pytest.approx(np.sqrt(2 / fan_in), rel=0.15), name
            assert not module.bias.any()


def test_images_survive_the_way_to_tensors_and_back() -> None:
    images = torch.randint(0, 256, (2, 3, 8, 8, 3), dtype=torch.uint8)
    assert torch.equal(tensor_to_image(image_to_tensor(images)), images)


def test_fast_costs_under_five_gigaflop_a_frame() -> None:
    recipe, size, frames = RECIPES["fast"], 256, 2
    assert recipe.khp is not None
    assert recipe.cvg is not None
    khp, cvg, stu = KHP(recipe.khp), CVG(recipe.cvg), STU(recipe.stu)
    windows, coarse = WINDOWS[:1, :frames], torch.rand(1, frames, 3, size // 4, size // 4)
    stills = torch.rand(1, 6, size, size)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        khp(windows, KEYPOINTS[:1, 0], khp.initial_state(1))
        cvg(windows, torch.zeros(1, recipe.cvg.noise), coarse[:, 0], cvg.initial_state(coarse[:, 0]))
        marks = torch.rand(1, frames, 1, size, size)
        keypoints, moved = KEYPOINTS[:1, :frames], MOVED[:1, :frames]
        stu(coarse, marks, keypoints, moved, windows, stills, stu.initial_state(1, size))
    assert counter.get_total_flops() / frames < 5e9


def _vgg_file(path, widths=(64, 64, 128, 128, 256), metadata=None):
    names = ("conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1")
    tensors = {}
    for name, a, b in zip(names, (3, *widths), widths, strict=False):
        tensors[f"{name}.weight"] = torch.randn(b, a, 3, 3) * 0.1
        tensors[f"{name}.bias"] = torch.zeros(b)
    save_file(tensors, path, metadata)
    return path


def test_vgg_weights_from_safetensors(tmp_path) -> None:
    path = _vgg_file(tmp_path / "vgg.safetensors", metadata={"input": "RGB in [0,1]", "padding": "reflect"})
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


def test_maps_are_resized_each_by_itself() -> None:
    maps = torch.rand(2, 3, 2, 4, 5)  # sequences, frames, channels
    expected = [[interpolate(x[None], (8, 15), mode="bilinear")[0] for x in frames] for frames in maps]
    torch.testing.assert_close(resized(maps, 8, 15), torch.stack([torch.stack(x) for x in expected]))


def test_lines_lead_from_the_hands() -> None:
    """By hand: the right one leads 0.4 to the right and 0.3 down to the nose, before anything is learned."""
    lines = PoseLines()
    kaiming_init(lines)
    lines.reset()
    keypoints = torch.rand(1, 60, 2)
    keypoints[:, RIGHT_HAND], keypoints[:, 0] = torch.tensor([0.1, 0.2]), torch.tensor([0.5, 0.5])
    maps = _second_line(lines(keypoints, 2, 2))
    # Places at 0.25 and 0.75; (0.4, 0.3) / 0.5 is along it, (-0.3, 0.4) / 0.5 beside.
    along = torch.tensor([[0.8 * 0.15 + 0.6 * 0.05, 0.8 * 0.65 + 0.6 * 0.05], [0.45, 0.85]])
    beside = torch.tensor([[-0.6 * 0.15 + 0.8 * 0.05, -0.6 * 0.65 + 0.8 * 0.05], [0.35, 0.05]])
    torch.testing.assert_close(maps[0], along, rtol=0, atol=1e-4)
    torch.testing.assert_close(maps[1], beside, rtol=0, atol=1e-4)
    torch.testing.assert_close(maps[3], torch.exp(-0.5 * (beside / 0.05) ** 2), rtol=0, atol=1e-3)

    with torch.no_grad():
        lines.shift[-1].bias[2:4] = torch.tensor([0.0, 0.1])  # its hand is 0.1 further down
    shifted = _second_line(lines(keypoints, 2, 2))
    way = torch.tensor([0.4, 0.2]) / 0.2**0.5
    assert shifted[0, 0, 0].item() == pytest.approx(float(way @ torch.tensor([0.15, -0.05])), abs=1e-4)


def test_pixels_are_shuffled_as_pytorch_does() -> None:
    maps = torch.randn(2, 12, 3, 5)
    large = torch.nn.functional.pixel_shuffle(maps, 2)
    assert torch.equal(pixel_shuffle_from_last(maps.permute(0, 2, 3, 1), 2), large)
    assert torch.equal(pixel_unshuffle_to_last(large, 2).permute(0, 3, 1, 2), maps)


def _second_line(maps_nhwc: torch.Tensor) -> torch.Tensor:
    """Its four maps (4, height, width)."""
    return maps_nhwc[0].unflatten(2, (4, 8))[:, :, :, 1].permute(2, 0, 1)


def test_stu_sees_its_lines() -> None:
    """With no graph, and where nothing moves, keypoints themselves come to it by the lines alone."""
    state, still = STU(TINY.stu).initial_state(B, SIZE), torch.zeros_like(MOVED)
    for lines in (False, True):
        network = STU(replace(TINY.stu, graph=False, lines=lines))
        nn.init.normal_(network.paint.weight, std=0.1)
        keypoints = KEYPOINTS.clone().requires_grad_()
        network(COARSE, MARKS, keypoints, still, WINDOWS, STILLS, state)[0].sum().backward()
        assert keypoints.grad is not None
        assert bool(keypoints.grad.any()) == lines


def test_a_feature_that_leaks_can_always_learn() -> None:
    """Below zero a plain ReLU passes nothing back."""
    for leak, alive in ((0.0, False), (0.1, True)):
        encoder = AudioEncoder(replace(TINY.khp.audio, leak=leak))
        nn.init.constant_(encoder.project[0].bias, -1e3)
        encoder(WINDOWS[:, 0]).sum().backward()
        gradient = encoder.project[0].weight.grad
        assert gradient is not None
        assert bool(gradient.any()) == alive
