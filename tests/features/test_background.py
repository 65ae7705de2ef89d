"""Did the camera stand still? Films of a textured wall, with a player in front who moves."""

import cv2
import numpy as np
import pytest

from apvg_core.features.background import Background, background_of, moving, same_view, small

WIDTH, HEIGHT = 256, 192
PLAYER = 70, 150
"""Between which columns the player sways."""


def wall(seed=0, *, width=WIDTH, height=HEIGHT):
    """An image larger than a film by 32 pixels on each side, so that a camera can be turned."""
    noise = np.random.default_rng(seed).normal(size=(height + 64, width + 64)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 3)
    return 120 + 30 * smooth / smooth.std()


def film(scene, *, right=0.0, down=0.0, gain=1.0, offset=0.0, flicker=0.0, player=PLAYER, count=24, seed=0):
    """Images of a scene by a camera turned by some pixels; the player sways between two places."""
    rng = np.random.default_rng(seed)
    height, width = scene.shape[0] - 64, scene.shape[1] - 64
    shift = np.float32([[1, 0, -32 + right], [0, 1, -32 + down]])
    seen = cv2.warpAffine(scene, shift, (width, height))
    for index in range(count):
        image = seen.copy()
        x = round(player[0] + (player[1] - player[0]) * (0.5 + 0.5 * np.sin(index)))
        cv2.rectangle(image, (x - 25, height // 3), (x + 25, height), 220, -1)
        image = image * (gain + flicker * rng.normal()) + offset + rng.normal(0, 2, image.shape)
        yield np.repeat(np.clip(image, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def background(*scene, **changes):
    images = [small(image) for image in film(*scene, **changes)]
    height, width = scene[0].shape[0] - 64, scene[0].shape[1] - 64
    player = moving(images)
    first, last = changes.get("player", PLAYER)
    left, right = (x * player.shape[1] // width for x in (first - 25, last + 25))
    player[player.shape[0] // 3 :, left:right] = True  # where an estimator would find joints
    return background_of(images, player, width=width, height=height)


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"right": 1.0}, True),
        ({"right": -0.7, "down": 0.7}, True),
        ({"right": 3.0}, False),
        ({"down": -3.0}, False),
        ({"right": 8.0}, False),
        ({"right": 25.0, "down": 10.0}, False),
        ({"gain": 0.6}, True),
        ({"gain": 1.2, "offset": 15.0}, True),
        ({"flicker": 0.1}, True),
        ({"player": (110, 190)}, True),
        ({"player": (110, 190), "right": 3.0}, False),
        ({"gain": 0.6, "right": 4.0}, False),
    ],
)
def test_displaced_by_so_much(changes, same):
    scene = wall()
    assert same_view(background(scene), background(scene, seed=1, **changes)) is same


def test_a_pixel_of_a_large_image_is_less():
    """1280 pixels: a quarter of a percent is three of them; a frame of 256 does not show one."""
    scene = cv2.GaussianBlur(wall(width=1280, height=720), (0, 0), 3) * 3 - 240
    one = background(scene, count=4, player=(300, 700))
    assert same_view(one, background(scene, count=4, player=(300, 700), right=2.0))
    assert not same_view(one, background(scene, count=4, player=(300, 700), right=6.0))


def test_another_wall_and_another_size():
    one = background(wall())
    assert not same_view(one, background(wall(1)))
    assert not same_view(one, background(wall(width=192, height=256)))
    assert not same_view(one, background(np.full_like(wall(), 120)))


def test_a_zoom_and_a_turn_of_the_camera():
    scene = wall()
    centre = (scene.shape[1] / 2, scene.shape[0] / 2)
    for degrees, zoom in ((0, 1.1), (3, 1.0)):
        matrix = cv2.getRotationMatrix2D(centre, degrees, zoom)
        other = cv2.warpAffine(scene, matrix, scene.shape[::-1])
        assert not same_view(background(scene), background(other))


def test_a_lamp_and_a_stand_are_no_other_camera():
    scene = wall()
    changed = scene * np.linspace(0.6, 1.1, scene.shape[1], dtype=np.float32)
    cv2.rectangle(changed, (250, 100), (275, 200), 20, -1)
    assert same_view(background(scene), background(changed))


def test_a_plain_wall_tells_nothing():
    plain = np.full_like(wall(), 150)
    assert same_view(background(plain), background(plain, player=(110, 190), right=8.0))


def test_where_the_player_is_nothing_is_compared():
    for flicker in (0.0, 0.1):
        moves = moving([small(image) for image in film(wall(), flicker=flicker)])
        assert moves[70:, 50:170].mean() > 0.98
        assert moves[:50].mean() < 0.02


def test_background_as_a_file():
    one = background(wall())
    other = Background.decode(one.encode(), one.width, one.height)
    np.testing.assert_array_equal(other.grey, one.grey)
    np.testing.assert_array_equal(other.still, one.still)
    for data, width in ((b"", one.width), (one.encode()[:50], one.width), (one.encode(), 100)):
        with pytest.raises(ValueError, match="no background"):
            Background.decode(data, width, one.height)
