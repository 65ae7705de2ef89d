"""vid2vid (Wang, Liu, Zhu et al. 2018): the previous frame moved along a flow, and painted where that fails.

Axes: b batch, t frames, l frames of the past, h and w the image's.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from apvg_core.layers.blocks import consecutive, kaiming_init, unflatten_time
from apvg_core.layers.warp import warp
from apvg_core.stages.stu.baselines.baseline import Baseline, still_channels, stills
from apvg_core.stages.stu.baselines.resnet import decoder, encoder
from apvg_core.stages.stu.baselines.settings import Vid2VidConfig


class Vid2Vid(Baseline):
    """The sequential generator: frame(t) = (1 - m) * warp(frame(t-1), w) + m * h.

    One encoder sees the current and the last l pose maps, another the last l frames; the sum of their
    features goes through two decoders, one for the painted image h, one for the flow w and the mask m.
    The residual blocks lie half in the encoders, half in the decoders. Pose maps are known beforehand, so
    their encoder sees all frames at once; only the rest walks. Before the first frame lie zero images,
    from which nothing can be moved: the first frame is h alone, of the pose alone (the paper has a network of
    its own for it, or begins with a real one).

    With stills, these stand beside the pose maps of each frame.

    Left out are the finer generators around this one, for images of more than 512 x 256, and the split of
    foreground and background, for label maps.
    """

    def __init__(self, config: Vid2VidConfig) -> None:
        super().__init__()
        self.config = config
        after = config.blocks // 2
        before = config.blocks - after
        self.pose_encoder = encoder(
            config.history + 1 + still_channels(config.stills), config.channels, before
        )
        self.frame_encoder = encoder(3 * config.history, config.channels, before)
        self.image_decoder = decoder(config.channels, 3, after)
        self.flow_decoder = decoder(config.channels, 2 + 1, after)
        kaiming_init(self)

    def unroll(
        self, inputs: Mapping[str, Tensor], state: tuple[Tensor, ...]
    ) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        """Generate frames (b, t, 3, h, w) and flows (b, t, 2, h, w), see `Baseline.unroll`."""
        past, past_poses, begun = state
        poses = torch.cat([past_poses, inputs["heatmap"]], 1)
        walk = consecutive(poses, self.config.history + 1)
        seen = stills(inputs).repeat_interleave(len(walk) // len(poses), 0)
        features = self.pose_encoder(torch.cat([walk, seen], 1))
        frames, flows = [], []
        for feature in unflatten_time(features, len(poses)).unbind(1):
            mixed = (
                feature + self.frame_encoder(past) * begun
            )  # norms of a zero image would make gradients explode
            painted = torch.tanh(self.image_decoder(mixed).float())
            moved = self.flow_decoder(mixed).float()
            flow, kept = moved[:, :2], torch.sigmoid(-moved[:, 2:]) * begun  # 1 - m
            frame = torch.lerp(painted, warp(past[:, -3:], flow[:, :, None])[:, :, 0], kept)
            past, begun = torch.cat([past[:, 3:], frame], 1), torch.ones_like(begun)
            frames.append(frame)
            flows.append(flow)
        frames_bt3hw = (torch.stack(frames, 1) + 1) / 2
        return frames_bt3hw, torch.stack(flows, 1), (past, poses[:, -self.config.history :], begun)
