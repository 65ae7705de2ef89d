"""The structured temporal UNet (STU) of section III.C.

Axes: b batch, t frames, h and w the image's.
"""

from collections.abc import Mapping

import torch.nn.functional as F
from torch import Tensor, nn

from apvg_core.layers.blocks import kaiming_init
from apvg_core.stages.stu.compositor import Compositor
from apvg_core.stages.stu.settings import STUConfig
from apvg_core.stages.stu.unet import UNet


class STU(nn.Module):
    """A UNet on coarse frame ⊕ heatmap, and a compositor that makes a frame of its maps.

    Args:
        config: The settings. `stu_spec(config, ...)` is its interface.
    """

    def __init__(self, config: STUConfig) -> None:
        super().__init__()
        self.config = config
        self.compositor = Compositor(config)
        self.unet = UNet(config, sum(self.compositor.maps.values()))
        kaiming_init(self)
        self.unet.reset()  # training starts from the coarse image (and the stills)

    def forward(
        self, inputs: Mapping[str, Tensor], state: tuple[Tensor, ...]
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Go one block of t frames further.

        Args:
            inputs: The arrays that `stu_spec` names; see `stu.inputs`. Coarse frames may be of any size that
                divides the reference frame's, which is the output's.
            state: `fused` (b, k, h', w'), the CNN-GRU's fused feature of the frame before; empty without one.

        Returns:
            Frames (b, t, 3, h, w), about [0, 1] (clamp to show them), and the next state.
        """
        seen = self.seen(inputs)
        maps, flow, state = self.unet(seen, state)
        return self.compositor(maps, flow, {**inputs, "coarse": seen["coarse"]}), state

    def seen(self, inputs: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Return the inputs with stills and coarse frames of the size that the UNet sees."""
        by = self.config.shrinking(inputs["reference"].shape[-1])
        if by > 1:
            stills = [name for name in ("reference", "plate") if name in inputs]
            inputs = {**inputs, **{name: F.avg_pool2d(inputs[name], by) for name in stills}}
        return {**inputs, "coarse": self.compositor.canvas(inputs)}
