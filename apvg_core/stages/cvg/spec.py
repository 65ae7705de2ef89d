"""The interface of coarse video generation's network."""

from apvg_core.stages.cvg.settings import CVGConfig
from apvg_core.stages.settings import lookahead_frames
from apvg_core.stages.spec import ArraySpec, Axis, StageSpec, StateSpec
from apvg_core.units import CQT_BINS, WINDOW_COLUMNS


def cvg_spec(config: CVGConfig, size: int, fps: float) -> StageSpec:
    """Make the interface for final frames of `size` pixels a side, `fps` a second.

    Inputs: `windows`, CQT windows in dB; `noise`, the random variable z, one for a whole video; `reference`,
    the performer's reference frame in [0, 1] at the coarse size. State: the coarse frame before, which is the
    reference at the beginning; where the network looks ahead, the features that wait for those that follow;
    the LSTM's hidden and cell state. Output: coarse frames, about [0, 1].
    """
    image = (3, config.coarse_size(size), config.coarse_size(size))
    lookahead = lookahead_frames(config.lookahead_s, fps)
    waiting = StateSpec("waiting", ("batch", lookahead, config.audio.features))
    memory: tuple[Axis, ...] = (1, "batch", config.hidden)
    return StageSpec(
        inputs=(
            ArraySpec("windows", ("batch", "frames", CQT_BINS, WINDOW_COLUMNS)),
            ArraySpec("noise", ("batch", config.noise)),
            ArraySpec("reference", ("batch", *image)),
        ),
        state=(
            StateSpec("previous", ("batch", *image), begins_as="reference"),
            *((waiting,) if lookahead else ()),
            StateSpec("hidden", memory),
            StateSpec("cell", memory),
        ),
        output=ArraySpec("coarse", ("batch", "frames", *image)),
        lookahead=lookahead,
        frame_by_frame=True,
    )
