"""Colours and image files as pictures that fill a size."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from apvg_core.errors import MediaError
from apvg_core.media.stills import colour, cover, read_still, scaled

GREY = np.full((40, 60, 3), 90, np.uint8)


@pytest.mark.parametrize(
    ("text", "rgb"),
    [("red", (255, 0, 0)), ("Navy", (0, 0, 128)), ("#10a0fF", (16, 160, 255)), ("black", (0, 0, 0)),
     ("DarkSlateGray", (47, 79, 79))],
)  # fmt: skip
def test_colours(text: str, rgb: tuple[int, int, int]) -> None:
    picture = colour(text)
    assert picture is not None
    assert picture.shape == (1, 1, 3)
    assert tuple(picture[0, 0]) == rgb
    assert (cover(picture, 64, 32) == rgb).all()


@pytest.mark.parametrize(
    "text", ["", "reddish", "#12", "#1234567", "random", "red@0.5", "red:s=9x9", "a.png"]
)
def test_what_is_no_colour(text: str) -> None:
    assert colour(text) is None


@pytest.mark.parametrize("size", [(80, 40), (40, 80), (60, 60), (300, 20)])
def test_a_picture_covers_a_size_and_keeps_its_shape(size: tuple[int, int]) -> None:
    """A disc in the middle stays a disc there."""
    picture = np.zeros((200, 300, 3), np.uint8)
    rows, columns = np.mgrid[:200, :300]
    picture[np.hypot(rows - 99.5, columns - 149.5) < 90] = 255
    width, height = size
    made = cover(picture, width, height)
    assert made.shape == (height, width, 3)
    scale = max(width / 300, height / 200)
    rows, columns = np.mgrid[:height, :width]
    away = np.hypot(rows - (height - 1) / 2, columns - (width - 1) / 2) / scale
    assert (made[away < 90 - 2 / scale] > 200).all()
    assert (made[away > 90 + 2 / scale] < 55).all()


def test_an_image_file_is_read_upright(tmp_path: Path) -> None:
    picture = GREY.copy()
    picture[:20] = (250, 20, 20)
    cv2.imwrite(str(tmp_path / "a.png"), picture[..., ::-1])
    np.testing.assert_array_equal(read_still(tmp_path / "a.png"), picture)
    _, data = cv2.imencode(".jpg", picture[..., ::-1])
    # a camera held on end says so: orientation 6 is a quarter turn clockwise
    tag = b"\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00"
    exif = b"Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01" + tag + b"\x00\x00\x00\x00"
    jpeg = data.tobytes()
    app1 = b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif
    (tmp_path / "b.jpg").write_bytes(jpeg[:2] + app1 + jpeg[2:])
    turned = read_still(tmp_path / "b.jpg")
    assert turned.shape == (60, 40, 3)
    np.testing.assert_allclose(turned.astype(int), np.rot90(picture, -1), atol=12)


def test_what_is_no_image(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"hello")
    for name in ("a.png", "nowhere.png"):
        with pytest.raises(MediaError, match=name):
            read_still(tmp_path / name)


def test_scaling_keeps_a_plain_picture() -> None:
    assert (scaled(GREY, 31, 77) == 90).all()
    assert scaled(GREY, 31, 77).shape == (77, 31, 3)
