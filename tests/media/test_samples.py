from pathlib import Path

import numpy as np
import pytest
import soundfile

from apvg_core.errors import MediaError
from apvg_core.media.samples import check_rate, scratch_sound


def test_samples_are_kept_exactly(tmp_path: Path) -> None:
    samples = np.array([[0.1, -1.5], [1e-7, 2.0]], np.float32)
    with scratch_sound(Path("song.m4a"), tmp_path / "a.wav", 44_100, 2) as file:
        file.write(samples)
    read, rate = soundfile.read(tmp_path / "a.wav", dtype="float32")
    np.testing.assert_array_equal(read, samples)
    assert rate == 44_100


def test_what_cannot_be_written_is_explained(tmp_path: Path) -> None:
    target = tmp_path / "nowhere" / "a.wav"
    with (
        pytest.raises(MediaError, match=r"song\.m4a does not fit in .*TMPDIR"),
        scratch_sound(Path("song.m4a"), target, 44_100, 1),
    ):
        pass


@pytest.mark.parametrize("rate", [0, 999, 3_000_001])
def test_rates_that_no_sound_has(rate: int) -> None:
    with pytest.raises(MediaError, match=rf"a\.wav says it has {rate} samples a second"):
        check_rate(Path("a.wav"), rate)


@pytest.mark.parametrize("rate", [8_000, 44_100, 192_000])
def test_rates_of_sound(rate: int) -> None:
    check_rate(Path("a.wav"), rate)
