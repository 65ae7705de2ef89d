"""What the specs say is what the networks do, in every variant."""

import pytest
import torch

from apvg_core.recipes import TINY, VARIANTS, get_recipe
from apvg_core.stages.networks import build_network, initial_state
from apvg_core.stages.specs import stage_spec
from tests.conftest import FPS

SIZE, BATCH, FRAMES = 64, 2, 3


@pytest.mark.parametrize("variant", ["", *VARIANTS])
def test_a_network_takes_and_gives_what_its_spec_says(variant: str) -> None:
    recipe = get_recipe(f"tiny+{variant}" if variant else "tiny")
    for stage in recipe.stages:
        spec = stage_spec(recipe, stage, SIZE, FPS)
        network = build_network(getattr(recipe, stage), FPS)
        inputs = {array.name: torch.rand(array.shape(batch=BATCH, frames=FRAMES)) for array in spec.inputs}
        with torch.inference_mode():
            output, state = network(inputs, initial_state(spec, inputs, batch=BATCH))
        assert tuple(output.shape) == spec.output.shape(batch=BATCH, frames=FRAMES)
        assert [tuple(part.shape) for part in state] == [part.shape(batch=BATCH) for part in spec.state]


def test_what_a_recipe_leaves_out_is_no_input() -> None:
    def names(variant: str) -> set[str]:
        return set(stage_spec(get_recipe(f"tiny+{variant}"), "stu", SIZE, FPS).names)

    everything = set(stage_spec(TINY, "stu", SIZE, FPS).names)
    assert everything - names("without-cvg") == {"coarse"}
    assert {"heatmap", "keypoints", "displacements"} & names("without-khp") == set()
    assert names("ebdn") == names("vid2vid") == {"heatmap", "reference", "plate"}


def test_state_begins_as_its_input_or_zero() -> None:
    spec = stage_spec(TINY, "cvg", SIZE, FPS)
    reference = torch.rand(spec.inputs[2].shape(batch=BATCH))
    previous, *memory = initial_state(spec, {"reference": reference}, batch=BATCH)
    assert previous is reference
    assert [part.any().item() for part in memory] == [
        False
    ] * 3  # what waits, the LSTM's hidden and cell state


def test_keypoints_are_exact_and_only_the_last_stage_gives_images() -> None:
    specs = {stage: stage_spec(TINY, stage, SIZE, FPS) for stage in TINY.stages}
    assert [stage for stage, spec in specs.items() if spec.exact] == ["khp"]
    assert [stage for stage, spec in specs.items() if spec.images] == ["stu"]
