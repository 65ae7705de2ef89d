"""The structured temporal UNet (STU) of section III.C.

Axes: b batch, t frames, n = b * t, p joints, h and w the image's, k the channels of a level.
"""

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from apvg_core.config import STUConfig
from apvg_core.layers.blocks import (
    AudioEncoder,
    broadcast,
    conv_block,
    flatten_time,
    kaiming_init,
    pixel_shuffle_from_last,
    pixel_unshuffle_to_last,
    resized,
    unflatten_time,
)
from apvg_core.layers.dlt import gather, splat
from apvg_core.layers.warp import warp
from apvg_core.stages.stu.cnn_gru import CNNGRU
from apvg_core.stages.stu.gcn import GCN
from apvg_core.stages.stu.keypoint_flow import KeypointFlow
from apvg_core.stages.stu.pose_lines import MAPS, PoseLines

STUState = tuple[Tensor]
"""The CNN-GRU's fused feature of the frame before, (b, k, h', w')."""


class UpBlock(nn.Module):
    """One level of the decoder: reduce, double the size, merge with the encoder's feature of that size."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.reduce = conv_block(inputs, width)
        self.merge = conv_block(2 * width, width)

    def forward(self, x_nkhw: Tensor, skip_nkhw: Tensor) -> Tensor:
        """The merged feature, of the skipped one's shape."""
        doubled = F.interpolate(self.reduce(x_nkhw), scale_factor=2.0, mode="nearest")
        return self.merge(torch.cat([doubled, skip_nkhw], 1))


class STU(nn.Module):
    """UNet on coarse frame ⊕ heatmap, with time in its bottleneck and structure at its keypoints.

    At each frame: the encoder gives F(t); the CNN-GRU fuses it with F(t-1); the fused feature is read
    at the keypoints, goes through the GCN and is written back where it came from (the paper says only
    that everything is fused and "propagated to higher resolution layers"); the audio feature joins at
    the decoder's first layer. Encoder and decoder see all frames at once; only the CNN-GRU walks.
    """

    def __init__(self, config: STUConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.channels
        top = widths[-1]
        stills = 3 * config.reference + 3 * config.plate
        self.lines = PoseLines() if config.lines and config.heatmap else None
        inputs = (3 * config.coarse + 1 * config.heatmap + stills) * config.patch**2
        inputs += MAPS if self.lines else 0
        self.encoder = nn.ModuleList(
            conv_block(before, width, stride=1 if level == 0 else 2)
            for level, (before, width) in enumerate(zip((inputs, *widths[:-1]), widths, strict=True))
        )
        self.gru = CNNGRU(top) if config.recurrent else None
        self.gcn = GCN(top, config.graph_features, config.graph_features) if config.graph else None
        self.audio = AudioEncoder(config.audio)
        below = top + (config.graph_features if config.graph else 0) + config.audio.features
        upwards = list(reversed(widths[:-1]))
        self.decoder = nn.ModuleList(
            UpBlock(before, width) for before, width in zip((below, *upwards[:-1]), upwards, strict=True)
        )
        self.flow = KeypointFlow(upwards[0]) if config.warp and config.heatmap else None
        # a correction of the image, how much of each still is kept, steps of the reference's flow
        outputs = 3 + 1 * config.reference + 1 * config.plate + 2 * config.warp
        self.paint = nn.Conv2d(widths[0], outputs * config.patch**2, 3, padding=1)
        kaiming_init(self)
        if self.flow is not None:
            self.flow.reset()
        if self.lines is not None:
            self.lines.reset()
        nn.init.zeros_(self.paint.weight)  # training starts from the coarse image (and the stills)

    def initial_state(self, batch: int, size: int, device: torch.device | str = "cpu") -> STUState:
        """The state before the first frame, for square images of `size` pixels."""
        edge = size // self.config.patch >> (len(self.config.channels) - 1)
        return (torch.zeros(batch, self.config.channels[-1], edge, edge, device=device),)

    def forward(
        self,
        coarse_bt3hw: Tensor | None,
        heatmap_bt1hw: Tensor | None,
        keypoints_btp2: Tensor | None,
        displacements_btp2: Tensor | None,
        windows_btfc: Tensor,
        stills_bkhw: Tensor,
        state: STUState,
    ) -> tuple[Tensor, STUState]:
        """One step over t frames.

        Args:
            coarse_bt3hw: Coarse frames in [0, 1], at any size that divides the stills'; None where the
                recipe has no CVG.
            heatmap_bt1hw: Eq. 1 of the keypoints, at the stills' size; None where the recipe has no KHP.
            keypoints_btp2: Keypoints in [0, 1]; None where the recipe has no KHP.
            displacements_btp2: The reference frame's keypoints less these; given, for a network that computes
                with few digits would take the difference of two rounded places. None likewise.
            windows_btfc: CQT windows in dB.
            stills_bkhw: The performer's reference frame and, for a network with a `plate`, their plate behind
                it, (b, 3 or 6, h, w); their size is the output's.
            state: From `initial_state` or the step before.

        Returns:
            Frames (b, t, 3, h, w), about [0, 1] (clamp to show them), and the next state.
        """
        batch = len(windows_btfc)
        height, width = stills_bkhw.shape[-2:]
        inputs = []
        # what is painted on: grey, or the coarse frame
        image = torch.full_like(stills_bkhw[:, None, :3], 0.5)
        if self.config.coarse:
            assert coarse_bt3hw is not None
            image = coarse_bt3hw
            if image.shape[-2:] != (height, width):
                image = resized(image, height, width)
            inputs.append(flatten_time(image))
        if self.config.heatmap:
            assert heatmap_bt1hw is not None
            inputs.append(flatten_time(heatmap_bt1hw))

        x = self._first_level(inputs, keypoints_btp2, stills_bkhw)
        levels = [x]
        for block in self.encoder[1:]:
            x = block(x)
            levels.append(x)

        fused, state = self._through_time(levels.pop(), batch, state)
        parts = [fused]
        if self.gcn is not None:
            assert keypoints_btp2 is not None
            keypoints = flatten_time(keypoints_btp2)
            nodes = self.gcn(gather(fused, keypoints))
            parts.append(splat(keypoints, fused.shape[2], fused.shape[3], nodes))
        parts.append(broadcast(self.audio(flatten_time(windows_btfc)), fused))

        x = self.decoder[0](torch.cat(parts, 1), levels.pop())
        flow = self._flow(x, keypoints_btp2, displacements_btp2, width)
        for double in self.decoder[1:]:
            x = double(x, levels.pop())
        painted = pixel_shuffle_from_last(self.paint(x).permute(0, 2, 3, 1), self.config.patch).to(
            stills_bkhw.dtype
        )
        return self._composed(image, unflatten_time(painted, batch), flow, stills_bkhw), state

    def _composed(
        self, image: Tensor, painted_btkhw: Tensor, flow: Tensor | float, stills_bkhw: Tensor
    ) -> Tensor:
        """What is painted on, its correction, and what is kept of the stills (b, t, 3, h, w)."""
        correction = painted_btkhw[:, :, :3]
        if not self.config.plate:
            image = image + correction
        if self.config.reference:
            kept = stills_bkhw[:, None, :3]
            if self.config.warp:
                kept = warp(stills_bkhw[:, :3], flow + painted_btkhw[:, :, -2:])
            image = torch.lerp(image, kept, torch.sigmoid(painted_btkhw[:, :, 3:4]))
        if self.config.plate:
            image = torch.lerp(stills_bkhw[:, None, 3:], image, torch.sigmoid(painted_btkhw[:, :, 4:5]))
            # A mask that has closed over a correction would teach it nothing any more.
            image = image + correction
        return image

    def _first_level(
        self, inputs_nkhw: list[Tensor], keypoints_btp2: Tensor | None, stills_bkhw: Tensor
    ) -> Tensor:
        """The encoder's first block on frames ⊕ lines ⊕ stills.

        They are put together channels last, as convolutions on a CPU want them: to turn them round takes as
        long as to convolve them. The stills are the same for all frames of a sequence, so their share is
        computed once.
        """
        convolution, *rest = cast(nn.Sequential, self.encoder[0])
        assert isinstance(convolution, nn.Conv2d)
        parts = [pixel_unshuffle_to_last(x_nkhw, self.config.patch) for x_nkhw in inputs_nkhw]
        if self.lines is not None:
            assert keypoints_btp2 is not None
            lines = self.lines(flatten_time(keypoints_btp2), *parts[0].shape[1:3])
            parts.append(lines.to(parts[0].dtype))
        frames = torch.cat(parts, 3).permute(0, 3, 1, 2)
        weights = convolution.weight.split([frames.shape[1], convolution.in_channels - frames.shape[1]], 1)
        x = F.conv2d(frames, weights[0], convolution.bias, padding=1)
        if self.config.reference:
            stills = pixel_unshuffle_to_last(stills_bkhw, self.config.patch).permute(0, 3, 1, 2)
            share = F.conv2d(stills, weights[1], padding=1)
            # one sequence, as in generation, needs no copies of it
            x = x + (share if len(share) == 1 else share.repeat_interleave(len(x) // len(share), 0))
        for layer in rest:
            x = layer(x)
        return x

    def _flow(
        self, x_nkhw: Tensor, keypoints_btp2: Tensor | None, displacements_btp2: Tensor | None, size: int
    ) -> Tensor | float:
        """The flow of the keypoints in pixels (b, t, 2, size, size); 0 where the recipe has none."""
        if self.flow is None:
            return 0.0
        assert keypoints_btp2 is not None
        assert displacements_btp2 is not None
        flow = self.flow(x_nkhw, flatten_time(keypoints_btp2), flatten_time(displacements_btp2))
        return resized(size * unflatten_time(flow, len(keypoints_btp2)), size, size)

    def _through_time(self, feature_nkhw: Tensor, batch: int, state: STUState) -> tuple[Tensor, STUState]:
        if self.gru is None:
            return feature_nkhw, state
        (hidden,) = state
        fused = []
        for feature in unflatten_time(feature_nkhw, batch).unbind(1):
            hidden = self.gru(feature, hidden)
            fused.append(hidden)
        return flatten_time(torch.stack(fused, 1)), (hidden,)
