"""The compositor: puts the STU's frame together from the coarse frame, the stills, and its UNet's maps.

A step takes the image so far, (b, 3, t, h, w); the maps of the UNet by name, (b, k, t, h, w) each, its flow
with that of the keypoints; and the stills, (b, 3, h, w). Channels come before frames, so that one map of all
frames is one piece of memory: to take maps apart costs nothing.

Axes: b batch, t frames, k channels, h and w the image's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn

from apvg_core.layers.blocks import resized
from apvg_core.layers.warp import warp
from apvg_core.stages.stu.settings import STUConfig

Maps = Mapping[str, Tensor]

_MAPS: Final = {"correction": 3, "reference_mask": 1, "plate_mask": 1, "flow": 2}
"""The UNet's maps and their channels, in their order; masks are logits, a flow is in pixels."""


@dataclass(frozen=True)
class Window:
    """A square part of the frames, in pixels of theirs.

    Attributes:
        top: Rows above it.
        left: Columns to its left.
        edge: Its rows and columns.
    """

    top: int
    left: int
    edge: int

    def cut(self, images: Tensor, by: int = 1) -> Tensor:
        """Cut it out of images (..., h, w) that are `by` times smaller than the frames."""
        top, left, edge = (n // by for n in (self.top, self.left, self.edge))
        return images[..., top : top + edge, left : left + edge]

    def corner(self, like: Tensor) -> Tensor:
        """The way from the frames' corner to its own, right and down [shape=(2, 1, 1, 1)]."""
        corner = torch.tensor([self.left, self.top], device=like.device, dtype=torch.float32)
        return corner[:, None, None, None]


class Compositor(nn.Module):
    """Lays one thing over the other, step by step; which steps there are follows from the settings.

    Attributes:
        maps: The maps that it wants of the UNet, and the channels of each.
        unmoved: The stills that are not read along a flow.
    """

    def __init__(self, config: STUConfig) -> None:
        super().__init__()
        present = {"reference_mask": config.reference, "plate_mask": config.plate, "flow": config.warp}
        self.maps = {name: channels for name, channels in _MAPS.items() if present.get(name, True)}
        self.canvas = CoarseCanvas() if config.coarse else GreyCanvas()
        steps: list[nn.Module] = []
        if config.reference:
            steps.append(KeepReference(Warp() if config.warp else Unmoved()))
        if config.plate:
            # A mask that has closed over a correction would teach it nothing any more, so that comes last.
            steps += [LayOverPlate(), AddCorrection()]
        else:
            steps.insert(0, AddCorrection())
        self.steps = nn.ModuleList(steps)
        stills = {"reference": config.reference and not config.warp, "plate": config.plate}
        self.unmoved = [name for name, present in stills.items() if present]

    def forward(
        self,
        maps_btkhw: Tensor,
        flow: Tensor | float,
        inputs: Mapping[str, Tensor],
        window: Window | None = None,
    ) -> Tensor:
        """Compose frames.

        Args:
            maps_btkhw: The UNet's maps, (b, t, k, h', w'), as large as the frames or smaller.
            flow: The flow of the keypoints in pixels of the maps, (b, t, 2, h', w'), or 0.
            inputs: The STU's, `coarse` as large as the maps; the frames are as large as `reference`.
            window: The part of the frames that is composed; None: all.

        Returns:
            Frames (b, t, 3, h, w), about [0, 1].
        """
        by = inputs["reference"].shape[-1] // maps_btkhw.shape[-1]
        if "flow" in self.maps:
            *others, own = maps_btkhw.split(list(self.maps.values()), 2)
            maps_btkhw = torch.cat([*others, by * (own + flow)], 2)
        canvas = inputs["coarse"].expand(-1, maps_btkhw.shape[1], -1, -1, -1)
        layers = torch.cat([canvas, maps_btkhw], 2).transpose(1, 2)
        if window is not None:
            layers = window.cut(layers, by)
            inputs = {**inputs, **{name: window.cut(inputs[name]) for name in self.unmoved}}
        if by > 1:
            layers = resized(layers, by * layers.shape[-2], by * layers.shape[-1])
        image, *maps_bkthw = layers.split([3, *self.maps.values()], 1)
        maps = dict(zip(self.maps, maps_bkthw, strict=True))
        if window is not None and "flow" in maps:
            maps["flow"] = maps["flow"] + window.corner(image)
        for step in self.steps:
            image = step(image, maps, inputs)
        return image.transpose(1, 2)


class CoarseCanvas(nn.Module):
    """The coarse frames, at the size of the stills."""

    def forward(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """The canvas (b, t, 3, h, w)."""
        coarse, (height, width) = inputs["coarse"], inputs["reference"].shape[-2:]
        return coarse if coarse.shape[-2:] == (height, width) else resized(coarse, height, width)


class GreyCanvas(nn.Module):
    """Grey, where there is no coarse video."""

    def forward(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """The canvas (b, 1, 3, h, w)."""
        return torch.full_like(inputs["reference"][:, None], 0.5)


class AddCorrection(nn.Module):
    """Add the correction."""

    def forward(self, image: Tensor, maps: Maps, _stills: Maps) -> Tensor:
        """The corrected image (b, 3, t, h, w)."""
        return image + maps["correction"]


class KeepReference(nn.Module):
    """Keep the reference frame, moved, where its mask is open."""

    def __init__(self, motion: nn.Module) -> None:
        super().__init__()
        self.motion = motion

    def forward(self, image: Tensor, maps: Maps, stills: Maps) -> Tensor:
        """The image with what is kept (b, 3, t, h, w)."""
        kept = self.motion(stills["reference"], maps)
        return torch.lerp(image, kept, torch.sigmoid(maps["reference_mask"]))


class Warp(nn.Module):
    """Move the reference frame along the flow."""

    def forward(self, reference: Tensor, maps: Maps) -> Tensor:
        """The moved frames (b, 3, t, h, w)."""
        return warp(reference, maps["flow"])


class Unmoved(nn.Module):
    """Leave the reference frame as it is."""

    def forward(self, reference: Tensor, _maps: Maps) -> Tensor:
        """The frame (b, 3, 1, h, w)."""
        return reference[:, :, None]


class LayOverPlate(nn.Module):
    """Lay the image over the performer's plate where its mask is open."""

    def forward(self, image: Tensor, maps: Maps, stills: Maps) -> Tensor:
        """The image before its background (b, 3, t, h, w)."""
        return torch.lerp(stills["plate"][:, :, None], image, torch.sigmoid(maps["plate_mask"]))
