import numpy as np
import pytest

from apvg_core.media.container_encoder import _mix_to_stereo
from apvg_core.media.container_formats import MP4, WEBM


def test_one_and_two_channels_stay() -> None:
    for channels in (1, 2):
        block = np.ones((3, channels), np.float32)
        assert _mix_to_stereo(block) is block


def test_more_channels_go_to_both_sides_and_cannot_clip() -> None:
    """Left weighs 1, the third channel sqrt(1/2); weights sum to 1."""
    left, third = 1 / (1 + 0.5**0.5), 0.5**0.5 / (1 + 0.5**0.5)
    mixed = _mix_to_stereo(np.array([[1, 0, 0], [0, 0, 1], [1, 1, 1]], np.float32))
    np.testing.assert_allclose(mixed, [[left, 0], [third, third], [1, 1]], rtol=1e-6)


@pytest.mark.parametrize(
    ("container", "rate", "expected"),
    [(MP4, 44_100, 44_100), (MP4, 192_000, 48_000), (WEBM, 44_100, 48_000), (WEBM, None, 48_000)],
)
def test_sample_rate_of_the_sound_track(container, rate, expected) -> None:
    class Song:
        sample_rate = rate

    assert container.good.sound_rate(None if rate is None else Song()) == expected
