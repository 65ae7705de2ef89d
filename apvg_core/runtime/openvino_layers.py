"""Layers that compute what the networks' own do, but for rounding, and which OpenVINO is faster with."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from apvg_core.stages.stu.unet import UpBlock


def replace_layers(network: nn.Module) -> None:
    """Replace a network's layers by equal ones, in place; it can compute afterwards, but not learn."""
    for module in reversed(list(network.modules())):  # the inner ones first: outer ones take them over
        if isinstance(module, nn.Sequential):
            if isinstance(module[0], nn.Conv2d):
                _change_norms(module)
            _change_doublings(module)
        for name, child in module.named_children():
            if isinstance(child, UpBlock):
                setattr(module, name, Merge(child))


class ChannelNorm(nn.Module):
    """A GroupNorm, computed by means over each channel.

    OpenVINO's own wants other memory than its convolutions, so that all would be copied before and after it.
    """

    def __init__(self, norm: nn.GroupNorm) -> None:
        super().__init__()
        self.norm = norm

    def forward(self, x_nchw: Tensor) -> Tensor:
        """Normalise maps (n, c, h, w)."""
        centred = x_nchw - self._over_groups(x_nchw)
        scale = torch.rsqrt(self._over_groups(centred * centred) + self.norm.eps)
        weight, bias = (parameter[:, None, None] for parameter in (self.norm.weight, self.norm.bias))
        return centred * (scale * weight) + bias

    def _over_groups(self, x_nchw: Tensor) -> Tensor:
        """Each channel's group's mean (n, c, 1, 1)."""
        groups = self.norm.num_groups
        means = x_nchw.mean((2, 3)).unflatten(1, (groups, -1)).mean(2, keepdim=True)
        return means.expand(-1, -1, self.norm.num_channels // groups).flatten(1)[:, :, None, None]


def _change_norms(block: nn.Sequential) -> None:
    for number, layer in enumerate(block):
        if isinstance(layer, nn.GroupNorm):
            block[number] = ChannelNorm(layer)


class Merge(nn.Module):
    """An UpBlock, computed without putting both maps into one."""

    def __init__(self, block: UpBlock) -> None:
        super().__init__()
        convolution, *rest = block.merge
        assert isinstance(convolution, nn.Conv2d)
        doubled, beside = convolution.weight.chunk(2, 1)
        self.reduce = block.reduce
        self.below = doubling(doubled, convolution.bias)
        self.beside = nn.Conv2d(beside.shape[1], beside.shape[0], 3, padding=1, bias=False)
        self.beside.weight = nn.Parameter(beside, requires_grad=False)
        self.rest = nn.Sequential(*rest)

    def forward(self, x_nkhw: Tensor, skip_nkhw: Tensor) -> Tensor:
        """The merged feature, of the skipped one's shape."""
        merged: Tensor = self.rest(self.below(self.reduce(x_nkhw)) + self.beside(skip_nkhw))
        return merged


def _change_doublings(layers: nn.Sequential) -> None:
    """Replace the convolutions of images that were doubled just before."""
    for number, (layer, block) in enumerate(pairwise(layers)):
        if isinstance(layer, nn.Upsample):
            assert isinstance(block, nn.Sequential)
            convolution, *rest = block
            assert isinstance(convolution, nn.Conv2d)
            layers[number] = nn.Identity()
            layers[number + 1] = nn.Sequential(doubling(convolution.weight, convolution.bias), *rest)


def doubling(weight_oi33: Tensor, bias_o: Tensor | None) -> nn.ConvTranspose2d:
    """Make a layer that doubles a map (nearest pixels) and convolves it with 3 x 3, in 4/9 of the products.

    Of three neighbours in a doubled row two are the same pixel, so their weights are added first: (a, b, c)
    is (a, b + c) for the pixels at even places and (a + b, c) for those at odd ones. A transposed convolution
    of stride 2 holds the four in the order c, b + c, a + b, a, and likewise for columns.
    """
    output, inputs = weight_oi33.shape[:2]
    gather = weight_oi33.new_tensor([[0, 0, 1], [0, 1, 1], [1, 1, 0], [1, 0, 0]])
    layer = nn.ConvTranspose2d(inputs, output, 4, stride=2, padding=1, bias=bias_o is not None)
    weight = torch.einsum("ya,xb,oiab->ioyx", gather, gather, weight_oi33)
    layer.weight = nn.Parameter(weight, requires_grad=False)
    if bias_o is not None:
        layer.bias = nn.Parameter(bias_o, requires_grad=False)
    return layer
