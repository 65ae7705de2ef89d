"""Training and generation make a last stage's inputs by the same code."""

import numpy as np
import torch

from apvg_core.drawing.heatmaps import heatmaps as numpy_heatmaps
from apvg_core.layers.dlt import heatmaps
from apvg_core.recipes import TINY
from apvg_core.stages.specs import stage_spec
from apvg_core.stages.stu.inputs import Known, make_inputs
from tests.conftest import FPS

SIZE = 64


def known(**changes: object) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    shapes = {
        "windows": (1, 8, 84, 87), "keypoints": (1, 8, 60, 2), "coarse": (1, 8, 3, 32, 32),
        "reference": (1, 3, SIZE, SIZE), "plate": (1, 3, SIZE, SIZE), "reference_keypoints": (1, 60, 2),
    }  # fmt: skip
    return {name: rng.random(shape, np.float32) for name, shape in shapes.items()}


def test_numpy_and_pytorch_make_the_same_inputs() -> None:
    spec, arrays = stage_spec(TINY, "stu", SIZE, FPS), known()
    ours = make_inputs(
        spec, Known(**arrays, heatmaps=lambda keypoints, n: numpy_heatmaps(keypoints[0], n)[None])
    )
    tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
    theirs = make_inputs(spec, Known(**tensors, heatmaps=lambda keypoints, n: heatmaps(keypoints, n, n)))
    assert tuple(ours) == tuple(theirs) == spec.names
    list(spec.row(ours))  # of the shapes that the spec says
    for name in spec.names:
        np.testing.assert_allclose(ours[name], theirs[name].numpy(), rtol=0, atol=1e-6)


def test_displacements_lead_to_the_reference() -> None:
    arrays = known()
    inputs = make_inputs(stage_spec(TINY, "stu", SIZE, FPS), Known(**arrays, heatmaps=lambda _, __: None))
    back = inputs["keypoints"] + inputs["displacements"]
    np.testing.assert_allclose(
        back, np.broadcast_to(arrays["reference_keypoints"][:, None], back.shape), atol=1e-6
    )
