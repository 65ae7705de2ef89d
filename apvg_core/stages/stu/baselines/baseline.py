"""What the rivals have in common: they take the STU's place, and see the pose maps alone.

Axes: b batch, t frames, p joints, f CQT bins, c CQT columns, h and w the image's.
"""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

State = tuple[Tensor, ...]
"""What a rival remembers of the frames before; each says what that is."""


class Rival(nn.Module, ABC):
    """A video-to-video network that is called as the STU is.

    It knows one performer, by heart, and hears nothing. The pose is the map of Eq. 1, as section IV.D wants
    it; both rivals' own papers draw sticks between the joints.
    """

    @abstractmethod
    def initial_state(self, batch: int, size: int, device: torch.device | str = "cpu") -> State:
        """The state before the first frame, for square images of `size` pixels."""

    @abstractmethod
    def unroll(self, poses_bt1hw: Tensor, state: State) -> tuple[Tensor, Tensor | None, State]:
        """One step over t frames.

        Args:
            poses_bt1hw: Pose maps.
            state: From `initial_state` or the step before.

        Returns:
            Frames (b, t, 3, h, w) in [0, 1]; the flows (b, t, 2, h, w) in pixels along which they came from
            the frames before, or None where there are none; and the next state.
        """

    def forward(
        self,
        coarse_bt3hw: Tensor | None,  # noqa: ARG002 (every last stage is called alike)
        heatmap_bt1hw: Tensor,
        keypoints_btp2: Tensor,  # noqa: ARG002
        displacements_btp2: Tensor,  # noqa: ARG002
        windows_btfc: Tensor,  # noqa: ARG002
        reference_b3hw: Tensor,  # noqa: ARG002
        state: State,
    ) -> tuple[Tensor, State]:
        """One step over t frames.

        Args:
            coarse_bt3hw: Not looked at.
            heatmap_bt1hw: Eq. 1 of the keypoints; its size is the output's.
            keypoints_btp2: Not looked at, but for their heatmap.
            displacements_btp2: Not looked at.
            windows_btfc: Not listened to.
            reference_b3hw: Not looked at.
            state: From `initial_state` or the step before.

        Returns:
            Frames (b, t, 3, h, w) in [0, 1], and the next state.
        """
        frames, _, state = self.unroll(heatmap_bt1hw, state)
        return frames, state
