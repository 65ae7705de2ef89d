"""Images of films, of strips of films, and of folders of images."""

import cv2
import numpy as np
import pytest

from apvg_core.errors import MediaError
from apvg_core.media.frame_sources import ImageSequence, VideoFrames, read_image
from apvg_core.media.video import read_frames
from tests.synth import image, index_of, truncate, write_video


@pytest.fixture
def film(tmp_path):
    return write_video(tmp_path / "film.mp4", fps=10, seconds=1.0, size=(98, 64))


@pytest.fixture
def images(tmp_path):
    paths = []
    for index in range(12):
        paths.append(tmp_path / f"cello01_{index}.png")
        cv2.imwrite(str(paths[-1]), image(index))
    return ImageSequence(tuple(paths), fps=10.0, start=0.25)


def shown(images, fps, first=0, stop=None):
    return [index_of(frame) for frame in images.frames(fps, first, stop)]


def test_film(film):
    images = VideoFrames(film)
    info = images.probe()
    assert (info.width, info.height, info.fps) == (98, 64, 10)
    assert (images.files(), images.start) == ([film], 0.0)
    assert shown(images, 10) == list(range(10))


def test_strips_make_up_the_film(film):
    strips = [VideoFrames(film, (k, 3)) for k in range(3)]
    widths = [strip.probe().width for strip in strips]
    assert widths == [32, 33, 33]
    side_by_side = zip(*(strip.frames(10) for strip in strips), strict=True)
    for frame, parts in zip(read_frames(film, 10), side_by_side, strict=True):
        np.testing.assert_array_equal(frame, np.concatenate(parts, axis=1))
    assert all(strip.probe().height == 64 for strip in strips)


def test_part_of_a_film(film):
    assert shown(VideoFrames(film), 10, 3, 6) == [3, 4, 5]


def test_images_at_their_own_rate(images):
    assert shown(images, 10) == list(range(12))
    assert shown(images, 10, 3, 6) == [3, 4, 5]
    info = images.probe()
    assert (info.width, info.height, info.fps, info.duration) == (96, 64, 10, 1.2)
    assert not info.has_audio
    assert images.files() == list(images.paths)


@pytest.mark.parametrize(
    ("fps", "expected"),
    [
        (25, [int(k / 25 * 10 + 1e-9) for k in range(30)]),
        (30, [k // 3 for k in range(36)]),
        (5, [0, 2, 4, 6, 8, 10]),
        (4, [0, 2, 5, 7, 10]),
        (0.1, [0]),
    ],
)
def test_images_at_another_rate_are_the_nearest_earlier_ones(images, fps, expected):
    assert shown(images, fps) == expected


def test_parts_are_the_whole(images):
    assert shown(images, 7, 0, 3) + shown(images, 7, 3, 5) + shown(images, 7, 5) == shown(images, 7)


def test_only_what_is_shown_is_read(images):
    images.paths[1].write_bytes(b"")
    assert shown(images, 5) == [0, 2, 4, 6, 8, 10]


@pytest.mark.parametrize("damage", ["truncated", "text", "empty", "missing"])
def test_damaged_images_are_named(images, tmp_path, damage):
    path = tmp_path / "photo.jpg"
    cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 255, (64, 96, 3), np.uint8))
    if damage == "truncated":
        truncate(path, 0.5)
    elif damage == "text":
        path.write_text("no picture")
    elif damage == "empty":
        path.write_bytes(b"")
    else:
        path.unlink()
    images = ImageSequence((*images.paths[:3], path), fps=10.0, start=0.0)
    frames = images.frames(10)
    assert [index_of(next(frames)) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(MediaError, match=r"photo\.jpg"):
        next(frames)


def test_images_of_another_size_are_named(images, tmp_path):
    path = tmp_path / "large.png"
    cv2.imwrite(str(path), image(0, size=(128, 64)))
    with pytest.raises(MediaError, match=r"large\.png has another size than cello01_0\.png"):
        list(ImageSequence((images.paths[0], path), fps=10.0, start=0.0).frames(10))


def test_colours_and_shrinking(tmp_path):
    path = tmp_path / "red.jpg"
    cv2.imwrite(str(path), np.full((64, 96, 3), (0, 0, 255), np.uint8))
    image = read_image(path)
    assert image[0, 0, 0] > 250
    assert image[0, 0, 2] < 5
    assert read_image(path, shrink=4).shape == (16, 24, 3)
