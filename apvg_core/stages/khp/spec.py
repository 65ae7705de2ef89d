"""The interface of keypoint prediction's network."""

from apvg_core.skeleton import NUM_JOINTS
from apvg_core.stages.khp.settings import KHPConfig
from apvg_core.stages.settings import lookahead_frames
from apvg_core.stages.spec import ArraySpec, Axis, StageSpec, StateSpec
from apvg_core.units import CQT_BINS, WINDOW_COLUMNS


def khp_spec(config: KHPConfig, fps: float) -> StageSpec:
    """Make the interface for videos of so many frames a second.

    Inputs: `windows`, CQT windows in dB; `average`, the performer's average keypoints in [0, 1]. State:
    where the network looks ahead, the features that wait for those that follow; the LSTM's hidden and cell
    state.
    Output: keypoints in [0, 1].
    """
    memory: tuple[Axis, ...] = (config.layers, "batch", config.hidden)
    lookahead = lookahead_frames(config.lookahead_s, fps)
    waiting = StateSpec("waiting", ("batch", lookahead, config.audio.features))
    return StageSpec(
        inputs=(
            ArraySpec("windows", ("batch", "frames", CQT_BINS, WINDOW_COLUMNS)),
            ArraySpec("average", ("batch", NUM_JOINTS, 2)),
        ),
        state=(
            *((waiting,) if lookahead else ()),
            StateSpec("hidden", memory),
            StateSpec("cell", memory),
        ),
        output=ArraySpec("keypoints", ("batch", "frames", NUM_JOINTS, 2)),
        lookahead=lookahead,
        exact=True,
    )
