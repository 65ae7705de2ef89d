"""The interface of a step: a network that goes through a song block by block."""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy.typing as npt

from apvg_core.stages.spec import StageSpec

Array = npt.NDArray[Any]


class Step(Protocol):
    """A network that goes through a song block by block, a batch of one.

    Attributes:
        spec: Its interface.
    """

    spec: StageSpec

    def start(self, inputs: Mapping[str, Array]) -> Any:
        """Make the state before the first block.

        Args:
            inputs: The arrays that parts of the state begin as, by name, in the shapes of the spec.
        """

    def __call__(self, inputs: Mapping[str, Array], state: Any) -> tuple[Array, Any]:
        """Go one block further.

        Args:
            inputs: An array for each of the spec's inputs, by its name and in its shape.
            state: From `start` or the step before.

        Returns:
            The network's output [shape: the spec's], and the next state.

        Raises:
            ValueError: The inputs are not those of the spec.
        """
