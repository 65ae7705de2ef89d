"""The interface of a stage's network: its named inputs, its state and its output, with their shapes.

PyTorch, OpenVINO, the pipeline and the trainings read it; nothing here imports any of them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

BLOCK_FRAMES: Final = 8
"""Frames that go through a network together at generation; networks only ever see blocks of this length."""

Axis = int | Literal["batch", "frames"]


@dataclass(frozen=True)
class ArraySpec:
    """A named array.

    Attributes:
        name: By which it is passed.
        axes: Its shape; "batch" and "frames" are as many as there are.
    """

    name: str
    axes: tuple[Axis, ...]

    def shape(self, *, batch: int = 1, frames: int = BLOCK_FRAMES) -> tuple[int, ...]:
        """Return the shape for so many sequences of so many frames."""
        sizes = {"batch": batch, "frames": frames}
        return tuple(axis if isinstance(axis, int) else sizes[axis] for axis in self.axes)

    @property
    def edge(self) -> int:
        """Edge of square images, in pixels."""
        edge = self.axes[-1]
        assert isinstance(edge, int)
        return edge


@dataclass(frozen=True)
class StateSpec(ArraySpec):
    """An array that a network gives at the end of a block and takes at the beginning of the next.

    Attributes:
        begins_as: The input that it is a copy of before the first block; None: zeros.
    """

    begins_as: str | None = None


@dataclass(frozen=True, kw_only=True)
class StageSpec:
    """A network's interface.

    Attributes:
        inputs: The arrays that a step takes, by name; in this order where they stand in a row.
        state: The arrays that it remembers from block to block, in the order of the network.
        output: The array that it gives.
        lookahead: Frames of what follows that it hears: its output is of the frames so many before its
            inputs'. A multiple of `BLOCK_FRAMES`.
        exact: Compute in float32 in any case: bfloat16 would move keypoints by pixels.
        frame_by_frame: It walks through the frames one after the other, so that a runtime may call it for
            each.
        images: At generation its output is clipped to [0, 1] and given as images (batch, frames, h, w, 3)
            uint8.
    """

    inputs: tuple[ArraySpec, ...]
    state: tuple[StateSpec, ...]
    output: ArraySpec
    lookahead: int = 0
    exact: bool = False
    frame_by_frame: bool = False
    images: bool = False

    def row(self, inputs: Mapping[str, Any]) -> Iterator[Any]:
        """Check inputs, and yield them in a row.

        Args:
            inputs: An array of NumPy or tensor of PyTorch for each of `inputs`, by its name and in its shape.

        Raises:
            ValueError: One is missing, is of another shape, or has other frames or another batch than the
                rest.
        """
        if inputs.keys() != set(self.names):
            raise ValueError(f"A step takes {', '.join(self.names)}, not {', '.join(inputs)}.")
        sizes: dict[str, int] = {}
        for spec in self.inputs:
            found = tuple(inputs[spec.name].shape)
            for axis, size in zip(spec.axes, found, strict=False):
                if isinstance(axis, str):
                    sizes.setdefault(axis, size)
            wanted = spec.shape(**sizes) if len(found) == len(spec.axes) else None
            if found != wanted:
                raise ValueError(f"{spec.name} must be of shape {spec.axes}, with {sizes}, not {found}.")
            yield inputs[spec.name]

    @property
    def names(self) -> tuple[str, ...]:
        """The inputs' names."""
        return tuple(spec.name for spec in self.inputs)
