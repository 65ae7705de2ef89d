"""A step's inputs are checked against its spec, and stand in its order."""

import numpy as np
import pytest

from apvg_core.stages.spec import ArraySpec, StageSpec, StateSpec

SPEC = StageSpec(
    inputs=(ArraySpec("sound", ("batch", "frames", 3)), ArraySpec("pose", ("batch", 2))),
    state=(StateSpec("memory", (1, "batch", 4)),),
    output=ArraySpec("image", ("batch", "frames", 5)),
)


def test_shapes() -> None:
    assert SPEC.inputs[0].shape(batch=2, frames=7) == (2, 7, 3)
    assert SPEC.inputs[0].shape() == (1, 8, 3)
    assert SPEC.state[0].shape(batch=6) == (1, 6, 4)


def test_inputs_stand_in_the_specs_order() -> None:
    inputs = {"pose": np.zeros((2, 2)), "sound": np.ones((2, 7, 3))}
    row = list(SPEC.row(inputs))
    assert row[0] is inputs["sound"]
    assert row[1] is inputs["pose"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"pose": None}, "A step takes sound, pose, not sound"),
        ({"more": np.zeros(1)}, "not sound, pose, more"),
        ({"sound": np.zeros((2, 7, 4))}, r"sound must be of shape .*, not \(2, 7, 4\)"),
        ({"sound": np.zeros((2, 7))}, r"not \(2, 7\)"),
        ({"pose": np.zeros((3, 2))}, r"pose must be of shape .*'batch': 2.*, not \(3, 2\)"),
    ],
)
def test_other_inputs_are_refused(changes: dict[str, np.ndarray | None], sentence: str) -> None:
    inputs = {"sound": np.zeros((2, 7, 3)), "pose": np.zeros((2, 2)), **changes}
    with pytest.raises(ValueError, match=sentence):
        list(SPEC.row({name: array for name, array in inputs.items() if array is not None}))
