"""Keypoint prediction: the KHP of section III.A without its heatmap, which is `dlt.heatmap`.

Axes: b batch, t frames, f CQT bins, c CQT columns, p joints.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from apvg_core.layers.blocks import AudioEncoder, flatten_time, kaiming_init, unflatten_time
from apvg_core.layers.lookahead import Lookahead
from apvg_core.skeleton import NUM_JOINTS
from apvg_core.stages.khp.settings import KHPConfig
from apvg_core.stages.settings import lookahead_frames


class KHP(nn.Module):
    """Motion encoder ⊕ the performer's average keypoints → LSTM → fully connected → keypoints.

    The paper leaves all sizes open. With `residual` (ours) the last layer says how far each joint is from its
    average.

    With `lookahead_s` (ours) the LSTM also hears what follows; keypoints then come late.

    Args:
        config: The settings. `khp_spec(config, fps)` is its interface.
        fps: Frames a second.
    """

    def __init__(self, config: KHPConfig, fps: float) -> None:
        super().__init__()
        self.config = config
        self.motion = AudioEncoder(config.audio)
        features = config.audio.features
        lookahead = lookahead_frames(config.lookahead_s, fps)
        self.lookahead = Lookahead(features, lookahead) if lookahead else None
        condition = 2 * NUM_JOINTS if config.average_condition else 0
        inputs = features * (2 if self.lookahead else 1) + condition
        self.lstm = nn.LSTM(inputs, config.hidden, config.layers, batch_first=True)
        self.head = nn.Linear(config.hidden, 2 * NUM_JOINTS)
        kaiming_init(self)
        # The start is the middle of the image, or the average pose, not somewhere far outside.
        nn.init.normal_(self.head.weight, std=0.01)
        nn.init.constant_(self.head.bias, 0.0 if config.residual else 0.5)

    def forward(
        self,
        inputs: Mapping[str, Tensor],
        state: tuple[Tensor, ...],
        kept_bh: Tensor | None = None,
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Go one block of t frames further.

        Args:
            inputs: `windows` (b, t, 84, 87) in dB, and `average` (b, 60, 2) in [0, 1].
            state: `waiting` (b, lookahead, features) if the network looks ahead; `hidden` and `cell`
                (layers, b, hidden).
            kept_bh: In training, what the LSTM's outputs of all of a sequence's frames are multiplied by,
                (b, hidden).

        Returns:
            Keypoints (b, t, 60, 2) in [0, 1] of the square, and the next state. They are those of the frames
            the spec's `lookahead` before the windows'; the first ones, from before the beginning, are of no
            use.
        """
        windows_btfc, average_bp2 = inputs["windows"], inputs["average"]
        batch, frames = windows_btfc.shape[:2]
        motion = unflatten_time(self.motion(flatten_time(windows_btfc)), batch)
        waiting, memory = state[:-2], state[-2:]
        if self.lookahead is not None:
            motion, waiting_blk = self.lookahead.hear(motion, *waiting)
            waiting = (waiting_blk,)
        if self.config.average_condition:
            condition = average_bp2.flatten(1)[:, None].expand(-1, frames, -1)
            motion = torch.cat([motion, condition], 2)
        hidden, memory = self.lstm(motion, memory)
        if kept_bh is not None:
            hidden = hidden * kept_bh[:, None]
        with torch.autocast(hidden.device.type, enabled=False):  # in bfloat16 a place is rounded to a pixel
            keypoints = self.head(hidden.float()).unflatten(2, (NUM_JOINTS, 2))
        if self.config.residual:
            keypoints = keypoints + average_bp2[:, None]
        return keypoints, (*waiting, *memory)
