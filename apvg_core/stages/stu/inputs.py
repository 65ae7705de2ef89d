"""Every input that a last stage (the STU, or a baseline in its place) may take, and how each is made.

The same code makes them for training (PyTorch) and for generation (NumPy). To add one: a line in `axes`, a
line in `MAKERS`, and its name in the spec of the network that takes it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from apvg_core.skeleton import NUM_JOINTS
from apvg_core.stages.spec import ArraySpec, Axis, StageSpec
from apvg_core.units import CQT_BINS, WINDOW_COLUMNS


@dataclass(frozen=True, kw_only=True)
class Known:
    """All that is known of some frames before they are painted: arrays of NumPy or tensors of PyTorch.

    Attributes:
        windows: CQT windows in dB, (b, t, 84, 87).
        keypoints: Keypoints in [0, 1], (b, t, 60, 2); None where there is no KHP.
        coarse: Coarse frames in [0, 1], (b, t, 3, h', w'); None where there is no CVG.
        reference: The performers' reference frames in [0, 1], (b, 3, h, w).
        plate: The performers' plates in [0, 1], (b, 3, h, w); None in runs that have none.
        reference_keypoints: The keypoints of the reference frames, (b, 60, 2).
        heatmaps: Makes Eq. 1 (b, t, 1, n, n) of keypoints (b, t, 60, 2) and n.
    """

    windows: Any
    keypoints: Any | None
    coarse: Any | None
    reference: Any
    plate: Any | None
    reference_keypoints: Any
    heatmaps: Callable[[Any, int], Any]


MAKERS: Final[Mapping[str, Callable[[Known, ArraySpec], Any]]] = {
    "coarse": lambda known, _: known.coarse,
    "heatmap": lambda known, spec: known.heatmaps(known.keypoints, spec.edge),
    "keypoints": lambda known, _: known.keypoints,
    # given, as a network that computes with few digits would take the difference of two rounded positions
    "displacements": lambda known, _: known.reference_keypoints[:, None] - known.keypoints,
    "windows": lambda known, _: known.windows,
    "reference": lambda known, _: known.reference,
    "plate": lambda known, _: known.plate,
}
"""How each input is made; `displacements` lead from the keypoints to the reference frame's."""


def make_inputs(spec: StageSpec, known: Known) -> dict[str, Any]:
    """Make the inputs that a network takes, by name, in the shapes of its spec."""
    return {array.name: MAKERS[array.name](known, array) for array in spec.inputs}


def declared(
    names: Mapping[str, bool], *, size: int, coarse_size: int, heatmap_size: int
) -> tuple[ArraySpec, ...]:
    """List the inputs whose names are true; frames, coarse frames and heatmaps have so many pixels a side."""
    axes = _axes(size, coarse_size, heatmap_size)
    return tuple(ArraySpec(name, axes[name]) for name, taken in names.items() if taken)


def _axes(size: int, coarse_size: int, heatmap_size: int) -> dict[str, tuple[Axis, ...]]:
    return {
        "coarse": ("batch", "frames", 3, coarse_size, coarse_size),
        "heatmap": ("batch", "frames", 1, heatmap_size, heatmap_size),
        "keypoints": ("batch", "frames", NUM_JOINTS, 2),
        "displacements": ("batch", "frames", NUM_JOINTS, 2),
        "windows": ("batch", "frames", CQT_BINS, WINDOW_COLUMNS),
        "reference": ("batch", 3, size, size),
        "plate": ("batch", 3, size, size),
    }
