"""vid2vid (Wang, Liu, Zhu et al. 2018): the previous frame moved along a flow, and painted where that fails.

Axes: b batch, t frames, l frames of the past, h and w the image's.
"""

import torch
from torch import Tensor

from apvg_core.config import Vid2VidConfig
from apvg_core.layers.blocks import consecutive, kaiming_init, unflatten_time
from apvg_core.layers.warp import warp
from apvg_core.stages.stu.baselines.baseline import Rival, State
from apvg_core.stages.stu.baselines.resnet import decoder, encoder


class Vid2Vid(Rival):
    """The sequential generator: frame(t) = (1 - m) * warp(frame(t-1), w) + m * h.

    One encoder sees the current and the last l pose maps, another the last l frames; the sum of their
    features goes through two decoders, one for the painted image h, one for the flow w and the mask m.
    The residual blocks lie half in the encoders, half in the decoders. Pose maps are known beforehand, so
    their encoder sees all frames at once; only the rest walks. Before the first frame lie zero images,
    from which nothing can be moved: the first frame is h alone, of the pose alone (the paper has a network of
    its own for it, or begins with a real one).

    Left out are the finer generators around this one, for images of more than 512 x 256, and the split of
    foreground and background, for label maps.
    """

    def __init__(self, config: Vid2VidConfig) -> None:
        super().__init__()
        self.config = config
        after = config.blocks // 2
        before = config.blocks - after
        self.poses = encoder(config.history + 1, config.channels, before)
        self.past = encoder(3 * config.history, config.channels, before)
        self.paint = decoder(config.channels, 3, after)
        self.move = decoder(config.channels, 2 + 1, after)
        kaiming_init(self)

    def initial_state(self, batch: int, size: int, device: torch.device | str = "cpu") -> State:
        """No frames yet (b, 3 l, h, w), nor pose maps (b, l, 1, h, w), the oldest first.

        Images are in [-1, 1] in here. The third, (b, 1, 1, 1), is 1 where there is a previous frame.
        """
        past = self.config.history
        return (
            torch.zeros(batch, 3 * past, size, size, device=device),
            torch.zeros(batch, past, 1, size, size, device=device),
            torch.zeros(batch, 1, 1, 1, device=device),
        )

    def unroll(self, poses_bt1hw: Tensor, state: State) -> tuple[Tensor, Tensor, State]:
        """See `Rival.unroll`."""
        past, past_poses, begun = state
        poses = torch.cat([past_poses, poses_bt1hw], 1)
        features = self.poses(consecutive(poses, self.config.history + 1))
        frames, flows = [], []
        for feature in unflatten_time(features, len(poses)).unbind(1):
            mixed = feature + self.past(past) * begun  # norms of a zero image would make gradients explode
            painted = torch.tanh(self.paint(mixed).float())
            moved = self.move(mixed).float()
            flow, kept = moved[:, :2], torch.sigmoid(-moved[:, 2:]) * begun  # 1 - m
            frame = torch.lerp(painted, warp(past[:, -3:], flow[:, None])[:, 0], kept)
            past, begun = torch.cat([past[:, 3:], frame], 1), torch.ones_like(begun)
            frames.append(frame)
            flows.append(flow)
        frames_bt3hw = (torch.stack(frames, 1) + 1) / 2
        return frames_bt3hw, torch.stack(flows, 1), (past, poses[:, -self.config.history :], begun)
