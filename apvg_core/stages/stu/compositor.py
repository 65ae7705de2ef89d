"""The compositor: puts the STU's frame together from the coarse frame, the stills, and its UNet's maps.

A step takes the image so far, (b, t or 1, 3, h, w); the UNet's maps by name, (b, t, k, h, w) each; the flow
of the keypoints, (b, t, 2, h, w), or 0; and the STU's inputs.

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
        """The way from the frames' corner to its own, right and down [shape=(2, 1, 1)]."""
        return torch.tensor([self.left, self.top], device=like.device, dtype=torch.float32)[:, None, None]


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
            inputs: The STU's; the frames are as large as `reference`.
            window: The part of the frames that is composed; None: all.

        Returns:
            Frames (b, t, 3, h, w), about [0, 1].
        """
        by = inputs["reference"].shape[-1] // maps_btkhw.shape[-1]
        image = self.canvas(inputs)
        if window is not None:
            image, maps_btkhw = window.cut(image), window.cut(maps_btkhw, by)
            flow = flow if isinstance(flow, float) else window.cut(flow, by)
            inputs = {**inputs, **{name: window.cut(inputs[name]) for name in self.unmoved}}
        if by > 1:
            size = by * maps_btkhw.shape[-1]
            maps_btkhw = resized(maps_btkhw, size, size)
            flow = flow if isinstance(flow, float) else by * resized(flow, size, size)
        maps = dict(zip(self.maps, maps_btkhw.split(list(self.maps.values()), 2), strict=True))
        if by > 1 and "flow" in maps:
            maps["flow"] = by * maps["flow"]
        if window is not None:
            flow = flow + window.corner(maps_btkhw)
        for step in self.steps:
            image = step(image, maps, flow, inputs)
        return image


class CoarseCanvas(nn.Module):
    """The coarse frames, at the size of the final ones."""

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

    def forward(self, image: Tensor, maps: Maps, _flow: Tensor | float, _inputs: Maps) -> Tensor:
        """The corrected image (b, t, 3, h, w)."""
        return image + maps["correction"]


class KeepReference(nn.Module):
    """Keep the reference frame, moved, where its mask is open."""

    def __init__(self, motion: nn.Module) -> None:
        super().__init__()
        self.motion = motion

    def forward(self, image: Tensor, maps: Maps, flow: Tensor | float, inputs: Maps) -> Tensor:
        """The image with what is kept (b, t, 3, h, w)."""
        kept = self.motion(inputs["reference"], maps, flow)
        return torch.lerp(image, kept, torch.sigmoid(maps["reference_mask"]))


class Warp(nn.Module):
    """Move the reference frame along the keypoints' flow and the UNet's."""

    def forward(self, reference: Tensor, maps: Maps, flow: Tensor | float) -> Tensor:
        """The moved frames (b, t, 3, h, w)."""
        return warp(reference, flow + maps["flow"])


class Unmoved(nn.Module):
    """Leave the reference frame as it is."""

    def forward(self, reference: Tensor, _maps: Maps, _flow: Tensor | float) -> Tensor:
        """The frame (b, 1, 3, h, w)."""
        return reference[:, None]


class LayOverPlate(nn.Module):
    """Lay the image over the performer's plate where its mask is open."""

    def forward(self, image: Tensor, maps: Maps, _flow: Tensor | float, inputs: Maps) -> Tensor:
        """The image before its background (b, t, 3, h, w)."""
        return torch.lerp(inputs["plate"][:, None], image, torch.sigmoid(maps["plate_mask"]))
