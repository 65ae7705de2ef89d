"""The UNet of the STU: time in its bottleneck, structure at its keypoints.

Axes: b batch, t frames, n = b * t, p joints, h and w the image's, k the channels of a level.
"""

from collections.abc import Mapping
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from apvg_core.layers.blocks import (
    AudioEncoder,
    broadcast,
    conv_block,
    flatten_time,
    pixel_shuffle_from_last,
    pixel_unshuffle_to_last,
    unflatten_time,
)
from apvg_core.stages.stu.cnn_gru import Memory, NoMemory
from apvg_core.stages.stu.gcn import Graph, JointGraph, NoGraph
from apvg_core.stages.stu.keypoint_flow import KeypointFlow, NoFlow
from apvg_core.stages.stu.pose_lines import MAPS, NoLines, PoseLines
from apvg_core.stages.stu.settings import STUConfig


class UpBlock(nn.Module):
    """One level of the decoder: reduce, double the size, merge with the encoder's feature of that size."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.reduce = conv_block(inputs, width)
        self.merge = conv_block(2 * width, width)

    def forward(self, x_nkhw: Tensor, skip_nkhw: Tensor) -> Tensor:
        """The merged feature, of the skipped one's shape (n, width, h, w)."""
        doubled = F.interpolate(self.reduce(x_nkhw), scale_factor=2.0, mode="nearest")
        return self.merge(torch.cat([doubled, skip_nkhw], 1))


class UNet(nn.Module):
    """Encoder, bottleneck and decoder.

    At each frame: the encoder gives F(t); the CNN-GRU fuses it with F(t-1); the fused feature is read at the
    keypoints, goes through the GCN and is written back where it came from (the paper says only that
    everything is fused and "propagated to higher resolution layers"); the audio feature joins at the
    decoder's first layer. Encoder and decoder see all frames at once; only the CNN-GRU walks.

    Args:
        config: The settings; parts that they leave out do nothing.
        outputs: Channels of its maps.
    """

    def __init__(self, config: STUConfig, outputs: int) -> None:
        super().__init__()
        self.patch = config.patch
        self.images = [name for name in ("coarse", "heatmap") if getattr(config, name)]
        self.stills = [name for name in ("reference", "plate") if getattr(config, name)]
        widths = config.channels
        top, upwards = widths[-1], list(reversed(widths[:-1]))
        lines = config.lines and config.heatmap
        # weights are drawn, and optimisers number them, in this order
        self.lines = PoseLines() if lines else NoLines()
        inputs = (3 * config.coarse + 1 * config.heatmap + 3 * len(self.stills)) * config.patch**2
        inputs += MAPS if lines else 0
        self.encoder = nn.ModuleList(
            conv_block(before, width, stride=1 if level == 0 else 2)
            for level, (before, width) in enumerate(zip((inputs, *widths[:-1]), widths, strict=True))
        )
        self.memory = Memory(top) if config.recurrent else NoMemory()
        # not "graph", which traced modules have of their own
        self.structure = self._graph(config) if config.graph else NoGraph()
        self.audio = AudioEncoder(config.audio)
        below = top + self.structure.features + config.audio.features
        self.decoder = nn.ModuleList(
            UpBlock(before, width) for before, width in zip((below, *upwards[:-1]), upwards, strict=True)
        )
        self.flow = KeypointFlow(upwards[0]) if config.warp and config.heatmap else NoFlow()
        self.head = nn.Conv2d(widths[0], outputs * config.patch**2, 3, padding=1)

    @staticmethod
    def _graph(config: STUConfig) -> Graph | JointGraph:
        *widths, top = config.channels
        if config.graph_joints:
            return JointGraph(top, config.graph_features, widths)
        return Graph(top, config.graph_features)

    def reset(self) -> None:
        """Set what training starts from: the flow and the lines of the keypoints, and maps of zeros."""
        self.flow.reset()
        self.lines.reset()
        nn.init.zeros_(self.head.weight)

    def forward(
        self, inputs: Mapping[str, Tensor], state: tuple[Tensor, ...]
    ) -> tuple[Tensor, Tensor | float, tuple[Tensor, ...]]:
        """Go one block of t frames further.

        Args:
            inputs: The STU's, with `coarse` (b, t, 3, h, w) at the frames' size.
            state: The STU's.

        Returns:
            Its maps (b, t, outputs, h, w); the flow of the keypoints in pixels, (b, t, 2, h, w), or 0 where
            the recipe has none; and the next state.
        """
        windows_btfc, size = inputs["windows"], inputs["reference"].shape[-1]
        x = self._first_level(inputs)
        levels = [x]
        for block in self.encoder[1:]:
            x = block(x)
            levels.append(x)

        fused, state = self.memory(levels.pop(), len(windows_btfc), state)
        sound = broadcast(self.audio(flatten_time(windows_btfc)), fused)
        begin, levels = self.structure(fused, levels, inputs)
        x = torch.cat([*begin, sound], 1)

        x = self.decoder[0](x, levels.pop())
        flow = self.flow(x, inputs, size)
        for double in self.decoder[1:]:
            x = double(x, levels.pop())
        maps = pixel_shuffle_from_last(self.head(x).permute(0, 2, 3, 1), self.patch)
        return unflatten_time(maps.to(inputs["reference"].dtype), len(windows_btfc)), flow, state

    def _first_level(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """The encoder's first block on frames ⊕ lines ⊕ stills, (n, k, h / patch, w / patch).

        They are put together channels last, as convolutions on a CPU want them: to turn them round takes as
        long as to convolve them. The stills are the same for all frames of a sequence, so their share is
        computed once.
        """
        convolution, *rest = cast(nn.Sequential, self.encoder[0])
        assert isinstance(convolution, nn.Conv2d)
        parts = [pixel_unshuffle_to_last(flatten_time(inputs[name]), self.patch) for name in self.images]
        parts += self.lines(inputs, parts[0])
        frames = torch.cat(parts, 3).permute(0, 3, 1, 2)
        weights = convolution.weight.split([frames.shape[1], convolution.in_channels - frames.shape[1]], 1)
        x = F.conv2d(frames, weights[0], convolution.bias, padding=1)
        if self.stills:
            stills = torch.cat([inputs[name] for name in self.stills], 1)
            share = F.conv2d(
                pixel_unshuffle_to_last(stills, self.patch).permute(0, 3, 1, 2), weights[1], padding=1
            )
            # one sequence, as in generation, needs no copies of it
            x = x + (share if len(share) == 1 else share.repeat_interleave(len(x) // len(share), 0))
        for layer in rest:
            x = layer(x)
        return x
