from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from apvg_core.media.frame_sources import read_image
from apvg_core.media.image_encoders import GifEncoder, PngEncoder, holds_only_images

COLOURS = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
FRAMES = [np.full((8, 16, 3), colour, np.uint8) for colour in COLOURS]


def test_pngs_are_the_frames(tmp_path: Path) -> None:
    encoder = PngEncoder(tmp_path / "a", size=(16, 8), comment="synthetic")
    for frame in FRAMES:
        encoder.write(frame)
    encoder.finish(whole=True)
    paths = sorted((tmp_path / "a").iterdir())
    assert [path.name for path in paths] == ["000000.png", "000001.png", "000002.png"]
    for path, frame in zip(paths, FRAMES, strict=True):
        np.testing.assert_array_equal(read_image(path), frame)
        assert b"tEXtComment\x00synthetic" in path.read_bytes()


def test_a_gif_has_the_frames_their_rate_and_the_comment(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    encoder = GifEncoder(path, rate=Fraction(10), size=(16, 8), comment="synthetic")
    for frame in FRAMES:
        encoder.write(frame)
    encoder.finish(whole=True)
    with av.open(str(path)) as file:
        decoded = list(file.decode(video=0))
    assert [frame.time for frame in decoded] == pytest.approx([0, 0.1, 0.2])
    for image, frame in zip(decoded, FRAMES, strict=True):
        np.testing.assert_allclose(image.to_ndarray(format="rgb24"), frame, atol=8)
    assert path.read_bytes().endswith(b"\x21\xfe\x09synthetic\x00\x3b")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("000001.png", True), ("1234567.png", True), (".DS_Store", True), ("1.png", False), ("a.txt", False)],
)
def test_holds_only_images(tmp_path: Path, name: str, expected: bool) -> None:
    assert holds_only_images(tmp_path)
    (tmp_path / "000000.png").touch()
    (tmp_path / name).touch()
    assert holds_only_images(tmp_path) is expected
