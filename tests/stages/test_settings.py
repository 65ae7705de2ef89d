"""Settings that several stages have."""

import pytest

from apvg_core.stages.settings import lookahead_frames


@pytest.mark.parametrize(
    ("seconds", "fps", "frames"),
    [(0, 25, 0), (0.01, 25, 8), (0.4, 25, 8), (0.5, 25, 16), (1.92, 25, 48), (1.92, 50, 96), (1.92, 30, 56)],
)
def test_a_lookahead_is_whole_blocks(seconds: float, fps: float, frames: int) -> None:
    assert lookahead_frames(seconds, fps) == frames
