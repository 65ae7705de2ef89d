"""What is asked for about the player, and what becomes of it."""

import logging
from pathlib import Path

import cv2
import numpy as np
import pytest

from apvg_core.errors import ConfigError
from apvg_core.generation.scene import AS_FILMED, Scene, set_scene
from apvg_core.run.conditions import Conditions
from tests.generation.room import SIZE, filmed, outline, pose

PLATE = filmed(outline())
CONDITIONS = Conditions(
    average=pose()[None], reference=PLATE[None], reference_keypoints=pose()[None], plate=PLATE[None]
)


@pytest.mark.parametrize(
    ("text", "size"),
    [("1080x1920", (1080, 1920)), ("64×64", (64, 64)), (" 4096x2 ", None), ("1x2x3", None),
     ("1081x1920", None), ("8192x4320", None), ("wide", None), ("-64x64", None), ("64.0x64", None),
     ("٦٤x٦٤", None), (f"{'9' * 99}x64", None)],
)  # fmt: skip
def test_a_canvas_is_read(text: str, size: tuple[int, int] | None) -> None:
    if size is not None:
        assert Scene.read(text, None, see_through=False).canvas == size
        return
    with pytest.raises(ConfigError, match=r"--canvas .* (is not a size; write|both sides must be even)"):
        Scene.read(text, None, see_through=False)


def test_a_background_is_a_colour_or_an_image(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), picture[..., ::-1])
    read = Scene.read(None, str(tmp_path / "a.png"), see_through=False).background
    np.testing.assert_array_equal(read, picture)
    named = Scene.read(None, "navy", see_through=False).background
    np.testing.assert_array_equal(named, [[[0, 0, 128]]])
    for text in ("nowhere.png", "#12", str(tmp_path)):
        with pytest.raises(ConfigError, match=r"is neither a colour .* nor an image that can be read"):
            Scene.read(None, text, see_through=False)
    with pytest.raises(ConfigError, match=r"--alpha leaves empty .*; leave one out"):
        Scene.read(None, "navy", see_through=True)


def test_as_filmed_nothing_changes() -> None:
    setting = set_scene(AS_FILMED, CONDITIONS, 0)
    assert setting.inset is None
    assert setting.dress(PLATE[None])[0] is not None
    np.testing.assert_array_equal(setting.dress(PLATE[None])[0], PLATE)


def test_a_canvas_leaves_the_square_as_it_is_but_for_its_seam() -> None:
    frames = filmed(outline(0.2), seed=3)[None]
    setting = set_scene(Scene(canvas=(SIZE, 2 * SIZE)), CONDITIONS, 0)
    assert setting.inset is not None
    assert (setting.inset.left, setting.inset.top, setting.inset.side) == (0, SIZE, SIZE)
    dressed = setting.dress(frames)
    np.testing.assert_array_equal(dressed[:, 4:], frames[:, 4:])
    above = setting.inset.still[SIZE - 1].astype(int)
    assert np.abs(dressed[0, 0].astype(int) - above).mean() < 2


def test_a_background_takes_the_room_s_place() -> None:
    scene = Scene(background=np.full((1, 1, 3), (10, 20, 200), np.uint8))
    for canvas, shape in ((None, (SIZE, SIZE)), ((192, 64), (64, 192))):
        setting = set_scene(Scene(canvas, scene.background), CONDITIONS, 0)
        assert setting.inset is not None
        assert setting.inset.still.shape == (*shape, 3)
        assert (setting.inset.still == (10, 20, 200)).all()
        assert setting.inset.side == min(shape)
        opacity = setting.dress(PLATE[None])[0, ..., 3] / 255
        assert np.abs(opacity - outline()).mean() < 0.012


def test_nothing_is_behind_a_player_on_transparent_ground() -> None:
    setting = set_scene(Scene(see_through=True), CONDITIONS, 0)
    assert setting.inset is None
    assert setting.dress(PLATE[None]).shape == (1, SIZE, SIZE, 4)
    larger = set_scene(Scene((192, 64), see_through=True), CONDITIONS, 0).inset
    assert larger is not None
    assert larger.still.shape == (64, 192, 4)
    assert not larger.still.any()


def test_a_run_of_before_there_were_plates_has_its_reference_frame() -> None:
    old = Conditions(CONDITIONS.average, CONDITIONS.reference, CONDITIONS.reference_keypoints)
    opacity = set_scene(Scene(see_through=True), old, 0).dress(PLATE[None])[0, ..., 3]
    assert np.abs(opacity / 255 - outline()).mean() < 0.012


def test_a_room_that_cannot_be_told_from_the_player_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (1, SIZE, SIZE, 3), np.uint8)
    conditions = Conditions(pose()[None], noise, pose()[None], noise)
    with caplog.at_level(logging.WARNING):
        set_scene(Scene(canvas=(SIZE, SIZE)), conditions, 0)
        assert not caplog.messages
        set_scene(Scene(see_through=True), conditions, 0)
    (message,) = caplog.messages
    assert message.startswith("The room is so varied")
