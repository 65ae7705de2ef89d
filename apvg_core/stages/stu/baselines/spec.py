"""The interfaces of the baselines: they see pose maps, remember frames, and take the STU's place."""

from apvg_core.stages.spec import ArraySpec, StageSpec, StateSpec
from apvg_core.stages.stu.baselines.settings import BaselineConfig, EBDNConfig, Vid2VidConfig
from apvg_core.stages.stu.inputs import declared


def ebdn_spec(config: EBDNConfig, *, size: int) -> StageSpec:
    """Make the interface of Everybody Dance Now; its state is the frame before, in [-1, 1], at first zero."""
    return _spec(config, size, StateSpec("previous", ("batch", 3, size, size)))


def vid2vid_spec(config: Vid2VidConfig, *, size: int) -> StageSpec:
    """Make the interface of vid2vid.

    Its state: the last `config.history` frames, as channels, in [-1, 1], the oldest first; their pose maps;
    and 1 where there is a frame before, else 0.
    """
    past = config.history
    return _spec(
        config,
        size,
        StateSpec("past", ("batch", 3 * past, size, size)),
        StateSpec("past_poses", ("batch", past, 1, size, size)),
        StateSpec("begun", ("batch", 1, 1, 1)),
    )


def _spec(config: BaselineConfig, size: int, *state: StateSpec) -> StageSpec:
    inputs = {"heatmap": True, "reference": config.stills, "plate": config.stills}
    return StageSpec(
        inputs=declared(inputs, size=size, coarse_size=size, heatmap_size=size),
        state=state,
        output=ArraySpec("frames", ("batch", "frames", 3, size, size)),
        images=True,
    )
