"""The common interface of the baselines: they take the STU's place, and see the pose maps alone.

Axes: b batch, t frames, h and w the image's.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from torch import Tensor, nn


class Baseline(nn.Module, ABC):
    """A video-to-video network that is called as the STU is; its spec declares which of the inputs it takes.

    It knows one performer, by heart, and hears nothing. The pose is the map of Eq. 1, as section IV.D wants
    it; both baselines' own papers draw sticks between the joints.
    """

    @abstractmethod
    def unroll(
        self, poses_bt1hw: Tensor, state: tuple[Tensor, ...]
    ) -> tuple[Tensor, Tensor | None, tuple[Tensor, ...]]:
        """Go one block of t frames further.

        Args:
            poses_bt1hw: Pose maps, (b, t, 1, h, w).
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
            inputs: `heatmap`, Eq. 1 of the keypoints, (b, t, 1, h, w).
            state: As its spec says.

        Returns:
            Frames (b, t, 3, h, w) in [0, 1], and the next state.
        """
        frames, _, state = self.unroll(inputs["heatmap"], state)
        return frames, state
