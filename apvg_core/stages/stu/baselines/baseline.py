"""The common interface of the baselines: they take the STU's place, and see pose maps and perhaps stills.

Axes: b batch, t frames, h and w the image's.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor, nn

STILLS: Final = ("reference", "plate")
"""The still images that a baseline may see, three channels each."""


class Baseline(nn.Module, ABC):
    """A video-to-video network that is called as the STU is; its spec declares which of the inputs it takes.

    It knows one performer, by heart, and hears nothing. The pose is the map of Eq. 1, as section IV.D wants
    it; both baselines' own papers draw sticks between the joints.
    """

    @abstractmethod
    def unroll(
        self, inputs: Mapping[str, Tensor], state: tuple[Tensor, ...]
    ) -> tuple[Tensor, Tensor | None, tuple[Tensor, ...]]:
        """Go one block of t frames further.

        Args:
            inputs: `heatmap`, Eq. 1 of the keypoints, (b, t, 1, h, w); with stills also `reference` and
                `plate` in [0, 1], (b, 3, h, w) each.
            state: As its spec says.

        Returns:
            Frames (b, t, 3, h, w) in [0, 1]; the flows (b, t, 2, h, w) in pixels along which they came from
            the frames before, or None where there are none; and the next state.
        """

    def forward(
        self, inputs: Mapping[str, Tensor], state: tuple[Tensor, ...]
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Go one block of t frames further.

        Args:
            inputs: As `unroll` takes them.
            state: As its spec says.

        Returns:
            Frames (b, t, 3, h, w) in [0, 1], and the next state.
        """
        frames, _, state = self.unroll(inputs, state)
        return frames, state


def stills(inputs: Mapping[str, Tensor]) -> Tensor:
    """Stack the stills that are among a baseline's inputs, in [-1, 1] as its frames are, (b, k, h, w)."""
    poses = inputs["heatmap"]
    images = [inputs[name] * 2 - 1 for name in STILLS if name in inputs]
    return torch.cat(images, 1) if images else poses.new_zeros(len(poses), 0, *poses.shape[-2:])


def still_channels(shown: bool) -> int:
    """Count the channels of `stills`."""
    return 3 * len(STILLS) if shown else 0
