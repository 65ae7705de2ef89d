"""The interface of the STU."""

from apvg_core.stages.spec import ArraySpec, StageSpec, StateSpec
from apvg_core.stages.stu.inputs import declared
from apvg_core.stages.stu.settings import STUConfig


def stu_spec(config: STUConfig, *, size: int, coarse_size: int) -> StageSpec:
    """Make the interface for frames of `size` and coarse frames of `coarse_size` pixels a side.

    Inputs: see `stu.inputs`; which of them follows from the settings. State: the CNN-GRU's fused feature of
    the frame before. Output: frames, about [0, 1].
    """
    warped = config.warp and config.heatmap
    inputs = {
        "coarse": config.coarse,
        "heatmap": config.heatmap,
        "keypoints": config.graph or warped or (config.lines and config.heatmap),
        "displacements": warped,
        "windows": True,
        "reference": True,
        "plate": config.plate,
    }
    seen = size // config.shrinking(size)
    edge = seen // config.bottleneck
    fused = StateSpec("fused", ("batch", config.channels[-1], edge, edge))
    return StageSpec(
        inputs=declared(inputs, size=size, coarse_size=coarse_size, heatmap_size=seen),
        state=(fused,) if config.recurrent else (),
        output=ArraySpec("frames", ("batch", "frames", 3, size, size)),
        images=True,
    )
