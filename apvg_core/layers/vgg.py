"""VGG-19 (Simonyan & Zisserman 2015): the stem of the CVG's image encoder, and Eq. 7's ψ.

Pretrained weights are the file that is named, else torchvision's in torch's cache (`vgg_file.fetch` puts it
there). Nothing but tensors is ever loaded from them.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final, Literal

import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from apvg_core.errors import ConfigError
from apvg_core.layers.vgg_file import cached_path

log = logging.getLogger(__name__)

LAYOUT: tuple[tuple[int, ...], ...] = ((64,) * 2, (128,) * 2, (256,) * 4, (512,) * 4, (512,) * 4)
"""Channels of each convolution, block by block; a 2 x 2 max pool lies between blocks."""

STEM_WIDTHS: Final = (64, 64, 128, 128, 256)
"""Of the convolutions that the CVG's image encoder begins with."""

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

Padding = Literal["zeros", "reflect"]


def _names() -> list[str]:
    return [f"conv{b + 1}_{k + 1}" for b, block in enumerate(LAYOUT) for k in range(len(block))]


@dataclass(frozen=True)
class VGGWeights:
    """The first convolutions of a pretrained VGG-19, as many as the file held.

    Attributes:
        convolutions: (weight, bias) in order.
        padding: How the network was trained to see its borders.
        mean: Subtracted from RGB in [0, 1].
        std: Then divided by.
        origin: Where they came from, for the record in `run.json`.
    """

    convolutions: list[tuple[Tensor, Tensor]]
    padding: Padding
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    origin: str


def _from_safetensors(path: Path) -> VGGWeights:
    """Read conv1_1.weight, conv1_1.bias, ...; metadata "padding" and "input" say how they were trained."""
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            present = set(file.keys())
            convolutions = []
            for name in _names():
                if f"{name}.weight" not in present:
                    break
                convolutions.append((file.get_tensor(f"{name}.weight"), file.get_tensor(f"{name}.bias")))
    except (OSError, SafetensorError) as error:
        raise ConfigError(f"--vgg-weights {path} cannot be read as safetensors.") from error
    plain = metadata.get("input", "").startswith("RGB in [0,1]")
    return VGGWeights(
        convolutions,
        "reflect" if metadata.get("padding") == "reflect" else "zeros",
        (0.0, 0.0, 0.0) if plain else IMAGENET_MEAN,
        (1.0, 1.0, 1.0) if plain else IMAGENET_STD,
        path.name,
    )


def _from_torchvision(state: dict[str, Tensor], origin: str) -> VGGWeights:
    weights = [v for k, v in state.items() if k.startswith("features.") and k.endswith(".weight")]
    biases = [v for k, v in state.items() if k.startswith("features.") and k.endswith(".bias")]
    return VGGWeights(list(zip(weights, biases, strict=True)), "zeros", IMAGENET_MEAN, IMAGENET_STD, origin)


def find_weights(path: Path | None) -> VGGWeights | None:
    """The pretrained weights, or None where none are at hand.

    Args:
        path: What `--vgg-weights` names: torchvision's .pth, or safetensors.

    Raises:
        ConfigError: The named file is unreadable or holds no VGG-19 convolutions.
    """
    if path is not None:
        if path.suffix.lower() == ".safetensors":
            weights = _from_safetensors(path)
        else:
            try:
                weights = _from_torchvision(
                    torch.load(path, map_location="cpu", weights_only=True), path.name
                )
            except Exception as error:  # torch.load fails in many ways on a file that is none of its own
                raise ConfigError(f"--vgg-weights {path} cannot be read as torchvision's VGG-19.") from error
        if not weights.convolutions:
            raise ConfigError(f"--vgg-weights {path} holds no VGG-19 convolutions (conv1_1.weight, …).")
        _check_shapes(path, weights)
        return weights
    cached = cached_path()
    if not cached.is_file():
        return None
    try:
        return _from_torchvision(torch.load(cached, map_location="cpu", weights_only=True), cached.name)
    except Exception:  # noqa: BLE001 (unpickling a damaged file fails in many ways)
        log.warning("%s is damaged and is not used; --vgg-download downloads it again.", cached)
        return None


def _check_shapes(path: Path, weights: VGGWeights) -> None:
    """Check that convolutions have VGG-19's widths.

    Raises:
        ConfigError: One has others.
    """
    widths = (3, *(width for block in LAYOUT for width in block))
    for name, (weight, bias), (before, after) in zip(
        _names(), weights.convolutions, pairwise(widths), strict=False
    ):
        if (weight.shape, bias.shape) != ((after, before, 3, 3), (after,)):
            raise ConfigError(
                f"--vgg-weights {path} holds another network: its {name} does not have the shape of VGG-19's."
            )


def _convolve(x: Tensor, weight: Tensor, bias: Tensor, padding: Padding) -> Tensor:
    mode = "constant" if padding == "zeros" else "reflect"
    return F.relu(F.conv2d(F.pad(x, (1, 1, 1, 1), mode=mode), weight, bias))


class VGGFeatures(nn.Module):
    """ψ of Eq. 7: the frozen network's answers at the first convolution of each of its first blocks."""

    mean: Tensor
    std: Tensor

    def __init__(self, weights: VGGWeights, blocks: int) -> None:
        super().__init__()
        self.padding = weights.padding
        self.register_buffer("mean", torch.tensor(weights.mean)[:, None, None])
        self.register_buffer("std", torch.tensor(weights.std)[:, None, None])
        last = _names().index(f"conv{blocks}_1") + 1
        self.names = _names()[: min(last, len(weights.convolutions))]
        for name, (weight, bias) in zip(self.names, weights.convolutions, strict=False):
            self.register_buffer(f"{name}_weight", weight.contiguous(memory_format=torch.channels_last))
            self.register_buffer(f"{name}_bias", bias)

    def forward(self, frames_n3hw: Tensor) -> list[Tensor]:
        """Compute feature maps (n, k, h', w') of images (n, 3, h, w) in [0, 1], from fine to coarse."""
        x = (frames_n3hw - self.mean) / self.std
        features = []
        for name in self.names:
            first = name.endswith("_1")
            if first and name != "conv1_1":
                x = F.max_pool2d(x, 2)
            x = _convolve(x, getattr(self, f"{name}_weight"), getattr(self, f"{name}_bias"), self.padding)
            if first:
                features.append(x)
        return features


class VGGStem(nn.Module):
    """The first five convolutions (conv1_1 to conv3_1), trained further; a quarter of the size stays."""

    mean: Tensor
    std: Tensor

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        widths = (3, *channels)
        self.widths = tuple(channels)
        self.convolutions = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise(widths))
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN)[:, None, None])
        self.register_buffer("std", torch.tensor(IMAGENET_STD)[:, None, None])

    @property
    def fits_vgg19(self) -> bool:
        """The widths are VGG-19's own, so pretrained weights can be loaded."""
        return self.widths == STEM_WIDTHS

    @torch.no_grad()
    def load(self, weights: VGGWeights) -> None:
        """Start from pretrained weights.

        Raises:
            ConfigError: The file held fewer than five convolutions.
        """
        if len(weights.convolutions) < len(self.convolutions):
            raise ConfigError(
                f"--vgg-weights {weights.origin} holds fewer than the five convolutions needed."
            )
        for layer, (weight, bias) in zip(self.convolutions, weights.convolutions, strict=False):
            layer.load_state_dict({"weight": weight, "bias": bias})
        self.mean = torch.tensor(weights.mean)[:, None, None]
        self.std = torch.tensor(weights.std)[:, None, None]

    def forward(self, frames_b3hw: Tensor) -> Tensor:
        """Features (b, channels[-1], h/4, w/4) of images in [0, 1]."""
        x = (frames_b3hw - self.mean) / self.std
        for index, convolution in enumerate(self.convolutions):
            if index in (2, 4):
                x = F.max_pool2d(x, 2)
            x = F.relu(convolution(x))
        return x
