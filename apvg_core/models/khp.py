"""Keypoint prediction: the KHP of section III.A without its heatmap, which is `dlt.heatmap`.

Axes: b batch, t frames, f CQT bins, c CQT columns, p joints.
"""

import torch
from torch import Tensor, nn

from apvg_core.config import KHPConfig
from apvg_core.models.layers import AudioEncoder, flatten_time, kaiming_init, unflatten_time
from apvg_core.skeleton import NUM_JOINTS

KHPState = tuple[Tensor, Tensor]
"""The LSTM's hidden and cell state, each (layers, b, hidden)."""


class KHP(nn.Module):
    """Motion encoder ⊕ the performer's average keypoints → LSTM → fully connected → keypoints.

    The paper leaves all sizes open. With `residual` (ours) the last layer says how far each joint is
    from its average.
    """

    def __init__(self, config: KHPConfig) -> None:
        super().__init__()
        self.config = config
        self.motion = AudioEncoder(config.audio)
        condition = 2 * NUM_JOINTS if config.average_condition else 0
        self.lstm = nn.LSTM(config.audio.features + condition, config.hidden, config.layers, batch_first=True)
        self.head = nn.Linear(config.hidden, 2 * NUM_JOINTS)
        kaiming_init(self)
        # The start is the middle of the picture, or the average pose, not somewhere far outside.
        nn.init.normal_(self.head.weight, std=0.01)
        nn.init.constant_(self.head.bias, 0.0 if config.residual else 0.5)

    def initial_state(self, batch: int, device: torch.device | str = "cpu") -> KHPState:
        """The state before the first frame."""
        shape = (self.config.layers, batch, self.config.hidden)
        return torch.zeros(shape, device=device), torch.zeros(shape, device=device)

    def forward(self, windows_btfc: Tensor, average_bp2: Tensor, state: KHPState) -> tuple[Tensor, KHPState]:
        """One step over t frames.

        Args:
            windows_btfc: CQT windows in dB, (b, t, 84, 87).
            average_bp2: The performers' average keypoints, (b, 60, 2).
            state: From `initial_state` or the step before.

        Returns:
            Keypoints (b, t, 60, 2) in [0, 1] of the square, and the next state.
        """
        batch, frames = windows_btfc.shape[:2]
        motion = unflatten_time(self.motion(flatten_time(windows_btfc)), batch)
        if self.config.average_condition:
            condition = average_bp2.flatten(1)[:, None].expand(-1, frames, -1)
            motion = torch.cat([motion, condition], 2)
        hidden, state = self.lstm(motion, state)
        keypoints = self.head(hidden).unflatten(2, (NUM_JOINTS, 2))
        if self.config.residual:
            keypoints = keypoints + average_bp2[:, None]
        return keypoints, state
