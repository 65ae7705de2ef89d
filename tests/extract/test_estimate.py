"""The cost of an extraction, by hand."""

from types import SimpleNamespace

import pytest

from apvg_core.config import ExtractConfig
from apvg_core.extract.estimate import estimate


def recording(seconds, fps):
    video = SimpleNamespace(duration=seconds, fps=fps)
    return SimpleNamespace(images=SimpleNamespace(probe=lambda: video))


def test_of_frames_of_256_and_of_128_pixels():
    whole = estimate(recording(100.0, 25.0), ExtractConfig(size=256))
    assert (whole.frames, whole.seconds) == (2500, pytest.approx(137.5))
    assert whole.megabytes == pytest.approx(2500 * 16_000 / 1e6)
    small = estimate(recording(100.0, 25.0), ExtractConfig(size=128, fps=10.0))
    assert small.frames == 1000
    assert small.megabytes == pytest.approx(1000 * (9_000 / 4 + 7_000) / 1e6)
